/* SPDX-License-Identifier: MIT */
/*
 * Linking, by hand-written programs that no text compiles to (yet): missing kernels, guards,
 * results in the register of an operand of another size, programs that are damaged. Ownership is
 * watched by an allocator that counts.
 */
#include "eval/expr.h"

#include "tests/eval_fixture.h"
#include "tests/failing_allocator.h"
#include "tests/suite.h"

enum { NONE = EVEX_NO_REGISTER };

/* A program of at most one stage over inputs a, b... of one dtype, without texts but names. */
typedef struct {
    uint32_t class_sizes[EVEX_N_CLASSES];
    evex_dtype input, output;
    evex_insn insns[4];
    evex_register operands[8];
    evex_constant constants[1];
    evex_reduction reductions[1];
    evex_guard guards[1];
    size_t n_insns, n_operands, n_reductions, n_guards;
} sketch;

static const char names[] = "ab";

static evex_program *build(const sketch *s, const evex_allocator *allocator) {
    const evex_insn_place places[4] = {{3, 1}, {5, 2}, {8, 3}, {12, 4}};
    evex_program_input inputs[2];
    for (uint32_t i = 0; i < s->class_sizes[EVEX_CLASS_INPUT]; i++)
        inputs[i] = (evex_program_input){.name = i, .name_bytes = 1, .dtype = (uint8_t)s->input};
    const evex_program_output output = {.dtype = (uint8_t)s->output, .validity = NONE};
    const evex_stage stage = {.n_insns = (uint32_t)s->n_insns,
                              .n_reductions = (uint32_t)s->n_reductions,
                              .n_guards = (uint32_t)s->n_guards};
    evex_program_parts parts = {.insns = s->insns,
                                .places = places,
                                .operands = s->operands,
                                .constants = s->constants,
                                .inputs = inputs,
                                .outputs = &output,
                                .reductions = s->reductions,
                                .stages = &stage,
                                .guards = s->guards,
                                .text = names,
                                .n_insns = s->n_insns,
                                .n_operands = s->n_operands,
                                .n_constants = s->class_sizes[EVEX_CLASS_CONSTANT],
                                .n_inputs = s->class_sizes[EVEX_CLASS_INPUT],
                                .n_outputs = 1,
                                .n_reductions = s->n_reductions,
                                .n_stages = 1,
                                .n_guards = s->n_guards,
                                .text_bytes = 2};
    memcpy(parts.class_sizes, s->class_sizes, sizeof parts.class_sizes);
    evex_program *program = evex_program_build(&parts, allocator);
    ck_assert_ptr_nonnull(program);
    return program;
}

static evex_expr *link_sketch(const sketch *s) {
    const evex_compile_options options = caps_compile_options();
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr;
    const evex_status status =
        evex_expr_create(&expr, build(s, &evex_system_allocator), &options, &error);
    ck_assert_msg(status == EVEX_OK, "%s", error.message);
    return expr;
}

#define INSN(name, in, out, n, d, first)                                                           \
    { EVEX_OP_##name, EVEX_##out, EVEX_##in, n, d, NONE, 0, first }

/* ---- Programs that cannot be linked --------------------------------------------------------- */

/* o0 = a%b of complex128, for which no table has a kernel: registers i0 i1 o0. */
static const sketch complex_remainder = {
    .class_sizes = {2, 0, 0, 0, 0, 1},
    .input = EVEX_C128,
    .output = EVEX_C128,
    .insns = {INSN(MOD, C128, C128, 2, 2, 0)},
    .operands = {0, 1},
    .n_insns = 1,
    .n_operands = 2,
};

START_TEST(missing_kernels_are_unsupported) {
    failing_allocator memory;
    failing_allocator_init(&memory, 0, 0);
    evex_compile_options options = caps_compile_options();
    options.allocator = &memory.allocator;
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr;
    ck_assert_int_eq(
        evex_expr_create(&expr, build(&complex_remainder, &memory.allocator), &options, &error),
        EVEX_UNSUPPORTED);
    ck_assert_ptr_null(expr);
    ck_assert_uint_eq(error.offset, 3);
    ck_assert_uint_eq(error.length, 1);
    ck_assert_str_eq(error.message, "'%' of complex128 is not supported");
    ck_assert_int_eq(atomic_load(&memory.n_outstanding), 0);
}
END_TEST

START_TEST(damaged_programs_are_refused) {
    failing_allocator memory;
    failing_allocator_init(&memory, 0, 0);
    evex_compile_options options = caps_compile_options();
    options.allocator = &memory.allocator;
    evex_program *program = build(&complex_remainder, &memory.allocator);
    program->n_insns = 1000;
    evex_expr *expr;
    ck_assert_int_eq(evex_expr_create(&expr, program, &options, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_ptr_null(expr);
    ck_assert_int_eq(atomic_load(&memory.n_outstanding), 0);
    memory.fail_at = atomic_load(&memory.n_calls) + 2; /* behind the program's own */
    ck_assert_int_eq(
        evex_expr_create(&expr, build(&complex_remainder, &memory.allocator), &options, NULL),
        EVEX_NO_MEMORY);
    ck_assert_int_eq(atomic_load(&memory.n_outstanding), 0);
}
END_TEST

/* ---- Registers ------------------------------------------------------------------------------ */

/* t0 = a + b; t0 = float32(t0); t0 = float64(t0); o0 = t0*t0: registers i0 i1 t2 o3. */
static const sketch changing_size = {
    .class_sizes = {2, 0, 0, 0, 1, 1},
    .input = EVEX_F64,
    .output = EVEX_F64,
    .insns = {INSN(ADD, F64, F64, 2, 2, 0), INSN(CAST, F64, F32, 1, 2, 2),
              INSN(CAST, F32, F64, 1, 2, 2), INSN(MUL, F64, F64, 2, 3, 2)},
    .operands = {0, 1, 2, 2},
    .n_insns = 4,
    .n_operands = 4,
};

START_TEST(registers_change_size_in_place) {
    enum { N = 1000 };
    double a[N], b[N], r[N];
    for (int i = 0; i < N; i++) {
        a[i] = i * 0.1;
        b[i] = 1.0 / (i + 1);
    }
    evex_expr *expr = link_sketch(&changing_size);
    const evex_array in[2] = {evex_array_1d(EVEX_F64, a, N), evex_array_1d(EVEX_F64, b, N)};
    evex_array out = evex_array_1d(EVEX_F64, r, N);
    for (size_t block = 0; block < 4; block++) {
        const evex_eval_options options =
            options_of((setting){EVEX_ISA_BEST, block, 1, EVEX_STORE_BEST});
        ck_assert_int_eq(evex_eval(expr, NULL, in, 2, &out, 1, &options, NULL), EVEX_OK);
        for (int i = 0; i < N; i++) {
            const float narrow = (float)(a[i] + b[i]);
            ck_assert_double_eq(r[i], (double)narrow * (double)narrow);
        }
    }
    evex_expr_free(&expr);
}
END_TEST

/* ---- Guards --------------------------------------------------------------------------------- */

/* o0 = sqrt(a), unless an a is below b: registers i0 i1 s2 t3 o4. */
static const sketch guarded = {
    .class_sizes = {2, 0, 1, 0, 1, 1},
    .input = EVEX_F64,
    .output = EVEX_F64,
    .insns = {INSN(LT, F64, BOOL, 2, 3, 0), INSN(SQRT, F64, F64, 1, 4, 0)},
    .operands = {0, 1},
    .reductions = {{.kind = EVEX_RED_FIRST_TRUE,
                    .out_dtype = EVEX_I64,
                    .in_dtype = EVEX_BOOL,
                    .dst = 2,
                    .source = 3,
                    .mask = NONE,
                    .all_axes = 1}},
    .guards =
        {{.index = 2, .status = EVEX_GUARD, .place = {20, 4}, .message = 1, .message_bytes = 1}},
    .n_insns = 2,
    .n_operands = 2,
    .n_reductions = 1,
    .n_guards = 1,
};

START_TEST(guards_name_the_first_element) {
    enum { ROWS = 50, COLUMNS = 60 };
    static const int64_t shape[2] = {ROWS, COLUMNS};
    static const int64_t f_strides[2] = {8, 8 * ROWS};
    double *a = calloc(ROWS * COLUMNS, sizeof *a), *r = calloc(ROWS * COLUMNS, sizeof *r);
    const double least = 0;
    evex_expr *expr = link_sketch(&guarded);
    evex_array in[2] = {evex_array_nd(EVEX_F64, a, 2, shape), evex_array_0d(EVEX_F64, &least)};
    in[0].strides = f_strides;
    evex_array out = evex_array_nd(EVEX_F64, r, 2, shape);
    for (size_t n_threads = 1; n_threads <= 8; n_threads *= 2) {
        const evex_eval_options options =
            options_of((setting){EVEX_ISA_BEST, 0, n_threads, EVEX_STORE_BEST});
        evex_error error = EVEX_ERROR_INIT;
        ck_assert_int_eq(evex_eval(expr, test_pool(), in, 2, &out, 1, &options, &error), EVEX_OK);
        a[7 + 40 * ROWS] = -1; /* the first in C order, not in memory */
        a[9 + 2 * ROWS] = -1;
        ck_assert_int_eq(evex_eval(expr, test_pool(), in, 2, &out, 1, &options, &error),
                         EVEX_GUARD);
        ck_assert_int_eq(error.index, 7 * COLUMNS + 40);
        ck_assert_str_eq(error.message, "b");
        ck_assert_uint_eq(error.offset, 20);
        ck_assert_uint_eq(error.length, 4);
        a[7 + 40 * ROWS] = a[9 + 2 * ROWS] = 0;
    }
    evex_expr_free(&expr);
    free(a);
    free(r);
}
END_TEST

/* ---- User functions ------------------------------------------------------------------------- */

static void halve(void *out, const void *const *in, const size_t *step, size_t n, void *user) {
    for (size_t i = 0; i < n; i++)
        ((double *)out)[i] = ((const double *)in[0])[i * step[0]] / *(const double *)user;
}

START_TEST(functions_are_found_by_name) {
    const evex_var vars[1] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0}};
    const evex_dtype operand = EVEX_F64;
    double divisor = 2;
    evex_functions *functions;
    ck_assert_int_eq(evex_functions_create(&functions, NULL, NULL), EVEX_OK);
    ck_assert_int_eq(
        evex_functions_add(functions, "halve", EVEX_F64, &operand, 1, halve, &divisor, NULL),
        EVEX_OK);
    evex_compile_options options = caps_compile_options();
    options.functions = functions;
    evex_expr *expr;
    ck_assert_int_eq(evex_compile(&expr, "halve(a) + halve(6.0)", 21, vars, 1, &options, NULL),
                     EVEX_OK);
    double a[100], r[100];
    for (int i = 0; i < 100; i++)
        a[i] = i;
    const evex_array in = evex_array_1d(EVEX_F64, a, 100);
    evex_array out = evex_array_1d(EVEX_F64, r, 100);
    ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, NULL, NULL), EVEX_OK);
    for (int i = 0; i < 100; i++)
        ck_assert_double_eq(r[i], i / 2.0 + 3);
    /* The same program without the function. */
    evex_program *copy = malloc(expr->program->total_bytes);
    memcpy(copy, expr->program, expr->program->total_bytes);
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *lost;
    options.functions = NULL;
    ck_assert_int_eq(evex_expr_create(&lost, copy, &options, &error), EVEX_UNKNOWN_NAME);
    ck_assert_str_eq(error.message, "there is no function 'halve'");
    evex_expr_free(&expr);
    evex_functions_free(&functions);
}
END_TEST

/* ---- Descriptions --------------------------------------------------------------------------- */

static int stop_at_once(void *user, const char *text, size_t n_bytes) {
    (void)text, (void)n_bytes;
    return ++*(int *)user;
}

START_TEST(expressions_describe_themselves) {
    const evex_var vars[3] = {{"unused", EVEX_I8, EVEX_STRONG, 0, 0},
                              {"y", EVEX_F32, EVEX_STRONG, 0, 0},
                              {"x", EVEX_F64, EVEX_STRONG, 0, 0}};
    evex_expr *expr = expr_of("r = x + y, sum(x)", vars, 3, EVEX_ISA_BEST);
    size_t n;
    const evex_var *inputs = evex_expr_inputs(expr, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(inputs[0].name, "x");
    ck_assert_str_eq(inputs[1].name, "y");
    ck_assert_int_eq(inputs[1].dtype, EVEX_F32);
    const evex_output *outputs = evex_expr_outputs(expr, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(outputs[0].name, "r");
    ck_assert_str_eq(outputs[1].name, "");
    ck_assert(!outputs[0].is_reduced && outputs[1].is_reduced);
    int n_calls = 0;
    ck_assert_int_eq(evex_expr_dump(expr, stop_at_once, &n_calls), EVEX_CANCELLED);
    ck_assert_int_eq(n_calls, 1);
    ck_assert_int_eq(evex_expr_dump(expr, NULL, NULL), EVEX_INVALID_ARGUMENT);
    evex_expr_free(&expr);
    ck_assert_ptr_null(expr);
    evex_expr_free(&expr);
    evex_expr_free(NULL);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, missing_kernels_are_unsupported);
    tcase_add_test(tests, damaged_programs_are_refused);
    tcase_add_test(tests, registers_change_size_in_place);
    tcase_add_test(tests, guards_name_the_first_element);
    tcase_add_test(tests, functions_are_found_by_name);
    tcase_add_test(tests, expressions_describe_themselves);
}

int main(void) {
    return run_suite("expr", add_tests);
}
