/* A connection to PostgreSQL: opening it, watching it, transactions and scripts. */
#include "server/base/db_private.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/check.h"

/* Said once per connection. Time-outs are against the forgotten, not for the impatient. */
static const char *const session_sql = "SET client_encoding = 'UTF8';"
                                       "SET timezone = 'UTC';"
                                       "SET datestyle = 'ISO, YMD';"
                                       "SET bytea_output = 'hex';"
                                       "SET synchronous_commit = 'on';"
                                       "SET plan_cache_mode = 'force_generic_plan';"
                                       "SET lock_timeout = '10s';"
                                       "SET idle_in_transaction_session_timeout = '60s';"
                                       "SET client_min_messages = 'warning'";

/* ---- opening ---- */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

enum status db_lost(struct db *db, struct db_error *reterr, const char *text)
{
    if (db)
        db->is_lost = true;
    if (reterr) {
        snprintf(reterr->sqlstate, sizeof reterr->sqlstate, "08006");
        snprintf(reterr->text, sizeof reterr->text, "%s", text);
        reterr->sql = NULL;
    }
    return STATUS_UNAVAILABLE;
}

static void on_notice(void *ctx, const PGresult *res)
{
    struct db *db = ctx;
    const char *severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (!severity || strcmp(severity, "WARNING") == 0)
        db->was_warned = true;
}

/* What stands in conninfo (given as dbname, expanded last) wins over what stands before it. */
static PGconn *connect_start(const char *conninfo)
{
    static const char *const keys[] = {"application_name",
                                       "tcp_user_timeout",
                                       "keepalives_idle",
                                       "keepalives_interval",
                                       "keepalives_count",
                                       "dbname",
                                       NULL};
    const char *const values[] = {"purserd", "30000", "10", "5", "3", conninfo, NULL};
    return PQconnectStartParams(keys, values, 1);
}

static bool connect_wait(PGconn *pg, int timeout_ms)
{
    int64_t until = now_ms() + timeout_ms;
    PostgresPollingStatusType want = PGRES_POLLING_WRITING;
    while (want != PGRES_POLLING_OK) {
        int64_t left = until - now_ms();
        struct pollfd p = {.fd = PQsocket(pg), .events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        if (left <= 0 || p.fd < 0)
            return false;
        int n = poll(&p, 1, (int)left);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            want = PQconnectPoll(pg);
        if (want == PGRES_POLLING_FAILED)
            return false;
    }
    return PQsetnonblocking(pg, 1) == 0 && PQenterPipelineMode(pg) == 1;
}

static enum status session_begin(struct db *db, const char *settings, struct db_error *reterr)
{
    enum status s = db_script(db, session_sql, reterr);
    if (s == STATUS_OK && settings && settings[0])
        s = db_script(db, settings, reterr);
    db->was_warned = false;
    return s;
}

enum status db_open(const char *conninfo, const char *settings, int timeout_ms, struct db **ret,
                    struct db_error *reterr)
{
    struct db *db = calloc(1, sizeof *db);
    if (!db)
        return db_lost(NULL, reterr, "out of memory");
    db->end = &db->first;
    db->patience_ms = -1;
    db->may_wait_awake = sysconf(_SC_NPROCESSORS_ONLN) > 1; /* else he who is waited for could not work */
    db->room = arena_new(DB_QUEUE_BYTES_MAX);
    db->pg = connect_start(conninfo);

    enum status s = STATUS_UNAVAILABLE;
    if (!db->room || !db->pg)
        s = db_lost(db, reterr, "out of memory");
    else if (PQstatus(db->pg) == CONNECTION_BAD || !connect_wait(db->pg, timeout_ms))
        s = db_lost(db, reterr, PQerrorMessage(db->pg)[0] ? PQerrorMessage(db->pg) : "no answer in time");
    else {
        PQsetNoticeReceiver(db->pg, on_notice, db);
        s = session_begin(db, settings, reterr);
    }
    if (s != STATUS_OK) {
        db_close(db);
        return s == STATUS_INTERNAL ? STATUS_UNAVAILABLE : s;
    }
    *ret = db;
    return STATUS_OK;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    db_set_memory(db, false);
    db_stmts_free(db);
    arena_free(db->room);
    PQfinish(db->pg);
    free(db);
}

bool db_is_alive(const struct db *db) { return !db->is_lost && PQstatus(db->pg) == CONNECTION_OK; }

void db_set_patience(struct db *db, int ms) { db->patience_ms = ms; }
void db_set_awake(struct db *db, int us) { db->awake_us = db->may_wait_awake ? us : 0; }

/* Between runs nobody says anything but farewell, or what a setting has become. */
bool db_look(struct db *db)
{
    struct pollfd p = {.fd = PQsocket(db->pg), .events = POLLIN};
    while (db_is_alive(db) && poll(&p, 1, 0) > 0)
        if (PQconsumeInput(db->pg) != 1)
            db->is_lost = true;
    return db_is_alive(db);
}

bool db_ping(const char *conninfo) { return PQping(conninfo) == PQPING_OK; }

/* ---- transactions ---- */

enum status db_begin(struct db *db, const char *how, struct db_error *reterr)
{
    PRE(db_queued(db) == 0);
    db_do(db, how, DB_NONE);
    return db_run(db, reterr);
}

enum status db_commit(struct db *db, struct db_error *reterr)
{
    PRE(db_queued(db) == 0);
    db->was_warned = false;
    db->tag[0] = 0;
    db_do(db, "COMMIT", DB_NONE);
    struct db_error error = {0};
    enum status s = db_run(db, &error);
    if (reterr)
        *reterr = error;
    if (s != STATUS_OK) /* an ERROR before the commit record rolls back; everything else leaves it open */
        return db->is_lost || db->was_fatal || !error.sql ? STATUS_UNKNOWN : STATUS_INTERNAL;
    if (strcmp(db->tag, "ROLLBACK") == 0) {
        db_unremember(db);
        return STATUS_INTERNAL;
    }
    return strcmp(db->tag, "COMMIT") == 0 && !db->was_warned ? STATUS_OK : STATUS_UNKNOWN;
}

enum status db_rollback(struct db *db)
{
    db_forget(db);
    db_unremember(db);
    if (db_is_alive(db) && PQtransactionStatus(db->pg) == PQTRANS_IDLE)
        return STATUS_OK;
    db_do(db, "ROLLBACK", DB_NONE);
    return db_run(db, NULL);
}

/* ---- scripts ---- */

static bool script_wait(struct db *db)
{
    int left;
    while ((left = PQflush(db->pg)) == 1 || PQisBusy(db->pg))
        if (!db_wait(db, left == 1))
            return false;
    return left == 0;
}

enum status db_script(struct db *db, const char *sql, struct db_error *reterr)
{
    PRE(db_queued(db) == 0);
    struct db_error error = {0};
    enum status s = STATUS_OK;
    db_unremember(db);
    if (!db_is_alive(db) || PQexitPipelineMode(db->pg) != 1 || PQsendQuery(db->pg, sql) != 1)
        return db_lost(db, reterr, PQerrorMessage(db->pg));
    for (;;) {
        if (!script_wait(db))
            return db_lost(db, reterr, PQerrorMessage(db->pg));
        PGresult *res = PQgetResult(db->pg);
        if (!res)
            break;
        if (PQresultStatus(res) == PGRES_FATAL_ERROR && s == STATUS_OK)
            s = db_error_of(res, sql, &error);
        PQclear(res);
    }
    if (PQstatus(db->pg) != CONNECTION_OK || PQenterPipelineMode(db->pg) != 1)
        return db_lost(db, reterr, PQerrorMessage(db->pg));
    if (s != STATUS_OK && reterr)
        *reterr = error;
    return s;
}
