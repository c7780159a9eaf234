/* The life of a thing as a table that is executed, printed, drawn and tested. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/refusal.h"

/* Names of the values of an enum, [value] → "SIGNED"; value 0 is the unspecified one and has no name
 * (NULL). */
struct names {
    const char *const *of;
    const char *const *zh;
    int count;
};
const char *names_of(const struct names *n, int value); /* "" when there is none */
const char *names_zh(const struct names *n, int value); /* falls back to names_of */
/* "SIGNED (已签订)": both languages, because a refusal is stored once and read in either. */
const char *names_said(struct arena *a, const struct names *n, int value);
int names_find(const struct names *n, const char *name); /* 0 when there is none */

struct step {
    int from; /* 0: the thing does not exist yet */
    int event;
    int to;
    uint32_t roles;  /* mask of ROLE_BIT; who may */
    const char *why; /* one clause: what it means */
};

struct lifecycle {
    const char *noun; /* "contract" */
    const struct names *states;
    const struct names *events;
    const struct step *steps;
    int count;
};

/* The state after `event`; refuses with STATE_FORBIDS (field "state", broke: the state it is in, passes: the
 * states from which the event is possible) or ROLE_FORBIDS (passes: the roles that may). */
bool lifecycle_next(const struct lifecycle *life, int from, int event, uint32_t roles, int *ret_to,
                    struct refusal *why);

/* Text table, or Graphviz, of the whole lifecycle, for `purserd lifecycles`. */
const char *lifecycle_print(struct arena *a, const struct lifecycle *life);
const char *lifecycle_dot(struct arena *a, const struct lifecycle *life);
