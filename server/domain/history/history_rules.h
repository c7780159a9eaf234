/* Records of other years: what they must hold to be read at all, and how they differ from rules. */
#pragma once

#include "common/date.h"
#include "common/lifecycle.h"
#include "common/refusal.h"

enum { HISTORY_PREPARED = 1, HISTORY_CONFIRMED, HISTORY_REFUSED };
enum { HISTORY_IMPORT = 1, HISTORY_CONFIRM, HISTORY_REFUSE };
extern const struct names history_states, history_events, history_measures;
extern const struct lifecycle history_life;

/* A record as it was typed. */
struct history_claim {
    const char *period_start, *period_end, *unit_id, *unit_name, *catalogue_code, *project_name;
    int measure;
    int64_t amount_fen;
};
/* BAD_FIELD for what cannot be read; PERIOD_NOT_PAST for what the system itself should have recorded. */
bool history_claim_is_sound(const struct history_claim *r, struct day go_live, struct refusal *why);

/* What is known beside it: the unit, what its type might do then and now, the catalogue of today. */
struct history_beside {
    bool has_unit, has_rules_then, has_rules_now, in_catalogue;
    const char *unit_name, *may_purchase_then, *may_purchase_now, *rule_set_then, *rule_set_now;
    struct day unit_from, unit_to;
};
/* Where it differs from the rules of its day and of today, as a text in both languages; "" when nowhere.
 * Never a reason to refuse: the record is governed by the rules of its day (DOMAIN 0.3). */
const char *history_differences(struct arena *a, const struct history_claim *r,
                                const struct history_beside *f);

/* G-b: who imported does not confirm. */
bool history_may_decide(const char *batch_id, const char *prepared_by, const char *person_id,
                        struct refusal *why);
