/* Replays the journal into an empty schema and compares every business row: proof of the live tables, and of
 * the journal itself. */
#pragma once

#include <stdio.h>

#include "common/sign.h"
#include "server/base/db.h"

struct verify_setup {
    const char *conninfo;
    const char *audience;
    const char *checkpoint_path; /* NULL: not compared */
    const struct sign_public *journal_key;
    bool is_serial; /* entries one by one and everything asked anew, not in waves as the writer decides */
};

struct verify_result {
    uint64_t entries; /* replayed */
    uint64_t waves;   /* in so many waves */
    uint64_t answers; /* stored answers compared */
    int tables;
    int64_t rows;     /* business rows compared */
    char first[1024]; /* the first difference, naming table, key and column; "" when there is none */
};

/* Everything happens in one REPEATABLE READ transaction that is rolled back: the database is left as it was,
 * and the server may go on working. OK when journal and tables agree, DATA_LOSS with ret->first when they do
 * not. */
enum status verify_run(const struct verify_setup *setup, struct verify_result *ret,
                       struct db_error *reterr) MUST_CHECK;
