/* argv → request, by descriptor. */
#include "client/args.h"

#include <errno.h>
#include <string.h>

#include "client/nearest.h"
#include "client/values.h"
#include "common/check.h"
#include "common/fields.h"
#include "common/words.h"

/* One run over argv. */
struct filling {
    const struct client *c;
    struct method method;
    const ProtobufCMessageDescriptor *d;
    struct filled *out;
    int objects; /* positional words seen */
};

bool was_given(const struct filled *f, const char *name)
{
    for (int i = 0; i < f->given_count; i++)
        if (strcmp(f->given[i], name) == 0)
            return true;
    return false;
}

static void remember(struct filled *f, const char *name)
{
    if (!was_given(f, name) && f->given_count < (int)COUNT_OF(f->given))
        f->given[f->given_count++] = name;
}

/* The message that holds the field: the request itself or the group inside it. */
static ProtobufCMessage *holder(const struct client *c, ProtobufCMessage *m, const struct field_ref *ref)
{
    if (!ref->outer)
        return m;
    ProtobufCMessage **at = fields_at(m, ref->outer);
    if (!*at)
        *at = fields_new(ref->outer->descriptor, c->arena);
    return *at;
}

static bool set_one(const struct client *c, ProtobufCMessage *m, const struct field_ref *ref,
                    const char *text, const char **ret_why);

static const char *names_in(const struct client *c, const ProtobufCMessageDescriptor *d)
{
    const char *all = "";
    for (unsigned i = 0; i < d->n_fields; i++)
        all = arena_printf(c->arena, "%s%s%s", all, i ? ", " : "", d->fields[i].name);
    return all;
}

/* 'name=保安,amount=100万' into a message; quotes protect commas. */
static bool set_pairs(const struct client *c, ProtobufCMessage *row, char *text, const char **ret_why)
{
    while (*text) {
        char *eq = strchr(text, '='), *out, quote = 0;
        if (!eq) {
            *ret_why = T(c, "应为 键=值,…", "should be key=value,…");
            return false;
        }
        *eq = '\0';
        const char *key = text;
        struct field_ref ref = field_find(row->descriptor, key);
        char *value = out = eq + 1;
        for (text = value; *text && (quote || *text != ','); text++) {
            if (*text == quote || (!quote && (*text == '"' || *text == '\'')))
                quote = quote ? 0 : *text;
            else
                *out++ = *text == '\\' && text[1] == ',' ? *++text : *text;
        }
        text += *text == ',';
        *out = '\0';
        if (!ref.field) {
            *ret_why = arena_printf(c->arena, T(c, "没有键“%s”；可用：%s", "no key “%s”; there are: %s"), key,
                                    names_in(c, row->descriptor));
            return false;
        }
        if (!set_one(c, holder(c, row, &ref), &ref, value, ret_why))
            return false;
    }
    return true;
}

static bool set_message(const struct client *c, ProtobufCMessage *m, const ProtobufCFieldDescriptor *f,
                        const char *text, const char **ret_why)
{
    ProtobufCMessage *row = NULL;
    if (*text == '{') {
        json_t *j = json_loads(text, 0, NULL);
        row = j ? fields_from_json(f->descriptor, c->arena, j, ret_why) : NULL;
        json_decref(j);
    } else {
        row = fields_new(f->descriptor, c->arena);
        if (row && !set_pairs(c, row, text_new(c->arena, text), ret_why))
            return false;
    }
    if (!row)
        return false;
    if (f->label != PROTOBUF_C_LABEL_REPEATED) {
        *(ProtobufCMessage **)fields_at(m, f) = row;
        return true;
    }
    size_t n = *fields_count(m, f);
    if (!fields_resize(m, f, c->arena, n + 1))
        return false;
    (*(ProtobufCMessage ***)fields_at(m, f))[n] = row;
    return true;
}

static bool set_one(const struct client *c, ProtobufCMessage *m, const struct field_ref *ref,
                    const char *text, const char **ret_why)
{
    *ret_why = T(c, "应为 键=值,… 或 JSON", "should be key=value,… or JSON");
    if (ref->field->type == PROTOBUF_C_TYPE_MESSAGE)
        return set_message(c, m, ref->field, text, ret_why);
    return value_set_all(c, m, ref, text, ret_why);
}

/* A bare number was typed for money: say how it was taken. */
static void echo_money(const struct client *c, ProtobufCMessage *m, const struct field_ref *ref,
                       const char *text)
{
    if (!is_money(ref->field) || ref->field->label == PROTOBUF_C_LABEL_REPEATED ||
        text[strspn(text, "0123456789.,")])
        return;
    remark(c, "%s = %s", label_of_field(ref->in, ref->field, c->opt.zh),
           money_say(c->arena, *(const int64_t *)fields_at(m, ref->field)));
}

static bool fill_one(struct filling *f, const char *word, const struct field_ref *ref, const char *text)
{
    const char *why = "";
    ProtobufCMessage *m = holder(f->c, f->out->request, ref);

    if (!set_one(f->c, m, ref, text, &why)) {
        fail(f->c, EXIT_USAGE, T(f->c, "%s 不能是“%s”：%s", "%s cannot be “%s”: %s"), word,
             clean(f->c->arena, text), why);
        advise(f->c, "purser explain %s.%s", noun_of(f->c->arena, f->method.service), ref->field->name);
        return false;
    }
    echo_money(f->c, m, ref, text);
    remember(f->out, ref->field->name);
    return true;
}

static bool fill_object(struct filling *f, const char *text)
{
    const ProtobufCFieldDescriptor *key = first_field(f->d);

    if (file_rows(f->method) && !f->out->file) {
        f->out->file = text;
        return true;
    }
    if (!key || f->objects++ > 0) {
        fail(f->c, EXIT_USAGE, T(f->c, "多出的参数“%s”", "unexpected argument “%s”"), text);
        advise(f->c, "%s --help", command_of(f->c->arena, f->method));
        return false;
    }
    struct field_ref ref = {NULL, key, f->d, MONEY_YUAN};
    return fill_one(f, key->name, &ref, text);
}

static bool fill_json(struct filling *f, const char *path)
{
    struct bytes data;
    json_error_t error;
    if (!path || !file_read(f->c->arena, path, &data)) {
        fail(f->c, EXIT_FILE, T(f->c, "读不了 %s：%s", "cannot read %s: %s"), path ? path : "--json",
             strerror(errno));
        return false;
    }
    const char *why = "", *key;
    json_t *j = json_loadb((const char *)data.data, data.len, JSON_REJECT_DUPLICATES, &error), *value;
    ProtobufCMessage *m = j ? fields_from_json(f->d, f->c->arena, j, &why) : NULL;
    if (!m) {
        fail(f->c, EXIT_USAGE, T(f->c, "%s 第 %d 行：%s", "%s line %d: %s"), path, j ? 1 : error.line,
             j ? why : error.text);
        return false;
    }
    json_object_foreach(j, key, value) remember(f->out, arena_text(f->c->arena, key));
    f->out->request = m;
    return true;
}

static bool is_flag(const struct field_ref *ref)
{
    return ref->field && ref->field->type == PROTOBUF_C_TYPE_BOOL &&
           ref->field->label != PROTOBUF_C_LABEL_REPEATED;
}

static bool tell_unknown(const struct filling *f, const char *name)
{
    const struct client *c = f->c;
    struct nearest n = {.typed = name};
    for (unsigned i = 0; i < f->d->n_fields; i++)
        nearest_offer(&n, option_name(c, &f->d->fields[i]));
    const char *meant = n.best ? arena_printf(c->arena, T(c, "；是不是 --%s？", "; --%s?"), n.best) : "";
    fail(c, EXIT_USAGE, T(c, "没有选项 --%s%s", "there is no option --%s%s"), name, meant);
    advise(c, "%s --help", command_of(c->arena, f->method));
    return false;
}

/* Words that nobody would give as an object: "--is-new 是", "--is-new no". */
static bool is_yes_or_no(const char *text)
{
    static const char *const words[] = {"是", "否", "yes", "no", "true", "false"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

/* The option at argv[*i]; moves *i past the value it took. */
static bool fill_option(struct filling *f, int argc, char **argv, int *i, int *ret_exit)
{
    const struct client *c = f->c;
    char *name = text_new(c->arena, argv[*i] + 2), *value = strchr(name, '=');
    if (value)
        *value++ = '\0';

    struct field_ref ref = field_find(f->d, name);
    if (strcmp(name, "json") == 0 && !ref.field) {
        *ret_exit = EXIT_FILE;
        return fill_json(f, value ? value : *i + 1 < argc ? argv[++*i] : NULL);
    }
    if (!ref.field && strncmp(name, "no-", 3) == 0 && !value) {
        ref = field_find(f->d, name + 3);
        value = is_flag(&ref) ? text_new(c->arena, "false") : NULL;
    }
    if (!ref.field)
        return tell_unknown(f, name);
    if (is_flag(&ref) && !value)
        return fill_one(f, name, &ref, *i + 1 < argc && is_yes_or_no(argv[*i + 1]) ? argv[++*i] : "true");
    if (!value && *i + 1 >= argc) {
        fail(c, EXIT_USAGE, T(c, "--%s 需要一个值（%s）", "--%s needs a value (%s)"), name,
             value_type(c, ref.field));
        advise(c, "%s --help", command_of(c->arena, f->method));
        return false;
    }
    return fill_one(f, name, &ref, value ? value : argv[++*i]);
}

bool args_fill(const struct client *c, struct method m, int argc, char **argv, struct filled *ret,
               int *ret_exit)
{
    struct filling f = {c, m, m.rpc->input, ret, 0};
    bool options_over = false;

    memset(ret, 0, sizeof(*ret));
    *ret_exit = EXIT_USAGE;
    ret->request = fields_new(m.rpc->input, c->arena);
    for (int i = 0; i < argc; i++) {
        if (!options_over && strcmp(argv[i], "--") == 0) {
            options_over = true;
            continue;
        }
        bool ok = !options_over && strncmp(argv[i], "--", 2) == 0 ? fill_option(&f, argc, argv, &i, ret_exit)
                                                                  : fill_object(&f, argv[i]);
        if (!ok)
            return false;
    }
    return true;
}

bool args_name_updates(const struct client *c, struct filled *f)
{
    const ProtobufCFieldDescriptor
        *list = protobuf_c_message_descriptor_get_field_by_name(f->request->descriptor, "update_fields");
    const ProtobufCFieldDescriptor *key = first_field(f->request->descriptor);
    const char *why;

    if (!list || list->label != PROTOBUF_C_LABEL_REPEATED || was_given(f, "update_fields"))
        return true;
    for (int i = 0; i < f->given_count; i++) {
        const char *name = f->given[i];
        if ((key && strcmp(name, key->name) == 0) || strcmp(name, "etag") == 0)
            continue;
        if (!value_set(c, f->request, list, MONEY_FEN, name, &why))
            return false;
    }
    return true;
}
