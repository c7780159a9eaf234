/* Replays the journal into an empty schema, inside one transaction that is rolled back, and compares every
 * row. */
#include "server/front/verify.h"

#include <stdarg.h>
#include <string.h>

#include "common/check.h"
#include "common/note.h"
#include "common/wire.h"
#include "purser/v1/envelope.pb-c.h"
#include "server/base/migrate.h"
#include "server/domain/journal/journal.h"
#include "server/domain/unit/unit.h"
#include "server/front/apply.h"
#include "server/front/compare.h"
#include "server/front/dispatch.h"
#include "server/front/registry.h"
#include "server/front/reply.h"
#include "server/front/writer.h"

#define ENTRIES_A_PAGE       256
#define REPLAY_JOB_MAX_BYTES (4 * JOB_ARENA_MAX_BYTES) /* what fitted then fits beside its entry now */
#define REPLAY_SCHEMA        "purser_replay"

struct replay {
    const struct verify_setup *setup;
    struct db *db;
    struct arena *arena; /* for the whole run */
    struct arena *page;  /* for a page of entries */
    char live[64];       /* the schema that is verified */
    struct frontier tree;
    struct checkpoint file; /* origin NULL: there is none */
    int64_t last_us;        /* of the newest entry */
    struct verify_result *result;
    struct db_error *reterr;
};

static enum status differ(struct replay *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static enum status differ(struct replay *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(r->result->first, sizeof(r->result->first), format, args);
    va_end(args);
    return STATUS_DATA_LOSS;
}

/* Reads go to the live schema, effects to the replayed one. */
static enum status use_schema(struct replay *r, const char *schema)
{
    const char *sql = strcmp(schema, REPLAY_SCHEMA) == 0
                          ? "SET LOCAL search_path = " REPLAY_SCHEMA
                          : arena_printf(r->arena, "SET LOCAL search_path = %s", schema);
    return db_script(r->db, sql, r->reterr);
}

static bool find_replayed(void *ctx, struct bytes request_id, struct bytes key_id, const char **ret_method,
                          struct bytes *ret_reply)
{
    struct replay *r = ctx;
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

/* The key that signed, as the replayed tables know it at this point. */
static enum status find_signer_key(struct replay *r, struct job *j, const PB(Command) *command)
{
    struct signer signer = {0};
    db_use_arena(r->db, j->arena);
    unit_want_signer(r->db, request_bytes(command->key_id), j->call.today, &signer);
    enum status s = db_run(r->db, r->reterr);
    if (s == STATUS_OK && signer.is_found)
        j->call.public_key = signer.public_key;
    return s;
}

static enum status open_entry(struct replay *r, struct job *j, const PB(Entry) *e)
{
    const char *why;
    const PB(Command) *command = (const PB(Command) *)wire_unpack(&purser__v1__command__descriptor, j->arena,
                                                                  e->command.data, e->command.len, &why);
    if (!command)
        return differ(r, "journal entry %llu: its command does not decode: %s", (unsigned long long)e->index,
                      why);
    const struct rpc *rpc = registry_find(command->method);
    if (!rpc)
        return differ(r, "journal entry %llu: method %s is unknown to this program",
                      (unsigned long long)e->index, command->method);
    if (!(rpc->flags & RPC_ENROLL)) {
        enum status s = find_signer_key(r, j, command);
        if (s != STATUS_OK)
            return s;
    }
    if (dispatch_open_command(j, request_bytes(e->command), request_bytes(e->signature),
                              r->setup->audience) != STATUS_OK)
        return differ(r, "journal entry %llu (%s): %s", (unsigned long long)e->index, command->method,
                      j->call.refusals_count ? refusal_text(&j->call.refusals[0], false) : "refused");
    return STATUS_OK;
}

/* What later entries may refer to by @<request id>. */
static enum status keep_answer(struct replay *r, struct job *j)
{
    if (!reply_pack(j, NULL))
        return STATUS_RESOURCE_EXHAUSTED;
    struct journal_request keep = {j->call.request_id, j->call.key_id, j->command_hash, j->call.rpc->path, -1,
                                   j->answer};
    journal_keep_answers(r->db, j->arena, &keep, 1, j->call.now_us);
    return db_run(r->db, r->reterr);
}

static enum status replay_job(struct replay *r, struct job *j, const PB(Entry) *e)
{
    j->call.now_us = e->now_us;
    j->call.today = day_of_us(e->now_us);
    j->call.index = e->index;
    enum status s = open_entry(r, j, e);
    if (s != STATUS_OK)
        return s;
    job_begin(j);
    s = apply_command(r->db, j, find_replayed, r, r->reterr);
    if (s != STATUS_OK)
        return s;
    if (j->status != STATUS_OK)
        return differ(r, "journal entry %llu (%s): it was accepted then, and is refused now: %s",
                      (unsigned long long)e->index, j->call.rpc->path,
                      j->call.refusals_count ? refusal_text(&j->call.refusals[0], false) : "");

    struct hash outcome;
    if (!reply_outcome(j, &outcome))
        return STATUS_RESOURCE_EXHAUSTED;
    if (e->outcome_digest.len != HASH_BYTES || memcmp(outcome.b, e->outcome_digest.data, HASH_BYTES) != 0)
        return differ(r, "journal entry %llu (%s): the replayed reply is another than the one that was given",
                      (unsigned long long)e->index, j->call.rpc->path);
    r->result->entries++;
    return keep_answer(r, j);
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

static enum status replay_entry(struct replay *r, const struct journal_stored *stored)
{
    const char *why;
    struct hash leaf = merkle_leaf(stored->entry.data, stored->entry.len);
    if (stored->index != (int64_t)r->tree.size)
        return differ(r, "journal_entry: entry %llu is missing", (unsigned long long)r->tree.size);
    if (stored->leaf_hash.len != HASH_BYTES || memcmp(leaf.b, stored->leaf_hash.data, HASH_BYTES) != 0)
        return differ(r, "journal_entry, idx = %lld, column entry: it does not hash to leaf_hash",
                      (long long)stored->index);
    struct job *j = job_new(REPLAY_JOB_MAX_BYTES);
    if (!j)
        return STATUS_RESOURCE_EXHAUSTED;
    const PB(Entry) *e = (const PB(Entry) *)wire_unpack(&purser__v1__entry__descriptor, j->arena,
                                                        stored->entry.data, stored->entry.len, &why);
    enum status s;
    if (!e || e->index != (uint64_t)stored->index)
        s = differ(r, "journal_entry, idx = %lld, column entry: not an entry of that index",
                   (long long)stored->index);
    else
        s = replay_job(r, j, e);
    if (s == STATUS_OK && !copies_fit(j, e, stored))
        s = differ(r,
                   "journal_entry, idx = %lld: its copied columns (at_us, method, person_id, units) do not "
                   "fit the entry",
                   (long long)stored->index);
    frontier_append(&r->tree, &leaf, NULL, NULL);
    r->last_us = stored->at_us;
    db_use_arena(r->db, r->arena);
    job_free(j);
    return s;
}

/* Entries that are read together, and the checkpoints given out between them. */
struct page {
    struct journal_stored *entries;
    struct journal_note *checkpoints;
    int entries_count, checkpoints_count;
};

static enum status read_page(struct replay *r, struct page *ret)
{
    arena_reset(r->page);
    db_use_arena(r->db, r->page);
    db_do(r->db, "SELECT set_config('search_path', $1, true)", DB_IN(in_text(r->live)));
    journal_want_entries(r->db, (int64_t)r->tree.size, ENTRIES_A_PAGE, &ret->entries, &ret->entries_count);
    journal_want_checkpoints(r->db, (int64_t)r->tree.size, ENTRIES_A_PAGE, &ret->checkpoints,
                             &ret->checkpoints_count);
    db_do(r->db, "SELECT set_config('search_path', $1, true)", DB_IN(in_text(REPLAY_SCHEMA)));
    return db_run(r->db, r->reterr);
}

/* A checkpoint that was given out at this size says the root that the tree has now. */
static enum status check_checkpoints(struct replay *r, const struct page *p)
{
    struct hash root = frontier_root(&r->tree);
    if (r->file.origin && r->file.size == r->tree.size && memcmp(r->file.root.b, root.b, HASH_BYTES) != 0)
        return differ(r, "the checkpoint file %s knows another journal (at %llu entries)",
                      r->setup->checkpoint_path, (unsigned long long)r->tree.size);
    for (int i = 0; i < p->checkpoints_count; i++) {
        struct checkpoint c;
        if (p->checkpoints[i].size != (int64_t)r->tree.size)
            continue;
        if (!note_open(r->page, p->checkpoints[i].note, r->setup->journal_key, &c) ||
            c.size != r->tree.size || strcmp(c.origin, r->setup->audience) != 0 ||
            memcmp(c.root.b, root.b, HASH_BYTES) != 0)
            return differ(
                r, "table journal_checkpoint, key size = %llu: column note is not this journal's checkpoint",
                (unsigned long long)r->tree.size);
    }
    return STATUS_OK;
}

static enum status replay_all(struct replay *r, const struct journal_head *head)
{
    while (r->tree.size < head->tree.size) {
        struct page p = {0};
        enum status s = read_page(r, &p);
        if (s == STATUS_OK && p.entries_count == 0)
            s = differ(r, "journal_entry: entry %llu is missing", (unsigned long long)r->tree.size);
        for (int i = 0; s == STATUS_OK && i < p.entries_count; i++) {
            s = replay_entry(r, &p.entries[i]);
            if (s == STATUS_OK)
                s = check_checkpoints(r, &p);
        }
        if (s != STATUS_OK)
            return s;
    }
    return STATUS_OK;
}

/* Head, signature and checkpoint file against the tree that was just rebuilt from the entries. */
static enum status check_head(struct replay *r, const struct journal_head *head)
{
    struct checkpoint c;
    struct hash root = frontier_root(&r->tree);
    if (memcmp(root.b, head->root.b, HASH_BYTES) != 0)
        return differ(r, "journal_head, column root: the entries do not hash to it");
    if (!note_open(r->arena, head->note, r->setup->journal_key, &c) || c.size != head->tree.size ||
        memcmp(c.root.b, root.b, HASH_BYTES) != 0)
        return differ(r, "journal_head, column note: not this journal's signed checkpoint of size %llu",
                      (unsigned long long)head->tree.size);
    const char *epoch = head->epoch > 1 ? arena_printf(r->arena, "epoch %lld", (long long)head->epoch) : "";
    if (strcmp(c.origin, r->setup->audience) != 0 || strcmp(c.extension ? c.extension : "", epoch) != 0)
        return differ(r, "journal_head, column epoch: the signed checkpoint says \"%s\"",
                      c.extension ? c.extension : "");
    if (head->last_us != r->last_us)
        return differ(r, "journal_head, column last_us: the newest entry has another time");
    if (r->file.origin && r->file.size > head->tree.size)
        return differ(r, "the checkpoint file %s knows %llu entries, the database has %llu",
                      r->setup->checkpoint_path, (unsigned long long)r->file.size,
                      (unsigned long long)head->tree.size);
    return STATUS_OK;
}

/* Before the snapshot is taken: a live server may move both on meanwhile. */
static enum status read_file(struct replay *r)
{
    const char *path = r->setup->checkpoint_path, *note = NULL;
    enum status s = path ? checkpoint_read(r->arena, path, &note) : STATUS_NOT_FOUND;
    if (s == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (s != STATUS_OK || !note_open(r->arena, note, r->setup->journal_key, &r->file)) {
        r->file.origin = NULL;
        return differ(r, "the checkpoint file %s cannot be read, or is not signed by this journal's key",
                      path);
    }
    return STATUS_OK;
}

static enum status prepare(struct replay *r)
{
    static const struct db_col col[] = {{.type = DB_TEXT}};
    const char *schema = NULL;
    bool found = false;
    db_use_arena(r->db, r->arena);
    db_want(r->db, "SELECT quote_ident(current_schema())", DB_NONE,
            (struct db_cols){col, 1, sizeof(const char *)}, &schema, &found);
    enum status s = db_run(r->db, r->reterr);
    if (s != STATUS_OK || !found)
        return s == STATUS_OK ? STATUS_FAILED_PRECONDITION : s;
    snprintf(r->live, sizeof(r->live), "%s", schema);
    s = db_script(r->db, "CREATE SCHEMA " REPLAY_SCHEMA, r->reterr);
    if (s == STATUS_OK)
        s = use_schema(r, REPLAY_SCHEMA);
    if (s == STATUS_OK)
        s = migrate_into(r->db, r->reterr);
    return s;
}

static enum status run(struct replay *r)
{
    struct journal_head head;
    db_use_arena(r->db, r->arena);
    enum status s = journal_load(r->db, r->arena, &head, r->reterr);
    if (s == STATUS_NOT_FOUND)
        return differ(r, "journal_head: there is no journal in this database");
    if (s == STATUS_DATA_LOSS)
        return differ(r, "journal_head: nodes, entries and root do not add up");
    if (s == STATUS_OK)
        s = prepare(r);
    if (s == STATUS_OK)
        s = replay_all(r, &head);
    if (s == STATUS_OK)
        s = check_head(r, &head);
    struct compare c = {.db = r->db,
                        .arena = r->arena,
                        .live = r->live,
                        .replayed = REPLAY_SCHEMA,
                        .rows = &r->result->rows,
                        .tables = &r->result->tables,
                        .first = r->result->first,
                        .first_max = sizeof(r->result->first),
                        .audience = r->setup->audience,
                        .journal_key = r->setup->journal_key};
    if (s == STATUS_OK)
        s = compare_journal(&c, head.tree.size, &r->result->answers, r->reterr);
    for (int i = 0; s == STATUS_OK && i < registry_nouns_count; i++)
        for (int t = 0; s == STATUS_OK && t < registry_nouns[i]->tables_count; t++)
            s = compare_table(&c, registry_nouns[i]->tables[t], r->reterr);
    return s;
}

enum status verify_run(const struct verify_setup *setup, struct verify_result *ret, struct db_error *reterr)
{
    struct replay r = {.setup = setup, .result = ret, .reterr = reterr};
    *ret = (struct verify_result){0};
    enum status s = db_open(setup->conninfo, NULL, 5000, &r.db, reterr);
    if (s != STATUS_OK)
        return s;
    r.arena = arena_new(256u << 20);
    r.page = arena_new(256u << 20);
    s = r.arena && r.page ? read_file(&r) : STATUS_RESOURCE_EXHAUSTED;
    if (s == STATUS_OK)
        s = db_begin(r.db, "BEGIN ISOLATION LEVEL REPEATABLE READ", reterr);
    if (s == STATUS_OK)
        s = run(&r);
    if (db_is_alive(r.db) && db_rollback(r.db) != STATUS_OK && s == STATUS_OK)
        s = STATUS_UNAVAILABLE;
    db_close(r.db);
    arena_free(r.arena);
    arena_free(r.page);
    return s;
}
