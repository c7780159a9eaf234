/* Comparing a live schema with a replayed one, table by table, naming table, key and column of the first
 * difference. */
#include "server/front/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"
#include "common/merkle.h"
#include "common/note.h"
#include "common/wire.h"
#include "purser/v1/envelope.pb-c.h"

#define ANSWERS_A_PAGE 500

/* Names of a table's columns, and of its primary key's, in order. */
struct shape {
    struct db_table columns, keys;
};

static enum status read_shape(struct compare *c, const char *table, struct shape *ret,
                              struct db_error *reterr)
{
    const char *name = arena_printf(c->arena, "%s.%s", c->live, table);
    db_want_table(c->db,
                  "SELECT quote_ident(attname) FROM pg_attribute"
                  " WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
                  DB_IN(in_text(name)), &ret->columns);
    db_want_table(c->db,
                  "SELECT quote_ident(a.attname) FROM pg_index i"
                  "  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
                  " WHERE i.indrelid = to_regclass($1) AND i.indisprimary ORDER BY a.attnum",
                  DB_IN(in_text(name)), &ret->keys);
    return db_run(c->db, reterr);
}

/* "l.a, l.b" or "l.a = r.a AND l.b = r.b" from a list of names. */
static const char *join_names(struct compare *c, const struct db_table *names, const char *format,
                              const char *between)
{
    const char *text = "";
    for (int i = 0; i < names->rows; i++) {
        const char *piece = "";
        for (const char *f = format; *f; f++)
            piece = *f == '%' ? arena_printf(c->arena, "%s%s", piece, names->values[i])
                              : arena_printf(c->arena, "%s%c", piece, *f);
        text = arena_printf(c->arena, "%s%s%s", text, i ? between : "", piece);
    }
    return text;
}

/* The first row that differs: its key, which side lacks it, and both rows as JSON so that the column can be
 * named. `by` is what the right side goes by. */
static const char *difference_sql(struct compare *c, const char *left, const char *right, const char *by,
                                  const struct shape *s)
{
    const char *key = join_names(c, &s->keys, "'% = ' || COALESCE(l.%, r.%)::text", " || ', ' || ");
    const char *on = join_names(c, &s->keys, "l.% = r.%", " AND ");
    const char *order = join_names(c, &s->keys, "COALESCE(l.%, r.%)", ", ");
    const char *first = s->keys.values[0];
    return arena_printf(
        c->arena,
        "SELECT %s, CASE WHEN l.%s IS NULL THEN 'missing' WHEN r.%s IS NULL THEN 'extra' ELSE 'differs' END,"
        " (SELECT string_agg(a.key || ' is ' || COALESCE(a.value, 'null') || ', by the %s ' || "
        "COALESCE(b.value, 'null'), '; ')"
        "    FROM jsonb_each_text(to_jsonb(l)) a JOIN jsonb_each_text(to_jsonb(r)) b ON a.key = b.key"
        "   WHERE a.value IS DISTINCT FROM b.value)"
        "  FROM %s l FULL JOIN %s r ON %s"
        " WHERE l.%s IS NULL OR r.%s IS NULL OR l IS DISTINCT FROM r ORDER BY %s LIMIT 1",
        key, first, first, by, left, right, on, first, first, order);
}

/* Tells of the first difference in words; `table` is the one that was looked at. */
static enum status tell_difference(struct compare *c, const char *table, const char *by,
                                   const struct db_table *diff)
{
    if (diff->rows == 0)
        return STATUS_OK;
    const char *key = diff->values[0], *how = diff->values[1], *what = diff->values[2];
    if (strcmp(how, "differs") == 0)
        snprintf(c->first, c->first_max, "table %s, key %s: column %s", table, key, what ? what : "?");
    else if (strcmp(how, "missing") == 0)
        snprintf(c->first, c->first_max, "table %s, key %s: the row is missing", table, key);
    else
        snprintf(c->first, c->first_max, "table %s, key %s: the row is not in the %s", table, key, by);
    return STATUS_DATA_LOSS;
}

/* Reads how the table is made; DATA_LOSS when it cannot be compared. */
static enum status open_table(struct compare *c, const char *table, struct shape *ret,
                              struct db_error *reterr)
{
    db_use_arena(c->db, c->arena);
    enum status status = read_shape(c, table, ret, reterr);
    if (status != STATUS_OK || ret->keys.rows > 0)
        return status;
    snprintf(c->first, c->first_max, "table %s: it is missing, or has no primary key", table);
    return STATUS_DATA_LOSS;
}

enum status compare_table(struct compare *c, const char *table, struct db_error *reterr)
{
    struct shape s = {0};
    struct db_table count = {0}, diff = {0};
    enum status status = open_table(c, table, &s, reterr);
    if (status != STATUS_OK)
        return status;
    const char *live = arena_printf(c->arena, "%s.%s", c->live, table);
    const char *replayed = arena_printf(c->arena, "%s.%s", c->replayed, table);
    db_want_table(c->db, arena_printf(c->arena, "SELECT count(*) FROM %s", live), DB_NONE, &count);
    db_want_table(c->db, difference_sql(c, live, replayed, "journal", &s), DB_NONE, &diff);
    status = db_run(c->db, reterr);
    if (status != STATUS_OK)
        return status;

    (*c->tables)++;
    *c->rows += strtoll(count.values[0], NULL, 10);
    return tell_difference(c, table, "journal", &diff);
}

enum status compare_sum(struct compare *c, const struct kept_sum *sum, struct db_error *reterr)
{
    struct shape s = {0};
    struct db_table diff = {0};
    enum status status = open_table(c, sum->table, &s, reterr);
    if (status != STATUS_OK)
        return status;
    const char *kept = arena_printf(c->arena, "%s.%s", c->live, sum->table);
    const char *rows = arena_printf(c->arena, "%s.%s", c->replayed, sum->rows);
    db_want_table(c->db, difference_sql(c, kept, rows, "rows that it adds up", &s), DB_NONE, &diff);
    status = db_run(c->db, reterr);
    return status == STATUS_OK ? tell_difference(c, sum->table, "rows that it adds up", &diff) : status;
}

/* ---- the journal's own tables ---- */

struct answer_row {
    int64_t idx;
    struct bytes id, key_id, command_hash, answer, entry;
    const char *method;
};

typedef Purser__V1__Entry entry_t;
typedef Purser__V1__Command command_t;
typedef Purser__V1__Reply reply_t;
typedef Purser__V1__Receipt receipt_t;

static bool is_same(struct bytes a, ProtobufCBinaryData b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static bool is_hash(struct hash h, const void *data, size_t len)
{
    return len == HASH_BYTES && memcmp(h.b, data, HASH_BYTES) == 0;
}

/* Status and body hash to the entry's digest of the outcome. */
static bool outcome_fits(const reply_t *reply, const entry_t *e, struct arena *scratch)
{
    struct bytes status = reply->status ? wire_pack(&reply->status->base, scratch) : (struct bytes){0};
    uint8_t *joined = arena_alloc(scratch, status.len + reply->body.len + 1);
    if (!joined)
        return false;
    if (status.len)
        memcpy(joined, status.data, status.len);
    if (reply->body.len)
        memcpy(joined + status.len, reply->body.data, reply->body.len);
    return is_hash(sha256(joined, status.len + reply->body.len), e->outcome_digest.data,
                   e->outcome_digest.len);
}

/* The checkpoint in a receipt; all receipts of a batch hold the same, whose signature is checked once. */
static bool note_is_ours(struct compare *c, const char *note, struct arena *scratch)
{
    struct checkpoint at;
    if (*c->note && strcmp(note, c->note) == 0)
        return true;
    if (!note_open(scratch, note, c->journal_key, &at) || strcmp(at.origin, c->audience) != 0 ||
        strlen(note) >= sizeof(c->note))
        return false;
    memcpy(c->note, note, strlen(note) + 1);
    c->note_size = at.size;
    c->note_root = at.root;
    return true;
}

/* The receipt says what the entry says, and its proof leads to the root of a checkpoint that this journal
 * signed. */
static bool receipt_fits(struct compare *c, const receipt_t *r, const entry_t *e, struct bytes entry,
                         struct arena *scratch)
{
    struct hash leaf = merkle_leaf(entry.data, entry.len), proof[MERKLE_PROOF_MAX];
    if (r->index != e->index || r->now_us != e->now_us || r->behaviour != e->behaviour ||
        r->n_units != e->n_units || r->n_proof > MERKLE_PROOF_MAX ||
        !note_is_ours(c, r->checkpoint, scratch) || c->note_size != r->tree_size)
        return false;
    for (size_t i = 0; i < r->n_units; i++)
        if (strcmp(r->units[i], e->units[i]) != 0)
            return false;
    for (size_t i = 0; i < r->n_proof; i++) {
        if (r->proof[i].len != HASH_BYTES)
            return false;
        memcpy(proof[i].b, r->proof[i].data, HASH_BYTES);
    }
    return merkle_inclusion_holds(r->index, c->note_size, &leaf, proof, (int)r->n_proof, &c->note_root);
}

/* *ret_size: of the checkpoint in its receipt. */
static bool answer_fits(struct compare *c, const struct answer_row *a, struct arena *scratch,
                        uint64_t *ret_size)
{
    const char *why;
    const reply_t *reply = (const reply_t *)wire_unpack(&purser__v1__reply__descriptor, scratch,
                                                        a->answer.data, a->answer.len, &why);
    const entry_t *e = (const entry_t *)wire_unpack(&purser__v1__entry__descriptor, scratch, a->entry.data,
                                                    a->entry.len, &why);
    if (!reply || !e || !reply->receipt)
        return false;
    *ret_size = reply->receipt->tree_size;
    const command_t *command = (const command_t *)wire_unpack(&purser__v1__command__descriptor, scratch,
                                                              e->command.data, e->command.len, &why);
    return command && outcome_fits(reply, e, scratch) &&
           receipt_fits(c, reply->receipt, e, a->entry, scratch) &&
           is_hash(sha256(e->command.data, e->command.len), a->command_hash.data, a->command_hash.len) &&
           is_same(a->id, command->request_id) && is_same(a->id, reply->request_id) &&
           is_same(a->key_id, command->key_id) && strcmp(a->method, command->method) == 0;
}

/* Each checkpoint was given out with the receipts of its batch, and is checked while the entries are
 * replayed: so their number tells whether one is missing or too much. */
static enum status compare_checkpoints(struct compare *c, int64_t wanted, struct db_error *reterr)
{
    struct db_table count = {0};
    db_want_table(c->db, arena_printf(c->arena, "SELECT count(*) FROM %s.journal_checkpoint", c->live),
                  DB_NONE, &count);
    enum status s = db_run(c->db, reterr);
    if (s != STATUS_OK || strtoll(count.values[0], NULL, 10) == wanted)
        return s;
    snprintf(c->first, c->first_max, "table journal_checkpoint: it has %s rows, the receipts name %lld",
             count.values[0], (long long)wanted);
    return STATUS_DATA_LOSS;
}

static enum status compare_answers(struct compare *c, uint64_t size, uint64_t *ret_answers,
                                   struct db_error *reterr)
{
    static const struct db_col col[] = {COL(I64, struct answer_row, idx),
                                        COL(BYTES, struct answer_row, id),
                                        COL(BYTES, struct answer_row, key_id),
                                        COL(BYTES, struct answer_row, command_hash),
                                        COL(BYTES, struct answer_row, answer),
                                        COL(BYTES, struct answer_row, entry),
                                        COL(TEXT, struct answer_row, method)};
    const char *sql = arena_printf(c->arena,
                                   "SELECT e.idx, r.id, r.key_id, r.command_hash, r.answer, e.entry, r.method"
                                   "  FROM %s.journal_entry e LEFT JOIN %s.request r ON r.idx = e.idx"
                                   " WHERE e.idx >= $1 AND e.idx < $1 + $2 ORDER BY e.idx",
                                   c->live, c->live);
    struct arena *page = arena_new(256u << 20);
    uint64_t newest = 0;
    int64_t checkpoints = 0;
    enum status s = page ? STATUS_OK : STATUS_RESOURCE_EXHAUSTED;
    for (uint64_t from = 0; s == STATUS_OK && from < size; from += ANSWERS_A_PAGE) {
        struct answer_row *rows = NULL;
        int count = 0;
        arena_reset(page);
        db_use_arena(c->db, page);
        db_want_rows(c->db, sql, DB_IN(in_i64((int64_t)from), in_i64(ANSWERS_A_PAGE)),
                     (struct db_cols){col, COUNT_OF(col), sizeof(struct answer_row)}, ANSWERS_A_PAGE * 2,
                     &rows, &count);
        s = db_run(c->db, reterr);
        for (int i = 0; s == STATUS_OK && i < count; i++) {
            uint64_t named = 0;
            bool fits = answer_fits(c, &rows[i], page, &named);
            checkpoints += named > newest;
            newest = named > newest ? named : newest;
            if (!fits) {
                snprintf(c->first, c->first_max,
                         "table request, key idx = %lld: the stored answer is not the one in the journal",
                         (long long)rows[i].idx);
                s = STATUS_DATA_LOSS;
            }
            (*ret_answers)++;
        }
    }
    db_use_arena(c->db, c->arena);
    arena_free(page);
    return s == STATUS_OK ? compare_checkpoints(c, checkpoints, reterr) : s;
}

/* Every node is the hash of its two children: one statement, recomputed by PostgreSQL itself. */
static enum status compare_nodes(struct compare *c, uint64_t size, struct db_error *reterr)
{
    const char *sql =
        arena_printf(c->arena,
                     "SELECT 1::bigint AS level, w.at"
                     "  FROM generate_series(0, ($1 >> 1) - 1) AS w (at)"
                     "  LEFT JOIN %s.journal_node n ON n.level = 1 AND n.at = w.at"
                     "  LEFT JOIN %s.journal_entry a ON a.idx = w.at * 2"
                     "  LEFT JOIN %s.journal_entry b ON b.idx = w.at * 2 + 1"
                     " WHERE n.hash IS DISTINCT FROM sha256('\\x01'::bytea || a.leaf_hash || b.leaf_hash)"
                     " UNION ALL SELECT w.level, w.at"
                     "  FROM (SELECT l::bigint AS level, generate_series(0, ($1 >> l) - 1) AS at"
                     "          FROM generate_series(2, 41) AS l) AS w"
                     "  LEFT JOIN %s.journal_node n ON n.level = w.level AND n.at = w.at"
                     "  LEFT JOIN %s.journal_node a ON a.level = w.level - 1 AND a.at = w.at * 2"
                     "  LEFT JOIN %s.journal_node b ON b.level = w.level - 1 AND b.at = w.at * 2 + 1"
                     " WHERE n.hash IS DISTINCT FROM sha256('\\x01'::bytea || a.hash || b.hash)"
                     " ORDER BY 1, 2 LIMIT 1",
                     c->live, c->live, c->live, c->live, c->live, c->live);
    struct db_table diff = {0};
    db_want_table(c->db, sql, DB_IN(in_i64((int64_t)size)), &diff);
    enum status s = db_run(c->db, reterr);
    if (s != STATUS_OK || diff.rows == 0)
        return s;
    snprintf(c->first, c->first_max,
             "table journal_node, key level = %s, at = %s: column hash is not that of its children",
             diff.values[0], diff.values[1]);
    return STATUS_DATA_LOSS;
}

/* What lies beyond the head was never given out. */
static enum status compare_ends(struct compare *c, uint64_t size, struct db_error *reterr)
{
    const char *sql = arena_printf(
        c->arena,
        "SELECT 'journal_entry, key idx = ' || idx FROM %s.journal_entry WHERE idx >= $1"
        " UNION ALL SELECT 'journal_checkpoint, key size = ' || size FROM %s.journal_checkpoint"
        "            WHERE size > $1 OR size < 1"
        " UNION ALL SELECT 'journal_node, key level = ' || level || ', at = ' || at FROM %s.journal_node"
        "            WHERE at >= ($1 >> level) LIMIT 1",
        c->live, c->live, c->live);
    struct db_table extra = {0};
    db_want_table(c->db, sql, DB_IN(in_i64((int64_t)size)), &extra);
    enum status s = db_run(c->db, reterr);
    if (s != STATUS_OK || extra.rows == 0)
        return s;
    snprintf(c->first, c->first_max, "table %s: the row lies beyond the journal's head", extra.values[0]);
    return STATUS_DATA_LOSS;
}

enum status compare_journal(struct compare *c, uint64_t size, uint64_t *ret_answers, struct db_error *reterr)
{
    *ret_answers = 0;
    db_use_arena(c->db, c->arena);
    enum status s = compare_ends(c, size, reterr);
    if (s == STATUS_OK)
        s = compare_nodes(c, size, reterr);
    if (s == STATUS_OK)
        s = compare_answers(c, size, ret_answers, reterr);
    return s;
}
