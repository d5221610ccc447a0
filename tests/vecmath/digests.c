/* SPDX-License-Identifier: MIT */
/*
 * A hash of the results of every function of core/vecmath/ over fixed arguments. Compilers, options
 * and processors must all give the hashes of tests/golden/vecmath_digests.txt, or the promise of
 * the same bits everywhere is broken. Needs nothing but core/, so that it runs in an emulator, too.
 *
 *   digests FILE      compares with FILE, lists what differs
 *   digests --print   prints the hashes, for a new FILE after an intended change of an algorithm
 *
 * The exit status is 77 where the processor lacks the instructions it was compiled for.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/vecmath/evaluate.h"

enum { N_KINDS = 5, N_POINTS = N_KINDS * 4096 };

/* splitmix64: Steele, Lea, Flood, OOPSLA 2014. */
static uint64_t random_bits(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static double from_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Only integer operations and single roundings, so that the arguments are the same everywhere. */
static double draw(int kind, uint64_t *state) {
    uint64_t bits = random_bits(state);
    double unit = (double)(bits >> 11) * 0x1p-52 - 1.0;
    switch (kind) {
    case 0:
        return unit;
    case 1:
        return unit * 12.0;
    case 2:
        return unit * 760.0;
    case 3:
        return from_bits((bits & UINT64_C(0x800fffffffffffff)) | (1023 - 40 + (bits >> 52) % 80)
                                                                     << 52);
    default:
        return from_bits(bits);
    }
}

static float draw_single(int kind, uint64_t *state) {
    uint32_t bits = (uint32_t)random_bits(state);
    float x;
    memcpy(&x, &bits, sizeof x);
    return kind == N_KINDS - 1 ? x : (float)draw(kind, state);
}

/* FNV-1a over eight bytes; all NaN count as one. */
static uint64_t hash(uint64_t h, double x) {
    uint64_t bits = UINT64_C(0x7ff8000000000000);
    if (!isnan(x))
        memcpy(&bits, &x, sizeof bits);
    for (int i = 0; i < 64; i += 8)
        h = (h ^ (bits >> i & 0xff)) * UINT64_C(0x100000001b3);
    return h;
}

typedef struct {
    const char *name;
    evaluate_function evaluate;
} function;

#define ENTRY(name) {#name, evaluate_##name},

static const function functions[] = {EVEX_FOR_UNARY_MATH(ENTRY) EVEX_FOR_BINARY_MATH(ENTRY)};

/* The kinds alternate, so that ordinary lanes have exceptional neighbours. */
static void draw_points(double *x, double *y, bool single) {
    uint64_t state = single ? 2 : 1;
    for (int i = 0; i < N_POINTS; i++) {
        int kind_x = i % N_KINDS, kind_y = i / N_KINDS % N_KINDS;
        x[i] = single ? (double)draw_single(kind_x, &state) : draw(kind_x, &state);
        y[i] = single ? (double)draw_single(kind_y, &state) : draw(kind_y, &state);
    }
}

static uint64_t digest(const function *f, bool single) {
    static double x[N_POINTS], y[N_POINTS], r[N_POINTS];
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    draw_points(x, y, single);
    f->evaluate(x, y, r, N_POINTS, single);
    for (int i = 0; i < N_POINTS; i++)
        h = hash(h, r[i]);
    return h;
}

typedef struct {
    const char *name;
    evaluate_complex evaluate;
} complex_function;

#define COMPLEX_ENTRY(name) {#name, evaluate_complex_##name},
#define COMPLEX_ENTRIES(name) COMPLEX_ENTRY(name) COMPLEX_ENTRY(name##_whole)

static const complex_function complex_functions[] = {EVEX_FOR_UNARY_COMPLEX(COMPLEX_ENTRY)
                                                         EVEX_FOR_BINARY_COMPLEX(COMPLEX_ENTRIES)};

static void describe_complex(const complex_function *f, char *line, size_t size) {
    static double x[N_POINTS], y[N_POINTS], re[N_POINTS], im[N_POINTS];
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    draw_points(x, y, false);
    f->evaluate(x, y, re, im, N_POINTS);
    for (int i = 0; i < N_POINTS; i++)
        h = hash(hash(h, re[i]), im[i]);
    snprintf(line, size, "%s complex128 %016llx\n", f->name, (unsigned long long)h);
}

static void describe(const function *f, bool single, char *line, size_t size) {
    snprintf(line, size, "%s %s %016llx\n", f->name, single ? "float32" : "float64",
             (unsigned long long)digest(f, single));
}

/* Whether this processor has what this program was compiled for. */
static bool can_run(void) {
#if defined(__AVX512F__) && (defined(__GNUC__) || defined(__clang__))
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
#elif defined(__AVX2__) && (defined(__GNUC__) || defined(__clang__))
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return true;
#endif
}

/* Compares with the file's next line; the file has one for each function and type, in order. */
static bool agrees(const char *line, FILE *golden) {
    char expected[80] = "";
    if (golden && !fgets(expected, sizeof expected, golden))
        expected[0] = '\0';
    if (!golden)
        fputs(line, stdout);
    else if (strcmp(line, expected))
        fprintf(stderr, "got      %sexpected %s", line, expected[0] ? expected : "nothing\n");
    return !golden || !strcmp(line, expected);
}

int main(int argc, char **argv) {
    bool print = argc == 2 && !strcmp(argv[1], "--print");
    FILE *golden = argc == 2 && !print ? fopen(argv[1], "r") : NULL;
    if (!golden && !print) {
        fputs("usage: digests FILE | --print\n", stderr);
        return 2;
    }
    if (!can_run())
        return 77;
    bool good = true;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        for (int single = 0; single < 2; single++) {
            char line[80];
            describe(&functions[i], single != 0, line, sizeof line);
            good = agrees(line, golden) && good;
        }
    for (size_t i = 0; i < sizeof complex_functions / sizeof *complex_functions; i++) {
        char line[80];
        describe_complex(&complex_functions[i], line, sizeof line);
        good = agrees(line, golden) && good;
    }
    if (golden)
        fclose(golden);
    return good ? 0 : 1;
}
