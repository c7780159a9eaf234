/* What a read asks and how its reply is filled: parameters by name, columns by descriptor, pages by their
 * last key. */
#include "server/front/reader_fill.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"
#include "common/fields.h"
#include "common/log.h"
#include "common/sign.h"

#define PAGE_DEFAULT    50
#define PAGE_MAX        1000
#define PAGE_MARK_BYTES 8

/* ---- whose data ---- */

static const char *text_at(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    const char *text = f ? *(const char *const *)fields_at(m, f) : NULL;
    return text ? text : "";
}

static int64_t int_at(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    return f ? *(const int64_t *)fields_at(m, f) : 0;
}

/* The request's own unit_id narrows the scope; false when it lies outside. */
static bool find_scope(struct read_work *w)
{
    const struct call *c = w->job->call;
    const char *asked = text_at(w->job->request, w->plan->unit);
    bool is_open = w->plan->rpc->flags & RPC_OPEN;
    w->scope = c->scope.unit_id ? c->scope.unit_id : "";
    if (is_open || !asked[0])
        return true;
    bool is_covered = strncmp(asked, w->scope, strlen(w->scope)) == 0;
    if (is_covered)
        w->scope = asked;
    return is_covered;
}

static bool is_one_unit(const struct read_work *w)
{
    return !(w->plan->rpc->flags & RPC_OPEN) && w->scope[0];
}

/* ---- pages: base64url(mark ‖ last key); the mark binds it to method, filters, scope and key ---- */

/* Of this process: nobody makes a token of his own, and one from before a restart is out of date. */
static pthread_once_t secret_once = PTHREAD_ONCE_INIT;
static uint8_t secret[HASH_BYTES];
static void make_secret(void) { sign_random(secret, sizeof secret); }

static void page_mark(const struct read_work *w, struct bytes key, uint8_t ret[PAGE_MARK_BYTES])
{
    struct arena *a = w->job->call->arena;
    const ProtobufCMessageDescriptor *d = w->plan->rpc->request;
    const char *text = arena_printf(a, "%s\n%s\n", w->plan->rpc->method, w->scope);
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        if ((plan_bit(d, f) & w->plan->paging) || f->type == PROTOBUF_C_TYPE_MESSAGE ||
            !fields_is_set(w->job->request, f))
            continue;
        size_t n = f->label == PROTOBUF_C_LABEL_REPEATED ? *fields_count(w->job->request, f) : 1;
        for (size_t k = 0; k < n; k++)
            text = arena_printf(a, "%s%s=%s\n", text, f->name, fields_text(w->job->request, f, k, a));
    }
    pthread_once(&secret_once, make_secret);
    text = arena_printf(a, "%s%s\n%s", text, hex_text(a, secret, sizeof secret),
                        hex_text(a, key.data, key.len));
    struct hash h = sha256(text, strlen(text));
    memcpy(ret, h.b, PAGE_MARK_BYTES);
}

static const char *swap(char *text, const char *from, const char *to)
{
    for (char *p = text; *p; p++) {
        const char *at = strchr(from, *p);
        if (at)
            *p = to[at - from];
    }
    return text;
}

static const char *page_token(const struct read_work *w, const char *key)
{
    struct arena *a = w->job->call->arena;
    size_t len = strlen(key);
    uint8_t *raw = arena_alloc(a, PAGE_MARK_BYTES + len);
    if (!raw)
        return "";
    page_mark(w, (struct bytes){(const uint8_t *)key, len}, raw);
    memcpy(raw + PAGE_MARK_BYTES, key, len);
    const char *padded = base64_text(a, raw, PAGE_MARK_BYTES + len);
    size_t n = strcspn(padded, "=");
    char *token = arena_alloc(a, n + 1);
    if (!token)
        return "";
    memcpy(token, padded, n);
    return swap(token, "+/", "-_");
}

/* The key after which the page begins; false when the token was made for another question. */
static bool page_after(const struct read_work *w, const char **ret)
{
    struct arena *a = w->job->call->arena;
    const char *token = text_at(w->job->request, w->plan->page_token);
    struct bytes raw = {0};
    uint8_t mark[PAGE_MARK_BYTES];
    *ret = "";
    if (!w->plan->is_list || !token[0])
        return true;
    size_t n = strlen(token);
    char *padded = n > 1000 ? NULL : arena_alloc(a, n + 4);
    if (!padded || strpbrk(token, "+/="))
        return false;
    memcpy(padded, token, n);
    memset(padded + n, '=', (4 - n % 4) % 4);
    if (!base64_parse(a, swap(padded, "-_", "+/"), &raw) || raw.len <= PAGE_MARK_BYTES)
        return false;
    struct bytes key = {raw.data + PAGE_MARK_BYTES, raw.len - PAGE_MARK_BYTES};
    page_mark(w, key, mark);
    if (memcmp(mark, raw.data, PAGE_MARK_BYTES) != 0)
        return false;
    *ret = arena_textn(a, (const char *)key.data, key.len);
    return true;
}

/* ---- asking ---- */

static struct db_in field_value(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    const void *at = fields_at(m, f);
    if (f->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t n = *fields_count(m, f);
        return f->type == PROTOBUF_C_TYPE_INT64 ? in_i64s(*(const int64_t *const *)at, n)
                                                : in_texts(*(const char *const *const *)at, n);
    }
    switch (f->type) {
    case PROTOBUF_C_TYPE_INT64:
        return in_i64(*(const int64_t *)at);
    case PROTOBUF_C_TYPE_BOOL:
        return in_bool(*(const protobuf_c_boolean *)at);
    case PROTOBUF_C_TYPE_ENUM:
        return in_text(fields_enum_short(f->descriptor, *(const int *)at));
    case PROTOBUF_C_TYPE_BYTES: {
        const ProtobufCBinaryData *b = at;
        return in_bytes((struct bytes){b->data ? b->data : (const uint8_t *)"", b->len});
    }
    default:
        return in_text(text_at(m, f));
    }
}

static struct db_in value_of(const struct read_work *w, const struct read_param *param, const char *after)
{
    const struct call *c = w->job->call;
    switch (param->source) {
    case READ_FIELD:
        return field_value(w->job->request, param->field);
    case READ_SCOPE:
        return in_text(w->scope);
    case READ_ACTOR:
        return in_text(c->actor.person_id ? c->actor.person_id : "");
    case READ_UNIT:
        return in_text(c->actor.unit_id ? c->actor.unit_id : "");
    case READ_NOW:
        return in_i64(c->now_us);
    case READ_TODAY:
        return in_day(c->today);
    case READ_AFTER:
        return in_text(after);
    case READ_LIMIT:
        return in_i64(w->limit + 1);
    }
    UNREACHABLE("source of a parameter");
}

static void ask(struct read_work *w, struct db *db, const struct read_stmt *s, const char *after)
{
    struct db_in in[READ_PARAMS_MAX];
    for (int i = 0; i < s->params_count; i++)
        in[i] = value_of(w, &s->params[i], after);
    PRE(w->asked_count < READ_STMTS_MAX);
    w->asked[w->asked_count] = s;
    db_want_table(db, s->sql, (struct db_ins){in, s->params_count}, &w->answers[w->asked_count]);
    w->asked_count++;
}

static void answer(struct read_work *w, enum status s)
{
    w->job->status = s;
    w->is_done = true;
}

static void refuse_reason(struct read_work *w, const char *reason, const char *field, const char *broke)
{
    struct refusal why = {.arena = w->job->call->arena, .reason = reason, .field = field, .broke = broke};
    answer(w, refuse_with(w->job->call, &why));
}

/* What the request is about: its first text field. */
static void refuse_not_found(struct read_work *w)
{
    const ProtobufCMessageDescriptor *d = w->plan->rpc->request;
    const ProtobufCFieldDescriptor *f = d->n_fields ? &d->fields[0] : NULL;
    bool is_text = f && f->type == PROTOBUF_C_TYPE_STRING && f->label != PROTOBUF_C_LABEL_REPEATED;
    answer(w,
           refuse_missing(w->job->call, is_text ? f->name : "", is_text ? text_at(w->job->request, f) : ""));
}

static const char *names_of_filters(const struct read_work *w)
{
    uint64_t set = plan_filters(w->plan, w->job->request, is_one_unit(w));
    const ProtobufCMessageDescriptor *d = w->plan->rpc->request;
    const char *text = "";
    for (unsigned i = 0; i < d->n_fields; i++)
        if (set & (UINT64_C(1) << i))
            text = arena_printf(w->job->call->arena, "%s%s%s", text, text[0] ? " " : "", d->fields[i].name);
    return text;
}

static bool find_page(struct read_work *w, const char **ret_after)
{
    int64_t size = int_at(w->job->request, w->plan->page_size);
    w->limit = size == 0 ? PAGE_DEFAULT : size > PAGE_MAX ? PAGE_MAX : size;
    if (size < 0)
        answer(w, refuse_field(w->job->call, "page_size",
                               arena_printf(w->job->call->arena, "%lld", (long long)size), "0–1000"));
    else if (!page_after(w, ret_after))
        refuse_reason(w, "PAGE_TOKEN_BAD", "page_token", NULL);
    return !w->is_done;
}

void fill_ask(struct read_work *w, struct db *db)
{
    const char *after = "";
    const struct read_plan *p = w->plan;
    w->job->status = STATUS_UNAVAILABLE;
    w->asked_count = 0;
    if (w->is_done)
        return;
    if (!find_scope(w)) { /* another's unit: as if nothing were there */
        if (p->is_list)
            answer(w, STATUS_OK);
        else
            refuse_not_found(w);
        return;
    }
    if (!find_page(w, &after))
        return;

    const struct read_stmt *main = p->mains_count ? plan_choose(p, w->job->request, is_one_unit(w)) : NULL;
    if (p->mains_count && !main) {
        refuse_reason(w, "FILTERS_NOT_OFFERED", "", names_of_filters(w));
        return;
    }
    db_use_arena(db, w->job->call->arena);
    if (main)
        ask(w, db, main, after);
    bool is_alone = p->alone && *(const protobuf_c_boolean *)fields_at(w->job->request, p->alone);
    for (int i = 0; i < p->stmts_count && !is_alone; i++)
        if (p->stmts[i].into)
            ask(w, db, &p->stmts[i], after);
}

/* ---- filling ---- */

static bool fill_int(const char *text, int64_t *ret)
{
    char *end;
    long long v = strtoll(text, &end, 10);
    *ret = v;
    return end != text && !*end;
}

static bool fill_field(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, struct arena *a,
                       const char *text, int len)
{
    void *at = fields_at(m, f);
    struct bytes raw;
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(const char **)at = text;
        return true;
    case PROTOBUF_C_TYPE_INT64:
        return fill_int(text, at);
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)at = *text == 't';
        return true;
    case PROTOBUF_C_TYPE_ENUM:
        return !text[0] || fields_enum_parse(f->descriptor, text, at);
    case PROTOBUF_C_TYPE_BYTES:
        if (!db_bytea(a, text, (size_t)len, &raw))
            return false;
        *(ProtobufCBinaryData *)at = (ProtobufCBinaryData){raw.len, (uint8_t *)(uintptr_t)raw.data};
        return true;
    default:
        return false;
    }
}

/* NULL leaves a field as it is. A message inside is made when its first value comes. */
static bool fill_row(const struct read_stmt *s, const struct db_table *t, int row, ProtobufCMessage *m,
                     struct arena *a)
{
    for (int i = 0; i < s->columns_count; i++) {
        size_t cell = (size_t)row * (size_t)t->cols + (size_t)i;
        const struct read_column *col = &s->columns[i];
        ProtobufCMessage *to = m;
        if (!t->values[cell] || !col->inner)
            continue;
        if (col->outer) {
            ProtobufCMessage **at = fields_at(m, col->outer);
            if (!*at)
                *at = fields_new(col->outer->descriptor, a);
            to = *at;
        }
        if (!to || !fill_field(to, col->inner, a, t->values[cell], t->lens[cell])) {
            log_error("read: a value of column \"%s\" does not fit", t->names[i]);
            return false;
        }
    }
    return true;
}

static bool fill_rows(const struct read_work *w, const struct read_stmt *s, const struct db_table *t,
                      const ProtobufCFieldDescriptor *into, int rows)
{
    struct arena *a = w->job->call->arena;
    if (!fields_resize(w->job->reply, into, a, (size_t)rows))
        return false;
    ProtobufCMessage **array = *(ProtobufCMessage ***)fields_at(w->job->reply, into);
    for (int r = 0; r < rows; r++)
        if (!fill_row(s, t, r, array[r], a))
            return false;
    return true;
}

/* There is a row beyond the page; or the statement stopped before it was full, and says so in "_more". */
static bool has_more(const struct db_table *t, int rows)
{
    bool more = rows < t->rows;
    for (int i = 0; rows > 0 && i < t->cols && !more; i++) {
        const char *value = t->values[(size_t)(rows - 1) * (size_t)t->cols + (size_t)i];
        more = strcmp(t->names[i], "_more") == 0 && value && *value == 't';
    }
    return more;
}

static bool fill_page(const struct read_work *w, const struct read_stmt *s, const struct db_table *t)
{
    int rows = t->rows > w->limit ? (int)w->limit : t->rows;
    if (!fill_rows(w, s, t, w->plan->rows, rows))
        return false;
    const char *key = has_more(t, rows) ? t->values[(size_t)(rows - 1) * (size_t)t->cols] : NULL;
    if (key)
        *(const char **)fields_at(w->job->reply, w->plan->next_token) = page_token(w, key);
    return true;
}

static bool fill_one(const struct read_work *w, int i)
{
    const struct read_stmt *s = w->asked[i];
    const struct db_table *t = &w->answers[i];
    if (t->cols != s->columns_count)
        return false;
    if (s->into)
        return fill_rows(w, s, t, s->into, t->rows);
    if (w->plan->is_list)
        return fill_page(w, s, t);
    return t->rows == 1 && fill_row(s, t, 0, w->job->reply, w->job->call->arena);
}

static void fill_failed(struct read_work *w)
{
    if (w->status == STATUS_DEADLINE_EXCEEDED)
        refuse_reason(w, "TIMED_OUT", "", NULL);
    if (w->status == STATUS_INTERNAL || w->status == STATUS_DATA_LOSS)
        log_error("%s: %s %s", w->plan->rpc->method, w->error.sqlstate, w->error.text);
    answer(w, w->status);
}

void fill_reply(struct read_work *w)
{
    if (w->is_done)
        return;
    if (w->status != STATUS_OK) {
        fill_failed(w);
        return;
    }
    bool has_main = w->asked_count && !w->asked[0]->into;
    if (has_main && !w->plan->is_list && w->answers[0].rows == 0) {
        refuse_not_found(w);
        return;
    }
    bool is_whole = true;
    for (int i = 0; i < w->asked_count && is_whole; i++)
        is_whole = fill_one(w, i);
    if (is_whole)
        answer(w, STATUS_OK);
    else
        answer(w, arena_is_full(w->job->call->arena) ? STATUS_RESOURCE_EXHAUSTED : STATUS_INTERNAL);
}
