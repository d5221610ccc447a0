/* SPDX-License-Identifier: MIT */
/*
 * Reductions by group, through the public API: against NUMERICS.md's order written out as recursion
 * over leaf numbers, a group at a time, bit for bit; for every number of threads, block length and
 * layout of the arrays; and what is wrong with codes and options.
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

enum { LEAF = 4096, MOST_ROWS = 150000, MOST_GROUPS = 40000 };

/* ---- Data ----------------------------------------------------------------------------------- */

static struct {
    double x[MOST_ROWS];
    float f[MOST_ROWS];
    int64_t k[MOST_ROWS];
    uint8_t b[MOST_ROWS];
    int16_t h[MOST_ROWS];
    uint64_t u[MOST_ROWS];
    int64_t codes[MOST_ROWS];
    int32_t narrow[MOST_ROWS];
} data;

static uint64_t random_state;

static uint64_t random_bits(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

typedef enum { SCATTERED, IN_RUNS, ONE_HOT, N_PATTERNS } pattern;

static int64_t draw_code(pattern how, size_t i, size_t n_rows, size_t n_groups) {
    if (random_bits() % 16 == 0)
        return -1 - (int64_t)(random_bits() % 3);
    switch (how) {
    case SCATTERED:
        return (int64_t)(random_bits() % n_groups);
    case IN_RUNS:
        return (int64_t)(i * n_groups / n_rows);
    default:
        return random_bits() % 8 != 0 ? 0 : (int64_t)(random_bits() % n_groups);
    }
}

static void draw(size_t n_rows, size_t n_groups, pattern how) {
    random_state = 88172645463325252u + n_rows + 7 * n_groups;
    for (size_t i = 0; i < n_rows; i++) {
        data.x[i] = ((double)(random_bits() >> 11) * 0x1p-53 - 0.3) * 1e3;
        data.f[i] = (float)data.x[i] * 0.37f;
        data.k[i] = (int64_t)random_bits();
        data.b[i] = random_bits() % 8 == 0;
        data.h[i] = (int16_t)random_bits();
        data.u[i] = random_bits();
        data.codes[i] = n_groups == 0 ? -1 : draw_code(how, i, n_rows, n_groups);
        data.narrow[i] = (int32_t)data.codes[i];
    }
}

/* ---- The model ------------------------------------------------------------------------------ */

/* What is known of a group's rows in a range of leaves. */
typedef struct {
    uint64_t count;
    double value, mean, m2;
} model;

typedef enum { SUM, PROD, MOMENTS } model_kind;

static model model_merge(model_kind kind, model a, model b) {
    if (a.count == 0 || b.count == 0)
        return a.count == 0 ? b : a;
    model both = {.count = a.count + b.count};
    both.value = kind == PROD ? a.value * b.value : a.value + b.value;
    if (kind == MOMENTS) {
        const double n = (double)a.count + (double)b.count, share = (double)b.count / n;
        const double distance = b.mean - a.mean;
        both.mean = a.mean + distance * share;
        both.m2 = (a.m2 + b.m2) + distance * distance * ((double)a.count * share);
    }
    return both;
}

typedef struct {
    model_kind kind;
    const double *x;
    const uint8_t *mask;
    const int64_t *codes;
    size_t n_rows;
    int64_t group;
} question;

static model model_leaf(const question *q, size_t first) {
    const size_t end = first + LEAF < q->n_rows ? first + LEAF : q->n_rows;
    model leaf = {0};
    double shift = 0, s1 = 0, s2 = 0;
    for (size_t i = first; i < end; i++) {
        if (q->codes[i] != q->group || (q->mask != NULL && q->mask[i] == 0))
            continue;
        const double x = q->x[i];
        if (leaf.count++ == 0) {
            leaf.value = shift = x;
        } else {
            leaf.value = q->kind == PROD ? leaf.value * x : leaf.value + x;
            s1 += x - shift;
            s2 += (x - shift) * (x - shift);
        }
    }
    if (leaf.count > 0) {
        const double offset = s1 / (double)leaf.count;
        leaf.mean = shift + offset;
        leaf.m2 = s2 - s1 * offset < 0 ? 0 : s2 - s1 * offset;
    }
    return leaf;
}

/* Of the 2^level leaves from `leaf` on. */
static model model_range(const question *q, size_t leaf, unsigned level) {
    if (leaf * LEAF >= q->n_rows)
        return (model){0};
    if (level == 0)
        return model_leaf(q, leaf * LEAF);
    return model_merge(q->kind, model_range(q, leaf, level - 1),
                       model_range(q, leaf + ((size_t)1 << (level - 1)), level - 1));
}

static model ask(question q, int64_t group) {
    q.group = group;
    return model_range(&q, 0, 8);
}

/* ---- Evaluating ----------------------------------------------------------------------------- */

static const evex_var vars[] = {
    {"x", EVEX_F64, EVEX_STRONG, 0, 0}, {"f", EVEX_F32, EVEX_STRONG, 0, 0},
    {"k", EVEX_I64, EVEX_STRONG, 0, 0}, {"b", EVEX_BOOL, EVEX_STRONG, 0, 0},
    {"h", EVEX_I16, EVEX_STRONG, 0, 0}, {"u", EVEX_U64, EVEX_STRONG, 0, 0},
};

static const void *memory_of(const char *name) {
    const void *const all[] = {data.x, data.f, data.k, data.b, data.h, data.u};
    for (size_t i = 0; i < COUNT(vars); i++)
        if (strcmp(vars[i].name, name) == 0)
            return all[i];
    return NULL;
}

static evex_expr *compile(const char *source) {
    evex_compile_options options = caps_compile_options();
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr;
    options.grouped = 1;
    evex_compile(&expr, source, strlen(source), vars, COUNT(vars), &options, &error);
    ck_assert_msg(expr != NULL, "%s: %s", source, error.message);
    return expr;
}

typedef struct {
    size_t n_rows, n_groups, threads, block;
    int is_narrow;
} setting;

static evex_eval_options options_of(const setting *s, const evex_array *codes) {
    evex_eval_options options = caps_eval_options();
    options.groups = codes;
    options.n_groups = (int64_t)s->n_groups;
    if (s->threads > 0) {
        options.max_threads = s->threads;
        options.force_threads = 1;
    }
    if (s->block > 0)
        options.block_length = s->block;
    return options;
}

static evex_pool *pool_of_8(void) {
    static evex_pool *pool;
    if (pool == NULL)
        evex_pool_create(&pool, 8, NULL, NULL);
    return pool;
}

enum { MOST_OUTPUTS = 4 };

static uint8_t validity[MOST_OUTPUTS][MOST_ROWS];

/* Evaluates into memory that each output finds fresh; the status. */
static evex_status evaluate(const evex_expr *expr, const setting *s, void *const *results,
                            evex_error *error) {
    size_t n_inputs, n_outputs;
    const evex_var *inputs = evex_expr_inputs(expr, &n_inputs);
    const evex_output *described = evex_expr_outputs(expr, &n_outputs);
    evex_array in[COUNT(vars)], out[MOST_OUTPUTS];
    for (size_t i = 0; i < n_inputs; i++)
        in[i] = evex_array_1d(inputs[i].dtype, memory_of(inputs[i].name), s->n_rows);
    for (size_t i = 0; i < n_outputs; i++)
        out[i] = evex_array_1d(described[i].dtype, results[i],
                               described[i].is_grouped ? s->n_groups : s->n_rows);
    for (size_t i = 0; i < n_outputs; i++)
        out[i].validity = described[i].nullable ? validity[i] : NULL;
    const evex_array codes = s->is_narrow ? evex_array_1d(EVEX_I32, data.narrow, s->n_rows)
                                          : evex_array_1d(EVEX_I64, data.codes, s->n_rows);
    const evex_eval_options options = options_of(s, &codes);
    return evex_eval(expr, pool_of_8(), in, n_inputs, out, n_outputs, &options, error);
}

static void evaluate_well(const evex_expr *expr, const setting *s, void *const *results) {
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_msg(evaluate(expr, s, results, &error) == EVEX_OK, "%s", error.message);
}

static int same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* ---- Order ---------------------------------------------------------------------------------- */

static double results[MOST_OUTPUTS][MOST_ROWS];

static const struct {
    size_t n_rows, n_groups;
    pattern how;
} shapes[] = {
    {1, 1, SCATTERED},        {4095, 3, SCATTERED},      {4096, 3, IN_RUNS},
    {4097, 5, ONE_HOT},       {50000, 10, SCATTERED},    {150000, 7, IN_RUNS},
    {150000, 300, SCATTERED}, {100000, 5000, SCATTERED}, {150000, 40000, SCATTERED},
    {150000, 40000, IN_RUNS}, {120000, 20000, ONE_HOT},  {30000, 2, ONE_HOT},
};

static size_t rows_of(int shape) {
    const size_t n = shapes[shape].n_rows;
    return caps_is_reduced() && n > 4 ? n / 4 : n;
}

static const setting settings[] = {
    {0, 0, 0, 0, 0}, {0, 0, 1, 0, 1}, {0, 0, 2, 16, 0}, {0, 0, 3, 1000, 0},
    {0, 0, 8, 0, 1}, {0, 0, 1, 3, 0}, {0, 0, 4, 1, 0},
};

static void check_sums(const setting *s, int64_t group) {
    question q = {SUM, data.x, NULL, data.codes, s->n_rows, 0};
    const model sum = ask(q, group);
    q.kind = MOMENTS;
    const model moments = ask(q, group);
    q.mask = data.b;
    q.kind = SUM;
    const model masked = ask(q, group);
    const double n = (double)sum.count, below = n - 1 > 0 ? n - 1 : 0;
    const double expected[] = {sum.count > 0 ? sum.value : 0, sum.value / n, moments.m2 / below,
                               masked.count > 0 ? masked.value : 0};
    for (size_t k = 0; k < COUNT(expected); k++)
        ck_assert_msg((sum.count == 0 && k > 0) || same_bits(results[k][group], expected[k]),
                      "output %zu of group %d: %a for %a", k, (int)group, results[k][group],
                      expected[k]);
}

START_TEST(sums_have_the_bits_of_the_order) {
    evex_expr *expr = compile("sum(x), mean(x), var(x, ddof=1), sum(x, where=b)");
    draw(rows_of(_i), shapes[_i].n_groups, shapes[_i].how);
    for (size_t k = 0; k < COUNT(settings); k++) {
        setting s = settings[k];
        s.n_rows = rows_of(_i);
        s.n_groups = shapes[_i].n_groups;
        evaluate_well(expr, &s, (void *[]){results[0], results[1], results[2], results[3]});
        const size_t step = s.n_groups / 60 + 1;
        for (size_t g = k % step; g < s.n_groups; g += step)
            check_sums(&s, (int64_t)g);
    }
    evex_expr_free(&expr);
}
END_TEST

/* ---- Products of complex numbers ------------------------------------------------------------ */

typedef struct {
    double re, im;
    int is_there;
} factor;

static factor multiply(factor a, factor b) {
    if (!a.is_there || !b.is_there)
        return a.is_there ? a : b;
    return (factor){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re, 1};
}

/* Of a group's z in the 2^level leaves from `leaf` on. */
static factor product_of(double (*z)[2], size_t n_rows, int64_t group, size_t leaf,
                         unsigned level) {
    factor all = {0};
    if (leaf * LEAF >= n_rows)
        return all;
    if (level > 0)
        return multiply(product_of(z, n_rows, group, leaf, level - 1),
                        product_of(z, n_rows, group, leaf + ((size_t)1 << (level - 1)), level - 1));
    for (size_t i = leaf * LEAF; i < (leaf + 1) * LEAF && i < n_rows; i++)
        if (data.codes[i] == group)
            all = multiply(all, (factor){z[i][0], z[i][1], 1});
    return all;
}

START_TEST(complex_products_have_the_bits_of_the_order) {
    static double z[MOST_ROWS][2], products[MOST_GROUPS][2];
    static float narrow[MOST_GROUPS][2];
    evex_expr *expr =
        compile("z = exp(complex(0.0, x)); z, prod(z), prod(complex64(where(b, z, 1)))");
    draw(rows_of(_i), shapes[_i].n_groups, shapes[_i].how);
    for (size_t k = 0; k < COUNT(settings); k++) {
        setting s = settings[k];
        s.n_rows = rows_of(_i);
        s.n_groups = shapes[_i].n_groups;
        evaluate_well(expr, &s, (void *[]){z, products, narrow});
        const size_t step = s.n_groups / 60 + 1;
        for (size_t g = k % step; g < s.n_groups; g += step) {
            const factor wanted = product_of(z, s.n_rows, (int64_t)g, 0, 8);
            ck_assert_int_eq(validity[1][g], wanted.is_there);
            ck_assert_msg(!wanted.is_there || (same_bits(products[g][0], wanted.re) &&
                                               same_bits(products[g][1], wanted.im)),
                          "group %zu: %a, %a", g, products[g][0], products[g][1]);
            ck_assert(!wanted.is_there || fabs(hypot(narrow[g][0], narrow[g][1]) - 1) < 1e-3);
        }
    }
    evex_expr_free(&expr);
}
END_TEST

/* ---- What is exact -------------------------------------------------------------------------- */

START_TEST(exact_kinds_have_their_values) {
    static int64_t sum[MOST_GROUPS], count[MOST_GROUPS], first[MOST_GROUPS];
    static double least[MOST_GROUPS];
    evex_expr *expr = compile("sum(h), count(k), argmax(u), min(x)");
    draw(rows_of(_i), shapes[_i].n_groups, shapes[_i].how);
    for (size_t k = 0; k < COUNT(settings); k++) {
        setting s = settings[k];
        s.n_rows = rows_of(_i);
        s.n_groups = shapes[_i].n_groups;
        static int64_t own_sum[MOST_GROUPS], own_count[MOST_GROUPS], own_first[MOST_GROUPS];
        static double own_least[MOST_GROUPS];
        evaluate_well(expr, &s, (void *[]){own_sum, own_count, own_first, own_least});
        memset(sum, 0, sizeof sum);
        memset(count, 0, sizeof count);
        for (size_t i = 0; i < s.n_rows; i++) {
            const int64_t g = data.codes[i];
            if (g < 0)
                continue;
            sum[g] += data.h[i];
            if (count[g] == 0 || data.u[i] > data.u[first[g]])
                first[g] = (int64_t)i;
            if (count[g] == 0 || data.x[i] < least[g])
                least[g] = data.x[i];
            count[g]++;
        }
        for (size_t g = 0; g < s.n_groups; g++) {
            ck_assert_int_eq(own_sum[g], sum[g]);
            ck_assert_int_eq(own_count[g], count[g]);
            ck_assert(count[g] == 0 || own_first[g] == first[g]);
            ck_assert(count[g] == 0 || same_bits(own_least[g], least[g]));
        }
    }
    evex_expr_free(&expr);
}
END_TEST

/* ---- Rows that read their groups ------------------------------------------------------------ */

START_TEST(rows_read_what_their_group_has) {
    static double means[MOST_GROUPS];
    evex_expr *expr = compile("x - mean(x), mean(x)");
    draw(rows_of(_i), shapes[_i].n_groups, shapes[_i].how);
    for (size_t k = 0; k < COUNT(settings); k++) {
        setting s = settings[k];
        s.n_rows = rows_of(_i);
        s.n_groups = shapes[_i].n_groups;
        evaluate_well(expr, &s, (void *[]){results[0], means});
        for (size_t i = 0; i < s.n_rows; i++)
            ck_assert(data.codes[i] < 0
                          ? !validity[0][i]
                          : validity[0][i] &&
                                same_bits(results[0][i], data.x[i] - means[data.codes[i]]));
    }
    evex_expr_free(&expr);
}
END_TEST

START_TEST(groups_without_rows) {
    evex_expr *expr = compile("count(), sum(x), prod(h)");
    const setting s = {.n_rows = 0, .n_groups = 3}, none = {.n_rows = 100, .n_groups = 0};
    int64_t counts[] = {7, 7, 7}, products[3];
    double sums[] = {7, 7, 7};
    draw(100, 0, SCATTERED);
    evaluate_well(expr, &s, (void *[]){counts, sums, products});
    for (size_t g = 0; g < 3; g++)
        ck_assert(counts[g] == 0 && !validity[1][g] && !validity[2][g]);
    evaluate_well(expr, &none, (void *[]){counts, sums, products});
    evex_expr_free(&expr);
}
END_TEST

/* ---- What is wrong -------------------------------------------------------------------------- */

START_TEST(a_code_beyond_the_last_group_is_an_error) {
    evex_expr *expr = compile("x - mean(x)");
    draw(100000, 50, SCATTERED);
    data.codes[77777] = data.codes[4242] = 50;
    data.codes[99999] = INT64_MAX;
    for (size_t k = 0; k < COUNT(settings); k++) {
        setting s = settings[k];
        s.n_rows = 100000;
        s.n_groups = 50;
        s.is_narrow = 0;
        evex_error error = EVEX_ERROR_INIT;
        ck_assert_int_eq(evaluate(expr, &s, (void *[]){results[0]}, &error), EVEX_OUT_OF_RANGE);
        ck_assert_int_eq(error.index, 4242);
        ck_assert_str_eq(error.message, "the code of row 4242 is beyond the last of 50 groups");
    }
    evex_expr_free(&expr);
}
END_TEST

START_TEST(options_that_do_not_fit) {
    evex_expr *expr = compile("sum(x)");
    double sum[2];
    draw(10, 2, SCATTERED);
    const evex_array x = evex_array_1d(EVEX_F64, data.x, 10);
    evex_array out = evex_array_1d(EVEX_F64, sum, 2);
    out.validity = validity[0];
    evex_eval_options options = caps_eval_options();
    evex_array codes = evex_array_1d(EVEX_I64, data.codes, 10);
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_eval(expr, NULL, &x, 1, &out, 1, &options, &error),
                     EVEX_INVALID_ARGUMENT);
    options.groups = &codes;
    options.n_groups = -1;
    ck_assert_int_eq(evex_eval(expr, NULL, &x, 1, &out, 1, &options, &error), EVEX_OUT_OF_RANGE);
    options.n_groups = 3;
    ck_assert_int_eq(evex_eval(expr, NULL, &x, 1, &out, 1, &options, &error), EVEX_BAD_SHAPE);
    options.n_groups = 2;
    codes.dtype = EVEX_F64;
    ck_assert_int_eq(evex_eval(expr, NULL, &x, 1, &out, 1, &options, &error), EVEX_BAD_TYPE);
    codes = evex_array_1d(EVEX_I64, data.codes, 9);
    ck_assert_int_eq(evex_eval(expr, NULL, &x, 1, &out, 1, &options, &error), EVEX_BAD_SHAPE);
    codes = evex_array_1d(EVEX_I64, NULL, 10);
    ck_assert_int_eq(evex_eval(expr, NULL, &x, 1, &out, 1, &options, &error),
                     EVEX_INVALID_ARGUMENT);
    codes.data = data.codes;
    options.max_memory = 16;
    ck_assert_int_eq(evex_eval(expr, NULL, &x, 1, &out, 1, &options, &error), EVEX_LIMIT_MEMORY);
    options.max_memory = 1 << 20;
    ck_assert_int_eq(evex_eval(expr, NULL, &x, 1, &out, 1, &options, &error), EVEX_OK);
    evex_expr_free(&expr);
}
END_TEST

START_TEST(shapes_and_broadcasting) {
    evex_expr *expr = compile("sum(x), x / max(x), count()");
    const int64_t shape[] = {3, 4};
    const double x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const int32_t by_column[] = {1, 0, 1, -1};
    evex_result described[3];
    const evex_array in = evex_array_nd(EVEX_F64, x, 2, shape);
    ck_assert_int_eq(evex_result_shape(expr, &in, 1, described, NULL, NULL), EVEX_OK);
    ck_assert(described[0].ndim == 1 && described[0].shape[0] == -1);
    ck_assert(described[1].ndim == 2 && described[1].shape[1] == 4);
    double sum[2], ratio[12];
    int64_t count[2];
    evex_array out[] = {evex_array_1d(EVEX_F64, sum, 2), evex_array_nd(EVEX_F64, ratio, 2, shape),
                        evex_array_1d(EVEX_I64, count, 2)};
    out[0].validity = validity[0];
    out[1].validity = validity[1];
    const evex_array codes = evex_array_1d(EVEX_I32, by_column, 4);
    evex_eval_options options = caps_eval_options();
    options.groups = &codes;
    options.n_groups = 2;
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_msg(evex_eval(expr, NULL, &in, 1, out, 3, &options, &error) == EVEX_OK, "%s",
                  error.message);
    ck_assert(sum[0] == 18 && sum[1] == 36 && count[0] == 3 && count[1] == 6);
    ck_assert(validity[0][0] && validity[0][1] && validity[1][0] && !validity[1][3]);
    ck_assert(ratio[0] == 1.0 / 11 && ratio[5] == 6.0 / 10 && ratio[10] == 1);
    evex_expr_free(&expr);
}
END_TEST

/* ---- Memory that runs out ------------------------------------------------------------------- */

static const struct {
    const char *text;
    size_t n_groups;
} hungry[] = {{"x - mean(x) + sum(h, where=b)", 7},
              {"(x - mean(x)) / std(x)", 9000},
              {"max(k) - min(k), x * (sum(x) + 1) * sum(x)", 3}};

static evex_status compile_and_evaluate(const evex_allocator *allocator, size_t row,
                                        double *result) {
    evex_compile_options options = caps_compile_options();
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr;
    options.grouped = 1;
    options.allocator = allocator;
    const setting s = {.n_rows = 20000, .n_groups = hungry[row].n_groups, .threads = 2};
    evex_compile(&expr, hungry[row].text, strlen(hungry[row].text), vars, COUNT(vars), &options,
                 &error);
    if (expr != NULL) {
        size_t n_outputs;
        evex_expr_outputs(expr, &n_outputs);
        evaluate(expr, &s, (void *[]){n_outputs == 1 ? result : results[1], result}, &error);
    }
    evex_expr_free(&expr);
    return error.status;
}

START_TEST(running_out_of_memory_is_an_error) {
    static double wanted[20000], got[20000];
    const size_t row = (size_t)_i % COUNT(hungry);
    draw(20000, hungry[row].n_groups, SCATTERED);
    ck_assert_int_eq(compile_and_evaluate(NULL, row, wanted), EVEX_OK);
    evex_status status = EVEX_NO_MEMORY;
    for (long k = 1; status != EVEX_OK; k++) {
        failing_allocator memory;
        ck_assert_int_lt(k, 500);
        failing_allocator_init(&memory, k, (size_t)_i >= COUNT(hungry));
        status = compile_and_evaluate(&memory.allocator, row, got);
        ck_assert(status == EVEX_OK || status == EVEX_NO_MEMORY);
        ck_assert_int_eq(atomic_load(&memory.n_outstanding), 0);
    }
    for (size_t i = 0; i < 20000; i++)
        ck_assert(data.codes[i] < 0 || same_bits(wanted[i], got[i]));
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_loop_test(tests, running_out_of_memory_is_an_error, 0, 2 * COUNT(hungry));
    tcase_add_loop_test(tests, sums_have_the_bits_of_the_order, 0, COUNT(shapes));
    tcase_add_loop_test(tests, complex_products_have_the_bits_of_the_order, 0, COUNT(shapes));
    tcase_add_loop_test(tests, exact_kinds_have_their_values, 0, COUNT(shapes));
    tcase_add_loop_test(tests, rows_read_what_their_group_has, 0, COUNT(shapes));
    tcase_add_test(tests, groups_without_rows);
    tcase_add_test(tests, a_code_beyond_the_last_group_is_an_error);
    tcase_add_test(tests, options_that_do_not_fit);
    tcase_add_test(tests, shapes_and_broadcasting);
}

int main(void) {
    return run_suite("groups", add_tests);
}
