/* SPDX-License-Identifier: MIT */
/*
 * Nulls in streams: pieces with validity as bytes and as bitmaps have the results, and the
 * validity, of one evaluation over the whole. What the language says of nulls is
 * tests/test_nulls.c's.
 */
#include <string.h>

#include "include/evex.h"
#include "tests/caps.h"
#include "tests/suite.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const evex_var x = {"x", EVEX_F64, EVEX_STRONG, 1, 0};

enum { LONG = 10007 };

static double long_x[LONG], long_out[LONG], whole_out[LONG];
static uint8_t long_valid[LONG], long_bits[LONG / 8 + 2], out_valid[LONG], whole_valid[LONG];

static void fill_long(void) {
    uint32_t state = 12345;
    memset(long_bits, 0, sizeof long_bits);
    for (size_t e = 0; e < LONG; e++) {
        state = state * 1664525u + 1013904223u;
        long_x[e] = (double)(state >> 8) / 1e3 - 5e3;
        long_valid[e] = (state >> 5 & 7) != 0;
        long_bits[(e + 3) / 8] |= (uint8_t)(long_valid[e] << (e + 3) % 8);
    }
}

/* Rows [first, end) of the long array; as bits, their validity begins within a byte. */
static evex_array piece_of(size_t first, size_t end, int as_bits) {
    evex_array array = evex_array_1d(EVEX_F64, long_x + first, end - first);
    array.validity = as_bits ? long_bits : long_valid + first;
    array.validity_form = as_bits ? EVEX_VALIDITY_BITS : EVEX_VALIDITY_BYTES;
    array.validity_offset = as_bits ? (int64_t)first + 3 : 0;
    return array;
}

static evex_array result_at(evex_array array, void *validity) {
    array.validity = validity;
    return array;
}

/* One result is elementwise; behind it come those of reductions, of which one is an int64. */
enum { COUNT_RESULT = 3, N_RESULTS = 5 };

static const char source[] = "x - mean(x), sum(x*x), max(x), count(x), sum(x) ?? 0";

typedef struct {
    double values[N_RESULTS];
    uint8_t valid[N_RESULTS];
} reduced;

static void place_reduced(evex_array *outputs, reduced *room) {
    for (int o = 1; o < N_RESULTS; o++)
        outputs[o] =
            result_at(evex_array_0d(o == COUNT_RESULT ? EVEX_I64 : EVEX_F64, &room->values[o]),
                      &room->valid[o]);
}

static void evaluate_whole(const evex_expr *expr, reduced *room) {
    const evex_eval_options options = caps_eval_options();
    const evex_array whole = piece_of(0, LONG, 0);
    evex_array outputs[N_RESULTS];
    evex_error error = EVEX_ERROR_INIT;
    outputs[0] = result_at(evex_array_1d(EVEX_F64, whole_out, LONG), whole_valid);
    place_reduced(outputs, room);
    ck_assert_msg(evex_eval(expr, NULL, &whole, 1, outputs, N_RESULTS, &options, &error) == EVEX_OK,
                  "%s", error.message);
}

/* One pass, with a bitmap for every second piece. */
static void feed(evex_stream *stream, evex_array *outputs) {
    static const size_t cuts[] = {0, 1, 700, 4096, 4097, 9001, LONG};
    const evex_eval_options options = caps_eval_options();
    evex_error error = EVEX_ERROR_INIT;
    for (size_t c = 0; c + 1 < COUNT(cuts); c++) {
        const evex_array piece = piece_of(cuts[c], cuts[c + 1], (int)c & 1);
        outputs[0] = result_at(evex_array_1d(EVEX_F64, long_out + cuts[c], cuts[c + 1] - cuts[c]),
                               out_valid + cuts[c]);
        ck_assert_msg(evex_stream_update(stream, NULL, &piece, 1, outputs, N_RESULTS, &options,
                                         &error) == EVEX_OK,
                      "%s", error.message);
    }
}

static void evaluate_pieces(const evex_expr *expr, reduced *room) {
    const evex_eval_options options = caps_eval_options();
    evex_array outputs[N_RESULTS];
    evex_stream *stream;
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_stream_create(&stream, expr, 0, &error), EVEX_OK);
    place_reduced(outputs, room);
    for (size_t pass = 0; pass < evex_stream_passes(stream); pass++) {
        if (pass > 0)
            ck_assert_int_eq(evex_stream_next_pass(stream, &error), EVEX_OK);
        feed(stream, outputs);
    }
    ck_assert_msg(evex_stream_finish(stream, outputs, N_RESULTS, &options, &error) == EVEX_OK, "%s",
                  error.message);
    evex_stream_free(&stream);
}

START_TEST(streams_give_the_bits_of_one_evaluation) {
    const evex_compile_options options = caps_compile_options();
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr;
    reduced whole, pieces;
    fill_long();
    ck_assert_msg(evex_compile(&expr, source, strlen(source), &x, 1, &options, &error) == EVEX_OK,
                  "%s", error.message);
    evaluate_whole(expr, &whole);
    evaluate_pieces(expr, &pieces);
    evex_expr_free(&expr);
    ck_assert_mem_eq(out_valid, whole_valid, LONG);
    ck_assert_mem_eq(out_valid, long_valid, LONG);
    for (size_t e = 0; e < LONG; e++)
        ck_assert(!out_valid[e] || memcmp(&long_out[e], &whole_out[e], sizeof(double)) == 0);
    ck_assert_mem_eq(&whole.values[1], &pieces.values[1], (N_RESULTS - 1) * sizeof(double));
    ck_assert_uint_eq(pieces.valid[1], 1);
    ck_assert_uint_eq(pieces.valid[2], 1);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, streams_give_the_bits_of_one_evaluation);
}

int main(void) {
    return run_suite("null stream", add_tests);
}
