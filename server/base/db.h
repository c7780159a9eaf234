/* PostgreSQL as the rest of the server sees it: typed parameters in, typed columns out, many statements a
 * round trip.
 *
 * db*.c are the only files that include libpq. Statements are queued with the destination of their rows and
 * travel together at db_run(); each distinct text is prepared once per connection. Texts must outlive the
 * connection (string literals do), for they are known by their address.
 *
 * Whoever asks speaks of one row; those who ask the same text between two waits are asked in one statement
 * (db_many.c says how): reads (db_want…) between two writes, and db_do_one and db_add between two reads. Each
 * caller's own writes keep their order; callers are told apart by db_mark(). So a statement of db_do_one must
 * not touch a row that the same statement of another caller touches in between: what is added up goes by
 * db_add. Nothing here is thread-safe: one connection, one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/date.h"
#include "common/lifecycle.h"
#include "common/status.h"

struct db;

/* ---- parameters ---- */

enum db_type { DB_I64 = 1, DB_BOOL, DB_TEXT, DB_BYTES, DB_DAY, DB_ENUM, DB_TEXTS, DB_I64S, DB_BYTEAS };

struct db_in {
    enum db_type type;
    bool is_null;
    int64_t i64;
    const void *data; /* text, bytes, or the array */
    size_t len;       /* bytes: length; arrays: elements */
};

static inline struct db_in in_i64(int64_t v) { return (struct db_in){.type = DB_I64, .i64 = v}; }
static inline struct db_in in_bool(bool v) { return (struct db_in){.type = DB_BOOL, .i64 = v}; }
/* NULL becomes SQL NULL; "" stays "". */
static inline struct db_in in_text(const char *v)
{
    return (struct db_in){.type = DB_TEXT, .is_null = !v, .data = v};
}
static inline struct db_in in_bytes(struct bytes v)
{
    return (struct db_in){.type = DB_BYTES, .is_null = !v.data, .data = v.data, .len = v.len};
}
/* DAY_NONE becomes NULL. */
static inline struct db_in in_day(struct day v)
{
    return (struct db_in){.type = DB_DAY, .is_null = !day_is(v), .i64 = v.n};
}
/* The name of an enum value; 0 becomes NULL. */
static inline struct db_in in_enum(int v, const struct names *n)
{
    return (struct db_in){.type = DB_TEXT, .is_null = v == 0, .data = names_of(n, v)};
}
/* Arrays for unnest() and ANY(): text[], bigint[], bytea[]; the elements are borrowed until db_run() returns.
 */
static inline struct db_in in_texts(const char *const *v, size_t n)
{
    return (struct db_in){.type = DB_TEXTS, .data = v, .len = n};
}
static inline struct db_in in_i64s(const int64_t *v, size_t n)
{
    return (struct db_in){.type = DB_I64S, .data = v, .len = n};
}
static inline struct db_in in_byteas(const struct bytes *v, size_t n)
{
    return (struct db_in){.type = DB_BYTEAS, .data = v, .len = n};
}

struct db_ins {
    const struct db_in *in;
    int count;
};
/* DB_IN(in_text(id), in_i64(3)) – parameters $1, $2, …; DB_NONE when there are none. */
#define DB_IN(...)                                                                                           \
    ((struct db_ins){(const struct db_in[]){__VA_ARGS__},                                                    \
                     (int)(sizeof((const struct db_in[]){__VA_ARGS__}) / sizeof(struct db_in))})
#define DB_NONE ((struct db_ins){0})

/* ---- columns ---- */

/* One column of a row into one member of a struct, in the order of the SELECT list.
 * C types: DB_I64 int64_t · DB_BOOL bool · DB_TEXT const char * ("" for NULL) · DB_BYTES struct bytes (.data
 * NULL for NULL) · DB_DAY struct day (DAY_NONE for NULL) · DB_ENUM int through names (0 for NULL; an unknown
 * name is an error). */
struct db_col {
    enum db_type type;
    size_t offset;
    const struct names *names;
};
#define COL(type_, struct_, member)                                                                          \
    {                                                                                                        \
        .type = DB_##type_, .offset = offsetof(struct_, member)                                              \
    }
#define COL_ENUM(struct_, member, names_)                                                                    \
    {                                                                                                        \
        .type = DB_ENUM, .offset = offsetof(struct_, member), .names = (names_)                              \
    }

struct db_cols {
    const struct db_col *col;
    int count;
    size_t size; /* of the struct */
};
#define DB_COLS(struct_, ...)                                                                                \
    ((struct db_cols){(const struct db_col[]){__VA_ARGS__},                                                  \
                      (int)(sizeof((const struct db_col[]){__VA_ARGS__}) / sizeof(struct db_col)),           \
                      sizeof(struct_)})

/* A result with everything as text, for those who fill by name (declared reads, verify). Lives in the arena,
 * but for names and oids, which live as long as the connection. */
struct db_table {
    int rows, cols;
    const char *const *names;  /* [cols] */
    const uint32_t *oids;      /* [cols] PostgreSQL type oids */
    const char *const *values; /* [rows * cols]; NULL is SQL NULL */
    const int *lens;           /* [rows * cols] bytes of the text form */
};
/* Decodes a bytea of a table ("\\x…"). False when it is none or the arena is full. */
bool db_bytea(struct arena *a, const char *text, size_t len, struct bytes *ret);

/* ---- one connection ---- */

struct db_error {
    char sqlstate[6];
    char text[512];  /* PostgreSQL's primary message and detail, for the log only */
    const char *sql; /* the statement that failed; NULL when the connection did */
};

/* Connects (bounded by timeout_ms), sets client_encoding UTF8, timezone UTC, synchronous_commit on, and
 * `settings`
 * ("SET …" statements, may be NULL). UNAVAILABLE with a text in *reterr when it cannot. */
enum status db_open(const char *conninfo, const char *settings, int timeout_ms, struct db **ret,
                    struct db_error *reterr) MUST_CHECK;
void db_close(struct db *db); /* accepts NULL */
bool db_is_alive(const struct db *db);
/* The same after listening for a farewell that came between runs: a server that was restarted is noticed
 * before the next. */
bool db_look(struct db *db);
/* How long a run waits for the next byte before the connection counts as lost; −1, as at first: for ever. */
void db_set_patience(struct db *db, int ms);
/* How long a run looks again and again for the answer before it sleeps; 0, as at first: not at all. Sleeping
 * and being woken costs more than a short answer takes, so a call that is alone is sooner back awake; where
 * others wait, the processor is theirs. */
void db_set_awake(struct db *db, int us);
/* Does a server accept connections there? */
bool db_ping(const char *conninfo);

/* Where results are put from now on (rows of statements queued after this call). Borrowed; returns the one
 * before. */
struct arena *db_use_arena(struct db *db, struct arena *a);

/* Queues a statement whose single row goes to *ret. *ret_found tells whether there was one; more than one is
 * an error. *ret is not touched when there is none. */
void db_want(struct db *db, const char *sql, struct db_ins in, struct db_cols cols, void *ret,
             bool *ret_found);
/* Queues a statement of many rows: an array in the arena goes to *ret_rows, its length to *ret_count.
 * More than rows_max rows is an error (so put a LIMIT). ret_rows: address of a `T *`. */
void db_want_rows(struct db *db, const char *sql, struct db_ins in, struct db_cols cols, int rows_max,
                  void *ret_rows, int *ret_count);
/* Queues a statement whose whole result comes as text. */
void db_want_table(struct db *db, const char *sql, struct db_ins in, struct db_table *ret);
/* Queues a statement that returns nothing of interest. */
void db_do(struct db *db, const char *sql, struct db_ins in);
/* Queues a statement that must touch exactly one row; any other number is an INTERNAL error of the whole run.
 */
void db_do_one(struct db *db, const char *sql, struct db_ins in);
/* Queues a statement that adds to one row: the first `keys` parameters say which, the others are int64 and
 * added up for equal keys, so that no row is touched twice by one statement. It must touch a row for each
 * set, like db_do_one: "UPDATE t SET x = x + $2 WHERE id = $1", "INSERT … ON CONFLICT (…) DO UPDATE SET x =
 * t.x + EXCLUDED.x". */
void db_add(struct db *db, const char *sql, struct db_ins in, int keys);
/* Queues a statement and reports how many rows it touched. */
void db_count(struct db *db, const char *sql, struct db_ins in, int64_t *ret_touched);

/* Queues the preparation of a statement and asks what its columns would be: names and oids in *ret, no rows.
 * The values of the parameters do not matter, only their types. */
void db_describe(struct db *db, const char *sql, struct db_ins in, struct db_table *ret);

/* A Sync: what follows is not harmed by an error before it. How the statements since the sync before it ended
 * goes to *ret_status and *ret_error (either may be NULL) when db_run() returns; after a failed one the rest
 * up to the sync is skipped. Only for connections outside an explicit transaction. */
void db_sync(struct db *db, struct db_error *ret_error, enum status *ret_status);

/* A mark: what follows belongs to another caller. */
void db_mark(struct db *db);
/* How many statements were queued since. */
int db_queued_since_mark(const struct db *db);

/* ---- what is remembered ---- */

/* A connection with a memory keeps what db_remember() points at, and whoever asks the same again has it
 * before the call returns, without a statement: rules of the day, the calendar, who signs. It forgets all
 * when a statement of its own writes to a table that a remembered text names, or does not say where it
 * writes; when a run fails or is rolled back; by db_script() and db_unremember(); and when it is full. So
 * only the connection that alone writes may have one: the leading writer's (what a migration changes under
 * it, it learns when it connects again), and verify's. At first there is none. */
void db_set_memory(struct db *db, bool has_memory);
/* What is asked for next, one of db_want…, may be remembered: it depends on its parameters and on tables that
 * its text names, nothing else. */
void db_remember(struct db *db);
void db_unremember(struct db *db);

/* Drops what is queued and not yet sent. */
void db_forget(struct db *db);
/* How many statements are queued. */
int db_queued(const struct db *db);

/* Sends what is queued and waits for all of it (reading while it writes). The status speaks of what stands
 * after the last db_sync(), and of the connection. OK, INTERNAL (an SQL error; the transaction is then
 * aborted), RESOURCE_EXHAUSTED (arena full), UNAVAILABLE (connection lost: everything unanswered is unknown),
 * ABORTED (40001, 40P01), DEADLINE_EXCEEDED (57014). reterr may be NULL. */
enum status db_run(struct db *db, struct db_error *reterr) MUST_CHECK;

/* Transactions, each a round trip. db_commit: OK only if the tag was COMMIT and no warning came; INTERNAL: it
 * was rolled back for certain; UNKNOWN: the outcome is unknown (connection lost, warning). */
enum status db_begin(struct db *db, const char *how,
                     struct db_error *reterr) MUST_CHECK; /* how: "BEGIN", "BEGIN ISOLATION LEVEL …" */
enum status db_commit(struct db *db, struct db_error *reterr) MUST_CHECK;
enum status db_rollback(struct db *db) MUST_CHECK;

/* Runs a script of several statements separated by ';' through the simple protocol (migrations, checks). */
enum status db_script(struct db *db, const char *sql, struct db_error *reterr) MUST_CHECK;

/* SQLSTATE → status, one table. */
enum status db_status_of_sqlstate(const char *sqlstate);
