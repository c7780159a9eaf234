/* Asks PostgreSQL the plain way over many connections and measures: what Purser is compared with.
 *
 *   purser_raw [-c CLIENTS] [-t LIMIT_MS] [-p] CONNINFO SCRIPT ROWS
 *
 * SCRIPT holds statements that end in `;` at a line's end, with :names where values stand. ROWS is a file of
 * tab-separated values, its first line the names; each further line is one run of the script. Every statement
 * is prepared once a connection and run once, undone, before the clock starts. Each waits for its answer
 * before the next is sent; with -p the whole script travels in one round trip. One thread waits for all
 * connections. Prints one line of JSON as purser_load does.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define STATEMENTS_MAX 40
#define VALUES_MAX     24
#define NAME_MAX_BYTES 32

struct statement {
    char *sql; /* with $1, $2, … */
    int params[VALUES_MAX];
    int params_count;
    char name[16];
};

struct client {
    PGconn *conn;
    uint32_t row;
    int at; /* statement whose answer is awaited */
    int64_t began_us;
    bool is_idle, wants_write;
};

static struct statement statements[STATEMENTS_MAX];
static int statements_count, names_count;
static char names[VALUES_MAX][NAME_MAX_BYTES];
static char **values; /* names_count of them a row */
static uint32_t rows_count, next_row, done_count;
static int64_t *took_us, end_us;
static bool is_pipelined;
static unsigned busy;

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "raw: %s: %s\n", what, why);
    exit(1);
}

/* ---- files ---- */

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        die(path, strerror(errno));
    long len = ftell(f);
    char *text = malloc((size_t)len + 1);
    rewind(f);
    if (!text || fread(text, 1, (size_t)len, f) != (size_t)len)
        die(path, strerror(errno));
    text[len] = 0;
    fclose(f);
    return text;
}

static void read_rows(const char *path)
{
    char *text = read_file(path), *line;
    uint32_t room = 0;
    for (char *name = strsep(&text, "\n"), *one; (one = strsep(&name, "\t"));)
        snprintf(names[names_count++], NAME_MAX_BYTES, "%s", one);
    while ((line = strsep(&text, "\n")) && *line) {
        if (rows_count == room) {
            room = room ? room * 2 : 1024;
            values = realloc(values, room * (size_t)names_count * sizeof(*values));
            if (!values)
                die("realloc", path);
        }
        for (int i = 0; i < names_count; i++)
            values[rows_count * (size_t)names_count + (size_t)i] = strsep(&line, "\t");
        rows_count++;
    }
    took_us = calloc(rows_count + 1, sizeof(*took_us));
    if (!took_us)
        die("calloc", path);
}

static int column_of(const char *name, size_t len)
{
    for (int i = 0; i < names_count; i++)
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return i;
    die("a name that no row has", name);
}

/* Takes one statement, with $n for the n-th name it uses; :: is a cast. */
static void take_statement(const char *from, const char *to)
{
    struct statement *s = &statements[statements_count];
    if (statements_count == STATEMENTS_MAX)
        die("script", "too many statements");
    char *out = s->sql = malloc((size_t)(to - from) * 2 + 1);
    if (!out)
        die("malloc", "script");
    while (from < to) {
        if (from[0] != ':' || from[1] == ':' || from[-1] == ':' || !isalpha((unsigned char)from[1])) {
            *out++ = *from++;
            continue;
        }
        size_t len = 0;
        while (isalnum((unsigned char)from[1 + len]) || from[1 + len] == '_')
            len++;
        int column = column_of(from + 1, len), n = 0;
        while (n < s->params_count && s->params[n] != column)
            n++;
        if (n == s->params_count)
            s->params[s->params_count++] = column;
        out += snprintf(out, 4, "$%d", n + 1);
        from += 1 + len;
    }
    *out = 0;
    snprintf(s->name, sizeof(s->name), "s%d", statements_count++);
}

static void read_script(const char *path)
{
    char *text = read_file(path);
    for (char *line = text; *line;) {
        if (strncmp(line, "--", 2) == 0 || *line == '\n') {
            line = strchr(line, '\n') + 1;
            continue;
        }
        char *end = strstr(line, ";\n");
        if (!end)
            die(path, "the last statement does not end");
        take_statement(line, end);
        line = end + 2;
    }
    free(text);
}

/* ---- one connection ---- */

static void send_one(struct client *c, int which)
{
    const struct statement *s = &statements[which];
    const char *in[VALUES_MAX];
    for (int i = 0; i < s->params_count; i++)
        in[i] = values[c->row * (size_t)names_count + (size_t)s->params[i]];
    if (!PQsendQueryPrepared(c->conn, s->name, s->params_count, in, NULL, NULL, 0))
        die(s->sql, PQerrorMessage(c->conn));
}

static void begin(struct client *c)
{
    if (next_row == rows_count || now_us() > end_us) {
        c->is_idle = true;
        busy--;
        return;
    }
    c->row = next_row++;
    c->at = 0;
    c->began_us = now_us();
    for (int i = 0; i < (is_pipelined ? statements_count : 1); i++)
        send_one(c, i);
    if (is_pipelined && !PQpipelineSync(c->conn))
        die("sync", PQerrorMessage(c->conn));
}

static void finish(struct client *c)
{
    took_us[done_count++] = now_us() - c->began_us;
    begin(c);
}

/* Takes one result; NULL ends a statement's. */
static void take_result(struct client *c, PGresult *r)
{
    ExecStatusType s = PQresultStatus(r);
    if (s == PGRES_PIPELINE_SYNC) {
        finish(c);
    } else if (r) {
        if (s != PGRES_TUPLES_OK && s != PGRES_COMMAND_OK)
            die(statements[c->at].sql, PQresultErrorMessage(r));
        if (strncmp(PQcmdStatus(r), "UPDATE", 6) == 0 && strcmp(PQcmdTuples(r), "1") != 0)
            die(statements[c->at].sql, "not one row was changed");
    } else if (is_pipelined) {
        c->at++;
    } else if (++c->at < statements_count) {
        send_one(c, c->at);
    } else {
        finish(c);
    }
    PQclear(r);
}

static void watch(int poll_fd, struct client *c, bool wants_write)
{
    struct epoll_event e = {.events = EPOLLIN | (wants_write ? EPOLLOUT : 0), .data.ptr = c};
    if (wants_write != c->wants_write && epoll_ctl(poll_fd, EPOLL_CTL_MOD, PQsocket(c->conn), &e) != 0)
        die("epoll", strerror(errno));
    c->wants_write = wants_write;
}

static void go_on(int poll_fd, struct client *c, bool is_readable)
{
    if (is_readable && !PQconsumeInput(c->conn))
        die("lost", PQerrorMessage(c->conn));
    while (is_readable && !c->is_idle && !PQisBusy(c->conn)) {
        PGresult *r = PQgetResult(c->conn);
        take_result(c, r);
    }
    watch(poll_fd, c, PQflush(c->conn) == 1);
}

/* ---- all of them ---- */

static void run_now(PGconn *conn, const char *sql)
{
    PGresult *r = PQexec(conn, sql);
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        die(sql, PQresultErrorMessage(r));
    PQclear(r);
}

/* Once through the script, undone at the end: plans, those of foreign keys too, are made before the clock
 * starts. */
static void warm_up(PGconn *conn, uint32_t row)
{
    run_now(conn, "BEGIN");
    for (int i = 0; i < statements_count; i++) {
        const struct statement *s = &statements[i];
        const char *in[VALUES_MAX];
        if (strcmp(s->sql, "BEGIN") == 0 || strcmp(s->sql, "COMMIT") == 0)
            continue;
        for (int k = 0; k < s->params_count; k++)
            in[k] = values[row * (size_t)names_count + (size_t)s->params[k]];
        PGresult *r = PQexecPrepared(conn, s->name, s->params_count, in, NULL, NULL, 0);
        if (PQresultStatus(r) != PGRES_TUPLES_OK && PQresultStatus(r) != PGRES_COMMAND_OK)
            die(s->sql, PQresultErrorMessage(r));
        PQclear(r);
    }
    run_now(conn, "ROLLBACK");
}

static void open_one(struct client *c, const char *conninfo, uint32_t row)
{
    c->conn = PQconnectdb(conninfo);
    if (PQstatus(c->conn) != CONNECTION_OK)
        die("connect", PQerrorMessage(c->conn));
    run_now(c->conn, "SET plan_cache_mode = force_generic_plan"); /* as purserd does */
    for (int i = 0; i < statements_count; i++) {
        PGresult *r = PQprepare(c->conn, statements[i].name, statements[i].sql, 0, NULL);
        if (PQresultStatus(r) != PGRES_COMMAND_OK)
            die(statements[i].sql, PQresultErrorMessage(r));
        PQclear(r);
    }
    warm_up(c->conn, row);
    if (PQsetnonblocking(c->conn, 1) != 0 || (is_pipelined && !PQenterPipelineMode(c->conn)))
        die("pipeline", PQerrorMessage(c->conn));
}

static struct client *open_all(const char *conninfo, unsigned count, int poll_fd)
{
    struct client *all = calloc(count, sizeof(*all));
    if (!all)
        die("calloc", "clients");
    for (unsigned i = 0; i < count; i++) {
        open_one(&all[i], conninfo, rows_count - 1 - i % rows_count); /* those that come last */
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &all[i]};
        if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, PQsocket(all[i].conn), &e) != 0)
            die("epoll", strerror(errno));
    }
    return all;
}

static void run(struct client *all, unsigned count, int poll_fd)
{
    busy = count;
    for (unsigned i = 0; i < count; i++) {
        begin(&all[i]);
        go_on(poll_fd, &all[i], false);
    }
    while (busy) {
        struct epoll_event ready[256];
        int n = epoll_wait(poll_fd, ready, 256, 60000);
        if (n == 0 || (n < 0 && errno != EINTR))
            die("epoll", "no answer for a minute");
        for (int i = 0; i < n; i++)
            go_on(poll_fd, ready[i].data.ptr, ready[i].events & EPOLLIN);
    }
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t own_cpu_us(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

/* Says that all are connected and waits for a line, so that the caller can look at the clocks of others. */
static void wait_for_word(void)
{
    puts("ready");
    fflush(stdout);
    if (getchar() == EOF)
        exit(1);
}

static void print_figures(int64_t wall_us, int64_t cpu_us)
{
    qsort(took_us, done_count, sizeof(*took_us), compare);
    printf("{\"count\": %u, \"wall_us\": %lld, \"p50_us\": %lld, \"p99_us\": %lld, \"cpu_us\": %lld}\n",
           done_count, (long long)wall_us, (long long)took_us[done_count / 2],
           (long long)took_us[(uint64_t)done_count * 99 / 100], (long long)cpu_us);
    fflush(stdout);
}

static _Noreturn void explain(void)
{
    fprintf(stderr, "usage: purser_raw [-c CLIENTS] [-t LIMIT_MS] [-p] CONNINFO SCRIPT ROWS\n");
    exit(2);
}

int main(int argc, char **argv)
{
    unsigned clients = 1;
    int64_t limit_ms = 3600000;
    for (int o; (o = getopt(argc, argv, "c:t:p")) != -1;)
        switch (o) {
        case 'c':
            clients = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 't':
            limit_ms = strtoll(optarg, NULL, 10);
            break;
        case 'p':
            is_pipelined = true;
            break;
        default:
            explain();
        }
    if (argc - optind != 3 || !clients)
        explain();
    read_rows(argv[optind + 2]);
    read_script(argv[optind + 1]);
    int poll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct client *all = open_all(argv[optind], clients, poll_fd);

    wait_for_word();
    int64_t cpu = own_cpu_us(), began = now_us();
    end_us = began + limit_ms * 1000;
    run(all, clients, poll_fd);
    int64_t wall = now_us() - began;
    print_figures(wall, own_cpu_us() - cpu);
    for (unsigned i = 0; i < clients; i++)
        PQfinish(all[i].conn);
    return 0;
}
