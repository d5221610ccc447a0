/* SPDX-License-Identifier: MIT */
/*
 * The abstract syntax tree: one array of nodes in an arena, every node behind its children, so that
 * later passes are loops over the array and never recurse. Made by parser/parse.c, read by
 * compiler/.
 */
#ifndef EVEX_PARSER_AST_H
#define EVEX_PARSER_AST_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/op.h"
#include "core/text.h"

typedef enum {
    EVEX_AST_INT,       /* value.integer; is_huge when it exceeds uint64 (then value.number) */
    EVEX_AST_FLOAT,     /* value.number */
    EVEX_AST_IMAGINARY, /* value.number, times the imaginary unit */
    EVEX_AST_BOOL,      /* value.integer is 0 or 1 */
    EVEX_AST_STR,       /* value.text */
    EVEX_AST_NONE,      /* None, as an argument only */
    EVEX_AST_NA,        /* NA */
    EVEX_AST_NAME,      /* value.text: the name without backticks */
    EVEX_AST_UNARY,     /* op (NEG, COPY for unary plus, INVERT); one child */
    EVEX_AST_BINARY,    /* op; two children */
    EVEX_AST_COMPARE,   /* n+1 operands; value.ops has n comparison ops: a < b <= c */
    EVEX_AST_AND,       /* two children */
    EVEX_AST_OR,        /* two children */
    EVEX_AST_NOT,       /* one child */
    EVEX_AST_COALESCE,  /* two children: a ?? b */
    EVEX_AST_IF,        /* three children, in the order condition, then, else */
    EVEX_AST_IN,        /* two children: operand, tuple; is_negated for `not in` */
    EVEX_AST_TUPLE,     /* any number of children; literals (with sign) in `in`, as an axis */
    EVEX_AST_CALL,      /* value.text: the function's name; children: arguments, keywords last */
    EVEX_AST_KEYWORD,   /* value.text: the keyword; one child */
    EVEX_AST_ATTRIBUTE, /* value.text: "real" or "imag"; one child */
    EVEX_N_AST_KINDS
} evex_ast_kind;

typedef uint32_t evex_ast_index;

typedef struct {
    uint8_t kind; /* evex_ast_kind */
    uint8_t op;   /* evex_op of UNARY and BINARY */
    uint8_t is_huge, is_negated;
    uint32_t n_children;
    const evex_ast_index *children; /* each less than this node's own index */
    evex_place place;               /* the whole construct */
    evex_place token;               /* its operator, or the function's name */
    union {
        uint64_t integer;
        double number;
        struct {
            const char *bytes; /* decoded; in the arena or the source; not NUL-terminated */
            size_t n_bytes;
        } text;
        const uint8_t *ops;
    } value;
} evex_ast_node;

/* One item of a statement: `expr`, `name = expr` or `expr as name`. */
typedef struct {
    evex_ast_index node;
    const char *name; /* in the source, without backticks; NULL for none */
    size_t name_bytes;
    evex_place name_place;
    uint32_t statement;        /* number of its statement, from 0 */
    uint8_t is_assignment;     /* name = expr, rather than expr as name */
    evex_ast_index first_node; /* nodes from here to `node` belong to this item */
} evex_ast_item;

typedef struct {
    evex_ast_node *nodes;
    size_t n_nodes;
    evex_ast_item *items; /* in the order of the text */
    size_t n_items;
    uint32_t n_statements;
} evex_ast;

/*
 * Parses a program; everything lies in the arena, but names and plain strings in source, which must
 * outlive the tree. On failure *error has the place and ast is unusable. At most limits->depth
 * constructs are open at once inside an item, and the recursion is no deeper: parentheses, calls,
 * ternaries, unary operators and powers, and binary operators waiting for the end of their right
 * operand.
 */
evex_status evex_parse(evex_ast *ast, const char *source, size_t length, const evex_limits *limits,
                       evex_arena *arena, evex_error *error);

/* Writes the tree, an item a line, as nested parentheses: (+ (* 2 a) b). For tests and docs. */
evex_status evex_ast_dump(const evex_ast *ast, evex_arena *arena, evex_text *text);

/* A name as written, without backticks, and the place of its first use. */
typedef struct {
    const char *bytes; /* in the source; not NUL-terminated */
    size_t n_bytes;
    evex_place place;
} evex_ast_name;

/*
 * The names that a program reads before it gives them to an item, in order of first use, constants
 * such as pi among them and functions not: *n names in the arena. More than limits->operands are an
 * error.
 */
evex_status evex_ast_free_names(const evex_ast *ast, const evex_limits *limits, evex_arena *arena,
                                evex_ast_name **names, size_t *n, evex_error *error);

#endif
