/* One transaction of the writer: known ids, decisions, journal, head, commit. */
#include "server/front/batch.h"

#include <string.h>

#include "common/check.h"
#include "common/fields.h"
#include "common/note.h"
#include "common/wire.h"
#include "server/domain/unit/unit.h"
#include "server/front/apply.h"
#include "server/front/clock.h"
#include "server/front/dispatch.h"
#include "server/front/people.h"

#define NODES_MAX (BATCH_MAX * 3 + 128)

/* What one transaction builds up. */
struct work {
    struct batch *b;
    struct job *const *jobs;
    int count;
    struct journal_row rows[BATCH_MAX];
    struct job *accepted[BATCH_MAX];
    int accepted_count;
    struct journal_node nodes[NODES_MAX]; /* perfect subtrees completed in this batch, leaves included */
    int nodes_count;
    struct journal_head next;
    int64_t moved;
    struct {
        int64_t version;
        bool found;
    } people;
};

/* ---- known ids ---- */

static bool same(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* The job repeats a command that was answered: the same bytes by the same signer get the stored answer,
 * others are refused. */
static void answer_known(struct job *j, struct bytes key_id, struct bytes command_hash, struct bytes answer)
{
    struct bytes mine = {j->command_hash.b, HASH_BYTES};
    if (!same(key_id, j->call.key_id) || !same(command_hash, mine)) {
        (void)dispatch_refuse(j, "REQUEST_ID_REUSED", "request_id",
                              hex_text(j->arena, j->call.request_id.data, j->call.request_id.len), "");
        dispatch_pack(j, NULL);
        return;
    }
    j->answer = arena_bytes(j->arena, answer.data, answer.len);
    j->is_replayed = true;
}

static void join_twins(struct work *w)
{
    for (int i = 0; i < w->count; i++)
        for (int k = 0; k < i && !w->jobs[i]->twin_of; k++)
            if (!w->jobs[k]->twin_of && same(w->jobs[i]->call.request_id, w->jobs[k]->call.request_id))
                w->jobs[i]->twin_of = w->jobs[k];
}

static enum status find_known(struct work *w, struct db_error *reterr)
{
    struct bytes *ids = arena_array(w->b->arena, (size_t)w->count, sizeof(*ids));
    struct journal_answer *known = NULL;
    int known_count = 0;
    if (!ids)
        return STATUS_RESOURCE_EXHAUSTED;
    for (int i = 0; i < w->count; i++)
        ids[i] = w->jobs[i]->call.request_id;
    db_use_arena(w->b->db, w->b->arena);
    journal_want_answers(w->b->db, ids, w->count, &known, &known_count);
    enum status s = db_run(w->b->db, reterr);
    for (int i = 0; s == STATUS_OK && i < w->count; i++)
        for (int k = 0; k < known_count; k++)
            if (same(known[k].id, w->jobs[i]->call.request_id))
                answer_known(w->jobs[i], known[k].key_id, known[k].command_hash, known[k].answer);
    return s;
}

/* For @<request id>: what this batch decided, else what is stored. */
static bool find_answer(void *ctx, struct bytes request_id, struct bytes key_id, const char **ret_method,
                        struct bytes *ret_reply)
{
    struct work *w = ctx;
    for (int i = 0; i < w->accepted_count; i++) {
        struct job *j = w->accepted[i];
        if (same(j->call.request_id, request_id) && same(j->call.key_id, key_id)) {
            dispatch_pack(j, NULL);
            *ret_method = j->call.rpc->path;
            *ret_reply = j->answer;
            j->answer = (struct bytes){0};
            return true;
        }
    }
    struct journal_answer *known = NULL;
    int count = 0;
    journal_want_answers(w->b->db, &request_id, 1, &known, &count);
    if (db_run(w->b->db, NULL) != STATUS_OK || count != 1 || !same(known[0].key_id, key_id))
        return false;
    *ret_method = known[0].method;
    *ret_reply = known[0].answer;
    return true;
}

/* ---- decisions ---- */

static void keep_node(void *ctx, int level, uint64_t at, const struct hash *h)
{
    struct work *w = ctx;
    PRE(w->nodes_count < NODES_MAX);
    w->nodes[w->nodes_count++] = (struct journal_node){level, at, *h};
}

static void append(struct work *w, struct job *j)
{
    struct call *c = &j->call;
    apply_concern_actor(j);
    apply_entry(j);
    struct hash leaf = merkle_leaf(j->entry.data, j->entry.len);
    keep_node(w, 0, c->index, &leaf);
    frontier_append(&w->next.tree, &leaf, keep_node, w);
    w->rows[w->accepted_count] = (struct journal_row){j->entry,           leaf,     c->rpc->path,
                                                      c->actor.person_id, c->units, c->units_count};
    w->accepted[w->accepted_count++] = j;
}

static enum status decide_all(struct work *w, struct db_error *reterr)
{
    for (int i = 0; i < w->count; i++) {
        struct job *j = w->jobs[i];
        if (j->answer.len || j->twin_of)
            continue;
        j->call.now_us = w->next.last_us;
        j->call.today = day_of_us(j->call.now_us);
        j->call.index = w->next.tree.size;
        enum status s = apply_command(w->b->db, j, find_answer, w, reterr);
        if (s != STATUS_OK)
            return s;
        if (j->status == STATUS_OK && !j->call.validate_only)
            append(w, j);
    }
    return STATUS_OK;
}

/* ---- receipts and stored answers ---- */

static bool get_node(void *ctx, int level, uint64_t at, struct hash *ret)
{
    const struct work *w = ctx;
    for (int i = 0; i < w->nodes_count; i++)
        if (w->nodes[i].level == level && w->nodes[i].at == at) {
            *ret = w->nodes[i].hash;
            return true;
        }
    const struct frontier *old = &w->b->head->tree; /* whatever is older is one of the old edge's subtrees */
    if (level < 64 && old->size >> level & 1 && (old->size >> level) - 1 == at) {
        *ret = old->edge[level];
        return true;
    }
    return false;
}

static void give_receipt(struct work *w, struct job *j)
{
    struct hash *path = arena_array(j->arena, MERKLE_PROOF_MAX, sizeof(*path));
    ProtobufCBinaryData *proof = arena_array(j->arena, MERKLE_PROOF_MAX, sizeof(*proof));
    int count = 0;
    if (!path || !proof)
        return;
    bool is_provable = merkle_inclusion(j->call.index, w->next.tree.size, get_node, w, path, &count);
    POST(is_provable);
    for (int i = 0; i < count; i++)
        proof[i] = (ProtobufCBinaryData){HASH_BYTES, path[i].b};
    PB(Receipt) r;
    purser__v1__receipt__init(&r);
    r.index = j->call.index;
    r.tree_size = w->next.tree.size;
    r.now_us = j->call.now_us;
    r.behaviour = BEHAVIOUR;
    r.n_units = (size_t)j->call.units_count;
    r.units = (char **)(uintptr_t)j->call.units;
    r.n_proof = (size_t)count;
    r.proof = proof;
    r.checkpoint = reply_text(w->next.note);
    dispatch_pack(j, &r);
}

static void pack_answers(struct work *w)
{
    struct checkpoint c = {w->b->audience, w->next.tree.size, frontier_root(&w->next.tree),
                           w->next.epoch > 1
                               ? arena_printf(w->b->arena, "epoch %lld", (long long)w->next.epoch)
                               : ""};
    if (w->accepted_count) {
        w->next.root = c.root;
        w->next.note = note_sign(w->b->arena, &c, w->b->journal_key);
    }
    for (int i = 0; i < w->count; i++) {
        struct job *j = w->jobs[i];
        if (j->answer.len || j->twin_of)
            continue;
        if (j->status == STATUS_OK && !j->call.validate_only)
            give_receipt(w, j);
        else
            dispatch_pack(j, NULL);
    }
    for (int i = 0; i < w->count; i++)
        if (w->jobs[i]->twin_of && !w->jobs[i]->answer.len) {
            struct job *first = w->jobs[i]->twin_of;
            answer_known(w->jobs[i], first->call.key_id, (struct bytes){first->command_hash.b, HASH_BYTES},
                         first->answer);
        }
}

/* Queues journal, answers and head; false when there is nothing to keep. */
static bool queue_books(struct work *w)
{
    struct journal_request *keep = arena_array(w->b->arena, (size_t)w->count, sizeof(*keep));
    struct journal_node *inner = arena_array(w->b->arena, NODES_MAX, sizeof(*inner));
    int kept = 0, inner_count = 0;
    if (!keep || !inner)
        return false;
    for (int i = 0; i < w->count; i++) {
        struct job *j = w->jobs[i];
        if (j->is_replayed || j->twin_of || !j->is_final)
            continue;
        keep[kept++] = (struct journal_request){j->call.request_id,
                                                j->call.key_id,
                                                j->command_hash,
                                                j->call.rpc->path,
                                                j->status == STATUS_OK ? (int64_t)j->call.index : -1,
                                                j->answer};
    }
    for (int i = 0; i < w->nodes_count; i++)
        if (w->nodes[i].level > 0)
            inner[inner_count++] = w->nodes[i];
    db_use_arena(w->b->db, w->b->arena);
    if (w->accepted_count)
        journal_append(w->b->db, w->b->arena, w->b->head, &w->next, w->rows, w->accepted_count, inner,
                       inner_count, &w->moved);
    if (kept)
        journal_keep_answers(w->b->db, w->b->arena, keep, kept, w->next.last_us);
    unit_want_people_version(w->b->db, &w->people.version, &w->people.found);
    return kept > 0;
}

/* ---- the transaction ---- */

static enum batch_end failed(struct batch *b, enum status s)
{
    if (s == STATUS_UNAVAILABLE || !db_is_alive(b->db))
        return BATCH_LOST;
    db_forget(b->db);
    return db_rollback(b->db) == STATUS_OK ? BATCH_FAILED : BATCH_LOST;
}

static void move_head(struct work *w)
{
    arena_reset(w->b->head_arena);
    *w->b->head = w->next;
    w->b->head->note = arena_text(w->b->head_arena, w->next.note);
}

static enum batch_end commit(struct work *w, bool has_books, struct db_error *reterr)
{
    struct batch *b = w->b;
    if (!has_books)
        return db_rollback(b->db) == STATUS_OK ? BATCH_DONE : BATCH_LOST;
    if (w->accepted_count && w->moved != 1) {
        b->has_stepped_down = true;
        return failed(b, STATUS_ABORTED);
    }
    enum status s = db_commit(b->db, reterr);
    if (s == STATUS_INTERNAL)
        return db_is_alive(b->db) ? BATCH_FAILED : BATCH_LOST;
    if (s != STATUS_OK)
        return BATCH_UNKNOWN;
    if (w->accepted_count)
        move_head(w);
    if (w->people.found)
        b->people_version = w->people.version;
    return BATCH_DONE;
}

/* Forgets what an attempt decided, so that the job can be decided again in a smaller batch. */
static void rewind_job(struct job *j)
{
    j->answer = j->entry = (struct bytes){0};
    j->is_replayed = j->is_final = false;
    j->twin_of = NULL;
    j->status = STATUS_OK;
    j->call.refusals_count = 0;
    j->call.units_count = 0;
    j->call.numbers = NULL;
    j->reply = fields_new(j->call.rpc->reply, j->arena);
}

enum batch_end batch_run(struct batch *b, struct job *const *jobs, int count, struct db_error *reterr)
{
    PRE(count > 0 && count <= BATCH_MAX);
    arena_reset(b->arena);
    struct work *w = arena_alloc(b->arena, sizeof(*w));
    PRE(w);
    *w = (struct work){.b = b, .jobs = jobs, .count = count, .next = *b->head};
    int64_t now = clock_now_us();
    w->next.last_us = now > b->head->last_us ? now : b->head->last_us + 1;
    for (int i = 0; i < count; i++)
        rewind_job(jobs[i]);

    enum status s = db_begin(b->db, "BEGIN", reterr);
    if (s != STATUS_OK)
        return failed(b, s);
    join_twins(w);
    s = find_known(w, reterr);
    if (s == STATUS_OK)
        s = decide_all(w, reterr);
    if (s != STATUS_OK)
        return failed(b, s);

    pack_answers(w);
    bool has_books = queue_books(w);
    s = db_run(b->db, reterr);
    if (s != STATUS_OK)
        return failed(b, s);
    return commit(w, has_books, reterr);
}

enum status batch_ask_again(struct batch *b, struct job *const *jobs, int count, struct db_error *reterr)
{
    arena_reset(b->arena);
    struct work *w = arena_alloc(b->arena, sizeof(*w));
    PRE(w);
    *w = (struct work){.b = b, .jobs = jobs, .count = count};
    for (int i = 0; i < count; i++)
        rewind_job(jobs[i]);
    return find_known(w, reterr);
}
