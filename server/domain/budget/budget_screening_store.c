/* The SQL of screening. */
#include "server/domain/budget/budget_screening_store.h"

void projects_want(struct db *db, int64_t year, struct project **ret, int *ret_count)
{
    db_want_rows(
        db,
        "SELECT p.year, p.project_code, p.unit_id, p.unit_name, p.project_name, p.content, p.function_code,"
        "       p.economic_code, p.amount_fen, p.fund_source, p.is_purchase, p.note, p.list_name,"
        "       p.may_purchase, p.type_name,"
        "       EXISTS (SELECT 1 FROM budget_line l"
        "                WHERE l.year = $1 AND l.project_code = p.project_code"
        "                  AND l.department_id = left(p.unit_id, 3)" /* another's line says nothing */
        "                  AND l.state <> 'WITHDRAWN')"
        "  FROM budget_project p"
        " WHERE p.year = $1"
        " ORDER BY p.project_code"
        " LIMIT 5000",
        DB_IN(in_i64(year)),
        DB_COLS(struct project, COL(I64, struct project, year), COL(TEXT, struct project, project_code),
                COL(TEXT, struct project, unit_id), COL(TEXT, struct project, unit_name),
                COL(TEXT, struct project, project_name), COL(TEXT, struct project, content),
                COL(TEXT, struct project, function_code), COL(TEXT, struct project, economic_code),
                COL(I64, struct project, amount_fen), COL_ENUM(struct project, fund_source, &fund_sources),
                COL(BOOL, struct project, is_purchase), COL(TEXT, struct project, note),
                COL(TEXT, struct project, list_name), COL(TEXT, struct project, may_purchase),
                COL(TEXT, struct project, type_name), COL(BOOL, struct project, has_line)),
        5000, ret, ret_count);
}

void project_put(struct db *db, const struct project *p, const char *person_id, int64_t now_us)
{
    db_do_one(db,
              "INSERT INTO budget_project (year, project_code, unit_id, unit_name, project_name, content, "
              "function_code,"
              "       economic_code, amount_fen, fund_source, is_purchase, may_purchase, type_name, note, "
              "list_name,"
              "       imported_us, imported_by)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
              " ON CONFLICT (year, project_code) DO UPDATE"
              "   SET unit_id = EXCLUDED.unit_id, unit_name = EXCLUDED.unit_name,"
              "       project_name = EXCLUDED.project_name, content = EXCLUDED.content,"
              "       function_code = EXCLUDED.function_code, economic_code = EXCLUDED.economic_code,"
              "       amount_fen = EXCLUDED.amount_fen, fund_source = EXCLUDED.fund_source,"
              "       is_purchase = EXCLUDED.is_purchase, may_purchase = EXCLUDED.may_purchase,"
              "       type_name = EXCLUDED.type_name, note = EXCLUDED.note, list_name = EXCLUDED.list_name,"
              "       imported_us = EXCLUDED.imported_us, imported_by = EXCLUDED.imported_by",
              DB_IN(in_i64(p->year), in_text(p->project_code), in_text(p->unit_id), in_text(p->unit_name),
                    in_text(p->project_name), in_text(p->content), in_text(p->function_code),
                    in_text(p->economic_code), in_i64(p->amount_fen), in_enum(p->fund_source, &fund_sources),
                    in_bool(p->is_purchase), in_text(p->may_purchase), in_text(p->type_name),
                    in_text(p->note), in_text(p->list_name), in_i64(now_us), in_text(person_id)));
}

/* ---- hits ---- */

static const struct db_col hit_cols[] = {
    COL(TEXT, struct hit, id),
    COL(I64, struct hit, year),
    COL(TEXT, struct hit, unit_id),
    COL_ENUM(struct hit, subject, &hit_subjects),
    COL(TEXT, struct hit, project_code),
    COL(TEXT, struct hit, line_id),
    COL(TEXT, struct hit, name),
    COL_ENUM(struct hit, check, &hit_checks),
    COL_ENUM(struct hit, finding, &hit_findings),
    COL_ENUM(struct hit, grade, &hit_grades),
    COL(TEXT, struct hit, evidence),
    COL(TEXT, struct hit, catalogue_code),
    COL(TEXT, struct hit, negative_code),
    COL(I64, struct hit, amount_fen),
    COL_ENUM(struct hit, state, &hit_states),
    COL(I64, struct hit, version),
    COL_ENUM(struct hit, disposition, &dispositions),
    COL(TEXT, struct hit, answer),
    COL(TEXT, struct hit, answered_by),
    COL(TEXT, struct hit, opinion),
};
static const struct db_cols hit_row = {hit_cols, (int)(sizeof hit_cols / sizeof hit_cols[0]),
                                       sizeof(struct hit)};

#define HIT_COLUMNS                                                                                          \
    "SELECT id, year, unit_id, subject, project_code, line_id, name, check_code, finding, grade, evidence,"  \
    "       catalogue_code, negative_code, amount_fen, state, version, disposition, answer, answered_by, "   \
    "opinion"                                                                                                \
    "  FROM budget_hit"

void hit_want(struct db *db, const struct scope *scope, const char *id, struct hit *ret)
{
    db_want(db,
            HIT_COLUMNS " WHERE id = $1"
                        "   AND unit_id ^@ $2",
            DB_IN(in_text(id), in_text(scope->unit_id)), hit_row, ret, &ret->is_found);
}

void hits_want_of_line(struct db *db, const char *line_id, struct hit **ret, int *ret_count)
{
    db_want_rows(db,
                 HIT_COLUMNS " WHERE line_id = $1"
                             " ORDER BY line_id, id"
                             " LIMIT 20",
                 DB_IN(in_text(line_id)), hit_row, 20, ret, ret_count);
}

void hits_want_of_projects(struct db *db, int64_t year, struct hit **ret, int *ret_count)
{
    db_want_rows(db,
                 HIT_COLUMNS " WHERE year = $1"
                             "   AND subject = 'PROJECT'"
                             " ORDER BY id"
                             " LIMIT 20000",
                 DB_IN(in_i64(year)), hit_row, 20000, ret, ret_count);
}

void hits_want_related(struct db *db, const struct hit *h, struct hit **ret, int *ret_count)
{
    db_want_rows(db,
                 HIT_COLUMNS " WHERE year = $1"
                             "   AND project_code = $2"
                             "   AND line_id = $3"
                             "   AND finding = $4"
                             "   AND state = 'OPEN'"
                             "   AND id <> $5"
                             " ORDER BY id"
                             " LIMIT 20",
                 DB_IN(in_i64(h->year), in_text(h->project_code), in_text(h->line_id),
                       in_enum(h->finding, &hit_findings), in_text(h->id)),
                 hit_row, 20, ret, ret_count);
}

void hit_insert(struct db *db, const struct hit *h, int64_t now_us)
{
    db_do_one(db,
              "INSERT INTO budget_hit (id, year, unit_id, subject, project_code, line_id, name, check_code, "
              "finding, grade,"
              "       evidence, catalogue_code, negative_code, amount_fen, state, version, made_us)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'OPEN', 1, $15)",
              DB_IN(in_text(h->id), in_i64(h->year), in_text(h->unit_id), in_enum(h->subject, &hit_subjects),
                    in_text(h->project_code), in_text(h->line_id), in_text(h->name),
                    in_enum(h->check, &hit_checks), in_enum(h->finding, &hit_findings),
                    in_enum(h->grade, &hit_grades), in_text(h->evidence), in_text(h->catalogue_code),
                    in_text(h->negative_code), in_i64(h->amount_fen), in_i64(now_us)));
}

void hit_refind(struct db *db, const struct hit *h, int64_t version, int64_t now_us)
{
    db_do_one(
        db,
        "UPDATE budget_hit"
        "   SET unit_id = $3, name = $4, grade = $5, evidence = $6, catalogue_code = $7, negative_code = $8,"
        "       amount_fen = $9, state = 'OPEN', version = version + 1, disposition = NULL, answer = '',"
        "       answered_by = NULL, answered_us = NULL, opinion = '', confirmed_by = NULL, confirmed_us = "
        "NULL,"
        "       made_us = $10"
        " WHERE id = $1"
        "   AND version = $2",
        DB_IN(in_text(h->id), in_i64(version), in_text(h->unit_id), in_text(h->name),
              in_enum(h->grade, &hit_grades), in_text(h->evidence), in_text(h->catalogue_code),
              in_text(h->negative_code), in_i64(h->amount_fen), in_i64(now_us)));
}

void hit_clear(struct db *db, const struct hit *h, int64_t now_us)
{
    db_do_one(db,
              "UPDATE budget_hit"
              "   SET state = 'CLEARED', version = version + 1, made_us = $3"
              " WHERE id = $1"
              "   AND version = $2",
              DB_IN(in_text(h->id), in_i64(h->version), in_i64(now_us)));
}

void hit_save_answer(struct db *db, const struct hit *h, int to, int disposition, const char *answer,
                     const char *person_id, int64_t now_us)
{
    db_do_one(db,
              "UPDATE budget_hit"
              "   SET state = $3, version = version + 1, disposition = $4, answer = $5, answered_by = $6, "
              "answered_us = $7"
              " WHERE id = $1"
              "   AND version = $2",
              DB_IN(in_text(h->id), in_i64(h->version), in_enum(to, &hit_states),
                    in_enum(disposition, &dispositions), in_text(answer), in_text(person_id),
                    in_i64(now_us)));
}

void hit_save_judgement(struct db *db, const struct hit *h, int to, const char *opinion,
                        const char *person_id, int64_t now_us)
{
    db_do_one(db,
              "UPDATE budget_hit"
              "   SET state = $3, version = version + 1, opinion = $4, confirmed_by = $5, confirmed_us = $6"
              " WHERE id = $1"
              "   AND version = $2",
              DB_IN(in_text(h->id), in_i64(h->version), in_enum(to, &hit_states), in_text(opinion),
                    in_text(person_id), in_i64(now_us)));
}

/* ---- notices ---- */

void notice_want(struct db *db, const struct scope *scope, const char *id, struct notice *ret)
{
    db_want(db,
            "SELECT id, unit_id, project_code, notice, raised_by, coalesce(answered_by, ''), year, version,"
            "       state, due_date"
            "  FROM budget_notice"
            " WHERE id = $1"
            "   AND unit_id ^@ $2",
            DB_IN(in_text(id), in_text(scope->unit_id)),
            DB_COLS(struct notice, COL(TEXT, struct notice, id), COL(TEXT, struct notice, unit_id),
                    COL(TEXT, struct notice, project_code), COL(TEXT, struct notice, text),
                    COL(TEXT, struct notice, raised_by), COL(TEXT, struct notice, answered_by),
                    COL(I64, struct notice, year), COL(I64, struct notice, version),
                    COL_ENUM(struct notice, state, &notice_states), COL(DAY, struct notice, due)),
            ret, &ret->is_found);
}

void notice_insert(struct db *db, const struct notice *n, int64_t now_us)
{
    db_do_one(db,
              "INSERT INTO budget_notice (id, year, unit_id, project_code, notice, due_date, state, version, "
              "raised_by,"
              "                           raised_us)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9)",
              DB_IN(in_text(n->id), in_i64(n->year), in_text(n->unit_id), in_text(n->project_code),
                    in_text(n->text), in_day(n->due), in_enum(n->state, &notice_states),
                    in_text(n->raised_by), in_i64(now_us)));
}

void notice_save_answer(struct db *db, const struct notice *n, int to, int disposition, const char *answer,
                        const char *person_id, int64_t now_us)
{
    db_do_one(db,
              "UPDATE budget_notice"
              "   SET state = $3, version = version + 1, disposition = $4, answer = $5, answered_by = $6, "
              "answered_us = $7"
              " WHERE id = $1"
              "   AND version = $2",
              DB_IN(in_text(n->id), in_i64(n->version), in_enum(to, &notice_states),
                    in_enum(disposition, &dispositions), in_text(answer), in_text(person_id),
                    in_i64(now_us)));
}

void notice_save_closing(struct db *db, const struct notice *n, int to, const char *opinion,
                         const char *person_id, int64_t now_us)
{
    db_do_one(db,
              "UPDATE budget_notice"
              "   SET state = $3, version = version + 1, opinion = $4, closed_by = $5, closed_us = $6"
              " WHERE id = $1"
              "   AND version = $2",
              DB_IN(in_text(n->id), in_i64(n->version), in_enum(to, &notice_states), in_text(opinion),
                    in_text(person_id), in_i64(now_us)));
}
