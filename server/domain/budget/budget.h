/* Budget lines and the hold ledger, as contracts (and later procurement and payment) may ask. */
#pragma once

#include "server/base/call.h"

/* A line as others see it. free = approved − reserved − committed. Amounts in fen. */
struct line {
    bool is_found;
    const char *id, *unit_id, *name, *catalogue_code, *project_code;
    int64_t year;
    const char *state; /* "ISSUED" is the only one that can be held */
    int64_t approved_fen, reserved_fen, committed_fen;
    bool is_public_service; /* class A */
    struct day issued;      /* the day its budget was issued; DAY_NONE before */
};
void budget_want_line(struct db *db, const struct scope *scope, const char *id, struct line *ret);
int64_t line_free_fen(const struct line *l);

/* May `amount_fen` more be reserved? Refuses LINE_NOT_ISSUED (B1/B2: no budget, no purchase), OVER_LINE (H8:
 * broke amount, passes free). */
bool budget_can_reserve(const struct line *l, int64_t amount_fen, struct refusal *why);
/* May a reservation of reserved_fen become a commitment of amount_fen? */
bool budget_can_commit(const struct line *l, int64_t reserved_fen, int64_t amount_fen, struct refusal *why);

/* The hold ledger, one row per hold: `holder` is the contract's (or supplement's) id. Each queues its writes;
 * CHECKs stand behind. */
void budget_reserve(struct db *db, const struct line *l, const char *holder, int64_t amount_fen,
                    int64_t now_us);
/* Turns the holder's reservation of reserved_fen into a commitment of amount_fen. */
void budget_commit(struct db *db, const struct line *l, const char *holder, int64_t reserved_fen,
                   int64_t amount_fen, int64_t now_us);
/* Gives a reservation back (draft dropped or changed). */
void budget_release(struct db *db, const struct line *l, const char *holder, int64_t reserved_fen,
                    int64_t now_us);
/* Gives a commitment (or what is left of it) back (contract terminated). */
void budget_uncommit(struct db *db, const struct line *l, const char *holder, int64_t amount_fen,
                     int64_t now_us);

extern const struct noun noun_budget;
