/* One connection that speaks SP REQ/REP: header, then length, ids, body; one request at a time. */
#include "server/front/stream.h"

#include <stdlib.h>
#include <string.h>

#include "common/check.h"

enum {
    HELLO_BYTES = 8,
    LENGTH_BYTES = 8,
    PROTOCOL_REP = 0x31,
    PROTOCOL_REQ = 0x30,
    IPC_MARK = 0x01,         /* stands before each length on ipc */
    BODY_FIRST_ROOM = 16384, /* then twice as much when it is full: what did not arrive is not reserved */
};

/* What the callback does when it has let go of the lock. */
enum next { NEXT_WAIT, NEXT_WORK, NEXT_END };

static enum next stream_advance(struct stream *s);
static void stream_event(void *arg);

struct stream *stream_new(struct house *house, nng_stream *wire, bool is_ipc)
{
    struct stream *s = calloc(1, sizeof *s);
    if (s == NULL) {
        nng_stream_free(wire);
        return NULL;
    }
    pthread_mutex_init(&s->lock, NULL);
    s->ticket.stream = s;
    s->house = house;
    s->wire = wire;
    s->is_ipc = is_ipc;
    s->state = STREAM_HELLO_OUT;
    atomic_init(&s->deadline_ms, INT64_MAX);
    return s;
}

/* --- posting: only with the lock held, only when not closing --- */

static void set_deadline(struct stream *s, int after_ms)
{
    atomic_store(&s->deadline_ms, monotonic_ms() + after_ms);
}

static enum next receive(struct stream *s, uint8_t *at, size_t room)
{
    nng_iov iov = {.iov_buf = at, .iov_len = room};
    nng_aio_set_iov(s->aio, 1, &iov);
    nng_stream_recv(s->wire, s->aio);
    return NEXT_WAIT;
}

static enum next receive_ahead(struct stream *s)
{
    if (s->from > 0) {
        memmove(s->ahead, s->ahead + s->from, s->till - s->from);
        s->till -= s->from;
        s->from = 0;
    }
    return receive(s, s->ahead + s->till, sizeof s->ahead - s->till);
}

static enum next send_rest(struct stream *s)
{
    nng_iov iov = {.iov_buf = s->out + s->out_sent, .iov_len = s->out_len - s->out_sent};
    nng_aio_set_iov(s->aio, 1, &iov);
    nng_stream_send(s->wire, s->aio);
    return NEXT_WAIT;
}

/* --- memory that peers make us hold --- */

static bool body_take(struct stream *s, size_t len)
{
    const struct listener_limits *limits = &s->house->limits;
    if (atomic_fetch_add(&s->house->body_bytes, len) + len <= limits->bodies_max_bytes &&
        peer_take(s->peer, len, limits))
        return true;
    atomic_fetch_sub(&s->house->body_bytes, len);
    return false;
}

static void body_give(struct stream *s, size_t len)
{
    peer_give(s->peer, len);
    atomic_fetch_sub(&s->house->body_bytes, len);
}

static void body_drop(struct stream *s)
{
    if (s->body == NULL)
        return;
    body_give(s, s->body_room);
    free(s->body);
    s->body = NULL;
    s->body_have = s->body_room = 0;
}

static void out_drop(struct stream *s)
{
    atomic_fetch_sub(&s->house->reply_bytes, s->out_len);
    free(s->out);
    s->out = NULL;
    s->out_len = s->out_sent = 0;
}

/* With the lock held; the caller buries it afterwards, without. */
static void stream_die(struct stream *s)
{
    body_drop(s);
    out_drop(s);
    if (!s->is_negotiated && s->peer != NULL)
        atomic_fetch_sub(&s->peer->unnegotiated, 1);
    s->state = STREAM_DEAD;
}

static bool body_grow(struct stream *s)
{
    size_t room = s->body_room == 0 ? BODY_FIRST_ROOM : 2 * s->body_room;
    if (room > s->frame_len)
        room = s->frame_len;
    if (!body_take(s, room - s->body_room))
        return false;

    uint8_t *grown = realloc(s->body, room);
    if (grown == NULL) {
        body_give(s, room - s->body_room);
        return false;
    }
    s->body = grown;
    s->body_room = room;
    return true;
}

/* --- the states, in the order of a request's life --- */

void stream_start(struct stream *s)
{
    static const uint8_t hello[HELLO_BYTES] = {0, 'S', 'P', 0, 0, PROTOCOL_REP, 0, 0};

    pthread_mutex_lock(&s->lock);
    bool lives = s->peer != NULL && !s->closing && nng_aio_alloc(&s->aio, stream_event, s) == 0 &&
                 (s->out = malloc(HELLO_BYTES)) != NULL;
    if (lives) {
        memcpy(s->out, hello, HELLO_BYTES);
        s->out_len = HELLO_BYTES;
        atomic_fetch_add(&s->house->reply_bytes, HELLO_BYTES);
        nng_aio_set_timeout(s->aio, NNG_DURATION_INFINITE); /* never cancel on TLS: the sweeper closes */
        set_deadline(s, s->house->limits.handshake_ms);
        send_rest(s);
    } else {
        stream_die(s);
    }
    pthread_mutex_unlock(&s->lock);

    if (!lives)
        listener_bury(s);
}

static enum next hello_in(struct stream *s)
{
    static const uint8_t hello[HELLO_BYTES] = {0, 'S', 'P', 0, 0, PROTOCOL_REQ, 0, 0};

    if (s->till - s->from < HELLO_BYTES)
        return receive_ahead(s);
    if (memcmp(s->ahead + s->from, hello, HELLO_BYTES) != 0)
        return NEXT_END;
    s->from += HELLO_BYTES;
    s->is_negotiated = true;
    atomic_fetch_sub(&s->peer->unnegotiated, 1);

    s->state = STREAM_HEAD;
    set_deadline(s, s->house->limits.idle_ms);
    return stream_advance(s);
}

static enum next head_in(struct stream *s)
{
    size_t head = LENGTH_BYTES + (s->is_ipc ? 1 : 0);
    size_t have = s->till - s->from;

    if (have < head) {
        if (have > 0 && !s->has_head_begun) {
            s->has_head_begun = true;
            set_deadline(s, s->house->limits.handshake_ms);
        }
        return receive_ahead(s);
    }

    const uint8_t *at = s->ahead + s->from;
    if (s->is_ipc && *at++ != IPC_MARK)
        return NEXT_END;
    uint64_t len = 0;
    for (int i = 0; i < LENGTH_BYTES; i++)
        len = len << 8 | at[i];
    if (len > s->house->limits.frame_max_bytes || len < 4)
        return NEXT_END;

    s->from += head;
    s->frame_len = (size_t)len;
    s->has_head_begun = false;
    s->state = STREAM_BODY;
    set_deadline(s, s->house->limits.body_ms);
    return stream_advance(s);
}

/* The ids are four-byte words; the last one, the request's own, has the high bit set. */
static enum next work_begin(struct stream *s, const uint8_t *frame)
{
    size_t len = 0;
    bool is_last = false;
    while (!is_last) {
        if (len + 4 > s->frame_len || len + 4 > STREAM_IDS_BYTES)
            return NEXT_END;
        is_last = (frame[len] & 0x80) != 0;
        len += 4;
    }
    memcpy(s->ids, frame, len);
    s->ids_len = len;
    s->request = (struct bytes){frame + len, s->frame_len - len};

    s->state = STREAM_WORK;
    atomic_store(&s->deadline_ms, INT64_MAX);
    atomic_fetch_add(&s->house->requests, 1);
    atomic_fetch_add(&s->house->unanswered, 1);
    return NEXT_WORK;
}

static enum next body_in(struct stream *s)
{
    size_t have = s->till - s->from;

    if (s->frame_len <= sizeof s->ahead) {
        if (have < s->frame_len)
            return receive_ahead(s);
        const uint8_t *frame = s->ahead + s->from;
        s->from += s->frame_len;
        return work_begin(s, frame);
    }
    if (s->body == NULL) {
        if (!body_grow(s))
            return NEXT_END;
        memcpy(s->body, s->ahead + s->from, have); /* less than the frame, and than the first room */
        s->body_have = have;
        s->from = s->till = 0;
    }
    if (s->body_have == s->frame_len)
        return work_begin(s, s->body);
    if (s->body_have == s->body_room && !body_grow(s))
        return NEXT_END;
    return receive(s, s->body + s->body_have, s->body_room - s->body_have);
}

static enum next stream_advance(struct stream *s)
{
    switch (s->state) {
    case STREAM_HELLO_IN:
        return hello_in(s);
    case STREAM_HEAD:
        return head_in(s);
    default:
        return body_in(s);
    }
}

static enum next stream_sent(struct stream *s, size_t n)
{
    s->out_sent += n;
    if (s->out_sent < s->out_len)
        return send_rest(s);

    out_drop(s);
    if (s->state == STREAM_HELLO_OUT) {
        s->state = STREAM_HELLO_IN;
        return stream_advance(s);
    }
    if (atomic_load(&s->house->stopping))
        return NEXT_END;
    s->state = STREAM_HEAD;
    set_deadline(s, s->house->limits.idle_ms);
    return stream_advance(s);
}

static enum next stream_moved(struct stream *s, size_t n)
{
    switch (s->state) {
    case STREAM_HELLO_OUT:
    case STREAM_REPLY:
        return stream_sent(s, n);
    case STREAM_BODY:
        if (s->body != NULL) {
            s->body_have += n;
            return stream_advance(s);
        }
        break;
    default:
        break;
    }
    s->till += n;
    return stream_advance(s);
}

/* Every completion comes here. A completion without bytes is the end, as an error is. */
static void stream_event(void *arg)
{
    struct stream *s = arg;
    int err = nng_aio_result(s->aio);
    size_t n = nng_aio_count(s->aio);

    pthread_mutex_lock(&s->lock);
    enum next next = err != 0 || n == 0 || s->closing ? NEXT_END : stream_moved(s, n);
    if (next == NEXT_END)
        stream_die(s);
    struct bytes request = s->request;
    pthread_mutex_unlock(&s->lock);

    /* After NEXT_WAIT the next callback may already have ended it; after on_request so may the answer. */
    if (next == NEXT_END)
        listener_bury(s);
    else if (next == NEXT_WORK)
        s->house->on_request(s->house->ctx, &s->ticket, request);
}

static bool reply_pack(struct stream *s, const void *reply, size_t len)
{
    size_t head = LENGTH_BYTES + (s->is_ipc ? 1 : 0);
    uint64_t frame_len = s->ids_len + len;
    size_t all = head + s->ids_len + len;

    if (atomic_fetch_add(&s->house->reply_bytes, all) + all > s->house->limits.bodies_max_bytes ||
        (s->out = malloc(all)) == NULL) {
        atomic_fetch_sub(&s->house->reply_bytes, all);
        return false;
    }
    s->out_len = all;
    s->out_sent = 0;

    uint8_t *at = s->out;
    if (s->is_ipc)
        *at++ = IPC_MARK;
    for (int i = 0; i < LENGTH_BYTES; i++)
        *at++ = (uint8_t)(frame_len >> (56 - 8 * i));
    memcpy(at, s->ids, s->ids_len);
    if (len > 0)
        memcpy(at + s->ids_len, reply, len);
    return true;
}

void listener_answer(struct ticket *t, const void *reply, size_t len)
{
    struct stream *s = t->stream;

    pthread_mutex_lock(&s->lock);
    PRE(s->state == STREAM_WORK);
    bool lives = !s->closing && reply_pack(s, reply, len);
    body_drop(s);
    atomic_fetch_sub(&s->house->unanswered, 1);
    if (lives) {
        s->state = STREAM_REPLY;
        set_deadline(s, s->house->limits.reply_ms);
        send_rest(s);
    } else {
        stream_die(s);
    }
    pthread_mutex_unlock(&s->lock);

    if (!lives)
        listener_bury(s);
}

const char *ticket_peer(const struct ticket *t) { return t->stream->name; }
