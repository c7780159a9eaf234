/* What is settled before the first connection: limits, certificate, addresses, and why some will not do. */
#pragma once

#include <stdbool.h>

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>

#include "common/status.h"
#include "server/front/listener.h"

enum { BIND_URL_MAX = 300 };

/* given may be NULL; what is 0 in it becomes the default. */
void bind_limits(const struct listener_limits *given, struct listener_limits *ret);

/* INVALID_ARGUMENT: another scheme, tls without certificate, plain tcp beyond loopback, too long a path.
 * UNAVAILABLE: at the ipc path stands something that is no socket, or a server that answers. */
enum status bind_check(const char *url, bool has_tls, bool allow_plain, bool *ret_is_ipc,
                       char reterr[256]) MUST_CHECK;

/* INVALID_ARGUMENT when nng cannot use them. The caller frees it. */
enum status bind_tls(const struct listener_tls *tls, nng_tls_config **ret, char reterr[256]) MUST_CHECK;

/* Binds and listens; ret_url tells the real port. The caller frees it. UNAVAILABLE when it will not bind. */
enum status bind_listen(const char *url, bool is_ipc, nng_tls_config *tls, nng_stream_listener **ret,
                        char ret_url[BIND_URL_MAX], char reterr[256]) MUST_CHECK;
