/* SPDX-License-Identifier: MIT */
/*
 * Comparisons and membership of points and spans. NaT is unequal to everything, itself included,
 * and neither above nor below. A date in the text is compared by value, whatever the unit of the
 * column: no element is converted, and no date is out of range. See times.h.
 */
#include "compiler/times.h"

/* ---- NaT ------------------------------------------------------------------------------------ */

static evex_ir_id is_time(evex_checker *c, evex_ir_id x) {
    const evex_ir_id never = evex_ir_i64(c->ir, INT64_MIN);
    return evex_ir_binary(c->ir, EVEX_OP_NE, x, never);
}

/* The operand whose NaT makes integers compare true: being the least, it is below all others. An
 * equal one is NaT if either is; a constant is the cheaper one to ask. */
static evex_ir_id doubtful(const evex_checker *c, evex_op op, evex_ir_id a, evex_ir_id b) {
    if (op == EVEX_OP_LT || op == EVEX_OP_LE)
        return a;
    if (op == EVEX_OP_GT || op == EVEX_OP_GE)
        return b;
    return evex_ir_constant_bytes(c->ir, a) != NULL ? a : b;
}

/* a op b of values in one unit. */
static evex_ir_id compare(evex_checker *c, evex_op op, evex_ir_id a, evex_ir_id b) {
    const evex_ir_id holds = evex_ir_binary(c->ir, op, a, b);
    const evex_ir_id known = is_time(c, doubtful(c, op, a, b));
    if (op != EVEX_OP_NE)
        return evex_ir_binary(c->ir, EVEX_OP_AND, holds, known);
    return evex_ir_binary(c->ir, EVEX_OP_OR, holds, evex_ir_unary(c->ir, EVEX_OP_INVERT, known));
}

/* ---- Dates in the text ---------------------------------------------------------------------- */

/* True for every time, or false; NaT as ever. */
static evex_ir_id same_for_all(evex_checker *c, evex_ir_id x, int holds) {
    return holds ? is_time(c, x) : evex_ir_binary(c->ir, EVEX_OP_NE, x, x);
}

/* x op date for a date that lies behind the tick before it: x < date is x <= tick. */
static evex_ir_id compare_between(evex_checker *c, evex_op op, evex_ir_id x, int64_t tick) {
    const evex_ir_id before = evex_ir_i64(c->ir, tick);
    switch (op) {
    case EVEX_OP_EQ:
        return same_for_all(c, x, 0);
    case EVEX_OP_NE:
        return evex_ir_binary(c->ir, EVEX_OP_EQ, x, x);
    case EVEX_OP_LT:
    case EVEX_OP_LE:
        return compare(c, EVEX_OP_LE, x, before);
    default:
        return compare(c, EVEX_OP_GT, x, before);
    }
}

static evex_ir_id compare_instant(evex_checker *c, evex_op op, const evex_time *x,
                                  const evex_instant *instant) {
    int is_exact;
    if (instant->is_nat) {
        const evex_op known = op == EVEX_OP_NE ? EVEX_OP_EQ : EVEX_OP_NE;
        return evex_ir_binary(c->ir, known, x->value, x->value);
    }
    const evex_wide ticks = evex_instant_ticks(instant, x->unit, &is_exact);
    const int is_above = ticks > INT64_MAX, is_below = ticks <= INT64_MIN;
    if ((is_above || is_below) && op == EVEX_OP_NE)
        return evex_ir_binary(c->ir, EVEX_OP_EQ, x->value, x->value);
    if (is_above)
        return same_for_all(c, x->value, op == EVEX_OP_LT || op == EVEX_OP_LE);
    if (is_below)
        return same_for_all(c, x->value, op == EVEX_OP_GT || op == EVEX_OP_GE);
    if (!is_exact)
        return compare_between(c, op, x->value, (int64_t)ticks);
    const evex_ir_id tick = evex_ir_i64(c->ir, (int64_t)ticks);
    return compare(c, op, x->value, tick);
}

static int is_text(const evex_term *t) {
    return t->kind == EVEX_TERM_LITERAL && t->dtype == EVEX_STR;
}

/* ---- Comparisons ---------------------------------------------------------------------------- */

static int are_comparable(const evex_time *a, const evex_time *b) {
    if (a->sort == 'D' || b->sort == 'D')
        return a->sort == b->sort;
    return (a->sort == 'S' || a->sort == 'I') && (b->sort == 'S' || b->sort == 'I');
}

static evex_status fail_comparison(const evex_checker *c, const evex_ast_node *node, evex_op op,
                                   const evex_term *terms) {
    const char *hint = NULL;
    for (int i = 0; i < 2; i++)
        if (evex_term_is_time(&terms[i]) && !evex_unit_is_span(terms[i].unit))
            hint = "write a date, '2024-01-31', or cast with int64() to compare the bare numbers";
    return evex_times_refuse(c, node, evex_op_infos[op].name, terms, 2, hint);
}

evex_status evex_times_comparison(evex_checker *c, const evex_ast_node *node, evex_op op,
                                  size_t left, evex_term *result) {
    evex_term terms[2];
    evex_place places[2];
    evex_time times[2];
    evex_instant instant;
    uint8_t unit;
    for (size_t i = 0; i < 2; i++) {
        terms[i] = evex_term_of_child(c, node, left + i);
        places[i] = c->ast->nodes[node->children[left + i]].place;
    }
    for (size_t i = 0; i < 2; i++)
        if (is_text(&terms[i]) && !evex_unit_is_span(terms[1 - i].unit)) {
            evex_status status = evex_time_instant(c, &terms[i], places[i], &instant);
            if (status == EVEX_OK)
                status = evex_time_of(c, &terms[1 - i], places[1 - i], 0, &times[0]);
            if (status == EVEX_OK)
                *result = evex_term_strong(
                    c, compare_instant(c, i == 1 ? op : evex_mirrored(op), &times[0], &instant));
            return status == EVEX_OK ? evex_check_memory(c) : status;
        }
    evex_status status = evex_times_of(c, terms, places, 2, times);
    if (status != EVEX_OK)
        return status;
    if (!are_comparable(&times[0], &times[1]))
        return fail_comparison(c, node, op, terms);
    if ((status = evex_times_unit(c, node, times, 2, &unit)) != EVEX_OK)
        return status;
    const evex_ir_id a = evex_time_in(c, &times[0], unit), b = evex_time_in(c, &times[1], unit);
    *result = evex_term_strong(c, compare(c, op, a, b));
    return evex_check_memory(c);
}

/* ---- Membership ----------------------------------------------------------------------------- */

/* Writes what of x could be equal to a member: a date for points, an int for spans; *n grows if
 * there is such a time. */
static evex_status add_member(evex_checker *c, const evex_term *x, evex_ast_index index,
                              int64_t *list, size_t *n) {
    const evex_term *t = &c->terms[index];
    const evex_place place = c->ast->nodes[index].place;
    const int is_span = evex_unit_is_span(x->unit);
    evex_instant instant;
    int is_exact = 1;
    if (t->kind != EVEX_TERM_LITERAL ||
        (is_span ? t->dtype == EVEX_STR || evex_term_sort(t) != 'i' : !is_text(t)))
        return evex_fail(c->error, EVEX_BAD_TYPE, place, "the list of 'in' takes %s beside %s",
                         is_span ? "ints" : "dates like '2024-01-31'", evex_term_type_name(x));
    if (is_span) {
        if (evex_literal_fits(t, EVEX_I64) && t->as.i64 != INT64_MIN)
            list[(*n)++] = t->as.i64;
        return EVEX_OK;
    }
    const evex_status status = evex_time_instant(c, t, place, &instant);
    if (status != EVEX_OK || instant.is_nat)
        return status;
    const evex_wide ticks = evex_instant_ticks(&instant, x->unit, &is_exact);
    if (is_exact && ticks > INT64_MIN && ticks <= INT64_MAX)
        list[(*n)++] = (int64_t)ticks;
    return EVEX_OK;
}

evex_status evex_times_in(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    const evex_term x = evex_term_of_child(c, node, 0);
    const evex_ast_node *tuple = &c->ast->nodes[node->children[1]];
    int64_t *list = evex_arena_push_array(c->arena, tuple->n_children + 1, sizeof *list);
    size_t n = 0;
    evex_status status = list != NULL ? EVEX_OK : evex_fail_memory(c->error);
    for (size_t i = 0; i < tuple->n_children && status == EVEX_OK; i++)
        status = add_member(c, &x, tuple->children[i], list, &n);
    if (status != EVEX_OK)
        return status;
    n = evex_sort_members(EVEX_I64, (char *)list, n);
    const evex_ir_id set = evex_ir_set(c->ir, EVEX_I64, list, n);
    evex_ir_id value = evex_ir_binary(c->ir, EVEX_OP_IN, x.value, set);
    if (node->is_negated)
        value = evex_ir_unary(c->ir, EVEX_OP_INVERT, value);
    *result = evex_term_strong(c, value);
    return evex_check_memory(c);
}
