/* Texts that are stored once and read in two languages, as refusals are. */
#pragma once

#include <stdbool.h>

#include "common/arena.h"

/* The Chinese or the English of a text that says both: "SIGNED (已签订), FILED (已备案)",
 * "20 位 (characters)", "数量 / how much". What says it once stays as it is. */
const char *in_language(struct arena *a, const char *text, bool zh);
