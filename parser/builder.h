/* SPDX-License-Identifier: MIT */
/*
 * The state of one parse: the current token and the one ahead, the tree so far, and the first
 * error. parse.c has the grammar and is the only user. Functions that make a node return its index,
 * or FAILED once an error is recorded; the others return 0 for that.
 */
#ifndef EVEX_PARSER_BUILDER_H
#define EVEX_PARSER_BUILDER_H

#include "parser/ast.h"
#include "parser/lex.h"
#include "parser/name_set.h"

typedef int64_t node_index; /* an evex_ast_index or FAILED */

enum { FAILED = -1 };

typedef struct {
    evex_lexer lexer;
    evex_token token, next;
    uint8_t last_kind; /* of the token before: what an operand is missing behind */
    size_t last_end;   /* where that token ended */
    evex_ast *ast;
    const evex_limits *limits;
    evex_arena *arena;
    evex_error *error;
    evex_status status;
    size_t depth;           /* constructs open */
    size_t n_counted;       /* nodes towards the limit */
    int is_in_tuple;        /* nodes made now do not count */
    size_t argument_offset; /* a tuple or None may stand here only */
    size_t node_capacity, item_capacity;
    uint32_t *stack; /* children, and operators of chains, of the nodes under construction */
    size_t n_stack, stack_capacity;
    evex_name_set names; /* of assignments and results */
} parser;

/* What is known of a construct before its operands are read. Small, since it waits on the stack. */
typedef struct {
    uint8_t kind, op;
    size_t offset;    /* where it begins */
    evex_place token; /* its operator or name */
} construct;

/* A construct that begins at offset and whose operator is the current token. */
static inline construct begin(const parser *p, evex_ast_kind kind, evex_op op, size_t offset) {
    return (construct){(uint8_t)kind, (uint8_t)op, offset, p->token.place};
}

static inline evex_ast_node *node_at(const parser *p, node_index index) {
    return &p->ast->nodes[index];
}

static inline int at(const parser *p, evex_token_kind kind) {
    return p->token.kind == kind;
}

static inline int at_name(const parser *p) {
    return at(p, EVEX_TOKEN_NAME) || at(p, EVEX_TOKEN_BACKTICKS);
}

/* From offset to the end of the last token read. */
static inline evex_place place_from(const parser *p, size_t offset) {
    return (evex_place){offset, p->last_end - offset};
}

/* The place of a token in an error: the end of the text is drawn as one column behind it. */
static inline evex_place place_of(const evex_token *token) {
    return (evex_place){token->place.offset, token->place.length ? token->place.length : 1};
}

/* ---- Errors ------------------------------------------------------------------------------ */

/* A plain syntax error; hint may be NULL. */
node_index evex_parser_fail(parser *p, evex_place place, const char *message, const char *hint);
node_index evex_parser_fail_memory(parser *p);
/* The current token stands where something else is expected. */
node_index evex_parser_fail_unexpected(parser *p, const char *expected);
/* No operand, or whatever is to follow the token before, begins with the current token. */
node_index evex_parser_fail_operand(parser *p, const char *operand);
/* The '(' at open has no ')'. */
node_index evex_parser_fail_unclosed(parser *p, evex_place open);

/* ---- Tokens ------------------------------------------------------------------------------ */

/* Goes to the next token. */
int evex_parser_advance(parser *p);
/* Steps over a token of this kind, or fails. */
int evex_parser_expect(parser *p, evex_token_kind kind, const char *expected);
/* Steps over the ')' of the '(' at open, or fails and says which of the two is missing. */
int evex_parser_expect_right(parser *p, evex_place open, const char *expected);

/* ---- Nodes ------------------------------------------------------------------------------- */

/* Makes room for element n of the arena's array whose address is at array. */
int evex_parser_grow(parser *p, void *array, size_t *capacity, size_t n, size_t size_bytes);
/* Pushes a child, or an operator of a chain, of the construct that is being read. */
int evex_parser_push(parser *p, uint32_t entry);

/* A node from where its construct begins to the last token read. children are in the arena. */
node_index evex_parser_add(parser *p, const construct *c, const evex_ast_index *children, size_t n);
/* The same over n children that are copied. */
node_index evex_parser_add_parent(parser *p, const construct *c, const node_index *children,
                                  size_t n);
/* The same over the children that were pushed since the stack had n_base entries; pops them. */
node_index evex_parser_add_parent_of_stack(parser *p, const construct *c, size_t n_base);
/* A literal or a name. */
node_index evex_parser_add_leaf(parser *p, const evex_token *token);
/* Gives a node, unless it is FAILED, the text of a name; returns it. */
node_index evex_parser_set_text(parser *p, node_index node, const evex_token *name);

#endif
