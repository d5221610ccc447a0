/* SPDX-License-Identifier: MIT */
/*
 * Linking: from a program to an expression that can be evaluated; see expr.h. Constants become
 * splats of 64 bytes, lists become evex_set, instructions get their kernels from the table that the
 * instruction-set cap allows. Nothing here depends on arrays: that is bind.c's part.
 */
#include "eval/expr.h"

#include <string.h>

#include "core/error.h"
#include "eval/call.h"
#include "eval/cost.h"
#include "eval/group_bind.h"
#include "eval/group_tables.h"
#include "eval/nulls.h"
#include "eval/prepared.h"
#include "eval/small.h"
#include "eval/splat.h"
#include "eval/text_index.h"

/* ---- Constants ------------------------------------------------------------------------------ */

static evex_str text_range(const evex_program *program, uint32_t offset, uint32_t n_bytes) {
    return (evex_str){evex_program_text(program) + offset, n_bytes};
}

static const void *link_value(evex_expr *expr, const evex_constant *constant) {
    const evex_program *program = expr->program;
    void *splat = evex_splat_push(&expr->arena);
    if (splat == NULL)
        return NULL;
    if (constant->dtype == EVEX_STR) {
        const evex_str text =
            text_range(program, constant->payload.list.offset, constant->payload.list.n);
        evex_splat_fill(splat, &text, sizeof text);
    } else {
        evex_splat_fill(splat, constant->payload.bytes,
                        evex_dtype_size((evex_dtype)constant->dtype));
    }
    return splat;
}

static const evex_str *link_texts(evex_expr *expr, const evex_constant *constant) {
    const uint32_t n = constant->payload.list.n;
    evex_str *texts = evex_arena_push_array(&expr->arena, n + 1, sizeof *texts);
    for (uint32_t i = 0; texts != NULL && i < n; i++) {
        uint32_t range[2];
        memcpy(range, evex_program_text(expr->program) + constant->payload.list.offset + 8 * i,
               sizeof range);
        texts[i] = text_range(expr->program, range[0], range[1]);
    }
    return texts;
}

/* Of strings it is an evex_text_set, which begins as any set does. */
static const void *link_set(evex_expr *expr, const evex_constant *constant) {
    evex_text_set *set = evex_arena_push(&expr->arena, sizeof *set);
    if (set == NULL)
        return NULL;
    set->set.n = constant->payload.list.n;
    if (constant->dtype != EVEX_STR) {
        set->set.values = evex_program_text(expr->program) + constant->payload.list.offset;
        return set;
    }
    set->set.values = link_texts(expr, constant);
    return set->set.values != NULL && evex_text_index_make(set, &expr->arena) ? set : NULL;
}

static evex_status link_pattern(evex_expr *expr, uint32_t k, const evex_constant *constant,
                                evex_error *error) {
    evex_regex *regex;
    evex_regex_fault fault;
    const evex_str text =
        text_range(expr->program, constant->payload.list.offset, constant->payload.list.n);
    const evex_status status = evex_regex_create(&regex, text, 1, &expr->allocator, &fault);
    expr->constants[k] = regex;
    expr->n_patterns += regex != NULL;
    if (status == EVEX_NO_MEMORY)
        return evex_fail_memory(error);
    return status == EVEX_OK ? EVEX_OK
                             : evex_fail(error, status, (evex_place){0, 0},
                                         "the pattern is faulty: %s", fault.message);
}

static void free_patterns(evex_expr *expr) {
    for (uint32_t k = 0; expr->n_patterns > 0 && k < expr->program->n_constants; k++)
        if (evex_program_constants(expr->program)[k].kind == EVEX_CONSTANT_PATTERN)
            evex_regex_free((evex_regex *)(uintptr_t)expr->constants[k]);
}

static evex_status link_constant(evex_expr *expr, uint32_t k, const evex_functions *functions,
                                 evex_error *error) {
    const evex_constant *constant = &evex_program_constants(expr->program)[k];
    if (constant->kind == EVEX_CONSTANT_FUNCTION) {
        const evex_str name =
            text_range(expr->program, constant->payload.list.offset, constant->payload.list.n);
        return evex_call_link(&expr->constants[k], &expr->arena, functions, name, error);
    }
    if (constant->kind == EVEX_CONSTANT_PATTERN)
        return link_pattern(expr, k, constant, error);
    expr->constants[k] = constant->kind == EVEX_CONSTANT_VALUE ? link_value(expr, constant)
                                                               : link_set(expr, constant);
    return expr->constants[k] != NULL ? EVEX_OK : evex_fail_memory(error);
}

static evex_status link_constants(evex_expr *expr, const evex_functions *functions,
                                  evex_error *error) {
    const uint32_t n = expr->program->n_constants;
    expr->constants = evex_arena_push_array(&expr->arena, n + 1, sizeof *expr->constants);
    if (expr->constants == NULL)
        return evex_fail_memory(error);
    evex_status status = EVEX_OK;
    for (uint32_t k = 0; k < n && status == EVEX_OK; k++)
        status = link_constant(expr, k, functions, error);
    return status;
}

/* ---- Instructions and reductions ------------------------------------------------------------ */

/* The kernel of an instruction; NULL: there is none. */
static evex_kernel find_kernel(const evex_expr *expr, const evex_insn *insn) {
    if (insn->op == EVEX_OP_TAKE)
        return evex_take_kernel((evex_dtype)insn->in_dtype);
    if (insn->op != EVEX_OP_CALL)
        return evex_kernel_find(expr->kernels, (evex_op)insn->op, (evex_dtype)insn->in_dtype,
                                (evex_dtype)insn->out_dtype);
    const evex_register function = evex_program_operands(expr->program)[insn->first_operand];
    const uint32_t first = evex_first_register(expr->program, EVEX_CLASS_CONSTANT);
    return evex_call_agrees(expr->constants[function - first], insn) ? evex_call_kernel : NULL;
}

/*
 * Whether the result takes the place of an operand with elements of another size: kernels may write
 * where they read only if the sizes are equal (core/op.h), so eval/assemble.c gives the result
 * another block. A call is taken to be of this kind, for the types of its operands are its own.
 */
static int changes_size(const evex_expr *expr, const evex_insn *insn) {
    const evex_op_info *info = &evex_op_infos[insn->op];
    const evex_register *operands = evex_program_operands(expr->program) + insn->first_operand;
    const size_t out_bytes = evex_dtype_size((evex_dtype)insn->out_dtype);
    for (uint32_t k = 0; k < insn->n_operands; k++) {
        const evex_dtype in = k == 0 && info->takes_bool ? EVEX_BOOL : (evex_dtype)insn->in_dtype;
        if (operands[k] == insn->dst &&
            (insn->op == EVEX_OP_CALL || evex_dtype_size(in) != out_bytes))
            return 1;
    }
    return 0;
}

static evex_status link_insn(evex_expr *expr, uint32_t number, evex_error *error) {
    const evex_insn *insn = &evex_program_insns(expr->program)[number];
    const evex_dtype in = (evex_dtype)insn->in_dtype, out = (evex_dtype)insn->out_dtype;
    evex_link *link = &expr->links[number];
    link->kernel = find_kernel(expr, insn);
    link->changes_size = (uint8_t)changes_size(expr, insn);
    expr->n_spare_blocks |= link->changes_size;
    if (link->kernel == NULL) {
        const evex_insn_place place = evex_program_places(expr->program)[number];
        return evex_fail(error, EVEX_UNSUPPORTED, (evex_place){place.offset, place.length},
                         "'%s' of %s is not supported", evex_op_infos[insn->op].name,
                         evex_dtype_name(in));
    }
    link->cost = evex_insn_cost(insn, expr->kernels);
    if (expr->element_bytes < evex_dtype_size(out))
        expr->element_bytes = evex_dtype_size(out);
    return EVEX_OK;
}

static evex_status link_insns(evex_expr *expr, evex_error *error) {
    const uint32_t n = expr->program->n_insns;
    expr->links = evex_arena_push_array(&expr->arena, n + 1, sizeof *expr->links);
    if (expr->links == NULL)
        return evex_fail_memory(error);
    expr->element_bytes = 1;
    evex_status status = EVEX_OK;
    for (uint32_t i = 0; i < n && status == EVEX_OK; i++)
        status = link_insn(expr, i, error);
    return status;
}

static evex_status link_reductions(evex_expr *expr, evex_error *error) {
    const uint32_t n = expr->program->n_reductions;
    expr->reducers = evex_arena_push_array(&expr->arena, n + 1, sizeof *expr->reducers);
    expr->fused_sums = evex_arena_push_array(&expr->arena, n + 1, sizeof *expr->fused_sums);
    if (expr->reducers == NULL || expr->fused_sums == NULL)
        return evex_fail_memory(error);
    evex_status status = EVEX_OK;
    for (uint32_t i = 0; i < n && status == EVEX_OK; i++)
        status = evex_group_check(&evex_program_reductions(expr->program)[i], error);
    for (uint32_t i = 0; i < n && status == EVEX_OK; i++)
        status = evex_reducer_link(&expr->reducers[i], &evex_program_reductions(expr->program)[i],
                                   expr->kernels, error);
    return status;
}

/* ---- Public descriptions -------------------------------------------------------------------- */

/* NUL-terminated; NULL: out of memory. */
static const char *copy_name(evex_expr *expr, uint32_t offset, uint32_t n_bytes) {
    char *name = evex_arena_push(&expr->arena, (size_t)n_bytes + 1);
    if (name != NULL && n_bytes > 0)
        memcpy(name, evex_program_text(expr->program) + offset, n_bytes);
    return name;
}

/* The codes of groups are the last input, and no array that the caller lists. */
static uint32_t count_listed(const evex_program *program) {
    for (uint32_t i = 0; i < program->n_reductions; i++)
        if (evex_program_reductions(program)[i].is_grouped)
            return program->n_inputs - 1;
    return program->n_inputs;
}

static int describe_validities(evex_expr *expr) {
    const evex_program *program = expr->program;
    const uint32_t n_own = evex_program_own_inputs(program);
    expr->n_inputs = count_listed(program);
    expr->n_own_inputs = n_own < expr->n_inputs ? n_own : expr->n_inputs;
    expr->n_own_outputs = evex_program_own_outputs(program);
    const uint32_t n_inputs = expr->n_inputs - expr->n_own_inputs;
    const uint32_t n_outputs = program->n_outputs - expr->n_own_outputs;
    if (n_inputs + n_outputs == 0)
        return 1;
    expr->input_owners = evex_arena_push_array(&expr->arena, n_inputs + 1, sizeof(uint32_t));
    expr->output_owners = evex_arena_push_array(&expr->arena, n_outputs + 1, sizeof(uint32_t));
    if (expr->input_owners == NULL || expr->output_owners == NULL)
        return 0;
    for (uint32_t i = 0, k = 0; i < expr->n_own_inputs; i++)
        if (evex_program_inputs(program)[i].is_nullable)
            expr->input_owners[k++] = i;
    for (uint32_t i = 0, k = 0; i < expr->n_own_outputs; i++)
        if (evex_program_outputs(program)[i].is_nullable)
            expr->output_owners[k++] = i;
    return 1;
}

static int describe_inputs(evex_expr *expr) {
    const evex_program_input *inputs = evex_program_inputs(expr->program);
    const uint32_t n = expr->program->n_inputs;
    expr->inputs = evex_arena_push_array(&expr->arena, n + 1, sizeof *expr->inputs);
    for (uint32_t i = 0; expr->inputs != NULL && i < n; i++) {
        const char *name = copy_name(expr, inputs[i].name, inputs[i].name_bytes);
        if (name == NULL)
            return 0;
        expr->inputs[i] = (evex_var){name, (evex_dtype)inputs[i].dtype, (evex_kind)inputs[i].kind,
                                     inputs[i].is_nullable, inputs[i].unit};
    }
    return expr->inputs != NULL;
}

/* Which of the caller's inputs a register's value depends on, a bit each; at most 64 of them. A
 * validity counts as its owner. */
static void find_dependencies(const evex_expr *expr, uint64_t *depends_on) {
    const evex_program *program = expr->program;
    for (uint32_t i = 0; i < program->n_inputs; i++)
        depends_on[i] = (uint64_t)1 << evex_input_owner(expr, (int32_t)i);
    for (uint32_t i = 0; i < program->n_insns; i++) {
        const evex_insn *insn = &evex_program_insns(program)[i];
        uint64_t inputs = 0;
        for (uint32_t k = 0; k < insn->n_operands; k++)
            inputs |= depends_on[evex_program_operands(program)[insn->first_operand + k]];
        depends_on[insn->dst] = inputs;
        if (insn->dst2 != EVEX_NO_REGISTER)
            depends_on[insn->dst2] = inputs;
    }
}

/* Elementwise results of all inputs, of a program that reduces nothing. */
static int describe_spans(evex_expr *expr) {
    const evex_program *program = expr->program;
    if (expr->n_own_inputs > 64 || program->n_reductions > 0)
        return 1;
    uint64_t *depends_on =
        evex_arena_push_array(&expr->arena, evex_n_registers(program) + 1, sizeof *depends_on);
    if (depends_on == NULL)
        return 0;
    find_dependencies(expr, depends_on);
    const uint64_t all = expr->n_own_inputs == 0 ? 0 : UINT64_MAX >> (64 - expr->n_own_inputs);
    for (uint32_t i = 0; i < program->n_outputs; i++)
        expr->outputs[i].is_spanning =
            depends_on[evex_first_register(program, EVEX_CLASS_OUTPUT) + i] == all;
    return 1;
}

static int describe_outputs(evex_expr *expr) {
    const evex_program_output *outputs = evex_program_outputs(expr->program);
    const uint32_t n = expr->program->n_outputs;
    expr->outputs = evex_arena_push_array(&expr->arena, n + 1, sizeof *expr->outputs);
    for (uint32_t i = 0; expr->outputs != NULL && i < n; i++) {
        const char *name = copy_name(expr, outputs[i].name, outputs[i].name_bytes);
        if (name == NULL)
            return 0;
        expr->outputs[i] = (evex_output){.name = name,
                                         .dtype = (evex_dtype)outputs[i].dtype,
                                         .is_reduced = outputs[i].is_reduced,
                                         .is_grouped = outputs[i].is_grouped,
                                         .nullable = outputs[i].is_nullable,
                                         .unit = outputs[i].unit};
    }
    return expr->outputs != NULL && describe_spans(expr);
}

/* ---- Life ----------------------------------------------------------------------------------- */

static evex_status link_all(evex_expr *expr, const evex_compile_options *options,
                            evex_error *error) {
    evex_status status =
        evex_program_verify(expr->program, expr->program->total_bytes, &expr->allocator, error);
    if (status != EVEX_OK)
        return status;
    expr->kernels = evex_kernels_usable(options->isa);
    if ((status = link_constants(expr, options->functions, error)) != EVEX_OK ||
        (status = link_insns(expr, error)) != EVEX_OK ||
        (status = link_reductions(expr, error)) != EVEX_OK)
        return status;
    const int is_fused = options->no_optimise || evex_fuse(expr);
    if (is_fused && !options->no_optimise)
        evex_fuse_reductions(expr);
    if (is_fused && describe_validities(expr) && describe_inputs(expr) && describe_outputs(expr) &&
        evex_small_link(expr))
        return EVEX_OK;
    return evex_fail_memory(error);
}

evex_status evex_expr_create(evex_expr **expr, evex_program *program,
                             const evex_compile_options *options, evex_error *error) {
    const evex_allocator *allocator =
        options->allocator != NULL ? options->allocator : &evex_system_allocator;
    *expr = NULL;
    evex_expr *made = evex_allocate(allocator, sizeof *made);
    if (made == NULL) {
        evex_free(allocator, program);
        return evex_fail_memory(error);
    }
    memset(made, 0, sizeof *made);
    made->allocator = *allocator;
    made->program = program;
    made->functions = options->functions;
    made->scratch_bytes = options->limits.scratch_bytes;
    evex_arena_init(&made->arena, &made->allocator, NULL, 0);
    atomic_init(&made->idle.workspace, NULL);
    atomic_init(&made->prepared.prepared, NULL);
    atomic_init(&made->prepared.exists, 0);
    evex_matchers_init(&made->matchers);
    const evex_status status = link_all(made, options, error);
    if (status != EVEX_OK)
        evex_expr_free(&made);
    *expr = made;
    return status;
}

void evex_expr_free(evex_expr **expr) {
    if (expr == NULL || *expr == NULL)
        return;
    evex_expr *dead = *expr;
    *expr = NULL;
    const evex_allocator allocator = dead->allocator;
    evex_workspace_free(&dead->idle, &allocator);
    evex_prepared_free(dead);
    evex_matchers_free(&dead->matchers);
    free_patterns(dead);
    evex_arena_free(&dead->arena);
    evex_free(&allocator, dead->program);
    evex_free(&allocator, dead);
}

const evex_var *evex_expr_inputs(const evex_expr *expr, size_t *n) {
    *n = expr->n_own_inputs;
    return expr->inputs;
}

const evex_output *evex_expr_outputs(const evex_expr *expr, size_t *n) {
    *n = expr->n_own_outputs;
    return expr->outputs;
}

evex_status evex_expr_dump(const evex_expr *expr, evex_write_fn write, void *user) {
    if (expr == NULL || write == NULL)
        return EVEX_INVALID_ARGUMENT;
    evex_text text = evex_text_to(write, user);
    evex_program_dump(expr->program, &text);
    return text.stopped ? EVEX_CANCELLED : EVEX_OK;
}
