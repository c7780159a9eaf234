/* Dated rows, the type matrix under both rule sets, and periods counted by a calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/check.h"
#include "server/domain/policy/policy.h"
#include "server/domain/policy/policy_rules.h"

static int setup(void **state)
{
    *state = arena_new(1 << 20);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static void a_rule_value_names_unit_source_and_first_day(void **state)
{
    /* clang-format off */
    static const struct { struct rule_row row; const char *expected; } table[] = {
        {{"term_normal",  "期限", "months", "2020-03-01", "",           "102号令 24", 12}, NULL},
        {{"term_normal",  "期限", "months", "2020-03-01", "2026-12-31", "102号令 24", 12}, NULL},
        {{"a rule",       "期限", "months", "2020-03-01", "",           "102号令 24", 12}, "rule_id"},
        {{"term_normal",  "",     "months", "2020-03-01", "",           "102号令 24", 12}, "rule_name"},
        {{"term_normal",  "期限", "weeks",  "2020-03-01", "",           "102号令 24", 12}, "value_unit"},
        {{"term_normal",  "期限", "months", "2020-02-30", "",           "102号令 24", 12}, "valid_from_date"},
        {{"term_normal",  "期限", "months", "2020-03-01", "2020-02-29", "102号令 24", 12}, "valid_to_date"},
        {{"term_normal",  "期限", "months", "2020-03-01", "",           "",           12}, "source"},
        {{"term_normal",  "期限", "months", "2020-03-01", "",           "102号令 24", -1}, "value"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct refusal why = {.arena = *state};
        assert_int_equal(rule_row_is_sound(&table[i].row, &why), table[i].expected == NULL);
        if (table[i].expected)
            assert_string_equal(why.field, table[i].expected);
    }
}

static void a_type_row_says_yes_no_ask_unsure_or_restricted(void **state)
{
    /* clang-format off */
    static const struct { struct type_row row; const char *expected; } table[] = {
        {{"221", "公益一类", "102号令", "2020-03-01", "", "no",    "no"},         NULL},
        {{"510", "个人",     "102号令", "2020-03-01", "", "no",    "restricted"}, NULL},
        {{"22",  "公益一类", "102号令", "2020-03-01", "", "no",    "no"},         "type"},
        {{"221", "公益一类", "",        "2020-03-01", "", "no",    "no"},         "rule_set"},
        {{"221", "公益一类", "102号令", "2020-03-01", "", "never", "no"},         "may_purchase"},
        {{"221", "公益一类", "102号令", "2020-03-01", "", "no",    ""},           "may_provide"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct refusal why = {.arena = *state};
        assert_int_equal(type_row_is_sound(&table[i].row, &why), table[i].expected == NULL);
        if (table[i].expected)
            assert_string_equal(why.field, table[i].expected);
    }
}

static void a_type_may_what_the_matrix_of_its_day_says(void **state)
{
    static const char r102[] = "财政部令第102号", r96[] = "财综〔2014〕96号";
    /* clang-format off */
    static const struct { const char *type, *set, *buys, *provides, *expected_buys, *expected_provides, *rule; } table[] = {
        {"110", r102, "yes",    "no",         NULL,                    "SUPPLIER_TYPE",     "P5"},
        {"221", r102, "no",     "no",         "TYPE_MAY_NOT_PURCHASE", "SUPPLIER_TYPE",     "P4"},
        {"141", r102, "no",     "no",         "TYPE_MAY_NOT_PURCHASE", "SUPPLIER_TYPE",     "P4"},
        {"222", r102, "no",     "yes",        "TYPE_MAY_NOT_PURCHASE", NULL,                "P3"},
        {"240", r102, "ask",    "ask",        "TYPE_ASK_STAFFING",     "TYPE_ASK_STAFFING", "P5"},
        {"510", r102, "no",     "restricted", "TYPE_MAY_NOT_PURCHASE", NULL,                "P3"},
        {"221", r96,  "unsure", "no",         "TYPE_ASK_STAFFING",     "SUPPLIER_TYPE",     "P10"},
        {"410", r96,  "no",     "yes",        "TYPE_MAY_NOT_PURCHASE", NULL,                "P10"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct type_rule t = {.is_found = true,
                              .type = table[i].type,
                              .name = "",
                              .rule_set = table[i].set,
                              .may_purchase = table[i].buys,
                              .may_provide = table[i].provides};
        struct refusal why = {.arena = *state};
        assert_int_equal(type_may_purchase(&t, "203901", &why), table[i].expected_buys == NULL);
        if (table[i].expected_buys)
            assert_string_equal(why.reason, table[i].expected_buys);
        assert_int_equal(type_may_provide(&t, "某单位", &why), table[i].expected_provides == NULL);
        if (table[i].expected_provides)
            assert_string_equal(why.reason, table[i].expected_provides);
        assert_string_equal(why.rule, table[i].rule);
    }
    struct type_rule unknown = {0};
    struct refusal why = {.arena = *state};
    assert_false(type_may_purchase(&unknown, "203", &why));
    assert_string_equal(why.reason, "TYPE_UNKNOWN");
}

/* The spring festival of 2026 rests from 15 to 23 February; 14 and 28 February are worked. */
static struct calendar spring(void)
{
    static struct calendar_day days[8];
    static struct maintained_year years[] = {{2024}, {2025}, {2026}, {2028}};
    for (int i = 0; i < 5; i++)
        days[i + 1] = (struct calendar_day){day_of(2026, 2, 16 + i), true};
    days[0] = (struct calendar_day){day_of(2026, 2, 14), false};
    days[6] = (struct calendar_day){day_of(2026, 2, 23), true};
    days[7] = (struct calendar_day){day_of(2026, 2, 28), false};
    return (struct calendar){.days = days, .count = 8, .years = years, .years_count = COUNT_OF(years)};
}

static void a_calendar_knows_rest_make_up_days_and_weekends(void **state)
{
    (void)state;
    const struct calendar cal = spring();
    static const struct {
        int month, day;
        bool rests;
    } table[] = {{2, 13, false}, {2, 14, false}, {2, 15, true},  {2, 16, true}, {2, 20, true},
                 {2, 23, true},  {2, 24, false}, {2, 28, false}, {3, 1, true},  {3, 2, false}};
    for (size_t i = 0; i < COUNT_OF(table); i++)
        assert_int_equal(calendar_rests(&cal, day_of(2026, table[i].month, table[i].day)), table[i].rests);
}

static void a_period_ends_on_a_working_day_and_says_when_only_weekends_are_known(void **state)
{
    const struct calendar cal = spring();
    /* clang-format off */
    static const struct { const char *unit; int64_t value; int y, m, d; const char *expected; bool weekends_only; } table[] = {
        {"workdays", 2,  2026, 2, 12, "2026-02-14", false},
        {"workdays", 3,  2026, 2, 12, "2026-02-24", false},
        {"workdays", 7,  2026, 2, 12, "2026-02-28", false},
        {"days",     5,  2026, 2, 12, "2026-02-24", false},
        {"days",     1,  2026, 2, 12, "2026-02-13", false},
        {"days",     20, 2026, 12, 20, "2027-01-11", true},
        {"workdays", 2,  2027, 1, 1,  "2027-01-05", true},
        {"workdays", 2,  2028, 1, 3,  "2028-01-05", false},
        {"days",     20, 2027, 12, 25, "2028-01-14", true},
        {"months",   1,  2026, 1, 31, "2026-02-28", false},
        {"years",    1,  2024, 2, 29, "2025-02-28", false},
        {"bp",       5,  2026, 2, 12, "",           true},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        const struct rule_value v = {.is_found = true, .unit = table[i].unit, .value = table[i].value};
        bool weekends_only = !table[i].weekends_only;
        const struct day due = calendar_due(&cal, &v, day_of(table[i].y, table[i].m, table[i].d),
                                            &weekends_only);
        assert_string_equal(day_text(*state, due), table[i].expected);
        if (*table[i].expected)
            assert_int_equal(weekends_only, table[i].weekends_only);
    }
}

static void half_a_year_of_the_calendar_is_refused(void **state)
{
    struct day days[] = {day_of(2026, 2, 17), day_of(2026, 10, 1), day_of(2027, 10, 1), day_of(2027, 2, 5)};
    const int kinds[] = {DAY_REST, DAY_REST, DAY_REST, DAY_MAKE_UP};
    struct refusal why = {.arena = *state};
    assert_true(year_is_whole(2026, days, kinds, COUNT_OF(days), &why));
    assert_false(year_is_whole(2027, days, kinds, COUNT_OF(days), &why));
    assert_string_equal(why.reason, "CALENDAR_INCOMPLETE");

    struct day d;
    assert_true(day_row_is_sound("2026-02-14", DAY_MAKE_UP, &d, &why));
    assert_false(day_row_is_sound("2026-02-13", DAY_MAKE_UP, &d, &why));
    assert_false(day_row_is_sound("2026-02-13", 0, &d, &why));
    assert_false(day_row_is_sound("13.2.2026", DAY_REST, &d, &why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_rule_value_names_unit_source_and_first_day, setup, teardown),
        cmocka_unit_test_setup_teardown(a_type_row_says_yes_no_ask_unsure_or_restricted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_type_may_what_the_matrix_of_its_day_says, setup, teardown),
        cmocka_unit_test_setup_teardown(a_calendar_knows_rest_make_up_days_and_weekends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_period_ends_on_a_working_day_and_says_when_only_weekends_are_known,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(half_a_year_of_the_calendar_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
