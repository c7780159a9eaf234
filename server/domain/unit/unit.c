/* Units and enrolment: the city is founded, units are loaded, people are proposed, keys come in. */
#include "server/domain/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "common/check.h"
#include "common/merkle.h"
#include "common/sign.h"
#include "common/text.h"
#include "server/domain/unit/unit_door.h"

/* ---- a city is founded ---- */

struct found_facts {
    struct city city;
    struct number *person_numbers, *grant_numbers;
};

static void unit_found_load(struct call *c, const PB(FoundCityRequest) *req, struct found_facts *f)
{
    (void)req;
    city_want(c->tx, &f->city);
    f->person_numbers = call_want_number(c, "person");
    f->grant_numbers = call_want_number(c, "grant");
}

static bool founding_is_sound(struct call *c, const PB(FoundCityRequest) *req, struct day *ret_go_live)
{
    const struct unit_row bureau = {.id = req->bureau_unit_id,
                                    .name = req->bureau_unit_name,
                                    .type = "110",
                                    .division = req->division,
                                    .valid_from = "2014-01-01",
                                    .valid_to = "",
                                    .successor = ""};
    struct refusal *why = call_refusal(c);
    if (!unit_row_is_sound(&bureau, why) || !invite_expiry_is_sound(req->invite_expires_us, c->now_us, why))
        refuse_add(c, why);
    if (!day_parse_iso(req->go_live_date, ret_go_live))
        refuse_also(c, "go_live_date", req->go_live_date, "2027-01-01");
    if (!text_is_ascii_id(req->audience))
        refuse_also(c, "audience", req->audience, "purser/450600");
    if (!*req->city_name)
        refuse_also(c, "city_name", "", "防城港市");
    is_person_name(c, "operator_name", req->operator_name);
    is_person_name(c, "leader_name", req->leader_name);
    is_32_bytes(c, "journal_public_key", req->journal_public_key);
    const bool has_invites = is_32_bytes(c, "operator_invite_hash", req->operator_invite_hash) &&
                             is_32_bytes(c, "leader_invite_hash", req->leader_invite_hash);
    if (has_invites && memcmp(req->operator_invite_hash.data, req->leader_invite_hash.data, HASH_BYTES) == 0)
        refuse_also(c, "leader_invite_hash", "= operator_invite_hash", "≠ operator_invite_hash");
    return !refuse_any(c);
}

/* A confirmed person with one role, made by the founding itself. Returns the id. */
static const char *found_person(struct call *c, const struct found_facts *f, const char *id, const char *name,
                                const char *unit_id, int role)
{
    const struct person p = {.id = id,
                             .name = name,
                             .unit_id = unit_id,
                             .proposed_by = SYSTEM_PERSON,
                             .state = PERSON_PROPOSED};
    const struct grant g = {.id = arena_printf(c->arena, "G%05lld",
                                               (long long)call_take_number(c, f->grant_numbers)),
                            .person_id = id,
                            .proposed_by = SYSTEM_PERSON,
                            .role = role,
                            .state = GRANT_CONFIRMED,
                            .valid_from = c->today,
                            .valid_to = DAY_NONE};
    const struct person_step s = {.event = "FOUND",
                                  .actor_id = SYSTEM_PERSON,
                                  .opinion = "",
                                  .to_state = PERSON_ACTIVE,
                                  .at_us = c->now_us};
    person_insert(c->tx, &p);
    grant_insert(c->tx, &g);
    person_step(c->tx, &p, &s);
    return id;
}

static const char *found_officer(struct call *c, const struct found_facts *f, const char *name, int role,
                                 const PB(FoundCityRequest) *req, ProtobufCBinaryData invite_hash)
{
    const char *id = arena_printf(c->arena, "P%05lld", (long long)call_take_number(c, f->person_numbers));
    const struct invite i = {.person_id = id,
                             .proposed_by = SYSTEM_PERSON,
                             .state = INVITE_OPEN,
                             .expires_us = req->invite_expires_us};
    found_person(c, f, id, name, req->bureau_unit_id, role);
    invite_insert(c->tx, request_bytes(invite_hash), &i);
    return id;
}

static void found_bureau(struct call *c, const PB(FoundCityRequest) *req)
{
    const char *id = req->bureau_unit_id, *name = req->bureau_unit_name, *type = "110",
               *division = req->division;
    const char *none = "", *from = "2014-01-01";
    const struct unit_columns u = {.id = &id,
                                   .name = &name,
                                   .type = &type,
                                   .division = &division,
                                   .parent_id = &none,
                                   .valid_from = &from,
                                   .valid_to = &none,
                                   .successor_id = &none,
                                   .note = &none,
                                   .n = 1};
    units_write(c->tx, &u);
}

static enum status unit_found(struct call *c, const PB(FoundCityRequest) *req, const struct found_facts *f,
                              PB(FoundCityResponse) *reply)
{
    struct day go_live = DAY_NONE;
    struct refusal *why = call_refusal(c);
    if (f->city.is_found) {
        (void)refuse(why, "CITY_EXISTS", .field = "division", .what = f->city.name,
                     .broke = f->city.audience);
        return refuse_with(c, why);
    }
    if (!founding_is_sound(c, req, &go_live))
        return refuse_all(c);

    const struct city_row city =
        {.division = req->division,
         .name = req->city_name,
         .audience = req->audience,
         .go_live = go_live,
         .offices = {.bureau = req->bureau_unit_id,
                     .civil_affairs = *req->civil_affairs_unit_id ? req->civil_affairs_unit_id : "208",
                     .staffing = *req->staffing_unit_id ? req->staffing_unit_id : "107",
                     .audit = *req->audit_unit_id ? req->audit_unit_id : "223"},
         .system_key_id = c->key_id,
         .journal_public_key = request_bytes(req->journal_public_key)};
    city_insert(c->tx, &city);
    found_bureau(c, req);
    found_person(c, f, SYSTEM_PERSON, "系统", req->bureau_unit_id, PURSER__V1__ROLE__ROLE_SYSTEM);
    key_insert(c->tx, c->key_id, SYSTEM_PERSON, c->public_key, "purserd", c->now_us);
    reply->operator_person_id = reply_text(found_officer(c, f, req->operator_name,
                                                         PURSER__V1__ROLE__ROLE_OPERATOR, req,
                                                         req->operator_invite_hash));
    reply->leader_person_id = reply_text(
        found_officer(c, f, req->leader_name, PURSER__V1__ROLE__ROLE_LEADER, req, req->leader_invite_hash));
    reply->audience = req->audience;
    people_changed(c->tx);
    call_concerns(c, req->bureau_unit_id);
    return STATUS_OK;
}

/* ---- divisions and units are loaded ---- */

struct divisions_facts {
    int nothing;
};

static void unit_import_divisions_load(struct call *c, const PB(ImportDivisionsRequest) *req,
                                       struct divisions_facts *f)
{
    (void)c, (void)req, (void)f;
}

static enum status unit_import_divisions(struct call *c, const PB(ImportDivisionsRequest) *req,
                                         const struct divisions_facts *f, PB(ImportDivisionsResponse) *reply)
{
    (void)f;
    if (!rows_will_do(c, req->n_rows))
        return refuse_all(c);
    const char **ids = arena_array(c->arena, req->n_rows, sizeof *ids);
    const char **names = arena_array(c->arena, req->n_rows, sizeof *names);
    if (!ids || !names)
        return STATUS_RESOURCE_EXHAUSTED;

    for (size_t i = 0; i < req->n_rows; i++) {
        struct refusal *why = call_refusal(c);
        ids[i] = req->rows[i]->id;
        names[i] = req->rows[i]->name;
        bool is_known = false;
        for (size_t k = 0; k < i; k++)
            is_known |= strcmp(ids[k], ids[i]) == 0;
        if (strlen(ids[i]) != 6 || strspn(ids[i], "0123456789") != 6 || is_known) {
            (void)refuse(why, "BAD_FIELD", .field = "id", .broke = ids[i], .passes = "450600");
            refuse_row(c, why, i);
        } else if (!*names[i]) {
            (void)refuse(why, "BAD_FIELD", .field = "name", .what = ids[i], .passes = "防城港市");
            refuse_row(c, why, i);
        }
    }
    if (refuse_any(c))
        return refuse_all(c);

    divisions_write(c->tx, ids, names, req->n_rows);
    reply->imported_count = (int64_t)req->n_rows;
    return STATUS_OK;
}

/* Units that rows lean on and that were there before. */
struct units_facts {
    struct text_row *known;
    int known_count;
};

static void unit_import_load(struct call *c, const PB(ImportUnitsRequest) *req, struct units_facts *f)
{
    const size_t n = req->n_rows > ROWS_MAX ? 0 : req->n_rows;
    const char **ids = arena_array(c->arena, 2 * n + 1, sizeof *ids);
    if (!ids)
        return;
    for (size_t i = 0; i < n; i++) {
        ids[2 * i] = unit_parent(c->arena, req->rows[i]->id);
        ids[2 * i + 1] = req->rows[i]->successor_id;
    }
    units_want_known(c->tx, ids, 2 * n, &f->known, &f->known_count);
}

static bool unit_is_known(const PB(ImportUnitsRequest) *req, const struct units_facts *f, const char *id)
{
    for (size_t i = 0; i < req->n_rows; i++)
        if (strcmp(req->rows[i]->id, id) == 0)
            return true;
    for (int i = 0; i < f->known_count; i++)
        if (strcmp(f->known[i].id, id) == 0)
            return true;
    return false;
}

static bool unit_row_will_do(struct call *c, const PB(ImportUnitsRequest) *req, const struct units_facts *f,
                             size_t at, struct refusal *why)
{
    const PB(UnitRow) *r = req->rows[at];
    const struct unit_row row = {.id = r->id,
                                 .name = r->name,
                                 .type = r->type,
                                 .division = r->division,
                                 .valid_from = r->valid_from_date,
                                 .valid_to = r->valid_to_date,
                                 .successor = r->successor_id};
    if (!unit_row_is_sound(&row, why))
        return false;
    const char *parent = unit_parent(c->arena, r->id);
    if (*parent && !unit_is_known(req, f, parent))
        return refuse(why, "UNIT_UNKNOWN", .field = "id", .what = r->id, .broke = parent);
    if (*r->successor_id && !unit_is_known(req, f, r->successor_id))
        return refuse(why, "UNIT_UNKNOWN", .field = "successor_id", .what = r->id, .broke = r->successor_id);
    for (size_t i = 0; i < at; i++)
        if (strcmp(req->rows[i]->id, r->id) == 0)
            return refuse(why, "ROW_TWICE", .field = "id", .what = r->id,
                          .broke = say_text(why, "rows[%zu]", i));
    return true;
}

static enum status unit_import(struct call *c, const PB(ImportUnitsRequest) *req, const struct units_facts *f,
                               PB(ImportUnitsResponse) *reply)
{
    if (!rows_will_do(c, req->n_rows))
        return refuse_all(c);
    const size_t n = req->n_rows;
    const char **cells = arena_array(c->arena, 9 * n, sizeof *cells);
    if (!cells)
        return STATUS_RESOURCE_EXHAUSTED;
    const struct unit_columns u = {.id = cells,
                                   .name = cells + n,
                                   .type = cells + 2 * n,
                                   .division = cells + 3 * n,
                                   .parent_id = cells + 4 * n,
                                   .valid_from = cells + 5 * n,
                                   .valid_to = cells + 6 * n,
                                   .successor_id = cells + 7 * n,
                                   .note = cells + 8 * n,
                                   .n = n};
    for (size_t i = 0; i < n; i++) {
        const PB(UnitRow) *r = req->rows[i];
        struct refusal *why = call_refusal(c);
        if (!unit_row_will_do(c, req, f, i, why))
            refuse_row(c, why, i);
        u.id[i] = r->id, u.name[i] = r->name, u.type[i] = r->type, u.division[i] = r->division;
        u.parent_id[i] = unit_parent(c->arena, r->id), u.valid_from[i] = r->valid_from_date;
        u.valid_to[i] = r->valid_to_date, u.successor_id[i] = r->successor_id, u.note[i] = r->note;
    }
    if (refuse_any(c))
        return refuse_all(c);

    units_write(c->tx, &u);
    reply->imported_count = (int64_t)n;
    return STATUS_OK;
}

/* ---- a reform ends a unit; what it did stays its own ---- */

struct close_facts {
    struct unit unit, successor;
};

static void unit_close_load(struct call *c, const PB(CloseUnitRequest) *req, struct close_facts *f)
{
    unit_want(c->tx, req->unit_id, &f->unit);
    unit_want(c->tx, req->successor_id, &f->successor);
}

static enum status unit_close(struct call *c, const PB(CloseUnitRequest) *req, const struct close_facts *f,
                              PB(CloseUnitResponse) *reply)
{
    const struct unit *u = &f->unit;
    const char *from = day_text(c->arena, u->valid_from), *parent = u->parent_id;
    struct refusal *why = call_refusal(c);
    if (!u->is_found)
        return refuse_missing(c, "unit_id", req->unit_id);
    if (strcmp(req->valid_to_date, from) < 0) /* both are ISO days, or the one is missing */
        return refuse_field(c, "valid_to_date", *req->valid_to_date ? req->valid_to_date : "–",
                            arena_printf(c->arena, "≥ %s", from));
    if (*req->successor_id && (!f->successor.is_found || strcmp(req->successor_id, req->unit_id) == 0)) {
        (void)refuse(why, "UNIT_UNKNOWN", .field = "successor_id", .what = u->id, .broke = req->successor_id);
        return refuse_with(c, why);
    }

    const char *const valid_to = req->valid_to_date, *const successor = req->successor_id;
    const char *note = req->note;
    struct unit_columns row = {(const char *[]){u->id},    (const char *[]){u->name},
                               (const char *[]){u->type},  (const char *[]){u->division},
                               (const char *[]){parent},   (const char *[]){from},
                               (const char *[]){valid_to}, (const char *[]){successor},
                               (const char *[]){note},     1};
    units_write(c->tx, &row);
    call_concerns(c, u->id);
    reply->unit_id = reply_text(u->id);
    reply->valid_to_date = reply_text(valid_to);
    return STATUS_OK;
}

/* ---- whose key may sign ---- */

bool signer_may(const struct signer *s, int64_t issued_us, int64_t now_us, struct refusal *why)
{
    (void)now_us; /* a rotated key is measured by the client's date, all else holds at any time */
    const struct key_life k = {.is_found = s->is_found,
                               .is_compromised = s->compromised,
                               .rotated_us = s->rotated_us,
                               .revoked_us = s->revoked_us,
                               .person_id = s->person_id,
                               .person_state = s->person_state};
    return key_may_sign(&k, issued_us, why);
}

/* ---- the rows ---- */

WRITES(unit_found, FoundCityRequest, struct found_facts, FoundCityResponse);
WRITES(unit_import_divisions, ImportDivisionsRequest, struct divisions_facts, ImportDivisionsResponse);
WRITES(unit_import, ImportUnitsRequest, struct units_facts, ImportUnitsResponse);
WRITES(unit_close, CloseUnitRequest, struct close_facts, CloseUnitResponse);
WRITES(unit_propose_person, ProposePersonRequest, struct propose_facts, ProposePersonResponse);
WRITES(unit_enroll, EnrollRequest, struct enroll_facts, EnrollResponse);
WRITES(person_confirm, ConfirmPersonRequest, struct person_facts, ConfirmPersonResponse);
WRITES(person_refuse, RefusePersonRequest, struct person_facts, RefusePersonResponse);
WRITES(person_suspend, SuspendPersonRequest, struct person_facts, SuspendPersonResponse);
WRITES(role_propose, ProposeRoleRequest, struct role_facts, ProposeRoleResponse);
WRITES(role_confirm, ConfirmRoleRequest, struct role_facts, ConfirmRoleResponse);
WRITES(role_refuse, RefuseRoleRequest, struct role_facts, RefuseRoleResponse);
WRITES_FOLLOW(role_revoke, RevokeRoleRequest, struct role_facts, RevokeRoleResponse);
WRITES(invite_propose, ProposeInviteRequest, struct invite_facts, ProposeInviteResponse);
WRITES(invite_confirm, ConfirmInviteRequest, struct invite_facts, ConfirmInviteResponse);
WRITES(key_rotates, RotateKeyRequest, struct key_facts, RotateKeyResponse);
WRITES(key_is_revoked, RevokeKeyRequest, struct key_facts, RevokeKeyResponse);

#define ENROLLS(Method, verb, who)                                                                           \
    {                                                                                                        \
        .method = #Method, .kind = RPC_WRITE, .flags = RPC_ENROLL, .roles = (who), .key = ALONE,             \
        .load = verb##_load_thunk, .decide = verb##_thunk, .facts_size = verb##_facts_size                   \
    }
#define PEOPLE_READERS (ROLE_DEPT | ROLE_BUREAU | ROLE_AUDIT | ROLE_OPERATOR)

/* clang-format off */
static struct rpc rows[] = {
    /*       verb                                       who may                       key */
    ENROLLS(FoundCity,       unit_found,                ROLE_SYSTEM),
    READ   (GetCity,         ROLE_ANY,                  RPC_OPEN,                     city_get_sql),
    WRITE  (ImportDivisions, unit_import_divisions,     ROLE_OPERATOR,                ALONE),
    READ   (ListDivisions,   ROLE_ANY,                  RPC_OPEN | RPC_LIST,          divisions_list_sql),
    WRITE  (ImportUnits,     unit_import,               ROLE_OPERATOR,                ALONE),
    READ   (ListUnits,       ROLE_ANY,                  RPC_OPEN | RPC_LIST,          units_list_sql),
    READ   (GetUnit,         ROLE_ANY,                  RPC_OPEN,                     unit_get_sql),
    WRITE  (CloseUnit,       unit_close,                ROLE_OPERATOR,                ALONE),
    WRITE  (ProposePerson,   unit_propose_person,       ROLE_OPERATOR,                ALONE),
    ENROLLS(Enroll,          unit_enroll,               ROLE_PUBLIC),

    READ   (GetMe,          ROLE_ANY | ROLE_SYSTEM,    0,                            get_me_sql),
    READ   (GetPerson,       PEOPLE_READERS,            0,                            person_get_sql),
    READ   (ListPersons,     PEOPLE_READERS,            RPC_LIST,                     persons_list_sql),
    WRITE  (ConfirmPerson,   person_confirm,            ROLE_LEADER,                  ALONE),
    WRITE  (RefusePerson,    person_refuse,             ROLE_LEADER,                  ALONE),
    WRITE  (SuspendPerson,   person_suspend,            ROLE_OPERATOR | ROLE_LEADER,  ALONE),
    WRITE  (ProposeRole,     role_propose,              ROLE_OPERATOR,                ALONE),
    WRITE  (ConfirmRole,     role_confirm,              ROLE_LEADER,                  ALONE),
    WRITE  (RefuseRole,      role_refuse,               ROLE_LEADER,                  ALONE),
    WRITE_FOLLOW(RevokeRole, role_revoke,               ROLE_OPERATOR | ROLE_LEADER,  ALONE),
    WRITE  (ProposeInvite,   invite_propose,            ROLE_OPERATOR,                ALONE),
    WRITE  (ConfirmInvite,   invite_confirm,            ROLE_LEADER,                  ALONE),
    WRITE  (RotateKey,       key_rotates,               ROLE_ANY,                     ALONE),
    WRITE  (RevokeKey,       key_is_revoked,            ROLE_ANY,                     ALONE),
};
/* clang-format on */

static const ProtobufCServiceDescriptor *const services[] = {&purser__v1__unit_service__descriptor,
                                                             &purser__v1__person_service__descriptor};
static const struct lifecycle *const lives[] = {&person_life, &grant_life};
static const char *const tables[] = {"city",        "division",   "unit",   "person",        "person_event",
                                     "person_role", "person_key", "invite", "people_version"};

const struct noun noun_unit = {.name = "unit",
                               .services = services,
                               .services_count = COUNT_OF(services),
                               .rows = rows,
                               .rows_count = COUNT_OF(rows),
                               .lives = lives,
                               .lives_count = COUNT_OF(lives),
                               .tables = tables,
                               .tables_count = COUNT_OF(tables)};
