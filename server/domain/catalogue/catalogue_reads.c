/* What may be read of the catalogue and the negative list: everything, by everybody who is signed in. */
#include "server/domain/catalogue/catalogue_store.h"

#define VERSION_COUNT "(SELECT count(*) FROM catalogue_entry e WHERE e.version_id = v.id AND e.level = 3)"

const struct read_sql versions_list_sql[] = {
    {.sql = "SELECT v.id AS version_id, v.title, v.kind AS catalogue_kind, v.basis, v.valid_from AS "
            "valid_from_date,"
            "       v.valid_to AS valid_to_date, v.state AS catalogue_state, " VERSION_COUNT
            " AS entry_count,"
            "       v.prepared_by, v.version AS etag"
            "  FROM catalogue_version v"
            " WHERE v.id > :_after"
            " ORDER BY v.id"
            " LIMIT :_limit",
     .needs = ""},
    {0},
};

const struct read_sql version_get_sql[] = {
    {.sql = "SELECT v.id AS \"version.version_id\", v.title AS \"version.title\", v.kind AS "
            "\"version.catalogue_kind\","
            "       v.basis AS \"version.basis\", v.valid_from AS \"version.valid_from_date\","
            "       v.valid_to AS \"version.valid_to_date\", v.state AS \"version.catalogue_state\","
            "       " VERSION_COUNT " AS \"version.entry_count\", v.prepared_by AS \"version.prepared_by\","
            "       v.version AS \"version.etag\""
            "  FROM catalogue_version v"
            " WHERE v.id = :version_id"},
    {.sql = "SELECT seq, event, from_state, to_state, person_id, at_us, opinion"
            "  FROM catalogue_event"
            " WHERE version_id = :version_id"
            " ORDER BY seq"
            " LIMIT 500",
     .into = "events"},
    {0},
};

#define ON_DATE "coalesce(CAST(nullif(:on_date, '') AS date), :_today)"
#define VERSION_ON(day)                                                                                      \
    "e.version_id = (SELECT v.id"                                                                            \
    "                  FROM catalogue_version v"                                                             \
    "                 WHERE v.state IN ('PUBLISHED', 'SUPERSEDED') AND v.valid_from <= " day                 \
    "                   AND (v.valid_to IS NULL OR v.valid_to >= " day "))"
#define ENTRY_STANDS(day) " AND (e.stopped_from IS NULL OR e.stopped_from > " day ")"

const struct read_sql entry_get_sql[] = {
    {.sql = "SELECT e.code AS \"entry.code\", e.name AS \"entry.name\", e.level AS \"entry.entry_level\","
            "       e.parent AS \"entry.parent\", e.version_id AS \"entry.version_id\", e.class96 AS "
            "\"entry.class96\","
            "       e.origin AS \"entry.origin\", e.seed_type AS \"entry.seed_type\", e.words AS "
            "\"entry.words\","
            "       e.stopped_from AS \"entry.stopped_from_date\""
            "  FROM catalogue_entry e"
            " WHERE e.code = :code AND " VERSION_ON(ON_DATE) ENTRY_STANDS(ON_DATE)},
    {0},
};

#define ENTRIES_WHERE(filter)                                                                                \
    "SELECT e.code, e.name, e.level AS entry_level, e.parent, e.version_id, e.class96, e.origin, "           \
    "e.seed_type, e.words,"                                                                                  \
    "       e.stopped_from AS stopped_from_date"                                                             \
    "  FROM catalogue_entry e"                                                                               \
    " WHERE " filter " AND e.code > :_after"                                                                 \
    " ORDER BY e.code"                                                                                       \
    " LIMIT :_limit"

const struct read_sql entries_list_sql[] = {
    {.sql = ENTRIES_WHERE(VERSION_ON(":_today") ENTRY_STANDS(":_today")), .needs = ""},
    {.sql = ENTRIES_WHERE(VERSION_ON(ON_DATE) ENTRY_STANDS(ON_DATE)), .needs = "on_date"},
    {.sql = ENTRIES_WHERE(VERSION_ON(":_today") ENTRY_STANDS(":_today") " AND e.parent = :parent"),
     .needs = "parent"},
    {.sql = ENTRIES_WHERE(VERSION_ON(ON_DATE) ENTRY_STANDS(ON_DATE) " AND e.parent = :parent"),
     .needs = "parent on_date"},
    {.sql = ENTRIES_WHERE("e.version_id = :version_id"), .needs = "version_id"},
    {.sql = ENTRIES_WHERE("e.version_id = :version_id AND e.parent = :parent"), .needs = "version_id parent"},
    {0},
};

const struct read_sql entries_search_sql[] = {
    {.sql = ENTRIES_WHERE(VERSION_ON(":_today")
                              ENTRY_STANDS(":_today") " AND (strpos(e.name, :text) > 0 OR strpos(e.words, "
                                                      ":text) > 0 OR strpos(e.seed_type, :text) > 0"
                                                      "      OR e.code ^@ :text)"),
     .needs = "text"},
    {0},
};

/* N2 before N10: the key is the code filled up from the left. */
#define NEGATIVES_WHERE(filter)                                                                              \
    "SELECT lpad(code, 16, '0') AS _key, code, item, basis, keywords, note, list_id"                         \
    "  FROM negative_entry"                                                                                  \
    " WHERE " filter " AND lpad(code, 16, '0') > :_after"                                                    \
    " ORDER BY 1"                                                                                            \
    " LIMIT :_limit"
#define LIST_ON(day)                                                                                         \
    "list_id = (SELECT id FROM negative_list"                                                                \
    "            WHERE state = 'CONFIRMED' AND valid_from <= " day                                           \
    "            ORDER BY valid_from DESC, id DESC LIMIT 1)"

const struct read_sql negatives_list_sql[] = {
    {.sql = NEGATIVES_WHERE(LIST_ON(":_today")), .needs = ""},
    {.sql = NEGATIVES_WHERE(LIST_ON(ON_DATE)), .needs = "on_date"},
    {.sql = NEGATIVES_WHERE("list_id = :list_id"), .needs = "list_id"},
    {0},
};
