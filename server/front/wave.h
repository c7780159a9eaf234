/* Commands that are decided side by side: their facts are fetched together, then each decides, in the order
 * of the journal. The writer and `verify` both go through here.
 *
 * A verb stands ALONE unless its row names a field of the request as its key. A wave holds verbs that are
 * keyed by the same field, with different keys. What a keyed `decide` may look at: rows under its key, and
 * rows that no verb keyed by that field writes; others it may only add to (db_add). So deciding them together
 * comes to the same as one after the other, which `verify --serial` proves. */
#pragma once

#include "server/domain/unit/unit.h"
#include "server/front/apply.h"

#define WAVE_MAX 256

/* One command in its wave. */
struct seat {
    struct job *job;
    struct signer signer; /* as the tables know him before the wave */
    void *facts;
    const char *scope; /* the one that the facts were asked for */
    bool is_asked;     /* its facts are under way */
    bool is_open;      /* not refused yet */
};

struct wave {
    struct db *db;
    apply_find *find; /* for @<request id>, with its ctx */
    void *ctx;
    struct numbers numbers;
    struct seat *seats;
    int count;
};

/* Called right after a job's decision, in order: OK, or what ends the whole. */
typedef enum status wave_decided(void *ctx, struct job *j);

/* How many of jobs[0..count) can be decided side by side; at least one. */
int wave_length(struct job *const *jobs, int count);

/* Queues the look-ups of signers and facts; db_run() is the caller's. Each job's call.now_us and today are
 * set. False: no memory. The wave lives in the arena. */
bool wave_ask(struct wave *w, struct arena *a, struct job *const *jobs, int count);

/* After that: decides; those that were answered meanwhile are left out. OK: each job's status is its outcome
 * and what it writes is queued. Anything else: the database failed, or one refused after it had begun to
 * write. */
enum status wave_decide(struct wave *w, wave_decided *decided, struct db_error *reterr) MUST_CHECK;
