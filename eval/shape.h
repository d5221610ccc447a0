/* SPDX-License-Identifier: MIT */
/*
 * Shapes: what NumPy's broadcasting does to them, and how they read in an error. Dimensions belong
 * to the caller's arrays or to an arena; a shape is two words that point to them.
 */
#ifndef EVEX_EVAL_SHAPE_H
#define EVEX_EVAL_SHAPE_H

#include <stdint.h>

#include "core/memory.h"

typedef struct {
    int32_t ndim;
    const int64_t *dims;
} evex_shape;

enum { EVEX_SHAPE_TEXT_BYTES = 96 };

/* The number of elements; -1 when it does not fit an int64. */
int64_t evex_shape_size(evex_shape shape);
int evex_shape_equal(evex_shape a, evex_shape b);
/* Whether every dimension has length 1: one element, in whatever number of dimensions. */
int evex_shape_is_scalar(evex_shape shape);
/* Widens *into by `with`. EVEX_BAD_SHAPE (no text) when they do not broadcast, EVEX_NO_MEMORY. */
evex_status evex_shape_broadcast(evex_arena *arena, evex_shape *into, evex_shape with);
/* "(3, 4)", cut if it is very long; returns text. */
const char *evex_shape_write(char text[EVEX_SHAPE_TEXT_BYTES], evex_shape shape);

#endif
