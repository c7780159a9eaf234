/* Statistics over the reference history: the sums of 2014–2015 and of January to August 2017, to the fen. */
#include "tests/support/pg.h"

#include <pthread.h>

#include "common/check.h"
#include "common/fields.h"
#include "purser/v1/report.pb-c.h"
#include "server/base/migrate.h"
#include "server/domain/report/report.h"
#include "server/domain/report/report_store.h"
#include "server/front/reader.h"
#include "server/front/reader_plan.h"

static struct rpc statistics = {.method = "GetStatistics", .kind = RPC_READ, .reads = report_statistics_sql};
static struct reader *reader;
static struct arena *arena;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static bool is_answered;

static void on_done(void *ctx, struct read_job *job)
{
    (void)ctx, (void)job;
    pthread_mutex_lock(&lock);
    is_answered = true;
    pthread_cond_signal(&wake);
    pthread_mutex_unlock(&lock);
}

/* The file itself; it holds no quoted cells. */
static void load_history(struct db *db)
{
    FILE *in = fopen(TESTS_DIR "/../server/reference/history_2014_2017.csv", "r");
    char line[1024], sql[2048];
    int rows = 0;

    assert_non_null(in);
    assert_non_null(fgets(line, sizeof line, in));
    for (; fgets(line, sizeof line, in); rows++) {
        char *cell[9], *at = line;
        line[strcspn(line, "\n")] = '\0';
        for (int i = 0; i < 9; i++)
            cell[i] = strsep(&at, ",");
        char *point = strchr(cell[8], '.');
        assert_non_null(point);
        memmove(point, point + 1, strlen(point)); /* yuan with two decimals: fen without the point */
        snprintf(sql, sizeof sql,
                 "INSERT INTO history_record VALUES ('H-0001-%03d', 'H-0001', '%s', '%s', '%s', '%s', '%s', "
                 "'%s', '%s',"
                 " '%s', %s, '', '')",
                 rows, cell[0], cell[1], cell[2], cell[3], cell[4], cell[5], cell[6], cell[7], cell[8]);
        pg_script(db, sql);
    }
    fclose(in);
    assert_int_equal(rows, 12);
}

static int setup(void **state)
{
    char err[512] = "";
    struct db_error error = {0};
    int done = 0;
    if (pg_up(state) != 0)
        return -1;
    struct arena *a = arena_new((size_t)8 << 20);
    struct db *db = pg_open(a);
    if (migrate_up(db, &done, &error) != STATUS_OK) {
        fprintf(stderr, "%s\n", error.text);
        return -1;
    }
    pg_script(
        db,
        "INSERT INTO unit VALUES ('203', '市教育局', '110', '450600', NULL, 1, '1990-01-01', NULL, NULL, '');"
        "INSERT INTO history_batch VALUES ('H-0001', 'CONFIRMED', '', 12, 1, 0, 'P1', 2),"
        " ('H-0002', 'PREPARED', '', 1, 1, 0, 'P1', 1);"
        "INSERT INTO history_record VALUES ('H-0002-001', 'H-0002', '2014-01-01', '2015-12-31', '203', 'x',"
        " 'A0291', 'x', '企业', 'PAID', 77, '', '')");
    load_history(db);
    pg_script(db, "INSERT INTO history_total (year_from, year_to, unit_id, unit_name, catalogue_code,"
                  "                           provider_type, measure, records, amount_fen, words)"
                  " SELECT year_from, year_to, unit_id, unit_name, catalogue_code, provider_type, measure,"
                  "        records, amount_fen, words"
                  "   FROM history_total_added_up");
    db_close(db);
    arena_free(a);
    statistics.request = &purser__v1__get_statistics_request__descriptor;
    statistics.reply = &purser__v1__get_statistics_response__descriptor;
    const struct rpc *rows[] = {&statistics};
    if (reader_start(&(struct reader_setup){.conninfo = pg_conninfo, .reads = rows, .reads_count = 1},
                     on_done, NULL, &reader, err) == STATUS_OK)
        return 0;
    fprintf(stderr, "%s\n", err);
    return -1;
}

static int teardown(void **state)
{
    reader_stop(reader);
    return pg_down(state);
}

static int begin(void **state)
{
    (void)state;
    arena = arena_new((size_t)16 << 20);
    return arena ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

struct question {
    const char *from, *to, *scope, *category;
    int by, measure;
};

static const PB(GetStatisticsResponse) *ask(struct question q)
{
    PB(GetStatisticsRequest) *request = (PB(GetStatisticsRequest) *)(void *)fields_new(statistics.request,
                                                                                       arena);
    request->from_date = reply_text(q.from);
    request->to_date = reply_text(q.to);
    request->category = reply_text(q.category ? q.category : "");
    request->by = (PB(StatisticsBy))q.by;
    request->measure = (PB(Measure))q.measure;
    struct call call = {.arena = arena, .rpc = &statistics, .scope = {.unit_id = q.scope ? q.scope : ""}};
    struct read_job job = {.call = &call,
                           .request = &request->base,
                           .reply = fields_new(statistics.reply, arena)};
    is_answered = false;
    assert_true(reader_submit(reader, &job));
    pthread_mutex_lock(&lock);
    while (!is_answered)
        pthread_cond_wait(&wake, &lock);
    pthread_mutex_unlock(&lock);
    assert_int_equal(job.status, STATUS_OK);
    return (const PB(GetStatisticsResponse) *)(const void *)job.reply;
}

static void the_two_sums_of_the_article_come_out(void **state)
{
    (void)state;
    const PB(GetStatisticsResponse) *r = ask((struct question){.from = "2014-01-01", .to = "2015-12-31"});
    assert_int_equal(r->total->paid_fen, 1989680000);
    assert_int_equal(r->total->count, 3);
    assert_int_equal(r->n_apart, 0);
    assert_int_equal(r->n_rows, 0); /* by nothing: the total alone */

    r = ask((struct question){.from = "2017-01-01", .to = "2017-08-31", .by = 4});
    assert_int_equal(r->total->paid_fen, INT64_C(10000321745));
    assert_int_equal(r->n_rows, 9);
    int64_t sum = 0;
    for (size_t i = 0; i < r->n_rows; i++)
        sum += r->rows[i]->paid_fen;
    assert_int_equal(sum, r->total->paid_fen);
}

static void a_measure_that_nobody_recorded_is_not_known(void **state)
{
    (void)state;
    const PB(GetStatisticsResponse) *r = ask(
        (struct question){.from = "2014-01-01", .to = "2015-12-31", .by = 1});
    assert_true(r->total->paid_known);
    assert_false(r->total->budget_known || r->total->adjusted_known || r->total->contract_known);
    assert_int_equal(r->n_rows, 1);
    assert_string_equal(r->rows[0]->key, "2014–2015"); /* cannot be told apart by year */
    r = ask((struct question){.from = "2014-01-01", .to = "2015-12-31", .measure = 1});
    assert_false(r->total->paid_known);
    assert_int_equal(r->total->count, 0);
}

static void a_longer_record_is_listed_apart_and_not_split(void **state)
{
    (void)state;
    const PB(GetStatisticsResponse) *r = ask(
        (struct question){.from = "2015-01-01", .to = "2015-12-31", .by = 3});
    assert_int_equal(r->total->count, 0);
    assert_false(r->total->paid_known);
    assert_int_equal(r->n_rows, 0);
    assert_int_equal(r->n_apart, 3);
    assert_string_equal(r->apart[0]->period_start_date, "2014-01-01");
    r = ask((struct question){.from = "2017-08-01", .to = "2018-12-31"});
    assert_int_equal(r->n_apart, 9);
    r = ask((struct question){.from = "", .to = "", .by = 2});
    assert_int_equal(r->total->paid_fen, INT64_C(1989680000) + INT64_C(10000321745));
    assert_int_equal(r->n_rows, 2);
    assert_string_equal(r->rows[1]->key, "2017-01-01/2017-08-31");
}

static void a_department_sees_its_own_numbers(void **state)
{
    (void)state;
    const PB(GetStatisticsResponse) *r = ask(
        (struct question){.from = "", .to = "", .by = 3, .scope = "203"});
    assert_int_equal(r->total->paid_fen, 612400000 + 841260000);
    assert_int_equal(r->n_rows, 1);
    assert_string_equal(r->rows[0]->key, "203");
    assert_string_equal(r->rows[0]->name, "市教育局");
    r = ask((struct question){.from = "", .to = "", .by = 3, .category = "A04"});
    assert_int_equal(r->n_rows, 2); /* 司法局 A0407, 人社局 A0491 */
    r = ask((struct question){.from = "", .to = "", .by = 5});
    assert_int_equal(r->n_rows, 2);
}

/* ---- what is looked at ---- */

/* What PREPARE and EXECUTE need: the types, and the values of this question. */
static void parameters(const struct read_stmt *s, const struct question *q, const char **ret_types,
                       const char **ret_values)
{
    static const char *const by[] = {"", "YEAR", "PERIOD", "UNIT", "CATEGORY", "PROVIDER"};
    const struct {
        const char *name, *value;
    } given[] = {{"from_date", q->from}, {"to_date", q->to}, {"by", by[q->by]}};
    *ret_types = *ret_values = "";
    for (int i = 0; i < s->params_count; i++) {
        const char *name = s->params[i].field ? s->params[i].field->name : "", *value = "";
        for (size_t g = 0; g < COUNT_OF(given); g++)
            value = strcmp(name, given[g].name) == 0 ? given[g].value : value;
        *ret_types = arena_printf(arena, "%s%stext", *ret_types, i ? ", " : "");
        *ret_values = arena_printf(arena, "%s%s'%s'", *ret_values, i ? ", " : "", value);
    }
}

/* The plan of a statement as it was run, line by line, on a connection like the reader's. */
static struct db_table explain(int which, const struct question *q)
{
    char reterr[512] = "";
    struct read_plan plan;
    struct db_table told = {0};
    const char *types, *values;
    struct db *db = pg_open(arena);
    assert_true(plan_make(&plan, &statistics, arena, reterr));
    parameters(&plan.stmts[which], q, &types, &values);
    pg_script(db, arena_printf(arena, "PREPARE asked (%s) AS %s", types, plan.stmts[which].sql));
    db_want_table(db,
                  arena_printf(arena,
                               "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE asked (%s)",
                               values),
                  DB_NONE, &told);
    pg_run(db);
    db_close(db);
    return told;
}

/* Was a scan of that table begun? */
static bool looks_at(const struct db_table *plan, const char *table)
{
    const char *on = arena_printf(arena, " on %s ", table);
    for (int i = 0; i < plan->rows; i++)
        if (strstr(plan->values[i], on) && !strstr(plan->values[i], "(never executed)"))
            return true;
    return false;
}

static void must_look_at(const struct db_table *plan, const struct question *q, const char *table,
                         bool wanted)
{
    if (looks_at(plan, table) == wanted)
        return;
    for (int i = 0; i < plan->rows; i++)
        fprintf(stderr, "%s\n", plan->values[i]);
    fail_msg("%s … %s by %d must %slook at %s", q->from, q->to, q->by, wanted ? "" : "not ", table);
}

static void whole_years_are_answered_from_totals_and_other_periods_from_records(void **state)
{
    (void)state;
    static const struct {
        struct question question;
        bool total_from_totals, rows_from_totals;
    } cases[] = {
        {{.from = "2027-01-01", .to = "2027-12-31", .by = 3}, true, true},
        {{.from = "2014-01-01", .to = "2027-12-31", .by = 4}, true, true},
        {{.from = "", .to = "2027-12-31", .by = 1}, true, true},
        {{.from = "2027-01-01", .to = "", .by = 5}, true, true},
        {{.from = "", .to = "", .by = 3}, true, true},
        {{.from = "2027-01-01", .to = "2027-12-31", .by = 2}, true, false},
        {{.from = "2027-01-01", .to = "2027-06-30", .by = 3}, false, false},
        {{.from = "2027-01-02", .to = "2027-12-31", .by = 4}, false, false},
        {{.from = "", .to = "2027-06-30", .by = 1}, false, false},
        {{.from = "2027-02-01", .to = "", .by = 5}, false, false},
    };
    static const char *const records[] = {"contract", "budget_line", "history_record"};
    static const char *const totals[] = {"contract_total", "budget_total", "history_total"};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct question *q = &cases[i].question;
        const bool wanted[] = {cases[i].total_from_totals, cases[i].rows_from_totals};
        for (int which = 0; which < 2; which++) {
            struct db_table plan = explain(which, q);
            for (size_t t = 0; t < COUNT_OF(records); t++) {
                must_look_at(&plan, q, totals[t], wanted[which]);
                must_look_at(&plan, q, records[t], !wanted[which]);
            }
        }
        struct db_table apart = explain(2, q);
        must_look_at(&apart, q, "contract", false);
        must_look_at(&apart, q, "budget_line", !cases[i].total_from_totals);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_two_sums_of_the_article_come_out, begin, end),
        cmocka_unit_test_setup_teardown(a_measure_that_nobody_recorded_is_not_known, begin, end),
        cmocka_unit_test_setup_teardown(a_longer_record_is_listed_apart_and_not_split, begin, end),
        cmocka_unit_test_setup_teardown(a_department_sees_its_own_numbers, begin, end),
        cmocka_unit_test_setup_teardown(whole_years_are_answered_from_totals_and_other_periods_from_records,
                                        begin, end),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
