/* SPDX-License-Identifier: MIT */
/*
 * Streams: whatever the pieces, the parts, the order of merging, saving and loading between, and
 * the number of threads, the bits of one evaluation over the whole; calls out of order and foreign,
 * damaged or lying bytes are errors; memory may fail at any allocation.
 */
#include <math.h>
#include <stdlib.h>

#include "tests/eval_fixture.h"
#include "tests/failing_allocator.h"
#include "tests/suite.h"

#define N_OF(array) (sizeof(array) / sizeof *(array))

enum { MAX_INPUTS = 3, MAX_OUTPUTS = 8, MAX_INNER = 3 };

/* ---- Cases -------------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    evex_dtype dtype;
    evex_kind kind;
    int is_cut; /* comes in pieces: has an axis of rows before the inner dimensions */
    int n_inner;
    int64_t inner[MAX_INNER];
} case_input;

typedef struct {
    const char *text;
    size_t n_passes;
    const char *outputs; /* F: at the end, L: rows of a piece, K: the same for every piece */
    int max_rows;
    case_input inputs[MAX_INPUTS];
} stream_case;

#define F64_1D(name)                                                                               \
    {                                                                                              \
        name, EVEX_F64, EVEX_STRONG, 1, 0, {                                                       \
            0                                                                                      \
        }                                                                                          \
    }

static const stream_case cases[] = {
    {"sum(x), mean(x), min(x), max(x), std(x), argmax(x), count(x)",
     1,
     "FFFFFFF",
     30000,
     {F64_1D("x")}},
    {"sum(x), prod(x), var(x, ddof=1), argmin(x)",
     1,
     "FFFF",
     30000,
     {{"x", EVEX_F32, EVEX_STRONG, 1, 0, {0}}}},
    {"sum(x), mean(x), max(x), argmin(x)",
     1,
     "FFFF",
     30000,
     {{"x", EVEX_I64, EVEX_STRONG, 1, 0, {0}}}},
    {"sum(x), prod(x), min(x), any(x > 100), all(x > -129), count_nonzero(x)",
     1,
     "FFFFFF",
     20000,
     {{"x", EVEX_I8, EVEX_STRONG, 1, 0, {0}}}},
    {"sum(sin(x)), cos(x), sin(x*2) + cos(x*2)", 1, "FLL", 9000, {F64_1D("x")}},
    {"sum(x*y + 1), max(x - y)", 1, "FF", 30000, {F64_1D("x"), F64_1D("y")}},
    {"sum(x, where=x > 0.25), mean(x*2, where=y < 0), min(y, where=x < 10)",
     1,
     "FFF",
     20000,
     {F64_1D("x"), F64_1D("y")}},
    {"x - mean(x)", 2, "L", 20000, {F64_1D("x")}},
    {"a = x*2; b = (x - mean(x)) / std(x); sum(abs(b)), max(x)", 2, "LFF", 20000, {F64_1D("x")}},
    {"sum((x - mean(x))**2) / count(x)", 2, "F", 20000, {F64_1D("x")}},
    {"k*mean(x) + 1, k*x", 1, "FL", 9000, {F64_1D("x"), {"k", EVEX_F64, EVEX_WEAK, 0, 0, {0}}}},
    {"count(), count() + sum(x)", 1, "FF", 9000, {F64_1D("x")}},
    {"sum(x), var(x), max(x)", 1, "FFF", 6000, {{"x", EVEX_F64, EVEX_STRONG, 1, 1, {7}}}},
    {"sum(x), sum(x, axis=0), var(x, axis=0, ddof=1)",
     1,
     "FFF",
     9000,
     {{"x", EVEX_F32, EVEX_STRONG, 1, 1, {5}}}},
    {"mean(x*2, axis=0, keepdims=True), count(axis=0), argmax(x, axis=-2)",
     1,
     "FFF",
     9000,
     {{"x", EVEX_F64, EVEX_STRONG, 1, 1, {3}}}},
    {"x / sum(x, axis=1, keepdims=True), max(x, axis=1), sum(x)",
     2,
     "LLF",
     3000,
     {{"x", EVEX_F64, EVEX_STRONG, 1, 1, {5}}}},
    {"sum(x * w, where=x > 0.2), sum(w), x - min(w)",
     2,
     "FFL",
     5000,
     {{"x", EVEX_F64, EVEX_STRONG, 1, 1, {5}}, {"w", EVEX_F64, EVEX_STRONG, 0, 1, {5}}}},
    {"m = mean(x, axis=0); x - m, m * 2, max(abs(x - m))",
     2,
     "LKF",
     9000,
     {{"x", EVEX_F64, EVEX_STRONG, 1, 1, {3}}}},
    {"sum(x, axis=(0, 2)), prod(x, axis=0), argmin(x, axis=0), mean(x, axis=-1)",
     1,
     "FFFL",
     5000,
     {{"x", EVEX_F64, EVEX_STRONG, 1, 2, {3, 4}}}},
    {"sum(x + y, axis=0), max(y, axis=0, where=x > 0)",
     1,
     "FF",
     9000,
     {{"x", EVEX_F64, EVEX_STRONG, 1, 1, {3}}, {"y", EVEX_F32, EVEX_STRONG, 1, 1, {1}}}},
};

/* ---- Data --------------------------------------------------------------------------------- */

typedef struct {
    const stream_case *what;
    int64_t n_rows;
    evex_expr *expr;
    size_t n_inputs, n_outputs;
    char *memory[MAX_INPUTS];
    evex_array whole[MAX_INPUTS];
    int64_t dims[MAX_INPUTS][1 + MAX_INNER], strides[MAX_INPUTS][1 + MAX_INNER];
    evex_result results[MAX_OUTPUTS];
    char *expected[MAX_OUTPUTS], *found[MAX_OUTPUTS];
    evex_status status; /* of the whole */
} data;

static void fill_element(char *to, evex_dtype dtype, uint64_t *seed) {
    const uint64_t bits =
        (uint64_t)chance(seed) << 33 ^ (uint64_t)chance(seed) << 11 ^ chance(seed);
    const double wide = (double)(int64_t)bits * 0x1p-61;
    const float narrow = (float)wide;
    if (dtype == EVEX_F64)
        memcpy(to, &wide, sizeof wide);
    else if (dtype == EVEX_F32)
        memcpy(to, &narrow, sizeof narrow);
    else
        memcpy(to, &bits, evex_dtype_size(dtype));
}

/* An input of the whole, now contiguous, now with rows or elements apart. */
static void make_input(data *d, size_t i, uint64_t *seed) {
    const case_input *input = &d->what->inputs[i];
    const size_t size = evex_dtype_size(input->dtype);
    const int apart = pick(seed, 3), n_dims = input->is_cut + input->n_inner;
    int64_t stride = (int64_t)size * (apart == 1 ? 2 : 1);
    for (int k = n_dims - 1; k >= 0; k--) {
        d->dims[i][k] = k == 0 && input->is_cut ? d->n_rows : input->inner[k - input->is_cut];
        d->strides[i][k] = stride;
        stride *= d->dims[i][k];
        if (apart == 2 && k == 1)
            stride += 3 * (int64_t)size;
    }
    const size_t n_bytes = (size_t)stride + size;
    d->memory[i] = malloc(n_bytes);
    for (size_t at = 0; at + size <= n_bytes; at += size)
        fill_element(d->memory[i] + at, input->dtype, seed);
    d->whole[i] = evex_array_nd(input->dtype, d->memory[i], n_dims, d->dims[i]);
    if (apart != 0)
        d->whole[i].strides = d->strides[i];
}

static size_t bytes_of(const evex_result *result) {
    size_t n = evex_dtype_size(result->dtype);
    for (int32_t k = 0; k < result->ndim; k++)
        n *= (size_t)result->shape[k];
    return n;
}

static evex_expr *expr_of_case(const stream_case *what, size_t *n_inputs,
                               const evex_allocator *allocator) {
    evex_var vars[MAX_INPUTS];
    evex_compile_options options = caps_compile_options();
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr;
    options.allocator = allocator;
    for (*n_inputs = 0; *n_inputs < MAX_INPUTS && what->inputs[*n_inputs].name != NULL; ++*n_inputs)
        vars[*n_inputs] = (evex_var){what->inputs[*n_inputs].name, what->inputs[*n_inputs].dtype,
                                     what->inputs[*n_inputs].kind, 0, 0};
    const evex_status status =
        evex_compile(&expr, what->text, strlen(what->text), vars, *n_inputs, &options, &error);
    if (allocator == NULL)
        ck_assert_msg(status == EVEX_OK, "%s: %s", what->text, error.message);
    return expr;
}

/* The inputs in the program's order, which is that of first use. */
static void sort_inputs(data *d, evex_array *sorted) {
    size_t n;
    const evex_var *vars = evex_expr_inputs(d->expr, &n);
    ck_assert_uint_eq(n, d->n_inputs);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n; i++)
            if (strcmp(vars[k].name, d->what->inputs[i].name) == 0)
                sorted[k] = d->whole[i];
}

static const case_input *input_of(const data *d, size_t k) {
    size_t n;
    const evex_var *vars = evex_expr_inputs(d->expr, &n);
    const case_input *input = d->what->inputs;
    while (strcmp(vars[k].name, input->name) != 0)
        input++;
    return input;
}

static void evaluate_whole(data *d) {
    evex_array inputs[MAX_INPUTS], outputs[MAX_OUTPUTS];
    evex_error error = EVEX_ERROR_INIT;
    sort_inputs(d, inputs);
    d->status = evex_result_shape(d->expr, inputs, d->n_inputs, d->results, NULL, &error);
    d->n_outputs = strlen(d->what->outputs);
    for (size_t o = 0; o < d->n_outputs && d->status == EVEX_OK; o++) {
        const size_t n_bytes = bytes_of(&d->results[o]);
        d->expected[o] = calloc(1, n_bytes + 1);
        d->found[o] = calloc(1, n_bytes + 1);
        outputs[o] = evex_array_nd(d->results[o].dtype, d->expected[o], d->results[o].ndim,
                                   d->results[o].shape);
    }
    const evex_eval_options options = caps_eval_options();
    if (d->status == EVEX_OK)
        d->status = evex_eval(d->expr, test_pool(), inputs, d->n_inputs, outputs, d->n_outputs,
                              &options, &error);
    ck_assert_msg(d->status == EVEX_OK || d->status == EVEX_EMPTY, "%s: %s", d->what->text,
                  error.message);
}

/* The arrays point into *d, which must stay where it is. */
static void make_data(data *d, const stream_case *what, int64_t n_rows, uint64_t *seed) {
    *d = (data){.what = what, .n_rows = n_rows};
    d->expr = expr_of_case(what, &d->n_inputs, NULL);
    for (size_t i = 0; i < d->n_inputs; i++)
        make_input(d, i, seed);
    evaluate_whole(d);
}

static void free_data(data *d) {
    evex_expr_free(&d->expr);
    for (size_t i = 0; i < d->n_inputs; i++)
        free(d->memory[i]);
    for (size_t o = 0; o < MAX_OUTPUTS; o++) {
        free(d->expected[o]);
        free(d->found[o]);
    }
}

/* ---- Feeding ------------------------------------------------------------------------------ */

/* Rows [first, end) of the whole as input k. */
static evex_array cut_input(const data *d, size_t k, int64_t first, int64_t end, int64_t *dims) {
    evex_array inputs[MAX_INPUTS];
    sort_inputs((data *)(uintptr_t)d, inputs);
    evex_array part = inputs[k];
    if (!input_of(d, k)->is_cut)
        return part;
    int64_t stride = (int64_t)evex_dtype_size(part.dtype);
    for (int32_t m = 1; m < part.ndim; m++)
        stride *= part.shape[m];
    if (part.strides != NULL)
        stride = part.strides[0];
    memcpy(dims, part.shape, (size_t)part.ndim * sizeof *dims);
    dims[0] = end - first;
    part.shape = dims;
    part.data = (char *)part.data + first * stride;
    return part;
}

/* Output o for rows [first, end). */
static evex_array cut_output(const data *d, size_t o, int64_t first, int64_t end, int64_t *dims) {
    const evex_result *result = &d->results[o];
    memcpy(dims, result->shape, sizeof result->shape);
    char *place = d->found[o];
    if (d->what->outputs[o] == 'L') {
        dims[0] = end - first;
        place += d->n_rows == 0 ? 0 : (size_t)first * (bytes_of(result) / (size_t)d->n_rows);
    }
    return evex_array_nd(result->dtype, place, result->ndim, dims);
}

static evex_status feed_rows(const data *d, evex_stream *stream, int64_t first, int64_t end,
                             const evex_eval_options *options, evex_error *error) {
    evex_array inputs[MAX_INPUTS], outputs[MAX_OUTPUTS];
    int64_t dims[MAX_INPUTS][1 + MAX_INNER], out_dims[MAX_OUTPUTS][EVEX_MAX_DIMS];
    for (size_t k = 0; k < d->n_inputs; k++)
        inputs[k] = cut_input(d, k, first, end, dims[k]);
    for (size_t o = 0; o < d->n_outputs; o++)
        outputs[o] = cut_output(d, o, first, end, out_dims[o]);
    return evex_stream_update(stream, test_pool(), inputs, d->n_inputs, outputs, d->n_outputs,
                              options, error);
}

typedef struct {
    char *bytes;
    size_t n_bytes, capacity;
} saved;

static int append(void *user, const char *bytes, size_t n_bytes) {
    saved *to = user;
    if (to->n_bytes + n_bytes > to->capacity) {
        to->capacity = 2 * (to->n_bytes + n_bytes);
        to->bytes = realloc(to->bytes, to->capacity);
    }
    memcpy(to->bytes + to->n_bytes, bytes, n_bytes);
    to->n_bytes += n_bytes;
    return 0;
}

static saved save(const evex_stream *stream) {
    saved state = {0};
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_msg(evex_stream_save(stream, append, &state, &error) == EVEX_OK, "%s", error.message);
    return state;
}

/* Through bytes and back. */
static void travel(const data *d, evex_stream **stream) {
    saved state = save(*stream);
    evex_error error = EVEX_ERROR_INIT;
    evex_stream_free(stream);
    ck_assert_msg(evex_stream_load(stream, d->expr, state.bytes, state.n_bytes, &error) == EVEX_OK,
                  "%s: %s", d->what->text, error.message);
    free(state.bytes);
}

static int64_t piece_length(int64_t rest, uint64_t *seed) {
    static const int64_t usual[] = {1, 2, 7, 100, 1000, 4096, 8192, 20000};
    const int64_t n = pick(seed, 12) == 0 ? 0 : usual[pick(seed, N_OF(usual))] + pick(seed, 3);
    return n < rest ? n : rest;
}

static void feed(const data *d, evex_stream **stream, int64_t first, int64_t end, uint64_t *seed) {
    evex_eval_options options = options_of(pick_setting(seed));
    for (int64_t n; first < end; first += n) {
        evex_error error = EVEX_ERROR_INIT;
        n = piece_length(end - first, seed);
        ck_assert_msg(feed_rows(d, *stream, first, first + n, &options, &error) == EVEX_OK,
                      "%s: %s", d->what->text, error.message);
        if (pick(seed, 8) == 0)
            travel(d, stream);
    }
}

/* Rows [first, end) in their first pass, as parts merged in any bracketing. */
static evex_stream *feed_parts(const data *d, int64_t first, int64_t end, uint64_t *seed) {
    evex_stream *stream;
    if (end - first < 2 || pick(seed, 3) == 0 || strpbrk(d->what->outputs, "LK") != NULL) {
        ck_assert_int_eq(evex_stream_create(&stream, d->expr, (uint64_t)first, NULL), EVEX_OK);
        ck_assert_uint_eq(evex_stream_passes(stream), d->what->n_passes);
        feed(d, &stream, first, end, seed);
        return stream;
    }
    const int64_t cut = first + chance(seed) % (end - first + 1);
    evex_error error = EVEX_ERROR_INIT;
    stream = feed_parts(d, first, cut, seed);
    evex_stream *right = feed_parts(d, cut, end, seed);
    if (pick(seed, 2))
        travel(d, &right);
    ck_assert_msg(evex_stream_merge(stream, right, &error) == EVEX_OK, "%s: %s", d->what->text,
                  error.message);
    evex_stream_free(&right);
    return stream;
}

static int is_same(const evex_result *result, const char *a, const char *b) {
    const size_t size = evex_dtype_size(result->dtype), n = bytes_of(result) / size;
    for (size_t i = 0; i < n; i++, a += size, b += size) {
        const int is_nan =
            result->dtype == EVEX_F64   ? isnan(*(const double *)a) && isnan(*(const double *)b)
            : result->dtype == EVEX_F32 ? isnan(*(const float *)a) && isnan(*(const float *)b)
                                        : 0;
        if (!is_nan && memcmp(a, b, size) != 0)
            return 0;
    }
    return 1;
}

static evex_status finish(const data *d, evex_stream *stream, evex_error *error) {
    evex_array outputs[MAX_OUTPUTS];
    for (size_t o = 0; o < d->n_outputs; o++)
        outputs[o] = evex_array_nd(d->results[o].dtype, d->found[o], d->results[o].ndim,
                                   d->results[o].shape);
    return evex_stream_finish(stream, outputs, d->n_outputs, NULL, error);
}

static void check_results(const data *d) {
    for (size_t o = 0; o < d->n_outputs; o++)
        if (d->what->outputs[o] != 'K' || d->n_rows > 0)
            ck_assert_msg(is_same(&d->results[o], d->expected[o], d->found[o]),
                          "%s: result %zu of %lld rows", d->what->text, o, (long long)d->n_rows);
}

static void check_stream(const data *d, uint64_t *seed) {
    evex_error error = EVEX_ERROR_INIT;
    evex_status status = EVEX_OK;
    evex_stream *stream = feed_parts(d, 0, d->n_rows, seed);
    for (size_t pass = 1; pass < d->what->n_passes && status == EVEX_OK; pass++) {
        status = evex_stream_next_pass(stream, &error);
        if (status == EVEX_OK)
            feed(d, &stream, 0, d->n_rows, seed);
    }
    if (status == EVEX_OK)
        status = finish(d, stream, &error);
    ck_assert_msg(status == d->status, "%s: %s", d->what->text, error.message);
    if (status == EVEX_OK)
        check_results(d);
    evex_stream_free(&stream);
}

START_TEST(any_pieces_give_the_bits_of_the_whole) {
    const stream_case *what = &cases[_i];
    const int n_rounds = caps_is_reduced() ? 4 : 24;
    uint64_t seed = (uint64_t)_i * 7919 + 1;
    for (int round = 0; round < n_rounds; round++) {
        const int64_t n_rows = round == 0 ? 1 : 1 + pick(&seed, what->max_rows);
        data d;
        make_data(&d, what, n_rows, &seed);
        for (int k = 0; k < 3; k++)
            check_stream(&d, &seed);
        free_data(&d);
    }
}
END_TEST

/* Enough for several units of leaves a worker, also when a row is longer than they are. */
START_TEST(large_pieces_are_shared_by_workers) {
    static const stream_case large[] = {
        {"sum(x), std(x), argmin(x), min(x*2)", 1, "FFFF", 0, {F64_1D("x")}},
        {"sum(x + 1, where=x > 0)", 1, "F", 0, {{"x", EVEX_F32, EVEX_STRONG, 1, 1, {700}}}},
        {"var(x*2, axis=0)", 1, "F", 0, {{"x", EVEX_F64, EVEX_STRONG, 1, 1, {5}}}},
    };
    static const int64_t n_rows[] = {900001, 1500, 100000};
    uint64_t seed = 5;
    data d;
    make_data(&d, &large[_i], n_rows[_i], &seed);
    for (size_t n_threads = 1; n_threads <= 4; n_threads++) {
        evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
        evex_error error = EVEX_ERROR_INIT;
        evex_stream *stream;
        options.max_threads = n_threads;
        evex_stream_create(&stream, d.expr, 0, NULL);
        const int64_t cut = d.n_rows / 7;
        ck_assert_int_eq(feed_rows(&d, stream, 0, cut, &options, &error), EVEX_OK);
        ck_assert_int_eq(feed_rows(&d, stream, cut, d.n_rows, &options, &error), EVEX_OK);
        ck_assert_int_eq(finish(&d, stream, &error), EVEX_OK);
        check_results(&d);
        evex_stream_free(&stream);
    }
    free_data(&d);
}
END_TEST

/* ---- Nothing ------------------------------------------------------------------------------ */

START_TEST(a_stream_without_pieces_has_the_results_of_nothing) {
    const evex_var vars[] = {{"x", EVEX_F64, EVEX_STRONG, 0, 0}};
    evex_expr *expr = expr_of("sum(x), mean(x), count(x)", vars, 1, EVEX_ISA_BEST);
    double sum = 1, mean = 1;
    int64_t count = 1;
    evex_array outputs[] = {evex_array_0d(EVEX_F64, &sum), evex_array_0d(EVEX_F64, &mean),
                            evex_array_0d(EVEX_I64, &count)};
    evex_stream *stream;
    evex_stream_create(&stream, expr, 0, NULL);
    ck_assert_int_eq(evex_stream_finish(stream, outputs, 3, NULL, NULL), EVEX_OK);
    ck_assert(sum == 0 && isnan(mean) && count == 0);
    evex_stream_free(&stream);
    evex_expr_free(&expr);
    expr = expr_of("max(x)", vars, 1, EVEX_ISA_BEST);
    evex_stream_create(&stream, expr, 0, NULL);
    ck_assert_int_eq(evex_stream_finish(stream, outputs, 1, NULL, NULL), EVEX_EMPTY);
    evex_stream_free(&stream);
    evex_expr_free(&expr);
}
END_TEST

/* ---- Errors ------------------------------------------------------------------------------- */

typedef struct {
    evex_expr *expr;
    evex_stream *stream;
    double x[64];
} fixture;

static fixture begin(const char *text) {
    const evex_var vars[] = {{"x", EVEX_F64, EVEX_STRONG, 0, 0},
                             {"y", EVEX_F64, EVEX_STRONG, 0, 0}};
    fixture f = {.expr = expr_of(text, vars, 2, EVEX_ISA_BEST)};
    ck_assert_int_eq(evex_stream_create(&f.stream, f.expr, 0, NULL), EVEX_OK);
    return f;
}

static void end(fixture *f) {
    evex_stream_free(&f->stream);
    evex_expr_free(&f->expr);
}

static evex_status update(fixture *f, const evex_array *inputs, size_t n_inputs) {
    evex_error error = EVEX_ERROR_INIT;
    const evex_status status =
        evex_stream_update(f->stream, NULL, inputs, n_inputs, NULL, 0, NULL, &error);
    ck_assert_int_eq(error.status, status);
    ck_assert((status == EVEX_OK) == (*error.message == '\0'));
    return status;
}

static evex_status update_1d(fixture *f, size_t n) {
    const evex_array input = evex_array_1d(EVEX_F64, f->x, n);
    return update(f, &input, 1);
}

START_TEST(pieces_must_agree) {
    const int64_t square[] = {4, 4}, tall[] = {3, 5}, strides[] = {8, 32};
    fixture f = begin("sum(x)");
    evex_array array = evex_array_nd(EVEX_F64, f.x, 2, square);
    ck_assert_int_eq(update(&f, &array, 0), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(update(&f, &array, 1), EVEX_OK);
    ck_assert_int_eq(update_1d(&f, 4), EVEX_BAD_SHAPE);
    array = evex_array_nd(EVEX_F64, f.x, 2, tall);
    ck_assert_int_eq(update(&f, &array, 1), EVEX_BAD_SHAPE);
    array = evex_array_nd(EVEX_F64, f.x, 2, square);
    array.strides = strides;
    ck_assert_int_eq(update(&f, &array, 1), EVEX_UNSUPPORTED); /* Fortran order */
    array = evex_array_nd(EVEX_F32, f.x, 2, square);
    ck_assert_int_eq(update(&f, &array, 1), EVEX_BAD_TYPE);
    end(&f);

    f = begin("sum(x + y)");
    const evex_array pair[] = {evex_array_1d(EVEX_F64, f.x, 4), evex_array_1d(EVEX_F64, f.x, 1)};
    ck_assert_int_eq(update(&f, pair, 2), EVEX_BAD_SHAPE);
    const evex_array scalars[] = {evex_array_0d(EVEX_F64, f.x), evex_array_0d(EVEX_F64, f.x)};
    end(&f);
    f = begin("sum(x + y)");
    ck_assert_int_eq(update(&f, scalars, 2), EVEX_BAD_SHAPE);
    end(&f);

    f = begin("x - mean(x, axis=1)"); /* rows would meet columns */
    const int64_t rows[] = {4, 4};
    array = evex_array_nd(EVEX_F64, f.x, 2, rows);
    ck_assert_int_eq(update(&f, &array, 1), EVEX_UNSUPPORTED);
    end(&f);
}
END_TEST

START_TEST(calls_must_come_in_order) {
    double result;
    evex_array output = evex_array_0d(EVEX_F64, &result);
    fixture f = begin("sum(x - mean(x))");
    ck_assert_uint_eq(evex_stream_passes(f.stream), 2);
    ck_assert_int_eq(update_1d(&f, 10), EVEX_OK);
    ck_assert_int_eq(evex_stream_finish(f.stream, &output, 1, NULL, NULL), EVEX_BAD_STATE);
    ck_assert_int_eq(evex_stream_next_pass(f.stream, NULL), EVEX_OK);
    ck_assert_int_eq(evex_stream_next_pass(f.stream, NULL), EVEX_BAD_STATE);
    ck_assert_int_eq(update_1d(&f, 11), EVEX_BAD_STATE); /* more than in the first pass */
    ck_assert_int_eq(update_1d(&f, 9), EVEX_OK);
    ck_assert_int_eq(evex_stream_finish(f.stream, &output, 1, NULL, NULL), EVEX_BAD_STATE);
    ck_assert_int_eq(update_1d(&f, 1), EVEX_OK);
    ck_assert_int_eq(evex_stream_finish(f.stream, &output, 0, NULL, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_stream_finish(f.stream, &output, 1, NULL, NULL), EVEX_OK);
    ck_assert_int_eq(update_1d(&f, 1), EVEX_BAD_STATE);
    ck_assert_int_eq(evex_stream_save(f.stream, append, NULL, NULL), EVEX_BAD_STATE);
    end(&f);
    ck_assert_int_eq(evex_stream_create(&f.stream, NULL, 0, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_ptr_null(f.stream);
    ck_assert_int_eq(evex_stream_next_pass(NULL, NULL), EVEX_INVALID_ARGUMENT);
}
END_TEST

START_TEST(only_neighbours_merge) {
    double result;
    evex_array output = evex_array_0d(EVEX_F64, &result);
    fixture left = begin("sum(x)"), other = begin("max(x)");
    evex_stream *right;
    evex_stream_create(&right, left.expr, 11, NULL);
    ck_assert_int_eq(update_1d(&left, 10), EVEX_OK);
    ck_assert_int_eq(evex_stream_merge(left.stream, right, NULL), EVEX_BAD_STATE);
    ck_assert_int_eq(evex_stream_merge(left.stream, left.stream, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_stream_merge(left.stream, other.stream, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_stream_finish(right, &output, 1, NULL, NULL), EVEX_BAD_STATE);
    ck_assert_int_eq(update_1d(&left, 1), EVEX_OK);
    ck_assert_int_eq(evex_stream_merge(left.stream, right, NULL), EVEX_OK);
    ck_assert_int_eq(evex_stream_merge(left.stream, right, NULL), EVEX_BAD_STATE);
    evex_stream_free(&right);
    end(&left);
    end(&other);
}
END_TEST

/* Two compilations of a text are one program, and neither needs the other after the merge. */
START_TEST(streams_of_equal_expressions_merge) {
    double result = 0;
    evex_array output = evex_array_0d(EVEX_F64, &result);
    fixture left = begin("sum(x*2)"), right = begin("sum(x*2)");
    for (size_t i = 0; i < 64; i++)
        right.x[i] = (double)i;
    ck_assert_int_eq(update_1d(&right, 64), EVEX_OK);
    ck_assert_int_eq(evex_stream_merge(left.stream, right.stream, NULL), EVEX_OK);
    end(&right);
    ck_assert_int_eq(update_1d(&left, 1), EVEX_OK);
    ck_assert_int_eq(evex_stream_finish(left.stream, &output, 1, NULL, NULL), EVEX_OK);
    ck_assert_double_eq(result, 63 * 64);
    end(&left);
}
END_TEST

START_TEST(a_guard_names_the_element_of_the_whole) {
    const evex_var vars[] = {{"x", EVEX_I32, EVEX_STRONG, 0, 0},
                             {"y", EVEX_I32, EVEX_STRONG, 0, 0}};
    evex_expr *expr = expr_of("sum(x ** y)", vars, 2, EVEX_ISA_BEST);
    int32_t x[100] = {0}, y[100] = {0};
    const evex_array inputs[] = {evex_array_1d(EVEX_I32, x, 100), evex_array_1d(EVEX_I32, y, 100)};
    evex_error error = EVEX_ERROR_INIT;
    evex_stream *stream;
    evex_stream_create(&stream, expr, 0, NULL);
    ck_assert_int_eq(evex_stream_update(stream, NULL, inputs, 2, NULL, 0, NULL, &error), EVEX_OK);
    y[17] = y[90] = -1;
    ck_assert_int_eq(evex_stream_update(stream, NULL, inputs, 2, NULL, 0, NULL, &error),
                     EVEX_GUARD);
    ck_assert_int_eq(error.index, 117);
    evex_stream_free(&stream);
    evex_expr_free(&expr);
}
END_TEST

static int stop(void *user) {
    (void)user;
    return 1;
}

START_TEST(a_cancelled_update_is_remembered) {
    fixture f = begin("sum(x*2)");
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.poll = stop;
    options.poll_interval_ms = 0;
    const evex_array input = evex_array_1d(EVEX_F64, f.x, 64);
    ck_assert_int_eq(evex_stream_update(f.stream, NULL, &input, 1, NULL, 0, &options, NULL),
                     EVEX_CANCELLED);
    ck_assert_int_eq(update_1d(&f, 1), EVEX_BAD_STATE);
    end(&f);
}
END_TEST

/* ---- Bytes -------------------------------------------------------------------------------- */

static evex_status load(const data *d, const char *bytes, size_t n_bytes, evex_stream **stream) {
    evex_error error = EVEX_ERROR_INIT;
    const evex_status status = evex_stream_load(stream, d->expr, bytes, n_bytes, &error);
    ck_assert_int_eq(error.status, status);
    ck_assert((*stream != NULL) == (status == EVEX_OK));
    return status;
}

/* A state with a head, a tree and an open leaf for each reduction, its stream beginning at 5. */
static saved state_of(data *d, uint64_t *seed) {
    evex_stream *stream;
    evex_stream_create(&stream, d->expr, 5, NULL);
    feed(d, &stream, 5, d->n_rows, seed);
    const saved state = save(stream);
    evex_stream_free(&stream);
    return state;
}

START_TEST(foreign_and_cut_bytes_are_refused) {
    uint64_t seed = 3;
    data d, other;
    make_data(&d, &cases[0], 9000, &seed);
    make_data(&other, &cases[1], 10, &seed);
    saved state = state_of(&d, &seed);
    evex_stream *stream;
    ck_assert_int_eq(load(&other, state.bytes, state.n_bytes, &stream), EVEX_BAD_STATE);
    const size_t step = caps_is_reduced() ? 977 : 101;
    for (size_t n = 0; n < state.n_bytes; n += n < 300 ? 1 : step)
        ck_assert_int_eq(load(&d, state.bytes, n, &stream), EVEX_BAD_STATE);
    for (size_t at = 0; at < state.n_bytes; at += at < 300 ? 1 : step) {
        state.bytes[at] ^= 0x40;
        ck_assert_int_eq(load(&d, state.bytes, state.n_bytes, &stream), EVEX_BAD_STATE);
        state.bytes[at] ^= 0x40;
    }
    ck_assert_int_eq(load(&d, state.bytes, state.n_bytes, &stream), EVEX_OK);
    evex_stream_free(&stream);
    free(state.bytes);
    free_data(&d);
    free_data(&other);
}
END_TEST

/* FNV-1a: what the last eight bytes must be for the others to be believed. */
static void sign(saved *state) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i + 8 < state->n_bytes; i++)
        hash = (hash ^ (unsigned char)state->bytes[i]) * UINT64_C(0x100000001b3);
    memcpy(state->bytes + state->n_bytes - 8, &hash, 8);
}

/* Lies with a right hash: refused, or a stream that does anything but read or write out of bounds.
 */
START_TEST(lying_bytes_do_no_harm) {
    static const size_t victims[] = {0, 3, 5, 7, 12, 16};
    uint64_t seed = (uint64_t)_i + 11;
    data d;
    make_data(&d, &cases[victims[_i]], 4700, &seed);
    saved state = state_of(&d, &seed);
    int n_loaded = 0;
    for (int round = 0; round < 3000; round++) {
        saved lie = {malloc(state.n_bytes), state.n_bytes, state.n_bytes};
        memcpy(lie.bytes, state.bytes, state.n_bytes);
        const size_t range = pick(&seed, 2) ? 400 : state.n_bytes;
        for (int k = pick(&seed, 3); k >= 0; k--)
            lie.bytes[16 + chance(&seed) % ((range < state.n_bytes ? range : state.n_bytes) - 24)] =
                (char)chance(&seed);
        sign(&lie);
        evex_stream *stream, *left;
        if (load(&d, lie.bytes, lie.n_bytes, &stream) == EVEX_OK) {
            n_loaded++;
            const evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
            feed_rows(&d, stream, 0, 100, &options, NULL);
            evex_stream_create(&left, d.expr, 0, NULL);
            feed_rows(&d, left, 0, 5, &options, NULL);
            if (evex_stream_merge(left, stream, NULL) == EVEX_OK) {
                finish(&d, left, NULL);
            }
            evex_stream_free(&left);
            evex_stream_free(&stream);
        }
        free(lie.bytes);
    }
    ck_assert_int_gt(n_loaded, 0);
    free(state.bytes);
    free_data(&d);
}
END_TEST

/* ---- Memory ------------------------------------------------------------------------------- */

/* Two parts, one of them through bytes, merged, then all passes; OK or where memory failed. */
static evex_status scenario(data *d, const evex_allocator *allocator) {
    evex_stream *stream = NULL, *right = NULL, *loaded = NULL;
    saved state = {0};
    size_t n;
    const evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    const int64_t cut = d->n_rows / 3;
    evex_expr *expr = d->expr;
    d->expr = expr_of_case(d->what, &n, allocator);
    evex_status status = d->expr == NULL ? EVEX_NO_MEMORY : EVEX_OK;
    if (status == EVEX_OK)
        status = evex_stream_create(&stream, d->expr, 0, NULL);
    if (status == EVEX_OK)
        status = feed_rows(d, stream, 0, cut, &options, NULL);
    if (status == EVEX_OK)
        status = evex_stream_create(&right, d->expr, (uint64_t)cut, NULL);
    if (status == EVEX_OK)
        status = feed_rows(d, right, cut, d->n_rows, &options, NULL);
    if (status == EVEX_OK)
        status = evex_stream_save(right, append, &state, NULL);
    if (status == EVEX_OK)
        status = evex_stream_load(&loaded, d->expr, state.bytes, state.n_bytes, NULL);
    if (status == EVEX_OK)
        status = evex_stream_merge(stream, loaded, NULL);
    for (size_t pass = 1; pass < d->what->n_passes && status == EVEX_OK; pass++) {
        status = evex_stream_next_pass(stream, NULL);
        if (status == EVEX_OK)
            status = feed_rows(d, stream, 0, d->n_rows, &options, NULL);
    }
    if (status == EVEX_OK)
        status = finish(d, stream, NULL);
    evex_stream_free(&stream);
    evex_stream_free(&right);
    evex_stream_free(&loaded);
    evex_expr_free(&d->expr);
    free(state.bytes);
    d->expr = expr;
    return status;
}

START_TEST(memory_may_fail_anywhere) {
    static const size_t scenarios[] = {0, 6, 8, 12, 16};
    uint64_t seed = 9;
    data d;
    make_data(&d, &cases[scenarios[_i / 2]], 4200, &seed);
    evex_status status = EVEX_NO_MEMORY;
    for (long k = 1; status != EVEX_OK; k++) {
        failing_allocator memory;
        failing_allocator_init(&memory, k, _i % 2);
        status = scenario(&d, &memory.allocator);
        ck_assert_msg(status == EVEX_OK || status == EVEX_NO_MEMORY, "%s, allocation %ld: %d",
                      d.what->text, k, (int)status);
        ck_assert_msg(memory.n_outstanding == 0, "%s, allocation %ld leaks", d.what->text, k);
        ck_assert_int_lt(k, 10000);
    }
    check_results(&d);
    free_data(&d);
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, any_pieces_give_the_bits_of_the_whole, 0, (int)N_OF(cases));
    tcase_add_loop_test(tests, large_pieces_are_shared_by_workers, 0, 3);
    tcase_add_test(tests, a_stream_without_pieces_has_the_results_of_nothing);
    tcase_add_test(tests, pieces_must_agree);
    tcase_add_test(tests, calls_must_come_in_order);
    tcase_add_test(tests, only_neighbours_merge);
    tcase_add_test(tests, streams_of_equal_expressions_merge);
    tcase_add_test(tests, a_guard_names_the_element_of_the_whole);
    tcase_add_test(tests, a_cancelled_update_is_remembered);
    tcase_add_test(tests, foreign_and_cut_bytes_are_refused);
    tcase_add_loop_test(tests, lying_bytes_do_no_harm, 0, 6);
    tcase_add_loop_test(tests, memory_may_fail_anywhere, 0, 10);
}

int main(void) {
    return run_suite("stream", add);
}
