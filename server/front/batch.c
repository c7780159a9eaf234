/* One transaction of the writer: known ids, decisions, journal, head, commit. */
#include "server/front/batch.h"

#include <string.h>

#include "common/check.h"
#include "common/fields.h"
#include "common/note.h"
#include "common/wire.h"
#include "server/front/clock.h"
#include "server/front/reply.h"
#include "server/front/wave.h"

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
    struct journal_answer *known;
    int known_count;
    struct job *pending[BATCH_MAX]; /* to be decided, in order */
    int pending_count, pending_at;
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

/* The job repeats a command that was answered: the same bytes by the same signer get that answer, others are
 * refused. */
static enum status answer_again(struct job *j, struct bytes key_id, struct bytes command_hash,
                                struct bytes answer)
{
    struct bytes mine = {j->command_hash.b, HASH_BYTES};
    j->is_answered = true;
    if (!same(key_id, j->call.key_id) || !same(command_hash, mine)) {
        (void)job_refuse(j, "REQUEST_ID_REUSED", "request_id",
                         hex_text(j->arena, j->call.request_id.data, j->call.request_id.len), "");
        return reply_pack(j, NULL) ? STATUS_OK : STATUS_RESOURCE_EXHAUSTED;
    }
    j->answer = arena_bytes(j->arena, answer.data, answer.len);
    j->is_replayed = true;
    return j->answer.data ? STATUS_OK : STATUS_RESOURCE_EXHAUSTED;
}

/* Whoever only asks whether it would pass is nobody's twin: his answer is not kept. */
static void join_twins(struct work *w)
{
    for (int i = 0; i < w->count; i++)
        for (int k = 0; k < i && !w->jobs[i]->twin_of && !w->jobs[i]->call.validate_only; k++)
            if (!w->jobs[k]->twin_of && !w->jobs[k]->call.validate_only &&
                same(w->jobs[i]->call.request_id, w->jobs[k]->call.request_id))
                w->jobs[i]->twin_of = w->jobs[k];
}

/* One look-up for all. */
static bool ask_known(struct work *w)
{
    struct bytes *ids = arena_array(w->b->arena, (size_t)w->count, sizeof(*ids));
    if (!ids)
        return false;
    for (int i = 0; i < w->count; i++)
        ids[i] = w->jobs[i]->call.request_id;
    db_use_arena(w->b->db, w->b->arena);
    journal_want_answers(w->b->db, ids, w->count, &w->known, &w->known_count);
    return true;
}

static enum status tell_known(struct work *w)
{
    enum status s = STATUS_OK;
    for (int i = 0; s == STATUS_OK && i < w->count; i++)
        for (int k = 0; s == STATUS_OK && k < w->known_count; k++)
            if (same(w->known[k].id, w->jobs[i]->call.request_id)) {
                s = answer_again(w->jobs[i], w->known[k].key_id, w->known[k].command_hash,
                                 w->known[k].answer);
                w->jobs[i]->is_known = s == STATUS_OK;
            }
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
            *ret_method = j->call.rpc->path;
            *ret_reply = reply_draft(j);
            return ret_reply->data != NULL;
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

static enum status append(struct work *w, struct job *j)
{
    struct call *c = &j->call;
    apply_concern_actor(j);
    if (!apply_entry(j))
        return STATUS_RESOURCE_EXHAUSTED;
    struct hash leaf = merkle_leaf(j->entry.data, j->entry.len);
    keep_node(w, 0, c->index, &leaf);
    frontier_append(&w->next.tree, &leaf, keep_node, w);
    w->rows[w->accepted_count] = (struct journal_row){j->entry,           leaf,     c->rpc->path,
                                                      c->actor.person_id, c->units, c->units_count};
    w->accepted[w->accepted_count++] = j;
    return STATUS_OK;
}

static enum status on_decided(void *ctx, struct job *j)
{
    struct work *w = ctx;
    j->call.index = w->next.tree.size;
    return j->status == STATUS_OK && !j->call.validate_only ? append(w, j) : STATUS_OK;
}

/* The next wave's questions; what is queued before them travels along. */
static bool ask_wave(struct work *w, struct wave *ret)
{
    struct job *const *jobs = w->pending + w->pending_at;
    int count = wave_length(jobs, w->pending_count - w->pending_at);
    w->pending_at += count;
    *ret = (struct wave){.db = w->b->db, .find = find_answer, .ctx = w};
    return wave_ask(ret, w->b->arena, jobs, count);
}

/* The known ids are looked up together with the first wave's facts; who is known then needs no decision. */
static enum status decide_all(struct work *w, struct db_error *reterr)
{
    bool is_first = true;
    for (int i = 0; i < w->count; i++) {
        struct job *j = w->jobs[i];
        if (j->twin_of)
            continue;
        j->call.now_us = w->next.last_us;
        j->call.today = day_of_us(j->call.now_us);
        w->pending[w->pending_count++] = j;
    }
    while (w->pending_at < w->pending_count) {
        struct wave wave;
        if (!ask_wave(w, &wave))
            return STATUS_RESOURCE_EXHAUSTED;
        enum status s = db_run(w->b->db, reterr);
        if (s == STATUS_OK && is_first)
            s = tell_known(w);
        if (s == STATUS_OK)
            s = wave_decide(&wave, on_decided, reterr);
        if (s != STATUS_OK)
            return s;
        is_first = false;
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

static bool give_receipt(struct work *w, struct job *j)
{
    struct hash *path = arena_array(j->arena, MERKLE_PROOF_MAX, sizeof(*path));
    ProtobufCBinaryData *proof = arena_array(j->arena, MERKLE_PROOF_MAX, sizeof(*proof));
    int count = 0;
    if (!path || !proof)
        return false;
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
    return reply_pack(j, &r);
}

static enum status sign_head(struct work *w)
{
    if (!w->accepted_count)
        return STATUS_OK;
    const char *epoch = w->next.epoch > 1 ? arena_printf(w->b->arena, "epoch %lld", (long long)w->next.epoch)
                                          : "";
    w->next.root = frontier_root(&w->next.tree);
    struct checkpoint c = {w->b->audience, w->next.tree.size, w->next.root, epoch};
    w->next.note = note_sign(w->b->arena, &c, w->b->journal_key);
    return w->next.note && !arena_is_full(w->b->arena) ? STATUS_OK : STATUS_RESOURCE_EXHAUSTED;
}

/* Either all answers are there, or none leaves. */
static enum status pack_answers(struct work *w)
{
    enum status s = sign_head(w);
    for (int i = 0; s == STATUS_OK && i < w->count; i++) {
        struct job *j = w->jobs[i];
        if (j->is_answered || j->twin_of)
            continue;
        bool is_accepted = j->status == STATUS_OK && !j->call.validate_only;
        if (!(is_accepted ? give_receipt(w, j) : reply_pack(j, NULL)))
            s = STATUS_RESOURCE_EXHAUSTED;
    }
    for (int i = 0; s == STATUS_OK && i < w->count; i++) {
        const struct job *first = w->jobs[i]->twin_of;
        if (first && !w->jobs[i]->is_answered)
            s = answer_again(w->jobs[i], first->call.key_id,
                             (struct bytes){first->command_hash.b, HASH_BYTES}, first->answer);
    }
    return s;
}

/* Queues journal, answers and head; *ret_kept tells whether there is anything to keep. */
static enum status queue_books(struct work *w, int *ret_kept)
{
    struct arena *a = w->b->arena;
    struct journal_request *keep = arena_array(a, (size_t)w->count, sizeof(*keep));
    struct journal_node *inner = arena_array(a, NODES_MAX, sizeof(*inner));
    int kept = 0, inner_count = 0;
    if (!keep || !inner)
        return STATUS_RESOURCE_EXHAUSTED;
    for (int i = 0; i < w->count; i++) {
        struct job *j = w->jobs[i];
        if (j->is_answered || j->twin_of || !j->is_final)
            continue;
        int64_t index = j->status == STATUS_OK ? (int64_t)j->call.index : -1;
        keep[kept++] = (struct journal_request){j->call.request_id, j->call.key_id, j->command_hash,
                                                j->call.rpc->path,  index,          j->answer};
    }
    for (int i = 0; i < w->nodes_count; i++)
        if (w->nodes[i].level > 0)
            inner[inner_count++] = w->nodes[i];
    PRE(kept >= w->accepted_count);
    db_use_arena(w->b->db, a);
    if (w->accepted_count)
        journal_append(w->b->db, a, w->b->head, &w->next, w->rows, w->accepted_count, inner, inner_count,
                       &w->moved);
    if (kept)
        journal_keep_answers(w->b->db, a, keep, kept, w->next.last_us);
    unit_want_people_version(w->b->db, &w->people.version, &w->people.found);
    *ret_kept = kept;
    return arena_is_full(a) ? STATUS_RESOURCE_EXHAUSTED : STATUS_OK; /* a statement may be missing */
}

/* ---- the transaction ---- */

static enum batch_end failed(struct batch *b, enum status s)
{
    b->why = s;
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

static enum batch_end commit(struct work *w, int kept, struct db_error *reterr)
{
    struct batch *b = w->b;
    if (!kept)
        return db_rollback(b->db) == STATUS_OK ? BATCH_DONE : BATCH_LOST;
    if (w->accepted_count && w->moved != 1) {
        b->has_stepped_down = true;
        return failed(b, STATUS_ABORTED);
    }
    enum status s = db_commit(b->db, reterr);
    if (s == STATUS_INTERNAL)
        return failed(b, s);
    if (s != STATUS_OK)
        return BATCH_UNKNOWN;
    if (w->accepted_count)
        move_head(w);
    if (w->people.found)
        b->people_version = w->people.version;
    return BATCH_DONE;
}

/* Everything but the end of the transaction. */
static enum status prepare(struct work *w, int *ret_kept, struct db_error *reterr)
{
    db_do(w->b->db, "BEGIN", DB_NONE);
    join_twins(w);
    enum status s = ask_known(w) ? decide_all(w, reterr) : STATUS_RESOURCE_EXHAUSTED;
    if (s == STATUS_OK)
        s = pack_answers(w);
    if (s == STATUS_OK)
        s = queue_books(w, ret_kept);
    return s == STATUS_OK ? db_run(w->b->db, reterr) : s;
}

static struct work *begin(struct batch *b, struct job *const *jobs, int count)
{
    PRE(count > 0 && count <= BATCH_MAX && db_queued(b->db) == 0);
    arena_reset(b->arena);
    struct work *w = arena_alloc(b->arena, sizeof(*w));
    if (!w)
        return NULL;
    *w = (struct work){.b = b, .jobs = jobs, .count = count, .next = *b->head};
    for (int i = 0; i < count; i++)
        job_begin(jobs[i]);
    return w;
}

enum batch_end batch_run(struct batch *b, struct job *const *jobs, int count, struct db_error *reterr)
{
    int kept = 0;
    struct work *w = begin(b, jobs, count);
    if (!w)
        return failed(b, STATUS_RESOURCE_EXHAUSTED);
    int64_t now = clock_now_us();
    w->next.last_us = now > b->head->last_us ? now : b->head->last_us + 1;
    enum status s = prepare(w, &kept, reterr);
    return s == STATUS_OK ? commit(w, kept, reterr) : failed(b, s);
}

enum status batch_ask_again(struct batch *b, struct job *const *jobs, int count, struct db_error *reterr)
{
    struct work *w = begin(b, jobs, count);
    if (!w || !ask_known(w))
        return STATUS_RESOURCE_EXHAUSTED;
    enum status s = db_run(b->db, reterr);
    return s == STATUS_OK ? tell_known(w) : s;
}
