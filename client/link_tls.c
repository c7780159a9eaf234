/* tls+tcp by a stream of nng's, which brings mbedTLS with it. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include "client/contexts.h"
#include "client/link_wire.h"

#define BUFFER_BYTES ((size_t)16 << 10) /* a record of TLS */

/* One thing at a time is under way. What does not end in time is left behind with the wire: nng's TLS must
 * not be cancelled, and closing it may hang. */
struct wire {
    pthread_mutex_t mutex;
    pthread_cond_t done;
    bool is_done, is_sick;
    nng_aio *aio;
    nng_stream_dialer *dialer;
    nng_stream *stream;
    char buffer[BUFFER_BYTES]; /* what nng may still touch belongs to the wire */
};

static enum status failed(const char **ret_why, int rv)
{
    *ret_why = nng_strerror(rv);
    return rv == NNG_ETIMEDOUT ? STATUS_DEADLINE_EXCEEDED : STATUS_UNAVAILABLE;
}

static void on_done(void *arg)
{
    struct wire *w = arg;
    pthread_mutex_lock(&w->mutex);
    w->is_done = true;
    pthread_cond_signal(&w->done);
    pthread_mutex_unlock(&w->mutex);
}

/* How the aio ended, or NNG_ETIMEDOUT while it goes on. */
static int result_of(struct wire *w, int64_t until_ms)
{
    struct timespec until = {until_ms / 1000, until_ms % 1000 * 1000000};
    int waited = 0;
    pthread_mutex_lock(&w->mutex);
    while (!w->is_done && waited == 0)
        waited = pthread_cond_timedwait(&w->done, &w->mutex, &until);
    int rv = w->is_done ? nng_aio_result(w->aio) : NNG_ETIMEDOUT;
    w->is_done = false;
    pthread_mutex_unlock(&w->mutex);
    w->is_sick = rv != 0;
    return rv;
}

/* The server must hold a certificate of the city's own authority, for the name that the invite gave. */
static int set_tls(const struct client *c, nng_stream_dialer *dialer)
{
    nng_tls_config *tls;
    int rv = nng_tls_config_alloc(&tls, NNG_TLS_MODE_CLIENT);
    if (rv == 0)
        rv = nng_tls_config_auth_mode(tls, NNG_TLS_AUTH_MODE_REQUIRED);
    else
        return rv;
    if (rv == 0)
        rv = nng_tls_config_ca_chain(tls, c->ctx->ca, NULL);
    if (rv == 0)
        rv = nng_tls_config_server_name(tls, c->ctx->tls_name);
    if (rv == 0)
        rv = nng_stream_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, tls);
    nng_tls_config_free(tls); /* the dialer holds it */
    return rv;
}

static int prepare(const struct client *c, const char *url, struct wire *w)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->done, &monotonic);
    pthread_condattr_destroy(&monotonic);

    int rv = nng_aio_alloc(&w->aio, on_done, w);
    if (rv == 0)
        rv = nng_stream_dialer_alloc(&w->dialer, url);
    if (rv == 0) /* or each of our small records waits 40 ms for the acknowledgement of the one before */
        rv = nng_stream_dialer_set_bool(w->dialer, NNG_OPT_TCP_NODELAY, true);
    return rv == 0 ? set_tls(c, w->dialer) : rv;
}

static void tls_close(struct wire *w)
{
    if (w->is_sick)
        return;
    if (w->stream) {
        nng_stream_close(w->stream);
        nng_stream_free(w->stream);
    }
    if (w->dialer)
        nng_stream_dialer_free(w->dialer);
    nng_aio_free(w->aio);
    pthread_cond_destroy(&w->done);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}

static enum status tls_open(const struct client *c, const char *url, int64_t until_ms, struct wire **ret,
                            const char **ret_why)
{
    if (!*c->ctx->ca || !*c->ctx->tls_name) {
        *ret_why =
            T(c, "本机没有该城市的证书机构，无法核对服务器；请先 purser enroll INVITE",
              "no authority of the city is known here to check it against; purser enroll INVITE first");
        return STATUS_UNAVAILABLE;
    }
    struct wire *w = calloc(1, sizeof(*w));
    if (!w)
        return failed(ret_why, NNG_ENOMEM);
    int rv = prepare(c, url, w);
    if (rv != 0) {
        tls_close(w);
        return failed(ret_why, rv);
    }
    nng_stream_dialer_dial(w->dialer, w->aio);
    rv = result_of(w, until_ms);
    if (rv != 0)
        return failed(ret_why, rv);
    w->stream = nng_aio_get_output(w->aio, 0);
    *ret = w;
    return STATUS_OK;
}

typedef void nng_step(nng_stream *, nng_aio *);

/* Moves as much as goes at once through the buffer; 0 after a failure. */
static size_t go(struct wire *w, nng_step *step, size_t len, int64_t until_ms, enum status *ret_status,
                 const char **ret_why)
{
    nng_iov iov = {.iov_buf = w->buffer, .iov_len = len};
    nng_aio_set_iov(w->aio, 1, &iov);
    step(w->stream, w->aio);
    int rv = result_of(w, until_ms);
    size_t n = rv == 0 ? nng_aio_count(w->aio) : 0;
    *ret_status = n ? STATUS_OK : failed(ret_why, rv ? rv : NNG_ECLOSED);
    return n;
}

static enum status tls_send(struct wire *w, const void *data, size_t len, int64_t until_ms,
                            const char **ret_why)
{
    enum status s = STATUS_OK;
    for (const char *at = data; len > 0 && s == STATUS_OK;) {
        size_t now = len < BUFFER_BYTES ? len : BUFFER_BYTES;
        memcpy(w->buffer, at, now);
        size_t n = go(w, nng_stream_send, now, until_ms, &s, ret_why);
        at += n;
        len -= n;
    }
    return s;
}

static enum status tls_receive(struct wire *w, void *ret, size_t len, int64_t until_ms, const char **ret_why)
{
    enum status s = STATUS_OK;
    for (char *at = ret; len > 0 && s == STATUS_OK;) {
        size_t n = go(w, nng_stream_recv, len < BUFFER_BYTES ? len : BUFFER_BYTES, until_ms, &s, ret_why);
        memcpy(at, w->buffer, n);
        at += n;
        len -= n;
    }
    return s;
}

static bool tls_is_over(struct wire *w)
{
    (void)w;
    return false; /* nng does not say; the next request will hear it, and is sent again */
}

const struct wire_kind wire_tls = {"tls+tcp://", false,       tls_open, tls_send,
                                   tls_receive,  tls_is_over, tls_close};
