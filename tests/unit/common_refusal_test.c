/* Reasons, laws and the sentences made of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/commands.h"
#include "common/date.h"
#include "common/languages.h"
#include "common/refusal.h"
#include "common/roles.h"
#include "common/text.h"

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

static void every_status_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(status_name(STATUS_OK), "OK");
    assert_string_equal(status_name(STATUS_FAILED_PRECONDITION), "FAILED_PRECONDITION");
    assert_string_equal(status_name(STATUS_UNAUTHENTICATED), "UNAUTHENTICATED");
    volatile int beyond = 17;
    assert_string_equal(status_name((enum status)beyond), "UNKNOWN");
    for (int i = 0; i <= 16; i++)
        assert_true(*status_name((enum status)i));
}

static bool has_only_known_placeholders(const char *template, size_t count)
{
    static const char *const known[] = {"{what}", "{field}", "{broke}", "{passes}",
                                        "{this}", "{get}",   "{list}"};
    for (const char *at = template; at && (at = strchr(at, '{')); at++) {
        bool is_known = false;
        for (size_t i = 0; i < count; i++)
            is_known = is_known || strncmp(at, known[i], strlen(known[i])) == 0;
        if (!is_known)
            return false;
    }
    return true;
}

static size_t count_of(const char *text, char c)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == c;
    return n;
}

static void every_reason_is_unique_bilingual_and_well_formed(void **state)
{
    (void)state;
    for (int i = 0; i < reasons_count; i++) {
        const struct reason *r = &reasons[i];
        assert_ptr_equal(reason_find(r->name), r);
        assert_true(strspn(r->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == strlen(r->name));
        assert_true(r->status != STATUS_OK);
        assert_null(text_fault(r->zh, strlen(r->zh), 200));
        assert_true(text_columns(r->zh) > text_chars(r->zh));
        assert_true(strlen(r->en) > 0);
        assert_true(has_only_known_placeholders(r->zh, 4) && has_only_known_placeholders(r->en, 4));
        assert_true(r->hint && has_only_known_placeholders(r->hint, 7));
        assert_int_equal(count_of(r->zh, '['), count_of(r->zh, ']'));
        assert_int_equal(count_of(r->en, '['), count_of(r->en, ']'));
    }
    assert_null(reason_find("NO_SUCH_REASON"));
    assert_null(reason_find(NULL));
}

static void every_law_is_unique_and_holds_from_a_day(void **state)
{
    (void)state;
    for (int i = 0; i < laws_count; i++) {
        struct day from;
        assert_ptr_equal(law_find(laws[i].rule), &laws[i]);
        assert_true(day_parse_iso(laws[i].from_date, &from));
        assert_true(*laws[i].article_zh && *laws[i].article_en);
        assert_true(text_columns(laws[i].article_zh) > text_chars(laws[i].article_zh));
    }
    assert_null(law_find("Z99"));
    assert_null(law_find(NULL));
}

static void the_articles_are_the_right_ones(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *zh, *from;
    } cases[] = {
        {"P4", "财政部令第102号 第八条", "2020-03-01"},
        {"H6", "财政部令第102号 第二十四条", "2020-03-01"},
        {"H9", "政府采购法 第四十九条", "2003-01-01"},
        {"H5", "政府采购法 第四十七条", "2003-01-01"},
        {"H4", "政府采购法实施条例 第五十条", "2015-03-01"},
        {"H12", "政府采购法实施条例 第四十八条", "2015-03-01"},
        {"C2", "财政部令第102号 第十条", "2020-03-01"},
        {"B2", "预算法 第十三条", "2015-01-01"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(law_find(cases[i].rule)->article_zh, cases[i].zh);
        assert_string_equal(law_find(cases[i].rule)->from_date, cases[i].from);
    }
}

static void a_refusal_names_both_numbers(void **state)
{
    (void)state;
    struct refusal why = {.arena = arena};
    assert_false(refuse(&why, "OVER_LINE", .field = "amount_fen", .rule = "H8",
                        .what = "450600-2027-203-0017", .broke = say_fen(&why, 198600000),
                        .passes = say_fen(&why, 100000000)));
    assert_ptr_equal(why.arena, arena);
    assert_string_equal(why.field, "amount_fen");
    assert_string_equal(
        refusal_text(&why, false),
        "450600-2027-203-0017: the amount 1,986,000.00 元 (198.60 万元) exceeds what is free, "
        "1,000,000.00 元 (100.00 万元)");
    assert_string_equal(refusal_text(&why, true),
                        "450600-2027-203-0017：金额 1,986,000.00 元 (198.60 万元) 超过可用预算 "
                        "1,000,000.00 元 (100.00 万元)");
    assert_string_equal(refusal_hint(&why), "purser budget get 450600-2027-203-0017");
}

static void parts_without_their_value_are_left_out(void **state)
{
    (void)state;
    struct refusal why = {.arena = arena};
    refuse(&why, "BAD_FIELD", .field = "name");
    assert_string_equal(refusal_text(&why, false), "field name will not do");
    refuse(&why, "BAD_FIELD", .field = "name", .broke = "not NFC");
    assert_string_equal(refusal_text(&why, false), "field name will not do: not NFC");
    refuse(&why, "BAD_FIELD", .field = "rows[3].name", .what = "x", .broke = "", .passes = "text");
    assert_string_equal(refusal_text(&why, false), "x: field rows[3].name will not do; expected: text");
    refuse(&why, "NOT_FOUND", .what = "[{what}]");
    assert_string_equal(refusal_text(&why, false), "not found: [{what}]");
}

/* A command that does not exist would be worse than no hint. */
static bool is_command(const char *hint)
{
    static const char *const own[] = {"enroll", "invite", "context", "key", "outbox", "ping", "rpc", "help"};
    char noun[32] = "", verb[32] = "";
    if (sscanf(hint, "purser %31s %31s", noun, verb) < 1)
        return false;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(noun, own[i]) == 0)
            return true;
    for (int i = 0; i < services_count(); i++)
        for (unsigned j = 0; j < service_at(i)->n_methods; j++) {
            struct method m = {service_at(i), &service_at(i)->methods[j]};
            const char *its = noun_of(arena, m.service);
            if (strcmp(its, noun) == 0 && (strcmp(verb_of(arena, m), verb) == 0 || strcmp(verb, "help") == 0))
                return true;
            /* a long import is driven as one verb of its noun */
            if (strcmp(verb, "import") == 0 && strcmp(its, arena_printf(arena, "%s-import", noun)) == 0)
                return true;
        }
    return false;
}

static void every_hint_is_a_command_that_exists_whatever_was_asked(void **state)
{
    (void)state;
    for (int i = 0; i < services_count(); i++)
        for (unsigned j = 0; j < service_at(i)->n_methods; j++) {
            struct method m = {service_at(i), &service_at(i)->methods[j]};
            for (int k = 0; k < reasons_count; k++) {
                struct refusal why = {.arena = arena,
                                      .reason = reasons[k].name,
                                      .what = "X",
                                      .broke = "Y",
                                      .passes = "Z",
                                      .method = method_path(arena, m)};
                if (!is_command(refusal_hint(&why)))
                    fail_msg("%s: %s", reasons[k].name, refusal_hint(&why));
            }
            arena_reset(arena);
        }
}

static void a_hint_knows_the_command_that_was_refused(void **state)
{
    (void)state;
    struct refusal why = {.arena = arena};
    refuse(&why, "BAD_FIELD", .field = "signed_date");
    why.method = "/purser.v1.ContractService/SignContract";
    assert_string_equal(refusal_hint(&why), "purser contract sign --help");
    refuse(&why, "ETAG_STALE", .what = "SJ2027-001");
    why.method = "/purser.v1.AuditService/CloseCase";
    assert_string_equal(refusal_hint(&why), "purser audit get-case SJ2027-001");
    refuse(&why, "ETAG_MISSING", .what = "PP0001", .passes = "2");
    why.method = "/purser.v1.PolicyService/ConfirmProposal";
    assert_string_equal(refusal_hint(&why), "purser policy confirm-proposal PP0001 --etag 2");
    refuse(&why, "STATE_FORBIDS", .what = "PP0001");
    why.method = "/purser.v1.PolicyService/ConfirmProposal";
    assert_string_equal(refusal_hint(&why), "purser policy list-proposals");
    refuse(&why, "NOT_FOUND", .what = "K-1");
    why.method = "/purser.v1.ScreeningService/AnswerNotice";
    assert_string_equal(refusal_hint(&why), "purser screening list-notices");
}

static void each_sentence_is_said_in_its_own_language(void **state)
{
    (void)state;
    struct refusal why = {.arena = arena};
    refuse(&why, "ROLE_FORBIDS", .broke = roles_text(arena, ROLE_CLERK),
           .passes = roles_text(arena, ROLE_REVIEWER_1 | ROLE_LEADER));
    assert_string_equal(refusal_text(&why, true),
                        "您的角色（部门经办）无权办理；可以办理的角色：财政初审、财政分管领导");
    assert_string_equal(refusal_text(&why, false),
                        "your role (CLERK) may not do this; these may: REVIEWER_1, LEADER");
    refuse(&why, "BAD_FIELD", .field = "rows[3].amount_fen", .broke = "空 (empty)",
           .passes = "数量 / how much");
    why.method = "/purser.v1.HistoryService/ImportHistory";
    assert_string_equal(refusal_text(&why, true), "字段 金额（amount_fen） 不符合要求：空，应为：数量");
    assert_string_equal(refusal_text(&why, false),
                        "field amount (amount_fen) will not do: empty; expected: how much");
}

static void a_text_in_two_languages_comes_apart(void **state)
{
    (void)state;
    static const struct {
        const char *both, *zh, *en;
    } cases[] = {
        {"DRAFT (草稿)", "草稿", "DRAFT"},
        {"DRAFT (草稿), UP2_DRAFT (二上编制)", "草稿、二上编制", "DRAFT, UP2_DRAFT"},
        {"DONE", "DONE", "DONE"},
        {"– (尚无)", "尚无", "–"},
        {"空 (empty)", "空", "empty"},
        {"20 位 (characters)", "20 位", "20 characters"},
        {"2026-01-01 或以后 (or later)", "2026-01-01 或以后", "2026-01-01 or later"},
        {"7 位数字 / 7 digits", "7 位数字", "7 digits"},
        {"1,986,000.00 元 (198.60 万元)", "1,986,000.00 元 (198.60 万元)", "1,986,000.00 元 (198.60 万元)"},
        {"食品药品检验所 (12450600MA57051961)", "食品药品检验所 (12450600MA57051961)",
         "食品药品检验所 (12450600MA57051961)"},
        {"a / b", "a / b", "a / b"},
        {"AGREE, REDUCE", "AGREE, REDUCE", "AGREE, REDUCE"},
        {"X (", "X (", "X ("},
        {"X (草", "X (草", "X (草"},
        {"", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(in_language(arena, cases[i].both, true), cases[i].zh);
        assert_string_equal(in_language(arena, cases[i].both, false), cases[i].en);
    }
}

static void a_long_value_in_a_part_that_is_left_out_needs_no_luck(void **state)
{
    (void)state;
    char *word = arena_alloc(arena, 5000);
    memset(word, 'w', 4999);
    for (int i = 0; i < reasons_count; i++)
        for (int set = 0; set < 16; set++) {
            struct refusal why = {.arena = arena_new(1 << 20)};
            refuse(&why, reasons[i].name, .what = set & 1 ? word : NULL, .field = set & 2 ? word : "",
                   .broke = set & 4 ? word : NULL, .passes = set & 8 ? word : "");
            assert_true(strlen(refusal_text(&why, true)) > 3);
            assert_true(strlen(refusal_text(&why, false)) > 3);
            arena_free(why.arena);
        }
}

static void numbers_are_said_with_their_unit(void **state)
{
    (void)state;
    struct refusal why = {.arena = arena};
    assert_string_equal(say_int(&why, 12, "workdays"), "12 workdays");
    assert_string_equal(say_int(&why, -3, NULL), "-3");
    assert_string_equal(say_text(&why, "%s–%s", "2026-01-01", "2026-12-31"), "2026-01-01–2026-12-31");
}

static void without_memory_the_sentence_is_empty_but_nothing_breaks(void **state)
{
    (void)state;
    struct refusal why = {.arena = arena_new(8)};
    refuse(&why, "NOT_FOUND", .what = "450600-2027-203-0017");
    assert_string_equal(refusal_text(&why, true), "");
    assert_string_equal(say_text(&why, "%s", "far too long for eight bytes"), "");
    assert_string_equal(refusal_text(&(struct refusal){.arena = why.arena, .reason = "LOCAL"}, true),
                        "LOCAL");
    assert_string_equal(refusal_text(&(struct refusal){.arena = why.arena}, true), "");
    arena_free(why.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_name),
        cmocka_unit_test(every_reason_is_unique_bilingual_and_well_formed),
        cmocka_unit_test(every_law_is_unique_and_holds_from_a_day),
        cmocka_unit_test(the_articles_are_the_right_ones),
        cmocka_unit_test(a_refusal_names_both_numbers),
        cmocka_unit_test(parts_without_their_value_are_left_out),
        cmocka_unit_test(every_hint_is_a_command_that_exists_whatever_was_asked),
        cmocka_unit_test(a_hint_knows_the_command_that_was_refused),
        cmocka_unit_test(each_sentence_is_said_in_its_own_language),
        cmocka_unit_test(a_text_in_two_languages_comes_apart),
        cmocka_unit_test(a_long_value_in_a_part_that_is_left_out_needs_no_luck),
        cmocka_unit_test(numbers_are_said_with_their_unit),
        cmocka_unit_test(without_memory_the_sentence_is_empty_but_nothing_breaks),
    };
    return cmocka_run_group_tests(tests, arena_up, arena_down);
}
