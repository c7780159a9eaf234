/* Lines from a file: a clerk opens an import, appends its rows, each checked like a single draft, and
 * commits: then all of them are lines that he has drafted, or none. Until then they are nobody's business but
 * his. */
#include "server/domain/budget/budget_door.h"

#include <stdlib.h>
#include <string.h>

#include "common/check.h"
#include "common/money.h"
#include "common/rows.h"

/* ---- open ---- */

void import_open_load(struct call *c, const PB(OpenImportRequest) *req, struct import_open_facts *f)
{
    cycle_want(c->tx, req->year, &f->cycle);
    import_want_open(c->tx, c->actor.person_id, &f->open);
    f->numbers = call_want_number(c, arena_printf(c->arena, "import/%lld", (long long)req->year));
}

/* Whoever begins anew has given up what he began before: a client that died half-way needs no other way back.
 */
enum status import_open(struct call *c, const PB(OpenImportRequest) *req, const struct import_open_facts *f,
                        PB(OpenImportResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    struct line_start start;
    int state, replaced = 0;
    if (!line_starts(c, &f->cycle, req->year, &start, why) ||
        !lifecycle_next(&import_life, 0, IMPORT_OPEN, c->actor.roles, &state, why) ||
        (f->open.is_found &&
         !lifecycle_next(&import_life, f->open.state, IMPORT_REPLACE, c->actor.roles, &replaced, why)))
        return refuse_with(c, why);

    if (f->open.is_found)
        import_replace(c->tx, &f->open, replaced, c->now_us);
    static const uint8_t nothing[HASH_BYTES];
    const struct import m = {.id = arena_printf(c->arena, "IM-%lld-%04lld", (long long)req->year,
                                                (long long)call_take_number(c, f->numbers)),
                             .state = state,
                             .year = req->year,
                             .digest = {nothing, sizeof nothing}};
    import_insert(c->tx, &m, c->actor.unit_id, c->actor.person_id, c->now_us);
    reply->import_id = reply_text(m.id);
    return STATUS_OK;
}

/* ---- what rows refer to ---- */

static int compare_unit(const void *id, const void *unit)
{
    return strcmp(id, ((const struct unit *)unit)->id);
}

static const struct unit *unit_in(const struct row_facts *f, const char *id)
{
    static const struct unit none;
    size_t n = (size_t)f->units_count;
    const struct unit *u = n ? bsearch(id, f->units, n, sizeof *u, compare_unit) : NULL;
    return u ? u : &none;
}

static int compare_entry(const void *code, const void *entry)
{
    return strcmp(code, ((const struct catalogue_entry *)entry)->code);
}

static const struct catalogue_entry *entry_in(const struct row_facts *f, const char *code)
{
    static const struct catalogue_entry none;
    size_t n = (size_t)f->entries_count;
    const struct catalogue_entry *e = n ? bsearch(code, f->entries, n, sizeof *e, compare_entry) : NULL;
    return e ? e : &none;
}

static const struct type_rule *type_in(const struct row_facts *f, const char *type)
{
    static const struct type_rule none;
    for (int i = 0; i < f->types_count; i++)
        if (strcmp(f->types[i].type, type) == 0)
            return &f->types[i];
    return &none;
}

static void facts_want(struct call *c, int64_t year, const char *const *unit_ids, size_t units,
                       const char *const *codes, size_t entries, struct row_facts *ret)
{
    struct day start = year_start(year);
    cycle_want(c->tx, year, &ret->cycle);
    unit_want_many(c->tx, unit_ids, units, &ret->units, &ret->units_count);
    catalogue_want_entries(c->tx, codes, entries, start, &ret->entries, &ret->entries_count);
    policy_want_types(c->tx, start, &ret->types, &ret->types_count);
}

/* Each of the three files what it finds, with the place of the row. */

static void check_unit(struct call *c, const struct row_facts *f, int64_t year, const char *unit_id,
                       size_t row)
{
    struct refusal why = {.arena = c->arena};
    const struct unit *u = unit_in(f, unit_id);
    if (!u->is_found || !call_is_own(c, unit_id))
        (void)refuse(&why, "NOT_FOUND", .what = unit_id);
    else if (unit_may_draft(u, type_in(f, u->type), year, &why))
        return;
    why.field = "unit_id";
    refuse_row(c, &why, row);
}

static void check_entry(struct call *c, const struct row_facts *f, const char *code, size_t row)
{
    struct refusal why = {.arena = c->arena};
    if (catalogue_entry_will_do(entry_in(f, code), code, &why))
        return;
    why.field = "catalogue_code";
    refuse_row(c, &why, row);
}

static void check_provider(struct call *c, const struct row_facts *f, const char *type, size_t row)
{
    struct refusal why = {.arena = c->arena};
    if (!provider_will_do(type_in(f, type), type, &why))
        refuse_row(c, &why, row);
}

/* ---- append ---- */

/* The columns of amounts by source, in the order of the sources. */
static const struct {
    const char *field;
    size_t offset;
} source_columns[SHARES_MAX] = {
#define COLUMN(name)                                                                                         \
    {                                                                                                        \
#name, offsetof(PB(BudgetRow), name)                                                                 \
    }
    COLUMN(general_fen),         COLUMN(government_fund_fen),
    COLUMN(state_capital_fen),   COLUMN(social_insurance_fen),
    COLUMN(transfer_fen),        COLUMN(carry_over_fen),
    COLUMN(special_account_fen), COLUMN(own_fen),
#undef COLUMN
};

static int64_t column_amount(const PB(BudgetRow) *r, int source)
{
    return *(const int64_t *)(const void *)((const char *)r + source_columns[source - 1].offset);
}

static int64_t amount_from(const PB(BudgetRow) *r, int source)
{
    return (int)r->fund_source == source ? r->requested_fen : column_amount(r, source);
}

static bool amount_is_sound(int64_t fen) { return fen > 0 && fen <= MONEY_MAX; }

static const char *unit_of(const struct call *c, const PB(BudgetRow) *r)
{
    return *r->unit_id ? r->unit_id : c->actor.unit_id;
}

void rows_append_load(struct call *c, const PB(AppendRowsRequest) *req, struct append_facts *f)
{
    const size_t n = req->n_rows > ROWS_MAX ? 0 : req->n_rows;
    const char **units = arena_array(c->arena, n + 1, sizeof *units);
    const char **codes = arena_array(c->arena, n + 1, sizeof *codes);
    if (!units || !codes)
        return;
    for (size_t i = 0; i < n; i++) {
        units[i] = unit_of(c, req->rows[i]);
        codes[i] = req->rows[i]->catalogue_code;
    }
    import_want(c->tx, req->import_id, c->actor.person_id, &f->import);
    facts_want(c, req->year, units, n, codes, n, &f->about);
}

/* The draft that a row asks for; files a source that is named twice over. A bad date has not come this far.
 */
static void draft_take(struct call *c, const PB(BudgetRow) *r, size_t row, struct share shares[SHARES_MAX],
                       struct draft *ret)
{
    *ret = (struct draft){
        .project_code = r->project_code,
        .name = r->name,
        .content = r->content,
        .catalogue_code = r->catalogue_code,
        .function_code = r->function_code,
        .economic_code = r->economic_code,
        .quantity = r->quantity,
        .unit_price_fen = r->unit_price_fen,
        .requested_fen = r->requested_fen,
        .provider_type = r->provider_type,
        .method = (int)r->method,
        .is_new = r->is_new,
        .basis = r->basis,
        .start = DAY_NONE,
        .end = DAY_NONE,
        .shares = shares,
    };
    (void)!day_parse_iso(r->start_date, &ret->start);
    (void)!day_parse_iso(r->end_date, &ret->end);
    bool is_shared = false;
    for (int s = 1; s <= SHARES_MAX; s++) {
        int64_t amount = amount_from(r, s);
        is_shared = is_shared || column_amount(r, s) != 0;
        if (amount != 0 && !(r->fund_source && !amount_is_sound(amount))) /* that is said of requested_fen */
            ret->shares[ret->shares_count++] = (struct share){s, amount};
    }
    if (r->fund_source && is_shared) {
        struct refusal why = {.arena = c->arena};
        (void)refuse(&why, "BAD_FIELD", .field = "fund_source",
                     .broke = names_of(&fund_sources, (int)r->fund_source),
                     .passes = "留空，或不分列 / empty, or no amounts by source");
        refuse_row(c, &why, row);
    }
}

/* "fund_sources[1].amount_fen" of the draft is "own_fen" of the row. */
static const char *column_of(const struct draft *d, const char *field)
{
    const char *open = strchr(field, '[');
    long i = open ? strtol(open + 1, NULL, 10) : -1;
    return i >= 0 && i < d->shares_count ? source_columns[d->shares[i].source - 1].field : field;
}

#define FLAWS_MAX 8

static void check_draft(struct call *c, const struct draft *d, size_t row)
{
    struct refusal flaws[FLAWS_MAX];
    for (int i = 0; i < FLAWS_MAX; i++)
        flaws[i] = (struct refusal){.arena = c->arena};
    int count = draft_flaws(d, flaws, FLAWS_MAX);
    for (int i = 0; i < count; i++) {
        flaws[i].field = column_of(d, flaws[i].field);
        refuse_row(c, &flaws[i], row);
    }
}

/* Everything that keeps one row from being a draft, and the row for the table. */
static void row_take(struct call *c, const PB(AppendRowsRequest) *req, const struct row_facts *f, size_t i,
                     struct import_rows *out)
{
    const PB(BudgetRow) *r = req->rows[i];
    struct share shares[SHARES_MAX];
    struct draft d;
    draft_take(c, r, i, shares, &d);
    check_unit(c, f, req->year, unit_of(c, r), i);
    check_entry(c, f, d.catalogue_code, i);
    check_provider(c, f, d.provider_type, i);
    check_draft(c, &d, i);

    const char *const texts[ROW_TEXTS] = {
        [ROW_UNIT] = unit_of(c, r),
        [ROW_PROJECT] = d.project_code,
        [ROW_NAME] = d.name,
        [ROW_CONTENT] = d.content,
        [ROW_CATALOGUE] = d.catalogue_code,
        [ROW_FUNCTION] = d.function_code,
        [ROW_ECONOMIC] = d.economic_code,
        [ROW_QUANTITY] = d.quantity,
        [ROW_PROVIDER] = d.provider_type,
        [ROW_METHOD] = names_of(&purchase_methods, d.method),
        [ROW_START] = r->start_date,
        [ROW_END] = r->end_date,
        [ROW_BASIS] = d.basis,
    };
    for (int k = 0; k < ROW_TEXTS; k++)
        out->text[k][i] = texts[k];
    out->number[ROW_PRICE][i] = d.unit_price_fen;
    out->number[ROW_REQUESTED][i] = d.requested_fen;
    out->number[ROW_IS_NEW][i] = d.is_new;
    for (int s = 1; s <= SHARES_MAX; s++)
        out->number[ROW_SOURCES + s - 1][i] = amount_from(r, s);
}

static bool rows_make_room(struct call *c, size_t n, struct import_rows *ret)
{
    ret->count = n;
    for (int k = 0; k < ROW_TEXTS; k++)
        ret->text[k] = arena_array(c->arena, n, sizeof(const char *));
    for (int k = 0; k < ROW_NUMBERS; k++)
        ret->number[k] = arena_array(c->arena, n, sizeof(int64_t));
    return !arena_is_full(c->arena);
}

static void part_of(const struct import *m, struct import_part *ret)
{
    *ret = (struct import_part){.year = m->year, .rows = m->rows};
    if (m->digest.len == HASH_BYTES) /* as the table's CHECK has it */
        memcpy(ret->digest.b, m->digest.data, HASH_BYTES);
}

/* Rows of no import may be checked: that is what a file is tried with. */
static bool may_append(struct call *c, const PB(AppendRowsRequest) *req, const struct append_facts *f,
                       struct import_part *ret)
{
    struct refusal *why = call_refusal(c);
    struct line_start start;
    int state;
    if (!line_starts(c, &f->about.cycle, req->year, &start, why)) {
        refuse_add(c, why);
        return false;
    }
    if (c->validate_only && !*req->import_id)
        return true;
    if (lifecycle_next(&import_life, f->import.state, IMPORT_APPEND, c->actor.roles, &state, why) &&
        import_continues(ret, req->year, req->first_row, (int64_t)req->n_rows, why))
        return true;
    why->what = f->import.id;
    refuse_add(c, why);
    return false;
}

/* Writes rows that were found good behind those that are there. */
static enum status rows_keep(struct call *c, const PB(AppendRowsRequest) *req, const struct import *m,
                             struct import_part part, const struct import_rows *rows)
{
    for (size_t i = 0; i < req->n_rows; i++)
        if (!rows_digest_add(&part.digest, &req->rows[i]->base, c->arena))
            return STATUS_RESOURCE_EXHAUSTED;
    struct import after = *m;
    after.rows += (int64_t)req->n_rows;
    after.digest = (struct bytes){part.digest.b, HASH_BYTES};
    import_append(c->tx, &after, rows, c->now_us);
    return STATUS_OK;
}

enum status rows_append(struct call *c, const PB(AppendRowsRequest) *req, const struct append_facts *f,
                        PB(AppendRowsResponse) *reply)
{
    bool is_trial = c->validate_only && !*req->import_id;
    struct import_part part;
    struct import_rows rows;
    if (!is_trial && !f->import.is_found)
        return refuse_missing(c, "import_id", req->import_id);
    part_of(&f->import, &part);
    if (!rows_will_do(c, req->n_rows) || !may_append(c, req, f, &part))
        return refuse_all(c);
    if (!rows_make_room(c, req->n_rows, &rows))
        return STATUS_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < req->n_rows && c->refusals_count < (int)COUNT_OF(c->refusals); i++)
        row_take(c, req, &f->about, i, &rows);
    if (refuse_any(c))
        return refuse_all(c);

    enum status s = is_trial ? STATUS_OK : rows_keep(c, req, &f->import, part, &rows);
    reply->import_id = reply_text(req->import_id);
    reply->row_count = part.rows + (int64_t)req->n_rows;
    return s;
}

/* ---- commit ---- */

void import_commits_load(struct call *c, const PB(CommitImportRequest) *req, struct commit_facts *f)
{
    import_want(c->tx, req->import_id, c->actor.person_id, &f->import);
    import_want_units(c->tx, req->import_id, &f->units);
    import_want_entries(c->tx, req->import_id, &f->entries);
    import_want_providers(c->tx, req->import_id, &f->providers);
}

static const char **ids_of(struct call *c, const struct import_refs *refs)
{
    const char **ids = arena_array(c->arena, (size_t)refs->count + 1, sizeof *ids);
    for (int i = 0; ids && i < refs->count; i++)
        ids[i] = refs->rows[i].id;
    return ids;
}

void import_commits_follow(struct call *c, const PB(CommitImportRequest) *req, struct commit_facts *f)
{
    (void)req;
    const char **units = ids_of(c, &f->units), **codes = ids_of(c, &f->entries);
    f->numbers = arena_array(c->arena, (size_t)f->units.count + 1, sizeof(struct number *));
    if (!f->import.is_found || !units || !codes || !f->numbers)
        return;
    facts_want(c, f->import.year, units, (size_t)f->units.count, codes, (size_t)f->entries.count, &f->about);
    for (int i = 0; i < f->units.count; i++)
        f->numbers[i] = line_want_number(c, f->import.year, units[i]);
}

/* What rows were checked against may have changed since they came. The place is that in the file. */
static bool still_stands(struct call *c, const struct commit_facts *f)
{
    for (int i = 0; i < f->units.count; i++)
        check_unit(c, &f->about, f->import.year, f->units.rows[i].id, (size_t)f->units.rows[i].first_row - 1);
    for (int i = 0; i < f->entries.count; i++)
        check_entry(c, &f->about, f->entries.rows[i].id, (size_t)f->entries.rows[i].first_row - 1);
    for (int i = 0; i < f->providers.count; i++)
        check_provider(c, &f->about, f->providers.rows[i].id, (size_t)f->providers.rows[i].first_row - 1);
    return !refuse_any(c);
}

static bool may_commit(struct call *c, const PB(CommitImportRequest) *req, const struct commit_facts *f,
                       struct line_start *ret)
{
    struct refusal *why = call_refusal(c);
    struct import_part part;
    int state;
    part_of(&f->import, &part);
    part.rows = 0; /* those that are there: nobody takes a row's word for how many there are */
    for (int i = 0; i < f->units.count; i++)
        part.rows += f->units.rows[i].rows;
    if (lifecycle_next(&import_life, f->import.state, IMPORT_COMMIT, c->actor.roles, &state, why) &&
        import_is_whole(&part, req->row_count, request_bytes(req->digest), why) &&
        line_starts(c, &f->about.cycle, f->import.year, ret, why))
        return still_stands(c, f);
    why->what = why->what ? why->what : f->import.id;
    refuse_add(c, why);
    return false;
}

static bool making_make_room(struct call *c, const struct commit_facts *f, struct import_making *ret,
                             PB(CommitImportResponse) *reply)
{
    ret->units = (size_t)f->units.count;
    ret->entries = (size_t)f->entries.count;
    ret->unit_id = ids_of(c, &f->units);
    ret->department_id = arena_array(c->arena, ret->units, sizeof(char *));
    ret->prefix = arena_array(c->arena, ret->units, sizeof(char *));
    ret->first = arena_array(c->arena, ret->units, sizeof(int64_t));
    ret->code = ids_of(c, &f->entries);
    ret->entry_name = arena_array(c->arena, ret->entries, sizeof(char *));
    ret->is_public_service = arena_array(c->arena, ret->entries, sizeof(int64_t));
    reply->units = arena_array(c->arena, ret->units, sizeof *reply->units);
    PB(ImportedUnit) *said = arena_array(c->arena, ret->units, sizeof *said);
    for (size_t i = 0; said && reply->units && i < ret->units; i++) {
        purser__v1__imported_unit__init(&said[i]);
        reply->units[reply->n_units++] = &said[i];
    }
    return !arena_is_full(c->arena);
}

static const char *line_id(struct call *c, const char *prefix, int64_t number)
{
    return arena_printf(c->arena, "%s%04lld", prefix, (long long)number);
}

/* The lines of one unit: their numbers, and what the answer says of them. */
static void unit_make(struct call *c, const struct commit_facts *f, int i, struct import_making *m,
                      PB(CommitImportResponse) *reply)
{
    const struct import_ref *ref = &f->units.rows[i];
    const struct unit *u = unit_in(&f->about, ref->id);
    PB(ImportedUnit) *said = reply->units[i];
    m->department_id[i] = *u->parent_id ? u->parent_id : u->id;
    m->prefix[i] = arena_printf(c->arena, "%s-%lld-%s-", u->division, (long long)f->import.year, u->id);
    m->first[i] = call_take_numbers(c, f->numbers[i], ref->rows);
    call_concerns(c, u->id);
    call_concerns(c, m->department_id[i]);

    said->unit_id = reply_text(u->id);
    said->lines = ref->rows;
    said->requested_fen = ref->requested_fen;
    said->first_id = reply_text(line_id(c, m->prefix[i], m->first[i]));
    said->last_id = reply_text(line_id(c, m->prefix[i], m->first[i] + ref->rows - 1));
}

enum status import_commits(struct call *c, const PB(CommitImportRequest) *req, const struct commit_facts *f,
                           PB(CommitImportResponse) *reply)
{
    struct line_start start;
    struct import_making m = {.import = &f->import};
    if (!f->import.is_found)
        return refuse_missing(c, "import_id", req->import_id);
    if (!may_commit(c, req, f, &start))
        return refuse_all(c);
    if (!making_make_room(c, f, &m, reply))
        return STATUS_RESOURCE_EXHAUSTED;

    for (int i = 0; i < f->units.count; i++)
        unit_make(c, f, i, &m, reply);
    for (int i = 0; i < f->entries.count; i++) {
        const struct catalogue_entry *e = entry_in(&f->about, m.code[i]);
        m.entry_name[i] = e->name;
        m.is_public_service[i] = e->is_public_service;
    }
    const struct line_step step = {.event = start.event,
                                   .person_id = c->actor.person_id,
                                   .now_us = c->now_us};
    m.step = &step;
    m.state = start.state;
    m.round = start.round;
    import_commit(c->tx, &m);
    reply->import_id = reply_text(f->import.id);
    reply->imported = f->import.rows;
    return STATUS_OK;
}
