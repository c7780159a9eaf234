/* Promises we make to ourselves; they stay on in release. What comes from outside is refused, never
 * asserted. */
#pragma once

#include <stddef.h>

_Noreturn void check_failed(const char *kind, const char *what, const char *file, int line);

#define PRE(x)           ((x) ? (void)0 : check_failed("PRE", #x, __FILE__, __LINE__))
#define POST(x)          ((x) ? (void)0 : check_failed("POST", #x, __FILE__, __LINE__))
#define UNREACHABLE(why) check_failed("UNREACHABLE", why, __FILE__, __LINE__)

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
