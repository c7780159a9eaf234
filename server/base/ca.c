/* Certificates of the server's own authority, made with mbedTLS: ECDSA P-256, one DNS name. */
#include "server/base/ca.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecp.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#define PEM_MAX        4096
#define NAME_MAX_BYTES 100
#define YEARS          20

/* Everything that making certificates needs, started and ended together. */
struct maker {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_pk_context ca_key, key;
    mbedtls_x509_crt ca;
};

static enum status says(char reterr[256], enum status s, const char *what, const char *why)
{
    snprintf(reterr, 256, "%s: %s", what, why);
    return s;
}

static enum status mbed_says(char reterr[256], const char *what, int rc)
{
    char why[160];
    mbedtls_strerror(rc, why, sizeof why);
    return says(reterr, STATUS_INTERNAL, what, why);
}

static enum status maker_init(struct maker *m, char reterr[256])
{
    mbedtls_entropy_init(&m->entropy);
    mbedtls_ctr_drbg_init(&m->random);
    mbedtls_pk_init(&m->ca_key);
    mbedtls_pk_init(&m->key);
    mbedtls_x509_crt_init(&m->ca);
    int rc = mbedtls_ctr_drbg_seed(&m->random, mbedtls_entropy_func, &m->entropy,
                                   (const unsigned char *)"purser-ca", 9);
    return rc ? mbed_says(reterr, "no randomness", rc) : STATUS_OK;
}

static void maker_done(struct maker *m)
{
    mbedtls_x509_crt_free(&m->ca);
    mbedtls_pk_free(&m->key);
    mbedtls_pk_free(&m->ca_key);
    mbedtls_ctr_drbg_free(&m->random);
    mbedtls_entropy_free(&m->entropy);
}

/* ---- files ---- */

static void path_of(const char *dir, const char *file, char ret[1024])
{
    snprintf(ret, 1024, "%s/%s", dir, file);
}

static bool is_there(const char *dir, const char *file)
{
    char path[1024];
    path_of(dir, file, path);
    return access(path, F_OK) == 0;
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            text += n;
            len -= (size_t)n;
        }
    }
    return fsync(fd) == 0;
}

static enum status save(const char *dir, const char *file, const char *text, mode_t mode, char reterr[256])
{
    char path[1024], draft[1040];
    path_of(dir, file, path);
    snprintf(draft, sizeof draft, "%s.new", path);
    unlink(draft);
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    bool is_written = fd >= 0 && write_all(fd, text, strlen(text));
    if (fd >= 0 && close(fd) != 0)
        is_written = false;
    if (!is_written || rename(draft, path) != 0)
        return says(reterr, STATUS_UNAVAILABLE, file, strerror(errno));
    return STATUS_OK;
}

static enum status load(const char *dir, const char *file, char ret[PEM_MAX], char reterr[256])
{
    char path[1024];
    path_of(dir, file, path);
    FILE *f = fopen(path, "re");
    if (!f)
        return says(reterr, STATUS_UNAVAILABLE, file, strerror(errno));
    size_t n = fread(ret, 1, PEM_MAX - 1, f);
    ret[n] = 0;
    fclose(f);
    return STATUS_OK;
}

/* ---- making ---- */

static enum status new_key(struct maker *m, mbedtls_pk_context *key, char ret_pem[PEM_MAX], char reterr[256])
{
    int rc = mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    if (rc == 0)
        rc = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*key), mbedtls_ctr_drbg_random,
                                 &m->random);
    if (rc == 0)
        rc = mbedtls_pk_write_key_pem(key, (unsigned char *)ret_pem, PEM_MAX);
    return rc ? mbed_says(reterr, "cannot make a key", rc) : STATUS_OK;
}

/* subjectAltName ::= SEQUENCE OF [2] IA5String; mbedTLS 2.28 has no writer for it. Lengths stay below 128. */
static int set_dns_name(mbedtls_x509write_cert *w, const char *name)
{
    unsigned char der[NAME_MAX_BYTES + 4];
    size_t len = strlen(name);
    der[0] = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
    der[1] = (unsigned char)(len + 2);
    der[2] = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2;
    der[3] = (unsigned char)len;
    memcpy(der + 4, name, len);
    return mbedtls_x509write_crt_set_extension(w, MBEDTLS_OID_SUBJECT_ALT_NAME,
                                               MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0, der,
                                               len + 4);
}

static int set_server_use(mbedtls_x509write_cert *w)
{
    /* SEQUENCE { OID 1.3.6.1.5.5.7.3.1 serverAuth } */
    static const unsigned char use[] = {0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06,
                                        0x01, 0x05, 0x05, 0x07, 0x03, 0x01};
    return mbedtls_x509write_crt_set_extension(w, MBEDTLS_OID_EXTENDED_KEY_USAGE,
                                               MBEDTLS_OID_SIZE(MBEDTLS_OID_EXTENDED_KEY_USAGE), 0, use,
                                               sizeof use);
}

/* From yesterday, for clocks that are behind, for twenty years: longer than papers must be kept. */
static int set_validity(mbedtls_x509write_cert *w)
{
    time_t from = time(NULL) - 86400;
    struct tm tm;
    char not_before[16], not_after[16];
    gmtime_r(&from, &tm);
    strftime(not_before, sizeof not_before, "%Y%m%d%H%M%S", &tm);
    tm.tm_year += YEARS;
    if (tm.tm_mon == 1 && tm.tm_mday == 29)
        tm.tm_mday = 28;
    strftime(not_after, sizeof not_after, "%Y%m%d%H%M%S", &tm);
    return mbedtls_x509write_crt_set_validity(w, not_before, not_after);
}

static int set_serial(struct maker *m, mbedtls_x509write_cert *w)
{
    unsigned char b[16];
    mbedtls_mpi serial;
    mbedtls_mpi_init(&serial);
    int rc = mbedtls_ctr_drbg_random(&m->random, b, sizeof b);
    b[0] = (unsigned char)((b[0] & 0x7f) | 0x40); /* positive, and never shorter */
    if (rc == 0)
        rc = mbedtls_mpi_read_binary(&serial, b, sizeof b);
    if (rc == 0)
        rc = mbedtls_x509write_crt_set_serial(w, &serial);
    mbedtls_mpi_free(&serial);
    return rc;
}

static int set_purpose(mbedtls_x509write_cert *w, const char *name)
{
    if (!name) {
        int rc = mbedtls_x509write_crt_set_basic_constraints(w, 1, 0);
        return rc ? rc
                  : mbedtls_x509write_crt_set_key_usage(w, MBEDTLS_X509_KU_KEY_CERT_SIGN |
                                                               MBEDTLS_X509_KU_CRL_SIGN);
    }
    int rc = mbedtls_x509write_crt_set_basic_constraints(w, 0, -1);
    if (rc == 0)
        rc = mbedtls_x509write_crt_set_key_usage(w, MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
    if (rc == 0)
        rc = set_server_use(w);
    return rc ? rc : set_dns_name(w, name);
}

/* A certificate for `key` by the CA; name NULL makes the CA's own. */
static enum status certify(struct maker *m, mbedtls_pk_context *key, const char *name, char ret_pem[PEM_MAX],
                           char reterr[256])
{
    mbedtls_x509write_cert w;
    char subject[NAME_MAX_BYTES + 16];
    snprintf(subject, sizeof subject, "CN=%s", name ? name : "Purser CA");
    mbedtls_x509write_crt_init(&w);
    mbedtls_x509write_crt_set_version(&w, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&w, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&w, key);
    mbedtls_x509write_crt_set_issuer_key(&w, &m->ca_key);
    int rc = mbedtls_x509write_crt_set_subject_name(&w, subject);
    if (rc == 0)
        rc = mbedtls_x509write_crt_set_issuer_name(&w, "CN=Purser CA");
    if (rc == 0)
        rc = set_validity(&w);
    if (rc == 0)
        rc = set_serial(m, &w);
    if (rc == 0)
        rc = set_purpose(&w, name);
    if (rc == 0)
        rc = mbedtls_x509write_crt_set_subject_key_identifier(&w);
    if (rc == 0)
        rc = mbedtls_x509write_crt_set_authority_key_identifier(&w);
    if (rc == 0)
        rc = mbedtls_x509write_crt_pem(&w, (unsigned char *)ret_pem, PEM_MAX, mbedtls_ctr_drbg_random,
                                       &m->random);
    mbedtls_x509write_crt_free(&w);
    return rc ? mbed_says(reterr, "cannot make a certificate", rc) : STATUS_OK;
}

static enum status name_will_do(const char *name, char reterr[256])
{
    size_t len = strlen(name);
    bool is_address = len > 0;
    for (const char *p = name; *p; p++) {
        if (!isalnum((unsigned char)*p) && *p != '.' && *p != '-')
            return says(reterr, STATUS_INVALID_ARGUMENT, name,
                        "a TLS name has letters, digits, dots and hyphens only");
        is_address = is_address && (isdigit((unsigned char)*p) || *p == '.');
    }
    if (len == 0 || len > NAME_MAX_BYTES)
        return says(reterr, STATUS_INVALID_ARGUMENT, name, "a TLS name has 1 to 100 characters");
    return is_address ? says(reterr, STATUS_INVALID_ARGUMENT, name, "a TLS name is not an address")
                      : STATUS_OK;
}

static enum status open_ca(struct maker *m, const char *dir, char reterr[256])
{
    char pem[PEM_MAX];
    enum status s = load(dir, "ca.key", pem, reterr);
    if (s != STATUS_OK)
        return s;
    int rc = mbedtls_pk_parse_key(&m->ca_key, (const unsigned char *)pem, strlen(pem) + 1, NULL, 0);
    explicit_bzero(pem, sizeof pem);
    return rc ? mbed_says(reterr, "ca.key", rc) : STATUS_OK;
}

static enum status make_ca(struct maker *m, const char *dir, char reterr[256])
{
    char key[PEM_MAX], cert[PEM_MAX];
    enum status s = new_key(m, &m->ca_key, key, reterr);
    if (s == STATUS_OK)
        s = certify(m, &m->ca_key, NULL, cert, reterr);
    if (s == STATUS_OK)
        s = save(dir, "ca.key", key, 0600, reterr);
    if (s == STATUS_OK)
        s = save(dir, "ca.pem", cert, 0644, reterr); /* last: who sees it may use the key */
    explicit_bzero(key, sizeof key);
    return s;
}

static enum status issue(struct maker *m, const char *dir, const char *name, char cert[PEM_MAX],
                         char key[PEM_MAX], char reterr[256])
{
    enum status s = name_will_do(name, reterr);
    if (s == STATUS_OK && m->ca_key.pk_info == NULL)
        s = open_ca(m, dir, reterr);
    if (s == STATUS_OK)
        s = new_key(m, &m->key, key, reterr);
    return s == STATUS_OK ? certify(m, &m->key, name, cert, reterr) : s;
}

enum status ca_make(const char *dir, const char *name, char reterr[256])
{
    struct maker m;
    char key[PEM_MAX], cert[PEM_MAX];
    enum status s = name_will_do(name, reterr);
    if (s != STATUS_OK)
        return s;
    s = maker_init(&m, reterr);
    if (s == STATUS_OK && !is_there(dir, "ca.pem"))
        s = make_ca(&m, dir, reterr);
    if (s == STATUS_OK && !is_there(dir, "server.pem")) {
        s = issue(&m, dir, name, cert, key, reterr);
        if (s == STATUS_OK)
            s = save(dir, "server.key", key, 0600, reterr);
        if (s == STATUS_OK)
            s = save(dir, "server.pem", cert, 0644, reterr);
        explicit_bzero(key, sizeof key);
    }
    maker_done(&m);
    return s;
}

enum status ca_issue(const char *dir, const char *name, struct arena *a, const char **ret_cert_pem,
                     const char **ret_key_pem, char reterr[256])
{
    struct maker m;
    char key[PEM_MAX], cert[PEM_MAX];
    enum status s = maker_init(&m, reterr);
    if (s == STATUS_OK)
        s = issue(&m, dir, name, cert, key, reterr);
    if (s == STATUS_OK) {
        *ret_cert_pem = arena_text(a, cert);
        *ret_key_pem = arena_text(a, key);
    }
    explicit_bzero(key, sizeof key);
    maker_done(&m);
    return s;
}
