/* The statements of contracts; the only file that names their tables. Everything is queued, nothing waits. */
#pragma once

#include "server/base/call.h"
#include "server/domain/contract/contract_rules.h"

void contract_want(struct db *db, const struct scope *scope, const char *id, struct contract *ret);
void contract_want_years(struct db *db, const char *contract_id, struct contract_year **ret, int *ret_count);
void supplement_want(struct db *db, const struct scope *scope, const char *id, struct supplement *ret);
/* All supplements of a contract that are proposed or signed, oldest first. */
void supplement_want_all(struct db *db, const char *contract_id, struct supplement **ret, int *ret_count);
void duty_want(struct db *db, const struct scope *scope, const char *id, struct duty *ret);

void contract_add(struct db *db, const struct contract *k, int64_t now_us);
/* Replaces what a draft says. k->version is the new version; the row must hold the one before. */
void contract_save_draft(struct db *db, const struct contract *k, int64_t now_us);
/* Keeps what steps change: state, dates, persons, sums. k->version as above. */
void contract_save_state(struct db *db, const struct contract *k, int64_t now_us);
/* Keeps the totals of statistics in step with what a step made of the contract. */
void contract_keep_total(struct db *db, const struct contract *before, const struct contract *after);
void contract_put_years(struct db *db, const char *contract_id, const struct contract_year *years, int count);
void contract_drop_years(struct db *db, const char *contract_id);

void supplement_add(struct db *db, const struct supplement *s, int64_t now_us);
void supplement_save(struct db *db, const struct supplement *s, int64_t now_us);
void duty_add(struct db *db, const struct duty *d);
void duty_save(struct db *db, const struct duty *d);

/* One line of the history; seq is the contract's new version. */
struct contract_history {
    const char *contract_id, *object_id;
    int64_t seq;
    int event;
    const char *from, *to;
    const char *person_id, *opinion;
    int64_t at_us;
};
void contract_record(struct db *db, const struct contract_history *h);

extern const struct read_sql contract_get_sql[], contract_list_sql[];
extern const struct read_sql supplement_get_sql[], supplement_list_sql[], duty_get_sql[], duty_list_sql[];
