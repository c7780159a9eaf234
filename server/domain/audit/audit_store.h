/* The statements of audit; the only file that names its tables. Everything is queued, nothing waits. */
#pragma once

#include "server/base/call.h"
#include "server/domain/audit/audit_rules.h"

#define CASE_UNITS_MAX    30
#define CASE_FINDINGS_MAX 200

/* Whoever sees all finds any case; a department finds those that name it, from the notice on. */
void case_want(struct db *db, const struct scope *scope, const char *id, struct audit_case *ret);
void case_want_units(struct db *db, const char *case_id, struct case_unit **ret, int *ret_count);
void case_want_findings(struct db *db, const char *case_id, struct finding **ret, int *ret_count);
/* A department finds a finding that concerns it, from the consultation on. */
void finding_want(struct db *db, const struct scope *scope, const char *id, struct finding *ret);

struct violation {
    bool is_found;
    const char *code, *name, *basis;
};
void violation_want(struct db *db, const char *code, struct violation *ret);
struct violation_rows {
    const char **codes, **names, **bases, **checks;
    size_t count;
};
void violation_put(struct db *db, const struct violation_rows *rows);

void case_add(struct db *db, const struct audit_case *k, int64_t now_us);
void case_add_unit(struct db *db, const char *case_id, const struct case_unit *u);
/* k->version is the new version; the row must hold the one before. */
void case_save(struct db *db, const struct audit_case *k, int64_t now_us);
void case_save_reply(struct db *db, const char *case_id, const struct case_unit *u);
void case_deem_units(struct db *db, const char *case_id, struct day on);

void finding_add(struct db *db, const struct finding *f, int64_t now_us);
void finding_save(struct db *db, const struct finding *f, int64_t now_us);

/* One line of the history; seq is the case's new version. */
struct audit_history {
    const char *case_id, *object_id;
    int64_t seq;
    int event;
    const char *from, *to;
    const char *person_id, *opinion;
    int64_t at_us;
};
void audit_record(struct db *db, const struct audit_history *h);

extern const struct read_sql case_get_sql[], case_list_sql[], finding_get_sql[], finding_list_sql[],
    violation_list_sql[];
