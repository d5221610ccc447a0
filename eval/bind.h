/* SPDX-License-Identifier: MIT */
/*
 * Binding: a program meets its arrays. Every array becomes a view, every register gets a shape,
 * every stage its sinks (reductions and elementwise outputs), and everything that can be wrong with
 * the arrays is found here, before the first byte of an output is written. eval/plan.h goes on from
 * there.
 */
#ifndef EVEX_EVAL_BIND_H
#define EVEX_EVAL_BIND_H

#include "eval/expr.h"
#include "eval/shape.h"

/* What strings by offsets may refer to: bytes [low, high) from base on. */
typedef struct {
    const char *base;
    int64_t low, high;
} evex_texts;

/* An array as memory, every field resolved. */
typedef struct {
    char *data; /* the element with all indexes 0 */
    evex_shape shape;
    const int64_t *strides; /* in bytes, one a dimension */
    size_t item_bytes;      /* of an element in memory */
    evex_dtype dtype;       /* of an element in memory */
    uint8_t str_form;
    uint8_t is_swapped;
    uint8_t is_plain;      /* native and aligned: a kernel may use the elements where they are */
    uint8_t validity_form; /* evex_validity_form, of a validity. Of a bitmap, data and strides count
                              bits, which only its movers know */
    evex_texts texts;      /* of strings by offsets, which are the elements in memory */
} evex_view;

/* What a register is bound to. The shape of a TEMP is that of its last definition so far. */
typedef struct {
    evex_shape shape;
    evex_view *view;   /* INPUT, KEPT and OUTPUT registers */
    void *scalar;      /* a splat: of registers that hold one element, else NULL */
    evex_set *whole;   /* KEPT registers that TAKE reads: all elements, else NULL */
    uint8_t must_copy; /* an input whose memory an output overwrites too early */
} evex_value;

typedef enum {
    EVEX_SINK_ELEMENTWISE, /* an output written by an instruction of the body */
    EVEX_SINK_FULL,        /* a reduction to one value */
    EVEX_SINK_AXES         /* a reduction along some dimensions */
} evex_sink_kind;

/* What a stage's body is run for. */
typedef struct {
    evex_sink_kind kind;
    evex_shape shape;   /* of what is iterated over */
    evex_register reg;  /* the OUTPUT, SCALAR or KEPT that it ends in */
    uint32_t axes;      /* bit d: dimension d is reduced */
    uint32_t reduction; /* its number; elementwise: the instruction's */
    uint8_t is_f_order; /* elements are numbered in Fortran order */
    uint8_t is_grouped; /* a reduction with a result a group */
} evex_sink;

struct evex_pass;

typedef struct {
    const evex_expr *expr;
    const evex_program *program;
    evex_error *error;
    evex_arena *arena;
    evex_value *values;   /* one a register */
    uint8_t *is_hoisted;  /* one an instruction: its operands are scalars, so it runs but once */
    void **hoisted;       /* the splats of its results; NULL when there is no such instruction */
    evex_sink *sinks;     /* stage by stage */
    uint32_t *first_sink; /* one a stage, and the end */
    struct evex_pass *passes; /* stage by stage */
    uint32_t n_passes;
    size_t memory_bytes; /* of kept arrays and overlap copies */
    uint8_t has_f_input; /* an input is F-contiguous and not C-contiguous */
    int64_t n_groups;    /* of a grouped program; -1: not known yet */
} evex_binding;

/* Views of the inputs, shapes of everything, all sinks. With has_data 0 no data pointer is looked
 * at. The binding's pointers point into the arena. */
evex_status evex_bind_inputs(evex_binding *binding, const evex_expr *expr, evex_arena *arena,
                             const evex_array *inputs, size_t n_inputs, int has_data,
                             evex_error *error);
/* The same with the options of an evaluation, from which hidden inputs come; NULL: they are not
 * known yet, and no shape depends on them. */
evex_status evex_bind_all_inputs(evex_binding *binding, const evex_expr *expr, evex_arena *arena,
                                 const evex_array *inputs, size_t n_inputs, int has_data,
                                 const evex_eval_options *options, evex_error *error);
/* Makes the view of operand i, called what in errors, and checks the array as such. */
evex_status evex_bind_array(evex_binding *binding, evex_view *view, const evex_array *array,
                            int32_t i, const char *what);
/* Reads the inputs that are scalars and checks that weak integers fit their uses. */
evex_status evex_bind_scalars(evex_binding *binding);
/* Views of the outputs that have data; checks their types, shapes and that they can be written. */
evex_status evex_bind_outputs(evex_binding *binding, evex_array *outputs, size_t n_outputs,
                              const evex_eval_options *options);
/* Has the other outputs allocated; the last step before anything is written. */
evex_status evex_bind_allocate(evex_binding *binding, evex_array *outputs,
                               const evex_eval_options *options);

/* Notes which input or output of the program an error is about; returns status. */
evex_status evex_bind_at_input(const evex_binding *binding, int32_t input, evex_status status);
evex_status evex_bind_at_output(const evex_binding *binding, int32_t output, evex_status status);

/* eval/infer.c: shapes of all registers and the sinks of all stages. */
evex_status evex_infer(evex_binding *binding);

/* A view of freshly allocated C-contiguous memory. */
evex_status evex_view_fresh(evex_arena *arena, evex_view *view, evex_dtype dtype, size_t item_bytes,
                            evex_shape shape);
/* Whether elements follow each other in Fortran order; at least two dimensions longer than 1. */
int evex_view_is_f_order(const evex_view *view);
/* Whether elements are strings by offsets; n of them are told by n + 1 offsets. */
static inline int evex_has_offsets(evex_dtype dtype, uint8_t str_form) {
    return dtype == EVEX_STR && (str_form == EVEX_STR_OFFSETS32 || str_form == EVEX_STR_OFFSETS64);
}
/* The bytes of an element in the array's own memory. */
size_t evex_array_item_bytes(const evex_array *array);
/* Bytes to which an element of the type must be aligned. */
size_t evex_dtype_alignment(evex_dtype dtype);

/* What a reduction runs as in place of an instruction and itself; NULL: as itself. */
static inline const evex_fused_sum *evex_fused_sum_of(const evex_binding *binding,
                                                      uint32_t reduction) {
    const evex_fused_sum *fused = &binding->expr->fused_sums[reduction];
    return fused->kernel != NULL && !binding->is_hoisted[fused->insn] ? fused : NULL;
}

/* Whether an instruction is called for every block: not once, and not by what it is fused with. */
static inline int evex_is_called(const evex_binding *binding, uint32_t number) {
    return !binding->is_hoisted[number] && !binding->expr->links[number].is_absorbed;
}

#endif
