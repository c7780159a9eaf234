/* The journal: appending, head and tree, stored answers. Written by the front only; no noun appends by
 * itself. */
#pragma once

#include "common/merkle.h"
#include "server/base/call.h"

/* The head as the writer knows it, with the right edge of the tree. */
struct journal_head {
    struct frontier tree;
    struct hash root;
    int64_t epoch;
    int64_t last_us;  /* the time of the newest entry; the next is never earlier */
    const char *note; /* newest signed checkpoint, "" before the first entry */
};

/* Reads head and edge (a round trip or two). NOT_FOUND when the journal has not begun; DATA_LOSS when edge
 * and root differ. */
enum status journal_load(struct db *db, struct arena *a, struct journal_head *ret,
                         struct db_error *reterr) MUST_CHECK;

/* One accepted command on its way into the journal. */
struct journal_row {
    struct bytes entry;
    struct hash leaf;
    const char *method, *person_id;
    const char *const *units;
    int units_count;
};
struct journal_node {
    int level;
    uint64_t at;
    struct hash hash;
};

/* Queues everything that moves the journal from `old` to `next`: entries, nodes, checkpoint, head. *ret_moved
 * is 1 after the run when the head stood where we thought; anything else means that another writer lives. */
void journal_append(struct db *db, struct arena *a, const struct journal_head *old,
                    const struct journal_head *next, const struct journal_row *rows, int rows_count,
                    const struct journal_node *nodes, int nodes_count, int64_t *ret_moved);

/* A stored answer. */
struct journal_answer {
    struct bytes id, key_id, command_hash;
    const char *method;
    struct bytes answer;
};
void journal_want_answers(struct db *db, const struct bytes *ids, int count, struct journal_answer **ret,
                          int *ret_count);
struct journal_request {
    struct bytes id, key_id;
    struct hash command_hash;
    const char *method;
    int64_t index; /* -1: refused */
    struct bytes answer;
};
void journal_keep_answers(struct db *db, struct arena *a, const struct journal_request *r, int count,
                          int64_t at_us);

/* Fetches the given perfect subtrees (those of level 0 from the entries); *ret_hash[i].data NULL where there
 * is none. */
void journal_want_nodes(struct db *db, struct arena *a, const struct merkle_place *places, int count,
                        struct bytes *ret_hash);
/* Entries [from, from + limit) for verify and proofs. */
struct journal_stored {
    int64_t index;
    struct bytes entry, leaf_hash;
    const char *method, *person_id, *units; /* "203,210" */
    int64_t at_us;
};
void journal_want_entries(struct db *db, int64_t from, int limit, struct journal_stored **ret,
                          int *ret_count);

/* Checkpoints of sizes (from, from + limit]. */
struct journal_note {
    int64_t size;
    const char *note;
};
void journal_want_checkpoints(struct db *db, int64_t from, int limit, struct journal_note **ret,
                              int *ret_count);

extern const struct noun noun_journal;
