/* The listener: accepts on every address, counts who is there, starts and stops. */
#include "server/front/listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"
#include "common/log.h"
#include "server/front/listener_private.h"

enum {
    STOP_GRACE_MS = 2000, /* for what nng still has to tell after everything was closed */
    ACCEPT_PAUSE_MS = 20, /* when descriptors or memory are short */
    ACCEPT_RETRY_MS = 1,
};

/* --- accepting --- */

static void all_push(struct listener *l, struct stream *s)
{
    s->prev = NULL;
    s->next = l->all;
    if (l->all != NULL)
        l->all->prev = s;
    l->all = s;
    l->connections++;
}

/* Refused connections too become streams: the sweeper, not an nng thread, waits for their end. */
static void admit(struct port *port, nng_stream *wire)
{
    struct listener *l = port->l;
    const struct listener_limits *limits = &l->house.limits;
    nng_sockaddr addr = {0};

    bool is_known = port->is_ipc || nng_stream_get_addr(wire, NNG_OPT_REMADDR, &addr) == 0;
    struct stream *s = stream_new(&l->house, wire, port->is_ipc);
    if (s == NULL)
        return;
    s->is_tls = port->is_tls;
    peer_name(&addr, port->is_ipc, s->name);

    pthread_mutex_lock(&l->lock);
    if (is_known && l->patience == 0 && l->connections < limits->connections_max)
        s->peer = peers_enter(&l->peers, peer_key_of(&addr, port->is_ipc), limits->per_address_max,
                              limits->unnegotiated_max);
    all_push(l, s);
    l->accepted += s->peer != NULL;
    l->refused += s->peer == NULL;
    pthread_mutex_unlock(&l->lock);

    stream_start(s);
}

static void accept_failed(struct port *port, int err)
{
    struct listener *l = port->l;
    bool is_short = err == NNG_ENOFILES || err == NNG_ENOMEM;

    pthread_mutex_lock(&l->lock);
    int64_t now = monotonic_ms();
    bool complains = now - l->complained_ms > 1000;
    if (complains)
        l->complained_ms = now;
    port->is_pausing = true;
    pthread_mutex_unlock(&l->lock);

    if (complains)
        log_warn("cannot accept on %s: %s", port->url, nng_strerror(err));
    nng_sleep_aio(is_short ? ACCEPT_PAUSE_MS : ACCEPT_RETRY_MS, port->aio);
}

static void accept_event(void *arg)
{
    struct port *port = arg;
    struct listener *l = port->l;
    int err = nng_aio_result(port->aio);

    pthread_mutex_lock(&l->lock);
    bool was_pausing = port->is_pausing;
    bool is_over = l->patience > 0 || (err == NNG_ECLOSED && !was_pausing);
    port->is_pausing = false;
    pthread_mutex_unlock(&l->lock);

    if (err == 0 && !was_pausing)
        admit(port, nng_aio_get_output(port->aio, 0));
    if (is_over) {
        pthread_mutex_lock(&l->lock);
        port->is_open = false;
        pthread_cond_signal(&l->wake);
        pthread_mutex_unlock(&l->lock);
    } else if (err != 0 && !was_pausing) {
        accept_failed(port, err);
    } else {
        nng_stream_listener_accept(port->wire, port->aio);
    }
}

/* --- start and stop --- */

static struct listener *listener_new(const struct listener_limits *limits, listener_on_request *on_request,
                                     void *ctx)
{
    struct listener *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&l->wake, &attr);
    pthread_cond_init(&l->swept, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&l->lock, NULL);
    bind_limits(limits, &l->house.limits);
    l->house.limits.exempt = NULL; /* the caller's text need not stay */
    l->house.on_request = on_request;
    l->house.ctx = ctx;
    return l;
}

static enum status listener_open(struct listener *l, const char *const *urls, int count,
                                 const struct listener_tls *tls, bool allow_plain, char reterr[256])
{
    enum status st = tls != NULL ? bind_tls(tls, &l->tls, reterr) : STATUS_OK;
    for (int i = 0; i < count && st == STATUS_OK; i++) {
        struct port *port = &l->ports[l->port_count++];
        port->l = l;
        port->is_tls = strncmp(urls[i], "tls+", 4) == 0;
        st = bind_check(urls[i], tls != NULL, allow_plain, &port->is_ipc, reterr);
        if (st == STATUS_OK)
            st = bind_listen(urls[i], port->is_ipc, l->tls, &port->wire, port->url, reterr);
        if (st == STATUS_OK && nng_aio_alloc(&port->aio, accept_event, port) != 0) {
            snprintf(reterr, 256, "no memory for the listener");
            st = STATUS_RESOURCE_EXHAUSTED;
        }
    }
    if (st == STATUS_OK && pthread_create(&l->sweeper, NULL, sweep_run, l) != 0) {
        snprintf(reterr, 256, "no thread for the listener");
        st = STATUS_UNAVAILABLE;
    }
    l->has_sweeper = st == STATUS_OK;
    return st;
}

enum status listener_start(const char *const *urls, int count, const struct listener_tls *tls,
                           const struct listener_limits *limits, int allow_plain,
                           listener_on_request *on_request, void *ctx, struct listener **ret,
                           char reterr[256])
{
    PRE(on_request != NULL && urls != NULL);
    if (count < 1 || count > PORTS_MAX) {
        snprintf(reterr, 256, "between 1 and %d addresses, not %d", PORTS_MAX, count);
        return STATUS_INVALID_ARGUMENT;
    }
    struct listener *l = listener_new(limits, on_request, ctx);
    if (l == NULL) {
        snprintf(reterr, 256, "no memory for the listener");
        return STATUS_RESOURCE_EXHAUSTED;
    }
    enum status st = peers_init(&l->peers, limits != NULL ? limits->exempt : NULL);
    if (st != STATUS_OK)
        snprintf(reterr, 256, "exempt networks: '%.150s' is no list of addresses", limits->exempt);
    else
        st = listener_open(l, urls, count, tls, allow_plain != 0, reterr);
    if (st != STATUS_OK) {
        listener_stop(l, 0);
        return st;
    }

    for (int i = 0; i < l->port_count; i++) {
        l->ports[i].is_open = true;
        nng_stream_listener_accept(l->ports[i].wire, l->ports[i].aio);
    }
    *ret = l;
    return STATUS_OK;
}

const char *listener_url(const struct listener *l, int i)
{
    PRE(i >= 0 && i < l->port_count);
    return l->ports[i].url;
}

static bool is_quiet(const struct listener *l)
{
    if (listener_is_accepting(l))
        return false;
    return l->patience >= 2 ? l->connections == l->busy && l->graves == NULL : l->busy == 0;
}

/* With the lock held. A state that was set is seen by the second sweep that ends after it. */
static void wait_quiet(struct listener *l, int patience, int wait_ms)
{
    int64_t until = monotonic_ms() + wait_ms;
    int64_t seen = l->sweeps + 2;

    l->patience = patience;
    pthread_cond_signal(&l->wake);
    while (monotonic_ms() < until && (l->sweeps < seen || !is_quiet(l)))
        sweep_wait(&l->swept, &l->lock, until);
}

/* True when the sweeper has ended and been joined. With the lock held, which it gives away for a while. */
static bool sweeper_home(struct listener *l)
{
    if (!l->has_sweeper)
        return true;
    int64_t until = monotonic_ms() + STOP_GRACE_MS;
    l->patience = 3;
    pthread_cond_signal(&l->wake);
    while (!l->is_sweeper_gone && monotonic_ms() < until)
        sweep_wait(&l->swept, &l->lock, until);
    bool is_gone = l->is_sweeper_gone;
    pthread_mutex_unlock(&l->lock);
    if (is_gone)
        pthread_join(l->sweeper, NULL);
    else
        pthread_detach(l->sweeper);
    pthread_mutex_lock(&l->lock);
    return is_gone;
}

/* The sweeper is gone. What waits for an answer stays until it has it; the last takes the listener along. */
static void last_rites(struct listener *l)
{
    for (int i = 0; i < l->port_count; i++) {
        struct port *port = &l->ports[i];
        if (port->is_open)
            continue;
        if (port->aio != NULL)
            nng_aio_free(port->aio);
        if (port->wire != NULL)
            nng_stream_listener_free(port->wire);
    }

    pthread_mutex_lock(&l->lock);
    struct stream *graves = l->graves;
    l->graves = NULL;
    l->is_orphan = l->all != NULL || listener_is_accepting(l);
    bool is_orphan = l->is_orphan;
    int left = l->connections;
    pthread_mutex_unlock(&l->lock);

    while (graves != NULL) {
        struct stream *s = graves;
        graves = s->next;
        stream_free(s);
    }
    if (is_orphan)
        log_warn("the listener stops with %d requests unanswered", left);
    else
        listener_free(l);
}

void listener_stop(struct listener *l, int wait_ms)
{
    atomic_store(&l->house.stopping, true);
    pthread_mutex_lock(&l->lock);
    l->patience = 1;
    pthread_mutex_unlock(&l->lock);
    for (int i = 0; i < l->port_count; i++)
        if (l->ports[i].wire != NULL)
            nng_stream_listener_close(l->ports[i].wire);

    pthread_mutex_lock(&l->lock);
    if (l->has_sweeper) {
        wait_quiet(l, 1, wait_ms);
        wait_quiet(l, 2, STOP_GRACE_MS);
    }
    bool is_home = sweeper_home(l);
    pthread_mutex_unlock(&l->lock);
    if (is_home)
        last_rites(l);
    else
        log_warn("the listener stops, but nng does not"); /* leaked on purpose: nothing here may be touched */
}

void listener_count(const struct listener *l, struct listener_counts *ret)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&l->lock;

    pthread_mutex_lock(lock);
    *ret = (struct listener_counts){0};
    ret->accepted = l->accepted;
    ret->refused = l->refused;
    ret->connections = l->connections;
    pthread_mutex_unlock(lock);
    ret->requests = atomic_load(&l->house.requests);
    ret->closed_by_deadline = atomic_load(&l->house.closed_by_deadline);
    ret->unanswered = atomic_load(&l->house.unanswered);
    ret->body_bytes = atomic_load(&l->house.body_bytes);
}
