/* Amounts: what is typed, what is shown, and that nothing overflows or is rounded too early. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/money.h"

static struct arena *arena;

static int arena_up(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    return arena ? 0 : -1;
}

static int arena_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void what_people_type_becomes_fen(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum money_unit bare;
        int64_t fen;
    } cases[] = {
        {"198.6万", MONEY_YUAN, 198600000},
        {"198.6 万元", MONEY_YUAN, 198600000},
        {"1,986,000.00元", MONEY_WAN, 198600000},
        {"1，986，000．00元", MONEY_WAN, 198600000},
        {"１９８６元", MONEY_WAN, 198600},
        {"５２３０万元", MONEY_YUAN, INT64_C(5230000000)},
        {"1.2亿", MONEY_YUAN, INT64_C(12000000000)},
        {"1.2亿元", MONEY_YUAN, INT64_C(12000000000)},
        {"198.6", MONEY_WAN, 198600000},
        {"198.6", MONEY_YUAN, 19860},
        {"19860", MONEY_FEN, 19860},
        {"19860分", MONEY_YUAN, 19860},
        {"0", MONEY_YUAN, 0},
        {"0.01", MONEY_YUAN, 1},
        {"0.000001万", MONEY_YUAN, 1},
        {"0.0000000001亿", MONEY_YUAN, 1},
        {"¥ 1,000", MONEY_YUAN, 100000},
        {"￥1000元整", MONEY_YUAN, 100000},
        {"人民币1000元", MONEY_YUAN, 100000},
        {" 1000　元 ", MONEY_YUAN, 100000},
        {"0001000", MONEY_YUAN, 100000},
        {"1989.68万元", MONEY_YUAN, INT64_C(1989680000)},
        {"10000000000000元", MONEY_YUAN, MONEY_MAX},
        {"100000亿", MONEY_YUAN, MONEY_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t fen = -1;
        const char *why = "";
        if (!money_parse(cases[i].text, cases[i].bare, &fen, &why))
            fail_msg("%s: %s", cases[i].text, why);
        assert_int_equal(fen, cases[i].fen);
    }
}

static void what_is_no_good_amount_is_refused_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"198.605元", "more than two decimals of 元"},
        {"1.000元", "more than two decimals of 元"},
        {"198.6000001万", "more than two decimals of 元"},
        {"1.5分", "more than two decimals of 元"},
        {"-1", "negative"},
        {"－1", "negative"},
        {"−1", "negative"},
        {"(1)", "negative"},
        {"10000000000000.01元", "amount too large"},
        {"100000.0000000001亿", "amount too large"},
        {"9223372036854775808", "amount too large"},
        {"99999999999999999999999999", "amount too large"},
        {"1,98,000", "thousands are grouped by three"},
        {"1,000,0", "thousands are grouped by three"},
        {"1,00.5", "thousands are grouped by three"},
        {"1986,000", "not an amount"},
        {",000", "not an amount"},
        {"1..2", "not an amount"},
        {"1.", "not an amount"},
        {".5", "not an amount"},
        {"1.2,000", "not an amount"},
        {"", "not an amount"},
        {"万", "not an amount"},
        {"12万5", "not an amount"},
        {"1e6", "not an amount"},
        {"0x10", "not an amount"},
        {"壹佰元", "not an amount"},
        {"12 34", "not an amount"},
        {"12万万", "not an amount"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t fen = -77;
        const char *why = "";
        if (money_parse(cases[i].text, MONEY_YUAN, &fen, &why))
            fail_msg("%s was read as %lld", cases[i].text, (long long)fen);
        assert_string_equal(why, cases[i].why);
        assert_string_not_equal(money_why_zh(why), why); /* a clerk who reads Chinese is told in Chinese */
        assert_int_equal(fen, -77);
    }
    int64_t fen;
    const char *why;
    assert_false(money_parse(NULL, MONEY_YUAN, &fen, &why));
}

static void sums_that_overflow_are_refused(void **state)
{
    (void)state;
    int64_t r = 5;
    assert_false(money_add(INT64_MAX, 1, &r));
    assert_false(money_sub(INT64_MIN, 1, &r));
    assert_false(money_add(INT64_MIN, -1, &r));
    assert_int_equal(r, 5);
    assert_true(money_add(MONEY_MAX, MONEY_MAX, &r));
    assert_int_equal(r, 2 * MONEY_MAX);
    assert_true(money_sub(1, 2, &r));
    assert_int_equal(r, -1);
}

static void shares_are_rounded_down_and_ratios_half_up(void **state)
{
    (void)state;
    assert_int_equal(money_share_bp(19999, 1000), 1999); /* ten per cent, never more */
    assert_int_equal(money_share_bp(MONEY_MAX, 10000), MONEY_MAX);
    assert_int_equal(money_share_bp(INT64_MAX, 10000), INT64_MAX);
    assert_int_equal(money_share_bp(INT64_MAX, 20000), INT64_MAX);
    assert_int_equal(money_share_bp(INT64_MIN, 20000), INT64_MIN);
    assert_int_equal(money_share_bp(-1, 1), -1);

    assert_int_equal(money_ratio_bp(1, 3), 3333);
    assert_int_equal(money_ratio_bp(2, 3), 6667);
    assert_int_equal(money_ratio_bp(1, 20000), 1); /* half a basis point */
    assert_int_equal(money_ratio_bp(0, 5), 0);
    assert_int_equal(money_ratio_bp(5, 0), 0);
    assert_int_equal(money_ratio_bp(-1, -3), 3333);
    assert_int_equal(money_ratio_bp(MONEY_MAX, 1), INT64_MAX);
}

static void amounts_are_shown_in_their_unit(void **state)
{
    (void)state;
    static const struct {
        int64_t fen;
        enum money_unit unit;
        bool grouped;
        const char *text;
    } cases[] = {
        {INT64_C(1989680000), MONEY_WAN, false, "1989.68"},
        {INT64_C(1989680000), MONEY_WAN, true, "1,989.68"},
        {INT64_C(1989680000), MONEY_YUAN, true, "19,896,800.00"},
        {INT64_C(10000000000), MONEY_YI, false, "1.00"},
        {198600000, MONEY_FEN, true, "198,600,000"},
        {198600000, MONEY_FEN, false, "198600000"},
        {5000, MONEY_WAN, false, "0.01"}, /* 50 元 is half of 0.01 万元 */
        {4999, MONEY_WAN, false, "0.00"},
        {-5000, MONEY_WAN, false, "-0.01"},
        {-4999, MONEY_WAN, false, "0.00"},
        {0, MONEY_YUAN, true, "0.00"},
        {7, MONEY_YUAN, true, "0.07"},
        {99, MONEY_YUAN, true, "0.99"},
        {100000, MONEY_YUAN, true, "1,000.00"},
        {99999, MONEY_YUAN, true, "999.99"},
        {999995000, MONEY_WAN, true, "1,000.00"},
        {INT64_MIN, MONEY_FEN, true, "-9,223,372,036,854,775,808"},
        {INT64_MAX, MONEY_YUAN, false, "92233720368547758.07"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(money_text(arena, cases[i].fen, cases[i].unit, cases[i].grouped), cases[i].text);
    assert_string_equal(money_say(arena, 198600000), "1,986,000.00 元 (198.60 万元)");
}

static void the_figure_of_2014_and_2015_is_rounded_after_adding(void **state)
{
    (void)state;
    /* Three amounts of 50 元 each would be 0.01 万元 apiece when rounded first. */
    int64_t sum = 0;
    for (int i = 0; i < 3; i++)
        assert_true(money_add(sum, 5000, &sum));
    assert_string_equal(money_text(arena, sum, MONEY_WAN, false), "0.02");

    static const int64_t history[] = {612400000, 68280000, 1309000000};
    sum = 0;
    for (int i = 0; i < 3; i++)
        assert_true(money_add(sum, history[i], &sum));
    assert_string_equal(money_text(arena, sum, MONEY_WAN, false), "1989.68");
}

static void what_is_shown_can_be_typed_again(void **state)
{
    (void)state;
    int64_t fen = 1;
    for (int i = 0; i < 300; i++) {
        fen = (fen * 31 + 7) % MONEY_MAX;
        int64_t again = -1;
        const char *why;
        assert_true(money_parse(money_text(arena, fen, MONEY_YUAN, i % 2), MONEY_YUAN, &again, &why));
        assert_int_equal(again, fen);
    }
}

static void units_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {"分", "元", "万元", "亿元"};
    enum money_unit u;
    for (int i = MONEY_FEN; i <= MONEY_YI; i++) {
        assert_string_equal(money_unit_name((enum money_unit)i), names[i]);
        assert_true(money_unit_parse(names[i], &u));
        assert_int_equal(u, i);
    }
    assert_true(money_unit_parse("万", &u));
    assert_int_equal(u, MONEY_WAN);
    assert_false(money_unit_parse("", &u));
    assert_false(money_unit_parse(NULL, &u));
    assert_false(money_unit_parse("美元", &u));
    assert_false(money_unit_parse("元x", &u));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_type_becomes_fen),
        cmocka_unit_test(what_is_no_good_amount_is_refused_with_a_reason),
        cmocka_unit_test(sums_that_overflow_are_refused),
        cmocka_unit_test(shares_are_rounded_down_and_ratios_half_up),
        cmocka_unit_test(amounts_are_shown_in_their_unit),
        cmocka_unit_test(the_figure_of_2014_and_2015_is_rounded_after_adding),
        cmocka_unit_test(what_is_shown_can_be_typed_again),
        cmocka_unit_test(units_have_names),
    };
    return cmocka_run_group_tests(tests, arena_up, arena_down);
}
