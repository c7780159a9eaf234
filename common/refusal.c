/* Filling refusals, and turning them into sentences. */
#include "common/refusal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/check.h"
#include "common/money.h"

const struct reason *reason_find(const char *name)
{
    for (int i = 0; name && i < reasons_count; i++)
        if (strcmp(reasons[i].name, name) == 0)
            return &reasons[i];
    return NULL;
}

const struct law *law_find(const char *rule)
{
    for (int i = 0; rule && i < laws_count; i++)
        if (strcmp(laws[i].rule, rule) == 0)
            return &laws[i];
    return NULL;
}

bool refuse_as(struct refusal *why, struct refusal as)
{
    PRE(reason_find(as.reason));
    as.arena = why->arena;
    *why = as;
    return false;
}

const char *say_fen(const struct refusal *why, int64_t fen) { return money_say(why->arena, fen); }

const char *say_int(const struct refusal *why, int64_t n, const char *unit)
{
    return arena_printf(why->arena, "%lld%s%s", (long long)n, unit && *unit ? " " : "", unit ? unit : "");
}

const char *say_text(const struct refusal *why, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);

    char *text = len < 0 ? NULL : arena_alloc(why->arena, (size_t)len + 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text ? text : "";
}

/* A template is written twice: once into nothing, to learn the length, once into memory. */
struct writer {
    char *out; /* NULL while measuring */
    size_t len, peak;
};

static void write_text(struct writer *w, const char *text, size_t len)
{
    if (w->out)
        memcpy(w->out + w->len, text, len);
    w->len += len;
    if (w->len > w->peak)
        w->peak = w->len;
}

/* The value of the placeholder at `at` ("{what}…") and its length with braces; NULL when it is none. */
static const char *placeholder(const struct refusal *why, const char *at, size_t *ret_len)
{
    const struct {
        const char *name, *value;
    } known[] = {{"{what}", why->what},
                 {"{field}", why->field},
                 {"{broke}", why->broke},
                 {"{passes}", why->passes}};
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        *ret_len = strlen(known[i].name);
        if (strncmp(at, known[i].name, *ret_len) == 0)
            return known[i].value ? known[i].value : "";
    }
    return NULL;
}

/* Writes template[0..len); false when a placeholder in it is empty. */
static bool write_part(struct writer *w, const struct refusal *why, const char *template, size_t len)
{
    bool is_whole = true;
    for (size_t i = 0; i < len;) {
        size_t skip = 1;
        const char *value = template[i] == '{' ? placeholder(why, template + i, &skip) : NULL;
        if (!value) {
            write_text(w, template + i, 1);
            i++;
            continue;
        }
        is_whole = is_whole && *value;
        write_text(w, value, strlen(value));
        i += skip;
    }
    return is_whole;
}

/* Parts in square brackets are left out when a placeholder in them is empty. Brackets do not nest. */
static void write_template(struct writer *w, const struct refusal *why, const char *template)
{
    while (*template) {
        const char *end = *template == '[' ? strchr(template, ']') : NULL;
        if (end) {
            size_t before = w->len;
            if (!write_part(w, why, template + 1, (size_t)(end - template - 1)))
                w->len = before;
            template = end + 1;
            continue;
        }
        size_t len = *template == '[' ? 1 : strcspn(template, "[");
        write_part(w, why, template, len);
        template += len;
    }
}

static const char *fill(const struct refusal *why, const char *template)
{
    struct writer w = {0};
    write_template(&w, why, template);

    /* The peak, because a part that is left out is written before it is known to be empty. */
    w.out = arena_alloc(why->arena, w.peak + 1);
    if (!w.out)
        return "";
    w.len = 0;
    write_template(&w, why, template);
    w.out[w.len] = '\0';
    return w.out;
}

const char *refusal_text(const struct refusal *why, bool zh)
{
    const struct reason *r = reason_find(why->reason);
    if (!r)
        return why->reason ? why->reason : "";
    return fill(why, zh ? r->zh : r->en);
}

const char *refusal_hint(const struct refusal *why)
{
    const struct reason *r = reason_find(why->reason);
    return r && r->hint ? fill(why, r->hint) : "";
}
