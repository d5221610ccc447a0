/* SPDX-License-Identifier: MIT */
/*
 * The pool; see pool.h. One mutex guards a list of open jobs; a thread that has nothing to do spins
 * briefly on the number of open jobs (waking a sleeper costs some 4 us, a spinner 0.2) and then
 * sleeps on a condition. Threads start when a job first wants them.
 *
 * fork: a child handler bumps the process's generation. A pool of an older generation has threads
 * that do not exist and a mutex that may be locked for good: its first user in the child makes it
 * anew in place, without touching what the parent left there.
 */
#include "eval/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/system.h"
#include "eval/fp_state.h"

enum { MAX_THREADS = 1024, SPIN_NS = 30000, SPIN_ROUNDS = 64 };

typedef struct job {
    evex_work_fn work;
    void *argument;
    size_t next, n;         /* the next worker's number, and their limit */
    atomic_size_t n_active; /* threads of the pool at work on it; changed under the lock */
    struct job *following;
} job;

struct evex_pool {
    evex_allocator allocator;
    size_t size; /* counts the caller */
    atomic_uint generation;
    pthread_mutex_t lock;
    pthread_cond_t has_job, job_done;
    job *first, *last; /* jobs that still want workers */
    atomic_size_t n_open;
    size_t n_threads, n_sleeping;
    int is_closing;
    pthread_t threads[];
};

/* ---- The process's generation --------------------------------------------------------------- */

enum { UNREGISTERED, REGISTERING, FIRST_GENERATION };

static atomic_uint process_generation = UNREGISTERED;

static void begin_generation(void) {
    atomic_fetch_add_explicit(&process_generation, 1, memory_order_relaxed);
}

unsigned evex_fork_generation(void) {
    return atomic_load_explicit(&process_generation, memory_order_acquire);
}

/* Installs the handler, once a process; 0: no memory for it. */
static int watch_forks(void) {
    unsigned expected = UNREGISTERED;
    if (atomic_compare_exchange_strong(&process_generation, &expected, REGISTERING)) {
        const int failed = pthread_atfork(NULL, NULL, begin_generation) != 0;
        atomic_store(&process_generation, failed ? UNREGISTERED : FIRST_GENERATION);
        return !failed;
    }
    while (evex_fork_generation() == REGISTERING)
        sched_yield();
    return evex_fork_generation() >= FIRST_GENERATION;
}

/* ---- Threads -------------------------------------------------------------------------------- */

static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Waits a little for a count to become zero, or something else. */
static void spin_until(const atomic_size_t *count, int is_zero) {
    const uint64_t start = evex_system_in_use()->now_ns();
    do {
        for (int i = 0; i < SPIN_ROUNDS; i++) {
            if ((atomic_load_explicit(count, memory_order_relaxed) == 0) == is_zero)
                return;
            relax();
        }
    } while (evex_system_in_use()->now_ns() - start < SPIN_NS);
}

static void close_job(evex_pool *pool, job *closed) {
    job **link = &pool->first, *before = NULL;
    while (*link != NULL && *link != closed) {
        before = *link;
        link = &before->following;
    }
    if (*link == NULL)
        return;
    *link = closed->following;
    if (pool->last == closed)
        pool->last = before;
    atomic_fetch_sub_explicit(&pool->n_open, 1, memory_order_relaxed);
}

/* With the lock held: works on the first open job, letting go of the lock meanwhile. */
static void join_job(evex_pool *pool) {
    job *joined = pool->first;
    const size_t number = joined->next++;
    if (joined->next == joined->n)
        close_job(pool, joined);
    atomic_fetch_add(&joined->n_active, 1);
    pthread_mutex_unlock(&pool->lock);
    evex_fp_default(); /* what ran here before may have been a user's function */
    joined->work(joined->argument, number);
    pthread_mutex_lock(&pool->lock);
    if (atomic_fetch_sub(&joined->n_active, 1) == 1)
        pthread_cond_broadcast(&pool->job_done);
}

static void wait_for_job(evex_pool *pool) {
    pthread_mutex_unlock(&pool->lock);
    spin_until(&pool->n_open, 0);
    pthread_mutex_lock(&pool->lock);
    while (pool->first == NULL && !pool->is_closing) {
        pool->n_sleeping++;
        pthread_cond_wait(&pool->has_job, &pool->lock);
        pool->n_sleeping--;
    }
}

static void *run_thread(void *argument) {
    evex_pool *pool = argument;
    pthread_mutex_lock(&pool->lock);
    while (!pool->is_closing) {
        if (pool->first != NULL)
            join_job(pool);
        else
            wait_for_job(pool);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Starts threads until there are n beside the caller; does with fewer when the system refuses. */
static void start_threads(evex_pool *pool, size_t n) {
    if (n > pool->size - 1)
        n = pool->size - 1;
    while (pool->n_threads < n && evex_system_in_use()->thread_create(
                                      &pool->threads[pool->n_threads], run_thread, pool) == 0)
        pool->n_threads++;
}

/* ---- Jobs ----------------------------------------------------------------------------------- */

static void open_job(evex_pool *pool, job *opened) {
    pthread_mutex_lock(&pool->lock);
    start_threads(pool, opened->n - 1);
    if (pool->last != NULL)
        pool->last->following = opened;
    else
        pool->first = opened;
    pool->last = opened;
    atomic_fetch_add_explicit(&pool->n_open, 1, memory_order_relaxed);
    if (pool->n_sleeping > 0)
        pthread_cond_broadcast(&pool->has_job);
    pthread_mutex_unlock(&pool->lock);
}

static void finish_job(evex_pool *pool, job *finished) {
    pthread_mutex_lock(&pool->lock);
    close_job(pool, finished);
    pthread_mutex_unlock(&pool->lock);
    spin_until(&finished->n_active, 1);
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&finished->n_active) > 0)
        pthread_cond_wait(&pool->job_done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

static int init_locks(evex_pool *pool) {
    if (pthread_mutex_init(&pool->lock, NULL) != 0)
        return 0;
    if (pthread_cond_init(&pool->has_job, NULL) == 0) {
        if (pthread_cond_init(&pool->job_done, NULL) == 0)
            return 1;
        pthread_cond_destroy(&pool->has_job);
    }
    pthread_mutex_destroy(&pool->lock);
    return 0;
}

/* Makes a pool that a fork carried over usable: as created, without threads. 0: it is not. */
static int renew(evex_pool *pool) {
    const unsigned now = evex_fork_generation();
    unsigned seen = atomic_load_explicit(&pool->generation, memory_order_acquire);
    if (seen == now)
        return 1;
    if (seen != REGISTERING &&
        atomic_compare_exchange_strong(&pool->generation, &seen, REGISTERING)) {
        pool->first = pool->last = NULL;
        atomic_store(&pool->n_open, 0);
        pool->n_threads = pool->n_sleeping = 0;
        const int is_ready = init_locks(pool);
        atomic_store_explicit(&pool->generation, is_ready ? now : seen, memory_order_release);
        return is_ready;
    }
    while (atomic_load_explicit(&pool->generation, memory_order_acquire) == REGISTERING)
        sched_yield();
    return atomic_load_explicit(&pool->generation, memory_order_acquire) == now;
}

void evex_pool_run(evex_pool *pool, size_t n, evex_work_fn work, void *argument) {
    if (pool == NULL)
        pool = evex_default_pool();
    if (pool == NULL || n <= 1 || pool->size <= 1 || !renew(pool)) {
        work(argument, 0);
        return;
    }
    job own = {.work = work, .argument = argument, .next = 1, .n = n};
    const unsigned generation = evex_fork_generation();
    open_job(pool, &own);
    work(argument, 0);
    if (generation == evex_fork_generation())
        finish_job(pool, &own);
}

/* ---- Life ----------------------------------------------------------------------------------- */

/* NULL: out of memory. */
static evex_pool *make_pool(size_t n_threads, const evex_allocator *allocator) {
    evex_pool *made =
        evex_allocate(allocator, sizeof *made + (n_threads - 1) * sizeof made->threads[0]);
    if (made == NULL)
        return NULL;
    *made = (evex_pool){.allocator = *allocator, .size = n_threads};
    if (!watch_forks() || !init_locks(made)) {
        evex_free(allocator, made);
        return NULL;
    }
    atomic_init(&made->generation, evex_fork_generation());
    return made;
}

evex_status evex_pool_create(evex_pool **pool, size_t n_threads, const evex_allocator *allocator,
                             evex_error *error) {
    evex_error fresh = EVEX_ERROR_INIT; /* error may hold an earlier failure */
    evex_status status = EVEX_OK;
    if (n_threads == 0)
        n_threads = evex_system_in_use()->usable_cpus();
    if (n_threads > MAX_THREADS)
        n_threads = MAX_THREADS;
    if (pool == NULL)
        status = evex_fail(&fresh, EVEX_INVALID_ARGUMENT, (evex_place){0, 0}, "%s", "pool is NULL");
    else if ((*pool = make_pool(n_threads,
                                allocator != NULL ? allocator : &evex_system_allocator)) == NULL)
        status = evex_fail_memory(&fresh);
    return evex_report(error, &fresh, status);
}

static void join_threads(evex_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    pool->is_closing = 1;
    pthread_cond_broadcast(&pool->has_job);
    pthread_mutex_unlock(&pool->lock);
    for (size_t k = 0; k < pool->n_threads; k++)
        evex_system_in_use()->thread_join(pool->threads[k]);
    pthread_cond_destroy(&pool->job_done);
    pthread_cond_destroy(&pool->has_job);
    pthread_mutex_destroy(&pool->lock);
}

void evex_pool_free(evex_pool **pool) {
    if (pool == NULL || *pool == NULL)
        return;
    evex_pool *dead = *pool;
    *pool = NULL;
    if (atomic_load(&dead->generation) == evex_fork_generation())
        join_threads(dead);
    const evex_allocator allocator = dead->allocator;
    evex_free(&allocator, dead);
}

size_t evex_pool_size(const evex_pool *pool) {
    if (pool == NULL)
        pool = evex_default_pool();
    return pool != NULL ? pool->size : 1;
}

/* ---- The default pool ----------------------------------------------------------------------- */

static _Atomic(evex_pool *) default_pool;

evex_pool *evex_default_pool(void) {
    evex_pool *pool = atomic_load_explicit(&default_pool, memory_order_acquire);
    if (pool != NULL)
        return pool;
    evex_pool *made;
    if (evex_pool_create(&made, 0, NULL, NULL) != EVEX_OK)
        return NULL;
    if (atomic_compare_exchange_strong_explicit(&default_pool, &pool, made, memory_order_acq_rel,
                                                memory_order_acquire))
        return made;
    evex_pool_free(&made);
    return pool;
}

void evex_pool_shutdown(void) {
    evex_pool *pool = atomic_exchange_explicit(&default_pool, NULL, memory_order_acq_rel);
    evex_pool_free(&pool);
}
