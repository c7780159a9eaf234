/* People, their roles and their keys: what happens to an account after it was proposed. */
#include <string.h>

#include "common/check.h"
#include "common/sign.h"
#include "common/text.h"
#include "server/domain/unit/unit_door.h"

#define ROTATE_CONTEXT "purser-rotate-v1"

/* ---- an account is confirmed, refused, suspended ---- */

static void load_person(struct call *c, const char *id, struct person_facts *f)
{
    person_want(c->tx, &c->scope, id, c->today, &f->person);
    officers_want_others(c->tx, id, c->today, &f->others);
}

/* The step of an account by whoever signed; what hangs on it is the caller's business. */
static bool person_may(struct call *c, const struct person *p, int event, const char *etag, int *ret_to)
{
    struct refusal *why = call_refusal(c);
    if (!p->is_found) {
        (void)refuse(why, "NOT_FOUND", .field = "person_id");
        refuse_add(c, why);
        return false;
    }
    if (!call_etag_is(c, etag, p->version, p->id))
        return false;
    if (lifecycle_next(&person_life, p->state, event, c->actor.roles, ret_to, why))
        return true;
    why->what = p->id;
    refuse_add(c, why);
    return false;
}

static bool has_opinion(struct call *c, const char *what, const char *opinion)
{
    if (!text_is_blank(opinion))
        return true;
    struct refusal *why = call_refusal(c);
    (void)refuse(why, "OPINION_MISSING", .field = "opinion", .rule = "G-d", .what = what);
    refuse_add(c, why);
    return false;
}

static void step_person(struct call *c, const struct person *p, const char *event, int to_state,
                        const char *opinion)
{
    const struct person_step s = {.event = event,
                                  .actor_id = c->actor.person_id,
                                  .opinion = opinion,
                                  .to_state = to_state,
                                  .at_us = c->now_us};
    person_step(c->tx, p, &s);
    people_changed(c->tx);
    call_concerns(c, p->unit_id);
}

void person_confirm_load(struct call *c, const PB(ConfirmPersonRequest) *req, struct person_facts *f)
{
    load_person(c, req->person_id, f);
}

enum status person_confirm(struct call *c, const PB(ConfirmPersonRequest) *req, const struct person_facts *f,
                           PB(ConfirmPersonResponse) *reply)
{
    const struct person *p = &f->person;
    struct refusal *why = call_refusal(c);
    int to = 0;
    if (!person_may(c, p, PERSON_CONFIRM, req->etag, &to))
        return refuse_all(c);
    if (!grant_is_by_another(p->id, p->proposed_by, c->actor.person_id, why))
        return refuse_with(c, why);

    step_person(c, p, "CONFIRM", to, "");
    grants_settle(c->tx, p->id, GRANT_CONFIRMED);
    invites_settle(c->tx, p->id, INVITE_PROPOSED, INVITE_OPEN);
    reply->person_id = reply_text(p->id);
    reply->person_state = (PB(PersonState))to;
    reply->etag = reply_text(call_etag(c, p->version + 1));
    return STATUS_OK;
}

void person_refuse_load(struct call *c, const PB(RefusePersonRequest) *req, struct person_facts *f)
{
    load_person(c, req->person_id, f);
}

enum status person_refuse(struct call *c, const PB(RefusePersonRequest) *req, const struct person_facts *f,
                          PB(RefusePersonResponse) *reply)
{
    const struct person *p = &f->person;
    int to = 0;
    if (!person_may(c, p, PERSON_REFUSE, req->etag, &to) || !has_opinion(c, p->id, req->opinion))
        return refuse_all(c);

    step_person(c, p, "REFUSE", to, req->opinion);
    grants_settle(c->tx, p->id, GRANT_REFUSED);
    invites_settle(c->tx, p->id, INVITE_PROPOSED, INVITE_CLOSED);
    reply->person_id = reply_text(p->id);
    reply->person_state = (PB(PersonState))to;
    reply->etag = reply_text(call_etag(c, p->version + 1));
    return STATUS_OK;
}

void person_suspend_load(struct call *c, const PB(SuspendPersonRequest) *req, struct person_facts *f)
{
    load_person(c, req->person_id, f);
}

enum status person_suspend(struct call *c, const PB(SuspendPersonRequest) *req, const struct person_facts *f,
                           PB(SuspendPersonResponse) *reply)
{
    const struct person *p = &f->person;
    struct refusal *why = call_refusal(c);
    int to = 0;
    if (!person_may(c, p, PERSON_SUSPEND, req->etag, &to) || !has_opinion(c, p->id, req->opinion))
        return refuse_all(c);
    if (!office_stays_filled((uint32_t)p->roles, f->others.leaders, f->others.operators, p->id, why))
        return refuse_with(c, why);

    step_person(c, p, "SUSPEND", to, req->opinion);
    invites_settle(c->tx, p->id, INVITE_PROPOSED, INVITE_CLOSED);
    invites_settle(c->tx, p->id, INVITE_OPEN, INVITE_CLOSED);
    reply->person_id = reply_text(p->id);
    reply->person_state = (PB(PersonState))to;
    reply->etag = reply_text(call_etag(c, p->version + 1));
    return STATUS_OK;
}

/* ---- a role is proposed, confirmed, refused, revoked ---- */

void role_propose_load(struct call *c, const PB(ProposeRoleRequest) *req, struct role_facts *f)
{
    city_want(c->tx, &f->city);
    person_want(c->tx, &c->scope, req->person_id, c->today, &f->person);
    f->grant_numbers = call_want_number(c, "grant");
}

static bool is_active(const struct person *p, struct refusal *why)
{
    if (p->state == PERSON_ACTIVE)
        return true;
    return refuse(why, "PERSON_INACTIVE", .field = "person_id", .what = p->id,
                  .broke = names_said(why->arena, &person_states, p->state),
                  .passes = names_said(why->arena, &person_states, PERSON_ACTIVE));
}

static bool days_are_sound(const PB(ProposeRoleRequest) *req, struct day today, struct day *ret_from,
                           struct day *ret_to, struct refusal *why)
{
    *ret_from = today;
    *ret_to = DAY_NONE;
    if (*req->valid_from_date && (!day_parse_iso(req->valid_from_date, ret_from) || ret_from->n < today.n))
        return refuse(why, "BAD_FIELD", .field = "valid_from_date", .broke = req->valid_from_date,
                      .passes = say_text(why, "≥ %s", day_text(why->arena, today)));
    if (*req->valid_to_date && (!day_parse_iso(req->valid_to_date, ret_to) || ret_to->n < ret_from->n))
        return refuse(why, "BAD_FIELD", .field = "valid_to_date", .broke = req->valid_to_date,
                      .passes = say_text(why, "≥ %s", day_text(why->arena, *ret_from)));
    return true;
}

enum status role_propose(struct call *c, const PB(ProposeRoleRequest) *req, const struct role_facts *f,
                         PB(ProposeRoleResponse) *reply)
{
    const struct person *p = &f->person;
    struct refusal *why = call_refusal(c);
    struct day from, to;
    if (!p->is_found)
        return refuse_missing(c, "person_id", req->person_id);
    if (!is_active(p, why) || !grant_is_by_another(p->id, "", c->actor.person_id, why) ||
        !role_fits_unit((int)req->role, p->unit_id, &f->city.offices, why) ||
        !roles_are_compatible((uint32_t)p->roles | ROLE_BIT(req->role), p->id, why) ||
        !days_are_sound(req, c->today, &from, &to, why))
        return refuse_with(c, why);

    const struct grant g = {.id = arena_printf(c->arena, "G%05lld",
                                               (long long)call_take_number(c, f->grant_numbers)),
                            .person_id = p->id,
                            .proposed_by = c->actor.person_id,
                            .role = (int)req->role,
                            .state = GRANT_PROPOSED,
                            .valid_from = from,
                            .valid_to = to};
    grant_insert(c->tx, &g);
    step_person(c, p, arena_printf(c->arena, "PROPOSE %s", names_of(&role_names, g.role)), p->state, "");
    reply->grant_id = reply_text(g.id);
    reply->etag = reply_text(call_etag(c, 1));
    return STATUS_OK;
}

static void load_grant(struct call *c, const char *id, struct role_facts *f)
{
    grant_want(c->tx, id, &f->grant);
    grant_want_person(c->tx, id, c->today, &f->person);
}

/* The step of a grant by whoever signed. Files what is wrong. */
static bool grant_may(struct call *c, const struct role_facts *f, const char *id, const char *etag, int event,
                      int *ret_to)
{
    struct refusal *why = call_refusal(c);
    if (!f->grant.is_found || !f->person.is_found || !scope_covers(&c->scope, f->person.unit_id)) {
        (void)refuse(why, "NOT_FOUND", .field = "grant_id", .what = id);
        refuse_add(c, why);
        return false;
    }
    if (!call_etag_is(c, etag, f->grant.version, f->grant.id))
        return false;
    if (lifecycle_next(&grant_life, f->grant.state, event, c->actor.roles, ret_to, why))
        return true;
    why->what = f->grant.id;
    refuse_add(c, why);
    return false;
}

static void move_grant(struct call *c, const struct role_facts *f, const char *event, int to,
                       const char *opinion)
{
    grant_move(c->tx, &f->grant, to);
    step_person(c, &f->person, arena_printf(c->arena, "%s %s", event, names_of(&role_names, f->grant.role)),
                f->person.state, opinion);
}

void role_confirm_load(struct call *c, const PB(ConfirmRoleRequest) *req, struct role_facts *f)
{
    load_grant(c, req->grant_id, f);
}

enum status role_confirm(struct call *c, const PB(ConfirmRoleRequest) *req, const struct role_facts *f,
                         PB(ConfirmRoleResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    int to = 0;
    if (!grant_may(c, f, req->grant_id, req->etag, GRANT_CONFIRM, &to))
        return refuse_all(c);
    if (!grant_is_by_another(f->person.id, f->grant.proposed_by, c->actor.person_id, why) ||
        !is_active(&f->person, why) ||
        !roles_are_compatible((uint32_t)f->person.roles | ROLE_BIT(f->grant.role), f->person.id, why))
        return refuse_with(c, why);

    move_grant(c, f, "CONFIRM", to, "");
    reply->grant_state = (PB(GrantState))to;
    reply->etag = reply_text(call_etag(c, f->grant.version + 1));
    return STATUS_OK;
}

void role_refuse_load(struct call *c, const PB(RefuseRoleRequest) *req, struct role_facts *f)
{
    load_grant(c, req->grant_id, f);
}

enum status role_refuse(struct call *c, const PB(RefuseRoleRequest) *req, const struct role_facts *f,
                        PB(RefuseRoleResponse) *reply)
{
    int to = 0;
    if (!grant_may(c, f, req->grant_id, req->etag, GRANT_REFUSE, &to) ||
        !has_opinion(c, req->grant_id, req->opinion))
        return refuse_all(c);

    move_grant(c, f, "REFUSE", to, req->opinion);
    reply->grant_state = (PB(GrantState))to;
    reply->etag = reply_text(call_etag(c, f->grant.version + 1));
    return STATUS_OK;
}

/* Holders of the same office are looked up once it is known whose grant this is. */
void role_revoke_load(struct call *c, const PB(RevokeRoleRequest) *req, struct role_facts *f)
{
    load_grant(c, req->grant_id, f);
}

void role_revoke_follow(struct call *c, const PB(RevokeRoleRequest) *req, struct role_facts *f)
{
    (void)req;
    if (f->person.is_found)
        officers_want_others(c->tx, f->person.id, c->today, &f->others);
}

enum status role_revoke(struct call *c, const PB(RevokeRoleRequest) *req, const struct role_facts *f,
                        PB(RevokeRoleResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    int to = 0;
    if (!grant_may(c, f, req->grant_id, req->etag, GRANT_REVOKE, &to) ||
        !has_opinion(c, req->grant_id, req->opinion))
        return refuse_all(c);
    const uint32_t loses = f->grant.state == GRANT_CONFIRMED ? ROLE_BIT(f->grant.role) : 0;
    if (loses & ROLE_SYSTEM) {
        (void)refuse(why, "ROLE_NOT_GRANTABLE", .field = "grant_id", .broke = "SYSTEM");
        return refuse_with(c, why);
    }
    if (!office_stays_filled(loses, f->others.leaders, f->others.operators, f->person.id, why))
        return refuse_with(c, why);

    move_grant(c, f, "REVOKE", to, req->opinion);
    reply->grant_state = (PB(GrantState))to;
    reply->etag = reply_text(call_etag(c, f->grant.version + 1));
    return STATUS_OK;
}

/* ---- a new invite for somebody who is known ---- */

void invite_propose_load(struct call *c, const PB(ProposeInviteRequest) *req, struct invite_facts *f)
{
    person_want(c->tx, &c->scope, req->person_id, c->today, &f->person);
    invite_want(c->tx, request_bytes(req->invite_hash), &f->invite);
}

enum status invite_propose(struct call *c, const PB(ProposeInviteRequest) *req, const struct invite_facts *f,
                           PB(ProposeInviteResponse) *reply)
{
    const struct person *p = &f->person;
    struct refusal *why = call_refusal(c);
    if (!p->is_found)
        return refuse_missing(c, "person_id", req->person_id);
    if (!is_32_bytes(c, "invite_hash", req->invite_hash) || !call_etag_is(c, req->etag, p->version, p->id))
        return refuse_all(c);
    if (!is_active(p, why) || !invite_expiry_is_sound(req->invite_expires_us, c->now_us, why))
        return refuse_with(c, why);
    if (f->invite.is_found || (p->roles & ROLE_SYSTEM)) {
        (void)refuse(why, "ALREADY_EXISTS", .field = "invite_hash", .what = p->id);
        return refuse_with(c, why);
    }

    const struct invite i = {.person_id = p->id,
                             .proposed_by = c->actor.person_id,
                             .state = INVITE_PROPOSED,
                             .expires_us = req->invite_expires_us};
    invite_insert(c->tx, request_bytes(req->invite_hash), &i);
    step_person(c, p, "PROPOSE INVITE", p->state, "");
    reply->invite_id = reply_text(hex_text(c->arena, req->invite_hash.data, req->invite_hash.len));
    reply->etag = reply_text(call_etag(c, p->version + 1));
    return STATUS_OK;
}

void invite_confirm_load(struct call *c, const PB(ConfirmInviteRequest) *req, struct invite_facts *f)
{
    uint8_t *hash = arena_alloc(c->arena, HASH_BYTES);
    person_want(c->tx, &c->scope, req->person_id, c->today, &f->person);
    if (hash && hex_parse(req->invite_id, hash, HASH_BYTES)) {
        f->hash = (struct bytes){hash, HASH_BYTES};
        invite_want(c->tx, f->hash, &f->invite);
    }
}

/* Two persons, because a new invite would let its maker sign as somebody else. */
enum status invite_confirm(struct call *c, const PB(ConfirmInviteRequest) *req, const struct invite_facts *f,
                           PB(ConfirmInviteResponse) *reply)
{
    const struct person *p = &f->person;
    struct refusal *why = call_refusal(c);
    if (!p->is_found)
        return refuse_missing(c, "person_id", req->person_id);
    if (!f->invite.is_found || strcmp(f->invite.person_id, p->id) != 0)
        return refuse_missing(c, "invite_id", req->invite_id);
    if (!call_etag_is(c, req->etag, p->version, p->id))
        return refuse_all(c);
    if (f->invite.state != INVITE_PROPOSED) {
        (void)refuse(why, "STATE_FORBIDS", .field = "invite_id", .what = p->id,
                     .broke = names_said(c->arena, &invite_states, f->invite.state),
                     .passes = names_said(c->arena, &invite_states, INVITE_PROPOSED));
        return refuse_with(c, why);
    }
    if (!is_active(p, why) || !grant_is_by_another(p->id, f->invite.proposed_by, c->actor.person_id, why))
        return refuse_with(c, why);

    invite_open(c->tx, f->hash);
    step_person(c, p, "CONFIRM INVITE", p->state, "");
    reply->invite_id = req->invite_id;
    reply->etag = reply_text(call_etag(c, p->version + 1));
    return STATUS_OK;
}

/* ---- a key is rotated, revoked ---- */

void key_rotates_load(struct call *c, const PB(RotateKeyRequest) *req, struct key_facts *f)
{
    struct sign_public p;
    struct hash *id = arena_alloc(c->arena, sizeof *id);
    person_want(c->tx, &c->scope, c->actor.person_id, c->today, &f->person);
    if (id && req->new_public_key.len == sizeof p.b) {
        memcpy(p.b, req->new_public_key.data, sizeof p.b);
        *id = sign_key_id(&p);
        f->key_id = (struct bytes){id->b, HASH_BYTES};
        key_want(c->tx, f->key_id, &f->key);
    }
}

static bool new_key_agrees(const struct call *c, const PB(RotateKeyRequest) *req)
{
    struct sign_public p;
    struct signature s;
    if (req->new_public_key.len != sizeof p.b || req->new_key_signature.len != sizeof s.b)
        return false;
    memcpy(p.b, req->new_public_key.data, sizeof p.b);
    memcpy(s.b, req->new_key_signature.data, sizeof s.b);
    return sign_holds(&p, ROTATE_CONTEXT, c->key_id.data, c->key_id.len, &s);
}

enum status key_rotates(struct call *c, const PB(RotateKeyRequest) *req, const struct key_facts *f,
                        PB(RotateKeyResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    if (!is_32_bytes(c, "new_public_key", req->new_public_key))
        return refuse_all(c);
    if (!new_key_agrees(c, req)) {
        (void)refuse(why, "SIGNATURE_BAD", .field = "new_key_signature");
        return refuse_with(c, why);
    }
    if (f->key.is_found) {
        (void)refuse(why, "ALREADY_EXISTS", .field = "new_public_key",
                     .what = hex_text(c->arena, f->key_id.data, HASH_BYTES));
        return refuse_with(c, why);
    }
    if (!f->person.is_found)
        return refuse_missing(c, "person_id", c->actor.person_id);
    if (text_chars(req->key_label) > 60)
        return refuse_field(c, "key_label", req->key_label, "≤ 60");

    key_rotate(c->tx, c->key_id, c->now_us);
    key_insert(c->tx, f->key_id, f->person.id, request_bytes(req->new_public_key), req->key_label, c->now_us);
    step_person(c, &f->person, "ROTATE KEY", f->person.state, req->key_label);
    reply->key_id = reply_text(hex_text(c->arena, f->key_id.data, HASH_BYTES));
    return STATUS_OK;
}

void key_is_revoked_load(struct call *c, const PB(RevokeKeyRequest) *req, struct key_facts *f)
{
    uint8_t *id = arena_alloc(c->arena, HASH_BYTES);
    if (id && hex_parse(req->key_id, id, HASH_BYTES)) {
        f->key_id = (struct bytes){id, HASH_BYTES};
        key_want(c->tx, f->key_id, &f->key);
        key_want_person(c->tx, f->key_id, c->today, &f->person);
    }
}

/* One's own, or an operator anybody's; the server's own key is not among them. */
enum status key_is_revoked(struct call *c, const PB(RevokeKeyRequest) *req, const struct key_facts *f,
                           PB(RevokeKeyResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    const bool is_own = f->key.is_found && strcmp(f->key.person_id, c->actor.person_id) == 0;
    if (!f->key.is_found || !f->person.is_found || (!is_own && !(c->actor.roles & ROLE_OPERATOR)))
        return refuse_missing(c, "key_id", req->key_id);
    if (f->person.roles & ROLE_SYSTEM) {
        (void)refuse(why, "ROLE_NOT_GRANTABLE", .field = "key_id", .broke = "SYSTEM");
        return refuse_with(c, why);
    }
    if (f->key.revoked_us && (f->key.is_compromised || !req->is_compromised)) {
        (void)refuse(why, "ALREADY_DONE", .field = "key_id", .what = req->key_id);
        return refuse_with(c, why);
    }

    const int64_t revoked_us = f->key.revoked_us ? f->key.revoked_us : c->now_us;
    key_revoke(c->tx, f->key_id, req->is_compromised, revoked_us);
    step_person(c, &f->person, req->is_compromised ? "KEY COMPROMISED" : "REVOKE KEY", f->person.state,
                req->key_id);
    reply->key_id = req->key_id;
    reply->revoked_us = revoked_us;
    return STATUS_OK;
}
