/* A connection of the benchmark's client, plain or TLS; sockets and mbedtls alone, so that the figures are
 * the server's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tls;

struct wire {
    int fd;
    struct tls *tls; /* NULL: plain */
};

#define WIRE_AGAIN (-1)
#define WIRE_ENDED (-2)

/* Where to: a Unix socket's path, or host and port with the CA's file and the server's name. */
struct target {
    const char *path;
    const char *host, *port, *ca_file, *name;
};

/* Connects as the n-th client; each 32 clients come from a loopback address of their own, because the server
 * limits an address. Exits with a message when it cannot. */
struct wire wire_open(const struct target *t, unsigned n);
/* Bytes moved, WIRE_AGAIN or WIRE_ENDED. A write that ended in WIRE_AGAIN is repeated with the same bytes. */
ssize_t wire_write(struct wire *w, const void *data, size_t len);
ssize_t wire_read(struct wire *w, void *data, size_t room);
/* Moves all of it, waiting. */
bool wire_all(struct wire *w, void *data, size_t len, bool is_write);
void wire_close(struct wire *w);

_Noreturn void die(const char *what);
