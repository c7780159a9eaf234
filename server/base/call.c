/* What every handler uses: scope, refusals, etags, whom an entry concerns, and numbers from counters. */
#include "server/base/call.h"

#include <inttypes.h>
#include <string.h>

#include "common/check.h"

bool scope_covers(const struct scope *s, const char *unit_id)
{
    PRE(s->unit_id);
    return strncmp(unit_id, s->unit_id, strlen(s->unit_id)) == 0;
}

/* ---- refusing ---- */

struct refusal *call_refusal(struct call *c)
{
    struct refusal *why = arena_alloc(c->arena, sizeof *why);
    if (!why)
        why =
            &c->refusals[COUNT_OF(c->refusals) - 1]; /* the arena is full: the answer will say that anyway */
    *why = (struct refusal){.arena = c->arena};
    return why;
}

static enum status status_of(const struct refusal *why)
{
    const struct reason *r = why->reason ? reason_find(why->reason) : NULL;
    return r ? r->status : STATUS_INTERNAL;
}

void refuse_add(struct call *c, const struct refusal *why)
{
    if (c->refusals_count >= (int)COUNT_OF(c->refusals))
        return;
    struct refusal *kept = &c->refusals[c->refusals_count++];
    *kept = *why;
    if (c->rpc)
        kept->method = c->rpc->path;
    if (!kept->rule && kept->reason && strcmp(kept->reason, "ROLE_FORBIDS") == 0)
        kept->rule = "G-a"; /* whoever asks: the door, a lifecycle or a rule */
}

bool refuse_any(const struct call *c) { return c->refusals_count > 0; }

enum status refuse_all(struct call *c)
{
    PRE(refuse_any(c));
    return status_of(&c->refusals[0]);
}

enum status refuse_with(struct call *c, const struct refusal *why)
{
    refuse_add(c, why);
    return refuse_all(c);
}

enum status refuse_missing(struct call *c, const char *field, const char *id)
{
    struct refusal why = {.arena = c->arena,
                          .reason = "NOT_FOUND",
                          .field = field,
                          .what = arena_text(c->arena, id)};
    return refuse_with(c, &why);
}

enum status refuse_field(struct call *c, const char *field, const char *broke, const char *passes)
{
    struct refusal why = {.arena = c->arena,
                          .reason = "BAD_FIELD",
                          .field = field,
                          .broke = broke,
                          .passes = passes};
    return refuse_with(c, &why);
}

bool rows_will_do(struct call *c, size_t n)
{
    if (n >= 1 && n <= ROWS_MAX)
        return true;
    struct refusal *why = call_refusal(c);
    (void)refuse(why, n ? "TOO_MANY_ROWS" : "BAD_FIELD", .field = "rows",
                 .broke = say_int(why, (int64_t)n, ""), .passes = say_text(why, "1 … %d", ROWS_MAX));
    refuse_add(c, why);
    return false;
}

void refuse_row(struct call *c, struct refusal *why, size_t row)
{
    why->field = arena_printf(c->arena, "rows[%zu].%s", row, why->field ? why->field : "");
    refuse_add(c, why);
}

void refuse_also(struct call *c, const char *field, const char *broke, const char *passes)
{
    struct refusal *why = call_refusal(c);
    (void)refuse(why, "BAD_FIELD", .field = field, .broke = broke, .passes = passes);
    refuse_add(c, why);
}

const char *call_etag(struct call *c, int64_t version) { return arena_printf(c->arena, "%" PRId64, version); }

bool call_etag_is(struct call *c, const char *etag, int64_t version, const char *id)
{
    const char *now = call_etag(c, version);
    if (etag && strcmp(etag, now) == 0)
        return true;
    bool is_there = etag && etag[0];
    struct refusal why = {.arena = c->arena,
                          .reason = is_there ? "ETAG_STALE" : "ETAG_MISSING",
                          .field = "etag",
                          .what = arena_text(c->arena, id),
                          .broke = is_there ? arena_text(c->arena, etag) : NULL,
                          .passes = now};
    refuse_add(c, &why);
    return false;
}

bool call_is_own(const struct call *c, const char *unit_id)
{
    const char *own = c->actor.unit_id;
    return own[0] && strncmp(unit_id, own, strlen(own)) == 0;
}

bool call_owns(const struct call *c, const char *unit_id, const char *what, struct refusal *why)
{
    if (call_is_own(c, unit_id))
        return true;
    return refuse(why, "NOT_OWN_UNIT", .what = what, .field = "unit_id", .rule = "G-a",
                  .broke = c->actor.unit_id, .passes = unit_id);
}

/* Beyond the limit a unit's feed lacks the entry; that is the safe side. */
void call_concerns(struct call *c, const char *unit_id)
{
    for (int i = 0; i < c->units_count; i++)
        if (strcmp(c->units[i], unit_id) == 0)
            return;
    if (unit_id[0] && c->units_count < UNITS_OF_ENTRY_MAX)
        c->units[c->units_count++] = arena_text(c->arena, unit_id);
}

/* ---- numbers ---- */

struct number {
    struct number *next;
    const char *name;
    int64_t value; /* the last one given out; 0: none yet */
};

struct number *call_want_number(struct call *c, const char *name)
{
    PRE(c->numbers);
    for (struct number *n = c->numbers->first; n; n = n->next)
        if (strcmp(n->name, name) == 0)
            return n;
    struct number *n = arena_alloc(c->numbers->arena, sizeof *n);
    if (!n)
        return NULL;
    n->name = arena_text(c->numbers->arena, name);
    n->next = c->numbers->first;
    c->numbers->first = n;
    db_want(c->tx,
            "SELECT value"
            "  FROM counter"
            " WHERE name = $1",
            DB_IN(in_text(n->name)), DB_COLS(struct number, COL(I64, struct number, value)), n, NULL);
    return n;
}

int64_t call_take_number(struct call *c, struct number *n) { return call_take_numbers(c, n, 1); }

int64_t call_take_numbers(struct call *c, struct number *n, int64_t count)
{
    PRE(count > 0);
    if (!n)
        return 0; /* the arena is full: the call fails before its writes are sent */
    n->value += count;
    db_add(c->tx,
           "INSERT INTO counter (name, value)"
           " VALUES ($1, $2)"
           " ON CONFLICT (name) DO UPDATE"
           "   SET value = counter.value + EXCLUDED.value",
           DB_IN(in_text(n->name), in_i64(count)), 1);
    return n->value - count + 1;
}
