/* A lifecycle table is executed for every state, event and role, and printed as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/lifecycle.h"
#include "common/roles.h"

enum { DRAFT = 1, SENT, DONE, STATES };
enum { CREATE = 1, SEND, RETURN, FINISH, EVENTS };
static const char *const state_names[] = {NULL, "DRAFT", "SENT", "DONE"};
static const char *const state_zh[] = {NULL, "草稿", "已报", NULL};
static const char *const event_names[] = {NULL, "CREATE", "SEND", "RETURN", "FINISH"};
static const struct names states = {state_names, state_zh, STATES};
static const struct names events = {event_names, NULL, EVENTS};
static const struct step steps[] = {
    {0, CREATE, DRAFT, ROLE_CLERK, "somebody begins"},
    {DRAFT, SEND, SENT, ROLE_APPROVER, "it goes to the bureau"},
    {SENT, RETURN, DRAFT, ROLE_REVIEWER_1 | ROLE_REVIEWER_2, "with an opinion"},
    {SENT, FINISH, DONE, ROLE_REVIEWER_2, "it is good"},
    {SENT, FINISH, SENT, ROLE_LEADER, "the leader only looks"},
};
static const struct lifecycle life = {"paper", &states, &events, steps, 5};

static void each_cell_of_state_event_and_role_is_as_the_table_says(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    for (int from = 0; from < STATES; from++)
        for (int event = 1; event < EVENTS; event++)
            for (int role = 1; role <= 13; role++) {
                int expected = 0, to = -1;
                for (size_t i = 0; i < 5; i++)
                    if (steps[i].from == from && steps[i].event == event && steps[i].roles & ROLE_BIT(role))
                        expected = steps[i].to;
                struct refusal why = {.arena = a};
                assert_int_equal(lifecycle_next(&life, from, event, ROLE_BIT(role), &to, &why),
                                 expected != 0);
                assert_int_equal(to, expected ? expected : -1);
                arena_reset(a);
            }
    arena_free(a);
}

static void the_wrong_state_is_told_which_states_would_do(void **state)
{
    (void)state;
    struct refusal why = {.arena = arena_new(1 << 16)};
    int to = -1;
    assert_false(lifecycle_next(&life, DRAFT, FINISH, ROLE_REVIEWER_2, &to, &why));
    assert_string_equal(why.reason, "STATE_FORBIDS");
    assert_string_equal(why.field, "state");
    assert_string_equal(why.broke, "DRAFT (草稿)");
    assert_string_equal(why.passes, "SENT (已报)");
    assert_false(lifecycle_next(&life, DONE, CREATE, ROLE_CLERK, &to, &why));
    assert_string_equal(why.broke, "DONE");
    assert_string_equal(why.passes, "– (尚无)");
    arena_free(why.arena);
}

static void the_wrong_role_is_told_which_roles_may(void **state)
{
    (void)state;
    struct refusal why = {.arena = arena_new(1 << 16)};
    int to = -1;
    assert_false(lifecycle_next(&life, SENT, FINISH, ROLE_CLERK | ROLE_AUDITOR, &to, &why));
    assert_string_equal(why.reason, "ROLE_FORBIDS");
    assert_string_equal(why.broke, "CLERK (部门经办), AUDITOR (审计)");
    assert_string_equal(why.passes, "REVIEWER_2 (财政复审), LEADER (财政分管领导)");
    assert_int_equal(to, -1);
    arena_free(why.arena);
}

static void names_are_found_both_ways(void **state)
{
    (void)state;
    assert_int_equal(names_find(&states, "SENT"), SENT);
    assert_int_equal(names_find(&states, "sent"), 0);
    assert_int_equal(names_find(&states, ""), 0);
    assert_int_equal(names_find(&states, NULL), 0);
    assert_string_equal(names_of(&states, 0), "");
    assert_string_equal(names_of(&states, -1), "");
    assert_string_equal(names_of(&states, STATES), "");
    assert_string_equal(names_zh(&states, SENT), "已报");
    assert_string_equal(names_zh(&states, DONE), "DONE");
    assert_string_equal(names_zh(&events, SEND), "SEND");
}

static void it_is_printed_and_drawn_whole(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    const char *text = lifecycle_print(a, &life), *dot = lifecycle_dot(a, &life);
    assert_non_null(strstr(text, "  -      CREATE  DRAFT  CLERK: somebody begins\n"));
    assert_non_null(strstr(text, "  SENT   RETURN  DRAFT  REVIEWER_1 REVIEWER_2: with an opinion\n"));
    assert_non_null(strstr(text, "  DRAFT  草稿\n"));
    assert_non_null(strstr(dot, "digraph \"paper\" {\n"));
    assert_non_null(strstr(dot, "    \"SENT\" -> \"DONE\" [label=\"FINISH\\nREVIEWER_2\"];\n"));
    assert_non_null(strstr(dot, "    \"\" -> \"DRAFT\""));
    arena_free(a);
}

static void short_names_leave_room_for_the_headings(void **state)
{
    (void)state;
    static const char *const short_names[] = {NULL, "A", "B"};
    static const struct names n = {short_names, NULL, 3};
    static const struct step step = {1, 2, 2, ROLE_CLERK, NULL};
    static const struct lifecycle small = {"dot", &n, &n, &step, 1};
    struct arena *a = arena_new(1 << 16);
    assert_non_null(
        strstr(lifecycle_print(a, &small), "  from  event  to    who: why\n  A     B      B     CLERK: \n"));
    arena_free(a);
}

static void roles_are_named_in_both_languages(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 16);
    assert_string_equal(roles_codes(a, ROLE_CLERK | ROLE_APPROVER), "CLERK APPROVER");
    assert_string_equal(roles_text(a, ROLE_CLERK | ROLE_APPROVER), "CLERK (部门经办), APPROVER (部门负责人)");
    assert_string_equal(roles_text(a, 0), "");
    for (int role = 1; role <= 13; role++) {
        assert_true(*roles_text(a, ROLE_BIT(role)));
        assert_true(*roles_codes(a, ROLE_BIT(role)));
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_cell_of_state_event_and_role_is_as_the_table_says),
        cmocka_unit_test(the_wrong_state_is_told_which_states_would_do),
        cmocka_unit_test(the_wrong_role_is_told_which_roles_may),
        cmocka_unit_test(names_are_found_both_ways),
        cmocka_unit_test(it_is_printed_and_drawn_whole),
        cmocka_unit_test(short_names_leave_room_for_the_headings),
        cmocka_unit_test(roles_are_named_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
