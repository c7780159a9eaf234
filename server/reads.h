/* What `purserd reads` prints: every declared statement as it is sent to PostgreSQL. */
#pragma once

#include "common/arena.h"
#include "common/status.h"

/* One JSON object a line: method, list, needs, into, params (name and type, $1 first), sql. Whoever
 * explains, measures or reviews the statements takes them from here. */
enum status reads_print(struct arena *a, char reterr[512]) MUST_CHECK;
