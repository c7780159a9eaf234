/* One connection that speaks SP REQ/REP over an nng stream; private to listener.c, stream.c and sweep.c. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include <nng/nng.h>

#include "server/front/listener.h"
#include "server/front/peers.h"

enum {
    STREAM_AHEAD_BYTES = 4096, /* what is read at once; a frame that fits is handed over where it lies */
    STREAM_IDS_BYTES = 64,     /* request id and the backtrace before it: 15 devices, nng's own limit */
};

enum stream_state {
    STREAM_HELLO_OUT, /* our SP header leaves (on TLS: after the handshake) */
    STREAM_HELLO_IN,  /* the peer's SP header arrives */
    STREAM_HEAD,      /* idle, or a length is half there */
    STREAM_BODY,      /* the length is known */
    STREAM_WORK,      /* somebody holds the ticket; no aio is pending */
    STREAM_REPLY,     /* the reply leaves */
    STREAM_DEAD,      /* buried; the sweeper frees it */
};

/* What all connections of one listener share. */
struct house {
    struct listener_limits limits;
    listener_on_request *on_request;
    void *ctx;
    atomic_bool stopping;
    atomic_int_fast64_t requests, closed_by_deadline;
    atomic_int unanswered;
    atomic_size_t body_bytes, reply_bytes;
};

struct ticket {
    struct stream *stream;
};

struct stream {
    struct ticket ticket;
    struct house *house;
    struct stream *prev, *next; /* the listener's list; its lock */
    struct stream *doomed;      /* the sweeper's own chain */
    struct peer *peer;          /* NULL when it was refused at the door */
    nng_stream *wire;
    nng_aio *aio;
    bool is_ipc, is_tls;
    char name[64];

    pthread_mutex_t lock; /* what follows; an aio is only posted under it, and never after closing */
    bool closing;
    bool is_negotiated;
    bool has_head_begun;
    atomic_int state;
    atomic_int_fast64_t deadline_ms;

    uint8_t ahead[STREAM_AHEAD_BYTES]; /* bytes received, not yet used: [from, till) */
    size_t from, till;
    size_t frame_len; /* of the frame under way, ids included */
    uint8_t *body;    /* only of a frame that does not fit into ahead */
    size_t body_have, body_room;
    uint8_t ids[STREAM_IDS_BYTES]; /* goes back as it came */
    size_t ids_len;
    struct bytes request;
    uint8_t *out;
    size_t out_len, out_sent;
};

static inline int64_t monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Takes over the wire, also when it fails: NULL when there is no memory. */
struct stream *stream_new(struct house *house, nng_stream *wire, bool is_ipc);
/* Begins to speak. The stream ends in listener_bury, sooner or later. */
void stream_start(struct stream *s);
/* Waits for the callback that may still be running. Sweeper only; nobody holds the ticket. */
void stream_free(struct stream *s);
/* The stream is dead, nobody but the sweeper touches it from here on. Called without its lock. */
void listener_bury(struct stream *s);
