/* Days as people and laws count them: parsing, months, calendar days, working days (Civil Code 201–203). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/date.h"

static struct arena *arena;

static int arena_up(void **state)
{
    (void)state;
    arena = arena_new(1 << 22);
    return arena ? 0 : -1;
}

static int arena_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct day iso(const char *text)
{
    struct day d;
    assert_true(day_parse_iso(text, &d));
    return d;
}

static void every_day_from_1900_to_2200_goes_there_and_back(void **state)
{
    (void)state;
    int32_t n = day_of(1900, 1, 1).n;
    int weekday = 1; /* it was a Monday */
    for (int y = 1900; y <= 2200; y++)
        for (int m = 1; m <= 12; m++)
            for (int d = 1; d <= 31; d++) {
                struct day day = day_of(y, m, d);
                if (!day_is(day))
                    continue;
                assert_int_equal(day.n, n++);
                assert_int_equal(day_weekday(day), weekday++ % 7);
                assert_true(day_year(day) == y && day_month(day) == m && day_mday(day) == d);
            }
    assert_int_equal(day_of(1970, 1, 1).n, 0);
    assert_int_equal(n, day_of(2201, 1, 1).n);
}

static void days_that_do_not_exist_are_none(void **state)
{
    (void)state;
    static const int cases[][3] = {{2026, 2, 29}, {1900, 2, 29}, {2026, 4, 31}, {2026, 0, 1}, {2026, 13, 1},
                                   {2026, 1, 0},  {2026, 1, 32}, {0, 1, 1},     {10000, 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_false(day_is(day_of(cases[i][0], cases[i][1], cases[i][2])));
    assert_true(day_is(day_of(2000, 2, 29)));
    assert_true(day_is(day_of(2028, 2, 29)));
    assert_string_equal(day_text(arena, DAY_NONE), "");
}

static void iso_is_strict(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "2026-6-12",  "2026-06-1",   "20260612",   "2026-06-12 ",
                                      "2026-02-30", "2026/06/12", "2026-06-12T", "-026-06-12", "２026-06-12",
                                      "2026-0a-12", "2026-13-01"};
    struct day d = {42};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(day_parse_iso(bad[i], &d));
    assert_false(day_parse_iso(NULL, &d));
    assert_int_equal(d.n, 42);
    assert_true(day_parse_iso("2026-06-12", &d));
    assert_string_equal(day_text(arena, d), "2026-06-12");
    assert_string_equal(day_text(arena, iso("0001-01-01")), "0001-01-01");
}

static void what_people_type_is_understood(void **state)
{
    (void)state;
    static const struct {
        const char *text, *day; /* NULL: refused */
    } cases[] = {
        {"2026-06-12", "2026-06-12"},
        {"2026-6-2", "2026-06-02"},
        {"20260612", "2026-06-12"},
        {"2026.6.12", "2026-06-12"},
        {"2026/6/12", "2026-06-12"},
        {"2026年6月12日", "2026-06-12"},
        {"2026年06月12号", "2026-06-12"},
        {"2026年6月12", "2026-06-12"},
        {"２０２６年６月１２日", "2026-06-12"},
        {"２０２６０６１２", "2026-06-12"},
        {"２０２６．６．１２", "2026-06-12"},
        {"２０２６／６／１２", "2026-06-12"},
        {" 2026-06-12 ", "2026-06-12"},
        {"2028-02-29", "2028-02-29"},
        {"2026-02-29", NULL},
        {"2026年6月", NULL},
        {"26-06-12", NULL},
        {"2026-06", NULL},
        {"2026061", NULL},
        {"202606123", NULL},
        {"2026-006-12", NULL},
        {"2026--12", NULL},
        {"2026-06-12-1", NULL},
        {"2026-06-12日x", NULL},
        {"2026 06 12", NULL},
        {"12.6.2026", NULL},
        {"六月", NULL},
        {"99999999999999999999", NULL},
        {"", NULL},
        {"日", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct day d = DAY_NONE;
        bool is_read = day_parse_loose(cases[i].text, &d);
        if (is_read != (cases[i].day != NULL))
            fail_msg("%s", cases[i].text);
        assert_string_equal(day_text(arena, d), cases[i].day ? cases[i].day : "");
    }
    struct day d;
    assert_false(day_parse_loose(NULL, &d));
}

static void a_month_later_is_the_corresponding_day_or_the_last(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        int months;
        const char *to;
    } cases[] = {
        {"2026-06-12", 1, "2026-07-12"},  {"2026-01-31", 1, "2026-02-28"},  {"2028-01-31", 1, "2028-02-29"},
        {"2024-02-29", 12, "2025-02-28"}, {"2024-02-29", 48, "2028-02-29"}, {"2026-08-31", 1, "2026-09-30"},
        {"2026-12-15", 1, "2027-01-15"},  {"2026-01-15", -1, "2025-12-15"}, {"2026-03-31", -1, "2026-02-28"},
        {"2026-05-01", 36, "2029-05-01"}, {"2026-05-01", 0, "2026-05-01"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(day_text(arena, day_add_months(iso(cases[i].from), cases[i].months)),
                            cases[i].to);
    assert_false(day_is(day_add_months(iso("9999-12-01"), 1)));
    assert_false(day_is(day_add_months(iso("0001-01-01"), -1)));
    assert_false(day_is(day_add((struct day){INT32_MAX}, 1)));
}

/* 2026: National Day 1–7 October, Saturday 10 October worked in exchange. */
static bool rests_in_october(const void *ctx, struct day d)
{
    (void)ctx;
    if (day_year(d) == 2026 && day_month(d) == 10) {
        if (day_mday(d) <= 7)
            return true;
        if (day_mday(d) == 10)
            return false;
    }
    return day_rests_on_weekends(NULL, d);
}

static bool rests_always(const void *ctx, struct day d)
{
    (void)ctx;
    (void)d;
    return true;
}

static void a_calendar_period_starts_the_next_day_and_moves_off_a_day_of_rest(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        int days;
        const char *end, *why;
    } cases[] = {
        {"2026-06-01", 30, "2026-07-01", "the first day is not counted; a Wednesday"},
        {"2026-06-05", 1, "2026-06-08", "Saturday moves to Monday"},
        {"2026-06-05", 2, "2026-06-08", "Sunday moves to Monday"},
        {"2026-06-05", 3, "2026-06-08", "Monday stays"},
        {"2026-09-11", 20, "2026-10-08", "1 October moves past the holiday"},
        {"2026-09-10", 30, "2026-10-10", "a Saturday that is worked stays"},
        {"2026-06-06", 0, "2026-06-08", "no days, but it rests"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(day_text(arena, day_period_end(iso(cases[i].from), cases[i].days,
                                                           rests_in_october, NULL)),
                            cases[i].end);
}

static void working_days_skip_rest_and_count_make_up_days(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        int workdays;
        const char *to;
    } cases[] = {
        {"2026-06-05", 1, "2026-06-08"}, /* Friday → Monday */
        {"2026-06-05", 2, "2026-06-09"},  {"2026-06-06", 2, "2026-06-09"},
        {"2026-06-01", 7, "2026-06-10"},  {"2026-06-01", 0, "2026-06-01"},
        {"2026-09-30", 1, "2026-10-08"},  {"2026-09-30", 3, "2026-10-10"}, /* the worked Saturday */
        {"2026-09-30", 4, "2026-10-12"},  {"2026-06-08", -1, "2026-06-05"},
        {"2026-10-08", -1, "2026-09-30"}, {"2026-06-10", -7, "2026-06-01"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(day_text(arena, day_add_workdays(iso(cases[i].from), cases[i].workdays,
                                                             rests_in_october, NULL)),
                            cases[i].to);
}

static void a_calendar_without_any_working_day_ends(void **state)
{
    (void)state;
    assert_true(day_is(day_period_end(iso("2026-06-01"), 1, rests_always, NULL)));
    assert_true(day_is(day_add_workdays(iso("2026-06-01"), 1, rests_always, NULL)));
    assert_false(day_is(day_add_workdays((struct day){INT32_MAX - 1}, 9, day_rests_on_weekends, NULL)));
}

static void a_moment_belongs_to_the_day_at_utc_plus_8(void **state)
{
    (void)state;
    static const struct {
        int64_t us;
        const char *day;
    } cases[] = {
        {INT64_C(0), "1970-01-01"},
        {INT64_C(57599999999), "1970-01-01"}, /* 15:59:59.999999 UTC */
        {INT64_C(57600000000), "1970-01-02"},
        {INT64_C(-28800000000), "1970-01-01"},
        {INT64_C(-28800000001), "1969-12-31"},
        {INT64_C(1781193600000000), "2026-06-12"}, /* 2026-06-11 16:00 UTC */
        {INT64_C(1781193599999999), "2026-06-11"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(day_text(arena, day_of_us(cases[i].us)), cases[i].day);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_from_1900_to_2200_goes_there_and_back),
        cmocka_unit_test(days_that_do_not_exist_are_none),
        cmocka_unit_test(iso_is_strict),
        cmocka_unit_test(what_people_type_is_understood),
        cmocka_unit_test(a_month_later_is_the_corresponding_day_or_the_last),
        cmocka_unit_test(a_calendar_period_starts_the_next_day_and_moves_off_a_day_of_rest),
        cmocka_unit_test(working_days_skip_rest_and_count_make_up_days),
        cmocka_unit_test(a_calendar_without_any_working_day_ends),
        cmocka_unit_test(a_moment_belongs_to_the_day_at_utc_plus_8),
    };
    return cmocka_run_group_tests(tests, arena_up, arena_down);
}
