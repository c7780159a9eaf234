/* The tables of policy: proposals, rule values, type rules, the calendar. */
#pragma once

#include "server/base/call.h"
#include "server/domain/policy/policy_rules.h"

struct proposal {
    bool is_found;
    const char *id, *proposed_by;
    int kind, state;
    int64_t row_count, version;
};
void proposal_want(struct db *db, const char *id, struct proposal *ret);
void proposal_insert(struct db *db, const struct proposal *p, int64_t at_us);
void proposal_settle(struct db *db, const struct proposal *p, int to_state, const char *by, int64_t at_us,
                     const char *opinion);

/* Columns of n rows, for one statement. */
struct rule_columns {
    const char **rule_id, **name, **unit, **valid_from, **valid_to, **source;
    int64_t *value;
    size_t n;
};
void rule_values_insert(struct db *db, const char *proposal_id, const struct rule_columns *r);
struct type_columns {
    const char **type, **name, **rule_set, **valid_from, **valid_to, **may_purchase, **may_provide;
    size_t n;
};
void type_rules_insert(struct db *db, const char *proposal_id, const struct type_columns *r);
/* Moves the records of a proposal; on confirmation those they correct become REPLACED. */
void rule_values_settle(struct db *db, const char *proposal_id, int to_state);
void type_rules_settle(struct db *db, const char *proposal_id, int to_state);

/* Replaces whole years. */
struct calendar_columns {
    const char **day, **kind, **holiday;
    size_t n;
    const int64_t *years;
    size_t years_n;
};
void calendar_replace(struct db *db, const struct calendar_columns *cal, const char *by, int64_t at_us);

/* The declared reads. */
extern const struct read_sql proposals_list_sql[], rule_value_get_sql[], rule_values_list_sql[],
    type_rule_get_sql[], type_rules_list_sql[], calendar_list_sql[], calendar_years_list_sql[];
