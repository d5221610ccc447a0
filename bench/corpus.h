/* SPDX-License-Identifier: MIT */
/*
 * The corpus of expressions (bench/corpus/expressions.txt, which says how its lines read) and the
 * arrays that its operands name, in memory that is mapped once and filled anew for each line.
 */
#ifndef EVEX_BENCH_CORPUS_H
#define EVEX_BENCH_CORPUS_H

#include <stddef.h>

#include "include/evex.h"

enum { CORPUS_MAX_OPERANDS = 4, CORPUS_MAX_LINES = 64, CORPUS_MAX_TEXT = 512 };

typedef struct {
    const char *name;
    evex_dtype dtype;
    char shape[8]; /* a letter a dimension: n, r, c, 1 */
    double low, high;
    int is_stepped, is_transposed;
} corpus_operand;

typedef struct {
    char memory[CORPUS_MAX_TEXT];            /* the texts below point into it */
    const char *class, *name, *text, *floor; /* floor "": none */
    corpus_operand operands[CORPUS_MAX_OPERANDS];
    size_t n_operands;
} corpus_line;

/* Reads the file, at most CORPUS_MAX_LINES lines; ends the program, with the place, at a fault. */
size_t corpus_read(const char *path, corpus_line *lines);

/* One line at one size, ready to be evaluated: its expression, the arrays in the expression's
 * order, all in C order or as their layout says, and room for its one result. */
typedef struct {
    evex_expr *expr;
    evex_array inputs[CORPUS_MAX_OPERANDS], output;
    int64_t shapes[CORPUS_MAX_OPERANDS + 1][EVEX_MAX_DIMS];
    int64_t strides[CORPUS_MAX_OPERANDS][2];
    size_t n_inputs;
    double bytes; /* of memory that an evaluation has to move: what it reads and what it writes */
} corpus_case;

/* Blocks of memory on huge pages for operands of up to n elements, the last for the result; shared
 * by all cases, of which one is alive at a time. All pages are there and hold ordinary numbers. */
typedef struct {
    void *blocks[CORPUS_MAX_OPERANDS + 1];
    size_t block_bytes;
} corpus_memory;

corpus_memory corpus_memory_create(size_t n);
void corpus_memory_free(corpus_memory *memory);

void corpus_case_create(corpus_case *made, const corpus_line *line, size_t n,
                        const corpus_memory *memory);
void corpus_case_free(corpus_case *made);

#endif
