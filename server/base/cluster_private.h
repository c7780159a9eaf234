/* What the two files of cluster share: the folder, the user, and the child. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "server/base/cluster.h"

#define CLUSTER_PATH_MAX   4096
#define CLUSTER_GROUPS_MAX 64

struct cluster {
    char home[CLUSTER_PATH_MAX]; /* the server's data folder, absolute */
    char data[CLUSTER_PATH_MAX]; /* PostgreSQL's own, below it */
    char bin[CLUSTER_PATH_MAX];  /* where initdb and postgres are */
    char socket_dir[108];
    char conninfo[512];
    uid_t uid;
    gid_t gid, groups[CLUSTER_GROUPS_MAX];
    int groups_count;
    bool is_other; /* we are root and the child is not */
    int lock_fd;
    pid_t pid; /* 0: no child */
};

/* Runs argv[0] with output to the log, as the cluster's user, with an environment of its own; dies with this
 * thread. -1 when it cannot. */
pid_t cluster_spawn(const struct cluster *c, const char *const *argv);
/* Waits for the end of a short-lived child; true when it exited with 0. */
bool cluster_finish(pid_t pid);
/* Fills uid, gid and groups from as_user when we are root. */
enum status cluster_find_user(struct cluster *c, const char *as_user, char reterr[512]);
/* Fills bin: the version the data were made with, or the newest there is. */
enum status cluster_find_bin(struct cluster *c, char reterr[512]);
/* Makes a folder that only the cluster's user may enter; an existing one must be so already. */
enum status cluster_own_dir(const struct cluster *c, const char *path, char reterr[512]);
void cluster_remove_tree(const char *path);
/* The postmaster that runs in our folder, whoever started it; 0 when none does. */
pid_t cluster_running(const struct cluster *c);
/* Line `n` (from 1) of postmaster.pid; "" when there is none. */
void cluster_pid_line(const struct cluster *c, int n, char *ret, size_t size);
/* Its first line, the process; 0 when there is none. */
pid_t cluster_pid_of_file(const struct cluster *c);
enum status cluster_says(char reterr[512], enum status s, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
