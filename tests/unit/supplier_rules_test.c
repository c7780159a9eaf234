/* Credit codes, claims and bans; and who may provide on a day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/check.h"
#include "server/domain/supplier/supplier.h"
#include "server/domain/supplier/supplier_rules.h"

static struct arena *arena;

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

/* The example of GB 32100-2015, and codes of the city's list. */
static void the_check_character_is_the_standards(void **state)
{
    static const struct {
        const char *code;
        char check;
    } rows[] = {
        {"91350100M000100Y43", '3'}, {"91450600MA57000107", '7'}, {"91450600MA5700758U", 'U'},
        {"31450600MA570445XY", 'Y'}, {"12450600MA5704820P", 'P'}, {"91450600MA5701865G", 'G'},
        {"9145060OMA57000107", 0}, /* the letter O */
        {"91450600ma57000107", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(credit_code_check(rows[i].code), rows[i].check);
}

static void every_supplier_of_the_reference_list_has_a_valid_code(void **state)
{
    FILE *in = fopen(TESTS_DIR "/../server/reference/suppliers.csv", "r");
    struct refusal why = {.arena = arena};
    char line[1024];
    int rows = 0;

    (void)state;
    assert_non_null(in);
    assert_non_null(fgets(line, sizeof line, in));
    for (; fgets(line, sizeof line, in); rows++) {
        line[strcspn(line, ",")] = '\0';
        assert_true(credit_code_is_sound(line, &why));
    }
    fclose(in);
    assert_int_equal(rows, 17);
}

static void a_wrong_code_is_told_with_the_character_that_would_do(void **state)
{
    static const struct {
        const char *code, *passes;
    } rows[] = {
        {"91450600MA57000108", "校验码 (check character) 7"},
        {"19450600MA57000107", "校验码 (check character) U"}, /* two digits changed places */
        {"91450600MA5700010", "18 位统一社会信用代码 (18 characters)"},
        {"", "18 位统一社会信用代码 (18 characters)"},
        {"91450600IA57000107", "数字和大写字母，不含 I O S V Z (digits and capitals but I O S V Z)"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct refusal why = {.arena = arena};
        assert_false(credit_code_is_sound(rows[i].code, &why));
        assert_string_equal(why.reason, "BAD_FIELD");
        assert_string_equal(why.field, "supplier_id");
        if (i != 1)
            assert_string_equal(why.passes, rows[i].passes);
    }
}

static void claims_are_judged_by_their_type(void **state)
{
    static const struct {
        struct supplier_claim claim;
        const char *field; /* NULL: it will do */
    } rows[] = {
        {{"91450600MA57000107", "甲", "410", 2}, NULL},
        {{"91450600MA57000107", "甲", "410", 0}, NULL},
        {{"52450600MA57029726", "乙", "320", 0}, NULL},
        {{"12450600MA57051961", "丙", "221", 0}, NULL}, /* may not provide, but exists */
        {{"52450600MA57029726", "乙", "320", 3}, "enterprise_size"},
        {{"91450600MA57000107", "", "410", 0}, "supplier_name"},
        {{"91450600MA57000107", "甲", "41", 0}, "supplier_type"},
        {{"91450600MA57000107", "甲", "4l0", 0}, "supplier_type"},
        {{"450601199001011234", "丁", "510", 0}, "supplier_type"}, /* an identity number never gets in */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct refusal why = {.arena = arena};
        assert_int_equal(supplier_claim_is_sound(&rows[i].claim, &why), rows[i].field == NULL);
        if (rows[i].field)
            assert_string_equal(why.field, rows[i].field);
    }
}

static void bans_need_their_first_day_and_their_basis(void **state)
{
    static const struct {
        struct ban ban;
        bool will_do, is_there;
    } rows[] = {
        {{"", "", ""}, true, false},
        {{"2026-01-01", "2028-12-31", "决定"}, true, true},
        {{"2026-01-01", "", "决定"}, true, true},
        {{"2026-01-01", "2026-01-01", "决定"}, true, true},
        {{"2026-01-01", "2025-12-31", "决定"}, false, false},
        {{"2026-01-01", "2028-12-31", ""}, false, false},
        {{"", "2028-12-31", "决定"}, false, false},
        {{"2026-02-30", "", "决定"}, false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct refusal why = {.arena = arena};
        bool is_there = false;
        assert_int_equal(ban_is_sound(&rows[i].ban, &is_there, &why), rows[i].will_do);
        assert_int_equal(is_there, rows[i].is_there);
    }
}

static void a_ban_holds_on_both_its_days(void **state)
{
    struct day from = day_of(2026, 1, 1), to = day_of(2028, 12, 31);

    (void)state;
    assert_false(ban_holds(from, to, day_of(2025, 12, 31)));
    assert_true(ban_holds(from, to, from));
    assert_true(ban_holds(from, to, to));
    assert_false(ban_holds(from, to, day_of(2029, 1, 1)));
    assert_true(ban_holds(from, DAY_NONE, day_of(2099, 1, 1)));
    assert_false(ban_holds(DAY_NONE, DAY_NONE, from));
}

static void who_may_provide_is_told_by_type_rule_and_ban(void **state)
{
    static const struct {
        bool is_found, has_rule;
        const char *may, *rule_set, *ban_from, *reason, *rule; /* reason NULL: he may */
        const char *type;                                      /* NULL: 410 */
    } rows[] = {
        {true, true, "yes", "财政部令第102号", "", NULL, NULL, NULL},
        {true, true, "restricted", "财政部令第102号", "", NULL, NULL, NULL},
        {true, true, "no", "财政部令第102号", "", "SUPPLIER_TYPE", "P4", "221"},
        {true, true, "no", "财政部令第102号", "", "SUPPLIER_TYPE", "P4", "141"},
        {true, true, "no", "财政部令第102号", "", "SUPPLIER_TYPE", "P5", "110"},
        {true, true, "no", "财综〔2014〕96号", "", "SUPPLIER_TYPE", "P10", NULL},
        {true, true, "ask", "财政部令第102号", "", "SUPPLIER_TYPE", "P5", NULL},
        {true, false, "", "", "", "SUPPLIER_TYPE", "P5", NULL},
        {false, true, "yes", "财政部令第102号", "", "SUPPLIER_UNKNOWN", "P5", NULL},
        {true, true, "yes", "财政部令第102号", "2026-01-01", "SUPPLIER_BANNED", "P8", NULL},
        {true, true, "yes", "财政部令第102号", "2026-06-02", NULL, NULL, NULL}, /* begins tomorrow */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct supplier s = {.is_found = rows[i].is_found,
                             .id = "91450600MA57000107",
                             .name = "甲",
                             .type = "410",
                             .enterprise_size = "",
                             .banned_from = DAY_NONE,
                             .banned_to = DAY_NONE,
                             .banned_basis = "决定"};
        struct type_rule t = {.is_found = rows[i].has_rule,
                              .type = rows[i].type ? rows[i].type : "410",
                              .name = "企业",
                              .rule_set = rows[i].rule_set,
                              .may_purchase = "no",
                              .may_provide = rows[i].may};
        struct refusal why = {.arena = arena};
        (void)day_parse_iso(rows[i].ban_from, &s.banned_from);
        assert_int_equal(supplier_may_provide(&s, &t, day_of(2026, 6, 1), &why), rows[i].reason == NULL);
        if (!rows[i].reason)
            continue;
        assert_string_equal(why.reason, rows[i].reason);
        assert_string_equal(why.rule, rows[i].rule);
        assert_non_null(law_find(why.rule));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_check_character_is_the_standards),
        cmocka_unit_test(every_supplier_of_the_reference_list_has_a_valid_code),
        cmocka_unit_test(a_wrong_code_is_told_with_the_character_that_would_do),
        cmocka_unit_test(claims_are_judged_by_their_type),
        cmocka_unit_test(bans_need_their_first_day_and_their_basis),
        cmocka_unit_test(a_ban_holds_on_both_its_days),
        cmocka_unit_test(who_may_provide_is_told_by_type_rule_and_ban),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
