/* Who may read: the cache of keys, sessions and their nonces, and what may come once. */
#include "tests/support/pg.h"

#include <pthread.h>
#include <stdatomic.h>

#include "common/check.h"
#include "common/sign.h"
#include "server/base/migrate.h"
#include "server/front/people.h"

#define MINUTE_US INT64_C(60000000)
#define NOW_US    (INT64_C(1800000000) * 1000000)

static struct arena *arena;

static int arena_up(void **state)
{
    (void)state;
    arena = arena_new(64u << 20);
    return arena ? 0 : -1;
}

static int arena_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct bytes bytes_of(const void *data, size_t len) { return (struct bytes){data, len}; }

/* A key id of 32 equal bytes. */
static struct bytes key_of(uint8_t b)
{
    uint8_t id[HASH_BYTES];
    memset(id, b, sizeof id);
    return arena_bytes(arena, id, sizeof id);
}

static struct bytes challenge(int64_t now_us)
{
    uint8_t nonce[SESSION_BYTES];
    session_challenge(now_us, nonce);
    return arena_bytes(arena, nonce, sizeof nonce);
}

static struct bytes open_session(struct bytes key_id, int64_t now_us)
{
    uint8_t token[SESSION_BYTES];
    int64_t expires_us;
    assert_true(session_open(challenge(now_us), key_id, now_us, token, &expires_us));
    assert_true(expires_us > now_us);
    return arena_bytes(arena, token, sizeof token);
}

static bool is_open(struct bytes token, int64_t now_us)
{
    struct bytes key_id;
    return session_find(token, now_us, arena, &key_id);
}

/* ---- nonces ---- */

static void a_nonce_is_good_once_and_for_a_minute(void **state)
{
    static const struct {
        int64_t after_us;
        bool is_good;
    } cases[] = {{0, true},
                 {MINUTE_US - 1, true},
                 {MINUTE_US, false},
                 {-1, false},
                 {1000 * MINUTE_US, false}};
    uint8_t token[SESSION_BYTES];
    int64_t expires_us;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes nonce = challenge(NOW_US);
        int64_t then = NOW_US + cases[i].after_us;
        assert_int_equal(session_open(nonce, key_of(1), then, token, &expires_us), cases[i].is_good);
        assert_false(session_open(nonce, key_of(1), then, token, &expires_us));
    }
}

static void a_nonce_with_one_flipped_bit_is_nobodys(void **state)
{
    uint8_t token[SESSION_BYTES];
    int64_t expires_us;
    (void)state;
    for (int bit = 0; bit < SESSION_BYTES * 8; bit++) {
        uint8_t nonce[SESSION_BYTES];
        session_challenge(NOW_US, nonce);
        nonce[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(session_open(bytes_of(nonce, sizeof nonce), key_of(1), NOW_US, token, &expires_us));
    }
    assert_false(session_open(bytes_of("", 0), key_of(1), NOW_US, token, &expires_us));
    assert_false(session_open(bytes_of("0123456789", 10), key_of(1), NOW_US, token, &expires_us));
}

/* ---- sessions ---- */

static void a_session_lasts_eight_hours_or_until_it_is_closed(void **state)
{
    (void)state;
    struct bytes key_id, one = open_session(key_of(2), NOW_US), two = open_session(key_of(2), NOW_US);
    assert_true(session_find(one, NOW_US, arena, &key_id));
    assert_memory_equal(key_id.data, key_of(2).data, HASH_BYTES);
    assert_true(is_open(one, NOW_US + 480 * MINUTE_US - 1));
    assert_false(is_open(one, NOW_US + 480 * MINUTE_US));
    session_close(one);
    session_close(one);
    session_close(bytes_of("", 0));
    assert_false(is_open(one, NOW_US));
    assert_true(is_open(two, NOW_US));
}

static void a_guessed_token_opens_nothing(void **state)
{
    (void)state;
    struct bytes good = open_session(key_of(3), NOW_US);
    for (size_t bit = 0; bit < SESSION_BYTES * 8; bit++) {
        uint8_t token[SESSION_BYTES];
        memcpy(token, good.data, sizeof token);
        token[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(is_open(bytes_of(token, sizeof token), NOW_US));
    }
    assert_false(is_open(bytes_of(good.data, SESSION_BYTES - 1), NOW_US));
    assert_true(is_open(good, NOW_US));
}

static void one_key_has_sixteen_sessions_and_pushes_out_only_its_own(void **state)
{
    struct bytes own[40], other = open_session(key_of(4), NOW_US);
    (void)state;
    for (int i = 0; i < 40; i++)
        own[i] = open_session(key_of(5), NOW_US + i);
    for (int i = 0; i < 40; i++)
        assert_int_equal(is_open(own[i], NOW_US + 100), i >= 24);
    assert_true(is_open(other, NOW_US + 100));
}

static void when_all_slots_are_taken_the_oldest_of_all_goes(void **state)
{
    struct bytes first = open_session(key_of(6), NOW_US), last = first;
    (void)state;
    for (int i = 0; i < 4096; i++) {
        struct hash id = sha256(&i, sizeof i);
        last = open_session(bytes_of(id.b, HASH_BYTES), NOW_US + 1000 + i);
    }
    assert_false(is_open(first, NOW_US + 5000));
    assert_true(is_open(last, NOW_US + 6000));
}

/* ---- what may come once ---- */

static void a_read_comes_once_until_it_is_too_old_to_come(void **state)
{
    const uint8_t id[16] = "0123456789abcde", other[16] = "0123456789abcdX";
    (void)state;
    struct bytes a = bytes_of(id, 16), b = bytes_of(other, 16);
    assert_int_equal(read_once(key_of(7), a, NOW_US, NOW_US + 10), ONCE_FRESH);
    assert_int_equal(read_once(key_of(7), a, NOW_US + 9, NOW_US + 10), ONCE_SEEN);
    assert_int_equal(read_once(key_of(8), a, NOW_US, NOW_US + 10), ONCE_FRESH);
    assert_int_equal(read_once(key_of(7), b, NOW_US, NOW_US + 10), ONCE_FRESH);
    assert_int_equal(read_once(key_of(7), a, NOW_US + 10, NOW_US + 20), ONCE_FRESH);
    assert_int_equal(read_once(key_of(7), bytes_of(id, 15), NOW_US, NOW_US + 10), ONCE_SEEN);
    assert_int_equal(read_once(bytes_of(id, 16), a, NOW_US, NOW_US + 10), ONCE_SEEN);
}

static void a_crowd_is_turned_away_rather_than_forgotten(void **state)
{
    int fresh = 0, crowded = 0;
    (void)state;
    struct bytes key = key_of(9);
    for (int i = 0; i < 300000; i++) {
        uint8_t id[16] = {0};
        memcpy(id, &i, sizeof i);
        enum once o = read_once(key, bytes_of(id, 16), NOW_US, NOW_US + MINUTE_US);
        assert_int_not_equal(o, ONCE_SEEN);
        fresh += o == ONCE_FRESH;
        crowded += o == ONCE_CROWDED;
    }
    assert_true(fresh > 200000);
    assert_true(crowded > 0);
    for (int i = 0; i < 1000; i++) { /* the first are still known */
        uint8_t id[16] = {0};
        memcpy(id, &i, sizeof i);
        assert_int_equal(read_once(key, bytes_of(id, 16), NOW_US + 1, NOW_US + MINUTE_US), ONCE_SEEN);
    }
}

/* ---- the cache ---- */

static struct db *database(void)
{
    struct db *db = NULL;
    struct db_error err = {0};
    if (db_open(pg_conninfo, NULL, 5000, &db, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    return db;
}

static void script(struct db *db, const char *text)
{
    struct db_error err = {0};
    if (db_script(db, text, &err) != STATUS_OK)
        fail_msg("%s", err.text);
}

/* decode(repeat(…)) is a key of 32 equal bytes. */
#define KEY(hex) "decode(repeat('" hex "', 32), 'hex')"

static void refresh(struct db *db, int64_t version, const char *today)
{
    struct db_error err = {0};
    struct day day;
    assert_true(day_parse_iso(today, &day));
    db_use_arena(db, arena);
    if (people_refresh(db, version, day, &err) != STATUS_OK)
        fail_msg("%s", err.text);
    assert_int_equal(people_day().n, day.n);
    assert_ptr_equal(db_use_arena(db, arena), arena); /* it has put back what it used */
}

static void people(struct db *db)
{
    int done;
    struct db_error err = {0};
    assert_int_equal(migrate_up(db, &done, &err), STATUS_OK);
    script(db, "INSERT INTO unit VALUES ('203', '市教育局', '110', '450600', NULL, 1, '2018-01-01', NULL, "
               "NULL, '')");
    script(db, "INSERT INTO person VALUES ('p1', '甲', '203', 'ACTIVE', 'p0', 1), ('p2', '乙', '203', "
               "'SUSPENDED', 'p0', 1)");
    script(db, "INSERT INTO person_role VALUES ('g1', 'p1', 'CLERK', 'CONFIRMED', '2020-01-01', "
               "'2026-06-22', 'p0', 1),"
               " ('g2', 'p1', 'APPROVER', 'PROPOSED', '2020-01-01', NULL, 'p0', 1)");
    script(db, "INSERT INTO person_key VALUES (" KEY("a1") ", 'p1', " KEY(
                   "01") ", '', 0, 0, 0),"
                         " (" KEY("a2") ", 'p1', " KEY("02") ", '', 0, 5, 0), (" KEY("a3") ", 'p1', " KEY(
                             "03") ", '', 0, 0, 5),"
                                   " (" KEY("a4") ", 'p2', " KEY("04") ", '', 0, 0, 0)");
}

static void a_key_is_found_as_long_as_it_is_good(void **state)
{
    static const struct {
        uint8_t key;
        bool signs, reads;
    } cases[] = {{0xa1, true, true},
                 {0xa2, true, false},
                 {0xa3, false, false},
                 {0xa4, false, false},
                 {0xa5, false, false}};
    struct db *db = database();
    struct actor actor;
    struct bytes public_key;
    (void)state;
    people(db);
    refresh(db, 1, "2026-06-22");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes id = key_of(cases[i].key);
        assert_int_equal(people_find(id, arena, &actor, &public_key), cases[i].signs);
        assert_int_equal(people_find_reader(id, arena, &actor, &public_key), cases[i].reads);
    }
    assert_false(people_find(bytes_of("short", 5), arena, &actor, &public_key));
    assert_true(people_find(key_of(0xa1), arena, &actor, &public_key));
    assert_string_equal(actor.person_id, "p1");
    assert_string_equal(actor.unit_id, "203");
    assert_memory_equal(public_key.data, key_of(0x01).data, 32);
    assert_int_equal(actor.roles, ROLE_CLERK);
    db_close(db);
}

static void it_is_read_anew_when_version_or_day_is_another(void **state)
{
    struct db *db = database();
    struct actor actor;
    struct bytes public_key;
    (void)state;
    refresh(db, 1, "2026-06-22");
    script(db, "UPDATE person_key SET revoked_us = 9 WHERE key_id = " KEY("a2"));
    refresh(db, 1, "2026-06-22");
    assert_true(people_find(key_of(0xa2), arena, &actor, &public_key));
    refresh(db, 2, "2026-06-22");
    assert_false(people_find(key_of(0xa2), arena, &actor, &public_key));
    refresh(db, 2, "2026-06-23");
    assert_true(people_find(key_of(0xa1), arena, &actor, &public_key));
    assert_int_equal(actor.roles, 0);
    db_close(db);
}

static atomic_bool is_over;

static void *look_up(void *arg)
{
    struct arena *own = arena_new(1u << 20);
    struct actor actor;
    struct bytes public_key;
    uint8_t id[HASH_BYTES];
    (void)arg;
    memset(id, 0xa1, sizeof id);
    while (!atomic_load(&is_over)) {
        arena_reset(own);
        if (!people_find(bytes_of(id, sizeof id), own, &actor, &public_key) ||
            strcmp(actor.person_id, "p1") != 0)
            abort();
        struct bytes nonce = {0}, key = {0};
        uint8_t token[SESSION_BYTES];
        int64_t expires_us;
        session_challenge(NOW_US, token);
        nonce = arena_bytes(own, token, sizeof token);
        if (session_open(nonce, bytes_of(id, sizeof id), NOW_US, token, &expires_us))
            (void)session_find(bytes_of(token, sizeof token), NOW_US, own, &key);
    }
    arena_free(own);
    return NULL;
}

static void it_is_renewed_while_others_look(void **state)
{
    struct db *db = database();
    pthread_t threads[4];
    (void)state;
    refresh(db, 1, "2026-06-22");
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, look_up, NULL), 0);
    for (int version = 100; version < 400; version++)
        refresh(db, version, "2026-06-22");
    atomic_store(&is_over, true);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    db_close(db);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, arena_up, arena_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_nonce_is_good_once_and_for_a_minute),
        TEST(a_nonce_with_one_flipped_bit_is_nobodys),
        TEST(a_session_lasts_eight_hours_or_until_it_is_closed),
        TEST(a_guessed_token_opens_nothing),
        TEST(one_key_has_sixteen_sessions_and_pushes_out_only_its_own),
        TEST(when_all_slots_are_taken_the_oldest_of_all_goes),
        TEST(a_read_comes_once_until_it_is_too_old_to_come),
        TEST(a_crowd_is_turned_away_rather_than_forgotten),
        TEST(a_key_is_found_as_long_as_it_is_good),
        TEST(it_is_read_anew_when_version_or_day_is_another),
        TEST(it_is_renewed_while_others_look),
    };
    sign_init();
    return cmocka_run_group_tests(tests, pg_up, pg_down);
}
