/* Statistics: reads views only, nobody leans on it. */
#pragma once

#include "server/base/call.h"

extern const struct noun noun_report;
