/* The steps of a line share a beat, which stands here; then the clerk's: submit and withdraw. */
#include "server/domain/budget/budget_door.h"

#include <string.h>

#include "common/check.h"

struct day year_start(int64_t year)
{
    return year >= 2000 && year <= 2199 ? day_of((int)year, 1, 1) : DAY_NONE;
}

bool take_day(struct call *c, const char *field, const char *text, struct day *ret)
{
    *ret = DAY_NONE;
    if (!*text || day_parse_iso(text, ret))
        return true;
    struct refusal why = {.arena = c->arena,
                          .reason = "BAD_FIELD",
                          .field = field,
                          .broke = arena_text(c->arena, text),
                          .passes = "2027-01-31"};
    refuse_add(c, &why);
    return false;
}

bool cycle_is(const struct cycle *y, int64_t year, int state, struct refusal *why)
{
    if (!y->is_found)
        return refuse(why, "CYCLE_UNKNOWN", .field = "year", .rule = "S19", .broke = say_int(why, year, ""));
    if (y->state == state)
        return true;
    return refuse(why, "CYCLE_CLOSED", .field = "year", .rule = "U1", .what = say_int(why, year, ""),
                  .broke = say_text(why, "%s (%s)", names_of(&cycle_states, y->state),
                                    names_zh(&cycle_states, y->state)),
                  .passes = say_text(why, "%s (%s)", names_of(&cycle_states, state),
                                     names_zh(&cycle_states, state)));
}

/* The steps that are the department's own to do; the others are the bureau's. */
static bool is_departments_step(int from, int event)
{
    return event == LINE_EDIT || event == LINE_SUBMIT || event == LINE_APPROVE || event == LINE_WITHDRAW ||
           (event == LINE_RETURN && (from == LINE_DEPT_REVIEW || from == LINE_UP2_REVIEW));
}

enum status line_opens(struct call *c, const struct budget_line *l, const char *id, const char *etag,
                       int event, struct budget_line *ret_after)
{
    if (!l->is_found)
        return refuse_missing(c, "budget_id", id);
    if (!call_etag_is(c, etag, l->version, l->id))
        return refuse_all(c);

    struct refusal *why = call_refusal(c);
    int to;
    if (!lifecycle_next(&line_life, l->state, event, c->actor.roles, &to, why)) {
        why->what = l->id;
        return refuse_with(c, why);
    }
    if (is_departments_step(l->state, event) && !call_owns(c, l->unit_id, l->id, why))
        return refuse_with(c, why);
    *ret_after = *l;
    ret_after->state = to;
    call_concerns(c, l->unit_id);
    call_concerns(c, l->department_id);
    return STATUS_OK;
}

struct line_step line_step_of(const struct call *c, const struct budget_line *before, int event,
                              const char *opinion)
{
    return (struct line_step){.event = event,
                              .from = before->state,
                              .person_id = c->actor.person_id,
                              .opinion = opinion,
                              .amount_fen = before->d.requested_fen,
                              .due = DAY_NONE,
                              .now_us = c->now_us};
}

void line_want_round(struct call *c, struct line_facts *f)
{
    if (!f->line.is_found)
        return;
    int round = round_of_state(f->line.state);
    cycle_want(c->tx, f->line.year, &f->cycle);
    round_want(c->tx, f->line.year, f->line.department_id, round, &f->round);
    line_want_department(c->tx, f->line.year, f->line.department_id, round, f->line.id, &f->others);
}

/* ---- submit, withdraw ---- */

void budget_submit_load(struct call *c, const PB(SubmitBudgetRequest) *req, struct line_facts *f)
{
    line_want(c->tx, &c->scope, req->budget_id, &f->line);
}

void budget_submit_follow(struct call *c, const PB(SubmitBudgetRequest) *req, struct line_facts *f)
{
    (void)req;
    if (!f->line.is_found)
        return;
    line_want_round(c, f);
    line_want_refused(c->tx, &f->line, &f->refused, &f->refused_count);
    catalogue_want_negatives(c->tx, year_start(f->line.year), &f->negatives, &f->negatives_count);
    hits_want_of_line(c->tx, f->line.id, &f->hits, &f->hits_count);
}

/* Everything that keeps the line from going up, at once. */
static void submit_check(struct call *c, const struct line_facts *f)
{
    struct refusal faults[COUNT_OF(c->refusals)];
    for (size_t i = 0; i < COUNT_OF(faults); i++)
        faults[i] = (struct refusal){.arena = c->arena};
    int count = draft_faults(&f->line.d, f->line.id, f->line.year, faults, (int)COUNT_OF(faults));
    for (int i = 0; i < count; i++)
        refuse_add(c, &faults[i]);

    struct refusal *why = call_refusal(c);
    for (int i = 0; i < f->refused_count; i++)
        if (draft_is_same_matter(&f->line.d, &f->refused[i].d)) {
            refuse(why, "REFUSED_BEFORE", .what = f->line.id, .field = "content", .rule = "S40",
                   .broke = f->refused[i].id, .passes = f->refused[i].refused_basis);
            refuse_add(c, why);
            break;
        }
    if (f->line.state == LINE_UP2_DRAFT &&
        !within_control(f->others.sent_fen, f->line.d.requested_fen, f->others.control_fen, f->line.id, why))
        refuse_add(c, why);
}

/* The hits that the approver and the bureau will see; those answered before stay answered. */
static void fill_hits(struct call *c, const struct hit *found, int count, PB(SubmitBudgetResponse) *reply)
{
    reply->hits = arena_array(c->arena, (size_t)count + 1, sizeof *reply->hits);
    for (int i = 0; i < count && reply->hits; i++) {
        PB(ScreeningHit) *h = arena_alloc(c->arena, sizeof *h);
        if (!h)
            return;
        purser__v1__screening_hit__init(h);
        h->id = reply_text(found[i].id);
        h->year = found[i].year;
        h->unit_id = reply_text(found[i].unit_id);
        h->subject = (PB(HitSubject))found[i].subject;
        h->project_code = reply_text(found[i].project_code);
        h->budget_id = reply_text(found[i].line_id);
        h->name = reply_text(found[i].name);
        h->check = (PB(ScreeningCheck))found[i].check;
        h->finding = (PB(ScreeningFinding))found[i].finding;
        h->grade = (PB(HitGrade))found[i].grade;
        h->evidence = reply_text(found[i].evidence);
        h->negative_code = reply_text(found[i].negative_code);
        h->amount_fen = found[i].amount_fen;
        reply->hits[reply->n_hits++] = h;
    }
}

enum status budget_submit(struct call *c, const PB(SubmitBudgetRequest) *req, const struct line_facts *f,
                          PB(SubmitBudgetResponse) *reply)
{
    struct budget_line after;
    enum status s = line_opens(c, &f->line, req->budget_id, req->etag, LINE_SUBMIT, &after);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    int needed = round_of_state(f->line.state) == ROUND_U1 ? CYCLE_OPEN : CYCLE_CONTROLLED;
    if (!cycle_is(&f->cycle, f->line.year, needed, why))
        return refuse_with(c, why);
    submit_check(c, f);
    if (refuse_any(c))
        return refuse_all(c);

    if (after.first_fen == 0)
        after.first_fen = after.d.requested_fen;
    after.clerk_id = c->actor.person_id;
    struct line_step step = line_step_of(c, &f->line, LINE_SUBMIT, NULL);
    line_save(c->tx, &after, &step);

    struct hit found[2];
    int count = line_screen(c, &f->line, f->negatives, f->negatives_count, found);
    hits_reconcile(c, f->hits, f->hits_count, found, count);

    reply->id = reply_text(f->line.id);
    reply->etag = reply_text(call_etag(c, f->line.version + 1));
    reply->state = (PB(BudgetState))after.state;
    fill_hits(c, found, count, reply);
    return STATUS_OK;
}

void budget_withdraw_load(struct call *c, const PB(WithdrawBudgetRequest) *req, struct line_facts *f)
{
    line_want(c->tx, &c->scope, req->budget_id, &f->line);
}

enum status budget_withdraw(struct call *c, const PB(WithdrawBudgetRequest) *req, const struct line_facts *f,
                            PB(WithdrawBudgetResponse) *reply)
{
    struct budget_line after;
    enum status s = line_opens(c, &f->line, req->budget_id, req->etag, LINE_WITHDRAW, &after);
    if (s != STATUS_OK)
        return s;

    struct line_step step = line_step_of(c, &f->line, LINE_WITHDRAW, req->opinion);
    line_save(c->tx, &after, &step);

    reply->id = reply_text(f->line.id);
    reply->etag = reply_text(call_etag(c, f->line.version + 1));
    reply->state = (PB(BudgetState))after.state;
    return STATUS_OK;
}
