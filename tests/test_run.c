/* SPDX-License-Identifier: MIT */
/*
 * Evaluation against naive loops over random shapes and layouts, under every instruction set and
 * under thread counts and block lengths that put borders everywhere. Values are small integers, so
 * that the loops' answers are exact whatever their order; where order matters, results are compared
 * bit for bit between settings.
 */
#include "tests/eval_fixture.h"

#include <math.h>
#include <stdio.h>

#include "core/dtype.h"
#include "tests/suite.h"

enum { N_TRIALS = 1500, N_REDUCED_TRIALS = 300, MAX_INPUTS = 3 };

static const evex_var vars[MAX_INPUTS] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                                          {"b", EVEX_F32, EVEX_STRONG, 0, 0},
                                          {"c", EVEX_I32, EVEX_STRONG, 0, 0}};

static int n_trials(void) {
    return caps_is_reduced() ? N_REDUCED_TRIALS : N_TRIALS;
}

/* ---- Random arrays -------------------------------------------------------------------------- */

/* At most some thousand elements; at times a dimension of 0, at times one of more than a block. */
static int32_t pick_shape(uint64_t *seed, int64_t *shape) {
    const int32_t ndim = pick(seed, 6);
    for (int32_t d = 0; d < ndim; d++)
        shape[d] = pick(seed, 40) == 0 ? 0 : 1 + pick(seed, 6);
    if (ndim > 0 && pick(seed, 3) == 0)
        shape[pick(seed, ndim)] *= 60 + pick(seed, 50);
    return ndim;
}

static layout_kind pick_layout(uint64_t *seed) {
    const int k = pick(seed, 4);
    return k == 0 ? LAYOUT_C : k == 1 ? LAYOUT_F : LAYOUT_ANY;
}

static void fill(test_array *a, uint64_t *seed) {
    const int64_t n = shape_size(a->array.ndim, a->shape);
    for (int64_t i = 0; i < n; i++)
        array_set(a, i, a->array.dtype == EVEX_BOOL ? pick(seed, 2) : pick(seed, 41) - 20);
}

static void make_operand(test_array *a, evex_dtype dtype, int32_t ndim, const int64_t *shape,
                         uint64_t *seed) {
    int64_t own[EVEX_MAX_DIMS] = {0};
    const int32_t own_ndim = pick_operand_shape(seed, ndim, shape, own);
    array_make(a, dtype, own_ndim, own, pick_layout(seed), seed);
    fill(a, seed);
    if (own_ndim > 0 && pick(seed, 6) == 0) { /* repeated by a stride of 0 */
        const int32_t d = pick(seed, own_ndim);
        if (a->strides[d] > 0)
            a->strides[d] = 0;
    }
}

/* What the operands broadcast to; they were made to. */
static int32_t common_shape(const test_array *operands, size_t n, int64_t *shape) {
    int32_t ndim = 0;
    for (size_t k = 0; k < n; k++)
        ndim = operands[k].array.ndim > ndim ? operands[k].array.ndim : ndim;
    for (int32_t d = 0; d < ndim; d++)
        shape[d] = 1;
    for (size_t k = 0; k < n; k++)
        for (int32_t d = 0; d < operands[k].array.ndim; d++)
            if (operands[k].shape[d] != 1)
                shape[d + ndim - operands[k].array.ndim] = operands[k].shape[d];
    return ndim;
}

/* ---- Elementwise ---------------------------------------------------------------------------- */

typedef double (*naive_fn)(double a, double b, double c);

static double naive_linear(double a, double b, double c) {
    return 2 * a + b * c;
}
static double naive_where(double a, double b, double c) {
    return a > b ? a : c;
}
static double naive_long(double a, double b, double c) {
    return (a - b) * (a + c) - (b * b - c) * (a - 1) + fabs(c - a);
}

static const struct {
    const char *text;
    naive_fn naive;
} elementwise[] = {{"2*a + b*c", naive_linear},
                   {"where(a > b, a, c)", naive_where},
                   {"(a - b)*(a + c) - (b*float64(b) - c)*(a - 1) + abs(c - a)", naive_long}};

static void evaluate(const evex_expr *expr, const test_array *operands, size_t n_operands,
                     test_array *outputs, size_t n_outputs, setting s) {
    evex_array in[MAX_INPUTS], out[4];
    for (size_t k = 0; k < n_operands; k++)
        in[k] = operands[k].array;
    for (size_t k = 0; k < n_outputs; k++)
        out[k] = outputs[k].array;
    const evex_eval_options options = options_of(s);
    evex_error error = EVEX_ERROR_INIT;
    const evex_status status =
        evex_eval(expr, test_pool(), in, n_operands, out, n_outputs, &options, &error);
    ck_assert_msg(status == EVEX_OK, "%s", error.message);
}

static void try_elementwise(uint64_t seed) {
    int64_t wanted[EVEX_MAX_DIMS], shape[EVEX_MAX_DIMS];
    const int32_t wanted_ndim = pick_shape(&seed, wanted);
    test_array operands[MAX_INPUTS], output;
    for (int k = 0; k < MAX_INPUTS; k++)
        make_operand(&operands[k], vars[k].dtype, wanted_ndim, wanted, &seed);
    const int32_t ndim = common_shape(operands, MAX_INPUTS, shape);
    array_make(&output, pick(&seed, 4) == 0 ? EVEX_F32 : EVEX_F64, ndim, shape, pick_layout(&seed),
               &seed);
    const size_t row = (size_t)pick(&seed, sizeof elementwise / sizeof *elementwise);
    const setting s = pick_setting(&seed);
    evex_expr *expr = expr_of(elementwise[row].text, vars, MAX_INPUTS, s.isa);
    evaluate(expr, operands, MAX_INPUTS, &output, 1, s);
    for (int64_t i = 0; i < shape_size(ndim, shape); i++) {
        const double wanted_value =
            elementwise[row].naive(broadcast_get(ndim, shape, &operands[0], i),
                                   broadcast_get(ndim, shape, &operands[1], i),
                                   broadcast_get(ndim, shape, &operands[2], i));
        ck_assert_double_eq(array_get(&output, i), wanted_value);
    }
    evex_expr_free(&expr);
    array_free(&output);
    for (int k = 0; k < MAX_INPUTS; k++)
        array_free(&operands[k]);
}

START_TEST(elementwise_equals_loops) {
    for (int trial = 0; trial < n_trials(); trial++)
        try_elementwise((uint64_t)trial);
}
END_TEST

/* ---- Reductions ----------------------------------------------------------------------------- */

/* Takes a value in; n elements came before. Gives the accumulator after it. */
typedef double (*naive_step)(double so_far, double x, int64_t n, double *index);

static double step_sum(double so_far, double x, int64_t n, double *index) {
    (void)n, (void)index;
    return so_far + x;
}
static double step_min(double so_far, double x, int64_t n, double *index) {
    (void)index;
    return n == 0 || x < so_far ? x : so_far;
}
static double step_argmax(double so_far, double x, int64_t n, double *index) {
    if (n == 0 || x > so_far) {
        *index = (double)n;
        return x;
    }
    return so_far;
}
static double step_count(double so_far, double x, int64_t n, double *index) {
    (void)n, (void)index;
    return so_far + (x != 0);
}

static const struct {
    const char *name;
    naive_step step;
    evex_dtype result;
    int gives_index, needs_element, takes_mask;
} reductions[] = {{"sum", step_sum, EVEX_F64, 0, 0, 1},
                  {"min", step_min, EVEX_F64, 0, 1, 0},
                  {"argmax", step_argmax, EVEX_I64, 1, 1, 0},
                  {"count_nonzero", step_count, EVEX_I64, 0, 0, 1}};

/* The C-order numbers of an element in the kept dimensions. */
static int64_t kept_number(int32_t ndim, const int64_t *shape, uint32_t axes, int64_t number) {
    int64_t result = 0, factor = 1;
    for (int32_t d = ndim - 1; d >= 0; d--) {
        const int64_t index = number % shape[d];
        number /= shape[d];
        if (axes >> d & 1)
            continue;
        result += index * factor;
        factor *= shape[d];
    }
    return result;
}

typedef struct {
    int32_t ndim;
    int64_t shape[EVEX_MAX_DIMS];
    uint32_t axes; /* reduced */
    int is_all, keepdims, is_masked;
    size_t row;
} reduction_case;

/* axis=... as text, also with negative numbers. */
static void write_axes(const reduction_case *c, char *text, uint64_t *seed) {
    if (c->is_all)
        return;
    const int is_one = reductions[c->row].gives_index;
    strcat(text, is_one ? ", axis=" : ", axis=(");
    for (int32_t d = 0; d < c->ndim; d++)
        if (c->axes >> d & 1)
            sprintf(text + strlen(text), is_one ? "%d" : "%d,",
                    (int)(pick(seed, 2) ? d : d - c->ndim));
    strcat(text, is_one ? "" : ")");
}

static int32_t result_shape(const reduction_case *c, int64_t *shape) {
    int32_t ndim = 0;
    for (int32_t d = 0; d < c->ndim; d++) {
        if (!(c->axes >> d & 1))
            shape[ndim++] = c->shape[d];
        else if (c->keepdims)
            shape[ndim++] = 1;
    }
    return ndim;
}

static reduction_case pick_reduction(uint64_t *seed) {
    reduction_case c = {.row = (size_t)pick(seed, sizeof reductions / sizeof *reductions)};
    c.ndim = pick_shape(seed, c.shape);
    if (pick(seed, 8) == 0 && c.ndim > 0)
        c.shape[pick(seed, c.ndim)] += 4200; /* several leaves */
    const uint32_t all = c.ndim == 0 ? 0 : UINT32_MAX >> (32 - c.ndim);
    c.is_all = c.ndim == 0 || pick(seed, 3) == 0;
    c.axes = c.is_all ? all : 1u << pick(seed, c.ndim);
    if (!c.is_all && !reductions[c.row].gives_index && pick(seed, 2))
        c.axes |= 1u << pick(seed, c.ndim);
    c.keepdims = pick(seed, 3) == 0;
    c.is_masked = reductions[c.row].takes_mask && pick(seed, 3) == 0;
    return c;
}

static void check_reduction(const reduction_case *c, const test_array *source,
                            const test_array *mask, const test_array *output) {
    const int64_t n = shape_size(c->ndim, c->shape);
    const int64_t n_results = shape_size(output->array.ndim, output->shape);
    double *values = calloc((size_t)n_results + 1, sizeof *values);
    double *indexes = calloc((size_t)n_results + 1, sizeof *indexes);
    int64_t *counts = calloc((size_t)n_results + 1, sizeof *counts);
    for (int64_t i = 0; i < n; i++) {
        const int64_t k = kept_number(c->ndim, c->shape, c->axes, i);
        if (c->is_masked && broadcast_get(c->ndim, c->shape, mask, i) == 0)
            continue;
        values[k] = reductions[c->row].step(values[k], broadcast_get(c->ndim, c->shape, source, i),
                                            counts[k]++, &indexes[k]);
    }
    for (int64_t k = 0; k < n_results; k++)
        ck_assert_double_eq(array_get(output, k),
                            reductions[c->row].gives_index ? indexes[k] : values[k]);
    free(values);
    free(indexes);
    free(counts);
}

static void try_reduction(uint64_t seed) {
    const evex_var masked_vars[2] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                                     {"m", EVEX_BOOL, EVEX_STRONG, 0, 0}};
    reduction_case c = pick_reduction(&seed);
    const int64_t n = shape_size(c.ndim, c.shape);
    if ((n == 0 && reductions[c.row].needs_element) || n > 100000)
        return;
    test_array operands[2], output;
    array_make(&operands[0], EVEX_F64, c.ndim, c.shape, pick_layout(&seed), &seed);
    fill(&operands[0], &seed);
    make_operand(&operands[1], EVEX_BOOL, c.ndim, c.shape, &seed);
    char text[512];
    sprintf(text, "%s(a%s", reductions[c.row].name,
            strcmp(reductions[c.row].name, "count_nonzero") == 0 ? " != 0" : "");
    write_axes(&c, text, &seed);
    sprintf(text + strlen(text), "%s%s)", c.keepdims ? ", keepdims=True" : "",
            c.is_masked ? ", where=m" : "");
    int64_t shape[EVEX_MAX_DIMS];
    const int32_t ndim = result_shape(&c, shape);
    array_make(&output, reductions[c.row].result, ndim, shape, pick_layout(&seed), &seed);
    const setting s = pick_setting(&seed);
    evex_expr *expr = expr_of(text, masked_vars, 2, s.isa);
    evaluate(expr, operands, c.is_masked ? 2 : 1, &output, 1, s);
    check_reduction(&c, &operands[0], &operands[1], &output);
    evex_expr_free(&expr);
    array_free(&operands[0]);
    array_free(&operands[1]);
    array_free(&output);
}

START_TEST(reductions_equal_loops) {
    for (int trial = 0; trial < n_trials(); trial++)
        try_reduction((uint64_t)trial + 1000000);
}
END_TEST

/* Columns in tiles: of rows that follow each other, and of rows that overlap as sliding windows do.
 */
START_TEST(columns_are_tiled) {
    enum { WINDOWS = 5, WIDTH = 997 };
    static const int steps[] = {0, 1, 8, 39, 40, 41, WIDTH};
    double *memory = malloc(WINDOWS * WIDTH * sizeof *memory), *sums = malloc(2 * WIDTH * 8);
    for (int i = 0; i < WINDOWS * WIDTH; i++)
        memory[i] = i % 1000;
    evex_expr *expr = expr_of("sum(a, axis=0), sum(a*2, axis=0)", vars, 1, EVEX_ISA_BEST);
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
        const int step = steps[k];
        const int64_t shape[2] = {WINDOWS, WIDTH}, strides[2] = {step * 8, 8};
        const evex_array in = {
            .data = memory, .dtype = EVEX_F64, .ndim = 2, .shape = shape, .strides = strides};
        evex_array out[2] = {evex_array_1d(EVEX_F64, sums, WIDTH),
                             evex_array_1d(EVEX_F64, sums + WIDTH, WIDTH)};
        ck_assert_int_eq(evex_eval(expr, test_pool(), &in, 1, out, 2, NULL, NULL), EVEX_OK);
        for (int c = 0; c < WIDTH; c++) {
            double wanted = 0;
            for (int r = 0; r < WINDOWS; r++)
                wanted += memory[r * step + c];
            ck_assert_double_eq(sums[c], wanted);
            ck_assert_double_eq(sums[WIDTH + c], 2 * wanted);
        }
    }
    evex_expr_free(&expr);
    free(memory);
    free(sums);
}
END_TEST

/* ---- The same bits -------------------------------------------------------------------------- */

static void fill_reals(test_array *a, uint64_t *seed) {
    const int64_t n = shape_size(a->array.ndim, a->shape);
    for (int64_t i = 0; i < n; i++)
        array_set(a, i, ldexp((double)chance(seed) - 1e9, pick(seed, 20) - 40));
}

/* The same elements in another layout; F-contiguity, which renumbers elements, is left out. */
static void lay_out_again(test_array *to, const test_array *from, uint64_t *seed) {
    array_make(to, from->array.dtype, from->array.ndim, from->shape, LAYOUT_ANY, seed);
    for (int64_t i = 0; i < shape_size(from->array.ndim, from->shape); i++)
        array_set(to, i, array_get(from, i));
}

static int is_f_contiguous(const test_array *a) {
    int64_t expected = (int64_t)evex_dtype_size(a->array.dtype);
    for (int32_t d = 0; d < a->array.ndim; d++) {
        if (a->shape[d] != 1 && a->strides[d] != expected)
            return 0;
        expected *= a->shape[d];
    }
    return 1;
}

static const char *const inexact[] = {"sum(a*b)",
                                      "mean(a)",
                                      "var(b)",
                                      "std(a, axis=0)",
                                      "sum(a, axis=-1)",
                                      "prod(1 + a*1e-9, axis=0)",
                                      "(a - mean(a, axis=0, keepdims=True))/std(a)",
                                      "sum(exp(a*1e-3) + sin(b), axis=0)"};

static void try_bits(uint64_t seed) {
    const evex_var two[2] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                             {"b", EVEX_F32, EVEX_STRONG, 0, 0}};
    const int64_t shape[2] = {1 + pick(&seed, 9000), 1 + pick(&seed, 12)};
    const char *text = inexact[pick(&seed, sizeof inexact / sizeof *inexact)];
    test_array plain[2], laid[2], first, second;
    for (int k = 0; k < 2; k++) {
        array_make(&plain[k], two[k].dtype, 2, shape, LAYOUT_C, &seed);
        fill_reals(&plain[k], &seed);
        lay_out_again(&laid[k], &plain[k], &seed);
    }
    evex_expr *reference = expr_of(text, two, 2, EVEX_ISA_REF);
    size_t n_inputs;
    const int begins_at_b = evex_expr_inputs(reference, &n_inputs)[0].name[0] == 'b';
    evex_result result;
    evex_array in[2] = {plain[begins_at_b].array, plain[1].array};
    ck_assert_int_eq(evex_result_shape(reference, in, n_inputs, &result, NULL, NULL), EVEX_OK);
    array_make(&first, result.dtype, result.ndim, result.shape, LAYOUT_C, &seed);
    array_make(&second, result.dtype, result.ndim, result.shape, LAYOUT_C, &seed);
    const setting s = pick_setting(&seed);
    evex_expr *expr = expr_of(text, two, 2, s.isa);
    evaluate(reference, &plain[begins_at_b], n_inputs, &first, 1,
             (setting){EVEX_ISA_REF, 0, 1, EVEX_STORE_BEST});
    const int is_renumbered = is_f_contiguous(&laid[0]) || is_f_contiguous(&laid[1]);
    evaluate(expr, is_renumbered ? &plain[begins_at_b] : &laid[begins_at_b], n_inputs, &second, 1,
             s);
    const size_t n_bytes =
        (size_t)shape_size(result.ndim, result.shape) * evex_dtype_size(result.dtype);
    ck_assert_msg(memcmp(first.array.data, second.array.data, n_bytes) == 0,
                  "%s on (%d, %d): isa %d, block %zu, threads %zu", text, (int)shape[0],
                  (int)shape[1], (int)s.isa, s.block_length, s.n_threads);
    evex_expr_free(&reference);
    evex_expr_free(&expr);
    array_free(&first);
    array_free(&second);
    for (int k = 0; k < 2; k++) {
        array_free(&plain[k]);
        array_free(&laid[k]);
    }
}

START_TEST(settings_do_not_change_bits) {
    for (int trial = 0; trial < n_trials() / 10; trial++)
        try_bits((uint64_t)trial + 2000000);
}
END_TEST

/* ---- Past the caches ------------------------------------------------------------------------ */

enum { MARGIN = 200, MOST = 700, MOST_BYTES = MOST * 8 + 2 * MARGIN };

/* Evaluates n elements into memory that begins `offset` elements behind MARGIN. */
static void store(const evex_expr *expr, const evex_array *in, evex_dtype dtype, char *memory,
                  int64_t n, size_t offset, setting s) {
    memset(memory, 0x5a, MOST_BYTES);
    evex_array out = evex_array_1d(dtype, memory + MARGIN + offset * evex_dtype_size(dtype), n);
    const evex_eval_options options = options_of(s);
    ck_assert_int_eq(evex_eval(expr, test_pool(), in, 1, &out, 1, &options, NULL), EVEX_OK);
}

/* Every place in a line, lengths around whole lines and blocks: the bytes are those of ordinary
 * stores, and nothing beside the output is touched. */
START_TEST(stores_past_the_caches) {
    static const struct {
        const char *text;
        evex_dtype dtype;
    } rows[] = {{"a*a + 1", EVEX_F64},
                {"a > 0", EVEX_BOOL},
                {"float32(a)", EVEX_F32},
                {"float32(a)", EVEX_F64},
                {"int16(a)", EVEX_I16}};
    static const int64_t lengths[] = {2, 7, 8, 63, 64, 65, 130, 512, 640};
    static _Alignas(64) char cached[MOST_BYTES], past[MOST_BYTES];
    double a[MOST];
    for (int i = 0; i < MOST; i++)
        a[i] = i % 37 - 11;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (int isa = EVEX_ISA_REF; isa <= EVEX_ISA_AVX512; isa++) {
            evex_expr *expr = expr_of(rows[r].text, vars, 1, (evex_isa_cap)isa);
            for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++)
                for (size_t offset = 0; offset < 65; offset += 1 + offset / 9) {
                    const evex_array in = evex_array_1d(EVEX_F64, a, lengths[k]);
                    setting s = {EVEX_ISA_BEST, 64 << k % 2, 1 + k % 3, EVEX_STORE_CACHED};
                    store(expr, &in, rows[r].dtype, cached, lengths[k], offset, s);
                    s.store = EVEX_STORE_PAST_CACHES;
                    store(expr, &in, rows[r].dtype, past, lengths[k], offset, s);
                    ck_assert(memcmp(cached, past, MOST_BYTES) == 0);
                }
            evex_expr_free(&expr);
        }
}
END_TEST

enum { SEVERAL = 9000, SEVERAL_BYTES = SEVERAL * 9 + 3 * MARGIN };

/* A number, a truth and the sum of each of n elements; the truths lie behind the numbers. */
static void store_several(const evex_expr *expr, const evex_array *in, char *memory, int64_t n,
                          size_t offset, double *sum, setting s) {
    memset(memory, 0x5a, SEVERAL_BYTES);
    evex_array out[] = {
        evex_array_1d(EVEX_F64, memory + MARGIN + offset * sizeof(double), n),
        evex_array_1d(EVEX_BOOL, memory + 2 * MARGIN + offset + SEVERAL * sizeof(double), n),
        evex_array_0d(EVEX_F64, sum)};
    const evex_eval_options options = options_of(s);
    ck_assert_int_eq(evex_eval(expr, test_pool(), in, 1, out, 3, &options, NULL), EVEX_OK);
}

/* Outputs that reach lines together or apart, with a reduction beside them, over several leaves. */
START_TEST(stores_beside_a_reduction) {
    static const int64_t lengths[] = {3, 64, 4095, 4096, 4100, 8000};
    static _Alignas(64) char cached[SEVERAL_BYTES], past[SEVERAL_BYTES];
    static double a[SEVERAL];
    for (int i = 0; i < SEVERAL; i++)
        a[i] = i % 37 / 7.0 - 2;
    for (int isa = EVEX_ISA_REF; isa <= EVEX_ISA_AVX512; isa++) {
        evex_expr *expr = expr_of("a*a + 1, a > 0, sum(a)", vars, 1, (evex_isa_cap)isa);
        for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++)
            for (size_t offset = 0; offset < 65; offset += 1 + offset / 9) {
                const evex_array in = evex_array_1d(EVEX_F64, a, lengths[k]);
                setting s = {EVEX_ISA_BEST, 64 << k % 2, 1 + k % 3, EVEX_STORE_CACHED};
                double sums[2];
                store_several(expr, &in, cached, lengths[k], offset, &sums[0], s);
                s.store = EVEX_STORE_PAST_CACHES;
                store_several(expr, &in, past, lengths[k], offset, &sums[1], s);
                ck_assert(memcmp(cached, past, SEVERAL_BYTES) == 0);
                ck_assert(memcmp(&sums[0], &sums[1], sizeof *sums) == 0);
            }
        evex_expr_free(&expr);
    }
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, elementwise_equals_loops);
    tcase_add_test(tests, reductions_equal_loops);
    tcase_add_test(tests, columns_are_tiled);
    tcase_add_test(tests, settings_do_not_change_bits);
    tcase_add_test(tests, stores_past_the_caches);
    tcase_add_test(tests, stores_beside_a_reduction);
}

int main(void) {
    return run_suite("run", add_tests);
}
