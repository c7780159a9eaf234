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
            " WHERE contract_id = :contract_id AND unit_id ^@ :_scope"
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

#define LIST(needs_, where)                                                                             \
    {.sql = "SELECT " CONTRACT_FIELDS("")                                                               \
            "  FROM contract"                                                                           \
            " WHERE " where " AND id > :_after"                                                         \
            " ORDER BY id"                                                                              \
            " LIMIT :_limit",                                                                           \
     .needs = needs_}
const struct read_sql contract_list_sql[] = {
    LIST("", "unit_id ^@ :_scope"),
    LIST("year", "year = :year AND unit_id ^@ :_scope"),
    LIST("state", "state = :state AND unit_id ^@ :_scope"),
    /* for those who see all; a scope of "" as a prefix would be taken for a rare one, and all be sorted */
    LIST("year state", "year = :year AND state = :state"),
    LIST("line_id", "line_id = :line_id AND unit_id ^@ :_scope"),
    LIST("line_id state", "line_id = :line_id AND state = :state AND unit_id ^@ :_scope"),
    LIST("supplier_id", "supplier_id = :supplier_id AND unit_id ^@ :_scope"),
    LIST("supplier_id year", "supplier_id = :supplier_id AND year = :year AND unit_id ^@ :_scope"),
    LIST("supplier_id state", "supplier_id = :supplier_id AND state = :state AND unit_id ^@ :_scope"),
    LIST("unit_id", "unit_id = :_scope"),
    LIST("unit_id year", "unit_id = :_scope AND year = :year"),
    LIST("unit_id state", "unit_id = :_scope AND state = :state"),
    LIST("unit_id year state", "unit_id = :_scope AND year = :year AND state = :state"),
    LIST("unit_id line_id", "line_id = :line_id AND unit_id = :_scope"),
    LIST("unit_id line_id state", "line_id = :line_id AND unit_id = :_scope AND state = :state"),
    LIST("unit_id supplier_id", "supplier_id = :supplier_id AND unit_id = :_scope"),
    LIST("unit_id supplier_id year", "supplier_id = :supplier_id AND unit_id = :_scope AND year = :year"),
    LIST("unit_id supplier_id state", "supplier_id = :supplier_id AND unit_id = :_scope AND state = :state"),
    {0},
};

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

#define SUPPLEMENTS(needs_, where)                                                                      \
    {.sql = "SELECT " SUPPLEMENT_FIELDS("")                                                             \
            "  FROM contract_supplement"                                                                \
            " WHERE " where " AND id > :_after"                                                         \
            " ORDER BY id"                                                                              \
            " LIMIT :_limit",                                                                           \
     .needs = needs_}
const struct read_sql supplement_list_sql[] = {
    SUPPLEMENTS("", "unit_id ^@ :_scope"),
    SUPPLEMENTS("contract_id", "contract_id = :contract_id AND unit_id ^@ :_scope"),
    SUPPLEMENTS("unit_id", "unit_id = :_scope"),
    SUPPLEMENTS("unit_id contract_id", "contract_id = :contract_id AND unit_id = :_scope"),
    {0},
};

const struct read_sql duty_get_sql[] = {
    {.sql = "SELECT " DUTY_FIELDS("duty.")
            "  FROM contract_duty"
            " WHERE id = :duty_id AND unit_id ^@ :_scope"},
    {0},
};

#define DUTIES(needs_, where)                                                                           \
    {.sql = "SELECT " DUTY_FIELDS("")                                                                   \
            "  FROM contract_duty"                                                                      \
            " WHERE " where " AND id > :_after"                                                         \
            " ORDER BY id"                                                                              \
            " LIMIT :_limit",                                                                           \
     .needs = needs_}
const struct read_sql duty_list_sql[] = {
    DUTIES("", "state <> 'DONE' AND unit_id ^@ :_scope"),
    DUTIES("unit_id", "state <> 'DONE' AND unit_id = :_scope"),
    DUTIES("contract_id", "contract_id = :contract_id AND unit_id ^@ :_scope"),
    DUTIES("unit_id contract_id", "contract_id = :contract_id AND unit_id = :_scope"),
    {0},
};
/* clang-format on */
