/* What every step of an audit does: who sees the case, who conducts it, its history and whom it concerns. */
#include "common/check.h"
#include "common/text.h"
#include "server/domain/audit/audit_door.h"

void case_load(struct call *c, const char *id, struct audit_facts *f)
{
    case_want(c->tx, &c->scope, id, &f->kase);
    case_want_units(c->tx, id, &f->units, &f->units_count);
}

void audit_bad_field(struct call *c, const char *field, const char *broke, const char *passes)
{
    struct refusal *why = call_refusal(c);
    (void)refuse(why, "BAD_FIELD", .field = field, .broke = broke, .passes = passes);
    refuse_add(c, why);
}

bool audit_text(struct call *c, const char *reason, const char *field, const char *text)
{
    if (!text_is_blank(text))
        return true;
    struct refusal *why = call_refusal(c);
    (void)refuse(why, reason, .field = field, .broke = "–", .passes = "须填写 (must be filled)");
    refuse_add(c, why);
    return false;
}

struct day audit_day_or_none(const char *text)
{
    struct day d = DAY_NONE;
    return day_parse_iso(text, &d) ? d : DAY_NONE;
}

bool audit_past_day(struct call *c, const char *field, const char *text, struct day *ret)
{
    struct refusal *why = call_refusal(c);
    if (!day_parse_iso(text, ret)) {
        audit_bad_field(c, field, text, "yyyy-mm-dd");
        return false;
    }
    if (ret->n <= c->today.n)
        return true;
    (void)refuse(why, "DATE_OUTSIDE", .field = field, .broke = text,
                 .passes = say_text(why, "≤ %s", day_text(c->arena, c->today)));
    refuse_add(c, why);
    return false;
}

bool audit_period_is_there(struct call *c, const struct audit_facts *f, const char *id)
{
    if (f->period.is_found)
        return true;
    struct refusal *why = call_refusal(c);
    (void)refuse(why, "RULE_VALUE_MISSING", .what = id);
    refuse_add(c, why);
    return false;
}

enum status case_ready(struct call *c, const struct audit_facts *f, const char *id, const char *etag,
                       int event, int *ret_to)
{
    const struct audit_case *k = &f->kase;
    struct refusal *why = call_refusal(c);
    bool is_of_unit = event == AUDIT_REPLY || event == AUDIT_REPLY_ONE;
    if (!k->is_found || !case_is_visible(k, c->actor.unit_id))
        return refuse_missing(c, "case_id", id);
    if (etag && !call_etag_is(c, etag, k->version, id))
        return refuse_all(c);
    if (!is_of_unit && !(c->actor.roles & ROLE_SYSTEM) && !case_is_conducted_by(k, c->actor.roles, why))
        return refuse_with(c, why);
    if (lifecycle_next(&case_life, k->state, event, c->actor.roles, ret_to, why))
        return STATUS_OK;
    why->what = k->id;
    return refuse_with(c, why);
}

static void record(struct call *c, const struct audit_case *after, const char *object_id, int event,
                   const char *from, const char *to, const char *opinion)
{
    case_save(c->tx, after, c->now_us);
    audit_record(c->tx, &(struct audit_history){.case_id = after->id,
                                                .object_id = object_id,
                                                .seq = after->version,
                                                .event = event,
                                                .from = from,
                                                .to = to,
                                                .person_id = c->actor.person_id,
                                                .opinion = opinion,
                                                .at_us = c->now_us});
}

void case_moved(struct call *c, const struct audit_facts *f, struct audit_case *after, int event,
                const char *opinion)
{
    after->version = f->kase.version + 1;
    record(c, after, after->id, event, names_of(&case_states, f->kase.state),
           names_of(&case_states, after->state), opinion);
    call_concerns(c, after->owner_unit_id);
    for (int i = 0; day_is(after->notice_date) && i < f->units_count; i++)
        call_concerns(c, f->units[i].unit_id);
}

void finding_moved(struct call *c, const struct audit_facts *f, const struct finding *before,
                   struct finding *after, struct audit_case *kase, int event, const char *opinion)
{
    kase->version = f->kase.version + 1;
    kase->open_count += finding_is_open(after->state) - finding_is_open(before->state);
    after->version = before->version + 1;
    finding_save(c->tx, after, c->now_us);
    record(c, kase, after->id, event, names_of(&finding_states, before->state),
           names_of(&finding_states, after->state), opinion);
    call_concerns(c, after->owner_unit_id);
    if (after->is_consulted)
        call_concerns(c, after->unit_id);
}
