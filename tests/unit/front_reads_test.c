/* Every declared read of every noun: it fits its messages, and a page of a list follows an index in its
 * order. */
#include "tests/support/pg.h"

#include "common/check.h"
#include "server/base/migrate.h"
#include "server/front/reader_plan.h"
#include "server/front/registry.h"

#define ROWS "30000"

/* Lists over what stays small for ever, or is read by the bureau alone: these may sort and scan. */
static const struct {
    const char *method, *why;
} exempt[] = {
    {"ListCycles", "one a year"},
    {"ListRounds", "a handful a cycle"},
    {"ListCatalogueVersions", "one every few years"},
    {"ListProposals", "a handful a year"},
    {"ListRuleValues", "some hundred in all"},
    {"ListTypeRules", "some dozen in all"},
    {"ListCalendar", "some thirty a year"},
    {"ListCalendarYears", "one a year"},
    {"ListViolations", "some hundred in all"},
    {"ListUnits", "some hundred in all"},
    {"ListNegatives", "some dozen in all"},
    {"ListCatalogueEntries", "some hundred a version"},
    {"SearchCatalogueEntries", "some hundred a version"},
    {"ListHistoryBatches", "some dozen in all"},
    {"ListHits", "some hundred a year"},
};

static struct arena *arena;
static struct db *db;

static int setup(void **state)
{
    char err[512] = "";
    struct db_error error = {0};
    int done = 0;
    if (pg_up(state) != 0)
        return -1;
    arena = arena_new((size_t)64 << 20);
    db = pg_open(arena);
    if (migrate_up(db, &done, &error) == STATUS_OK && registry_init(err) == STATUS_OK)
        return 0;
    fprintf(stderr, "%s%s\n", error.text, err);
    return -1;
}

static int teardown(void **state)
{
    db_close(db);
    arena_free(arena);
    return pg_down(state);
}

static void never(void *ctx, struct read_job *job)
{
    (void)ctx;
    (void)job;
}

static int reads_of(const struct rpc **ret, int max)
{
    int count = 0, n = 0;
    const struct rpc *const *rows = registry_rows(&count);
    for (int i = 0; i < count && n < max; i++)
        if (rows[i]->kind == RPC_READ)
            ret[n++] = rows[i];
    return n;
}

static void every_declared_read_fits_its_messages(void **state)
{
    const struct rpc *rows[500];
    struct reader *reader = NULL;
    char err[512] = "";
    (void)state;
    int count = reads_of(rows, 500);
    assert_true(count > 30);
    if (reader_start(&(struct reader_setup){.conninfo = pg_conninfo, .reads = rows, .reads_count = count},
                     never, NULL, &reader, err) != STATUS_OK)
        fail_msg("%s", err);
    reader_stop(reader);
}

/* ---- much data in every table, whatever its columns are ---- */

/* A value for row i: one of the words of its CHECK, a unit of a hundred, a year of ten, or something of its
 * own. */
static const char *const value_sql =
    "CREATE FUNCTION pg_temp.value_of(t regclass, col text, type text) RETURNS text LANGUAGE sql AS $$"
    " SELECT CASE"
    "  WHEN words IS NOT NULL THEN format('(%L::text[])[1 + i %% %s]', words, array_length(words, 1))"
    "  WHEN type LIKE '%[]' THEN format('ARRAY[(200 + i %% 100)::text]::%s', type)"
    "  WHEN col IN ('unit_id', 'department_id') THEN '(200 + i % 100)::text'"
    "  WHEN col = 'year' THEN '2020 + i % 10'"
    "  WHEN type = 'text' THEN format('%L || lpad(i::text, 6, ''0'')', left(col, 3))"
    "  WHEN type = 'date' THEN 'DATE ''2026-01-01'' + i % 300'"
    "  WHEN type = 'boolean' THEN 'i % 2 = 0'"
    "  WHEN type = 'bytea' THEN 'decode(lpad(to_hex(i), 64, ''0''), ''hex'')'"
    "  ELSE 'i' END"
    " FROM (SELECT (SELECT array_agg(m[1]) FROM pg_constraint c,"
    "   regexp_matches(pg_get_constraintdef(c.oid), '''([A-Z0-9_]+)''::text', 'g') AS m"
    "   WHERE c.conrelid = t AND c.contype = 'c'"
    "   AND pg_get_constraintdef(c.oid) LIKE '%(' || col || ' = ANY%') AS words) AS w $$;";

static const char *const fill_sql =
    "DO $do$ DECLARE t regclass; names text; vals text; c record; BEGIN"
    " FOR t IN SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace = "
    "'public'::regnamespace"
    "   AND relname <> 'schema_version' LOOP"
    "  SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum),"
    "         string_agg(pg_temp.value_of(t, attname, format_type(atttypid, NULL)), ', ' ORDER BY attnum)"
    "    INTO names, vals FROM pg_attribute WHERE attrelid = t AND attnum > 0 AND NOT attisdropped;"
    "  FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = t AND contype = 'c' LOOP"
    "   EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', t, c.conname); END LOOP;"
    "  EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM generate_series(1, " ROWS
    ") AS i ON CONFLICT DO NOTHING',"
    "    t, names, vals);"
    " END LOOP; END $do$;";

static void fill_all_tables(void)
{
    pg_script(db, "SET session_replication_role = replica"); /* foreign keys are not asked */
    pg_script(db, value_sql);
    pg_script(db, fill_sql);
    pg_script(db, "VACUUM ANALYZE");
}

/* ---- how a statement is planned ---- */

static const char *type_name(enum db_type type)
{
    static const char *const names[] = {
        [DB_I64] = "bigint",   [DB_BOOL] = "bool",     [DB_TEXT] = "text",
        [DB_BYTES] = "bytea",  [DB_DAY] = "date",      [DB_ENUM] = "text",
        [DB_TEXTS] = "text[]", [DB_I64S] = "bigint[]", [DB_BYTEAS] = "bytea[]",
    };
    return names[type];
}

static struct db_table explain(const struct read_stmt *s)
{
    struct db_in in[READ_PARAMS_MAX];
    const char *types = "", *nulls = "";
    int n = plan_types(s, in);
    for (int i = 0; i < n; i++) {
        types = arena_printf(arena, "%s%s%s", types, i ? ", " : "(", type_name(in[i].type));
        nulls = arena_printf(arena, "%s%sNULL", nulls, i ? ", " : "(");
    }
    const char *end = n ? ")" : "";
    static int number;
    struct db_table t = {0};
    pg_script(db, arena_printf(arena, "PREPARE q%d%s%s AS %s", ++number, types, end, s->sql));
    db_want_table(db, arena_printf(arena, "EXPLAIN EXECUTE q%d%s%s", number, nulls, end), DB_NONE, &t);
    pg_run(db);
    return t;
}

static bool is_exempt(const char *method)
{
    for (size_t i = 0; i < COUNT_OF(exempt); i++)
        if (strcmp(exempt[i].method, method) == 0)
            return true;
    return false;
}

/* Sorting is for the rows of one department only, scanning for nobody. */
static bool is_bad_plan(const struct db_table *t)
{
    bool has_sort = false, is_of_one_unit = false;
    for (int r = 0; r < t->rows; r++) {
        const char *line = t->values[r], *cond = strstr(line, "Index Cond");
        if (strstr(line, "Seq Scan"))
            return true;
        has_sort = has_sort || strstr(line, "Sort");
        is_of_one_unit = is_of_one_unit ||
                         (cond && (strstr(cond, "(unit_id = ") || strstr(cond, "(department_id = ")));
    }
    return has_sort && !is_of_one_unit;
}

static int complain_of_plan(const struct rpc *rpc, const struct read_stmt *s)
{
    struct db_table t = explain(s);
    if (!is_bad_plan(&t))
        return 0;
    fprintf(stderr, "%s, needs \"%s\":\n", rpc->method, s->declared->needs ? s->declared->needs : "");
    for (int r = 0; r < t.rows; r++)
        fprintf(stderr, "    %s\n", t.values[r]);
    return 1;
}

static void every_page_of_a_list_follows_an_index(void **state)
{
    const struct rpc *rows[500];
    int bad = 0, count = reads_of(rows, 500);
    char err[512] = "";
    (void)state;
    fill_all_tables();
    for (int i = 0; i < count; i++) {
        struct read_plan p;
        if (!(rows[i]->flags & RPC_LIST) || is_exempt(rows[i]->method))
            continue;
        if (!plan_make(&p, rows[i], arena, err))
            fail_msg("%s", err);
        for (int k = 0; k < p.stmts_count; k++)
            bad += complain_of_plan(rows[i], &p.stmts[k]);
    }
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_declared_read_fits_its_messages),
        cmocka_unit_test(every_page_of_a_list_follows_an_index),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
