/* Keys, signatures, key files, hex and base64. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/check.h"
#include "common/sign.h"

static struct arena *arena;

static int start(void **state)
{
    (void)state;
    sign_init();
    arena = arena_new(1 << 20);
    return arena ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void a_signature_holds_for_its_bytes_context_and_key_only(void **state)
{
    struct sign_public mine, other;
    struct sign_secret secret, ignored;

    (void)state;
    sign_new_key(&mine, &secret);
    sign_new_key(&other, &ignored);
    struct signature sig = sign_data(&secret, SIGN_COMMAND_CONTEXT, "abc", 3);
    assert_true(sign_holds(&mine, SIGN_COMMAND_CONTEXT, "abc", 3, &sig));
    assert_false(sign_holds(&mine, SIGN_COMMAND_CONTEXT, "abd", 3, &sig));
    assert_false(sign_holds(&mine, SIGN_COMMAND_CONTEXT, "abc", 2, &sig));
    assert_false(sign_holds(&mine, SIGN_SESSION_CONTEXT, "abc", 3, &sig));
    assert_false(sign_holds(&other, SIGN_COMMAND_CONTEXT, "abc", 3, &sig));
    for (size_t bit = 0; bit < 512; bit++) {
        struct signature bent = sig;
        bent.b[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_false(sign_holds(&mine, SIGN_COMMAND_CONTEXT, "abc", 3, &bent));
    }
    sig = sign_data(&secret, SIGN_COMMAND_CONTEXT, NULL, 0);
    assert_true(sign_holds(&mine, SIGN_COMMAND_CONTEXT, NULL, 0, &sig));
}

/* RFC 8032 7.1, TEST 2. */
static void the_public_key_comes_from_the_secret_one(void **state)
{
    struct sign_secret secret;
    struct sign_public want;

    (void)state;
    assert_true(hex_parse("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
                          "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                          secret.b, 64));
    assert_true(hex_parse("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", want.b, 32));
    struct sign_public got = sign_public_of(&secret);
    assert_memory_equal(got.b, want.b, 32);
    struct hash id = sign_key_id(&got), sum = sha256(want.b, 32);
    assert_memory_equal(id.b, sum.b, 32);
}

static void sha256_of_abc_is_the_one_of_the_standard(void **state)
{
    struct hash sum = sha256("abc", 3), empty = sha256(NULL, 0), want = merkle_empty();

    (void)state;
    assert_string_equal(hex_text(arena, sum.b, 32),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_memory_equal(empty.b, want.b, 32);
}

static void a_key_file_is_for_its_owner_alone(void **state)
{
    char folder[] = "/tmp/purser-sign-XXXXXX", path[64];
    struct sign_public public;
    struct sign_secret secret, back;
    struct stat st;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/key", folder);
    sign_new_key(&public, &secret);
    assert_int_equal(sign_key_load(path, &back), STATUS_UNAVAILABLE);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(sign_key_save(path, &secret), STATUS_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(sign_key_load(path, &back), STATUS_OK);
    assert_memory_equal(back.b, secret.b, 64);
    assert_int_equal(sign_key_save(path, &secret), STATUS_OK);

    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(sign_key_load(path, &back), STATUS_UNAVAILABLE);
    assert_int_equal(errno, EPERM);
    assert_int_equal(chmod(path, 0600), 0);

    secret.b[40] ^= 1; /* the public half is another's */
    assert_int_equal(sign_key_save(path, &secret), STATUS_OK);
    assert_int_equal(sign_key_load(path, &back), STATUS_DATA_LOSS);
    assert_int_equal(truncate(path, 100), 0);
    assert_int_equal(sign_key_load(path, &back), STATUS_DATA_LOSS);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(sign_key_load(path, &back), STATUS_DATA_LOSS);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(sign_key_save(path, &secret), STATUS_UNAVAILABLE);
}

static void hex_is_exact(void **state)
{
    uint8_t b[3];

    (void)state;
    assert_true(hex_parse("00fFa1", b, 3));
    assert_string_equal(hex_text(arena, b, 3), "00ffa1");
    assert_false(hex_parse("00ffa", b, 3));
    assert_false(hex_parse("00ffa1", b, 2));
    assert_false(hex_parse("00ff a", b, 3));
    assert_false(hex_parse("00ffg1", b, 3));
}

static void base64_is_canonical(void **state)
{
    static const struct {
        const char *text;
        bool is_good;
        const char *plain;
    } rows[] = {
        {"", true, ""},        {"YQ==", true, "a"},    {"YWI=", true, "ab"},      {"YWJj", true, "abc"},
        {"YQ", false, NULL},   {"YQ=", false, NULL},   {"YR==", false, NULL},     {"YWJj\n", false, NULL},
        {"YW-_", false, NULL}, {"Y WJj", false, NULL}, {"YQ==YQ==", false, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes got;
        assert_int_equal(base64_parse(arena, rows[i].text, &got), rows[i].is_good);
        if (!rows[i].is_good)
            continue;
        assert_int_equal(got.len, strlen(rows[i].plain));
        assert_memory_equal(got.data, rows[i].plain, got.len);
        assert_string_equal(base64_text(arena, got.data, got.len), rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signature_holds_for_its_bytes_context_and_key_only),
        cmocka_unit_test(the_public_key_comes_from_the_secret_one),
        cmocka_unit_test(sha256_of_abc_is_the_one_of_the_standard),
        cmocka_unit_test(a_key_file_is_for_its_owner_alone),
        cmocka_unit_test(hex_is_exact),
        cmocka_unit_test(base64_is_canonical),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
