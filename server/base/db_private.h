/* What the files of db share: the connection, its queue of operations and its prepared statements. */
#pragma once

#include <libpq-fe.h>

#include "server/base/db.h"
#include "server/base/db_many.h"

#define DB_QUEUE_BYTES_MAX ((size_t)192 << 20) /* parameters that wait to be sent */
#define DB_BUCKETS         1024
#define DB_PARAMS_MAX      64

/* A text that is prepared at most once per connection. */
struct stmt {
    struct stmt *next;
    const char *sql;
    char name[16];
    bool is_ready;
    bool is_asked;      /* its Parse is part of the run under way */
    bool is_for_one;    /* no text for many can be made of it */
    bool is_remembered; /* its answers may be */
    bool touches;       /* it writes where a remembered text reads; known as of so many of them: */
    int touches_as_of;
    struct stmt *many; /* the same for many sets of parameters at once; NULL: none, or not made yet */
    char *made;        /* the text, when it was made here */
    int params;
    Oid *oids;
    char **names; /* of its columns, once they were asked for; ends with NULL */
    Oid *column_oids;
};

enum op_kind {
    OP_ROW = 1,
    OP_ROWS,
    OP_TABLE,
    OP_DO,
    OP_ONE,
    OP_ADD,
    OP_COUNT,
    OP_DESCRIBE,
    OP_SYNC,
    OP_PREPARE
};

/* One set of parameters, in wire form. */
struct params {
    struct params *next;
    uint64_t hash;
    const char **values; /* NULL is SQL NULL */
    int *lengths;
};

/* One who waits for an answer, and where it goes. */
struct asker {
    struct asker *next;
    int of; /* which set of parameters */
    struct arena *dest;
    int rows_max;
    void *ret;
    bool *ret_found;
    int *ret_count;
    int64_t *ret_touched;
};

struct op {
    struct op *next;
    enum op_kind kind;
    struct stmt *stmt; /* of one; what is sent is db_form_of() */
    long seq;
    size_t bytes;
    struct db_cols cols;
    bool is_kept; /* what it brings is remembered */
    int keys;     /* OP_ADD: so many parameters say which row, the others are added up */
    struct params *params, **params_end;
    int params_count;
    struct asker *askers, **askers_end;
    struct db_error *ret_error;
    enum status *ret_status;
};

struct db {
    PGconn *pg;
    bool is_lost;
    bool may_wait_awake;
    int awake_us;       /* looked for an answer before sleeping */
    int patience_ms;    /* without a byte from the server; -1: for ever */
    bool was_warned;    /* a WARNING came since this was cleared */
    char tag[32];       /* command tag of the last OP_DO */
    bool was_fatal;     /* the last error was FATAL or PANIC */
    struct arena *room; /* the queue's own memory */
    struct arena *dest;
    struct op *first, **end;
    struct op *segment; /* the first of those that may be joined: nothing but reads since, or but writes */
    bool is_writing;    /* which of the two */
    long seq, own;      /* of the newest operation, and of the last that this caller asked for */
    int queued, marked; /* statements asked for: all, and when the mark was set */
    bool is_over;       /* the queue did not fit */
    struct stmt *buckets[DB_BUCKETS];
    int stmts;
    struct memory *memory; /* NULL: none */
    bool remembers;        /* what is asked for next may be remembered */
    int remembered_texts;
};

/* db.c: files the loss of the connection; UNAVAILABLE. */
enum status db_lost(struct db *db, struct db_error *reterr, const char *text);
/* db_run.c: waits until the socket can be read, or written when something is left to write; reads. False: it
 * is lost. */
bool db_wait(struct db *db, bool is_blocked) MUST_CHECK;

/* db_queue.c */
struct stmt *db_stmt_of(struct db *db, const char *sql, struct db_ins in);
/* A statement of its own; NULL when there is no memory. */
struct stmt *db_stmt_new(struct db *db, const char *sql, int params, const Oid *oids);
void db_stmts_free(struct db *db);
#define DB_ARRAY_HEAD 20 /* at most */
/* Array header: dimensions, has-nulls, element type, then length and lower bound of the only dimension. */
char *db_put_array_head(char *at, Oid of, size_t len, bool has_null);
char *db_put32(char *at, uint32_t v);

/* db_gather.c */
bool db_is_read(enum op_kind kind);
/* An operation of the same statement that this one can join, keeping everybody's own order; NULL: none. */
struct op *db_joinable(struct db *db, enum op_kind kind, struct stmt *stmt, int keys);
/* Adds the parameters to the operation; which of its sets they are (the same question is asked once). */
int db_join(struct op *op, struct params *p);
/* What is sent for it: the statement of one, or of many. */
struct stmt *db_form_of(const struct op *op);
/* Its parameters: of one as they are, of many as arrays made in db->room. False: no memory. */
bool db_form_params(struct db *db, const struct op *op, struct params *ret);
/* The rows of set i are order[first[i]] … order[first[i + 1] - 1]. */
struct db_share {
    const int *first, *order;
};
/* By the first column of a result of many. False: no memory. */
bool db_split(struct db *db, const struct op *op, const PGresult *res, struct db_share *ret);

/* db_result.c: puts a result where those who asked want it. *ret_error's text says what did not fit. */
enum status db_take(struct db *db, const struct op *op, const PGresult *res,
                    struct db_error *ret_error) MUST_CHECK;
/* The server's error of a result. */
enum status db_error_of(const PGresult *res, const char *sql, struct db_error *ret_error);

/* db_memory.c */
/* What is remembered for that question; NULL: nothing. */
const PGresult *db_recall(const struct db *db, const struct stmt *stmt, const struct params *p);
/* Remembers an answer, if the operation is to be kept. */
void db_keep(struct db *db, const struct op *op, const PGresult *res);
/* Does the statement write where a remembered text reads? */
bool db_touches_memory(const struct db *db, struct stmt *stmt);
