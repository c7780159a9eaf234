/* Rounds: a department declares that it has nothing to purchase, and the bureau lets one in again. */
#include "server/domain/budget/budget_door.h"

#include <string.h>

#include "common/text.h"

static enum status round_opens(struct call *c, const struct round *r, const char *id, const char *etag,
                               int event, int *ret_to)
{
    if (!r->is_known)
        return refuse_missing(c, "round_id", id);
    if (!call_etag_is(c, etag, r->version, r->id))
        return refuse_all(c);
    struct refusal *why = call_refusal(c);
    if (!lifecycle_next(&round_life, r->state, event, c->actor.roles, ret_to, why)) {
        why->what = r->id;
        return refuse_with(c, why);
    }
    call_concerns(c, r->unit_id);
    return STATUS_OK;
}

static int cycle_state_of_round(int round) { return round == ROUND_U2 ? CYCLE_CONTROLLED : CYCLE_OPEN; }

/* ---- 零申报 (S19) ---- */

void nothing_declare_load(struct call *c, const PB(DeclareNothingRequest) *req, struct round_facts *f)
{
    round_want_by_id(c->tx, &c->scope, req->round_id, &f->round);
}

void nothing_declare_follow(struct call *c, const PB(DeclareNothingRequest) *req, struct round_facts *f)
{
    (void)req;
    if (!f->round.is_known)
        return;
    cycle_want(c->tx, f->round.year, &f->cycle);
    line_want_department(c->tx, f->round.year, f->round.unit_id, f->round.round, "", &f->sum);
}

enum status nothing_declare(struct call *c, const PB(DeclareNothingRequest) *req, const struct round_facts *f,
                            PB(DeclareNothingResponse) *reply)
{
    int to;
    enum status s = round_opens(c, &f->round, req->round_id, req->etag, ROUND_DECLARE, &to);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    if (!call_owns(c, f->round.unit_id, f->round.id, why))
        return refuse_with(c, why);
    if (f->sum.lines > 0) {
        refuse(why, "LINES_EXIST", .what = f->round.id, .field = "round_id", .rule = "S19",
               .broke = say_int(why, f->sum.lines, ""));
        return refuse_with(c, why);
    }
    if (text_is_blank(req->declared_why)) {
        refuse(why, "ANSWER_MISSING", .what = f->round.id, .field = "declared_why", .rule = "S19");
        return refuse_with(c, why);
    }
    if (!cycle_is(&f->cycle, f->round.year, cycle_state_of_round(f->round.round), why) ||
        !window_is_open(&f->round.window, c->today, why))
        return refuse_with(c, why);

    round_declare(c->tx, &f->round, to, req->declared_why, c->actor.person_id, c->now_us);

    reply->id = reply_text(f->round.id);
    reply->etag = reply_text(call_etag(c, f->round.version + 1));
    reply->state = (PB(RoundState))to;
    return STATUS_OK;
}

/* ---- letting in again ---- */

void round_reopens_load(struct call *c, const PB(ReopenRoundRequest) *req, struct round_facts *f)
{
    round_want_by_id(c->tx, &c->scope, req->round_id, &f->round);
}

void round_reopens_follow(struct call *c, const PB(ReopenRoundRequest) *req, struct round_facts *f)
{
    (void)req;
    if (f->round.is_known)
        cycle_want(c->tx, f->round.year, &f->cycle);
}

enum status round_reopens(struct call *c, const PB(ReopenRoundRequest) *req, const struct round_facts *f,
                          PB(ReopenRoundResponse) *reply)
{
    int to;
    enum status s = round_opens(c, &f->round, req->round_id, req->etag, ROUND_REOPEN, &to);
    if (s != STATUS_OK)
        return s;
    struct day until;
    if (!take_day(c, "reopened_to_date", req->reopened_to_date, &until))
        return refuse_all(c);
    if (!day_is(until) || until.n < c->today.n)
        return refuse_field(c, "reopened_to_date", *req->reopened_to_date ? req->reopened_to_date : "–",
                            arena_printf(c->arena, "≥ %s", day_text(c->arena, c->today)));
    struct refusal *why = call_refusal(c);
    if (text_is_blank(req->opinion)) {
        refuse(why, "OPINION_MISSING", .what = f->round.id, .field = "opinion", .rule = "G-d");
        return refuse_with(c, why);
    }
    if (!cycle_is(&f->cycle, f->round.year, cycle_state_of_round(f->round.round), why))
        return refuse_with(c, why);

    round_reopen(c->tx, &f->round, until, req->opinion, c->actor.person_id, c->now_us);

    reply->id = reply_text(f->round.id);
    reply->etag = reply_text(call_etag(c, f->round.version + 1));
    return STATUS_OK;
}
