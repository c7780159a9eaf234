/* What db promises: typed values, errors that stay where they are, three outcomes of COMMIT, and no deadlock.
 */
#include "tests/support/pg.h"

#include <pthread.h>

#include "common/check.h"
#include "server/base/db.h"

static struct arena *arena;

static int begin(void **state)
{
    arena = arena_new((size_t)256 << 20);
    *state = pg_open(arena);
    pg_script(*state,
              "DROP TABLE IF EXISTS t, parent CASCADE; CREATE TABLE t (id text PRIMARY KEY, n bigint)");
    return 0;
}

static int end(void **state)
{
    db_close(*state);
    arena_free(arena);
    return 0;
}

/* ---- values ---- */

static const char *const color_words[] = {NULL, "RED", "GREEN"};
static const struct names colors = {.of = color_words, .count = 3};

struct all {
    int64_t n;
    bool b;
    const char *t;
    struct bytes x;
    struct day d;
    int color;
};
#define ALL_COLS                                                                                             \
    DB_COLS(struct all, COL(I64, struct all, n), COL(BOOL, struct all, b), COL(TEXT, struct all, t),         \
            COL(BYTES, struct all, x), COL(DAY, struct all, d), COL_ENUM(struct all, color, &colors))

static void every_type_goes_there_and_comes_back(void **state)
{
    struct db *db = *state;
    struct all row = {0};
    bool found = false;
    const uint8_t raw[] = {0, 1, 255, '\\', '\''};
    db_want(db, "SELECT $1::bigint, $2::bool, $3::text, $4::bytea, $5::date, $6::text",
            DB_IN(in_i64(INT64_MIN), in_bool(true), in_text("第一 'x' \\ 行\n"),
                  in_bytes((struct bytes){raw, sizeof raw}), in_day(day_of(2026, 2, 28)),
                  in_enum(2, &colors)),
            ALL_COLS, &row, &found);
    pg_run(db);
    assert_true(found);
    assert_true(row.n == INT64_MIN);
    assert_true(row.b);
    assert_string_equal(row.t, "第一 'x' \\ 行\n");
    assert_int_equal(row.x.len, sizeof raw);
    assert_memory_equal(row.x.data, raw, sizeof raw);
    assert_int_equal(row.d.n, day_of(2026, 2, 28).n);
    assert_int_equal(row.color, 2);
}

static void nulls_become_the_empty_value_of_each_type(void **state)
{
    struct db *db = *state;
    struct all row = {9, true, "x", {(const uint8_t *)"x", 1}, {9}, 9};
    db_want(db, "SELECT $1::bigint, $2::bool, $3::text, $4::bytea, $5::date, $6::text",
            DB_IN((struct db_in){.type = DB_I64, .is_null = true},
                  (struct db_in){.type = DB_BOOL, .is_null = true}, in_text(NULL),
                  in_bytes((struct bytes){0}), in_day(DAY_NONE), in_enum(0, &colors)),
            ALL_COLS, &row, NULL);
    pg_run(db);
    assert_int_equal(row.n, 0);
    assert_false(row.b);
    assert_string_equal(row.t, "");
    assert_null(row.x.data);
    assert_false(day_is(row.d));
    assert_int_equal(row.color, 0);
}

static void empty_text_and_empty_bytes_are_not_null(void **state)
{
    struct db *db = *state;
    struct all row = {0};
    db_want(db, "SELECT 0, $1::text IS NULL, $1::text, $2::bytea, NULL::date, NULL::text",
            DB_IN(in_text(""), in_bytes((struct bytes){(const uint8_t *)"", 0})), ALL_COLS, &row, NULL);
    pg_run(db);
    assert_false(row.b);
    assert_non_null(row.x.data);
    assert_int_equal(row.x.len, 0);
}

static void arrays_are_rows_to_unnest(void **state)
{
    struct db *db = *state;
    const char *texts[] = {"a,b", "{\"", "", NULL, "汉"};
    int64_t numbers[] = {1, -2, INT64_MAX, 0, 5};
    const struct bytes blobs[] = {{(const uint8_t *)"\0\1", 2},
                                  {(const uint8_t *)"", 0},
                                  {0},
                                  {0},
                                  {(const uint8_t *)"z", 1}};
    struct all *rows = NULL;
    int count = 0;
    db_want_rows(db,
                 "SELECT n, t IS NULL, t, x, NULL::date, NULL::text FROM unnest($1::text[], $2::bigint[], "
                 "$3::bytea[]) AS u (t, n, x)",
                 DB_IN(in_texts(texts, 5), in_i64s(numbers, 5), in_byteas(blobs, 5)), ALL_COLS, 10, &rows,
                 &count);
    struct all *none = NULL;
    int none_count = 9;
    db_want_rows(db,
                 "SELECT 1, true, t, NULL::bytea, NULL::date, NULL::text FROM unnest($1::text[]) AS u (t)",
                 DB_IN(in_texts(NULL, 0)), ALL_COLS, 10, &none, &none_count);
    pg_run(db);
    assert_int_equal(count, 5);
    assert_int_equal(none_count, 0);
    assert_string_equal(rows[1].t, "{\"");
    assert_true(rows[2].n == INT64_MAX);
    assert_true(rows[3].b);
    assert_memory_equal(rows[0].x.data, "\0\1", 2);
    assert_null(rows[2].x.data);
    assert_string_equal(rows[4].t, "汉");
}

static void what_does_not_fit_its_column_is_an_error(void **state)
{
    static const struct {
        const char *sql;
        enum status want;
    } cases[] = {
        {"SELECT 1, true, 'x', ''::bytea, DATE '2026-01-01', 'RED'", STATUS_OK},
        {"SELECT 1::numeric, true, 'x', ''::bytea, DATE '2026-01-01', 'RED'", STATUS_OK},
        {"SELECT 1.5, true, 'x', ''::bytea, DATE '2026-01-01', 'RED'", STATUS_INTERNAL},
        {"SELECT 9223372036854775808, true, 'x', ''::bytea, DATE '2026-01-01', 'RED'", STATUS_INTERNAL},
        {"SELECT 1, 2, 'x', ''::bytea, DATE '2026-01-01', 'RED'", STATUS_INTERNAL},
        {"SELECT 1, true, 'x', 'x', DATE '2026-01-01', 'RED'", STATUS_INTERNAL},
        {"SELECT 1, true, 'x', ''::bytea, 'infinity'::date, 'RED'", STATUS_INTERNAL},
        {"SELECT 1, true, 'x', ''::bytea, DATE '2026-01-01', 'BLUE'", STATUS_INTERNAL},
        {"SELECT 1, true, 'x', ''::bytea, DATE '2026-01-01'", STATUS_INTERNAL},
        {"SELECT 1, true, 'x', ''::bytea, DATE '2026-01-01', 'RED' FROM generate_series(1, 2)",
         STATUS_INTERNAL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct all row;
        struct db_error error;
        db_want(*state, cases[i].sql, DB_NONE, ALL_COLS, &row, NULL);
        if (db_run(*state, &error) != cases[i].want)
            fail_msg("%s", cases[i].sql);
    }
}

static void a_missing_row_leaves_the_destination_alone(void **state)
{
    struct all row = {.n = 42};
    bool found = true;
    db_want(*state, "SELECT n, true, id, NULL::bytea, NULL::date, NULL::text FROM t WHERE id = $1",
            DB_IN(in_text("no")), ALL_COLS, &row, &found);
    pg_run(*state);
    assert_false(found);
    assert_int_equal(row.n, 42);
}

static void a_full_arena_is_told_and_the_connection_lives(void **state)
{
    struct db *db = *state;
    struct arena *small = arena_new(2000);
    struct db_table table;
    db_use_arena(db, small);
    db_want_table(db, "SELECT repeat('x', 100000)", DB_NONE, &table);
    assert_int_equal(db_run(db, NULL), STATUS_RESOURCE_EXHAUSTED);
    db_use_arena(db, arena);
    db_want_table(db, "SELECT NULL AS a, 'x' AS b, 7 AS c", DB_NONE, &table);
    pg_run(db);
    assert_int_equal(table.rows, 1);
    assert_int_equal(table.cols, 3);
    assert_string_equal(table.names[2], "c");
    assert_null(table.values[0]);
    assert_string_equal(table.values[2], "7");
    assert_int_equal(table.oids[2], 23);
    arena_free(small);
}

static void rows_touched_are_counted_and_one_means_one(void **state)
{
    struct db *db = *state;
    int64_t touched = 0;
    db_do_one(db, "INSERT INTO t (id, n) VALUES ($1, $2)", DB_IN(in_text("a"), in_i64(1)));
    db_count(db, "INSERT INTO t (id, n) SELECT 'g' || i, i FROM generate_series(1, 7) AS i", DB_NONE,
             &touched);
    pg_run(db);
    assert_int_equal(touched, 7);
    db_do_one(db, "UPDATE t SET n = n + 1 WHERE id = $1", DB_IN(in_text("nobody")));
    struct db_error error;
    assert_int_equal(db_run(db, &error), STATUS_INTERNAL);
}

/* ---- errors ---- */

static void each_sync_succeeds_or_fails_alone(void **state)
{
    struct db *db = *state;
    enum status s[4];
    struct db_error e[4];
    int64_t touched[4] = {-1, -1, -1, -1};
    for (int i = 0; i < 4; i++) {
        if (i == 1)
            db_do(db, "INSERT INTO t (id, n) VALUES ('x', 1 / 0)", DB_NONE);
        if (i == 2)
            db_do(db, "SELECT nonsense FROM t", DB_NONE); /* does not even parse */
        db_count(db, "INSERT INTO t (id, n) VALUES ($1, 1)", DB_IN(in_text(i % 2 ? "odd" : "even")),
                 &touched[i]);
        db_sync(db, &e[i], &s[i]);
    }
    assert_int_equal(db_run(db, NULL), STATUS_OK);
    assert_int_equal(s[0], STATUS_OK);
    assert_int_equal(s[1], STATUS_INTERNAL);
    assert_string_equal(e[1].sqlstate, "22012");
    assert_int_equal(touched[1], -1);
    assert_int_equal(s[2], STATUS_INTERNAL);
    assert_string_equal(e[2].sqlstate, "42703");
    assert_int_equal(s[3], STATUS_OK);
    assert_int_equal(touched[3], 1);
}

static void an_error_in_a_transaction_names_its_cause_and_rolls_back(void **state)
{
    struct db *db = *state;
    struct db_error error;
    assert_int_equal(db_begin(db, "BEGIN", NULL), STATUS_OK);
    db_do(db, "INSERT INTO t (id, n) VALUES ('r', 1)", DB_NONE);
    db_do(db, "SELECT column_that_is_not FROM t", DB_NONE);
    db_do(db, "INSERT INTO t (id, n) VALUES ('s', 1)", DB_NONE);
    assert_int_equal(db_run(db, &error), STATUS_INTERNAL);
    assert_string_equal(error.sqlstate, "42703");
    assert_int_equal(db_commit(db, &error), STATUS_INTERNAL); /* COMMIT answers ROLLBACK */
    assert_int_equal(db_rollback(db), STATUS_OK);
    struct db_table table;
    db_want_table(db, "SELECT id FROM t", DB_NONE, &table);
    pg_run(db);
    assert_int_equal(table.rows, 0);
}

static void sqlstates_become_statuses(void **state)
{
    (void)state;
    assert_int_equal(db_status_of_sqlstate("40001"), STATUS_ABORTED);
    assert_int_equal(db_status_of_sqlstate("40P01"), STATUS_ABORTED);
    assert_int_equal(db_status_of_sqlstate("57014"), STATUS_DEADLINE_EXCEEDED);
    assert_int_equal(db_status_of_sqlstate("57P01"), STATUS_UNAVAILABLE);
    assert_int_equal(db_status_of_sqlstate("53100"), STATUS_UNAVAILABLE);
    assert_int_equal(db_status_of_sqlstate("XX001"), STATUS_DATA_LOSS);
    assert_int_equal(db_status_of_sqlstate("23505"), STATUS_INTERNAL);
}

static void statement_timeout_is_deadline_exceeded(void **state)
{
    pg_script(*state, "SET statement_timeout = 50");
    db_do(*state, "SELECT pg_sleep(5)", DB_NONE);
    assert_int_equal(db_run(*state, NULL), STATUS_DEADLINE_EXCEEDED);
}

/* ---- one snapshot ---- */

static void *insert_soon(void *arg)
{
    struct arena *a = arena_new(1 << 20);
    struct db *db = pg_open(a);
    usleep(100000);
    pg_script(db, "INSERT INTO t (id, n) VALUES ('meanwhile', 1)");
    db_close(db);
    arena_free(a);
    return arg;
}

static void the_statements_up_to_a_sync_are_one_transaction(void **state)
{
    struct db *db = *state;
    struct db_table count[3];
    pthread_t other;
    pg_script(
        db, "SET default_transaction_isolation = 'repeatable read'; SET default_transaction_read_only = on");
    assert_int_equal(pthread_create(&other, NULL, insert_soon, NULL), 0);
    for (int i = 0; i < 3; i++) {
        db_want_table(db, "SELECT count(*) FROM t", DB_NONE, &count[i]);
        if (i == 0)
            db_do(db, "SELECT pg_sleep(0.4)", DB_NONE);
        if (i == 1)
            db_sync(db, NULL, NULL);
    }
    pg_run(db);
    pthread_join(other, NULL);
    assert_string_equal(count[0].values[0], "0");
    assert_string_equal(count[1].values[0], "0");
    assert_string_equal(count[2].values[0], "1");
}

/* ---- commit ---- */

static void a_commit_is_ok_only_when_it_committed(void **state)
{
    struct db *db = *state;
    struct db_error error;
    assert_int_equal(db_begin(db, "BEGIN", NULL), STATUS_OK);
    db_do(db, "INSERT INTO t (id, n) VALUES ('c', 1)", DB_NONE);
    pg_run(db);
    assert_int_equal(db_commit(db, &error), STATUS_OK);
    /* outside a transaction COMMIT is answered with COMMIT and a warning */
    assert_int_equal(db_commit(db, &error), STATUS_UNKNOWN);
}

static void a_commit_refused_by_a_deferred_constraint_is_rolled_back_for_certain(void **state)
{
    struct db *db = *state;
    pg_script(db, "CREATE TABLE parent (id text PRIMARY KEY);"
                  "ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES parent DEFERRABLE INITIALLY DEFERRED");
    struct db_error error;
    assert_int_equal(db_begin(db, "BEGIN", NULL), STATUS_OK);
    db_do(db, "INSERT INTO t (id, n) VALUES ('orphan', 1)", DB_NONE);
    pg_run(db);
    assert_int_equal(db_commit(db, &error), STATUS_INTERNAL);
    assert_string_equal(error.sqlstate, "23503");
}

static void kill_backend_of(struct db *db)
{
    struct db_table pid;
    db_want_table(db, "SELECT pg_backend_pid()", DB_NONE, &pid);
    pg_run(db);
    struct db *other = pg_open(arena);
    db_do(other, "SELECT pg_terminate_backend($1::int, 5000)", DB_IN(in_i64(atoll(pid.values[0]))));
    pg_run(other);
    db_close(other);
}

static void a_commit_over_a_lost_connection_is_unknown(void **state)
{
    struct db *db = *state;
    assert_int_equal(db_begin(db, "BEGIN", NULL), STATUS_OK);
    kill_backend_of(db);
    assert_int_equal(db_commit(db, NULL), STATUS_UNKNOWN);
    assert_false(db_is_alive(db));
}

static void a_backend_that_is_terminated_makes_the_run_unavailable(void **state)
{
    struct db *db = *state;
    enum status first = STATUS_OK, second = STATUS_OK;
    struct db_error error = {0};
    db_do(db, "SELECT 1", DB_NONE);
    db_sync(db, NULL, &first);
    db_do(db, "SELECT pg_terminate_backend(pg_backend_pid())", DB_NONE);
    db_sync(db, NULL, &second);
    db_do(db, "SELECT 2", DB_NONE);
    assert_int_equal(db_run(db, &error), STATUS_UNAVAILABLE);
    assert_int_equal(first, STATUS_OK);
    assert_int_equal(second, STATUS_UNAVAILABLE);
    assert_false(db_is_alive(db));
    db_do(db, "SELECT 3", DB_NONE);
    assert_int_equal(db_run(db, &error), STATUS_UNAVAILABLE);
}

/* ---- much ---- */

static void ten_thousand_big_statements_do_not_deadlock(void **state)
{
    struct db *db = *state;
    enum { N = 10000, BYTES = 8000 };
    static char big[BYTES + 1];
    struct all *rows = arena_array(arena, N, sizeof *rows);
    memset(big, 'x', BYTES);
    for (int i = 0; i < N; i++)
        db_want(db, "SELECT $1::bigint, true, $2::text, NULL::bytea, NULL::date, NULL::text",
                DB_IN(in_i64(i), in_text(big)), ALL_COLS, &rows[i], NULL);
    assert_int_equal(db_queued(db), N);
    pg_run(db);
    assert_int_equal(db_queued(db), 0);
    for (int i = 0; i < N; i++) {
        assert_int_equal(rows[i].n, i);
        assert_int_equal(strlen(rows[i].t), BYTES);
    }
}

static void a_queue_that_is_too_large_is_refused_whole(void **state)
{
    struct db *db = *state;
    static char big[1 << 20];
    memset(big, 'x', sizeof big - 1);
    for (int i = 0; i < 200; i++)
        db_do(db, "INSERT INTO t (id) VALUES ($1)", DB_IN(in_text(big)));
    assert_int_equal(db_run(db, NULL), STATUS_RESOURCE_EXHAUSTED);
    struct db_table table;
    db_want_table(db, "SELECT id FROM t", DB_NONE, &table);
    pg_run(db);
    assert_int_equal(table.rows, 0);
}

static void each_text_is_prepared_once(void **state)
{
    struct db *db = *state;
    static const char sql[] = "SELECT 77, $1::text";
    struct db_table table;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 10; i++)
            db_do(db, sql, DB_IN(in_text("x")));
        pg_run(db);
    }
    db_want_table(db, "SELECT name FROM pg_prepared_statements WHERE statement LIKE 'SELECT 77%'", DB_NONE,
                  &table);
    pg_run(db);
    assert_int_equal(table.rows, 1);
}

static void what_is_forgotten_is_not_sent(void **state)
{
    struct db *db = *state;
    db_do(db, "INSERT INTO t (id) VALUES ('ghost')", DB_NONE);
    db_forget(db);
    assert_int_equal(db_queued(db), 0);
    assert_int_equal(db_run(db, NULL), STATUS_OK);
    struct db_table table;
    db_want_table(db, "SELECT id FROM t", DB_NONE, &table);
    pg_run(db);
    assert_int_equal(table.rows, 0);
}

static void a_script_runs_whole_or_says_why(void **state)
{
    struct db *db = *state;
    struct db_error error = {0};
    pg_script(db, "CREATE TEMP TABLE s (n int); INSERT INTO s VALUES (1); SELECT * FROM s; DROP TABLE s");
    assert_int_equal(db_script(db, "SELECT 1; SELEC 2", &error), STATUS_INTERNAL);
    assert_string_equal(error.sqlstate, "42601");
    db_do(db, "SELECT 1", DB_NONE);
    pg_run(db);
}

static void nobody_there_is_unavailable(void **state)
{
    (void)state;
    struct db *db = NULL;
    struct db_error error = {0};
    assert_int_equal(db_open("host=/nowhere dbname=x", NULL, 500, &db, &error), STATUS_UNAVAILABLE);
    assert_true(strlen(error.text) > 0);
    assert_int_equal(db_open("nonsense", NULL, 500, &db, &error), STATUS_UNAVAILABLE);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_type_goes_there_and_comes_back),
        CASE(nulls_become_the_empty_value_of_each_type),
        CASE(empty_text_and_empty_bytes_are_not_null),
        CASE(arrays_are_rows_to_unnest),
        CASE(what_does_not_fit_its_column_is_an_error),
        CASE(a_missing_row_leaves_the_destination_alone),
        CASE(a_full_arena_is_told_and_the_connection_lives),
        CASE(rows_touched_are_counted_and_one_means_one),
        CASE(each_sync_succeeds_or_fails_alone),
        CASE(an_error_in_a_transaction_names_its_cause_and_rolls_back),
        CASE(sqlstates_become_statuses),
        CASE(statement_timeout_is_deadline_exceeded),
        CASE(the_statements_up_to_a_sync_are_one_transaction),
        CASE(a_commit_is_ok_only_when_it_committed),
        CASE(a_commit_refused_by_a_deferred_constraint_is_rolled_back_for_certain),
        CASE(a_commit_over_a_lost_connection_is_unknown),
        CASE(a_backend_that_is_terminated_makes_the_run_unavailable),
        CASE(ten_thousand_big_statements_do_not_deadlock),
        CASE(a_queue_that_is_too_large_is_refused_whole),
        CASE(each_text_is_prepared_once),
        CASE(what_is_forgotten_is_not_sent),
        CASE(a_script_runs_whole_or_says_why),
        CASE(nobody_there_is_unavailable),
    };
    return cmocka_run_group_tests(tests, pg_up, pg_down);
}
