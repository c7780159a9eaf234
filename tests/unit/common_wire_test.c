/* Bytes from outside: whatever they are, they are refused or they are a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/check.h"
#include "common/wire.h"
#include "purser/v1/envelope.pb-c.h"

#define COMMAND   (&purser__v1__command__descriptor)
#define CALL      (&purser__v1__call__descriptor)
#define REPLY     (&purser__v1__reply__descriptor)
#define ENTRY     (&purser__v1__entry__descriptor)
#define STATUS_   (&purser__v1__status__descriptor)
#define ROWS_OVER 501 /* one more than a request may have */

static struct arena *arena;

static int start(void **state)
{
    (void)state;
    arena = arena_new(256 << 20);
    return arena ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

/* A reply with something of everything. */
static struct bytes sample(void)
{
    static uint8_t body[] = {1, 2, 3, 0, 255};
    static char reason[] = "OVER_LINE", text[] = "超过预算", unit[] = "203";
    static char *units[] = {unit};
    static ProtobufCBinaryData proof[2] = {{sizeof(body), body}, {sizeof(body), body}};
    static Purser__V1__Problem problem;
    static Purser__V1__Problem *problems[2] = {&problem, &problem};
    static Purser__V1__Status status;
    static Purser__V1__Receipt receipt;
    Purser__V1__Reply reply;

    purser__v1__reply__init(&reply);
    purser__v1__problem__init(&problem);
    problem.reason = reason;
    problem.text_zh = text;
    purser__v1__status__init(&status);
    status.code = PURSER__V1__CODE__FAILED_PRECONDITION;
    status.problems = problems;
    status.n_problems = 2;
    purser__v1__receipt__init(&receipt);
    receipt.index = UINT64_MAX;
    receipt.now_us = INT64_MIN;
    receipt.behaviour = UINT32_MAX;
    receipt.units = units;
    receipt.n_units = 1;
    receipt.proof = proof;
    receipt.n_proof = 2;
    reply.status = &status;
    reply.receipt = &receipt;
    reply.body.data = body;
    reply.body.len = sizeof(body);
    reply.replayed = 1;
    return wire_pack(&reply.base, arena);
}

static bool passes(const ProtobufCMessageDescriptor *d, const void *data, size_t len)
{
    const char *why = NULL;
    bool is_good = wire_prescan(d, data, len, &why);

    assert_true(is_good || (why && why[0]));
    return is_good;
}

static const char *why_not(const ProtobufCMessageDescriptor *d, const void *data, size_t len)
{
    const char *why = "it passed";

    assert_null(wire_unpack(d, arena, data, len, &why));
    return why;
}

static void what_was_packed_comes_back(void **state)
{
    struct bytes b = sample();
    const char *why = "";

    (void)state;
    ProtobufCMessage *m = wire_unpack(REPLY, arena, b.data, b.len, &why);
    assert_non_null(m);
    struct bytes again = wire_pack(m, arena);
    assert_int_equal(again.len, b.len);
    assert_memory_equal(again.data, b.data, b.len);
    assert_non_null(wire_unpack(REPLY, arena, NULL, 0, &why));
}

/* Cut anywhere, bent anywhere: what passes the scan must unpack, and nothing may be read out of bounds. */
static void cut_or_bent_bytes_never_surprise(void **state)
{
    struct bytes b = sample();

    (void)state;
    for (size_t len = 0; len < b.len; len++) {
        uint8_t *copy = malloc(len + 1); /* of its own, so that sanitizers see its end */
        memcpy(copy, b.data, len);
        uint8_t *exact = realloc(copy, len ? len : 1);
        if (passes(REPLY, exact, len)) {
            const char *why;
            assert_non_null(wire_unpack(REPLY, arena, exact, len, &why));
        }
        free(exact);
    }
    for (size_t bit = 0; bit < 8 * b.len; bit++) {
        uint8_t *copy = malloc(b.len);
        memcpy(copy, b.data, b.len);
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (passes(REPLY, copy, b.len)) {
            const char *why;
            assert_non_null(wire_unpack(REPLY, arena, copy, b.len, &why));
        }
        free(copy);
    }
}

static void forms_that_are_off_are_named(void **state)
{
    static const struct {
        const ProtobufCMessageDescriptor *d;
        const char *bytes;
        size_t len;
        const char *why;
    } rows[] = {
        {COMMAND,
         "\x0a\x05"
         "abc",
         5, "truncated"},
        {COMMAND, "\x0a", 1, "truncated"},
        {COMMAND, "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, "truncated"},
        {COMMAND, "\x20\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02", 11, "varint over 64 bits"},
        {COMMAND, "\x20\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 12, "varint over 64 bits"},
        {COMMAND, "\x50\x01", 2, "unknown field"},
        {COMMAND, "\x00\x01", 2, "unknown field"},
        {COMMAND, "\x80\x80\x80\x80\x80\x01\x01", 7, "unknown field"},
        {COMMAND, "\x0b", 1, "wrong wire type"},
        {COMMAND, "\x08\x01", 2, "wrong wire type"},
        {COMMAND, "\x22\x01\x01", 3, "wrong wire type"},
        {COMMAND, "\x20\x01\x20\x01", 4, "field twice"},
        {COMMAND,
         "\x0a\x01"
         "a"
         "\x0a\x01"
         "a",
         6, "field twice"},
        {COMMAND, "\x40\x02", 2, "number too large for its field"},
        {COMMAND,
         "\x0a\x03"
         "a\0b",
         5, "NUL in a text"},
        {CALL, "\x20\x80\x80\x80\x80\x10", 6, "number too large for its field"},
        {REPLY, "\x0a\x02\x08\x01\x0a\x02\x08\x01", 8, "field twice"},
        {STATUS_, "\x08\x80\x80\x80\x80\x08", 6, "number too large for its field"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(why_not(rows[i].d, rows[i].bytes, rows[i].len), rows[i].why);
}

static void thirty_two_bits_and_negative_enums_pass(void **state)
{
    (void)state;
    assert_true(passes(CALL, "\x20\xff\xff\xff\xff\x0f", 6));
    assert_true(passes(STATUS_, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11));
    assert_true(passes(COMMAND, "\x0a\x00", 2));
    assert_true(passes(COMMAND,
                       "\x12\x03"
                       "a\0b",
                       5)); /* bytes may hold NUL */
}

static void a_million_elements_are_refused(void **state)
{
    size_t len = 2000000;
    uint8_t *data = malloc(len);

    (void)state;
    for (size_t i = 0; i < len; i += 2) {
        data[i] = 0x42; /* Entry.units, empty */
        data[i + 1] = 0;
    }
    assert_string_equal(why_not(ENTRY, data, len), "too many fields");
    assert_true(passes(ENTRY, data, (size_t)2 * WIRE_FIELDS_MAX));
    assert_false(passes(ENTRY, data, (size_t)2 * WIRE_FIELDS_MAX + 2));
    free(data);
}

/* A type that contains itself, which proto3 files here may not; the scan must not care. */
static ProtobufCFieldDescriptor deep_fields[2];
static const unsigned deep_by_name[2] = {0, 1};
static const ProtobufCIntRange deep_range[2] = {{1, 0}, {0, 2}};
static ProtobufCMessageDescriptor deep = {.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
                                          .name = "Deep",
                                          .short_name = "Deep",
                                          .n_fields = 2,
                                          .fields = deep_fields,
                                          .fields_sorted_by_name = deep_by_name,
                                          .n_field_ranges = 1,
                                          .field_ranges = deep_range};

static void depth_and_packed_elements_are_bounded(void **state)
{
    uint8_t data[2 * WIRE_DEPTH_MAX + 2];

    (void)state;
    deep_fields[0] = (ProtobufCFieldDescriptor){.name = "deep",
                                                .id = 1,
                                                .label = PROTOBUF_C_LABEL_NONE,
                                                .type = PROTOBUF_C_TYPE_MESSAGE,
                                                .descriptor = &deep};
    deep_fields[1] = (ProtobufCFieldDescriptor){.name = "packed",
                                                .id = 2,
                                                .label = PROTOBUF_C_LABEL_REPEATED,
                                                .type = PROTOBUF_C_TYPE_UINT32};
    for (int depth = 1; depth <= WIRE_DEPTH_MAX + 1; depth++) {
        size_t len = (size_t)2 * (size_t)(depth - 1);
        for (size_t i = 0; i < len; i += 2) {
            data[i] = 0x0a;
            data[i + 1] = (uint8_t)(len - i - 2);
        }
        assert_int_equal(passes(&deep, data, len), depth <= WIRE_DEPTH_MAX);
    }

    size_t len = WIRE_FIELDS_MAX + 4;
    uint8_t *packed = calloc(1, len);
    memcpy(packed, "\x12\xa0\x9c\x01", 4); /* 20000 elements and the field itself are one too many */
    assert_false(passes(&deep, packed, len));
    memcpy(packed, "\x12\x9f\x9c\x01", 4);
    assert_true(passes(&deep, packed, len - 1));
    assert_false(passes(&deep, "\x12\x05\x80\x80\x80\x80\x10", 7)); /* an element of 33 bits */
    free(packed);
}

static void an_arena_that_is_full_refuses(void **state)
{
    struct bytes b = sample();
    const char *why;

    (void)state;
    for (size_t cap = 0; cap < 4096; cap += 64) {
        struct arena *small = arena_new(cap);
        why = "";
        if (!wire_unpack(REPLY, small, b.data, b.len, &why))
            assert_string_equal(why, "too large");
        arena_free(small);
    }
}

static void values_are_judged_and_the_place_is_named(void **state)
{
    struct refusal why = {.arena = arena};
    char bad[] = "a\x1b[31m", good[] = "好";
    Purser__V1__Problem problem, other;
    Purser__V1__Problem *problems[ROWS_OVER] = {&problem, &problem, &problem};
    Purser__V1__Status status;
    Purser__V1__Reply reply;

    (void)state;
    purser__v1__problem__init(&problem);
    purser__v1__problem__init(&other);
    purser__v1__status__init(&status);
    purser__v1__reply__init(&reply);
    reply.status = &status;
    status.problems = problems;
    status.n_problems = 3;
    problem.field = good;
    assert_true(wire_validate(&reply.base, &why));
    problems[2] = &other;
    other.field = bad;
    assert_false(wire_validate(&reply.base, &why));
    assert_string_equal(why.reason, "BAD_FIELD");
    assert_string_equal(why.field, "status.problems[2].field");

    other.field = good;
    status.code = (Purser__V1__Code)99;
    assert_false(wire_validate(&reply.base, &why));
    assert_string_equal(why.field, "status.code");
    assert_string_equal(why.broke, "99");

    status.code = PURSER__V1__CODE__OK;
    for (size_t i = 0; i < ROWS_OVER; i++)
        problems[i] = &problem;
    status.n_problems = ROWS_OVER - 1;
    assert_true(wire_validate(&reply.base, &why));
    status.n_problems = ROWS_OVER;
    assert_false(wire_validate(&reply.base, &why));
    assert_string_equal(why.field, "status.problems");
}

static void a_field_that_is_named_a_date_holds_one(void **state)
{
    static const struct {
        const char *text;
        bool is_good;
    } rows[] = {{"", true},
                {"2026-06-12", true},
                {"2026-02-30", false},
                {"2026-6-1", false},
                {"soon", false}};
    Purser__V1__Problem problem;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct refusal why = {.arena = arena};
        purser__v1__problem__init(&problem);
        problem.rule_from_date = (char *)(uintptr_t)rows[i].text;
        assert_int_equal(wire_validate(&problem.base, &why), rows[i].is_good);
        if (!rows[i].is_good)
            assert_string_equal(why.field, "rule_from_date");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_comes_back),
        cmocka_unit_test(cut_or_bent_bytes_never_surprise),
        cmocka_unit_test(forms_that_are_off_are_named),
        cmocka_unit_test(thirty_two_bits_and_negative_enums_pass),
        cmocka_unit_test(a_million_elements_are_refused),
        cmocka_unit_test(depth_and_packed_elements_are_bounded),
        cmocka_unit_test(an_arena_that_is_full_refuses),
        cmocka_unit_test(values_are_judged_and_the_place_is_named),
        cmocka_unit_test(a_field_that_is_named_a_date_holds_one),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
