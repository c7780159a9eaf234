/* A YAML file of one level: keys with a value or a list of values, each with the place where it stands. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"
#include "common/status.h"

struct yaml_pair {
    const char *key;
    const char *text; /* the value; a list is joined by commas */
    bool is_list;
    size_t line, column; /* where the key stands, counted from 1 */
};

/* INVALID_ARGUMENT with file, line and column in reterr[512] for what is no such file, a key twice among it;
 * UNAVAILABLE when the file cannot be read. */
enum status settings_yaml(const char *file, struct arena *a, struct yaml_pair **ret, int *ret_count,
                          char reterr[512]) MUST_CHECK;
