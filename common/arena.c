/* Blocks that grow and are given back together; under sanitizers every allocation is a block of its own. */
#include "common/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"

#define ALIGNMENT   (alignof(max_align_t))
#define BLOCK_FIRST ((size_t)8 * 1024)
#define BLOCK_LIMIT ((size_t)256 * 1024)

#ifdef PURSER_SANITIZED
enum { one_block_each = 1 };
#else
enum { one_block_each = 0 };
#endif

struct block {
    struct block *before;
    size_t size, taken; /* of data */
    alignas(max_align_t) unsigned char data[];
};

struct arena {
    struct block *last;
    size_t max, held; /* bytes in blocks */
    size_t used;      /* bytes given out */
    int is_full, is_starved;
    struct arena_budget *budget; /* or NULL */
    ProtobufCAllocator allocator;
};

static void *allocator_alloc(void *arena, size_t len) { return arena_alloc(arena, len); }

static void allocator_free(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer;
}

struct arena *arena_new(size_t max_bytes) { return arena_new_within(NULL, max_bytes); }

struct arena *arena_new_within(struct arena_budget *budget, size_t max_bytes)
{
    struct arena *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;

    a->max = max_bytes;
    a->budget = budget;
    a->allocator = (ProtobufCAllocator){allocator_alloc, allocator_free, a};
    return a;
}

static void blocks_free(struct arena *a, struct block *until)
{
    while (a->last != until) {
        struct block *gone = a->last;
        a->last = gone->before;
        a->held -= gone->size;
        if (a->budget)
            atomic_fetch_sub(&a->budget->held, gone->size);
        free(gone);
    }
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    blocks_free(a, NULL);
    free(a);
}

void arena_reset(struct arena *a)
{
    struct block *first = NULL;
    if (!one_block_each)
        for (first = a->last; first && first->before; first = first->before)
            continue;

    blocks_free(a, first);
    if (first)
        first->taken = 0;
    a->used = 0;
    a->is_full = a->is_starved = 0;
}

struct arena_mark arena_mark(const struct arena *a)
{
    return (struct arena_mark){a->last, a->last ? a->last->taken : 0, a->used, a->is_full};
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
    blocks_free(a, mark.last);
    if (a->last)
        a->last->taken = mark.taken;
    a->used = mark.used;
    a->is_full = mark.is_full;
    a->is_starved = a->is_starved && mark.is_full;
}

/* Takes from the budget, if there is one and it has that much. */
static int budget_take(struct arena *a, size_t size)
{
    if (!a->budget || atomic_fetch_add(&a->budget->held, size) + size <= a->budget->max_bytes)
        return 1;
    atomic_fetch_sub(&a->budget->held, size);
    return 0;
}

/* The next block doubles what is held, within reason and within the cap, so that few mallocs serve a call. */
static struct block *block_new(struct arena *a, size_t need)
{
    size_t size = a->held ? a->held : BLOCK_FIRST;
    size_t room = a->max - a->held;
    if (need > room)
        return NULL;
    if (size > BLOCK_LIMIT)
        size = BLOCK_LIMIT;
    if (size < need || one_block_each)
        size = need;
    if (size > room)
        size = room;

    if (!budget_take(a, size)) {
        size = need;
        if (!budget_take(a, size)) {
            a->is_starved = 1;
            return NULL;
        }
    }
    struct block *b = malloc(sizeof *b + size);
    if (!b) {
        if (a->budget)
            atomic_fetch_sub(&a->budget->held, size);
        return NULL;
    }
    b->before = a->last;
    b->size = size;
    b->taken = 0;
    a->last = b;
    a->held += size;
    return b;
}

void *arena_alloc(struct arena *a, size_t len)
{
    size_t need = len ? len : 1;
    if (need > a->max) {
        a->is_full = 1;
        return NULL;
    }
    if (!one_block_each)
        need = (need + ALIGNMENT - 1) & ~(ALIGNMENT - 1);

    struct block *b = a->last;
    if (!b || one_block_each || b->size - b->taken < need)
        b = block_new(a, need);
    if (!b) {
        a->is_full = 1;
        return NULL;
    }

    void *memory = b->data + b->taken;
    b->taken += need;
    a->used += need;
    return memset(memory, 0, len);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t len;
    if (__builtin_mul_overflow(count, size, &len)) {
        a->is_full = 1;
        return NULL;
    }
    return arena_alloc(a, len);
}

int arena_is_full(const struct arena *a) { return a->is_full; }

int arena_is_starved(const struct arena *a) { return a->is_starved; }

size_t arena_used(const struct arena *a) { return a->used; }

const char *arena_textn(struct arena *a, const char *text, size_t len)
{
    if (!text || len == 0)
        return "";
    char *copy = len < SIZE_MAX ? arena_alloc(a, len + 1) : NULL;
    return copy ? memcpy(copy, text, len) : "";
}

const char *arena_text(struct arena *a, const char *text)
{
    return text ? arena_textn(a, text, strlen(text)) : "";
}

struct bytes arena_bytes(struct arena *a, const void *data, size_t len)
{
    uint8_t *copy = len ? arena_alloc(a, len) : NULL;
    if (!copy)
        return (struct bytes){0};
    return (struct bytes){memcpy(copy, data, len), len};
}

const char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);

    char *text = len < 0 ? NULL : arena_alloc(a, (size_t)len + 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text ? text : "";
}

ProtobufCAllocator *arena_allocator(struct arena *a) { return &a->allocator; }
