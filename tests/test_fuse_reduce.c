/* SPDX-License-Identifier: MIT */
/*
 * Reductions that run together with the instruction behind them: which ones a program gets, that
 * every instruction set gives the bits of the definitions for them, whatever the lengths, blocks
 * and threads, and where that is delicate: scalars, outputs that are inputs, axes. And that any()
 * and all(), which stop when they know, know what is true.
 */
#include "eval/fuse_reduce.h"

#include <math.h>
#include <string.h>

#include "eval/expr.h"
#include "tests/eval_fixture.h"
#include "tests/suite.h"

enum { MOST = 3 * EVEX_LEAF + 77, MOST_RESULTS = 700 };

static const evex_var vars[] = {
    {"a", EVEX_F64, EVEX_STRONG, 0, 0}, {"b", EVEX_F64, EVEX_STRONG, 0, 0},
    {"f", EVEX_F32, EVEX_STRONG, 0, 0}, {"g", EVEX_F32, EVEX_STRONG, 0, 0},
    {"c", EVEX_I32, EVEX_STRONG, 0, 0}, {"m", EVEX_BOOL, EVEX_STRONG, 0, 0}};
enum { N_VARS = sizeof vars / sizeof *vars };

/* ---- Which reductions ----------------------------------------------------------------------- */

static const struct {
    const char *source;
    unsigned n_fused;
} programs[] = {
    {"sum(a*b)", 1},
    {"mean(f*g)", 1},
    {"sum(a*a)", 1},
    {"mean((a - b)**2)", 1},
    {"sum(a, where=a > 0)", 1},
    {"mean(a, where=b <= a)", 1},
    {"sum(a*b, where=a < 0)", 1},
    {"sum(a*b, axis=0)", 1},
    {"sum(a), sum(a*a)", 1},
    {"sum(a*b), sum(a*a)", 2},
    {"t = a*b; t, sum(t)", 0},
    {"t = a*b; sum(t), mean(t)", 0},
    {"t = a*b; sum(t), max(t)", 0},
    {"t = a*b; sum(t + 1), sum(t)", 0},
    {"max(a*b)", 0},
    {"sum(c*c)", 0},
    {"sum(a*b, where=m)", 0},
    {"sum(c, where=a > 0)", 0},
    {"sum(f, where=a > 0)", 0},
    {"sum(f*g, where=a > 0)", 0},
};

START_TEST(chosen_reductions) {
    evex_expr *expr = expr_of(programs[_i].source, vars, N_VARS, EVEX_ISA_BEST);
    unsigned n_fused = 0;
    for (uint32_t r = 0; r < expr->program->n_reductions; r++) {
        const evex_fused_sum *fused = &expr->fused_sums[r];
        n_fused += fused->kernel != NULL;
        ck_assert(fused->kernel == NULL || expr->links[fused->insn].is_absorbed);
    }
    const int is_possible =
        expr->kernels->fused_sums != NULL && !caps_compile_options().no_optimise;
    ck_assert_msg(n_fused == (is_possible ? programs[_i].n_fused : 0), "%s: %u",
                  programs[_i].source, n_fused);
    evex_expr_free(&expr);
}
END_TEST

/* ---- Bits ----------------------------------------------------------------------------------- */

static const struct {
    const char *source;
    evex_dtype result;
} sums[] = {
    {"sum(a*b)", EVEX_F64},
    {"mean(a*b)", EVEX_F64},
    {"sum(a*a)", EVEX_F64},
    {"mean((a - b)**2)", EVEX_F64},
    {"sum(a, where=a < 0.25)", EVEX_F64},
    {"sum(a, where=a <= b)", EVEX_F64},
    {"mean(a, where=b > 0)", EVEX_F64},
    {"sum(b, where=0 >= a)", EVEX_F64},
    {"sum(a, where=a > 1e300)", EVEX_F64},
    {"sum(a*b, where=a > b)", EVEX_F64},
    {"sum(f*g)", EVEX_F32},
    {"mean(f*f)", EVEX_F32},
    {"sum((f - g)**2)", EVEX_F32},
    {"sum(f, where=f < 0.25)", EVEX_F32},
    {"mean(f, where=f <= g)", EVEX_F32},
    {"mean(g, where=f > 0)", EVEX_F32},
    {"sum(g, where=f >= g)", EVEX_F32},
};
enum { N_SUMS = sizeof sums / sizeof *sums };

static double a[MOST], b[MOST];
static float f[MOST], g[MOST];

/* Numbers whose sums depend on their order; now and then a zero of either sign, and with specials
 * an infinity and a nan. */
static double pick_number(uint64_t *seed, int has_specials) {
    static const double special[] = {0.0, -0.0, 0.0, -0.0, 1e-310, INFINITY, NAN};
    if (pick(seed, 40) == 0)
        return special[pick(seed, has_specials ? 7 : 4)];
    return ((double)pick(seed, 2000001) - 1e6) * 1.0000001e-6;
}

static void fill(uint64_t seed, int has_specials) {
    for (size_t i = 0; i < MOST; i++) {
        a[i] = pick_number(&seed, has_specials);
        b[i] = pick_number(&seed, has_specials);
        f[i] = (float)pick_number(&seed, has_specials);
        g[i] = (float)pick_number(&seed, has_specials);
    }
}

static const void *data_of(char name) {
    return name == 'a' ? (void *)a : name == 'b' ? (void *)b : name == 'f' ? (void *)f : (void *)g;
}

/* Shapes that the inputs of a call have: all the same, or the second one a scalar, or a row; and
 * whether they are in Fortran order. */
typedef struct {
    int32_t ndim;
    int64_t shape[2];
    int32_t second_ndim;
    int64_t second_shape[2];
    int is_f, second_is_f;
} call_shape;

static evex_status evaluate(const evex_expr *expr, const call_shape *shape, setting s,
                            evex_dtype dtype, void *results, size_t n_results) {
    size_t n;
    const evex_var *inputs = evex_expr_inputs(expr, &n);
    evex_array in[2];
    int64_t f_strides[2][2];
    for (size_t k = 0; k < n; k++) {
        const int64_t *own_shape = k > 0 ? shape->second_shape : shape->shape;
        const int64_t size = (int64_t)evex_dtype_size(inputs[k].dtype);
        in[k] = evex_array_nd(inputs[k].dtype, data_of(inputs[k].name[0]),
                              k > 0 ? shape->second_ndim : shape->ndim, own_shape);
        f_strides[k][0] = size;
        f_strides[k][1] = size * own_shape[0];
        if (k > 0 ? shape->second_is_f : shape->is_f)
            in[k].strides = f_strides[k];
    }
    const int64_t result_shape[] = {(int64_t)n_results};
    evex_array out = evex_array_nd(dtype, results, n_results > 1 ? 1 : 0, result_shape);
    const evex_eval_options options = options_of(s);
    evex_error error = EVEX_ERROR_INIT;
    return evex_eval(expr, test_pool(), in, n, &out, 1, &options, &error);
}

/* Bits are equal; of nans any. */
static int are_same(evex_dtype dtype, const void *x, const void *y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const double p = dtype == EVEX_F64 ? ((const double *)x)[i] : ((const float *)x)[i];
        const double q = dtype == EVEX_F64 ? ((const double *)y)[i] : ((const float *)y)[i];
        if (memcmp(&p, &q, sizeof p) != 0 && !(isnan(p) && isnan(q)))
            return 0;
    }
    return 1;
}

/* The definitions do not fuse: what they give is what every set must give. */
static void try_sum(const char *source, evex_dtype dtype, const call_shape *shape,
                    size_t n_results) {
    static double expected[MOST_RESULTS], result[MOST_RESULTS];
    static const evex_isa_cap sets[] = {EVEX_ISA_BASE, EVEX_ISA_AVX2, EVEX_ISA_AVX512};
    static const size_t blocks[] = {0, 1, 3, 50, 64, 1000};
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    evex_expr *expr;
    options.isa = EVEX_ISA_REF;
    ck_assert_int_eq(evex_compile(&expr, source, strlen(source), vars, N_VARS, &options, NULL),
                     EVEX_OK);
    const setting plain = {EVEX_ISA_REF, 0, 1, EVEX_STORE_BEST};
    const evex_status status = evaluate(expr, shape, plain, dtype, expected, n_results);
    evex_expr_free(&expr);
    for (size_t t = 0; t < sizeof sets / sizeof *sets; t++) {
        options.isa = sets[t];
        ck_assert_int_eq(evex_compile(&expr, source, strlen(source), vars, N_VARS, &options, NULL),
                         EVEX_OK);
        for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) {
            const setting s = {sets[t], blocks[k], 1 + k % 3, EVEX_STORE_BEST};
            ck_assert_int_eq(evaluate(expr, shape, s, dtype, result, n_results), status);
            ck_assert_msg(status != EVEX_OK || are_same(dtype, expected, result, n_results),
                          "%s, %lld x %lld, set %zu, block %zu: %.17g, not %.17g", source,
                          (long long)shape->shape[0], (long long)shape->shape[1], t, blocks[k],
                          result[0], expected[0]);
        }
        evex_expr_free(&expr);
    }
}

START_TEST(whole_sums) {
    static const int64_t lengths[] = {0, 1, 31, 32, 33, 64, 127, EVEX_LEAF, EVEX_LEAF + 1, MOST};
    for (int has_specials = 0; has_specials < 2; has_specials++) {
        fill((uint64_t)_i + 1, has_specials);
        for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
            const call_shape shape = {1, {lengths[k]}, 1, {lengths[k]}, 0, 0};
            try_sum(sums[_i].source, sums[_i].result, &shape, 1);
        }
    }
}
END_TEST

START_TEST(sums_with_a_scalar) {
    fill((uint64_t)_i + 100, 0);
    const call_shape shape = {.ndim = 1, .shape = {MOST}}, both = {.ndim = 0};
    try_sum(sums[_i].source, sums[_i].result, &shape, 1);
    try_sum(sums[_i].source, sums[_i].result, &both, 1);
}
END_TEST

/* Rows, columns and inputs that are broadcast along either, or in another order. */
START_TEST(sums_along_axes) {
    static const int64_t shapes[][2] = {{3, 700},  {700, 3},  {70, 70},  {1, 500},
                                        {4500, 2}, {300, 40}, {17, 600}, {600, 17}};
    char source[64];
    fill((uint64_t)_i + 200, 0);
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
        for (int axis = 0; axis < 2; axis++)
            for (int form = 0; form < 5; form++) {
                const int64_t rows = shapes[k][0], columns = shapes[k][1];
                const size_t n_results = (size_t)(axis == 0 ? columns : rows);
                const call_shape shape = {
                    2,         {rows, columns}, 2, {form == 1 ? 1 : rows, form == 2 ? 1 : columns},
                    form == 3, form >= 3};
                if (n_results == 1 || n_results > MOST_RESULTS)
                    continue;
                snprintf(source, sizeof source, "%.*s, axis=%d)", (int)strlen(sums[_i].source) - 1,
                         sums[_i].source, axis);
                try_sum(source, sums[_i].result, &shape, n_results);
            }
}
END_TEST

/* ---- Outputs -------------------------------------------------------------------------------- */

/* The sum's operands are overwritten by the other result. */
static void try_output_that_is_input(const char *source) {
    enum { LENGTH = 3000 };
    evex_expr *expr = expr_of(source, vars, N_VARS, EVEX_ISA_BEST);
    static double x[LENGTH], y[LENGTH];
    double sum = -1, wanted = 0;
    for (int i = 0; i < LENGTH; i++) {
        x[i] = i % 7;
        y[i] = i % 5;
        wanted += x[i] * y[i];
    }
    const evex_array in[] = {evex_array_1d(EVEX_F64, x, LENGTH),
                             evex_array_1d(EVEX_F64, y, LENGTH)};
    evex_array out[] = {evex_array_0d(EVEX_F64, &sum), evex_array_1d(EVEX_F64, x, LENGTH)};
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_eval(expr, NULL, in, 2, out, 2, NULL, &error), EVEX_OK);
    ck_assert_double_eq(sum, wanted);
    for (int i = 0; i < LENGTH; i++)
        ck_assert_double_eq(x[i], i % 7 + 1.0);
    evex_expr_free(&expr);
}

START_TEST(outputs_that_are_inputs) {
    try_output_that_is_input("sum(a*b), a + 1");
    try_output_that_is_input("t = a*b; u = a + 1; sum(t), u");
}
END_TEST

/* ---- Stopping early ---------------------------------------------------------------------------
 */

/* One element is what any() looks for, at each of these places or at none. */
START_TEST(logic_stops) {
    enum { LENGTH = 150000 };
    static const int places[] = {-1, 0, 1, 32767, 32768, 100000, LENGTH - 1};
    static double x[LENGTH];
    for (int i = 0; i < LENGTH; i++)
        x[i] = i == places[_i] ? 1 : -1;
    evex_expr *expr = expr_of("t = a > 0; any(t), all(a <= 0)", vars, N_VARS, EVEX_ISA_BEST);
    evex_expr *one = expr_of("any(a > 0)", vars, N_VARS, EVEX_ISA_BEST);
    evex_expr *all = expr_of("all(a <= 0)", vars, N_VARS, EVEX_ISA_BEST);
    for (size_t n_threads = 1; n_threads <= 3; n_threads++) {
        const evex_eval_options options =
            options_of((setting){EVEX_ISA_BEST, 0, n_threads, EVEX_STORE_BEST});
        const evex_array in = evex_array_1d(EVEX_F64, x, LENGTH);
        uint8_t results[4];
        evex_array out[] = {
            evex_array_0d(EVEX_BOOL, &results[0]), evex_array_0d(EVEX_BOOL, &results[1]),
            evex_array_0d(EVEX_BOOL, &results[2]), evex_array_0d(EVEX_BOOL, &results[3])};
        ck_assert_int_eq(evex_eval(expr, test_pool(), &in, 1, out, 2, &options, NULL), EVEX_OK);
        ck_assert_int_eq(evex_eval(one, test_pool(), &in, 1, out + 2, 1, &options, NULL), EVEX_OK);
        ck_assert_int_eq(evex_eval(all, test_pool(), &in, 1, out + 3, 1, &options, NULL), EVEX_OK);
        for (int k = 0; k < 4; k++)
            ck_assert_int_eq(results[k], (places[_i] >= 0) != (k % 2));
    }
    evex_expr_free(&expr);
    evex_expr_free(&one);
    evex_expr_free(&all);
}
END_TEST

/* ---- Suite ---------------------------------------------------------------------------------- */

static void add(TCase *tests) {
    tcase_add_loop_test(tests, chosen_reductions, 0, sizeof programs / sizeof *programs);
    tcase_add_loop_test(tests, whole_sums, 0, N_SUMS);
    tcase_add_loop_test(tests, sums_with_a_scalar, 0, N_SUMS);
    tcase_add_loop_test(tests, sums_along_axes, 0, N_SUMS);
    tcase_add_test(tests, outputs_that_are_inputs);
    tcase_add_loop_test(tests, logic_stops, 0, 7);
}

int main(void) {
    return run_suite("fuse_reduce", add);
}
