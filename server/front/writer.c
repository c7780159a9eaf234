/* The writer's thread: takes what waits, runs it as one transaction, keeps the checkpoint file, survives the
 * database. */
#define _GNU_SOURCE
#include "server/front/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/check.h"
#include "common/log.h"
#include "common/note.h"
#include "common/wire.h"
#include "server/domain/unit/unit.h"
#include "server/front/batch.h"
#include "server/front/clock.h"
#include "server/front/dispatch.h"
#include "server/front/people.h"
#include "server/front/proofs.h"

#define ARENA_MAX_BYTES (32u << 20)
#define CONNECT_MS      5000
#define LOCK_WAIT_MS    10000
#define LEADER_LOCK     "7021863541"

struct writer {
    struct writer_setup setup;
    writer_done *done;
    void *ctx;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *first, **last;
    int queued;
    bool is_stopping, is_able, has_stepped_down;
    struct arena *arena, *head_arena, *note_arena;
    struct journal_head head;
    const char *note; /* copy for other threads, under the lock */
    uint64_t size;
    struct batch batch;
};

/* ---- the connection ---- */

static void disconnect(struct writer *w)
{
    db_close(w->batch.db);
    w->batch.db = NULL;
    pthread_mutex_lock(&w->lock);
    w->is_able = false;
    pthread_mutex_unlock(&w->lock);
}

/* The lock that only one writer holds. It waits for the backend of a connection that was lost, so that an
 * unknown COMMIT has ended when we ask again. */
static enum status take_lock(struct db *db, struct arena *a, struct db_error *err)
{
    static const struct db_col col[] = {{.type = DB_BOOL}};
    int64_t until = clock_monotonic_ms() + LOCK_WAIT_MS;
    for (;;) {
        bool is_ours = false, found = false;
        db_use_arena(db, a);
        db_want(db, "SELECT pg_try_advisory_lock(" LEADER_LOCK ")", DB_NONE,
                (struct db_cols){col, 1, sizeof(bool)}, &is_ours, &found);
        enum status s = db_run(db, err);
        if (s != STATUS_OK || is_ours)
            return s;
        if (clock_monotonic_ms() > until) {
            snprintf(err->text, sizeof(err->text), "another server writes to this database");
            return STATUS_UNAVAILABLE;
        }
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
}

static void publish_head(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    arena_reset(w->note_arena);
    w->note = arena_text(w->note_arena, w->head.note);
    w->size = w->head.tree.size;
    w->is_able = true;
    pthread_mutex_unlock(&w->lock);
}

static enum status refresh_people(struct writer *w, struct db_error *err)
{
    bool found = false;
    int64_t version = 0;
    db_use_arena(w->batch.db, w->arena);
    unit_want_people_version(w->batch.db, &version, &found);
    enum status s = db_run(w->batch.db, err);
    if (s == STATUS_OK && found)
        s = people_refresh(w->batch.db, version, day_of_us(clock_now_us()), err);
    return s;
}

/* The checkpoint that was given out last must be in the tree: its root at its size. */
static enum status compare_file(struct writer *w, struct db_error *err)
{
    const char *note = checkpoint_read(w->arena, w->setup.checkpoint_path);
    struct checkpoint c;
    if (!note)
        return STATUS_OK;
    struct sign_public key = sign_public_of(w->setup.journal_key);
    if (!note_open(w->arena, note, &key, &c) || strcmp(c.origin, w->setup.audience) != 0) {
        snprintf(err->text, sizeof(err->text), "checkpoint file %s is not signed by this journal's key",
                 w->setup.checkpoint_path);
        return STATUS_FAILED_PRECONDITION;
    }
    if (c.size > w->head.tree.size) {
        snprintf(err->text, sizeof(err->text),
                 "the database is older than the checkpoint file %s: the journal had %llu entries, the "
                 "database has %llu. "
                 "Answered writes would be lost. Restore the newest backup, or bring the old database back",
                 w->setup.checkpoint_path, (unsigned long long)c.size, (unsigned long long)w->head.tree.size);
        return STATUS_FAILED_PRECONDITION;
    }
    struct hash root;
    enum status s = proofs_root_at(w->batch.db, w->arena, c.size, &root, err);
    if (s == STATUS_OK && memcmp(root.b, c.root.b, HASH_BYTES) != 0) {
        snprintf(
            err->text, sizeof(err->text),
            "the journal in the database is another one than the checkpoint file %s knows (at %llu entries)",
            w->setup.checkpoint_path, (unsigned long long)c.size);
        return STATUS_FAILED_PRECONDITION;
    }
    return s;
}

static enum status connect(struct writer *w, struct db_error *err)
{
    *err = (struct db_error){0};
    arena_reset(w->arena);
    enum status s = db_open(w->setup.conninfo, NULL, CONNECT_MS, &w->batch.db, err);
    if (s != STATUS_OK)
        return s;
    s = take_lock(w->batch.db, w->arena, err);
    arena_reset(w->head_arena);
    if (s == STATUS_OK)
        s = journal_load(w->batch.db, w->head_arena, &w->head, err);
    if (s == STATUS_NOT_FOUND) { /* the journal has not begun */
        w->head = (struct journal_head){.epoch = 1, .note = "", .root = merkle_empty()};
        s = STATUS_OK;
    }
    if (s == STATUS_OK)
        s = compare_file(w, err);
    if (s == STATUS_OK)
        s = refresh_people(w, err);
    if (s == STATUS_DATA_LOSS)
        snprintf(err->text, sizeof(err->text),
                 "the journal's tree in the database does not add up to its head; run purserd verify");
    if (s != STATUS_OK)
        disconnect(w);
    else
        publish_head(w);
    return s;
}

/* ---- answering ---- */

static void answer(struct writer *w, struct job *j) { w->done(w->ctx, j); }

static void answer_all_unavailable(struct writer *w, struct job *const *jobs, int count)
{
    for (int i = 0; i < count; i++) {
        if (jobs[i]->answer.len == 0) {
            jobs[i]->call.refusals_count = 0;
            (void)dispatch_refuse(jobs[i], "UNAVAILABLE", "", "", "");
            dispatch_pack(jobs[i], NULL);
        }
        answer(w, jobs[i]);
    }
}

/* After COMMIT: people known anew, checkpoint on disk, then the answers leave. */
static void finish(struct writer *w, struct job *const *jobs, int count)
{
    struct db_error err = {0};
    if (people_refresh(w->batch.db, w->batch.people_version, day_of_us(clock_now_us()), &err) != STATUS_OK)
        log_error("people could not be read again: %s", err.text);
    bool has_moved = w->head.tree.size != w->size;
    if (has_moved) {
        publish_head(w);
        if (checkpoint_save(w->setup.checkpoint_path, w->head.note) != STATUS_OK) {
            log_error("checkpoint file %s cannot be written (%s): writes are suspended",
                      w->setup.checkpoint_path, strerror(errno));
            pthread_mutex_lock(&w->lock);
            w->is_able = false;
            pthread_mutex_unlock(&w->lock);
        }
    }
    for (int i = 0; i < count; i++)
        answer(w, jobs[i]);
}

/* ---- batches ---- */

static bool reconnect(struct writer *w)
{
    struct db_error err;
    disconnect(w);
    if (w->has_stepped_down)
        return false;
    enum status s = connect(w, &err);
    if (s != STATUS_OK)
        log_warn("writer: %s: %s", status_name(s), err.text);
    if (s == STATUS_FAILED_PRECONDITION) /* a database that is behind or another one: never write to it */
        w->has_stepped_down = true;
    return s == STATUS_OK;
}

static void settle_unknown(struct writer *w, struct job *const *jobs, int count)
{
    struct db_error err = {0};
    log_warn("writer: the outcome of a COMMIT is unknown, asking again (%d commands)", count);
    if (reconnect(w) && batch_ask_again(&w->batch, jobs, count, &err) == STATUS_OK) {
        for (int i = 0; i < count; i++)
            jobs[i]->is_replayed = false; /* it is the first answer that the client hears */
        w->size = UINT64_MAX;             /* the file may lag behind the head that was just loaded */
    }
    if (w->batch.db)
        finish(w, NULL, 0);
    answer_all_unavailable(w, jobs, count);
}

static void run(struct writer *w, struct job *const *jobs, int count)
{
    struct db_error err = {0};
    switch (batch_run(&w->batch, jobs, count, &err)) {
    case BATCH_DONE:
        finish(w, jobs, count);
        return;
    case BATCH_UNKNOWN:
        settle_unknown(w, jobs, count);
        return;
    case BATCH_LOST:
        log_warn("writer: connection lost: %s", err.text);
        disconnect(w);
        answer_all_unavailable(w, jobs, count);
        return;
    case BATCH_FAILED:
        break;
    }
    if (w->batch.has_stepped_down) {
        log_error("writer: another server moved the journal's head; stepping down");
        w->has_stepped_down = true;
        disconnect(w);
        answer_all_unavailable(w, jobs, count);
        return;
    }
    if (count > 1) {
        run(w, jobs, count / 2);
        if (w->batch.db)
            run(w, jobs + count / 2, count - count / 2);
        else
            answer_all_unavailable(w, jobs + count / 2, count - count / 2);
        return;
    }
    log_error("%s: %s %s [%s]", jobs[0]->call.rpc->path, err.sqlstate, err.text, err.sql ? err.sql : "");
    jobs[0]->call.refusals_count = 0;
    (void)dispatch_refuse(jobs[0], "INTERNAL", "", "", "");
    dispatch_pack(jobs[0], NULL);
    answer(w, jobs[0]);
}

/* Questions about the tree are answered between batches, by the one who keeps it. */
static void answer_proof(struct writer *w, struct job *j)
{
    struct db_error err = {0};
    arena_reset(w->arena);
    db_use_arena(w->batch.db, j->arena);
    enum status s = proofs_answer(w->batch.db, j, &w->head, &err);
    if (s != STATUS_OK && j->call.refusals_count == 0)
        (void)dispatch_refuse(j, s == STATUS_INTERNAL ? "INTERNAL" : "UNAVAILABLE", "", "", "");
    dispatch_pack(j, NULL);
    if (!db_is_alive(w->batch.db))
        disconnect(w);
    answer(w, j);
}

/* Waits for work, at most a second; takes at most a batch, writes first. */
static int take(struct writer *w, struct job **jobs, bool *ret_is_over)
{
    int count = 0;
    pthread_mutex_lock(&w->lock);
    if (!w->first && !w->is_stopping) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
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
        if (w->batch.db && !db_look(w->batch.db)) { /* said farewell while nobody asked: nothing is unknown */
            log_warn("writer: the database went away");
            disconnect(w);
        }
        if (count && !w->batch.db && !reconnect(w)) {
            answer_all_unavailable(w, jobs, count);
            continue;
        }
        if (!count && !w->batch.db && !is_over)
            (void)reconnect(w);
        for (int i = 0; i < count; i++) {
            if (jobs[i]->call.rpc->kind == RPC_WRITE)
                jobs[writes++] = jobs[i];
            else if (w->batch.db)
                answer_proof(w, jobs[i]);
            else
                answer_all_unavailable(w, &jobs[i], 1);
        }
        if (writes && w->batch.db)
            run(w, jobs, writes);
        else if (writes)
            answer_all_unavailable(w, jobs, writes);
    }
    return NULL;
}

/* ---- outside ---- */

enum status writer_start(const struct writer_setup *setup, writer_done *done, void *ctx, struct writer **ret,
                         char reterr[512])
{
    PRE(setup->batch_max > 0 && setup->batch_max <= BATCH_MAX);
    struct writer *w = calloc(1, sizeof(*w));
    if (!w)
        return STATUS_RESOURCE_EXHAUSTED;
    w->setup = *setup;
    w->done = done;
    w->ctx = ctx;
    w->last = &w->first;
    w->note = "";
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    w->arena = arena_new(ARENA_MAX_BYTES);
    w->head_arena = arena_new(1u << 20);
    w->note_arena = arena_new(1u << 20);
    w->batch = (struct batch){.arena = arena_new(ARENA_MAX_BYTES),
                              .audience = setup->audience,
                              .journal_key = setup->journal_key,
                              .head = &w->head,
                              .head_arena = w->head_arena,
                              .people_version = -1};
    struct db_error err = {0};
    enum status s = w->arena && w->head_arena && w->note_arena && w->batch.arena ? connect(w, &err)
                                                                                 : STATUS_RESOURCE_EXHAUSTED;
    if (s == STATUS_OK && pthread_create(&w->thread, NULL, writer_thread, w) != 0)
        s = STATUS_RESOURCE_EXHAUSTED;
    if (s != STATUS_OK) {
        snprintf(reterr, 512, "%s", err.text);
        db_close(w->batch.db);
        arena_free(w->arena);
        arena_free(w->head_arena);
        arena_free(w->note_arena);
        arena_free(w->batch.arena);
        free(w);
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
    db_close(w->batch.db);
    arena_free(w->arena);
    arena_free(w->head_arena);
    arena_free(w->note_arena);
    arena_free(w->batch.arena);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

void writer_head(struct writer *w, struct arena *a, const char **ret_note, uint64_t *ret_size,
                 int64_t *ret_epoch)
{
    pthread_mutex_lock(&w->lock);
    *ret_note = arena_text(a, w->note);
    *ret_size = w->size;
    *ret_epoch = w->head.epoch;
    pthread_mutex_unlock(&w->lock);
}

bool writer_is_able(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    bool is_able = w->is_able && !w->is_stopping;
    pthread_mutex_unlock(&w->lock);
    return is_able;
}
