/* The private PostgreSQL outlives kill -9 of itself, does not outlive its server, and the schema is what the
 * program says. */
#include "tests/support/pg.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "server/base/migrate.h"

static struct arena *arena;

static int setup(void **state)
{
    arena = arena_new((size_t)16 << 20);
    return pg_up(state);
}

static int teardown(void **state)
{
    arena_free(arena);
    return pg_down(state);
}

/* ---- cluster ---- */

static const char *only_value(const char *sql)
{
    struct db_table t;
    struct db *db = pg_open(arena);
    db_want_table(db, sql, DB_NONE, &t);
    pg_run(db);
    db_close(db);
    assert_int_equal(t.rows, 1);
    return t.values[0];
}

static void it_is_durable_private_and_utf8(void **state)
{
    (void)state;
    assert_string_equal(only_value("SELECT current_setting('fsync') || current_setting('full_page_writes')"
                                   " || current_setting('synchronous_commit')"),
                        "ononon");
    assert_string_equal(only_value("SELECT current_setting('listen_addresses')"), "");
    assert_string_equal(only_value("SELECT current_setting('data_checksums')"), "on");
    assert_string_equal(only_value(
                            "SELECT datcollate || ' ' || pg_encoding_to_char(encoding) FROM pg_database"
                            " WHERE datname = current_database()"),
                        "C.UTF-8 UTF8");
    assert_string_equal(only_value("SELECT current_setting('plan_cache_mode')"), "force_generic_plan");
}

static void a_second_server_on_the_same_folder_is_turned_away(void **state)
{
    struct cluster *second = NULL;
    const char *conninfo;
    char err[512] = "";
    (void)state;
    assert_int_equal(cluster_start(pg_dir, "postgres", &second, &conninfo, err), STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(err, "another purserd"));
    assert_string_equal(only_value("SELECT 'still here'"), "still here");
}

static void killed_it_is_started_again_with_what_was_committed(void **state)
{
    char err[512] = "";
    (void)state;
    struct db *db = pg_open(arena);
    pg_script(db, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)");
    int old = cluster_pid(pg_cluster);
    assert_int_equal(kill(old, SIGKILL), 0);
    usleep(50000);
    if (cluster_tend(pg_cluster, err) != STATUS_OK)
        fail_msg("%s", err);
    assert_int_not_equal(cluster_pid(pg_cluster), old);
    db_do(db, "SELECT 1", DB_NONE);
    assert_int_equal(db_run(db, NULL), STATUS_UNAVAILABLE);
    db_close(db);
    assert_string_equal(only_value("SELECT n FROM kept"), "42");
    assert_int_equal(cluster_tend(pg_cluster, err), STATUS_OK);
}

static bool is_alive(pid_t pid) { return kill(pid, 0) == 0 || errno == EPERM; }

/* A process of its own starts a cluster and is killed: PostgreSQL goes with it, and the next start finds all
 * in order. */
static void it_dies_with_its_server_and_the_next_one_starts(void **state)
{
    char dir[] = "/tmp/purser-test-XXXXXX", err[512] = "", command[64];
    int tell[2];
    pid_t pg = 0;
    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chmod(dir, 0711), 0);
    assert_int_equal(pipe(tell), 0);
    pid_t server = fork();
    if (server == 0) {
        struct cluster *c = NULL;
        const char *conninfo;
        if (cluster_start(dir, "postgres", &c, &conninfo, err) != STATUS_OK)
            _exit(1);
        pid_t pid = cluster_pid(c);
        if (write(tell[1], &pid, sizeof pid) != sizeof pid)
            _exit(2);
        for (;;)
            pause();
    }
    assert_int_equal(read(tell[0], &pg, sizeof pg), sizeof pg);
    assert_true(is_alive(pg));
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);

    struct cluster *c = NULL;
    const char *conninfo;
    if (cluster_start(dir, "postgres", &c, &conninfo, err) !=
        STATUS_OK) /* at once: it waits for the old one */
        fail_msg("%s", err);
    assert_true(db_ping(conninfo));
    assert_int_not_equal(cluster_pid(c), pg);
    cluster_stop(c, 5000);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    assert_int_equal(system(command), 0);
}

/* The number in a left-over postmaster.pid now belongs to somebody else: to us. */
static void a_stale_pid_file_does_not_keep_it_from_starting(void **state)
{
    char path[128], err[512] = "";
    struct db *db = pg_open(arena);
    (void)state;
    db_close(db);
    kill(cluster_pid(pg_cluster), SIGKILL);
    usleep(100000);
    snprintf(path, sizeof path, "%s/postgres/postmaster.pid", pg_dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "%d\n%s/postgres\n", (int)getpid(), pg_dir);
    fclose(f);
    if (cluster_tend(pg_cluster, err) != STATUS_OK)
        fail_msg("%s", err);
}

static void a_long_folder_gets_a_short_socket(void **state)
{
    char dir[256], err[512] = "", command[320];
    struct cluster *c = NULL;
    const char *conninfo = "";
    (void)state;
    snprintf(dir, sizeof dir, "%s/%0120d", pg_dir, 7);
    if (cluster_start(dir, "postgres", &c, &conninfo, err) != STATUS_OK)
        fail_msg("%s", err);
    assert_true(db_ping(conninfo));
    assert_null(strstr(conninfo, "00000000000"));
    cluster_stop(c, 5000);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
}

static void a_folder_that_the_other_user_cannot_reach_is_refused_in_words(void **state)
{
    char dir[128], below[160], err[512] = "";
    struct cluster *c = NULL;
    const char *conninfo;
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: only root has another user to start PostgreSQL as\n");
        skip();
    }
    snprintf(dir, sizeof dir, "%s/closed", pg_dir);
    snprintf(below, sizeof below, "%s/data", dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    assert_int_equal(cluster_start(below, "postgres", &c, &conninfo, err), STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(err, "cannot pass through"));
    assert_int_equal(cluster_start(below, "nobody-of-that-name", &c, &conninfo, err),
                     STATUS_FAILED_PRECONDITION);
}

/* ---- migrations ---- */

static void migrations_run_once_and_are_told(void **state)
{
    struct db *db = pg_open(arena);
    struct db_error error = {0};
    int done = -1, have = -1, newest = -1;
    (void)state;
    assert_int_equal(migrate_check_server(db, &error), STATUS_OK);
    assert_int_equal(migrate_status(db, &have, &newest, &error), STATUS_FAILED_PRECONDITION);
    assert_int_equal(have, -1);
    if (migrate_up(db, &done, &error) != STATUS_OK)
        fail_msg("%s", error.text);
    assert_int_equal(done, migrations_count);
    if (migrate_up(db, &done, &error) != STATUS_OK)
        fail_msg("%s", error.text);
    assert_int_equal(done, 0);
    assert_int_equal(migrate_status(db, &have, &newest, &error), STATUS_OK);
    assert_int_equal(have, newest);
    db_close(db);
}

/* They name no schema, so that verify can replay into one of its own. */
static void migrations_run_in_any_schema(void **state)
{
    struct db *db = pg_open(arena);
    struct db_error error = {0};
    (void)state;
    assert_int_equal(db_begin(db, "BEGIN", NULL), STATUS_OK);
    pg_script(db, "CREATE SCHEMA replayed; SET LOCAL search_path = replayed");
    if (migrate_into(db, &error) != STATUS_OK)
        fail_msg("%s", error.text);
    struct db_table t;
    db_want_table(db, "SELECT count(*) FROM replayed.counter", DB_NONE, &t);
    pg_run(db);
    assert_int_equal(db_rollback(db), STATUS_OK);
    db_close(db);
}

static void another_history_of_migrations_is_refused(void **state)
{
    static const struct {
        const char *change, *told;
    } cases[] = {
        {"UPDATE schema_version SET sha256 = 'other' WHERE number = 0", "another text"},
        {"INSERT INTO schema_version (number, name, sha256) VALUES (99999, 'future', 'x')", "newer program"},
        {"DELETE FROM schema_version WHERE number = 0", "left out"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (i == 2 && migrations_count < 2)
            continue;
        struct db *db = pg_open(arena);
        struct db_error error = {0};
        int done = 0, have, newest;
        pg_script(db, "CREATE TABLE backup AS SELECT * FROM schema_version");
        pg_script(db, cases[i].change);
        assert_int_equal(migrate_up(db, &done, &error), STATUS_FAILED_PRECONDITION);
        assert_non_null(strstr(error.text, cases[i].told));
        assert_int_equal(migrate_status(db, &have, &newest, &error), STATUS_FAILED_PRECONDITION);
        pg_script(
            db,
            "DELETE FROM schema_version; INSERT INTO schema_version SELECT * FROM backup; DROP TABLE backup");
        db_close(db);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_durable_private_and_utf8),
        cmocka_unit_test(a_second_server_on_the_same_folder_is_turned_away),
        cmocka_unit_test(killed_it_is_started_again_with_what_was_committed),
        cmocka_unit_test(it_dies_with_its_server_and_the_next_one_starts),
        cmocka_unit_test(a_stale_pid_file_does_not_keep_it_from_starting),
        cmocka_unit_test(a_long_folder_gets_a_short_socket),
        cmocka_unit_test(a_folder_that_the_other_user_cannot_reach_is_refused_in_words),
        cmocka_unit_test(migrations_run_once_and_are_told),
        cmocka_unit_test(migrations_run_in_any_schema),
        cmocka_unit_test(another_history_of_migrations_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
