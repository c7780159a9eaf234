/* Filling refusals, and turning them into sentences. */
#include "common/refusal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/check.h"
#include "common/commands.h"
#include "common/languages.h"
#include "common/money.h"
#include "common/words.h"

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

/* What the placeholders of one template stand for. */
enum { PLACEHOLDERS = 7 };
struct values {
    const struct {
        const char *name, *value;
    } known[PLACEHOLDERS];
};

/* A template is written twice: once into nothing, to learn the length, once into memory. */
struct writer {
    const struct values *values;
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
static const char *placeholder(const struct writer *w, const char *at, size_t *ret_len)
{
    for (size_t i = 0; i < PLACEHOLDERS; i++) {
        *ret_len = strlen(w->values->known[i].name);
        if (strncmp(at, w->values->known[i].name, *ret_len) == 0)
            return w->values->known[i].value;
    }
    return NULL;
}

/* Writes template[0..len); false when a placeholder in it is empty. */
static bool write_part(struct writer *w, const char *template, size_t len)
{
    bool is_whole = true;
    for (size_t i = 0; i < len;) {
        size_t skip = 1;
        const char *value = template[i] == '{' ? placeholder(w, template + i, &skip) : NULL;
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
static void write_template(struct writer *w, const char *template)
{
    while (*template) {
        const char *end = *template == '[' ? strchr(template, ']') : NULL;
        if (end) {
            size_t before = w->len;
            if (!write_part(w, template + 1, (size_t)(end - template - 1)))
                w->len = before;
            template = end + 1;
            continue;
        }
        size_t len = *template == '[' ? 1 : strcspn(template, "[");
        write_part(w, template, len);
        template += len;
    }
}

static const char *fill(struct arena *a, const char *template, const struct values *values)
{
    struct writer w = {.values = values};
    write_template(&w, template);

    /* The peak, because a part that is left out is written before it is known to be empty. */
    w.out = arena_alloc(a, w.peak + 1);
    if (!w.out)
        return "";
    w.len = 0;
    write_template(&w, template);
    w.out[w.len] = '\0';
    return w.out;
}

static const char *some(const char *text) { return text ? text : ""; }

/* "金额（amount_fen）": by the request's descriptor, or by the name alone. */
static const char *say_field(const struct refusal *why, bool zh)
{
    struct method m = method_find(some(why->method));
    const char *path = some(why->field), *dot = strrchr(path, '.'), *name = dot ? dot + 1 : path;
    const char *label = m.rpc ? label_of_path(m.rpc->input, path, zh) : "";

    if (!*label)
        label = label_of_key(name, zh);
    if (!*path || strcmp(label, name) == 0)
        return path;
    return arena_printf(why->arena, zh ? "%s（%s）" : "%s (%s)", label, name);
}

const char *refusal_text(const struct refusal *why, bool zh)
{
    const struct reason *r = reason_find(why->reason);
    if (!r)
        return some(why->reason);
    struct values v = {{{"{what}", in_language(why->arena, some(why->what), zh)},
                        {"{field}", say_field(why, zh)},
                        {"{broke}", in_language(why->arena, some(why->broke), zh)},
                        {"{passes}", in_language(why->arena, some(why->passes), zh)},
                        {"{this}", ""},
                        {"{get}", ""},
                        {"{list}", ""}}};
    return fill(why->arena, zh ? r->zh : r->en, &v);
}

/* What is typed to see such things; where no method lists them, the noun's help names those that there are.
 */
static const char *say_list(const struct refusal *why, struct method m)
{
    struct method list = m.rpc ? method_that_lists(m) : m;
    if (list.rpc)
        return command_of(why->arena, list);
    return m.rpc ? arena_printf(why->arena, "purser %s help", noun_of(why->arena, m.service)) : "purser help";
}

/* What is typed to see the thing itself. */
static const char *say_get(const struct refusal *why, struct method m)
{
    struct method get = m.rpc ? method_that_gets(m) : m;
    if (!get.rpc)
        return say_list(why, m);
    const char *what = some(why->what);
    return arena_printf(why->arena, "%s%s%s", command_of(why->arena, get), *what ? " " : "", what);
}

const char *refusal_hint(const struct refusal *why)
{
    const struct reason *r = reason_find(why->reason);
    struct method m = method_find(some(why->method));
    if (!r || !r->hint)
        return "";
    struct values v = {{{"{what}", some(why->what)},
                        {"{field}", some(why->field)},
                        {"{broke}", in_language(why->arena, some(why->broke), false)},
                        {"{passes}", in_language(why->arena, some(why->passes), false)},
                        {"{this}", m.rpc ? command_of(why->arena, m) : ""},
                        {"{get}", say_get(why, m)},
                        {"{list}", say_list(why, m)}}};
    return fill(why->arena, r->hint, &v);
}
