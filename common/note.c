/* Checkpoints: C2SP signed notes (tlog-checkpoint), Ed25519. */
#include "common/note.h"

#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#define ALGORITHM_ED25519 0x01
#define KEY_HASH_BYTES    4
#define DASH              "\xe2\x80\x94 " /* em dash and a space begin every signature line */

/* First bytes of SHA-256(name ‖ "\n" ‖ 0x01 ‖ public key). */
static void key_hash(const char *name, const struct sign_public *key, uint8_t ret[KEY_HASH_BYTES])
{
    static const uint8_t between[2] = {'\n', ALGORITHM_ED25519};
    crypto_hash_sha256_state s;
    struct hash h;

    crypto_hash_sha256_init(&s);
    crypto_hash_sha256_update(&s, (const uint8_t *)name, strlen(name));
    crypto_hash_sha256_update(&s, between, sizeof(between));
    crypto_hash_sha256_update(&s, key->b, sizeof(key->b));
    crypto_hash_sha256_final(&s, h.b);
    memcpy(ret, h.b, KEY_HASH_BYTES);
}

const char *note_sign(struct arena *a, const struct checkpoint *c, const struct sign_secret *key)
{
    const char *text = arena_printf(a, "%s\n%" PRIu64 "\n%s\n%s%s", c->origin, c->size,
                                    base64_text(a, c->root.b, HASH_BYTES), c->extension ? c->extension : "",
                                    c->extension && c->extension[0] ? "\n" : "");
    struct sign_public public = sign_public_of(key);
    uint8_t line[KEY_HASH_BYTES + 64];

    key_hash(c->origin, &public, line);
    crypto_sign_detached(line + KEY_HASH_BYTES, NULL, (const uint8_t *)text, strlen(text), key->b);
    return arena_printf(a, "%s\n" DASH "%s %s\n", text, c->origin, base64_text(a, line, sizeof(line)));
}

/* ---- opening ---- */

/* The line at *at without its newline, in the arena; NULL when there is none. Moves *at behind it. */
static const char *next_line(struct arena *a, const char **at, const char *end)
{
    const char *newline = *at < end ? memchr(*at, '\n', (size_t)(end - *at)) : NULL;

    if (!newline)
        return NULL;
    const char *line = arena_textn(a, *at, (size_t)(newline - *at));
    *at = newline + 1;
    return line;
}

/* Decimal, no sign, no leading zero. */
static bool parse_size(const char *text, uint64_t *ret)
{
    uint64_t n = 0;

    if (!text[0] || (text[0] == '0' && text[1]))
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (uint64_t)(*text - '0'), &n))
            return false;
    }
    *ret = n;
    return true;
}

/* The signed part: origin, size, root, and the extension lines joined by newlines. */
static bool parse_text(struct arena *a, const char *text, const char *end, struct checkpoint *ret)
{
    const char *origin = next_line(a, &text, end);
    const char *size = next_line(a, &text, end);
    const char *root = next_line(a, &text, end);
    struct checkpoint c = {.origin = origin, .extension = ""};
    struct bytes hash;

    if (!origin || !size || !root || !origin[0] || strpbrk(origin, " +"))
        return false;
    if (!parse_size(size, &c.size) || !base64_parse(a, root, &hash) || hash.len != HASH_BYTES)
        return false;
    memcpy(c.root.b, hash.data, HASH_BYTES);
    if (text < end)
        c.extension = arena_textn(a, text, (size_t)(end - text) - 1);
    *ret = c;
    return true;
}

/* Is the line "— name base64(hash ‖ signature)" of this key, and does the signature hold? */
static bool signature_line_holds(struct arena *a, const char *line, const char *name,
                                 const struct sign_public *key, const char *text, size_t text_len)
{
    size_t name_len = strlen(name), dash_len = strlen(DASH);
    uint8_t hash[KEY_HASH_BYTES];
    struct bytes sig;

    if (strncmp(line, DASH, dash_len) != 0 || strncmp(line + dash_len, name, name_len) != 0 ||
        line[dash_len + name_len] != ' ')
        return false;
    if (!base64_parse(a, line + dash_len + name_len + 1, &sig) || sig.len != KEY_HASH_BYTES + 64)
        return false;
    key_hash(name, key, hash);
    if (memcmp(sig.data, hash, KEY_HASH_BYTES) != 0)
        return false;
    return crypto_sign_verify_detached(sig.data + KEY_HASH_BYTES, (const uint8_t *)text, text_len, key->b) ==
           0;
}

bool note_open(struct arena *a, const char *note, const struct sign_public *key, struct checkpoint *ret)
{
    const char *blank = strstr(note, "\n\n"), *end = note + strlen(note), *line;
    struct checkpoint c;

    if (!blank || !parse_text(a, note, blank + 1, &c))
        return false;
    /* Others (witnesses) may have signed too; one line must be ours. */
    bool holds = false;
    const char *at = blank + 2;
    while ((line = next_line(a, &at, end))) {
        if (strncmp(line, DASH, strlen(DASH)) != 0)
            return false;
        holds = holds || signature_line_holds(a, line, c.origin, key, note, (size_t)(blank + 1 - note));
    }
    if (!holds || at != end || arena_is_full(a))
        return false;
    *ret = c;
    return true;
}

/* ---- the verifier's key ---- */

const char *note_vkey(struct arena *a, const char *origin, const struct sign_public *key)
{
    uint8_t hash[KEY_HASH_BYTES], typed[1 + sizeof(key->b)];

    key_hash(origin, key, hash);
    typed[0] = ALGORITHM_ED25519;
    memcpy(typed + 1, key->b, sizeof(key->b));
    return arena_printf(a, "%s+%s+%s", origin, hex_text(a, hash, sizeof(hash)),
                        base64_text(a, typed, sizeof(typed)));
}

bool note_vkey_parse(struct arena *a, const char *vkey, const char **ret_origin, struct sign_public *ret)
{
    const char *plus = strchr(vkey, '+');
    struct sign_public key;
    struct bytes typed;
    uint8_t told[KEY_HASH_BYTES], hash[KEY_HASH_BYTES];

    if (!plus || plus == vkey || strlen(plus) < 2 + 2 * KEY_HASH_BYTES || plus[1 + 2 * KEY_HASH_BYTES] != '+')
        return false;
    const char *origin = arena_textn(a, vkey, (size_t)(plus - vkey));
    if (strpbrk(origin, " \n") ||
        !hex_parse(arena_textn(a, plus + 1, 2 * KEY_HASH_BYTES), told, sizeof(told)))
        return false;
    if (!base64_parse(a, plus + 2 + 2 * KEY_HASH_BYTES, &typed) || typed.len != 1 + sizeof(key.b) ||
        typed.data[0] != ALGORITHM_ED25519)
        return false;
    memcpy(key.b, typed.data + 1, sizeof(key.b));
    key_hash(origin, &key, hash);
    if (memcmp(told, hash, KEY_HASH_BYTES) != 0)
        return false;
    *ret_origin = origin;
    *ret = key;
    return true;
}
