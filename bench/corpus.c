/* SPDX-License-Identifier: MIT */
/*
 * The corpus: see corpus.h. Reading is strict, for a line that was understood otherwise than it was
 * meant would measure something else.
 */
#include "bench/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "include/evex.h"

/* A byte of which four or eight make an ordinary float. */
enum { MAX_COLUMNS = 1000, HUGE_PAGE = 2 << 20, ORDINARY = 0x3f };

static void fail(const char *path, size_t line, const char *what) {
    fprintf(stderr, "%s:%zu: %s\n", path, line, what);
    exit(EXIT_FAILURE);
}

/* ---- Lines ---------------------------------------------------------------------------------- */

static char *trim(char *text) {
    text += strspn(text, " ");
    for (size_t n = strlen(text); n > 0 && strchr(" \n", text[n - 1]) != NULL; n--)
        text[n - 1] = '\0';
    return text;
}

/* The text up to the next |, of which *rest is what follows; \| is a | of the text. */
static char *field(char **rest) {
    char *begin = *rest, *to = begin, *from = begin;
    while (*from != '\0' && *from != '|') {
        from += from[0] == '\\' && from[1] == '|';
        *to++ = *from++;
    }
    *rest = *from == '|' ? from + 1 : from;
    *to = '\0';
    return trim(begin);
}

static int find_dtype(const char *name, size_t length, evex_dtype *dtype) {
    for (int d = 0; d < EVEX_N_DTYPES; d++)
        if (strlen(evex_dtype_name(d)) == length && memcmp(evex_dtype_name(d), name, length) == 0) {
            *dtype = (evex_dtype)d;
            return 1;
        }
    return 0;
}

/* [r,c] as "rc"; returns what follows, or NULL. */
static char *read_shape(char *text, char *shape) {
    size_t n = 0;
    for (text++; n < 2 && *text != '\0' && strchr("nrc1", *text) != NULL; text += *text == ',')
        shape[n++] = *text++;
    shape[n] = '\0';
    return *text == ']' ? text + 1 : NULL;
}

static char *read_range(char *text, corpus_operand *operand) {
    operand->low = strtod(text + 1, &text);
    if (*text != ',')
        return NULL;
    operand->high = strtod(text + 1, &text);
    return *text == '}' ? text + 1 : NULL;
}

/* name:type[shape]{low,high}!layout; whether it is one. */
static int read_operand(char *text, corpus_operand *operand) {
    char *end = strchr(text, ':');
    if (end == NULL)
        return 0;
    *end++ = '\0';
    const size_t length = strcspn(end, "[{!");
    *operand = (corpus_operand){.name = text, .shape = "n"};
    if (!find_dtype(end, length, &operand->dtype))
        return 0;
    const int is_float = operand->dtype == EVEX_F64 || operand->dtype == EVEX_F32;
    operand->low = is_float ? -1 : 0;
    operand->high = is_float ? 1 : 100;
    end += length;
    if (*end == '[' && (end = read_shape(end, operand->shape)) == NULL)
        return 0;
    if (*end == '{' && (end = read_range(end, operand)) == NULL)
        return 0;
    operand->is_stepped = strcmp(end, "!step2") == 0;
    operand->is_transposed = strcmp(end, "!transposed") == 0;
    return *end == '\0' || operand->is_stepped || operand->is_transposed;
}

/* NULL, or what is wrong with the line. */
static const char *read_line(corpus_line *line) {
    char *rest = line->memory;
    line->class = field(&rest);
    line->name = field(&rest);
    char *operands = field(&rest);
    line->text = field(&rest);
    line->floor = field(&rest);
    line->n_operands = 0;
    for (char *text = strtok(operands, " "); text != NULL; text = strtok(NULL, " ")) {
        if (line->n_operands == CORPUS_MAX_OPERANDS)
            return "too many operands";
        if (!read_operand(text, &line->operands[line->n_operands++]))
            return "an operand that is none";
    }
    return line->n_operands == 0 || *line->text == '\0' ? "a field is missing" : NULL;
}

size_t corpus_read(const char *path, corpus_line *lines) {
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail(path, 0, "cannot be opened");
    size_t n = 0;
    for (size_t number = 1; n < CORPUS_MAX_LINES; number++) {
        corpus_line *line = &lines[n];
        if (fgets(line->memory, sizeof line->memory, file) == NULL)
            break;
        if (strchr("#\n", line->memory[0]) != NULL)
            continue;
        const char *fault = read_line(line);
        if (fault != NULL)
            fail(path, number, fault);
        n++;
    }
    fclose(file);
    return n;
}

/* ---- Arrays --------------------------------------------------------------------------------- */

corpus_memory corpus_memory_create(size_t n) {
    corpus_memory memory;
    memory.block_bytes = (2 * n * sizeof(double) + HUGE_PAGE) / HUGE_PAGE * HUGE_PAGE;
    for (size_t k = 0; k <= CORPUS_MAX_OPERANDS; k++) {
        memory.blocks[k] = aligned_alloc(HUGE_PAGE, memory.block_bytes);
        if (memory.blocks[k] == NULL)
            fail("memory", memory.block_bytes, "no block of so many bytes");
        madvise(memory.blocks[k], memory.block_bytes, MADV_HUGEPAGE);
        memset(memory.blocks[k], ORDINARY, memory.block_bytes);
    }
    return memory;
}

void corpus_memory_free(corpus_memory *memory) {
    for (size_t k = 0; k <= CORPUS_MAX_OPERANDS; k++)
        free(memory->blocks[k]);
}

/* Element i has the value low + (high - low) * (i * golden ratio modulo 1), in no order that a
 * branch predictor could learn; bench_peers.py makes the same. */
#define FILL(type)                                                                                 \
    for (size_t i = 0; i < n; i++)                                                                 \
        ((type *)data)[i] =                                                                        \
            (type)(low + width * ((double)(i * UINT64_C(0x9e3779b97f4a7c15) >> 11) * 0x1p-53));

static void fill(void *data, evex_dtype dtype, size_t n, double low, double width) {
    switch (dtype) {
    case EVEX_F32:
        FILL(float) break;
    case EVEX_I64:
        FILL(int64_t) break;
    case EVEX_I32:
        FILL(int32_t) break;
    case EVEX_I16:
        FILL(int16_t) break;
    case EVEX_F64:
        FILL(double) break;
    default:
        fail("corpus", 0, "no values for an operand of this type");
    }
}

static int64_t extent(char letter, int64_t n) {
    const int64_t columns = n < MAX_COLUMNS ? n : MAX_COLUMNS;
    return letter == 'n' ? n : letter == 'c' ? columns : letter == 'r' ? n / columns : 1;
}

/* Describes and fills operand k of the line at input place i; returns the bytes that a pass over it
 * moves: a stepped one brings in the elements between as well. */
static double make_input(corpus_case *made, const corpus_line *line, size_t k, size_t i, int64_t n,
                         const corpus_memory *memory) {
    const corpus_operand *operand = &line->operands[k];
    const int64_t size = (int64_t)evex_dtype_size(operand->dtype);
    const size_t ndim = strlen(operand->shape);
    const int64_t step = operand->is_stepped ? 2 : 1;
    int64_t *shape = made->shapes[i], *strides = made->strides[i], elements = step;
    for (size_t d = ndim; d-- > 0;) {
        shape[d] = extent(operand->shape[d], n);
        strides[d] = elements * size;
        elements *= shape[d];
    }
    if (operand->is_transposed) {
        strides[0] = size;
        strides[1] = shape[0] * size;
    }
    fill(memory->blocks[k], operand->dtype, (size_t)elements, operand->low,
         operand->high - operand->low);
    made->inputs[i] = evex_array_nd(operand->dtype, memory->blocks[k], (int32_t)ndim, shape);
    if (operand->is_stepped || operand->is_transposed)
        made->inputs[i].strides = strides;
    return (double)(elements * size);
}

static evex_expr *compile(const corpus_line *line) {
    evex_expr *expr;
    evex_var vars[CORPUS_MAX_OPERANDS];
    evex_error error = EVEX_ERROR_INIT;
    for (size_t k = 0; k < line->n_operands; k++)
        vars[k] = (evex_var){line->operands[k].name, line->operands[k].dtype, EVEX_STRONG, 0, 0};
    if (evex_compile(&expr, line->text, strlen(line->text), vars, line->n_operands, NULL, &error) !=
        EVEX_OK)
        fail(line->name, error.offset, error.message);
    return expr;
}

static size_t find_operand(const corpus_line *line, const char *name) {
    size_t k = 0;
    while (strcmp(line->operands[k].name, name) != 0)
        k++;
    return k;
}

void corpus_case_create(corpus_case *made, const corpus_line *line, size_t n,
                        const corpus_memory *memory) {
    evex_error error = EVEX_ERROR_INIT;
    evex_result result;
    made->expr = compile(line);
    made->bytes = 0;
    const evex_var *vars = evex_expr_inputs(made->expr, &made->n_inputs);
    for (size_t i = 0; i < made->n_inputs; i++)
        made->bytes +=
            make_input(made, line, find_operand(line, vars[i].name), i, (int64_t)n, memory);
    if (evex_result_shape(made->expr, made->inputs, made->n_inputs, &result, NULL, &error) !=
        EVEX_OK)
        fail(line->name, 0, error.message);
    int64_t *shape = made->shapes[CORPUS_MAX_OPERANDS];
    double bytes = (double)evex_dtype_size(result.dtype);
    for (int32_t d = 0; d < result.ndim; d++) {
        shape[d] = result.shape[d];
        bytes *= (double)shape[d];
    }
    void *block = memory->blocks[CORPUS_MAX_OPERANDS];
    made->output = evex_array_nd(result.dtype, block, result.ndim, shape);
    made->bytes += bytes;
}

void corpus_case_free(corpus_case *made) {
    evex_expr_free(&made->expr);
}
