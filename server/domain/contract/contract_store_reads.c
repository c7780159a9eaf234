/* SQL of contracts that only shows them: one statement for each set of filters that a list offers. */
#include "server/domain/contract/contract_store.h"

#define CONTRACT_FIELDS(p)                                                                                               \
    " id AS \"" p "id\", contract_no AS \"" p "contract_no\", name AS \"" p "name\", unit_id AS \"" p "unit_id\","         \
    " line_id AS \"" p "line_id\", line_name AS \"" p "line_name\", supplier_id AS \"" p "supplier_id\","                  \
    " supplier_name AS \"" p "supplier_name\", year AS \"" p "year\", catalogue_code AS \"" p "catalogue_code\","          \
    " amount_fen AS \"" p "amount_fen\", supplements_fen AS \"" p "supplements_fen\","                                     \
    " amount_fen + supplements_fen AS \"" p "current_fen\", held_fen AS \"" p "held_fen\", bond_fen AS \"" p "bond_fen\"," \
    " state AS \"" p "state\", award_date AS \"" p "award_date\", signed_date AS \"" p "signed_date\","                    \
    " start_date AS \"" p "start_date\", end_date AS \"" p "end_date\", is_signed_late AS \"" p "is_signed_late\","        \
    " settlement_fen AS \"" p "settlement_fen\", settlement_fen IS NOT NULL AS \"" p "settlement_known\","                 \
    " version::text AS \"" p "etag\""
/* What a page of a list does not need. */
#define CONTRACT_TEXTS(p)                                                                                                \
    ", overdue_reason AS \"" p "overdue_reason\", content AS \"" p "content\", quantity AS \"" p "quantity\","             \
    " quality AS \"" p "quality\", price_basis AS \"" p "price_basis\", settlement AS \"" p "settlement\","                \
    " rights_duties AS \"" p "rights_duties\", breach AS \"" p "breach\", content_is_fixed AS \"" p "content_is_fixed\","  \
    " need_is_lasting AS \"" p "need_is_lasting\", funding_is_stable AS \"" p "funding_is_stable\","                       \
    " price_is_stable AS \"" p "price_is_stable\", long_term_basis AS \"" p "long_term_basis\","                           \
    " is_attested AS \"" p "is_attested\", drafter_id AS \"" p "drafter_id\", signer_id AS \"" p "signer_id\","            \
    " terminated_date AS \"" p "terminated_date\", ended_reason AS \"" p "ended_reason\""
#define SUPPLEMENT_FIELDS(p)                                                                                             \
    " id AS \"" p "id\", contract_id AS \"" p "contract_id\", unit_id AS \"" p "unit_id\", line_id AS \"" p "line_id\","   \
    " kind AS \"" p "kind\", state AS \"" p "state\", amount_fen AS \"" p "amount_fen\","                                  \
    " new_end_date AS \"" p "new_end_date\", reason AS \"" p "reason\", content AS \"" p "content\","                      \
    " signed_date AS \"" p "signed_date\", drafter_id AS \"" p "drafter_id\", signer_id AS \"" p "signer_id\","            \
    " version::text AS \"" p "etag\""
#define DUTY_FIELDS(p)                                                                                                   \
    " id AS \"" p "id\", contract_id AS \"" p "contract_id\", object_id AS \"" p "object_id\","                          \
    " unit_id AS \"" p "unit_id\", kind AS \"" p "kind\", state AS \"" p "state\", since_date AS \"" p "since_date\","    \
    " due_date AS \"" p "due_date\", is_weekends_only AS \"" p "is_weekends_only\", sent_date AS \"" p "sent_date\","     \
    " coalesce(sent_date, :_today::date) > due_date AS \"" p "is_overdue\", medium AS \"" p "medium\","                  \
    " opinion AS \"" p "opinion\", version::text AS \"" p "etag\""

const struct read_sql contract_get_sql[] = {
    {.sql = "SELECT" CONTRACT_FIELDS("contract.") CONTRACT_TEXTS("contract.")
            "  FROM contract"
            " WHERE id = :contract_id AND unit_id ^@ :_scope"},
    {.sql = "SELECT y.year, y.amount_fen"
            "  FROM contract c"
            "  JOIN contract_year y ON y.contract_id = c.id"
            " WHERE c.id = :contract_id AND c.unit_id ^@ :_scope"
            " ORDER BY y.year"
            " LIMIT 20",
     .into = "years"},
    {.sql = "SELECT" SUPPLEMENT_FIELDS("")
            "  FROM contract_supplement"
            " WHERE contract_id = :contract_id AND unit_id ^@ :_scope"
            " ORDER BY id"
            " LIMIT 100",
     .into = "supplements"},
    {.sql = "SELECT" DUTY_FIELDS("")
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

#define LIST(needs_, where)                                                                                              \
    {.sql = "SELECT" CONTRACT_FIELDS("")                                                                                 \
            "  FROM contract"                                                                                            \
            " WHERE " where " AND id > :_after"                                                                          \
            " ORDER BY id"                                                                                               \
            " LIMIT :_limit",                                                                                            \
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
    {.sql = "SELECT" SUPPLEMENT_FIELDS("supplement.")
            "  FROM contract_supplement"
            " WHERE id = :supplement_id AND unit_id ^@ :_scope"},
    {.sql = "SELECT" DUTY_FIELDS("")
            "  FROM contract_duty"
            " WHERE id IN (:supplement_id || '/PUBLISH', :supplement_id || '/FILE') AND unit_id ^@ :_scope"
            " ORDER BY id"
            " LIMIT 2",
     .into = "duties"},
    {0},
};

#define SUPPLEMENTS(needs_, where)                                                                                       \
    {.sql = "SELECT" SUPPLEMENT_FIELDS("")                                                                               \
            "  FROM contract_supplement"                                                                                 \
            " WHERE " where " AND id > :_after"                                                                          \
            " ORDER BY id"                                                                                               \
            " LIMIT :_limit",                                                                                            \
     .needs = needs_}
const struct read_sql supplement_list_sql[] = {
    SUPPLEMENTS("", "unit_id ^@ :_scope"),
    SUPPLEMENTS("contract_id", "contract_id = :contract_id AND unit_id ^@ :_scope"),
    SUPPLEMENTS("unit_id", "unit_id = :_scope"),
    SUPPLEMENTS("unit_id contract_id", "contract_id = :contract_id AND unit_id = :_scope"),
    {0},
};

const struct read_sql duty_get_sql[] = {
    {.sql = "SELECT" DUTY_FIELDS("duty.")
            "  FROM contract_duty"
            " WHERE id = :duty_id AND unit_id ^@ :_scope"},
    {0},
};

#define DUTIES(needs_, where)                                                                                            \
    {.sql = "SELECT" DUTY_FIELDS("")                                                                                         \
            "  FROM contract_duty"                                                                                       \
            " WHERE " where " AND id > :_after"                                                                          \
            " ORDER BY id"                                                                                               \
            " LIMIT :_limit",                                                                                            \
     .needs = needs_}
const struct read_sql duty_list_sql[] = {
    DUTIES("", "state <> 'DONE' AND unit_id ^@ :_scope"),
    DUTIES("unit_id", "state <> 'DONE' AND unit_id = :_scope"),
    DUTIES("contract_id", "contract_id = :contract_id AND unit_id ^@ :_scope"),
    DUTIES("unit_id contract_id", "contract_id = :contract_id AND unit_id = :_scope"),
    {0},
};
