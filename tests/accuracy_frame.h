/* SPDX-License-Identifier: MIT */
/*
 * What the programs that measure errors share (tests/accuracy.c, tests/accuracy_complex.c): random
 * numbers, the command line, and the loop over the functions asked for.
 */
#ifndef EVEX_TESTS_ACCURACY_FRAME_H
#define EVEX_TESTS_ACCURACY_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/caps.h"

/* splitmix64: Steele, Lea, Flood, OOPSLA 2014. */
static inline uint64_t random_bits(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline double random_unit(uint64_t *state) {
    return (double)(random_bits(state) >> 11) * 0x1p-53;
}

typedef struct {
    uint64_t points;               /* of a function and type */
    bool table, parts, exhaustive; /* --table, --parts, --long */
    const char *only;
} options;

/* A program: its name, the types of its two columns of errors, whether it knows --parts, and its
 * functions, which go by number; run is false where an error is above its bound. */
typedef struct {
    const char *name, *wide, *narrow;
    uint64_t points;
    bool has_parts;
    size_t n_functions;
    const char *(*name_of)(size_t i);
    bool (*run)(size_t i, const options *o);
} accuracy_program;

static inline bool accuracy_parse(const accuracy_program *p, int argc, char **argv, options *o) {
    for (int i = 1; i < argc; i++) {
        const bool more = i + 1 < argc;
        if (!strcmp(argv[i], "--table"))
            o->table = true;
        else if (!strcmp(argv[i], "--parts") && p->has_parts)
            o->parts = true;
        else if (!strcmp(argv[i], "--only") && more)
            o->only = argv[++i];
        else if (!strcmp(argv[i], "--long") && more) {
            o->points = strtoull(argv[++i], NULL, 10);
            o->exhaustive = true;
        } else
            return false;
    }
    return o->points > 0;
}

/* The exit status. */
static inline int accuracy_main(const accuracy_program *p, int argc, char **argv) {
    options o = {.points = caps_is_reduced() ? p->points / 8 : p->points};
    if (!accuracy_parse(p, argc, argv, &o)) {
        fprintf(stderr, "usage: %s [--long N] [--only NAME] [--table]%s\n", p->name,
                p->has_parts ? " [--parts]" : "");
        return 2;
    }
    if (o.table)
        printf("| function | bound | %s, ULP | worst at | %s, ULP |\n"
               "| --- | --- | --- | --- | --- |\n",
               p->wide, p->narrow);
    bool good = true;
    for (size_t i = 0; i < p->n_functions; i++)
        if (!o.only || !strcmp(o.only, p->name_of(i)))
            good = p->run(i, &o) && good;
    return good ? 0 : 1;
}

#endif
