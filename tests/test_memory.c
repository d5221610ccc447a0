/* SPDX-License-Identifier: MIT */
/* core/memory.c: alignment, overflow, failure and ownership of the arena and the allocators. */
#include <stdint.h>
#include <string.h>

#include "core/memory.h"
#include "tests/failing_allocator.h"
#include "tests/suite.h"

START_TEST(aligned_memory_is_aligned_and_freed) {
    failing_allocator memory;
    failing_allocator_init(&memory, 0, 0);
    for (size_t n = 0; n < 300; n += 7) {
        char *p = evex_allocate_aligned(&memory.allocator, n);
        ck_assert_uint_eq((uintptr_t)p % EVEX_CACHE_LINE, 0);
        memset(p, 1, n);
        evex_free_aligned(&memory.allocator, p);
    }
    ck_assert_int_eq(memory.n_outstanding, 0);
    ck_assert_ptr_null(evex_allocate_aligned(&memory.allocator, SIZE_MAX - 8));
}
END_TEST

START_TEST(products_that_overflow_give_null) {
    failing_allocator memory;
    failing_allocator_init(&memory, 0, 0);
    ck_assert_ptr_null(evex_allocate_array(&memory.allocator, SIZE_MAX / 8, 16));
    evex_arena arena;
    evex_arena_init(&arena, &memory.allocator, NULL, 0);
    ck_assert_ptr_null(evex_arena_push_array(&arena, SIZE_MAX / 8, 16));
    ck_assert_ptr_null(evex_arena_push(&arena, SIZE_MAX));
    ck_assert_int_eq(memory.n_calls, 0);
}
END_TEST

START_TEST(arena_uses_the_callers_buffer_first) {
    failing_allocator memory;
    failing_allocator_init(&memory, 0, 0);
    _Alignas(16) char buffer[256];
    memset(buffer, 0x55, sizeof buffer);
    evex_arena arena;
    evex_arena_init(&arena, &memory.allocator, buffer, sizeof buffer);
    char *first = evex_arena_push(&arena, 100), *second = evex_arena_push(&arena, 100);
    ck_assert_ptr_eq(first, buffer);
    ck_assert_ptr_eq(second, buffer + 112);
    ck_assert_int_eq(first[99] | second[99], 0);
    ck_assert_int_eq(memory.n_calls, 0);
    char *third = evex_arena_push(&arena, 100);
    ck_assert(third < buffer || third >= buffer + sizeof buffer);
    ck_assert_int_eq(memory.n_outstanding, 1);
    evex_arena_free(&arena);
    ck_assert_int_eq(memory.n_outstanding, 0);
}
END_TEST

START_TEST(arena_survives_failing_allocations) {
    failing_allocator memory;
    failing_allocator_init(&memory, 2, 1);
    evex_arena arena;
    evex_arena_init(&arena, &memory.allocator, NULL, 0);
    ck_assert_ptr_nonnull(evex_arena_push(&arena, 1000));
    ck_assert_ptr_null(evex_arena_push(&arena, 1 << 20));
    ck_assert_ptr_nonnull(evex_arena_push(&arena, 1000));
    evex_arena_free(&arena);
    ck_assert_int_eq(memory.n_outstanding, 0);
}
END_TEST

START_TEST(growing_keeps_the_contents) {
    failing_allocator memory;
    failing_allocator_init(&memory, 0, 0);
    evex_arena arena;
    evex_arena_init(&arena, &memory.allocator, NULL, 0);
    void *array = NULL;
    size_t capacity = 0;
    for (size_t i = 0; i < 10000; i++) {
        ck_assert(evex_arena_grow(&arena, &array, &capacity, i + 1, sizeof(size_t)));
        ((size_t *)array)[i] = i;
    }
    for (size_t i = 0; i < 10000; i++)
        ck_assert_uint_eq(((size_t *)array)[i], i);
    ck_assert(!evex_arena_grow(&arena, &array, &capacity, SIZE_MAX, 8));
    ck_assert_uint_eq(((size_t *)array)[9999], 9999);
    evex_arena_free(&arena);
    ck_assert_int_eq(memory.n_outstanding, 0);
}
END_TEST

START_TEST(an_empty_push_is_not_a_failure) {
    evex_arena arena;
    evex_arena_init(&arena, &evex_system_allocator, NULL, 0);
    ck_assert_ptr_nonnull(evex_arena_push(&arena, 0));
    evex_arena_free(&arena);
}
END_TEST

static void add(TCase *tests) {
    tcase_add_test(tests, aligned_memory_is_aligned_and_freed);
    tcase_add_test(tests, products_that_overflow_give_null);
    tcase_add_test(tests, arena_uses_the_callers_buffer_first);
    tcase_add_test(tests, arena_survives_failing_allocations);
    tcase_add_test(tests, growing_keeps_the_contents);
    tcase_add_test(tests, an_empty_push_is_not_a_failure);
}

int main(void) {
    return run_suite("memory", add);
}
