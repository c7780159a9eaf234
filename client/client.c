/* Saying things to the user, reading files, clocks and ids. */
#include "client/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "client/contexts.h"
#include "common/sign.h"

#define FILE_MAX_BYTES ((size_t)64 << 20)
#define ROOM_FIRST     ((size_t)64 << 10)

static void fail_json(enum exit_code code, const char *text)
{
    json_t *j = json_pack("{s:{s:s, s:i}}", "error", "text", text, "exit", (int)code);
    if (j) {
        json_dumpf(j, stderr, 0);
        fputc('\n', stderr);
        json_decref(j);
    }
}

int fail(const struct client *c, enum exit_code code, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    if (c->opt.output == OUTPUT_JSON || c->opt.output == OUTPUT_JSONL)
        fail_json(code, text);
    else
        fprintf(stderr, "%s%s%s%s\n", c->opt.color ? "\033[31m" : "", T(c, "错误：", "error: "),
                c->opt.color ? "\033[0m" : "", text);
    return code;
}

void advise(const struct client *c, const char *format, ...)
{
    va_list args;
    if (c->opt.output == OUTPUT_JSON || c->opt.output == OUTPUT_JSONL)
        return;
    fputs(T(c, "建议：", "hint: "), stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void remark(const struct client *c, const char *format, ...)
{
    (void)c;
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

const char *clean(struct arena *a, const char *text)
{
    size_t len = strlen(text), dirty = 0;
    for (size_t i = 0; i < len; i++)
        dirty += ((unsigned char)text[i] < 0x20 && text[i] != '\n' && text[i] != '\t') || text[i] == 0x7f;
    if (!dirty)
        return text;

    char *out = arena_alloc(a, len + 1);
    for (size_t i = 0; out && i < len; i++) {
        unsigned char ch = (unsigned char)text[i];
        out[i] = (ch < 0x20 && ch != '\n' && ch != '\t') || ch == 0x7f ? '?' : text[i];
    }
    return out ? out : "";
}

char *text_new(struct arena *a, const char *text)
{
    static char nothing[1];
    size_t len = strlen(text);
    char *copy = arena_alloc(a, len + 1);
    return copy ? memcpy(copy, text, len + 1) : nothing;
}

static bool is_reader_gone(void)
{
    struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

bool output_flush(const struct client *c, int *code)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    if (errno != EPIPE && !is_reader_gone() && *code == EXIT_DONE)
        *code = fail(c, EXIT_FILE, T(c, "写不了输出：%s", "cannot write the output: %s"),
                     strerror(errno ? errno : EIO));
    clearerr(stdout);
    return false;
}

/* Reads to the end; false with errno set. */
static bool read_all(struct arena *a, int fd, size_t room, struct bytes *ret)
{
    uint8_t *data = arena_alloc(a, room);
    for (size_t len = 0; data;) {
        ssize_t got = read(fd, data + len, room - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0) {
            *ret = (struct bytes){data, len};
            return true;
        }
        len += (size_t)got;
        if (len < room)
            continue;
        uint8_t *more = room < FILE_MAX_BYTES ? arena_alloc(a, room * 2) : NULL;
        if (more)
            memcpy(more, data, len);
        data = more;
        room *= 2;
    }
    errno = EFBIG;
    return false;
}

bool file_read(struct arena *a, const char *path, struct bytes *ret)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return false;

    /* One byte more than there should be, so that the end is seen without growing. */
    bool is_known = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
    size_t room = is_known ? (size_t)st.st_size + 1 : ROOM_FIRST;
    bool ok = read_all(a, fd, room < FILE_MAX_BYTES ? room : FILE_MAX_BYTES, ret);
    int error = errno;
    if (!is_stdin)
        close(fd);
    errno = error;
    return ok;
}

bool file_replace(struct arena *a, const char *path, const char *text)
{
    const char *tmp = arena_printf(a, "%s.%d", path, (int)getpid());
    FILE *f = fopen(tmp, "w");
    if (!f)
        return false;
    bool ok = fchmod(fileno(f), 0600) == 0 && fputs(text, f) >= 0 && fflush(f) == 0 && fsync(fileno(f)) == 0;
    ok = fclose(f) == 0 && ok && rename(tmp, path) == 0;
    return ok;
}

int64_t clock_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t server_clock_us(const struct client *c)
{
    return clock_us() + (c->ctx ? c->ctx->clock_offset_us : 0);
}

void uuid_new(uint8_t ret[16])
{
    uint64_t ms = (uint64_t)(clock_us() / 1000);

    sign_random(ret, 16);
    for (int i = 0; i < 6; i++)
        ret[i] = (uint8_t)(ms >> (40 - 8 * i));
    ret[6] = (uint8_t)(0x70 | (ret[6] & 0x0f));
    ret[8] = (uint8_t)(0x80 | (ret[8] & 0x3f));
}

const char *uuid_text(struct arena *a, const uint8_t id[16])
{
    const char *h = hex_text(a, id, 16);
    return arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16, h + 20);
}

bool uuid_parse(const char *text, uint8_t ret[16])
{
    char hex[33];
    size_t n = 0;
    for (; *text; text++) {
        if (*text == '-')
            continue;
        if (n == 32)
            return false;
        hex[n++] = *text;
    }
    hex[n] = '\0';
    return n == 32 && hex_parse(hex, ret, 16);
}
