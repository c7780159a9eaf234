/* Help, generated from descriptors and words. */
#include "client/help.h"

#include <string.h>

#include "client/options.h"
#include "client/values.h"
#include "common/check.h"
#include "common/fields.h"
#include "common/text.h"
#include "common/words.h"

#define NAME_COLUMNS 26

/* What is no noun. A line of usage each; more is said by `purser COMMAND help`. */
static const struct own {
    const char *name, *usage, *zh, *en, *more_zh, *more_en;
} own[] = {
    {"enroll", "INVITE|- [--context NAME] [--passphrase]", "凭邀请登记本机密钥", "turn an invite into a key",
     "在本机生成密钥，用邀请里的一次性代码登记；- 从标准输入读邀请。\n"
     "--context 给这个身份起名：一台机器上可以有几个身份，最后登记的为当前身份。\n"
     "--passphrase 用口令保护密钥文件。",
     "Makes a key on this machine and registers it with the one-time code of the invite; - reads it from "
     "stdin.\n"
     "--context names the identity: a machine may have several, the last one enrolled is the current one.\n"
     "--passphrase protects the key file."},
    {"invite", "--name 张三 --unit 203 --role clerk[,approver] | PERSON_ID [--days 30]",
     "邀请一个人（操作员提议）", "invite somebody (the operator proposes)",
     "提议一个新人；或给已有人员 PERSON_ID 再发一张邀请（换机器、丢了密钥）。邀请印在标准输出，交给本人。\n"
     "分管领导确认之后邀请才有效：purser person confirm PERSON_ID\n"
     "角色有哪些：purser explain person.role",
     "Proposes somebody new, or a further invite for PERSON_ID (another machine, a lost key). The invite is "
     "printed\n"
     "on stdout, for that person. It is good once the leader has confirmed: purser person confirm PERSON_ID\n"
     "The roles: purser explain person.role"},
    {"context", "list | use NAME | repin", "本机的身份和服务器", "identities and servers on this machine",
     "list 列出身份；use 换当前身份（或每条命令加 --context NAME）。\n"
     "repin 在官员承认损失、日志开始新纪元之后，放弃本机所记的检查点。",
     "list shows them; use makes one the current one (or give --context NAME with a command).\n"
     "repin gives up the pinned checkpoint, after officers have admitted a loss and opened a new epoch."},
    {"key", "show | passphrase | rotate", "本机密钥", "the key on this machine",
     "show 印出公钥和指纹；passphrase 设或去掉口令；rotate 换新密钥，旧的即失效。",
     "show prints public key and key id; passphrase sets or removes one; rotate takes a new key, the old one "
     "ends."},
    {"outbox", "list [--all] | flush | drop REQUEST_ID…", "待发箱：还没有结果的写入",
     "writes that wait for the server",
     "连不上服务器时，写入已签名存在这里（退出码 75）。flush 按顺序补发；drop 不再办理；list --all "
     "连被拒的也列出。",
     "A write that found no server is kept here, signed (exit 75). flush sends them in order; drop gives one "
     "up;\n"
     "list --all shows the refused ones too."},
    {"receipt", "list | verify [INDEX…] | export INDEX", "回执（不需要网络）", "receipts (no network needed)",
     "verify 重新核验本机所存的回执；export 印出 C2SP tlog-proof，任何人可以独立核验。",
     "verify checks the receipts kept here again; export prints a C2SP tlog-proof that anybody can check."},
    {"ping", "", "服务器是否在", "is the server there", "不签名；退出码 7：连不上。",
     "Unsigned; exit 7: not reached."},
    {"explain", "NOUN[.FIELD]", "字段是什么意思", "what a field means",
     "例：purser explain contract.amount；只给名词则列出它的字段。",
     "For example purser explain contract.amount; a noun alone lists its fields."},
    {"rpc", "list | describe METHOD | call METHOD [JSON|-]", "用 JSON 调用任何接口",
     "call anything with JSON",
     "例：purser rpc call BudgetService/GetBudget '{\"budget_id\":\"450600-2027-203-0001\"}'",
     "For example purser rpc call BudgetService/GetBudget '{\"budget_id\":\"450600-2027-203-0001\"}'"},
    {"batch", "[FILE|-] [--keep-going]", "逐行办理命令，共用一条连接",
     "run a command a line over one connection",
     "文件（默认标准输入）每行一条命令，写法同 purser 之后所打；'…'、\"…\"、\\ 和 # 注释同 shell。\n"
     "每行与单独办理一样：签名、回执、待发箱、--dry-run、退出码；batch 之前的选项对各行都有效。\n"
     "遇到第一个没办成的行即止；--keep-going 办到底，退出码是其中最重的（9 总是立即停止）。\n"
     "--offline 存入待发箱的行不算没办成。例：printf 'contract get %s -o jsonl\\n' 号 号 | purser batch",
     "The file (stdin without one) holds a command a line, as typed after purser; '…', \"…\", \\ and # "
     "comments\n"
     "as in a shell. Each line is what it is by itself: signature, receipt, outbox, --dry-run, exit code; "
     "options\n"
     "given with batch hold for every line. The first line that fails ends it; with --keep-going all are run "
     "and\n"
     "the exit code is the gravest of them (9 always stops at once). A line that --offline keeps has not "
     "failed.\n"
     "For example printf 'contract get %s -o jsonl\\n' ID ID | purser batch"},
    {"version", "", "版本", "version", "", ""},
};

static void print_row(FILE *out, const char *name, const char *text)
{
    size_t width = text_columns(name);
    fprintf(out, "  %s", name);
    if (width >= NAME_COLUMNS)
        fprintf(out, "\n%*s", NAME_COLUMNS + 2, "");
    else
        fprintf(out, "%*s", (int)(NAME_COLUMNS - width), "");
    fprintf(out, "%s\n", text);
}

static const char *own_text(const struct client *c, const struct own *o)
{
    return *o->usage ? arena_printf(c->arena, "%s %s", o->name, o->usage) : o->name;
}

bool help_own(const struct client *c, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(own); i++) {
        if (strcmp(own[i].name, name) != 0)
            continue;
        printf("%s purser %s\n%s\n", T(c, "用法：", "usage:"), own_text(c, &own[i]),
               T(c, own[i].zh, own[i].en));
        if (*own[i].more_zh)
            printf("\n%s\n", T(c, own[i].more_zh, own[i].more_en));
        return true;
    }
    return false;
}

static const char *noun_meaning(const struct client *c, const ProtobufCServiceDescriptor *s)
{
    const struct word *w = word_find(s->short_name);
    return w && *w->meaning_zh ? T(c, w->meaning_zh, w->meaning_en) : noun_label(s, c->opt.zh);
}

int help_all(const struct client *c, FILE *out)
{
    fprintf(out, "%s\n\n%s\n",
            T(c, "用法：purser [选项] 名词 动词 [对象] [--字段 值 …]",
              "usage: purser [options] NOUN VERB [OBJECT] [--field value …]"),
            T(c, "名词（purser 名词 help 看动词，purser 名词 动词 --help 看字段）：",
              "nouns (purser NOUN help lists the verbs, purser NOUN VERB --help the fields):"));
    struct long_import part; /* is said with its noun */
    for (int i = 0; i < services_count(); i++)
        if (!long_import_of(service_at(i), &part))
            print_row(out, noun_of(c->arena, service_at(i)), noun_meaning(c, service_at(i)));
    fprintf(out, "\n%s\n",
            T(c, "其他命令（purser 命令 help 细说）：", "other commands (purser COMMAND help says more):"));
    for (size_t i = 0; i < COUNT_OF(own); i++)
        print_row(out, own_text(c, &own[i]), T(c, own[i].zh, own[i].en));
    fprintf(out, "\n%s\n", T(c, "选项（写在何处都行）：", "options (anywhere):"));
    options_help(c, out);
    fprintf(
        out, "\n%s\n",
        T(c,
          "环境变量：PURSER_HOME（密钥和回执所在，默认 "
          "~/.config/purser）、PURSER_CONTEXT、PURSER_LANG、NO_COLOR\n"
          "退出码：0 完成  1 其他  2 用法  3 规则不许  4 未登录或无权  5 没有  6 已被他人改动或已存在  7 "
          "连不上（查询）\n"
          "        8 有行被拒  9 完整性核验失败  10 本机文件  75 已存入待发箱，重复原命令是安全的  130 中断",
          "environment: PURSER_HOME (keys and receipts; ~/.config/purser), PURSER_CONTEXT, PURSER_LANG, "
          "NO_COLOR\n"
          "exit codes: 0 done  1 other  2 usage  3 refused by a rule  4 not signed in or not allowed  5 not "
          "found\n"
          "        6 changed by somebody, or exists  7 server not reached (reads)  8 some rows refused\n"
          "        9 integrity check failed  10 local file  75 in the outbox, the same command again is "
          "safe\n"
          "        130 interrupted"));
    return EXIT_DONE;
}

int help_noun(const struct client *c, const ProtobufCServiceDescriptor *s)
{
    printf("%s  %s\n\n", noun_of(c->arena, s), noun_meaning(c, s));
    for (unsigned i = 0; i < s->n_methods; i++) {
        struct method m = {s, &s->methods[i]};
        print_row(stdout, verb_of(c->arena, m), verb_label(m, c->opt.zh));
    }
    struct long_import all;
    if (noun_import(c->arena, s, &all))
        print_row(stdout, "import", noun_meaning(c, all.open.service));
    printf(T(c, "\npurser %s 动词 --help 看字段；purser explain %s 说字段的意思\n",
             "\npurser %s VERB --help lists the fields; purser explain %s tells what they mean\n"),
           noun_of(c->arena, s), noun_of(c->arena, s));
    return EXIT_DONE;
}

static const char *sample(const ProtobufCFieldDescriptor *f)
{
    if (is_money(f))
        return "100万";
    if (name_ends(f->name, "_date"))
        return "2026-06-12";
    if (f->type == PROTOBUF_C_TYPE_ENUM)
        return fields_enum_short(f->descriptor, 1);
    if (f->type == PROTOBUF_C_TYPE_STRING)
        return "…";
    return strcmp(f->name, "year") == 0 ? "2027" : "1";
}

/* "year=2027,amount=100万" */
static const char *sample_of(const struct client *c, const ProtobufCMessageDescriptor *d)
{
    const char *text = "";
    for (unsigned i = 0; i < d->n_fields; i++)
        if (d->fields[i].type != PROTOBUF_C_TYPE_MESSAGE)
            text = arena_printf(c->arena, "%s%s%s=%s", text, *text ? "," : "", option_name(c, &d->fields[i]),
                                sample(&d->fields[i]));
    return text;
}

static void help_fields(const struct client *c, struct method m, const ProtobufCMessageDescriptor *d,
                        const char *prefix, const ProtobufCFieldDescriptor *left_out)
{
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        if (f == left_out)
            continue;
        bool many = f->label == PROTOBUF_C_LABEL_REPEATED, is_group = f->type == PROTOBUF_C_TYPE_MESSAGE;
        bool is_etag = strcmp(f->name, "etag") == 0 && d == m.rpc->input && method_that_gets(m).rpc;
        const char *type = is_etag
                               ? T(c, "可省略，自动取现在的版本", "may be left out: the present one is taken")
                               : value_type(c, f);
        bool is_sampled = is_group && many && strcmp(f->name, "rows") != 0;
        if (is_sampled)
            type = arena_printf(c->arena, T(c, "可重复：--%s %s", "may be repeated: --%s %s"),
                                option_name(c, f), sample_of(c, f->descriptor));
        print_row(stdout, arena_printf(c->arena, "%s%s", prefix, option_name(c, f)),
                  arena_printf(c->arena, T(c, "%s（%s）", "%s (%s)"), label_of_field(d, f, c->opt.zh), type));
        if (is_group)
            help_fields(c, m, f->descriptor, many ? "    " : "  --", NULL);
    }
}

/* An import's rows are the columns of its file. */
static void help_columns(const struct client *c, struct method m, const ProtobufCFieldDescriptor *rows)
{
    bool has_options = m.rpc->input->n_fields > (rows_field(m.rpc->input, "rows") ? 1 : 0);
    printf("%s%s\n", has_options ? "\n" : "",
           T(c, "文件（CSV，UTF-8 或 GB18030）的表头，用左边或右边的词：",
             "headers of the file (CSV, UTF-8 or GB18030), either word will do:"));
    help_fields(c, m, rows->descriptor, "", NULL);
}

int help_verb(const struct client *c, struct method m)
{
    const ProtobufCMessageDescriptor *d = m.rpc->input;
    const ProtobufCFieldDescriptor *key = first_field(d), *rows = file_rows(m);
    struct long_import all;
    const char *label = long_import_of(m.service, &all) ? noun_meaning(c, m.service)
                                                        : verb_label(m, c->opt.zh);
    const char *object = rows ? " FILE" : key ? arena_printf(c->arena, " [%s]", key->name) : "";

    printf("%s%s%s\n%s\n\n", command_of(c->arena, m), object,
           d->n_fields > 1 || (rows && !rows_field(d, "rows")) ? T(c, " [--字段 值 …]", " [--field value …]")
                                                               : "",
           label);
    help_fields(c, m, d, "--", rows);
    if (rows)
        help_columns(c, m, rows);
    printf("\n");
    print_row(stdout, "--json FILE|-", T(c, "整个请求（JSON）", "the whole request as JSON"));
    if (!method_reads(m))
        printf("\n%s\n",
               T(c, "会改变数据：签名、入日志、有回执；--dry-run 只检查",
                 "changes data: signed, journalled, answered with a receipt; --dry-run only checks"));
    return EXIT_DONE;
}
