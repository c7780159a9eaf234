/* Budget rules: what a line must hold before it goes up, and the limits it is held to on its way. */
#include "server/domain/budget/budget_rules.h"

#include <string.h>

#include "common/check.h"
#include "common/money.h"
#include "common/text.h"

static bool is_digits(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789") == len;
}
static bool is_blank(const char *text) { return !text || text_is_blank(text); }

static bool bad(struct refusal *why, const char *field, const char *broke, const char *passes)
{
    return refuse(why, "BAD_FIELD", .field = field, .broke = broke, .passes = passes);
}

/* ---- what can be stored ---- */

static bool amount_is_sound(int64_t fen, const char *field, struct refusal *why)
{
    if (fen < 0)
        return bad(why, field, say_int(why, fen, "分"), "≥ 0");
    if (fen > MONEY_MAX)
        return bad(why, field, say_fen(why, fen), say_text(why, "≤ %s", say_fen(why, MONEY_MAX)));
    return true;
}

static bool shares_are_sound(const struct draft *d, struct refusal *why)
{
    if (d->shares_count > SHARES_MAX)
        return bad(why, "fund_sources", say_int(why, d->shares_count, ""), say_int(why, SHARES_MAX, ""));
    for (int i = 0; i < d->shares_count; i++) {
        const char *source = names_of(&fund_sources, d->shares[i].source);
        if (!*source)
            return bad(why, say_text(why, "fund_sources[%d].source", i), "–", "GENERAL …");
        if (d->shares[i].amount_fen <= 0 || d->shares[i].amount_fen > MONEY_MAX)
            return bad(why, say_text(why, "fund_sources[%d].amount_fen", i),
                       say_int(why, d->shares[i].amount_fen, "分"), "> 0");
        for (int j = 0; j < i; j++)
            if (d->shares[j].source == d->shares[i].source)
                return bad(why, say_text(why, "fund_sources[%d].source", i), source,
                           "每个来源一行 / one row a source");
    }
    return true;
}

static bool code_is_sound(const struct draft *d, struct refusal *why)
{
    return text_is_ascii_id(d->project_code) ||
           bad(why, "project_code", d->project_code, "450600-27-203-0001");
}

static bool name_is_sound(const struct draft *d, struct refusal *why)
{
    return !is_blank(d->name) || bad(why, "name", "–", "名称 / a name");
}

static bool method_is_sound(const struct draft *d, struct refusal *why)
{
    bool is_known = d->method >= 0 && d->method <= METHODS_COUNT;
    return is_known || bad(why, "method", say_int(why, d->method, ""), "OPEN_TENDER …");
}

static bool period_is_sound(const struct draft *d, struct refusal *why)
{
    if (!day_is(d->start) || !day_is(d->end) || d->end.n >= d->start.n)
        return true;
    return bad(why, "end_date", day_text(why->arena, d->end),
               say_text(why, "≥ %s", day_text(why->arena, d->start)));
}

static bool request_is_sound(const struct draft *d, struct refusal *why)
{
    return amount_is_sound(d->requested_fen, "requested_fen", why);
}

static bool price_is_sound(const struct draft *d, struct refusal *why)
{
    return amount_is_sound(d->unit_price_fen, "unit_price_fen", why);
}

typedef bool sound_fn(const struct draft *d, struct refusal *why);
static sound_fn *const sound_table[] = {code_is_sound,    name_is_sound,  method_is_sound, period_is_sound,
                                        request_is_sound, price_is_sound, shares_are_sound};

bool draft_is_sound(const struct draft *d, struct refusal *why) { return draft_flaws(d, why, 1) == 0; }

int draft_flaws(const struct draft *d, struct refusal *flaws, int max)
{
    int count = 0;
    for (size_t i = 0; i < COUNT_OF(sound_table) && count < max; i++)
        count += !sound_table[i](d, &flaws[count]);
    return count;
}

/* ---- what must be there before it goes up (DOMAIN 4.1, DRAFT → DEPT_REVIEW) ---- */

/* broke is what stands there, passes what must; returned NULL when all is well. */
struct fault {
    const char *field, *rule, *broke, *passes;
};
typedef bool fault_fn(const struct draft *d, int64_t year, struct refusal *say, struct fault *ret);

static bool lacks_content(const struct draft *d, int64_t year, struct refusal *say, struct fault *ret)
{
    (void)year, (void)say;
    *ret = (struct fault){"content", "B5", "–", "服务内容 / what is to be done"};
    return is_blank(d->content);
}

static bool lacks_catalogue(const struct draft *d, int64_t year, struct refusal *say, struct fault *ret)
{
    (void)year, (void)say;
    *ret = (struct fault){"catalogue_code", "C5", "–", "三级目录代码 / an entry of the third level"};
    return is_blank(d->catalogue_code);
}

static bool lacks_function(const struct draft *d, int64_t year, struct refusal *say, struct fault *ret)
{
    (void)year, (void)say;
    *ret = (struct fault){"function_code", "B7", d->function_code, "7 位数字 / 7 digits"};
    return !is_digits(d->function_code, 7);
}

static bool lacks_economic(const struct draft *d, int64_t year, struct refusal *say, struct fault *ret)
{
    (void)year, (void)say;
    *ret = (struct fault){"economic_code", "B7", d->economic_code, "5 位数字 / 5 digits"};
    return !is_digits(d->economic_code, 5);
}

static bool lacks_quantity(const struct draft *d, int64_t year, struct refusal *say, struct fault *ret)
{
    (void)year, (void)say;
    *ret = (struct fault){"quantity", "B5", "–", "数量 / how much"};
    return is_blank(d->quantity);
}

static bool lacks_price(const struct draft *d, int64_t year, struct refusal *say, struct fault *ret)
{
    (void)year, (void)say;
    *ret = (struct fault){"unit_price_fen", "B5", "0.00 元", "> 0.00 元"};
    return d->unit_price_fen <= 0;
}

static bool lacks_amount(const struct draft *d, int64_t year, struct refusal *say, struct fault *ret)
{
    (void)year, (void)say;
    *ret = (struct fault){"requested_fen", "B3", "0.00 元", "> 0.00 元"};
    return d->requested_fen <= 0;
}

static bool lacks_funds(const struct draft *d, int64_t year, struct refusal *say, struct fault *ret)
{
    (void)year;
    int64_t sum = 0;
    for (int i = 0; i < d->shares_count; i++)
        sum += d->shares[i].amount_fen; /* eight of at most MONEY_MAX cannot overflow */
    *ret = (struct fault){"fund_sources", "B15", say_fen(say, sum), say_fen(say, d->requested_fen)};
    return sum != d->requested_fen;
}

static bool lacks_provider(const struct draft *d, int64_t year, struct refusal *say, struct fault *ret)
{
    (void)year, (void)say;
    *ret = (struct fault){"provider_type", "P5", "–", "承接主体类型代码 / a type code, 410"};
    return is_blank(d->provider_type);
}

static bool lacks_method(const struct draft *d, int64_t year, struct refusal *say, struct fault *ret)
{
    (void)year, (void)say;
    *ret = (struct fault){"method", "M4", "–", "采购方式 / a method"};
    return d->method == 0;
}

/* 政府采购法 32: price inquiry is for goods only. */
static bool inquires_prices(const struct draft *d, int64_t year, struct refusal *say, struct fault *ret)
{
    (void)year, (void)say;
    *ret = (struct fault){"method", "CGF32", "INQUIRY (询价)",
                          "询价以外的方式 / any other method: inquiry is for goods"};
    return d->method == METHOD_INQUIRY;
}

static bool lacks_period(const struct draft *d, int64_t year, struct refusal *say, struct fault *ret)
{
    struct day first = day_of((int)year, 1, 1), last = day_of((int)year, 12, 31);
    const char *from = day_text(say->arena, d->start), *to = day_text(say->arena, d->end);
    *ret = (struct fault){"start_date", "B13", say_text(say, "%s…%s", from, to),
                          say_text(say, "%lld 年内 / within the year", (long long)year)};
    return !day_is(d->start) || !day_is(d->end) || d->start.n > last.n || d->end.n < first.n;
}

static bool lacks_basis(const struct draft *d, int64_t year, struct refusal *say, struct fault *ret)
{
    (void)year, (void)say;
    *ret = (struct fault){"basis", "B8", "–", "立项依据和测算说明 / why, and how the amount was found"};
    return is_blank(d->basis);
}

static fault_fn *const fault_table[] = {
    lacks_amount,    lacks_funds,    lacks_catalogue, lacks_function, lacks_economic,
    lacks_content,   lacks_quantity, lacks_price,     lacks_provider, lacks_method,
    inquires_prices, lacks_period,   lacks_basis,
};

int draft_faults(const struct draft *d, const char *id, int64_t year, struct refusal *faults, int max)
{
    int count = 0;
    for (size_t i = 0; i < COUNT_OF(fault_table) && count < max; i++) {
        struct fault f;
        if (!fault_table[i](d, year, &faults[count], &f))
            continue;
        refuse(&faults[count], "BUDGET_INCOMPLETE", .what = id, .field = f.field, .rule = f.rule,
               .broke = f.broke && *f.broke ? f.broke : "–", .passes = f.passes);
        count++;
    }
    return count;
}

bool draft_is_same_matter(const struct draft *a, const struct draft *b)
{
    bool is_named_so = text_is_same(a->name, b->name) || strcmp(a->project_code, b->project_code) == 0;
    return is_named_so && text_is_same(a->content, b->content) &&
           strcmp(a->catalogue_code, b->catalogue_code) == 0 &&
           strcmp(a->economic_code, b->economic_code) == 0;
}

/* ---- guards ---- */

bool window_is_open(const struct window *w, struct day today, struct refusal *why)
{
    if (day_is(w->reopened_to) && today.n <= w->reopened_to.n)
        return true;
    if (today.n < w->open.n)
        return refuse(why, "ROUND_NOT_OPEN", .field = "year", .rule = "U1",
                      .broke = day_text(why->arena, today), .passes = day_text(why->arena, w->open));
    if (today.n > w->due.n)
        return refuse(why, "ROUND_CLOSED", .field = "year", .rule = "U1",
                      .broke = day_text(why->arena, today), .passes = day_text(why->arena, w->due));
    return true;
}

bool window_is_overdue(const struct window *w, struct day today)
{
    struct day due = day_is(w->reopened_to) && w->reopened_to.n > w->due.n ? w->reopened_to : w->due;
    return day_is(due) && today.n > due.n;
}

bool steps_are_sound(const struct window steps[STEPS_COUNT + 1], int64_t year, struct refusal *why)
{
    if (year < 2000 || year > 2199)
        return bad(why, "year", say_int(why, year, ""), "2000–2199");
    for (int s = 1; s <= STEPS_COUNT; s++) {
        const char *step = names_of(&cycle_steps, s);
        if (!day_is(steps[s].open) || !day_is(steps[s].due))
            return bad(why, "steps", say_text(why, "缺 %s / %s is missing", step, step),
                       "U1 F1 D1 U2 F2 D2 各一次 / each of U1 F1 D1 U2 F2 D2 once");
        if (steps[s].due.n < steps[s].open.n)
            return bad(why, "steps", say_text(why, "%s %s", step, day_text(why->arena, steps[s].due)),
                       say_text(why, "≥ %s", day_text(why->arena, steps[s].open)));
        if (day_year(steps[s].open) < 2000 || day_year(steps[s].due) > year)
            return bad(why, "steps",
                       say_text(why, "%s %s…%s", step, day_text(why->arena, steps[s].open),
                                day_text(why->arena, steps[s].due)),
                       say_text(why, "2000-01-01…%lld-12-31", (long long)year));
        if (s > 1 && steps[s].open.n < steps[s - 1].open.n)
            return bad(why, "steps", say_text(why, "%s %s", step, day_text(why->arena, steps[s].open)),
                       say_text(why, "≥ %s", day_text(why->arena, steps[s - 1].open)));
    }
    return true;
}

bool within_control(int64_t sent_fen, int64_t line_fen, int64_t control_fen, const char *id,
                    struct refusal *why)
{
    int64_t sum = INT64_MAX;
    if (money_add(sent_fen, line_fen, &sum) && sum <= control_fen)
        return true;
    int64_t left = control_fen > sent_fen ? control_fen - sent_fen : 0;
    return refuse(why, "OVER_CONTROL", .what = id, .field = "requested_fen", .rule = "B1",
                  .broke = say_fen(why, sum),
                  .passes = say_text(why, "%s（本项目至多 / this line at most %s）",
                                     say_fen(why, control_fen), say_fen(why, left)));
}

bool is_another_person(const char *before, const char *actor, const char *id, struct refusal *why)
{
    if (!before || !*before || strcmp(before, actor) != 0)
        return true;
    return refuse(why, "SAME_PERSON", .what = id, .rule = "G-b", .broke = before,
                  .passes = "另一人 / somebody else");
}

static bool no_hand(int64_t steps, const char *person_id, const char *id, struct refusal *why)
{
    return steps == 0 || refuse(why, "SAME_PERSON", .what = id, .rule = "G-b", .broke = person_id,
                                .passes = "另一人 / somebody else");
}

bool hand_may_approve(const struct hand *h, const char *person_id, const char *id, struct refusal *why)
{
    return no_hand(h->drafts, person_id, id, why);
}

bool hand_may_judge(const struct hand *h, const char *person_id, const char *id, struct refusal *why)
{
    return no_hand(h->department, person_id, id, why);
}

bool basis_speaks_of_content(const char *rule)
{
    return (rule[0] == 'C' || rule[0] == 'P' || rule[0] == 'B') && strspn(rule + 1, "0123456789") > 0 &&
           law_find(rule);
}

bool grant_fits(int64_t granted_fen, int64_t control_fen, struct refusal *why)
{
    int64_t sum;
    if (money_add(granted_fen, control_fen, &sum) && sum <= MONEY_MAX)
        return true;
    return bad(why, "control_fen", say_fen(why, control_fen),
               say_text(why, "≤ %s", say_fen(why, granted_fen < MONEY_MAX ? MONEY_MAX - granted_fen : 0)));
}

bool step_has_begun(const struct window *w, struct day today, int64_t year, struct refusal *why)
{
    if (today.n >= w->open.n)
        return true;
    return refuse(why, "NOT_YET", .what = say_int(why, year, ""), .field = "year",
                  .broke = day_text(why->arena, today), .passes = day_text(why->arena, w->open));
}

bool congress_day_will_do(struct day congress, struct day from, struct day today, struct refusal *why)
{
    if (day_is(congress) && congress.n >= from.n && congress.n <= today.n)
        return true;
    return bad(why, "congress_date", day_is(congress) ? day_text(why->arena, congress) : "–",
               say_text(why, "%s … %s", day_text(why->arena, from), day_text(why->arena, today)));
}

bool verdict_is_sound(const struct verdict *v, int64_t requested_fen, struct refusal *why)
{
    if (v->decision < DECIDE_AGREE || v->decision > DECIDE_REFUSE)
        return bad(why, "decision", say_int(why, v->decision, ""), "AGREE, REDUCE, RETURN, REFUSE");
    if (v->decision != DECIDE_AGREE && is_blank(v->opinion))
        return refuse(why, "OPINION_MISSING", .field = "opinion", .rule = "G-d");
    if (v->decision == DECIDE_REDUCE && (v->control_fen <= 0 || v->control_fen >= requested_fen))
        return bad(why, "control_fen", say_fen(why, v->control_fen),
                   say_text(why, "> 0，< %s", say_fen(why, requested_fen)));
    if (v->decision == DECIDE_AGREE && v->control_fen != 0 && v->control_fen != requested_fen)
        return bad(why, "control_fen", say_fen(why, v->control_fen), say_fen(why, requested_fen));
    if (v->decision == DECIDE_REFUSE && is_blank(v->legal_basis))
        return refuse(why, "LEGAL_BASIS_MISSING", .field = "legal_basis", .rule = "S40", .broke = "–",
                      .passes = "N1…N14, C2, P4 …");
    return true;
}

int verdict_event(int decision)
{
    static const int events[] = {0, LINE_AGREE, LINE_REDUCE, LINE_SEND_BACK, LINE_REFUSE};
    return decision > 0 && decision < (int)COUNT_OF(events) ? events[decision] : 0;
}

int round_of_state(int line_state)
{
    switch (line_state) {
    case LINE_UP2_DRAFT:
    case LINE_UP2_REVIEW:
    case LINE_UP2:
    case LINE_FIN_FINAL:
    case LINE_COMPILED:
    case LINE_APPROVED:
    case LINE_ISSUED:
        return ROUND_U2;
    default:
        return ROUND_U1;
    }
}
