/* Settings as a table: defaults, then the file, then the environment, then flags. */
#include "common/settings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"
#include "common/settings_yaml.h"

#define ERR_BYTES 512

struct value {
    const char *text;         /* as it was written; lists joined by commas */
    const char *const *texts; /* SETTING_TEXTS */
    int texts_count;
    int64_t number;    /* SETTING_INT and SETTING_BOOL */
    const char *where; /* "default", "purserd.yaml:3:7", "PURSER_LISTEN", "--listen" */
};

struct settings {
    const struct setting *table;
    int count;
    struct arena *arena;
    struct value *values;
};

/* ---- one value ---- */

static int find(const struct settings *s, const char *name)
{
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->table[i].name, name) == 0)
            return i;
    return -1;
}

static bool parse_int(const char *text, int64_t *ret)
{
    char *end;

    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end || text[0] == ' ' || text[0] == '+')
        return false;
    *ret = n;
    return true;
}

static bool parse_bool(const char *text, int64_t *ret)
{
    static const char *const words[][2] = {{"false", "true"}, {"no", "yes"}, {"off", "on"}, {"0", "1"}};

    for (size_t i = 0; i < COUNT_OF(words); i++) {
        for (int truth = 0; truth < 2; truth++) {
            if (strcmp(text, words[i][truth]) != 0)
                continue;
            *ret = truth;
            return true;
        }
    }
    return false;
}

/* Cuts at commas; blanks around the parts and empty parts are dropped. */
static int split(struct arena *a, const char *text, const char *const **ret)
{
    int count = 0;
    size_t parts = 1;

    for (const char *c = text; *c; c++)
        parts += *c == ',';
    const char **list = arena_array(a, parts, sizeof(*list));
    if (!list)
        return 0;
    while (*text) {
        text += strspn(text, " ,");
        size_t len = strcspn(text, ",");
        const char *next = text + len;
        while (len > 0 && text[len - 1] == ' ')
            len--;
        if (len > 0)
            list[count++] = arena_textn(a, text, len);
        text = next;
    }
    *ret = list;
    return count;
}

static enum status bad_value(const struct setting *row, const char *text, const char *where,
                             char reterr[ERR_BYTES])
{
    if (row->type == SETTING_INT)
        snprintf(reterr, ERR_BYTES,
                 "%s: %s: \"%.80s\" is not a whole number from %" PRId64 " to %" PRId64 "%s%s", where,
                 row->name, text, row->min, row->max, row->unit[0] ? " " : "", row->unit);
    else
        snprintf(reterr, ERR_BYTES, "%s: %s: \"%.80s\" is neither true nor false", where, row->name, text);
    return STATUS_INVALID_ARGUMENT;
}

static enum status put(struct settings *s, int at, const char *text, const char *where,
                       char reterr[ERR_BYTES])
{
    const struct setting *row = &s->table[at];
    struct value v = {.text = arena_text(s->arena, text), .where = where};

    switch (row->type) {
    case SETTING_INT:
        if (!parse_int(text, &v.number) || v.number < row->min || v.number > row->max)
            return bad_value(row, text, where, reterr);
        break;
    case SETTING_BOOL:
        if (!parse_bool(text, &v.number))
            return bad_value(row, text, where, reterr);
        break;
    case SETTING_TEXTS:
        v.texts_count = split(s->arena, v.text, &v.texts);
        break;
    case SETTING_TEXT:
        break;
    }
    s->values[at] = v;
    return STATUS_OK;
}

/* ---- where values come from ---- */

static enum status load_defaults(struct settings *s, char reterr[ERR_BYTES])
{
    for (int i = 0; i < s->count; i++) {
        enum status status = put(s, i, s->table[i].def ? s->table[i].def : "", "default", reterr);
        if (status)
            return status;
    }
    return STATUS_OK;
}

static enum status load_file(struct settings *s, const char *file, char reterr[ERR_BYTES])
{
    struct yaml_pair *pairs;
    int count;

    enum status status = settings_yaml(file, s->arena, &pairs, &count, reterr);
    if (status)
        return status;
    for (int i = 0; i < count; i++) {
        const struct yaml_pair *p = &pairs[i];
        const char *where = arena_printf(s->arena, "%s:%zu:%zu", file, p->line, p->column);
        int at = find(s, p->key);
        if (at < 0) {
            snprintf(reterr, ERR_BYTES, "%s: there is no setting \"%.80s\"", where, p->key);
            return STATUS_INVALID_ARGUMENT;
        }
        if (p->is_list && s->table[at].type != SETTING_TEXTS) {
            snprintf(reterr, ERR_BYTES, "%s: %s takes one value, not a list", where, p->key);
            return STATUS_INVALID_ARGUMENT;
        }
        status = put(s, at, p->text, where, reterr);
        if (status)
            return status;
    }
    return STATUS_OK;
}

static enum status load_environment(struct settings *s, char reterr[ERR_BYTES])
{
    for (int i = 0; i < s->count; i++) {
        char name[96] = "PURSER_";
        size_t at = strlen(name);
        for (const char *c = s->table[i].name; *c && at + 1 < sizeof(name); c++)
            name[at++] = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
        name[at] = '\0';

        const char *text = getenv(name);
        enum status status = text ? put(s, i, text, arena_text(s->arena, name), reterr) : STATUS_OK;
        if (status)
            return status;
    }
    return STATUS_OK;
}

/* "--frame-max-bytes=1" or "--frame-max-bytes" names setting frame_max_bytes; −1 else. *ret_value: behind
 * '=', or NULL. */
static int find_flag(const struct settings *s, const char *arg, const char **ret_value)
{
    char name[96];
    size_t len = strcspn(arg, "=");

    if (strncmp(arg, "--", 2) != 0 || len < 3 || len - 2 >= sizeof(name))
        return -1;
    for (size_t i = 2; i < len; i++) {
        if (arg[i] == '_')
            return -1;
        name[i - 2] = arg[i] == '-' ? '_' : arg[i];
    }
    name[len - 2] = '\0';
    *ret_value = arg[len] == '=' ? arg + len + 1 : NULL;
    return find(s, name);
}

static enum status load_flags(struct settings *s, int *argc, char **argv, char reterr[ERR_BYTES])
{
    int kept = 0;

    for (int i = 0; i < *argc; i++) {
        const char *value = NULL;
        int at = i > 0 ? find_flag(s, argv[i], &value) : -1;
        if (i > 0 && strcmp(argv[i], "--") == 0) { /* behind it nothing is a flag */
            while (i < *argc)
                argv[kept++] = argv[i++];
            break;
        }
        if (at < 0) {
            argv[kept++] = argv[i];
            continue;
        }
        const char *where = arena_textn(s->arena, argv[i], strcspn(argv[i], "="));
        int64_t ignored;
        bool is_bool = s->table[at].type == SETTING_BOOL;
        if (!value && is_bool && (i + 1 == *argc || !parse_bool(argv[i + 1], &ignored))) {
            value = "true"; /* "--name" alone */
        } else if (!value && ++i < *argc) {
            value = argv[i];
        } else if (!value) {
            snprintf(reterr, ERR_BYTES, "%s wants a value", where);
            return STATUS_INVALID_ARGUMENT;
        }
        enum status status = put(s, at, value, where, reterr);
        if (status)
            return status;
    }
    *argc = kept;
    argv[kept] = NULL;
    return STATUS_OK;
}

enum status settings_load(const struct setting *table, int count, const char *file, int *argc, char **argv,
                          struct arena *a, struct settings **ret, char reterr[ERR_BYTES])
{
    struct settings *s = arena_alloc(a, sizeof(*s));

    reterr[0] = '\0';
    if (s)
        *s = (struct settings){table, count, a, arena_array(a, (size_t)count, sizeof(struct value))};
    if (!s || !s->values) {
        snprintf(reterr, ERR_BYTES, "no memory for the settings");
        return STATUS_RESOURCE_EXHAUSTED;
    }
    enum status status = load_defaults(s, reterr);
    if (!status && file)
        status = load_file(s, file, reterr);
    if (!status)
        status = load_environment(s, reterr);
    if (!status && argc)
        status = load_flags(s, argc, argv, reterr);
    if (status)
        return status;
    *ret = s;
    return STATUS_OK;
}

/* ---- asking ---- */

static const struct value *value_of(const struct settings *s, const char *name, enum setting_type type)
{
    int at = find(s, name);

    PRE(at >= 0 && s->table[at].type == type);
    return &s->values[at];
}

const char *settings_text(const struct settings *s, const char *name)
{
    return value_of(s, name, SETTING_TEXT)->text;
}

int64_t settings_int(const struct settings *s, const char *name)
{
    return value_of(s, name, SETTING_INT)->number;
}

bool settings_bool(const struct settings *s, const char *name)
{
    return value_of(s, name, SETTING_BOOL)->number != 0;
}

int settings_texts(const struct settings *s, const char *name, const char *const **ret)
{
    const struct value *v = value_of(s, name, SETTING_TEXTS);

    *ret = v->texts;
    return v->texts_count;
}

void settings_show(const struct settings *s, FILE *out)
{
    for (int i = 0; i < s->count; i++) {
        const struct setting *row = &s->table[i];
        fprintf(out, "%s = %s   #", row->name, s->values[i].text);
        if (row->unit[0])
            fprintf(out, " %s,", row->unit);
        if (row->type == SETTING_INT)
            fprintf(out, " %" PRId64 "..%" PRId64 ",", row->min, row->max);
        fprintf(out, " from %s: %s\n", s->values[i].where, row->text);
    }
}
