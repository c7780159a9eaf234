/* The SQL of cycles and rounds. */
#include "server/domain/budget/budget_cycle_store.h"

void cycle_want(struct db *db, int64_t year, struct cycle *ret)
{
    db_want(db,
            "SELECT year, version, state, catalogue_version, congress_date, issue_due_date, "
            "congress_document, recorded_by"
            "  FROM budget_cycle"
            " WHERE year = $1",
            DB_IN(in_i64(year)),
            DB_COLS(struct cycle, COL(I64, struct cycle, year), COL(I64, struct cycle, version),
                    COL_ENUM(struct cycle, state, &cycle_states), COL(TEXT, struct cycle, catalogue_version),
                    COL(DAY, struct cycle, congress), COL(DAY, struct cycle, issue_due),
                    COL(TEXT, struct cycle, congress_document), COL(TEXT, struct cycle, recorded_by)),
            ret, &ret->is_found);
}

void year_want(struct db *db, int64_t year, struct year_sum *ret)
{
    db_want(db,
            "SELECT count(*) FILTER (WHERE state IN ('UP1', 'FIN1', 'FIN2')),"
            "       count(*) FILTER (WHERE state = 'CONTROL'),"
            "       least(COALESCE(sum(control_fen) FILTER (WHERE state = 'CONTROL'), 0),"
            "             9223372036854775807)::bigint,"
            "       count(DISTINCT department_id) FILTER (WHERE state = 'CONTROL'),"
            "       count(*) FILTER (WHERE state IN ('UP2_REVIEW', 'UP2', 'FIN_FINAL')),"
            "       count(*) FILTER (WHERE state = 'COMPILED'),"
            "       count(*) FILTER (WHERE state = 'APPROVED'),"
            "       least(COALESCE(sum(requested_fen) FILTER (WHERE state = 'APPROVED'), 0),"
            "             9223372036854775807)::bigint"
            "  FROM budget_line"
            " WHERE year = $1",
            DB_IN(in_i64(year)),
            DB_COLS(struct year_sum, COL(I64, struct year_sum, under_review),
                    COL(I64, struct year_sum, controlled), COL(I64, struct year_sum, control_fen),
                    COL(I64, struct year_sum, departments), COL(I64, struct year_sum, under_final),
                    COL(I64, struct year_sum, compiled), COL(I64, struct year_sum, approved),
                    COL(I64, struct year_sum, approved_fen)),
            ret, NULL);
}

void step_want(struct db *db, int64_t year, int step, struct window *ret)
{
    *ret = (struct window){DAY_NONE, DAY_NONE, DAY_NONE};
    db_want(db,
            "SELECT open_date, due_date"
            "  FROM budget_step"
            " WHERE year = $1"
            "   AND step = $2",
            DB_IN(in_i64(year), in_enum(step, &cycle_steps)),
            DB_COLS(struct window, COL(DAY, struct window, open), COL(DAY, struct window, due)), ret, NULL);
}

void year_want_departments(struct db *db, int64_t year, struct text_row **ret, int *ret_count)
{
    db_want_rows(db,
                 "SELECT unit_id"
                 "  FROM budget_round"
                 " WHERE year = $1"
                 "   AND round = 'U1'"
                 " ORDER BY unit_id"
                 " LIMIT 500",
                 DB_IN(in_i64(year)), DB_COLS(struct text_row, COL(TEXT, struct text_row, text)), 500, ret,
                 ret_count);
}

/* ---- rounds ---- */

static const struct db_col round_cols[] = {
    COL(TEXT, struct round, id),
    COL(TEXT, struct round, unit_id),
    COL(I64, struct round, year),
    COL(I64, struct round, version),
    COL_ENUM(struct round, round, &budget_rounds),
    COL_ENUM(struct round, state, &round_states),
    COL(DAY, struct round, window.open),
    COL(DAY, struct round, window.due),
    COL(DAY, struct round, window.reopened_to),
};
static const struct db_cols round_row = {round_cols, (int)(sizeof round_cols / sizeof round_cols[0]),
                                         sizeof(struct round)};

void round_want(struct db *db, int64_t year, const char *department_id, int round, struct round *ret)
{
    db_want(db,
            "SELECT s.year || '-' || $2 || '-' || s.step, $2::text, s.year, COALESCE(r.version, 0), s.step,"
            "       COALESCE(r.state, 'NONE'), s.open_date, s.due_date, r.reopened_to_date"
            "  FROM budget_step s"
            "  LEFT JOIN budget_round r ON r.year = s.year AND r.round = s.step AND r.unit_id = $2"
            " WHERE s.year = $1"
            "   AND s.step = $3",
            DB_IN(in_i64(year), in_text(department_id), in_enum(round, &budget_rounds)), round_row, ret,
            &ret->is_known);
}

void round_want_by_id(struct db *db, const struct scope *scope, const char *id, struct round *ret)
{
    db_want(db,
            "SELECT r.id, r.unit_id, r.year, r.version, r.round, r.state, s.open_date, s.due_date, "
            "r.reopened_to_date"
            "  FROM budget_round r"
            "  JOIN budget_step s ON s.year = r.year AND s.step = r.round"
            " WHERE r.id = $1"
            "   AND r.unit_id ^@ $2",
            DB_IN(in_text(id), in_text(scope->unit_id)), round_row, ret, &ret->is_known);
}

void round_move(struct db *db, const struct round *r, int to, const char *person_id, int64_t now_us)
{
    db_do_one(
        db,
        "INSERT INTO budget_round (id, year, unit_id, round, unit_name, state, version, person_id, "
        "changed_us)"
        " VALUES ($1, $2, $3, $4, $3, $5, 1, $6, $7)"
        " ON CONFLICT (id) DO UPDATE"
        "   SET state = EXCLUDED.state, version = budget_round.version + 1, person_id = EXCLUDED.person_id,"
        "       changed_us = EXCLUDED.changed_us",
        DB_IN(in_text(r->id), in_i64(r->year), in_text(r->unit_id), in_enum(r->round, &budget_rounds),
              in_enum(to, &round_states), in_text(person_id), in_i64(now_us)));
}

void round_declare(struct db *db, const struct round *r, int to, const char *why, const char *person_id,
                   int64_t now_us)
{
    db_do_one(db,
              "UPDATE budget_round"
              "   SET state = $3, version = version + 1, declared_why = $4, person_id = $5, changed_us = $6"
              " WHERE id = $1"
              "   AND version = $2",
              DB_IN(in_text(r->id), in_i64(r->version), in_enum(to, &round_states), in_text(why),
                    in_text(person_id), in_i64(now_us)));
}

void round_reopen(struct db *db, const struct round *r, struct day to, const char *why, const char *person_id,
                  int64_t now_us)
{
    db_do_one(db,
              "UPDATE budget_round"
              "   SET version = version + 1, reopened_to_date = $3, reopened_why = $4, person_id = $5, "
              "changed_us = $6"
              " WHERE id = $1"
              "   AND version = $2",
              DB_IN(in_text(r->id), in_i64(r->version), in_day(to), in_text(why), in_text(person_id),
                    in_i64(now_us)));
}

/* ---- a whole year ---- */

void cycle_insert(struct db *db, const struct deployment *d, const char *person_id, int64_t now_us)
{
    db_do_one(db,
              "INSERT INTO budget_cycle (year, state, version, catalogue_version, opened_us, opened_by)"
              " VALUES ($1, 'OPEN', 1, $2, $3, $4)",
              DB_IN(in_i64(d->year), in_text(d->catalogue_version), in_i64(now_us), in_text(person_id)));
    for (int s = 1; s <= STEPS_COUNT; s++)
        db_do_one(db,
                  "INSERT INTO budget_step (year, step, open_date, due_date)"
                  " VALUES ($1, $2, $3, $4)",
                  DB_IN(in_i64(d->year), in_enum(s, &cycle_steps), in_day(d->steps[s].open),
                        in_day(d->steps[s].due)));
    db_do(db,
          "INSERT INTO budget_round (id, year, unit_id, round, unit_name, state, version, person_id, "
          "changed_us)"
          " SELECT $1 || '-' || u.id || '-U1', $1, u.id, 'U1', u.name, 'NONE', 1, $4, $5"
          "   FROM unnest($2::text[], $3::text[]) AS u (id, name)",
          DB_IN(in_i64(d->year), in_texts(d->unit_ids, (size_t)d->units),
                in_texts(d->unit_names, (size_t)d->units), in_text(person_id), in_i64(now_us)));
}

/* Versions of lines that were moved by one statement; those that are kept already stay as they are. */
static void keep_versions(struct db *db, int64_t year, int state, const char *person_id, int64_t now_us)
{
    db_do(db,
          "INSERT INTO budget_line_version (line_id, version, state, project_code, name, content, "
          "catalogue_code,"
          "       function_code, economic_code, quantity, unit_price_fen, requested_fen, control_fen, "
          "approved_fen,"
          "       sources, provider_type, method, start_date, end_date, is_new, basis, person_id, at_us)"
          " SELECT l.id, l.version, l.state, l.project_code, l.name, l.content, l.catalogue_code, "
          "l.function_code,"
          "        l.economic_code, l.quantity, l.unit_price_fen, l.requested_fen, l.control_fen, "
          "l.approved_fen,"
          "        COALESCE((SELECT string_agg(s.source || '=' || s.amount_fen, ' ' ORDER BY s.source "
          "COLLATE \"C\")"
          "                    FROM budget_source s WHERE s.line_id = l.id), ''),"
          "        l.provider_type, l.method, l.start_date, l.end_date, l.is_new, l.basis, $3, $4"
          "   FROM budget_line l"
          "  WHERE l.year = $1"
          "    AND l.state = $2"
          " ON CONFLICT (line_id, version) DO NOTHING",
          DB_IN(in_i64(year), in_enum(state, &line_states), in_text(person_id), in_i64(now_us)));
}

/* The event of every line that is about to be moved from a state. */
static void keep_events(struct db *db, int64_t year, int event, int from, int to, const char *person_id,
                        int64_t now_us)
{
    db_do(db,
          "INSERT INTO budget_event (line_id, seq, event, from_state, to_state, person_id, at_us, amount_fen)"
          " SELECT id, version + 1, $2, $3, $4, $5, $6,"
          "        CASE WHEN state = 'CONTROL' THEN control_fen ELSE requested_fen END"
          "   FROM budget_line"
          "  WHERE year = $1"
          "    AND state = $3",
          DB_IN(in_i64(year), in_enum(event, &line_events), in_enum(from, &line_states),
                in_enum(to, &line_states), in_text(person_id), in_i64(now_us)));
}

static void set_control_totals(struct db *db, int64_t year, const char *person_id, int64_t now_us)
{
    db_do(db,
          "INSERT INTO budget_control (year, unit_id, control_fen, lines, set_us, set_by)"
          " SELECT year, department_id, sum(control_fen)::bigint, count(*), $2, $3"
          "   FROM budget_line"
          "  WHERE year = $1"
          "    AND state = 'CONTROL'"
          "  GROUP BY year, department_id",
          DB_IN(in_i64(year), in_i64(now_us), in_text(person_id)));
    db_do(db,
          "INSERT INTO budget_round (id, year, unit_id, round, unit_name, state, version, declared_why, "
          "person_id,"
          "                          changed_us)"
          " SELECT r.year || '-' || r.unit_id || '-U2', r.year, r.unit_id, 'U2', r.unit_name,"
          "        CASE WHEN r.state = 'ZERO' THEN 'ZERO' ELSE 'NONE' END, 1, r.declared_why, $2, $3"
          "   FROM budget_round r"
          "  WHERE r.year = $1"
          "    AND r.round = 'U1'",
          DB_IN(in_i64(year), in_text(person_id), in_i64(now_us)));
}

void cycle_publish(struct db *db, const struct cycle *y, const char *person_id, int64_t now_us)
{
    set_control_totals(db, y->year, person_id, now_us);
    keep_events(db, y->year, LINE_PUBLISH, LINE_CONTROL, LINE_UP2_DRAFT, person_id, now_us);
    db_do(db,
          "UPDATE budget_source s"
          "   SET amount_fen = l.control_fen"
          "  FROM budget_line l"
          " WHERE l.id = s.line_id"
          "   AND l.year = $1"
          "   AND l.state = 'CONTROL'"
          "   AND (SELECT count(*) FROM budget_source o WHERE o.line_id = l.id) = 1",
          DB_IN(in_i64(y->year)));
    db_do(db,
          "UPDATE budget_line l"
          "   SET state = 'UP2_DRAFT', version = version + 1, changed_us = $2, return_due_date = NULL,"
          "       requested_fen = CASE WHEN (SELECT count(*) FROM budget_source o WHERE o.line_id = l.id) = 1"
          "                            THEN control_fen ELSE requested_fen END"
          " WHERE year = $1"
          "   AND state = 'CONTROL'",
          DB_IN(in_i64(y->year), in_i64(now_us)));
    keep_versions(db, y->year, LINE_UP2_DRAFT, person_id, now_us);
    db_do_one(db,
              "UPDATE budget_cycle"
              "   SET state = 'CONTROLLED', version = version + 1, controls_us = $3, controls_by = $4"
              " WHERE year = $1"
              "   AND version = $2",
              DB_IN(in_i64(y->year), in_i64(y->version), in_i64(now_us), in_text(person_id)));
}

void cycle_record(struct db *db, const struct cycle *y, const struct congress *n, const char *person_id)
{
    db_do_one(db,
              "UPDATE budget_cycle"
              "   SET state = 'CONGRESS', version = version + 1, congress_date = $3, congress_document = $4,"
              "       issue_due_date = $5, is_weekends_only = $6, recorded_by = $7"
              " WHERE year = $1"
              "   AND version = $2",
              DB_IN(in_i64(y->year), in_i64(y->version), in_day(n->day), in_text(n->document),
                    in_day(n->issue_due), in_bool(n->is_weekends_only), in_text(person_id)));
}

void cycle_confirm(struct db *db, const struct cycle *y, const char *person_id, int64_t now_us)
{
    keep_events(db, y->year, LINE_CONFIRM, LINE_COMPILED, LINE_APPROVED, person_id, now_us);
    db_do(db,
          "UPDATE budget_line"
          "   SET state = 'APPROVED', version = version + 1, changed_us = $2"
          " WHERE year = $1"
          "   AND state = 'COMPILED'",
          DB_IN(in_i64(y->year), in_i64(now_us)));
    keep_versions(db, y->year, LINE_APPROVED, person_id, now_us);
    db_do_one(db,
              "UPDATE budget_cycle"
              "   SET state = 'CONFIRMED', version = version + 1, confirmed_by = $3"
              " WHERE year = $1"
              "   AND version = $2",
              DB_IN(in_i64(y->year), in_i64(y->version), in_text(person_id)));
}

/* What is about to be issued counts in statistics from now on. */
static void total_add(struct db *db, int64_t year)
{
    db_do(db,
          "INSERT INTO budget_total (year, unit_id, catalogue_code, provider_type, lines, amount_fen)"
          " SELECT year, unit_id, catalogue_code, provider_type, count(*), sum(requested_fen)"
          "   FROM budget_line"
          "  WHERE year = $1"
          "    AND state = 'APPROVED'"
          "    AND requested_fen > 0"
          "  GROUP BY year, unit_id, catalogue_code, provider_type"
          " ON CONFLICT (year, unit_id, catalogue_code, provider_type) DO UPDATE"
          "   SET lines = budget_total.lines + EXCLUDED.lines,"
          "       amount_fen = budget_total.amount_fen + EXCLUDED.amount_fen",
          DB_IN(in_i64(year)));
}

void cycle_issue(struct db *db, const struct cycle *y, struct day today, bool is_late, const char *person_id,
                 int64_t now_us)
{
    keep_events(db, y->year, LINE_ISSUE, LINE_APPROVED, LINE_ISSUED, person_id, now_us);
    total_add(db, y->year);
    db_do(db,
          "UPDATE budget_line"
          "   SET state = 'ISSUED', version = version + 1, approved_fen = requested_fen, changed_us = $2"
          " WHERE year = $1"
          "   AND state = 'APPROVED'",
          DB_IN(in_i64(y->year), in_i64(now_us)));
    keep_versions(db, y->year, LINE_ISSUED, person_id, now_us);
    db_do_one(db,
              "UPDATE budget_cycle"
              "   SET state = 'ISSUED', version = version + 1, issued_date = $3, is_issued_late = $4, "
              "issued_by = $5"
              " WHERE year = $1"
              "   AND version = $2",
              DB_IN(in_i64(y->year), in_i64(y->version), in_day(today), in_bool(is_late),
                    in_text(person_id)));
}
