/* SPDX-License-Identifier: MIT */
/*
 * From the text of a program and the names that the inputs offer to a compiled expression and the
 * layout of the output. Decides the types of text columns from the program and the options alone,
 * never from the data: see plan_types.c.
 */
#ifndef EVEX_CLI_PLAN_H
#define EVEX_CLI_PLAN_H

#include "cli/failure.h"
#include "cli/options.h"
#include "cli/program.h"
#include <evex.h>

/* A name that the program may use. */
typedef struct {
    char *name;     /* owned, NUL-terminated; as the header has it */
    char *variable; /* owned; what the engine calls it: the name, or $3 where that cannot be */
    size_t name_bytes, variable_bytes;
    evex_dtype dtype;
    bool is_text;   /* a column of text: its dtype follows from its use */
    bool is_forced; /* by --type */
    bool is_used;   /* by the expression */
    uint8_t unit;   /* evex_unit of points in time and spans */
} plan_column;

/* The column that stands for the rows themselves in a program that only counts them. */
#define PLAN_ROWS " rows "

/* A column of the output. */
typedef struct {
    bool is_result; /* index is of a result, else of an input column */
    size_t index;
    char *name; /* owned; the header's text */
} plan_output;

typedef struct {
    program text;
    plan_column *columns;      /* owned */
    size_t n_columns, n_table; /* the first n_table are columns of a table, in its order */
    evex_expr *expr;           /* NULL: no result is computed */
    const evex_var *inputs;
    size_t n_inputs;
    size_t *input_columns; /* owned; the column of each input */
    const evex_output *results;
    size_t n_results;
    plan_output *outputs; /* owned */
    size_t n_outputs;
    bool keeps_columns; /* some output is an input column */
} plan;

/* Adds a name before plan_make; table columns first. The text is copied. */
bool plan_add_column(plan *made, const char *name, size_t n_bytes, evex_dtype dtype, bool is_text,
                     failure *failed);
/* made begins as {0} and is to be freed in any case. In a plan that is any_names, a name that no
 * input offers is a column of text: for programs shown without data. */
bool plan_make(plan *made, const options *given, bool any_names, failure *failed);
void plan_free(plan *made);

/* Applies --type. */
bool plan_force_types(plan *made, const char *types, failure *failed);
/* Compiles engine_text into expr, choosing the dtypes of the text columns that it uses. */
bool plan_compile(plan *made, const evex_compile_options *compile, failure *failed);
/* Turns an error of the engine into a failure at its place in the program. */
bool plan_fail(const plan *made, const evex_error *error, exit_code code, failure *failed);
/* The column of that name, or n_columns; *n_found receives how many there are. */
size_t plan_find_column(const plan *made, const char *name, size_t n_bytes, size_t *n_found);
/* The same for a name of the engine's. */
size_t plan_find_variable(const plan *made, const char *name, size_t n_bytes, size_t *n_found);
/* The same for what a token of the program names, by name or by position. */
size_t plan_find_token(const plan *made, size_t token, size_t *n_found);

#endif
