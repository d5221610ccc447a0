/* SPDX-License-Identifier: MIT */
/*
 * Inputs that lie across the rows of a pass (eval/strips.c) against the same elements in rows:
 * every bit must be the same, with strips that end early at the last rows, chunks and blocks that
 * begin in the midst of one, tiles of columns, outer dimensions and columns from last to first.
 */
#include "tests/eval_fixture.h"

#include <stdlib.h>

#include "tests/suite.h"

enum { MOST_RESULTS = 1 << 18 };

/* An array of [outer][rows][columns] whose elements are adjacent along the rows. */
typedef struct {
    evex_dtype dtype;
    int64_t shape[3], strides[3];
    char *memory, *across, *in_rows;
} crosswise;

static void make(crosswise *c, evex_dtype dtype, int64_t rows, int64_t columns, int is_reversed,
                 uint64_t *seed) {
    const int64_t size = (int64_t)evex_dtype_size(dtype), outer = 2;
    const size_t n_bytes = (size_t)(outer * rows * columns * size);
    *c = (crosswise){.dtype = dtype,
                     .shape = {outer, rows, columns},
                     .strides = {rows * columns * size, size, rows * size},
                     .memory = malloc(n_bytes),
                     .in_rows = malloc(n_bytes)};
    c->across = c->memory;
    if (is_reversed) {
        c->across += (columns - 1) * rows * size;
        c->strides[2] = -c->strides[2];
    }
    for (int64_t o = 0, i = 0; o < outer; o++)
        for (int64_t r = 0; r < rows; r++)
            for (int64_t k = 0; k < columns; k++, i++) {
                char *to = c->across + o * c->strides[0] + r * c->strides[1] + k * c->strides[2];
                store_element(dtype, to, 0, pick(seed, 2001) - 1000);
                memcpy(c->in_rows + i * size, to, (size_t)size);
            }
}

static void free_crosswise(crosswise *c) {
    free(c->memory);
    free(c->in_rows);
}

/* Evaluates with the array as it lies or in rows; returns the bytes of the result. */
static size_t evaluate(const evex_expr *expr, const crosswise *c, int is_across, setting s,
                       char *out) {
    evex_array in[2] = {evex_array_nd(c->dtype, is_across ? c->across : c->in_rows, 3, c->shape),
                        evex_array_nd(c->dtype, c->in_rows, 3, c->shape)};
    if (is_across)
        in[0].strides = c->strides;
    evex_result result;
    evex_error error = EVEX_ERROR_INIT;
    size_t n_inputs;
    evex_expr_inputs(expr, &n_inputs);
    ck_assert_int_eq(evex_result_shape(expr, in, n_inputs, &result, NULL, &error), EVEX_OK);
    evex_array output = evex_array_nd(result.dtype, out, result.ndim, result.shape);
    const evex_eval_options options = options_of(s);
    const evex_status status =
        evex_eval(expr, test_pool(), in, n_inputs, &output, 1, &options, &error);
    ck_assert_msg(status == EVEX_OK, "%s", error.message);
    size_t n_bytes = evex_dtype_size(result.dtype);
    for (int32_t d = 0; d < result.ndim; d++)
        n_bytes *= (size_t)result.shape[d];
    ck_assert_uint_le(n_bytes, MOST_RESULTS);
    return n_bytes;
}

static void compare(const char *text, evex_dtype dtype, const crosswise *c, uint64_t *seed) {
    static _Alignas(64) char wanted[MOST_RESULTS], found[MOST_RESULTS];
    const evex_var vars[] = {{"a", dtype, EVEX_STRONG, 0, 0}, {"b", dtype, EVEX_STRONG, 0, 0}};
    for (int isa = EVEX_ISA_BEST; isa <= EVEX_ISA_AVX512; isa++) {
        evex_expr *expr = expr_of(text, vars, 2, (evex_isa_cap)isa);
        const setting plain = {EVEX_ISA_BEST, 0, 1, EVEX_STORE_BEST};
        const size_t n_bytes = evaluate(expr, c, 0, plain, wanted);
        for (int trial = 0; trial < 4; trial++) {
            memset(found, 0x5a, n_bytes);
            evaluate(expr, c, 1, trial == 0 ? plain : pick_setting(seed), found);
            ck_assert_msg(memcmp(wanted, found, n_bytes) == 0, "%s of %s, %d x %d", text,
                          evex_dtype_name(dtype), (int)c->shape[1], (int)c->shape[2]);
        }
        evex_expr_free(&expr);
    }
}

START_TEST(strips_are_rows) {
    static const struct {
        const char *text;
        evex_dtype dtype;
    } rows[] = {{"2*a + b", EVEX_F64},
                {"2*a - b", EVEX_F32},
                {"a + 3*b", EVEX_I32},
                {"a ^ b", EVEX_I64},
                {"sum(a*b, axis=1)", EVEX_F64},
                {"max(a - b, axis=2)", EVEX_F32},
                {"a - mean(a, axis=2, keepdims=True)", EVEX_F64}};
    static const int64_t shapes[][2] = {{8, 64},   {19, 67}, {33, 200},
                                        {100, 65}, {7, 300}, {17, 300}};
    uint64_t seed = 11;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
            crosswise c;
            make(&c, rows[r].dtype, shapes[k][0], shapes[k][1], k % 2 == 1, &seed);
            compare(rows[r].text, rows[r].dtype, &c, &seed);
            free_crosswise(&c);
        }
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, strips_are_rows);
}

int main(void) {
    return run_suite("strips", add_tests);
}
