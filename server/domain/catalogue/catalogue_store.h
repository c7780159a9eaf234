/* The tables of the catalogue: versions, events, entries, negative lists. */
#pragma once

#include "server/base/call.h"
#include "server/domain/catalogue/catalogue_rules.h"

struct catalogue_version {
    bool is_found;
    const char *id, *title, *prepared_by;
    int kind, state;
    struct day valid_from, valid_to;
    int64_t version;
    int64_t leaves; /* entries of the third level */
};
void version_want(struct db *db, const char *id, struct catalogue_version *ret);
/* The version published last that has no successor yet; not found when none was ever published. */
/* How often a person loaded or extended the version. */
struct preparation {
    int64_t imports;
};
void version_want_hand(struct db *db, const char *id, const char *person_id, struct preparation *ret);
void version_want_newest(struct db *db, struct catalogue_version *ret);

struct version_row {
    const char *id, *title, *basis, *prepared_by;
    int kind;
    struct day valid_from;
};
void version_insert(struct db *db, const struct version_row *r);
void version_update(struct db *db, const struct version_row *r);
struct version_step {
    const char *event, *actor_id, *opinion;
    int to_state;
    int64_t at_us;
};
/* Moves the version; its number is also the seq of the event. `version` of a fresh one is 0. */
void version_step(struct db *db, const struct catalogue_version *v, const struct version_step *s);
void version_end(struct db *db, const char *id, struct day last);

struct code_row {
    const char *code;
};
void entries_want_codes(struct db *db, const char *version_id, struct code_row **ret, int *ret_count);
struct entry_columns {
    const char **code, **parent, **name, **origin, **seed_type, **words;
    int64_t *level, *class96;
    size_t n;
};
void entries_write(struct db *db, const char *version_id, const struct entry_columns *e);
struct entry {
    bool is_found;
    const char *code;
    struct day stopped_from;
};
void entry_want(struct db *db, const char *version_id, const char *code, struct entry *ret);
void entry_stop(struct db *db, const char *version_id, const char *code, struct day from);

struct negative_version {
    bool is_found;
    const char *id, *proposed_by;
    int state;
    int64_t version;
};
void negative_list_want(struct db *db, const char *id, struct negative_version *ret);
struct negative_columns {
    const char **code, **item, **basis, **keywords, **note;
    size_t n;
};
void negative_list_insert(struct db *db, const char *id, struct day from, const char *by, int64_t at_us,
                          const struct negative_columns *n);
void negative_list_confirm(struct db *db, const char *id, const char *by, int64_t at_us);

/* The declared reads. */
extern const struct read_sql versions_list_sql[], version_get_sql[], entry_get_sql[], entries_list_sql[],
    entries_search_sql[], negatives_list_sql[];
