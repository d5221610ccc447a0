/* SPDX-License-Identifier: MIT */
/*
 * Folding constants through op.def's definitions, and identities that keep every bit (NaN equal to
 * NaN). An identity gives one of the operands, so it may stand only where the others are constants:
 * a constant has no shape of its own to add to the result's.
 */
#include "compiler/fold.h"

#include <string.h>

/* The longest element of a type that folds. */
typedef union {
    evex_c128 widest;
    uint8_t bytes[16];
} element;

int evex_fold_element(evex_op op, evex_dtype dtype, evex_dtype in_dtype,
                      const void *const *operands, size_t n, void *out) {
    const evex_kernel kernel = evex_definition(op, in_dtype, dtype);
    evex_operand src[3];
    if (kernel == NULL || n > 3)
        return 0;
    for (size_t i = 0; i < n; i++)
        src[i] = (evex_operand){operands[i], 1};
    kernel(&out, src, 1, NULL);
    return 1;
}

static evex_ir_id fold_constants(evex_ir *ir, evex_op op, evex_dtype dtype, evex_dtype in_dtype,
                                 const evex_ir_id *operands, size_t n) {
    const void *bytes[3];
    element out = {0};
    if (op == EVEX_OP_CALL || op == EVEX_OP_IN || n > 3)
        return EVEX_IR_NONE;
    for (size_t i = 0; i < n; i++)
        if ((bytes[i] = evex_ir_constant_bytes(ir, operands[i])) == NULL)
            return EVEX_IR_NONE;
    return evex_fold_element(op, dtype, in_dtype, bytes, n, &out)
               ? evex_ir_number(ir, dtype, out.bytes)
               : EVEX_IR_NONE;
}

/* ---- Identities ----------------------------------------------------------------------------- */

static int is_float(evex_dtype dtype) {
    return evex_dtype_kind(dtype) == 'f';
}

static int is_complex(evex_dtype dtype) {
    return evex_dtype_kind(dtype) == 'c';
}

static int is_int(evex_dtype dtype) {
    const char kind = evex_dtype_kind(dtype);
    return kind == 'i' || kind == 'u';
}

/* Whether a value is a constant with exactly the bits of this number in its type. */
static int is_number(const evex_ir *ir, evex_ir_id id, double number) {
    const void *bytes = evex_ir_constant_bytes(ir, id);
    if (bytes == NULL)
        return 0;
    const evex_dtype dtype = evex_ir_dtype(ir, id);
    const float narrow = (float)number;
    int64_t held;
    if (dtype == EVEX_F64)
        return memcmp(bytes, &number, sizeof number) == 0;
    if (dtype == EVEX_F32)
        return memcmp(bytes, &narrow, sizeof narrow) == 0;
    return evex_fold_element(EVEX_OP_CAST, EVEX_I64, dtype, &bytes, 1, &held) && held == number;
}

/* The same for a complex constant both of whose parts are this number. */
static int is_complex_number(const evex_ir *ir, evex_ir_id id, double part) {
    const evex_c128 number = {part, part};
    evex_c128 held;
    const void *bytes = evex_ir_constant_bytes(ir, id);
    return bytes != NULL &&
           evex_fold_element(EVEX_OP_CAST, EVEX_C128, evex_ir_dtype(ir, id), &bytes, 1, &held) &&
           memcmp(&held, &number, sizeof held) == 0;
}

/* Of complex numbers, a product with 1 is not its other factor: of an infinite part it makes nan.
 */
static int leaves_complex_unchanged(const evex_ir *ir, evex_op op, evex_ir_id c) {
    return (op == EVEX_OP_ADD && is_complex_number(ir, c, -0.0)) ||
           (op == EVEX_OP_SUB && is_complex_number(ir, c, 0.0));
}

/* x op c == x for every x: the constant c, by op and whether the type is a float. */
static int leaves_left_unchanged(const evex_ir *ir, evex_op op, evex_dtype dtype, evex_ir_id c) {
    if (is_complex(dtype))
        return leaves_complex_unchanged(ir, op, c);
    switch (op) {
    case EVEX_OP_ADD:
        return is_float(dtype) ? is_number(ir, c, -0.0) : is_number(ir, c, 0);
    case EVEX_OP_SUB:
    case EVEX_OP_OR:
    case EVEX_OP_XOR:
    case EVEX_OP_SHL:
    case EVEX_OP_SHR:
        return is_number(ir, c, 0);
    case EVEX_OP_MUL:
    case EVEX_OP_DIV:
        return is_number(ir, c, 1);
    case EVEX_OP_FLOORDIV:
        return is_int(dtype) && is_number(ir, c, 1);
    case EVEX_OP_AND:
        return is_number(ir, c, dtype == EVEX_BOOL ? 1 : -1);
    default:
        return 0;
    }
}

static int is_symmetric(evex_op op) {
    return op == EVEX_OP_ADD || op == EVEX_OP_MUL || op == EVEX_OP_OR || op == EVEX_OP_XOR ||
           op == EVEX_OP_AND;
}

/* 1/c when it is exact and normal, so that x * (1/c) is x / c for every x: c is a power of two. */
static int exact_reciprocal(const evex_ir *ir, evex_ir_id c, double *reciprocal) {
    const void *bytes = evex_ir_constant_bytes(ir, c);
    uint64_t bits;
    uint32_t narrow_bits;
    if (bytes == NULL)
        return 0;
    if (evex_ir_dtype(ir, c) == EVEX_F64) {
        double value;
        memcpy(&bits, bytes, sizeof bits);
        memcpy(&value, bytes, sizeof value);
        const uint64_t exponent = bits >> 52 & 0x7ff;
        *reciprocal = 1 / value;
        return (bits & 0xfffffffffffffu) == 0 && exponent > 1 && exponent < 0x7fd;
    }
    float value;
    memcpy(&narrow_bits, bytes, sizeof narrow_bits);
    memcpy(&value, bytes, sizeof value);
    const uint32_t exponent = narrow_bits >> 23 & 0xff;
    *reciprocal = 1 / (double)value;
    return (narrow_bits & 0x7fffff) == 0 && exponent > 1 && exponent < 0xfd;
}

static evex_ir_id fold_binary(evex_ir *ir, evex_op op, evex_dtype dtype,
                              const evex_ir_id *operands) {
    double reciprocal;
    if (leaves_left_unchanged(ir, op, dtype, operands[1]))
        return operands[0];
    if (is_symmetric(op) && leaves_left_unchanged(ir, op, dtype, operands[0]))
        return operands[1];
    if (op == EVEX_OP_DIV && is_float(dtype) && exact_reciprocal(ir, operands[1], &reciprocal))
        return evex_ir_binary(ir, EVEX_OP_MUL, operands[0], evex_ir_float(ir, dtype, reciprocal));
    return EVEX_IR_NONE;
}

/* The operand of an instruction of one operand; EVEX_IR_NONE when id is none of this op. */
static evex_ir_id operand_of(const evex_ir *ir, evex_op op, evex_ir_id id) {
    const evex_ir_value *value = &ir->values[id];
    return value->kind == EVEX_IR_INSN && value->op == op ? ir->operands[value->first_operand]
                                                          : EVEX_IR_NONE;
}

/*
 * to(middle(x)) is to(x) when middle holds every value of x's type and conversion from middle is
 * by value like that from x's type. That excludes int64 and uint64 through floats, which round, and
 * integers through a float to a narrower integer, where out-of-range floats have rules of their
 * own; and float16, which is only ever read as float32.
 */
static evex_ir_id fold_cast(evex_ir *ir, evex_dtype to, evex_dtype middle, evex_ir_id operand) {
    const evex_ir_id x = operand_of(ir, EVEX_OP_CAST, operand);
    if (x == EVEX_IR_NONE)
        return EVEX_IR_NONE;
    const evex_dtype from = evex_ir_dtype(ir, x);
    if (from == EVEX_F16 || !evex_casts_safely(from, middle) ||
        ((is_float(middle) || is_complex(middle)) && is_int(from) &&
         (evex_dtype_size(from) == 8 || is_int(to))))
        return EVEX_IR_NONE;
    return evex_ir_cast(ir, x, to);
}

static evex_ir_id fold_unary(evex_ir *ir, evex_op op, evex_dtype dtype, evex_dtype in_dtype,
                             evex_ir_id operand) {
    switch (op) {
    case EVEX_OP_NEG:
        return is_int(dtype) && ir->is_checked ? EVEX_IR_NONE : operand_of(ir, op, operand);
    case EVEX_OP_INVERT:
    case EVEX_OP_CONJ:
        return operand_of(ir, op, operand);
    case EVEX_OP_CAST:
        return fold_cast(ir, dtype, in_dtype, operand);
    case EVEX_OP_COPY:
        return operand;
    case EVEX_OP_FLOOR:
    case EVEX_OP_CEIL:
    case EVEX_OP_TRUNC:
    case EVEX_OP_RINT:
        return is_float(dtype) ? EVEX_IR_NONE : operand;
    default:
        return EVEX_IR_NONE;
    }
}

evex_ir_id evex_fold(evex_ir *ir, evex_op op, evex_dtype dtype, evex_dtype in_dtype,
                     const evex_ir_id *operands, size_t n) {
    const evex_ir_id constant = fold_constants(ir, op, dtype, in_dtype, operands, n);
    if (constant != EVEX_IR_NONE)
        return constant;
    if (n == 1)
        return fold_unary(ir, op, dtype, in_dtype, operands[0]);
    return n == 2 && op != EVEX_OP_IN && op != EVEX_OP_CALL
               ? fold_binary(ir, op, in_dtype, operands)
               : EVEX_IR_NONE;
}
