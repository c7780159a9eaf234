/* Entries and their codes, first days of versions, keywords that stand in a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/check.h"
#include "server/domain/catalogue/catalogue.h"
#include "server/domain/catalogue/catalogue_rules.h"

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

static void an_entrys_code_says_its_level_and_its_parent(void **state)
{
    /* clang-format off */
    static const struct { struct entry_row row; const char *expected; } table[] = {
        {{"A",     "",    "公共服务",     "",  1, 0}, NULL},
        {{"B11",   "B",   "后勤服务",     "C", 2, 5}, NULL},
        {{"A0291", "A02", "校园安保服务", "L", 3, 1}, NULL},
        {{"C01",   "C",   "货物",         "C", 2, 0}, "code"},
        {{"A029",  "A02", "四位",         "C", 3, 1}, "code"},
        {{"A02x1", "A02", "字母",         "C", 3, 1}, "code"},
        {{"A0291", "A02", "校园安保服务", "L", 2, 1}, "entry_level"},
        {{"A0291", "A03", "校园安保服务", "L", 3, 1}, "parent"},
        {{"A0291", "A",   "校园安保服务", "L", 3, 1}, "parent"},
        {{"A0291", "A02", "",             "L", 3, 1}, "name"},
        {{"A0291", "A02", "校园安保服务", "L", 3, 7}, "class96"},
        {{"A0291", "A02", "校园安保服务", "X", 3, 1}, "origin"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct refusal why = {.arena = *state};
        assert_int_equal(entry_row_is_sound(&table[i].row, &why), table[i].expected == NULL);
        if (table[i].expected)
            assert_string_equal(why.field, table[i].expected);
    }
}

static void only_the_first_version_may_begin_in_the_past(void **state)
{
    const struct day none = DAY_NONE, today = day_of(2026, 6, 1);
    const struct {
        struct day from, last_from;
        bool expected;
    } table[] = {
        {day_of(2020, 1, 1), none, true},
        {day_of(2026, 6, 1), day_of(2020, 1, 1), true},
        {day_of(2027, 1, 1), day_of(2020, 1, 1), true},
        {day_of(2026, 5, 31), day_of(2020, 1, 1), false},
        {day_of(2027, 1, 1), day_of(2027, 1, 1), false},
        {day_of(2027, 1, 2), day_of(2027, 1, 1), true},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct refusal why = {.arena = *state};
        assert_int_equal(version_may_begin("2027", table[i].from, table[i].last_from, today, &why),
                         table[i].expected);
        if (!table[i].expected)
            assert_string_equal(why.reason, "CATALOGUE_DATE");
    }
}

static void a_keyword_stands_in_the_text_and_latin_ones_stand_alone(void **state)
{
    static const struct {
        const char *words, *text, *expected;
    } table[] = {
        {"新建 改建 扩建", "市一中运动场改扩建工程，新建400米跑道", "新建"},
        {"招聘 聘用 编外", "临时聘用人员经费", "聘用"},
        {"融资 融资租赁", "设备融资租赁", "融资租赁"},
        {"融资 BT", "兴港大道BT项目", "BT"},
        {"融资 BT", "DEBT 咨询", ""},
        {"EPC", "采用EPC模式", "EPC"},
        {"", "任何文字", ""},
        {"  物业  保洁 ", "机关办公区物业管理", "物业"},
        {"执法 许可", "校园安保服务", ""},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        const char *word = "";
        assert_int_equal(words_hit(table[i].words, table[i].text, *state, &word), strlen(table[i].expected));
        assert_string_equal(word, table[i].expected);
    }
}

static void the_negative_list_names_the_first_entry_and_the_catalogue_the_longest_word(void **state)
{
    static const struct negative negatives[] = {{"N1", "工程", "", "新建 施工"},
                                                {"N4", "劳务派遣", "", "劳务派遣"},
                                                {"N11", "职责外", "", ""}};
    static const struct catalogue_words entries[] = {{"A1703", "监测服务", "空气质量 监测服务"},
                                                     {"B1001", "运维", "运维"},
                                                     {"B1102", "物业管理服务", "物业 保洁"}};
    const char *word = "";
    assert_string_equal(negative_hit(negatives, 3, "窗口劳务派遣", *state, &word)->code, "N4");
    assert_string_equal(word, "劳务派遣");
    assert_null(negative_hit(negatives, 3, "物业管理", *state, &word));
    assert_string_equal(catalogue_hit(entries, 3, "环境空气质量自动监测站运维", *state, &word)->code,
                        "A1703");
    assert_string_equal(word, "空气质量");
    assert_null(catalogue_hit(entries, 3, "教师工资", *state, &word));
}

static void only_entries_of_the_third_level_may_be_bought(void **state)
{
    static const struct {
        struct catalogue_entry entry;
        const char *expected;
    } table[] = {
        {{.is_found = true, .code = "A0291", .name = "校园安保服务", .level = 3}, NULL},
        {{.is_found = true, .code = "A02", .name = "教育公共服务", .level = 2}, "CATALOGUE_LEVEL"},
        {{.is_found = false}, "NOT_IN_CATALOGUE"},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct refusal why = {.arena = *state};
        assert_int_equal(catalogue_entry_will_do(&table[i].entry, "A02", &why), table[i].expected == NULL);
        if (table[i].expected) {
            assert_string_equal(why.reason, table[i].expected);
            assert_string_equal(why.rule, "C5");
        }
    }
}

static void a_version_moves_only_as_its_table_says(void **state)
{
    /* clang-format off */
    static const struct { int from, event; uint32_t role; int expected; } table[] = {
        {0,                       CATALOGUE_IMPORT,  ROLE_OPERATOR,   CATALOGUE_DRAFT},
        {CATALOGUE_DRAFT,         CATALOGUE_IMPORT,  ROLE_REVIEWER_1, CATALOGUE_DRAFT},
        {CATALOGUE_DRAFT,         CATALOGUE_IMPORT,  ROLE_LEADER,     0},
        {CATALOGUE_DRAFT,         CATALOGUE_APPROVE, ROLE_LEADER,     0},
        {CATALOGUE_DRAFT,         CATALOGUE_CONSULT, ROLE_OPERATOR,   CATALOGUE_CONSULTING},
        {CATALOGUE_CONSULTING,    CATALOGUE_IMPORT,  ROLE_OPERATOR,   0},
        {CATALOGUE_CONSULTING,    CATALOGUE_CONVENE, ROLE_REVIEWER_1, CATALOGUE_EXPERT_REVIEW},
        {CATALOGUE_CONSULTING,    CATALOGUE_APPROVE, ROLE_LEADER,     CATALOGUE_APPROVED},
        {CATALOGUE_CONSULTING,    CATALOGUE_APPROVE, ROLE_OPERATOR,   0},
        {CATALOGUE_EXPERT_REVIEW, CATALOGUE_APPROVE, ROLE_LEADER,     CATALOGUE_APPROVED},
        {CATALOGUE_EXPERT_REVIEW, CATALOGUE_RETURN,  ROLE_LEADER,     CATALOGUE_DRAFT},
        {CATALOGUE_APPROVED,      CATALOGUE_PUBLISH, ROLE_LEADER,     CATALOGUE_PUBLISHED},
        {CATALOGUE_APPROVED,      CATALOGUE_PUBLISH, ROLE_REVIEWER_2, 0},
        {CATALOGUE_PUBLISHED,     CATALOGUE_RETURN,  ROLE_LEADER,     0},
        {CATALOGUE_PUBLISHED,     CATALOGUE_IMPORT,  ROLE_OPERATOR,   0},
        {CATALOGUE_SUPERSEDED,    CATALOGUE_PUBLISH, ROLE_LEADER,     0},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct refusal why = {.arena = *state};
        int to = 0;
        assert_int_equal(lifecycle_next(&catalogue_life, table[i].from, table[i].event, table[i].role, &to,
                                        &why),
                         table[i].expected != 0);
        assert_int_equal(to, table[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_entrys_code_says_its_level_and_its_parent, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_first_version_may_begin_in_the_past, setup, teardown),
        cmocka_unit_test_setup_teardown(a_keyword_stands_in_the_text_and_latin_ones_stand_alone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            the_negative_list_names_the_first_entry_and_the_catalogue_the_longest_word, setup, teardown),
        cmocka_unit_test_setup_teardown(only_entries_of_the_third_level_may_be_bought, setup, teardown),
        cmocka_unit_test_setup_teardown(a_version_moves_only_as_its_table_says, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
