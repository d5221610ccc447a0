/* SPDX-License-Identifier: MIT */
/*
 * Plans that are used again: whatever arrays an expression was evaluated over before, its answers
 * and errors are those of one that has just been compiled; and where a plan can be kept, it is.
 */
#include "eval/prepared.h"

#include <pthread.h>

#include "tests/eval_fixture.h"
#include "tests/failing_allocator.h"
#include "tests/suite.h"

enum { N = 4096, MAX_STEPS = 400 };

static const evex_var vars[4] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                                 {"b", EVEX_F64, EVEX_STRONG, 0, 0},
                                 {"c", EVEX_I32, EVEX_STRONG, 0, 0},
                                 {"k", EVEX_I64, EVEX_WEAK, 0, 0}};

static const char *const texts[] = {"2*a + 3*b",
                                    "a*k - c",
                                    "sum(a*b)",
                                    "sum(a, axis=0) + k",
                                    "(a - mean(a))/(std(a) + 1) + c",
                                    "p = a + b, q = max(a*c), r = b > k",
                                    "a + exp(k/100)",
                                    "where(a > b, c, k)"};

typedef struct {
    double a[N], b[N];
    int32_t c[N];
    int64_t k;
    char results[3][N * sizeof(double)];
} numbers;

static void fill(numbers *x, unsigned seed) {
    for (unsigned i = 0; i < N; i++) {
        seed = seed * 1664525u + 1013904223u;
        x->a[i] = (double)(seed >> 16) / 100;
        x->b[i] = (double)(seed >> 8 & 0xffff) / 77 - 300;
        x->c[i] = (int32_t)(seed >> 12 & 0xff) - 100;
    }
    x->k = (int64_t)(seed >> 20) % 50;
    memset(x->results, 0, sizeof x->results);
}

/* One of a few forms of call: shapes, strides, broadcasting, and where the arrays begin. */
typedef struct {
    int64_t shape[2], row[2], strides[2];
    evex_array in[4], out[3];
    size_t n_in, n_out;
    evex_result results[3];
} call;

static void set_input(call *c, evex_array *array, evex_dtype dtype, char *data, unsigned form) {
    const int64_t size = (int64_t)evex_dtype_size(dtype);
    data += form / 8 % 4 * (unsigned)size;
    *array = evex_array_nd(dtype, data, 2, c->shape);
    c->strides[0] = 2 * c->shape[1] * 8;
    c->strides[1] = 16;
    if (form % 4 == 1)
        *array = evex_array_nd(dtype, data, 1, c->row);
    if (form % 4 == 2 && size == 8)
        array->strides = c->strides;
}

static void make_call(call *c, const evex_expr *expr, numbers *x, unsigned form) {
    const evex_var *wanted = evex_expr_inputs(expr, &c->n_in);
    c->shape[0] = 3 + form % 3;
    c->shape[1] = c->row[0] = 5 + form / 3 % 2;
    for (size_t i = 0; i < c->n_in; i++) {
        const unsigned own = form >> (2 * i);
        switch (wanted[i].name[0]) {
        case 'a':
            set_input(c, &c->in[i], EVEX_F64, (char *)x->a, own & ~3u);
            break;
        case 'b':
            set_input(c, &c->in[i], EVEX_F64, (char *)x->b, own);
            break;
        case 'c':
            set_input(c, &c->in[i], EVEX_I32, (char *)x->c, own);
            break;
        default:
            c->in[i] = evex_array_0d(EVEX_I64, &x->k);
        }
    }
}

static void set_outputs(call *c, const evex_expr *expr, numbers *x, unsigned form) {
    evex_expr_outputs(expr, &c->n_out);
    ck_assert_int_eq(evex_result_shape(expr, c->in, c->n_in, c->results, NULL, NULL), EVEX_OK);
    for (size_t i = 0; i < c->n_out; i++)
        c->out[i] = evex_array_nd(c->results[i].dtype, x->results[i] + form % 5 * 8,
                                  c->results[i].ndim, c->results[i].shape);
    if (form % 7 == 6 && c->out[0].dtype == EVEX_F64) /* on an input, or across it */
        c->out[0].data = x->a + form % 2;
}

static evex_status run_form(const evex_expr *expr, numbers *x, unsigned form) {
    const evex_eval_options options = options_of((setting){EVEX_ISA_BEST, 0, 1, EVEX_STORE_BEST});
    call c;
    fill(x, form);
    make_call(&c, expr, x, form);
    set_outputs(&c, expr, x, form);
    return evex_eval(expr, NULL, c.in, c.n_in, c.out, c.n_out, &options, NULL);
}

START_TEST(answers_do_not_depend_on_what_was_before) {
    numbers *x = malloc(sizeof *x), *y = malloc(sizeof *y);
    evex_expr *expr = expr_of(texts[_i], vars, 4, EVEX_ISA_BEST);
    unsigned seed = 7;
    for (int step = 0; step < MAX_STEPS; step++) {
        if (step % 3 == 0) /* some forms come several times */
            seed = seed * 1664525u + 1013904223u;
        const unsigned form = seed >> 20;
        evex_expr *fresh = expr_of(texts[_i], vars, 4, EVEX_ISA_BEST);
        ck_assert_int_eq(run_form(expr, x, form), EVEX_OK);
        ck_assert_int_eq(run_form(fresh, y, form), EVEX_OK);
        ck_assert_msg(memcmp(x, y, sizeof *x) == 0, "%s, form %u", texts[_i], form);
        evex_expr_free(&fresh);
    }
    evex_expr_free(&expr);
    free(x);
    free(y);
}
END_TEST

typedef struct {
    const evex_expr *expr;
    const char *text;
    unsigned seed;
    int n_faults;
} caller;

static void *call_often(void *argument) {
    caller *self = argument;
    numbers *x = malloc(sizeof *x), *y = malloc(sizeof *y);
    evex_expr *own = expr_of(self->text, vars, 4, EVEX_ISA_BEST);
    for (int step = 0; step < MAX_STEPS; step++) {
        const unsigned form = (self->seed + (unsigned)step / 4) * 2654435761u >> 20;
        self->n_faults += run_form(self->expr, x, form) != EVEX_OK;
        self->n_faults += run_form(own, y, form) != EVEX_OK;
        self->n_faults += memcmp(x, y, sizeof *x) != 0;
    }
    evex_expr_free(&own);
    free(x);
    free(y);
    return NULL;
}

START_TEST(threads_share_an_expression) {
    enum { N_THREADS = 4 };
    evex_expr *expr = expr_of(texts[_i], vars, 4, EVEX_ISA_BEST);
    pthread_t threads[N_THREADS];
    caller callers[N_THREADS];
    for (unsigned k = 0; k < N_THREADS; k++) {
        callers[k] = (caller){expr, texts[_i], k * 1000, 0};
        ck_assert_int_eq(pthread_create(&threads[k], NULL, call_often, &callers[k]), 0);
    }
    for (int k = 0; k < N_THREADS; k++) {
        pthread_join(threads[k], NULL);
        ck_assert_int_eq(callers[k].n_faults, 0);
    }
    evex_expr_free(&expr);
}
END_TEST

/* Strides, so that the call is none for the short way; no memory is asked for from the second on.
 */
START_TEST(steady_calls_recall_the_plan) {
    static const int64_t strides[1] = {16};
    static double a[200], b[200], r[100];
    static const char *const steady[] = {"2*a + 3*b", "sum(a*b)", "max(a) + sum(b)"};
    for (size_t t = 0; t < sizeof steady / sizeof *steady; t++) {
        failing_allocator memory;
        failing_allocator_init(&memory, 0, 0);
        evex_compile_options compile = caps_compile_options();
        compile.allocator = &memory.allocator;
        evex_expr *expr;
        ck_assert_int_eq(evex_compile(&expr, steady[t], strlen(steady[t]), vars, 2, &compile, NULL),
                         EVEX_OK);
        long n_calls = 0;
        for (int round = 0; round < 5; round++) {
            evex_array in[2] = {evex_array_1d(EVEX_F64, a + 2 * round, 100 - 5),
                                evex_array_1d(EVEX_F64, b, 100 - 5)};
            evex_array out = t == 0 ? evex_array_1d(EVEX_F64, r, 100 - 5)
                                    : evex_array_0d(EVEX_F64, r + 2 * round);
            in[0].strides = strides;
            const evex_eval_options options =
                options_of((setting){EVEX_ISA_BEST, 0, 1, EVEX_STORE_BEST});
            evex_prepared *prepared = evex_prepared_take(expr);
            ck_assert_ptr_nonnull(prepared);
            ck_assert_int_eq(evex_prepared_recall(prepared, in, &out, &options), round > 0);
            evex_prepared_give(expr, prepared);
            ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, &options, NULL), EVEX_OK);
            if (round > 0)
                ck_assert_int_eq(atomic_load(&memory.n_calls), n_calls);
            n_calls = atomic_load(&memory.n_calls);
        }
        evex_expr_free(&expr);
        ck_assert_int_eq(atomic_load(&memory.n_outstanding), 0);
    }
}
END_TEST

/* What is wrong with a later call is found as with the first. */
START_TEST(errors_are_found_again) {
    numbers *x = malloc(sizeof *x);
    fill(x, 1);
    static const int64_t shape[2] = {4, 5}, row[1] = {5}, wrong[1] = {6};
    evex_expr *expr = expr_of("c + k", vars, 4, EVEX_ISA_BEST);
    evex_array in[2] = {evex_array_nd(EVEX_I32, x->c, 1, row), evex_array_0d(EVEX_I64, &x->k)};
    evex_array out = evex_array_nd(EVEX_I32, x->results[0], 1, row);
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.block_length = 16;
    evex_error error = EVEX_ERROR_INIT;
    for (int round = 0; round < 2; round++) {
        x->k = 3;
        ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, &options, &error), EVEX_OK);
        x->k = INT64_MAX;
        ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, &options, &error),
                         EVEX_OUT_OF_RANGE);
        ck_assert_int_eq(error.operand, 1);
        x->k = 3;
        out.read_only = 1;
        ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, &options, &error), EVEX_BAD_OUTPUT);
        out.read_only = 0;
        in[0].dtype = EVEX_F64;
        ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, &options, &error), EVEX_BAD_TYPE);
        in[0].dtype = EVEX_I32;
        in[0].shape = wrong;
        ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, &options, &error), EVEX_BAD_SHAPE);
        in[0].shape = row;
        in[0].ndim = -1;
        ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, &options, &error),
                         EVEX_INVALID_ARGUMENT);
        in[0].ndim = 2;
        in[0].shape = NULL;
        ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, &options, &error),
                         EVEX_INVALID_ARGUMENT);
        in[0].shape = shape;
        ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, &options, &error), EVEX_BAD_SHAPE);
        in[0] = evex_array_nd(EVEX_I32, x->c, 1, row);
        out.data = NULL;
        ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, &options, &error),
                         EVEX_INVALID_ARGUMENT);
        out.data = x->results[0];
        ck_assert_int_eq(evex_eval(expr, NULL, in, 1, &out, 1, &options, &error),
                         EVEX_INVALID_ARGUMENT);
        ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 0, &options, &error),
                         EVEX_INVALID_ARGUMENT);
        ck_assert_int_eq(evex_eval(expr, NULL, NULL, 2, &out, 1, &options, &error),
                         EVEX_INVALID_ARGUMENT);
    }
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(((int32_t *)(void *)x->results[0])[i], x->c[i] + 3);
    evex_expr_free(&expr);
    free(x);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_loop_test(tests, answers_do_not_depend_on_what_was_before, 0,
                        sizeof texts / sizeof *texts);
    tcase_add_loop_test(tests, threads_share_an_expression, 0, sizeof texts / sizeof *texts);
    tcase_add_test(tests, steady_calls_recall_the_plan);
    tcase_add_test(tests, errors_are_found_again);
}

int main(void) {
    return run_suite("prepared", add_tests);
}
