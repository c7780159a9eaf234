/* The listener against ordinary REQ clients and against hostile ones; afterwards every descriptor is back. */
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/tls/tls.h>

#include "server/front/listener.h"

static const uint8_t hello_req[8] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
static const uint8_t hello_rep[8] = {0, 'S', 'P', 0, 0, 0x31, 0, 0};

/* A self-signed certificate for "purser.test", good until 2126, and its key; both serve this test only. */
#include "front_listener_test_cert.h"

struct place {
    struct listener *l;
    char dir[64], ipc[128], tcp[64], tls[64];
    int tcp_port, tls_port;
    int fds; /* of the listener alone */
};

/* --- small tools --- */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void nap(int ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

static int count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

static void echo(void *ctx, struct ticket *t, struct bytes body)
{
    (void)ctx;
    listener_answer(t, body.data, body.len);
}

static void place_open(struct place *p, const struct listener_limits *limits, listener_on_request *fn,
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

static void place_close(struct place *p)
{
    int64_t begun = now_ms();
    listener_stop(p->l, 500);
    assert_true(now_ms() - begun < 5000);
    assert_int_equal(rmdir(p->dir), 0); /* the socket file went with the listener */
}

static int raw_tcp(int port)
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

static int raw_ipc(const struct place *p)
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
static ssize_t drain(int fd)
{
    char buf[4096];
    ssize_t all = 0, n;

    while ((n = recv(fd, buf, sizeof buf, 0)) > 0)
        all += n;
    return n == 0 || errno == ECONNRESET ? all : -1;
}

static bool take(int fd, void *ret, size_t len)
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

static void put_length(int fd, bool is_ipc, uint64_t len)
{
    uint8_t head[9] = {1};
    for (int i = 0; i < 8; i++)
        head[1 + i] = (uint8_t)(len >> (56 - 8 * i));
    put(fd, is_ipc ? head : head + 1, is_ipc ? 9 : 8);
}

static void put_request(int fd, bool is_ipc, uint32_t id, const void *body, size_t len)
{
    uint32_t word = htonl(id | 0x80000000u);
    put_length(fd, is_ipc, 4 + len);
    put(fd, &word, 4);
    if (len > 0)
        put(fd, body, len);
}

static bool negotiate(int fd)
{
    uint8_t got[8];
    put(fd, hello_req, 8);
    return take(fd, got, 8) && memcmp(got, hello_rep, 8) == 0;
}

/* What an ordinary client sees: asks once over a new socket; how long it took, or -1. */
static int64_t ask_ms(const char *url, size_t len)
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

#define assert_answers(url)                                                                                  \
    do {                                                                                                     \
        int64_t took_ms = ask_ms(url, 100);                                                                  \
        assert_true(took_ms >= 0);                                                                           \
        assert_true(took_ms < (SLOW ? 2000 : 250));                                                          \
    } while (0)
#if defined(PURSER_SANITIZED)
enum { SLOW = 1 };
#else
enum { SLOW = 0 };
#endif

static void assert_recovered_beside(const struct place *p, int own_fds, int within_ms)
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

static void assert_recovered(const struct place *p, int within_ms)
{
    assert_recovered_beside(p, 0, within_ms);
}

/* --- ordinary clients --- */

static void ordinary_clients_are_answered_over_ipc_tcp_and_tls(void **state)
{
    (void)state;
    struct place p;
    static const size_t sizes[] = {0, 1, 100, 4083, 4084, 4085, 4096, 5000, 16384, 100000, (1 << 20) - 4};

    place_open(&p, NULL, echo, NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_true(ask_ms(p.ipc, sizes[i]) >= 0);
        assert_true(ask_ms(p.tcp, sizes[i]) >= 0);
        assert_true(ask_ms(p.tls, sizes[i]) >= 0);
    }
    assert_recovered(&p, 3000);
    place_close(&p);
}

static void one_connection_asks_many_times(void **state)
{
    (void)state;
    struct place p;
    char text[700];
    uint8_t got[9 + 4 + sizeof text];

    memset(text, 'x', sizeof text);
    place_open(&p, NULL, echo, NULL);
    for (int is_ipc = 0; is_ipc < 2; is_ipc++) {
        int fd = is_ipc ? raw_ipc(&p) : raw_tcp(p.tcp_port);
        assert_true(negotiate(fd));
        for (uint32_t i = 0; i < 500; i++) { /* five at once, so that frames lie across the buffer's edge */
            put_request(fd, is_ipc, i, text, sizeof text);
            if (i % 5 == 4)
                for (uint32_t k = i - 4; k <= i; k++) {
                    assert_true(take(fd, got, (is_ipc ? 9u : 8u) + 4 + sizeof text));
                    uint32_t id;
                    memcpy(&id, got + (is_ipc ? 9 : 8), 4);
                    assert_int_equal(ntohl(id), k | 0x80000000u);
                }
        }
        close(fd);
    }
    assert_recovered(&p, 3000);
    place_close(&p);
}

static void a_backtrace_goes_back_as_it_came(void **state)
{
    (void)state;
    struct place p;
    static const uint8_t body[] = {0, 0, 0, 1, 0x12, 0x34, 0x56, 0x78, 0x80, 0, 0, 9, 'h', 'i'};
    static const uint8_t endless[4 * 20];
    uint8_t got[8 + sizeof body];

    place_open(&p, NULL, echo, NULL);
    int fd = raw_tcp(p.tcp_port);
    assert_true(negotiate(fd));
    put_length(fd, false, sizeof body);
    put(fd, body, sizeof body);
    assert_true(take(fd, got, sizeof got));
    assert_memory_equal(got + 8, body, sizeof body);

    put_length(fd, false, sizeof endless);
    put(fd, endless, sizeof endless);
    assert_int_equal(drain(fd), 0);
    close(fd);
    place_close(&p);
}

/* --- the attack list --- */

static void garbage_and_other_protocols_are_cut_off(void **state)
{
    (void)state;
    struct place p;
    static const struct {
        const char *bytes;
        size_t len;
    } openings[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27},
        {"\0SP\0\0\x31\0\0", 8}, /* REP */
        {"\0SP\0\0\x10\0\0", 8}, /* PAIR */
        {"\0SP\0\0\x20\0\0", 8}, /* PUB */
        {"\0SP\0\0\x30\0\1", 8},
        {"\0SP\1\0\x30\0\0", 8},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10},
        {"\x16\x03\x01\x02\0\x01\0\x01", 8}, /* TLS to a plain port */
    };

    place_open(&p, NULL, echo, NULL);
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        for (int kind = 0; kind < 3; kind++) {
            int fd = kind == 0 ? raw_ipc(&p) : raw_tcp(kind == 1 ? p.tcp_port : p.tls_port);
            put(fd, openings[i].bytes, openings[i].len);
            ssize_t n = kind == 2 ? (shutdown(fd, SHUT_WR), drain(fd)) : drain(fd);
            assert_true(n >= 0 && n <= 64); /* our own header, or a TLS alert */
            close(fd);
        }
    }
    assert_recovered(&p, 5000);
    assert_answers(p.tcp);
    assert_answers(p.tls);
    place_close(&p);
}

static void impossible_lengths_are_cut_off(void **state)
{
    (void)state;
    struct place p;
    static const uint64_t lengths[] = {0, 3, (1u << 20) + 1, 1ull << 32, 1ull << 63, UINT64_MAX};

    place_open(&p, NULL, echo, NULL);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (int is_ipc = 0; is_ipc < 2; is_ipc++) {
            int fd = is_ipc ? raw_ipc(&p) : raw_tcp(p.tcp_port);
            assert_true(negotiate(fd));
            put_length(fd, is_ipc, lengths[i]);
            assert_int_equal(drain(fd), 0);
            close(fd);
        }
    }
    int fd = raw_ipc(&p); /* another mark than 1 before the length */
    assert_true(negotiate(fd));
    put(fd, "\2\0\0\0\0\0\0\0\4\x80\0\0\0", 13);
    assert_int_equal(drain(fd), 0);
    close(fd);
    assert_recovered(&p, 3000);
    assert_answers(p.ipc);
    place_close(&p);
}

static void declared_lengths_reserve_nothing(void **state)
{
    (void)state;
    struct place p;
    int fds[40];
    struct listener_counts c;

    place_open(&p, NULL, echo, NULL);
    for (int i = 0; i < 40; i++) {
        fds[i] = raw_tcp(p.tcp_port);
        assert_true(negotiate(fds[i]));
        put_length(fds[i], false, 1u << 20);
        put(fds[i], "\x80\0\0\1abcd", 8);
    }
    nap(200);
    listener_count(p.l, &c);
    assert_true(c.body_bytes <= 40 * 16384);
    assert_int_equal(c.connections, 40);
    for (int i = 0; i < 40; i++)
        close(fds[i]);
    assert_recovered(&p, 3000);
    place_close(&p);
}

static void one_address_cannot_use_up_the_bodies_of_all(void **state)
{
    (void)state;
    struct place p;
    struct listener_limits limits = {.bodies_max_bytes = 4 << 20, .body_ms = 1500};
    int fds[8];
    static char half[900000];
    struct listener_counts c;

    place_open(&p, &limits, echo, NULL);
    for (int i = 0; i < 8; i++) {
        fds[i] = raw_tcp(p.tcp_port);
        assert_true(negotiate(fds[i]));
        put_length(fds[i], false, 1u << 20);
        put(fds[i], "\x80\0\0\1", 4);
        put(fds[i], half, sizeof half);
    }
    nap(100);
    listener_count(p.l, &c);
    assert_true(c.body_bytes <= 2 << 20);
    assert_true(ask_ms(p.ipc, 500000) >= 0); /* another address has room */
    for (int i = 0; i < 8; i++) {
        assert_true(drain(fds[i]) >= 0);
        close(fds[i]);
    }
    assert_recovered(&p, 3000);
    place_close(&p);
}

static void half_hellos_and_silence_end_at_their_deadline(void **state)
{
    (void)state;
    struct place p;
    struct listener_limits limits = {.handshake_ms = 400, .body_ms = 500, .idle_ms = 800};
    limits.unnegotiated_max = 64;
    int fds[24];
    struct listener_counts c;

    place_open(&p, &limits, echo, NULL);
    for (int i = 0; i < 24; i++) {
        int kind = i % 8;
        bool on_ipc = kind == 4 || kind == 7;
        fds[i] = on_ipc ? raw_ipc(&p) : raw_tcp(kind < 2 ? p.tls_port : p.tcp_port); /* 0, 3, 4: not a word */
        if (kind == 1)
            put(fds[i], "\x16\x03\x01\x02", 4); /* half a ClientHello */
        if (kind == 2)
            put(fds[i], hello_req, 5);
        if (kind >= 5)
            assert_true(negotiate(fds[i])); /* 7: then idle */
        if (kind == 5)
            put(fds[i], "\0\0\0", 3);
        if (kind == 6) {
            put_length(fds[i], false, 9000);
            put(fds[i], "\x80\0\0\1abc", 7);
        }
    }
    assert_answers(p.tcp);
    assert_answers(p.tls);
    assert_recovered_beside(&p, 24, 3000);
    listener_count(p.l, &c);
    assert_true(c.closed_by_deadline >= 24);
    for (int i = 0; i < 24; i++)
        close(fds[i]);
    place_close(&p);
}

static void a_byte_at_a_time_is_not_progress(void **state)
{
    (void)state;
    struct place p;
    struct listener_limits limits = {.handshake_ms = 400, .body_ms = 400};

    place_open(&p, &limits, echo, NULL);
    int fd = raw_tcp(p.tcp_port);
    assert_true(negotiate(fd));
    put_length(fd, false, 1000);
    int64_t begun = now_ms();
    char c;
    while (now_ms() - begun < 3000 && recv(fd, &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN) {
        put(fd, "x", 1);
        nap(30);
    }
    assert_true(now_ms() - begun < 1500);
    close(fd);
    assert_recovered(&p, 2000);
    place_close(&p);
}

static void five_hundred_connects_and_closes_on_ipc(void **state)
{
    (void)state;
    struct place p;

    place_open(&p, NULL, echo, NULL);
    for (int i = 0; i < 500; i++)
        close(raw_ipc(&p));
    assert_recovered(&p, 5000);
    assert_answers(p.ipc);
    place_close(&p);
}

static void early_closes_leave_nothing_behind(void **state)
{
    (void)state;
    struct place p;
    static const int pipelined[] = {1, 20};
    char text[300] = "question";

    place_open(&p, NULL, echo, NULL);
    for (size_t n = 0; n < 2; n++)
        for (int i = 0; i < 200; i++)
            for (int is_ipc = 0; is_ipc < 2; is_ipc++) {
                int fd = is_ipc ? raw_ipc(&p) : raw_tcp(p.tcp_port);
                put(fd, hello_req, 8);
                for (int k = 0; k < pipelined[n]; k++)
                    put_request(fd, is_ipc, (uint32_t)k, text, sizeof text);
                struct linger cut = {1, 0};
                if (i % 2)
                    setsockopt(fd, SOL_SOCKET, SO_LINGER, &cut, sizeof cut);
                close(fd);
            }
    assert_recovered(&p, 5000);
    assert_answers(p.ipc);
    assert_answers(p.tcp);
    place_close(&p);
}

/* TLS clients of nng itself, each cut off by its own time-out while the answer is under way. */
static void early_closes_over_tls_leave_nothing_behind(void **state)
{
    (void)state;
    struct place p;
    nng_tls_config *config;

    place_open(&p, NULL, echo, NULL);
    assert_int_equal(nng_tls_config_alloc(&config, NNG_TLS_MODE_CLIENT), 0);
    assert_int_equal(nng_tls_config_ca_chain(config, test_cert_pem, NULL), 0);
    nng_tls_config_server_name(config, "purser.test");
    nng_stream_dialer *d;
    assert_int_equal(nng_stream_dialer_alloc(&d, p.tls), 0);
    assert_int_equal(nng_stream_dialer_set_ptr(d, NNG_OPT_TLS_CONFIG, config), 0);
    assert_int_equal(nng_stream_dialer_set_bool(d, NNG_OPT_TCP_NODELAY, true), 0);
    for (int i = 0; i < (SLOW ? 60 : 250); i++) {
        nng_aio *aio;
        uint8_t burst[8 + 20 * 112] = {0};
        assert_int_equal(nng_aio_alloc(&aio, NULL, NULL), 0);
        nng_stream_dialer_dial(d, aio);
        nng_aio_wait(aio);
        assert_int_equal(nng_aio_result(aio), 0);
        nng_stream *s = nng_aio_get_output(aio, 0);
        memcpy(burst, hello_req, 8);
        for (int k = 0; k < 20; k++) {
            burst[8 + k * 112 + 7] = 104;
            burst[8 + k * 112 + 8] = 0x80;
        }
        nng_iov iov = {burst, i % 2 ? sizeof burst : 8 + 112};
        nng_aio_set_iov(aio, 1, &iov);
        nng_stream_send(s, aio);
        nng_aio_wait(aio);
        nng_stream_close(s);
        nng_stream_free(s);
        nng_aio_free(aio);
    }
    nng_stream_dialer_close(d);
    nng_stream_dialer_free(d);
    nng_tls_config_free(config);
    assert_recovered(&p, 8000);
    assert_answers(p.tls);
    place_close(&p);
}

static void large_answer(void *ctx, struct ticket *t, struct bytes body)
{
    (void)ctx, (void)body;
    static char much[4 << 20];
    listener_answer(t, much, sizeof much);
}

static void a_reply_that_is_never_read_ends_at_its_deadline(void **state)
{
    (void)state;
    struct place p;
    struct listener_limits limits = {.reply_ms = 500};

    place_open(&p, &limits, large_answer, NULL);
    int fds[5];
    for (int i = 0; i < 5; i++) {
        fds[i] = i % 2 ? raw_ipc(&p) : raw_tcp(p.tcp_port);
        assert_true(negotiate(fds[i]));
        put_request(fds[i], i % 2, 1, "x", 1);
    }
    assert_recovered_beside(&p, 5, 3000);
    for (int i = 0; i < 5; i++)
        close(fds[i]);
    place_close(&p);
}

static void an_address_has_a_limit_and_an_exempt_one_has_not(void **state)
{
    (void)state;
    struct place p;
    struct listener_limits limits = {.per_address_max = 8, .unnegotiated_max = 4};
    int fds[12];
    int open = 0;

    place_open(&p, &limits, echo, NULL);
    for (int i = 0; i < 12; i++) {
        fds[i] = raw_tcp(p.tcp_port);
        open += negotiate(fds[i]);
    }
    assert_int_equal(open, 8);
    assert_answers(p.ipc);
    for (int i = 0; i < 12; i++)
        close(fds[i]);
    assert_recovered(&p, 3000);

    open = 0;
    for (int i = 0; i < 12; i++)
        fds[i] = raw_tcp(p.tcp_port);
    nap(200);
    for (int i = 0; i < 12; i++)
        open += negotiate(fds[i]);
    assert_int_equal(open, 4);
    for (int i = 0; i < 12; i++)
        close(fds[i]);
    assert_recovered(&p, 3000);
    place_close(&p);

    limits.exempt = "10.0.0.0/8, 127.0.0.0/8,ipc";
    open = 0;
    place_open(&p, &limits, echo, NULL);
    for (int i = 0; i < 12; i++)
        fds[i] = raw_tcp(p.tcp_port);
    for (int i = 0; i < 12; i++)
        open += negotiate(fds[i]);
    assert_int_equal(open, 12);
    for (int i = 0; i < 12; i++)
        close(fds[i]);
    place_close(&p);
}

/* --- answers from elsewhere, later --- */

struct shelf {
    pthread_mutex_t lock;
    struct ticket *held[64];
    int count;
};

static void hold(void *ctx, struct ticket *t, struct bytes body)
{
    struct shelf *shelf = ctx;
    (void)body;
    pthread_mutex_lock(&shelf->lock);
    assert_true(shelf->count < 64);
    shelf->held[shelf->count++] = t;
    pthread_mutex_unlock(&shelf->lock);
}

static int held(struct shelf *shelf)
{
    pthread_mutex_lock(&shelf->lock);
    int n = shelf->count;
    pthread_mutex_unlock(&shelf->lock);
    return n;
}

static void wait_held(struct shelf *shelf, int n)
{
    for (int64_t begun = now_ms(); now_ms() - begun < 3000 && held(shelf) < n;)
        nap(5);
    assert_int_equal(held(shelf), n);
}

static void a_peer_that_went_is_answered_all_the_same(void **state)
{
    (void)state;
    struct place p;
    struct shelf shelf = {.lock = PTHREAD_MUTEX_INITIALIZER};

    place_open(&p, NULL, hold, &shelf);
    for (int i = 0; i < 20; i++) {
        int fd = i % 2 ? raw_ipc(&p) : raw_tcp(p.tcp_port);
        assert_true(negotiate(fd));
        put_request(fd, i % 2, 7, "late", 4);
        put_request(fd, i % 2, 8, "later", 5);
        wait_held(&shelf, i + 1);
        assert_true(strcmp(ticket_peer(shelf.held[i]), "ipc") == 0 ||
                    strncmp(ticket_peer(shelf.held[i]), "127.0.0.1:", 10) == 0);
        close(fd);
    }
    nap(300);
    assert_int_equal(held(&shelf), 20); /* no second request is read before the reply */
    for (int i = 0; i < 20; i++)
        listener_answer(shelf.held[i], "too late", 8);
    assert_true(held(&shelf) >= 20); /* the second ones may come now; they too are answered */
    nap(200);
    for (int i = 20; i < held(&shelf); i++)
        listener_answer(shelf.held[i], "too late", 8);
    assert_recovered(&p, 3000);
    place_close(&p);
}

static void *answer_all_soon(void *ctx)
{
    struct shelf *shelf = ctx;
    nap(300);
    pthread_mutex_lock(&shelf->lock);
    for (int i = 0; i < shelf->count; i++)
        listener_answer(shelf->held[i], "done", 4);
    pthread_mutex_unlock(&shelf->lock);
    return NULL;
}

static void stopping_waits_for_answers_under_way(void **state)
{
    (void)state;
    struct place p;
    struct shelf shelf = {.lock = PTHREAD_MUTEX_INITIALIZER};
    uint8_t got[16];
    pthread_t thread;

    place_open(&p, NULL, hold, &shelf);
    int fd = raw_tcp(p.tcp_port);
    assert_true(negotiate(fd));
    int idle = raw_ipc(&p);
    assert_true(negotiate(idle));
    put_request(fd, false, 7, "x", 1);
    wait_held(&shelf, 1);
    pthread_create(&thread, NULL, answer_all_soon, &shelf);
    int64_t begun = now_ms();
    listener_stop(p.l, 3000);
    assert_true(now_ms() - begun < 2000);
    pthread_join(thread, NULL);
    assert_true(take(fd, got, 16));
    assert_memory_equal(got + 12, "done", 4);
    assert_int_equal(drain(fd), 0);
    assert_int_equal(drain(idle), 0);
    close(fd);
    close(idle);
    rmdir(p.dir);
}

static void stopping_ends_though_nobody_answers_and_a_late_answer_harms_nobody(void **state)
{
    (void)state;
    struct place p;
    struct shelf shelf = {.lock = PTHREAD_MUTEX_INITIALIZER};

    place_open(&p, NULL, hold, &shelf);
    int fds[4];
    for (int i = 0; i < 4; i++) {
        fds[i] = i % 2 ? raw_ipc(&p) : raw_tcp(p.tcp_port);
        assert_true(negotiate(fds[i]));
        put_request(fds[i], i % 2, 7, "x", 1);
    }
    int silent = raw_tcp(p.tls_port);
    wait_held(&shelf, 4);
    int64_t begun = now_ms();
    listener_stop(p.l, 200);
    assert_true(now_ms() - begun < 2000);
    for (int i = 0; i < 4; i++)
        listener_answer(shelf.held[i], "done", 4);
    for (int i = 0; i < 4; i++) {
        assert_true(drain(fds[i]) >= 0);
        close(fds[i]);
    }
    close(silent);
    rmdir(p.dir);
}

/* --- addresses --- */

static enum status try_start(const char *url, bool allow_plain)
{
    struct listener *l = NULL;
    char err[256] = "";
    enum status st = listener_start(&url, 1, NULL, NULL, allow_plain, echo, NULL, &l, err);

    if (st == STATUS_OK)
        listener_stop(l, 0);
    else
        assert_true(strlen(err) > 0);
    return st;
}

static void addresses_that_will_not_do_are_refused(void **state)
{
    (void)state;
    char path[300], url[310];

    assert_int_equal(try_start("tcp://0.0.0.0:0", false), STATUS_INVALID_ARGUMENT);
    assert_int_equal(try_start("tcp://:0", false), STATUS_INVALID_ARGUMENT);
    assert_int_equal(try_start("tcp://0.0.0.0:0", true), STATUS_OK);
    assert_int_equal(try_start("tcp://localhost:0", false), STATUS_OK);
    assert_int_equal(try_start("tcp://127.evil.example:0", false), STATUS_INVALID_ARGUMENT);
    assert_int_equal(try_start("tls+tcp://127.0.0.1:0", false), STATUS_INVALID_ARGUMENT); /* no certificate */
    assert_int_equal(try_start("ws://127.0.0.1:0", false), STATUS_INVALID_ARGUMENT);
    assert_int_equal(try_start("ipc://relative", false), STATUS_INVALID_ARGUMENT);
    memset(path, 'a', sizeof path);
    snprintf(url, sizeof url, "ipc:///tmp/%.200s", path);
    assert_int_equal(try_start(url, false), STATUS_INVALID_ARGUMENT);
    assert_int_equal(try_start("ipc:///nowhere/at/all", false), STATUS_UNAVAILABLE);
}

static void only_a_stale_socket_is_removed(void **state)
{
    (void)state;
    struct place p;
    struct stat st;
    char path[100], url[110];

    place_open(&p, NULL, echo, NULL);
    assert_int_equal(try_start(p.ipc, false), STATUS_UNAVAILABLE); /* somebody answers there */
    assert_int_equal(try_start(p.tcp, false), STATUS_UNAVAILABLE);
    assert_answers(p.ipc);
    snprintf(path, sizeof path, "%s/s", p.dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    place_close(&p);

    mkdir(p.dir, 0700);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    close(fd);
    assert_int_equal(try_start(p.ipc, false), STATUS_OK);

    fd = open(path, O_CREAT | O_WRONLY, 0600);
    close(fd);
    snprintf(url, sizeof url, "ipc://%s", path);
    assert_int_equal(try_start(url, false), STATUS_UNAVAILABLE); /* somebody's file */
    assert_int_equal(unlink(path), 0);
    rmdir(p.dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_clients_are_answered_over_ipc_tcp_and_tls),
        cmocka_unit_test(one_connection_asks_many_times),
        cmocka_unit_test(a_backtrace_goes_back_as_it_came),
        cmocka_unit_test(garbage_and_other_protocols_are_cut_off),
        cmocka_unit_test(impossible_lengths_are_cut_off),
        cmocka_unit_test(declared_lengths_reserve_nothing),
        cmocka_unit_test(one_address_cannot_use_up_the_bodies_of_all),
        cmocka_unit_test(half_hellos_and_silence_end_at_their_deadline),
        cmocka_unit_test(a_byte_at_a_time_is_not_progress),
        cmocka_unit_test(five_hundred_connects_and_closes_on_ipc),
        cmocka_unit_test(early_closes_leave_nothing_behind),
        cmocka_unit_test(early_closes_over_tls_leave_nothing_behind),
        cmocka_unit_test(a_reply_that_is_never_read_ends_at_its_deadline),
        cmocka_unit_test(an_address_has_a_limit_and_an_exempt_one_has_not),
        cmocka_unit_test(a_peer_that_went_is_answered_all_the_same),
        cmocka_unit_test(stopping_waits_for_answers_under_way),
        cmocka_unit_test(stopping_ends_though_nobody_answers_and_a_late_answer_harms_nobody),
        cmocka_unit_test(addresses_that_will_not_do_are_refused),
        cmocka_unit_test(only_a_stale_socket_is_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
