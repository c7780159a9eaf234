/* Drafting: a clerk makes a line and changes it, within what may be purchased at all. */
#include "server/domain/budget/budget_door.h"

#include <string.h>

#include "common/check.h"

/* ---- create ---- */

static void shares_take(struct call *c, PB(FundShare) *const *shares, size_t count, struct draft *ret)
{
    ret->shares = arena_array(c->arena, count + 1, sizeof *ret->shares);
    if (!ret->shares)
        return;
    for (size_t i = 0; i < count; i++)
        ret->shares[i] = (struct share){(int)shares[i]->source, shares[i]->amount_fen};
    ret->shares_count = (int)count;
}

static const char *unit_of(const struct call *c, const PB(CreateBudgetRequest) *req)
{
    return *req->unit_id ? req->unit_id : c->actor.unit_id;
}

struct number *line_want_number(struct call *c, int64_t year, const char *unit_id)
{
    return call_want_number(c, arena_printf(c->arena, "line/%lld/%s", (long long)year, unit_id));
}

void budget_create_load(struct call *c, const PB(CreateBudgetRequest) *req, struct create_facts *f)
{
    struct day start = year_start(req->year);
    cycle_want(c->tx, req->year, &f->cycle);
    unit_want(c->tx, unit_of(c, req), &f->unit);
    catalogue_want_entry(c->tx, req->catalogue_code, start, &f->entry);
    policy_want_type(c->tx, req->provider_type, start, &f->provider);
    f->numbers = line_want_number(c, req->year, unit_of(c, req));
}

void budget_create_follow(struct call *c, const PB(CreateBudgetRequest) *req, struct create_facts *f)
{
    if (f->unit.is_found)
        policy_want_type(c->tx, f->unit.type, year_start(req->year), &f->purchaser);
}

/* The draft as the request asks for it; false with refusals filed when a date is none. */
static bool draft_take(struct call *c, const PB(CreateBudgetRequest) *req, struct draft *ret)
{
    *ret = (struct draft){
        .project_code = req->project_code,
        .name = req->name,
        .content = req->content,
        .catalogue_code = req->catalogue_code,
        .function_code = req->function_code,
        .economic_code = req->economic_code,
        .quantity = req->quantity,
        .unit_price_fen = req->unit_price_fen,
        .requested_fen = req->requested_fen,
        .provider_type = req->provider_type,
        .method = (int)req->method,
        .is_new = req->is_new,
        .basis = req->basis,
    };
    shares_take(c, req->fund_sources, req->n_fund_sources, ret);
    bool starts = take_day(c, "start_date", req->start_date, &ret->start);
    bool ends = take_day(c, "end_date", req->end_date, &ret->end);
    return starts && ends;
}

/* P3, P4, K7 of the purchaser. */
bool unit_may_draft(const struct unit *u, const struct type_rule *purchaser, int64_t year,
                    struct refusal *why)
{
    struct day start = year_start(year), to = u->valid_to;
    if (u->valid_from.n > start.n || (day_is(to) && to.n < start.n))
        return refuse(why, "UNIT_CLOSED", .what = u->name, .field = "unit_id", .rule = "P3",
                      .broke = day_text(why->arena, start));
    return type_may_purchase(purchaser, u->name, why);
}

/* P4, P5; nobody in mind yet will do. */
bool provider_will_do(const struct type_rule *provider, const char *type, struct refusal *why)
{
    if (!*type || type_may_provide(provider, type, why))
        return true;
    why->field = "provider_type";
    return false;
}

bool line_starts(const struct call *c, const struct cycle *y, int64_t year, struct line_start *ret,
                 struct refusal *why)
{
    bool is_late = y->is_found && y->state == CYCLE_CONTROLLED;
    if (!cycle_is(y, year, is_late ? CYCLE_CONTROLLED : CYCLE_OPEN, why))
        return false;
    ret->event = is_late ? LINE_CREATE_LATE : LINE_CREATE;
    ret->round = is_late ? ROUND_U2 : ROUND_U1;
    return lifecycle_next(&line_life, 0, ret->event, c->actor.roles, &ret->state, why);
}

/* C5 of the catalogue entry, besides. */
static bool may_be_purchased(const struct create_facts *f, int64_t year, const struct draft *d,
                             struct refusal *why)
{
    return unit_may_draft(&f->unit, &f->purchaser, year, why) &&
           catalogue_entry_will_do(&f->entry, d->catalogue_code, why) &&
           provider_will_do(&f->provider, d->provider_type, why) && draft_is_sound(d, why);
}

enum status budget_create(struct call *c, const PB(CreateBudgetRequest) *req, const struct create_facts *f,
                          PB(CreateBudgetResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    struct line_start start;
    const char *unit_id = unit_of(c, req);
    if (!f->unit.is_found || !call_is_own(c, unit_id))
        return refuse_missing(c, "unit_id", unit_id);
    if (!line_starts(c, &f->cycle, req->year, &start, why))
        return refuse_with(c, why);

    struct budget_line l = {.unit_id = unit_id,
                            .year = req->year,
                            .clerk_id = c->actor.person_id,
                            .state = start.state,
                            .round = start.round};
    if (!draft_take(c, req, &l.d))
        return refuse_all(c);
    if (!may_be_purchased(f, req->year, &l.d, why))
        return refuse_with(c, why);

    l.department_id = *f->unit.parent_id ? f->unit.parent_id : unit_id;
    l.catalogue_name = f->entry.name;
    l.is_public_service = f->entry.is_public_service;
    l.id = arena_printf(c->arena, "%s-%lld-%s-%04lld", f->unit.division, (long long)req->year, unit_id,
                        (long long)call_take_number(c, f->numbers));
    struct line_step step = line_step_of(c, &l, start.event, NULL);
    step.from = 0;
    line_insert(c->tx, &l, &step);
    call_concerns(c, unit_id);
    call_concerns(c, l.department_id);

    reply->id = reply_text(l.id);
    reply->etag = reply_text(call_etag(c, 1));
    reply->state = (PB(BudgetState))l.state;
    return STATUS_OK;
}

/* ---- update ---- */

static const char *const updatable[] = {
    "project_code", "name",          "content",        "catalogue_code", "function_code", "economic_code",
    "quantity",     "requested_fen", "unit_price_fen", "fund_sources",   "provider_type", "method",
    "start_date",   "end_date",      "is_new",         "basis",
};

static bool names_field(const PB(UpdateBudgetRequest) *req, const char *field)
{
    for (size_t i = 0; i < req->n_update_fields; i++)
        if (strcmp(req->update_fields[i], field) == 0)
            return true;
    return false;
}

static bool fields_are_known(struct call *c, const PB(UpdateBudgetRequest) *req)
{
    struct refusal *why = call_refusal(c);
    if (req->n_update_fields == 0) {
        refuse(why, "NO_UPDATE_FIELDS", .field = "update_fields");
        refuse_add(c, why);
        return false;
    }
    for (size_t i = 0; i < req->n_update_fields; i++) {
        bool is_known = false;
        for (size_t k = 0; k < COUNT_OF(updatable); k++)
            is_known = is_known || strcmp(updatable[k], req->update_fields[i]) == 0;
        if (is_known)
            continue;
        refuse(why, "BAD_FIELD", .field = "update_fields", .broke = req->update_fields[i],
               .passes = "name, content …");
        refuse_add(c, why);
    }
    return !refuse_any(c);
}

static const char *named_text(const PB(UpdateBudgetRequest) *req, const char *field, const char *asked,
                              const char *kept)
{
    return names_field(req, field) ? asked : kept;
}

/* The draft with the named fields changed. */
static bool draft_change(struct call *c, const PB(UpdateBudgetRequest) *req, struct draft *d)
{
    d->project_code = named_text(req, "project_code", req->project_code, d->project_code);
    d->name = named_text(req, "name", req->name, d->name);
    d->content = named_text(req, "content", req->content, d->content);
    d->catalogue_code = named_text(req, "catalogue_code", req->catalogue_code, d->catalogue_code);
    d->function_code = named_text(req, "function_code", req->function_code, d->function_code);
    d->economic_code = named_text(req, "economic_code", req->economic_code, d->economic_code);
    d->quantity = named_text(req, "quantity", req->quantity, d->quantity);
    d->provider_type = named_text(req, "provider_type", req->provider_type, d->provider_type);
    d->basis = named_text(req, "basis", req->basis, d->basis);
    d->unit_price_fen = names_field(req, "unit_price_fen") ? req->unit_price_fen : d->unit_price_fen;
    d->requested_fen = names_field(req, "requested_fen") ? req->requested_fen : d->requested_fen;
    d->method = names_field(req, "method") ? (int)req->method : d->method;
    d->is_new = names_field(req, "is_new") ? req->is_new : d->is_new;
    if (names_field(req, "fund_sources"))
        shares_take(c, req->fund_sources, req->n_fund_sources, d);
    bool starts = !names_field(req, "start_date") || take_day(c, "start_date", req->start_date, &d->start);
    bool ends = !names_field(req, "end_date") || take_day(c, "end_date", req->end_date, &d->end);
    return starts && ends;
}

void budget_update_load(struct call *c, const PB(UpdateBudgetRequest) *req, struct update_facts *f)
{
    line_want(c->tx, &c->scope, req->budget_id, &f->line);
}

void budget_update_follow(struct call *c, const PB(UpdateBudgetRequest) *req, struct update_facts *f)
{
    if (!f->line.is_found)
        return;
    struct day start = year_start(f->line.year);
    const struct draft *d = &f->line.d;
    const char *entry = named_text(req, "catalogue_code", req->catalogue_code, d->catalogue_code);
    const char *type = named_text(req, "provider_type", req->provider_type, d->provider_type);
    catalogue_want_entry(c->tx, entry, start, &f->entry);
    policy_want_type(c->tx, type, start, &f->provider);
}

enum status budget_update(struct call *c, const PB(UpdateBudgetRequest) *req, const struct update_facts *f,
                          PB(UpdateBudgetResponse) *reply)
{
    struct budget_line after;
    enum status s = line_opens(c, &f->line, req->budget_id, req->etag, LINE_EDIT, &after);
    if (s != STATUS_OK)
        return s;
    if (!fields_are_known(c, req) || !draft_change(c, req, &after.d))
        return refuse_all(c);

    struct refusal *why = call_refusal(c);
    if (!catalogue_entry_will_do(&f->entry, after.d.catalogue_code, why) || !draft_is_sound(&after.d, why) ||
        !provider_will_do(&f->provider, after.d.provider_type, why))
        return refuse_with(c, why);

    after.catalogue_name = f->entry.name;
    after.is_public_service = f->entry.is_public_service;
    after.clerk_id = c->actor.person_id;
    after.has_consent = false; /* it was given to what stood there */
    struct line_step step = line_step_of(c, &f->line, LINE_EDIT, NULL);
    step.amount_fen = after.d.requested_fen;
    line_rewrite(c->tx, &after, &step);

    reply->id = reply_text(f->line.id);
    reply->etag = reply_text(call_etag(c, f->line.version + 1));
    reply->state = (PB(BudgetState))after.state;
    return STATUS_OK;
}
