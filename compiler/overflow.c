/* SPDX-License-Identifier: MIT */
/*
 * What can go wrong with integers: which operations have results that do not exist or, under
 * overflow='error', that their type cannot hold, and the conditions, computed from all operands,
 * that say where. guards.c makes guards of them. Checks that what is known when compiling makes
 * needless are left out: the types that operands were widened from, constants.
 */
#include "compiler/check.h"
#include "compiler/fold.h"

#define TRY_FLOAT "overflow='float', or cast with float64()"
#define OVERFLOW_IN(name)                                                                          \
    { EVEX_GUARD, "integer overflow in " name, TRY_FLOAT }
#define ZERO_IN(name)                                                                              \
    {                                                                                              \
        EVEX_GUARD, "integer division by zero in " name,                                           \
            "leave such elements out: where(divisor != 0, ..., 0)"                                 \
    }
#define COUNT_IN(name)                                                                             \
    {                                                                                              \
        EVEX_GUARD, "the count of " name " is negative or not below the width of the type",        \
            "leave such counts out: where(...)"                                                    \
    }

typedef struct {
    uint16_t op;   /* evex_op */
    uint16_t test; /* the op of the same operands that tells where it fails */
    evex_ir_failure failure;
} value_check;

static const value_check negative_power = {
    EVEX_OP_POW,
    EVEX_OP_POW_NEGATIVE,
    {EVEX_GUARD, "an integer cannot be raised to a negative power", "cast the base: float64(...)"}};

static const value_check checks[] = {
    {EVEX_OP_ADD, EVEX_OP_ADD_OVERFLOWS, OVERFLOW_IN("'+'")},
    {EVEX_OP_SUB, EVEX_OP_SUB_OVERFLOWS, OVERFLOW_IN("'-'")},
    {EVEX_OP_MUL, EVEX_OP_MUL_OVERFLOWS, OVERFLOW_IN("'*'")},
    {EVEX_OP_POW, EVEX_OP_POW_OVERFLOWS, OVERFLOW_IN("'**'")},
    {EVEX_OP_FLOORDIV, EVEX_OP_DIV_BY_ZERO, ZERO_IN("'//'")},
    {EVEX_OP_FLOORDIV, EVEX_OP_DIV_OVERFLOWS, OVERFLOW_IN("'//'")},
    {EVEX_OP_MOD, EVEX_OP_DIV_BY_ZERO, ZERO_IN("'%'")},
    {EVEX_OP_FMOD, EVEX_OP_DIV_BY_ZERO, ZERO_IN("fmod()")},
    {EVEX_OP_SHL, EVEX_OP_SHIFT_OUTSIDE, COUNT_IN("'<<'")},
    {EVEX_OP_SHR, EVEX_OP_SHIFT_OUTSIDE, COUNT_IN("'>>'")},
};

static const evex_ir_failure power_overflow = OVERFLOW_IN("'**'"),
                             square_overflow = OVERFLOW_IN("square()"),
                             minus_overflow = OVERFLOW_IN("unary '-'"),
                             abs_overflow = OVERFLOW_IN("abs()"),
                             reciprocal_of_zero = ZERO_IN("reciprocal()");

#define OUT_OF(type)                                                                               \
    {                                                                                              \
        EVEX_GUARD, "a value is out of the range of " type,                                        \
            "cast to a wider type, or limit the values with clip()"                                \
    }
static const evex_ir_failure cast_failures[EVEX_N_DTYPES] = {
    [EVEX_I8] = OUT_OF("int8"),    [EVEX_I16] = OUT_OF("int16"), [EVEX_I32] = OUT_OF("int32"),
    [EVEX_I64] = OUT_OF("int64"),  [EVEX_U8] = OUT_OF("uint8"),  [EVEX_U16] = OUT_OF("uint16"),
    [EVEX_U32] = OUT_OF("uint32"), [EVEX_U64] = OUT_OF("uint64")};

/* ---- What is known of operands -------------------------------------------------------------- */

static int is_integer(evex_dtype dtype) {
    const char kind = evex_dtype_kind(dtype);
    return kind == 'i' || kind == 'u';
}

static int is_signed(evex_dtype dtype) {
    return evex_dtype_kind(dtype) == 'i';
}

/* The bits of an integer type but for the sign; of bool 1. */
static unsigned bits_of(evex_dtype dtype) {
    return dtype == EVEX_BOOL ? 1
                              : 8 * (unsigned)evex_dtype_size(dtype) - (unsigned)is_signed(dtype);
}

/* The value of a constant integer in int64, wrapped if it is beyond; 0: it is none. */
static int read_constant(const evex_ir *ir, evex_ir_id id, int64_t *value) {
    const void *bytes = evex_ir_constant_bytes(ir, id);
    return bytes != NULL &&
           evex_fold_element(EVEX_OP_CAST, EVEX_I64, evex_ir_dtype(ir, id), &bytes, 1, value);
}

/* The type whose values are all that a value can have: what it was cast from without loss. */
static evex_dtype origin_of(const evex_ir *ir, evex_ir_id id) {
    const evex_ir_value *value = &ir->values[id];
    const evex_dtype dtype = (evex_dtype)value->dtype;
    if (value->kind != EVEX_IR_INSN || value->op != EVEX_OP_CAST)
        return dtype;
    const evex_dtype from = (evex_dtype)value->in_dtype;
    return (is_integer(from) || from == EVEX_BOOL) && evex_casts_safely(from, dtype) ? from : dtype;
}

/* A k so that the value lies in [-2^k, 2^k). */
static unsigned magnitude(const evex_ir *ir, evex_ir_id id) {
    int64_t known;
    unsigned k = 0;
    if (!read_constant(ir, id, &known) || (known < 0 && !is_signed(evex_ir_dtype(ir, id))))
        return bits_of(origin_of(ir, id));
    for (uint64_t size = (uint64_t)(known < 0 ? ~known : known); size != 0; size >>= 1)
        k++;
    return k;
}

/* Whether an integer may be below 0. */
static int may_be_negative(const evex_ir *ir, evex_ir_id id) {
    int64_t known;
    if (!is_signed(evex_ir_dtype(ir, id)) || !is_signed(origin_of(ir, id)))
        return 0;
    return !read_constant(ir, id, &known) || known < 0;
}

/* Whether the test can be true of no element. */
static int is_needless(const evex_ir *ir, evex_op test, const evex_ir_id *operands) {
    const evex_dtype dtype = evex_ir_dtype(ir, operands[0]);
    const unsigned room = bits_of(dtype), a = magnitude(ir, operands[0]),
                   b = magnitude(ir, operands[1]);
    int64_t right = 0;
    const int is_known = read_constant(ir, operands[1], &right);
    switch (test) {
    case EVEX_OP_ADD_OVERFLOWS:
        return (is_known && right == 0) || (a > b ? a : b) < room;
    case EVEX_OP_SUB_OVERFLOWS:
        return (is_known && right == 0) || (is_signed(dtype) && (a > b ? a : b) < room);
    case EVEX_OP_MUL_OVERFLOWS:
        return (is_known && (right == 0 || right == 1)) ||
               a + b < room + (unsigned)!is_signed(dtype);
    case EVEX_OP_DIV_BY_ZERO:
        return is_known && right != 0;
    case EVEX_OP_DIV_OVERFLOWS:
        return (is_known && right != -1) || a < room || !may_be_negative(ir, operands[1]);
    case EVEX_OP_SHIFT_OUTSIDE:
        return is_known && right >= 0 && right < 8 * (int64_t)evex_dtype_size(dtype);
    case EVEX_OP_POW_NEGATIVE:
        return !may_be_negative(ir, operands[1]);
    default:
        return 0;
    }
}

/* ---- Ranges --------------------------------------------------------------------------------- */

static evex_ir_id integer_constant(evex_ir *ir, evex_dtype dtype, int64_t value) {
    const void *bytes = &value;
    uint64_t element = 0;
    evex_fold_element(EVEX_OP_CAST, dtype, EVEX_I64, &bytes, 1, &element);
    return evex_ir_number(ir, dtype, &element);
}

/* Notes that the result is to be used only where x is in [low, high], constants of its type. */
static void note_range(evex_checker *c, evex_ir_id x, evex_ir_id low, evex_ir_id high,
                       evex_ir_id result, const evex_ir_failure *failure) {
    evex_note_guard(c, result, evex_ir_ternary(c->ir, EVEX_OP_OUTSIDE, x, low, high), EVEX_IR_NONE,
                    failure);
}

static int64_t least_of(evex_dtype dtype) {
    return is_signed(dtype) ? -(int64_t)(UINT64_MAX >> (65 - 8 * evex_dtype_size(dtype))) - 1 : 0;
}

/* Whether x ** n wraps in a type. */
static int power_wraps(evex_dtype dtype, int64_t x, int64_t n) {
    uint64_t operands[2] = {0, 0};
    const void *bytes[] = {&x, &n};
    uint8_t wraps = 1;
    for (int k = 0; k < 2; k++)
        evex_fold_element(EVEX_OP_CAST, dtype, EVEX_I64, &bytes[k], 1, &operands[k]);
    bytes[0] = &operands[0];
    bytes[1] = &operands[1];
    evex_fold_element(EVEX_OP_POW_OVERFLOWS, EVEX_BOOL, dtype, bytes, 2, &wraps);
    return wraps;
}

/* The number furthest from 0, on the side of `sign`, whose n-th power a type holds; n >= 2, so that
 * it lies within 2^32. */
static int64_t last_base(evex_dtype dtype, int64_t sign, int64_t n) {
    const unsigned half = (bits_of(dtype) + 1) / 2;
    int64_t good = 0;
    for (int64_t step = INT64_C(1) << half; step > 0; step /= 2)
        if (good + step <= INT64_C(1) << (bits_of(dtype) < 33 ? bits_of(dtype) - 1 : 32) &&
            !power_wraps(dtype, sign * (good + step), n))
            good += step;
    return sign * good;
}

void evex_note_power(evex_checker *c, evex_ir_id base, int64_t n, evex_ir_id result) {
    const evex_dtype dtype = evex_ir_dtype(c->ir, base);
    if (c->overflow != EVEX_OVERFLOW_ERROR || !is_integer(dtype) || n < 2 ||
        origin_of(c->ir, base) == EVEX_BOOL)
        return;
    const int64_t low = is_signed(dtype) ? last_base(dtype, -1, n) : 0;
    const evex_ir_id least = integer_constant(c->ir, dtype, low);
    const evex_ir_id greatest = integer_constant(c->ir, dtype, last_base(dtype, 1, n));
    note_range(c, base, least, greatest, result, &power_overflow);
}

/* ---- Operations ----------------------------------------------------------------------------- */

static void note_check(evex_checker *c, const value_check *check, const evex_ir_id *operands,
                       evex_ir_id result) {
    const evex_op test = (evex_op)check->test;
    const evex_dtype dtype = evex_ir_dtype(c->ir, operands[0]);
    if ((evex_op_infos[test].types >> dtype & 1) != 0 && !is_needless(c->ir, test, operands))
        evex_note_guard(c, result, evex_ir_binary(c->ir, test, operands[0], operands[1]),
                        EVEX_IR_NONE, &check->failure);
}

static void note_unary(evex_checker *c, evex_op op, evex_ir_id x, evex_ir_id result) {
    evex_ir *ir = c->ir;
    const evex_dtype dtype = evex_ir_dtype(ir, x);
    const evex_ir_id least = integer_constant(ir, dtype, least_of(dtype));
    if (origin_of(ir, x) == EVEX_BOOL && op != EVEX_OP_RECIPROCAL && op != EVEX_OP_NEG)
        return;
    if (op == EVEX_OP_NEG && may_be_negative(ir, x) && origin_of(ir, x) == dtype)
        evex_note_guard(c, result, evex_ir_binary(ir, EVEX_OP_EQ, x, least), EVEX_IR_NONE,
                        &minus_overflow);
    else if (op == EVEX_OP_NEG && !is_signed(dtype))
        evex_note_guard(c, result, evex_ir_binary(ir, EVEX_OP_NE, x, least), EVEX_IR_NONE,
                        &minus_overflow);
    else if (op == EVEX_OP_ABS && may_be_negative(ir, x) && origin_of(ir, x) == dtype)
        evex_note_guard(c, result, evex_ir_binary(ir, EVEX_OP_EQ, x, least), EVEX_IR_NONE,
                        &abs_overflow);
    else if (op == EVEX_OP_RECIPROCAL)
        evex_note_guard(c, result,
                        evex_ir_binary(ir, EVEX_OP_EQ, x, integer_constant(ir, dtype, 0)),
                        EVEX_IR_NONE, &reciprocal_of_zero);
    else if (op == EVEX_OP_SQUARE)
        note_range(c, x,
                   integer_constant(ir, dtype, is_signed(dtype) ? last_base(dtype, -1, 2) : 0),
                   integer_constant(ir, dtype, last_base(dtype, 1, 2)), result, &square_overflow);
}

void evex_note_overflow(evex_checker *c, evex_op op, const evex_ir_id *operands,
                        evex_ir_id result) {
    evex_ir *ir = c->ir;
    int64_t n;
    if (result == EVEX_IR_NONE || !is_integer(evex_ir_dtype(ir, operands[0])))
        return;
    if (op == EVEX_OP_POW)
        note_check(c, &negative_power, operands, result);
    if (c->overflow != EVEX_OVERFLOW_ERROR)
        return;
    if (evex_op_infos[op].arity == 1)
        note_unary(c, op, operands[0], result);
    else if (op == EVEX_OP_POW && read_constant(ir, operands[1], &n) && n >= 0)
        evex_note_power(c, operands[0], n, result);
    else
        for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
            if (checks[i].op == op)
                note_check(c, &checks[i], operands, result);
}

/* ---- Casts ---------------------------------------------------------------------------------- */

/* The float next to x on the way to `to`, in x's type. */
static double next_float(evex_dtype dtype, double x, double to) {
    const float narrow[] = {(float)x, (float)to};
    const double wide[] = {x, to};
    const void *bytes[] = {dtype == EVEX_F32 ? (const void *)&narrow[0] : &wide[0],
                           dtype == EVEX_F32 ? (const void *)&narrow[1] : &wide[1]};
    float narrow_result = 0;
    double result = 0;
    evex_fold_element(EVEX_OP_NEXTAFTER, dtype, dtype, bytes, 2,
                      dtype == EVEX_F32 ? (void *)&narrow_result : &result);
    return dtype == EVEX_F32 ? (double)narrow_result : result;
}

/* The least and greatest float that truncates to a value of an integer type. */
static void note_float_cast(evex_checker *c, evex_ir_id x, evex_dtype to, evex_ir_id result) {
    const evex_dtype from = evex_ir_dtype(c->ir, x);
    const double least = (double)least_of(to),
                 end = 2.0 * (double)(UINT64_C(1) << (bits_of(to) - 1));
    const double below = from == EVEX_F32 ? (double)(float)(least - 1) : least - 1;
    const double low = below == least ? least : next_float(from, below, 0);
    const evex_ir_id first = evex_ir_float(c->ir, from, low);
    const evex_ir_id last = evex_ir_float(c->ir, from, next_float(from, end, 0));
    note_range(c, x, first, last, result, &cast_failures[to]);
}

static void note_integer_cast(evex_checker *c, evex_ir_id x, evex_dtype to, evex_ir_id result) {
    const evex_dtype from = evex_ir_dtype(c->ir, x);
    const int64_t low = least_of(from) > least_of(to) ? least_of(from) : least_of(to);
    const unsigned bits = bits_of(from) < bits_of(to) ? bits_of(from) : bits_of(to);
    const uint64_t most = UINT64_MAX >> (64 - bits);
    const evex_ir_id first = integer_constant(c->ir, from, low);
    const evex_ir_id last = integer_constant(c->ir, from, (int64_t)most);
    note_range(c, x, first, last, result, &cast_failures[to]);
}

void evex_note_cast(evex_checker *c, evex_ir_id x, evex_ir_id result) {
    if (c->overflow != EVEX_OVERFLOW_ERROR || x == EVEX_IR_NONE || result == EVEX_IR_NONE)
        return;
    const evex_dtype from = evex_ir_dtype(c->ir, x), to = evex_ir_dtype(c->ir, result);
    if (!is_integer(to) || from == EVEX_BOOL || evex_casts_safely(from, to))
        return;
    if (is_integer(from))
        note_integer_cast(c, x, to, result);
    else if (evex_dtype_kind(from) == 'c')
        note_float_cast(c, evex_ir_unary(c->ir, EVEX_OP_REAL, x), to, result);
    else
        note_float_cast(c, x, to, result);
}

/* ---- Reductions ----------------------------------------------------------------------------- */

static const evex_ir_failure sum_overflow = OVERFLOW_IN("sum()"),
                             prod_overflow = OVERFLOW_IN("prod()");

/* The sum of 8- and 16-bit elements cannot leave 64 bits: it would take 2^47 of them. */
void evex_note_total(evex_checker *c, const evex_reduction *spec, evex_ir_id source,
                     evex_ir_id mask, evex_ir_id result) {
    const int is_sum = spec->kind == EVEX_RED_SUM;
    if (c->overflow != EVEX_OVERFLOW_ERROR || (!is_sum && spec->kind != EVEX_RED_PROD) ||
        !is_integer((evex_dtype)spec->in_dtype) ||
        (is_sum && bits_of((evex_dtype)spec->in_dtype) <= 16))
        return;
    evex_reduction test = *spec;
    test.kind = is_sum ? EVEX_RED_SUM_OVERFLOWS : EVEX_RED_PROD_OVERFLOWS;
    test.out_dtype = EVEX_I64;
    evex_ir_id fails = evex_ir_reduce(c->ir, &test, source, mask);
    if (fails != EVEX_IR_NONE && !c->ir->values[fails].is_scalar)
        fails = evex_ir_binary(c->ir, EVEX_OP_GE, fails, evex_ir_i64(c->ir, 0));
    evex_note_guard(c, result, fails, EVEX_IR_NONE, is_sum ? &sum_overflow : &prod_overflow);
}

/* ---- overflow='float' ----------------------------------------------------------------------- */

int evex_is_summed_in_float(const evex_checker *c, evex_reduction_kind kind, evex_dtype dtype) {
    return c->overflow == EVEX_OVERFLOW_FLOAT && is_integer(dtype) &&
           (kind == EVEX_RED_SUM || kind == EVEX_RED_PROD);
}

int evex_is_computed_in_float(const evex_checker *c, evex_op op, evex_dtype dtype) {
    if (c->overflow != EVEX_OVERFLOW_FLOAT || !is_integer(dtype))
        return 0;
    switch (op) {
    case EVEX_OP_ADD:
    case EVEX_OP_SUB:
    case EVEX_OP_MUL:
    case EVEX_OP_POW:
    case EVEX_OP_SQUARE:
    case EVEX_OP_NEG:
        return 1;
    default:
        return 0;
    }
}
