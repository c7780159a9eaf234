/* The settings of purserd: one table with unit, limits, default and text, and where things lie in the data
 * folder. */
#pragma once

#include "common/arena.h"
#include "common/settings.h"

struct options {
    struct arena *arena;
    struct settings *settings;
    const char *data; /* the data folder, absolute */
    const char *checkpoint_path, *journal_key_path, *system_key_path, *tls_dir, *postgres_dir, *conninfo_path,
        *city_path, *invites_path;
};

/* Reads --config, PURSER_* and flags. INVALID_ARGUMENT with a sentence in reterr. What is not a setting stays
 * in argv. */
enum status options_load(int *argc, char **argv, struct options *ret, char reterr[512]) MUST_CHECK;
/* Makes the data folder, with the folders above it. */
enum status options_make_data(const struct options *o, char reterr[512]) MUST_CHECK;
void options_done(struct options *o);
