/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic on literals: what operators between numbers in the text give. Ints are exact in 128
 * bits and must come out within int64 or uint64, so a constant never wraps silently and costs the
 * same whatever its size; floats are computed in float64 by op.def's definitions. See check.h.
 */
#include "compiler/check.h"
#include "compiler/fold.h"

__extension__ typedef __int128 wide;

static wide widen(const evex_term *t) {
    return t->dtype == EVEX_U64 ? (wide)t->as.u64 : (wide)t->as.i64;
}

static evex_status fail_range(const evex_checker *c, const evex_ast_node *node) {
    evex_fail(c->error, EVEX_OUT_OF_RANGE, node->place,
              "the int constant is beyond the range of int64 and uint64");
    evex_hint(c->error, "write it as a float, with a point or an exponent");
    return EVEX_OUT_OF_RANGE;
}

/* The literal of an exact result. */
static evex_status narrow(const evex_checker *c, const evex_ast_node *node, wide value,
                          evex_term *result) {
    if (value < (wide)INT64_MIN || value > (wide)UINT64_MAX)
        return fail_range(c, node);
    *result = evex_term_int((int64_t)value);
    if (value > (wide)INT64_MAX) {
        result->dtype = EVEX_U64;
        result->as.u64 = (uint64_t)value;
    }
    return EVEX_OK;
}

/* Quotient rounded towards minus infinity; 0 for a divisor of 0, as for arrays. */
static wide floor_divide(wide a, wide b) {
    if (b == 0)
        return 0;
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static wide modulo(wide a, wide b) {
    return b == 0 ? 0 : a - floor_divide(a, b) * b;
}

/* The following give 0 when the result is beyond 128 bits. */

static int power(wide base, wide exponent, wide *result) {
    *result = 1;
    if (base >= -1 && base <= 1) {
        *result = exponent == 0 ? 1 : base == -1 && exponent % 2 == 0 ? 1 : base;
        return 1;
    }
    for (; exponent > 0; exponent--)
        if (__builtin_mul_overflow(*result, base, result))
            return 0;
    return 1;
}

static int shift_left(wide a, wide count, wide *result) {
    *result = 0;
    if (a == 0 || count < 0)
        return 1;
    return count < 64 && !__builtin_mul_overflow(a, (wide)1 << count, result);
}

static wide shift_right(wide a, wide count) {
    return count < 0 || count > 126 ? (a < 0 ? -1 : 0) : a >> count;
}

/* Returns 0 on overflow; *is_known is 0 for ops that ints do not have here. */
static int compute(evex_op op, wide a, wide b, wide *result, int *is_known) {
    *is_known = 1;
    switch (op) {
    case EVEX_OP_ADD:
        return !__builtin_add_overflow(a, b, result);
    case EVEX_OP_SUB:
        return !__builtin_sub_overflow(a, b, result);
    case EVEX_OP_MUL:
        return !__builtin_mul_overflow(a, b, result);
    case EVEX_OP_POW:
        return power(a, b, result);
    case EVEX_OP_SHL:
        return shift_left(a, b, result);
    case EVEX_OP_SHR:
        *result = shift_right(a, b);
        return 1;
    case EVEX_OP_FLOORDIV:
        *result = floor_divide(a, b);
        return 1;
    case EVEX_OP_MOD:
        *result = modulo(a, b);
        return 1;
    case EVEX_OP_AND:
        *result = a & b;
        return 1;
    case EVEX_OP_OR:
        *result = a | b;
        return 1;
    case EVEX_OP_XOR:
        *result = a ^ b;
        return 1;
    case EVEX_OP_NEG:
        *result = -a;
        return 1;
    case EVEX_OP_INVERT:
        *result = ~a;
        return 1;
    default:
        *is_known = 0;
        return 1;
    }
}

static evex_status int_op(const evex_checker *c, const evex_ast_node *node, evex_op op,
                          const evex_term *a, const evex_term *b, evex_term *result,
                          int *is_known) {
    wide value;
    if (op == EVEX_OP_POW && widen(b) < 0) {
        *is_known = 0;
        return EVEX_OK;
    }
    if (!compute(op, widen(a), widen(b), &value, is_known))
        return fail_range(c, node);
    return *is_known ? narrow(c, node, value, result) : EVEX_OK;
}

/* The op that NumPy takes for a power with this exponent: (-inf) ** 0.5 is nan by its square root.
 */
static evex_op shortcut_of_power(double exponent) {
    if (exponent == 2)
        return EVEX_OP_SQUARE;
    if (exponent == 0.5)
        return EVEX_OP_SQRT;
    return exponent == -1 ? EVEX_OP_RECIPROCAL : EVEX_OP_POW;
}

static void float_op(evex_op op, const evex_term *a, const evex_term *b, evex_term *result,
                     int *is_known) {
    const double x = evex_term_number(a), y = evex_term_number(b);
    const void *operands[] = {&x, &y};
    double value;
    if (op == EVEX_OP_POW)
        op = shortcut_of_power(y);
    const evex_op_info *info = &evex_op_infos[op];
    *is_known = info->result == EVEX_GIVES_T &&
                evex_fold_element(op, EVEX_F64, EVEX_F64, operands, info->arity, &value);
    if (*is_known)
        *result = evex_term_float(value);
}

/* As float_op in complex128, after the shortcuts of compiler/power.c. */
static void complex_op(evex_op op, const evex_term *a, const evex_term *b, evex_term *result,
                       int *is_known) {
    const evex_c128 x = evex_term_complex(a), y = evex_term_complex(b);
    const void *operands[] = {&x, &y};
    evex_c128 value;
    if (op == EVEX_OP_POW && evex_term_sort(b) != 'c')
        return; /* the ordinary way has the shortcuts */
    const evex_op_info *info = &evex_op_infos[op];
    *is_known = info->result == EVEX_GIVES_T &&
                evex_fold_element(op, EVEX_C128, EVEX_C128, operands, info->arity, &value);
    if (*is_known)
        *result = evex_term_of_complex(value);
}

static evex_status huge_op(const evex_checker *c, const evex_ast_node *node, evex_op op,
                           const evex_term *a, const evex_term *b, evex_term *result,
                           int *is_known) {
    *is_known = 1;
    if (op == EVEX_OP_NEG) {
        *result = *a;
        result->as.number = -a->as.number;
        return EVEX_OK;
    }
    if (op != EVEX_OP_DIV)
        return fail_range(c, node);
    float_op(op, a, b, result, is_known);
    return EVEX_OK;
}

evex_status evex_literal_op(const evex_checker *c, const evex_ast_node *node, evex_op op,
                            const evex_term *a, const evex_term *b, evex_term *result,
                            int *is_known) {
    const char sort = evex_term_sort(a), other = evex_term_sort(b);
    *is_known = 0;
    if (sort == 'c' || other == 'c') {
        complex_op(op, a, b, result, is_known);
        return EVEX_OK;
    }
    if (sort == 'f' || other == 'f' || (op == EVEX_OP_DIV && !a->is_huge && !b->is_huge)) {
        float_op(op, a, b, result, is_known);
        return EVEX_OK;
    }
    if (a->is_huge || b->is_huge)
        return huge_op(c, node, op, a, b, result, is_known);
    /* Two bools go the ordinary way, where + and - of bools are refused. */
    if (sort == 'b' && other == 'b')
        return EVEX_OK;
    return int_op(c, node, op, a, b, result, is_known);
}
