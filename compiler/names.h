/* SPDX-License-Identifier: MIT */
/*
 * What each name of a program means: an input, an earlier item or a constant; and which items are
 * results. The first pass behind the parser: it knows nothing of types.
 */
#ifndef EVEX_COMPILER_NAMES_H
#define EVEX_COMPILER_NAMES_H

#include "parser/ast.h"

typedef enum { EVEX_NAME_INPUT, EVEX_NAME_ITEM, EVEX_NAME_CONSTANT } evex_name_class;

typedef struct {
    uint32_t class; /* evex_name_class */
    uint32_t index; /* of the input in `inputs`, of the item, or of the constant */
} evex_name_use;

typedef struct {
    uint32_t var;     /* its place among the caller's variables */
    evex_place place; /* first use */
} evex_named_input;

typedef struct {
    evex_name_use *uses;      /* by syntax node; set for names */
    evex_named_input *inputs; /* in order of first use */
    uint32_t *results;        /* items in the order of the outputs */
    size_t n_inputs, n_results;
} evex_names_found;

/*
 * Resolves every name; all memory comes from the arena. Statuses: EVEX_UNKNOWN_NAME, EVEX_SYNTAX (a
 * value that nothing can use), EVEX_LIMIT_NAMES, EVEX_NO_MEMORY,
 * EVEX_INVALID_ARGUMENT (two variables of one name).
 */
evex_status evex_names_resolve(evex_names_found *found, const evex_ast *ast, const evex_var *vars,
                               size_t n_vars, size_t max_inputs, evex_arena *arena,
                               evex_error *error);

/* The value of constant number `index`: pi, e... */
double evex_named_constant(uint32_t index);

#endif
