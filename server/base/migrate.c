/* Brings the schema to the newest of the embedded migrations, and tells whether it is there. */
#include "server/base/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"

const struct migration migrations[] = {
#include "migrations.inc"
};
const int migrations_count = (int)COUNT_OF(migrations);

#define LOCK_KEY INT64_C(0x7075727365720001)
#define RUN_MAX  10000

/* The record of what was run. It is bookkeeping of this database, not business: verify does not replay it. */
static const char *const table_sql = "CREATE TABLE IF NOT EXISTS schema_version ("
                                     " number bigint PRIMARY KEY,"
                                     " name text NOT NULL,"
                                     " sha256 text NOT NULL,"
                                     " at timestamptz NOT NULL DEFAULT now())";

struct done {
    int64_t number;
    const char *name, *sha256;
};

static enum status refuse_schema(struct db_error *reterr, const char *what, int64_t number, const char *name)
{
    if (reterr) {
        *reterr = (struct db_error){.sqlstate = "PU001"};
        snprintf(reterr->text, sizeof reterr->text, "migration %lld (%s) %s", (long long)number, name, what);
    }
    return STATUS_FAILED_PRECONDITION;
}

/* ---- is this a server we may trust ---- */

struct server_facts {
    const char *fsync, *full_page_writes, *encoding;
    int64_t version;
};

enum status migrate_check_server(struct db *db, struct db_error *reterr)
{
    struct arena *a = arena_new(65536);
    struct server_facts f = {0};
    if (!a)
        return STATUS_RESOURCE_EXHAUSTED;
    struct arena *before = db_use_arena(db, a);
    db_want(db,
            "SELECT current_setting('fsync'), current_setting('full_page_writes'),"
            "       current_setting('server_encoding'), current_setting('server_version_num')::bigint",
            DB_NONE,
            DB_COLS(struct server_facts, COL(TEXT, struct server_facts, fsync),
                    COL(TEXT, struct server_facts, full_page_writes),
                    COL(TEXT, struct server_facts, encoding), COL(I64, struct server_facts, version)),
            &f, NULL);
    enum status s = db_run(db, reterr);
    db_use_arena(db, before);
    const char *why = NULL;
    if (s == STATUS_OK && strcmp(f.fsync, "on") != 0)
        why = "fsync is off: an answered write could be lost";
    else if (s == STATUS_OK && strcmp(f.full_page_writes, "on") != 0)
        why = "full_page_writes is off: a crash could tear pages";
    else if (s == STATUS_OK && strcmp(f.encoding, "UTF8") != 0)
        why = "the database's encoding is not UTF8";
    else if (s == STATUS_OK && f.version < 150000)
        why = "PostgreSQL 15 or newer is needed";
    if (why) {
        s = STATUS_FAILED_PRECONDITION;
        if (reterr) {
            *reterr = (struct db_error){.sqlstate = "PU002"};
            snprintf(reterr->text, sizeof reterr->text, "%s", why);
        }
    }
    arena_free(a);
    return s;
}

/* ---- what was run ---- */

static const struct done *done_find(const struct done *done, int count, int64_t number)
{
    for (int i = 0; i < count; i++)
        if (done[i].number == number)
            return &done[i];
    return NULL;
}

static bool is_ours(int64_t number)
{
    for (int i = 0; i < migrations_count; i++)
        if (migrations[i].number == number)
            return true;
    return false;
}

static enum status read_done(struct db *db, struct arena *a, struct done **ret, int *ret_count,
                             struct db_error *reterr)
{
    struct arena *before = db_use_arena(db, a);
    db_want_rows(db,
                 "SELECT number, name, sha256"
                 "  FROM schema_version"
                 " ORDER BY number"
                 " LIMIT 10001",
                 DB_NONE,
                 DB_COLS(struct done, COL(I64, struct done, number), COL(TEXT, struct done, name),
                         COL(TEXT, struct done, sha256)),
                 RUN_MAX, ret, ret_count);
    enum status s = db_run(db, reterr);
    db_use_arena(db, before);
    return s;
}

/* What was run must be a beginning of what this program knows, word for word. */
static enum status compare(const struct done *done, int count, struct db_error *reterr)
{
    for (int i = 0; i < count; i++)
        if (!is_ours(done[i].number))
            return refuse_schema(reterr, "was run by a newer program", done[i].number, done[i].name);
    int64_t newest = count ? done[count - 1].number : -1;
    for (int i = 0; i < migrations_count; i++) {
        const struct migration *m = &migrations[i];
        const struct done *d = done_find(done, count, m->number);
        if (d && strcmp(d->sha256, m->sha256) != 0)
            return refuse_schema(reterr, "was run with another text", m->number, m->name);
        if (!d && m->number < newest)
            return refuse_schema(reterr, "was left out though later ones were run", m->number, m->name);
    }
    return STATUS_OK;
}

/* ---- running ---- */

static enum status run_one(struct db *db, const struct migration *m, struct db_error *reterr)
{
    enum status s = db_begin(db, "BEGIN", reterr);
    if (s == STATUS_OK)
        s = db_script(db, m->sql, reterr);
    if (s == STATUS_OK) {
        db_do_one(db,
                  "INSERT INTO schema_version (number, name, sha256)"
                  " VALUES ($1, $2, $3)",
                  DB_IN(in_i64(m->number), in_text(m->name), in_text(m->sha256)));
        s = db_run(db, reterr);
    }
    if (s == STATUS_OK)
        return db_commit(db, reterr);
    (void)!db_rollback(db); /* the failure that led here is the one to report */
    return s;
}

static enum status up_locked(struct db *db, struct arena *a, int *ret_done, struct db_error *reterr)
{
    struct done *done = NULL;
    int count = 0, run = 0;
    enum status s = db_script(db, table_sql, reterr);
    if (s == STATUS_OK)
        s = read_done(db, a, &done, &count, reterr);
    if (s == STATUS_OK)
        s = compare(done, count, reterr);
    for (int i = 0; i < migrations_count && s == STATUS_OK; i++) {
        if (done_find(done, count, migrations[i].number))
            continue;
        s = run_one(db, &migrations[i], reterr);
        run += s == STATUS_OK;
    }
    if (s == STATUS_OK)
        *ret_done = run;
    return s;
}

enum status migrate_up(struct db *db, int *ret_done, struct db_error *reterr)
{
    struct arena *a = arena_new((size_t)4 << 20);
    if (!a)
        return STATUS_RESOURCE_EXHAUSTED;
    db_do(db, "SELECT pg_advisory_lock($1)", DB_IN(in_i64(LOCK_KEY)));
    enum status s = db_run(db, reterr);
    if (s == STATUS_OK) {
        s = up_locked(db, a, ret_done, reterr);
        db_do(db, "SELECT pg_advisory_unlock($1)", DB_IN(in_i64(LOCK_KEY)));
        enum status unlocked = db_run(db, NULL);
        s = s == STATUS_OK ? unlocked : s;
    }
    arena_free(a);
    return s;
}

enum status migrate_into(struct db *db, struct db_error *reterr)
{
    for (int i = 0; i < migrations_count; i++) {
        enum status s = db_script(db, migrations[i].sql, reterr);
        if (s != STATUS_OK)
            return s;
    }
    return STATUS_OK;
}

enum status migrate_status(struct db *db, int *ret_have, int *ret_newest, struct db_error *reterr)
{
    struct arena *a = arena_new((size_t)4 << 20);
    struct done *done = NULL;
    int count = 0;
    if (!a)
        return STATUS_RESOURCE_EXHAUSTED;
    enum status s = read_done(db, a, &done, &count, reterr);
    if (s == STATUS_INTERNAL && reterr && strcmp(reterr->sqlstate, "42P01") == 0)
        s = STATUS_OK; /* no table yet: nothing was run */
    if (s == STATUS_OK)
        s = compare(done, count, reterr);
    int newest = migrations_count ? migrations[migrations_count - 1].number : -1;
    int have = count ? (int)done[count - 1].number : -1;
    if (s == STATUS_OK) {
        *ret_have = have;
        *ret_newest = newest;
        if (have != newest)
            s = refuse_schema(reterr, "was not run yet: purserd migrate", newest,
                              migrations[migrations_count - 1].name);
    }
    arena_free(a);
    return s;
}
