/* Commands of the command line, found in the descriptors of the services. */
#include "common/commands.h"

#include <ctype.h>
#include <string.h>

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

static bool is_id(const char *name)
{
    size_t n = strlen(name);
    return n > 3 && strcmp(name + n - 3, "_id") == 0;
}

struct method method_that_gets(struct method m)
{
    const ProtobufCFieldDescriptor *key = first_field(m.rpc->input);
    const char *thing = m.rpc->name + word_len(m.rpc->name);
    struct method best = {NULL, NULL};

    if (!key || key->type == PROTOBUF_C_TYPE_MESSAGE || key->label == PROTOBUF_C_LABEL_REPEATED)
        return best;
    best = get_within(m.service, key, thing);
    for (size_t i = 0; !best.rpc && is_id(key->name) && i < COUNT_OF(services); i++)
        best = get_within(services[i], key, thing);
    return best;
}

static bool lists(const ProtobufCMethodDescriptor *rpc, const char *thing)
{
    const char *rest = rpc->name + strlen("List");
    return begins(rpc->name, "List") && (!thing || own_noun(rest, thing, strlen(thing)) == strlen(rest));
}

struct method method_that_lists(struct method m)
{
    const char *const things[] = {m.rpc->name + word_len(m.rpc->name), NULL};
    for (size_t k = 0; k < COUNT_OF(things); k++)
        for (unsigned i = 0; i < m.service->n_methods; i++)
            if (lists(&m.service->methods[i], things[k]))
                return (struct method){m.service, &m.service->methods[i]};
    return (struct method){NULL, NULL};
}

static struct method method_that_begins(const ProtobufCServiceDescriptor *s, const char *word)
{
    for (unsigned i = 0; i < s->n_methods; i++)
        if (begins(s->methods[i].name, word))
            return (struct method){s, &s->methods[i]};
    return (struct method){s, NULL};
}

#define IMPORTS "ImportService"

bool long_import_of(const ProtobufCServiceDescriptor *s, struct long_import *ret)
{
    size_t len = strlen(s->short_name), tail = strlen(IMPORTS);
    if (len <= tail || strcmp(s->short_name + len - tail, IMPORTS) != 0)
        return false;
    *ret = (struct long_import){.open = method_that_begins(s, "Open"),
                                .append = method_that_begins(s, "Append"),
                                .commit = method_that_begins(s, "Commit")};
    return ret->open.rpc && ret->append.rpc && ret->commit.rpc;
}

const char *command_of(struct arena *a, struct method m)
{
    struct long_import all;
    if (m.rpc && long_import_of(m.service, &all))
        return arena_printf(a, "purser %s import",
                            kebab(a, m.service->short_name, strlen(m.service->short_name) - strlen(IMPORTS)));
    return m.rpc ? arena_printf(a, "purser %s %s", noun_of(a, m.service), verb_of(a, m)) : "";
}
