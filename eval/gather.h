/* SPDX-License-Identifier: MIT */
/*
 * Moving runs of elements between arrays of any layout and contiguous native blocks: strides,
 * alignment, byte order, and strings of fixed width made into views. A mover is chosen once for a
 * view; it then moves runs of n elements that lie stride bytes apart.
 */
#ifndef EVEX_EVAL_GATHER_H
#define EVEX_EVAL_GATHER_H

#include "eval/bind.h"
#include "eval/movers.h"

/* Where gathered elements go; movers advance it. */
typedef struct {
    char *block;
    char *text;        /* UCS-4: room for the UTF-8 of the elements, item_bytes each */
    size_t item_bytes; /* of an element in memory: strings of fixed width */
    evex_texts texts;  /* of strings by offsets */
} evex_gather;

/* How far apart neighbours in a row and whole rows lie, in bytes. */
typedef struct {
    int64_t element, row;
} evex_steps;

/* Moves n_rows rows of n elements; one side is usually a block. */
typedef void (*evex_rows_mover)(char *restrict to, evex_steps to_steps, const char *restrict from,
                                evex_steps from_steps, size_t n, size_t n_rows);
typedef void (*evex_gather_fn)(evex_gather *to, const char *from, int64_t stride, size_t n);
/* n elements from a block, native, to memory. */
typedef void (*evex_scatter_fn)(char *to, int64_t stride, const char *from, size_t n);

/* gather_nulls.c: validity as masks and bitmaps. */
void evex_gather_mask(evex_gather *to, const char *from, int64_t stride, size_t n);
void evex_gather_bits(evex_gather *to, const char *from, int64_t stride, size_t n);
void evex_scatter_mask(char *to, int64_t stride, const char *from, size_t n);

/* The movers for a view's elements. Scatter: NULL for strings of fixed width. */
evex_gather_fn evex_gather_find(const evex_view *view);
/* The same for elements that become others on the way: int32 as int64. */
evex_gather_fn evex_gather_find_as(const evex_view *view, evex_dtype dtype);
/* What does the same faster, for elements of which the table has such a mover; else NULL. */
evex_mover evex_gather_find_mover(const evex_view *view, const evex_mover_table *table);
/* What moves several rows of them at once, to or from a block; NULL: nothing does. */
evex_rows_mover evex_gather_find_rows(const evex_view *view);
evex_scatter_fn evex_scatter_find(const evex_view *view);

#endif
