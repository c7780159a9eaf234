/* One run: what is queued goes out in a pipeline while its answers come in. */
#include "server/base/db_private.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FLUSH_BYTES ((size_t)65536)

/* The operations of a run are a list: first the texts to prepare, each with a Sync of its own, then the
 * queue, then a last Sync. `send` is the next to be sent, `await` the next to be answered. */
struct run {
    struct op *send, *await;
    bool is_seen; /* a result of `await` has come */
    size_t unflushed;
    enum status status; /* of the statements since the last sync */
    struct db_error error;
    enum status prepare_status; /* the first text that could not be prepared */
    struct db_error prepare_error;
    const struct stmt *prepare_stmt;
};

/* Texts are prepared ahead, not in passing: an error in one call would otherwise skip what a later call
 * relies on. */
static bool prologue(struct db *db, struct op **ret_first)
{
    struct op *first = NULL, **end = &first;
    for (struct op *op = db->first; op; op = op->next) {
        struct stmt *form = op->stmt ? db_form_of(op) : NULL;
        if (!form || form->is_ready || form->is_asked)
            continue;
        struct op *two = arena_array(db->room, 2, sizeof *two);
        if (!two)
            return false;
        form->is_asked = true;
        two[0] = (struct op){.next = &two[1], .kind = OP_PREPARE, .stmt = form, .bytes = strlen(form->sql)};
        two[1] = (struct op){.kind = OP_SYNC};
        *end = two;
        end = &two[1].next;
    }
    *end = db->first;
    *ret_first = first;
    return true;
}

static void forget_asked(struct db *db)
{
    for (struct op *op = db->first; op; op = op->next)
        if (op->stmt)
            db_form_of(op)->is_asked = false;
}

static bool send_query(struct db *db, const struct op *op)
{
    static const int binary[DB_PARAMS_MAX] = {[0 ... DB_PARAMS_MAX - 1] = 1};
    const struct stmt *s = db_form_of(op);
    struct params p;
    return db_form_params(db, op, &p) &&
           PQsendQueryPrepared(db->pg, s->name, s->params, p.values, p.lengths, binary, 0) == 1;
}

static bool send_one(struct db *db, const struct op *op)
{
    const struct stmt *s = op->stmt;
    if (op->kind == OP_SYNC)
        return PQpipelineSync(db->pg) == 1;
    if (op->kind == OP_PREPARE)
        return PQsendPrepare(db->pg, s->name, s->sql, s->params, s->oids) == 1;
    if (op->kind == OP_DESCRIBE)
        return PQsendDescribePrepared(db->pg, s->name) == 1;
    return send_query(db, op);
}

/* Hands libpq as much as the socket takes; *ret_blocked when the rest has to wait until it is writable. */
static bool send_some(struct db *db, struct run *run, bool *ret_blocked)
{
    for (;;) {
        while (run->send && run->unflushed < FLUSH_BYTES) {
            if (!send_one(db, run->send))
                return false;
            run->unflushed += run->send->bytes + 16;
            run->send = run->send->next;
        }
        int left = PQflush(db->pg);
        *ret_blocked = left == 1;
        if (left < 0)
            return false;
        if (left == 1)
            return true;
        run->unflushed = 0;
        if (!run->send)
            return true;
    }
}

/* The last Sync has nobody to tell: db_run() returns what is in `run`. */
static void section_ends(struct run *run, const struct op *sync)
{
    if (!sync->next)
        return;
    if (sync->ret_status)
        *sync->ret_status = run->status;
    if (sync->ret_error)
        *sync->ret_error = run->error;
    run->status = STATUS_OK;
    run->error = (struct db_error){0};
}

static void prepared(struct run *run, const struct op *op, const PGresult *res)
{
    op->stmt->is_ready = PQresultStatus(res) == PGRES_COMMAND_OK;
    if (!op->stmt->is_ready && run->prepare_status == STATUS_OK) {
        run->prepare_status = db_error_of(res, op->stmt->sql, &run->prepare_error);
        run->prepare_stmt = op->stmt;
    }
}

/* "No such prepared statement" and "transaction is aborted" are but consequences of a text that would not
 * parse. */
static void failed(struct db *db, struct run *run, const struct op *op, const PGresult *res)
{
    const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
    db->was_fatal = !severity || strcmp(severity, "ERROR") != 0;
    if (run->status != STATUS_OK)
        return;
    const struct stmt *form = db_form_of(op);
    run->status = db_error_of(res, form->sql, &run->error);
    bool follows = strcmp(run->error.sqlstate, "25P02") == 0 ||
                   (strcmp(run->error.sqlstate, "26000") == 0 && run->prepare_stmt == form);
    if (follows && run->prepare_status != STATUS_OK) {
        run->status = run->prepare_status;
        run->error = run->prepare_error;
    }
}

static void answered(struct db *db, struct run *run, const PGresult *res)
{
    const struct op *op = run->await;
    ExecStatusType got = PQresultStatus(res);
    run->is_seen = true;
    if (op->kind == OP_SYNC)
        return;
    if (op->kind == OP_PREPARE)
        prepared(run, op, res);
    else if (got == PGRES_FATAL_ERROR)
        failed(db, run, op, res);
    else if (got != PGRES_PIPELINE_ABORTED && run->status == STATUS_OK)
        run->status = db_take(db, op, res, &run->error);
    if (op->is_kept && got == PGRES_TUPLES_OK && run->status == STATUS_OK)
        db_keep(db, op, res);
}

/* Takes every answer that has arrived whole. */
static bool take_some(struct db *db, struct run *run)
{
    while (run->await != run->send && !PQisBusy(db->pg)) {
        PGresult *res = PQgetResult(db->pg);
        bool is_sync = res && PQresultStatus(res) == PGRES_PIPELINE_SYNC;
        if ((!res && !run->is_seen) || (res && is_sync != (run->await->kind == OP_SYNC))) {
            PQclear(res);
            return false; /* out of step, or the connection is gone */
        }
        if (res)
            answered(db, run, res);
        PQclear(res);
        if (is_sync)
            section_ends(run, run->await);
        if (!res || is_sync) {
            run->await = run->await->next;
            run->is_seen = false;
        }
    }
    return true;
}

static int64_t monotonic_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Awake for a moment, then asleep. */
static int wait_for(const struct db *db, struct pollfd *p)
{
    int n = 0;
    for (int64_t until = db->awake_us ? monotonic_us() + db->awake_us : 0; n == 0 && until;)
        if ((n = poll(p, 1, 0)) == 0 && monotonic_us() >= until)
            break;
    return n ? n : poll(p, 1, db->patience_ms);
}

/* Waits until the socket can be read, or written when something is left to write. */
bool db_wait(struct db *db, bool is_blocked)
{
    struct pollfd p = {.fd = PQsocket(db->pg), .events = (short)(is_blocked ? POLLIN | POLLOUT : POLLIN)};
    if (p.fd < 0)
        return false;
    int n = wait_for(db, &p);
    if (n <= 0)
        return n < 0 && errno == EINTR;
    if (p.revents & (POLLIN | POLLHUP | POLLERR))
        return PQconsumeInput(db->pg) == 1;
    return true;
}

static bool run_all(struct db *db, struct run *run)
{
    bool is_blocked = false;
    while (run->send || run->await) {
        if (run->send || is_blocked)
            if (!send_some(db, run, &is_blocked))
                return false;
        if (!take_some(db, run))
            return false;
        if (run->await && (is_blocked || !run->send) && !db_wait(db, is_blocked))
            return false;
        if (!take_some(db, run))
            return false;
    }
    return true;
}

/* A FATAL's own words are better than "server closed the connection unexpectedly". */
static enum status run_lost(struct db *db, struct run *run, struct db_error *reterr)
{
    if (run->status == STATUS_UNAVAILABLE && run->error.text[0] && reterr)
        *reterr = run->error;
    else
        (void)!db_lost(db, reterr, PQerrorMessage(db->pg));
    db->is_lost = true;
    for (const struct op *op = run->await; op; op = op->next)
        if (op->kind == OP_SYNC && op->ret_error)
            (void)!db_lost(db, op->ret_error, PQerrorMessage(db->pg));
    return STATUS_UNAVAILABLE;
}

static enum status queue_over(struct db *db, struct db_error *reterr)
{
    if (reterr)
        *reterr = (struct db_error){.sqlstate = "53200", .text = "the queue of statements is too large"};
    for (const struct op *op = db->first; op; op = op->next)
        if (op->kind == OP_SYNC && op->ret_status)
            *op->ret_status = STATUS_RESOURCE_EXHAUSTED;
    db_forget(db);
    return STATUS_RESOURCE_EXHAUSTED;
}

enum status db_run(struct db *db, struct db_error *reterr)
{
    if (!db->first && !db->is_over) {
        db_forget(db); /* what was answered from memory took room */
        return STATUS_OK;
    }
    struct op last = {.kind = OP_SYNC};
    struct run run = {0};
    *db->end = &last;
    db->end = &last.next;
    if (db->is_over || !prologue(db, &run.send)) {
        forget_asked(db);
        return queue_over(db, reterr);
    }

    run.await = run.send;
    db->was_fatal = false;
    bool is_through = db_is_alive(db) && run_all(db, &run);
    forget_asked(db);
    enum status s = run.status;
    if (!is_through)
        s = run_lost(db, &run, reterr);
    else if (s != STATUS_OK && reterr)
        *reterr = run.error;
    db_forget(db);
    if (s != STATUS_OK)
        db_unremember(db); /* it may be undone, and what was read of it */
    return s;
}
