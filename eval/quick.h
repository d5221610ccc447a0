/* SPDX-License-Identifier: MIT */
/*
 * Other ways to say some of op.def's definitions, with the same results, of which compilers make
 * vectors where the definition itself stays scalar: quick_FLOORDIV_i32(a, b)... Included by
 * eval/kernels.c after core/elements.h; tests/check_kernels.c compares all of it with the
 * definitions.
 */
#ifndef EVEX_EVAL_QUICK_H
#define EVEX_EVAL_QUICK_H

#include "core/elements.h"

/* ---- Integer division ----------------------------------------------------------------------- */

/*
 * There is no vector instruction for it, but one for floats. Let F hold every T exactly, with p
 * bits: 24 bits for T of 16, 53 for T of 32. If a / b is no integer, it is at least 1 / |b| away
 * from one, and thus by at least 1 / |a| >= 2^-32 (2^-16) of its size, which rounding by 2^-p does
 * not bridge: the rounded quotient truncates to the exact one. All is without branches, and masks
 * are 0 or -1.
 */
static inline uint32_t quick_truncate_f32(float q) {
    return (uint32_t)(int32_t)q;
}
/* 0 <= q < 2^32: the conversions for vectors are signed. */
static inline uint32_t quick_truncate_f64(double q) {
    const double top = q >= 0x1p31 ? 0x1p31 : 0;
    return (uint32_t)(int32_t)(q - top) + (top != 0 ? UINT32_C(1) << 31 : 0);
}

#define QUICK_UNSIGNED(s, T, F, f)                                                                 \
    EVEX_DEF T quick_FLOORDIV_##s(T a, T b) {                                                      \
        const T q = (T)quick_truncate_##f((F)a / (F)(T)(b + (b == 0)));                            \
        return b == 0 ? 0 : q;                                                                     \
    }                                                                                              \
    EVEX_DEF T quick_MOD_##s(T a, T b) {                                                           \
        const T divisor = (T)(b + (b == 0));                                                       \
        return (T)(a - quick_truncate_##f((F)a / (F)divisor) * divisor);                           \
    }                                                                                              \
    EVEX_DEF T quick_FMOD_##s(T a, T b) {                                                          \
        return quick_MOD_##s(a, b);                                                                \
    }

/* Dividing by 0 or -1 becomes dividing by 1: nothing remains, and MIN / 1 is in range. A remainder
 * of another sign than b counts one more; it is the definition's that takes b's sign. */
#define QUICK_SIGNED(s, T, F)                                                                      \
    EVEX_DEF T quick_divisor_##s(T b) {                                                            \
        const T is_special = (T) - ((uint32_t)b + 1 < 2);                                          \
        return (T)((b & ~is_special) - is_special);                                                \
    }                                                                                              \
    EVEX_DEF T quick_FMOD_##s(T a, T b) {                                                          \
        const T divisor = quick_divisor_##s(b);                                                    \
        return (T)((uint32_t)a - (uint32_t)(int32_t)((F)a / (F)divisor) * (uint32_t)divisor);      \
    }                                                                                              \
    EVEX_DEF T quick_crosses_##s(T r, T b) {                                                       \
        return (T) - ((r != 0) & ((r ^ b) < 0));                                                   \
    }                                                                                              \
    EVEX_DEF T quick_MOD_##s(T a, T b) {                                                           \
        const T r = quick_FMOD_##s(a, b);                                                          \
        return (T)(r + (b & quick_crosses_##s(r, b)));                                             \
    }                                                                                              \
    EVEX_DEF T quick_FLOORDIV_##s(T a, T b) {                                                      \
        const T divisor = quick_divisor_##s(b), minus = (T) - (b == -1);                           \
        const int32_t q = (int32_t)((F)a / (F)divisor);                                            \
        const T r = (T)((uint32_t)a - (uint32_t)q * (uint32_t)divisor);                            \
        const T floored = (T)((uint32_t)q + (uint32_t)quick_crosses_##s(r, b));                    \
        const T result = (T)(((uint32_t)floored ^ (uint32_t)minus) - (uint32_t)minus);             \
        return (T)(result & -(b != 0));                                                            \
    }

QUICK_SIGNED(i8, int8_t, float)
QUICK_SIGNED(i16, int16_t, float)
QUICK_SIGNED(i32, int32_t, double)
QUICK_UNSIGNED(u8, uint8_t, float, f32)
QUICK_UNSIGNED(u16, uint16_t, float, f32)
QUICK_UNSIGNED(u32, uint32_t, double, f64)

#define EVEX_FOR_NARROW_INTS(M, ...)                                                               \
    M(i8, I8, int8_t, __VA_ARGS__)                                                                 \
    M(i16, I16, int16_t, __VA_ARGS__)                                                              \
    M(i32, I32, int32_t, __VA_ARGS__)                                                              \
    M(u8, U8, uint8_t, __VA_ARGS__)                                                                \
    M(u16, U16, uint16_t, __VA_ARGS__)                                                             \
    M(u32, U32, uint32_t, __VA_ARGS__)
#define EVEX_FOR_WIDE_INTS(M, ...)                                                                 \
    M(i64, I64, int64_t, __VA_ARGS__)                                                              \
    M(u64, U64, uint64_t, __VA_ARGS__)

/* ---- Overflow ------------------------------------------------------------------------------- */

/* A sum wraps when it has another sign than both operands, a difference when it and the second
 * operand have another sign than the first. */
#define QUICK_SIGNED_SUMS(s, T, U)                                                                 \
    EVEX_DEF uint8_t quick_ADD_OVERFLOWS_##s(T a, T b) {                                           \
        const T r = (T)((U)a + (U)b);                                                              \
        return (T)((a ^ r) & (b ^ r)) < 0;                                                         \
    }                                                                                              \
    EVEX_DEF uint8_t quick_SUB_OVERFLOWS_##s(T a, T b) {                                           \
        const T r = (T)((U)a - (U)b);                                                              \
        return (T)((a ^ b) & (a ^ r)) < 0;                                                         \
    }
#define QUICK_UNSIGNED_SUMS(s, T)                                                                  \
    EVEX_DEF uint8_t quick_ADD_OVERFLOWS_##s(T a, T b) {                                           \
        return (T)(a + b) < a;                                                                     \
    }                                                                                              \
    EVEX_DEF uint8_t quick_SUB_OVERFLOWS_##s(T a, T b) {                                           \
        return a < b;                                                                              \
    }
/* W holds every product. */
#define QUICK_PRODUCT(s, T, W)                                                                     \
    EVEX_DEF uint8_t quick_MUL_OVERFLOWS_##s(T a, T b) {                                           \
        const W r = (W)a * (W)b;                                                                   \
        return r != (T)r;                                                                          \
    }

QUICK_SIGNED_SUMS(i8, int8_t, uint32_t)
QUICK_SIGNED_SUMS(i16, int16_t, uint32_t)
QUICK_SIGNED_SUMS(i32, int32_t, uint32_t)
QUICK_SIGNED_SUMS(i64, int64_t, uint64_t)
QUICK_UNSIGNED_SUMS(u8, uint8_t)
QUICK_UNSIGNED_SUMS(u16, uint16_t)
QUICK_UNSIGNED_SUMS(u32, uint32_t)
QUICK_UNSIGNED_SUMS(u64, uint64_t)
QUICK_PRODUCT(i8, int8_t, int16_t)
QUICK_PRODUCT(i16, int16_t, int32_t)
QUICK_PRODUCT(i32, int32_t, int64_t)
QUICK_PRODUCT(u8, uint8_t, uint16_t)
QUICK_PRODUCT(u16, uint16_t, uint32_t)
QUICK_PRODUCT(u32, uint32_t, uint64_t)

/*
 * No vector instruction gives a product of 128 bits. But with a in [-2^i, 2^i) and b in
 * [-2^j, 2^j), i + j <= 62, there is no need of one; of unsigned operands below 2^i and 2^j,
 * i + j <= 64. Operands are united by |, after what is negative has been complemented: the union
 * is below the same power of two as all of them.
 */
static inline uint64_t quick_size_i64(int64_t a) {
    return (uint64_t)(a ^ -(int64_t)(a < 0));
}
static inline uint64_t quick_size_u64(uint64_t a) {
    return a;
}
static inline unsigned quick_bits(uint64_t a) {
    return a == 0 ? 0 : 64 - (unsigned)__builtin_clzll(a);
}
enum { QUICK_BITS_i64 = 62, QUICK_BITS_u64 = 64 };

/* Elements that are looked at together: a loop of so many has no rest. */
enum { QUICK_SCREENED = 128 };

#define QUICK_UNION(s, T)                                                                          \
    static inline unsigned quick_union_##s(const T *x, size_t n) {                                 \
        uint64_t all = 0;                                                                          \
        if (n == QUICK_SCREENED)                                                                   \
            for (size_t i = 0; i < QUICK_SCREENED; i++)                                            \
                all |= quick_size_##s(x[i]);                                                       \
        else                                                                                       \
            for (size_t i = 0; i < n; i++)                                                         \
                all |= quick_size_##s(x[i]);                                                       \
        return quick_bits(all);                                                                    \
    }
QUICK_UNION(i64, int64_t)
QUICK_UNION(u64, uint64_t)

/* ---- 64-bit integers of at most 51 bits ----------------------------------------------------- */

/*
 * In [-2^51, 2^51) an integer is a float64, and the way there and back is a sum: 1.5 * 2^52 + x has
 * x in its low bits. The rounded quotient of two truncates to the exact one, as above, for it is
 * 2^-51 of its size away from an integer or is one; and what an fma leaves of the dividend is an
 * integer below the divisor, so exact. A remainder of another sign than the divisor's is what
 * floors; dividing by 0 becomes dividing by 1, of which nothing remains.
 */
enum { QUICK_SMALL_BITS = 51 };

static inline double quick_small_f64(int64_t x) {
    return from_bits_f64(UINT64_C(0x4338000000000000) + (uint64_t)x) - 0x1.8p52;
}
static inline int64_t quick_small_i64(double x) {
    return (int64_t)(bits_f64(x + 0x1.8p52) - UINT64_C(0x4338000000000000));
}
static inline double quick_small_divisor(int64_t b) {
    return quick_small_f64(b + (b == 0));
}

static inline int64_t quick_small_FMOD(int64_t a, int64_t b) {
    const double x = quick_small_f64(a), y = quick_small_divisor(b);
    return quick_small_i64(__builtin_fma(-__builtin_trunc(x / y), y, x));
}
static inline int64_t quick_small_MOD(int64_t a, int64_t b) {
    const double x = quick_small_f64(a), y = quick_small_divisor(b);
    const double r = __builtin_fma(-__builtin_trunc(x / y), y, x);
    return quick_small_i64(r + (r * y < 0 ? y : 0));
}
static inline int64_t quick_small_FLOORDIV(int64_t a, int64_t b) {
    const double x = quick_small_f64(a), y = quick_small_divisor(b), q = __builtin_trunc(x / y);
    const double r = __builtin_fma(-q, y, x);
    return quick_small_i64(q - (r * y < 0 ? 1 : 0)) & -(int64_t)(b != 0);
}

/* ---- 64-bit integers divided by one number -------------------------------------------------- */

__extension__ typedef unsigned __int128 quick_u128;

/*
 * Division of any 64-bit n by an invariant divisor as a high product and two shifts: Granlund and
 * Montgomery, "Division by invariant integers using multiplication", PLDI 1994, figure 4.1, with
 * N = 64, l = ceil(log2 divisor).
 */
typedef struct {
    uint64_t divisor, multiplier;
    unsigned first_shift, second_shift;
    int is_negative; /* the divisor is minus the one here */
} quick_divisor;

/* divisor > 0 */
static inline quick_divisor quick_prepare_u64(uint64_t divisor) {
    const unsigned l = divisor == 1 ? 0 : 64 - (unsigned)__builtin_clzll(divisor - 1);
    const uint64_t above = (l == 64 ? 0 : UINT64_C(1) << l) - divisor; /* 2^l - divisor < divisor */
    const uint64_t multiplier = (uint64_t)(((quick_u128)above << 64) / divisor) + 1;
    return (quick_divisor){divisor, multiplier, l > 0, l > 0 ? l - 1 : 0, 0};
}
static inline quick_divisor quick_prepare_i64(int64_t b) {
    quick_divisor by = quick_prepare_u64(b < 0 ? -(uint64_t)b : (uint64_t)b);
    by.is_negative = b < 0;
    return by;
}

static inline uint64_t quick_FLOORDIV_by_u64(quick_divisor by, uint64_t n) {
    const uint64_t high = (uint64_t)((quick_u128)by.multiplier * n >> 64);
    return (high + ((n - high) >> by.first_shift)) >> by.second_shift;
}
static inline uint64_t quick_MOD_by_u64(quick_divisor by, uint64_t a) {
    return a - quick_FLOORDIV_by_u64(by, a) * by.divisor;
}
static inline uint64_t quick_FMOD_by_u64(quick_divisor by, uint64_t a) {
    return quick_MOD_by_u64(by, a);
}

/* For x < 0 < d, floor(x / d) is ~(~x / d); a divisor below 0 divides -a, which may be 2^63. */
static inline int64_t quick_FLOORDIV_by_i64(quick_divisor by, int64_t a) {
    const uint64_t x = by.is_negative ? -(uint64_t)a : (uint64_t)a;
    const uint64_t mask = -(uint64_t)(by.is_negative ? a > 0 : a < 0);
    return (int64_t)(quick_FLOORDIV_by_u64(by, x ^ mask) ^ mask);
}
static inline int64_t quick_MOD_by_i64(quick_divisor by, int64_t a) {
    const uint64_t b = by.is_negative ? -by.divisor : by.divisor;
    return (int64_t)((uint64_t)a - (uint64_t)quick_FLOORDIV_by_i64(by, a) * b);
}
static inline int64_t quick_FMOD_by_i64(quick_divisor by, int64_t a) {
    const uint64_t mask = -(uint64_t)(a < 0), size = ((uint64_t)a ^ mask) - mask;
    return (int64_t)((quick_MOD_by_u64(by, size) ^ mask) - mask);
}

/* ---- 64-bit integers to float64 ------------------------------------------------------------ */

/*
 * x86 before AVX-512 has no instruction for vectors of them. The halves of a go into the low bits
 * of 2^52 and 2^84 (for signed a 2^84 + 2^63, so that the high half is not negative). The
 * difference takes those off again and is exact; the sum rounds once.
 */
#if defined(__SSE2__) && !defined(__AVX512DQ__)
static inline double quick_join(uint64_t high, uint64_t low, double excess) {
    return (from_bits_f64(high) - excess) + from_bits_f64(low);
}
static inline double quick_cast_i64_f64(int64_t a) {
    return quick_join(UINT64_C(0x4530000080000000) ^ (uint64_t)a >> 32,
                      UINT64_C(0x4330000000000000) | ((uint64_t)a & UINT32_MAX),
                      0x1p84 + 0x1p63 + 0x1p52);
}
static inline double quick_cast_u64_f64(uint64_t a) {
    return quick_join(UINT64_C(0x4530000000000000) | a >> 32,
                      UINT64_C(0x4330000000000000) | (a & UINT32_MAX), 0x1p84 + 0x1p52);
}
/* eval/kernels.c writes the names on the left, pasted. */
#define element_cast_i64_f64 quick_cast_i64_f64
#define element_cast_u64_f64 quick_cast_u64_f64
#endif

#endif
