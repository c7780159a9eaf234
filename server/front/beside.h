/* Checks that cost processor time and nothing else, done by other threads beside the one who goes on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/status.h"

struct beside;

/* Something that holds or not. `arg` lives until beside_wait() returns. */
typedef bool beside_check(const void *arg);

/* One thread less than the machine has processors, one at least. NULL when there is no memory or no thread.
 */
struct beside *beside_start(void);
/* `place` says which came first: an entry's index. At most BESIDE_MAX between two waits. */
#define BESIDE_MAX 1024
void beside_give(struct beside *b, beside_check *check, const void *arg, uint64_t place);
/* Waits until all that was given is done. False when one did not hold; *ret_place is the first such. */
bool beside_wait(struct beside *b, uint64_t *ret_place);
void beside_stop(struct beside *b); /* accepts NULL */
