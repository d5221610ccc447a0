/* SPDX-License-Identifier: MIT */
/*
 * evex_definition: each row of op.def as a loop over scalars, for every type of the row, and all
 * casts. Nothing here is tuned: this is what the constant folder computes with, what the
 * instruction set `ref` is and what every other kernel is tested against.
 */
#include "core/reference.h"

#include "core/elements.h"

/* Element i of operand k. */
#define AT(k, C) (((const C *)src[k].data)[i * src[k].step])

#define DEFINE_LOOP(name, R, expression)                                                           \
    static void name(void *const *dst, const evex_operand *src, size_t n, void *context) {         \
        R *out = dst[0];                                                                           \
        (void)context;                                                                             \
        for (size_t i = 0; i < n; i++)                                                             \
            out[i] = expression;                                                                   \
    }

#define LOOP_T_T(f, C, s) DEFINE_LOOP(loop_##f, C, element_##f(AT(0, C)))
#define LOOP_T_TT(f, C, s) DEFINE_LOOP(loop_##f, C, element_##f(AT(0, C), AT(1, C)))
#define LOOP_T_TTT(f, C, s) DEFINE_LOOP(loop_##f, C, element_##f(AT(0, C), AT(1, C), AT(2, C)))
#define LOOP_TT_T(f, C, s) DEFINE_LOOP(loop_##f, C, element_##f(AT(0, C), (C *)dst[1] + i))
#define LOOP_R_T(f, C, s) DEFINE_LOOP(loop_##f, EVEX_PART_OF_##s, element_##f(AT(0, C)))
#define LOOP_C_TT(f, C, s)                                                                         \
    DEFINE_LOOP(loop_##f, EVEX_COMPLEX_OF_##s, element_##f(AT(0, C), AT(1, C)))
#define LOOP_I_T(f, C, s) DEFINE_LOOP(loop_##f, int64_t, element_##f(AT(0, C)))
#define LOOP_B_T(f, C, s) DEFINE_LOOP(loop_##f, uint8_t, element_##f(AT(0, C)))
#define LOOP_B_TT(f, C, s) DEFINE_LOOP(loop_##f, uint8_t, element_##f(AT(0, C), AT(1, C)))
#define LOOP_B_TTT(f, C, s)                                                                        \
    DEFINE_LOOP(loop_##f, uint8_t, element_##f(AT(0, C), AT(1, C), AT(2, C)))
#define LOOP_T_BTT(f, C, s)                                                                        \
    DEFINE_LOOP(loop_##f, C, element_##f(AT(0, uint8_t), AT(1, C), AT(2, C)))
#define LOOP_B_TP(f, C, s)                                                                         \
    DEFINE_LOOP(loop_##f, uint8_t, element_##f(AT(0, C), src[1].data, context))
#define LOOP_BB_TP(f, C, s)                                                                        \
    DEFINE_LOOP(loop_##f, uint8_t,                                                                 \
                element_##f(AT(0, C), src[1].data, context, (uint8_t *)dst[1] + i))
#define LOOP_B_TS(f, C, s) DEFINE_LOOP(loop_##f, uint8_t, element_##f(AT(0, C), src[1].data))

#define LOOP(s, ID, C, id, signature) LOOP_##signature(id##_##s, C, s)
#define OP(id, name, signature, types, definition, summary) EVEX_FOR_##types(LOOP, id, signature)
#define ALIAS(name, id)
#include "core/op.def"
#undef OP

#define CAST_LOOP(to, TO, R, from, C)                                                              \
    DEFINE_LOOP(cast_##from##_##to, R, element_cast_##from##_##to(AT(0, C)))
#define CAST_LOOPS(from, FROM, C, ...) EVEX_FOR_CASTS_TO(CAST_LOOP, from, C)
EVEX_FOR_NUMERIC(CAST_LOOPS, )

#define HALF_LOOP(from, FROM, C, ...)                                                              \
    DEFINE_LOOP(cast_##from##_f16, uint16_t, element_cast_##from##_f16(AT(0, C)))
EVEX_FOR_REALS(HALF_LOOP, )
DEFINE_LOOP(cast_f16_f32, float, element_cast_f16_f32(AT(0, uint16_t)))

#define SLOT(s, ID, C, id) [EVEX_OP_##id][EVEX_##ID] = loop_##id##_##s,
const evex_kernel evex_definition_of[EVEX_N_OPS][EVEX_N_DTYPES] = {
#define OP(id, name, signature, types, definition, summary) EVEX_FOR_##types(SLOT, id)
#include "core/op.def"
#undef OP
};

#define CAST_SLOT(to, TO, R, from, FROM) [EVEX_##FROM][EVEX_##TO] = cast_##from##_##to,
#define CAST_SLOTS(from, FROM, C, ...) EVEX_FOR_CASTS_TO(CAST_SLOT, from, FROM)
#define HALF_SLOT(from, FROM, ...) [EVEX_##FROM][EVEX_F16] = cast_##from##_f16,
const evex_kernel evex_definition_cast[EVEX_N_DTYPES][EVEX_N_DTYPES] = {
    EVEX_FOR_NUMERIC(CAST_SLOTS, ) EVEX_FOR_REALS(HALF_SLOT, )[EVEX_F16][EVEX_F32] = cast_f16_f32};

evex_kernel evex_definition(evex_op op, evex_dtype dtype, evex_dtype result) {
    if (op == EVEX_OP_CAST)
        return evex_definition_cast[dtype][result];
    return evex_definition_of[op][dtype];
}
