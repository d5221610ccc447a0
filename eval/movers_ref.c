/* SPDX-License-Identifier: MIT */
/* The movers of the instruction set `ref`: plain C; see movers.h. Gathers are those of gather.c. */
#include "eval/movers.h"

#include <string.h>

static void copy(char *to, const char *from, size_t n_bytes) {
    memcpy(to, from, n_bytes);
}

static void fence(void) {}

const evex_mover_table evex_movers_ref = {copy, fence, NULL, NULL, NULL, NULL, NULL, NULL};
