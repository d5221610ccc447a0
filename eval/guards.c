/* SPDX-License-Identifier: MIT */
/*
 * Choosing and reporting a failing guard: see guards.h.
 */
#include "eval/guards.h"

/* By kind: what is known first comes first. */
static const uint8_t ranks[] = {
    [EVEX_GUARD_OF_SCALAR] = 0, [EVEX_GUARD_OF_ELEMENTS] = 1, [EVEX_GUARD_OF_TOTAL] = 2};

static int goes_before(const evex_guard *a, int64_t index_a, const evex_guard *b, int64_t index_b) {
    return a->kind != b->kind ? ranks[a->kind] < ranks[b->kind] : index_a < index_b;
}

void evex_guard_consider(evex_guard_choice *choice, const evex_guard *guard, int64_t index) {
    if (index >= 0 &&
        (choice->guard == NULL || goes_before(guard, index, choice->guard, choice->index)))
        *choice = (evex_guard_choice){guard, index};
}

evex_status evex_guard_report(const evex_program *program, const evex_guard_choice *choice,
                              evex_error *error) {
    const evex_guard *guard = choice->guard;
    if (guard == NULL)
        return EVEX_OK;
    const char *text = evex_program_text(program);
    const evex_status status = evex_fail(error, (evex_status)guard->status,
                                         (evex_place){guard->place.offset, guard->place.length},
                                         "%.*s", (int)guard->message_bytes, text + guard->message);
    if (guard->hint_bytes > 0)
        evex_hint(error, "%.*s", (int)guard->hint_bytes, text + guard->hint);
    if (error != NULL)
        error->index = guard->kind == EVEX_GUARD_OF_ELEMENTS ? choice->index : -1;
    return status;
}
