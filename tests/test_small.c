/* SPDX-License-Identifier: MIT */
/*
 * The short way for small calls: it must be taken where it is meant for, give the bits of the
 * general way, and leave everything out of the ordinary to that.
 */
#include "eval/small.h"

#include "tests/eval_fixture.h"
#include "tests/suite.h"

enum { MAX_N = 30000 };

static const evex_var vars[4] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                                 {"b", EVEX_F64, EVEX_STRONG, 0, 0},
                                 {"c", EVEX_I32, EVEX_STRONG, 0, 0},
                                 {"k", EVEX_F64, EVEX_WEAK, 0, 0}};
static const evex_eval_options default_options = EVEX_EVAL_OPTIONS_INIT;

/* Room on both sides, so that a write past the end shows. */
typedef struct {
    double a[MAX_N], b[MAX_N], k;
    int32_t c[MAX_N];
    double p[MAX_N + 2], q[MAX_N + 2];
} numbers;

static void fill(numbers *x) {
    for (int i = 0; i < MAX_N; i++) {
        x->a[i] = i * 0.37 - 100;
        x->b[i] = 1e3 / (i + 1);
        x->c[i] = i % 13 - 6;
    }
    for (int i = 0; i < MAX_N + 2; i++)
        x->p[i] = x->q[i] = -77;
    x->k = 2.5;
}

static void list_inputs(const evex_expr *expr, numbers *x, size_t n, evex_array *in, size_t *n_in) {
    const evex_var *wanted = evex_expr_inputs(expr, n_in);
    for (size_t i = 0; i < *n_in; i++)
        switch (wanted[i].name[0]) {
        case 'a':
            in[i] = evex_array_1d(EVEX_F64, x->a, n);
            break;
        case 'b':
            in[i] = evex_array_1d(EVEX_F64, x->b, n);
            break;
        case 'c':
            in[i] = evex_array_1d(EVEX_I32, x->c, n);
            break;
        default:
            in[i] = evex_array_0d(EVEX_F64, &x->k);
        }
}

static const char *const texts[] = {"a",
                                    "2*a + 3*b",
                                    "a*c - k",
                                    "exp(a/b) + where(a > 0, c, b)**2",
                                    "p = a + b*k, q = (a - c)/(b + 1)",
                                    "sqrt(a*a + b*b)*k + sin(b)*cos(a) - c"};

/* Evaluates into x->p and x->q behind their first element. */
static evex_status evaluate(const evex_expr *expr, numbers *x, size_t n,
                            const evex_eval_options *options) {
    evex_array in[4],
        out[2] = {evex_array_1d(EVEX_F64, x->p + 1, n), evex_array_1d(EVEX_F64, x->q + 1, n)};
    size_t n_in, n_out;
    list_inputs(expr, x, n, in, &n_in);
    evex_expr_outputs(expr, &n_out);
    return evex_eval(expr, NULL, in, n_in, out, n_out, options, NULL);
}

START_TEST(both_ways_agree) {
    numbers *quick = malloc(sizeof *quick), *general = malloc(sizeof *general);
    evex_eval_options other = default_options;
    other.block_length = 64; /* leads to the general way */
    for (int isa = 0; isa < 5; isa++) {
        evex_expr *expr = expr_of(texts[_i], vars, 4, (evex_isa_cap)isa);
        for (size_t n = 0; n < MAX_N; n += n < 300 ? 1 : n < 2000 ? 97 : 3001) {
            fill(quick);
            fill(general);
            ck_assert_int_eq(evaluate(expr, quick, n, &default_options), EVEX_OK);
            ck_assert_int_eq(evaluate(expr, general, n, &other), EVEX_OK);
            ck_assert(memcmp(quick, general, sizeof *quick) == 0);
            ck_assert(quick->p[0] == -77 && quick->p[n + 1] == -77);
        }
        evex_expr_free(&expr);
    }
    free(quick);
    free(general);
}
END_TEST

static int is_taken(const char *text, numbers *x, size_t n,
                    void (*change)(evex_array *, evex_array *), const evex_eval_options *options) {
    evex_expr *expr = expr_of(text, vars, 4, EVEX_ISA_BEST);
    evex_array in[4],
        out[2] = {evex_array_1d(EVEX_F64, x->p + 1, n), evex_array_1d(EVEX_F64, x->q + 1, n)};
    size_t n_in, n_out;
    list_inputs(expr, x, n, in, &n_in);
    evex_expr_outputs(expr, &n_out);
    if (change != NULL)
        change(in, out);
    const int taken = evex_small_eval(expr, in, n_in, out, n_out, options);
    evex_expr_free(&expr);
    return taken;
}

START_TEST(small_vectors_take_it) {
    numbers *x = malloc(sizeof *x);
    fill(x);
    ck_assert(is_taken("2*a + 3*b", x, 10, NULL, &default_options));
    ck_assert(is_taken("a*c - k", x, 1000, NULL, &default_options));
    ck_assert(is_taken("p = a + b, q = a*2", x, 2, NULL, &default_options));
    free(x);
}
END_TEST

START_TEST(other_programs_do_not) {
    static const char *const others[] = {"sum(a)", "a - mean(a)", "k*2", "p = a + 1, q = k + 1",
                                         "sqrt(2.0)"};
    numbers *x = malloc(sizeof *x);
    fill(x);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_msg(!is_taken(others[i], x, 10, NULL, &default_options), "%s", others[i]);
    free(x);
}
END_TEST

START_TEST(contiguous_arrays_of_one_shape_take_it) {
    static const int64_t shape[3] = {2, 1, 5}, other[3] = {2, 5, 1};
    static const int64_t strides[3] = {40, 8, 8}, swapped[3] = {8, 8, 16};
    numbers *x = malloc(sizeof *x);
    fill(x);
    evex_expr *expr = expr_of("a*k + b", vars, 4, EVEX_ISA_BEST);
    evex_array in[3] = {evex_array_nd(EVEX_F64, x->a, 3, shape), evex_array_0d(EVEX_F64, &x->k),
                        evex_array_nd(EVEX_F64, x->b, 3, shape)};
    evex_array out = evex_array_nd(EVEX_F64, x->p, 3, shape);
    ck_assert(evex_small_eval(expr, in, 3, &out, 1, &default_options));
    for (int i = 0; i < 10; i++)
        ck_assert_double_eq(x->p[i], x->a[i] * x->k + x->b[i]);
    in[2].strides = strides;
    ck_assert(evex_small_eval(expr, in, 3, &out, 1, &default_options));
    in[2].strides = swapped;
    ck_assert(!evex_small_eval(expr, in, 3, &out, 1, &default_options));
    in[2].strides = NULL;
    in[2].shape = other;
    ck_assert(!evex_small_eval(expr, in, 3, &out, 1, &default_options));
    in[2] = evex_array_1d(EVEX_F64, x->b, 10);
    ck_assert(!evex_small_eval(expr, in, 3, &out, 1, &default_options));
    evex_expr_free(&expr);
    free(x);
}
END_TEST

/* An output on an input: the short way only where the input is read no later; always right. */
START_TEST(outputs_may_replace_inputs) {
    enum { OVER = 1500 }; /* more than a block */
    static const struct {
        const char *text;
        int is_taken;
    } rows[] = {{"p = 2*a + b", 1},
                {"p = b/(a*a + 1) - a", 1},
                {"p = a*2, q = b + 1", 1},
                {"p = b - a, q = a*b", 0},
                {"p = sin(a) + b, q = 3*a", 0}};
    numbers *x = malloc(sizeof *x), *y = malloc(sizeof *y);
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        fill(x);
        fill(y);
        evex_expr *expr = expr_of(rows[r].text, vars, 4, EVEX_ISA_BEST);
        size_t n_in, n_out;
        evex_array in[4],
            out[2] = {evex_array_1d(EVEX_F64, x->a, OVER), evex_array_1d(EVEX_F64, x->q, OVER)};
        list_inputs(expr, x, OVER, in, &n_in);
        evex_expr_outputs(expr, &n_out);
        const int taken = evex_small_eval(expr, in, n_in, out, n_out, &default_options);
        ck_assert_msg(taken == rows[r].is_taken, "%s", rows[r].text);
        if (!taken)
            ck_assert_int_eq(evex_eval(expr, NULL, in, n_in, out, n_out, NULL, NULL), EVEX_OK);
        list_inputs(expr, y, OVER, in, &n_in);
        out[0].data = y->p;
        out[1].data = y->q;
        ck_assert_int_eq(evex_eval(expr, NULL, in, n_in, out, n_out, NULL, NULL), EVEX_OK);
        ck_assert(memcmp(x->a, y->p, OVER * sizeof *x->a) == 0);
        ck_assert(n_out == 1 || memcmp(x->q, y->q, OVER * sizeof *x->q) == 0);
        evex_expr_free(&expr);
    }
    free(x);
    free(y);
}
END_TEST

static void swap_input(evex_array *in, evex_array *out) {
    (void)out;
    in[0].byte_swapped = 1;
}
static void retype_input(evex_array *in, evex_array *out) {
    (void)out;
    in[0].dtype = EVEX_F32;
}
static void misalign_input(evex_array *in, evex_array *out) {
    (void)out;
    in[0].data = (char *)in[0].data + 1;
}
static void stride_input(evex_array *in, evex_array *out) {
    static const int64_t strides[1] = {16};
    (void)out;
    in[0].strides = strides;
}
static void shorten_input(evex_array *in, evex_array *out) {
    (void)out;
    in[0].length--;
}
static void clear_input(evex_array *in, evex_array *out) {
    (void)out;
    in[0].data = NULL;
}
static void shorten_output(evex_array *in, evex_array *out) {
    (void)in;
    out[0].length--;
}
static void retype_output(evex_array *in, evex_array *out) {
    (void)in;
    out[0].dtype = EVEX_F32;
}
static void lock_output(evex_array *in, evex_array *out) {
    (void)in;
    out[0].read_only = 1;
}
static void overlap_input(evex_array *in, evex_array *out) {
    out[0].data = (double *)in[1].data + 3;
}
static void unset_output(evex_array *in, evex_array *out) {
    (void)in;
    out[0].data = NULL;
}

START_TEST(other_arrays_do_not) {
    static void (*const changes[])(evex_array *, evex_array *) = {
        swap_input,     retype_input,  misalign_input, stride_input,  shorten_input, clear_input,
        shorten_output, retype_output, lock_output,    overlap_input, unset_output};
    numbers *x = malloc(sizeof *x);
    fill(x);
    ck_assert(!is_taken("a + b", x, 10, changes[_i], &default_options));
    ck_assert_double_eq(x->p[1], -77);
    free(x);
}
END_TEST

static int never(void *user) {
    (void)user;
    return 0;
}

START_TEST(other_options_do_not) {
    static const int flag = 0;
    numbers *x = malloc(sizeof *x);
    fill(x);
    evex_eval_options options[4] = {default_options, default_options, default_options,
                                    default_options};
    options[0].block_length = 1;
    options[1].force_threads = 1;
    options[2].cancel = &flag;
    options[3].poll = never;
    for (int i = 0; i < 4; i++)
        ck_assert(!is_taken("a + b", x, 10, NULL, &options[i]));
    ck_assert(!is_taken("a + b", x, 0, NULL, &default_options));
    ck_assert(!is_taken("a + b", x, 1, NULL, &default_options));
    ck_assert(!is_taken("a + b", x, MAX_N - 1, NULL, &default_options));
    free(x);
}
END_TEST

START_TEST(outputs_that_meet_do_not) {
    numbers *x = malloc(sizeof *x);
    fill(x);
    evex_expr *expr = expr_of("p = a + b, q = a - b", vars, 2, EVEX_ISA_BEST);
    const evex_array in[2] = {evex_array_1d(EVEX_F64, x->a, 10), evex_array_1d(EVEX_F64, x->b, 10)};
    const evex_array out[2] = {evex_array_1d(EVEX_F64, x->p, 10),
                               evex_array_1d(EVEX_F64, x->p + 9, 10)};
    ck_assert(!evex_small_eval(expr, in, 2, out, 2, &default_options));
    ck_assert(!evex_small_eval(expr, in, 1, out, 2, &default_options));
    evex_expr_free(&expr);
    free(x);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_loop_test(tests, both_ways_agree, 0, sizeof texts / sizeof *texts);
    tcase_add_test(tests, small_vectors_take_it);
    tcase_add_test(tests, contiguous_arrays_of_one_shape_take_it);
    tcase_add_test(tests, outputs_may_replace_inputs);
    tcase_add_test(tests, other_programs_do_not);
    tcase_add_loop_test(tests, other_arrays_do_not, 0, 11);
    tcase_add_test(tests, other_options_do_not);
    tcase_add_test(tests, outputs_that_meet_do_not);
}

int main(void) {
    return run_suite("small", add_tests);
}
