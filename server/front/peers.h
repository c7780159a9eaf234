/* Who is connected, counted by address, and which networks are exempt from being counted. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include <nng/nng.h>

#include "common/status.h"
#include "server/front/listener.h"

enum { PEERS_BUCKETS = 256, PEERS_EXEMPT_MAX = 64 };

/* IPv4 (also mapped into IPv6) by its address, IPv6 by its /64, which is one customer; ipc is one peer. */
struct peer_key {
    uint8_t b[16];
};

struct peer {
    struct peer *next;
    struct peer_key key;
    int connections;
    atomic_int unnegotiated;
    atomic_size_t body_bytes;
    bool is_exempt;
};

struct peer_net {
    struct peer_key key;
    int bits;
};

struct peers {
    struct peer *bucket[PEERS_BUCKETS];
    struct peer_net exempt[PEERS_EXEMPT_MAX];
    int exempt_count;
};

/* exempt: "10.1.0.0/16, 127.0.0.1, ::1, ipc", or NULL. INVALID_ARGUMENT when it is anything else. */
enum status peers_init(struct peers *p, const char *exempt) MUST_CHECK;
void peers_done(struct peers *p);

struct peer_key peer_key_of(const nng_sockaddr *addr, bool is_ipc);
/* "127.0.0.1:4711" or "ipc". */
void peer_name(const nng_sockaddr *addr, bool is_ipc, char ret[64]);

/* Counts one connection more, not negotiated yet; NULL when the address has enough or there is no memory. */
struct peer *peers_enter(struct peers *p, struct peer_key key, int connections_max, int unnegotiated_max);
void peers_leave(struct peers *p, struct peer *peer);

/* An address may hold a quarter of the bodies that all may hold, but always two frames. Any thread. */
bool peer_take(struct peer *peer, size_t len, const struct listener_limits *limits);
void peer_give(struct peer *peer, size_t len);
