/* Memory with one lifetime: everything allocated for a call is given back at once, and there is a cap. */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

struct arena;

/* A piece of memory that somebody else owns. */
struct bytes {
    const uint8_t *data;
    size_t len;
};

/* A new arena that never holds more than max_bytes; NULL when the machine has no memory left.
 * Under sanitizers each allocation is a malloc of its own, so that use after reset is seen. */
struct arena *arena_new(size_t max_bytes);

/* What many arenas may hold together; one that finds it used up is full. Outlives its arenas; any thread. */
struct arena_budget {
    size_t max_bytes;
    atomic_size_t held;
};
struct arena *arena_new_within(struct arena_budget *budget, size_t max_bytes);
void arena_free(struct arena *a); /* accepts NULL */

/* Gives everything back but keeps the first block. */
void arena_reset(struct arena *a);

/* A place to go back to: what was allocated since is given back, and the arena is as full as it was. */
struct arena_mark {
    void *last;
    size_t taken, used;
    int is_full;
};
struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

/* Zeroed memory aligned for any type; NULL when the cap is reached (arena_is_full then says true). */
void *arena_alloc(struct arena *a, size_t len) __attribute__((malloc, alloc_size(2)));
/* Zeroed memory for count things; NULL on overflow or cap. */
void *arena_array(struct arena *a, size_t count, size_t size);
int arena_is_full(const struct arena *a);
/* Full because others hold the whole budget: it may pass later. */
int arena_is_starved(const struct arena *a);
size_t arena_used(const struct arena *a);

/* Copies that live as long as the arena. NULL in gives "" out; when the cap is reached they return "" /
 * empty. */
const char *arena_text(struct arena *a, const char *text);
const char *arena_textn(struct arena *a, const char *text, size_t len);
struct bytes arena_bytes(struct arena *a, const void *data, size_t len);
const char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For protobuf-c: allocates from the arena, frees nothing. Lives as long as the arena. */
ProtobufCAllocator *arena_allocator(struct arena *a);
