/* The SQL of policy. */
#include "server/domain/policy/policy_store.h"

#include "server/domain/policy/policy.h"

/* ---- as other nouns ask: confirmed records, by the date of the business ---- */

void policy_want_value(struct db *db, const char *id, struct day on, struct rule_value *ret)
{
    db_remember(db);
    db_want(db,
            "SELECT rule_id, value, unit, source, valid_from"
            "  FROM rule_value"
            " WHERE rule_id = $1 AND state = 'CONFIRMED' AND valid_from <= $2"
            "   AND (valid_to IS NULL OR valid_to >= $2)"
            " ORDER BY valid_from DESC"
            " LIMIT 1",
            DB_IN(in_text(id), in_day(on)),
            DB_COLS(struct rule_value, COL(TEXT, struct rule_value, id), COL(I64, struct rule_value, value),
                    COL(TEXT, struct rule_value, unit), COL(TEXT, struct rule_value, source),
                    COL(DAY, struct rule_value, valid_from)),
            ret, &ret->is_found);
}

void policy_want_type(struct db *db, const char *type, struct day on, struct type_rule *ret)
{
    db_remember(db);
    db_want(db,
            "SELECT type, name, rule_set, may_purchase, may_provide, valid_from"
            "  FROM type_rule"
            " WHERE type = $1 AND state = 'CONFIRMED' AND valid_from <= $2"
            "   AND (valid_to IS NULL OR valid_to >= $2)"
            " ORDER BY valid_from DESC"
            " LIMIT 1",
            DB_IN(in_text(type), in_day(on)),
            DB_COLS(struct type_rule, COL(TEXT, struct type_rule, type), COL(TEXT, struct type_rule, name),
                    COL(TEXT, struct type_rule, rule_set), COL(TEXT, struct type_rule, may_purchase),
                    COL(TEXT, struct type_rule, may_provide), COL(DAY, struct type_rule, valid_from)),
            ret, &ret->is_found);
}

void policy_want_types(struct db *db, struct day on, struct type_rule **ret, int *ret_count)
{
    db_remember(db);
    db_want_rows(db,
                 "SELECT DISTINCT ON (type) true, type, name, rule_set, may_purchase, may_provide, valid_from"
                 "  FROM type_rule"
                 " WHERE state = 'CONFIRMED' AND valid_from <= $1 AND (valid_to IS NULL OR valid_to >= $1)"
                 " ORDER BY type, valid_from DESC"
                 " LIMIT 500",
                 DB_IN(in_day(on)),
                 DB_COLS(struct type_rule, COL(BOOL, struct type_rule, is_found),
                         COL(TEXT, struct type_rule, type), COL(TEXT, struct type_rule, name),
                         COL(TEXT, struct type_rule, rule_set), COL(TEXT, struct type_rule, may_purchase),
                         COL(TEXT, struct type_rule, may_provide), COL(DAY, struct type_rule, valid_from)),
                 500, ret, ret_count);
}

#define CALENDAR_DAYS_MAX 4000

void policy_want_calendar(struct db *db, struct day from, struct day to, struct calendar *ret)
{
    db_remember(db);
    db_want_rows(db,
                 "SELECT day, kind = 'REST'"
                 "  FROM calendar_day"
                 " WHERE kind <> 'REGIONAL' AND day BETWEEN $1 AND $2"
                 " ORDER BY day"
                 " LIMIT 4000",
                 DB_IN(in_day(from), in_day(to)),
                 DB_COLS(struct calendar_day, COL(DAY, struct calendar_day, day),
                         COL(BOOL, struct calendar_day, rests)),
                 CALENDAR_DAYS_MAX, &ret->days, &ret->count);
    db_remember(db);
    db_want_rows(db,
                 "SELECT year"
                 "  FROM calendar_year"
                 " WHERE year BETWEEN extract(year FROM $1::date) AND extract(year FROM $2::date)"
                 " ORDER BY year"
                 " LIMIT 20",
                 DB_IN(in_day(from), in_day(to)),
                 DB_COLS(struct maintained_year, COL(I64, struct maintained_year, year)), 20, &ret->years,
                 &ret->years_count);
}

/* ---- proposals ---- */

void proposal_want(struct db *db, const char *id, struct proposal *ret)
{
    db_want(db,
            "SELECT id, proposed_by, kind, state, row_count, version"
            "  FROM policy_proposal"
            " WHERE id = $1",
            DB_IN(in_text(id)),
            DB_COLS(struct proposal, COL(TEXT, struct proposal, id), COL(TEXT, struct proposal, proposed_by),
                    COL_ENUM(struct proposal, kind, &proposal_kinds),
                    COL_ENUM(struct proposal, state, &rule_states), COL(I64, struct proposal, row_count),
                    COL(I64, struct proposal, version)),
            ret, &ret->is_found);
}

void proposal_insert(struct db *db, const struct proposal *p, int64_t at_us)
{
    db_do_one(db,
              "INSERT INTO policy_proposal (id, kind, state, row_count, proposed_by, proposed_us, version)"
              " VALUES ($1, $2, $3, $4, $5, $6, 1)",
              DB_IN(in_text(p->id), in_enum(p->kind, &proposal_kinds), in_enum(p->state, &rule_states),
                    in_i64(p->row_count), in_text(p->proposed_by), in_i64(at_us)));
}

void proposal_settle(struct db *db, const struct proposal *p, int to_state, const char *by, int64_t at_us,
                     const char *opinion)
{
    db_do_one(db,
              "UPDATE policy_proposal"
              "   SET state = $2, settled_by = $3, settled_us = $4, opinion = $5, version = version + 1"
              " WHERE id = $1",
              DB_IN(in_text(p->id), in_enum(to_state, &rule_states), in_text(by), in_i64(at_us),
                    in_text(opinion)));
}

void rule_values_insert(struct db *db, const char *proposal_id, const struct rule_columns *r)
{
    db_do(
        db,
        "INSERT INTO rule_value (id, rule_id, name, value, unit, valid_from, valid_to, source, state, "
        "proposal_id)"
        " SELECT rule_id || '/' || valid_from || '/' || $1::text, rule_id, name, value, unit, "
        "valid_from::date,"
        "        nullif(valid_to, '')::date, source, 'PROPOSED', $1::text"
        "   FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[])"
        "     AS r (rule_id, name, value, unit, valid_from, valid_to, source)",
        DB_IN(in_text(proposal_id), in_texts(r->rule_id, r->n), in_texts(r->name, r->n),
              in_i64s(r->value, r->n), in_texts(r->unit, r->n), in_texts(r->valid_from, r->n),
              in_texts(r->valid_to, r->n), in_texts(r->source, r->n)));
}

void type_rules_insert(struct db *db, const char *proposal_id, const struct type_columns *r)
{
    db_do(db,
          "INSERT INTO type_rule (id, type, name, rule_set, may_purchase, may_provide, valid_from, valid_to, "
          "state, proposal_id)"
          " SELECT type || '/' || valid_from || '/' || $1::text, type, name, rule_set, may_purchase, "
          "may_provide,"
          "        valid_from::date, nullif(valid_to, '')::date, 'PROPOSED', $1::text"
          "   FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])"
          "     AS r (type, name, rule_set, may_purchase, may_provide, valid_from, valid_to)",
          DB_IN(in_text(proposal_id), in_texts(r->type, r->n), in_texts(r->name, r->n),
                in_texts(r->rule_set, r->n), in_texts(r->may_purchase, r->n), in_texts(r->may_provide, r->n),
                in_texts(r->valid_from, r->n), in_texts(r->valid_to, r->n)));
}

void rule_values_settle(struct db *db, const char *proposal_id, int to_state)
{
    if (to_state == RULE_CONFIRMED)
        db_do(db,
              "UPDATE rule_value o"
              "   SET state = 'REPLACED'"
              "  FROM rule_value n"
              " WHERE n.proposal_id = $1 AND o.state = 'CONFIRMED'"
              "   AND o.rule_id = n.rule_id AND o.valid_from = n.valid_from",
              DB_IN(in_text(proposal_id)));
    db_do(db,
          "UPDATE rule_value"
          "   SET state = $2"
          " WHERE proposal_id = $1",
          DB_IN(in_text(proposal_id), in_enum(to_state, &rule_states)));
}

void type_rules_settle(struct db *db, const char *proposal_id, int to_state)
{
    if (to_state == RULE_CONFIRMED)
        db_do(db,
              "UPDATE type_rule o"
              "   SET state = 'REPLACED'"
              "  FROM type_rule n"
              " WHERE n.proposal_id = $1 AND o.state = 'CONFIRMED' AND o.type = n.type AND o.valid_from = "
              "n.valid_from",
              DB_IN(in_text(proposal_id)));
    db_do(db,
          "UPDATE type_rule"
          "   SET state = $2"
          " WHERE proposal_id = $1",
          DB_IN(in_text(proposal_id), in_enum(to_state, &rule_states)));
}

/* ---- the calendar ---- */

void calendar_replace(struct db *db, const struct calendar_columns *cal, const char *by, int64_t at_us)
{
    db_do(db,
          "DELETE FROM calendar_day"
          " WHERE extract(year FROM day)::bigint = ANY ($1)",
          DB_IN(in_i64s(cal->years, cal->years_n)));
    db_do(db,
          "INSERT INTO calendar_day (day, kind, holiday)"
          " SELECT day::date, kind, holiday"
          "   FROM unnest($1::text[], $2::text[], $3::text[]) AS r (day, kind, holiday)",
          DB_IN(in_texts(cal->day, cal->n), in_texts(cal->kind, cal->n), in_texts(cal->holiday, cal->n)));
    db_do(db,
          "INSERT INTO calendar_year (year, loaded_by, loaded_us)"
          " SELECT y, $2, $3"
          "   FROM unnest($1::bigint[]) AS r (y)"
          " ON CONFLICT (year) DO UPDATE SET loaded_by = EXCLUDED.loaded_by, loaded_us = EXCLUDED.loaded_us",
          DB_IN(in_i64s(cal->years, cal->years_n), in_text(by), in_i64(at_us)));
}

/* ---- what may be read: everything, by everybody who is signed in ---- */

const struct read_sql proposals_list_sql[] = {
#define PROPOSALS_WHERE(filter)                                                                              \
    "SELECT id AS proposal_id, kind AS proposal_kind, state AS rule_state, row_count, proposed_by, "         \
    "proposed_us,"                                                                                           \
    "       settled_by, settled_us, opinion, version AS etag"                                                \
    "  FROM policy_proposal"                                                                                 \
    " WHERE " filter "id > :_after"                                                                          \
    " ORDER BY id"                                                                                           \
    " LIMIT :_limit"
    {.sql = PROPOSALS_WHERE(""), .needs = ""},
    {.sql = PROPOSALS_WHERE("state = :rule_state AND "), .needs = "rule_state"},
    {0},
};

#define IN_FORCE_ON                                                                                          \
    "state = 'CONFIRMED' AND valid_from <= coalesce(CAST(nullif(:on_date, '') AS date), :_today)"            \
    " AND coalesce(valid_to, CAST('infinity' AS date)) >= coalesce(CAST(nullif(:on_date, '') AS date), "     \
    ":_today)"

const struct read_sql rule_value_get_sql[] = {
    {.sql = "SELECT id AS \"rule_value.id\", rule_id AS \"rule_value.rule_id\", name AS "
            "\"rule_value.rule_name\","
            "       value AS \"rule_value.value\", unit AS \"rule_value.value_unit\","
            "       valid_from AS \"rule_value.valid_from_date\", valid_to AS \"rule_value.valid_to_date\","
            "       source AS \"rule_value.source\", state AS \"rule_value.rule_state\","
            "       proposal_id AS \"rule_value.proposal_id\""
            "  FROM rule_value"
            " WHERE rule_id = :rule_id AND " IN_FORCE_ON " ORDER BY valid_from DESC"
            " LIMIT 1"},
    {0},
};

const struct read_sql rule_values_list_sql[] = {
#define VALUES_WHERE(filter)                                                                                 \
    "SELECT id, rule_id, name AS rule_name, value, unit AS value_unit, valid_from AS valid_from_date,"       \
    "       valid_to AS valid_to_date, source, state AS rule_state, proposal_id"                             \
    "  FROM rule_value"                                                                                      \
    " WHERE " filter "id > :_after"                                                                          \
    " ORDER BY id"                                                                                           \
    " LIMIT :_limit"
    {.sql = VALUES_WHERE(""), .needs = ""},
    {.sql = VALUES_WHERE("rule_id = :rule_id AND "), .needs = "rule_id"},
    {.sql = VALUES_WHERE(IN_FORCE_ON " AND "), .needs = "on_date"},
    {.sql = VALUES_WHERE("rule_id = :rule_id AND " IN_FORCE_ON " AND "), .needs = "rule_id on_date"},
    {.sql = VALUES_WHERE("proposal_id = :proposal_id AND "), .needs = "proposal_id"},
    {0},
};

const struct read_sql type_rule_get_sql[] = {
    {.sql = "SELECT id AS \"type_rule.id\", type AS \"type_rule.type\", name AS \"type_rule.type_name\","
            "       rule_set AS \"type_rule.rule_set\", may_purchase AS \"type_rule.may_purchase\","
            "       may_provide AS \"type_rule.may_provide\", valid_from AS \"type_rule.valid_from_date\","
            "       valid_to AS \"type_rule.valid_to_date\", state AS \"type_rule.rule_state\","
            "       proposal_id AS \"type_rule.proposal_id\""
            "  FROM type_rule"
            " WHERE type = :type AND " IN_FORCE_ON " ORDER BY valid_from DESC"
            " LIMIT 1"},
    {0},
};

const struct read_sql type_rules_list_sql[] = {
#define TYPES_WHERE(filter)                                                                                  \
    "SELECT id, type, name AS type_name, rule_set, may_purchase, may_provide, valid_from AS "                \
    "valid_from_date,"                                                                                       \
    "       valid_to AS valid_to_date, state AS rule_state, proposal_id"                                     \
    "  FROM type_rule"                                                                                       \
    " WHERE " filter "id > :_after"                                                                          \
    " ORDER BY id"                                                                                           \
    " LIMIT :_limit"
    {.sql = TYPES_WHERE(""), .needs = ""},
    {.sql = TYPES_WHERE(IN_FORCE_ON " AND "), .needs = "on_date"},
    {.sql = TYPES_WHERE("proposal_id = :proposal_id AND "), .needs = "proposal_id"},
    {0},
};

const struct read_sql calendar_list_sql[] = {
#define CALENDAR_WHERE(filter)                                                                               \
    "SELECT to_char(day, 'YYYY-MM-DD') AS day_date, kind AS day_kind, holiday"                               \
    "  FROM calendar_day"                                                                                    \
    " WHERE " filter "to_char(day, 'YYYY-MM-DD') > :_after"                                                  \
    " ORDER BY 1"                                                                                            \
    " LIMIT :_limit"
    {.sql = CALENDAR_WHERE(""), .needs = ""},
    {.sql = CALENDAR_WHERE("CAST(extract(year FROM day) AS bigint) = :year AND "), .needs = "year"},
    {0},
};

const struct read_sql calendar_years_list_sql[] = {
    {.sql = "SELECT CAST(y.year AS text) AS maintained_year,"
            "       (SELECT count(*) FROM calendar_day d WHERE CAST(extract(year FROM d.day) AS bigint) = "
            "y.year) AS row_count,"
            "       y.loaded_us"
            "  FROM calendar_year y"
            " WHERE CAST(y.year AS text) > :_after"
            " ORDER BY 1"
            " LIMIT :_limit",
     .needs = ""},
    {0},
};
