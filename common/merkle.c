/* RFC 6962 / RFC 9162 Merkle trees over SHA-256. */
#include "common/merkle.h"

#include <string.h>

#include <sodium.h>

#include "common/check.h"

/* Leaves [from, to) of the tree; from is a multiple of the largest power of two that fits into it. */
struct range {
    uint64_t from, to;
};

/* Beyond this a proof might not fit into MERKLE_PROOF_MAX hashes. */
#define TREE_MAX (UINT64_C(1) << 63)

struct hash merkle_leaf(const void *data, size_t len)
{
    static const uint8_t mark = 0x00;
    crypto_hash_sha256_state s;
    struct hash h;

    crypto_hash_sha256_init(&s);
    crypto_hash_sha256_update(&s, &mark, 1);
    if (len > 0)
        crypto_hash_sha256_update(&s, data, len);
    crypto_hash_sha256_final(&s, h.b);
    return h;
}

struct hash merkle_node(const struct hash *left, const struct hash *right)
{
    uint8_t both[1 + 2 * HASH_BYTES];
    struct hash h;

    both[0] = 0x01;
    memcpy(both + 1, left->b, HASH_BYTES);
    memcpy(both + 1 + HASH_BYTES, right->b, HASH_BYTES);
    crypto_hash_sha256(h.b, both, sizeof(both));
    return h;
}

struct hash merkle_empty(void)
{
    struct hash h;

    crypto_hash_sha256(h.b, (const uint8_t *)"", 0);
    return h;
}

void frontier_append(struct frontier *f, const struct hash *leaf, merkle_keep_fn *keep, void *ctx)
{
    PRE(f->size < TREE_MAX);
    struct hash h = *leaf;
    int level = 0;

    for (; f->size >> level & 1; level++) {
        h = merkle_node(&f->edge[level], &h);
        if (keep)
            keep(ctx, level + 1, f->size >> (level + 1), &h);
    }
    f->edge[level] = h;
    f->size++;
}

struct hash frontier_root(const struct frontier *f)
{
    struct hash h = merkle_empty();
    bool is_first = true;

    for (int level = 0; level < 64; level++) {
        if (!(f->size >> level & 1))
            continue;
        h = is_first ? f->edge[level] : merkle_node(&f->edge[level], &h);
        is_first = false;
    }
    return h;
}

/* ---- making proofs ---- */

/* The largest power of two that is smaller than n; n ≥ 2. */
static uint64_t split(uint64_t n) { return UINT64_C(1) << (63 - __builtin_clzll(n - 1)); }

/* The ranges whose hashes are the audit path, leaf to root. */
static int inclusion_ranges(uint64_t index, uint64_t size, struct range ret[MERKLE_PROOF_MAX])
{
    struct range at = {0, size}, down[MERKLE_PROOF_MAX];
    int count = 0;

    while (at.to - at.from > 1) {
        uint64_t middle = at.from + split(at.to - at.from);
        if (index < middle) {
            down[count++] = (struct range){middle, at.to};
            at.to = middle;
        } else {
            down[count++] = (struct range){at.from, middle};
            at.from = middle;
        }
    }
    for (int i = 0; i < count; i++)
        ret[i] = down[count - 1 - i];
    return count;
}

/* RFC 9162 2.1.4.1: SUBPROOF, unrolled. */
static int consistency_ranges(uint64_t size1, uint64_t size2, struct range ret[MERKLE_PROOF_MAX])
{
    struct range at = {0, size2}, down[MERKLE_PROOF_MAX];
    int count = 0;

    while (size1 != at.to) {
        uint64_t middle = at.from + split(at.to - at.from);
        if (size1 <= middle) {
            down[count++] = (struct range){middle, at.to};
            at.to = middle;
        } else {
            down[count++] = (struct range){at.from, middle};
            at.from = middle;
        }
    }
    if (at.from != 0) /* the old tree is not itself a subtree of the new one */
        down[count++] = at;
    for (int i = 0; i < count; i++)
        ret[i] = down[count - 1 - i];
    return count;
}

/* Cuts the next perfect subtree off the left of a range. */
static struct merkle_place first_place(struct range *r)
{
    int level = 63 - __builtin_clzll(r->to - r->from);
    struct merkle_place place = {level, r->from >> level};

    r->from += UINT64_C(1) << level;
    return place;
}

static bool range_hash(struct range r, merkle_get_fn *get, void *ctx, struct hash *ret)
{
    struct hash parts[64];
    int count = 0;

    while (r.from < r.to) {
        struct merkle_place place = first_place(&r);
        if (!get(ctx, place.level, place.at, &parts[count++]))
            return false;
    }
    struct hash h = parts[--count];
    while (count > 0)
        h = merkle_node(&parts[--count], &h);
    *ret = h;
    return true;
}

static bool ranges_hash(const struct range *ranges, int count, merkle_get_fn *get, void *ctx,
                        struct hash *ret)
{
    for (int i = 0; i < count; i++)
        if (!range_hash(ranges[i], get, ctx, &ret[i]))
            return false;
    return true;
}

static int ranges_needs(const struct range *ranges, int count, struct merkle_place *ret)
{
    int needs = 0;

    for (int i = 0; i < count; i++)
        for (struct range r = ranges[i]; r.from < r.to;)
            ret[needs++] = first_place(&r);
    POST(needs <= 2 * MERKLE_PROOF_MAX);
    return needs;
}

bool merkle_inclusion(uint64_t index, uint64_t size, merkle_get_fn *get, void *ctx,
                      struct hash ret[MERKLE_PROOF_MAX], int *ret_count)
{
    struct range ranges[MERKLE_PROOF_MAX];

    if (index >= size || size > TREE_MAX)
        return false;
    int count = inclusion_ranges(index, size, ranges);
    if (!ranges_hash(ranges, count, get, ctx, ret))
        return false;
    *ret_count = count;
    return true;
}

bool merkle_consistency(uint64_t size1, uint64_t size2, merkle_get_fn *get, void *ctx,
                        struct hash ret[MERKLE_PROOF_MAX], int *ret_count)
{
    struct range ranges[MERKLE_PROOF_MAX];

    if (size1 < 1 || size1 > size2 || size2 > TREE_MAX)
        return false;
    int count = consistency_ranges(size1, size2, ranges);
    if (!ranges_hash(ranges, count, get, ctx, ret))
        return false;
    *ret_count = count;
    return true;
}

int merkle_inclusion_needs(uint64_t index, uint64_t size, struct merkle_place ret[2 * MERKLE_PROOF_MAX])
{
    struct range ranges[MERKLE_PROOF_MAX];

    if (index >= size || size > TREE_MAX)
        return 0;
    return ranges_needs(ranges, inclusion_ranges(index, size, ranges), ret);
}

int merkle_consistency_needs(uint64_t size1, uint64_t size2, struct merkle_place ret[2 * MERKLE_PROOF_MAX])
{
    struct range ranges[MERKLE_PROOF_MAX];

    if (size1 < 1 || size1 > size2 || size2 > TREE_MAX)
        return 0;
    return ranges_needs(ranges, consistency_ranges(size1, size2, ranges), ret);
}

/* ---- checking them ---- */

static bool same(const struct hash *a, const struct hash *b) { return memcmp(a->b, b->b, HASH_BYTES) == 0; }

/* One level up, both the node that we follow and the last node of its level. */
static void climb(uint64_t *node, uint64_t *last)
{
    *node >>= 1;
    *last >>= 1;
}

bool merkle_inclusion_holds(uint64_t index, uint64_t size, const struct hash *leaf, const struct hash *proof,
                            int count, const struct hash *root)
{
    if (index >= size)
        return false;
    uint64_t node = index, last = size - 1;
    struct hash h = *leaf;

    for (int i = 0; i < count; i++) {
        if (last == 0)
            return false;
        if ((node & 1) || node == last) {
            h = merkle_node(&proof[i], &h);
            while (!(node & 1) && node != 0)
                climb(&node, &last);
        } else {
            h = merkle_node(&h, &proof[i]);
        }
        climb(&node, &last);
    }
    return last == 0 && same(&h, root);
}

bool merkle_consistency_holds(uint64_t size1, uint64_t size2, const struct hash *proof, int count,
                              const struct hash *root1, const struct hash *root2)
{
    if (size1 == 0 || size1 > size2)
        return false;
    if (size1 == size2)
        return count == 0 && same(root1, root2);
    if (count == 0)
        return false;

    bool is_power = (size1 & (size1 - 1)) == 0;
    uint64_t node = size1 - 1, last = size2 - 1;
    struct hash old = is_power ? *root1 : proof[0], new = old;

    while (node & 1)
        climb(&node, &last);
    for (int i = is_power ? 0 : 1; i < count; i++) {
        if (last == 0)
            return false;
        if ((node & 1) || node == last) {
            old = merkle_node(&proof[i], &old);
            new = merkle_node(&proof[i], &new);
            while (!(node & 1) && node != 0)
                climb(&node, &last);
        } else {
            new = merkle_node(&new, &proof[i]);
        }
        climb(&node, &last);
    }
    return last == 0 && same(&old, root1) && same(&new, root2);
}
