/* What a connection remembers is what PostgreSQL would say, as long as nobody else writes. */
#include "tests/support/pg.h"

#include "server/base/db.h"

static struct arena *arena;
static struct db *other; /* writes behind our back, which shows who answers */

static int begin(void **state)
{
    struct db *db = NULL;
    arena = arena_new((size_t)64 << 20);
    db = pg_open(arena);
    other = pg_open(arena);
    pg_script(db, "DROP TABLE IF EXISTS t, u; CREATE TABLE t (id text, n bigint);"
                  "CREATE TABLE u (t_n bigint);"
                  "INSERT INTO t SELECT 'k' || i, i * 10 FROM generate_series(1, 5000) AS g (i);"
                  "CREATE INDEX ON t (id)");
    db_set_memory(db, true);
    *state = db;
    return 0;
}

static int end(void **state)
{
    db_close(*state);
    db_close(other);
    arena_free(arena);
    return 0;
}

struct row {
    int64_t n;
};

static const char one_sql[] = "SELECT n FROM t WHERE id = $1";
#define ROW_COLS DB_COLS(struct row, COL(I64, struct row, n))

static void want(struct db *db, const char *id, struct row *ret, bool *ret_found)
{
    db_remember(db);
    db_want(db, one_sql, DB_IN(in_text(id)), ROW_COLS, ret, ret_found);
}

static int64_t now(struct db *db, const char *id)
{
    struct row got = {0};
    bool found = false;
    want(db, id, &got, &found);
    pg_run(db);
    return found ? got.n : -1;
}

static void change(const char *id, int64_t n)
{
    db_do(other, "UPDATE t SET n = $2 WHERE id = $1", DB_IN(in_text(id), in_i64(n)));
    pg_run(other);
}

static void do_it(struct db *db, const char *sql)
{
    db_do(db, sql, DB_NONE);
    pg_run(db);
}

static void what_was_asked_is_answered_without_asking(void **state)
{
    struct db *db = *state;
    struct row got = {0};
    bool found = false;
    assert_int_equal(now(db, "k1"), 10);
    change("k1", 11);
    want(db, "k1", &got, &found);
    assert_true(found); /* before anything was sent */
    assert_int_equal(got.n, 10);
    assert_int_equal(db_queued(db), 0);
    db_unremember(db);
    assert_int_equal(now(db, "k1"), 11);
}

static void other_questions_are_asked(void **state)
{
    struct db *db = *state;
    assert_int_equal(now(db, "k1"), 10);
    assert_int_equal(now(db, "k2"), 20);
    assert_int_equal(now(db, NULL), -1);
    assert_int_equal(now(db, ""), -1);
    do_it(other, "INSERT INTO t VALUES ('', 5)");
    assert_int_equal(now(db, ""), -1); /* that there was nothing is remembered as well */
    db_unremember(db);
    assert_int_equal(now(db, ""), 5);
    assert_int_equal(now(db, NULL), -1);
}

static void who_does_not_ask_to_remember_is_not_told_from_memory(void **state)
{
    struct db *db = *state;
    struct row got = {0};
    assert_int_equal(now(db, "k1"), 10);
    change("k1", 11);
    db_want(db, one_sql, DB_IN(in_text("k1")), ROW_COLS, &got, NULL);
    assert_int_equal(db_queued(db), 1);
    pg_run(db);
    assert_int_equal(got.n, 11);
    assert_int_equal(now(other, "k1"), 11); /* has no memory */
    change("k1", 12);
    assert_int_equal(now(other, "k1"), 12);
}

static void those_of_a_common_statement_are_remembered_one_by_one(void **state)
{
    struct db *db = *state;
    struct row got[3] = {{0}};
    bool found[3] = {false};
    const char *ids[] = {"k3", "none", "k1"};
    for (int i = 0; i < 3; i++)
        want(db, ids[i], &got[i], &found[i]);
    pg_run(db);
    change("k1", 11);
    change("k3", 31);
    assert_int_equal(now(db, "k1"), 10);
    assert_int_equal(now(db, "k3"), 30);
    assert_int_equal(now(db, "none"), -1);
    assert_int_equal(now(db, "k2"), 20);
}

static void rows_are_remembered_in_their_order(void **state)
{
    struct db *db = *state;
    for (int turn = 0; turn < 2; turn++) {
        struct row *rows = NULL;
        int count = 0;
        db_remember(db);
        db_want_rows(db, "SELECT n FROM t WHERE n <= $1 ORDER BY n DESC LIMIT 5", DB_IN(in_i64(30)),
                     DB_COLS(struct row, COL(I64, struct row, n)), 5, &rows, &count);
        if (turn == 0)
            pg_run(db);
        assert_int_equal(count, 3);
        for (int i = 0; i < 3; i++)
            assert_int_equal(rows[i].n, 30 - 10 * i);
    }
}

static void the_same_bytes_of_another_type_are_another_question(void **state)
{
    static const char sql[] = "SELECT 'of ' || pg_typeof($1)";
    const char *said[2] = {"", ""};
    struct db *db = *state;
    const struct db_in in[] = {in_text("\x1"), in_bytes((struct bytes){(const uint8_t *)"\x1", 1})};
    for (int i = 0; i < 4; i++) {
        db_remember(db);
        db_want(db, sql, (struct db_ins){&in[i % 2], 1},
                (struct db_cols){(const struct db_col[]){{.type = DB_TEXT}}, 1, sizeof *said}, &said[i % 2],
                NULL);
        if (i < 2)
            pg_run(db);
    }
    assert_int_equal(db_queued(db), 0);
    assert_string_equal(said[0], "of text");
    assert_string_equal(said[1], "of bytea");
}

static void a_table_is_remembered_with_its_nulls_and_names(void **state)
{
    struct db *db = *state;
    struct db_table got[4];
    do_it(db, "INSERT INTO t VALUES (NULL, -7), ('', -8)");
    for (int i = 0; i < 4; i++) { /* the first two are asked together */
        db_remember(db);
        db_want_table(db, "SELECT id, n FROM t WHERE n = $1", DB_IN(in_i64(i % 2 ? -7 : -8)), &got[i]);
        if (i == 1)
            pg_run(db);
    }
    assert_int_equal(db_queued(db), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(got[i].rows, 1);
        assert_int_equal(got[i].cols, 2);
        assert_string_equal(got[i].names[1], "n");
        assert_string_equal(got[i].values[1], i % 2 ? "-7" : "-8");
        if (i % 2)
            assert_null(got[i].values[0]);
        else
            assert_string_equal(got[i].values[0], "");
    }
}

static void who_wants_fewer_rows_than_are_remembered_fails_as_he_would(void **state)
{
    struct db *db = *state;
    for (int most = 5; most >= 2; most -= 3) {
        struct row *rows = NULL;
        int count = 0;
        db_remember(db);
        db_want_rows(db, "SELECT n FROM t WHERE n <= $1", DB_IN(in_i64(30)), ROW_COLS, most, &rows, &count);
        assert_int_equal(db_run(db, NULL) == STATUS_OK, most == 5);
    }
}

static void answers_from_memory_need_no_room_in_the_end(void **state)
{
    struct db *db = *state;
    for (int i = 0; i < 2000000; i++) { /* each takes some hundred bytes until the run */
        struct row got = {0};
        want(db, "k1", &got, NULL);
        if (i % 1000 == 0)
            pg_run(db);
    }
    assert_int_equal(now(db, "k1"), 10);
}

/* ---- forgetting ---- */

static void a_write_of_its_own_makes_it_forget(void **state)
{
    static const char *const writes[] =
        {"UPDATE t SET n = n + 1 WHERE id = 'k9'",
         "INSERT INTO t (id, n) VALUES ('new', 1)",
         "DELETE FROM t WHERE id = 'k8'",
         "WITH gone AS (DELETE FROM t WHERE id = 'k7' RETURNING n) INSERT INTO u SELECT n FROM gone",
         "UPDATE ONLY t SET n = n + 1 WHERE id = 'k9'",
         "TRUNCATE u",
         "SELECT set_config('search_path', 'public', false)"};
    struct db *db = *state;
    for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
        assert_int_equal(now(db, "k1"), 10 + (int64_t)i);
        change("k1", 11 + (int64_t)i);
        assert_int_equal(now(db, "k1"), 10 + (int64_t)i);
        do_it(db, writes[i]);
        assert_int_equal(now(db, "k1"), 11 + (int64_t)i);
    }
}

static void a_read_that_writes_makes_it_forget(void **state)
{
    static const char *const reads[] =
        {"INSERT INTO t VALUES ('new', 1) RETURNING n",
         "WITH gone AS (DELETE FROM t WHERE id = 'k9' RETURNING n) SELECT n FROM gone"};
    struct db *db = *state;
    for (int i = 0; i < 2; i++) {
        struct row got = {0};
        assert_int_equal(now(db, "k1"), 10 + i);
        change("k1", 11 + i);
        db_want(db, reads[i], DB_NONE, ROW_COLS, &got, NULL);
        pg_run(db);
        assert_int_equal(now(db, "k1"), 11 + i);
    }
}

static void nothing_is_kept_of_a_run_that_failed(void **state)
{
    struct db *db = *state;
    struct row got = {0};
    db_do(db, "UPDATE t SET n = 99 WHERE id = 'k1'", DB_NONE); /* all of a run is one transaction */
    want(db, "k1", &got, NULL);
    db_do(db, "SELECT 1 / 0", DB_NONE);
    assert_int_equal(db_run(db, NULL), STATUS_INTERNAL);
    assert_int_equal(got.n, 99);
    assert_int_equal(now(db, "k1"), 10);
}

static void nothing_is_kept_of_a_commit_that_was_refused(void **state)
{
    struct db *db = *state;
    do_it(db, "ALTER TABLE t ADD CONSTRAINT once UNIQUE (n) DEFERRABLE INITIALLY DEFERRED");
    do_it(db, "BEGIN");
    do_it(db, "UPDATE t SET n = 20 WHERE id = 'k1'");
    assert_int_equal(now(db, "k1"), 20);
    assert_int_equal(db_commit(db, NULL), STATUS_INTERNAL);
    assert_int_equal(now(db, "k1"), 10);
}

static void a_write_elsewhere_does_not(void **state)
{
    struct db *db = *state;
    assert_int_equal(now(db, "k1"), 10);
    change("k1", 11);
    do_it(db, "BEGIN");
    do_it(db, "INSERT INTO u (t_n) VALUES (1)");
    do_it(db, "UPDATE u SET t_n = 2");
    do_it(db, "COMMIT");
    assert_int_equal(now(db, "k1"), 10);
}

static void what_was_asked_before_a_write_and_answered_with_it_is_not_kept(void **state)
{
    struct db *db = *state;
    struct row before = {0}, after = {0};
    want(db, "k1", &before, NULL);
    db_do(db, "UPDATE t SET n = n + 1 WHERE id = 'k1'", DB_NONE);
    want(db, "k1", &after, NULL);
    pg_run(db);
    assert_int_equal(before.n, 10);
    assert_int_equal(after.n, 11);
    assert_int_equal(now(db, "k1"), 11);
}

static void nothing_of_a_transaction_that_was_rolled_back_is_kept(void **state)
{
    struct db *db = *state;
    do_it(db, "BEGIN");
    do_it(db, "UPDATE t SET n = 99 WHERE id = 'k1'");
    assert_int_equal(now(db, "k1"), 99);
    assert_int_equal(db_rollback(db), STATUS_OK);
    assert_int_equal(now(db, "k1"), 10);
}

static void a_script_makes_it_forget(void **state)
{
    struct db *db = *state;
    assert_int_equal(now(db, "k1"), 10);
    pg_script(db, "UPDATE t SET n = 12 WHERE id = 'k1'");
    assert_int_equal(now(db, "k1"), 12);
}

static void a_full_memory_begins_anew(void **state)
{
    char id[16];
    struct db *db = *state;
    for (int i = 1; i <= 5000; i++) {
        snprintf(id, sizeof id, "k%d", i);
        assert_int_equal(now(db, id), i * 10);
    }
    change("k2", 21);
    change("k5000", 1);
    assert_int_equal(now(db, "k2"), 21);       /* forgotten on the way */
    assert_int_equal(now(db, "k5000"), 50000); /* still there */
}

int main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        EACH(what_was_asked_is_answered_without_asking),
        EACH(other_questions_are_asked),
        EACH(who_does_not_ask_to_remember_is_not_told_from_memory),
        EACH(those_of_a_common_statement_are_remembered_one_by_one),
        EACH(rows_are_remembered_in_their_order),
        EACH(the_same_bytes_of_another_type_are_another_question),
        EACH(a_table_is_remembered_with_its_nulls_and_names),
        EACH(who_wants_fewer_rows_than_are_remembered_fails_as_he_would),
        EACH(answers_from_memory_need_no_room_in_the_end),
        EACH(a_write_of_its_own_makes_it_forget),
        EACH(a_read_that_writes_makes_it_forget),
        EACH(a_write_elsewhere_does_not),
        EACH(nothing_is_kept_of_a_run_that_failed),
        EACH(nothing_is_kept_of_a_commit_that_was_refused),
        EACH(what_was_asked_before_a_write_and_answered_with_it_is_not_kept),
        EACH(nothing_of_a_transaction_that_was_rolled_back_is_kept),
        EACH(a_script_makes_it_forget),
        EACH(a_full_memory_begins_anew),
    };
    return cmocka_run_group_tests(tests, pg_up, pg_down);
}
