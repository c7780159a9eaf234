/* Sends prepared frames over many connections at once and measures: load SOCKET FRAMES REPLIES CLIENTS.
 *
 * FRAMES and REPLIES are files of (32-bit little-endian length, bytes). Plain Unix sockets and SP framing, no
 * nng, so that the figures are the server's. Prints one line of JSON: count, wall_us, p50_us, p99_us, failed.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct frame {
    uint8_t *data;
    uint32_t len;
};

static const char *socket_path;
static struct frame *frames, *replies;
static int64_t *took_us;
static uint32_t frames_count;
static atomic_uint next_frame, failed;
static pthread_barrier_t start;

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(1);
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
        frames[frames_count].len = len;
        frames[frames_count].data = malloc(len);
        if (!frames[frames_count].data || fread(frames[frames_count].data, 1, len, f) != len)
            die(path);
        frames_count++;
    }
    fclose(f);
}

static bool all(int fd, void *data, size_t len, bool is_send)
{
    uint8_t *p = data;
    while (len) {
        ssize_t n = is_send ? send(fd, p, len, MSG_NOSIGNAL) : recv(fd, p, len, 0);
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static int connect_to(void)
{
    static const uint8_t hello[8] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
    uint8_t back[8], out[8];
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", socket_path);
    memcpy(out, hello, sizeof(out));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || !all(fd, out, 8, true) ||
        !all(fd, back, 8, false))
        die(socket_path);
    return fd;
}

/* One frame there and one back; false when the connection broke. */
static bool exchange(int fd, uint32_t i)
{
    uint8_t head[13] = {1}; /* ipc: message marker, length, request id with the high bit set */
    uint64_t len = htobe64((uint64_t)frames[i].len + 4), back_len;
    uint32_t id = htobe32(0x80000000u | i);
    memcpy(head + 1, &len, 8);
    memcpy(head + 9, &id, 4);
    if (!all(fd, head, 13, true) || !all(fd, frames[i].data, frames[i].len, true) ||
        !all(fd, head, 13, false))
        return false;
    memcpy(&back_len, head + 1, 8);
    replies[i].len = (uint32_t)(be64toh(back_len) - 4);
    replies[i].data = malloc(replies[i].len + 1);
    return replies[i].data && all(fd, replies[i].data, replies[i].len, false);
}

static void *client(void *arg)
{
    (void)arg;
    int fd = connect_to();
    pthread_barrier_wait(&start);
    for (uint32_t i; (i = atomic_fetch_add(&next_frame, 1)) < frames_count;) {
        int64_t began = now_us();
        if (!exchange(fd, i)) {
            atomic_fetch_add(&failed, 1);
            break;
        }
        took_us[i] = now_us() - began;
    }
    close(fd);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void write_replies(const char *path)
{
    FILE *f = fopen(path, "wb");
    if (!f)
        die(path);
    for (uint32_t i = 0; i < frames_count; i++) {
        fwrite(&replies[i].len, sizeof(uint32_t), 1, f);
        fwrite(replies[i].data ? replies[i].data : (uint8_t *)f, 1, replies[i].data ? replies[i].len : 0, f);
    }
    fclose(f);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: load SOCKET FRAMES REPLIES CLIENTS\n");
        return 2;
    }
    socket_path = argv[1];
    read_frames(argv[2]);
    unsigned clients = (unsigned)strtoul(argv[4], NULL, 10);
    pthread_t *threads = calloc(clients, sizeof(*threads));
    replies = calloc(frames_count + 1, sizeof(*replies));
    took_us = calloc(frames_count + 1, sizeof(*took_us));
    if (!threads || !replies || !took_us)
        die("calloc");

    pthread_barrier_init(&start, NULL, clients + 1);
    for (unsigned i = 0; i < clients; i++)
        if (pthread_create(&threads[i], NULL, client, NULL) != 0)
            die("pthread_create");
    pthread_barrier_wait(&start);
    int64_t began = now_us();
    for (unsigned i = 0; i < clients; i++)
        pthread_join(threads[i], NULL);
    int64_t wall = now_us() - began;
    write_replies(argv[3]);
    qsort(took_us, frames_count, sizeof(*took_us), compare);
    printf("{\"count\": %u, \"wall_us\": %lld, \"p50_us\": %lld, \"p99_us\": %lld, \"failed\": %u}\n",
           frames_count, (long long)wall, (long long)took_us[frames_count / 2],
           (long long)took_us[(uint64_t)frames_count * 99 / 100], atomic_load(&failed));
    return atomic_load(&failed) ? 1 : 0;
}
