/* Checkpoints as signed notes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/check.h"
#include "common/note.h"

static struct arena *arena;
static struct sign_public public;
static struct sign_secret secret;
static struct checkpoint head = {.origin = "purser/450600", .size = 4711, .extension = ""};

static int start(void **state)
{
    (void)state;
    sign_init();
    sign_new_key(&public, &secret);
    head.root = merkle_leaf("x", 1);
    arena = arena_new(64 << 20);
    return arena ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void what_was_signed_opens(void **state)
{
    static const char *const extensions[] = {"", "epoch 1", "epoch 1\nmore"};
    struct checkpoint got;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(extensions); i++) {
        head.extension = extensions[i];
        assert_true(note_open(arena, note_sign(arena, &head, &secret), &public, &got));
        assert_string_equal(got.origin, "purser/450600");
        assert_int_equal(got.size, 4711);
        assert_memory_equal(got.root.b, head.root.b, HASH_BYTES);
        assert_string_equal(got.extension, extensions[i]);
    }
    head.extension = "";
    struct checkpoint empty = {.origin = "a", .size = 0, .root = merkle_empty()};
    assert_true(note_open(arena, note_sign(arena, &empty, &secret), &public, &got));
    empty.size = UINT64_MAX;
    assert_true(note_open(arena, note_sign(arena, &empty, &secret), &public, &got));
    assert_true(got.size == UINT64_MAX);
}

/* The verifier key in the documentation of golang.org/x/mod/sumdb/note. */
static void the_go_implementations_key_is_read(void **state)
{
    const char *origin;
    struct sign_public key;

    (void)state;
    assert_true(note_vkey_parse(arena, "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                                &origin, &key));
    assert_string_equal(origin, "PeterNeumann");
    assert_string_equal(note_vkey(arena, origin, &key),
                        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
}

static void a_note_changed_anywhere_does_not_open(void **state)
{
    const char *note = note_sign(arena, &head, &secret);
    struct checkpoint got;

    (void)state;
    for (size_t i = 0; note[i]; i++) {
        char *bent = arena_alloc(arena, strlen(note) + 1);
        strcpy(bent, note);
        bent[i] ^= 1;
        if (note_open(arena, bent, &public, &got))
            fail_msg("a change at byte %zu goes unseen", i);
        if (note_open(arena, arena_textn(arena, note, i), &public, &got))
            fail_msg("it opens after %zu bytes already", i);
    }
}

static void forms_that_are_off_are_refused(void **state)
{
    const char *note = note_sign(arena, &head, &secret);
    struct checkpoint got;
    struct sign_public other;
    struct sign_secret others;

    (void)state;
    sign_new_key(&other, &others);
    assert_false(note_open(arena, note, &other, &got));
    assert_false(note_open(arena, "", &public, &got));
    assert_false(note_open(arena, "a\n\n", &public, &got));
    assert_false(note_open(arena, arena_printf(arena, "%sx", note), &public, &got));
    assert_false(note_open(arena, arena_printf(arena, "%s\n", note), &public, &got));
    /* a witness beside us is welcome */
    assert_true(
        note_open(arena, arena_printf(arena, "%s\xe2\x80\x94 witness AAAAAA==\n", note), &public, &got));
}

static void verifier_keys_are_read_strictly(void **state)
{
    const char *vkey = note_vkey(arena, "purser/450600", &public), *origin;
    struct sign_public got;

    (void)state;
    assert_true(note_vkey_parse(arena, vkey, &origin, &got));
    assert_string_equal(origin, "purser/450600");
    assert_memory_equal(got.b, public.b, 32);
    for (size_t i = 0; vkey[i]; i++)
        assert_false(note_vkey_parse(arena, arena_textn(arena, vkey, i), &origin, &got));
    assert_false(note_vkey_parse(arena, arena_printf(arena, "x%s", vkey), &origin, &got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_signed_opens),
        cmocka_unit_test(the_go_implementations_key_is_read),
        cmocka_unit_test(a_note_changed_anywhere_does_not_open),
        cmocka_unit_test(forms_that_are_off_are_refused),
        cmocka_unit_test(verifier_keys_are_read_strictly),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
