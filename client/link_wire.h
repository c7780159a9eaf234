/* A connection as a stream of bytes; private to link.c and the two kinds of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/status.h"

struct client;
struct wire;

/* Each step ends at `until_ms` (monotonic) at the latest and says why it failed (static text): UNAVAILABLE,
 * or DEADLINE_EXCEEDED. After a failure the wire is only good for closing. */
struct wire_kind {
    const char *scheme; /* what its addresses begin with */
    bool is_framed;     /* SP over ipc puts a byte before each frame */
    enum status (*open)(const struct client *c, const char *url, int64_t until_ms, struct wire **ret,
                        const char **ret_why);
    enum status (*send)(struct wire *w, const void *data, size_t len, int64_t until_ms, const char **ret_why);
    enum status (*receive)(struct wire *w, void *ret, size_t len, int64_t until_ms, const char **ret_why);
    bool (*is_over)(struct wire *w); /* has the other side gone while nothing was asked? */
    void (*close)(struct wire *w);
};
extern const struct wire_kind wire_ipc, wire_tcp, wire_tls;

static inline int64_t monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
