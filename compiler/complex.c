/* SPDX-License-Identifier: MIT */
/*
 * Parts of complex numbers: the attributes .real and .imag, the functions real, imag, conj and
 * angle, and complex(re, im). Of real operands the answers follow from their types, as NumPy has
 * them: the operand itself, zeros, the angle 0 or pi. See check.h.
 */
#include "compiler/check.h"

#include <string.h>

/* ---- Parts ---------------------------------------------------------------------------------- */

static evex_term literal_part(const evex_term *t, evex_op op) {
    if (evex_term_is_complex(t))
        return evex_term_float(op == EVEX_OP_REAL ? t->as.z.re : t->as.z.im);
    if (op == EVEX_OP_REAL)
        return *t;
    return t->dtype == EVEX_F64    ? evex_term_float(0)
           : t->dtype == EVEX_BOOL ? evex_term_bool(0)
                                   : evex_term_int(0);
}

/* REAL or IMAG; a part of a weak number is weak, as it is in Python. */
static evex_term part_of(evex_checker *c, const evex_term *t, evex_op op) {
    if (evex_term_is_literal(t))
        return literal_part(t, op);
    evex_term part = *t;
    if (evex_term_is_complex(t))
        part.value = evex_ir_unary(c->ir, op, t->value);
    else if (op == EVEX_OP_IMAG)
        part.value = evex_ir_unary(c->ir, EVEX_OP_ZEROS, t->value);
    part.dtype = (uint8_t)evex_dtype_part((evex_dtype)t->dtype);
    return part;
}

static evex_status check_part(evex_checker *c, const evex_ast_node *node, evex_op op,
                              evex_term *result) {
    const evex_term t = evex_term_of_child(c, node, 0);
    const evex_status status = evex_require_value(c, node->children[0]);
    if (status != EVEX_OK)
        return status;
    if (t.dtype == EVEX_STR || t.unit != 0)
        return evex_fail_operands(c, node, evex_op_infos[op].name, "numbers", &t, 1);
    *result = part_of(c, &t, op);
    return evex_check_memory(c);
}

evex_status evex_check_attribute(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    const int is_real = node->value.text.bytes[0] == 'r';
    return check_part(c, node, is_real ? EVEX_OP_REAL : EVEX_OP_IMAG, result);
}

/* ---- Functions ------------------------------------------------------------------------------ */

int evex_is_complex_op(evex_op op) {
    return op == EVEX_OP_REAL || op == EVEX_OP_IMAG || op == EVEX_OP_CONJ || op == EVEX_OP_ANGLE ||
           op == EVEX_OP_COMPLEX;
}

/* NumPy's angle of a real number: arctan2(0, x). */
static evex_status real_angle(evex_checker *c, const evex_term *t, evex_term *result) {
    const evex_op_info *info = &evex_op_infos[EVEX_OP_ARCTAN2];
    const evex_dtype dtype =
        evex_promote_into(info->types, (evex_promotion)info->promotion,
                          t->dtype == EVEX_BOOL ? EVEX_I64 : (evex_dtype)t->dtype);
    const evex_term zero = evex_term_int(0);
    const evex_ir_id y = evex_term_cast(c, &zero, dtype), x = evex_term_cast(c, t, dtype);
    *result = evex_term_strong(c, evex_ir_binary(c->ir, EVEX_OP_ARCTAN2, y, x));
    return evex_check_memory(c);
}

/* As Python's: complex(1, 2) adapts like a literal, complex(x, y) takes the type of its parts. */
static evex_status check_pair(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    const evex_term a = evex_term_of_child(c, node, 0), b = evex_term_of_child(c, node, 1);
    if (evex_term_is_literal(&a) && evex_term_is_literal(&b) && !evex_term_is_complex(&a) &&
        !evex_term_is_complex(&b)) {
        const evex_c128 pair = {evex_term_number(&a), evex_term_number(&b)};
        *result = evex_term_of_complex(pair);
        return EVEX_OK;
    }
    return evex_check_op(c, node, EVEX_OP_COMPLEX, 0, 1, result);
}

evex_status evex_check_complex_op(evex_checker *c, const evex_ast_node *node, evex_op op,
                                  evex_term *result) {
    const evex_term t = evex_term_of_child(c, node, 0);
    if (op == EVEX_OP_COMPLEX)
        return check_pair(c, node, result);
    if (op == EVEX_OP_REAL || op == EVEX_OP_IMAG)
        return check_part(c, node, op, result);
    evex_status status = evex_require_value(c, node->children[0]);
    if (status == EVEX_OK)
        status = evex_term_refuse_huge(c, &t, c->ast->nodes[node->children[0]].place);
    if (status != EVEX_OK)
        return status;
    if (evex_term_is_complex(&t) || t.dtype == EVEX_STR || t.unit != 0)
        return evex_check_op(c, node, op, 0, 0, result);
    if (op == EVEX_OP_ANGLE)
        return real_angle(c, &t, result);
    *result = evex_term_strong(c, evex_term_cast(c, &t, (evex_dtype)t.dtype));
    return evex_check_memory(c);
}

/* ---- Errors --------------------------------------------------------------------------------- */

void evex_hint_complex(const evex_checker *c, evex_op op) {
    switch (op) {
    case EVEX_OP_LT:
    case EVEX_OP_LE:
    case EVEX_OP_GT:
    case EVEX_OP_GE:
    case EVEX_OP_MAXIMUM:
    case EVEX_OP_MINIMUM:
    case EVEX_OP_FMAX:
    case EVEX_OP_FMIN:
        evex_hint(c->error, "compare abs(x), x.real or x.imag");
        return;
    case EVEX_OP_XOR:
        return;
    default:
        evex_hint(c->error, "take x.real and x.imag apart");
    }
}
