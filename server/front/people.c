/* The cache of keys, the sessions, and the memory of signed reads: what is checked without PostgreSQL. */
#include "server/front/people.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"
#include "common/sign.h"
#include "server/domain/unit/unit.h"

#define SESSIONS_MAX      4096
#define SESSIONS_A_KEY    16
#define SESSION_LIFE_US   (INT64_C(8) * 3600 * 1000000)
#define CHALLENGE_LIFE_US (INT64_C(60) * 1000000)
#define REMEMBERED_MAX    (1u << 18) /* 400 signed reads a second; who reads more opens a session */
#define PROBES_MAX        64
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
    return memcmp(x->key_id.data, y->key_id.data, HASH_BYTES);
}

/* Rows whose key is none are somebody else's work; verify names them. */
static int keep_sane(struct signer_row *rows, int count)
{
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (rows[i].key_id.len == HASH_BYTES)
            rows[kept++] = rows[i];
    return kept;
}

struct day people_day(void) { return day_known; } /* only the writer's thread changes it, and asks */

enum status people_refresh(struct db *db, int64_t version, struct day today, struct db_error *reterr)
{
    if (version == version_known && today.n == day_known.n) /* only the writer's thread changes it */
        return STATUS_OK;
    struct arena *a = arena_new(PEOPLE_MAX_BYTES);
    if (!a)
        return STATUS_RESOURCE_EXHAUSTED;
    struct signer_row *rows = NULL;
    int count = 0;
    struct arena *before = db_use_arena(db, a);
    unit_want_signers(db, today, &rows, &count);
    enum status s = db_run(db, reterr);
    db_use_arena(db, before);
    if (s != STATUS_OK) {
        arena_free(a);
        return s;
    }
    count = keep_sane(rows, count);
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

static bool find(struct bytes key_id, bool reads, struct arena *a, struct actor *ret,
                 struct bytes *ret_public_key)
{
    if (key_id.len != HASH_BYTES)
        return false;
    pthread_rwlock_rdlock(&people_lock);
    struct signer_row key = {.key_id = key_id};
    const struct signer_row *row = people_count ? bsearch(&key, people, (size_t)people_count, sizeof(*people),
                                                          compare_rows)
                                                : NULL;
    if (row && reads && row->signer.rotated_us)
        row = NULL;
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

bool people_find(struct bytes key_id, struct arena *a, struct actor *ret, struct bytes *ret_public_key)
{
    return find(key_id, false, a, ret, ret_public_key);
}

bool people_find_reader(struct bytes key_id, struct arena *a, struct actor *ret, struct bytes *ret_public_key)
{
    return find(key_id, true, a, ret, ret_public_key);
}

/* ---- what may come once: an open-addressed set whose entries grow old ---- */

struct remembered {
    uint8_t id[16];
    int64_t until_us;
};
static pthread_mutex_t remembered_lock = PTHREAD_MUTEX_INITIALIZER;
static struct remembered *remembered; /* pages of it are taken as they are used */

static enum once remember(struct hash id, int64_t now_us, int64_t until_us)
{
    size_t at;
    memcpy(&at, id.b + sizeof(remembered->id), sizeof(at));
    pthread_mutex_lock(&remembered_lock);
    if (!remembered)
        remembered = calloc(REMEMBERED_MAX, sizeof(*remembered));
    bool is_seen = false;
    struct remembered *room = NULL;
    for (size_t i = 0; remembered && !is_seen && i < PROBES_MAX; i++) {
        struct remembered *r = &remembered[(at + i) % REMEMBERED_MAX];
        if (r->until_us > now_us)
            is_seen = memcmp(r->id, id.b, sizeof(r->id)) == 0;
        else if (!room)
            room = r;
    }
    if (room && !is_seen) {
        memcpy(room->id, id.b, sizeof(room->id));
        room->until_us = until_us;
    }
    pthread_mutex_unlock(&remembered_lock);
    return is_seen ? ONCE_SEEN : room ? ONCE_FRESH : ONCE_CROWDED;
}

enum once read_once(struct bytes key_id, struct bytes request_id, int64_t now_us, int64_t until_us)
{
    uint8_t both[HASH_BYTES + 16];
    if (key_id.len != HASH_BYTES || request_id.len != 16)
        return ONCE_SEEN;
    memcpy(both, key_id.data, HASH_BYTES);
    memcpy(both + HASH_BYTES, request_id.data, 16);
    return remember(sha256(both, sizeof(both)), now_us, until_us);
}

/* ---- challenges: 8 bytes when, 8 bytes of chance, 16 bytes that only this server can have made ---- */

static pthread_once_t secret_once = PTHREAD_ONCE_INIT;
static uint8_t challenge_secret[HASH_BYTES];

static void make_secret(void) { sign_random(challenge_secret, sizeof(challenge_secret)); }

static struct hash challenge_seal(const uint8_t *nonce)
{
    uint8_t both[HASH_BYTES + 16];
    pthread_once(&secret_once, make_secret);
    memcpy(both, challenge_secret, HASH_BYTES);
    memcpy(both + HASH_BYTES, nonce, 16);
    return sha256(both, sizeof(both));
}

void session_challenge(int64_t now_us, uint8_t ret_nonce[SESSION_BYTES])
{
    memcpy(ret_nonce, &now_us, sizeof(now_us));
    sign_random(ret_nonce + 8, 8);
    struct hash seal = challenge_seal(ret_nonce);
    memcpy(ret_nonce + 16, seal.b, 16);
}

static bool challenge_is_good(struct bytes nonce, int64_t now_us)
{
    int64_t given_us;
    if (nonce.len != SESSION_BYTES)
        return false;
    struct hash seal = challenge_seal(nonce.data);
    memcpy(&given_us, nonce.data, sizeof(given_us));
    return memcmp(seal.b, nonce.data + 16, 16) == 0 && given_us <= now_us &&
           now_us - given_us < CHALLENGE_LIFE_US &&
           remember(sha256(nonce.data, nonce.len), now_us, given_us + CHALLENGE_LIFE_US) == ONCE_FRESH;
}

/* ---- sessions: a fixed table; the oldest makes room ---- */

struct session {
    uint8_t token[SESSION_BYTES]; /* begins with the number of its slot */
    uint8_t key_id[HASH_BYTES];
    int64_t expires_us;
};
static pthread_mutex_t session_lock = PTHREAD_MUTEX_INITIALIZER;
static struct session sessions[SESSIONS_MAX];

/* The key's oldest when it has enough; else one that is over, else the oldest of all. */
static struct session *session_slot(struct bytes key_id, int64_t now_us)
{
    struct session *oldest = &sessions[0], *own = NULL;
    int own_count = 0;
    for (struct session *s = sessions; s < sessions + SESSIONS_MAX; s++) {
        if (s->expires_us < oldest->expires_us)
            oldest = s;
        if (s->expires_us <= now_us || memcmp(s->key_id, key_id.data, HASH_BYTES) != 0)
            continue;
        own_count++;
        if (!own || s->expires_us < own->expires_us)
            own = s;
    }
    return own_count >= SESSIONS_A_KEY ? own : oldest;
}

bool session_open(struct bytes nonce, struct bytes key_id, int64_t now_us, uint8_t ret_token[SESSION_BYTES],
                  int64_t *ret_expires_us)
{
    PRE(key_id.len == HASH_BYTES);
    if (!challenge_is_good(nonce, now_us))
        return false;
    pthread_mutex_lock(&session_lock);
    struct session *s = session_slot(key_id, now_us);
    uint16_t slot = (uint16_t)(s - sessions);
    sign_random(s->token, SESSION_BYTES);
    memcpy(s->token, &slot, sizeof(slot));
    memcpy(s->key_id, key_id.data, HASH_BYTES);
    s->expires_us = now_us + SESSION_LIFE_US;
    memcpy(ret_token, s->token, SESSION_BYTES);
    *ret_expires_us = s->expires_us;
    pthread_mutex_unlock(&session_lock);
    return true;
}

static struct session *find_session(struct bytes token, int64_t now_us)
{
    uint16_t slot;
    if (token.len != SESSION_BYTES)
        return NULL;
    memcpy(&slot, token.data, sizeof(slot));
    struct session *s = &sessions[slot % SESSIONS_MAX];
    return s->expires_us > now_us && memcmp(s->token, token.data, SESSION_BYTES) == 0 ? s : NULL;
}

bool session_find(struct bytes token, int64_t now_us, struct arena *a, struct bytes *ret_key_id)
{
    pthread_mutex_lock(&session_lock);
    const struct session *s = find_session(token, now_us);
    if (s)
        *ret_key_id = arena_bytes(a, s->key_id, HASH_BYTES);
    pthread_mutex_unlock(&session_lock);
    return s != NULL;
}

void session_close(struct bytes token)
{
    pthread_mutex_lock(&session_lock);
    struct session *s = find_session(token, 0);
    if (s)
        s->expires_us = 0;
    pthread_mutex_unlock(&session_lock);
}
