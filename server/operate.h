/* What the subcommands of purserd share: the database as the options name it, keys, the founding of a city.
 */
#pragma once

#include "common/sign.h"
#include "server/base/cluster.h"
#include "server/front/service.h"
#include "server/options.h"

/* The database: the private cluster (started here, or found running under a live server), or a conninfo. */
struct database {
    struct cluster *cluster; /* NULL when it is not ours to stop */
    const char *conninfo;
};
enum status database_open(struct options *o, bool may_start, struct database *ret,
                          char reterr[512]) MUST_CHECK;
void database_close(struct options *o, struct database *d);

/* "purser/450600": origin of checkpoints and audience of commands. */
const char *city_audience(struct options *o);
const char *city_tls_name(struct options *o);
/* Addresses to listen on, as the options say. */
int city_urls(struct options *o, const char *const **ret);

bool city_is_founded(const struct options *o);
/* Keys, certificates, schema, and the first entry of the journal; the two invites go to stdout and to
 * <data>/invites. */
enum status city_found(struct options *o, char reterr[512]) MUST_CHECK;
/* Serves until SIGTERM or SIGINT. */
enum status city_serve(struct options *o, const char *version, char reterr[512]) MUST_CHECK;
/* Replays and compares; prints what it found. DATA_LOSS when something differs. */
enum status city_verify(struct options *o, bool is_serial, char reterr[512]) MUST_CHECK;
