/* SPDX-License-Identifier: MIT */
/*
 * Points in time and spans through the public API: values, units of results, NaT, and what a
 * caller declares wrongly. Expected numbers are NumPy 2.4.6's, but for the dates in the text, which
 * NumPy does not compare. tests/differential/times.py tries far more against NumPy itself.
 */
#include <inttypes.h>
#include <math.h>

#include "core/unit.h"
#include "tests/eval_fixture.h"
#include "tests/suite.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define NAT INT64_MIN

enum { N = 4, S = EVEX_UNIT_SECOND, D = EVEX_UNIT_DAY, M = EVEX_UNIT_MONTH, SPAN = EVEX_SPAN };

/* ---- Operands ------------------------------------------------------------------------------- */

static const int64_t seconds[] = {1709210096, -1, NAT, 1709164800}; /* 2024-02-29T12:34:56 */
static const int64_t days[] = {19782, -1, 0, NAT};                  /* 2024-02-29 */
static const int64_t months[] = {649, -1, NAT, 0};
static const int64_t spans[] = {90, -7, NAT, 0};
static const int64_t hours[] = {1, -2, 3, NAT};
static const int64_t n[] = {2, -3, 0, 4};
static const double x[] = {1.5, -2.5, 0, NAN};
static const uint8_t p[] = {1, 0, 1, 0};

static const struct {
    evex_var var;
    const void *data;
} operands[] = {
    {{"t", EVEX_I64, EVEX_STRONG, 0, S}, seconds},
    {{"d", EVEX_I64, EVEX_STRONG, 0, D}, days},
    {{"m", EVEX_I64, EVEX_STRONG, 0, M}, months},
    {{"s", EVEX_I64, EVEX_STRONG, 0, SPAN + S}, spans},
    {{"h", EVEX_I64, EVEX_STRONG, 0, SPAN + EVEX_UNIT_HOUR}, hours},
    {{"g", EVEX_I64, EVEX_STRONG, 0, SPAN + EVEX_UNIT_GENERIC}, spans},
    {{"n", EVEX_I64, EVEX_STRONG, 0, 0}, n},
    {{"x", EVEX_F64, EVEX_STRONG, 0, 0}, x},
    {{"p", EVEX_BOOL, EVEX_STRONG, 0, 0}, p},
};

static evex_expr *compile(const char *text) {
    evex_var vars[COUNT(operands)];
    for (size_t i = 0; i < COUNT(operands); i++)
        vars[i] = operands[i].var;
    return expr_of(text, vars, COUNT(vars), EVEX_ISA_BEST);
}

static evex_array operand(const char *name) {
    for (size_t i = 0; i < COUNT(operands); i++)
        if (strcmp(operands[i].var.name, name) == 0)
            return evex_array_1d(operands[i].var.dtype, operands[i].data, N);
    ck_abort_msg("no operand %s", name);
    return evex_array_0d(EVEX_BOOL, NULL);
}

typedef struct {
    evex_output type;
    evex_result shape;
    _Alignas(8) char bytes[N * 8];
} answer;

/* The result of the text, of which there is one. */
static answer evaluate(const char *text) {
    answer a;
    evex_expr *expr = compile(text);
    size_t n_inputs, n_outputs;
    const evex_var *vars = evex_expr_inputs(expr, &n_inputs);
    evex_array inputs[COUNT(operands)], output;
    for (size_t i = 0; i < n_inputs; i++)
        inputs[i] = operand(vars[i].name);
    a.type = *evex_expr_outputs(expr, &n_outputs);
    ck_assert_uint_eq(n_outputs, 1);
    evex_error error = EVEX_ERROR_INIT;
    const evex_eval_options options = caps_eval_options();
    evex_result_shape(expr, inputs, n_inputs, &a.shape, NULL, &error);
    output = evex_array_nd(a.type.dtype, a.bytes, a.shape.ndim, a.shape.shape);
    evex_eval(expr, test_pool(), inputs, n_inputs, &output, 1, &options, &error);
    ck_assert_msg(error.status == EVEX_OK, "%s: %s", text, error.message);
    evex_expr_free(&expr);
    return a;
}

static const char *shown(const answer *a) {
    static char text[256];
    size_t length = 0;
    const int64_t count = a->shape.ndim == 0 ? 1 : a->shape.shape[0];
    text[0] = '\0';
    for (int64_t i = 0; i < count; i++) {
        const char *from = a->bytes + (size_t)i * evex_dtype_size(a->type.dtype);
        int64_t integer;
        double number;
        char *to = text + length;
        const size_t room = sizeof text - length;
        if (i > 0)
            length += (size_t)snprintf(to, room, " ");
        to = text + length;
        if (a->type.dtype == EVEX_BOOL) {
            length += (size_t)snprintf(to, room, "%s", *from ? "T" : "F");
        } else if (a->type.dtype == EVEX_F64) {
            memcpy(&number, from, sizeof number);
            length += isnan(number) ? (size_t)snprintf(to, room, "nan")
                                    : (size_t)snprintf(to, room, "%.17g", number);
        } else {
            memcpy(&integer, from, sizeof integer);
            length += integer == NAT ? (size_t)snprintf(to, room, "NaT")
                                     : (size_t)snprintf(to, room, "%" PRId64, integer);
        }
    }
    return text;
}

/* ---- What expressions give ------------------------------------------------------------------ */

static const struct {
    const char *text;
    evex_dtype dtype;
    int unit;
    const char *values;
} cases[] = {
    /* Points and spans. */
    {"t - d", EVEX_I64, SPAN + S, "45296 86399 NaT NaT"},
    {"t + h", EVEX_I64, S, "1709213696 -7201 NaT NaT"},
    {"h + t", EVEX_I64, S, "1709213696 -7201 NaT NaT"},
    {"t - s", EVEX_I64, S, "1709210006 6 NaT 1709164800"},
    {"t + n", EVEX_I64, S, "1709210098 -4 NaT 1709164804"},
    {"n + d", EVEX_I64, D, "19784 -4 0 NaT"},
    {"d - 1", EVEX_I64, D, "19781 -2 -1 NaT"},
    {"t + p", EVEX_I64, S, "1709210097 -1 NaT 1709164800"},
    {"d + g", EVEX_I64, D, "19872 -8 NaT NaT"},
    {"s + g", EVEX_I64, SPAN + S, "180 -14 NaT 0"},
    {"s + h", EVEX_I64, SPAN + S, "3690 -7207 NaT NaT"},
    {"s - 1", EVEX_I64, SPAN + S, "89 -8 NaT -1"},
    {"1 - s", EVEX_I64, SPAN + S, "-89 8 NaT 1"},
    {"m + 1", EVEX_I64, M, "650 0 NaT 1"},
    {"m - d", EVEX_I64, SPAN + D, "-28 -30 NaT NaT"},
    /* Spans and numbers. */
    {"s * n", EVEX_I64, SPAN + S, "180 21 NaT 0"},
    {"n * s", EVEX_I64, SPAN + S, "180 21 NaT 0"},
    {"s * x", EVEX_I64, SPAN + S, "135 17 NaT NaT"},
    {"0.5 * h", EVEX_I64, SPAN + EVEX_UNIT_HOUR, "0 -1 1 NaT"},
    {"s / n", EVEX_I64, SPAN + S, "45 2 NaT 0"},
    {"s // -2", EVEX_I64, SPAN + S, "-45 3 NaT 0"},
    {"s / x", EVEX_I64, SPAN + S, "60 2 NaT NaT"},
    {"s / h", EVEX_F64, 0, "0.025000000000000001 0.00097222222222222219 nan nan"},
    {"h / s", EVEX_F64, 0, "40 1028.5714285714287 nan nan"},
    {"s // timedelta64(4, 's')", EVEX_I64, 0, "22 -2 0 0"},
    {"h // s", EVEX_I64, 0, "40 1028 0 0"},
    {"s % timedelta64(1, 'm')", EVEX_I64, SPAN + S, "30 53 NaT 0"},
    {"h % s", EVEX_I64, SPAN + S, "0 -4 NaT NaT"},
    {"-s", EVEX_I64, SPAN + S, "-90 7 NaT 0"},
    {"+t", EVEX_I64, S, "1709210096 -1 NaT 1709164800"},
    {"abs(s)", EVEX_I64, SPAN + S, "90 7 NaT 0"},
    {"sign(s)", EVEX_I64, SPAN + S, "1 -1 -1 0"},
    /* Comparisons. */
    {"t < d", EVEX_BOOL, 0, "F F F F"},
    {"t >= d", EVEX_BOOL, 0, "T T F F"},
    {"t > d", EVEX_BOOL, 0, "T T F F"},
    {"t == t", EVEX_BOOL, 0, "T T F T"},
    {"t != t", EVEX_BOOL, 0, "F F T F"},
    {"t <= t", EVEX_BOOL, 0, "T T F T"},
    {"s > 0", EVEX_BOOL, 0, "T F F F"},
    {"0 == s", EVEX_BOOL, 0, "F F F T"},
    {"s < p", EVEX_BOOL, 0, "F T F F"},
    {"s < n", EVEX_BOOL, 0, "F T F T"},
    {"s > h", EVEX_BOOL, 0, "F T F F"},
    {"0 < s < 100", EVEX_BOOL, 0, "T F F F"},
    /* Dates in the text, by value. */
    {"t == '2024-02-29T12:34:56'", EVEX_BOOL, 0, "T F F F"},
    {"t == '2024-02-29 12:34:56.0'", EVEX_BOOL, 0, "T F F F"},
    {"t == '2024-02-29'", EVEX_BOOL, 0, "F F F T"},
    {"'2024-02-29' <= t", EVEX_BOOL, 0, "T F F T"},
    {"t > '2024-02-29T12'", EVEX_BOOL, 0, "T F F F"},
    {"t < '1970'", EVEX_BOOL, 0, "F T F F"},
    {"t != '2024-02'", EVEX_BOOL, 0, "T T T T"},
    {"d < '2024-02-29T00:00:00.000000000000000001'", EVEX_BOOL, 0, "T T T F"},
    {"d >= '2024-02-29T00:00:00.000000000000000001'", EVEX_BOOL, 0, "F F F F"},
    {"d == '2024-02-29T12:00'", EVEX_BOOL, 0, "F F F F"},
    {"d != '2024-02-29T12:00'", EVEX_BOOL, 0, "T T T T"},
    {"d <= '1969-12-31T12'", EVEX_BOOL, 0, "F T F F"},
    {"m == '2024-02'", EVEX_BOOL, 0, "T F F F"},
    {"m == '2024-02-01'", EVEX_BOOL, 0, "T F F F"},
    {"m < '2024-02-02'", EVEX_BOOL, 0, "T T F T"},
    {"m < '2024-02-01'", EVEX_BOOL, 0, "F T F T"},
    {"t < '+999999999-12-31'", EVEX_BOOL, 0, "T T F T"},
    {"t == 'NaT'", EVEX_BOOL, 0, "F F F F"},
    {"t != 'NaT'", EVEX_BOOL, 0, "T T T T"},
    {"t > 'NaT'", EVEX_BOOL, 0, "F F F F"},
    {"datetime64(t, 'ns') < '9999-12-31'", EVEX_BOOL, 0, "T T F T"},
    {"datetime64(t, 'ns') >= '9999-12-31'", EVEX_BOOL, 0, "F F F F"},
    {"datetime64(t, 'ns') != '9999-12-31'", EVEX_BOOL, 0, "T T T T"},
    {"datetime64(t, 'ns') > '0001-01-01'", EVEX_BOOL, 0, "T T F T"},
    {"d in ('2024-02-29', '1970', 'NaT', '1969-12-31T12')", EVEX_BOOL, 0, "T F T F"},
    {"d not in ('2024-02-29',)", EVEX_BOOL, 0, "F T T T"},
    {"s in (90, 0, 99999999999999999999)", EVEX_BOOL, 0, "T F F T"},
    /* Choice. */
    {"where(p, t, d)", EVEX_I64, S, "1709210096 -86400 NaT NaT"},
    {"t if p else '2024-01-01'", EVEX_I64, S, "1709210096 1704067200 NaT 1704067200"},
    {"where(p, s, 5)", EVEX_I64, SPAN + S, "90 5 NaT 5"},
    {"maximum(t, d)", EVEX_I64, S, "1709210096 -1 NaT NaT"},
    {"minimum(t, d)", EVEX_I64, S, "1709164800 -86400 NaT NaT"},
    {"fmax(t, d)", EVEX_I64, S, "1709210096 -1 0 1709164800"},
    {"fmin(t, d)", EVEX_I64, S, "1709164800 -86400 0 1709164800"},
    {"maximum(s, 5)", EVEX_I64, SPAN + S, "90 5 NaT 5"},
    {"clip(s, 0, 60)", EVEX_I64, SPAN + S, "60 0 NaT 0"},
    {"clip(t, '2024-01-01', '2024-02-29')", EVEX_I64, S, "1709164800 1704067200 NaT 1709164800"},
    {"clip(d, None, t)", EVEX_I64, S, "1709164800 -86400 NaT NaT"},
    {"isnat(t)", EVEX_BOOL, 0, "F F T F"},
    {"isnan(d)", EVEX_BOOL, 0, "F F F T"},
    {"isfinite(s)", EVEX_BOOL, 0, "T T F T"},
    {"isinf(s)", EVEX_BOOL, 0, "F F F F"},
    {"zeros_like(t)", EVEX_I64, S, "0 0 0 0"},
    /* Units and casts. */
    {"datetime64(t, 'D')", EVEX_I64, D, "19782 -1 NaT 19782"},
    {"datetime64(t, 'M')", EVEX_I64, M, "649 -1 NaT 649"},
    {"datetime64(t, 'Y')", EVEX_I64, EVEX_UNIT_YEAR, "54 -1 NaT 54"},
    {"datetime64(d, 'W')", EVEX_I64, EVEX_UNIT_WEEK, "2826 -1 0 NaT"},
    {"datetime64(d, 'ms')", EVEX_I64, EVEX_UNIT_MS, "1709164800000 -86400000 0 NaT"},
    {"datetime64(m, 'D')", EVEX_I64, D, "19754 -31 NaT 0"},
    {"datetime64(n, 'D')", EVEX_I64, D, "2 -3 0 4"},
    {"timedelta64(n, 'h')", EVEX_I64, SPAN + EVEX_UNIT_HOUR, "2 -3 0 4"},
    {"timedelta64(s, 'm')", EVEX_I64, SPAN + EVEX_UNIT_MINUTE, "1 -1 NaT 0"},
    {"timedelta64(n)", EVEX_I64, SPAN + EVEX_UNIT_GENERIC, "2 -3 0 4"},
    {"datetime64('2024-02-29')", EVEX_I64, D, "19782"},
    {"datetime64('2024-02-29T12:00', 'ms')", EVEX_I64, EVEX_UNIT_MS, "1709208000000"},
    {"d + timedelta64(1, 'W')", EVEX_I64, D, "19789 6 7 NaT"},
    {"datetime64('2024-03-01') - datetime64('2024-02-01')", EVEX_I64, SPAN + D, "29"},
    {"int64(datetime64(t, 'Y')) + 1970", EVEX_I64, 0, "2024 1969 -9223372036854773838 2024"},
    {"float64(s)", EVEX_F64, 0, "90 -7 -9.2233720368547758e+18 0"},
    {"int64(t)", EVEX_I64, 0, "1709210096 -1 NaT 1709164800"},
    /* Reductions. */
    {"min(t)", EVEX_I64, S, "NaT"},
    {"max(t)", EVEX_I64, S, "NaT"},
    {"max(t, where=not isnat(t))", EVEX_I64, S, "1709210096"},
    {"min(t, where=not isnat(t))", EVEX_I64, S, "-1"},
    {"nanmin(t)", EVEX_I64, S, "-1"},
    {"nanmax(d)", EVEX_I64, D, "19782"},
    {"sum(s)", EVEX_I64, SPAN + S, "NaT"},
    {"sum(s, where=not isnat(s))", EVEX_I64, SPAN + S, "83"},
    {"mean(s, where=not isnat(s))", EVEX_I64, SPAN + S, "27"},
    {"mean(s, where=s < 0)", EVEX_I64, SPAN + S, "-7"},
    {"mean(s, where=s > 1000)", EVEX_I64, SPAN + S, "NaT"},
    {"sum(s, where=s > 1000)", EVEX_I64, SPAN + S, "0"},
    {"mean(h)", EVEX_I64, SPAN + EVEX_UNIT_HOUR, "NaT"},
    {"sum(h, axis=0)", EVEX_I64, SPAN + EVEX_UNIT_HOUR, "NaT"},
    {"argmax(t)", EVEX_I64, 0, "2"},
    {"argmin(t)", EVEX_I64, 0, "2"},
    {"argmax(t, where=not isnat(t))", EVEX_I64, 0, "0"},
    {"count(t)", EVEX_I64, 0, "4"},
    {"t - min(t, where=not isnat(t))", EVEX_I64, SPAN + S, "1709210097 0 NaT 1709164801"},
    {"late = t - d; late * 2", EVEX_I64, SPAN + S, "90592 172798 NaT NaT"},
};

START_TEST(expressions_give) {
    const answer a = evaluate(cases[_i].text);
    ck_assert_msg(a.type.dtype == cases[_i].dtype, "%s is %s", cases[_i].text,
                  evex_dtype_name(a.type.dtype));
    ck_assert_msg(a.type.unit == cases[_i].unit, "%s is %s", cases[_i].text,
                  evex_unit_type_name(a.type.unit));
    ck_assert_msg(strcmp(shown(&a), cases[_i].values) == 0, "%s gives %s, want %s", cases[_i].text,
                  shown(&a), cases[_i].values);
}
END_TEST

/* ---- The calendar --------------------------------------------------------------------------- */

static int is_leap(int64_t year) {
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

enum { FIRST_YEAR = -900, LAST_YEAR = 3400, N_MONTHS = 12 * (LAST_YEAR - FIRST_YEAR) };

static void convert(const char *text, uint8_t unit, const int64_t *from, int64_t *to,
                    size_t count) {
    const evex_var var = {"t", EVEX_I64, EVEX_STRONG, 0, unit};
    evex_expr *expr = expr_of(text, &var, 1, EVEX_ISA_BEST);
    const evex_array in = evex_array_1d(EVEX_I64, from, count);
    evex_array out = evex_array_1d(EVEX_I64, to, count);
    const evex_eval_options options = caps_eval_options();
    ck_assert_int_eq(evex_eval(expr, test_pool(), &in, 1, &out, 1, &options, NULL), EVEX_OK);
    evex_expr_free(&expr);
}

/* Month by month from a day that is known, which is not how the compiler computes it. */
START_TEST(months_begin_where_the_calendar_says) {
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static int64_t month[N_MONTHS], first[N_MONTHS], last[N_MONTHS], got[N_MONTHS];
    const int to_1970 = 12 * (1970 - FIRST_YEAR);
    int64_t day = 0;
    for (int k = 0; k < N_MONTHS; k++) {
        const int64_t year = FIRST_YEAR + k / 12;
        month[k] = k - to_1970;
        first[k] = day;
        day += lengths[k % 12] + (k % 12 == 1 && is_leap(year));
        last[k] = day - 1;
    }
    const int64_t start = first[to_1970];
    for (int k = 0; k < N_MONTHS; k++) {
        first[k] -= start;
        last[k] -= start;
    }
    convert("datetime64(t, 'D')", EVEX_UNIT_MONTH, month, got, N_MONTHS);
    ck_assert_mem_eq(got, first, sizeof got);
    convert("datetime64(t, 'M')", EVEX_UNIT_DAY, first, got, N_MONTHS);
    ck_assert_mem_eq(got, month, sizeof got);
    convert("datetime64(t, 'M')", EVEX_UNIT_DAY, last, got, N_MONTHS);
    ck_assert_mem_eq(got, month, sizeof got);
    convert("int64(datetime64(t, 'Y')) * 12", EVEX_UNIT_DAY, last, got, N_MONTHS);
    for (int k = 0; k < N_MONTHS; k++)
        ck_assert_int_eq(got[k], month[k - k % 12]);
}
END_TEST

/* ---- Refusals ------------------------------------------------------------------------------- */

START_TEST(wrong_units_are_refused) {
    static const evex_var wrong[] = {
        {"t", EVEX_I32, EVEX_STRONG, 0, S},
        {"t", EVEX_F64, EVEX_STRONG, 0, S},
        {"t", EVEX_I64, EVEX_WEAK, 0, S},
        {"t", EVEX_I64, EVEX_STRONG, 0, 15},
        {"t", EVEX_I64, EVEX_STRONG, 0, 31},
        {"t", EVEX_I64, EVEX_STRONG, 0, SPAN},
        {"t", EVEX_I64, EVEX_STRONG, 0, SPAN + 15},
        {"t", EVEX_I64, EVEX_STRONG, 0, 64 + S},
        {"t", EVEX_I64, EVEX_STRONG, 0, EVEX_UNIT_GENERIC},
    };
    evex_expr *expr;
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_compile(&expr, "t", 1, &wrong[_i], 1, NULL, &error),
                     EVEX_INVALID_ARGUMENT);
    ck_assert_ptr_null(expr);
}
END_TEST

static void twice(void *out, const void *const *in, const size_t *step, size_t count, void *user) {
    (void)user;
    for (size_t i = 0; i < count; i++)
        ((int64_t *)out)[i] = 2 * ((const int64_t *)in[0])[i * step[0]];
}

START_TEST(user_functions_take_bare_numbers) {
    const evex_dtype type = EVEX_I64;
    const evex_var var = {"t", EVEX_I64, EVEX_STRONG, 0, S};
    evex_functions *functions;
    evex_expr *expr;
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_functions_create(&functions, NULL, NULL), EVEX_OK);
    ck_assert_int_eq(evex_functions_add(functions, "twice", type, &type, 1, twice, NULL, NULL),
                     EVEX_OK);
    evex_compile_options options = caps_compile_options();
    options.functions = functions;
    ck_assert_int_eq(evex_compile(&expr, "twice(t)", 8, &var, 1, &options, &error), EVEX_BAD_TYPE);
    ck_assert_str_eq(error.hint, "cast with int64() or float64()");
    ck_assert_int_eq(evex_compile(&expr, "twice(int64(t))", 15, &var, 1, &options, NULL), EVEX_OK);
    evex_expr_free(&expr);
    evex_functions_free(&functions);
}
END_TEST

/* A weak integer beside times is a span of their unit. */
START_TEST(weak_integers_are_spans) {
    const evex_var vars[] = {{"t", EVEX_I64, EVEX_STRONG, 0, S}, {"k", EVEX_I64, EVEX_WEAK, 0, 0}};
    const int64_t k = 5;
    int64_t got[N];
    evex_expr *expr = expr_of("t + k", vars, 2, EVEX_ISA_BEST);
    const evex_array in[] = {evex_array_1d(EVEX_I64, seconds, N), evex_array_0d(EVEX_I64, &k)};
    evex_array out = evex_array_1d(EVEX_I64, got, N);
    ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, NULL, NULL), EVEX_OK);
    ck_assert_int_eq(got[0], seconds[0] + 5);
    ck_assert_int_eq(got[2], NAT);
    evex_expr_free(&expr);
}
END_TEST

/* With overflow='error': what the text computes is guarded, NaT and units are not. */
START_TEST(overflow_is_found_where_there_are_times) {
    static const int64_t t[] = {NAT, 5, INT64_MAX}, n_days[] = {-1, 1, 0}, wrong[] = {-1, 1, 1};
    const evex_var vars[] = {{"t", EVEX_I64, EVEX_STRONG, 0, S},
                             {"n", EVEX_I64, EVEX_STRONG, 0, 0}};
    evex_compile_options options = caps_compile_options();
    options.overflow = EVEX_OVERFLOW_ERROR;
    evex_expr *expr;
    evex_error error = EVEX_ERROR_INIT;
    int64_t got[3];
    ck_assert_int_eq(evex_compile(&expr, "t + n", 5, vars, 2, &options, &error), EVEX_OK);
    evex_array in[] = {evex_array_1d(EVEX_I64, t, 3), evex_array_1d(EVEX_I64, n_days, 3)};
    evex_array out = evex_array_1d(EVEX_I64, got, 3);
    ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, NULL, &error), EVEX_OK);
    ck_assert(got[0] == NAT && got[1] == 6 && got[2] == INT64_MAX);
    in[1] = evex_array_1d(EVEX_I64, wrong, 3);
    ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, NULL, &error), EVEX_GUARD);
    ck_assert_int_eq(error.index, 2);
    evex_expr_free(&expr);
}
END_TEST

/* A null is no NaT: it is filled in, left out of reductions, and its own validity comes out. */
START_TEST(nulls_are_beside_nat) {
    static const int64_t t[] = {100, 200, NAT, 50};
    static uint8_t valid[] = {1, 0, 1, 1};
    static const int64_t filled[] = {100, 7, NAT, 50}, added[] = {101, 0, NAT, 51};
    const evex_var var = {"t", EVEX_I64, EVEX_STRONG, 1, S};
    const char *text = "t ?? datetime64(7, 's'), t + 1, max(t, where=not isnat(t)), isna(t)";
    evex_expr *expr = expr_of(text, &var, 1, EVEX_ISA_BEST);
    int64_t first[N], second[N], third = 0;
    uint8_t second_valid[N], third_valid, is_null[N];
    evex_array in = evex_array_1d(EVEX_I64, t, N);
    in.validity = valid;
    evex_array out[] = {evex_array_1d(EVEX_I64, first, N), evex_array_1d(EVEX_I64, second, N),
                        evex_array_0d(EVEX_I64, &third), evex_array_1d(EVEX_BOOL, is_null, N)};
    out[1].validity = second_valid;
    out[2].validity = &third_valid;
    evex_error error = EVEX_ERROR_INIT;
    const evex_eval_options options = caps_eval_options();
    evex_eval(expr, test_pool(), &in, 1, out, 4, &options, &error);
    ck_assert_msg(error.status == EVEX_OK, "%s", error.message);
    ck_assert_mem_eq(first, filled, sizeof first);
    for (size_t i = 0; i < N; i++)
        ck_assert(second_valid[i] == valid[i] && is_null[i] == !valid[i] &&
                  (!valid[i] || second[i] == added[i]));
    ck_assert(third_valid == 1 && third == 100);
    evex_expr_free(&expr);
}
END_TEST

/* By group: the same instructions, for each group its own reductions. */
START_TEST(groups_have_their_own_times) {
    static const int64_t times[] = {100, 200, NAT, 50}, codes[] = {0, 1, 1, 0};
    static const int64_t largest[] = {100, NAT}, since_first[] = {50, 0, NAT, 0};
    const evex_var var = {"t", EVEX_I64, EVEX_STRONG, 0, S};
    const char *text = "max(t), t - min(t, where=not isnat(t))";
    evex_compile_options compile_options = caps_compile_options();
    compile_options.grouped = 1;
    evex_expr *expr;
    evex_error error = EVEX_ERROR_INIT;
    evex_compile(&expr, text, strlen(text), &var, 1, &compile_options, &error);
    ck_assert_msg(error.status == EVEX_OK, "%s", error.message);
    const evex_array in = evex_array_1d(EVEX_I64, times, N),
                     groups = evex_array_1d(EVEX_I64, codes, N);
    int64_t first[2], second[N];
    uint8_t first_valid[2], second_valid[N];
    evex_array out[] = {evex_array_1d(EVEX_I64, first, 2), evex_array_1d(EVEX_I64, second, N)};
    evex_eval_options options = caps_eval_options();
    options.groups = &groups;
    options.n_groups = 2;
    out[0].validity = first_valid;
    out[1].validity = second_valid;
    evex_eval(expr, test_pool(), &in, 1, out, 2, &options, &error);
    ck_assert_msg(error.status == EVEX_OK, "%s", error.message);
    ck_assert_mem_eq(first, largest, sizeof first);
    ck_assert_mem_eq(second, since_first, sizeof second);
    evex_expr_free(&expr);
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, expressions_give, 0, COUNT(cases));
    tcase_add_test(tests, months_begin_where_the_calendar_says);
    tcase_add_loop_test(tests, wrong_units_are_refused, 0, 9);
    tcase_add_test(tests, user_functions_take_bare_numbers);
    tcase_add_test(tests, weak_integers_are_spans);
    tcase_add_test(tests, overflow_is_found_where_there_are_times);
    tcase_add_test(tests, nulls_are_beside_nat);
    tcase_add_test(tests, groups_have_their_own_times);
}

int main(void) {
    return run_suite("times", add);
}
