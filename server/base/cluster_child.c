/* How the private PostgreSQL is run: its user, its programs, its folders and its process. */
#define _GNU_SOURCE /* nftw, close_range, getgrouplist */
#include "server/base/cluster_private.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum status cluster_says(char reterr[512], enum status s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reterr, 512, format, args);
    va_end(args);
    return s;
}

/* ---- whose it is ---- */

enum status cluster_find_user(struct cluster *c, const char *as_user, char reterr[512])
{
    c->uid = geteuid();
    c->gid = getegid();
    if (c->uid != 0)
        return STATUS_OK;

    const struct passwd *p = as_user ? getpwnam(as_user) : NULL;
    if (!p)
        return cluster_says(reterr, STATUS_FAILED_PRECONDITION, "there is no user %s to run PostgreSQL as",
                            as_user ? as_user : "(none named)");
    if (p->pw_uid == 0)
        return cluster_says(reterr, STATUS_FAILED_PRECONDITION, "PostgreSQL will not run as root");
    c->uid = p->pw_uid;
    c->gid = p->pw_gid;
    c->is_other = true;
    c->groups_count = CLUSTER_GROUPS_MAX;
    if (getgrouplist(as_user, p->pw_gid, c->groups, &c->groups_count) < 0)
        c->groups_count = 0; /* more groups than anybody needs here: none at all */
    return STATUS_OK;
}

/* ---- programs ---- */

static int version_of(const char *bin)
{
    const char *p = strstr(bin, "/postgresql/");
    return p ? (int)strtol(p + strlen("/postgresql/"), NULL, 10) : 0;
}

/* The data tell which version made them; there is no upgrade in passing. */
static int version_wanted(const struct cluster *c)
{
    char path[CLUSTER_PATH_MAX + 16];
    int version = 0;
    snprintf(path, sizeof path, "%s/PG_VERSION", c->data);
    FILE *f = fopen(path, "re");
    if (f) {
        if (fscanf(f, "%9d", &version) != 1)
            version = 0;
        fclose(f);
    }
    return version;
}

enum status cluster_find_bin(struct cluster *c, char reterr[512])
{
    const char *given = getenv("PURSER_PG_BINDIR");
    int wanted = version_wanted(c), best = 0;
    c->bin[0] = 0;
    if (given)
        snprintf(c->bin, sizeof c->bin, "%s", given);
    glob_t g = {0};
    if (!given && glob("/usr/lib/postgresql/*/bin/postgres", 0, NULL, &g) == 0)
        for (size_t i = 0; i < g.gl_pathc; i++) {
            int version = version_of(g.gl_pathv[i]);
            if (wanted ? version == wanted : version > best && version >= 15) {
                best = version;
                snprintf(c->bin, sizeof c->bin, "%.*s", (int)(strlen(g.gl_pathv[i]) - strlen("/postgres")),
                         g.gl_pathv[i]);
            }
        }
    globfree(&g);
    if (c->bin[0])
        return STATUS_OK;
    if (wanted)
        return cluster_says(reterr, STATUS_FAILED_PRECONDITION,
                            "%s was made by PostgreSQL %d, which is not in /usr/lib/postgresql", c->data,
                            wanted);
    return cluster_says(
        reterr, STATUS_FAILED_PRECONDITION,
        "PostgreSQL 15 or newer is not in /usr/lib/postgresql; say PURSER_PG_BINDIR, or --database");
}

/* ---- folders ---- */

enum status cluster_own_dir(const struct cluster *c, const char *path, char reterr[512])
{
    struct stat st;
    if (mkdir(path, 0700) == 0 && c->is_other && chown(path, c->uid, c->gid) != 0)
        return cluster_says(reterr, STATUS_UNAVAILABLE, "cannot give %s away: %s", path, strerror(errno));
    if (lstat(path, &st) != 0)
        return cluster_says(reterr, STATUS_UNAVAILABLE, "cannot make %s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode) || st.st_uid != c->uid || (st.st_mode & 077) != 0)
        return cluster_says(reterr, STATUS_FAILED_PRECONDITION,
                            "%s must be a folder of user %d that nobody else may enter (0700)", path,
                            (int)c->uid);
    return STATUS_OK;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

void cluster_remove_tree(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

/* ---- the process ---- */

/* Between fork and exec only calls that are safe there: the server has other threads. PR_SET_PDEATHSIG is
 * cleared by setuid, so it comes after it; the parent may have died before. SIGINT is PostgreSQL's fast
 * shutdown. */
_Noreturn static void child(const struct cluster *c, const char *const *argv, int log_fd, pid_t parent)
{
    static const char *const env[] = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TZ=UTC", NULL};
    struct sigaction def = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int sig = 1; sig < NSIG; sig++)
        sigaction(sig, &def, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    if (c->is_other &&
        (setgroups((size_t)c->groups_count, c->groups) != 0 || setgid(c->gid) != 0 || setuid(c->uid) != 0))
        _exit(126);
    if (prctl(PR_SET_PDEATHSIG, SIGINT) != 0 || getppid() != parent)
        _exit(126);

    umask(077);
    int null_fd = open("/dev/null", O_RDONLY);
    if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(log_fd, 1) < 0 || dup2(log_fd, 2) < 0)
        _exit(126);
    close_range(3, ~0U, 0);
    if (chdir("/") != 0)
        _exit(126);
    execve(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)env);
    _exit(127);
}

pid_t cluster_spawn(const struct cluster *c, const char *const *argv)
{
    char path[CLUSTER_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/postgres.log", c->home);
    int log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0)
        return -1;
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        child(c, argv, log_fd, parent);
    close(log_fd);
    return pid;
}

bool cluster_finish(pid_t pid)
{
    int how = 0;
    while (waitpid(pid, &how, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

pid_t cluster_pid_of_file(const struct cluster *c)
{
    char line[32];
    cluster_pid_line(c, 1, line, sizeof line);
    long pid = strtol(line, NULL, 10);
    return pid > 1 && pid <= INT_MAX ? (pid_t)pid : 0;
}

void cluster_pid_line(const struct cluster *c, int n, char *ret, size_t size)
{
    char path[CLUSTER_PATH_MAX + 16], line[1024];
    ret[0] = 0;
    snprintf(path, sizeof path, "%s/postmaster.pid", c->data);
    FILE *f = fopen(path, "re");
    if (!f)
        return;
    while (n > 0 && fgets(line, sizeof line, f))
        if (--n == 0)
            snprintf(ret, size, "%.*s", (int)strcspn(line, " \n"), line);
    fclose(f);
}

/* A number in postmaster.pid may since belong to anybody; ours is the one whose working folder is our data.
 */
pid_t cluster_running(const struct cluster *c)
{
    char link[64], cwd[CLUSTER_PATH_MAX];
    pid_t pid = cluster_pid_of_file(c);
    if (pid == 0)
        return 0;
    snprintf(link, sizeof link, "/proc/%d/cwd", (int)pid);
    ssize_t n = readlink(link, cwd, sizeof cwd - 1);
    if (n < 0)
        return 0;
    cwd[n] = 0;
    return strcmp(cwd, c->data) == 0 ? pid : 0;
}
