/* Money in fen (int64), checked; 元, 万元 and 亿元 exist on screens only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"

/* The largest amount any field may hold: 10^15 fen (10 万亿元). Sums of a thousand of them still fit. */
#define MONEY_MAX INT64_C(1000000000000000)

enum money_unit { MONEY_FEN, MONEY_YUAN, MONEY_WAN, MONEY_YI };

/* False on overflow, ret untouched. */
bool money_add(int64_t a, int64_t b, int64_t *ret) __attribute__((warn_unused_result));
bool money_sub(int64_t a, int64_t b, int64_t *ret) __attribute__((warn_unused_result));
/* amount × bp / 10000, rounded down, through 128 bits. */
int64_t money_share_bp(int64_t amount_fen, int64_t bp);
/* part ÷ whole in basis points, rounded half up; 0 when whole is 0. */
int64_t money_ratio_bp(int64_t part_fen, int64_t whole_fen);

/* What people type: 198.6万, 1,986,000.00元, １９８６元, 5230万元, 1.2亿; a bare number is in `bare`.
 * More than two decimals of 元, a negative amount or one over MONEY_MAX is refused: false, and *ret_why says
 * why (static). */
bool money_parse(const char *text, enum money_unit bare, int64_t *ret_fen, const char **ret_why);
/* The same reason in Chinese. */
const char *money_why_zh(const char *why);

/* "1989.68": in the unit, with two decimals (fen: none), half up after summation; thousands separated when
 * `grouped`. */
const char *money_text(struct arena *a, int64_t fen, enum money_unit unit, bool grouped);
/* "1,986,000.00 元 (198.60 万元)" – how an amount is said in a refusal. */
const char *money_say(struct arena *a, int64_t fen);
const char *money_unit_name(enum money_unit unit); /* 分 元 万元 亿元 */
bool money_unit_parse(const char *text, enum money_unit *ret);
