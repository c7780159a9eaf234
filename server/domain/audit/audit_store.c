/* SQL of audit that changes its tables, and that fetches the facts on which changes are decided. */
#include "server/domain/audit/audit_store.h"

#include "common/check.h"

void case_want(struct db *db, const struct scope *scope, const char *id, struct audit_case *ret)
{
#define K struct audit_case
    db_want(
        db,
        "SELECT id, kind, state, title, year_from, year_to, head, team, owner_unit_id, planner_id,"
        "       consulter_id, reviewer_id, notice_date, start_date, consult_date, reply_due_date,"
        "       report_date, closed_date, is_special, is_weekends_only, special_basis, report_text,"
        "       findings_count, open_count, version"
        "  FROM audit_case c"
        " WHERE id = $1"
        "   AND ($2 = '' OR (notice_date IS NOT NULL AND EXISTS (SELECT 1"
        "                                                     FROM audit_case_unit u"
        "                                                    WHERE u.case_id = c.id AND u.unit_id ^@ $2)))",
        DB_IN(in_text(id), in_text(scope->unit_id)),
        DB_COLS(K, COL(TEXT, K, id), COL_ENUM(K, kind, &case_kinds), COL_ENUM(K, state, &case_states),
                COL(TEXT, K, title), COL(I64, K, year_from), COL(I64, K, year_to), COL(TEXT, K, head),
                COL(TEXT, K, team), COL(TEXT, K, owner_unit_id), COL(TEXT, K, planner_id),
                COL(TEXT, K, consulter_id), COL(TEXT, K, reviewer_id), COL(DAY, K, notice_date),
                COL(DAY, K, start_date), COL(DAY, K, consult_date), COL(DAY, K, reply_due_date),
                COL(DAY, K, report_date), COL(DAY, K, closed_date), COL(BOOL, K, is_special),
                COL(BOOL, K, is_weekends_only), COL(TEXT, K, special_basis), COL(TEXT, K, report_text),
                COL(I64, K, findings_count), COL(I64, K, open_count), COL(I64, K, version)),
        ret, &ret->is_found);
#undef K
}

void case_want_units(struct db *db, const char *case_id, struct case_unit **ret, int *ret_count)
{
#define U struct case_unit
    db_want_rows(db,
                 "SELECT unit_id, unit_name, replier_id, reply_text, replied_date,"
                 "       coalesce(does_agree, false), is_deemed"
                 "  FROM audit_case_unit"
                 " WHERE case_id = $1"
                 " ORDER BY unit_id"
                 " LIMIT 30",
                 DB_IN(in_text(case_id)),
                 DB_COLS(U, COL(TEXT, U, unit_id), COL(TEXT, U, unit_name), COL(TEXT, U, replier_id),
                         COL(TEXT, U, reply_text), COL(DAY, U, replied_date), COL(BOOL, U, does_agree),
                         COL(BOOL, U, is_deemed)),
                 CASE_UNITS_MAX, ret, ret_count);
#undef U
}

#define F struct finding
static const struct db_col finding_cols[] = {
    COL(TEXT, F, id),
    COL(TEXT, F, case_id),
    COL(TEXT, F, unit_id),
    COL(TEXT, F, owner_unit_id),
    COL(TEXT, F, violation_code),
    COL(TEXT, F, violation_name),
    COL_ENUM(F, state, &finding_states),
    COL(BOOL, F, is_consulted),
    COL(I64, F, amount_fen),
    COL(I64, F, corrected_fen),
    COL(TEXT, F, line_id),
    COL(TEXT, F, contract_id),
    COL(TEXT, F, facts),
    COL(TEXT, F, evidence),
    COL(TEXT, F, basis),
    COL(TEXT, F, auditor_id),
    COL(TEXT, F, reporter_id),
    COL(TEXT, F, verifier_id),
    COL(DAY, F, rectify_due_date),
    COL(DAY, F, reported_date),
    COL(DAY, F, verified_date),
    COL(TEXT, F, measures),
    COL(TEXT, F, rectify_evidence),
    COL(TEXT, F, opinion),
    COL(TEXT, F, transferred_to),
    COL(I64, F, version),
};
#undef F
static const struct db_cols finding_row = {finding_cols, (int)COUNT_OF(finding_cols), sizeof(struct finding)};
#define FINDING_COLUMNS                                                                                      \
    "SELECT id, case_id, unit_id, owner_unit_id, violation_code, violation_name, state, is_consulted,"       \
    "       amount_fen, corrected_fen, line_id, contract_id, facts, evidence, basis, auditor_id,"            \
    "       reporter_id, verifier_id, rectify_due_date, reported_date, verified_date, measures,"             \
    "       rectify_evidence, opinion, transferred_to, version"                                              \
    "  FROM audit_finding"

void case_want_findings(struct db *db, const char *case_id, struct finding **ret, int *ret_count)
{
    db_want_rows(db,
                 FINDING_COLUMNS " WHERE case_id = $1"
                                 " ORDER BY id"
                                 " LIMIT 200",
                 DB_IN(in_text(case_id)), finding_row, CASE_FINDINGS_MAX, ret, ret_count);
}

void finding_want(struct db *db, const struct scope *scope, const char *id, struct finding *ret)
{
    db_want(db, FINDING_COLUMNS " WHERE id = $1 AND ($2 = '' OR (is_consulted AND unit_id ^@ $2))",
            DB_IN(in_text(id), in_text(scope->unit_id)), finding_row, ret, &ret->is_found);
}

void violation_want(struct db *db, const char *code, struct violation *ret)
{
    db_want(db,
            "SELECT code, name, basis"
            "  FROM violation"
            " WHERE code = $1",
            DB_IN(in_text(code)),
            DB_COLS(struct violation, COL(TEXT, struct violation, code), COL(TEXT, struct violation, name),
                    COL(TEXT, struct violation, basis)),
            ret, &ret->is_found);
}

void violation_put(struct db *db, const struct violation_rows *rows)
{
    db_do(db,
          "INSERT INTO violation (code, name, basis, automatic_check)"
          " SELECT c, n, b, a"
          "   FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS t (c, n, b, a)"
          " ON CONFLICT (code) DO UPDATE"
          "   SET name = EXCLUDED.name, basis = EXCLUDED.basis,"
          "       automatic_check = EXCLUDED.automatic_check",
          DB_IN(in_texts(rows->codes, rows->count), in_texts(rows->names, rows->count),
                in_texts(rows->bases, rows->count), in_texts(rows->checks, rows->count)));
}

void case_add(struct db *db, const struct audit_case *k, int64_t now_us)
{
    db_do_one(db,
              "INSERT INTO audit_case (id, kind, title, state, year_from, year_to, head, owner_unit_id,"
              "                        planner_id, version, created_us, changed_us)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
              DB_IN(in_text(k->id), in_enum(k->kind, &case_kinds), in_text(k->title),
                    in_enum(k->state, &case_states), in_i64(k->year_from), in_i64(k->year_to),
                    in_text(k->head), in_text(k->owner_unit_id), in_text(k->planner_id), in_i64(k->version),
                    in_i64(now_us)));
}

void case_add_unit(struct db *db, const char *case_id, const struct case_unit *u)
{
    db_do_one(db,
              "INSERT INTO audit_case_unit (case_id, unit_id, unit_name)"
              " VALUES ($1, $2, $3)",
              DB_IN(in_text(case_id), in_text(u->unit_id), in_text(u->unit_name)));
}

void case_save(struct db *db, const struct audit_case *k, int64_t now_us)
{
    db_do_one(db,
              "UPDATE audit_case"
              "   SET state = $2, consulter_id = $3, reviewer_id = $4, notice_date = $5, start_date = $6,"
              "       is_special = $7, special_basis = $8, team = $9, consult_date = $10,"
              "       reply_due_date = $11, is_weekends_only = $12, report_date = $13, report_text = $14,"
              "       closed_date = $15, findings_count = $16, open_count = $17, version = $18,"
              "       changed_us = $19"
              " WHERE id = $1 AND version = $18 - 1",
              DB_IN(in_text(k->id), in_enum(k->state, &case_states), in_text(k->consulter_id),
                    in_text(k->reviewer_id), in_day(k->notice_date), in_day(k->start_date),
                    in_bool(k->is_special), in_text(k->special_basis), in_text(k->team),
                    in_day(k->consult_date), in_day(k->reply_due_date), in_bool(k->is_weekends_only),
                    in_day(k->report_date), in_text(k->report_text), in_day(k->closed_date),
                    in_i64(k->findings_count), in_i64(k->open_count), in_i64(k->version), in_i64(now_us)));
}

void case_save_reply(struct db *db, const char *case_id, const struct case_unit *u)
{
    db_do_one(db,
              "UPDATE audit_case_unit"
              "   SET replied_date = $3, replier_id = $4, does_agree = $5, reply_text = $6"
              " WHERE case_id = $1 AND unit_id = $2 AND replied_date IS NULL",
              DB_IN(in_text(case_id), in_text(u->unit_id), in_day(u->replied_date), in_text(u->replier_id),
                    in_bool(u->does_agree), in_text(u->reply_text)));
}

void case_deem_units(struct db *db, const char *case_id, struct day on)
{
    db_do(db,
          "UPDATE audit_case_unit"
          "   SET replied_date = $2, does_agree = true, is_deemed = true"
          " WHERE case_id = $1 AND replied_date IS NULL",
          DB_IN(in_text(case_id), in_day(on)));
}

void finding_add(struct db *db, const struct finding *f, int64_t now_us)
{
    db_do_one(db,
              "INSERT INTO audit_finding (id, case_id, unit_id, owner_unit_id, violation_code,"
              "                           violation_name, state, amount_fen, line_id, contract_id,"
              "                           facts, evidence, basis, auditor_id, version, created_us,"
              "                           changed_us)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)",
              DB_IN(in_text(f->id), in_text(f->case_id), in_text(f->unit_id), in_text(f->owner_unit_id),
                    in_text(f->violation_code), in_text(f->violation_name),
                    in_enum(f->state, &finding_states), in_i64(f->amount_fen), in_text(f->line_id),
                    in_text(f->contract_id), in_text(f->facts), in_text(f->evidence), in_text(f->basis),
                    in_text(f->auditor_id), in_i64(f->version), in_i64(now_us)));
}

void finding_save(struct db *db, const struct finding *f, int64_t now_us)
{
    db_do_one(
        db,
        "UPDATE audit_finding"
        "   SET state = $2, is_consulted = $3, rectify_due_date = $4, measures = $5, corrected_fen = $6,"
        "       rectify_evidence = $7, reporter_id = $8, reported_date = $9, opinion = $10,"
        "       verifier_id = $11, verified_date = $12, transferred_to = $13, version = $14,"
        "       changed_us = $15"
        " WHERE id = $1 AND version = $14 - 1",
        DB_IN(in_text(f->id), in_enum(f->state, &finding_states), in_bool(f->is_consulted),
              in_day(f->rectify_due_date), in_text(f->measures), in_i64(f->corrected_fen),
              in_text(f->rectify_evidence), in_text(f->reporter_id), in_day(f->reported_date),
              in_text(f->opinion), in_text(f->verifier_id), in_day(f->verified_date),
              in_text(f->transferred_to), in_i64(f->version), in_i64(now_us)));
}

void audit_record(struct db *db, const struct audit_history *h)
{
    db_do_one(db,
              "INSERT INTO audit_event (case_id, seq, object_id, event, from_state, to_state, person_id,"
              "                         at_us, opinion)"
              " VALUES ($1, $2, $3, $4, nullif($5, ''), nullif($6, ''), $7, $8, $9)",
              DB_IN(in_text(h->case_id), in_i64(h->seq), in_text(h->object_id),
                    in_enum(h->event, &audit_events), in_text(h->from), in_text(h->to), in_text(h->person_id),
                    in_i64(h->at_us), in_text(h->opinion)));
}
