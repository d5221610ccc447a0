/* SPDX-License-Identifier: MIT */
/*
 * Points in time and spans: int64 values whose terms have a unit (evex_term.unit). What NumPy's
 * datetime64 and timedelta64 do is written here as integer instructions, so kernels know nothing of
 * it: NaT is INT64_MIN, found by a comparison and put back by a SELECT; units are brought to the
 * finer one by products, years and months by the calendar. A str literal beside a point is a date.
 * The checker calls these functions where a term has a unit; what calls none of them refuses such
 * terms, for they have no common type with others.
 *
 *   times.c          operators and functions     times_compare.c  comparisons, `in`
 *   times_convert.c  units, NaT, literals        times_form.c     where, clip, isnat, datetime64...
 *   times_reduce.c   reductions
 *
 * Guards look at the +, - and * of the text alone, not at the instructions around them.
 */
#ifndef EVEX_COMPILER_TIMES_H
#define EVEX_COMPILER_TIMES_H

#include "compiler/check.h"
#include "compiler/instant.h"
#include "core/unit.h"

/* ---- For the checker ------------------------------------------------------------------------ */

static inline int evex_term_is_time(const evex_term *t) {
    return t->unit != EVEX_UNIT_NONE;
}
int evex_terms_have_time(const evex_term *terms, size_t n);

/* The error unless the unit is one that a variable of its dtype and kind may have. */
evex_status evex_times_check_var(const evex_checker *c, const evex_var *var, evex_place place);

/* An operator or elementwise function, one of whose terms is a time; as evex_check_op. */
evex_status evex_times_op(evex_checker *c, const evex_ast_node *node, evex_op op,
                          size_t first_child, const evex_term *terms, evex_term *result);
/* A comparison of the node's children `left` and `left` + 1; as evex_check_comparison. */
evex_status evex_times_comparison(evex_checker *c, const evex_ast_node *node, evex_op op,
                                  size_t left, evex_term *result);
/* The node's first child is a time, its second the list. */
evex_status evex_times_in(evex_checker *c, const evex_ast_node *node, evex_term *result);
/* The branches are the node's children 1 and 2. */
evex_status evex_times_where(evex_checker *c, const evex_ast_node *node, evex_ir_id condition,
                             evex_term *result);
/* A form of times, or any whose arguments have one. nodes[i] is NULL where none is given. */
evex_status evex_times_form(evex_checker *c, const evex_ast_node *node, evex_form form,
                            const evex_ast_node *const *nodes, const evex_term *terms,
                            evex_term *result);
/* spec as evex_ir_reduce takes it, without kind and types; the operand is the node's first child.
 */
evex_status evex_times_reduction(evex_checker *c, const evex_ast_node *node,
                                 evex_reduction_kind kind, int ignores_nan,
                                 const evex_reduction *spec, evex_ir_id mask, evex_term *result);
/* The error for what has no meaning for times; hint NULL: to cast them. */
evex_status evex_times_refuse(const evex_checker *c, const evex_ast_node *node, const char *name,
                              const evex_term *terms, size_t n, const char *hint);

/* ---- Among the files of times --------------------------------------------------------------- */

/* An operand: its own value in its own unit. */
typedef struct {
    char sort;    /* 'D' point, 'S' span, 'I' integer or bool, 'U' uint64, 'F' float; 0: none */
    uint8_t unit; /* of a point or span; a generic span's for integers */
    uint8_t may_be_nat;
    evex_ir_id value; /* I64, or F64 for 'F' */
    evex_place place;
} evex_time;

/* The term as an operand; str literals are dates where is_date_meant. */
evex_status evex_time_of(evex_checker *c, const evex_term *t, evex_place place, int is_date_meant,
                         evex_time *time);
/* All operands of a construct: dates are meant where one of the terms is a point. */
evex_status evex_times_of(evex_checker *c, const evex_term *terms, const evex_place *places,
                          size_t n, evex_time *times);

/* A str literal as a date. */
evex_status evex_time_instant(const evex_checker *c, const evex_term *t, evex_place place,
                              evex_instant *instant);

/* The unit in which the operands (points, spans, integers) meet, without the mark of a span. */
evex_status evex_times_unit(const evex_checker *c, const evex_ast_node *node,
                            const evex_time *times, size_t n, uint8_t *unit);

/* The value in another base unit: *_raw gives anything for NaT. */
evex_ir_id evex_time_raw(evex_checker *c, const evex_time *time, uint8_t unit);
evex_ir_id evex_time_in(evex_checker *c, const evex_time *time, uint8_t unit);

/* A bool value: whether it is NaT; EVEX_IR_NONE where it never is. */
evex_ir_id evex_time_is_nat(evex_checker *c, const evex_time *time);
/* Whether either is; takes and gives EVEX_IR_NONE for never. */
evex_ir_id evex_time_either(evex_checker *c, evex_ir_id a, evex_ir_id b);
/* NaT where is_nat (may be EVEX_IR_NONE), else the value. */
evex_ir_id evex_time_unless(evex_checker *c, evex_ir_id is_nat, evex_ir_id value);

/* The term of an I64 value with a unit. */
evex_term evex_time_term(const evex_checker *c, evex_ir_id value, uint8_t unit);
/* x + by, wrapping: x - 1 puts NaT above all times and keeps their order. */
evex_ir_id evex_time_shift(evex_checker *c, evex_ir_id x, int64_t by);
/* a / b truncated towards zero, 0 for b == 0. */
evex_ir_id evex_time_quotient(evex_checker *c, evex_ir_id a, evex_ir_id b);
/* MAXIMUM, MINIMUM, FMAX or FMIN of values of one unit, with NaT as nan. */
evex_ir_id evex_time_extreme(evex_checker *c, evex_op op, evex_ir_id a, evex_ir_id b);

#endif
