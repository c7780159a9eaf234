/* The writer's thread: takes what waits, runs it as one transaction, answers; survives the database. */
#define _GNU_SOURCE
#include "server/front/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/check.h"
#include "common/log.h"
#include "server/front/clock.h"
#include "server/front/people.h"
#include "server/front/proofs.h"
#include "server/front/reply.h"
#include "server/front/writer_private.h"

#define ARENA_MAX_BYTES (32u << 20)
#define HEAD_MAX_BYTES  (1u << 20)
#define AWAKE_US        1000  /* for a command that is alone */
#define START_WAIT_MS   3000  /* for the lock of a server that is just ending */
#define SETTLE_WAIT_MS  10000 /* for the backend whose COMMIT is unknown */

/* ---- answering ---- */

static void turn_away(struct writer *w, struct job *j, const char *reason)
{
    if (!j->is_known) { /* an answer that stands in the database is true whatever happens now */
        job_begin(j);
        (void)job_refuse(j, reason, "", "", "");
        (void)reply_pack(j, NULL);
    }
    w->done(w->ctx, j);
}

static void turn_all_away(struct writer *w, struct job *const *jobs, int count, const char *reason)
{
    for (int i = 0; i < count; i++)
        turn_away(w, jobs[i], reason);
}

/* After COMMIT: checkpoint on disk, people known anew, then the answers leave. */
static void finish(struct writer *w, struct job *const *jobs, int count)
{
    struct db_error err = {0};
    leader_publish(w);
    if (people_refresh(w->batch.db, w->batch.people_version, day_of_us(clock_now_us()), &err) != STATUS_OK) {
        log_error("people could not be read again: %s", err.text);
        leader_disconnect(w); /* they are read anew with the connection */
    }
    log_gather();
    for (int i = 0; i < count; i++)
        w->done(w->ctx, jobs[i]);
    log_spill();
}

/* ---- batches ---- */

/* The lock waits for the old backend; then the ids tell what became of them. */
static void settle_unknown(struct writer *w, struct job *const *jobs, int count)
{
    struct db_error err = {0};
    log_warn("writer: the outcome of a COMMIT is unknown, asking again (%d commands)", count);
    enum status s = leader_connect(w, SETTLE_WAIT_MS, &err);
    bool is_settled = s == STATUS_OK && w->lead == LEAD_LEADS &&
                      batch_ask_again(&w->batch, jobs, count, &err) == STATUS_OK;
    if (!is_settled)
        log_error("writer: it stays unknown: %s", err.text);
    for (int i = 0; i < count; i++) {
        jobs[i]->is_replayed = false; /* it is the first answer that the client hears */
        turn_away(w, jobs[i], is_settled ? "UNAVAILABLE" : "OUTCOME_UNKNOWN");
    }
}

/* One command alone that failed, for a reason that may pass or that is ours. */
static void refuse_failed(struct writer *w, struct job *j, const struct db_error *err)
{
    log_error("%s: %s %s %s [%s]", j->call.rpc->path, status_name(w->batch.why), err->sqlstate, err->text,
              err->sql ? err->sql : "");
    switch (w->batch.why) {
    case STATUS_RESOURCE_EXHAUSTED:
        turn_away(w, j, job_full_reason(j));
        return;
    case STATUS_ABORTED:
    case STATUS_DEADLINE_EXCEEDED:
        turn_away(w, j, "UNAVAILABLE");
        return;
    default:
        turn_away(w, j, "INTERNAL");
    }
}

static void run(struct writer *w, struct job *const *jobs, int count)
{
    struct db_error err = {0};
    const char *obstacle = leader_obstacle(w);
    if (obstacle) {
        turn_all_away(w, jobs, count, obstacle);
        return;
    }
    db_set_awake(w->batch.db, count == 1 ? AWAKE_US : 0);
    switch (batch_run(&w->batch, jobs, count, &err)) {
    case BATCH_DONE:
        finish(w, jobs, count);
        return;
    case BATCH_UNKNOWN:
        settle_unknown(w, jobs, count);
        return;
    case BATCH_LOST:
        log_warn("writer: connection lost: %s", err.text);
        leader_disconnect(w);
        turn_all_away(w, jobs, count, leader_obstacle(w));
        return;
    case BATCH_FAILED:
        break;
    }
    if (w->batch.has_stepped_down) {
        log_error("writer: somebody else moved the journal's head; stepping down");
        leader_resign(w);
        turn_all_away(w, jobs, count, leader_obstacle(w));
    } else if (count > 1) {
        run(w, jobs, count / 2);
        run(w, jobs + count / 2, count - count / 2);
    } else {
        refuse_failed(w, jobs[0], &err);
    }
}

/* Questions about the tree are answered between batches, by the one who keeps it. */
static void answer_proof(struct writer *w, struct job *j)
{
    struct db_error err = {0};
    if (!w->batch.db) {
        turn_away(w, j, leader_obstacle(w));
        return;
    }
    db_use_arena(w->batch.db, j->arena);
    enum status s = proofs_answer(w->batch.db, j, &w->head, &err);
    if (s != STATUS_OK && j->call.refusals_count == 0) {
        log_error("%s: %s %s", j->call.rpc->path, status_name(s), err.text);
        (void)job_refuse(j, s == STATUS_UNAVAILABLE ? "UNAVAILABLE" : "INTERNAL", "", "", "");
    }
    (void)reply_pack(j, NULL);
    w->done(w->ctx, j);
}

/* Waits for work, at most a second; takes at most a batch. */
static int take(struct writer *w, struct job **jobs, bool *ret_is_over)
{
    int count = 0;
    pthread_mutex_lock(&w->lock);
    if (!w->first && !w->is_stopping) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec++;
        pthread_cond_timedwait(&w->wake, &w->lock, &until);
    }
    while (w->first && count < w->setup.batch_max) {
        jobs[count] = w->first;
        w->first = w->first->next;
        jobs[count++]->next = NULL;
        w->queued--;
    }
    if (!w->first)
        w->last = &w->first;
    *ret_is_over = w->is_stopping && count == 0;
    pthread_mutex_unlock(&w->lock);
    return count;
}

static void *writer_thread(void *arg)
{
    struct writer *w = arg;
    struct job *jobs[BATCH_MAX];
    for (bool is_over = false; !is_over;) {
        int count = take(w, jobs, &is_over), writes = 0;
        if (!is_over)
            leader_tend(w);
        for (int i = 0; i < count; i++) {
            if (jobs[i]->call.rpc->kind == RPC_WRITE)
                jobs[writes++] = jobs[i];
            else
                answer_proof(w, jobs[i]);
        }
        if (writes)
            run(w, jobs, writes);
    }
    return NULL;
}

/* ---- outside ---- */

static void writer_free(struct writer *w)
{
    db_close(w->batch.db);
    arena_free(w->arena);
    arena_free(w->head_arena);
    arena_free(w->note_arena);
    arena_free(w->batch.arena);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static struct writer *writer_new(const struct writer_setup *setup)
{
    struct writer *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    pthread_condattr_t monotonic; /* a clock that is set back must not stop us for an hour */
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&w->lock, NULL);
    w->setup = *setup;
    w->last = &w->first;
    w->note = "";
    w->file.path = setup->checkpoint_path;
    w->arena = arena_new(ARENA_MAX_BYTES);
    w->head_arena = arena_new(HEAD_MAX_BYTES);
    w->note_arena = arena_new(HEAD_MAX_BYTES);
    w->batch = (struct batch){.arena = arena_new(ARENA_MAX_BYTES),
                              .audience = setup->audience,
                              .journal_key = setup->journal_key,
                              .head = &w->head,
                              .head_arena = w->head_arena,
                              .people_version = -1};
    if (w->arena && w->head_arena && w->note_arena && w->batch.arena)
        return w;
    writer_free(w);
    return NULL;
}

enum status writer_start(const struct writer_setup *setup, writer_done *done, void *ctx, struct writer **ret,
                         char reterr[512])
{
    PRE(setup->batch_max > 0 && setup->batch_max <= BATCH_MAX);
    struct db_error err = {0};
    struct writer *w = writer_new(setup);
    if (!w)
        return STATUS_RESOURCE_EXHAUSTED;
    w->done = done;
    w->ctx = ctx;
    enum status s = leader_connect(w, START_WAIT_MS, &err);
    if (s == STATUS_OK && pthread_create(&w->thread, NULL, writer_thread, w) != 0)
        s = STATUS_RESOURCE_EXHAUSTED;
    if (s != STATUS_OK) {
        snprintf(reterr, 512, "%s", err.text);
        writer_free(w);
        return s;
    }
    *ret = w;
    return STATUS_OK;
}

bool writer_submit(struct writer *w, struct job *j)
{
    pthread_mutex_lock(&w->lock);
    bool is_taken = !w->is_stopping && w->queued < w->setup.queue_max;
    if (is_taken) {
        j->next = NULL;
        *w->last = j;
        w->last = &j->next;
        w->queued++;
        pthread_cond_signal(&w->wake);
    }
    pthread_mutex_unlock(&w->lock);
    return is_taken;
}

void writer_stop(struct writer *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->is_stopping = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    writer_free(w);
}

void writer_head(struct writer *w, struct arena *a, const char **ret_note, uint64_t *ret_size,
                 int64_t *ret_epoch)
{
    pthread_mutex_lock(&w->lock);
    *ret_note = arena_text(a, w->note);
    *ret_size = w->size;
    *ret_epoch = w->epoch;
    pthread_mutex_unlock(&w->lock);
}

bool writer_is_able(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    bool is_able = w->is_able && !w->is_stopping;
    pthread_mutex_unlock(&w->lock);
    return is_able;
}
