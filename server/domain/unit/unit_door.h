/* Between the two halves of the door: units and enrolment (unit.c, with the rows), people and keys
 * (unit_people.c). */
#pragma once

#include "common/merkle.h"
#include "purser/v1/person.pb-c.h"
#include "purser/v1/unit.pb-c.h"
#include "server/domain/unit/unit.h"
#include "server/domain/unit/unit_rules.h"
#include "server/domain/unit/unit_store.h"

#define SYSTEM_PERSON "P00000" /* the server itself; made by the founding, never granted */

/* Prototypes of a write whose row stands in unit.c. */
#define DECLARES(verb, Request, Facts, Response)                                                             \
    void verb##_load(struct call *c, const PB(Request) *req, Facts *f);                                      \
    enum status verb(struct call *c, const PB(Request) *req, const Facts *f, PB(Response) *reply)

struct propose_facts {
    struct city city;
    struct unit unit;
    struct invite invite;
    struct number *person_numbers, *grant_numbers;
};
DECLARES(unit_propose_person, ProposePersonRequest, struct propose_facts, ProposePersonResponse);

struct enroll_facts {
    struct hash invite_hash;
    struct city city;
    struct invite invite;
    struct guest guest;
    struct key key;
};
DECLARES(unit_enroll, EnrollRequest, struct enroll_facts, EnrollResponse);

struct person_facts {
    struct person person;
    struct officers others;
};
DECLARES(person_confirm, ConfirmPersonRequest, struct person_facts, ConfirmPersonResponse);
DECLARES(person_refuse, RefusePersonRequest, struct person_facts, RefusePersonResponse);
DECLARES(person_suspend, SuspendPersonRequest, struct person_facts, SuspendPersonResponse);

struct role_facts {
    struct city city;
    struct person person;
    struct grant grant;
    struct officers others;
    struct number *grant_numbers;
};
DECLARES(role_propose, ProposeRoleRequest, struct role_facts, ProposeRoleResponse);
DECLARES(role_confirm, ConfirmRoleRequest, struct role_facts, ConfirmRoleResponse);
DECLARES(role_refuse, RefuseRoleRequest, struct role_facts, RefuseRoleResponse);
DECLARES(role_revoke, RevokeRoleRequest, struct role_facts, RevokeRoleResponse);
void role_revoke_follow(struct call *c, const PB(RevokeRoleRequest) *req, struct role_facts *f);

struct invite_facts {
    struct bytes hash; /* .data NULL: the request's text is no hash */
    struct person person;
    struct invite invite;
};
DECLARES(invite_propose, ProposeInviteRequest, struct invite_facts, ProposeInviteResponse);
DECLARES(invite_confirm, ConfirmInviteRequest, struct invite_facts, ConfirmInviteResponse);

struct key_facts {
    struct bytes key_id; /* .data NULL: none could be made of the request */
    struct key key;
    struct person person; /* the signer's own account (rotation) */
};
DECLARES(key_rotates, RotateKeyRequest, struct key_facts, RotateKeyResponse);
DECLARES(key_is_revoked, RevokeKeyRequest, struct key_facts, RevokeKeyResponse);

/* The reply's role list from a mask. */
void fill_roles(struct call *c, uint32_t mask, PB(Role) **ret, size_t *ret_count);
/* Each files a refusal that names the field when it says false. */
bool is_32_bytes(struct call *c, const char *field, ProtobufCBinaryData b);
bool is_person_name(struct call *c, const char *field, const char *name);
