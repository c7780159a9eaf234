/* Who is connected, counted by address, and which networks are exempt from being counted. */
#include "server/front/peers.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct peer_key ipc_key = {{0xff, 0xff, 'i', 'p', 'c'}};
static const uint8_t v4_prefix[12] = {0xff, 0xff, 'i', 'p', '4'};
static const uint8_t v4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static enum status exempt_parse(char *word, struct peer_net *ret)
{
    struct in_addr v4;
    char *slash = strchr(word, '/');
    long bits = -1;

    if (strcmp(word, "ipc") == 0) {
        *ret = (struct peer_net){ipc_key, 128};
        return STATUS_OK;
    }
    if (slash != NULL) {
        char *end;
        *slash = '\0';
        bits = strtol(slash + 1, &end, 10);
        if (end == slash + 1 || *end != '\0' || bits < 0)
            return STATUS_INVALID_ARGUMENT;
    }
    if (inet_pton(AF_INET, word, &v4) == 1) {
        memcpy(ret->key.b, v4_prefix, sizeof v4_prefix);
        memcpy(ret->key.b + 12, &v4, 4);
        bits = bits < 0 ? 128 : bits + 96;
    } else if (inet_pton(AF_INET6, word, ret->key.b) == 1) {
        bits = bits < 0 || bits > 64 ? 64 : bits;
        memset(ret->key.b + 8, 0, 8);
    } else {
        return STATUS_INVALID_ARGUMENT;
    }
    if (bits > 128)
        return STATUS_INVALID_ARGUMENT;
    ret->bits = (int)bits;
    return STATUS_OK;
}

enum status peers_init(struct peers *p, const char *exempt)
{
    *p = (struct peers){0};
    if (exempt == NULL)
        return STATUS_OK;

    char *text = strdup(exempt);
    if (text == NULL)
        return STATUS_RESOURCE_EXHAUSTED;
    enum status st = STATUS_OK;
    char *rest = NULL;
    char *w = strtok_r(text, ", ", &rest);
    for (; w != NULL && st == STATUS_OK; w = strtok_r(NULL, ", ", &rest)) {
        st = p->exempt_count == PEERS_EXEMPT_MAX ? STATUS_INVALID_ARGUMENT
                                                 : exempt_parse(w, &p->exempt[p->exempt_count]);
        p->exempt_count += st == STATUS_OK;
    }
    free(text);
    return st;
}

void peers_done(struct peers *p)
{
    for (size_t i = 0; i < PEERS_BUCKETS; i++) {
        while (p->bucket[i] != NULL) {
            struct peer *gone = p->bucket[i];
            p->bucket[i] = gone->next;
            free(gone);
        }
    }
}

struct peer_key peer_key_of(const nng_sockaddr *addr, bool is_ipc)
{
    struct peer_key key = {{0}};

    if (is_ipc)
        return ipc_key;
    if (addr->s_family == NNG_AF_INET) {
        memcpy(key.b, v4_prefix, sizeof v4_prefix);
        memcpy(key.b + 12, &addr->s_in.sa_addr, 4);
    } else if (addr->s_family == NNG_AF_INET6) {
        memcpy(key.b, addr->s_in6.sa_addr, 16);
        if (memcmp(key.b, v4_mapped, sizeof v4_mapped) == 0)
            memcpy(key.b, v4_prefix, sizeof v4_prefix);
        else
            memset(key.b + 8, 0, 8);
    }
    return key;
}

void peer_name(const nng_sockaddr *addr, bool is_ipc, char ret[64])
{
    char text[INET6_ADDRSTRLEN] = "?";

    if (is_ipc) {
        snprintf(ret, 64, "ipc");
    } else if (addr->s_family == NNG_AF_INET) {
        inet_ntop(AF_INET, &addr->s_in.sa_addr, text, sizeof text);
        snprintf(ret, 64, "%s:%d", text, ntohs(addr->s_in.sa_port));
    } else if (addr->s_family == NNG_AF_INET6) {
        inet_ntop(AF_INET6, addr->s_in6.sa_addr, text, sizeof text);
        snprintf(ret, 64, "[%s]:%d", text, ntohs(addr->s_in6.sa_port));
    } else {
        snprintf(ret, 64, "?");
    }
}

static bool is_exempt(const struct peers *p, const struct peer_key *key)
{
    for (int i = 0; i < p->exempt_count; i++) {
        const struct peer_net *net = &p->exempt[i];
        size_t whole = (size_t)net->bits / 8;
        int rest = net->bits % 8;
        bool is_one_kind = (key->b[0] == 0xff) == (net->key.b[0] == 0xff); /* "::/0" is all of IPv6 only */
        if (is_one_kind && memcmp(key->b, net->key.b, whole) == 0 &&
            (rest == 0 || (key->b[whole] ^ net->key.b[whole]) >> (8 - rest) == 0))
            return true;
    }
    return false;
}

static struct peer **bucket_of(struct peers *p, const struct peer_key *key)
{
    uint32_t h = 2166136261u; /* FNV-1a: a hostile choice of addresses costs at most connections_max steps */
    for (size_t i = 0; i < sizeof key->b; i++)
        h = (h ^ key->b[i]) * 16777619u;
    return &p->bucket[h % PEERS_BUCKETS];
}

struct peer *peers_enter(struct peers *p, struct peer_key key, int connections_max, int unnegotiated_max)
{
    struct peer **bucket = bucket_of(p, &key);
    struct peer *peer = *bucket;

    while (peer != NULL && memcmp(&peer->key, &key, sizeof key) != 0)
        peer = peer->next;
    if (peer == NULL) {
        peer = calloc(1, sizeof *peer);
        if (peer == NULL)
            return NULL;
        peer->key = key;
        peer->is_exempt = is_exempt(p, &key);
        peer->next = *bucket;
        *bucket = peer;
    }
    if (!peer->is_exempt &&
        (peer->connections >= connections_max || atomic_load(&peer->unnegotiated) >= unnegotiated_max))
        return NULL;

    peer->connections++;
    atomic_fetch_add(&peer->unnegotiated, 1);
    return peer;
}

void peers_leave(struct peers *p, struct peer *peer)
{
    if (--peer->connections > 0)
        return;

    struct peer **at = bucket_of(p, &peer->key);
    while (*at != peer)
        at = &(*at)->next;
    *at = peer->next;
    free(peer);
}

bool peer_take(struct peer *peer, size_t len, const struct listener_limits *limits)
{
    size_t share = limits->bodies_max_bytes / 4;
    if (share < 2 * limits->frame_max_bytes)
        share = 2 * limits->frame_max_bytes;

    if (atomic_fetch_add(&peer->body_bytes, len) + len <= share || peer->is_exempt)
        return true;
    atomic_fetch_sub(&peer->body_bytes, len);
    return false;
}

void peer_give(struct peer *peer, size_t len) { atomic_fetch_sub(&peer->body_bytes, len); }
