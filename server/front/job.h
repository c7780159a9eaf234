/* A call on its way through the front: what came in, what the handler sees, what goes out. */
#pragma once

#include "common/sign.h"
#include "purser/v1/envelope.pb-c.h"
#include "server/base/call.h"
#include "server/front/listener.h"
#include "server/front/reader.h"

struct job {
    struct arena *arena;   /* everything below lives in it */
    struct ticket *ticket; /* NULL for the server's own commands and for verify */
    struct call call;
    const PB(Call) *envelope;
    const PB(Command) *command;
    struct bytes command_bytes, signature;
    struct hash command_hash;
    ProtobufCMessage *request, *reply;
    enum status status;
    bool is_final; /* the answer is kept for ever: accepted, or refused by a rule or a permission */
    struct bytes
        answer; /* serialized Reply without server_time and replayed; what is stored and sent again */
    bool is_replayed;
    struct bytes outcome_digest;
    struct bytes entry; /* serialized Entry, once accepted */
    struct read_job read;
    struct job *twin_of; /* the same request id stands earlier in the batch */
    struct job *next;
    int64_t began_ms;
};

#define JOB_ARENA_MAX_BYTES (8u << 20)

struct job *job_new(void); /* NULL when there is no memory */
void job_free(struct job *j);
