/* The words beside fields, methods and enum values, in Chinese and English; they come from the .proto files.
 */
#include "common/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"

#define KEY_MAX 160

static const struct word words[] = {
/* sorted by key */
#include "words.inc"
};

static int by_key(const void *key, const void *row) { return strcmp(key, ((const struct word *)row)->key); }

const struct word *word_find(const char *key)
{
    return bsearch(key, words, COUNT_OF(words), sizeof(words[0]), by_key);
}

static const struct word *word_within(const char *outer, const char *inner)
{
    char key[KEY_MAX];
    snprintf(key, sizeof(key), "%s.%s", outer, inner);
    const struct word *w = word_find(key);
    return w ? w : word_find(inner);
}

const struct word *word_of_field(const ProtobufCMessageDescriptor *m, const ProtobufCFieldDescriptor *f)
{
    return word_within(m->short_name, f->name);
}

const struct word *word_of_enum(const ProtobufCEnumDescriptor *e, const char *value_name)
{
    return word_within(e->short_name, value_name);
}

const struct word *word_of_code(const char *enums, const char *code, size_t len)
{
    for (size_t n = 0; *enums; enums += n + (enums[n] == ' ')) {
        char key[KEY_MAX];
        n = strcspn(enums, " ");
        if (n + len + 2 > sizeof(key))
            continue;
        snprintf(key, sizeof(key), "%.*s_%.*s", (int)n, enums, (int)len, code);
        const struct word *w = word_find(key);
        if (w)
            return w;
    }
    return NULL;
}

const char *label_of_field(const ProtobufCMessageDescriptor *m, const ProtobufCFieldDescriptor *f, bool zh)
{
    const struct word *w = word_of_field(m, f);
    return !w ? f->name : zh ? w->zh : w->en;
}

const char *label_of_key(const char *key, bool zh)
{
    const struct word *w = word_find(key);
    return !w ? key : zh ? w->zh : w->en;
}

const char *label_of_path(const ProtobufCMessageDescriptor *m, const char *path, bool zh)
{
    const char *label = "";
    while (m && *path) {
        char name[KEY_MAX];
        size_t len = strcspn(path, ".[");
        if (len >= sizeof(name))
            return "";
        memcpy(name, path, len);
        name[len] = '\0';
        const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(m, name);
        if (!f)
            return label;
        label = label_of_field(m, f, zh);
        path += len;
        if (*path == '[')
            path += strcspn(path, "]") + (strchr(path, ']') != NULL);
        path += *path == '.';
        m = f->type == PROTOBUF_C_TYPE_MESSAGE ? f->descriptor : NULL;
    }
    return label;
}
