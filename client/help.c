/* Help, generated from descriptors and words. */
#include "client/help.h"

#include <string.h>

#include "client/options.h"
#include "client/values.h"
#include "common/check.h"
#include "common/text.h"
#include "common/words.h"

#define NAME_COLUMNS 26

static const struct {
    const char *usage, *zh, *en;
} own[] = {
    {"enroll INVITE [--context NAME]", "凭邀请登记本机密钥", "turn an invite into a key"},
    {"invite --name 张三 --unit 203 --role clerk | PERSON_ID", "邀请一个人", "invite somebody"},
    {"context list|use|repin", "服务器和身份", "servers and identities"},
    {"key show|passphrase|rotate", "本机密钥", "the key on this machine"},
    {"outbox list|flush|drop", "待发箱", "writes that wait for the server"},
    {"receipt list|verify|export", "回执（不需要网络）", "receipts (no network needed)"},
    {"ping", "服务器是否在", "is the server there"},
    {"explain NOUN.FIELD", "字段是什么意思", "what a field means"},
    {"rpc list|describe|call", "用 JSON 调用任何接口", "call anything with JSON"},
    {"version", "版本", "version"},
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

int help_all(const struct client *c, FILE *out)
{
    fprintf(out, "%s\n\n%s\n",
            T(c, "用法：purser [选项] 名词 动词 [对象] [--字段 值 …]",
              "usage: purser [options] NOUN VERB [OBJECT] [--field value …]"),
            T(c, "名词（purser 名词 help 看动词）：", "nouns (purser NOUN help lists the verbs):"));
    for (int i = 0; i < services_count(); i++)
        print_row(out, noun_of(c->arena, service_at(i)), noun_label(service_at(i), c->opt.zh));
    fprintf(out, "\n%s\n", T(c, "其他命令：", "other commands:"));
    for (size_t i = 0; i < COUNT_OF(own); i++)
        print_row(out, own[i].usage, T(c, own[i].zh, own[i].en));
    fprintf(out, "\n%s\n", T(c, "选项（写在何处都行）：", "options (anywhere):"));
    options_help(c, out);
    return EXIT_DONE;
}

int help_noun(const struct client *c, const ProtobufCServiceDescriptor *s)
{
    printf("%s  %s\n\n", noun_of(c->arena, s), noun_label(s, c->opt.zh));
    for (unsigned i = 0; i < s->n_methods; i++) {
        struct method m = {s, &s->methods[i]};
        print_row(stdout, verb_of(c->arena, m), verb_label(m, c->opt.zh));
    }
    printf("\n%s\n",
           arena_printf(c->arena,
                        T(c, "purser %s 动词 --help 看字段", "purser %s VERB --help lists the fields"),
                        noun_of(c->arena, s)));
    return EXIT_DONE;
}

static const char *kebab(const struct client *c, const char *name)
{
    char *out = arena_alloc(c->arena, strlen(name) + 1);
    for (size_t i = 0; out && name[i]; i++)
        out[i] = name[i] == '_' ? '-' : name[i];
    return out ? out : "";
}

static void help_fields(const struct client *c, const ProtobufCMessageDescriptor *d, const char *prefix)
{
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        bool many = f->label == PROTOBUF_C_LABEL_REPEATED;
        print_row(stdout, arena_printf(c->arena, "%s%s%s", prefix, kebab(c, f->name), many ? " …" : ""),
                  arena_printf(c->arena, T(c, "%s（%s）", "%s (%s)"), label_of_field(d, f, c->opt.zh),
                               value_type(c, f)));
        if (f->type == PROTOBUF_C_TYPE_MESSAGE)
            help_fields(c, f->descriptor, many ? "    " : "  --");
    }
}

int help_verb(const struct client *c, struct method m)
{
    const ProtobufCFieldDescriptor *key = first_field(m.rpc->input);
    bool has_rows = rows_field(m.rpc->input, "rows");
    const char *object = has_rows                            ? " FILE"
                         : key && m.rpc->input->n_fields > 0 ? arena_printf(c->arena, " [%s]", key->name)
                                                             : "";

    printf("purser %s %s%s\n%s\n\n", noun_of(c->arena, m.service), verb_of(c->arena, m), object,
           verb_label(m, c->opt.zh));
    help_fields(c, m.rpc->input, "--");
    print_row(stdout, "--json FILE|-", T(c, "整个请求（JSON）", "the whole request as JSON"));
    if (!method_reads(m))
        printf("\n%s\n",
               T(c, "会改变数据：签名、入日志、有回执；--dry-run 只检查",
                 "changes data: signed, journalled, answered with a receipt; --dry-run only checks"));
    return EXIT_DONE;
}

static void explain_field(const struct client *c, const ProtobufCMessageDescriptor *d,
                          const ProtobufCFieldDescriptor *f)
{
    const struct word *w = word_of_field(d, f);
    printf("%s.%s\n  %s / %s\n  %s%s\n", d->short_name, f->name, w ? w->zh : f->name, w ? w->en : f->name,
           T(c, "类型：", "type: "), value_type(c, f));
    if (known_field(d, f))
        printf("  %s\n",
               T(c, "没有人登记过时显示“–”，不是 0", "shown as “–”, not 0, when nobody recorded it"));
}

/* In the messages of the noun's methods, each message once; how many were explained. */
static int explain_in(const struct client *c, const ProtobufCMessageDescriptor *d, const char *name,
                      int depth, const ProtobufCMessageDescriptor **seen, int *seen_count)
{
    int n = 0;
    for (int i = 0; i < *seen_count; i++)
        if (seen[i] == d)
            return 0;
    if (*seen_count < 256)
        seen[(*seen_count)++] = d;
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        if (strcmp(f->name, name) == 0) {
            explain_field(c, d, f);
            n++;
        }
        if (f->type == PROTOBUF_C_TYPE_MESSAGE && depth > 0)
            n += explain_in(c, f->descriptor, name, depth - 1, seen, seen_count);
    }
    return n;
}

int command_explain(struct client *c, int argc, char **argv)
{
    const ProtobufCMessageDescriptor *seen[256];
    char noun[64], field[96];
    int n = 0, seen_count = 0;
    const char *dot = argc == 1 ? strchr(argv[0], '.') : NULL;
    if (!dot || (size_t)(dot - argv[0]) >= sizeof(noun) || strlen(dot) >= sizeof(field))
        return fail(c, EXIT_USAGE,
                    T(c, "用法：purser explain NOUN.FIELD", "usage: purser explain NOUN.FIELD"));
    memcpy(noun, argv[0], (size_t)(dot - argv[0]));
    noun[dot - argv[0]] = '\0';
    snprintf(field, sizeof(field), "%s", dot + 1);
    for (char *p = field; *p; p++)
        *p = *p == '-' ? '_' : *p;

    const ProtobufCServiceDescriptor *s = noun_find(c->arena, noun);
    if (!s)
        return fail(c, EXIT_NOT_FOUND, T(c, "没有名词“%s”", "there is no noun “%s”"), noun);
    for (unsigned i = 0; i < s->n_methods; i++) {
        n += explain_in(c, s->methods[i].input, field, 2, seen, &seen_count);
        n += explain_in(c, s->methods[i].output, field, 2, seen, &seen_count);
    }
    return n ? EXIT_DONE
             : fail(c, EXIT_NOT_FOUND, T(c, "%s 没有字段“%s”", "%s has no field “%s”"), noun, field);
}
