/* The person's Ed25519 key in the context's folder, readable by its owner only; optionally under a
 * passphrase. */
#include "client/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "client/contexts.h"

#define SEALED_MAGIC   "purser-sealed-key-v1" /* then salt, nonce and box in hex, a line each */
#define SEED_BYTES     sizeof(((struct sign_secret *)0)->b)
#define BOX_BYTES      (SEED_BYTES + crypto_secretbox_MACBYTES)
#define PASSPHRASE_MAX 256

static bool read_line(FILE *tty, char line[PASSPHRASE_MAX])
{
    if (!fgets(line, PASSPHRASE_MAX, tty))
        return false;
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

static bool ask_once(FILE *tty, const char *question, char line[PASSPHRASE_MAX])
{
    struct termios loud, quiet;
    if (tcgetattr(fileno(tty), &loud) != 0)
        return false;
    quiet = loud;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
    fputs(question, tty);
    fflush(tty);
    bool ok = read_line(tty, line);
    tcsetattr(fileno(tty), TCSAFLUSH, &loud);
    fputc('\n', tty);
    return ok;
}

const char *passphrase_ask(const struct client *c, bool is_new)
{
    char first[PASSPHRASE_MAX], second[PASSPHRASE_MAX];
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    FILE *tty = fd < 0 ? NULL : fdopen(fd, "r+");
    const char *ret = NULL;

    if (!tty || !ask_once(tty, T(c, "密钥口令：", "Passphrase of the key: "), first))
        fail(c, EXIT_NOT_ALLOWED,
             T(c, "密钥有口令，但没有终端可问",
               "the key has a passphrase, and there is no terminal to ask on"));
    else if (is_new &&
             (!ask_once(tty, T(c, "再输一次：", "Once more: "), second) || strcmp(first, second) != 0))
        fail(c, EXIT_USAGE, T(c, "两次输入不一致", "the two do not match"));
    else
        ret = arena_text(c->arena, first);
    if (tty)
        fclose(tty);
    sodium_memzero(first, sizeof(first));
    sodium_memzero(second, sizeof(second));
    return ret;
}

static bool derive(const char *passphrase, const uint8_t *salt, uint8_t ret[crypto_secretbox_KEYBYTES])
{
    return crypto_pwhash(ret, crypto_secretbox_KEYBYTES, passphrase, strlen(passphrase), salt,
                         crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
                         crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static bool store_sealed(const struct client *c, const char *path, const struct sign_secret *key,
                         const char *passphrase)
{
    uint8_t salt[crypto_pwhash_SALTBYTES], nonce[crypto_secretbox_NONCEBYTES], k[crypto_secretbox_KEYBYTES],
        box[BOX_BYTES];
    sign_random(salt, sizeof(salt));
    sign_random(nonce, sizeof(nonce));
    if (!derive(passphrase, salt, k))
        return false;
    crypto_secretbox_easy(box, key->b, SEED_BYTES, nonce, k);
    sodium_memzero(k, sizeof(k));

    const char *tmp = arena_printf(c->arena, "%s.%d", path, (int)getpid());
    int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f)
        return false;
    bool ok = fprintf(f, "%s\n%s\n%s\n%s\n", SEALED_MAGIC, hex_text(c->arena, salt, sizeof(salt)),
                      hex_text(c->arena, nonce, sizeof(nonce)), hex_text(c->arena, box, sizeof(box))) > 0;
    ok = fflush(f) == 0 && fsync(fileno(f)) == 0 && ok;
    return fclose(f) == 0 && ok && rename(tmp, path) == 0;
}

bool key_store(const struct client *c, const struct context *ctx, const char *name,
               const struct sign_secret *key, const char *passphrase)
{
    const char *path = context_file(c, ctx, name);
    bool ok = passphrase && *passphrase ? store_sealed(c, path, key, passphrase)
                                        : sign_key_save(path, key) == STATUS_OK;
    if (!ok)
        fail(c, EXIT_FILE, T(c, "写不了密钥 %s：%s", "cannot write the key %s: %s"), path, strerror(errno));
    return ok;
}

static bool open_sealed(const struct client *c, char *text, struct sign_secret *ret, int *ret_exit)
{
    uint8_t salt[crypto_pwhash_SALTBYTES], nonce[crypto_secretbox_NONCEBYTES], k[crypto_secretbox_KEYBYTES],
        box[BOX_BYTES];
    char *save, *lines[4];
    for (int i = 0; i < 4; i++)
        lines[i] = strtok_r(i ? NULL : text, "\n", &save);
    if (!lines[3] || !hex_parse(lines[1], salt, sizeof(salt)) || !hex_parse(lines[2], nonce, sizeof(nonce)) ||
        !hex_parse(lines[3], box, sizeof(box))) {
        *ret_exit = fail(c, EXIT_FILE, T(c, "密钥文件已损坏", "the key file is damaged"));
        return false;
    }
    const char *passphrase = passphrase_ask(c, false);
    *ret_exit = EXIT_NOT_ALLOWED;
    if (!passphrase || !derive(passphrase, salt, k))
        return false;
    bool ok = crypto_secretbox_open_easy(ret->b, box, sizeof(box), nonce, k) == 0;
    sodium_memzero(k, sizeof(k));
    if (!ok)
        fail(c, EXIT_NOT_ALLOWED, T(c, "口令不对", "wrong passphrase"));
    return ok;
}

bool key_read(const struct client *c, const char *name, struct sign_secret *ret, int *ret_exit)
{
    struct bytes data;
    struct stat st;
    *ret_exit = EXIT_NOT_ALLOWED;
    if (!c->ctx || !c->ctx->dir) {
        fail(c, EXIT_NOT_ALLOWED,
             T(c, "尚未登记：请先 purser enroll INVITE", "not enrolled: purser enroll INVITE first"));
        return false;
    }
    const char *path = context_file(c, c->ctx, name);
    if (!file_read(c->arena, path, &data) || stat(path, &st) != 0) {
        *ret_exit = fail(c, EXIT_FILE, T(c, "读不了密钥 %s：%s", "cannot read the key %s: %s"), path,
                         strerror(errno));
        return false;
    }
    if (st.st_mode & 077) {
        *ret_exit = fail(c, EXIT_FILE,
                         T(c, "密钥 %s 别人也能读；请 chmod 600", "others may read the key %s; chmod 600 it"),
                         path);
        return false;
    }
    const char *text = arena_textn(c->arena, (const char *)data.data, data.len);
    if (strncmp(text, SEALED_MAGIC, strlen(SEALED_MAGIC)) == 0) {
        return open_sealed(c, text_new(c->arena, text), ret, ret_exit);
    }
    if (sign_key_load(path, ret) == STATUS_OK)
        return true;
    *ret_exit = fail(c, EXIT_FILE, T(c, "密钥文件 %s 已损坏", "the key file %s is damaged"), path);
    return false;
}

bool key_is_sealed(const struct client *c)
{
    struct bytes data;
    return file_read(c->arena, context_file(c, c->ctx, "key"), &data) && data.len > strlen(SEALED_MAGIC) &&
           memcmp(data.data, SEALED_MAGIC, strlen(SEALED_MAGIC)) == 0;
}

/* Once a process: the passphrase is not asked again for the next sending. */
bool key_load(struct client *c, struct sign_secret *ret, int *ret_exit)
{
    const char *path = c->ctx && c->ctx->dir ? context_file(c, c->ctx, "key") : "";
    if (c->key && strcmp(c->key_path, path) == 0) {
        *ret = *c->key;
        return true;
    }
    if (!key_read(c, "key", ret, ret_exit))
        return false;
    key_forget(c);
    c->key = arena_alloc(c->kept, sizeof(*c->key));
    if (c->key)
        *c->key = *ret;
    c->key_path = arena_text(c->kept, path);
    return true;
}

void key_forget(struct client *c)
{
    if (c->key)
        sodium_memzero(c->key, sizeof(*c->key));
    c->key = NULL;
}
