/* SPDX-License-Identifier: MIT */
/*
 * Nulls: every term may have a validity, a bool value that is true where the term is not null, and
 * everything the language says of nulls is written here as ordinary boolean instructions. An
 * elementwise rule needs to know nothing of it: a null in gives a null out unless the rule has set
 * a validity of its own. What a value holds where it is null is unspecified. See check.h.
 */
#include "compiler/check.h"
#include "compiler/times.h"

/* ---- Validities ----------------------------------------------------------------------------- */

/* 1 and 0 for the constants, -1 for what is known only when the arrays are. */
static int known_truth(const evex_checker *c, evex_ir_id validity) {
    const uint8_t *truth = evex_ir_constant_bytes(c->ir, validity);
    return truth == NULL ? -1 : *truth != 0;
}

evex_ir_id evex_validity_constant(evex_checker *c, int is_valid) {
    const uint8_t truth = is_valid != 0;
    return evex_ir_number(c->ir, EVEX_BOOL, &truth);
}

/* Whether `any` is the reduction any(validity) to one value, which validity implies. */
static int is_any_of(const evex_checker *c, evex_ir_id any, evex_ir_id validity) {
    const evex_ir_value *value = &c->ir->values[any];
    if (value->kind != EVEX_IR_REDUCTION || !value->is_scalar)
        return 0;
    const evex_ir_reduction *reduction = &c->ir->reductions[value->index];
    return reduction->spec.kind == EVEX_RED_ANY && reduction->source == validity &&
           reduction->mask == EVEX_IR_NONE;
}

evex_ir_id evex_validity_and(evex_checker *c, evex_ir_id a, evex_ir_id b) {
    if (a == EVEX_IR_NONE || b == EVEX_IR_NONE)
        return a == EVEX_IR_NONE ? b : a;
    if (a == b || known_truth(c, a) == 1 || known_truth(c, b) == 0 || is_any_of(c, a, b))
        return b;
    if (known_truth(c, b) == 1 || known_truth(c, a) == 0 || is_any_of(c, b, a))
        return a;
    return evex_ir_binary(c->ir, EVEX_OP_AND, a, b);
}

/* Where a or b holds; neither is EVEX_IR_NONE. */
static evex_ir_id either(evex_checker *c, evex_ir_id a, evex_ir_id b) {
    if (a == b || known_truth(c, a) == 1 || known_truth(c, b) == 0)
        return a;
    return known_truth(c, b) == 1 || known_truth(c, a) == 0
               ? b
               : evex_ir_binary(c->ir, EVEX_OP_OR, a, b);
}

static evex_ir_id not(evex_checker * c, evex_ir_id a) {
    return evex_ir_unary(c->ir, EVEX_OP_INVERT, a);
}

/* Whether a term's validity, which may be left out, has the term's shape; a constant has none. */
static int has_whole_validity(const evex_checker *c, const evex_term *t) {
    return t->kind == EVEX_TERM_LITERAL || c->ir->values[t->value].is_scalar ||
           (t->validity != EVEX_IR_NONE && t->is_validity_whole && known_truth(c, t->validity) < 0);
}

void evex_term_set_validity(evex_checker *c, evex_term *t, evex_ir_id validity, int is_whole) {
    t->validity = known_truth(c, validity) == 1 ? EVEX_IR_NONE : validity;
    if (t->kind != EVEX_TERM_LITERAL && t->kind != EVEX_TERM_NA)
        t->validity = evex_ir_beside(c->ir, t->validity, t->value);
    t->is_validity_whole = (uint8_t)is_whole;
    c->has_own_validity = 1;
}

/* Where no child is null; *is_whole as in evex_term. */
static evex_ir_id validity_of_children(evex_checker *c, const evex_ast_node *node, int *is_whole) {
    evex_ir_id validity = EVEX_IR_NONE;
    *is_whole = 1;
    for (size_t i = 0; i < node->n_children; i++) {
        const evex_term *t = &c->terms[node->children[i]];
        if (t->kind != EVEX_TERM_LITERAL && t->kind != EVEX_TERM_WEAK &&
            t->kind != EVEX_TERM_STRONG)
            continue;
        validity = evex_validity_and(c, validity, t->validity);
        *is_whole &= has_whole_validity(c, t);
    }
    return validity;
}

void evex_term_take_validity(evex_checker *c, const evex_ast_node *node, evex_term *t) {
    int is_whole;
    const evex_ir_id validity = validity_of_children(c, node, &is_whole);
    evex_term_set_validity(c, t, validity, is_whole);
}

void evex_nulls_pass_through(evex_checker *c, const evex_ast_node *node, size_t first_note,
                             evex_term *result) {
    evex_term_take_validity(c, node, result);
    for (size_t i = first_note; i < c->ir->n_notes; i++)
        c->ir->notes[i].validity = evex_validity_and(c, c->ir->notes[i].validity, result->validity);
}

evex_ir_id evex_validity_whole(evex_checker *c, const evex_term *t) {
    if (t->validity == EVEX_IR_NONE || has_whole_validity(c, t))
        return t->validity;
    /* Ones in the value's shape, whatever its type: x != x or x == x. */
    const evex_ir_id differs = evex_ir_binary(c->ir, EVEX_OP_NE, t->value, t->value);
    const evex_ir_id ones = evex_ir_unary(c->ir, EVEX_OP_ONES, differs);
    return evex_ir_binary(c->ir, EVEX_OP_AND, t->validity, ones);
}

evex_ir_id evex_validity_written(evex_checker *c, evex_ir_id validity) {
    const evex_ir_value *value = &c->ir->values[validity];
    if (value->kind == EVEX_IR_REDUCTION && !value->is_scalar && !value->is_grouped)
        return evex_ir_repeat_reduction(c->ir, validity);
    const int is_moved = value->kind == EVEX_IR_INPUT ||
                         (value->kind == EVEX_IR_INSN && value->op == EVEX_OP_SELECT);
    return is_moved ? evex_ir_binary(c->ir, EVEX_OP_AND, validity, validity) : validity;
}

/* ---- Logic ---------------------------------------------------------------------------------- */

/* Where a bool decides the result alone: it is not null, and false for `and`, true for `or`. */
static evex_ir_id where_deciding(evex_checker *c, evex_op op, evex_ir_id value,
                                 evex_ir_id validity) {
    const evex_ir_id decides = op == EVEX_OP_AND ? not(c, value) : value;
    return validity == EVEX_IR_NONE ? decides
                                    : evex_ir_binary(c->ir, EVEX_OP_AND, validity, decides);
}

void evex_validity_of_logic(evex_checker *c, evex_op op, const evex_term *a, evex_ir_id left,
                            const evex_term *b, evex_ir_id right, evex_term *result) {
    const evex_ir_id p = a->validity, q = b->validity;
    const int has_left = q != EVEX_IR_NONE || has_whole_validity(c, a);
    const int has_right = p != EVEX_IR_NONE || has_whole_validity(c, b);
    evex_ir_id validity = evex_validity_and(c, p, q);
    if (p != q && q != EVEX_IR_NONE)
        validity = either(c, validity, where_deciding(c, op, left, p));
    if (p != q && p != EVEX_IR_NONE)
        validity = either(c, validity, where_deciding(c, op, right, q));
    evex_term_set_validity(c, result, validity, p != q && has_left && has_right);
}

evex_ir_id evex_validity_of_truth(evex_checker *c, const evex_term *t, evex_ir_id truth) {
    return t->validity == EVEX_IR_NONE ? truth
                                       : evex_ir_binary(c->ir, EVEX_OP_AND, truth, t->validity);
}

/* ---- Choices -------------------------------------------------------------------------------- */

void evex_validity_of_choice(evex_checker *c, evex_ir_id selector, const evex_term *x,
                             const evex_term *y, evex_term *result) {
    const evex_ir_id p = x->validity, q = y->validity;
    const int is_whole = has_whole_validity(c, x) && has_whole_validity(c, y);
    evex_ir_id validity = EVEX_IR_NONE;
    if (p == q)
        validity = p;
    else if (p == EVEX_IR_NONE)
        validity = either(c, selector, q);
    else if (q == EVEX_IR_NONE)
        validity = either(c, not(c, selector), p);
    else if (known_truth(c, p) == 0)
        validity = evex_validity_and(c, not(c, selector), q);
    else if (known_truth(c, q) == 0)
        validity = evex_validity_and(c, selector, p);
    else
        validity = evex_ir_ternary(c->ir, EVEX_OP_SELECT, selector, p, q);
    evex_term_set_validity(c, result, validity, p != q && is_whole);
}

/* x where selector holds, else y, in their common type. */
static evex_status choose(evex_checker *c, const evex_ast_node *node, evex_ir_id selector,
                          const evex_term *terms, evex_term *result) {
    evex_ir_id values[2];
    int is_strong;
    const evex_ast_index as_where[] = {0, node->children[0], node->children[1]};
    evex_ast_node call = *node;
    call.children = as_where;
    call.n_children = 3;
    if (evex_terms_have_time(terms, 2))
        return evex_times_where(c, &call, selector, result);
    const evex_dtype common = evex_common_dtype(terms, 2, &is_strong);
    if (common == EVEX_N_DTYPES)
        return evex_fail_operands(c, node,
                                  "?"
                                  "?",
                                  "operands of one kind", terms, 2);
    if (common == EVEX_STR)
        return evex_fail(c->error, EVEX_UNSUPPORTED, node->place,
                         "results of type str are not supported by this version");
    const evex_status status = evex_terms_adapt(c, terms, 2, common, node, 0, values);
    if (status != EVEX_OK)
        return status;
    *result = evex_term_strong(
        c, selector == EVEX_IR_NONE
               ? values[0]
               : evex_ir_ternary(c->ir, EVEX_OP_SELECT, selector, values[0], values[1]));
    if (!is_strong)
        result->kind = EVEX_TERM_WEAK;
    return evex_check_memory(c);
}

static int is_one_value(const evex_checker *c, const evex_term *t) {
    return t->kind == EVEX_TERM_LITERAL || c->ir->values[t->value].is_scalar;
}

/* x ?? y. Where x cannot be null the answer is x, in the shape that both broadcast to. */
evex_status evex_check_coalesce(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    const evex_term terms[] = {evex_term_of_child(c, node, 0), evex_term_of_child(c, node, 1)};
    evex_status status = evex_require_value(c, node->children[0]);
    if (status == EVEX_OK)
        status = evex_require_value(c, node->children[1]);
    if (status != EVEX_OK)
        return status;
    const evex_ir_id p = terms[0].validity, q = terms[1].validity;
    const int is_x =
        p == EVEX_IR_NONE && is_one_value(c, &terms[1]) && !evex_terms_have_time(terms, 2);
    const evex_ir_id selector = is_x                ? EVEX_IR_NONE
                                : p == EVEX_IR_NONE ? evex_validity_constant(c, 1)
                                                    : p;
    status = choose(c, node, selector, terms, result);
    if (status != EVEX_OK)
        return status;
    evex_term_set_validity(c, result,
                           p == EVEX_IR_NONE || q == EVEX_IR_NONE ? EVEX_IR_NONE : either(c, p, q),
                           has_whole_validity(c, &terms[0]) && has_whole_validity(c, &terms[1]));
    return evex_check_memory(c);
}

evex_status evex_check_isna(evex_checker *c, const evex_term *x, int is_negated,
                            evex_term *result) {
    if (x->kind == EVEX_TERM_LITERAL) {
        *result = evex_term_bool((x->validity == EVEX_IR_NONE) == is_negated);
        evex_term_set_validity(c, result, EVEX_IR_NONE, 1);
        return EVEX_OK;
    }
    evex_term whole = *x;
    if (whole.validity == EVEX_IR_NONE) {
        whole.validity = evex_validity_constant(c, 1);
        whole.is_validity_whole = 0;
    }
    const evex_ir_id validity = evex_validity_whole(c, &whole);
    *result = evex_term_strong(c, is_negated ? validity : not(c, validity));
    if (x->kind == EVEX_TERM_WEAK)
        result->kind = EVEX_TERM_WEAK;
    evex_term_set_validity(c, result, EVEX_IR_NONE, 1);
    return evex_check_memory(c);
}

/* ---- NA ------------------------------------------------------------------------------------- */

static int is_na(const evex_term *t) {
    return t->kind == EVEX_TERM_NA;
}

/* A child that has a type for the NAs beside it to take, at or behind `first`; n_children: none. */
static size_t find_model(const evex_checker *c, const evex_ast_node *node, size_t first) {
    size_t i = first;
    while (i < node->n_children && (is_na(&c->terms[node->children[i]]) ||
                                    c->terms[node->children[i]].kind == EVEX_TERM_NONE ||
                                    c->terms[node->children[i]].kind == EVEX_TERM_TUPLE))
        i++;
    return i;
}

/* Gives a null the type and value of another term. */
static void adapt_to(evex_checker *c, evex_term *na, const evex_term *model) {
    *na = *model;
    na->validity = evex_validity_constant(c, 0);
    na->is_validity_whole = 0;
}

static void adapt_all(evex_checker *c, const evex_ast_node *node, const evex_term *model,
                      size_t first, size_t n) {
    for (size_t i = first; i < first + n; i++)
        if (is_na(&c->terms[node->children[i]]))
            adapt_to(c, &c->terms[node->children[i]], model);
}

static int has_na(const evex_checker *c, const evex_ast_node *node) {
    for (size_t i = 0; i < node->n_children; i++)
        if (is_na(&c->terms[node->children[i]]))
            return 1;
    return 0;
}

/* The type of a lone NA: of bool, which every cast and every function of the host's takes. */
static void adapt_lone(evex_checker *c, const evex_ast_node *node) {
    evex_term model = evex_term_bool(0);
    if (node->kind == EVEX_AST_IN) {
        const evex_ast_node *tuple = &c->ast->nodes[node->children[1]];
        if (tuple->n_children > 0 && !is_na(&c->terms[tuple->children[0]]))
            model = c->terms[tuple->children[0]];
    }
    adapt_all(c, node, &model, 0, node->n_children);
}

/* Calls that say themselves what a lone NA is; *is_lone: also beside others. */
static int takes_lone(const evex_ast_node *node, int *is_lone) {
    const evex_function function =
        evex_find_function(node->value.text.bytes, node->value.text.n_bytes);
    *is_lone = function.class == EVEX_FUNCTION_CAST || function.class == EVEX_NO_FUNCTION;
    return *is_lone || (function.class == EVEX_FUNCTION_FORM &&
                        (function.id == EVEX_FORM_ISNA || function.id == EVEX_FORM_NOTNA));
}

static int is_choice(const evex_ast_node *node) {
    if (node->kind != EVEX_AST_CALL)
        return node->kind == EVEX_AST_IF;
    const evex_function function =
        evex_find_function(node->value.text.bytes, node->value.text.n_bytes);
    return function.class == EVEX_FUNCTION_OP && function.id == EVEX_OP_SELECT;
}

static int is_reduction(const evex_ast_node *node) {
    return node->kind == EVEX_AST_CALL &&
           evex_find_function(node->value.text.bytes, node->value.text.n_bytes).class ==
               EVEX_FUNCTION_REDUCTION;
}

/* Whether NA alone is an operand of its own type here. */
static int is_lone(const evex_checker *c, const evex_ast_node *node) {
    int always = 0;
    switch (node->kind) {
    case EVEX_AST_AND:
    case EVEX_AST_OR:
    case EVEX_AST_NOT:
        return 1;
    case EVEX_AST_COMPARE:
    case EVEX_AST_IN:
        return find_model(c, node, 0) == node->n_children;
    case EVEX_AST_CALL:
        return takes_lone(node, &always) && (always || find_model(c, node, 0) == node->n_children);
    default:
        return 0;
    }
}

int evex_nulls_adapt(evex_checker *c, const evex_ast_node *node) {
    const evex_term truth = evex_term_bool(0);
    if (!has_na(c, node) || node->kind == EVEX_AST_TUPLE || node->kind == EVEX_AST_KEYWORD ||
        is_reduction(node))
        return 0;
    if (is_lone(c, node)) {
        adapt_lone(c, node);
        return 0;
    }
    const size_t first = is_choice(node);
    if (first > 0)
        adapt_all(c, node, &truth, 0, 1);
    const size_t model = find_model(c, node, first);
    if (model == node->n_children)
        return 1;
    const evex_term t = c->terms[node->children[model]];
    adapt_all(c, node, &t, first, node->n_children - first);
    return 0;
}
