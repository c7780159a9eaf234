/* One request, one reply: the client's half of SP REQ/REP, the same over every kind of wire. */
#include "client/link.h"

#include <stdlib.h>
#include <string.h>

#include "client/contexts.h"
#include "client/link_wire.h"
#include "common/check.h"

#define REPLY_MAX_BYTES ((uint64_t)64 << 20)
#define DIAL_MS         6000
#define IS_FRAME        1
#define ID_BYTES        4
#define HEAD_BYTES      (1 + 8 + ID_BYTES) /* the byte that only ipc has, length, request id */
#define IS_REQUEST      0x80000000u        /* REQ/REP: the last of the ids before the body */

static const uint8_t hello_req[8] = {0, 'S', 'P', 0, 0, 0x30}, hello_rep[8] = {0, 'S', 'P', 0, 0, 0x31};

struct link {
    const struct wire_kind *kind;
    struct wire *wire; /* NULL: not connected */
    char *peer;        /* whom it is connected to: url, authority, name */
    int server;        /* which of the context's servers answered last */
    uint32_t last_id;
};

static const struct wire_kind *kind_of(const char *url)
{
    static const struct wire_kind *const kinds[] = {&wire_ipc, &wire_tcp, &wire_tls};
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strncmp(url, kinds[i]->scheme, strlen(kinds[i]->scheme)) == 0)
            return kinds[i];
    return NULL;
}

static void hang_up(struct link *l)
{
    if (l->wire)
        l->kind->close(l->wire);
    free(l->peer);
    l->wire = NULL;
    l->peer = NULL;
}

static const char *peer_of(const struct client *c, int server)
{
    return arena_printf(c->arena, "%s\n%s\n%s", c->ctx->servers[server], c->ctx->tls_name, c->ctx->ca);
}

static enum status greet(struct link *l, int64_t until_ms, const char **ret_why)
{
    uint8_t got[sizeof(hello_rep)];
    enum status s = l->kind->send(l->wire, hello_req, sizeof(hello_req), until_ms, ret_why);
    if (s == STATUS_OK)
        s = l->kind->receive(l->wire, got, sizeof(got), until_ms, ret_why);
    if (s != STATUS_OK || memcmp(got, hello_rep, sizeof(got)) == 0)
        return s;
    *ret_why = "it speaks another protocol";
    return STATUS_UNAVAILABLE;
}

static enum status connect_to(struct client *c, int server, int64_t until_ms, const char **ret_why)
{
    struct link *l = c->link;
    l->kind = kind_of(c->ctx->servers[server]);
    if (!l->kind) {
        *ret_why = "not an address of ipc://, tcp:// or tls+tcp://";
        return STATUS_UNAVAILABLE;
    }
    enum status s = l->kind->open(c, c->ctx->servers[server], until_ms, &l->wire, ret_why);
    if (s == STATUS_OK)
        s = greet(l, until_ms, ret_why);
    if (s == STATUS_OK)
        l->peer = strdup(peer_of(c, server));
    else
        hang_up(l);
    return s;
}

static bool connect_any(struct client *c, int timeout_ms, const char **ret_err)
{
    struct link *l = c->link;
    *ret_err = "no server is known";
    for (int i = 0; i < c->ctx->servers_count && !l->wire; i++) {
        const char *why = "";
        int at = (l->server + i) % c->ctx->servers_count;
        int64_t until_ms = monotonic_ms() + (timeout_ms < DIAL_MS ? timeout_ms : DIAL_MS);
        if (connect_to(c, at, until_ms, &why) == STATUS_OK)
            l->server = at;
        else
            *ret_err = arena_printf(c->arena, "%s: %s", c->ctx->servers[at], why);
    }
    return l->wire;
}

/* Is the connection that stands one to a server of this context, and does it still stand? */
static bool is_of_use(struct client *c)
{
    struct link *l = c->link;
    for (int i = 0; l->wire && l->peer && i < c->ctx->servers_count; i++) {
        if (strcmp(l->peer, peer_of(c, i)) != 0)
            continue;
        l->server = i;
        return !l->kind->is_over(l->wire);
    }
    return false;
}

static void put_be(uint8_t *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

static uint64_t take_be(const uint8_t *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

static enum status send_frame(struct client *c, struct bytes message, int64_t until_ms, const char **ret_why)
{
    struct link *l = c->link;
    uint8_t *frame = arena_alloc(c->arena, HEAD_BYTES + message.len);
    if (!frame)
        return STATUS_INTERNAL;
    frame[0] = IS_FRAME;
    put_be(frame + 1, ID_BYTES + message.len, 8);
    put_be(frame + 9, IS_REQUEST | ++l->last_id, ID_BYTES);
    memcpy(frame + HEAD_BYTES, message.data, message.len);
    size_t skip = l->kind->is_framed ? 0 : 1;
    return l->kind->send(l->wire, frame + skip, HEAD_BYTES + message.len - skip, until_ms, ret_why);
}

static enum status receive_frame(struct client *c, int64_t until_ms, struct bytes *ret, const char **ret_why)
{
    struct link *l = c->link;
    uint8_t head[HEAD_BYTES] = {IS_FRAME};
    size_t skip = l->kind->is_framed ? 0 : 1;
    enum status s = l->kind->receive(l->wire, head + skip, sizeof(head) - skip, until_ms, ret_why);
    if (s != STATUS_OK)
        return s;

    *ret_why = "its frame is not one of SP";
    uint64_t len = take_be(head + 1, 8);
    if (head[0] != IS_FRAME || len < ID_BYTES || len - ID_BYTES > REPLY_MAX_BYTES ||
        take_be(head + 9, ID_BYTES) != (IS_REQUEST | l->last_id))
        return STATUS_CANCELLED;
    uint8_t *body = arena_alloc(c->arena, (size_t)len);
    *ret_why = "no memory for its reply";
    if (!body)
        return STATUS_CANCELLED;
    *ret = (struct bytes){body, (size_t)len - ID_BYTES};
    return ret->len ? l->kind->receive(l->wire, body, ret->len, until_ms, ret_why) : STATUS_OK;
}

enum status link_ask(struct client *c, struct bytes message, int timeout_ms, struct bytes *ret,
                     const char **ret_err)
{
    if (!c->link && !(c->link = arena_alloc(c->kept, sizeof(*c->link))))
        return STATUS_INTERNAL;
    struct link *l = c->link;
    if (!is_of_use(c)) {
        hang_up(l);
        if (!connect_any(c, timeout_ms, ret_err))
            return STATUS_UNAVAILABLE;
    }
    int64_t until_ms = monotonic_ms() + timeout_ms;
    const char *why = "";
    enum status s = send_frame(c, message, until_ms, &why);
    if (s == STATUS_OK) {
        s = receive_frame(c, until_ms, ret, &why);
        s = s == STATUS_UNAVAILABLE ? STATUS_CANCELLED : s;
    } else {
        s = STATUS_UNAVAILABLE; /* half a frame is no request */
    }
    if (s != STATUS_OK) { /* a late reply must not be taken for the next one's */
        *ret_err = arena_printf(c->arena, "%s: %s", c->ctx->servers[l->server], why);
        hang_up(l);
    }
    return s;
}
