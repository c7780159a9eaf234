/* The journal replayed into the schema that is on the search path: entries in waves, as the writer decided
 * them, or one by one. */
#pragma once

#include "common/note.h"
#include "server/domain/journal/journal.h"
#include "server/front/beside.h"
#include "server/front/verify.h"

#define REPLAY_SCHEMA "purser_replay"

struct replay {
    const struct verify_setup *setup;
    struct db *db;
    struct beside *beside;
    struct arena *arena; /* for the whole run */
    struct arena *page;  /* for a page of entries */
    char live[64];       /* the schema that is verified */
    struct frontier tree;
    struct checkpoint file; /* origin NULL: there is none */
    int64_t last_us;        /* of the newest entry */
    struct verify_result *result;
    struct db_error *reterr;
};

/* Says what differs first; DATA_LOSS. */
enum status replay_differs(struct replay *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* All entries up to the head: chained, signed, decided as they were then, with the same replies. */
enum status replay_all(struct replay *r, const struct journal_head *head) MUST_CHECK;
