/* RFC 6962 / RFC 9162 Merkle trees over SHA-256: hashing, the growing frontier, proofs and their
 * verification. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"

#define HASH_BYTES 32
struct hash {
    uint8_t b[HASH_BYTES];
};

struct hash merkle_leaf(const void *data, size_t len);                      /* SHA-256(0x00 ‖ data) */
struct hash merkle_node(const struct hash *left, const struct hash *right); /* SHA-256(0x01 ‖ l ‖ r) */
struct hash merkle_empty(void);                                             /* SHA-256 of nothing */

/* The right edge of a tree: the perfect subtrees that make it up, largest first. 64 levels are enough for any
 * journal. */
struct frontier {
    uint64_t size;
    struct hash edge[64]; /* [level]: the perfect subtree of 2^level leaves, where size has that bit */
};
/* Appends a leaf. Each perfect subtree completed by it (level ≥ 1) is given to `keep` (may be NULL): node
 * `at` of `level` covers leaves [at << level, (at + 1) << level). */
typedef void merkle_keep_fn(void *ctx, int level, uint64_t at, const struct hash *h);
void frontier_append(struct frontier *f, const struct hash *leaf, merkle_keep_fn *keep, void *ctx);
struct hash frontier_root(const struct frontier *f);

/* Proofs are made from perfect subtrees (leaves are level 0). `get` returns false when it does not have
 * one. */
typedef bool merkle_get_fn(void *ctx, int level, uint64_t at, struct hash *ret);
#define MERKLE_PROOF_MAX 64
/* Audit path for leaf `index` in the tree of `size` leaves; length in *ret_count. False when index ≥ size or
 * a node lacks. */
bool merkle_inclusion(uint64_t index, uint64_t size, merkle_get_fn *get, void *ctx,
                      struct hash ret[MERKLE_PROOF_MAX], int *ret_count);
/* Consistency proof from `size1` to `size2`; size1 must be ≥ 1 and ≤ size2. */
bool merkle_consistency(uint64_t size1, uint64_t size2, merkle_get_fn *get, void *ctx,
                        struct hash ret[MERKLE_PROOF_MAX], int *ret_count);
/* The same perfect subtrees the two functions above will ask for, so that they can be fetched at once; at
 * most 2 × 64. */
struct merkle_place {
    int level;
    uint64_t at;
};
int merkle_inclusion_needs(uint64_t index, uint64_t size, struct merkle_place ret[2 * MERKLE_PROOF_MAX]);
int merkle_consistency_needs(uint64_t size1, uint64_t size2, struct merkle_place ret[2 * MERKLE_PROOF_MAX]);

/* RFC 9162 2.1.3.2 and 2.1.4.2. From size 0 nothing is consistent, not even 0 with 0. */
bool merkle_inclusion_holds(uint64_t index, uint64_t size, const struct hash *leaf, const struct hash *proof,
                            int count, const struct hash *root);
bool merkle_consistency_holds(uint64_t size1, uint64_t size2, const struct hash *proof, int count,
                              const struct hash *root1, const struct hash *root2);
