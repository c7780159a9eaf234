/* The limits of the law on contracts, as aligned tables with the expected answer last, and their lives cell
 * by cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/check.h"
#include "common/roles.h"
#include "server/domain/contract/contract_rules.h"

static struct arena *a;
static struct refusal why;

static int setup(void **state)
{
    (void)state;
    a = arena_new(1 << 20);
    why = (struct refusal){.arena = a};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static struct day on(const char *text)
{
    struct day d = DAY_NONE;
    if (*text)
        assert_true(day_parse_iso(text, &d));
    return d;
}

/* "" when it holds, else the reason. */
static const char *answer(bool holds) { return holds ? "" : why.reason; }

static struct contract contract_of(int64_t amount_fen)
{
    return (struct contract){.id = "450600-2027-C-00001",
                             .line_id = "450600-2027-203-0001",
                             .year = 2027,
                             .amount_fen = amount_fen,
                             .held_fen = amount_fen,
                             .drafter_id = "P1",
                             .submitter_id = "P2",
                             .start_date = on("2027-03-01"),
                             .end_date = on("2028-02-29"),
                             .award_date = DAY_NONE,
                             .signed_date = DAY_NONE,
                             .long_term_basis = "",
                             .content = "c",
                             .quantity = "q",
                             .quality = "q",
                             .price_basis = "p",
                             .rights_duties = "r",
                             .breach = "b",
                             .contract_no = "1",
                             .settlement = 1,
                             .is_attested = true};
}

static void a_term_is_normal_long_with_four_conditions_or_refused(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const char *start, *end;
        int conditions; /* how many of the five: four, and the basis */
        const char *expected;
    } cases[] = {
        /* start       end           conditions  expected */
        {"2027-03-01", "2027-03-01", 0, ""},
        {"2027-03-01", "2027-02-28", 0, "TERM_BACKWARDS"},
        {"2027-03-01", "2028-02-29", 0, ""},                      /* a day before the corresponding day */
        {"2027-03-01", "2028-03-01", 0, ""},                      /* the corresponding day */
        {"2027-03-01", "2028-03-02", 0, "TERM_NEEDS_CONDITIONS"}, /* one day more */
        {"2027-03-01", "2028-03-02", 4, "TERM_NEEDS_CONDITIONS"}, /* no basis */
        {"2027-03-01", "2028-03-02", 5, ""},
        {"2027-03-01", "2030-02-28", 5, ""},
        {"2027-03-01", "2030-03-01", 5, ""},
        {"2027-03-01", "2030-03-02", 5, "TERM_TOO_LONG"},
        {"2027-03-01", "2030-03-02", 0, "TERM_TOO_LONG"},
        {"2028-02-29", "2029-02-28", 0, ""},                      /* no such day: the last of the month */
        {"2028-02-29", "2029-03-01", 0, "TERM_NEEDS_CONDITIONS"},
        {"2028-02-29", "2031-02-28", 5, ""},
        {"2028-02-29", "2031-03-01", 5, "TERM_TOO_LONG"},
        {"2027-12-31", "2028-12-31", 0, ""},
    };
    /* clang-format on */
    const struct term_limits limits = {12, 36};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct contract k = contract_of(100);
        k.start_date = on(cases[i].start);
        k.end_date = on(cases[i].end);
        k.content_is_fixed = cases[i].conditions > 0;
        k.need_is_lasting = cases[i].conditions > 1;
        k.funding_is_stable = cases[i].conditions > 2;
        k.price_is_stable = cases[i].conditions > 3;
        k.long_term_basis = cases[i].conditions > 4 ? "三年规划" : "";
        assert_string_equal(answer(contract_term_is_lawful(&k, &limits, &why)), cases[i].expected);
    }
}

static void supplements_together_stay_within_ten_percent(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        int64_t amount, before, more, passes;
        const char *expected;
    } cases[] = {
        /* amount        before      more        passes    expected */
        {100000000,      0,          6000000,    0,        ""},
        {100000000,      6000000,    6000000,    4000000,  "SUPPLEMENTS_OVER_CAP"},
        {100000000,      6000000,    4000000,    0,        ""},
        {100000000,      6000000,    4000001,    4000000,  "SUPPLEMENTS_OVER_CAP"},
        {100000000,      10000000,   1,          0,        "SUPPLEMENTS_OVER_CAP"},
        {100000000,      0,          10000000,   0,        ""},
        {100000000,      0,          10000001,   10000000, "SUPPLEMENTS_OVER_CAP"},
        {19,             0,          1,          0,        ""},  /* 1.9 fen, rounded down */
        {19,             0,          2,          1,        "SUPPLEMENTS_OVER_CAP"},
        {9,              0,          1,          0,        "SUPPLEMENTS_OVER_CAP"},
        {100000000,      INT64_MAX,  1,          0,        "SUPPLEMENTS_OVER_CAP"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct contract k = contract_of(cases[i].amount);
        bool holds = supplements_fit(&k, cases[i].before, cases[i].more, 1000, &why);
        assert_string_equal(answer(holds), cases[i].expected);
        if (!holds) {
            assert_string_equal(why.passes, say_fen(&why, cases[i].passes));
            assert_string_equal(why.rule, "H9");
        }
    }
}

static void a_supplement_has_the_fields_of_its_kind(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        int kind;
        int64_t amount;
        const char *end, *content, *reason, *expected;
    } cases[] = {
        /* kind                  amount  end           content  reason  field that will not do */
        {SUPPLEMENT_INCREASE,     5,     "",           "",      "r",    ""},
        {SUPPLEMENT_INCREASE,     0,     "",           "",      "r",    "amount_fen"},
        {SUPPLEMENT_INCREASE,     -5,    "",           "",      "r",    "amount_fen"},
        {SUPPLEMENT_INCREASE,     5,     "2028-03-01", "",      "r",    "new_end_date"},
        {SUPPLEMENT_INCREASE,     5,     "",           "",      "",     "reason"},
        {SUPPLEMENT_REDUCE,       99,    "",           "",      "r",    ""},
        {SUPPLEMENT_REDUCE,       100,   "",           "",      "r",    "amount_fen"}, /* nothing would be left */
        {SUPPLEMENT_TERM,         0,     "2028-03-01", "",      "r",    ""},
        {SUPPLEMENT_TERM,         0,     "",           "",      "r",    "new_end_date"},
        {SUPPLEMENT_TERM,         5,     "2028-03-01", "",      "r",    "amount_fen"},
        {SUPPLEMENT_PARTY_NAME,   0,     "",           "",      "r",    ""},
        {SUPPLEMENT_PAYMENT_PLAN, 1,     "",           "",      "r",    "amount_fen"},
        {SUPPLEMENT_CONTENT,      0,     "",           "",      "r",    "content"},
        {SUPPLEMENT_CONTENT,      0,     "",           "c",     "r",    ""},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct contract k = contract_of(100);
        struct supplement s = {.id = "S01",
                               .kind = cases[i].kind,
                               .amount_fen = cases[i].amount,
                               .new_end_date = on(cases[i].end),
                               .content = cases[i].content,
                               .reason = cases[i].reason};
        bool holds = supplement_is_whole(&s, &k, &why);
        assert_string_equal(holds ? "" : why.field, cases[i].expected);
    }
}

static void amounts_by_year_sum_up_and_lie_within_the_term(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        int64_t amount;
        struct contract_year years[3];
        int count;
        const char *start, *end, *expected;
    } cases[] = {
        /* amount  by year                                count  start         end           expected */
        {100, {{2027, 100}},                                 1, "2027-03-01", "2028-02-29", ""},
        {100, {{2027, 40}, {2028, 60}},                      2, "2027-03-01", "2028-02-29", ""},
        {100, {{2028, 60}, {2027, 40}},                      2, "2027-03-01", "2028-02-29", ""},
        {100, {{2027, 40}, {2028, 50}},                      2, "2027-03-01", "2028-02-29", "YEARS_DIFFER"},
        {100, {{2028, 100}},                                 1, "2027-03-01", "2028-02-29", "YEAR_OUTSIDE"},
        {100, {{2026, 50}, {2027, 50}},                      2, "2027-03-01", "2028-02-29", "YEAR_OUTSIDE"},
        {100, {{2027, 50}, {2029, 50}},                      2, "2027-03-01", "2028-02-29", ""},
        {100, {{2027, 50}, {2030, 50}},                      2, "2027-03-01", "2028-02-29", "YEAR_OUTSIDE"},
        {100, {{2027, 50}, {2027, 50}},                      2, "2027-03-01", "2028-02-29", "YEAR_OUTSIDE"},
        {100, {{2027, 150}, {2028, -50}},                    2, "2027-03-01", "2028-02-29", "BAD_FIELD"},
        {100, {{2027, INT64_MAX}, {2028, INT64_MAX}},        2, "2027-03-01", "2028-02-29", "BAD_FIELD"},
        {100, {{2027, 100}},                                 1, "2028-01-01", "2028-12-31", "YEAR_OUTSIDE"},
        {100, {{2027, 100}},                                 1, "2026-01-01", "2026-12-31", "YEAR_OUTSIDE"},
        {100, {{2027, 100}},                                 1, "2026-12-31", "2027-12-30", ""},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct contract k = contract_of(cases[i].amount);
        k.start_date = on(cases[i].start);
        k.end_date = on(cases[i].end);
        assert_string_equal(answer(contract_years_add_up(&k, cases[i].years, cases[i].count, &why)),
                            cases[i].expected);
    }
}

static void a_bond_is_at_most_ten_percent(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        int64_t amount, bond;
        bool expected;
    } cases[] = {{1000, 0, true}, {1000, 100, true}, {1000, 101, false}, {999, 99, true}, {999, 100, false}, {1000, -1, false}};
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct contract k = contract_of(cases[i].amount);
        k.bond_fen = cases[i].bond;
        assert_int_equal(contract_bond_is_lawful(&k, 1000, &why), cases[i].expected);
    }
}

static void each_element_that_is_missing_is_named(void **state)
{
    (void)state;
    struct contract whole = contract_of(100);
    for (int i = 0; i < contract_elements; i++)
        assert_true(contract_element_is_there(&whole, i, &why));
    struct contract empty = {.id = "x",
                             .content = "",
                             .quantity = "",
                             .quality = "",
                             .price_basis = "",
                             .rights_duties = "",
                             .breach = "",
                             .contract_no = ""};
    for (int i = 0; i < contract_elements; i++) {
        assert_false(contract_element_is_there(&empty, i, &why));
        assert_string_equal(why.rule, i == contract_elements - 1 ? "B4" : "H2");
    }
}

static void a_contract_is_signed_between_award_and_today_late_with_a_reason(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const char *award, *day, *due, *reason, *expected;
        bool is_late;
    } cases[] = {
        /* award       signed        due           reason  expected        late */
        {"",           "2027-03-05", "",           "",     "",             false},
        {"",           "2027-03-06", "",           "",     "DATE_OUTSIDE", false}, /* tomorrow */
        {"2027-03-01", "2027-02-28", "2027-03-31", "",     "DATE_OUTSIDE", false},
        {"2027-02-03", "2027-03-05", "2027-03-05", "",     "",             false},
        {"2027-02-02", "2027-03-05", "2027-03-04", "",     "SIGNED_LATE",  false},
        {"2027-02-02", "2027-03-05", "2027-03-04", "投诉", "",             true},
        {"2027-02-03", "2027-03-05", "2027-03-05", "投诉", "",             false},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct contract k = contract_of(100);
        bool is_late = false;
        k.award_date = on(cases[i].award);
        bool holds = contract_may_be_signed_on(&k, DAY_NONE, on(cases[i].day), on("2027-03-05"), &why) &&
                     contract_is_signed_in_time(on(cases[i].day), on(cases[i].due), cases[i].reason, &is_late,
                                                &why);
        assert_string_equal(answer(holds), cases[i].expected);
        assert_int_equal(is_late, cases[i].is_late);
    }
}

static void a_contract_is_not_dated_before_its_budget_was_issued(void **state)
{
    (void)state;
    static const struct {
        const char *award, *day, *expected, *rule;
    } cases[] = {
        {"", "2027-02-03", "", ""},
        {"", "2027-02-02", "DATE_OUTSIDE", "B1"},
        {"", "0001-01-01", "DATE_OUTSIDE", "B1"},
        {"2027-01-15", "2027-02-02", "DATE_OUTSIDE", "B1"},
        {"2027-02-10", "2027-02-03", "DATE_OUTSIDE", ""},
        {"2027-02-10", "2027-02-10", "", ""},
        {"", "2027-03-06", "DATE_OUTSIDE", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct contract k = contract_of(100);
        k.award_date = on(cases[i].award);
        bool holds = contract_may_be_signed_on(&k, on("2027-02-03"), on(cases[i].day), on("2027-03-05"),
                                               &why);
        assert_string_equal(answer(holds), cases[i].expected);
        if (!holds)
            assert_string_equal(why.rule ? why.rule : "", cases[i].rule);
    }
}

static void all_who_prepared_are_remembered(void **state)
{
    (void)state;
    struct contract k = contract_of(100);
    k.drafter_id = "P1", k.submitter_id = "P2", k.preparers = "P7 P17";
    assert_string_equal(contract_preparers_and(a, &k, "P17"), "P7 P17");
    assert_string_equal(contract_preparers_and(a, &k, "P1"), "P7 P17 P1");
    static const struct {
        const char *person, *expected;
    } cases[] = {{"P7", "SAME_PERSON"},
                 {"P17", "SAME_PERSON"},
                 {"P1", "SAME_PERSON"},
                 {"P2", "SAME_PERSON"},
                 {"P", ""},
                 {"P77", ""},
                 {"7", ""}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(answer(contract_other_person_signs(&k, cases[i].person, &why)),
                            cases[i].expected);
}

static void a_contract_has_at_most_ninety_nine_supplements(void **state)
{
    (void)state;
    struct contract k = contract_of(100);
    k.supplements_count = SUPPLEMENTS_MAX - 1;
    assert_true(supplement_has_room(&k, &why));
    k.supplements_count = SUPPLEMENTS_MAX;
    assert_string_equal(answer(supplement_has_room(&k, &why)), "SUPPLEMENTS_MANY");
    assert_string_equal(why.broke, "100");
}

static void who_sent_the_copy_does_not_receive_it(void **state)
{
    (void)state;
    struct duty d = {.id = "450600-2027-C-00001/FILE", .sender_id = "P1"};
    assert_true(duty_other_person_receives(&d, "P2", &why));
    assert_string_equal(answer(duty_other_person_receives(&d, "P1", &why)), "SAME_PERSON");
}

static void who_prepared_does_not_sign(void **state)
{
    (void)state;
    struct contract k = contract_of(100);
    struct supplement s = {.id = "S01", .drafter_id = "P1"};
    assert_false(contract_other_person_signs(&k, "P1", &why));
    assert_false(contract_other_person_signs(&k, "P2", &why));
    assert_string_equal(why.reason, "SAME_PERSON");
    assert_true(contract_other_person_signs(&k, "P3", &why));
    assert_false(supplement_other_person_signs(&s, "P1", &why));
    assert_true(supplement_other_person_signs(&s, "P2", &why));
}

static void only_the_bureau_lifts_its_own_suspension(void **state)
{
    (void)state;
    struct contract k = contract_of(100);
    assert_true(contract_may_be_resumed_by(&k, ROLE_APPROVER, &why));
    k.is_suspended_by_order = true;
    assert_false(contract_may_be_resumed_by(&k, ROLE_APPROVER, &why));
    assert_true(contract_may_be_resumed_by(&k, ROLE_REVIEWER_2, &why));
}

static void an_early_end_gives_back_what_the_settlement_does_not_need(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        int64_t held, settlement, expected;
    } cases[] = {{100, 0, 100}, {100, 30, 70}, {100, 100, 0}, {100, 180, 0}, {0, 10, 0}};
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(contract_given_back(cases[i].held, cases[i].settlement), cases[i].expected);

    struct contract k = contract_of(100);
    k.supplements_fen = 10;
    assert_true(contract_settlement_is_lawful(&k, 110, 0, &why));
    assert_string_equal(answer(contract_settlement_is_lawful(&k, 111, 0, &why)), "SETTLEMENT_TOO_MUCH");
    assert_string_equal(answer(contract_settlement_is_lawful(&k, -1, 0, &why)), "SETTLEMENT_TOO_MUCH");
    assert_string_equal(answer(contract_settlement_is_lawful(&k, 0, 1, &why)), "SUPPLEMENTS_OPEN");
}

/* One row a state, one column an event: the state after it, and under it who may. Written down apart from the
 * table. */
struct cell {
    int from, event, to;
    uint32_t roles;
};

static void life_is(const struct lifecycle *life, const struct cell *cells, size_t count)
{
    size_t steps = 0;
    for (int from = 0; from < life->states->count; from++)
        for (int event = 1; event < life->events->count; event++)
            for (int role = 1; role <= 13; role++) {
                int expected = 0, to = 0;
                for (size_t i = 0; i < count; i++)
                    if (cells[i].from == from && cells[i].event == event && (cells[i].roles & ROLE_BIT(role)))
                        expected = cells[i].to;
                bool holds = lifecycle_next(life, from, event, ROLE_BIT(role), &to, &why);
                assert_int_equal(holds, expected != 0);
                assert_int_equal(to, expected);
                steps += holds;
                arena_reset(a);
            }
    assert_true(steps >= count);
}

static void a_contract_lives_as_the_domain_says(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct cell cells[] = {
        {0, CONTRACT_CREATE, CONTRACT_DRAFT, ROLE_CLERK},
        {CONTRACT_DRAFT, CONTRACT_UPDATE, CONTRACT_DRAFT, ROLE_CLERK},
        {CONTRACT_DRAFT, CONTRACT_SUBMIT, CONTRACT_DEPT_REVIEW, ROLE_CLERK},
        {CONTRACT_DRAFT, CONTRACT_WITHDRAW, CONTRACT_WITHDRAWN, ROLE_CLERK},
        {CONTRACT_DEPT_REVIEW, CONTRACT_RETURN, CONTRACT_DRAFT, ROLE_APPROVER},
        {CONTRACT_DEPT_REVIEW, CONTRACT_SIGN, CONTRACT_SIGNED, ROLE_APPROVER},
        {CONTRACT_SIGNED, CONTRACT_START, CONTRACT_PERFORMING, ROLE_CLERK | ROLE_SYSTEM},
        {CONTRACT_PERFORMING, CONTRACT_SUSPEND, CONTRACT_SUSPENDED, ROLE_APPROVER | ROLE_REVIEWER_2},
        {CONTRACT_SUSPENDED, CONTRACT_RESUME, CONTRACT_PERFORMING, ROLE_APPROVER | ROLE_REVIEWER_2},
        {CONTRACT_SIGNED, CONTRACT_SUPPLEMENT, CONTRACT_SIGNED, ROLE_CLERK | ROLE_APPROVER},
        {CONTRACT_PERFORMING, CONTRACT_SUPPLEMENT, CONTRACT_PERFORMING, ROLE_CLERK | ROLE_APPROVER},
        {CONTRACT_SIGNED, CONTRACT_TERMINATE, CONTRACT_TERMINATED, ROLE_APPROVER},
        {CONTRACT_PERFORMING, CONTRACT_TERMINATE, CONTRACT_TERMINATED, ROLE_APPROVER},
        {CONTRACT_SUSPENDED, CONTRACT_TERMINATE, CONTRACT_TERMINATED, ROLE_APPROVER},
        {CONTRACT_REJECTED, CONTRACT_TERMINATE, CONTRACT_TERMINATED, ROLE_APPROVER},
    };
    /* clang-format on */
    life_is(&contract_life, cells, COUNT_OF(cells));
}

static void a_supplement_lives_as_the_domain_says(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct cell cells[] = {
        {0, SUPPLEMENT_PROPOSE, SUPPLEMENT_DRAFT, ROLE_CLERK},
        {SUPPLEMENT_DRAFT, SUPPLEMENT_RETURN, SUPPLEMENT_RETURNED, ROLE_APPROVER},
        {SUPPLEMENT_DRAFT, SUPPLEMENT_WITHDRAW, SUPPLEMENT_WITHDRAWN, ROLE_CLERK},
        {SUPPLEMENT_DRAFT, SUPPLEMENT_SIGN, SUPPLEMENT_SIGNED, ROLE_APPROVER},
    };
    /* clang-format on */
    life_is(&supplement_life, cells, COUNT_OF(cells));
}

static void a_duty_lives_as_the_domain_says(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct cell cells[] = {
        {DUTY_OPEN, DUTY_PUBLISH, DUTY_DONE, ROLE_CLERK},
        {DUTY_OPEN, DUTY_FILE, DUTY_SENT, ROLE_CLERK},
        {DUTY_RETURNED, DUTY_FILE, DUTY_SENT, ROLE_CLERK},
        {DUTY_SENT, DUTY_RECEIVE, DUTY_DONE, ROLE_REVIEWER_1},
        {DUTY_SENT, DUTY_RETURN_FILING, DUTY_RETURNED, ROLE_REVIEWER_1},
    };
    /* clang-format on */
    struct duty d = {.id = "x/FILE", .kind = DUTY_FILING};
    life_is(&duty_life, cells, COUNT_OF(cells));
    assert_true(duty_is_of_kind(&d, DUTY_FILING, &why));
    assert_false(duty_is_of_kind(&d, DUTY_PUBLICATION, &why));
}

static void what_statistics_count_of_a_contract_is_told_by_its_signature_and_its_end(void **state)
{
    (void)state;
    static const struct {
        int state;
        const char *signed_date;
        int64_t supplements_fen, settlement_fen;
        bool counts;
        int64_t fen;
    } cases[] = {
        {CONTRACT_DRAFT, "", 0, -1, false, 0},
        {CONTRACT_DEPT_REVIEW, "", 0, -1, false, 0},
        {CONTRACT_WITHDRAWN, "", 0, -1, false, 0},
        {CONTRACT_SIGNED, "2027-06-10", 0, -1, true, 1000},
        {CONTRACT_PERFORMING, "2027-06-10", 50, -1, true, 1050},
        {CONTRACT_SUSPENDED, "2027-06-10", -300, -1, true, 700},
        {CONTRACT_CLOSED, "2027-06-10", 0, -1, true, 1000},
        {CONTRACT_TERMINATED, "2027-06-10", 50, 400, true, 400},
        {CONTRACT_TERMINATED, "2027-06-10", 50, 0, true, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct contract k = contract_of(1000);
        k.state = cases[i].state;
        k.signed_date = on(cases[i].signed_date);
        k.supplements_fen = cases[i].supplements_fen;
        k.settlement_fen = cases[i].settlement_fen;
        assert_int_equal(contract_counts(&k), cases[i].counts);
        assert_int_equal(contract_counted_fen(&k), cases[i].fen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_term_is_normal_long_with_four_conditions_or_refused),
        cmocka_unit_test(supplements_together_stay_within_ten_percent),
        cmocka_unit_test(a_supplement_has_the_fields_of_its_kind),
        cmocka_unit_test(amounts_by_year_sum_up_and_lie_within_the_term),
        cmocka_unit_test(a_bond_is_at_most_ten_percent),
        cmocka_unit_test(each_element_that_is_missing_is_named),
        cmocka_unit_test(a_contract_is_signed_between_award_and_today_late_with_a_reason),
        cmocka_unit_test(a_contract_is_not_dated_before_its_budget_was_issued),
        cmocka_unit_test(who_prepared_does_not_sign),
        cmocka_unit_test(all_who_prepared_are_remembered),
        cmocka_unit_test(a_contract_has_at_most_ninety_nine_supplements),
        cmocka_unit_test(who_sent_the_copy_does_not_receive_it),
        cmocka_unit_test(only_the_bureau_lifts_its_own_suspension),
        cmocka_unit_test(an_early_end_gives_back_what_the_settlement_does_not_need),
        cmocka_unit_test(what_statistics_count_of_a_contract_is_told_by_its_signature_and_its_end),
        cmocka_unit_test(a_contract_lives_as_the_domain_says),
        cmocka_unit_test(a_supplement_lives_as_the_domain_says),
        cmocka_unit_test(a_duty_lives_as_the_domain_says),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
