/* SQL of audit that only shows it. A planned case is seen by the unit that conducts it alone; the others see it from the
 * notice on, and its findings from the consultation on; a department sees only what concerns it. */
#include "server/domain/audit/audit_store.h"

#define CASE_FIELDS(p)                                                                                                   \
    " c.id AS \"" p "id\", c.kind AS \"" p "kind\", c.title AS \"" p "title\", c.state AS \"" p "state\","                 \
    " c.year_from AS \"" p "year_from\", c.year_to AS \"" p "year_to\", c.head AS \"" p "head\", c.team AS \"" p "team\"," \
    " c.owner_unit_id AS \"" p "owner_unit_id\","                                                                        \
    " (SELECT string_agg(l.unit_id, ' ' ORDER BY l.unit_id)"                                                             \
    "    FROM audit_case_unit l"                                                                                         \
    "   WHERE l.case_id = c.id AND l.unit_id ^@ :_scope) AS \"" p "unit_list\","                                         \
    " c.notice_date AS \"" p "notice_date\", c.start_date AS \"" p "start_date\", c.is_special AS \"" p "is_special\","    \
    " c.special_basis AS \"" p "special_basis\", c.consult_date AS \"" p "consult_date\","                                 \
    " c.reply_due_date AS \"" p "reply_due_date\","                                                                      \
    " (c.state = 'CONSULT' AND c.reply_due_date < :_today::date) AS \"" p "is_reply_overdue\","                          \
    " c.is_weekends_only AS \"" p "is_weekends_only\", c.report_date AS \"" p "report_date\","                             \
    " c.report_text AS \"" p "report_text\", c.closed_date AS \"" p "closed_date\","                                       \
    " CASE WHEN :_scope = '' THEN c.findings_count ELSE 0 END AS \"" p "findings_count\","                               \
    " CASE WHEN :_scope = '' THEN c.open_count ELSE 0 END AS \"" p "open_count\", c.version::text AS \"" p "etag\""
#define CASE_IS_SEEN                                                                                                     \
    " AND (c.notice_date IS NOT NULL OR c.owner_unit_id = :_unit)"                                                            \
    " AND (:_scope = '' OR EXISTS (SELECT 1"                                                                             \
    "                                FROM audit_case_unit s"                                                             \
    "                               WHERE s.case_id = c.id AND s.unit_id ^@ :_scope))"
#define FINDING_FIELDS(p)                                                                                                \
    " f.id AS \"" p "id\", f.case_id AS \"" p "case_id\", f.unit_id AS \"" p "unit_id\","                                  \
    " f.violation_code AS \"" p "violation_code\", f.violation_name AS \"" p "violation_name\","                           \
    " f.state AS \"" p "state\", f.amount_fen AS \"" p "amount_fen\", f.line_id AS \"" p "line_id\","                      \
    " f.contract_id AS \"" p "contract_id\", f.facts AS \"" p "facts\", f.evidence AS \"" p "evidence\","                  \
    " f.basis AS \"" p "basis\", f.rectify_due_date AS \"" p "rectify_due_date\","                                         \
    " coalesce(coalesce(f.reported_date, :_today::date) > f.rectify_due_date, false) AS \"" p "is_overdue\","            \
    " f.measures AS \"" p "measures\", f.corrected_fen AS \"" p "corrected_fen\","                                         \
    " f.rectify_evidence AS \"" p "rectify_evidence\", f.reported_date AS \"" p "reported_date\","                         \
    " f.opinion AS \"" p "opinion\", f.verified_date AS \"" p "verified_date\","                                           \
    " f.transferred_to AS \"" p "transferred_to\", f.version::text AS \"" p "etag\""
#define FINDING_IS_SEEN " AND (f.is_consulted OR f.owner_unit_id = :_unit) AND f.unit_id ^@ :_scope"

const struct read_sql case_get_sql[] = {
    {.sql = "SELECT" CASE_FIELDS("audit_case.")
            "  FROM audit_case c"
            " WHERE c.id = :case_id" CASE_IS_SEEN},
    {.sql = "SELECT u.unit_id, u.unit_name, u.replied_date, coalesce(u.does_agree, false) AS does_agree, u.reply_text,"
            "       u.is_deemed"
            "  FROM audit_case_unit u"
            " WHERE u.case_id = :case_id AND u.unit_id ^@ :_scope"
            " ORDER BY u.unit_id"
            " LIMIT 30",
     .into = "units"},
    {.sql = "SELECT" FINDING_FIELDS("")
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

#define CASES(needs_, where)                                                                                             \
    {.sql = "SELECT" CASE_FIELDS("")                                                                                     \
            "  FROM audit_case c"                                                                                        \
            " WHERE " where " AND c.id > :_after" CASE_IS_SEEN                                                           \
            " ORDER BY c.id"                                                                                             \
            " LIMIT :_limit",                                                                                            \
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
    {.sql = "SELECT" FINDING_FIELDS("finding.")
            "  FROM audit_finding f"
            " WHERE f.id = :finding_id" FINDING_IS_SEEN},
    {0},
};

#define FINDINGS(needs_, where)                                                                                          \
    {.sql = "SELECT" FINDING_FIELDS("")                                                                                  \
            "  FROM audit_finding f"                                                                                     \
            " WHERE " where " AND f.id > :_after" FINDING_IS_SEEN                                                        \
            " ORDER BY f.id"                                                                                             \
            " LIMIT :_limit",                                                                                            \
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
