/* What listener.c and sweep.c share: the listener itself. */
#pragma once

#include "server/front/bind.h"
#include "server/front/listener.h"
#include "server/front/stream.h"

enum { PORTS_MAX = 16 };

struct port {
    struct listener *l;
    nng_stream_listener *wire;
    nng_aio *aio;
    bool is_ipc, is_tls, is_open, is_pausing;
    char url[BIND_URL_MAX];
};

struct listener {
    struct house house; /* first: a stream's house is its listener */
    struct port ports[PORTS_MAX];
    int port_count;
    nng_tls_config *tls;

    pthread_mutex_t lock; /* what follows; a stream's lock is never taken under it */
    pthread_cond_t wake;  /* the sweeper */
    pthread_cond_t swept; /* whoever stops */
    struct stream *all, *graves;
    int connections, busy;
    int patience; /* 0 open, 1 waits for work under way, 2 for nothing, 3 the sweeper goes home */
    int64_t sweeps, look_ms;
    bool has_sweeper, is_sweeper_gone, is_orphan;
    int64_t accepted, refused, complained_ms;
    struct peers peers;
    pthread_t sweeper;
};

/* With the lock held. */
bool listener_is_accepting(const struct listener *l);
/* Nobody else knows it any more. */
void listener_free(struct listener *l);

/* The sweeper's thread; arg is the listener. Ends at patience 3. */
void *sweep_run(void *arg);
/* Waits on a condition until a moment of the monotonic clock. */
void sweep_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_ms);
