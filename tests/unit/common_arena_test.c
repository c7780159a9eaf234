/* Arenas keep their cap, give back all at once, and never hand out unaligned or dirty memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdalign.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/check.h"

static void memory_is_zeroed_and_aligned_again_after_a_reset(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 20);
    for (int round = 0; round < 3; round++) {
        for (size_t len = 1; len < 600; len += 7) {
            unsigned char *p = arena_alloc(a, len);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
            for (size_t i = 0; i < len; i++)
                assert_int_equal(p[i], 0);
            memset(p, 0xAB, len);
        }
        arena_reset(a);
        assert_int_equal(arena_used(a), 0);
    }
    arena_free(a);
}

static void the_cap_holds_and_is_remembered_until_the_reset(void **state)
{
    (void)state;
    struct arena *a = arena_new(10000);
    size_t got = 0;
    while (arena_alloc(a, 100))
        got += 100;
    assert_true(got <= 10000);
    assert_true(got >= 8000);
    assert_true(arena_is_full(a));
    assert_string_equal(
        arena_text(a, "there is no room for this text that is longer than what may be left over at the "
                      "end of a block, whatever its size may have been made by the arena"),
        "");
    arena_reset(a);
    assert_false(arena_is_full(a));
    assert_non_null(arena_alloc(a, 100));
    arena_free(a);
}

static void absurd_sizes_are_refused_without_harm(void **state)
{
    (void)state;
    volatile size_t huge = SIZE_MAX;
    struct arena *a = arena_new(1 << 20);
    assert_null(arena_alloc(a, huge));
    assert_null(arena_alloc(a, huge - 8));
    assert_null(arena_array(a, huge / 2, 3));
    assert_null(arena_array(a, 1 << 20, 2));
    assert_string_equal(arena_textn(a, "x", huge), "");
    assert_true(arena_is_full(a));
    assert_non_null(arena_array(a, 16, 16));
    assert_non_null(arena_alloc(a, 0));
    arena_free(a);
    arena_free(NULL);
}

static void an_allocation_larger_than_a_block_gets_its_own(void **state)
{
    (void)state;
    struct arena *a = arena_new(4 << 20);
    char *small = arena_alloc(a, 10), *large = arena_alloc(a, 3 << 20);
    assert_non_null(small);
    assert_non_null(large);
    memset(large, 1, 3 << 20);
    assert_int_equal(small[0], 0);
    assert_null(arena_alloc(a, 2 << 20));
    arena_free(a);
}

static void copies_are_copies_and_nothing_becomes_the_empty_text(void **state)
{
    (void)state;
    struct arena *a = arena_new(1 << 16);
    char text[] = "防城港";
    const char *copy = arena_text(a, text);
    text[0] = 'x';
    assert_string_equal(copy, "防城港");
    assert_string_equal(arena_text(a, NULL), "");
    assert_string_equal(arena_textn(a, "abcdef", 3), "abc");
    assert_string_equal(arena_textn(a, NULL, 3), "");
    assert_string_equal(arena_printf(a, "%d-%s", 7, "七"), "7-七");
    struct bytes b = arena_bytes(a, "\0\1\2", 3);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.data, "\0\1\2", 3);
    assert_null(arena_bytes(a, "", 0).data);
    arena_free(a);
}

static void protobuf_allocates_from_it(void **state)
{
    (void)state;
    struct arena *a = arena_new(1000);
    ProtobufCAllocator *p = arena_allocator(a);
    void *memory = p->alloc(p->allocator_data, 100);
    assert_non_null(memory);
    p->free(p->allocator_data, memory);
    assert_true(arena_used(a) >= 100);
    assert_null(p->alloc(p->allocator_data, 2000));
    assert_true(arena_is_full(a));
    arena_free(a);
}

static void going_back_to_a_mark_gives_back_what_came_after(void **state)
{
    (void)state;
    struct arena *a = arena_new(100000);
    char *kept = memcpy(arena_alloc(a, 5), "kept", 5);
    struct arena_mark mark = arena_mark(a);
    size_t used = arena_used(a);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 90; i++)
            assert_non_null(arena_alloc(a, 1000));
        assert_null(arena_alloc(a, 50000));
        assert_true(arena_is_full(a));
        arena_rewind(a, mark);
        assert_false(arena_is_full(a));
        assert_int_equal(arena_used(a), used);
        assert_string_equal(kept, "kept");
    }
    arena_free(a);
}

static void many_arenas_share_a_budget_and_give_it_back(void **state)
{
    (void)state;
    struct arena_budget budget = {.max_bytes = 50000};
    struct arena *a = arena_new_within(&budget, 40000), *b = arena_new_within(&budget, 40000);
    assert_non_null(arena_alloc(a, 39000));
    assert_false(arena_is_starved(b));
    assert_null(arena_alloc(b, 20000));
    assert_true(arena_is_full(b));
    assert_true(arena_is_starved(b));
    arena_free(a);
    arena_reset(b);
    assert_false(arena_is_starved(b));
    assert_non_null(arena_alloc(b, 20000));
    assert_null(arena_alloc(b, 30000)); /* its own cap, not the others' */
    assert_false(arena_is_starved(b));
    arena_free(b);
    assert_int_equal(atomic_load(&budget.held), 0);
}

static int signal_of(void (*act)(void))
{
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        close(STDERR_FILENO);
        act();
        _exit(0);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    return WIFSIGNALED(how) ? WTERMSIG(how) : 0;
}

static void keep_promise(void) { PRE(COUNT_OF("ab") == 3); }
static void break_pre(void) { PRE(1 > 2); }
static void break_post(void) { POST(1 > 2); }
static void reach_unreachable(void) { UNREACHABLE("nobody comes here"); }

static void a_broken_promise_aborts(void **state)
{
    (void)state;
    assert_int_equal(signal_of(keep_promise), 0);
    assert_int_equal(signal_of(break_pre), SIGABRT);
    assert_int_equal(signal_of(break_post), SIGABRT);
    assert_int_equal(signal_of(reach_unreachable), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned_again_after_a_reset),
        cmocka_unit_test(the_cap_holds_and_is_remembered_until_the_reset),
        cmocka_unit_test(absurd_sizes_are_refused_without_harm),
        cmocka_unit_test(an_allocation_larger_than_a_block_gets_its_own),
        cmocka_unit_test(copies_are_copies_and_nothing_becomes_the_empty_text),
        cmocka_unit_test(protobuf_allocates_from_it),
        cmocka_unit_test(going_back_to_a_mark_gives_back_what_came_after),
        cmocka_unit_test(many_arenas_share_a_budget_and_give_it_back),
        cmocka_unit_test(a_broken_promise_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
