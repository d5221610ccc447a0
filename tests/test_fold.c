/* SPDX-License-Identifier: MIT */
/*
 * Folding: expressions that must become the same program as a simpler one, and near misses that
 * must not, because some input would show the difference.
 */
#include "tests/compiled.h"
#include "tests/suite.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char vars[] =
    "x f64, y f64, s f32, a i8, b i16, c i32, d i64, u u8, w u32, z u64, p bool, "
    "k weak i64, v weak f64";

static const struct {
    const char *source, *simpler;
} folded[] = {
    /* Arithmetic on literals. */
    {"x + (2*3 + 1)", "x + 7"},
    {"x + 7 // 2", "x + 3"},
    {"x + -7 // 2", "x + -4"},
    {"x + -7 % 3", "x + 2"},
    {"x + 7 / 2", "x + 3.5"},
    {"x + 2**10", "x + 1024"},
    {"d + (1 << 40)", "d + 1099511627776"},
    {"d + (-1 >> 100)", "d + -1"},
    {"d + (0xff & 0x0f | 0x30 ^ 1)", "d + 0x3f"},
    {"d + ~5", "d + -6"},
    {"z + (2**63 - 1 + 2**63)", "z + 18446744073709551615"},
    {"d + -(2**63)", "d + -9223372036854775808"},
    {"x + (1 < 2)", "x + True"},
    {"x if 2**63 > -1 else y", "x if True else y"},
    {"x + 2.0**3", "x + 8.0"},
    {"s + sqrt(4.0)", "s + float64(2)"},
    {"x + sin(0)", "x + float64(0)"},
    {"s + float32(0.1)", "s + float32(0.1)"},
    /* Identities. */
    {"x*1 + y", "x + y"},
    {"1*x + y", "x + y"},
    {"x/1 + y", "x + y"},
    {"(x - 0) + y", "x + y"},
    {"(x + -0.0) + y", "x + y"},
    {"(d + 0) * d", "d*d"},
    {"(d - 0) * d", "d*d"},
    {"(d | 0) * d", "d*d"},
    {"(d & -1) * d", "d*d"},
    {"(d ^ 0) * d", "d*d"},
    {"(d << 0) * d", "d*d"},
    {"d // 1 * d", "d*d"},
    {"floor(d) * d", "d*d"},
    {"-(-x) + y", "x + y"},
    {"~~d * d", "d*d"},
    {"not not p and p", "p and p"},
    {"x**1 + y", "x + y"},
    {"x/4", "x*0.25"},
    {"x/-0.125", "x*-8"},
    {"s/1024", "s*0.0009765625"},
    /* Casts. */
    {"int32(int16(a)) + c", "int32(a) + c"},
    {"float64(float32(b)) + x", "float64(b) + x"},
    {"float32(float64(s)) + s", "s + s"},
    {"float32(float64(c)) + s", "float32(c) + s"},
    {"uint8(int64(u)) + u", "u + u"},
    {"bool(float64(a)) or p", "bool(a) or p"},
    /* Common subexpressions. */
    {"x*y + x*y", "t = x*y; t + t"},
    {"x*y + y*x", "t = x*y; t + t"},
    {"sum(x) + sum(x)", "t = sum(x); t + t"},
    {"sin(x), sin(x) as t", "t = sin(x); t as r, t as q"},
};

static const struct {
    const char *source, *other;
} kept_apart[] = {
    {"x + 0 + y", "x + y"},    /* -0.0 + 0 is 0.0 */
    {"x - -0.0 + y", "x + y"}, /* -0.0 - -0.0 is 0.0 */
    {"x*0", "zeros_like(x)"},  /* nan, inf and -0.0 */
    {"x - x + y", "y + 0"},    /* inf - inf, and the shape */
    {"x/3", "x*0.3333333333333333"},
    {"x/8.98846567431158e+307", "x*1.1125369292536007e-308"}, /* a subnormal reciprocal */
    {"(x + y) - y", "x"},
    {"int8(int16(b))", "b"},
    {"float64(float32(x)) + x", "x + x"},
    {"int64(float64(d)) + d", "d + d"}, /* 2**53 + 1 */
    {"int8(float64(w))", "int8(w)"},    /* 2**32 - 1 is out of range for the float */
    {"s * float64(2)", "s * 2"},
    {"x % 1", "x - floor(x)"},
    {"where(p, x, x)", "x"}, /* p adds to the shape */
    {"p and True or p", "p"},
    {"x == x", "True"},
    {"x - y", "y - x"},
};

/* Without the line of the outputs' names. */
static void strip_names(char *dump) {
    for (char *line = strstr(dump, "output"); line != NULL; line = strstr(line + 1, "output")) {
        char *end = strchr(line, '\n'), *word = strstr(line, " elementwise");
        if (word != NULL && word < end) {
            word += strlen(" elementwise");
            memmove(word, end, strlen(end) + 1);
        }
    }
}

START_TEST(folds_to_the_simpler_program) {
    char *dump = dump_of(folded[_i].source, vars, NULL);
    char *simpler = dump_of(folded[_i].simpler, vars, NULL);
    strip_names(dump);
    strip_names(simpler);
    ck_assert_msg(strcmp(dump, simpler) == 0, "%s\n%s\n%s\n%s", folded[_i].source, dump,
                  folded[_i].simpler, simpler);
    ck_assert_msg(strstr(dump, "stage") != NULL, "%s: %s", folded[_i].source, dump);
    free(dump);
    free(simpler);
}
END_TEST

START_TEST(keeps_what_differs) {
    char *dump = dump_of(kept_apart[_i].source, vars, NULL);
    char *other = dump_of(kept_apart[_i].other, vars, NULL);
    ck_assert_msg(strcmp(dump, other) != 0, "%s is folded to %s", kept_apart[_i].source,
                  kept_apart[_i].other);
    ck_assert(strstr(dump, "stage") != NULL);
    free(dump);
    free(other);
}
END_TEST

/* Without optimisation every instruction is there as written. */
START_TEST(no_optimise_keeps_everything) {
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    options.no_optimise = 1;
    evex_error error = EVEX_ERROR_INIT;
    evex_program *program = compile_text("x*1 + x*1 + sqrt(float64(4))", vars, &options, &error);
    ck_assert_ptr_nonnull(program);
    ck_assert_uint_eq(program->n_insns, 5);
    free_program(program);
    program = compile_text("x*1 + x*1 + sqrt(float64(4))", vars, NULL, &error);
    ck_assert_uint_eq(program->n_insns, 2);
    free_program(program);
}
END_TEST

/* Shared subexpressions keep a program linear that would double with each statement. */
START_TEST(doubling_is_linear) {
    char source[8192];
    size_t n = (size_t)sprintf(source, "t0 = x + y");
    for (int i = 1; i < 200; i++)
        n += (size_t)sprintf(source + n, "; t%d = t%d * t%d", i, i - 1, i - 1);
    evex_error error = EVEX_ERROR_INIT;
    evex_program *program = compile_text(source, vars, NULL, &error);
    ck_assert_msg(program != NULL, "%s", error.message);
    ck_assert_uint_eq(program->n_insns, 200);
    free_program(program);
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, folds_to_the_simpler_program, 0, COUNT(folded));
    tcase_add_loop_test(tests, keeps_what_differs, 0, COUNT(kept_apart));
    tcase_add_test(tests, no_optimise_keeps_everything);
    tcase_add_test(tests, doubling_is_linear);
}

int main(void) {
    return run_suite("fold", add);
}
