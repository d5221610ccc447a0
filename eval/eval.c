/* SPDX-License-Identifier: MIT */
/*
 * Evaluating an expression: the steps from the caller's arrays to results, and the memory that they
 * need beside the arrays. Every step but the last only looks and plans:
 *
 *     bind.c, infer.c   arrays become views, registers get shapes
 *     passes.c          sinks are grouped into passes
 *     conflicts.c       overlap of outputs
 *     box.c, layout.c   dimensions, blocks, chunks, workers
 *     run.c             the run
 *
 * A small evaluation's plan is kept for the next call with arrays alike (prepared.c); calls on a
 * few elements of contiguous arrays take the short way of small.c.
 */
#include <stddef.h>
#include <string.h>

#include "core/error.h"
#include "core/options.h"
#include "core/system.h"
#include "eval/nulls.h"
#include "eval/prepared.h"
#include "eval/run.h"
#include "eval/small.h"

static const evex_place nowhere = {0, 0};

/* ---- Kept arrays and copies ----------------------------------------------------------------- */

/* Makes the view of the copy of an input: C-contiguous, without repeating what strides of 0 repeat.
 */
static evex_status view_copy(const evex_binding *binding, evex_view *copy, const evex_view *view) {
    const int32_t ndim = view->shape.ndim;
    int64_t *dims = evex_arena_push_array(binding->arena, (size_t)ndim + 1, sizeof *dims);
    if (dims == NULL)
        return EVEX_NO_MEMORY;
    for (int32_t d = 0; d < ndim; d++)
        dims[d] = (view->strides[d] == 0 ? 1 : view->shape.dims[d]) +
                  evex_has_offsets(view->dtype, view->str_form);
    const evex_status status = evex_view_fresh(binding->arena, copy, view->dtype, view->item_bytes,
                                               (evex_shape){ndim, dims});
    copy->str_form = view->str_form;
    copy->is_swapped = view->is_swapped;
    copy->is_plain = !view->is_swapped && view->str_form == EVEX_STR_VIEWS;
    copy->texts = view->texts;
    return status;
}

static int add_bytes(size_t *sum, const evex_view *view) {
    int64_t size = evex_shape_size(view->shape);
    size_t n_bytes;
    if (view->shape.ndim == 1 && view->shape.dims[0] < 0) /* of groups, before they are known */
        size = 0;
    return size >= 0 && !__builtin_mul_overflow((size_t)size, view->item_bytes, &n_bytes) &&
           n_bytes <= SIZE_MAX / 2 && !__builtin_add_overflow(*sum, evex_align_up(n_bytes), sum);
}

/* Adds the bytes of every kept array and, where copies is given, of every input's copy to the
 * binding's memory; 0 when the sum overflows. */
static int sum_memory(evex_binding *binding, const evex_view *copies) {
    const evex_program *program = binding->program;
    int fits = 1;
    for (uint32_t r = program->first_register[EVEX_CLASS_KEPT];
         r < program->first_register[EVEX_CLASS_KEPT + 1]; r++)
        if (binding->values[r].scalar == NULL)
            fits &= add_bytes(&binding->memory_bytes, binding->values[r].view);
    for (uint32_t i = 0; copies != NULL && i < program->n_inputs; i++)
        if (binding->values[i].must_copy)
            fits &= add_bytes(&binding->memory_bytes, &copies[i]);
    return fits;
}

static int any_copy(const evex_binding *binding) {
    for (uint32_t i = 0; i < binding->program->n_inputs; i++)
        if (binding->values[i].must_copy)
            return 1;
    return 0;
}

static evex_status view_copies(evex_binding *binding, evex_view **copies) {
    *copies = NULL;
    if (!any_copy(binding))
        return EVEX_OK;
    *copies = evex_arena_push_array(binding->arena, binding->program->n_inputs, sizeof **copies);
    if (*copies == NULL)
        return evex_fail_memory(binding->error);
    for (uint32_t i = 0; i < binding->program->n_inputs; i++)
        if (binding->values[i].must_copy &&
            view_copy(binding, &(*copies)[i], binding->values[i].view) != EVEX_OK)
            return evex_fail_memory(binding->error);
    return EVEX_OK;
}

static evex_status limit_memory(const evex_binding *binding, size_t limit) {
    if (limit == 0 || binding->memory_bytes <= limit)
        return EVEX_OK;
    return evex_fail(binding->error, EVEX_LIMIT_MEMORY, nowhere,
                     "the evaluation needs %zu bytes beside its arrays; the limit is %zu",
                     binding->memory_bytes, limit);
}

static void copy_element(const evex_view *from, const char *source, char *place) {
    evex_gather to = {.block = place};
    if (from->validity_form != EVEX_VALIDITY_BYTES)
        evex_gather_find(from)(&to, source, 1, 1);
    else
        memcpy(place, source, from->item_bytes);
}

/* Copies the elements of an input, byte for byte, to where its copy lies; a validity as bytes. */
static void copy_elements(const evex_view *from, const evex_view *to) {
    int64_t index[EVEX_MAX_DIMS] = {0};
    const char *source = from->data;
    const int64_t n = evex_shape_size(to->shape);
    char *place = to->data;
    for (int64_t i = 0; i < n; i++, place += to->item_bytes) {
        copy_element(from, source, place);
        for (int32_t d = to->shape.ndim - 1; d >= 0; d--) {
            source += from->strides[d];
            if (++index[d] < to->shape.dims[d])
                break;
            source -= from->strides[d] * index[d];
            index[d] = 0;
        }
    }
}

static void place_view(evex_view *view, char **place) {
    view->data = *place;
    *place += evex_align_up((size_t)evex_shape_size(view->shape) * view->item_bytes);
}

/* Gives kept arrays their place in the memory and replaces inputs by their copies. */
static void use_memory(evex_binding *binding, evex_view *copies, char *memory) {
    const evex_program *program = binding->program;
    for (uint32_t r = program->first_register[EVEX_CLASS_KEPT];
         r < program->first_register[EVEX_CLASS_KEPT + 1]; r++)
        if (binding->values[r].scalar == NULL) {
            place_view(binding->values[r].view, &memory);
            if (binding->values[r].whole != NULL)
                binding->values[r].whole->values = binding->values[r].view->data;
        }
    for (uint32_t i = 0; copies != NULL && i < program->n_inputs; i++) {
        if (!binding->values[i].must_copy)
            continue;
        place_view(&copies[i], &memory);
        evex_view *view = binding->values[i].view;
        copy_elements(view, &copies[i]);
        copies[i].shape = view->shape;
        for (int32_t d = 0; d < view->shape.ndim; d++)
            if (view->strides[d] == 0)
                ((int64_t *)(uintptr_t)copies[i].strides)[d] = 0;
        *view = copies[i];
    }
}

/* ---- Steps ---------------------------------------------------------------------------------- */

static evex_status plan(evex_binding *binding, evex_array *outputs, size_t n_outputs,
                        const evex_eval_options *options) {
    evex_status status = evex_bind_scalars(binding);
    if (status == EVEX_OK)
        status = evex_bind_outputs(binding, outputs, n_outputs, options);
    if (status == EVEX_OK)
        status = evex_plan_passes(binding);
    return status == EVEX_OK ? evex_plan_overlap(binding) : status;
}

/* The largest memory that the workers of a pass need, and room for a scalar section's operands. */
static size_t worker_bytes(const evex_binding *binding) {
    size_t most = evex_n_registers(binding->program) > 0 ? EVEX_CACHE_LINE : 0;
    for (uint32_t p = 0; p < binding->n_passes; p++) {
        const evex_pass *pass = &binding->passes[p];
        const size_t n_bytes = pass->n_units > 0 ? pass->n_workers * pass->worker_bytes : 0;
        most = n_bytes > most ? n_bytes : most;
    }
    for (uint32_t i = 0; i < binding->program->n_insns; i++) {
        const size_t n_bytes =
            evex_program_insns(binding->program)[i].n_operands * sizeof(evex_operand);
        most = n_bytes > most ? n_bytes : most;
    }
    return most;
}

static evex_status run_with_matchers(evex_binding *binding, evex_pool *pool,
                                     const evex_eval_options *options, char *memory,
                                     evex_matcher **matchers) {
    evex_run run = {.binding = binding,
                    .matchers = matchers,
                    .options = options,
                    .pool = pool,
                    .memory = memory,
                    .last_poll_ns = options->poll != NULL ? evex_system_in_use()->now_ns() : 0,
                    .generation = evex_fork_generation(),
                    .fp_state = evex_fp_save()};
    atomic_init(&run.status, EVEX_OK);
    evex_fp_default();
    const evex_status status = evex_run_program(&run);
    evex_fp_restore(run.fp_state);
    return status;
}

/* The most workers that a pass has; scalar sections take one. */
static size_t n_workers(const evex_binding *binding) {
    size_t most = 1;
    for (uint32_t p = 0; p < binding->n_passes; p++)
        most = binding->passes[p].n_workers > most ? binding->passes[p].n_workers : most;
    return most;
}

/* With a matcher for each worker, where the program has patterns. */
static evex_status run_in(evex_binding *binding, evex_pool *pool, const evex_eval_options *options,
                          char *memory) {
    if (binding->expr->n_patterns == 0)
        return run_with_matchers(binding, pool, options, memory, NULL);
    const size_t n = n_workers(binding);
    evex_matcher_slots *slots = (evex_matcher_slots *)(uintptr_t)&binding->expr->matchers;
    evex_matcher **matchers = evex_matchers_take(slots, &binding->expr->allocator, n);
    if (matchers == NULL)
        return evex_fail_memory(binding->error);
    const evex_status status = run_with_matchers(binding, pool, options, memory, matchers);
    evex_matchers_give(slots, &binding->expr->allocator, matchers, n);
    return status;
}

enum { STACK_SCRATCH = 16 << 10 };

/* Small programs find room for their blocks on the stack. */
static evex_status run_on_stack(evex_binding *binding, evex_pool *pool,
                                const evex_eval_options *options) {
    _Alignas(EVEX_CACHE_LINE) char memory[STACK_SCRATCH];
    return run_in(binding, pool, options, memory);
}

static evex_status run_in_workspace(evex_binding *binding, evex_pool *pool,
                                    const evex_eval_options *options, size_t n_bytes) {
    /* The slot is the one mutable part of an expression. */
    evex_workspace_slot *slot = (evex_workspace_slot *)(uintptr_t)&binding->expr->idle;
    evex_workspace *workspace = evex_workspace_take(slot, &binding->expr->allocator, n_bytes);
    if (workspace == NULL)
        return evex_fail_memory(binding->error);
    const evex_status status = run_in(binding, pool, options, evex_workspace_memory(workspace));
    evex_workspace_give(slot, &binding->expr->allocator, workspace);
    return status;
}

static evex_status run_laid_out(evex_binding *binding, evex_pool *pool,
                                const evex_eval_options *options) {
    const size_t n_bytes = worker_bytes(binding);
    return n_bytes <= STACK_SCRATCH ? run_on_stack(binding, pool, options)
                                    : run_in_workspace(binding, pool, options, n_bytes);
}

static evex_status run_planned(evex_binding *binding, evex_pool *pool, evex_array *outputs,
                               const evex_eval_options *options) {
    evex_status status = evex_bind_allocate(binding, outputs, options);
    if (status == EVEX_OK)
        status = evex_plan_layout(binding, options, pool);
    return status == EVEX_OK ? run_laid_out(binding, pool, options) : status;
}

static evex_status run_with_memory(evex_binding *binding, evex_pool *pool, evex_array *outputs,
                                   const evex_eval_options *options) {
    evex_view *copies;
    evex_status status = view_copies(binding, &copies);
    if (status != EVEX_OK)
        return status;
    if (!sum_memory(binding, copies))
        return evex_fail_memory(binding->error);
    if (binding->memory_bytes == 0)
        return run_planned(binding, pool, outputs, options);
    if ((status = limit_memory(binding, options->max_memory)) != EVEX_OK)
        return status;
    char *memory = evex_allocate_aligned(&binding->expr->allocator, binding->memory_bytes);
    if (memory == NULL)
        return evex_fail_memory(binding->error);
    use_memory(binding, copies, memory);
    status = run_planned(binding, pool, outputs, options);
    evex_free_aligned(&binding->expr->allocator, memory);
    return status;
}

/* ---- The public calls ----------------------------------------------------------------------- */

enum { STACK_ARENA = 8 << 10 };

static evex_status invalid(evex_error *error, const char *what) {
    evex_error fresh = EVEX_ERROR_INIT;
    return evex_report(error, &fresh,
                       evex_fail(&fresh, EVEX_INVALID_ARGUMENT, nowhere, "%s", what));
}

/* A call: what evex_eval was given; arrays for all of the program's inputs and outputs, the numbers
 * being those of the caller. */
typedef struct {
    const evex_expr *expr;
    evex_pool *pool;
    const evex_array *inputs;
    evex_array *outputs;
    size_t n_inputs, n_outputs;
    const evex_eval_options *options;
} call;

static evex_status bind_and_run(const call *c, evex_binding *binding, evex_arena *arena,
                                evex_error *fresh) {
    evex_status status =
        evex_bind_all_inputs(binding, c->expr, arena, c->inputs, c->n_inputs, 1, c->options, fresh);
    if (status == EVEX_OK)
        status = plan(binding, c->outputs, c->n_outputs, c->options);
    return status == EVEX_OK ? run_with_memory(binding, c->pool, c->outputs, c->options) : status;
}

static evex_status evaluate_once(const call *c, evex_error *fresh) {
    _Alignas(16) char buffer[STACK_ARENA];
    evex_arena arena;
    evex_arena_init(&arena, &c->expr->allocator, buffer, sizeof buffer);
    evex_binding binding;
    const evex_status status = bind_and_run(c, &binding, &arena, fresh);
    evex_arena_free(&arena);
    return status;
}

/* With the last call's plan, if it fits, or with one that the next call may use. */
static evex_status evaluate_prepared(const call *c, evex_prepared *prepared, evex_error *fresh) {
    evex_binding *binding = evex_prepared_binding(prepared);
    const evex_expr *expr = c->expr;
    if (c->n_inputs != expr->n_own_inputs || c->n_outputs != expr->n_own_outputs ||
        expr->n_inputs != expr->program->n_inputs)
        return evaluate_once(c, fresh);
    if (evex_prepared_recall(prepared, c->inputs, c->outputs, c->options)) {
        binding->error = fresh;
        const evex_status status = evex_bind_scalars(binding);
        return status == EVEX_OK ? run_laid_out(binding, c->pool, c->options) : status;
    }
    call copy = *c;
    if (!evex_prepared_begin(prepared, expr, &copy.inputs, expr->program->n_inputs, &copy.outputs,
                             expr->program->n_outputs, c->options))
        return evaluate_once(c, fresh);
    const evex_status status = bind_and_run(&copy, binding, evex_prepared_arena(prepared), fresh);
    if (status == EVEX_OK)
        evex_prepared_end(prepared);
    return status;
}

static evex_status evaluate(const call *c, evex_error *error) {
    evex_error fresh;
    fresh.status = EVEX_OK; /* the rest is not looked at before evex_fail has set it */
    evex_prepared *prepared = evex_prepared_take(c->expr);
    evex_status status;
    if (prepared != NULL) {
        status = evaluate_prepared(c, prepared, &fresh);
        evex_prepared_give(c->expr, prepared);
    } else {
        status = evaluate_once(c, &fresh);
    }
    return evex_report(error, &fresh, status);
}

static evex_status evaluate_whole(const call *c, evex_error *error) {
    return evex_small_eval(c->expr, c->inputs, c->n_inputs, c->outputs, c->n_outputs, c->options)
               ? EVEX_OK
               : evaluate(c, error);
}

enum { NULLS_ARENA = 2 << 10 };

static evex_status evaluate_nullable(const call *given, evex_error *error) {
    const evex_expr *expr = given->expr;
    _Alignas(16) char buffer[NULLS_ARENA];
    evex_arena arena;
    evex_arena_init(&arena, &expr->allocator, buffer, sizeof buffer);
    evex_nulls_options options;
    evex_error fresh = EVEX_ERROR_INIT;
    call c = *given;
    evex_status status = EVEX_OK;
    if (c.n_inputs == expr->n_own_inputs)
        status = evex_nulls_widen_inputs(expr, &arena, &c.inputs, 1, &fresh);
    if (status == EVEX_OK && c.n_outputs == expr->n_own_outputs)
        status = evex_nulls_widen_outputs(expr, &arena, &c.outputs, &fresh);
    if (status != EVEX_OK) {
        evex_arena_free(&arena);
        return evex_report(error, &fresh, status);
    }
    c.options = evex_nulls_widen_options(&options, expr, given->options);
    status = evaluate_whole(&c, error);
    if (c.n_outputs == expr->n_own_outputs)
        evex_nulls_take_back(expr, c.outputs, given->outputs);
    evex_arena_free(&arena);
    return status;
}

evex_status evex_eval(const evex_expr *expr, evex_pool *pool, const evex_array *inputs,
                      size_t n_inputs, evex_array *outputs, size_t n_outputs,
                      const evex_eval_options *options, evex_error *error) {
    if (expr == NULL)
        return invalid(error, "expr is NULL");
    evex_eval_options room;
    if ((options = evex_known_eval_options(options, &room)) == NULL)
        return invalid(error, "the options are not initialised by EVEX_EVAL_OPTIONS_INIT");
    const call c = {expr, pool, inputs, outputs, n_inputs, n_outputs, options};
    return evex_has_nulls(expr) ? evaluate_nullable(&c, error) : evaluate_whole(&c, error);
}

evex_status evex_eval_whole(const evex_expr *expr, evex_pool *pool, const evex_array *inputs,
                            evex_array *outputs, const evex_eval_options *options,
                            evex_error *error) {
    const call c = {expr, pool, inputs, outputs, expr->n_own_inputs, expr->n_own_outputs, options};
    return evaluate_whole(&c, error);
}

static void describe_results(const evex_binding *binding, evex_result *results) {
    for (uint32_t i = 0; i < binding->expr->n_own_outputs; i++) {
        const evex_shape shape =
            binding->values[evex_first_register(binding->program, EVEX_CLASS_OUTPUT) + i].shape;
        results[i].dtype = (evex_dtype)evex_program_outputs(binding->program)[i].dtype;
        results[i].ndim = shape.ndim;
        for (int32_t d = 0; d < shape.ndim; d++)
            results[i].shape[d] = shape.dims[d];
    }
}

evex_status evex_result_shape(const evex_expr *expr, const evex_array *inputs, size_t n_inputs,
                              evex_result *results, size_t *memory_bytes, evex_error *error) {
    if (expr == NULL || (results == NULL && expr->program->n_outputs > 0))
        return invalid(error, "expr or results is NULL");
    _Alignas(16) char buffer[STACK_ARENA];
    evex_arena arena;
    evex_arena_init(&arena, &expr->allocator, buffer, sizeof buffer);
    evex_binding binding;
    evex_error fresh;
    fresh.status = EVEX_OK;
    evex_status status = EVEX_OK;
    if (n_inputs == expr->n_own_inputs)
        status = evex_nulls_widen_inputs(expr, &arena, &inputs, 0, &fresh);
    if (status == EVEX_OK)
        status = evex_bind_inputs(&binding, expr, &arena, inputs, n_inputs, 0, &fresh);
    if (status == EVEX_OK && !sum_memory(&binding, NULL))
        status = evex_fail_memory(&fresh);
    if (status == EVEX_OK)
        describe_results(&binding, results);
    if (status == EVEX_OK && memory_bytes != NULL)
        *memory_bytes = binding.memory_bytes;
    evex_arena_free(&arena);
    return evex_report(error, &fresh, status);
}
