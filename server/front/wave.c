/* One wave: keys, facts, decisions. */
#include "server/front/wave.h"

#include <string.h>

#include "common/fields.h"
#include "common/log.h"

/* ---- who may stand beside whom ---- */

/* The key by which the job is decided; NULL when it stands alone: by its row, because it only asks whether it
 * would pass, or because what it means must first be looked up. */
static const char *key_of(const struct job *j)
{
    const char *name = j->call.rpc->key;
    if (!name || j->call.validate_only || apply_refers(j))
        return NULL;
    const ProtobufCFieldDescriptor
        *f = protobuf_c_message_descriptor_get_field_by_name(j->request->descriptor, name);
    const char *key = *(char *const *)fields_at(j->request, f);
    return *key ? key : NULL;
}

int wave_length(struct job *const *jobs, int count)
{
    const char *keys[WAVE_MAX], *class = jobs[0]->call.rpc->key;
    keys[0] = key_of(jobs[0]);
    for (int i = 1; keys[0] && i < count && i < WAVE_MAX; i++) {
        const char *key = jobs[i]->call.rpc->key ? key_of(jobs[i]) : NULL;
        if (!key || strcmp(jobs[i]->call.rpc->key, class) != 0)
            return i;
        for (int k = 0; k < i; k++)
            if (strcmp(keys[k], key) == 0)
                return i;
        keys[i] = key;
    }
    if (!keys[0])
        return 1;
    return count < WAVE_MAX ? count : WAVE_MAX;
}

/* ---- facts ---- */

static const char *scope_of(const struct actor *a)
{
    return a->roles & (ROLE_SEES_ALL | ROLE_SYSTEM) ? "" : a->unit_id;
}

static void load(struct seat *s)
{
    struct call *c = &s->job->call;
    s->scope = c->scope.unit_id;
    s->is_asked = true;
    c->rpc->load(c, s->job->request, s->facts);
}

/* The signer as of now, and with him the facts when the scope is already known from the cache. */
static void ask(struct wave *w, struct seat *s)
{
    struct call *c = &s->job->call;
    db_use_arena(w->db, s->job->arena);
    if (c->rpc->flags & RPC_ENROLL) {
        c->actor = (struct actor){.person_id = "", .name = "", .unit_id = "", .key_id = c->key_id};
        c->scope.unit_id = "";
        load(s);
        return;
    }
    unit_want_signer(w->db, c->key_id, c->today, &s->signer);
    if (!c->actor.person_id)
        return;
    c->scope.unit_id = scope_of(&c->actor);
    load(s);
}

bool wave_ask(struct wave *w, struct arena *a, struct job *const *jobs, int count)
{
    w->seats = arena_array(a, (size_t)count, sizeof *w->seats);
    w->count = count;
    w->numbers = (struct numbers){.arena = a};
    for (int i = 0; i < count && w->seats; i++) {
        struct seat *s = &w->seats[i];
        struct job *j = s->job = jobs[i];
        s->facts = arena_alloc(j->arena, j->call.rpc->facts_size + 1);
        if (!s->facts || !j->reply)
            return false;
        j->call.tx = w->db;
        j->call.numbers = &w->numbers;
        j->is_final = true;
        db_use_arena(w->db, j->arena);
        s->is_open = apply_resolve(j, w->find, w->ctx);
        if (s->is_open)
            ask(w, s);
    }
    return w->seats != NULL;
}

/* Whom the cache knew otherwise, or not at all, is asked for again in his true scope. */
static enum status know_actors(struct wave *w, struct db_error *reterr)
{
    for (int i = 0; i < w->count; i++) {
        struct seat *s = &w->seats[i];
        struct call *c = &s->job->call;
        if (!s->is_open || c->rpc->flags & RPC_ENROLL || !s->signer.is_found)
            continue;
        const struct signer *who = &s->signer;
        c->actor = (struct actor){who->person_id, who->name, who->unit_id, (uint32_t)who->roles, c->key_id};
        c->scope.unit_id = scope_of(&c->actor);
        if (s->is_asked && strcmp(s->scope, c->scope.unit_id) == 0)
            continue;
        memset(s->facts, 0, c->rpc->facts_size);
        db_use_arena(w->db, s->job->arena);
        load(s);
    }
    return db_run(w->db, reterr);
}

static enum status follow(struct wave *w, struct db_error *reterr)
{
    for (int i = 0; i < w->count; i++) {
        struct seat *s = &w->seats[i];
        struct call *c = &s->job->call;
        s->is_open = s->is_open && apply_may(s->job, &s->signer);
        if (!s->is_open || !c->rpc->follow)
            continue;
        db_use_arena(w->db, s->job->arena);
        c->rpc->follow(c, s->job->request, s->facts);
    }
    return db_run(w->db, reterr);
}

/* ---- decisions ---- */

/* A handler refuses before it writes; one that does not is ours to mend, and must not take the server down.
 * Among others its writes cannot be told apart: the batch is taken again without them. */
static enum status refuse_half_done(struct wave *w, struct job *j)
{
    log_error("%s: refused after it had begun to write", j->call.rpc->path);
    if (w->count > 1)
        return STATUS_INTERNAL;
    db_forget(w->db);
    j->call.refusals_count = 0;
    (void)job_refuse(j, "INTERNAL", "", "", "");
    return STATUS_OK;
}

static enum status decide(struct wave *w, struct seat *s)
{
    struct job *j = s->job;
    struct call *c = &j->call;
    enum status half_done = STATUS_OK;
    db_use_arena(w->db, j->arena);
    db_mark(w->db);
    j->status = c->rpc->decide(c, j->request, s->facts, j->reply);
    if (j->status != STATUS_OK && db_queued_since_mark(w->db) != 0)
        half_done = refuse_half_done(w, j);
    if (j->status == STATUS_INTERNAL || j->status == STATUS_UNAVAILABLE ||
        j->status == STATUS_RESOURCE_EXHAUSTED)
        j->is_final = false;
    if (c->validate_only) /* it stands alone, so that all that is queued is its own */
        db_forget(w->db);
    return half_done;
}

enum status wave_decide(struct wave *w, wave_decided *decided, struct db_error *reterr)
{
    for (int i = 0; i < w->count; i++)
        w->seats[i].is_open = w->seats[i].is_open && !w->seats[i].job->is_answered;
    enum status s = know_actors(w, reterr);
    if (s == STATUS_OK)
        s = follow(w, reterr);
    for (int i = 0; s == STATUS_OK && i < w->count; i++) {
        struct job *j = w->seats[i].job;
        if (j->is_answered)
            continue;
        if (w->seats[i].is_open)
            s = decide(w, &w->seats[i]);
        bool is_stranger = j->call.rpc->flags & RPC_ENROLL; /* nobody yet: what he is refused is not kept */
        if (j->call.validate_only || (is_stranger && j->status != STATUS_OK))
            j->is_final = false;
        if (s == STATUS_OK && arena_is_full(j->arena)) /* what was decided on may be cut short */
            s = STATUS_RESOURCE_EXHAUSTED;
        if (s == STATUS_OK)
            s = decided(w->ctx, j);
    }
    return s;
}
