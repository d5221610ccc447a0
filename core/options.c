/* SPDX-License-Identifier: MIT */
/* Option structs of callers of any version; see options.h. */
#include "core/options.h"

#include <string.h>

static const evex_compile_options default_compile_options = EVEX_COMPILE_OPTIONS_INIT;
static const evex_eval_options default_eval_options = EVEX_EVAL_OPTIONS_INIT;

/* Both structs begin with their size. room holds n_bytes, as many as defaults. */
static const void *known_options(const void *given, const void *defaults, void *room,
                                 size_t n_bytes) {
    if (given == NULL)
        return defaults;
    size_t given_bytes;
    memcpy(&given_bytes, given, sizeof given_bytes);
    if (given_bytes < sizeof given_bytes)
        return NULL;
    if (given_bytes >= n_bytes)
        return given;
    memcpy(room, defaults, n_bytes);
    memcpy(room, given, given_bytes);
    return room;
}

const evex_compile_options *evex_known_compile_options(const evex_compile_options *given,
                                                       evex_compile_options *room) {
    return known_options(given, &default_compile_options, room, sizeof *room);
}

const evex_eval_options *evex_known_eval_options(const evex_eval_options *given,
                                                 evex_eval_options *room) {
    return known_options(given, &default_eval_options, room, sizeof *room);
}
