/* The reader: declared reads, many calls a round trip, on connections of its own that cannot write. */
#pragma once

#include "server/base/call.h"

/* One read under way. The owner fills call, request, reply (fresh) and owner; the reader fills reply and
 * status, and files a refusal (NOT_FOUND, PAGE_TOKEN_BAD, FILTERS_NOT_OFFERED) where there is one. */
struct read_job {
    struct call *call;
    const ProtobufCMessage *request;
    ProtobufCMessage *reply;
    void *owner;
    enum status status;
    struct read_job *next;
};

struct reader;
typedef void reader_done(void *ctx, struct read_job *job); /* on a reader's thread */

struct reader_setup {
    const char *conninfo;
    const struct rpc *const *reads;
    int reads_count;
    int look_up_connections, list_connections; /* 0: 1; reports have one besides */
    int list_timeout_ms;                       /* for one list or report; 0: 10,000 */
};

/* Translates and prepares every declared statement and checks its columns against the reply; a mismatch is
 * INTERNAL with method, statement and column in reterr. */
enum status reader_start(const struct reader_setup *setup, reader_done *done, void *ctx, struct reader **ret,
                         char reterr[512]) MUST_CHECK;
/* False when the queue is full or the reader is stopping. */
bool reader_submit(struct reader *r, struct read_job *job);
void reader_stop(struct reader *r); /* accepts NULL; answers what is queued first */
