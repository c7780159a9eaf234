/* Contracts, as other nouns (audit, later acceptance and payment) may ask. */
#pragma once

#include "server/base/call.h"

struct contract_brief {
    bool is_found;
    const char *id, *unit_id, *line_id, *name, *supplier_id, *state;
    int64_t year, current_fen; /* with signed supplements */
};
void contract_want_brief(struct db *db, const struct scope *scope, const char *id,
                         struct contract_brief *ret);

extern const struct noun noun_contract;
