/* SPDX-License-Identifier: MIT */
/*
 * op.def's definitions as inline functions, one for each row and type: element_ADD_i32(a, b),
 * element_LT_f64(a, b), and element_cast_i32_f64(a) for the casts. A definition names the functions
 * of its type as S(f), so the table is read once per type. Users: core/reference.c, eval/kernels.c.
 */
#ifndef EVEX_CORE_ELEMENTS_H
#define EVEX_CORE_ELEMENTS_H

#include "core/definitions.h"
#include "core/half.h"

/* The lists of types write bool as a token. */
#undef bool

#define EVEX_JOIN_(function, type) function##_##type
#define EVEX_JOIN(function, type) EVEX_JOIN_(function, type)

/* A list of types is walked with T fixed: EVEX_SAME is "~," for the member that is T, which moves
 * the definition into the place that EVEX_SECOND takes, and one plain token for all others. */
#define EVEX_SAME_bool_bool ~,
#define EVEX_SAME_i8_i8 ~,
#define EVEX_SAME_i16_i16 ~,
#define EVEX_SAME_i32_i32 ~,
#define EVEX_SAME_i64_i64 ~,
#define EVEX_SAME_u8_u8 ~,
#define EVEX_SAME_u16_u16 ~,
#define EVEX_SAME_u32_u32 ~,
#define EVEX_SAME_u64_u64 ~,
#define EVEX_SAME_f32_f32 ~,
#define EVEX_SAME_f64_f64 ~,
#define EVEX_SAME_c64_c64 ~,
#define EVEX_SAME_c128_c128 ~,
#define EVEX_SAME_str_str ~,
#define EVEX_SAME_(s, t) EVEX_SAME_##s##_##t
#define EVEX_SAME(s, t) EVEX_SAME_(s, t)
#define EVEX_SECOND_(first, second, ...) second
#define EVEX_SECOND(...) EVEX_SECOND_(__VA_ARGS__)
#define EVEX_ELEMENT_IF_T(s, ID, C, id, signature, definition)                                     \
    EVEX_SECOND(EVEX_SAME(s, T) EVEX_ELEMENT_##signature, EVEX_NO_ELEMENT, ~)(id, s, C, definition)

#define EVEX_NO_ELEMENT(id, s, C, definition)
#define EVEX_ELEMENT_T_T(id, s, C, definition)                                                     \
    EVEX_DEF C element_##id##_##s(C a) {                                                           \
        return definition;                                                                         \
    }
#define EVEX_ELEMENT_T_TT(id, s, C, definition)                                                    \
    EVEX_DEF C element_##id##_##s(C a, C b) {                                                      \
        return definition;                                                                         \
    }
#define EVEX_ELEMENT_T_TTT(id, s, C, definition)                                                   \
    EVEX_DEF C element_##id##_##s(C a, C b, C c) {                                                 \
        return definition;                                                                         \
    }
#define EVEX_ELEMENT_TT_T(id, s, C, definition)                                                    \
    EVEX_DEF C element_##id##_##s(C a, C *second) {                                                \
        return definition;                                                                         \
    }
#define EVEX_ELEMENT_B_T(id, s, C, definition)                                                     \
    EVEX_DEF uint8_t element_##id##_##s(C a) {                                                     \
        return (uint8_t)(definition);                                                              \
    }
#define EVEX_ELEMENT_B_TT(id, s, C, definition)                                                    \
    EVEX_DEF uint8_t element_##id##_##s(C a, C b) {                                                \
        return (uint8_t)(definition);                                                              \
    }
#define EVEX_ELEMENT_I_T(id, s, C, definition)                                                     \
    EVEX_DEF int64_t element_##id##_##s(C a) {                                                     \
        return definition;                                                                         \
    }
#define EVEX_ELEMENT_R_T(id, s, C, definition)                                                     \
    EVEX_DEF EVEX_PART_OF_##s element_##id##_##s(C a) {                                            \
        return definition;                                                                         \
    }
#define EVEX_ELEMENT_C_TT(id, s, C, definition)                                                    \
    EVEX_DEF EVEX_COMPLEX_OF_##s element_##id##_##s(C a, C b) {                                    \
        return definition;                                                                         \
    }
#define EVEX_ELEMENT_B_TTT(id, s, C, definition)                                                   \
    EVEX_DEF uint8_t element_##id##_##s(C a, C b, C c) {                                           \
        return (uint8_t)(definition);                                                              \
    }
#define EVEX_ELEMENT_T_BTT(id, s, C, definition)                                                   \
    EVEX_DEF C element_##id##_##s(uint8_t a, C b, C c) {                                           \
        return definition;                                                                         \
    }
#define EVEX_ELEMENT_B_TP(id, s, C, definition)                                                    \
    EVEX_DEF uint8_t element_##id##_##s(C a, const evex_regex *regex, void *context) {             \
        return (uint8_t)(definition);                                                              \
    }
#define EVEX_ELEMENT_BB_TP(id, s, C, definition)                                                   \
    EVEX_DEF uint8_t element_##id##_##s(C a, const evex_regex *regex, void *context,               \
                                        uint8_t *second) {                                         \
        return definition;                                                                         \
    }
#define EVEX_ELEMENT_B_TS(id, s, C, definition)                                                    \
    EVEX_DEF uint8_t element_##id##_##s(C a, const evex_set *set) {                                \
        return (uint8_t)(definition);                                                              \
    }

#define T bool
#include "core/elements.tmpl.h"
#define T i8
#include "core/elements.tmpl.h"
#define T i16
#include "core/elements.tmpl.h"
#define T i32
#include "core/elements.tmpl.h"
#define T i64
#include "core/elements.tmpl.h"
#define T u8
#include "core/elements.tmpl.h"
#define T u16
#include "core/elements.tmpl.h"
#define T u32
#include "core/elements.tmpl.h"
#define T u64
#include "core/elements.tmpl.h"
#define T f32
#include "core/elements.tmpl.h"
#define T f64
#include "core/elements.tmpl.h"
#define T c64
#include "core/elements.tmpl.h"
#define T c128
#include "core/elements.tmpl.h"
#define T str
#include "core/elements.tmpl.h"

/* ---- Casts --------------------------------------------------------------------------------- */

/* EVEX_FOR_NUMERIC once more under another name: a macro does not expand within itself, and casts
 * want pairs. M(suffix, ID, ctype, ...) */
#define EVEX_FOR_CASTS_TO(M, ...)                                                                  \
    M(bool, BOOL, uint8_t, __VA_ARGS__)                                                            \
    M(i8, I8, int8_t, __VA_ARGS__)                                                                 \
    M(i16, I16, int16_t, __VA_ARGS__)                                                              \
    M(i32, I32, int32_t, __VA_ARGS__)                                                              \
    M(i64, I64, int64_t, __VA_ARGS__)                                                              \
    M(u8, U8, uint8_t, __VA_ARGS__)                                                                \
    M(u16, U16, uint16_t, __VA_ARGS__)                                                             \
    M(u32, U32, uint32_t, __VA_ARGS__)                                                             \
    M(u64, U64, uint64_t, __VA_ARGS__)                                                             \
    M(f32, F32, float, __VA_ARGS__)                                                                \
    M(f64, F64, double, __VA_ARGS__)                                                               \
    M(c64, C64, evex_c64, __VA_ARGS__)                                                             \
    M(c128, C128, evex_c128, __VA_ARGS__)

#define EVEX_ELEMENT_CAST(to, TO, R, from, C)                                                      \
    EVEX_DEF R element_cast_##from##_##to(C a) {                                                   \
        return EVEX_CAST(from, to, R);                                                             \
    }
#define EVEX_ELEMENT_CASTS(from, FROM, C, ...) EVEX_FOR_CASTS_TO(EVEX_ELEMENT_CAST, from, C)
EVEX_FOR_NUMERIC(EVEX_ELEMENT_CASTS, )

/* float16 is what arrays are stored in: read as float32, written from any real type. */
#define EVEX_ELEMENT_HALF(from, FROM, C, ...)                                                      \
    EVEX_DEF uint16_t element_cast_##from##_f16(C a) {                                             \
        return evex_half_of_##from(a);                                                             \
    }
EVEX_FOR_REALS(EVEX_ELEMENT_HALF, )
EVEX_DEF float element_cast_f16_f32(uint16_t a) {
    return evex_half_to_f32(a);
}

#endif
