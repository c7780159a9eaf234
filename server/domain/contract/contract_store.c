/* SQL of contracts that changes them, and that fetches the facts on which changes are decided. */
#include "server/domain/contract/contract_store.h"

#include "common/check.h"
#include "server/domain/contract/contract.h"

#define K struct contract
static const struct db_col contract_cols[] = {
    COL(TEXT, K, id),
    COL(TEXT, K, contract_no),
    COL(TEXT, K, name),
    COL(TEXT, K, unit_id),
    COL(TEXT, K, line_id),
    COL(TEXT, K, line_name),
    COL(TEXT, K, supplier_id),
    COL(TEXT, K, supplier_name),
    COL(TEXT, K, supplier_type),
    COL(I64, K, year),
    COL(TEXT, K, catalogue_code),
    COL(I64, K, amount_fen),
    COL(I64, K, supplements_fen),
    COL(I64, K, held_fen),
    COL(I64, K, bond_fen),
    COL_ENUM(K, state, &contract_states),
    COL(DAY, K, start_date),
    COL(DAY, K, end_date),
    COL(DAY, K, signed_end_date),
    COL(DAY, K, award_date),
    COL(DAY, K, signed_date),
    COL(BOOL, K, is_signed_late),
    COL(TEXT, K, overdue_reason),
    COL(TEXT, K, content),
    COL(TEXT, K, quantity),
    COL(TEXT, K, quality),
    COL(TEXT, K, price_basis),
    COL_ENUM(K, settlement, &settlement_kinds),
    COL(TEXT, K, rights_duties),
    COL(TEXT, K, breach),
    COL(BOOL, K, content_is_fixed),
    COL(BOOL, K, need_is_lasting),
    COL(BOOL, K, funding_is_stable),
    COL(BOOL, K, price_is_stable),
    COL(TEXT, K, long_term_basis),
    COL(BOOL, K, is_attested),
    COL(TEXT, K, drafter_id),
    COL(TEXT, K, preparers),
    COL(TEXT, K, submitter_id),
    COL(TEXT, K, signer_id),
    COL(BOOL, K, is_suspended_by_order),
    COL(DAY, K, terminated_date),
    COL(TEXT, K, ended_reason),
    COL(I64, K, settlement_fen),
    COL(I64, K, supplements_count),
    COL(I64, K, version),
    COL(I64, K, created_us),
};
#undef K

void contract_want(struct db *db, const struct scope *scope, const char *id, struct contract *ret)
{
    db_want(db,
            "SELECT id, contract_no, name, unit_id, line_id, line_name, supplier_id, supplier_name,"
            "       supplier_type, year, catalogue_code, amount_fen, supplements_fen, held_fen, bond_fen,"
            "       state, start_date, end_date, signed_end_date, award_date, signed_date, is_signed_late,"
            "       overdue_reason, content, quantity, quality, price_basis, settlement, rights_duties,"
            "       breach, content_is_fixed, need_is_lasting, funding_is_stable, price_is_stable,"
            "       long_term_basis, is_attested, drafter_id, preparer_ids, submitter_id, signer_id,"
            "       is_suspended_by_order, terminated_date, ended_reason, coalesce(settlement_fen, -1),"
            "       supplements_count, version, created_us"
            "  FROM contract"
            " WHERE id = $1 AND unit_id ^@ $2",
            DB_IN(in_text(id), in_text(scope->unit_id)),
            ((struct db_cols){contract_cols, (int)COUNT_OF(contract_cols), sizeof(struct contract)}), ret,
            &ret->is_found);
}

void contract_want_brief(struct db *db, const struct scope *scope, const char *id, struct contract_brief *ret)
{
    db_want(db,
            "SELECT id, unit_id, line_id, name, supplier_id, state, year, amount_fen + supplements_fen"
            "  FROM contract"
            " WHERE id = $1 AND unit_id ^@ $2",
            DB_IN(in_text(id), in_text(scope->unit_id)),
            DB_COLS(struct contract_brief, COL(TEXT, struct contract_brief, id),
                    COL(TEXT, struct contract_brief, unit_id), COL(TEXT, struct contract_brief, line_id),
                    COL(TEXT, struct contract_brief, name), COL(TEXT, struct contract_brief, supplier_id),
                    COL(TEXT, struct contract_brief, state), COL(I64, struct contract_brief, year),
                    COL(I64, struct contract_brief, current_fen)),
            ret, &ret->is_found);
}

void contract_want_years(struct db *db, const char *contract_id, struct contract_year **ret, int *ret_count)
{
    db_want_rows(db,
                 "SELECT year, amount_fen"
                 "  FROM contract_year"
                 " WHERE contract_id = $1"
                 " ORDER BY year"
                 " LIMIT 20",
                 DB_IN(in_text(contract_id)),
                 DB_COLS(struct contract_year, COL(I64, struct contract_year, year),
                         COL(I64, struct contract_year, amount_fen)),
                 20, ret, ret_count);
}

void contract_add(struct db *db, const struct contract *k, int64_t now_us)
{
    db_do_one(
        db,
        "INSERT INTO contract (id, contract_no, name, unit_id, line_id, line_name, supplier_id,"
        "                      supplier_name, supplier_type, year, catalogue_code, amount_fen, held_fen,"
        "                      bond_fen, state, start_date, end_date, award_date, content, quantity,"
        "                      quality, price_basis, settlement, rights_duties, breach,"
        "                      content_is_fixed, need_is_lasting, funding_is_stable, price_is_stable,"
        "                      long_term_basis, is_attested, drafter_id, preparer_ids, version, created_us,"
        "                      changed_us)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,"
        "         $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $35)",
        DB_IN(in_text(k->id), in_text(k->contract_no), in_text(k->name), in_text(k->unit_id),
              in_text(k->line_id), in_text(k->line_name), in_text(k->supplier_id), in_text(k->supplier_name),
              in_text(k->supplier_type), in_i64(k->year), in_text(k->catalogue_code), in_i64(k->amount_fen),
              in_i64(k->held_fen), in_i64(k->bond_fen), in_enum(k->state, &contract_states),
              in_day(k->start_date), in_day(k->end_date), in_day(k->award_date), in_text(k->content),
              in_text(k->quantity), in_text(k->quality), in_text(k->price_basis),
              in_enum(k->settlement, &settlement_kinds), in_text(k->rights_duties), in_text(k->breach),
              in_bool(k->content_is_fixed), in_bool(k->need_is_lasting), in_bool(k->funding_is_stable),
              in_bool(k->price_is_stable), in_text(k->long_term_basis), in_bool(k->is_attested),
              in_text(k->drafter_id), in_text(k->preparers), in_i64(k->version), in_i64(now_us)));
}

void contract_save_draft(struct db *db, const struct contract *k, int64_t now_us)
{
    db_do_one(db,
              "UPDATE contract"
              "   SET contract_no = $2, name = $3, supplier_id = $4, supplier_name = $5, supplier_type = $6,"
              "       amount_fen = $7, held_fen = $8, bond_fen = $9, start_date = $10, end_date = $11,"
              "       award_date = $12, content = $13, quantity = $14, quality = $15, price_basis = $16,"
              "       settlement = $17, rights_duties = $18, breach = $19, content_is_fixed = $20,"
              "       need_is_lasting = $21, funding_is_stable = $22, price_is_stable = $23,"
              "       long_term_basis = $24, is_attested = $25, drafter_id = $26, version = $27,"
              "       changed_us = $28, preparer_ids = $29"
              " WHERE id = $1 AND version = $27 - 1",
              DB_IN(in_text(k->id), in_text(k->contract_no), in_text(k->name), in_text(k->supplier_id),
                    in_text(k->supplier_name), in_text(k->supplier_type), in_i64(k->amount_fen),
                    in_i64(k->held_fen), in_i64(k->bond_fen), in_day(k->start_date), in_day(k->end_date),
                    in_day(k->award_date), in_text(k->content), in_text(k->quantity), in_text(k->quality),
                    in_text(k->price_basis), in_enum(k->settlement, &settlement_kinds),
                    in_text(k->rights_duties), in_text(k->breach), in_bool(k->content_is_fixed),
                    in_bool(k->need_is_lasting), in_bool(k->funding_is_stable), in_bool(k->price_is_stable),
                    in_text(k->long_term_basis), in_bool(k->is_attested), in_text(k->drafter_id),
                    in_i64(k->version), in_i64(now_us), in_text(k->preparers)));
}

void contract_save_state(struct db *db, const struct contract *k, int64_t now_us)
{
    db_do_one(
        db,
        "UPDATE contract"
        "   SET state = $2, supplements_fen = $3, held_fen = $4, end_date = $5, signed_end_date = $6,"
        "       signed_date = $7, is_signed_late = $8, overdue_reason = $9, submitter_id = $10,"
        "       signer_id = $11, is_suspended_by_order = $12, terminated_date = $13, ended_reason = $14,"
        "       settlement_fen = nullif($15, -1), supplements_count = $16, version = $17,"
        "       changed_us = $18"
        " WHERE id = $1 AND version = $17 - 1",
        DB_IN(in_text(k->id), in_enum(k->state, &contract_states), in_i64(k->supplements_fen),
              in_i64(k->held_fen), in_day(k->end_date), in_day(k->signed_end_date), in_day(k->signed_date),
              in_bool(k->is_signed_late), in_text(k->overdue_reason), in_text(k->submitter_id),
              in_text(k->signer_id), in_bool(k->is_suspended_by_order), in_day(k->terminated_date),
              in_text(k->ended_reason), in_i64(k->settlement_fen), in_i64(k->supplements_count),
              in_i64(k->version), in_i64(now_us)));
}

/* Totals are only added to, never read: contracts of one key may be signed side by side. A CHECK would see a
 * negative increment before the row that it is added to, so what is taken away is a sum of its own. */
static void total_add(struct db *db, const struct contract *k, int64_t contracts, int64_t added_fen,
                      int64_t taken_fen)
{
    db_add(db,
           "INSERT INTO contract_total (year, unit_id, catalogue_code, supplier_type, contracts,"
           "                            added_fen, taken_fen)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7)"
           " ON CONFLICT (year, unit_id, catalogue_code, supplier_type) DO UPDATE"
           "   SET contracts = contract_total.contracts + EXCLUDED.contracts,"
           "       added_fen = contract_total.added_fen + EXCLUDED.added_fen,"
           "       taken_fen = contract_total.taken_fen + EXCLUDED.taken_fen",
           DB_IN(in_i64(day_year(k->signed_date)), in_text(k->unit_id), in_text(k->catalogue_code),
                 in_text(k->supplier_type), in_i64(contracts), in_i64(added_fen), in_i64(taken_fen)),
           4);
}

void contract_keep_total(struct db *db, const struct contract *before, const struct contract *after)
{
    int64_t contracts = contract_counts(after) - contract_counts(before);
    int64_t more_fen = contract_counted_fen(after) - contract_counted_fen(before);
    if (contracts != 0 || more_fen != 0)
        total_add(db, after, contracts, more_fen > 0 ? more_fen : 0, more_fen < 0 ? -more_fen : 0);
}

void contract_put_years(struct db *db, const char *contract_id, const struct contract_year *years, int count)
{
    for (int i = 0; i < count; i++)
        db_do_one(db,
                  "INSERT INTO contract_year (contract_id, year, amount_fen)"
                  " VALUES ($1, $2, $3)",
                  DB_IN(in_text(contract_id), in_i64(years[i].year), in_i64(years[i].amount_fen)));
}

void contract_drop_years(struct db *db, const char *contract_id)
{
    db_do(db,
          "DELETE FROM contract_year"
          " WHERE contract_id = $1",
          DB_IN(in_text(contract_id)));
}

#define S struct supplement
static const struct db_col supplement_cols[] = {
    COL(TEXT, S, id),
    COL(TEXT, S, contract_id),
    COL(TEXT, S, unit_id),
    COL(TEXT, S, line_id),
    COL_ENUM(S, kind, &supplement_kinds),
    COL_ENUM(S, state, &supplement_states),
    COL(I64, S, amount_fen),
    COL(I64, S, held_fen),
    COL(DAY, S, new_end_date),
    COL(DAY, S, signed_date),
    COL(TEXT, S, reason),
    COL(TEXT, S, content),
    COL(TEXT, S, drafter_id),
    COL(TEXT, S, signer_id),
    COL(I64, S, version),
    COL(I64, S, created_us),
};
#undef S
static const struct db_cols supplement_row = {supplement_cols, (int)COUNT_OF(supplement_cols),
                                              sizeof(struct supplement)};

void supplement_want(struct db *db, const struct scope *scope, const char *id, struct supplement *ret)
{
    db_want(db,
            "SELECT id, contract_id, unit_id, line_id, kind, state, amount_fen, held_fen, new_end_date,"
            "       signed_date, reason, content, drafter_id, signer_id, version, created_us"
            "  FROM contract_supplement"
            " WHERE id = $1 AND unit_id ^@ $2",
            DB_IN(in_text(id), in_text(scope->unit_id)), supplement_row, ret, &ret->is_found);
}

void supplement_want_all(struct db *db, const char *contract_id, struct supplement **ret, int *ret_count)
{
    db_want_rows(db,
                 "SELECT id, contract_id, unit_id, line_id, kind, state, amount_fen, held_fen,"
                 "       new_end_date, signed_date, reason, content, drafter_id, signer_id, version,"
                 "       created_us"
                 "  FROM contract_supplement"
                 " WHERE contract_id = $1 AND state IN ('DRAFT', 'SIGNED')"
                 " ORDER BY id"
                 " LIMIT 200",
                 DB_IN(in_text(contract_id)), supplement_row, 200, ret, ret_count);
}

void supplement_add(struct db *db, const struct supplement *s, int64_t now_us)
{
    db_do_one(db,
              "INSERT INTO contract_supplement (id, contract_id, unit_id, line_id, kind, state,"
              "                                 amount_fen, held_fen, new_end_date, reason, content,"
              "                                 drafter_id, version, created_us, changed_us)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)",
              DB_IN(in_text(s->id), in_text(s->contract_id), in_text(s->unit_id), in_text(s->line_id),
                    in_enum(s->kind, &supplement_kinds), in_enum(s->state, &supplement_states),
                    in_i64(s->amount_fen), in_i64(s->held_fen), in_day(s->new_end_date), in_text(s->reason),
                    in_text(s->content), in_text(s->drafter_id), in_i64(s->version), in_i64(now_us)));
}

void supplement_save(struct db *db, const struct supplement *s, int64_t now_us)
{
    db_do_one(db,
              "UPDATE contract_supplement"
              "   SET state = $2, held_fen = $3, signed_date = $4, signer_id = $5, version = $6,"
              "       changed_us = $7"
              " WHERE id = $1 AND version = $6 - 1",
              DB_IN(in_text(s->id), in_enum(s->state, &supplement_states), in_i64(s->held_fen),
                    in_day(s->signed_date), in_text(s->signer_id), in_i64(s->version), in_i64(now_us)));
}

void duty_want(struct db *db, const struct scope *scope, const char *id, struct duty *ret)
{
    db_want(db,
            "SELECT id, contract_id, object_id, unit_id, kind, state, since_date, due_date, sent_date,"
            "       done_date, is_weekends_only, medium, opinion, sender_id, version"
            "  FROM contract_duty"
            " WHERE id = $1 AND unit_id ^@ $2",
            DB_IN(in_text(id), in_text(scope->unit_id)),
            DB_COLS(struct duty, COL(TEXT, struct duty, id), COL(TEXT, struct duty, contract_id),
                    COL(TEXT, struct duty, object_id), COL(TEXT, struct duty, unit_id),
                    COL_ENUM(struct duty, kind, &duty_kinds), COL_ENUM(struct duty, state, &duty_states),
                    COL(DAY, struct duty, since_date), COL(DAY, struct duty, due_date),
                    COL(DAY, struct duty, sent_date), COL(DAY, struct duty, done_date),
                    COL(BOOL, struct duty, is_weekends_only), COL(TEXT, struct duty, medium),
                    COL(TEXT, struct duty, opinion), COL(TEXT, struct duty, sender_id),
                    COL(I64, struct duty, version)),
            ret, &ret->is_found);
}

void duty_add(struct db *db, const struct duty *d)
{
    db_do_one(db,
              "INSERT INTO contract_duty (id, contract_id, object_id, unit_id, kind, state, since_date,"
              "                           due_date, is_weekends_only, version)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
              DB_IN(in_text(d->id), in_text(d->contract_id), in_text(d->object_id), in_text(d->unit_id),
                    in_enum(d->kind, &duty_kinds), in_enum(d->state, &duty_states), in_day(d->since_date),
                    in_day(d->due_date), in_bool(d->is_weekends_only), in_i64(d->version)));
}

void duty_save(struct db *db, const struct duty *d)
{
    db_do_one(db,
              "UPDATE contract_duty"
              "   SET state = $2, sent_date = $3, done_date = $4, medium = $5, opinion = $6,"
              "       sender_id = $7, version = $8"
              " WHERE id = $1 AND version = $8 - 1",
              DB_IN(in_text(d->id), in_enum(d->state, &duty_states), in_day(d->sent_date),
                    in_day(d->done_date), in_text(d->medium), in_text(d->opinion), in_text(d->sender_id),
                    in_i64(d->version)));
}

void contract_record(struct db *db, const struct contract_history *h)
{
    db_do_one(db,
              "INSERT INTO contract_event (contract_id, seq, object_id, event, from_state, to_state,"
              "                            person_id, at_us, opinion)"
              " VALUES ($1, $2, $3, $4, nullif($5, ''), nullif($6, ''), $7, $8, $9)",
              DB_IN(in_text(h->contract_id), in_i64(h->seq), in_text(h->object_id),
                    in_enum(h->event, &contract_events), in_text(h->from), in_text(h->to),
                    in_text(h->person_id), in_i64(h->at_us), in_text(h->opinion)));
}
