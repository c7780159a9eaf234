/* Replays the journal into an empty schema, inside one transaction that is rolled back, and compares every
 * row. */
#include "server/front/verify.h"

#include <string.h>

#include "common/check.h"
#include "common/note.h"
#include "server/base/migrate.h"
#include "server/front/checkpoint.h"
#include "server/front/compare.h"
#include "server/front/registry.h"
#include "server/front/replay.h"

/* Reads go to the live schema, effects to the replayed one. */
static enum status use_schema(struct replay *r, const char *schema)
{
    const char *sql = strcmp(schema, REPLAY_SCHEMA) == 0
                          ? "SET LOCAL search_path = " REPLAY_SCHEMA
                          : arena_printf(r->arena, "SET LOCAL search_path = %s", schema);
    return db_script(r->db, sql, r->reterr);
}

/* Head, signature and checkpoint file against the tree that was just rebuilt from the entries. */
static enum status check_head(struct replay *r, const struct journal_head *head)
{
    struct checkpoint c;
    struct hash root = frontier_root(&r->tree);
    if (memcmp(root.b, head->root.b, HASH_BYTES) != 0)
        return replay_differs(r, "journal_head, column root: the entries do not hash to it");
    if (!note_open(r->arena, head->note, r->setup->journal_key, &c) || c.size != head->tree.size ||
        memcmp(c.root.b, root.b, HASH_BYTES) != 0)
        return replay_differs(r,
                              "journal_head, column note: not this journal's signed checkpoint of size %llu",
                              (unsigned long long)head->tree.size);
    const char *epoch = head->epoch > 1 ? arena_printf(r->arena, "epoch %lld", (long long)head->epoch) : "";
    if (strcmp(c.origin, r->setup->audience) != 0 || strcmp(c.extension ? c.extension : "", epoch) != 0)
        return replay_differs(r, "journal_head, column epoch: the signed checkpoint says \"%s\"",
                              c.extension ? c.extension : "");
    if (head->last_us != r->last_us)
        return replay_differs(r, "journal_head, column last_us: the newest entry has another time");
    if (r->file.origin && r->file.size > head->tree.size)
        return replay_differs(r, "the checkpoint file %s knows %llu entries, the database has %llu",
                              r->setup->checkpoint_path, (unsigned long long)r->file.size,
                              (unsigned long long)head->tree.size);
    return STATUS_OK;
}

/* Before the snapshot is taken: a live server may move both on meanwhile. */
static enum status read_file(struct replay *r)
{
    const char *path = r->setup->checkpoint_path;
    struct checkpoint_found found;
    enum status s = path ? checkpoint_read(r->arena, path, r->setup->journal_key, &found) : STATUS_NOT_FOUND;
    if (s == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (s != STATUS_OK)
        return replay_differs(r,
                              "the checkpoint file %s cannot be read, or is not signed by this journal's key",
                              path);
    r->file = found.newest;
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
        return replay_differs(r, "journal_head: there is no journal in this database");
    if (s == STATUS_DATA_LOSS)
        return replay_differs(r, "journal_head: nodes, entries and root do not add up");
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
    for (int i = 0; s == STATUS_OK && i < registry_nouns_count; i++)
        for (int t = 0; s == STATUS_OK && t < registry_nouns[i]->sums_count; t++)
            s = compare_sum(&c, &registry_nouns[i]->sums[t], r->reterr);
    return s;
}

enum status verify_run(const struct verify_setup *setup, struct verify_result *ret, struct db_error *reterr)
{
    struct replay r = {.setup = setup, .result = ret, .reterr = reterr};
    *ret = (struct verify_result){0};
    enum status s = db_open(setup->conninfo, NULL, 5000, &r.db, reterr);
    if (s != STATUS_OK)
        return s;
    db_set_memory(r.db, !setup->is_serial); /* one by one also means: nothing remembered */
    r.arena = arena_new(256u << 20);
    r.page = arena_new(256u << 20);
    r.beside = beside_start();
    s = r.arena && r.page && r.beside ? read_file(&r) : STATUS_RESOURCE_EXHAUSTED;
    if (s == STATUS_OK)
        s = db_begin(r.db, "BEGIN ISOLATION LEVEL REPEATABLE READ", reterr);
    if (s == STATUS_OK)
        s = run(&r);
    if (db_is_alive(r.db) && db_rollback(r.db) != STATUS_OK && s == STATUS_OK)
        s = STATUS_UNAVAILABLE;
    db_close(r.db);
    beside_stop(r.beside);
    arena_free(r.arena);
    arena_free(r.page);
    return s;
}
