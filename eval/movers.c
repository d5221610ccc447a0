/* SPDX-License-Identifier: MIT */
/*
 * The movers of one instruction set; see movers.h. Compiled as eval/kernels.c is, once per set; all
 * that leaves the object is the table evex_movers_<isa>.
 */
#include "eval/movers.h"

#include <stdint.h>
#include <string.h>

#include EVEX_SIMD_HEADER

#include "core/memory.h"

#define FOR_ISA_(name, isa) name##_##isa
#define FOR_ISA(name, isa) FOR_ISA_(name, isa)

/* The parts of lines at both ends go the ordinary way. */
static void copy_past_caches(char *to, const char *from, size_t n_bytes) {
    size_t head = -(uintptr_t)to % EVEX_CACHE_LINE;
    if (head > n_bytes)
        head = n_bytes;
    if (head > 0)
        memcpy(to, from, head);
    size_t i = head;
    for (; n_bytes - i >= EVEX_CACHE_LINE; i += EVEX_CACHE_LINE)
        v_stream_line(to + i, from + i);
    if (i < n_bytes)
        memcpy(to + i, from + i, n_bytes - i);
}

static void fence(void) {
    simde_mm_sfence();
}

/* ---- Gathers -------------------------------------------------------------------------------- */

/* One loop for each usual stride, which the compiler then makes vectors of. */
#define MOVE(type, change, stride)                                                                 \
    for (size_t i = 0; i < n; i++) {                                                               \
        type x;                                                                                    \
        memcpy(&x, from + (int64_t)i * (stride), sizeof x);                                        \
        x = change(x);                                                                             \
        memcpy(to + i * sizeof x, &x, sizeof x);                                                   \
    }

#define GATHER(name, type, change)                                                                 \
    static void gather_##name(char *restrict to, const char *restrict from, int64_t stride,        \
                              size_t n) {                                                          \
        enum { SIZE = sizeof(type) };                                                              \
        if (stride == SIZE) {                                                                      \
            MOVE(type, change, SIZE)                                                               \
        } else if (stride == 2 * SIZE) {                                                           \
            MOVE(type, change, 2 * SIZE)                                                           \
        } else if (stride == -SIZE) {                                                              \
            MOVE(type, change, -SIZE)                                                              \
        } else {                                                                                   \
            MOVE(type, change, stride)                                                             \
        }                                                                                          \
    }

#define KEEP(x) (x)
GATHER(4, uint32_t, KEEP)
GATHER(8, uint64_t, KEEP)
GATHER(swapped4, uint32_t, __builtin_bswap32)
GATHER(swapped8, uint64_t, __builtin_bswap64)

const evex_mover_table FOR_ISA(evex_movers, EVEX_ISA) = {
    copy_past_caches, fence, gather_4, gather_8, gather_swapped4, gather_swapped8};
