/* The listener against hostile peers; afterwards every descriptor is back and others are answered. */
#include "server/front/listener.h"

#include "front_listener_place.h"

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

static void replies_that_nobody_reads_have_a_budget(void **state)
{
    (void)state;
    struct place p;
    struct listener_limits limits = {.bodies_max_bytes = 10 << 20, .reply_ms = 1500};
    int fds[6];
    int cut = 0;

    place_open(&p, &limits, large_answer, NULL);
    for (int i = 0; i < 6; i++) {
        fds[i] = raw_tcp(p.tcp_port);
        assert_true(negotiate(fds[i]));
        put_request(fds[i], false, 1, "x", 1);
    }
    nap(300);
    for (int i = 0; i < 6; i++) {
        char c;
        cut += recv(fds[i], &c, 1, MSG_DONTWAIT) == 0;
        close(fds[i]);
    }
    assert_true(cut >= 4); /* two of 4 MiB fit */
    assert_recovered(&p, 3000);
    place_close(&p);
}

static void short_of_descriptors_the_listener_waits_and_goes_on(void **state)
{
    (void)state;
    struct place p;
    struct rlimit usual, low;
    int fds[10];

    place_open(&p, NULL, echo, NULL);
    for (int i = 0; i < 10; i++)
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    getrlimit(RLIMIT_NOFILE, &usual);
    low = usual;
    low.rlim_cur = (rlim_t)fds[9] + 4; /* three more are all the listener can get */
    setrlimit(RLIMIT_NOFILE, &low);
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)p.tcp_port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 10; i++)
        assert_int_equal(connect(fds[i], (struct sockaddr *)&a, sizeof a), 0);
    nap(200);
    setrlimit(RLIMIT_NOFILE, &usual);
    for (int i = 0; i < 10; i++) {
        assert_true(negotiate(fds[i]));
        close(fds[i]);
    }
    assert_recovered(&p, 3000);
    assert_answers(p.tcp);
    place_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
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
        cmocka_unit_test(replies_that_nobody_reads_have_a_budget),
        cmocka_unit_test(short_of_descriptors_the_listener_waits_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
