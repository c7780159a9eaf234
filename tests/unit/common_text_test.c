/* Which text may be stored, how wide it is, and how files become text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/check.h"
#include "common/text.h"

static struct arena *arena;

static int arena_up(void **state)
{
    (void)state;
    arena = arena_new(8 << 20);
    return arena ? 0 : -1;
}

static int arena_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

#define WITH_LEN(text) text, sizeof(text) - 1

static void only_sane_text_is_stored(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        const char *fault; /* NULL: fit */
    } cases[] = {
        {WITH_LEN(""), NULL},
        {WITH_LEN("Purser 2026"), NULL},
        {WITH_LEN("防城港市财政局"), NULL},
        {WITH_LEN("第一行\n第二行\t完"), NULL},
        {WITH_LEN("“引号”……（全角）１２３，。"), NULL},
        {WITH_LEN("\xF0\xA0\xAE\xB7"), NULL},              /* U+20BB7 𠮷 */
        {WITH_LEN("\xF0\xB1\x8D\x90"), NULL},              /* U+31350, Han extension H */
        {WITH_LEN("caf\xC3\xA9"), NULL},                   /* composed */
        {WITH_LEN("cafe\xCC\x81"), "not NFC"},             /* decomposed */
        {WITH_LEN("\xEF\xA4\x80"), "not NFC"},             /* U+F900, compatibility Han */
        {WITH_LEN("\xE1\x84\x80\xE1\x85\xA1"), "not NFC"}, /* Hangul in pieces */
        {WITH_LEN("a\0b"), "NUL"},
        {WITH_LEN("\0"), "NUL"},
        {WITH_LEN("a\rb"), "control character"},
        {WITH_LEN("\x1B[31m"), "control character"},
        {WITH_LEN("\x7F"), "control character"},
        {WITH_LEN("\xC2\x85"), "control character"},
        {WITH_LEN("abc\xE2\x80\xAE"
                  "fdp"),
         "bidirectional override"},                              /* U+202E */
        {WITH_LEN("\xE2\x81\xA6x"), "bidirectional override"},   /* U+2066 */
        {WITH_LEN("\xE2\x80\x8Fx"), "bidirectional override"},   /* U+200F */
        {WITH_LEN("\xEE\x80\x80"), "private-use character"},     /* U+E000 */
        {WITH_LEN("\xF3\xB0\x80\x80"), "private-use character"}, /* U+F0000 */
        {WITH_LEN("\xF4\x8F\xBF\xBD"), "private-use character"}, /* U+10FFFD */
        {WITH_LEN("\xEF\xBB\xBF"
                  "a"),
         "invisible control character"},                           /* U+FEFF */
        {WITH_LEN("\xE2\x80\xA8"), "invisible control character"}, /* U+2028 */
        {WITH_LEN("\xEF\xBF\xBF"), "unassigned character"},        /* U+FFFF */
        {WITH_LEN("\xCD\xB8"), "unassigned character"},            /* U+0378 */
        {WITH_LEN("\xFF"), "not UTF-8"},
        {WITH_LEN("\xC0\x80"), "not UTF-8"},         /* NUL in disguise */
        {WITH_LEN("\xED\xA0\x80"), "not UTF-8"},     /* a surrogate */
        {WITH_LEN("\xF4\x90\x80\x80"), "not UTF-8"}, /* beyond Unicode */
        {WITH_LEN("\xE9\x98"), "not UTF-8"},         /* cut short */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *fault = text_fault(cases[i].text, cases[i].len, 100);
        if (!fault != !cases[i].fault || (fault && strcmp(fault, cases[i].fault) != 0))
            fail_msg("case %zu: %s", i, fault ? fault : "fit");
    }
}

static void length_is_counted_in_characters(void **state)
{
    (void)state;
    assert_null(text_fault("防城港市", 12, 4));
    assert_string_equal(text_fault("防城港市", 12, 3), "too long");
    assert_string_equal(text_fault("abcd", 4, 3), "too long");
    assert_null(text_fault("", 0, 0));
    assert_int_equal(text_chars("防城港abc\xF0\xA0\xAE\xB7"), 7);
    assert_int_equal(text_chars(""), 0);
}

static void han_is_two_columns_wide(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t columns;
    } cases[] =
        {{"", 0},         {"abc", 3},         {"防城港", 6}, {"（１）", 6},      {"\xF0\xA0\xAE\xB7", 2},
         {"金额 100", 8}, {"caf\xC3\xA9", 4}, {"–", 1},      {"cafe\xCC\x81", 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(text_columns(cases[i].text), cases[i].columns);
}

static void text_is_composed(void **state)
{
    (void)state;
    assert_string_equal(text_nfc(arena, "cafe\xCC\x81"), "caf\xC3\xA9");
    assert_string_equal(text_nfc(arena, "防城港"), "防城港");
    assert_string_equal(text_nfc(arena, ""), "");
    assert_string_equal(text_nfc(arena, "\xEF\xA4\x80"), "豈");
    /* What the quick look lets pass is what the tables would have said. */
    static const char *const stable[] = {"“”…—", "　、。〈〉", "，：；（）", "Ä ö ß", "一龥"};
    for (size_t i = 0; i < sizeof stable / sizeof stable[0]; i++) {
        assert_null(text_fault(stable[i], strlen(stable[i]), 100));
        assert_string_equal(text_nfc(arena, stable[i]), stable[i]);
    }
}

static void ids_are_plain_ascii(void **state)
{
    (void)state;
    static const char *const good[] = {"450600-2027-203-0017", "A0407", "a", "x/y_z.1",
                                       "1234567890123456789012345678901234567890123456789012345678901234"};
    static const char *const bad[] =
        {"",    "a b", "防", "a;b",
         "a'b", "a%",  "@x", "12345678901234567890123456789012345678901234567890123456789012345"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(text_is_ascii_id(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(text_is_ascii_id(bad[i]));
}

static void a_word_is_found_in_a_text(void **state)
{
    (void)state;
    assert_true(text_contains("市第一中学校园安保服务", "安保"));
    assert_false(text_contains("校园保安", "安保"));
    assert_false(text_contains("anything", ""));
    assert_false(text_contains("", "x"));
}

/* 防城港 and U+20BB7, which takes four bytes in GB18030. */
#define GB "\xB7\xC0\xB3\xC7\xB8\xDB\x95\x34\xB2\x35"
#define U8 "防城港\xF0\xA0\xAE\xB7"

static void the_encoding_of_a_file_is_found_out(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t len;
        enum text_encoding is;
    } cases[] = {
        {WITH_LEN(""), TEXT_UTF8},
        {WITH_LEN("id,name\n"), TEXT_UTF8},
        {WITH_LEN(U8), TEXT_UTF8},
        {WITH_LEN("\xEF\xBB\xBF" U8), TEXT_UTF8_BOM},
        {WITH_LEN("\xEF\xBB\xBF\xB7\xC0"), TEXT_UNKNOWN},
        {WITH_LEN(GB), TEXT_GB18030},
        {WITH_LEN("\xC1\xAA\xCD\xA8"), TEXT_GB18030}, /* 联通, which is not UTF-8 when one is strict */
        {WITH_LEN("\xB7\xC0\xB3"), TEXT_UNKNOWN},     /* cut in the middle */
        {WITH_LEN("\xFF\xFE\x32\x96"), TEXT_UNKNOWN}, /* UTF-16 */
        {WITH_LEN("\x95\x34\xB2"), TEXT_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (text_detect(cases[i].data, cases[i].len) != cases[i].is)
            fail_msg("case %zu", i);
    assert_string_equal(text_encoding_name(TEXT_UTF8), "UTF-8");
    assert_string_equal(text_encoding_name(TEXT_UTF8_BOM), "UTF-8 with BOM");
    assert_string_equal(text_encoding_name(TEXT_GB18030), "GB18030");
    assert_string_equal(text_encoding_name(TEXT_UNKNOWN), "unknown");
}

static void a_file_is_decoded_whole_or_not_at_all(void **state)
{
    (void)state;
    size_t len = 0;
    assert_string_equal(text_decode(arena, WITH_LEN(GB), TEXT_GB18030, &len), U8);
    assert_int_equal(len, sizeof(U8) - 1);
    assert_string_equal(text_decode(arena, WITH_LEN("\xEF\xBB\xBF" U8), TEXT_UTF8_BOM, &len), U8);
    assert_string_equal(text_decode(arena, WITH_LEN(U8), TEXT_UTF8, &len), U8);
    assert_string_equal(text_decode(arena, WITH_LEN("cafe\xCC\x81"), TEXT_UTF8, &len), "caf\xC3\xA9");
    assert_int_equal(len, 5);
    assert_string_equal(text_decode(arena, WITH_LEN("a\0b"), TEXT_UTF8, &len), "a");
    assert_int_equal(len, 3);
    assert_string_equal(text_decode(arena, WITH_LEN(""), TEXT_UTF8, &len), "");
    assert_int_equal(len, 0);
    assert_string_equal(text_decode(arena, WITH_LEN(""), TEXT_GB18030, &len), "");
    assert_null(text_decode(arena, WITH_LEN(GB), TEXT_UTF8, &len));
    assert_null(text_decode(arena, WITH_LEN("\xB7\xC0\xB3"), TEXT_GB18030, &len));
    assert_null(text_decode(arena, WITH_LEN("x"), TEXT_UNKNOWN, &len));
}

static void a_large_file_of_gb18030_is_decoded(void **state)
{
    (void)state;
    enum { ROUNDS = 20000, ROUND = sizeof(GB) - 1 };
    char *data = arena_alloc(arena, ROUNDS * ROUND);
    for (size_t i = 0; i < ROUNDS; i++)
        memcpy(data + i * ROUND, GB, ROUND);
    size_t len = 0;
    assert_int_equal(text_detect(data, ROUNDS * ROUND), TEXT_GB18030);
    char *text = text_decode(arena, data, ROUNDS * ROUND, TEXT_GB18030, &len);
    assert_non_null(text);
    assert_int_equal(len, ROUNDS * (sizeof(U8) - 1));
    assert_memory_equal(text + len - (sizeof(U8) - 1), U8, sizeof(U8) - 1);
    assert_int_equal(text_detect(data, ROUNDS * ROUND - 1), TEXT_UNKNOWN);
}

static void a_file_too_large_for_its_arena_is_not_decoded(void **state)
{
    (void)state;
    size_t len = 0;
    struct arena *small = arena_new(8);
    assert_null(text_decode(small, WITH_LEN(GB), TEXT_GB18030, &len));
    assert_null(text_decode(small, WITH_LEN(U8), TEXT_UTF8, &len));
    arena_free(small);
}

static void blanks_are_as_good_as_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool is_blank, is_same; /* of a; as b */
    } cases[] = {
        {"", "", true, true},
        {" \t\n　", "", true, true},
        {"a", " a ", false, true},
        {"改 扩　建", "改扩建", false, true},
        {"改扩建", "改扩", false, false},
        {"改", "改扩", false, false},
        {" a b", "ab c", false, false},
        {"", "x", true, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(text_is_blank(cases[i].a), cases[i].is_blank);
        assert_int_equal(text_is_same(cases[i].a, cases[i].b), cases[i].is_same);
        assert_int_equal(text_is_same(cases[i].b, cases[i].a), cases[i].is_same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_sane_text_is_stored),
        cmocka_unit_test(length_is_counted_in_characters),
        cmocka_unit_test(han_is_two_columns_wide),
        cmocka_unit_test(text_is_composed),
        cmocka_unit_test(ids_are_plain_ascii),
        cmocka_unit_test(blanks_are_as_good_as_nothing),
        cmocka_unit_test(a_word_is_found_in_a_text),
        cmocka_unit_test(the_encoding_of_a_file_is_found_out),
        cmocka_unit_test(a_file_is_decoded_whole_or_not_at_all),
        cmocka_unit_test(a_large_file_of_gb18030_is_decoded),
        cmocka_unit_test(a_file_too_large_for_its_arena_is_not_decoded),
    };
    return cmocka_run_group_tests(tests, arena_up, arena_down);
}
