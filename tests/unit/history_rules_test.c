/* Records of other years: what is refused, and what is only told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/check.h"
#include "server/domain/history/history_rules.h"

static struct arena *arena;
static const struct history_claim good = {"2014-01-01", "2015-12-31", "203", "市教育局",
                                          "A0291",      "校园安保",   4,     612400000};

static int start(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    return arena ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void only_what_cannot_be_read_or_is_not_past_is_refused(void **state)
{
    const struct day go_live = day_of(2026, 1, 1);
    static const struct {
        const char *start, *end, *unit, *code;
        int measure;
        int64_t fen;
        const char *reason, *field; /* reason NULL: it will do */
    } rows[] = {
        {"2014-01-01", "2015-12-31", "203", "A0291", 4, 1, NULL, NULL},
        {"2025-12-31", "2025-12-31", "203001", "B1102", 1, 1, NULL, NULL},
        {"2025-12-01", "2026-01-01", "203", "A0291", 4, 1, "PERIOD_NOT_PAST", "period_end_date"},
        {"2015-12-31", "2014-01-01", "203", "A0291", 4, 1, "BAD_FIELD", "period_end_date"},
        {"2015-2-1", "2015-12-31", "203", "A0291", 4, 1, "BAD_FIELD", "period_start_date"},
        {"2015-01-01", "2015-12-31", "20", "A0291", 4, 1, "BAD_FIELD", "unit_id"},
        {"2015-01-01", "2015-12-31", "203", "", 4, 1, "BAD_FIELD", "catalogue_code"},
        {"2015-01-01", "2015-12-31", "203", "A0291", 0, 1, "BAD_FIELD", "measure"},
        {"2015-01-01", "2015-12-31", "203", "A0291", 4, 0, "BAD_FIELD", "amount_fen"},
        {"2015-01-01", "2015-12-31", "203", "A0291", 4, INT64_C(1000000000000001), "BAD_FIELD", "amount_fen"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct history_claim r = {rows[i].start, rows[i].end, rows[i].unit,    "市教育局",
                                  rows[i].code,  "校园安保",  rows[i].measure, rows[i].fen};
        struct refusal why = {.arena = arena};
        assert_int_equal(history_claim_is_sound(&r, go_live, &why), rows[i].reason == NULL);
        if (!rows[i].reason)
            continue;
        assert_string_equal(why.reason, rows[i].reason);
        assert_string_equal(why.field, rows[i].field);
    }
}

static void differences_are_told_and_never_refused(void **state)
{
    static const struct {
        bool has_unit, has_then;
        const char *name, *then, *now, *unit_from, *unit_to;
        bool in_catalogue;
        const char *wanted; /* a part of it; "" when there is nothing to tell */
    } rows[] = {
        {true, true, "市教育局", "yes", "yes", "1990-01-01", "", true, ""},
        {true, true, "市教育局", "unsure", "yes", "1990-01-01", "", true, ""},
        {false, true, "", "yes", "yes", "1990-01-01", "", true, "not in the table of units"},
        {true, true, "市教育局", "yes", "yes", "2019-03-01", "", true, "set up after the period"},
        {true, true, "市教育局", "yes", "yes", "1990-01-01", "2013-12-31", true, "had ended before"},
        {true, true, "市教育体育局", "yes", "yes", "1990-01-01", "", true, "市教育体育局"},
        {true, false, "市教育局", "", "yes", "1990-01-01", "", true, "no rules"},
        {true, true, "市教育局", "no", "yes", "1990-01-01", "", true, "might not purchase then"},
        {true, true, "市教育局", "yes", "no", "1990-01-01", "", true, "may not purchase today"},
        {true, true, "市教育局", "yes", "yes", "1990-01-01", "", false, "today's catalogue"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct history_beside f = {.has_unit = rows[i].has_unit,
                                   .has_rules_then = rows[i].has_then,
                                   .has_rules_now = true,
                                   .in_catalogue = rows[i].in_catalogue,
                                   .unit_name = rows[i].name,
                                   .may_purchase_then = rows[i].then,
                                   .may_purchase_now = rows[i].now,
                                   .rule_set_then = "96号",
                                   .rule_set_now = "102号",
                                   .unit_from = DAY_NONE,
                                   .unit_to = DAY_NONE};
        (void)day_parse_iso(rows[i].unit_from, &f.unit_from);
        (void)day_parse_iso(rows[i].unit_to, &f.unit_to);
        const char *got = history_differences(arena, &good, &f);
        if (!*rows[i].wanted)
            assert_string_equal(got, "");
        else
            assert_non_null(strstr(got, rows[i].wanted));
    }
}

static void who_imported_does_not_confirm(void **state)
{
    struct refusal why = {.arena = arena};

    (void)state;
    assert_true(history_may_decide("H-0001", "P00001", "P00002", &why));
    assert_false(history_may_decide("H-0001", "P00001", "P00001", &why));
    assert_string_equal(why.reason, "SAME_PERSON");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_cannot_be_read_or_is_not_past_is_refused),
        cmocka_unit_test(differences_are_told_and_never_refused),
        cmocka_unit_test(who_imported_does_not_confirm),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
