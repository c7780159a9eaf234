/* A few threads and a list of checks. */
#include "server/front/beside.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/check.h"

#define THREADS_MAX 8

struct task {
    beside_check *check;
    const void *arg;
    uint64_t place;
};

struct beside {
    pthread_mutex_t lock;
    pthread_cond_t wake, idle;
    struct task tasks[BESIDE_MAX];
    int given, taken, done;
    bool is_over, has_failed;
    uint64_t first; /* place of the first that did not hold */
    pthread_t threads[THREADS_MAX];
    int threads_count;
};

static void *work(void *arg)
{
    struct beside *b = arg;
    pthread_mutex_lock(&b->lock);
    for (;;) {
        while (b->taken == b->given && !b->is_over)
            pthread_cond_wait(&b->wake, &b->lock);
        if (b->taken == b->given)
            break;
        struct task t = b->tasks[b->taken++];
        pthread_mutex_unlock(&b->lock);
        bool holds = t.check(t.arg);
        pthread_mutex_lock(&b->lock);
        if (!holds && (!b->has_failed || t.place < b->first)) {
            b->has_failed = true;
            b->first = t.place;
        }
        if (++b->done == b->given)
            pthread_cond_signal(&b->idle);
    }
    pthread_mutex_unlock(&b->lock);
    return NULL;
}

struct beside *beside_start(void)
{
    struct beside *b = calloc(1, sizeof *b);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (!b)
        return NULL;
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->wake, NULL);
    pthread_cond_init(&b->idle, NULL);
    do {
        if (pthread_create(&b->threads[b->threads_count], NULL, work, b) != 0)
            break;
        b->threads_count++;
    } while (b->threads_count < THREADS_MAX && b->threads_count < processors - 1);
    if (b->threads_count)
        return b;
    beside_stop(b);
    return NULL;
}

void beside_give(struct beside *b, beside_check *check, const void *arg, uint64_t place)
{
    pthread_mutex_lock(&b->lock);
    PRE(b->given < BESIDE_MAX);
    b->tasks[b->given++] = (struct task){check, arg, place};
    pthread_cond_signal(&b->wake);
    pthread_mutex_unlock(&b->lock);
}

bool beside_wait(struct beside *b, uint64_t *ret_place)
{
    pthread_mutex_lock(&b->lock);
    while (b->done < b->given)
        pthread_cond_wait(&b->idle, &b->lock);
    b->given = b->taken = b->done = 0;
    bool hold = !b->has_failed;
    if (!hold)
        *ret_place = b->first;
    b->has_failed = false;
    pthread_mutex_unlock(&b->lock);
    return hold;
}

void beside_stop(struct beside *b)
{
    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    b->is_over = true;
    pthread_cond_broadcast(&b->wake);
    pthread_mutex_unlock(&b->lock);
    for (int i = 0; i < b->threads_count; i++)
        pthread_join(b->threads[i], NULL);
    pthread_cond_destroy(&b->wake);
    pthread_cond_destroy(&b->idle);
    pthread_mutex_destroy(&b->lock);
    free(b);
}
