/* How somebody comes in: proposed by an operator, with a key by the code of an invite once a leader has
 * confirmed. */
#include <string.h>

#include "common/sign.h"
#include "common/text.h"
#include "server/domain/unit/unit_door.h"

/* ---- somebody is proposed ---- */

void unit_propose_person_load(struct call *c, const PB(ProposePersonRequest) *req, struct propose_facts *f)
{
    city_want(c->tx, &f->city);
    unit_want(c->tx, req->unit_id, &f->unit);
    invite_want(c->tx, request_bytes(req->invite_hash), &f->invite);
    f->person_numbers = call_want_number(c, "person");
    f->grant_numbers = call_want_number(c, "grant");
}

static bool unit_stands(const struct unit *u, const char *id, struct day on, struct refusal *why)
{
    if (!u->is_found)
        return refuse(why, "UNIT_UNKNOWN", .field = "unit_id", .broke = id);
    if (on.n < u->valid_from.n || (day_is(u->valid_to) && on.n > u->valid_to.n))
        return refuse(why, "UNIT_CLOSED", .field = "unit_id", .what = id, .broke = day_text(why->arena, on),
                      .passes = say_text(why, "%s … %s", day_text(why->arena, u->valid_from),
                                         day_text(why->arena, u->valid_to)));
    return true;
}

static bool proposal_is_sound(struct call *c, const PB(ProposePersonRequest) *req,
                              const struct propose_facts *f, struct refusal *why)
{
    uint32_t mask = 0;
    if (req->n_roles == 0 || req->n_roles > 11)
        return refuse(why, "BAD_FIELD", .field = "roles", .broke = say_int(why, (int64_t)req->n_roles, ""),
                      .passes = "1 … 11");
    for (size_t i = 0; i < req->n_roles; i++) {
        if (!role_fits_unit((int)req->roles[i], req->unit_id, &f->city.offices, why))
            return false;
        if (mask & ROLE_BIT(req->roles[i]))
            return refuse(why, "ROW_TWICE", .field = "roles",
                          .what = roles_text(why->arena, ROLE_BIT(req->roles[i])));
        mask |= ROLE_BIT(req->roles[i]);
    }
    if (f->invite.is_found)
        return refuse(why, "ALREADY_EXISTS", .field = "invite_hash", .what = "invite");
    return roles_are_compatible(mask, req->person_name, why) &&
           invite_expiry_is_sound(req->invite_expires_us, c->now_us, why);
}

enum status unit_propose_person(struct call *c, const PB(ProposePersonRequest) *req,
                                const struct propose_facts *f, PB(ProposePersonResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    if (!is_person_name(c, "person_name", req->person_name) ||
        !is_32_bytes(c, "invite_hash", req->invite_hash))
        return refuse_all(c);
    if (!unit_stands(&f->unit, req->unit_id, c->today, why) || !proposal_is_sound(c, req, f, why))
        return refuse_with(c, why);

    const struct person p = {.id = arena_printf(c->arena, "P%05lld",
                                                (long long)call_take_number(c, f->person_numbers)),
                             .name = req->person_name,
                             .unit_id = req->unit_id,
                             .proposed_by = c->actor.person_id};
    struct person row = p;
    row.state = PERSON_PROPOSED;
    const struct person_step s = {.event = "PROPOSE",
                                  .actor_id = c->actor.person_id,
                                  .opinion = "",
                                  .to_state = PERSON_PROPOSED,
                                  .at_us = c->now_us};
    const struct invite i = {.person_id = p.id,
                             .proposed_by = c->actor.person_id,
                             .state = INVITE_PROPOSED,
                             .expires_us = req->invite_expires_us};
    person_insert(c->tx, &row);
    person_step(c->tx, &p, &s);
    invite_insert(c->tx, request_bytes(req->invite_hash), &i);
    for (size_t k = 0; k < req->n_roles; k++) {
        const struct grant g = {.id = arena_printf(c->arena, "G%05lld",
                                                   (long long)call_take_number(c, f->grant_numbers)),
                                .person_id = p.id,
                                .proposed_by = c->actor.person_id,
                                .role = (int)req->roles[k],
                                .state = GRANT_PROPOSED,
                                .valid_from = c->today,
                                .valid_to = DAY_NONE};
        grant_insert(c->tx, &g);
    }
    people_changed(c->tx);
    call_concerns(c, req->unit_id);
    reply->person_id = reply_text(p.id);
    reply->etag = reply_text(call_etag(c, p.version + 1));
    return STATUS_OK;
}

/* ---- a key comes in ---- */

void unit_enroll_load(struct call *c, const PB(EnrollRequest) *req, struct enroll_facts *f)
{
    f->invite_hash = sha256(req->invite_code.data, req->invite_code.len);
    const struct bytes hash = {f->invite_hash.b, HASH_BYTES};
    city_want(c->tx, &f->city);
    invite_want(c->tx, hash, &f->invite);
    invite_want_guest(c->tx, hash, c->today, &f->guest);
    key_want(c->tx, c->key_id, &f->key);
}

enum status unit_enroll(struct call *c, const PB(EnrollRequest) *req, const struct enroll_facts *f,
                        PB(EnrollResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    if (!f->city.is_found || !invite_opens(f->invite.is_found && f->guest.is_found, f->invite.state,
                                           f->invite.expires_us, f->invite.person_state, c->now_us, why))
        return f->city.is_found ? refuse_with(c, why) : refuse_missing(c, "invite_code", "city");
    if (f->key.is_found) {
        (void)refuse(why, "ALREADY_EXISTS", .field = "public_key",
                     .what = hex_text(c->arena, c->key_id.data, c->key_id.len));
        return refuse_with(c, why);
    }
    if (text_chars(req->key_label) > 60)
        return refuse_field(c, "key_label", req->key_label, "≤ 60");

    const struct person *p = &f->guest.person;
    const struct person_step s = {.event = "ENROLL",
                                  .actor_id = p->id,
                                  .opinion = req->key_label,
                                  .to_state = p->state,
                                  .at_us = c->now_us};
    key_insert(c->tx, c->key_id, p->id, c->public_key, req->key_label, c->now_us);
    invite_use(c->tx, (struct bytes){f->invite_hash.b, HASH_BYTES}, c->now_us, c->key_id);
    person_step(c->tx, p, &s);
    people_changed(c->tx);
    call_concerns(c, p->unit_id);

    reply->person_id = reply_text(p->id);
    reply->person_name = reply_text(p->name);
    reply->unit_id = reply_text(p->unit_id);
    reply->unit_name = reply_text(f->guest.unit_name);
    reply->audience = reply_text(f->city.audience);
    reply->city_name = reply_text(f->city.name);
    reply->journal_public_key = reply_bytes(f->city.journal_public_key);
    fill_roles(c, (uint32_t)p->roles, &reply->roles, &reply->n_roles);
    return STATUS_OK;
}

/* ---- helpers of both halves ---- */

void fill_roles(struct call *c, uint32_t mask, PB(Role) **ret, size_t *ret_count)
{
    PB(Role) *roles = arena_array(c->arena, 32, sizeof *roles);
    size_t n = 0;
    for (unsigned r = 1; roles && r < 32; r++)
        if (mask & ROLE_BIT(r))
            roles[n++] = (PB(Role))r;
    *ret = roles;
    *ret_count = n;
}

bool is_32_bytes(struct call *c, const char *field, ProtobufCBinaryData b)
{
    if (b.len == HASH_BYTES)
        return true;
    refuse_also(c, field, arena_printf(c->arena, "%zu bytes", b.len), "32 bytes");
    return false;
}

bool is_person_name(struct call *c, const char *field, const char *name)
{
    const size_t chars = text_chars(name);
    if (chars >= 1 && chars <= 40)
        return true;
    refuse_also(c, field, *name ? name : "–", "1 … 40 字 (characters)");
    return false;
}
