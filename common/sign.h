/* Ed25519 keys and signatures of commands (libsodium). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/merkle.h"
#include "common/status.h"

#define SIGN_COMMAND_CONTEXT "purser-command-v1" /* and its NUL byte, before the command's bytes */
#define SIGN_SESSION_CONTEXT "purser-session-v1" /* and its NUL byte, before the server's nonce */

struct sign_public {
    uint8_t b[32];
};
struct sign_secret {
    uint8_t b[64];
};
struct signature {
    uint8_t b[64];
};

void sign_init(void); /* once per process, before anything else here */
void sign_new_key(struct sign_public *ret_public, struct sign_secret *ret_secret);
struct sign_public sign_public_of(const struct sign_secret *s);
struct hash sign_key_id(const struct sign_public *p); /* SHA-256 of the public key */
struct hash sha256(const void *data, size_t len);
void sign_random(void *ret, size_t len);

/* context (with its NUL) ‖ data */
struct signature sign_data(const struct sign_secret *s, const char *context, const void *data, size_t len);
bool sign_holds(const struct sign_public *p, const char *context, const void *data, size_t len,
                const struct signature *sig);

/* A secret key in a file of its own: 0600, hex, written through a temporary file and rename; refuses to read
 * one that others may read. UNAVAILABLE with errno when the file cannot be written or read, DATA_LOSS when it
 * holds no key. */
enum status sign_key_save(const char *path, const struct sign_secret *s) MUST_CHECK;
enum status sign_key_load(const char *path, struct sign_secret *ret) MUST_CHECK;

const char *hex_text(struct arena *a, const void *data, size_t len);
bool hex_parse(const char *text, void *ret, size_t len);                /* exactly len bytes */
const char *base64_text(struct arena *a, const void *data, size_t len); /* standard alphabet, padded */
bool base64_parse(struct arena *a, const char *text, struct bytes *ret);
