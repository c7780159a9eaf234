/* What contracts ask of a line: is there an approved budget, and how much of it is free. */
#include "server/domain/budget/budget.h"

#include <string.h>

#include "common/money.h"
#include "server/domain/budget/budget_rules.h"

int64_t line_free_fen(const struct line *l) { return l->approved_fen - l->reserved_fen - l->committed_fen; }

/* B2: no budget, no purchase. */
static bool line_is_issued(const struct line *l, struct refusal *why)
{
    if (strcmp(l->state, "ISSUED") == 0)
        return true;
    return refuse(why, "LINE_NOT_ISSUED", .what = l->id, .field = "line_id", .rule = "B2",
                  .broke = say_text(why, "%s (%s)", l->state,
                                    names_zh(&line_states, names_find(&line_states, l->state))),
                  .passes = "ISSUED (二下已批复)");
}

bool budget_can_reserve(const struct line *l, int64_t amount_fen, struct refusal *why)
{
    if (!line_is_issued(l, why))
        return false;
    if (amount_fen >= 0 && amount_fen <= line_free_fen(l))
        return true;
    return refuse(why, "OVER_LINE", .what = l->id, .field = "amount_fen", .rule = "H8",
                  .broke = say_fen(why, amount_fen), .passes = say_fen(why, line_free_fen(l)));
}

bool budget_can_commit(const struct line *l, int64_t reserved_fen, int64_t amount_fen, struct refusal *why)
{
    if (!line_is_issued(l, why))
        return false;
    int64_t most;
    if (money_add(line_free_fen(l), reserved_fen, &most) && reserved_fen <= l->reserved_fen &&
        amount_fen >= 0 && amount_fen <= most)
        return true;
    return refuse(why, "OVER_LINE", .what = l->id, .field = "amount_fen", .rule = "H8",
                  .broke = say_fen(why, amount_fen),
                  .passes = say_fen(why,
                                    line_free_fen(l) + (reserved_fen <= l->reserved_fen ? reserved_fen : 0)));
}
