/* The private PostgreSQL: a cluster of our own under the data folder, Unix socket only, started and stopped with the server. */
#pragma once

#include "common/status.h"

struct cluster;

/* Makes the cluster if there is none (initdb, C.UTF-8, checksums), starts it as a child that dies with us, waits until it is
 * ready, and makes database "purser". As root it runs as user `as_user` (the folder is given to it). conninfo in *ret_conninfo,
 * owned by the cluster. UNAVAILABLE / FAILED_PRECONDITION with a sentence in reterr. */
enum status cluster_start(const char *data_dir, const char *as_user, struct cluster **ret, const char **ret_conninfo, char reterr[512]) MUST_CHECK;
/* Fast shutdown, waits up to wait_ms, then immediate. Accepts NULL. */
void cluster_stop(struct cluster *c, int wait_ms);
int cluster_pid(const struct cluster *c);
/* Is the child still there? If it died, starts it again. */
enum status cluster_tend(struct cluster *c, char reterr[512]) MUST_CHECK;
