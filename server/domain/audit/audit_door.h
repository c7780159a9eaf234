/* What the two parts of the door of audit share: the facts of a step, and what every step does. The rows are
 * in audit.c. */
#pragma once

#include "purser/v1/audit.pb-c.h"
#include "server/domain/audit/audit_store.h"
#include "server/domain/budget/budget.h"
#include "server/domain/contract/contract.h"
#include "server/domain/policy/policy.h"
#include "server/domain/unit/unit.h"

/* A step loads the members it needs; the others stay zero. */
struct audit_facts {
    struct audit_case kase; /* "case" is C's */
    struct case_unit *units;
    int units_count;
    struct finding finding, *findings;
    int findings_count;
    struct violation violation;
    struct rule_value period;
    struct calendar calendar;
    struct unit planned[CASE_UNITS_MAX];
    struct number *number;
    struct line line;
    struct contract_brief contract;
};

#define DOOR(verb, Method)                                                                                   \
    void verb##_load(struct call *c, const PB(Method##Request) *req, struct audit_facts *f);                 \
    enum status verb(struct call *c, const PB(Method##Request) *req, const struct audit_facts *f,            \
                     PB(Method##Response) *reply)
#define DOOR_FOLLOW(verb, Method)                                                                            \
    void verb##_follow(struct call *c, const PB(Method##Request) *req, struct audit_facts *f);               \
    DOOR(verb, Method)

DOOR(case_plan, PlanCase);
DOOR(case_notify, NotifyCase);
DOOR(case_start, StartFieldwork);
DOOR(case_consult, ConsultCase);
DOOR(case_reply, ReplyCase);
DOOR(case_deem, DeemAgreed);
DOOR(case_review, ReviewCase);
DOOR(case_report, ReportCase);
DOOR(case_close, CloseCase);
DOOR(case_cancel, CancelCase);
DOOR(finding_record, AddFinding);
DOOR_FOLLOW(finding_withdraw, WithdrawFinding);
DOOR_FOLLOW(finding_rectify, ReportRectification);
DOOR_FOLLOW(finding_verify, VerifyFinding);
DOOR_FOLLOW(finding_transfer, TransferFinding);
DOOR(violation_import, ImportViolations);

/* ---- audit_steps.c ---- */

/* Queues the case and its units. */
void case_load(struct call *c, const char *id, struct audit_facts *f);
/* Files BAD_FIELD and goes on, so that all of them are said at once. */
void audit_bad_field(struct call *c, const char *field, const char *broke, const char *passes);
bool audit_text(struct call *c, const char *reason, const char *field, const char *text);
struct day audit_day_or_none(const char *text);
/* False after filing BAD_FIELD (no day) or DATE_OUTSIDE (after today). */
bool audit_past_day(struct call *c, const char *field, const char *text, struct day *ret);
bool audit_period_is_there(struct call *c, const struct audit_facts *f, const char *id);

/* Found and visible, etag as seen (NULL: not asked), event possible for this actor; its conductors also by
 * its kind. */
enum status case_ready(struct call *c, const struct audit_facts *f, const char *id, const char *etag,
                       int event, int *ret_to) MUST_CHECK;
/* Queues the case's new state and its line of history; from the notice on the entry concerns its units. */
void case_moved(struct call *c, const struct audit_facts *f, struct audit_case *after, int event,
                const char *opinion);
/* Queues a finding's new state, the case's counts and its history; the unit is told if it sees the finding.
 */
void finding_moved(struct call *c, const struct audit_facts *f, const struct finding *before,
                   struct finding *after, struct audit_case *kase, int event, const char *opinion);
