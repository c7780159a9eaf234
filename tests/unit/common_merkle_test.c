/* Merkle trees: other people's vectors, and our own proofs of every tree up to 64 leaves. */
#define _GNU_SOURCE
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "common/merkle.h"
#include "common/sign.h"

#define ANCHORS    TESTS_DIR "/../../shared/anchors/transparency-dev-merkle"
#define LEAVES_MAX 64

/* ---- a tree whose perfect subtrees are all kept ---- */

struct kept {
    struct hash node[7][LEAVES_MAX];
    struct frontier frontier;
    struct hash root[LEAVES_MAX + 1];
};
static struct kept tree;

static void keep(void *ctx, int level, uint64_t at, const struct hash *h)
{
    ((struct kept *)ctx)->node[level][at] = *h;
}

static bool get(void *ctx, int level, uint64_t at, struct hash *ret)
{
    const struct kept *k = ctx;

    if (level > 6 || (at + 1) << level > k->frontier.size)
        return false;
    *ret = k->node[level][at];
    return true;
}

static int grow(void **state)
{
    (void)state;
    sign_init();
    tree.root[0] = frontier_root(&tree.frontier);
    for (uint64_t i = 0; i < LEAVES_MAX; i++) {
        uint8_t data[2] = {(uint8_t)i, 7};
        tree.node[0][i] = merkle_leaf(data, sizeof(data));
        frontier_append(&tree.frontier, &tree.node[0][i], keep, &tree);
        tree.root[i + 1] = frontier_root(&tree.frontier);
    }
    return 0;
}

/* The root by its definition (RFC 6962 2.1). */
static struct hash root_by_definition(uint64_t from, uint64_t to)
{
    uint64_t half = 1;

    if (to == from)
        return merkle_empty();
    if (to - from == 1)
        return tree.node[0][from];
    while (2 * half < to - from)
        half *= 2;
    struct hash left = root_by_definition(from, from + half), right = root_by_definition(from + half, to);
    return merkle_node(&left, &right);
}

static void the_frontier_gives_the_root_of_the_definition(void **state)
{
    (void)state;
    for (uint64_t size = 0; size <= LEAVES_MAX; size++) {
        struct hash want = root_by_definition(0, size);
        assert_memory_equal(tree.root[size].b, want.b, HASH_BYTES);
    }
}

static void every_leaf_of_every_tree_is_proved(void **state)
{
    struct hash proof[MERKLE_PROOF_MAX];
    int count;

    (void)state;
    for (uint64_t size = 1; size <= LEAVES_MAX; size++) {
        for (uint64_t i = 0; i < size; i++) {
            const struct hash *leaf = &tree.node[0][i], *root = &tree.root[size];
            assert_true(merkle_inclusion(i, size, get, &tree, proof, &count));
            assert_true(merkle_inclusion_holds(i, size, leaf, proof, count, root));
            assert_false(merkle_inclusion_holds(i, size, leaf, proof, count, &tree.root[size - 1]));
            assert_false(merkle_inclusion_holds((i + 1) % size, size, leaf, proof, count, root) && size > 1);
            if (count > 0) {
                assert_false(merkle_inclusion_holds(i, size, leaf, proof, count - 1, root));
                proof[count - 1].b[3] ^= 1;
                assert_false(merkle_inclusion_holds(i, size, leaf, proof, count, root));
            }
        }
    }
    assert_false(merkle_inclusion(5, 5, get, &tree, proof, &count));
}

static void every_pair_of_sizes_is_proved_consistent(void **state)
{
    struct hash proof[MERKLE_PROOF_MAX];
    int count;

    (void)state;
    for (uint64_t n = 1; n <= LEAVES_MAX; n++) {
        for (uint64_t m = 1; m <= n; m++) {
            assert_true(merkle_consistency(m, n, get, &tree, proof, &count));
            assert_true(merkle_consistency_holds(m, n, proof, count, &tree.root[m], &tree.root[n]));
            assert_false(merkle_consistency_holds(m, n, proof, count, &tree.root[m - 1], &tree.root[n]));
            if (count > 0) {
                assert_false(merkle_consistency_holds(m, n, proof, count - 1, &tree.root[m], &tree.root[n]));
                proof[0].b[31] ^= 0x80;
                assert_false(merkle_consistency_holds(m, n, proof, count, &tree.root[m], &tree.root[n]));
            }
        }
    }
    assert_false(merkle_consistency(0, 5, get, &tree, proof, &count));
    assert_false(merkle_consistency(6, 5, get, &tree, proof, &count));
}

/* Counts what a proof asks for and looks it up among what was announced. */
struct asked {
    const struct merkle_place *needs;
    int count, seen;
};

static bool get_announced(void *ctx, int level, uint64_t at, struct hash *ret)
{
    struct asked *a = ctx;

    assert_true(a->seen < a->count);
    assert_int_equal(a->needs[a->seen].level, level);
    assert_int_equal(a->needs[a->seen].at, at);
    a->seen++;
    *ret = merkle_empty();
    return true;
}

static void proofs_ask_for_exactly_what_was_announced(void **state)
{
    struct merkle_place needs[2 * MERKLE_PROOF_MAX];
    struct hash proof[MERKLE_PROOF_MAX];
    const uint64_t sizes[] =
        {1, 2, 7, 64, 1000003, (UINT64_C(1) << 62) - 1, UINT64_C(1) << 63, (UINT64_C(1) << 63) - 1};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (uint64_t at = 0; at < sizes[i]; at = 3 * at + 1) {
            int count = 0;
            struct asked a = {needs, merkle_inclusion_needs(at, sizes[i], needs), 0};
            assert_true(merkle_inclusion(at, sizes[i], get_announced, &a, proof, &count));
            assert_int_equal(a.seen, a.count);
            a = (struct asked){needs, merkle_consistency_needs(at + 1, sizes[i], needs), 0};
            assert_true(merkle_consistency(at + 1, sizes[i], get_announced, &a, proof, &count));
            assert_int_equal(a.seen, a.count);
        }
    }
}

static void from_size_zero_nothing_is_consistent(void **state)
{
    struct hash empty = merkle_empty();

    (void)state;
    assert_false(merkle_consistency_holds(0, 0, NULL, 0, &empty, &empty));
    assert_false(merkle_consistency_holds(0, 1, NULL, 0, &empty, &tree.root[1]));
    assert_true(merkle_consistency_holds(1, 1, NULL, 0, &tree.root[1], &tree.root[1]));
}

/* ---- other people's vectors ---- */

static struct arena *arena;
static int vectors_seen;

/* Where only equality matters the vectors hold shorter texts. */
static bool hash_of(const json_t *json, struct hash *ret)
{
    struct bytes b;

    if (!json_string_value(json) || !base64_parse(arena, json_string_value(json), &b) || b.len == 0 ||
        b.len > HASH_BYTES)
        return false;
    memset(ret->b, 0, HASH_BYTES);
    memcpy(ret->b, b.data, b.len);
    return true;
}

static bool vector_holds(const json_t *v)
{
    struct hash proof[MERKLE_PROOF_MAX + 8], first, second;
    const json_t *list = json_object_get(v, "proof");
    int count = (int)json_array_size(list);
    bool is_inclusion = json_object_get(v, "leafIdx");

    if (count > MERKLE_PROOF_MAX + 8)
        return false;
    for (int i = 0; i < count; i++)
        if (!hash_of(json_array_get(list, (size_t)i), &proof[i]))
            return false;
    if (!hash_of(json_object_get(v, is_inclusion ? "leafHash" : "root1"), &first) ||
        !hash_of(json_object_get(v, is_inclusion ? "root" : "root2"), &second))
        return false;
    if (is_inclusion)
        return merkle_inclusion_holds((uint64_t)json_integer_value(json_object_get(v, "leafIdx")),
                                      (uint64_t)json_integer_value(json_object_get(v, "treeSize")), &first,
                                      proof, count, &second);
    return merkle_consistency_holds((uint64_t)json_integer_value(json_object_get(v, "size1")),
                                    (uint64_t)json_integer_value(json_object_get(v, "size2")), proof, count,
                                    &first, &second);
}

/* jansson keeps 63 bits; the one index of 64 is written as −1, which becomes the same bits. */
static json_t *load_vector(const char *path, json_error_t *ret_error)
{
    static const char largest[] = "18446744073709551615", same[] = "-1                  ";
    char text[8192];
    FILE *in = fopen(path, "r");

    assert_non_null(in);
    text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
    fclose(in);
    char *at = strstr(text, largest);
    if (at)
        memcpy(at, same, sizeof(same) - 1);
    return json_loads(text, 0, ret_error);
}

static int check_vector(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)where;
    size_t len = strlen(path);
    if (type != FTW_F || len < 5 || strcmp(path + len - 5, ".json") != 0)
        return 0;
    json_error_t error;
    json_t *v = load_vector(path, &error);
    if (!v)
        fail_msg("%s: %s", path, error.text);
    if (vector_holds(v) == json_is_true(json_object_get(v, "wantErr")))
        fail_msg("%s: %s", path, json_string_value(json_object_get(v, "desc")));
    json_decref(v);
    vectors_seen++;
    return 0;
}

static void vectors_of_transparency_dev_are_judged_alike(void **state)
{
    (void)state;
    if (access(ANCHORS "/testdata", R_OK) != 0) {
        print_message("skipped: there is no %s\n", ANCHORS);
        skip();
    }
    arena = arena_new(64 << 20);
    vectors_seen = 0;
    assert_int_equal(nftw(ANCHORS "/testdata/inclusion", check_vector, 16, FTW_PHYS), 0);
    assert_int_equal(vectors_seen, 98);
    assert_int_equal(nftw(ANCHORS "/testdata/consistency", check_vector, 16, FTW_PHYS), 0);
    assert_int_equal(vectors_seen, 196);
    arena_free(arena);
}

static void the_reference_tree_of_rfc_6962_comes_out(void **state)
{
    (void)state;
    if (access(ANCHORS "/rfc6962-reference-tree.json", R_OK) != 0) {
        print_message("skipped: there is no %s\n", ANCHORS);
        skip();
    }
    json_t *v = json_load_file(ANCHORS "/rfc6962-reference-tree.json", 0, NULL);
    const json_t *leaves = json_object_get(v, "leaf_inputs_hex"),
                 *roots = json_object_get(v, "root_hash_hex_by_tree_size");
    struct frontier f = {0};

    assert_int_equal(json_array_size(leaves), 8);
    for (size_t i = 0; i <= 8; i++) {
        struct hash root = frontier_root(&f), want;
        assert_true(hex_parse(json_string_value(json_array_get(roots, i)), want.b, HASH_BYTES));
        assert_memory_equal(root.b, want.b, HASH_BYTES);
        if (i == 8)
            break;
        uint8_t data[64];
        const char *text = json_string_value(json_array_get(leaves, i));
        assert_true(hex_parse(text, data, strlen(text) / 2));
        struct hash leaf = merkle_leaf(data, strlen(text) / 2);
        frontier_append(&f, &leaf, NULL, NULL);
    }
    json_decref(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_frontier_gives_the_root_of_the_definition),
        cmocka_unit_test(every_leaf_of_every_tree_is_proved),
        cmocka_unit_test(every_pair_of_sizes_is_proved_consistent),
        cmocka_unit_test(proofs_ask_for_exactly_what_was_announced),
        cmocka_unit_test(from_size_zero_nothing_is_consistent),
        cmocka_unit_test(vectors_of_transparency_dev_are_judged_alike),
        cmocka_unit_test(the_reference_tree_of_rfc_6962_comes_out),
    };
    return cmocka_run_group_tests(tests, grow, NULL);
}
