/* SPDX-License-Identifier: MIT */
/*
 * The public functions that join the layers: text goes through compiler/ to a program, the program
 * through eval/ to an expression. Everything else of evex.h is implemented by the layer it is
 * about: expressions, pools, evaluations and streams in eval/, user functions in core/functions.c.
 */
#include "include/evex.h"

#include "compiler/compile.h"
#include "core/error.h"
#include "core/options.h"
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

static evex_status compile(evex_expr **expr, const char *source, size_t length,
                           const evex_var *vars, size_t n_vars, const evex_compile_options *options,
                           evex_error *error) {
    evex_compile_options room;
    const evex_compile_options *known = evex_known_compile_options(options, &room);
    evex_program *program;
    /* Where the options are not usable at all, the compiler says so. */
    const evex_status status = evex_compile_program(&program, source, length, vars, n_vars,
                                                    known != NULL ? known : options, error);
    return status == EVEX_OK ? evex_expr_create(expr, program, known, error) : status;
}

evex_status evex_compile(evex_expr **expr, const char *source, size_t length, const evex_var *vars,
                         size_t n_vars, const evex_compile_options *options, evex_error *error) {
    evex_error found;
    found.status = EVEX_OK;
    if (expr == NULL)
        return evex_report(
            error, &found,
            evex_fail(&found, EVEX_INVALID_ARGUMENT, (evex_place){0, 0}, "expr is NULL"));
    *expr = NULL;
    return evex_report(error, &found, compile(expr, source, length, vars, n_vars, options, &found));
}

void evex_shutdown(void) {
    evex_pool_shutdown();
    evex_lexer_shutdown();
}
