/* The SQL of historical records. */
#include "server/domain/history/history_store.h"

/* ---- batches ---- */

void history_batch_want(struct db *db, const char *id, struct history_batch *ret)
{
    db_want(db,
            "SELECT id, source, prepared_by, state, records, total_fen, noted, version"
            "  FROM history_batch"
            " WHERE id = $1",
            DB_IN(in_text(id)),
            DB_COLS(struct history_batch, COL(TEXT, struct history_batch, id),
                    COL(TEXT, struct history_batch, source), COL(TEXT, struct history_batch, prepared_by),
                    COL_ENUM(struct history_batch, state, &history_states),
                    COL(I64, struct history_batch, records), COL(I64, struct history_batch, total_fen),
                    COL(I64, struct history_batch, noted), COL(I64, struct history_batch, version)),
            ret, &ret->is_found);
}

void history_batch_insert(struct db *db, const struct history_batch *b)
{
    db_do_one(db,
              "INSERT INTO history_batch (id, state, source, records, total_fen, noted, prepared_by, version)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
              DB_IN(in_text(b->id), in_enum(b->state, &history_states), in_text(b->source),
                    in_i64(b->records), in_i64(b->total_fen), in_i64(b->noted), in_text(b->prepared_by),
                    in_i64(b->version)));
}

void history_batch_move(struct db *db, const struct history_batch *b, int to)
{
    db_do_one(db,
              "UPDATE history_batch"
              "   SET state = $3, version = version + 1"
              " WHERE id = $1 AND version = $2",
              DB_IN(in_text(b->id), in_i64(b->version), in_enum(to, &history_states)));
}

void history_total_add(struct db *db, const char *batch_id)
{
    db_do(db,
          "INSERT INTO history_total (year_from, year_to, unit_id, unit_name, catalogue_code, provider_type,"
          "                           measure, records, amount_fen, words)"
          " SELECT extract(year FROM period_start), extract(year FROM period_end), unit_id, unit_name,"
          "        catalogue_code, provider_type, measure, count(*), sum(amount_fen),"
          "        md5(unit_name) || md5(provider_type)"
          "   FROM history_record"
          "  WHERE batch_id = $1"
          "  GROUP BY 1, 2, unit_id, unit_name, catalogue_code, provider_type, measure"
          " ON CONFLICT (year_from, year_to, unit_id, catalogue_code, measure, words) DO UPDATE"
          "   SET records = history_total.records + EXCLUDED.records,"
          "       amount_fen = history_total.amount_fen + EXCLUDED.amount_fen",
          DB_IN(in_text(batch_id)));
}

void history_event_insert(struct db *db, const char *batch_id, int64_t seq, int event, int from, int to,
                          const char *person_id, int64_t at_us, const char *opinion)
{
    db_do_one(
        db,
        "INSERT INTO history_event (batch_id, seq, event, from_state, to_state, person_id, at_us, opinion)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        DB_IN(in_text(batch_id), in_i64(seq), in_enum(event, &history_events),
              in_text(names_of(&history_states, from)), in_enum(to, &history_states), in_text(person_id),
              in_i64(at_us), in_text(opinion)));
}

void history_units_want(struct db *db, const char *batch_id, struct history_unit **ret, int *ret_count)
{
    db_want_rows(db,
                 "SELECT DISTINCT unit_id"
                 "  FROM history_record"
                 " WHERE batch_id = $1"
                 " ORDER BY unit_id"
                 " LIMIT 64",
                 DB_IN(in_text(batch_id)), DB_COLS(struct history_unit, COL(TEXT, struct history_unit, id)),
                 64, ret, ret_count);
}

/* ---- records ---- */

bool history_columns_init(struct history_columns *c, struct arena *a, size_t n)
{
    const char ***const columns[] = {&c->id,        &c->period_start,   &c->period_end,   &c->unit_id,
                                     &c->unit_name, &c->catalogue_code, &c->project_name, &c->provider_type,
                                     &c->measure,   &c->rule_set,       &c->differences};
    c->n = n;
    c->amount_fen = arena_array(a, n + 1, sizeof *c->amount_fen);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        *columns[i] = arena_array(a, n + 1, sizeof **columns[i]);
        if (!*columns[i])
            return false;
    }
    return c->amount_fen != NULL;
}

void history_records_insert(struct db *db, const char *batch_id, const struct history_columns *c)
{
    db_do(
        db,
        "INSERT INTO history_record (id, batch_id, period_start, period_end, unit_id, unit_name, "
        "catalogue_code,"
        "                            project_name, provider_type, measure, amount_fen, rule_set, differences)"
        " SELECT id, $1, period_start::date, period_end::date, unit_id, unit_name, catalogue_code, "
        "project_name,"
        "        provider_type, measure, amount_fen, rule_set, differences"
        "   FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],"
        "               $9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[])"
        "     AS r (id, period_start, period_end, unit_id, unit_name, catalogue_code, project_name, "
        "provider_type,"
        "           measure, amount_fen, rule_set, differences)",
        DB_IN(in_text(batch_id), in_texts(c->id, c->n), in_texts(c->period_start, c->n),
              in_texts(c->period_end, c->n), in_texts(c->unit_id, c->n), in_texts(c->unit_name, c->n),
              in_texts(c->catalogue_code, c->n), in_texts(c->project_name, c->n),
              in_texts(c->provider_type, c->n), in_texts(c->measure, c->n), in_i64s(c->amount_fen, c->n),
              in_texts(c->rule_set, c->n), in_texts(c->differences, c->n)));
}

/* Days are compared as texts: they have not been checked yet, and a cast would fail the whole batch. */
void history_twins_want(struct db *db, const struct history_columns *c, struct history_twin **ret,
                        int *ret_count)
{
    db_want_rows(db,
                 "SELECT k.at - 1, min(r.batch_id)"
                 "  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])"
                 "    WITH ORDINALITY AS k (period_start, period_end, unit_id, catalogue_code, project_name, "
                 "measure, at)"
                 "  JOIN history_record r"
                 "    ON r.unit_id = k.unit_id AND r.catalogue_code = k.catalogue_code"
                 "   AND r.project_name = k.project_name AND r.measure = k.measure"
                 "   AND to_char(r.period_start, 'YYYY-MM-DD') = k.period_start"
                 "   AND to_char(r.period_end, 'YYYY-MM-DD') = k.period_end"
                 "  JOIN history_batch b ON b.id = r.batch_id AND b.state <> 'REFUSED'"
                 " GROUP BY k.at"
                 " ORDER BY k.at"
                 " LIMIT 16",
                 DB_IN(in_texts(c->period_start, c->n), in_texts(c->period_end, c->n),
                       in_texts(c->unit_id, c->n), in_texts(c->catalogue_code, c->n),
                       in_texts(c->project_name, c->n), in_texts(c->measure, c->n)),
                 DB_COLS(struct history_twin, COL(I64, struct history_twin, at),
                         COL(TEXT, struct history_twin, batch_id)),
                 16, ret, ret_count);
}

/* ---- declared reads ---- */

const struct read_sql history_get_sql[] = {
    {.sql = "SELECT id AS \"batch.batch_id\", state AS \"batch.state\", source AS \"batch.source\","
            "       records AS \"batch.imported_count\", total_fen AS \"batch.total_fen\","
            "       noted AS \"batch.noted_count\", version AS \"batch.etag\""
            "  FROM history_batch"
            " WHERE id = :batch_id"},
    {.sql = "SELECT seq, event, from_state, to_state, person_id, at_us, opinion"
            "  FROM history_event"
            " WHERE batch_id = :batch_id"
            " ORDER BY seq"
            " LIMIT 100",
     .into = "events"},
    {0},
};

#define RECORDS                                                                                              \
    "SELECT r.id AS record_id, r.batch_id, b.state, r.period_start AS period_start_date,"                    \
    "       r.period_end AS period_end_date, r.unit_id, r.unit_name, r.catalogue_code, r.project_name,"      \
    "       r.provider_type, r.measure, r.amount_fen, r.rule_set, r.differences"                             \
    "  FROM history_record r"                                                                                \
    "  JOIN history_batch b ON b.id = r.batch_id"
#define RECORDS_PAGE "r.id > :_after ORDER BY r.id LIMIT :_limit"

/* A department sees what is confirmed; before that it is the bureau's paper. */
const struct read_sql history_list_sql[] = {
    {.sql = RECORDS " WHERE " RECORDS_PAGE, .needs = ""},
    {.sql = RECORDS " WHERE r.batch_id = :batch_id AND " RECORDS_PAGE, .needs = "batch_id"},
    {.sql = PAGE_OF_SCOPE(RECORDS, "r.unit_id", "b.state = 'CONFIRMED' AND " RECORDS_PAGE, "record_id"),
     .needs = "unit_id"},
    {.sql = RECORDS " WHERE r.unit_id ^@ :_scope AND b.state = 'CONFIRMED' AND r.batch_id = :batch_id"
                    "   AND " RECORDS_PAGE,
     .needs = "unit_id batch_id"},
    {0},
};

#define BATCHES_WHERE(filter)                                                                                \
    "SELECT id AS batch_id, state, source, records AS imported_count, total_fen, noted AS noted_count,"      \
    "       version AS etag"                                                                                 \
    "  FROM history_batch"                                                                                   \
    " WHERE " filter "id > :_after"                                                                          \
    " ORDER BY id"                                                                                           \
    " LIMIT :_limit"

const struct read_sql history_batches_sql[] = {
    {.sql = BATCHES_WHERE(""), .needs = ""},
    {.sql = BATCHES_WHERE("state = :state AND "), .needs = "state"},
    {0},
};
