/* What may be read about budgets: declared statements. */
#include "server/domain/budget/budget_door.h"

/* ---- cycles: not departmental data ---- */

const struct read_sql cycles_list_sql[] = {
    {.sql = "SELECT year::text AS _key, year, version::text AS etag, state, catalogue_version, congress_date,"
            "       congress_document, issue_due_date, issued_date, is_issued_late, is_weekends_only"
            "  FROM budget_cycle"
            " WHERE year::text > :_after"
            " ORDER BY 1"
            " LIMIT :_limit",
     .needs = ""},
    {0},
};

const struct read_sql cycle_get_sql[] = {
    {.sql =
         "SELECT year AS \"cycle.year\", version::text AS \"cycle.etag\", state AS \"cycle.state\","
         "       catalogue_version AS \"cycle.catalogue_version\", congress_date AS \"cycle.congress_date\","
         "       congress_document AS \"cycle.congress_document\", issue_due_date AS "
         "\"cycle.issue_due_date\","
         "       issued_date AS \"cycle.issued_date\", is_issued_late AS \"cycle.is_issued_late\","
         "       is_weekends_only AS \"cycle.is_weekends_only\""
         "  FROM budget_cycle"
         " WHERE year = :year"},
    {.sql = "SELECT step, open_date, due_date"
            "  FROM budget_step"
            " WHERE year = :year"
            " ORDER BY array_position(ARRAY['U1', 'F1', 'D1', 'U2', 'F2', 'D2'], step)"
            " LIMIT 6",
     .into = "steps"},
    {.sql = "SELECT unit_id, control_fen, lines"
            "  FROM budget_control"
            " WHERE year = :year"
            "   AND unit_id ^@ :_scope"
            " ORDER BY unit_id"
            " LIMIT 500",
     .into = "controls"},
    {0},
};

/* ---- rounds: every department is there, also one that has sent nothing ---- */

#define ROUND_JOINS                                                                                          \
    "  JOIN budget_step s ON s.year = r.year AND s.step = r.round"                                           \
    "  CROSS JOIN LATERAL (SELECT count(*) AS lines, sum(requested_fen) AS requested_fen"                    \
    "                        FROM budget_line"                                                               \
    "                       WHERE year = r.year AND department_id = r.unit_id AND state <> 'WITHDRAWN') l"
#define SUM_OF_ROUND "least(coalesce(l.requested_fen, 0), 9223372036854775807)::bigint"
#define ROUND_IS_OVERDUE                                                                                     \
    "(r.state IN ('NONE', 'RETURNED')"                                                                       \
    " AND :_today > greatest(s.due_date, coalesce(r.reopened_to_date, s.due_date)))"
/* The page first: else the lines of all rounds are added up before the page is cut off. */
#define PAGE_OF_ROUNDS(filter)                                                                               \
    "  FROM (SELECT id, version, state, year, unit_id, unit_name, round, reopened_to_date, declared_why"     \
    "          FROM budget_round"                                                                            \
    "         WHERE " filter " (:state = '' OR state = :state) AND unit_id ^@ :_scope AND id > :_after"      \
    "         ORDER BY id"                                                                                   \
    "         LIMIT :_limit) r"
#define ROUNDS_WHERE(filter)                                                                                 \
    "SELECT r.id, r.version::text AS etag, r.state, r.year, r.unit_id, r.unit_name, r.round, s.due_date,"    \
    "       " ROUND_IS_OVERDUE " AS is_overdue, l.lines,"                                                    \
    "       " SUM_OF_ROUND " AS requested_fen, r.reopened_to_date, "                                         \
    "r.declared_why" PAGE_OF_ROUNDS(filter) ROUND_JOINS " ORDER BY r.id"

const struct read_sql rounds_list_sql[] = {
    {.sql = ROUNDS_WHERE("year = :year AND"), .needs = "year"},
    {.sql = ROUNDS_WHERE("year = :year AND"), .needs = "year unit_id"},
    {.sql = ROUNDS_WHERE(""), .needs = ""},
    {.sql = ROUNDS_WHERE(""), .needs = "unit_id"},
    {0},
};

const struct read_sql round_get_sql[] = {
    {.sql = "SELECT r.id AS \"round.id\", r.version::text AS \"round.etag\", r.state AS \"round.state\","
            "       r.year AS \"round.year\", r.unit_id AS \"round.unit_id\", r.unit_name AS "
            "\"round.unit_name\","
            "       r.round AS \"round.round\", s.due_date AS \"round.due_date\","
            "       " ROUND_IS_OVERDUE " AS \"round.is_overdue\", l.lines AS \"round.lines\","
            "       " SUM_OF_ROUND " AS \"round.requested_fen\","
            "       r.reopened_to_date AS \"round.reopened_to_date\", r.declared_why AS "
            "\"round.declared_why\"  FROM budget_round r" ROUND_JOINS " WHERE r.id = :round_id"
            "   AND r.unit_id ^@ :_scope"},
    {0},
};

/* ---- lines ---- */

#define BUDGETS                                                                                              \
    "SELECT id, state, year, unit_id, name, project_code, catalogue_code, requested_fen, control_fen,"       \
    "       approved_fen, approved_fen - reserved_fen - committed_fen AS free_fen, version::text AS etag"    \
    "  FROM budget_line"                                                                                     \
    " WHERE "
#define BUDGETS_PAGE         " id > :_after ORDER BY id LIMIT :_limit"
#define BUDGETS_WHERE(which) BUDGETS which BUDGETS_PAGE
/* As PAGE_OF_SCOPE, with the department's own column. */
#define BUDGETS_OF_SCOPE(which)                                                                              \
    "(" BUDGETS "department_id = :_scope AND " which BUDGETS_PAGE ")"                                        \
    " UNION ALL"                                                                                             \
    " (" BUDGETS "length(:_scope) > 3 AND unit_id = :_scope AND length(unit_id) > 3 AND " which BUDGETS_PAGE \
    ")"                                                                                                      \
    " ORDER BY id LIMIT :_limit"

const struct read_sql budgets_list_sql[] = {
    {.sql = BUDGETS_WHERE(""), .needs = ""},
    {.sql = BUDGETS_WHERE("year = :year AND"), .needs = "year"},
    {.sql = BUDGETS_OF_SCOPE(""), .needs = "unit_id"},
    {.sql = BUDGETS_OF_SCOPE("year = :year AND"), .needs = "year unit_id"},
    {.sql = BUDGETS_WHERE("state = :state AND"), .needs = "state"},
    {.sql = BUDGETS_WHERE("year = :year AND state = :state AND"), .needs = "year state"},
    {.sql = BUDGETS_OF_SCOPE("state = :state AND"), .needs = "unit_id state"},
    {.sql = BUDGETS_OF_SCOPE("year = :year AND state = :state AND"), .needs = "year unit_id state"},
    {0},
};

#define HIT_FIELDS(p)                                                                                        \
    "id AS \"" p "id\", version::text AS \"" p "etag\", state AS \"" p "state\", year AS \"" p "year\","     \
    " unit_id AS \"" p "unit_id\", subject AS \"" p "subject\", project_code AS \"" p "project_code\","      \
    " line_id AS \"" p "budget_id\", name AS \"" p "name\", check_code AS \"" p "check\","                   \
    " finding AS \"" p "finding\", grade AS \"" p "grade\", evidence AS \"" p "evidence\","                  \
    " catalogue_code AS \"" p "catalogue_code\", negative_code AS \"" p "negative_code\","                   \
    " amount_fen AS \"" p "amount_fen\", disposition AS \"" p "disposition\", answer AS \"" p "answer\","    \
    " opinion AS \"" p "opinion\""

#define OF_LINE                                                                                              \
    " WHERE l.id = :budget_id"                                                                               \
    "   AND l.unit_id ^@ :_scope"

const struct read_sql budget_get_sql[] = {
    {.sql =
         "SELECT id AS \"budget.id\", version::text AS \"budget.etag\", state AS \"budget.state\","
         "       year AS \"budget.year\", unit_id AS \"budget.unit_id\", round AS \"budget.round\","
         "       project_code AS \"budget.project_code\", name AS \"budget.name\","
         "       content AS \"budget.content\", catalogue_code AS \"budget.catalogue_code\","
         "       catalogue_name AS \"budget.catalogue_name\","
         "       is_public_service AS \"budget.is_public_service\","
         "       function_code AS \"budget.function_code\", economic_code AS \"budget.economic_code\","
         "       quantity AS \"budget.quantity\", unit_price_fen AS \"budget.unit_price_fen\","
         "       provider_type AS \"budget.provider_type\", method AS \"budget.method\","
         "       start_date AS \"budget.start_date\", end_date AS \"budget.end_date\","
         "       is_new AS \"budget.is_new\", basis AS \"budget.basis\", first_fen AS \"budget.first_fen\","
         "       requested_fen AS \"budget.requested_fen\", control_fen AS \"budget.control_fen\","
         "       approved_fen AS \"budget.approved_fen\", reserved_fen AS \"budget.reserved_fen\","
         "       committed_fen AS \"budget.committed_fen\","
         "       approved_fen - reserved_fen - committed_fen AS \"budget.free_fen\","
         "       has_consent AS \"budget.has_consent\", return_due_date AS \"budget.return_due_date\","
         "       refused_basis AS \"budget.refused_basis\", clerk_id AS \"budget.clerk_id\","
         "       approver_id AS \"budget.approver_id\", reviewer_1_id AS \"budget.reviewer_1_id\","
         "       reviewer_2_id AS \"budget.reviewer_2_id\", changed_us AS \"budget.changed_us\""
         "  FROM budget_line l" OF_LINE},
    {.sql = "SELECT s.source, s.amount_fen"
            "  FROM budget_line l"
            "  JOIN budget_source s ON s.line_id = l.id" OF_LINE " ORDER BY s.source COLLATE \"C\""
            " LIMIT 8",
     .into = "fund_sources"},
    {.sql = "SELECT e.seq, e.event, e.from_state, e.to_state, e.person_id, e.at_us, e.opinion, e.decision,"
            "       e.amount_fen, e.basis AS legal_basis"
            "  FROM budget_line l"
            "  JOIN budget_event e ON e.line_id = l.id" OF_LINE " ORDER BY e.seq"
            " LIMIT 500",
     .into = "events"},
    {.sql =
         "SELECT v.version, v.state, v.name, v.content, v.catalogue_code, v.function_code, v.economic_code,"
         "       v.requested_fen, v.control_fen, v.approved_fen, v.sources, v.person_id, v.at_us"
         "  FROM budget_line l"
         "  JOIN budget_line_version v ON v.line_id = l.id" OF_LINE " ORDER BY v.version"
         " LIMIT 500",
     .into = "versions"},
    {.sql = "SELECT h.holder, h.state, h.amount_fen, h.reserved_us, h.committed_us, h.released_us"
            "  FROM budget_line l"
            "  JOIN budget_hold h ON h.line_id = l.id" OF_LINE " ORDER BY h.holder"
            " LIMIT 1000",
     .into = "holds"},
    {.sql = "SELECT " HIT_FIELDS("") "  FROM budget_hit"
                                     " WHERE line_id = :budget_id"
                                     "   AND unit_id ^@ :_scope"
                                     " ORDER BY line_id, id"
                                     " LIMIT 20",
     .into = "hits"},
    {0},
};

/* ---- screening ---- */

#define PROJECTS                                                                                             \
    "SELECT project_code, year, unit_id, unit_name, project_name, content, function_code, economic_code,"    \
    "       amount_fen, fund_source, is_purchase, note"                                                      \
    "  FROM budget_project"
#define PROJECTS_PAGE "year = :year AND project_code > :_after ORDER BY project_code LIMIT :_limit"

const struct read_sql projects_list_sql[] = {
    {.sql = PROJECTS " WHERE " PROJECTS_PAGE, .needs = "year"},
    {.sql = PAGE_OF_SCOPE(PROJECTS, "unit_id", PROJECTS_PAGE, "project_code"), .needs = "year unit_id"},
    {0},
};

const struct read_sql hit_get_sql[] = {
    {.sql = "SELECT " HIT_FIELDS("hit.") "  FROM budget_hit"
                                         " WHERE id = :hit_id"
                                         "   AND unit_id ^@ :_scope"},
    {0},
};

/* The filters without need of their own may be set or not; there are some hundreds of hits a year. */
#define HITS "SELECT " HIT_FIELDS("") "  FROM budget_hit"
#define HITS_PAGE                                                                                            \
    "(:state = '' OR state = :state) AND (:finding = '' OR finding = :finding)"                              \
    " AND (:check = '' OR check_code = :check) AND id > :_after ORDER BY id LIMIT :_limit"
/* A hit's number begins with its year. */
#define HITS_OF_YEAR "id > :year || '-' AND id < :year || '.' AND year = :year AND "

const struct read_sql hits_list_sql[] = {
    {.sql = HITS " WHERE " HITS_PAGE, .needs = ""},
    {.sql = HITS " WHERE " HITS_OF_YEAR HITS_PAGE, .needs = "year"},
    {.sql = PAGE_OF_SCOPE(HITS, "unit_id", HITS_PAGE, "id"), .needs = "unit_id"},
    {.sql = PAGE_OF_SCOPE(HITS, "unit_id", HITS_OF_YEAR HITS_PAGE, "id"), .needs = "year unit_id"},
    {0},
};

#define NOTICE_FIELDS(p)                                                                                     \
    "id AS \"" p "id\", version::text AS \"" p "etag\", state AS \"" p "state\", year AS \"" p "year\","     \
    " unit_id AS \"" p "unit_id\", project_code AS \"" p "project_code\", notice AS \"" p "notice\","        \
    " due_date AS \"" p "due_date\", disposition AS \"" p "disposition\", answer AS \"" p "answer\","        \
    " opinion AS \"" p "opinion\""

const struct read_sql notice_get_sql[] = {
    {.sql = "SELECT " NOTICE_FIELDS("notice.") "  FROM budget_notice"
                                               " WHERE id = :notice_id"
                                               "   AND unit_id ^@ :_scope"},
    {0},
};

#define NOTICES            "SELECT " NOTICE_FIELDS("") " FROM budget_notice"
#define NOTICES_PAGE(year) year "id > :_after ORDER BY id LIMIT :_limit"

const struct read_sql notices_list_sql[] = {
    {.sql = NOTICES " WHERE " NOTICES_PAGE(""), .needs = ""},
    {.sql = NOTICES " WHERE " NOTICES_PAGE("year = :year AND "), .needs = "year"},
    {.sql = PAGE_OF_SCOPE(NOTICES, "unit_id", NOTICES_PAGE(""), "id"), .needs = "unit_id"},
    {.sql = PAGE_OF_SCOPE(NOTICES, "unit_id", NOTICES_PAGE("year = :year AND "), "id"),
     .needs = "year unit_id"},
    {0},
};
