/* What text may be stored, and how bytes become text. */
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

#include <iconv.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>
#include <uniwidth.h>

#include "common/check.h"

/* ---- is it sane ---- */

static bool is_bidi_control(ucs4_t c)
{
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

static bool is_private(ucs4_t c)
{
    return (c >= 0xE000 && c <= 0xF8FF) || (c >= 0xF0000 && c <= 0xFFFFD) || (c >= 0x100000 && c <= 0x10FFFD);
}

/* Han that is younger than this libunistring's tables: extensions are assigned in whole planes 2 and 3. */
static bool is_in_han_plane(ucs4_t c) { return c >= 0x20000 && c <= 0x3FFFD; }

static const char *char_fault(ucs4_t c)
{
    if (c == 0)
        return "NUL";
    if (c == '\n' || c == '\t')
        return NULL;
    if (c < 0x20 || (c >= 0x7F && c < 0xA0))
        return "control character";
    if (is_bidi_control(c))
        return "bidirectional override";
    if (is_private(c))
        return "private-use character";
    if (c == 0xFEFF || c == 0x2028 || c == 0x2029 || (c >= 0xFFF9 && c <= 0xFFFB))
        return "invisible control character";
    if (!is_in_han_plane(c) && uc_is_general_category(c, UC_UNASSIGNED))
        return "unassigned character";
    return NULL;
}

/* Blocks in which every character is its own composed form, so that nearly all Chinese text needs no
 * normalizing. */
static bool is_surely_nfc(ucs4_t c)
{
    return c < 0x300 || (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3000 && c <= 0x3029) ||
           (c >= 0x2010 && c <= 0x2027) || (c >= 0xFF01 && c <= 0xFF60);
}

static bool is_all_surely_nfc(const uint8_t *s, size_t len)
{
    for (size_t at = 0; at < len;) {
        ucs4_t c;
        at += (size_t)u8_mbtouc_unsafe(&c, s + at, len - at);
        if (!is_surely_nfc(c))
            return false;
    }
    return true;
}

/* ret is malloc'd and longer or shorter than s; NULL when there is no memory. */
static uint8_t *nfc_of(const uint8_t *s, size_t len, size_t *ret_len)
{
    *ret_len = 0;
    return u8_normalize(UNINORM_NFC, s, len, NULL, ret_len);
}

static bool is_nfc(const uint8_t *s, size_t len)
{
    if (is_all_surely_nfc(s, len))
        return true;
    size_t n;
    uint8_t *composed = nfc_of(s, len, &n);
    bool is_same = composed && n == len && memcmp(composed, s, len) == 0;
    free(composed);
    return is_same;
}

const char *text_fault(const char *text, size_t len, size_t chars_max)
{
    const uint8_t *s = (const uint8_t *)text;
    if (len == 0)
        return NULL;
    if (u8_check(s, len))
        return "not UTF-8";

    size_t chars = 0;
    for (size_t at = 0; at < len; chars++) {
        ucs4_t c;
        at += (size_t)u8_mbtouc_unsafe(&c, s + at, len - at);
        const char *fault = char_fault(c);
        if (fault)
            return fault;
    }
    if (chars > chars_max)
        return "too long";
    return is_nfc(s, len) ? NULL : "not NFC";
}

/* Past blanks, tabs, line ends and U+3000. */
static const char *past_blanks(const char *text)
{
    for (;;) {
        if (*text == ' ' || *text == '\t' || *text == '\n')
            text++;
        else if (strncmp(text, "\xE3\x80\x80", 3) == 0)
            text += 3;
        else
            return text;
    }
}

bool text_is_blank(const char *text) { return !*past_blanks(text); }

bool text_is_same(const char *a, const char *b)
{
    for (a = past_blanks(a), b = past_blanks(b); *a && *a == *b;)
        a = past_blanks(a + 1), b = past_blanks(b + 1);
    return *a == *b;
}

size_t text_chars(const char *text) { return u8_mbsnlen((const uint8_t *)text, strlen(text)); }

/* Quotes and dots, which are wide in some fonts only, count as one, as they do for libsmartcols. */
size_t text_columns(const char *text)
{
    return (size_t)u8_width((const uint8_t *)text, strlen(text), "UTF-8");
}

const char *text_nfc(struct arena *a, const char *text)
{
    size_t len = strlen(text), n;
    if (is_all_surely_nfc((const uint8_t *)text, len))
        return arena_textn(a, text, len);
    uint8_t *composed = nfc_of((const uint8_t *)text, len, &n);
    const char *kept = composed ? arena_textn(a, (const char *)composed, n) : "";
    free(composed);
    return kept;
}

bool text_is_ascii_id(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./";
    size_t len = strlen(text);
    return len >= 1 && len <= 64 && strspn(text, allowed) == len;
}

bool text_contains(const char *text, const char *word) { return *word && strstr(text, word); }

/* ---- which encoding is it ---- */

static const uint8_t bom[] = {0xEF, 0xBB, 0xBF};

/* Strict: every byte takes part, nothing is replaced. ret may be NULL; then only the length is found. */
static bool from_gb18030(const void *data, size_t len, char *ret, size_t size, size_t *ret_len)
{
    iconv_t how = iconv_open("UTF-8", "GB18030");
    if (how == (iconv_t)-1)
        return false;

    char chunk[4096], *in = (char *)(uintptr_t)data;
    size_t left = len, total = 0;
    bool is_good = true;
    while (left > 0 && is_good) {
        char *out = ret ? ret + total : chunk;
        size_t room = ret ? size - total : sizeof chunk, before = room, left_before = left;
        size_t done = iconv(how, &in, &left, &out, &room);
        total += before - room;
        /* Out of room in the chunk is no fault, as long as it goes on. */
        is_good = done == 0 || (done == (size_t)-1 && !ret && left < left_before && room < 8);
    }
    iconv_close(how);
    *ret_len = total;
    return is_good;
}

enum text_encoding text_detect(const void *data, size_t len)
{
    size_t n;
    if (len >= sizeof bom && memcmp(data, bom, sizeof bom) == 0)
        return u8_check(data, len) ? TEXT_UNKNOWN : TEXT_UTF8_BOM;
    if (!u8_check(data, len))
        return TEXT_UTF8;
    return from_gb18030(data, len, NULL, 0, &n) ? TEXT_GB18030 : TEXT_UNKNOWN;
}

const char *text_encoding_name(enum text_encoding e)
{
    static const char *const names[] = {[TEXT_UTF8] = "UTF-8",
                                        [TEXT_UTF8_BOM] = "UTF-8 with BOM",
                                        [TEXT_GB18030] = "GB18030",
                                        [TEXT_UNKNOWN] = "unknown"};
    return names[e];
}

static char *keep_nfc(struct arena *a, const uint8_t *s, size_t len, size_t *ret_len)
{
    bool is_plain = is_all_surely_nfc(s, len);
    size_t n = len;
    uint8_t *composed = is_plain ? NULL : nfc_of(s, len, &n);
    if (!is_plain && !composed)
        return NULL;

    char *kept = arena_alloc(a, n + 1);
    if (kept) {
        memcpy(kept, is_plain ? s : composed, n);
        *ret_len = n;
    }
    free(composed);
    return kept;
}

char *text_decode(struct arena *a, const void *data, size_t len, enum text_encoding e, size_t *ret_len)
{
    const uint8_t *s = data;
    if (e == TEXT_GB18030) {
        size_t n, made;
        if (!from_gb18030(data, len, NULL, 0, &n))
            return NULL;
        char *utf8 = arena_alloc(a, n + 1);
        if (!utf8 || !from_gb18030(data, len, utf8, n, &made))
            return NULL;
        return keep_nfc(a, (const uint8_t *)utf8, made, ret_len);
    }

    if (e == TEXT_UNKNOWN || u8_check(s, len))
        return NULL;
    if (len >= sizeof bom && memcmp(s, bom, sizeof bom) == 0) {
        s += sizeof bom;
        len -= sizeof bom;
    }
    return keep_nfc(a, s, len, ret_len);
}
