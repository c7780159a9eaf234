/* Nouns and verbs of the command line, found in the descriptors of the services. */
#include "client/nouns.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "client/values.h"
#include "client/words.h"
#include "common/check.h"
#include "services.h"

static const ProtobufCServiceDescriptor *const services[] = {
#include "services.inc"
};

int services_count(void) { return (int)COUNT_OF(services); }
const ProtobufCServiceDescriptor *service_at(int i) { return services[i]; }

/* BudgetLine → budget-line; a run of capitals is one word. */
static const char *kebab(struct arena *a, const char *camel, size_t len)
{
    char *out = arena_alloc(a, 2 * len + 1);
    size_t n = 0;
    for (size_t i = 0; out && i < len; i++) {
        bool upper = isupper((unsigned char)camel[i]);
        bool starts = i > 0 && upper &&
                      (!isupper((unsigned char)camel[i - 1]) ||
                       (i + 1 < len && islower((unsigned char)camel[i + 1])));
        if (starts)
            out[n++] = '-';
        out[n++] = (char)tolower((unsigned char)camel[i]);
    }
    return out ? out : "";
}

static size_t noun_len(const ProtobufCServiceDescriptor *s)
{
    size_t len = strlen(s->short_name), tail = strlen("Service");
    return len > tail && strcmp(s->short_name + len - tail, "Service") == 0 ? len - tail : len;
}

const char *noun_of(struct arena *a, const ProtobufCServiceDescriptor *s)
{
    return kebab(a, s->short_name, noun_len(s));
}
const char *noun_label(const ProtobufCServiceDescriptor *s, bool zh)
{
    const struct word *w = word_find(s->short_name);
    return !w ? s->short_name : zh ? w->zh : w->en;
}

const ProtobufCServiceDescriptor *noun_find(struct arena *a, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(services); i++) {
        const ProtobufCServiceDescriptor *s = services[i];
        if (strcmp(noun_of(a, s), name) == 0 || strcmp(s->short_name, name) == 0 ||
            strcmp(noun_label(s, true), name) == 0)
            return s;
    }
    return NULL;
}

static size_t word_len(const char *camel)
{
    size_t n = 1;
    while (camel[n] && !isupper((unsigned char)camel[n]))
        n++;
    return n;
}

/* How much of `rest` says the service's own noun, in the singular or plural, so that it need not be said
 * again. */
static size_t own_noun(const char *rest, const char *noun, size_t len)
{
    size_t stem = len > 0 && noun[len - 1] == 'y' ? len - 1 : len;
    const char *const tails[] = {"s", "es", ""};

    if (stem < len && strncmp(rest, noun, stem) == 0 && strncmp(rest + stem, "ies", 3) == 0 &&
        !islower((unsigned char)rest[stem + 3]))
        return stem + 3;
    if (strncmp(rest, noun, len) != 0)
        return 0;
    for (size_t i = 0; i < COUNT_OF(tails); i++) {
        size_t tail = strlen(tails[i]);
        if (strncmp(rest + len, tails[i], tail) == 0 && !islower((unsigned char)rest[len + tail]))
            return len + tail;
    }
    return 0;
}

const char *verb_of(struct arena *a, struct method m)
{
    const char *name = m.rpc->name;
    size_t action = word_len(name),
           skip = own_noun(name + action, m.service->short_name, noun_len(m.service));
    const char *rest = name + action + skip;
    const char *first = strncmp(name, "Update", action) == 0 && action == 6 ? "edit" : kebab(a, name, action);

    return *rest ? arena_printf(a, "%s-%s", first, kebab(a, rest, strlen(rest))) : first;
}

const char *verb_label(struct method m, bool zh)
{
    const struct word *w = word_find(m.rpc->name);
    return !w ? m.rpc->name : zh ? w->zh : w->en;
}

/* SubmitBudget, submit-budget, submit_budget. */
static bool says_name(const char *name, const char *typed)
{
    while (*name && *typed) {
        if (*typed == '-' || *typed == '_') {
            typed++;
            continue;
        }
        if (tolower((unsigned char)*name) != tolower((unsigned char)*typed))
            return false;
        name++;
        typed++;
    }
    return !*name && !*typed;
}

/* 上报预算 is said 上报 where the noun 预算 has been said. */
static bool says_label(struct method m, const char *typed)
{
    const char *label = verb_label(m, true), *noun = noun_label(m.service, true), *at = strstr(label, noun);
    size_t before = at ? (size_t)(at - label) : 0, len = strlen(noun);

    if (strcmp(label, typed) == 0)
        return true;
    return at && strlen(typed) == strlen(label) - len && strncmp(typed, label, before) == 0 &&
           strcmp(typed + before, label + before + len) == 0;
}

struct method verb_find(struct arena *a, const ProtobufCServiceDescriptor *s, const char *name)
{
    struct method by_name = {s, NULL};
    for (unsigned i = 0; i < s->n_methods; i++) {
        struct method m = {s, &s->methods[i]};
        if (strcmp(verb_of(a, m), name) == 0)
            return m;
        if (!by_name.rpc && (says_name(m.rpc->name, name) || says_label(m, name)))
            by_name = m;
    }
    return by_name;
}

struct method method_find(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    for (size_t i = 0; i < COUNT_OF(services); i++) {
        const ProtobufCServiceDescriptor *s = services[i];
        size_t len = slash ? (size_t)(slash - path) : 0;
        const char *from = len > 0 && path[0] == '/' ? path + 1 : path;
        len -= len > 0 && path[0] == '/';
        bool right = !slash || (strlen(s->name) == len && strncmp(s->name, from, len) == 0) ||
                     (strlen(s->short_name) == len && strncmp(s->short_name, from, len) == 0);
        for (unsigned j = 0; right && j < s->n_methods; j++)
            if (strcmp(s->methods[j].name, name) == 0)
                return (struct method){s, &s->methods[j]};
    }
    return (struct method){NULL, NULL};
}

const char *method_path(struct arena *a, struct method m)
{
    return arena_printf(a, "/%s/%s", m.service->name, m.rpc->name);
}

static bool begins(const char *name, const char *word)
{
    size_t n = strlen(word);
    return strncmp(name, word, n) == 0 && !islower((unsigned char)name[n]);
}

bool method_reads(struct method m)
{
    const char *n = m.rpc->name;
    if (strcmp(m.service->short_name, "SessionService") == 0)
        return true; /* sessions alone stand outside the journal */
    return begins(n, "Get") || begins(n, "List") || begins(n, "Check") || begins(n, "Search");
}

const ProtobufCFieldDescriptor *first_field(const ProtobufCMessageDescriptor *d)
{
    return protobuf_c_message_descriptor_get_field(d, 1);
}

static bool gets_by(const ProtobufCMethodDescriptor *get, const ProtobufCFieldDescriptor *key)
{
    const ProtobufCFieldDescriptor *f = begins(get->name, "Get") ? first_field(get->input) : NULL;
    return f && f->type == key->type && f->label == key->label && strcmp(f->name, key->name) == 0;
}

/* Of one service: the Get of the same thing, else the first Get by the same key. */
static struct method get_within(const ProtobufCServiceDescriptor *s, const ProtobufCFieldDescriptor *key,
                                const char *thing)
{
    struct method best = {NULL, NULL};
    for (unsigned i = 0; i < s->n_methods; i++) {
        if (!gets_by(&s->methods[i], key))
            continue;
        if (strcmp(s->methods[i].name + strlen("Get"), thing) == 0)
            return (struct method){s, &s->methods[i]};
        if (!best.rpc)
            best = (struct method){s, &s->methods[i]};
    }
    return best;
}

struct method method_that_gets(struct method m)
{
    const ProtobufCFieldDescriptor *key = first_field(m.rpc->input);
    const char *thing = m.rpc->name + word_len(m.rpc->name);
    struct method best = {NULL, NULL};

    if (!key || key->type == PROTOBUF_C_TYPE_MESSAGE || key->label == PROTOBUF_C_LABEL_REPEATED)
        return best;
    best = get_within(m.service, key, thing);
    for (size_t i = 0; !best.rpc && name_ends(key->name, "_id") && i < COUNT_OF(services); i++)
        best = get_within(services[i], key, thing);
    return best;
}

const ProtobufCFieldDescriptor *rows_field(const ProtobufCMessageDescriptor *d, const char *name)
{
    const ProtobufCFieldDescriptor *found = NULL;
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        if (f->label != PROTOBUF_C_LABEL_REPEATED || f->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        if (name ? strcmp(f->name, name) == 0 : !found)
            found = f;
        else if (!name)
            return NULL;
    }
    return found;
}
