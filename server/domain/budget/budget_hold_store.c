/* The SQL of the hold ledger: one row a hold, and the sums kept on the line, with CHECKs behind them. */
#include "server/domain/budget/budget.h"

void budget_want_line(struct db *db, const struct scope *scope, const char *id, struct line *ret)
{
    db_want(db,
            "SELECT id, unit_id, name, catalogue_code, project_code, year, state, approved_fen, reserved_fen,"
            "       committed_fen, is_public_service,"
            "       (SELECT y.issued_date FROM budget_cycle y WHERE y.year = budget_line.year)"
            "  FROM budget_line"
            " WHERE id = $1"
            "   AND unit_id ^@ $2",
            DB_IN(in_text(id), in_text(scope->unit_id)),
            DB_COLS(struct line, COL(TEXT, struct line, id), COL(TEXT, struct line, unit_id),
                    COL(TEXT, struct line, name), COL(TEXT, struct line, catalogue_code),
                    COL(TEXT, struct line, project_code), COL(I64, struct line, year),
                    COL(TEXT, struct line, state), COL(I64, struct line, approved_fen),
                    COL(I64, struct line, reserved_fen), COL(I64, struct line, committed_fen),
                    COL(BOOL, struct line, is_public_service), COL(DAY, struct line, issued)),
            ret, &ret->is_found);
}

void budget_reserve(struct db *db, const struct line *l, const char *holder, int64_t amount_fen,
                    int64_t now_us)
{
    db_do_one(
        db,
        "INSERT INTO budget_hold (line_id, holder, state, amount_fen, reserved_us)"
        " VALUES ($1, $2, 'RESERVED', $3, $4)"
        " ON CONFLICT (line_id, holder) DO UPDATE"
        "   SET state = 'RESERVED', amount_fen = EXCLUDED.amount_fen, reserved_us = EXCLUDED.reserved_us,"
        "       released_us = NULL"
        " WHERE budget_hold.state = 'RELEASED'",
        DB_IN(in_text(l->id), in_text(holder), in_i64(amount_fen), in_i64(now_us)));
    db_add(db,
           "UPDATE budget_line"
           "   SET reserved_fen = reserved_fen + $2"
           " WHERE id = $1",
           DB_IN(in_text(l->id), in_i64(amount_fen)), 1);
}

void budget_commit(struct db *db, const struct line *l, const char *holder, int64_t reserved_fen,
                   int64_t amount_fen, int64_t now_us)
{
    db_do_one(db,
              "UPDATE budget_hold"
              "   SET state = 'COMMITTED', amount_fen = $4, committed_us = $5"
              " WHERE line_id = $1"
              "   AND holder = $2"
              "   AND state = 'RESERVED'"
              "   AND amount_fen = $3",
              DB_IN(in_text(l->id), in_text(holder), in_i64(reserved_fen), in_i64(amount_fen),
                    in_i64(now_us)));
    db_add(db,
           "UPDATE budget_line"
           "   SET reserved_fen = reserved_fen - $2, committed_fen = committed_fen + $3"
           " WHERE id = $1",
           DB_IN(in_text(l->id), in_i64(reserved_fen), in_i64(amount_fen)), 1);
}

void budget_release(struct db *db, const struct line *l, const char *holder, int64_t reserved_fen,
                    int64_t now_us)
{
    db_do_one(db,
              "UPDATE budget_hold"
              "   SET state = 'RELEASED', amount_fen = 0, released_us = $4"
              " WHERE line_id = $1"
              "   AND holder = $2"
              "   AND state = 'RESERVED'"
              "   AND amount_fen = $3",
              DB_IN(in_text(l->id), in_text(holder), in_i64(reserved_fen), in_i64(now_us)));
    db_add(db,
           "UPDATE budget_line"
           "   SET reserved_fen = reserved_fen - $2"
           " WHERE id = $1",
           DB_IN(in_text(l->id), in_i64(reserved_fen)), 1);
}

void budget_uncommit(struct db *db, const struct line *l, const char *holder, int64_t amount_fen,
                     int64_t now_us)
{
    db_do_one(db,
              "UPDATE budget_hold"
              "   SET state = CASE WHEN amount_fen = $3 THEN 'RELEASED' ELSE state END,"
              "       amount_fen = amount_fen - $3, released_us = $4"
              " WHERE line_id = $1"
              "   AND holder = $2"
              "   AND state = 'COMMITTED'",
              DB_IN(in_text(l->id), in_text(holder), in_i64(amount_fen), in_i64(now_us)));
    db_add(db,
           "UPDATE budget_line"
           "   SET committed_fen = committed_fen - $2"
           " WHERE id = $1",
           DB_IN(in_text(l->id), in_i64(amount_fen)), 1);
}
