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
#define CASE_IS_SEEN                                                                                    \
    " AND (c.notice_date IS NOT NULL OR c.owner_unit_id = :_unit)"                                      \
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
#define FINDING_IS_SEEN " AND (f.is_consulted OR f.owner_unit_id = :_unit) AND f.unit_id ^@ :_scope"

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

#define CASES(needs_, where)                                                                            \
    {.sql = "SELECT " CASE_FIELDS("")                                                                   \
            "  FROM audit_case c"                                                                       \
            " WHERE " where " AND c.id > :_after" CASE_IS_SEEN                                          \
            " ORDER BY c.id"                                                                            \
            " LIMIT :_limit",                                                                           \
     .needs = needs_}
const struct read_sql case_list_sql[] = {
    CASES("", "true"),
    CASES("unit_id", "true"),
    CASES("state", "c.state = :state"),
    CASES("unit_id state", "c.state = :state"),
    CASES("kind", "c.kind = :kind"),
    CASES("unit_id kind", "c.kind = :kind"),
    CASES("state kind", "c.state = :state AND c.kind = :kind"),
    CASES("unit_id state kind", "c.state = :state AND c.kind = :kind"),
    {0},
};

const struct read_sql finding_get_sql[] = {
    {.sql = "SELECT " FINDING_FIELDS("finding.")
            "  FROM audit_finding f"
            " WHERE f.id = :finding_id" FINDING_IS_SEEN},
    {0},
};

#define FINDINGS(needs_, where)                                                                         \
    {.sql = "SELECT " FINDING_FIELDS("")                                                                \
            "  FROM audit_finding f"                                                                    \
            " WHERE " where " AND f.id > :_after" FINDING_IS_SEEN                                       \
            " ORDER BY f.id"                                                                            \
            " LIMIT :_limit",                                                                           \
     .needs = needs_}
const struct read_sql finding_list_sql[] = {
    FINDINGS("", "true"),
    FINDINGS("unit_id", "f.unit_id = :_scope"),
    FINDINGS("case_id", "f.case_id = :case_id"),
    FINDINGS("unit_id case_id", "f.case_id = :case_id AND f.unit_id = :_scope"),
    FINDINGS("state", "f.state = :state"),
    FINDINGS("unit_id state", "f.unit_id = :_scope AND f.state = :state"),
    FINDINGS("case_id state", "f.case_id = :case_id AND f.state = :state"),
    FINDINGS("unit_id case_id state", "f.case_id = :case_id AND f.unit_id = :_scope AND f.state = :state"),
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
