/* What came back: rows into the members of structs, each value checked; SQLSTATE into status. */
#include "server/base/db_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"

/* ---- SQLSTATE → status ---- */

/* The longest prefix that fits counts. */
static const struct {
    const char *prefix;
    enum status status;
} sqlstates[] = {
    {"08", STATUS_UNAVAILABLE},          /* connection */
    {"25006", STATUS_UNAVAILABLE},       /* read-only transaction: we speak to a standby */
    {"40001", STATUS_ABORTED},           /* serialization failure */
    {"40P01", STATUS_ABORTED},           /* deadlock */
    {"53", STATUS_UNAVAILABLE},          /* disk, memory, connections */
    {"55P03", STATUS_UNAVAILABLE},       /* lock not available in time */
    {"57014", STATUS_DEADLINE_EXCEEDED}, /* statement_timeout */
    {"57P", STATUS_UNAVAILABLE},         /* shutting down, starting up, idle time-outs */
    {"58", STATUS_UNAVAILABLE},          /* I/O of the machine */
    {"25P03", STATUS_UNAVAILABLE},       /* idle in transaction too long */
    {"XX001", STATUS_DATA_LOSS},         /* corrupted page */
    {"XX002", STATUS_DATA_LOSS},         /* corrupted index */
};

enum status db_status_of_sqlstate(const char *sqlstate)
{
    size_t best = 0;
    enum status status = STATUS_INTERNAL;
    for (size_t i = 0; i < COUNT_OF(sqlstates); i++) {
        size_t len = strlen(sqlstates[i].prefix);
        if (len > best && strncmp(sqlstate, sqlstates[i].prefix, len) == 0) {
            best = len;
            status = sqlstates[i].status;
        }
    }
    return status;
}

enum status db_error_of(const PGresult *res, const char *sql, struct db_error *ret_error)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL);
    if (!state)
        state = "08006"; /* libpq's own: the connection broke */
    snprintf(ret_error->sqlstate, sizeof ret_error->sqlstate, "%s", state);
    snprintf(ret_error->text, sizeof ret_error->text, "%s%s%s", text ? text : PQresultErrorMessage(res),
             detail ? " – " : "", detail ? detail : "");
    ret_error->sql = sql;
    return db_status_of_sqlstate(ret_error->sqlstate);
}

/* ---- one value ---- */

static bool parse_i64(const char *text, int64_t *ret)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (errno || end == text || *end)
        return false;
    *ret = v;
    return true;
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* bytea comes as \x and hexadecimal digits. */
static enum status take_bytes(struct arena *a, const char *text, size_t len, struct bytes *ret)
{
    if (len < 2 || len % 2 || text[0] != '\\' || text[1] != 'x')
        return STATUS_INTERNAL;
    size_t n = len / 2 - 1;
    uint8_t *data = arena_alloc(a, n + 1);
    if (!data)
        return STATUS_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < n; i++) {
        int hi = nibble(text[2 + 2 * i]), lo = nibble(text[3 + 2 * i]);
        if (hi < 0 || lo < 0)
            return STATUS_INTERNAL;
        data[i] = (uint8_t)(hi << 4 | lo);
    }
    *ret = (struct bytes){data, n};
    return STATUS_OK;
}

bool db_bytea(struct arena *a, const char *text, size_t len, struct bytes *ret)
{
    return take_bytes(a, text, len, ret) == STATUS_OK;
}

static enum status take_text(struct arena *a, const char *text, size_t len, const char **ret)
{
    char *copy = arena_alloc(a, len + 1);
    if (!copy)
        return STATUS_RESOURCE_EXHAUSTED;
    memcpy(copy, text, len);
    *ret = copy;
    return STATUS_OK;
}

static void take_null(const struct db_col *col, char *at)
{
    switch (col->type) {
    case DB_I64:
        *(int64_t *)(void *)at = 0;
        return;
    case DB_BOOL:
        *(bool *)at = false;
        return;
    case DB_TEXT:
        *(const char **)(void *)at = "";
        return;
    case DB_BYTES:
        *(struct bytes *)(void *)at = (struct bytes){0};
        return;
    case DB_DAY:
        *(struct day *)(void *)at = DAY_NONE;
        return;
    case DB_ENUM:
        *(int *)(void *)at = 0;
        return;
    case DB_TEXTS:
    case DB_I64S:
    case DB_BYTEAS:
        break;
    }
    UNREACHABLE("arrays are parameters only");
}

static enum status take_value(struct arena *a, const struct db_col *col, const char *text, size_t len,
                              char *row)
{
    char *at = row + col->offset;
    bool fits = false;
    switch (col->type) {
    case DB_I64:
        fits = parse_i64(text, (int64_t *)(void *)at);
        break;
    case DB_BOOL:
        fits = len == 1 && (*text == 't' || *text == 'f');
        *(bool *)at = *text == 't';
        break;
    case DB_TEXT:
        return take_text(a, text, len, (const char **)(void *)at);
    case DB_BYTES:
        return take_bytes(a, text, len, (struct bytes *)(void *)at);
    case DB_DAY:
        fits = day_parse_iso(text, (struct day *)(void *)at);
        break;
    case DB_ENUM:
        *(int *)(void *)at = names_find(col->names, text);
        fits = *(int *)(void *)at != 0;
        break;
    case DB_TEXTS:
    case DB_I64S:
    case DB_BYTEAS:
        UNREACHABLE("arrays are parameters only");
    }
    return fits ? STATUS_OK : STATUS_INTERNAL;
}

/* ---- rows ---- */

/* The rows of a result that are one asker's. Of a result of many the first column says whose they are. */
struct part {
    const PGresult *res;
    const int *rows; /* NULL: all, in order */
    int count, skip; /* skip: columns before the statement's own */
};

static int row_of(const struct part *p, int i) { return p->rows ? p->rows[i] : i; }

static enum status unfit(const struct op *op, struct db_error *ret_error, const char *what, const char *which)
{
    snprintf(ret_error->sqlstate, sizeof ret_error->sqlstate, "%s", "PU000");
    snprintf(ret_error->text, sizeof ret_error->text, "%s%s%s", what, which[0] ? ": " : "", which);
    ret_error->sql = op->stmt->sql;
    return STATUS_INTERNAL;
}

static enum status full(const struct op *op, struct db_error *ret_error)
{
    enum status s = unfit(op, ret_error, "the result does not fit into the call's memory", "");
    (void)s;
    return STATUS_RESOURCE_EXHAUSTED;
}

static enum status take_row(const struct op *op, const struct asker *who, const struct part *p, int i,
                            void *ret, struct db_error *ret_error)
{
    int r = row_of(p, i);
    for (int k = 0; k < op->cols.count; k++) {
        const struct db_col *col = &op->cols.col[k];
        int at = k + p->skip;
        if (PQgetisnull(p->res, r, at)) {
            take_null(col, (char *)ret + col->offset);
            continue;
        }
        enum status s = take_value(who->dest, col, PQgetvalue(p->res, r, at),
                                   (size_t)PQgetlength(p->res, r, at), ret);
        if (s == STATUS_RESOURCE_EXHAUSTED)
            return full(op, ret_error);
        if (s != STATUS_OK)
            return unfit(op, ret_error, "a value does not fit its column's type", PQfname(p->res, at));
    }
    return STATUS_OK;
}

static enum status take_one_row(const struct op *op, const struct asker *who, const struct part *p,
                                struct db_error *ret_error)
{
    if (p->count > 1)
        return unfit(op, ret_error, "more than one row where one was wanted", "");
    if (who->ret_found)
        *who->ret_found = p->count == 1;
    return p->count ? take_row(op, who, p, 0, who->ret, ret_error) : STATUS_OK;
}

static enum status take_rows(const struct op *op, const struct asker *who, const struct part *p,
                             struct db_error *ret_error)
{
    if (p->count > who->rows_max)
        return unfit(op, ret_error, "more rows than wanted", "");
    char *array = arena_array(who->dest, (size_t)p->count + (p->count == 0), op->cols.size);
    if (!array)
        return full(op, ret_error);
    for (int i = 0; i < p->count; i++) {
        enum status s = take_row(op, who, p, i, array + (size_t)i * op->cols.size, ret_error);
        if (s != STATUS_OK)
            return s;
    }
    memcpy(who->ret, &array, sizeof array); /* a T *, whatever T */
    *who->ret_count = p->count;
    return STATUS_OK;
}

/* All cells in one piece of memory, each with its NUL. */
static bool take_cells(const struct asker *who, const struct part *p, int cols, const char **values,
                       int *lens)
{
    size_t room = 1;
    for (int i = 0; i < p->count; i++)
        for (int k = 0; k < cols; k++)
            room += (size_t)PQgetlength(p->res, row_of(p, i), k + p->skip) + 1;
    char *at = arena_alloc(who->dest, room);
    for (int i = 0; i < p->count && at; i++)
        for (int k = 0; k < cols; k++) {
            int r = row_of(p, i), c = k + p->skip, cell = i * cols + k;
            if (PQgetisnull(p->res, r, c))
                continue;
            lens[cell] = PQgetlength(p->res, r, c);
            values[cell] = memcpy(at, PQgetvalue(p->res, r, c), (size_t)lens[cell] + 1);
            at += lens[cell] + 1;
        }
    return at != NULL;
}

/* A prepared statement's columns are always the same: they are kept with it. */
static bool keep_columns(struct stmt *s, const struct part *p, int cols)
{
    if (s->names)
        return true;
    s->names = calloc((size_t)cols + 1, sizeof *s->names);
    s->column_oids = calloc((size_t)cols + 1, sizeof *s->column_oids);
    if (!s->names || !s->column_oids)
        return false;
    for (int i = 0; i < cols; i++) {
        s->names[i] = strdup(PQfname(p->res, i + p->skip));
        s->column_oids[i] = PQftype(p->res, i + p->skip);
        if (!s->names[i])
            return false;
    }
    return true;
}

static enum status take_table(const struct op *op, const struct asker *who, const struct part *p,
                              struct db_error *ret_error)
{
    int cols = PQnfields(p->res) - p->skip;
    size_t cells = (size_t)p->count * (size_t)cols;
    const char **values = arena_array(who->dest, cells + 1, sizeof *values);
    int *lens = arena_array(who->dest, cells + 1, sizeof *lens);
    if (!values || !lens || !take_cells(who, p, cols, values, lens) || !keep_columns(op->stmt, p, cols))
        return full(op, ret_error);
    *(struct db_table *)who->ret = (struct db_table){p->count,
                                                     cols,
                                                     (const char *const *)op->stmt->names,
                                                     op->stmt->column_oids,
                                                     values,
                                                     lens};
    return STATUS_OK;
}

static enum status take_part(const struct op *op, const struct asker *who, const struct part *p,
                             struct db_error *ret_error)
{
    if (op->kind == OP_TABLE || op->kind == OP_DESCRIBE)
        return take_table(op, who, p, ret_error);
    return op->kind == OP_ROW ? take_one_row(op, who, p, ret_error) : take_rows(op, who, p, ret_error);
}

/* ---- results ---- */

static enum status take_touched(const struct op *op, const PGresult *res, struct db_error *ret_error)
{
    char *tag = PQcmdTuples((PGresult *)(uintptr_t)res); /* libpq lacks the const */
    int64_t touched = 0;
    if (*tag && !parse_i64(tag, &touched))
        return unfit(op, ret_error, "an unknown command tag", tag);
    if (op->kind != OP_COUNT && touched != op->params_count)
        return unfit(op, ret_error, "a statement that must touch one row touched", *tag ? tag : "none");
    if (op->askers->ret_touched)
        *op->askers->ret_touched = touched;
    return STATUS_OK;
}

static enum status take_many(struct db *db, const struct op *op, const PGresult *res,
                             struct db_error *ret_error)
{
    struct db_share share;
    if (!db_split(db, op, res, &share))
        return full(op, ret_error);
    for (const struct asker *who = op->askers; who; who = who->next) {
        int from = share.first[who->of], till = share.first[who->of + 1];
        struct part p = {.res = res, .rows = share.order + from, .count = till - from, .skip = 1};
        enum status s = take_part(op, who, &p, ret_error);
        if (s != STATUS_OK)
            return s;
    }
    return STATUS_OK;
}

enum status db_take(struct db *db, const struct op *op, const PGresult *res, struct db_error *ret_error)
{
    ExecStatusType got = PQresultStatus(res);
    if (got != PGRES_TUPLES_OK && got != PGRES_COMMAND_OK && got != PGRES_EMPTY_QUERY)
        return unfit(op, ret_error, "an answer of a kind that was not expected", PQresStatus(got));
    if (op->kind == OP_DO) {
        snprintf(db->tag, sizeof db->tag, "%s", PQcmdStatus((PGresult *)(uintptr_t)res));
        return STATUS_OK;
    }
    if (op->kind == OP_ONE || op->kind == OP_ADD || op->kind == OP_COUNT)
        return take_touched(op, res, ret_error);
    bool is_many = op->params_count > 1;
    if (op->kind != OP_TABLE && op->kind != OP_DESCRIBE && PQnfields(res) != op->cols.count + is_many)
        return unfit(op, ret_error, "another number of columns than wanted", "");
    if (is_many)
        return take_many(db, op, res, ret_error);
    struct part all = {.res = res, .count = PQntuples(res)};
    enum status s = STATUS_OK;
    for (const struct asker *who = op->askers; who && s == STATUS_OK; who = who->next)
        s = take_part(op, who, &all, ret_error);
    return s;
}
