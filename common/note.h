/* Checkpoints: C2SP signed notes (tlog-checkpoint), Ed25519. */
#pragma once

#include <stdbool.h>

#include "common/arena.h"
#include "common/merkle.h"
#include "common/sign.h"

struct checkpoint {
    const char *origin; /* "purser/450600" – the city's journal, also the audience of commands */
    uint64_t size;
    struct hash root;
    const char *extension; /* extension line ("epoch 1"), may be "" */
};

/* The signed note: "origin\nsize\nbase64 root\n[extension\n]\n— origin base64(keyhash ‖ signature)\n". */
const char *note_sign(struct arena *a, const struct checkpoint *c, const struct sign_secret *key);
/* Parses and checks the signature by `key` with the origin as its name; false when anything is off. */
bool note_open(struct arena *a, const char *note, const struct sign_public *key, struct checkpoint *ret);
/* The verifier key as people exchange it: "origin+hash+base64". */
const char *note_vkey(struct arena *a, const char *origin, const struct sign_public *key);
bool note_vkey_parse(struct arena *a, const char *vkey, const char **ret_origin, struct sign_public *ret);
