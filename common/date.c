/* The proleptic Gregorian calendar, and counting periods as the Civil Code 201–203 does. */
#include "common/date.h"

#include <string.h>

#include "common/check.h"

#define YEAR_MIN 1
#define YEAR_MAX 9999
#define US_PER_S INT64_C(1000000)

/* 10,000 days of rest in a row: then the calendar is broken, not the period long. */
#define REST_MAX 10000

static bool is_leap(int y) { return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0); }

static int month_days(int y, int m)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return m == 2 && is_leap(y) ? 29 : days[m - 1];
}

/* Years are counted from March, so that the leap day is the last of its year; 719468 is 1970-01-01 from
 * 0000-03-01. */
static int32_t days_from_civil(int y, int m, int d)
{
    int year = m <= 2 ? y - 1 : y;
    int era = (year >= 0 ? year : year - 399) / 400;
    int of_era = year - era * 400;
    int of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct civil {
    int y, m, d;
};

static struct civil civil_of(struct day day)
{
    PRE(day_is(day));
    int z = day.n + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    int of_era = z - era * 146097;
    int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (5 * of_year + 2) / 153;
    struct civil c = {year + era * 400, month + (month < 10 ? 3 : -9), of_year - (153 * month + 2) / 5 + 1};
    if (c.m <= 2)
        c.y++;
    return c;
}

struct day day_of(int year, int month, int day)
{
    if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 ||
        day > month_days(year, month))
        return DAY_NONE;
    return (struct day){days_from_civil(year, month, day)};
}

int day_year(struct day d) { return civil_of(d).y; }

int day_month(struct day d) { return civil_of(d).m; }

int day_mday(struct day d) { return civil_of(d).d; }

/* 1970-01-01 was a Thursday. */
int day_weekday(struct day d)
{
    PRE(day_is(d));
    return (d.n % 7 + 4 + 7) % 7;
}

struct day day_of_us(int64_t us)
{
    const int64_t us_per_day = 86400 * US_PER_S, utc8 = 8 * 3600 * US_PER_S;
    int64_t days = us / us_per_day, rest = us % us_per_day;
    if (rest < 0) {
        days--;
        rest += us_per_day;
    }
    if (rest + utc8 >= us_per_day)
        days++;
    return (struct day){(int32_t)days};
}

bool day_parse_iso(const char *text, struct day *ret)
{
    int n[3] = {0};
    if (!text || strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    for (int i = 0, part = 0; i < 10; i++) {
        if (i == 4 || i == 7) {
            part++;
            continue;
        }
        if (text[i] < '0' || text[i] > '9')
            return false;
        n[part] = n[part] * 10 + (text[i] - '0');
    }

    struct day d = day_of(n[0], n[1], n[2]);
    if (day_is(d))
        *ret = d;
    return day_is(d);
}

/* The next character in its plain form: full-width digits and marks become ASCII; 年 and 月 become '-', 日
 * and 号 '$'. */
static char plain(const char **at)
{
    static const struct {
        const char *text;
        char plain;
    } forms[] = {{"年", '-'}, {"月", '-'}, {"日", '$'}, {"号", '$'}, {"－", '-'},
                 {"．", '-'}, {"／", '-'}, {"。", '-'}, {"　", ' '}};
    const unsigned char *p = (const unsigned char *)*at;
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        if (strncmp(*at, forms[i].text, strlen(forms[i].text)) == 0) {
            *at += strlen(forms[i].text);
            return forms[i].plain;
        }
    if (p[0] == 0xEF && p[1] == 0xBC && p[2] >= 0x90 && p[2] <= 0x99) { /* U+FF10 … U+FF19 */
        *at += 3;
        return (char)('0' + (p[2] - 0x90));
    }
    (*at)++;
    return p[0] == '.' || p[0] == '/' ? '-' : (char)p[0];
}

/* Three groups of digits between marks; digits[] holds their lengths. */
static bool read_groups(const char *text, int n[3], int digits[3], int *ret_groups)
{
    int group = 0;
    bool is_over = false;
    for (const char *at = text; *at;) {
        char c = plain(&at);
        if (c == ' ' || c == '\t') {
            is_over = is_over || digits[group] > 0;
        } else if (is_over) {
            return false;
        } else if (c >= '0' && c <= '9') {
            if (++digits[group] > 8)
                return false;
            n[group] = n[group] * 10 + (c - '0');
        } else if (c == '-' && digits[group] > 0 && group < 2) {
            group++;
        } else if (c == '$' && group == 2 && digits[2] > 0) {
            is_over = true;
        } else {
            return false;
        }
    }
    *ret_groups = group + 1;
    return true;
}

bool day_parse_loose(const char *text, struct day *ret)
{
    int n[3] = {0}, digits[3] = {0}, groups;
    if (!text || !read_groups(text, n, digits, &groups))
        return false;

    struct day d = DAY_NONE;
    if (groups == 1 && digits[0] == 8)
        d = day_of(n[0] / 10000, n[0] / 100 % 100, n[0] % 100);
    else if (groups == 3 && digits[0] == 4 && digits[1] <= 2 && digits[2] <= 2)
        d = day_of(n[0], n[1], n[2]);
    if (day_is(d))
        *ret = d;
    return day_is(d);
}

const char *day_text(struct arena *a, struct day d)
{
    if (!day_is(d))
        return "";
    struct civil c = civil_of(d);
    return arena_printf(a, "%04d-%02d-%02d", c.y, c.m, c.d);
}

struct day day_add_months(struct day d, int months)
{
    struct civil c = civil_of(d);
    int64_t month = (int64_t)c.y * 12 + c.m - 1 + months;
    if (month < YEAR_MIN * 12 || month >= (YEAR_MAX + 1) * 12)
        return DAY_NONE;
    int y = (int)(month / 12), m = (int)(month % 12) + 1, last = month_days(y, m);
    return day_of(y, m, c.d < last ? c.d : last);
}

/* DAY_NONE beyond the years that can be written. */
struct day day_add(struct day d, int days)
{
    PRE(day_is(d));
    int64_t n = (int64_t)d.n + days;
    if (n < days_from_civil(YEAR_MIN, 1, 1) || n > days_from_civil(YEAR_MAX, 12, 31))
        return DAY_NONE;
    return (struct day){(int32_t)n};
}

struct day day_period_end(struct day from, int days, day_rests_fn *rests, const void *ctx)
{
    struct day end = day_add(from, days);
    for (int i = 0; day_is(end) && rests(ctx, end) && i < REST_MAX; i++)
        end = day_add(end, 1);
    return end;
}

struct day day_add_workdays(struct day from, int workdays, day_rests_fn *rests, const void *ctx)
{
    int step = workdays < 0 ? -1 : 1, left = workdays * step;
    struct day d = from;
    for (int resting = 0; left > 0 && resting < REST_MAX;) {
        d = day_add(d, step);
        if (!day_is(d))
            return DAY_NONE;
        if (rests(ctx, d)) {
            resting++;
            continue;
        }
        resting = 0;
        left--;
    }
    return d;
}

bool day_rests_on_weekends(const void *ctx, struct day d)
{
    (void)ctx;
    int weekday = day_weekday(d);
    return weekday == 0 || weekday == 6;
}
