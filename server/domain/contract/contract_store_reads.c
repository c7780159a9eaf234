/* SQL of contracts that only shows them: one statement for each set of filters that a list offers. */
#include "server/domain/contract/contract_store.h"

/* clang-format off */
/* A column that is named like the field it fills: COLUMN("contract.", "c.", "id") is c.id AS "contract.id". */
#define COLUMN(p, alias, name) alias name " AS \"" p name "\""
#define CONTRACT_FIELDS(p)                                                                              \
    COLUMN(p, "", "id") ", " COLUMN(p, "", "contract_no") ", " COLUMN(p, "", "name") ", "               \
    COLUMN(p, "", "unit_id") ", " COLUMN(p, "", "line_id") ", " COLUMN(p, "", "line_name") ", "         \
    COLUMN(p, "", "supplier_id") ", " COLUMN(p, "", "supplier_name") ", " COLUMN(p, "", "year") ", "    \
    COLUMN(p, "", "catalogue_code") ", " COLUMN(p, "", "amount_fen") ", "                               \
    COLUMN(p, "", "supplements_fen") ", "                                                               \
    "amount_fen + supplements_fen AS \"" p "current_fen\"" ", " COLUMN(p, "", "held_fen") ", "          \
    COLUMN(p, "", "bond_fen") ", " COLUMN(p, "", "state") ", " COLUMN(p, "", "award_date") ", "         \
    COLUMN(p, "", "signed_date") ", " COLUMN(p, "", "start_date") ", "                                  \
    COLUMN(p, "", "end_date") ", " COLUMN(p, "", "is_signed_late") ", "                                 \
    COLUMN(p, "", "settlement_fen") ", "                                                                \
    "settlement_fen IS NOT NULL AS \"" p "settlement_known\"" ", " "version::text AS \"" p "etag\""
/* What a page of a list does not need. */
#define CONTRACT_TEXTS(p)                                                                               \
    COLUMN(p, "", "overdue_reason") ", " COLUMN(p, "", "content") ", "                                  \
    COLUMN(p, "", "quantity") ", " COLUMN(p, "", "quality") ", " COLUMN(p, "", "price_basis") ", "      \
    COLUMN(p, "", "settlement") ", " COLUMN(p, "", "rights_duties") ", "                                \
    COLUMN(p, "", "breach") ", " COLUMN(p, "", "content_is_fixed") ", "                                 \
    COLUMN(p, "", "need_is_lasting") ", " COLUMN(p, "", "funding_is_stable") ", "                       \
    COLUMN(p, "", "price_is_stable") ", " COLUMN(p, "", "long_term_basis") ", "                         \
    COLUMN(p, "", "is_attested") ", " COLUMN(p, "", "drafter_id") ", "                                  \
    COLUMN(p, "", "signer_id") ", " COLUMN(p, "", "terminated_date") ", "                               \
    COLUMN(p, "", "ended_reason")
#define SUPPLEMENT_FIELDS(p)                                                                            \
    COLUMN(p, "", "id") ", " COLUMN(p, "", "contract_id") ", " COLUMN(p, "", "unit_id") ", "            \
    COLUMN(p, "", "line_id") ", " COLUMN(p, "", "kind") ", " COLUMN(p, "", "state") ", "                \
    COLUMN(p, "", "amount_fen") ", " COLUMN(p, "", "new_end_date") ", " COLUMN(p, "", "reason") ", "    \
    COLUMN(p, "", "content") ", " COLUMN(p, "", "signed_date") ", " COLUMN(p, "", "drafter_id") ", "    \
    COLUMN(p, "", "signer_id") ", " "version::text AS \"" p "etag\""
#define DUTY_FIELDS(p)                                                                                  \
    COLUMN(p, "", "id") ", " COLUMN(p, "", "contract_id") ", " COLUMN(p, "", "object_id") ", "          \
    COLUMN(p, "", "unit_id") ", " COLUMN(p, "", "kind") ", " COLUMN(p, "", "state") ", "                \
    COLUMN(p, "", "since_date") ", " COLUMN(p, "", "due_date") ", "                                     \
    COLUMN(p, "", "is_weekends_only") ", " COLUMN(p, "", "sent_date") ", "                              \
    "coalesce(sent_date, :_today::date) > due_date AS \"" p "is_overdue\"" ", "                         \
    COLUMN(p, "", "medium") ", " COLUMN(p, "", "opinion") ", " "version::text AS \"" p "etag\""

/* A duty's number begins with its contract's, and then comes "/FILE" or "-S01/FILE": of the signs between "-"
 * and "0" there is only "/" besides. So the primary key is all the index that they need. */
#define DUTIES_OF_CONTRACT                                                                              \
    "id > :contract_id || '-' AND id < :contract_id || '0' AND contract_id = :contract_id"

const struct read_sql contract_get_sql[] = {
    {.sql = "SELECT " CONTRACT_FIELDS("contract.") ", " CONTRACT_TEXTS("contract.")
            "  FROM contract"
            " WHERE id = :contract_id AND unit_id ^@ :_scope"},
    {.sql = "SELECT y.year, y.amount_fen"
            "  FROM contract c"
            "  JOIN contract_year y ON y.contract_id = c.id"
            " WHERE c.id = :contract_id AND c.unit_id ^@ :_scope"
            " ORDER BY y.year"
            " LIMIT 20",
     .into = "years"},
    {.sql = "SELECT " SUPPLEMENT_FIELDS("")
            "  FROM contract_supplement"
            " WHERE contract_id = :contract_id AND unit_id ^@ :_scope"
            " ORDER BY id"
            " LIMIT 100",
     .into = "supplements"},
    {.sql = "SELECT " DUTY_FIELDS("")
            "  FROM contract_duty"
            " WHERE " DUTIES_OF_CONTRACT " AND unit_id ^@ :_scope"
            " ORDER BY id"
            " LIMIT 200",
     .into = "duties"},
    {.sql = "SELECT e.seq, e.object_id, e.event, e.from_state, e.to_state, e.person_id, e.at_us, e.opinion"
            "  FROM contract c"
            "  JOIN contract_event e ON e.contract_id = c.id"
            " WHERE c.id = :contract_id AND c.unit_id ^@ :_scope"
            " ORDER BY e.seq"
            " LIMIT 500",
     .into = "events"},
    {0},
};

/* In the order of years and numbers: so one index serves with the year and without. The key of a page is both.
 * Whoever sees one unit is always served by a statement of OWN; the others are for those who see all. */
#define PAGE(where)                                                                                     \
    where " AND (year, id) > (coalesce(nullif(left(:_after, 4), '')::bigint, 0), substr(:_after, 5))"   \
          " ORDER BY year, id LIMIT :_limit"
#define PAGE_OF_YEAR(where) where " AND year = :year AND id > substr(:_after, 5) ORDER BY year, id LIMIT :_limit"
#define ROWS "SELECT (year::text || id) COLLATE \"C\" AS _key, " CONTRACT_FIELDS("") " FROM contract"
#define ALL(needs_, page) {.sql = ROWS " WHERE " page, .needs = needs_}
#define OWN(needs_, page) {.sql = PAGE_OF_SCOPE(ROWS, "unit_id", page, "year, id"), .needs = "unit_id " needs_}
const struct read_sql contract_list_sql[] = {
    ALL("", PAGE("true")),
    ALL("year", PAGE_OF_YEAR("true")),
    ALL("state", PAGE("state = :state")),
    ALL("year state", PAGE_OF_YEAR("state = :state")),
    ALL("line_id", PAGE("line_id = :line_id")),
    ALL("line_id state", PAGE("line_id = :line_id AND state = :state")),
    ALL("supplier_id", PAGE("supplier_id = :supplier_id")),
    ALL("supplier_id year", PAGE_OF_YEAR("supplier_id = :supplier_id")),
    ALL("supplier_id state", PAGE("supplier_id = :supplier_id AND state = :state")),
    OWN("", PAGE("true")),
    OWN("year", PAGE_OF_YEAR("true")),
    OWN("state", PAGE("state = :state")),
    OWN("year state", PAGE_OF_YEAR("state = :state")),
    /* a line's contracts are few, a supplier's some hundreds: what is not one's own is passed over */
    ALL("unit_id line_id", PAGE("line_id = :line_id AND unit_id ^@ :_scope")),
    ALL("unit_id line_id state", PAGE("line_id = :line_id AND state = :state AND unit_id ^@ :_scope")),
    ALL("unit_id supplier_id", PAGE("supplier_id = :supplier_id AND unit_id ^@ :_scope")),
    ALL("unit_id supplier_id year", PAGE_OF_YEAR("supplier_id = :supplier_id AND unit_id ^@ :_scope")),
    ALL("unit_id supplier_id state",
        PAGE("supplier_id = :supplier_id AND state = :state AND unit_id ^@ :_scope")),
    {0},
};
#undef PAGE
#undef PAGE_OF_YEAR
#undef ROWS
#undef ALL
#undef OWN

const struct read_sql supplement_get_sql[] = {
    {.sql = "SELECT " SUPPLEMENT_FIELDS("supplement.")
            "  FROM contract_supplement"
            " WHERE id = :supplement_id AND unit_id ^@ :_scope"},
    {.sql = "SELECT " DUTY_FIELDS("")
            "  FROM contract_duty"
            " WHERE id IN (:supplement_id || '/PUBLISH', :supplement_id || '/FILE') AND unit_id ^@ :_scope"
            " ORDER BY id"
            " LIMIT 2",
     .into = "duties"},
    {0},
};

#define PAGE(where) where " AND id > :_after ORDER BY id LIMIT :_limit"
#define ROWS        "SELECT " SUPPLEMENT_FIELDS("") " FROM contract_supplement"
const struct read_sql supplement_list_sql[] = {
    {.sql = ROWS " WHERE " PAGE("true"), .needs = ""},
    {.sql = ROWS " WHERE " PAGE("contract_id = :contract_id"), .needs = "contract_id"},
    {.sql = PAGE_OF_SCOPE(ROWS, "unit_id", PAGE("true"), "id"), .needs = "unit_id"},
    {.sql = ROWS " WHERE " PAGE("contract_id = :contract_id AND unit_id ^@ :_scope"), .needs = "unit_id contract_id"},
    {0},
};
#undef ROWS

const struct read_sql duty_get_sql[] = {
    {.sql = "SELECT " DUTY_FIELDS("duty.")
            "  FROM contract_duty"
            " WHERE id = :duty_id AND unit_id ^@ :_scope"},
    {0},
};

#define ROWS "SELECT " DUTY_FIELDS("") " FROM contract_duty"
const struct read_sql duty_list_sql[] = {
    {.sql = ROWS " WHERE " PAGE("state <> 'DONE'"), .needs = ""},
    {.sql = PAGE_OF_SCOPE(ROWS, "unit_id", PAGE("state <> 'DONE'"), "id"), .needs = "unit_id"},
    {.sql = ROWS " WHERE " PAGE(DUTIES_OF_CONTRACT), .needs = "contract_id"},
    {.sql = ROWS " WHERE " PAGE(DUTIES_OF_CONTRACT " AND unit_id ^@ :_scope"), .needs = "unit_id contract_id"},
    {0},
};
/* clang-format on */
