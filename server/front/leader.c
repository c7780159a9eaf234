/* The writer's connection: who leads, is the database the one we know, is the checkpoint file up to date. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "server/domain/unit/unit.h"
#include "server/front/clock.h"
#include "server/front/people.h"
#include "server/front/proofs.h"
#include "server/front/writer_private.h"

#define CONNECT_MS  5000
#define PATIENCE_MS 60000 /* longer than any lock_timeout: PostgreSQL itself is stuck */
#define AGAIN_MS    200   /* between attempts to connect, or to get the lock */
#define LET_GO_MS   1000  /* for the lock of the connection that was lost */
#define JUMP_US     INT64_C(60000000)
#define LEADER_LOCK "7021863541"

static void set_lead(struct writer *w, enum lead lead)
{
    pthread_mutex_lock(&w->lock);
    if (w->lead != LEAD_NEVER)
        w->lead = lead;
    w->is_able = w->lead == LEAD_LEADS && !w->is_file_behind;
    pthread_mutex_unlock(&w->lock);
}

void leader_disconnect(struct writer *w)
{
    db_close(w->batch.db);
    w->batch.db = NULL;
    set_lead(w, LEAD_NONE);
}

void leader_resign(struct writer *w)
{
    set_lead(w, LEAD_NEVER);
    leader_disconnect(w);
}

const char *leader_obstacle(const struct writer *w)
{
    switch (w->lead) {
    case LEAD_NONE:
        return "NO_DATABASE";
    case LEAD_FOLLOWS:
        return "NOT_LEADER";
    case LEAD_NEVER:
        return "WRITES_ENDED";
    case LEAD_LEADS:
        break;
    }
    return w->is_file_behind ? "CHECKPOINT_UNWRITABLE" : NULL;
}

/* ---- the checkpoint file ---- */

static void save_checkpoint(struct writer *w)
{
    if (w->lead != LEAD_LEADS || !*w->head.note)
        return;
    w->is_file_behind = checkpoint_save(&w->file, w->head.note) != STATUS_OK;
    if (w->is_file_behind && !w->has_complained)
        log_error("checkpoint file %s cannot be written (%s): writes are suspended", w->setup.checkpoint_path,
                  strerror(errno));
    if (!w->is_file_behind && w->has_complained)
        log_info("checkpoint file %s can be written again", w->setup.checkpoint_path);
    w->has_complained = w->is_file_behind;
    set_lead(w, w->lead);
}

/* For the other threads; true when the head is another than they knew. */
static bool tell_head(struct writer *w)
{
    pthread_mutex_lock(&w->lock);
    bool has_moved = w->size != w->head.tree.size;
    if (has_moved) {
        arena_reset(w->note_arena);
        w->note = arena_text(w->note_arena, w->head.note);
        w->size = w->head.tree.size;
        w->epoch = w->head.epoch;
    }
    pthread_mutex_unlock(&w->lock);
    clock_not_before(w->head.last_us);
    return has_moved;
}

void leader_publish(struct writer *w)
{
    if (tell_head(w))
        save_checkpoint(w);
}

static enum status behind(struct writer *w, uint64_t size, struct db_error *err)
{
    snprintf(err->text, sizeof(err->text),
             "the database is older than the checkpoint file %s: the journal had %llu entries, the database "
             "has %llu. Answered writes would be lost. Restore the newest backup, or bring the old database "
             "back",
             w->setup.checkpoint_path, (unsigned long long)size, (unsigned long long)w->head.tree.size);
    return STATUS_FAILED_PRECONDITION;
}

/* The checkpoint that was given out last must be in the tree: its root at its size. */
static enum status compare_file(struct writer *w, struct db_error *err)
{
    const char *path = w->setup.checkpoint_path;
    struct sign_public key = sign_public_of(w->setup.journal_key);
    struct checkpoint_found found;
    struct hash root;
    enum status s = checkpoint_read(w->arena, path, &key, &found);
    if (s == STATUS_NOT_FOUND) {
        if (w->head.tree.size > 1)
            log_warn("checkpoint file %s is not there: it cannot be told whether the database was set back",
                     path);
        w->is_file_behind = w->head.tree.size > 0;
        return STATUS_OK;
    }
    if (s == STATUS_UNAVAILABLE) {
        snprintf(err->text, sizeof(err->text), "checkpoint file %s: %s", path, strerror(errno));
        return STATUS_FAILED_PRECONDITION;
    }
    if (s != STATUS_OK || strcmp(found.newest.origin, w->setup.audience) != 0) {
        snprintf(err->text, sizeof(err->text), "checkpoint file %s is not signed by this journal's key",
                 path);
        return STATUS_FAILED_PRECONDITION;
    }
    if (found.is_damaged)
        log_warn("checkpoint file %s: one of its two slots is damaged; the other says %llu entries", path,
                 (unsigned long long)found.newest.size);
    if (found.newest.size > w->head.tree.size)
        return behind(w, found.newest.size, err);
    s = proofs_root_at(w->batch.db, w->arena, found.newest.size, &root, err);
    if (s == STATUS_OK && memcmp(root.b, found.newest.root.b, HASH_BYTES) != 0) {
        snprintf(err->text, sizeof(err->text),
                 "the journal in the database is another one than the checkpoint file %s knows (at %llu "
                 "entries)",
                 path, (unsigned long long)found.newest.size);
        return STATUS_FAILED_PRECONDITION;
    }
    w->file.is_laid = found.is_laid;
    w->file.next = 1 - found.slot;
    w->is_file_behind = found.newest.size < w->head.tree.size;
    return s;
}

/* ---- the connection ---- */

/* The lock that only one writer holds. It waits for the backend of a connection that was lost, so that an
 * unknown COMMIT has ended when we ask again. */
static enum status take_lock(struct writer *w, int wait_ms, bool *ret_is_ours, struct db_error *err)
{
    static const struct db_col col[] = {{.type = DB_BOOL}};
    int64_t until = clock_monotonic_ms() + wait_ms;
    for (;;) {
        bool found = false;
        *ret_is_ours = false;
        db_use_arena(w->batch.db, w->arena);
        db_want(w->batch.db, "SELECT pg_try_advisory_lock(" LEADER_LOCK ")", DB_NONE,
                (struct db_cols){col, 1, sizeof(bool)}, ret_is_ours, &found);
        enum status s = db_run(w->batch.db, err);
        w->looked_ms = clock_monotonic_ms();
        if (s != STATUS_OK || *ret_is_ours || w->looked_ms >= until)
            return s;
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
}

static enum status refresh_people(struct writer *w, struct db_error *err)
{
    bool found = false;
    int64_t version = 0;
    db_use_arena(w->batch.db, w->arena);
    unit_want_people_version(w->batch.db, &version, &found);
    enum status s = db_run(w->batch.db, err);
    w->batch.people_version = version;
    if (s == STATUS_OK && found)
        s = people_refresh(w->batch.db, version, day_of_us(clock_now_us()), err);
    return s;
}

/* Head, tree and people as the database has them. The file is the leader's, who may write it just now. */
static enum status load(struct writer *w, bool is_ours, struct db_error *err)
{
    arena_reset(w->head_arena);
    db_unremember(w->batch.db); /* whoever led until now has written */
    enum status s = journal_load(w->batch.db, w->head_arena, &w->head, err);
    if (s == STATUS_NOT_FOUND) { /* the journal has not begun */
        w->head = (struct journal_head){.epoch = 1, .note = "", .root = merkle_empty()};
        s = STATUS_OK;
    }
    if (s == STATUS_OK && is_ours)
        s = compare_file(w, err);
    if (s == STATUS_OK)
        s = refresh_people(w, err);
    if (s == STATUS_DATA_LOSS)
        snprintf(err->text, sizeof(err->text),
                 "the journal's tree in the database does not add up to its head; run purserd verify");
    return s;
}

/* Asks for the lock, then loads what the one who had it left. */
static enum status look(struct writer *w, int wait_ms, struct db_error *err)
{
    bool is_ours = false, followed = w->lead == LEAD_FOLLOWS;
    arena_reset(w->arena);
    enum status s = take_lock(w, wait_ms, &is_ours, err);
    if (s == STATUS_OK)
        s = load(w, is_ours, err);
    if (s != STATUS_OK)
        return s;
    if (is_ours == followed)
        log_warn("writer: %s", is_ours
                                   ? "this server writes now"
                                   : "another server writes to this database; here only reads are answered");
    set_lead(w, is_ours ? LEAD_LEADS : LEAD_FOLLOWS);
    (void)tell_head(w);
    if (w->is_file_behind)
        save_checkpoint(w);
    return STATUS_OK;
}

enum status leader_connect(struct writer *w, int lock_wait_ms, struct db_error *err)
{
    leader_disconnect(w);
    w->tried_ms = clock_monotonic_ms();
    *err = (struct db_error){.text = "writing has ended until an operator looks at it"};
    if (w->lead == LEAD_NEVER)
        return STATUS_UNAVAILABLE;
    enum status s = db_open(w->setup.conninfo, NULL, CONNECT_MS, &w->batch.db, err);
    if (s != STATUS_OK)
        return s;
    db_set_patience(w->batch.db, PATIENCE_MS);
    db_set_memory(w->batch.db, true);
    s = look(w, lock_wait_ms, err);
    if (s == STATUS_FAILED_PRECONDITION)
        leader_resign(w);
    else if (s != STATUS_OK)
        leader_disconnect(w);
    else
        w->tried_ms = 0; /* when it is lost, the next attempt is made at once */
    return s;
}

/* ---- between batches ---- */

static void connect_again(struct writer *w)
{
    struct db_error err;
    enum status s = leader_connect(w, LET_GO_MS, &err);
    if (s == STATUS_OK)
        log_info("writer: connected again");
    else
        log_warn("writer: %s: %s", status_name(s), err.text);
}

static void follow(struct writer *w)
{
    struct db_error err = {0};
    enum status s = look(w, 0, &err);
    if (s == STATUS_OK)
        return;
    log_warn("writer: %s: %s", status_name(s), err.text);
    if (s == STATUS_FAILED_PRECONDITION)
        leader_resign(w);
    else
        leader_disconnect(w);
}

void leader_tend(struct writer *w)
{
    struct db_error err = {0};
    int64_t now_ms = clock_monotonic_ms(), jump_us = clock_jump_us();
    if (jump_us > JUMP_US || jump_us < -JUMP_US)
        log_warn("the machine's clock was set by %lld s; the journal's time goes on from its newest entry",
                 (long long)(jump_us / 1000000));
    if (w->lead == LEAD_NEVER)
        return;
    if (w->batch.db && !db_look(w->batch.db)) { /* said farewell while nobody asked: nothing is unknown */
        log_warn("writer: the database went away");
        leader_disconnect(w);
    }
    if (!w->batch.db && now_ms - w->tried_ms >= AGAIN_MS)
        connect_again(w);
    if (!w->batch.db)
        return;
    if (w->lead == LEAD_FOLLOWS && now_ms - w->looked_ms >= AGAIN_MS)
        follow(w);
    if (w->is_file_behind)
        save_checkpoint(w);
    if (w->batch.db && people_day().n != day_of_us(clock_now_us()).n) {
        arena_reset(w->arena);
        if (refresh_people(w, &err) != STATUS_OK)
            log_error("people could not be read again: %s", err.text);
    }
}
