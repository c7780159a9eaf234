/* Kept totals against the rows that they add up: what the writing of totals would get wrong is named. */
#include "tests/support/pg.h"

#include "common/check.h"
#include "server/base/migrate.h"
#include "server/front/compare.h"
#include "server/front/registry.h"

static struct arena *arena;
static struct db *db;

/* One row of each kind that counts, and one that does not. */
static const char *const rows_sql[] = {
    "SET session_replication_role = replica", /* what they refer to is not asked for */
    "INSERT INTO history_batch VALUES ('H-0001', 'CONFIRMED', '', 2, 30, 0, 'P1', 2),"
    " ('H-0002', 'PREPARED', '', 1, 99, 0, 'P1', 1)",
    "INSERT INTO history_record"
    " SELECT b || '-' || n, b, '2014-01-01', '2015-12-31', '203', '市教育局', 'A0291', 'x', '企业', 'PAID', "
    "fen,"
    "        '', ''"
    "   FROM (VALUES ('H-0001', 1, 10), ('H-0001', 2, 20), ('H-0002', 1, 99)) AS r (b, n, fen)",
    "INSERT INTO budget_line (id, year, unit_id, department_id, state, version, round, project_code, name,"
    "       content, catalogue_code, catalogue_name, is_public_service, function_code, economic_code, "
    "quantity,"
    "       unit_price_fen, requested_fen, provider_type, is_new, basis, approved_fen, clerk_id, created_us,"
    "       changed_us)"
    " SELECT 'L' || n, 2027, '203', '203', state, 1, 'U1', 'P', 'x', 'x', 'A0291', 'x', true, '1', '1', '1', "
    "1,"
    "        1, '410', true, '', fen, 'P1', 1, 1"
    "   FROM (VALUES (1, 'ISSUED', 1000), (2, 'CLOSED', 500), (3, 'DRAFT', 0)) AS l (n, state, fen)",
    "INSERT INTO contract (id, contract_no, name, unit_id, line_id, line_name, supplier_id, supplier_name,"
    "       supplier_type, year, catalogue_code, amount_fen, supplements_fen, held_fen, bond_fen, state,"
    "       start_date, end_date, signed_date, content, quantity, quality, price_basis, rights_duties, "
    "breach,"
    "       content_is_fixed, need_is_lasting, funding_is_stable, price_is_stable, long_term_basis,"
    "       is_attested, drafter_id, settlement_fen, version, created_us, changed_us)"
    " SELECT 'C' || n, '1', 'x', '203', 'L1', 'x', 'S1', 'x', '410', 2027, 'A0291', 100, more, 0, 0, state,"
    "        '2027-03-01', '2028-02-29', signed::date, '', '', '', '', '', '', true, true, true, true, '',"
    "        true, 'P1', settled, 1, 1, 1"
    "   FROM (VALUES (1, 'SIGNED', 5, '2028-01-02', NULL), (2, 'TERMINATED', -3, '2027-12-31', 40),"
    "                (3, 'DRAFT', 0, NULL, NULL)) AS k (n, state, more, signed, settled)",
    "INSERT INTO contract_supplement (id, contract_id, unit_id, line_id, kind, state, amount_fen, held_fen,"
    "       reason, content, drafter_id, version, created_us, changed_us)"
    " SELECT k || '-S0' || n, k, '203', 'L1', kind, state, fen, 0, '', '', 'P1', 1, 1, 1"
    "   FROM (VALUES ('C1', 1, 'INCREASE', 'SIGNED', 5), ('C1', 2, 'INCREASE', 'DRAFT', 2),"
    "                ('C2', 1, 'REDUCE', 'SIGNED', 3)) AS s (k, n, kind, state, fen)",
};

static int setup(void **state)
{
    struct db_error error = {0};
    int done = 0;
    if (pg_up(state) != 0)
        return -1;
    arena = arena_new((size_t)16 << 20);
    db = pg_open(arena);
    if (migrate_up(db, &done, &error) != STATUS_OK) {
        fprintf(stderr, "%s\n", error.text);
        return -1;
    }
    for (size_t i = 0; i < COUNT_OF(rows_sql); i++)
        pg_script(db, rows_sql[i]);
    return 0;
}

static int teardown(void **state)
{
    db_close(db);
    arena_free(arena);
    return pg_down(state);
}

/* Each test changes what it likes; nothing of it stays. */
static int begin(void **state)
{
    (void)state;
    return db_begin(db, "BEGIN", NULL) == STATUS_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    return db_rollback(db) == STATUS_OK ? 0 : -1;
}

/* What is said of the first kept total that differs, "" when none does. */
static const char *said(void)
{
    static char first[1024];
    int64_t rows = 0;
    int tables = 0;
    struct db_error error = {0};
    struct compare c = {.db = db,
                        .arena = arena,
                        .live = "public",
                        .replayed = "public",
                        .rows = &rows,
                        .tables = &tables,
                        .first = first,
                        .first_max = sizeof first};
    enum status s = STATUS_OK;
    first[0] = '\0';
    for (int i = 0; s == STATUS_OK && i < registry_nouns_count; i++)
        for (int t = 0; s == STATUS_OK && t < registry_nouns[i]->sums_count; t++)
            s = compare_sum(&c, &registry_nouns[i]->sums[t], &error);
    if (s != STATUS_OK && s != STATUS_DATA_LOSS)
        fail_msg("%s", error.text);
    assert_int_equal(s == STATUS_DATA_LOSS, first[0] != '\0');
    return first;
}

static void fill(const char *table, const char *columns)
{
    pg_script(db, arena_printf(arena, "INSERT INTO %s (%s) SELECT %s FROM %s_added_up", table, columns,
                               columns, table));
}

static void fill_all(void)
{
    fill("history_total", "year_from, year_to, unit_id, unit_name, catalogue_code, provider_type, measure,"
                          " records, amount_fen, words");
    fill("budget_total", "year, unit_id, catalogue_code, provider_type, lines, amount_fen");
    fill("contract_total", "year, unit_id, catalogue_code, supplier_type, contracts, added_fen, taken_fen");
}

static void totals_are_what_their_rows_add_up_to(void **state)
{
    (void)state;
    struct db_table sums = {0};
    fill_all();
    assert_string_equal(said(), "");
    db_want_table(db,
                  "SELECT string_agg(measure || year_from || '-' || year_to || ':' || records || '=' ||"
                  "                  amount_fen, ' ' ORDER BY measure, year_from)"
                  "  FROM report_total",
                  DB_NONE, &sums);
    pg_run(db);
    assert_string_equal(sums.values[0], "BUDGET2027-2027:2=1500 CONTRACT2027-2027:1=40"
                                        " CONTRACT2028-2028:1=105 PAID2014-2015:2=30");
}

static void a_row_that_its_total_does_not_count_is_named(void **state)
{
    (void)state;
    static const char *const tables[] = {"history_total", "budget_total", "contract_total"};
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        pg_script(db, "DELETE FROM history_total; DELETE FROM budget_total; DELETE FROM contract_total");
        fill_all();
        pg_script(db, arena_printf(arena, "DELETE FROM %s", tables[i]));
        assert_non_null(strstr(said(), arena_printf(arena, "table %s, key ", tables[i])));
        assert_non_null(strstr(said(), "the row is missing"));
    }
}

static void a_total_that_its_rows_do_not_add_up_to_is_named_with_both_sums(void **state)
{
    (void)state;
    static const struct {
        const char *change, *said;
    } cases[] = {
        {"UPDATE contract_total SET added_fen = added_fen + 1 WHERE year = 2028",
         "table contract_total, key year = 2028, unit_id = 203, catalogue_code = A0291, supplier_type = 410: "
         "column added_fen is 106, by the rows that it adds up 105"},
        {"UPDATE contract_total SET taken_fen = 0 WHERE year = 2027",
         "column taken_fen is 0, by the rows that it adds up 60"},
        {"UPDATE budget_total SET lines = 3", "column lines is 3, by the rows that it adds up 2"},
        {"UPDATE history_total SET amount_fen = 31",
         "column amount_fen is 31, by the rows that it adds up 30"},
        {"INSERT INTO budget_total VALUES (2030, '203', 'A0291', '410', 0, 0)",
         "key year = 2030, unit_id = 203, catalogue_code = A0291, provider_type = 410: the row is not in the "
         "rows that it adds up"},
        {"UPDATE contract SET settlement_fen = 41 WHERE id = 'C2'",
         "column taken_fen is 60, by the rows that it adds up 59"},
        {"UPDATE contract SET supplier_type = '310' WHERE id = 'C1'",
         "table contract_total, key year = 2028"},
        {"UPDATE budget_line SET state = 'WITHDRAWN' WHERE id = 'L2'",
         "column lines is 2, by the rows that it adds up 1"},
        {"UPDATE history_batch SET state = 'CONFIRMED'", "by the rows that it adds up 129"},
    };
    fill_all();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        pg_script(db, "SAVEPOINT before");
        pg_script(db, cases[i].change);
        if (!strstr(said(), cases[i].said))
            fail_msg("%s:\nsaid %s\nnot %s", cases[i].change, said(), cases[i].said);
        pg_script(db, "ROLLBACK TO before");
    }
}

/* A table that is called a total has to be compared, with its replay and with its rows. */
static void every_table_of_totals_is_declared(void **state)
{
    (void)state;
    struct db_table tables = {0};
    db_want_table(
        db,
        "SELECT relname FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname LIKE '%\\_total'"
        " ORDER BY 1",
        DB_NONE, &tables);
    pg_run(db);
    assert_true(tables.rows >= 3);
    for (int r = 0; r < tables.rows; r++) {
        int as_table = 0, as_sum = 0;
        for (int i = 0; i < registry_nouns_count; i++) {
            const struct noun *n = registry_nouns[i];
            for (int t = 0; t < n->tables_count; t++)
                as_table += strcmp(n->tables[t], tables.values[r]) == 0;
            for (int t = 0; t < n->sums_count; t++)
                as_sum += strcmp(n->sums[t].table, tables.values[r]) == 0;
        }
        if (as_table != 1 || as_sum != 1)
            fail_msg("%s is declared %d times as a table, %d times as a sum", tables.values[r], as_table,
                     as_sum);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(totals_are_what_their_rows_add_up_to, begin, end),
        cmocka_unit_test_setup_teardown(a_row_that_its_total_does_not_count_is_named, begin, end),
        cmocka_unit_test_setup_teardown(a_total_that_its_rows_do_not_add_up_to_is_named_with_both_sums, begin,
                                        end),
        cmocka_unit_test_setup_teardown(every_table_of_totals_is_declared, begin, end),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
