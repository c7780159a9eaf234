/* The digest of a long import's rows, which sender and server each compute for themselves. */
#include "common/rows.h"

#include <string.h>

#include "common/sign.h"

bool rows_digest_add(struct hash *digest, const ProtobufCMessage *row, struct arena *a)
{
    struct arena_mark mark = arena_mark(a);
    size_t len = protobuf_c_message_get_packed_size(row);
    uint8_t *both = arena_alloc(a, HASH_BYTES + len);
    if (!both)
        return false;
    memcpy(both, digest->b, HASH_BYTES);
    (void)protobuf_c_message_pack(row, both + HASH_BYTES);
    *digest = sha256(both, HASH_BYTES + len);
    arena_rewind(a, mark);
    return true;
}
