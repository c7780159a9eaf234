/* How a line of a batch is split into words. The client's headers come first, for cmocka's macro `fail`. */
#include "client/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/check.h"

static void words_are_split_as_a_shell_splits_them(void **state)
{
    (void)state;
    static const struct {
        const char *line, *words; /* separated by '|'; NULL: refused */
    } rows[] = {
        {"", ""},
        {" \t ", ""},
        {"# all of it", ""},
        {"contract get X", "contract|get|X"},
        {"  contract\tget   X  ", "contract|get|X"},
        {"get X # no more", "get|X"},
        {"get X#1", "get|X#1"},
        {"get '#1' \"#2\" \\#3", "get|#1|#2|#3"},
        {"get 'a b'", "get|a b"},
        {"get 'a \\ \"b\"'", "get|a \\ \"b\""},
        {"get \"a 'b'\"", "get|a 'b'"},
        {"get \"a \\\"b\\\" \\\\ \\n\"", "get|a \"b\" \\ \\n"},
        {"get a\\ b\\'\\\"\\\\", "get|a b'\"\\"},
        {"get 'a'\"b\"c", "get|abc"},
        {"get --name='安 保'", "get|--name=安 保"},
        {"get '' \"\"", "get||"},
        {"get 'a", NULL},
        {"get \"a", NULL},
        {"get \"a\\\"", NULL},
        {"get a\\", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct client c = {.arena = arena_new(1 << 20)};
        const char *why = NULL, *all = "";
        char **argv;
        int argc;
        bool ok = batch_split(&c, "purser", rows[i].line, &argc, &argv, &why);
        for (int j = 1; ok && j < argc; j++)
            all = arena_printf(c.arena, "%s%s%s", all, j > 1 ? "|" : "", argv[j]);
        if (rows[i].words) {
            assert_true(ok);
            assert_string_equal(argv[0], "purser");
            assert_null(argv[argc]);
            assert_string_equal(all, rows[i].words);
        } else {
            assert_false(ok);
            assert_non_null(why);
        }
        arena_free(c.arena);
    }
}

static void as_many_words_as_a_line_can_hold_have_room(void **state)
{
    (void)state;
    struct client c = {.arena = arena_new(1 << 20)};
    char line[4096];
    const char *why;
    char **argv;
    int argc;
    for (size_t i = 0; i < sizeof(line) - 1; i++)
        line[i] = i % 2 ? ' ' : 'a';
    line[sizeof(line) - 1] = '\0';
    assert_true(batch_split(&c, "purser", line, &argc, &argv, &why));
    assert_int_equal(argc, 1 + sizeof(line) / 2);
    assert_null(argv[argc]);
    arena_free(c.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_split_as_a_shell_splits_them),
        cmocka_unit_test(as_many_words_as_a_line_can_hold_have_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
