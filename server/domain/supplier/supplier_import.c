/* Suppliers by the hundred: a file's rows against what is there, all or nothing. */
#include "server/domain/supplier/supplier_door.h"

#include <string.h>

#define ROWS_MAX 500

void supplier_types_want(struct call *c, const char *type, struct supplier_types *ret)
{
    for (int i = 0; i < ret->count; i++)
        if (strcmp(ret->names[i], type) == 0)
            return;
    if (ret->count == SUPPLIER_TYPES_MAX)
        return;
    ret->names[ret->count] = type;
    policy_want_type(c->tx, type, c->today, &ret->rules[ret->count++]);
}

bool supplier_type_is_known(const struct supplier_types *types, const char *type, const char *what,
                            struct refusal *why)
{
    for (int i = 0; i < types->count; i++)
        if (strcmp(types->names[i], type) == 0 && types->rules[i].is_found)
            return true;
    return refuse(why, "TYPE_UNKNOWN", .field = "supplier_type", .rule = "P5", .what = what, .broke = type);
}

const char *supplier_ban_text(struct arena *a, const struct supplier_row *r)
{
    return arena_printf(a, "%s … %s %s", day_text(a, r->banned_from), day_text(a, r->banned_to),
                        r->banned_basis);
}

void supplier_import_load(struct call *c, const PB(ImportSuppliersRequest) *req,
                          struct supplier_import_facts *f)
{
    const size_t n = req->n_rows > ROWS_MAX ? 0 : req->n_rows;
    const char **ids = arena_array(c->arena, n + 1, sizeof *ids);
    if (!ids)
        return;
    for (size_t i = 0; i < n; i++) {
        ids[i] = req->rows[i]->supplier_id;
        supplier_types_want(c, req->rows[i]->supplier_type, &f->types);
    }
    supplier_rows_want(c->tx, ids, n, &f->known, &f->known_count);
}

static const struct supplier_row *known_row(const struct supplier_import_facts *f, const char *id)
{
    for (int i = 0; i < f->known_count; i++)
        if (strcmp(f->known[i].id, id) == 0)
            return &f->known[i];
    return NULL;
}

static bool import_row_will_do(const PB(ImportSuppliersRequest) *req, const struct supplier_import_facts *f,
                               size_t at, struct refusal *why)
{
    const PB(SupplierRow) *r = req->rows[at];
    const struct supplier_claim claim = {r->supplier_id, r->supplier_name, r->supplier_type,
                                         (int)r->enterprise_size};
    const struct ban ban = {r->ban_from_date, r->ban_to_date, r->ban_basis};
    bool is_there;
    if (!supplier_claim_is_sound(&claim, why) ||
        !supplier_type_is_known(&f->types, r->supplier_type, r->supplier_id, why) ||
        !ban_is_sound(&ban, &is_there, why))
        return false;
    for (size_t i = 0; i < at; i++)
        if (strcmp(req->rows[i]->supplier_id, r->supplier_id) == 0)
            return refuse(why, "ROW_TWICE", .field = "supplier_id", .what = r->supplier_id,
                          .broke = say_text(why, "rows[%zu]", i));
    return true;
}

/* The row as it shall stand: what the file says, and the old ban where the file tells of none. */
static struct supplier_row merged(const PB(SupplierRow) *r, const struct supplier_row *old)
{
    struct supplier_row row = {.id = r->supplier_id,
                               .name = r->supplier_name,
                               .type = r->supplier_type,
                               .note = r->note,
                               .enterprise_size = (int)r->enterprise_size,
                               .state = old ? old->state : SUPPLIER_REGISTERED,
                               .banned_from = old ? old->banned_from : DAY_NONE,
                               .banned_to = old ? old->banned_to : DAY_NONE,
                               .banned_basis = old ? old->banned_basis : "",
                               .version = old ? old->version : 0};
    if (*r->ban_from_date) {
        row.state = SUPPLIER_BANNED;
        row.banned_to = DAY_NONE;
        (void)day_parse_iso(r->ban_from_date, &row.banned_from);
        (void)day_parse_iso(r->ban_to_date, &row.banned_to);
        row.banned_basis = r->ban_basis;
    }
    return row;
}

static bool says_the_same(const struct supplier_row *a, const struct supplier_row *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->type, b->type) == 0 && strcmp(a->note, b->note) == 0 &&
           a->enterprise_size == b->enterprise_size;
}

static bool same_ban(const struct supplier_row *a, const struct supplier_row *b)
{
    return a->state == b->state && a->banned_from.n == b->banned_from.n && a->banned_to.n == b->banned_to.n &&
           strcmp(a->banned_basis, b->banned_basis) == 0;
}

/* One step more on the way of a row; false when the life of a supplier knows no such step for this person. */
static bool take_step(struct call *c, struct supplier_row *row, int event, int *state, const char *opinion,
                      struct supplier_step *ret, struct refusal *why)
{
    int to = 0;
    if (!lifecycle_next(&supplier_life, *state, event, c->actor.roles, &to, why))
        return false;
    *ret = (struct supplier_step){row->id, ++row->version, event, *state, to, opinion};
    *state = to;
    return true;
}

/* The steps that lead from the old row to the new one, at most two; sets the version. */
static bool steps_to(struct call *c, struct supplier_row *row, const struct supplier_row *old,
                     struct supplier_step ret[2], size_t *ret_count, struct refusal *why)
{
    bool has_ban = row->state == SUPPLIER_BANNED && !(old && same_ban(row, old));
    int state = old ? old->state : 0;
    size_t n = 0;

    if (!old && !take_step(c, row, SUPPLIER_REGISTER, &state, "", &ret[n++], why))
        return false;
    if (old && !says_the_same(row, old) && !take_step(c, row, SUPPLIER_UPDATE, &state, "", &ret[n++], why))
        return false;
    if (has_ban && !take_step(c, row, SUPPLIER_BAN, &state, supplier_ban_text(c->arena, row), &ret[n++], why))
        return false;
    *ret_count = n;
    return true;
}

static bool rows_are_countable(struct call *c, size_t n)
{
    if (n >= 1 && n <= ROWS_MAX)
        return true;
    struct refusal *why = call_refusal(c);
    (void)refuse(why, n ? "TOO_MANY_ROWS" : "BAD_FIELD", .field = "rows",
                 .broke = say_int(why, (int64_t)n, "行 (rows)"), .passes = "1 … 500");
    refuse_add(c, why);
    return false;
}

enum status supplier_import(struct call *c, const PB(ImportSuppliersRequest) *req,
                            const struct supplier_import_facts *f, PB(ImportSuppliersResponse) *reply)
{
    if (!rows_are_countable(c, req->n_rows))
        return refuse_all(c);
    for (size_t i = 0; i < req->n_rows; i++) {
        struct refusal *why = call_refusal(c);
        if (import_row_will_do(req, f, i, why))
            continue;
        why->field = arena_printf(c->arena, "rows[%zu].%s", i, why->field);
        refuse_add(c, why);
    }
    if (refuse_any(c))
        return refuse_all(c);

    struct supplier_row *rows = arena_array(c->arena, req->n_rows, sizeof *rows);
    struct supplier_step *steps = arena_array(c->arena, 2 * req->n_rows, sizeof *steps);
    if (!rows || !steps)
        return STATUS_RESOURCE_EXHAUSTED;
    size_t written = 0, steps_count = 0;
    for (size_t i = 0; i < req->n_rows; i++) {
        const struct supplier_row *old = known_row(f, req->rows[i]->supplier_id);
        struct refusal *why = call_refusal(c);
        size_t n = 0;
        rows[written] = merged(req->rows[i], old);
        if (!steps_to(c, &rows[written], old, steps + steps_count, &n, why)) {
            why->field = *req->rows[i]->ban_from_date ? "ban_from_date" : "supplier_id";
            refuse_row(c, why, i);
            return refuse_all(c);
        }
        steps_count += n;
        written += n > 0;
        reply->unchanged_count += n == 0;
        reply->changed_count += n > 0 && old;
        reply->imported_count += !old;
    }
    if (written > 0) {
        supplier_rows_write(c->tx, c->arena, rows, written);
        supplier_steps_write(c->tx, c->arena, steps, steps_count, c->actor.person_id, c->now_us);
    }
    return STATUS_OK;
}
