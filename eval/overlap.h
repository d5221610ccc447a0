/* SPDX-License-Identifier: MIT */
/*
 * Whether arrays share memory, exactly: a question about bounded integers.
 */
#ifndef EVEX_EVAL_OVERLAP_H
#define EVEX_EVAL_OVERLAP_H

#include "eval/bind.h"

/* Whether an element of one lies, in part, where an element of the other does. A very involved case
 * is answered yes. */
int evex_views_overlap(const evex_view *a, const evex_view *b);
/* Whether two elements of a view share memory. */
int evex_view_overlaps_itself(const evex_view *view);
/* Whether two views are the same elements in the same order. */
int evex_views_are_same(const evex_view *a, const evex_view *b);

#endif
