/* 承接主体: who may provide, as other nouns may ask. */
#pragma once

#include "server/base/call.h"
#include "server/domain/policy/policy.h"

struct supplier {
    bool is_found;
    const char *id; /* unified social credit code, 18 characters */
    const char *name, *type, *enterprise_size;
    struct day banned_from, banned_to;
    const char *banned_basis;
};
void supplier_want(struct db *db, const char *id, struct supplier *ret);
/* P4, P5, P8: by the type rule of the day and bans on the day. Refuses SUPPLIER_TYPE, SUPPLIER_BANNED,
 * SUPPLIER_UNKNOWN. */
bool supplier_may_provide(const struct supplier *s, const struct type_rule *t, struct day on,
                          struct refusal *why);

extern const struct noun noun_supplier;
