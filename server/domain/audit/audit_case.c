/* Cases up to the reply: planned, noticed, worked in the field, the units consulted. */
#include <string.h>

#include "common/check.h"
#include "server/domain/audit/audit_door.h"

/* ---- planned: an audit by the audit office, an inspection by the finance bureau ---- */

void case_plan_load(struct call *c, const PB(PlanCaseRequest) *req, struct audit_facts *f)
{
    const char *prefix = req->kind == PURSER__V1__CASE_KIND__CASE_KIND_INSPECTION ? "JC" : "SJ";
    f->number = call_want_number(c, arena_printf(c->arena, "audit/%s%d", prefix, day_year(c->today)));
    for (size_t i = 0; i < req->n_unit_ids && i < CASE_UNITS_MAX; i++)
        unit_want(c->tx, req->unit_ids[i], &f->planned[i]);
}

static bool plan_fields(struct call *c, const PB(PlanCaseRequest) *req, const struct audit_facts *f)
{
    if (req->kind == 0)
        audit_bad_field(c, "kind", "–", "AUDIT INSPECTION");
    if (req->n_unit_ids == 0 || req->n_unit_ids > CASE_UNITS_MAX)
        audit_bad_field(c, "unit_ids", arena_printf(c->arena, "%zu", req->n_unit_ids), "1 … 30");
    for (size_t i = 0; i < req->n_unit_ids && i < CASE_UNITS_MAX; i++) {
        bool is_new = f->planned[i].is_found;
        for (size_t j = 0; j < i; j++)
            is_new = is_new && strcmp(req->unit_ids[i], req->unit_ids[j]) != 0;
        if (!is_new)
            audit_bad_field(c, arena_printf(c->arena, "unit_ids[%zu]", i), req->unit_ids[i],
                            "单位编码，各一次 (codes of units, each once)");
    }
    if (req->year_from < 2000 || req->year_to > 2100 || req->year_to < req->year_from)
        audit_bad_field(c, "year_to",
                        arena_printf(c->arena, "%lld–%lld", (long long)req->year_from,
                                     (long long)req->year_to),
                        "2000 ≤ year_from ≤ year_to ≤ 2100");
    audit_text(c, "BAD_FIELD", "title", req->title);
    audit_text(c, "BAD_FIELD", "head", req->head);
    return !refuse_any(c);
}

enum status case_plan(struct call *c, const PB(PlanCaseRequest) *req, const struct audit_facts *f,
                      PB(PlanCaseResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    struct audit_case k = {.id = "",
                           .kind = (int)req->kind,
                           .title = req->title,
                           .year_from = req->year_from,
                           .year_to = req->year_to,
                           .head = req->head,
                           .owner_unit_id = c->actor.unit_id,
                           .planner_id = c->actor.person_id,
                           .version = 1};
    if (!plan_fields(c, req, f))
        return refuse_all(c);
    if (!lifecycle_next(&case_life, 0, AUDIT_PLAN, c->actor.roles, &k.state, why) ||
        !case_is_conducted_by(&k, c->actor.roles, why))
        return refuse_with(c, why);

    k.id = arena_printf(c->arena, "%s%d-%03lld", k.kind == CASE_INSPECTION ? "JC" : "SJ", day_year(c->today),
                        (long long)call_take_number(c, f->number));
    case_add(c->tx, &k, c->now_us);
    for (size_t i = 0; i < req->n_unit_ids; i++)
        case_add_unit(c->tx, k.id,
                      &(struct case_unit){.unit_id = req->unit_ids[i], .unit_name = f->planned[i].name});
    audit_record(c->tx, &(struct audit_history){.case_id = k.id,
                                                .object_id = k.id,
                                                .seq = 1,
                                                .event = AUDIT_PLAN,
                                                .from = "",
                                                .to = "PLANNED",
                                                .person_id = k.planner_id,
                                                .opinion = "",
                                                .at_us = c->now_us});

    reply->case_id = reply_text(k.id);
    reply->etag = reply_text(call_etag(c, k.version));
    reply->state = (PB(CaseState))k.state;
    return STATUS_OK;
}

/* ---- the notice is served, three working days before the start (D18) ---- */

void case_notify_load(struct call *c, const PB(NotifyCaseRequest) *req, struct audit_facts *f)
{
    struct day start = audit_day_or_none(req->start_date);
    case_load(c, req->case_id, f);
    policy_want_value(c->tx, "audit_notice_before", audit_day_or_none(req->notice_date), &f->period);
    if (day_is(start))
        policy_want_calendar(c->tx, day_add(start, -60), start, &f->calendar);
}

enum status case_notify(struct call *c, const PB(NotifyCaseRequest) *req, const struct audit_facts *f,
                        PB(NotifyCaseResponse) *reply)
{
    struct audit_case after = f->kase;
    struct refusal *why = call_refusal(c);
    enum status s = case_ready(c, f, req->case_id, req->etag, AUDIT_NOTIFY, &after.state);
    if (s != STATUS_OK)
        return s;
    if (!day_parse_iso(req->start_date, &after.start_date))
        audit_bad_field(c, "start_date", req->start_date, "yyyy-mm-dd");
    audit_past_day(c, "notice_date", req->notice_date, &after.notice_date);
    if (refuse_any(c) || !audit_period_is_there(c, f, "audit_notice_before"))
        return refuse_all(c);
    struct day latest = day_add_workdays(after.start_date, -(int)f->period.value, calendar_rests,
                                         &f->calendar);
    if (!case_notice_is_in_time(&f->kase, after.notice_date, latest, req->special_basis, c->actor.roles,
                                &after.is_special, why) ||
        (after.is_special && !case_other_person(&f->kase, f->kase.planner_id, c->actor.person_id, why)))
        return refuse_with(c, why);

    after.special_basis = after.is_special ? req->special_basis : "";
    case_moved(c, f, &after, AUDIT_NOTIFY, after.special_basis);
    reply->case_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(CaseState))after.state;
    reply->is_special = after.is_special;
    reply->is_weekends_only = !day_is(latest) || !calendar_covers(&f->calendar, latest, after.start_date);
    return STATUS_OK;
}

/* ---- a team of two or more begins (L10) ---- */

void case_start_load(struct call *c, const PB(StartFieldworkRequest) *req, struct audit_facts *f)
{
    case_load(c, req->case_id, f);
}

static const char *team_of(struct call *c, const PB(StartFieldworkRequest) *req)
{
    const char *team = "";
    for (size_t i = 0; i < req->n_members; i++)
        team = arena_printf(c->arena, "%s%s%s", team, i ? "、" : "", req->members[i]);
    return team;
}

enum status case_start(struct call *c, const PB(StartFieldworkRequest) *req, const struct audit_facts *f,
                       PB(StartFieldworkResponse) *reply)
{
    struct audit_case after = f->kase;
    struct refusal *why = call_refusal(c);
    enum status s = case_ready(c, f, req->case_id, req->etag, AUDIT_START, &after.state);
    if (s != STATUS_OK)
        return s;
    if (req->n_members > 50)
        return refuse_field(c, "members", "> 50", "2 … 50");
    if (!case_may_start(&f->kase, c->today, why) ||
        !case_team_is_enough(&f->kase, (const char *const *)req->members, (int)req->n_members, why))
        return refuse_with(c, why);

    after.team = team_of(c, req);
    case_moved(c, f, &after, AUDIT_START, after.team);
    reply->case_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(CaseState))after.state;
    return STATUS_OK;
}

/* ---- the units are asked for their opinion; they have ten working days (D19) ---- */

void case_consult_load(struct call *c, const PB(ConsultCaseRequest) *req, struct audit_facts *f)
{
    case_load(c, req->case_id, f);
    case_want_findings(c->tx, req->case_id, &f->findings, &f->findings_count);
    policy_want_value(c->tx, "audit_reply_within", c->today, &f->period);
    policy_want_calendar(c->tx, c->today, day_add(c->today, 60), &f->calendar);
}

/* The findings move with their case; the case's own line of history stands for all of them. */
static void findings_consulted(struct call *c, const struct audit_facts *f)
{
    struct refusal *why = call_refusal(c);
    for (int i = 0; i < f->findings_count; i++) {
        struct finding n = f->findings[i];
        if (!lifecycle_next(&finding_life, n.state, AUDIT_CONSULT, c->actor.roles, &n.state, why))
            continue; /* withdrawn before */
        n.is_consulted = true;
        n.version++;
        finding_save(c->tx, &n, c->now_us);
    }
}

enum status case_consult(struct call *c, const PB(ConsultCaseRequest) *req, const struct audit_facts *f,
                         PB(ConsultCaseResponse) *reply)
{
    struct audit_case after = f->kase;
    enum status s = case_ready(c, f, req->case_id, req->etag, AUDIT_CONSULT, &after.state);
    if (s != STATUS_OK)
        return s;
    if (!audit_period_is_there(c, f, "audit_reply_within"))
        return refuse_all(c);

    after.consult_date = c->today;
    after.reply_due_date = calendar_due(&f->calendar, &f->period, c->today, &after.is_weekends_only);
    after.consulter_id = c->actor.person_id;
    findings_consulted(c, f);
    case_moved(c, f, &after, AUDIT_CONSULT, req->opinion);
    reply->case_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(CaseState))after.state;
    reply->reply_due_date = reply_text(day_text(c->arena, after.reply_due_date));
    reply->is_weekends_only = after.is_weekends_only;
    return STATUS_OK;
}

/* ---- a unit replies; the last one moves the case ---- */

void case_reply_load(struct call *c, const PB(ReplyCaseRequest) *req, struct audit_facts *f)
{
    case_load(c, req->case_id, f);
}

static const struct case_unit *unit_of(const struct audit_facts *f, const char *unit_id)
{
    for (int i = 0; i < f->units_count; i++)
        if (strcmp(f->units[i].unit_id, unit_id) == 0)
            return &f->units[i];
    return NULL;
}

enum status case_reply(struct call *c, const PB(ReplyCaseRequest) *req, const struct audit_facts *f,
                       PB(ReplyCaseResponse) *reply)
{
    const char *unit_id = *req->unit_id ? req->unit_id : c->actor.unit_id;
    const struct case_unit *unit = unit_of(f, unit_id);
    bool is_last = case_units_open(f->units, f->units_count) <= 1;
    struct audit_case after = f->kase;
    struct refusal *why = call_refusal(c);
    enum status s = case_ready(c, f, req->case_id, req->etag, is_last ? AUDIT_REPLY : AUDIT_REPLY_ONE,
                               &after.state);
    if (s != STATUS_OK)
        return s;
    if (!unit || !call_is_own(c, unit_id))
        return refuse_missing(c, "unit_id", unit_id);
    if (!case_unit_may_reply(&f->kase, unit, why))
        return refuse_with(c, why);
    if (!req->does_agree && !audit_text(c, "OPINION_MISSING", "reply_text", req->reply_text))
        return refuse_all(c);

    case_save_reply(c->tx, after.id,
                    &(struct case_unit){.unit_id = unit_id,
                                        .replied_date = c->today,
                                        .replier_id = c->actor.person_id,
                                        .does_agree = req->does_agree,
                                        .reply_text = req->reply_text});
    after.version = f->kase.version + 1;
    case_save(c->tx, &after, c->now_us);
    audit_record(c->tx, &(struct audit_history){.case_id = after.id,
                                                .object_id = unit_id,
                                                .seq = after.version,
                                                .event = is_last ? AUDIT_REPLY : AUDIT_REPLY_ONE,
                                                .from = "CONSULT",
                                                .to = names_of(&case_states, after.state),
                                                .person_id = c->actor.person_id,
                                                .opinion = req->reply_text,
                                                .at_us = c->now_us});
    call_concerns(c, after.owner_unit_id); /* and nobody else: the reply is between the two */
    call_concerns(c, unit_id);

    reply->case_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(CaseState))after.state;
    reply->is_reply_overdue = c->today.n > f->kase.reply_due_date.n;
    return STATUS_OK;
}

/* ---- the period is over: silence is no objection ---- */

void case_deem_load(struct call *c, const PB(DeemAgreedRequest) *req, struct audit_facts *f)
{
    case_load(c, req->case_id, f);
}

enum status case_deem(struct call *c, const PB(DeemAgreedRequest) *req, const struct audit_facts *f,
                      PB(DeemAgreedResponse) *reply)
{
    struct audit_case after = f->kase;
    struct refusal *why = call_refusal(c);
    enum status s = case_ready(c, f, req->case_id, req->etag, AUDIT_DEEM, &after.state);
    if (s != STATUS_OK)
        return s;
    if (!case_may_be_deemed(&f->kase, c->today, why))
        return refuse_with(c, why);

    case_deem_units(c->tx, after.id, c->today);
    case_moved(c, f, &after, AUDIT_DEEM, "");
    reply->case_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->state = (PB(CaseState))after.state;
    return STATUS_OK;
}
