/* SPDX-License-Identifier: MIT */
/*
 * Shared memory: the exact tests of eval/overlap.c against a map of bytes, and evaluation with
 * outputs anywhere in the inputs' memory against the same evaluation on copies.
 */
#include "eval/overlap.h"

#include "tests/eval_fixture.h"
#include "tests/suite.h"

enum { BUFFER_BYTES = 512, N_TRIALS = 20000, MAX_NDIM = 3 };

/* ---- Views against bytes -------------------------------------------------------------------- */

typedef struct {
    evex_view view;
    int64_t dims[MAX_NDIM], strides[MAX_NDIM];
} small_view;

/* A view of a few elements that stays inside the buffer; 0: chance made one that does not. */
static int pick_view(small_view *v, char *buffer, size_t item_bytes, int step, uint64_t *seed) {
    int64_t low = 0, high = (int64_t)item_bytes;
    const int32_t ndim = pick(seed, MAX_NDIM + 1);
    for (int32_t d = 0; d < ndim; d++) {
        v->dims[d] = 1 + pick(seed, 5);
        v->strides[d] = (int64_t)step * (pick(seed, 25) - 8);
        const int64_t reach = v->strides[d] * (v->dims[d] - 1);
        *(reach < 0 ? &low : &high) += reach;
    }
    const int64_t room = BUFFER_BYTES - (high - low);
    if (room < 0)
        return 0;
    v->view = (evex_view){.data = buffer + pick(seed, (int)room / step + 1) * step - low,
                          .shape = {ndim, v->dims},
                          .strides = v->strides,
                          .item_bytes = item_bytes};
    return 1;
}

/* Counts, for each byte of the buffer, the elements that lie on it. */
static void mark(const evex_view *view, const char *buffer, int counts[BUFFER_BYTES]) {
    const int64_t n = evex_shape_size(view->shape);
    for (int64_t i = 0; i < n; i++) {
        int64_t rest = i, place = view->data - buffer;
        for (int32_t d = view->shape.ndim - 1; d >= 0; d--) {
            place += rest % view->shape.dims[d] * view->strides[d];
            rest /= view->shape.dims[d];
        }
        for (size_t k = 0; k < view->item_bytes; k++)
            counts[place + (int64_t)k]++;
    }
}

START_TEST(overlap_is_exact) {
    static char buffer[BUFFER_BYTES];
    uint64_t seed = 1;
    int n_overlaps = 0, n_self = 0;
    for (int trial = 0; trial < N_TRIALS; trial++) {
        small_view a, b;
        const int step = 1 + pick(&seed, 8);
        if (!pick_view(&a, buffer, (size_t)1 << pick(&seed, 4), step, &seed) ||
            !pick_view(&b, buffer, (size_t)1 << pick(&seed, 4), step, &seed))
            continue;
        int of_a[BUFFER_BYTES] = {0}, of_b[BUFFER_BYTES] = {0}, meets = 0, repeats = 0;
        mark(&a.view, buffer, of_a);
        mark(&b.view, buffer, of_b);
        for (int k = 0; k < BUFFER_BYTES; k++) {
            meets |= of_a[k] > 0 && of_b[k] > 0;
            repeats |= of_a[k] > 1;
        }
        ck_assert_int_eq(evex_views_overlap(&a.view, &b.view), meets);
        ck_assert_int_eq(evex_view_overlaps_itself(&a.view), repeats);
        n_overlaps += meets;
        n_self += repeats;
    }
    ck_assert_int_gt(n_overlaps, N_TRIALS / 10);
    ck_assert_int_gt(n_self, N_TRIALS / 10);
}
END_TEST

START_TEST(empty_views_share_nothing) {
    char buffer[8];
    const int64_t none[1] = {0}, one[1] = {1}, strides[1] = {8};
    const evex_view empty = {
        .data = buffer, .shape = {1, none}, .strides = strides, .item_bytes = 8};
    const evex_view full = {.data = buffer, .shape = {1, one}, .strides = strides, .item_bytes = 8};
    ck_assert(!evex_views_overlap(&empty, &full));
    ck_assert(!evex_view_overlaps_itself(&empty));
    ck_assert(evex_views_overlap(&full, &full));
}
END_TEST

/* ---- Evaluation ----------------------------------------------------------------------------- */

enum { POOL_ELEMENTS = 4096 };

/* The shape of all arrays of a trial, and an array of it somewhere in the buffer. */
static void place_array(evex_array *array, int64_t strides[2], evex_dtype dtype, double *buffer,
                        const int64_t *shape, uint64_t *seed) {
    const int64_t size = (int64_t)evex_dtype_size(dtype);
    const int64_t gap = 1 + pick(seed, 3);
    const int is_transposed = pick(seed, 3) == 0;
    strides[!is_transposed] = size * gap;
    strides[is_transposed] = size * gap * shape[!is_transposed] + size * pick(seed, 3);
    int64_t offset = size * pick(seed, 64);
    for (int d = 0; d < 2; d++)
        if (pick(seed, 4) == 0) {
            offset += strides[d] * (shape[d] - 1);
            strides[d] = -strides[d];
        }
    *array = (evex_array){.data = (char *)buffer + offset,
                          .dtype = dtype,
                          .ndim = 2,
                          .shape = shape,
                          .strides = strides};
}

/* {text, inputs, outputs}: inputs are float64. Each output is read back as its own dtype. */
static const struct {
    const char *text;
    int n_inputs, n_outputs;
    int is_reduced; /* along axis 0 */
} programs[] = {
    {"a*2 + b", 2, 1, 0},
    {"p = a + b, q = a - b", 2, 2, 0},
    {"p = a*3, q = a + 1", 1, 2, 0},
    {"a - mean(a)", 1, 1, 0},
    {"p = a + 1, q = b - sum(a)", 2, 2, 0},
    {"p = a*b, q = a - max(a, axis=0)", 2, 2, 0},
    {"sum(a*b, axis=0)", 2, 1, 1},
};

typedef struct {
    evex_array in[2], out[2];
    int64_t in_strides[2][2], out_strides[2][2], shape[2];
} trial_arrays;

static double *element_of(const evex_array *array, int64_t i, int64_t k) {
    return (double *)(void *)((char *)array->data + i * array->strides[0] +
                              (array->ndim > 1 ? k * array->strides[1] : 0));
}

/* Evaluates on copies of the inputs into fresh outputs. */
static void evaluate_copies(const evex_expr *expr, const trial_arrays *t, int n_inputs,
                            int n_outputs, double *results[2]) {
    evex_array in[2], out[2];
    double *copies[2] = {NULL, NULL};
    const int64_t n = t->shape[0] * t->shape[1];
    for (int k = 0; k < n_inputs; k++) {
        copies[k] = malloc((size_t)n * sizeof(double));
        for (int64_t i = 0; i < n; i++)
            copies[k][i] = *element_of(&t->in[k], i / t->shape[1], i % t->shape[1]);
        in[k] = evex_array_nd(EVEX_F64, copies[k], 2, t->shape);
    }
    for (int k = 0; k < n_outputs; k++) {
        results[k] = malloc((size_t)n * sizeof(double));
        out[k] = evex_array_nd(EVEX_F64, results[k], t->out[k].ndim, t->out[k].shape);
    }
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_msg(evex_eval(expr, NULL, in, (size_t)n_inputs, out, (size_t)n_outputs, NULL,
                            &error) == EVEX_OK,
                  "%s", error.message);
    free(copies[0]);
    free(copies[1]);
}

static void compare_results(const trial_arrays *t, int n_outputs, double *results[2]) {
    for (int k = 0; k < n_outputs; k++) {
        const evex_array *out = &t->out[k];
        const int64_t width = out->ndim > 1 ? out->shape[1] : 1;
        for (int64_t i = 0; i < out->shape[0] * width; i++)
            ck_assert_double_eq(*element_of(out, i / width, i % width), results[k][i]);
        free(results[k]);
    }
}

static int is_bad_output(const trial_arrays *t, int n_outputs) {
    if (n_outputs < 2)
        return 0;
    evex_view views[2];
    for (int k = 0; k < 2; k++)
        views[k] = (evex_view){.data = t->out[k].data,
                               .shape = {t->out[k].ndim, t->out[k].shape},
                               .strides = t->out[k].strides,
                               .item_bytes = sizeof(double)};
    return evex_views_overlap(&views[0], &views[1]);
}

static int try_overlap(uint64_t seed, double *buffer) {
    const size_t row = (size_t)pick(&seed, sizeof programs / sizeof *programs);
    const int n_inputs = programs[row].n_inputs, n_outputs = programs[row].n_outputs;
    trial_arrays t = {.shape = {1 + pick(&seed, 30), 1 + pick(&seed, 30)}};
    for (int i = 0; i < POOL_ELEMENTS; i++)
        buffer[i] = pick(&seed, 200) - 100;
    for (int k = 0; k < n_inputs; k++)
        place_array(&t.in[k], t.in_strides[k], EVEX_F64, buffer, t.shape, &seed);
    for (int k = 0; k < n_outputs; k++) {
        place_array(&t.out[k], t.out_strides[k], EVEX_F64, buffer, t.shape, &seed);
        if (pick(&seed, 4) == 0) /* the exact same view as an input */
            t.out[k] = t.in[pick(&seed, n_inputs)];
        if (programs[row].is_reduced) { /* one row of it */
            t.out[k].ndim = 1;
            t.out[k].shape++;
            t.out[k].strides++;
        }
    }
    const evex_var vars[2] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                              {"b", EVEX_F64, EVEX_STRONG, 0, 0}};
    const setting s = pick_setting(&seed);
    evex_expr *expr = expr_of(programs[row].text, vars, 2, s.isa);
    double *results[2];
    evaluate_copies(expr, &t, n_inputs, n_outputs, results);
    const evex_eval_options options = options_of(s);
    const int is_bad = is_bad_output(&t, n_outputs);
    const evex_status status = evex_eval(expr, test_pool(), t.in, (size_t)n_inputs, t.out,
                                         (size_t)n_outputs, &options, NULL);
    ck_assert_int_eq(status, is_bad ? EVEX_BAD_OUTPUT : EVEX_OK);
    if (is_bad) {
        free(results[0]);
        free(results[1]);
    } else {
        compare_results(&t, n_outputs, results);
    }
    evex_expr_free(&expr);
    return !is_bad;
}

START_TEST(overlap_is_as_if_copied) {
    double *buffer = malloc(POOL_ELEMENTS * sizeof *buffer);
    int n_good = 0;
    const int n_trials = caps_is_reduced() ? 200 : 2000;
    for (int trial = 0; trial < n_trials; trial++)
        n_good += try_overlap((uint64_t)trial, buffer);
    ck_assert_int_gt(n_good, n_trials / 3);
    free(buffer);
}
END_TEST

/* Outputs over inputs that are still to be read: by a later instruction of the block, by the
 * block's reduction, by a later pass, by the units of a reduction along an axis. */
START_TEST(inputs_live_until_their_last_use) {
    enum { ROWS = 700, COLUMNS = 8, COUNT = ROWS * COLUMNS };
    static const struct {
        const char *text;
        int n_outputs, is_reduced;
    } rows[] = {{"p = a*3, q = a + b", 2, 0},
                {"p = a*3, q = b - sum(a)", 2, 0},
                {"p = a*b, q = a - max(a, axis=0)", 2, 0},
                {"p = a*b, q = b - max(a, axis=0, keepdims=True)", 2, 0},
                {"sum(a*b, axis=1)", 1, 1}};
    static const int64_t shape[2] = {ROWS, COLUMNS};
    double *memory = malloc(3 * COUNT * sizeof *memory);
    const evex_var vars[2] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                              {"b", EVEX_F64, EVEX_STRONG, 0, 0}};
    evex_expr *expr = expr_of(rows[_i].text, vars, 2, EVEX_ISA_BEST);
    for (size_t n_threads = 1; n_threads <= 3; n_threads++) {
        trial_arrays t = {.shape = {ROWS, COLUMNS}};
        for (int i = 0; i < 3 * COUNT; i++)
            memory[i] = i % 101;
        for (int k = 0; k < 2; k++) {
            t.in_strides[k][0] = COLUMNS * sizeof(double);
            t.in_strides[k][1] = sizeof(double);
            t.in[k] = evex_array_nd(EVEX_F64, memory + k * COUNT, 2, shape);
            t.in[k].strides = t.in_strides[k];
        }
        t.out[0] = t.in[0];
        t.out[1] = t.in[0];
        t.out[1].data = memory + 2 * COUNT;
        if (rows[_i].is_reduced) { /* over the last elements, which other units are to read */
            t.out[0].data = memory + COUNT - ROWS;
            t.out[0].ndim = 1;
            t.out_strides[0][0] = sizeof(double);
            t.out[0].strides = t.out_strides[0];
        }
        double *results[2];
        evaluate_copies(expr, &t, 2, rows[_i].n_outputs, results);
        const evex_eval_options options =
            options_of((setting){EVEX_ISA_BEST, 16, n_threads, EVEX_STORE_BEST});
        ck_assert_int_eq(evex_eval(expr, test_pool(), t.in, 2, t.out, (size_t)rows[_i].n_outputs,
                                   &options, NULL),
                         EVEX_OK);
        compare_results(&t, rows[_i].n_outputs, results);
    }
    evex_expr_free(&expr);
    free(memory);
}
END_TEST

/* A copy that is needed is bounded by max_memory; the exact same view needs none. */
START_TEST(copies_count_as_memory) {
    double memory[101];
    for (int i = 0; i < 101; i++)
        memory[i] = i;
    const evex_var var = {"a", EVEX_F64, EVEX_STRONG, 0, 0};
    evex_expr *expr = expr_of("a + 1", &var, 1, EVEX_ISA_BEST);
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.max_memory = 100;
    const evex_array in = evex_array_1d(EVEX_F64, memory, 100);
    evex_array shifted = evex_array_1d(EVEX_F64, memory + 1, 100), same = in;
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &shifted, 1, &options, NULL), EVEX_LIMIT_MEMORY);
    ck_assert_double_eq(memory[1], 1);
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &same, 1, &options, NULL), EVEX_OK);
    ck_assert_double_eq(memory[99], 100);
    options.max_memory = 0;
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &shifted, 1, &options, NULL), EVEX_OK);
    ck_assert_double_eq(memory[100], 101);
    evex_expr_free(&expr);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, overlap_is_exact);
    tcase_add_test(tests, empty_views_share_nothing);
    tcase_add_test(tests, overlap_is_as_if_copied);
    tcase_add_loop_test(tests, inputs_live_until_their_last_use, 0, 5);
    tcase_add_test(tests, copies_count_as_memory);
}

int main(void) {
    return run_suite("overlap", add_tests);
}
