/* From a job's outcome to the bytes of its reply: problems in two languages, stored part, frame. */
#include "server/front/reply.h"

#include <string.h>

#include "common/check.h"
#include "common/fields.h"
#include "common/wire.h"
#include "server/front/clock.h"

#define SPARE_BYTES_MAX (64u << 10)

static PB(Problem) *problem_of(struct arena *a, const struct refusal *why)
{
    PB(Problem) *p = (PB(Problem) *)fields_new(&purser__v1__problem__descriptor, a);
    if (!p)
        return NULL;
    const struct law *law = why->rule ? law_find(why->rule) : NULL;
    p->reason = reply_text(why->reason);
    p->text_zh = reply_text(refusal_text(why, true));
    p->text_en = reply_text(refusal_text(why, false));
    p->field = reply_text(why->field ? why->field : "");
    p->rule = reply_text(why->rule ? why->rule : "");
    p->broke = reply_text(why->broke ? why->broke : "");
    p->passes = reply_text(why->passes ? why->passes : "");
    p->hint = reply_text(refusal_hint(why));
    p->article_zh = reply_text(law ? law->article_zh : "");
    p->article_en = reply_text(law ? law->article_en : "");
    p->rule_from_date = reply_text(law ? law->from_date : "");
    return p;
}

static PB(Status) *status_of(const struct job *j, struct arena *a)
{
    PB(Status) *s = (PB(Status) *)fields_new(&purser__v1__status__descriptor, a);
    size_t n = j->status == STATUS_OK ? 0 : (size_t)j->call.refusals_count;
    if (!s)
        return NULL;
    s->code = (PB(Code))j->status;
    s->problems = arena_array(a, n + 1, sizeof(*s->problems));
    if (!s->problems)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        s->problems[i] = problem_of(a, &j->call.refusals[i]);
        if (!s->problems[i])
            return NULL;
        s->n_problems = i + 1;
    }
    return s;
}

bool reply_outcome(struct job *j, struct hash *ret)
{
    PB(Status) *s = status_of(j, j->arena);
    struct bytes status = s ? wire_pack(&s->base, j->arena) : (struct bytes){0};
    bool has_body = j->status == STATUS_OK;
    struct bytes body = has_body ? wire_pack(j->reply, j->arena) : (struct bytes){0};
    uint8_t *both = arena_alloc(j->arena, status.len + body.len + 1);
    if (!both || !status.data || (has_body && !body.data))
        return false;
    memcpy(both, status.data, status.len);
    if (body.len)
        memcpy(both + status.len, body.data, body.len);
    *ret = sha256(both, status.len + body.len);
    return true;
}

/* .data NULL when it does not fit, also when some text before it did not. */
static struct bytes pack(const struct job *j, struct arena *a, const PB(Receipt) *receipt)
{
    PB(Reply) reply = PURSER__V1__REPLY__INIT;
    struct bytes body = {0};
    reply.status = status_of(j, a);
    if (j->status == STATUS_OK)
        body = wire_pack(j->reply, a);
    if (!reply.status || (j->status == STATUS_OK && !body.data))
        return (struct bytes){0};
    reply.body = reply_bytes(body);
    reply.request_id = reply_bytes(j->call.request_id);
    reply.receipt = (PB(Receipt) *)(uintptr_t)receipt;
    struct bytes packed = wire_pack(&reply.base, a);
    return arena_is_full(a) ? (struct bytes){0} : packed;
}

struct bytes reply_draft(struct job *j) { return pack(j, j->arena, NULL); }

/* A reply without status would read as success. */
static void say_last_words(struct job *j)
{
    const char *reason = job_full_reason(j);
    if (!j->spare)
        j->spare = arena_new(SPARE_BYTES_MAX);
    j->call.refusals_count = 0;
    struct refusal why = {.arena = j->spare, .reason = reason, .what = ""};
    j->status = refuse_with(&j->call, &why);
    j->answer = j->spare ? pack(j, j->spare, NULL) : (struct bytes){0};
}

bool reply_pack(struct job *j, const PB(Receipt) *receipt)
{
    j->answer = pack(j, j->arena, receipt);
    if (j->answer.data)
        return true;
    say_last_words(j);
    return false;
}

struct bytes reply_frame(struct job *j)
{
    static const uint8_t bare[] = {0x0a, 0x02, 0x08, STATUS_RESOURCE_EXHAUSTED}; /* only a status */
    PB(Reply) tail = PURSER__V1__REPLY__INIT; /* messages are joined by putting their bytes together */
    tail.replayed = j->is_replayed;
    tail.server_time_us = clock_now_us();
    uint8_t room[64];
    size_t tail_len = protobuf_c_message_get_packed_size(&tail.base);
    PRE(tail_len <= sizeof(room));
    (void)protobuf_c_message_pack(&tail.base, room);
    if (!j->answer.data)
        return (struct bytes){bare, sizeof(bare)};
    uint8_t *frame = arena_alloc(j->spare ? j->spare : j->arena, j->answer.len + tail_len);
    if (!frame)
        return j->answer;
    memcpy(frame, j->answer.data, j->answer.len);
    memcpy(frame + j->answer.len, room, tail_len);
    return (struct bytes){frame, j->answer.len + tail_len};
}
