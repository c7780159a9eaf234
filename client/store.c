/* What the client keeps: every write it signed, with its answer. */
#include "client/store.h"

#include <string.h>

#include <sqlite3.h>

#include "client/contexts.h"
#include "client/pin.h"
#include "common/check.h"

struct store {
    sqlite3 *db;
    const char *path;
};

static const char schema[] = "PRAGMA journal_mode = WAL;"
                             "PRAGMA synchronous = FULL;"
                             "PRAGMA wal_autocheckpoint = 100;" /* each process reads what is left of it */
                             "CREATE TABLE IF NOT EXISTS sent ("
                             "  seq INTEGER PRIMARY KEY AUTOINCREMENT,"
                             "  request_id BLOB NOT NULL UNIQUE,"
                             "  method TEXT NOT NULL,"
                             "  object TEXT NOT NULL,"
                             "  needs TEXT NOT NULL,"
                             "  typed BLOB NOT NULL,"
                             "  request BLOB NOT NULL,"
                             "  command BLOB NOT NULL,"
                             "  signature BLOB NOT NULL,"
                             "  state INTEGER NOT NULL,"
                             "  made_us INTEGER NOT NULL,"
                             "  tries INTEGER NOT NULL DEFAULT 0,"
                             "  last_error TEXT NOT NULL DEFAULT '',"
                             "  reply BLOB NOT NULL DEFAULT x'',"
                             "  entry INTEGER NOT NULL DEFAULT -1);"
                             "CREATE INDEX IF NOT EXISTS sent_state ON sent (state, seq);";

#define COLUMNS                                                                                              \
    "seq, request_id, method, object, needs, typed, command, signature, state, made_us, tries, last_error, " \
    "reply,"                                                                                                 \
    " entry, request"

static sqlite3_stmt *prepare(struct client *c, const char *sql)
{
    sqlite3_stmt *s = NULL;
    PRE(c->store);
    if (sqlite3_prepare_v2(c->store->db, sql, -1, &s, NULL) != SQLITE_OK)
        fail(c, EXIT_FILE, "state.db: %s", sqlite3_errmsg(c->store->db));
    return s;
}

static void bind_bytes(sqlite3_stmt *s, int at, const void *data, size_t len)
{
    sqlite3_bind_blob64(s, at, len ? data : "", len, SQLITE_STATIC); /* it outlives the statement */
}

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
    sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
}

static struct bytes column_bytes(struct client *c, sqlite3_stmt *s, int i)
{
    return arena_bytes(c->arena, sqlite3_column_blob(s, i), (size_t)sqlite3_column_bytes(s, i));
}

static const char *column_text(struct client *c, sqlite3_stmt *s, int i)
{
    return arena_text(c->arena, (const char *)sqlite3_column_text(s, i));
}

/* Before the pin had a file of its own it stood in a table here. */
static void take_over_pin(struct client *c)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(c->store->db, "SELECT size, note FROM pin", -1, &s, NULL) != SQLITE_OK)
        return; /* no such table: as it should be */
    bool is_there = sqlite3_step(s) == SQLITE_ROW;
    const char *note = is_there ? column_text(c, s, 1) : "";
    bool is_over = !is_there || pin_move(c, note, (uint64_t)sqlite3_column_int64(s, 0));
    sqlite3_finalize(s);
    if (is_over)
        sqlite3_exec(c->store->db, "DROP TABLE pin", NULL, NULL, NULL);
}

void store_close(struct client *c)
{
    if (c->store)
        sqlite3_close(c->store->db);
    c->store = NULL;
}

bool store_open(struct client *c)
{
    if (!c->ctx || !c->ctx->dir) {
        fail(c, EXIT_NOT_ALLOWED,
             T(c, "尚未登记：请先 purser enroll INVITE", "not enrolled: purser enroll INVITE first"));
        return false;
    }
    const char *path = context_file(c, c->ctx, "state.db");
    if (c->store && strcmp(c->store->path, path) == 0)
        return true;
    store_close(c);
    struct store *s = arena_alloc(c->kept, sizeof(*s));
    bool ok = s && sqlite3_open(path, &s->db) == SQLITE_OK;
    if (ok) {
        sqlite3_busy_timeout(s->db, 15000);
        ok = sqlite3_exec(s->db, schema, NULL, NULL, NULL) == SQLITE_OK;
    }
    if (!ok) {
        fail(c, EXIT_FILE, T(c, "打不开 %s：%s", "cannot open %s: %s"), path,
             s && s->db ? sqlite3_errmsg(s->db) : "");
        if (s)
            sqlite3_close(s->db);
        return false;
    }
    s->path = arena_text(c->kept, path);
    c->store = s;
    take_over_pin(c);
    return true;
}

static void fetch(struct client *c, sqlite3_stmt *s, struct sent *ret)
{
    struct bytes id = column_bytes(c, s, 1), typed = column_bytes(c, s, 5);
    *ret = (struct sent){.seq = sqlite3_column_int64(s, 0),
                         .method = column_text(c, s, 2),
                         .object = column_text(c, s, 3),
                         .needs = column_text(c, s, 4),
                         .command = column_bytes(c, s, 6),
                         .signature = column_bytes(c, s, 7),
                         .state = (enum sent_state)sqlite3_column_int(s, 8),
                         .made_us = sqlite3_column_int64(s, 9),
                         .tries = sqlite3_column_int64(s, 10),
                         .last_error = column_text(c, s, 11),
                         .reply = column_bytes(c, s, 12),
                         .entry = sqlite3_column_int64(s, 13),
                         .request = column_bytes(c, s, 14)};
    if (id.len == sizeof(ret->request_id))
        memcpy(ret->request_id, id.data, id.len);
    if (typed.len == sizeof(ret->typed))
        memcpy(&ret->typed, typed.data, typed.len);
}

/* Runs a statement whose parameters are bound; true when it did what it should. */
static bool run(struct client *c, sqlite3_stmt *s)
{
    int rc = s ? sqlite3_step(s) : SQLITE_ERROR;
    if (s && rc != SQLITE_DONE && rc != SQLITE_CONSTRAINT)
        fail(c, EXIT_FILE, "state.db: %s", sqlite3_errmsg(c->store->db));
    sqlite3_finalize(s);
    return rc == SQLITE_DONE;
}

static bool fetch_one(struct client *c, sqlite3_stmt *s, struct sent *ret)
{
    bool found = s && sqlite3_step(s) == SQLITE_ROW;
    if (found)
        fetch(c, s, ret);
    sqlite3_finalize(s);
    return found;
}

bool store_begin(struct client *c)
{
    sqlite3_stmt *s = prepare(c, "BEGIN IMMEDIATE");
    return s && run(c, s);
}

void store_wait_for_answers(struct client *c, bool waits)
{
    PRE(c->store);
    (void)sqlite3_exec(c->store->db, waits ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
                       NULL, NULL, NULL);
}

bool store_end(struct client *c)
{
    sqlite3_stmt *s = prepare(c, "COMMIT");
    return s && run(c, s);
}

bool store_add(struct client *c, struct sent *m)
{
    sqlite3_stmt *s = prepare(
        c, "INSERT INTO sent (request_id, method, object, needs, typed, command, signature, state, made_us,"
           " request) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    if (!s)
        return false;
    bind_bytes(s, 1, m->request_id, sizeof(m->request_id));
    bind_text(s, 2, m->method);
    bind_text(s, 3, m->object);
    bind_text(s, 4, m->needs);
    bind_bytes(s, 5, m->typed.b, sizeof(m->typed.b));
    bind_bytes(s, 6, m->command.data, m->command.len);
    bind_bytes(s, 7, m->signature.data, m->signature.len);
    sqlite3_bind_int(s, 8, m->state);
    sqlite3_bind_int64(s, 9, m->made_us);
    bind_bytes(s, 10, m->request.data, m->command.len ? 0 : m->request.len); /* the command holds it */
    if (!run(c, s))
        return false;
    m->seq = sqlite3_last_insert_rowid(c->store->db);
    return true;
}

bool store_finish(struct client *c, struct sent *m)
{
    sqlite3_stmt *s =
        prepare(c, "UPDATE sent SET command = ?, signature = ? WHERE request_id = ? AND length(command) = 0");
    if (!s)
        return false;
    bind_bytes(s, 1, m->command.data, m->command.len);
    bind_bytes(s, 2, m->signature.data, m->signature.len);
    bind_bytes(s, 3, m->request_id, 16);
    bool first = run(c, s) && sqlite3_changes(c->store->db) == 1;
    return first || (store_by_id(c, m->request_id, m) && false);
}

bool store_by_id(struct client *c, const uint8_t id[16], struct sent *ret)
{
    sqlite3_stmt *s = prepare(c, "SELECT " COLUMNS " FROM sent WHERE request_id = ?");
    if (s)
        bind_bytes(s, 1, id, 16);
    return fetch_one(c, s, ret);
}

bool store_by_entry(struct client *c, int64_t entry, struct sent *ret)
{
    sqlite3_stmt *s = prepare(c, "SELECT " COLUMNS " FROM sent WHERE entry = ?");
    if (s)
        sqlite3_bind_int64(s, 1, entry);
    return fetch_one(c, s, ret);
}

bool store_pending_like(struct client *c, const struct hash *typed, struct sent *ret)
{
    sqlite3_stmt *s = prepare(c, "SELECT " COLUMNS
                                 " FROM sent WHERE state = 0 AND typed = ? ORDER BY seq DESC LIMIT 1");
    if (s)
        bind_bytes(s, 1, typed->b, sizeof(typed->b));
    return fetch_one(c, s, ret);
}

bool store_pending_about(struct client *c, const char *object, int64_t seq, struct sent *ret)
{
    sqlite3_stmt
        *s = prepare(c, "SELECT " COLUMNS " FROM sent"
                        " WHERE state = 0 AND object = ? AND (? = 0 OR seq < ?) ORDER BY seq DESC LIMIT 1");
    if (s) {
        bind_text(s, 1, object);
        sqlite3_bind_int64(s, 2, seq);
        sqlite3_bind_int64(s, 3, seq);
    }
    return fetch_one(c, s, ret);
}

void store_answer(struct client *c, const struct sent *m, enum sent_state state, struct bytes reply,
                  int64_t entry)
{
    sqlite3_stmt
        *s = prepare(c, "UPDATE sent SET state = ?, reply = ?, entry = ?, tries = tries + 1, last_error = ''"
                        " WHERE request_id = ?");
    if (!s)
        return;
    sqlite3_bind_int(s, 1, state);
    bind_bytes(s, 2, reply.data, reply.len);
    sqlite3_bind_int64(s, 3, entry);
    bind_bytes(s, 4, m->request_id, 16);
    (void)!run(c, s);
}

void store_failed(struct client *c, const struct sent *m, const char *error)
{
    sqlite3_stmt *s = prepare(c, "UPDATE sent SET tries = tries + 1, last_error = ? WHERE request_id = ?");
    if (!s)
        return;
    bind_text(s, 1, error);
    bind_bytes(s, 2, m->request_id, 16);
    (void)!run(c, s);
}

bool store_drop(struct client *c, const uint8_t id[16])
{
    sqlite3_stmt *s = prepare(c, "DELETE FROM sent WHERE request_id = ? AND state <> 1"); /* receipts stay */
    if (!s)
        return false;
    bind_bytes(s, 1, id, 16);
    return run(c, s) && sqlite3_changes(c->store->db) == 1;
}

int store_list(struct client *c, enum store_list which, struct sent **ret)
{
    static const char *const sql[] = {
        [STORE_PENDING] = "SELECT " COLUMNS " FROM sent WHERE state = 0 ORDER BY seq LIMIT 100000",
        [STORE_UNDONE] = "SELECT " COLUMNS " FROM sent WHERE state <> 1 ORDER BY seq LIMIT 100000",
        [STORE_RECEIPTS] = "SELECT " COLUMNS " FROM sent WHERE state = 1 ORDER BY entry LIMIT 100000",
    };
    sqlite3_stmt *s = prepare(c, sql[which]);
    int n = 0, room = 0;

    *ret = NULL;
    while (s && sqlite3_step(s) == SQLITE_ROW) {
        if (n == room) {
            struct sent *more = arena_array(c->arena, (size_t)(room = room ? 2 * room : 32), sizeof(*more));
            if (!more)
                break;
            if (n)
                memcpy(more, *ret, (size_t)n * sizeof(*more));
            *ret = more;
        }
        fetch(c, s, *ret + n++);
    }
    sqlite3_finalize(s);
    return n;
}

int store_count_pending(struct client *c)
{
    sqlite3_stmt *s = prepare(c, "SELECT count(*) FROM sent WHERE state = 0");
    int n = s && sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int(s, 0) : 0;
    sqlite3_finalize(s);
    return n;
}
