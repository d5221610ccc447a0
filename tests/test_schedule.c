/* SPDX-License-Identifier: MIT */
/*
 * Stages and registers: how often a program reads its data, what is computed once, how few blocks
 * are live, and that every output is written by the instruction that computes it where it can be.
 */
#include "tests/compiled.h"
#include "tests/suite.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char vars[] = "x f64, y f64, z f64, s f32, c i32, p bool, k weak i64, v weak f64";

static const struct {
    const char *source;
    uint32_t n_stages, n_scalars, n_kept, n_temps;
    uint32_t n_scalar_insns, n_body_insns, n_reductions; /* over all stages */
} shapes[] = {
    {"x", 1, 0, 0, 0, 0, 1, 0},
    {"3", 1, 0, 0, 0, 1, 0, 0},
    {"v*2", 1, 0, 0, 0, 1, 0, 0},
    {"x + (v*2 + k)", 1, 3, 0, 0, 3, 1, 0},
    {"x + y", 1, 0, 0, 0, 0, 1, 0},
    {"2*x + 3*y - x*y", 1, 0, 0, 2, 0, 5, 0},
    /* A chain needs one block, a balanced tree as many as it is high. */
    {"((((x + y)*y - x)*y + x)*x - y)*x", 1, 0, 0, 1, 0, 8, 0},
    {"x*(y*(x*(y*(x + y))))", 1, 0, 0, 1, 0, 5, 0},
    {"((x+y)*(x-y)) / ((x*y) - (x/y))", 1, 0, 0, 3, 0, 7, 0},
    {"(x+y)/3 - ((x-y)*(x*y))", 1, 0, 0, 2, 0, 6, 0},
    /* The greater subtree first, on whichever side it stands. */
    {"(x+y) / ((x-y) * (x*y - x/y))", 1, 0, 0, 2, 0, 7, 0},
    /* Reductions that share a pass, and results written directly. */
    {"sum(x), min(x), max(x)", 1, 0, 0, 0, 0, 0, 3},
    {"sum(x) / count(x)", 2, 3, 0, 0, 2, 0, 2},
    {"x - mean(x)", 2, 1, 0, 0, 0, 1, 1},
    {"(x - mean(x)) / std(x)", 2, 2, 0, 1, 0, 2, 2},
    {"sum((x - mean(x))**2)", 2, 1, 0, 1, 0, 2, 2},
    {"x - mean(x), y - mean(y), sum(x*y)", 2, 2, 0, 1, 0, 3, 3},
    {"m = mean(x); m, x - m", 2, 1, 0, 0, 1, 1, 1},
    {"sum(x), sum(x) as t", 2, 1, 0, 0, 2, 0, 1},
    /* A block that two stages read is computed in both. */
    {"t = sqrt(x); t / sum(t)", 2, 1, 0, 1, 0, 3, 1},
    /* What needs no reduction comes in the first pass. */
    {"x*y, x - mean(x)", 2, 1, 0, 0, 0, 2, 1},
    {"a = x - mean(x); b = a / std(a); sum(b)", 3, 2, 0, 1, 0, 3, 3},
    /* Reductions along an axis are kept arrays, whole ones with keepdims too. */
    {"sum(x, axis=0)", 1, 0, 0, 0, 0, 0, 1},
    {"x - mean(x, axis=0)", 2, 0, 1, 0, 0, 1, 1},
    {"x - mean(x, keepdims=True)", 2, 0, 1, 0, 0, 1, 1},
    {"m = max(x, axis=-1); m, m + 1", 2, 0, 1, 0, 0, 2, 1},
    {"mean(mean(x, axis=0))", 2, 0, 1, 0, 0, 0, 2},
    /* A value that is both an output and an operand is computed once and copied. */
    {"t = x*y; t, t + 1", 1, 0, 0, 1, 0, 3, 0},
    {"t = x*y; t as a, t as b", 1, 0, 0, 1, 0, 3, 0},
    {"t = x*y; t, sum(t)", 1, 0, 0, 1, 0, 2, 1},
    /* Elements of another size take another register while their operand lives. */
    {"float32(x*y) + s", 1, 0, 0, 2, 0, 3, 0},
    {"where(x > 0, x*y, x/y)", 1, 0, 0, 3, 0, 4, 0},
    /* A sine and a cosine of one argument are one instruction; written directly both or neither. */
    {"sin(x)*y - cos(x)*z", 1, 0, 0, 2, 0, 4, 0},
    {"sin(x), cos(x)", 1, 0, 0, 0, 0, 1, 0},
    {"sin(x), cos(x) + 1", 1, 0, 0, 2, 0, 3, 0},
    {"sin(x), cos(y), cos(x), sin(y)", 1, 0, 0, 0, 0, 2, 0},
    {"sin(x) + cos(s)", 1, 0, 0, 3, 0, 4, 0},
    {"sum(sin(x)), max(cos(x))", 1, 0, 0, 2, 0, 1, 2},
    {"sin(v)*x - cos(v)*y", 1, 2, 0, 2, 2, 3, 0},
    {"sin(x), cos(x) - mean(x)", 2, 1, 0, 1, 0, 3, 1},
    /* Guards. */
    {"c ** c", 1, 1, 0, 1, 0, 2, 1},
    {"c ** c + c ** c", 1, 1, 0, 1, 0, 3, 1},
    {"c ** 3", 1, 0, 0, 1, 0, 2, 0},
};

static void count_insns(const evex_program *p, uint32_t *n_scalar, uint32_t *n_body) {
    *n_scalar = *n_body = 0;
    for (uint32_t i = 0; i < p->n_stages; i++) {
        *n_scalar += evex_program_stages(p)[i].n_scalar_insns;
        *n_body += evex_program_stages(p)[i].n_insns;
    }
}

static uint32_t class_size(const evex_program *p, evex_register_class class) {
    return p->first_register[class + 1] - p->first_register[class];
}

START_TEST(has_the_shape) {
    const char *source = shapes[_i].source;
    evex_error error = EVEX_ERROR_INIT;
    uint32_t n_scalar, n_body;
    evex_program *p = compile_text(source, vars, NULL, &error);
    ck_assert_msg(p != NULL, "%s: %s", source, error.message);
    ck_assert_int_eq(evex_program_verify(p, p->total_bytes, &evex_system_allocator, &error),
                     EVEX_OK);
    count_insns(p, &n_scalar, &n_body);
    ck_assert_msg(p->n_stages == shapes[_i].n_stages, "%s: %u stages", source, p->n_stages);
    ck_assert_msg(class_size(p, EVEX_CLASS_SCALAR) == shapes[_i].n_scalars, "%s: %u scalars",
                  source, class_size(p, EVEX_CLASS_SCALAR));
    ck_assert_msg(class_size(p, EVEX_CLASS_KEPT) == shapes[_i].n_kept, "%s: %u kept", source,
                  class_size(p, EVEX_CLASS_KEPT));
    ck_assert_msg(class_size(p, EVEX_CLASS_TEMP) == shapes[_i].n_temps, "%s: %u temporaries",
                  source, class_size(p, EVEX_CLASS_TEMP));
    ck_assert_msg(n_scalar == shapes[_i].n_scalar_insns, "%s: %u scalar insns", source, n_scalar);
    ck_assert_msg(n_body == shapes[_i].n_body_insns, "%s: %u insns", source, n_body);
    ck_assert_msg(p->n_reductions == shapes[_i].n_reductions, "%s: %u reductions", source,
                  p->n_reductions);
    free_program(p);
}
END_TEST

/* A register that a block of another size still lives in is not overwritten by the instruction that
 * reads it for the last time. */
START_TEST(destinations_overlap_equal_sizes_only) {
    static const char *const sources[] = {"float32(x*y) + s", "float64(s*s) + x",
                                          "int32(x*y > 1) + c", "where(x*y > 1, c + 1, c*c)"};
    for (size_t k = 0; k < COUNT(sources); k++) {
        evex_error error = EVEX_ERROR_INIT;
        evex_program *p = compile_text(sources[k], vars, NULL, &error);
        for (uint32_t i = 0; i < p->n_insns; i++) {
            const evex_insn *insn = &evex_program_insns(p)[i];
            const evex_register *operands = evex_program_operands(p) + insn->first_operand;
            for (uint32_t j = 0; j < insn->n_operands; j++) {
                const int is_bool = j == 0 && evex_op_infos[insn->op].takes_bool;
                const evex_dtype in = is_bool ? EVEX_BOOL : (evex_dtype)insn->in_dtype;
                ck_assert_msg(operands[j] != insn->dst ||
                                  evex_dtype_size(in) == evex_dtype_size(insn->out_dtype),
                              "%s: instruction %u", sources[k], i);
            }
        }
        free_program(p);
    }
}
END_TEST

/* Stages that recompute an ever longer chain would make a program quadratic in its text; the limit
 * on instructions ends that. */
START_TEST(recomputation_is_bounded) {
    static char source[60000];
    evex_error error = EVEX_ERROR_INIT;
    size_t n = (size_t)sprintf(source, "t0 = x");
    for (int i = 1; i < 1200; i++)
        n += (size_t)sprintf(source + n, ";t%d=t%d-mean(t%d)", i, i - 1, i - 1);
    evex_program *program = compile_text(source, vars, NULL, &error);
    ck_assert_ptr_null(program);
    ck_assert_int_eq(error.status, EVEX_LIMIT_NODES);
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, has_the_shape, 0, COUNT(shapes));
    tcase_add_test(tests, destinations_overlap_equal_sizes_only);
    tcase_add_test(tests, recomputation_is_bounded);
}

int main(void) {
    return run_suite("schedule", add);
}
