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
#include "eval/prefetch.h"

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

/* Element i of a run, passed through change(). */
#define MOVE_ONE(type, change, stride, i)                                                          \
    type x;                                                                                        \
    memcpy(&x, from + (int64_t)(i) * (stride), sizeof x);                                          \
    x = change(x);                                                                                 \
    memcpy(to + (i) * sizeof x, &x, sizeof x);
#define MOVE_N(type, change, stride, n)                                                            \
    for (size_t i = 0; i < (n); i++) {                                                             \
        MOVE_ONE(type, change, stride, i)                                                          \
    }

/* How far behind an element to ask for what is read next: bytes, and elements that lie apart. */
enum { AHEAD = 2048, ELEMENTS_AHEAD = 16 };

/* MOVE_N that does so, for of lines that are read in part the prefetchers bring too few. (20
 * million elements, one thread, 2*a + 3*b of every second a: 2.1 ns an element without, 0.8 so.)
 * PART elements a time are enough for a loop over vectors. */
#define MOVE_AHEAD(type, change, stride)                                                           \
    {                                                                                              \
        enum { PART = 4 * EVEX_CACHE_LINE / sizeof(type) };                                        \
        for (; n >= PART; n -= PART, to += PART * sizeof(type), from += PART * (stride)) {         \
            for (uintptr_t k = 0; k < PART * (stride); k += EVEX_CACHE_LINE)                       \
                evex_prefetch(from, AHEAD + k);                                                    \
            MOVE_N(type, change, stride, PART)                                                     \
        }                                                                                          \
        MOVE_N(type, change, stride, n)                                                            \
    }

/* How far to ask ahead for any stride: AHEAD bytes, or ELEMENTS_AHEAD elements where these lie far
 * apart. */
static inline uintptr_t find_ahead(int64_t stride) {
    const int is_far = stride > AHEAD / ELEMENTS_AHEAD || stride < -AHEAD / ELEMENTS_AHEAD;
    const uintptr_t near = stride < 0 ? -(uintptr_t)AHEAD : AHEAD;
    return is_far ? ELEMENTS_AHEAD * (uintptr_t)stride : near;
}

#define MOVE_FAR(type, change, stride)                                                             \
    const uintptr_t ahead = find_ahead(stride);                                                    \
    for (size_t i = 0; i < n; i++) {                                                               \
        evex_prefetch(from, ahead + i * (uintptr_t)(stride));                                      \
        MOVE_ONE(type, change, stride, i)                                                          \
    }

/* One loop for each usual stride, which the compiler then makes vectors of. */
#define GATHER(name, type, change)                                                                 \
    static void gather_##name(char *restrict to, const char *restrict from, int64_t stride,        \
                              size_t n) {                                                          \
        enum { SIZE = sizeof(type) };                                                              \
        if (stride == SIZE) {                                                                      \
            MOVE_N(type, change, SIZE, n)                                                          \
        } else if (stride == 2 * SIZE) {                                                           \
            MOVE_AHEAD(type, change, 2 * SIZE)                                                     \
        } else if (stride == -SIZE) {                                                              \
            MOVE_N(type, change, -SIZE, n)                                                         \
        } else {                                                                                   \
            MOVE_FAR(type, change, stride)                                                         \
        }                                                                                          \
    }

#define KEEP(x) (x)
GATHER(4, uint32_t, KEEP)
GATHER(8, uint64_t, KEEP)
GATHER(swapped4, uint32_t, __builtin_bswap32)
GATHER(swapped8, uint64_t, __builtin_bswap64)

/* ---- Transposition -------------------------------------------------------------------------- */

#if defined(SIMDE_X86_AVX2_NATIVE)
#define V256_LOAD(p) simde_mm256_loadu_pd((const double *)(const void *)(p))
#define V256_STORE(p, a) simde_mm256_storeu_pd((double *)(void *)(p), a)

/* Four columns of four elements of 8 bytes. */
static inline void transpose_4x4(char *restrict to, size_t pitch, const char *restrict from,
                                 int64_t stride) {
    const simde__m256d a = V256_LOAD(from), b = V256_LOAD(from + stride);
    const simde__m256d c = V256_LOAD(from + 2 * stride), d = V256_LOAD(from + 3 * stride);
    const simde__m256d ab_even = simde_mm256_unpacklo_pd(a, b),
                       ab_odd = simde_mm256_unpackhi_pd(a, b);
    const simde__m256d cd_even = simde_mm256_unpacklo_pd(c, d),
                       cd_odd = simde_mm256_unpackhi_pd(c, d);
    V256_STORE(to, simde_mm256_permute2f128_pd(ab_even, cd_even, 0x20));
    V256_STORE(to + pitch, simde_mm256_permute2f128_pd(ab_odd, cd_odd, 0x20));
    V256_STORE(to + 2 * pitch, simde_mm256_permute2f128_pd(ab_even, cd_even, 0x31));
    V256_STORE(to + 3 * pitch, simde_mm256_permute2f128_pd(ab_odd, cd_odd, 0x31));
}

/* Four columns of four elements of 4 bytes. */
static inline void transpose_4x4_narrow(char *restrict to, size_t pitch, const char *restrict from,
                                        int64_t stride) {
    simde__m128 row[4];
    for (int k = 0; k < 4; k++)
        row[k] = simde_mm_loadu_ps((const float *)(const void *)(from + k * stride));
    SIMDE_MM_TRANSPOSE4_PS(row[0], row[1], row[2], row[3]);
    for (int k = 0; k < 4; k++)
        simde_mm_storeu_ps((float *)(void *)(to + (size_t)k * pitch), row[k]);
}

/* The next line of each column is what the next strip begins with: asked for now, it comes in time,
 * for no prefetcher sees through columns that are pages apart (a tenth, at any size). */
#define TRANSPOSE(size, block)                                                                     \
    static void transpose_##size(char *restrict to, size_t pitch, const char *restrict from,       \
                                 int64_t stride, size_t n) {                                       \
        enum { ROWS = EVEX_CACHE_LINE / size };                                                    \
        size_t c = 0;                                                                              \
        for (; n - c >= 4; c += 4, from += 4 * stride) {                                           \
            for (uintptr_t k = 0; k < 4; k++)                                                      \
                evex_prefetch(from, k *(uintptr_t)stride + EVEX_CACHE_LINE);                       \
            for (size_t r = 0; r < ROWS; r += 4)                                                   \
                block(to + r * pitch + c * size, pitch, from + r * size, stride);                  \
        }                                                                                          \
        for (; c < n; c++, from += stride)                                                         \
            for (size_t r = 0; r < ROWS; r++)                                                      \
                memcpy(to + r * pitch + c * size, from + r * size, size);                          \
    }
TRANSPOSE(4, transpose_4x4_narrow)
TRANSPOSE(8, transpose_4x4)
#else
#define transpose_4 NULL
#define transpose_8 NULL
#endif

const evex_mover_table FOR_ISA(evex_movers, EVEX_ISA) = {
    copy_past_caches, fence,           gather_4,    gather_8,
    gather_swapped4,  gather_swapped8, transpose_4, transpose_8};
