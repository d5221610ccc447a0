/* SPDX-License-Identifier: MIT */
/*
 * A small interpreter of programs for the compiler's tests: it follows core/program.h word for
 * word, one array of a few elements a register, each instruction by op.def's definition. No blocks,
 * no threads and no kernels, so that what the compiler made can be judged without eval/.
 */
#ifndef EVEX_TESTS_INTERPRETER_H
#define EVEX_TESTS_INTERPRETER_H

#include "core/program.h"

enum { INTERPRETER_ELEMENTS = 8 };

/* The elements of a register: n of them, or 1 for a scalar. */
typedef struct {
    _Alignas(16) unsigned char bytes[INTERPRETER_ELEMENTS * 16];
    size_t n;
    uint8_t dtype;
} interpreter_cell;

/*
 * Runs a verified program on one-dimensional inputs of n <= INTERPRETER_ELEMENTS elements (weak
 * ones: one element). inputs and outputs are parallel to the program's; axes are taken as all axes.
 * EVEX_OK, the status of the first guard that fires, or EVEX_OUT_OF_RANGE for a weak int that does
 * not fit. EVEX_UNSUPPORTED: a user function.
 */
evex_status interpret(const evex_program *program, const void *const *inputs, size_t n,
                      interpreter_cell *outputs);

#endif
