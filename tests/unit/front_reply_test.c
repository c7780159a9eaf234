/* However little memory a call has, it is answered: whole, or with a word that it did not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/check.h"
#include "common/fields.h"
#include "common/wire.h"
#include "purser/v1/server.pb-c.h"
#include "server/front/dispatch.h"
#include "server/front/registry.h"
#include "server/front/reply.h"

#define AUDIENCE "purser/450600"

static int up(void **state)
{
    char err[256];
    (void)state;
    sign_init();
    return registry_init(err) == STATUS_OK ? 0 : -1;
}

/* The frame as a client reads it. */
static PB(Reply) *read_frame(struct arena *a, struct job *j)
{
    const char *why = "";
    struct bytes frame = reply_frame(j);
    assert_true(frame.len > 0);
    PB(Reply) *r = (PB(Reply) *)wire_unpack(&purser__v1__reply__descriptor, a, frame.data, frame.len, &why);
    if (!r)
        fail_msg("%s", why);
    assert_non_null(r->status); /* without it a refusal reads as success */
    return r;
}

static void refuse_often(struct job *j, int times)
{
    for (int i = 0; i < times; i++)
        (void)job_refuse(j, "BAD_FIELD", "rows[3].name", "something that will not do at all",
                         "something that would do a great deal better");
}

static void sixteen_problems_are_told_and_no_more(void **state)
{
    struct arena *a = arena_new(1u << 20);
    struct job *j = job_new(JOB_ARENA_MAX_BYTES);
    (void)state;
    refuse_often(j, 40);
    assert_true(reply_pack(j, NULL));
    PB(Reply) *r = read_frame(a, j);
    assert_int_equal(r->status->code, PURSER__V1__CODE__INVALID_ARGUMENT);
    assert_int_equal(r->status->n_problems, 16);
    for (size_t i = 0; i < 16; i++)
        assert_string_equal(r->status->problems[i]->field, "rows[3].name");
    assert_true(r->server_time_us > 0);
    job_free(j);
    arena_free(a);
}

static void a_refusal_is_told_with_however_little_memory(void **state)
{
    int whole = 0, short_of = 0;
    (void)state;
    for (size_t room = 4096; room < 60000; room += 16) {
        struct arena *a = arena_new(1u << 20);
        struct job *j = job_new(room);
        if (!j) {
            arena_free(a);
            continue;
        }
        refuse_often(j, 16);
        bool fits = reply_pack(j, NULL);
        PB(Reply) *r = read_frame(a, j);
        assert_int_not_equal(r->status->code, PURSER__V1__CODE__OK);
        assert_int_equal(r->status->n_problems, fits ? 16 : 1);
        assert_string_equal(r->status->problems[0]->reason, fits ? "BAD_FIELD" : "TOO_LARGE");
        *(fits ? &whole : &short_of) += 1;
        job_free(j);
        arena_free(a);
    }
    assert_true(whole > 0);
    assert_true(short_of > 0);
}

static struct bytes frame_of(struct arena *a, const char *method, const ProtobufCMessage *body)
{
    static const uint8_t id[16] = "0123456789abcde";
    struct bytes request = wire_pack(body, a);
    PB(Command) c;
    purser__v1__command__init(&c);
    c.method = reply_text(method);
    c.request_id = (ProtobufCBinaryData){sizeof id, (uint8_t *)(uintptr_t)id};
    c.audience = reply_text(AUDIENCE);
    c.body = reply_bytes(request);
    struct bytes command = wire_pack(&c.base, a);
    PB(Call) call;
    purser__v1__call__init(&call);
    call.command = reply_bytes(command);
    return wire_pack(&call.base, a);
}

static void a_call_is_opened_or_refused_with_however_little_memory(void **state)
{
    struct arena *a = arena_new(4u << 20);
    PB(CheckRequest) check = PURSER__V1__CHECK_REQUEST__INIT;
    struct bytes frame = frame_of(a, "/purser.v1.HealthService/Check", &check.base);
    int opened = 0, refused = 0;
    (void)state;
    for (size_t room = 2048; room < 40000; room += 8) {
        struct arena *own = arena_new(1u << 20);
        struct job *j = job_new(room);
        if (j) {
            bool is_open = dispatch_open(j, frame, AUDIENCE) == STATUS_OK;
            if (is_open)
                ((PB(CheckResponse) *)j->reply)->tree_size = 7;
            bool fits = reply_pack(j, NULL);
            PB(Reply) *r = read_frame(own, j);
            assert_int_equal(r->status->code == PURSER__V1__CODE__OK, is_open && fits);
            if (is_open && fits)
                assert_true(r->body.len > 0);
            *(is_open ? &opened : &refused) += 1;
        }
        job_free(j);
        arena_free(own);
    }
    assert_true(opened > 0);
    assert_true(refused > 0);
    arena_free(a);
}

static void a_result_that_does_not_fit_is_no_empty_success(void **state)
{
    struct arena *a = arena_new(4u << 20);
    PB(CheckRequest) check = PURSER__V1__CHECK_REQUEST__INIT;
    struct bytes frame = frame_of(a, "/purser.v1.HealthService/Check", &check.base);
    struct job *j = job_new(100000);
    (void)state;
    assert_int_equal(dispatch_open(j, frame, AUDIENCE), STATUS_OK);
    char *text = arena_alloc(j->arena, 60000);
    assert_non_null(text);
    memset(text, 'x', 59999);
    ((PB(CheckResponse) *)j->reply)->version = text;
    assert_false(reply_pack(j, NULL));
    PB(Reply) *r = read_frame(a, j);
    assert_int_equal(r->status->code, PURSER__V1__CODE__RESOURCE_EXHAUSTED);
    assert_string_equal(r->status->problems[0]->reason, "RESULT_TOO_LARGE");
    assert_int_equal(r->body.len, 0);
    job_free(j);
    arena_free(a);
}

static void when_all_memory_is_taken_it_is_busy(void **state)
{
    struct arena *a = arena_new(1u << 20);
    (void)state;
    job_limit_all(100000);
    struct job *other = job_new(JOB_ARENA_MAX_BYTES), *j = job_new(JOB_ARENA_MAX_BYTES);
    assert_non_null(other);
    assert_non_null(j);
    while (arena_alloc(other->arena, 1000))
        continue;
    refuse_often(j, 16);
    assert_false(reply_pack(j, NULL));
    assert_string_equal(read_frame(a, j)->status->problems[0]->reason, "BUSY");
    assert_null(job_new(JOB_ARENA_MAX_BYTES));
    job_free(other);
    job_free(j);

    struct job none = {0}; /* not even memory for a call */
    assert_int_equal(read_frame(a, &none)->status->code, PURSER__V1__CODE__RESOURCE_EXHAUSTED);
    job_limit_all((size_t)64 << 20);
    arena_free(a);
}

static void each_attempt_begins_where_the_call_came_in(void **state)
{
    struct arena *a = arena_new(4u << 20);
    PB(CheckRequest) check = PURSER__V1__CHECK_REQUEST__INIT;
    struct bytes frame = frame_of(a, "/purser.v1.HealthService/Check", &check.base);
    struct job *j = job_new(JOB_ARENA_MAX_BYTES);
    size_t used = 0;
    (void)state;
    assert_int_equal(dispatch_open(j, frame, AUDIENCE), STATUS_OK);
    for (int attempt = 0; attempt < 300; attempt++) {
        job_begin(j);
        assert_non_null(j->reply);
        assert_int_equal(((PB(CheckResponse) *)j->reply)->tree_size, 0);
        assert_int_equal(j->call.refusals_count, 0);
        if (attempt == 1)
            used = arena_used(j->arena);
        if (attempt > 1)
            assert_int_equal(arena_used(j->arena), used);
        ((PB(CheckResponse) *)j->reply)->tree_size = 9;
        assert_non_null(arena_alloc(j->arena, 100000));
        refuse_often(j, 3);
        (void)reply_pack(j, NULL);
    }
    job_free(j);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixteen_problems_are_told_and_no_more),
        cmocka_unit_test(a_refusal_is_told_with_however_little_memory),
        cmocka_unit_test(a_call_is_opened_or_refused_with_however_little_memory),
        cmocka_unit_test(a_result_that_does_not_fit_is_no_empty_success),
        cmocka_unit_test(when_all_memory_is_taken_it_is_busy),
        cmocka_unit_test(each_attempt_begins_where_the_call_came_in),
    };
    return cmocka_run_group_tests(tests, up, NULL);
}
