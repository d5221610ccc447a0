/* SPDX-License-Identifier: MIT */
/*
 * Generated programs: thousands of random expressions over all types are compiled with and without
 * optimisation. Whatever compiles must pass the verifier, have the same result types both ways and
 * give the same bits when interpreted, on operands full of edge values.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/compile.h"
#include "core/memory.h"
#include "tests/interpreter.h"
#include "tests/suite.h"

enum { N_ELEMENTS = INTERPRETER_ELEMENTS, N_PROGRAMS = 4000, MAX_OUTPUTS = 8, MAX_TEXT = 4096 };

/* ---- Operands ------------------------------------------------------------------------------- */

static const uint8_t bools[] = {0, 1, 1, 0, 1, 0, 0, 1};
static const int8_t i8s[] = {0, 1, -1, 127, -128, 5, -7, 100};
static const int16_t i16s[] = {0, 1, -1, 32767, -32768, 300, -7, 2};
static const int32_t i32s[] = {0, 1, -1, INT32_MAX, INT32_MIN, 70000, -3, 2};
static const int64_t i64s[] = {0, 1, -1, INT64_MAX, INT64_MIN, 1LL << 40, -3, 2};
static const uint8_t u8s[] = {0, 1, 255, 128, 127, 3, 200, 9};
static const uint16_t u16s[] = {0, 1, 65535, 32768, 300, 3, 200, 9};
static const uint32_t u32s[] = {0, 1, UINT32_MAX, 1u << 31, 70000, 3, 200, 9};
static const uint64_t u64s[] = {0, 1, UINT64_MAX, 1ULL << 63, INT64_MAX, 3, 200, 9};
static const float f32s[] = {0, -0.0f, 1.5f, -2.25f, INFINITY, NAN, 3e38f, 1e-40f};
static const double f64s[] = {0, -0.0, 1.5, -2.25, -INFINITY, NAN, 1e308, 5e-324};
static const int64_t weak_int = 3;
static const double weak_float = 0.5;
static const uint8_t weak_bool = 1;

static const struct {
    evex_var var;
    const void *data;
} operands[] = {
    {{"p", EVEX_BOOL, EVEX_STRONG, 0, 0}, bools},
    {{"a", EVEX_I8, EVEX_STRONG, 0, 0}, i8s},
    {{"b", EVEX_I16, EVEX_STRONG, 0, 0}, i16s},
    {{"c", EVEX_I32, EVEX_STRONG, 0, 0}, i32s},
    {{"d", EVEX_I64, EVEX_STRONG, 0, 0}, i64s},
    {{"g", EVEX_U8, EVEX_STRONG, 0, 0}, u8s},
    {{"h", EVEX_U16, EVEX_STRONG, 0, 0}, u16s},
    {{"i", EVEX_U32, EVEX_STRONG, 0, 0}, u32s},
    {{"j", EVEX_U64, EVEX_STRONG, 0, 0}, u64s},
    {{"x", EVEX_F32, EVEX_STRONG, 0, 0}, f32s},
    {{"y", EVEX_F64, EVEX_STRONG, 0, 0}, f64s},
    {{"k", EVEX_I64, EVEX_WEAK, 0, 0}, &weak_int},
    {{"v", EVEX_F64, EVEX_WEAK, 0, 0}, &weak_float},
    {{"w", EVEX_BOOL, EVEX_WEAK, 0, 0}, &weak_bool},
};

enum { N_OPERANDS = sizeof operands / sizeof *operands };

/* ---- Random text ---------------------------------------------------------------------------- */

typedef struct {
    uint64_t state;
    char text[MAX_TEXT];
    size_t n;
} generator;

/* xorshift64*, so that the programs are the same everywhere. */
static unsigned pick(generator *g, unsigned n) {
    g->state ^= g->state >> 12;
    g->state ^= g->state << 25;
    g->state ^= g->state >> 27;
    return (unsigned)((g->state * 2685821657736338717u) >> 33) % n;
}

static void put(generator *g, const char *text) {
    const size_t n = strlen(text);
    ck_assert(g->n + n < MAX_TEXT);
    memcpy(g->text + g->n, text, n + 1);
    g->n += n;
}

#define PICK(g, list) ((list)[pick((g), sizeof(list) / sizeof *(list))])

static void put_expression(generator *g, int depth);

static void put_leaf(generator *g) {
    static const char *const literals[] = {"0",
                                           "1",
                                           "2",
                                           "-1",
                                           "3",
                                           "100",
                                           "300",
                                           "0.5",
                                           "-0.0",
                                           "1.0",
                                           "2.5",
                                           "1e300",
                                           "inf",
                                           "nan",
                                           "pi",
                                           "True",
                                           "False",
                                           "0x7f",
                                           "9223372036854775808"};
    if (pick(g, 3) == 0)
        put(g, PICK(g, literals));
    else
        put(g, operands[pick(g, N_OPERANDS)].var.name);
}

static void put_binary(generator *g, int depth, const char *op) {
    put(g, "(");
    put_expression(g, depth);
    put(g, " ");
    put(g, op);
    put(g, " ");
    put_expression(g, depth);
    put(g, ")");
}

static void put_call(generator *g, int depth, const char *name, int n_arguments) {
    put(g, name);
    put(g, "(");
    for (int i = 0; i < n_arguments; i++) {
        put(g, i > 0 ? ", " : "");
        put_expression(g, depth);
    }
    put(g, ")");
}

static void put_condition(generator *g, int depth) {
    static const char *const comparisons[] = {"<", "<=", "==", "!=", ">", ">="};
    put_binary(g, depth, PICK(g, comparisons));
}

static void put_power(generator *g, int depth) {
    static const char *const exponents[] = {"0", "1", "2", "3", "-1", "-3", "0.5", "7", "17", "-8"};
    put(g, "(");
    put_expression(g, depth);
    put(g, " ** ");
    put(g, PICK(g, exponents));
    put(g, ")");
}

static void put_reduction(generator *g, int depth) {
    static const char *const names[] = {"sum",  "min",    "max",           "any",    "all", "count",
                                        "mean", "argmax", "count_nonzero", "nansum", "prod"};
    put(g, PICK(g, names));
    put(g, "(");
    put_expression(g, depth);
    if (pick(g, 3) == 0) {
        put(g, ", where=");
        put_condition(g, depth);
    }
    put(g, ")");
}

static void put_compound(generator *g, int depth) {
    static const char *const arithmetic[] = {"+", "-", "*", "/", "//", "%"};
    static const char *const bits[] = {"&", "|", "^", "<<", ">>", "and", "or"};
    static const char *const unary[] = {"-", "~", "not ", "+"};
    static const char *const functions[] = {
        "abs",     "sqrt",  "floor", "sign",  "square", "rint",    "isnan", "float32",
        "float64", "int32", "uint8", "int64", "bool",   "signbit", "copy",  "uint64"};
    static const char *const pairs[] = {"maximum", "minimum", "fmax", "copysign", "fmod"};
    static const char *const sets[] = {" in (1, 2, 300)", " not in (0, 2.5, -1)", " in ()"};
    switch (pick(g, 12)) {
    case 0:
    case 1:
    case 2:
        put_binary(g, depth, PICK(g, arithmetic));
        break;
    case 3:
        put_binary(g, depth, PICK(g, bits));
        break;
    case 4:
        put(g, "(");
        put(g, PICK(g, unary));
        put_expression(g, depth);
        put(g, ")");
        break;
    case 5:
        put_call(g, depth, PICK(g, functions), 1);
        break;
    case 6:
        put_call(g, depth, PICK(g, pairs), 2);
        break;
    case 7:
        put_power(g, depth);
        break;
    case 8:
        put(g, "where(");
        put_condition(g, depth);
        put(g, ", ");
        put_expression(g, depth);
        put(g, ", ");
        put_expression(g, depth);
        put(g, ")");
        break;
    case 9:
        put(g, "(");
        put_expression(g, depth);
        put(g, PICK(g, sets));
        put(g, ")");
        break;
    case 10:
        put_reduction(g, depth);
        break;
    default:
        put_condition(g, depth);
    }
}

static void put_expression(generator *g, int depth) {
    if (depth == 0 || g->n > MAX_TEXT / 4 || pick(g, 5) == 0)
        put_leaf(g);
    else
        put_compound(g, depth - 1);
}

static void put_program(generator *g) {
    g->n = 0;
    if (pick(g, 3) == 0) {
        put(g, "t = ");
        put_expression(g, 2);
        put(g, "; t, ");
    }
    put_expression(g, 3);
    if (pick(g, 4) == 0) {
        put(g, ", ");
        put_expression(g, 2);
    }
}

/* ---- Running -------------------------------------------------------------------------------- */

static evex_program *compile(const char *source, int no_optimise, evex_status *status) {
    evex_var vars[N_OPERANDS];
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    evex_error error = EVEX_ERROR_INIT;
    evex_program *program;
    options.no_optimise = (uint8_t)no_optimise;
    for (size_t i = 0; i < N_OPERANDS; i++)
        vars[i] = operands[i].var;
    *status =
        evex_compile_program(&program, source, strlen(source), vars, N_OPERANDS, &options, &error);
    ck_assert_msg(*status == error.status, "%s", source);
    return program;
}

static void verify(const evex_program *program, const char *source) {
    evex_error error = EVEX_ERROR_INIT;
    const evex_status status =
        evex_program_verify(program, program->total_bytes, &evex_system_allocator, &error);
    ck_assert_msg(status == EVEX_OK, "%s: %s", source, error.message);
}

static evex_status run(const evex_program *program, interpreter_cell *outputs) {
    const void *inputs[N_OPERANDS];
    for (uint32_t i = 0; i < program->n_inputs; i++) {
        const evex_program_input *input = &evex_program_inputs(program)[i];
        for (size_t k = 0; k < N_OPERANDS; k++)
            if (strlen(operands[k].var.name) == input->name_bytes &&
                memcmp(operands[k].var.name, evex_program_text(program) + input->name,
                       input->name_bytes) == 0)
                inputs[i] = operands[k].data;
    }
    return interpret(program, inputs, N_ELEMENTS, outputs);
}

static int is_nan_at(const interpreter_cell *cell, size_t i) {
    double wide;
    float narrow;
    memcpy(&wide, cell->bytes + i * sizeof wide, sizeof wide);
    memcpy(&narrow, cell->bytes + i * sizeof narrow, sizeof narrow);
    return cell->dtype == EVEX_F64 ? wide != wide : cell->dtype == EVEX_F32 && narrow != narrow;
}

static int same_cells(const interpreter_cell *a, const interpreter_cell *b) {
    if (a->dtype != b->dtype || a->n != b->n)
        return 0;
    const size_t size = evex_dtype_size(a->dtype);
    for (size_t i = 0; i < a->n; i++)
        if (memcmp(a->bytes + i * size, b->bytes + i * size, size) != 0 &&
            !(is_nan_at(a, i) && is_nan_at(b, i)))
            return 0;
    return 1;
}

/* Returns whether the program compiled. */
static int check_program(const char *source) {
    evex_status status, plain_status;
    evex_program *program = compile(source, 0, &status);
    evex_program *plain = compile(source, 1, &plain_status);
    ck_assert_msg(status == plain_status, "%s: %d, unoptimised %d", source, status, plain_status);
    ck_assert_msg(status == EVEX_OK || status == EVEX_BAD_TYPE || status == EVEX_OUT_OF_RANGE,
                  "%s: %s", source, evex_status_text(status));
    if (status == EVEX_OK) {
        interpreter_cell outputs[MAX_OUTPUTS], plain_outputs[MAX_OUTPUTS];
        verify(program, source);
        verify(plain, source);
        ck_assert_uint_eq(program->n_outputs, plain->n_outputs);
        const evex_status run_status = run(program, outputs);
        ck_assert_msg(run(plain, plain_outputs) == run_status, "%s: %s", source,
                      evex_status_text(run_status));
        for (uint32_t i = 0; i < program->n_outputs && run_status == EVEX_OK; i++) {
            ck_assert_msg(same_cells(&outputs[i], &plain_outputs[i]), "%s: output %u", source, i);
            ck_assert_int_eq(outputs[i].dtype, evex_program_outputs(program)[i].dtype);
        }
    }
    evex_free(&evex_system_allocator, program);
    evex_free(&evex_system_allocator, plain);
    return status == EVEX_OK;
}

START_TEST(optimised_and_plain_programs_agree) {
    generator g = {.state = 88172645463325252u + (uint64_t)_i};
    int n_compiled = 0;
    for (int i = 0; i < N_PROGRAMS; i++) {
        put_program(&g);
        n_compiled += check_program(g.text);
    }
    ck_assert_msg(n_compiled > N_PROGRAMS / 4, "only %d of %d compile", n_compiled, N_PROGRAMS);
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, optimised_and_plain_programs_agree, 0, 5);
}

int main(void) {
    return run_suite("generated", add);
}
