/* The door of audit: which verbs there are and who may use them. The handlers stand in audit_case.c,
 * audit_report.c and audit_finding.c. */
#include "server/domain/audit/audit.h"

#include <assert.h>

#include "common/check.h"
#include "server/domain/audit/audit_door.h"

/* The words of the wire and of the rules are the same numbers. */
#define SAME(rule, Enum, NAME) static_assert((int)(rule) == (int)PURSER__V1__##Enum##__##NAME, #rule)
SAME(CASE_INSPECTION, CASE_KIND, CASE_KIND_INSPECTION);
SAME(CASE_CANCELLED, CASE_STATE, CASE_STATE_CANCELLED);
SAME(FINDING_TRANSFERRED, FINDING_STATE, FINDING_STATE_TRANSFERRED);
SAME(AUDIT_TRANSFER, AUDIT_EVENT_KIND, AUDIT_EVENT_KIND_TRANSFER);

#define DOOR_WRITES(verb, Method)  WRITES(verb, Method##Request, struct audit_facts, Method##Response)
#define DOOR_FOLLOWS(verb, Method) WRITES_FOLLOW(verb, Method##Request, struct audit_facts, Method##Response)
DOOR_WRITES(case_plan, PlanCase);
DOOR_WRITES(case_notify, NotifyCase);
DOOR_WRITES(case_start, StartFieldwork);
DOOR_WRITES(case_consult, ConsultCase);
DOOR_WRITES(case_reply, ReplyCase);
DOOR_WRITES(case_deem, DeemAgreed);
DOOR_WRITES(case_review, ReviewCase);
DOOR_WRITES(case_report, ReportCase);
DOOR_WRITES(case_close, CloseCase);
DOOR_WRITES(case_cancel, CancelCase);
DOOR_WRITES(finding_record, AddFinding);
DOOR_FOLLOWS(finding_withdraw, WithdrawFinding);
DOOR_FOLLOWS(finding_rectify, ReportRectification);
DOOR_FOLLOWS(finding_verify, VerifyFinding);
DOOR_FOLLOWS(finding_transfer, TransferFinding);
DOOR_WRITES(violation_import, ImportViolations);

/* An inspection of the bureau is conducted by its second reviewers and headed by its leader. */
#define AUDITOR (ROLE_AUDITOR | ROLE_REVIEWER_2)
#define HEAD    (ROLE_AUDIT_HEAD | ROLE_LEADER)

/* clang-format off */
static struct rpc rows[] = {
    /*           verb                                   who may                key */
    WRITE       (PlanCase,            case_plan,        AUDITOR,               ALONE),
    WRITE       (NotifyCase,          case_notify,      AUDITOR | HEAD,        ALONE),
    WRITE       (StartFieldwork,      case_start,       AUDITOR,               ALONE),
    WRITE       (ConsultCase,         case_consult,     AUDITOR,               ALONE),
    WRITE       (ReplyCase,           case_reply,       ROLE_APPROVER,         ALONE),
    WRITE       (DeemAgreed,          case_deem,        AUDITOR | ROLE_SYSTEM, ALONE),
    WRITE       (ReviewCase,          case_review,      AUDITOR,               ALONE),
    WRITE       (ReportCase,          case_report,      HEAD,                  ALONE),
    WRITE       (CloseCase,           case_close,       HEAD,                  ALONE),
    WRITE       (CancelCase,          case_cancel,      HEAD,                  ALONE),
    READ        (GetCase,             ROLE_ANY,         0,                     case_get_sql),
    READ        (ListCases,           ROLE_ANY,         RPC_LIST,              case_list_sql),

    WRITE       (AddFinding,          finding_record,   AUDITOR,               ALONE),
    WRITE_FOLLOW(WithdrawFinding,     finding_withdraw, AUDITOR,               ALONE),
    WRITE_FOLLOW(ReportRectification, finding_rectify,  ROLE_APPROVER,         ALONE),
    WRITE_FOLLOW(VerifyFinding,       finding_verify,   AUDITOR,               ALONE),
    WRITE_FOLLOW(TransferFinding,     finding_transfer, HEAD,                  ALONE),
    READ        (GetFinding,          ROLE_ANY,         0,                     finding_get_sql),
    READ        (ListFindings,        ROLE_ANY,         RPC_LIST,              finding_list_sql),

    WRITE       (ImportViolations,    violation_import, ROLE_OPERATOR,         ALONE),
    READ        (ListViolations,      ROLE_ANY,         RPC_OPEN | RPC_LIST,   violation_list_sql),
};
/* clang-format on */

static const ProtobufCServiceDescriptor *const services[] = {
    &purser__v1__audit_service__descriptor,
    &purser__v1__finding_service__descriptor,
    &purser__v1__violation_service__descriptor,
};
static const struct lifecycle *const lives[] = {&case_life, &finding_life};
static const char *const tables[] = {"violation", "audit_case", "audit_case_unit", "audit_finding",
                                     "audit_event"};

const struct noun noun_audit = {
    .name = "audit",
    .services = services,
    .services_count = (int)COUNT_OF(services),
    .rows = rows,
    .rows_count = (int)COUNT_OF(rows),
    .lives = lives,
    .lives_count = (int)COUNT_OF(lives),
    .tables = tables,
    .tables_count = (int)COUNT_OF(tables),
};
