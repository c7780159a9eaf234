/* Entries of the journal, page by page: chained, opened, decided in waves, compared with what they say. */
#include "server/front/replay.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/fields.h"
#include "common/wire.h"
#include "purser/v1/envelope.pb-c.h"
#include "server/front/dispatch.h"
#include "server/front/registry.h"
#include "server/front/reply.h"
#include "server/front/wave.h"

#define ENTRIES_A_PAGE       WAVE_MAX
#define WINDOW_BYTES         (1u << 20) /* entries that are opened at the same time; one at least */
#define REPLAY_JOB_MAX_BYTES (4 * JOB_ARENA_MAX_BYTES) /* what fitted then fits beside its entry now */

enum status replay_differs(struct replay *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->result->first, sizeof(r->result->first), format, args);
    va_end(args);
    return STATUS_DATA_LOSS;
}

/* Entries that are read together, and the checkpoints given out between them. */
struct page {
    struct journal_stored *entries;
    struct journal_note *checkpoints;
    int entries_count, checkpoints_count;
    int opened, decided, checkpoint; /* so far */
    struct job *jobs[ENTRIES_A_PAGE];
    const PB(Entry) *read[ENTRIES_A_PAGE];
    struct hash leaves[ENTRIES_A_PAGE];
    struct journal_request keep[ENTRIES_A_PAGE]; /* answers of the wave under way */
    int keep_count;
    struct replay *r;
};

/* ---- signatures, beside ---- */

/* A note of a size comes before the entry of that index, and behind the one before it. */
#define NOTE_PLACE(size) ((size)*2 - 1)
#define ENTRY_PLACE(idx) ((idx)*2)

struct signed_command {
    struct sign_public key;
    struct signature signature;
    struct bytes command;
};

static bool command_is_signed(const void *arg)
{
    const struct signed_command *s = arg;
    return sign_holds(&s->key, SIGN_COMMAND_CONTEXT, s->command.data, s->command.len, &s->signature);
}

/* A key or a signature of the wrong size holds nothing. */
static bool nothing_holds(const void *arg)
{
    (void)arg;
    return false;
}

static bool give_signature(struct page *p, const struct job *j)
{
    struct arena *a = p->r->page;
    struct signed_command *s = arena_alloc(a, sizeof *s);
    if (!s)
        return false;
    if (j->call.public_key.len != sizeof s->key.b || j->signature.len != sizeof s->signature.b) {
        beside_give(p->r->beside, nothing_holds, s, ENTRY_PLACE(j->call.index));
        return true;
    }
    memcpy(s->key.b, j->call.public_key.data, sizeof s->key.b);
    memcpy(s->signature.b, j->signature.data, sizeof s->signature.b);
    s->command = arena_bytes(a, j->command_bytes.data, j->command_bytes.len);
    if (!s->command.data)
        return false;
    beside_give(p->r->beside, command_is_signed, s, ENTRY_PLACE(j->call.index));
    return true;
}

/* ---- checkpoints that were given out ---- */

struct given_note {
    const char *note, *origin;
    const struct sign_public *key;
    uint64_t size;
    struct hash root;
};

static bool note_is_ours(const void *arg)
{
    const struct given_note *n = arg;
    struct checkpoint c;
    struct arena *a = arena_new(1u << 20);
    bool is_ours = a && note_open(a, n->note, n->key, &c) && c.size == n->size &&
                   strcmp(c.origin, n->origin) == 0 && memcmp(c.root.b, n->root.b, HASH_BYTES) == 0;
    arena_free(a);
    return is_ours;
}

/* A checkpoint that was given out at this size says the root that the tree has now. */
static enum status check_checkpoints(struct page *p)
{
    struct replay *r = p->r;
    bool is_file = r->file.origin && r->file.size == r->tree.size;
    while (p->checkpoint < p->checkpoints_count && p->checkpoints[p->checkpoint].size < (int64_t)r->tree.size)
        p->checkpoint++;
    bool is_given = p->checkpoint < p->checkpoints_count &&
                    p->checkpoints[p->checkpoint].size == (int64_t)r->tree.size;
    if (!is_file && !is_given)
        return STATUS_OK;
    struct hash root = frontier_root(&r->tree);
    if (is_file && memcmp(r->file.root.b, root.b, HASH_BYTES) != 0)
        return replay_differs(r, "the checkpoint file %s knows another journal (at %llu entries)",
                              r->setup->checkpoint_path, (unsigned long long)r->tree.size);
    if (!is_given)
        return STATUS_OK;
    struct given_note *n = arena_alloc(r->page, sizeof *n);
    if (!n)
        return STATUS_RESOURCE_EXHAUSTED;
    *n = (struct given_note){p->checkpoints[p->checkpoint].note, r->setup->audience, r->setup->journal_key,
                             r->tree.size, root};
    beside_give(r->beside, note_is_ours, n, NOTE_PLACE(r->tree.size));
    return STATUS_OK;
}

/* ---- opening ---- */

static enum status open_command(struct page *p, struct job *j, const PB(Entry) *e)
{
    const char *why;
    unsigned long long index = e->index;
    const PB(Command) *command = (const PB(Command) *)wire_unpack(&purser__v1__command__descriptor, j->arena,
                                                                  e->command.data, e->command.len, &why);
    if (!command)
        return replay_differs(p->r, "journal entry %llu: its command does not decode: %s", index, why);
    if (!registry_find(command->method))
        return replay_differs(p->r, "journal entry %llu: method %s is unknown to this program", index,
                              command->method);
    if (dispatch_open_entry(j, request_bytes(e->command), request_bytes(e->signature),
                            p->r->setup->audience) != STATUS_OK)
        return replay_differs(p->r, "journal entry %llu (%s): %s", index, command->method,
                              j->call.refusals_count ? refusal_text(&j->call.refusals[0], false) : "refused");
    return STATUS_OK;
}

/* The entry that comes next, hashed and decoded into a job of its own. */
static enum status open_entry(struct page *p)
{
    const char *why;
    struct replay *r = p->r;
    int at = p->opened;
    const struct journal_stored *stored = &p->entries[at];
    uint64_t index = r->tree.size + (uint64_t)(at - p->decided);
    p->leaves[at] = merkle_leaf(stored->entry.data, stored->entry.len);
    if (stored->index != (int64_t)index)
        return replay_differs(r, "journal_entry: entry %llu is missing", (unsigned long long)index);
    if (stored->leaf_hash.len != HASH_BYTES ||
        memcmp(p->leaves[at].b, stored->leaf_hash.data, HASH_BYTES) != 0)
        return replay_differs(r, "journal_entry, idx = %lld, column entry: it does not hash to leaf_hash",
                              (long long)stored->index);
    struct job *j = job_new(REPLAY_JOB_MAX_BYTES);
    if (!j)
        return STATUS_RESOURCE_EXHAUSTED;
    p->jobs[p->opened++] = j;
    const PB(Entry) *e = (const PB(Entry) *)wire_unpack(&purser__v1__entry__descriptor, j->arena,
                                                        stored->entry.data, stored->entry.len, &why);
    p->read[at] = e;
    if (!e || e->index != index)
        return replay_differs(r, "journal_entry, idx = %lld, column entry: not an entry of that index",
                              (long long)stored->index);
    j->call.now_us = e->now_us;
    j->call.today = day_of_us(e->now_us);
    j->call.index = e->index;
    enum status s = open_command(p, j, e);
    if (s == STATUS_OK)
        job_begin(j);
    return s;
}

/* As many as may be in memory at once. */
static enum status open_window(struct page *p)
{
    size_t bytes = 0;
    for (int i = p->decided; i < p->opened; i++)
        bytes += p->entries[i].entry.len;
    while (p->opened < p->entries_count && (p->opened == p->decided || bytes < WINDOW_BYTES)) {
        bytes += p->entries[p->opened].entry.len;
        enum status s = open_entry(p);
        if (s != STATUS_OK)
            return s;
    }
    return STATUS_OK;
}

static void close_jobs(struct page *p, int till)
{
    db_use_arena(p->r->db, p->r->arena);
    for (int i = 0; i < till; i++) {
        job_free(p->jobs[i]);
        p->jobs[i] = NULL;
    }
}

/* ---- deciding ---- */

static bool find_replayed(void *ctx, struct bytes request_id, struct bytes key_id, const char **ret_method,
                          struct bytes *ret_reply)
{
    struct replay *r = ((struct page *)ctx)->r;
    struct journal_answer *known = NULL;
    int count = 0;
    journal_want_answers(r->db, &request_id, 1, &known, &count);
    if (db_run(r->db, NULL) != STATUS_OK || count != 1 || known[0].key_id.len != key_id.len ||
        memcmp(known[0].key_id.data, key_id.data, key_id.len) != 0)
        return false;
    *ret_method = known[0].method;
    *ret_reply = known[0].answer;
    return true;
}

/* The columns that the feed and its readers go by. */
static bool copies_fit(const struct job *j, const PB(Entry) *e, const struct journal_stored *stored)
{
    const char *units = "";
    for (size_t i = 0; i < e->n_units; i++)
        units = arena_printf(j->arena, "%s%s%s", units, i ? "," : "", e->units[i]);
    return e->now_us == stored->at_us && strcmp(j->call.rpc->path, stored->method) == 0 &&
           strcmp(j->call.actor.person_id, stored->person_id) == 0 && strcmp(units, stored->units) == 0;
}

static enum status compare_outcome(struct page *p, struct job *j, const PB(Entry) *e)
{
    struct hash outcome;
    unsigned long long index = e->index;
    const char *path = j->call.rpc->path;
    if (j->status != STATUS_OK)
        return replay_differs(p->r, "journal entry %llu (%s): it was accepted then, and is refused now: %s",
                              index, path,
                              j->call.refusals_count ? refusal_text(&j->call.refusals[0], false) : "");
    if (!reply_outcome(j, &outcome))
        return STATUS_RESOURCE_EXHAUSTED;
    if (e->outcome_digest.len != HASH_BYTES || memcmp(outcome.b, e->outcome_digest.data, HASH_BYTES) != 0)
        return replay_differs(p->r,
                              "journal entry %llu (%s): the replayed reply is another than the one that was "
                              "given",
                              index, path);
    if (!copies_fit(j, e, &p->entries[p->decided]))
        return replay_differs(p->r,
                              "journal_entry, idx = %llu: its copied columns (at_us, method, person_id, "
                              "units) do not fit the entry",
                              index);
    return STATUS_OK;
}

static enum status on_decided(void *ctx, struct job *j)
{
    struct page *p = ctx;
    struct replay *r = p->r;
    enum status s = compare_outcome(p, j, p->read[p->decided]);
    if (s != STATUS_OK)
        return s;
    if (!reply_pack(j, NULL))
        return STATUS_RESOURCE_EXHAUSTED;
    p->keep[p->keep_count++] = (struct journal_request){j->call.request_id,
                                                        j->call.key_id,
                                                        j->command_hash,
                                                        j->call.rpc->path,
                                                        -1,
                                                        j->answer};
    r->last_us = p->entries[p->decided].at_us;
    frontier_append(&r->tree, &p->leaves[p->decided], NULL, NULL);
    p->decided++;
    r->result->entries++;
    return check_checkpoints(p);
}

/* The key that signed, as the replayed tables know it at this point. */
static bool give_signatures(struct page *p, const struct wave *w)
{
    bool is_given = true;
    for (int i = 0; i < w->count && is_given; i++) {
        const struct seat *s = &w->seats[i];
        if (s->signer.is_found)
            s->job->call.public_key = s->signer.public_key;
        if (s->signer.is_found || s->job->call.rpc->flags & RPC_ENROLL)
            is_given = give_signature(p, s->job);
    }
    return is_given;
}

/* What later entries may refer to by @<request id>. */
static bool keep_answers(struct page *p)
{
    if (p->keep_count)
        journal_keep_answers(p->r->db, p->r->page, p->keep, p->keep_count, p->r->last_us);
    p->keep_count = 0;
    return !arena_is_full(p->r->page);
}

static enum status replay_wave(struct page *p)
{
    struct replay *r = p->r;
    struct wave w = {.db = r->db, .find = find_replayed, .ctx = p};
    struct job *const *jobs = p->jobs + p->decided;
    int count = r->setup->is_serial ? 1 : wave_length(jobs, p->opened - p->decided);
    if (!wave_ask(&w, r->page, jobs, count))
        return STATUS_RESOURCE_EXHAUSTED;
    enum status s = db_run(r->db, r->reterr);
    if (s == STATUS_OK && !give_signatures(p, &w))
        s = STATUS_RESOURCE_EXHAUSTED;
    if (s == STATUS_OK)
        s = wave_decide(&w, on_decided, r->reterr);
    if (s == STATUS_OK && !keep_answers(p))
        s = STATUS_RESOURCE_EXHAUSTED;
    r->result->waves++;
    return s;
}

/* ---- pages ---- */

static enum status read_page(struct page *p)
{
    struct replay *r = p->r;
    arena_reset(r->page);
    db_use_arena(r->db, r->page);
    db_do(r->db, "SELECT set_config('search_path', $1, true)", DB_IN(in_text(r->live)));
    journal_want_entries(r->db, (int64_t)r->tree.size, ENTRIES_A_PAGE, &p->entries, &p->entries_count);
    journal_want_checkpoints(r->db, (int64_t)r->tree.size, ENTRIES_A_PAGE, &p->checkpoints,
                             &p->checkpoints_count);
    db_do(r->db, "SELECT set_config('search_path', $1, true)", DB_IN(in_text(REPLAY_SCHEMA)));
    return db_run(r->db, r->reterr);
}

/* What was checked beside may be wrong earlier than what was found here. */
static enum status settle_beside(struct page *p, enum status s)
{
    struct replay *r = p->r;
    uint64_t place;
    if (beside_wait(r->beside, &place) || (s != STATUS_OK && place > ENTRY_PLACE(r->tree.size)))
        return s;
    if (place % 2)
        return replay_differs(
            r, "table journal_checkpoint, key size = %llu: column note is not this journal's checkpoint",
            (unsigned long long)(place + 1) / 2);
    return replay_differs(r, "journal entry %llu: %s", (unsigned long long)place / 2,
                          reason_find("SIGNATURE_BAD")->en);
}

static enum status replay_page(struct replay *r, struct page *p)
{
    *p = (struct page){.r = r};
    enum status s = read_page(p);
    if (s == STATUS_OK && p->entries_count == 0)
        s = replay_differs(r, "journal_entry: entry %llu is missing", (unsigned long long)r->tree.size);
    while (s == STATUS_OK && p->decided < p->entries_count) {
        s = open_window(p);
        if (s == STATUS_OK)
            s = replay_wave(p);
        close_jobs(p, p->decided);
    }
    close_jobs(p, p->opened);
    return settle_beside(p, s);
}

enum status replay_all(struct replay *r, const struct journal_head *head)
{
    struct page *p = arena_alloc(r->arena, sizeof *p);
    enum status s = p ? STATUS_OK : STATUS_RESOURCE_EXHAUSTED;
    while (s == STATUS_OK && r->tree.size < head->tree.size)
        s = replay_page(r, p);
    return s;
}
