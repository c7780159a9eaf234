/* Reading, reckoning and saying amounts; no amount is ever a floating-point number. */
#include "common/money.h"

#include <string.h>

#include "common/check.h"

static const struct {
    const char *name;
    int64_t fen;
    int decimals; /* until fen */
} units[] = {
    [MONEY_FEN] = {"分", 1, 0},
    [MONEY_YUAN] = {"元", 100, 2},
    [MONEY_WAN] = {"万元", INT64_C(1000000), 6},
    [MONEY_YI] = {"亿元", INT64_C(10000000000), 10},
};

bool money_add(int64_t a, int64_t b, int64_t *ret)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *ret = sum;
    return true;
}

bool money_sub(int64_t a, int64_t b, int64_t *ret)
{
    int64_t left;
    if (__builtin_sub_overflow(a, b, &left))
        return false;
    *ret = left;
    return true;
}

static int64_t clamp(__int128 n)
{
    if (n > INT64_MAX)
        return INT64_MAX;
    return n < INT64_MIN ? INT64_MIN : (int64_t)n;
}

/* Rounds towards minus infinity. */
static __int128 floor_div(__int128 n, __int128 by)
{
    __int128 q = n / by;
    return n % by != 0 && (n < 0) != (by < 0) ? q - 1 : q;
}

int64_t money_share_bp(int64_t amount_fen, int64_t bp)
{
    return clamp(floor_div((__int128)amount_fen * bp, 10000));
}

int64_t money_ratio_bp(int64_t part_fen, int64_t whole_fen)
{
    if (whole_fen == 0)
        return 0;
    __int128 part = part_fen, whole = whole_fen;
    if (whole < 0) {
        part = -part;
        whole = -whole;
    }
    return clamp(floor_div(part * 20000 + whole, whole * 2));
}

/* ---- reading ---- */

static bool eat(const char **at, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(*at, word, len) != 0)
        return false;
    *at += len;
    return true;
}

static bool eat_one_of(const char **at, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (eat(at, words[i]))
            return true;
    return false;
}

static bool eat_space(const char **at)
{
    static const char *const spaces[] = {" ", "\t", "\u00a0", "　"};
    return eat_one_of(at, spaces, COUNT_OF(spaces));
}

/* An ASCII or full-width digit; −1 when there is none. */
static int eat_digit(const char **at)
{
    const unsigned char *p = (const unsigned char *)*at;
    if (p[0] >= '0' && p[0] <= '9') {
        (*at)++;
        return p[0] - '0';
    }
    if (p[0] == 0xEF && p[1] == 0xBC && p[2] >= 0x90 && p[2] <= 0x99) {
        *at += 3;
        return p[2] - 0x90;
    }
    return -1;
}

static bool eat_comma(const char **at)
{
    static const char *const commas[] = {",", "，"};
    return eat_one_of(at, commas, COUNT_OF(commas));
}

static bool eat_point(const char **at)
{
    static const char *const points[] = {".", "．"};
    return eat_one_of(at, points, COUNT_OF(points));
}

/* A number as it is typed: its digits without the point, and how many of them stand behind it. */
struct typed {
    int64_t digits;
    int decimals;
    int grouped, commas; /* digits since the last comma before the point, and commas */
    int significant;     /* digits, leading zeros not counted */
    bool has_any, has_point;
};

#define DIGITS_MAX 18

enum why { NO_AMOUNT, NEGATIVE, DECIMALS, GROUPS, TOO_LARGE };

static const struct {
    const char *en, *zh;
} whys[] = {
    [NO_AMOUNT] = {"not an amount", "不是金额"},
    [NEGATIVE] = {"negative", "不能为负数"},
    [DECIMALS] = {"more than two decimals of 元", "以元计多于两位小数"},
    [GROUPS] = {"thousands are grouped by three", "千分位应每三位一组"},
    [TOO_LARGE] = {"amount too large", "金额过大"},
};

const char *money_why_zh(const char *why)
{
    for (size_t i = 0; i < COUNT_OF(whys); i++)
        if (strcmp(whys[i].en, why) == 0)
            return whys[i].zh;
    return why;
}

static bool take_digit(struct typed *n, int digit)
{
    n->has_any = true;
    n->decimals += n->has_point;
    n->grouped += !n->has_point;
    if ((n->digits > 0 || digit > 0) && ++n->significant > DIGITS_MAX)
        return false;
    n->digits = n->digits * 10 + digit;
    return true;
}

static bool comma_may_stand(const struct typed *n)
{
    return !n->has_point && (n->commas ? n->grouped == 3 : n->grouped >= 1 && n->grouped <= 3);
}

static const char *eat_number(const char **at, struct typed *n)
{
    for (;;) {
        int digit = eat_digit(at);
        if (digit >= 0) {
            if (!take_digit(n, digit))
                return whys[TOO_LARGE].en;
        } else if (comma_may_stand(n) && eat_comma(at)) {
            n->commas++;
            n->grouped = 0;
        } else if (!n->has_point && n->has_any && eat_point(at)) {
            n->has_point = true;
        } else {
            break;
        }
    }
    if (!n->has_any || (n->has_point && n->decimals == 0))
        return whys[NO_AMOUNT].en;
    return n->commas && n->grouped != 3 ? whys[GROUPS].en : NULL;
}

static bool eat_unit(const char **at, enum money_unit *ret)
{
    static const struct {
        const char *word;
        enum money_unit unit;
    } words[] = {{"亿元", MONEY_YI}, {"亿", MONEY_YI},   {"万元", MONEY_WAN}, {"万", MONEY_WAN},
                 {"元", MONEY_YUAN}, {"圆", MONEY_YUAN}, {"分", MONEY_FEN}};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (eat(at, words[i].word)) {
            *ret = words[i].unit;
            return true;
        }
    return false;
}

static const char *to_fen(const struct typed *n, enum money_unit unit, int64_t *ret)
{
    if (n->decimals > units[unit].decimals)
        return whys[DECIMALS].en;

    __int128 fen = n->digits;
    for (int i = n->decimals; i < units[unit].decimals; i++)
        fen *= 10;
    if (fen > MONEY_MAX)
        return whys[TOO_LARGE].en;
    *ret = (int64_t)fen;
    return NULL;
}

static const char *parse(const char *at, enum money_unit unit, int64_t *ret)
{
    static const char *const marks[] = {"¥", "￥", "人民币", "RMB", "CNY"};
    static const char *const minus[] = {"-", "－", "−", "("};
    struct typed n = {0};

    while (eat_space(&at) || eat_one_of(&at, marks, COUNT_OF(marks)))
        continue;
    if (eat_one_of(&at, minus, COUNT_OF(minus)))
        return whys[NEGATIVE].en;
    const char *why = eat_number(&at, &n);
    if (why)
        return why;
    while (eat_space(&at))
        continue;
    eat_unit(&at, &unit);
    eat(&at, "整");
    while (eat_space(&at))
        continue;
    return *at ? whys[NO_AMOUNT].en : to_fen(&n, unit, ret);
}

bool money_parse(const char *text, enum money_unit bare, int64_t *ret_fen, const char **ret_why)
{
    const char *why = text ? parse(text, bare, ret_fen) : whys[NO_AMOUNT].en;
    if (why)
        *ret_why = why;
    return !why;
}

/* ---- saying ---- */

/* The digits of n with a comma before every third, into the end of room; returns where they begin. */
static char *grouped_digits(unsigned __int128 n, bool grouped, char *room, size_t size)
{
    char *at = room + size;
    int count = 0;
    *--at = '\0';
    do {
        if (grouped && count > 0 && count % 3 == 0)
            *--at = ',';
        *--at = (char)('0' + (int)(n % 10));
        n /= 10;
        count++;
    } while (n > 0);
    return at;
}

const char *money_text(struct arena *a, int64_t fen, enum money_unit unit, bool grouped)
{
    char room[48];
    unsigned __int128 size = (unsigned __int128)(fen < 0 ? -(__int128)fen : fen);
    if (unit == MONEY_FEN)
        return arena_printf(a, "%s%s", fen < 0 ? "-" : "", grouped_digits(size, grouped, room, sizeof room));

    /* Hundredths of the unit, half up (away from zero, so that a sum and its negative look alike). */
    unsigned __int128 per_hundredth = (unsigned __int128)units[unit].fen / 100;
    unsigned __int128 hundredths = (size * 2 + per_hundredth) / (per_hundredth * 2);
    return arena_printf(a, "%s%s.%02d", fen < 0 && hundredths > 0 ? "-" : "",
                        grouped_digits(hundredths / 100, grouped, room, sizeof room),
                        (int)(hundredths % 100));
}

const char *money_say(struct arena *a, int64_t fen)
{
    return arena_printf(a, "%s 元 (%s 万元)", money_text(a, fen, MONEY_YUAN, true),
                        money_text(a, fen, MONEY_WAN, false));
}

const char *money_unit_name(enum money_unit unit) { return units[unit].name; }

bool money_unit_parse(const char *text, enum money_unit *ret)
{
    const char *at = text ? text : "";
    enum money_unit unit;
    if (!eat_unit(&at, &unit) || *at)
        return false;
    *ret = unit;
    return true;
}
