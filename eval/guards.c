/* SPDX-License-Identifier: MIT */
/*
 * Choosing and reporting a failing guard: see guards.h.
 */
#include "eval/guards.h"

static int goes_before(const evex_guard *a, int64_t index_a, const evex_guard *b, int64_t index_b) {
    return a->is_total != b->is_total ? b->is_total : index_a < index_b;
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
        error->index = guard->is_total ? -1 : choice->index;
    return status;
}
