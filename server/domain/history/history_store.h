/* The tables of historical records. */
#pragma once

#include "server/base/call.h"
#include "server/domain/history/history_rules.h"

struct history_batch {
    bool is_found;
    const char *id, *source, *prepared_by;
    int state;
    int64_t records, total_fen, noted, version;
};
void history_batch_want(struct db *db, const char *id, struct history_batch *ret);
void history_batch_insert(struct db *db, const struct history_batch *b);
void history_batch_move(struct db *db, const struct history_batch *b, int to);
/* The records of a batch that is confirmed count in statistics from now on. */
void history_total_add(struct db *db, const char *batch_id);
void history_event_insert(struct db *db, const char *batch_id, int64_t seq, int event, int from, int to,
                          const char *person_id, int64_t at_us, const char *opinion);
/* The units of a batch, for the feed; at most UNITS_OF_ENTRY_MAX. */
struct history_unit {
    const char *id;
};
void history_units_want(struct db *db, const char *batch_id, struct history_unit **ret, int *ret_count);

/* Columns of n records. */
struct history_columns {
    const char **id, **period_start, **period_end, **unit_id, **unit_name, **catalogue_code, **project_name,
        **provider_type, **measure, **rule_set, **differences;
    int64_t *amount_fen;
    size_t n;
};
bool history_columns_init(struct history_columns *c, struct arena *a,
                          size_t n); /* false: the arena is full */
void history_records_insert(struct db *db, const char *batch_id, const struct history_columns *c);

/* Rows (by their place, from 0) that stand already in a batch that was not refused; at most 16. */
struct history_twin {
    int64_t at;
    const char *batch_id;
};
void history_twins_want(struct db *db, const struct history_columns *c, struct history_twin **ret,
                        int *ret_count);

extern const struct read_sql history_get_sql[], history_list_sql[], history_batches_sql[];
