/* What the law asks of each step of an audit, as aligned tables, and the lives of cases and findings cell by
 * cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/check.h"
#include "common/roles.h"
#include "server/domain/audit/audit_rules.h"

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

static const char *answer(bool holds) { return holds ? "" : why.reason; }

static struct audit_case case_of(int kind)
{
    return (struct audit_case){.id = "SJ2027-001",
                               .kind = kind,
                               .state = CASE_PLANNED,
                               .owner_unit_id = "223",
                               .notice_date = DAY_NONE,
                               .start_date = on("2027-04-12"),
                               .reply_due_date = on("2027-05-10")};
}

static void a_case_is_conducted_by_its_own_office(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        int kind;
        uint32_t roles;
        bool expected;
    } cases[] = {
        /* kind          who              may */
        {CASE_AUDIT,      ROLE_AUDITOR,    true},
        {CASE_AUDIT,      ROLE_AUDIT_HEAD, true},
        {CASE_AUDIT,      ROLE_REVIEWER_2, false},
        {CASE_AUDIT,      ROLE_LEADER,     false},
        {CASE_INSPECTION, ROLE_REVIEWER_2, true},
        {CASE_INSPECTION, ROLE_LEADER,     true},
        {CASE_INSPECTION, ROLE_REVIEWER_1, false},
        {CASE_INSPECTION, ROLE_AUDITOR,    false},
        {CASE_INSPECTION, ROLE_OPERATOR,   false},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct audit_case k = case_of(cases[i].kind);
        assert_int_equal(case_is_conducted_by(&k, cases[i].roles, &why), cases[i].expected);
    }
}

static void before_its_notice_a_case_is_seen_by_its_office_alone(void **state)
{
    (void)state;
    struct audit_case k = case_of(CASE_AUDIT);
    assert_true(case_is_visible(&k, "223"));
    assert_false(case_is_visible(&k, "210"));
    k.state = CASE_CANCELLED; /* without ever having been noticed */
    assert_false(case_is_visible(&k, "203"));
    k.notice_date = on("2027-04-01");
    assert_true(case_is_visible(&k, "203"));
}

static void a_notice_is_in_time_or_a_special_case_of_the_heads(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const char *notice, *latest, *basis;
        uint32_t roles;
        const char *expected;
        bool is_special;
    } cases[] = {
        /* notice      latest        basis   who              expected           special */
        {"2027-04-06", "2027-04-07", "",     ROLE_AUDITOR,    "",                false},
        {"2027-04-07", "2027-04-07", "",     ROLE_AUDITOR,    "",                false},
        {"2027-04-07", "2027-04-07", "举报", ROLE_AUDIT_HEAD, "",                false},
        {"2027-04-08", "2027-04-07", "",     ROLE_AUDITOR,    "NOTICE_TOO_LATE", false},
        {"2027-04-08", "2027-04-07", "举报", ROLE_AUDITOR,    "NOTICE_TOO_LATE", false},
        {"2027-04-08", "2027-04-07", "",     ROLE_AUDIT_HEAD, "NOTICE_TOO_LATE", false},
        {"2027-04-08", "2027-04-07", "举报", ROLE_AUDIT_HEAD, "",                true},
        {"2027-04-08", "2027-04-07", "举报", ROLE_LEADER,     "",                true},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct audit_case k = case_of(CASE_AUDIT);
        bool is_special = false;
        assert_string_equal(answer(case_notice_is_in_time(&k, on(cases[i].notice), on(cases[i].latest),
                                                          cases[i].basis, cases[i].roles, &is_special, &why)),
                            cases[i].expected);
        assert_int_equal(is_special, cases[i].is_special);
    }
}

static void a_team_has_two_different_people(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const char *members[3];
        int count;
        bool expected;
    } cases[] = {
        {{NULL}, 0, false}, {{"甲"}, 1, false}, {{"甲", "甲"}, 2, false}, {{"甲", ""}, 2, false}, {{"甲", "乙"}, 2, true},
        {{"甲", "甲", "乙"}, 3, true},
    };
    /* clang-format on */
    struct audit_case k = case_of(CASE_AUDIT);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(case_team_is_enough(&k, cases[i].members, cases[i].count, &why), cases[i].expected);
}

static void silence_counts_only_after_the_last_day(void **state)
{
    (void)state;
    struct audit_case k = case_of(CASE_AUDIT);
    assert_false(case_may_be_deemed(&k, on("2027-05-09"), &why));
    assert_false(case_may_be_deemed(&k, on("2027-05-10"), &why));
    assert_string_equal(why.passes, "2027-05-11");
    assert_true(case_may_be_deemed(&k, on("2027-05-11"), &why));
    assert_false(case_may_start(&k, on("2027-04-11"), &why));
    assert_true(case_may_start(&k, on("2027-04-12"), &why));
}

static void units_reply_once_and_are_counted(void **state)
{
    (void)state;
    struct audit_case k = case_of(CASE_AUDIT);
    struct case_unit units[] = {{.unit_id = "203", .replied_date = DAY_NONE},
                                {.unit_id = "208", .replied_date = on("2027-05-01")}};
    assert_int_equal(case_units_open(units, 2), 1);
    assert_true(case_unit_may_reply(&k, &units[0], &why));
    assert_string_equal(answer(case_unit_may_reply(&k, &units[1], &why)), "ALREADY_DONE");
    assert_true(case_has_unit(units, 2, "208", &why));
    assert_string_equal(answer(case_has_unit(units, 2, "204", &why)), "NOT_IN_CASE");
    assert_string_equal(why.passes, "203, 208");
}

static void a_case_closes_when_nothing_is_open(void **state)
{
    (void)state;
    struct audit_case k = case_of(CASE_AUDIT);
    k.open_count = 1;
    assert_string_equal(answer(case_may_be_closed(&k, &why)), "FINDINGS_OPEN");
    k.open_count = 0;
    assert_true(case_may_be_closed(&k, &why));
    for (int s = FINDING_RECORDED; s <= FINDING_TRANSFERRED; s++)
        assert_int_equal(finding_is_open(s),
                         s != FINDING_WITHDRAWN && s != FINDING_VERIFIED && s != FINDING_TRANSFERRED);
}

static void a_correction_is_at_most_the_amount(void **state)
{
    (void)state;
    struct finding f = {.id = "SJ2027-001-01", .amount_fen = 100};
    assert_true(finding_correction_is_sane(&f, 0, &why));
    assert_true(finding_correction_is_sane(&f, 100, &why));
    assert_false(finding_correction_is_sane(&f, 101, &why));
    assert_false(finding_correction_is_sane(&f, -1, &why));
}

static void two_adjacent_steps_need_two_people(void **state)
{
    (void)state;
    struct audit_case k = case_of(CASE_AUDIT);
    assert_string_equal(answer(case_other_person(&k, "P1", "P1", &why)), "SAME_PERSON");
    assert_true(case_other_person(&k, "P1", "P2", &why));
}

#define AUDITOR (ROLE_AUDITOR | ROLE_REVIEWER_2)
#define HEAD    (ROLE_AUDIT_HEAD | ROLE_LEADER)
struct cell {
    int from, event, to;
    uint32_t roles;
};

static void life_is(const struct lifecycle *life, const struct cell *cells, size_t count)
{
    for (int from = 0; from < life->states->count; from++)
        for (int event = 1; event < life->events->count; event++)
            for (int role = 1; role <= 13; role++) {
                int expected = 0, to = 0;
                for (size_t i = 0; i < count; i++)
                    if (cells[i].from == from && cells[i].event == event && (cells[i].roles & ROLE_BIT(role)))
                        expected = cells[i].to;
                assert_int_equal(lifecycle_next(life, from, event, ROLE_BIT(role), &to, &why), expected != 0);
                assert_int_equal(to, expected);
                arena_reset(a);
            }
}

static void a_case_lives_as_the_domain_says(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct cell cells[] = {
        {0, AUDIT_PLAN, CASE_PLANNED, AUDITOR},
        {CASE_PLANNED, AUDIT_NOTIFY, CASE_NOTIFIED, AUDITOR | HEAD},
        {CASE_NOTIFIED, AUDIT_START, CASE_FIELDWORK, AUDITOR},
        {CASE_FIELDWORK, AUDIT_FINDING, CASE_FIELDWORK, AUDITOR},
        {CASE_FIELDWORK, AUDIT_CONSULT, CASE_CONSULT, AUDITOR},
        {CASE_CONSULT, AUDIT_REPLY_ONE, CASE_CONSULT, ROLE_APPROVER},
        {CASE_CONSULT, AUDIT_REPLY, CASE_REPLIED, ROLE_APPROVER},
        {CASE_CONSULT, AUDIT_DEEM, CASE_DEEMED_AGREED, AUDITOR | ROLE_SYSTEM},
        {CASE_REPLIED, AUDIT_REVIEW, CASE_REVIEWED, AUDITOR},
        {CASE_DEEMED_AGREED, AUDIT_REVIEW, CASE_REVIEWED, AUDITOR},
        {CASE_REVIEWED, AUDIT_REPORT, CASE_RECTIFYING, HEAD},
        {CASE_RECTIFYING, AUDIT_CLOSE, CASE_CLOSED, HEAD},
        {CASE_PLANNED, AUDIT_CANCEL, CASE_CANCELLED, HEAD},
        {CASE_NOTIFIED, AUDIT_CANCEL, CASE_CANCELLED, HEAD},
        {CASE_FIELDWORK, AUDIT_CANCEL, CASE_CANCELLED, HEAD},
    };
    /* clang-format on */
    life_is(&case_life, cells, COUNT_OF(cells));
}

static void a_finding_lives_as_the_domain_says(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct cell cells[] = {
        {0, AUDIT_FINDING, FINDING_RECORDED, AUDITOR},
        {FINDING_RECORDED, AUDIT_WITHDRAW, FINDING_WITHDRAWN, AUDITOR},
        {FINDING_RECORDED, AUDIT_CONSULT, FINDING_CONSULTED, AUDITOR},
        {FINDING_CONSULTED, AUDIT_WITHDRAW, FINDING_WITHDRAWN, HEAD},
        {FINDING_CONSULTED, AUDIT_REPORT, FINDING_RECTIFYING, HEAD},
        {FINDING_RECTIFYING, AUDIT_RECTIFY, FINDING_REPORTED_BACK, ROLE_APPROVER},
        {FINDING_NOT_ACCEPTED, AUDIT_RECTIFY, FINDING_REPORTED_BACK, ROLE_APPROVER},
        {FINDING_REPORTED_BACK, AUDIT_ACCEPT, FINDING_VERIFIED, AUDITOR},
        {FINDING_REPORTED_BACK, AUDIT_REJECT, FINDING_NOT_ACCEPTED, AUDITOR},
        {FINDING_RECTIFYING, AUDIT_TRANSFER, FINDING_TRANSFERRED, HEAD},
        {FINDING_NOT_ACCEPTED, AUDIT_TRANSFER, FINDING_TRANSFERRED, HEAD},
    };
    /* clang-format on */
    life_is(&finding_life, cells, COUNT_OF(cells));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_case_is_conducted_by_its_own_office),
        cmocka_unit_test(before_its_notice_a_case_is_seen_by_its_office_alone),
        cmocka_unit_test(a_notice_is_in_time_or_a_special_case_of_the_heads),
        cmocka_unit_test(a_team_has_two_different_people),
        cmocka_unit_test(silence_counts_only_after_the_last_day),
        cmocka_unit_test(units_reply_once_and_are_counted),
        cmocka_unit_test(a_case_closes_when_nothing_is_open),
        cmocka_unit_test(a_correction_is_at_most_the_amount),
        cmocka_unit_test(two_adjacent_steps_need_two_people),
        cmocka_unit_test(a_case_lives_as_the_domain_says),
        cmocka_unit_test(a_finding_lives_as_the_domain_says),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
