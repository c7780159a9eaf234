/* Translating declared reads and checking them against their messages, once, at start. */
#include "server/front/reader_plan.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/check.h"
#include "common/fields.h"

static bool says(const struct read_plan *p, char reterr[512], const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool says(const struct read_plan *p, char reterr[512], const char *format, ...)
{
    va_list args;
    int n = snprintf(reterr, 512, "%s: ", p->rpc->method);
    va_start(args, format);
    vsnprintf(reterr + n, 512 - (size_t)n, format, args);
    va_end(args);
    return false;
}

uint64_t plan_bit(const ProtobufCMessageDescriptor *d, const ProtobufCFieldDescriptor *f)
{
    return UINT64_C(1) << (f - d->fields);
}

static const ProtobufCFieldDescriptor *field_named(const ProtobufCMessageDescriptor *d, const char *name,
                                                   size_t len)
{
    for (unsigned i = 0; i < d->n_fields; i++)
        if (strlen(d->fields[i].name) == len && memcmp(d->fields[i].name, name, len) == 0)
            return &d->fields[i];
    return NULL;
}

static const ProtobufCFieldDescriptor *field_of(const ProtobufCMessageDescriptor *d, const char *name)
{
    return field_named(d, name, strlen(name));
}

/* ---- :name → $n ---- */

static const struct {
    const char *name;
    enum read_source source;
} server_params[] = {
    {"_scope", READ_SCOPE}, {"_actor", READ_ACTOR}, {"_unit", READ_UNIT},   {"_now", READ_NOW},
    {"_today", READ_TODAY}, {"_after", READ_AFTER}, {"_limit", READ_LIMIT},
};

static bool can_be_param(const ProtobufCFieldDescriptor *f)
{
    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_INT64;
    return f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_INT64 ||
           f->type == PROTOBUF_C_TYPE_BOOL || f->type == PROTOBUF_C_TYPE_ENUM ||
           f->type == PROTOBUF_C_TYPE_BYTES;
}

static bool param_named(const struct read_plan *p, const char *name, size_t len, struct read_param *ret)
{
    for (size_t i = 0; name[0] == '_' && i < COUNT_OF(server_params); i++)
        if (strlen(server_params[i].name) == len && memcmp(server_params[i].name, name, len) == 0) {
            *ret = (struct read_param){.source = server_params[i].source};
            return true;
        }
    const ProtobufCFieldDescriptor *f = field_named(p->rpc->request, name, len);
    if (!f || !can_be_param(f))
        return false;
    *ret = (struct read_param){.source = READ_FIELD, .field = f};
    return true;
}

/* The number of a parameter within its statement, from 1; 0 when there are too many. */
static int number_of(struct read_stmt *s, struct read_param param)
{
    for (int i = 0; i < s->params_count; i++)
        if (s->params[i].source == param.source && s->params[i].field == param.field)
            return i + 1;
    if (s->params_count == READ_PARAMS_MAX)
        return 0;
    s->params[s->params_count++] = param;
    return s->params_count;
}

static void note_use(const struct read_plan *p, struct read_stmt *s, struct read_param param)
{
    s->uses_scope = s->uses_scope || param.source == READ_SCOPE;
    s->uses_actor = s->uses_actor || param.source == READ_ACTOR || param.source == READ_UNIT;
    if (param.source == READ_FIELD)
        s->uses |= plan_bit(p->rpc->request, param.field);
}

static size_t name_length(const char *at)
{
    size_t n = 0;
    while (isalnum((unsigned char)at[n]) || at[n] == '_')
        n++;
    return n;
}

/* Texts and quoted names are copied as they stand; "::" is a cast. */
static bool translate(const struct read_plan *p, struct read_stmt *s, struct arena *a, char reterr[512])
{
    const char *from = s->declared->sql;
    char *to = arena_alloc(a, 2 * strlen(from) + 8), *start = to, quote = 0;
    if (!to)
        return says(p, reterr, "out of memory");
    while (*from) {
        size_t len = *from == ':' && !quote ? name_length(from + 1) : 0;
        if (*from == ':' && from[1] == ':' && !quote) {
            *to++ = *from++;
            *to++ = *from++;
            continue;
        }
        if (len == 0) {
            if (quote ? *from == quote : *from == '\'' || *from == '"')
                quote = quote ? 0 : *from;
            *to++ = *from++;
            continue;
        }
        struct read_param param;
        if (!param_named(p, from + 1, len, &param))
            return says(p, reterr, "the request has no field for :%.*s", (int)len, from + 1);
        int n = number_of(s, param);
        if (n == 0)
            return says(p, reterr, "more than %d parameters", READ_PARAMS_MAX);
        note_use(p, s, param);
        to += snprintf(to, 8, "$%d", n);
        from += len + 1;
    }
    s->sql = start;
    return true;
}

/* ---- needs and destination ---- */

static bool read_needs(const struct read_plan *p, struct read_stmt *s, char reterr[512])
{
    const char *at = s->declared->needs ? s->declared->needs : "";
    for (at += strspn(at, " "); *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        const ProtobufCFieldDescriptor *f = field_named(p->rpc->request, at, len);
        bool is_unit = len == strlen("unit_id") && memcmp(at, "unit_id", len) == 0;
        if (!f && !is_unit)
            return says(p, reterr, "needs names \"%.*s\", which the request does not have", (int)len, at);
        s->needs |= f ? plan_bit(p->rpc->request, f) : UNIT_BIT;
        at += len;
    }
    return true;
}

/* Departmental data keep to the scope, or are chosen only for those who see all: without need of unit_id. */
static bool keeps_to_scope(const struct read_plan *p, const struct read_stmt *s)
{
    if ((p->rpc->flags & RPC_OPEN) || s->uses_scope || s->uses_actor)
        return true;
    uint64_t unit = UNIT_BIT | (p->unit ? plan_bit(p->rpc->request, p->unit) : 0);
    return p->is_list && !((s->needs | s->uses) & unit);
}

static bool make_stmt(struct read_plan *p, struct read_stmt *s, struct arena *a, char reterr[512])
{
    const char *into = s->declared->into;
    if (into) {
        s->into = field_of(p->rpc->reply, into);
        if (!s->into || s->into->label != PROTOBUF_C_LABEL_REPEATED ||
            s->into->type != PROTOBUF_C_TYPE_MESSAGE)
            return says(p, reterr, "into \"%s\" is not a repeated message field of the reply", into);
        if (p->is_list)
            return says(p, reterr, "a list has no further statements");
    } else
        p->mains_count++;
    if (!translate(p, s, a, reterr) || !read_needs(p, s, reterr))
        return false;
    if (!keeps_to_scope(p, s))
        return says(p, reterr, "a statement does not mention :_scope: %.200s", s->declared->sql);
    return true;
}

static bool find_list_fields(struct read_plan *p, char reterr[512])
{
    const ProtobufCMessageDescriptor *d = p->rpc->reply;
    for (unsigned i = 0; i < d->n_fields; i++)
        if (d->fields[i].label == PROTOBUF_C_LABEL_REPEATED && d->fields[i].type == PROTOBUF_C_TYPE_MESSAGE) {
            if (p->rows)
                return says(p, reterr, "a list's reply has one repeated message field only");
            p->rows = &d->fields[i];
        }
    p->next_token = field_of(d, "next_page_token");
    if (!p->rows || !p->next_token)
        return says(p, reterr, "a list's reply needs a repeated message field and next_page_token");
    if (!p->page_size || !p->page_token)
        return says(p, reterr, "a list's request needs page_size and page_token");
    return true;
}

bool plan_make(struct read_plan *p, const struct rpc *rpc, struct arena *a, char reterr[512])
{
    *p = (struct read_plan){.rpc = rpc, .is_list = rpc->flags & RPC_LIST};
    if (rpc->request->n_fields > 60)
        return says(p, reterr, "the request has too many fields for a declared read");
    p->page_size = field_of(rpc->request, "page_size");
    p->page_token = field_of(rpc->request, "page_token");
    p->unit = field_of(rpc->request, "unit_id");
    p->alone = field_of(rpc->request, "alone");
    if (p->alone && p->alone->type != PROTOBUF_C_TYPE_BOOL)
        return says(p, reterr, "\"alone\" is no bool");
    p->paging = (p->page_size ? plan_bit(rpc->request, p->page_size) : 0) |
                (p->page_token ? plan_bit(rpc->request, p->page_token) : 0) |
                (p->alone ? plan_bit(rpc->request, p->alone) : 0);
    if (p->is_list && !find_list_fields(p, reterr))
        return false;

    int count = 0;
    while (rpc->reads && rpc->reads[count].sql)
        count++;
    p->stmts = arena_array(a, (size_t)count + 1, sizeof *p->stmts);
    if (!p->stmts || count == 0)
        return says(p, reterr, "no statements");
    p->stmts_count = count;
    for (int i = 0; i < count; i++) {
        p->stmts[i].declared = &rpc->reads[i];
        if (!make_stmt(p, &p->stmts[i], a, reterr))
            return false;
    }
    if (count - p->mains_count >= READ_STMTS_MAX)
        return says(p, reterr, "more than %d further statements", READ_STMTS_MAX - 1);
    return true;
}

/* ---- columns ---- */

/* Oids of types that a field of that type may be filled from. */
static bool type_fits(const ProtobufCFieldDescriptor *f, uint32_t oid)
{
    bool is_int = oid == 20 || oid == 21 || oid == 23, is_text = oid == 25 || oid == 1043 || oid == 1042;
    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return false;
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        return is_text || is_int || oid == 1082; /* date */
    case PROTOBUF_C_TYPE_INT64:
        return is_int || oid == 1700; /* sum(bigint) is numeric */
    case PROTOBUF_C_TYPE_BOOL:
        return oid == 16;
    case PROTOBUF_C_TYPE_ENUM:
        return is_text;
    case PROTOBUF_C_TYPE_BYTES:
        return oid == 17;
    default:
        return false;
    }
}

static bool column_of(const struct read_plan *p, const ProtobufCMessageDescriptor *d, const char *name,
                      uint32_t oid, struct read_column *ret, char reterr[512])
{
    const char *dot = strchr(name, '.');
    *ret = (struct read_column){0};
    if (name[0] == '_')
        return true;
    if (dot) {
        ret->outer = field_named(d, name, (size_t)(dot - name));
        if (!ret->outer || ret->outer->type != PROTOBUF_C_TYPE_MESSAGE ||
            ret->outer->label == PROTOBUF_C_LABEL_REPEATED)
            return says(p, reterr, "column \"%s\": %s has no such message field", name, d->short_name);
        d = ret->outer->descriptor;
    }
    ret->inner = field_of(d, dot ? dot + 1 : name);
    if (!ret->inner)
        return says(p, reterr, "column \"%s\": %s has no such field", name, d->short_name);
    if (!type_fits(ret->inner, oid))
        return says(p, reterr, "column \"%s\" (type oid %u) does not fit its field in %s", name, oid,
                    d->short_name);
    return true;
}

bool plan_columns(struct read_plan *p, int i, const struct db_table *described, struct arena *a,
                  char reterr[512])
{
    struct read_stmt *s = &p->stmts[i];
    const ProtobufCMessageDescriptor *d = p->rpc->reply;
    if (s->into)
        d = s->into->descriptor;
    else if (p->is_list)
        d = p->rows->descriptor;
    if (described->cols == 0 || described->cols > READ_COLUMNS_MAX)
        return says(p, reterr, "a statement has %d columns", described->cols);
    s->columns = arena_array(a, (size_t)described->cols, sizeof *s->columns);
    if (!s->columns)
        return says(p, reterr, "out of memory");
    s->columns_count = described->cols;
    for (int c = 0; c < described->cols; c++) {
        if (!column_of(p, d, described->names[c], described->oids[c], &s->columns[c], reterr))
            return false;
        for (int b = 0; b < c; b++)
            if (strcmp(described->names[b], described->names[c]) == 0)
                return says(p, reterr, "column \"%s\" stands there twice", described->names[c]);
    }
    return true;
}

static enum db_type type_of(const struct read_param *param)
{
    if (param->source == READ_NOW || param->source == READ_LIMIT)
        return DB_I64;
    if (param->source == READ_TODAY)
        return DB_DAY;
    if (param->source != READ_FIELD)
        return DB_TEXT;
    const ProtobufCFieldDescriptor *f = param->field;
    bool is_many = f->label == PROTOBUF_C_LABEL_REPEATED;
    switch (f->type) {
    case PROTOBUF_C_TYPE_INT64:
        return is_many ? DB_I64S : DB_I64;
    case PROTOBUF_C_TYPE_BOOL:
        return DB_BOOL;
    case PROTOBUF_C_TYPE_BYTES:
        return DB_BYTES;
    default:
        return is_many ? DB_TEXTS : DB_TEXT;
    }
}

int plan_types(const struct read_stmt *s, struct db_in ret[READ_PARAMS_MAX])
{
    for (int i = 0; i < s->params_count; i++)
        ret[i] = (struct db_in){.type = type_of(&s->params[i]), .is_null = true};
    return s->params_count;
}

/* ---- choosing ---- */

uint64_t plan_filters(const struct read_plan *p, const ProtobufCMessage *request, bool is_one_unit)
{
    const ProtobufCMessageDescriptor *d = p->rpc->request;
    uint64_t set = 0;
    for (unsigned i = 0; i < d->n_fields; i++)
        if (fields_is_set(request, &d->fields[i]))
            set |= UINT64_C(1) << i;
    if (is_one_unit)
        set |= p->unit ? plan_bit(d, p->unit) : UNIT_BIT;
    return set & ~p->paging;
}

/* A field that the statement uses without needing it may be set or not. */
static const struct read_stmt *choose_exactly(const struct read_plan *p, uint64_t set, bool must_scope)
{
    for (int i = 0; i < p->stmts_count; i++) {
        const struct read_stmt *s = &p->stmts[i];
        if (s->into || (must_scope && !s->uses_scope))
            continue;
        if ((s->needs & ~set) == 0 && (set & ~(s->needs | s->uses)) == 0)
            return s;
    }
    return NULL;
}

const struct read_stmt *plan_choose(const struct read_plan *p, const ProtobufCMessage *request,
                                    bool is_one_unit)
{
    if (!p->is_list && p->mains_count == 1)
        for (int i = 0; i < p->stmts_count; i++)
            if (!p->stmts[i].into)
                return &p->stmts[i];
    uint64_t unit = UNIT_BIT | (p->unit ? plan_bit(p->rpc->request, p->unit) : 0);
    uint64_t set = plan_filters(p, request, is_one_unit);
    const struct read_stmt *s = choose_exactly(p, set, false);
    return s || !is_one_unit ? s : choose_exactly(p, set & ~unit, true);
}
