/* SPDX-License-Identifier: MIT */
/*
 * User functions as kernels; see call.h. A CALL's first operand is a constant that names the
 * function; linking makes its register point to a copy of the function's entry, so that the kernel
 * finds everything in its operands and needs no context.
 */
#include "eval/call.h"

#include "core/error.h"
#include "core/functions.h"

evex_status evex_call_link(const void **linked, evex_arena *arena, const evex_functions *functions,
                           evex_str name, evex_error *error) {
    const evex_user_function *found = evex_functions_find(functions, name.text, name.n_bytes);
    const evex_place nowhere = {0, 0};
    if (found == NULL)
        return evex_fail(error, EVEX_UNKNOWN_NAME, nowhere, "there is no function '%.*s'",
                         (int)name.n_bytes, name.text);
    if (found->n_operands > EVEX_MAX_FUNCTION_OPERANDS)
        return evex_fail(error, EVEX_UNSUPPORTED, nowhere,
                         "function '%s' has more than %d operands", found->name,
                         (int)EVEX_MAX_FUNCTION_OPERANDS);
    evex_user_function *copy = evex_arena_push(arena, sizeof *copy);
    if (copy == NULL)
        return evex_fail_memory(error);
    *copy = *found;
    *linked = copy;
    return EVEX_OK;
}

int evex_call_agrees(const void *linked, const evex_insn *insn) {
    const evex_user_function *function = linked;
    return insn->n_operands == function->n_operands + 1 && insn->out_dtype == function->result;
}

void evex_call_kernel(void *const *dst, const evex_operand *src, size_t n, void *context) {
    (void)context;
    const evex_user_function *function = src[0].data;
    const void *in[EVEX_MAX_FUNCTION_OPERANDS];
    size_t step[EVEX_MAX_FUNCTION_OPERANDS];
    for (size_t k = 0; k < function->n_operands; k++) {
        in[k] = src[k + 1].data;
        step[k] = src[k + 1].step;
    }
    function->kernel(dst[0], in, step, n, function->user);
}
