/* Settings as a table: one YAML file, PURSER_* variables, flags; where each value came from; unknown keys are
 * errors. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/arena.h"
#include "common/status.h"

enum setting_type {
    SETTING_TEXT,
    SETTING_INT,
    SETTING_BOOL,
    SETTING_TEXTS /* comma separated or YAML list */
};

struct setting {
    const char *name; /* "frame_max_bytes"; flag --frame-max-bytes, variable PURSER_FRAME_MAX_BYTES */
    enum setting_type type;
    const char *unit; /* "bytes", "ms", "" */
    int64_t min, max;
    const char *def;  /* default as text */
    const char *text; /* one line: what it is for */
    const char *text_zh;
};

struct settings; /* the values of one table */

/* Reads file (NULL: none), environment, then flags ("--name value" or "--name=value" in argv; what it does
 * not know is left in argv, *argc adjusted). INVALID_ARGUMENT with file, line and column in reterr[512] for
 * unknown keys and bad values. */
enum status settings_load(const struct setting *table, int count, const char *file, int *argc, char **argv,
                          struct arena *a, struct settings **ret, char reterr[512]) MUST_CHECK;
const char *settings_text(const struct settings *s, const char *name);
int64_t settings_int(const struct settings *s, const char *name);
bool settings_bool(const struct settings *s, const char *name);
int settings_texts(const struct settings *s, const char *name, const char *const **ret);
void settings_show(const struct settings *s,
                   FILE *out); /* name = value   # unit, range, where it came from, what for */
