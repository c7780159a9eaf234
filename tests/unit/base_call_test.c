/* What handlers use: scope, refusals, etags, units concerned, and numbers that nobody else has had. */
#include "tests/support/pg.h"

#include "common/check.h"
#include "server/base/call.h"

static struct arena *arena;

static int begin(void **state)
{
    arena = arena_new(1 << 20);
    struct call *c = arena_alloc(arena, sizeof *c);
    c->arena = arena;
    *state = c;
    return 0;
}

static int end(void **state)
{
    struct call *c = *state;
    db_close(c->tx);
    arena_free(arena);
    return 0;
}

static int begin_with_counters(void **state)
{
    int rc = begin(state);
    struct call *c = *state;
    c->tx = pg_open(arena);
    pg_script(
        c->tx,
        "DROP TABLE IF EXISTS counter; CREATE TABLE counter (name text PRIMARY KEY, value bigint NOT NULL)");
    return rc;
}

static void a_scope_covers_its_unit_and_those_below(void **state)
{
    static const struct {
        const char *scope, *unit;
        bool want;
    } cases[] = {
        {"", "203", true},       {"", "", true},           {"203", "203", true},
        {"203", "203001", true}, {"203", "204", false},    {"203", "20", false},
        {"203", "", false},      {"203001", "203", false}, {"203001", "203002", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(scope_covers(&(struct scope){cases[i].scope}, cases[i].unit), cases[i].want);
}

static void the_first_refusal_gives_the_status_and_at_most_sixteen_are_kept(void **state)
{
    struct call *c = *state;
    assert_false(refuse_any(c));
    assert_int_equal(refuse_missing(c, "contract_id", "x"), STATUS_NOT_FOUND);
    for (int i = 0; i < 30; i++)
        assert_int_equal(refuse_field(c, "amount_fen", "-1", "0 or more"), STATUS_NOT_FOUND);
    assert_int_equal(c->refusals_count, 16);
    assert_string_equal(c->refusals[0].what, "x");
    assert_string_equal(c->refusals[1].reason, "BAD_FIELD");
}

static void a_fresh_refusal_has_the_calls_memory(void **state)
{
    struct call *c = *state;
    struct refusal *why = call_refusal(c);
    assert_ptr_equal(why->arena, arena);
    assert_false(refuse(why, "NOT_FOUND", .what = "x"));
    assert_int_equal(refuse_with(c, why), STATUS_NOT_FOUND);
    while (arena_alloc(arena, 64))
        ;
    assert_non_null(call_refusal(c)); /* also when there is none left */
}

static void an_etag_is_the_version_in_decimal(void **state)
{
    static const struct {
        const char *etag;
        bool want;
    } cases[] = {{"7", true}, {"07", false}, {"8", false}, {"", false}, {NULL, false}, {"7 ", false}};
    struct call *c = *state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(call_etag_is(c, cases[i].etag, 7, "thing"), cases[i].want);
    assert_int_equal(c->refusals_count, 5);
    assert_int_equal(refuse_all(c), STATUS_ABORTED);
    assert_string_equal(c->refusals[0].passes, "7");
    assert_string_equal(call_etag(c, INT64_MAX), "9223372036854775807");
}

static void a_unit_is_concerned_once_and_the_list_has_an_end(void **state)
{
    struct call *c = *state;
    call_concerns(c, "203");
    call_concerns(c, "203");
    call_concerns(c, "");
    assert_int_equal(c->units_count, 1);
    for (int i = 0; i < 100; i++)
        call_concerns(c, arena_printf(arena, "%d", i));
    assert_int_equal(c->units_count, UNITS_OF_ENTRY_MAX);
}

static void numbers_follow_each_other_within_and_between_calls(void **state)
{
    struct call *c = *state;
    for (int call = 0; call < 3; call++) {
        struct numbers numbers = {.arena = c->arena};
        c->numbers = &numbers;
        struct number *n = call_want_number(c, "contract/2027"), *same = call_want_number(c, "contract/2027");
        struct number *other = call_want_number(c, "contract/2028");
        assert_ptr_equal(n, same);
        pg_run(c->tx);
        assert_int_equal(call_take_number(c, n), call * 2 + 1);
        assert_int_equal(call_take_number(c, n), call * 2 + 2);
        assert_int_equal(call_take_number(c, other), call + 1);
        pg_run(c->tx);
    }
}

static void many_numbers_taken_at_once_are_a_row_of_which_the_first_is_told(void **state)
{
    struct call *c = *state;
    struct numbers numbers = {.arena = c->arena};
    c->numbers = &numbers;
    struct number *n = call_want_number(c, "budget/2027/203");
    pg_run(c->tx);
    assert_int_equal(call_take_numbers(c, n, 500), 1);
    assert_int_equal(call_take_number(c, n), 501);
    assert_int_equal(call_take_numbers(c, n, 2), 502);
    pg_run(c->tx);
    numbers.first = NULL;
    n = call_want_number(c, "budget/2027/203");
    pg_run(c->tx);
    assert_int_equal(call_take_number(c, n), 504);
}

static void calls_that_are_decided_together_take_different_numbers(void **state)
{
    struct call *c = *state, other = *c;
    for (int round = 0; round < 2; round++) { /* the first of a series, then a later one */
        struct numbers numbers = {.arena = c->arena};
        c->numbers = other.numbers = &numbers;
        struct number *first = call_want_number(c, "x"), *second = call_want_number(&other, "x");
        pg_run(c->tx);
        assert_int_equal(call_take_number(c, first), 2 * round + 1);
        db_mark(c->tx);
        assert_int_equal(call_take_number(&other, second), 2 * round + 2);
        pg_run(c->tx);
    }
}

#define CASE(f)   cmocka_unit_test_setup_teardown(f, begin, end)
#define COUNTS(f) cmocka_unit_test_setup_teardown(f, begin_with_counters, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_scope_covers_its_unit_and_those_below),
        CASE(the_first_refusal_gives_the_status_and_at_most_sixteen_are_kept),
        CASE(a_fresh_refusal_has_the_calls_memory),
        CASE(an_etag_is_the_version_in_decimal),
        CASE(a_unit_is_concerned_once_and_the_list_has_an_end),
        COUNTS(numbers_follow_each_other_within_and_between_calls),
        COUNTS(many_numbers_taken_at_once_are_a_row_of_which_the_first_is_told),
        COUNTS(calls_that_are_decided_together_take_different_numbers),
    };
    return cmocka_run_group_tests(tests, pg_up, pg_down);
}
