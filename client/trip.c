/* A request's trip to the server and back: signing, sending, retrying, and what the answer means. */
#include "client/trip.h"

#include <string.h>
#include <time.h>

#include "client/complete.h"
#include "client/contexts.h"
#include "client/keys.h"
#include "client/link.h"
#include "client/pin.h"
#include "client/receipts.h"
#include "client/values.h"
#include "common/check.h"
#include "common/fields.h"
#include "common/wire.h"

#define ATTEMPTS 3

bool is_transient(enum status s)
{
    return s == STATUS_UNAVAILABLE || s == STATUS_RESOURCE_EXHAUSTED || s == STATUS_DEADLINE_EXCEEDED ||
           s == STATUS_CANCELLED || s == STATUS_UNKNOWN;
}

int exit_of(const struct answer *a, bool is_write)
{
    if (!a->reached)
        return is_write ? EXIT_QUEUED : EXIT_UNREACHED;
    if (is_transient(a->status))
        return is_write ? EXIT_QUEUED : EXIT_UNREACHED;

    switch (a->status) {
    case STATUS_OK:
        return EXIT_DONE;
    case STATUS_INVALID_ARGUMENT:
        for (size_t i = 0; i < a->reply->status->n_problems; i++)
            if (*a->reply->status->problems[i]->rule)
                return EXIT_REFUSED;
        return EXIT_USAGE;
    case STATUS_FAILED_PRECONDITION:
    case STATUS_OUT_OF_RANGE:
        return EXIT_REFUSED;
    case STATUS_PERMISSION_DENIED:
    case STATUS_UNAUTHENTICATED:
        return EXIT_NOT_ALLOWED;
    case STATUS_NOT_FOUND:
        return EXIT_NOT_FOUND;
    case STATUS_ABORTED:
    case STATUS_ALREADY_EXISTS:
        return EXIT_CONFLICT;
    case STATUS_DATA_LOSS:
        return EXIT_FORGED;
    default:
        return EXIT_OTHER;
    }
}

/* Is there time for another attempt? Then after a pause. */
static bool again(const struct client *c, int attempt, int64_t began_us)
{
    struct timespec t = {0, 150000000L * attempt};
    if (attempt >= ATTEMPTS || clock_us() - began_us + t.tv_nsec / 1000 > c->opt.timeout_ms * 1000)
        return false;
    nanosleep(&t, NULL);
    return true;
}

static struct bytes pack(struct client *c, const ProtobufCMessage *m) { return wire_pack(m, c->arena); }

static ProtobufCBinaryData binary(struct bytes b)
{
    return (ProtobufCBinaryData){b.len, (uint8_t *)(uintptr_t)b.data}; /* packing only reads it */
}

struct making {
    struct method method;
    const ProtobufCMessage *request;
    struct bytes body; /* the request, when it has been packed already */
    const uint8_t *request_id;
    bool is_dry;
    bool is_signed;
};

/* The Command's bytes, and their signature (empty when unsigned). */
static bool make_command(struct client *c, const struct making *w, const struct sign_secret *key,
                         struct bytes *ret_command, struct bytes *ret_signature)
{
    Purser__V1__Command m;
    struct hash key_id;

    purser__v1__command__init(&m);
    m.method = (char *)(uintptr_t)method_path(c->arena, w->method);
    m.request_id = binary((struct bytes){w->request_id, 16});
    m.issued_at_us = server_clock_us(c);
    m.audience = (char *)(uintptr_t)c->ctx->audience;
    m.body = binary(w->body.data ? w->body : pack(c, w->request));
    m.validate_only = w->is_dry;
    if (w->is_signed) {
        struct sign_public public = sign_public_of(key);
        key_id = sign_key_id(&public);
        m.key_id = binary((struct bytes){key_id.b, sizeof(key_id.b)});
    }
    *ret_command = pack(c, &m.base);
    *ret_signature = (struct bytes){0};
    if (w->is_signed) {
        struct signature s = sign_data(key, SIGN_COMMAND_CONTEXT, ret_command->data, ret_command->len);
        *ret_signature = arena_bytes(c->arena, s.b, sizeof(s.b));
    }
    return ret_command->data;
}

static struct bytes make_call(struct client *c, struct bytes command, struct bytes signature)
{
    Purser__V1__Call call;
    purser__v1__call__init(&call);
    call.command = binary(command);
    call.signature = binary(signature);
    call.timeout_ms = (uint32_t)c->opt.timeout_ms;
    call.language = (char *)(uintptr_t)T(c, "zh", "en");
    call.known_tree_size = pin_size(c);
    return pack(c, &call.base);
}

/* One sending; fills everything but the body. */
static bool ask_once(struct client *c, struct bytes command, struct bytes signature, struct answer *ret)
{
    struct bytes message = make_call(c, command, signature), got;
    enum status s = message.data ? link_ask(c, message, (int)c->opt.timeout_ms, &got, &ret->why)
                                 : STATUS_INTERNAL;

    ret->reached = s == STATUS_OK;
    ret->status = s;
    c->last_error = ret->reached ? c->last_error : ret->why;
    if (!ret->reached)
        return false;
    ret->reply = (const Purser__V1__Reply *)protobuf_c_message_unpack(&purser__v1__reply__descriptor,
                                                                      arena_allocator(c->arena), got.len,
                                                                      got.data);
    ret->reply_bytes = got;
    if (!ret->reply) {
        ret->reached = false;
        ret->why = "the reply cannot be read";
        ret->status = STATUS_UNAVAILABLE;
        return false;
    }
    if (!ret->reply->status) { /* a message whose fields are all at their defaults may be left out: OK */
        static Purser__V1__Status fine = PURSER__V1__STATUS__INIT;
        ((Purser__V1__Reply *)(uintptr_t)ret->reply)->status = &fine;
    }
    ret->status = (enum status)ret->reply->status->code;
    context_learn_clock(c, ret->reply->server_time_us);
    return true;
}

static bool unpack_body(struct client *c, struct method m, struct answer *ret)
{
    if (!ret->reached || ret->status != STATUS_OK)
        return true;
    ret->body = protobuf_c_message_unpack(m.rpc->output, arena_allocator(c->arena), ret->reply->body.len,
                                          ret->reply->body.data);
    if (!ret->body) {
        ret->reached = false;
        ret->why = "the reply's body cannot be read";
    }
    return ret->body;
}

static bool has_reason(const struct answer *a, const char *reason)
{
    return a->reached && a->reply->status->n_problems > 0 &&
           strcmp(a->reply->status->problems[0]->reason, reason) == 0;
}

/* Signed reads are new each time, for the server takes each (key, id) once. */
static bool ask_fresh(struct client *c, struct making *w, struct answer *ret, int *ret_exit)
{
    struct sign_secret key;
    w->is_signed = c->ctx && *c->ctx->public_key &&
                   !name_ends(method_path(c->arena, w->method), ".HealthService/Check");
    if (w->is_signed && !key_load(c, &key, ret_exit))
        return false;
    int64_t began = clock_us();
    bool corrected = false, over = false;
    for (int attempt = 1; !over; attempt++) {
        uint8_t id[16];
        struct bytes command, signature;
        uuid_new(id);
        w->request_id = id;
        ret->request_id = uuid_text(c->arena, id);
        *ret_exit = EXIT_OTHER;
        if (!make_command(c, w, &key, &command, &signature))
            return false;
        if (!ask_once(c, command, signature, ret)) {
            over = ret->status == STATUS_DEADLINE_EXCEEDED || !again(c, attempt, began);
            continue;
        }
        over = corrected || !has_reason(ret, "CLOCK_OFF");
        corrected = true; /* the context has just learnt the server's time */
    }
    (void)!unpack_body(c, w->method, ret);
    return true;
}

static bool need_server(const struct client *c, int *ret_exit)
{
    if (c->ctx && c->ctx->servers_count > 0)
        return true;
    *ret_exit = fail(c, EXIT_NOT_ALLOWED,
                     T(c, "不知道服务器：请先 purser enroll INVITE，或加 --server URL",
                       "no server is known: purser enroll INVITE first, or give --server URL"));
    return false;
}

bool trip_read(struct client *c, struct method m, const ProtobufCMessage *request, struct answer *ret,
               int *ret_exit)
{
    struct making w = {.method = m, .request = request};
    *ret = (struct answer){.why = ""};
    return need_server(c, ret_exit) && ask_fresh(c, &w, ret, ret_exit);
}

bool trip_dry_run(struct client *c, struct method m, const ProtobufCMessage *request, struct answer *ret,
                  int *ret_exit)
{
    struct making w = {.method = m, .request = request, .is_dry = true};
    *ret = (struct answer){.why = ""};
    return need_server(c, ret_exit) && ask_fresh(c, &w, ret, ret_exit);
}

/* ---- writes ---- */

struct hash trip_typed(struct client *c, struct method m, const ProtobufCMessage *request)
{
    const char *path = method_path(c->arena, m);
    struct bytes body = pack(c, request);
    size_t head = strlen(path) + 1;
    uint8_t *all = arena_alloc(c->arena, head + body.len + 1);
    if (!all)
        return (struct hash){{0}};
    memcpy(all, path, head);
    if (body.len)
        memcpy(all + head, body.data, body.len);
    return sha256(all, head + body.len);
}

int trip_find(struct client *c, struct write *w)
{
    if (!w->request_id)
        return store_pending_like(c, &w->typed, &w->sent);
    if (!store_by_id(c, w->request_id, &w->sent))
        return 0;
    if (memcmp(&w->sent.typed, &w->typed, sizeof(w->typed)) == 0)
        return 1;
    fail(c, EXIT_CONFLICT, T(c, "请求号 %s 已用于另一个请求", "request id %s belongs to another request"),
         uuid_text(c->arena, w->request_id));
    return -1;
}

/* "@<uuid>" anywhere in the request names a write that must come first. */
static void collect_needs(struct client *c, const ProtobufCMessage *m, const char **needs)
{
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        bool many = f->label == PROTOBUF_C_LABEL_REPEATED;
        size_t n = many ? *fields_count(m, f) : 1;
        void *at = fields_at(m, f);
        void *const *list = many ? *(void *const **)at : at;
        for (size_t j = 0; j < n; j++) {
            uint8_t id[16];
            if (f->type == PROTOBUF_C_TYPE_MESSAGE && list[j])
                collect_needs(c, list[j], needs);
            else if (f->type == PROTOBUF_C_TYPE_STRING && list[j] && *(const char *)list[j] == '@' &&
                     uuid_parse((const char *)list[j] + 1, id))
                *needs = arena_printf(c->arena, "%s%s%s", *needs, **needs ? " " : "",
                                      uuid_text(c->arena, id));
        }
    }
}

static const char *object_of(struct client *c, const ProtobufCMessage *request)
{
    const ProtobufCFieldDescriptor *f = first_field(request->descriptor);
    return f && f->type != PROTOBUF_C_TYPE_MESSAGE && f->type != PROTOBUF_C_TYPE_BYTES &&
                   f->label != PROTOBUF_C_LABEL_REPEATED
               ? fields_text(request, f, 0, c->arena)
               : "";
}

bool trip_sign(struct client *c, struct write *w, int *ret_exit)
{
    struct making making = {.method = w->method, .request = w->request, .is_signed = true};
    struct sign_secret key;
    if (!key_load(c, &key, ret_exit))
        return false;

    struct sent *s = &w->sent;
    *s = (struct sent){.method = method_path(c->arena, w->method),
                       .object = object_of(c, w->request),
                       .needs = "",
                       .typed = w->typed,
                       .request = pack(c, w->request),
                       .state = SENT_PENDING,
                       .made_us = server_clock_us(c),
                       .entry = -1};
    if (w->request_id)
        memcpy(s->request_id, w->request_id, 16);
    else
        uuid_new(s->request_id);
    making.request_id = s->request_id;
    making.body = s->request;
    collect_needs(c, w->request, &s->needs);
    if (w->after)
        s->needs = arena_printf(c->arena, "%s %s", s->needs, uuid_text(c->arena, w->after->request_id));
    *ret_exit = EXIT_FILE;
    if (!w->is_unfinished && !make_command(c, &making, &key, &s->command, &s->signature))
        return false;
    if (store_add(c, s))
        return true;
    /* Another process of ours has just kept the same id: its bytes are the ones to send. */
    return store_by_id(c, s->request_id, s) && memcmp(&s->typed, &w->typed, sizeof(w->typed)) == 0;
}

int trip_finish(struct client *c, struct sent *s)
{
    struct making making = {.method = method_find(s->method), .request_id = s->request_id, .is_signed = true};
    struct sign_secret key;
    int code;
    if (s->command.len)
        return EXIT_DONE;
    ProtobufCMessage *q = making.method.rpc
                              ? protobuf_c_message_unpack(making.method.rpc->input, arena_allocator(c->arena),
                                                          s->request.len, s->request.data)
                              : NULL;
    if (!q)
        return fail(c, EXIT_FILE, "state.db: %s", s->method);
    switch (complete_request(c, making.method, q, s->seq, &code)) {
    case COMPLETE_LATER:
        store_failed(c, s, "the server is not reached");
        return EXIT_QUEUED;
    case COMPLETE_FAILED:
        return code;
    default:
        making.request = q;
    }
    if (!key_load(c, &key, &code))
        return code;
    if (!make_command(c, &making, &key, &s->command, &s->signature))
        return EXIT_OTHER;
    (void)!store_finish(c, s);
    return s->command.len ? EXIT_DONE : EXIT_FILE;
}

int trip_send(struct client *c, struct sent *s, struct answer *ret)
{
    *ret = (struct answer){.why = "", .request_id = uuid_text(c->arena, s->request_id)};
    int64_t began = clock_us();
    for (int attempt = 1; !ask_once(c, s->command, s->signature, ret); attempt++)
        if (ret->status == STATUS_DEADLINE_EXCEEDED || !again(c, attempt, began))
            break;
    if (!ret->reached || is_transient(ret->status)) {
        const char *why = ret->reached ? status_name(ret->status) : ret->why;
        store_failed(c, s, why);
        return EXIT_DONE;
    }
    if (ret->status != STATUS_OK) {
        store_answer(c, s, SENT_REFUSED, ret->reply_bytes, -1);
        return EXIT_DONE;
    }
    int64_t entry = ret->reply->receipt ? (int64_t)ret->reply->receipt->index : -1;
    store_answer(c, s, SENT_DONE, ret->reply_bytes, entry);
    struct method m = method_find(s->method);
    if (m.rpc)
        (void)!unpack_body(c, m, ret);
    s->reply = ret->reply_bytes;
    s->entry = entry;
    return receipt_arrived(c, s, ret->reply);
}
