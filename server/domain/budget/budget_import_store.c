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

static void rows_remove(struct db *db, const char *import_id)
{
    db_do(db,
          "DELETE FROM budget_import_row"
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
    rows_remove(db, m->id);
}

/* ---- rows ---- */

void import_append(struct db *db, const struct import *after, const struct import_rows *r, int64_t now_us)
{
    const size_t n = r->count;
#define TEXTS(i)   in_texts(r->text[i], n)
#define NUMBERS(i) in_i64s(r->number[i], n)
    db_do(db,
          "INSERT INTO budget_import_row (import_id, row_no, unit_id, project_code, name, content,"
          "       catalogue_code, function_code, economic_code, quantity, provider_type, method, start_date,"
          "       end_date, basis, unit_price_fen, requested_fen, is_new, general_fen, government_fund_fen,"
          "       state_capital_fen, social_insurance_fen, transfer_fen, carry_over_fen,"
          "       special_account_fen, own_fen)"
          " SELECT $1, $2 + nr, unit_id, project_code, name, content, catalogue_code, function_code,"
          "        economic_code, quantity, provider_type, nullif(method, ''),"
          "        nullif(start_date, '')::date, nullif(end_date, '')::date, basis, unit_price_fen,"
          "        requested_fen, is_new <> 0, general_fen, government_fund_fen, state_capital_fen,"
          "        social_insurance_fen, transfer_fen, carry_over_fen, special_account_fen, own_fen"
          "   FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],"
          "               $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],"
          "               $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[],"
          "               $21::bigint[], $22::bigint[], $23::bigint[], $24::bigint[], $25::bigint[],"
          "               $26::bigint[]) WITH ORDINALITY"
          "     AS r (unit_id, project_code, name, content, catalogue_code, function_code, economic_code,"
          "           quantity, provider_type, method, start_date, end_date, basis, unit_price_fen,"
          "           requested_fen, is_new, general_fen, government_fund_fen, state_capital_fen,"
          "           social_insurance_fen, transfer_fen, carry_over_fen, special_account_fen, own_fen, nr)",
          DB_IN(in_text(after->id), in_i64(after->rows - (int64_t)n), TEXTS(ROW_UNIT), TEXTS(ROW_PROJECT),
                TEXTS(ROW_NAME), TEXTS(ROW_CONTENT), TEXTS(ROW_CATALOGUE), TEXTS(ROW_FUNCTION),
                TEXTS(ROW_ECONOMIC), TEXTS(ROW_QUANTITY), TEXTS(ROW_PROVIDER), TEXTS(ROW_METHOD),
                TEXTS(ROW_START), TEXTS(ROW_END), TEXTS(ROW_BASIS), NUMBERS(ROW_PRICE),
                NUMBERS(ROW_REQUESTED), NUMBERS(ROW_IS_NEW), NUMBERS(ROW_SOURCES + 0),
                NUMBERS(ROW_SOURCES + 1), NUMBERS(ROW_SOURCES + 2), NUMBERS(ROW_SOURCES + 3),
                NUMBERS(ROW_SOURCES + 4), NUMBERS(ROW_SOURCES + 5), NUMBERS(ROW_SOURCES + 6),
                NUMBERS(ROW_SOURCES + 7)));
    static_assert(SHARES_MAX == 8, "each fund source has its column");
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
    "SELECT " column ", min(row_no), count(*), least(sum(requested_fen), 9223372036854775807)::bigint"       \
    "  FROM budget_import_row"                                                                               \
    " WHERE import_id = $1"                                                                                  \
    " GROUP BY " column " ORDER BY min(row_no)"                                                              \
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

#define NUMBER "(u.first - 1 + row_number() OVER (PARTITION BY r.unit_id ORDER BY r.row_no))::text"
#define ASKED                                                                                                \
    "project_code, name, content, catalogue_code, function_code, economic_code, quantity, unit_price_fen,"   \
    " requested_fen, provider_type, method, start_date, end_date, is_new, basis"
#define SHARE(source, column) "CASE WHEN " column " > 0 THEN '" source "=' || " column " END"

/* Everything that line_insert() writes for one line, for all rows at once. */
static const char
    make_lines[] =
        "WITH made AS MATERIALIZED ("
        " SELECT r.row_no, u.prefix || lpad(" NUMBER ", greatest(4, length(" NUMBER
        ")), '0') AS id, r.unit_id,"
        "        u.department_id, e.entry_name, e.is_public_service <> 0 AS is_public_service, " ASKED ","
        "        general_fen, government_fund_fen, state_capital_fen, social_insurance_fen, transfer_fen,"
        "        carry_over_fen, special_account_fen, own_fen"
        "   FROM budget_import_row r"
        "   JOIN unnest($2::text[], $3::text[], $4::text[], $5::bigint[])"
        "     AS u (of_unit, department_id, prefix, first) ON u.of_unit = r.unit_id"
        "   JOIN unnest($6::text[], $7::text[], $8::bigint[])"
        "     AS e (code, entry_name, is_public_service) ON e.code = r.catalogue_code"
        "  WHERE r.import_id = $1),"
        " line AS ("
        " INSERT INTO budget_line (id, unit_id, department_id, year, version, state, round, " ASKED ","
        "        catalogue_name, is_public_service, clerk_id, created_us, changed_us)"
        " SELECT id, unit_id, department_id, $9, 1, $10, $11, " ASKED
        ", entry_name, is_public_service, $12, $13,"
        "        $13"
        "   FROM made"
        "  ORDER BY row_no),"
        " source AS ("
        " INSERT INTO budget_source (line_id, source, amount_fen)"
        " SELECT m.id, s.source, s.amount_fen"
        "   FROM made m"
        "  CROSS JOIN LATERAL (VALUES ('GENERAL', general_fen), ('GOVERNMENT_FUND', government_fund_fen),"
        "                             ('STATE_CAPITAL', state_capital_fen),"
        "                             ('SOCIAL_INSURANCE', social_insurance_fen), ('TRANSFER', transfer_fen),"
        "                             ('CARRY_OVER', carry_over_fen),"
        "                             ('SPECIAL_ACCOUNT', special_account_fen), ('OWN', own_fen))"
        "     AS s (source, amount_fen)"
        "  WHERE s.amount_fen > 0),"
        " event AS ("
        " INSERT INTO budget_event (line_id, seq, event, to_state, person_id, at_us, amount_fen)"
        " SELECT id, 1, $14, $10, $12, $13, requested_fen"
        "   FROM made)"
        " INSERT INTO budget_line_version (line_id, version, state, " ASKED
        ", control_fen, approved_fen, sources,"
        "        person_id, at_us)"
        " SELECT id, 1, $10, " ASKED ", 0, 0,"
        "        concat_ws(' ', " SHARE("CARRY_OVER", "carry_over_fen") ", " SHARE("GENERAL", "general_fen") ", " SHARE("GOVERNMENT_FUND", "government_fund_fen") ", " SHARE(
            "OWN",
            "own_fen") ", " SHARE("SOCIAL_INSURANCE",
                                  "social_insurance_fen") ", " SHARE("SPECIAL_ACCOUNT",
                                                                     "special_account_fen") ", " SHARE("STATE"
                                                                                                       "_CAPI"
                                                                                                       "TAL",
                                                                                                       "state"
                                                                                                       "_capi"
                                                                                                       "tal_"
                                                                                                       "fen") ", " SHARE("TRANSFER",
                                                                                                                         "transfer_fen") "), $12, $13"
                                                                                                                                         "   FROM made";

void import_commit(struct db *db, const struct import_making *m)
{
    const struct line_step *s = m->step;
    db_do(db, make_lines,
          DB_IN(in_text(m->import->id), in_texts(m->unit_id, m->units), in_texts(m->department_id, m->units),
                in_texts(m->prefix, m->units), in_i64s(m->first, m->units), in_texts(m->code, m->entries),
                in_texts(m->entry_name, m->entries), in_i64s(m->is_public_service, m->entries),
                in_i64(m->import->year), in_enum(m->state, &line_states), in_enum(m->round, &budget_rounds),
                in_text(s->person_id), in_i64(s->now_us), in_enum(s->event, &line_events)));
    rows_remove(db, m->import->id);
    db_do_one(db,
              "UPDATE budget_import"
              "   SET state = $2, changed_us = $3"
              " WHERE id = $1",
              DB_IN(in_text(m->import->id), in_enum(IMPORT_COMMITTED, &import_states), in_i64(s->now_us)));
}
