/* The running server: listener, reader and writer joined. */
#pragma once

#include "common/sign.h"
#include "server/front/listener.h"
#include "server/front/writer.h"

struct service_setup {
    const char *conninfo, *read_conninfo; /* read_conninfo NULL: the same */
    const char *audience, *version;
    const char *const *urls;
    int urls_count;
    const struct listener_tls *tls;
    const struct listener_limits *limits;
    int allow_plain;
    const char *checkpoint_path;
    const struct sign_secret *journal_key;
    int batch_max, queue_max;
    int calls_max_mib;                         /* memory of all calls under way; 0: 64 */
    int look_up_connections, list_connections; /* of the reader; 0: 1 */
    int list_timeout_ms;
};

struct service;

enum status service_start(const struct service_setup *setup, struct service **ret,
                          char reterr[512]) MUST_CHECK;
/* Not ready → finish what is in flight → answer the rest UNAVAILABLE → close. */
void service_stop(struct service *s, int wait_ms);
const char *service_url(const struct service *s, int i);
