/* Dated values, the type matrix and periods as pure functions. */
#include "server/domain/policy/policy_rules.h"

#include <string.h>

#include "common/check.h"
#include "common/money.h"
#include "common/text.h"

#define NAMES(array, zh_)                                                                                    \
    {                                                                                                        \
        .of = (array), .zh = (zh_), .count = (int)COUNT_OF(array)                                            \
    }

static const char *const rule_state_names[] = {NULL, "PROPOSED", "CONFIRMED", "REFUSED", "REPLACED"};
static const char *const rule_state_zh[] = {NULL, "待确认", "已确认", "未同意", "已更正"};
static const char *const rule_event_names[] = {NULL, "PROPOSE", "CONFIRM", "REFUSE"};
static const char *const rule_event_zh[] = {NULL, "载入", "确认", "不同意"};
static const char *const proposal_kind_names[] = {NULL, "RULE_VALUES", "TYPE_RULES"};
static const char *const proposal_kind_zh[] = {NULL, "规则数值", "类型表"};
static const char *const day_kind_names[] = {NULL, "REST", "MAKE_UP", "REGIONAL"};
static const char *const day_kind_zh[] = {NULL, "休息", "调休上班", "地方节日"};

const struct names rule_states = NAMES(rule_state_names, rule_state_zh);
const struct names rule_events = NAMES(rule_event_names, rule_event_zh);
const struct names proposal_kinds = NAMES(proposal_kind_names, proposal_kind_zh);
const struct names day_kinds = NAMES(day_kind_names, day_kind_zh);

static const struct step proposal_steps[] = {
    {0, RULE_PROPOSE, RULE_PROPOSED, ROLE_OPERATOR, "an operator loads records; none holds yet"},
    {RULE_PROPOSED, RULE_CONFIRM, RULE_CONFIRMED, ROLE_LEADER,
     "from here on they hold, each from its first day"},
    {RULE_PROPOSED, RULE_REFUSE, RULE_REFUSED, ROLE_LEADER, "they never held"},
};
const struct lifecycle proposal_life = {.noun = "policy proposal",
                                        .states = &rule_states,
                                        .events = &rule_events,
                                        .steps = proposal_steps,
                                        .count = COUNT_OF(proposal_steps)};

/* ---- rows ---- */

static bool is_one_of(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static bool days_are_sound(const char *from, const char *to, const char *what, struct refusal *why)
{
    struct day first, last;
    if (!day_parse_iso(from, &first))
        return refuse(why, "BAD_FIELD", .field = "valid_from_date", .what = what, .broke = from,
                      .passes = "2020-03-01");
    if (*to && (!day_parse_iso(to, &last) || last.n < first.n))
        return refuse(why, "BAD_FIELD", .field = "valid_to_date", .what = what, .broke = to,
                      .passes = say_text(why, "≥ %s", from));
    return true;
}

bool rule_row_is_sound(const struct rule_row *r, struct refusal *why)
{
    static const char *const units[] = {"fen", "bp", "days", "workdays", "months", "years", "score", "count"};
    if (!text_is_ascii_id(r->rule_id))
        return refuse(why, "BAD_FIELD", .field = "rule_id", .broke = r->rule_id, .passes = "term_normal");
    if (!*r->name)
        return refuse(why, "BAD_FIELD", .field = "rule_name", .what = r->rule_id);
    if (r->value < 0 || r->value > MONEY_MAX)
        return refuse(why, "BAD_FIELD", .field = "value", .what = r->rule_id,
                      .broke = say_int(why, r->value, ""),
                      .passes = say_text(why, "0 … %lld", (long long)MONEY_MAX));
    if (!is_one_of(r->unit, units, COUNT_OF(units)))
        return refuse(why, "BAD_FIELD", .field = "value_unit", .what = r->rule_id, .broke = r->unit,
                      .passes = "fen bp days workdays months years score count");
    if (!*r->source)
        return refuse(why, "BAD_FIELD", .field = "source", .what = r->rule_id);
    return days_are_sound(r->valid_from, r->valid_to, r->rule_id, why);
}

bool type_row_is_sound(const struct type_row *r, struct refusal *why)
{
    static const char *const verdicts[] = {"yes", "no", "ask", "unsure", "restricted"};
    const char *const passes = "yes no ask unsure restricted";
    if (strlen(r->type) != 3 || strspn(r->type, "0123456789") != 3)
        return refuse(why, "BAD_FIELD", .field = "type", .broke = r->type, .passes = "110 … 510");
    if (!*r->name)
        return refuse(why, "BAD_FIELD", .field = "type_name", .what = r->type);
    if (!*r->rule_set)
        return refuse(why, "BAD_FIELD", .field = "rule_set", .what = r->type, .passes = "财政部令第102号");
    if (!is_one_of(r->may_purchase, verdicts, COUNT_OF(verdicts)))
        return refuse(why, "BAD_FIELD", .field = "may_purchase", .what = r->type, .broke = r->may_purchase,
                      .passes = passes);
    if (!is_one_of(r->may_provide, verdicts, COUNT_OF(verdicts)))
        return refuse(why, "BAD_FIELD", .field = "may_provide", .what = r->type, .broke = r->may_provide,
                      .passes = passes);
    return days_are_sound(r->valid_from, r->valid_to, r->type, why);
}

bool day_row_is_sound(const char *date, int kind, struct day *ret, struct refusal *why)
{
    if (!day_parse_iso(date, ret) || day_year(*ret) < 2000 || day_year(*ret) > 2199)
        return refuse(why, "BAD_FIELD", .field = "day_date", .broke = date, .passes = "2026-10-01");
    const bool is_weekend = day_rests_on_weekends(NULL, *ret);
    if (kind == 0 || (kind == DAY_MAKE_UP && !is_weekend))
        return refuse(why, "BAD_FIELD", .field = "day_kind", .what = date,
                      .broke = names_of(&day_kinds, kind),
                      .passes = is_weekend ? "REST MAKE_UP REGIONAL" : "REST REGIONAL");
    return true;
}

bool year_is_whole(int year, const struct day *days, const int *kinds, size_t n, struct refusal *why)
{
    bool has_spring = false, has_national = false;
    for (size_t i = 0; i < n; i++) {
        if (day_year(days[i]) != year || kinds[i] != DAY_REST)
            continue;
        has_spring |= day_month(days[i]) <= 2;
        has_national |= day_month(days[i]) == 10;
    }
    if (has_spring && has_national)
        return true;
    return refuse(why, "CALENDAR_INCOMPLETE", .field = "rows", .rule = "T4",
                  .what = say_text(why, "%d", year), .broke = has_spring ? "国庆节" : "春节");
}

bool proposal_is_by_another(const char *id, const char *proposed_by, const char *actor, struct refusal *why)
{
    if (strcmp(proposed_by, actor) != 0)
        return true;
    return refuse(why, "SAME_PERSON", .field = "proposal_id", .rule = "G-b", .what = id, .broke = proposed_by,
                  .passes = "≠ 载入人 (not who loaded it)");
}

/* ---- what a type may do ---- */

static const char *say_type(const struct refusal *why, const char *type, const char *name)
{
    return *name ? say_text(why, "%s %s", type, name) : type;
}

/* Under 96号 other articles spoke; 102号令 names those who may neither purchase nor provide in Art. 8. */
static const char *rule_of(const char *type, const char *rule_set, const char *otherwise)
{
    if (strstr(rule_set, "96号"))
        return "P10";
    return strcmp(type, "221") == 0 || strcmp(type, "141") == 0 ? "P4" : otherwise;
}

static bool is_settled(const char *verdict)
{
    return strcmp(verdict, "ask") != 0 && strcmp(verdict, "unsure") != 0;
}

bool verdict_allows_purchase(const char *type, const char *name, const char *rule_set, const char *verdict,
                             const char *what, struct refusal *why)
{
    if (strcmp(verdict, "yes") == 0)
        return true;
    if (!is_settled(verdict))
        return refuse(why, "TYPE_ASK_STAFFING", .field = "type", .rule = rule_of(type, rule_set, "P3"),
                      .what = what, .broke = say_type(why, type, name),
                      .passes = "编办认定 (the staffing office's opinion)");
    return refuse(
        why, "TYPE_MAY_NOT_PURCHASE", .field = "type", .rule = rule_of(type, rule_set, "P3"), .what = what,
        .broke = say_type(why, type, name),
        .passes = "行政机关、党的机关、政协和民主党派机关、群团组织机关 (行政编制)、承担行政职能的事业单位");
}

/* Individuals are restricted (P6), not excluded: the second reviewer looks at them. */
bool verdict_allows_provision(const char *type, const char *name, const char *rule_set, const char *verdict,
                              const char *what, struct refusal *why)
{
    if (strcmp(verdict, "yes") == 0 || strcmp(verdict, "restricted") == 0)
        return true;
    if (!is_settled(verdict))
        return refuse(why, "TYPE_ASK_STAFFING", .field = "type", .rule = rule_of(type, rule_set, "P5"),
                      .what = what, .broke = say_type(why, type, name),
                      .passes = "编办认定 (the staffing office's opinion)");
    return refuse(why, "SUPPLIER_TYPE", .field = "type", .rule = rule_of(type, rule_set, "P5"), .what = what,
                  .broke = say_type(why, type, name),
                  .passes = "公益二类事业单位、从事生产经营活动的事业单位、社会组织、企业、农村集体经济组织、"
                            "基层群众性自治组织");
}

/* ---- periods ---- */

struct day period_end(const char *unit, int64_t value, struct day from, day_rests_fn *rests, const void *ctx)
{
    const int64_t most = 36500; /* a century: what is longer is a mistake */
    if (!day_is(from) || value < 0 || value > most)
        return DAY_NONE;
    const int n = (int)value;
    if (strcmp(unit, "workdays") == 0)
        return day_add_workdays(from, n, rests, ctx);
    if (strcmp(unit, "days") == 0)
        return day_period_end(from, n, rests, ctx);
    if (strcmp(unit, "months") == 0 || strcmp(unit, "years") == 0)
        return day_period_end(day_add_months(from, unit[0] == 'y' ? 12 * n : n), 0, rests, ctx);
    return DAY_NONE;
}
