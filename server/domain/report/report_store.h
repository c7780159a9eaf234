/* The statements of statistics. */
#pragma once

#include "server/base/call.h"

extern const struct read_sql report_statistics_sql[];
