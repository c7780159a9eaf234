/* Review: the department's approver sends a line up, first and second review judge it, final review compiles
 * it. */
#include "server/domain/budget/budget_door.h"

#include <string.h>

#include "common/text.h"

/* The department's round after an event of one of its lines; 0 when it stays as it is. */
static int round_after(const struct call *c, const struct round *r, int event)
{
    struct refusal unsaid = {.arena = c->arena};
    int to;
    return r->is_known && lifecycle_next(&round_life, r->state, event, c->actor.roles, &to, &unsaid) ? to : 0;
}

/* After a decision: nothing of the department waits any more, so that its round is reviewed. */
static void round_is_judged(struct call *c, const struct line_facts *f)
{
    int to = f->others.waiting == 0 ? round_after(c, &f->round, ROUND_REVIEW) : 0;
    if (to)
        round_move(c->tx, &f->round, to, c->actor.person_id, c->now_us);
}

static void round_is_returned(struct call *c, const struct line_facts *f)
{
    int to = round_after(c, &f->round, ROUND_RETURN);
    if (to)
        round_move(c->tx, &f->round, to, c->actor.person_id, c->now_us);
}

static bool has_opinion(const char *opinion, const char *id, struct refusal *why)
{
    return !text_is_blank(opinion) ||
           refuse(why, "OPINION_MISSING", .what = id, .field = "opinion", .rule = "G-d");
}

/* G-b: nobody judges for the bureau what he did for his department. */
static bool is_fresh_to_it(const struct call *c, const struct line_facts *f, struct refusal *why)
{
    return hand_may_judge(&f->hand, c->actor.person_id, f->line.id, why);
}

/* The day by which the department corrects: named, and not past. */
static bool correction_day(struct call *c, const char *text, struct day *ret)
{
    if (!take_day(c, "due_date", text, ret))
        return false;
    if (day_is(*ret) && ret->n >= c->today.n)
        return true;
    struct refusal *why = call_refusal(c);
    refuse(why, "BAD_FIELD", .field = "due_date", .rule = "G-d", .broke = *text ? text : "–",
           .passes = say_text(why, "≥ %s", day_text(c->arena, c->today)));
    refuse_add(c, why);
    return false;
}

/* ---- the department's approver ---- */

void budget_approve_load(struct call *c, const PB(ApproveBudgetRequest) *req, struct line_facts *f)
{
    line_want(c->tx, &c->scope, req->budget_id, &f->line);
    line_want_hand(c->tx, req->budget_id, c->actor.person_id, &f->hand);
}

void budget_approve_follow(struct call *c, const PB(ApproveBudgetRequest) *req, struct line_facts *f)
{
    (void)req;
    line_want_round(c, f);
}

/* The round's window; a line that the bureau returned may come until the day it set. */
static bool may_be_sent(const struct call *c, const struct line_facts *f, struct refusal *why)
{
    const struct budget_line *l = &f->line;
    int needed = f->round.round == ROUND_U2 ? CYCLE_CONTROLLED : CYCLE_OPEN;
    if (!cycle_is(&f->cycle, l->year, needed, why))
        return false;

    struct window w = f->round.window;
    if (day_is(l->return_due) && (!day_is(w.reopened_to) || l->return_due.n > w.reopened_to.n))
        w.reopened_to = l->return_due;
    if (!window_is_open(&w, c->today, why)) {
        why->what = l->id;
        return false;
    }
    if (f->round.round == ROUND_U1)
        return true;
    if (l->round == ROUND_U2 && !l->has_consent)
        return refuse(why, "CONSENT_MISSING", .what = l->id, .field = "budget_id", .rule = "U1");
    return within_control(f->others.sent_fen, l->d.requested_fen, f->others.control_fen, l->id, why);
}

enum status budget_approve(struct call *c, const PB(ApproveBudgetRequest) *req, const struct line_facts *f,
                           PB(ApproveBudgetResponse) *reply)
{
    struct budget_line after;
    enum status s = line_opens(c, &f->line, req->budget_id, req->etag, LINE_APPROVE, &after);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    if (!is_another_person(f->line.clerk_id, c->actor.person_id, f->line.id, why) ||
        !hand_may_approve(&f->hand, c->actor.person_id, f->line.id, why) || !may_be_sent(c, f, why))
        return refuse_with(c, why);

    after.approver_id = c->actor.person_id;
    after.return_due = DAY_NONE;
    struct line_step step = line_step_of(c, &f->line, LINE_APPROVE, req->opinion);
    line_save(c->tx, &after, &step);
    int to = round_after(c, &f->round, ROUND_REPORT);
    if (to)
        round_move(c->tx, &f->round, to, c->actor.person_id, c->now_us);

    reply->id = reply_text(f->line.id);
    reply->etag = reply_text(call_etag(c, f->line.version + 1));
    reply->state = (PB(BudgetState))after.state;
    return STATUS_OK;
}

/* ---- returning, by the approver or by first review ---- */

void budget_return_load(struct call *c, const PB(ReturnBudgetRequest) *req, struct line_facts *f)
{
    line_want(c->tx, &c->scope, req->budget_id, &f->line);
    line_want_hand(c->tx, req->budget_id, c->actor.person_id, &f->hand);
}

void budget_return_follow(struct call *c, const PB(ReturnBudgetRequest) *req, struct line_facts *f)
{
    (void)req;
    line_want_round(c, f);
}

enum status budget_return(struct call *c, const PB(ReturnBudgetRequest) *req, const struct line_facts *f,
                          PB(ReturnBudgetResponse) *reply)
{
    struct budget_line after;
    enum status s = line_opens(c, &f->line, req->budget_id, req->etag, LINE_RETURN, &after);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    bool by_bureau = f->line.state == LINE_FIN1 || f->line.state == LINE_FIN_FINAL;
    if (!has_opinion(req->opinion, f->line.id, why) || (by_bureau && !is_fresh_to_it(c, f, why)))
        return refuse_with(c, why);

    struct line_step step = line_step_of(c, &f->line, LINE_RETURN, req->opinion);
    if (by_bureau && !correction_day(c, req->due_date, &step.due))
        return refuse_all(c);
    if (by_bureau) {
        after.return_due = step.due;
        after.reviewer_1_id = c->actor.person_id;
    }
    line_save(c->tx, &after, &step);
    if (by_bureau)
        round_is_returned(c, f);

    reply->id = reply_text(f->line.id);
    reply->etag = reply_text(call_etag(c, f->line.version + 1));
    reply->state = (PB(BudgetState))after.state;
    return STATUS_OK;
}

/* ---- first review ---- */

void budget_take_load(struct call *c, const PB(TakeBudgetRequest) *req, struct line_facts *f)
{
    line_want(c->tx, &c->scope, req->budget_id, &f->line);
    line_want_hand(c->tx, req->budget_id, c->actor.person_id, &f->hand);
}

enum status budget_take(struct call *c, const PB(TakeBudgetRequest) *req, const struct line_facts *f,
                        PB(TakeBudgetResponse) *reply)
{
    struct budget_line after;
    enum status s = line_opens(c, &f->line, req->budget_id, req->etag, LINE_TAKE, &after);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    if (!is_fresh_to_it(c, f, why))
        return refuse_with(c, why);

    after.reviewer_1_id = c->actor.person_id;
    struct line_step step = line_step_of(c, &f->line, LINE_TAKE, NULL);
    line_save(c->tx, &after, &step);

    reply->id = reply_text(f->line.id);
    reply->etag = reply_text(call_etag(c, f->line.version + 1));
    reply->state = (PB(BudgetState))after.state;
    return STATUS_OK;
}

void budget_review_load(struct call *c, const PB(ReviewBudgetRequest) *req, struct line_facts *f)
{
    line_want(c->tx, &c->scope, req->budget_id, &f->line);
    line_want_hand(c->tx, req->budget_id, c->actor.person_id, &f->hand);
}

void budget_review_follow(struct call *c, const PB(ReviewBudgetRequest) *req, struct line_facts *f)
{
    (void)req;
    if (f->line.is_found)
        hits_want_of_line(c->tx, f->line.id, &f->hits, &f->hits_count);
}

/* S23: every hit has a disposition before the line goes on. */
static bool hits_are_answered(const struct line_facts *f, struct refusal *why)
{
    int open = 0;
    const char *names = "";
    for (int i = 0; i < f->hits_count; i++)
        if (f->hits[i].state == HIT_OPEN) {
            names = say_text(why, "%s%s%s", names, open ? ", " : "", f->hits[i].id);
            open++;
        }
    return open == 0 || refuse(why, "HITS_OPEN", .what = f->line.id, .field = "budget_id", .rule = "S40",
                               .broke = say_int(why, open, ""), .passes = names);
}

enum status budget_review(struct call *c, const PB(ReviewBudgetRequest) *req, const struct line_facts *f,
                          PB(ReviewBudgetResponse) *reply)
{
    struct budget_line after;
    enum status s = line_opens(c, &f->line, req->budget_id, req->etag, LINE_REVIEW, &after);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    if (!is_fresh_to_it(c, f, why) || !hits_are_answered(f, why))
        return refuse_with(c, why);

    after.reviewer_1_id = c->actor.person_id;
    struct line_step step = line_step_of(c, &f->line, LINE_REVIEW, req->opinion);
    line_save(c->tx, &after, &step);

    reply->id = reply_text(f->line.id);
    reply->etag = reply_text(call_etag(c, f->line.version + 1));
    reply->state = (PB(BudgetState))after.state;
    return STATUS_OK;
}

/* ---- second review ---- */

void budget_decide_load(struct call *c, const PB(DecideBudgetRequest) *req, struct line_facts *f)
{
    line_want(c->tx, &c->scope, req->budget_id, &f->line);
    line_want_hand(c->tx, req->budget_id, c->actor.person_id, &f->hand);
}

void budget_decide_follow(struct call *c, const PB(DecideBudgetRequest) *req, struct line_facts *f)
{
    (void)req;
    line_want_round(c, f);
    if (f->line.is_found)
        catalogue_want_negatives(c->tx, year_start(f->line.year), &f->negatives, &f->negatives_count);
}

/* A refusal names an entry of the negative list in force, or a rule that has its article. */
static bool basis_is_law(const struct line_facts *f, const char *basis, struct refusal *why)
{
    for (int i = 0; i < f->negatives_count; i++)
        if (strcmp(f->negatives[i].code, basis) == 0)
            return true;
    return basis_speaks_of_content(basis) ||
           refuse(why, "LEGAL_BASIS_MISSING", .what = f->line.id, .field = "legal_basis", .rule = "S40",
                  .broke = basis, .passes = "N1…N14, C2, P4 …");
}

static int64_t granted(const struct line_facts *f, const struct verdict *v)
{
    return v->decision == DECIDE_REDUCE ? v->control_fen : f->line.d.requested_fen;
}

static bool may_be_decided(const struct call *c, const PB(DecideBudgetRequest) *req,
                           const struct line_facts *f, struct refusal *why)
{
    const struct verdict v = {(int)req->decision, req->control_fen, req->opinion, req->legal_basis};
    return is_another_person(f->line.reviewer_1_id, c->actor.person_id, f->line.id, why) &&
           is_fresh_to_it(c, f, why) && verdict_is_sound(&v, f->line.d.requested_fen, why) &&
           (v.decision != DECIDE_REFUSE || basis_is_law(f, req->legal_basis, why)) &&
           (v.decision > DECIDE_REDUCE || grant_fits(f->others.granted_fen, granted(f, &v), why));
}

enum status budget_decide(struct call *c, const PB(DecideBudgetRequest) *req, const struct line_facts *f,
                          PB(DecideBudgetResponse) *reply)
{
    struct budget_line after;
    int decision = (int)req->decision, event = verdict_event(decision);
    enum status s = line_opens(c, &f->line, req->budget_id, req->etag, event ? event : LINE_AGREE, &after);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    if (!may_be_decided(c, req, f, why)) {
        why->what = f->line.id;
        return refuse_with(c, why);
    }
    struct line_step step = line_step_of(c, &f->line, event, req->opinion);
    if (decision == DECIDE_RETURN && !correction_day(c, req->due_date, &step.due))
        return refuse_all(c);

    step.decision = decision;
    step.basis = decision == DECIDE_REFUSE ? req->legal_basis : NULL;
    after.reviewer_2_id = c->actor.person_id;
    after.return_due = step.due;
    if (decision == DECIDE_AGREE || decision == DECIDE_REDUCE)
        step.amount_fen = after.control_fen = decision == DECIDE_REDUCE ? req->control_fen
                                                                        : f->line.d.requested_fen;
    if (decision == DECIDE_REFUSE)
        after.refused_basis = req->legal_basis;
    line_save(c->tx, &after, &step);
    if (decision == DECIDE_RETURN)
        round_is_returned(c, f);
    else
        round_is_judged(c, f);

    reply->id = reply_text(f->line.id);
    reply->etag = reply_text(call_etag(c, f->line.version + 1));
    reply->state = (PB(BudgetState))after.state;
    reply->control_fen = after.control_fen;
    return STATUS_OK;
}

void budget_consent_load(struct call *c, const PB(ConsentBudgetRequest) *req, struct line_facts *f)
{
    line_want(c->tx, &c->scope, req->budget_id, &f->line);
    line_want_hand(c->tx, req->budget_id, c->actor.person_id, &f->hand);
}

enum status budget_consent(struct call *c, const PB(ConsentBudgetRequest) *req, const struct line_facts *f,
                           PB(ConsentBudgetResponse) *reply)
{
    struct budget_line after;
    enum status s = line_opens(c, &f->line, req->budget_id, req->etag, LINE_CONSENT, &after);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    if (!is_fresh_to_it(c, f, why) || !has_opinion(req->opinion, f->line.id, why))
        return refuse_with(c, why);

    after.has_consent = true;
    struct line_step step = line_step_of(c, &f->line, LINE_CONSENT, req->opinion);
    line_save(c->tx, &after, &step);

    reply->id = reply_text(f->line.id);
    reply->etag = reply_text(call_etag(c, f->line.version + 1));
    reply->state = (PB(BudgetState))after.state;
    return STATUS_OK;
}

/* ---- final review ---- */

void budget_compile_load(struct call *c, const PB(CompileBudgetRequest) *req, struct line_facts *f)
{
    line_want(c->tx, &c->scope, req->budget_id, &f->line);
    line_want_hand(c->tx, req->budget_id, c->actor.person_id, &f->hand);
}

void budget_compile_follow(struct call *c, const PB(CompileBudgetRequest) *req, struct line_facts *f)
{
    (void)req;
    line_want_round(c, f);
    if (f->line.is_found)
        hits_want_of_line(c->tx, f->line.id, &f->hits, &f->hits_count);
}

enum status budget_compile(struct call *c, const PB(CompileBudgetRequest) *req, const struct line_facts *f,
                           PB(CompileBudgetResponse) *reply)
{
    struct budget_line after;
    enum status s = line_opens(c, &f->line, req->budget_id, req->etag, LINE_COMPILE, &after);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    if (!is_another_person(f->line.reviewer_1_id, c->actor.person_id, f->line.id, why) ||
        !is_fresh_to_it(c, f, why) || !hits_are_answered(f, why))
        return refuse_with(c, why);

    after.reviewer_2_id = c->actor.person_id;
    struct line_step step = line_step_of(c, &f->line, LINE_COMPILE, req->opinion);
    step.decision = DECIDE_AGREE;
    line_save(c->tx, &after, &step);
    round_is_judged(c, f);

    reply->id = reply_text(f->line.id);
    reply->etag = reply_text(call_etag(c, f->line.version + 1));
    reply->state = (PB(BudgetState))after.state;
    return STATUS_OK;
}
