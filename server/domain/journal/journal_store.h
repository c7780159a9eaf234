/* The journal's statements that its door declares. */
#pragma once

#include "server/base/call.h"

extern const struct read_sql journal_list_entries_sql[];
