/* SPDX-License-Identifier: MIT */
/*
 * Option structs as this version of the library knows them. A caller built against an older header
 * has a shorter struct, and is read no further; what it does not know has its default.
 */
#ifndef EVEX_CORE_OPTIONS_H
#define EVEX_CORE_OPTIONS_H

#include "include/evex.h"

/* The options to go by: the defaults for NULL, given itself if it is whole, else *room filled from
 * both. NULL when given was not initialised by its macro. */
const evex_compile_options *evex_known_compile_options(const evex_compile_options *given,
                                                       evex_compile_options *room);
const evex_eval_options *evex_known_eval_options(const evex_eval_options *given,
                                                 evex_eval_options *room);

#endif
