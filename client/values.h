/* Values of fields: what people type → the field, and the field → what people read, by name suffix and
 * descriptor. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "client/client.h"

/* Which field a word means. */
struct field_ref {
    const ProtobufCFieldDescriptor *outer; /* NULL, or the singular message field that holds it */
    const ProtobufCFieldDescriptor *field; /* NULL: no such field */
    const ProtobufCMessageDescriptor *in;  /* the message that has `field` */
    enum money_unit bare;                  /* the unit of a bare number typed under this name */
};
/* By name (dashes or underscores, a suffix such as _id or _fen may be missing), Chinese or English label; a
 * unit may stand behind it: 预算金额(万元), amount_yuan. */
struct field_ref field_find(const ProtobufCMessageDescriptor *d, const char *word);

/* Sets a scalar field from what was typed; appends when it is repeated. False: *ret_why says what would do.
 */
bool value_set(const struct client *c, ProtobufCMessage *m, const ProtobufCFieldDescriptor *f,
               enum money_unit bare, const char *text, const char **ret_why);
/* Commas part the elements of a repeated field ("\," stands for itself). */
bool value_set_all(const struct client *c, ProtobufCMessage *m, const struct field_ref *ref, const char *text,
                   const char **ret_why);

enum value_style { VALUE_SCREEN, VALUE_LINE, VALUE_FILE };
/* What people read: "1,986,000.00", "是", a label, local time. SCREEN is for cells, LINE for "label: value",
 * FILE for csv. Element i of a repeated field. "–" (FILE: "") where the sibling x_known says no. */
const char *value_show(const struct client *c, const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f,
                       size_t i, enum value_style style);
/* All elements of a repeated scalar field, or the one value. */
const char *value_show_all(const struct client *c, const ProtobufCMessage *m,
                           const ProtobufCFieldDescriptor *f, enum value_style style);
/* The type in words, for help: "金额（如 198.6万）". */
const char *value_type(const struct client *c, const ProtobufCFieldDescriptor *f);

/* The name as it is best typed: with dashes, and money without _fen, so that a bare number is 元. */
const char *option_name(const struct client *c, const ProtobufCFieldDescriptor *f);

bool name_ends(const char *name, const char *suffix);
bool is_money(const ProtobufCFieldDescriptor *f);
/* The bool beside a money field, or NULL; and is this field such a bool? */
const ProtobufCFieldDescriptor *known_field(const ProtobufCMessageDescriptor *d,
                                            const ProtobufCFieldDescriptor *f);
bool is_known_flag(const ProtobufCMessageDescriptor *d, const ProtobufCFieldDescriptor *f);
/* A moment as it is read here: UTC+8, "2026-06-12 15:04:05"; "" for 0. */
const char *time_show(struct arena *a, int64_t us);
