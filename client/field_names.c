/* Which field a word means: its name, its name without the suffix, its label, or either with a unit behind
 * it. */
#include <ctype.h>
#include <string.h>

#include "client/values.h"
#include "common/check.h"
#include "common/words.h"

#define NAME_MAX_BYTES 160

bool name_ends(const char *name, const char *suffix)
{
    size_t n = strlen(name), s = strlen(suffix);
    return n > s && strcmp(name + n - s, suffix) == 0;
}

bool is_money(const ProtobufCFieldDescriptor *f)
{
    return name_ends(f->name, "_fen") && f->type == PROTOBUF_C_TYPE_INT64;
}

const char *option_name(const struct client *c, const ProtobufCFieldDescriptor *f)
{
    size_t len = strlen(f->name) - (is_money(f) ? strlen("_fen") : 0);
    char *out = text_new(c->arena, f->name);
    for (size_t i = 0; out && i < len; i++)
        out[i] = out[i] == '_' ? '-' : out[i];
    if (out)
        out[len] = '\0';
    return out ? out : "";
}

/* Trims, folds case and dashes; a bracketed unit at the end goes into *unit. */
static bool fold(const char *word, char ret[NAME_MAX_BYTES], enum money_unit *unit)
{
    static const char *const opens[] = {"（", "("};
    size_t n = 0;
    while (*word == ' ')
        word++;
    for (; *word && n + 1 < NAME_MAX_BYTES; word++)
        ret[n++] = *word == '-' || *word == ' ' ? '_' : (char)tolower((unsigned char)*word);
    while (n > 0 && ret[n - 1] == '_')
        n--;
    ret[n] = '\0';
    if (*word)
        return false;

    for (size_t i = 0; i < COUNT_OF(opens); i++) {
        char *open = strstr(ret, opens[i]), name[24];
        if (!open || open == ret)
            continue;
        size_t len = strcspn(open + strlen(opens[i]), ")\xef");
        if (len >= sizeof(name))
            continue;
        memcpy(name, open + strlen(opens[i]), len);
        name[len] = '\0';
        if (money_unit_parse(name, unit))
            *open = '\0';
    }
    return true;
}

static bool same_folded(const char *label, const char *word)
{
    char folded[NAME_MAX_BYTES];
    enum money_unit unit;
    return fold(label, folded, &unit) && strcmp(folded, word) == 0;
}

/* 3: its name; 2: its label; 1: its name but for the suffix; 0: not at all. */
static int says_field(const ProtobufCMessageDescriptor *d, const ProtobufCFieldDescriptor *f,
                      const char *word, enum money_unit *bare)
{
    static const char *const suffixes[] = {"_id", "_fen", "_date", "_code", "_us", "_bp"};
    static const struct {
        const char *suffix;
        enum money_unit unit;
    } units[] = {{"_yuan", MONEY_YUAN},
                 {"_wan", MONEY_WAN},
                 {"_wan_yuan", MONEY_WAN},
                 {"_yi", MONEY_YI},
                 {"_fen", MONEY_FEN}};
    size_t len = strlen(word);
    const struct word *w = word_of_field(d, f);

    if (strcmp(f->name, word) == 0) {
        *bare = is_money(f) ? MONEY_FEN : *bare;
        return 3;
    }
    if (w && (same_folded(w->zh, word) || same_folded(w->en, word)))
        return 2;
    for (size_t i = 0; i < COUNT_OF(suffixes); i++)
        if (name_ends(f->name, suffixes[i]) && strlen(f->name) == len + strlen(suffixes[i]) &&
            strncmp(f->name, word, len) == 0)
            return 1;
    for (size_t i = 0; is_money(f) && i < COUNT_OF(units); i++) {
        size_t stem = strlen(f->name) - strlen("_fen");
        if (len == stem + strlen(units[i].suffix) && strncmp(f->name, word, stem) == 0 &&
            strcmp(word + stem, units[i].suffix) == 0) {
            *bare = units[i].unit;
            return 1;
        }
    }
    return 0;
}

static struct field_ref find_within(const ProtobufCMessageDescriptor *d, const char *word,
                                    enum money_unit bare, int depth)
{
    struct field_ref best = {NULL, NULL, d, bare};
    int best_fit = 0;

    for (unsigned i = 0; i < d->n_fields; i++) {
        enum money_unit unit = bare;
        int fit = says_field(d, &d->fields[i], word, &unit);
        if (fit > best_fit) {
            best = (struct field_ref){NULL, &d->fields[i], d, unit};
            best_fit = fit;
        }
    }
    for (unsigned i = 0; depth > 0 && best_fit == 0 && i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        if (f->type != PROTOBUF_C_TYPE_MESSAGE || f->label == PROTOBUF_C_LABEL_REPEATED)
            continue;
        struct field_ref r = find_within(f->descriptor, word, bare, depth - 1);
        if (r.field) {
            r.outer = f;
            return r;
        }
    }
    return best;
}

struct field_ref field_find(const ProtobufCMessageDescriptor *d, const char *word)
{
    char folded[NAME_MAX_BYTES];
    enum money_unit bare = MONEY_YUAN;

    if (!fold(word, folded, &bare))
        return (struct field_ref){NULL, NULL, d, MONEY_YUAN};
    enum money_unit said = bare;
    struct field_ref r = find_within(d, folded, bare, 1);
    if (said != MONEY_YUAN) /* a unit in brackets wins over the name's own */
        r.bare = said;
    return r;
}

const ProtobufCFieldDescriptor *known_field(const ProtobufCMessageDescriptor *d,
                                            const ProtobufCFieldDescriptor *f)
{
    char name[NAME_MAX_BYTES];
    size_t len = strlen(f->name);
    if (!is_money(f) || len + 3 >= sizeof(name))
        return NULL;
    memcpy(name, f->name, len - 4);
    memcpy(name + len - 4, "_known", 7);
    return protobuf_c_message_descriptor_get_field_by_name(d, name);
}

bool is_known_flag(const ProtobufCMessageDescriptor *d, const ProtobufCFieldDescriptor *f)
{
    char name[NAME_MAX_BYTES];
    size_t len = strlen(f->name);
    if (!name_ends(f->name, "_known") || len >= sizeof(name))
        return false;
    memcpy(name, f->name, len - 6);
    memcpy(name + len - 6, "_fen", 5);
    return protobuf_c_message_descriptor_get_field_by_name(d, name) != NULL;
}
