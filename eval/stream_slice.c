/* SPDX-License-Identifier: MIT */
/*
 * A slice is a program like any other, built from the instructions of the stages up to some one;
 * see stream.h. Differences: results of carried and constant reductions are read from inputs;
 * scalar sections are part of the bodies, in registers of their own (they are evaluated once all
 * the same, since their operands are scalars); instructions whose output the slice does not give
 * are left out.
 */
#include <string.h>

#include "core/error.h"
#include "eval/stream.h"

typedef struct {
    const evex_stream *stream;
    const evex_program *program;
    evex_arena *arena; /* of this slice */
    evex_slice *slice;
    uint32_t sizes[EVEX_N_CLASSES];
    uint32_t first[EVEX_N_CLASSES + 1];
    uint32_t *kept;   /* one a KEPT register: 1 + its number in the slice */
    uint32_t *wanted; /* one an output: 1 + its number in the slice */
    evex_insn *insns;
    evex_insn_place *places;
    evex_register *operands;
    evex_program_output *outputs;
    evex_reduction *reductions;
    evex_stage *stages;
    size_t n_insns, n_operands, n_outputs, n_reductions, n_stages;
} builder;

enum { EXTRA_TEMPS = 2 };

static uint32_t class_size(const evex_program *program, evex_register_class class) {
    return program->first_register[class + 1] - program->first_register[class];
}

static uint32_t in_class(const builder *b, evex_register reg, evex_register_class class) {
    return reg - b->program->first_register[class];
}

/* The slice's register for one that the program reads, or a TEMP or SCALAR that it writes. */
static evex_register map_register(const builder *b, evex_register reg) {
    if (reg == EVEX_NO_REGISTER)
        return reg;
    const evex_register_class class = evex_program_class(b->program, reg);
    if (class == EVEX_CLASS_INPUT)
        return reg;
    if (class == EVEX_CLASS_CONSTANT)
        return (evex_register)(b->first[class] + in_class(b, reg, class));
    if (class == EVEX_CLASS_TEMP)
        return (evex_register)(b->first[class] + in_class(b, reg, class));
    const evex_carry *carry = evex_stream_carry_of(b->stream, reg);
    if (carry != NULL)
        return (evex_register)(b->program->n_inputs + (size_t)(carry - b->stream->carries));
    if (class == EVEX_CLASS_KEPT)
        return (evex_register)(b->first[class] + b->kept[in_class(b, reg, class)] - 1);
    return (evex_register)(b->first[EVEX_CLASS_TEMP] + class_size(b->program, EVEX_CLASS_TEMP) +
                           in_class(b, reg, EVEX_CLASS_SCALAR));
}

static evex_register extra_temp(const builder *b, uint32_t k) {
    return (evex_register)(b->first[EVEX_CLASS_OUTPUT] - EXTRA_TEMPS + k);
}

/* The slice's register of an output, EVEX_NO_REGISTER when it is not wanted. */
static evex_register map_output(const builder *b, evex_register reg) {
    const uint32_t wanted = b->wanted[in_class(b, reg, EVEX_CLASS_OUTPUT)];
    return wanted == 0 ? EVEX_NO_REGISTER
                       : (evex_register)(b->first[EVEX_CLASS_OUTPUT] + wanted - 1);
}

static int is_output(const builder *b, evex_register reg) {
    return evex_is_in_class(b->program, reg, EVEX_CLASS_OUTPUT);
}

static void emit(builder *b, evex_op op, evex_dtype in, evex_dtype out, evex_register dst,
                 const evex_register *operands, uint32_t n) {
    b->insns[b->n_insns] = (evex_insn){.op = (uint16_t)op,
                                       .out_dtype = (uint8_t)out,
                                       .in_dtype = (uint8_t)in,
                                       .n_operands = (uint16_t)n,
                                       .dst = dst,
                                       .dst2 = EVEX_NO_REGISTER,
                                       .first_operand = (uint32_t)b->n_operands};
    b->n_insns++;
    for (uint32_t k = 0; k < n; k++)
        b->operands[b->n_operands++] = operands[k];
}

static evex_register map_result(const builder *b, evex_register reg) {
    if (reg == EVEX_NO_REGISTER)
        return reg;
    return is_output(b, reg) ? map_output(b, reg) : map_register(b, reg);
}

/* An instruction of the program, unless it writes an output that is not wanted; where it writes
 * two, both are elementwise and wanted together. */
static void copy_insn(builder *b, uint32_t number) {
    const evex_insn *insn = &evex_program_insns(b->program)[number];
    const evex_register dst = map_result(b, insn->dst);
    if (dst == EVEX_NO_REGISTER)
        return;
    b->insns[b->n_insns] = *insn;
    b->insns[b->n_insns].dst = dst;
    b->insns[b->n_insns].dst2 = map_result(b, insn->dst2);
    b->insns[b->n_insns].first_operand = (uint32_t)b->n_operands;
    b->places[b->n_insns++] = evex_program_places(b->program)[number];
    for (uint32_t k = 0; k < insn->n_operands; k++)
        b->operands[b->n_operands++] =
            map_register(b, evex_program_operands(b->program)[insn->first_operand + k]);
}

/* All scalar sections up to that of a stage; what they give out belongs to the final slice. */
static void copy_scalars(builder *b, uint32_t last_stage) {
    for (uint32_t s = 0; s <= last_stage; s++) {
        const evex_stage *stage = &evex_program_stages(b->program)[s];
        for (uint32_t i = 0; i < stage->n_scalar_insns; i++) {
            const uint32_t number = stage->first_scalar_insn + i;
            if (!is_output(b, evex_program_insns(b->program)[number].dst))
                copy_insn(b, number);
        }
    }
}

/* A bool of the shape of a reduction's source, for which no operand stands, or only one of a type
 * that cannot be given out. */
static evex_register emit_shape(builder *b, const evex_stream_operand *operand) {
    const evex_register shape = extra_temp(b, 0), next = extra_temp(b, 1);
    if (operand->source != EVEX_NO_REGISTER) {
        const evex_register source = map_register(b, operand->source);
        emit(b, EVEX_OP_EQ, (evex_dtype)operand->dtype, EVEX_BOOL, shape,
             (evex_register[]){source, source}, 2);
        return shape;
    }
    for (uint32_t i = 0; i < b->program->n_inputs; i++) {
        const evex_register input = (evex_register)i;
        emit(b, EVEX_OP_EQ, (evex_dtype)evex_program_inputs(b->program)[i].dtype, EVEX_BOOL,
             i == 0 ? shape : next, (evex_register[]){input, input}, 2);
        if (i > 0)
            emit(b, EVEX_OP_SELECT, EVEX_BOOL, EVEX_BOOL, shape,
                 (evex_register[]){next, shape, shape}, 3);
    }
    return shape;
}

static evex_register add_output(builder *b, evex_dtype dtype) {
    b->outputs[b->n_outputs] =
        (evex_program_output){.dtype = (uint8_t)dtype, .validity = EVEX_NO_REGISTER};
    return (evex_register)(b->first[EVEX_CLASS_OUTPUT] + b->n_outputs++);
}

/* The same with the codes of the groups, each broadcast to what all go over. */
static void emit_grouped(builder *b, evex_stream_operand *operand) {
    const evex_register shape = emit_shape(b, operand), other = extra_temp(b, 1);
    const evex_register codes = map_register(b, operand->group);
    const evex_register mask = map_register(b, operand->mask);
    const evex_register source = map_register(b, operand->source);
    const evex_dtype dtype = (evex_dtype)operand->dtype;
    emit(b, EVEX_OP_EQ, EVEX_I64, EVEX_BOOL, other, (evex_register[]){codes, codes}, 2);
    emit(b, EVEX_OP_SELECT, EVEX_BOOL, EVEX_BOOL, shape, (evex_register[]){other, shape, shape}, 3);
    if (operand->mask != EVEX_NO_REGISTER)
        emit(b, EVEX_OP_SELECT, EVEX_BOOL, EVEX_BOOL, shape, (evex_register[]){shape, mask, mask},
             3);
    operand->value_output = (int32_t)b->n_outputs;
    if (operand->kind_is_count)
        emit(b, EVEX_OP_COPY, EVEX_BOOL, EVEX_BOOL, add_output(b, EVEX_BOOL), &shape, 1);
    else
        emit(b, EVEX_OP_SELECT, dtype, dtype, add_output(b, dtype),
             (evex_register[]){shape, source, source}, 3);
    operand->codes_output = (int32_t)b->n_outputs;
    emit(b, EVEX_OP_SELECT, EVEX_I64, EVEX_I64, add_output(b, EVEX_I64),
         (evex_register[]){shape, codes, codes}, 3);
    operand->mask_output = operand->mask != EVEX_NO_REGISTER ? (int32_t)b->n_outputs : -1;
    if (operand->mask != EVEX_NO_REGISTER)
        emit(b, EVEX_OP_COPY, EVEX_BOOL, EVEX_BOOL, add_output(b, EVEX_BOOL), &shape, 1);
}

/* Gives a reduction's operand and mask out, both broadcast to what it goes over: a choice between a
 * thing and itself has the shape of the condition too. */
static void emit_operand(builder *b, evex_stream_operand *operand) {
    if (operand->group != EVEX_NO_REGISTER) {
        emit_grouped(b, operand);
        return;
    }
    const int is_count = operand->kind_is_count;
    const evex_dtype dtype = is_count ? EVEX_BOOL : (evex_dtype)operand->dtype;
    const evex_register source =
        is_count ? emit_shape(b, operand) : map_register(b, operand->source);
    operand->value_output = (int32_t)b->n_outputs;
    const evex_register value = add_output(b, dtype);
    operand->mask_output = -1;
    if (operand->mask == EVEX_NO_REGISTER) {
        emit(b, EVEX_OP_COPY, dtype, dtype, value, &source, 1);
        return;
    }
    const evex_register mask = map_register(b, operand->mask);
    emit(b, EVEX_OP_SELECT, dtype, dtype, value, (evex_register[]){mask, source, source}, 3);
    operand->mask_output = (int32_t)b->n_outputs;
    const evex_register given = add_output(b, EVEX_BOOL), shape = extra_temp(b, 1);
    emit(b, EVEX_OP_EQ, dtype, EVEX_BOOL, shape, (evex_register[]){source, source}, 2);
    emit(b, EVEX_OP_SELECT, EVEX_BOOL, EVEX_BOOL, given, (evex_register[]){shape, mask, mask}, 3);
}

/* A local reduction. A count of rows of all inputs gets a source, for a slice has more inputs. */
static void copy_reduction(builder *b, uint32_t number) {
    const evex_reduction *reduction = &evex_program_reductions(b->program)[number];
    const evex_register dst = is_output(b, reduction->dst) ? map_output(b, reduction->dst)
                                                           : map_register(b, reduction->dst);
    if (dst == EVEX_NO_REGISTER)
        return;
    evex_reduction *copy = &b->reductions[b->n_reductions++];
    *copy = *reduction;
    copy->dst = dst;
    copy->mask = map_register(b, reduction->mask);
    copy->source = map_register(b, reduction->source);
    if (reduction->source == EVEX_NO_REGISTER) {
        copy->source = emit_shape(b, &(evex_stream_operand){.source = EVEX_NO_REGISTER});
        copy->in_dtype = EVEX_BOOL;
    }
}

/* A stage of the slice: what it needs of the program's stage, and the operands it gives out. */
static void copy_stage(builder *b, uint32_t number, int gives_operands) {
    const evex_stage *stage = &evex_program_stages(b->program)[number];
    evex_stage *copy = &b->stages[b->n_stages++];
    *copy = (evex_stage){.first_scalar_insn = (uint32_t)b->n_insns,
                         .first_insn = (uint32_t)b->n_insns,
                         .first_reduction = (uint32_t)b->n_reductions};
    copy_scalars(b, number);
    for (uint32_t i = 0; i < stage->n_insns; i++)
        copy_insn(b, stage->first_insn + i);
    for (uint32_t g = 0; gives_operands && g < b->slice->n_operands; g++)
        emit_operand(b, &b->slice->operands[g]);
    for (uint32_t r = 0; r < stage->n_reductions; r++)
        if (b->stream->carry_of[stage->first_reduction + r] == 0)
            copy_reduction(b, stage->first_reduction + r);
    copy->n_insns = (uint32_t)b->n_insns - copy->first_insn;
    copy->n_reductions = (uint32_t)b->n_reductions - copy->first_reduction;
}

/* Numbers the KEPT registers that local reductions write. */
static void number_kept(builder *b, uint32_t n_stages) {
    for (uint32_t s = 0; s < n_stages; s++) {
        const evex_stage *stage = &evex_program_stages(b->program)[s];
        for (uint32_t r = stage->first_reduction; r < stage->first_reduction + stage->n_reductions;
             r++) {
            const evex_register dst = evex_program_reductions(b->program)[r].dst;
            if (b->stream->carry_of[r] == 0 && evex_is_in_class(b->program, dst, EVEX_CLASS_KEPT))
                b->kept[in_class(b, dst, EVEX_CLASS_KEPT)] = ++b->sizes[EVEX_CLASS_KEPT];
        }
    }
}

static void number_registers(builder *b, uint32_t n_outputs) {
    const evex_program *program = b->program;
    b->sizes[EVEX_CLASS_INPUT] = program->n_inputs + b->stream->n_carries;
    b->sizes[EVEX_CLASS_CONSTANT] = program->n_constants;
    b->sizes[EVEX_CLASS_TEMP] =
        class_size(program, EVEX_CLASS_TEMP) + class_size(program, EVEX_CLASS_SCALAR) + EXTRA_TEMPS;
    b->sizes[EVEX_CLASS_OUTPUT] = n_outputs;
    for (int class = 0; class < EVEX_N_CLASSES; class ++)
        b->first[class + 1] = b->first[class] + b->sizes[class];
}

static int allocate_builder(builder *b, uint32_t n_stages) {
    const evex_program *program = b->program;
    const size_t n_operands = b->slice->n_operands;
    const size_t n_copies = (size_t)n_stages * program->n_insns + program->n_insns;
    const size_t n_extra =
        (n_operands + program->n_reductions) * (2 * program->n_inputs + 8) + program->n_guards;
    b->insns = evex_arena_push_array(b->arena, n_copies + n_extra, sizeof *b->insns);
    b->places = evex_arena_push_array(b->arena, n_copies + n_extra, sizeof *b->places);
    b->operands = evex_arena_push_array(
        b->arena, ((size_t)n_stages + 1) * program->n_operands + 3 * n_extra, sizeof *b->operands);
    b->outputs = evex_arena_push_array(
        b->arena, 3 * n_operands + program->n_outputs + program->n_guards + 1, sizeof *b->outputs);
    b->reductions = evex_arena_push_array(
        b->arena, (size_t)program->n_reductions + program->n_guards + 1, sizeof *b->reductions);
    b->stages = evex_arena_push_array(b->arena, (size_t)n_stages + 1, sizeof *b->stages);
    return b->insns != NULL && b->places != NULL && b->operands != NULL && b->outputs != NULL &&
           b->reductions != NULL && b->stages != NULL;
}

static evex_program_input *list_inputs(builder *b) {
    const evex_program *program = b->program;
    evex_program_input *inputs =
        evex_arena_push_array(b->arena, b->sizes[EVEX_CLASS_INPUT] + 1, sizeof *inputs);
    if (inputs == NULL)
        return NULL;
    for (uint32_t i = 0; i < program->n_inputs; i++) {
        inputs[i] = evex_program_inputs(program)[i];
        inputs[i].is_nullable = 0; /* the slice is given all the program's arrays */
    }
    for (uint32_t c = 0; c < b->stream->n_carries; c++)
        inputs[program->n_inputs + c] = (evex_program_input){
            .dtype = evex_program_reductions(program)[b->stream->carries[c].number].out_dtype};
    return inputs;
}

/* The cap that leads to the instruction set of an expression. */
static evex_isa_cap cap_of(const evex_kernel_table *kernels) {
    int cap = EVEX_ISA_REF;
    while (cap < EVEX_ISA_AVX512 && evex_kernels_usable((evex_isa_cap)cap) != kernels)
        cap++;
    return (evex_isa_cap)cap;
}

static evex_status create_expr(builder *b, evex_error *error) {
    const evex_program *program = b->program;
    const evex_program_input *inputs = list_inputs(b);
    if (inputs == NULL)
        return evex_fail_memory(error);
    evex_program_parts parts = {.insns = b->insns,
                                .places = b->places,
                                .operands = b->operands,
                                .constants = evex_program_constants(program),
                                .inputs = inputs,
                                .outputs = b->outputs,
                                .reductions = b->reductions,
                                .stages = b->stages,
                                .text = evex_program_text(program),
                                .n_insns = b->n_insns,
                                .n_operands = b->n_operands,
                                .n_constants = program->n_constants,
                                .n_inputs = b->sizes[EVEX_CLASS_INPUT],
                                .n_outputs = b->n_outputs,
                                .n_reductions = b->n_reductions,
                                .n_stages = b->n_stages,
                                .text_bytes = program->text_bytes};
    memcpy(parts.class_sizes, b->sizes, sizeof parts.class_sizes);
    if (b->first[EVEX_N_CLASSES] > EVEX_MAX_REGISTERS)
        return evex_fail(error, EVEX_UNSUPPORTED, (evex_place){0, 0},
                         "the program has too many registers for a stream");
    evex_program *made = evex_program_build(&parts, &b->stream->allocator);
    if (made == NULL)
        return evex_fail_memory(error);
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    options.allocator = &b->stream->allocator;
    options.functions = b->stream->expr->functions;
    options.isa = cap_of(b->stream->expr->kernels);
    options.limits.scratch_bytes = b->stream->expr->scratch_bytes;
    const evex_status status = evex_expr_create(&b->slice->expr, made, &options, error);
    if (status == EVEX_OK) /* what passes carry has no name, but is given like any input */
        b->slice->expr->n_inputs = b->slice->expr->program->n_inputs;
    return status;
}

/* Fills wanted[] from the slice's list of the program's outputs. */
static void want_outputs(builder *b) {
    for (uint32_t k = 0; k < b->slice->n_outputs; k++) {
        b->wanted[b->slice->outputs[k]] = k + 1;
        b->outputs[b->n_outputs++] = evex_program_outputs(b->program)[b->slice->outputs[k]];
    }
}

/* A validity is in the same slice as its owner, whose shape it takes. */
static void link_validities(builder *b) {
    for (uint32_t k = 0; k < b->slice->n_outputs; k++)
        if (b->outputs[k].is_nullable)
            b->outputs[k].validity = map_output(b, b->outputs[k].validity);
}

/* The one stage of the final slice: scalar sections, arithmetic by group, and results that are
 * outputs as they are. */
static void copy_final(builder *b) {
    evex_stage *copy = &b->stages[b->n_stages++];
    *copy = (evex_stage){.first_scalar_insn = 0, .first_insn = 0};
    for (uint32_t s = 0; s < b->program->n_stages; s++) {
        const evex_stage *stage = &evex_program_stages(b->program)[s];
        for (uint32_t i = 0; i < stage->n_scalar_insns; i++)
            copy_insn(b, stage->first_scalar_insn + i);
        for (uint32_t i = stage->first_insn; i < stage->first_insn + stage->n_insns; i++)
            if (b->stream->is_by_group[i])
                copy_insn(b, i);
    }
    for (uint32_t c = 0; c < b->stream->n_carries; c++) {
        const evex_reduction *reduction =
            &evex_program_reductions(b->program)[b->stream->carries[c].number];
        const evex_register value = (evex_register)(b->program->n_inputs + c);
        if (is_output(b, reduction->dst))
            emit(b, EVEX_OP_COPY, (evex_dtype)reduction->out_dtype,
                 (evex_dtype)reduction->out_dtype, map_output(b, reduction->dst), &value, 1);
    }
    copy->n_insns = (uint32_t)b->n_insns;
}

/* What has an element a group in a stage, and the guards that look at it. */
static void check_groups(builder *b, const evex_stage *stage, const evex_register *indexes) {
    const evex_program *program = b->program;
    for (uint32_t i = stage->first_insn; i < stage->first_insn + stage->n_insns; i++)
        if (b->stream->is_by_group[i])
            copy_insn(b, i);
    for (uint32_t r = stage->first_reduction; r < stage->first_reduction + stage->n_reductions;
         r++) {
        const evex_reduction *reduction = &evex_program_reductions(program)[r];
        if (b->stream->carry_of[r] != EVEX_OVER_GROUPS)
            continue;
        for (uint32_t k = 0; k < b->slice->n_outputs; k++) {
            if (evex_program_guards(program)[b->slice->outputs[k]].index != reduction->dst)
                continue;
            evex_reduction *copy = &b->reductions[b->n_reductions++];
            *copy = *reduction;
            copy->dst = indexes[k];
            copy->source = map_register(b, reduction->source);
            copy->mask = map_register(b, reduction->mask);
        }
    }
}

/* Whether a guard looks at an element a group. */
static int is_over_groups(const builder *b, const evex_guard *guard) {
    for (uint32_t r = 0; r < b->program->n_reductions; r++)
        if (evex_program_reductions(b->program)[r].dst == guard->index)
            return b->stream->carry_of[r] == EVEX_OVER_GROUPS;
    return 0;
}

/* A stage for each of the program's; the last one gives the indexes that scalar sections compute.
 */
static int copy_checks(builder *b) {
    const uint32_t n_stages = b->program->n_stages;
    evex_register *indexes =
        evex_arena_push_array(b->arena, (size_t)b->slice->n_outputs + 1, sizeof *indexes);
    if (indexes == NULL)
        return 0;
    for (uint32_t k = 0; k < b->slice->n_outputs; k++)
        indexes[k] = add_output(b, EVEX_I64);
    for (uint32_t s = 0; s < n_stages; s++) {
        evex_stage *copy = &b->stages[b->n_stages++];
        *copy = (evex_stage){.first_scalar_insn = (uint32_t)b->n_insns,
                             .first_insn = (uint32_t)b->n_insns,
                             .first_reduction = (uint32_t)b->n_reductions};
        copy_scalars(b, s);
        check_groups(b, &evex_program_stages(b->program)[s], indexes);
        for (uint32_t k = 0; k < b->slice->n_outputs && s + 1 == n_stages; k++) {
            const evex_guard *guard = &evex_program_guards(b->program)[b->slice->outputs[k]];
            const evex_register index = map_register(b, guard->index);
            if (!is_over_groups(b, guard))
                emit(b, EVEX_OP_COPY, EVEX_I64, EVEX_I64, indexes[k], &index, 1);
        }
        copy->n_insns = (uint32_t)b->n_insns - copy->first_insn;
        copy->n_reductions = (uint32_t)b->n_reductions - copy->first_reduction;
    }
    return 1;
}

evex_status evex_slice_build(evex_stream *stream, evex_slice *slice, evex_slice_kind kind,
                             uint32_t n_stages, evex_error *error) {
    const evex_program *program = stream->expr->program;
    evex_arena arena;
    evex_arena_init(&arena, &stream->allocator, NULL, 0);
    builder b = {.stream = stream, .program = program, .arena = &arena, .slice = slice};
    b.kept =
        evex_arena_push_array(&arena, class_size(program, EVEX_CLASS_KEPT) + 1, sizeof *b.kept);
    b.wanted = evex_arena_push_array(&arena, program->n_outputs + 1, sizeof *b.wanted);
    evex_status status = EVEX_OK;
    if (b.kept == NULL || b.wanted == NULL || !allocate_builder(&b, n_stages)) {
        status = evex_fail_memory(error);
    } else {
        uint32_t n_outputs = slice->n_outputs;
        for (uint32_t g = 0; g < slice->n_operands; g++)
            n_outputs += 1 + (slice->operands[g].mask != EVEX_NO_REGISTER) +
                         (slice->operands[g].group != EVEX_NO_REGISTER);
        if (kind != EVEX_SLICE_CHECKS)
            want_outputs(&b);
        if (kind != EVEX_SLICE_FINAL && kind != EVEX_SLICE_CHECKS)
            number_kept(&b, n_stages);
        number_registers(&b, n_outputs);
        if (kind != EVEX_SLICE_CHECKS)
            link_validities(&b);
        int is_complete = 1;
        if (kind == EVEX_SLICE_CHECKS)
            is_complete = copy_checks(&b);
        else if (kind == EVEX_SLICE_FINAL)
            copy_final(&b);
        else
            for (uint32_t s = 0; s < n_stages; s++)
                copy_stage(&b, s, kind == EVEX_SLICE_OPERANDS && s + 1 == n_stages);
        status = is_complete ? create_expr(&b, error) : evex_fail_memory(error);
    }
    evex_arena_free(&arena);
    return status;
}
