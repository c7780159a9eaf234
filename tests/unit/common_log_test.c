/* Lines come whole and in order, at once or gathered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fcntl.h>

#include <cmocka.h>

#include "common/log.h"

static int kept_stderr, out;

static int begin(void **state)
{
    int ends[2];
    (void)state;
    kept_stderr = dup(STDERR_FILENO);
    if (pipe(ends) != 0 || dup2(ends[1], STDERR_FILENO) < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
        return -1;
    close(ends[1]);
    out = ends[0];
    log_setup(LOG_INFO, 1);
    return 0;
}

static int end(void **state)
{
    (void)state;
    log_spill();
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    close(out);
    return 0;
}

/* What has been written since the last look. */
static const char *seen(void)
{
    static char text[60000];
    ssize_t n = read(out, text, sizeof text - 1);
    text[n > 0 ? n : 0] = 0;
    return text;
}

static int lines_of(const char *text)
{
    int lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static void a_line_is_written_at_once_and_escaped(void **state)
{
    (void)state;
    log_line(LOG_DEBUG, "nobody asked");
    assert_string_equal(seen(), "");
    log_info("%s \"%d\"\n", "甲", 7);
    const char *text = seen();
    assert_non_null(strstr(text, "\"level\":\"info\",\"text\":\"甲 \\\"7\\\"\\u000a\"}\n"));
    assert_int_equal(lines_of(text), 1);
}

static void gathered_lines_wait_for_the_spill(void **state)
{
    (void)state;
    log_gather();
    log_info("one");
    log_info("two");
    assert_string_equal(seen(), "");
    log_spill();
    const char *text = seen();
    assert_int_equal(lines_of(text), 2);
    assert_true(strstr(text, "one") < strstr(text, "two"));
    log_info("three");
    assert_int_equal(lines_of(seen()), 1);
}

static void a_warning_waits_for_nobody_and_takes_along_what_came_before(void **state)
{
    (void)state;
    log_gather();
    log_info("before");
    log_warn("trouble");
    const char *text = seen();
    assert_int_equal(lines_of(text), 2);
    assert_true(strstr(text, "before") < strstr(text, "trouble"));
}

static void what_does_not_fit_is_written_in_whole_lines(void **state)
{
    char words[1500];
    (void)state;
    memset(words, 'x', sizeof words);
    words[sizeof words - 1] = 0;
    log_gather();
    for (int i = 0; i < 20; i++)
        log_info("%d %s", i, words);
    const char *text = seen();
    size_t len = strlen(text);
    assert_true(lines_of(text) > 10 && lines_of(text) < 20);
    assert_int_equal(text[len - 1], '\n');
    int early = lines_of(text);
    log_spill();
    assert_int_equal(early + lines_of(seen()), 20);
}

int main(void)
{
#define EACH(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        EACH(a_line_is_written_at_once_and_escaped),
        EACH(gathered_lines_wait_for_the_spill),
        EACH(a_warning_waits_for_nobody_and_takes_along_what_came_before),
        EACH(what_does_not_fit_is_written_in_whole_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
