/* A call, and the row that describes its verb. Here stands the newcomer who wants to add one:
 *
 *   1. proto/purser/v1/<noun>.proto   the two messages and the `rpc` line, with its words (`// 中文 |
 * English`)
 *   2. server/domain/<noun>/<noun>.c  the function(s) and the row; a new statement goes into <noun>_store.c
 *   3. tests/rpc/<noun>_test.c        a case
 *
 * The client needs nothing: it reads the descriptor. A row without its function does not link, a function
 * without its row warns, a row without its `rpc` line (or the reverse) fails at start and in the registry
 * test.
 *
 * A write has two functions. `load` only queues the statements that fetch its facts; `decide` looks at the
 * facts, refuses or queues its writes. Neither waits, neither reads a clock or a random number: time is
 * c->now_us and c->today, numbers come from call_want_number/call_take_number. A verb whose second question
 * depends on the first answer has a third function `follow` between the two. decide refuses before it writes:
 * after the first queued write it must not fail.
 *
 * A read is declared: statements with :fields of the request in, columns named like the reply's fields out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/date.h"
#include "common/lifecycle.h"
#include "common/refusal.h"
#include "common/roles.h"
#include "common/status.h"
#include "server/base/db.h"

/* Purser's protobuf types are called Purser__V1__X in C; PB(X) says the same. */
#define PB(name) Purser__V1__##name

/* Who signed (writes) or opened the session (reads). */
struct actor {
    const char *person_id; /* "" when nobody is signed in */
    const char *name;
    const char *unit_id; /* "203" */
    uint32_t roles;      /* mask of ROLE_BIT */
    struct bytes key_id;
};

/* Which departments' data a call may touch. Everything that reads departmental data takes one. */
struct scope {
    const char *unit_id; /* "" sees all; "203" sees 203 and its subordinate units 203xxx */
};
/* Is an object of that unit within the scope? */
bool scope_covers(const struct scope *s, const char *unit_id);

#define UNITS_OF_ENTRY_MAX 64

struct call {
    struct arena *arena;
    struct db *tx; /* the writer's connection, inside its transaction */
    const struct rpc *rpc;
    struct actor actor;
    struct scope scope;
    int64_t now_us;   /* the journal's time */
    struct day today; /* its civil day, UTC+8 */
    uint64_t index;   /* in the journal; known once it is accepted */
    struct bytes request_id;
    struct bytes key_id;     /* of the signature; the actor's, or the new key's when enrolling */
    struct bytes public_key; /* 32 bytes, the key that signed */
    bool validate_only;
    struct refusal refusals[16]; /* most important first */
    int refusals_count;
    const char *units[UNITS_OF_ENTRY_MAX]; /* whom the entry concerns, besides the actor's own unit */
    int units_count;
    struct numbers *numbers; /* counters, shared by all calls that are decided together */
};

/* ---- refusing ---- */

/* A fresh refusal of this call, to be handed to rules. Rules fill it by refuse(). */
struct refusal *call_refusal(struct call *c);
/* Ends a handler: files *why and returns its reason's status. With several (validation lists): refuse_add
 * each, then return refuse_all(c). */
enum status refuse_with(struct call *c, const struct refusal *why) MUST_CHECK;
void refuse_add(struct call *c, const struct refusal *why);
bool refuse_any(const struct call *c);
enum status refuse_all(struct call *c) MUST_CHECK; /* PRE(refuse_any(c)) */
/* The common ones: NOT_FOUND for an object that is not there or not in scope; a bad field; a stale etag. */
enum status refuse_missing(struct call *c, const char *field, const char *id) MUST_CHECK;
enum status refuse_field(struct call *c, const char *field, const char *broke, const char *passes) MUST_CHECK;
/* Imports: 1 to ROWS_MAX rows, otherwise false and BAD_FIELD or TOO_MANY_ROWS is filed. */
#define ROWS_MAX 500
bool rows_will_do(struct call *c, size_t n);
/* Files the refusal of one row: its field gets the place in front, "rows[3].name". */
void refuse_row(struct call *c, struct refusal *why, size_t row);
/* Files one of several bad fields; the handler ends with refuse_all(). */
void refuse_also(struct call *c, const char *field, const char *broke, const char *passes);
/* True when `etag` equals `version` in decimal; otherwise files ETAG_STALE, or ETAG_MISSING
 * when it is empty. */
bool call_etag_is(struct call *c, const char *etag, int64_t version, const char *id);
const char *call_etag(struct call *c, int64_t version);

/* G-a: is that the actor's own unit, or one below it? Whoever sees all by an office (audit, civil affairs …)
 * is still a clerk or approver of his own unit alone, so each step of a department asks. */
bool call_is_own(const struct call *c, const char *unit_id);
/* Likewise of the object `what`; refuses NOT_OWN_UNIT. */
bool call_owns(const struct call *c, const char *unit_id, const char *what, struct refusal *why);

/* Says that the journal entry concerns this unit too (its feed shows the entry). */
void call_concerns(struct call *c, const char *unit_id);

/* protobuf-c's fields are not const, though nobody writes through a reply's. */
static inline char *reply_text(const char *text) { return (char *)(uintptr_t)text; }
static inline ProtobufCBinaryData reply_bytes(struct bytes b)
{
    return (ProtobufCBinaryData){.len = b.len, .data = (uint8_t *)(uintptr_t)b.data};
}
static inline struct bytes request_bytes(ProtobufCBinaryData b)
{
    return (struct bytes){.data = b.data, .len = b.len};
}

/* ---- numbers, served in decision order from table `counter` ---- */
struct number; /* one counter, loaded */
struct numbers {
    struct arena *arena; /* lives as long as those calls */
    struct number *first;
};
/* In load (or follow): queues the look-up of counter `name` ("contract/2027"); the handle is for decide. */
struct number *call_want_number(struct call *c, const char *name);
/* In decide: the next number (1, 2, …), and queues the write that keeps it. */
int64_t call_take_number(struct call *c, struct number *n);
/* Likewise `count` numbers in a row; returns the first. */
int64_t call_take_numbers(struct call *c, struct number *n, int64_t count);

/* ---- rows ---- */

typedef void rpc_load_fn(struct call *c, const void *request, void *facts);
typedef enum status rpc_decide_fn(struct call *c, const void *request, const void *facts, void *reply);

enum rpc_kind { RPC_WRITE = 1, RPC_READ, RPC_FRONT };
enum rpc_flags {
    RPC_OPEN = 1,   /* read: not departmental data, the statements need no :_scope */
    RPC_PUBLIC = 2, /* no signature, no session */
    RPC_ENROLL = 4, /* write: signed by the key in the request's field public_key, signer need not be known */
    RPC_SYSTEM = 8, /* write: only the server's own key */
    RPC_LIST = 16,  /* read: many rows into the reply's repeated message field; pages by the FIRST column */
    RPC_REPORT = 32, /* read: added up from many rows, on a connection of its own */
};

/* A declared statement. :name is a field of the request (text, int64, bool, bytes, enum by its short name,
 * ISO date as text, repeated text or int64 as array); an unset field is '' / 0 / false. Server parameters:
 *   :_scope   unit id, '' = all; narrowed to the request's own unit_id when that is set and within the scope
 *   :_actor   person id        :_unit   the actor's unit
 *   :_now     µs               :_today  date
 *   :_after   text: key of the last row of the page before, '' at first
 *   :_limit   rows wanted + 1
 *
 * ONE: the columns fill the reply's fields by name (a column named "line.id" fills field id of message field
 * line). Further statements of a ONE read, with `into` set, fill the repeated message field of that name. All
 * statements of a call see one snapshot. A column whose name begins with an underscore fills nothing: a list
 * whose first column, its keyset key, is no field of the row names it "_key". A list that ends a page before
 * it is full says in a column "_more" whether anything comes after the row.
 *
 * `needs`: the filter fields that the statement is for, separated by spaces. Of the statements with no
 * `into`, the first is used whose needs are all set, while every other field that is set stands as :field in
 * it ("unit_id" counts as set when one unit is looked at). A list without filters has needs "". Where none
 * fits somebody of one unit, the first that fits without unit_id and mentions :_scope is used. */
struct read_sql {
    const char *sql;
    const char *needs; /* lists */
    const char *into;  /* further statements of ONE */
};

/* A page of what one unit holds: a department (three digits) with all that is below it, or a unit below one.
 * unit_id ^@ :_scope says the same, but a generic plan finds no index for it and reads the list to its end.
 * Of the two halves one finds nothing, at once; the first goes by an index on left(unit, 3), the second by
 * one on unit, which for a hot table is partial, WHERE length(unit) > 3. `rest` ends with ORDER BY and
 * LIMIT :_limit. */
#define PAGE_OF_SCOPE(select, unit, rest, order)                                                             \
    "(" select " WHERE left(" unit ", 3) = :_scope AND " rest ")"                                            \
    " UNION ALL"                                                                                             \
    " (" select " WHERE length(:_scope) > 3 AND " unit " = :_scope"                                          \
    "        AND length(" unit ") > 3 AND " rest ")"                                                         \
    " ORDER BY " order " LIMIT :_limit"

struct rpc {
    const char *method; /* "SignContract", unique in the package */
    enum rpc_kind kind;
    unsigned flags;
    uint32_t roles;  /* who may; checked before load */
    const char *key; /* field that keys the wave; NULL: ALONE */
    rpc_load_fn *load, *follow;
    rpc_decide_fn *decide;
    size_t facts_size;
    const struct read_sql *reads; /* ends with a row of NULLs */
    /* filled by the registry */
    const ProtobufCMessageDescriptor *request, *reply;
    const char *path; /* "/purser.v1.ContractService/SignContract" */
};

#define ALONE NULL

/* WRITES(contract_sign, SignContractRequest, struct sign_facts, SignContractResponse) makes typed thunks of
 *
 *     static void contract_sign_load(struct call *, const PB(SignContractRequest) *, struct sign_facts *);
 *     static enum status contract_sign(struct call *, const PB(SignContractRequest) *,
 *                                      const struct sign_facts *, PB(SignContractResponse) *);
 *
 * Facts arrive zeroed. WRITES_FOLLOW needs contract_sign_follow (same shape as load) as well. */
#define WRITES(verb, Request, Facts, Response)                                                               \
    static void verb##_load_thunk(struct call *c, const void *q, void *f)                                    \
    {                                                                                                        \
        verb##_load(c, (const PB(Request) *)q, (Facts *)f);                                                  \
    }                                                                                                        \
    static enum status verb##_thunk(struct call *c, const void *q, const void *f, void *r)                   \
    {                                                                                                        \
        return verb(c, (const PB(Request) *)q, (const Facts *)f, (PB(Response) *)r);                         \
    }                                                                                                        \
    enum { verb##_facts_size = sizeof(Facts) }
#define WRITES_FOLLOW(verb, Request, Facts, Response)                                                        \
    WRITES(verb, Request, Facts, Response);                                                                  \
    static void verb##_follow_thunk(struct call *c, const void *q, void *f)                                  \
    {                                                                                                        \
        verb##_follow(c, (const PB(Request) *)q, (Facts *)f);                                                \
    }                                                                                                        \
    static_assert(sizeof(Facts) > 0, "facts")

/* Rows. WRITE(SignContract, contract_sign, ROLE_APPROVER, ALONE) */
#define WRITE(Method, verb, who, wave_key)                                                                   \
    {                                                                                                        \
        .method = #Method, .kind = RPC_WRITE, .roles = (who), .key = wave_key, .load = verb##_load_thunk,    \
        .decide = verb##_thunk, .facts_size = verb##_facts_size                                              \
    }
#define WRITE_FOLLOW(Method, verb, who, wave_key)                                                            \
    {                                                                                                        \
        .method = #Method, .kind = RPC_WRITE, .roles = (who), .key = wave_key, .load = verb##_load_thunk,    \
        .follow = verb##_follow_thunk, .decide = verb##_thunk, .facts_size = verb##_facts_size               \
    }
/* READ(GetContract, ROLE_DEPT | ROLE_SEES_ALL, 0, contract_get_sql) */
#define READ(Method, who, flags_, sql_)                                                                      \
    {                                                                                                        \
        .method = #Method, .kind = RPC_READ, .flags = (flags_), .roles = (who), .reads = sql_                \
    }

/* A table of kept totals, and the view of the same columns that adds them up from the rows they stand for. */
struct kept_sum {
    const char *table, *rows;
};

/* What a noun shows to the registry; server/domain/<noun>/<noun>.c defines `struct noun noun_<noun>`. */
struct noun {
    const char *name;
    const ProtobufCServiceDescriptor *const *services;
    int services_count;
    struct rpc *rows;
    int rows_count; /* the registry completes them at start */
    const struct lifecycle *const *lives;
    int lives_count;
    const char *const *tables;
    int tables_count; /* business tables, each compared by `verify` */
    const struct kept_sum *sums;
    int sums_count; /* those of the tables that hold sums of others, compared with them too */
};
