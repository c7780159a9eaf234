/* One request, one reply, over nng REQ; the only room that knows nng. */
#include "client/link.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/tls/tls.h>

#include "client/contexts.h"

#define REPLY_MAX_BYTES ((size_t)64 << 20)
#define DIAL_MS         6000

struct link {
    nng_socket socket;
    bool is_open;
    bool is_sick; /* an error was seen: never close again */
    int server;   /* which of the context's servers answered last */
};

/* A dial that may hang (TLS has no deadline of its own) runs on a thread that is left behind when it does. */
struct dial {
    pthread_mutex_t mutex;
    pthread_cond_t done;
    nng_dialer dialer;
    int result;
    bool is_over;
};

static void *dial_thread(void *arg)
{
    struct dial *d = arg;
    int result = nng_dialer_start(d->dialer, 0);

    pthread_mutex_lock(&d->mutex);
    d->result = result;
    d->is_over = true;
    pthread_cond_signal(&d->done);
    pthread_mutex_unlock(&d->mutex);
    return NULL;
}

static int dial_within(struct client *c, nng_dialer dialer, int ms)
{
    struct dial *d = arena_alloc(c->arena, sizeof(*d));
    struct timespec until;
    pthread_t thread;
    if (!d)
        return NNG_ENOMEM;
    pthread_mutex_init(&d->mutex, NULL);
    pthread_cond_init(&d->done, NULL);
    d->dialer = dialer;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    if (pthread_create(&thread, NULL, dial_thread, d) != 0)
        return NNG_ENOMEM;
    pthread_detach(thread);

    pthread_mutex_lock(&d->mutex);
    int waited = 0;
    while (!d->is_over && waited == 0)
        waited = pthread_cond_timedwait(&d->done, &d->mutex, &until);
    int result = d->is_over ? d->result : NNG_ETIMEDOUT;
    pthread_mutex_unlock(&d->mutex);
    return result;
}

/* The server must hold a certificate of the city's own authority, for the name that the invite gave. */
static int set_tls(const struct client *c, nng_dialer dialer)
{
    nng_tls_config *tls;
    int rv = nng_tls_config_alloc(&tls, NNG_TLS_MODE_CLIENT);
    if (rv != 0)
        return rv;
    if (!*c->ctx->ca || !*c->ctx->tls_name) {
        nng_tls_config_free(tls);
        return NNG_EPEERAUTH; /* nothing to check it against */
    }
    rv = nng_tls_config_auth_mode(tls, NNG_TLS_AUTH_MODE_REQUIRED);
    if (rv == 0)
        rv = nng_tls_config_ca_chain(tls, c->ctx->ca, NULL);
    if (rv == 0)
        rv = nng_tls_config_server_name(tls, c->ctx->tls_name);
    if (rv == 0)
        rv = nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, tls);
    nng_tls_config_free(tls);
    return rv;
}

static int open_to(struct client *c, const char *url, int timeout_ms)
{
    struct link *l = c->link;
    nng_dialer dialer;
    int rv = nng_req0_open(&l->socket);
    if (rv != 0)
        return rv;
    rv = nng_socket_set_ms(l->socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE);
    if (rv == 0)
        rv = nng_socket_set_size(l->socket, NNG_OPT_RECVMAXSZ, REPLY_MAX_BYTES);
    if (rv == 0)
        rv = nng_dialer_create(&dialer, l->socket, url);
    if (rv == 0 && strncmp(url, "tls+", 4) == 0)
        rv = set_tls(c, dialer);
    if (rv == 0)
        rv = dial_within(c, dialer, timeout_ms < DIAL_MS ? timeout_ms : DIAL_MS);
    l->is_open = rv == 0;
    l->is_sick = l->is_sick || rv != 0;
    return rv;
}

static const char *why_not(const struct client *c, int rv)
{
    bool knows_nobody = rv == NNG_EPEERAUTH && !*c->ctx->ca;
    return !knows_nobody
               ? nng_strerror(rv)
               : T(c, "本机没有该城市的证书机构，无法核对服务器；请先 purser enroll INVITE",
                   "no authority of the city is known here to check it against; purser enroll INVITE first");
}

static int open_any(struct client *c, int timeout_ms, const char **ret_err)
{
    int rv = NNG_ENOENT;
    for (int i = 0; i < c->ctx->servers_count && !c->link->is_open; i++) {
        int at = (c->link->server + i) % c->ctx->servers_count;
        rv = open_to(c, c->ctx->servers[at], timeout_ms);
        if (rv == 0)
            c->link->server = at;
        else
            *ret_err = arena_printf(c->arena, "%s: %s", c->ctx->servers[at], why_not(c, rv));
    }
    return c->link->is_open ? 0 : rv;
}

enum status link_ask(struct client *c, struct bytes message, int timeout_ms, struct bytes *ret,
                     const char **ret_err)
{
    if (!c->link && !(c->link = arena_alloc(c->arena, sizeof(*c->link))))
        return STATUS_INTERNAL;
    struct link *l = c->link;
    *ret_err = "no server is known";
    if (!l->is_open && open_any(c, timeout_ms, ret_err) != 0)
        return STATUS_UNAVAILABLE;

    uint8_t *copy = arena_alloc(c->arena, message.len + 1);
    if (!copy)
        return STATUS_INTERNAL;
    memcpy(copy, message.data, message.len);
    nng_socket_set_ms(l->socket, NNG_OPT_SENDTIMEO, timeout_ms);
    nng_socket_set_ms(l->socket, NNG_OPT_RECVTIMEO, timeout_ms);
    int rv = nng_send(l->socket, copy, message.len, 0);
    nng_msg *reply = NULL;
    bool was_sent = rv == 0;
    if (rv == 0)
        rv = nng_recvmsg(l->socket, &reply, 0);
    if (rv != 0) {
        *ret_err = arena_printf(c->arena, "%s: %s", c->ctx->servers[l->server], nng_strerror(rv));
        l->is_open = false;
        l->is_sick = true;
        return !was_sent             ? STATUS_UNAVAILABLE
               : rv == NNG_ETIMEDOUT ? STATUS_DEADLINE_EXCEEDED
                                     : STATUS_CANCELLED;
    }
    *ret = arena_bytes(c->arena, nng_msg_body(reply), nng_msg_len(reply));
    nng_msg_free(reply);
    return STATUS_OK;
}

void link_done(struct client *c)
{
    if (c->link && c->link->is_open && !c->link->is_sick)
        nng_close(c->link->socket);
}
