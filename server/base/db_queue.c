/* What waits to be sent: statements with their parameters in wire form, and the table of prepared texts. */
#include "server/base/db_private.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"

#define DAYS_TO_2000 10957 /* PostgreSQL counts days from 2000-01-01 */

static Oid oid_of(enum db_type type)
{
    switch (type) {
    case DB_I64:
        return OID_INT8;
    case DB_BOOL:
        return OID_BOOL;
    case DB_TEXT:
    case DB_ENUM:
        return OID_TEXT;
    case DB_BYTES:
        return OID_BYTEA;
    case DB_DAY:
        return OID_DATE;
    case DB_TEXTS:
        return OID_TEXT_ARRAY;
    case DB_I64S:
        return OID_INT8_ARRAY;
    case DB_BYTEAS:
        return OID_BYTEA_ARRAY;
    }
    UNREACHABLE("type of parameter");
}

/* ---- prepared texts: known by their address, since they outlive the connection ---- */

static bool stmt_is(const struct stmt *s, const char *sql, struct db_ins in)
{
    if (s->sql != sql || s->params != in.count)
        return false;
    for (int i = 0; i < in.count; i++)
        if (s->oids[i] != oid_of(in.in[i].type))
            return false;
    return true;
}

static struct stmt **bucket_of(struct db *db, const char *sql)
{
    uint64_t at = (uint64_t)(uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15);
    return &db->buckets[at >> 32 & (DB_BUCKETS - 1)];
}

struct stmt *db_stmt_new(struct db *db, const char *sql, int params, const Oid *oids)
{
    struct stmt *s = calloc(1, sizeof *s);
    Oid *copy = calloc((size_t)params + 1, sizeof *copy);
    if (!s || !copy) {
        free(s);
        free(copy);
        return NULL;
    }
    memcpy(copy, oids, (size_t)params * sizeof *copy);
    s->sql = sql;
    s->params = params;
    s->oids = copy;
    snprintf(s->name, sizeof s->name, "s%d", ++db->stmts);
    struct stmt **bucket = bucket_of(db, sql);
    s->next = *bucket;
    *bucket = s;
    return s;
}

struct stmt *db_stmt_of(struct db *db, const char *sql, struct db_ins in)
{
    Oid oids[DB_PARAMS_MAX];
    for (struct stmt *s = *bucket_of(db, sql); s; s = s->next)
        if (stmt_is(s, sql, in))
            return s;
    PRE(in.count <= DB_PARAMS_MAX);
    for (int i = 0; i < in.count; i++)
        oids[i] = oid_of(in.in[i].type);
    return db_stmt_new(db, sql, in.count, oids);
}

void db_stmts_free(struct db *db)
{
    for (int i = 0; i < DB_BUCKETS; i++)
        for (struct stmt *s = db->buckets[i], *next; s; s = next) {
            next = s->next;
            for (char **name = s->names; name && *name; name++)
                free(*name);
            free(s->names);
            free(s->column_oids);
            free(s->made);
            free(s->oids);
            free(s);
        }
}

/* ---- parameters: binary, which needs no quoting ---- */

char *db_put32(char *at, uint32_t v)
{
    v = htonl(v);
    memcpy(at, &v, 4);
    return at + 4;
}

static char *put64(char *at, uint64_t v) { return db_put32(db_put32(at, (uint32_t)(v >> 32)), (uint32_t)v); }

static struct bytes element(const struct db_in *in, size_t i)
{
    if (in->type == DB_BYTEAS)
        return ((const struct bytes *)in->data)[i];
    const char *text = ((const char *const *)in->data)[i];
    return (struct bytes){(const uint8_t *)text, text ? strlen(text) : 0};
}

char *db_put_array_head(char *at, Oid of, size_t len, bool has_null)
{
    at = db_put32(at, len ? 1 : 0);
    at = db_put32(at, has_null ? 1 : 0);
    at = db_put32(at, of);
    return len ? db_put32(db_put32(at, (uint32_t)len), 1) : at;
}

static const char *i64s_wire(struct arena *a, const struct db_in *in, size_t *ret_len)
{
    size_t len = DB_ARRAY_HEAD + in->len * 12;
    char *wire = arena_alloc(a, len), *at = wire;
    if (!wire)
        return NULL;
    at = db_put_array_head(at, OID_INT8, in->len, false);
    for (size_t i = 0; i < in->len; i++)
        at = put64(db_put32(at, 8), (uint64_t)((const int64_t *)in->data)[i]);
    *ret_len = (size_t)(at - wire);
    return wire;
}

static const char *array_wire(struct arena *a, const struct db_in *in, size_t *ret_len)
{
    size_t len = DB_ARRAY_HEAD;
    bool has_null = false;
    for (size_t i = 0; i < in->len; i++) {
        struct bytes e = element(in, i);
        has_null = has_null || !e.data;
        len += 4 + e.len;
    }
    char *wire = arena_alloc(a, len), *at = wire;
    if (!wire)
        return NULL;

    at = db_put_array_head(at, in->type == DB_BYTEAS ? OID_BYTEA : OID_TEXT, in->len, has_null);
    for (size_t i = 0; i < in->len; i++) {
        struct bytes e = element(in, i);
        at = db_put32(at, e.data ? (uint32_t)e.len : UINT32_MAX);
        if (e.len)
            memcpy(at, e.data, e.len);
        at += e.len;
    }
    *ret_len = (size_t)(at - wire);
    return wire;
}

static const char *scalar_wire(struct arena *a, const struct db_in *in, size_t *ret_len)
{
    char *wire = arena_alloc(a, 8);
    if (!wire)
        return NULL;
    if (in->type == DB_I64) {
        put64(wire, (uint64_t)in->i64);
        *ret_len = 8;
    } else if (in->type == DB_DAY) {
        db_put32(wire, (uint32_t)(int32_t)(in->i64 - DAYS_TO_2000));
        *ret_len = 4;
    } else {
        wire[0] = in->i64 != 0;
        *ret_len = 1;
    }
    return wire;
}

/* Texts and bytes are copied with a NUL behind them; NULL when the queue is full. */
static const char *wire_of(struct arena *a, const struct db_in *in, size_t *ret_len)
{
    if (in->type == DB_I64S)
        return i64s_wire(a, in, ret_len);
    if (in->type == DB_TEXTS || in->type == DB_BYTEAS)
        return array_wire(a, in, ret_len);
    if (in->type != DB_TEXT && in->type != DB_BYTES && in->type != DB_ENUM)
        return scalar_wire(a, in, ret_len);

    size_t len = in->type == DB_BYTES ? in->len : strlen(in->data);
    char *wire = arena_alloc(a, len + 1);
    if (wire && len)
        memcpy(wire, in->data, len);
    *ret_len = len;
    return wire;
}

static uint64_t hash_of(uint64_t h, const char *value, int len)
{
    h = (h ^ (uint64_t)len) * UINT64_C(1099511628211);
    for (int i = 0; i < len; i++)
        h = (h ^ (unsigned char)value[i]) * UINT64_C(1099511628211);
    return h;
}

/* The hash is over the first `keys` of them. */
static bool params_fill(struct db *db, struct params *p, struct db_ins in, int keys, size_t *ret_bytes)
{
    size_t n = (size_t)in.count;
    p->values = arena_array(db->room, n + 1, sizeof *p->values);
    p->lengths = arena_array(db->room, n + 1, sizeof *p->lengths);
    p->hash = UINT64_C(1469598103934665603);
    if (!p->values || !p->lengths)
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t len = 0;
        if (!in.in[i].is_null) {
            p->values[i] = wire_of(db->room, &in.in[i], &len);
            if (!p->values[i] || len > INT32_MAX)
                return false;
            p->lengths[i] = (int)len;
        }
        if ((int)i < keys)
            p->hash = hash_of(p->hash, p->values[i], p->lengths[i]);
        *ret_bytes += len;
    }
    return true;
}

/* ---- queueing ---- */

/* What is wanted of a statement. */
struct want {
    enum op_kind kind;
    const char *sql;
    struct db_ins in;
    int keys;
    struct db_cols cols;
};

static struct op *op_append(struct db *db, const struct want *w, struct stmt *stmt)
{
    struct op *op = arena_alloc(db->room, sizeof *op);
    struct db_col *col = op && w->cols.count ? arena_array(db->room, (size_t)w->cols.count, sizeof *col)
                                             : NULL;
    if (!op || (w->cols.count && !col))
        return NULL;
    if (w->cols.count)
        memcpy(col, w->cols.col, (size_t)w->cols.count * sizeof *col);
    op->kind = w->kind;
    op->cols = (struct db_cols){col, w->cols.count, w->cols.size};
    op->stmt = stmt;
    op->keys = w->keys;
    op->seq = ++db->seq;
    op->bytes = 64;
    op->params_end = &op->params;
    op->askers_end = &op->askers;
    *db->end = op;
    db->end = &op->next;
    if (!db->segment)
        db->segment = op;
    return op;
}

static void mark_kept(struct db *db, struct op *op)
{
    op->is_kept = true;
    db->remembered_texts += !op->stmt->is_remembered;
    op->stmt->is_remembered = true;
}

/* True when the asker has his answer from memory. */
static bool recall(struct db *db, const struct want *w, struct stmt *stmt, struct params *p,
                   struct asker *asker)
{
    struct db_error error;
    const PGresult *res = db_recall(db, stmt, p);
    struct op op = {.kind = w->kind, .stmt = stmt, .cols = w->cols, .params_count = 1, .askers = asker};
    return res && db_take(db, &op, res, &error) == STATUS_OK;
}

/* What does not fit is noted, and the run is refused as a whole: then `asker` waits in vain. */
static void queue(struct db *db, struct want w, struct asker asker)
{
    PRE(!db->remembers || db_is_read(w.kind)); /* what writes is never left out */
    bool is_kept = db->remembers && db->memory;
    struct stmt *stmt = db_stmt_of(db, w.sql, w.in);
    struct params *p = arena_alloc(db->room, sizeof *p);
    struct asker *who = arena_alloc(db->room, sizeof *who);
    size_t bytes = 0;
    db->remembers = false;
    db->queued++;
    if (!stmt || !p || !who || !params_fill(db, p, w.in, w.kind == OP_ADD ? w.keys : w.in.count, &bytes)) {
        db->is_over = true;
        return;
    }
    *who = asker;
    who->dest = db->dest;
    if (is_kept && recall(db, &w, stmt, p, who)) {
        db->queued--;
        return;
    }
    if (db->memory && db_touches_memory(db, stmt))
        db_unremember(db);
    struct op *op = db_joinable(db, w.kind, stmt, w.keys);
    if (!op)
        op = op_append(db, &w, stmt);
    if (!op) {
        db->is_over = true;
        return;
    }
    if (is_kept)
        mark_kept(db, op);
    who->of = db_join(op, p);
    *op->askers_end = who;
    op->askers_end = &who->next;
    op->bytes += bytes;
    db->own = op->seq;
}

/* A Sync, or what belongs to the protocol: nothing is joined across it. */
static struct op *queue_bare(struct db *db, enum op_kind kind, struct stmt *stmt)
{
    struct op *op = op_append(db, &(struct want){.kind = kind}, stmt);
    db->segment = NULL;
    if (!op)
        db->is_over = true;
    return op;
}

struct arena *db_use_arena(struct db *db, struct arena *a)
{
    struct arena *before = db->dest;
    db->dest = a;
    return before;
}

void db_want(struct db *db, const char *sql, struct db_ins in, struct db_cols cols, void *ret,
             bool *ret_found)
{
    queue(db, (struct want){.kind = OP_ROW, .sql = sql, .in = in, .cols = cols},
          (struct asker){.ret = ret, .ret_found = ret_found});
}

void db_want_rows(struct db *db, const char *sql, struct db_ins in, struct db_cols cols, int rows_max,
                  void *ret_rows, int *ret_count)
{
    queue(db, (struct want){.kind = OP_ROWS, .sql = sql, .in = in, .cols = cols},
          (struct asker){.rows_max = rows_max, .ret = ret_rows, .ret_count = ret_count});
}

void db_want_table(struct db *db, const char *sql, struct db_ins in, struct db_table *ret)
{
    queue(db, (struct want){.kind = OP_TABLE, .sql = sql, .in = in}, (struct asker){.ret = ret});
}

void db_do(struct db *db, const char *sql, struct db_ins in)
{
    queue(db, (struct want){.kind = OP_DO, .sql = sql, .in = in}, (struct asker){0});
}

void db_do_one(struct db *db, const char *sql, struct db_ins in)
{
    queue(db, (struct want){.kind = OP_ONE, .sql = sql, .in = in}, (struct asker){0});
}

void db_add(struct db *db, const char *sql, struct db_ins in, int keys)
{
    for (int i = keys; i < in.count; i++)
        PRE(in.in[i].type == DB_I64 && !in.in[i].is_null);
    queue(db, (struct want){.kind = OP_ADD, .sql = sql, .in = in, .keys = keys}, (struct asker){0});
}

void db_count(struct db *db, const char *sql, struct db_ins in, int64_t *ret_touched)
{
    queue(db, (struct want){.kind = OP_COUNT, .sql = sql, .in = in},
          (struct asker){.ret_touched = ret_touched});
}

void db_describe(struct db *db, const char *sql, struct db_ins in, struct db_table *ret)
{
    struct stmt *stmt = db_stmt_of(db, sql, in);
    struct op *op = stmt ? queue_bare(db, OP_DESCRIBE, stmt) : NULL;
    struct asker *asker = op ? arena_alloc(db->room, sizeof *asker) : NULL;
    db->queued++;
    if (!asker) {
        db->is_over = true;
        return;
    }
    *asker = (struct asker){.dest = db->dest, .ret = ret};
    op->askers = asker;
}

void db_sync(struct db *db, struct db_error *ret_error, enum status *ret_status)
{
    struct op *op = queue_bare(db, OP_SYNC, NULL);
    if (op) {
        op->ret_error = ret_error;
        op->ret_status = ret_status;
    }
    if (ret_status)
        *ret_status = STATUS_UNAVAILABLE; /* until it is answered */
}

void db_remember(struct db *db) { db->remembers = true; }

void db_mark(struct db *db)
{
    db->own = 0;
    db->marked = db->queued;
}

int db_queued_since_mark(const struct db *db) { return db->queued - db->marked; }

void db_forget(struct db *db)
{
    arena_reset(db->room);
    db->first = db->segment = NULL;
    db->end = &db->first;
    db->queued = db->marked = 0;
    db->own = 0;
    db->is_over = false;
}

int db_queued(const struct db *db) { return db->queued; }
