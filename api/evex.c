/* SPDX-License-Identifier: MIT */
/*
 * The public functions that join the layers: text goes through compiler/ to a program, the program
 * through eval/ to an expression. Everything else of evex.h is implemented by the layer it is
 * about: expressions, pools, evaluations and streams in eval/, user functions in core/functions.c.
 */
#include "include/evex.h"

#include "compiler/compile.h"
#include "core/error.h"
#include "core/memory.h"
#include "eval/expr.h"
#include "eval/kernels.h"
#include "eval/pool.h"
#include "parser/lex.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *evex_version(void) {
    return TEXT(EVEX_VERSION_MAJOR) "." TEXT(EVEX_VERSION_MINOR) "." TEXT(EVEX_VERSION_PATCH);
}

const char *evex_isa(void) {
    return evex_kernels_usable(EVEX_ISA_BEST)->isa;
}

static const evex_compile_options default_options = EVEX_COMPILE_OPTIONS_INIT;

static evex_status compile(evex_expr **expr, const char *source, size_t length,
                           const evex_var *vars, size_t n_vars,
                           const evex_compile_options *options, evex_error *error) {
    evex_program *program;
    const evex_status status =
        evex_compile_program(&program, source, length, vars, n_vars, options, error);
    return status == EVEX_OK ? evex_expr_create(expr, program, options, error) : status;
}

evex_status evex_compile(evex_expr **expr, const char *source, size_t length, const evex_var *vars,
                         size_t n_vars, const evex_compile_options *options, evex_error *error) {
    /* The layers keep the first error of a struct, so an older one of the caller must not be in it. */
    evex_error fresh;
    fresh.status = EVEX_OK;
    evex_status status;
    if (expr == NULL) {
        status = evex_fail(&fresh, EVEX_INVALID_ARGUMENT, (evex_place){0, 0}, "expr is NULL");
    } else {
        *expr = NULL;
        status = compile(expr, source, length, vars, n_vars,
                         options != NULL ? options : &default_options, &fresh);
    }
    if (status != EVEX_OK && error != NULL)
        *error = fresh;
    return status;
}

void evex_shutdown(void) {
    evex_pool_shutdown();
    evex_lexer_shutdown();
}
