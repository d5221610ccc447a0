/* SPDX-License-Identifier: MIT */
/*
 * Complex numbers through the public API: what the differential test against NumPy
 * (tests/differential/complex_case.py) cannot reach from Python or does not draw: functions of the
 * host, outputs of wider types, values whose answer is known by hand, and lines of the C header.
 */
#include <math.h>
#include <string.h>

#include "core/dtype.h"
#include "tests/suite.h"

enum { N = 5 };

static const evex_c128 z[N] = {{3, 4}, {0, -2}, {-1.5, 0}, {INFINITY, 1}, {1, -0.0}};
static const evex_c64 c[N] = {{1, 2}, {0.5f, -1}, {-2, 0}, {0, 0}, {3, 3}};
static const double x[N] = {1, 2, -3, 0, 0.5};
static const evex_c128 k = {0, 2};

static const evex_var vars[] = {{"z", EVEX_C128, EVEX_STRONG, 0, 0},
                                {"c", EVEX_C64, EVEX_STRONG, 0, 0},
                                {"x", EVEX_F64, EVEX_STRONG, 0, 0},
                                {"k", EVEX_C128, EVEX_WEAK, 0, 0}};
static const void *const data[] = {z, c, x, &k};
enum { N_VARS = sizeof vars / sizeof *vars };

static evex_array array_of(const evex_var *var) {
    for (size_t i = 0; i < N_VARS; i++)
        if (strcmp(vars[i].name, var->name) == 0)
            return var->kind == EVEX_WEAK ? evex_array_0d(var->dtype, data[i])
                                          : evex_array_1d(var->dtype, data[i], N);
    ck_abort_msg("no variable %s", var->name);
    return evex_array_0d(EVEX_BOOL, NULL);
}

/* The result into out, which has this type; how many elements it has. */
static size_t evaluate(const char *source, const evex_functions *functions, evex_dtype dtype,
                       void *out) {
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr;
    evex_array inputs[N_VARS];
    evex_result shape;
    size_t n;
    options.functions = functions;
    evex_compile(&expr, source, strlen(source), vars, N_VARS, &options, &error);
    ck_assert_msg(expr != NULL, "%s: %s", source, error.message);
    const evex_var *needed = evex_expr_inputs(expr, &n);
    for (size_t i = 0; i < n; i++)
        inputs[i] = array_of(&needed[i]);
    ck_assert_int_eq(evex_result_shape(expr, inputs, n, &shape, NULL, &error), EVEX_OK);
    evex_array output = evex_array_nd(dtype, out, shape.ndim, shape.shape);
    evex_eval(expr, NULL, inputs, n, &output, 1, NULL, &error);
    ck_assert_msg(error.status == EVEX_OK, "%s: %s", source, error.message);
    evex_expr_free(&expr);
    return shape.ndim == 0 ? 1 : (size_t)shape.shape[0];
}

/* ---- Values known by hand -------------------------------------------------------------------- */

static const struct {
    const char *source;
    size_t n;
    evex_c128 want[N]; /* as complex128, to which every result is widened */
} cases[] = {
    {"z * 2j", N, {{-8, 6}, {4, 0}, {0, -3}, {NAN, INFINITY}, {0, 2}}},
    {"z * k", N, {{-8, 6}, {4, 0}, {0, -3}, {NAN, INFINITY}, {0, 2}}},
    {"z - 1", N, {{2, 4}, {-1, -2}, {-2.5, 0}, {INFINITY, 1}, {0, -0.0}}},
    {"1 / (c + x*0)",
     N,
     {{0.2, -0.4}, {0.4, 0.8}, {-0.5, 0}, {INFINITY, NAN}, {1 / 6.0, -1 / 6.0}}},
    {"abs(z)", N, {{5, 0}, {2, 0}, {1.5, 0}, {INFINITY, 0}, {1, 0}}},
    {"sign(z)", N, {{0.6, 0.8}, {0, -1}, {-1, 0}, {1, 0}, {1, -0.0}}},
    {"conj(z)", N, {{3, -4}, {0, 2}, {-1.5, -0.0}, {INFINITY, -1}, {1, 0}}},
    {"c.real + x.imag", N, {{1, 0}, {0.5, 0}, {-2, 0}, {0, 0}, {3, 0}}},
    {"c ** 2", N, {{-3, 4}, {-0.75, -1}, {4, 0}, {0, 0}, {0, 18}}},
    {"c ** -1 * c", 3, {{1, 0}, {1, 0}, {1, 0}}},
    {"complex(x, 1)", N, {{1, 1}, {2, 1}, {-3, 1}, {0, 1}, {0.5, 1}}},
    {"where(isfinite(z), z, 0)", N, {{3, 4}, {0, -2}, {-1.5, 0}, {0, 0}, {1, -0.0}}},
    {"nan_to_num(z * 0)", N, {{0, 0}, {0, -0.0}, {-0.0, 0}, {0, 0}, {0, -0.0}}},
    {"round(c)", N, {{1, 2}, {0, -1}, {-2, 0}, {0, 0}, {3, 3}}},
    {"sum(c)", 1, {{2.5, 4}}},
    {"mean(c)", 1, {{0.5, 0.8f}}},
    {"prod(c + 1j)", 1, {{17.5, 2.5}}},
    {"sum(z, where=isfinite(z))", 1, {{2.5, 2}}},
    {"var(c) - 4.76", 1, {{0, 0}}},
    {"(2+3j) * (1-1j)", 1, {{5, 1}}},
    {"(1j) ** 2", 1, {{-1, 0}}},
    {"float64(z) + float64(2j)", N, {{3, 0}, {0, 0}, {-1.5, 0}, {INFINITY, 0}, {1, 0}}},
};

/* Results of complex64 and var have roundings of their own; the others are exact. */
static int is_close(double a, double b) {
    return (isnan(a) && isnan(b)) || a == b || fabs(a - b) < 1e-6;
}

START_TEST(values_are_known) {
    evex_c128 got[N];
    const size_t n = evaluate(cases[_i].source, NULL, EVEX_C128, got);
    ck_assert_uint_ge(n, cases[_i].n);
    for (size_t i = 0; i < cases[_i].n; i++)
        ck_assert_msg(is_close(got[i].re, cases[_i].want[i].re) &&
                          is_close(got[i].im, cases[_i].want[i].im),
                      "%s: element %zu is (%g, %g), want (%g, %g)", cases[_i].source, i, got[i].re,
                      got[i].im, cases[_i].want[i].re, cases[_i].want[i].im);
}
END_TEST

/* ---- Types ----------------------------------------------------------------------------------- */

static const struct {
    const char *source;
    evex_dtype dtype;
} types[] = {
    {"c * 2j", EVEX_C64},         {"c * k", EVEX_C64},
    {"c + x", EVEX_C128},         {"c + 1", EVEX_C64},
    {"abs(c)", EVEX_F32},         {"angle(z)", EVEX_F64},
    {"std(c)", EVEX_F32},         {"prod(c)", EVEX_C64},
    {"sum(z)", EVEX_C128},        {"x * 1j", EVEX_C128},
    {"complex(x, 0)", EVEX_C128}, {"c * complex(0, 1)", EVEX_C64},
    {"k.real * x", EVEX_F64},     {"conj(x)", EVEX_F64},
    {"z == 1", EVEX_BOOL},        {"where(x > 0, c, 0j)", EVEX_C64},
    {"z in (1, 2j)", EVEX_BOOL},  {"x / 2j", EVEX_C128},
};

START_TEST(types_are_numpys) {
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr;
    size_t n;
    evex_compile(&expr, types[_i].source, strlen(types[_i].source), vars, N_VARS, NULL, &error);
    ck_assert_msg(expr != NULL, "%s: %s", types[_i].source, error.message);
    ck_assert_msg(evex_expr_outputs(expr, &n)[0].dtype == types[_i].dtype, "%s gives %s",
                  types[_i].source, evex_dtype_name(evex_expr_outputs(expr, &n)[0].dtype));
    evex_expr_free(&expr);
}
END_TEST

/* A complex result does not go into a real output, which would lose its imaginary part. */
START_TEST(real_outputs_take_no_complex_results) {
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr;
    double out[N];
    ck_assert_int_eq(evex_compile(&expr, "z + 1", 5, vars, N_VARS, NULL, &error), EVEX_OK);
    const evex_array input = array_of(&vars[0]);
    evex_array output = evex_array_1d(EVEX_F64, out, N);
    ck_assert_int_eq(evex_eval(expr, NULL, &input, 1, &output, 1, NULL, &error), EVEX_BAD_TYPE);
    evex_expr_free(&expr);
}
END_TEST

/* ---- The host's functions -------------------------------------------------------------------- */

static void rotate(void *out, const void *const *in, const size_t *step, size_t n, void *user) {
    evex_c64 *to = out;
    const evex_c64 *from = in[0];
    const double *factor = in[1];
    (void)user;
    for (size_t i = 0; i < n; i++) {
        const evex_c64 a = from[i * step[0]];
        const float f = (float)factor[i * step[1]];
        to[i] = (evex_c64){-a.im * f, a.re * f};
    }
}

START_TEST(functions_of_the_host_take_and_give_complex_numbers) {
    static const evex_dtype operands[] = {EVEX_C64, EVEX_F64};
    evex_functions *functions;
    evex_c128 got[N];
    ck_assert_int_eq(evex_functions_create(&functions, NULL, NULL), EVEX_OK);
    ck_assert_int_eq(
        evex_functions_add(functions, "rotate", EVEX_C64, operands, 2, rotate, NULL, NULL),
        EVEX_OK);
    evaluate("rotate(c, 2) + rotate(x, x)", functions, EVEX_C128, got);
    for (size_t i = 0; i < N; i++)
        ck_assert(got[i].re == -2 * (double)c[i].im &&
                  got[i].im == 2 * (double)c[i].re + x[i] * x[i]);
    evex_functions_free(&functions);
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, values_are_known, 0, sizeof cases / sizeof *cases);
    tcase_add_loop_test(tests, types_are_numpys, 0, sizeof types / sizeof *types);
    tcase_add_test(tests, real_outputs_take_no_complex_results);
    tcase_add_test(tests, functions_of_the_host_take_and_give_complex_numbers);
}

int main(void) {
    return run_suite("complex_numbers", add);
}
