/* SPDX-License-Identifier: MIT */
/*
 * Functions of several arguments, or of a unit, on points and spans: where, clip, isnat,
 * datetime64 and timedelta64. See times.h.
 */
#include "compiler/times.h"

/* ---- where and clip ------------------------------------------------------------------------- */

/* The kind of time that all operands are, ints counting as spans: 'D', 'S', or 0 for none. */
static char common_sort(const evex_time *times, size_t n) {
    int n_points = 0;
    for (size_t i = 0; i < n; i++) {
        if (times[i].sort != 'D' && times[i].sort != 'S' && times[i].sort != 'I')
            return 0;
        n_points += times[i].sort == 'D';
    }
    return n_points == 0 ? 'S' : n_points == (int)n ? 'D' : 0;
}

/* Brings operands to one type; *unit is marked as it is. */
static evex_status unite(evex_checker *c, const evex_ast_node *node, const char *name,
                         const evex_term *terms, const evex_place *places, size_t n,
                         evex_ir_id *values, uint8_t *unit) {
    evex_time times[3];
    evex_status status = evex_times_of(c, terms, places, n, times);
    if (status != EVEX_OK)
        return status;
    const char sort = common_sort(times, n);
    if (sort == 0)
        return evex_times_refuse(c, node, name, terms, n, NULL);
    if ((status = evex_times_unit(c, node, times, n, unit)) != EVEX_OK)
        return status;
    for (size_t i = 0; i < n; i++)
        values[i] = evex_time_in(c, &times[i], *unit);
    *unit |= sort == 'S' ? EVEX_SPAN : 0;
    return EVEX_OK;
}

evex_status evex_times_where(evex_checker *c, const evex_ast_node *node, evex_ir_id condition,
                             evex_term *result) {
    const evex_term terms[] = {evex_term_of_child(c, node, 1), evex_term_of_child(c, node, 2)};
    const evex_place places[] = {c->ast->nodes[node->children[1]].place,
                                 c->ast->nodes[node->children[2]].place};
    evex_ir_id values[2];
    uint8_t unit;
    const evex_status status = unite(c, node, "where", terms, places, 2, values, &unit);
    if (status != EVEX_OK)
        return status;
    *result = evex_time_term(
        c, evex_ir_ternary(c->ir, EVEX_OP_SELECT, condition, values[0], values[1]), unit);
    return evex_check_memory(c);
}

static evex_status clip(evex_checker *c, const evex_ast_node *node,
                        const evex_ast_node *const *nodes, const evex_term *given,
                        evex_term *result) {
    evex_term terms[3];
    evex_place places[3];
    evex_op ops[3];
    evex_ir_id values[3];
    uint8_t unit;
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        if (i > 0 && given[i].kind == EVEX_TERM_NONE)
            continue;
        const evex_status status =
            evex_require_value(c, (evex_ast_index)(nodes[i] - c->ast->nodes));
        if (status != EVEX_OK)
            return status;
        terms[n] = given[i];
        places[n] = nodes[i]->place;
        ops[n++] = i == 1 ? EVEX_OP_MAXIMUM : EVEX_OP_MINIMUM;
    }
    const evex_status status = unite(c, node, "clip", terms, places, n, values, &unit);
    if (status != EVEX_OK)
        return status;
    for (size_t i = 1; i < n; i++)
        values[0] = evex_time_extreme(c, ops[i], values[0], values[i]);
    *result = evex_time_term(c, values[0], unit);
    return evex_check_memory(c);
}

/* ---- isnat ---------------------------------------------------------------------------------- */

static evex_status isnat(evex_checker *c, const evex_ast_node *node,
                         const evex_ast_node *const *nodes, const evex_term *terms,
                         evex_term *result) {
    evex_time time;
    if (!evex_term_is_time(&terms[0]))
        return evex_fail_operands(c, node, "isnat", "a datetime64 or timedelta64", terms, 1);
    const evex_status status = evex_time_of(c, &terms[0], nodes[0]->place, 0, &time);
    if (status != EVEX_OK)
        return status;
    *result = evex_term_strong(c, evex_time_is_nat(c, &time));
    return evex_check_memory(c);
}

/* ---- datetime64 and timedelta64 ------------------------------------------------------------- */

/* The unit that the second argument names; that of the value itself without one. */
static evex_status read_unit(const evex_checker *c, const evex_ast_node *node, const evex_term *t,
                             uint8_t *unit) {
    if (node == NULL)
        return EVEX_OK;
    *unit = EVEX_UNIT_NONE;
    if (t->kind == EVEX_TERM_LITERAL && t->dtype == EVEX_STR)
        *unit = evex_unit_find(t->as.text.bytes, t->as.text.n_bytes);
    if (*unit != EVEX_UNIT_NONE && *unit != EVEX_UNIT_GENERIC)
        return EVEX_OK;
    evex_fail(c->error, EVEX_BAD_CALL, node->place, "this is no unit of time");
    evex_hint(c->error, "one of 'Y' 'M' 'W' 'D' 'h' 'm' 's' 'ms' 'us' 'ns' 'ps' 'fs' 'as'");
    return EVEX_BAD_CALL;
}

/* Whether a value of the sort is one of the wanted kind as it is, given a unit. */
static int may_become(char sort, char wanted, int has_unit) {
    return sort == wanted || ((sort == 'I' || sort == 'U') && (has_unit || wanted == 'S'));
}

static const char for_point[] = "it takes a date, '2024-01-31', or an integer: datetime64(n, 's')",
                  for_span[] = "it takes an integer and its unit: timedelta64(90, 'm')";

static evex_status convert(evex_checker *c, const evex_ast_node *node,
                           const evex_ast_node *const *nodes, const evex_term *terms, char wanted,
                           evex_term *result) {
    const char *name = wanted == 'D' ? "datetime64" : "timedelta64";
    evex_time times[2];
    uint8_t unit, reached;
    evex_status status = evex_require_value(c, (evex_ast_index)(nodes[0] - c->ast->nodes));
    if (status == EVEX_OK)
        status = evex_time_of(c, &terms[0], nodes[0]->place, wanted == 'D', &times[0]);
    if (status != EVEX_OK)
        return status;
    unit = evex_unit_base(times[0].unit);
    status = read_unit(c, nodes[1], &terms[1], &unit);
    if (status != EVEX_OK)
        return status;
    if (!may_become(times[0].sort, wanted, nodes[1] != NULL))
        return evex_times_refuse(c, node, name, terms, 1, wanted == 'D' ? for_point : for_span);
    /* Whether the units are near enough, and of one kind where they are of spans. */
    times[1] = (evex_time){.unit = (uint8_t)(wanted == 'S' ? EVEX_SPAN | unit : unit)};
    if ((status = evex_times_unit(c, node, times, 2, &reached)) != EVEX_OK)
        return status;
    *result = evex_time_term(c, evex_time_in(c, &times[0], unit), times[1].unit);
    return evex_check_memory(c);
}

/* ---- Forms ---------------------------------------------------------------------------------- */

evex_status evex_times_form(evex_checker *c, const evex_ast_node *node, evex_form form,
                            const evex_ast_node *const *nodes, const evex_term *terms,
                            evex_term *result) {
    switch (form) {
    case EVEX_FORM_CLIP:
        return clip(c, node, nodes, terms, result);
    case EVEX_FORM_ISNAT:
        return isnat(c, node, nodes, terms, result);
    case EVEX_FORM_DATETIME64:
        return convert(c, node, nodes, terms, 'D', result);
    case EVEX_FORM_TIMEDELTA64:
        return convert(c, node, nodes, terms, 'S', result);
    default:
        break;
    }
    size_t i = 0;
    while (!evex_term_is_time(&terms[i]))
        i++;
    evex_fail(c->error, EVEX_BAD_TYPE, nodes[i]->place, "'%.*s' has no meaning for %s",
              (int)node->value.text.n_bytes, node->value.text.bytes,
              evex_term_type_name(&terms[i]));
    evex_hint(c->error, "cast with int64() or float64() to compute with the bare numbers");
    return EVEX_BAD_TYPE;
}
