/* One read of a batch: its questions are queued, then its reply is filled by descriptor. */
#pragma once

#include "server/front/reader_plan.h"

struct read_work {
    struct read_job *job;
    const struct read_plan *plan;
    const struct read_stmt *asked[READ_STMTS_MAX];
    struct db_table answers[READ_STMTS_MAX];
    int asked_count;
    int64_t limit; /* rows of a page */
    const char *scope;
    bool is_done;       /* answered without asking */
    enum status status; /* of its sync */
    struct db_error error;
};

/* Queues the statements of w->job; or answers at once (refusal, nothing in sight). How they end is said in
 * w->status and w->error by a db_sync() of the caller's. May be called again after an attempt that failed. */
void fill_ask(struct read_work *w, struct db *db);
/* After db_run(): sets job->status, and the reply or the refusal. */
void fill_reply(struct read_work *w);
