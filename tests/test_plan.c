/* SPDX-License-Identifier: MIT */
/*
 * Plans: which sinks share a pass, how dimensions are ordered, dropped and merged, how arrays are
 * brought to blocks, and what chunks and tiles come out. Each case is an expression, the layout of
 * its inputs and what the plan must be.
 */
#include "eval/plan.h"

#include "tests/eval_fixture.h"
#include "tests/suite.h"

static const evex_var vars[3] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                                 {"b", EVEX_F64, EVEX_STRONG, 0, 0},
                                 {"c", EVEX_F64, EVEX_STRONG, 0, 0}};
static _Alignas(64) double memory[1 << 16];

/* A bound and planned expression; give its arena back with unplan. */
typedef struct {
    evex_expr *expr;
    evex_arena arena;
    evex_binding binding;
    evex_array out[4];
    evex_result results[4];
} planned;

static void plan(planned *p, const char *text, const evex_array *in, size_t n_in,
                 const evex_eval_options *options, size_t n_threads) {
    p->expr = expr_of(text, vars, n_in, EVEX_ISA_BEST);
    size_t n_out;
    evex_expr_outputs(p->expr, &n_out);
    ck_assert_int_eq(evex_result_shape(p->expr, in, n_in, p->results, NULL, NULL), EVEX_OK);
    double *place = memory + 32768;
    for (size_t k = 0; k < n_out; k++) {
        p->out[k] =
            evex_array_nd(p->results[k].dtype, place, p->results[k].ndim, p->results[k].shape);
        place += shape_size(p->results[k].ndim, p->results[k].shape) + 1;
    }
    evex_arena_init(&p->arena, &evex_system_allocator, NULL, 0);
    ck_assert_int_eq(evex_bind_inputs(&p->binding, p->expr, &p->arena, in, n_in, 1, NULL), EVEX_OK);
    ck_assert_int_eq(evex_bind_scalars(&p->binding), EVEX_OK);
    ck_assert_int_eq(evex_bind_outputs(&p->binding, p->out, n_out, options), EVEX_OK);
    ck_assert_int_eq(evex_plan_passes(&p->binding), EVEX_OK);
    ck_assert_int_eq(evex_plan_overlap(&p->binding), EVEX_OK);
    evex_pool *pool;
    ck_assert_int_eq(evex_pool_create(&pool, n_threads, NULL, NULL), EVEX_OK);
    ck_assert_int_eq(evex_plan_layout(&p->binding, options, pool), EVEX_OK);
    evex_pool_free(&pool);
}

static void unplan(planned *p) {
    evex_arena_free(&p->arena);
    evex_expr_free(&p->expr);
}

static const evex_eval_options default_options = EVEX_EVAL_OPTIONS_INIT;

/* ---- Passes --------------------------------------------------------------------------------- */

START_TEST(sinks_share_passes) {
    static const struct {
        const char *text;
        uint32_t n_passes;
        size_t n_reductions_first;
    } rows[] = {
        {"a + b", 1, 0},
        {"p = a + b, q = a*b", 1, 0},
        {"sum(a), min(a), max(a*b)", 1, 3},
        {"p = sum(a), q = a + b", 1, 1},
        {"sum(a), sum(a, axis=0)", 2, 1},
        {"sum(a, axis=0), max(b, axis=0)", 1, 2},
        {"sum(a, axis=0), sum(a, axis=-2)", 1, 2},
        {"sum(a, axis=0), sum(a, axis=1)", 2, 1},
        {"(a - mean(a))/std(a) + b", 2, 2},
        {"a - mean(a, axis=0) + b", 2, 1},
    };
    const int64_t shape[2] = {6, 5};
    const evex_array in[2] = {evex_array_nd(EVEX_F64, memory, 2, shape),
                              evex_array_nd(EVEX_F64, memory + 30, 2, shape)};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        planned p;
        const size_t n_in = strchr(rows[k].text, 'b') != NULL ? 2 : 1;
        plan(&p, rows[k].text, in, n_in, &default_options, 1);
        ck_assert_msg(p.binding.n_passes == rows[k].n_passes, "%s: %u", rows[k].text,
                      p.binding.n_passes);
        ck_assert_uint_eq(p.binding.passes[0].n_reductions, rows[k].n_reductions_first);
        unplan(&p);
    }
}
END_TEST

/* A pass runs no instruction that its sinks do not need, and what depends on scalars only once. */
START_TEST(passes_run_what_they_need) {
    const int64_t shape[1] = {100};
    const evex_array in[3] = {evex_array_nd(EVEX_F64, memory, 1, shape),
                              evex_array_0d(EVEX_F64, memory),
                              evex_array_nd(EVEX_F64, memory, 0, shape)};
    planned p;
    plan(&p, "a*exp(b + c)", in, 3, &default_options, 1);
    ck_assert_uint_eq(p.binding.passes[0].n_insns, 3);
    ck_assert_uint_eq(p.binding.passes[0].n_calls, 1);
    ck_assert_uint_eq(p.binding.passes[0].n_ports, 2);
    unplan(&p);
    plan(&p, "p = sum(exp(a)), q = b + c", in, 3, &default_options, 1);
    ck_assert_uint_eq(p.binding.n_passes, 2);
    ck_assert_uint_eq(p.binding.passes[0].n_insns, 1);
    ck_assert_uint_eq(p.binding.passes[1].n_insns, 1);
    unplan(&p);
}
END_TEST

/* ---- Boxes ---------------------------------------------------------------------------------- */

static evex_array strided(int32_t ndim, const int64_t *shape, const int64_t *strides) {
    return (evex_array){
        .data = memory, .dtype = EVEX_F64, .ndim = ndim, .shape = shape, .strides = strides};
}

START_TEST(contiguous_arrays_become_one_row) {
    const int64_t shape[4] = {3, 1, 4, 5};
    const evex_array in[2] = {evex_array_nd(EVEX_F64, memory, 4, shape),
                              evex_array_nd(EVEX_F64, memory + 100, 4, shape)};
    planned p;
    plan(&p, "a + b", in, 2, &default_options, 1);
    const evex_pass *pass = &p.binding.passes[0];
    ck_assert_int_eq(pass->n_dims, 1);
    ck_assert_int_eq(pass->lengths[0], 60);
    for (size_t k = 0; k < 3; k++)
        ck_assert(pass->ports[k].is_in_place);
    unplan(&p);
}
END_TEST

START_TEST(broadcasting_keeps_rows) {
    const int64_t shape[2] = {8, 200}, row[1] = {200}, column[2] = {8, 1};
    const evex_array in[3] = {evex_array_nd(EVEX_F64, memory, 2, shape),
                              evex_array_nd(EVEX_F64, memory, 1, row),
                              evex_array_nd(EVEX_F64, memory, 2, column)};
    planned p;
    plan(&p, "a + b*c", in, 3, &default_options, 1);
    const evex_pass *pass = &p.binding.passes[0];
    ck_assert_int_eq(pass->n_dims, 2);
    ck_assert(pass->is_row_by_row);
    ck_assert(pass->ports[0].is_in_place && pass->ports[1].is_in_place);
    ck_assert(pass->ports[2].is_splat && !pass->ports[2].is_in_place);
    unplan(&p);
}
END_TEST

/* Short rows go several to a block, so what is not contiguous as a whole is gathered. */
START_TEST(short_rows_are_gathered) {
    const int64_t shape[2] = {200, 8}, row[1] = {8};
    const evex_array in[2] = {evex_array_nd(EVEX_F64, memory, 2, shape),
                              evex_array_nd(EVEX_F64, memory, 1, row)};
    planned p;
    plan(&p, "a + b", in, 2, &default_options, 1);
    const evex_pass *pass = &p.binding.passes[0];
    ck_assert(!pass->is_row_by_row);
    ck_assert(pass->ports[0].is_in_place && !pass->ports[1].is_in_place);
    unplan(&p);
}
END_TEST

/* Elementwise results are the same in any order: it is that of most arrays, or the output's. */
START_TEST(elementwise_order_follows_memory) {
    const int64_t shape[2] = {20, 30}, f_strides[2] = {8, 160}, c_strides[2] = {240, 8};
    static const struct {
        int a_is_f, b_is_f, out_is_f, n_in, rows_of;
    } rows[] = {{0, 0, 0, 1, 600}, {1, 0, 0, 1, 30}, {1, 0, 1, 1, 600}, {0, 0, 1, 1, 20},
                {1, 1, 0, 2, 20},  {1, 0, 0, 2, 30}, {1, 1, 1, 2, 600}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const evex_array in[2] = {strided(2, shape, rows[k].a_is_f ? f_strides : c_strides),
                                  strided(2, shape, rows[k].b_is_f ? f_strides : c_strides)};
        evex_array out = strided(2, shape, rows[k].out_is_f ? f_strides : c_strides);
        out.data = memory + 1000;
        planned p = {.expr =
                         expr_of(rows[k].n_in == 1 ? "a + 1" : "a + b", vars, 2, EVEX_ISA_BEST)};
        evex_binding *binding = &p.binding;
        evex_arena_init(&p.arena, &evex_system_allocator, NULL, 0);
        ck_assert_int_eq(
            evex_bind_inputs(binding, p.expr, &p.arena, in, (size_t)rows[k].n_in, 1, NULL),
            EVEX_OK);
        ck_assert_int_eq(evex_bind_outputs(binding, &out, 1, &default_options), EVEX_OK);
        ck_assert_int_eq(evex_plan_passes(binding), EVEX_OK);
        ck_assert_int_eq(evex_plan_layout(binding, &default_options, NULL), EVEX_OK);
        const evex_pass *pass = &binding->passes[0];
        ck_assert_msg(pass->lengths[pass->n_dims - 1] == rows[k].rows_of, "case %zu: rows of %d", k,
                      (int)pass->lengths[pass->n_dims - 1]);
        unplan(&p);
    }
}
END_TEST

/* NUMERICS.md: F order when every operand of more than one long dimension is F-contiguous; results
 * that are indexes, and other reductions beside them, are not touched by that. */
START_TEST(reductions_number_elements_by_layout) {
    const int64_t shape[2] = {20, 30}, f_strides[2] = {8, 160}, row[1] = {30};
    const evex_array f = strided(2, shape, f_strides),
                     c = evex_array_nd(EVEX_F64, memory, 2, shape),
                     v = evex_array_nd(EVEX_F64, memory, 1, row);
    static const struct {
        const char *text;
        int second; /* 0: f, 1: c, 2: v */
        uint32_t n_passes;
        int first_is_f;
    } rows[] = {{"sum(a + b)", 0, 1, 1},
                {"sum(a + b)", 1, 1, 0},
                {"sum(a + b)", 2, 1, 1},
                {"argmin(a + b)", 0, 1, 0},
                {"sum(a + b), argmin(a + b)", 0, 2, 1},
                {"sum(a), sum(a + b)", 1, 2, 1}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const evex_array in[2] = {f, rows[k].second == 0 ? f : rows[k].second == 1 ? c : v};
        planned p;
        plan(&p, rows[k].text, in, 2, &default_options, 1);
        ck_assert_msg(p.binding.n_passes == rows[k].n_passes, "%s", rows[k].text);
        ck_assert_msg(p.binding.passes[0].is_f_order == rows[k].first_is_f, "%s", rows[k].text);
        unplan(&p);
    }
}
END_TEST

/* ---- Reductions along axes ------------------------------------------------------------------ */

/* `ref` reduces everything block by block. */
static int has_panels(const planned *p) {
    return p->expr->kernels->panels != NULL;
}

START_TEST(axes_become_outer_rows_and_columns) {
    static const struct {
        int64_t shape[3];
        const char *text;
        int64_t n_outer, n_rows, n_columns;
        int is_panel;
    } rows[] = {
        {{10, 20, 30}, "sum(a, axis=0)", 1, 10, 600, 0},
        {{10, 20, 30}, "sum(a, axis=1)", 10, 20, 30, 0},
        {{10, 20, 600}, "max(a * a, axis=2)", 200, 600, 1, 0},
        {{10, 20, 30}, "sum(a * a, axis=2)", 1, 30, 200, 0}, /* few rows: results side by side */
        {{10, 20, 600}, "sum(a, axis=2)", 1, 600, 200, 1},   /* in place: up to a leaf of rows */
        {{2, 10, 5000}, "sum(a, axis=2)", 20, 5000, 1, 0},
        {{10, 20, 30}, "sum(a, axis=(0, 2))", 1, 300, 20, 0},
        {{10, 1, 30}, "sum(a, axis=1)", 1, 1, 300, 0},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const evex_array in = evex_array_nd(EVEX_F64, memory, 3, rows[k].shape);
        planned p;
        plan(&p, rows[k].text, &in, 1, &default_options, 1);
        const evex_pass *pass = &p.binding.passes[0];
        if (!rows[k].is_panel || has_panels(&p)) {
            ck_assert_int_eq(pass->n_outer, rows[k].n_outer);
            ck_assert_int_eq(pass->n_rows, rows[k].n_rows);
            ck_assert_int_eq(pass->n_columns, rows[k].n_columns);
        }
        unplan(&p);
    }
}
END_TEST

/* The accumulators of a tile stay small, tiles are even, and they cover the columns. */
START_TEST(tiles_fit_the_cache) {
    const int64_t shape[2] = {20, 10000};
    const evex_array in = evex_array_nd(EVEX_F64, memory, 2, shape);
    planned p;
    plan(&p, "var(a * a, axis=0)", &in, 1, &default_options, 1);
    const evex_pass *pass = &p.binding.passes[0];
    ck_assert_int_gt(pass->n_tiles, 1);
    ck_assert_int_ge(pass->tile * pass->n_tiles, 10000);
    ck_assert_int_lt(pass->tile * (pass->n_tiles - 1), 10000);
    ck_assert_uint_le(evex_leaf_bytes(&p.expr->reducers[0], (size_t)pass->tile), 512 << 10);
    unplan(&p);
}
END_TEST

/* A reduction that only reads arrays does so in place, if rows or columns are adjacent or few. */
START_TEST(panels_are_found) {
    enum { IF_FUSED = 2 };
    static const struct {
        const char *text;
        int64_t step; /* elements from one to the next along the last dimension */
        int is_panel;
    } rows[] = {
        {"sum(a)", 1, 1},
        {"sum(a), max(a)", 1, 0}, /* many rows: better block by block */
        {"sum(a)", 2, 0},
        {"max(a * a, axis=0)", 1, 0},
        {"sum(a * a, axis=0)", 1, IF_FUSED},
        {"sum(a * a, axis=1)", 1, IF_FUSED},
        {"sum(a * a, axis=0)", 2, 0},
        {"sum(a * 2, axis=0)", 1, 0},
        {"sum(a * a)", 1, 0},
        {"sum(a, axis=0, where=a > 0)", 1, 0},
        {"count(a > 0, axis=0)", 1, 0},
        {"sum(a, axis=0), max(a, axis=0)", 1, 1},
        {"std(a, axis=1)", 1, 1},
        {"std(a, axis=1)", 2, 0},
        {"std(a, axis=0)", 2, 1}, /* 50 rows */
        {"a - mean(a)", 1, 1},
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const int64_t shape[2] = {50, 400}, strides[2] = {800 * 8, rows[k].step * 8};
        evex_array in = evex_array_nd(EVEX_F64, memory, 2, shape);
        in.strides = rows[k].step == 1 ? NULL : strides;
        planned p;
        plan(&p, rows[k].text, &in, 1, &default_options, 1);
        const int is_possible = rows[k].is_panel == IF_FUSED ? p.expr->fused_sums[0].panels != NULL
                                                             : rows[k].is_panel && has_panels(&p);
        ck_assert_msg(p.binding.passes[0].is_panel == is_possible, "%s, step %d", rows[k].text,
                      (int)rows[k].step);
        unplan(&p);
    }
}
END_TEST

/* ---- Blocks, chunks, workers ---------------------------------------------------------------- */

START_TEST(blocks_fit_the_cache) {
    const evex_array in[2] = {evex_array_1d(EVEX_F64, memory, 30000),
                              evex_array_1d(EVEX_F64, memory, 30000)};
    planned p;
    plan(&p, "2*a + 3*b", in, 2, &default_options, 1);
    const evex_pass *pass = &p.binding.passes[0];
    ck_assert_uint_eq(pass->block_length % 64, 0);
    ck_assert_uint_ge(pass->block_length, 64);
    ck_assert_uint_le(pass->block_length * 2 * sizeof(double), 24 << 10);
    unplan(&p);
    evex_eval_options options = default_options;
    options.block_length = 3;
    plan(&p, "2*a + 3*b", in, 2, &options, 1);
    ck_assert_uint_eq(p.binding.passes[0].block_length, 3);
    unplan(&p);
}
END_TEST

/* What is read in place, is not contiguous or is small stays in the caches; else all blocks but the
 * first begin on a line. */
START_TEST(large_outputs_go_past_the_caches) {
    const int64_t shape[2] = {10, 300}, f_strides[2] = {8, 80};
    const evex_array in = evex_array_1d(EVEX_F64, memory, 3000), f = strided(2, shape, f_strides),
                     c = evex_array_nd(EVEX_F64, memory, 2, shape);
    evex_eval_options options = default_options;
    planned p;
    plan(&p, "a + 1", &in, 1, &options, 1);
    ck_assert(p.binding.passes[0].ports[1].is_in_place);
    unplan(&p);
    options.store = EVEX_STORE_PAST_CACHES;
    plan(&p, "a + 1", &in, 1, &options, 1);
    const evex_pass *pass = &p.binding.passes[0];
    const uintptr_t first = (uintptr_t)pass->ports[1].view->data +
                            (pass->block_length - (size_t)pass->lead) * sizeof(double);
    ck_assert(pass->ports[1].is_past_caches && first % EVEX_CACHE_LINE == 0);
    ck_assert_int_lt(pass->lead, (int64_t)pass->block_length);
    unplan(&p);
    plan(&p, "a + b", (const evex_array[]){f, c}, 2, &options, 1);
    ck_assert(p.binding.passes[0].ports[2].is_past_caches);
    unplan(&p);
    const evex_array same = evex_array_1d(EVEX_F64, memory + 32768, 3000);
    plan(&p, "a + 1", &same, 1, &options, 1);
    ck_assert(!p.binding.passes[0].ports[1].is_past_caches);
    unplan(&p);
}
END_TEST

START_TEST(small_jobs_run_alone) {
    const evex_array few = evex_array_1d(EVEX_F64, memory, 1000),
                     many = evex_array_1d(EVEX_F64, memory, 30000);
    planned p;
    plan(&p, "a + 1", &few, 1, &default_options, 8);
    ck_assert_uint_eq(p.binding.passes[0].n_workers, 1);
    unplan(&p);
    plan(&p, "lgamma(a) + gamma(a) + lgamma(1 + a*a)", &many, 1, &default_options, 8);
    ck_assert_uint_gt(p.binding.passes[0].n_workers, 1);
    unplan(&p);
}
END_TEST

/* Chunks of reductions are aligned powers of two of leaves, whoever runs them. */
START_TEST(chunks_are_aligned) {
    const evex_array in = evex_array_1d(EVEX_F64, memory, 30000);
    evex_eval_options options = default_options;
    for (size_t n_threads = 1; n_threads <= 8; n_threads++) {
        options.force_threads = n_threads > 1;
        planned p;
        plan(&p, "sum(a)", &in, 1, &options, n_threads);
        const evex_pass *pass = &p.binding.passes[0];
        ck_assert(pass->n_chunks == 1 || pass->chunk_rows == (int64_t)EVEX_LEAF
                                                                 << pass->chunk_level);
        ck_assert_int_ge(pass->chunk_rows * pass->n_chunks, 30000);
        ck_assert_uint_le(pass->n_workers, n_threads);
        unplan(&p);
    }
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, sinks_share_passes);
    tcase_add_test(tests, passes_run_what_they_need);
    tcase_add_test(tests, contiguous_arrays_become_one_row);
    tcase_add_test(tests, broadcasting_keeps_rows);
    tcase_add_test(tests, short_rows_are_gathered);
    tcase_add_test(tests, elementwise_order_follows_memory);
    tcase_add_test(tests, reductions_number_elements_by_layout);
    tcase_add_test(tests, axes_become_outer_rows_and_columns);
    tcase_add_test(tests, tiles_fit_the_cache);
    tcase_add_test(tests, panels_are_found);
    tcase_add_test(tests, blocks_fit_the_cache);
    tcase_add_test(tests, large_outputs_go_past_the_caches);
    tcase_add_test(tests, small_jobs_run_alone);
    tcase_add_test(tests, chunks_are_aligned);
}

int main(void) {
    return run_suite("plan", add_tests);
}
