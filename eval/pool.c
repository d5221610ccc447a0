/* SPDX-License-Identifier: MIT */
/*
 * The pool; see pool.h. A job takes one of the pool's slots and shows it in a word of open slots;
 * threads of the pool join by one exchange on the slot's state. Nobody takes a lock unless it is to
 * sleep or to wake a sleeper. At most as many threads as the pool's size are at work on its jobs,
 * callers included, so that callers side by side do not crowd each other's processors.
 *
 * A thread without a job spins, because to wake a sleeper costs its waker 2 to 7 us and the job 5
 * to 40 (a spinner: 0.2), then sleeps on a condition. Between looks it yields the processor: where
 * another process wants that, it has it at once, and a spinner that notices it goes to sleep.
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

enum {
    MAX_THREADS = 1024,
    N_SLOTS = 64,       /* jobs at once; one more is done by its caller alone */
    SPIN_ROUNDS = 32,   /* looks between yields: some 0.8 us */
    SPIN_NS = 50000,    /* about what a sleeper would cost */
    CROWDED_NS = 10000, /* a yield that takes so long gave the processor to somebody else */
    WOKEN_AT_ONCE = 2,  /* each of whom wakes as many again */
    JOIN_NS = EVEX_LEAST_SHARED_NS / 2, /* a share that is worth giving to a thread that spins */
    WAKE_NS = 25000,                    /* and to one that sleeps */
    STEADY_NS = 50000,                  /* small work that shows that more will come */
    /* Who finds the processors taken by others takes it that they will be for a while, and that
     * whoever is woken comes late. */
    CROWDED_FOR_NS = 2000000,
    CROWDED_WAKE_NS = 8 * WAKE_NS
};

/* A slot's state: whether a caller has it, how many workers its job still wants, how many threads
 * of the pool are at work on it. A job's fields may be read while one is counted as active. */
enum { ACTIVE_ONE = 1, ACTIVE_MASK = 0x3fff, WANTED_ONE = 0x4000, WANTED_MASK = 0xfffc000 };
static const unsigned slot_owned = 1u << 31;

typedef struct {
    _Alignas(EVEX_CACHE_LINE) atomic_uint state;
    size_t n; /* workers, the caller included */
    evex_work_fn work;
    void *argument;
} job_slot;

struct evex_pool {
    job_slot slots[N_SLOTS];
    _Alignas(EVEX_CACHE_LINE) _Atomic uint64_t open; /* slots whose jobs want workers, as bits */
    atomic_size_t n_busy;                            /* callers and threads at work */
    _Alignas(EVEX_CACHE_LINE) atomic_size_t n_threads;
    atomic_size_t n_spinning, n_sleeping; /* threads without a job */
    atomic_size_t n_waiting;              /* callers that sleep until their workers are done */
    atomic_int is_closing;
    atomic_uint generation;
    _Atomic uint64_t small_end, small_ns; /* of work that nobody was woken for */
    _Atomic uint64_t crowded_until;       /* a time */
    size_t size;                          /* counts the caller */
    pthread_mutex_t lock;
    pthread_cond_t has_job, job_done;
    evex_allocator allocator;
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

/* ---- Waiting -------------------------------------------------------------------------------- */

static inline void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

typedef int (*condition_fn)(const void *subject);

typedef enum { MET, TIMED_OUT, CROWDED_OUT } spin_result;

/* Waits a little for the condition, unless the processor is wanted elsewhere. */
static spin_result spin(condition_fn is_met, const void *subject) {
    const evex_system *system = evex_system_in_use();
    const uint64_t start = system->now_ns();
    uint64_t before, now = start;
    do {
        for (int i = 0; i < SPIN_ROUNDS; i++) {
            if (is_met(subject))
                return MET;
            relax();
        }
        system->yield();
        before = now;
        now = system->now_ns();
    } while (now - start < SPIN_NS && now - before < CROWDED_NS);
    if (is_met(subject))
        return MET;
    return now - before < CROWDED_NS ? TIMED_OUT : CROWDED_OUT;
}

/* ---- Joining a job -------------------------------------------------------------------------- */

/* Whether there is a job that one more thread should join. */
static int has_work(const evex_pool *pool) {
    return atomic_load(&pool->open) != 0 && atomic_load(&pool->n_busy) < pool->size;
}

/* Wakes some sleepers, unless the threads that spin are enough. */
static void wake(evex_pool *pool, size_t n_wanted) {
    if (atomic_load(&pool->n_sleeping) == 0 || atomic_load(&pool->n_spinning) >= n_wanted ||
        !has_work(pool))
        return;
    pthread_mutex_lock(&pool->lock);
    for (size_t k = 0; k < n_wanted && k < WOKEN_AT_ONCE; k++)
        pthread_cond_signal(&pool->has_job);
    pthread_mutex_unlock(&pool->lock);
}

/* Counts a thread as busy, if the pool has room for it. */
static int get_busy(evex_pool *pool) {
    size_t n = atomic_load(&pool->n_busy);
    while (n < pool->size)
        if (atomic_compare_exchange_weak(&pool->n_busy, &n, n + 1))
            return 1;
    return 0;
}

static void close_slot(evex_pool *pool, const job_slot *slot) {
    atomic_fetch_and(&pool->open, ~((uint64_t)1 << (slot - pool->slots)));
}

/* Becomes one of the workers of a slot's job; returns how many it wanted, 0: none any more. */
static size_t enter(evex_pool *pool, job_slot *slot) {
    unsigned state = atomic_load(&slot->state);
    do {
        if ((state & WANTED_MASK) == 0)
            return 0;
    } while (!atomic_compare_exchange_weak(&slot->state, &state, state - WANTED_ONE + ACTIVE_ONE));
    const size_t n_wanted = (state & WANTED_MASK) / WANTED_ONE;
    if (n_wanted == 1)
        close_slot(pool, slot);
    return n_wanted;
}

static void leave(evex_pool *pool, job_slot *slot) {
    atomic_fetch_sub(&pool->n_busy, 1);
    const unsigned before = atomic_fetch_sub(&slot->state, ACTIVE_ONE);
    if ((before & ACTIVE_MASK) != ACTIVE_ONE || atomic_load(&pool->n_waiting) == 0)
        return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_broadcast(&pool->job_done);
    pthread_mutex_unlock(&pool->lock);
}

/* Enters a job; slots are tried in turn from the one after *last on. */
static size_t enter_any(evex_pool *pool, unsigned *last) {
    const uint64_t open = atomic_load(&pool->open);
    for (unsigned k = 1; k <= N_SLOTS && open != 0; k++) {
        const unsigned s = (*last + k) % N_SLOTS;
        const size_t n_wanted = open >> s & 1 ? enter(pool, &pool->slots[s]) : 0;
        if (n_wanted == 0)
            continue;
        *last = s;
        return n_wanted;
    }
    return 0;
}

/* Works on a job; 0: there is none. */
static int join_job(evex_pool *pool, unsigned *last) {
    if (!has_work(pool) || !get_busy(pool))
        return 0;
    const size_t n_wanted = enter_any(pool, last);
    if (n_wanted == 0) {
        atomic_fetch_sub(&pool->n_busy, 1);
        return 0;
    }
    wake(pool, WOKEN_AT_ONCE);
    job_slot *slot = &pool->slots[*last];
    evex_fp_default(); /* what ran here before may have been a user's function */
    slot->work(slot->argument, slot->n - n_wanted);
    leave(pool, slot);
    return 1;
}

/* ---- Threads -------------------------------------------------------------------------------- */

static int may_stop_waiting(const void *subject) {
    const evex_pool *pool = subject;
    return has_work(pool) || atomic_load(&pool->is_closing);
}

static void wait_for_job(evex_pool *pool) {
    atomic_fetch_add(&pool->n_spinning, 1);
    const spin_result result = spin(may_stop_waiting, pool);
    atomic_fetch_sub(&pool->n_spinning, 1);
    if (result == MET)
        return;
    if (result == CROWDED_OUT)
        atomic_store_explicit(&pool->crowded_until, evex_system_in_use()->now_ns() + CROWDED_FOR_NS,
                              memory_order_relaxed);
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->n_sleeping, 1);
    if (!may_stop_waiting(pool)) /* woken too late for one job, it spins for the next */
        pthread_cond_wait(&pool->has_job, &pool->lock);
    atomic_fetch_sub(&pool->n_sleeping, 1);
    pthread_mutex_unlock(&pool->lock);
}

static void *run_thread(void *argument) {
    evex_pool *pool = argument;
    unsigned last = N_SLOTS - 1;
    while (!atomic_load(&pool->is_closing))
        if (!join_job(pool, &last))
            wait_for_job(pool);
    return NULL;
}

/* Starts threads until there are n; does with fewer when the system refuses. */
static void start_threads(evex_pool *pool, size_t n) {
    if (atomic_load_explicit(&pool->n_threads, memory_order_relaxed) >= n)
        return;
    pthread_mutex_lock(&pool->lock);
    size_t k = atomic_load(&pool->n_threads);
    while (k < n && evex_system_in_use()->thread_create(&pool->threads[k], run_thread, pool) == 0)
        atomic_store(&pool->n_threads, ++k);
    pthread_mutex_unlock(&pool->lock);
}

/* ---- Jobs ----------------------------------------------------------------------------------- */

/* NULL: all are taken. */
static job_slot *take_slot(evex_pool *pool) {
    for (job_slot *slot = pool->slots; slot < pool->slots + N_SLOTS; slot++) {
        unsigned expected = 0;
        if (atomic_load_explicit(&slot->state, memory_order_relaxed) == 0 &&
            atomic_compare_exchange_strong(&slot->state, &expected, slot_owned))
            return slot;
    }
    return NULL;
}

static void open_job(evex_pool *pool, job_slot *slot, size_t n, evex_work_fn work, void *argument) {
    const size_t n_wanted = (n < pool->size ? n : pool->size) - 1;
    start_threads(pool, n_wanted);
    slot->n = n_wanted + 1;
    slot->work = work;
    slot->argument = argument;
    atomic_fetch_add(&pool->n_busy, 1);
    atomic_store(&slot->state, slot_owned + (unsigned)n_wanted * WANTED_ONE);
    atomic_fetch_or(&pool->open, (uint64_t)1 << (slot - pool->slots));
    /* A thread with an older view of the open slots may have taken the last place before the bit
     * was set: then nobody else would close the slot before the job's end. */
    if ((atomic_load(&slot->state) & WANTED_MASK) == 0)
        close_slot(pool, slot);
    wake(pool, n_wanted);
}

static int is_idle(const void *subject) {
    const job_slot *slot = subject;
    return (atomic_load(&slot->state) & ACTIVE_MASK) == 0;
}

static void sleep_until_idle(evex_pool *pool, const job_slot *slot) {
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->n_waiting, 1);
    while (!is_idle(slot))
        pthread_cond_wait(&pool->job_done, &pool->lock);
    atomic_fetch_sub(&pool->n_waiting, 1);
    pthread_mutex_unlock(&pool->lock);
}

/* The caller has nothing left to do: no more workers, and an end to those that are there. */
static void finish_job(evex_pool *pool, job_slot *slot) {
    atomic_fetch_and(&slot->state, ~(unsigned)WANTED_MASK);
    close_slot(pool, slot);
    atomic_fetch_sub(&pool->n_busy, 1);
    wake(pool, 1); /* there is room for a thread at another caller's job */
    if (spin(is_idle, slot) != MET)
        sleep_until_idle(pool, slot);
    atomic_store(&slot->state, 0);
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

/* Locks of its own, no job and no thread; 0: the system has no locks left. */
static int clear(evex_pool *pool) {
    for (size_t k = 0; k < N_SLOTS; k++)
        atomic_store(&pool->slots[k].state, 0);
    atomic_store(&pool->open, 0);
    atomic_store(&pool->n_busy, 0);
    atomic_store(&pool->n_threads, 0);
    atomic_store(&pool->n_spinning, 0);
    atomic_store(&pool->n_sleeping, 0);
    atomic_store(&pool->n_waiting, 0);
    atomic_store(&pool->is_closing, 0);
    atomic_store(&pool->small_end, 0);
    atomic_store(&pool->small_ns, 0);
    atomic_store(&pool->crowded_until, 0);
    return init_locks(pool);
}

/* Makes a pool that a fork carried over usable: as created, without threads. 0: it is not. */
static int renew(evex_pool *pool) {
    const unsigned now = evex_fork_generation();
    unsigned seen = atomic_load_explicit(&pool->generation, memory_order_acquire);
    if (seen == now)
        return 1;
    if (seen != REGISTERING &&
        atomic_compare_exchange_strong(&pool->generation, &seen, REGISTERING)) {
        const int is_ready = clear(pool);
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
    const int is_shared = pool != NULL && n > 1 && pool->size > 1 && renew(pool);
    job_slot *slot = is_shared ? take_slot(pool) : NULL;
    if (slot == NULL) {
        work(argument, 0);
        return;
    }
    const unsigned generation = evex_fork_generation();
    open_job(pool, slot, n, work, argument);
    work(argument, 0);
    if (generation == evex_fork_generation())
        finish_job(pool, slot);
}

/* ---- Worth ---------------------------------------------------------------------------------- */

/* Whether work that was too small to wake anybody for has come often enough, each time before a
 * thread would have fallen asleep, to pay for waking one now. */
static int is_steady(evex_pool *pool, uint64_t now, uint64_t work_ns) {
    const uint64_t end =
        atomic_exchange_explicit(&pool->small_end, now + work_ns, memory_order_relaxed);
    uint64_t sum = now < end + SPIN_NS
                       ? atomic_load_explicit(&pool->small_ns, memory_order_relaxed) + work_ns
                       : 0;
    const int is_enough = sum > STEADY_NS;
    if (is_enough)
        sum = 0;
    atomic_store_explicit(&pool->small_ns, sum, memory_order_relaxed);
    return is_enough;
}

static size_t least(size_t a, uint64_t b) {
    return b < a ? (size_t)b : a;
}

size_t evex_pool_worth(evex_pool *pool, size_t n, uint64_t work_ns) {
    if (pool == NULL && work_ns >= EVEX_LEAST_SHARED_NS)
        pool = evex_default_pool();
    if (pool == NULL || work_ns < EVEX_LEAST_SHARED_NS)
        return 1;
    n = least(n, pool->size);
    const int is_renewed = atomic_load(&pool->generation) != evex_fork_generation();
    const size_t n_awake =
        1 + (is_renewed ? 0 : atomic_load_explicit(&pool->n_spinning, memory_order_relaxed));
    const uint64_t now = evex_system_in_use()->now_ns();
    const int is_crowded = now < atomic_load_explicit(&pool->crowded_until, memory_order_relaxed);
    const size_t wanted = least(n, work_ns / JOIN_NS);
    const size_t paid = least(n, work_ns / (is_crowded ? CROWDED_WAKE_NS : WAKE_NS));
    if (wanted <= n_awake || paid >= wanted)
        return wanted;
    if (!is_crowded && is_steady(pool, now, work_ns))
        return wanted;
    return n_awake > paid ? n_awake : paid > 0 ? paid : 1;
}

/* ---- Life ----------------------------------------------------------------------------------- */

/* NULL: out of memory. */
static evex_pool *make_pool(size_t n_threads, const evex_allocator *allocator) {
    evex_pool *made =
        evex_allocate_aligned(allocator, sizeof *made + (n_threads - 1) * sizeof made->threads[0]);
    if (made == NULL)
        return NULL;
    made->allocator = *allocator;
    made->size = n_threads;
    if (!watch_forks() || !clear(made)) {
        evex_free_aligned(allocator, made);
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
    atomic_store(&pool->is_closing, 1);
    pthread_cond_broadcast(&pool->has_job);
    pthread_mutex_unlock(&pool->lock);
    const size_t n_threads = atomic_load(&pool->n_threads);
    for (size_t k = 0; k < n_threads; k++)
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
    evex_free_aligned(&allocator, dead);
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
