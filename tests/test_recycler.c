/* SPDX-License-Identifier: MIT */
/*
 * Recyclers: memory comes back, stays within its bound, may outlive its recycler, is asked for by
 * several threads at once and across a fork, and running out is a NULL that leaves nothing behind.
 */
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/system.h"
#include "tests/failing_allocator.h"
#include "tests/suite.h"

enum { MIB = 1 << 20 };

static evex_recycler *create(size_t most_idle) {
    evex_recycler *made;
    ck_assert_int_eq(evex_recycler_create(&made, most_idle, NULL, NULL), EVEX_OK);
    return made;
}

static const size_t sizes[] = {0,       1,           100,         4096,    (256 << 10) - 129,
                               300000,  MIB,         2 * MIB - 1, 2 * MIB, 3 * MIB + 5,
                               8 * MIB, 37 * MIB + 1};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

START_TEST(blocks_are_whole_and_aligned) {
    evex_recycler *recycler = create(0);
    const evex_allocator memory = evex_recycler_allocator(recycler);
    unsigned char *blocks[N_SIZES];
    for (int round = 0; round < 3; round++) {
        for (int k = 0; k < N_SIZES; k++) {
            blocks[k] = memory.allocate(memory.user, sizes[k]);
            ck_assert_ptr_nonnull(blocks[k]);
            ck_assert_uint_eq((uintptr_t)blocks[k] % 64, 0);
            memset(blocks[k], k + 1, sizes[k]);
        }
        for (int k = 0; k < N_SIZES; k++) {
            for (size_t i = 0; i < sizes[k]; i++)
                if (blocks[k][i] != k + 1)
                    ck_abort_msg("block %d is overwritten at %zu", k, i);
            memory.free(memory.user, blocks[k]);
        }
    }
    memory.free(memory.user, NULL);
    evex_recycler_free(&recycler);
    ck_assert_ptr_null(recycler);
    evex_recycler_free(&recycler);
}
END_TEST

static atomic_int n_maps, n_unmaps;

static void *count_map(size_t n_bytes) {
    atomic_fetch_add(&n_maps, 1);
    return evex_system_default.map_pages(n_bytes);
}

static void count_unmap(void *pages, size_t n_bytes) {
    atomic_fetch_add(&n_unmaps, 1);
    evex_system_default.unmap_pages(pages, n_bytes);
}

static void count_pages(void) {
    static evex_system counting;
    counting = evex_system_default;
    counting.map_pages = count_map;
    counting.unmap_pages = count_unmap;
    atomic_store(&n_maps, 0);
    atomic_store(&n_unmaps, 0);
    evex_system_replace(&counting);
}

START_TEST(memory_comes_back) {
    count_pages();
    evex_recycler *recycler = create(0);
    const evex_allocator memory = evex_recycler_allocator(recycler);
    for (int round = 0; round < 50; round++) { /* three results at a time, of like sizes */
        void *blocks[3];
        for (int k = 0; k < 3; k++)
            blocks[k] = memory.allocate(memory.user, 15 * MIB - (size_t)(round * 100 + k));
        for (int k = 0; k < 3; k++)
            memory.free(memory.user, blocks[k]);
    }
    ck_assert_int_eq(atomic_load(&n_maps), 3);
    ck_assert_uint_ge(evex_recycler_idle_bytes(recycler), 45 * MIB);
    evex_recycler_trim(recycler);
    ck_assert_uint_eq(evex_recycler_idle_bytes(recycler), 0);
    ck_assert_int_eq(atomic_load(&n_unmaps), 3);
    evex_recycler_free(&recycler);
    evex_system_replace(NULL);
}
END_TEST

START_TEST(idle_memory_is_bounded) {
    count_pages();
    evex_recycler *recycler = create(40 * MIB);
    const evex_allocator memory = evex_recycler_allocator(recycler);
    void *blocks[100];
    for (size_t k = 0; k < 100; k++) /* more than there are slots, of all sizes */
        blocks[k] = memory.allocate(memory.user, (1 + k % 50) * MIB);
    for (size_t k = 0; k < 100; k++) {
        memory.free(memory.user, blocks[k]);
        ck_assert_uint_le(evex_recycler_idle_bytes(recycler), 40 * MIB);
    }
    ck_assert_uint_ge(evex_recycler_idle_bytes(recycler), 20 * MIB);
    for (size_t k = 0; k < 100; k++)
        blocks[k] = memory.allocate(memory.user, 300000);
    for (size_t k = 0; k < 100; k++)
        memory.free(memory.user, blocks[k]);
    ck_assert_uint_le(evex_recycler_idle_bytes(recycler), 40 * MIB);
    evex_recycler_free(&recycler);
    ck_assert_int_eq(atomic_load(&n_maps), atomic_load(&n_unmaps));
    evex_system_replace(NULL);
}
END_TEST

START_TEST(blocks_may_outlive_the_recycler) {
    failing_allocator counted;
    failing_allocator_init(&counted, 0, 0);
    evex_recycler *recycler;
    ck_assert_int_eq(evex_recycler_create(&recycler, 0, &counted.allocator, NULL), EVEX_OK);
    const evex_allocator memory = evex_recycler_allocator(recycler);
    void *small = memory.allocate(memory.user, 10), *large = memory.allocate(memory.user, 4 * MIB);
    memory.free(memory.user, memory.allocate(memory.user, MIB));
    evex_recycler_free(&recycler);
    memset(small, 1, 10);
    memset(large, 1, 4 * MIB);
    memory.free(memory.user, large);
    memory.free(memory.user, small);
    ck_assert_int_eq(atomic_load(&counted.n_outstanding), 0);
}
END_TEST

static atomic_int maps_left;

static void *map_some(size_t n_bytes) {
    return atomic_fetch_sub(&maps_left, 1) > 0 ? evex_system_default.map_pages(n_bytes) : NULL;
}

START_TEST(running_out_is_null) {
    failing_allocator failing;
    failing_allocator_init(&failing, 1, 0);
    evex_error error = EVEX_ERROR_INIT;
    evex_recycler *recycler;
    ck_assert_int_eq(evex_recycler_create(&recycler, 0, &failing.allocator, &error),
                     EVEX_NO_MEMORY);
    ck_assert_ptr_null(recycler);
    ck_assert_int_eq(error.status, EVEX_NO_MEMORY);
    ck_assert_int_eq(evex_recycler_create(NULL, 0, NULL, &error), EVEX_INVALID_ARGUMENT);
    evex_system few = evex_system_default;
    few.map_pages = map_some;
    evex_system_replace(&few);
    ck_assert_int_eq(evex_recycler_create(&recycler, 0, &failing.allocator, NULL), EVEX_OK);
    const evex_allocator memory = evex_recycler_allocator(recycler);
    atomic_store(&maps_left, 1);
    memory.free(memory.user, memory.allocate(memory.user, 4 * MIB));
    ck_assert_uint_gt(evex_recycler_idle_bytes(recycler), 0);
    ck_assert_ptr_null(memory.allocate(memory.user, 8 * MIB));
    ck_assert_uint_eq(evex_recycler_idle_bytes(recycler), 0); /* it was given up for the attempt */
    ck_assert_ptr_null(memory.allocate(memory.user, SIZE_MAX));
    ck_assert_ptr_null(memory.allocate(memory.user, SIZE_MAX / 2 - 100));
    failing.fail_at = atomic_load(&failing.n_calls) + 1;
    failing.fail_on = 1;
    ck_assert_ptr_null(memory.allocate(memory.user, 100));
    evex_system_replace(NULL);
    evex_recycler_free(&recycler);
    ck_assert_int_eq(atomic_load(&failing.n_outstanding), 0);
}
END_TEST

START_TEST(outputs_have_their_size) {
    static const int64_t shape[3] = {100, 200, 30}, huge[3] = {INT64_MAX, 4, 4};
    evex_recycler *recycler = create(0);
    const evex_allocator memory = evex_recycler_allocator(recycler);
    char *data = evex_recycler_output(recycler, 0, EVEX_F64, 3, shape, 0);
    ck_assert_ptr_nonnull(data);
    memset(data, 1, 100 * 200 * 30 * sizeof(double));
    memory.free(memory.user, data);
    ck_assert_ptr_null(evex_recycler_output(recycler, 0, EVEX_F64, 3, huge, 0));
    evex_recycler_free(&recycler);
}
END_TEST

/* ---- Threads and forks ---------------------------------------------------------------------- */

typedef struct {
    evex_allocator memory;
    unsigned seed;
    int n_rounds, n_faults;
} churner;

/* Holds a few blocks at a time and looks whether they stay what they were. */
static void *churn(void *argument) {
    churner *self = argument;
    unsigned *held[4] = {NULL};
    size_t words[4] = {0};
    for (int round = 0; round < self->n_rounds; round++) {
        self->seed = self->seed * 1664525u + 1013904223u;
        const unsigned k = self->seed >> 30;
        for (size_t i = 0; i < words[k]; i += 1024)
            self->n_faults += held[k][i] != (unsigned)(uintptr_t)self + k;
        self->memory.free(self->memory.user, held[k]);
        words[k] = sizes[4 + (self->seed >> 20) % 6] / sizeof(unsigned);
        held[k] = self->memory.allocate(self->memory.user, words[k] * sizeof(unsigned));
        for (size_t i = 0; i < words[k]; i += 1024)
            held[k][i] = (unsigned)(uintptr_t)self + k;
    }
    for (int k = 0; k < 4; k++)
        self->memory.free(self->memory.user, held[k]);
    return NULL;
}

START_TEST(threads_share_a_recycler) {
    evex_recycler *recycler = create(16 * MIB);
    pthread_t threads[4];
    churner churners[4];
    for (unsigned k = 0; k < 4; k++) {
        churners[k] = (churner){evex_recycler_allocator(recycler), k, 2000, 0};
        ck_assert_int_eq(pthread_create(&threads[k], NULL, churn, &churners[k]), 0);
    }
    for (int k = 0; k < 4; k++) {
        pthread_join(threads[k], NULL);
        ck_assert_int_eq(churners[k].n_faults, 0);
    }
    ck_assert_uint_le(evex_recycler_idle_bytes(recycler), 2 * 16 * MIB);
    evex_recycler_free(&recycler);
}
END_TEST

START_TEST(forks_find_it_usable) {
    evex_recycler *recycler = create(16 * MIB);
    for (unsigned round = 0; round < 10; round++) {
        churner background = {evex_recycler_allocator(recycler), round, 300, 0};
        pthread_t thread;
        ck_assert_int_eq(pthread_create(&thread, NULL, churn, &background), 0);
        const pid_t child = fork();
        if (child == 0) {
            churner own = {evex_recycler_allocator(recycler), round + 1, 100, 0};
            churn(&own);
            _exit(own.n_faults != 0);
        }
        int status = -1;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        pthread_join(thread, NULL);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        ck_assert_int_eq(background.n_faults, 0);
    }
    evex_recycler_free(&recycler);
}
END_TEST

/* A sanitizer's allocator may not survive a fork while another thread is in it. */
#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    HAS_FEATURE(address_sanitizer) || HAS_FEATURE(thread_sanitizer)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

static void add_tests(TCase *tests) {
    tcase_add_test(tests, blocks_are_whole_and_aligned);
    tcase_add_test(tests, memory_comes_back);
    tcase_add_test(tests, idle_memory_is_bounded);
    tcase_add_test(tests, blocks_may_outlive_the_recycler);
    tcase_add_test(tests, running_out_is_null);
    tcase_add_test(tests, outputs_have_their_size);
    tcase_add_test(tests, threads_share_a_recycler);
    if (!IS_SANITIZED)
        tcase_add_test(tests, forks_find_it_usable);
}

int main(void) {
    return run_suite("recycler", add_tests);
}
