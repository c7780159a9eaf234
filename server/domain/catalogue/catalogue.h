/* The guidance catalogue in force and the negative list, as other nouns may ask. */
#pragma once

#include "server/base/call.h"

struct catalogue_entry {
    bool is_found;
    const char *code, *name, *parent, *version_id;
    int64_t level;
    bool is_public_service; /* class A */
};
/* The entry of the version in force on that day. */
void catalogue_want_entry(struct db *db, const char *code, struct day on, struct catalogue_entry *ret);
/* Those of these codes that the version in force has, each once, by code. */
void catalogue_want_entries(struct db *db, const char *const *codes, size_t n, struct day on,
                            struct catalogue_entry **ret, int *ret_count);
/* The version in force on that day, as far as it is known now. */
struct catalogue_version_on {
    bool is_found;
    const char *id;
};
void catalogue_want_version_on(struct db *db, struct day on, struct catalogue_version_on *ret);
/* C5: refuses NOT_IN_CATALOGUE, or CATALOGUE_LEVEL when it is not of the third level. */
bool catalogue_entry_will_do(const struct catalogue_entry *e, const char *code, struct refusal *why);

struct negative {
    const char *code, *item, *basis, *keywords; /* separated by spaces */
};
/* All entries of the negative list in force on that day; at most 200. */
void catalogue_want_negatives(struct db *db, struct day on, struct negative **ret, int *ret_count);
/* The first entry one of whose keywords stands in the text; NULL when none. *ret_word: the word, in the
 * arena. */
const struct negative *negative_hit(const struct negative *list, int count, const char *text, struct arena *a,
                                    const char **ret_word);
/* All third-level entries in force, with the words that screening looks for; at most 2000. */
struct catalogue_words {
    const char *code, *name, *words;
};
void catalogue_want_words(struct db *db, struct day on, struct catalogue_words **ret, int *ret_count);
/* Likewise: the entry with the longest word that stands in the text (K3). */
const struct catalogue_words *catalogue_hit(const struct catalogue_words *list, int count, const char *text,
                                            struct arena *a, const char **ret_word);

extern const struct noun noun_catalogue;
