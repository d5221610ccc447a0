/* SPDX-License-Identifier: MIT */
/*
 * The tables of op.h, made from op.def, form.def and reduction.def, and the look-up of function
 * names. Adding a row to a .def file changes nothing here.
 */
#include "core/op.h"

#include <string.h>

#define TYPE_BIT(s, ID, ...) | 1u << EVEX_##ID
#define TYPE_SET(types) (0u EVEX_FOR_##types(TYPE_BIT, ))

#define RESULT_OF(id, n, result, takes_bool) RESULT_OF_##id = EVEX_GIVES_##result,
#define TAKES_BOOL(id, n, result, takes_bool) TAKES_BOOL_##id = takes_bool,
enum { EVEX_FOR_SIGNATURES(RESULT_OF) };
enum { EVEX_FOR_SIGNATURES(TAKES_BOOL) };

/* Which sets send integers to float64 rather than to the smallest float. */
enum {
    PROMOTION_QUOTIENTS = EVEX_TO_F64,
    PROMOTION_NONE = EVEX_TO_SMALLEST,
    PROMOTION_ANY = EVEX_TO_SMALLEST,
    PROMOTION_REALS = EVEX_TO_SMALLEST,
    PROMOTION_NUMBERS = EVEX_TO_SMALLEST,
    PROMOTION_FLOATS = EVEX_TO_SMALLEST,
    PROMOTION_COMPLEX = EVEX_TO_SMALLEST,
    PROMOTION_FIELDS = EVEX_TO_SMALLEST,
    PROMOTION_ARITHMETIC = EVEX_TO_SMALLEST,
    PROMOTION_NUMERIC = EVEX_TO_SMALLEST,
    PROMOTION_ORDERED = EVEX_TO_SMALLEST,
    PROMOTION_BITS = EVEX_TO_SMALLEST,
    PROMOTION_INTS = EVEX_TO_SMALLEST,
    PROMOTION_STR = EVEX_TO_SMALLEST,
    PROMOTION_SIGNED = EVEX_TO_SMALLEST
};

const evex_op_info evex_op_infos[EVEX_N_OPS] = {
#define OP(id, name, signature, types, definition, summary)                                        \
    [EVEX_OP_##id] = {#id,                                                                         \
                      name,                                                                        \
                      summary,                                                                     \
                      TYPE_SET(types),                                                             \
                      EVEX_SIG_##signature,                                                        \
                      EVEX_ARITY_##id,                                                             \
                      PROMOTION_##types,                                                           \
                      RESULT_OF_##signature,                                                       \
                      TAKES_BOOL_##signature},
#define ALIAS(name, id)
#include "core/op.def"
#undef OP
#undef ALIAS
};

const evex_reduction_info evex_reduction_infos[EVEX_N_REDUCTIONS] = {
#define REDUCTION(id, name, types, result, summary)                                                \
    [EVEX_RED_##id] = {#id, name, summary, TYPE_SET(types), EVEX_RESULT_##result},
#include "core/reduction.def"
#undef REDUCTION
};

evex_dtype evex_op_dtype(evex_op op, evex_dtype operand) {
    switch ((evex_op_result)evex_op_infos[op].result) {
    case EVEX_GIVES_BOOL:
        return EVEX_BOOL;
    case EVEX_GIVES_I64:
        return EVEX_I64;
    case EVEX_GIVES_PART:
        return evex_dtype_part(operand);
    case EVEX_GIVES_COMPLEX:
        return evex_dtype_complex(operand);
    case EVEX_GIVES_T:
    case EVEX_GIVES_NAMED:
        break;
    }
    return operand;
}

static evex_dtype total_dtype(evex_dtype operand) {
    switch (evex_dtype_kind(operand)) {
    case 'b':
    case 'i':
        return EVEX_I64;
    case 'u':
        return EVEX_U64;
    default:
        return operand;
    }
}

evex_dtype evex_reduction_dtype(evex_reduction_kind kind, evex_dtype operand) {
    switch ((evex_result_rule)evex_reduction_infos[kind].result) {
    case EVEX_RESULT_SAME:
        return operand;
    case EVEX_RESULT_TOTAL:
        return total_dtype(operand);
    case EVEX_RESULT_MEAN:
        return evex_dtype_kind(operand) == 'f' ? operand : EVEX_F64;
    case EVEX_RESULT_BOOL:
        return EVEX_BOOL;
    case EVEX_RESULT_INDEX:
        return EVEX_I64;
    }
    return operand;
}

/* ---- Functions by name ---------------------------------------------------------------------- */

/*
 * One list of all names; the class and id of names[i] are in functions[i]. Operators, and what
 * only the compiler writes, are not functions of the language.
 */
#define OP(id, name, ...) name,
#define OPERATOR(...)
#define INTERNAL(...)
#define INTERNAL_REDUCTION(...)
#define ALIAS(name, id) name,
#define FORM(id, name, ...) name,
#define REDUCTION(id, name, ...) name,
#define CAST_NAME(name, ID) name,
#define EVEX_FOR_CAST_NAMES(M)                                                                     \
    M("bool", BOOL)                                                                                \
    M("int8", I8)                                                                                  \
    M("int16", I16)                                                                                \
    M("int32", I32)                                                                                \
    M("int64", I64)                                                                                \
    M("uint8", U8)                                                                                 \
    M("uint16", U16)                                                                               \
    M("uint32", U32)                                                                               \
    M("uint64", U64)                                                                               \
    M("float32", F32)                                                                              \
    M("float64", F64)                                                                              \
    M("complex64", C64)                                                                            \
    M("complex128", C128)
static const char *const names[] = {
#include "core/form.def"
#include "core/op.def"
#include "core/reduction.def"
    EVEX_FOR_CAST_NAMES(CAST_NAME)};
#undef OP
#undef ALIAS
#undef FORM
#undef REDUCTION

#define OP(id, name, ...) {EVEX_FUNCTION_OP, EVEX_OP_##id},
#define OPERATOR(...)
#define INTERNAL(...)
#define INTERNAL_REDUCTION(...)
#define ALIAS(name, id) {EVEX_FUNCTION_OP, EVEX_OP_##id},
#define FORM(id, name, ...) {EVEX_FUNCTION_FORM, EVEX_FORM_##id},
#define REDUCTION(id, name, ...) {EVEX_FUNCTION_REDUCTION, EVEX_RED_##id},
#define CAST_FUNCTION(name, ID) {EVEX_FUNCTION_CAST, EVEX_##ID},
static const evex_function functions[] = {
#include "core/form.def"
#include "core/op.def"
#include "core/reduction.def"
    EVEX_FOR_CAST_NAMES(CAST_FUNCTION)};
#undef OP
#undef ALIAS
#undef FORM
#undef REDUCTION

enum { N_NAMES = sizeof names / sizeof *names };

evex_function evex_find_function(const char *name, size_t n_bytes) {
    for (size_t i = 0; i < N_NAMES; i++)
        if (strncmp(names[i], name, n_bytes) == 0 && names[i][n_bytes] == '\0')
            return functions[i];
    return (evex_function){EVEX_NO_FUNCTION, 0};
}

const char *const *evex_function_names(size_t *n) {
    *n = N_NAMES;
    return names;
}
