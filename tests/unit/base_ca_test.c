/* The city's own authority: what it makes is accepted by mbedTLS for its name and for no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>
#include <mbedtls/x509_crt.h>

#include "common/check.h"
#include "server/base/ca.h"

static char dir[64];
static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/purser-ca-XXXXXX");
    arena = arena_new(1 << 20);
    return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
    char command[96];
    (void)state;
    arena_free(arena);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

static const char *file(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static int verify(mbedtls_x509_crt *cert, const char *name)
{
    mbedtls_x509_crt ca;
    uint32_t flags = 0;
    mbedtls_x509_crt_init(&ca);
    assert_int_equal(mbedtls_x509_crt_parse_file(&ca, file("ca.pem")), 0);
    int rc = mbedtls_x509_crt_verify(cert, &ca, NULL, name, &flags, NULL, NULL);
    mbedtls_x509_crt_free(&ca);
    return rc;
}

static void the_servers_certificate_holds_for_its_name_only(void **state)
{
    char err[256] = "";
    mbedtls_x509_crt cert;
    (void)state;
    if (ca_make(dir, "purser.450600", err) != STATUS_OK)
        fail_msg("%s", err);
    mbedtls_x509_crt_init(&cert);
    assert_int_equal(mbedtls_x509_crt_parse_file(&cert, file("server.pem")), 0);
    assert_int_equal(verify(&cert, "purser.450600"), 0);
    assert_int_not_equal(verify(&cert, "purser.450700"), 0);
    assert_int_equal(mbedtls_pk_get_type(&cert.pk), MBEDTLS_PK_ECKEY);
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    assert_true(cert.valid_to.year >= tm.tm_year + 1900 + 19);
    assert_true(cert.serial.len == 16);
    mbedtls_x509_crt_free(&cert);
}

static void keys_are_for_their_owner_and_belong_to_their_certificates(void **state)
{
    static const char *const pairs[][2] = {{"ca.key", "ca.pem"}, {"server.key", "server.pem"}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct stat st;
        mbedtls_pk_context key;
        mbedtls_x509_crt cert;
        mbedtls_pk_init(&key);
        mbedtls_x509_crt_init(&cert);
        assert_int_equal(stat(file(pairs[i][0]), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_equal(mbedtls_pk_parse_keyfile(&key, file(pairs[i][0]), NULL), 0);
        assert_int_equal(mbedtls_x509_crt_parse_file(&cert, file(pairs[i][1])), 0);
        assert_int_equal(mbedtls_pk_check_pair(&cert.pk, &key), 0);
        mbedtls_pk_free(&key);
        mbedtls_x509_crt_free(&cert);
    }
}

static void what_is_there_stays(void **state)
{
    char err[256], before[4096] = "", after[4096] = "";
    (void)state;
    for (int i = 0; i < 2; i++) {
        FILE *f = fopen(file("server.pem"), "r");
        assert_non_null(f);
        size_t n = fread(i ? after : before, 1, 4095, f);
        assert_true(n > 0);
        fclose(f);
        assert_int_equal(ca_make(dir, "purser.other", err), STATUS_OK);
    }
    assert_string_equal(before, after);
}

static void another_certificate_of_the_same_authority(void **state)
{
    char err[256] = "";
    const char *pem = NULL, *key = NULL;
    mbedtls_x509_crt cert;
    (void)state;
    assert_int_equal(ca_issue(dir, "other.example", arena, &pem, &key, err), STATUS_OK);
    mbedtls_x509_crt_init(&cert);
    assert_int_equal(mbedtls_x509_crt_parse(&cert, (const unsigned char *)pem, strlen(pem) + 1), 0);
    assert_int_equal(verify(&cert, "other.example"), 0);
    assert_int_not_equal(verify(&cert, "purser.450600"), 0);
    assert_non_null(strstr(key, "BEGIN EC PRIVATE KEY"));
    mbedtls_x509_crt_free(&cert);
}

static void names_that_will_not_do(void **state)
{
    static char longest[200];
    static const char *const names[] = {"", "127.0.0.1", "a b", "x,CN=y", "名", longest};
    char err[256];
    const char *pem, *key;
    (void)state;
    memset(longest, 'a', sizeof longest - 1);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(ca_issue(dir, names[i], arena, &pem, &key, err), STATUS_INVALID_ARGUMENT);
    assert_int_equal(ca_make("/nowhere", "purser.450600", err), STATUS_UNAVAILABLE);
    assert_int_equal(ca_issue("/nowhere", "purser.450600", arena, &pem, &key, err), STATUS_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_servers_certificate_holds_for_its_name_only),
        cmocka_unit_test(keys_are_for_their_owner_and_belong_to_their_certificates),
        cmocka_unit_test(what_is_there_stays),
        cmocka_unit_test(another_certificate_of_the_same_authority),
        cmocka_unit_test(names_that_will_not_do),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
