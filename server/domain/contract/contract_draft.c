/* Until the signature: the clerk drafts and edits, the reservation on the line follows; the approver returns.
 */
#include <string.h>

#include "common/check.h"
#include "common/money.h"
#include "server/domain/contract/contract_door.h"

static void check(struct call *c, bool holds, const struct refusal *why)
{
    if (!holds)
        refuse_add(c, why);
}

#define DRAFT_VALUES (TERM_VALUES | VALUE_BIT(VALUE_BOND_CAP))

/* Everything that the signature will ask is asked early, on the planned start; `line` without this draft's
 * own hold. */
static bool draft_is_lawful(struct call *c, const struct contract_facts *f, const struct contract *k,
                            const struct contract_year *years, int count, const struct line *line)
{
    struct refusal *why = call_refusal(c);
    struct term_limits limits = contract_term_limits(f);
    check(c, budget_can_reserve(line, contract_fen_of_year(years, count, k->year), why), why);
    check(c, supplier_may_provide(&f->supplier, &f->type, k->start_date, why), why);
    check(c, contract_term_is_lawful(k, &limits, why), why);
    check(c, contract_years_add_up(k, years, count, why), why);
    check(c, contract_bond_is_lawful(k, f->values[VALUE_BOND_CAP].value, why), why);
    return !refuse_any(c);
}

/* ---- the clerk drafts; the amount of the line's year is reserved ---- */

void contract_create_load(struct call *c, const PB(CreateContractRequest) *req, struct contract_facts *f)
{
    budget_want_line(c->tx, &c->scope, req->line_id, &f->line);
    supplier_want(c->tx, req->supplier_id, &f->supplier);
    contract_want_values(c, f, day_or_none(req->start_date), DRAFT_VALUES);
}

void contract_create_follow(struct call *c, const PB(CreateContractRequest) *req, struct contract_facts *f)
{
    if (!f->line.is_found)
        return;
    unit_want(c->tx, f->line.unit_id, &f->unit);
    f->number = call_want_number(c, arena_printf(c->arena, "contract/%lld", (long long)f->line.year));
    if (f->supplier.is_found)
        policy_want_type(c->tx, f->supplier.type, day_or_none(req->start_date), &f->type);
}

static struct contract draft_on(const struct call *c, const struct contract_facts *f)
{
    const struct line *l = &f->line;
    return (struct contract){.id = l->id,
                             .unit_id = l->unit_id,
                             .line_id = l->id,
                             .line_name = l->name,
                             .year = l->year,
                             .catalogue_code = l->catalogue_code,
                             .supplier_name = f->supplier.is_found ? f->supplier.name : "",
                             .supplier_type = f->supplier.is_found ? f->supplier.type : "",
                             .drafter_id = c->actor.person_id,
                             .preparers = c->actor.person_id,
                             .award_date = DAY_NONE,
                             .version = 1};
}

enum status contract_create(struct call *c, const PB(CreateContractRequest) *req,
                            const struct contract_facts *f, PB(CreateContractResponse) *reply)
{
    struct contract k = draft_on(c, f);
    struct contract_year *years;
    int count;
    struct refusal *why = call_refusal(c);
    if (!f->line.is_found)
        return refuse_missing(c, "line_id", req->line_id);
    if (!call_owns(c, k.unit_id, k.line_id, why) ||
        !lifecycle_next(&contract_life, 0, CONTRACT_CREATE, c->actor.roles, &k.state, why))
        return refuse_with(c, why);
    draft_take_all(c, req, &k);
    if (refuse_any(c) || !draft_take_years(c, req->years, req->n_years, &k, &years, &count) ||
        !contract_values_are_there(c, f, DRAFT_VALUES) || !draft_is_lawful(c, f, &k, years, count, &f->line))
        return refuse_all(c);

    k.id = arena_printf(c->arena, "%s-%lld-C-%05lld", f->unit.division, (long long)k.year,
                        (long long)call_take_number(c, f->number));
    k.held_fen = contract_fen_of_year(years, count, k.year);
    budget_reserve(c->tx, &f->line, k.id, k.held_fen, c->now_us);
    contract_add(c->tx, &k, c->now_us);
    contract_put_years(c->tx, k.id, years, count);
    contract_record(c->tx, &(struct contract_history){.contract_id = k.id,
                                                      .object_id = k.id,
                                                      .seq = 1,
                                                      .event = CONTRACT_CREATE,
                                                      .from = "",
                                                      .to = "DRAFT",
                                                      .person_id = k.drafter_id,
                                                      .opinion = "",
                                                      .at_us = c->now_us});
    call_concerns(c, k.unit_id);

    reply->contract_id = reply_text(k.id);
    reply->etag = reply_text(call_etag(c, k.version));
    reply->state = (PB(ContractState))k.state;
    reply->held_fen = k.held_fen;
    reply->free_fen = line_free_fen(&f->line) - k.held_fen;
    return STATUS_OK;
}

/* ---- the draft is changed; only what is named ---- */

void contract_update_load(struct call *c, const PB(UpdateContractRequest) *req, struct contract_facts *f)
{
    contract_want(c->tx, &c->scope, req->contract_id, &f->contract);
    contract_want_years(c->tx, req->contract_id, &f->years, &f->years_count);
    budget_want_line(c->tx, &c->scope, req->line_id, &f->line);
    if (draft_names(req, "supplier_id"))
        supplier_want(c->tx, req->supplier_id, &f->supplier);
}

void contract_update_follow(struct call *c, const PB(UpdateContractRequest) *req, struct contract_facts *f)
{
    if (!f->contract.is_found)
        return;
    struct day start = draft_names(req, "start_date") ? day_or_none(req->start_date) : f->contract.start_date;
    const char *type = f->contract.supplier_type;
    if (!draft_names(req, "supplier_id"))
        supplier_want(c->tx, f->contract.supplier_id, &f->supplier);
    else if (f->supplier.is_found)
        type = f->supplier.type;
    policy_want_type(c->tx, type, start, &f->type);
    contract_want_values(c, f, start, DRAFT_VALUES);
}

/* The draft as it will be; the amounts by year are the old ones unless they, or the amount, were named. */
static bool overlay(struct call *c, const PB(UpdateContractRequest) *req, const struct contract_facts *f,
                    struct contract *k, struct contract_year **ret_years, int *ret_count)
{
    draft_take_named(c, req, k);
    if (f->supplier.is_found && draft_names(req, "supplier_id")) {
        k->supplier_name = f->supplier.name;
        k->supplier_type = f->supplier.type;
    }
    *ret_years = f->years;
    *ret_count = f->years_count;
    if (refuse_any(c))
        return false;
    if (draft_names(req, "years") || (draft_names(req, "amount_fen") && f->years_count == 1))
        return draft_take_years(c, req->years, draft_names(req, "years") ? req->n_years : 0, k, ret_years,
                                ret_count);
    return true;
}

/* The line as if this draft held nothing. */
static struct line line_without(const struct contract_facts *f)
{
    struct line l = f->line;
    l.reserved_fen -= f->contract.held_fen;
    return l;
}

static void keep_draft(struct call *c, const struct contract_facts *f, const struct contract *k,
                       const struct contract_year *years, int count)
{
    if (k->held_fen != f->contract.held_fen) {
        struct line line = line_without(f);
        budget_release(c->tx, &f->line, k->id, f->contract.held_fen, c->now_us);
        budget_reserve(c->tx, &line, k->id, k->held_fen, c->now_us);
    }
    contract_drop_years(c->tx, k->id);
    contract_put_years(c->tx, k->id, years, count);
    contract_save_draft(c->tx, k, c->now_us);
    contract_record(c->tx, &(struct contract_history){.contract_id = k->id,
                                                      .object_id = k->id,
                                                      .seq = k->version,
                                                      .event = CONTRACT_UPDATE,
                                                      .from = "DRAFT",
                                                      .to = "DRAFT",
                                                      .person_id = k->drafter_id,
                                                      .opinion = "",
                                                      .at_us = c->now_us});
    call_concerns(c, k->unit_id);
}

enum status contract_update(struct call *c, const PB(UpdateContractRequest) *req,
                            const struct contract_facts *f, PB(UpdateContractResponse) *reply)
{
    struct contract k = f->contract;
    struct contract_year *years;
    int count;
    struct refusal *why = call_refusal(c);
    enum status s = contract_ready(c, &f->contract, req->contract_id, req->etag, CONTRACT_UPDATE, &k.state);
    if (s != STATUS_OK)
        return s;
    if (!f->line.is_found)
        return refuse_missing(c, "line_id", req->line_id);
    if (!contract_is_on_line(&k, req->line_id, why))
        return refuse_with(c, why);
    struct line line = line_without(f);
    if (!draft_names_are_known(c, req) || !overlay(c, req, f, &k, &years, &count) ||
        !contract_values_are_there(c, f, DRAFT_VALUES) || !draft_is_lawful(c, f, &k, years, count, &line))
        return refuse_all(c);

    k.held_fen = contract_fen_of_year(years, count, k.year);
    k.drafter_id = c->actor.person_id;
    k.preparers = contract_preparers_and(c->arena, &f->contract, c->actor.person_id);
    k.version++;
    keep_draft(c, f, &k, years, count);
    reply->contract_id = reply_text(k.id);
    reply->etag = reply_text(call_etag(c, k.version));
    reply->held_fen = k.held_fen;
    reply->free_fen = line_free_fen(&line) - k.held_fen;
    return STATUS_OK;
}

/* ---- complete, it goes to the approver; all that is missing is said at once ---- */

void contract_submit_load(struct call *c, const PB(SubmitContractRequest) *req, struct contract_facts *f)
{
    contract_want(c->tx, &c->scope, req->contract_id, &f->contract);
}

enum status contract_submit(struct call *c, const PB(SubmitContractRequest) *req,
                            const struct contract_facts *f, PB(SubmitContractResponse) *reply)
{
    struct contract after = f->contract;
    struct refusal *why = call_refusal(c);
    enum status s = contract_ready(c, &f->contract, req->contract_id, req->etag, CONTRACT_SUBMIT,
                                   &after.state);
    if (s != STATUS_OK)
        return s;
    for (int i = 0; i < contract_elements; i++)
        check(c, contract_element_is_there(&f->contract, i, why), why);
    if (refuse_any(c))
        return refuse_all(c);

    after.submitter_id = c->actor.person_id;
    contract_moved(c, &f->contract, &after, CONTRACT_SUBMIT, "");
    reply->contract_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(ContractState))after.state;
    return STATUS_OK;
}

/* ---- the approver returns it, with an opinion (G-d) ---- */

void contract_return_load(struct call *c, const PB(ReturnContractRequest) *req, struct contract_facts *f)
{
    contract_want(c->tx, &c->scope, req->contract_id, &f->contract);
}

enum status contract_return(struct call *c, const PB(ReturnContractRequest) *req,
                            const struct contract_facts *f, PB(ReturnContractResponse) *reply)
{
    struct contract after = f->contract;
    struct refusal *why = call_refusal(c);
    enum status s = contract_ready(c, &f->contract, req->contract_id, req->etag, CONTRACT_RETURN,
                                   &after.state);
    if (s != STATUS_OK)
        return s;
    if (!text_field(c, "OPINION_MISSING", "opinion", req->opinion))
        return refuse_all(c);
    if (!contract_other_person_signs(&f->contract, c->actor.person_id, why))
        return refuse_with(c, why);

    contract_moved(c, &f->contract, &after, CONTRACT_RETURN, req->opinion);
    reply->contract_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(ContractState))after.state;
    return STATUS_OK;
}

/* ---- the draft is dropped; the line gets its reservation back ---- */

void contract_withdraw_load(struct call *c, const PB(WithdrawContractRequest) *req, struct contract_facts *f)
{
    contract_want(c->tx, &c->scope, req->contract_id, &f->contract);
    budget_want_line(c->tx, &c->scope, req->line_id, &f->line);
}

enum status contract_withdraw(struct call *c, const PB(WithdrawContractRequest) *req,
                              const struct contract_facts *f, PB(WithdrawContractResponse) *reply)
{
    struct contract after = f->contract;
    struct refusal *why = call_refusal(c);
    enum status s = contract_ready(c, &f->contract, req->contract_id, req->etag, CONTRACT_WITHDRAW,
                                   &after.state);
    if (s != STATUS_OK)
        return s;
    if (!f->line.is_found)
        return refuse_missing(c, "line_id", req->line_id);
    if (!contract_is_on_line(&after, req->line_id, why))
        return refuse_with(c, why);

    budget_release(c->tx, &f->line, after.id, after.held_fen, c->now_us);
    after.held_fen = 0;
    after.ended_reason = req->reason;
    contract_moved(c, &f->contract, &after, CONTRACT_WITHDRAW, req->reason);
    reply->contract_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(ContractState))after.state;
    reply->released_fen = f->contract.held_fen;
    return STATUS_OK;
}
