/* SPDX-License-Identifier: MIT */
/*
 * Streams: evaluation over pieces that arrive one after another along axis 0. An input with as many
 * dimensions as the one with the most is cut into pieces; inputs with fewer are the same for all
 * pieces and given with each.
 *
 * Every reduction is one of three: *carried*, when it goes along axis 0 of pieces, so that the
 * stream carries its tree from piece to piece; *constant*, when nothing it sees is cut; or *local*,
 * when each row of a piece has a result of its own. Only guards of what has an element a group have
 * another kind, over these elements, which belongs to `checks`. What is needed of a piece is had by
 * evaluating slices of the program, made once when the number of dimensions of every input is known
 * (stream_plan.c, stream_slice.c):
 *
 *     operands[pass]   gives the operands and masks of the pass's carried reductions
 *     constants[pass]  the same for constant ones
 *     local            the elementwise outputs and local reductions, in the last pass
 *     final            the outputs that carried and constant reductions end in, and those with an
 *                      element a group
 *     checks           the indexes of guards on scalars and on what has an element a group
 *
 * In a slice the results of carried and constant reductions are inputs, behind those of the
 * program. stream_carry.c has the state of one such reduction, stream_groups.c what is different by
 * group, stream_run.c takes a piece through a pass, stream_save.c writes and reads states, stream.c
 * is the public API.
 */
#ifndef EVEX_EVAL_STREAM_H
#define EVEX_EVAL_STREAM_H

#include "eval/expr.h"
#include "eval/group_tables.h"
#include "eval/shape.h"

/* Elements on their way into carries, rows of w columns, contiguous; a step of 0 is a scalar's.
 * mask.data may be NULL. */
typedef struct {
    evex_operand value, mask;
    const int64_t *codes; /* of the groups, one a row: of reductions by group, else NULL */
} evex_stream_items;

/* The items behind n_items elements, which make n_rows rows. */
static inline evex_stream_items evex_stream_skip(evex_stream_items items, size_t n_items,
                                                 size_t n_rows, size_t size_bytes) {
    items.value.data = (const char *)items.value.data + n_items * items.value.step * size_bytes;
    if (items.mask.data != NULL)
        items.mask.data = (const char *)items.mask.data + n_items * items.mask.step;
    if (items.codes != NULL)
        items.codes += n_rows;
    return items;
}

/* A carried or constant reduction. Its elements are rows of w columns, numbered as NUMERICS.md's
 * index k along the reduced axes; n_inner of them come from one row (of axis 0) of a piece. */
typedef struct {
    const evex_reducer *reducer;
    uint32_t number; /* of the reduction in the program */
    uint32_t pass;
    uint32_t operand; /* its evex_stream_operand in the pass's slice */
    uint8_t is_constant;
    int32_t ndim; /* of what it goes over */
    uint32_t axes;
    const evex_group_sort *sort; /* by group: of its leaf's tables, w being the number of groups,
                                    while its elements come in one column; else NULL */

    uint8_t is_shaped;  /* everything below is known: a piece has come */
    evex_result result; /* its dtype and shape */
    uint64_t n_inner;
    size_t w;
    uint64_t first, next; /* elements [first, next) have been taken in */

    /* Leaves. The first, if it is incomplete at its left, is kept as elements, for whoever comes
     * before; the last, if it is open, as accumulators. */
    evex_tree tree;
    void *leaf;      /* accumulators of w columns; NULL until needed */
    char *head;      /* elements [first, min(next, border)): codes by group, values, mask bytes */
    uint64_t n_head; /* room, in rows: those up to the border; 0: first is a border */
    void *value;     /* after its pass: the result's elements */
} evex_carry;

/* What a slice gives for some reductions: the elements they take in. */
typedef struct {
    evex_register source, mask; /* of the program */
    evex_register group;        /* the codes, by group; else EVEX_NO_REGISTER */
    uint8_t kind_is_count;      /* the value is not looked at */
    uint8_t dtype;
    uint8_t is_constant;
    int32_t ndim;
    uint32_t axes;
    int32_t value_output, mask_output, codes_output; /* of the slice; -1: there is none */
    int32_t direct_input; /* the input whose elements these are, -1: computed */
} evex_stream_operand;

/* A part of the program as an expression of its own. */
typedef struct {
    evex_expr *expr; /* NULL: there is nothing to do */
    evex_stream_operand *operands;
    uint32_t n_operands;
    uint32_t *outputs; /* the program's output for each of the slice's, for local and final */
    uint32_t n_outputs;
} evex_slice;

/* In carry_of: the reduction goes over what has an element a group. */
#define EVEX_OVER_GROUPS UINT32_MAX

struct evex_stream {
    const evex_expr *expr;
    evex_allocator allocator;
    evex_arena arena; /* of what is planned */
    uint32_t n_passes, pass;
    uint32_t *pass_of_stage; /* UINT32_MAX: the stage touches no array */
    uint64_t first_row, next_row;
    uint64_t n_rows;  /* of the first pass, which the others must repeat */
    int64_t n_groups; /* of a program that reduces by group, once is_shaped */
    uint8_t is_planned;
    uint8_t
        is_broken; /* a failure came when some carries had taken in a piece and others had not */
    uint8_t is_closed; /* merged into another stream, or finished */
    int32_t max_ndim;
    int32_t *ndims;                  /* one an input */
    int64_t (*inner)[EVEX_MAX_DIMS]; /* one an input: dimensions behind axis 0, once is_shaped */
    char (*weak)[16];                /* one an input: the value of a weak one */
    uint8_t *weak_dtypes;
    uint8_t is_shaped; /* a piece has come: inner and weak are known */
    evex_carry *carries;
    uint32_t n_carries;
    uint8_t *is_by_group; /* one an instruction: its result has an element a group */
    uint32_t *carry_of;   /* one a reduction: 1 + its carry; 0: local; or the mark above */
    evex_slice *operands, *constants; /* one a pass */
    evex_slice local, final;
    evex_slice checks;       /* its outputs are guards */
    int64_t *scalar_indexes; /* one a guard: what `checks` gave */
};

typedef enum {
    EVEX_SLICE_OPERANDS,
    EVEX_SLICE_LOCAL,
    EVEX_SLICE_FINAL,
    EVEX_SLICE_CHECKS
} evex_slice_kind;

/* stream_slice.c: makes the slice's expression from stages [0, n_stages); its lists of operands and
 * outputs are filled. */
evex_status evex_slice_build(evex_stream *stream, evex_slice *slice, evex_slice_kind kind,
                             uint32_t n_stages, evex_error *error);

/* stream_plan.c: classifies reductions by stream->ndims and makes the slices. */
evex_status evex_stream_plan(evex_stream *stream, evex_error *error);
/* Frees what a plan holds beside the arena, and all carries. */
void evex_stream_unplan(evex_stream *stream);

/* stream_carry.c. */
/* Prepares a carry whose shape is known for elements from `first` on. */
void evex_carry_begin(evex_carry *carry, uint64_t first);
/* Takes in n rows. */
evex_status evex_carry_add(const evex_stream *stream, evex_carry *carry, evex_stream_items items,
                           uint64_t n, evex_error *error);
/* The nodes of n whole leaves, w for each leaf, which begin at carry->next: a leaf's border. */
evex_status evex_carry_push(const evex_stream *stream, evex_carry *carry, const evex_node *nodes,
                            uint64_t n, evex_error *error);
/* Whether right can follow left. */
evex_status evex_carry_check_append(const evex_carry *left, const evex_carry *right,
                                    evex_error *error);
/* left takes in right, which has passed the check and is only to be freed afterwards. */
evex_status evex_carry_append(const evex_stream *stream, evex_carry *left, evex_carry *right,
                              evex_error *error);
/* Makes carry->value, if there is none yet, of a carry that began at 0, and frees its leaves. */
evex_status evex_carry_finish(const evex_stream *stream, evex_carry *carry, evex_error *error);
/* Of a FIRST_TRUE to one value: the index so far, for guards; negative: there is none yet. */
int64_t evex_carry_peek(const evex_carry *carry);
void evex_carry_free(const evex_stream *stream, evex_carry *carry);
/* Bytes of carry->value. */
size_t evex_carry_value_bytes(const evex_carry *carry);
/* Bytes of an element of the operand as carries see it. */
size_t evex_carry_item_bytes(const evex_carry *carry);
/* Elements of a row. */
static inline size_t evex_carry_columns(const evex_carry *carry) {
    return carry->sort != NULL ? 1 : carry->w;
}
/* Bytes of a row in carry->head. */
size_t evex_carry_head_bytes(const evex_carry *carry);
/* Bytes of the accumulators. */
size_t evex_carry_leaf_bytes(const evex_carry *carry);
/* The parts of carry->head. */
evex_stream_items evex_carry_head(const evex_carry *carry);
/* The rows that are in carry->head. */
static inline uint64_t evex_carry_head_rows(const evex_carry *carry) {
    const uint64_t n = carry->next - carry->first;
    return n < carry->n_head ? n : carry->n_head;
}
/* Makes room for taking in n more rows, which then cannot fail. */
evex_status evex_carry_reserve_for(const evex_stream *stream, evex_carry *carry, uint64_t n,
                                   evex_error *error);
/* Make room: in the tree for leaves below n_leaves, for the accumulators, for the first elements.
 */
evex_status evex_carry_reserve(const evex_stream *stream, evex_carry *carry, uint64_t n_leaves,
                               evex_error *error);
/* Bytes of the tables and trees of a reduction by group that takes n more rows in, of its results
 * once it is finished; 0: it is not by group, SIZE_MAX: more than there can be. */
size_t evex_carry_group_bytes(const evex_carry *carry, uint64_t n);
evex_status evex_carry_reserve_leaf(const evex_stream *stream, evex_carry *carry,
                                    evex_error *error);
evex_status evex_carry_reserve_head(const evex_stream *stream, evex_carry *carry,
                                    evex_error *error);

/* stream_groups.c: the open leaf of a reduction by group. */
size_t evex_group_leaf_bytes(const evex_carry *carry);
/* Bytes of the room that ending a leaf needs. */
size_t evex_group_leaf_nodes_bytes(const evex_carry *carry);
void evex_group_leaf_begin(evex_carry *carry);
/* index: of the first row. */
void evex_group_leaf_add(evex_carry *carry, const evex_stream_items *items, size_t n,
                         uint64_t index);
void evex_group_leaf_end(evex_carry *carry, evex_node *nodes, void *room);
/* Whether the leaf, of bytes from outside, can have taken in n rows. */
int evex_group_leaf_is_valid(const evex_carry *carry, uint64_t n);
/* Which stages read arrays of rows, of a program that reduces by group; 0: out of memory. */
int evex_stream_find_rows(const evex_program *program, evex_arena *arena, uint8_t **reads);
/* Checks the codes of a piece and makes them an int64 array in the arena. */
evex_status evex_stream_codes(const evex_stream *stream, evex_arena *arena,
                              const evex_eval_options *options, evex_array *made,
                              evex_error *error);
/* Whether the stream's program reduces by group: its codes are an input behind the listed. */
static inline int evex_stream_is_grouped(const evex_stream *stream) {
    return stream->expr->n_inputs != stream->expr->program->n_inputs;
}

/* stream_run.c: takes a piece of n_rows rows, its shapes checked, through the stream's pass. */
evex_status evex_stream_run(evex_stream *stream, evex_pool *pool, const evex_array *inputs,
                            evex_array *outputs, const evex_eval_options *options, int64_t n_rows,
                            evex_error *error);
/* stream_guards.c. */
typedef enum {
    EVEX_AFTER_PIECE, /* only what further pieces cannot change is reported */
    EVEX_BEFORE_END,  /* all pieces of the pass are in */
    EVEX_AFTER_PASS   /* and its reductions are finished */
} evex_guard_moment;
/* Plans stream->checks. */
evex_status evex_stream_plan_checks(evex_stream *stream, evex_error *error);
/* The first of the guards of the current pass that fails, as one evaluation over the whole would
 * report it. A part that is to be merged reports nothing: what comes before it may. */
evex_status evex_stream_check_guards(evex_stream *stream, evex_guard_moment moment,
                                     evex_error *error);
/* stream_piece.c: evaluates a slice that reads nothing but Python-like scalars and carries. */
evex_status evex_stream_run_scalars(evex_stream *stream, const evex_slice *slice,
                                    evex_array *outputs, evex_error *error);
/* stream_piece.c: evaluates the outputs that reductions end in. */
evex_status evex_stream_run_final(evex_stream *stream, evex_array *outputs,
                                  const evex_eval_options *options, evex_error *error);

/* Whether an input comes in pieces. */
static inline int evex_stream_is_cut(const evex_stream *stream, uint32_t input) {
    return stream->max_ndim > 0 && stream->ndims[input] == stream->max_ndim;
}

/* The carry whose result the program's register is, or NULL. */
static inline const evex_carry *evex_stream_carry_of(const evex_stream *stream, evex_register reg) {
    for (uint32_t c = 0; c < stream->n_carries; c++)
        if (stream->carries[c].reducer->spec->dst == reg)
            return &stream->carries[c];
    return NULL;
}

static inline int evex_stream_is_last_pass(const evex_stream *stream) {
    return stream->pass + 1 == stream->n_passes;
}

#endif
