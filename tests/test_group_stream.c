/* SPDX-License-Identifier: MIT */
/*
 * Programs that reduce by group, fed in pieces: whatever the pieces, the merged parts and the
 * travels through bytes, every result has the bits of one evaluation. The order itself is
 * tests/test_groups.c's.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "include/evex.h"
#include "tests/caps.h"
#include "tests/failing_allocator.h"
#include "tests/suite.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { MOST_ROWS = 30000, MOST_GROUPS = 700, MOST_OUTPUTS = 4 };

/* ---- Data ----------------------------------------------------------------------------------- */

static struct {
    double x[MOST_ROWS], y[MOST_ROWS];
    float f[MOST_ROWS];
    int64_t k[MOST_ROWS], codes[MOST_ROWS];
    int32_t narrow[MOST_ROWS];
    uint8_t b[MOST_ROWS], y_is_valid[MOST_ROWS];
} data;

static const evex_var vars[] = {
    {"x", EVEX_F64, EVEX_STRONG, 0, 0}, {"f", EVEX_F32, EVEX_STRONG, 0, 0},
    {"k", EVEX_I64, EVEX_STRONG, 0, 0}, {"b", EVEX_BOOL, EVEX_STRONG, 0, 0},
    {"y", EVEX_F64, EVEX_STRONG, 1, 0}, {"w", EVEX_F64, EVEX_WEAK, 0, 0},
};

static const double weak_w = 1.75;

static uint64_t random_state = 88172645463325252u;

static uint64_t random_bits(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

static void draw(size_t n_groups) {
    for (size_t i = 0; i < MOST_ROWS; i++) {
        data.x[i] = ((double)(random_bits() >> 11) * 0x1p-53 - 0.3) * 1e3;
        data.y[i] = random_bits() % 50 == 0 ? NAN : data.x[i] * data.x[i];
        data.f[i] = (float)data.x[i] * 0.37f;
        data.k[i] = (int64_t)(random_bits() % 1000) - 500;
        data.b[i] = random_bits() % 8 == 0;
        data.y_is_valid[i] = random_bits() % 5 != 0;
        data.codes[i] = random_bits() % 16 == 0 ? -1 : (int64_t)(random_bits() % n_groups);
        data.narrow[i] = (int32_t)data.codes[i];
    }
}

static evex_array input_of(const char *name, size_t first, size_t n) {
    const struct {
        const char *name;
        const void *at;
        evex_dtype dtype;
    } all[] = {{"x", data.x + first, EVEX_F64},
               {"f", data.f + first, EVEX_F32},
               {"k", data.k + first, EVEX_I64},
               {"b", data.b + first, EVEX_BOOL},
               {"y", data.y + first, EVEX_F64}};
    for (size_t i = 0; i < COUNT(all); i++)
        if (strcmp(all[i].name, name) == 0) {
            evex_array array = evex_array_1d(all[i].dtype, all[i].at, n);
            array.validity = *name == 'y' ? data.y_is_valid + first : NULL;
            return array;
        }
    return evex_array_0d(EVEX_F64, &weak_w);
}

/* ---- Evaluating ----------------------------------------------------------------------------- */

typedef struct {
    char bytes[MOST_OUTPUTS][MOST_ROWS * sizeof(double)];
    uint8_t validity[MOST_OUTPUTS][MOST_ROWS];
} outcome;

static outcome expected, found;

typedef struct {
    const char *text;
    evex_expr *expr;
    size_t n_rows, n_groups;
} subject;

static evex_expr *compile(const char *text, const evex_allocator *allocator) {
    evex_compile_options options = caps_compile_options();
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr;
    options.grouped = 1;
    options.allocator = allocator;
    evex_compile(&expr, text, strlen(text), vars, COUNT(vars), &options, &error);
    ck_assert_msg(expr != NULL || error.status == EVEX_NO_MEMORY, "%s: %s", text, error.message);
    return expr;
}

/* Rows [first, end) of everything. */
typedef struct {
    evex_array inputs[COUNT(vars)], outputs[MOST_OUTPUTS], codes;
    size_t n_inputs, n_outputs;
    evex_eval_options options;
} call;

static void make_call(call *c, const subject *s, outcome *to, size_t first, size_t end) {
    const evex_var *inputs = evex_expr_inputs(s->expr, &c->n_inputs);
    const evex_output *outputs = evex_expr_outputs(s->expr, &c->n_outputs);
    for (size_t i = 0; i < c->n_inputs; i++)
        c->inputs[i] = input_of(inputs[i].name, first, end - first);
    for (size_t o = 0; o < c->n_outputs; o++) {
        const size_t at = outputs[o].is_grouped ? 0 : first;
        const size_t n = outputs[o].is_grouped ? s->n_groups : end - first;
        c->outputs[o] = evex_array_1d(outputs[o].dtype,
                                      to->bytes[o] + at * evex_dtype_size(outputs[o].dtype), n);
        c->outputs[o].validity = outputs[o].nullable ? to->validity[o] + at : NULL;
    }
    c->codes = random_bits() % 2 == 0 ? evex_array_1d(EVEX_I32, data.narrow + first, end - first)
                                      : evex_array_1d(EVEX_I64, data.codes + first, end - first);
    c->options = caps_eval_options();
    c->options.groups = &c->codes;
    c->options.n_groups = (int64_t)s->n_groups;
}

static void evaluate_whole(const subject *s) {
    call c;
    evex_error error = EVEX_ERROR_INIT;
    make_call(&c, s, &expected, 0, s->n_rows);
    const evex_status status =
        evex_eval(s->expr, NULL, c.inputs, c.n_inputs, c.outputs, c.n_outputs, &c.options, &error);
    ck_assert_msg(status == EVEX_OK, "%s: %s", s->text, error.message);
}

static evex_status feed_piece(const subject *s, evex_stream *stream, size_t first, size_t end,
                              evex_error *error) {
    call c;
    make_call(&c, s, &found, first, end);
    return evex_stream_update(stream, NULL, c.inputs, c.n_inputs, c.outputs, c.n_outputs,
                              &c.options, error);
}

static evex_status finish(const subject *s, evex_stream *stream, evex_error *error) {
    call c;
    make_call(&c, s, &found, 0, s->n_rows);
    return evex_stream_finish(stream, c.outputs, c.n_outputs, NULL, error);
}

static int same_element(evex_dtype dtype, const char *a, const char *b) {
    if (memcmp(a, b, evex_dtype_size(dtype)) == 0)
        return 1;
    if (dtype == EVEX_C128 || dtype == EVEX_C64) {
        const evex_dtype part = dtype == EVEX_C128 ? EVEX_F64 : EVEX_F32;
        const size_t size = evex_dtype_size(part);
        return same_element(part, a, b) && same_element(part, a + size, b + size);
    }
    return dtype == EVEX_F64   ? isnan(*(const double *)a) && isnan(*(const double *)b)
           : dtype == EVEX_F32 ? isnan(*(const float *)a) && isnan(*(const float *)b)
                               : 0;
}

static void check_results(const subject *s) {
    size_t n_outputs;
    const evex_output *outputs = evex_expr_outputs(s->expr, &n_outputs);
    for (size_t o = 0; o < n_outputs; o++) {
        const size_t size = evex_dtype_size(outputs[o].dtype);
        const size_t n = outputs[o].is_grouped ? s->n_groups : s->n_rows;
        for (size_t i = 0; i < n; i++) {
            const int is_null = outputs[o].nullable && !expected.validity[o][i];
            if (outputs[o].nullable)
                ck_assert_msg(expected.validity[o][i] == found.validity[o][i],
                              "%s: validity %zu of output %zu", s->text, i, o);
            ck_assert_msg(is_null || same_element(outputs[o].dtype, expected.bytes[o] + i * size,
                                                  found.bytes[o] + i * size),
                          "%s: element %zu of output %zu", s->text, i, o);
        }
    }
}

/* ---- Streams -------------------------------------------------------------------------------- */

typedef struct {
    char *bytes;
    size_t n_bytes;
} saved;

static int append(void *user, const char *bytes, size_t n_bytes) {
    saved *to = user;
    to->bytes = realloc(to->bytes, to->n_bytes + n_bytes);
    memcpy(to->bytes + to->n_bytes, bytes, n_bytes);
    to->n_bytes += n_bytes;
    return 0;
}

static evex_status travel(const subject *s, evex_stream **stream, evex_error *error) {
    saved state = {0};
    evex_status status = evex_stream_save(*stream, append, &state, error);
    if (status == EVEX_OK) {
        evex_stream_free(stream);
        status = evex_stream_load(stream, s->expr, state.bytes, state.n_bytes, error);
    }
    free(state.bytes);
    return status;
}

/* A length of 0: any. */
static void feed(const subject *s, evex_stream **stream, size_t first, size_t end, size_t length) {
    while (first < end) {
        evex_error error = EVEX_ERROR_INIT;
        size_t n = length > 0 ? length : (size_t)(random_bits() % 7000);
        n = n < end - first ? n : end - first;
        evex_status status = feed_piece(s, *stream, first, first + n, &error);
        if (status == EVEX_OK && random_bits() % (length > 0 ? 4000 : 4) == 0)
            status = travel(s, stream, &error);
        ck_assert_msg(status == EVEX_OK, "%s: %s", s->text, error.message);
        first += n;
    }
}

/* All passes but the end of the first. */
static void go_on(const subject *s, evex_stream **stream, size_t length) {
    evex_error error = EVEX_ERROR_INIT;
    for (size_t pass = 1; pass < evex_stream_passes(*stream); pass++) {
        ck_assert_msg(evex_stream_next_pass(*stream, &error) == EVEX_OK, "%s", error.message);
        feed(s, stream, 0, s->n_rows, length);
    }
    ck_assert_msg(finish(s, *stream, &error) == EVEX_OK, "%s: %s", s->text, error.message);
    check_results(s);
}

static const char *const programs[] = {
    "sum(x), mean(x), var(x, ddof=1), prod(f)",
    "sum(x, where=b), mean(f, where=x > 0), std(f), sum(k)",
    "min(x), max(f), nanmin(x), max(k)",
    "count(), argmax(x), argmin(k), argmax(f)",
    "x - mean(x)",
    "(x - mean(x)) / std(x), mean(x), count(b)",
    "s = sum(x) / count(); x * s, s + 1",
    "m = mean(x); m, sum((x - m)**2) / (count() - 1)",
    "sum(y), count(y), min(y), y - mean(y)",
    "any(b), all(x > -250), max(k) - min(k), f / sum(f * w)",
    "sum(x, where=x > mean(x)), sqrt(var(x)), w * max(x)",
    "prod(exp(complex(0.0, x))), sum(complex(x, f)), prod(complex64(x), where=b)",
    "prod(k), argmin(y), sum(y, where=b), isnan(nanmax(y))",
};

static const size_t numbers_of_groups[] = {1, 7, MOST_GROUPS};

static subject begin(int i) {
    subject s = {.text = programs[(size_t)i % COUNT(programs)],
                 .n_rows = caps_is_reduced() ? 9000 : MOST_ROWS,
                 .n_groups = numbers_of_groups[(size_t)i / COUNT(programs)]};
    random_state = 88172645463325252u + (uint64_t)i;
    draw(s.n_groups);
    s.expr = compile(s.text, NULL);
    return s;
}

START_TEST(any_pieces_give_the_bits_of_the_whole) {
    static const size_t lengths[] = {1, 3, 4095, 4096, 4097, 0, 0};
    subject s = begin(_i);
    const size_t all = s.n_rows;
    for (size_t k = 0; k < COUNT(lengths); k++) {
        evex_stream *stream;
        s.n_rows = lengths[k] == 1 ? all / 6 : lengths[k] == 3 ? all / 3 : all;
        evaluate_whole(&s);
        ck_assert_int_eq(evex_stream_create(&stream, s.expr, 0, NULL), EVEX_OK);
        feed(&s, &stream, 0, s.n_rows, lengths[k]);
        go_on(&s, &stream, lengths[k]);
        evex_stream_free(&stream);
    }
    evex_expr_free(&s.expr);
}
END_TEST

/* Rows [first, end) in the first pass, as parts merged in any bracketing. */
static evex_stream *feed_parts(const subject *s, size_t first, size_t end) {
    evex_stream *left;
    evex_error error = EVEX_ERROR_INIT;
    if (end - first < 2 || random_bits() % 3 == 0) {
        ck_assert_int_eq(evex_stream_create(&left, s->expr, first, NULL), EVEX_OK);
        feed(s, &left, first, end, 0);
        return left;
    }
    const size_t cut = first + (size_t)(random_bits() % (end - first));
    left = feed_parts(s, first, cut);
    evex_stream *right = feed_parts(s, cut, end);
    ck_assert_msg(evex_stream_merge(left, right, &error) == EVEX_OK, "%s", error.message);
    evex_stream_free(&right);
    return left;
}

START_TEST(parts_merge) {
    subject s = begin(_i);
    evaluate_whole(&s);
    for (int k = 0; k < 6; k++) {
        evex_stream *stream = feed_parts(&s, 0, s.n_rows);
        go_on(&s, &stream, 0);
        evex_stream_free(&stream);
    }
    evex_expr_free(&s.expr);
}
END_TEST

/* Codes by column, the same for all pieces. */
START_TEST(codes_of_fewer_dimensions) {
    evex_expr *expr = compile("sum(x), x / max(x), count()", NULL);
    enum { ROWS = 5000, COLUMNS = 3 };
    static const int32_t by_column[COLUMNS] = {1, 0, 1};
    static double sums[2][2], ratios[2][ROWS * COLUMNS];
    static int64_t counts[2][2];
    static uint8_t validity[2][2][ROWS * COLUMNS];
    const evex_array codes = evex_array_1d(EVEX_I32, by_column, COLUMNS);
    const int64_t shape[] = {ROWS, COLUMNS}, piece[] = {ROWS / 4, COLUMNS};
    evex_eval_options options = caps_eval_options();
    evex_error error = EVEX_ERROR_INIT;
    options.groups = &codes;
    options.n_groups = 2;
    draw(2);
    evex_array out[2][3];
    for (int k = 0; k < 2; k++) {
        out[k][0] = evex_array_1d(EVEX_F64, sums[k], 2);
        out[k][1] = evex_array_nd(EVEX_F64, ratios[k], 2, k == 0 ? shape : piece);
        out[k][2] = evex_array_1d(EVEX_I64, counts[k], 2);
        out[k][0].validity = validity[k][0];
        out[k][1].validity = validity[k][1];
    }
    evex_array x = evex_array_nd(EVEX_F64, data.x, 2, shape);
    ck_assert_int_eq(evex_eval(expr, NULL, &x, 1, out[0], 3, &options, &error), EVEX_OK);
    evex_stream *stream;
    ck_assert_int_eq(evex_stream_create(&stream, expr, 0, NULL), EVEX_OK);
    ck_assert_uint_eq(evex_stream_passes(stream), 2);
    for (size_t pass = 0; pass < 2; pass++) {
        ck_assert(pass == 0 || evex_stream_next_pass(stream, &error) == EVEX_OK);
        for (size_t p = 0; p < 4; p++) {
            x = evex_array_nd(EVEX_F64, data.x + p * (ROWS / 4) * COLUMNS, 2, piece);
            out[1][1].data = ratios[1] + p * (ROWS / 4) * COLUMNS;
            out[1][1].validity = validity[1][1] + p * (ROWS / 4) * COLUMNS;
            ck_assert_msg(evex_stream_update(stream, NULL, &x, 1, out[1], 3, &options, &error) ==
                              EVEX_OK,
                          "%s", error.message);
        }
    }
    ck_assert_msg(evex_stream_finish(stream, out[1], 3, NULL, &error) == EVEX_OK, "%s",
                  error.message);
    ck_assert_mem_eq(sums[0], sums[1], sizeof sums[0]);
    ck_assert_mem_eq(counts[0], counts[1], sizeof counts[0]);
    ck_assert_mem_eq(ratios[0], ratios[1], sizeof ratios[0]);
    ck_assert_mem_eq(validity[0], validity[1], sizeof validity[0]);
    evex_stream_free(&stream);
    evex_expr_free(&expr);
}
END_TEST

/* ---- What is wrong -------------------------------------------------------------------------- */

START_TEST(what_is_wrong_leaves_the_stream_as_it_was) {
    subject s = begin(COUNT(programs) + 4); /* x - mean(x), 7 groups */
    evex_error error = EVEX_ERROR_INIT;
    evex_stream *stream, *other;
    call c;
    evaluate_whole(&s);
    ck_assert_int_eq(evex_stream_create(&stream, s.expr, 0, NULL), EVEX_OK);
    ck_assert_int_eq(finish(&s, stream, &error), EVEX_BAD_STATE);
    ck_assert_int_eq(evex_stream_next_pass(stream, &error), EVEX_BAD_STATE);
    ck_assert_int_eq(feed_piece(&s, stream, 0, 5000, &error), EVEX_OK);
    make_call(&c, &s, &found, 5000, 6000);
    c.options.n_groups = 8;
    ck_assert_int_eq(evex_stream_update(stream, NULL, c.inputs, c.n_inputs, c.outputs, c.n_outputs,
                                        &c.options, &error),
                     EVEX_INVALID_ARGUMENT);
    c.options.n_groups = 7;
    c.options.groups = NULL;
    ck_assert_int_eq(evex_stream_update(stream, NULL, c.inputs, c.n_inputs, c.outputs, c.n_outputs,
                                        &c.options, &error),
                     EVEX_INVALID_ARGUMENT);
    c.codes = evex_array_1d(EVEX_I64, data.codes, 999);
    c.options.groups = &c.codes;
    ck_assert_int_eq(evex_stream_update(stream, NULL, c.inputs, c.n_inputs, c.outputs, c.n_outputs,
                                        &c.options, &error),
                     EVEX_BAD_SHAPE);
    make_call(&c, &s, &found, 5000, 6000);
    c.options.max_memory = 1000;
    ck_assert_int_eq(evex_stream_update(stream, NULL, c.inputs, c.n_inputs, c.outputs, c.n_outputs,
                                        &c.options, &error),
                     EVEX_LIMIT_MEMORY);
    ck_assert_ptr_nonnull(strstr(error.message, "bytes for its groups; the limit is 1000"));
    const int64_t good = data.codes[5100];
    data.codes[5100] = data.narrow[5100] = 7;
    ck_assert_int_eq(feed_piece(&s, stream, 5000, 6000, &error), EVEX_OUT_OF_RANGE);
    ck_assert_int_eq(error.index, 5100);
    ck_assert_str_eq(error.message, "the code of row 5100 is beyond the last of 7 groups");
    data.codes[5100] = good;
    data.narrow[5100] = (int32_t)good;
    s.n_groups = 8;
    ck_assert_int_eq(evex_stream_create(&other, s.expr, 5000, NULL), EVEX_OK);
    ck_assert_int_eq(feed_piece(&s, other, 5000, 6000, &error), EVEX_OK);
    ck_assert_int_eq(evex_stream_merge(stream, other, &error), EVEX_INVALID_ARGUMENT);
    s.n_groups = 7;
    feed(&s, &stream, 5000, s.n_rows, 0);
    go_on(&s, &stream, 0);
    evex_stream_free(&other);
    evex_stream_free(&stream);
    evex_expr_free(&s.expr);
}
END_TEST

/* ---- Guards --------------------------------------------------------------------------------- */

static const char *const checked[] = {
    "sum(k), prod(k, where=b)",
    "sum(abs(k) * 1000000000000000)",
    "k - sum(abs(k) * 1000000000000000)",
    "x * sum(abs(k) * 1000000000000000), sum(k)",
    "sum(k) + 9223372036854775807",
    "where(sum(k) > 0, 0, sum(k) - 9223372036854775807)",
    "where(k > 1000, sum(abs(k) * 1000000000000000), 0)",
    "k // (min(k) + 500)",
    "max(k // (k - min(k)))",
    "s = sum(k); count() // (s - s), sum(1 // (k - 1000))",
    "t = sum(k); sum(t * k) + t",
    "prod(k, where=k != 0)",
};

static evex_status run_stream(const subject *s, evex_error *error) {
    evex_stream *stream;
    evex_status status = evex_stream_create(&stream, s->expr, 0, error);
    for (size_t pass = 0; status == EVEX_OK && pass < evex_stream_passes(stream); pass++) {
        if (pass > 0)
            status = evex_stream_next_pass(stream, error);
        for (size_t first = 0; first < s->n_rows && status == EVEX_OK; first += 1500) {
            const size_t end = first + 1500 < s->n_rows ? first + 1500 : s->n_rows;
            status = feed_piece(s, stream, first, end, error);
        }
    }
    if (status == EVEX_OK)
        status = finish(s, stream, error);
    evex_stream_free(&stream);
    return status;
}

START_TEST(results_by_group_are_checked) {
    evex_compile_options options = caps_compile_options();
    evex_error whole = EVEX_ERROR_INIT, pieces = EVEX_ERROR_INIT;
    subject s = {.text = checked[(size_t)_i % COUNT(checked)],
                 .n_rows = 9000,
                 .n_groups = numbers_of_groups[(size_t)_i / COUNT(checked)]};
    call c;
    options.grouped = 1;
    options.overflow = EVEX_OVERFLOW_ERROR;
    evex_compile(&s.expr, s.text, strlen(s.text), vars, COUNT(vars), &options, &whole);
    ck_assert_msg(s.expr != NULL, "%s: %s", s.text, whole.message);
    draw(s.n_groups);
    make_call(&c, &s, &expected, 0, s.n_rows);
    const evex_status status =
        evex_eval(s.expr, NULL, c.inputs, c.n_inputs, c.outputs, c.n_outputs, &c.options, &whole);
    const evex_status got = run_stream(&s, &pieces);
    ck_assert_msg(got == status, "%s, %zu groups: %s for %s", s.text, s.n_groups, pieces.message,
                  whole.message);
    if (status == EVEX_OK) {
        check_results(&s);
    } else {
        ck_assert_int_eq(status, EVEX_GUARD);
        ck_assert_msg(pieces.index == whole.index && pieces.offset == whole.offset &&
                          pieces.length == whole.length,
                      "%s, %zu groups: %lld at %zu for %lld at %zu", s.text, s.n_groups,
                      (long long)pieces.index, pieces.offset, (long long)whole.index, whole.offset);
    }
    evex_expr_free(&s.expr);
}
END_TEST

/* FNV-1a over all but the last 8 bytes, which it becomes. */
static void sign(saved *state) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < state->n_bytes - sizeof hash; i++)
        hash = (hash ^ (uint8_t)state->bytes[i]) * UINT64_C(0x100000001b3);
    memcpy(state->bytes + state->n_bytes - sizeof hash, &hash, sizeof hash);
}

START_TEST(lying_bytes_do_no_harm) {
    subject s = begin((int)COUNT(programs) + (_i == 0 ? 1 : 8));
    evex_stream *stream;
    saved state = {0};
    ck_assert_int_eq(evex_stream_create(&stream, s.expr, _i == 0 ? 4000 : 0, NULL), EVEX_OK);
    feed(&s, &stream, _i == 0 ? 4000 : 0, 9000, 0);
    ck_assert_int_eq(evex_stream_save(stream, append, &state, NULL), EVEX_OK);
    evex_stream_free(&stream);
    size_t n_loaded = 0;
    for (int k = 0; k < 3000; k++) {
        evex_error error = EVEX_ERROR_INIT;
        saved lie = {0};
        append(&lie, state.bytes, state.n_bytes);
        const size_t n_head = 700 < state.n_bytes ? 700 : state.n_bytes;
        const size_t at = (size_t)(random_bits() % (k % 2 == 0 ? n_head : state.n_bytes));
        lie.bytes[at] = (char)(random_bits() >> 20);
        sign(&lie);
        if (evex_stream_load(&stream, s.expr, lie.bytes, lie.n_bytes, &error) == EVEX_OK) {
            n_loaded++;
            feed_piece(&s, stream, 9000, 9300, &error);
            if (evex_stream_passes(stream) == 1 && s.n_rows >= 9300)
                finish(&s, stream, &error);
        }
        evex_stream_free(&stream);
        free(lie.bytes);
    }
    ck_assert_uint_gt(n_loaded, 0);
    free(state.bytes);
    evex_expr_free(&s.expr);
}
END_TEST

/* ---- Memory --------------------------------------------------------------------------------- */

/* Two parts, one through bytes, merged, then all passes; OK or where memory failed. */
static evex_status scenario(const subject *given, const evex_allocator *allocator) {
    subject s = *given;
    evex_stream *stream = NULL, *right = NULL;
    const size_t cut = s.n_rows / 3;
    s.expr = compile(s.text, allocator);
    evex_status status = s.expr == NULL ? EVEX_NO_MEMORY : EVEX_OK;
    if (status == EVEX_OK)
        status = evex_stream_create(&stream, s.expr, 0, NULL);
    if (status == EVEX_OK)
        status = feed_piece(&s, stream, 0, cut, NULL);
    if (status == EVEX_OK)
        status = evex_stream_create(&right, s.expr, cut, NULL);
    if (status == EVEX_OK)
        status = feed_piece(&s, right, cut, s.n_rows, NULL);
    if (status == EVEX_OK)
        status = travel(&s, &right, NULL);
    if (status == EVEX_OK)
        status = evex_stream_merge(stream, right, NULL);
    for (size_t pass = 1; status == EVEX_OK && pass < evex_stream_passes(stream); pass++) {
        status = evex_stream_next_pass(stream, NULL);
        if (status == EVEX_OK)
            status = feed_piece(&s, stream, 0, s.n_rows, NULL);
    }
    if (status == EVEX_OK)
        status = finish(&s, stream, NULL);
    evex_stream_free(&stream);
    evex_stream_free(&right);
    evex_expr_free(&s.expr);
    return status;
}

START_TEST(memory_may_fail_anywhere) {
    subject s = begin((int)COUNT(programs) + (_i < 2 ? 8 : 5));
    s.n_rows = 4300;
    evaluate_whole(&s);
    evex_status status = EVEX_NO_MEMORY;
    for (long k = 1; status != EVEX_OK; k++) {
        failing_allocator memory;
        failing_allocator_init(&memory, k, _i % 2);
        status = scenario(&s, &memory.allocator);
        ck_assert_msg(status == EVEX_OK || status == EVEX_NO_MEMORY, "%s, allocation %ld: %d",
                      s.text, k, (int)status);
        ck_assert_msg(memory.n_outstanding == 0, "%s, allocation %ld leaks", s.text, k);
        ck_assert_int_lt(k, 10000);
    }
    check_results(&s);
    evex_expr_free(&s.expr);
}
END_TEST

static void add_tests(TCase *tests) {
    const int n = (int)(COUNT(programs) * COUNT(numbers_of_groups));
    tcase_add_loop_test(tests, any_pieces_give_the_bits_of_the_whole, 0, n);
    tcase_add_loop_test(tests, parts_merge, 0, n);
    tcase_add_test(tests, codes_of_fewer_dimensions);
    tcase_add_test(tests, what_is_wrong_leaves_the_stream_as_it_was);
    tcase_add_loop_test(tests, results_by_group_are_checked, 0,
                        (int)(COUNT(checked) * COUNT(numbers_of_groups)));
    tcase_add_loop_test(tests, lying_bytes_do_no_harm, 0, 2);
    tcase_add_loop_test(tests, memory_may_fail_anywhere, 0, 4);
}

int main(void) {
    return run_suite("group stream", add_tests);
}
