/* The SQL of statistics: over views only, each measure in its own column, sums in fen. Whole years are
 * answered from kept totals, all other periods from the records. */
#include "server/domain/report/report_store.h"

/* The period asked for; a side that was left out is open. */
#define FROM_DATE "coalesce(nullif(:from_date, '')::date, '-infinity'::date)"
#define TO_DATE   "coalesce(nullif(:to_date, '')::date, 'infinity'::date)"
#define FROM_YEAR "coalesce(left(nullif(:from_date, ''), 4)::bigint, 0)"
#define TO_YEAR   "coalesce(left(nullif(:to_date, ''), 4)::bigint, 9999)"

/* Every day of some years, or of all. */
#define IS_WHOLE                                                                                             \
    "(:from_date = '' OR right(:from_date, 6) = '-01-01') AND (:to_date = '' OR right(:to_date, 6) = "       \
    "'-12-31')"

/* Whose records, of which kind. The first two in one expression: that half the rows are meant is guessed of
 * one, of two that hardly any are, and then a million records would be sorted and joined one by one. */
#define CHOSEN                                                                                               \
    "coalesce((:_scope = '' OR r.unit_id ^@ :_scope)"                                                        \
    "         AND (:category = '' OR r.catalogue_code ^@ :category), false)"                                 \
    " AND (:measure = '' OR r.measure = :measure)"
/* A record counts where its own period lies within the one asked for. */
#define WITHIN       "r.period_start >= " FROM_DATE " AND r.period_end <= " TO_DATE
#define WITHIN_YEARS "r.year_from >= " FROM_YEAR " AND r.year_to <= " TO_YEAR
/* It touches the period but reaches beyond: it cannot be split, because nobody knows how. */
#define ACROSS "r.period_start <= " TO_DATE " AND r.period_end >= " FROM_DATE " AND NOT (" WITHIN ")"

/* What nobody recorded is not known, which is something else than nought. */
/* clang-format off */
#define SUM(measure) "sum(r.amount_fen) FILTER (WHERE r.measure = '" measure "')"
#define SUM_OF(measure, column)                                                                              \
    " least(coalesce(" SUM(measure) ", 0), 9223372036854775807)::bigint AS \"" column "_fen\", "             \
    SUM(measure) " IS NOT NULL AS \"" column "_known\""
#define SUMS(prefix, count)                                                                                  \
    " coalesce(" count ", 0)::bigint AS \"" prefix "count\","                                                \
    SUM_OF("BUDGET", prefix "budget") ","                                                                    \
    SUM_OF("ADJUSTED", prefix "adjusted") ","                                                                \
    SUM_OF("CONTRACT", prefix "contract") ","                                                                \
    SUM_OF("PAID", prefix "paid")
#define FIGURE(column) "\"" column "_fen\", \"" column "_known\""
#define FIGURES(prefix)                                                                                      \
    "\"" prefix "count\", " FIGURE(prefix "budget") ", " FIGURE(prefix "adjusted") ", "                      \
    FIGURE(prefix "contract") ", " FIGURE(prefix "paid")
/* clang-format on */

/* A period of several years is a key of its own: it cannot be told how much fell on each. */
#define YEARS                                                                                                \
    "to_char(r.period_start, 'YYYY') ||"                                                                     \
    " CASE WHEN r.in_a_year THEN '' ELSE '–' || to_char(r.period_end, 'YYYY') END"
#define YEARS_OF_TOTAL                                                                                       \
    "to_char(r.year_from, 'FM0000') ||"                                                                      \
    " CASE WHEN r.year_from = r.year_to THEN '' ELSE '–' || to_char(r.year_to, 'FM0000') END"
#define PERIOD "to_char(r.period_start, 'YYYY-MM-DD') || '/' || to_char(r.period_end, 'YYYY-MM-DD')"
/* Subordinate units count with their department. */
#define DEPARTMENT "left(r.unit_id, 3)"

/* Totals when whole years are asked for, else records. Each of the two branches has its condition around it,
 * of parameters alone: the other one is not begun, whatever its plan. */
#define OF_TOTALS  "  FROM report_total r WHERE " CHOSEN " AND " WITHIN_YEARS " AND r.records > 0"
#define OF_RECORDS "  FROM report_record r WHERE " CHOSEN " AND " WITHIN

#define TOTAL(count, of, when)                                                                               \
    "SELECT '' AS \"total.key\", '合计' AS \"total.name\", " FIGURES(                                        \
        "total.") "  FROM (SELECT" SUMS("total.", count) of ") r WHERE " when

#define BY_KEY(key, count, of, when)                                                                         \
    "SELECT r.key, r.name, r.measure, r.records, r.amount_fen"                                               \
    "  FROM (SELECT (CASE :by WHEN 'UNIT' THEN " DEPARTMENT                                                  \
    "                         WHEN 'CATEGORY' THEN r.catalogue_code"                                         \
    "                         WHEN 'PROVIDER' THEN r.provider " key " END) COLLATE \"C\" AS key,"            \
    "               max(r.unit_name) AS name, r.measure, " count " AS records,"                              \
    "               sum(r.amount_fen) AS amount_fen" of "         GROUP BY 1, r.measure) r WHERE " when

/* Totals know nothing of days. */
#define BY_TOTALS  ":by NOT IN ('', 'PERIOD') AND " IS_WHOLE
#define BY_RECORDS ":by <> '' AND NOT (:by <> 'PERIOD' AND " IS_WHOLE ")"

#define APART_COLUMNS                                                                                        \
    "SELECT r.record_id, r.period_start, r.period_end, r.unit_id, r.unit_name, r.catalogue_code,"            \
    "       r.project_name, r.measure, r.amount_fen"                                                         \
    "  FROM report_record r"

/* clang-format off */
const struct read_sql report_statistics_sql[] = {
    {.sql = TOTAL("sum(r.records)", OF_TOTALS, IS_WHOLE)
            " UNION ALL "
            TOTAL("count(*)", OF_RECORDS, "NOT (" IS_WHOLE ")")},
    {.sql = "SELECT g.key,"
            "       CASE :by WHEN 'UNIT' THEN coalesce(d.name, g.name)"
            "                WHEN 'CATEGORY' THEN coalesce((SELECT k.name"
            "                                                 FROM report_category k"
            "                                                WHERE k.code = g.key), '')"
            "                ELSE g.key END AS name,"
            "       " FIGURES("")
            "  FROM (SELECT r.key, max(r.name) AS name," SUMS("", "sum(r.records)")
            "          FROM (" BY_KEY("WHEN 'YEAR' THEN " YEARS_OF_TOTAL, "sum(r.records)", OF_TOTALS, BY_TOTALS)
            "                UNION ALL "
                             BY_KEY("WHEN 'YEAR' THEN " YEARS " WHEN 'PERIOD' THEN " PERIOD, "count(*)",
                                    OF_RECORDS, BY_RECORDS) ") r"
            "         GROUP BY r.key) g"
            "  LEFT JOIN report_department d ON :by = 'UNIT' AND d.id = g.key"
            " ORDER BY g.key"
            " LIMIT 1000",
     .into = "rows"},
    {.sql = "SELECT r.record_id, r.period_start AS period_start_date, r.period_end AS period_end_date,"
            "       r.unit_id, r.unit_name, r.catalogue_code, r.project_name, r.measure, r.amount_fen"
            "  FROM (" APART_COLUMNS " WHERE " IS_WHOLE " AND NOT r.in_a_year AND " CHOSEN " AND " ACROSS
            "        UNION ALL "
                       APART_COLUMNS " WHERE NOT (" IS_WHOLE ") AND NOT r.in_a_day AND " CHOSEN " AND " ACROSS ") r"
            " ORDER BY r.period_start, r.record_id, r.measure"
            " LIMIT 500",
     .into = "apart"},
    {0},
};
/* clang-format on */
