/* A listener for a test, raw sockets and ordinary clients against it, and a look at what it gives back. */
#pragma once

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/tls/tls.h>

#include "front_listener_test_cert.h"
#include "server/front/listener.h"

static const uint8_t hello_req[8] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
static const uint8_t hello_rep[8] = {0, 'S', 'P', 0, 0, 0x31, 0, 0};

struct place {
    struct listener *l;
    char dir[64], ipc[128], tcp[64], tls[64];
    int tcp_port, tls_port;
    int fds; /* of the listener alone */
};

/* --- small tools --- */

static inline int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline void nap(int ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

static inline int count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

static inline void echo(void *ctx, struct ticket *t, struct bytes body)
{
    (void)ctx;
    listener_answer(t, body.data, body.len);
}

static inline void place_open(struct place *p, const struct listener_limits *limits, listener_on_request *fn,
                              void *ctx)
{
    static const struct listener_tls tls = {test_cert_pem, test_key_pem};
    char err[256] = "";

    *p = (struct place){0};
    snprintf(p->dir, sizeof p->dir, "/tmp/listener-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->ipc, sizeof p->ipc, "ipc://%s/s", p->dir);
    const char *urls[] = {p->ipc, "tcp://127.0.0.1:0", "tls+tcp://127.0.0.1:0"};
    if (listener_start(urls, 3, &tls, limits, 0, fn, ctx, &p->l, err) != STATUS_OK)
        fail_msg("%s", err);
    snprintf(p->tcp, sizeof p->tcp, "%s", listener_url(p->l, 1));
    snprintf(p->tls, sizeof p->tls, "%s", listener_url(p->l, 2));
    p->tcp_port = atoi(strrchr(p->tcp, ':') + 1);
    p->tls_port = atoi(strrchr(p->tls, ':') + 1);
    nap(50);
    p->fds = count_fds();
}

static inline void place_close(struct place *p)
{
    int64_t begun = now_ms();
    listener_stop(p->l, 500);
    assert_true(now_ms() - begun < 5000);
    assert_int_equal(rmdir(p->dir), 0); /* the socket file went with the listener */
}

static inline int raw_tcp(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {8, 0};
    int at_once = 1;

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static inline int raw_ipc(const struct place *p)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s/s", p->dir);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {8, 0};

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void put(int fd, const void *data, size_t len) { (void)!send(fd, data, len, MSG_NOSIGNAL); }

/* Everything up to the end; how many bytes came before it, or -1 when it did not come in time. */
static inline ssize_t drain(int fd)
{
    char buf[4096];
    ssize_t all = 0, n;

    while ((n = recv(fd, buf, sizeof buf, 0)) > 0)
        all += n;
    return n == 0 || errno == ECONNRESET ? all : -1;
}

static inline bool take(int fd, void *ret, size_t len)
{
    uint8_t *at = ret;
    while (len > 0) {
        ssize_t n = recv(fd, at, len, 0);
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static inline void put_length(int fd, bool is_ipc, uint64_t len)
{
    uint8_t head[9] = {1};
    for (int i = 0; i < 8; i++)
        head[1 + i] = (uint8_t)(len >> (56 - 8 * i));
    put(fd, is_ipc ? head : head + 1, is_ipc ? 9 : 8);
}

static inline void put_request(int fd, bool is_ipc, uint32_t id, const void *body, size_t len)
{
    uint32_t word = htonl(id | 0x80000000u);
    put_length(fd, is_ipc, 4 + len);
    put(fd, &word, 4);
    if (len > 0)
        put(fd, body, len);
}

static inline bool negotiate(int fd)
{
    uint8_t got[8];
    put(fd, hello_req, 8);
    return take(fd, got, 8) && memcmp(got, hello_rep, 8) == 0;
}

/* What an ordinary client sees: asks once over a new socket; how long it took, or -1. */
static inline int64_t ask_ms(const char *url, size_t len)
{
    nng_socket s;
    nng_dialer d;
    nng_tls_config *config = NULL;
    int64_t begun = now_ms();
    char *question = malloc(len + 1), *answer = NULL;
    size_t answer_len = 0;

    for (size_t i = 0; i < len; i++)
        question[i] = (char)(i * 7 + len);
    assert_int_equal(nng_req0_open(&s), 0);
    nng_socket_set_ms(s, NNG_OPT_RECVTIMEO, 8000);
    nng_socket_set_ms(s, NNG_OPT_SENDTIMEO, 8000);
    nng_socket_set_ms(s, NNG_OPT_REQ_RESENDTIME, -1);
    assert_int_equal(nng_dialer_create(&d, s, url), 0);
    if (strncmp(url, "tls", 3) == 0) {
        assert_int_equal(nng_tls_config_alloc(&config, NNG_TLS_MODE_CLIENT), 0);
        assert_int_equal(nng_tls_config_ca_chain(config, test_cert_pem, NULL), 0);
        nng_tls_config_server_name(config, "purser.test");
        nng_tls_config_auth_mode(config, NNG_TLS_AUTH_MODE_REQUIRED);
        assert_int_equal(nng_dialer_set_ptr(d, NNG_OPT_TLS_CONFIG, config), 0);
    }
    bool ok = nng_dialer_start(d, NNG_FLAG_NONBLOCK) == 0 && nng_send(s, question, len, 0) == 0 &&
              nng_recv(s, &answer, &answer_len, NNG_FLAG_ALLOC) == 0 && answer_len == len &&
              (len == 0 || memcmp(question, answer, len) == 0);
    int64_t took = now_ms() - begun;
    if (answer != NULL)
        nng_free(answer, answer_len);
    nng_close(s);
    if (config != NULL)
        nng_tls_config_free(config);
    free(question);
    return ok ? took : -1;
}

#if defined(PURSER_SANITIZED)
enum { SLOW = 1 };
#else
enum { SLOW = 0 };
#endif

/* Within 250 ms; a second try, because the machine may have been busy elsewhere. */
static inline void assert_answers(const char *url)
{
    int64_t took_ms = ask_ms(url, 100);
    if (took_ms > 250)
        took_ms = ask_ms(url, 100);
    assert_true(took_ms >= 0);
    assert_true(took_ms < (SLOW ? 2000 : 250));
}

static inline void assert_recovered_beside(const struct place *p, int own_fds, int within_ms)
{
    struct listener_counts c = {0};
    int fds = 0;

    for (int64_t begun = now_ms(); now_ms() - begun < within_ms; nap(20)) {
        listener_count(p->l, &c);
        fds = count_fds();
        if (c.connections == 0 && fds <= p->fds + own_fds)
            break;
    }
    assert_int_equal(c.connections, 0);
    assert_int_equal(c.unanswered, 0);
    assert_int_equal(c.body_bytes, 0);
    assert_true(fds <= p->fds + own_fds);
}

static inline void assert_recovered(const struct place *p, int within_ms)
{
    assert_recovered_beside(p, 0, within_ms);
}
