/* The private PostgreSQL from initdb to shutdown: made once, started with the server, started again when it
 * dies. */
#include "server/base/cluster_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/check.h"
#include "common/sign.h"
#include "server/base/db.h"

#define READY_MS          60000 /* crash recovery may take its time */
#define LEFT_OVER_MS      1000  /* how long an orphan may take to shut down by itself */
#define RETRY_MS          5000  /* backends of a killed postmaster hold its shared memory for a moment */
#define SOCKET_NAME_BYTES 14    /* "/.s.PGSQL.5432" */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void nap(void) { nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL); }

/* ---- the folder ---- */

static enum status lock_home(struct cluster *c, char reterr[512])
{
    char path[CLUSTER_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/postgres.lock", c->home);
    c->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (c->lock_fd < 0)
        return cluster_says(reterr, STATUS_UNAVAILABLE, "cannot make %s: %s", path, strerror(errno));
    if (flock(c->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return cluster_says(reterr, STATUS_FAILED_PRECONDITION, "another purserd uses %s", c->home);
    return STATUS_OK;
}

/* As root, the other user must be able to pass through every folder above. */
static enum status reachable(const struct cluster *c, char reterr[512])
{
    char path[CLUSTER_PATH_MAX];
    snprintf(path, sizeof path, "%s", c->home);
    for (char *end = path + strlen(path); c->is_other && end > path; end = strrchr(path, '/')) {
        struct stat st;
        *end = 0;
        if (!path[0])
            break;
        if (stat(path, &st) != 0)
            return cluster_says(reterr, STATUS_UNAVAILABLE, "cannot look at %s: %s", path, strerror(errno));
        if (!(st.st_mode & S_IXOTH) && st.st_uid != c->uid &&
            !(st.st_gid == c->gid && (st.st_mode & S_IXGRP)))
            return cluster_says(
                reterr, STATUS_FAILED_PRECONDITION,
                "user %d, as whom PostgreSQL runs, cannot pass through %s: chmod o+x %s, or take "
                "another folder",
                (int)c->uid, path, path);
    }
    return STATUS_OK;
}

static enum status find_home(struct cluster *c, const char *data_dir, char reterr[512])
{
    char path[PATH_MAX];
    if (mkdir(data_dir, c->is_other ? 0711 : 0700) != 0 && errno != EEXIST)
        return cluster_says(reterr, STATUS_UNAVAILABLE, "cannot make %s: %s", data_dir, strerror(errno));
    if (!realpath(data_dir, path) || strlen(path) > PATH_MAX - 64)
        return cluster_says(reterr, STATUS_UNAVAILABLE, "cannot find %s: %s", data_dir, strerror(errno));
    snprintf(c->home, sizeof c->home, "%s", path);
    snprintf(c->data, sizeof c->data, "%.*s/postgres", PATH_MAX - 64, path);
    enum status s = lock_home(c, reterr);
    return s == STATUS_OK ? reachable(c, reterr) : s;
}

/* A socket's path has at most 107 bytes; a long folder gets a short one elsewhere, named after it. */
static enum status find_socket_dir(struct cluster *c, char reterr[512])
{
    char path[CLUSTER_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/postgres-run", c->home);
    if (strlen(path) + SOCKET_NAME_BYTES >= sizeof c->socket_dir) {
        struct hash h = sha256(c->home, strlen(c->home));
        snprintf(path, sizeof path, "%s/purser-%d-%02x%02x%02x%02x",
                 access("/run", W_OK) == 0 ? "/run" : "/tmp", (int)c->uid, h.b[0], h.b[1], h.b[2], h.b[3]);
    }
    snprintf(c->socket_dir, sizeof c->socket_dir, "%.*s", (int)sizeof c->socket_dir - 1, path);
    return cluster_own_dir(c, c->socket_dir, reterr);
}

/* In conninfo a quote and a backslash are written with a backslash before them. */
static void write_conninfo(struct cluster *c, const char *dbname, char *ret, size_t size)
{
    char host[2 * sizeof c->socket_dir], *at = host;
    for (const char *p = c->socket_dir; *p; p++) {
        if (*p == '\'' || *p == '\\')
            *at++ = '\\';
        *at++ = *p;
    }
    *at = 0;
    snprintf(ret, size, "host='%s' port=5432 user=purser dbname=%s connect_timeout=10", host, dbname);
}

/* ---- making it ---- */

/* Made beside its place and renamed when whole, so that a killed initdb leaves nothing that looks like a
 * cluster. */
static enum status init_data(struct cluster *c, char reterr[512])
{
    char made[CLUSTER_PATH_MAX + 16], program[CLUSTER_PATH_MAX + 16];
    if (access(c->data, F_OK) == 0)
        return STATUS_OK;
    snprintf(made, sizeof made, "%s.new", c->data);
    snprintf(program, sizeof program, "%s/initdb", c->bin);
    cluster_remove_tree(made);
    enum status s = cluster_own_dir(c, made, reterr);
    if (s != STATUS_OK)
        return s;

    const char *const argv[] = {program,
                                "-D",
                                made,
                                "-U",
                                "purser",
                                "--encoding=UTF8",
                                "--locale=C.UTF-8",
                                "--data-checksums",
                                "--auth=trust",
                                "--no-instructions",
                                NULL};
    pid_t pid = cluster_spawn(c, argv);
    if (pid < 0 || !cluster_finish(pid))
        return cluster_says(reterr, STATUS_UNAVAILABLE, "%s failed; see %.200s/postgres.log", program,
                            c->home);
    if (rename(made, c->data) != 0)
        return cluster_says(reterr, STATUS_UNAVAILABLE, "cannot rename %.200s: %s", made, strerror(errno));
    return STATUS_OK;
}

static enum status make_database(struct cluster *c, char reterr[512])
{
    char conninfo[512];
    struct db *db = NULL;
    struct db_error error = {0};
    int64_t found = 0;
    write_conninfo(c, "postgres", conninfo, sizeof conninfo);
    enum status s = db_open(conninfo, NULL, 10000, &db, &error);
    if (s == STATUS_OK) {
        db_count(db, "SELECT 1 FROM pg_database WHERE datname = 'purser'", DB_NONE, &found);
        s = db_run(db, &error);
    }
    if (s == STATUS_OK && found == 0)
        s = db_script(db, "CREATE DATABASE purser TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'",
                      &error);
    db_close(db);
    return s == STATUS_OK ? s : cluster_says(reterr, s, "cannot make the database: %.400s", error.text);
}

/* ---- starting it ---- */

/* We hold the folder's lock, so a postmaster that still runs there has lost its server. */
static enum status clear_left_over(struct cluster *c, char reterr[512])
{
    char path[CLUSTER_PATH_MAX + 32];
    int64_t since = now_ms();
    bool is_told = false;
    for (pid_t pid; (pid = cluster_running(c)) != 0; nap()) {
        if (now_ms() - since > LEFT_OVER_MS && !is_told) {
            kill(pid, SIGQUIT); /* immediate: the WAL keeps what was committed */
            is_told = true;
        }
        if (now_ms() - since > LEFT_OVER_MS + 10000)
            return cluster_says(reterr, STATUS_UNAVAILABLE, "an old PostgreSQL (process %d) does not stop",
                                (int)pid);
    }
    /* A stale number in these files may belong to another process now, and would keep PostgreSQL from
     * starting. */
    snprintf(path, sizeof path, "%s/postmaster.pid", c->data);
    unlink(path);
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432.lock", c->socket_dir);
    unlink(path);
    return STATUS_OK;
}

/* Of the machine, or of the container; 0 when nothing tells. */
static int64_t memory_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    int64_t bytes = pages > 0 && page_bytes > 0 ? (int64_t)pages * page_bytes : 0;
    long long limit;
    FILE *f = fopen("/sys/fs/cgroup/memory.max", "re");
    if (f && fscanf(f, "%lld", &limit) == 1 && limit > 0 && limit < bytes) /* "max" is no number */
        bytes = limit;
    if (f)
        fclose(f);
    return bytes;
}

/* An eighth, so that a small machine keeps room for others: a million contracts and what stands around them
 * take two to three gigabytes. Only what is used becomes resident. */
static int shared_buffers_mb(void)
{
    int64_t mb = memory_bytes() / 8 / (1 << 20);
    return mb < 64 ? 64 : mb > 4096 ? 4096 : (int)mb;
}

/* On the command line, where no file overrides them. */
static void launch(struct cluster *c)
{
    static const char *const settings[] = {
        "listen_addresses=",
        "port=5432",
        "unix_socket_permissions=0700",
        "cluster_name=purser",
        "fsync=on",
        "full_page_writes=on",
        "synchronous_commit=on",
        "wal_level=replica",
        "max_connections=100",
        "max_worker_processes=2",
        "max_parallel_workers_per_gather=0",
        "random_page_cost=1.1",
        "jit=off",
        "max_wal_size=1GB",
        "checkpoint_timeout=5min",
        "logging_collector=off",
        "log_destination=stderr",
        "log_line_prefix=%m [%p] ",
        "log_timezone=UTC",
        "timezone=UTC",
        "restart_after_crash=on",
        "autovacuum_naptime=20s",
        "huge_pages=off",
    };
    char program[CLUSTER_PATH_MAX + 16], sockets[160], buffers[40];
    const char *argv[2 * COUNT_OF(settings) + 10];
    size_t n = 0;
    snprintf(program, sizeof program, "%s/postgres", c->bin);
    snprintf(sockets, sizeof sockets, "unix_socket_directories=%s", c->socket_dir);
    argv[n++] = program;
    argv[n++] = "-D";
    argv[n++] = c->data;
    argv[n++] = "-c";
    argv[n++] = sockets;
    snprintf(buffers, sizeof buffers, "shared_buffers=%dMB", shared_buffers_mb());
    argv[n++] = "-c";
    argv[n++] = buffers;
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        argv[n++] = "-c";
        argv[n++] = settings[i];
    }
    argv[n] = NULL;
    pid_t pid = cluster_spawn(c, argv);
    c->pid = pid > 0 ? pid : 0;
}

static bool is_gone(struct cluster *c)
{
    if (c->pid == 0)
        return true;
    pid_t got = waitpid(c->pid, NULL, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR))
        return false;
    c->pid = 0;
    return true;
}

/* Our child, its pid file, its word for it, and an answer on the socket. */
static bool is_ready(const struct cluster *c)
{
    char line[32];
    if (cluster_pid_of_file(c) != c->pid)
        return false;
    cluster_pid_line(c, 8, line, sizeof line);
    return strcmp(line, "ready") == 0 && db_ping(c->conninfo);
}

static enum status start(struct cluster *c, char reterr[512])
{
    enum status s = clear_left_over(c, reterr);
    if (s != STATUS_OK)
        return s;
    int64_t since = now_ms();
    launch(c);
    for (;; nap()) {
        bool gone = is_gone(c);
        if (!gone && is_ready(c))
            return STATUS_OK;
        if (gone && now_ms() - since > RETRY_MS)
            return cluster_says(reterr, STATUS_UNAVAILABLE,
                                "PostgreSQL does not start; see %.400s/postgres.log", c->home);
        if (gone) {
            nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
            launch(c);
        }
        if (now_ms() - since > READY_MS)
            return cluster_says(reterr, STATUS_UNAVAILABLE,
                                "PostgreSQL is not ready after %d s; see %.400s/postgres.log",
                                READY_MS / 1000, c->home);
    }
}

static enum status prepare(struct cluster *c, const char *data_dir, const char *as_user, char reterr[512])
{
    enum status s = cluster_find_user(c, as_user, reterr);
    if (s == STATUS_OK)
        s = find_home(c, data_dir, reterr);
    if (s == STATUS_OK)
        s = cluster_find_bin(c, reterr);
    if (s == STATUS_OK)
        s = find_socket_dir(c, reterr);
    if (s == STATUS_OK)
        s = init_data(c, reterr);
    return s;
}

enum status cluster_start(const char *data_dir, const char *as_user, struct cluster **ret,
                          const char **ret_conninfo, char reterr[512])
{
    struct cluster *c = calloc(1, sizeof *c);
    if (!c)
        return cluster_says(reterr, STATUS_RESOURCE_EXHAUSTED, "out of memory");
    c->lock_fd = -1;
    enum status s = prepare(c, data_dir, as_user, reterr);
    if (s == STATUS_OK) {
        write_conninfo(c, "purser", c->conninfo, sizeof c->conninfo);
        s = start(c, reterr);
    }
    if (s == STATUS_OK)
        s = make_database(c, reterr);
    if (s != STATUS_OK) {
        cluster_stop(c, 5000);
        return s;
    }
    *ret = c;
    *ret_conninfo = c->conninfo;
    return STATUS_OK;
}

int cluster_pid(const struct cluster *c) { return (int)c->pid; }

enum status cluster_tend(struct cluster *c, char reterr[512])
{
    return is_gone(c) ? start(c, reterr) : STATUS_OK;
}

/* ---- stopping it ---- */

static void stop_by(struct cluster *c, int signal, int wait_ms)
{
    int64_t until = now_ms() + wait_ms;
    if (is_gone(c))
        return;
    kill(c->pid, signal);
    while (!is_gone(c) && now_ms() < until)
        nap();
}

void cluster_stop(struct cluster *c, int wait_ms)
{
    if (!c)
        return;
    stop_by(c, SIGINT, wait_ms);
    stop_by(c, SIGQUIT, 5000);
    stop_by(c, SIGKILL, 1000);
    if (c->lock_fd >= 0)
        close(c->lock_fd);
    free(c);
}
