/* The order in which a call is looked at, from the frame to the handler's door and from its outcome to the
 * reply. */
#include "server/front/dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "common/check.h"
#include "common/fields.h"
#include "common/wire.h"
#include "server/front/clock.h"
#include "server/front/people.h"
#include "server/front/registry.h"

#define READ_WINDOW_US (INT64_C(10) * 60 * 1000000)

struct job *job_new(void)
{
    struct arena *a = arena_new(JOB_ARENA_MAX_BYTES);
    struct job *j = a ? arena_alloc(a, sizeof(*j)) : NULL;
    if (!j) {
        arena_free(a);
        return NULL;
    }
    j->arena = a;
    j->call.arena = a;
    j->began_ms = clock_monotonic_ms();
    return j;
}

void job_free(struct job *j)
{
    if (j)
        arena_free(j->arena);
}

enum status dispatch_refuse(struct job *j, const char *reason, const char *field, const char *broke,
                            const char *passes)
{
    struct refusal *why = call_refusal(&j->call);
    const char *what = j->call.rpc ? j->call.rpc->path : "";
    (void)refuse_as(why, (struct refusal){.reason = reason,
                                          .field = field,
                                          .what = what,
                                          .broke = broke,
                                          .passes = passes});
    j->status = refuse_with(&j->call, why);
    return j->status;
}

/* ---- who signed ---- */

static struct bytes field_bytes(const ProtobufCMessage *m, const char *name)
{
    const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);
    return f && f->type == PROTOBUF_C_TYPE_BYTES
               ? request_bytes(*(const ProtobufCBinaryData *)fields_at(m, f))
               : (struct bytes){0};
}

/* The public key that must have signed: the signer's, or for an enrolment the new one that the request
 * brings. */
static enum status find_public_key(struct job *j)
{
    struct call *c = &j->call;
    if (c->rpc->flags & RPC_ENROLL) {
        c->public_key = field_bytes(j->request, "public_key");
        if (c->public_key.len != sizeof(struct sign_public))
            return dispatch_refuse(j, "BAD_FIELD", "public_key", "", "32");
        struct sign_public p;
        memcpy(p.b, c->public_key.data, sizeof(p.b));
        struct hash id = sign_key_id(&p);
        if (c->key_id.len != HASH_BYTES || memcmp(id.b, c->key_id.data, HASH_BYTES) != 0)
            return dispatch_refuse(j, "KEY_UNKNOWN", "key_id", "", "");
        return STATUS_OK;
    }
    if (c->public_key.len) /* verify brought it along */
        return STATUS_OK;
    if (!people_find(c->key_id, j->arena, &c->actor, &c->public_key))
        return dispatch_refuse(j, "KEY_UNKNOWN", "key_id", hex_text(j->arena, c->key_id.data, c->key_id.len),
                               "");
    return STATUS_OK;
}

static enum status check_signature(struct job *j)
{
    struct sign_public p;
    struct signature s;
    if (j->call.public_key.len != sizeof(p.b) || j->signature.len != sizeof(s.b))
        return dispatch_refuse(j, "SIGNATURE_BAD", "signature", "", "");
    memcpy(p.b, j->call.public_key.data, sizeof(p.b));
    memcpy(s.b, j->signature.data, sizeof(s.b));
    if (!sign_holds(&p, SIGN_COMMAND_CONTEXT, j->command_bytes.data, j->command_bytes.len, &s))
        return dispatch_refuse(j, "SIGNATURE_BAD", "signature", "", "");
    return STATUS_OK;
}

/* A read is signed within ten minutes and comes once, or it brings the token of an open session. */
static enum status check_reader(struct job *j)
{
    struct call *c = &j->call;
    if (c->rpc->flags & RPC_PUBLIC)
        return STATUS_OK;
    if (j->envelope->session.len) {
        struct bytes key_id;
        if (!session_find(request_bytes(j->envelope->session), c->now_us, j->arena, &key_id) ||
            !people_find(key_id, j->arena, &c->actor, &c->public_key))
            return dispatch_refuse(j, "NOT_SIGNED_IN", "session", "", "");
        return STATUS_OK;
    }
    if (!j->signature.len)
        return dispatch_refuse(j, "NOT_SIGNED_IN", "signature", "", "");
    enum status s = find_public_key(j);
    if (s == STATUS_OK)
        s = check_signature(j);
    if (s != STATUS_OK)
        return s;

    int64_t apart = j->command->issued_at_us - c->now_us;
    if (apart > READ_WINDOW_US || apart < -READ_WINDOW_US)
        return dispatch_refuse(j, "CLOCK_OFF", "issued_at_us",
                               arena_printf(j->arena, "%lld", (long long)j->command->issued_at_us),
                               arena_printf(j->arena, "%lld", (long long)c->now_us));
    if (!read_is_fresh(c->key_id, c->request_id, c->now_us))
        return dispatch_refuse(j, "REPLAYED_READ", "request_id", "", "");
    return STATUS_OK;
}

/* ---- the way in ---- */

static enum status open_command(struct job *j, const char *audience)
{
    struct call *c = &j->call;
    const char *why = "";
    j->command_hash = sha256(j->command_bytes.data, j->command_bytes.len);
    ProtobufCMessage *m = wire_unpack(&purser__v1__command__descriptor, j->arena, j->command_bytes.data,
                                      j->command_bytes.len, &why);
    if (!m)
        return dispatch_refuse(j, "FRAME_BAD", "command", why, "");
    if (!wire_validate(m, call_refusal(c)))
        return dispatch_refuse(j, "FRAME_BAD", "command", "text", "");
    j->command = (const PB(Command) *)m;
    c->request_id = request_bytes(j->command->request_id);
    c->key_id = request_bytes(j->command->key_id);
    c->validate_only = j->command->validate_only;
    c->rpc = registry_find(j->command->method);
    if (!c->rpc)
        return dispatch_refuse(j, "METHOD_UNKNOWN", "method", arena_text(j->arena, j->command->method), "");
    if (!(c->rpc->flags & RPC_PUBLIC) && strcmp(j->command->audience, audience) != 0)
        return dispatch_refuse(j, "AUDIENCE_WRONG", "audience", arena_text(j->arena, j->command->audience),
                               audience);
    if (!(c->rpc->flags & RPC_PUBLIC) && c->request_id.len != 16)
        return dispatch_refuse(j, "BAD_FIELD", "request_id",
                               say_int(call_refusal(c), (int64_t)c->request_id.len, "bytes"), "16 bytes");

    j->request = wire_unpack(c->rpc->request, j->arena, j->command->body.data, j->command->body.len, &why);
    if (!j->request)
        return dispatch_refuse(j, "FRAME_BAD", "body", why, "");
    struct refusal *bad = call_refusal(c);
    if (!wire_validate(j->request, bad))
        return j->status = refuse_with(c, bad);
    j->reply = fields_new(c->rpc->reply, j->arena);
    if (!j->reply)
        return dispatch_refuse(j, "TOO_LARGE", "body", "", "");
    return STATUS_OK;
}

enum status dispatch_open_command(struct job *j, struct bytes command, struct bytes signature,
                                  const char *audience)
{
    j->command_bytes = command;
    j->signature = signature;
    enum status s = open_command(j, audience);
    if (s == STATUS_OK)
        s = find_public_key(j);
    if (s == STATUS_OK)
        s = check_signature(j);
    return s;
}

enum status dispatch_open(struct job *j, struct bytes frame, const char *audience)
{
    struct call *c = &j->call;
    const char *why = "";
    c->now_us = clock_now_us();
    c->today = day_of_us(c->now_us);
    ProtobufCMessage *m = wire_unpack(&purser__v1__call__descriptor, j->arena, frame.data, frame.len, &why);
    if (!m)
        return dispatch_refuse(j, "FRAME_BAD", "call", why, "");
    j->envelope = (const PB(Call) *)m;
    j->command_bytes = request_bytes(j->envelope->command);
    j->signature = request_bytes(j->envelope->signature);
    enum status s = open_command(j, audience);
    if (s != STATUS_OK)
        return s;
    if (c->rpc->kind != RPC_WRITE)
        return check_reader(j);

    s = find_public_key(j);
    if (s == STATUS_OK)
        s = check_signature(j);
    return s;
}

enum status dispatch_admit(struct job *j)
{
    struct call *c = &j->call;
    if (c->rpc->flags & RPC_PUBLIC)
        return STATUS_OK;
    if (!(c->actor.roles & c->rpc->roles))
        return dispatch_refuse(j, "ROLE_FORBIDS", "method", roles_text(j->arena, c->actor.roles),
                               roles_text(j->arena, c->rpc->roles));
    c->scope.unit_id = c->actor.roles & ROLE_SEES_ALL ? "" : c->actor.unit_id;
    return STATUS_OK;
}

/* ---- the way out ---- */

static PB(Problem) *problem_of(struct job *j, const struct refusal *why)
{
    PB(Problem) *p = (PB(Problem) *)fields_new(&purser__v1__problem__descriptor, j->arena);
    if (!p)
        return NULL;
    const struct reason *reason = reason_find(why->reason);
    const struct law *law = why->rule ? law_find(why->rule) : NULL;
    p->reason = reply_text(why->reason);
    p->text_zh = reply_text(refusal_text(why, true));
    p->text_en = reply_text(refusal_text(why, false));
    p->field = reply_text(why->field ? why->field : "");
    p->rule = reply_text(why->rule ? why->rule : "");
    p->broke = reply_text(why->broke ? why->broke : "");
    p->passes = reply_text(why->passes ? why->passes : "");
    p->hint = reply_text(reason && reason->hint ? reason->hint : "");
    p->article_zh = reply_text(law ? law->article_zh : "");
    p->article_en = reply_text(law ? law->article_en : "");
    p->rule_from_date = reply_text(law ? law->from_date : "");
    return p;
}

/* The status message in the arena; NULL only when the arena is full. */
static PB(Status) *status_of(struct job *j)
{
    PB(Status) *s = (PB(Status) *)fields_new(&purser__v1__status__descriptor, j->arena);
    if (!s)
        return NULL;
    s->code = (PB(Code))j->status;
    size_t n = j->status == STATUS_OK ? 0 : (size_t)j->call.refusals_count;
    s->problems = arena_array(j->arena, n + 1, sizeof(*s->problems));
    for (size_t i = 0; i < n && s->problems; i++) {
        s->problems[i] = problem_of(j, &j->call.refusals[i]);
        if (!s->problems[i])
            return NULL;
        s->n_problems = i + 1;
    }
    return s;
}

struct hash dispatch_outcome(struct job *j)
{
    struct bytes status = wire_pack(&status_of(j)->base, j->arena);
    struct bytes body = j->status == STATUS_OK ? wire_pack(j->reply, j->arena) : (struct bytes){0};
    uint8_t *both = arena_alloc(j->arena, status.len + body.len + 1);
    if (!both)
        return (struct hash){{0}};
    if (status.len)
        memcpy(both, status.data, status.len);
    if (body.len)
        memcpy(both + status.len, body.data, body.len);
    return sha256(both, status.len + body.len);
}

void dispatch_pack(struct job *j, const PB(Receipt) *receipt)
{
    PB(Reply) reply = PURSER__V1__REPLY__INIT;
    reply.status = status_of(j);
    if (j->status == STATUS_OK) {
        struct bytes body = wire_pack(j->reply, j->arena);
        reply.body = reply_bytes(body);
    }
    reply.request_id = reply_bytes(j->call.request_id);
    reply.receipt = (PB(Receipt) *)(uintptr_t)receipt;
    j->answer = wire_pack(&reply.base, j->arena);
}

struct bytes dispatch_frame(struct job *j)
{
    PB(Reply) tail =
        PURSER__V1__REPLY__INIT; /* protobuf messages are joined by putting their bytes together */
    tail.replayed = j->is_replayed;
    tail.server_time_us = clock_now_us();
    uint8_t room[64];
    size_t tail_len = protobuf_c_message_get_packed_size(&tail.base);
    PRE(tail_len <= sizeof(room));
    (void)protobuf_c_message_pack(&tail.base, room);
    uint8_t *frame = arena_alloc(j->arena, j->answer.len + tail_len);
    if (!frame)
        return j->answer;
    if (j->answer.len)
        memcpy(frame, j->answer.data, j->answer.len);
    memcpy(frame + j->answer.len, room, tail_len);
    return (struct bytes){frame, j->answer.len + tail_len};
}
