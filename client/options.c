/* The options that every command knows, taken out of argv before the rest is read. */
#include "client/options.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/check.h"

#define TIMEOUT_MS     20000
#define TIMEOUT_MAX_MS 600000

typedef bool take_fn(struct client *c, const char *value);

struct option_row {
    const char *name, *brief; /* --name and -x; brief may be NULL */
    const char *value;        /* what it takes; NULL: nothing */
    take_fn *take;
    const char *zh, *en;
};

static bool take_output(struct client *c, const char *v)
{
    static const char *const names[] = {"table", "wide", "csv", "json", "jsonl", "name"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(v, names[i]) == 0) {
            c->opt.output = (enum output)i;
            c->opt.output_given = true;
            return true;
        }
    }
    return false;
}

static bool take_lang(struct client *c, const char *v)
{
    c->opt.zh = strcmp(v, "zh") == 0;
    return c->opt.zh || strcmp(v, "en") == 0;
}

static bool take_unit(struct client *c, const char *v)
{
    c->opt.unit_given = money_unit_parse(v, &c->opt.unit);
    return c->opt.unit_given;
}

static bool take_count(const char *v, int64_t max, int64_t *ret)
{
    char *end;
    long long n = strtoll(v, &end, 10);
    if (end == v || *end || n < 0 || n > max)
        return false;
    *ret = n;
    return true;
}

/* Seconds, or milliseconds when it says so: "30", "500ms". */
static bool take_timeout(struct client *c, const char *v)
{
    size_t len = strlen(v);
    char digits[16];
    bool is_ms = len > 2 && strcmp(v + len - 2, "ms") == 0;

    len -= is_ms ? 2 : len > 1 && v[len - 1] == 's';
    if (len >= sizeof(digits))
        return false;
    memcpy(digits, v, len);
    digits[len] = '\0';
    if (!take_count(digits, TIMEOUT_MAX_MS, &c->opt.timeout_ms))
        return false;
    c->opt.timeout_ms *= is_ms ? 1 : 1000;
    return c->opt.timeout_ms > 0 && c->opt.timeout_ms <= TIMEOUT_MAX_MS;
}

static bool take_request_id(struct client *c, const char *v)
{
    uint8_t id[16];
    c->opt.request_id = v;
    return uuid_parse(v, id);
}

static bool take_context(struct client *c, const char *v) { return *(c->opt.context = v); }
static bool take_server(struct client *c, const char *v) { return strstr(c->opt.server = v, "://"); }
static bool take_encoding(struct client *c, const char *v)
{
    c->opt.encoding = v;
    return strncasecmp(v, "utf", 3) == 0 || strncasecmp(v, "gb", 2) == 0;
}
static bool take_skip(struct client *c, const char *v) { return take_count(v, INT32_MAX, &c->opt.skip_rows); }
static bool take_ascii(struct client *c, const char *v) { return c->opt.ascii = !v; }
static bool take_dry(struct client *c, const char *v) { return c->opt.dry_run = !v; }
static bool take_offline(struct client *c, const char *v) { return c->opt.offline = !v; }
static bool take_all(struct client *c, const char *v) { return c->opt.all_pages = !v; }
static bool take_chart(struct client *c, const char *v) { return c->opt.chart = !v; }
static bool take_only_ok(struct client *c, const char *v) { return c->opt.only_ok = !v; }
static bool take_help(struct client *c, const char *v) { return c->opt.help = !v; }

static bool take_no_color(struct client *c, const char *v)
{
    c->opt.color = false;
    return !v;
}

static const struct option_row rows[] = {
    {"output", "o", "table|wide|csv|json|jsonl|name", take_output, "输出的形式", "form of the output"},
    {"lang", NULL, "zh|en", take_lang, "语言", "language"},
    {"unit", NULL, "元|万元|亿元", take_unit, "金额显示单位", "unit of amounts shown (yuan, wan, yi)"},
    {"chart", NULL, NULL, take_chart, "在表后画条形图", "a bar chart after the table"},
    {"all", NULL, NULL, take_all, "取全部页", "all pages of a list"},
    {"context", NULL, "NAME", take_context, "用哪个身份和服务器", "which server and identity"},
    {"server", NULL, "ipc:///PATH|tls+tcp://HOST:PORT", take_server, "服务器地址（代替所存的）",
     "server address instead of the stored one"},
    {"timeout", NULL, "SECONDS", take_timeout, "等待多久（默认 20 秒）", "how long to wait (20)"},
    {"request-id", NULL, "UUID", take_request_id, "指定请求号", "the id of this request"},
    {"dry-run", NULL, NULL, take_dry, "只检查，不办理", "check only, no effect"},
    {"offline", NULL, NULL, take_offline, "只存入待发箱", "store in the outbox only"},
    {"encoding", NULL, "utf-8|gb18030", take_encoding, "导入文件的编码", "encoding of the imported file"},
    {"only-ok", NULL, NULL, take_only_ok, "导入时略过有错的行", "import without the rows that are refused"},
    {"skip", NULL, "N", take_skip, "导入时跳过前 N 行", "import without the first N rows"},
    {"ascii", NULL, NULL, take_ascii, "不用特殊字符", "no special characters"},
    {"no-color", NULL, NULL, take_no_color, "不用颜色", "no colours"},
    {"help", "h", NULL, take_help, "帮助", "help"},
};

void options_init(struct client *c)
{
    const char *lang = getenv("PURSER_LANG");
    const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < COUNT_OF(names) && (!lang || !*lang); i++)
        lang = getenv(names[i]);

    /* The locale named may be absent, or not UTF-8: then C.UTF-8, or Chinese is cut and misaligned. */
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        (void)!setlocale(LC_CTYPE, "C.UTF-8");
    (void)!setlocale(LC_MESSAGES, ""); /* the other categories would be twelve more files to open */

    c->opt.zh = lang && strncmp(lang, "zh", 2) == 0;
    c->opt.unit = MONEY_YUAN;
    c->opt.timeout_ms = TIMEOUT_MS;
    c->opt.context = getenv("PURSER_CONTEXT");
    c->opt.color = isatty(STDERR_FILENO) && !getenv("NO_COLOR");
}

static const struct option_row *row_of(const char *arg, const char **ret_value)
{
    bool is_long = strncmp(arg, "--", 2) == 0;
    const char *name = arg + (is_long ? 2 : 1), *eq = strchr(name, '=');
    size_t len = eq ? (size_t)(eq - name) : strlen(name);

    *ret_value = eq ? eq + 1 : NULL;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *want = is_long ? rows[i].name : rows[i].brief;
        if (want && strlen(want) == len && strncmp(want, name, len) == 0)
            return &rows[i];
        if (!is_long && want && rows[i].value && name[0] == want[0] && name[1]) { /* -ojson */
            *ret_value = name + 1;
            return &rows[i];
        }
    }
    return NULL;
}

/* A department's code is ASCII; what is not is meant for a unit of money, right or wrong. */
static bool is_department(const char *value)
{
    enum money_unit unit;
    bool is_ascii = value && *value;
    for (const char *p = value; is_ascii && *p; p++)
        is_ascii = (unsigned char)*p < 0x80;
    return !value || (is_ascii && !money_unit_parse(value, &unit));
}

bool options_take(struct client *c, int *argc, char **argv)
{
    int kept = 1;
    for (int i = 1; i < *argc; i++) {
        const char *value = NULL;
        const struct option_row *row = argv[i][0] == '-' && argv[i][1] ? row_of(argv[i], &value) : NULL;
        bool is_pair = row && row->value && !value && i + 1 < *argc;

        if (row && row->take == take_unit && is_department(value ? value : is_pair ? argv[i + 1] : NULL))
            row = NULL;
        if (strcmp(argv[i], "--") == 0 || !row) {
            argv[kept++] = argv[i];
            continue;
        }
        if (is_pair)
            value = argv[++i];
        if (!row->take(c, value) || (row->value && !value)) {
            fail(c, EXIT_USAGE, T(c, "选项 --%s 应为 %s", "option --%s takes %s"), row->name,
                 row->value ? row->value : T(c, "不带值", "no value"));
            return false;
        }
    }
    *argc = kept;
    argv[kept] = NULL;
    return true;
}

void options_help(const struct client *c, FILE *out)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        fprintf(out, "  --%s%s%s%s%s\n        %s\n", rows[i].name, rows[i].brief ? ", -" : "",
                rows[i].brief ? rows[i].brief : "", rows[i].value ? " " : "",
                rows[i].value ? rows[i].value : "", T(c, rows[i].zh, rows[i].en));
    }
}
