/* Walking messages by descriptor: what the declared reads, the client and the JSON form have in common. */
#pragma once

#include <stdbool.h>

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#include "common/arena.h"

/* A fresh message in the arena, all fields at their defaults (strings ""). */
ProtobufCMessage *fields_new(const ProtobufCMessageDescriptor *d, struct arena *a);
/* Address of a field's value inside a message; for repeated fields the address of the array pointer. */
void *fields_at(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f);
size_t *fields_count(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f); /* repeated only */
/* Does it differ from its default? */
bool fields_is_set(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f);

/* Short name of an enum value: the descriptor's name without the enum's own prefix ("CONTRACT_STATE_SIGNED" →
 * "SIGNED"); "" when unknown or _UNSPECIFIED. Parsing takes the short or the full name, in any case. */
const char *fields_enum_short(const ProtobufCEnumDescriptor *e, int value);
bool fields_enum_parse(const ProtobufCEnumDescriptor *e, const char *name, int *ret);

/* Sets a singular scalar field from text: integers strictly, bool true/false/t/f, bytes as lower-case hex,
 * enums by name. False when the text will not do. */
bool fields_set_text(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, struct arena *a,
                     const char *text);
/* The text of a singular scalar field (of element i when repeated): the same forms. */
const char *fields_text(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, size_t i,
                        struct arena *a);
/* Makes room for n elements of a repeated field; messages are created, scalars zeroed. False when the arena
 * is full. */
bool fields_resize(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, struct arena *a, size_t n);

/* JSON as protobuf means it, names as in the .proto, int64 as JSON integers, bytes as base64, enums by short
 * name. Unset fields are left out when `sparse`. fields_from_json: NULL and *ret_why (arena) for unknown
 * names or wrong types. */
json_t *fields_to_json(const ProtobufCMessage *m, bool sparse);
ProtobufCMessage *fields_from_json(const ProtobufCMessageDescriptor *d, struct arena *a, const json_t *json,
                                   const char **ret_why);
