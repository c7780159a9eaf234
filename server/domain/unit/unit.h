/* Units and people, as other nouns and the front may ask. */
#pragma once

#include "server/base/call.h"

struct unit {
    bool is_found;
    const char *id, *name, *type, *division, *parent_id; /* parent_id "" for a department */
    struct day valid_from, valid_to;                     /* valid_to DAY_NONE: still there */
};
void unit_want(struct db *db, const char *id, struct unit *ret);
/* Those of these units that there are, each once, by id. */
void unit_want_many(struct db *db, const char *const *ids, size_t n, struct unit **ret, int *ret_count);
/* All departments (units without a parent) that exist on that day, by id; the array is in the db's arena, at
 * most 500. */
void unit_want_departments(struct db *db, struct day on, struct unit **ret, int *ret_count);

/* The day from which this city's business is done here; what is imported as history ended before. */
struct go_live {
    bool is_found;
    struct day date;
};
void unit_want_go_live(struct db *db, struct go_live *ret);

/* A key and whose it is, as of now in the writer's transaction. */
struct signer {
    bool is_found;
    const char *person_id, *name, *unit_id;
    int64_t roles; /* mask of those confirmed and valid today; fits uint32_t */
    struct bytes public_key;
    int64_t valid_from_us, rotated_us, revoked_us; /* 0: not */
    bool compromised;
    const char *person_state; /* "ACTIVE" */
};
void unit_want_signer(struct db *db, struct bytes key_id, struct day today, struct signer *ret);
/* May this key sign a command issued at that moment? Fills KEY_UNKNOWN / KEY_REVOKED / PERSON_INACTIVE. */
bool signer_may(const struct signer *s, int64_t issued_us, int64_t now_us, struct refusal *why);

/* All active signers, for the front's cache of who may read; the array is in the db's arena. */
struct signer_row {
    struct bytes key_id;
    struct signer signer;
};
void unit_want_signers(struct db *db, struct day today, struct signer_row **ret, int *ret_count);
/* Grows whenever a command changed people, roles or keys: the front reloads its cache. */
void unit_want_people_version(struct db *db, int64_t *ret, bool *ret_found);

extern const struct noun noun_unit;
