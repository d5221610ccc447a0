/* SPDX-License-Identifier: MIT */
/*
 * Costs of instructions; see cost.h. The figures are bench/bench_kernels's for float64, rounded,
 * from a core at 4.5 GHz; elements of other sizes cost in proportion, those of complex128 twice. On
 * x86 "base" has no fused multiply-add, which the transcendental functions then emulate; AArch64
 * has one and takes the column of AVX2 twice, for half the width.
 */
#include "eval/cost.h"

#include "core/dtype.h"

enum { BASE, AVX2, AVX512, N_LEVELS };

enum {
    COST_CALL = 5000,     /* a user's function: unknown, so that threads are not withheld */
    COST_SEARCH = 60000,  /* of a regular expression in a short string */
    COST_TEXT = 1800,     /* of anything done with strings */
    COST_DIVISION = 1650, /* of integers, which no vector unit divides */
    COST_POWER = 2500,    /* of integers */
    COMPLEX_FACTOR = 3,   /* a complex function's to the real one's, for each of its parts */
    REF_FACTOR = 3        /* scalar loops, by the measure of base */
};

/* Operations that take no more than a vector's way from and to the cache. */
static const unsigned simple[N_LEVELS] = {130, 70, 40};

/* Of float64; a row of zeros is simple. */
static const unsigned table[EVEX_N_OPS][N_LEVELS] = {
    [EVEX_OP_MAGNITUDE] = {1000, 95, 50},      [EVEX_OP_ANGLE] = {2900, 340, 130},
    [EVEX_OP_DIV] = {470, 230, 120},           [EVEX_OP_FLOORDIV] = {7200, 1200, 550},
    [EVEX_OP_MOD] = {3900, 760, 350},          [EVEX_OP_FMOD] = {2500, 350, 170},
    [EVEX_OP_POWN] = {6000, 150, 80},          [EVEX_OP_POW] = {35000, 2900, 860},
    [EVEX_OP_SQRT] = {880, 440, 220},          [EVEX_OP_RECIPROCAL] = {470, 230, 120},
    [EVEX_OP_NEXTAFTER] = {590, 420, 290},     [EVEX_OP_IN] = {1500, 320, 140},
    [EVEX_OP_CBRT] = {13000, 890, 410},        [EVEX_OP_HYPOT] = {5900, 550, 280},
    [EVEX_OP_EXP] = {16000, 630, 230},         [EVEX_OP_EXP2] = {8800, 670, 190},
    [EVEX_OP_EXP10] = {13000, 750, 240},       [EVEX_OP_EXPM1] = {19000, 1300, 370},
    [EVEX_OP_LOG] = {16000, 1000, 330},        [EVEX_OP_LOG2] = {17000, 1100, 370},
    [EVEX_OP_LOG10] = {19000, 1100, 370},      [EVEX_OP_LOG1P] = {18000, 1400, 450},
    [EVEX_OP_LOGADDEXP] = {31000, 3700, 1400}, [EVEX_OP_SIN] = {18000, 1100, 470},
    [EVEX_OP_COS] = {17000, 1100, 460},        [EVEX_OP_SINCOS] = {20000, 1400, 530},
    [EVEX_OP_TAN] = {24000, 1400, 610},        [EVEX_OP_SINPI] = {19000, 1300, 600},
    [EVEX_OP_COSPI] = {19000, 1200, 570},      [EVEX_OP_ARCSIN] = {25000, 1000, 470},
    [EVEX_OP_ARCCOS] = {25000, 1000, 470},     [EVEX_OP_ARCTAN] = {13000, 1300, 440},
    [EVEX_OP_ARCTAN2] = {17000, 2000, 740},    [EVEX_OP_SINH] = {17000, 1800, 550},
    [EVEX_OP_COSH] = {15000, 1100, 380},       [EVEX_OP_TANH] = {23000, 1600, 660},
    [EVEX_OP_ARCSINH] = {22000, 2300, 910},    [EVEX_OP_ARCCOSH] = {23000, 2200, 860},
    [EVEX_OP_ARCTANH] = {21000, 1900, 700},    [EVEX_OP_ERF] = {24000, 1600, 640},
    [EVEX_OP_ERFC] = {42000, 2700, 1000},      [EVEX_OP_GAMMA] = {120000, 14000, 6100},
    [EVEX_OP_LGAMMA] = {120000, 18000, 7400},
};

static int level_of(const evex_kernel_table *kernels) {
    size_t n;
    const evex_kernel_table *const *all = evex_kernels_all(&n);
    for (size_t t = 1; t < n; t++)
        if (all[t] == kernels)
            return (int)t - 1;
    return BASE;
}

static unsigned float_cost(evex_op op, int level) {
#if defined(__aarch64__)
    if (level == BASE && table[op][AVX2] > 0)
        return 2 * table[op][AVX2];
#endif
    return table[op][level] > 0 ? table[op][level] : simple[level];
}

static unsigned integer_cost(evex_op op, evex_dtype dtype, int level) {
    switch (op) {
    case EVEX_OP_POW:
    case EVEX_OP_POW_OVERFLOWS:
        return COST_POWER;
    case EVEX_OP_FLOORDIV:
    case EVEX_OP_MOD:
    case EVEX_OP_FMOD:
        return evex_dtype_size(dtype) == 8 ? COST_DIVISION : COST_DIVISION / 4;
    default:
        return simple[level];
    }
}

static unsigned cost_of(evex_op op, evex_dtype in, int level) {
    switch (evex_dtype_kind(in)) {
    case 'f':
        return float_cost(op, level);
    case 'c':
        return table[op][level] != 0 ? COMPLEX_FACTOR * float_cost(op, level) : simple[level];
    default:
        return integer_cost(op, in, level);
    }
}

unsigned evex_insn_cost(const evex_insn *insn, const evex_kernel_table *kernels) {
    const evex_dtype in = (evex_dtype)insn->in_dtype, out = (evex_dtype)insn->out_dtype;
    const int level = level_of(kernels);
    const evex_op op = (evex_op)insn->op;
    if (op == EVEX_OP_CALL)
        return COST_CALL;
    if (op == EVEX_OP_MATCHES || op == EVEX_OP_EXCEEDS || op == EVEX_OP_SEARCH)
        return COST_SEARCH;
    if (in == EVEX_STR || out == EVEX_STR)
        return COST_TEXT;
    const unsigned whole = cost_of(op, in, level);
    if (kernels == &evex_kernels_ref)
        return REF_FACTOR * whole;
    const size_t in_bytes = evex_dtype_size(in), out_bytes = evex_dtype_size(out);
    const unsigned cost = whole * (unsigned)(in_bytes > out_bytes ? in_bytes : out_bytes) / 8;
    return whole == COST_DIVISION || whole == COST_POWER ? whole : cost + 1;
}
