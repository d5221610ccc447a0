/* SPDX-License-Identifier: MIT */
/*
 * Guards of a stream, reported as one evaluation over the whole would report them: by stage, and in
 * a stage by kind (eval/guards.h). What a stage's guards look at is one of three: elements that
 * come in pieces or are the same for all, whose index is in a carry; results of reductions, known
 * when their pass ends; and scalars and elements a group, of which a slice of the program gives the
 * index. A stage that reads no array belongs to the end of the pass before it.
 */
#include <string.h>

#include "core/error.h"
#include "eval/guards.h"
#include "eval/stream.h"

static const evex_guard *guard_at(const evex_stream *stream, uint32_t number) {
    return &evex_program_guards(stream->expr->program)[number];
}

/* ---- Scalars -------------------------------------------------------------------------------- */

evex_status evex_stream_plan_checks(evex_stream *stream, evex_error *error) {
    const uint32_t n_guards = stream->expr->program->n_guards;
    evex_slice *slice = &stream->checks;
    slice->outputs = evex_arena_push_array(&stream->arena, n_guards + 1, sizeof *slice->outputs);
    stream->scalar_indexes =
        evex_arena_push_array(&stream->arena, n_guards + 1, sizeof *stream->scalar_indexes);
    if (slice->outputs == NULL || stream->scalar_indexes == NULL)
        return evex_fail_memory(error);
    slice->n_outputs = 0;
    for (uint32_t g = 0; g < n_guards; g++)
        if (evex_stream_carry_of(stream, guard_at(stream, g)->index) == NULL)
            slice->outputs[slice->n_outputs++] = g;
    return slice->n_outputs > 0 ? evex_slice_build(stream, slice, EVEX_SLICE_CHECKS,
                                                   stream->expr->program->n_stages, error)
                                : EVEX_OK;
}

/* Scalars may depend on Python-like ones, which come with the first piece. */
static int are_weak_known(const evex_stream *stream) {
    const evex_program *program = stream->expr->program;
    for (uint32_t i = 0; i < program->n_inputs && !stream->is_shaped; i++)
        if (evex_program_inputs(program)[i].kind == EVEX_WEAK)
            return 0;
    return 1;
}

/* Fills scalar_indexes, by guard: right for those whose operands are known by now, else anything;
 * negative where scalars are not known yet. */
static evex_status find_scalars(evex_stream *stream, evex_error *error) {
    const evex_slice *slice = &stream->checks;
    for (uint32_t k = 0; k < slice->n_outputs; k++)
        stream->scalar_indexes[slice->outputs[k]] = -1;
    if (slice->n_outputs == 0 || !are_weak_known(stream))
        return EVEX_OK;
    evex_arena arena;
    evex_arena_init(&arena, &stream->allocator, NULL, 0);
    evex_array *outputs = evex_arena_push_array(&arena, (size_t)slice->n_outputs, sizeof *outputs);
    evex_status status = EVEX_NO_MEMORY;
    for (uint32_t k = 0; outputs != NULL && k < slice->n_outputs; k++)
        outputs[k] = evex_array_0d(EVEX_I64, &stream->scalar_indexes[slice->outputs[k]]);
    status = outputs == NULL ? evex_fail_memory(error)
                             : evex_stream_run_scalars(stream, slice, outputs, error);
    evex_arena_free(&arena);
    return status;
}

/* ---- Choosing ------------------------------------------------------------------------------- */

/* The first failing element so far; negative: none. */
static int64_t index_of(const evex_stream *stream, uint32_t number) {
    const evex_carry *carry = evex_stream_carry_of(stream, guard_at(stream, number)->index);
    int64_t index = -1;
    if (carry == NULL)
        return stream->scalar_indexes[number];
    if (carry->value != NULL)
        memcpy(&index, carry->value, sizeof index);
    else if (carry->is_shaped)
        index = evex_carry_peek(carry);
    return index;
}

/* All guards of a stage, or all but those of totals. */
static void consider_stage(const evex_stream *stream, const evex_stage *stage, int has_totals,
                           evex_guard_choice *choice) {
    for (uint32_t g = stage->first_guard; g < stage->first_guard + stage->n_guards; g++)
        if (has_totals || guard_at(stream, g)->kind != EVEX_GUARD_OF_TOTAL)
            evex_guard_consider(choice, guard_at(stream, g), index_of(stream, g));
}

/* Whether a guard of the stage has not seen elements as far as the one chosen, so that it may yet
 * find a smaller one. */
static int may_be_undercut(const evex_stream *stream, const evex_stage *stage,
                           const evex_guard_choice *choice) {
    for (uint32_t g = stage->first_guard; g < stage->first_guard + stage->n_guards; g++) {
        const evex_carry *carry = evex_stream_carry_of(stream, guard_at(stream, g)->index);
        if (carry != NULL && !carry->is_constant &&
            guard_at(stream, g)->kind == EVEX_GUARD_OF_ELEMENTS &&
            carry->next <= (uint64_t)choice->index)
            return 1;
    }
    return 0;
}

/* The stage that the current pass reads arrays for; the first when none does. */
static uint32_t reading_stage(const evex_stream *stream) {
    const uint32_t n = stream->expr->program->n_stages;
    for (uint32_t s = 0; s < n; s++)
        if (stream->pass_of_stage[s] == stream->pass)
            return s;
    return 0;
}

/* What is left when the pass has ended: the totals of the stage that it reads arrays for, and the
 * stages behind that read nothing. */
static evex_status check_rest(evex_stream *stream, evex_error *error) {
    const evex_program *program = stream->expr->program;
    const uint32_t reading = reading_stage(stream);
    evex_status status = EVEX_OK;
    for (uint32_t s = reading; s < program->n_stages; s++) {
        evex_guard_choice choice = {0};
        if (status != EVEX_OK || (s > reading && stream->pass_of_stage[s] != UINT32_MAX))
            break;
        consider_stage(stream, &evex_program_stages(program)[s], 1, &choice);
        status = evex_guard_report(program, &choice, error);
    }
    return status;
}

evex_status evex_stream_check_guards(evex_stream *stream, evex_guard_moment moment,
                                     evex_error *error) {
    const evex_program *program = stream->expr->program;
    if (program->n_guards == 0 || stream->first_row != 0)
        return EVEX_OK;
    const evex_status status = find_scalars(stream, error);
    if (status != EVEX_OK || moment == EVEX_AFTER_PASS)
        return status != EVEX_OK ? status : check_rest(stream, error);
    const evex_stage *stage = &evex_program_stages(program)[reading_stage(stream)];
    evex_guard_choice choice = {0};
    consider_stage(stream, stage, 0, &choice);
    if (choice.guard != NULL && choice.guard->kind == EVEX_GUARD_OF_ELEMENTS &&
        moment == EVEX_AFTER_PIECE && may_be_undercut(stream, stage, &choice))
        return EVEX_OK;
    return evex_guard_report(program, &choice, error);
}
