/* Records of the years before the city went live; nothing to ask but the noun itself. */
#pragma once

#include "server/base/call.h"

extern const struct noun noun_history;
