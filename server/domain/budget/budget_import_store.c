/* The SQL of imports: the rows of a file until they are committed, and the one step that makes lines of them.
 */
#include "server/domain/budget/budget_import_store.h"

#define IMPORT_COLS                                                                                          \
    DB_COLS(struct import, COL(TEXT, struct import, id), COL_ENUM(struct import, state, &import_states),     \
            COL(I64, struct import, year), COL(I64, struct import, rows), COL(BYTES, struct import, digest))

void import_want(struct db *db, const char *id, const char *person_id, struct import *ret)
{
    db_want(db,
            "SELECT id, state, year, row_count, digest"
            "  FROM budget_import"
            " WHERE id = $1"
            "   AND person_id = $2",
            DB_IN(in_text(id), in_text(person_id)), IMPORT_COLS, ret, &ret->is_found);
}

void import_want_open(struct db *db, const char *person_id, struct import *ret)
{
    db_want(db,
            "SELECT id, state, year, row_count, digest"
            "  FROM budget_import"
            " WHERE person_id = $1"
            "   AND state = 'OPEN'",
            DB_IN(in_text(person_id)), IMPORT_COLS, ret, &ret->is_found);
}

void import_insert(struct db *db, const struct import *m, const char *unit_id, const char *person_id,
                   int64_t now_us)
{
    db_do_one(db,
              "INSERT INTO budget_import (id, year, unit_id, person_id, state, row_count, digest, opened_us,"
              "                           changed_us)"
              " VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $7)",
              DB_IN(in_text(m->id), in_i64(m->year), in_text(unit_id), in_text(person_id),
                    in_enum(m->state, &import_states), in_bytes(m->digest), in_i64(now_us)));
}

static void parts_remove(struct db *db, const char *import_id)
{
    db_do(db,
          "DELETE FROM budget_import_part"
          " WHERE import_id = $1",
          DB_IN(in_text(import_id)));
}

void import_replace(struct db *db, const struct import *m, int to, int64_t now_us)
{
    db_do_one(db,
              "UPDATE budget_import"
              "   SET state = $2, changed_us = $3"
              " WHERE id = $1",
              DB_IN(in_text(m->id), in_enum(to, &import_states), in_i64(now_us)));
    parts_remove(db, m->id);
}

/* ---- rows ---- */

/* In the order of enum row_text, then of enum row_number. */
#define COLUMNS                                                                                              \
    "unit_id, project_code, name, content, catalogue_code, function_code, economic_code, quantity,"          \
    " provider_type, method, start_date, end_date, basis, unit_price_fen, requested_fen, is_new,"            \
    " general_fen, government_fund_fen, state_capital_fen, social_insurance_fen, transfer_fen,"              \
    " carry_over_fen, special_account_fen, own_fen"
static_assert(ROW_TEXTS == 13 && ROW_NUMBERS == 11, "each has its column");

void import_append(struct db *db, const struct import *after, const struct import_rows *r, int64_t now_us)
{
    struct db_in in[2 + ROW_TEXTS + ROW_NUMBERS] = {in_text(after->id),
                                                    in_i64(after->rows - (int64_t)r->count + 1)};
    int count = 2;
    for (int i = 0; i < ROW_TEXTS; i++)
        in[count++] = in_texts(r->text[i], r->count);
    for (int i = 0; i < ROW_NUMBERS; i++)
        in[count++] = in_i64s(r->number[i], r->count);
    db_do_one(db,
              "INSERT INTO budget_import_part (import_id, first_row, " COLUMNS ")"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,"
              "         $20, $21, $22, $23, $24, $25, $26)",
              (struct db_ins){in, count});
    db_do_one(db,
              "UPDATE budget_import"
              "   SET row_count = $2, digest = $3, changed_us = $4"
              " WHERE id = $1",
              DB_IN(in_text(after->id), in_i64(after->rows), in_bytes(after->digest), in_i64(now_us)));
}

static void refs_want(struct db *db, const char *sql, const char *import_id, struct import_refs *ret)
{
    db_want_rows(db, sql, DB_IN(in_text(import_id)),
                 DB_COLS(struct import_ref, COL(TEXT, struct import_ref, id),
                         COL(I64, struct import_ref, first_row), COL(I64, struct import_ref, rows),
                         COL(I64, struct import_ref, requested_fen)),
                 IMPORT_ROWS_MAX, &ret->rows, &ret->count);
}

static_assert(IMPORT_ROWS_MAX == 20000, "no more different values than rows");
/* A sum of what somebody asked for may be beyond all bounds: it stops at the largest number there is. */
#define REFS_BY(column)                                                                                      \
    "SELECT r.id, min(p.first_row + r.nr - 1), count(*),"                                                    \
    "       least(sum(r.requested_fen), 9223372036854775807)::bigint"                                        \
    "  FROM budget_import_part p"                                                                            \
    " CROSS JOIN LATERAL unnest(p." column ", p.requested_fen) WITH ORDINALITY AS r (id, requested_fen, nr)" \
    " WHERE p.import_id = $1"                                                                                \
    " GROUP BY r.id"                                                                                         \
    " ORDER BY 2"                                                                                            \
    " LIMIT 20000"

void import_want_units(struct db *db, const char *import_id, struct import_refs *ret)
{
    refs_want(db, REFS_BY("unit_id"), import_id, ret);
}

void import_want_entries(struct db *db, const char *import_id, struct import_refs *ret)
{
    refs_want(db, REFS_BY("catalogue_code"), import_id, ret);
}

void import_want_providers(struct db *db, const char *import_id, struct import_refs *ret)
{
    refs_want(db, REFS_BY("provider_type"), import_id, ret);
}

/* ---- lines ---- */

#define NUMBER "(u.first - 1 + row_number() OVER (PARTITION BY r.unit_id ORDER BY p.first_row, r.nr))::text"
#define ASKED                                                                                                \
    "project_code, name, content, catalogue_code, function_code, economic_code, quantity, unit_price_fen,"   \
    " requested_fen, provider_type, method, start_date, end_date, is_new, basis"
#define SHARE(source, column) "CASE WHEN " column " > 0 THEN '" source "=' || " column " END"

/* clang-format off */
/* Everything that line_insert() writes for one line, for all rows at once. */
static const char make_lines[] =
    "WITH made AS MATERIALIZED ("
    " SELECT u.prefix || lpad(" NUMBER ", greatest(4, length(" NUMBER ")), '0') AS id, r.unit_id,"
    "        u.department_id, e.entry_name, e.is_public_service <> 0 AS is_public_service,"
    "        r.project_code, r.name, r.content, r.catalogue_code, r.function_code, r.economic_code,"
    "        r.quantity, r.unit_price_fen, r.requested_fen, r.provider_type,"
    "        nullif(r.method, '') AS method, nullif(r.start_date, '')::date AS start_date,"
    "        nullif(r.end_date, '')::date AS end_date, r.is_new <> 0 AS is_new, r.basis, r.general_fen,"
    "        r.government_fund_fen, r.state_capital_fen, r.social_insurance_fen, r.transfer_fen,"
    "        r.carry_over_fen, r.special_account_fen, r.own_fen"
    "   FROM budget_import_part p"
    "  CROSS JOIN LATERAL unnest(p.unit_id, p.project_code, p.name, p.content, p.catalogue_code,"
    "             p.function_code, p.economic_code, p.quantity, p.provider_type, p.method, p.start_date,"
    "             p.end_date, p.basis, p.unit_price_fen, p.requested_fen, p.is_new, p.general_fen,"
    "             p.government_fund_fen, p.state_capital_fen, p.social_insurance_fen, p.transfer_fen,"
    "             p.carry_over_fen, p.special_account_fen, p.own_fen) WITH ORDINALITY"
    "     AS r (" COLUMNS ", nr)"
    "   JOIN unnest($2::text[], $3::text[], $4::text[], $5::bigint[])"
    "     AS u (of_unit, department_id, prefix, first) ON u.of_unit = r.unit_id"
    "   JOIN unnest($6::text[], $7::text[], $8::bigint[])"
    "     AS e (code, entry_name, is_public_service) ON e.code = r.catalogue_code"
    "  WHERE p.import_id = $1),"
    " line AS ("
    " INSERT INTO budget_line (id, unit_id, department_id, year, version, state, round, " ASKED ","
    "        catalogue_name, is_public_service, clerk_id, created_us, changed_us)"
    " SELECT id, unit_id, department_id, $9, 1, $10, $11, " ASKED ","
    "        entry_name, is_public_service, $12, $13, $13"
    "   FROM made),"
    " source AS ("
    " INSERT INTO budget_source (line_id, source, amount_fen)"
    " SELECT m.id, s.source, s.amount_fen"
    "   FROM made m"
    "  CROSS JOIN LATERAL (VALUES ('GENERAL', general_fen), ('GOVERNMENT_FUND', government_fund_fen),"
    "             ('STATE_CAPITAL', state_capital_fen), ('SOCIAL_INSURANCE', social_insurance_fen),"
    "             ('TRANSFER', transfer_fen), ('CARRY_OVER', carry_over_fen),"
    "             ('SPECIAL_ACCOUNT', special_account_fen), ('OWN', own_fen)) AS s (source, amount_fen)"
    "  WHERE s.amount_fen > 0),"
    " event AS ("
    " INSERT INTO budget_event (line_id, seq, event, to_state, person_id, at_us, amount_fen)"
    " SELECT id, 1, $14, $10, $12, $13, requested_fen"
    "   FROM made)"
    " INSERT INTO budget_line_version (line_id, version, state, " ASKED ","
    "        control_fen, approved_fen, sources, person_id, at_us)"
    " SELECT id, 1, $10, " ASKED ", 0, 0,"
    "        concat_ws(' ', " SHARE("CARRY_OVER", "carry_over_fen") ", " SHARE("GENERAL", "general_fen") ","
    "                  " SHARE("GOVERNMENT_FUND", "government_fund_fen") ", " SHARE("OWN", "own_fen") ","
    "                  " SHARE("SOCIAL_INSURANCE", "social_insurance_fen") ","
    "                  " SHARE("SPECIAL_ACCOUNT", "special_account_fen") ","
    "                  " SHARE("STATE_CAPITAL", "state_capital_fen") ","
    "                  " SHARE("TRANSFER", "transfer_fen") "),"
    "        $12, $13"
    "   FROM made";
/* clang-format on */

void import_commit(struct db *db, const struct import_making *m)
{
    const struct line_step *s = m->step;
    db_do(db, make_lines,
          DB_IN(in_text(m->import->id), in_texts(m->unit_id, m->units), in_texts(m->department_id, m->units),
                in_texts(m->prefix, m->units), in_i64s(m->first, m->units), in_texts(m->code, m->entries),
                in_texts(m->entry_name, m->entries), in_i64s(m->is_public_service, m->entries),
                in_i64(m->import->year), in_enum(m->state, &line_states), in_enum(m->round, &budget_rounds),
                in_text(s->person_id), in_i64(s->now_us), in_enum(s->event, &line_events)));
    parts_remove(db, m->import->id);
    db_do_one(db,
              "UPDATE budget_import"
              "   SET state = $2, changed_us = $3"
              " WHERE id = $1",
              DB_IN(in_text(m->import->id), in_enum(IMPORT_COMMITTED, &import_states), in_i64(s->now_us)));
}
