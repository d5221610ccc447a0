/* SPDX-License-Identifier: MIT */
/*
 * Steps of the parser that are no grammar: going on to the next token, adding nodes to the tree
 * under the limit on their number, and saying what was expected; see builder.h.
 */
#include "parser/builder.h"

#include <string.h>

/* ---- Errors ------------------------------------------------------------------------------ */

/* Quoted text of the token, or a phrase where it has none worth showing. */
static void describe(const parser *p, const evex_token *token, char buffer[64]) {
    evex_text text = evex_text_in(buffer, 64);
    int has_quotes = token->kind == EVEX_TOKEN_STRING || token->kind == EVEX_TOKEN_BACKTICKS;
    const char *quote = has_quotes ? "" : "'";
    if (token->kind == EVEX_TOKEN_NEWLINE || token->kind == EVEX_TOKEN_END)
        evex_text_format(&text, "%s", evex_token_text(token->kind));
    else
        evex_text_format(&text, "%s%.*s%s", quote,
                         (int)(token->place.length < 48 ? token->place.length : 48),
                         p->lexer.source + token->place.offset, quote);
}

node_index evex_parser_fail(parser *p, evex_place place, const char *message, const char *hint) {
    p->status = evex_fail(p->error, EVEX_SYNTAX, place, "%s", message);
    if (hint)
        evex_hint(p->error, "%s", hint);
    return FAILED;
}

node_index evex_parser_fail_memory(parser *p) {
    p->status = evex_fail_memory(p->error);
    return FAILED;
}

/* Whether a token can only be the beginning of an operand, so that an operator was left out. */
static int begins_operand(evex_token_kind kind) {
    static const uint8_t begins[EVEX_N_TOKENS] = {
        [EVEX_TOKEN_INT] = 1,  [EVEX_TOKEN_FLOAT] = 1, [EVEX_TOKEN_IMAGINARY] = 1,
        [EVEX_TOKEN_NAME] = 1, [EVEX_TOKEN_TRUE] = 1,  [EVEX_TOKEN_BACKTICKS] = 1,
        [EVEX_TOKEN_NA] = 1,   [EVEX_TOKEN_FALSE] = 1, [EVEX_TOKEN_STRING] = 1,
        [EVEX_TOKEN_NONE] = 1, [EVEX_TOKEN_TILDE] = 1,
    };
    return begins[kind];
}

static void hint_at_token(parser *p) {
    if (p->token.kind == EVEX_TOKEN_ASSIGN)
        evex_hint(p->error, "'=' gives a result its name; to compare write '=='");
    else if (p->token.kind == EVEX_TOKEN_RIGHT && p->lexer.n_open == 0)
        evex_hint(p->error, "this ')' has no '('");
    else if (begins_operand(p->token.kind))
        evex_hint(p->error, "an operator is missing, such as '*'");
}

node_index evex_parser_fail_unexpected(parser *p, const char *expected) {
    char found[64];
    describe(p, &p->token, found);
    p->status = evex_fail(p->error, EVEX_SYNTAX, place_of(&p->token), "expected %s, found %s",
                          expected, found);
    evex_expected(p->error, expected, found);
    hint_at_token(p);
    return FAILED;
}

node_index evex_parser_fail_operand(parser *p, const char *operand) {
    char found[64];
    describe(p, &p->token, found);
    if (p->last_kind == EVEX_TOKEN_NEWLINE)
        p->status = evex_fail(p->error, EVEX_SYNTAX, place_of(&p->token), "expected %s, found %s",
                              operand, found);
    else
        p->status =
            evex_fail(p->error, EVEX_SYNTAX, place_of(&p->token), "expected %s after %s, found %s",
                      operand, evex_token_text(p->last_kind), found);
    evex_expected(p->error, operand, found);
    if (evex_token_is_keyword(p->token.kind) && !begins_operand(p->token.kind))
        evex_hint(p->error, "a name that is a keyword needs backticks: `%.*s`",
                  (int)p->token.place.length, p->lexer.source + p->token.place.offset);
    else if (p->token.kind == EVEX_TOKEN_ASSIGN)
        hint_at_token(p);
    return FAILED;
}

/* ---- Tokens and nodes -------------------------------------------------------------------- */

int evex_parser_advance(parser *p) {
    p->last_kind = p->token.kind;
    p->last_end = p->token.place.offset + p->token.place.length;
    p->token = p->next;
    if (p->token.kind != EVEX_TOKEN_END)
        p->status = evex_lexer_next(&p->lexer, &p->next);
    return p->status == EVEX_OK;
}

int evex_parser_expect(parser *p, evex_token_kind kind, const char *expected) {
    if (at(p, kind))
        return evex_parser_advance(p);
    evex_parser_fail_unexpected(p, expected);
    return 0;
}

node_index evex_parser_fail_unclosed(parser *p, evex_place open) {
    return evex_parser_fail(p, open, "'(' is never closed", NULL);
}

int evex_parser_expect_right(parser *p, evex_place open, const char *expected) {
    if (at(p, EVEX_TOKEN_END) || at(p, EVEX_TOKEN_SEMICOLON)) {
        evex_parser_fail_unclosed(p, open);
        return 0;
    }
    return evex_parser_expect(p, EVEX_TOKEN_RIGHT, expected);
}

int evex_parser_grow(parser *p, void *array, size_t *capacity, size_t n, size_t size_bytes) {
    void *memory;
    memcpy(&memory, array, sizeof memory);
    if (n < *capacity)
        return 1;
    if (!evex_arena_grow(p->arena, &memory, capacity, n + 16, size_bytes)) {
        evex_parser_fail_memory(p);
        return 0;
    }
    memcpy(array, &memory, sizeof memory);
    return 1;
}

node_index evex_parser_add(parser *p, const construct *c, const evex_ast_index *children,
                           size_t n) {
    p->n_counted += !p->is_in_tuple;
    if (p->n_counted > p->limits->nodes) {
        p->status = evex_fail(p->error, EVEX_LIMIT_NODES, c->token,
                              "more syntax nodes than the limit of %zu", p->limits->nodes);
        return FAILED;
    }
    if (!evex_parser_grow(p, &p->ast->nodes, &p->node_capacity, p->ast->n_nodes,
                          sizeof *p->ast->nodes))
        return FAILED;
    evex_ast_node *node = node_at(p, (node_index)p->ast->n_nodes);
    node->kind = c->kind;
    node->op = c->op;
    node->token = c->token;
    node->place = place_from(p, c->offset);
    node->children = children;
    node->n_children = (uint32_t)n;
    return (node_index)p->ast->n_nodes++;
}

node_index evex_parser_add_parent(parser *p, const construct *c, const node_index *children,
                                  size_t n) {
    evex_ast_index *copy = evex_arena_push_array(p->arena, n, sizeof *copy);
    if (!copy)
        return evex_parser_fail_memory(p);
    for (size_t i = 0; i < n; i++)
        copy[i] = (evex_ast_index)children[i];
    return evex_parser_add(p, c, copy, n);
}

int evex_parser_push(parser *p, uint32_t entry) {
    if (!evex_parser_grow(p, &p->stack, &p->stack_capacity, p->n_stack, sizeof entry))
        return 0;
    p->stack[p->n_stack++] = entry;
    return 1;
}

node_index evex_parser_add_parent_of_stack(parser *p, const construct *c, size_t n_base) {
    size_t n = p->n_stack - n_base;
    evex_ast_index *copy = evex_arena_push_array(p->arena, n, sizeof *copy);
    if (!copy)
        return evex_parser_fail_memory(p);
    if (n > 0)
        memcpy(copy, p->stack + n_base, n * sizeof *copy);
    p->n_stack = n_base;
    return evex_parser_add(p, c, copy, n);
}

node_index evex_parser_set_text(parser *p, node_index node, const evex_token *name) {
    if (node != FAILED) {
        node_at(p, node)->value.text.bytes = name->value.text.bytes;
        node_at(p, node)->value.text.n_bytes = name->value.text.n_bytes;
    }
    return node;
}

static evex_ast_kind leaf_kind(uint8_t kind) {
    static const uint8_t kinds[EVEX_N_TOKENS] = {
        [EVEX_TOKEN_INT] = EVEX_AST_INT,        [EVEX_TOKEN_FLOAT] = EVEX_AST_FLOAT,
        [EVEX_TOKEN_TRUE] = EVEX_AST_BOOL,      [EVEX_TOKEN_IMAGINARY] = EVEX_AST_IMAGINARY,
        [EVEX_TOKEN_FALSE] = EVEX_AST_BOOL,     [EVEX_TOKEN_STRING] = EVEX_AST_STR,
        [EVEX_TOKEN_NONE] = EVEX_AST_NONE,      [EVEX_TOKEN_NA] = EVEX_AST_NA,
        [EVEX_TOKEN_BACKTICKS] = EVEX_AST_NAME, [EVEX_TOKEN_NAME] = EVEX_AST_NAME,
    };
    return kinds[kind];
}

node_index evex_parser_add_leaf(parser *p, const evex_token *token) {
    const construct leaf = {(uint8_t)leaf_kind(token->kind), 0, token->place.offset, token->place};
    node_index index = evex_parser_add(p, &leaf, NULL, 0);
    if (index == FAILED)
        return FAILED;
    evex_ast_node *node = node_at(p, index);
    node->place = token->place;
    node->is_huge = token->is_huge;
    if (leaf.kind == EVEX_AST_BOOL)
        node->value.integer = token->kind == EVEX_TOKEN_TRUE;
    else if (leaf.kind == EVEX_AST_INT && !token->is_huge)
        node->value.integer = token->value.integer;
    else if (leaf.kind <= EVEX_AST_IMAGINARY)
        node->value.number = token->value.number;
    else
        evex_parser_set_text(p, index, token);
    return index;
}
