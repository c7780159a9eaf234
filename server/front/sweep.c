/* The end of connections: buried by their last callback, closed when late and freed by one thread. */
#include <stdlib.h>

#include "server/front/listener_private.h"

enum {
    SWEEP_MS = 100,
    LOOK_MS = 200, /* at TLS peers that may have vanished unreported */
    STOP_SWEEP_MS = 10,
};

static void all_remove(struct listener *l, struct stream *s)
{
    if (s->next != NULL)
        s->next->prev = s->prev;
    if (s->prev != NULL)
        s->prev->next = s->next;
    else
        l->all = s->next;
    l->connections--;
}

bool listener_is_accepting(const struct listener *l)
{
    for (int i = 0; i < l->port_count; i++)
        if (l->ports[i].is_open)
            return true;
    return false;
}

void listener_free(struct listener *l)
{
    if (l->tls != NULL)
        nng_tls_config_free(l->tls);
    peers_done(&l->peers);
    pthread_cond_destroy(&l->wake);
    pthread_cond_destroy(&l->swept);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

void stream_free(struct stream *s)
{
    if (s->aio != NULL)
        nng_aio_free(s->aio);
    nng_stream_close(s->wire);
    nng_stream_free(s->wire);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static void stream_free_later(struct stream *s)
{
    if (s->aio != NULL)
        nng_aio_reap(s->aio);
    s->aio = NULL;
    stream_free(s);
}

void listener_bury(struct stream *s)
{
    struct listener *l = (struct listener *)s->house;

    pthread_mutex_lock(&l->lock);
    all_remove(l, s);
    if (s->peer != NULL)
        peers_leave(&l->peers, s->peer);
    s->peer = NULL;
    bool is_orphan = l->is_orphan;
    bool is_last = is_orphan && l->all == NULL && !listener_is_accepting(l);
    if (!is_orphan) {
        s->next = l->graves;
        l->graves = s;
        if (s->next == NULL)
            pthread_cond_signal(&l->wake);
    }
    pthread_mutex_unlock(&l->lock);

    if (is_orphan)
        stream_free_later(s);
    if (is_last)
        listener_free(l);
}

/* When a peer vanishes between two receives on TLS, nng shuts the socket and does not tell the second one. */
static bool has_vanished(struct stream *s)
{
    nng_sockaddr addr;
    return s->is_tls && nng_stream_get_addr(s->wire, NNG_OPT_REMADDR, &addr) != 0;
}

/* Patience 1 closes what waits for its peer, 2 everything. */
static void close_if_due(struct stream *s, int64_t now_ms, int patience)
{
    bool is_gone = has_vanished(s);

    pthread_mutex_lock(&s->lock);
    bool is_late = atomic_load(&s->deadline_ms) <= now_ms;
    bool is_busy = s->state == STREAM_WORK || s->state == STREAM_REPLY;
    bool must = is_late || is_gone || patience == 2 || (patience == 1 && !is_busy);
    bool does = must && !s->closing && s->state != STREAM_DEAD;
    if (does) {
        s->closing = true;
        nng_stream_close(s->wire);
    }
    pthread_mutex_unlock(&s->lock);

    if (does && is_late)
        atomic_fetch_add(&s->house->closed_by_deadline, 1);
}

static struct stream *due_streams(struct listener *l, int64_t now_ms)
{
    struct stream *doomed = NULL;
    bool looks_closer = now_ms >= l->look_ms;

    if (looks_closer)
        l->look_ms = now_ms + LOOK_MS;
    l->busy = 0;
    for (struct stream *s = l->all; s != NULL; s = s->next) {
        int state = atomic_load(&s->state);
        l->busy += state == STREAM_WORK || (state == STREAM_REPLY && l->patience < 2);
        bool may_be_gone = s->is_tls && looks_closer;
        if (l->patience > 0 || may_be_gone || atomic_load(&s->deadline_ms) <= now_ms) {
            s->doomed = doomed;
            doomed = s;
        }
    }
    return doomed;
}

void sweep_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until_ms)
{
    struct timespec t = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    (void)pthread_cond_timedwait(cond, lock, &t);
}

/* Only this thread frees streams, so that the ones it has seen stay valid without the lock. */
void *sweep_run(void *arg)
{
    struct listener *l = arg;
    int64_t next_ms = 0;

    pthread_mutex_lock(&l->lock);
    while (l->patience < 3) {
        struct stream *graves = l->graves;
        l->graves = NULL;
        int64_t now = monotonic_ms();
        int patience = l->patience;
        bool looks = now >= next_ms || patience > 0;
        struct stream *doomed = looks ? due_streams(l, now) : NULL;
        pthread_mutex_unlock(&l->lock);

        if (looks)
            next_ms = now + SWEEP_MS;
        for (struct stream *s = doomed; s != NULL; s = s->doomed)
            close_if_due(s, now, patience);
        while (graves != NULL) {
            struct stream *s = graves;
            graves = s->next;
            stream_free(s);
        }

        pthread_mutex_lock(&l->lock);
        l->sweeps++;
        pthread_cond_signal(&l->swept);
        if (l->graves == NULL && l->patience < 3)
            sweep_wait(&l->wake, &l->lock, l->patience > 0 ? now + STOP_SWEEP_MS : next_ms);
    }
    l->is_sweeper_gone = true;
    pthread_cond_signal(&l->swept);
    pthread_mutex_unlock(&l->lock);
    return NULL;
}
