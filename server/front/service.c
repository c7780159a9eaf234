/* The running server: each frame from the listener is opened, then answered here, by the reader or by the
 * writer. */
#include "server/front/service.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"
#include "common/log.h"
#include "purser/v1/server.pb-c.h"
#include "server/front/clock.h"
#include "server/front/descriptors.h"
#include "server/front/dispatch.h"
#include "server/front/people.h"
#include "server/front/reader.h"
#include "server/front/registry.h"
#include "server/front/reply.h"

struct service {
    struct service_setup setup;
    struct listener *listener;
    struct reader *reader;
    struct writer *writer;
    atomic_int calls;
    atomic_bool is_stopping;
};

static void log_call(const struct job *j)
{
    const char *reason = j->call.refusals_count ? j->call.refusals[0].reason : "";
    log_info("%s %s %s %s%s %lld ms %s", j->call.rpc ? j->call.rpc->path : "?",
             j->call.actor.person_id && *j->call.actor.person_id ? j->call.actor.person_id : "-",
             status_name(j->status), reason, j->is_replayed ? " replayed" : "",
             (long long)(clock_monotonic_ms() - j->began_ms), ticket_peer(j->ticket));
}

/* The one way out: the reply leaves, the job ends. */
static void finish(struct service *s, struct job *j)
{
    struct bytes frame = reply_frame(j);
    log_call(j);
    listener_answer(j->ticket, frame.data, frame.len);
    job_free(j);
    atomic_fetch_sub(&s->calls, 1);
}

static void pack_and_finish(struct service *s, struct job *j)
{
    (void)reply_pack(j, NULL);
    finish(s, j);
}

static void on_written(void *ctx, struct job *j) { finish(ctx, j); }

static const char *reason_of_read(enum status s)
{
    switch (s) {
    case STATUS_UNAVAILABLE:
    case STATUS_ABORTED:
        return "UNAVAILABLE";
    case STATUS_RESOURCE_EXHAUSTED:
        return "RESULT_TOO_LARGE";
    default:
        return "INTERNAL";
    }
}

static void on_read(void *ctx, struct read_job *r)
{
    struct job *j = r->owner;
    j->status = r->status;
    if (j->status != STATUS_OK && j->call.refusals_count == 0)
        (void)job_refuse(j, reason_of_read(r->status), "", "", "");
    pack_and_finish(ctx, j);
}

/* ---- what needs neither database nor queue ---- */

static void check_health(struct service *s, struct job *j)
{
    PB(CheckResponse) *r = (PB(CheckResponse) *)j->reply;
    const char *note;
    uint64_t size;
    int64_t epoch;
    writer_head(s->writer, j->arena, &note, &size, &epoch);
    r->is_writable = writer_is_able(s->writer);
    r->status = reply_text(r->is_writable ? "SERVING" : "READ_ONLY");
    r->version = reply_text(s->setup.version);
    r->audience = reply_text(s->setup.audience);
    r->tree_size = (int64_t)size;
}

static void give_challenge(struct job *j)
{
    uint8_t *nonce = arena_alloc(j->arena, SESSION_BYTES);
    if (!nonce)
        return;
    session_challenge(j->call.now_us, nonce);
    ((PB(GetChallengeResponse) *)j->reply)->nonce = reply_bytes((struct bytes){nonce, SESSION_BYTES});
}

static void open_session(struct job *j)
{
    const PB(OpenSessionRequest) *q = (const PB(OpenSessionRequest) *)j->request;
    PB(OpenSessionResponse) *r = (PB(OpenSessionResponse) *)j->reply;
    struct bytes key_id = request_bytes(q->key_id), nonce = request_bytes(q->nonce), public_key;
    struct sign_public p;
    struct signature sig;
    uint8_t *token = arena_alloc(j->arena, SESSION_BYTES);
    if (!token || !people_find_reader(key_id, j->arena, &j->call.actor, &public_key) ||
        public_key.len != sizeof(p.b) || q->nonce_signature.len != sizeof(sig.b)) {
        (void)job_refuse(j, "KEY_UNKNOWN", "key_id", "", "");
        return;
    }
    memcpy(p.b, public_key.data, sizeof(p.b));
    memcpy(sig.b, q->nonce_signature.data, sizeof(sig.b));
    if (!sign_holds(&p, SIGN_SESSION_CONTEXT, nonce.data, nonce.len, &sig) ||
        !session_open(nonce, key_id, j->call.now_us, token, &r->expires_us)) {
        (void)job_refuse(j, "SIGNATURE_BAD", "nonce_signature", "", "");
        return;
    }
    r->session = reply_bytes((struct bytes){token, SESSION_BYTES});
}

static void answer_own(struct service *s, struct job *j)
{
    const char *method = j->call.rpc->method;
    if (strcmp(method, "Check") == 0)
        check_health(s, j);
    else if (strcmp(method, "GetDescriptorSet") == 0)
        ((PB(GetDescriptorSetResponse) *)j->reply)->descriptor_set = reply_bytes(descriptors_of_contract());
    else if (strcmp(method, "GetChallenge") == 0)
        give_challenge(j);
    else if (strcmp(method, "OpenSession") == 0)
        open_session(j);
    else
        session_close(request_bytes(j->envelope->session));
    pack_and_finish(s, j);
}

/* ---- the one way in ---- */

static void refuse_busy(struct service *s, struct job *j)
{
    (void)job_refuse(j, atomic_load(&s->is_stopping) ? "UNAVAILABLE" : "BUSY", "", "", "");
    pack_and_finish(s, j);
}

static bool is_for_writer(const struct rpc *rpc) { return rpc->kind != RPC_READ; }

static void route(struct service *s, struct job *j)
{
    const struct rpc *rpc = j->call.rpc;
    if (rpc->kind == RPC_FRONT && rpc->flags & RPC_PUBLIC) {
        answer_own(s, j);
        return;
    }
    if (atomic_load(&s->is_stopping)) {
        refuse_busy(s, j);
        return;
    }
    if (rpc->kind != RPC_WRITE && dispatch_admit(j) != STATUS_OK) {
        pack_and_finish(s, j);
        return;
    }
    j->read = (struct read_job){.call = &j->call, .request = j->request, .reply = j->reply, .owner = j};
    bool is_taken = is_for_writer(rpc) ? writer_submit(s->writer, j) : reader_submit(s->reader, &j->read);
    if (!is_taken)
        refuse_busy(s, j);
}

static void on_request(void *ctx, struct ticket *t, struct bytes body)
{
    struct service *s = ctx;
    struct job none = {0};
    int calls = atomic_fetch_add(&s->calls, 1);
    struct job *j = calls < s->setup.queue_max ? job_new(JOB_ARENA_MAX_BYTES) : NULL;
    if (!j) {
        atomic_fetch_sub(&s->calls, 1);
        struct bytes bare = reply_frame(&none);
        listener_answer(t, bare.data, bare.len);
        return;
    }
    j->ticket = t;
    if (dispatch_open(j, body, s->setup.audience) != STATUS_OK)
        pack_and_finish(s, j);
    else
        route(s, j);
}

/* ---- start and stop ---- */

static enum status start_reader(struct service *s, char reterr[512])
{
    int count, reads_count = 0;
    const struct rpc *const *rows = registry_rows(&count);
    const struct rpc **reads = calloc((size_t)count + 1, sizeof(*reads));
    if (!reads)
        return STATUS_RESOURCE_EXHAUSTED;
    for (int i = 0; i < count; i++)
        if (rows[i]->kind == RPC_READ)
            reads[reads_count++] = rows[i];
    struct reader_setup setup = {
        .conninfo = s->setup.read_conninfo ? s->setup.read_conninfo : s->setup.conninfo,
        .reads = reads,
        .reads_count = reads_count,
        .look_up_connections = s->setup.look_up_connections,
        .list_connections = s->setup.list_connections,
        .list_timeout_ms = s->setup.list_timeout_ms,
    };
    enum status status = reader_start(&setup, on_read, s, &s->reader, reterr);
    free(reads);
    return status;
}

enum status service_start(const struct service_setup *setup, struct service **ret, char reterr[512])
{
    struct service *s = calloc(1, sizeof(*s));
    if (!s)
        return STATUS_RESOURCE_EXHAUSTED;
    s->setup = *setup;
    if (setup->calls_max_mib)
        job_limit_all((size_t)setup->calls_max_mib << 20);
    struct writer_setup w = {.conninfo = setup->conninfo,
                             .audience = setup->audience,
                             .checkpoint_path = setup->checkpoint_path,
                             .journal_key = setup->journal_key,
                             .batch_max = setup->batch_max,
                             .queue_max = setup->queue_max};
    enum status status = writer_start(&w, on_written, s, &s->writer, reterr);
    if (status == STATUS_OK)
        status = start_reader(s, reterr);
    if (status == STATUS_OK)
        status = listener_start(setup->urls, setup->urls_count, setup->tls, setup->limits, setup->allow_plain,
                                on_request, s, &s->listener, reterr);
    if (status != STATUS_OK) {
        service_stop(s, 0);
        return status;
    }
    *ret = s;
    return STATUS_OK;
}

void service_stop(struct service *s, int wait_ms)
{
    if (!s)
        return;
    atomic_store(&s->is_stopping, true);
    if (s->listener)
        listener_stop(s->listener, wait_ms);
    if (s->reader)
        reader_stop(s->reader);
    writer_stop(s->writer);
    free(s);
}

const char *service_url(const struct service *s, int i) { return listener_url(s->listener, i); }
