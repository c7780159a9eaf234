/* Rules of imports of lines: their life, the order of the rows, and whether what came is what was sent. */
#include "server/domain/budget/budget_rules.h"

#include <string.h>

#include "common/check.h"
#include "common/roles.h"
#include "common/sign.h"

/* clang-format off */
static const char *const states_of[] = {NULL, "OPEN", "COMMITTED", "REPLACED"};
static const char *const states_zh[] = {NULL, "导入中", "已生效", "已被取代"};
static const char *const events_of[] = {NULL, "OPEN", "APPEND", "COMMIT", "REPLACE"};
static const char *const events_zh[] = {NULL, "开始", "追加", "生效", "取代"};

const struct names import_states = {states_of, states_zh, (int)COUNT_OF(states_of)};
const struct names import_events = {events_of, events_zh, (int)COUNT_OF(events_of)};

static const struct step import_table[] = {
    {0,              IMPORT_OPEN,    IMPORT_IS_OPEN,   ROLE_CLERK, "a clerk begins to send a file of lines"},
    {IMPORT_IS_OPEN, IMPORT_APPEND,  IMPORT_IS_OPEN,   ROLE_CLERK, "more of its rows come"},
    {IMPORT_IS_OPEN, IMPORT_COMMIT,  IMPORT_COMMITTED, ROLE_CLERK, "all rows become lines, or none"},
    {IMPORT_IS_OPEN, IMPORT_REPLACE, IMPORT_REPLACED,  ROLE_CLERK, "the same clerk begins another"},
};
/* clang-format on */

const struct lifecycle import_life = {"import", &import_states, &import_events, import_table,
                                      (int)COUNT_OF(import_table)};

bool import_continues(const struct import_part *p, int64_t year, int64_t first_row, int64_t count,
                      struct refusal *why)
{
    if (year != p->year)
        return refuse(why, "BAD_FIELD", .field = "year", .broke = say_int(why, year, ""),
                      .passes = say_int(why, p->year, ""));
    if (first_row != p->rows + 1)
        return refuse(why, "ROWS_OUT_OF_ORDER", .field = "first_row", .broke = say_int(why, first_row, ""),
                      .passes = say_int(why, p->rows + 1, ""));
    if (count > IMPORT_ROWS_MAX - p->rows)
        return refuse(why, "TOO_MANY_ROWS", .field = "first_row", .broke = say_int(why, p->rows + count, ""),
                      .passes = say_int(why, IMPORT_ROWS_MAX, ""));
    return true;
}

bool import_is_whole(const struct import_part *p, int64_t rows, struct bytes digest, struct refusal *why)
{
    if (rows != p->rows || rows == 0)
        return refuse(why, "ROWS_DIFFER", .field = "row_count", .broke = say_int(why, rows, ""),
                      .passes = say_int(why, p->rows, ""));
    if (digest.len == HASH_BYTES && memcmp(digest.data, p->digest.b, HASH_BYTES) == 0)
        return true;
    return refuse(why, "DIGEST_DIFFERS", .field = "digest",
                  .broke = hex_text(why->arena, digest.data, digest.len),
                  .passes = hex_text(why->arena, p->digest.b, HASH_BYTES));
}
