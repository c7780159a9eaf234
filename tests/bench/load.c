/* Sends prepared frames over many connections at once and measures.
 *
 *   purser_load [-c CLIENTS] [-g GROUP] [-t LIMIT_MS] ADDRESS FRAMES REPLIES [CA_FILE TLS_NAME]
 *
 * ADDRESS is the path of a Unix socket or HOST:PORT (TLS). FRAMES and REPLIES are files of (32-bit
 * little-endian length, bytes). One thread waits for all connections, each of which has one request under
 * way. GROUP frames in a row go over one connection and are timed as one. After LIMIT_MS no group begins any
 * more; whatever began is a prefix of FRAMES and ends. When all are connected it prints "ready" and waits for
 * a line; at the end it prints one line of JSON: count, groups, wall_us, p50_us, p99_us, cpu_us (its own).
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define HEAD_MAX 13 /* ipc: 0x01; length, request id */

struct frame {
    uint8_t *data; /* as it goes over the wire, head first */
    size_t len;
};

struct reply {
    uint8_t *data;
    uint32_t len;
};

struct client {
    struct wire wire;
    uint32_t at, group_end; /* frame under way, and where its group ends */
    int64_t began_us;
    size_t sent, got, wanted; /* of the frame; of the reply's head, then of its body */
    uint8_t head[HEAD_MAX];
    bool is_body, is_idle, wants_write;
};

static struct frame *frames;
static struct reply *replies;
static int64_t *took_us;
static uint32_t frames_count, next_frame, done_count, group = 1;
static int64_t end_us;
static size_t head_len;
static unsigned busy;

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- files ---- */

static void keep_frame(FILE *f, const char *path, uint32_t len, uint32_t i)
{
    struct frame *at = &frames[i];
    uint64_t wire_len = htobe64((uint64_t)len + 4);
    uint32_t id = htobe32(0x80000000u | i);
    at->len = head_len + len;
    at->data = malloc(at->len);
    if (!at->data || fread(at->data + head_len, 1, len, f) != len)
        die(path);
    at->data[0] = 1;
    memcpy(at->data + head_len - 12, &wire_len, 8);
    memcpy(at->data + head_len - 4, &id, 4);
}

static void read_frames(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint32_t len, room = 0;
    if (!f)
        die(path);
    while (fread(&len, sizeof(len), 1, f) == 1) {
        if (frames_count == room) {
            room = room ? room * 2 : 1024;
            frames = realloc(frames, room * sizeof(*frames));
            if (!frames)
                die("realloc");
        }
        keep_frame(f, path, len, frames_count++);
    }
    fclose(f);
    replies = calloc(frames_count + 1, sizeof(*replies));
    took_us = calloc(frames_count + 1, sizeof(*took_us));
    if (!replies || !took_us)
        die("calloc");
}

static void write_replies(const char *path)
{
    FILE *f = fopen(path, "wb");
    if (!f)
        die(path);
    for (uint32_t i = 0; i < next_frame; i++) {
        fwrite(&replies[i].len, sizeof(uint32_t), 1, f);
        fwrite(replies[i].data, 1, replies[i].len, f);
    }
    if (fclose(f) != 0)
        die(path);
}

/* ---- one connection ---- */

static void begin(struct client *c)
{
    if (c->at == c->group_end) {
        if (next_frame == frames_count || now_us() > end_us) {
            c->is_idle = true;
            busy--;
            return;
        }
        c->at = next_frame;
        c->group_end = frames_count - next_frame < group ? frames_count : next_frame + group;
        next_frame = c->group_end;
        c->began_us = now_us();
    }
    c->sent = c->got = 0;
    c->wanted = head_len;
    c->is_body = false;
}

/* Sends what can be sent; true when the whole frame left. */
static bool send_some(struct client *c)
{
    struct frame *f = &frames[c->at];
    while (c->sent < f->len) {
        ssize_t n = wire_write(&c->wire, f->data + c->sent, f->len - c->sent);
        if (n == WIRE_AGAIN)
            return false;
        if (n == WIRE_ENDED)
            die("the server closed while we sent");
        c->sent += (size_t)n;
    }
    return true;
}

static void take_head(struct client *c)
{
    uint64_t len;
    memcpy(&len, c->head + head_len - 12, 8);
    len = be64toh(len) - 4;
    if (len > 16u << 20)
        die("a reply of unlikely length");
    replies[c->at].len = (uint32_t)len;
    replies[c->at].data = malloc(len + 1);
    if (!replies[c->at].data)
        die("malloc");
    c->is_body = true;
    c->got = 0;
    c->wanted = len;
}

/* Reads what is there; true when the reply is whole. */
static bool read_some(struct client *c)
{
    for (;;) {
        if (c->got == c->wanted && c->is_body)
            return true;
        uint8_t *into = c->is_body ? replies[c->at].data : c->head;
        ssize_t n = wire_read(&c->wire, into + c->got, c->wanted - c->got);
        if (n == WIRE_AGAIN)
            return false;
        if (n == WIRE_ENDED)
            die("the server closed before it answered");
        c->got += (size_t)n;
        if (c->got == c->wanted && !c->is_body)
            take_head(c);
    }
}

static void watch(int poll_fd, struct client *c, bool wants_write)
{
    struct epoll_event e = {.events = EPOLLIN | (wants_write ? EPOLLOUT : 0), .data.ptr = c};
    if (wants_write != c->wants_write && epoll_ctl(poll_fd, EPOLL_CTL_MOD, c->wire.fd, &e) != 0)
        die("epoll");
    c->wants_write = wants_write;
}

/* Goes on until the connection must wait. */
static void go_on(int poll_fd, struct client *c)
{
    while (!c->is_idle) {
        if (!send_some(c)) {
            watch(poll_fd, c, true);
            return;
        }
        watch(poll_fd, c, false);
        if (!read_some(c))
            return;
        done_count++;
        if (++c->at == c->group_end)
            took_us[(c->at - 1) / group] = now_us() - c->began_us;
        begin(c);
    }
}

/* ---- all of them ---- */

static struct client *open_all(const struct target *t, unsigned count, int poll_fd)
{
    struct client *all = calloc(count, sizeof(*all));
    if (!all)
        die("calloc");
    for (unsigned i = 0; i < count; i++) {
        struct client *c = &all[i];
        c->wire = wire_open(t, i);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        if (fcntl(c->wire.fd, F_SETFL, fcntl(c->wire.fd, F_GETFL) | O_NONBLOCK) != 0 ||
            epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->wire.fd, &e) != 0)
            die("epoll");
    }
    return all;
}

static void run(struct client *all, unsigned count, int poll_fd)
{
    busy = count;
    for (unsigned i = 0; i < count; i++) {
        begin(&all[i]);
        if (!all[i].is_idle)
            go_on(poll_fd, &all[i]);
    }
    while (busy) {
        struct epoll_event ready[256];
        int n = epoll_wait(poll_fd, ready, 256, 60000);
        if (n == 0 || (n < 0 && errno != EINTR))
            die("no answer for a minute");
        for (int i = 0; i < n; i++)
            go_on(poll_fd, ready[i].data.ptr);
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
    uint32_t groups = (done_count + group - 1) / group;
    qsort(took_us, groups, sizeof(*took_us), compare);
    printf("{\"count\": %u, \"groups\": %u, \"wall_us\": %lld, \"p50_us\": %lld, \"p99_us\": %lld, "
           "\"cpu_us\": %lld}\n",
           done_count, groups, (long long)wall_us, (long long)took_us[groups / 2],
           (long long)took_us[(uint64_t)groups * 99 / 100], (long long)cpu_us);
    fflush(stdout);
}

static _Noreturn void explain(void)
{
    fprintf(stderr, "usage: purser_load [-c CLIENTS] [-g GROUP] [-t LIMIT_MS] ADDRESS FRAMES REPLIES "
                    "[CA_FILE TLS_NAME]\n");
    exit(2);
}

int main(int argc, char **argv)
{
    unsigned clients = 1;
    int64_t limit_ms = 3600000;
    for (int o; (o = getopt(argc, argv, "c:g:t:")) != -1;)
        switch (o) {
        case 'c':
            clients = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'g':
            group = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 't':
            limit_ms = strtoll(optarg, NULL, 10);
            break;
        default:
            explain();
        }
    argv += optind;
    argc -= optind;
    if ((argc != 3 && argc != 5) || !clients || !group)
        explain();
    struct target t = {.path = argc == 3 ? argv[0] : NULL};
    if (argc == 5) {
        t = (struct target){.host = strtok_r(argv[0], ":", &argv[0]), .ca_file = argv[3], .name = argv[4]};
        t.port = argv[0];
    }
    head_len = t.path ? 13 : 12;
    read_frames(argv[1]);
    int poll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct client *all = open_all(&t, clients, poll_fd);

    wait_for_word();
    int64_t cpu = own_cpu_us(), began = now_us();
    end_us = began + limit_ms * 1000;
    run(all, clients, poll_fd);
    int64_t wall = now_us() - began;
    print_figures(wall, own_cpu_us() - cpu);
    for (unsigned i = 0; i < clients; i++)
        wire_close(&all[i].wire);
    write_replies(argv[2]);
    return 0;
}
