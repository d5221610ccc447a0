/* SPDX-License-Identifier: MIT */
/*
 * From values to code: which values are needed, in which stage and in which order. A value that no
 * reduction comes before belongs to stage 0; a reduction's result can be read one stage after the
 * one that feeds it. Scalars are computed once, in the stage where they can be; blocks of
 * arrays are computed again in every stage that reads them, for nothing but scalars and kept arrays
 * outlives a stage.
 */
#ifndef EVEX_COMPILER_SCHEDULE_H
#define EVEX_COMPILER_SCHEDULE_H

#include "compiler/ir.h"
#include "core/error.h"

#define EVEX_NO_OUTPUT UINT32_MAX

/* A register before the classes' sizes are known. */
typedef struct {
    uint32_t class;  /* evex_register_class */
    uint32_t number; /* within the class */
} evex_location;

/*
 * Computes a value, or copies one that is known to an output. allocate.c chooses where to and may
 * merge the two: then the computing step has the output, and the copy's value is EVEX_IR_NONE. A
 * sine and a cosine of one argument are one step: `second` is the cosine, else EVEX_IR_NONE. So are
 * matches() and whether it exceeds its limits.
 */
typedef struct {
    evex_ir_id value, second;
    uint32_t output, second_output; /* EVEX_NO_OUTPUT: none */
    uint8_t is_copy;
    evex_location destination, second_destination; /* allocate.c's */
} evex_step;

typedef struct {
    evex_ir_id value;
    uint32_t output; /* where it is written directly; EVEX_NO_OUTPUT: to a register */
    evex_location destination;
} evex_planned_reduction;

/* Ranges of steps, reductions and guards. */
typedef struct {
    uint32_t first_scalar, n_scalars;
    uint32_t first_body, n_body;
    uint32_t first_reduction, n_reductions;
    uint32_t first_guard, n_guards;
} evex_planned_stage;

typedef struct {
    evex_step *steps;
    evex_planned_reduction *reductions;
    uint32_t *guards; /* their numbers, by stage */
    evex_planned_stage *stages;
    size_t n_steps, n_reductions, n_guards, n_stages;
    size_t steps_capacity;
    uint32_t *uses; /* by value: operands, results and guards that read it; 0: not needed */
    uint32_t class_sizes[EVEX_N_CLASSES]; /* allocate.c's, for SCALAR, KEPT and TEMP */
} evex_schedule;

/* EVEX_LIMIT_NODES when more than max_steps instructions are needed. */
evex_status evex_schedule_make(evex_schedule *schedule, const evex_ir *ir, size_t max_steps,
                               evex_arena *arena, evex_error *error);

/* Whether an output is one value, computed once; a validity is when its owner is. */
int evex_schedule_is_once(const evex_ir *ir, const evex_ir_output *output);
/* Whether an output is written by a reduction that nothing else reads. */
int evex_schedule_is_reduction(const evex_schedule *schedule, const evex_ir *ir,
                               const evex_ir_output *output);

/* allocate.c: gives every step and reduction its destination. TEMP registers are used again after
 * their value's last use. */
evex_status evex_schedule_allocate(evex_schedule *schedule, const evex_ir *ir, evex_arena *arena,
                                   evex_error *error);

/* emit.c: the finished program, from the allocator; EVEX_LIMIT_NODES when its registers are too
 * many. */
evex_status evex_schedule_emit(evex_program **program, const evex_schedule *schedule,
                               const evex_ir *ir, evex_arena *arena,
                               const evex_allocator *allocator, evex_error *error);

#endif
