/* Budget rules: the lives over every state, event and role; what must be there before a line goes up; limits;
 * classes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/check.h"
#include "common/money.h"
#include "common/roles.h"
#include "server/domain/budget/budget.h"
#include "server/domain/budget/budget_rules.h"

static struct arena *arena;

static int start(void **state)
{
    (void)state;
    arena = arena_new(16 << 20);
    return arena ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct refusal *fresh(void)
{
    static struct refusal why;
    why = (struct refusal){.arena = arena};
    return &why;
}

/* ---- the lives: what is allowed is written down here a second time, independently of the tables ---- */

struct path {
    const char *from, *event, *to,
        *roles; /* roles: initials, C clerk A approver 1 2 reviewers L leader O operator */
};

static uint32_t roles_of(const char *initials)
{
    static const struct {
        char initial;
        uint32_t role;
    } known[] = {{'C', ROLE_CLERK},      {'A', ROLE_APPROVER}, {'1', ROLE_REVIEWER_1},
                 {'2', ROLE_REVIEWER_2}, {'L', ROLE_LEADER},   {'O', ROLE_OPERATOR}};
    uint32_t mask = 0;
    for (; *initials; initials++)
        for (size_t i = 0; i < COUNT_OF(known); i++)
            if (known[i].initial == *initials)
                mask |= known[i].role;
    return mask;
}

static const struct path *path_of(const struct path *paths, int count, const char *from, const char *event)
{
    for (int i = 0; i < count; i++)
        if (strcmp(paths[i].from, from) == 0 && strcmp(paths[i].event, event) == 0)
            return &paths[i];
    return NULL;
}

/* Every state × event × role: the state after, or the reason it is refused for. */
static void walk(const struct lifecycle *life, const struct path *paths, int count)
{
    int seen = 0;
    for (int from = 0; from < life->states->count; from++)
        for (int event = 1; event < life->events->count; event++) {
            const char *from_name = names_of(life->states, from), *event_name = names_of(life->events, event);
            const struct path *p = path_of(paths, count, from_name, event_name);
            seen += p != NULL;
            for (int role = 1; role <= PURSER__V1__ROLE__ROLE_SYSTEM; role++) {
                struct refusal *why = fresh();
                int to = -1;
                bool may = lifecycle_next(life, from, event, ROLE_BIT(role), &to, why);
                bool wanted = p && (roles_of(p->roles) & ROLE_BIT(role));
                if (may != wanted || (may && strcmp(names_of(life->states, to), p->to) != 0))
                    fail_msg("%s: %s %s role %d: may %d, wanted %d", life->noun, from_name, event_name, role,
                             may, wanted);
                if (!may)
                    assert_string_equal(why->reason, p ? "ROLE_FORBIDS" : "STATE_FORBIDS");
            }
        }
    assert_int_equal(seen, count);
    assert_int_equal(life->count, count);
}

static void a_line_goes_only_the_ways_of_two_ups_and_two_downs(void **state)
{
    static const struct path paths[] = {
        {"", "CREATE", "DRAFT", "C"},
        {"", "CREATE_LATE", "UP2_DRAFT", "C"},
        {"DRAFT", "EDIT", "DRAFT", "C"},
        {"RETURNED", "EDIT", "RETURNED", "C"},
        {"UP2_DRAFT", "EDIT", "UP2_DRAFT", "C"},
        {"DRAFT", "SUBMIT", "DEPT_REVIEW", "C"},
        {"RETURNED", "SUBMIT", "DEPT_REVIEW", "C"},
        {"UP2_DRAFT", "SUBMIT", "UP2_REVIEW", "C"},
        {"DEPT_REVIEW", "APPROVE", "UP1", "A"},
        {"UP2_REVIEW", "APPROVE", "UP2", "A"},
        {"DEPT_REVIEW", "RETURN", "DRAFT", "A"},
        {"UP2_REVIEW", "RETURN", "UP2_DRAFT", "A"},
        {"FIN1", "RETURN", "RETURNED", "1"},
        {"FIN_FINAL", "RETURN", "UP2_DRAFT", "1"},
        {"DRAFT", "WITHDRAW", "WITHDRAWN", "C"},
        {"DEPT_REVIEW", "WITHDRAW", "WITHDRAWN", "C"},
        {"RETURNED", "WITHDRAW", "WITHDRAWN", "C"},
        {"UP2_DRAFT", "WITHDRAW", "WITHDRAWN", "C"},
        {"UP1", "TAKE", "FIN1", "1"},
        {"UP2", "TAKE", "FIN_FINAL", "1"},
        {"FIN1", "REVIEW", "FIN2", "1"},
        {"FIN2", "AGREE", "CONTROL", "2"},
        {"FIN2", "REDUCE", "CONTROL", "2"},
        {"FIN2", "SEND_BACK", "RETURNED", "2"},
        {"FIN_FINAL", "SEND_BACK", "UP2_DRAFT", "2"},
        {"FIN2", "REFUSE", "REFUSED", "2"},
        {"FIN_FINAL", "REFUSE", "REFUSED", "2"},
        {"CONTROL", "PUBLISH", "UP2_DRAFT", "L"},
        {"UP2_DRAFT", "CONSENT", "UP2_DRAFT", "2"},
        {"UP2_REVIEW", "CONSENT", "UP2_REVIEW", "2"},
        {"FIN_FINAL", "COMPILE", "COMPILED", "2"},
        {"COMPILED", "CONFIRM", "APPROVED", "L"},
        {"APPROVED", "ISSUE", "ISSUED", "L"},
    };
    (void)state;
    walk(&line_life, paths, (int)COUNT_OF(paths));
}

static void a_cycle_goes_from_deployment_to_issue(void **state)
{
    static const struct path paths[] = {
        {"", "DEPLOY", "OPEN", "1L"},
        {"OPEN", "PUBLISH", "CONTROLLED", "L"},
        {"CONTROLLED", "RECORD", "CONGRESS", "O"},
        {"CONGRESS", "RECORD", "CONGRESS", "O"},
        {"CONGRESS", "CONFIRM", "CONFIRMED", "L"},
        {"CONFIRMED", "ISSUE", "ISSUED", "L"},
    };
    (void)state;
    walk(&cycle_life, paths, (int)COUNT_OF(paths));
}

static void a_round_says_what_a_department_has_sent(void **state)
{
    static const struct path paths[] = {
        {"NONE", "REPORT", "REPORTED", "A"},      {"ZERO", "REPORT", "REPORTED", "A"},
        {"RETURNED", "REPORT", "REPORTED", "A"},  {"REPORTED", "REPORT", "REPORTED", "A"},
        {"REVIEWED", "REPORT", "REPORTED", "A"},  {"NONE", "DECLARE", "ZERO", "A"},
        {"RETURNED", "DECLARE", "ZERO", "A"},     {"REPORTED", "RETURN", "RETURNED", "12"},
        {"RETURNED", "RETURN", "RETURNED", "12"}, {"REVIEWED", "RETURN", "RETURNED", "12"},
        {"REPORTED", "REVIEW", "REVIEWED", "2"},  {"RETURNED", "REVIEW", "REVIEWED", "2"},
        {"NONE", "REOPEN", "NONE", "12"},         {"REPORTED", "REOPEN", "REPORTED", "12"},
        {"ZERO", "REOPEN", "ZERO", "12"},         {"RETURNED", "REOPEN", "RETURNED", "12"},
        {"REVIEWED", "REOPEN", "REVIEWED", "12"},
    };
    (void)state;
    walk(&round_life, paths, (int)COUNT_OF(paths));
}

static void a_hit_is_answered_by_the_department_and_confirmed_by_the_bureau(void **state)
{
    static const struct path paths[] = {
        {"", "FIND", "OPEN", "1C"},
        {"OPEN", "FIND", "OPEN", "1C"},
        {"ANSWERED", "FIND", "OPEN", "1C"},
        {"CONFIRMED", "FIND", "OPEN", "1C"},
        {"CLEARED", "FIND", "OPEN", "1C"},
        {"OPEN", "ANSWER", "ANSWERED", "CA"},
        {"ANSWERED", "CONFIRM", "CONFIRMED", "12"},
        {"ANSWERED", "RETURN", "OPEN", "12"},
        {"OPEN", "CLEAR", "CLEARED", "1C"},
    };
    static const struct path notices[] = {
        {"", "RAISE", "RAISED", "1"},
        {"RAISED", "ANSWER", "ANSWERED", "CA"},
        {"ANSWERED", "CLOSE", "CLOSED", "2"},
    };
    (void)state;
    walk(&hit_life, paths, (int)COUNT_OF(paths));
    walk(&notice_life, notices, (int)COUNT_OF(notices));
}

static void an_import_is_open_until_it_is_committed_or_replaced(void **state)
{
    static const struct path paths[] = {
        {"", "OPEN", "OPEN", "C"},
        {"OPEN", "APPEND", "OPEN", "C"},
        {"OPEN", "COMMIT", "COMMITTED", "C"},
        {"OPEN", "REPLACE", "REPLACED", "C"},
    };
    (void)state;
    walk(&import_life, paths, (int)COUNT_OF(paths));
}

/* ---- many lines from a file ---- */

static void rows_of_an_import_come_in_their_order_and_no_more_than_it_holds(void **state)
{
    static const struct {
        int64_t there, year, first, count;
        const char *reason, *broke, *passes;
    } table[] = {
        {0, 2027, 1, 500, NULL, NULL, NULL},
        {500, 2027, 501, 1, NULL, NULL, NULL},
        {0, 2027, 0, 1, "ROWS_OUT_OF_ORDER", "0", "1"},
        {500, 2027, 500, 1, "ROWS_OUT_OF_ORDER", "500", "501"},
        {500, 2027, 1001, 1, "ROWS_OUT_OF_ORDER", "1001", "501"},
        {500, 2027, INT64_MIN, 1, "ROWS_OUT_OF_ORDER", "-9223372036854775808", "501"},
        {500, 2028, 501, 1, "BAD_FIELD", "2028", "2027"},
        {IMPORT_ROWS_MAX - 1, 2027, IMPORT_ROWS_MAX, 1, NULL, NULL, NULL},
        {IMPORT_ROWS_MAX - 1, 2027, IMPORT_ROWS_MAX, 2, "TOO_MANY_ROWS", "20001", "20000"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct refusal *why = fresh();
        const struct import_part p = {.year = 2027, .rows = table[i].there};
        assert_int_equal(import_continues(&p, table[i].year, table[i].first, table[i].count, why),
                         !table[i].reason);
        if (!table[i].reason)
            continue;
        assert_string_equal(why->reason, table[i].reason);
        assert_string_equal(why->broke, table[i].broke);
        assert_string_equal(why->passes, table[i].passes);
    }
}

static void an_import_is_whole_when_count_and_digest_are_the_senders(void **state)
{
    const struct import_part p = {.year = 2027, .rows = 2, .digest = {{7}}}, none = {.year = 2027};
    uint8_t same[HASH_BYTES] = {7}, other[HASH_BYTES] = {8};
    struct refusal *why = fresh();
    (void)state;
    assert_true(import_is_whole(&p, 2, (struct bytes){same, HASH_BYTES}, why));
    assert_false(import_is_whole(&p, 3, (struct bytes){same, HASH_BYTES}, why));
    assert_string_equal(why->reason, "ROWS_DIFFER");
    assert_string_equal(why->broke, "3");
    assert_string_equal(why->passes, "2");
    assert_false(import_is_whole(&none, 0, (struct bytes){none.digest.b, HASH_BYTES}, why));
    assert_string_equal(why->reason, "ROWS_DIFFER");
    assert_false(import_is_whole(&p, 2, (struct bytes){same, HASH_BYTES - 1}, why));
    assert_string_equal(why->reason, "DIGEST_DIFFERS");
    assert_false(import_is_whole(&p, 2, (struct bytes){other, HASH_BYTES}, why));
    assert_string_equal(why->reason, "DIGEST_DIFFERS");
    assert_memory_equal(why->broke, "08000000", 8);
    assert_memory_equal(why->passes, "07000000", 8);
}

/* ---- completeness ---- */

static struct share one_share[] = {{1, 120400000}};
static struct share two_shares[] = {{1, 100000000}, {8, 20400000}};

static struct draft whole(void)
{
    return (struct draft){.project_code = "450600-27-203-0001",
                          .name = "中小学校园安保服务",
                          .content = "门卫值守、巡逻、护学岗服务",
                          .catalogue_code = "A0291",
                          .function_code = "2050202",
                          .economic_code = "30227",
                          .quantity = "12 所学校 × 12 个月",
                          .unit_price_fen = 10033333,
                          .requested_fen = 120400000,
                          .provider_type = "410",
                          .method = 1,
                          .start = day_of(2027, 1, 1),
                          .end = day_of(2027, 12, 31),
                          .basis = "公安部门校园安保要求",
                          .shares = one_share,
                          .shares_count = 1};
}

static const char *faults_of(const struct draft *d)
{
    struct refusal faults[16];
    for (size_t i = 0; i < COUNT_OF(faults); i++)
        faults[i] = (struct refusal){.arena = arena};
    int count = draft_faults(d, "450600-2027-203-0001", 2027, faults, (int)COUNT_OF(faults));
    const char *text = "";
    for (int i = 0; i < count; i++) {
        assert_string_equal(faults[i].reason, "BUDGET_INCOMPLETE");
        assert_non_null(law_find(faults[i].rule));
        text = arena_printf(arena, "%s%s%s", text, *text ? " " : "", faults[i].field);
    }
    return text;
}

static void a_whole_draft_may_go_up(void **state)
{
    struct draft d = whole();
    (void)state;
    assert_string_equal(faults_of(&d), "");
    d.shares = two_shares;
    d.shares_count = 2;
    assert_string_equal(faults_of(&d), "");
}

static void an_empty_draft_hears_everything_at_once(void **state)
{
    struct draft d = {.project_code = "P1",
                      .name = "x",
                      .content = "",
                      .catalogue_code = "",
                      .function_code = "",
                      .economic_code = "",
                      .quantity = " ",
                      .provider_type = "",
                      .basis = "",
                      .start = DAY_NONE,
                      .end = DAY_NONE};
    (void)state;
    assert_string_equal(faults_of(&d),
                        "requested_fen catalogue_code function_code economic_code content quantity "
                        "unit_price_fen provider_type method start_date basis");
}

static void each_fault_is_named_alone(void **state)
{
    (void)state;
    struct draft d = whole();
    d.function_code = "205020";
    assert_string_equal(faults_of(&d), "function_code");
    d = whole();
    d.economic_code = "3022A";
    assert_string_equal(faults_of(&d), "economic_code");
    d = whole();
    d.requested_fen--;
    assert_string_equal(faults_of(&d), "fund_sources");
    d = whole();
    d.method = METHOD_INQUIRY; /* for goods only */
    assert_string_equal(faults_of(&d), "method");
    d = whole();
    d.start = day_of(2028, 1, 1), d.end = day_of(2028, 6, 30);
    assert_string_equal(faults_of(&d), "start_date");
    d = whole();
    d.unit_price_fen = 0;
    assert_string_equal(faults_of(&d), "unit_price_fen");
}

static void what_cannot_be_stored_is_refused_when_it_is_drafted(void **state)
{
    static struct share twice[] = {{1, 5}, {1, 6}};
    static struct share nothing[] = {{1, 0}};
    static struct share unknown[] = {{9, 5}};
    (void)state;
    struct draft d = whole();
    assert_true(draft_is_sound(&d, fresh()));
    d.requested_fen = MONEY_MAX + 1;
    assert_false(draft_is_sound(&d, fresh()));
    d = whole(), d.requested_fen = -1;
    assert_false(draft_is_sound(&d, fresh()));
    d = whole(), d.project_code = "项目";
    assert_false(draft_is_sound(&d, fresh()));
    d = whole(), d.name = " ";
    assert_false(draft_is_sound(&d, fresh()));
    d = whole(), d.end = day_of(2026, 12, 31);
    assert_false(draft_is_sound(&d, fresh()));
    d = whole(), d.shares = twice, d.shares_count = 2;
    assert_false(draft_is_sound(&d, fresh()));
    d = whole(), d.shares = nothing;
    assert_false(draft_is_sound(&d, fresh()));
    d = whole(), d.shares = unknown;
    assert_false(draft_is_sound(&d, fresh()));
}

static void every_flaw_of_a_draft_is_named_at_once(void **state)
{
    static const char *const wanted[] = {"project_code",
                                         "name",
                                         "method",
                                         "end_date",
                                         "requested_fen",
                                         "unit_price_fen",
                                         "fund_sources[0].amount_fen"};
    struct refusal flaws[8];
    struct share wrong[] = {{1, -1}};
    struct draft d = whole();
    (void)state;
    for (size_t i = 0; i < COUNT_OF(flaws); i++)
        flaws[i] = (struct refusal){.arena = arena};
    assert_int_equal(draft_flaws(&d, flaws, 8), 0);
    d.project_code = d.name = "";
    d.method = METHODS_COUNT + 1;
    d.end.n = d.start.n - 1;
    d.requested_fen = d.unit_price_fen = -1;
    d.shares = wrong;
    d.shares_count = 1;
    assert_int_equal(draft_flaws(&d, flaws, 8), (int)COUNT_OF(wanted));
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        assert_string_equal(flaws[i].field, wanted[i]);
    assert_int_equal(draft_flaws(&d, flaws, 2), 2);
}

static void a_refused_matter_is_the_same_when_only_amount_or_dates_differ(void **state)
{
    struct draft a = whole(), b = whole();
    (void)state;
    b.requested_fen = 1, b.start = day_of(2027, 5, 1);
    assert_true(draft_is_same_matter(&a, &b));
    b.content = arena_printf(arena, " %s\n", a.content), b.name = arena_printf(arena, "%s ", a.name);
    b.project_code = "P-OTHER";
    assert_true(draft_is_same_matter(&a, &b)); /* another project code, other blanks */
    b.project_code = a.project_code, b.name = "另一个名称";
    assert_true(draft_is_same_matter(&a, &b));
    b.project_code = "P-OTHER";
    assert_false(draft_is_same_matter(&a, &b));
    b = whole(), b.content = "安保人员由中标企业派驻并管理";
    assert_false(draft_is_same_matter(&a, &b));
}

static void what_one_person_did_to_a_line_binds_him(void **state)
{
    (void)state;
    static const struct {
        struct hand hand;
        bool may_approve, may_judge;
    } rows[] = {{{0, 0}, true, true}, {{1, 1}, false, false}, {{0, 1}, true, false}, {{3, 9}, false, false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(hand_may_approve(&rows[i].hand, "P1", "L", fresh()), rows[i].may_approve);
        assert_int_equal(hand_may_judge(&rows[i].hand, "P1", "L", fresh()), rows[i].may_judge);
    }
}

static void a_refusal_rests_on_what_may_be_purchased(void **state)
{
    (void)state;
    static const char *const good[] = {"C2", "C3", "P4", "P10", "B1"};
    static const char *const bad[] = {"", "C", "C99", "D02", "G-b", "H9", "K5", "T1", "CGF32", "S40", "c2"};
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(basis_speaks_of_content(good[i]));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(basis_speaks_of_content(bad[i]));
}

static void a_departments_grants_fit_into_an_amount(void **state)
{
    (void)state;
    assert_true(grant_fits(0, MONEY_MAX, fresh()));
    assert_true(grant_fits(MONEY_MAX - 5, 5, fresh()));
    assert_false(grant_fits(MONEY_MAX - 5, 6, fresh()));
    assert_false(grant_fits(INT64_MAX, 1, fresh()));
}

static void the_years_steps_are_not_taken_early(void **state)
{
    (void)state;
    const struct window d1 = {day_of(2026, 10, 21), day_of(2026, 10, 31), DAY_NONE};
    assert_true(step_has_begun(&d1, day_of(2026, 10, 21), 2027, fresh()));
    struct refusal *why = fresh();
    assert_false(step_has_begun(&d1, day_of(2026, 10, 20), 2027, why));
    assert_string_equal(why->passes, "2026-10-21");
    static const struct {
        int y, m, d;
        bool will_do;
    } days[] = {{2026, 11, 25, false}, {2026, 11, 26, true}, {2027, 1, 21, true}, {2027, 1, 22, false}};
    for (size_t i = 0; i < COUNT_OF(days); i++)
        assert_int_equal(congress_day_will_do(day_of(days[i].y, days[i].m, days[i].d), day_of(2026, 11, 26),
                                              day_of(2027, 1, 21), fresh()),
                         days[i].will_do);
    assert_false(congress_day_will_do(DAY_NONE, day_of(2026, 11, 26), day_of(2027, 1, 21), fresh()));
}

/* ---- limits ---- */

static void a_round_is_open_between_its_days_and_until_it_was_reopened_to(void **state)
{
    static const struct {
        int open, due, reopened, today; /* days of September 2026; 0: none */
        const char *answer;
    } rows[] = {
        {1, 15, 0, 1, "OK"},
        {1, 15, 0, 15, "OK"},
        {1, 15, 0, 16, "ROUND_CLOSED"},
        {5, 15, 0, 4, "ROUND_NOT_OPEN"},
        {1, 15, 20, 16, "OK"},
        {1, 15, 20, 20, "OK"},
        {1, 15, 20, 21, "ROUND_CLOSED"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct refusal *why = fresh();
        struct window w = {day_of(2026, 9, rows[i].open), day_of(2026, 9, rows[i].due),
                           rows[i].reopened ? day_of(2026, 9, rows[i].reopened) : DAY_NONE};
        bool is_open = window_is_open(&w, day_of(2026, 9, rows[i].today), why);
        assert_string_equal(is_open ? "OK" : why->reason, rows[i].answer);
    }
}

static void a_department_stays_within_its_control_total(void **state)
{
    struct refusal *why = fresh();
    (void)state;
    assert_true(within_control(0, 100, 100, "x", why));
    assert_true(within_control(60, 40, 100, "x", why));
    assert_false(within_control(60, 41, 100, "x", why));
    assert_string_equal(why->reason, "OVER_CONTROL");
    assert_non_null(strstr(why->broke, "1.01 元"));
    assert_non_null(strstr(why->passes, "1.00 元"));
    assert_non_null(strstr(why->passes, "0.40 元"));
    assert_false(within_control(INT64_MAX, 1, 100, "x", fresh()));
}

static void adjacent_steps_are_done_by_two_persons(void **state)
{
    struct refusal *why = fresh();
    (void)state;
    assert_true(is_another_person("", "P00001", "x", why));
    assert_true(is_another_person("P00002", "P00001", "x", why));
    assert_false(is_another_person("P00001", "P00001", "x", why));
    assert_string_equal(why->reason, "SAME_PERSON");
    assert_string_equal(why->rule, "G-b");
}

static void second_review_gives_an_opinion_an_amount_or_a_basis(void **state)
{
    static const struct {
        int decision;
        int64_t control_fen;
        const char *opinion, *basis, *answer;
    } rows[] = {
        {DECIDE_AGREE, 0, "", "", "OK"},
        {DECIDE_AGREE, 1000, "", "", "OK"},
        {DECIDE_AGREE, 999, "", "", "BAD_FIELD"},
        {DECIDE_REDUCE, 999, "核减", "", "OK"},
        {DECIDE_REDUCE, 999, " ", "", "OPINION_MISSING"},
        {DECIDE_REDUCE, 1000, "核减", "", "BAD_FIELD"},
        {DECIDE_REDUCE, 0, "核减", "", "BAD_FIELD"},
        {DECIDE_RETURN, 0, "", "", "OPINION_MISSING"},
        {DECIDE_RETURN, 0, "请补充测算", "", "OK"},
        {DECIDE_REFUSE, 0, "属于工程", "", "LEGAL_BASIS_MISSING"},
        {DECIDE_REFUSE, 0, "属于工程", "N1", "OK"},
        {DECIDE_REFUSE, 0, "", "N1", "OPINION_MISSING"},
        {0, 0, "", "", "BAD_FIELD"},
        {5, 0, "", "", "BAD_FIELD"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct refusal *why = fresh();
        struct verdict v = {rows[i].decision, rows[i].control_fen, rows[i].opinion, rows[i].basis};
        bool is_sound = verdict_is_sound(&v, 1000, why);
        assert_string_equal(is_sound ? "OK" : why->reason, rows[i].answer);
    }
}

static void a_calendar_has_each_step_once_and_in_order(void **state)
{
    struct window steps[STEPS_COUNT + 1] = {0};
    (void)state;
    for (int s = 1; s <= STEPS_COUNT; s++)
        steps[s] = (struct window){day_of(2026, 5 + s, 1), day_of(2026, 5 + s, 28), DAY_NONE};
    assert_true(steps_are_sound(steps, 2027, fresh()));
    assert_false(steps_are_sound(steps, 1999, fresh()));
    steps[STEP_D1] = (struct window){day_of(2026, 8, 2), day_of(2026, 8, 1), DAY_NONE};
    assert_false(steps_are_sound(steps, 2027, fresh()));
    steps[STEP_D1] = (struct window){day_of(2026, 1, 1), day_of(2026, 12, 1), DAY_NONE};
    assert_false(steps_are_sound(steps, 2027, fresh()));
    steps[STEP_D1] = (struct window){DAY_NONE, DAY_NONE, DAY_NONE};
    assert_false(steps_are_sound(steps, 2027, fresh()));
}

/* ---- holding ---- */

static void only_an_issued_line_is_held_and_only_for_what_is_free(void **state)
{
    static const struct {
        const char *state;
        int64_t reserved, committed, amount;
        const char *answer;
    } rows[] = {
        {"ISSUED", 0, 0, 1000, "OK"},
        {"ISSUED", 0, 0, 1001, "OVER_LINE"},
        {"ISSUED", 300, 500, 200, "OK"},
        {"ISSUED", 300, 500, 201, "OVER_LINE"},
        {"COMPILED", 0, 0, 1, "LINE_NOT_ISSUED"},
        {"REFUSED", 0, 0, 1, "LINE_NOT_ISSUED"},
        {"ISSUED", 0, 0, -1, "OVER_LINE"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct refusal *why = fresh();
        struct line l = {.id = "x",
                         .state = rows[i].state,
                         .approved_fen = 1000,
                         .reserved_fen = rows[i].reserved,
                         .committed_fen = rows[i].committed};
        bool may = budget_can_reserve(&l, rows[i].amount, why);
        assert_string_equal(may ? "OK" : why->reason, rows[i].answer);
    }
}

static void a_commitment_takes_its_own_reservation_and_what_is_free(void **state)
{
    struct line l = {.id = "x",
                     .state = "ISSUED",
                     .approved_fen = 1000,
                     .reserved_fen = 400,
                     .committed_fen = 500};
    (void)state;
    assert_true(budget_can_commit(&l, 400, 400, fresh()));
    assert_true(budget_can_commit(&l, 400, 500, fresh()));
    assert_false(budget_can_commit(&l, 400, 501, fresh()));
    assert_false(budget_can_commit(&l, 401, 400, fresh())); /* more than there is */
}

/* ---- classes ---- */

static void classes_tell_services_from_what_never_is_one(void **state)
{
    static const struct {
        const char *code;
        int grade;
        const char *wrong;
    } rows[] = {
        {"30227", GRADE_MEDIUM, NULL},
        {"30203", GRADE_MEDIUM, NULL},
        {"30209", GRADE_MEDIUM, NULL},
        {"30213", GRADE_MEDIUM, NULL},
        {"30214", GRADE_LOW, NULL},
        {"30215", GRADE_LOW, NULL},
        {"30216", GRADE_LOW, NULL},
        {"30226", 0, "劳务费"},
        {"30101", 0, "工资福利支出"},
        {"31001", 0, "资本性支出"},
        {"31005", 0, "资本性支出"},
        {"30305", 0, NULL},
        {"30704", 0, NULL},
        {"30201", 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *name = "", *wrong = class_is_wrong(rows[i].code);
        assert_int_equal(class_is_service(rows[i].code, &name), rows[i].grade);
        assert_string_equal(wrong ? wrong : "", rows[i].wrong ? rows[i].wrong : "");
    }
}

static void an_answer_needs_its_reason_unless_it_includes(void **state)
{
    struct refusal *why = fresh();
    (void)state;
    assert_true(answer_is_sound(DISPOSE_INCLUDE, FINDING_NOT_LISTED, "", "h", why));
    assert_false(answer_is_sound(DISPOSE_INCLUDE, FINDING_WRONGLY_LISTED, "", "h", why));
    assert_false(answer_is_sound(DISPOSE_EXCLUDE, FINDING_NOT_LISTED, " ", "h", why));
    assert_true(answer_is_sound(DISPOSE_EXCLUDE, FINDING_NOT_LISTED, "由本单位自行承担", "h", why));
    assert_true(answer_is_sound(DISPOSE_FALSE_ALARM, FINDING_WRONGLY_LISTED, "审图为服务", "h", why));
    assert_false(answer_is_sound(0, FINDING_NOT_LISTED, "x", "h", why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_goes_only_the_ways_of_two_ups_and_two_downs),
        cmocka_unit_test(a_cycle_goes_from_deployment_to_issue),
        cmocka_unit_test(a_round_says_what_a_department_has_sent),
        cmocka_unit_test(a_hit_is_answered_by_the_department_and_confirmed_by_the_bureau),
        cmocka_unit_test(an_import_is_open_until_it_is_committed_or_replaced),
        cmocka_unit_test(rows_of_an_import_come_in_their_order_and_no_more_than_it_holds),
        cmocka_unit_test(an_import_is_whole_when_count_and_digest_are_the_senders),
        cmocka_unit_test(every_flaw_of_a_draft_is_named_at_once),
        cmocka_unit_test(a_whole_draft_may_go_up),
        cmocka_unit_test(an_empty_draft_hears_everything_at_once),
        cmocka_unit_test(each_fault_is_named_alone),
        cmocka_unit_test(what_cannot_be_stored_is_refused_when_it_is_drafted),
        cmocka_unit_test(a_refused_matter_is_the_same_when_only_amount_or_dates_differ),
        cmocka_unit_test(what_one_person_did_to_a_line_binds_him),
        cmocka_unit_test(a_refusal_rests_on_what_may_be_purchased),
        cmocka_unit_test(a_departments_grants_fit_into_an_amount),
        cmocka_unit_test(the_years_steps_are_not_taken_early),
        cmocka_unit_test(a_round_is_open_between_its_days_and_until_it_was_reopened_to),
        cmocka_unit_test(a_department_stays_within_its_control_total),
        cmocka_unit_test(adjacent_steps_are_done_by_two_persons),
        cmocka_unit_test(second_review_gives_an_opinion_an_amount_or_a_basis),
        cmocka_unit_test(a_calendar_has_each_step_once_and_in_order),
        cmocka_unit_test(only_an_issued_line_is_held_and_only_for_what_is_free),
        cmocka_unit_test(a_commitment_takes_its_own_reservation_and_what_is_free),
        cmocka_unit_test(classes_tell_services_from_what_never_is_one),
        cmocka_unit_test(an_answer_needs_its_reason_unless_it_includes),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
