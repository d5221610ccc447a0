/* SPDX-License-Identifier: MIT */
/* Option structs of callers of any version; see options.h. */
#include "core/options.h"

#include <string.h>

static const evex_compile_options default_compile_options = EVEX_COMPILE_OPTIONS_INIT;
static const evex_eval_options default_eval_options = EVEX_EVAL_OPTIONS_INIT;

const evex_compile_options *evex_known_compile_options(const evex_compile_options *given,
                                                       evex_compile_options *room) {
    if (given == NULL)
        return &default_compile_options;
    if (given->struct_bytes < sizeof given->struct_bytes)
        return NULL;
    if (given->struct_bytes >= sizeof *given)
        return given;
    *room = default_compile_options;
    memcpy(room, given, given->struct_bytes);
    return room;
}

const evex_eval_options *evex_known_eval_options(const evex_eval_options *given,
                                                 evex_eval_options *room) {
    if (given == NULL)
        return &default_eval_options;
    if (given->struct_bytes < sizeof given->struct_bytes)
        return NULL;
    if (given->struct_bytes >= sizeof *given)
        return given;
    *room = default_eval_options;
    memcpy(room, given, given->struct_bytes);
    return room;
}
