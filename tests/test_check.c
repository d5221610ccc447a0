/* SPDX-License-Identifier: MIT */
/*
 * What expressions mean: each is compiled, with and without optimisation, run by the tests' own
 * interpreter and compared with the same computation written in C; and the types of results,
 * against NumPy 2's promotion table with weak kinds.
 */
#include <math.h>

#include "tests/compiled.h"
#include "tests/interpreter.h"
#include "tests/suite.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { N = INTERPRETER_ELEMENTS };

/* ---- Operands ------------------------------------------------------------------------------- */

static const uint8_t p[N] = {0, 1, 1, 0, 1, 0, 0, 1};
static const int8_t a[N] = {0, 1, -1, 127, -128, 5, -7, 100};
static const int32_t c[N] = {0, 1, -1, INT32_MAX, INT32_MIN, 70000, -3, 2};
static const int64_t d[N] = {0, 1, -1, INT64_MAX, INT64_MIN, 1LL << 40, -3, 2};
static const uint8_t u[N] = {0, 1, 255, 128, 127, 3, 200, 9};
static const uint64_t z[N] = {0, 1, UINT64_MAX, 1ULL << 63, INT64_MAX, 3, 200, 9};
static const float s[N] = {0, -0.0f, 1.5f, -2.25f, INFINITY, NAN, 16777216, 0.1f};
static const double x[N] = {0, -0.0, 1.5, -2.5, -INFINITY, NAN, 1e308, 300};
static const double y[N] = {3, 0.5, -0.0, 7, 1, 2, 1e308, 299};
static const evex_str e[N] = {{"EU", 2}, {"US", 2},  {"", 0},  {"EU", 2},
                              {"E", 1},  {"EUR", 3}, {"u", 1}, {"\xc3\xa9", 2}};
static const int64_t k = 3;
static const double v = 0.5;
static const uint64_t w = UINT64_MAX;

static const char vars[] = "p bool, a i8, c i32, d i64, u u8, z u64, s f32, x f64, y f64, e str, "
                           "k weak i64, v weak f64, w weak u64";

static const struct {
    char name;
    const void *data;
} operands[] = {{'p', p}, {'a', a}, {'c', c}, {'d', d},  {'u', u},  {'z', z}, {'s', s},
                {'x', x}, {'y', y}, {'e', e}, {'k', &k}, {'v', &v}, {'w', &w}};

static const void *operand(char name) {
    for (size_t i = 0; i < COUNT(operands); i++)
        if (operands[i].name == name)
            return operands[i].data;
    return NULL;
}

/* The first output of the expression. */
static evex_status run(const char *source, int no_optimise, interpreter_cell *first) {
    interpreter_cell outputs[8];
    const void *inputs[COUNT(operands)];
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    evex_error error = EVEX_ERROR_INIT;
    options.no_optimise = (uint8_t)no_optimise;
    evex_program *program = compile_text(source, vars, &options, &error);
    ck_assert_msg(program != NULL, "%s: %s", source, error.message);
    for (uint32_t i = 0; i < program->n_inputs; i++)
        inputs[i] = operand(evex_program_text(program)[evex_program_inputs(program)[i].name]);
    ck_assert_int_eq(
        evex_program_verify(program, program->total_bytes, &evex_system_allocator, &error),
        EVEX_OK);
    const evex_status status = interpret(program, inputs, N, outputs);
    *first = outputs[0];
    free_program(program);
    return status;
}

/* ---- Values --------------------------------------------------------------------------------- */

static double clamp(double t, double lo, double hi) {
    return t < lo ? lo : t > hi ? hi : t;
}

/* Out of range: INT32_MIN, as NUMERICS has it. */
static int32_t to_int32(double t) {
    return t > -2147483649.0 && t < 2147483648.0 ? (int32_t)t : INT32_MIN;
}

static int is_text(evex_str t, const char *text) {
    return t.n_bytes == strlen(text) && memcmp(t.text, text, t.n_bytes) == 0;
}

/* Integer powers that wrap. */
static int64_t wrapping_power(int64_t base, unsigned n) {
    uint64_t result = 1;
    for (unsigned i = 0; i < n; i++)
        result *= (uint64_t)base;
    return (int64_t)result;
}

/* VALUE(id, source, C type, C expression of element i) */
#define FOR_VALUES(VALUE)                                                                          \
    VALUE(1, "2*x + 3*y - x*y", double, 2 * x[i] + 3 * y[i] - x[i] * y[i])                         \
    VALUE(2, "x if p else y", double, p[i] ? x[i] : y[i])                                          \
    VALUE(3, "a + 1", int8_t, (int8_t)(a[i] + 1))                                                  \
    VALUE(4, "a + u", int16_t, (int16_t)(a[i] + u[i]))                                             \
    VALUE(5, "a + k", int8_t, (int8_t)(a[i] + 3))                                                  \
    VALUE(6, "a + v", double, a[i] + 0.5)                                                          \
    VALUE(7, "s + v", float, s[i] + 0.5f)                                                          \
    VALUE(8, "s * 0.1", float, s[i] * 0.1f)                                                        \
    VALUE(9, "c / 2", double, c[i] / 2.0)                                                          \
    VALUE(10, "a < 300", uint8_t, 1)                                                               \
    VALUE(11, "a >= -1000", uint8_t, 1)                                                            \
    VALUE(12, "300 == a", uint8_t, 0)                                                              \
    VALUE(13, "-129 < a", uint8_t, 1)                                                              \
    VALUE(14, "u == -1", uint8_t, 0)                                                               \
    VALUE(15, "z > -1", uint8_t, 1)                                                                \
    VALUE(16, "d < 9223372036854775808", uint8_t, 1)                                               \
    VALUE(17, "d != 1000000000000000000000000", uint8_t, 1)                                        \
    VALUE(18, "-1000000000000000000000000 >= z", uint8_t, 0)                                       \
    VALUE(19, "d < z", uint8_t, d[i] < 0 || (uint64_t)d[i] < z[i])                                 \
    VALUE(20, "d <= z", uint8_t, d[i] < 0 || (uint64_t)d[i] <= z[i])                               \
    VALUE(21, "d > z", uint8_t, d[i] >= 0 && (uint64_t)d[i] > z[i])                                \
    VALUE(22, "d >= z", uint8_t, d[i] >= 0 && (uint64_t)d[i] >= z[i])                              \
    VALUE(23, "d == z", uint8_t, d[i] >= 0 && (uint64_t)d[i] == z[i])                              \
    VALUE(24, "d != z", uint8_t, d[i] < 0 || (uint64_t)d[i] != z[i])                               \
    VALUE(25, "z < d", uint8_t, d[i] > 0 && z[i] < (uint64_t)d[i])                                 \
    VALUE(26, "z >= a", uint8_t, a[i] < 0 || z[i] >= (uint64_t)a[i])                               \
    VALUE(27, "k < z", uint8_t, 3 < z[i])                                                          \
    VALUE(28, "a < k", uint8_t, a[i] < 3)                                                          \
    VALUE(29, "s == 16777217", uint8_t, s[i] == 16777216.0f)                                       \
    VALUE(30, "s == 0.1", uint8_t, s[i] == 0.1f)                                                   \
    VALUE(31, "0 < x < 2 <= y", uint8_t, 0 < x[i] && x[i] < 2 && 2 <= y[i])                        \
    VALUE(32, "a in (5, 1, 300, 2.5, 100.0, 5)", uint8_t, a[i] == 5 || a[i] == 1 || a[i] == 100)   \
    VALUE(33, "a not in (5, 1)", uint8_t, a[i] != 5 && a[i] != 1)                                  \
    VALUE(34, "s in (0.1, 1.5)", uint8_t, s[i] == 0.1f || s[i] == 1.5f)                            \
    VALUE(35, "x in (0, 300)", uint8_t, x[i] == 0 || x[i] == 300)                                  \
    VALUE(36, "a in ()", uint8_t, 0)                                                               \
    VALUE(37, "p in (1, 2)", uint8_t, p[i] == 1)                                                   \
    VALUE(38, "e in ('US', 'EU')", uint8_t, is_text(e[i], "EU") || is_text(e[i], "US"))            \
    VALUE(39, "e == 'EU' or 'a' < e", uint8_t,                                                     \
          is_text(e[i], "EU") || (e[i].n_bytes > 0 && (uint8_t)e[i].text[0] > 'a'))                \
    VALUE(40, "p and not x > 0 or a == 5", uint8_t, (p[i] && !(x[i] > 0)) || a[i] == 5)            \
    VALUE(41, "clip(a, -1000, 50)", int8_t, a[i] > 50 ? 50 : a[i])                                 \
    VALUE(42, "clip(a, 0, 200)", int8_t, a[i] < 0 ? 0 : a[i])                                      \
    VALUE(43, "clip(u, -5, k)", uint8_t, u[i] > 3 ? 3 : u[i])                                      \
    VALUE(44, "clip(x, None, 1)", double, x[i] != x[i] ? x[i] : clamp(x[i], -INFINITY, 1))         \
    VALUE(45, "clip(c, lo=-10, hi=10)", int32_t, (int32_t)clamp(c[i], -10, 10))                    \
    VALUE(46, "round(x)", double, rint(x[i]))                                                      \
    VALUE(47, "round(x, 1)", double, rint(x[i] * 10) / 10)                                         \
    VALUE(48, "round(x, decimals=-2)", double, rint(x[i] / 100) * 100)                             \
    VALUE(49, "round(c, -1)", int32_t, to_int32(rint(c[i] / 10.0) * 10))                           \
    VALUE(50, "round(a, 3)", int8_t, a[i])                                                         \
    VALUE(51, "deg2rad(x)", double, x[i] * (3.14159265358979323846 / 180))                         \
    VALUE(52, "nan_to_num(x, nan=7)", double,                                                      \
          x[i] != x[i] ? 7 : clamp(x[i], -1.7976931348623157e308, 1.7976931348623157e308))         \
    VALUE(53, "isclose(x, y, atol=1.5)", uint8_t,                                                  \
          fabs(x[i] - y[i]) <= 1.5 + 1e-5 * fabs(y[i]) || x[i] == y[i])                            \
    VALUE(54, "x**2", double, x[i] * x[i])                                                         \
    VALUE(55, "x**0.5", double, sqrt(x[i]))                                                        \
    VALUE(56, "x**-1", double, 1 / x[i])                                                           \
    VALUE(57, "x**0", double, 1)                                                                   \
    VALUE(58, "power(x, 1)", double, x[i])                                                         \
    VALUE(59, "d**5", int64_t, wrapping_power(d[i], 5))                                            \
    VALUE(60, "d**64", int64_t, wrapping_power(d[i], 64))                                          \
    VALUE(61, "a**7", int8_t, (int8_t)wrapping_power(a[i], 7))                                     \
    VALUE(62, "u**77", uint8_t, (uint8_t)wrapping_power(u[i], 77))                                 \
    VALUE(63, "d**u", int64_t, wrapping_power(d[i], u[i]))                                         \
    VALUE(64, "x - max(y)", double, x[i] - 1e308)                                                  \
    VALUE(65, "t = x; x = t + 1; x", double, x[i] + 1)                                             \
    VALUE(66, "abs(-5) + a", int64_t, 5 + a[i])                                                    \
    VALUE(67, "where(p, a, 1)", int8_t, p[i] ? a[i] : 1)                                           \
    VALUE(68, "where(p, a, 1.5)", double, p[i] ? a[i] : 1.5)                                       \
    VALUE(69, "x if k > 2 else y", double, x[i])                                                   \
    VALUE(70, "copysign(x, v) + (2 < k)", double, fabs(x[i]) + 1)                                  \
    VALUE(71, "p * a", int8_t, (int8_t)(p[i] * a[i]))                                              \
    VALUE(72, "p // p", int8_t, p[i])                                                              \
    VALUE(73, "c >> 33 | c << -1", int32_t, c[i] < 0 ? -1 : 0)                                     \
    VALUE(74, "isnan(x) & (u > 2)", uint8_t, x[i] != x[i] && u[i] > 2)                             \
    VALUE(75, "inf - x", double, INFINITY - x[i])                                                  \
    VALUE(76, "zeros_like(x) + ones_like(s)", double, 1)                                           \
    VALUE(77, "fma(x, 2, y)", double, fma(x[i], 2, y[i]))                                          \
    VALUE(78, "maximum(a, 3) - minimum(a, 3)", int8_t, (int8_t)abs(a[i] - 3))                      \
    VALUE(79, "uint64(x if isfinite(x) and x > 0 and x < 1e19 else 0)", uint64_t,                  \
          x[i] > 0 && x[i] < 1e19 ? (uint64_t)x[i] : 0)                                            \
    VALUE(81, "z in (1e19, 3.0, 9223372036854775808.0)", uint8_t, z[i] == 1ULL << 63 || z[i] == 3) \
    VALUE(82, "x if 99999999999999999999 > 3 and 2**63 <= 2**63 else 0", double, x[i])             \
    VALUE(83, "x * (99999999999999999999 / 2 < inf)", double, x[i])                                \
    VALUE(84, "clip(a, 0, w)", int8_t, a[i] < 0 ? 0 : a[i])                                        \
    VALUE(85, "clip(u, 0, w)", uint8_t, u[i])                                                      \
    VALUE(86, "nan_to_num(c)", int32_t, c[i])                                                      \
    VALUE(87, "deg2rad(99999999999999999999) + 0*x", double,                                       \
          1e20 * (3.14159265358979323846 / 180) + 0 * x[i])                                        \
    VALUE(88, "e == 'EU' or e == 'EU' or e == 'E'", uint8_t,                                       \
          is_text(e[i], "EU") || is_text(e[i], "E"))                                               \
    VALUE(80, "rad2deg(s)", float, s[i] * (180.0f / 3.14159265358979323846f))

#define DEFINE_VALUE(id, source, T, expression)                                                    \
    static void value_##id(size_t i, void *out) {                                                  \
        const T value = (T)(expression);                                                           \
        (void)i;                                                                                   \
        memcpy(out, &value, sizeof value);                                                         \
    }
FOR_VALUES(DEFINE_VALUE)

#define LIST_VALUE(id, source, T, expression) {source, sizeof(T), value_##id},
static const struct {
    const char *source;
    size_t size;
    void (*value)(size_t i, void *out);
} values[] = {FOR_VALUES(LIST_VALUE)};

static int is_nan(const interpreter_cell *cell, const void *element) {
    double wide;
    float narrow;
    memcpy(&narrow, element, sizeof narrow);
    if (cell->dtype == EVEX_F32)
        return narrow != narrow;
    memcpy(&wide, element, sizeof wide);
    return cell->dtype == EVEX_F64 && wide != wide;
}

START_TEST(values_are_those_of_c) {
    const char *source = values[_i / 2].source;
    interpreter_cell found;
    ck_assert_msg(run(source, _i % 2, &found) == EVEX_OK, "%s", source);
    const size_t size = evex_dtype_size((evex_dtype)found.dtype);
    ck_assert_msg(size == values[_i / 2].size, "%s is %s", source,
                  evex_dtype_name((evex_dtype)found.dtype));
    for (size_t i = 0; i < N; i++) {
        unsigned char expected[16] = {0};
        const unsigned char *element = found.bytes + (found.n > 1 ? i : 0) * size;
        values[_i / 2].value(i, expected);
        ck_assert_msg(memcmp(expected, element, size) == 0 ||
                          (is_nan(&found, element) && is_nan(&found, expected)),
                      "%s at %zu", source, i);
    }
}
END_TEST

/* ---- Powers --------------------------------------------------------------------------------- */

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Either sign; anywhere, or where the power overflows or underflows. */
static double power_operand(int n) {
    const double reach = 1100.0 / abs(n), part = (double)(next_random() >> 11) * 0x1p-53;
    const double places[] = {reach * (2 * part - 1), (1015 + 70 * part) / -n,
                             (1023 + 2 * part) / n};
    const double size = exp2(places[next_random() % 3]);
    return next_random() % 2 ? -size : size;
}

/* The distance in units of the last place, which are those of subnormals below the least normal. */
static double error_in_ulp(double found, long double exact) {
    int exponent;
    const double nearest = (double)exact;
    if (memcmp(&found, &nearest, sizeof found) == 0 || (found != found && exact != exact))
        return 0;
    if (isinf(found) != isinf(nearest) || signbit(found) != signbit(nearest))
        return fabsl(exact) < 0x1.fffffffffffffp1023L ? INFINITY : 1;
    frexpl(exact, &exponent);
    return (double)fabsl((found - exact) /
                         ldexpl(1, exponent - 53 > -1074 ? exponent - 53 : -1074));
}

static void check_power(const evex_program *program, int n, const double *bases) {
    const void *inputs[] = {bases};
    interpreter_cell out;
    ck_assert_int_eq(interpret(program, inputs, N, &out), EVEX_OK);
    for (size_t i = 0; i < N; i++) {
        double found;
        memcpy(&found, out.bytes + i * sizeof found, sizeof found);
        const double ulp = error_in_ulp(found, powl(bases[i], n));
        ck_assert_msg(ulp <= 1, "(%a) ** %d is %a: %g ulp", bases[i], n, found, ulp);
    }
}

/* long double holds a power of a double to about 2^-63, or better. */
START_TEST(small_powers_are_within_an_ulp) {
    static const double specials[N] = {0, -0.0, INFINITY, -INFINITY, NAN, 5e-324, -5e-324, 1e308};
    const int n = _i;
    char source[32];
    evex_error error = EVEX_ERROR_INIT;
    snprintf(source, sizeof source, "x ** %d", n);
    evex_program *program = compile_text(source, vars, NULL, &error);
    ck_assert_msg(program != NULL, "%s", error.message);
    for (uint32_t i = 0; i < program->n_insns; i++)
        ck_assert_int_ne(evex_program_insns(program)[i].op, EVEX_OP_POW);
    if (n != 0) {
        check_power(program, n, specials);
        for (int round = 0; round < 500; round++) {
            double bases[N];
            for (size_t i = 0; i < N; i++)
                bases[i] = power_operand(n);
            check_power(program, n, bases);
        }
    }
    free_program(program);
}
END_TEST

START_TEST(small_powers_of_float32_are_rounded_once) {
    static const int exponents[] = {3, 5, 17, 64, -2, -3, -63};
    for (size_t e_i = 0; e_i < COUNT(exponents); e_i++) {
        char source[32];
        interpreter_cell out;
        evex_error error = EVEX_ERROR_INIT;
        snprintf(source, sizeof source, "s ** %d", exponents[e_i]);
        evex_program *program = compile_text(source, vars, NULL, &error);
        const void *inputs[] = {s};
        ck_assert_int_eq(interpret(program, inputs, N, &out), EVEX_OK);
        for (size_t i = 0; i < N; i++) {
            float found;
            const float exact = (float)powl(s[i], exponents[e_i]);
            memcpy(&found, out.bytes + i * sizeof found, sizeof found);
            ck_assert_msg(memcmp(&found, &exact, sizeof found) == 0 || exact != exact,
                          "%s of %a is %a, want %a", source, s[i], found, exact);
        }
        free_program(program);
    }
}
END_TEST

/* ---- Types ---------------------------------------------------------------------------------- */

static const struct {
    const char *source;
    evex_dtype dtype;
} types[] = {
    {"p + 1", EVEX_I64},
    {"p + 1.0", EVEX_F64},
    {"p * p", EVEX_BOOL},
    {"p / p", EVEX_F64},
    {"p % p", EVEX_I8},
    {"p + a", EVEX_I8},
    {"p & True", EVEX_BOOL},
    {"p & 1", EVEX_I64},
    {"a + True", EVEX_I8},
    {"a + 1", EVEX_I8},
    {"a + 1.0", EVEX_F64},
    {"a + c", EVEX_I32},
    {"a + u", EVEX_I16},
    {"u + 1", EVEX_U8},
    {"c + z", EVEX_F64},
    {"d + z", EVEX_F64},
    {"d + s", EVEX_F64},
    {"a + s", EVEX_F32},
    {"s + 1", EVEX_F32},
    {"s + 1.0", EVEX_F32},
    {"s + x", EVEX_F64},
    {"s + c", EVEX_F64},
    {"s / s", EVEX_F32},
    {"a / a", EVEX_F64},
    {"s + pi", EVEX_F32},
    {"s + sqrt(2)", EVEX_F64},
    {"s + 2**0.5", EVEX_F32},
    {"s + float32(2)", EVEX_F32},
    {"a + int64(1)", EVEX_I64},
    {"a + (k + 1)", EVEX_I8},
    {"a + (k < 3)", EVEX_I8},
    {"a + k/2", EVEX_F64},
    {"s + k/2", EVEX_F32},
    {"sqrt(p)", EVEX_F32},
    {"sqrt(a)", EVEX_F32},
    {"sqrt(c)", EVEX_F64},
    {"sqrt(k)", EVEX_F64},
    {"sqrt(s)", EVEX_F32},
    {"arctan2(s, 2)", EVEX_F32},
    {"arctan2(a, u)", EVEX_F32},
    {"hypot(c, s)", EVEX_F64},
    {"floor(a)", EVEX_I8},
    {"rint(p)", EVEX_BOOL},
    {"abs(a)", EVEX_I8},
    {"sign(z)", EVEX_U64},
    {"2 ** 3", EVEX_I64},
    {"2.0 ** 3", EVEX_F64},
    {"18446744073709551615", EVEX_U64},
    {"True", EVEX_BOOL},
    {"True + 1", EVEX_I64},
    {"3 if True else 2.5", EVEX_F64},
    {"where(p, True, 2)", EVEX_I64},
    {"where(p, a, u)", EVEX_I16},
    {"x == a", EVEX_BOOL},
    {"sum(p)", EVEX_I64},
    {"sum(a)", EVEX_I64},
    {"sum(u)", EVEX_U64},
    {"sum(s)", EVEX_F32},
    {"prod(a)", EVEX_I64},
    {"mean(a)", EVEX_F64},
    {"mean(s)", EVEX_F32},
    {"mean(p)", EVEX_F64},
    {"var(a)", EVEX_F64},
    {"std(s, axis=None)", EVEX_F32},
    {"min(u)", EVEX_U8},
    {"max(p)", EVEX_BOOL},
    {"any(x)", EVEX_BOOL},
    {"count()", EVEX_I64},
    {"count(e)", EVEX_I64},
    {"argmax(s)", EVEX_I64},
    {"count_nonzero(a)", EVEX_I64},
    {"nansum(s)", EVEX_F32},
    {"nanmean(a)", EVEX_F64},
    {"nanmin(a)", EVEX_I8},
    {"round(a, 2)", EVEX_I8},
    {"round(s, 2)", EVEX_F32},
    {"clip(a, 0, 2.5)", EVEX_F64},
    {"clip(s, 0, 2.5)", EVEX_F32},
    {"isclose(a, u)", EVEX_BOOL},
    {"nan_to_num(s)", EVEX_F32},
    {"deg2rad(a)", EVEX_F32},
    {"c ** 0.5", EVEX_F64},
    {"a ** 2", EVEX_I8},
    {"a ** 2.0", EVEX_F64},
    {"s ** 3", EVEX_F32},
    {"c ** -1.0", EVEX_F64},
    {"p ** 2", EVEX_I8},
    {"a / 300", EVEX_F64},
    {"hypot(a, 300)", EVEX_F32},
    {"arctan2(a, c)", EVEX_F64},
    {"p << p", EVEX_I8},
    {"~p", EVEX_BOOL},
    {"~u", EVEX_U8},
};

START_TEST(types_are_those_of_numpy) {
    for (int plain = 0; plain < 2; plain++) {
        evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
        evex_error error = EVEX_ERROR_INIT;
        options.no_optimise = (uint8_t)plain;
        evex_program *program = compile_text(types[_i].source, vars, &options, &error);
        ck_assert_msg(program != NULL, "%s: %s", types[_i].source, error.message);
        const evex_dtype dtype = (evex_dtype)evex_program_outputs(program)[0].dtype;
        ck_assert_msg(dtype == types[_i].dtype, "%s is %s", types[_i].source,
                      evex_dtype_name(dtype));
        free_program(program);
    }
}
END_TEST

/* ---- Weak ints ------------------------------------------------------------------------------ */

/* What a weak variable must fit is left to the binding; what is computed from it to a guard. */
START_TEST(weak_ints_must_fit) {
    evex_error error = EVEX_ERROR_INIT;
    evex_program *program = compile_text("a + k, u * k, s + k, c < k", vars, NULL, &error);
    ck_assert_ptr_nonnull(program);
    ck_assert_uint_eq(evex_program_inputs(program)[1].must_fit, 1u << EVEX_I8 | 1u << EVEX_U8);
    free_program(program);
    interpreter_cell out;
    ck_assert_int_eq(run("a + k", 0, &out), EVEX_OK);
    ck_assert_int_eq(run("a + k*42", 0, &out), EVEX_OK);
    ck_assert_int_eq(run("a + k*43", 0, &out), EVEX_OUT_OF_RANGE);
    ck_assert_int_eq(run("a + -k*42", 0, &out), EVEX_OK);
    ck_assert_int_eq(run("a + -k*43", 0, &out), EVEX_OUT_OF_RANGE);
    ck_assert_int_eq(run("u + (k - 3)", 0, &out), EVEX_OK);
    ck_assert_int_eq(run("u + (k - 4)", 0, &out), EVEX_OUT_OF_RANGE);
    ck_assert_int_eq(run("z + (k - 4)", 0, &out), EVEX_OUT_OF_RANGE);
    ck_assert_int_eq(run("x + (k - 4)", 0, &out), EVEX_OK);
}
END_TEST

START_TEST(guards_find_negative_exponents) {
    interpreter_cell out;
    ck_assert_int_eq(run("c ** a", 0, &out), EVEX_GUARD);
    ck_assert_int_eq(run("c ** u", 0, &out), EVEX_OK);
    ck_assert_int_eq(run("c ** abs(c // 2)", 0, &out), EVEX_OK);
    ck_assert_int_eq(run("c ** (k - 4)", 0, &out), EVEX_GUARD);
    ck_assert_int_eq(run("c ** p", 0, &out), EVEX_OK);
    ck_assert_int_eq(run("c ** int8(-1)", 0, &out), EVEX_GUARD);
    ck_assert_int_eq(run("c ** int8(2)", 0, &out), EVEX_OK);
    ck_assert_int_eq(run("x ** a", 0, &out), EVEX_OK);
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, values_are_those_of_c, 0, 2 * COUNT(values));
    tcase_add_loop_test(tests, small_powers_are_within_an_ulp, -64, 65);
    tcase_add_test(tests, small_powers_of_float32_are_rounded_once);
    tcase_add_loop_test(tests, types_are_those_of_numpy, 0, COUNT(types));
    tcase_add_test(tests, weak_ints_must_fit);
    tcase_add_test(tests, guards_find_negative_exponents);
}

int main(void) {
    return run_suite("check", add);
}
