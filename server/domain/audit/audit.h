/* Audit cases; nothing leans on them but reports, which read views. */
#pragma once

#include "server/base/call.h"

extern const struct noun noun_audit;
