/* SPDX-License-Identifier: MIT */
/*
 * The language as its users meet it: expressions over a few small arrays, with the type and values
 * that LANGUAGE.md, NUMERICS.md and NumPy 2.4.6 give, through the public API alone.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "include/evex.h"
#include "tests/suite.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- Operands: three elements each ----------------------------------------------------------- */

static const int8_t i8[] = {-128, 5, 127};
static const uint8_t u8[] = {0, 5, 255};
static const int16_t i16[] = {-32768, 5, 32767};
static const int32_t i32[] = {INT32_MIN, 7, INT32_MAX};
static const int64_t i64[] = {INT64_MIN, -7, INT64_MAX};
static const uint64_t u64[] = {0, 7, UINT64_MAX};
static const float f32[] = {-1.5f, 0.25f, 3.0f};
static const double f64[] = {-2.5, -0.0, 4.0};
static const double nans[] = {1.0, NAN, 3.0};
static const uint8_t b[] = {1, 0, 255}; /* any non-zero byte is true */
static const evex_str s[] = {{"EU", 2}, {"US", 2}, {"", 0}};
static const int64_t w = 3;
static const double v = 0.5;

static const struct {
    evex_var var;
    const void *data;
} operands[] = {
    {{"i8", EVEX_I8, EVEX_STRONG, 0, 0}, i8},      {{"u8", EVEX_U8, EVEX_STRONG, 0, 0}, u8},
    {{"i16", EVEX_I16, EVEX_STRONG, 0, 0}, i16},   {{"i32", EVEX_I32, EVEX_STRONG, 0, 0}, i32},
    {{"i64", EVEX_I64, EVEX_STRONG, 0, 0}, i64},   {{"u64", EVEX_U64, EVEX_STRONG, 0, 0}, u64},
    {{"f32", EVEX_F32, EVEX_STRONG, 0, 0}, f32},   {{"f64", EVEX_F64, EVEX_STRONG, 0, 0}, f64},
    {{"nans", EVEX_F64, EVEX_STRONG, 0, 0}, nans}, {{"b", EVEX_BOOL, EVEX_STRONG, 0, 0}, b},
    {{"s", EVEX_STR, EVEX_STRONG, 0, 0}, s},       {{"w", EVEX_I64, EVEX_WEAK, 0, 0}, &w},
    {{"v", EVEX_F64, EVEX_WEAK, 0, 0}, &v},
};

/* Where the input called `name` lies. */
static evex_array operand(const char *name) {
    for (size_t i = 0; i < COUNT(operands); i++)
        if (strcmp(operands[i].var.name, name) == 0)
            return operands[i].var.kind == EVEX_WEAK
                       ? evex_array_0d(operands[i].var.dtype, operands[i].data)
                       : evex_array_1d(operands[i].var.dtype, operands[i].data, 3);
    ck_abort_msg("no operand %s", name);
    return evex_array_0d(EVEX_BOOL, NULL);
}

/* ---- Evaluating ------------------------------------------------------------------------------ */

typedef struct {
    evex_status status;
    evex_error error;
    evex_result result;
    _Alignas(16) unsigned char bytes[64];
} answer;

static evex_expr *compile(const char *source, evex_error *error) {
    evex_var vars[COUNT(operands)];
    for (size_t i = 0; i < COUNT(operands); i++)
        vars[i] = operands[i].var;
    evex_expr *expr;
    evex_compile(&expr, source, strlen(source), vars, COUNT(vars), NULL, error);
    return expr;
}

enum { MAX_OUTPUTS = 4 };

/* The first result of the text over the operands. */
static answer evaluate(const char *source) {
    answer a = {.error = EVEX_ERROR_INIT};
    evex_expr *expr = compile(source, &a.error);
    a.status = a.error.status;
    if (expr == NULL)
        return a;
    size_t n_inputs;
    const evex_var *vars = evex_expr_inputs(expr, &n_inputs);
    evex_array inputs[COUNT(operands)];
    for (size_t i = 0; i < n_inputs; i++)
        inputs[i] = operand(vars[i].name);
    size_t n_outputs;
    evex_expr_outputs(expr, &n_outputs);
    evex_result results[MAX_OUTPUTS];
    ck_assert_uint_le(n_outputs, MAX_OUTPUTS);
    a.status = evex_result_shape(expr, inputs, n_inputs, results, NULL, &a.error);
    if (a.status == EVEX_OK) {
        unsigned char others[MAX_OUTPUTS][64];
        evex_array outputs[MAX_OUTPUTS];
        for (size_t i = 0; i < n_outputs; i++)
            outputs[i] = evex_array_nd(results[i].dtype, i == 0 ? a.bytes : others[i],
                                       results[i].ndim, results[i].shape);
        a.status = evex_eval(expr, NULL, inputs, n_inputs, outputs, n_outputs, NULL, &a.error);
    }
    a.result = results[0];
    evex_expr_free(&expr);
    return a;
}

/* The elements as text, so that integers of 64 bits keep all digits. */
static const char *shown(const answer *a) {
    static char text[256];
    size_t n = 0;
    const int64_t count = a->result.ndim == 0 ? 1 : a->result.shape[0];
    for (int64_t i = 0; i < count; i++) {
        const void *p = a->bytes + (size_t)i * evex_dtype_size(a->result.dtype);
        const char *gap = i > 0 ? " " : "";
        char *to = text + n;
        const size_t room = sizeof text - n;
        switch (a->result.dtype) {
        case EVEX_BOOL:
            n += (size_t)snprintf(to, room, "%s%s", gap, *(const uint8_t *)p ? "T" : "F");
            break;
#define SHOW(ID, T, format)                                                                        \
    case EVEX_##ID:                                                                                \
        n += (size_t)snprintf(to, room, "%s" format, gap, *(const T *)p);                          \
        break;
            SHOW(I8, int8_t, "%d")
            SHOW(I16, int16_t, "%d")
            SHOW(I32, int32_t, "%d")
            SHOW(I64, int64_t, "%ld")
            SHOW(U8, uint8_t, "%u")
            SHOW(U16, uint16_t, "%u")
            SHOW(U32, uint32_t, "%u")
            SHOW(U64, uint64_t, "%lu")
            SHOW(F32, float, "%.9g")
            SHOW(F64, double, "%.17g")
        default:
            n += (size_t)snprintf(to, room, "%s?", gap);
        }
    }
    return text;
}

/* ---- What expressions give ------------------------------------------------------------------- */

static const struct {
    const char *source;
    evex_dtype dtype;
    const char *values;
} cases[] = {
    /* Promotion and weak literals. */
    {"i8 + i8", EVEX_I8, "0 10 -2"},
    {"i8 + 1", EVEX_I8, "-127 6 -128"},
    {"i8 + w", EVEX_I8, "-125 8 -126"},
    {"i8 + v", EVEX_F64, "-127.5 5.5 127.5"},
    {"u8 + i8", EVEX_I16, "-128 10 382"},
    {"f32 * 2.0", EVEX_F32, "-3 0.5 6"},
    {"f32 * w", EVEX_F32, "-4.5 0.75 9"},
    {"f32 + i16", EVEX_F32, "-32769.5 5.25 32770"},
    {"f32 + i32", EVEX_F64, "-2147483649.5 7.25 2147483650"},
    {"i64 + u64", EVEX_F64, "-9.2233720368547758e+18 0 2.7670116110564327e+19"},
    {"i8 < 300", EVEX_BOOL, "T T T"},
    {"i8 >= -1000", EVEX_BOOL, "T T T"},
    {"u8 == -1", EVEX_BOOL, "F F F"},
    {"u64 > i64", EVEX_BOOL, "T T T"},
    {"i64 < u64", EVEX_BOOL, "T T T"},
    {"u64 == i64", EVEX_BOOL, "F F F"},
    {"u64 > -1", EVEX_BOOL, "T T T"},
    {"clip(i8, 0, 200)", EVEX_I8, "0 5 127"},
    {"i8 / i8", EVEX_F64, "1 1 1"},
    {"f32 / f32", EVEX_F32, "1 1 1"},
    {"b * i8", EVEX_I8, "-128 0 127"},
    {"i64 * 1.0", EVEX_F64, "-9.2233720368547758e+18 -7 9.2233720368547758e+18"},
    {"sqrt(u8)", EVEX_F32, "0 2.23606801 15.9687195"},
    {"sqrt(i32*0 + 4)", EVEX_F64, "2 2 2"},
    /* Integers are total. */
    {"i64 // 0", EVEX_I64, "0 0 0"},
    {"i64 % 0", EVEX_I64, "0 0 0"},
    {"i64 // -1", EVEX_I64, "-9223372036854775808 7 -9223372036854775807"},
    {"i64 % -1", EVEX_I64, "0 0 0"},
    {"i64 // 2", EVEX_I64, "-4611686018427387904 -4 4611686018427387903"},
    {"i64 % 3", EVEX_I64, "1 2 1"},
    {"abs(i8)", EVEX_I8, "-128 5 127"},
    {"-i8", EVEX_I8, "-128 -5 -127"},
    {"i8 << 9", EVEX_I8, "0 0 0"},
    {"i8 >> 9", EVEX_I8, "-1 0 0"},
    {"i64 >> 1", EVEX_I64, "-4611686018427387904 -4 4611686018427387903"},
    {"i8 ** 2", EVEX_I8, "0 25 1"},
    {"b ** 2", EVEX_I8, "1 0 1"},
    {"b ** 3", EVEX_I64, "1 0 1"},
    {"power(b, 2)", EVEX_I64, "1 0 1"},
    {"i32 ** 3", EVEX_I32, "0 343 2147483647"},
    {"0 ** 0", EVEX_I64, "1"},
    {"i64 & 0xff", EVEX_I64, "0 249 255"},
    {"~u8", EVEX_U8, "255 250 0"},
    {"i8 ^ i8", EVEX_I8, "0 0 0"},
    {"floor(i8)", EVEX_I8, "-128 5 127"},
    /* Floats. */
    {"f64 // 2", EVEX_F64, "-2 -0 2"},
    {"f64 % 2", EVEX_F64, "1.5 0 0"},
    /* The chain's small terms overflow here, with the other sign. */
    {"(f64*0 - 1.0685630603337658e118) ** 3", EVEX_F64, "-inf -inf -inf"},
    {"1 // inf", EVEX_F64, "0"},
    {"-5 // inf", EVEX_F64, "-1"},
    {"-5 % inf", EVEX_F64, "inf"},
    {"0. % -3", EVEX_F64, "-0"},
    {"1. // 0.1", EVEX_F64, "9"},
    {"(-inf) ** 0.5", EVEX_F64, "nan"},
    {"0.0 ** -1", EVEX_F64, "inf"},
    {"f64 ** 2", EVEX_F64, "6.25 0 16"},
    {"f64 ** 3", EVEX_F64, "-15.625 -0 64"},
    {"f64 ** -1", EVEX_F64, "-0.40000000000000002 -inf 0.25"},
    {"f64 ** 0", EVEX_F64, "1 1 1"},
    {"2 ** 3 ** 2", EVEX_I64, "512"},
    {"-2 ** 2", EVEX_I64, "-4"},
    {"maximum(f64, 0)", EVEX_F64, "0 0 4"},
    {"minimum(f64, 0)", EVEX_F64, "-2.5 -0 0"},
    {"maximum(nans, 2)", EVEX_F64, "2 nan 3"},
    {"fmax(nans, 2)", EVEX_F64, "2 2 3"},
    {"rint(f64)", EVEX_F64, "-2 -0 4"},
    {"round(f64 / 3, 1)", EVEX_F64, "-0.80000000000000004 -0 1.3"},
    {"trunc(f64), 1", EVEX_F64, "-2 -0 4"},
    {"sign(nans)", EVEX_F64, "1 nan 1"},
    {"isnan(nans)", EVEX_BOOL, "F T F"},
    {"isfinite(nans)", EVEX_BOOL, "T F T"},
    {"signbit(f64)", EVEX_BOOL, "T T F"},
    {"nan_to_num(nans)", EVEX_F64, "1 0 3"},
    {"reciprocal(f64)", EVEX_F64, "-0.40000000000000002 -inf 0.25"},
    {"copysign(f32, -1.0)", EVEX_F32, "-1.5 -0.25 -3"},
    {"isclose(f64, f64 + 1e-9)", EVEX_BOOL, "T T T"},
    {"deg2rad(f64*0 + 180)", EVEX_F64, "3.1415926535897931 3.1415926535897931 3.1415926535897931"},
    /* Logic, comparison, choice. */
    {"not b", EVEX_BOOL, "F T F"},
    {"b and f64 > 0", EVEX_BOOL, "F F T"},
    {"b or f64 < 0", EVEX_BOOL, "T F T"},
    {"~b", EVEX_BOOL, "F T F"},
    {"b & b", EVEX_BOOL, "T F T"},
    {"b ^ True", EVEX_BOOL, "F T F"},
    {"-1 < f64 < 5", EVEX_BOOL, "F T T"},
    {"i8 in (5, 127, 300)", EVEX_BOOL, "F T T"},
    {"i8 not in (5, 127)", EVEX_BOOL, "T F F"},
    {"f64 if b else -f64", EVEX_F64, "-2.5 0 4"},
    {"where(b, i8, 1)", EVEX_I8, "-128 1 127"},
    {"where(b, i8, f32)", EVEX_F32, "-128 0.25 127"},
    {"s == 'EU'", EVEX_BOOL, "T F F"},
    {"s in ('EU', '')", EVEX_BOOL, "T F T"},
    {"'EU' != s", EVEX_BOOL, "F T T"},
    {"f64 if s == 'EU' else 0", EVEX_F64, "-2.5 0 0"},
    {"0x10 + 0b11 + 0o7 + 1_000", EVEX_I64, "1026"},
    /* Casts. */
    {"int32(nans * 1e10)", EVEX_I32, "-2147483648 -2147483648 -2147483648"},
    {"uint8(f64)", EVEX_U8, "254 0 4"},
    {"uint32(f32)", EVEX_U32, "4294967295 0 3"},
    {"int16(nans)", EVEX_I16, "1 0 3"},
    {"uint64(nans)", EVEX_U64, "1 9223372036854775808 3"},
    {"bool(f64)", EVEX_BOOL, "T F T"},
    {"float32(i32)", EVEX_F32, "-2.14748365e+09 7 2.14748365e+09"},
    {"int8(i32)", EVEX_I8, "0 7 -1"},
    /* Reductions. */
    {"sum(i8)", EVEX_I64, "4"},
    {"sum(u8)", EVEX_U64, "260"},
    {"sum(f32)", EVEX_F32, "1.75"},
    {"sum(b)", EVEX_I64, "2"},
    {"prod(f64)", EVEX_F64, "0"},
    {"mean(i64)", EVEX_F64, "-2.6666666666666665"},
    {"mean(i8)", EVEX_F64, "1.3333333333333333"},
    {"min(f64), max(f64)", EVEX_F64, "-2.5"},
    {"max(nans)", EVEX_F64, "nan"},
    {"nanmax(nans)", EVEX_F64, "3"},
    {"nansum(nans)", EVEX_F64, "4"},
    {"nanmean(nans)", EVEX_F64, "2"},
    {"argmax(nans)", EVEX_I64, "1"},
    {"argmin(f64)", EVEX_I64, "0"},
    {"var(f32)", EVEX_F32, "3.43055558"},
    {"std(f64, ddof=1)", EVEX_F64, "3.2787192621510002"},
    {"any(f64 > 3), 0", EVEX_BOOL, "T"},
    {"all(f64 > 3)", EVEX_BOOL, "F"},
    {"count()", EVEX_I64, "1"},
    {"count(f64)", EVEX_I64, "3"},
    {"count_nonzero(f64)", EVEX_I64, "2"},
    {"sum(f64, where=b)", EVEX_F64, "1.5"},
    {"sum(f64, axis=0)", EVEX_F64, "1.5"},
    {"sum(f64, keepdims=True)", EVEX_F64, "1.5"},
    {"f64 - mean(f64)", EVEX_F64, "-3 -0.5 3.5"},
    {"(f64 - mean(f64)) / std(f64)", EVEX_F64,
     "-1.1206310514564426 -0.1867718419094071 1.3074028933658497"},
    {"sum(f64 - mean(f64)) < 1e-12", EVEX_BOOL, "T"},
    {"f64 / sum(f64)", EVEX_F64, "-1.6666666666666667 -0 2.6666666666666665"},
    /* Programs. */
    {"t = f64 + 1; t * t", EVEX_F64, "2.25 1 25"},
    {"f64 = f64 * 2; f64 + 1", EVEX_F64, "-4 1 9"},
    {"unused = i8; f64", EVEX_I8, "-128 5 127"},
    {"(f64\n + 1) # comment", EVEX_F64, "-1.5 1 5"},
    {"pi * 0 + w", EVEX_F64, "3"},
};

START_TEST(expressions_give) {
    const answer a = evaluate(cases[_i].source);
    ck_assert_msg(a.status == EVEX_OK, "%s: %s", cases[_i].source, a.error.message);
    ck_assert_msg(a.result.dtype == cases[_i].dtype, "%s is %s, want %s", cases[_i].source,
                  evex_dtype_name(a.result.dtype), evex_dtype_name(cases[_i].dtype));
    const char *values = shown(&a);
    ck_assert_msg(strcmp(values, cases[_i].values) == 0 ||
                      (strcmp(values, "-nan") == 0 && strcmp(cases[_i].values, "nan") == 0),
                  "%s gives %s, want %s", cases[_i].source, values, cases[_i].values);
}
END_TEST

/* ---- What fails, and where ------------------------------------------------------------------- */

static const struct {
    const char *source;
    evex_status status;
    size_t offset, length; /* length 0: any place */
} failures[] = {
    {"i8 + 300", EVEX_OUT_OF_RANGE, 5, 3},
    {"where(b, i8, 300)", EVEX_OUT_OF_RANGE, 13, 3},
    {"i8 ** -1", EVEX_OUT_OF_RANGE, 0, 0},
    {"b + b", EVEX_BAD_TYPE, 2, 1},
    {"-b", EVEX_BAD_TYPE, 0, 1},
    {"f64 ^ 2", EVEX_BAD_TYPE, 4, 1},
    {"f64 and b", EVEX_BAD_TYPE, 0, 0},
    {"f64 > 1 & f64", EVEX_BAD_TYPE, 0, 0},
    {"s + 1", EVEX_BAD_TYPE, 0, 0},
    {"s == 1", EVEX_BAD_TYPE, 0, 0},
    {"qty * 2", EVEX_UNKNOWN_NAME, 0, 3},
    {"sqr(f64)", EVEX_UNKNOWN_NAME, 0, 3},
    {"sqrt(f64, 2)", EVEX_BAD_CALL, 0, 0},
    {"sqrt()", EVEX_BAD_CALL, 0, 0},
    {"sum(f64, axes=1)", EVEX_BAD_CALL, 9, 4},
    {"sum(f64, axis=1)", EVEX_OUT_OF_RANGE, 0, 0},
    {"min(f64, where=f64 > 100)", EVEX_EMPTY, 0, 0},
    {"i64 ** i64", EVEX_GUARD, 4, 2},
    {"", EVEX_SYNTAX, 0, 0},
    {"f64 +", EVEX_SYNTAX, 0, 0},
    {"(f64", EVEX_SYNTAX, 0, 1},
    {"a = 1; a = 2", EVEX_SYNTAX, 0, 0},
};

START_TEST(failures_have_a_place) {
    const answer a = evaluate(failures[_i].source);
    ck_assert_msg(a.status == failures[_i].status, "'%s': status '%s' (%s), want '%s'",
                  failures[_i].source, evex_status_text(a.status), a.error.message,
                  evex_status_text(failures[_i].status));
    ck_assert_int_eq(a.error.status, a.status);
    ck_assert(strlen(a.error.message) > 0);
    if (failures[_i].length != 0)
        ck_assert_msg(a.error.offset == failures[_i].offset &&
                          a.error.length == failures[_i].length,
                      "'%s': place %zu+%zu", failures[_i].source, a.error.offset, a.error.length);
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, expressions_give, 0, COUNT(cases));
    tcase_add_loop_test(tests, failures_have_a_place, 0, COUNT(failures));
}

int main(void) {
    return run_suite("language", add);
}
