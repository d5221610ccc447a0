/* SPDX-License-Identifier: MIT */
/*
 * The compiler: from text to program. The one function of this folder that the rest of the library
 * calls; evex_names() of evex.h is here as well.
 */
#ifndef EVEX_COMPILER_COMPILE_H
#define EVEX_COMPILER_COMPILE_H

#include "core/program.h"

/*
 * Compiles length bytes of source into *program, which comes from the options' allocator and is
 * freed by evex_free; NULL on failure. options may be NULL. Statuses: those of evex_compile.
 */
evex_status evex_compile_program(evex_program **program, const char *source, size_t length,
                                 const evex_var *vars, size_t n_vars,
                                 const evex_compile_options *options, evex_error *error);

#endif
