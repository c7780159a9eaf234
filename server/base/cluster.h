/* The private PostgreSQL: a cluster of our own under the data folder, Unix socket only, started and stopped
 * with the server. */
#pragma once

#include "common/status.h"

struct cluster;

/* All of these are to be called from the main thread: the child dies with the *thread* that made it
 * (PR_SET_PDEATHSIG). The folder is locked by flock; a postmaster left over from a killed server is waited
 * for, then stopped. The programs are looked for in $PURSER_PG_BINDIR, or in /usr/lib/postgresql/N/bin. */

/* Makes the cluster if there is none (initdb, C.UTF-8, checksums), starts it as a child that dies with us,
 * waits until it is ready, and makes database "purser". As root it runs as user `as_user` (the folder is
 * given to it). conninfo in *ret_conninfo, owned by the cluster. UNAVAILABLE / FAILED_PRECONDITION with a
 * sentence in reterr. */
enum status cluster_start(const char *data_dir, const char *as_user, struct cluster **ret,
                          const char **ret_conninfo, char reterr[512]) MUST_CHECK;
/* Fast shutdown, waits up to wait_ms, then immediate. Accepts NULL. */
void cluster_stop(struct cluster *c, int wait_ms);
int cluster_pid(const struct cluster *c);
/* Is the child still there? If it died, starts it again. */
enum status cluster_tend(struct cluster *c, char reterr[512]) MUST_CHECK;
