/* What bytes from outside must pass before a handler sees them: pre-scan, capped unpacking, validation by
 * descriptor. */
#pragma once

#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#include "common/arena.h"
#include "common/refusal.h"
#include "common/status.h"

#define WIRE_FIELDS_MAX     20000
#define WIRE_DEPTH_MAX      8
#define WIRE_TEXT_CHARS_MAX 2000

/* Walks the bytes without allocating: at most WIRE_FIELDS_MAX fields, depth ≤ WIRE_DEPTH_MAX, lengths sane,
 * wire types as declared, no unknown field, no 32-bit field that holds more than 32 bits, no scalar field
 * twice. False: *ret_why is a static English word. */
bool wire_prescan(const ProtobufCMessageDescriptor *d, const void *data, size_t len, const char **ret_why);

/* Pre-scan, then unpack into the arena (freed by nobody). NULL when either refuses or the arena is full. */
ProtobufCMessage *wire_unpack(const ProtobufCMessageDescriptor *d, struct arena *a, const void *data,
                              size_t len, const char **ret_why);

/* Every string sane (text_fault), every *_date empty or an ISO day, every enum a known value, repeated
 * fields ≤ 500 rows; recursively. False: *why is filled with BAD_FIELD (field: the path, "rows[3].name";
 * broke: what is wrong; passes: what would do). */
bool wire_validate(const ProtobufCMessage *m, struct refusal *why);

/* Serialized into the arena; .data NULL when the arena is full. */
struct bytes wire_pack(const ProtobufCMessage *m, struct arena *a);
