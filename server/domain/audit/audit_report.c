/* Cases from the review on: reviewed by a second person, reported by the head, closed or given up. */
#include <string.h>

#include "common/check.h"
#include "server/domain/audit/audit_door.h"

/* ---- a second person reviews ---- */

void case_review_load(struct call *c, const PB(ReviewCaseRequest) *req, struct audit_facts *f)
{
    case_load(c, req->case_id, f);
}

enum status case_review(struct call *c, const PB(ReviewCaseRequest) *req, const struct audit_facts *f,
                        PB(ReviewCaseResponse) *reply)
{
    struct audit_case after = f->kase;
    struct refusal *why = call_refusal(c);
    enum status s = case_ready(c, f, req->case_id, req->etag, AUDIT_REVIEW, &after.state);
    if (s != STATUS_OK)
        return s;
    if (!case_other_person(&f->kase, f->kase.consulter_id, c->actor.person_id, why))
        return refuse_with(c, why);

    after.reviewer_id = c->actor.person_id;
    case_moved(c, f, &after, AUDIT_REVIEW, req->opinion);
    reply->case_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(CaseState))after.state;
    return STATUS_OK;
}

/* ---- the head reports: findings are confirmed or withdrawn, rectification begins (D20) ---- */

void case_report_load(struct call *c, const PB(ReportCaseRequest) *req, struct audit_facts *f)
{
    case_load(c, req->case_id, f);
    case_want_findings(c->tx, req->case_id, &f->findings, &f->findings_count);
    policy_want_value(c->tx, "rectify_within", c->today, &f->period);
    policy_want_calendar(c->tx, c->today, day_add(c->today, 200), &f->calendar);
}

static bool is_withdrawn(const PB(ReportCaseRequest) *req, const char *id)
{
    for (size_t i = 0; i < req->n_withdrawn_finding_ids; i++)
        if (strcmp(req->withdrawn_finding_ids[i], id) == 0)
            return true;
    return false;
}

static bool withdrawn_are_known(struct call *c, const PB(ReportCaseRequest) *req, const struct audit_facts *f)
{
    for (size_t i = 0; i < req->n_withdrawn_finding_ids; i++) {
        bool is_known = false;
        for (int j = 0; j < f->findings_count; j++)
            is_known = is_known || (strcmp(f->findings[j].id, req->withdrawn_finding_ids[i]) == 0 &&
                                    f->findings[j].state == FINDING_CONSULTED);
        if (!is_known)
            audit_bad_field(c, arena_printf(c->arena, "withdrawn_finding_ids[%zu]", i),
                            req->withdrawn_finding_ids[i], f->kase.id);
    }
    return !refuse_any(c);
}

static void findings_reported(struct call *c, const PB(ReportCaseRequest) *req, const struct audit_facts *f,
                              struct day due, struct audit_case *after)
{
    struct refusal *why = call_refusal(c);
    for (int i = 0; i < f->findings_count; i++) {
        struct finding n = f->findings[i];
        int event = is_withdrawn(req, n.id) ? AUDIT_WITHDRAW : AUDIT_REPORT;
        if (!lifecycle_next(&finding_life, n.state, event, c->actor.roles, &n.state, why))
            continue; /* withdrawn before */
        n.rectify_due_date = n.state == FINDING_RECTIFYING ? due : DAY_NONE;
        n.version++;
        finding_save(c->tx, &n, c->now_us);
        after->open_count -= !finding_is_open(n.state);
    }
}

enum status case_report(struct call *c, const PB(ReportCaseRequest) *req, const struct audit_facts *f,
                        PB(ReportCaseResponse) *reply)
{
    struct audit_case after = f->kase;
    struct refusal *why = call_refusal(c);
    bool is_weekends_only = false;
    enum status s = case_ready(c, f, req->case_id, req->etag, AUDIT_REPORT, &after.state);
    if (s != STATUS_OK)
        return s;
    if (!case_other_person(&f->kase, f->kase.reviewer_id, c->actor.person_id, why))
        return refuse_with(c, why);
    if (!audit_text(c, "BAD_FIELD", "report_text", req->report_text) || !withdrawn_are_known(c, req, f) ||
        !audit_period_is_there(c, f, "rectify_within"))
        return refuse_all(c);

    struct day due = calendar_due(&f->calendar, &f->period, c->today, &is_weekends_only);
    findings_reported(c, req, f, due, &after);
    after.report_date = c->today;
    after.report_text = req->report_text;
    case_moved(c, f, &after, AUDIT_REPORT, req->report_text);
    reply->case_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(CaseState))after.state;
    reply->rectify_due_date = reply_text(day_text(c->arena, due));
    reply->open_count = after.open_count;
    return STATUS_OK;
}

/* ---- closed, or taken off the plan ---- */

void case_close_load(struct call *c, const PB(CloseCaseRequest) *req, struct audit_facts *f)
{
    case_load(c, req->case_id, f);
}

enum status case_close(struct call *c, const PB(CloseCaseRequest) *req, const struct audit_facts *f,
                       PB(CloseCaseResponse) *reply)
{
    struct audit_case after = f->kase;
    struct refusal *why = call_refusal(c);
    enum status s = case_ready(c, f, req->case_id, req->etag, AUDIT_CLOSE, &after.state);
    if (s != STATUS_OK)
        return s;
    if (!case_may_be_closed(&f->kase, why))
        return refuse_with(c, why);

    after.closed_date = c->today;
    case_moved(c, f, &after, AUDIT_CLOSE, req->opinion);
    reply->case_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(CaseState))after.state;
    return STATUS_OK;
}

void case_cancel_load(struct call *c, const PB(CancelCaseRequest) *req, struct audit_facts *f)
{
    case_load(c, req->case_id, f);
}

enum status case_cancel(struct call *c, const PB(CancelCaseRequest) *req, const struct audit_facts *f,
                        PB(CancelCaseResponse) *reply)
{
    struct audit_case after = f->kase;
    enum status s = case_ready(c, f, req->case_id, req->etag, AUDIT_CANCEL, &after.state);
    if (s != STATUS_OK)
        return s;
    if (!audit_text(c, "ANSWER_MISSING", "reason", req->reason))
        return refuse_all(c);

    case_moved(c, f, &after, AUDIT_CANCEL, req->reason);
    reply->case_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(CaseState))after.state;
    return STATUS_OK;
}
