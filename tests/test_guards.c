/* SPDX-License-Identifier: MIT */
/*
 * Guards end to end: which element an evaluation fails at and where in the text, and which elements
 * are not looked at because their values are not used. Every case is run with several block
 * lengths, thread counts and without optimisation.
 */
#include <string.h>

#include "include/evex.h"
#include "tests/suite.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- Operands: five elements each, but for the last ones --------------------------------------
 */

enum { N = 5 };

static const int32_t c[] = {2, 3, -1, 0, 7};
static const int32_t n[] = {1, -2, 3, -1, 2};
static const uint8_t p[] = {1, 0, 1, 0, 1}; /* no element where n < 0 */
static const uint8_t q[] = {1, 0, 0, 1, 0};
static const int32_t m[] = {1, 1, 1, 1, -1, 1}; /* of shape (2, 3) */
static const uint8_t rows[] = {1, 0};           /* of shape (2, 1) */
static const int64_t k = 3;
static const int32_t one = -1;

typedef struct {
    evex_var var;
    const void *data;
    int32_t ndim;
    int64_t shape[2];
} operand;

static const operand operands[] = {
    {{"c", EVEX_I32, EVEX_STRONG, 0, 0}, c, 1, {N, 0}},
    {{"n", EVEX_I32, EVEX_STRONG, 0, 0}, n, 1, {N, 0}},
    {{"p", EVEX_BOOL, EVEX_STRONG, 0, 0}, p, 1, {N, 0}},
    {{"q", EVEX_BOOL, EVEX_STRONG, 0, 0}, q, 1, {N, 0}},
    {{"m", EVEX_I32, EVEX_STRONG, 0, 0}, m, 2, {2, 3}},
    {{"rows", EVEX_BOOL, EVEX_STRONG, 0, 0}, rows, 2, {2, 1}},
    {{"one", EVEX_I32, EVEX_STRONG, 0, 0}, &one, 1, {1, 0}},
    {{"none", EVEX_I32, EVEX_STRONG, 0, 0}, &one, 1, {0, 0}},
    {{"k", EVEX_I64, EVEX_WEAK, 0, 0}, &k, 0, {0, 0}},
};

/* ---- Evaluating -------------------------------------------------------------------------------
 */

static evex_array array_of(const char *name) {
    for (size_t i = 0; i < COUNT(operands); i++)
        if (strcmp(operands[i].var.name, name) == 0)
            return evex_array_nd(operands[i].var.dtype, operands[i].data, operands[i].ndim,
                                 operands[i].shape);
    ck_abort_msg("no operand %s", name);
    return evex_array_0d(EVEX_BOOL, NULL);
}

enum { MAX_OUTPUTS = 4, OUTPUT_BYTES = 512 };

static evex_status evaluate(const char *source, const evex_compile_options *compile_options,
                            const evex_eval_options *options, evex_error *error) {
    static _Alignas(16) unsigned char bytes[MAX_OUTPUTS][OUTPUT_BYTES];
    evex_var vars[COUNT(operands)];
    evex_array inputs[COUNT(operands)], outputs[MAX_OUTPUTS];
    evex_result results[MAX_OUTPUTS];
    evex_expr *expr;
    size_t n_inputs, n_outputs;
    for (size_t i = 0; i < COUNT(operands); i++)
        vars[i] = operands[i].var;
    if (evex_compile(&expr, source, strlen(source), vars, COUNT(vars), compile_options, error) !=
        EVEX_OK)
        return error->status;
    const evex_var *used = evex_expr_inputs(expr, &n_inputs);
    for (size_t i = 0; i < n_inputs; i++)
        inputs[i] = array_of(used[i].name);
    evex_expr_outputs(expr, &n_outputs);
    ck_assert_uint_le(n_outputs, MAX_OUTPUTS);
    evex_status status = evex_result_shape(expr, inputs, n_inputs, results, NULL, error);
    for (size_t i = 0; i < n_outputs; i++)
        outputs[i] = evex_array_nd(results[i].dtype, bytes[i], results[i].ndim, results[i].shape);
    if (status == EVEX_OK)
        status = evex_eval(expr, NULL, inputs, n_inputs, outputs, n_outputs, options, error);
    evex_expr_free(&expr);
    return status;
}

/* ---- Cases ------------------------------------------------------------------------------------
 */

/* index -1: no guard fires. */
typedef struct {
    const char *source;
    int64_t index;
    size_t offset, length;
    evex_status status; /* EVEX_OK stands for EVEX_GUARD */
} guard_case;

static const guard_case cases[] = {
    {"c ** n", 1, 2, 2, 0},
    {"c ** abs(n)", -1, 0, 0, 0},
    /* Choices. */
    {"where(n >= 0, c ** n, 0)", -1, 0, 0, 0},
    {"where(n < 0, 0, c ** n)", -1, 0, 0, 0},
    {"c ** n if p else c", -1, 0, 0, 0},
    {"c if p else c ** n", 1, 14, 2, 0},
    {"c ** n if q else c", 3, 2, 2, 0},
    {"where(p, where(q, c ** n, 1), 2)", -1, 0, 0, 0},
    {"where(p, 1, where(q, c ** n, 2))", 3, 23, 2, 0},
    {"where(c ** n > 0, 1, 2)", 1, 8, 2, 0},
    {"where(True, 1, c ** n)", -1, 0, 0, 0},
    {"where(False, 1, c ** n)", 1, 18, 2, 0},
    {"where(k > 2, 1, c ** n)", -1, 0, 0, 0},
    {"where(k > 3, 1, c ** n)", 1, 18, 2, 0},
    /* Both branches use it, or two choices do. */
    {"t = c ** n; where(p, t, t + 1)", 1, 6, 2, 0},
    {"t = c ** n; where(p, t, 0) + where(q, 0, t)", 1, 6, 2, 0},
    {"t = c ** n; where(p, t, 0) + where(q, t, 0)", 3, 6, 2, 0},
    {"t = c ** n; where(p, t, 0), where(q, t, 0)", 3, 6, 2, 0},
    {"t = c ** n; where(p, t, 0), where(p, 0, c)", -1, 0, 0, 0},
    {"t = c ** n; where(p, t, 0), t", 1, 6, 2, 0},
    /* What is not used at all. */
    {"t = c ** n; u = t * 0; c", 1, 6, 2, 0},
    /* and, or: both sides are always looked at. */
    {"p and c ** n > 0", 1, 8, 2, 0},
    /* Reductions. */
    {"sum(c ** n)", 1, 6, 2, 0},
    {"sum(c ** n, where=p)", -1, 0, 0, 0},
    {"sum(c ** n, where=q)", 3, 6, 2, 0},
    {"sum(c ** n, where=n > 0) + sum(c)", -1, 0, 0, 0},
    {"sum(where(q, c ** n, 0), where=p)", -1, 0, 0, 0},
    {"sum(c ** n) if k < 3 else 0", -1, 0, 0, 0},
    {"sum(c ** n) if k < 4 else 0", 1, 6, 2, 0},
    {"count(c, where=c ** n > 0)", 1, 17, 2, 0},
    {"c ** (n - min(n))", -1, 0, 0, 0},
    {"c ** (n - max(n))", 0, 2, 2, 0},
    /* The smallest element, and of one element the first place. */
    {"c ** -n + c ** n", 0, 2, 2, 0},
    {"c ** n + c ** -n", 0, 11, 2, 0},
    {"c ** n + n ** n", 1, 2, 2, 0},
    /* Shapes. */
    {"m ** m", 4, 2, 2, 0},
    {"sum(m ** m, axis=0)", 4, 6, 2, 0},
    {"where(rows, m ** m, 0)", -1, 0, 0, 0},
    {"where(rows, 0, m ** m)", 4, 17, 2, 0},
    {"one ** one", 0, 4, 2, 0},
    {"none ** one", -1, 0, 0, 0},
    {"one ** none", -1, 0, 0, 0},
    {"m ** one", 0, 2, 2, 0},
    {"c ** int32(-1)", 0, 2, 2, 0},
    /* Results whose shapes do not broadcast with one another. */
    {"t = one ** one; where(c > 99, t, 0), where(m > 99, t, 0)", -1, 0, 0, 0},
    {"t = one ** one; where(c > 99, t, 0), where(m == -1, t, 0)", 4, 8, 2, 0},
    /* Weak ints that are computed. */
    {"c + (k + 1)", -1, 0, 0, 0},
    {"c + k*1000000000", 0, 4, 12, EVEX_OUT_OF_RANGE},
    {"where(k > 3, c + k*1000000000, c)", -1, 0, 0, 0},
    {"where(p, c, c + k*1000000000)", 1, 16, 12, EVEX_OUT_OF_RANGE},
};

static void check_case(const guard_case *wanted, const evex_compile_options *compile_options,
                       const evex_eval_options *options) {
    evex_error error = EVEX_ERROR_INIT;
    const evex_status status = evaluate(wanted->source, compile_options, options, &error);
    if (wanted->index < 0) {
        ck_assert_msg(status == EVEX_OK, "'%s': %s at %lld", wanted->source, error.message,
                      (long long)error.index);
        return;
    }
    ck_assert_msg(status == (wanted->status != EVEX_OK ? wanted->status : EVEX_GUARD),
                  "'%s': status '%s' (%s)", wanted->source, evex_status_text(status),
                  error.message);
    ck_assert_msg(error.index == wanted->index && error.offset == wanted->offset &&
                      error.length == wanted->length,
                  "'%s': element %lld at %zu+%zu", wanted->source, (long long)error.index,
                  error.offset, error.length);
    ck_assert(error.message[0] != '\0' && error.hint[0] != '\0');
}

/* The case under every way to run it that must not show. */
static void check_everywhere(const guard_case *wanted, evex_overflow overflow) {
    evex_compile_options compile_options = EVEX_COMPILE_OPTIONS_INIT;
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    compile_options.overflow = (uint8_t)overflow;
    options.force_threads = 1;
    for (int way = 0; way < 12; way++) {
        compile_options.no_optimise = (uint8_t)(way & 1);
        compile_options.isa = (way & 2) != 0 ? EVEX_ISA_REF : EVEX_ISA_BEST;
        options.block_length = (size_t[]){0, 1, 3}[way / 4];
        options.max_threads = (size_t)(1 + way % 3);
        check_case(wanted, &compile_options, &options);
    }
}

START_TEST(guards_look_at_what_is_used) {
    check_everywhere(&cases[_i], EVEX_OVERFLOW_WRAP);
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, guards_look_at_what_is_used, 0, COUNT(cases));
}

int main(void) {
    return run_suite("guards", add);
}
