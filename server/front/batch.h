/* One transaction of the writer: known ids, decisions, journal, head, commit. */
#pragma once

#include "server/domain/journal/journal.h"
#include "server/front/writer.h"

#define BATCH_MAX 256

struct batch {
    struct db *db;
    struct arena *arena; /* for what the batch shares; reset between batches */
    const char *audience;
    const struct sign_secret *journal_key;
    struct journal_head *head; /* moved when the commit succeeded */
    struct arena *head_arena;  /* where the head's note lives */
    int64_t people_version;
    bool has_stepped_down; /* another writer moved the head */
    enum status why;       /* of BATCH_FAILED */
};

/* How a transaction ended. */
enum batch_end {
    BATCH_DONE,    /* committed, or nothing to commit: every job has its answer */
    BATCH_FAILED,  /* rolled back for certain: an SQL error nobody foresaw, or the connection was lost before
                      COMMIT */
    BATCH_UNKNOWN, /* COMMIT was sent and its outcome is unknown */
    BATCH_LOST,    /* the connection was lost before COMMIT was sent */
};

/* Decides jobs[0..count) in order, in one transaction. On BATCH_DONE each job's answer is packed and *b->head
 * is the new head. */
enum batch_end batch_run(struct batch *b, struct job *const *jobs, int count, struct db_error *reterr);

/* After an unknown COMMIT, on a fresh connection that holds the lock: fills the answers of those that did
 * commit (is_known); the others certainly did not. */
enum status batch_ask_again(struct batch *b, struct job *const *jobs, int count,
                            struct db_error *reterr) MUST_CHECK;
