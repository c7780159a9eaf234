/* Who is connected, and which networks are exempt. */
#include "server/front/peers.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool is_exempt(const char *exempt, const char *address)
{
    struct peers p;
    nng_sockaddr a = {0};

    if (peers_init(&p, exempt) != STATUS_OK)
        return false;
    if (strchr(address, ':') != NULL) {
        a.s_in6.sa_family = NNG_AF_INET6;
        assert_int_equal(inet_pton(AF_INET6, address, a.s_in6.sa_addr), 1);
    } else {
        a.s_in.sa_family = NNG_AF_INET;
        inet_pton(AF_INET, address, &a.s_in.sa_addr);
    }
    struct peer *peer = peers_enter(&p, peer_key_of(&a, strcmp(address, "ipc") == 0), 1, 1);
    assert_non_null(peer);
    bool is = peer->is_exempt;
    peers_done(&p);
    return is;
}

static void exempt_networks_are_read_as_they_are_written(void **state)
{
    (void)state;
    static const struct {
        const char *exempt, *address;
        bool is;
    } cases[] = {
        {"10.1.0.0/16", "10.1.2.3", true},
        {"10.1.0.0/16", "10.2.2.3", false},
        {"10.1.0.0/13, ipc", "10.7.2.3", true},
        {"10.1.0.0/13", "10.8.2.3", false},
        {"10.1.2.3", "::ffff:10.1.2.3", true},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::1", "::1", true},
        {"::1", "10.1.2.3", false},
        {"::/0", "10.1.2.3", false},
        {"2001:db8::/32", "2001:db8:7::9", true},
        {"2001:db8::/32", "2001:db9::9", false},
        {"2001:db8::5/128", "2001:db8::6", true}, /* one customer */
        {"ipc", "ipc", true},
        {"127.0.0.1", "ipc", false},
        {"", "127.0.0.1", false},
    };
    static const char *const wrong[] = {"10.1.0.0/33", "10.1.0.0/x",   "10.1.0.0/-1",
                                        "10.1",        "host.example", "ipc/8"};
    struct peers p;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (is_exempt(cases[i].exempt, cases[i].address) != cases[i].is)
            fail_msg("'%s' for %s", cases[i].exempt, cases[i].address);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(peers_init(&p, wrong[i]), STATUS_INVALID_ARGUMENT);
}

static void addresses_have_names_for_the_log(void **state)
{
    (void)state;
    char name[64];
    nng_sockaddr a = {.s_in6 = {.sa_family = NNG_AF_INET6, .sa_port = htons(4711), .sa_addr = {[15] = 1}}};

    peer_name(&a, false, name);
    assert_string_equal(name, "[::1]:4711");
    peer_name(&a, true, name);
    assert_string_equal(name, "ipc");
    a.s_family = NNG_AF_UNSPEC;
    peer_name(&a, false, name);
    assert_string_equal(name, "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exempt_networks_are_read_as_they_are_written),
        cmocka_unit_test(addresses_have_names_for_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
