/* Ed25519 keys and signatures of commands (libsodium). */
#include "common/sign.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "common/check.h"

void sign_init(void)
{
    if (sodium_init() < 0)
        UNREACHABLE("libsodium finds no source of randomness");
}

void sign_new_key(struct sign_public *ret_public, struct sign_secret *ret_secret)
{
    crypto_sign_keypair(ret_public->b, ret_secret->b);
}

struct sign_public sign_public_of(const struct sign_secret *s)
{
    struct sign_public p;

    crypto_sign_ed25519_sk_to_pk(p.b, s->b);
    return p;
}

struct hash sign_key_id(const struct sign_public *p) { return sha256(p->b, sizeof(p->b)); }

struct hash sha256(const void *data, size_t len)
{
    struct hash h;

    crypto_hash_sha256(h.b, len > 0 ? data : "", len);
    return h;
}

void sign_random(void *ret, size_t len) { randombytes_buf(ret, len); }

/* ---- signatures ---- */

/* Ed25519 hashes the message twice, so it must lie in one piece: context, its NUL, data. NULL without memory.
 */
static uint8_t *in_one_piece(const char *context, const void *data, size_t len, size_t *ret_len)
{
    size_t context_len = strlen(context) + 1;
    uint8_t *whole = len <= SIZE_MAX - context_len ? malloc(context_len + len) : NULL;

    if (!whole)
        return NULL;
    memcpy(whole, context, context_len);
    if (len > 0)
        memcpy(whole + context_len, data, len);
    *ret_len = context_len + len;
    return whole;
}

struct signature sign_data(const struct sign_secret *s, const char *context, const void *data, size_t len)
{
    struct signature sig = {{0}};
    size_t whole_len = 0;
    uint8_t *whole = in_one_piece(context, data, len, &whole_len);

    if (!whole)
        UNREACHABLE("no memory for a message to be signed");
    crypto_sign_detached(sig.b, NULL, whole, whole_len, s->b);
    free(whole);
    return sig;
}

bool sign_holds(const struct sign_public *p, const char *context, const void *data, size_t len,
                const struct signature *sig)
{
    size_t whole_len = 0;
    uint8_t *whole = in_one_piece(context, data, len, &whole_len);

    if (!whole)
        return false;
    bool holds = crypto_sign_verify_detached(sig->b, whole, whole_len, p->b) == 0;
    free(whole);
    return holds;
}

/* ---- key files ---- */

#define KEY_LINE (2 * sizeof(struct sign_secret)) /* hex digits; a newline follows */

static enum status failed(int fd, const char *temporary, int error)
{
    if (fd >= 0)
        close(fd);
    if (temporary)
        unlink(temporary);
    errno = error;
    return STATUS_UNAVAILABLE;
}

/* The rename is kept only when its directory is. */
static void sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');

    if (!slash)
        snprintf(folder, sizeof(folder), ".");
    else
        snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

enum status sign_key_save(const char *path, const struct sign_secret *s)
{
    char temporary[PATH_MAX], line[KEY_LINE + 1];

    if (snprintf(temporary, sizeof(temporary), "%s.%d.new", path, (int)getpid()) >= (int)sizeof(temporary))
        return failed(-1, NULL, ENAMETOOLONG);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return failed(-1, NULL, errno);
    if (fchmod(fd, 0600) != 0)
        return failed(fd, temporary, errno);

    sodium_bin2hex(line, sizeof(line), s->b, sizeof(s->b));
    line[KEY_LINE] = '\n';
    ssize_t written = write(fd, line, sizeof(line));
    sodium_memzero(line, sizeof(line));
    if (written != (ssize_t)sizeof(line))
        return failed(fd, temporary, written < 0 ? errno : ENOSPC);
    if (fsync(fd) != 0)
        return failed(fd, temporary, errno);
    if (close(fd) != 0 || rename(temporary, path) != 0)
        return failed(-1, temporary, errno);
    sync_folder_of(path);
    return STATUS_OK;
}

enum status sign_key_load(const char *path, struct sign_secret *ret)
{
    char line[KEY_LINE + 3];
    struct stat st;

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failed(-1, NULL, errno);
    if (fstat(fd, &st) != 0)
        return failed(fd, NULL, errno);
    if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0)
        return failed(fd, NULL, EPERM);
    ssize_t got = read(fd, line, sizeof(line) - 1);
    if (got < 0)
        return failed(fd, NULL, errno);
    close(fd);

    line[got] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    struct sign_secret s;
    bool is_key = hex_parse(line, s.b, sizeof(s.b));
    sodium_memzero(line, sizeof(line));
    if (!is_key)
        return STATUS_DATA_LOSS;
    /* The second half must be the public key of the first, or signing would give the secret away. */
    uint8_t public[32], secret[64];
    crypto_sign_seed_keypair(public, secret, s.b);
    bool is_whole = sodium_memcmp(secret, s.b, sizeof(secret)) == 0;
    sodium_memzero(secret, sizeof(secret));
    if (!is_whole)
        return STATUS_DATA_LOSS;
    *ret = s;
    return STATUS_OK;
}

/* ---- bytes as text ---- */

const char *hex_text(struct arena *a, const void *data, size_t len)
{
    char *text = len < SIZE_MAX / 2 ? arena_alloc(a, 2 * len + 1) : NULL;

    if (!text)
        return "";
    sodium_bin2hex(text, 2 * len + 1, data, len);
    return text;
}

bool hex_parse(const char *text, void *ret, size_t len)
{
    size_t got = 0;

    if (strlen(text) != 2 * len)
        return false;
    return sodium_hex2bin(ret, len, text, 2 * len, NULL, &got, NULL) == 0 && got == len;
}

const char *base64_text(struct arena *a, const void *data, size_t len)
{
    if (len > SIZE_MAX / 2)
        return "";
    size_t room = sodium_base64_encoded_len(len, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_alloc(a, room);

    if (!text)
        return "";
    sodium_bin2base64(text, room, data, len, sodium_base64_VARIANT_ORIGINAL);
    return text;
}

bool base64_parse(struct arena *a, const char *text, struct bytes *ret)
{
    size_t len = strlen(text), got = 0, room = len / 4 * 3 + 3;
    uint8_t *data = arena_alloc(a, room);

    if (!data)
        return false;
    if (sodium_base642bin(data, room, text, len, NULL, &got, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    *ret = (struct bytes){data, got};
    return true;
}
