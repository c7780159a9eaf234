/* What holds for budgets, as pure functions: the lives of lines, rounds and cycles, completeness, limits,
 * separation. */
#pragma once

#include "common/date.h"
#include "common/lifecycle.h"
#include "common/merkle.h"
#include "common/refusal.h"

/* ---- names; the numbers are those of the wire's enums ---- */

enum cycle_state { CYCLE_OPEN = 1, CYCLE_CONTROLLED, CYCLE_CONGRESS, CYCLE_CONFIRMED, CYCLE_ISSUED };
enum cycle_event { CYCLE_DEPLOY = 1, CYCLE_PUBLISH, CYCLE_RECORD, CYCLE_CONFIRM, CYCLE_ISSUE };
enum cycle_step { STEP_U1 = 1, STEP_F1, STEP_D1, STEP_U2, STEP_F2, STEP_D2, STEPS_COUNT = STEP_D2 };

enum budget_round { ROUND_U1 = 1, ROUND_U2 };
enum round_state { ROUND_NONE = 1, ROUND_REPORTED, ROUND_ZERO, ROUND_RETURNED, ROUND_REVIEWED };
enum round_event { ROUND_REPORT = 1, ROUND_DECLARE, ROUND_RETURN, ROUND_REVIEW, ROUND_REOPEN };

enum line_state {
    LINE_DRAFT = 1,
    LINE_DEPT_REVIEW,
    LINE_UP1,
    LINE_FIN1,
    LINE_FIN2,
    LINE_RETURNED,
    LINE_REFUSED,
    LINE_CONTROL,
    LINE_UP2_DRAFT,
    LINE_UP2_REVIEW,
    LINE_UP2,
    LINE_FIN_FINAL,
    LINE_COMPILED,
    LINE_APPROVED,
    LINE_ISSUED,
    LINE_ADJUSTING,
    LINE_CLOSED,
    LINE_WITHDRAWN
};
enum line_event {
    LINE_CREATE = 1,
    LINE_CREATE_LATE,
    LINE_EDIT,
    LINE_SUBMIT,
    LINE_APPROVE,
    LINE_RETURN,
    LINE_WITHDRAW,
    LINE_TAKE,
    LINE_REVIEW,
    LINE_AGREE,
    LINE_REDUCE,
    LINE_SEND_BACK,
    LINE_REFUSE,
    LINE_PUBLISH,
    LINE_CONSENT,
    LINE_COMPILE,
    LINE_CONFIRM,
    LINE_ISSUE
};

enum decision { DECIDE_AGREE = 1, DECIDE_REDUCE, DECIDE_RETURN, DECIDE_REFUSE };
enum purchase_method { METHOD_INQUIRY = 6, METHODS_COUNT = 9 };

extern const struct names cycle_states, cycle_steps, budget_rounds, round_states, line_states, line_events,
    decisions, fund_sources, purchase_methods;
extern const struct lifecycle cycle_life, round_life, line_life;

/* ---- a line as it is asked for ---- */

struct share {
    int source;
    int64_t amount_fen;
};

struct draft {
    const char *project_code, *name, *content, *catalogue_code, *function_code, *economic_code, *quantity;
    int64_t unit_price_fen, requested_fen;
    const char *provider_type;
    int method;
    struct day start, end;
    bool is_new;
    const char *basis;
    struct share *shares;
    int shares_count;
};

#define SHARES_MAX 8

/* Could these values be stored at all? BAD_FIELD for amounts out of range, a source named twice, a code that
 * is none. */
bool draft_is_sound(const struct draft *d, struct refusal *why);
/* All of that at once: fills flaws[0..max), whose arena must have been set, and returns how many there are.
 */
int draft_flaws(const struct draft *d, struct refusal *flaws, int max);
/* What is missing before the line may go up (everything at once): fills faults[0..max) and returns how many
 * there are. Each has reason BUDGET_INCOMPLETE and the field; their arena must have been set. */
int draft_faults(const struct draft *d, const char *id, int64_t year, struct refusal *faults, int max);
/* The same matter as one that was refused (S26): content and classes are the same, and the name or the
 * project; amount, dates and blanks do not make another matter. */
bool draft_is_same_matter(const struct draft *a, const struct draft *b);

/* ---- many lines from a file ---- */

enum import_state { IMPORT_IS_OPEN = 1, IMPORT_COMMITTED, IMPORT_REPLACED };
enum import_event { IMPORT_OPEN = 1, IMPORT_APPEND, IMPORT_COMMIT, IMPORT_REPLACE };
extern const struct names import_states, import_events;
extern const struct lifecycle import_life;

#define IMPORT_ROWS_MAX 20000

/* What has come of a file so far. */
struct import_part {
    int64_t year, rows;
    struct hash digest;
};
/* Do `count` rows of that year, the first of which is number first_row, come next? BAD_FIELD,
 * ROWS_OUT_OF_ORDER (broke: the row that came, passes: the one that is next), TOO_MANY_ROWS. */
bool import_continues(const struct import_part *p, int64_t year, int64_t first_row, int64_t count,
                      struct refusal *why);
/* Is what came what was sent, to the last byte? ROWS_DIFFER, DIGEST_DIFFERS (broke: what the sender has,
 * passes: what came). */
bool import_is_whole(const struct import_part *p, int64_t rows, struct bytes digest, struct refusal *why);

/* ---- guards ---- */

/* May a department send in this round today? ROUND_NOT_OPEN, ROUND_CLOSED (broke: today, passes: the day it
 * was due). */
struct window {
    struct day open, due, reopened_to;
};
bool window_is_open(const struct window *w, struct day today, struct refusal *why);
bool window_is_overdue(const struct window *w, struct day today);
/* The steps of a cycle: each once, in their order, none before its predecessor opened. `steps` by enum
 * cycle_step. */
bool steps_are_sound(const struct window steps[STEPS_COUNT + 1], int64_t year, struct refusal *why);

/* U2: what the department has sent and this line together stay within its control total. OVER_CONTROL. */
bool within_control(int64_t sent_fen, int64_t line_fen, int64_t control_fen, const char *id,
                    struct refusal *why);
/* G-b by what the person has done to the line, not by the step before alone: whoever drafted, changed or
 * submitted it since it last went up does not approve it, and whoever acted for the department does not judge
 * for the bureau. SAME_PERSON. */
struct hand {
    int64_t drafts;     /* drafted, changed, submitted since the last approval */
    int64_t department; /* any step of the department, ever */
};
bool hand_may_approve(const struct hand *h, const char *person_id, const char *id, struct refusal *why);
bool hand_may_judge(const struct hand *h, const char *person_id, const char *id, struct refusal *why);
/* G-b: whoever did the step before may not do this one. SAME_PERSON. */
bool is_another_person(const char *before, const char *actor, const char *id, struct refusal *why);
/* Second review's decision: an opinion unless it agrees (G-d), less than asked for when it reduces. */
struct verdict {
    int decision;
    int64_t control_fen;
    const char *opinion, *legal_basis;
};
bool verdict_is_sound(const struct verdict *v, int64_t requested_fen, struct refusal *why);
int verdict_event(int decision);
/* May it be the ground of 不予纳入? C…, P… and B… speak of what, by whom and from what may be purchased. */
bool basis_speaks_of_content(const char *rule);
/* Control figures of a department stay within what an amount can hold. BAD_FIELD. */
bool grant_fits(int64_t granted_fen, int64_t control_fen, struct refusal *why);
/* A step of the cycle is not taken before its day. NOT_YET. */
bool step_has_begun(const struct window *w, struct day today, int64_t year, struct refusal *why);
/* The congress approves after final review has begun and not in the future. BAD_FIELD. */
bool congress_day_will_do(struct day congress, struct day from, struct day today, struct refusal *why);

/* The round to which a line's state belongs: U1 until control figures are published, U2 after. */
int round_of_state(int line_state);

/* ---- screening (DOMAIN 2.4): which classes mean a service, which never do; what an answer needs ---- */

enum hit_check { CHECK_K1 = 1, CHECK_K2, CHECK_K3, CHECK_K4, CHECK_K5, CHECK_K6, CHECK_K7, CHECK_K8 };
enum hit_finding { FINDING_NOT_LISTED = 1, FINDING_WRONGLY_LISTED };
enum hit_grade { GRADE_HIGH = 1, GRADE_MEDIUM, GRADE_LOW };
enum hit_subject { SUBJECT_PROJECT = 1, SUBJECT_LINE };
enum hit_state { HIT_OPEN = 1, HIT_ANSWERED, HIT_CONFIRMED, HIT_CLEARED };
enum hit_event { HIT_FIND = 1, HIT_ANSWER, HIT_CONFIRM, HIT_RETURN, HIT_CLEAR };
enum disposition { DISPOSE_INCLUDE = 1, DISPOSE_EXCLUDE, DISPOSE_FALSE_ALARM };
enum notice_state { NOTICE_RAISED = 1, NOTICE_ANSWERED, NOTICE_CLOSED };
enum notice_event { NOTICE_RAISE = 1, NOTICE_ANSWER, NOTICE_CLOSE };

extern const struct names hit_checks, hit_findings, hit_grades, hit_subjects, hit_states, hit_events,
    dispositions, notice_states, notice_events;
extern const struct lifecycle hit_life, notice_life;

/* K2: the grade of a class that usually pays for a service (30203 咨询费 … 30227 委托业务费); 0 for others.
 * *ret_name: its name. */
int class_is_service(const char *economic_code, const char **ret_name);
/* K6: a class on which no service is bought (30226 劳务费, 301xx 工资福利, 310xx 资本性支出): its name,
 * otherwise NULL. */
const char *class_is_wrong(const char *economic_code);

/* An answer needs its reason, unless a project that was left out is included now. ANSWER_MISSING, BAD_FIELD.
 */
bool answer_is_sound(int disposition, int finding, const char *answer, const char *id, struct refusal *why);
