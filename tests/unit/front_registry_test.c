/* Every rpc line of the contract has its row and the reverse; whatever does not fit is said by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "common/check.h"
#include "purser/v1/journal.pb-c.h"
#include "server/front/registry.h"

static void load_nothing(struct call *c, const void *request, void *facts)
{
    (void)c;
    (void)request;
    (void)facts;
}

static enum status decide_nothing(struct call *c, const void *request, const void *facts, void *reply)
{
    (void)c;
    (void)request;
    (void)facts;
    (void)reply;
    return STATUS_OK;
}

static const struct read_sql sql[] = {{.sql = "SELECT 1", .needs = ""}, {0}};
static const struct read_sql no_sql[] = {{0}};

static const ProtobufCServiceDescriptor *const services[] = {&purser__v1__journal_service__descriptor};

#define CHECKPOINT                                                                                           \
    {                                                                                                        \
        .method = "GetCheckpoint", .kind = RPC_FRONT, .roles = 1                                             \
    }
#define INCLUSION                                                                                            \
    {                                                                                                        \
        .method = "GetInclusion", .kind = RPC_FRONT, .roles = 1                                              \
    }
#define CONSISTENCY                                                                                          \
    {                                                                                                        \
        .method = "GetConsistency", .kind = RPC_FRONT, .roles = 1                                            \
    }
#define ENTRIES                                                                                              \
    {                                                                                                        \
        .method = "ListEntries", .kind = RPC_READ, .roles = 1, .reads = sql                                  \
    }

static void what_does_not_fit_is_said_by_name(void **state)
{
    static struct {
        struct rpc rows[6];
        int count;
        const char *told; /* NULL: it fits */
    } cases[] = {
        {{CHECKPOINT, INCLUSION, CONSISTENCY, ENTRIES}, 4, NULL},
        {{CHECKPOINT, INCLUSION, CONSISTENCY}, 3, "ListEntries: an rpc line, but no row"},
        {{CHECKPOINT,
          INCLUSION,
          CONSISTENCY,
          ENTRIES,
          {.method = "GetNothing", .kind = RPC_FRONT, .roles = 1}},
         5,
         "GetNothing: a row, but no rpc line"},
        {{CHECKPOINT, INCLUSION, INCLUSION, CONSISTENCY, ENTRIES}, 5, "GetInclusion: two rows"},
        {{CHECKPOINT, INCLUSION, CONSISTENCY, {.method = "ListEntries", .kind = RPC_READ, .roles = 1}},
         4,
         "ListEntries: a read without a statement"},
        {{CHECKPOINT,
          INCLUSION,
          CONSISTENCY,
          {.method = "ListEntries", .kind = RPC_READ, .roles = 1, .reads = no_sql}},
         4,
         "ListEntries: a read without a statement"},
        {{CHECKPOINT,
          INCLUSION,
          CONSISTENCY,
          {.method = "ListEntries", .kind = RPC_WRITE, .roles = 1, .decide = decide_nothing}},
         4,
         "ListEntries: a write without its functions"},
        {{CHECKPOINT,
          INCLUSION,
          CONSISTENCY,
          {.method = "ListEntries",
           .kind = RPC_WRITE,
           .roles = 1,
           .key = "no_field",
           .load = load_nothing,
           .decide = decide_nothing}},
         4,
         "ListEntries: its key is no field"},
        {{CHECKPOINT,
          INCLUSION,
          CONSISTENCY,
          {.method = "ListEntries",
           .kind = RPC_WRITE,
           .roles = 1,
           .key = "after",
           .load = load_nothing,
           .decide = decide_nothing}},
         4,
         NULL},
        {{CHECKPOINT, INCLUSION, CONSISTENCY, {.method = "ListEntries", .kind = RPC_READ, .reads = sql}},
         4,
         "ListEntries: nobody may call it"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct noun n = {.name = "thing",
                         .services = services,
                         .services_count = COUNT_OF(services),
                         .rows = cases[i].rows,
                         .rows_count = cases[i].count};
        char err[256] = "";
        bool fits = registry_check(&n, err);
        if (fits != !cases[i].told ||
            (cases[i].told && (!strstr(err, cases[i].told) || !strstr(err, "thing"))))
            fail_msg("case %zu: %s", i, err);
    }
}

/* The contract as its authors wrote it: every `rpc` line of every .proto file. */
static int rpc_lines(void (*each)(const char *path))
{
    glob_t found;
    int count = 0;
    assert_int_equal(glob(TESTS_DIR "/../proto/purser/v1/*.proto", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char line[1000], service[100] = "", method[100], path[256];
        FILE *f = fopen(found.gl_pathv[i], "re");
        assert_non_null(f);
        while (fgets(line, sizeof line, f)) {
            (void)sscanf(line, "service %99[A-Za-z0-9]", service);
            if (sscanf(line, " rpc %99[A-Za-z0-9](", method) != 1)
                continue;
            snprintf(path, sizeof path, "/purser.v1.%s/%s", service, method);
            each(path);
            count++;
        }
        fclose(f);
    }
    globfree(&found);
    return count;
}

static void must_be_found(const char *path)
{
    const struct rpc *row = registry_find(path);
    if (!row)
        fail_msg("%s has no row", path);
    else
        assert_string_equal(row->path, path);
}

static void every_rpc_line_has_its_row_and_the_reverse(void **state)
{
    int count;
    char err[256] = "";
    (void)state;
    if (registry_init(err) != STATUS_OK)
        fail_msg("%s", err);
    assert_int_equal(registry_init(err), STATUS_OK);
    const struct rpc *const *rows = registry_rows(&count);
    assert_int_equal(rpc_lines(must_be_found), count);
    for (int i = 0; i < count; i++) {
        assert_ptr_equal(registry_find(rows[i]->path), rows[i]);
        assert_non_null(rows[i]->request);
        assert_non_null(rows[i]->reply);
        if (i)
            assert_true(strcmp(rows[i - 1]->path, rows[i]->path) < 0);
    }
}

static void what_is_no_method_is_not_found(void **state)
{
    static const char *const paths[] = {"",
                                        "/",
                                        "Check",
                                        "/purser.v1.HealthService",
                                        "/purser.v1.HealthService/",
                                        "/purser.v1.HealthService/Chec",
                                        "/purser.v1.HealthService/Checks",
                                        "purser.v1.HealthService/Check",
                                        "/purser.v1.healthService/Check"};
    char err[256];
    (void)state;
    assert_int_equal(registry_init(err), STATUS_OK);
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        assert_null(registry_find(paths[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_is_said_by_name),
        cmocka_unit_test(every_rpc_line_has_its_row_and_the_reverse),
        cmocka_unit_test(what_is_no_method_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
