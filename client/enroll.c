/* How one becomes somebody: invites are made and redeemed. The only room that knows methods by name. */
#include "client/enroll.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <sodium.h>

#include "client/args.h"
#include "client/complete.h"
#include "client/contexts.h"
#include "client/keys.h"
#include "client/perform.h"
#include "client/print.h"
#include "client/values.h"
#include "client/write.h"
#include "common/check.h"
#include "common/fields.h"

#define INVITE_HEAD    "purser1."
#define CODE_BYTES     24
#define DAYS_DEFAULT   30
#define ROTATE_CONTEXT "purser-rotate-v1"
#define DAY_US         (INT64_C(86400) * 1000000)

static const ProtobufCFieldDescriptor *field(const ProtobufCMessage *m, const char *name)
{
    return protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);
}

/* Text or bytes, as the field has it. */
static bool set_raw(const struct client *c, ProtobufCMessage *m, const char *name, const void *data,
                    size_t len)
{
    const ProtobufCFieldDescriptor *f = field(m, name);
    uint8_t *copy = f ? arena_alloc(c->arena, len + 1) : NULL;
    if (!copy)
        return false;
    memcpy(copy, data, len);
    if (f->type == PROTOBUF_C_TYPE_BYTES)
        *(ProtobufCBinaryData *)fields_at(m, f) = (ProtobufCBinaryData){len, copy};
    else if (f->type == PROTOBUF_C_TYPE_STRING)
        *(char **)fields_at(m, f) = (char *)copy;
    else
        return false;
    return true;
}

static const char *base64url(struct arena *a, const void *data, size_t len)
{
    size_t room = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *out = arena_alloc(a, room);
    return out ? sodium_bin2base64(out, room, data, len, sodium_base64_VARIANT_URLSAFE_NO_PADDING) : "";
}

/* ---- inviting ---- */

static const char *invite_text(const struct client *c, const char *code)
{
    const struct context *ctx = c->ctx;
    json_t *servers = json_array();
    for (int i = 0; i < ctx->servers_count; i++)
        json_array_append_new(servers, json_string(ctx->servers[i]));
    json_t *j = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s}", "server", servers, "tls_name", ctx->tls_name,
                          "ca", ctx->ca, "audience", ctx->audience, "vkey", ctx->vkey, "code", code);
    char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;
    const char *ret = text ? arena_printf(c->arena, INVITE_HEAD "%s", base64url(c->arena, text, strlen(text)))
                           : "";
    free(text);
    json_decref(j);
    return ret;
}

/* --name → person_name, --role → roles, --unit → unit_id, --days is our own. */
static bool take_days(const struct client *c, int *argc, char **argv, int64_t *ret_days)
{
    int kept = 0;
    *ret_days = DAYS_DEFAULT;
    for (int i = 0; i < *argc; i++) {
        if (strcmp(argv[i], "--days") == 0 && i + 1 < *argc) {
            char *end;
            *ret_days = strtoll(argv[++i], &end, 10);
            if (*end || *ret_days < 1 || *ret_days > 365) {
                fail(c, EXIT_USAGE, T(c, "--days 应为 1 到 365", "--days takes 1 to 365"));
                return false;
            }
        } else if (strcmp(argv[i], "--name") == 0) {
            argv[kept++] = text_new(c->arena, "--person-name");
        } else if (strcmp(argv[i], "--role") == 0) {
            argv[kept++] = text_new(c->arena, "--roles");
        } else {
            argv[kept++] = argv[i];
        }
    }
    *argc = kept;
    return true;
}

/* Somebody new, or (an id alone) a further key for somebody who is known. */
static struct method inviting(int argc, char **argv)
{
    bool is_known = argc > 0 && argv[0][0] != '-';
    return method_find(is_known ? "/purser.v1.PersonService/ProposeInvite"
                                : "/purser.v1.UnitService/ProposePerson");
}

/* A fresh code's hash and its last day go into the request; the code itself stays here. */
static const char *put_code(const struct client *c, ProtobufCMessage *request, int64_t days)
{
    uint8_t raw[CODE_BYTES];
    sign_random(raw, sizeof(raw));
    struct hash digest = sha256(raw, sizeof(raw));
    const ProtobufCFieldDescriptor *expires = field(request, "invite_expires_us");
    if (!set_raw(c, request, "invite_hash", digest.b, sizeof(digest.b)) || !expires)
        return NULL;
    *(int64_t *)fields_at(request, expires) = server_clock_us(c) + days * DAY_US;
    return base64_text(c->arena, raw, sizeof(raw));
}

static const char *text_in(const ProtobufCMessage *m, const char *name)
{
    const ProtobufCFieldDescriptor *f = field(m, name);
    return f && f->type == PROTOBUF_C_TYPE_STRING ? *(char *const *)fields_at(m, f) : "";
}

/* An invite alone is good for nothing yet: what the leader types. */
static void tell_next(const struct client *c, const ProtobufCMessage *request, const struct answer *a)
{
    const char *invite = text_in(a->body, "invite_id"), *whom = text_in(a->body, "person_id");
    if (*invite)
        remark(
            c,
            T(c, "分管领导确认后邀请有效：purser person confirm-invite %s --invite-id %s",
              "the invite is good once the leader confirms: purser person confirm-invite %s --invite-id %s"),
            text_in(request, "person_id"), invite);
    else
        remark(c,
               T(c, "已提议 %s；分管领导确认后邀请有效：purser person confirm %s",
                 "%s is proposed; the invite is good once the leader confirms: purser person confirm %s"),
               whom, whom);
}

int command_invite(struct client *c, int argc, char **argv)
{
    struct method m = inviting(argc, argv);
    struct filled f;
    struct answer a;
    uint8_t id[16];
    int64_t days;
    int code;

    if (argc == 0)
        return fail(
            c, EXIT_USAGE,
            T(c, "用法：purser invite --name 张三 --unit 203 --role clerk,approver | PERSON_ID [--days 30]",
              "usage: purser invite --name NAME --unit 203 --role clerk,approver | PERSON_ID [--days 30]"));
    if (!m.rpc || !take_days(c, &argc, argv, &days) || !args_fill(c, m, argc, argv, &f, &code))
        return EXIT_USAGE;
    const char *secret = put_code(c, f.request, days);
    if (!secret)
        return fail(c, EXIT_OTHER, "%s", m.rpc->name);
    if (c->opt.dry_run)
        return perform(c, m, &f);

    bool has_id = c->opt.request_id && uuid_parse(c->opt.request_id, id);
    struct write w = {.method = m, .request = f.request, .request_id = has_id ? id : NULL};
    w.typed = trip_typed(c, m, f.request);
    enum completion done = complete_request(c, m, f.request, 0, &code);
    if (done == COMPLETE_FAILED)
        return code;
    w.is_unfinished = done == COMPLETE_LATER;
    code = write_through(c, &w, NULL, &a);
    if (code == EXIT_DONE || code == EXIT_QUEUED) /* a queued proposal needs its invite as well */
        printf("%s\n", invite_text(c, secret));
    if (code == EXIT_DONE) {
        receipt_remark(c, &a);
        tell_next(c, f.request, &a);
    }
    return code;
}

/* ---- enrolling ---- */

struct invite {
    struct context ctx;
    const char *code;
};

static const char *json_text(const struct client *c, const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));
    return arena_text(c->arena, s ? s : "");
}

static bool invite_parse(const struct client *c, const char *text, struct invite *ret)
{
    size_t len = strlen(text), got = 0, i;
    char *data = arena_alloc(c->arena, len + 1);
    json_t *server;
    if (!data || strncmp(text, INVITE_HEAD, strlen(INVITE_HEAD)) != 0 ||
        sodium_base642bin((uint8_t *)data, len, text + strlen(INVITE_HEAD), len - strlen(INVITE_HEAD),
                          "\r\n= ", &got, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return false;

    json_t *j = json_loadb(data, got, 0, NULL);
    *ret = (struct invite){.code = json_text(c, j, "code")};
    struct context *ctx = &ret->ctx;
    ctx->tls_name = json_text(c, j, "tls_name");
    ctx->ca = json_text(c, j, "ca");
    ctx->audience = json_text(c, j, "audience");
    ctx->vkey = json_text(c, j, "vkey");
    ctx->person = ctx->public_key = "";
    ctx->invite_code = ret->code;
    json_array_foreach(json_object_get(j, "server"), i,
                       server) if (json_is_string(server) && ctx->servers_count < SERVERS_MAX)
        ctx->servers[ctx->servers_count++] = arena_text(c->arena, json_string_value(server));
    json_decref(j);
    return *ret->code && ctx->servers_count > 0 && *ctx->audience && *ctx->vkey;
}

/* "purser/450600" → "450600"; the first that is free. */
static const char *free_name(const struct client *c, const char *audience)
{
    const char *slash = strrchr(audience, '/'), *stem = slash ? slash + 1 : audience, *name = stem;
    for (int i = 2; i < 1000 && context_name_is_fit(name) && context_read(c, name); i++)
        name = arena_printf(c->arena, "%s-%d", stem, i);
    return name;
}

/* A new context with a new key; or the one that this invite began and whose outcome is not known. */
static int begin(struct client *c, struct invite *inv, const char *name, bool with_passphrase)
{
    struct context *old = name && context_name_is_fit(name) ? context_read(c, name) : NULL;
    struct sign_secret secret;
    struct sign_public public;

    if (old && strcmp(old->invite_code, inv->code) == 0) {
        c->ctx = old;
        return EXIT_DONE;
    }
    if (old)
        return fail(c, EXIT_CONFLICT,
                    T(c, "身份“%s”已存在；换个 --context NAME",
                      "context “%s” exists already; give another --context NAME"),
                    name);
    inv->ctx.name = name ? name : free_name(c, inv->ctx.audience);
    if (!context_name_is_fit(inv->ctx.name))
        return fail(c, EXIT_USAGE, T(c, "身份名“%s”不合适", "“%s” will not do as a name"), inv->ctx.name);

    const char *passphrase = with_passphrase ? passphrase_ask(c, true) : NULL;
    if (with_passphrase && !passphrase)
        return EXIT_USAGE;
    sign_new_key(&public, &secret);
    inv->ctx.public_key = hex_text(c->arena, public.b, sizeof(public.b));
    bool ok = context_make(c, &inv->ctx) && key_store(c, &inv->ctx, "key", &secret, passphrase) &&
              context_write(c, &inv->ctx);
    sodium_memzero(&secret, sizeof(secret));
    if (!ok)
        return fail(c, EXIT_FILE, "%s: %s", inv->ctx.dir, strerror(errno));
    c->ctx = &inv->ctx;
    return EXIT_DONE;
}

/* The key of an invite that was refused is of no use to anybody. */
static void forget(struct client *c)
{
    static const char *const files[] = {"key",      "context.json", "pin",
                                        "state.db", "state.db-wal", "state.db-shm"};
    key_forget(c);
    store_close(c);
    for (size_t i = 0; i < COUNT_OF(files); i++)
        unlink(context_file(c, c->ctx, files[i]));
    rmdir(c->ctx->dir);
}

static int send_enrolment(struct client *c, const struct invite *inv, struct answer *a)
{
    struct method m = method_find("/purser.v1.UnitService/Enroll");
    ProtobufCMessage *q = m.rpc ? fields_new(m.rpc->input, c->arena) : NULL;
    struct bytes raw;
    uint8_t public[32];
    char host[65] = "";

    if (!q || !hex_parse(c->ctx->public_key, public, sizeof(public)) ||
        !set_raw(c, q, "public_key", public, sizeof(public)) || !base64_parse(c->arena, inv->code, &raw) ||
        !set_raw(c, q, "invite_code", raw.data, raw.len))
        return fail(c, EXIT_OTHER, "UnitService/Enroll");
    (void)!gethostname(host, sizeof(host) - 1);
    if (field(q, "key_label"))
        (void)!set_raw(c, q, "key_label", host, strlen(host));
    struct write w = {.method = m, .request = q, .typed = trip_typed(c, m, q)};
    return write_through(c, &w, NULL, a);
}

static void print_welcome(struct client *c, const struct answer *a)
{
    struct method m = method_find("/purser.v1.UnitService/Enroll");
    ProtobufCMessage *body = a->body;
    print_replies(c, m, &body, 1);
    receipt_remark(c, a);
    remark(c,
           T(c, "已登记；当前身份是 %s（purser context list）",
             "enrolled; the current context is %s (purser context list)"),
           c->ctx->name);
}

int command_enroll(struct client *c, int argc, char **argv)
{
    const char *text = NULL;
    bool with_passphrase = false;
    struct invite *inv = arena_alloc(c->arena, sizeof(*inv));
    struct answer a;
    struct bytes data;

    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--passphrase") == 0)
            with_passphrase = true;
        else
            text = argv[i];
    }
    if (!inv || !text)
        return fail(c, EXIT_USAGE,
                    T(c, "用法：purser enroll INVITE|- [--context NAME] [--passphrase]",
                      "usage: purser enroll INVITE|- [--context NAME] [--passphrase]"));
    if (strcmp(text, "-") == 0) /* from a file: an invite is a secret until it is used */
        text = file_read(c->arena, "-", &data) ? arena_textn(c->arena, (const char *)data.data, data.len)
                                               : "";
    if (!invite_parse(c, text, inv))
        return fail(c, EXIT_USAGE,
                    T(c, "这不是完整的邀请（以 purser1. 开头的一长串）",
                      "this is no whole invite (one long word that begins with purser1.)"));
    int code = begin(c, inv, c->opt.context, with_passphrase);
    if (code != EXIT_DONE)
        return code;
    code = send_enrolment(c, inv, &a);
    if (code == EXIT_QUEUED || code == EXIT_FORGED)
        return code;
    if (code != EXIT_DONE) {
        forget(c);
        return code;
    }
    const ProtobufCFieldDescriptor *name = field(a.body, "person_name");
    c->ctx->invite_code = "";
    c->ctx->person = name && name->type == PROTOBUF_C_TYPE_STRING ? *(char **)fields_at(a.body, name) : "";
    if (!context_write(c, c->ctx) || !context_use(c, c->ctx->name))
        return fail(c, EXIT_FILE, "%s: %s", c->ctx->dir, strerror(errno));
    print_welcome(c, &a);
    return EXIT_DONE;
}

/* ---- a new key for an old one ---- */

/* The new key waits beside the old one until the server has taken it, however often that is tried. */
static int next_key(struct client *c, struct sign_secret *ret)
{
    struct sign_public public;
    int code;
    if (access(context_file(c, c->ctx, "key.new"), F_OK) == 0)
        return key_read(c, "key.new", ret, &code) ? EXIT_DONE : code;
    bool is_sealed = key_is_sealed(c);
    const char *passphrase = is_sealed ? passphrase_ask(c, true) : NULL;
    if (is_sealed && !passphrase)
        return EXIT_USAGE;
    sign_new_key(&public, ret);
    return key_store(c, c->ctx, "key.new", ret, passphrase) ? EXIT_DONE : EXIT_FILE;
}

static bool fill_rotation(struct client *c, ProtobufCMessage *q, const struct sign_secret *old,
                          const struct sign_secret *next)
{
    struct sign_public old_public = sign_public_of(old), public = sign_public_of(next);
    struct hash old_id = sign_key_id(&old_public);
    struct signature s = sign_data(next, ROTATE_CONTEXT, old_id.b, sizeof(old_id.b));
    return set_raw(c, q, "new_public_key", public.b, sizeof(public.b)) &&
           set_raw(c, q, "new_key_signature", s.b, sizeof(s.b));
}

int key_rotate(struct client *c)
{
    struct method m = method_find("/purser.v1.PersonService/RotateKey");
    ProtobufCMessage *q = m.rpc ? fields_new(m.rpc->input, c->arena) : NULL;
    struct sign_secret old, next;
    struct answer a;
    int code;

    if (!key_load(c, &old, &code))
        return code;
    code = next_key(c, &next);
    if (code != EXIT_DONE)
        return code;
    if (!q || !fill_rotation(c, q, &old, &next))
        return fail(c, EXIT_OTHER, "PersonService/RotateKey");
    struct write w = {.method = m, .request = q, .typed = trip_typed(c, m, q)};
    code = write_through(c, &w, NULL, &a);
    if (code != EXIT_DONE)
        return code;
    struct sign_public public = sign_public_of(&next);
    c->ctx->public_key = hex_text(c->arena, public.b, sizeof(public.b));
    if (rename(context_file(c, c->ctx, "key.new"), context_file(c, c->ctx, "key")) != 0 ||
        !context_write(c, c->ctx))
        return fail(c, EXIT_FILE, "%s: %s", c->ctx->dir, strerror(errno));
    key_forget(c);
    print_replies(c, m, &a.body, 1);
    receipt_remark(c, &a);
    return EXIT_DONE;
}

/* ---- is it there ---- */

int command_ping(struct client *c)
{
    struct method m = method_find("/purser.v1.HealthService/Check");
    struct filled f = {0};
    if (!m.rpc || !(f.request = fields_new(m.rpc->input, c->arena)))
        return fail(c, EXIT_OTHER, "HealthService/Check");
    return perform(c, m, &f);
}
