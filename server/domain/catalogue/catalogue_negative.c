/* The negative list: loaded by an operator, confirmed by a leader, chosen by the date of the business. */
#include <string.h>

#include "common/text.h"
#include "server/domain/catalogue/catalogue_door.h"

void negatives_import_load(struct call *c, const PB(ImportNegativesRequest) *req, struct negatives_facts *f)
{
    (void)req;
    f->numbers = call_want_number(c, "negative_list");
}

static bool negative_will_do(const PB(ImportNegativesRequest) *req, size_t at, struct refusal *why)
{
    const PB(NegativeRow) *r = req->rows[at];
    if (!text_is_ascii_id(r->code))
        return refuse(why, "BAD_FIELD", .field = "code", .broke = r->code, .passes = "N1");
    if (!*r->item)
        return refuse(why, "BAD_FIELD", .field = "item", .what = r->code);
    if (!*r->basis)
        return refuse(why, "BAD_FIELD", .field = "basis", .what = r->code);
    for (size_t i = 0; i < at; i++)
        if (strcmp(req->rows[i]->code, r->code) == 0)
            return refuse(why, "ROW_TWICE", .field = "code", .what = r->code,
                          .broke = say_text(why, "rows[%zu]", i));
    return true;
}

enum status negatives_import(struct call *c, const PB(ImportNegativesRequest) *req,
                             const struct negatives_facts *f, PB(ImportNegativesResponse) *reply)
{
    const size_t n = req->n_rows;
    struct day from;
    if (!day_parse_iso(req->valid_from_date, &from))
        return refuse_field(c, "valid_from_date", req->valid_from_date, "2020-03-01");
    if (!rows_will_do(c, n))
        return refuse_all(c);
    const char **cells = arena_array(c->arena, 5 * n, sizeof *cells);
    if (!cells)
        return STATUS_RESOURCE_EXHAUSTED;
    const struct negative_columns cols = {.code = cells,
                                          .item = cells + n,
                                          .basis = cells + 2 * n,
                                          .keywords = cells + 3 * n,
                                          .note = cells + 4 * n,
                                          .n = n};
    for (size_t i = 0; i < n; i++) {
        const PB(NegativeRow) *r = req->rows[i];
        struct refusal *why = call_refusal(c);
        cols.code[i] = r->code, cols.item[i] = r->item, cols.basis[i] = r->basis;
        cols.keywords[i] = r->keywords, cols.note[i] = r->note;
        if (!negative_will_do(req, i, why))
            refuse_row(c, why, i);
    }
    if (refuse_any(c))
        return refuse_all(c);

    const char *id = arena_printf(c->arena, "NL%03lld", (long long)call_take_number(c, f->numbers));
    negative_list_insert(c->tx, id, from, c->actor.person_id, c->now_us, &cols);
    reply->list_id = reply_text(id);
    reply->etag = reply_text(call_etag(c, 1));
    reply->imported_count = (int64_t)n;
    return STATUS_OK;
}

void negatives_confirm_load(struct call *c, const PB(ConfirmNegativesRequest) *req, struct negatives_facts *f)
{
    negative_list_want(c->tx, req->list_id, &f->list);
}

enum status negatives_confirm(struct call *c, const PB(ConfirmNegativesRequest) *req,
                              const struct negatives_facts *f, PB(ConfirmNegativesResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    const struct negative_version *l = &f->list;
    if (!l->is_found)
        return refuse_missing(c, "list_id", req->list_id);
    if (!call_etag_is(c, req->etag, l->version, l->id))
        return refuse_all(c);
    if (l->state != NEGATIVE_PROPOSED) {
        (void)refuse(why, "STATE_FORBIDS", .field = "list_id", .what = l->id,
                     .broke = names_said(c->arena, &negative_states, l->state),
                     .passes = names_said(c->arena, &negative_states, NEGATIVE_PROPOSED));
        return refuse_with(c, why);
    }
    if (strcmp(l->proposed_by, c->actor.person_id) == 0) {
        (void)refuse(why, "SAME_PERSON", .field = "list_id", .rule = "G-b", .what = l->id,
                     .broke = l->proposed_by);
        return refuse_with(c, why);
    }

    negative_list_confirm(c->tx, l->id, c->actor.person_id, c->now_us);
    reply->list_id = reply_text(l->id);
    reply->etag = reply_text(call_etag(c, l->version + 1));
    return STATUS_OK;
}
