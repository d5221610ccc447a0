/* SPDX-License-Identifier: MIT */
/*
 * Compiling for tests: variables written as text ("x f64, k weak i64"), programs as their dump.
 */
#ifndef EVEX_TESTS_COMPILED_H
#define EVEX_TESTS_COMPILED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"
#include "core/memory.h"
#include "core/text.h"
#include "core/unit.h"

enum { MAX_TEST_VARS = 32 };

typedef struct {
    evex_var vars[MAX_TEST_VARS];
    char names[MAX_TEST_VARS][64];
    size_t n;
} test_vars;

/* The unit of "M8[us]" or "m8[us]", as NumPy writes times; 0 when it is neither. */
static inline uint8_t read_unit(const char *type) {
    const size_t n = strlen(type);
    if (n < 5 || strncmp(type + 1, "8[", 2) != 0)
        return 0;
    const uint8_t unit = evex_unit_find(type + 3, n - 4);
    return type[0] == 'm' && unit != 0 ? (uint8_t)(EVEX_SPAN | unit) : unit;
}

/* "name type, name weak type, name type?" for a nullable one: types by their short names. Unknown
 * ones end the process. */
static inline void read_vars(test_vars *v, const char *text) {
    v->n = 0;
    while (*text != '\0') {
        char weak[16] = "", dtype[16] = "";
        int n = 0, d = 0;
        if (sscanf(text, " %63[^ ] weak %15[]A-Za-z0-9[]%n", v->names[v->n], dtype, &n) == 2)
            strcpy(weak, "weak");
        else
            sscanf(text, " %63[^ ] %15[]A-Za-z0-9[]%n", v->names[v->n], dtype, &n);
        const uint8_t unit = read_unit(dtype);
        if (unit != 0)
            strcpy(dtype, "i64");
        const int is_nullable = text[n] == '?';
        while (d < EVEX_N_DTYPES && strcmp(evex_dtype_short_name((evex_dtype)d), dtype) != 0)
            d++;
        if (n == 0 || d == EVEX_N_DTYPES || v->n == MAX_TEST_VARS) {
            fprintf(stderr, "bad variables: %s\n", text);
            exit(2);
        }
        v->vars[v->n] =
            (evex_var){v->names[v->n], (evex_dtype)d, *weak != '\0' ? EVEX_WEAK : EVEX_STRONG,
                       (uint8_t)is_nullable, unit};
        v->n++;
        text += n + is_nullable;
        text += strspn(text, ", ");
    }
}

static inline evex_program *compile_text(const char *source, const char *vars,
                                         const evex_compile_options *options, evex_error *error) {
    test_vars v;
    evex_program *program;
    read_vars(&v, vars);
    evex_compile_program(&program, source, strlen(source), v.vars, v.n, options, error);
    return program;
}

static inline void free_program(evex_program *program) {
    evex_free(&evex_system_allocator, program);
}

static inline int write_to_stream(void *stream, const char *text, size_t n_bytes) {
    return fwrite(text, 1, n_bytes, stream) != n_bytes;
}

/* The dump, or the error's message; on the heap. */
static inline char *dump_of(const char *source, const char *vars,
                            const evex_compile_options *options) {
    char *text;
    size_t n;
    evex_error error = EVEX_ERROR_INIT;
    evex_program *program = compile_text(source, vars, options, &error);
    FILE *stream = open_memstream(&text, &n);
    if (program != NULL) {
        evex_text out = evex_text_to(write_to_stream, stream);
        evex_program_dump(program, &out);
    } else {
        fputs(error.message, stream);
    }
    fclose(stream);
    free_program(program);
    return text;
}

#endif
