/* Civil days (UTC+8) and the periods of the law, counted as the Civil Code 201–203 says. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"

/* A civil day: days since 1970-01-01. DAY_NONE is "no day". */
struct day {
    int32_t n;
};
#define DAY_NONE ((struct day){INT32_MIN})

static inline bool day_is(struct day d) { return d.n != INT32_MIN; }

struct day day_of(int year, int month, int day); /* DAY_NONE when there is no such day */
int day_year(struct day d);
int day_month(struct day d);
int day_mday(struct day d);
int day_weekday(struct day d); /* 0 Sunday … 6 Saturday */

/* The civil day at UTC+8 of a moment in microseconds since 1970 UTC. */
struct day day_of_us(int64_t us);

/* Strict ISO "2026-06-12"; false for anything else, ret untouched. */
bool day_parse_iso(const char *text, struct day *ret);
/* What people type: 2026-06-12, 20260612, 2026.6.12, 2026/6/12, 2026年6月12日 (also full-width digits). */
bool day_parse_loose(const char *text, struct day *ret);
/* ISO text in the arena; "" for DAY_NONE. */
const char *day_text(struct arena *a, struct day d);

/* The corresponding day n months later; the last day of the month where there is none. */
struct day day_add_months(struct day d, int months);
struct day day_add(struct day d, int days);

/* How a calendar answers: is that day a day of rest? ctx belongs to the caller. */
typedef bool day_rests_fn(const void *ctx, struct day d);
/* Day `days` calendar days after `from` (the first day not counted), moved to the next working day when it
 * rests. */
struct day day_period_end(struct day from, int days, day_rests_fn *rests, const void *ctx);
/* Day `workdays` working days after `from`, the first day not counted; negative counts backwards. */
struct day day_add_workdays(struct day from, int workdays, day_rests_fn *rests, const void *ctx);
/* Saturdays and Sundays only; ctx is ignored. */
bool day_rests_on_weekends(const void *ctx, struct day d);
