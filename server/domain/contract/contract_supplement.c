/* Supplements: proposed by the clerk, signed by the approver; additions stay within the cap, terms count from
 * the start. */
#include <string.h>

#include "common/check.h"
#include "common/money.h"
#include "server/domain/contract/contract_door.h"

/* A day on which the limits for this proposal hold: today's. */
#define PROPOSE_VALUES (TERM_VALUES | VALUE_BIT(VALUE_SUPPLEMENT_CAP))

/* Additions that were proposed or signed before, without supplement `but`. */
static int64_t additions_before(const struct contract_facts *f, const char *but)
{
    int64_t sum = 0;
    for (int i = 0; i < f->supplements_count; i++)
        if (f->supplements[i].kind == SUPPLEMENT_INCREASE && strcmp(f->supplements[i].id, but) != 0)
            sum += f->supplements[i].amount_fen;
    return sum;
}

/* What holds both when it is proposed and when it is signed: H9 for additions, H6 for terms, H10 for all. */
static bool is_lawful(const struct contract_facts *f, const struct supplement *s, struct refusal *why)
{
    struct contract later = f->contract;
    struct term_limits limits = contract_term_limits(f);
    later.end_date = supplement_end(s, &f->contract);
    if (!supplement_is_whole(s, &f->contract, why))
        return false;
    if (s->kind == SUPPLEMENT_INCREASE &&
        !supplements_fit(&f->contract, additions_before(f, s->id), s->amount_fen,
                         f->values[VALUE_SUPPLEMENT_CAP].value, why))
        return false;
    return s->kind != SUPPLEMENT_TERM || contract_term_is_lawful(&later, &limits, why);
}

/* ---- the clerk proposes; an addition is reserved on the line ---- */

void supplement_propose_load(struct call *c, const PB(ProposeSupplementRequest) *req,
                             struct contract_facts *f)
{
    contract_want(c->tx, &c->scope, req->contract_id, &f->contract);
    budget_want_line(c->tx, &c->scope, req->line_id, &f->line);
    supplement_want_all(c->tx, req->contract_id, &f->supplements, &f->supplements_count);
    contract_want_values(c, f, c->today, PROPOSE_VALUES);
}

static bool propose_fields(struct call *c, const PB(ProposeSupplementRequest) *req, struct supplement *s)
{
    bool ok = day_field(c, "new_end_date", req->new_end_date, true, &s->new_end_date);
    if (req->kind == 0)
        bad_field(c, "kind", "–", "INCREASE REDUCE TERM PARTY_NAME PAYMENT_PLAN CONTENT");
    if (req->amount_fen < 0 || req->amount_fen > MONEY_MAX)
        bad_field(c, "amount_fen", money_say(c->arena, req->amount_fen),
                  arena_printf(c->arena, "0 … %s", money_say(c->arena, MONEY_MAX)));
    return ok && !refuse_any(c);
}

enum status supplement_propose(struct call *c, const PB(ProposeSupplementRequest) *req,
                               const struct contract_facts *f, PB(ProposeSupplementResponse) *reply)
{
    const struct contract *k = &f->contract;
    struct contract after = *k;
    struct refusal *why = call_refusal(c);
    struct supplement s = {.contract_id = k->id,
                           .unit_id = k->unit_id,
                           .line_id = k->line_id,
                           .id = "",
                           .kind = (int)req->kind,
                           .amount_fen = req->amount_fen,
                           .reason = req->reason,
                           .content = req->content,
                           .drafter_id = c->actor.person_id,
                           .version = 1};
    if (!k->is_found || !f->line.is_found)
        return refuse_missing(c, k->is_found ? "line_id" : "contract_id",
                              k->is_found ? req->line_id : req->contract_id);
    if (!call_owns(c, k->unit_id, k->id, why))
        return refuse_with(c, why);
    if (!propose_fields(c, req, &s) || !contract_values_are_there(c, f, PROPOSE_VALUES))
        return refuse_all(c);
    if (!contract_is_on_line(k, req->line_id, why) ||
        !lifecycle_next(&contract_life, k->state, CONTRACT_SUPPLEMENT, c->actor.roles, &after.state, why) ||
        !lifecycle_next(&supplement_life, 0, SUPPLEMENT_PROPOSE, c->actor.roles, &s.state, why) ||
        !supplement_has_room(k, why) || !is_lawful(f, &s, why) ||
        (s.kind == SUPPLEMENT_INCREASE && !budget_can_reserve(&f->line, s.amount_fen, why)))
        return refuse_with(c, why);

    after.supplements_count++;
    s.id = arena_printf(c->arena, "%s-S%02lld", k->id, (long long)after.supplements_count);
    if (s.kind == SUPPLEMENT_INCREASE) {
        s.held_fen = s.amount_fen;
        budget_reserve(c->tx, &f->line, s.id, s.held_fen, c->now_us);
    }
    supplement_add(c->tx, &s, c->now_us);
    contract_touched(c, k, &after, CONTRACT_SUPPLEMENT, s.id, "", names_of(&supplement_states, s.state),
                     s.reason);

    reply->supplement_id = reply_text(s.id);
    reply->etag = reply_text(call_etag(c, s.version));
    reply->state = (PB(SupplementState))s.state;
    reply->free_fen = line_free_fen(&f->line) - s.held_fen;
    return STATUS_OK;
}

/* ---- the steps of a proposal ---- */

static void contract_of_supplement(struct call *c, struct contract_facts *f)
{
    if (!f->supplement.is_found)
        return;
    contract_want(c->tx, &c->scope, f->supplement.contract_id, &f->contract);
    supplement_want_all(c->tx, f->supplement.contract_id, &f->supplements, &f->supplements_count);
}

static enum status supplement_ready(struct call *c, const struct contract_facts *f, const char *id,
                                    const char *etag, const char *line_id, int event, int *ret_to)
{
    const struct supplement *s = &f->supplement;
    struct refusal *why = call_refusal(c);
    if (!s->is_found || !f->contract.is_found)
        return refuse_missing(c, "supplement_id", id);
    if (!f->line.is_found)
        return refuse_missing(c, "line_id", line_id);
    if (!call_etag_is(c, etag, s->version, id))
        return refuse_all(c);
    if (call_owns(c, s->unit_id, id, why) && contract_is_on_line(&f->contract, line_id, why) &&
        lifecycle_next(&supplement_life, s->state, event, c->actor.roles, ret_to, why))
        return STATUS_OK;
    why->what = s->id;
    return refuse_with(c, why);
}

static void supplement_moved(struct call *c, const struct contract_facts *f, struct supplement *after,
                             struct contract *contract_after, const char *opinion)
{
    after->version++;
    supplement_save(c->tx, after, c->now_us);
    contract_touched(c, &f->contract, contract_after, CONTRACT_SUPPLEMENT, after->id,
                     names_of(&supplement_states, f->supplement.state),
                     names_of(&supplement_states, after->state), opinion);
}

/* Returned or withdrawn: it holds nothing any more. */
static void drop(struct call *c, const struct contract_facts *f, struct supplement *after,
                 const char *opinion)
{
    struct contract contract_after = f->contract;
    if (after->held_fen > 0)
        budget_release(c->tx, &f->line, after->id, after->held_fen, c->now_us);
    after->held_fen = 0;
    supplement_moved(c, f, after, &contract_after, opinion);
}

void supplement_return_load(struct call *c, const PB(ReturnSupplementRequest) *req, struct contract_facts *f)
{
    supplement_want(c->tx, &c->scope, req->supplement_id, &f->supplement);
    budget_want_line(c->tx, &c->scope, req->line_id, &f->line);
}

void supplement_return_follow(struct call *c, const PB(ReturnSupplementRequest) *req,
                              struct contract_facts *f)
{
    (void)req;
    contract_of_supplement(c, f);
}

enum status supplement_return(struct call *c, const PB(ReturnSupplementRequest) *req,
                              const struct contract_facts *f, PB(ReturnSupplementResponse) *reply)
{
    struct supplement after = f->supplement;
    enum status s = supplement_ready(c, f, req->supplement_id, req->etag, req->line_id, SUPPLEMENT_RETURN,
                                     &after.state);
    if (s != STATUS_OK)
        return s;
    if (!text_field(c, "OPINION_MISSING", "opinion", req->opinion))
        return refuse_all(c);

    drop(c, f, &after, req->opinion);
    reply->supplement_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(SupplementState))after.state;
    return STATUS_OK;
}

void supplement_withdraw_load(struct call *c, const PB(WithdrawSupplementRequest) *req,
                              struct contract_facts *f)
{
    supplement_want(c->tx, &c->scope, req->supplement_id, &f->supplement);
    budget_want_line(c->tx, &c->scope, req->line_id, &f->line);
}

void supplement_withdraw_follow(struct call *c, const PB(WithdrawSupplementRequest) *req,
                                struct contract_facts *f)
{
    (void)req;
    contract_of_supplement(c, f);
}

enum status supplement_withdraw(struct call *c, const PB(WithdrawSupplementRequest) *req,
                                const struct contract_facts *f, PB(WithdrawSupplementResponse) *reply)
{
    struct supplement after = f->supplement;
    enum status s = supplement_ready(c, f, req->supplement_id, req->etag, req->line_id, SUPPLEMENT_WITHDRAW,
                                     &after.state);
    if (s != STATUS_OK)
        return s;

    drop(c, f, &after, "");
    reply->supplement_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(SupplementState))after.state;
    return STATUS_OK;
}

/* ---- another person signs; the contract changes, and the duties begin again ---- */

#define SIGN_VALUES (PROPOSE_VALUES | DUTY_VALUES)

void supplement_sign_load(struct call *c, const PB(SignSupplementRequest) *req, struct contract_facts *f)
{
    struct day on = day_or_none(req->signed_date);
    supplement_want(c->tx, &c->scope, req->supplement_id, &f->supplement);
    budget_want_line(c->tx, &c->scope, req->line_id, &f->line);
    contract_want_values(c, f, on, SIGN_VALUES);
    if (day_is(on))
        policy_want_calendar(c->tx, on, day_add(on, 60), &f->calendar);
}

void supplement_sign_follow(struct call *c, const PB(SignSupplementRequest) *req, struct contract_facts *f)
{
    (void)req;
    contract_of_supplement(c, f);
}

static bool sign_is_lawful(struct call *c, const struct contract_facts *f, const struct supplement *s,
                           struct contract *after, struct refusal *why)
{
    const struct contract *k = &f->contract;
    return supplement_other_person_signs(s, c->actor.person_id, why) &&
           lifecycle_next(&contract_life, k->state, CONTRACT_SUPPLEMENT, c->actor.roles, &after->state,
                          why) &&
           contract_date_is_past("signed_date", s->signed_date, k->signed_date, c->today, why) &&
           is_lawful(f, s, why) &&
           (s->kind != SUPPLEMENT_INCREASE || budget_can_commit(&f->line, s->held_fen, s->held_fen, why));
}

/* What the signature does to the contract and its line. */
static void take_effect(struct call *c, const struct contract_facts *f, const struct supplement *s,
                        struct contract *after)
{
    if (s->kind == SUPPLEMENT_INCREASE) {
        budget_commit(c->tx, &f->line, s->id, s->held_fen, s->held_fen, c->now_us);
        after->supplements_fen += s->amount_fen;
    }
    if (s->kind == SUPPLEMENT_REDUCE) {
        budget_uncommit(c->tx, &f->line, after->id, s->amount_fen, c->now_us);
        after->supplements_fen -= s->amount_fen;
        after->held_fen -= s->amount_fen;
    }
    after->end_date = supplement_end(s, after);
}

enum status supplement_sign(struct call *c, const PB(SignSupplementRequest) *req,
                            const struct contract_facts *f, PB(SignSupplementResponse) *reply)
{
    struct supplement after = f->supplement;
    struct contract contract_after = f->contract;
    struct refusal *why = call_refusal(c);
    enum status s = supplement_ready(c, f, req->supplement_id, req->etag, req->line_id, SUPPLEMENT_SIGN,
                                     &after.state);
    if (s != STATUS_OK)
        return s;
    if (!day_field(c, "signed_date", req->signed_date, false, &after.signed_date) ||
        !contract_values_are_there(c, f, SIGN_VALUES))
        return refuse_all(c);
    if (!sign_is_lawful(c, f, &after, &contract_after, why))
        return refuse_with(c, why);

    after.signer_id = c->actor.person_id;
    take_effect(c, f, &after, &contract_after);
    supplement_moved(c, f, &after, &contract_after, "");
    struct duties_due due = duties_begin(c, f, after.id, after.signed_date);

    reply->supplement_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(SupplementState))after.state;
    reply->supplements_fen = contract_after.supplements_fen;
    reply->current_fen = contract_after.amount_fen + contract_after.supplements_fen;
    reply->end_date = reply_text(day_text(c->arena, contract_after.end_date));
    reply->publish_due_date = reply_text(day_text(c->arena, due.publish));
    reply->file_due_date = reply_text(day_text(c->arena, due.file));
    reply->is_weekends_only = due.is_weekends_only;
    return STATUS_OK;
}
