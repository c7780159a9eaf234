/* A throw-away PostgreSQL for unit tests, made the way the server makes its own. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/base/cluster.h"
#include "server/base/db.h"

static char pg_dir[64];
static const char *pg_conninfo;
static struct cluster *pg_cluster;

/* Group setup and teardown. */
static inline int pg_up(void **state)
{
    char err[512] = "";
    (void)state;
    snprintf(pg_dir, sizeof pg_dir, "/tmp/purser-test-XXXXXX");
    if (!mkdtemp(pg_dir) || chmod(pg_dir, 0711) != 0)
        return -1;
    if (cluster_start(pg_dir, "postgres", &pg_cluster, &pg_conninfo, err) == STATUS_OK)
        return 0;
    fprintf(stderr, "%s\n", err);
    return -1;
}

static inline int pg_down(void **state)
{
    char command[128];
    (void)state;
    cluster_stop(pg_cluster, 5000);
    snprintf(command, sizeof command, "rm -rf '%s'", pg_dir);
    return system(command);
}

static inline struct db *pg_open(struct arena *a)
{
    struct db *db = NULL;
    struct db_error error = {0};
    enum status s = db_open(pg_conninfo, NULL, 5000, &db, &error);
    if (s != STATUS_OK)
        fail_msg("%s", error.text);
    db_use_arena(db, a);
    return db;
}

/* Runs what is queued and wants it to succeed. */
static inline void pg_run(struct db *db)
{
    struct db_error error = {0};
    if (db_run(db, &error) != STATUS_OK)
        fail_msg("%s: %s", error.sqlstate, error.text);
}

static inline void pg_script(struct db *db, const char *sql)
{
    struct db_error error = {0};
    if (db_script(db, sql, &error) != STATUS_OK)
        fail_msg("%s: %s", error.sqlstate, error.text);
}
