/* The listener: SP REQ/REP on nng's streams, because nng's own REP socket does not survive hostile peers.
 *
 * One accept aio per address, one aio per connection through the states header-out, header-in, length, body,
 * work, reply. One way to die: a callback sees an error (its own, or caused by nng_stream_close from the
 * sweeper's thread) and buries the connection; the sweeper frees it. No second request is read before the
 * reply has gone. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/status.h"

struct listener;
struct ticket; /* one request that waits for its reply */

/* All in effect from start; every one is a setting. Zero means the default in brackets. */
struct listener_limits {
    int connections_max;     /* [2000] */
    int per_address_max;     /* [64]; loopback and ipc included */
    int unnegotiated_max;    /* [16] per address: connected, but no SP header yet */
    size_t frame_max_bytes;  /* [1 MiB] checked before anything is allocated */
    size_t bodies_max_bytes; /* [64 MiB] all bodies together; over it a connection is closed */
    int handshake_ms;        /* [3000] TLS and SP header */
    int body_ms;             /* [5000] from the length to the last byte */
    int reply_ms;            /* [5000] */
    int idle_ms;             /* [60000] between requests */
    const char *exempt;      /* addresses and networks without per-address limits, by commas; or NULL */
};

struct listener_tls {
    const char *cert_pem, *key_pem; /* server certificate and its key */
};

/* Called on an nng thread for each whole frame body. It must not block and must not call libpq. It answers
 * exactly once, now or later, from any thread. The body is the listener's and valid until the ticket is
 * answered. */
typedef void listener_on_request(void *ctx, struct ticket *t, struct bytes body);

/* Sends the reply (copied) and ends the ticket; a peer that is gone is no error. Any thread. */
void listener_answer(struct ticket *t, const void *reply, size_t len);
/* "127.0.0.1:4711" or "ipc"; for the log. Valid until the ticket is answered. */
const char *ticket_peer(const struct ticket *t);

/* urls: "ipc:///path", "tls+tcp://host:port", "tcp://127.0.0.1:port" (tcp elsewhere than on loopback only if
 * allow_plain). tls may be NULL when no url needs it. Port 0 picks one; listener_url tells which.
 * INVALID_ARGUMENT for a url that will not do, UNAVAILABLE when it cannot be bound (text in reterr[256]). */
enum status listener_start(const char *const *urls, int count, const struct listener_tls *tls,
                           const struct listener_limits *limits, int allow_plain,
                           listener_on_request *on_request, void *ctx, struct listener **ret,
                           char reterr[256]) MUST_CHECK;
/* The address that was bound, with the real port. */
const char *listener_url(const struct listener *l, int i);

/* Stops accepting, waits up to wait_ms for requests under way to be answered, closes what is left. Frees all,
 * or when a ticket is still out, with its answer. Ends within wait_ms + 4 s. */
void listener_stop(struct listener *l, int wait_ms);

struct listener_counts {
    int64_t accepted, refused, requests, closed_by_deadline;
    int connections, unanswered;
    size_t body_bytes;
};
void listener_count(const struct listener *l, struct listener_counts *ret);
