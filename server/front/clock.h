/* The server's time: the machine's, or in `demo` and `dev` what a file says, so that a year can be lived in a
 * minute. */
#pragma once

#include <stdint.h>

/* path NULL: the machine's clock. Otherwise the file's first line is an ISO moment
 * ("2026-09-10T09:00:00+08:00") that is taken as the time at which the file was last changed; time runs on
 * from there. */
void clock_setup(const char *path);
/* Wall clock as above, but never earlier than the journal's newest entry; any thread. */
int64_t clock_now_us(void);
void clock_not_before(int64_t us); /* the journal has got there */
int64_t clock_uptime_us(void);     /* since clock_setup() */
/* How far the machine's clock was set, forward or back, since this was asked last; 0 in `demo` and `dev` with
 * a clock of their own. One thread. */
int64_t clock_jump_us(void);
int64_t clock_monotonic_ms(void); /* for deadlines of our own */
