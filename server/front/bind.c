/* What is settled before the first connection: limits, certificate, addresses, and why some will not do. */
#include "server/front/bind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    ERR_MAX = 256,
    IPC_MODE = 0660, /* the folder's group may come in; who may do what is told by signatures */
};

void bind_limits(const struct listener_limits *given, struct listener_limits *ret)
{
    static const struct listener_limits usual = {
        .connections_max = 2000,
        .per_address_max = 64,
        .unnegotiated_max = 16,
        .frame_max_bytes = 1 << 20,
        .bodies_max_bytes = 64 << 20,
        .handshake_ms = 3000,
        .body_ms = 5000,
        .reply_ms = 5000,
        .idle_ms = 60000,
    };
    *ret = given != NULL ? *given : usual;
    ret->connections_max = ret->connections_max > 0 ? ret->connections_max : usual.connections_max;
    ret->per_address_max = ret->per_address_max > 0 ? ret->per_address_max : usual.per_address_max;
    ret->unnegotiated_max = ret->unnegotiated_max > 0 ? ret->unnegotiated_max : usual.unnegotiated_max;
    ret->frame_max_bytes = ret->frame_max_bytes > 0 ? ret->frame_max_bytes : usual.frame_max_bytes;
    ret->bodies_max_bytes = ret->bodies_max_bytes > 0 ? ret->bodies_max_bytes : usual.bodies_max_bytes;
    ret->handshake_ms = ret->handshake_ms > 0 ? ret->handshake_ms : usual.handshake_ms;
    ret->body_ms = ret->body_ms > 0 ? ret->body_ms : usual.body_ms;
    ret->reply_ms = ret->reply_ms > 0 ? ret->reply_ms : usual.reply_ms;
    ret->idle_ms = ret->idle_ms > 0 ? ret->idle_ms : usual.idle_ms;
}

static bool begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

static bool is_loopback(const char *host)
{
    return begins(host, "127.") || begins(host, "[::1]:") || begins(host, "localhost:");
}

/* True when somebody accepts there, or its queue is full, which is an answer too. */
static bool somebody_answers(const struct sockaddr_un *addr)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return true;
    bool answers = connect(fd, (const struct sockaddr *)addr, sizeof *addr) == 0 || errno != ECONNREFUSED;
    close(fd);
    return answers;
}

/* A file that is in the way is left alone; only a socket on which nobody answers is stale, and removed. */
static enum status path_check(const char *path, char reterr[ERR_MAX])
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    struct stat st;

    if (path[0] != '/' || strlen(path) >= sizeof addr.sun_path) {
        snprintf(reterr, ERR_MAX, "ipc://%.120s: the path must begin with / and be shorter than %zu bytes",
                 path, sizeof addr.sun_path);
        return STATUS_INVALID_ARGUMENT;
    }
    if (lstat(path, &st) != 0)
        return STATUS_OK; /* what else is wrong with it, bind tells */
    if (!S_ISSOCK(st.st_mode)) {
        snprintf(reterr, ERR_MAX, "%s exists and is not a socket", path);
        return STATUS_UNAVAILABLE;
    }
    memcpy(addr.sun_path, path, strlen(path) + 1);
    if (somebody_answers(&addr)) {
        snprintf(reterr, ERR_MAX, "another server answers on %s", path);
        return STATUS_UNAVAILABLE;
    }
    if (unlink(path) != 0) {
        snprintf(reterr, ERR_MAX, "the stale socket %s cannot be removed: %s", path, strerror(errno));
        return STATUS_UNAVAILABLE;
    }
    return STATUS_OK;
}

enum status bind_check(const char *url, bool has_tls, bool allow_plain, bool *ret_is_ipc,
                       char reterr[ERR_MAX])
{
    *ret_is_ipc = begins(url, "ipc://");
    if (*ret_is_ipc)
        return path_check(url + strlen("ipc://"), reterr);

    if (begins(url, "tls+tcp://")) {
        if (has_tls)
            return STATUS_OK;
        snprintf(reterr, ERR_MAX, "%.150s needs a certificate and its key", url);
        return STATUS_INVALID_ARGUMENT;
    }
    if (!begins(url, "tcp://")) {
        snprintf(reterr, ERR_MAX, "%.150s: the address must begin with ipc://, tls+tcp:// or tcp://", url);
        return STATUS_INVALID_ARGUMENT;
    }
    if (!allow_plain && !is_loopback(url + strlen("tcp://"))) {
        snprintf(reterr, ERR_MAX, "%.120s: plain tcp is for loopback only; use tls+tcp, or allow it", url);
        return STATUS_INVALID_ARGUMENT;
    }
    return STATUS_OK;
}

enum status bind_tls(const struct listener_tls *tls, nng_tls_config **ret, char reterr[ERR_MAX])
{
    nng_tls_config *config = NULL;

    int err = nng_tls_config_alloc(&config, NNG_TLS_MODE_SERVER);
    if (err == 0)
        err = nng_tls_config_own_cert(config, tls->cert_pem, tls->key_pem, NULL);
    if (err == 0)
        err = nng_tls_config_auth_mode(config, NNG_TLS_AUTH_MODE_NONE); /* a signature tells who it is */
    if (err == 0) {
        *ret = config;
        return STATUS_OK;
    }
    if (config != NULL)
        nng_tls_config_free(config);
    snprintf(reterr, ERR_MAX, "the certificate and its key cannot be used: %s", nng_strerror(err));
    return STATUS_INVALID_ARGUMENT;
}

/* What was bound; the port was perhaps left to the system. */
static int bound_url(nng_stream_listener *wire, const char *url, bool is_ipc, char ret[BIND_URL_MAX])
{
    int port = 0;

    snprintf(ret, BIND_URL_MAX, "%s", url);
    if (is_ipc)
        return 0;
    int err = nng_stream_listener_get_int(wire, NNG_OPT_TCP_BOUND_PORT, &port);
    char *colon = strrchr(ret, ':');
    if (err == 0 && colon != NULL)
        snprintf(colon, BIND_URL_MAX - (size_t)(colon - ret), ":%d", port);
    return err;
}

enum status bind_listen(const char *url, bool is_ipc, nng_tls_config *tls, nng_stream_listener **ret,
                        char ret_url[BIND_URL_MAX], char reterr[ERR_MAX])
{
    nng_stream_listener *wire = NULL;

    int err = nng_stream_listener_alloc(&wire, url);
    if (err == 0 && begins(url, "tls+"))
        err = nng_stream_listener_set_ptr(wire, NNG_OPT_TLS_CONFIG, tls);
    if (err == 0 && is_ipc)
        err = nng_stream_listener_set_int(wire, NNG_OPT_IPC_PERMISSIONS, IPC_MODE);
    if (err == 0 && !is_ipc)
        err = nng_stream_listener_set_bool(wire, NNG_OPT_TCP_NODELAY, true); /* off: 80 ms more a handshake */
    if (err == 0 && !is_ipc)
        err = nng_stream_listener_set_bool(wire, NNG_OPT_TCP_KEEPALIVE, true);
    if (err == 0)
        err = nng_stream_listener_listen(wire);
    if (err == 0)
        err = bound_url(wire, url, is_ipc, ret_url);
    if (err == 0) {
        *ret = wire;
        return STATUS_OK;
    }
    if (wire != NULL)
        nng_stream_listener_free(wire);
    snprintf(reterr, ERR_MAX, "cannot listen on %.150s: %s", url, nng_strerror(err));
    return err == NNG_EADDRINVAL || err == NNG_EINVAL ? STATUS_INVALID_ARGUMENT : STATUS_UNAVAILABLE;
}
