/* The checkpoint file: the newest signed checkpoint, kept outside the database and compared at start.
 *
 * Two slots of 4096 bytes, each a signed note and newlines behind it. They are written in turn, in place: the
 * one that counts is never touched, and a write that was cut short leaves a slot whose signature does not
 * hold. Writing in place costs one wait for the disk; a new file, its name and its folder would cost three.
 */
#pragma once

#include "common/note.h"
#include "common/status.h"

struct checkpoint_file {
    const char *path;
    int next;     /* the slot that is written next */
    bool is_laid; /* both slots are there; false: the file is made anew */
};

/* OK: the note is on the disk. Otherwise errno says why, and the file is made anew next time. */
enum status checkpoint_save(struct checkpoint_file *f, const char *note) MUST_CHECK;

/* What the file says. */
struct checkpoint_found {
    struct checkpoint newest;
    int slot;
    bool is_laid;
    bool is_damaged; /* the other slot holds something that is no checkpoint of this journal */
};
/* NOT_FOUND when there is no file; UNAVAILABLE, with errno, when it cannot be read; DATA_LOSS when no slot
 * holds a note signed by the key. */
enum status checkpoint_read(struct arena *a, const char *path, const struct sign_public *key,
                            struct checkpoint_found *ret) MUST_CHECK;
