/* SPDX-License-Identifier: MIT */
/*
 * matches(s, 'pattern'): the pattern is tried here, where its faults have a place in the source,
 * and compiled once more for use when the program is linked (eval/expr.c). A guard looks at whether
 * a search was given up. See check.h.
 */
#include "compiler/check.h"
#include "core/regex.h"
#include "parser/literal.h"

static const evex_ir_failure given_up = {EVEX_GUARD,
                                         "the pattern takes too many steps to match or not",
                                         "nested repetitions such as (a+)+ take very many"};

static evex_status fail_pattern(const evex_checker *c, const evex_ast_node *literal,
                                const evex_regex_fault *fault) {
    evex_fail(c->error, EVEX_SYNTAX, evex_string_place(c->source, literal->place, fault->offset),
              "the pattern is faulty: %s", fault->message);
    evex_outer(c->error, literal->place);
    return EVEX_SYNTAX;
}

static evex_status try_pattern(const evex_checker *c, const evex_ast_node *literal) {
    evex_regex *regex;
    evex_regex_fault fault;
    const evex_str text = {literal->value.text.bytes, literal->value.text.n_bytes};
    const evex_status status = evex_regex_create(&regex, text, 0, c->arena->allocator, &fault);
    evex_regex_free(regex);
    if (status == EVEX_NO_MEMORY)
        return evex_fail_memory(c->error);
    return status == EVEX_OK ? EVEX_OK : fail_pattern(c, literal, &fault);
}

static evex_status check_arguments(const evex_checker *c, const evex_ast_node *node) {
    evex_status status = evex_require_arguments(c, node, 2);
    if (status == EVEX_OK)
        status = evex_require_value(c, node->children[0]);
    if (status != EVEX_OK)
        return status;
    const evex_term subject = evex_term_of_child(c, node, 0);
    if (subject.dtype != EVEX_STR)
        return evex_fail_operands(c, node, "matches", "str", &subject, 1);
    const evex_ast_node *pattern = &c->ast->nodes[node->children[1]];
    if (pattern->kind == EVEX_AST_STR)
        return try_pattern(c, pattern);
    evex_fail(c->error, EVEX_BAD_CALL, pattern->place, "'matches' takes its pattern as a literal");
    evex_hint(c->error, "contains() looks for texts that are not known beforehand");
    evex_outer(c->error, node->place);
    return EVEX_BAD_CALL;
}

evex_status evex_check_matches(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    const evex_status status = check_arguments(c, node);
    if (status != EVEX_OK)
        return status;
    const evex_term subject = evex_term_of_child(c, node, 0);
    const evex_ast_node *literal = &c->ast->nodes[node->children[1]];
    const evex_ir_id s = evex_term_cast(c, &subject, EVEX_STR);
    const evex_ir_id pattern =
        evex_ir_pattern(c->ir, literal->value.text.bytes, literal->value.text.n_bytes);
    /* One behind the other: compiler/schedule.c joins them. */
    const evex_ir_id found = evex_ir_binary(c->ir, EVEX_OP_MATCHES, s, pattern);
    const evex_ir_id exceeds = evex_ir_binary(c->ir, EVEX_OP_EXCEEDS, s, pattern);
    evex_note_guard(c, found, exceeds, EVEX_IR_NONE, &given_up);
    *result = evex_term_strong(c, found);
    return evex_check_memory(c);
}
