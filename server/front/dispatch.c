/* The order in which a call is looked at, from the frame to the handler's door. */
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
            return job_refuse(j, "BAD_FIELD", "public_key", "", "32");
        struct sign_public p;
        memcpy(p.b, c->public_key.data, sizeof(p.b));
        struct hash id = sign_key_id(&p);
        if (c->key_id.len != HASH_BYTES || memcmp(id.b, c->key_id.data, HASH_BYTES) != 0)
            return job_refuse(j, "KEY_UNKNOWN", "key_id", "", "");
        return STATUS_OK;
    }
    if (c->public_key.len) /* verify brought it along */
        return STATUS_OK;
    if (!people_find(c->key_id, j->arena, &c->actor, &c->public_key))
        return job_refuse(j, "KEY_UNKNOWN", "key_id", hex_text(j->arena, c->key_id.data, c->key_id.len), "");
    return STATUS_OK;
}

static enum status check_signature(struct job *j)
{
    struct sign_public p;
    struct signature s;
    if (j->call.public_key.len != sizeof(p.b) || j->signature.len != sizeof(s.b))
        return job_refuse(j, "SIGNATURE_BAD", "signature", "", "");
    memcpy(p.b, j->call.public_key.data, sizeof(p.b));
    memcpy(s.b, j->signature.data, sizeof(s.b));
    if (!sign_holds(&p, SIGN_COMMAND_CONTEXT, j->command_bytes.data, j->command_bytes.len, &s))
        return job_refuse(j, "SIGNATURE_BAD", "signature", "", "");
    return STATUS_OK;
}

/* Signed within ten minutes and since the server came up, for what was read before that is forgotten. */
static bool is_timely(int64_t issued_us, int64_t now_us)
{
    return issued_us <= now_us + READ_WINDOW_US && issued_us >= now_us - READ_WINDOW_US &&
           issued_us >= now_us - clock_uptime_us();
}

/* A read is signed and comes once, or it brings the token of an open session. */
static enum status check_reader(struct job *j)
{
    struct call *c = &j->call;
    if (c->rpc->flags & RPC_PUBLIC)
        return STATUS_OK;
    if (j->envelope->session.len) {
        struct bytes key_id;
        if (!session_find(request_bytes(j->envelope->session), c->now_us, j->arena, &key_id) ||
            !people_find_reader(key_id, j->arena, &c->actor, &c->public_key))
            return job_refuse(j, "NOT_SIGNED_IN", "session", "", "");
        return STATUS_OK;
    }
    if (!j->signature.len)
        return job_refuse(j, "NOT_SIGNED_IN", "signature", "", "");
    enum status s = find_public_key(j);
    if (s == STATUS_OK)
        s = check_signature(j);
    if (s != STATUS_OK)
        return s;
    if (!people_find_reader(c->key_id, j->arena, &c->actor,
                            &c->public_key)) /* its commands are good, it reads no more */
        return job_refuse(j, "KEY_REVOKED", "key_id", "", "");

    if (!is_timely(j->command->issued_at_us, c->now_us))
        return job_refuse(j, "CLOCK_OFF", "issued_at_us",
                          arena_printf(j->arena, "%lld", (long long)j->command->issued_at_us),
                          arena_printf(j->arena, "%lld", (long long)c->now_us));
    switch (read_once(c->key_id, c->request_id, c->now_us, j->command->issued_at_us + READ_WINDOW_US)) {
    case ONCE_FRESH:
        return STATUS_OK;
    case ONCE_SEEN:
        return job_refuse(j, "REPLAYED_READ", "request_id", "", "");
    case ONCE_CROWDED:
        break;
    }
    return job_refuse(j, "BUSY", "", "", "");
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
        return job_refuse(j, "FRAME_BAD", "command", why, "");
    if (!wire_validate(m, call_refusal(c)))
        return job_refuse(j, "FRAME_BAD", "command", "text", "");
    j->command = (const PB(Command) *)m;
    c->request_id = request_bytes(j->command->request_id);
    c->key_id = request_bytes(j->command->key_id);
    c->validate_only = j->command->validate_only;
    c->rpc = registry_find(j->command->method);
    if (!c->rpc)
        return job_refuse(j, "METHOD_UNKNOWN", "method", arena_text(j->arena, j->command->method), "");
    if (!(c->rpc->flags & RPC_PUBLIC) && strcmp(j->command->audience, audience) != 0)
        return job_refuse(j, "AUDIENCE_WRONG", "audience", arena_text(j->arena, j->command->audience),
                          audience);
    if (!(c->rpc->flags & RPC_PUBLIC) && c->request_id.len != 16)
        return job_refuse(j, "BAD_FIELD", "request_id",
                          say_int(call_refusal(c), (int64_t)c->request_id.len, "bytes"), "16 bytes");

    j->request = wire_unpack(c->rpc->request, j->arena, j->command->body.data, j->command->body.len, &why);
    if (!j->request)
        return job_refuse(j, "FRAME_BAD", "body", why, "");
    struct refusal *bad = call_refusal(c);
    if (!wire_validate(j->request, bad))
        return j->status = refuse_with(c, bad);
    if (c->validate_only && c->rpc->kind != RPC_WRITE)
        return job_refuse(j, "NOT_A_WRITE", "validate_only", "", "");
    j->reply = fields_new(c->rpc->reply, j->arena);
    if (!j->reply)
        return job_refuse(j, "TOO_LARGE", "body", "", "");
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

enum status dispatch_open_entry(struct job *j, struct bytes command, struct bytes signature,
                                const char *audience)
{
    j->command_bytes = command;
    j->signature = signature;
    enum status s = open_command(j, audience);
    return s == STATUS_OK && j->call.rpc->flags & RPC_ENROLL ? find_public_key(j) : s;
}

static enum status open_frame(struct job *j, struct bytes frame, const char *audience)
{
    const char *why = "";
    ProtobufCMessage *m = wire_unpack(&purser__v1__call__descriptor, j->arena, frame.data, frame.len, &why);
    if (!m)
        return job_refuse(j, "FRAME_BAD", "call", why, "");
    j->envelope = (const PB(Call) *)m;
    j->command_bytes = request_bytes(j->envelope->command);
    j->signature = request_bytes(j->envelope->signature);
    enum status s = open_command(j, audience);
    if (s != STATUS_OK)
        return s;
    if (j->call.rpc->kind != RPC_WRITE)
        return check_reader(j);

    s = find_public_key(j);
    return s == STATUS_OK ? check_signature(j) : s;
}

enum status dispatch_open(struct job *j, struct bytes frame, const char *audience)
{
    j->call.now_us = clock_now_us();
    j->call.today = day_of_us(j->call.now_us);
    enum status s = open_frame(j, frame, audience);
    if (s == STATUS_OK && arena_is_full(j->arena)) /* something was not copied */
        s = job_refuse(j, job_full_reason(j), "", "", "");
    return s;
}

enum status dispatch_admit(struct job *j)
{
    struct call *c = &j->call;
    if (c->rpc->flags & RPC_PUBLIC)
        return STATUS_OK;
    if (!(c->actor.roles & c->rpc->roles))
        return job_refuse(j, "ROLE_FORBIDS", "method", roles_text(j->arena, c->actor.roles),
                          roles_text(j->arena, c->rpc->roles));
    c->scope.unit_id = c->actor.roles & ROLE_SEES_ALL ? "" : c->actor.unit_id;
    return STATUS_OK;
}
