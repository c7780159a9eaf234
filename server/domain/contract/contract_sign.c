/* From the signature on: the contract is signed, performed, suspended, resumed, ended early. */
#include <string.h>

#include "common/check.h"
#include "server/domain/contract/contract_door.h"

/* ---- the approver signs what the clerk drafted; from here on the amount is committed ---- */

/* Keyed by the contract, though the line is changed: what is signed moves from reserved to committed, so the
 * line's free sum is the same before and after others of the wave, and each takes from its own reservation.
 */

#define SIGN_VALUES (TERM_VALUES | DUTY_VALUES | VALUE_BIT(VALUE_SIGN_WITHIN) | VALUE_BIT(VALUE_BOND_CAP))

void contract_sign_load(struct call *c, const PB(SignContractRequest) *req, struct contract_facts *f)
{
    struct day on = day_or_none(req->signed_date);
    contract_want(c->tx, &c->scope, req->contract_id, &f->contract);
    contract_want_years(c->tx, req->contract_id, &f->years, &f->years_count);
    budget_want_line(c->tx, &c->scope, req->line_id, &f->line);
    contract_want_values(c, f, on, SIGN_VALUES);
    if (day_is(on)) /* both the award before it and the duties after it are counted in working days */
        policy_want_calendar(c->tx, day_add(on, -90), day_add(on, 60), &f->calendar);
}

void contract_sign_follow(struct call *c, const PB(SignContractRequest) *req, struct contract_facts *f)
{
    if (!f->contract.is_found)
        return;
    supplier_want(c->tx, f->contract.supplier_id, &f->supplier);
    policy_want_type(c->tx, f->contract.supplier_type, day_or_none(req->signed_date), &f->type);
}

static bool supplier_is_as_drafted(const struct contract_facts *f, struct refusal *why)
{
    const struct supplier *s = &f->supplier;
    if (!s->is_found || strcmp(s->type, f->contract.supplier_type) == 0)
        return true;
    return refuse(why, "SUPPLIER_CHANGED", .field = "supplier_id", .what = f->contract.supplier_name,
                  .broke = f->contract.supplier_type, .passes = s->type);
}

/* H3: counted from the award, when there was one. */
static struct day sign_due(const struct contract_facts *f)
{
    bool is_weekends_only = false;
    if (!day_is(f->contract.award_date))
        return DAY_NONE;
    return calendar_due(&f->calendar, &f->values[VALUE_SIGN_WITHIN], f->contract.award_date,
                        &is_weekends_only);
}

/* Who signs what, and on which day; that day then chooses the rules. */
static bool may_sign_on(const struct call *c, const PB(SignContractRequest) *req,
                        const struct contract_facts *f, struct day on, struct refusal *why)
{
    const struct contract *k = &f->contract;
    return contract_other_person_signs(k, c->actor.person_id, why) &&
           contract_is_on_line(k, req->line_id, why) &&
           contract_may_be_signed_on(k, f->line.issued, on, c->today, why);
}

/* The rules of the day of signing; the most important first. */
static bool sign_is_lawful(const PB(SignContractRequest) *req, const struct contract_facts *f, struct day on,
                           bool *ret_late, struct refusal *why)
{
    const struct contract *k = &f->contract;
    struct term_limits limits = contract_term_limits(f);
    return supplier_is_as_drafted(f, why) && supplier_may_provide(&f->supplier, &f->type, on, why) &&
           contract_term_is_lawful(k, &limits, why) &&
           contract_years_add_up(k, f->years, f->years_count, why) &&
           contract_bond_is_lawful(k, f->values[VALUE_BOND_CAP].value, why) &&
           budget_can_commit(&f->line, k->held_fen, k->held_fen, why) &&
           contract_is_signed_in_time(on, sign_due(f), req->overdue_reason, ret_late, why);
}

enum status contract_sign(struct call *c, const PB(SignContractRequest) *req, const struct contract_facts *f,
                          PB(SignContractResponse) *reply)
{
    struct contract after = f->contract;
    struct refusal *why = call_refusal(c);
    struct day on;
    int to;
    enum status s = contract_ready(c, &f->contract, req->contract_id, req->etag, CONTRACT_SIGN, &to);
    if (s != STATUS_OK)
        return s;
    if (!f->line.is_found)
        return refuse_missing(c, "line_id", req->line_id);
    if (!day_field(c, "signed_date", req->signed_date, false, &on))
        return refuse_all(c);
    if (!may_sign_on(c, req, f, on, why))
        return refuse_with(c, why);
    if (!contract_values_are_there(c, f, SIGN_VALUES))
        return refuse_all(c);
    if (!sign_is_lawful(req, f, on, &after.is_signed_late, why))
        return refuse_with(c, why);

    after.state = to;
    after.signed_date = on;
    after.signed_end_date = after.end_date;
    after.overdue_reason = after.is_signed_late ? req->overdue_reason : "";
    after.signer_id = c->actor.person_id;
    budget_commit(c->tx, &f->line, after.id, after.held_fen, after.held_fen, c->now_us);
    contract_moved(c, &f->contract, &after, CONTRACT_SIGN, after.overdue_reason);
    struct duties_due due = duties_begin(c, f, after.id, on);

    reply->contract_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(ContractState))to;
    reply->committed_fen = after.held_fen;
    reply->free_fen = line_free_fen(&f->line);
    reply->publish_due_date = reply_text(day_text(c->arena, due.publish));
    reply->file_due_date = reply_text(day_text(c->arena, due.file));
    reply->is_weekends_only = due.is_weekends_only;
    reply->is_signed_late = after.is_signed_late;
    return STATUS_OK;
}

/* ---- the start is reached ---- */

void contract_start_load(struct call *c, const PB(StartContractRequest) *req, struct contract_facts *f)
{
    contract_want(c->tx, &c->scope, req->contract_id, &f->contract);
}

enum status contract_start(struct call *c, const PB(StartContractRequest) *req,
                           const struct contract_facts *f, PB(StartContractResponse) *reply)
{
    struct contract after = f->contract;
    struct refusal *why = call_refusal(c);
    enum status s = contract_ready(c, &f->contract, req->contract_id, req->etag, CONTRACT_START,
                                   &after.state);
    if (s != STATUS_OK)
        return s;
    if (!contract_may_start(&f->contract, c->today, why))
        return refuse_with(c, why);

    contract_moved(c, &f->contract, &after, CONTRACT_START, "");
    reply->contract_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(ContractState))after.state;
    return STATUS_OK;
}

/* ---- suspended, with a reason, by the department or by order of the bureau (H10, A11) ---- */

void contract_suspend_load(struct call *c, const PB(SuspendContractRequest) *req, struct contract_facts *f)
{
    contract_want(c->tx, &c->scope, req->contract_id, &f->contract);
}

enum status contract_suspend(struct call *c, const PB(SuspendContractRequest) *req,
                             const struct contract_facts *f, PB(SuspendContractResponse) *reply)
{
    struct contract after = f->contract;
    enum status s = contract_ready(c, &f->contract, req->contract_id, req->etag, CONTRACT_SUSPEND,
                                   &after.state);
    if (s != STATUS_OK)
        return s;
    if (!text_field(c, "ANSWER_MISSING", "reason", req->reason))
        return refuse_all(c);

    after.ended_reason = req->reason;
    after.is_suspended_by_order = (c->actor.roles & ROLE_REVIEWER_2) != 0;
    contract_moved(c, &f->contract, &after, CONTRACT_SUSPEND, req->reason);
    reply->contract_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(ContractState))after.state;
    return STATUS_OK;
}

void contract_resume_load(struct call *c, const PB(ResumeContractRequest) *req, struct contract_facts *f)
{
    contract_want(c->tx, &c->scope, req->contract_id, &f->contract);
}

enum status contract_resume(struct call *c, const PB(ResumeContractRequest) *req,
                            const struct contract_facts *f, PB(ResumeContractResponse) *reply)
{
    struct contract after = f->contract;
    struct refusal *why = call_refusal(c);
    enum status s = contract_ready(c, &f->contract, req->contract_id, req->etag, CONTRACT_RESUME,
                                   &after.state);
    if (s != STATUS_OK)
        return s;
    if (!contract_may_be_resumed_by(&f->contract, c->actor.roles, why))
        return refuse_with(c, why);

    after.is_suspended_by_order = false;
    after.ended_reason = "";
    contract_moved(c, &f->contract, &after, CONTRACT_RESUME, req->reason);
    reply->contract_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(ContractState))after.state;
    return STATUS_OK;
}

/* ---- ended early: what the settlement does not need goes back to the line ---- */

void contract_terminate_load(struct call *c, const PB(TerminateContractRequest) *req,
                             struct contract_facts *f)
{
    contract_want(c->tx, &c->scope, req->contract_id, &f->contract);
    budget_want_line(c->tx, &c->scope, req->line_id, &f->line);
    supplement_want_all(c->tx, req->contract_id, &f->supplements, &f->supplements_count);
}

static int64_t open_supplements(const struct contract_facts *f)
{
    int64_t open = 0;
    for (int i = 0; i < f->supplements_count; i++)
        open += f->supplements[i].state == SUPPLEMENT_DRAFT;
    return open;
}

static int64_t held_together(const struct contract_facts *f)
{
    int64_t held = f->contract.held_fen;
    for (int i = 0; i < f->supplements_count; i++)
        held += f->supplements[i].held_fen;
    return held;
}

/* The newest holds are opened first, so that the contract's own goes last. */
static void give_back(struct call *c, const struct contract_facts *f, struct contract *after,
                      int64_t rest_fen)
{
    struct line line = f->line;
    for (int i = f->supplements_count - 1; i >= 0 && rest_fen > 0; i--) {
        struct supplement s = f->supplements[i];
        int64_t part = s.held_fen < rest_fen ? s.held_fen : rest_fen;
        if (part == 0)
            continue;
        budget_uncommit(c->tx, &line, s.id, part, c->now_us);
        line.committed_fen -= part;
        s.held_fen -= part;
        s.version++;
        supplement_save(c->tx, &s, c->now_us);
        rest_fen -= part;
    }
    if (rest_fen > 0)
        budget_uncommit(c->tx, &line, after->id, rest_fen, c->now_us);
    after->held_fen -= rest_fen;
}

enum status contract_terminate(struct call *c, const PB(TerminateContractRequest) *req,
                               const struct contract_facts *f, PB(TerminateContractResponse) *reply)
{
    const struct contract *k = &f->contract;
    struct contract after = *k;
    struct refusal *why = call_refusal(c);
    enum status s = contract_ready(c, k, req->contract_id, req->etag, CONTRACT_TERMINATE, &after.state);
    if (s != STATUS_OK)
        return s;
    if (!f->line.is_found)
        return refuse_missing(c, "line_id", req->line_id);
    if (!day_field(c, "terminated_date", req->terminated_date, false, &after.terminated_date) ||
        !text_field(c, "ANSWER_MISSING", "reason", req->reason))
        return refuse_all(c);
    if (!contract_is_on_line(k, req->line_id, why) || !contract_may_be_resumed_by(k, c->actor.roles, why) ||
        !contract_date_is_past("terminated_date", after.terminated_date, k->signed_date, c->today, why) ||
        !contract_settlement_is_lawful(k, req->settlement_fen, open_supplements(f), why))
        return refuse_with(c, why);

    int64_t rest = contract_given_back(held_together(f), req->settlement_fen);
    give_back(c, f, &after, rest);
    after.settlement_fen = req->settlement_fen;
    after.ended_reason = req->reason;
    contract_moved(c, k, &after, CONTRACT_TERMINATE, req->reason);

    reply->contract_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(ContractState))after.state;
    reply->released_fen = rest;
    return STATUS_OK;
}
