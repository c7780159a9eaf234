/* What belongs to one command alone: its references to earlier ones, whether its signer may, its entry. */
#include "server/front/apply.h"

#include <string.h>

#include "common/fields.h"
#include "common/wire.h"
#include "server/front/registry.h"
#include "server/front/reply.h"

/* ---- references to earlier commands: an id field may hold @<request id>, and so may an etag ---- */

static bool parse_uuid(const char *text, uint8_t ret[16])
{
    char hex[33];
    size_t n = 0;
    for (; *text; text++) {
        if (*text == '-')
            continue;
        if (n == 32)
            return false;
        hex[n++] = *text;
    }
    hex[n] = 0;
    return n == 32 && hex_parse(hex, ret, 16);
}

/* The string field `name` of a reply, or of a message one level below it; NULL when there is none. */
static const char *find_text(const ProtobufCMessage *m, const char *name, int depth)
{
    const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);
    if (f && f->type == PROTOBUF_C_TYPE_STRING && f->label != PROTOBUF_C_LABEL_REPEATED)
        return *(char *const *)fields_at(m, f);
    for (unsigned i = 0; depth > 0 && i < m->descriptor->n_fields; i++) {
        f = &m->descriptor->fields[i];
        if (f->type != PROTOBUF_C_TYPE_MESSAGE || f->label == PROTOBUF_C_LABEL_REPEATED)
            continue;
        const ProtobufCMessage *inner = *(ProtobufCMessage *const *)fields_at(m, f);
        const char *text = inner ? find_text(inner, name, depth - 1) : NULL;
        if (text)
            return text;
    }
    return NULL;
}

/* "budget_id", "id" and "etag" may refer; a text that begins with @ is a text. */
static bool may_refer(const ProtobufCFieldDescriptor *f)
{
    size_t len = strlen(f->name);
    return f->type == PROTOBUF_C_TYPE_STRING && f->label != PROTOBUF_C_LABEL_REPEATED &&
           (strcmp(f->name, "etag") == 0 || strcmp(f->name, "id") == 0 ||
            (len > 3 && strcmp(f->name + len - 3, "_id") == 0));
}

/* What the earlier command's reply says for this field; NULL when it says nothing or refused. */
static const char *referred(struct job *j, const char *field, const char *method, struct bytes stored)
{
    const char *why;
    const struct rpc *rpc = registry_find(method);
    PB(Reply) *reply = (PB(Reply) *)wire_unpack(&purser__v1__reply__descriptor, j->arena, stored.data,
                                                stored.len, &why);
    if (!rpc || !reply || (reply->status && reply->status->code != PURSER__V1__CODE__OK))
        return NULL;
    const ProtobufCMessage *body = wire_unpack(rpc->reply, j->arena, reply->body.data, reply->body.len, &why);
    const char *text = body ? find_text(body, field, 1) : NULL;
    if (body && !text && strcmp(field, "etag") != 0)
        text = find_text(body, "id", 1);
    return text && *text ? text : NULL;
}

/* A command that was never heard of may still come: then the refusal is not for ever. */
static bool resolve_field(struct job *j, const ProtobufCFieldDescriptor *f, apply_find *find, void *ctx)
{
    char **value = fields_at(j->request, f);
    uint8_t *id = arena_alloc(j->arena, 16);
    const char *method = NULL, *text = NULL;
    struct bytes stored;
    bool is_id = id && parse_uuid(*value + 1, id);
    bool is_known = is_id && find(ctx, (struct bytes){id, 16}, j->call.key_id, &method, &stored);
    if (is_known)
        text = referred(j, f->name, method, stored);
    if (text) {
        *value = reply_text(text);
        return true;
    }
    (void)job_refuse(j, "REFERENCE_UNKNOWN", f->name, *value + 1, "");
    j->is_final = is_known || !is_id;
    return false;
}

bool apply_refers(const struct job *j)
{
    const ProtobufCMessageDescriptor *d = j->request->descriptor;
    for (unsigned i = 0; i < d->n_fields; i++)
        if (may_refer(&d->fields[i]) && **(char **)fields_at(j->request, &d->fields[i]) == '@')
            return true;
    return false;
}

/* In a copy of the request: another attempt begins with what was sent. */
bool apply_resolve(struct job *j, apply_find *find, void *ctx)
{
    const ProtobufCMessageDescriptor *d = j->request->descriptor;
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        if (!may_refer(f) || **(char **)fields_at(j->request, f) != '@')
            continue;
        if (j->request == j->opened.request) {
            ProtobufCMessage *copy = arena_alloc(j->arena, d->sizeof_message);
            if (!copy)
                return false; /* the arena is full, which the caller sees */
            j->request = memcpy(copy, j->request, d->sizeof_message);
        }
        if (!resolve_field(j, f, find, ctx))
            return false;
    }
    return true;
}

/* ---- permission ---- */

bool apply_may(struct job *j, const struct signer *signer)
{
    struct call *c = &j->call;
    if (j->command->not_after_us && c->now_us > j->command->not_after_us) {
        (void)job_refuse(j, "EXPIRED", "not_after_us",
                         day_text(j->arena, day_of_us(j->command->not_after_us)),
                         day_text(j->arena, c->today));
        return false;
    }
    if (c->rpc->flags & RPC_ENROLL)
        return true;
    struct refusal *why = call_refusal(c);
    if (!signer_may(signer, j->command->issued_at_us, c->now_us, why)) {
        j->status = refuse_with(c, why);
        return false;
    }
    uint32_t who = c->rpc->flags & RPC_SYSTEM ? ROLE_SYSTEM : c->rpc->roles;
    if (!(c->actor.roles & who)) {
        (void)job_refuse(j, "ROLE_FORBIDS", "method", roles_text(j->arena, c->actor.roles),
                         roles_text(j->arena, who));
        return false;
    }
    return true;
}

/* ---- the entry ---- */

void apply_concern_actor(struct job *j)
{
    if (*j->call.actor.unit_id)
        call_concerns(&j->call, j->call.actor.unit_id);
}

bool apply_entry(struct job *j)
{
    struct call *c = &j->call;
    struct hash outcome;
    if (!reply_outcome(j, &outcome))
        return false;
    PB(Entry) e = PURSER__V1__ENTRY__INIT;
    e.version = 1;
    e.index = c->index;
    e.now_us = c->now_us;
    e.behaviour = BEHAVIOUR;
    e.command = reply_bytes(j->command_bytes);
    e.signature = reply_bytes(j->signature);
    e.outcome_digest = (ProtobufCBinaryData){HASH_BYTES, outcome.b};
    e.n_units = (size_t)c->units_count;
    e.units = (char **)(uintptr_t)c->units;
    j->entry = wire_pack(&e.base, j->arena);
    return j->entry.data && !arena_is_full(j->arena);
}
