/* SPDX-License-Identifier: MIT */
/*
 * Pairs of instructions run as one: each pair's kernel against the definitions of its two
 * operations, which pairs a program gets, and that fused programs give what unfused ones do where
 * that is delicate: operands that are scalars only at run time, outputs that are inputs.
 */
#include "eval/fuse.h"

#include "eval/expr.h"
#include "eval/kernels.h"

#include "tests/eval_fixture.h"
#include "tests/suite.h"

/* ---- Kernels -------------------------------------------------------------------------------- */

typedef struct {
    evex_op first, second;
    uint32_t place;
} pair_row;

static const pair_row rows[] = {
#define BOTH EVEX_PAIR_BOTH
#define PAIR(first, second, place, word) {EVEX_OP_##first, EVEX_OP_##second, place},
#include "eval/pairs.def"
};

enum { N_ROWS = sizeof rows / sizeof *rows, MAX_N = 67, N_VALUES = 14 };

static const double values[N_VALUES] = {
    0.0, -0.0, 1, -1, 3.75, INFINITY, -INFINITY, NAN, 0.1, -1e300, 1e300, 4.9406565e-38, 1e-3, 7};

typedef union {
    _Alignas(EVEX_SPLAT_BYTES) double f64[MAX_N + 1];
    float f32[MAX_N + 1];
    uint8_t bytes[(MAX_N + 1) * sizeof(double)];
} block;

static void fill(block *to, evex_dtype dtype, size_t seed, int is_scalar) {
    for (size_t i = 0; i <= MAX_N; i++) {
        const double x = values[(is_scalar ? seed : i * (seed + 1) + seed) % N_VALUES];
        if (dtype == EVEX_F64)
            to->f64[i] = x;
        else
            to->f32[i] = (float)x;
    }
}

/* What the two instructions make, one after the other. */
static void run_apart(const pair_row *row, evex_dtype dtype, const evex_operand *src, block *result,
                      size_t n) {
    const size_t n_first = evex_op_infos[row->first].arity;
    const size_t n_second = evex_op_infos[row->second].arity;
    block between, of_other;
    evex_operand operands[3] = {{&between, 1}, {&of_other, 1}};
    evex_definition(row->first, dtype, dtype)((void *[]){&between}, src, n, NULL);
    if (row->place == EVEX_PAIR_BOTH)
        evex_definition(row->first, dtype, dtype)((void *[]){&of_other}, src + n_first, n, NULL);
    for (size_t k = 0, other = n_first; row->place != EVEX_PAIR_BOTH && k < n_second; k++)
        operands[k] = k == row->place ? (evex_operand){&between, 1} : src[other++];
    evex_definition(row->second, dtype, dtype)((void *[]){result}, operands, n, NULL);
}

static void assert_same(const block *a, const block *b, evex_dtype dtype, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const double x = dtype == EVEX_F64 ? a->f64[i] : (double)a->f32[i];
        const double y = dtype == EVEX_F64 ? b->f64[i] : (double)b->f32[i];
        ck_assert_msg((x != x && y != y) || memcmp(&x, &y, sizeof x) == 0, "element %zu: %a, %a", i,
                      x, y);
    }
}

/* forms: bit k makes operand k a scalar. in_place: the result's block is that operand's, or 4. */
static void try_kernel(evex_kernel kernel, const pair_row *row, evex_dtype dtype, unsigned forms,
                       size_t n, size_t in_place) {
    block operands[EVEX_MAX_PAIR_OPERANDS], expected, result;
    evex_operand src[EVEX_MAX_PAIR_OPERANDS];
    for (size_t k = 0; k < EVEX_MAX_PAIR_OPERANDS; k++) {
        const int is_scalar = forms >> k & 1;
        fill(&operands[k], dtype, k + 2, is_scalar);
        src[k] = (evex_operand){&operands[k], !is_scalar};
    }
    run_apart(row, dtype, src, &expected, n);
    block *out = in_place < EVEX_MAX_PAIR_OPERANDS ? &operands[in_place] : &result;
    const size_t end = n * evex_dtype_size(dtype);
    out->bytes[end] = 77;
    const uint8_t behind = out->bytes[end];
    kernel((void *[]){out}, src, n, NULL);
    ck_assert_uint_eq(out->bytes[end], behind);
    assert_same(out, &expected, dtype, n);
}

static void try_forms(evex_kernel kernel, const pair_row *row, evex_dtype dtype, size_t n) {
    const unsigned n_first = evex_op_infos[row->first].arity;
    const unsigned n_operands = row->place == EVEX_PAIR_BOTH
                                    ? 2 * n_first
                                    : n_first + evex_op_infos[row->second].arity - 1u;
    for (unsigned forms = 0; forms < 1u << n_operands; forms++) {
        try_kernel(kernel, row, dtype, forms, n, EVEX_MAX_PAIR_OPERANDS);
        for (size_t k = 0; k < n_operands; k++)
            if ((forms >> k & 1) == 0)
                try_kernel(kernel, row, dtype, forms, n, k);
    }
}

START_TEST(kernels_give_what_two_instructions_do) {
    size_t n_tables;
    const evex_kernel_table *const *tables = evex_kernels_all(&n_tables);
    for (size_t t = 0; t < n_tables; t++) {
        if (tables[t]->pairs == NULL)
            continue;
        for (size_t n = 0; n <= MAX_N; n += n < 20 ? 1 : 11) {
            try_forms(tables[t]->pairs[_i][EVEX_F64], &rows[_i], EVEX_F64, n);
            try_forms(tables[t]->pairs[_i][EVEX_F32], &rows[_i], EVEX_F32, n);
        }
    }
}
END_TEST

/* ---- Which pairs ---------------------------------------------------------------------------- */

static const struct {
    const char *source;
    unsigned n_pairs, n_both;
} programs[] = {
    {"2*a + 3*b", 1, 1},
    {"((0.25*a + 0.75)*a - 1.5)*a - 2", 3, 0},
    {"a*a + b*b", 1, 1},
    {"a**2 + b**2 + 2*a*b", 2, 1},
    {"a*b - (a + 1)*(b + 1)", 2, 0},
    {"t = a*b; t + a*2, t", 1, 0},
    {"a*a + a*b", 1, 1},
    {"a*b + a**2", 1, 0},
    {"(a - b)**2", 1, 0},
    {"where(a > b, a, b)", 1, 0},
    {"where(a > b, 1, where(a <= 0, b, 2))", 2, 0},
    {"a + b", 0, 0},
    {"a*b", 0, 0},
    /* The product is read twice. */
    {"t = a*b; t + t", 0, 0},
    {"t = a*b; t + a, t - b", 0, 0},
    /* A result is stored by its own instruction. */
    {"t = a*b; t, t + a", 0, 0},
    /* The comparison's type is not that of what it chooses from. */
    {"where(c > 0, a, b)", 0, 0},
    {"c*c + c", 0, 0},
    /* Reductions read blocks. */
    {"sum(a*b + 1)", 1, 0},
    {"t = a*b; sum(t), sum(t + 1)", 0, 0},
    /* The root takes the register of one quotient before the sum would read it. */
    {"(a/b)*(b/a) + sqrt(b)", 0, 0},
    /* An output, which may be the memory of a, is written between the two. */
    {"a*2, a*3 + b", 1, 0},
};

static const evex_var vars[] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                                {"b", EVEX_F64, EVEX_STRONG, 0, 0},
                                {"c", EVEX_I32, EVEX_STRONG, 0, 0}};

START_TEST(chosen_pairs) {
    evex_expr *expr = expr_of(programs[_i].source, vars, 3, EVEX_ISA_BEST);
    unsigned n_pairs = 0, n_both = 0, n_absorbed = 0;
    for (uint32_t i = 0; i < expr->program->n_insns; i++) {
        n_pairs += expr->links[i].pair != NULL;
        n_both += expr->links[i].pair != NULL && expr->links[i].pair->has_both;
        n_absorbed += expr->links[i].is_absorbed;
    }
    if (expr->kernels->pairs != NULL && !caps_compile_options().no_optimise)
        ck_assert_msg(n_pairs == programs[_i].n_pairs && n_both == programs[_i].n_both,
                      "%s: %u pairs, %u of both operands", programs[_i].source, n_pairs, n_both);
    ck_assert_uint_eq(n_pairs + n_both, n_absorbed);
    evex_expr_free(&expr);
}
END_TEST

/* ---- Evaluation ----------------------------------------------------------------------------- */

enum { LENGTH = 3000 };

static void evaluate(const evex_expr *expr, const evex_array *in, size_t n_in, evex_array *out,
                     size_t n_out) {
    const evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_msg(evex_eval(expr, NULL, in, n_in, out, n_out, &options, &error) == EVEX_OK, "%s",
                  error.message);
}

/* The product of two scalars is made once; only then the sum is of a pair's kind. */
START_TEST(hoisted_operands) {
    evex_expr *expr = expr_of("a*b + c",
                              (const evex_var[]){{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                                                 {"b", EVEX_F64, EVEX_STRONG, 0, 0},
                                                 {"c", EVEX_F64, EVEX_STRONG, 0, 0}},
                              3, EVEX_ISA_BEST);
    static double c[LENGTH], result[LENGTH];
    double a = 1.1, b = 3.3;
    for (int i = 0; i < LENGTH; i++)
        c[i] = i * 0.7;
    const evex_array in[] = {evex_array_0d(EVEX_F64, &a), evex_array_0d(EVEX_F64, &b),
                             evex_array_1d(EVEX_F64, c, LENGTH)};
    evex_array out = evex_array_1d(EVEX_F64, result, LENGTH);
    evaluate(expr, in, 3, &out, 1);
    for (int i = 0; i < LENGTH; i++)
        ck_assert_double_eq(result[i], a * b + c[i]);
    evex_expr_free(&expr);
}
END_TEST

/* One product is of scalars, or both are, and is made once; the sum makes it again. */
START_TEST(hoisted_products) {
    static const char *const sources[] = {"a*b + c*a", "c*a - b*a", "a*b + b*b", "a*a + c*c",
                                          "x = a*b + 1; (x*x - a*a) + c*x"};
    static double c[LENGTH], expected[LENGTH], result[LENGTH];
    double a = 1.1, b = 3.3;
    for (int i = 0; i < LENGTH; i++)
        c[i] = i * 0.7 - 100;
    for (int64_t n = 1; n <= LENGTH; n += LENGTH - 1)
        for (evex_isa_cap isa = EVEX_ISA_BEST; isa <= EVEX_ISA_AVX512; isa++) {
            const evex_var all[] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                                    {"b", EVEX_F64, EVEX_STRONG, 0, 0},
                                    {"c", EVEX_F64, EVEX_STRONG, 0, 0}};
            evex_expr *reference = expr_of(sources[_i], all, 3, EVEX_ISA_REF);
            evex_expr *expr = expr_of(sources[_i], all, 3, isa);
            evex_array in[3];
            for (uint32_t k = 0; k < expr->n_inputs; k++)
                in[k] = expr->inputs[k].name[0] == 'a'   ? evex_array_0d(EVEX_F64, &a)
                        : expr->inputs[k].name[0] == 'b' ? evex_array_0d(EVEX_F64, &b)
                                                         : evex_array_1d(EVEX_F64, c, n);
            const int has_c = strchr(sources[_i], 'c') != NULL;
            evex_array to =
                has_c ? evex_array_1d(EVEX_F64, expected, n) : evex_array_0d(EVEX_F64, expected);
            evaluate(reference, in, expr->n_inputs, &to, 1);
            to.data = result;
            evaluate(expr, in, expr->n_inputs, &to, 1);
            ck_assert_mem_eq(result, expected, (has_c ? (size_t)n : 1) * sizeof *result);
            evex_expr_free(&reference);
            evex_expr_free(&expr);
        }
}
END_TEST

/* The second result reads what the first overwrites. */
START_TEST(outputs_that_are_inputs) {
    evex_expr *expr = expr_of("a*2, a*3 + b", vars, 2, EVEX_ISA_BEST);
    static double a[LENGTH], b[LENGTH], second[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
        a[i] = i + 0.5;
        b[i] = 1.0 / (i + 1);
    }
    const evex_array in[] = {evex_array_1d(EVEX_F64, a, LENGTH),
                             evex_array_1d(EVEX_F64, b, LENGTH)};
    evex_array out[] = {evex_array_1d(EVEX_F64, a, LENGTH),
                        evex_array_1d(EVEX_F64, second, LENGTH)};
    evaluate(expr, in, 2, out, 2);
    for (int i = 0; i < LENGTH; i++) {
        ck_assert_double_eq(a[i], (i + 0.5) * 2);
        ck_assert_double_eq(second[i], (i + 0.5) * 3 + b[i]);
    }
    evex_expr_free(&expr);
}
END_TEST

/* ---- Suite ---------------------------------------------------------------------------------- */

static void add(TCase *tests) {
    tcase_add_loop_test(tests, kernels_give_what_two_instructions_do, 0, N_ROWS);
    tcase_add_loop_test(tests, chosen_pairs, 0, sizeof programs / sizeof *programs);
    tcase_add_test(tests, hoisted_operands);
    tcase_add_loop_test(tests, hoisted_products, 0, 5);
    tcase_add_test(tests, outputs_that_are_inputs);
}

int main(void) {
    return run_suite("fuse", add);
}
