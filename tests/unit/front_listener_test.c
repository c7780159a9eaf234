/* The listener: ordinary clients, answers that come later, stopping, and the addresses it accepts. */
#include "server/front/listener.h"

#include "front_listener_place.h"

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

static void what_cannot_be_started_says_why(void **state)
{
    (void)state;
    struct listener *l = NULL;
    char err[256] = "";
    const char *many[17], *tls_url = "tls+tcp://127.0.0.1:0", *tcp_url = "tcp://127.0.0.1:0";
    static const struct listener_tls rubbish = {"no certificate", "no key"};
    static const struct listener_limits limits = {.exempt = "everybody"};

    for (int i = 0; i < 17; i++)
        many[i] = tcp_url;
    assert_int_equal(listener_start(many, 17, NULL, NULL, 0, echo, NULL, &l, err), STATUS_INVALID_ARGUMENT);
    assert_int_equal(listener_start(&tls_url, 1, &rubbish, NULL, 0, echo, NULL, &l, err),
                     STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(err, "certificate"));
    assert_int_equal(listener_start(&tcp_url, 1, NULL, &limits, 0, echo, NULL, &l, err),
                     STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(err, "everybody"));
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
        cmocka_unit_test(a_peer_that_went_is_answered_all_the_same),
        cmocka_unit_test(stopping_waits_for_answers_under_way),
        cmocka_unit_test(stopping_ends_though_nobody_answers_and_a_late_answer_harms_nobody),
        cmocka_unit_test(addresses_that_will_not_do_are_refused),
        cmocka_unit_test(what_cannot_be_started_says_why),
        cmocka_unit_test(only_a_stale_socket_is_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
