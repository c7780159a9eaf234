/* Proofs over the journal's tree, made from the perfect subtrees in the database. */
#pragma once

#include "server/domain/journal/journal.h"
#include "server/front/job.h"

/* The root the tree had when it was `size` entries long (size ≤ tree->size). */
enum status proofs_root_at(struct db *db, struct arena *a, uint64_t size, struct hash *ret,
                           struct db_error *reterr) MUST_CHECK;

/* Answers GetCheckpoint, GetInclusion and GetConsistency into j->reply, or files a refusal. */
enum status proofs_answer(struct db *db, struct job *j, const struct journal_head *head,
                          struct db_error *reterr) MUST_CHECK;
