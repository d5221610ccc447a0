/* SPDX-License-Identifier: MIT */
/*
 * Planning a stream: what becomes of each reduction, and which slices of the program it takes; see
 * stream.h. How a slice is built is in stream_slice.c.
 */
#include <string.h>

#include "core/error.h"
#include "eval/stream.h"

static evex_place place_of(evex_insn_place place) {
    return (evex_place){place.offset, place.length};
}

/* ---- What is cut -------------------------------------------------------------------------- */

/* By register: its number of dimensions, whether axis 0 of it is the stream's. */
typedef struct {
    int32_t ndim;
    uint8_t is_cut;
    uint8_t is_by_group; /* an element a group: no row is read */
} extent;

typedef struct {
    evex_stream *stream;
    const evex_program *program;
    extent *extents;
    evex_error *error;
} planner;

/* Broadcasting aligns last dimensions, so an operand of fewer would be cut along another one. */
static evex_status widen(const planner *p, extent *into, extent with, evex_insn_place place) {
    if (into->is_cut && with.is_cut && into->ndim != with.ndim)
        return evex_fail(p->error, EVEX_UNSUPPORTED, place_of(place),
                         "in a stream, operands that come in pieces must have the same number of "
                         "dimensions, not %d and %d",
                         (int)into->ndim, (int)with.ndim);
    into->is_by_group |= with.is_by_group;
    const extent cut = into->is_cut ? *into : with;
    into->is_cut |= with.is_cut;
    into->ndim = into->ndim > with.ndim ? into->ndim : with.ndim;
    if (cut.is_cut && cut.ndim != into->ndim)
        return evex_fail(p->error, EVEX_UNSUPPORTED, place_of(place),
                         "in a stream, an operand that comes in pieces must have as many "
                         "dimensions as the others");
    return EVEX_OK;
}

static evex_status extend_insn(const planner *p, uint32_t number) {
    const evex_insn *insn = &evex_program_insns(p->program)[number];
    const evex_register *operands = evex_program_operands(p->program) + insn->first_operand;
    extent result = {0, 0, 0};
    evex_status status = EVEX_OK;
    for (uint32_t k = insn->op == EVEX_OP_TAKE; k < insn->n_operands && status == EVEX_OK; k++)
        status =
            widen(p, &result, p->extents[operands[k]], evex_program_places(p->program)[number]);
    p->extents[insn->dst] = result;
    p->stream->is_by_group[number] = result.is_by_group;
    if (insn->dst2 != EVEX_NO_REGISTER)
        p->extents[insn->dst2] = result;
    return status;
}

static evex_status extend_insns(const planner *p, uint32_t first, uint32_t n) {
    evex_status status = EVEX_OK;
    for (uint32_t i = first; i < first + n && status == EVEX_OK; i++)
        status = extend_insn(p, i);
    return status;
}

static evex_status axes_of(const planner *p, const evex_reduction *reduction, int32_t ndim,
                           uint32_t *axes) {
    *axes = ndim == 0 ? 0 : UINT32_MAX >> (32 - ndim);
    if (reduction->all_axes)
        return EVEX_OK;
    *axes = 0;
    for (int k = 0; k < reduction->n_axes; k++) {
        const int axis = reduction->axes[k] < 0 ? reduction->axes[k] + ndim : reduction->axes[k];
        if (axis < 0 || axis >= ndim)
            return evex_fail(p->error, EVEX_OUT_OF_RANGE, place_of(reduction->place),
                             "axis %d is out of range for an operand of %d dimensions",
                             (int)reduction->axes[k], (int)ndim);
        *axes |= 1u << axis;
    }
    return EVEX_OK;
}

/* What a reduction goes over. */
static evex_status extend_source(const planner *p, const evex_reduction *reduction, extent *over) {
    evex_status status = EVEX_OK;
    *over = (extent){0, 0, 0};
    if (reduction->source != EVEX_NO_REGISTER)
        *over = p->extents[reduction->source];
    else
        for (uint32_t i = 0; i < p->program->n_inputs && status == EVEX_OK; i++)
            status = widen(p, over, p->extents[i], reduction->place);
    if (status == EVEX_OK && reduction->mask != EVEX_NO_REGISTER)
        status = widen(p, over, p->extents[reduction->mask], reduction->place);
    if (status == EVEX_OK && reduction->is_grouped)
        status = widen(p, over, p->extents[reduction->group], reduction->place);
    return status;
}

static evex_status classify(const planner *p, uint32_t number, uint32_t pass) {
    evex_stream *stream = p->stream;
    const evex_reduction *reduction = &evex_program_reductions(p->program)[number];
    extent over;
    uint32_t axes = 0;
    evex_status status = extend_source(p, reduction, &over);
    if (status == EVEX_OK)
        status = axes_of(p, reduction, over.ndim, &axes);
    if (status != EVEX_OK)
        return status;
    if (over.is_by_group) {
        p->extents[reduction->dst] = (extent){0, 0, 0};
        stream->carry_of[number] = EVEX_OVER_GROUPS;
        return EVEX_OK;
    }
    const int32_t n_lost = reduction->keepdims ? 0 : __builtin_popcount(axes);
    const int is_local = over.is_cut && !(axes & 1);
    p->extents[reduction->dst] = reduction->is_grouped
                                     ? (extent){1, 0, 1}
                                     : (extent){over.ndim - n_lost, (uint8_t)is_local, 0};
    stream->carry_of[number] = is_local ? 0 : stream->n_carries + 1;
    if (!is_local)
        stream->carries[stream->n_carries++] =
            (evex_carry){.reducer = &stream->expr->reducers[number],
                         .number = number,
                         .pass = pass,
                         .is_constant = !over.is_cut,
                         .ndim = over.ndim,
                         .axes = axes,
                         .sort = reduction->is_grouped ? evex_group_sort_of(reduction) : NULL};
    return EVEX_OK;
}

static evex_status classify_all(const planner *p) {
    evex_stream *stream = p->stream;
    for (uint32_t i = 0; i < p->program->n_inputs; i++)
        p->extents[i] = (extent){stream->ndims[i],
                                 stream->max_ndim > 0 && stream->ndims[i] == stream->max_ndim, 0};
    evex_status status = EVEX_OK;
    for (uint32_t s = 0; s < p->program->n_stages && status == EVEX_OK; s++) {
        const evex_stage *stage = &evex_program_stages(p->program)[s];
        status = extend_insns(p, stage->first_scalar_insn, stage->n_scalar_insns);
        if (status == EVEX_OK)
            status = extend_insns(p, stage->first_insn, stage->n_insns);
        for (uint32_t r = 0; r < stage->n_reductions && status == EVEX_OK; r++)
            status = classify(p, stage->first_reduction + r, stream->pass_of_stage[s]);
    }
    return status;
}

/* ---- The slices of a stream --------------------------------------------------------------- */

static int is_same_operand(const evex_stream_operand *a, const evex_stream_operand *b) {
    return a->source == b->source && a->mask == b->mask && a->kind_is_count == b->kind_is_count &&
           a->axes == b->axes && a->group == b->group;
}

/* Reduced axes that come before all others leave elements in the order of memory. */
static int are_leading(uint32_t axes) {
    return (axes & (axes + 1)) == 0;
}

static void add_operand(const evex_stream *stream, evex_slice *slice, evex_carry *carry) {
    const evex_reduction *reduction =
        &evex_program_reductions(stream->expr->program)[carry->number];
    const int is_count = reduction->kind == EVEX_RED_COUNT;
    const int is_direct =
        !is_count && !reduction->is_grouped && reduction->mask == EVEX_NO_REGISTER &&
        are_leading(carry->axes) &&
        evex_is_in_class(stream->expr->program, reduction->source, EVEX_CLASS_INPUT);
    const evex_stream_operand operand = {.source = reduction->source,
                                         .mask = reduction->mask,
                                         .group = reduction->is_grouped ? reduction->group
                                                                        : EVEX_NO_REGISTER,
                                         .codes_output = -1,
                                         .kind_is_count = (uint8_t)is_count,
                                         .dtype = reduction->in_dtype,
                                         .is_constant = carry->is_constant,
                                         .ndim = carry->ndim,
                                         .axes = carry->axes,
                                         .direct_input = is_direct ? reduction->source : -1};
    uint32_t g = 0;
    while (g < slice->n_operands && !is_same_operand(&slice->operands[g], &operand))
        g++;
    if (g == slice->n_operands)
        slice->operands[slice->n_operands++] = operand;
    carry->operand = g;
}

static evex_status plan_operands(evex_stream *stream, uint32_t pass, uint32_t stage,
                                 evex_error *error) {
    evex_status status = EVEX_OK;
    for (int is_constant = 0; is_constant < 2 && status == EVEX_OK; is_constant++) {
        evex_slice *slice = is_constant ? &stream->constants[pass] : &stream->operands[pass];
        slice->operands =
            evex_arena_push_array(&stream->arena, stream->n_carries + 1, sizeof *slice->operands);
        if (slice->operands == NULL)
            return evex_fail_memory(error);
        for (uint32_t c = 0; c < stream->n_carries; c++)
            if (stream->carries[c].pass == pass && stream->carries[c].is_constant == is_constant)
                add_operand(stream, slice, &stream->carries[c]);
        if (slice->n_operands > 0)
            status = evex_slice_build(stream, slice, EVEX_SLICE_OPERANDS, stage + 1, error);
    }
    return status;
}

/* Whether an output comes from a scalar section or a carried or constant reduction, or has an
 * element a group. */
static int is_final(const evex_stream *stream, uint32_t output) {
    const evex_program *program = stream->expr->program;
    const uint32_t reg = program->first_register[EVEX_CLASS_OUTPUT] + output;
    if (evex_stream_carry_of(stream, (evex_register)reg) != NULL ||
        evex_program_outputs(program)[output].is_grouped)
        return 1;
    for (uint32_t s = 0; s < program->n_stages; s++) {
        const evex_stage *stage = &evex_program_stages(program)[s];
        for (uint32_t i = 0; i < stage->n_scalar_insns; i++)
            if (evex_program_insns(program)[stage->first_scalar_insn + i].dst == reg)
                return 1;
    }
    return 0;
}

static evex_status plan_outputs(evex_stream *stream, evex_slice *slice, evex_slice_kind kind,
                                evex_error *error) {
    const evex_program *program = stream->expr->program;
    slice->outputs =
        evex_arena_push_array(&stream->arena, program->n_outputs + 1, sizeof *slice->outputs);
    if (slice->outputs == NULL)
        return evex_fail_memory(error);
    for (uint32_t k = 0; k < program->n_outputs; k++)
        if (is_final(stream, k) == (kind == EVEX_SLICE_FINAL))
            slice->outputs[slice->n_outputs++] = k;
    return slice->n_outputs > 0 ? evex_slice_build(stream, slice, kind, program->n_stages, error)
                                : EVEX_OK;
}

static evex_status plan_slices(evex_stream *stream, evex_error *error) {
    evex_status status = EVEX_OK;
    for (uint32_t s = 0; s < stream->expr->program->n_stages && status == EVEX_OK; s++)
        if (stream->pass_of_stage[s] != UINT32_MAX)
            status = plan_operands(stream, stream->pass_of_stage[s], s, error);
    if (status == EVEX_OK)
        status = plan_outputs(stream, &stream->local, EVEX_SLICE_LOCAL, error);
    if (status == EVEX_OK)
        status = plan_outputs(stream, &stream->final, EVEX_SLICE_FINAL, error);
    return status == EVEX_OK ? evex_stream_plan_checks(stream, error) : status;
}

evex_status evex_stream_plan(evex_stream *stream, evex_error *error) {
    const evex_program *program = stream->expr->program;
    evex_arena *arena = &stream->arena;
    planner p = {.stream = stream,
                 .program = program,
                 .extents =
                     evex_arena_push_array(arena, evex_n_registers(program) + 1, sizeof *p.extents),
                 .error = error};
    stream->carries =
        evex_arena_push_array(arena, program->n_reductions + 1, sizeof *stream->carries);
    stream->carry_of =
        evex_arena_push_array(arena, program->n_reductions + 1, sizeof *stream->carry_of);
    stream->is_by_group = evex_arena_push_array(arena, program->n_insns + 1, 1);
    stream->operands = evex_arena_push_array(arena, stream->n_passes + 1, sizeof *stream->operands);
    stream->constants =
        evex_arena_push_array(arena, stream->n_passes + 1, sizeof *stream->constants);
    if (p.extents == NULL || stream->carries == NULL || stream->carry_of == NULL ||
        stream->is_by_group == NULL || stream->operands == NULL || stream->constants == NULL)
        return evex_fail_memory(error);
    stream->max_ndim = 0;
    for (uint32_t i = 0; i < program->n_inputs; i++)
        if (stream->ndims[i] > stream->max_ndim)
            stream->max_ndim = stream->ndims[i];
    evex_status status = classify_all(&p);
    if (status == EVEX_OK)
        status = plan_slices(stream, error);
    if (status == EVEX_OK)
        stream->is_planned = 1;
    else
        evex_stream_unplan(stream);
    return status;
}

void evex_stream_unplan(evex_stream *stream) {
    for (uint32_t p = 0; stream->operands != NULL && p < stream->n_passes; p++)
        evex_expr_free(&stream->operands[p].expr);
    for (uint32_t p = 0; stream->constants != NULL && p < stream->n_passes; p++)
        evex_expr_free(&stream->constants[p].expr);
    evex_expr_free(&stream->local.expr);
    evex_expr_free(&stream->final.expr);
    evex_expr_free(&stream->checks.expr);
    for (uint32_t c = 0; c < stream->n_carries; c++)
        evex_carry_free(stream, &stream->carries[c]);
    stream->n_carries = stream->local.n_outputs = stream->final.n_outputs =
        stream->checks.n_outputs = 0;
    stream->is_planned = 0;
}
