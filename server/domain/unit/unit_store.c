/* The SQL of units, people, roles, keys and invites. */
#include "server/domain/unit/unit_store.h"

#include "server/domain/unit/unit.h"

/* The wire's role numbers, as a mask. */
#define ROLE_MASK                                                                                            \
    "coalesce(bit_or(1::bigint << array_position(ARRAY['CLERK', 'APPROVER', 'REVIEWER_1', 'REVIEWER_2', "    \
    "'LEADER',"                                                                                              \
    " 'OPERATOR', 'CIVIL_AFFAIRS', 'STAFFING', 'AUDITOR', 'AUDIT_HEAD', 'REGISTRAR', 'PUBLIC', 'SYSTEM'], "  \
    "r.role)), 0)"

/* ---- city, divisions, units ---- */

void city_want(struct db *db, struct city *ret)
{
    db_want(db,
            "SELECT division, name, audience, bureau_unit_id, civil_affairs_unit_id, staffing_unit_id, "
            "audit_unit_id,"
            "       system_key_id, journal_public_key"
            "  FROM city",
            DB_NONE,
            DB_COLS(struct city, COL(TEXT, struct city, division), COL(TEXT, struct city, name),
                    COL(TEXT, struct city, audience), COL(TEXT, struct city, offices.bureau),
                    COL(TEXT, struct city, offices.civil_affairs), COL(TEXT, struct city, offices.staffing),
                    COL(TEXT, struct city, offices.audit), COL(BYTES, struct city, system_key_id),
                    COL(BYTES, struct city, journal_public_key)),
            ret, &ret->is_found);
}

void city_insert(struct db *db, const struct city_row *r)
{
    db_do_one(
        db,
        "INSERT INTO city (id, division, name, audience, go_live_date, bureau_unit_id, civil_affairs_unit_id,"
        "                  staffing_unit_id, audit_unit_id, system_key_id, journal_public_key)"
        " VALUES ('city', $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        DB_IN(in_text(r->division), in_text(r->name), in_text(r->audience), in_day(r->go_live),
              in_text(r->offices.bureau), in_text(r->offices.civil_affairs), in_text(r->offices.staffing),
              in_text(r->offices.audit), in_bytes(r->system_key_id), in_bytes(r->journal_public_key)));
}

void unit_want_go_live(struct db *db, struct go_live *ret)
{
    db_want(db,
            "SELECT go_live_date"
            "  FROM city",
            DB_NONE, DB_COLS(struct go_live, COL(DAY, struct go_live, date)), ret, &ret->is_found);
}

void divisions_write(struct db *db, const char *const *ids, const char *const *names, size_t n)
{
    db_do(db,
          "INSERT INTO division (id, name)"
          " SELECT * FROM unnest($1::text[], $2::text[])"
          " ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name",
          DB_IN(in_texts(ids, n), in_texts(names, n)));
}

void units_want_known(struct db *db, const char *const *ids, size_t n, struct text_row **ret, int *ret_count)
{
    db_want_rows(db,
                 "SELECT id"
                 "  FROM unit"
                 " WHERE id = ANY ($1)"
                 " LIMIT 2000",
                 DB_IN(in_texts(ids, n)), DB_COLS(struct text_row, COL(TEXT, struct text_row, id)), 2000, ret,
                 ret_count);
}

void units_write(struct db *db, const struct unit_columns *u)
{
    db_do(db,
          "INSERT INTO unit (id, name, type, division, parent_id, level, valid_from, valid_to, successor_id, "
          "note)"
          " SELECT id, name, type, division, nullif(parent_id, ''), length(id) / 3, valid_from::date,"
          "        nullif(valid_to, '')::date, nullif(successor_id, ''), note"
          "   FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], "
          "$7::text[], $8::text[],"
          "               $9::text[])"
          "     AS r (id, name, type, division, parent_id, valid_from, valid_to, successor_id, note)"
          " ON CONFLICT (id) DO UPDATE"
          "   SET name = EXCLUDED.name, type = EXCLUDED.type, division = EXCLUDED.division,"
          "       valid_from = EXCLUDED.valid_from, valid_to = EXCLUDED.valid_to,"
          "       successor_id = EXCLUDED.successor_id, note = EXCLUDED.note",
          DB_IN(in_texts(u->id, u->n), in_texts(u->name, u->n), in_texts(u->type, u->n),
                in_texts(u->division, u->n), in_texts(u->parent_id, u->n), in_texts(u->valid_from, u->n),
                in_texts(u->valid_to, u->n), in_texts(u->successor_id, u->n), in_texts(u->note, u->n)));
}

void unit_want(struct db *db, const char *id, struct unit *ret)
{
    db_want(db,
            "SELECT id, name, type, division, coalesce(parent_id, ''), valid_from, valid_to"
            "  FROM unit"
            " WHERE id = $1",
            DB_IN(in_text(id)),
            DB_COLS(struct unit, COL(TEXT, struct unit, id), COL(TEXT, struct unit, name),
                    COL(TEXT, struct unit, type), COL(TEXT, struct unit, division),
                    COL(TEXT, struct unit, parent_id), COL(DAY, struct unit, valid_from),
                    COL(DAY, struct unit, valid_to)),
            ret, &ret->is_found);
}

void unit_want_many(struct db *db, const char *const *ids, size_t n, struct unit **ret, int *ret_count)
{
    db_want_rows(db,
                 "SELECT true, id, name, type, division, coalesce(parent_id, ''), valid_from, valid_to"
                 "  FROM unit"
                 " WHERE id = ANY ($1)"
                 " ORDER BY id COLLATE \"C\""
                 " LIMIT $2",
                 DB_IN(in_texts(ids, n), in_i64((int64_t)n)),
                 DB_COLS(struct unit, COL(BOOL, struct unit, is_found), COL(TEXT, struct unit, id),
                         COL(TEXT, struct unit, name), COL(TEXT, struct unit, type),
                         COL(TEXT, struct unit, division), COL(TEXT, struct unit, parent_id),
                         COL(DAY, struct unit, valid_from), COL(DAY, struct unit, valid_to)),
                 (int)n, ret, ret_count);
}

void unit_want_departments(struct db *db, struct day on, struct unit **ret, int *ret_count)
{
    db_want_rows(db,
                 "SELECT id, name, type, division, valid_from, valid_to"
                 "  FROM unit"
                 " WHERE parent_id IS NULL"
                 "   AND valid_from <= $1"
                 "   AND (valid_to IS NULL OR valid_to >= $1)"
                 " ORDER BY id"
                 " LIMIT 500",
                 DB_IN(in_day(on)),
                 DB_COLS(struct unit, COL(TEXT, struct unit, id), COL(TEXT, struct unit, name),
                         COL(TEXT, struct unit, type), COL(TEXT, struct unit, division),
                         COL(DAY, struct unit, valid_from), COL(DAY, struct unit, valid_to)),
                 500, ret, ret_count);
}

/* ---- keys, as the front asks ---- */

#define SIGNER_COLUMNS                                                                                       \
    "p.id, p.name, p.unit_id, k.public_key, k.valid_from_us, k.rotated_us, k.revoked_us, k.is_compromised, " \
    "p.state,"                                                                                               \
    " (SELECT " ROLE_MASK "    FROM person_role r"                                                           \
    "   WHERE r.person_id = p.id AND r.state = 'CONFIRMED'"                                                  \
    "     AND r.valid_from <= $1 AND (r.valid_to IS NULL OR r.valid_to >= $1))"

#define SIGNER_COLS(struct_, at)                                                                             \
    COL(TEXT, struct_, at person_id), COL(TEXT, struct_, at name), COL(TEXT, struct_, at unit_id),           \
        COL(BYTES, struct_, at public_key), COL(I64, struct_, at valid_from_us),                             \
        COL(I64, struct_, at rotated_us), COL(I64, struct_, at revoked_us),                                  \
        COL(BOOL, struct_, at compromised), COL(TEXT, struct_, at person_state), COL(I64, struct_, at roles)

void unit_want_signer(struct db *db, struct bytes key_id, struct day today, struct signer *ret)
{
    db_remember(db);
    db_want(db,
            "SELECT " SIGNER_COLUMNS "  FROM person_key k"
            "  JOIN person p ON p.id = k.person_id"
            " WHERE k.key_id = $2",
            DB_IN(in_day(today), in_bytes(key_id)), DB_COLS(struct signer, SIGNER_COLS(struct signer, )), ret,
            &ret->is_found);
}

/* Rotated keys too: what they signed before is still good. */
void unit_want_signers(struct db *db, struct day today, struct signer_row **ret, int *ret_count)
{
    db_want_rows(db,
                 "SELECT " SIGNER_COLUMNS ", k.key_id, true"
                 "  FROM person_key k"
                 "  JOIN person p ON p.id = k.person_id"
                 " WHERE k.revoked_us = 0 AND p.state = 'ACTIVE'"
                 " ORDER BY k.key_id"
                 " LIMIT 20000",
                 DB_IN(in_day(today)),
                 DB_COLS(struct signer_row, SIGNER_COLS(struct signer_row, signer.),
                         COL(BYTES, struct signer_row, key_id),
                         COL(BOOL, struct signer_row, signer.is_found)),
                 20000, ret, ret_count);
}

struct version_row {
    int64_t version;
};

void unit_want_people_version(struct db *db, int64_t *ret, bool *ret_found)
{
    db_remember(db);
    db_want(db,
            "SELECT version"
            "  FROM people_version",
            DB_NONE, DB_COLS(struct version_row, COL(I64, struct version_row, version)), ret, ret_found);
}

/* ---- people ---- */

/* $1: today */
#define PERSON_COLUMNS                                                                                       \
    "p.id, p.name, p.unit_id, p.proposed_by, p.state, p.version,"                                            \
    " (SELECT " ROLE_MASK "    FROM person_role r"                                                           \
    "   WHERE r.person_id = p.id AND r.state = 'CONFIRMED' AND (r.valid_to IS NULL OR r.valid_to >= $1))"

#define PERSON_COLS(struct_, at)                                                                             \
    COL(TEXT, struct_, at id), COL(TEXT, struct_, at name), COL(TEXT, struct_, at unit_id),                  \
        COL(TEXT, struct_, at proposed_by), COL_ENUM(struct_, at state, &person_states),                     \
        COL(I64, struct_, at version), COL(I64, struct_, at roles)

void person_want(struct db *db, const struct scope *scope, const char *id, struct day today,
                 struct person *ret)
{
    db_want(db,
            "SELECT " PERSON_COLUMNS "  FROM person p"
            " WHERE p.id = $2 AND p.unit_id ^@ $3",
            DB_IN(in_day(today), in_text(id), in_text(scope->unit_id)),
            DB_COLS(struct person, PERSON_COLS(struct person, )), ret, &ret->is_found);
}

void person_insert(struct db *db, const struct person *p)
{
    db_do_one(db,
              "INSERT INTO person (id, name, unit_id, state, proposed_by, version)"
              " VALUES ($1, $2, $3, $4, $5, $6)",
              DB_IN(in_text(p->id), in_text(p->name), in_text(p->unit_id), in_enum(p->state, &person_states),
                    in_text(p->proposed_by), in_i64(p->version)));
}

void person_step(struct db *db, const struct person *p, const struct person_step *s)
{
    db_do_one(db,
              "UPDATE person"
              "   SET state = $2, version = $3"
              " WHERE id = $1",
              DB_IN(in_text(p->id), in_enum(s->to_state, &person_states), in_i64(p->version + 1)));
    db_do_one(
        db,
        "INSERT INTO person_event (person_id, seq, event, from_state, to_state, actor_id, at_us, opinion)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        DB_IN(in_text(p->id), in_i64(p->version + 1), in_text(s->event),
              in_text(names_of(&person_states, p->state)), in_enum(s->to_state, &person_states),
              in_text(s->actor_id), in_i64(s->at_us), in_text(s->opinion)));
}

void people_changed(struct db *db)
{
    db_do_one(db,
              "INSERT INTO people_version (id, version)"
              " VALUES ('people', 1)"
              " ON CONFLICT (id) DO UPDATE SET version = people_version.version + 1",
              DB_NONE);
}

void officers_want_others(struct db *db, const char *person_id, struct day today, struct officers *ret)
{
    db_want(db,
            "SELECT count(DISTINCT p.id) FILTER (WHERE r.role = 'LEADER'),"
            "       count(DISTINCT p.id) FILTER (WHERE r.role = 'OPERATOR')"
            "  FROM person p"
            "  JOIN person_role r ON r.person_id = p.id"
            " WHERE p.id <> $1 AND p.state = 'ACTIVE' AND r.role IN ('LEADER', 'OPERATOR')"
            "   AND r.state = 'CONFIRMED'"
            "   AND r.valid_from <= $2 AND (r.valid_to IS NULL OR r.valid_to >= $2)",
            DB_IN(in_text(person_id), in_day(today)),
            DB_COLS(struct officers, COL(I64, struct officers, leaders),
                    COL(I64, struct officers, operators)),
            ret, NULL);
}

/* ---- grants ---- */

void grant_want(struct db *db, const char *id, struct grant *ret)
{
    db_want(db,
            "SELECT id, person_id, proposed_by, role, state, valid_from, valid_to, version"
            "  FROM person_role"
            " WHERE id = $1",
            DB_IN(in_text(id)),
            DB_COLS(struct grant, COL(TEXT, struct grant, id), COL(TEXT, struct grant, person_id),
                    COL(TEXT, struct grant, proposed_by), COL_ENUM(struct grant, role, &role_names),
                    COL_ENUM(struct grant, state, &grant_states), COL(DAY, struct grant, valid_from),
                    COL(DAY, struct grant, valid_to), COL(I64, struct grant, version)),
            ret, &ret->is_found);
}

void grant_want_person(struct db *db, const char *grant_id, struct day today, struct person *ret)
{
    db_want(db,
            "SELECT " PERSON_COLUMNS "  FROM person p"
            "  JOIN person_role g ON g.person_id = p.id"
            " WHERE g.id = $2",
            DB_IN(in_day(today), in_text(grant_id)), DB_COLS(struct person, PERSON_COLS(struct person, )),
            ret, &ret->is_found);
}

void grant_insert(struct db *db, const struct grant *g)
{
    db_do_one(
        db,
        "INSERT INTO person_role (id, person_id, role, state, valid_from, valid_to, proposed_by, version)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, 1)",
        DB_IN(in_text(g->id), in_text(g->person_id), in_enum(g->role, &role_names),
              in_enum(g->state, &grant_states), in_day(g->valid_from), in_day(g->valid_to),
              in_text(g->proposed_by)));
}

void grant_move(struct db *db, const struct grant *g, int to_state)
{
    db_do_one(db,
              "UPDATE person_role"
              "   SET state = $2, version = version + 1"
              " WHERE id = $1",
              DB_IN(in_text(g->id), in_enum(to_state, &grant_states)));
}

void grants_settle(struct db *db, const char *person_id, int to_state)
{
    db_do(db,
          "UPDATE person_role"
          "   SET state = $2, version = version + 1"
          " WHERE person_id = $1 AND state = 'PROPOSED'",
          DB_IN(in_text(person_id), in_enum(to_state, &grant_states)));
}

/* ---- invites ---- */

void invite_want(struct db *db, struct bytes hash, struct invite *ret)
{
    db_want(db,
            "SELECT i.person_id, i.proposed_by, i.state, p.state, i.expires_us"
            "  FROM invite i"
            "  JOIN person p ON p.id = i.person_id"
            " WHERE i.hash = $1",
            DB_IN(in_bytes(hash)),
            DB_COLS(struct invite, COL(TEXT, struct invite, person_id), COL(TEXT, struct invite, proposed_by),
                    COL_ENUM(struct invite, state, &invite_states),
                    COL_ENUM(struct invite, person_state, &person_states),
                    COL(I64, struct invite, expires_us)),
            ret, &ret->is_found);
}

void invite_insert(struct db *db, struct bytes hash, const struct invite *i)
{
    db_do_one(db,
              "INSERT INTO invite (hash, person_id, state, proposed_by, expires_us)"
              " VALUES ($1, $2, $3, $4, $5)",
              DB_IN(in_bytes(hash), in_text(i->person_id), in_enum(i->state, &invite_states),
                    in_text(i->proposed_by), in_i64(i->expires_us)));
}

void invite_use(struct db *db, struct bytes hash, int64_t at_us, struct bytes key_id)
{
    db_do_one(db,
              "UPDATE invite"
              "   SET state = 'USED', used_us = $2, used_key_id = $3"
              " WHERE hash = $1 AND state = 'OPEN'",
              DB_IN(in_bytes(hash), in_i64(at_us), in_bytes(key_id)));
}

void invite_open(struct db *db, struct bytes hash)
{
    db_do_one(db,
              "UPDATE invite"
              "   SET state = 'OPEN'"
              " WHERE hash = $1 AND state = 'PROPOSED'",
              DB_IN(in_bytes(hash)));
}

void invites_settle(struct db *db, const char *person_id, int from_state, int to_state)
{
    db_do(db,
          "UPDATE invite"
          "   SET state = $3"
          " WHERE person_id = $1 AND state = $2",
          DB_IN(in_text(person_id), in_enum(from_state, &invite_states), in_enum(to_state, &invite_states)));
}

void invite_want_guest(struct db *db, struct bytes hash, struct day today, struct guest *ret)
{
    db_want(db,
            "SELECT " PERSON_COLUMNS ", u.name"
            "  FROM invite i"
            "  JOIN person p ON p.id = i.person_id"
            "  JOIN unit u ON u.id = p.unit_id"
            " WHERE i.hash = $2",
            DB_IN(in_day(today), in_bytes(hash)),
            DB_COLS(struct guest, PERSON_COLS(struct guest, person.), COL(TEXT, struct guest, unit_name)),
            ret, &ret->is_found);
}

/* ---- keys ---- */

void key_want(struct db *db, struct bytes key_id, struct key *ret)
{
    db_want(db,
            "SELECT k.key_id, k.person_id, p.unit_id, k.rotated_us, k.revoked_us, k.is_compromised"
            "  FROM person_key k"
            "  JOIN person p ON p.id = k.person_id"
            " WHERE k.key_id = $1",
            DB_IN(in_bytes(key_id)),
            DB_COLS(struct key, COL(BYTES, struct key, key_id), COL(TEXT, struct key, person_id),
                    COL(TEXT, struct key, unit_id), COL(I64, struct key, rotated_us),
                    COL(I64, struct key, revoked_us), COL(BOOL, struct key, is_compromised)),
            ret, &ret->is_found);
}

void key_want_person(struct db *db, struct bytes key_id, struct day today, struct person *ret)
{
    db_want(db,
            "SELECT " PERSON_COLUMNS "  FROM person p"
            "  JOIN person_key k ON k.person_id = p.id"
            " WHERE k.key_id = $2",
            DB_IN(in_day(today), in_bytes(key_id)), DB_COLS(struct person, PERSON_COLS(struct person, )), ret,
            &ret->is_found);
}

void key_insert(struct db *db, struct bytes key_id, const char *person_id, struct bytes public_key,
                const char *label, int64_t at_us)
{
    db_do_one(db,
              "INSERT INTO person_key (key_id, person_id, public_key, label, valid_from_us)"
              " VALUES ($1, $2, $3, $4, $5)",
              DB_IN(in_bytes(key_id), in_text(person_id), in_bytes(public_key), in_text(label),
                    in_i64(at_us)));
}

void key_rotate(struct db *db, struct bytes key_id, int64_t at_us)
{
    db_do_one(db,
              "UPDATE person_key"
              "   SET rotated_us = $2"
              " WHERE key_id = $1",
              DB_IN(in_bytes(key_id), in_i64(at_us)));
}

void key_revoke(struct db *db, struct bytes key_id, bool is_compromised, int64_t at_us)
{
    db_do_one(db,
              "UPDATE person_key"
              "   SET revoked_us = $3, is_compromised = $2"
              " WHERE key_id = $1",
              DB_IN(in_bytes(key_id), in_bool(is_compromised), in_i64(at_us)));
}
