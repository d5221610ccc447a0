/* SPDX-License-Identifier: MIT */
/*
 * Reductions: their keywords axis=, keepdims=, where= and ddof=, and the operand types that each
 * kind works on. nansum and nanmean are sum and mean with the nans masked out. See check.h.
 */
#include <string.h>

#include "compiler/check.h"
#include "compiler/times.h"

/* A reduction call taken apart. */
typedef struct {
    const evex_ast_node *call;
    evex_reduction_kind kind;
    evex_reduction spec;
    evex_ir_id mask;     /* EVEX_IR_NONE: every element counts */
    evex_ir_id validity; /* of the result: bool, before the reduction by any(); or EVEX_IR_NONE */
} reduction_call;

static evex_status fail_keyword(const evex_checker *c, const evex_ast_node *value,
                                const char *message) {
    return evex_fail(c->error, EVEX_BAD_CALL, value->place, "%s", message);
}

/* ---- axis= ---------------------------------------------------------------------------------- */

static evex_status add_axis(const evex_checker *c, const evex_ast_node *node, const evex_term *t,
                            evex_reduction *spec) {
    if (!evex_term_is_literal(t) || evex_term_sort(t) != 'i')
        return fail_keyword(c, node, "axis takes None, an int literal or a tuple of them");
    if (t->is_huge || t->dtype == EVEX_U64 || t->as.i64 < -EVEX_MAX_DIMS ||
        t->as.i64 >= EVEX_MAX_DIMS)
        return evex_fail(c->error, EVEX_OUT_OF_RANGE, node->place,
                         "an array has at most %d dimensions", EVEX_MAX_DIMS);
    for (int i = 0; i < spec->n_axes; i++)
        if (spec->axes[i] == t->as.i64)
            return fail_keyword(c, node, "an axis is named twice");
    spec->axes[spec->n_axes++] = (int8_t)t->as.i64;
    return EVEX_OK;
}

static evex_status take_axis(const evex_checker *c, const evex_ast_node *node, const evex_term *t,
                             reduction_call *call) {
    if (t->kind == EVEX_TERM_NONE)
        return EVEX_OK;
    if (c->ir->is_grouped)
        return fail_keyword(c, node, "a reduction by group takes no axis");
    call->spec.all_axes = 0;
    if (t->kind != EVEX_TERM_TUPLE)
        return add_axis(c, node, t, &call->spec);
    if (node->n_children == 0)
        return fail_keyword(c, node, "the tuple of axes is empty");
    if (node->n_children > EVEX_MAX_DIMS)
        return evex_fail(c->error, EVEX_LIMIT_DIMS, node->place,
                         "an array has at most %d dimensions", EVEX_MAX_DIMS);
    evex_status status = EVEX_OK;
    for (size_t i = 0; i < node->n_children && status == EVEX_OK; i++)
        status = add_axis(c, &c->ast->nodes[node->children[i]], &c->terms[node->children[i]],
                          &call->spec);
    return status;
}

/* ---- Other keywords ------------------------------------------------------------------------- */

static evex_status take_keepdims(const evex_checker *c, const evex_ast_node *node,
                                 const evex_term *t, reduction_call *call) {
    if (!evex_term_is_literal(t) || t->dtype != EVEX_BOOL)
        return fail_keyword(c, node, "keepdims takes True or False");
    if (c->ir->is_grouped && t->as.i64 != 0)
        return fail_keyword(c, node, "a reduction by group keeps no dimension");
    call->spec.keepdims = t->as.i64 != 0;
    return EVEX_OK;
}

static evex_status take_ddof(const evex_checker *c, const evex_ast_node *node, const evex_term *t,
                             reduction_call *call) {
    if (call->kind != EVEX_RED_VAR && call->kind != EVEX_RED_STD)
        return fail_keyword(c, node, "only var and std take ddof");
    if (!evex_term_is_literal(t) || evex_term_sort(t) != 'i')
        return fail_keyword(c, node, "ddof takes an int literal");
    if (!evex_literal_fits(t, EVEX_I32))
        return evex_fail(c->error, EVEX_OUT_OF_RANGE, node->place, "ddof is out of range");
    call->spec.ddof = (int32_t)t->as.i64;
    return EVEX_OK;
}

static evex_status take_where(evex_checker *c, const evex_ast_node *node, const evex_term *t,
                              reduction_call *call) {
    if (t->kind == EVEX_TERM_NONE || t->kind == EVEX_TERM_TUPLE || t->dtype != EVEX_BOOL) {
        evex_fail(c->error, EVEX_BAD_TYPE, node->place, "where= needs bool, found %s",
                  evex_term_type_name(t));
        evex_hint(c->error, "compare it: ... != 0");
        return EVEX_BAD_TYPE;
    }
    if (!evex_term_is_literal(t) || t->as.i64 == 0 || t->validity != EVEX_IR_NONE)
        call->mask = evex_validity_of_truth(c, t, evex_term_cast(c, t, EVEX_BOOL));
    return EVEX_OK;
}

typedef enum { KEYWORD_AXIS, KEYWORD_KEEPDIMS, KEYWORD_WHERE, KEYWORD_DDOF, N_KEYWORDS } keyword;

static const char *const keyword_names[N_KEYWORDS] = {"axis", "keepdims", "where", "ddof"};

static keyword find_keyword(const evex_ast_node *node) {
    int k = 0;
    while (k < N_KEYWORDS &&
           (strlen(keyword_names[k]) != node->value.text.n_bytes ||
            memcmp(keyword_names[k], node->value.text.bytes, node->value.text.n_bytes) != 0))
        k++;
    return (keyword)k;
}

static evex_status take_keyword(evex_checker *c, const evex_ast_node *node, reduction_call *call,
                                unsigned *seen) {
    const keyword k = find_keyword(node);
    const evex_ast_node *value = &c->ast->nodes[node->children[0]];
    const evex_term *t = &c->terms[node->children[0]];
    if (k < N_KEYWORDS && (*seen & 1u << k) != 0)
        return evex_fail(c->error, EVEX_BAD_CALL, node->token, "'%s' is given twice",
                         keyword_names[k]);
    *seen |= 1u << k;
    switch (k) {
    case KEYWORD_AXIS:
        return take_axis(c, value, t, call);
    case KEYWORD_KEEPDIMS:
        return take_keepdims(c, value, t, call);
    case KEYWORD_WHERE:
        return take_where(c, value, t, call);
    case KEYWORD_DDOF:
        return take_ddof(c, value, t, call);
    default:
        return evex_fail(c->error, EVEX_BAD_CALL, node->token,
                         "'%.*s' takes no keyword argument '%.*s'",
                         (int)call->call->value.text.n_bytes, call->call->value.text.bytes,
                         (int)node->value.text.n_bytes, node->value.text.bytes);
    }
}

/* The second positional argument is the axis, as NumPy has it. */
static evex_status take_arguments(evex_checker *c, reduction_call *call) {
    const evex_ast_node *node = call->call;
    const size_t n = evex_n_positional(c, node);
    unsigned seen = 0;
    evex_status status = EVEX_OK;
    if (n > 2 || (n == 0 && call->kind != EVEX_RED_COUNT))
        return evex_fail(c->error, EVEX_BAD_CALL, node->token,
                         "'%.*s' takes an operand and maybe an axis, found %zu arguments",
                         (int)node->value.text.n_bytes, node->value.text.bytes, n);
    if (n == 2) {
        seen = 1u << KEYWORD_AXIS;
        status =
            take_axis(c, &c->ast->nodes[node->children[1]], &c->terms[node->children[1]], call);
    }
    for (size_t i = n; i < node->n_children && status == EVEX_OK; i++)
        status = take_keyword(c, &c->ast->nodes[node->children[i]], call, &seen);
    if (status == EVEX_OK && call->spec.n_axes > 1 &&
        (call->kind == EVEX_RED_ARGMIN || call->kind == EVEX_RED_ARGMAX))
        status = evex_fail(c->error, EVEX_BAD_CALL, node->token, "'%s' takes one axis",
                           evex_reduction_infos[call->kind].name);
    return status;
}

/* ---- Operands ------------------------------------------------------------------------------- */

/* The type that a reduction works on; EVEX_N_DTYPES: none. */
static evex_dtype operand_dtype(evex_reduction_kind kind, evex_dtype dtype) {
    const evex_dtype_set types = evex_reduction_infos[kind].types;
    if (types == 1u << EVEX_BOOL)
        return dtype == EVEX_STR ? EVEX_N_DTYPES : EVEX_BOOL;
    return evex_promote_into(types, EVEX_TO_F64, dtype);
}

/* The value as bool: what is not zero is true, nan included. */
static evex_ir_id truth_of(evex_checker *c, evex_ir_id value) {
    const evex_dtype dtype = evex_ir_dtype(c->ir, value);
    const evex_term zero = evex_term_int(0);
    return dtype == EVEX_BOOL
               ? value
               : evex_ir_binary(c->ir, EVEX_OP_NE, value, evex_term_cast(c, &zero, dtype));
}

/* Leaves nans out: adds "is not nan" to the mask. */
static void mask_nans(evex_checker *c, evex_ir_id value, reduction_call *call) {
    const char kind = evex_dtype_kind(evex_ir_dtype(c->ir, value));
    if (kind != 'f' && kind != 'c')
        return;
    const evex_ir_id is_number =
        evex_ir_unary(c->ir, EVEX_OP_INVERT, evex_ir_unary(c->ir, EVEX_OP_ISNAN, value));
    call->mask = call->mask == EVEX_IR_NONE
                     ? is_number
                     : evex_ir_binary(c->ir, EVEX_OP_AND, call->mask, is_number);
}

static evex_status fail_operand(const evex_checker *c, const reduction_call *call,
                                const evex_term *t) {
    const int is_complex = evex_term_is_complex(t);
    evex_fail_operands(c, call->call, evex_reduction_infos[call->kind].name,
                       is_complex ? "real numbers" : "numbers", t, 1);
    if (is_complex)
        evex_hint(c->error, "complex numbers have no order: take abs(x), x.real or x.imag");
    return EVEX_BAD_TYPE;
}

/* Leaves nulls out. Where no element is left the result is null, but for counts. */
static void skip_nulls(evex_checker *c, const evex_term *t, reduction_call *call) {
    const int is_count = call->kind == EVEX_RED_COUNT || call->kind == EVEX_RED_COUNT_NONZERO;
    if (!is_count) {
        call->spec.allows_empty = 1;
        call->validity = evex_validity_and(c, evex_validity_whole(c, t), call->mask);
    }
    call->mask = evex_validity_and(c, t->validity, call->mask);
}

/* Whether an element counts, for every value of the result. */
static evex_ir_id any_valid(evex_checker *c, const reduction_call *call) {
    evex_reduction spec = call->spec;
    spec.kind = EVEX_RED_ANY;
    spec.in_dtype = spec.out_dtype = EVEX_BOOL;
    spec.ddof = 0;
    spec.allows_empty = 0;
    return call->validity == EVEX_IR_NONE
               ? EVEX_IR_NONE
               : evex_ir_reduce(c->ir, &spec, call->validity, EVEX_IR_NONE);
}

/* Whether a group has a row that counts: others have no result, but for counts. */
static evex_ir_id has_rows(evex_checker *c, const reduction_call *call, const evex_term *t) {
    if (call->kind == EVEX_RED_COUNT || call->kind == EVEX_RED_COUNT_NONZERO)
        return EVEX_IR_NONE;
    const evex_ir_id source = evex_term_cast(c, t, (evex_dtype)t->dtype);
    evex_reduction spec = call->spec;
    spec.kind = EVEX_RED_COUNT;
    spec.in_dtype = (uint8_t)evex_ir_dtype(c->ir, source);
    spec.out_dtype = EVEX_I64;
    spec.ddof = 0;
    spec.allows_empty = 0;
    const evex_ir_id count = evex_ir_reduce(c->ir, &spec, source, call->mask);
    return evex_ir_binary(c->ir, EVEX_OP_GT, count, evex_ir_i64(c->ir, 0));
}

static evex_status take_operand(evex_checker *c, reduction_call *call, int ignores_nan,
                                evex_ir_id *source) {
    const evex_ast_node *node = call->call;
    const evex_ast_index index = node->children[0];
    evex_status status = evex_require_value(c, index);
    if (status != EVEX_OK)
        return status;
    const evex_term *t = &c->terms[index];
    if ((status = evex_term_refuse_huge(c, t, c->ast->nodes[index].place)) != EVEX_OK)
        return status;
    const evex_dtype dtype = evex_is_summed_in_float(c, call->kind, (evex_dtype)t->dtype)
                                 ? EVEX_F64
                                 : operand_dtype(call->kind, (evex_dtype)t->dtype);
    if (dtype == EVEX_N_DTYPES)
        return fail_operand(c, call, t);
    const evex_ir_id value = evex_term_cast(c, t, (evex_dtype)t->dtype);
    *source = dtype == EVEX_BOOL ? truth_of(c, value) : evex_ir_cast(c->ir, value, dtype);
    if (ignores_nan)
        mask_nans(c, *source, call);
    return evex_check_memory(c);
}

/* ---- Complex numbers by their parts --------------------------------------------------------- */

static int goes_by_parts(const evex_checker *c, const reduction_call *call) {
    const evex_reduction_kind kind = call->kind;
    return evex_n_positional(c, call->call) > 0 &&
           evex_term_is_complex(&c->terms[call->call->children[0]]) &&
           (kind == EVEX_RED_SUM || kind == EVEX_RED_MEAN || kind == EVEX_RED_VAR ||
            kind == EVEX_RED_STD);
}

static evex_ir_id reduce_part(evex_checker *c, const reduction_call *call, evex_op op,
                              evex_ir_id z) {
    evex_reduction spec = call->spec;
    const evex_ir_id part = evex_ir_unary(c->ir, op, z);
    spec.kind = (uint8_t)(call->kind == EVEX_RED_STD ? EVEX_RED_VAR : call->kind);
    spec.in_dtype = spec.out_dtype = (uint8_t)evex_ir_dtype(c->ir, part);
    return evex_ir_reduce(c->ir, &spec, part, call->mask);
}

/* A sum is the sums of the parts; the distance from the mean, whose square a variance is the mean
 * of, has the distances of the parts as legs. */
static evex_status reduce_by_parts(evex_checker *c, reduction_call *call, int ignores_nan,
                                   evex_term *result) {
    evex_ir *ir = c->ir;
    const evex_term *t = &c->terms[call->call->children[0]];
    const int is_total = call->kind == EVEX_RED_SUM || call->kind == EVEX_RED_MEAN;
    const evex_ir_id z = evex_term_cast(c, t, (evex_dtype)t->dtype);
    if (ignores_nan)
        mask_nans(c, z, call);
    const evex_ir_id re = reduce_part(c, call, EVEX_OP_REAL, z);
    const evex_ir_id im = reduce_part(c, call, EVEX_OP_IMAG, z);
    evex_ir_id value = evex_ir_binary(ir, is_total ? EVEX_OP_COMPLEX : EVEX_OP_ADD, re, im);
    if (call->kind == EVEX_RED_STD)
        value = evex_ir_unary(ir, EVEX_OP_SQRT, value);
    *result = evex_term_strong(c, value);
    return evex_check_memory(c);
}

static evex_status reduce_real(evex_checker *c, reduction_call *call, int ignores_nan,
                               evex_term *result) {
    evex_ir_id source = EVEX_IR_NONE;
    const evex_status status = evex_n_positional(c, call->call) > 0
                                   ? take_operand(c, call, ignores_nan, &source)
                                   : EVEX_OK;
    if (status != EVEX_OK)
        return status;
    const evex_dtype in = source != EVEX_IR_NONE ? evex_ir_dtype(c->ir, source) : EVEX_BOOL;
    call->spec.in_dtype = (uint8_t)in;
    call->spec.out_dtype = (uint8_t)evex_reduction_dtype(call->kind, in);
    *result = evex_term_strong(c, evex_ir_reduce(c->ir, &call->spec, source, call->mask));
    evex_note_total(c, &call->spec, source, call->mask, result->value);
    return evex_check_memory(c);
}

evex_status evex_check_reduction(evex_checker *c, const evex_ast_node *node,
                                 evex_reduction_kind kind, int ignores_nan, evex_term *result) {
    const evex_term none = {.kind = EVEX_TERM_NONE};
    reduction_call call = {.call = node, .kind = kind, .mask = EVEX_IR_NONE};
    call.spec = (evex_reduction){
        .kind = (uint8_t)kind, .all_axes = 1, .is_grouped = (uint8_t)c->ir->is_grouped};
    evex_status status = take_arguments(c, &call);
    if (status != EVEX_OK)
        return status;
    const evex_term t = evex_n_positional(c, node) > 0 ? c->terms[node->children[0]] : none;
    if (t.validity != EVEX_IR_NONE)
        skip_nulls(c, &t, &call);
    const evex_ir_id mask = call.mask; /* which leaves out nans later */
    if (evex_term_is_time(&t))
        status = evex_times_reduction(c, node, kind, ignores_nan, &call.spec, call.mask, result);
    else if (goes_by_parts(c, &call))
        status = reduce_by_parts(c, &call, ignores_nan, result);
    else
        status = reduce_real(c, &call, ignores_nan, result);
    if (status != EVEX_OK)
        return status;
    call.mask = mask;
    evex_term_set_validity(c, result,
                           c->ir->is_grouped ? has_rows(c, &call, &t) : any_valid(c, &call), 1);
    return evex_check_memory(c);
}
