/* A call on its way through the front: what came in, what the handler sees, what goes out. */
#pragma once

#include "common/sign.h"
#include "purser/v1/envelope.pb-c.h"
#include "server/base/call.h"
#include "server/front/listener.h"
#include "server/front/reader.h"

/* How a job stood when it had been opened: from here each attempt to decide it begins. */
struct opened {
    bool is_kept;
    struct arena_mark mark;
    struct actor actor;
    ProtobufCMessage *request;
};

struct job {
    struct arena *arena;   /* everything below lives in it */
    struct arena *spare;   /* for the last words of one whose arena is full; else NULL */
    struct ticket *ticket; /* NULL for the server's own commands and for verify */
    struct call call;
    const PB(Call) *envelope;
    const PB(Command) *command;
    struct bytes command_bytes, signature;
    struct hash command_hash;
    ProtobufCMessage *request, *reply;
    struct opened opened;
    enum status status;
    bool is_final;    /* the answer is kept for ever: accepted, or refused by a rule or a permission */
    bool is_answered; /* there is nothing to decide: it repeats what was answered, or misuses its id */
    bool is_known;    /* and that answer stands in the database */
    bool is_replayed; /* and the client is told so */
    struct bytes
        answer;         /* serialized Reply without server_time and replayed: what is stored and sent again */
    struct bytes entry; /* serialized Entry, once accepted */
    struct read_job read;
    struct job *twin_of; /* the same request id stands earlier in the batch */
    struct job *next;
    int64_t began_ms;
};

#define JOB_ARENA_MAX_BYTES (8u << 20)

/* What all calls together may hold; before the first job. */
void job_limit_all(size_t max_bytes);
struct job *job_new(size_t max_bytes); /* NULL when there is no memory */
void job_free(struct job *j);
/* Begins an attempt to decide it; what an attempt before this one left behind is given back. */
void job_begin(struct job *j);
/* Refuses with the named reason; returns the reason's status. */
enum status job_refuse(struct job *j, const char *reason, const char *field, const char *broke,
                       const char *passes);
/* Why a job whose arena is full is refused. */
const char *job_full_reason(const struct job *j);
