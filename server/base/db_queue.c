/* What waits to be sent: statements with their parameters in wire form, and the table of prepared texts. */
#include "server/base/db_private.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"

/* Oids of pg_type that will never change. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_TEXT = 25,
    OID_BYTEA_ARRAY = 1001,
    OID_TEXT_ARRAY = 1009,
    OID_INT8_ARRAY = 1016,
    OID_DATE = 1082
};

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

/* ---- prepared texts ---- */

static uint64_t hash_of(const char *sql, struct db_ins in)
{
    uint64_t h = UINT64_C(1469598103934665603);
    for (const unsigned char *p = (const unsigned char *)sql; *p; p++)
        h = (h ^ *p) * UINT64_C(1099511628211);
    for (int i = 0; i < in.count; i++)
        h = (h ^ oid_of(in.in[i].type)) * UINT64_C(1099511628211);
    return h;
}

static bool stmt_is(const struct stmt *s, uint64_t hash, const char *sql, struct db_ins in)
{
    if (s->hash != hash || s->params != in.count || (s->sql != sql && strcmp(s->sql, sql) != 0))
        return false;
    for (int i = 0; i < in.count; i++)
        if (s->oids[i] != oid_of(in.in[i].type))
            return false;
    return true;
}

struct stmt *db_stmt_of(struct db *db, const char *sql, struct db_ins in)
{
    uint64_t hash = hash_of(sql, in);
    struct stmt **bucket = &db->buckets[hash % DB_BUCKETS];
    for (struct stmt *s = *bucket; s; s = s->next)
        if (stmt_is(s, hash, sql, in))
            return s;

    struct stmt *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->oids = calloc((size_t)in.count + 1, sizeof *s->oids);
    if (!s->oids) {
        free(s);
        return NULL;
    }
    s->sql = sql;
    s->hash = hash;
    s->params = in.count;
    for (int i = 0; i < in.count; i++)
        s->oids[i] = oid_of(in.in[i].type);
    snprintf(s->name, sizeof s->name, "s%d", ++db->stmts);
    s->next = *bucket;
    *bucket = s;
    return s;
}

void db_stmts_free(struct db *db)
{
    for (int i = 0; i < DB_BUCKETS; i++)
        for (struct stmt *s = db->buckets[i], *next; s; s = next) {
            next = s->next;
            free(s->oids);
            free(s);
        }
}

/* ---- parameters: binary, which needs no quoting ---- */

static char *put32(char *at, uint32_t v)
{
    v = htonl(v);
    memcpy(at, &v, 4);
    return at + 4;
}

static char *put64(char *at, uint64_t v) { return put32(put32(at, (uint32_t)(v >> 32)), (uint32_t)v); }

static struct bytes element(const struct db_in *in, size_t i)
{
    if (in->type == DB_BYTEAS)
        return ((const struct bytes *)in->data)[i];
    const char *text = ((const char *const *)in->data)[i];
    return (struct bytes){(const uint8_t *)text, text ? strlen(text) : 0};
}

/* Array header: dimensions, has-nulls, element type, then length and lower bound of the only dimension. */
static char *put_array_head(char *at, const struct db_in *in, Oid of, bool has_null)
{
    at = put32(at, in->len ? 1 : 0);
    at = put32(at, has_null ? 1 : 0);
    at = put32(at, of);
    if (in->len)
        at = put32(put32(at, (uint32_t)in->len), 1);
    return at;
}

static const char *i64s_wire(struct arena *a, const struct db_in *in, size_t *ret_len)
{
    size_t len = 20 + in->len * 12;
    char *wire = arena_alloc(a, len), *at = wire;
    if (!wire)
        return NULL;
    at = put_array_head(at, in, OID_INT8, false);
    for (size_t i = 0; i < in->len; i++)
        at = put64(put32(at, 8), (uint64_t)((const int64_t *)in->data)[i]);
    *ret_len = (size_t)(at - wire);
    return wire;
}

static const char *array_wire(struct arena *a, const struct db_in *in, size_t *ret_len)
{
    size_t len = 20;
    bool has_null = false;
    for (size_t i = 0; i < in->len; i++) {
        struct bytes e = element(in, i);
        has_null = has_null || !e.data;
        len += 4 + e.len;
    }
    char *wire = arena_alloc(a, len), *at = wire;
    if (!wire)
        return NULL;

    at = put_array_head(at, in, in->type == DB_BYTEAS ? OID_BYTEA : OID_TEXT, has_null);
    for (size_t i = 0; i < in->len; i++) {
        struct bytes e = element(in, i);
        at = put32(at, e.data ? (uint32_t)e.len : UINT32_MAX);
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
        put32(wire, (uint32_t)(int32_t)(in->i64 - DAYS_TO_2000));
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

static bool op_fill(struct db *db, struct op *op, struct db_ins in)
{
    size_t n = (size_t)in.count;
    op->values = arena_array(db->room, n + 1, sizeof *op->values);
    op->lengths = arena_array(db->room, n + 1, sizeof *op->lengths);
    op->formats = arena_array(db->room, n + 1, sizeof *op->formats);
    if (!op->values || !op->lengths || !op->formats)
        return false;
    for (size_t i = 0; i < n; i++) {
        op->formats[i] = 1;
        if (in.in[i].is_null)
            continue;
        size_t len = 0;
        op->values[i] = wire_of(db->room, &in.in[i], &len);
        if (!op->values[i] || len > INT32_MAX)
            return false;
        op->lengths[i] = (int)len;
        op->bytes += len;
    }
    return true;
}

/* ---- queueing ---- */

/* What does not fit is remembered, and the run is refused as a whole. The operation returned is thrown away
 * then. */
static struct op *queue(struct db *db, enum op_kind kind, const char *sql, struct db_ins in,
                        struct db_cols cols)
{
    struct op *op = arena_alloc(db->room, sizeof *op);
    struct db_col *col = op && cols.count ? arena_array(db->room, (size_t)cols.count, sizeof *col) : NULL;
    if (!op || (cols.count && !col)) {
        db->is_over = true;
        return NULL;
    }
    if (cols.count)
        memcpy(col, cols.col, (size_t)cols.count * sizeof *col);
    op->kind = kind;
    op->cols = (struct db_cols){col, cols.count, cols.size};
    op->dest = db->dest;
    if (sql) {
        op->stmt = db_stmt_of(db, sql, in);
        if (!op->stmt || !op_fill(db, op, in))
            db->is_over = true;
        op->bytes += 64;
        db->queued++;
    }
    *db->end = op;
    db->end = &op->next;
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
    struct op *op = queue(db, OP_ROW, sql, in, cols);
    if (op) {
        op->ret = ret;
        op->ret_found = ret_found;
    }
}

void db_want_rows(struct db *db, const char *sql, struct db_ins in, struct db_cols cols, int rows_max,
                  void *ret_rows, int *ret_count)
{
    struct op *op = queue(db, OP_ROWS, sql, in, cols);
    if (op) {
        op->rows_max = rows_max;
        op->ret = ret_rows;
        op->ret_count = ret_count;
    }
}

void db_want_table(struct db *db, const char *sql, struct db_ins in, struct db_table *ret)
{
    struct op *op = queue(db, OP_TABLE, sql, in, (struct db_cols){0});
    if (op)
        op->ret = ret;
}

void db_do(struct db *db, const char *sql, struct db_ins in)
{
    queue(db, OP_DO, sql, in, (struct db_cols){0});
}
void db_do_one(struct db *db, const char *sql, struct db_ins in)
{
    queue(db, OP_ONE, sql, in, (struct db_cols){0});
}

void db_count(struct db *db, const char *sql, struct db_ins in, int64_t *ret_touched)
{
    struct op *op = queue(db, OP_COUNT, sql, in, (struct db_cols){0});
    if (op)
        op->ret_touched = ret_touched;
}

void db_describe(struct db *db, const char *sql, struct db_ins in, struct db_table *ret)
{
    struct op *op = queue(db, OP_DESCRIBE, sql, in, (struct db_cols){0});
    if (op)
        op->ret = ret;
}

void db_sync(struct db *db, struct db_error *ret_error, enum status *ret_status)
{
    struct op *op = queue(db, OP_SYNC, NULL, DB_NONE, (struct db_cols){0});
    if (op) {
        op->ret_error = ret_error;
        op->ret_status = ret_status;
    }
    if (ret_status)
        *ret_status = STATUS_UNAVAILABLE; /* until it is answered */
}

void db_forget(struct db *db)
{
    arena_reset(db->room);
    db->first = NULL;
    db->end = &db->first;
    db->queued = 0;
    db->is_over = false;
}

int db_queued(const struct db *db) { return db->queued; }
