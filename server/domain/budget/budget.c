/* Budgets: every verb of cycles, rounds, lines and screening, and who may. The handlers stand in
 * budget_<theme>.c. */
#include "common/check.h"
#include "server/domain/budget/budget_door.h"

WRITES(cycle_open, OpenCycleRequest, struct open_facts, OpenCycleResponse);
WRITES(controls_publish, PublishControlsRequest, struct year_facts, PublishControlsResponse);
WRITES(congress_record, RecordCongressRequest, struct year_facts, RecordCongressResponse);
WRITES(congress_confirm, ConfirmCongressRequest, struct year_facts, ConfirmCongressResponse);
WRITES(budget_issue, IssueBudgetRequest, struct year_facts, IssueBudgetResponse);
WRITES_FOLLOW(nothing_declare, DeclareNothingRequest, struct round_facts, DeclareNothingResponse);
WRITES_FOLLOW(round_reopens, ReopenRoundRequest, struct round_facts, ReopenRoundResponse);
WRITES_FOLLOW(budget_create, CreateBudgetRequest, struct create_facts, CreateBudgetResponse);
WRITES_FOLLOW(budget_update, UpdateBudgetRequest, struct update_facts, UpdateBudgetResponse);
WRITES_FOLLOW(budget_submit, SubmitBudgetRequest, struct line_facts, SubmitBudgetResponse);
WRITES_FOLLOW(budget_approve, ApproveBudgetRequest, struct line_facts, ApproveBudgetResponse);
WRITES_FOLLOW(budget_return, ReturnBudgetRequest, struct line_facts, ReturnBudgetResponse);
WRITES(budget_withdraw, WithdrawBudgetRequest, struct line_facts, WithdrawBudgetResponse);
WRITES(budget_take, TakeBudgetRequest, struct line_facts, TakeBudgetResponse);
WRITES_FOLLOW(budget_review, ReviewBudgetRequest, struct line_facts, ReviewBudgetResponse);
WRITES_FOLLOW(budget_decide, DecideBudgetRequest, struct line_facts, DecideBudgetResponse);
WRITES(budget_consent, ConsentBudgetRequest, struct line_facts, ConsentBudgetResponse);
WRITES_FOLLOW(budget_compile, CompileBudgetRequest, struct line_facts, CompileBudgetResponse);
WRITES(import_open, OpenImportRequest, struct import_open_facts, OpenImportResponse);
WRITES(rows_append, AppendRowsRequest, struct append_facts, AppendRowsResponse);
WRITES_FOLLOW(import_commits, CommitImportRequest, struct commit_facts, CommitImportResponse);
WRITES_FOLLOW(projects_import, ImportProjectsRequest, struct import_facts, ImportProjectsResponse);
WRITES(projects_screen, ScreenProjectsRequest, struct screen_facts, ScreenProjectsResponse);
WRITES_FOLLOW(hit_answer, AnswerHitRequest, struct hit_facts, AnswerHitResponse);
WRITES(hit_confirm, ConfirmHitRequest, struct hit_facts, ConfirmHitResponse);
WRITES(hit_return, ReturnHitRequest, struct hit_facts, ReturnHitResponse);
WRITES(notice_raise, RaiseNoticeRequest, struct notice_facts, RaiseNoticeResponse);
WRITES(notice_answer, AnswerNoticeRequest, struct notice_facts, AnswerNoticeResponse);
WRITES(notice_close, CloseNoticeRequest, struct notice_facts, CloseNoticeResponse);

#define REVIEWERS (ROLE_REVIEWER_1 | ROLE_REVIEWER_2)

/* clang-format off */
static struct rpc rows[] = {
    /*           verb                                who may                           key */
    WRITE       (OpenCycle,       cycle_open,        ROLE_REVIEWER_1 | ROLE_LEADER,    ALONE),
    READ        (GetCycle,                           ROLE_ANY, RPC_OPEN,               cycle_get_sql),
    READ        (ListCycles,                         ROLE_ANY, RPC_OPEN | RPC_LIST,    cycles_list_sql),
    WRITE       (PublishControls, controls_publish,  ROLE_LEADER,                      ALONE),
    WRITE       (RecordCongress,  congress_record,   ROLE_OPERATOR,                    ALONE),
    WRITE       (ConfirmCongress, congress_confirm,  ROLE_LEADER,                      ALONE),
    WRITE       (IssueBudget,     budget_issue,      ROLE_LEADER,                      ALONE),

    READ        (GetRound,                           ROLE_ANY, 0,                      round_get_sql),
    READ        (ListRounds,                         ROLE_ANY, RPC_LIST,               rounds_list_sql),
    WRITE_FOLLOW(DeclareNothing,  nothing_declare,   ROLE_APPROVER,                    ALONE),
    WRITE_FOLLOW(ReopenRound,     round_reopens,     REVIEWERS,                        ALONE),

    WRITE_FOLLOW(CreateBudget,    budget_create,     ROLE_CLERK,                       ALONE),
    WRITE_FOLLOW(UpdateBudget,    budget_update,     ROLE_CLERK,                       ALONE),
    READ        (GetBudget,                          ROLE_ANY, 0,                      budget_get_sql),
    READ        (ListBudgets,                        ROLE_ANY, RPC_LIST,               budgets_list_sql),
    WRITE_FOLLOW(SubmitBudget,    budget_submit,     ROLE_CLERK,                       ALONE),
    WRITE_FOLLOW(ApproveBudget,   budget_approve,    ROLE_APPROVER,                    ALONE),
    WRITE_FOLLOW(ReturnBudget,    budget_return,     ROLE_APPROVER | ROLE_REVIEWER_1,  ALONE),
    WRITE       (WithdrawBudget,  budget_withdraw,   ROLE_CLERK,                       ALONE),
    WRITE       (TakeBudget,      budget_take,       ROLE_REVIEWER_1,                  ALONE),
    WRITE_FOLLOW(ReviewBudget,    budget_review,     ROLE_REVIEWER_1,                  ALONE),
    WRITE_FOLLOW(DecideBudget,    budget_decide,     ROLE_REVIEWER_2,                  ALONE),
    WRITE       (ConsentBudget,   budget_consent,    ROLE_REVIEWER_2,                  ALONE),
    WRITE_FOLLOW(CompileBudget,   budget_compile,    ROLE_REVIEWER_2,                  ALONE),

    WRITE       (OpenImport,      import_open,       ROLE_CLERK,                       ALONE),
    WRITE       (AppendRows,      rows_append,       ROLE_CLERK,                       ALONE),
    WRITE_FOLLOW(CommitImport,    import_commits,    ROLE_CLERK,                       ALONE),

    WRITE_FOLLOW(ImportProjects,  projects_import,   ROLE_REVIEWER_1 | ROLE_OPERATOR,  ALONE),
    READ        (ListProjects,                       ROLE_ANY, RPC_LIST,               projects_list_sql),
    WRITE       (ScreenProjects,  projects_screen,   ROLE_REVIEWER_1,                  ALONE),
    READ        (GetHit,                             ROLE_ANY, 0,                      hit_get_sql),
    READ        (ListHits,                           ROLE_ANY, RPC_LIST,               hits_list_sql),
    WRITE_FOLLOW(AnswerHit,       hit_answer,        ROLE_DEPT,                        ALONE),
    WRITE       (ConfirmHit,      hit_confirm,       REVIEWERS,                        ALONE),
    WRITE       (ReturnHit,       hit_return,        REVIEWERS,                        ALONE),
    WRITE       (RaiseNotice,     notice_raise,      ROLE_REVIEWER_1,                  ALONE),
    READ        (GetNotice,                          ROLE_ANY, 0,                      notice_get_sql),
    READ        (ListNotices,                        ROLE_ANY, RPC_LIST,               notices_list_sql),
    WRITE       (AnswerNotice,    notice_answer,     ROLE_DEPT,                        ALONE),
    WRITE       (CloseNotice,     notice_close,      ROLE_REVIEWER_2,                  ALONE),
};
/* clang-format on */

static const ProtobufCServiceDescriptor *const services[] = {
    &purser__v1__cycle_service__descriptor,     &purser__v1__round_service__descriptor,
    &purser__v1__budget_service__descriptor,    &purser__v1__budget_import_service__descriptor,
    &purser__v1__screening_service__descriptor,
};
static const struct lifecycle *const lives[] = {&cycle_life,  &round_life, &line_life,
                                                &import_life, &hit_life,   &notice_life};
static const char *const tables[] = {
    "budget_cycle",  "budget_step",         "budget_round",  "budget_control",     "budget_line",
    "budget_source", "budget_line_version", "budget_event",  "budget_hold",        "budget_project",
    "budget_hit",    "budget_notice",       "budget_import", "budget_import_part", "budget_total",
};
static const struct kept_sum sums[] = {{"budget_total", "budget_total_added_up"}};

const struct noun noun_budget = {.name = "budget",
                                 .services = services,
                                 .services_count = COUNT_OF(services),
                                 .rows = rows,
                                 .rows_count = COUNT_OF(rows),
                                 .lives = lives,
                                 .lives_count = COUNT_OF(lives),
                                 .tables = tables,
                                 .tables_count = COUNT_OF(tables),
                                 .sums = sums,
                                 .sums_count = COUNT_OF(sums)};
