/* Credit codes, enterprise sizes and bans: pure rules of suppliers. */
#pragma once

#include "common/date.h"
#include "common/lifecycle.h"
#include "common/refusal.h"

enum { SUPPLIER_REGISTERED = 1, SUPPLIER_BANNED };
enum { SUPPLIER_REGISTER = 1, SUPPLIER_UPDATE, SUPPLIER_BAN, SUPPLIER_LIFT };
extern const struct names supplier_states, supplier_events, enterprise_sizes;
extern const struct lifecycle supplier_life;

/* The check character that belongs to the first 17 characters of a unified social credit code (GB 32100-2015,
 * mod 31); 0 when one of them is not of its alphabet. */
char credit_code_check(const char *code);
/* BAD_FIELD on supplier_id: its length, a foreign character, or the check character with the one that would
 * do. */
bool credit_code_is_sound(const char *code, struct refusal *why);

/* What a supplier is said to be. */
struct supplier_claim {
    const char *id, *name, *type;
    int enterprise_size;
};
/* BAD_FIELD, or PERSONAL_DATA for individuals: their number may not stand in the journal in clear. */
bool supplier_claim_is_sound(const struct supplier_claim *s, struct refusal *why);

/* A ban as it was typed. A row without any of the three has none: *ret_is_there false. */
struct ban {
    const char *from, *to, *basis;
};
bool ban_is_sound(const struct ban *b, bool *ret_is_there, struct refusal *why);
/* Does a ban hold on that day? Both days included; DAY_NONE from: there is none, to: it has no end. */
bool ban_holds(struct day from, struct day to, struct day on);
