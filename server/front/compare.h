/* Comparing a live schema with a replayed one, table by table, naming table, key and column of the first
 * difference. */
#pragma once

#include "common/sign.h"
#include "server/base/call.h"

struct compare {
    struct db *db;
    struct arena *arena;
    const char *live, *replayed; /* schema names, quoted */
    int64_t *rows;               /* counted up */
    int *tables;
    char *first; /* where the first difference is told */
    size_t first_max;
    const char *audience; /* origin of the checkpoints */
    const struct sign_public *journal_key;
    char note[2048]; /* the newest checkpoint that was found to be good; its own: */
    uint64_t note_size;
    struct hash note_root;
};

/* DATA_LOSS with c->first when a row is missing, is there too much, or differs in a column. */
enum status compare_table(struct compare *c, const char *table, struct db_error *reterr) MUST_CHECK;
/* Kept totals against the rows that they add up, by the view as this program makes it: replay alone would not
 * tell when the writing of a total is wrong. After compare_table() of all tables, when rows here and there
 * are the same. */
enum status compare_sum(struct compare *c, const struct kept_sum *sum, struct db_error *reterr) MUST_CHECK;
/* The journal's own tables against the entries: nodes, and the stored answers of accepted commands with their
 * receipts. */
enum status compare_journal(struct compare *c, uint64_t size, uint64_t *ret_answers,
                            struct db_error *reterr) MUST_CHECK;
