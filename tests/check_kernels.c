/* SPDX-License-Identifier: MIT */
/*
 * The elementwise kernels. Every kernel of every table that this machine can run is tried against
 * op.def's definition (tests/kernels/kernel_trial.h); and the definitions themselves against what
 * NUMERICS.md promises, written out here as numbers.
 */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/kernels/kernel_trial.h"
#include "tests/suite.h"

/* ---- Kernels against definitions ------------------------------------------------------------ */

static void try_op(evex_op op, evex_dtype in, evex_dtype out) {
    size_t n_tables;
    kernel_failure failure;
    const evex_kernel_table *const *tables = evex_kernels_all(&n_tables);
    for (size_t t = 0; t < n_tables; t++)
        ck_assert_msg(kernel_trial(tables[t], op, in, out, &failure), "%s", failure.text);
}

START_TEST(kernels_agree_with_definition) {
    for (int in = 0; in < EVEX_N_DTYPES; in++)
        for (int out = 0; out < (_i == EVEX_OP_CAST ? EVEX_N_DTYPES : 1); out++)
            try_op((evex_op)_i, (evex_dtype)in, (evex_dtype)out);
}
END_TEST

/* Dividends at multiples of divisors and beside them, just below a power of two; divisors of all
 * sizes up to 51 bits, 0 and -1 among them. */
static void draw_quotient(uint64_t *state, unsigned a_bits, int64_t *a, int64_t *b) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    const unsigned b_bits = 1 + (unsigned)(*state >> 33) % 51;
    const int64_t divisor = (int64_t)(*state >> (64 - b_bits)) - (*state >> 45) % 2;
    *b = (*state >> 46) % 2 ? -divisor : divisor;
    *a = (INT64_C(1) << a_bits) - (int64_t)((*state >> 20) % 3) - 1;
    if (divisor > 0 && (*state >> 47) % 4 != 0)
        *a = *a / divisor * divisor - 1 + (int64_t)((*state >> 50) % 3);
    if ((*state >> 52) % 2)
        *a = -*a;
}

/* The kernels look for operands of at most 51 bits, which those of kernel_trial seldom all are. */
START_TEST(quotients_of_small_and_large_integers) {
    static const evex_op ops[] = {EVEX_OP_FLOORDIV, EVEX_OP_MOD, EVEX_OP_FMOD};
    enum { N = 1000 };
    static int64_t a[N], b[N], got[N], want[N];
    const evex_op op = ops[_i / 2];
    const evex_dtype dtype = _i % 2 ? EVEX_U64 : EVEX_I64;
    uint64_t state = (uint64_t)_i;
    size_t n_tables;
    const evex_kernel_table *const *tables = evex_kernels_all(&n_tables);
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < N; i++) {
            draw_quotient(&state, 49 + (unsigned)round % 5, &a[i], &b[i]);
            a[i] = round % 3 == 1 ? a[0] : dtype == EVEX_U64 ? llabs(a[i]) : a[i];
            b[i] = round % 3 == 2 ? b[0] : dtype == EVEX_U64 ? llabs(b[i]) : b[i];
        }
        const evex_operand src[] = {{a, round % 3 != 1}, {b, round % 3 != 2}};
        evex_definition(op, dtype, dtype)((void *[]){want}, src, N, NULL);
        for (size_t t = 0; t < n_tables; t++) {
            evex_kernel_find(tables[t], op, dtype, dtype)((void *[]){got}, src, N, NULL);
            for (size_t i = 0; i < N; i++)
                ck_assert_msg(got[i] == want[i], "%s: %lld and %lld: %lld, not %lld",
                              tables[t]->isa, (long long)a[i], (long long)b[i], (long long)got[i],
                              (long long)want[i]);
        }
    }
}
END_TEST

START_TEST(tables_hold_exactly_the_types_of_a_row) {
    size_t n_tables;
    const evex_kernel_table *const *tables = evex_kernels_all(&n_tables);
    for (size_t t = 0; t < n_tables; t++)
        for (int op = 0; op < EVEX_N_OPS; op++)
            for (int in = 0; in < EVEX_N_DTYPES; in++)
                ck_assert_msg((tables[t]->of[op][in] != NULL) ==
                                  (evex_op_infos[op].types >> in & 1),
                              "%s %s %d", tables[t]->isa, evex_op_infos[op].id, in);
}
END_TEST

START_TEST(a_cap_bounds_the_choice) {
    static const char *const names[] = {NULL, "ref", "base", "avx2", "avx512"};
    size_t n_tables;
    const evex_kernel_table *const *tables = evex_kernels_all(&n_tables);
    ck_assert_uint_ge(n_tables, 2);
    ck_assert_ptr_eq(evex_kernels_usable(EVEX_ISA_BEST), tables[n_tables - 1]);
    for (int cap = EVEX_ISA_REF; cap <= EVEX_ISA_AVX512; cap++) {
        const size_t at = (size_t)cap < n_tables ? (size_t)cap : n_tables;
        ck_assert_ptr_eq(evex_kernels_usable((evex_isa_cap)cap), tables[at - 1]);
        if ((size_t)cap <= n_tables)
            ck_assert_str_eq(tables[at - 1]->isa, names[cap]);
    }
}
END_TEST

/* ---- Definitions against the numeric contract ----------------------------------------------- */

/* Operands and result as 64-bit two's complement, of which the type's own bytes count. */
static const struct {
    evex_op op;
    evex_dtype dtype;
    int64_t a, b, want;
} integer_facts[] = {
    {EVEX_OP_ADD, EVEX_I8, 127, 1, -128},
    {EVEX_OP_ADD, EVEX_U8, 255, 1, 0},
    {EVEX_OP_ADD, EVEX_I64, INT64_MAX, 1, INT64_MIN},
    {EVEX_OP_SUB, EVEX_U32, 0, 1, UINT32_MAX},
    {EVEX_OP_SUB, EVEX_I16, INT16_MIN, 1, INT16_MAX},
    {EVEX_OP_MUL, EVEX_I32, INT32_MIN, -1, INT32_MIN},
    {EVEX_OP_MUL, EVEX_U16, 65535, 65535, 1},
    {EVEX_OP_MUL, EVEX_I64, INT64_C(1) << 62, 4, 0},
    {EVEX_OP_MUL, EVEX_BOOL, 2, 4, 1},
    {EVEX_OP_FLOORDIV, EVEX_I32, 7, 0, 0},
    {EVEX_OP_MOD, EVEX_I32, 7, 0, 0},
    {EVEX_OP_FMOD, EVEX_U64, 7, 0, 0},
    {EVEX_OP_FLOORDIV, EVEX_I8, -128, -1, -128},
    {EVEX_OP_MOD, EVEX_I8, -128, -1, 0},
    {EVEX_OP_FLOORDIV, EVEX_I64, INT64_MIN, -1, INT64_MIN},
    {EVEX_OP_FLOORDIV, EVEX_I16, -7, 2, -4},
    {EVEX_OP_FLOORDIV, EVEX_I16, 7, -2, -4},
    {EVEX_OP_FLOORDIV, EVEX_I16, -8, 2, -4},
    {EVEX_OP_MOD, EVEX_I32, -7, 3, 2},
    {EVEX_OP_MOD, EVEX_I32, 7, -3, -2},
    {EVEX_OP_MOD, EVEX_I32, -6, 3, 0},
    {EVEX_OP_FMOD, EVEX_I32, -7, 3, -1},
    {EVEX_OP_FMOD, EVEX_I32, 7, -3, 1},
    {EVEX_OP_FLOORDIV, EVEX_U8, 200, 7, 28},
    {EVEX_OP_ABS, EVEX_I8, -128, 0, -128},
    {EVEX_OP_ABS, EVEX_I64, INT64_MIN, 0, INT64_MIN},
    {EVEX_OP_NEG, EVEX_I32, INT32_MIN, 0, INT32_MIN},
    {EVEX_OP_NEG, EVEX_U8, 1, 0, 255},
    {EVEX_OP_SIGN, EVEX_I16, -5, 0, -1},
    {EVEX_OP_SIGN, EVEX_U16, 40000, 0, 1},
    {EVEX_OP_SHL, EVEX_I8, 1, 7, -128},
    {EVEX_OP_SHL, EVEX_I8, 1, 8, 0},
    {EVEX_OP_SHL, EVEX_I32, 1, -1, 0},
    {EVEX_OP_SHL, EVEX_U64, 1, 63, INT64_MIN},
    {EVEX_OP_SHL, EVEX_U64, 1, 64, 0},
    {EVEX_OP_SHR, EVEX_I8, -128, 7, -1},
    {EVEX_OP_SHR, EVEX_I8, -128, 100, -1},
    {EVEX_OP_SHR, EVEX_I8, 127, -1, 0},
    {EVEX_OP_SHR, EVEX_I64, -8, 1, -4},
    {EVEX_OP_SHR, EVEX_U8, 200, 8, 0},
    {EVEX_OP_SHR, EVEX_U8, 200, 3, 25},
    {EVEX_OP_POW, EVEX_I32, 0, 0, 1},
    {EVEX_OP_POW, EVEX_I32, 3, 21, 1870418611},
    {EVEX_OP_POW, EVEX_I8, -2, 7, -128},
    {EVEX_OP_POW, EVEX_I8, 2, -1, 0},
    {EVEX_OP_POW, EVEX_U64, 3, 40, INT64_C(-6289078614652622815)},
    {EVEX_OP_RECIPROCAL, EVEX_I32, 0, 0, 0},
    {EVEX_OP_RECIPROCAL, EVEX_I32, -1, 0, -1},
    {EVEX_OP_RECIPROCAL, EVEX_U8, 255, 0, 0},
    {EVEX_OP_SQUARE, EVEX_U8, 16, 0, 0},
    {EVEX_OP_MAXIMUM, EVEX_U8, 200, 100, 200},
    {EVEX_OP_MINIMUM, EVEX_I8, -56, 100, -56},
    {EVEX_OP_AND, EVEX_BOOL, 2, 4, 1},
    {EVEX_OP_AND, EVEX_U8, 2, 4, 0},
    {EVEX_OP_OR, EVEX_BOOL, 0, 4, 1},
    {EVEX_OP_XOR, EVEX_BOOL, 2, 4, 0},
    {EVEX_OP_INVERT, EVEX_BOOL, 2, 0, 0},
    {EVEX_OP_INVERT, EVEX_I16, 5, 0, -6},
    {EVEX_OP_EQ, EVEX_BOOL, 2, 1, 1},
    {EVEX_OP_LT, EVEX_I8, -1, 1, 1},
    {EVEX_OP_LT, EVEX_U8, 255, 1, 0},
    {EVEX_OP_GE, EVEX_U64, -1, 1, 1},
    {EVEX_OP_NE, EVEX_I64, 3, 3, 0},
    {EVEX_OP_FLOOR, EVEX_I64, INT64_MAX, 0, INT64_MAX},
};

START_TEST(integer_definitions_hold_to_the_contract) {
    const evex_op op = integer_facts[_i].op;
    const evex_dtype dtype = integer_facts[_i].dtype;
    int64_t got = 0, want = 0;
    const evex_operand src[] = {{&integer_facts[_i].a, 1}, {&integer_facts[_i].b, 1}};
    evex_definition(op, dtype, dtype)((void *[]){&got}, src, 1, NULL);
    memcpy(&want, &integer_facts[_i].want,
           (evex_op_infos[op].result == EVEX_GIVES_BOOL) ? 1 : evex_dtype_size(dtype));
    ck_assert_msg(got == want, "fact %d: %s gives %lld, not %lld", _i, evex_op_infos[op].id,
                  (long long)got, (long long)want);
}
END_TEST

/* True for both float types. */
static const struct {
    evex_op op;
    double a, b, c, want;
} float_facts[] = {
    {EVEX_OP_DIV, 1, 0, 0, INFINITY},
    {EVEX_OP_DIV, 0, 0, 0, NAN},
    {EVEX_OP_MAXIMUM, -0.0, 0.0, 0, 0.0},
    {EVEX_OP_MAXIMUM, 0.0, -0.0, 0, 0.0},
    {EVEX_OP_MINIMUM, -0.0, 0.0, 0, -0.0},
    {EVEX_OP_MINIMUM, 0.0, -0.0, 0, -0.0},
    {EVEX_OP_MAXIMUM, NAN, 1, 0, NAN},
    {EVEX_OP_MINIMUM, 1, NAN, 0, NAN},
    {EVEX_OP_FMAX, NAN, 1, 0, 1},
    {EVEX_OP_FMAX, 1, NAN, 0, 1},
    {EVEX_OP_FMAX, NAN, NAN, 0, NAN},
    {EVEX_OP_FMIN, 0.0, -0.0, 0, -0.0},
    {EVEX_OP_FMIN, -INFINITY, NAN, 0, -INFINITY},
    {EVEX_OP_SIGN, -0.0, 0, 0, 0.0},
    {EVEX_OP_SIGN, NAN, 0, 0, NAN},
    {EVEX_OP_SIGN, -INFINITY, 0, 0, -1},
    {EVEX_OP_NEG, 0.0, 0, 0, -0.0},
    {EVEX_OP_ABS, -0.0, 0, 0, 0.0},
    {EVEX_OP_SQRT, -0.0, 0, 0, -0.0},
    {EVEX_OP_SQRT, -1, 0, 0, NAN},
    {EVEX_OP_SQRT, 2.25, 0, 0, 1.5},
    {EVEX_OP_RINT, 2.5, 0, 0, 2},
    {EVEX_OP_RINT, -0.5, 0, 0, -0.0},
    {EVEX_OP_RINT, 3.5, 0, 0, 4},
    {EVEX_OP_FLOOR, -0.5, 0, 0, -1},
    {EVEX_OP_FLOOR, -0.0, 0, 0, -0.0},
    {EVEX_OP_CEIL, -0.5, 0, 0, -0.0},
    {EVEX_OP_TRUNC, -1.5, 0, 0, -1},
    {EVEX_OP_COPYSIGN, 3, -0.0, 0, -3},
    {EVEX_OP_FMA, 0x1.000002p0, 0x1.fffffcp-1, -1, -0x1p-46},
    {EVEX_OP_NEXTAFTER, 1, 1, 0, 1},
    {EVEX_OP_NEXTAFTER, NAN, 1, 0, NAN},
    {EVEX_OP_EQ, NAN, NAN, 0, 0},
    {EVEX_OP_NE, NAN, NAN, 0, 1},
    {EVEX_OP_LE, NAN, 1, 0, 0},
    {EVEX_OP_EQ, 0.0, -0.0, 0, 1},
    {EVEX_OP_LT, -0.0, 0.0, 0, 0},
    {EVEX_OP_ISNAN, NAN, 0, 0, 1},
    {EVEX_OP_ISINF, -INFINITY, 0, 0, 1},
    {EVEX_OP_ISINF, NAN, 0, 0, 0},
    {EVEX_OP_ISFINITE, NAN, 0, 0, 0},
    {EVEX_OP_SIGNBIT, -0.0, 0, 0, 1},
    {EVEX_OP_FMOD, -7, 3, 0, -1},
    {EVEX_OP_MOD, -7, 3, 0, 2},
    {EVEX_OP_MOD, 0.0, -3, 0, -0.0},
    {EVEX_OP_MOD, -5, INFINITY, 0, INFINITY},
    {EVEX_OP_FLOORDIV, -5, INFINITY, 0, -1},
    {EVEX_OP_FLOORDIV, 7, -2, 0, -4},
    {EVEX_OP_POW, NAN, 0, 0, 1},
    {EVEX_OP_POW, 0.0, -1, 0, INFINITY},
    {EVEX_OP_POW, 2, 10, 0, 1024},
};

static int same_float(double a, double b) {
    return (isnan(a) && isnan(b)) || (a == b && !signbit(a) == !signbit(b));
}

START_TEST(float_definitions_hold_to_the_contract) {
    const evex_op op = float_facts[_i].op;
    const double in[] = {float_facts[_i].a, float_facts[_i].b, float_facts[_i].c};
    const float in_f32[] = {(float)in[0], (float)in[1], (float)in[2]};
    double got = 0;
    float got_f32 = 0;
    uint8_t truth = 0, truth_f32 = 0;
    const int gives_bool = (evex_op_infos[op].result == EVEX_GIVES_BOOL);
    evex_definition(op, EVEX_F64, EVEX_F64)((void *[]){gives_bool ? (void *)&truth : &got},
                                            (evex_operand[]){{in, 1}, {in + 1, 1}, {in + 2, 1}}, 1,
                                            NULL);
    evex_definition(op, EVEX_F32, EVEX_F32)(
        (void *[]){gives_bool ? (void *)&truth_f32 : &got_f32},
        (evex_operand[]){{in_f32, 1}, {in_f32 + 1, 1}, {in_f32 + 2, 1}}, 1, NULL);
    const double result = gives_bool ? truth : got, result_f32 = gives_bool ? truth_f32 : got_f32;
    ck_assert_msg(same_float(result, float_facts[_i].want) &&
                      same_float(result_f32, float_facts[_i].want),
                  "fact %d: %s gives %a and %a, not %a", _i, evex_op_infos[op].id, result,
                  result_f32, float_facts[_i].want);
}
END_TEST

/* float64 to each integer type, as NUMERICS.md's table has it. */
static const struct {
    double from;
    evex_dtype to;
    int64_t want;
} cast_facts[] = {
    {NAN, EVEX_I8, 0},
    {NAN, EVEX_I16, 0},
    {NAN, EVEX_I32, INT32_MIN},
    {NAN, EVEX_I64, INT64_MIN},
    {NAN, EVEX_U8, 0},
    {NAN, EVEX_U16, 0},
    {NAN, EVEX_U32, 0},
    {NAN, EVEX_U64, INT64_MIN},
    {INFINITY, EVEX_U64, 0},
    {-INFINITY, EVEX_I64, INT64_MIN},
    {300, EVEX_I8, 44},
    {-129, EVEX_I8, 127},
    {-1, EVEX_U8, 255},
    {65537.9, EVEX_U16, 1},
    {3e9, EVEX_I16, 0},
    {2147483647.5, EVEX_I32, INT32_MAX},
    {2147483648.0, EVEX_I32, INT32_MIN},
    {-2147483648.5, EVEX_I32, INT32_MIN},
    {-1.5, EVEX_U32, 4294967295},
    {5e9, EVEX_U32, 705032704},
    {0x1p63, EVEX_I64, INT64_MIN},
    {-1.5, EVEX_I64, -1},
    {0x1p63, EVEX_U64, INT64_MIN},
    {0x1.8p63, EVEX_U64, INT64_C(-4611686018427387904)},
    {0x1p64, EVEX_U64, 0},
    {-1, EVEX_U64, -1},
    {-0x1.8p63, EVEX_U64, INT64_MIN},
    {NAN, EVEX_BOOL, 1},
    {-0.0, EVEX_BOOL, 0},
    {0x1p-1074, EVEX_BOOL, 1},
};

START_TEST(casts_hold_to_the_contract) {
    const evex_dtype to = cast_facts[_i].to;
    int64_t got = 0, want = 0;
    evex_definition(EVEX_OP_CAST, EVEX_F64,
                    to)((void *[]){&got}, (evex_operand[]){{&cast_facts[_i].from, 1}}, 1, NULL);
    memcpy(&want, &cast_facts[_i].want, evex_dtype_size(to));
    ck_assert_msg(got == want, "%a gives %lld, not %lld", cast_facts[_i].from, (long long)got,
                  (long long)want);
}
END_TEST

START_TEST(float32_integers_and_neighbours_are_exact) {
    const uint64_t big = UINT64_C(0xffffff7fffffffff); /* just under a tie between two float32 */
    const int64_t odd = (INT64_C(1) << 53) + 1;
    const float one = 1, two = 2, least = -FLT_TRUE_MIN;
    const double zero = 0, minus_one = -1;
    float f = 0;
    double d = 0;
    evex_definition(EVEX_OP_CAST, EVEX_U64, EVEX_F32)((void *[]){&f}, &(evex_operand){&big, 1}, 1,
                                                      NULL);
    ck_assert(f == 0x1.fffffep63f);
    evex_definition(EVEX_OP_CAST, EVEX_I64, EVEX_F64)((void *[]){&d}, &(evex_operand){&odd, 1}, 1,
                                                      NULL);
    ck_assert(d == 0x1p53);
    const evex_kernel next_f32 = evex_definition(EVEX_OP_NEXTAFTER, EVEX_F32, EVEX_F32);
    next_f32((void *[]){&f}, (evex_operand[]){{&one, 1}, {&two, 1}}, 1, NULL);
    ck_assert(f == 0x1.000002p0f);
    next_f32((void *[]){&f}, (evex_operand[]){{&least, 1}, {&two, 1}}, 1, NULL);
    ck_assert(f == 0 && signbit(f));
    evex_definition(EVEX_OP_NEXTAFTER, EVEX_F64, EVEX_F64)(
        (void *[]){&d}, (evex_operand[]){{&zero, 1}, {&minus_one, 1}}, 1, NULL);
    ck_assert(d == -DBL_TRUE_MIN);
}
END_TEST

START_TEST(strings_compare_by_bytes) {
    static const struct {
        const char *a, *b;
        int less;
    } facts[] = {{"", "a", 1},
                 {"a", "", 0},
                 {"a", "ab", 1},
                 {"ab", "b", 1},
                 {"a", "a", 0},
                 {"z", "\xc3\xa9", 1},
                 {"\xef\xbf\xbd", "\xf0\x9f\x98\x80", 1}};
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        const evex_str a = {facts[i].a, strlen(facts[i].a)}, b = {facts[i].b, strlen(facts[i].b)};
        const evex_operand src[] = {{&a, 1}, {&b, 1}};
        uint8_t less = 2, equal = 2;
        evex_definition(EVEX_OP_LT, EVEX_STR, EVEX_STR)((void *[]){&less}, src, 1, NULL);
        evex_definition(EVEX_OP_EQ, EVEX_STR, EVEX_STR)((void *[]){&equal}, src, 1, NULL);
        ck_assert_int_eq(less, facts[i].less);
        ck_assert_int_eq(equal, strcmp(facts[i].a, facts[i].b) == 0);
    }
}
END_TEST

START_TEST(membership_finds_what_is_listed) {
    static const int32_t values[] = {INT32_MIN, -1, 0, 7, INT32_MAX};
    static const int32_t x[] = {INT32_MIN, -2, -1, 1, 7, 8, INT32_MAX};
    static const uint8_t want[] = {1, 0, 1, 0, 1, 0, 1};
    const evex_set set = {5, values}, empty = {0, NULL};
    uint8_t got[7];
    const evex_kernel in = evex_definition(EVEX_OP_IN, EVEX_I32, EVEX_BOOL);
    in((void *[]){got}, (evex_operand[]){{x, 1}, {&set, 0}}, 7, NULL);
    ck_assert_mem_eq(got, want, 7);
    in((void *[]){got}, (evex_operand[]){{x, 1}, {&empty, 0}}, 7, NULL);
    ck_assert_mem_eq(got, ((uint8_t[7]){0}), 7);
}
END_TEST

#define N_FACTS(facts) ((int)(sizeof(facts) / sizeof(facts)[0]))

static void add_tests(TCase *tests) {
    tcase_add_loop_test(tests, kernels_agree_with_definition, 0, EVEX_N_OPS);
    tcase_add_loop_test(tests, quotients_of_small_and_large_integers, 0, 6);
    tcase_add_test(tests, tables_hold_exactly_the_types_of_a_row);
    tcase_add_test(tests, a_cap_bounds_the_choice);
    tcase_add_loop_test(tests, integer_definitions_hold_to_the_contract, 0, N_FACTS(integer_facts));
    tcase_add_loop_test(tests, float_definitions_hold_to_the_contract, 0, N_FACTS(float_facts));
    tcase_add_loop_test(tests, casts_hold_to_the_contract, 0, N_FACTS(cast_facts));
    tcase_add_test(tests, float32_integers_and_neighbours_are_exact);
    tcase_add_test(tests, strings_compare_by_bytes);
    tcase_add_test(tests, membership_finds_what_is_listed);
}

int main(void) {
    return run_suite("kernels", add_tests);
}
