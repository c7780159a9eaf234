/* Connections of the benchmark's client: Unix sockets, and TLS over TCP from many loopback addresses. */
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS_OF_ADDRESS 32

struct tls {
    mbedtls_ssl_context ssl;
    mbedtls_net_context net;
};

static struct {
    bool is_ready;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_x509_crt ca;
    mbedtls_ssl_config config;
} shared;

_Noreturn void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_unix(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
        die(path);
    return fd;
}

/* The n-th client calls from 127.1.0.1 and the following. */
static int open_tcp(const struct target *t, unsigned n)
{
    struct sockaddr_in here = {.sin_family = AF_INET}, there = {.sin_family = AF_INET};
    here.sin_addr.s_addr = htonl(0x7f010001u + n / CLIENTS_OF_ADDRESS);
    there.sin_port = htons((uint16_t)strtoul(t->port, NULL, 10));
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || inet_pton(AF_INET, t->host, &there.sin_addr) != 1 ||
        bind(fd, (struct sockaddr *)&here, sizeof(here)) != 0 ||
        connect(fd, (struct sockaddr *)&there, sizeof(there)) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0)
        die(t->host);
    return fd;
}

static void prepare_tls(const struct target *t)
{
    if (shared.is_ready)
        return;
    shared.is_ready = true;
    mbedtls_entropy_init(&shared.entropy);
    mbedtls_ctr_drbg_init(&shared.random);
    mbedtls_x509_crt_init(&shared.ca);
    mbedtls_ssl_config_init(&shared.config);
    if (mbedtls_ctr_drbg_seed(&shared.random, mbedtls_entropy_func, &shared.entropy, NULL, 0) != 0 ||
        mbedtls_x509_crt_parse_file(&shared.ca, t->ca_file) != 0 ||
        mbedtls_ssl_config_defaults(&shared.config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0)
        die(t->ca_file);
    mbedtls_ssl_conf_rng(&shared.config, mbedtls_ctr_drbg_random, &shared.random);
    mbedtls_ssl_conf_ca_chain(&shared.config, &shared.ca, NULL);
}

static struct tls *shake_hands(const struct target *t, int fd)
{
    prepare_tls(t);
    struct tls *s = calloc(1, sizeof(*s));
    if (!s)
        die("calloc");
    s->net.fd = fd;
    mbedtls_ssl_init(&s->ssl);
    if (mbedtls_ssl_setup(&s->ssl, &shared.config) != 0 || mbedtls_ssl_set_hostname(&s->ssl, t->name) != 0)
        die("tls");
    mbedtls_ssl_set_bio(&s->ssl, &s->net, mbedtls_net_send, mbedtls_net_recv, NULL);
    int code = mbedtls_ssl_handshake(&s->ssl);
    if (code != 0) {
        fprintf(stderr, "load: handshake: -0x%x\n", (unsigned)-code);
        exit(1);
    }
    return s;
}

struct wire wire_open(const struct target *t, unsigned n)
{
    static const uint8_t hello[8] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
    uint8_t out[8], back[8];
    struct wire w = {.fd = t->path ? open_unix(t->path) : open_tcp(t, n)};
    if (!t->path)
        w.tls = shake_hands(t, w.fd);
    memcpy(out, hello, sizeof(out));
    if (!wire_all(&w, out, sizeof(out), true) || !wire_all(&w, back, sizeof(back), false))
        die("the server does not greet");
    return w;
}

static ssize_t tls_result(int code)
{
    if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE)
        return WIRE_AGAIN;
    return code > 0 ? code : WIRE_ENDED;
}

static ssize_t plain_result(ssize_t n)
{
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return WIRE_AGAIN;
    return n > 0 ? n : WIRE_ENDED;
}

ssize_t wire_write(struct wire *w, const void *data, size_t len)
{
    if (w->tls)
        return tls_result(mbedtls_ssl_write(&w->tls->ssl, data, len));
    return plain_result(send(w->fd, data, len, MSG_NOSIGNAL));
}

ssize_t wire_read(struct wire *w, void *data, size_t room)
{
    if (w->tls)
        return tls_result(mbedtls_ssl_read(&w->tls->ssl, data, room));
    return plain_result(recv(w->fd, data, room, 0));
}

bool wire_all(struct wire *w, void *data, size_t len, bool is_write)
{
    uint8_t *p = data;
    while (len) {
        ssize_t n = is_write ? wire_write(w, p, len) : wire_read(w, p, len);
        if (n == WIRE_ENDED)
            return false;
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
    return true;
}

void wire_close(struct wire *w)
{
    if (w->tls) {
        mbedtls_ssl_free(&w->tls->ssl);
        free(w->tls);
    }
    close(w->fd);
}
