/* SPDX-License-Identifier: MIT */
/*
 * Calls: which function a name means, how many arguments it takes, casts by a type's name, and the
 * host's own functions. See check.h.
 */
#include <string.h>

#include "compiler/check.h"

/* ---- Arguments ------------------------------------------------------------------------------ */

size_t evex_n_positional(const evex_checker *c, const evex_ast_node *call) {
    size_t n = call->n_children;
    while (n > 0 && c->ast->nodes[call->children[n - 1]].kind == EVEX_AST_KEYWORD)
        n--;
    return n;
}

evex_status evex_require_arguments(const evex_checker *c, const evex_ast_node *call, size_t n) {
    const size_t n_found = evex_n_positional(c, call);
    const int n_bytes = (int)call->value.text.n_bytes;
    if (n_found < call->n_children) {
        const evex_ast_node *keyword = &c->ast->nodes[call->children[n_found]];
        return evex_fail(c->error, EVEX_BAD_CALL, keyword->token,
                         "'%.*s' takes no keyword argument '%.*s'", n_bytes, call->value.text.bytes,
                         (int)keyword->value.text.n_bytes, keyword->value.text.bytes);
    }
    if (n_found == n)
        return EVEX_OK;
    evex_fail(c->error, EVEX_BAD_CALL, call->token, "'%.*s' takes %zu argument%s, found %zu",
              n_bytes, call->value.text.bytes, n, n == 1 ? "" : "s", n_found);
    evex_outer(c->error, call->place);
    return EVEX_BAD_CALL;
}

/* ---- Casts ---------------------------------------------------------------------------------- */

static evex_status check_cast(evex_checker *c, const evex_ast_node *node, evex_dtype dtype,
                              evex_term *result) {
    evex_status status = evex_require_arguments(c, node, 1);
    if (status == EVEX_OK)
        status = evex_require_value(c, node->children[0]);
    if (status != EVEX_OK)
        return status;
    const evex_term t = evex_term_of_child(c, node, 0);
    if (t.dtype == EVEX_STR)
        return evex_fail_operands(c, node, evex_dtype_name(dtype), "a number", &t, 1);
    evex_ir_id value;
    status = evex_term_adapt(c, &t, dtype, c->ast->nodes[node->children[0]].place, &value);
    if (status != EVEX_OK)
        return status;
    if (!evex_term_is_weak(&t) || evex_term_sort(&t) != 'i')
        evex_note_cast(c, evex_term_cast(c, &t, (evex_dtype)t.dtype), value);
    *result = evex_term_strong(c, value);
    return status;
}

/* ---- The host's functions ------------------------------------------------------------------- */

static int casts_to_parameter(const evex_term *t, evex_dtype dtype) {
    if (t->dtype == EVEX_STR || t->unit != 0)
        return 0;
    if (!evex_term_is_weak(t))
        return evex_casts_within_kind((evex_dtype)t->dtype, dtype);
    const char kind = evex_dtype_kind(dtype);
    switch (evex_term_sort(t)) {
    case 'b':
        return 1;
    case 'i':
        return kind != 'b';
    case 'f':
        return kind == 'f' || kind == 'c';
    default:
        return kind == 'c';
    }
}

static evex_status check_user_call(evex_checker *c, const evex_ast_node *node,
                                   const evex_user_function *function, evex_term *result) {
    evex_status status = evex_require_arguments(c, node, function->n_operands);
    evex_ir_id *operands =
        evex_arena_push_array(c->arena, function->n_operands + 1, sizeof *operands);
    if (status == EVEX_OK && operands == NULL)
        status = evex_fail_memory(c->error);
    if (status != EVEX_OK)
        return status;
    operands[0] = evex_ir_function(c->ir, function->name, strlen(function->name));
    for (size_t i = 0; i < function->n_operands; i++) {
        const evex_term t = evex_term_of_child(c, node, i);
        const evex_dtype dtype = function->operands[i];
        const evex_place place = c->ast->nodes[node->children[i]].place;
        if ((status = evex_require_value(c, node->children[i])) != EVEX_OK)
            return status;
        if (!casts_to_parameter(&t, dtype)) {
            evex_fail(c->error, EVEX_BAD_TYPE, place, "'%s' takes %s here, found %s",
                      function->name, evex_dtype_name(dtype), evex_term_type_name(&t));
            if (t.unit != 0)
                evex_hint(c->error, "cast with int64() or float64()");
            return EVEX_BAD_TYPE;
        }
        if ((status = evex_term_adapt(c, &t, dtype, place, &operands[i + 1])) != EVEX_OK)
            return status;
    }
    if ((status = evex_check_memory(c)) == EVEX_OK)
        *result = evex_term_strong(
            c, evex_ir_call(c->ir, function->result, operands, function->n_operands + 1));
    return status;
}

/* ---- Names ---------------------------------------------------------------------------------- */

static const char *nearest_function(const evex_checker *c, const evex_ast_node *node) {
    size_t n;
    const char *const *names = evex_function_names(&n);
    const evex_user_function *user;
    const char *nearest = evex_nearest(node->value.text.bytes, node->value.text.n_bytes, names, n);
    for (size_t i = 0; nearest == NULL && (user = evex_functions_at(c->functions, i)) != NULL; i++)
        nearest = evex_nearest(node->value.text.bytes, node->value.text.n_bytes, &user->name, 1);
    return nearest;
}

static evex_status fail_unknown(const evex_checker *c, const evex_ast_node *node) {
    const int n_bytes = (int)node->value.text.n_bytes;
    const char *nearest = nearest_function(c, node);
    if (nearest != NULL)
        return evex_fail(c->error, EVEX_UNKNOWN_NAME, node->token,
                         "unknown function '%.*s'; did you mean '%s'?", n_bytes,
                         node->value.text.bytes, nearest);
    return evex_fail(c->error, EVEX_UNKNOWN_NAME, node->token, "unknown function '%.*s'", n_bytes,
                     node->value.text.bytes);
}

static evex_status check_op_call(evex_checker *c, const evex_ast_node *node, evex_op op,
                                 evex_term *result) {
    const evex_status status = evex_require_arguments(c, node, evex_op_infos[op].arity);
    if (status == EVEX_OK && evex_is_complex_op(op))
        return evex_check_complex_op(c, node, op, result);
    return status == EVEX_OK ? evex_check_op(c, node, op, 0, 0, result) : status;
}

evex_status evex_check_call(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    const char *name = node->value.text.bytes;
    const size_t n_bytes = node->value.text.n_bytes;
    const evex_function function = evex_find_function(name, n_bytes);
    switch (function.class) {
    case EVEX_FUNCTION_OP:
        return function.id == EVEX_OP_MATCHES
                   ? evex_check_matches(c, node, result)
                   : check_op_call(c, node, (evex_op)function.id, result);
    case EVEX_FUNCTION_FORM:
        return evex_check_form(c, node, (evex_form)function.id, result);
    case EVEX_FUNCTION_REDUCTION:
        return evex_check_reduction(c, node, (evex_reduction_kind)function.id, 0, result);
    case EVEX_FUNCTION_CAST:
        return check_cast(c, node, (evex_dtype)function.id, result);
    case EVEX_NO_FUNCTION:
        break;
    }
    const evex_user_function *user = evex_functions_find(c->functions, name, n_bytes);
    return user != NULL ? check_user_call(c, node, user, result) : fail_unknown(c, node);
}
