/* SPDX-License-Identifier: MIT */
/*
 * The passes in their order: parse, resolve names, check into the intermediate form, schedule into
 * stages, allocate registers, emit. All of them work in one arena, which begins on this function's
 * stack, so that an ordinary expression costs one allocation: the program.
 */
#include "compiler/compile.h"

#include <string.h>

#include "compiler/check.h"
#include "compiler/names.h"
#include "compiler/schedule.h"
#include "core/options.h"
#include "parser/ast.h"

enum {
    /* Enough for expressions of about 40 syntax nodes; the stack of a thread may be 128 KiB. */
    ARENA_ON_STACK = 16 << 10,
    /* Instructions that a program may have for each syntax node that the limits allow: powers take
     * up to 60, and a block is computed again in each stage that reads it. */
    MAX_STEPS_A_NODE = 32
};

static const evex_limits default_limits = EVEX_LIMITS_INIT;
static const evex_place nowhere = {0, 0};

/* A copy of the caller's options, checked and complete. */
static evex_status read_options(evex_compile_options *options, const evex_compile_options *given,
                                evex_error *error) {
    const evex_compile_options *known = evex_known_compile_options(given, options);
    if (known == NULL)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere,
                         "the options are not initialised by EVEX_COMPILE_OPTIONS_INIT");
    if (known != options)
        *options = *known;
    if (options->grouped > 1)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere, "grouped must be 0 or 1");
    if (options->overflow > EVEX_OVERFLOW_FLOAT)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere,
                         "overflow is none of the values of evex_overflow");
    if (options->allocator == NULL)
        options->allocator = &evex_system_allocator;
    return EVEX_OK;
}

static evex_status check_arguments(const char *source, size_t length, const evex_var *vars,
                                   size_t n_vars, evex_error *error) {
    if (source == NULL && length > 0)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere, "source is NULL");
    if (vars == NULL && n_vars > 0)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere, "vars is NULL");
    if (n_vars > UINT32_MAX / 2)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere, "too many variables");
    return EVEX_OK;
}

/* What the passes hand on. */
typedef struct {
    const evex_var *vars;
    size_t n_vars;
    evex_compile_options options;
    evex_arena arena;
    evex_ast ast;
    evex_names_found names;
    evex_ir ir;
    evex_error *error;
} compilation;

static evex_status check(compilation *c, const char *source) {
    const size_t n_inputs = c->names.n_inputs;
    if (!evex_ir_init(&c->ir, &c->arena, !c->options.no_optimise, c->ast.n_nodes, n_inputs,
                      c->names.n_results))
        return evex_fail_memory(c->error);
    c->ir.is_grouped = c->options.grouped;
    c->ir.is_checked = c->options.overflow == EVEX_OVERFLOW_ERROR;
    for (size_t i = 0; i < n_inputs; i++) {
        const evex_place place = c->names.inputs[i].place;
        const evex_var *var = &c->vars[c->names.inputs[i].var];
        c->ir.inputs[c->ir.n_inputs++] =
            (evex_ir_input){.var = var,
                            .name = var->name,
                            .name_bytes = strlen(var->name),
                            .validity = EVEX_IR_NO_INPUT,
                            .place = {(uint32_t)place.offset, (uint32_t)place.length}};
    }
    if (!evex_ir_add_validities(&c->ir))
        return evex_fail_memory(c->error);
    evex_checker checker = {.source = source,
                            .ast = &c->ast,
                            .names = &c->names,
                            .functions = c->options.functions,
                            .overflow = (evex_overflow)c->options.overflow,
                            .ir = &c->ir,
                            .arena = &c->arena,
                            .error = c->error};
    return evex_check(&checker);
}

static evex_status generate(compilation *c, evex_program **program) {
    evex_schedule schedule;
    const size_t max_steps = c->options.limits.nodes < SIZE_MAX / MAX_STEPS_A_NODE
                                 ? c->options.limits.nodes * MAX_STEPS_A_NODE
                                 : SIZE_MAX;
    evex_status status = evex_schedule_make(&schedule, &c->ir, max_steps, &c->arena, c->error);
    if (status == EVEX_OK)
        status = evex_schedule_allocate(&schedule, &c->ir, &c->arena, c->error);
    if (status == EVEX_OK)
        status = evex_schedule_emit(program, &schedule, &c->ir, &c->arena, c->options.allocator,
                                    c->error);
    return status;
}

static evex_status run_passes(compilation *c, evex_program **program, const char *source,
                              size_t length) {
    const evex_limits *limits = &c->options.limits;
    evex_status status = evex_parse(&c->ast, source, length, limits, &c->arena, c->error);
    if (status == EVEX_OK)
        status = evex_names_resolve(&c->names, &c->ast, c->vars, c->n_vars, limits->operands,
                                    &c->arena, c->error);
    if (status == EVEX_OK)
        status = check(c, source);
    if (status == EVEX_OK)
        status = generate(c, program);
    return status;
}

evex_status evex_compile_program(evex_program **program, const char *source, size_t length,
                                 const evex_var *vars, size_t n_vars,
                                 const evex_compile_options *options, evex_error *error) {
    _Alignas(16) char buffer[ARENA_ON_STACK];
    evex_error found;
    found.status = EVEX_OK;
    compilation c = {.vars = vars, .n_vars = n_vars, .error = &found};
    *program = NULL;
    evex_status status = check_arguments(source, length, vars, n_vars, &found);
    if (status == EVEX_OK)
        status = read_options(&c.options, options, &found);
    if (status != EVEX_OK)
        return evex_report(error, &found, status);
    evex_arena_init(&c.arena, c.options.allocator, buffer, sizeof buffer);
    status = run_passes(&c, program, source, length);
    evex_arena_free(&c.arena);
    return evex_report(error, &found, status);
}

/* ---- Free names ----------------------------------------------------------------------------- */

static evex_status write_names(const evex_ast *ast, const evex_limits *limits, evex_arena *arena,
                               evex_write_fn write, void *user, evex_error *error) {
    evex_ast_name *names;
    size_t n;
    const evex_status status = evex_ast_free_names(ast, limits, arena, &names, &n, error);
    if (status != EVEX_OK)
        return status;
    for (size_t i = 0; i < n; i++)
        if (write(user, names[i].bytes, names[i].n_bytes) != 0)
            return evex_fail(error, EVEX_CANCELLED, nowhere, "writing was stopped");
    return EVEX_OK;
}

evex_status evex_names(const char *source, size_t length, const evex_limits *limits,
                       evex_write_fn write, void *user, evex_error *error) {
    _Alignas(16) char buffer[ARENA_ON_STACK];
    evex_error found;
    found.status = EVEX_OK;
    evex_arena arena;
    evex_ast ast;
    if (write == NULL || (source == NULL && length > 0))
        return evex_report(
            error, &found,
            evex_fail(&found, EVEX_INVALID_ARGUMENT, nowhere, "source and write must not be NULL"));
    if (limits == NULL)
        limits = &default_limits;
    evex_arena_init(&arena, &evex_system_allocator, buffer, sizeof buffer);
    evex_status status = evex_parse(&ast, source, length, limits, &arena, &found);
    if (status == EVEX_OK)
        status = write_names(&ast, limits, &arena, write, user, &found);
    evex_arena_free(&arena);
    return evex_report(error, &found, status);
}
