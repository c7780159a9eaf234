/* Between the parts of the door: drafting, review, the year, rounds, screening. The rows stand in budget.c.
 */
#pragma once

#include "purser/v1/budget.pb-c.h"
#include "server/domain/budget/budget.h"
#include "server/domain/budget/budget_cycle_store.h"
#include "server/domain/budget/budget_import_store.h"
#include "server/domain/budget/budget_rules.h"
#include "server/domain/budget/budget_screening_store.h"
#include "server/domain/budget/budget_store.h"
#include "server/domain/catalogue/catalogue.h"
#include "server/domain/policy/policy.h"
#include "server/domain/unit/unit.h"

/* Prototypes of a write whose row stands in budget.c. */
#define DECLARES(verb, Request, Facts, Response)                                                             \
    void verb##_load(struct call *c, const PB(Request) *req, Facts *f);                                      \
    enum status verb(struct call *c, const PB(Request) *req, const Facts *f, PB(Response) *reply)
#define DECLARES_FOLLOW(verb, Request, Facts, Response)                                                      \
    DECLARES(verb, Request, Facts, Response);                                                                \
    void verb##_follow(struct call *c, const PB(Request) *req, Facts *f)

/* ---- what several verbs need ---- */

/* The first day of a budget year: the day whose rules, catalogue and negative list govern its lines. */
struct day year_start(int64_t year);
/* "" is no day; BAD_FIELD is filed for what is no date. */
bool take_day(struct call *c, const char *field, const char *text, struct day *ret);
/* The cycle is there and in that state; CYCLE_UNKNOWN, CYCLE_CLOSED. */
bool cycle_is(const struct cycle *y, int64_t year, int state, struct refusal *why);

/* ---- lines ---- */

struct create_facts {
    struct cycle cycle;
    struct unit unit;
    struct type_rule purchaser, provider;
    struct catalogue_entry entry;
    struct number *numbers;
};
DECLARES_FOLLOW(budget_create, CreateBudgetRequest, struct create_facts, CreateBudgetResponse);

struct update_facts {
    struct budget_line line;
    struct type_rule provider;
    struct catalogue_entry entry;
};
DECLARES_FOLLOW(budget_update, UpdateBudgetRequest, struct update_facts, UpdateBudgetResponse);

/* May a line be drafted for that unit, from that entry, with that provider in mind, from the first day of the
 * year on? For single lines and for rows of a file alike. */
bool unit_may_draft(const struct unit *u, const struct type_rule *purchaser, int64_t year,
                    struct refusal *why);
bool provider_will_do(const struct type_rule *provider, const char *type, struct refusal *why);
/* How a line of that cycle begins: event, state and round. CYCLE_UNKNOWN, CYCLE_CLOSED. */
struct line_start {
    int event, state, round;
};
bool line_starts(const struct call *c, const struct cycle *y, int64_t year, struct line_start *ret,
                 struct refusal *why);

/* The counter of a unit's lines of that year. */
struct number *line_want_number(struct call *c, int64_t year, const char *unit_id);

/* What the steps of a line look at; each loads what it needs. */
struct line_facts {
    struct budget_line line;
    struct cycle cycle;
    struct round round;
    struct department_sum others; /* the department without this line */
    struct budget_line *refused;
    int refused_count;
    struct negative *negatives;
    int negatives_count;
    struct hit *hits; /* of this line */
    int hits_count;
    struct hand hand; /* the actor's */
};
DECLARES_FOLLOW(budget_submit, SubmitBudgetRequest, struct line_facts, SubmitBudgetResponse);
DECLARES_FOLLOW(budget_approve, ApproveBudgetRequest, struct line_facts, ApproveBudgetResponse);
DECLARES_FOLLOW(budget_return, ReturnBudgetRequest, struct line_facts, ReturnBudgetResponse);
DECLARES(budget_withdraw, WithdrawBudgetRequest, struct line_facts, WithdrawBudgetResponse);
DECLARES(budget_take, TakeBudgetRequest, struct line_facts, TakeBudgetResponse);
DECLARES_FOLLOW(budget_review, ReviewBudgetRequest, struct line_facts, ReviewBudgetResponse);
DECLARES_FOLLOW(budget_decide, DecideBudgetRequest, struct line_facts, DecideBudgetResponse);
DECLARES(budget_consent, ConsentBudgetRequest, struct line_facts, ConsentBudgetResponse);
DECLARES_FOLLOW(budget_compile, CompileBudgetRequest, struct line_facts, CompileBudgetResponse);

/* The beat that all steps of a line share: it is there, the version is the one that was seen, the life allows
 * the event and it is the actor's to do. On OK *ret_after is the line with its new state, ready to be changed
 * and saved. */
enum status line_opens(struct call *c, const struct budget_line *l, const char *id, const char *etag,
                       int event, struct budget_line *ret_after) MUST_CHECK;
/* The step as the line's book keeps it. */
struct line_step line_step_of(const struct call *c, const struct budget_line *before, int event,
                              const char *opinion);
/* Follows a line into its department's round: loads the round and what else of the department there is. */
void line_want_round(struct call *c, struct line_facts *f);
/* Screens what is asked for: the hits that a listed line makes (K5, K6), with ids and all. At most two. */
int line_screen(struct call *c, const struct budget_line *l, const struct negative *negatives, int count,
                struct hit found[2]);

/* ---- years and rounds ---- */

struct open_facts {
    struct cycle cycle;
    struct unit *departments;
    int departments_count;
    struct catalogue_version_on catalogue; /* on the first day of the year */
};
DECLARES(cycle_open, OpenCycleRequest, struct open_facts, OpenCycleResponse);

struct year_facts {
    struct cycle cycle;
    struct year_sum sum;
    struct text_row *departments;
    int departments_count;
    struct rule_value issue_within;
    struct calendar calendar;
    struct window step; /* the step of the cycle that is to be taken */
};
DECLARES(controls_publish, PublishControlsRequest, struct year_facts, PublishControlsResponse);
DECLARES(congress_record, RecordCongressRequest, struct year_facts, RecordCongressResponse);
DECLARES(congress_confirm, ConfirmCongressRequest, struct year_facts, ConfirmCongressResponse);
DECLARES(budget_issue, IssueBudgetRequest, struct year_facts, IssueBudgetResponse);

struct round_facts {
    struct round round;
    struct cycle cycle;
    struct department_sum sum;
};
DECLARES_FOLLOW(nothing_declare, DeclareNothingRequest, struct round_facts, DeclareNothingResponse);
DECLARES_FOLLOW(round_reopens, ReopenRoundRequest, struct round_facts, ReopenRoundResponse);

/* ---- screening ---- */

struct import_facts {
    struct unit *units;      /* one for each different unit of the rows */
    struct type_rule *types; /* beside them */
    int *unit_of;            /* [row] → unit */
    int count;
};
DECLARES_FOLLOW(projects_import, ImportProjectsRequest, struct import_facts, ImportProjectsResponse);

struct screen_facts {
    struct project *projects;
    int projects_count;
    struct negative *negatives;
    int negatives_count;
    struct catalogue_words *words;
    int words_count;
    struct hit *hits; /* those of earlier screenings */
    int hits_count;
};
DECLARES(projects_screen, ScreenProjectsRequest, struct screen_facts, ScreenProjectsResponse);

struct hit_facts {
    struct hit hit;
    struct hit *related; /* open hits of the same finding on the same project, without this one */
    int related_count;
};
DECLARES_FOLLOW(hit_answer, AnswerHitRequest, struct hit_facts, AnswerHitResponse);
DECLARES(hit_confirm, ConfirmHitRequest, struct hit_facts, ConfirmHitResponse);
DECLARES(hit_return, ReturnHitRequest, struct hit_facts, ReturnHitResponse);

struct notice_facts {
    struct notice notice;
    struct unit unit;
    struct number *numbers;
};
DECLARES(notice_raise, RaiseNoticeRequest, struct notice_facts, RaiseNoticeResponse);
DECLARES(notice_answer, AnswerNoticeRequest, struct notice_facts, AnswerNoticeResponse);
DECLARES(notice_close, CloseNoticeRequest, struct notice_facts, CloseNoticeResponse);

/* ---- many lines from a file ---- */

struct import_open_facts {
    struct cycle cycle;
    struct import open; /* the clerk's, from before */
    struct number *numbers;
};
DECLARES(import_open, OpenImportRequest, struct import_open_facts, OpenImportResponse);

/* What the rows refer to, of many once. */
struct row_facts {
    struct cycle cycle;
    struct unit *units;
    struct catalogue_entry *entries;
    struct type_rule *types;
    int units_count, entries_count, types_count;
};
struct append_facts {
    struct import import;
    struct row_facts about;
};
DECLARES(rows_append, AppendRowsRequest, struct append_facts, AppendRowsResponse);

struct commit_facts {
    struct import import;
    struct import_refs units, entries, providers;
    struct row_facts about;
    struct number **numbers; /* beside units */
};
DECLARES_FOLLOW(import_commits, CommitImportRequest, struct commit_facts, CommitImportResponse);

/* Writes what a screening found over what earlier ones had: new hits, changed ones asked again, vanished ones
 * cleared. */
void hits_reconcile(struct call *c, const struct hit *old, int old_count, const struct hit *found,
                    int found_count);

/* ---- declared reads (budget_reads.c) ---- */

extern const struct read_sql cycle_get_sql[], cycles_list_sql[], round_get_sql[], rounds_list_sql[],
    budget_get_sql[], budgets_list_sql[], projects_list_sql[], hit_get_sql[], hits_list_sql[],
    notice_get_sql[], notices_list_sql[];
