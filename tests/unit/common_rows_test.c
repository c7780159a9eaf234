/* The digest of a long import's rows: chained, and of the bytes that everybody's protobuf makes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/rows.h"
#include "common/sign.h"
#include "purser/v1/budget.pb-c.h"

static Purser__V1__BudgetRow row(const char *name, int64_t fen)
{
    Purser__V1__BudgetRow r;
    purser__v1__budget_row__init(&r);
    r.name = (char *)(uintptr_t)name;
    r.requested_fen = fen;
    return r;
}

static void a_digest_is_that_of_the_one_before_and_the_row(void **state)
{
    struct arena *a = arena_new(1 << 20);
    Purser__V1__BudgetRow one = row("a", 5), two = row("", 0);
    struct hash digest = {{0}};
    uint8_t first[HASH_BYTES + 5] = {0};
    (void)state;
    memcpy(first + HASH_BYTES,
           "\x1a\x01"
           "a\x50\x05",
           5); /* name = 3, requested_fen = 10 */
    struct hash wanted = sha256(first, sizeof(first));
    assert_true(rows_digest_add(&digest, &one.base, a));
    assert_memory_equal(digest.b, wanted.b, HASH_BYTES);

    wanted = sha256(wanted.b, HASH_BYTES); /* a row of defaults has no bytes */
    assert_true(rows_digest_add(&digest, &two.base, a));
    assert_memory_equal(digest.b, wanted.b, HASH_BYTES);
    arena_free(a);
}

static void the_order_of_rows_counts(void **state)
{
    struct arena *a = arena_new(1 << 20);
    Purser__V1__BudgetRow one = row("a", 5), two = row("b", 5);
    struct hash left = {{0}}, right = {{0}};
    (void)state;
    assert_true(rows_digest_add(&left, &one.base, a) && rows_digest_add(&left, &two.base, a));
    assert_true(rows_digest_add(&right, &two.base, a) && rows_digest_add(&right, &one.base, a));
    assert_memory_not_equal(left.b, right.b, HASH_BYTES);
    arena_free(a);
}

static void a_full_arena_is_said(void **state)
{
    struct arena *a = arena_new(16);
    Purser__V1__BudgetRow one = row("a", 5);
    struct hash digest = {{0}}, before = digest;
    (void)state;
    assert_false(rows_digest_add(&digest, &one.base, a));
    assert_memory_equal(digest.b, before.b, HASH_BYTES);
    arena_free(a);
}

int main(void)
{
    sign_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_is_that_of_the_one_before_and_the_row),
        cmocka_unit_test(the_order_of_rows_counts),
        cmocka_unit_test(a_full_arena_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
