/* SPDX-License-Identifier: MIT */
/*
 * Which kernel table serves this CPU. The tables stand in a row from narrow to wide; the CPU has
 * all up to some one, and a cap takes away more from the wide end.
 */
#include <stdatomic.h>
#if EVEX_N_WIDE_ISAS > 0
#include <cpuid.h>
#endif

#include "core/reference.h"
#include "eval/kernels.h"

const evex_kernel_table evex_kernels_ref = {
    .isa = "ref",
    .of = evex_definition_of,
    .cast = evex_definition_cast,
    .reduce = evex_reduce_ref,
    .move = &evex_movers_ref,
};

/* In the order of evex_isa_cap, which starts with BEST. */
static const evex_kernel_table *const tables[] = {
    &evex_kernels_ref,
    &evex_kernels_base,
#if EVEX_N_WIDE_ISAS > 0
    &evex_kernels_avx2,
#endif
#if EVEX_N_WIDE_ISAS > 1
    &evex_kernels_avx512,
#endif
};

/* The features are exactly the flags of the same set in eval/simd/meson.build, which also says how
 * many sets beyond the base there are. */
#if EVEX_N_WIDE_ISAS > 0
#define HAS(feature) (__builtin_cpu_supports(feature) != 0)

/* Clang 14 does not know this one by name. */
static int has_f16c(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C) != 0;
}

static const evex_kernel_table *const *find_widest(void) {
    __builtin_cpu_init();
    if (!HAS("avx2") || !HAS("fma") || !has_f16c())
        return &tables[1];
    if (!HAS("avx512f") || !HAS("avx512bw") || !HAS("avx512dq") || !HAS("avx512vl"))
        return &tables[2];
    return &tables[1 + EVEX_N_WIDE_ISAS];
}
#else
static const evex_kernel_table *const *find_widest(void) {
    return &tables[1];
}
#endif

/* Threads that come first at the same time find the same answer. */
static const evex_kernel_table *const *widest_table(void) {
    static _Atomic(const evex_kernel_table *const *) known;
    const evex_kernel_table *const *widest = atomic_load_explicit(&known, memory_order_relaxed);
    if (widest == NULL) {
        widest = find_widest();
        atomic_store_explicit(&known, widest, memory_order_relaxed);
    }
    return widest;
}

const evex_kernel_table *evex_kernels_usable(evex_isa_cap cap) {
    const evex_kernel_table *const *widest = widest_table();
    const size_t last = (size_t)(widest - tables);
    if (cap == EVEX_ISA_BEST || (size_t)cap > last)
        return *widest;
    return tables[(size_t)cap - EVEX_ISA_REF];
}

const evex_kernel_table *const *evex_kernels_all(size_t *n) {
    *n = (size_t)(widest_table() - tables) + 1;
    return tables;
}
