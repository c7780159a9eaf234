/* A job's memory, its attempts, and refusing it. */
#include "server/front/job.h"

#include "common/fields.h"
#include "server/front/clock.h"

static struct arena_budget all_calls = {.max_bytes = (size_t)64 << 20};

void job_limit_all(size_t max_bytes) { all_calls.max_bytes = max_bytes; }

struct job *job_new(size_t max_bytes)
{
    struct arena *a = arena_new_within(&all_calls, max_bytes);
    struct job *j = a ? arena_alloc(a, sizeof(*j)) : NULL;
    if (!j) {
        arena_free(a);
        return NULL;
    }
    j->arena = a;
    j->call.arena = a;
    j->began_ms = clock_monotonic_ms();
    return j;
}

void job_free(struct job *j)
{
    if (!j)
        return;
    arena_free(j->spare);
    arena_free(j->arena);
}

void job_begin(struct job *j)
{
    struct call *c = &j->call;
    if (j->opened.is_kept) {
        arena_rewind(j->arena, j->opened.mark);
        j->reply = fields_new(c->rpc->reply, j->arena);
    } else {
        j->opened = (struct opened){true, arena_mark(j->arena), c->actor, j->request};
    }
    arena_free(j->spare);
    j->spare = NULL;
    j->request = j->opened.request;
    j->status = STATUS_OK;
    j->is_final = j->is_answered = j->is_known = j->is_replayed = false;
    j->answer = j->entry = (struct bytes){0};
    j->twin_of = NULL;
    c->actor = j->opened.actor;
    c->scope = (struct scope){0};
    c->refusals_count = 0;
    c->units_count = 0;
    c->numbers = NULL;
}

enum status job_refuse(struct job *j, const char *reason, const char *field, const char *broke,
                       const char *passes)
{
    struct refusal *why = call_refusal(&j->call);
    const char *what = j->call.rpc ? j->call.rpc->path : "";
    (void)refuse_as(why, (struct refusal){.reason = reason,
                                          .field = field,
                                          .what = what,
                                          .broke = broke,
                                          .passes = passes});
    j->status = refuse_with(&j->call, why);
    return j->status;
}

const char *job_full_reason(const struct job *j)
{
    if (arena_is_starved(j->arena))
        return "BUSY";
    bool is_result = j->request && j->call.rpc && j->call.rpc->kind != RPC_WRITE;
    return is_result ? "RESULT_TOO_LARGE" : "TOO_LARGE";
}
