/* The door of the journal: the feed is a declared read; checkpoints and proofs are answered by the writer,
 * who keeps the tree. */
#include "server/domain/journal/journal.h"

#include "common/check.h"
#include "purser/v1/journal.pb-c.h"
#include "server/domain/journal/journal_store.h"

static const ProtobufCServiceDescriptor *const services[] = {&purser__v1__journal_service__descriptor};

static struct rpc rows[] = {
    {.method = "GetCheckpoint", .kind = RPC_FRONT, .roles = ROLE_ANY},
    {.method = "GetInclusion", .kind = RPC_FRONT, .roles = ROLE_ANY},
    {.method = "GetConsistency", .kind = RPC_FRONT, .roles = ROLE_ANY},
    READ(ListEntries, ROLE_ANY, RPC_LIST, journal_list_entries_sql),
};

/* The journal's own tables are checked against the entries; what the nouns count with is replayed like their
 * rows. */
static const char *const tables[] = {"counter"};

const struct noun noun_journal = {
    .name = "journal",
    .services = services,
    .services_count = COUNT_OF(services),
    .rows = rows,
    .rows_count = COUNT_OF(rows),
    .tables = tables,
    .tables_count = COUNT_OF(tables),
};
