/* SPDX-License-Identifier: MIT */
/*
 * eval/panel.h on every instruction set: every kind and type over panels of every layout, against
 * the oracle, bit for bit; and whole evaluations that take this way against the instruction set
 * `ref`, which has no panels.
 */
#include <stdlib.h>

#include "eval/panel.h"
#include "include/evex.h"
#include "tests/caps.h"
#include "tests/reduce_oracle.h"
#include "tests/suite.h"

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

#define N_OF(array) (sizeof(array) / sizeof *(array))

/* ---- Data --------------------------------------------------------------------------------- */

typedef enum { PLAIN, SPECIAL, EQUAL, N_FLAVOURS } flavour;

static double random_float(flavour how) {
    static const double special[] = {NAN, INFINITY, -INFINITY, -0.0, 0.0, 1e-310, 3.5e38, -1.0};
    if (how == EQUAL)
        return next_random() % 2 ? 0.0 : -0.0;
    if (how == SPECIAL && next_random() % 64 == 0)
        return special[next_random() % N_OF(special)];
    return (double)(int64_t)next_random() * 0x1p-58;
}

static void fill_random(char *x, evex_dtype dtype, size_t n, flavour how) {
    for (size_t i = 0; i < n; i++) {
        const double wide = random_float(how);
        const float narrow = (float)wide;
        const uint64_t integer = how == EQUAL     ? next_random() % 2
                                 : how == SPECIAL ? ~(next_random() % 3)
                                                  : next_random();
        const void *from = dtype == EVEX_F64   ? (const void *)&wide
                           : dtype == EVEX_F32 ? (const void *)&narrow
                                               : (const void *)&integer;
        memcpy(x + i * evex_dtype_size(dtype), from, evex_dtype_size(dtype));
    }
}

static int is_same(evex_dtype dtype, const void *a, const void *b) {
    if (dtype == EVEX_F32 && isnan(*(const float *)a) && isnan(*(const float *)b))
        return 1;
    if (dtype == EVEX_F64 && isnan(*(const double *)a) && isnan(*(const double *)b))
        return 1;
    return memcmp(a, b, evex_dtype_size(dtype)) == 0;
}

/* ---- Panels ------------------------------------------------------------------------------- */

static const size_t row_counts[] = {1,  2,  3,  5,   10,  16,   17,   31,   32,  33,
                                    63, 64, 65, 100, 129, 1000, 4095, 4096, 9000};
static const size_t widths[] = {1, 2, 3, 7, 8, 16, 17, 64, 65, 300, 600};

enum { MAX_ELEMENTS = 1 << 16 };

/* Strides in elements. */
typedef struct {
    const char *name;
    int64_t row, column;
} layout;

static size_t lay_out(layout layouts[8], size_t n_rows, size_t w) {
    const int64_t r = (int64_t)n_rows, c = (int64_t)w;
    const layout all[] = {{"columns", c, 1},      {"columns apart", c + 3, 1},
                          {"lines", 1, r},        {"lines apart", 1, r + 5},
                          {"steps", 2 * c, 2},    {"step lines", 2, 2 * r},
                          {"repeated row", 0, 1}, {"repeated column", 1, 0}};
    memcpy(layouts, all, sizeof all);
    return N_OF(all);
}

typedef struct {
    char *x, *column, *results;
    void *memory;
    evex_node *nodes;
} room;

static room new_room(void) {
    return (room){malloc(MAX_ELEMENTS * 8 + 64), malloc(MAX_ELEMENTS * 8), malloc(600 * 16),
                  aligned_alloc(64, 1 << 18), malloc(600 * sizeof(evex_node))};
}

static void free_room(room r) {
    free(r.x);
    free(r.column);
    free(r.results);
    free(r.memory);
    free(r.nodes);
}

static void check_column(const evex_reducer *reducer, const evex_panel *panel, room r, size_t c,
                         const char *name) {
    const evex_reduction *spec = reducer->spec;
    const size_t in = evex_dtype_size((evex_dtype)spec->in_dtype);
    const size_t out = evex_dtype_size((evex_dtype)spec->out_dtype);
    for (size_t k = 0; k < panel->n_rows; k++)
        memcpy(r.column + k * in,
               panel->data + (int64_t)k * panel->row_stride + (int64_t)c * panel->column_stride,
               in);
    const oracle_column column = {.kind = (evex_reduction_kind)spec->kind,
                                  .dtype = (evex_dtype)spec->in_dtype,
                                  .out_dtype = (evex_dtype)spec->out_dtype,
                                  .ddof = spec->ddof,
                                  .x = r.column,
                                  .w = 1};
    uint64_t expected = 0, by_node = 0;
    oracle_reduce(&column, (int64_t)panel->n_rows, &expected);
    ck_assert_int_eq(evex_node_finish(reducer, &r.nodes[c], &by_node), EVEX_OK);
    ck_assert_uint_eq(r.nodes[c].count, panel->n_rows);
    ck_assert_msg(is_same(column.out_dtype, &expected, &by_node) &&
                      is_same(column.out_dtype, &expected, r.results + c * out),
                  "%s: %s of %s, %s, rows %zu, columns %zu (%zu): %016llx, %016llx for %016llx",
                  reducer->kernels->isa, evex_reduction_infos[spec->kind].id,
                  evex_dtype_name(column.dtype), name, panel->n_rows, panel->w, c,
                  (unsigned long long)by_node,
                  (unsigned long long)*(uint64_t *)(void *)(r.results + c * out),
                  (unsigned long long)expected);
}

static void check_panel(const evex_reducer *reducer, room r, size_t n_rows, size_t w, layout how) {
    const int64_t size = (int64_t)evex_dtype_size((evex_dtype)reducer->spec->in_dtype);
    const int64_t last = ((int64_t)n_rows - 1) * how.row + ((int64_t)w - 1) * how.column;
    if (last >= MAX_ELEMENTS || (reducer->is_ordered && n_rows > EVEX_LEAF) ||
        !evex_panel_is_possible(reducer, how.row * size, how.column * size, (int64_t)n_rows))
        return;
    fill_random(r.x, (evex_dtype)reducer->spec->in_dtype, (size_t)last + 1,
                (flavour)(next_random() % N_FLAVOURS));
    const evex_panel panel = {.data = r.x,
                              .row_stride = how.row * size,
                              .column_stride = how.column * size,
                              .n_rows = n_rows,
                              .w = w};
    ck_assert_uint_le(evex_panel_bytes(w), 1 << 18);
    memset(r.memory, 0x5a, 1 << 18);
    evex_panel_finish(reducer, r.memory, &panel, r.results);
    evex_panel_reduce(reducer, r.memory, &panel, 0, r.nodes);
    const size_t step = w > 70 ? 37 : 1;
    for (size_t c = 0; c < w; c += step)
        check_column(reducer, &panel, r, c, how.name);
}

static const evex_dtype reals[] = {
#define REAL(s, ID, T, unused) EVEX_##ID,
    EVEX_FOR_REALS(REAL, )};

static void check_type(const evex_kernel_table *kernels, evex_reduction_kind kind, evex_dtype dtype,
                       room r) {
    const evex_reduction spec = {.kind = (uint8_t)kind,
                                 .in_dtype = (uint8_t)dtype,
                                 .out_dtype = (uint8_t)evex_reduction_dtype(kind, dtype),
                                 .mask = EVEX_NO_REGISTER,
                                 .ddof = (int)(next_random() % 3)};
    const size_t stride = caps_is_reduced() ? 4 : 1;
    evex_reducer reducer;
    layout layouts[8];
    ck_assert_int_eq(evex_reducer_link(&reducer, &spec, kernels, NULL), EVEX_OK);
    for (size_t i = 0; i < N_OF(row_counts); i += stride)
        for (size_t k = i / stride % stride; k < N_OF(widths); k += stride) {
            const size_t n = lay_out(layouts, row_counts[i], widths[k]);
            check_panel(&reducer, r, row_counts[i], widths[k], layouts[next_random() % n]);
            check_panel(&reducer, r, row_counts[i], widths[k], layouts[next_random() % 4]);
        }
}

START_TEST(panels_equal_the_oracle) {
    size_t n_tables;
    const evex_kernel_table *const *tables = evex_kernels_all(&n_tables);
    const evex_reduction_kind kind = (evex_reduction_kind)_i;
    const room r = new_room();
    for (size_t t = 0; t < n_tables; t++)
        for (size_t d = 0; d < N_OF(reals); d++)
            if (evex_reduction_infos[kind].types >> reals[d] & 1)
                check_type(tables[t], kind, reals[d], r);
    free_room(r);
}
END_TEST

/* Later leaves count on: of equal elements the first is the place. */
START_TEST(the_place_counts_from_the_leaf) {
    const evex_reduction spec = {.kind = EVEX_RED_ARGMAX,
                                 .in_dtype = EVEX_I16,
                                 .out_dtype = EVEX_I64,
                                 .mask = EVEX_NO_REGISTER};
    evex_reducer reducer;
    evex_node nodes[3];
    static int16_t x[3 * 2000];
    void *memory = aligned_alloc(64, 1 << 17);
    ck_assert_int_eq(evex_reducer_link(&reducer, &spec, evex_kernels_usable(EVEX_ISA_BEST), NULL),
                     EVEX_OK);
    x[3 * 700 + 1] = x[3 * 701 + 1] = x[3 * 1999 + 1] = 5;
    x[3 * 1999 + 2] = 1;
    const evex_panel panel = {
        .data = (const char *)x, .row_stride = 6, .column_stride = 2, .n_rows = 2000, .w = 3};
    evex_panel_reduce(&reducer, memory, &panel, 10000, nodes);
    ck_assert_uint_eq(nodes[0].as.best.index, 10000);
    ck_assert_uint_eq(nodes[1].as.best.index, 10700);
    ck_assert_uint_eq(nodes[2].as.best.index, 11999);
    free(memory);
}
END_TEST

/* Sums of more elements than narrow partial sums could hold. */
START_TEST(long_sums_do_not_wrap) {
    static const evex_dtype dtypes[] = {EVEX_BOOL, EVEX_I8, EVEX_U8, EVEX_I16, EVEX_U16};
    enum { N = 9000001 };
    const evex_dtype dtype = dtypes[_i];
    const size_t size = evex_dtype_size(dtype);
    const int64_t each[] = {1, -1, 255, -1, 65535};
    const evex_reduction spec = {.kind = EVEX_RED_SUM,
                                 .in_dtype = (uint8_t)dtype,
                                 .out_dtype = (uint8_t)evex_reduction_dtype(EVEX_RED_SUM, dtype),
                                 .mask = EVEX_NO_REGISTER};
    size_t n_tables;
    const evex_kernel_table *const *tables = evex_kernels_all(&n_tables);
    char *x = malloc(N * size);
    void *memory = aligned_alloc(64, 1 << 17);
    memset(x, 0xff, N * size);
    for (size_t t = 1; t < n_tables; t++) {
        evex_reducer reducer;
        int64_t sum;
        ck_assert_int_eq(evex_reducer_link(&reducer, &spec, tables[t], NULL), EVEX_OK);
        const evex_panel panel = {.data = x, .row_stride = (int64_t)size, .n_rows = N, .w = 1};
        evex_panel_finish(&reducer, memory, &panel, &sum);
        ck_assert_int_eq(sum, N * each[_i]);
    }
    free(x);
    free(memory);
}
END_TEST

/* ---- Evaluations -------------------------------------------------------------------------- */

static const struct {
    int32_t ndim;
    int64_t shape[3];
} shapes[] = {{1, {1}},          {1, {20000}},      {2, {3, 5000}},    {2, {5000, 3}},
              {2, {5000, 1}},    {2, {700, 600}},   {2, {40, 1100}},   {2, {1100, 40}},
              {3, {7, 30, 200}}, {3, {30, 200, 7}}, {3, {200, 7, 30}}, {3, {2, 9000, 5}}};

static const char *const texts[] = {"sum(a)",
                                    "sum(a, axis=0)",
                                    "mean(a, axis=-1)",
                                    "std(a, axis=-1)",
                                    "var(a, axis=0)",
                                    "max(a, axis=-1)",
                                    "argmin(a, axis=0)",
                                    "argmax(a, axis=-1)",
                                    "prod(a, axis=-1)",
                                    "min(a, axis=0)",
                                    "sum(a, axis=1)",
                                    "std(a, axis=1)",
                                    "max(a, axis=1)",
                                    "sum(a, axis=(0, 2))",
                                    "sum(a * a, axis=-1)",
                                    "sum(a, axis=0, where=a > 0)"};

typedef struct {
    evex_expr *expr;
    char *result;
    size_t n_bytes;
} evaluation;

static evaluation evaluate(const char *text, const evex_array *a, evex_isa_cap isa, size_t threads,
                           size_t block) {
    evaluation made = {NULL, NULL, 0};
    const evex_var var = {"a", a->dtype, EVEX_STRONG, 0, 0};
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    evex_eval_options how = EVEX_EVAL_OPTIONS_INIT;
    evex_error error = EVEX_ERROR_INIT;
    evex_result shape;
    options.isa = isa;
    how.max_threads = threads;
    how.force_threads = threads > 1;
    how.block_length = block;
    ck_assert_msg(evex_compile(&made.expr, text, strlen(text), &var, 1, &options, &error) ==
                      EVEX_OK,
                  "%s: %s", text, error.message);
    if (evex_result_shape(made.expr, a, 1, &shape, NULL, NULL) != EVEX_OK)
        return made; /* no such axis */
    evex_array out = evex_array_nd(shape.dtype, NULL, shape.ndim, shape.shape);
    made.n_bytes = evex_dtype_size(shape.dtype);
    for (int32_t d = 0; d < shape.ndim; d++)
        made.n_bytes *= (size_t)shape.shape[d];
    out.data = made.result = malloc(made.n_bytes);
    ck_assert_msg(evex_eval(made.expr, NULL, a, 1, &out, 1, &how, &error) == EVEX_OK, "%s: %s",
                  text, error.message);
    return made;
}

static void end_evaluation(evaluation made) {
    evex_expr_free(&made.expr);
    free(made.result);
}

static void check_evaluations(const char *text, const evex_array *a, const char *layout_name) {
    static const evex_isa_cap isas[] = {EVEX_ISA_BASE, EVEX_ISA_AVX2, EVEX_ISA_AVX512};
    const evaluation expected = evaluate(text, a, EVEX_ISA_REF, 1, 0);
    for (size_t i = 0; i < N_OF(isas) && expected.result != NULL; i++) {
        const size_t threads = 1 + (size_t)(next_random() % 3);
        const size_t block = next_random() % 3 == 0 ? 16 : 0;
        const evaluation found = evaluate(text, a, isas[i], threads, block);
        ck_assert_msg(found.n_bytes == expected.n_bytes &&
                          memcmp(found.result, expected.result, found.n_bytes) == 0,
                      "%s of %s, %s, %dd [%lld...], isa %d, threads %zu, block %zu", text,
                      evex_dtype_name(a->dtype), layout_name, (int)a->ndim, (long long)a->shape[0],
                      (int)isas[i], threads, block);
        end_evaluation(found);
    }
    end_evaluation(expected);
}

/* Strides in bytes: C order, Fortran order, every second element, backward. */
static void stride(int64_t *strides, const int64_t *shape, int32_t ndim, int64_t size, int order) {
    int64_t step = order == 2 ? 2 * size : size;
    for (int32_t i = 0; i < ndim; i++) {
        const int32_t d = order == 1 ? i : ndim - 1 - i;
        strides[d] = step;
        step *= shape[d];
    }
    if (order == 3)
        strides[0] = -strides[0];
}

START_TEST(evaluations_equal_the_reference) {
    static const evex_dtype dtypes[] = {EVEX_F64, EVEX_F32, EVEX_I32, EVEX_U8, EVEX_BOOL};
    static const char *const names[] = {"C", "F", "every second", "backward"};
    const evex_dtype dtype = dtypes[(size_t)_i % N_OF(dtypes)];
    const int64_t size = (int64_t)evex_dtype_size(dtype);
    const int step = caps_is_reduced() ? 5 : 1;
    for (size_t s = 0; s < N_OF(shapes); s++) {
        size_t n = 1;
        for (int32_t d = 0; d < shapes[s].ndim; d++)
            n *= (size_t)shapes[s].shape[d];
        char *x = malloc(2 * n * (size_t)size);
        fill_random(x, dtype, 2 * n, PLAIN);
        for (size_t t = next_random() % (size_t)step; t < N_OF(texts); t += (size_t)step) {
            const int order = (int)(next_random() % 4);
            int64_t strides[3];
            stride(strides, shapes[s].shape, shapes[s].ndim, size, order);
            evex_array a = evex_array_nd(dtype, x, shapes[s].ndim, shapes[s].shape);
            a.strides = strides;
            if (order == 3)
                a.data = x - strides[0] * (shapes[s].shape[0] - 1);
            check_evaluations(texts[t], &a, names[order]);
        }
        free(x);
    }
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, panels_equal_the_oracle, 0, EVEX_N_REDUCTIONS);
    tcase_add_test(tests, the_place_counts_from_the_leaf);
    tcase_add_loop_test(tests, long_sums_do_not_wrap, 0, 5);
    tcase_add_loop_test(tests, evaluations_equal_the_reference, 0, 15);
}

int main(void) {
    return run_suite("panel", add);
}
