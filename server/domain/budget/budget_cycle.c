/* The year: deployment, control figures (一下), the congress, and the issue of the budget (二下). */
#include "server/domain/budget/budget_door.h"

#include <string.h>

#include "common/text.h"

/* Shared by the steps that move a year: it is there, its version is the one that was seen, its life allows
 * the event. */
static enum status cycle_opens(struct call *c, const struct cycle *y, int64_t year, const char *etag,
                               int event, int *ret_to)
{
    const char *id = arena_printf(c->arena, "%lld", (long long)year);
    if (!y->is_found)
        return refuse_missing(c, "year", id);
    if (!call_etag_is(c, etag, y->version, id))
        return refuse_all(c);
    struct refusal *why = call_refusal(c);
    if (lifecycle_next(&cycle_life, y->state, event, c->actor.roles, ret_to, why))
        return STATUS_OK;
    why->what = id;
    return refuse_with(c, why);
}

static void concerns_departments(struct call *c, const struct year_facts *f)
{
    for (int i = 0; i < f->departments_count; i++)
        call_concerns(c, f->departments[i].text);
}

static bool none_is_left(int64_t count, int64_t year, const char *states, struct refusal *why)
{
    return count == 0 ||
           refuse(why, "LINES_UNFINISHED", .field = "year", .rule = "S23", .what = say_int(why, year, ""),
                  .broke = say_int(why, count, ""), .passes = states);
}

/* ---- deployment (R0) ---- */

void cycle_open_load(struct call *c, const PB(OpenCycleRequest) *req, struct open_facts *f)
{
    cycle_want(c->tx, req->year, &f->cycle);
    unit_want_departments(c->tx, year_start(req->year), &f->departments, &f->departments_count);
    catalogue_want_version_on(c->tx, year_start(req->year), &f->catalogue);
}

static bool steps_take(struct call *c, const PB(OpenCycleRequest) *req, struct window steps[STEPS_COUNT + 1])
{
    for (int s = 0; s <= STEPS_COUNT; s++)
        steps[s] = (struct window){DAY_NONE, DAY_NONE, DAY_NONE};
    for (size_t i = 0; i < req->n_steps; i++) {
        int step = (int)req->steps[i]->step;
        const char *field = arena_printf(c->arena, "steps[%zu].step", i);
        if (step < 1 || step > STEPS_COUNT || day_is(steps[step].open)) {
            struct refusal why = {.arena = c->arena,
                                  .reason = "BAD_FIELD",
                                  .field = field,
                                  .broke = names_of(&cycle_steps, step),
                                  .passes = "U1 F1 D1 U2 F2 D2 各一次 / each of U1 F1 D1 U2 F2 D2 once"};
            refuse_add(c, &why);
            continue;
        }
        take_day(c, arena_printf(c->arena, "steps[%zu].open_date", i), req->steps[i]->open_date,
                 &steps[step].open);
        take_day(c, arena_printf(c->arena, "steps[%zu].due_date", i), req->steps[i]->due_date,
                 &steps[step].due);
    }
    return !refuse_any(c);
}

enum status cycle_open(struct call *c, const PB(OpenCycleRequest) *req, const struct open_facts *f,
                       PB(OpenCycleResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    const char *id = arena_printf(c->arena, "%lld", (long long)req->year);
    if (f->cycle.is_found) {
        refuse(why, "ALREADY_EXISTS", .what = id, .field = "year");
        return refuse_with(c, why);
    }
    struct window steps[STEPS_COUNT + 1];
    if (!steps_take(c, req, steps))
        return refuse_all(c);
    if (!steps_are_sound(steps, req->year, why))
        return refuse_with(c, why);
    if (!f->catalogue.is_found || strcmp(req->catalogue_version, f->catalogue.id) != 0)
        return refuse_field(c, "catalogue_version", *req->catalogue_version ? req->catalogue_version : "–",
                            f->catalogue.is_found ? f->catalogue.id : NULL);

    struct deployment d = {.year = req->year, .catalogue_version = req->catalogue_version, .steps = steps};
    size_t room = (size_t)f->departments_count + 1;
    const char **ids = arena_array(c->arena, room, sizeof *ids),
               **names = arena_array(c->arena, room, sizeof *names);
    for (int i = 0; i < f->departments_count && ids && names; i++, d.units++) {
        ids[i] = f->departments[i].id;
        names[i] = f->departments[i].name;
        call_concerns(c, ids[i]);
    }
    d.unit_ids = ids;
    d.unit_names = names;
    cycle_insert(c->tx, &d, c->actor.person_id, c->now_us);

    reply->year = req->year;
    reply->etag = reply_text(call_etag(c, 1));
    reply->departments = d.units;
    return STATUS_OK;
}

/* ---- control figures (D1) ---- */

void controls_publish_load(struct call *c, const PB(PublishControlsRequest) *req, struct year_facts *f)
{
    cycle_want(c->tx, req->year, &f->cycle);
    year_want(c->tx, req->year, &f->sum);
    year_want_departments(c->tx, req->year, &f->departments, &f->departments_count);
    step_want(c->tx, req->year, STEP_D1, &f->step);
}

enum status controls_publish(struct call *c, const PB(PublishControlsRequest) *req,
                             const struct year_facts *f, PB(PublishControlsResponse) *reply)
{
    int to;
    enum status s = cycle_opens(c, &f->cycle, req->year, req->etag, CYCLE_PUBLISH, &to);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    if (!none_is_left(f->sum.under_review, req->year, "UP1, FIN1, FIN2", why) ||
        !step_has_begun(&f->step, c->today, req->year, why))
        return refuse_with(c, why);

    cycle_publish(c->tx, &f->cycle, c->actor.person_id, c->now_us);
    concerns_departments(c, f);

    reply->year = req->year;
    reply->etag = reply_text(call_etag(c, f->cycle.version + 1));
    reply->departments = f->sum.departments;
    reply->lines = f->sum.controlled;
    reply->control_fen = f->sum.control_fen;
    return STATUS_OK;
}

/* ---- the congress (N2) ---- */

void congress_record_load(struct call *c, const PB(RecordCongressRequest) *req, struct year_facts *f)
{
    struct day congress = DAY_NONE;
    cycle_want(c->tx, req->year, &f->cycle);
    year_want(c->tx, req->year, &f->sum);
    step_want(c->tx, req->year, STEP_F2, &f->step);
    if (!day_parse_iso(req->congress_date, &congress))
        return; /* refused below */
    policy_want_value(c->tx, "issue_within", congress, &f->issue_within);
    policy_want_calendar(c->tx, congress, day_add(congress, 90), &f->calendar);
}

static bool may_be_recorded(const struct call *c, const PB(RecordCongressRequest) *req,
                            const struct year_facts *f, struct day congress, struct refusal *why)
{
    if (!none_is_left(f->sum.under_final, req->year, "UP2_REVIEW, UP2, FIN_FINAL", why) ||
        !congress_day_will_do(congress, f->step.open, c->today, why))
        return false;
    if (text_is_blank(req->congress_document))
        return refuse(why, "BAD_FIELD", .field = "congress_document", .broke = "–",
                      .passes = "决议名称或文号");
    if (!f->issue_within.is_found)
        return refuse(why, "RULE_VALUE_MISSING", .what = "issue_within", .rule = "D02");
    return true;
}

enum status congress_record(struct call *c, const PB(RecordCongressRequest) *req, const struct year_facts *f,
                            PB(RecordCongressResponse) *reply)
{
    int to;
    enum status s = cycle_opens(c, &f->cycle, req->year, req->etag, CYCLE_RECORD, &to);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    struct day congress;
    if (!take_day(c, "congress_date", req->congress_date, &congress))
        return refuse_all(c);
    if (!may_be_recorded(c, req, f, congress, why))
        return refuse_with(c, why);

    struct congress n = {.day = congress, .document = req->congress_document};
    n.issue_due = calendar_due(&f->calendar, &f->issue_within, congress, &n.is_weekends_only);
    cycle_record(c->tx, &f->cycle, &n, c->actor.person_id);

    reply->year = req->year;
    reply->etag = reply_text(call_etag(c, f->cycle.version + 1));
    reply->issue_due_date = reply_text(day_text(c->arena, n.issue_due));
    reply->is_weekends_only = n.is_weekends_only;
    return STATUS_OK;
}

void congress_confirm_load(struct call *c, const PB(ConfirmCongressRequest) *req, struct year_facts *f)
{
    cycle_want(c->tx, req->year, &f->cycle);
    year_want(c->tx, req->year, &f->sum);
    year_want_departments(c->tx, req->year, &f->departments, &f->departments_count);
}

enum status congress_confirm(struct call *c, const PB(ConfirmCongressRequest) *req,
                             const struct year_facts *f, PB(ConfirmCongressResponse) *reply)
{
    int to;
    enum status s = cycle_opens(c, &f->cycle, req->year, req->etag, CYCLE_CONFIRM, &to);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    if (!is_another_person(f->cycle.recorded_by, c->actor.person_id, say_int(why, req->year, ""), why) ||
        !none_is_left(f->sum.under_final, req->year, "UP2_REVIEW, UP2, FIN_FINAL", why))
        return refuse_with(c, why);

    cycle_confirm(c->tx, &f->cycle, c->actor.person_id, c->now_us);
    concerns_departments(c, f);

    reply->year = req->year;
    reply->etag = reply_text(call_etag(c, f->cycle.version + 1));
    reply->lines = f->sum.compiled;
    return STATUS_OK;
}

/* ---- the issue (D2): late is flagged, never refused ---- */

void budget_issue_load(struct call *c, const PB(IssueBudgetRequest) *req, struct year_facts *f)
{
    cycle_want(c->tx, req->year, &f->cycle);
    year_want(c->tx, req->year, &f->sum);
    year_want_departments(c->tx, req->year, &f->departments, &f->departments_count);
}

enum status budget_issue(struct call *c, const PB(IssueBudgetRequest) *req, const struct year_facts *f,
                         PB(IssueBudgetResponse) *reply)
{
    int to;
    enum status s = cycle_opens(c, &f->cycle, req->year, req->etag, CYCLE_ISSUE, &to);
    if (s != STATUS_OK)
        return s;

    bool is_late = day_is(f->cycle.issue_due) && c->today.n > f->cycle.issue_due.n;
    cycle_issue(c->tx, &f->cycle, c->today, is_late, c->actor.person_id, c->now_us);
    concerns_departments(c, f);

    reply->year = req->year;
    reply->etag = reply_text(call_etag(c, f->cycle.version + 1));
    reply->lines = f->sum.approved;
    reply->approved_fen = f->sum.approved_fen;
    reply->issue_due_date = reply_text(day_text(c->arena, f->cycle.issue_due));
    reply->is_issued_late = is_late;
    return STATUS_OK;
}
