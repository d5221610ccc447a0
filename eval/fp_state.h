/* SPDX-License-Identifier: MIT */
/*
 * The floating-point state of a thread: evaluation runs under the default (round to nearest, no
 * flushing of subnormals, no trap), whatever the host has set, and gives the host its own back. On
 * other machines than x86-64 and AArch64 the C library's fenv.h does the same, only slower.
 */
#ifndef EVEX_EVAL_FP_STATE_H
#define EVEX_EVAL_FP_STATE_H

#include <stdint.h>

#if defined(__x86_64__)

#include <xmmintrin.h>

typedef uint32_t evex_fp_state; /* MXCSR */

/* All exceptions masked, none raised. */
enum { EVEX_FP_DEFAULT = 0x1f80 };

static inline evex_fp_state evex_fp_save(void) {
    return _mm_getcsr();
}
static inline void evex_fp_default(void) {
    _mm_setcsr(EVEX_FP_DEFAULT);
}
static inline void evex_fp_restore(evex_fp_state state) {
    _mm_setcsr(state);
}

#elif defined(__aarch64__)

typedef uint64_t evex_fp_state; /* FPCR; its default is 0 */

static inline evex_fp_state evex_fp_save(void) {
    evex_fp_state state;
    __asm__ volatile("mrs %0, fpcr" : "=r"(state));
    return state;
}
static inline void evex_fp_restore(evex_fp_state state) {
    __asm__ volatile("msr fpcr, %0" : : "r"(state) : "memory");
}
static inline void evex_fp_default(void) {
    evex_fp_restore(0);
}

#else

#include <fenv.h>

typedef fenv_t evex_fp_state;

static inline evex_fp_state evex_fp_save(void) {
    fenv_t state;
    fegetenv(&state);
    return state;
}
static inline void evex_fp_default(void) {
    fesetenv(FE_DFL_ENV);
}
static inline void evex_fp_restore(evex_fp_state state) {
    fesetenv(&state);
}

#endif

#endif
