/* SPDX-License-Identifier: MIT */
/*
 * User functions as the compiler and the linker see them: a list of entries looked up by name. The
 * list is filled through evex.h's evex_functions_add and only read afterwards, so that expressions
 * on any number of threads may share it.
 */
#ifndef EVEX_CORE_FUNCTIONS_H
#define EVEX_CORE_FUNCTIONS_H

#include <stddef.h>

#include "include/evex.h"

enum { EVEX_MAX_FUNCTION_OPERANDS = 64 };

typedef struct evex_user_function {
    const char *name; /* NUL-terminated */
    evex_dtype result;
    const evex_dtype *operands;
    size_t n_operands;
    evex_function_kernel kernel;
    void *user;
} evex_user_function;

/* The function of this name, or NULL. functions may be NULL. The entry lives as long as the list,
 * but a later evex_functions_add may move it. */
const evex_user_function *evex_functions_find(const evex_functions *functions, const char *name,
                                              size_t n_bytes);
/* Entry i in the order in which they were added, NULL behind the last. */
const evex_user_function *evex_functions_at(const evex_functions *functions, size_t i);

#endif
