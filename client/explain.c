/* purser explain NOUN[.FIELD]: what a field means, how it is typed, where it stands. */
#include <stdlib.h>
#include <string.h>

#include "client/help.h"
#include "client/nouns.h"
#include "client/values.h"
#include "common/check.h"
#include "common/fields.h"
#include "common/words.h"

#define FOUND_MAX   256
#define PLACES_TOLD 6

/* Every field of a noun, once: the same name, word and type in several messages is one field. */
struct found {
    const ProtobufCMessageDescriptor *in;
    const ProtobufCFieldDescriptor *field;
    const char *where; /* "CreateContractRequest, Contract", the first few */
    int places;
};
struct finding {
    const struct client *c;
    const char *name; /* as typed; NULL: all */
    const ProtobufCMessageDescriptor *seen[FOUND_MAX];
    struct found found[FOUND_MAX];
    int seen_count, count;
};

static bool is_same(const struct found *a, const ProtobufCMessageDescriptor *d,
                    const ProtobufCFieldDescriptor *f)
{
    const struct word *one = word_of_field(a->in, a->field), *other = word_of_field(d, f);
    bool same_words = one == other || (one && other && strcmp(one->zh, other->zh) == 0);
    return strcmp(a->field->name, f->name) == 0 && a->field->type == f->type &&
           a->field->descriptor == f->descriptor && same_words;
}

static void keep(struct finding *g, const ProtobufCMessageDescriptor *d, const ProtobufCFieldDescriptor *f)
{
    for (int i = 0; i < g->count; i++)
        if (is_same(&g->found[i], d, f)) {
            if (g->found[i].places++ < PLACES_TOLD)
                g->found[i].where = arena_printf(g->c->arena, "%s, %s", g->found[i].where, d->short_name);
            return;
        }
    if (g->count < FOUND_MAX)
        g->found[g->count++] = (struct found){d, f, d->short_name, 1};
}

static void look_in(struct finding *g, const ProtobufCMessageDescriptor *d, int depth)
{
    for (int i = 0; i < g->seen_count; i++)
        if (g->seen[i] == d)
            return;
    if (g->seen_count < FOUND_MAX)
        g->seen[g->seen_count++] = d;
    const ProtobufCFieldDescriptor *wanted = g->name ? field_find(d, g->name).field : NULL;
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        if (!g->name || f == wanted)
            keep(g, d, f);
        if (f->type == PROTOBUF_C_TYPE_MESSAGE && depth > 0)
            look_in(g, f->descriptor, depth - 1);
    }
}

static void look_through(struct finding *g, const ProtobufCServiceDescriptor *s)
{
    for (unsigned i = 0; i < s->n_methods; i++) {
        look_in(g, s->methods[i].input, 2);
        look_in(g, s->methods[i].output, 2);
    }
}

static void list_choices(const struct client *c, const ProtobufCEnumDescriptor *e)
{
    for (unsigned i = 0; i < e->n_values; i++) {
        const char *name = fields_enum_short(e, e->values[i].value);
        const struct word *w = word_of_enum(e, e->values[i].name);
        if (*name && !w)
            printf("    %s\n", name);
        else if (*name)
            printf("    %-20s %s%s%s\n", name, T(c, w->zh, w->en), *w->meaning_zh ? T(c, "：", ": ") : "",
                   T(c, w->meaning_zh, w->meaning_en));
    }
}

static void tell_type(const struct client *c, const struct found *k)
{
    const ProtobufCFieldDescriptor *f = k->field;
    if (f->type == PROTOBUF_C_TYPE_ENUM) {
        printf("  %s\n",
               T(c, "可以是（代码、中文或英文都行）：", "one of these (code, Chinese or English):"));
        list_choices(c, f->descriptor);
        return;
    }
    printf("  %s%s\n", T(c, "类型：", "type: "), value_type(c, f));
    if (is_money(f))
        printf("  %s\n", T(c, "以分存储；--…-fen 后的裸数字是分，去掉 -fen 的是元；最多两位小数（元）",
                           "kept in fen; a bare number after --…-fen is fen, without -fen it is 元; two "
                           "decimals of 元 at most"));
    if (known_field(k->in, f))
        printf("  %s\n",
               T(c, "没有人登记过时显示“–”，不是 0", "shown as “–”, not 0, when nobody recorded it"));
}

static void explain(const struct client *c, const struct found *k)
{
    const struct word *w = word_of_field(k->in, k->field);
    printf("%s  %s / %s\n", k->field->name, w ? w->zh : k->field->name, w ? w->en : k->field->name);
    if (w && *w->meaning_zh)
        printf("  %s\n", T(c, w->meaning_zh, w->meaning_en));
    tell_type(c, k);
    printf("  %s%s%s\n", T(c, "见于：", "in: "), k->where, k->places > PLACES_TOLD ? " …" : "");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct found *)a)->field->name, ((const struct found *)b)->field->name);
}

int command_explain(struct client *c, int argc, char **argv)
{
    char *noun = argc == 1 ? text_new(c->arena, argv[0]) : NULL, *dot = noun ? strchr(noun, '.') : NULL;
    struct finding *g = arena_alloc(c->arena, sizeof(*g));
    if (!noun || !g)
        return fail(c, EXIT_USAGE,
                    T(c, "用法：purser explain NOUN[.FIELD]", "usage: purser explain NOUN[.FIELD]"));
    if (dot)
        *dot = '\0';
    *g = (struct finding){.c = c, .name = dot ? dot + 1 : NULL};

    const ProtobufCServiceDescriptor *s = noun_find(c->arena, noun);
    if (!s)
        return fail(c, EXIT_NOT_FOUND,
                    T(c, "没有名词“%s”（purser help）", "there is no noun “%s” (purser help)"), noun);
    look_through(g, s);
    struct long_import more;
    if (noun_import(c->arena, s, &more))
        look_through(g, more.open.service);
    if (g->count == 0)
        return fail(c, EXIT_NOT_FOUND,
                    T(c, "%s 没有字段“%s”（purser explain %s 列出字段）",
                      "%s has no field “%s” (purser explain %s lists them)"),
                    noun, dot ? dot + 1 : "", noun);
    if (!dot)
        qsort(g->found, (size_t)g->count, sizeof(g->found[0]), by_name);
    for (int i = 0; i < g->count; i++) {
        const struct found *k = &g->found[i];
        if (dot)
            explain(c, k);
        else
            printf("%-26s %s\n", k->field->name, label_of_field(k->in, k->field, c->opt.zh));
    }
    return EXIT_DONE;
}
