/* tls+tcp by a stream of nng's, which brings mbedTLS with it. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include "client/contexts.h"
#include "client/link_wire.h"

#define BUFFER_BYTES ((size_t)16 << 10) /* a record of TLS */

/* Something under way in nng, and the memory that it may touch until it is done. */
struct step {
    struct wire *wire;
    nng_aio *aio;
    bool is_begun, is_done;
    char buffer[BUFFER_BYTES];
};

/* What does not end in time is left behind with the wire: nng's TLS must not be cancelled, and closing it
 * after an error may hang. */
struct wire {
    pthread_mutex_t mutex;
    pthread_cond_t done;
    bool is_sick;
    nng_stream_dialer *dialer;
    nng_stream *stream;
    struct step out, in; /* `in` is under way whenever nothing is left of it: only so nng sees the peer go */
    size_t from, till;   /* what is left of in.buffer */
};

static enum status failed(const char **ret_why, int rv)
{
    *ret_why = nng_strerror(rv);
    return rv == NNG_ETIMEDOUT ? STATUS_DEADLINE_EXCEEDED : STATUS_UNAVAILABLE;
}

static void on_done(void *arg)
{
    struct step *s = arg;
    pthread_mutex_lock(&s->wire->mutex);
    s->is_done = true;
    pthread_cond_signal(&s->wire->done);
    pthread_mutex_unlock(&s->wire->mutex);
}

static bool is_done(struct step *s)
{
    pthread_mutex_lock(&s->wire->mutex);
    bool done = s->is_done;
    pthread_mutex_unlock(&s->wire->mutex);
    return done;
}

static void begin(struct step *s, size_t len)
{
    nng_iov iov = {.iov_buf = s->buffer, .iov_len = len};
    s->is_begun = true;
    s->is_done = false;
    nng_aio_set_iov(s->aio, 1, &iov);
}

/* How it ended, or NNG_ETIMEDOUT while it goes on. */
static int end_of(struct step *s, int64_t until_ms)
{
    struct wire *w = s->wire;
    struct timespec until = {until_ms / 1000, until_ms % 1000 * 1000000};
    int waited = 0;
    pthread_mutex_lock(&w->mutex);
    while (!s->is_done && waited == 0)
        waited = pthread_cond_timedwait(&w->done, &w->mutex, &until);
    int rv = s->is_done ? nng_aio_result(s->aio) : NNG_ETIMEDOUT;
    s->is_begun = !s->is_done;
    pthread_mutex_unlock(&w->mutex);
    w->is_sick = w->is_sick || rv != 0;
    return rv;
}

/* The server must hold a certificate of the city's own authority, for the name that the invite gave. */
static int set_tls(const struct client *c, nng_stream_dialer *dialer)
{
    nng_tls_config *tls;
    int rv = nng_tls_config_alloc(&tls, NNG_TLS_MODE_CLIENT);
    if (rv != 0)
        return rv;
    rv = nng_tls_config_auth_mode(tls, NNG_TLS_AUTH_MODE_REQUIRED);
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

    w->out.wire = w->in.wire = w;
    int rv = nng_aio_alloc(&w->out.aio, on_done, &w->out);
    if (rv == 0)
        rv = nng_aio_alloc(&w->in.aio, on_done, &w->in);
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
    if (w->stream)
        nng_stream_close(w->stream);
    if (w->in.aio)
        nng_aio_free(w->in.aio); /* waits for its callback */
    if (w->out.aio)
        nng_aio_free(w->out.aio);
    if (w->stream)
        nng_stream_free(w->stream);
    if (w->dialer)
        nng_stream_dialer_free(w->dialer);
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
    w->out.is_begun = true;
    nng_stream_dialer_dial(w->dialer, w->out.aio);
    rv = end_of(&w->out, until_ms);
    if (rv != 0)
        return failed(ret_why, rv);
    w->stream = nng_aio_get_output(w->out.aio, 0);
    *ret = w;
    return STATUS_OK;
}

static enum status tls_send(struct wire *w, const void *data, size_t len, int64_t until_ms,
                            const char **ret_why)
{
    for (const char *at = data; len > 0;) {
        size_t now = len < BUFFER_BYTES ? len : BUFFER_BYTES;
        memcpy(w->out.buffer, at, now);
        begin(&w->out, now);
        nng_stream_send(w->stream, w->out.aio);
        int rv = end_of(&w->out, until_ms);
        if (rv != 0)
            return failed(ret_why, rv);
        at += nng_aio_count(w->out.aio);
        len -= nng_aio_count(w->out.aio);
    }
    return STATUS_OK;
}

static void listen_on(struct wire *w)
{
    begin(&w->in, BUFFER_BYTES);
    nng_stream_recv(w->stream, w->in.aio);
}

static enum status tls_receive(struct wire *w, void *ret, size_t len, int64_t until_ms, const char **ret_why)
{
    for (char *at = ret; len > 0;) {
        if (w->from == w->till) {
            if (!w->in.is_begun)
                listen_on(w);
            int rv = end_of(&w->in, until_ms);
            w->from = 0;
            w->till = rv == 0 ? nng_aio_count(w->in.aio) : 0;
            if (w->till == 0) {
                w->is_sick = true;
                return failed(ret_why, rv ? rv : NNG_ECLOSED);
            }
        }
        size_t now = w->till - w->from < len ? w->till - w->from : len;
        memcpy(at, w->in.buffer + w->from, now);
        w->from += now;
        at += now;
        len -= now;
    }
    if (w->from == w->till)
        listen_on(w);
    return STATUS_OK;
}

static bool tls_is_over(struct wire *w)
{
    bool is_over = w->from < w->till || is_done(&w->in);
    w->is_sick = w->is_sick || is_over;
    return is_over;
}

const struct wire_kind wire_tls = {"tls+tcp://", false,       tls_open, tls_send,
                                   tls_receive,  tls_is_over, tls_close};
