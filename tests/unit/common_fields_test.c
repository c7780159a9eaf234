/* Fields as text and as JSON, there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/check.h"
#include "common/fields.h"
#include "common/sign.h"
#include "purser/v1/envelope.pb-c.h"

static struct arena *arena;

static int start(void **state)
{
    (void)state;
    sign_init();
    arena = arena_new(16 << 20);
    return arena ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const ProtobufCFieldDescriptor *field(const ProtobufCMessageDescriptor *d, const char *name)
{
    const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(d, name);

    assert_non_null(f);
    return f;
}

static void texts_become_fields_strictly(void **state)
{
    static const struct {
        const char *field, *text, *back; /* back NULL: it will not do */
    } rows[] = {
        {"now_us", "9007199254740993", "9007199254740993"},
        {"now_us", "-9223372036854775808", "-9223372036854775808"},
        {"now_us", "9223372036854775808", NULL},
        {"now_us", "-0", NULL},
        {"now_us", "007", NULL},
        {"now_us", " 7", NULL},
        {"now_us", "+7", NULL},
        {"now_us", "7.0", NULL},
        {"now_us", "", NULL},
        {"index", "18446744073709551615", "18446744073709551615"},
        {"index", "-1", NULL},
        {"version", "4294967295", "4294967295"},
        {"version", "4294967296", NULL},
        {"command", "00ff", "00ff"},
        {"command", "\\x00ff", "00ff"},
        {"command", "0", NULL},
        {"units", "203", NULL}, /* repeated */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        ProtobufCMessage *m = fields_new(&purser__v1__entry__descriptor, arena);
        const ProtobufCFieldDescriptor *f = field(m->descriptor, rows[i].field);
        assert_int_equal(fields_set_text(m, f, arena, rows[i].text), rows[i].back != NULL);
        assert_int_equal(fields_is_set(m, f), rows[i].back != NULL);
        if (rows[i].back)
            assert_string_equal(fields_text(m, f, 0, arena), rows[i].back);
    }
}

static void bools_and_enums_go_by_name(void **state)
{
    ProtobufCMessage *reply = fields_new(&purser__v1__reply__descriptor, arena);
    const ProtobufCFieldDescriptor *replayed = field(reply->descriptor, "replayed");
    const ProtobufCEnumDescriptor *role = &purser__v1__role__descriptor,
                                  *code = &purser__v1__code__descriptor;
    int value = -1;

    (void)state;
    assert_true(fields_set_text(reply, replayed, arena, "t"));
    assert_string_equal(fields_text(reply, replayed, 0, arena), "true");
    assert_false(fields_set_text(reply, replayed, arena, "yes"));

    assert_string_equal(fields_enum_short(role, 4), "REVIEWER_2");
    assert_string_equal(fields_enum_short(role, 0), "");
    assert_string_equal(fields_enum_short(role, 99), "");
    assert_string_equal(fields_enum_short(code, 10), "ABORTED");
    assert_true(fields_enum_parse(role, "clerk", &value) && value == 1);
    assert_true(fields_enum_parse(role, "ROLE_AUDIT_HEAD", &value) && value == 10);
    assert_false(fields_enum_parse(role, "ROLE_", &value));
    assert_false(fields_enum_parse(role, "", &value));

    ProtobufCMessage *status = fields_new(&purser__v1__status__descriptor, arena);
    assert_true(fields_set_text(status, field(status->descriptor, "code"), arena, "aborted"));
    assert_string_equal(fields_text(status, field(status->descriptor, "code"), 0, arena), "ABORTED");
}

static void repeated_fields_grow_and_keep(void **state)
{
    Purser__V1__Status *status = (void *)fields_new(&purser__v1__status__descriptor, arena);
    const ProtobufCFieldDescriptor *f = field(status->base.descriptor, "problems");

    (void)state;
    assert_true(fields_resize(&status->base, f, arena, 2));
    status->problems[1]->field = (char *)(uintptr_t) "x";
    assert_true(fields_resize(&status->base, f, arena, 5));
    assert_int_equal(status->n_problems, 5);
    assert_string_equal(status->problems[1]->field, "x");
    assert_string_equal(status->problems[4]->field, "");
    assert_true(fields_resize(&status->base, f, arena, 1));
    assert_int_equal(*fields_count(&status->base, f), 1);
    struct arena *small = arena_new(1024);
    assert_false(fields_resize(&status->base, f, small, SIZE_MAX / 2));
    assert_false(fields_resize(&status->base, f, small, 500));
    arena_free(small);
}

static void json_goes_there_and_back_exactly(void **state)
{
    static const char text[] =
        "{\"status\":{\"code\":\"ABORTED\",\"problems\":[{\"text_zh\":\"超过\"},{\"field\":\"rows[1].a\"}]},"
        "\"body\":\"AAH/"
        "\",\"replayed\":true,\"receipt\":{\"index\":9007199254740993,\"now_us\":-9007199254740993,"
        "\"units\":[\"203\",\"204\"],\"proof\":[\"YQ==\",\"\"]}}";
    const char *why = NULL;

    (void)state;
    json_t *json = json_loads(text, 0, NULL);
    ProtobufCMessage *m = fields_from_json(&purser__v1__reply__descriptor, arena, json, &why);
    if (!m)
        fail_msg("%s", why);
    json_t *back = fields_to_json(m, true);
    assert_true(json_equal(json, back));
    json_decref(back);
    json_decref(json);

    Purser__V1__Reply *reply = (void *)m;
    reply->receipt->index = UINT64_MAX;
    json = fields_to_json(m, false);
    assert_non_null(json_object_get(json, "server_time_us"));
    assert_string_equal(json_string_value(json_object_get(json_object_get(json, "receipt"), "index")),
                        "18446744073709551615");
    m = fields_from_json(&purser__v1__reply__descriptor, arena, json, &why);
    assert_non_null(m);
    assert_true(((Purser__V1__Reply *)(void *)m)->receipt->index == UINT64_MAX);
    json_decref(json);
}

static void json_that_does_not_fit_is_told_where(void **state)
{
    static const struct {
        const char *json, *why;
    } rows[] = {
        {"{\"nothing\":1}", "nothing: there is no such field"},
        {"{\"status\":{\"code\":\"NOPE\"}}", "status.code: a value of Code is wanted"},
        {"{\"status\":{\"problems\":[{},{\"field\":7}]}}", "status.problems[1].field: a text is wanted"},
        {"{\"status\":[]}", "status: an object is wanted"},
        {"{\"status\":{\"problems\":{}}}", "status.problems: a list is wanted"},
        {"{\"server_time_us\":1.5}", "server_time_us: a whole number that fits is wanted"},
        {"{\"receipt\":{\"behaviour\":4294967296}}", "receipt.behaviour: a whole number that fits is wanted"},
        {"{\"replayed\":1}", "replayed: true or false is wanted"},
        {"{\"body\":\"@\"}", "body: base64 is wanted"},
        {"[]", "the message: an object is wanted"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *why = NULL;
        json_t *json = json_loads(rows[i].json, 0, NULL);
        assert_null(fields_from_json(&purser__v1__reply__descriptor, arena, json, &why));
        assert_string_equal(why, rows[i].why);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_become_fields_strictly),
        cmocka_unit_test(bools_and_enums_go_by_name),
        cmocka_unit_test(repeated_fields_grow_and_keep),
        cmocka_unit_test(json_goes_there_and_back_exactly),
        cmocka_unit_test(json_that_does_not_fit_is_told_where),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
