/* Nouns and verbs as they are typed, in English or Chinese. */
#include "client/nouns.h"

#include <ctype.h>
#include <string.h>

#include "common/words.h"

const char *noun_label(const ProtobufCServiceDescriptor *s, bool zh)
{
    const struct word *w = word_find(s->short_name);
    return !w ? s->short_name : zh ? w->zh : w->en;
}

const ProtobufCServiceDescriptor *noun_find(struct arena *a, const char *name)
{
    for (int i = 0; i < services_count(); i++) {
        const ProtobufCServiceDescriptor *s = service_at(i);
        if (strcmp(noun_of(a, s), name) == 0 || strcmp(s->short_name, name) == 0 ||
            strcmp(noun_label(s, true), name) == 0)
            return s;
    }
    return NULL;
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

bool noun_import(struct arena *a, const ProtobufCServiceDescriptor *noun, struct long_import *ret)
{
    const char *name = arena_printf(a, "%s-import", noun_of(a, noun));
    const ProtobufCServiceDescriptor *s = noun_find(a, name);
    return s && long_import_of(s, ret);
}

struct method import_find(struct arena *a, const ProtobufCServiceDescriptor *noun, const char *verb)
{
    struct long_import all;
    if (!noun_import(a, noun, &all))
        return (struct method){NULL, NULL};
    const char *joined = arena_printf(a, "%s%s", noun_label(noun, true), verb);
    bool is_said = strcmp(verb, "import") == 0 || strcmp(joined, noun_label(all.open.service, true)) == 0;
    return is_said ? all.open : (struct method){NULL, NULL};
}

const ProtobufCFieldDescriptor *file_rows(struct method m)
{
    struct long_import all;
    bool is_long = long_import_of(m.service, &all) && m.rpc == all.open.rpc;
    return rows_field(is_long ? all.append.rpc->input : m.rpc->input, "rows");
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
