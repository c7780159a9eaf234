/* What every step of a contract does: check the version and the state, keep the history, start the dated
 * duties. */
#include "common/check.h"
#include "common/text.h"
#include "server/domain/contract/contract_door.h"

struct day day_or_none(const char *text)
{
    struct day d = DAY_NONE;
    return day_parse_iso(text, &d) ? d : DAY_NONE;
}

void bad_field(struct call *c, const char *field, const char *broke, const char *passes)
{
    struct refusal *why = call_refusal(c);
    (void)refuse(why, "BAD_FIELD", .field = field, .broke = broke, .passes = passes);
    refuse_add(c, why);
}

bool day_field(struct call *c, const char *field, const char *text, bool may_be_empty, struct day *ret)
{
    *ret = DAY_NONE;
    if ((may_be_empty && !*text) || day_parse_iso(text, ret))
        return true;
    bad_field(c, field, text, "yyyy-mm-dd");
    return false;
}

bool text_field(struct call *c, const char *reason, const char *field, const char *text)
{
    if (!text_is_blank(text))
        return true;
    struct refusal *why = call_refusal(c);
    (void)refuse(why, reason, .field = field, .rule = "G-d", .broke = "–",
                 .passes = "须填写 (must be filled)");
    refuse_add(c, why);
    return false;
}

static const char *const value_ids[VALUES_COUNT] = {
    [VALUE_TERM_NORMAL] = "term_normal",
    [VALUE_TERM_MAX] = "term_max",
    [VALUE_BOND_CAP] = "bond_cap",
    [VALUE_SUPPLEMENT_CAP] = "supplement_cap",
    [VALUE_SIGN_WITHIN] = "sign_within",
    [VALUE_PUBLISH_WITHIN] = "contract_publish_within",
    [VALUE_FILE_WITHIN] = "contract_file_within",
};

void contract_want_values(struct call *c, struct contract_facts *f, struct day on, unsigned mask)
{
    for (int v = 0; v < VALUES_COUNT; v++)
        if (mask & VALUE_BIT(v))
            policy_want_value(c->tx, value_ids[v], on, &f->values[v]);
}

bool contract_values_are_there(struct call *c, const struct contract_facts *f, unsigned mask)
{
    for (int v = 0; v < VALUES_COUNT; v++)
        if ((mask & VALUE_BIT(v)) && !f->values[v].is_found) {
            struct refusal *why = call_refusal(c);
            (void)refuse(why, "RULE_VALUE_MISSING", .what = value_ids[v]);
            refuse_add(c, why);
            return false;
        }
    return true;
}

struct term_limits contract_term_limits(const struct contract_facts *f)
{
    return (struct term_limits){.normal_months = f->values[VALUE_TERM_NORMAL].value,
                                .max_months = f->values[VALUE_TERM_MAX].value};
}

/* Suspending and resuming are the bureau's too, starting the server's; all else is the department's own. */
static bool may_touch(const struct call *c, const struct contract *k, int event, struct refusal *why)
{
    bool is_by_order = (event == CONTRACT_SUSPEND || event == CONTRACT_RESUME) &&
                       (c->actor.roles & ROLE_REVIEWER_2);
    return is_by_order || (c->actor.roles & ROLE_SYSTEM) || call_owns(c, k->unit_id, k->id, why);
}

enum status contract_ready(struct call *c, const struct contract *k, const char *id, const char *etag,
                           int event, int *ret_to)
{
    if (!k->is_found)
        return refuse_missing(c, "contract_id", id);
    if (!call_etag_is(c, etag, k->version, id))
        return refuse_all(c);

    struct refusal *why = call_refusal(c);
    if (may_touch(c, k, event, why) &&
        lifecycle_next(&contract_life, k->state, event, c->actor.roles, ret_to, why))
        return STATUS_OK;
    why->what = k->id;
    return refuse_with(c, why);
}

void contract_touched(struct call *c, const struct contract *before, struct contract *after, int event,
                      const char *object_id, const char *from, const char *to, const char *opinion)
{
    after->version = before->version + 1;
    contract_save_state(c->tx, after, c->now_us);
    contract_keep_total(c->tx, before, after);
    contract_record(c->tx, &(struct contract_history){.contract_id = before->id,
                                                      .object_id = object_id,
                                                      .seq = after->version,
                                                      .event = event,
                                                      .from = from,
                                                      .to = to,
                                                      .person_id = c->actor.person_id,
                                                      .opinion = opinion,
                                                      .at_us = c->now_us});
    call_concerns(c, before->unit_id);
}

void contract_moved(struct call *c, const struct contract *before, struct contract *after, int event,
                    const char *opinion)
{
    contract_touched(c, before, after, event, before->id, names_of(&contract_states, before->state),
                     names_of(&contract_states, after->state), opinion);
}

static struct day begin(struct call *c, const struct contract_facts *f, const char *object_id, int kind,
                        enum contract_value value, struct day since, bool *ret_weekends_only)
{
    struct duty d = {.id = arena_printf(c->arena, "%s/%s", object_id, names_of(&duty_kinds, kind)),
                     .contract_id = f->contract.id,
                     .object_id = object_id,
                     .unit_id = f->contract.unit_id,
                     .kind = kind,
                     .state = DUTY_OPEN,
                     .since_date = since,
                     .version = 1};
    d.due_date = calendar_due(&f->calendar, &f->values[value], since, &d.is_weekends_only);
    duty_add(c->tx, &d);
    *ret_weekends_only = d.is_weekends_only;
    return d.due_date;
}

struct duties_due duties_begin(struct call *c, const struct contract_facts *f, const char *object_id,
                               struct day since)
{
    struct duties_due due;
    bool publish_so = false, file_so = false;
    due.publish = begin(c, f, object_id, DUTY_PUBLICATION, VALUE_PUBLISH_WITHIN, since, &publish_so);
    due.file = begin(c, f, object_id, DUTY_FILING, VALUE_FILE_WITHIN, since, &file_so);
    due.is_weekends_only = publish_so || file_so;
    return due;
}
