/* The digest of a long import's rows, which sender and server each compute for themselves. */
#pragma once

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

#include "common/arena.h"
#include "common/merkle.h"

/* *digest becomes SHA-256(digest ‖ row); before the first row it is 32 zero bytes. A row is its message with
 * the fields in the order of their numbers, defaults left out. False when the arena is full. */
bool rows_digest_add(struct hash *digest, const ProtobufCMessage *row, struct arena *a);
