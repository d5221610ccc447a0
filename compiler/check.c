/* SPDX-License-Identifier: MIT */
/*
 * The checker's walk: one rule for each kind of syntax node, called on every node in order, so that
 * a rule finds the terms of its children ready. Operators and elementwise functions share
 * evex_check_op. See check.h for the terms and the neighbouring files.
 */
#include "compiler/check.h"
#include "compiler/times.h"

static evex_insn_place small_place(evex_place place) {
    return (evex_insn_place){(uint32_t)place.offset, (uint32_t)place.length};
}

/* ---- Elementwise operations ----------------------------------------------------------------- */

/* What an op's operands may be, for its error message. */
static const char *needed_operands(evex_op op, int is_complex) {
    const evex_dtype_set types = evex_op_infos[op].types;
    const int takes_floats = (types & 1u << EVEX_F64) != 0, takes_bool = (types & 1u) != 0;
    if (types == 1u << EVEX_STR)
        return "str";
    if (takes_floats)
        return is_complex ? "real numbers" : "numbers";
    return takes_bool ? "bool or integer operands" : "integer operands";
}

static evex_status fail_op(const evex_checker *c, const evex_ast_node *node, evex_op op,
                           const evex_term *terms, size_t n) {
    int is_complex = 0;
    for (size_t i = 0; i < n; i++)
        is_complex |= evex_term_is_complex(&terms[i]);
    const evex_status status = evex_fail_operands(c, node, evex_op_infos[op].name,
                                                  needed_operands(op, is_complex), terms, n);
    if (is_complex)
        evex_hint_complex(c, op);
    if (op == EVEX_OP_XOR)
        evex_hint(c->error, "'^' is exclusive or; a power is written '**'");
    else if (op == EVEX_OP_AND || op == EVEX_OP_OR)
        evex_hint(c->error, "parenthesise a comparison: '%s' binds tighter than '<'",
                  evex_op_infos[op].name);
    return status;
}

/* bool + bool could mean three things, so it is refused. Returns whether it was. */
static int refuse_bools(const evex_checker *c, const evex_ast_node *node, evex_op op,
                        evex_dtype common) {
    if (common != EVEX_BOOL || (op != EVEX_OP_ADD && op != EVEX_OP_SUB && op != EVEX_OP_NEG))
        return 0;
    const char *spelling = op == EVEX_OP_ADD ? "+" : "-";
    evex_fail(c->error, EVEX_BAD_TYPE, node->token, "'%s' has no meaning for bool", spelling);
    evex_outer(c->error, node->place);
    evex_expected(c->error, "numbers", "bool");
    evex_hint(c->error, op == EVEX_OP_ADD   ? "cast with int64(), or count with count_nonzero()"
                        : op == EVEX_OP_SUB ? "cast with int64(), or use '^' for a difference"
                                            : "'~' or 'not' is the opposite; int64() casts");
    return 1;
}

static evex_ir_id build(evex_ir *ir, evex_op op, const evex_ir_id *values) {
    switch (evex_op_infos[op].arity) {
    case 1:
        return evex_ir_unary(ir, op, values[0]);
    case 2:
        return evex_ir_binary(ir, op, values[0], values[1]);
    default:
        return evex_ir_ternary(ir, op, values[0], values[1], values[2]);
    }
}

/* A float function of two arrays of integers. NumPy casts each of them safely by itself: int16
 * beside uint16 gives float32, although their common int32 would need float64. */
static int is_float_of_integers(const evex_op_info *info, const evex_term *terms,
                                evex_dtype common) {
    return info->arity == 2 && !(info->types >> common & 1) && !(info->types >> EVEX_I64 & 1) &&
           evex_dtype_kind(common) != 'c' && info->promotion == EVEX_TO_SMALLEST &&
           !evex_term_is_weak(&terms[0]) && !evex_term_is_weak(&terms[1]);
}

/* The type that an op works in; EVEX_N_DTYPES: none. Bools become ints where the op has no bools,
 * of the weak ints' type when they are weak themselves. */
static evex_dtype operation_dtype(const evex_op_info *info, const evex_term *terms,
                                  evex_dtype common, int is_weak) {
    if (is_float_of_integers(info, terms, common))
        return evex_promote(
            evex_promote_into(info->types, EVEX_TO_SMALLEST, (evex_dtype)terms[0].dtype),
            evex_promote_into(info->types, EVEX_TO_SMALLEST, (evex_dtype)terms[1].dtype));
    const evex_dtype dtype =
        evex_promote_into(info->types, (evex_promotion)info->promotion, common);
    return is_weak && common == EVEX_BOOL && dtype == EVEX_I8 ? EVEX_I64 : dtype;
}

/* NumPy's ** takes the exponent 2 for its square(), which gives int8 for bool, unlike power(). */
static int is_square_of_bool(const evex_term *terms, evex_dtype dtype) {
    return terms[0].dtype == EVEX_BOOL && !evex_term_is_weak(&terms[0]) && dtype == EVEX_I64 &&
           evex_term_is_literal(&terms[1]) && evex_term_number(&terms[1]) == 2;
}

static evex_status check_operands(evex_checker *c, const evex_ast_node *node, evex_op op,
                                  size_t first_child, const evex_term *terms, int is_operator,
                                  evex_term *result) {
    const evex_op_info *info = &evex_op_infos[op];
    int is_strong, is_done = 0;
    evex_ir_id values[3];
    const evex_dtype common = evex_common_dtype(terms, info->arity, &is_strong);
    if (op == EVEX_OP_ABS && evex_term_is_complex(&terms[0]))
        info = &evex_op_infos[op = EVEX_OP_MAGNITUDE];
    if (common != EVEX_N_DTYPES && refuse_bools(c, node, op, common))
        return EVEX_BAD_TYPE;
    evex_dtype dtype =
        common == EVEX_N_DTYPES ? EVEX_N_DTYPES : operation_dtype(info, terms, common, !is_strong);
    if (dtype == EVEX_N_DTYPES)
        return fail_op(c, node, op, terms, info->arity);
    if (evex_is_computed_in_float(c, op, dtype))
        dtype = EVEX_F64;
    evex_status status = evex_terms_adapt(c, terms, info->arity, dtype, node, first_child, values);
    if (status == EVEX_OK && op == EVEX_OP_POW) {
        const evex_term base =
            evex_term_strong(c, is_operator && is_square_of_bool(terms, dtype)
                                    ? evex_ir_cast(c->ir, terms[0].value, EVEX_I8)
                                    : values[0]);
        status = evex_check_literal_power(c, node, &base, &terms[1], result, &is_done);
    }
    if (status != EVEX_OK)
        return status;
    if (!is_done) {
        *result = evex_term_strong(c, build(c->ir, op, values));
        evex_note_overflow(c, op, values, result->value);
    }
    if (is_operator && !is_strong)
        result->kind = EVEX_TERM_WEAK;
    return evex_check_memory(c);
}

evex_status evex_check_op(evex_checker *c, const evex_ast_node *node, evex_op op,
                          size_t first_child, int is_operator, evex_term *result) {
    const size_t n = evex_op_infos[op].arity;
    evex_term terms[3];
    int are_literals = 1, is_known = 0;
    for (size_t i = 0; i < n; i++) {
        terms[i] = evex_term_of_child(c, node, first_child + i);
        are_literals &= evex_term_is_literal(&terms[i]);
        const evex_status status = evex_require_value(c, node->children[first_child + i]);
        if (status != EVEX_OK)
            return status;
    }
    if (evex_terms_have_time(terms, n))
        return evex_times_op(c, node, op, first_child, terms, result);
    if (is_operator && are_literals) {
        const evex_status status =
            evex_literal_op(c, node, op, &terms[0], &terms[n - 1], result, &is_known);
        if (status != EVEX_OK || is_known)
            return status;
    }
    return check_operands(c, node, op, first_child, terms, is_operator, result);
}

/* ---- Leaves --------------------------------------------------------------------------------- */

static evex_status check_int(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    (void)c;
    *result = evex_term_int((int64_t)node->value.integer);
    if (node->is_huge) {
        result->is_huge = 1;
        result->as.number = node->value.number;
    } else if (node->value.integer > INT64_MAX) {
        result->dtype = EVEX_U64;
        result->as.u64 = node->value.integer;
    }
    return EVEX_OK;
}

static evex_status check_float(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    (void)c;
    *result = evex_term_float(node->value.number);
    return EVEX_OK;
}

static evex_status check_imaginary(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    (void)c;
    *result = evex_term_of_complex((evex_c128){0, node->value.number});
    return EVEX_OK;
}

static evex_status check_bool(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    (void)c;
    *result = evex_term_bool(node->value.integer != 0);
    return EVEX_OK;
}

static evex_status check_str(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    (void)c;
    *result = (evex_term){.kind = EVEX_TERM_LITERAL, .dtype = EVEX_STR};
    result->as.text.bytes = node->value.text.bytes;
    result->as.text.n_bytes = node->value.text.n_bytes;
    return EVEX_OK;
}

static evex_status check_none(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    (void)c, (void)node;
    *result = (evex_term){.kind = EVEX_TERM_NONE};
    return EVEX_OK;
}

static evex_status check_na(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    (void)c, (void)node;
    *result = (evex_term){.kind = EVEX_TERM_NA};
    return EVEX_OK;
}

static evex_status check_tuple(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    (void)c, (void)node;
    *result = (evex_term){.kind = EVEX_TERM_TUPLE};
    return EVEX_OK;
}

static evex_status check_var(const evex_checker *c, const evex_var *var, evex_place place) {
    const unsigned weak = 1u << EVEX_BOOL | 1u << EVEX_I64 | 1u << EVEX_U64 | 1u << EVEX_F64 |
                          1u << EVEX_C128 | 1u << EVEX_STR;
    const int is_dtype = (unsigned)var->dtype < EVEX_N_DTYPES;
    if (!is_dtype || (unsigned)var->kind > EVEX_WEAK ||
        (var->kind == EVEX_WEAK && (weak >> var->dtype & 1) == 0))
        return evex_fail(c->error, EVEX_INVALID_ARGUMENT, place, "variable '%s' has no valid type",
                         var->name);
    if (var->nullable > 1)
        return evex_fail(c->error, EVEX_INVALID_ARGUMENT, place,
                         "variable '%s' is neither nullable nor not", var->name);
    return evex_times_check_var(c, var, place);
}

static evex_status check_name(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    const evex_name_use use = c->names->uses[node - c->ast->nodes];
    if (use.class == EVEX_NAME_CONSTANT) {
        *result = evex_term_float(evex_named_constant(use.index));
        return EVEX_OK;
    }
    if (use.class == EVEX_NAME_ITEM) {
        *result = c->terms[c->ast->items[use.index].node];
        c->has_own_validity = 1;
        return EVEX_OK;
    }
    const evex_var *var = c->ir->inputs[use.index].var;
    const evex_status status = check_var(c, var, node->place);
    if (status != EVEX_OK)
        return status;
    evex_ir_id value = evex_ir_input_value(c->ir, use.index);
    if (var->dtype == EVEX_F16) /* storage only */
        value = evex_ir_cast(c->ir, value, EVEX_F32);
    *result = evex_ir_is_weak(var) ? evex_term_weak(c, value) : evex_term_strong(c, value);
    result->unit = var->unit;
    const uint32_t validity = c->ir->inputs[use.index].validity;
    if (validity != EVEX_IR_NO_INPUT)
        evex_term_set_validity(c, result, evex_ir_input_value(c->ir, validity), 1);
    return EVEX_OK;
}

/* ---- Operators ------------------------------------------------------------------------------ */

static evex_status check_unary(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    if (node->op != EVEX_OP_COPY)
        return evex_check_op(c, node, (evex_op)node->op, 0, 1, result);
    *result = evex_term_of_child(c, node, 0);
    const evex_status status = evex_require_value(c, node->children[0]);
    if (status != EVEX_OK || result->dtype != EVEX_STR)
        return status;
    return evex_fail_operands(c, node, "+", "numbers", result, 1);
}

static evex_status check_binary(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    return evex_check_op(c, node, (evex_op)node->op, 0, 1, result);
}

static void logical(evex_checker *c, evex_op op, const evex_term *a, const evex_term *b,
                    evex_term *result) {
    const int is_weak = evex_term_is_weak(a) && evex_term_is_weak(b);
    const evex_ir_id left = evex_term_cast(c, a, EVEX_BOOL);
    const evex_ir_id right = evex_term_cast(c, b, EVEX_BOOL);
    evex_term both = evex_term_strong(c, evex_ir_binary(c->ir, op, left, right));
    if (is_weak)
        both.kind = EVEX_TERM_WEAK;
    evex_validity_of_logic(c, op, a, left, b, right, &both);
    *result = both;
}

static evex_status check_and_or(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    const int is_and = node->kind == EVEX_AST_AND;
    const char *what = is_and ? "'and'" : "'or'";
    evex_status status = evex_require_bool(c, node, 0, what);
    if (status == EVEX_OK)
        status = evex_require_bool(c, node, 1, what);
    if (status != EVEX_OK)
        return status;
    const evex_term a = evex_term_of_child(c, node, 0), b = evex_term_of_child(c, node, 1);
    logical(c, is_and ? EVEX_OP_AND : EVEX_OP_OR, &a, &b, result);
    return EVEX_OK;
}

static evex_status check_not(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    const evex_status status = evex_require_bool(c, node, 0, "'not'");
    if (status != EVEX_OK)
        return status;
    const evex_term a = evex_term_of_child(c, node, 0);
    *result =
        evex_term_strong(c, evex_ir_unary(c->ir, EVEX_OP_INVERT, evex_term_cast(c, &a, EVEX_BOOL)));
    if (evex_term_is_weak(&a))
        result->kind = EVEX_TERM_WEAK;
    return EVEX_OK;
}

/* Of the comparison between children i and i + 1. */
static void take_validity_of_pair(evex_checker *c, const evex_ast_node *node, size_t i,
                                  evex_term *pair) {
    evex_ast_node two = *node;
    two.children += i;
    two.n_children = 2;
    evex_term_take_validity(c, &two, pair);
}

static evex_status check_compare(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    for (size_t i = 0; i + 1 < node->n_children; i++) {
        evex_term pair;
        const evex_status status =
            evex_check_comparison(c, node, (evex_op)node->value.ops[i], i, &pair);
        if (status != EVEX_OK)
            return status;
        take_validity_of_pair(c, node, i, &pair);
        if (i == 0)
            *result = pair;
        else
            logical(c, EVEX_OP_AND, result, &pair, result);
    }
    return EVEX_OK;
}

/* where(condition, x, y), and x if condition else y. */
static evex_status check_if(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    evex_status status = evex_require_bool(c, node, 0, "a condition");
    if (status == EVEX_OK)
        status = evex_require_value(c, node->children[1]);
    if (status == EVEX_OK)
        status = evex_require_value(c, node->children[2]);
    if (status != EVEX_OK)
        return status;
    const evex_term condition = evex_term_of_child(c, node, 0);
    const evex_term branches[] = {evex_term_of_child(c, node, 1), evex_term_of_child(c, node, 2)};
    const evex_ir_id truth = evex_term_cast(c, &condition, EVEX_BOOL);
    const evex_ir_id selector = evex_validity_of_truth(c, &condition, truth);
    if (evex_terms_have_time(branches, 2)) {
        status = evex_times_where(c, node, selector, result);
        evex_validity_of_choice(c, selector, &branches[0], &branches[1], result);
        return status;
    }
    evex_ir_id values[2];
    const evex_dtype common = evex_common_dtype(branches, 2, NULL);
    if (common == EVEX_N_DTYPES)
        return evex_fail_operands(c, node, "where", "branches of one kind", branches, 2);
    if (common == EVEX_STR)
        return evex_fail(c->error, EVEX_UNSUPPORTED, node->place,
                         "results of type str are not supported by this version");
    status = evex_terms_adapt(c, branches, 2, common, node, 1, values);
    if (status != EVEX_OK)
        return status;
    *result =
        evex_term_strong(c, evex_ir_ternary(c->ir, EVEX_OP_SELECT, selector, values[0], values[1]));
    evex_validity_of_choice(c, selector, &branches[0], &branches[1], result);
    return EVEX_OK;
}

static evex_status check_keyword(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    *result = evex_term_of_child(c, node, 0);
    return EVEX_OK;
}

static evex_status check_call(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    const evex_function function =
        evex_find_function(node->value.text.bytes, node->value.text.n_bytes);
    if (function.class != EVEX_FUNCTION_OP || function.id != EVEX_OP_SELECT)
        return evex_check_call(c, node, result);
    const evex_status status = evex_require_arguments(c, node, 3);
    return status == EVEX_OK ? check_if(c, node, result) : status;
}

/* ---- The walk ------------------------------------------------------------------------------- */

typedef evex_status (*rule)(evex_checker *c, const evex_ast_node *node, evex_term *result);

static const rule rules[EVEX_N_AST_KINDS] = {
    [EVEX_AST_INT] = check_int,
    [EVEX_AST_FLOAT] = check_float,
    [EVEX_AST_IMAGINARY] = check_imaginary,
    [EVEX_AST_BOOL] = check_bool,
    [EVEX_AST_STR] = check_str,
    [EVEX_AST_NONE] = check_none,
    [EVEX_AST_NA] = check_na,
    [EVEX_AST_NAME] = check_name,
    [EVEX_AST_UNARY] = check_unary,
    [EVEX_AST_BINARY] = check_binary,
    [EVEX_AST_COMPARE] = check_compare,
    [EVEX_AST_AND] = check_and_or,
    [EVEX_AST_OR] = check_and_or,
    [EVEX_AST_NOT] = check_not,
    [EVEX_AST_COALESCE] = evex_check_coalesce,
    [EVEX_AST_IF] = check_if,
    [EVEX_AST_IN] = evex_check_in,
    [EVEX_AST_TUPLE] = check_tuple,
    [EVEX_AST_CALL] = check_call,
    [EVEX_AST_KEYWORD] = check_keyword,
    [EVEX_AST_ATTRIBUTE] = evex_check_attribute,
};

static evex_status check_node(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    if (evex_nulls_adapt(c, node))
        return check_na(c, node, result);
    const size_t first_note = c->ir->n_notes;
    c->has_own_validity = 0;
    const evex_status status = rules[node->kind](c, node, result);
    if (status != EVEX_OK)
        return status;
    if (!c->has_own_validity)
        evex_nulls_pass_through(c, node, first_note, result);
    return evex_check_memory(c);
}

static evex_status check_result(evex_checker *c, uint32_t index) {
    const evex_ast_item *item = &c->ast->items[index];
    const evex_ast_node *node = &c->ast->nodes[item->node];
    const evex_term *t = &c->terms[item->node];
    evex_status status = evex_require_value(c, item->node);
    if (status != EVEX_OK)
        return status;
    if (t->dtype == EVEX_STR)
        return evex_fail(c->error, EVEX_UNSUPPORTED, node->place,
                         "results of type str are not supported by this version");
    if ((status = evex_term_refuse_huge(c, t, node->place)) != EVEX_OK)
        return status;
    c->ir->place = small_place(node->place);
    const evex_ir_id value = evex_term_cast(c, t, (evex_dtype)t->dtype);
    c->ir->outputs[c->ir->n_outputs++] = (evex_ir_output){.value = value,
                                                          .name = item->name,
                                                          .name_bytes = item->name_bytes,
                                                          .validity = EVEX_IR_NO_OUTPUT,
                                                          .owner = EVEX_IR_NO_OUTPUT,
                                                          .place = small_place(node->place),
                                                          .unit = t->unit};
    return evex_check_memory(c);
}

/* The outputs of the nullable results' validity follow those of the results. */
static evex_status add_validity(evex_checker *c, uint32_t index, uint32_t owner) {
    const evex_term *t = &c->terms[c->ast->items[index].node];
    if (t->validity == EVEX_IR_NONE)
        return EVEX_OK;
    evex_ir_output *output = &c->ir->outputs[c->ir->n_outputs];
    *output = c->ir->outputs[owner];
    output->value = evex_validity_written(c, t->validity);
    output->unit = EVEX_UNIT_NONE;
    output->owner = owner;
    output->name = evex_ir_name_validity(c->arena, output->name, &output->name_bytes);
    c->ir->outputs[owner].validity = (uint32_t)c->ir->n_outputs++;
    return output->name != NULL ? EVEX_OK : evex_fail_memory(c->error);
}

evex_status evex_check(evex_checker *c) {
    c->terms = evex_arena_push_array(c->arena, c->ast->n_nodes, sizeof *c->terms);
    if (c->terms == NULL)
        return evex_fail_memory(c->error);
    evex_status status = EVEX_OK;
    for (size_t i = 0; i < c->ast->n_nodes && status == EVEX_OK; i++) {
        const evex_ast_node *node = &c->ast->nodes[i];
        c->ir->place = small_place(node->token.length > 0 ? node->token : node->place);
        status = check_node(c, node, &c->terms[i]);
    }
    for (size_t i = 0; i < c->names->n_results && status == EVEX_OK; i++)
        status = check_result(c, c->names->results[i]);
    for (size_t i = 0; i < c->names->n_results && status == EVEX_OK; i++)
        status = add_validity(c, c->names->results[i], (uint32_t)i);
    return status == EVEX_OK ? evex_guards_resolve(c) : status;
}
