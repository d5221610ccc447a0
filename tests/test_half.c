/* SPDX-License-Identifier: MIT */
/*
 * float16 arrays: all 65,536 halves as an input in several layouts, and results written as halves
 * from every real type. The oracle knows no bit tricks: a half's value by its formula, and the
 * nearest half of a number by search among all of them.
 */
#include <math.h>
#include <stdlib.h>

#include "tests/eval_fixture.h"
#include "tests/suite.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { N_HALVES = 65536, INFINITE = 0x7c00 };

static double value_of(uint16_t half) {
    const int exponent = half >> 10 & 31;
    const double significand = half & 0x3ff, sign = half >> 15 ? -1 : 1;
    if (exponent == 31)
        return significand > 0 ? NAN : sign * INFINITY;
    return sign *
           (exponent > 0 ? ldexp(1024 + significand, exponent - 25) : ldexp(significand, -24));
}

/* The half that is nearest to x, of two the even one; what is beyond the largest by half a step or
 * more is infinite. Differences of such numbers are exact in long double. */
static uint16_t nearest_half(long double x) {
    const uint16_t sign = signbit(x) ? 0x8000 : 0;
    const long double size = fabsl(x);
    uint16_t low = 0, high = INFINITE - 1;
    if (isnan(x))
        return 0x7e00;
    if (size >= 65520.0L)
        return sign | INFINITE;
    while (low < high) {
        const uint16_t middle = (uint16_t)((low + high + 1) / 2);
        if (value_of(middle) <= size)
            low = middle;
        else
            high = (uint16_t)(middle - 1);
    }
    if (low == INFINITE - 1)
        return sign | low;
    const long double below = size - value_of(low), above = value_of((uint16_t)(low + 1)) - size;
    return sign | (uint16_t)(low + (above < below || (above == below && (low & 1) != 0)));
}

static int is_nan_half(uint16_t half) {
    return (half & 0x7fff) > INFINITE;
}

static void evaluate(const char *text, const evex_array *in, evex_array *out) {
    const evex_var x = {"x", in->dtype, EVEX_STRONG, 0, 0};
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr = expr_of(text, &x, 1, EVEX_ISA_BEST);
    const evex_eval_options options = caps_eval_options();
    evex_eval(expr, test_pool(), in, 1, out, 1, &options, &error);
    ck_assert_msg(error.status == EVEX_OK, "%s: %s", text, error.message);
    evex_expr_free(&expr);
}

/* ---- Reading -------------------------------------------------------------------------------- */

static const struct {
    int64_t stride;
    size_t offset;
    uint8_t is_swapped;
} layouts[] = {{2, 0, 0}, {2, 0, 1}, {-2, 0, 0}, {6, 0, 0}, {6, 0, 1}, {5, 1, 0}};

START_TEST(all_halves_are_read_as_they_are) {
    static char memory[N_HALVES * 8];
    static float got[N_HALVES];
    const int64_t stride = layouts[_i].stride, shape[] = {N_HALVES};
    char *first = memory + layouts[_i].offset + (stride < 0 ? -stride * (N_HALVES - 1) : 0);
    for (int64_t i = 0; i < N_HALVES; i++) {
        uint16_t half = (uint16_t)i;
        if (layouts[_i].is_swapped)
            half = (uint16_t)(half << 8 | half >> 8);
        memcpy(first + i * stride, &half, sizeof half);
    }
    evex_array in = evex_array_nd(EVEX_F16, first, 1, shape);
    in.strides = &stride;
    in.byte_swapped = layouts[_i].is_swapped;
    evex_array out = evex_array_1d(EVEX_F32, got, N_HALVES);
    evaluate("x * 1", &in, &out);
    for (size_t i = 0; i < N_HALVES; i++) {
        const double want = value_of((uint16_t)i);
        ck_assert_msg(isnan(want) ? isnan(got[i])
                                  : got[i] == want && !signbit(got[i]) == !signbit(want),
                      "%#zx: %a, not %a", i, (double)got[i], want);
    }
}
END_TEST

START_TEST(halves_survive_the_way_there_and_back) {
    static uint16_t halves[N_HALVES], got[2 * N_HALVES];
    const int64_t shape[] = {N_HALVES}, stride = 4;
    for (size_t i = 0; i < N_HALVES; i++)
        halves[i] = (uint16_t)i;
    const evex_array in = evex_array_1d(EVEX_F16, halves, N_HALVES);
    evex_array out = evex_array_nd(EVEX_F16, got, 1, shape);
    out.strides = &stride;
    evaluate("copy(x)", &in, &out);
    for (size_t i = 0; i < N_HALVES; i++)
        ck_assert(got[2 * i] == i || (is_nan_half(got[2 * i]) && is_nan_half((uint16_t)i)));
    /* In place, and in the other byte order: the input is read before it is written. */
    out = evex_array_1d(EVEX_F16, halves, N_HALVES);
    evaluate("-x", &in, &out);
    for (size_t i = 0; i < N_HALVES; i++)
        ck_assert(halves[i] == (i ^ 0x8000) || is_nan_half((uint16_t)i));
}
END_TEST

START_TEST(reductions_of_halves_are_of_float32) {
    static const uint16_t halves[] = {0x3c00, 0x4000, 0x4200, 0xc400}; /* 1 2 3 -4 */
    static const struct {
        const char *text;
        float want;
    } facts[] = {{"sum(x)", 2}, {"min(x)", -4}, {"mean(x) * 2", 1}, {"sum(x * 60000)", 120000}};
    for (size_t k = 0; k < COUNT(facts); k++) {
        const evex_array in = evex_array_1d(EVEX_F16, halves, 4);
        float got = 0;
        evex_array out = evex_array_0d(EVEX_F32, &got);
        evaluate(facts[k].text, &in, &out);
        ck_assert_msg(got == facts[k].want, "%s: %g", facts[k].text, (double)got);
    }
}
END_TEST

/* ---- Writing -------------------------------------------------------------------------------- */

enum { N_NUMBERS = 40000 };

/* A half's neighbourhood: the value, a tie beside it, or a little beside either. */
static double near_a_half(uint64_t *seed) {
    const double value = value_of((uint16_t)(chance(seed) % INFINITE));
    const double next = value_of((uint16_t)(nearest_half(value) + 1));
    const double tie = isinf(next) ? 65520 : (value + next) / 2;
    double x = pick(seed, 2) ? tie : value;
    for (int k = pick(seed, 3); k > 0; k--)
        x = nextafter(x, pick(seed, 2) ? INFINITY : 0);
    return pick(seed, 2) ? -x : x;
}

static double number_for(evex_dtype dtype, uint64_t *seed) {
    if (dtype == EVEX_F64)
        return near_a_half(seed);
    if (dtype == EVEX_F32)
        return nextafterf((float)near_a_half(seed), pick(seed, 2) ? 1e9f : 0);
    const double small = pick(seed, 200000);
    return dtype == EVEX_I64 || dtype == EVEX_I32 ? pick(seed, 2) ? -small : small
                                                  : pick(seed, 128);
}

static const evex_dtype sources[] = {EVEX_F64, EVEX_F32, EVEX_I64, EVEX_I32, EVEX_I8, EVEX_BOOL};

START_TEST(results_are_rounded_once_to_nearest_even) {
    static char numbers[N_NUMBERS * 8];
    static uint16_t got[N_NUMBERS];
    const evex_dtype dtype = sources[_i];
    const size_t size = evex_dtype_size(dtype);
    uint64_t seed = 1;
    for (size_t i = 0; i < N_NUMBERS; i++)
        store_element(dtype, numbers + i * size, 0,
                      dtype == EVEX_BOOL ? pick(&seed, 2) : number_for(dtype, &seed));
    const evex_array in = evex_array_1d(dtype, numbers, N_NUMBERS);
    evex_array out = evex_array_1d(EVEX_F16, got, N_NUMBERS);
    evaluate("copy(x)", &in, &out);
    for (size_t i = 0; i < N_NUMBERS; i++) {
        const double x = load_element(dtype, numbers + i * size, 0);
        ck_assert_msg(got[i] == nearest_half(x), "%a: %#x, not %#x", x, got[i], nearest_half(x));
    }
}
END_TEST

START_TEST(special_results_of_float64) {
    static const struct {
        double x;
        uint16_t want;
    } facts[] = {{INFINITY, 0x7c00},     {-INFINITY, 0xfc00}, {1e300, 0x7c00},
                 {-1e300, 0xfc00},       {-0.0, 0x8000},      {-1e-300, 0x8000},
                 {0x1p-25, 0},           {0x1p-24, 1},        {0x1.0000000000001p-25, 1},
                 {65519.999999, 0x7bff}, {65520, 0x7c00},     {1 + 0x1p-11 + 0x1p-40, 0x3c01}};
    double in_numbers[COUNT(facts) + 1];
    uint16_t got[COUNT(facts) + 1];
    for (size_t i = 0; i < COUNT(facts); i++)
        in_numbers[i] = facts[i].x;
    in_numbers[COUNT(facts)] = NAN;
    const evex_array in = evex_array_1d(EVEX_F64, in_numbers, COUNT(in_numbers));
    evex_array out = evex_array_1d(EVEX_F16, got, COUNT(got));
    evaluate("copy(x)", &in, &out);
    for (size_t i = 0; i < COUNT(facts); i++)
        ck_assert_msg(got[i] == facts[i].want, "%a: %#x", facts[i].x, got[i]);
    ck_assert(is_nan_half(got[COUNT(facts)]));
    /* A reduced result narrows as well. */
    out = evex_array_0d(EVEX_F16, got);
    evaluate("max(abs(x), where=abs(x) < 2)", &in, &out);
    ck_assert_uint_eq(got[0], 0x3c01);
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, all_halves_are_read_as_they_are, 0, COUNT(layouts));
    tcase_add_test(tests, halves_survive_the_way_there_and_back);
    tcase_add_test(tests, reductions_of_halves_are_of_float32);
    tcase_add_loop_test(tests, results_are_rounded_once_to_nearest_even, 0, COUNT(sources));
    tcase_add_test(tests, special_results_of_float64);
}

int main(void) {
    return run_suite("half", add);
}
