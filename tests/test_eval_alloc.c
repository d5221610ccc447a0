/* SPDX-License-Identifier: MIT */
/*
 * Memory that runs out during evaluation: every scenario is evaluated with allocation k failing for
 * k = 1, 2, ... until it passes, that one alone and from then on. A failure is EVEX_NO_MEMORY and
 * leaves nothing behind; the next evaluation is right. Also: calls in steady state allocate
 * nothing.
 */
#include "tests/eval_fixture.h"
#include "tests/failing_allocator.h"
#include "tests/suite.h"

enum { ROWS = 300, COLUMNS = 40, N = ROWS * COLUMNS, MAX_FAILURES = 500 };

static const evex_var vars[2] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                                 {"b", EVEX_F64, EVEX_STRONG, 0, 0}};

/* Each exercises another piece of memory. overlaps: the output is the input, one element on. */
static const struct {
    const char *text;
    size_t n_threads, block_length;
    int overlaps;
} scenarios[] = {
    {"2*a + 3*b", 1, 0, 0},
    {"2*a + 3*b", 3, 0, 0},
    {"a - mean(a, axis=0)*b", 3, 16, 0},
    {"a*2 + b", 1, 0, 1},
    {"(a - mean(a))/std(a) + sum(a, axis=1, keepdims=True)*b", 8, 0, 0},
    {"a + b*sqrt(2.0)**2 + exp(a)*sin(b) + a**3 + log(abs(a) + 1) + b**5 + (a + b)*(a - b)*(b - 1)",
     2, 0, 0},
};

enum { N_SCENARIOS = sizeof scenarios / sizeof *scenarios };

typedef struct {
    double a[N + 1], b[N], r[N];
} numbers;

static void fill(numbers *x) {
    for (int i = 0; i < N; i++) {
        x->a[i] = i % 100;
        x->b[i] = i % 7;
        x->r[i] = 0;
    }
    x->a[N] = 0;
}

static evex_status evaluate(const evex_expr *expr, int row, numbers *x, int may_overlap) {
    static const int64_t shape[2] = {ROWS, COLUMNS};
    const evex_array in[2] = {evex_array_nd(EVEX_F64, x->a, 2, shape),
                              evex_array_nd(EVEX_F64, x->b, 2, shape)};
    double *result = may_overlap && scenarios[row].overlaps ? x->a + 1 : x->r;
    evex_array out = evex_array_nd(EVEX_F64, result, 2, shape);
    const evex_eval_options options = options_of((setting){
        EVEX_ISA_BEST, scenarios[row].block_length, scenarios[row].n_threads, EVEX_STORE_BEST});
    evex_error error = EVEX_ERROR_INIT;
    const evex_status status = evex_eval(expr, test_pool(), in, 2, &out, 1, &options, &error);
    ck_assert_int_eq(error.status, status);
    if (result != x->r)
        memcpy(x->r, result, sizeof x->r);
    return status;
}

static evex_expr *compile_with(const evex_allocator *allocator, const char *text) {
    evex_compile_options options = caps_compile_options();
    options.allocator = allocator;
    evex_expr *expr;
    ck_assert_int_eq(evex_compile(&expr, text, strlen(text), vars, 2, &options, NULL), EVEX_OK);
    return expr;
}

static void fail_everywhere(int row, int fail_on) {
    numbers *x = malloc(sizeof *x), *wanted = malloc(sizeof *wanted);
    evex_expr *plain = compile_with(NULL, scenarios[row].text);
    fill(wanted);
    ck_assert_int_eq(evaluate(plain, row, wanted, 0), EVEX_OK);
    evex_expr_free(&plain);
    long k = 1;
    for (evex_status status = EVEX_NO_MEMORY; status != EVEX_OK; k++) {
        ck_assert_int_lt(k, MAX_FAILURES);
        failing_allocator memory;
        failing_allocator_init(&memory, 0, fail_on);
        evex_expr *expr = compile_with(&memory.allocator, scenarios[row].text);
        memory.fail_at = atomic_load(&memory.n_calls) + k;
        fill(x);
        status = evaluate(expr, row, x, 1);
        ck_assert(status == EVEX_OK || status == EVEX_NO_MEMORY);
        memory.fail_at = 0;
        fill(x);
        ck_assert_int_eq(evaluate(expr, row, x, 1), EVEX_OK);
        ck_assert(memcmp(x->r, wanted->r, sizeof x->r) == 0);
        evex_expr_free(&expr);
        ck_assert_int_eq(atomic_load(&memory.n_outstanding), 0);
    }
    free(x);
    free(wanted);
}

START_TEST(running_out_is_an_error) {
    fail_everywhere(_i % N_SCENARIOS, _i >= N_SCENARIOS);
}
END_TEST

START_TEST(linking_fails_cleanly) {
    for (int fail_on = 0; fail_on < 2; fail_on++) {
        evex_status status = EVEX_NO_MEMORY;
        for (long k = 1; status != EVEX_OK; k++) {
            ck_assert_int_lt(k, MAX_FAILURES);
            failing_allocator memory;
            failing_allocator_init(&memory, k, fail_on);
            evex_compile_options options = caps_compile_options();
            options.allocator = &memory.allocator;
            evex_expr *expr;
            const char *text = "a in (1, 2, 3) or b in (4, 5, 6) or sum(a) > sqrt(3.0)";
            status = evex_compile(&expr, text, strlen(text), vars, 2, &options, NULL);
            ck_assert(status == EVEX_OK || status == EVEX_NO_MEMORY);
            ck_assert((expr != NULL) == (status == EVEX_OK));
            evex_expr_free(&expr);
            ck_assert_int_eq(atomic_load(&memory.n_outstanding), 0);
        }
    }
}
END_TEST

START_TEST(pools_fail_cleanly) {
    failing_allocator memory;
    failing_allocator_init(&memory, 1, 0);
    evex_pool *pool;
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_pool_create(&pool, 4, &memory.allocator, &error), EVEX_NO_MEMORY);
    ck_assert_ptr_null(pool);
    ck_assert_int_eq(error.status, EVEX_NO_MEMORY);
    ck_assert_int_eq(evex_pool_create(&pool, 4, &memory.allocator, NULL), EVEX_OK);
    evex_pool_free(&pool);
    ck_assert_int_eq(atomic_load(&memory.n_outstanding), 0);
}
END_TEST

START_TEST(steady_calls_allocate_nothing) {
    numbers *x = malloc(sizeof *x);
    failing_allocator memory;
    failing_allocator_init(&memory, 0, 0);
    for (int row = 0; row < 2; row++) { /* small blocks on the stack, then large ones */
        evex_expr *expr = compile_with(&memory.allocator, scenarios[row].text);
        fill(x);
        ck_assert_int_eq(evaluate(expr, row, x, 0), EVEX_OK);
        const long n_calls = atomic_load(&memory.n_calls);
        for (int round = 0; round < 10; round++)
            ck_assert_int_eq(evaluate(expr, row, x, 0), EVEX_OK);
        ck_assert_int_eq(atomic_load(&memory.n_calls), n_calls);
        evex_expr_free(&expr);
    }
    free(x);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_loop_test(tests, running_out_is_an_error, 0, 2 * N_SCENARIOS);
    tcase_add_test(tests, linking_fails_cleanly);
    tcase_add_test(tests, pools_fail_cleanly);
    tcase_add_test(tests, steady_calls_allocate_nothing);
}

int main(void) {
    return run_suite("eval_alloc", add_tests);
}
