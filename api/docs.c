/* SPDX-License-Identifier: MIT */
/*
 * The language's operations as data for help texts and the generated reference: evex_ops(), made
 * from op.def, form.def and reduction.def.
 */
#include "core/op.h"

/* How a row's signature reads in an expression. */
#define CALL_T_T(name) name "(x)"
#define CALL_T_TT(name) name "(x, y)"
#define CALL_T_TTT(name) name "(x, y, z)"
#define CALL_I_T(name) name "(x)"
#define CALL_B_T(name) name "(x)"
#define CALL_R_T(name) name "(x)"
#define CALL_C_TT(name) name "(x, y)"
#define CALL_B_TT(name) name "(x, y)"
#define CALL_B_TP(name) name "(x, 'pattern')"
#define CALL_T_BTT(name) name "(condition, x, y)"
#define INFIX_T_T(name) name "x"
#define INFIX_T_TT(name) "x " name " y"
#define INFIX_B_TT(name) "x " name " y"
#define INFIX_B_TS(name) "x " name " (constants)"

#define NAME_OF(s, ID, ...) NAME_##ID
#define NAME_BOOL " bool"
#define NAME_I8 " int8"
#define NAME_I16 " int16"
#define NAME_I32 " int32"
#define NAME_I64 " int64"
#define NAME_U8 " uint8"
#define NAME_U16 " uint16"
#define NAME_U32 " uint32"
#define NAME_U64 " uint64"
#define NAME_F32 " float32"
#define NAME_F64 " float64"
#define NAME_C64 " complex64"
#define NAME_C128 " complex128"
#define NAME_STR " str"
/* The names one behind the other, without the first blank; and those of COMPLEX behind them. */
#define NAMES_OF(types) &(EVEX_FOR_##types(NAME_OF, ))[1]
#define NAMES_AND_COMPLEX(types) &(EVEX_FOR_##types(NAME_OF, ) EVEX_FOR_COMPLEX(NAME_OF, ))[1]
#define CALL_REDUCTION(name) name "(x, axis=None, keepdims=False, where=True)"

static const evex_op_doc docs[] = {
#define OP(id, name, signature, types, definition, summary)                                        \
    {name, CALL_##signature(name), NAMES_OF(types), summary, 0},
#define OPERATOR(id, name, signature, types, definition, summary)                                  \
    {name, INFIX_##signature(name), NAMES_OF(types), summary, 0},
#define INTERNAL(...)
#define ALIAS(name, id)
#include "core/op.def"
#undef OP
#undef ALIAS
#define FORM(id, name, signature, types, summary) {name, signature, NAMES_OF(types), summary, 0},
#define TIME_FORM(id, name, signature, types, summary)                                             \
    {name, signature, "datetime64 timedelta64", summary, 0},
#include "core/form.def"
#undef FORM
#define INTERNAL_REDUCTION(...)
#define REDUCTION(id, name, types, result, summary)                                                \
    {name, CALL_REDUCTION(name), NAMES_OF(types), summary, 1},
#define REDUCTION_BY_PARTS(id, name, types, result, summary)                                       \
    {name, CALL_REDUCTION(name), NAMES_AND_COMPLEX(types), summary, 1},
#include "core/reduction.def"
#undef REDUCTION
};

const evex_op_doc *evex_ops(size_t *n) {
    *n = sizeof docs / sizeof *docs;
    return docs;
}
