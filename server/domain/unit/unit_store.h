/* The tables of units and people: city, division, unit, person and all that hangs on a person. */
#pragma once

#include "server/base/call.h"
#include "server/domain/unit/unit_rules.h"

struct city {
    bool is_found;
    const char *division, *name, *audience;
    struct offices offices;
    struct bytes system_key_id, journal_public_key;
};
void city_want(struct db *db, struct city *ret);
struct city_row {
    const char *division, *name, *audience;
    struct day go_live;
    struct offices offices;
    struct bytes system_key_id, journal_public_key;
};
void city_insert(struct db *db, const struct city_row *r);

struct text_row {
    const char *id;
};
void divisions_write(struct db *db, const char *const *ids, const char *const *names, size_t n);
/* Which of these units are there. */
void units_want_known(struct db *db, const char *const *ids, size_t n, struct text_row **ret, int *ret_count);
struct unit_columns {
    const char **id, **name, **type, **division, **parent_id, **valid_from, **valid_to, **successor_id,
        **note;
    size_t n;
};
void units_write(struct db *db, const struct unit_columns *u);

struct person {
    bool is_found;
    const char *id, *name, *unit_id, *proposed_by;
    int state;
    int64_t version;
    int64_t roles; /* confirmed and not ended before `today`; those to come included */
};
void person_want(struct db *db, const struct scope *scope, const char *id, struct day today,
                 struct person *ret);
void person_insert(struct db *db, const struct person *p);
/* Moves the version, so that version is also the seq of the event; says who did it. */
struct person_step {
    const char *event, *actor_id, *opinion;
    int to_state;
    int64_t at_us;
};
void person_step(struct db *db, const struct person *p, const struct person_step *s);
void people_changed(struct db *db);

/* Holders of an office beside that person: active, confirmed today. */
struct officers {
    int64_t leaders, operators;
};
void officers_want_others(struct db *db, const char *person_id, struct day today, struct officers *ret);

struct grant {
    bool is_found;
    const char *id, *person_id, *proposed_by;
    int role, state;
    struct day valid_from, valid_to;
    int64_t version;
};
void grant_want(struct db *db, const char *id, struct grant *ret);
void grant_want_person(struct db *db, const char *grant_id, struct day today, struct person *ret);
void grant_insert(struct db *db, const struct grant *g);
void grant_move(struct db *db, const struct grant *g, int to_state);
/* All proposed grants of a person at once. */
void grants_settle(struct db *db, const char *person_id, int to_state);

struct invite {
    bool is_found;
    const char *person_id, *proposed_by;
    int state, person_state;
    int64_t expires_us;
};
void invite_want(struct db *db, struct bytes hash, struct invite *ret);
void invite_insert(struct db *db, struct bytes hash, const struct invite *i);
void invite_use(struct db *db, struct bytes hash, int64_t at_us, struct bytes key_id);
void invite_open(struct db *db, struct bytes hash);
void invites_settle(struct db *db, const char *person_id, int from_state, int to_state);
/* Whoever holds that invite, with unit and roles as of today. */
struct guest {
    bool is_found;
    struct person person;
    const char *unit_name;
};
void invite_want_guest(struct db *db, struct bytes hash, struct day today, struct guest *ret);

struct key {
    bool is_found;
    struct bytes key_id;
    const char *person_id, *unit_id;
    int64_t rotated_us, revoked_us;
    bool is_compromised;
};
void key_want(struct db *db, struct bytes key_id, struct key *ret);
void key_want_person(struct db *db, struct bytes key_id, struct day today, struct person *ret);
void key_insert(struct db *db, struct bytes key_id, const char *person_id, struct bytes public_key,
                const char *label, int64_t at_us);
void key_rotate(struct db *db, struct bytes key_id, int64_t at_us);
void key_revoke(struct db *db, struct bytes key_id, bool is_compromised, int64_t at_us);

/* The declared reads of both services. */
extern const struct read_sql city_get_sql[], divisions_list_sql[], units_list_sql[], unit_get_sql[];
extern const struct read_sql get_me_sql[], person_get_sql[], persons_list_sql[];
