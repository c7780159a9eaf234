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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_two_sums_of_the_article_come_out, begin, end),
        cmocka_unit_test_setup_teardown(a_measure_that_nobody_recorded_is_not_known, begin, end),
        cmocka_unit_test_setup_teardown(a_longer_record_is_listed_apart_and_not_split, begin, end),
        cmocka_unit_test_setup_teardown(a_department_sees_its_own_numbers, begin, end),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
