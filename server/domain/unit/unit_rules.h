/* The rules of people: lives of accounts and grants, which roles fit where, what a key may still sign. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/date.h"
#include "common/lifecycle.h"
#include "common/refusal.h"
#include "common/roles.h"

enum person_state { PERSON_PROPOSED = 1, PERSON_ACTIVE, PERSON_SUSPENDED, PERSON_REFUSED };
enum person_event { PERSON_PROPOSE = 1, PERSON_CONFIRM, PERSON_REFUSE, PERSON_SUSPEND };
extern const struct names person_states, person_events;
extern const struct lifecycle person_life;

enum grant_state { GRANT_PROPOSED = 1, GRANT_CONFIRMED, GRANT_REVOKED, GRANT_REFUSED };
enum grant_event { GRANT_PROPOSE = 1, GRANT_CONFIRM, GRANT_REVOKE, GRANT_REFUSE };
extern const struct names grant_states, grant_events;
extern const struct lifecycle grant_life;

enum invite_state { INVITE_PROPOSED = 1, INVITE_OPEN, INVITE_USED, INVITE_CLOSED };
extern const struct names invite_states;

extern const struct names role_names; /* "CLERK" …, by the wire's numbers */

/* The units whose people may hold the offices of the city. */
struct offices {
    const char *bureau, *civil_affairs, *staffing, *audit;
};
/* May somebody of that unit hold the role at all? Refuses ROLE_NOT_GRANTABLE or ROLE_WRONG_UNIT. */
bool role_fits_unit(int role, const char *unit_id, const struct offices *o, struct refusal *why);
/* ROLES_CLASH: an operator has no say in business; who audits does not serve the bureau. */
bool roles_are_compatible(uint32_t roles, const char *who, struct refusal *why);

/* Nobody grants to himself (SELF_GRANT), and who proposed does not confirm (SAME_PERSON). */
bool grant_is_by_another(const char *for_whom, const char *proposed_by, const char *actor,
                         struct refusal *why);
/* Refuses LAST_OFFICER when nobody else could do the office's work. others: holders of the role beside this
 * one. */
bool office_stays_filled(uint32_t roles, int64_t other_leaders, int64_t other_operators, const char *who,
                         struct refusal *why);

/* An invite lives at most INVITE_DAYS_MAX days. */
#define INVITE_DAYS_MAX 90
bool invite_expiry_is_sound(int64_t expires_us, int64_t now_us, struct refusal *why);
/* INVITE_BAD, whatever is wrong with it: a guesser learns nothing. */
bool invite_opens(bool is_found, int state, int64_t expires_us, int person, int64_t now_us,
                  struct refusal *why);

struct key_life {
    bool is_found, is_compromised;
    int64_t rotated_us, revoked_us; /* 0: not */
    const char *person_id, *person_state;
};
/* KEY_UNKNOWN, KEY_REVOKED or PERSON_INACTIVE. A rotated key is good for what was issued before. */
bool key_may_sign(const struct key_life *k, int64_t issued_us, struct refusal *why);

struct unit_row {
    const char *id, *name, *type, *division, *valid_from, *valid_to, *successor;
};
/* BAD_FIELD, with the field's bare name. */
bool unit_row_is_sound(const struct unit_row *r, struct refusal *why);
/* "203" for 203901, "" for a department. */
const char *unit_parent(struct arena *a, const char *id);
