/* Receipts: checked on arrival and at any time later without the network; the newest checkpoint is pinned. */
#include "client/receipts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client/args.h"
#include "client/contexts.h"
#include "client/pin.h"
#include "client/trip.h"
#include "common/fields.h"
#include "common/wire.h"

#define ENTRY_VERSION 1

struct bytes receipt_entry(struct client *c, const struct sent *s, const Purser__V1__Reply *reply)
{
    const Purser__V1__Receipt *r = reply->receipt;
    struct bytes status = wire_pack(&reply->status->base, c->arena);
    uint8_t *both = arena_alloc(c->arena, status.len + reply->body.len + 1);
    if (!both)
        return (struct bytes){0};
    if (status.len)
        memcpy(both, status.data, status.len);
    if (reply->body.len)
        memcpy(both + status.len, reply->body.data, reply->body.len);
    struct hash outcome = sha256(both, status.len + reply->body.len);

    Purser__V1__Entry e = PURSER__V1__ENTRY__INIT;
    e.version = ENTRY_VERSION;
    e.index = r->index;
    e.now_us = r->now_us;
    e.behaviour = r->behaviour;
    e.command = (ProtobufCBinaryData){s->command.len, (uint8_t *)(uintptr_t)s->command.data};
    e.signature = (ProtobufCBinaryData){s->signature.len, (uint8_t *)(uintptr_t)s->signature.data};
    e.outcome_digest = (ProtobufCBinaryData){sizeof(outcome.b), outcome.b};
    e.n_units = r->n_units;
    e.units = r->units;
    return wire_pack(&e.base, c->arena);
}

static bool open_note(struct client *c, const char *note, struct checkpoint *ret, const char **ret_why)
{
    struct sign_public key;
    const char *origin;
    *ret_why = "the journal's key is not known";
    if (!note_vkey_parse(c->arena, c->ctx->vkey, &origin, &key))
        return false;
    *ret_why = "the checkpoint is not signed by the journal's key";
    if (!note_open(c->arena, note, &key, ret))
        return false;
    *ret_why = "the checkpoint is of another journal";
    return strcmp(ret->origin, origin) == 0;
}

static bool proof_of(const ProtobufCBinaryData *list, size_t n, struct hash ret[MERKLE_PROOF_MAX])
{
    if (n > MERKLE_PROOF_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (list[i].len != HASH_BYTES)
            return false;
        memcpy(ret[i].b, list[i].data, HASH_BYTES);
    }
    return true;
}

bool receipt_holds(struct client *c, const struct sent *s, const Purser__V1__Reply *reply,
                   struct checkpoint *ret, const char **ret_why)
{
    const Purser__V1__Receipt *r = reply->receipt;
    struct hash proof[MERKLE_PROOF_MAX];

    *ret_why = "the reply has no receipt";
    if (!r)
        return false;
    *ret_why = "the reply is to another request";
    if (reply->request_id.len != 16 || memcmp(reply->request_id.data, s->request_id, 16) != 0)
        return false;
    if (!open_note(c, r->checkpoint, ret, ret_why))
        return false;
    *ret_why = "the checkpoint is of another tree size";
    if (ret->size != r->tree_size)
        return false;
    struct arena_mark mark = arena_mark(c->arena);
    struct bytes entry = receipt_entry(c, s, reply);
    struct hash leaf = merkle_leaf(entry.data, entry.len);
    arena_rewind(c->arena, mark); /* an entry is as long as the command */
    *ret_why = "command, signature and answer are not what stands in the journal";
    return proof_of(r->proof, r->n_proof, proof) &&
           merkle_inclusion_holds(r->index, r->tree_size, &leaf, proof, (int)r->n_proof, &ret->root);
}

static int forged(const struct client *c, const char *why)
{
    return fail(
        c, EXIT_FORGED,
        T(c, "！！回执核验失败，服务器的日志不可信：%s。请保留现场，立即报告审计机关",
          "!! the receipt does not hold, the server's journal cannot be trusted: %s. Keep everything as it "
          "is and report it to the auditors at once"),
        why);
}

/* 1: the server proves that the smaller tree is the beginning of the larger; 0: it cannot; −1: nobody
 * answered. */
static int ask_consistency(struct client *c, const struct checkpoint *old, const struct checkpoint *newer)
{
    struct method m = method_find("/purser.v1.JournalService/GetConsistency");
    struct answer a;
    int code;
    ProtobufCMessage *q = m.rpc ? fields_new(m.rpc->input, c->arena) : NULL;
    const ProtobufCFieldDescriptor *from = m.rpc
                                               ? protobuf_c_message_descriptor_get_field_by_name(m.rpc->input,
                                                                                                 "from_size")
                                               : NULL;
    const ProtobufCFieldDescriptor *to = m.rpc ? protobuf_c_message_descriptor_get_field_by_name(m.rpc->input,
                                                                                                 "to_size")
                                               : NULL;
    const ProtobufCFieldDescriptor
        *proof = m.rpc ? protobuf_c_message_descriptor_get_field_by_name(m.rpc->output, "proof") : NULL;
    struct hash path[MERKLE_PROOF_MAX];

    if (!q || !from || !to || !proof)
        return 0;
    *(int64_t *)fields_at(q, from) = (int64_t)old->size;
    *(int64_t *)fields_at(q, to) = (int64_t)newer->size;
    if (!trip_read(c, m, q, &a, &code) || !a.reached || is_transient(a.status))
        return -1;
    if (a.status == STATUS_UNAUTHENTICATED) /* our key was rotated or revoked just now */
        return -1;
    if (a.status != STATUS_OK)
        return 0;
    size_t n = *fields_count(a.body, proof);
    const ProtobufCBinaryData *list = *(ProtobufCBinaryData *const *)fields_at(a.body, proof);
    return proof_of(list, n, path) &&
           merkle_consistency_holds(old->size, newer->size, path, (int)n, &old->root, &newer->root);
}

/* Compares with what was seen before. */
static int check_pin(struct client *c, const struct checkpoint *seen, const char *note)
{
    const char *pinned_note, *why;
    struct checkpoint pinned;

    if (!pin_read(c, &pinned_note)) {
        if (errno != ENOENT)
            return fail(c, EXIT_FILE, "%s: %s", context_file(c, c->ctx, "pin"), strerror(errno));
        (void)!pin_move(c, note, seen->size);
        return EXIT_DONE;
    }
    if (!open_note(c, pinned_note, &pinned, &why))
        return forged(c, T(c, "本机所存检查点被改动", "the checkpoint kept on this machine was changed"));
    if (strcmp(pinned.extension, seen->extension) != 0)
        return forged(c, arena_printf(c->arena,
                                      T(c, "日志纪元由“%s”变为“%s”",
                                        "the journal's epoch went from “%s” to “%s”"),
                                      pinned.extension, seen->extension));
    if (seen->size == pinned.size)
        return memcmp(&seen->root, &pinned.root, sizeof(pinned.root)) == 0
                   ? EXIT_DONE
                   : forged(c, T(c, "同样大小的日志有两个不同的根",
                                 "two journals of the same size have different roots"));

    bool grew = seen->size > pinned.size;
    int proved = ask_consistency(c, grew ? &pinned : seen, grew ? seen : &pinned);
    if (proved < 0) {
        remark(c, T(c, "未能核对新旧检查点（服务器没有回答），下次再核",
                    "the checkpoints could not be compared (no answer); next time"));
        return EXIT_DONE;
    }
    if (!proved)
        return forged(
            c, arena_printf(c->arena,
                            T(c, "服务器的日志与本机见过的不一致（曾见 %" PRIu64 " 条，现示 %" PRIu64 " 条）",
                              "the server's journal is not a continuation of the one seen before (%" PRIu64
                              " entries then, %" PRIu64 " shown now)"),
                            pinned.size, seen->size));
    if (grew)
        (void)!pin_move(c, note, seen->size);
    return EXIT_DONE;
}

int receipt_arrived(struct client *c, const struct sent *s, const Purser__V1__Reply *reply)
{
    struct checkpoint seen;
    const char *why;
    if (!receipt_holds(c, s, reply, &seen, &why))
        return forged(c, why);
    return check_pin(c, &seen, reply->receipt->checkpoint);
}
