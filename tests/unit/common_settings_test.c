/* Settings: which source wins, and how a mistake is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/check.h"
#include "common/settings.h"

static const struct setting table[] = {
    {"listen", SETTING_TEXTS, "", 0, 0, "ipc:///tmp/a, tls+tcp://0.0.0.0:1", "where", "监听"},
    {"frame_max_bytes", SETTING_INT, "bytes", 1024, 1048576, "65536", "largest frame", "最大帧"},
    {"log_json", SETTING_BOOL, "", 0, 0, "false", "JSON lines", "JSON 日志"},
    {"data_dir", SETTING_TEXT, "", 0, 0, "", "folder", "数据目录"},
};
static struct arena *arena;
static char path[] = "/tmp/purser-settings-XXXXXX";

static int start(void **state)
{
    (void)state;
    arena = arena_new(1 << 20);
    int fd = mkstemp(path);
    close(fd);
    return arena && fd >= 0 ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    arena_free(arena);
    return unlink(path);
}

static void write_file(const char *text)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static void defaults_file_environment_flags_in_this_order(void **state)
{
    char program[] = "purserd", f1[] = "--frame-max-bytes", v1[] = "4096", rest[] = "serve",
         f2[] = "--log-json", f3[] = "--unknown=1";
    char *argv[] = {program, f1, v1, rest, f2, f3, NULL};
    const char *const *listen;
    struct settings *s;
    char err[512];
    int argc = 6;

    (void)state;
    assert_int_equal(settings_load(table, COUNT_OF(table), NULL, NULL, NULL, arena, &s, err), STATUS_OK);
    assert_int_equal(settings_int(s, "frame_max_bytes"), 65536);
    assert_int_equal(settings_texts(s, "listen", &listen), 2);
    assert_string_equal(listen[1], "tls+tcp://0.0.0.0:1");

    write_file(
        "# comment\nlisten:\n  - tcp://a\n  - tcp://b\n  - tcp://c\nframe_max_bytes: 2048\ndata_dir: /x\n");
    setenv("PURSER_DATA_DIR", "/y", 1);
    assert_int_equal(settings_load(table, COUNT_OF(table), path, &argc, argv, arena, &s, err), STATUS_OK);
    unsetenv("PURSER_DATA_DIR");
    assert_int_equal(settings_texts(s, "listen", &listen), 3);
    assert_string_equal(settings_text(s, "data_dir"), "/y");
    assert_int_equal(settings_int(s, "frame_max_bytes"), 4096);
    assert_true(settings_bool(s, "log_json"));
    assert_int_equal(argc, 3);
    assert_string_equal(argv[1], "serve");
    assert_string_equal(argv[2], "--unknown=1");

    char *shown = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&shown, &len);
    settings_show(s, out);
    fclose(out);
    assert_non_null(
        strstr(shown,
               "frame_max_bytes = 4096   # bytes, 1024..1048576, from --frame-max-bytes: largest frame\n"));
    assert_non_null(strstr(shown, "from PURSER_DATA_DIR"));
    free(shown);
}

static void a_mistake_in_the_file_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text, *want; /* behind the file's name */
    } rows[] = {
        {"frame_max_bytes: 2048\nfrme: 1\n", ":2:1: there is no setting \"frme\""},
        {"\n  frame_max_bytes: 12k\n",
         ":2:3: frame_max_bytes: \"12k\" is not a whole number from 1024 to 1048576 bytes"},
        {"frame_max_bytes: 5\n", ":1:1: frame_max_bytes: \"5\" is not"},
        {"log_json: maybe\n", ":1:1: log_json: \"maybe\" is neither true nor false"},
        {"data_dir: [a, b]\n", ":1:1: data_dir takes one value, not a list"},
        {"data_dir: a\ndata_dir: b\n", ":2:1: this key stands twice"},
        {"data_dir:\n  sub: b\n", ":2:3: a value or a list is wanted, not a table"},
        {"listen: [[a]]\n", ":1:10: no list can stand here"},
        {"- a\n", ":1:1: no list can stand here"},
        {"a: *b\n", ":1:4: aliases are not known here"},
        {"data_dir: \"a\n", ":"},
        {"a: b: c\n", ":1:5: "},
        {"data_dir: a\n---\ndata_dir: b\n", ":2:1: a second document"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct settings *s;
        char err[512], want[512];
        write_file(rows[i].text);
        assert_int_equal(settings_load(table, COUNT_OF(table), path, NULL, NULL, arena, &s, err),
                         STATUS_INVALID_ARGUMENT);
        snprintf(want, sizeof(want), "%s%s", path, rows[i].want);
        if (!strstr(err, want))
            fail_msg("%s instead of %s", err, want);
    }
}

static void an_empty_file_changes_nothing_and_a_missing_one_is_told(void **state)
{
    struct settings *s;
    char err[512];

    (void)state;
    write_file("# nothing\n");
    assert_int_equal(settings_load(table, COUNT_OF(table), path, NULL, NULL, arena, &s, err), STATUS_OK);
    assert_int_equal(settings_load(table, COUNT_OF(table), "/nowhere/x", NULL, NULL, arena, &s, err),
                     STATUS_UNAVAILABLE);
    assert_non_null(strstr(err, "/nowhere/x: "));
}

static void flags_that_will_not_do_are_told(void **state)
{
    char program[] = "purserd", bad[] = "--frame-max-bytes=9", alone[] = "--data-dir", dashes[] = "--",
         off[] = "--log-json", value[] = "false";
    struct settings *s;
    char err[512];

    (void)state;
    char *argv1[] = {program, bad, NULL};
    int argc = 2;
    assert_int_equal(settings_load(table, COUNT_OF(table), NULL, &argc, argv1, arena, &s, err),
                     STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(err, "--frame-max-bytes: frame_max_bytes: \"9\""));
    char *argv2[] = {program, alone, NULL};
    argc = 2;
    assert_int_equal(settings_load(table, COUNT_OF(table), NULL, &argc, argv2, arena, &s, err),
                     STATUS_INVALID_ARGUMENT);
    assert_string_equal(err, "--data-dir wants a value");
    char *argv3[] = {program, off, value, dashes, bad, NULL};
    argc = 5;
    assert_int_equal(settings_load(table, COUNT_OF(table), NULL, &argc, argv3, arena, &s, err), STATUS_OK);
    assert_false(settings_bool(s, "log_json"));
    assert_int_equal(argc, 3);
    assert_string_equal(argv3[2], bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_file_environment_flags_in_this_order),
        cmocka_unit_test(a_mistake_in_the_file_is_told_with_its_place),
        cmocka_unit_test(an_empty_file_changes_nothing_and_a_missing_one_is_told),
        cmocka_unit_test(flags_that_will_not_do_are_told),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
