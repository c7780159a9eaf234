/* Records of other years, and how they differ from rules. */
#include "server/domain/history/history_rules.h"

#include <string.h>

#include "common/check.h"
#include "common/money.h"
#include "common/roles.h"
#include "common/text.h"

static const char *const state_names[] = {NULL, "PREPARED", "CONFIRMED", "REFUSED"};
static const char *const state_zh[] = {NULL, "待确认", "已确认", "不予确认"};
static const char *const event_names[] = {NULL, "IMPORT", "CONFIRM", "REFUSE"};
static const char *const event_zh[] = {NULL, "导入", "确认", "不予确认"};
static const char *const measure_names[] = {NULL, "BUDGET", "ADJUSTED", "CONTRACT", "PAID"};
static const char *const measure_zh[] = {NULL, "预算安排", "调整后预算", "合同金额", "实际支付"};

const struct names history_states = {state_names, state_zh, COUNT_OF(state_names)};
const struct names history_events = {event_names, event_zh, COUNT_OF(event_names)};
const struct names history_measures = {measure_names, measure_zh, COUNT_OF(measure_names)};

static const struct step steps[] = {
    {0, HISTORY_IMPORT, HISTORY_PREPARED, ROLE_OPERATOR, "an operator loads a batch; it counts nowhere yet"},
    {HISTORY_PREPARED, HISTORY_CONFIRM, HISTORY_CONFIRMED, ROLE_LEADER, "from here on statistics count it"},
    {HISTORY_PREPARED, HISTORY_REFUSE, HISTORY_REFUSED, ROLE_LEADER,
     "it never counts; it may be loaded again"},
};
const struct lifecycle history_life = {.noun = "history batch",
                                       .states = &history_states,
                                       .events = &history_events,
                                       .steps = steps,
                                       .count = COUNT_OF(steps)};

/* ---- can it be read ---- */

static bool is_unit_id(const char *id)
{
    size_t len = strlen(id);
    return (len == 3 || len == 6) && strspn(id, "0123456789") == len;
}

static bool period_is_sound(const struct history_claim *r, struct day go_live, struct refusal *why)
{
    struct day start, end;

    if (!day_parse_iso(r->period_start, &start))
        return refuse(why, "BAD_FIELD", .field = "period_start_date", .broke = r->period_start,
                      .passes = "2014-01-01");
    if (!day_parse_iso(r->period_end, &end))
        return refuse(why, "BAD_FIELD", .field = "period_end_date", .broke = r->period_end,
                      .passes = "2015-12-31");
    if (end.n < start.n)
        return refuse(why, "BAD_FIELD", .field = "period_end_date", .broke = r->period_end,
                      .passes = say_text(why, "%s 或以后 (or later)", r->period_start));
    if (end.n >= go_live.n)
        return refuse(why, "PERIOD_NOT_PAST", .field = "period_end_date", .what = r->project_name,
                      .broke = r->period_end, .passes = day_text(why->arena, go_live));
    return true;
}

bool history_claim_is_sound(const struct history_claim *r, struct day go_live, struct refusal *why)
{
    if (!period_is_sound(r, go_live, why))
        return false;
    if (!is_unit_id(r->unit_id))
        return refuse(why, "BAD_FIELD", .field = "unit_id", .broke = r->unit_id,
                      .passes = "203 或 203001 (203 or 203001)");
    if (!*r->unit_name)
        return refuse(why, "BAD_FIELD", .field = "unit_name", .broke = "空 (empty)",
                      .passes = "当时的名称 (its name then)");
    if (!text_is_ascii_id(r->catalogue_code))
        return refuse(why, "BAD_FIELD", .field = "catalogue_code", .broke = r->catalogue_code,
                      .passes = "A0291");
    if (!*r->project_name)
        return refuse(why, "BAD_FIELD", .field = "project_name", .broke = "空 (empty)",
                      .passes = "项目名称 (its name)");
    if (!*names_of(&history_measures, r->measure))
        return refuse(why, "BAD_FIELD", .field = "measure", .broke = "空 (empty)",
                      .passes = "BUDGET, ADJUSTED, CONTRACT, PAID");
    if (r->amount_fen <= 0 || r->amount_fen > MONEY_MAX)
        return refuse(why, "BAD_FIELD", .field = "amount_fen", .broke = say_fen(why, r->amount_fen),
                      .passes = say_text(why, "0.01 元 … %s", say_fen(why, MONEY_MAX)));
    return true;
}

/* ---- how it differs ---- */

static const char *add(struct arena *a, const char *text, const char *more)
{
    return arena_printf(a, "%s%s%s", text, *text ? "; " : "", more);
}

static const char *unit_differences(struct arena *a, const struct history_claim *r,
                                    const struct history_beside *f)
{
    struct day start = DAY_NONE, end = DAY_NONE;
    const char *text = "";

    if (!f->has_unit)
        return "单位编码不在单位表中 (the unit is not in the table of units)";
    if (day_parse_iso(r->period_end, &end) && f->unit_from.n > end.n)
        text = add(a, text,
                   arena_printf(a, "单位于 %s 设立，在期间之后 (the unit was set up after the period)",
                                day_text(a, f->unit_from)));
    if (day_is(f->unit_to) && day_parse_iso(r->period_start, &start) && f->unit_to.n < start.n)
        text = add(a, text,
                   arena_printf(a, "单位于 %s 撤销，在期间之前 (the unit had ended before the period)",
                                day_text(a, f->unit_to)));
    if (strcmp(f->unit_name, r->unit_name) != 0)
        text = add(a, text, arena_printf(a, "单位现名 (its name today) %s", f->unit_name));
    return text;
}

static bool may(const char *word) { return strcmp(word, "yes") == 0 || strcmp(word, "unsure") == 0; }

const char *history_differences(struct arena *a, const struct history_claim *r,
                                const struct history_beside *f)
{
    const char *text = unit_differences(a, r, f);

    if (f->has_unit && !f->has_rules_then)
        text = add(a, text, "期间内尚无购买主体规则 (no rules on purchasers were in force then)");
    if (f->has_rules_then && !may(f->may_purchase_then))
        text = add(a, text,
                   arena_printf(a, "按当时规则不得购买 (might not purchase then) %s", f->rule_set_then));
    if (f->has_rules_now && !may(f->may_purchase_now))
        text = add(a, text,
                   arena_printf(a, "按现行规则不得购买 (may not purchase today) %s", f->rule_set_now));
    if (!f->in_catalogue)
        text = add(a, text, "目录编码不在现行目录中 (the code is not in today's catalogue)");
    return text;
}

bool history_may_decide(const char *batch_id, const char *prepared_by, const char *person_id,
                        struct refusal *why)
{
    if (strcmp(prepared_by, person_id) == 0)
        return refuse(why, "SAME_PERSON", .field = "batch_id", .rule = "G-b", .what = batch_id,
                      .broke = prepared_by);
    return true;
}
