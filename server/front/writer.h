/* The writer: one thread, one connection, one transaction for everything that waits. The only one that
 * changes a table.
 *
 * A batch is what waits when the one before has committed, at most batch_max; nobody waits for a batch to
 * fill. What a batch costs whatever it holds is borne by all that are in it; tests/bench/README.md says what
 * that is and what batch_max does to it. When one command fails, the batch is halved until it stands alone.
 */
#pragma once

#include "common/sign.h"
#include "server/front/job.h"

struct writer_setup {
    const char *conninfo;
    const char *audience;        /* origin of the checkpoints */
    const char *checkpoint_path; /* the newest checkpoint, outside the database */
    const struct sign_secret *journal_key;
    int batch_max; /* commands in one transaction */
    int queue_max; /* commands waiting; more are answered BUSY */
};

struct writer;

/* Called on the writer's thread when a job has been answered (j->answer is there) or could not be (j->status
 * says why and the refusal is filed). The owner frees the job. */
typedef void writer_done(void *ctx, struct job *j);

/* Connects, takes the advisory lock, loads head and tree, compares them with the checkpoint file.
 * FAILED_PRECONDITION with a sentence when the file is ahead of the database or disagrees with it. While
 * another server holds the lock, writes are answered UNAVAILABLE; this one takes over when it ends. */
enum status writer_start(const struct writer_setup *setup, writer_done *done, void *ctx, struct writer **ret,
                         char reterr[512]) MUST_CHECK;
/* False when the queue is full or the writer is stopping. */
bool writer_submit(struct writer *w, struct job *j);
/* Finishes what is queued, then ends the thread and closes the connection. */
void writer_stop(struct writer *w);

/* For JournalService and HealthService: the newest checkpoint. Texts are copied into the arena. */
void writer_head(struct writer *w, struct arena *a, const char **ret_note, uint64_t *ret_size,
                 int64_t *ret_epoch);
bool writer_is_able(struct writer *w); /* connected, leading, and the checkpoint file can be written */
