/* SPDX-License-Identifier: MIT */
/*
 * Element types: the lists from which every per-type table is made, and NumPy 2's promotion.
 * A list macro EVEX_FOR_<SET>(M, ...) expands M(suffix, ID, ctype, ...) for each member.
 */
#ifndef EVEX_CORE_DTYPE_H
#define EVEX_CORE_DTYPE_H

#include <stdint.h>

#include "include/evex.h"

#define EVEX_FOR_NONE(M, ...)
#define EVEX_FOR_BOOL(M, ...) M(bool, BOOL, uint8_t, __VA_ARGS__)
#define EVEX_FOR_SIGNED(M, ...)                                                                    \
    M(i8, I8, int8_t, __VA_ARGS__)                                                                 \
    M(i16, I16, int16_t, __VA_ARGS__)                                                              \
    M(i32, I32, int32_t, __VA_ARGS__)                                                              \
    M(i64, I64, int64_t, __VA_ARGS__)
#define EVEX_FOR_UNSIGNED(M, ...)                                                                  \
    M(u8, U8, uint8_t, __VA_ARGS__)                                                                \
    M(u16, U16, uint16_t, __VA_ARGS__)                                                             \
    M(u32, U32, uint32_t, __VA_ARGS__)                                                             \
    M(u64, U64, uint64_t, __VA_ARGS__)
#define EVEX_FOR_STR(M, ...) M(str, STR, evex_str, __VA_ARGS__)
#define EVEX_FOR_COMPLEX(M, ...)                                                                   \
    M(c64, C64, evex_c64, __VA_ARGS__)                                                             \
    M(c128, C128, evex_c128, __VA_ARGS__)
/* Float functions take any real operand: integers go to the smallest float that holds them. */
#define EVEX_FOR_FLOATS(M, ...)                                                                    \
    M(f32, F32, float, __VA_ARGS__)                                                                \
    M(f64, F64, double, __VA_ARGS__)
/* The same for functions that complex numbers have too. */
#define EVEX_FOR_FIELDS(M, ...) EVEX_FOR_FLOATS(M, __VA_ARGS__) EVEX_FOR_COMPLEX(M, __VA_ARGS__)
/* The operands of true division: as FIELDS, but integers of every width go to float64. */
#define EVEX_FOR_QUOTIENTS(M, ...) EVEX_FOR_FIELDS(M, __VA_ARGS__)
#define EVEX_FOR_INTS(M, ...) EVEX_FOR_SIGNED(M, __VA_ARGS__) EVEX_FOR_UNSIGNED(M, __VA_ARGS__)
#define EVEX_FOR_BITS(M, ...) EVEX_FOR_BOOL(M, __VA_ARGS__) EVEX_FOR_INTS(M, __VA_ARGS__)
#define EVEX_FOR_NUMBERS(M, ...) EVEX_FOR_INTS(M, __VA_ARGS__) EVEX_FOR_FLOATS(M, __VA_ARGS__)
#define EVEX_FOR_REALS(M, ...) EVEX_FOR_BOOL(M, __VA_ARGS__) EVEX_FOR_NUMBERS(M, __VA_ARGS__)
/* Numbers that can be added, those that can be multiplied, and what '<' can order. */
#define EVEX_FOR_ARITHMETIC(M, ...)                                                                \
    EVEX_FOR_NUMBERS(M, __VA_ARGS__) EVEX_FOR_COMPLEX(M, __VA_ARGS__)
#define EVEX_FOR_NUMERIC(M, ...) EVEX_FOR_REALS(M, __VA_ARGS__) EVEX_FOR_COMPLEX(M, __VA_ARGS__)
#define EVEX_FOR_ORDERED(M, ...) EVEX_FOR_REALS(M, __VA_ARGS__) EVEX_FOR_STR(M, __VA_ARGS__)
#define EVEX_FOR_ANY(M, ...) EVEX_FOR_NUMERIC(M, __VA_ARGS__) EVEX_FOR_STR(M, __VA_ARGS__)

/* Elements of the complex types. */
typedef struct {
    float re, im;
} evex_c64;
typedef struct {
    double re, im;
} evex_c128;

/* The element type of the parts of a complex type, and of the complex type of a float, by suffix.
 */
#define EVEX_PART_OF_c64 float
#define EVEX_PART_OF_c128 double
#define EVEX_PART_SUFFIX_c64 f32
#define EVEX_PART_SUFFIX_c128 f64
#define EVEX_COMPLEX_OF_f32 evex_c64
#define EVEX_COMPLEX_OF_f64 evex_c128

/* What the promotion of an op does with integers that its type set lacks. */
typedef enum { EVEX_TO_SMALLEST, EVEX_TO_F64 } evex_promotion;

typedef uint16_t evex_dtype_set; /* bit d is set for member d */

/* 'b' bool, 'i' signed, 'u' unsigned, 'f' float, 'c' complex, 's' str. */
char evex_dtype_kind(evex_dtype dtype);
/* "i32", "f64": as the disassembler writes it. */
const char *evex_dtype_short_name(evex_dtype dtype);

/* The float type of a complex type's parts, any other type itself; and the other way round: the
 * complex type of a float type. */
evex_dtype evex_dtype_part(evex_dtype dtype);
evex_dtype evex_dtype_complex(evex_dtype dtype);

/* NumPy 2's result_type of two strong types; EVEX_N_DTYPES when there is none (str with number). */
evex_dtype evex_promote(evex_dtype a, evex_dtype b);
/* Whether every value of `from` has an exact image in `to` by NumPy's 'safe' rule. */
int evex_casts_safely(evex_dtype from, evex_dtype to);
/* NumPy's 'same_kind' rule: safe, or within a kind, or to a higher kind. */
int evex_casts_within_kind(evex_dtype from, evex_dtype to);
/* The member of `set` that an operand of type `dtype` is cast to: itself, or the smallest that it
 * casts to safely, or float64 for integers under EVEX_TO_F64; EVEX_N_DTYPES when there is none. */
evex_dtype evex_promote_into(evex_dtype_set set, evex_promotion promotion, evex_dtype dtype);

#endif
