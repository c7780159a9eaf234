/* One command, decided: signer, facts, rules, queued writes. */
#include "server/front/apply.h"

#include <string.h>

#include "common/fields.h"
#include "common/log.h"
#include "common/wire.h"
#include "server/domain/unit/unit.h"
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

/* In a copy of the request: another attempt begins with what was sent. */
static bool resolve_references(struct job *j, apply_find *find, void *ctx)
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

/* ---- facts ---- */

static void set_actor(struct call *c, const struct signer *s)
{
    c->actor = (struct actor){s->person_id, s->name, s->unit_id, (uint32_t)s->roles, c->key_id};
    c->scope.unit_id = c->actor.roles & (ROLE_SEES_ALL | ROLE_SYSTEM) ? "" : s->unit_id;
}

/* Loads the signer as of now, and with it the facts when the scope is already known from the cache. */
static enum status load(struct db *db, struct job *j, struct signer *signer, void *facts,
                        struct db_error *reterr)
{
    struct call *c = &j->call;
    bool is_enrolment = c->rpc->flags & RPC_ENROLL;
    bool knows_actor = c->actor.person_id != NULL;
    if (is_enrolment) {
        c->actor = (struct actor){.person_id = "", .name = "", .unit_id = "", .key_id = c->key_id};
        c->scope.unit_id = "";
    } else {
        unit_want_signer(db, c->key_id, c->today, signer);
    }
    if (knows_actor)
        c->scope.unit_id = c->actor.roles & (ROLE_SEES_ALL | ROLE_SYSTEM) ? "" : c->actor.unit_id;
    if (is_enrolment || knows_actor)
        c->rpc->load(c, j->request, facts);
    enum status s = db_run(db, reterr);
    if (s != STATUS_OK || is_enrolment || !signer->is_found)
        return s;

    const char *assumed = c->scope.unit_id;
    set_actor(c, signer);
    if (knows_actor && strcmp(assumed, c->scope.unit_id) == 0)
        return STATUS_OK;
    memset(facts, 0, c->rpc->facts_size);
    c->rpc->load(c, j->request, facts);
    return db_run(db, reterr);
}

static bool may(struct job *j, const struct signer *signer)
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

/* A handler refuses before it writes; one that does not is ours to mend, and must not take the server down.
 */
static void refuse_half_done(struct job *j)
{
    log_error("%s: refused after it had begun to write", j->call.rpc->path);
    db_forget(j->call.tx);
    j->call.refusals_count = 0;
    (void)job_refuse(j, "INTERNAL", "", "", "");
}

static enum status decide(struct job *j, struct signer *signer, void *facts, struct db_error *reterr)
{
    struct call *c = &j->call;
    enum status s = load(c->tx, j, signer, facts, reterr);
    if (s != STATUS_OK || !may(j, signer))
        return s;
    if (c->rpc->follow) {
        c->rpc->follow(c, j->request, facts);
        s = db_run(c->tx, reterr);
        if (s != STATUS_OK)
            return s;
    }

    j->status = c->rpc->decide(c, j->request, facts, j->reply);
    if (j->status != STATUS_OK && db_queued(c->tx) != 0)
        refuse_half_done(j);
    if (j->status == STATUS_INTERNAL || j->status == STATUS_UNAVAILABLE ||
        j->status == STATUS_RESOURCE_EXHAUSTED)
        j->is_final = false;
    if (c->validate_only)
        db_forget(c->tx);
    return STATUS_OK;
}

enum status apply_command(struct db *db, struct job *j, apply_find *find, void *ctx, struct db_error *reterr)
{
    struct signer signer = {0};
    enum status s = STATUS_OK;
    void *facts = arena_alloc(j->arena, j->call.rpc->facts_size + 1);
    if (!facts || !j->reply)
        return STATUS_RESOURCE_EXHAUSTED;
    j->call.tx = db;
    db_use_arena(db, j->arena);
    j->is_final = true;
    if (resolve_references(j, find, ctx))
        s = decide(j, &signer, facts, reterr);
    bool is_stranger = j->call.rpc->flags & RPC_ENROLL; /* nobody yet: what he is refused is not kept */
    if (j->call.validate_only || (is_stranger && j->status != STATUS_OK))
        j->is_final = false;
    if (s == STATUS_OK && arena_is_full(j->arena)) /* what was decided on may be cut short */
        return STATUS_RESOURCE_EXHAUSTED;
    return s;
}

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
