/* What the files of db share: the connection, its queue of operations and its prepared statements. */
#pragma once

#include <libpq-fe.h>

#include "server/base/db.h"

#define DB_QUEUE_BYTES_MAX ((size_t)192 << 20) /* parameters that wait to be sent */
#define DB_BUCKETS         1024

/* A text that is prepared at most once per connection. */
struct stmt {
    struct stmt *next;
    const char *sql;
    uint64_t hash;
    char name[16];
    bool is_ready;
    bool is_asked; /* its Parse is part of the run under way */
    int params;
    Oid *oids;
};

enum op_kind { OP_ROW = 1, OP_ROWS, OP_TABLE, OP_DO, OP_ONE, OP_COUNT, OP_DESCRIBE, OP_SYNC, OP_PREPARE };

struct op {
    struct op *next;
    enum op_kind kind;
    struct stmt *stmt;
    const char **values; /* parameters in wire form */
    int *lengths, *formats;
    size_t bytes;
    struct arena *dest;
    struct db_cols cols;
    int rows_max;
    void *ret;
    bool *ret_found;
    int *ret_count;
    int64_t *ret_touched;
    struct db_error *ret_error;
    enum status *ret_status;
};

struct db {
    PGconn *pg;
    bool is_lost;
    int patience_ms;    /* without a byte from the server; -1: for ever */
    bool was_warned;    /* a WARNING came since this was cleared */
    char tag[32];       /* command tag of the last OP_DO */
    bool was_fatal;     /* the last error was FATAL or PANIC */
    struct arena *room; /* the queue's own memory */
    struct arena *dest;
    struct op *first, **end;
    int queued;
    bool is_over; /* the queue did not fit */
    struct stmt *buckets[DB_BUCKETS];
    int stmts;
};

/* db.c: files the loss of the connection; UNAVAILABLE. */
enum status db_lost(struct db *db, struct db_error *reterr, const char *text);
/* db_run.c: waits until the socket can be read, or written when something is left to write; reads. False: it
 * is lost. */
bool db_wait(struct db *db, bool is_blocked) MUST_CHECK;

/* db_queue.c */
struct stmt *db_stmt_of(struct db *db, const char *sql, struct db_ins in);
void db_stmts_free(struct db *db);

/* db_result.c: puts a result where the operation wants it. *ret_error's text says what did not fit. */
enum status db_take(struct db *db, const struct op *op, const PGresult *res,
                    struct db_error *ret_error) MUST_CHECK;
/* The server's error of a result. */
enum status db_error_of(const PGresult *res, const char *sql, struct db_error *ret_error);
