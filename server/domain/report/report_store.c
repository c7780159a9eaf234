/* The SQL of statistics: over views only, each measure in its own column, sums in fen. */
#include "server/domain/report/report_store.h"

/* The period asked for; a side that was left out is open. */
#define FROM_DATE "coalesce(nullif(:from_date, '')::date, '-infinity'::date)"
#define TO_DATE   "coalesce(nullif(:to_date, '')::date, 'infinity'::date)"

/* Whose records, of which kind. */
#define CHOSEN                                                                                               \
    "r.unit_id ^@ :_scope AND r.catalogue_code ^@ :category AND (:measure = '' OR r.measure = :measure)"
/* A record counts where its own period lies within the one asked for. */
#define WITHIN "r.period_start >= " FROM_DATE " AND r.period_end <= " TO_DATE
/* It touches the period but reaches beyond: it cannot be split, because nobody knows how. */
#define ACROSS "r.period_start <= " TO_DATE " AND r.period_end >= " FROM_DATE " AND NOT (" WITHIN ")"

/* What nobody recorded is not known, which is something else than nought. */
/* clang-format off */
#define SUM_OF(measure, column)                                                                              \
    " least(coalesce(sum(r.amount_fen) FILTER (WHERE r.measure = '" measure "'), 0), 9223372036854775807)"     \
    "   ::bigint AS \"" column "_fen\","                                                                     \
    " count(*) FILTER (WHERE r.measure = '" measure "') > 0 AS \"" column "_known\""
#define SUMS(prefix)                                                                                         \
    " count(*) AS \"" prefix "count\","                                                                      \
    SUM_OF("BUDGET", prefix "budget") ","                                                                    \
    SUM_OF("ADJUSTED", prefix "adjusted") ","                                                                \
    SUM_OF("CONTRACT", prefix "contract") ","                                                                \
    SUM_OF("PAID", prefix "paid")
/* clang-format on */

/* A period of several years is a key of its own: it cannot be told how much fell on each. */
#define YEARS                                                                                                \
    "to_char(r.period_start, 'YYYY') ||"                                                                     \
    " CASE WHEN extract(year FROM r.period_start) = extract(year FROM r.period_end) THEN ''"                 \
    "      ELSE '–' || to_char(r.period_end, 'YYYY') END"
#define PERIOD "to_char(r.period_start, 'YYYY-MM-DD') || '/' || to_char(r.period_end, 'YYYY-MM-DD')"
/* Subordinate units count with their department. */
#define DEPARTMENT "left(r.unit_id, 3)"

/* clang-format off */
const struct read_sql report_statistics_sql[] = {
    {.sql = "SELECT '' AS \"total.key\", '合计' AS \"total.name\"," SUMS("total.")
            "  FROM report_record r"
            " WHERE " CHOSEN " AND " WITHIN},
    {.sql = "SELECT g.key,"
            "       CASE :by WHEN 'UNIT' THEN coalesce((SELECT d.name"
            "                                             FROM report_department d"
            "                                            WHERE d.id = g.key), g.name)"
            "                WHEN 'CATEGORY' THEN coalesce((SELECT k.name"
            "                                                 FROM report_category k"
            "                                                WHERE k.code = g.key), '')"
            "                ELSE g.key END AS name,"
            "       g.count, g.budget_fen, g.budget_known, g.adjusted_fen, g.adjusted_known, g.contract_fen,"
            "       g.contract_known, g.paid_fen, g.paid_known"
            "  FROM (SELECT CASE :by WHEN 'YEAR' THEN " YEARS
            "                        WHEN 'PERIOD' THEN " PERIOD
            "                        WHEN 'UNIT' THEN " DEPARTMENT
            "                        WHEN 'CATEGORY' THEN r.catalogue_code"
            "                        WHEN 'PROVIDER' THEN r.provider END AS key,"
            "               max(r.unit_name) AS name," SUMS("")
            "          FROM report_record r"
            "         WHERE :by <> '' AND " CHOSEN " AND " WITHIN
            "         GROUP BY 1) g"
            " ORDER BY g.key COLLATE \"C\""
            " LIMIT 1000",
     .into = "rows"},
    {.sql = "SELECT r.record_id, r.period_start AS period_start_date, r.period_end AS period_end_date,"
            "       r.unit_id, r.unit_name, r.catalogue_code, r.project_name, r.measure, r.amount_fen"
            "  FROM report_record r"
            " WHERE " CHOSEN " AND " ACROSS
            " ORDER BY r.period_start, r.record_id, r.measure"
            " LIMIT 500",
     .into = "apart"},
    {0},
};
/* clang-format on */
