/* Rules about rules: what a dated value and a type row must look like, what a type may do, when a period
 * ends. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/date.h"
#include "common/lifecycle.h"
#include "common/refusal.h"
#include "common/roles.h"

enum rule_state { RULE_PROPOSED = 1, RULE_CONFIRMED, RULE_REFUSED, RULE_REPLACED };
enum rule_event { RULE_PROPOSE = 1, RULE_CONFIRM, RULE_REFUSE };
extern const struct names rule_states, rule_events;
extern const struct lifecycle proposal_life;

enum proposal_kind { PROPOSAL_RULE_VALUES = 1, PROPOSAL_TYPE_RULES };
extern const struct names proposal_kinds;

enum day_kind { DAY_REST = 1, DAY_MAKE_UP, DAY_REGIONAL };
extern const struct names day_kinds;

/* Rows as they come in; each check fills BAD_FIELD with the field's bare name. */
struct rule_row {
    const char *rule_id, *name, *unit, *valid_from, *valid_to, *source;
    int64_t value;
};
bool rule_row_is_sound(const struct rule_row *r, struct refusal *why);
struct type_row {
    const char *type, *name, *rule_set, *valid_from, *valid_to, *may_purchase, *may_provide;
};
bool type_row_is_sound(const struct type_row *r, struct refusal *why);

/* A year stands only when its spring festival and its national day are among the rows: half a file is refused
 * (CALENDAR_INCOMPLETE), because a half-known year would count deadlines wrongly and look maintained. */
bool year_is_whole(int year, const struct day *days, const int *kinds, size_t n, struct refusal *why);
/* A rest day on a weekend or a make-up day in the week says nothing: BAD_FIELD. */
bool day_row_is_sound(const char *date, int kind, struct day *ret, struct refusal *why);

/* SAME_PERSON: who loaded does not confirm. */
bool proposal_is_by_another(const char *id, const char *proposed_by, const char *actor, struct refusal *why);

/* P3–P6, P10: verdict is what the matrix says of the type on that day. */
bool verdict_allows_purchase(const char *type, const char *name, const char *rule_set, const char *verdict,
                             const char *what, struct refusal *why);
bool verdict_allows_provision(const char *type, const char *name, const char *rule_set, const char *verdict,
                              const char *what, struct refusal *why);

/* T1, T2: where a period of `value` `unit`s from that day ends; DAY_NONE when the unit measures no time. */
struct day period_end(const char *unit, int64_t value, struct day from, day_rests_fn *rests, const void *ctx);
