/* SPDX-License-Identifier: MIT */
/*
 * Shapes of all registers, by walking the program once with NumPy's broadcasting, and the sinks of
 * every stage; see bind.h. Errors have the place of the instruction in the source.
 *
 * Assumes a verified program and the inputs' shapes in the binding.
 */
#include "core/error.h"
#include "eval/bind.h"
#include "eval/group_bind.h"
#include "eval/splat.h"

static evex_status shape_error(const evex_binding *binding, evex_insn_place place, evex_shape a,
                               evex_shape b) {
    char a_text[EVEX_SHAPE_TEXT_BYTES], b_text[EVEX_SHAPE_TEXT_BYTES];
    return evex_fail(binding->error, EVEX_BAD_SHAPE, (evex_place){place.offset, place.length},
                     "shapes %s and %s do not broadcast", evex_shape_write(a_text, a),
                     evex_shape_write(b_text, b));
}

static evex_status widen(const evex_binding *binding, evex_shape *shape, evex_shape with,
                         evex_insn_place place) {
    const evex_shape before = *shape;
    const evex_status status = evex_shape_broadcast(binding->arena, shape, with);
    if (status == EVEX_BAD_SHAPE)
        return shape_error(binding, place, before, with);
    if (status != EVEX_OK)
        return evex_fail_memory(binding->error);
    if (shape->dims != before.dims && shape->dims != with.dims && evex_shape_size(*shape) < 0)
        return evex_fail(binding->error, EVEX_BAD_SHAPE, (evex_place){place.offset, place.length},
                         "the broadcast shape has too many elements");
    return EVEX_OK;
}

/* ---- Instructions --------------------------------------------------------------------------- */

/* The output of a validity has the shape of what it belongs to, which is written before it. */
static evex_status take_shape_of_owner(const evex_binding *binding, evex_register dst,
                                       evex_shape *shape, evex_insn_place place) {
    const evex_expr *expr = binding->expr;
    const uint32_t first = evex_first_register(expr->program, EVEX_CLASS_OUTPUT);
    if (dst < first + expr->n_own_outputs)
        return EVEX_OK;
    const uint32_t owner = first + expr->output_owners[dst - first - expr->n_own_outputs];
    return widen(binding, shape, binding->values[owner].shape, place);
}

static evex_status infer_insn(evex_binding *binding, uint32_t number) {
    const evex_program *program = binding->program;
    const evex_insn *insn = &evex_program_insns(program)[number];
    const evex_register *operands = evex_program_operands(program) + insn->first_operand;
    const evex_insn_place place = evex_program_places(program)[number];
    evex_shape shape = {0, NULL};
    evex_status status = insn->op == EVEX_OP_TAKE ? evex_bind_whole(binding, operands[0]) : EVEX_OK;
    if (status != EVEX_OK)
        return status;
    for (uint32_t k = insn->op == EVEX_OP_TAKE; k < insn->n_operands; k++) {
        const evex_shape operand = binding->values[operands[k]].shape;
        if (operand.ndim == 0)
            continue;
        status = widen(binding, &shape, operand, place);
        if (status != EVEX_OK)
            return status;
    }
    status = take_shape_of_owner(binding, insn->dst, &shape, place);
    if (status != EVEX_OK)
        return status;
    evex_value *value = &binding->values[insn->dst];
    value->shape = shape;
    if (evex_is_in_class(program, insn->dst, EVEX_CLASS_SCALAR) &&
        (value->scalar = evex_splat_push(binding->arena)) == NULL)
        return evex_fail_memory(binding->error);
    if (insn->dst2 != EVEX_NO_REGISTER)
        binding->values[insn->dst2].shape = shape;
    binding->is_hoisted[number] =
        evex_shape_is_scalar(shape) && evex_is_in_class(program, insn->dst, EVEX_CLASS_TEMP);
    return EVEX_OK;
}

static void add_output_sink(evex_binding *binding, evex_sink **sink, uint32_t number,
                            evex_register reg) {
    if (reg == EVEX_NO_REGISTER || !evex_is_in_class(binding->program, reg, EVEX_CLASS_OUTPUT))
        return;
    *(*sink)++ = (evex_sink){.kind = EVEX_SINK_ELEMENTWISE,
                             .shape = binding->values[reg].shape,
                             .reg = reg,
                             .reduction = number};
}

static evex_status infer_body(evex_binding *binding, const evex_stage *stage, evex_sink **sink) {
    for (uint32_t i = stage->first_insn; i < stage->first_insn + stage->n_insns; i++) {
        const evex_status status = infer_insn(binding, i);
        if (status != EVEX_OK)
            return status;
        const evex_insn *insn = &evex_program_insns(binding->program)[i];
        add_output_sink(binding, sink, i, insn->dst);
        add_output_sink(binding, sink, i, insn->dst2);
    }
    return EVEX_OK;
}

static evex_status infer_scalars(evex_binding *binding, const evex_stage *stage) {
    evex_status status = EVEX_OK;
    for (uint32_t i = 0; i < stage->n_scalar_insns && status == EVEX_OK; i++)
        status = infer_insn(binding, stage->first_scalar_insn + i);
    return status;
}

/* ---- Reductions ----------------------------------------------------------------------------- */

/* The shape that a reduction goes over: of its source and mask, or of all inputs. */
static evex_status iterated_shape(evex_binding *binding, const evex_reduction *reduction,
                                  evex_shape *shape) {
    evex_status status = EVEX_OK;
    *shape = (evex_shape){0, NULL};
    if (reduction->source != EVEX_NO_REGISTER)
        *shape = binding->values[reduction->source].shape;
    else
        for (uint32_t i = 0; i < binding->program->n_inputs && status == EVEX_OK; i++)
            status = widen(binding, shape, binding->values[i].shape, reduction->place);
    if (status == EVEX_OK && reduction->mask != EVEX_NO_REGISTER)
        status = widen(binding, shape, binding->values[reduction->mask].shape, reduction->place);
    if (status == EVEX_OK && reduction->is_grouped)
        status = widen(binding, shape, binding->values[reduction->group].shape, reduction->place);
    return status;
}

/* The reduced dimensions as bits. */
static evex_status reduced_axes(const evex_binding *binding, const evex_reduction *reduction,
                                int32_t ndim, uint32_t *axes) {
    *axes = ndim == 0 ? 0 : UINT32_MAX >> (32 - ndim);
    if (reduction->all_axes)
        return EVEX_OK;
    *axes = 0;
    const evex_place place = {reduction->place.offset, reduction->place.length};
    for (int k = 0; k < reduction->n_axes; k++) {
        const int axis = reduction->axes[k] < 0 ? reduction->axes[k] + ndim : reduction->axes[k];
        if (axis < 0 || axis >= ndim)
            return evex_fail(binding->error, EVEX_OUT_OF_RANGE, place,
                             "axis %d is out of range for an operand of %d dimensions",
                             (int)reduction->axes[k], (int)ndim);
        if (*axes >> axis & 1)
            return evex_fail(binding->error, EVEX_OUT_OF_RANGE, place, "axis %d is given twice",
                             (int)reduction->axes[k]);
        *axes |= 1u << axis;
    }
    return EVEX_OK;
}

static evex_status result_shape(evex_binding *binding, const evex_reduction *reduction,
                                evex_shape from, uint32_t axes) {
    int64_t *dims = evex_arena_push_array(binding->arena, (size_t)from.ndim + 2, sizeof *dims);
    if (dims == NULL)
        return evex_fail_memory(binding->error);
    evex_shape *shape = &binding->values[reduction->dst].shape;
    *shape = (evex_shape){0, dims};
    if (reduction->is_grouped) {
        shape->ndim = 1;
        dims[0] = binding->n_groups;
        return EVEX_OK;
    }
    for (int32_t d = 0; d < from.ndim; d++) {
        if (!(axes >> d & 1))
            dims[shape->ndim++] = from.dims[d];
        else if (reduction->keepdims)
            dims[shape->ndim++] = 1;
    }
    return EVEX_OK;
}

/* Where the result goes, unless that is the caller's: one element is a splat, so that it can be an
 * operand; the memory of a kept array comes when its size has been agreed to. */
static evex_status make_result(evex_binding *binding, const evex_reduction *reduction) {
    if (evex_is_in_class(binding->program, reduction->dst, EVEX_CLASS_OUTPUT))
        return EVEX_OK;
    evex_value *value = &binding->values[reduction->dst];
    const evex_dtype dtype = (evex_dtype)reduction->out_dtype;
    if (value->view == NULL)
        value->view = evex_arena_push(binding->arena, sizeof *value->view);
    if (value->view == NULL || evex_view_fresh(binding->arena, value->view, dtype,
                                               evex_dtype_size(dtype), value->shape) != EVEX_OK)
        return evex_fail_memory(binding->error);
    if (!evex_shape_is_scalar(value->shape))
        return EVEX_OK;
    value->scalar = evex_splat_push(binding->arena);
    value->view->data = value->scalar;
    return value->scalar != NULL ? EVEX_OK : evex_fail_memory(binding->error);
}

static int needs_an_element(evex_reduction_kind kind) {
    switch (kind) {
    case EVEX_RED_MIN:
    case EVEX_RED_MAX:
    case EVEX_RED_NANMIN:
    case EVEX_RED_NANMAX:
    case EVEX_RED_ARGMIN:
    case EVEX_RED_ARGMAX:
        return 1;
    default:
        return 0;
    }
}

static evex_status check_not_empty(const evex_binding *binding, const evex_reduction *reduction,
                                   evex_shape from) {
    if (reduction->is_grouped || reduction->allows_empty ||
        !needs_an_element((evex_reduction_kind)reduction->kind) || evex_shape_size(from) != 0 ||
        evex_shape_size(binding->values[reduction->dst].shape) == 0)
        return EVEX_OK;
    return evex_fail(binding->error, EVEX_EMPTY,
                     (evex_place){reduction->place.offset, reduction->place.length},
                     "%s of no element has no answer", evex_reduction_infos[reduction->kind].name);
}

static evex_status infer_reduction(evex_binding *binding, uint32_t number, evex_sink *sink) {
    const evex_reduction *reduction = &evex_program_reductions(binding->program)[number];
    *sink = (evex_sink){
        .reg = reduction->dst, .reduction = number, .is_grouped = reduction->is_grouped};
    evex_status status = iterated_shape(binding, reduction, &sink->shape);
    if (status == EVEX_OK)
        status = reduced_axes(binding, reduction, sink->shape.ndim, &sink->axes);
    if (status == EVEX_OK)
        status = result_shape(binding, reduction, sink->shape, sink->axes);
    if (status == EVEX_OK)
        status = make_result(binding, reduction);
    if (status != EVEX_OK)
        return status;
    const uint32_t all = sink->shape.ndim == 0 ? 0 : UINT32_MAX >> (32 - sink->shape.ndim);
    sink->kind = sink->axes == all ? EVEX_SINK_FULL : EVEX_SINK_AXES;
    return check_not_empty(binding, reduction, sink->shape);
}

/* ---- The program ---------------------------------------------------------------------------- */

static evex_status infer_stage(evex_binding *binding, const evex_stage *stage, evex_sink **sink) {
    evex_status status = infer_scalars(binding, stage);
    if (status == EVEX_OK)
        status = infer_body(binding, stage, sink);
    for (uint32_t i = 0; i < stage->n_reductions && status == EVEX_OK; i++)
        status = infer_reduction(binding, stage->first_reduction + i, (*sink)++);
    return status;
}

evex_status evex_infer(evex_binding *binding) {
    const evex_program *program = binding->program;
    const size_t n_sinks = (size_t)program->n_outputs + program->n_reductions;
    binding->is_hoisted = evex_arena_push(binding->arena, program->n_insns + 1);
    binding->sinks = evex_arena_push_array(binding->arena, n_sinks + 1, sizeof *binding->sinks);
    binding->first_sink =
        evex_arena_push_array(binding->arena, program->n_stages + 1, sizeof *binding->first_sink);
    if (binding->is_hoisted == NULL || binding->sinks == NULL || binding->first_sink == NULL)
        return evex_fail_memory(binding->error);
    evex_sink *sink = binding->sinks;
    evex_status status = EVEX_OK;
    for (uint32_t s = 0; s < program->n_stages && status == EVEX_OK; s++) {
        status = infer_stage(binding, &evex_program_stages(program)[s], &sink);
        binding->first_sink[s + 1] = (uint32_t)(sink - binding->sinks);
    }
    return status;
}
