/* SPDX-License-Identifier: MIT */
/*
 * Operators and elementwise functions of points and spans: a table of what NumPy 2 allows, by the
 * sorts of the operands (compiler/times.h), and a function for each way to compute. See times.h.
 */
#include "compiler/times.h"

#include <string.h>

/* An application under way: what the rules below work on. */
typedef struct {
    const evex_ast_node *node;
    evex_op op;
    evex_time a, b; /* b of two operands */
    uint8_t unit;   /* in which they meet */
    char sorts[3];
} application;

typedef evex_term (*time_rule)(evex_checker *c, const application *f);

/* ---- Ways to compute ------------------------------------------------------------------------ */

static evex_ir_id either_is_nat(evex_checker *c, const application *f) {
    const evex_ir_id a = evex_time_is_nat(c, &f->a), b = evex_time_is_nat(c, &f->b);
    return evex_time_either(c, a, b);
}

static evex_ir_id truth(evex_checker *c, int value) {
    const uint8_t byte = value != 0;
    return evex_ir_number(c->ir, EVEX_BOOL, &byte);
}

/* An operation that the text asks for, which overflow='error' looks at where it is not NaT. */
static evex_ir_id guarded(evex_checker *c, evex_op op, evex_ir_id a, evex_ir_id b) {
    const evex_ir_id operands[] = {a, b}, value = evex_ir_binary(c->ir, op, a, b);
    evex_note_overflow(c, op, operands, value);
    return value;
}

/* + and -: a point where exactly one operand is one. */
static evex_term sum(evex_checker *c, const application *f) {
    const int is_point = (f->a.sort == 'D') != (f->b.sort == 'D');
    const evex_ir_id a = evex_time_raw(c, &f->a, f->unit), b = evex_time_raw(c, &f->b, f->unit);
    const evex_ir_id value = guarded(c, f->op, a, b);
    return evex_time_term(c, evex_time_unless(c, either_is_nat(c, f), value),
                          (uint8_t)(is_point ? f->unit : EVEX_SPAN | f->unit));
}

/* A span by an integer. */
static evex_term multiple(evex_checker *c, const application *f) {
    const evex_time *span = f->a.sort == 'S' ? &f->a : &f->b;
    const evex_ir_id value = guarded(c, EVEX_OP_MUL, f->a.value, f->b.value);
    return evex_time_term(c, evex_time_unless(c, evex_time_is_nat(c, span), value), span->unit);
}

static evex_ir_id as_float(evex_checker *c, const evex_time *time) {
    return evex_ir_cast(c->ir, time->value, EVEX_F64);
}

/* A span by a float, or divided by one: truncated; NaT where the result is no int64. */
static evex_term scaled(evex_checker *c, const application *f) {
    const evex_time *span = f->a.sort == 'S' ? &f->a : &f->b;
    const evex_ir_id a = as_float(c, &f->a), b = as_float(c, &f->b);
    const evex_ir_id exact =
        evex_ir_binary(c->ir, f->op == EVEX_OP_MUL ? EVEX_OP_MUL : EVEX_OP_DIV, a, b);
    const evex_ir_id value = evex_ir_cast(c->ir, exact, EVEX_I64);
    return evex_time_term(c, evex_time_unless(c, evex_time_is_nat(c, span), value), span->unit);
}

static evex_ir_id is_zero(evex_checker *c, evex_ir_id x) {
    const evex_ir_id zero = evex_ir_i64(c->ir, 0);
    return evex_ir_binary(c->ir, EVEX_OP_EQ, x, zero);
}

/* A span divided by an integer, by / and //: truncated, as NumPy's; NaT by 0. */
static evex_term part(evex_checker *c, const application *f) {
    const evex_ir_id value = evex_time_quotient(c, f->a.value, f->b.value);
    const evex_ir_id by_zero = is_zero(c, f->b.value), never = evex_time_is_nat(c, &f->a);
    return evex_time_term(c, evex_time_unless(c, evex_time_either(c, never, by_zero), value),
                          f->a.unit);
}

/* span / span */
static evex_term ratio(evex_checker *c, const application *f) {
    const evex_ir_id x = evex_time_raw(c, &f->a, f->unit), y = evex_time_raw(c, &f->b, f->unit);
    const evex_ir_id a = evex_ir_cast(c->ir, x, EVEX_F64), b = evex_ir_cast(c->ir, y, EVEX_F64);
    const evex_ir_id value = evex_ir_binary(c->ir, EVEX_OP_DIV, a, b);
    const evex_ir_id nan = evex_ir_float(c->ir, EVEX_F64, __builtin_nan(""));
    const evex_ir_id never = either_is_nat(c, f);
    return evex_term_strong(c, evex_ir_ternary(c->ir, EVEX_OP_SELECT, never, nan, value));
}

/* span // span: an integer, 0 where there is none. */
static evex_term count(evex_checker *c, const application *f) {
    const evex_ir_id a = evex_time_raw(c, &f->a, f->unit), b = evex_time_raw(c, &f->b, f->unit);
    const evex_ir_id value = evex_ir_binary(c->ir, EVEX_OP_FLOORDIV, a, b);
    const evex_ir_id zero = evex_ir_i64(c->ir, 0), never = either_is_nat(c, f);
    return evex_term_strong(c, evex_ir_ternary(c->ir, EVEX_OP_SELECT, never, zero, value));
}

/* span % span: NaT by 0. */
static evex_term rest(evex_checker *c, const application *f) {
    const evex_ir_id a = evex_time_raw(c, &f->a, f->unit), b = evex_time_raw(c, &f->b, f->unit);
    const evex_ir_id value = evex_ir_binary(c->ir, EVEX_OP_MOD, a, b);
    const evex_ir_id by_zero = is_zero(c, b), never = either_is_nat(c, f);
    return evex_time_term(c, evex_time_unless(c, evex_time_either(c, never, by_zero), value),
                          (uint8_t)(EVEX_SPAN | f->unit));
}

static evex_term extreme(evex_checker *c, const application *f) {
    const evex_ir_id a = evex_time_in(c, &f->a, f->unit), b = evex_time_in(c, &f->b, f->unit);
    const uint8_t mark = f->a.sort == 'D' ? 0 : EVEX_SPAN;
    return evex_time_term(c, evex_time_extreme(c, f->op, a, b), (uint8_t)(mark | f->unit));
}

/* The op on the integers as they are: NaT is its own negative and its own magnitude. */
static evex_term plain(evex_checker *c, const application *f) {
    return evex_time_term(c, evex_ir_unary(c->ir, f->op, f->a.value), f->a.unit);
}

/* isnan, isinf and isfinite. */
static evex_term classify(evex_checker *c, const application *f) {
    evex_ir_id value = evex_time_is_nat(c, &f->a);
    if (f->op == EVEX_OP_ISFINITE)
        value = evex_ir_unary(c->ir, EVEX_OP_INVERT, value);
    if (f->op == EVEX_OP_ISINF)
        value = evex_ir_binary(c->ir, EVEX_OP_AND, value, truth(c, 0));
    return evex_term_strong(c, value);
}

/* ---- Which operands ------------------------------------------------------------------------- */

/* The pairs of sorts, or single ones, that a rule is for. */
static const struct {
    uint16_t op;
    const char *sorts;
    time_rule rule;
} rules[] = {
    {EVEX_OP_ADD, "DS SD DI ID DU UD SS SI IS SU US", sum},
    {EVEX_OP_SUB, "DD DS DI DU SS SI IS SU US", sum},
    {EVEX_OP_MUL, "SI IS SU US", multiple},
    {EVEX_OP_MUL, "SF FS", scaled},
    {EVEX_OP_DIV, "SS", ratio},
    {EVEX_OP_DIV, "SI SU", part},
    {EVEX_OP_DIV, "SF", scaled},
    {EVEX_OP_FLOORDIV, "SS", count},
    {EVEX_OP_FLOORDIV, "SI SU", part},
    {EVEX_OP_FLOORDIV, "SF", scaled},
    {EVEX_OP_MOD, "SS", rest},
    {EVEX_OP_MAXIMUM, "DD SS SI IS", extreme},
    {EVEX_OP_MINIMUM, "DD SS SI IS", extreme},
    {EVEX_OP_FMAX, "DD SS SI IS", extreme},
    {EVEX_OP_FMIN, "DD SS SI IS", extreme},
    {EVEX_OP_NEG, "S", plain},
    {EVEX_OP_ABS, "S", plain},
    {EVEX_OP_SIGN, "S", plain},
    {EVEX_OP_COPY, "D S", plain},
    {EVEX_OP_ZEROS, "D S", plain},
    {EVEX_OP_ONES, "D S", plain},
    {EVEX_OP_ISNAN, "D S", classify},
    {EVEX_OP_ISINF, "D S", classify},
    {EVEX_OP_ISFINITE, "D S", classify},
};

static time_rule find_rule(evex_op op, const char *sorts) {
    const size_t n = strlen(sorts);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (rules[i].op != op)
            continue;
        for (const char *at = rules[i].sorts; at != NULL; at = strchr(at, ' ')) {
            at += *at == ' ';
            if (strncmp(at, sorts, n) == 0 && (at[n] == ' ' || at[n] == '\0'))
                return rules[i].rule;
        }
    }
    return NULL;
}

/* ---- Refusals ------------------------------------------------------------------------------- */

/* What to do instead; NULL: nothing comes to mind. */
static const char *hint_for(evex_op op, const char *sorts) {
    if (strcmp(sorts, "DD") == 0)
        return op == EVEX_OP_ADD ? "the middle of two dates is a + (b - a) / 2"
                                 : "a difference of dates is a span: a - b";
    if (strchr(sorts, 'F') != NULL)
        return "times are whole numbers: take a finer unit, timedelta64(90, 'm')";
    if (op == EVEX_OP_SUB && strlen(sorts) == 2 && sorts[1] == 'D')
        return "a date minus a span is a date: exchange the operands";
    if (op == EVEX_OP_MOD)
        return "write the divisor as a span: timedelta64(1, 'h')";
    return NULL;
}

evex_status evex_times_refuse(const evex_checker *c, const evex_ast_node *node, const char *name,
                              const evex_term *terms, size_t n, const char *hint) {
    const char *a = evex_term_type_name(&terms[0]), *b = evex_term_type_name(&terms[n - 1]);
    if (n > 1)
        evex_fail(c->error, EVEX_BAD_TYPE, node->token, "'%s' has no meaning for %s and %s", name,
                  a, b);
    else
        evex_fail(c->error, EVEX_BAD_TYPE, node->token, "'%s' has no meaning for %s", name, a);
    evex_outer(c->error, node->place);
    evex_hint(c->error, "%s",
              hint != NULL ? hint
                           : "cast with int64() or float64() to compute with the bare numbers");
    return EVEX_BAD_TYPE;
}

/* ---- The operation -------------------------------------------------------------------------- */

/* Spans and floats, or a single operand, need not meet. */
static int must_meet(const char *sorts) {
    return sorts[1] != '\0' && strchr(sorts, 'F') == NULL;
}

evex_status evex_times_op(evex_checker *c, const evex_ast_node *node, evex_op op,
                          size_t first_child, const evex_term *terms, evex_term *result) {
    const size_t n = evex_op_infos[op].arity;
    evex_place places[3] = {{0, 0}};
    evex_time times[3];
    application f = {.node = node, .op = op};
    for (size_t i = 0; i < n; i++)
        places[i] = c->ast->nodes[node->children[first_child + i]].place;
    evex_status status = evex_times_of(c, terms, places, n, times);
    if (status != EVEX_OK)
        return status;
    for (size_t i = 0; i < n && i < 2; i++)
        f.sorts[i] = times[i].sort != 0 ? times[i].sort : '?';
    const time_rule rule = n < 3 ? find_rule(op, f.sorts) : NULL;
    if (rule == NULL)
        return evex_times_refuse(c, node, evex_op_infos[op].name, terms, n, hint_for(op, f.sorts));
    if (must_meet(f.sorts))
        status = evex_times_unit(c, node, times, n, &f.unit);
    if (status != EVEX_OK)
        return status;
    f.a = times[0];
    f.b = times[n - 1];
    *result = rule(c, &f);
    return evex_check_memory(c);
}
