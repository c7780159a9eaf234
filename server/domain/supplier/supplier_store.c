/* The SQL of suppliers. */
#include "server/domain/supplier/supplier_store.h"

#define ROW_COLUMNS                                                                                          \
    "id, name, type, note, banned_basis, enterprise_size, state, banned_from, banned_to, version"
#define ROW_COLS                                                                                             \
    DB_COLS(struct supplier_row, COL(TEXT, struct supplier_row, id), COL(TEXT, struct supplier_row, name),   \
            COL(TEXT, struct supplier_row, type), COL(TEXT, struct supplier_row, note),                      \
            COL(TEXT, struct supplier_row, banned_basis),                                                    \
            COL_ENUM(struct supplier_row, enterprise_size, &enterprise_sizes),                               \
            COL_ENUM(struct supplier_row, state, &supplier_states),                                          \
            COL(DAY, struct supplier_row, banned_from), COL(DAY, struct supplier_row, banned_to),            \
            COL(I64, struct supplier_row, version))

void supplier_row_want(struct db *db, const char *id, struct supplier_row *ret)
{
    db_want(db,
            "SELECT " ROW_COLUMNS "  FROM supplier"
            " WHERE id = $1",
            DB_IN(in_text(id)), ROW_COLS, ret, &ret->is_found);
}

void supplier_rows_want(struct db *db, const char *const *ids, size_t n, struct supplier_row **ret,
                        int *ret_count)
{
    db_want_rows(db,
                 "SELECT " ROW_COLUMNS "  FROM supplier"
                 " WHERE id = ANY ($1)"
                 " ORDER BY id"
                 " LIMIT 500",
                 DB_IN(in_texts(ids, n)), ROW_COLS, 500, ret, ret_count);
}

/* The face's own: what contracts need. */
void supplier_want(struct db *db, const char *id, struct supplier *ret)
{
    ret->id = id; /* so that a refusal can say who is unknown */
    db_remember(db);
    db_want(db,
            "SELECT id, name, type, coalesce(enterprise_size, ''), banned_from, banned_to, banned_basis"
            "  FROM supplier"
            " WHERE id = $1",
            DB_IN(in_text(id)),
            DB_COLS(struct supplier, COL(TEXT, struct supplier, id), COL(TEXT, struct supplier, name),
                    COL(TEXT, struct supplier, type), COL(TEXT, struct supplier, enterprise_size),
                    COL(DAY, struct supplier, banned_from), COL(DAY, struct supplier, banned_to),
                    COL(TEXT, struct supplier, banned_basis)),
            ret, &ret->is_found);
}

void supplier_rows_write(struct db *db, struct arena *a, const struct supplier_row *rows, size_t n)
{
    const char **cells = arena_array(a, 9 * n, sizeof *cells);
    int64_t *versions = arena_array(a, n, sizeof *versions);
    if (!cells || !versions)
        return; /* the arena is full: the call fails as a whole */

    for (size_t i = 0; i < n; i++) {
        const struct supplier_row *r = &rows[i];
        const char *const row[] = {r->id,
                                   r->name,
                                   r->type,
                                   names_of(&enterprise_sizes, r->enterprise_size),
                                   r->note,
                                   names_of(&supplier_states, r->state),
                                   day_text(a, r->banned_from),
                                   day_text(a, r->banned_to),
                                   r->banned_basis};
        for (size_t k = 0; k < 9; k++)
            cells[k * n + i] = row[k];
        versions[i] = r->version;
    }
    db_do(db,
          "INSERT INTO supplier (id, name, type, enterprise_size, note, state, banned_from, banned_to, "
          "banned_basis,"
          "                      version)"
          " SELECT id, name, type, nullif(enterprise_size, ''), note, state, nullif(banned_from, '')::date,"
          "        nullif(banned_to, '')::date, banned_basis, version"
          "   FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],"
          "               $8::text[], $9::text[], $10::bigint[])"
          "     AS r (id, name, type, enterprise_size, note, state, banned_from, banned_to, banned_basis, "
          "version)"
          " ON CONFLICT (id) DO UPDATE"
          "   SET name = EXCLUDED.name, type = EXCLUDED.type, enterprise_size = EXCLUDED.enterprise_size,"
          "       note = EXCLUDED.note, state = EXCLUDED.state, banned_from = EXCLUDED.banned_from,"
          "       banned_to = EXCLUDED.banned_to, banned_basis = EXCLUDED.banned_basis, version = "
          "EXCLUDED.version",
          DB_IN(in_texts(cells, n), in_texts(cells + n, n), in_texts(cells + 2 * n, n),
                in_texts(cells + 3 * n, n), in_texts(cells + 4 * n, n), in_texts(cells + 5 * n, n),
                in_texts(cells + 6 * n, n), in_texts(cells + 7 * n, n), in_texts(cells + 8 * n, n),
                in_i64s(versions, n)));
}

void supplier_steps_write(struct db *db, struct arena *a, const struct supplier_step *steps, size_t n,
                          const char *person_id, int64_t at_us)
{
    const char **cells = arena_array(a, 5 * n, sizeof *cells);
    int64_t *seqs = arena_array(a, n, sizeof *seqs);
    if (!cells || !seqs)
        return;

    for (size_t i = 0; i < n; i++) {
        cells[i] = steps[i].id;
        cells[n + i] = names_of(&supplier_events, steps[i].event);
        cells[2 * n + i] = names_of(&supplier_states, steps[i].from);
        cells[3 * n + i] = names_of(&supplier_states, steps[i].to);
        cells[4 * n + i] = steps[i].opinion;
        seqs[i] = steps[i].seq;
    }
    db_do(db,
          "INSERT INTO supplier_event (supplier_id, seq, event, from_state, to_state, person_id, at_us, "
          "opinion)"
          " SELECT r.id, r.seq, r.event, r.from_state, r.to_state, $7, $8, r.opinion"
          "   FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])"
          "     AS r (id, event, from_state, to_state, opinion, seq)",
          DB_IN(in_texts(cells, n), in_texts(cells + n, n), in_texts(cells + 2 * n, n),
                in_texts(cells + 3 * n, n), in_texts(cells + 4 * n, n), in_i64s(seqs, n), in_text(person_id),
                in_i64(at_us)));
}

/* ---- declared reads: not departmental data ---- */

const struct read_sql supplier_get_sql[] = {
    {.sql = "SELECT id AS \"supplier.supplier_id\", name AS \"supplier.supplier_name\","
            "       type AS \"supplier.supplier_type\", enterprise_size AS \"supplier.enterprise_size\","
            "       note AS \"supplier.note\", state AS \"supplier.state\","
            "       banned_from AS \"supplier.ban_from_date\", banned_to AS \"supplier.ban_to_date\","
            "       banned_basis AS \"supplier.ban_basis\", version AS \"supplier.etag\""
            "  FROM supplier"
            " WHERE id = :supplier_id"},
    {.sql = "SELECT seq, event, from_state, to_state, person_id, at_us, opinion"
            "  FROM supplier_event"
            " WHERE supplier_id = :supplier_id"
            " ORDER BY seq"
            " LIMIT 500",
     .into = "events"},
    {0},
};

#define SUPPLIERS_WHERE(filter)                                                                              \
    "SELECT id AS supplier_id, name AS supplier_name, type AS supplier_type, enterprise_size, note, state,"  \
    "       banned_from AS ban_from_date, banned_to AS ban_to_date, banned_basis AS ban_basis, version AS "  \
    "etag"                                                                                                   \
    "  FROM supplier"                                                                                        \
    " WHERE " filter "id > :_after"                                                                          \
    " ORDER BY id"                                                                                           \
    " LIMIT :_limit"

const struct read_sql suppliers_list_sql[] = {
    {.sql = SUPPLIERS_WHERE(""), .needs = ""},
    {.sql = SUPPLIERS_WHERE("type = :supplier_type AND "), .needs = "supplier_type"},
    {.sql = SUPPLIERS_WHERE("state = :state AND "), .needs = "state"},
    {.sql = SUPPLIERS_WHERE("type = :supplier_type AND state = :state AND "), .needs = "supplier_type state"},
    {.sql = SUPPLIERS_WHERE("strpos(name, :supplier_name) > 0 AND "), .needs = "supplier_name"},
    {.sql = SUPPLIERS_WHERE("strpos(name, :supplier_name) > 0 AND type = :supplier_type AND "),
     .needs = "supplier_name supplier_type"},
    {0},
};
