/* The SQL of the journal: set-based appends, the head's conditional move, stored answers, nodes. */
#include "server/domain/journal/journal_store.h"
#include "server/domain/journal/journal.h"

#include <string.h>

#include "common/check.h"

/* Who belongs to an entry's unit, and to the same department as all the others that it concerns, sees it
 * whole; others see its leaf hash: even the method's name would tell a department that an audit was planned.
 */
#define IS_SEEN                                                                                              \
    "(:_scope = '' OR (EXISTS (SELECT FROM unnest(units) AS u (id) WHERE u.id ^@ :_scope)"                   \
    " AND NOT EXISTS (SELECT FROM unnest(units) AS u (id)"                                                   \
    "                  WHERE NOT u.id ^@ :_scope AND NOT :_scope ^@ u.id)))"
/* What is no index lies beyond the end: a cast would fail on it. */
#define INDEX_OF(text)                                                                                       \
    "CASE WHEN " text " ~ '^[0-9]{1,18}$' THEN CAST(" text " AS bigint) ELSE 9223372036854775807 END"
/* A page ends before its entries are a million bytes, for all of it must fit into a call's memory. */
#define ENTRIES_AFTER(first)                                                                                 \
    "SELECT to_char(idx, 'FM000000000000') AS index, at_us, leaf_hash,"                                      \
    "       CASE WHEN is_seen THEN method ELSE '' END AS method,"                                            \
    "       CASE WHEN is_seen THEN person_id ELSE '' END AS person_id,"                                      \
    "       CASE WHEN is_seen THEN entry END AS entry,"                                                      \
    "       n < total AS _more"                                                                              \
    "  FROM (SELECT idx, at_us, leaf_hash, method, person_id, entry, is_seen,"                               \
    "               row_number() OVER (ORDER BY idx) AS n, count(*) OVER () AS total,"                       \
    "               sum(CASE WHEN is_seen THEN octet_length(entry) ELSE 0 END) OVER (ORDER BY idx) AS bytes" \
    "          FROM (SELECT idx, at_us, leaf_hash, method, person_id, entry, " IS_SEEN " AS is_seen"         \
    "                  FROM journal_entry"                                                                   \
    "                 WHERE idx > CASE WHEN :_after = '' THEN " first                                        \
    "                             ELSE " INDEX_OF(                                                           \
        ":_after") " END"                                                                                    \
                   "                 ORDER BY idx LIMIT :_limit) AS page) AS sized"                          \
                   " WHERE bytes <= 1000000 OR n = 1"                                                        \
                   " ORDER BY idx"

const struct read_sql journal_list_entries_sql[] = {
    {.needs = "", .sql = ENTRIES_AFTER("-1")},
    {.needs = "after", .sql = ENTRIES_AFTER(INDEX_OF(":after"))},
    {0},
};

struct head_row {
    int64_t size, epoch, last_us;
    struct bytes root;
    const char *note;
};
static const struct db_cols *head_cols(void)
{
    static const struct db_col col[] = {COL(I64, struct head_row, size), COL(BYTES, struct head_row, root),
                                        COL(I64, struct head_row, epoch), COL(I64, struct head_row, last_us),
                                        COL(TEXT, struct head_row, note)};
    static const struct db_cols cols = {col, COUNT_OF(col), sizeof(struct head_row)};
    return &cols;
}

static enum status load_edge(struct db *db, struct arena *a, struct frontier *tree, struct db_error *reterr)
{
    struct merkle_place places[64];
    struct bytes hashes[64];
    int count = 0;
    for (int level = 0; level < 64; level++)
        if (tree->size >> level & 1)
            places[count++] = (struct merkle_place){level, (tree->size >> level) - 1};
    journal_want_nodes(db, a, places, count, hashes);
    enum status s = db_run(db, reterr);
    if (s != STATUS_OK)
        return s;

    for (int i = 0; i < count; i++) {
        if (hashes[i].len != HASH_BYTES)
            return STATUS_DATA_LOSS;
        memcpy(tree->edge[places[i].level].b, hashes[i].data, HASH_BYTES);
    }
    return STATUS_OK;
}

enum status journal_load(struct db *db, struct arena *a, struct journal_head *ret, struct db_error *reterr)
{
    struct head_row row = {0};
    bool found = false;
    db_use_arena(db, a);
    db_want(db, "SELECT size, root, epoch, last_us, note FROM journal_head WHERE is_head", DB_NONE,
            *head_cols(), &row, &found);
    enum status s = db_run(db, reterr);
    if (s != STATUS_OK)
        return s;
    if (!found)
        return STATUS_NOT_FOUND;

    struct journal_head head = {.epoch = row.epoch, .last_us = row.last_us, .note = row.note};
    head.tree.size = (uint64_t)row.size;
    s = load_edge(db, a, &head.tree, reterr);
    if (s != STATUS_OK)
        return s;
    head.root = frontier_root(&head.tree);
    if (row.root.len != HASH_BYTES || memcmp(head.root.b, row.root.data, HASH_BYTES) != 0)
        return STATUS_DATA_LOSS;
    *ret = head;
    return STATUS_OK;
}

static struct bytes hash_bytes(const struct hash *h) { return (struct bytes){h->b, HASH_BYTES}; }

/* A row's units as a PostgreSQL array literal; unit ids are digits, so nothing needs quoting. */
static const char *units_literal(struct arena *a, const struct journal_row *r)
{
    const char *text = "";
    for (int i = 0; i < r->units_count; i++)
        text = arena_printf(a, "%s%s%s", text, i ? "," : "", r->units[i]);
    return arena_printf(a, "{%s}", text);
}

static void append_entries(struct db *db, struct arena *a, const struct journal_head *old, int64_t at_us,
                           const struct journal_row *rows, int count)
{
    size_t n = (size_t)count;
    int64_t *idx = arena_array(a, n, sizeof(*idx));
    struct bytes *entries = arena_array(a, n, sizeof(*entries)), *leaves = arena_array(a, n, sizeof(*leaves));
    const char **methods = arena_array(a, n, sizeof(*methods)),
               **persons = arena_array(a, n, sizeof(*persons)), **units = arena_array(a, n, sizeof(*units));
    if (!idx || !entries || !leaves || !methods || !persons || !units)
        return; /* the arena is full, which the caller sees */
    for (size_t i = 0; i < n; i++) {
        idx[i] = (int64_t)(old->tree.size + i);
        entries[i] = rows[i].entry;
        leaves[i] = hash_bytes(&rows[i].leaf);
        methods[i] = rows[i].method;
        persons[i] = rows[i].person_id;
        units[i] = units_literal(a, &rows[i]);
    }
    db_do(db,
          "INSERT INTO journal_entry (idx, entry, leaf_hash, at_us, method, person_id, units)"
          " SELECT i, e, l, $4, m, p, u::text[]"
          "   FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $5::text[], $6::text[], $7::text[]) AS t "
          "(i, e, l, m, p, u)",
          DB_IN(in_i64s(idx, n), in_byteas(entries, n), in_byteas(leaves, n), in_i64(at_us),
                in_texts(methods, n), in_texts(persons, n), in_texts(units, n)));
}

static void append_nodes(struct db *db, struct arena *a, const struct journal_node *nodes, int count)
{
    size_t n = (size_t)count;
    int64_t *levels = arena_array(a, n, sizeof(*levels)), *ats = arena_array(a, n, sizeof(*ats));
    struct bytes *hashes = arena_array(a, n, sizeof(*hashes));
    if (count == 0 || !levels || !ats || !hashes)
        return;
    for (size_t i = 0; i < n; i++) {
        levels[i] = nodes[i].level;
        ats[i] = (int64_t)nodes[i].at;
        hashes[i] = hash_bytes(&nodes[i].hash);
    }
    db_do(db,
          "INSERT INTO journal_node (level, at, hash) SELECT * FROM unnest($1::bigint[], $2::bigint[], "
          "$3::bytea[])",
          DB_IN(in_i64s(levels, n), in_i64s(ats, n), in_byteas(hashes, n)));
}

void journal_append(struct db *db, struct arena *a, const struct journal_head *old,
                    const struct journal_head *next, const struct journal_row *rows, int rows_count,
                    const struct journal_node *nodes, int nodes_count, int64_t *ret_moved)
{
    append_entries(db, a, old, next->last_us, rows, rows_count);
    append_nodes(db, a, nodes, nodes_count);
    db_do(db, "INSERT INTO journal_checkpoint (size, note) VALUES ($1, $2)",
          DB_IN(in_i64((int64_t)next->tree.size), in_text(next->note)));
    struct bytes *roots = arena_array(a, 2, sizeof(*roots));
    if (!roots)
        return;
    roots[0] = arena_bytes(a, next->root.b, HASH_BYTES);
    roots[1] = arena_bytes(a, old->root.b, HASH_BYTES);
    if (old->tree.size == 0) /* the first entry makes the head; a second writer would break the primary key */
        db_count(db,
                 "INSERT INTO journal_head (is_head, size, root, epoch, last_us, note) VALUES (true, $1, $2, "
                 "$3, $4, $5)",
                 DB_IN(in_i64((int64_t)next->tree.size), in_bytes(roots[0]), in_i64(next->epoch),
                       in_i64(next->last_us), in_text(next->note)),
                 ret_moved);
    else
        db_count(db,
                 "UPDATE journal_head SET size = $1, root = $2, last_us = $3, note = $4"
                 " WHERE is_head AND size = $5 AND root = $6",
                 DB_IN(in_i64((int64_t)next->tree.size), in_bytes(roots[0]), in_i64(next->last_us),
                       in_text(next->note), in_i64((int64_t)old->tree.size), in_bytes(roots[1])),
                 ret_moved);
}

void journal_want_answers(struct db *db, const struct bytes *ids, int count, struct journal_answer **ret,
                          int *ret_count)
{
    static const struct db_col col[] = {COL(BYTES, struct journal_answer, id),
                                        COL(BYTES, struct journal_answer, key_id),
                                        COL(BYTES, struct journal_answer, command_hash),
                                        COL(TEXT, struct journal_answer, method),
                                        COL(BYTES, struct journal_answer, answer)};
    db_want_rows(db, "SELECT id, key_id, command_hash, method, answer FROM request WHERE id = ANY ($1)",
                 DB_IN(in_byteas(ids, (size_t)count)),
                 (struct db_cols){col, COUNT_OF(col), sizeof(struct journal_answer)}, count, ret, ret_count);
}

void journal_keep_answers(struct db *db, struct arena *a, const struct journal_request *r, int count,
                          int64_t at_us)
{
    size_t n = (size_t)count;
    struct bytes *ids = arena_array(a, n, sizeof(*ids)), *keys = arena_array(a, n, sizeof(*keys)),
                 *hashes = arena_array(a, n, sizeof(*hashes)), *answers = arena_array(a, n, sizeof(*answers));
    const char **methods = arena_array(a, n, sizeof(*methods));
    int64_t *idx = arena_array(a, n, sizeof(*idx));
    if (!ids || !keys || !hashes || !answers || !methods || !idx)
        return;
    for (size_t i = 0; i < n; i++) {
        ids[i] = r[i].id;
        keys[i] = r[i].key_id;
        hashes[i] = hash_bytes(&r[i].command_hash);
        answers[i] = r[i].answer;
        methods[i] = r[i].method;
        idx[i] = r[i].index;
    }
    db_do(db,
          "INSERT INTO request (id, key_id, command_hash, method, idx, answer, at_us)"
          " SELECT i, k, h, m, NULLIF(x, -1), w, $7"
          "   FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::text[], $5::bigint[], $6::bytea[]) AS t "
          "(i, k, h, m, x, w)",
          DB_IN(in_byteas(ids, n), in_byteas(keys, n), in_byteas(hashes, n), in_texts(methods, n),
                in_i64s(idx, n), in_byteas(answers, n), in_i64(at_us)));
}

void journal_want_nodes(struct db *db, struct arena *a, const struct merkle_place *places, int count,
                        struct bytes *ret_hash)
{
    static const struct db_col col[] = {{.type = DB_BYTES, .offset = 0}};
    static const struct db_cols cols = {col, 1, sizeof(struct bytes)};
    bool *found = arena_array(a, (size_t)count, sizeof(*found));
    for (int i = 0; i < count && found; i++) {
        ret_hash[i] = (struct bytes){0};
        if (places[i].level == 0)
            db_want(db, "SELECT leaf_hash FROM journal_entry WHERE idx = $1",
                    DB_IN(in_i64((int64_t)places[i].at)), cols, &ret_hash[i], &found[i]);
        else
            db_want(db, "SELECT hash FROM journal_node WHERE level = $1 AND at = $2",
                    DB_IN(in_i64(places[i].level), in_i64((int64_t)places[i].at)), cols, &ret_hash[i],
                    &found[i]);
    }
}

void journal_want_entries(struct db *db, int64_t from, int limit, struct journal_stored **ret, int *ret_count)
{
    static const struct db_col col[] = {COL(I64, struct journal_stored, index),
                                        COL(BYTES, struct journal_stored, entry),
                                        COL(BYTES, struct journal_stored, leaf_hash),
                                        COL(TEXT, struct journal_stored, method),
                                        COL(TEXT, struct journal_stored, person_id),
                                        COL(I64, struct journal_stored, at_us),
                                        COL(TEXT, struct journal_stored, units)};
    db_want_rows(db,
                 "SELECT idx, entry, leaf_hash, method, person_id, at_us, array_to_string(units, ',')"
                 "  FROM journal_entry"
                 " WHERE idx >= $1 AND idx < $1 + $2 ORDER BY idx",
                 DB_IN(in_i64(from), in_i64(limit)),
                 (struct db_cols){col, COUNT_OF(col), sizeof(struct journal_stored)}, limit, ret, ret_count);
}

void journal_want_checkpoints(struct db *db, int64_t from, int limit, struct journal_note **ret,
                              int *ret_count)
{
    static const struct db_col col[] = {COL(I64, struct journal_note, size),
                                        COL(TEXT, struct journal_note, note)};
    db_want_rows(
        db, "SELECT size, note FROM journal_checkpoint WHERE size > $1 AND size <= $1 + $2 ORDER BY size",
        DB_IN(in_i64(from), in_i64(limit)), (struct db_cols){col, COUNT_OF(col), sizeof(struct journal_note)},
        limit, ret, ret_count);
}
