/* SPDX-License-Identifier: MIT */
/*
 * The scalar functions that op.def's definitions name as S(f), for every type: f_i32(a, b)... All
 * integer functions are total: NUMERICS' table says what they give where C would trap or overflow.
 * Float functions with an exact IEEE 754 result stand here, transcendental ones in core/scalar.h.
 * Everything is static inline, so that the folder, the reference and the kernels of an instruction
 * set each compile the same text.
 */
#ifndef EVEX_CORE_DEFINITIONS_H
#define EVEX_CORE_DEFINITIONS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/op.h"
#include "core/scalar.h"
#include "core/strings.h"

/* The rows read as the table that they are. */
/* clang-format off */

/* ---- Integers: signed types compute in their unsigned twin, where wrapping is defined ------- */

#define EVEX_DEFINE_INTEGER_RING(s, T, U)                                                   \
    EVEX_DEF T zero_##s(T a) { (void)a; return 0; }                                         \
    EVEX_DEF T one_##s(T a) { (void)a; return 1; }                                          \
    EVEX_DEF T add_##s(T a, T b) { return (T)((U)a + (U)b); }                               \
    EVEX_DEF T sub_##s(T a, T b) { return (T)((U)a - (U)b); }                               \
    EVEX_DEF T mul_##s(T a, T b) { return (T)((U)a * (U)b); }                               \
    EVEX_DEF T neg_##s(T a) { return (T)((U)0 - (U)a); }                                    \
    EVEX_DEF T and_##s(T a, T b) { return (T)(a & b); }                                     \
    EVEX_DEF T or_##s(T a, T b) { return (T)(a | b); }                                      \
    EVEX_DEF T xor_##s(T a, T b) { return (T)(a ^ b); }                                     \
    EVEX_DEF T invert_##s(T a) { return (T)~a; }                                            \
    EVEX_DEF T maximum_##s(T a, T b) { return a > b ? a : b; }                              \
    EVEX_DEF T minimum_##s(T a, T b) { return a < b ? a : b; }                              \
    EVEX_DEF T fmax_##s(T a, T b) { return maximum_##s(a, b); }                             \
    EVEX_DEF T fmin_##s(T a, T b) { return minimum_##s(a, b); }                             \
    EVEX_DEF T floor_##s(T a) { return a; }                                                 \
    EVEX_DEF T ceil_##s(T a) { return a; }                                                  \
    EVEX_DEF T trunc_##s(T a) { return a; }                                                 \
    EVEX_DEF T rint_##s(T a) { return a; }                                                  \
    EVEX_DEF int eq_##s(T a, T b) { return a == b; }                                        \
    EVEX_DEF int lt_##s(T a, T b) { return a < b; }                                         \
    EVEX_DEF int le_##s(T a, T b) { return a <= b; }                                        \
    EVEX_DEF int add_overflows_##s(T a, T b) { return __builtin_add_overflow(a, b, &a); }   \
    EVEX_DEF int sub_overflows_##s(T a, T b) { return __builtin_sub_overflow(a, b, &a); }   \
    EVEX_DEF int mul_overflows_##s(T a, T b) { return __builtin_mul_overflow(a, b, &a); }   \
    EVEX_DEF int shift_outside_##s(T a, T b) { (void)a; return (U)b >= 8 * sizeof(T); }     \
    EVEX_DEF T shl_##s(T a, T b) {                                                          \
        return (U)b < 8 * sizeof(T) ? (T)((U)a << ((U)b & (8 * sizeof(T) - 1))) : 0;        \
    }                                                                                       \
    EVEX_DEF T power_##s(T base, U n) {                                                     \
        U result = 1, square = (U)base;                                                     \
        for (; n != 0; n >>= 1, square = (U)(square * square))                              \
            if (n & 1)                                                                      \
                result = (U)(result * square);                                              \
        return (T)result;                                                                   \
    }                                                                                       \
    EVEX_DEF int power_overflows_##s(T square, U n) {                                       \
        T result = 1;                                                                       \
        if (n == 0 || square == 0 || square == 1 || (square == (T)-1 && (T)-1 < (T)1))      \
            return 0;                                                                       \
        for (;; n >>= 1) {                                                                  \
            if ((n & 1) && __builtin_mul_overflow(result, square, &result))                 \
                return 1;                                                                   \
            if (n <= 1)                                                                     \
                return 0;                                                                   \
            if (__builtin_mul_overflow(square, square, &square))                            \
                return 1;                                                                   \
        }                                                                                   \
    }

/* In power_overflows, when there is a further factor to come, a square out of range decides: the
 * other factors do not make the power smaller, and the one value of greater magnitude that a signed
 * type holds, its least, is no square. */

/* C's promotions make a product of two uint16 a signed one, which may overflow: so U is at least 32
 * bits wide for the narrow types. The shift count test must use the type's own width. */
#define EVEX_DEFINE_SIGNED(s, T, U)                                                         \
    EVEX_DEFINE_INTEGER_RING(s, T, U)                                                       \
    EVEX_DEF T shr_##s(T a, T b) {                                                          \
        return (U)b < 8 * sizeof(T) ? (T)(a >> ((U)b & (8 * sizeof(T) - 1)))                \
                                    : (T)(a < 0 ? -1 : 0);                                  \
    }                                                                                       \
    EVEX_DEF T abs_##s(T a) { return a < 0 ? neg_##s(a) : a; }                              \
    EVEX_DEF T sign_##s(T a) { return (T)((a > 0) - (a < 0)); }                             \
    EVEX_DEF T floordiv_##s(T a, T b) {                                                     \
        if (b == 0)                                                                         \
            return 0;                                                                       \
        if (b == -1)                                                                        \
            return neg_##s(a);                                                              \
        return (T)(a / b - (a % b != 0 && (a < 0) != (b < 0)));                             \
    }                                                                                       \
    EVEX_DEF T mod_##s(T a, T b) {                                                          \
        if (b == 0 || b == -1)                                                              \
            return 0;                                                                       \
        const T r = (T)(a % b);                                                             \
        return (T)(r != 0 && (r < 0) != (b < 0) ? r + b : r);                               \
    }                                                                                       \
    EVEX_DEF T fmod_##s(T a, T b) { return b == 0 || b == -1 ? 0 : (T)(a % b); }            \
    EVEX_DEF T reciprocal_##s(T a) { return a == 1 || a == -1 ? a : 0; }                    \
    EVEX_DEF T pow_##s(T a, T b) { return b < 0 ? 0 : power_##s(a, (U)b); }                 \
    EVEX_DEF T least_##s(void) { return (T)((U)1 << (8 * sizeof(T) - 1)); }                 \
    EVEX_DEF int pow_overflows_##s(T a, T b) { return b >= 0 && power_overflows_##s(a, (U)b); }

#define EVEX_DEFINE_UNSIGNED(s, T, U)                                                       \
    EVEX_DEFINE_INTEGER_RING(s, T, U)                                                       \
    EVEX_DEF T shr_##s(T a, T b) {                                                          \
        return b < 8 * sizeof(T) ? (T)(a >> (b & (8 * sizeof(T) - 1))) : 0;                 \
    }                                                                                       \
    EVEX_DEF T abs_##s(T a) { return a; }                                                   \
    EVEX_DEF T sign_##s(T a) { return a != 0; }                                             \
    EVEX_DEF T floordiv_##s(T a, T b) { return b == 0 ? 0 : (T)(a / b); }                   \
    EVEX_DEF T mod_##s(T a, T b) { return b == 0 ? 0 : (T)(a % b); }                        \
    EVEX_DEF T fmod_##s(T a, T b) { return mod_##s(a, b); }                                 \
    EVEX_DEF T reciprocal_##s(T a) { return a == 1; }                                       \
    EVEX_DEF T pow_##s(T a, T b) { return power_##s(a, b); }                                \
    EVEX_DEF int pow_overflows_##s(T a, T b) { return power_overflows_##s(a, b); }

EVEX_DEFINE_SIGNED(i8, int8_t, uint32_t)
EVEX_DEFINE_SIGNED(i16, int16_t, uint32_t)
EVEX_DEFINE_SIGNED(i32, int32_t, uint32_t)
EVEX_DEFINE_SIGNED(i64, int64_t, uint64_t)
EVEX_DEFINE_UNSIGNED(u8, uint8_t, uint32_t)
EVEX_DEFINE_UNSIGNED(u16, uint16_t, uint32_t)
EVEX_DEFINE_UNSIGNED(u32, uint32_t, uint32_t)
EVEX_DEFINE_UNSIGNED(u64, uint64_t, uint64_t)

/* ---- bool: any non-zero byte is true ------------------------------------------------------- */

EVEX_DEF uint8_t zero_bool(uint8_t a) { (void)a; return 0; }
EVEX_DEF uint8_t one_bool(uint8_t a) { (void)a; return 1; }
EVEX_DEF uint8_t and_bool(uint8_t a, uint8_t b) { return (a != 0) & (b != 0); }
EVEX_DEF uint8_t or_bool(uint8_t a, uint8_t b) { return (a | b) != 0; }
EVEX_DEF uint8_t xor_bool(uint8_t a, uint8_t b) { return (a != 0) ^ (b != 0); }
EVEX_DEF uint8_t invert_bool(uint8_t a) { return a == 0; }
EVEX_DEF uint8_t mul_bool(uint8_t a, uint8_t b) { return and_bool(a, b); }
EVEX_DEF uint8_t abs_bool(uint8_t a) { return a != 0; }
EVEX_DEF uint8_t maximum_bool(uint8_t a, uint8_t b) { return or_bool(a, b); }
EVEX_DEF uint8_t minimum_bool(uint8_t a, uint8_t b) { return and_bool(a, b); }
EVEX_DEF uint8_t fmax_bool(uint8_t a, uint8_t b) { return or_bool(a, b); }
EVEX_DEF uint8_t fmin_bool(uint8_t a, uint8_t b) { return and_bool(a, b); }
EVEX_DEF uint8_t floor_bool(uint8_t a) { return a != 0; }
EVEX_DEF uint8_t ceil_bool(uint8_t a) { return a != 0; }
EVEX_DEF uint8_t trunc_bool(uint8_t a) { return a != 0; }
EVEX_DEF uint8_t rint_bool(uint8_t a) { return a != 0; }
EVEX_DEF int eq_bool(uint8_t a, uint8_t b) { return (a != 0) == (b != 0); }
EVEX_DEF int lt_bool(uint8_t a, uint8_t b) { return (a != 0) < (b != 0); }
EVEX_DEF int le_bool(uint8_t a, uint8_t b) { return (a != 0) <= (b != 0); }

/* ---- Floats -------------------------------------------------------------------------------- */

/*
 * maximum and minimum: nan wins, and -0 is below +0 (IEEE 754-2019 maximum, minimum), so that the
 * order of merging never shows. Equal operands are zeros of maybe different sign, or the same
 * value: and-ing the bits gives +0 for the former, or-ing gives -0.
 */
#define EVEX_DEFINE_FLOAT(s, T, B, m)                                                       \
    EVEX_DEF B bits_##s(T a) { B b; memcpy(&b, &a, sizeof b); return b; }                   \
    EVEX_DEF T from_bits_##s(B b) { T a; memcpy(&a, &b, sizeof a); return a; }              \
    EVEX_DEF T zero_##s(T a) { (void)a; return 0; }                                         \
    EVEX_DEF T one_##s(T a) { (void)a; return 1; }                                          \
    EVEX_DEF T add_##s(T a, T b) { return a + b; }                                          \
    EVEX_DEF T sub_##s(T a, T b) { return a - b; }                                          \
    EVEX_DEF T mul_##s(T a, T b) { return a * b; }                                          \
    EVEX_DEF T div_##s(T a, T b) { return a / b; }                                          \
    EVEX_DEF T neg_##s(T a) { return -a; }                                                  \
    EVEX_DEF T fma_##s(T a, T b, T c) { return fma##m(a, b, c); }                           \
    EVEX_DEF T abs_##s(T a) { return fabs##m(a); }                                          \
    EVEX_DEF T sign_##s(T a) { return a != a ? a : (T)((a > 0) - (a < 0)); }                \
    EVEX_DEF T sqrt_##s(T a) { return sqrt##m(a); }                                         \
    EVEX_DEF T reciprocal_##s(T a) { return 1 / a; }                                        \
    EVEX_DEF T maximum_##s(T a, T b) {                                                      \
        if (a == b)                                                                         \
            return from_bits_##s(bits_##s(a) & bits_##s(b));                                \
        return a > b || a != a ? a : b;                                                     \
    }                                                                                       \
    EVEX_DEF T minimum_##s(T a, T b) {                                                      \
        if (a == b)                                                                         \
            return from_bits_##s(bits_##s(a) | bits_##s(b));                                \
        return a < b || a != a ? a : b;                                                     \
    }                                                                                       \
    EVEX_DEF T fmax_##s(T a, T b) { return a != a ? b : b != b ? a : maximum_##s(a, b); }   \
    EVEX_DEF T fmin_##s(T a, T b) { return a != a ? b : b != b ? a : minimum_##s(a, b); }   \
    EVEX_DEF T copysign_##s(T a, T b) { return copysign##m(a, b); }                         \
    EVEX_DEF T nextafter_##s(T a, T b) {                                                    \
        if (a != a || b != b)                                                               \
            return a + b;                                                                   \
        if (a == b)                                                                         \
            return b;                                                                       \
        if (a == 0)                                                                         \
            return copysign##m(from_bits_##s(1), b);                                        \
        return from_bits_##s((a < b) == (a > 0) ? bits_##s(a) + 1 : bits_##s(a) - 1);       \
    }                                                                                       \
    EVEX_DEF T floor_##s(T a) { return floor##m(a); }                                       \
    EVEX_DEF T ceil_##s(T a) { return ceil##m(a); }                                         \
    EVEX_DEF T trunc_##s(T a) { return trunc##m(a); }                                       \
    EVEX_DEF T rint_##s(T a) { return rint##m(a); }                                         \
    EVEX_DEF int eq_##s(T a, T b) { return a == b; }                                        \
    EVEX_DEF int lt_##s(T a, T b) { return a < b; }                                         \
    EVEX_DEF int le_##s(T a, T b) { return a <= b; }                                        \
    EVEX_DEF int isnan_##s(T a) { return a != a; }                                          \
    EVEX_DEF int isinf_##s(T a) { return fabs##m(a) == (T)INFINITY; }                       \
    EVEX_DEF int isfinite_##s(T a) { return fabs##m(a) < (T)INFINITY; }                     \
    EVEX_DEF int signbit_##s(T a) { return (int)(bits_##s(a) >> (8 * sizeof(T) - 1)); }

EVEX_DEFINE_FLOAT(f32, float, uint32_t, f)
EVEX_DEFINE_FLOAT(f64, double, uint64_t, )

/* Transcendental functions and the exact remainders, from core/scalar.h. */
#define EVEX_DEFINE_MATH_1(name)                                     \
    EVEX_DEF float name##_f32(float a) { return evex_##name##_f32(a); } \
    EVEX_DEF double name##_f64(double a) { return evex_##name##_f64(a); }
#define EVEX_DEFINE_MATH_2(name)                                                       \
    EVEX_DEF float name##_f32(float a, float b) { return evex_##name##_f32(a, b); }      \
    EVEX_DEF double name##_f64(double a, double b) { return evex_##name##_f64(a, b); }
EVEX_DEFINE_MATH_1(cbrt) EVEX_DEFINE_MATH_1(exp) EVEX_DEFINE_MATH_1(exp2) EVEX_DEFINE_MATH_1(exp10)
EVEX_DEFINE_MATH_1(expm1) EVEX_DEFINE_MATH_1(log) EVEX_DEFINE_MATH_1(log2) EVEX_DEFINE_MATH_1(log10)
EVEX_DEFINE_MATH_1(log1p) EVEX_DEFINE_MATH_1(sin) EVEX_DEFINE_MATH_1(cos) EVEX_DEFINE_MATH_1(tan)
EVEX_DEFINE_MATH_1(sinpi) EVEX_DEFINE_MATH_1(cospi) EVEX_DEFINE_MATH_1(arcsin)
EVEX_DEFINE_MATH_1(arccos) EVEX_DEFINE_MATH_1(arctan) EVEX_DEFINE_MATH_1(sinh)
EVEX_DEFINE_MATH_1(cosh) EVEX_DEFINE_MATH_1(tanh) EVEX_DEFINE_MATH_1(arcsinh)
EVEX_DEFINE_MATH_1(arccosh) EVEX_DEFINE_MATH_1(arctanh) EVEX_DEFINE_MATH_1(erf)
EVEX_DEFINE_MATH_1(erfc) EVEX_DEFINE_MATH_1(gamma) EVEX_DEFINE_MATH_1(lgamma)
EVEX_DEFINE_MATH_2(hypot) EVEX_DEFINE_MATH_2(logaddexp) EVEX_DEFINE_MATH_2(arctan2)
EVEX_DEFINE_MATH_2(pow) EVEX_DEFINE_MATH_2(pown) EVEX_DEFINE_MATH_2(floordiv)
EVEX_DEFINE_MATH_2(mod) EVEX_DEFINE_MATH_2(fmod)
EVEX_DEF float sincos_f32(float a, float *cosine) { return evex_sincos_f32(a, cosine); }
EVEX_DEF double sincos_f64(double a, double *cosine) { return evex_sincos_f64(a, cosine); }

/* ---- Complex numbers: NumPy's formulas, with no operation fused ------------------------------ */

#define EVEX_DEFINE_COMPLEX(s, C, T, r, m)                                                  \
    EVEX_DEF C pair_##r(T re, T im) { return (C){re, im}; }                                 \
    EVEX_DEF C zero_##s(C a) { (void)a; return (C){0, 0}; }                                 \
    EVEX_DEF C one_##s(C a) { (void)a; return (C){1, 0}; }                                  \
    EVEX_DEF C add_##s(C a, C b) { return (C){a.re + b.re, a.im + b.im}; }                  \
    EVEX_DEF C sub_##s(C a, C b) { return (C){a.re - b.re, a.im - b.im}; }                  \
    EVEX_DEF C neg_##s(C a) { return (C){-a.re, -a.im}; }                                   \
    EVEX_DEF C conj_##s(C a) { return (C){a.re, -a.im}; }                                   \
    EVEX_DEF C mul_##s(C a, C b) {                                                          \
        return (C){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};                   \
    }                                                                                       \
    /* Smith, Algorithm 116, CACM 5 (1962): scaled by the larger part of the divisor. */    \
    EVEX_DEF C div_##s(C a, C b) {                                                          \
        if (fabs##m(b.re) >= fabs##m(b.im)) {                                               \
            if (b.re == 0 && b.im == 0)                                                     \
                return (C){a.re / fabs##m(b.re), a.im / fabs##m(b.re)};                     \
            const T ratio = b.im / b.re, scale = 1 / (b.re + b.im * ratio);                 \
            return (C){(a.re + a.im * ratio) * scale, (a.im - a.re * ratio) * scale};       \
        }                                                                                   \
        const T ratio = b.re / b.im, scale = 1 / (b.im + b.re * ratio);                     \
        return (C){(a.re * ratio + a.im) * scale, (a.im * ratio - a.re) * scale};           \
    }                                                                                       \
    EVEX_DEF C reciprocal_##s(C a) {                                                        \
        if (fabs##m(a.im) <= fabs##m(a.re)) {                                               \
            const T ratio = a.im / a.re, divisor = a.re + a.im * ratio;                     \
            return (C){1 / divisor, -ratio / divisor};                                      \
        }                                                                                   \
        const T ratio = a.re / a.im, divisor = a.re * ratio + a.im;                         \
        return (C){ratio / divisor, -1 / divisor};                                          \
    }                                                                                       \
    EVEX_DEF T magnitude_##s(C a) { return evex_hypot_##r(a.re, a.im); }                    \
    /* On the unit circle, but for 0; of one infinite part, on an axis. */                  \
    EVEX_DEF C sign_##s(C a) {                                                              \
        const T size = evex_hypot_##r(a.re, a.im);                                          \
        if (a.re != a.re || a.im != a.im || (isinf_##r(a.re) && isinf_##r(a.im)))           \
            return (C){(T)NAN, (T)NAN};                                                     \
        if (isinf_##r(size) && (isinf_##r(a.re) || isinf_##r(a.im)))                        \
            return (C){isinf_##r(a.re) ? sign_##r(a.re) : 0,                                \
                       isinf_##r(a.im) ? sign_##r(a.im) : 0};                               \
        return size == 0 ? (C){0, 0} : (C){a.re / size, a.im / size};                       \
    }                                                                                       \
    EVEX_DEF T angle_##s(C a) { return evex_arctan2_##r(a.im, a.re); }                      \
    EVEX_DEF int eq_##s(C a, C b) { return a.re == b.re && a.im == b.im; }                  \
    /* By real and then imaginary parts: the order of lists for IN, not one of numbers. */  \
    EVEX_DEF int lt_##s(C a, C b) { return a.re < b.re || (a.re == b.re && a.im < b.im); }  \
    EVEX_DEF int isnan_##s(C a) { return a.re != a.re || a.im != a.im; }                    \
    EVEX_DEF int isinf_##s(C a) { return isinf_##r(a.re) || isinf_##r(a.im); }              \
    EVEX_DEF int isfinite_##s(C a) { return isfinite_##r(a.re) && isfinite_##r(a.im); }

EVEX_DEFINE_COMPLEX(c64, evex_c64, float, f32, f)
EVEX_DEFINE_COMPLEX(c128, evex_c128, double, f64, )

#define EVEX_DEFINE_COMPLEX_MATH_1(f)                                                       \
    EVEX_DEF evex_c64 f##_c64(evex_c64 a) { return evex_##f##_c64(a); }                     \
    EVEX_DEF evex_c128 f##_c128(evex_c128 a) { return evex_##f##_c128(a); }
#define EVEX_DEFINE_COMPLEX_MATH_2(f)                                                       \
    EVEX_DEF evex_c64 f##_c64(evex_c64 a, evex_c64 b) { return evex_##f##_c64(a, b); }      \
    EVEX_DEF evex_c128 f##_c128(evex_c128 a, evex_c128 b) { return evex_##f##_c128(a, b); }
EVEX_FOR_UNARY_COMPLEX(EVEX_DEFINE_COMPLEX_MATH_1)
EVEX_FOR_BINARY_COMPLEX(EVEX_DEFINE_COMPLEX_MATH_2)

/* ---- Membership: binary search in a sorted list --------------------------------------------- */

#define EVEX_DEFINE_IN(s, ID, T, ...)                              \
    EVEX_DEF int in_##s(T a, const evex_set *set) {                \
        const T *values = set->values;                             \
        size_t low = 0, high = set->n;                             \
        while (low < high) {                                       \
            const size_t middle = low + (high - low) / 2;          \
            if (lt_##s(values[middle], a))                         \
                low = middle + 1;                                  \
            else                                                   \
                high = middle;                                     \
        }                                                          \
        return low < set->n && eq_##s(values[low], a);             \
    }
EVEX_FOR_ANY(EVEX_DEFINE_IN, )

/* ---- Casts: from any numeric type to any, total (NUMERICS' table) ---------------------------- */

EVEX_DEF int32_t to_int32(double a) {
    return a > -2147483649.0 && a < 2147483648.0 ? (int32_t)a : INT32_MIN;
}
EVEX_DEF int64_t to_int64(double a) { return a >= -0x1p63 && a < 0x1p63 ? (int64_t)a : INT64_MIN; }
EVEX_DEF uint64_t to_uint64(double a) {
    if (a >= 0x1p63)
        return a < 0x1p64 ? (uint64_t)a : 0;
    return (uint64_t)to_int64(a);
}
#define EVEX_CAST_FLOAT_i8(a) ((int8_t)to_int32(a))
#define EVEX_CAST_FLOAT_i16(a) ((int16_t)to_int32(a))
#define EVEX_CAST_FLOAT_i32(a) to_int32(a)
#define EVEX_CAST_FLOAT_i64(a) to_int64(a)
#define EVEX_CAST_FLOAT_u8(a) ((uint8_t)to_int32(a))
#define EVEX_CAST_FLOAT_u16(a) ((uint16_t)to_int32(a))
#define EVEX_CAST_FLOAT_u32(a) ((uint32_t)to_int64(a))
#define EVEX_CAST_FLOAT_u64(a) to_uint64(a)
#define EVEX_CAST_FLOAT_f32(a) ((float)(a))
#define EVEX_CAST_FLOAT_f64(a) ((double)(a))
#define EVEX_CAST_FLOAT_bool(a) ((uint8_t)((a) != 0))
#define EVEX_CAST_FLOAT_c64(a) ((evex_c64){(float)(a), 0})
#define EVEX_CAST_FLOAT_c128(a) ((evex_c128){(double)(a), 0})
/* Reals take the real part. */
#define EVEX_CAST_COMPLEX_bool(a) ((uint8_t)(a.re != 0 || a.im != 0))
#define EVEX_CAST_COMPLEX_i8(a) EVEX_CAST_FLOAT_i8(a.re)
#define EVEX_CAST_COMPLEX_i16(a) EVEX_CAST_FLOAT_i16(a.re)
#define EVEX_CAST_COMPLEX_i32(a) EVEX_CAST_FLOAT_i32(a.re)
#define EVEX_CAST_COMPLEX_i64(a) EVEX_CAST_FLOAT_i64(a.re)
#define EVEX_CAST_COMPLEX_u8(a) EVEX_CAST_FLOAT_u8(a.re)
#define EVEX_CAST_COMPLEX_u16(a) EVEX_CAST_FLOAT_u16(a.re)
#define EVEX_CAST_COMPLEX_u32(a) EVEX_CAST_FLOAT_u32(a.re)
#define EVEX_CAST_COMPLEX_u64(a) EVEX_CAST_FLOAT_u64(a.re)
#define EVEX_CAST_COMPLEX_f32(a) ((float)a.re)
#define EVEX_CAST_COMPLEX_f64(a) ((double)a.re)
#define EVEX_CAST_COMPLEX_c64(a) ((evex_c64){(float)a.re, (float)a.im})
#define EVEX_CAST_COMPLEX_c128(a) ((evex_c128){(double)a.re, (double)a.im})

/* EVEX_CAST(from, to): an expression in a. */
#define EVEX_CAST_f32_TO(to, TO) EVEX_CAST_FLOAT_##to(a)
#define EVEX_CAST_f64_TO(to, TO) EVEX_CAST_FLOAT_##to(a)
#define EVEX_CAST_c64_TO(to, TO) EVEX_CAST_COMPLEX_##to(a)
#define EVEX_CAST_c128_TO(to, TO) EVEX_CAST_COMPLEX_##to(a)
#define EVEX_CAST_bool_TO(to, TO) EVEX_CAST_BOOL_##to(TO)
#define EVEX_CAST_i8_TO(to, TO) EVEX_CAST_INT_##to(TO)
#define EVEX_CAST_i16_TO(to, TO) EVEX_CAST_INT_##to(TO)
#define EVEX_CAST_i32_TO(to, TO) EVEX_CAST_INT_##to(TO)
#define EVEX_CAST_i64_TO(to, TO) EVEX_CAST_INT_##to(TO)
#define EVEX_CAST_u8_TO(to, TO) EVEX_CAST_INT_##to(TO)
#define EVEX_CAST_u16_TO(to, TO) EVEX_CAST_INT_##to(TO)
#define EVEX_CAST_u32_TO(to, TO) EVEX_CAST_INT_##to(TO)
#define EVEX_CAST_u64_TO(to, TO) EVEX_CAST_INT_##to(TO)
#define EVEX_CAST_BOOL_bool(TO) ((TO)(a != 0))
#define EVEX_CAST_BOOL_i8(TO) ((TO)(a != 0))
#define EVEX_CAST_BOOL_i16(TO) ((TO)(a != 0))
#define EVEX_CAST_BOOL_i32(TO) ((TO)(a != 0))
#define EVEX_CAST_BOOL_i64(TO) ((TO)(a != 0))
#define EVEX_CAST_BOOL_u8(TO) ((TO)(a != 0))
#define EVEX_CAST_BOOL_u16(TO) ((TO)(a != 0))
#define EVEX_CAST_BOOL_u32(TO) ((TO)(a != 0))
#define EVEX_CAST_BOOL_u64(TO) ((TO)(a != 0))
#define EVEX_CAST_BOOL_f32(TO) ((TO)(a != 0))
#define EVEX_CAST_BOOL_f64(TO) ((TO)(a != 0))
#define EVEX_CAST_BOOL_c64(TO) ((TO){(float)(a != 0), 0})
#define EVEX_CAST_BOOL_c128(TO) ((TO){(double)(a != 0), 0})
#define EVEX_CAST_INT_bool(TO) ((uint8_t)(a != 0))
#define EVEX_CAST_INT_i8(TO) ((TO)a)
#define EVEX_CAST_INT_i16(TO) ((TO)a)
#define EVEX_CAST_INT_i32(TO) ((TO)a)
#define EVEX_CAST_INT_i64(TO) ((TO)a)
#define EVEX_CAST_INT_u8(TO) ((TO)a)
#define EVEX_CAST_INT_u16(TO) ((TO)a)
#define EVEX_CAST_INT_u32(TO) ((TO)a)
#define EVEX_CAST_INT_u64(TO) ((TO)a)
#define EVEX_CAST_INT_f32(TO) ((TO)a)
#define EVEX_CAST_INT_f64(TO) ((TO)a)
#define EVEX_CAST_INT_c64(TO) ((TO){(float)a, 0})
#define EVEX_CAST_INT_c128(TO) ((TO){(double)a, 0})
#define EVEX_CAST(from, to, TO) EVEX_CAST_##from##_TO(to, TO)

/* clang-format on */

#endif
