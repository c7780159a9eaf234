/* Audit cases and findings as rules see them: the states they pass through and what the law asks of each
 * step. Pure. */
#pragma once

#include "common/date.h"
#include "common/lifecycle.h"
#include "common/refusal.h"

/* The numbers equal those of the wire's enums. */
enum case_kind { CASE_AUDIT = 1, CASE_INSPECTION };
enum case_state {
    CASE_PLANNED = 1,
    CASE_NOTIFIED,
    CASE_FIELDWORK,
    CASE_CONSULT,
    CASE_REPLIED,
    CASE_DEEMED_AGREED,
    CASE_REVIEWED,
    CASE_RECTIFYING,
    CASE_CLOSED,
    CASE_CANCELLED,
};
enum finding_state {
    FINDING_RECORDED = 1,
    FINDING_CONSULTED,
    FINDING_WITHDRAWN,
    FINDING_RECTIFYING,
    FINDING_REPORTED_BACK,
    FINDING_NOT_ACCEPTED,
    FINDING_VERIFIED,
    FINDING_TRANSFERRED,
};
/* Events of cases and findings are one list, because they make one history. */
enum audit_event {
    AUDIT_PLAN = 1,
    AUDIT_NOTIFY,
    AUDIT_START,
    AUDIT_CONSULT,
    AUDIT_REPLY_ONE,
    AUDIT_REPLY,
    AUDIT_DEEM,
    AUDIT_REVIEW,
    AUDIT_REPORT,
    AUDIT_CLOSE,
    AUDIT_CANCEL,
    AUDIT_FINDING,
    AUDIT_WITHDRAW,
    AUDIT_RECTIFY,
    AUDIT_ACCEPT,
    AUDIT_REJECT,
    AUDIT_TRANSFER,
};

extern const struct names case_kinds, case_states, finding_states, audit_events;
extern const struct lifecycle case_life, finding_life;

struct audit_case {
    bool is_found;
    const char *id;
    int kind, state;
    const char *title;
    int64_t year_from, year_to;
    const char *head, *team, *owner_unit_id;
    const char *planner_id, *consulter_id, *reviewer_id;
    struct day notice_date, start_date, consult_date, reply_due_date, report_date, closed_date;
    bool is_special, is_weekends_only;
    const char *special_basis, *report_text;
    int64_t findings_count, open_count, version;
};

struct case_unit {
    const char *unit_id, *unit_name, *replier_id, *reply_text;
    struct day replied_date;
    bool does_agree, is_deemed;
};

struct finding {
    bool is_found;
    const char *id, *case_id, *unit_id, *owner_unit_id, *violation_code, *violation_name;
    int state;
    bool is_consulted;
    int64_t amount_fen, corrected_fen;
    const char *line_id, *contract_id, *facts, *evidence, *basis;
    const char *auditor_id, *reporter_id, *verifier_id;
    struct day rectify_due_date, reported_date, verified_date;
    const char *measures, *rectify_evidence, *opinion, *transferred_to;
    int64_t version;
};

/* Audits are conducted by the audit office, inspections by the second reviewers and the leader of the bureau.
 */
bool case_is_conducted_by(const struct audit_case *k, uint32_t roles, struct refusal *why);
/* Before the notice only the unit that conducts a case knows of it. */
bool case_is_visible(const struct audit_case *k, const char *unit_id);

/* D18: the notice is served at least the period before the start (`latest` is the last day on which it is in
 * time); a special case needs its basis and the head's approval. */
bool case_notice_is_in_time(const struct audit_case *k, struct day notice, struct day latest,
                            const char *special_basis, uint32_t roles, bool *ret_special,
                            struct refusal *why);
/* L10: at least two, each named once. */
bool case_team_is_enough(const struct audit_case *k, const char *const *members, int count,
                         struct refusal *why);
bool case_may_start(const struct audit_case *k, struct day today, struct refusal *why);
bool case_has_unit(const struct case_unit *units, int count, const char *unit_id, struct refusal *why);
bool case_unit_may_reply(const struct audit_case *k, const struct case_unit *u, struct refusal *why);
/* Replies that are still missing. */
int case_units_open(const struct case_unit *units, int count);
/* D19: only after the day on which the reply was due. */
bool case_may_be_deemed(const struct audit_case *k, struct day today, struct refusal *why);
/* G-b: another person than the one of the step before. */
bool case_other_person(const struct audit_case *k, const char *before_id, const char *person_id,
                       struct refusal *why);
/* L11: all findings are verified, transferred or withdrawn. */
bool case_may_be_closed(const struct audit_case *k, struct refusal *why);

bool finding_correction_is_sane(const struct finding *f, int64_t corrected_fen, struct refusal *why);
/* Is it one of those that keep a case open? */
bool finding_is_open(int state);
