/* Findings: recorded in the fieldwork, confirmed by the report, rectified by the unit, verified or
 * transferred. */
#include <string.h>

#include "common/check.h"
#include "common/money.h"
#include "server/domain/audit/audit_door.h"

/* ---- recorded, with a violation of the dictionary and what it is about ---- */

void finding_record_load(struct call *c, const PB(AddFindingRequest) *req, struct audit_facts *f)
{
    const struct scope of_unit = {.unit_id = req->unit_id};
    case_want(c->tx, &c->scope, req->case_id, &f->kase);
    case_want_units(c->tx, req->case_id, &f->units, &f->units_count);
    violation_want(c->tx, req->violation_code, &f->violation);
    if (*req->line_id && *req->unit_id)
        budget_want_line(c->tx, &of_unit, req->line_id, &f->line);
    if (*req->contract_id && *req->unit_id)
        contract_want_brief(c->tx, &of_unit, req->contract_id, &f->contract);
}

static bool finding_fields(struct call *c, const PB(AddFindingRequest) *req, const struct audit_facts *f)
{
    struct refusal *why = call_refusal(c);
    if (!case_has_unit(f->units, f->units_count, req->unit_id, why))
        refuse_add(c, why);
    if (!f->violation.is_found) {
        (void)refuse(why, "VIOLATION_UNKNOWN", .field = "violation_code", .broke = req->violation_code);
        refuse_add(c, why);
    }
    if (req->amount_fen < 0 || req->amount_fen > MONEY_MAX)
        audit_bad_field(c, "amount_fen", money_say(c->arena, req->amount_fen), "≥ 0");
    if (*req->line_id && !f->line.is_found)
        audit_bad_field(c, "line_id", req->line_id, req->unit_id);
    if (*req->contract_id && !f->contract.is_found)
        audit_bad_field(c, "contract_id", req->contract_id, req->unit_id);
    audit_text(c, "BAD_FIELD", "facts", req->facts);
    audit_text(c, "BAD_FIELD", "evidence", req->evidence);
    return !refuse_any(c);
}

enum status finding_record(struct call *c, const PB(AddFindingRequest) *req, const struct audit_facts *f,
                           PB(AddFindingResponse) *reply)
{
    struct audit_case after = f->kase;
    struct refusal *why = call_refusal(c);
    struct finding n = {.case_id = f->kase.id,
                        .unit_id = req->unit_id,
                        .owner_unit_id = f->kase.owner_unit_id,
                        .violation_code = req->violation_code,
                        .violation_name = f->violation.name,
                        .amount_fen = req->amount_fen,
                        .line_id = req->line_id,
                        .contract_id = req->contract_id,
                        .facts = req->facts,
                        .evidence = req->evidence,
                        .basis = *req->basis ? req->basis : f->violation.basis,
                        .auditor_id = c->actor.person_id,
                        .version = 1};
    enum status s = case_ready(c, f, req->case_id, NULL, AUDIT_FINDING, &after.state);
    if (s != STATUS_OK)
        return s;
    if (!finding_fields(c, req, f))
        return refuse_all(c);
    if (!lifecycle_next(&finding_life, 0, AUDIT_FINDING, c->actor.roles, &n.state, why))
        return refuse_with(c, why);
    if (after.findings_count >= CASE_FINDINGS_MAX)
        return refuse_field(c, "case_id", say_int(why, after.findings_count + 1, ""), "≤ 200");

    after.findings_count++;
    after.open_count++;
    after.version++;
    n.id = arena_printf(c->arena, "%s-%02lld", after.id, (long long)after.findings_count);
    finding_add(c->tx, &n, c->now_us);
    case_save(c->tx, &after, c->now_us);
    audit_record(c->tx, &(struct audit_history){.case_id = after.id,
                                                .object_id = n.id,
                                                .seq = after.version,
                                                .event = AUDIT_FINDING,
                                                .from = "",
                                                .to = "RECORDED",
                                                .person_id = n.auditor_id,
                                                .opinion = "",
                                                .at_us = c->now_us});
    call_concerns(c, n.owner_unit_id); /* the unit learns of it when it is consulted */

    reply->finding_id = reply_text(n.id);
    reply->etag = reply_text(call_etag(c, n.version));
    reply->state = (PB(FindingState))n.state;
    return STATUS_OK;
}

/* ---- what the steps of a finding have in common ---- */

static void case_of_finding(struct call *c, struct audit_facts *f)
{
    if (f->finding.is_found)
        case_want(c->tx, &c->scope, f->finding.case_id, &f->kase);
}

static bool is_seen(const struct call *c, const struct audit_facts *f)
{
    return f->finding.is_found && f->kase.is_found &&
           (f->finding.is_consulted || strcmp(f->finding.owner_unit_id, c->actor.unit_id) == 0);
}

static enum status finding_ready(struct call *c, const struct audit_facts *f, const char *id,
                                 const char *etag, int event, int *ret_to)
{
    struct refusal *why = call_refusal(c);
    if (!is_seen(c, f))
        return refuse_missing(c, "finding_id", id);
    if (!call_etag_is(c, etag, f->finding.version, id))
        return refuse_all(c);
    bool is_its_step = event == AUDIT_RECTIFY ? call_owns(c, f->finding.unit_id, id, why)
                                              : case_is_conducted_by(&f->kase, c->actor.roles, why);
    if (is_its_step && lifecycle_next(&finding_life, f->finding.state, event, c->actor.roles, ret_to, why))
        return STATUS_OK;
    why->what = f->finding.id;
    return refuse_with(c, why);
}

/* ---- withdrawn before the consultation; after it the report withdraws ---- */

void finding_withdraw_load(struct call *c, const PB(WithdrawFindingRequest) *req, struct audit_facts *f)
{
    finding_want(c->tx, &c->scope, req->finding_id, &f->finding);
}

void finding_withdraw_follow(struct call *c, const PB(WithdrawFindingRequest) *req, struct audit_facts *f)
{
    (void)req;
    case_of_finding(c, f);
}

enum status finding_withdraw(struct call *c, const PB(WithdrawFindingRequest) *req,
                             const struct audit_facts *f, PB(WithdrawFindingResponse) *reply)
{
    struct audit_case kase = f->kase;
    struct finding after = f->finding;
    enum status s = finding_ready(c, f, req->finding_id, req->etag, AUDIT_WITHDRAW, &after.state);
    if (s != STATUS_OK)
        return s;
    if (!audit_text(c, "ANSWER_MISSING", "reason", req->reason))
        return refuse_all(c);

    after.opinion = req->reason;
    finding_moved(c, f, &f->finding, &after, &kase, AUDIT_WITHDRAW, req->reason);
    reply->finding_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(FindingState))after.state;
    return STATUS_OK;
}

/* ---- the unit reports what it did (L11); late is flagged ---- */

void finding_rectify_load(struct call *c, const PB(ReportRectificationRequest) *req, struct audit_facts *f)
{
    finding_want(c->tx, &c->scope, req->finding_id, &f->finding);
}

void finding_rectify_follow(struct call *c, const PB(ReportRectificationRequest) *req, struct audit_facts *f)
{
    (void)req;
    case_of_finding(c, f);
}

enum status finding_rectify(struct call *c, const PB(ReportRectificationRequest) *req,
                            const struct audit_facts *f, PB(ReportRectificationResponse) *reply)
{
    struct audit_case kase = f->kase;
    struct finding after = f->finding;
    struct refusal *why = call_refusal(c);
    enum status s = finding_ready(c, f, req->finding_id, req->etag, AUDIT_RECTIFY, &after.state);
    if (s != STATUS_OK)
        return s;
    if (!finding_correction_is_sane(&f->finding, req->corrected_fen, why))
        refuse_add(c, why);
    audit_text(c, "BAD_FIELD", "measures", req->measures);
    audit_text(c, "BAD_FIELD", "evidence", req->evidence);
    if (refuse_any(c))
        return refuse_all(c);

    after.measures = req->measures;
    after.corrected_fen = req->corrected_fen;
    after.rectify_evidence = req->evidence;
    after.reporter_id = c->actor.person_id;
    after.reported_date = c->today;
    finding_moved(c, f, &f->finding, &after, &kase, AUDIT_RECTIFY, req->measures);
    reply->finding_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(FindingState))after.state;
    reply->is_overdue = day_is(after.rectify_due_date) && c->today.n > after.rectify_due_date.n;
    return STATUS_OK;
}

/* ---- the auditor checks it ---- */

void finding_verify_load(struct call *c, const PB(VerifyFindingRequest) *req, struct audit_facts *f)
{
    finding_want(c->tx, &c->scope, req->finding_id, &f->finding);
}

void finding_verify_follow(struct call *c, const PB(VerifyFindingRequest) *req, struct audit_facts *f)
{
    (void)req;
    case_of_finding(c, f);
}

enum status finding_verify(struct call *c, const PB(VerifyFindingRequest) *req, const struct audit_facts *f,
                           PB(VerifyFindingResponse) *reply)
{
    int event = req->is_accepted ? AUDIT_ACCEPT : AUDIT_REJECT;
    struct audit_case kase = f->kase;
    struct finding after = f->finding;
    struct refusal *why = call_refusal(c);
    enum status s = finding_ready(c, f, req->finding_id, req->etag, event, &after.state);
    if (s != STATUS_OK)
        return s;
    if (!req->is_accepted && !audit_text(c, "OPINION_MISSING", "opinion", req->opinion))
        return refuse_all(c);
    if (!case_other_person(&f->kase, f->finding.reporter_id, c->actor.person_id, why))
        return refuse_with(c, why);

    after.opinion = req->opinion;
    after.verifier_id = c->actor.person_id;
    after.verified_date = req->is_accepted ? c->today : DAY_NONE;
    finding_moved(c, f, &f->finding, &after, &kase, event, req->opinion);
    reply->finding_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(FindingState))after.state;
    return STATUS_OK;
}

/* ---- another authority takes it over (L9) ---- */

void finding_transfer_load(struct call *c, const PB(TransferFindingRequest) *req, struct audit_facts *f)
{
    finding_want(c->tx, &c->scope, req->finding_id, &f->finding);
}

void finding_transfer_follow(struct call *c, const PB(TransferFindingRequest) *req, struct audit_facts *f)
{
    (void)req;
    case_of_finding(c, f);
}

enum status finding_transfer(struct call *c, const PB(TransferFindingRequest) *req,
                             const struct audit_facts *f, PB(TransferFindingResponse) *reply)
{
    struct audit_case kase = f->kase;
    struct finding after = f->finding;
    enum status s = finding_ready(c, f, req->finding_id, req->etag, AUDIT_TRANSFER, &after.state);
    if (s != STATUS_OK)
        return s;
    audit_text(c, "BAD_FIELD", "transferred_to", req->transferred_to);
    audit_text(c, "ANSWER_MISSING", "reason", req->reason);
    if (refuse_any(c))
        return refuse_all(c);

    after.transferred_to = req->transferred_to;
    after.opinion = req->reason;
    finding_moved(c, f, &f->finding, &after, &kase, AUDIT_TRANSFER, req->reason);
    reply->finding_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(FindingState))after.state;
    return STATUS_OK;
}

/* ---- the dictionary is loaded ---- */

void violation_import_load(struct call *c, const PB(ImportViolationsRequest) *req, struct audit_facts *f)
{
    (void)c;
    (void)req;
    (void)f;
}

static bool violation_row(struct call *c, const PB(ImportViolationsRequest) *req, size_t i,
                          struct violation_rows *rows)
{
    const PB(Violation) *v = req->rows[i];
    if (!*v->code || !*v->name) {
        audit_bad_field(c, arena_printf(c->arena, "rows[%zu].%s", i, *v->code ? "name" : "code"), "–", "V01");
        return false;
    }
    for (size_t j = 0; j < i; j++)
        if (strcmp(req->rows[j]->code, v->code) == 0) {
            audit_bad_field(c, arena_printf(c->arena, "rows[%zu].code", i), v->code, "一次 (once)");
            return false;
        }
    rows->codes[i] = v->code;
    rows->names[i] = v->name;
    rows->bases[i] = v->basis;
    rows->checks[i] = v->automatic_check;
    return true;
}

enum status violation_import(struct call *c, const PB(ImportViolationsRequest) *req,
                             const struct audit_facts *f, PB(ImportViolationsResponse) *reply)
{
    (void)f;
    struct violation_rows rows = {.count = req->n_rows};
    const char ***const columns[] = {&rows.codes, &rows.names, &rows.bases, &rows.checks};
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        if (!(*columns[i] = arena_array(c->arena, req->n_rows + 1, sizeof(char *))))
            return refuse_field(c, "rows", "–", "≤ 500");
    if (req->n_rows == 0)
        return refuse_field(c, "rows", "0", "1 … 500");
    for (size_t i = 0; i < req->n_rows; i++)
        violation_row(c, req, i, &rows);
    if (refuse_any(c))
        return refuse_all(c);

    violation_put(c->tx, &rows);
    reply->rows_count = (int64_t)req->n_rows;
    return STATUS_OK;
}
