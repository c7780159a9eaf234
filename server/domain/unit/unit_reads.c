/* What may be read about the city, its units and its people: declared statements. */
#include "server/domain/unit/unit_store.h"

/* ---- not departmental data: everybody who is signed in may see it ---- */

const struct read_sql city_get_sql[] = {
    {.sql =
         "SELECT division, name AS city_name, audience, go_live_date, bureau_unit_id, civil_affairs_unit_id,"
         "       staffing_unit_id, audit_unit_id"
         "  FROM city"},
    {0},
};

const struct read_sql divisions_list_sql[] = {
    {.sql = "SELECT id, name"
            "  FROM division"
            " WHERE id > :_after"
            " ORDER BY id"
            " LIMIT :_limit",
     .needs = ""},
    {0},
};

#define UNIT_COLUMNS                                                                                         \
    "id, name, type, division, coalesce(parent_id, '') AS parent_id, level, valid_from AS valid_from_date,"  \
    " valid_to AS valid_to_date, coalesce(successor_id, '') AS successor_id, note"

#define UNITS_WHERE(filter)                                                                                  \
    "SELECT " UNIT_COLUMNS " FROM unit WHERE " filter "id > :_after ORDER BY id LIMIT :_limit"

const struct read_sql units_list_sql[] = {
    {.sql = UNITS_WHERE(""), .needs = ""},
    {.sql = UNITS_WHERE("type = :type AND "), .needs = "type"},
    {.sql = UNITS_WHERE("parent_id = :parent_id AND "), .needs = "parent_id"},
    {.sql = UNITS_WHERE("type = :type AND parent_id = :parent_id AND "), .needs = "type parent_id"},
    {0},
};

const struct read_sql unit_get_sql[] = {
    {.sql = "SELECT id AS \"unit.id\", name AS \"unit.name\", type AS \"unit.type\", division AS "
            "\"unit.division\","
            "       coalesce(parent_id, '') AS \"unit.parent_id\", level AS \"unit.level\","
            "       valid_from AS \"unit.valid_from_date\", valid_to AS \"unit.valid_to_date\","
            "       coalesce(successor_id, '') AS \"unit.successor_id\", note AS \"unit.note\""
            "  FROM unit"
            " WHERE id = :id"},
    {0},
};

/* ---- people ---- */

#define ROLE_NAMES                                                                                           \
    "coalesce((SELECT string_agg(r.role, ' ' ORDER BY r.role)"                                               \
    "   FROM person_role r"                                                                                  \
    "  WHERE r.person_id = p.id AND r.state = 'CONFIRMED'"                                                   \
    "    AND r.valid_from <= :_today AND (r.valid_to IS NULL OR r.valid_to >= :_today)), '')"

#define PERSON_ONE                                                                                           \
    "SELECT p.id AS \"person.person_id\", p.name AS \"person.person_name\", p.unit_id AS "                   \
    "\"person.unit_id\","                                                                                    \
    "       u.name AS \"person.unit_name\", p.state AS \"person.person_state\","                             \
    "       " ROLE_NAMES " AS \"person.role_names\", p.proposed_by AS \"person.proposed_by\","               \
    "       p.version AS \"person.etag\""                                                                    \
    "  FROM person p"                                                                                        \
    "  JOIN unit u ON u.id = p.unit_id"

#define GRANTS_OF(person)                                                                                    \
    "SELECT r.id AS grant_id, r.role, r.state AS grant_state, r.valid_from AS valid_from_date,"              \
    "       r.valid_to AS valid_to_date, r.proposed_by, r.version AS etag"                                   \
    "  FROM person_role r"                                                                                   \
    "  JOIN person p ON p.id = r.person_id"                                                                  \
    " WHERE " person " ORDER BY r.id"                                                                        \
    " LIMIT 100"

#define KEYS_OF(person)                                                                                      \
    "SELECT encode(k.key_id, 'hex') AS key_id, k.label AS key_label, k.valid_from_us, k.rotated_us, "        \
    "k.revoked_us,"                                                                                          \
    "       k.is_compromised"                                                                                \
    "  FROM person_key k"                                                                                    \
    "  JOIN person p ON p.id = k.person_id"                                                                  \
    " WHERE " person " ORDER BY k.valid_from_us, k.key_id"                                                   \
    " LIMIT 100"

#define MYSELF   "p.id = :_actor"
#define IN_SIGHT "p.id = :person_id AND p.unit_id ^@ :_scope"

const struct read_sql get_me_sql[] = {
    {.sql = PERSON_ONE " WHERE " MYSELF},
    {.sql = GRANTS_OF(MYSELF), .into = "grants"},
    {.sql = KEYS_OF(MYSELF), .into = "keys"},
    {0},
};

const struct read_sql person_get_sql[] = {
    {.sql = PERSON_ONE " WHERE " IN_SIGHT},
    {.sql = GRANTS_OF(IN_SIGHT), .into = "grants"},
    {.sql = KEYS_OF(IN_SIGHT), .into = "keys"},
    {.sql = "SELECT encode(i.hash, 'hex') AS invite_id, i.state AS invite_state, i.expires_us AS "
            "invite_expires_us,"
            "       i.proposed_by"
            "  FROM invite i"
            "  JOIN person p ON p.id = i.person_id"
            " WHERE " IN_SIGHT " ORDER BY i.expires_us, i.hash"
            " LIMIT 100",
     .into = "invites"},
    {.sql = "SELECT e.seq, e.event, e.from_state, e.to_state, e.actor_id, e.at_us, e.opinion"
            "  FROM person_event e"
            "  JOIN person p ON p.id = e.person_id"
            " WHERE " IN_SIGHT " ORDER BY e.seq"
            " LIMIT 500",
     .into = "events"},
    {0},
};

#define PERSONS                                                                                              \
    "SELECT p.id AS person_id, p.name AS person_name, p.unit_id,"                                            \
    "       (SELECT u.name FROM unit u WHERE u.id = p.unit_id) AS unit_name, p.state AS person_state,"       \
    "       " ROLE_NAMES " AS role_names, p.proposed_by, p.version AS etag"                                  \
    "  FROM person p"
#define PERSONS_PAGE(state) state "p.id > :_after ORDER BY p.id LIMIT :_limit"

const struct read_sql persons_list_sql[] = {
    {.sql = PERSONS " WHERE " PERSONS_PAGE(""), .needs = ""},
    {.sql = PERSONS " WHERE " PERSONS_PAGE("p.state = :person_state AND "), .needs = "person_state"},
    {.sql = PAGE_OF_SCOPE(PERSONS, "p.unit_id", PERSONS_PAGE(""), "person_id"), .needs = "unit_id"},
    {.sql = PAGE_OF_SCOPE(PERSONS, "p.unit_id", PERSONS_PAGE("p.state = :person_state AND "), "person_id"),
     .needs = "unit_id person_state"},
    {0},
};
