/* A reply as people or programs want it: tables, label and value, csv, json, names. */
#include "client/print.h"

#include <string.h>

#include <jansson.h>

#include "client/charts.h"
#include "client/grid.h"
#include "client/values.h"
#include "client/views.h"
#include "common/fields.h"
#include "common/text.h"
#include "common/words.h"

#define FIELDS_SHOWN_MAX 128

bool is_list(struct method m)
{
    const ProtobufCMessageDescriptor *d = m.rpc->output;
    return rows_field(d, NULL) && protobuf_c_message_descriptor_get_field_by_name(d, "next_page_token");
}

static bool is_number(const ProtobufCFieldDescriptor *f)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_MESSAGE:
        return false;
    default:
        return f->label != PROTOBUF_C_LABEL_REPEATED && !name_ends(f->name, "_us");
    }
}

static bool is_row_message(const ProtobufCFieldDescriptor *f)
{
    return f->label == PROTOBUF_C_LABEL_REPEATED && f->type == PROTOBUF_C_TYPE_MESSAGE;
}

/* The fields that become columns. */
static int columns_of(const struct client *c, const ProtobufCMessageDescriptor *d,
                      const ProtobufCFieldDescriptor *ret[FIELDS_SHOWN_MAX])
{
    const char *const *view = view_of(d, c->opt.output);
    int n = 0;
    for (; view && view[n] && n < FIELDS_SHOWN_MAX; n++)
        ret[n] = protobuf_c_message_descriptor_get_field_by_name(d, view[n]);
    if (view)
        return n;
    for (unsigned i = 0; i < d->n_fields && n < FIELDS_SHOWN_MAX; i++)
        if (view_shows(d, &d->fields[i], c->opt.output))
            ret[n++] = &d->fields[i];
    return n;
}

/* Years and other counts that are names rather than amounts stay; anything may be dropped that no row has. */
static bool may_drop(const ProtobufCFieldDescriptor *f) { return !is_money(f); }

static void add_rows(const struct client *c, struct grid *g, const ProtobufCFieldDescriptor *const *columns,
                     int n, const ProtobufCMessage *reply, const ProtobufCFieldDescriptor *rows)
{
    enum value_style style = c->opt.output == OUTPUT_CSV ? VALUE_FILE : VALUE_SCREEN;
    ProtobufCMessage *const *list = *(ProtobufCMessage *const **)fields_at(reply, rows);

    for (size_t r = 0; r < *fields_count(reply, rows); r++) {
        const char **row = grid_row(g);
        for (int i = 0; row && i < n; i++)
            row[i] = value_show_all(c, list[r], columns[i], style);
    }
}

static void grid_of(const struct client *c, ProtobufCMessage *const *replies, int count,
                    const ProtobufCFieldDescriptor *rows, struct grid *ret)
{
    const ProtobufCMessageDescriptor *d = rows->descriptor;
    const ProtobufCFieldDescriptor *columns[FIELDS_SHOWN_MAX];
    int n = columns_of(c, d, columns);

    grid_init(ret, c->arena);
    for (int i = 0; i < n; i++)
        grid_column(ret, columns[i]->name, view_heading(c, d, columns[i]), is_number(columns[i]),
                    may_drop(columns[i]));
    for (int i = 0; i < count; i++)
        add_rows(c, ret, columns, n, replies[i], rows);
}

static void pad(FILE *out, size_t columns)
{
    for (size_t i = 0; i < columns; i++)
        fputc(' ', out);
}

/* A line to be printed once the widest label is known. */
struct pairs {
    const char *label[FIELDS_SHOWN_MAX], *value[FIELDS_SHOWN_MAX];
    int count;
    size_t width;
};

static void add_pair(struct pairs *p, const char *label, const char *value)
{
    size_t width = text_columns(label);
    if (p->count == FIELDS_SHOWN_MAX)
        return;
    p->label[p->count] = label;
    p->value[p->count++] = value;
    p->width = width > p->width ? width : p->width;
}

/* The scalar fields, and those of the groups inside. Enumerations without a value and empty texts say
 * nothing. */
static void collect_pairs(const struct client *c, const ProtobufCMessage *m, struct pairs *ret)
{
    const ProtobufCMessageDescriptor *d = m->descriptor;
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        if (is_row_message(f) || is_known_flag(d, f) || strcmp(f->name, "next_page_token") == 0)
            continue;
        if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
            const ProtobufCMessage *inner = *(ProtobufCMessage *const *)fields_at(m, f);
            if (inner)
                collect_pairs(c, inner, ret);
            continue;
        }
        const char *value = value_show_all(c, m, f, VALUE_LINE);
        if (*value || c->opt.output == OUTPUT_WIDE)
            add_pair(ret, label_of_field(d, f, c->opt.zh), value);
    }
}

static void print_pairs(const struct client *c, const ProtobufCMessage *m)
{
    struct pairs p = {.count = 0};
    collect_pairs(c, m, &p);
    for (int i = 0; i < p.count; i++) {
        printf("%s%s", p.label[i], T(c, "：", ": "));
        pad(stdout, p.width - text_columns(p.label[i]));
        printf("%s\n", p.value[i]);
    }
}

static void print_tables(const struct client *c, ProtobufCMessage *m, bool captions)
{
    const ProtobufCMessageDescriptor *d = m->descriptor;
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        struct grid g;
        if (f->type == PROTOBUF_C_TYPE_MESSAGE && !is_row_message(f)) {
            ProtobufCMessage *inner = *(ProtobufCMessage *const *)fields_at(m, f);
            if (inner)
                print_tables(c, inner, true);
            continue;
        }
        if (!is_row_message(f) || *fields_count(m, f) == 0)
            continue;
        if (captions)
            printf("\n%s%s\n", label_of_field(d, f, c->opt.zh), T(c, "：", ":"));
        grid_of(c, &m, 1, f, &g);
        grid_print_table(c, &g, stdout);
        if (c->opt.chart)
            chart_print(c, m, f, stdout);
    }
}

static void print_list_table(const struct client *c, ProtobufCMessage *const *replies, int count,
                             const ProtobufCFieldDescriptor *rows)
{
    struct grid g;
    grid_of(c, replies, count, rows, &g);
    if (g.rows == 0)
        remark(c, T(c, "没有符合条件的记录", "nothing found"));
    else
        grid_print_table(c, &g, stdout);
    for (int i = 0; c->opt.chart && i < count; i++)
        chart_print(c, replies[i], rows, stdout);
}

/* One row of the scalar fields, for csv of a single object. */
static void print_object_csv(const struct client *c, ProtobufCMessage *m)
{
    const ProtobufCFieldDescriptor *columns[FIELDS_SHOWN_MAX];
    const ProtobufCMessageDescriptor *d = m->descriptor;
    struct grid g;

    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        ProtobufCMessage *inner = f->type == PROTOBUF_C_TYPE_MESSAGE && !is_row_message(f)
                                      ? *(ProtobufCMessage *const *)fields_at(m, f)
                                      : NULL;
        if (inner) {
            print_object_csv(c, inner);
            return;
        }
    }
    int n = columns_of(c, d, columns);
    grid_init(&g, c->arena);
    for (int i = 0; i < n; i++)
        grid_column(&g, columns[i]->name, view_heading(c, d, columns[i]), false, false);
    const char **row = grid_row(&g);
    for (int i = 0; row && i < n; i++)
        row[i] = value_show_all(c, m, columns[i], VALUE_FILE);
    grid_print_csv(&g, stdout);
}

static void dump(const json_t *j, size_t flags)
{
    json_dumpf(j, stdout, flags);
    fputc('\n', stdout);
}

/* The pages become one: rows of all, the rest of the last. */
static void print_json(ProtobufCMessage *const *replies, int count, const ProtobufCFieldDescriptor *rows)
{
    json_t *whole = fields_to_json(replies[count - 1], false), *all = rows ? json_array() : NULL;
    for (int i = 0; all && i < count; i++) {
        json_t *page = fields_to_json(replies[i], false);
        json_t *list = json_object_get(page, rows->name);
        if (list)
            json_array_extend(all, list);
        json_decref(page);
    }
    if (all)
        json_object_set_new(whole, rows->name, all);
    dump(whole, JSON_INDENT(2));
    json_decref(whole);
}

static void print_jsonl(ProtobufCMessage *const *replies, int count, const ProtobufCFieldDescriptor *rows)
{
    for (int i = 0; i < count; i++) {
        size_t n = rows ? *fields_count(replies[i], rows) : 1;
        for (size_t r = 0; r < n; r++) {
            const ProtobufCMessage *m = rows ? (*(ProtobufCMessage *const **)fields_at(replies[i], rows))[r]
                                             : replies[i];
            json_t *j = fields_to_json(m, false);
            dump(j, JSON_COMPACT);
            json_decref(j);
        }
    }
}

/* Field 1, of what is inside when the reply is only a wrapping. */
static void print_name(const struct client *c, const ProtobufCMessage *m)
{
    const ProtobufCFieldDescriptor *f = first_field(m->descriptor);
    if (!f)
        return;
    if (f->type != PROTOBUF_C_TYPE_MESSAGE) {
        printf("%s\n", value_show_all(c, m, f, VALUE_FILE));
        return;
    }
    if (f->label == PROTOBUF_C_LABEL_REPEATED) {
        for (size_t i = 0; i < *fields_count(m, f); i++)
            print_name(c, (*(ProtobufCMessage *const **)fields_at(m, f))[i]);
        return;
    }
    const ProtobufCMessage *inner = *(ProtobufCMessage *const *)fields_at(m, f);
    if (inner)
        print_name(c, inner);
}

static void print_csv(const struct client *c, struct method m, ProtobufCMessage *const *replies, int count)
{
    const ProtobufCFieldDescriptor *rows = rows_field(m.rpc->output, is_list(m) ? NULL : "rows");
    struct grid g;

    if (!rows && !first_field(m.rpc->output))
        return;
    if (!rows && first_field(m.rpc->output) && is_row_message(first_field(m.rpc->output)))
        rows = first_field(m.rpc->output);
    if (!rows) {
        print_object_csv(c, replies[0]);
        return;
    }
    grid_of(c, replies, count, rows, &g);
    grid_print_csv(&g, stdout);
}

int print_replies(const struct client *c, struct method m, ProtobufCMessage *const *replies, int count)
{
    const ProtobufCFieldDescriptor *rows = is_list(m) ? rows_field(m.rpc->output, NULL) : NULL;

    switch (c->opt.output) {
    case OUTPUT_JSON:
        print_json(replies, count, rows);
        break;
    case OUTPUT_JSONL:
        print_jsonl(replies, count, rows);
        break;
    case OUTPUT_CSV:
        print_csv(c, m, replies, count);
        break;
    case OUTPUT_NAME:
        for (int i = 0; i < count; i++)
            print_name(c, replies[i]);
        break;
    default:
        if (rows) {
            print_list_table(c, replies, count, rows);
        } else {
            print_pairs(c, replies[0]);
            print_tables(c, replies[0], true);
        }
    }
    return EXIT_DONE;
}
