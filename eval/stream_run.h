/* SPDX-License-Identifier: MIT */
/*
 * What the files that take a piece through a pass share: the piece as arrays, the buffers that a
 * slice is evaluated into, and the pass under way. stream_piece.c evaluates, stream_run.c takes the
 * elements in, stream_share.c does so on several threads.
 */
#ifndef EVEX_EVAL_STREAM_RUN_H
#define EVEX_EVAL_STREAM_RUN_H

#include "eval/fp_state.h"
#include "eval/stream.h"

/* A piece, or rows of it, as the arrays that slices take. */
typedef struct {
    evex_array *arrays;  /* the program's inputs, then the carries' values */
    int64_t *first_dims; /* shapes whose axis 0 can be shortened, EVEX_MAX_DIMS an input */
} evex_piece;

/* What a worker evaluates into. */
typedef struct {
    evex_piece part;
    evex_array *outputs;                                       /* of the slice */
    int64_t (*dims)[EVEX_MAX_DIMS], (*strides)[EVEX_MAX_DIMS]; /* one an output */
    char **buffers;                                            /* one an output */
} evex_scratch;

typedef struct {
    evex_stream *stream;
    evex_pool *pool;
    const evex_eval_options *options;
    evex_error *error;
    const evex_slice *slice;
    evex_piece whole;
    int64_t n_rows;
    const evex_result *shapes; /* of the slice's outputs for the whole piece */
    int is_direct;             /* all operands are inputs as they lie in memory */
    uint64_t last_poll_ns;
    evex_fp_state fp_state; /* of the caller, for calls back into its code */
} evex_pass_run;

enum { EVEX_STREAM_PART = 32 << 10 }; /* elements of a buffer */

/* Whether the carry is one that the current pass takes elements into. */
static inline int evex_pass_has(const evex_pass_run *run, const evex_carry *carry,
                                int is_constant) {
    return carry->pass == run->stream->pass && carry->is_constant == is_constant;
}

/* stream_piece.c. */
/* The arrays of a slice: the inputs, whose number is the program's, and the carries' values. */
int evex_piece_make(const evex_stream *stream, evex_arena *arena, const evex_array *inputs,
                    evex_piece *whole);
/* Bytes from one row to the next. */
int64_t evex_piece_row_stride(const evex_array *array);
/* Buffers for n_rows rows of the piece or, n_rows being negative, for all there is; 0: no memory.
 */
int evex_scratch_make(const evex_pass_run *run, evex_arena *arena, int64_t n_rows,
                      evex_scratch *made);
/* Evaluates the run's slice over rows [first, end) of the piece, or over constants, into buffers.
 */
evex_status evex_scratch_evaluate(const evex_pass_run *run, evex_scratch *into, int64_t first,
                                  int64_t end, int is_constant, size_t n_threads,
                                  evex_error *error);
/* The elements of a carry for rows from `first` on, evaluated or in place. */
evex_stream_items evex_scratch_operands(const evex_pass_run *run, const evex_carry *carry,
                                        const evex_scratch *from, int64_t first);
/* Evaluates a slice straight into the caller's outputs. */
evex_status evex_piece_evaluate(const evex_slice *slice, evex_pool *pool, const evex_piece *whole,
                                evex_array *outputs, const evex_eval_options *options,
                                evex_arena *arena, evex_error *error);

/* stream_run.c: whether neither flag nor callback asks to stop; on the calling thread. */
evex_status evex_pass_may_go_on(evex_pass_run *run);

/*
 * stream_share.c: takes n_leaves whole leaves in on n_workers threads, from element `begin` of the
 * piece on, a border. All carries of the pass have as many elements in a row as `like`.
 */
evex_status evex_pass_share(evex_pass_run *run, evex_arena *arena, const evex_carry *like,
                            uint64_t begin, uint64_t n_leaves, size_t n_workers);

#endif
