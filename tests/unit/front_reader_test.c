/* Declared reads against a real PostgreSQL: translation, choice of statement, filling, pages, scope, and lost
 * connections. */
#include "tests/support/pg.h"

#include <pthread.h>

#include "common/check.h"
#include "common/fields.h"
#include "purser/v1/contract.pb-c.h"
#include "server/front/reader.h"

#define GET_SQL                                                                                              \
    "SELECT id AS \"contract.id\", unit_id AS \"contract.unit_id\", amount_fen AS \"contract.amount_fen\","  \
    "       state AS \"contract.state\", signed_date AS \"contract.signed_date\", ':no :param' AS "          \
    "\"contract.name\","                                                                                     \
    "       version AS \"contract.etag\", state = 'SIGNED' AS \"contract.is_signed_late\""                   \
    "  FROM thing"                                                                                           \
    " WHERE id = :contract_id::text AND unit_id ^@ :_scope"
static const struct read_sql get_sql[] = {
    {.sql = GET_SQL},
    {.sql = "SELECT y AS year, y * 100 AS amount_fen FROM thing, generate_series(2025, 2026) AS y"
            " WHERE id = :contract_id AND unit_id ^@ :_scope ORDER BY y",
     .into = "years"},
    {0},
};
#define LIST_SQL(where)                                                                                      \
    "SELECT id, unit_id, amount_fen FROM thing WHERE " where " AND id > :_after ORDER BY id LIMIT :_limit"
static const struct read_sql list_sql[] = {
    {.sql = LIST_SQL("true"), .needs = ""},
    {.sql = LIST_SQL("state = :state"), .needs = "state"},
    {.sql = LIST_SQL("unit_id = :_scope"), .needs = "unit_id"},
    {.sql = LIST_SQL("supplier_id = :supplier_id AND unit_id ^@ :_scope"), .needs = "supplier_id"},
    {0},
};
static const struct read_sql slow_sql[] = {
    {.sql = "SELECT id AS \"contract.id\" FROM thing, pg_sleep(20) WHERE id = :contract_id AND unit_id ^@ "
            ":_scope"},
    {0},
};

static const struct read_sql report_sql[] = {
    {.sql = "SELECT id AS \"contract.id\" FROM thing, pg_sleep(1) WHERE id = :contract_id AND unit_id ^@ "
            ":_scope"},
    {0},
};

static struct rpc get_rpc = {.method = "GetContract", .kind = RPC_READ, .reads = get_sql};
static struct rpc list_rpc = {.method = "ListContracts",
                              .kind = RPC_READ,
                              .flags = RPC_LIST,
                              .reads = list_sql};
static struct rpc slow_rpc = {.method = "GetSlowly", .kind = RPC_READ, .reads = slow_sql};
static struct rpc report_rpc = {.method = "GetAddedUp",
                                .kind = RPC_READ,
                                .flags = RPC_REPORT,
                                .reads = report_sql};

/* ---- a reader and its callers ---- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static int answered;
static const struct read_job *last_done;

static void on_done(void *ctx, struct read_job *job)
{
    (void)ctx;
    pthread_mutex_lock(&lock);
    answered++;
    last_done = job;
    pthread_cond_signal(&wake);
    pthread_mutex_unlock(&lock);
}

static struct arena *arena;
static struct reader *reader;

static void messages_of(struct rpc *rpc, bool is_list)
{
    rpc->request = is_list ? &purser__v1__list_contracts_request__descriptor
                           : &purser__v1__get_contract_request__descriptor;
    rpc->reply = is_list ? &purser__v1__list_contracts_response__descriptor
                         : &purser__v1__get_contract_response__descriptor;
}

static int setup(void **state)
{
    char err[512] = "";
    if (pg_up(state) != 0)
        return -1;
    struct arena *a = arena_new(1 << 20);
    struct db *db = pg_open(a);
    pg_script(db,
              "CREATE TABLE thing (id text COLLATE \"C\" PRIMARY KEY, unit_id text NOT NULL, amount_fen "
              "bigint NOT NULL,"
              " state text NOT NULL, signed_date date, supplier_id text NOT NULL, version bigint NOT NULL);"
              "INSERT INTO thing SELECT 'c' || lpad(i::text, 4, '0'), (200 + i % 4)::text, i * 100,"
              " CASE WHEN i % 2 = 0 THEN 'SIGNED' ELSE 'DRAFT' END, DATE '2026-01-01' + i, 's' || i % 10, i"
              " FROM generate_series(1, 400) AS i;"
              "INSERT INTO thing VALUES ('c9999', '201001', 5, 'DRAFT', NULL, 's', 1)");
    db_close(db);
    arena_free(a);
    messages_of(&get_rpc, false);
    messages_of(&slow_rpc, false);
    messages_of(&report_rpc, false);
    messages_of(&list_rpc, true);
    const struct rpc *rows[] = {&get_rpc, &list_rpc, &slow_rpc, &report_rpc};
    if (reader_start(&(struct reader_setup){.conninfo = pg_conninfo, .reads = rows, .reads_count = 4},
                     on_done, NULL, &reader, err) == STATUS_OK)
        return 0;
    fprintf(stderr, "%s\n", err);
    return -1;
}

static int teardown(void **state)
{
    reader_stop(reader);
    return pg_down(state);
}

static int begin(void **state)
{
    (void)state;
    arena = arena_new((size_t)64 << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

struct asked {
    struct call call;
    struct read_job job;
};

static void submit(struct asked *q, const struct rpc *rpc, const char *scope, void *request)
{
    q->call = (struct call){.arena = arena,
                            .rpc = rpc,
                            .scope = {.unit_id = scope},
                            .today = day_of(2026, 6, 1)};
    q->call.actor.person_id = "p";
    q->job = (struct read_job){.call = &q->call, .request = request, .reply = fields_new(rpc->reply, arena)};
    assert_true(reader_submit(reader, &q->job));
}

static void wait_for(int count)
{
    pthread_mutex_lock(&lock);
    while (answered < count)
        pthread_cond_wait(&wake, &lock);
    answered = 0;
    pthread_mutex_unlock(&lock);
}

static PB(GetContractRequest) *get_request(const char *id)
{
    PB(GetContractRequest) *request = (PB(GetContractRequest) *)fields_new(get_rpc.request, arena);
    request->contract_id = (char *)(uintptr_t)id;
    return request;
}

static enum status get(const struct rpc *rpc, const char *scope, const char *id, struct asked *q,
                       const PB(GetContractResponse) **ret)
{
    submit(q, rpc, scope, get_request(id));
    wait_for(1);
    *ret = (const PB(GetContractResponse) *)(const void *)q->job.reply;
    return q->job.status;
}

static PB(ListContractsRequest) *list_request(void)
{
    return (PB(ListContractsRequest) *)fields_new(list_rpc.request, arena);
}

static enum status list(const char *scope, PB(ListContractsRequest) *request, struct asked *q,
                        const PB(ListContractsResponse) **ret)
{
    submit(q, &list_rpc, scope, request);
    wait_for(1);
    *ret = (const PB(ListContractsResponse) *)(const void *)q->job.reply;
    return q->job.status;
}

/* ---- one ---- */

static void columns_fill_fields_by_name(void **state)
{
    (void)state;
    struct asked q;
    const PB(GetContractResponse) *r;
    assert_int_equal(get(&get_rpc, "", "c0002", &q, &r), STATUS_OK);
    assert_string_equal(r->contract->id, "c0002");
    assert_int_equal(r->contract->amount_fen, 200);
    assert_int_equal(r->contract->state, PURSER__V1__CONTRACT_STATE__CONTRACT_STATE_SIGNED);
    assert_string_equal(r->contract->signed_date, "2026-01-03");
    assert_string_equal(r->contract->name, ":no :param");
    assert_string_equal(r->contract->etag, "2");
    assert_true(r->contract->is_signed_late);
    assert_string_equal(r->contract->quantity, "");
    assert_int_equal(r->n_years, 2);
    assert_int_equal(r->years[1]->amount_fen, 202600);
}

static void null_leaves_the_default(void **state)
{
    (void)state;
    struct asked q;
    const PB(GetContractResponse) *r;
    assert_int_equal(get(&get_rpc, "", "c9999", &q, &r), STATUS_OK);
    assert_string_equal(r->contract->signed_date, "");
}

static void what_is_missing_and_what_is_anothers_answer_alike(void **state)
{
    static const char *const ids[] = {"c0001", "none"}; /* c0001 is unit 201's */
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct asked q;
        const PB(GetContractResponse) *r;
        assert_int_equal(get(&get_rpc, "203", ids[i], &q, &r), STATUS_NOT_FOUND);
        assert_int_equal(q.call.refusals_count, 1);
        assert_string_equal(q.call.refusals[0].reason, "NOT_FOUND");
        assert_string_equal(q.call.refusals[0].field, "contract_id");
        assert_null(r->contract);
        assert_int_equal(r->n_years, 0);
    }
    struct asked q;
    const PB(GetContractResponse) *r;
    assert_int_equal(get(&get_rpc, "201", "c9999", &q, &r), STATUS_OK); /* a subordinate unit's */
}

static void who_asks_for_it_alone_gets_no_rows_below_it(void **state)
{
    (void)state;
    struct asked q;
    PB(GetContractRequest) *request = get_request("c0002");
    request->alone = true;
    submit(&q, &get_rpc, "", request);
    wait_for(1);
    const PB(GetContractResponse) *r = (const PB(GetContractResponse) *)(const void *)q.job.reply;
    assert_int_equal(q.job.status, STATUS_OK);
    assert_string_equal(r->contract->id, "c0002");
    assert_int_equal(r->n_years, 0);
}

/* ---- lists ---- */

static void pages_follow_each_other_without_gap_or_repetition(void **state)
{
    (void)state;
    char last[16] = "";
    int rows = 0, pages = 0;
    PB(ListContractsRequest) *request = list_request();
    request->page_size = 70;
    do {
        struct asked q;
        const PB(ListContractsResponse) *r;
        assert_int_equal(list("", request, &q, &r), STATUS_OK);
        for (size_t i = 0; i < r->n_contracts; i++) {
            assert_true(strcmp(last, r->contracts[i]->id) < 0);
            snprintf(last, sizeof last, "%s", r->contracts[i]->id);
        }
        rows += (int)r->n_contracts;
        pages++;
        request->page_token = r->next_page_token;
    } while (request->page_token[0]);
    assert_int_equal(rows, 401);
    assert_int_equal(pages, 6);
}

static void page_sizes_have_a_default_and_an_end(void **state)
{
    static const struct {
        int64_t size;
        enum status status;
        size_t rows;
    } cases[] = {{0, STATUS_OK, 50},
                 {1, STATUS_OK, 1},
                 {401, STATUS_OK, 401},
                 {INT64_MAX, STATUS_OK, 401},
                 {-1, STATUS_INVALID_ARGUMENT, 0}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct asked q;
        const PB(ListContractsResponse) *r;
        PB(ListContractsRequest) *request = list_request();
        request->page_size = cases[i].size;
        assert_int_equal(list("", request, &q, &r), cases[i].status);
        assert_int_equal(r->n_contracts, cases[i].rows);
        assert_int_equal(r->next_page_token[0] != 0, cases[i].rows && cases[i].rows < 401);
    }
}

static void a_page_token_of_another_question_is_refused(void **state)
{
    (void)state;
    struct asked q;
    const PB(ListContractsResponse) *r;
    assert_int_equal(list("", list_request(), &q, &r), STATUS_OK);
    const char *good = r->next_page_token;
    const struct {
        const char *token, *scope, *supplier;
        enum status want;
    } cases[] = {
        {good, "", "", STATUS_OK},
        {good, "203", "", STATUS_INVALID_ARGUMENT},
        {good, "", "s1", STATUS_INVALID_ARGUMENT},
        {"x", "", "", STATUS_INVALID_ARGUMENT},
        {"AAAAAAAAAAAAAAAA", "", "", STATUS_INVALID_ARGUMENT},
        {"!!!", "", "", STATUS_INVALID_ARGUMENT},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        PB(ListContractsRequest) *request = list_request();
        request->page_token = (char *)(uintptr_t)cases[i].token;
        request->supplier_id = (char *)(uintptr_t)cases[i].supplier;
        assert_int_equal(list(cases[i].scope, request, &q, &r), cases[i].want);
        if (cases[i].want != STATUS_OK)
            assert_string_equal(q.call.refusals[0].reason, "PAGE_TOKEN_BAD");
    }
}

/* 400 rows in four units; 201 has a subordinate unit with one. */
static void the_statement_fits_the_filters_and_the_scope(void **state)
{
    static const struct {
        const char *scope, *unit, *supplier;
        int contract_state;
        enum status status;
        size_t rows;
    } cases[] = {
        {"", "", "", 0, STATUS_OK, 401},
        {"", "203", "", 0, STATUS_OK, 100},
        {"", "", "", 3, STATUS_OK, 200},
        {"", "", "s1", 0, STATUS_OK, 40},
        {"203", "", "", 0, STATUS_OK, 100},
        {"203", "203", "", 0, STATUS_OK, 100},
        {"201", "201001", "", 0, STATUS_OK, 1},
        {"203", "202", "", 0, STATUS_OK, 0}, /* another's unit: as if it had none */
        {"203", "", "s1", 0, STATUS_OK, 20}, /* no statement needs both, but one keeps to the scope */
        {"203", "", "", 3, STATUS_INVALID_ARGUMENT, 0}, /* that statement is for those who see all */
        {"", "", "s1", 3, STATUS_INVALID_ARGUMENT, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct asked q;
        const PB(ListContractsResponse) *r;
        PB(ListContractsRequest) *request = list_request();
        request->page_size = 1000;
        request->unit_id = (char *)(uintptr_t)cases[i].unit;
        request->supplier_id = (char *)(uintptr_t)cases[i].supplier;
        if (cases[i].contract_state)
            request->state = PURSER__V1__CONTRACT_STATE__CONTRACT_STATE_SIGNED;
        if (list(cases[i].scope, request, &q, &r) != cases[i].status || r->n_contracts != cases[i].rows)
            fail_msg("case %zu: %s, %zu rows", i, status_name(q.job.status), r->n_contracts);
        if (cases[i].status != STATUS_OK)
            assert_string_equal(q.call.refusals[0].reason, "FILTERS_NOT_OFFERED");
    }
}

static void five_hundred_at_once_are_all_answered(void **state)
{
    (void)state;
    enum { N = 500 };
    static struct arena *own[N]; /* each call's own: the lane works on some while others are made */
    struct asked *q = arena_array(arena, N, sizeof *q);
    struct arena *kept = arena;
    for (int i = 0; i < N; i++) {
        arena = own[i] = arena_new(1 << 20);
        submit(&q[i], &get_rpc, "", get_request(arena_printf(arena, "c%04d", i % 400 + 1)));
    }
    arena = kept;
    wait_for(N);
    for (int i = 0; i < N; i++) {
        assert_int_equal(q[i].job.status, STATUS_OK);
        const PB(GetContractResponse) *r = (const PB(GetContractResponse) *)(const void *)q[i].job.reply;
        assert_int_equal(r->contract->amount_fen, (i % 400 + 1) * 100);
        arena_free(own[i]);
    }
}

/* ---- declarations that will not do ---- */

static void a_declaration_that_does_not_fit_refuses_to_start(void **state)
{
    static const struct {
        const char *sql, *needs, *into, *told;
        unsigned flags;
    } cases[] = {
        {"SELECT id AS \"contract.id\" FROM thing WHERE id = :nonsense AND unit_id ^@ :_scope", NULL, NULL,
         "nonsense", 0},
        {"SELECT id AS \"contract.id\" FROM thing WHERE id = :contract_id", NULL, NULL, ":_scope", 0},
        {"SELECT id AS \"contract.colour\" FROM thing WHERE unit_id ^@ :_scope", NULL, NULL,
         "contract.colour", 0},
        {"SELECT id AS \"contract.amount_fen\" FROM thing WHERE unit_id ^@ :_scope", NULL, NULL,
         "contract.amount_fen", 0},
        {"SELECT nonsense FROM thing WHERE unit_id ^@ :_scope", NULL, NULL, "nonsense", 0},
        {"SELECT 1 AS year FROM thing WHERE unit_id ^@ :_scope", NULL, "nowhere", "nowhere", 0},
        {"SELECT id AS \"contract.id\" FROM thing WHERE unit_id ^@ :_scope", "colour", NULL, "colour", 0},
        {"SELECT id AS \"contract.id\" FROM thing WHERE unit_id ^@ :_scope", NULL, NULL, "repeated",
         RPC_LIST},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct read_sql sql[] = {{cases[i].sql, cases[i].needs, cases[i].into}, {0}};
        struct rpc rpc = {.method = "GetOddly", .kind = RPC_READ, .flags = cases[i].flags, .reads = sql};
        const struct rpc *rows[] = {&rpc};
        struct reader *odd = NULL;
        char err[512] = "";
        messages_of(&rpc, false);
        if (cases[i].flags & RPC_LIST)
            rpc.reply = &purser__v1__get_contract_request__descriptor;
        assert_int_equal(reader_start(&(struct reader_setup){.conninfo = pg_conninfo,
                                                             .reads = rows,
                                                             .reads_count = 1},
                                      on_done, NULL, &odd, err),
                         STATUS_INTERNAL);
        if (!strstr(err, cases[i].told) || !strstr(err, "GetOddly"))
            fail_msg("case %zu: %s", i, err);
    }
}

/* ---- trouble ---- */

static void a_report_is_not_waited_for(void **state)
{
    (void)state;
    struct asked report, one, page;
    struct arena *kept = arena, *apart = arena_new(1 << 20); /* the other lanes work while others are made */
    arena = apart;
    submit(&report, &report_rpc, "", get_request("c0001"));
    arena = arena_new(1 << 20);
    submit(&one, &get_rpc, "", get_request("c0001"));
    struct arena *ones = arena;
    arena = kept;
    submit(&page, &list_rpc, "", list_request());
    wait_for(3);
    assert_ptr_equal(last_done, &report.job);
    assert_int_equal(report.job.status, STATUS_OK);
    assert_int_equal(one.job.status, STATUS_OK);
    assert_int_equal(page.job.status, STATUS_OK);
    arena_free(apart);
    arena_free(ones);
}

static void a_slow_look_up_holds_up_its_own_connection_only(void **state)
{
    (void)state;
    char err[512] = "";
    struct asked slow, quick;
    struct arena *kept = arena, *apart = arena_new(1 << 20);
    struct reader *usual = reader;
    const struct rpc *rows[] = {&get_rpc, &slow_rpc};
    assert_int_equal(reader_start(&(struct reader_setup){.conninfo = pg_conninfo,
                                                         .reads = rows,
                                                         .reads_count = 2,
                                                         .look_up_connections = 2},
                                  on_done, NULL, &reader, err),
                     STATUS_OK);
    arena = apart;
    submit(&slow, &slow_rpc, "", get_request("c0001"));
    usleep(100000); /* so that it is under way alone */
    arena = kept;
    submit(&quick, &get_rpc, "", get_request("c0001"));
    wait_for(2);
    assert_ptr_equal(last_done, &slow.job);
    assert_int_equal(quick.job.status, STATUS_OK);
    reader_stop(reader);
    reader = usual;
    arena_free(apart);
}

static void a_slow_look_up_ends_by_its_time_out(void **state)
{
    (void)state;
    struct asked q;
    const PB(GetContractResponse) *r;
    assert_int_equal(get(&slow_rpc, "", "c0001", &q, &r), STATUS_DEADLINE_EXCEEDED);
    assert_string_equal(q.call.refusals[0].reason, "TIMED_OUT");
}

static void after_a_lost_connection_the_next_read_succeeds(void **state)
{
    (void)state;
    struct asked q;
    const PB(GetContractResponse) *r;
    struct db *db = pg_open(arena);
    db_do(db,
          "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
          "datname = 'purser'",
          DB_NONE);
    pg_run(db);
    db_close(db);
    enum status s = get(&get_rpc, "", "c0001", &q, &r);
    assert_true(s == STATUS_UNAVAILABLE || s == STATUS_OK);
    assert_int_equal(get(&get_rpc, "", "c0001", &q, &r), STATUS_OK);
}

static void the_reader_cannot_write(void **state)
{
    static const struct read_sql sql[] = {
        {.sql =
             "WITH gone AS (DELETE FROM thing RETURNING id, unit_id) SELECT id AS \"contract.id\" FROM gone"
             " WHERE id = :contract_id AND unit_id ^@ :_scope"},
        {0},
    };
    (void)state;
    struct rpc rpc = {.method = "GetByDeleting", .kind = RPC_READ, .reads = sql};
    const struct rpc *rows[] = {&rpc};
    struct reader *own = NULL, *kept = reader;
    char err[512] = "";
    messages_of(&rpc, false);
    assert_int_equal(reader_start(&(struct reader_setup){.conninfo = pg_conninfo,
                                                         .reads = rows,
                                                         .reads_count = 1},
                                  on_done, NULL, &own, err),
                     STATUS_OK);
    struct asked q;
    const PB(GetContractResponse) *r;
    reader = own;
    enum status s = get(&rpc, "", "c0001", &q, &r);
    reader = kept;
    reader_stop(own);
    assert_true(s != STATUS_OK);
    assert_int_equal(get(&get_rpc, "", "c0001", &q, &r), STATUS_OK);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(columns_fill_fields_by_name),
        CASE(null_leaves_the_default),
        CASE(what_is_missing_and_what_is_anothers_answer_alike),
        CASE(who_asks_for_it_alone_gets_no_rows_below_it),
        CASE(pages_follow_each_other_without_gap_or_repetition),
        CASE(page_sizes_have_a_default_and_an_end),
        CASE(a_page_token_of_another_question_is_refused),
        CASE(the_statement_fits_the_filters_and_the_scope),
        CASE(five_hundred_at_once_are_all_answered),
        CASE(a_declaration_that_does_not_fit_refuses_to_start),
        CASE(a_report_is_not_waited_for),
        CASE(a_slow_look_up_holds_up_its_own_connection_only),
        CASE(a_slow_look_up_ends_by_its_time_out),
        CASE(after_a_lost_connection_the_next_read_succeeds),
        CASE(the_reader_cannot_write),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
