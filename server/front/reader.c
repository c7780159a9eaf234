/* The reader's lanes: look-ups, lists and reports, each on connections of their own, each of these with its
 * thread, so that none stands in another's way. */
#include "server/front/reader.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/check.h"
#include "common/log.h"
#include "server/front/reader_fill.h"

#define BATCH_MAX       64
#define WORTH_ASKING    32
#define FEW_WAIT_NS     2000000
#define QUEUE_MAX       4096
#define PLANS_BYTES_MAX ((size_t)16 << 20)
#define OPEN_MS         3000
#define LOOK_UP_MS      5000
#define LIST_MS         10000
#define AWAKE_US        200   /* for one that is alone */
#define PATIENCE_MS     10000 /* beyond statement_timeout: PostgreSQL itself is stuck */

/* All statements up to a Sync are one implicit transaction: with this isolation they see one snapshot. */
#define SESSION                                                                                              \
    "SET default_transaction_read_only = on; SET default_transaction_isolation = 'repeatable read';"

/* A connection with its thread. */
struct lane {
    struct kind *kind;
    struct db *db;
    pthread_t thread;
    bool is_started;
    struct read_work work[BATCH_MAX];
};

/* Look-ups, lists or reports: the lanes that serve them, and what waits for the next free one. */
struct kind {
    struct reader *reader;
    bool is_joined; /* those who ask the same are asked together */
    int timeout_ms; /* of a statement */
    struct lane *lanes;
    int lanes_count;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct read_job *first, **end;
    int queued;
    int asking; /* lanes that wait for PostgreSQL */
    bool is_stopping;
};

struct reader {
    char *conninfo;
    struct arena *arena;
    struct read_plan *plans; /* sorted by the address of their row */
    int plans_count;
    reader_done *done;
    void *ctx;
    struct kind look_ups, lists, reports;
};

/* ---- plans ---- */

static int by_rpc(const void *a, const void *b)
{
    const struct read_plan *x = a, *y = b;
    return (x->rpc > y->rpc) - (x->rpc < y->rpc);
}

static const struct read_plan *plan_of(const struct reader *r, const struct rpc *rpc)
{
    struct read_plan key = {.rpc = rpc};
    return bsearch(&key, r->plans, (size_t)r->plans_count, sizeof *r->plans, by_rpc);
}

static struct kind *kind_of(struct reader *r, const struct read_plan *p)
{
    if (p->rpc->flags & RPC_REPORT)
        return &r->reports;
    return p->is_list ? &r->lists : &r->look_ups;
}

/* Keeps the first complaint for the caller and tells them all. */
static void complain(char reterr[512], const char *text, bool *ret_all_well)
{
    log_error("%s", text);
    if (*ret_all_well)
        snprintf(reterr, 512, "%s", text);
    *ret_all_well = false;
}

struct described {
    struct db_table table;
    struct db_error error;
    enum status status;
};

/* Asks what each statement's columns are, on the lane that will run it. */
static enum status describe(struct reader *r, struct read_plan *p, struct described *d)
{
    struct db *db = kind_of(r, p)->lanes[0].db;
    for (int i = 0; i < p->stmts_count; i++) {
        struct db_in in[READ_PARAMS_MAX];
        int count = plan_types(&p->stmts[i], in);
        db_use_arena(db, r->arena);
        db_describe(db, p->stmts[i].sql, (struct db_ins){in, count}, &d[i].table);
        db_sync(db, &d[i].error, &d[i].status);
    }
    return db_run(db, NULL);
}

static bool check_plan(struct reader *r, struct read_plan *p, char reterr[512], bool *ret_all_well)
{
    char text[512];
    struct described *d = calloc((size_t)p->stmts_count, sizeof *d);
    bool is_connected = d && describe(r, p, d) == STATUS_OK;
    for (int i = 0; i < p->stmts_count && is_connected; i++) {
        if (d[i].status != STATUS_OK) {
            snprintf(text, sizeof text, "%s: %.200s: %.200s", p->rpc->method, d[i].error.text,
                     p->stmts[i].declared->sql);
            complain(reterr, text, ret_all_well);
        } else if (!plan_columns(p, i, &d[i].table, r->arena, text))
            complain(reterr, text, ret_all_well);
    }
    free(d);
    return is_connected;
}

static enum status make_plans(struct reader *r, const struct rpc *const *reads, int count, char reterr[512])
{
    char text[512] = "";
    bool all_well = true;
    r->plans = arena_array(r->arena, (size_t)count + 1, sizeof *r->plans);
    for (int i = 0; i < count && r->plans; i++) {
        struct read_plan *p = &r->plans[r->plans_count];
        if (!plan_make(p, reads[i], r->arena, text)) {
            complain(reterr, text, &all_well);
            continue;
        }
        r->plans_count++;
        if (!check_plan(r, p, reterr, &all_well)) {
            snprintf(reterr, 512, "the connection was lost while statements were checked");
            return STATUS_UNAVAILABLE;
        }
    }
    if (!r->plans || arena_is_full(r->arena))
        return STATUS_RESOURCE_EXHAUSTED;
    qsort(r->plans, (size_t)r->plans_count, sizeof *r->plans, by_rpc);
    return all_well ? STATUS_OK : STATUS_INTERNAL;
}

/* ---- lanes ---- */

/* While another lane asks, a few are not worth a round trip of their own: what comes meanwhile goes with
 * them. */
static bool is_worth_taking(const struct kind *k)
{
    return k->first && (!k->is_joined || k->asking == 0 || k->queued >= WORTH_ASKING);
}

/* Behind a lane that is held up, a few wait no longer than this. */
static void wait_for_work(struct kind *k)
{
    while (!is_worth_taking(k) && !k->is_stopping) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += FEW_WAIT_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (!k->first)
            pthread_cond_wait(&k->wake, &k->lock);
        else if (pthread_cond_timedwait(&k->wake, &k->lock, &until) == ETIMEDOUT && k->first)
            return; /* unless another lane took them meanwhile */
    }
}

static int take_batch(struct lane *lane, bool *ret_ends)
{
    int count = 0;
    struct kind *k = lane->kind;
    pthread_mutex_lock(&k->lock);
    wait_for_work(k);
    while (k->first && count < BATCH_MAX) {
        struct read_job *job = k->first;
        k->first = job->next;
        lane->work[count++] = (struct read_work){.job = job};
    }
    if (!k->first)
        k->end = &k->first;
    k->queued -= count;
    k->asking++;
    *ret_ends = count == 0; /* only when all is over */
    pthread_mutex_unlock(&k->lock);
    return count;
}

static enum status connect_lane(struct lane *lane, struct db_error *reterr)
{
    char settings[200];
    const struct kind *k = lane->kind;
    snprintf(settings, sizeof settings, SESSION "SET statement_timeout = %d", k->timeout_ms);
    enum status s = db_open(k->reader->conninfo, settings, OPEN_MS, &lane->db, reterr);
    if (s == STATUS_OK)
        db_set_patience(lane->db, k->timeout_ms + PATIENCE_MS);
    return s;
}

/* A connection that was lost is made anew for the next batch. */
static bool is_connected(struct lane *lane)
{
    struct db_error error = {0};
    if (lane->db && db_look(lane->db))
        return true;
    db_close(lane->db);
    lane->db = NULL;
    if (connect_lane(lane, &error) == STATUS_OK)
        return true;
    log_warn("reader: %s", error.text);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    return false;
}

/* All in one transaction: those who ask the same are asked together. */
static enum status run_together(struct lane *lane, int count)
{
    for (int i = 0; i < count; i++)
        fill_ask(&lane->work[i], lane->db);
    enum status s = db_run(lane->db, NULL);
    for (int i = 0; i < count; i++)
        lane->work[i].status = s;
    return s;
}

/* Each in a transaction of its own, so that a bad one harms nobody else. */
static void run_apart(struct lane *lane, int count)
{
    struct db_error error = {0};
    for (int i = 0; i < count; i++) {
        struct read_work *w = &lane->work[i];
        fill_ask(w, lane->db);
        db_sync(lane->db, &w->error, &w->status);
    }
    if (db_run(lane->db, &error) != STATUS_OK)
        log_warn("reader: %s", error.text);
}

/* The next may ask while this one fills. */
static void answers_are_there(struct kind *k)
{
    pthread_mutex_lock(&k->lock);
    k->asking--;
    if (is_worth_taking(k))
        pthread_cond_signal(&k->wake);
    pthread_mutex_unlock(&k->lock);
}

/* Lists and reports are long: together they would hold too much memory at once, and each has its time. */
static void run_batch(struct lane *lane, int count)
{
    struct reader *r = lane->kind->reader;
    bool is_up = is_connected(lane);
    if (is_up)
        db_set_awake(lane->db, count == 1 ? AWAKE_US : 0);
    for (int i = 0; i < count; i++) {
        lane->work[i].plan = plan_of(r, lane->work[i].job->call->rpc);
        lane->work[i].status = STATUS_UNAVAILABLE;
    }
    bool is_done = is_up && lane->kind->is_joined && count > 1 && run_together(lane, count) == STATUS_OK;
    if (is_up && !is_done && is_connected(lane))
        run_apart(lane, count);
    answers_are_there(lane->kind);
    log_gather();
    for (int i = 0; i < count; i++) {
        fill_reply(&lane->work[i]);
        r->done(r->ctx, lane->work[i].job);
    }
    log_spill();
}

static void *lane_run(void *arg)
{
    struct lane *lane = arg;
    bool ends = false;
    for (;;) {
        int count = take_batch(lane, &ends);
        if (ends)
            return NULL;
        run_batch(lane, count);
    }
}

static enum status kind_open(struct kind *k, struct reader *r, int connections, int timeout_ms,
                             char reterr[512])
{
    struct db_error error = {0};
    enum status s = STATUS_OK;
    k->reader = r;
    k->timeout_ms = timeout_ms;
    k->end = &k->first;
    pthread_mutex_init(&k->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&k->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    k->lanes = calloc((size_t)connections, sizeof *k->lanes);
    for (int i = 0; k->lanes && i < connections && s == STATUS_OK; i++) {
        k->lanes[i].kind = k;
        k->lanes_count++;
        s = connect_lane(&k->lanes[i], &error);
    }
    if (s != STATUS_OK)
        snprintf(reterr, 512, "reader: %.400s", error.text);
    return k->lanes ? s : STATUS_RESOURCE_EXHAUSTED;
}

static enum status kind_start(struct kind *k, char reterr[512])
{
    for (int i = 0; i < k->lanes_count; i++) {
        struct lane *lane = &k->lanes[i];
        lane->is_started = pthread_create(&lane->thread, NULL, lane_run, lane) == 0;
        if (lane->is_started)
            continue;
        snprintf(reterr, 512, "reader: no thread");
        return STATUS_RESOURCE_EXHAUSTED;
    }
    return STATUS_OK;
}

static void kind_stop(struct kind *k)
{
    if (!k->reader)
        return;
    pthread_mutex_lock(&k->lock);
    k->is_stopping = true;
    pthread_cond_broadcast(&k->wake);
    pthread_mutex_unlock(&k->lock);
    for (int i = 0; i < k->lanes_count; i++) {
        if (k->lanes[i].is_started)
            pthread_join(k->lanes[i].thread, NULL);
        db_close(k->lanes[i].db);
    }
    free(k->lanes);
    pthread_cond_destroy(&k->wake);
    pthread_mutex_destroy(&k->lock);
}

/* ---- the reader ---- */

enum status reader_start(const struct reader_setup *setup, reader_done *done, void *ctx, struct reader **ret,
                         char reterr[512])
{
    struct reader *r = calloc(1, sizeof *r);
    if (r) {
        r->conninfo = strdup(setup->conninfo);
        r->arena = arena_new(PLANS_BYTES_MAX);
        r->done = done;
        r->ctx = ctx;
        r->look_ups.is_joined = true;
    }
    enum status s = r && r->conninfo && r->arena ? STATUS_OK : STATUS_RESOURCE_EXHAUSTED;
    if (s == STATUS_OK)
        s = kind_open(&r->look_ups, r, setup->look_up_connections ? setup->look_up_connections : 1,
                      LOOK_UP_MS, reterr);
    if (s == STATUS_OK)
        s = kind_open(&r->lists, r, setup->list_connections ? setup->list_connections : 1,
                      setup->list_timeout_ms ? setup->list_timeout_ms : LIST_MS, reterr);
    if (s == STATUS_OK)
        s = kind_open(&r->reports, r, 1, setup->list_timeout_ms ? setup->list_timeout_ms : LIST_MS, reterr);
    if (s == STATUS_OK)
        s = make_plans(r, setup->reads, setup->reads_count, reterr);
    if (s == STATUS_OK)
        s = kind_start(&r->look_ups, reterr);
    if (s == STATUS_OK)
        s = kind_start(&r->lists, reterr);
    if (s == STATUS_OK)
        s = kind_start(&r->reports, reterr);
    if (s != STATUS_OK) {
        reader_stop(r);
        return s;
    }
    *ret = r;
    return STATUS_OK;
}

bool reader_submit(struct reader *r, struct read_job *job)
{
    const struct read_plan *p = plan_of(r, job->call->rpc);
    PRE(p);
    struct kind *k = kind_of(r, p);
    job->next = NULL;
    pthread_mutex_lock(&k->lock);
    bool is_taken = k->queued < QUEUE_MAX && !k->is_stopping;
    if (is_taken) {
        *k->end = job;
        k->end = &job->next;
        k->queued++;
        if (is_worth_taking(k) || k->queued == 1) /* for the first somebody keeps the time */
            pthread_cond_signal(&k->wake);
    }
    pthread_mutex_unlock(&k->lock);
    return is_taken;
}

void reader_stop(struct reader *r)
{
    if (!r)
        return;
    kind_stop(&r->look_ups);
    kind_stop(&r->lists);
    kind_stop(&r->reports);
    arena_free(r->arena);
    free(r->conninfo);
    free(r);
}
