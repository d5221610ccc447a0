/* SPDX-License-Identifier: MIT */
/*
 * Finding libmvec's functions: see libmvec.h.
 */
#include "bench/libmvec.h"

#include <stdio.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#include <dlfcn.h>

static const bench_libmvec_loops *const widths[] = {
    &bench_libmvec_loops_base, &bench_libmvec_loops_avx2, &bench_libmvec_loops_avx512};

static const bench_libmvec_loops *find_loops(const char *isa) {
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (strcmp(widths[i]->isa, isa) == 0)
            return widths[i];
    return NULL;
}

/* The handle stays open as long as the process. */
static void *library(void) {
    static void *handle;
    if (handle == NULL)
        handle = dlopen("libmvec.so.1", RTLD_NOW);
    return handle;
}

bench_libmvec bench_libmvec_find(const char *isa, const char *name, int arity, evex_dtype dtype) {
    bench_libmvec found = {NULL, NULL};
    const bench_libmvec_loops *loops = find_loops(isa);
    if (loops == NULL || name == NULL || library() == NULL)
        return found;
    char symbol[64];
    const size_t lanes = loops->vector_bytes / evex_dtype_size(dtype);
    snprintf(symbol, sizeof symbol, "_ZGV%cN%zu%s_%s%s", loops->letter, lanes,
             arity == 1 ? "v" : "vv", name, dtype == EVEX_F32 ? "f" : "");
    void *address = dlsym(library(), symbol);
    memcpy(&found.function, &address, sizeof address);
    found.loop = loops->loop[arity - 1][dtype == EVEX_F32];
    return found;
}

#else

bench_libmvec bench_libmvec_find(const char *isa, const char *name, int arity, evex_dtype dtype) {
    (void)isa, (void)name, (void)arity, (void)dtype;
    return (bench_libmvec){NULL, NULL};
}

#endif
