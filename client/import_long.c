/* A file too long for one request: opened, appended part by part, and committed at once.
 *
 * All commands are signed and kept together before the first is sent. Whatever happens then – no server, a
 * lost connection, this process killed – they lie in the outbox in their order, and the same import again
 * sends what is left. Nothing comes of the rows before the last command. */
#include "client/import_long.h"

#include <string.h>

#include "client/contexts.h"
#include "client/keys.h"
#include "client/outbox.h"
#include "client/print.h"
#include "client/values.h"
#include "client/write.h"
#include "common/fields.h"
#include "common/rows.h"
#include "common/sign.h"

struct sending {
    struct client *c;
    struct import_file *file;
    struct long_import all;
    struct filled *filled;
    struct chunk **parts;
    int parts_count, rows;
    struct hash digest;
    struct write *writes; /* Open, the parts, Commit */
    int writes_count;
};

/* ---- requests ---- */

static void set_i64(ProtobufCMessage *m, const char *name, int64_t value)
{
    const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);
    if (f && f->type == PROTOBUF_C_TYPE_INT64)
        *(int64_t *)fields_at(m, f) = value;
}

/* Fields that were typed for Open and that this request has as well. */
static void take_common(const struct client *c, ProtobufCMessage *to, const ProtobufCMessage *from)
{
    for (unsigned i = 0; i < from->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &from->descriptor->fields[i];
        const ProtobufCFieldDescriptor *g = protobuf_c_message_descriptor_get_field_by_name(to->descriptor,
                                                                                            f->name);
        if (g && g->type == f->type && f->label != PROTOBUF_C_LABEL_REPEATED &&
            f->type != PROTOBUF_C_TYPE_MESSAGE)
            (void)!fields_set_text(to, g, c->arena, fields_text(from, f, 0, c->arena));
    }
}

/* The import is field 1, by the id that its opening gave it; "" when there is none. */
static ProtobufCMessage *request_new(const struct sending *s, struct method m, const char *import)
{
    const struct client *c = s->c;
    ProtobufCMessage *q = fields_new(m.rpc->input, c->arena);
    if (!q)
        return NULL;
    take_common(c, q, s->filled->request);
    return fields_set_text(q, first_field(m.rpc->input), c->arena, import) ? q : NULL;
}

static ProtobufCMessage *part_request(const struct sending *s, const struct chunk *k, int first,
                                      const char *import)
{
    ProtobufCMessage *q = request_new(s, s->all.append, import);
    if (!q || !chunk_put(s->file, k, q))
        return NULL;
    set_i64(q, "first_row", first);
    return q;
}

static ProtobufCMessage *commit_request(const struct sending *s, const char *import)
{
    ProtobufCMessage *q = request_new(s, s->all.commit, import);
    const ProtobufCFieldDescriptor *f = q ? protobuf_c_message_descriptor_get_field_by_name(q->descriptor,
                                                                                            "digest")
                                          : NULL;
    if (!f || f->type != PROTOBUF_C_TYPE_BYTES)
        return NULL;
    struct bytes digest = arena_bytes(s->c->arena, s->digest.b, HASH_BYTES);
    *(ProtobufCBinaryData *)fields_at(q, f) = (ProtobufCBinaryData){digest.len,
                                                                    (uint8_t *)(uintptr_t)digest.data};
    set_i64(q, "row_count", s->rows);
    return q;
}

/* ---- trying ---- */

/* Whether the server would take these rows; nothing is left behind. */
static int try_part(const struct sending *s, const struct chunk *k, struct answer *ret)
{
    struct client *c = s->c;
    struct source source = chunk_source(s->file, k);
    ProtobufCMessage *q = part_request(s, k, 1, "");
    int code;
    if (!q)
        return EXIT_OTHER;
    if (!trip_dry_run(c, s->all.append, q, ret, &code))
        return code;
    return ret->reached && ret->status == STATUS_OK ? EXIT_DONE
                                                    : refused_tell(c, s->all.append, ret, false, &source);
}

/* All of the file, so that all that is wrong is told; with --only-ok again and again without what was
 * refused. */
static int try_all(struct sending *s)
{
    struct client *c = s->c;
    struct chunk k;
    struct answer a = {.why = ""};
    bool is_refused = false;
    for (int at = (int)c->opt.skip_rows; at < s->file->sheet.count; at = k.next) {
        chunk_take(s->file, at, &k);
        int end = k.next, code = k.count ? try_part(s, &k, &a) : EXIT_DONE;
        while (code != EXIT_DONE && c->opt.only_ok && chunk_leave_out(s->file, &k, &a) > 0) {
            chunk_take(s->file, at, &k);
            while (k.count > 0 && k.rows[k.count - 1] >= end)
                k.count--;
            k.next = end;
            code = k.count ? try_part(s, &k, &a) : EXIT_DONE;
        }
        if (code != EXIT_DONE && !blames_rows(&a))
            return code;
        is_refused = is_refused || code != EXIT_DONE;
        progress(c, k.next, s->file->sheet.count);
    }
    return is_refused ? EXIT_SOME_ROWS : EXIT_DONE;
}

/* ---- signing ---- */

/* Parts of what is to be sent, and its digest. */
static bool split(struct sending *s)
{
    struct arena *a = s->c->arena;
    int at = (int)s->c->opt.skip_rows, end = s->file->sheet.count;
    s->parts = arena_array(a, (size_t)(end - at) + 1, sizeof(*s->parts));
    while (s->parts && at < end) {
        struct chunk *k = arena_alloc(a, sizeof(*k));
        if (!k)
            return false;
        chunk_take(s->file, at, k);
        for (int i = 0; i < k->count; i++)
            if (!rows_digest_add(&s->digest, s->file->all[k->rows[i]], a))
                return false;
        at = k->next;
        s->rows += k->count;
        if (k->count > 0)
            s->parts[s->parts_count++] = k;
    }
    return s->parts;
}

/* Signs and keeps the next of the writes, or finds it by the id that was given for the whole. */
static bool keep(struct sending *s, struct method m, ProtobufCMessage *request, const struct hash *typed,
                 int *ret_exit)
{
    struct client *c = s->c;
    uint8_t *id = arena_alloc(c->arena, 16);
    int n = s->writes_count;
    *ret_exit = EXIT_OTHER;
    if (!request || !id)
        return false;
    struct write *w = &s->writes[n];
    *w = (struct write){.method = m,
                        .request = request,
                        .typed = typed ? *typed : trip_typed(c, m, request),
                        .request_id = part_id(c, n, id) ? id : NULL,
                        .after = n > 0 ? &s->writes[n - 1].sent : NULL};
    int found = w->request_id ? trip_find(c, w) : 0;
    *ret_exit = EXIT_CONFLICT;
    if (found < 0 || (found == 0 && !trip_sign(c, w, ret_exit)))
        return false;
    s->writes_count++;
    return true;
}

/* A part is only ever asked for by its own id: its place in the import says enough. */
static struct hash typed_of_part(const struct sending *s, const struct hash *whole, int number)
{
    const char *text = arena_printf(s->c->arena, "%s/%d", hex_text(s->c->arena, whole->b, HASH_BYTES),
                                    number);
    return sha256(text, strlen(text));
}

/* By what the same import is known again, whichever id its opening got: year and the like, rows, digest. */
static struct hash typed_of(const struct sending *s)
{
    struct hash both[2] = {trip_typed(s->c, s->all.open, s->filled->request), {{0}}};
    const ProtobufCMessage *commit = commit_request(s, "");
    if (commit)
        both[1] = trip_typed(s->c, s->all.commit, commit);
    return sha256(both, sizeof(both));
}

static bool keep_all(struct sending *s, const struct hash *typed, int *ret_exit)
{
    struct client *c = s->c;
    struct sign_secret key;
    if (!key_load(c, &key, ret_exit)) /* a passphrase is asked for before the store is held */
        return false;
    *ret_exit = EXIT_FILE;
    s->writes = arena_array(c->arena, (size_t)s->parts_count + 2, sizeof(*s->writes));
    if (!s->writes || !store_begin(c) || !keep(s, s->all.open, s->filled->request, NULL, ret_exit))
        return false;
    const char *import = arena_printf(c->arena, "@%s", uuid_text(c->arena, s->writes[0].sent.request_id));
    int first = 1;
    for (int i = 0; i < s->parts_count; first += s->parts[i++]->count) {
        struct hash part = typed_of_part(s, typed, i);
        if (!keep(s, s->all.append, part_request(s, s->parts[i], first, import), &part, ret_exit))
            return false;
    }
    if (!keep(s, s->all.commit, commit_request(s, import), typed, ret_exit))
        return false;
    *ret_exit = EXIT_FILE;
    return store_end(c);
}

/* ---- sending ---- */

/* What was not sent yet is not to be done any more. */
static void drop_from(const struct sending *s, int n)
{
    for (; n < s->writes_count; n++)
        (void)store_drop(s->c, s->writes[n].sent.request_id);
}

/* The rows of the whole file, for what is refused of them in the end. */
static struct source whole_source(const struct sending *s)
{
    int *lines = arena_array(s->c->arena, (size_t)s->rows + 1, sizeof(*lines)), n = 0;
    for (int i = 0; lines && i < s->parts_count; i++)
        for (int k = 0; k < s->parts[i]->count; k++)
            lines[n++] = s->parts[i]->lines[k];
    return (struct source){s->file->sheet.file,   lines, n, s->file->columns, s->file->sheet.headers,
                           s->file->sheet.columns};
}

static int tell_refused(const struct sending *s, int n, const struct answer *a)
{
    bool is_part = n > 0 && n <= s->parts_count;
    struct source source = is_part ? chunk_source(s->file, s->parts[n - 1]) : whole_source(s);
    int code = refused_tell(s->c, s->writes[n].method, a, true, &source);
    if (code == EXIT_QUEUED)
        return code;
    drop_from(s, n + 1);
    remark(s->c, T(s->c, "没有一行导入", "no row was imported"));
    return blames_rows(a) ? EXIT_SOME_ROWS : code;
}

static int send_all(struct sending *s, struct answer *ret)
{
    int done = 0;
    for (int n = 0; n < s->writes_count; n++) {
        store_wait_for_answers(s->c, n + 1 == s->writes_count);
        int code = trip_send(s->c, &s->writes[n].sent, ret);
        if (code != EXIT_DONE)
            return code;
        if (!ret->reached || ret->status != STATUS_OK)
            return tell_refused(s, n, ret);
        if (n == 0 || n > s->parts_count)
            continue;
        done += s->parts[n - 1]->count;
        progress(s->c, done, s->rows);
    }
    return EXIT_DONE;
}

/* The same import lies in the outbox: what is left of it goes now. */
static int send_waiting(struct sending *s, struct sent *commit, struct answer *ret)
{
    struct client *c = s->c;
    remark(c, T(c, "同样的导入还在待发箱里，现在补发",
                "the same import waits in the outbox: sending what is left"));
    int code = outbox_flush(c, commit->seq);
    return code == EXIT_DONE ? trip_send(c, commit, ret) : code;
}

static int tell_done(const struct sending *s, const struct answer *a)
{
    struct client *c = s->c;
    int code = print_replies(c, s->all.commit, &a->body, 1);
    receipt_remark(c, a);
    remark(c, T(c, "已导入 %d 行", "%d rows imported"), s->rows);
    return code;
}

static int tell_left_out(const struct sending *s, int code)
{
    if (s->file->left_out)
        remark(s->c, T(s->c, "略过 %d 行", "%d rows were left out"), s->file->left_out);
    return s->file->left_out && code == EXIT_DONE ? EXIT_SOME_ROWS : code;
}

static int run(struct sending *s)
{
    struct client *c = s->c;
    struct answer a = {.why = ""};
    struct sent waiting;
    int code;
    if (!split(s))
        return EXIT_OTHER;
    if (s->rows == 0)
        return EXIT_DONE;
    struct hash typed = typed_of(s);
    bool waits = !c->opt.request_id && store_pending_like(c, &typed, &waiting);
    if (!waits && !keep_all(s, &typed, &code))
        return code;
    if (c->opt.offline)
        return keep_offline(c, waits ? &waiting : &s->writes[s->writes_count - 1].sent);

    code = waits ? send_waiting(s, &waiting, &a) : send_all(s, &a);
    if (code == EXIT_DONE && waits && (!a.reached || a.status != STATUS_OK))
        code = refused_tell(c, s->all.commit, &a, true, NULL);
    return code == EXIT_DONE ? tell_done(s, &a) : code;
}

int import_long(struct import_file *file, const struct long_import *all, struct filled *f)
{
    struct client *c = file->c;
    struct sending s = {.c = c, .file = file, .all = *all, .filled = f};
    if (!store_open(c))
        return c->ctx && c->ctx->dir ? EXIT_FILE : EXIT_NOT_ALLOWED;
    int code = c->opt.dry_run || c->opt.only_ok ? try_all(&s) : EXIT_DONE;
    if (code == EXIT_DONE && c->opt.dry_run)
        remark(c, T(c, "%d 行可以导入（仅检查，未生效）", "%d rows would be accepted (checked only)"),
               file->sheet.count - (int)c->opt.skip_rows - file->left_out);
    else if (code == EXIT_DONE)
        code = run(&s);
    return tell_left_out(&s, code);
}
