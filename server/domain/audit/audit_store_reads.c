/* SQL of audit that only shows it. A planned case is seen by the unit that conducts it alone; the others see
 * it from the notice on, and its findings from the consultation on; a department sees only what concerns it.
 */
#include "server/domain/audit/audit_store.h"

/* clang-format off */
/* A column that is named like the field it fills: COLUMN("contract.", "c.", "id") is c.id AS "contract.id". */
#define COLUMN(p, alias, name) alias name " AS \"" p name "\""
#define CASE_FIELDS(p)                                                                                  \
    COLUMN(p, "c.", "id") ", " COLUMN(p, "c.", "kind") ", " COLUMN(p, "c.", "title") ", "               \
    COLUMN(p, "c.", "state") ", " COLUMN(p, "c.", "year_from") ", " COLUMN(p, "c.", "year_to") ", "     \
    COLUMN(p, "c.", "head") ", " COLUMN(p, "c.", "team") ", " COLUMN(p, "c.", "owner_unit_id") ", "     \
    "(SELECT string_agg(l.unit_id, ' ' ORDER BY l.unit_id)"                                             \
    "   FROM audit_case_unit l"                                                                         \
    "  WHERE l.case_id = c.id AND l.unit_id ^@ :_scope) AS \"" p "unit_list\", "                        \
    COLUMN(p, "c.", "notice_date") ", " COLUMN(p, "c.", "start_date") ", "                              \
    COLUMN(p, "c.", "is_special") ", " COLUMN(p, "c.", "special_basis") ", "                            \
    COLUMN(p, "c.", "consult_date") ", " COLUMN(p, "c.", "reply_due_date") ", "                         \
    "(c.state = 'CONSULT' AND c.reply_due_date < :_today::date) AS \"" p "is_reply_overdue\"" ", "      \
    COLUMN(p, "c.", "is_weekends_only") ", " COLUMN(p, "c.", "report_date") ", "                        \
    COLUMN(p, "c.", "report_text") ", " COLUMN(p, "c.", "closed_date") ", "                             \
    "CASE WHEN :_scope = '' THEN c.findings_count ELSE 0 END AS \"" p "findings_count\"" ", "           \
    "CASE WHEN :_scope = '' THEN c.open_count ELSE 0 END AS \"" p "open_count\"" ", "                   \
    /* the version counts the findings too, so that a unit is told it only while it may reply */          \
    "CASE WHEN :_scope = '' OR c.state = 'CONSULT' THEN c.version::text ELSE '' END AS \"" p "etag\""
#define CASE_IS_NOTIFIED " AND (c.notice_date IS NOT NULL OR c.owner_unit_id = :_unit)"
#define CASE_IS_SEEN                                                                                    \
    CASE_IS_NOTIFIED                                                                                    \
    " AND (:_scope = '' OR EXISTS (SELECT 1"                                                            \
    "                                FROM audit_case_unit s"                                            \
    "                               WHERE s.case_id = c.id AND s.unit_id ^@ :_scope))"
#define FINDING_FIELDS(p)                                                                               \
    COLUMN(p, "f.", "id") ", " COLUMN(p, "f.", "case_id") ", " COLUMN(p, "f.", "unit_id") ", "          \
    COLUMN(p, "f.", "violation_code") ", " COLUMN(p, "f.", "violation_name") ", "                       \
    COLUMN(p, "f.", "state") ", " COLUMN(p, "f.", "amount_fen") ", " COLUMN(p, "f.", "line_id") ", "    \
    COLUMN(p, "f.", "contract_id") ", " COLUMN(p, "f.", "facts") ", "                                   \
    COLUMN(p, "f.", "evidence") ", " COLUMN(p, "f.", "basis") ", "                                      \
    COLUMN(p, "f.", "rectify_due_date") ", "                                                            \
    "coalesce(coalesce(f.reported_date, :_today::date) > f.rectify_due_date, false) AS \"" p "is_overdue\"" ", "\
    COLUMN(p, "f.", "measures") ", " COLUMN(p, "f.", "corrected_fen") ", "                              \
    COLUMN(p, "f.", "rectify_evidence") ", " COLUMN(p, "f.", "reported_date") ", "                      \
    COLUMN(p, "f.", "opinion") ", " COLUMN(p, "f.", "verified_date") ", "                               \
    COLUMN(p, "f.", "transferred_to") ", " "f.version::text AS \"" p "etag\""
#define FINDING_IS_CONSULTED " AND (f.is_consulted OR f.owner_unit_id = :_unit)"
#define FINDING_IS_SEEN      FINDING_IS_CONSULTED " AND f.unit_id ^@ :_scope"

const struct read_sql case_get_sql[] = {
    {.sql = "SELECT " CASE_FIELDS("audit_case.")
            "  FROM audit_case c"
            " WHERE c.id = :case_id" CASE_IS_SEEN},
    {.sql = "SELECT u.unit_id, u.unit_name, u.replied_date, coalesce(u.does_agree, false) AS does_agree, u.reply_text,"
            "       u.is_deemed"
            "  FROM audit_case_unit u"
            " WHERE u.case_id = :case_id AND u.unit_id ^@ :_scope"
            " ORDER BY u.unit_id"
            " LIMIT 30",
     .into = "units"},
    {.sql = "SELECT " FINDING_FIELDS("")
            "  FROM audit_finding f"
            " WHERE f.case_id = :case_id" FINDING_IS_SEEN
            " ORDER BY f.id"
            " LIMIT 200",
     .into = "findings"},
    {.sql = "SELECT e.seq, e.object_id, e.event, e.from_state, e.to_state, e.person_id, e.at_us, e.opinion"
            "  FROM audit_case c"
            "  JOIN audit_event e ON e.case_id = c.id"
            " WHERE c.id = :case_id AND c.owner_unit_id = :_unit AND :_scope = ''"
            " ORDER BY e.seq"
            " LIMIT 500",
     .into = "events"},
    {0},
};

/* Whoever sees one unit is always served by a statement of OWN; the others are for those who see all. */
#define PAGE(where) where " AND c.id > :_after" CASE_IS_NOTIFIED " ORDER BY c.id LIMIT :_limit"
#define ROWS        "SELECT " CASE_FIELDS("")
#define ALL(needs_, where) {.sql = ROWS " FROM audit_case c WHERE " PAGE(where), .needs = needs_}
/* By the cases that name the unit, of which there are some ten a year. */
#define CASES_OF(unit)                                                                                  \
    " FROM (SELECT DISTINCT case_id"                                                                    \
    "         FROM audit_case_unit"                                                                     \
    "        WHERE " unit " AND case_id > :_after"                                                      \
    "        ORDER BY case_id) o"                                                                       \
    " JOIN audit_case c ON c.id = o.case_id"
#define OWN(needs_, where)                                                                              \
    {.sql = "(" ROWS CASES_OF("left(unit_id, 3) = :_scope") " WHERE " PAGE(where) ") UNION ALL ("       \
            ROWS CASES_OF("length(:_scope) > 3 AND unit_id = :_scope") " WHERE " PAGE(where) ")"        \
            " ORDER BY id LIMIT :_limit",                                                               \
     .needs = "unit_id " needs_}
const struct read_sql case_list_sql[] = {
    ALL("", "true"),
    ALL("state", "c.state = :state"),
    ALL("kind", "c.kind = :kind"),
    ALL("state kind", "c.state = :state AND c.kind = :kind"),
    OWN("", "true"),
    OWN("state", "c.state = :state"),
    OWN("kind", "c.kind = :kind"),
    OWN("state kind", "c.state = :state AND c.kind = :kind"),
    {0},
};
#undef PAGE
#undef ROWS
#undef ALL
#undef OWN

const struct read_sql finding_get_sql[] = {
    {.sql = "SELECT " FINDING_FIELDS("finding.")
            "  FROM audit_finding f"
            " WHERE f.id = :finding_id" FINDING_IS_SEEN},
    {0},
};

#define PAGE(where)        where " AND f.id > :_after" FINDING_IS_CONSULTED " ORDER BY f.id LIMIT :_limit"
#define ROWS               "SELECT " FINDING_FIELDS("") " FROM audit_finding f"
#define ALL(needs_, where) {.sql = ROWS " WHERE " PAGE(where), .needs = needs_}
#define OWN(needs_, where) {.sql = PAGE_OF_SCOPE(ROWS, "f.unit_id", PAGE(where), "id"), .needs = "unit_id " needs_}
const struct read_sql finding_list_sql[] = {
    ALL("", "true"),
    ALL("case_id", "f.case_id = :case_id"),
    ALL("state", "f.state = :state"),
    ALL("case_id state", "f.case_id = :case_id AND f.state = :state"),
    OWN("", "true"),
    OWN("state", "f.state = :state"),
    ALL("unit_id case_id", "f.case_id = :case_id AND f.unit_id ^@ :_scope"),
    ALL("unit_id case_id state", "f.case_id = :case_id AND f.state = :state AND f.unit_id ^@ :_scope"),
    {0},
};

const struct read_sql violation_list_sql[] = {
    {.sql = "SELECT code, name, basis, automatic_check"
            "  FROM violation"
            " WHERE code > :_after"
            " ORDER BY code"
            " LIMIT :_limit"},
    {0},
};
/* clang-format on */
