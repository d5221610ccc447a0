/* SPDX-License-Identifier: MIT */
/*
 * The operations and reductions as data: everything that op.def, form.def and reduction.def say,
 * for the layers above to look up. See op.def for how a row reads.
 */
#ifndef EVEX_CORE_OP_H
#define EVEX_CORE_OP_H

#include <stddef.h>
#include <stdint.h>

#include "core/dtype.h"

typedef enum {
#define OP(id, ...) EVEX_OP_##id,
#define ALIAS(name, id)
#include "core/op.def"
#undef OP
#undef ALIAS
    EVEX_N_OPS
} evex_op;

typedef enum {
#define FORM(id, ...) EVEX_FORM_##id,
#include "core/form.def"
#undef FORM
    EVEX_N_FORMS
} evex_form;

typedef enum {
#define REDUCTION(id, ...) EVEX_RED_##id,
#include "core/reduction.def"
#undef REDUCTION
    EVEX_N_REDUCTIONS
} evex_reduction_kind;

/* Of which type an op's result is: its operand type T, bool, int64, the part of a complex T, the
 * complex type of a float T, or what the instruction says. */
typedef enum {
    EVEX_GIVES_T,
    EVEX_GIVES_BOOL,
    EVEX_GIVES_I64,
    EVEX_GIVES_PART,
    EVEX_GIVES_COMPLEX,
    EVEX_GIVES_NAMED
} evex_op_result;

/*
 * Signatures: results, underscore, operands. T is the instruction's operand type, B bool, I int64,
 * R the float type of a complex T's parts, C the complex type of a float T, S a set constant, P a
 * pattern, X any type (the instruction names it), F a function number followed by its operands, G a
 * whole kept array.
 *    SIGNATURE(id, operands, evex_op_result, first operand is bool)
 */
#define EVEX_FOR_SIGNATURES(SIGNATURE)                                                             \
    SIGNATURE(T_T, 1, T, 0)                                                                        \
    SIGNATURE(T_TT, 2, T, 0)                                                                       \
    SIGNATURE(T_TTT, 3, T, 0)                                                                      \
    SIGNATURE(B_T, 1, BOOL, 0)                                                                     \
    SIGNATURE(B_TT, 2, BOOL, 0)                                                                    \
    SIGNATURE(B_TTT, 3, BOOL, 0)                                                                   \
    SIGNATURE(I_T, 1, I64, 0)                                                                      \
    SIGNATURE(T_BTT, 3, T, 1)                                                                      \
    SIGNATURE(B_TS, 2, BOOL, 0)                                                                    \
    SIGNATURE(R_T, 1, PART, 0)                                                                     \
    SIGNATURE(C_TT, 2, COMPLEX, 0)                                                                 \
    SIGNATURE(B_TP, 2, BOOL, 0)                                                                    \
    SIGNATURE(BB_TP, 2, BOOL, 0)                                                                   \
    SIGNATURE(TT_T, 1, T, 0)                                                                       \
    SIGNATURE(T_X, 1, NAMED, 0)                                                                    \
    SIGNATURE(T_GI, 2, T, 0)                                                                       \
    SIGNATURE(T_F, 0, NAMED, 0)

typedef enum {
#define EVEX_SIGNATURE_ID(id, ...) EVEX_SIG_##id,
    EVEX_FOR_SIGNATURES(EVEX_SIGNATURE_ID)
} evex_signature;

/* Operand counts as constants, so that a kernel line can be checked against its row; 0: varies. */
enum {
#define EVEX_SIGNATURE_ARITY(id, n, ...) EVEX_ARITY_OF_##id = n,
    EVEX_FOR_SIGNATURES(EVEX_SIGNATURE_ARITY)
#define OP(id, name, signature, ...) EVEX_ARITY_##id = EVEX_ARITY_OF_##signature,
#define ALIAS(name, id)
#include "core/op.def"
#undef OP
#undef ALIAS
};

typedef struct {
    const char *id;   /* "ADD" */
    const char *name; /* "+" */
    const char *summary;
    evex_dtype_set types;
    uint8_t signature;  /* evex_signature */
    uint8_t arity;      /* 0: varies */
    uint8_t promotion;  /* evex_promotion */
    uint8_t result;     /* evex_op_result */
    uint8_t takes_bool; /* the first operand is bool whatever T is */
} evex_op_info;

extern const evex_op_info evex_op_infos[EVEX_N_OPS];

static inline int evex_op_has_two_results(evex_op op) {
    return evex_op_infos[op].signature == EVEX_SIG_TT_T ||
           evex_op_infos[op].signature == EVEX_SIG_BB_TP;
}

/* The type of an op's results, of operands of dtype; casts and calls are typed otherwise. */
evex_dtype evex_op_dtype(evex_op op, evex_dtype operand);

typedef enum {
    EVEX_RESULT_SAME,
    EVEX_RESULT_TOTAL,
    EVEX_RESULT_MEAN,
    EVEX_RESULT_BOOL,
    EVEX_RESULT_INDEX
} evex_result_rule;

typedef struct {
    const char *id, *name, *summary;
    evex_dtype_set types;
    uint8_t result; /* evex_result_rule */
} evex_reduction_info;

extern const evex_reduction_info evex_reduction_infos[EVEX_N_REDUCTIONS];

/* The type that a reduction of operands of this type gives. */
evex_dtype evex_reduction_dtype(evex_reduction_kind kind, evex_dtype operand);

/* What a name followed by "(" means. */
typedef enum {
    EVEX_NO_FUNCTION,
    EVEX_FUNCTION_OP,
    EVEX_FUNCTION_FORM,
    EVEX_FUNCTION_REDUCTION,
    EVEX_FUNCTION_CAST
} evex_function_class;

typedef struct {
    evex_function_class class;
    int id; /* evex_op, evex_form, evex_reduction_kind or evex_dtype */
} evex_function;

evex_function evex_find_function(const char *name, size_t n_bytes);
/* All function names, for suggestions; *n of them. */
const char *const *evex_function_names(size_t *n);

/* ---- Kernels ------------------------------------------------------------------------------ */

/*
 * One operand of a kernel. step is in elements: 1 for a vector, 0 for a scalar. A scalar's element
 * is repeated to fill EVEX_SPLAT_BYTES, aligned to as much, so that it can be read as a vector.
 */
typedef struct {
    const void *data;
    size_t step;
} evex_operand;

enum { EVEX_SPLAT_BYTES = 64 };

/*
 * Applies one operation to n elements. dst[0] (and dst[1] for ops with two results) have room for
 * n elements, are aligned to their type as operands are, not to a vector, and are either the same
 * address as an operand of step 1 and the same element size or do not overlap any. Reads nothing
 * past an operand's n elements, writes nothing past n. context is per worker, prepared at bind for
 * ops that want one, else NULL. Does not allocate, cannot fail.
 */
typedef void (*evex_kernel)(void *const *dst, const evex_operand *src, size_t n, void *context);

/* The constant list on the right of `in`: n values of the operand's type, sorted ascending (str by
 * bytes), without nan. A kernel finds it at src[1].data. */
typedef struct {
    size_t n;
    const void *values;
} evex_set;

/* The second operand of matches(): a kernel finds an evex_regex (core/regex.h) at src[1].data, and
 * its context is an evex_matcher. */

/*
 * The definitions of op.def as kernels, a scalar at a time: the constant folder, the `ref`
 * instruction set and the tests use them. NULL where the row's types lack dtype. For CAST, dtype is
 * the operand's type and result the result's; otherwise result is ignored. NULL for CALL.
 */
evex_kernel evex_definition(evex_op op, evex_dtype dtype, evex_dtype result);

#endif
