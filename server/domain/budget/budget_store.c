/* The SQL of lines. */
#include "server/domain/budget/budget_store.h"

static const struct db_col line_cols[] = {
    COL(TEXT, struct budget_line, id),
    COL(TEXT, struct budget_line, unit_id),
    COL(TEXT, struct budget_line, department_id),
    COL(I64, struct budget_line, year),
    COL(I64, struct budget_line, version),
    COL_ENUM(struct budget_line, state, &line_states),
    COL_ENUM(struct budget_line, round, &budget_rounds),
    COL(TEXT, struct budget_line, d.project_code),
    COL(TEXT, struct budget_line, d.name),
    COL(TEXT, struct budget_line, d.content),
    COL(TEXT, struct budget_line, d.catalogue_code),
    COL(TEXT, struct budget_line, d.function_code),
    COL(TEXT, struct budget_line, d.economic_code),
    COL(TEXT, struct budget_line, d.quantity),
    COL(I64, struct budget_line, d.unit_price_fen),
    COL(I64, struct budget_line, d.requested_fen),
    COL(TEXT, struct budget_line, d.provider_type),
    COL_ENUM(struct budget_line, d.method, &purchase_methods),
    COL(DAY, struct budget_line, d.start),
    COL(DAY, struct budget_line, d.end),
    COL(BOOL, struct budget_line, d.is_new),
    COL(TEXT, struct budget_line, d.basis),
    COL(TEXT, struct budget_line, catalogue_name),
    COL(BOOL, struct budget_line, is_public_service),
    COL(I64, struct budget_line, first_fen),
    COL(I64, struct budget_line, control_fen),
    COL(I64, struct budget_line, approved_fen),
    COL(TEXT, struct budget_line, clerk_id),
    COL(TEXT, struct budget_line, approver_id),
    COL(TEXT, struct budget_line, reviewer_1_id),
    COL(TEXT, struct budget_line, reviewer_2_id),
    COL(BOOL, struct budget_line, has_consent),
    COL(DAY, struct budget_line, return_due),
    COL(TEXT, struct budget_line, refused_basis),
};
static const struct db_cols line_row = {line_cols, (int)(sizeof line_cols / sizeof line_cols[0]),
                                        sizeof(struct budget_line)};

#define LINE_COLUMNS                                                                                         \
    "SELECT id, unit_id, department_id, year, version, state, round, project_code, name, content, "          \
    "catalogue_code,"                                                                                        \
    "       function_code, economic_code, quantity, unit_price_fen, requested_fen, provider_type, method,"   \
    "       start_date, end_date, is_new, basis, catalogue_name, is_public_service, first_fen, control_fen," \
    "       approved_fen, clerk_id, approver_id, reviewer_1_id, reviewer_2_id, has_consent, "                \
    "return_due_date,"                                                                                       \
    "       refused_basis"                                                                                   \
    "  FROM budget_line"

void line_want(struct db *db, const struct scope *scope, const char *id, struct budget_line *ret)
{
    db_want(db,
            LINE_COLUMNS " WHERE id = $1"
                         "   AND unit_id ^@ $2",
            DB_IN(in_text(id), in_text(scope->unit_id)), line_row, ret, &ret->is_found);
    db_want_rows(db,
                 "SELECT source, amount_fen"
                 "  FROM budget_source"
                 " WHERE line_id = $1"
                 " ORDER BY source COLLATE \"C\""
                 " LIMIT 8",
                 DB_IN(in_text(id)),
                 DB_COLS(struct share, COL_ENUM(struct share, source, &fund_sources),
                         COL(I64, struct share, amount_fen)),
                 SHARES_MAX, &ret->d.shares, &ret->d.shares_count);
}

void line_want_refused(struct db *db, const struct budget_line *l, struct budget_line **ret, int *ret_count)
{
    db_want_rows(db,
                 LINE_COLUMNS " WHERE year = $1"
                              "   AND department_id = $2"
                              "   AND state = 'REFUSED'"
                              " ORDER BY id"
                              " LIMIT 1000",
                 DB_IN(in_i64(l->year), in_text(l->department_id)), line_row, 1000, ret, ret_count);
}

void line_want_hand(struct db *db, const char *line_id, const char *person_id, struct hand *ret)
{
    db_want(db,
            "SELECT count(*) FILTER (WHERE event IN ('CREATE', 'CREATE_LATE', 'EDIT', 'SUBMIT')"
            "                          AND seq > (SELECT COALESCE(max(seq), 0)"
            "                                       FROM budget_event"
            "                                      WHERE line_id = $1 AND event = 'APPROVE')),"
            "       count(*) FILTER (WHERE event IN ('CREATE', 'CREATE_LATE', 'EDIT', 'SUBMIT', 'APPROVE'))"
            "  FROM budget_event"
            " WHERE line_id = $1"
            "   AND person_id = $2",
            DB_IN(in_text(line_id), in_text(person_id)),
            DB_COLS(struct hand, COL(I64, struct hand, drafts), COL(I64, struct hand, department)), ret,
            NULL);
}

/* A sum of what somebody asked for may be beyond all bounds: it stops at the largest number there is. */
#define SUM_WHERE(column, which)                                                                             \
    "least(COALESCE(sum(" column ") FILTER (WHERE " which "), 0), 9223372036854775807)::bigint"

void line_want_department(struct db *db, int64_t year, const char *department_id, int round,
                          const char *but_id, struct department_sum *ret)
{
    db_want(
        db,
        "SELECT count(*) FILTER (WHERE state NOT IN ('WITHDRAWN', 'REFUSED')),"
        "       count(*) FILTER (WHERE CASE $3 WHEN 'U1' THEN state IN ('UP1', 'FIN1', 'FIN2', 'RETURNED')"
        "                              ELSE state IN ('UP2', 'FIN_FINAL') END),"
        "       " SUM_WHERE(
            "requested_fen",
            "state IN ('UP2_REVIEW', 'UP2', 'FIN_FINAL', 'COMPILED')") ","
                                                                       "       " SUM_WHERE(
                                                                           "control_fen",
                                                                           "state = 'CONTROL'") "  FROM "
                                                                                                "budget_line"
                                                                                                " WHERE year "
                                                                                                "= $1"
                                                                                                "   AND "
                                                                                                "department_"
                                                                                                "id = $2"
                                                                                                "   AND id "
                                                                                                "<> $4",
        DB_IN(in_i64(year), in_text(department_id), in_enum(round, &budget_rounds), in_text(but_id)),
        DB_COLS(struct department_sum, COL(I64, struct department_sum, lines),
                COL(I64, struct department_sum, waiting), COL(I64, struct department_sum, sent_fen),
                COL(I64, struct department_sum, granted_fen)),
        ret, NULL);
    db_want(db,
            "SELECT control_fen"
            "  FROM budget_control"
            " WHERE year = $1"
            "   AND unit_id = $2",
            DB_IN(in_i64(year), in_text(department_id)),
            DB_COLS(struct department_sum, COL(I64, struct department_sum, control_fen)), ret,
            &ret->has_control);
}

/* ---- writing ---- */

static void keep_event(struct db *db, const struct budget_line *after, int64_t version,
                       const struct line_step *s)
{
    db_do_one(db,
              "INSERT INTO budget_event (line_id, seq, event, from_state, to_state, person_id, at_us, "
              "opinion, decision,"
              "                          amount_fen, basis, due_date)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
              DB_IN(in_text(after->id), in_i64(version), in_enum(s->event, &line_events),
                    in_enum(s->from, &line_states), in_enum(after->state, &line_states),
                    in_text(s->person_id), in_i64(s->now_us), in_text(s->opinion ? s->opinion : ""),
                    in_enum(s->decision, &decisions), in_i64(s->amount_fen),
                    in_text(s->basis ? s->basis : ""), in_day(s->due.n ? s->due : DAY_NONE)));
}

static void keep_version(struct db *db, const struct budget_line *after, const struct line_step *s)
{
    db_do_one(
        db,
        "INSERT INTO budget_line_version (line_id, version, state, project_code, name, content, "
        "catalogue_code,"
        "       function_code, economic_code, quantity, unit_price_fen, requested_fen, control_fen, "
        "approved_fen,"
        "       sources, provider_type, method, start_date, end_date, is_new, basis, person_id, at_us)"
        " SELECT id, version, state, project_code, name, content, catalogue_code, function_code, "
        "economic_code,"
        "        quantity, unit_price_fen, requested_fen, control_fen, approved_fen,"
        "        COALESCE((SELECT string_agg(source || '=' || amount_fen, ' ' ORDER BY source COLLATE \"C\")"
        "                    FROM budget_source WHERE line_id = $1), ''),"
        "        provider_type, method, start_date, end_date, is_new, basis, $2, $3"
        "   FROM budget_line"
        "  WHERE id = $1",
        DB_IN(in_text(after->id), in_text(s->person_id), in_i64(s->now_us)));
}

static void keep_shares(struct db *db, const struct budget_line *l)
{
    for (int i = 0; i < l->d.shares_count; i++)
        db_do_one(db,
                  "INSERT INTO budget_source (line_id, source, amount_fen)"
                  " VALUES ($1, $2, $3)",
                  DB_IN(in_text(l->id), in_enum(l->d.shares[i].source, &fund_sources),
                        in_i64(l->d.shares[i].amount_fen)));
}

void line_insert(struct db *db, const struct budget_line *l, const struct line_step *s)
{
    const struct draft *d = &l->d;
    db_do_one(db,
              "INSERT INTO budget_line (id, unit_id, department_id, year, version, state, round, "
              "project_code, name,"
              "       content, catalogue_code, function_code, economic_code, quantity, unit_price_fen, "
              "requested_fen,"
              "       provider_type, method, start_date, end_date, is_new, basis, catalogue_name, "
              "is_public_service,"
              "       clerk_id, created_us, changed_us)"
              " VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, "
              "$19, $20,"
              "         $21, $22, $23, $24, $25, $25)",
              DB_IN(in_text(l->id), in_text(l->unit_id), in_text(l->department_id), in_i64(l->year),
                    in_enum(l->state, &line_states), in_enum(l->round, &budget_rounds),
                    in_text(d->project_code), in_text(d->name), in_text(d->content),
                    in_text(d->catalogue_code), in_text(d->function_code), in_text(d->economic_code),
                    in_text(d->quantity), in_i64(d->unit_price_fen), in_i64(d->requested_fen),
                    in_text(d->provider_type), in_enum(d->method, &purchase_methods), in_day(d->start),
                    in_day(d->end), in_bool(d->is_new), in_text(d->basis), in_text(l->catalogue_name),
                    in_bool(l->is_public_service), in_text(l->clerk_id), in_i64(s->now_us)));
    keep_shares(db, l);
    keep_event(db, l, 1, s);
    keep_version(db, l, s);
}

/* A person column stays NULL until there is one. */
static struct db_in in_person(const char *id) { return in_text(id && *id ? id : NULL); }

void line_save(struct db *db, const struct budget_line *after, const struct line_step *s)
{
    db_do_one(
        db,
        "UPDATE budget_line"
        "   SET state = $3, version = version + 1, first_fen = $4, control_fen = $5, approved_fen = $6,"
        "       clerk_id = $7, approver_id = $8, reviewer_1_id = $9, reviewer_2_id = $10, has_consent = $11,"
        "       return_due_date = $12, refused_basis = $13, changed_us = $14"
        " WHERE id = $1"
        "   AND version = $2",
        DB_IN(in_text(after->id), in_i64(after->version), in_enum(after->state, &line_states),
              in_i64(after->first_fen), in_i64(after->control_fen), in_i64(after->approved_fen),
              in_text(after->clerk_id), in_person(after->approver_id), in_person(after->reviewer_1_id),
              in_person(after->reviewer_2_id), in_bool(after->has_consent), in_day(after->return_due),
              in_text(after->refused_basis), in_i64(s->now_us)));
    keep_event(db, after, after->version + 1, s);
    keep_version(db, after, s);
}

void line_rewrite(struct db *db, const struct budget_line *after, const struct line_step *s)
{
    const struct draft *d = &after->d;
    db_do_one(db,
              "UPDATE budget_line"
              "   SET project_code = $3, name = $4, content = $5, catalogue_code = $6, function_code = $7,"
              "       economic_code = $8, quantity = $9, unit_price_fen = $10, requested_fen = $11,"
              "       provider_type = $12, method = $13, start_date = $14, end_date = $15, is_new = $16, "
              "basis = $17,"
              "       catalogue_name = $18, is_public_service = $19"
              " WHERE id = $1"
              "   AND version = $2",
              DB_IN(in_text(after->id), in_i64(after->version), in_text(d->project_code), in_text(d->name),
                    in_text(d->content), in_text(d->catalogue_code), in_text(d->function_code),
                    in_text(d->economic_code), in_text(d->quantity), in_i64(d->unit_price_fen),
                    in_i64(d->requested_fen), in_text(d->provider_type),
                    in_enum(d->method, &purchase_methods), in_day(d->start), in_day(d->end),
                    in_bool(d->is_new), in_text(d->basis), in_text(after->catalogue_name),
                    in_bool(after->is_public_service)));
    db_do(db,
          "DELETE FROM budget_source"
          " WHERE line_id = $1",
          DB_IN(in_text(after->id)));
    keep_shares(db, after);
    line_save(db, after, s);
}
