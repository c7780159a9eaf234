/* Servers and who one is there: a folder each, under ~/.config/purser/contexts (PURSER_HOME instead of
 * ~/.config/purser). */
#pragma once

#include "client/client.h"

#define SERVERS_MAX 8

struct context {
    const char *name, *dir; /* dir NULL: made by --server alone, nothing is kept */
    const char *servers[SERVERS_MAX];
    int servers_count;
    const char *tls_name, *ca, *audience, *vkey;
    const char *person;      /* how the person is called */
    const char *public_key;  /* hex; "" when there is no key */
    const char *invite_code; /* while enrolling: the code whose outcome is not known yet */
    int64_t clock_offset_us;
};

/* Reads the context that the options, PURSER_CONTEXT or the last `context use` name into c->ctx (NULL when
 * there is none and --server is not given). Not EXIT_DONE after saying what is wrong. */
int context_open(struct client *c);
/* One context by name; NULL when there is none or it cannot be read (errno 0: it is damaged). */
struct context *context_read(const struct client *c, const char *name);
bool context_write(const struct client *c, const struct context *ctx);
const char *context_file(const struct client *c, const struct context *ctx, const char *name);
/* A new, empty folder for a context; dir is set. False with errno. */
bool context_make(const struct client *c, struct context *ctx);
bool context_use(const struct client *c, const char *name);
bool context_name_is_fit(const char *name);
/* Remembers how far this machine's clock is from the server's. */
void context_learn_clock(struct client *c, int64_t server_time_us);

int command_context(struct client *c, int argc, char **argv);
