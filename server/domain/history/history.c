/* The door of history: records of other years are imported by one person and confirmed by another. */
#include "server/domain/history/history.h"

#include <string.h>

#include "common/check.h"
#include "common/text.h"
#include "purser/v1/history.pb-c.h"
#include "server/domain/catalogue/catalogue.h"
#include "server/domain/history/history_rules.h"
#include "server/domain/history/history_store.h"
#include "server/domain/policy/policy.h"
#include "server/domain/unit/unit.h"

#define ROWS_MAX 500

/* ---- imported ---- */

/* What is asked beside each row. Rows about the same thing ask once: at the first of them. */
struct beside {
    struct unit unit;
    struct type_rule then, now;
    struct catalogue_entry entry;
};
struct import_facts {
    struct go_live go_live;
    struct number *numbers;
    struct history_columns columns;
    struct beside *beside;
    struct history_twin *twins;
    int twins_count;
};

static size_t first_of(const char *const *column, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(column[i], column[at]) == 0)
            return i;
    return at;
}

static void history_import_load(struct call *c, const PB(ImportHistoryRequest) *req, struct import_facts *f)
{
    const size_t n = req->n_rows > ROWS_MAX ? 0 : req->n_rows;
    unit_want_go_live(c->tx, &f->go_live);
    f->numbers = call_want_number(c, "history");
    f->beside = arena_array(c->arena, n + 1, sizeof *f->beside);
    if (!f->beside || !history_columns_init(&f->columns, c->arena, n))
        return;

    const struct history_columns *k = &f->columns;
    for (size_t i = 0; i < n; i++) {
        const PB(HistoryRow) *r = req->rows[i];
        k->period_start[i] = r->period_start_date, k->period_end[i] = r->period_end_date;
        k->unit_id[i] = r->unit_id, k->unit_name[i] = r->unit_name, k->catalogue_code[i] = r->catalogue_code;
        k->project_name[i] = r->project_name, k->provider_type[i] = r->provider_type;
        k->measure[i] = names_of(&history_measures, (int)r->measure), k->amount_fen[i] = r->amount_fen;
        if (first_of(k->unit_id, i) == i)
            unit_want(c->tx, r->unit_id, &f->beside[i].unit);
        if (first_of(k->catalogue_code, i) == i)
            catalogue_want_entry(c->tx, r->catalogue_code, c->today, &f->beside[i].entry);
    }
    if (n > 0)
        history_twins_want(c->tx, k, &f->twins, &f->twins_count);
}

/* What the unit's type might do in the period, and may do today. */
static void history_import_follow(struct call *c, const PB(ImportHistoryRequest) *req, struct import_facts *f)
{
    const size_t n = f->beside ? f->columns.n : 0;
    for (size_t i = 0; i < n; i++) {
        const struct unit *u = &f->beside[first_of(f->columns.unit_id, i)].unit;
        struct day end;
        if (!u->is_found || !day_parse_iso(req->rows[i]->period_end_date, &end))
            continue;
        policy_want_type(c->tx, u->type, end, &f->beside[i].then);
        if (first_of(f->columns.unit_id, i) == i)
            policy_want_type(c->tx, u->type, c->today, &f->beside[i].now);
    }
}

static struct history_claim claim_of(const PB(HistoryRow) *r)
{
    return (struct history_claim){r->period_start_date, r->period_end_date, r->unit_id,      r->unit_name,
                                  r->catalogue_code,    r->project_name,    (int)r->measure, r->amount_fen};
}

static bool is_same_row(const PB(HistoryRow) *a, const PB(HistoryRow) *b)
{
    return a->measure == b->measure && strcmp(a->period_start_date, b->period_start_date) == 0 &&
           strcmp(a->period_end_date, b->period_end_date) == 0 && strcmp(a->unit_id, b->unit_id) == 0 &&
           strcmp(a->catalogue_code, b->catalogue_code) == 0 && strcmp(a->project_name, b->project_name) == 0;
}

static bool row_will_do(const PB(ImportHistoryRequest) *req, const struct import_facts *f, size_t at,
                        struct refusal *why)
{
    const PB(HistoryRow) *r = req->rows[at];
    const struct history_claim claim = claim_of(r);
    if (!history_claim_is_sound(&claim, f->go_live.date, why))
        return false;
    for (size_t i = 0; i < at; i++)
        if (is_same_row(req->rows[i], r))
            return refuse(why, "ROW_TWICE", .field = "project_name", .what = r->project_name,
                          .broke = say_text(why, "rows[%zu]", i));
    for (int i = 0; i < f->twins_count; i++)
        if (f->twins[i].at == (int64_t)at)
            return refuse(why, "HISTORY_TWICE", .field = "project_name", .what = r->project_name,
                          .broke = f->twins[i].batch_id);
    return true;
}

static enum status refuse_bad_rows(struct call *c, const PB(ImportHistoryRequest) *req,
                                   const struct import_facts *f)
{
    struct refusal *why = call_refusal(c);
    if (req->n_rows < 1 || req->n_rows > ROWS_MAX) {
        (void)refuse(why, req->n_rows ? "TOO_MANY_ROWS" : "BAD_FIELD", .field = "rows",
                     .broke = say_int(why, (int64_t)req->n_rows, "行 (rows)"), .passes = "1 … 500");
        return refuse_with(c, why);
    }
    if (!f->go_live.is_found)
        return refuse_missing(c, "city", "city");
    for (size_t i = 0; i < req->n_rows; i++) {
        why = call_refusal(c);
        if (row_will_do(req, f, i, why))
            continue;
        why->field = arena_printf(c->arena, "rows[%zu].%s", i, why->field);
        refuse_add(c, why);
    }
    return refuse_any(c) ? refuse_all(c) : STATUS_OK;
}

/* Fills the columns that are ours to say, and the totals of the batch. */
static void judge_rows(struct call *c, const PB(ImportHistoryRequest) *req, const struct import_facts *f,
                       struct history_batch *b)
{
    const struct history_columns *k = &f->columns;
    for (size_t i = 0; i < k->n; i++) {
        const struct beside *of_unit = &f->beside[first_of(k->unit_id, i)];
        const struct type_rule *then = &f->beside[i].then, *now = &of_unit->now;
        const struct history_claim claim = claim_of(req->rows[i]);
        const struct history_beside beside =
            {.has_unit = of_unit->unit.is_found,
             .has_rules_then = then->is_found,
             .has_rules_now = now->is_found,
             .in_catalogue = f->beside[first_of(k->catalogue_code, i)].entry.is_found,
             .unit_name = of_unit->unit.name,
             .may_purchase_then = then->may_purchase,
             .may_purchase_now = now->may_purchase,
             .rule_set_then = then->rule_set,
             .rule_set_now = now->rule_set,
             .unit_from = of_unit->unit.valid_from,
             .unit_to = of_unit->unit.valid_to};
        k->id[i] = arena_printf(c->arena, "%s-%03zu", b->id, i + 1);
        k->rule_set[i] = then->is_found ? then->rule_set : "";
        k->differences[i] = history_differences(c->arena, &claim, &beside);
        b->noted += *k->differences[i] != '\0';
        b->total_fen += k->amount_fen[i];
        call_concerns(c, k->unit_id[i]);
    }
}

static enum status history_import(struct call *c, const PB(ImportHistoryRequest) *req,
                                  const struct import_facts *f, PB(ImportHistoryResponse) *reply)
{
    enum status bad = refuse_bad_rows(c, req, f);
    if (bad)
        return bad;
    struct refusal *why = call_refusal(c);
    struct history_batch b = {.source = req->source,
                              .prepared_by = c->actor.person_id,
                              .records = (int64_t)req->n_rows,
                              .version = 1};
    if (!lifecycle_next(&history_life, 0, HISTORY_IMPORT, c->actor.roles, &b.state, why))
        return refuse_with(c, why);

    b.id = arena_printf(c->arena, "H-%04lld", (long long)call_take_number(c, f->numbers));
    judge_rows(c, req, f, &b);
    history_batch_insert(c->tx, &b);
    history_event_insert(c->tx, b.id, 1, HISTORY_IMPORT, 0, b.state, c->actor.person_id, c->now_us, "");
    history_records_insert(c->tx, b.id, &f->columns);
    reply->batch_id = reply_text(b.id);
    reply->imported_count = b.records;
    reply->total_fen = b.total_fen;
    reply->noted_count = b.noted;
    reply->state = (PB(HistoryState))b.state;
    reply->etag = reply_text(call_etag(c, b.version));
    return STATUS_OK;
}

/* ---- confirmed or refused, by somebody else ---- */

struct decide_facts {
    struct history_batch batch;
    struct history_unit *units;
    int units_count;
};

static enum status decide(struct call *c, const struct decide_facts *f, const char *id, const char *etag,
                          const char *opinion, int event, int *ret_state)
{
    const struct history_batch *b = &f->batch;
    struct refusal *why = call_refusal(c);
    if (!b->is_found)
        return refuse_missing(c, "batch_id", id);
    if (!call_etag_is(c, etag, b->version, id))
        return refuse_all(c);
    if (!lifecycle_next(&history_life, b->state, event, c->actor.roles, ret_state, why) ||
        !history_may_decide(b->id, b->prepared_by, c->actor.person_id, why))
        return refuse_with(c, why);
    if (event == HISTORY_REFUSE && text_is_blank(opinion)) {
        (void)refuse(why, "OPINION_MISSING", .field = "opinion", .rule = "G-d", .what = b->id);
        return refuse_with(c, why);
    }

    history_batch_move(c->tx, b, *ret_state);
    history_event_insert(c->tx, b->id, b->version + 1, event, b->state, *ret_state, c->actor.person_id,
                         c->now_us, opinion);
    for (int i = 0; i < f->units_count; i++)
        call_concerns(c, f->units[i].id);
    return STATUS_OK;
}

static void history_confirm_load(struct call *c, const PB(ConfirmHistoryRequest) *req, struct decide_facts *f)
{
    history_batch_want(c->tx, req->batch_id, &f->batch);
    history_units_want(c->tx, req->batch_id, &f->units, &f->units_count);
}

static enum status history_confirm(struct call *c, const PB(ConfirmHistoryRequest) *req,
                                   const struct decide_facts *f, PB(ConfirmHistoryResponse) *reply)
{
    int state = 0;
    enum status status = decide(c, f, req->batch_id, req->etag, req->opinion, HISTORY_CONFIRM, &state);
    if (status)
        return status;
    history_total_add(c->tx, f->batch.id);
    reply->batch_id = req->batch_id;
    reply->state = (PB(HistoryState))state;
    reply->etag = reply_text(call_etag(c, f->batch.version + 1));
    return STATUS_OK;
}

static void history_refuse_load(struct call *c, const PB(RefuseHistoryRequest) *req, struct decide_facts *f)
{
    history_batch_want(c->tx, req->batch_id, &f->batch);
}

static enum status history_refuse(struct call *c, const PB(RefuseHistoryRequest) *req,
                                  const struct decide_facts *f, PB(RefuseHistoryResponse) *reply)
{
    int state = 0;
    enum status status = decide(c, f, req->batch_id, req->etag, req->opinion, HISTORY_REFUSE, &state);
    if (status)
        return status;
    reply->batch_id = req->batch_id;
    reply->state = (PB(HistoryState))state;
    reply->etag = reply_text(call_etag(c, f->batch.version + 1));
    return STATUS_OK;
}

/* ---- rows ---- */

WRITES_FOLLOW(history_import, ImportHistoryRequest, struct import_facts, ImportHistoryResponse);
WRITES(history_confirm, ConfirmHistoryRequest, struct decide_facts, ConfirmHistoryResponse);
WRITES(history_refuse, RefuseHistoryRequest, struct decide_facts, RefuseHistoryResponse);

#define BATCH_READERS (ROLE_BUREAU | ROLE_AUDIT | ROLE_OPERATOR)

/* clang-format off */
static struct rpc rows[] = {
    /*           verb                                   who may                      key */
    WRITE_FOLLOW(ImportHistory,      history_import,    ROLE_OPERATOR,               ALONE),
    WRITE       (ConfirmHistory,     history_confirm,   ROLE_LEADER,                 ALONE),
    WRITE       (RefuseHistory,      history_refuse,    ROLE_LEADER,                 ALONE),
    READ        (GetHistory,         BATCH_READERS,     RPC_OPEN,                    history_get_sql),
    READ        (ListHistory,        ROLE_ANY,          RPC_LIST,                    history_list_sql),
    READ        (ListHistoryBatches, BATCH_READERS,     RPC_OPEN | RPC_LIST,         history_batches_sql),
};
/* clang-format on */

static const ProtobufCServiceDescriptor *const services[] = {&purser__v1__history_service__descriptor};
static const struct lifecycle *const lives[] = {&history_life};
static const char *const tables[] = {"history_batch", "history_event", "history_record", "history_total"};
static const struct kept_sum sums[] = {{"history_total", "history_total_added_up"}};

const struct noun noun_history = {.name = "history",
                                  .services = services,
                                  .services_count = COUNT_OF(services),
                                  .rows = rows,
                                  .rows_count = COUNT_OF(rows),
                                  .lives = lives,
                                  .lives_count = COUNT_OF(lives),
                                  .tables = tables,
                                  .tables_count = COUNT_OF(tables),
                                  .sums = sums,
                                  .sums_count = COUNT_OF(sums)};
