/* The SQL of the catalogue and the negative list. */
#include "server/domain/catalogue/catalogue_store.h"

#include "server/domain/catalogue/catalogue.h"

/* ---- as other nouns ask: by the date of the business ---- */

/* $1: the day. One version is in force on a day. */
#define VERSION_ON_1                                                                                         \
    "v.state IN ('PUBLISHED', 'SUPERSEDED') AND v.valid_from <= $1 AND (v.valid_to IS NULL OR v.valid_to "   \
    ">= $1)"
#define ENTRY_STANDS_1 "(e.stopped_from IS NULL OR e.stopped_from > $1)"

void catalogue_want_entry(struct db *db, const char *code, struct day on, struct catalogue_entry *ret)
{
    db_want(db,
            "SELECT e.code, e.name, e.parent, e.version_id, e.level, e.code ^@ 'A'"
            "  FROM catalogue_version v"
            "  JOIN catalogue_entry e ON e.version_id = v.id"
            " WHERE " VERSION_ON_1 " AND e.code = $2 AND " ENTRY_STANDS_1,
            DB_IN(in_day(on), in_text(code)),
            DB_COLS(struct catalogue_entry, COL(TEXT, struct catalogue_entry, code),
                    COL(TEXT, struct catalogue_entry, name), COL(TEXT, struct catalogue_entry, parent),
                    COL(TEXT, struct catalogue_entry, version_id), COL(I64, struct catalogue_entry, level),
                    COL(BOOL, struct catalogue_entry, is_public_service)),
            ret, &ret->is_found);
}

void catalogue_want_entries(struct db *db, const char *const *codes, size_t n, struct day on,
                            struct catalogue_entry **ret, int *ret_count)
{
    db_want_rows(db,
                 "SELECT true, e.code, e.name, e.parent, e.version_id, e.level, e.code ^@ 'A'"
                 "  FROM catalogue_version v"
                 "  JOIN catalogue_entry e ON e.version_id = v.id"
                 " WHERE " VERSION_ON_1 " AND e.code = ANY ($2) AND " ENTRY_STANDS_1
                 " ORDER BY e.code COLLATE \"C\""
                 " LIMIT $3",
                 DB_IN(in_day(on), in_texts(codes, n), in_i64((int64_t)n)),
                 DB_COLS(struct catalogue_entry, COL(BOOL, struct catalogue_entry, is_found),
                         COL(TEXT, struct catalogue_entry, code), COL(TEXT, struct catalogue_entry, name),
                         COL(TEXT, struct catalogue_entry, parent),
                         COL(TEXT, struct catalogue_entry, version_id),
                         COL(I64, struct catalogue_entry, level),
                         COL(BOOL, struct catalogue_entry, is_public_service)),
                 (int)n, ret, ret_count);
}

void catalogue_want_version_on(struct db *db, struct day on, struct catalogue_version_on *ret)
{
    db_want(db,
            "SELECT v.id"
            "  FROM catalogue_version v"
            " WHERE " VERSION_ON_1,
            DB_IN(in_day(on)),
            DB_COLS(struct catalogue_version_on, COL(TEXT, struct catalogue_version_on, id)), ret,
            &ret->is_found);
}

void catalogue_want_words(struct db *db, struct day on, struct catalogue_words **ret, int *ret_count)
{
    db_want_rows(db,
                 "SELECT e.code, e.name, e.words"
                 "  FROM catalogue_version v"
                 "  JOIN catalogue_entry e ON e.version_id = v.id"
                 " WHERE " VERSION_ON_1 " AND e.level = 3 AND " ENTRY_STANDS_1 " ORDER BY e.code"
                 " LIMIT 2000",
                 DB_IN(in_day(on)),
                 DB_COLS(struct catalogue_words, COL(TEXT, struct catalogue_words, code),
                         COL(TEXT, struct catalogue_words, name), COL(TEXT, struct catalogue_words, words)),
                 2000, ret, ret_count);
}

void catalogue_want_negatives(struct db *db, struct day on, struct negative **ret, int *ret_count)
{
    db_want_rows(db,
                 "SELECT code, item, basis, keywords"
                 "  FROM negative_entry"
                 " WHERE list_id = (SELECT id"
                 "                    FROM negative_list"
                 "                   WHERE state = 'CONFIRMED' AND valid_from <= $1"
                 "                   ORDER BY valid_from DESC, id DESC"
                 "                   LIMIT 1)"
                 " ORDER BY length(code), code"
                 " LIMIT 200",
                 DB_IN(in_day(on)),
                 DB_COLS(struct negative, COL(TEXT, struct negative, code), COL(TEXT, struct negative, item),
                         COL(TEXT, struct negative, basis), COL(TEXT, struct negative, keywords)),
                 200, ret, ret_count);
}

/* ---- versions ---- */

#define VERSION_COLS                                                                                         \
    DB_COLS(struct catalogue_version, COL(TEXT, struct catalogue_version, id),                               \
            COL(TEXT, struct catalogue_version, title), COL(TEXT, struct catalogue_version, prepared_by),    \
            COL_ENUM(struct catalogue_version, kind, &catalogue_kinds),                                      \
            COL_ENUM(struct catalogue_version, state, &catalogue_states),                                    \
            COL(DAY, struct catalogue_version, valid_from), COL(DAY, struct catalogue_version, valid_to),    \
            COL(I64, struct catalogue_version, version), COL(I64, struct catalogue_version, leaves))

void version_want(struct db *db, const char *id, struct catalogue_version *ret)
{
    db_want(db,
            "SELECT id, title, prepared_by, kind, state, valid_from, valid_to, version,"
            "       (SELECT count(*) FROM catalogue_entry e WHERE e.version_id = v.id AND e.level = 3)"
            "  FROM catalogue_version v"
            " WHERE id = $1",
            DB_IN(in_text(id)), VERSION_COLS, ret, &ret->is_found);
}

void version_want_hand(struct db *db, const char *id, const char *person_id, struct preparation *ret)
{
    db_want(db,
            "SELECT count(*)"
            "  FROM catalogue_event"
            " WHERE version_id = $1 AND event = 'IMPORT' AND person_id = $2",
            DB_IN(in_text(id), in_text(person_id)),
            DB_COLS(struct preparation, COL(I64, struct preparation, imports)), ret, NULL);
}

void version_want_newest(struct db *db, struct catalogue_version *ret)
{
    db_want(db,
            "SELECT id, title, prepared_by, kind, state, valid_from, valid_to, version, 0::bigint"
            "  FROM catalogue_version"
            " WHERE state = 'PUBLISHED'"
            " ORDER BY valid_from DESC"
            " LIMIT 1",
            DB_NONE, VERSION_COLS, ret, &ret->is_found);
}

void version_insert(struct db *db, const struct version_row *r)
{
    db_do_one(
        db,
        "INSERT INTO catalogue_version (id, title, kind, basis, valid_from, state, prepared_by, version)"
        " VALUES ($1, $2, $3, $4, $5, 'DRAFT', $6, 0)",
        DB_IN(in_text(r->id), in_text(r->title), in_enum(r->kind, &catalogue_kinds), in_text(r->basis),
              in_day(r->valid_from), in_text(r->prepared_by)));
}

/* What the request leaves empty stays. */
void version_update(struct db *db, const struct version_row *r)
{
    db_do_one(db,
              "UPDATE catalogue_version"
              "   SET title = coalesce(nullif($2, ''), title), kind = coalesce($3, kind),"
              "       basis = coalesce(nullif($4, ''), basis), valid_from = coalesce($5, valid_from), "
              "prepared_by = $6"
              " WHERE id = $1",
              DB_IN(in_text(r->id), in_text(r->title), in_enum(r->kind, &catalogue_kinds), in_text(r->basis),
                    in_day(r->valid_from), in_text(r->prepared_by)));
}

void version_step(struct db *db, const struct catalogue_version *v, const struct version_step *s)
{
    db_do_one(db,
              "UPDATE catalogue_version"
              "   SET state = $2, version = $3"
              " WHERE id = $1",
              DB_IN(in_text(v->id), in_enum(s->to_state, &catalogue_states), in_i64(v->version + 1)));
    db_do_one(db,
              "INSERT INTO catalogue_event (version_id, seq, event, from_state, to_state, person_id, at_us, "
              "opinion)"
              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
              DB_IN(in_text(v->id), in_i64(v->version + 1), in_text(s->event),
                    in_text(names_of(&catalogue_states, v->state)), in_enum(s->to_state, &catalogue_states),
                    in_text(s->actor_id), in_i64(s->at_us), in_text(s->opinion)));
}

void version_end(struct db *db, const char *id, struct day last)
{
    db_do_one(db,
              "UPDATE catalogue_version"
              "   SET valid_to = $2"
              " WHERE id = $1",
              DB_IN(in_text(id), in_day(last)));
}

/* ---- entries ---- */

void entries_want_codes(struct db *db, const char *version_id, struct code_row **ret, int *ret_count)
{
    db_want_rows(db,
                 "SELECT code"
                 "  FROM catalogue_entry"
                 " WHERE version_id = $1"
                 " ORDER BY code"
                 " LIMIT 5000",
                 DB_IN(in_text(version_id)), DB_COLS(struct code_row, COL(TEXT, struct code_row, code)), 5000,
                 ret, ret_count);
}

void entries_write(struct db *db, const char *version_id, const struct entry_columns *e)
{
    db_do(db,
          "INSERT INTO catalogue_entry (version_id, code, level, parent, name, class96, origin, seed_type, "
          "words)"
          " SELECT $1, code, level, parent, name, class96, origin, seed_type, words"
          "   FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[], "
          "$8::text[], $9::text[])"
          "     AS r (code, level, parent, name, class96, origin, seed_type, words)"
          " ON CONFLICT (version_id, code) DO UPDATE"
          "   SET name = EXCLUDED.name, class96 = EXCLUDED.class96, origin = EXCLUDED.origin,"
          "       seed_type = EXCLUDED.seed_type, words = EXCLUDED.words",
          DB_IN(in_text(version_id), in_texts(e->code, e->n), in_i64s(e->level, e->n),
                in_texts(e->parent, e->n), in_texts(e->name, e->n), in_i64s(e->class96, e->n),
                in_texts(e->origin, e->n), in_texts(e->seed_type, e->n), in_texts(e->words, e->n)));
}

void entry_want(struct db *db, const char *version_id, const char *code, struct entry *ret)
{
    db_want(db,
            "SELECT code, stopped_from"
            "  FROM catalogue_entry"
            " WHERE version_id = $1 AND code = $2",
            DB_IN(in_text(version_id), in_text(code)),
            DB_COLS(struct entry, COL(TEXT, struct entry, code), COL(DAY, struct entry, stopped_from)), ret,
            &ret->is_found);
}

/* What hangs below it stops with it. */
void entry_stop(struct db *db, const char *version_id, const char *code, struct day from)
{
    db_do(db,
          "UPDATE catalogue_entry"
          "   SET stopped_from = $3"
          " WHERE version_id = $1 AND code ^@ $2 AND (stopped_from IS NULL OR stopped_from > $3)",
          DB_IN(in_text(version_id), in_text(code), in_day(from)));
}

/* ---- negative lists ---- */

void negative_list_want(struct db *db, const char *id, struct negative_version *ret)
{
    db_want(db,
            "SELECT id, proposed_by, state, version"
            "  FROM negative_list"
            " WHERE id = $1",
            DB_IN(in_text(id)),
            DB_COLS(struct negative_version, COL(TEXT, struct negative_version, id),
                    COL(TEXT, struct negative_version, proposed_by),
                    COL_ENUM(struct negative_version, state, &negative_states),
                    COL(I64, struct negative_version, version)),
            ret, &ret->is_found);
}

void negative_list_insert(struct db *db, const char *id, struct day from, const char *by, int64_t at_us,
                          const struct negative_columns *n)
{
    db_do_one(db,
              "INSERT INTO negative_list (id, valid_from, state, proposed_by, proposed_us, version)"
              " VALUES ($1, $2, 'PROPOSED', $3, $4, 1)",
              DB_IN(in_text(id), in_day(from), in_text(by), in_i64(at_us)));
    db_do(db,
          "INSERT INTO negative_entry (list_id, code, item, basis, keywords, note)"
          " SELECT $1, code, item, basis, keywords, note"
          "   FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[])"
          "     AS r (code, item, basis, keywords, note)",
          DB_IN(in_text(id), in_texts(n->code, n->n), in_texts(n->item, n->n), in_texts(n->basis, n->n),
                in_texts(n->keywords, n->n), in_texts(n->note, n->n)));
}

void negative_list_confirm(struct db *db, const char *id, const char *by, int64_t at_us)
{
    db_do_one(db,
              "UPDATE negative_list"
              "   SET state = 'CONFIRMED', confirmed_by = $2, confirmed_us = $3, version = version + 1"
              " WHERE id = $1",
              DB_IN(in_text(id), in_text(by), in_i64(at_us)));
}
