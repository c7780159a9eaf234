/* Rules of the catalogue: the life of a version, what an entry must look like, and finding negative words. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/date.h"
#include "common/lifecycle.h"
#include "common/refusal.h"
#include "common/roles.h"

enum catalogue_state {
    CATALOGUE_DRAFT = 1,
    CATALOGUE_CONSULTING,
    CATALOGUE_EXPERT_REVIEW,
    CATALOGUE_APPROVED,
    CATALOGUE_PUBLISHED,
    CATALOGUE_SUPERSEDED,
};
enum catalogue_event {
    CATALOGUE_IMPORT = 1,
    CATALOGUE_CONSULT,
    CATALOGUE_CONVENE,
    CATALOGUE_RETURN,
    CATALOGUE_APPROVE,
    CATALOGUE_PUBLISH,
    CATALOGUE_STOP_ENTRY,
    CATALOGUE_SUPERSEDE,
};
extern const struct names catalogue_states, catalogue_events, catalogue_kinds;
extern const struct lifecycle catalogue_life;

enum negative_state { NEGATIVE_PROPOSED = 1, NEGATIVE_CONFIRMED };
extern const struct names negative_states;

struct entry_row {
    const char *code, *parent, *name, *origin;
    int64_t level, class96;
};
/* BAD_FIELD with the field's bare name. The parent is the code without its last two places. */
bool entry_row_is_sound(const struct entry_row *r, struct refusal *why);

/* Only one version is in force on a day: a new one begins after the one before it, and not in the past unless
 * it is the first. last_from: DAY_NONE when nothing was published yet. Refuses CATALOGUE_DATE. */
bool version_may_begin(const char *id, struct day from, struct day last_from, struct day today,
                       struct refusal *why);

/* The length of the longest of the words (separated by spaces) that stands in the text, 0 when none does; the
 * word goes to *ret_word, in the arena. Words of Latin letters count only when they stand alone: BT is not in
 * DEBT. */
size_t words_hit(const char *words, const char *text, struct arena *a, const char **ret_word);
