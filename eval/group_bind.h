/* SPDX-License-Identifier: MIT */
/*
 * Groups and the arrays around them: the codes that say which group each row is in, and TAKE, with
 * which a row reads what its group has. The reductions are in eval/group.h.
 */
#ifndef EVEX_EVAL_GROUP_BIND_H
#define EVEX_EVAL_GROUP_BIND_H

#include "eval/bind.h"

/* Slots of groups are 32-bit numbers, and one stands for none. */
#define EVEX_MAX_GROUPS ((INT64_C(1) << 32) - 2)

/* Binds input i, the codes, and the number of groups. options NULL: they are not known yet, and the
 * input is taken for one value. */
evex_status evex_bind_codes(evex_binding *binding, uint32_t i, const evex_eval_options *options);
/* What is wrong with the codes and the number of groups whatever the program. */
evex_status evex_check_codes(const evex_eval_options *options, evex_error *error);
/* Makes ready that TAKE reads all of a kept array, whose data may come later, or of an input: one
 * in a row of native elements, or a single one, in which no place is. */
evex_status evex_bind_whole(const evex_binding *binding, evex_register reg);

/* TAKE for elements of dtype: src[0] is an evex_set, src[1] the places; a place outside gives
 * zeros. */
evex_kernel evex_take_kernel(evex_dtype dtype);

#endif
