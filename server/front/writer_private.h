/* What writer.c and leader.c share: the writer itself. */
#pragma once

#include <pthread.h>

#include "server/front/batch.h"
#include "server/front/checkpoint.h"

/* May this server write? */
enum lead {
    LEAD_NONE,    /* not connected */
    LEAD_FOLLOWS, /* another server writes to this database; we answer reads and wait for its lock */
    LEAD_LEADS,
    LEAD_NEVER, /* the database is behind our checkpoint, or was changed behind our back: an operator must
                   look */
};

struct writer {
    struct writer_setup setup;
    writer_done *done;
    void *ctx;
    pthread_t thread;

    /* the writer's thread only */
    struct arena *arena, *head_arena;
    struct journal_head head;
    struct batch batch;
    struct checkpoint_file file;
    bool is_file_behind;         /* the newest checkpoint could not be written */
    bool has_complained;         /* about that */
    int64_t tried_ms, looked_ms; /* when we tried to connect, and asked for the lock, last */

    pthread_mutex_t lock; /* what follows */
    pthread_cond_t wake;
    struct job *first, **last;
    int queued;
    bool is_stopping;
    enum lead lead;
    bool is_able;
    struct arena *note_arena;
    const char *note;
    uint64_t size;
    int64_t epoch;
};

/* Connects, takes the lock (waiting that long for the one who holds it), loads head, tree and people,
 * compares with the checkpoint file and writes it when it is behind. OK also when another server leads: then
 * we follow.
 */
enum status leader_connect(struct writer *w, int lock_wait_ms, struct db_error *reterr) MUST_CHECK;
void leader_disconnect(struct writer *w);
/* Never again, until somebody has looked. */
void leader_resign(struct writer *w);
/* Between batches: notices a farewell, connects anew, asks for the lock, writes the checkpoint file that
 * could not be written, and knows people anew when the day has changed. */
void leader_tend(struct writer *w);
/* After a commit or a look at the database: head to the other threads, checkpoint to the file. */
void leader_publish(struct writer *w);
/* The reason why nothing can be written now; NULL when it can. */
const char *leader_obstacle(const struct writer *w);
