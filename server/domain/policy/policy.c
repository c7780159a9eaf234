/* Policy: dated values, the type matrix and the calendar are loaded, confirmed and asked for. */
#include "server/domain/policy/policy.h"

#include <string.h>

#include "common/check.h"
#include "common/text.h"
#include "purser/v1/policy.pb-c.h"
#include "server/domain/policy/policy_rules.h"
#include "server/domain/policy/policy_store.h"

/* ---- records are proposed ---- */

struct import_facts {
    struct number *numbers;
};

static const char *propose(struct call *c, const struct import_facts *f, int kind, size_t rows)
{
    const struct proposal p = {.id = arena_printf(c->arena, "PP%04lld",
                                                  (long long)call_take_number(c, f->numbers)),
                               .proposed_by = c->actor.person_id,
                               .kind = kind,
                               .state = RULE_PROPOSED,
                               .row_count = (int64_t)rows};
    proposal_insert(c->tx, &p, c->now_us);
    return p.id;
}

static bool is_first_of(const char *const *names, const char *const *from, size_t at, struct refusal *why)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(names[i], names[at]) == 0 && strcmp(from[i], from[at]) == 0)
            return refuse(why, "ROW_TWICE", .field = "valid_from_date", .what = names[at], .broke = from[at]);
    return true;
}

static void policy_import_values_load(struct call *c, const PB(ImportRuleValuesRequest) *req,
                                      struct import_facts *f)
{
    (void)req;
    f->numbers = call_want_number(c, "policy_proposal");
}

static enum status policy_import_values(struct call *c, const PB(ImportRuleValuesRequest) *req,
                                        const struct import_facts *f, PB(ImportRuleValuesResponse) *reply)
{
    if (!rows_will_do(c, req->n_rows))
        return refuse_all(c);
    const size_t n = req->n_rows;
    const char **cells = arena_array(c->arena, 6 * n, sizeof *cells);
    int64_t *values = arena_array(c->arena, n, sizeof *values);
    if (!cells || !values)
        return STATUS_RESOURCE_EXHAUSTED;
    const struct rule_columns cols = {.rule_id = cells,
                                      .name = cells + n,
                                      .unit = cells + 2 * n,
                                      .valid_from = cells + 3 * n,
                                      .valid_to = cells + 4 * n,
                                      .source = cells + 5 * n,
                                      .value = values,
                                      .n = n};
    for (size_t i = 0; i < n; i++) {
        const PB(RuleValueRow) *r = req->rows[i];
        const struct rule_row row = {.rule_id = r->rule_id,
                                     .name = r->rule_name,
                                     .unit = r->value_unit,
                                     .valid_from = r->valid_from_date,
                                     .valid_to = r->valid_to_date,
                                     .source = r->source,
                                     .value = r->value};
        struct refusal *why = call_refusal(c);
        cols.rule_id[i] = row.rule_id, cols.name[i] = row.name, cols.unit[i] = row.unit,
        cols.value[i] = row.value;
        cols.valid_from[i] = row.valid_from, cols.valid_to[i] = row.valid_to, cols.source[i] = row.source;
        if (!rule_row_is_sound(&row, why) || !is_first_of(cols.rule_id, cols.valid_from, i, why))
            refuse_row(c, why, i);
    }
    if (refuse_any(c))
        return refuse_all(c);

    const char *id = propose(c, f, PROPOSAL_RULE_VALUES, n);
    rule_values_insert(c->tx, id, &cols);
    reply->proposal_id = reply_text(id);
    reply->etag = reply_text(call_etag(c, 1));
    reply->imported_count = (int64_t)n;
    return STATUS_OK;
}

static void policy_import_types_load(struct call *c, const PB(ImportTypeRulesRequest) *req,
                                     struct import_facts *f)
{
    (void)req;
    f->numbers = call_want_number(c, "policy_proposal");
}

static enum status policy_import_types(struct call *c, const PB(ImportTypeRulesRequest) *req,
                                       const struct import_facts *f, PB(ImportTypeRulesResponse) *reply)
{
    if (!rows_will_do(c, req->n_rows))
        return refuse_all(c);
    const size_t n = req->n_rows;
    const char **cells = arena_array(c->arena, 7 * n, sizeof *cells);
    if (!cells)
        return STATUS_RESOURCE_EXHAUSTED;
    const struct type_columns cols = {.type = cells,
                                      .name = cells + n,
                                      .rule_set = cells + 2 * n,
                                      .valid_from = cells + 3 * n,
                                      .valid_to = cells + 4 * n,
                                      .may_purchase = cells + 5 * n,
                                      .may_provide = cells + 6 * n,
                                      .n = n};
    for (size_t i = 0; i < n; i++) {
        const PB(TypeRuleRow) *r = req->rows[i];
        const struct type_row row = {.type = r->type,
                                     .name = r->type_name,
                                     .rule_set = r->rule_set,
                                     .valid_from = r->valid_from_date,
                                     .valid_to = r->valid_to_date,
                                     .may_purchase = r->may_purchase,
                                     .may_provide = r->may_provide};
        struct refusal *why = call_refusal(c);
        cols.type[i] = row.type, cols.name[i] = row.name, cols.rule_set[i] = row.rule_set;
        cols.valid_from[i] = row.valid_from, cols.valid_to[i] = row.valid_to;
        cols.may_purchase[i] = row.may_purchase, cols.may_provide[i] = row.may_provide;
        if (!type_row_is_sound(&row, why) || !is_first_of(cols.type, cols.valid_from, i, why))
            refuse_row(c, why, i);
    }
    if (refuse_any(c))
        return refuse_all(c);

    const char *id = propose(c, f, PROPOSAL_TYPE_RULES, n);
    type_rules_insert(c->tx, id, &cols);
    reply->proposal_id = reply_text(id);
    reply->etag = reply_text(call_etag(c, 1));
    reply->imported_count = (int64_t)n;
    return STATUS_OK;
}

/* ---- and settled by another person ---- */

struct settle_facts {
    struct proposal proposal;
};

/* Everything that settling needs but the state it ends in. Files what is wrong. */
static bool may_settle(struct call *c, const struct proposal *p, const char *id, const char *etag, int event,
                       int *ret_to)
{
    struct refusal *why = call_refusal(c);
    if (!p->is_found)
        (void)refuse(why, "NOT_FOUND", .field = "proposal_id", .what = id);
    else if (!call_etag_is(c, etag, p->version, p->id))
        return false;
    else if (lifecycle_next(&proposal_life, p->state, event, c->actor.roles, ret_to, why) &&
             proposal_is_by_another(p->id, p->proposed_by, c->actor.person_id, why))
        return true;
    if (!why->what)
        why->what = p->id;
    refuse_add(c, why);
    return false;
}

static void settle(struct call *c, const struct proposal *p, int to, const char *opinion)
{
    proposal_settle(c->tx, p, to, c->actor.person_id, c->now_us, opinion);
    if (p->kind == PROPOSAL_RULE_VALUES)
        rule_values_settle(c->tx, p->id, to);
    else
        type_rules_settle(c->tx, p->id, to);
}

static void policy_confirm_load(struct call *c, const PB(ConfirmProposalRequest) *req, struct settle_facts *f)
{
    proposal_want(c->tx, req->proposal_id, &f->proposal);
}

static enum status policy_confirm(struct call *c, const PB(ConfirmProposalRequest) *req,
                                  const struct settle_facts *f, PB(ConfirmProposalResponse) *reply)
{
    int to = 0;
    if (!may_settle(c, &f->proposal, req->proposal_id, req->etag, RULE_CONFIRM, &to))
        return refuse_all(c);

    settle(c, &f->proposal, to, "");
    reply->rule_state = (PB(RuleState))to;
    reply->etag = reply_text(call_etag(c, f->proposal.version + 1));
    return STATUS_OK;
}

static void policy_refuse_load(struct call *c, const PB(RefuseProposalRequest) *req, struct settle_facts *f)
{
    proposal_want(c->tx, req->proposal_id, &f->proposal);
}

static enum status policy_refuse(struct call *c, const PB(RefuseProposalRequest) *req,
                                 const struct settle_facts *f, PB(RefuseProposalResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    int to = 0;
    if (!may_settle(c, &f->proposal, req->proposal_id, req->etag, RULE_REFUSE, &to))
        return refuse_all(c);
    if (text_is_blank(req->opinion)) {
        (void)refuse(why, "OPINION_MISSING", .field = "opinion", .rule = "G-d", .what = f->proposal.id);
        return refuse_with(c, why);
    }

    settle(c, &f->proposal, to, req->opinion);
    reply->rule_state = (PB(RuleState))to;
    reply->etag = reply_text(call_etag(c, f->proposal.version + 1));
    return STATUS_OK;
}

/* ---- the calendar ---- */

struct calendar_facts {
    int nothing;
};
struct year_list {
    int64_t *of;
    size_t n;
};

static void policy_import_calendar_load(struct call *c, const PB(ImportCalendarRequest) *req,
                                        struct calendar_facts *f)
{
    (void)c, (void)req, (void)f;
}

static void add_year(struct year_list *years, int64_t year)
{
    for (size_t i = 0; i < years->n; i++)
        if (years->of[i] == year)
            return;
    years->of[years->n++] = year;
}

/* The rows into days, kinds and years; files what is wrong with them. */
static void read_days(struct call *c, const PB(ImportCalendarRequest) *req, struct day *days, int *kinds,
                      struct year_list *years)
{
    for (size_t i = 0; i < req->n_rows; i++) {
        struct refusal *why = call_refusal(c);
        kinds[i] = (int)req->rows[i]->day_kind;
        bool will_do = day_row_is_sound(req->rows[i]->day_date, kinds[i], &days[i], why);
        for (size_t k = 0; will_do && k < i; k++)
            if (days[k].n == days[i].n)
                will_do = refuse(why, "ROW_TWICE", .field = "day_date", .what = req->rows[i]->day_date);
        if (will_do)
            add_year(years, day_year(days[i]));
        else
            refuse_row(c, why, i);
    }
    for (size_t y = 0; !refuse_any(c) && y < years->n; y++) {
        struct refusal *why = call_refusal(c);
        if (!year_is_whole((int)years->of[y], days, kinds, req->n_rows, why))
            refuse_add(c, why);
    }
}

static enum status policy_import_calendar(struct call *c, const PB(ImportCalendarRequest) *req,
                                          const struct calendar_facts *f, PB(ImportCalendarResponse) *reply)
{
    (void)f;
    if (!rows_will_do(c, req->n_rows))
        return refuse_all(c);
    const size_t n = req->n_rows;
    struct day *days = arena_array(c->arena, n, sizeof *days);
    int *kinds = arena_array(c->arena, n, sizeof *kinds);
    struct year_list years = {.of = arena_array(c->arena, n, sizeof *years.of)};
    const char **cells = arena_array(c->arena, 3 * n, sizeof *cells);
    if (!days || !kinds || !years.of || !cells)
        return STATUS_RESOURCE_EXHAUSTED;
    read_days(c, req, days, kinds, &years);
    if (refuse_any(c))
        return refuse_all(c);

    const struct calendar_columns cols = {.day = cells,
                                          .kind = cells + n,
                                          .holiday = cells + 2 * n,
                                          .n = n,
                                          .years = years.of,
                                          .years_n = years.n};
    for (size_t i = 0; i < n; i++) {
        cols.day[i] = req->rows[i]->day_date;
        cols.kind[i] = names_of(&day_kinds, kinds[i]);
        cols.holiday[i] = req->rows[i]->holiday;
    }
    calendar_replace(c->tx, &cols, c->actor.person_id, c->now_us);
    reply->imported_count = (int64_t)n;
    reply->first_year = reply->last_year = years.of[0];
    for (size_t y = 0; y < years.n; y++) {
        reply->first_year = years.of[y] < reply->first_year ? years.of[y] : reply->first_year;
        reply->last_year = years.of[y] > reply->last_year ? years.of[y] : reply->last_year;
    }
    return STATUS_OK;
}

/* ---- the face's pure half ---- */

bool type_may_purchase(const struct type_rule *t, const char *what, struct refusal *why)
{
    if (!t->is_found)
        return refuse(why, "TYPE_UNKNOWN", .field = "type", .rule = "P3", .what = what);
    return verdict_allows_purchase(t->type, t->name, t->rule_set, t->may_purchase, what, why);
}

bool type_may_provide(const struct type_rule *t, const char *what, struct refusal *why)
{
    if (!t->is_found)
        return refuse(why, "TYPE_UNKNOWN", .field = "type", .rule = "P5", .what = what);
    return verdict_allows_provision(t->type, t->name, t->rule_set, t->may_provide, what, why);
}

bool calendar_rests(const void *ctx, struct day d)
{
    const struct calendar *cal = ctx;
    int low = 0, high = cal->count;
    while (low < high) {
        const int mid = low + (high - low) / 2;
        if (cal->days[mid].day.n < d.n)
            low = mid + 1;
        else
            high = mid;
    }
    if (low < cal->count && cal->days[low].day.n == d.n)
        return cal->days[low].rests;
    return day_rests_on_weekends(NULL, d);
}

bool calendar_covers(const struct calendar *cal, struct day from, struct day to)
{
    int last = day_year(to);
    for (int year = day_year(from); year <= last; year++) {
        bool is_loaded = false;
        for (int i = 0; i < cal->years_count; i++)
            is_loaded = is_loaded || cal->years[i].year == year;
        if (!is_loaded)
            return false;
    }
    return true;
}

struct day calendar_due(const struct calendar *cal, const struct rule_value *v, struct day from,
                        bool *ret_weekends_only)
{
    const struct day due = period_end(v->unit, v->value, from, calendar_rests, cal);
    *ret_weekends_only = !day_is(due) || !calendar_covers(cal, from, due);
    return due;
}

/* ---- the rows ---- */

WRITES(policy_import_values, ImportRuleValuesRequest, struct import_facts, ImportRuleValuesResponse);
WRITES(policy_import_types, ImportTypeRulesRequest, struct import_facts, ImportTypeRulesResponse);
WRITES(policy_confirm, ConfirmProposalRequest, struct settle_facts, ConfirmProposalResponse);
WRITES(policy_refuse, RefuseProposalRequest, struct settle_facts, RefuseProposalResponse);
WRITES(policy_import_calendar, ImportCalendarRequest, struct calendar_facts, ImportCalendarResponse);

/* clang-format off */
static struct rpc rows[] = {
    /*    verb                                          who may         key */
    WRITE(ImportRuleValues,  policy_import_values,      ROLE_OPERATOR,  ALONE),
    WRITE(ImportTypeRules,   policy_import_types,       ROLE_OPERATOR,  ALONE),
    READ (ListProposals,     ROLE_ANY, RPC_OPEN | RPC_LIST,             proposals_list_sql),
    WRITE(ConfirmProposal,   policy_confirm,            ROLE_LEADER,    ALONE),
    WRITE(RefuseProposal,    policy_refuse,             ROLE_LEADER,    ALONE),
    READ (GetRuleValue,      ROLE_ANY, RPC_OPEN,                        rule_value_get_sql),
    READ (ListRuleValues,    ROLE_ANY, RPC_OPEN | RPC_LIST,             rule_values_list_sql),
    READ (GetTypeRule,       ROLE_ANY, RPC_OPEN,                        type_rule_get_sql),
    READ (ListTypeRules,     ROLE_ANY, RPC_OPEN | RPC_LIST,             type_rules_list_sql),
    WRITE(ImportCalendar,    policy_import_calendar,    ROLE_OPERATOR,  ALONE),
    READ (ListCalendar,      ROLE_ANY, RPC_OPEN | RPC_LIST,             calendar_list_sql),
    READ (ListCalendarYears, ROLE_ANY, RPC_OPEN | RPC_LIST,             calendar_years_list_sql),
};
/* clang-format on */

static const ProtobufCServiceDescriptor *const services[] = {&purser__v1__policy_service__descriptor};
static const struct lifecycle *const lives[] = {&proposal_life};
static const char *const tables[] = {"policy_proposal", "rule_value", "type_rule", "calendar_day",
                                     "calendar_year"};

const struct noun noun_policy = {.name = "policy",
                                 .services = services,
                                 .services_count = COUNT_OF(services),
                                 .rows = rows,
                                 .rows_count = COUNT_OF(rows),
                                 .lives = lives,
                                 .lives_count = COUNT_OF(lives),
                                 .tables = tables,
                                 .tables_count = COUNT_OF(tables)};
