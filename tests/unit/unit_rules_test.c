/* Which role fits whom, who may confirm whom, what a key may still sign, what a unit's row must look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/check.h"
#include "server/domain/unit/unit_rules.h"

static const struct offices offices = {.bureau = "210",
                                       .civil_affairs = "208",
                                       .staffing = "107",
                                       .audit = "223"};

static struct refusal fresh(void **state) { return (struct refusal){.arena = *state}; }

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

static void a_role_belongs_to_the_unit_that_holds_the_office(void **state)
{
    /* clang-format off */
    static const struct { int role; const char *unit, *expected; } table[] = {
        {PURSER__V1__ROLE__ROLE_CLERK,         "203",    NULL},
        {PURSER__V1__ROLE__ROLE_CLERK,         "203901", NULL},
        {PURSER__V1__ROLE__ROLE_APPROVER,      "210",    NULL},
        {PURSER__V1__ROLE__ROLE_REVIEWER_1,    "210",    NULL},
        {PURSER__V1__ROLE__ROLE_REVIEWER_1,    "203",    "ROLE_WRONG_UNIT"},
        {PURSER__V1__ROLE__ROLE_REVIEWER_2,    "223",    "ROLE_WRONG_UNIT"},
        {PURSER__V1__ROLE__ROLE_LEADER,        "210901", "ROLE_WRONG_UNIT"},
        {PURSER__V1__ROLE__ROLE_OPERATOR,      "210",    NULL},
        {PURSER__V1__ROLE__ROLE_OPERATOR,      "201",    "ROLE_WRONG_UNIT"},
        {PURSER__V1__ROLE__ROLE_REGISTRAR,     "210",    NULL},
        {PURSER__V1__ROLE__ROLE_CIVIL_AFFAIRS, "208",    NULL},
        {PURSER__V1__ROLE__ROLE_CIVIL_AFFAIRS, "210",    "ROLE_WRONG_UNIT"},
        {PURSER__V1__ROLE__ROLE_STAFFING,      "107",    NULL},
        {PURSER__V1__ROLE__ROLE_STAFFING,      "208",    "ROLE_WRONG_UNIT"},
        {PURSER__V1__ROLE__ROLE_AUDITOR,       "223",    NULL},
        {PURSER__V1__ROLE__ROLE_AUDITOR,       "210",    "ROLE_WRONG_UNIT"},
        {PURSER__V1__ROLE__ROLE_AUDIT_HEAD,    "223",    NULL},
        {PURSER__V1__ROLE__ROLE_AUDIT_HEAD,    "208",    "ROLE_WRONG_UNIT"},
        {PURSER__V1__ROLE__ROLE_SYSTEM,        "210",    "ROLE_NOT_GRANTABLE"},
        {PURSER__V1__ROLE__ROLE_PUBLIC,        "210",    "ROLE_NOT_GRANTABLE"},
        {PURSER__V1__ROLE__ROLE_UNSPECIFIED,   "210",    "ROLE_NOT_GRANTABLE"},
        {31,                                   "210",    "ROLE_NOT_GRANTABLE"},
        {-1,                                   "210",    "ROLE_NOT_GRANTABLE"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct refusal why = fresh(state);
        assert_int_equal(role_fits_unit(table[i].role, table[i].unit, &offices, &why),
                         table[i].expected == NULL);
        if (table[i].expected)
            assert_string_equal(why.reason, table[i].expected);
    }
}

static void an_operator_has_no_say_in_business_and_an_auditor_does_not_serve_the_bureau(void **state)
{
    static const struct {
        uint32_t roles;
        bool expected;
    } table[] = {
        {ROLE_OPERATOR, true},
        {ROLE_CLERK | ROLE_APPROVER, true},
        {ROLE_REVIEWER_1 | ROLE_REVIEWER_2 | ROLE_LEADER, true},
        {ROLE_REVIEWER_1 | ROLE_REGISTRAR, true},
        {ROLE_AUDITOR | ROLE_AUDIT_HEAD, true},
        {ROLE_AUDITOR | ROLE_CLERK, true},
        {ROLE_OPERATOR | ROLE_LEADER, false},
        {ROLE_OPERATOR | ROLE_CLERK, false},
        {ROLE_OPERATOR | ROLE_REGISTRAR, false},
        {ROLE_OPERATOR | ROLE_AUDITOR, false},
        {ROLE_AUDITOR | ROLE_REVIEWER_1, false},
        {ROLE_AUDIT_HEAD | ROLE_LEADER, false},
        {ROLE_AUDITOR | ROLE_REGISTRAR, false},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct refusal why = fresh(state);
        assert_int_equal(roles_are_compatible(table[i].roles, "P00009", &why), table[i].expected);
        if (!table[i].expected)
            assert_string_equal(why.reason, "ROLES_CLASH");
    }
}

static void nobody_grants_to_himself_and_who_proposed_does_not_confirm(void **state)
{
    static const struct {
        const char *whom, *proposed_by, *actor, *expected;
    } table[] = {
        {"P3", "P1", "P2", NULL},
        {"P3", "P1", "P3", "SELF_GRANT"},
        {"P3", "P1", "P1", "SAME_PERSON"},
        {"P3", "P3", "P3", "SELF_GRANT"},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct refusal why = fresh(state);
        assert_int_equal(grant_is_by_another(table[i].whom, table[i].proposed_by, table[i].actor, &why),
                         table[i].expected == NULL);
        if (table[i].expected)
            assert_string_equal(why.reason, table[i].expected);
    }
}

static void the_last_leader_and_the_last_operator_stay(void **state)
{
    static const struct {
        uint32_t roles;
        int64_t leaders, operators;
        bool expected;
    } table[] = {
        {ROLE_LEADER, 0, 5, false},  {ROLE_LEADER, 1, 0, true}, {ROLE_OPERATOR, 5, 0, false},
        {ROLE_OPERATOR, 0, 1, true}, {ROLE_CLERK, 0, 0, true},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct refusal why = fresh(state);
        assert_int_equal(office_stays_filled(table[i].roles, table[i].leaders, table[i].operators, "P1",
                                             &why),
                         table[i].expected);
    }
}

static void a_key_signs_as_long_as_it_should(void **state)
{
    /* clang-format off */
    static const struct { struct key_life key; int64_t issued_us; const char *expected; } table[] = {
        {{.is_found = false},                                                                1000, "KEY_UNKNOWN"},
        {{.is_found = true, .person_state = "ACTIVE"},                                       1000, NULL},
        {{.is_found = true, .person_state = "ACTIVE", .rotated_us = 500},                     499, NULL},
        {{.is_found = true, .person_state = "ACTIVE", .rotated_us = 500},                     500, "KEY_REVOKED"},
        {{.is_found = true, .person_state = "ACTIVE", .revoked_us = 500},                     100, "KEY_REVOKED"},
        {{.is_found = true, .person_state = "ACTIVE", .revoked_us = 500},                    1000, "KEY_REVOKED"},
        {{.is_found = true, .person_state = "ACTIVE", .is_compromised = true, .revoked_us = 9}, 1, "KEY_REVOKED"},
        {{.is_found = true, .person_state = "SUSPENDED"},                                       1, "PERSON_INACTIVE"},
        {{.is_found = true, .person_state = "PROPOSED"},                                        1, "PERSON_INACTIVE"},
        {{.is_found = true, .person_state = "REFUSED"},                                         1, "PERSON_INACTIVE"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct refusal why = fresh(state);
        struct key_life k = table[i].key;
        k.person_id = "P1";
        assert_int_equal(key_may_sign(&k, table[i].issued_us, &why), table[i].expected == NULL);
        if (table[i].expected)
            assert_string_equal(why.reason, table[i].expected);
    }
}

static void an_invite_opens_once_in_time_and_for_a_confirmed_person(void **state)
{
    static const struct {
        bool is_found;
        int state;
        int64_t expires_us;
        int person;
        bool expected;
    } table[] = {
        {true, INVITE_OPEN, 200, PERSON_ACTIVE, true},     {false, INVITE_OPEN, 200, PERSON_ACTIVE, false},
        {true, INVITE_USED, 200, PERSON_ACTIVE, false},    {true, INVITE_PROPOSED, 200, PERSON_ACTIVE, false},
        {true, INVITE_CLOSED, 200, PERSON_ACTIVE, false},  {true, INVITE_OPEN, 100, PERSON_ACTIVE, false},
        {true, INVITE_OPEN, 200, PERSON_SUSPENDED, false}, {true, INVITE_OPEN, 200, PERSON_PROPOSED, false},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct refusal why = fresh(state);
        assert_int_equal(invite_opens(table[i].is_found, table[i].state, table[i].expires_us, table[i].person,
                                      100, &why),
                         table[i].expected);
        if (!table[i].expected)
            assert_string_equal(why.reason, "INVITE_BAD");
    }
}

static void an_invite_lives_at_most_ninety_days(void **state)
{
    const int64_t day_us = INT64_C(86400000000), now = 1000;
    static const struct {
        int64_t days, more_us;
        bool expected;
    } table[] = {{0, 0, false}, {0, 1, true}, {30, 0, true}, {90, 0, true}, {90, 1, false}, {-1, 0, false}};
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct refusal why = fresh(state);
        assert_int_equal(invite_expiry_is_sound(now + table[i].days * day_us + table[i].more_us, now, &why),
                         table[i].expected);
    }
}

static void a_units_row_names_code_type_division_and_days(void **state)
{
    /* clang-format off */
    static const struct { struct unit_row row; const char *expected; } table[] = {
        {{"203",    "市教育局",   "110", "450600", "2014-01-01", "",           ""},    NULL},
        {{"203901", "市实验小学", "221", "450600", "2014-01-01", "2026-12-31", "203"}, NULL},
        {{"20",     "短",         "110", "450600", "2014-01-01", "",           ""},    "id"},
        {{"2039",   "四位",       "110", "450600", "2014-01-01", "",           ""},    "id"},
        {{"20a",    "字母",       "110", "450600", "2014-01-01", "",           ""},    "id"},
        {{"203",    "",           "110", "450600", "2014-01-01", "",           ""},    "name"},
        {{"203",    "市教育局",   "11",  "450600", "2014-01-01", "",           ""},    "type"},
        {{"203",    "市教育局",   "110", "4506",   "2014-01-01", "",           ""},    "division"},
        {{"203",    "市教育局",   "110", "450600", "2014-02-30", "",           ""},    "valid_from_date"},
        {{"203",    "市教育局",   "110", "450600", "2014-01-02", "2014-01-01", ""},    "valid_to_date"},
        {{"203",    "市教育局",   "110", "450600", "2014-01-01", "2018-12-31", "203"}, "successor_id"},
        {{"203",    "市教育局",   "110", "450600", "2014-01-01", "2018-12-31", "x"},   "successor_id"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct refusal why = fresh(state);
        assert_int_equal(unit_row_is_sound(&table[i].row, &why), table[i].expected == NULL);
        if (table[i].expected)
            assert_string_equal(why.field, table[i].expected);
    }
    assert_string_equal(unit_parent(*state, "203901"), "203");
    assert_string_equal(unit_parent(*state, "203"), "");
}

/* Every cell of both lives: the state a step leads to, or a refusal. */
static void accounts_and_grants_move_only_as_their_tables_say(void **state)
{
    static const struct lifecycle *const lives[] = {&person_life, &grant_life};
    for (size_t l = 0; l < COUNT_OF(lives); l++)
        for (int from = 0; from < lives[l]->states->count; from++)
            for (int event = 1; event < lives[l]->events->count; event++)
                for (int role = 1; role <= 13; role++) {
                    struct refusal why = fresh(state);
                    int expected = 0, to = 0;
                    for (int i = 0; i < lives[l]->count; i++)
                        if (lives[l]->steps[i].from == from && lives[l]->steps[i].event == event &&
                            (lives[l]->steps[i].roles & ROLE_BIT(role)))
                            expected = lives[l]->steps[i].to;
                    assert_int_equal(lifecycle_next(lives[l], from, event, ROLE_BIT(role), &to, &why),
                                     expected != 0);
                    assert_int_equal(to, expected);
                }
    int to = 0;
    struct refusal why = fresh(state);
    assert_false(lifecycle_next(&person_life, PERSON_PROPOSED, PERSON_CONFIRM, ROLE_OPERATOR, &to, &why));
    assert_string_equal(why.reason, "ROLE_FORBIDS");
    assert_false(lifecycle_next(&person_life, PERSON_SUSPENDED, PERSON_CONFIRM, ROLE_LEADER, &to, &why));
    assert_string_equal(why.reason, "STATE_FORBIDS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_role_belongs_to_the_unit_that_holds_the_office, setup, teardown),
        cmocka_unit_test_setup_teardown(
            an_operator_has_no_say_in_business_and_an_auditor_does_not_serve_the_bureau, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_grants_to_himself_and_who_proposed_does_not_confirm, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_last_leader_and_the_last_operator_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_signs_as_long_as_it_should, setup, teardown),
        cmocka_unit_test_setup_teardown(an_invite_opens_once_in_time_and_for_a_confirmed_person, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_invite_lives_at_most_ninety_days, setup, teardown),
        cmocka_unit_test_setup_teardown(a_units_row_names_code_type_division_and_days, setup, teardown),
        cmocka_unit_test_setup_teardown(accounts_and_grants_move_only_as_their_tables_say, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
