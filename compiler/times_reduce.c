/* SPDX-License-Identifier: MIT */
/*
 * Reductions of points and spans. NaT is the least int64: the least of times is NaT where there is
 * one; for the greatest, all are moved down by one, which wraps NaT to the top, and the result back
 * up. A sum asks in a second reduction whether there was a NaT. See times.h.
 */
#include "compiler/times.h"

typedef struct {
    evex_reduction spec;
    evex_time x;
    evex_ir_id mask;
} reduction_call;

/* kind over the elements of source, under the call's axes and mask. */
static evex_ir_id reduce(evex_checker *c, const reduction_call *call, evex_reduction_kind kind,
                         evex_ir_id source) {
    evex_reduction spec = call->spec;
    const evex_dtype in = evex_ir_dtype(c->ir, source);
    spec.kind = (uint8_t)kind;
    spec.in_dtype = (uint8_t)in;
    spec.out_dtype = (uint8_t)evex_reduction_dtype(kind, in);
    return evex_ir_reduce(c->ir, &spec, source, call->mask);
}

static evex_ir_id any_nat(evex_checker *c, const reduction_call *call) {
    return reduce(c, call, EVEX_RED_ANY, evex_time_is_nat(c, &call->x));
}

static evex_ir_id sum(evex_checker *c, const reduction_call *call) {
    const evex_ir_id total = reduce(c, call, EVEX_RED_SUM, call->x.value);
    return evex_time_unless(c, any_nat(c, call), total);
}

/* Truncated, as NumPy's; NaT of nothing. */
static evex_ir_id mean(evex_checker *c, const reduction_call *call) {
    const evex_ir_id total = reduce(c, call, EVEX_RED_SUM, call->x.value);
    const evex_ir_id n = reduce(c, call, EVEX_RED_COUNT, call->x.value);
    const evex_ir_id zero = evex_ir_i64(c->ir, 0);
    const evex_ir_id is_empty = evex_ir_binary(c->ir, EVEX_OP_EQ, n, zero);
    const evex_ir_id never = any_nat(c, call);
    const evex_ir_id is_nat = evex_ir_binary(c->ir, EVEX_OP_OR, never, is_empty);
    return evex_time_unless(c, is_nat, evex_time_quotient(c, total, n));
}

/* With NaT above all times. */
static evex_ir_id reduce_shifted(evex_checker *c, const reduction_call *call,
                                 evex_reduction_kind kind) {
    return reduce(c, call, kind, evex_time_shift(c, call->x.value, -1));
}

/* EVEX_IR_NONE where the reduction has no meaning; *is_time: whether it gives a time. */
static evex_ir_id compute(evex_checker *c, const reduction_call *call, evex_reduction_kind kind,
                          int is_span, int *is_time) {
    *is_time = 1;
    switch (kind) {
    case EVEX_RED_MIN:
        return reduce(c, call, EVEX_RED_MIN, call->x.value);
    case EVEX_RED_NANMAX:
        return reduce(c, call, EVEX_RED_MAX, call->x.value);
    case EVEX_RED_MAX:
        return evex_time_shift(c, reduce_shifted(c, call, EVEX_RED_MAX), 1);
    case EVEX_RED_NANMIN:
        return evex_time_shift(c, reduce_shifted(c, call, EVEX_RED_MIN), 1);
    case EVEX_RED_SUM:
        return is_span ? sum(c, call) : EVEX_IR_NONE;
    case EVEX_RED_MEAN:
        return is_span ? mean(c, call) : EVEX_IR_NONE;
    default:
        break;
    }
    *is_time = 0;
    if (kind == EVEX_RED_ARGMAX)
        return reduce_shifted(c, call, kind);
    return kind == EVEX_RED_ARGMIN || kind == EVEX_RED_COUNT ? reduce(c, call, kind, call->x.value)
                                                             : EVEX_IR_NONE;
}

static evex_status fail_reduction(const evex_checker *c, const evex_ast_node *node,
                                  evex_reduction_kind kind, const evex_term *t) {
    const char *hint = NULL;
    if (kind == EVEX_RED_MEAN && !evex_unit_is_span(t->unit))
        hint = "a mean of dates is min(t) + mean(t - min(t))";
    else if (kind == EVEX_RED_ANY || kind == EVEX_RED_ALL || kind == EVEX_RED_COUNT_NONZERO)
        hint = "compare it, or ask isnat()";
    return evex_times_refuse(c, node, evex_reduction_infos[kind].name, t, 1, hint);
}

evex_status evex_times_reduction(evex_checker *c, const evex_ast_node *node,
                                 evex_reduction_kind kind, int ignores_nan,
                                 const evex_reduction *spec, evex_ir_id mask, evex_term *result) {
    const evex_term t = evex_term_of_child(c, node, 0);
    reduction_call call = {.spec = *spec, .mask = mask};
    int is_time;
    evex_status status = evex_time_of(c, &t, c->ast->nodes[node->children[0]].place, 0, &call.x);
    if (status != EVEX_OK)
        return status;
    const evex_ir_id value =
        ignores_nan ? EVEX_IR_NONE : compute(c, &call, kind, evex_unit_is_span(t.unit), &is_time);
    if ((status = evex_check_memory(c)) != EVEX_OK)
        return status;
    if (value == EVEX_IR_NONE)
        return fail_reduction(c, node, kind, &t);
    *result = evex_time_term(c, value, is_time ? t.unit : EVEX_UNIT_NONE);
    return EVEX_OK;
}
