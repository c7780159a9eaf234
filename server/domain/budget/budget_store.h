/* The SQL of lines: what is fetched and what is written, as named functions. */
#pragma once

#include "server/base/call.h"
#include "server/domain/budget/budget_rules.h"

struct budget_line {
    bool is_found;
    const char *id, *unit_id, *department_id;
    int64_t year, version;
    int state, round;
    struct draft d;
    const char *catalogue_name;
    bool is_public_service;
    int64_t first_fen, control_fen, approved_fen;
    const char *clerk_id, *approver_id, *reviewer_1_id, *reviewer_2_id;
    bool has_consent;
    struct day return_due;
    const char *refused_basis;
};

/* The line with its fund sources, when it is in scope. */
void line_want(struct db *db, const struct scope *scope, const char *id, struct budget_line *ret);
/* The department's lines that were refused in that year; at most 1000. */
void line_want_refused(struct db *db, const struct budget_line *l, struct budget_line **ret, int *ret_count);

/* What else of the department stands where, to judge its round by. */
struct department_sum {
    int64_t lines;       /* neither withdrawn nor refused */
    int64_t waiting;     /* of this round: at the bureau, or returned by it */
    int64_t sent_fen;    /* U2: between department review and the draft budget */
    int64_t granted_fen; /* U1: control figures that second review has granted */
    bool has_control;
    int64_t control_fen; /* its control total */
};
/* Without the line `but_id` ("" for none). */
void line_want_department(struct db *db, int64_t year, const char *department_id, int round,
                          const char *but_id, struct department_sum *ret);

/* What one person has done to the line until now. */
void line_want_hand(struct db *db, const char *line_id, const char *person_id, struct hand *ret);

/* One transition, for the line's book. */
struct line_step {
    int event, from;
    const char *person_id, *opinion;
    int decision;
    int64_t amount_fen;
    const char *basis;
    struct day due;
    int64_t now_us;
};

/* A new line with its sources, its first event and version. */
void line_insert(struct db *db, const struct budget_line *l, const struct line_step *step);
/* The line as it is after the step: `after` still carries the version that was read, the row gets the next
 * one. */
void line_save(struct db *db, const struct budget_line *after, const struct line_step *step);
/* The same, when what is asked for has changed too. */
void line_rewrite(struct db *db, const struct budget_line *after, const struct line_step *step);
