/* Which field a word means, what a typed value becomes, and how a value is read: the client's pure parts.
 * The client's headers come first: cmocka makes a macro of `fail`. */
#include "client/nouns.h"
#include "client/refused.h"
#include "client/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/check.h"
#include "common/fields.h"
#include "services.h"

static struct client client;

static int setup(void **state)
{
    (void)state;
    client = (struct client){.arena = arena_new(16 << 20), .opt = {.zh = true, .unit = MONEY_YUAN}};
    return client.arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(client.arena);
    return 0;
}

static void a_word_means_a_field(void **state)
{
    static const struct {
        const char *word, *field;
        enum money_unit bare;
    } rows[] = {
        {"requested_fen", "requested_fen", MONEY_FEN},
        {"requested-fen", "requested_fen", MONEY_FEN},
        {"requested", "requested_fen", MONEY_YUAN},
        {"requested_yuan", "requested_fen", MONEY_YUAN},
        {"requested_wan", "requested_fen", MONEY_WAN},
        {"申报数", "requested_fen", MONEY_YUAN},
        {"申报数(万元)", "requested_fen", MONEY_WAN},
        {"申报数（亿元）", "requested_fen", MONEY_YI},
        {"requested_fen(万元)", "requested_fen", MONEY_WAN},
        {"unit", "unit_id", MONEY_YUAN},
        {"单位编码", "unit_id", MONEY_YUAN},
        {" Unit-ID ", "unit_id", MONEY_YUAN},
        {"start", "start_date", MONEY_YUAN},
        {"method", "method", MONEY_YUAN},
        {"nothing", NULL, MONEY_YUAN},
        {"", NULL, MONEY_YUAN},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct field_ref r = field_find(&purser__v1__create_budget_request__descriptor, rows[i].word);
        if (!rows[i].field)
            assert_null(r.field);
        else
            assert_string_equal(r.field->name, rows[i].field);
        if (r.field && is_money(r.field))
            assert_int_equal(r.bare, rows[i].bare);
    }
}

/* Sets the field from the text and gives what stands there as canonical text; NULL when it was refused. */
static const char *typed(const char *field, const char *text)
{
    Purser__V1__CreateBudgetRequest m;
    purser__v1__create_budget_request__init(&m);
    struct field_ref r = field_find(m.base.descriptor, field);
    const char *why = NULL;
    if (!r.field || !value_set(&client, &m.base, r.field, r.bare, text, &why))
        return NULL;
    return fields_text(&m.base, r.field, 0, client.arena);
}

static void a_typed_value_becomes_the_field_or_is_refused(void **state)
{
    static const struct {
        const char *field, *text, *wanted;
    } rows[] = {
        {"requested", "198.6万", "198600000"},
        {"requested", "1,986,000.00元", "198600000"},
        {"requested", "１９８６", "198600"},
        {"requested-fen", "1986", "1986"},
        {"requested", "0.001", NULL},
        {"requested", "-1", NULL},
        {"requested", "abc", NULL},
        {"start_date", "20260612", "2026-06-12"},
        {"start_date", "2026年6月12日", "2026-06-12"},
        {"start_date", "2026-02-30", NULL},
        {"is_new", "是", "true"},
        {"is_new", "no", "false"},
        {"is_new", "perhaps", NULL},
        {"method", "公开招标", "OPEN_TENDER"},
        {"method", "open-tender", "OPEN_TENDER"},
        {"method", "open tender", "OPEN_TENDER"},
        {"method", "抢购", NULL},
        {"year", "2027", "2027"},
        {"year", "2027x", NULL},
        {"year", "99999999999999999999", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *got = typed(rows[i].field, rows[i].text);
        if (!rows[i].wanted)
            assert_null(got);
        else
            assert_string_equal(got, rows[i].wanted);
    }
}

static void verbs_are_methods_without_their_noun(void **state)
{
    static const struct {
        const char *path, *noun, *verb;
    } rows[] = {
        {"BudgetService/CreateBudget", "budget", "create"},
        {"BudgetService/ListBudgets", "budget", "list"},
        {"BudgetService/UpdateBudget", "budget", "edit"},
        {"CycleService/PublishControls", "cycle", "publish-controls"},
        {"UnitService/ProposePerson", "unit", "propose-person"},
        {"JournalService/ListEntries", "journal", "list-entries"},
        {"ServerService/GetDescriptorSet", "server", "get-descriptor-set"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct method m = method_find(rows[i].path);
        assert_non_null(m.rpc);
        assert_string_equal(noun_of(client.arena, m.service), rows[i].noun);
        assert_string_equal(verb_of(client.arena, m), rows[i].verb);
        assert_ptr_equal(verb_find(client.arena, m.service, rows[i].verb).rpc, m.rpc);
        assert_ptr_equal(verb_find(client.arena, m.service, m.rpc->name).rpc, m.rpc);
    }
}

/* Whatever anybody adds: no two methods of a noun may hide behind one verb, no two services behind one noun.
 */
static void every_method_can_be_reached_by_its_verb(void **state)
{
    (void)state;
    for (int i = 0; i < services_count(); i++) {
        const ProtobufCServiceDescriptor *s = service_at(i);
        assert_ptr_equal(noun_find(client.arena, noun_of(client.arena, s)), s);
        for (unsigned j = 0; j < s->n_methods; j++) {
            struct method m = {s, &s->methods[j]};
            assert_ptr_equal(verb_find(client.arena, s, verb_of(client.arena, m)).rpc, m.rpc);
        }
    }
}

static void the_object_of_a_change_is_fetched_by_the_get_of_its_noun(void **state)
{
    static const struct {
        const char *change, *get;
    } rows[] = {
        {"BudgetService/SubmitBudget", "GetBudget"},
        {"CycleService/PublishControls", "GetCycle"},
        {"RoundService/DeclareNothing", "GetRound"},
        {"BudgetService/GetBudget", "GetBudget"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct method get = method_that_gets(method_find(rows[i].change));
        assert_non_null(get.rpc);
        assert_string_equal(get.rpc->name, rows[i].get);
    }
}

static void an_amount_nobody_recorded_is_a_dash_and_not_zero(void **state)
{
    Purser__V1__Budget b;
    (void)state;
    purser__v1__budget__init(&b);
    b.requested_fen = 198600000;
    b.changed_us = INT64_C(1781247845000000);
    b.state = PURSER__V1__BUDGET_STATE__BUDGET_STATE_DRAFT;

    static const struct {
        const char *field;
        enum value_style style;
        const char *wanted;
    } rows[] = {
        {"requested_fen", VALUE_SCREEN, "1,986,000.00"},
        {"requested_fen", VALUE_FILE, "1986000.00"},
        {"state", VALUE_SCREEN, "草稿"},
        {"is_new", VALUE_LINE, "否"},
        {"changed_us", VALUE_SCREEN, "2026-06-12 15:04:05"},
        {"name", VALUE_SCREEN, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(b.base.descriptor,
                                                                                            rows[i].field);
        assert_string_equal(value_show(&client, &b.base, f, 0, rows[i].style), rows[i].wanted);
    }
    for (int i = 0; i < services_count(); i++) /* wherever x_known stands beside x_fen */
        for (unsigned j = 0; j < service_at(i)->n_methods; j++) {
            const ProtobufCMessageDescriptor *d = service_at(i)->methods[j].output;
            ProtobufCMessage *m = fields_new(d, client.arena);
            for (unsigned k = 0; k < d->n_fields; k++)
                if (known_field(d, &d->fields[k])) {
                    assert_string_equal(value_show(&client, m, &d->fields[k], 0, VALUE_SCREEN), "–");
                    assert_string_equal(value_show(&client, m, &d->fields[k], 0, VALUE_FILE), "");
                }
        }
}

static void the_row_of_a_problem_is_read_from_its_field(void **state)
{
    static const struct {
        const char *field;
        int row;
        const char *inner;
    } rows[] = {
        {"rows[3].name", 3, "name"},        {"rows[0]", 0, ""},
        {"rows[].name", -1, "rows[].name"}, {"name", -1, "name"},
        {"rows[-1].x", -1, "rows[-1].x"},   {"rows[3", -1, "rows[3"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *inner;
        assert_int_equal(problem_row(rows[i].field, &inner), rows[i].row);
        assert_string_equal(inner, rows[i].inner);
    }
}

static void ids_are_uuids_of_version_seven_in_order(void **state)
{
    uint8_t a[16], b[16];
    (void)state;
    uuid_new(a);
    assert_int_equal(a[6] >> 4, 7);
    assert_int_equal(a[8] >> 6, 2);
    assert_true(uuid_parse(uuid_text(client.arena, a), b));
    assert_memory_equal(a, b, 16);
    assert_false(uuid_parse("0192f0c1", b));
    assert_false(uuid_parse("0192f0c1-0000-7000-8000-00000000000g", b));
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
    (void)state;
    assert_string_equal(clean(client.arena, "a\x1b[31mb\x07\n"), "a?[31mb?\n");
    assert_string_equal(clean(client.arena, "安保"), "安保");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_means_a_field),
        cmocka_unit_test(a_typed_value_becomes_the_field_or_is_refused),
        cmocka_unit_test(verbs_are_methods_without_their_noun),
        cmocka_unit_test(every_method_can_be_reached_by_its_verb),
        cmocka_unit_test(the_object_of_a_change_is_fetched_by_the_get_of_its_noun),
        cmocka_unit_test(an_amount_nobody_recorded_is_a_dash_and_not_zero),
        cmocka_unit_test(the_row_of_a_problem_is_read_from_its_field),
        cmocka_unit_test(ids_are_uuids_of_version_seven_in_order),
        cmocka_unit_test(control_characters_do_not_reach_the_terminal),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
