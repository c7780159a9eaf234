/* The SQL of cycles and rounds: the year's calendar, what departments have sent, and the steps that move a
 * whole year. */
#pragma once

#include "server/base/call.h"
#include "server/domain/budget/budget_rules.h"

struct cycle {
    bool is_found;
    int64_t year, version;
    int state;
    const char *catalogue_version;
    struct day congress, issue_due;
    const char *congress_document, *recorded_by;
};
void cycle_want(struct db *db, int64_t year, struct cycle *ret);

/* How the lines of a year stand. */
struct year_sum {
    int64_t under_review; /* UP1, FIN1, FIN2 */
    int64_t controlled, control_fen, departments;
    int64_t under_final; /* UP2_REVIEW, UP2, FIN_FINAL */
    int64_t compiled;
    int64_t approved, approved_fen;
};
void year_want(struct db *db, int64_t year, struct year_sum *ret);
/* The days of one step of the cycle. */
void step_want(struct db *db, int64_t year, int step, struct window *ret);
struct text_row {
    const char *text;
};
/* The departments of a cycle, by id. */
void year_want_departments(struct db *db, int64_t year, struct text_row **ret, int *ret_count);

struct round {
    bool is_known;  /* the cycle has such a step */
    const char *id; /* "" when the department has no row yet */
    const char *unit_id;
    int64_t year, version;
    int round, state;
    struct window window;
};
void round_want(struct db *db, int64_t year, const char *department_id, int round, struct round *ret);
void round_want_by_id(struct db *db, const struct scope *scope, const char *id, struct round *ret);
/* Moves the round, making its row when there is none. */
void round_move(struct db *db, const struct round *r, int to, const char *person_id, int64_t now_us);
void round_declare(struct db *db, const struct round *r, int to, const char *why, const char *person_id,
                   int64_t now_us);
void round_reopen(struct db *db, const struct round *r, struct day to, const char *why, const char *person_id,
                  int64_t now_us);

struct deployment {
    int64_t year;
    const char *catalogue_version;
    const struct window *steps; /* by enum cycle_step */
    const char *const *unit_ids, *const *unit_names;
    int units;
};
void cycle_insert(struct db *db, const struct deployment *d, const char *person_id, int64_t now_us);
/* 一下: control totals by department; lines CONTROL go to UP2_DRAFT, a single fund source follows the control
 * figure. */
void cycle_publish(struct db *db, const struct cycle *y, const char *person_id, int64_t now_us);
struct congress {
    struct day day, issue_due;
    const char *document;
    bool is_weekends_only; /* the calendar did not reach the due date */
};
void cycle_record(struct db *db, const struct cycle *y, const struct congress *n, const char *person_id);
/* Lines COMPILED become APPROVED. */
void cycle_confirm(struct db *db, const struct cycle *y, const char *person_id, int64_t now_us);
/* 二下: lines APPROVED become ISSUED with what was asked for within the control figures. */
void cycle_issue(struct db *db, const struct cycle *y, struct day today, bool is_late, const char *person_id,
                 int64_t now_us);
