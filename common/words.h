/* The words beside fields, methods and enum values, in Chinese and English; they come from the .proto files.
 */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

struct word {
    const char *key, *zh, *en;
    const char *meaning_zh, *meaning_en; /* "" when the label says it all */
    const char *enums; /* "CONTRACT_STATE SUPPLEMENT_STATE": whose names the text holds, or "" */
};

/* NULL when there is none. */
const struct word *word_find(const char *key);
const struct word *word_of_field(const ProtobufCMessageDescriptor *m, const ProtobufCFieldDescriptor *f);
const struct word *word_of_enum(const ProtobufCEnumDescriptor *e, const char *value_name);

/* The word of "DRAFT" in the first of such enums that has it; NULL when none has. */
const struct word *word_of_code(const char *enums, const char *code, size_t len);

/* Labels; the bare name when nobody gave a word. */
const char *label_of_field(const ProtobufCMessageDescriptor *m, const ProtobufCFieldDescriptor *f, bool zh);
const char *label_of_key(const char *key, bool zh);
/* Of the field at a path such as "lines[3].amount_fen"; "" when the message has no such field. */
const char *label_of_path(const ProtobufCMessageDescriptor *m, const char *path, bool zh);
