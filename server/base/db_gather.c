/* Many callers, one statement: those who ask the same between two waits are asked together, and each gets
 * the rows that are his. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"
#include "server/base/db_private.h"

static bool has_many(struct db *db, struct stmt *s, bool reads);

/* ---- joining ---- */

bool db_is_read(enum op_kind kind) { return kind == OP_ROW || kind == OP_ROWS || kind == OP_TABLE; }

/* Reads between two writes see the same, so their order does not matter. A write joins an earlier one only
 * when its caller wrote nothing else after that. */
struct op *db_joinable(struct db *db, enum op_kind kind, struct stmt *stmt, int keys)
{
    bool reads = db_is_read(kind), may_join = reads || kind == OP_ONE || kind == OP_ADD;
    if (!db->segment || db->is_writing == reads) {
        db->segment = NULL; /* the next operation begins one */
        db->is_writing = !reads;
        return NULL;
    }
    if (!may_join || !has_many(db, stmt, reads))
        return NULL;
    for (struct op *op = db->segment; op; op = op->next)
        if (op->stmt == stmt && op->kind == kind && op->keys == keys && (reads || op->seq >= db->own))
            return op;
    return NULL;
}

static bool same_value(const struct params *a, const struct params *b, int i)
{
    if (!a->values[i] || !b->values[i])
        return a->values[i] == b->values[i];
    return a->lengths[i] == b->lengths[i] && memcmp(a->values[i], b->values[i], (size_t)a->lengths[i]) == 0;
}

/* The set with the same first `keys` values; its place goes to *ret_place. */
static struct params *find_params(const struct op *op, const struct params *p, int keys, int *ret_place)
{
    int place = 0;
    for (struct params *at = op->params; at; at = at->next, place++) {
        bool is_same = at->hash == p->hash;
        for (int i = 0; i < keys && is_same; i++)
            is_same = same_value(at, p, i);
        *ret_place = place;
        if (is_same)
            return at;
    }
    return NULL;
}

static int64_t get64(const char *at)
{
    uint32_t half[2];
    memcpy(half, at, sizeof half);
    return (int64_t)((uint64_t)ntohl(half[0]) << 32 | ntohl(half[1]));
}

static void put64(char *at, int64_t v)
{
    uint32_t half[2] = {htonl((uint32_t)((uint64_t)v >> 32)), htonl((uint32_t)(uint64_t)v)};
    memcpy(at, half, sizeof half);
}

/* All or none: a sum beyond int64 is left to PostgreSQL, which will refuse it. */
static bool add_up(const struct op *op, struct params *to, const struct params *p)
{
    int64_t sums[DB_PARAMS_MAX];
    for (int i = op->keys; i < op->stmt->params; i++)
        if (__builtin_add_overflow(get64(to->values[i]), get64(p->values[i]), &sums[i]))
            return false;
    for (int i = op->keys; i < op->stmt->params; i++)
        put64((char *)(uintptr_t)to->values[i], sums[i]);
    return true;
}

int db_join(struct op *op, struct params *p)
{
    int place = 0, keys = op->kind == OP_ADD ? op->keys : op->stmt->params;
    bool may_be_same = db_is_read(op->kind) || op->kind == OP_ADD;
    struct params *same = may_be_same ? find_params(op, p, keys, &place) : NULL;
    if (same && (op->kind != OP_ADD || add_up(op, same, p)))
        return place;
    *op->params_end = p;
    op->params_end = &p->next;
    return op->params_count++;
}

/* ---- what is sent ---- */

/* Made once for each text; what cannot be made is not tried again. */
static bool has_many(struct db *db, struct stmt *s, bool reads)
{
    Oid oids[DB_PARAMS_MAX];
    if (s->many || s->is_for_one)
        return s->many != NULL;
    char *text = db_many_text(s->sql, reads, s->params, s->oids);
    for (int i = 0; text && i < s->params; i++)
        oids[i] = db_array_oid(s->oids[i]);
    s->many = text ? db_stmt_new(db, text, s->params, oids) : NULL;
    if (s->many)
        s->many->made = text;
    else
        free(text);
    s->is_for_one = !s->many;
    return s->many != NULL;
}

struct stmt *db_form_of(const struct op *op) { return op->params_count > 1 ? op->stmt->many : op->stmt; }

/* The values of parameter i of all sets, as one array. */
static bool array_of(struct db *db, const struct op *op, int i, const char **ret, int *ret_len)
{
    size_t len = DB_ARRAY_HEAD;
    bool has_null = false;
    for (const struct params *p = op->params; p; p = p->next) {
        len += 4 + (p->values[i] ? (size_t)p->lengths[i] : 0);
        has_null = has_null || !p->values[i];
    }
    char *wire = len <= INT32_MAX ? arena_alloc(db->room, len) : NULL;
    if (!wire)
        return false;
    char *at = db_put_array_head(wire, op->stmt->oids[i], (size_t)op->params_count, has_null);
    for (const struct params *p = op->params; p; p = p->next) {
        at = db_put32(at, p->values[i] ? (uint32_t)p->lengths[i] : UINT32_MAX);
        if (p->values[i])
            memcpy(at, p->values[i], (size_t)p->lengths[i]);
        at += p->values[i] ? p->lengths[i] : 0;
    }
    *ret = wire;
    *ret_len = (int)len;
    return true;
}

bool db_form_params(struct db *db, const struct op *op, struct params *ret)
{
    size_t n = (size_t)op->stmt->params;
    if (op->params_count == 1) {
        *ret = *op->params;
        return true;
    }
    ret->values = arena_array(db->room, n, sizeof *ret->values);
    ret->lengths = arena_array(db->room, n, sizeof *ret->lengths);
    for (size_t i = 0; i < n; i++)
        if (!ret->values || !ret->lengths || !array_of(db, op, (int)i, &ret->values[i], &ret->lengths[i]))
            return false;
    return true;
}

/* ---- whose rows are whose ---- */

bool db_split(struct db *db, const struct op *op, const PGresult *res, struct db_share *ret)
{
    int rows = PQntuples(res), sets = op->params_count;
    int *first = arena_array(db->room, (size_t)sets + 2, sizeof *first);
    int *of = arena_array(db->room, (size_t)rows + 1, sizeof *of);
    int *order = arena_array(db->room, (size_t)rows + 1, sizeof *order);
    if (!first || !of || !order)
        return false;
    for (int r = 0; r < rows; r++) {
        of[r] = (int)strtol(PQgetvalue(res, r, 0), NULL, 10) - 1;
        POST(of[r] >= 0 && of[r] < sets); /* counted by WITH ORDINALITY */
        first[of[r] + 2]++;
    }
    for (int i = 2; i <= sets; i++)
        first[i] += first[i - 1];
    for (int r = 0; r < rows; r++) /* first[i + 1] goes from where set i begins to where it ends */
        order[first[of[r] + 1]++] = r;
    *ret = (struct db_share){first, order};
    return true;
}
