/* SPDX-License-Identifier: MIT */
/*
 * A compiled expression: a program and its link table. The program is position-independent data;
 * everything that has an address (kernels, user functions, constants as vectors) is resolved here,
 * once, when the expression is created. Immutable afterwards, so any number of threads may evaluate
 * it; what is mutable are two slots, for an idle workspace and an idle plan, which are taken and
 * given back atomically.
 */
#ifndef EVEX_EVAL_EXPR_H
#define EVEX_EVAL_EXPR_H

#include <stdatomic.h>

#include "core/memory.h"
#include "core/program.h"
#include "eval/fuse.h"
#include "eval/fuse_reduce.h"
#include "eval/kernels.h"
#include "eval/matchers.h"
#include "eval/reduce.h"
#include "eval/workspace.h"

/* An instruction's kernel and what it is guessed to cost. */
typedef struct {
    evex_kernel kernel;
    const evex_pair *pair; /* what it runs as unless its first is hoisted; NULL: as itself */
    unsigned cost;         /* picoseconds an element */
    uint8_t changes_size;  /* the result has the register of an operand of another size */
    uint8_t is_absorbed;   /* another one's pair runs it, unless it is hoisted */
    uint8_t is_unread;     /* absorbed by one that does not read its result, hoisted or not */
} evex_link;

struct evex_prepared;

/* A plan that waits to be used again, unless somebody uses it; exists: one has been made. */
typedef struct {
    _Atomic(struct evex_prepared *) prepared;
    atomic_int exists;
} evex_prepared_slot;

struct evex_expr {
    evex_allocator allocator;
    evex_arena arena; /* owns everything below but the program and the workspace */
    evex_program *program;
    const evex_kernel_table *kernels;
    const evex_functions *functions; /* the caller's, for linking parts of the program anew */
    evex_link *links;                /* one an instruction */
    const void **constants;          /* one a constant: a splat, set, regex or user function */
    evex_reducer *reducers;          /* one a reduction */
    evex_fused_sum *fused_sums;      /* one a reduction */
    evex_var *inputs;                /* the public descriptions */
    uint32_t n_inputs; /* those for which arrays are listed: not the codes of groups */
    evex_output *outputs;
    uint32_t n_own_inputs, n_own_outputs;   /* without validities, which are behind these */
    uint32_t *input_owners, *output_owners; /* one a validity: whose it is */
    size_t scratch_bytes;           /* the limit of the compile options */
    size_t element_bytes;           /* of the widest element that a TEMP or OUTPUT holds */
    uint32_t n_patterns;            /* constants that are an evex_regex */
    unsigned n_spare_blocks;        /* 1 when an instruction changes_size */
    const struct evex_small *small; /* eval/small.h; NULL: always the general way */
    evex_workspace_slot idle;
    evex_prepared_slot prepared; /* eval/prepared.h */
    evex_matcher_slots matchers;
};

/*
 * Links a program, which must have come from evex_program_build with the options' allocator and
 * belongs to the expression from now on, also when this fails. The program is verified first.
 * EVEX_UNSUPPORTED, with a place, for an instruction without a kernel.
 */
evex_status evex_expr_create(evex_expr **expr, evex_program *program,
                             const evex_compile_options *options, evex_error *error);

/* The program's register ranges, for the readers of eval/. */
static inline uint32_t evex_first_register(const evex_program *program, evex_register_class class) {
    return program->first_register[class];
}
static inline uint32_t evex_n_registers(const evex_program *program) {
    return program->first_register[EVEX_N_CLASSES];
}
static inline int evex_is_in_class(const evex_program *program, uint32_t reg,
                                   evex_register_class class) {
    return reg >= program->first_register[class] && reg < program->first_register[class + 1];
}

#endif
