/* The cache of keys, the sessions, and the memory of signed reads: what is checked without asking PostgreSQL.
 */
#include "server/front/people.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"
#include "common/sign.h"
#include "server/domain/unit/unit.h"

#define SESSIONS_MAX      4096
#define SESSION_LIFE_US   (INT64_C(8) * 3600 * 1000000)
#define CHALLENGE_LIFE_US (INT64_C(60) * 1000000)
#define READS_REMEMBERED  65536
#define READ_LIFE_US      (INT64_C(20) * 60 * 1000000)
#define PEOPLE_MAX_BYTES  (16u << 20)

static pthread_rwlock_t people_lock = PTHREAD_RWLOCK_INITIALIZER;
static struct arena *people_arena;
static struct signer_row *people;
static int people_count;
static int64_t version_known = -1;
static struct day day_known; /* roles begin and end with days */

static int compare_rows(const void *a, const void *b)
{
    const struct signer_row *x = a, *y = b;
    PRE(x->key_id.len == HASH_BYTES && y->key_id.len == HASH_BYTES);
    return memcmp(x->key_id.data, y->key_id.data, HASH_BYTES);
}

int64_t people_version(void)
{
    pthread_rwlock_rdlock(&people_lock);
    int64_t v = version_known;
    pthread_rwlock_unlock(&people_lock);
    return v;
}

enum status people_refresh(struct db *db, int64_t version, struct day today, struct db_error *reterr)
{
    if (version == version_known && today.n == day_known.n) /* only the writer's thread changes it */
        return STATUS_OK;
    struct arena *a = arena_new(PEOPLE_MAX_BYTES);
    if (!a)
        return STATUS_RESOURCE_EXHAUSTED;
    struct signer_row *rows = NULL;
    int count = 0;
    db_use_arena(db, a);
    unit_want_signers(db, today, &rows, &count);
    enum status s = db_run(db, reterr);
    if (s != STATUS_OK) {
        arena_free(a);
        return s;
    }
    if (count)
        qsort(rows, (size_t)count, sizeof(*rows), compare_rows);

    pthread_rwlock_wrlock(&people_lock);
    struct arena *old = people_arena;
    people_arena = a;
    people = rows;
    people_count = count;
    version_known = version;
    day_known = today;
    pthread_rwlock_unlock(&people_lock);
    arena_free(old);
    return STATUS_OK;
}

bool people_find(struct bytes key_id, struct arena *a, struct actor *ret, struct bytes *ret_public_key)
{
    if (key_id.len != HASH_BYTES)
        return false;
    pthread_rwlock_rdlock(&people_lock);
    struct signer_row key = {.key_id = key_id};
    const struct signer_row *row = people_count ? bsearch(&key, people, (size_t)people_count, sizeof(*people),
                                                          compare_rows)
                                                : NULL;
    if (row) {
        const struct signer *s = &row->signer;
        *ret = (struct actor){.person_id = arena_text(a, s->person_id),
                              .name = arena_text(a, s->name),
                              .unit_id = arena_text(a, s->unit_id),
                              .roles = (uint32_t)s->roles,
                              .key_id = arena_bytes(a, key_id.data, key_id.len)};
        *ret_public_key = arena_bytes(a, s->public_key.data, s->public_key.len);
    }
    pthread_rwlock_unlock(&people_lock);
    return row != NULL;
}

/* ---- sessions and challenges: small fixed tables; the oldest makes room ---- */

struct ticketed {
    uint8_t secret[SESSION_BYTES];
    uint8_t key_id[HASH_BYTES];
    int64_t expires_us;
};
static pthread_mutex_t session_lock = PTHREAD_MUTEX_INITIALIZER;
static struct ticketed sessions[SESSIONS_MAX], challenges[SESSIONS_MAX];
static int sessions_next, challenges_next;

static struct ticketed *find_secret(struct ticketed *table, struct bytes secret, int64_t now_us)
{
    uint16_t slot;
    if (secret.len != SESSION_BYTES)
        return NULL;
    memcpy(&slot, secret.data, sizeof(slot));
    struct ticketed *t = &table[slot % SESSIONS_MAX];
    return t->expires_us > now_us && memcmp(t->secret, secret.data, SESSION_BYTES) == 0 ? t : NULL;
}

/* A fresh secret in the next slot; its first two bytes say which slot that is. */
static struct ticketed *new_secret(struct ticketed *table, int *next)
{
    uint16_t slot = (uint16_t)((unsigned)(*next)++ % SESSIONS_MAX);
    struct ticketed *t = &table[slot];
    sign_random(t->secret, SESSION_BYTES);
    memcpy(t->secret, &slot, sizeof(slot));
    return t;
}

void session_challenge(int64_t now_us, uint8_t ret_nonce[SESSION_BYTES])
{
    pthread_mutex_lock(&session_lock);
    struct ticketed *c = new_secret(challenges, &challenges_next);
    c->expires_us = now_us + CHALLENGE_LIFE_US;
    memcpy(ret_nonce, c->secret, SESSION_BYTES);
    pthread_mutex_unlock(&session_lock);
}

bool session_open(const struct bytes *nonce, struct bytes key_id, int64_t now_us,
                  uint8_t ret_token[SESSION_BYTES], int64_t *ret_expires_us)
{
    PRE(key_id.len == HASH_BYTES);
    pthread_mutex_lock(&session_lock);
    struct ticketed *c = find_secret(challenges, *nonce, now_us);
    if (c) {
        c->expires_us = 0; /* once only */
        struct ticketed *s = new_secret(sessions, &sessions_next);
        memcpy(s->key_id, key_id.data, HASH_BYTES);
        s->expires_us = now_us + SESSION_LIFE_US;
        memcpy(ret_token, s->secret, SESSION_BYTES);
        *ret_expires_us = s->expires_us;
    }
    pthread_mutex_unlock(&session_lock);
    return c != NULL;
}

bool session_find(struct bytes token, int64_t now_us, struct arena *a, struct bytes *ret_key_id)
{
    pthread_mutex_lock(&session_lock);
    const struct ticketed *s = find_secret(sessions, token, now_us);
    if (s)
        *ret_key_id = arena_bytes(a, s->key_id, HASH_BYTES);
    pthread_mutex_unlock(&session_lock);
    return s != NULL;
}

void session_close(struct bytes token)
{
    pthread_mutex_lock(&session_lock);
    struct ticketed *s = find_secret(sessions, token, 0);
    if (s)
        s->expires_us = 0;
    pthread_mutex_unlock(&session_lock);
}

/* ---- signed reads: an open-addressed set whose entries grow old ---- */

struct remembered {
    struct hash id;
    int64_t until_us;
};
static pthread_mutex_t reads_lock = PTHREAD_MUTEX_INITIALIZER;
static struct remembered *reads;

bool read_is_fresh(struct bytes key_id, struct bytes request_id, int64_t now_us)
{
    uint8_t both[HASH_BYTES + 16];
    if (key_id.len != HASH_BYTES || request_id.len != 16)
        return false;
    memcpy(both, key_id.data, HASH_BYTES);
    memcpy(both + HASH_BYTES, request_id.data, 16);
    struct hash id = sha256(both, sizeof(both));
    size_t at;
    memcpy(&at, id.b, sizeof(at));

    pthread_mutex_lock(&reads_lock);
    if (!reads)
        reads = calloc(READS_REMEMBERED, sizeof(*reads));
    bool is_fresh = reads != NULL;
    struct remembered *room = NULL;
    for (size_t i = 0; is_fresh && i < 64; i++) {
        struct remembered *r = &reads[(at + i) % READS_REMEMBERED];
        if (r->until_us > now_us)
            is_fresh = memcmp(r->id.b, id.b, HASH_BYTES) != 0;
        else if (!room)
            room = r;
    }
    if (is_fresh && room)
        *room = (struct remembered){id, now_us + READ_LIFE_US};
    pthread_mutex_unlock(&reads_lock);
    return is_fresh && room; /* a crowded set refuses rather than forgets */
}
