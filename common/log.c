/* One line a thing worth telling: text on a terminal, JSON else. */
#include "common/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048
#define PAGE_BYTES     8192

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static atomic_int least_level = LOG_INFO;
static atomic_int is_json;

/* Of each thread its own. */
static _Thread_local struct {
    bool is_gathering;
    size_t len;
    char lines[PAGE_BYTES];
} page;

void log_setup(enum log_level least, int as_json)
{
    atomic_store(&least_level, (int)least);
    atomic_store(&is_json, as_json);
}

static void moment(char ret[40])
{
    struct timespec now;
    struct tm utc;
    char day[24];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(ret, 40, "%s.%03ldZ", day, now.tv_nsec / 1000000);
}

/* Escapes for JSON; on a terminal a line stays one line too, whatever stands in it. */
static void escape(const char *text, bool quotes, char *ret, size_t room)
{
    size_t at = 0;

    for (; *text && at + 8 < room; text++) {
        unsigned char c = (unsigned char)*text;
        if (quotes && (c == '"' || c == '\\'))
            ret[at++] = '\\';
        if (c < 0x20 || c == 0x7f)
            at += (size_t)snprintf(ret + at, room - at, "\\u%04x", c);
        else
            ret[at++] = (char)c;
    }
    ret[at] = '\0';
}

/* One write for whole lines, so that those of several threads do not mix; what cannot be written is lost. */
static void put(const char *lines, size_t len)
{
    if (len && write(STDERR_FILENO, lines, len) < 0)
        return;
}

void log_gather(void) { page.is_gathering = true; }

void log_spill(void)
{
    put(page.lines, page.len);
    page.len = 0;
    page.is_gathering = false;
}

static void keep(enum log_level level, const char *line, size_t len)
{
    if (page.len + len > PAGE_BYTES) {
        put(page.lines, page.len);
        page.len = 0;
    }
    memcpy(page.lines + page.len, line, len);
    page.len += len;
    if (level >= LOG_WARN) {
        put(page.lines, page.len);
        page.len = 0;
    }
}

void log_line(enum log_level level, const char *format, ...)
{
    char text[LINE_MAX_BYTES], safe[2 * LINE_MAX_BYTES], line[2 * LINE_MAX_BYTES + 128], when[40];
    va_list args;

    if ((int)level < atomic_load(&least_level))
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    moment(when);
    escape(text, atomic_load(&is_json), safe, sizeof(safe));
    int len = atomic_load(&is_json)
                  ? snprintf(line, sizeof(line), "{\"time\":\"%s\",\"level\":\"%s\",\"text\":\"%s\"}\n", when,
                             level_names[level], safe)
                  : snprintf(line, sizeof(line), "%s %-5s %s\n", when, level_names[level], safe);
    if (page.is_gathering)
        keep(level, line, (size_t)len);
    else
        put(line, (size_t)len);
}
