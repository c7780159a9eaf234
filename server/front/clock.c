/* The server's time: the machine's, or in `demo` and `dev` what a file says, so that a year can be lived in a
 * minute. */
#define _GNU_SOURCE
#include "server/front/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const char *clock_path;
static int64_t started_us;           /* monotonic */
static atomic_int_fast64_t least_us; /* what the journal says */

static int64_t us_of(const struct timespec *t) { return (int64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000; }

static int64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return us_of(&now);
}

void clock_setup(const char *path)
{
    clock_path = path && *path ? path : NULL;
    started_us = monotonic_us();
}

int64_t clock_uptime_us(void) { return monotonic_us() - started_us; }

int64_t clock_jump_us(void)
{
    static int64_t apart_before;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t apart = us_of(&now) - monotonic_us(), before = apart_before;
    apart_before = apart;
    return before && !clock_path ? apart - before : 0;
}

/* The moment that the file names; false when it cannot be read. */
static int read_moment(int64_t *ret_us)
{
    FILE *f = fopen(clock_path, "re");
    if (!f)
        return 0;
    int y, mo, d, h, mi, s;
    int got = fscanf(f, "%d-%d-%dT%d:%d:%d", &y, &mo, &d, &h, &mi, &s);
    fclose(f);
    if (got != 6)
        return 0;
    struct tm tm =
        {.tm_year = y - 1900, .tm_mon = mo - 1, .tm_mday = d, .tm_hour = h, .tm_min = mi, .tm_sec = s};
    *ret_us = ((int64_t)timegm(&tm) - 8 * 3600) * 1000000; /* the file speaks civil time, UTC+8 */
    return 1;
}

static int64_t wall_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct stat st;
    int64_t moment;
    if (!clock_path || stat(clock_path, &st) != 0 || !read_moment(&moment))
        return us_of(&now);
    return moment + us_of(&now) - us_of(&st.st_mtim);
}

void clock_not_before(int64_t us) { atomic_store(&least_us, us); }

int64_t clock_now_us(void)
{
    int64_t wall = wall_us(), least = atomic_load(&least_us);
    return wall > least ? wall : least;
}

int64_t clock_monotonic_ms(void) { return monotonic_us() / 1000; }
