/* What a connection remembers: answers by text and parameters, until somebody writes where they came from. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"
#include "server/base/db_private.h"

#define REMEMBERED_MAX 4096 /* then all is forgotten and learnt anew: some 3 kB each, a calendar 20 */
#define BUCKETS        1024

struct remembered {
    struct remembered *next;
    const struct stmt *stmt;
    uint64_t hash;
    PGresult *res;
    int *lengths; /* of the parameters; -1: NULL */
    char *values; /* one behind the other */
};

struct memory {
    struct remembered *buckets[BUCKETS];
    int count;
};

/* ---- keeping and forgetting ---- */

static void remembered_free(struct remembered *r)
{
    PQclear(r->res);
    free(r->lengths);
    free(r->values);
    free(r);
}

void db_unremember(struct db *db)
{
    struct memory *m = db->memory;
    for (int i = 0; m && m->count > 0 && i < BUCKETS; i++)
        for (struct remembered *r = m->buckets[i], *next; r; r = next) {
            next = r->next;
            remembered_free(r);
            m->buckets[i] = NULL;
        }
    if (m)
        m->count = 0;
    for (struct op *op = db->first; op; op = op->next)
        op->is_kept = false; /* what is asked already may be out of date when it is answered */
}

void db_set_memory(struct db *db, bool has_memory)
{
    db_unremember(db);
    if (has_memory && !db->memory)
        db->memory = calloc(1, sizeof *db->memory); /* NULL: then it has none */
    if (!has_memory) {
        free(db->memory);
        db->memory = NULL;
    }
}

/* ---- asking and answering ---- */

static bool same_params(const struct remembered *r, const struct params *p)
{
    const char *at = r->values;
    for (int i = 0; i < r->stmt->params; i++) {
        int len = p->values[i] ? p->lengths[i] : -1;
        if (len != r->lengths[i] || (len > 0 && memcmp(at, p->values[i], (size_t)len) != 0))
            return false;
        at += len > 0 ? len : 0;
    }
    return true;
}

static struct remembered *find(const struct memory *m, const struct stmt *stmt, const struct params *p)
{
    struct remembered *r = m->buckets[p->hash % BUCKETS];
    while (r && (r->stmt != stmt || r->hash != p->hash || !same_params(r, p)))
        r = r->next;
    return r;
}

const PGresult *db_recall(const struct db *db, const struct stmt *stmt, const struct params *p)
{
    const struct remembered *r = db->memory ? find(db->memory, stmt, p) : NULL;
    return r ? r->res : NULL;
}

static struct remembered *remembered_new(const struct stmt *stmt, const struct params *p)
{
    size_t bytes = 0;
    struct remembered *r = calloc(1, sizeof *r);
    for (int i = 0; i < stmt->params; i++)
        bytes += p->values[i] ? (size_t)p->lengths[i] : 0;
    if (!r)
        return NULL;
    r->stmt = stmt;
    r->hash = p->hash;
    r->lengths = calloc((size_t)stmt->params + 1, sizeof *r->lengths);
    r->values = malloc(bytes + 1);
    if (!r->lengths || !r->values) {
        remembered_free(r);
        return NULL;
    }
    char *at = r->values;
    for (int i = 0; i < stmt->params; i++) {
        r->lengths[i] = p->values[i] ? p->lengths[i] : -1;
        if (p->values[i])
            memcpy(at, p->values[i], (size_t)p->lengths[i]);
        at += p->values[i] ? p->lengths[i] : 0;
    }
    return r;
}

/* The rows of one set out of a result of many, without the column that says whose they are. */
static PGresult *cut_out(const PGresult *res, const int *rows, int count)
{
    int cols = PQnfields(res) - 1;
    PGresAttDesc *columns = calloc((size_t)cols + 1, sizeof *columns);
    PGresult *cut = columns ? PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK) : NULL;
    for (int c = 0; cut && c < cols; c++)
        columns[c] = (PGresAttDesc){.name = PQfname(res, c + 1), .typid = PQftype(res, c + 1)};
    bool is_whole = cut && PQsetResultAttrs(cut, cols, columns) == 1;
    for (int r = 0; is_whole && r < count; r++)
        for (int c = 0; is_whole && c < cols; c++) {
            bool is_null = PQgetisnull(res, rows[r], c + 1);
            is_whole = PQsetvalue(cut, r, c, is_null ? NULL : PQgetvalue(res, rows[r], c + 1),
                                  is_null ? -1 : PQgetlength(res, rows[r], c + 1)) == 1;
        }
    free(columns);
    if (is_whole)
        return cut;
    PQclear(cut);
    return NULL;
}

/* Takes the result over. */
static void keep_one(struct memory *m, const struct stmt *stmt, const struct params *p, PGresult *res)
{
    struct remembered *r = res && !find(m, stmt, p) ? remembered_new(stmt, p) : NULL;
    if (!r) {
        PQclear(res);
        return;
    }
    r->res = res;
    r->next = m->buckets[p->hash % BUCKETS];
    m->buckets[p->hash % BUCKETS] = r;
    m->count++;
}

void db_keep(struct db *db, const struct op *op, const PGresult *res)
{
    struct db_share share;
    struct memory *m = db->memory;
    if (!m || !op->is_kept)
        return;
    if (m->count + op->params_count > REMEMBERED_MAX)
        db_unremember(db);
    if (op->params_count == 1) {
        keep_one(m, op->stmt, op->params, PQcopyResult(res, PG_COPYRES_ATTRS | PG_COPYRES_TUPLES));
        return;
    }
    if (!db_split(db, op, res, &share))
        return;
    int i = 0;
    for (const struct params *p = op->params; p; p = p->next, i++)
        keep_one(m, op->stmt, p,
                 cut_out(res, share.order + share.first[i], share.first[i + 1] - share.first[i]));
}

/* ---- who writes where ---- */

static bool is_of_name(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* The table that a statement writes to: *ret_len 0 when it writes to none; false when it does not say. */
static bool target_of(const char *sql, const char **ret, size_t *ret_len)
{
    static const char *const writers[] = {"INSERT INTO ", "UPDATE ", "DELETE FROM "};
    static const char *const others[] = {"BEGIN", "COMMIT", "SELECT "};
    *ret_len = 0;
    if (strstr(sql, "set_config(")) /* names may mean other tables then */
        return false;
    for (size_t i = 0; i < COUNT_OF(writers); i++)
        if (strncmp(sql, writers[i], strlen(writers[i])) == 0) {
            *ret = sql + strlen(writers[i]);
            while (is_of_name((*ret)[*ret_len]))
                ++*ret_len;
            return *ret_len > 0 && (*ret)[*ret_len] == ' ' && strncmp(*ret, "ONLY ", 5) != 0;
        }
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (strncmp(sql, others[i], strlen(others[i])) == 0)
            return true;
    return false;
}

/* As a word; that a column of that name is meant does no harm. */
static bool names(const char *sql, const char *table, size_t len)
{
    for (const char *at = sql; *at; at++)
        if (strncmp(at, table, len) == 0 && (at == sql || !is_of_name(at[-1])) && !is_of_name(at[len]))
            return true;
    return false;
}

/* Found out once for each text that writes, and anew when more texts are remembered. */
bool db_touches_memory(const struct db *db, struct stmt *stmt)
{
    const char *table = NULL;
    size_t len = 0;
    if (!db->remembered_texts)
        return false;
    if (stmt->touches_as_of == db->remembered_texts)
        return stmt->touches;
    stmt->touches_as_of = db->remembered_texts;
    stmt->touches = !target_of(stmt->sql, &table, &len);
    for (int i = 0; i < DB_BUCKETS && len > 0 && !stmt->touches; i++)
        for (const struct stmt *s = db->buckets[i]; s && !stmt->touches; s = s->next)
            stmt->touches = s->is_remembered && names(s->sql, table, len);
    return stmt->touches;
}
