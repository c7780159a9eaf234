/* Proofs over the journal's tree, made from the perfect subtrees in the database. */
#include "server/front/proofs.h"

#include <string.h>

#include "purser/v1/journal.pb-c.h"

struct fetched {
    const struct merkle_place *places;
    const struct bytes *hashes;
    int count;
};

static bool get_fetched(void *ctx, int level, uint64_t at, struct hash *ret)
{
    const struct fetched *f = ctx;
    for (int i = 0; i < f->count; i++)
        if (f->places[i].level == level && f->places[i].at == at && f->hashes[i].len == HASH_BYTES) {
            memcpy(ret->b, f->hashes[i].data, HASH_BYTES);
            return true;
        }
    return false;
}

enum status proofs_root_at(struct db *db, struct arena *a, uint64_t size, struct hash *ret,
                           struct db_error *reterr)
{
    struct frontier then = {.size = size};
    struct merkle_place places[64];
    struct bytes hashes[64];
    int count = 0;
    for (int level = 0; level < 64; level++)
        if (size >> level & 1)
            places[count++] = (struct merkle_place){level, (size >> level) - 1};
    db_use_arena(db, a);
    journal_want_nodes(db, a, places, count, hashes);
    enum status s = db_run(db, reterr);
    for (int i = 0; s == STATUS_OK && i < count; i++) {
        if (hashes[i].len != HASH_BYTES)
            return STATUS_DATA_LOSS;
        memcpy(then.edge[places[i].level].b, hashes[i].data, HASH_BYTES);
    }
    if (s == STATUS_OK)
        *ret = frontier_root(&then);
    return s;
}

static enum status fill(struct db *db, struct job *j, const struct merkle_place *places, int count,
                        struct fetched *ret, struct db_error *reterr)
{
    struct bytes *hashes = arena_array(j->arena, (size_t)count + 1, sizeof(*hashes));
    if (!hashes)
        return STATUS_RESOURCE_EXHAUSTED;
    journal_want_nodes(db, j->arena, places, count, hashes);
    *ret = (struct fetched){places, hashes, count};
    return db_run(db, reterr);
}

static bool keep_proof(struct job *j, const struct hash *proof, int count, size_t *ret_n,
                       ProtobufCBinaryData **ret_proof)
{
    ProtobufCBinaryData *p = arena_array(j->arena, (size_t)count + 1, sizeof(*p));
    for (int i = 0; i < count && p; i++) {
        struct bytes copy = arena_bytes(j->arena, proof[i].b, HASH_BYTES);
        p[i] = reply_bytes(copy);
    }
    *ret_n = p ? (size_t)count : 0;
    *ret_proof = p;
    return p != NULL;
}

static enum status refuse_range(struct job *j, const char *field, int64_t broke, uint64_t size)
{
    return job_refuse(j, "BAD_FIELD", field, arena_printf(j->arena, "%lld", (long long)broke),
                      arena_printf(j->arena, "≤ %llu", (unsigned long long)size));
}

static enum status answer_inclusion(struct db *db, struct job *j, const struct journal_head *head,
                                    struct db_error *reterr)
{
    const PB(GetInclusionRequest) *q = (const PB(GetInclusionRequest) *)j->request;
    PB(GetInclusionResponse) *r = (PB(GetInclusionResponse) *)j->reply;
    uint64_t size = q->tree_size ? (uint64_t)q->tree_size : head->tree.size;
    if (q->tree_size < 0 || size > head->tree.size)
        return refuse_range(j, "tree_size", q->tree_size, head->tree.size);
    if (q->index < 0 || (uint64_t)q->index >= size)
        return refuse_range(j, "index", q->index, size ? size - 1 : 0);

    struct merkle_place *places = arena_array(j->arena, 2 * MERKLE_PROOF_MAX + 1, sizeof(*places));
    if (!places)
        return STATUS_RESOURCE_EXHAUSTED;
    int count = merkle_inclusion_needs((uint64_t)q->index, size, places);
    places[count] = (struct merkle_place){0, (uint64_t)q->index};
    struct fetched f;
    enum status s = fill(db, j, places, count + 1, &f, reterr);
    if (s != STATUS_OK)
        return s;
    struct hash proof[MERKLE_PROOF_MAX];
    int n;
    if (!merkle_inclusion((uint64_t)q->index, size, get_fetched, &f, proof, &n) ||
        !keep_proof(j, proof, n, &r->n_proof, &r->proof))
        return STATUS_DATA_LOSS;
    struct bytes leaf = f.hashes[count];
    r->leaf_hash = reply_bytes(leaf);
    return STATUS_OK;
}

static enum status answer_consistency(struct db *db, struct job *j, const struct journal_head *head,
                                      struct db_error *reterr)
{
    const PB(GetConsistencyRequest) *q = (const PB(GetConsistencyRequest) *)j->request;
    PB(GetConsistencyResponse) *r = (PB(GetConsistencyResponse) *)j->reply;
    uint64_t to = q->to_size ? (uint64_t)q->to_size : head->tree.size;
    if (q->to_size < 0 || to > head->tree.size)
        return refuse_range(j, "to_size", q->to_size, head->tree.size);
    if (q->from_size < 1 || (uint64_t)q->from_size > to)
        return refuse_range(j, "from_size", q->from_size, to);

    struct merkle_place *places = arena_array(j->arena, 2 * MERKLE_PROOF_MAX, sizeof(*places));
    if (!places)
        return STATUS_RESOURCE_EXHAUSTED;
    int count = merkle_consistency_needs((uint64_t)q->from_size, to, places);
    struct fetched f;
    enum status s = fill(db, j, places, count, &f, reterr);
    if (s != STATUS_OK)
        return s;
    struct hash proof[MERKLE_PROOF_MAX];
    int n;
    if (!merkle_consistency((uint64_t)q->from_size, to, get_fetched, &f, proof, &n) ||
        !keep_proof(j, proof, n, &r->n_proof, &r->proof))
        return STATUS_DATA_LOSS;
    return STATUS_OK;
}

enum status proofs_answer(struct db *db, struct job *j, const struct journal_head *head,
                          struct db_error *reterr)
{
    j->status = STATUS_OK;
    if (strcmp(j->call.rpc->method, "GetInclusion") == 0)
        return j->status = answer_inclusion(db, j, head, reterr);
    if (strcmp(j->call.rpc->method, "GetConsistency") == 0)
        return j->status = answer_consistency(db, j, head, reterr);
    PB(GetCheckpointResponse) *r = (PB(GetCheckpointResponse) *)j->reply;
    r->checkpoint = reply_text(arena_text(j->arena, head->note));
    r->tree_size = (int64_t)head->tree.size;
    r->epoch = head->epoch;
    return STATUS_OK;
}
