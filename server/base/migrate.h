/* Numbered migrations: embedded, checksummed, forward only, under a lock. */
#pragma once

#include "server/base/db.h"

struct migration {
    int number;
    const char *name, *sha256, *sql;
};
extern const struct migration migrations[];
extern const int migrations_count;

/* Checks encoding UTF8, fsync and full_page_writes on, server version ≥ 15; FAILED_PRECONDITION with a
 * sentence in reterr. */
enum status migrate_check_server(struct db *db, struct db_error *reterr) MUST_CHECK;
/* Brings schema (search_path's first) to the newest; *ret_done counts what was run. FAILED_PRECONDITION when
 * the schema is newer than this program, or a migration that ran has another checksum. */
enum status migrate_up(struct db *db, int *ret_done, struct db_error *reterr) MUST_CHECK;
/* For verify: runs all of them in the current transaction and search_path, keeping no record. */
enum status migrate_into(struct db *db, struct db_error *reterr) MUST_CHECK;
/* FAILED_PRECONDITION unless the schema is exactly at the newest. */
enum status migrate_status(struct db *db, int *ret_have, int *ret_newest, struct db_error *reterr) MUST_CHECK;
