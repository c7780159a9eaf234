/* Takes one language out of a text that says both. */
#include "common/languages.h"

#include <string.h>

static bool is_wide(char c) { return (unsigned char)c >= 0x80; }
static bool is_code(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
static bool is_small(char c) { return c >= 'a' && c <= 'z'; }

static bool has_wide(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (is_wide(text[i]))
            return true;
    return false;
}

/* "数量 / how much": the Chinese stands before the stroke. */
static const char *half_of(struct arena *a, const char *text, bool zh)
{
    const char *stroke = strstr(text, " / ");
    if (!stroke || !has_wide(text, (size_t)(stroke - text)) || has_wide(stroke, strlen(stroke)))
        return NULL;
    return zh ? arena_textn(a, text, (size_t)(stroke - text)) : stroke + strlen(" / ");
}

/* Where the word in front of text[open] begins that the bracket says again in the other language: a code
 * whose Chinese follows, or Chinese whose English follows. Nowhere (open) when the bracket says something
 * else. */
static size_t twin_begin(const char *text, size_t open, size_t from)
{
    const char *inner = text + open + strlen(" (");
    size_t at = open, len = strcspn(inner, "()");
    bool inner_is_wide = is_wide(*inner), dash = open >= 3 && strncmp(text + open - 3, "–", 3) == 0;

    if (inner[len] != ')' || (!inner_is_wide && (!is_small(*inner) || has_wide(inner, len))))
        return open;
    if (inner_is_wide && dash)
        return open - 3;
    while (at > from && (inner_is_wide ? is_code(text[at - 1]) : is_wide(text[at - 1])))
        at--;
    return at;
}

const char *in_language(struct arena *a, const char *text, bool zh)
{
    const char *half = half_of(a, text, zh);
    if (half || !strstr(text, " ("))
        return half ? half : text;
    size_t n = 0, from = 0; /* from: what has been said for good */
    char *out = arena_alloc(a, strlen(text) + 1);
    for (size_t i = 0; out && text[i];) {
        size_t begin = strncmp(text + i, " (", 2) == 0 ? twin_begin(text, i, from) : i;
        if (begin == i) {
            out[n++] = text[i++];
            continue;
        }
        const char *inner = text + i + strlen(" (");
        size_t len = strcspn(inner, ")");
        if (zh == is_wide(*inner)) { /* the bracket is the one to be read */
            n -= i - begin;
            memcpy(out + n, inner, len);
            n += len;
        }
        i = from = (size_t)(inner - text) + len + 1;
        if (zh && strncmp(text + i, ", ", 2) == 0) {
            memcpy(out + n, "、", strlen("、"));
            n += strlen("、");
            i = from = i + 2;
        }
    }
    if (!out)
        return "";
    out[n] = '\0';
    return out;
}
