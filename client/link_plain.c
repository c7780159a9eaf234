/* ipc and tcp by a plain socket: a process that asks once cannot afford nng's dozen threads. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/link_wire.h"

struct wire {
    int fd;
};

static enum status failed(const char **ret_why, const char *why)
{
    *ret_why = why;
    return STATUS_UNAVAILABLE;
}

static enum status wait_for(int fd, short events, int64_t until_ms, const char **ret_why)
{
    for (;;) {
        struct pollfd p = {.fd = fd, .events = events};
        int64_t left = until_ms - monotonic_ms();
        int n = left > 0 ? poll(&p, 1, left < INT32_MAX ? (int)left : INT32_MAX) : 0;
        if (n > 0)
            return STATUS_OK;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(ret_why, strerror(errno));
        *ret_why = strerror(ETIMEDOUT);
        return STATUS_DEADLINE_EXCEEDED;
    }
}

/* A socket connected within the time, or −1. */
static int connect_within(const struct sockaddr *to, socklen_t len, int64_t until_ms, enum status *ret_status,
                          const char **ret_why)
{
    int error = 0, fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t error_len = sizeof(error);
    *ret_status = STATUS_OK;
    if (fd < 0 || connect(fd, to, len) != 0)
        error = errno;
    if (error == EINPROGRESS) {
        *ret_status = wait_for(fd, POLLOUT, until_ms, ret_why);
        error = 0;
        if (*ret_status == STATUS_OK && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_len) != 0)
            error = errno;
    }
    if (error)
        *ret_status = failed(ret_why, strerror(error));
    if (*ret_status == STATUS_OK)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static enum status wire_on(int fd, enum status s, struct wire **ret, const char **ret_why)
{
    if (fd < 0)
        return s;
    *ret = malloc(sizeof(**ret));
    if (*ret) {
        (*ret)->fd = fd;
        return STATUS_OK;
    }
    close(fd);
    return failed(ret_why, strerror(ENOMEM));
}

static enum status ipc_open(const struct client *c, const char *url, int64_t until_ms, struct wire **ret,
                            const char **ret_why)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const char *path = url + strlen(wire_ipc.scheme);
    enum status s;
    (void)c;
    if (!*path || strlen(path) >= sizeof(to.sun_path))
        return failed(ret_why, strerror(ENAMETOOLONG));
    memcpy(to.sun_path, path, strlen(path));
    int fd = connect_within((const struct sockaddr *)&to, sizeof(to), until_ms, &s, ret_why);
    return wire_on(fd, s, ret, ret_why);
}

/* "HOST:PORT" or "[HOST]:PORT" in two; false when it is neither. */
static bool split(char *address, char **ret_host, char **ret_port)
{
    char *colon = strrchr(address, ':');
    if (!colon || colon == address || !colon[1])
        return false;
    *colon = '\0';
    *ret_port = colon + 1;
    bool is_bracketed = address[0] == '[' && colon[-1] == ']';
    if (is_bracketed)
        colon[-1] = '\0';
    *ret_host = address + is_bracketed;
    return true;
}

static enum status tcp_open(const struct client *c, const char *url, int64_t until_ms, struct wire **ret,
                            const char **ret_why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *all = NULL;
    char address[512], *host, *port;
    size_t len = strlen(url) - strlen(wire_tcp.scheme);
    enum status s = STATUS_UNAVAILABLE;
    (void)c;
    *ret_why = strerror(EADDRNOTAVAIL);
    if (len >= sizeof(address))
        return s;
    memcpy(address, url + strlen(wire_tcp.scheme), len + 1);
    if (!split(address, &host, &port))
        return s;
    int error = getaddrinfo(host, port, &hints, &all);
    if (error != 0)
        return failed(ret_why, gai_strerror(error));
    int fd = -1;
    for (const struct addrinfo *a = all; a && fd < 0; a = a->ai_next)
        fd = connect_within(a->ai_addr, a->ai_addrlen, until_ms, &s, ret_why);
    freeaddrinfo(all);
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return wire_on(fd, s, ret, ret_why);
}

/* After a call that moved nothing: OK when it may be tried again. */
static enum status wait_after(const struct wire *w, short events, int64_t until_ms, const char **ret_why)
{
    if (errno == EINTR)
        return STATUS_OK;
    return errno == EAGAIN ? wait_for(w->fd, events, until_ms, ret_why) : failed(ret_why, strerror(errno));
}

static enum status plain_send(struct wire *w, const void *data, size_t len, int64_t until_ms,
                              const char **ret_why)
{
    for (const char *at = data; len > 0;) {
        ssize_t n = send(w->fd, at, len, MSG_NOSIGNAL);
        if (n >= 0) {
            at += n;
            len -= (size_t)n;
            continue;
        }
        enum status s = wait_after(w, POLLOUT, until_ms, ret_why);
        if (s != STATUS_OK)
            return s;
    }
    return STATUS_OK;
}

static enum status plain_receive(struct wire *w, void *ret, size_t len, int64_t until_ms,
                                 const char **ret_why)
{
    for (char *at = ret; len > 0;) {
        ssize_t n = recv(w->fd, at, len, 0);
        if (n == 0)
            return failed(ret_why, strerror(ECONNRESET));
        if (n > 0) {
            at += n;
            len -= (size_t)n;
            continue;
        }
        enum status s = wait_after(w, POLLIN, until_ms, ret_why);
        if (s != STATUS_OK)
            return s;
    }
    return STATUS_OK;
}

/* Between two requests the server says nothing: what can be read is its farewell. */
static bool plain_is_over(struct wire *w)
{
    struct pollfd p = {.fd = w->fd, .events = POLLIN};
    return poll(&p, 1, 0) != 0;
}

static void plain_close(struct wire *w)
{
    close(w->fd);
    free(w);
}

const struct wire_kind wire_ipc = {"ipc://",      true,          ipc_open,   plain_send,
                                   plain_receive, plain_is_over, plain_close};
const struct wire_kind wire_tcp = {"tcp://",      false,         tcp_open,   plain_send,
                                   plain_receive, plain_is_over, plain_close};
