/* SPDX-License-Identifier: MIT */
/*
 * Types by need. Every text column that the program uses begins as float64. When that does not
 * compile, the columns inside the construct that the error underlines are tried as text and
 * as int64, all of them and one by one, and the first choice is kept with which the program
 * compiles or its error moves on. So the outcome is a function of the program and the options
 * alone. int64(C) asks for C as int64 from the start, lest its digits pass through a float64.
 */
#include "cli/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"

static const struct {
    const char *name;
    evex_dtype dtype;
} type_names[] = {
    {"f64", EVEX_F64},   {"i64", EVEX_I64},    {"str", EVEX_STR},    {"bool", EVEX_BOOL},
    {"i8", EVEX_I8},     {"i16", EVEX_I16},    {"i32", EVEX_I32},    {"u8", EVEX_U8},
    {"u16", EVEX_U16},   {"u32", EVEX_U32},    {"u64", EVEX_U64},    {"float64", EVEX_F64},
    {"int64", EVEX_I64}, {"int8", EVEX_I8},    {"int16", EVEX_I16},  {"int32", EVEX_I32},
    {"uint8", EVEX_U8},  {"uint16", EVEX_U16}, {"uint32", EVEX_U32}, {"uint64", EVEX_U64}};

static bool find_type(const char *name, size_t n, evex_dtype *dtype) {
    for (size_t i = 0; i < sizeof type_names / sizeof *type_names; i++)
        if (strlen(type_names[i].name) == n && memcmp(type_names[i].name, name, n) == 0) {
            *dtype = type_names[i].dtype;
            return true;
        }
    return false;
}

/* Applies one C=T; the name ends at the last '=', as names of columns may hold one. */
static bool force_type(plan *made, const char *text, size_t n, failure *failed) {
    size_t equals = n;
    while (equals > 0 && text[equals - 1] != '=')
        equals--;
    char quoted[160];
    text_quote(quoted, sizeof quoted, text, n);
    evex_dtype dtype;
    if (equals == 0 || !find_type(text + equals, n - equals, &dtype)) {
        failure_set(failed, EXIT_PROGRAM, "", "--type: '%s' is not COLUMN=TYPE", quoted);
        return failure_hint(failed, "types are f64 i64 i32 i16 i8 u64 u32 u16 u8 bool str");
    }
    size_t n_found;
    size_t column = plan_find_column(made, text, equals - 1, &n_found);
    if (n_found == 0 || !made->columns[column].is_text)
        return failure_set(failed, EXIT_PROGRAM, "", "--type: no text column in '%s'", quoted);
    made->columns[column].dtype = dtype;
    made->columns[column].is_forced = true;
    return true;
}

bool plan_force_types(plan *made, const char *types, failure *failed) {
    while (types != NULL && *types != '\0') {
        size_t n = strcspn(types, ",");
        if (!force_type(made, types, n, failed))
            return false;
        types += n + (types[n] == ',');
    }
    return true;
}

/* ---- Compiling --------------------------------------------------------------------------- */

/* One attempt; error is set anew. */
static evex_status attempt(plan *made, const evex_compile_options *compile, evex_error *error) {
    evex_var *vars = calloc(made->n_columns + 1, sizeof *vars);
    size_t n_vars = 0;
    *error = (evex_error)EVEX_ERROR_INIT;
    if (vars == NULL)
        return error->status = EVEX_NO_MEMORY;
    for (size_t i = 0; i < made->n_columns; i++)
        if (made->columns[i].is_used)
            vars[n_vars++] = (evex_var){made->columns[i].variable, made->columns[i].dtype,
                                        EVEX_STRONG, 0, made->columns[i].unit};
    evex_status status = evex_compile(&made->expr, made->text.engine_text, made->text.engine_bytes,
                                      vars, n_vars, compile, error);
    free(vars);
    return status;
}

/* The columns whose dtype may change and which the program names inside a place of its text. */
static size_t find_open_columns(const plan *made, size_t from, size_t to, size_t *found) {
    size_t n = 0;
    for (size_t i = 0; i < made->n_columns; i++) {
        const plan_column *column = &made->columns[i];
        if (!column->is_used || !column->is_text || column->is_forced)
            continue;
        for (size_t k = 0; k < made->text.n_tokens; k++) {
            size_t n_found, offset = made->text.tokens[k].offset;
            if (offset >= from && offset < to && plan_find_token(made, k, &n_found) == i) {
                found[n++] = i;
                break;
            }
        }
    }
    return n;
}

/* The construct that an error is about. */
static void find_construct(const evex_error *error, size_t *from, size_t *to) {
    bool has_outer = error->outer_length > 0;
    *from = has_outer ? error->outer_offset : error->offset;
    *to = *from + (has_outer ? error->outer_length : error->length);
}

/* Operands are checked before what they are operands of, so an error is further on than another
 * when its construct ends later or contains the other's. */
static bool is_further(const evex_error *error, const evex_error *than) {
    size_t from, to, other_from, other_to;
    find_construct(error, &from, &to);
    find_construct(than, &other_from, &other_to);
    return to > other_to || (to == other_to && from < other_from);
}

/* Sets the dtypes of some columns, attempts, and undoes it unless that is progress. */
static bool try_types(plan *made, const size_t *columns, size_t n, evex_dtype dtype,
                      const evex_compile_options *compile, evex_error *error) {
    bool changes = false;
    for (size_t i = 0; i < n; i++)
        changes |= made->columns[columns[i]].dtype == EVEX_F64;
    if (!changes)
        return false;
    evex_dtype *before = malloc(n * sizeof *before);
    if (before == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        before[i] = made->columns[columns[i]].dtype;
        made->columns[columns[i]].dtype = dtype;
    }
    evex_error attempted;
    evex_status status = attempt(made, compile, &attempted);
    bool is_progress = status == EVEX_OK || is_further(&attempted, error);
    for (size_t i = 0; i < n && !is_progress; i++)
        made->columns[columns[i]].dtype = before[i];
    if (is_progress)
        *error = attempted;
    free(before);
    return is_progress;
}

/* Tries other dtypes where the error is; false when none helps. */
static bool improve(plan *made, const evex_compile_options *compile, evex_error *error) {
    size_t from, to;
    find_construct(error, &from, &to);
    size_t *columns = calloc(made->n_columns + 1, sizeof *columns);
    if (columns == NULL)
        return false;
    size_t n = find_open_columns(made, program_map(&made->text, from), program_map(&made->text, to),
                                 columns);
    if (n == 0)
        n = find_open_columns(made, 0, made->text.n_bytes, columns);
    static const evex_dtype others[] = {EVEX_STR, EVEX_I64};
    bool has_improved = false;
    for (size_t i = 0; i < 2 * n && !has_improved; i++)
        has_improved = try_types(made, columns + i / 2, 1, others[i % 2], compile, error);
    for (size_t i = 0; i < 2 && n > 1 && !has_improved; i++)
        has_improved = try_types(made, columns, n, others[i], compile, error);
    free(columns);
    return has_improved;
}

/* Columns C that stand as int64(C) or uint64(C). */
static void want_integers(plan *made) {
    const program *text = &made->text;
    for (size_t i = 0; i + 3 < text->n_tokens; i++) {
        bool is_signed = program_token_is(text, i, "int64");
        if ((!is_signed && !program_token_is(text, i, "uint64")) ||
            !program_token_is(text, i + 1, "(") || !program_token_is(text, i + 3, ")"))
            continue;
        size_t n_found, column = plan_find_token(made, i + 2, &n_found);
        if (column < made->n_columns && made->columns[column].is_text &&
            !made->columns[column].is_forced)
            made->columns[column].dtype = is_signed ? EVEX_I64 : EVEX_U64;
    }
}

bool plan_compile(plan *made, const evex_compile_options *compile, failure *failed) {
    want_integers(made);
    evex_error error;
    evex_status status = attempt(made, compile, &error);
    /* Every improvement fixes a column's dtype or moves the error on: it ends. */
    while (status == EVEX_BAD_TYPE && improve(made, compile, &error))
        status = error.status;
    return status == EVEX_OK || plan_fail(made, &error, EXIT_PROGRAM, failed);
}
