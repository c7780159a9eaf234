/* Saying things to the user, reading files, clocks and ids. */
#include "client/client.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "client/contexts.h"
#include "common/sign.h"

#define FILE_MAX_BYTES ((size_t)64 << 20)

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

bool file_read(struct arena *a, const char *path, struct bytes *ret)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!f)
        return false;

    size_t len = 0, room = 1 << 16;
    uint8_t *data = arena_alloc(a, room);
    for (;;) {
        size_t got = data ? fread(data + len, 1, room - len, f) : 0;
        len += got;
        if (got == 0)
            break;
        if (len < room)
            continue;
        uint8_t *more = room < FILE_MAX_BYTES ? arena_alloc(a, room * 2) : NULL;
        if (more)
            memcpy(more, data, len);
        data = more;
        room *= 2;
    }
    bool ok = data && !ferror(f);
    if (!data)
        errno = EFBIG;
    if (f != stdin)
        fclose(f);
    if (ok)
        *ret = (struct bytes){data, len};
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
