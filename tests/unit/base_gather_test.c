/* Those who ask the same are asked together, and it comes to the same as one after the other. */
#include "tests/support/pg.h"

#include "common/check.h"
#include "server/base/db.h"
#include "server/base/db_many.h"

static struct arena *arena;

static int begin(void **state)
{
    arena = arena_new((size_t)256 << 20);
    *state = pg_open(arena);
    pg_script(*state, "DROP TABLE IF EXISTS t, u; CREATE TABLE t (id text PRIMARY KEY, n bigint, d date);"
                      "CREATE TABLE u (id text, seq bigint, note text, PRIMARY KEY (id, seq));"
                      "INSERT INTO t SELECT 'k' || i, i * 10, NULL FROM generate_series(1, 9) AS g (i)");
    return 0;
}

static int end(void **state)
{
    db_close(*state);
    arena_free(arena);
    return 0;
}

/* ---- the texts ---- */

static void each_shape_becomes_a_statement_for_many_and_others_are_left_alone(void **state)
{
    static const unsigned types[] = {25, 20};
    static const struct {
        const char *one;
        bool is_read;
        const char *many; /* NULL: none */
    } cases[] = {
        {"SELECT n FROM t WHERE id = $1 AND n > $2", true,
         "SELECT _q._n, _s.* FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS _q (_1, _2, _n)"
         " CROSS JOIN LATERAL (SELECT n FROM t WHERE id = _q._1 AND n > _q._2 OFFSET 0) AS _s"},
        {"SELECT '$1' || $1, $2", true,
         "SELECT _q._n, _s.* FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS _q (_1, _2, _n)"
         " CROSS JOIN LATERAL (SELECT '$1' || _q._1, _q._2 OFFSET 0) AS _s"},
        {"SELECT n FROM t WHERE id = $1 OFFSET $2", true, NULL},
        {"INSERT INTO u (id, seq) VALUES ($1, nullif($2, 0))", false,
         "INSERT INTO u (id, seq) SELECT _q._1, nullif(_q._2, 0)"
         " FROM unnest($1::text[], $2::bigint[]) AS _q (_1, _2)"},
        {"INSERT INTO t (id, n) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = EXCLUDED.n", false,
         "INSERT INTO t (id, n) SELECT _q._1, _q._2 FROM unnest($1::text[], $2::bigint[]) AS _q (_1, _2)"
         " ON CONFLICT (id) DO UPDATE SET n = EXCLUDED.n"},
        {"INSERT INTO t (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET n = $2", false, NULL},
        {"INSERT INTO t (id) VALUES ($1), ($2)", false, NULL},
        {"INSERT INTO u (id, seq) SELECT id, $2 FROM t WHERE id = $1", false,
         "INSERT INTO u (id, seq) SELECT _s.* FROM unnest($1::text[], $2::bigint[]) AS _q (_1, _2)"
         " CROSS JOIN LATERAL (SELECT id, _q._2 FROM t WHERE id = _q._1) AS _s"},
        {"UPDATE t SET n = (SELECT max(n) FROM t WHERE n < $2) WHERE id = $1", false,
         "UPDATE t SET n = (SELECT max(n) FROM t WHERE n < _q._2)"
         " FROM unnest($1::text[], $2::bigint[]) AS _q (_1, _2) WHERE id = _q._1"},
        {"UPDATE t SET n = $2 FROM u WHERE t.id = $1", false, NULL},
        {"UPDATE t SET n = $2 WHERE id = $1 RETURNING n", false, NULL},
        {"DELETE FROM t WHERE id = $1 AND n = $2", false, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *many = db_many_text(cases[i].one, cases[i].is_read, 2, types);
        if (cases[i].many)
            assert_string_equal(many, cases[i].many);
        else
            assert_null(many);
        free(many);
    }
    static const unsigned arrays[] = {1009};
    assert_null(db_many_text("SELECT $1", true, 1, arrays));
    assert_null(db_many_text("SELECT 1", true, 0, NULL));
}

/* ---- reading ---- */

struct row {
    const char *id;
    int64_t n;
};
#define ROW_COLS DB_COLS(struct row, COL(TEXT, struct row, id), COL(I64, struct row, n))

static void want(struct db *db, const char *id, struct row *ret, bool *ret_found)
{
    db_want(db, "SELECT id, n FROM t WHERE id = $1", DB_IN(in_text(id)), ROW_COLS, ret, ret_found);
}

/* How often a text that contains `part` was executed on this connection. */
static int64_t runs_of(struct db *db, const char *part)
{
    struct row count = {0};
    db_want(db,
            "SELECT '', COALESCE(sum(generic_plans + custom_plans), 0)::bigint FROM pg_prepared_statements"
            " WHERE statement NOT LIKE '%pg_prepared%' AND position($1 IN statement) > 0",
            DB_IN(in_text(part)), ROW_COLS, &count, NULL);
    pg_run(db);
    return count.n;
}

static void everybody_gets_the_row_he_asked_for(void **state)
{
    static const char *const ids[] = {"k3", "no", "k1", "k3", "k9", "k2"};
    struct db *db = *state;
    struct row got[COUNT_OF(ids)] = {0};
    bool found[COUNT_OF(ids)];
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        want(db, ids[i], &got[i], &found[i]);
    pg_run(db);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        assert_int_equal(found[i], ids[i][0] == 'k');
        if (found[i])
            assert_string_equal(got[i].id, ids[i]);
        if (found[i])
            assert_int_equal(got[i].n, (ids[i][1] - '0') * 10);
    }
    assert_int_equal(runs_of(db, "FROM t WHERE id ="), 1);
}

static void one_who_asks_alone_is_asked_as_before(void **state)
{
    struct db *db = *state;
    struct row got = {0}, again = {0};
    bool found;
    want(db, "k4", &got, &found);
    want(db, "k4", &again, NULL); /* the same question is no second one */
    pg_run(db);
    assert_int_equal(got.n, 40);
    assert_int_equal(again.n, 40);
    assert_int_equal(runs_of(db, "unnest"), 0);
}

static void lists_keep_their_order_and_their_limit(void **state)
{
    struct db *db = *state;
    struct row *rows[3];
    int counts[3];
    for (int i = 0; i < 3; i++)
        db_want_rows(db, "SELECT id, n FROM t WHERE n > $1 ORDER BY n DESC LIMIT 4", DB_IN(in_i64(i * 40)),
                     ROW_COLS, 4, &rows[i], &counts[i]);
    pg_run(db);
    assert_int_equal(counts[0], 4);
    assert_int_equal(counts[1], 4);
    assert_int_equal(counts[2], 1);
    for (int i = 0; i < 3; i++)
        for (int r = 0; r < counts[i]; r++)
            assert_int_equal(rows[i][r].n, 90 - r * 10);
}

static void tables_are_shared_out_with_their_names_and_nulls(void **state)
{
    struct db *db = *state;
    struct db_table tables[2];
    for (int i = 0; i < 2; i++)
        db_want_table(db, "SELECT id, d, n FROM t WHERE n <= $1 ORDER BY n", DB_IN(in_i64(10 + 10 * i)),
                      &tables[i]);
    pg_run(db);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(tables[i].rows, i + 1);
        assert_int_equal(tables[i].cols, 3);
        assert_string_equal(tables[i].names[1], "d");
        assert_null(tables[i].values[1]);
        assert_string_equal(tables[i].values[0], "k1");
    }
    assert_string_equal(tables[1].values[5], "20");
}

/* ---- writing ---- */

static void set(struct db *db, const char *id, int64_t n)
{
    db_do_one(db, "UPDATE t SET n = $2 WHERE id = $1", DB_IN(in_text(id), in_i64(n)));
}

static void note(struct db *db, const char *id, int64_t seq, const char *text)
{
    db_do_one(db, "INSERT INTO u (id, seq, note) VALUES ($1, $2, $3)",
              DB_IN(in_text(id), in_i64(seq), in_text(text)));
}

static void add(struct db *db, const char *id, int64_t n)
{
    db_add(db, "INSERT INTO t (id, n) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = t.n + EXCLUDED.n",
           DB_IN(in_text(id), in_i64(n)), 1);
}

static void what_many_callers_write_goes_in_one_statement_each(void **state)
{
    struct db *db = *state;
    for (int i = 1; i <= 5; i++) {
        char id[8];
        db_mark(db);
        snprintf(id, sizeof id, "k%d", i);
        set(db, id, i);
        note(db, id, 1, i == 3 ? NULL : "x");
        assert_int_equal(db_queued_since_mark(db), 2);
    }
    pg_run(db);
    struct row sum = {0};
    db_want(db, "SELECT string_agg(COALESCE(note, '-'), '' ORDER BY id), count(*) FROM u WHERE seq = $1",
            DB_IN(in_i64(1)), ROW_COLS, &sum, NULL);
    pg_run(db);
    assert_string_equal(sum.id, "xx-xx");
    assert_int_equal(runs_of(db, "UPDATE t"), 1);
    assert_int_equal(runs_of(db, "INSERT INTO u"), 1);
}

static void a_callers_own_writes_keep_their_order(void **state)
{
    struct db *db = *state;
    set(db, "k1", 1);
    db_do(db, "DELETE FROM u WHERE id = $1", DB_IN(in_text("k1")));
    note(db, "k1", 1, "a");
    set(db, "k1", 2); /* behind the note, so it is a statement of its own */
    pg_run(db);
    struct row got = {0};
    want(db, "k1", &got, NULL);
    pg_run(db);
    assert_int_equal(got.n, 2);
    assert_int_equal(runs_of(db, "UPDATE t"), 2);
}

static void a_read_between_two_writes_sees_the_first_only(void **state)
{
    struct db *db = *state;
    struct row before = {0}, between = {0}, after = {0};
    want(db, "k5", &before, NULL);
    set(db, "k5", 1);
    want(db, "k5", &between, NULL);
    set(db, "k5", 2);
    want(db, "k5", &after, NULL);
    pg_run(db);
    assert_int_equal(before.n, 50);
    assert_int_equal(between.n, 1);
    assert_int_equal(after.n, 2);
}

static void one_of_many_that_touches_nothing_fails_them_all(void **state)
{
    struct db *db = *state;
    db_do(db, "BEGIN", DB_NONE);
    set(db, "k1", 1);
    db_mark(db);
    set(db, "nobody", 1);
    assert_int_equal(db_run(db, NULL), STATUS_INTERNAL);
    assert_int_equal(db_rollback(db), STATUS_OK);
}

static void what_is_added_to_one_row_is_added_up_first(void **state)
{
    struct db *db = *state;
    for (int i = 0; i < 6; i++) {
        db_mark(db);
        add(db, i % 2 ? "k1" : "new", i);
    }
    pg_run(db);
    struct row known = {0}, new = {0};
    want(db, "k1", &known, NULL);
    want(db, "new", &new, NULL);
    pg_run(db);
    assert_int_equal(known.n, 10 + 1 + 3 + 5);
    assert_int_equal(new.n, 0 + 2 + 4);
    assert_int_equal(runs_of(db, "INSERT INTO t"), 1);
}

static void a_sum_beyond_all_bounds_is_refused_by_the_database(void **state)
{
    struct db *db = *state;
    db_do(db, "BEGIN", DB_NONE);
    add(db, "big", INT64_MAX);
    add(db, "big", 1);
    assert_int_equal(db_run(db, NULL), STATUS_INTERNAL);
    assert_int_equal(db_rollback(db), STATUS_OK);
}

/* ---- the same as one after the other ---- */

#define STEPS 400

/* A step of a caller of his own: his rows are k0 … k9 of that step's caller, so no two of a run meet but in
 * what they add. */
static void step(struct db *db, unsigned *seed, int i, bool is_alone)
{
    char id[16];
    unsigned r = *seed = *seed * 1103515245u + 12345u;
    snprintf(id, sizeof id, "c%d", i % 40);
    db_mark(db);
    if (r >> 16 & 1)
        db_do_one(db, "INSERT INTO t (id, n) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = EXCLUDED.n",
                  DB_IN(in_text(id), in_i64(r >> 20)));
    add(db, "sum", r >> 24);
    note(db, id, i, "first");
    if (r >> 17 & 1)
        db_do_one(db, "UPDATE u SET note = $3 WHERE id = $1 AND seq = $2",
                  DB_IN(in_text(id), in_i64(i), in_text(r >> 18 & 1 ? "second" : NULL)));
    if (is_alone)
        pg_run(db);
}

static const char *contents(struct db *db)
{
    struct row all = {0};
    db_want(db,
            "SELECT (SELECT string_agg(t::text, ';' ORDER BY id) FROM t) || (SELECT string_agg(u::text, ';'"
            " ORDER BY id, seq) FROM u), 0",
            DB_NONE, ROW_COLS, &all, NULL);
    pg_run(db);
    return all.id;
}

static void random_callers_together_leave_the_same_rows_as_one_by_one(void **state)
{
    struct db *db = *state;
    for (unsigned seed = 1; seed <= 5; seed++) {
        const char *got[2];
        for (int is_alone = 0; is_alone < 2; is_alone++) {
            unsigned s = seed;
            pg_script(db, "TRUNCATE t, u");
            for (int i = 0; i < STEPS; i++) {
                step(db, &s, i, is_alone);
                if (i % 40 == 39)
                    pg_run(db);
            }
            got[is_alone] = contents(db);
        }
        assert_string_equal(got[0], got[1]);
    }
    assert_true(runs_of(db, "unnest") > 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(each_shape_becomes_a_statement_for_many_and_others_are_left_alone),
        CASE(everybody_gets_the_row_he_asked_for),
        CASE(one_who_asks_alone_is_asked_as_before),
        CASE(lists_keep_their_order_and_their_limit),
        CASE(tables_are_shared_out_with_their_names_and_nulls),
        CASE(what_many_callers_write_goes_in_one_statement_each),
        CASE(a_callers_own_writes_keep_their_order),
        CASE(a_read_between_two_writes_sees_the_first_only),
        CASE(one_of_many_that_touches_nothing_fails_them_all),
        CASE(what_is_added_to_one_row_is_added_up_first),
        CASE(a_sum_beyond_all_bounds_is_refused_by_the_database),
        CASE(random_callers_together_leave_the_same_rows_as_one_by_one),
    };
    return cmocka_run_group_tests(tests, pg_up, pg_down);
}
