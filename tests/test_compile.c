/* SPDX-License-Identifier: MIT */
/*
 * evex_compile_program as a whole: every status it can give, every limit just below, at and above
 * it, texts made to be costly, failing allocations at every place, and what stays untouched.
 */
#include <pthread.h>

#include "core/functions.h"
#include "tests/compiled.h"
#include "tests/failing_allocator.h"
#include "tests/suite.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char vars[] = "x f64, y f64, s f32, a i8, c i32, z u64, p bool, e str, h f16, q c128, "
                           "k weak i64";

/* ---- Statuses ------------------------------------------------------------------------------- */

static const struct {
    const char *source;
    evex_status status;
    size_t offset, length;
} failures[] = {
    {"x +", EVEX_SYNTAX, 3, 1},
    {"x; y", EVEX_SYNTAX, 0, 1},
    {"a = 1; a = 2; a", EVEX_SYNTAX, 7, 1},
    {"t = x; t as t", EVEX_SYNTAX, 12, 1},
    {"nope + x", EVEX_UNKNOWN_NAME, 0, 4},
    {"y + t; t = x", EVEX_UNKNOWN_NAME, 4, 1},
    {"t = t + 1", EVEX_UNKNOWN_NAME, 4, 1},
    {"nope(x)", EVEX_UNKNOWN_NAME, 0, 4},
    {"cast(x)", EVEX_UNKNOWN_NAME, 0, 4},
    {"x & y", EVEX_BAD_TYPE, 2, 1},
    {"x ^ 2", EVEX_BAD_TYPE, 2, 1},
    {"~x", EVEX_BAD_TYPE, 0, 1},
    {"x << 1", EVEX_BAD_TYPE, 2, 2},
    {"p + p", EVEX_BAD_TYPE, 2, 1},
    {"p - True", EVEX_BAD_TYPE, 2, 1},
    {"-p", EVEX_BAD_TYPE, 0, 1},
    {"x and p", EVEX_BAD_TYPE, 0, 1},
    {"p or c", EVEX_BAD_TYPE, 5, 1},
    {"not c", EVEX_BAD_TYPE, 4, 1},
    {"x if c else y", EVEX_BAD_TYPE, 5, 1},
    {"where(x, x, y)", EVEX_BAD_TYPE, 6, 1},
    {"where(p, x, e)", EVEX_BAD_TYPE, 0, 5},
    {"e + 1", EVEX_BAD_TYPE, 2, 1},
    {"+e", EVEX_BAD_TYPE, 0, 1},
    {"e < x", EVEX_BAD_TYPE, 2, 1},
    {"e in (1, 2)", EVEX_BAD_TYPE, 6, 1},
    {"x in ('a', 'b')", EVEX_BAD_TYPE, 6, 3},
    {"sqrt(e)", EVEX_BAD_TYPE, 0, 4},
    {"float64(e)", EVEX_BAD_TYPE, 0, 7},
    {"sum(e)", EVEX_BAD_TYPE, 0, 3},
    {"any(e)", EVEX_BAD_TYPE, 0, 3},
    {"clip(e, 0, 1)", EVEX_BAD_TYPE, 5, 1},
    {"sum(x, where=y)", EVEX_BAD_TYPE, 13, 1},
    {"sqrt()", EVEX_BAD_CALL, 0, 4},
    {"sqrt(x, y)", EVEX_BAD_CALL, 0, 4},
    {"sqrt(x, out=y)", EVEX_BAD_CALL, 8, 3},
    {"where(p, x)", EVEX_BAD_CALL, 0, 5},
    {"clip(x, 0)", EVEX_BAD_CALL, 0, 4},
    {"clip(x, 0, 1, 2)", EVEX_BAD_CALL, 0, 4},
    {"clip(x, 0, hi=1, hi=2)", EVEX_BAD_CALL, 17, 2},
    {"clip(x, 0, lo=1)", EVEX_BAD_CALL, 11, 2},
    {"round(x, 1.5)", EVEX_BAD_CALL, 9, 3},
    {"sum()", EVEX_BAD_CALL, 0, 3},
    {"sum(x, axes=1)", EVEX_BAD_CALL, 7, 4},
    {"sum(x, axis=1.5)", EVEX_BAD_CALL, 12, 3},
    {"sum(x, axis=c)", EVEX_BAD_CALL, 12, 1},
    {"sum(x, axis=(0, 0))", EVEX_BAD_CALL, 16, 1},
    {"sum(x, axis=())", EVEX_BAD_CALL, 12, 2},
    {"sum(x, "
     "axis=(0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,"
     "31,-1))",
     EVEX_LIMIT_DIMS, 12, 90},
    {"sum(axis=0)", EVEX_BAD_CALL, 0, 3},
    {"sum(None)", EVEX_BAD_CALL, 4, 4},
    {"deg2rad(None)", EVEX_BAD_CALL, 8, 4},
    {"isclose(x, None)", EVEX_BAD_CALL, 11, 4},
    {"nan_to_num(x, None)", EVEX_BAD_CALL, 14, 4},
    {"float32(None)", EVEX_BAD_CALL, 8, 4},
    {"sum(x, where=None)", EVEX_BAD_TYPE, 13, 4},
    {"sum(x, 0, axis=1)", EVEX_BAD_CALL, 10, 4},
    {"sum(x, 0, 1)", EVEX_BAD_CALL, 0, 3},
    {"sum(x, keepdims=1)", EVEX_BAD_CALL, 16, 1},
    {"sum(x, ddof=1)", EVEX_BAD_CALL, 12, 1},
    {"var(x, ddof=0.5)", EVEX_BAD_CALL, 12, 3},
    {"argmin(x, axis=(0, 1))", EVEX_BAD_CALL, 0, 6},
    {"sqrt(None)", EVEX_BAD_CALL, 5, 4},
    {"None in (1, 2)", EVEX_SYNTAX, 0, 4},
    {"a + 128", EVEX_OUT_OF_RANGE, 4, 3},
    {"-129 * a", EVEX_OUT_OF_RANGE, 0, 4},
    {"maximum(a, 300)", EVEX_OUT_OF_RANGE, 11, 3},
    {"where(p, a, 300)", EVEX_OUT_OF_RANGE, 12, 3},
    {"z + -1", EVEX_OUT_OF_RANGE, 4, 2},
    {"a // 300", EVEX_OUT_OF_RANGE, 5, 3},
    {"int8(128)", EVEX_OUT_OF_RANGE, 5, 3},
    {"c ** -2", EVEX_OUT_OF_RANGE, 5, 2},
    {"2 ** -1", EVEX_OUT_OF_RANGE, 5, 2},
    {"9**9**9", EVEX_OUT_OF_RANGE, 0, 7},
    {"1 << (1 << 34)", EVEX_OUT_OF_RANGE, 0, 14},
    {"2**64", EVEX_OUT_OF_RANGE, 0, 5},
    {"-(2**63) - 1", EVEX_OUT_OF_RANGE, 0, 12},
    {"18446744073709551616", EVEX_OUT_OF_RANGE, 0, 20},
    {"c + 18446744073709551616", EVEX_OUT_OF_RANGE, 4, 20},
    {"99999999999999999999 + 1", EVEX_OUT_OF_RANGE, 0, 24},
    {"99999999999999999999 in (1, 2)", EVEX_OUT_OF_RANGE, 0, 20},
    {"sum(99999999999999999999)", EVEX_OUT_OF_RANGE, 4, 20},
    {"clip(99999999999999999999, 0, a)", EVEX_OUT_OF_RANGE, 5, 20},
    {"sum(x, axis=32)", EVEX_OUT_OF_RANGE, 12, 2},
    {"sum(x, axis=-33)", EVEX_OUT_OF_RANGE, 12, 3},
    {"var(x, ddof=3000000000)", EVEX_OUT_OF_RANGE, 12, 10},
    {"round(x, 309)", EVEX_OUT_OF_RANGE, 9, 3},
    {"q < 1", EVEX_BAD_TYPE, 2, 1},
    {"floor(q)", EVEX_BAD_TYPE, 0, 5},
    {"max(q)", EVEX_BAD_TYPE, 0, 3},
    {"complex(q, 1)", EVEX_BAD_TYPE, 0, 7},
    {"'text'.real", EVEX_BAD_TYPE, 7, 4},
    {"NA", EVEX_BAD_TYPE, 0, 2},
    {"e", EVEX_UNSUPPORTED, 0, 1},
    {"e if p else e", EVEX_UNSUPPORTED, 0, 13},
    {"'text'", EVEX_UNSUPPORTED, 0, 6},
};

START_TEST(fails_at_the_place) {
    evex_error error = EVEX_ERROR_INIT;
    evex_program *program = compile_text(failures[_i].source, vars, NULL, &error);
    const char *source = failures[_i].source;
    ck_assert_msg(program == NULL, "%s compiles", source);
    ck_assert_msg(error.status == failures[_i].status, "%s: %s: %s", source,
                  evex_status_text(error.status), error.message);
    ck_assert_msg(error.offset == failures[_i].offset && error.length == failures[_i].length,
                  "%s: at %zu+%zu: %s", source, error.offset, error.length, error.message);
    ck_assert(error.message[0] != '\0');
    ck_assert(error.outer_length == 0 ||
              (error.outer_offset <= error.offset &&
               error.outer_offset + error.outer_length >= error.offset + error.length));
}
END_TEST

/* A struct that holds an older error is overwritten on failure and left alone on success; NULL is
 * allowed. */
START_TEST(errors_are_overwritten_or_left_alone) {
    evex_error error = EVEX_ERROR_INIT;
    compile_text("x +", vars, NULL, &error);
    compile_text("x & y", vars, NULL, &error);
    ck_assert_int_eq(error.status, EVEX_BAD_TYPE);
    ck_assert_str_ne(error.hint, "");
    compile_text("a + 300", vars, NULL, &error);
    const evex_error before = error;
    free_program(compile_text("x + y", vars, NULL, &error));
    ck_assert_mem_eq(&before, &error, sizeof error);
    ck_assert_ptr_null(compile_text("x & y", vars, NULL, NULL));
}
END_TEST

/* ---- Arguments ------------------------------------------------------------------------------ */

static evex_status compile_status(const char *source, size_t length, const evex_var *list, size_t n,
                                  const evex_compile_options *options) {
    evex_error error = EVEX_ERROR_INIT;
    evex_program *program;
    const evex_status status =
        evex_compile_program(&program, source, length, list, n, options, &error);
    ck_assert_int_eq(error.status, status);
    ck_assert((program != NULL) == (status == EVEX_OK));
    free_program(program);
    return status;
}

START_TEST(bad_arguments_are_refused) {
    const evex_var twice[] = {{"x", EVEX_F64, EVEX_STRONG, 0, 0},
                              {"x", EVEX_F32, EVEX_STRONG, 0, 0}};
    const evex_var nameless[] = {{NULL, EVEX_F64, EVEX_STRONG, 0, 0}};
    const evex_var no_dtype[] = {{"x", EVEX_N_DTYPES, EVEX_STRONG, 0, 0}};
    const evex_var weak_i8[] = {{"x", EVEX_I8, EVEX_WEAK, 0, 0}};
    const evex_var nullable[] = {{"x", EVEX_F64, EVEX_STRONG, 2, 0}};
    ck_assert_int_eq(compile_status(NULL, 1, NULL, 0, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(compile_status("1", 1, NULL, 1, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(compile_status("x", 1, twice, 2, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(compile_status("x", 1, nameless, 1, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(compile_status("x", 1, no_dtype, 1, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(compile_status("x", 1, weak_i8, 1, NULL), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(compile_status("x", 1, nullable, 1, NULL), EVEX_INVALID_ARGUMENT);
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    options.grouped = 2;
    ck_assert_int_eq(compile_status("1", 1, NULL, 0, &options), EVEX_INVALID_ARGUMENT);
    options = (evex_compile_options)EVEX_COMPILE_OPTIONS_INIT;
    options.overflow = EVEX_OVERFLOW_FLOAT + 1;
    ck_assert_int_eq(compile_status("1", 1, NULL, 0, &options), EVEX_INVALID_ARGUMENT);
    options.struct_bytes = 0;
    ck_assert_int_eq(compile_status("1", 1, NULL, 0, &options), EVEX_INVALID_ARGUMENT);
    /* A caller built with an older header: what its struct lacks has the defaults. */
    options.struct_bytes = offsetof(evex_compile_options, isa);
    ck_assert_int_eq(compile_status("1", 1, NULL, 0, &options), EVEX_OK);
}
END_TEST

/* Inputs in order of first use, unused variables left out, results in order. */
START_TEST(inputs_and_outputs_are_listed) {
    evex_error error = EVEX_ERROR_INIT;
    evex_program *p = compile_text("u = y; t = x*y; r = t + s, t as q, x", vars, NULL, &error);
    ck_assert_msg(p != NULL, "%s", error.message);
    const char *text = evex_program_text(p);
    const evex_program_input *inputs = evex_program_inputs(p);
    const evex_program_output *outputs = evex_program_outputs(p);
    ck_assert_uint_eq(p->n_inputs, 3);
    ck_assert(text[inputs[0].name] == 'y' && text[inputs[1].name] == 'x' &&
              text[inputs[2].name] == 's');
    ck_assert_uint_eq(inputs[1].place.offset, 11);
    ck_assert_uint_eq(p->n_outputs, 4);
    ck_assert(text[outputs[0].name] == 'u' && text[outputs[1].name] == 'r' &&
              text[outputs[2].name] == 'q' && outputs[3].name_bytes == 0);
    free_program(p);
}
END_TEST

/* ---- Limits --------------------------------------------------------------------------------- */

static evex_status status_with(const char *source, const evex_limits *limits) {
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    test_vars v;
    options.limits = *limits;
    read_vars(&v, vars);
    return compile_status(source, strlen(source), v.vars, v.n, &options);
}

START_TEST(limits_hold_exactly) {
    const evex_limits defaults = EVEX_LIMITS_INIT;
    static const struct {
        const char *source;
        size_t field, least; /* the least limit under which the text compiles */
        evex_status status;
    } cases[] = {
        {"x + y*s", offsetof(evex_limits, source_bytes), 7, EVEX_LIMIT_SOURCE},
        {"((x))", offsetof(evex_limits, depth), 2, EVEX_LIMIT_DEPTH},
        {"x + y*s", offsetof(evex_limits, nodes), 5, EVEX_LIMIT_NODES},
        {"x + y*s - x", offsetof(evex_limits, operands), 3, EVEX_LIMIT_NAMES},
        {"xyzzy = x", offsetof(evex_limits, identifier_bytes), 5, EVEX_LIMIT_TOKEN},
        {"x + 12345", offsetof(evex_limits, number_bytes), 5, EVEX_LIMIT_TOKEN},
        {"e == 'abcd'", offsetof(evex_limits, string_bytes), 4, EVEX_LIMIT_TOKEN},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t k = 0; k < 3; k++) {
            evex_limits limits = defaults;
            const size_t limit = cases[i].least + k - 1;
            memcpy((char *)&limits + cases[i].field, &limit, sizeof limit);
            const evex_status status = status_with(cases[i].source, &limits);
            ck_assert_msg(status == (k == 0 ? cases[i].status : EVEX_OK), "%s with %zu: %s",
                          cases[i].source, limit, evex_status_text(status));
        }
}
END_TEST

/* Registers are 16 bits: a result each, beside the input. */
START_TEST(registers_are_limited) {
    evex_limits limits = EVEX_LIMITS_INIT;
    limits.source_bytes = limits.nodes = 1 << 20;
    static char source[1 << 18];
    for (int extra = 0; extra < 2; extra++) {
        const size_t n_results = EVEX_MAX_REGISTERS - 1 + (size_t)extra;
        for (size_t i = 0; i < n_results; i++)
            memcpy(source + 2 * i, "x,", 2);
        source[2 * n_results - 1] = '\0';
        ck_assert_int_eq(status_with(source, &limits), extra ? EVEX_LIMIT_NODES : EVEX_OK);
    }
}
END_TEST

/* ---- Costly texts --------------------------------------------------------------------------- */

enum { BOMB_BYTES = 65536 };

/* Before and after are repeated around the middle as often as the default limits let them. */
static const struct {
    const char *before, *middle, *after;
} bombs[] = {
    {"(", "x", ")"},
    {"-", "x", ""},
    {"not ", "p", ""},
    {"~", "c", ""},
    {"x**", "x", ""},
    {"sqrt(", "x", ")"},
    {"x+", "x", ""},
    {"x if p else ", "x", ""},
    {"x - mean(", "x", ")"},
    {"sum(", "x", ")"},
    {"2**", "2", ""},
    {"1<<", "1", ""},
    {"x<", "x", ""},
    {"p and ", "p", ""},
    {"x,", "x", ""},
    {"where(p,x,", "x", ")"},
    {"t=x;", "x", ""},
    {"9", "9", ""},
    {"(x - ", "y", ")**63"},
    {"c**(", "c", ")"},
    {"x in (1,2,3) & ", "p", ""},
    {"x;", "x", ""},
    {"[", "x", "]"},
};

static evex_status compile_bomb(size_t i, size_t n) {
    static char source[BOMB_BYTES + 1];
    size_t length = 0;
    const char *parts[] = {bombs[i].before, bombs[i].middle, bombs[i].after};
    for (size_t part = 0; part < 3; part++)
        for (size_t k = 0; k < (part == 1 ? 1 : n); k++) {
            const size_t n_bytes = strlen(parts[part]);
            if (length + n_bytes > BOMB_BYTES)
                return EVEX_LIMIT_SOURCE;
            memcpy(source + length, parts[part], n_bytes);
            length += n_bytes;
        }
    test_vars v;
    read_vars(&v, vars);
    return compile_status(source, length, v.vars, v.n, NULL);
}

static void *run_bombs(void *argument) {
    static const size_t sizes[] = {1, 10, 60, 199, 200, 201, 1000, 5000, 30000};
    (void)argument;
    for (size_t i = 0; i < COUNT(bombs); i++)
        for (size_t k = 0; k < COUNT(sizes); k++)
            compile_bomb(i, sizes[k]);
    return NULL;
}

/* The smallest stack that a host may give; sanitizers make frames several times larger. */
#if defined(__has_feature)
#define HAS_FEATURE(feature) __has_feature(feature)
#else
#define HAS_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    HAS_FEATURE(address_sanitizer) || HAS_FEATURE(thread_sanitizer) ||                             \
    HAS_FEATURE(memory_sanitizer)
enum { SMALL_STACK = 2 << 20 };
#else
enum { SMALL_STACK = 128 << 10 };
#endif

/* A deep recursion or a doubling would not come back. */
START_TEST(bombs_are_harmless) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    ck_assert_int_eq(pthread_attr_setstacksize(&attributes, SMALL_STACK), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, run_bombs, NULL), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}
END_TEST

START_TEST(long_sums_and_lists_compile) {
    ck_assert_int_eq(compile_bomb(6, 4000), EVEX_OK);
    static char source[BOMB_BYTES];
    size_t n = (size_t)sprintf(source, "c in (0");
    for (int i = 1; i < 10000; i++)
        n += (size_t)sprintf(source + n, ",%d", i * 7919 % 10007);
    sprintf(source + n, ")");
    const evex_limits limits = EVEX_LIMITS_INIT;
    ck_assert_int_eq(status_with(source, &limits), EVEX_OK);
}
END_TEST

/* ---- Failing allocations -------------------------------------------------------------------- */

static const char *const scenarios[] = {
    "2*x + 3*y - x*y",
    "(x - mean(x))/std(x), sum(x, axis=0) as t",
    "e in ('a', 'b', 'c') and c ** a > 3 and k + a < 3",
    "x & y",
    "nope + x",
    "where(p, c*a, sum(c << a, where=p)) + where(c > 3, c*a, -c) // prod(c)",
    "t=x;u=t-mean(t);v=u-mean(u);w=v**63+u**-61+x**59;sin(w-mean(w))*cos(w)",
};

static evex_status compile_with(failing_allocator *memory, const char *source) {
    test_vars v;
    evex_error error = EVEX_ERROR_INIT;
    evex_program *program;
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    read_vars(&v, vars);
    options.allocator = &memory->allocator;
    options.overflow = EVEX_OVERFLOW_ERROR;
    const evex_status status =
        evex_compile_program(&program, source, strlen(source), v.vars, v.n, &options, &error);
    evex_free(&memory->allocator, program);
    ck_assert_int_eq(error.status, status);
    ck_assert_int_eq(atomic_load(&memory->n_outstanding), 0);
    return status;
}

/* The first allocation fails, then the second...; until none is left to fail. Nothing may leak. */
START_TEST(allocations_may_fail_anywhere) {
    const char *source = scenarios[_i / 2];
    failing_allocator memory;
    failing_allocator_init(&memory, 0, 0);
    const evex_status expected = compile_with(&memory, source);
    const long n_calls = atomic_load(&memory.n_calls);
    for (long k = 1; k <= n_calls; k++) {
        failing_allocator_init(&memory, k, _i % 2);
        const evex_status status = compile_with(&memory, source);
        ck_assert_msg(status == EVEX_NO_MEMORY, "%s: allocation %ld: %s", source, k,
                      evex_status_text(status));
    }
    failing_allocator_init(&memory, n_calls + 1, 1);
    ck_assert_int_eq(compile_with(&memory, source), expected);
}
END_TEST

/* Texts of every size: so that memory ends in every part of every pass, in turn. */
START_TEST(memory_may_end_anywhere) {
    static const char *const terms[] = {
        "+x**3",      "+c**c*x", " and e in ('a','b%d')",  ";t%d=t-mean(x)+%d",
        ",sum(x+%d)", "+x*%d",   "+(x+x*(k+%d)+a)*sin(c)", "+where(c > %d, c*a**c, sum(c)*%d)"};
    static const char *const beginnings[] = {"x", "x", "e == 'a'", "t=x", "x", "x", "x", "c"};
    const size_t kind = (size_t)_i;
    for (int n = 1; n < 160; n++) {
        char source[8192];
        failing_allocator memory;
        size_t length = (size_t)sprintf(source, "%s", beginnings[kind]);
        for (int i = 0; i < n; i++)
            length += (size_t)snprintf(source + length, 64, terms[kind], i, i);
        for (long k = 1; k <= 3; k++) {
            failing_allocator_init(&memory, k, 1);
            const evex_status status = compile_with(&memory, source);
            ck_assert_msg(status == EVEX_OK || status == EVEX_NO_MEMORY, "%s: %s", source,
                          evex_status_text(status));
        }
    }
}
END_TEST

/* An ordinary expression costs no more than its program. */
START_TEST(small_programs_allocate_once) {
    failing_allocator memory;
    failing_allocator_init(&memory, 0, 0);
    ck_assert_int_eq(compile_with(&memory, "2*x + 3*y - x*y"), EVEX_OK);
    ck_assert_int_le(atomic_load(&memory.n_calls), 1);
}
END_TEST

/* ---- User functions ------------------------------------------------------------------------- */

static void no_kernel(void *out, const void *const *in, const size_t *step, size_t n, void *user) {
    (void)out, (void)in, (void)step, (void)n, (void)user;
}

static const struct {
    const char *source;
    evex_status status;
} calls[] = {
    {"blend(x, 0.5, c)", EVEX_OK},        {"blend(s, 1, True) + now()", EVEX_OK},
    {"blend(a, c, a)", EVEX_OK},          {"blend(x, y)", EVEX_BAD_CALL},
    {"blend(x, y, c, c)", EVEX_BAD_CALL}, {"blend(x, y, t=c)", EVEX_BAD_CALL},
    {"blend(x, y, x)", EVEX_BAD_TYPE},    {"blend(x, y, 1.5)", EVEX_BAD_TYPE},
    {"blend(e, y, c)", EVEX_BAD_TYPE},    {"blend(x, y, 3000000000)", EVEX_OUT_OF_RANGE},
    {"blnd(x, y, c)", EVEX_UNKNOWN_NAME}, {"blend(x, None, c)", EVEX_BAD_CALL},
};

START_TEST(user_functions_are_called) {
    const evex_dtype operands[] = {EVEX_F64, EVEX_F32, EVEX_I32};
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    evex_functions *functions;
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_functions_create(&functions, NULL, &error), EVEX_OK);
    ck_assert_int_eq(
        evex_functions_add(functions, "blend", EVEX_F32, operands, 3, no_kernel, NULL, &error),
        EVEX_OK);
    ck_assert_int_eq(
        evex_functions_add(functions, "now", EVEX_F64, NULL, 0, no_kernel, NULL, &error), EVEX_OK);
    options.functions = functions;
    for (size_t i = 0; i < COUNT(calls); i++) {
        error = (evex_error)EVEX_ERROR_INIT;
        evex_program *program = compile_text(calls[i].source, vars, &options, &error);
        ck_assert_msg(error.status == calls[i].status, "%s: %s", calls[i].source, error.message);
        if (program != NULL)
            ck_assert_int_eq(
                evex_program_verify(program, program->total_bytes, &evex_system_allocator, &error),
                EVEX_OK);
        free_program(program);
    }
    evex_functions_free(&functions);
    ck_assert_ptr_null(functions);
}
END_TEST

/* ---- Free names ----------------------------------------------------------------------------- */

typedef struct {
    char text[64];
    size_t n, n_left; /* names still accepted */
} name_list;

static int add_name(void *user, const char *name, size_t n_bytes) {
    name_list *list = user;
    if (list->n_left-- == 0)
        return 1;
    memcpy(list->text + list->n, name, n_bytes);
    list->n += n_bytes;
    list->text[list->n++] = ' ';
    return 0;
}

START_TEST(free_names_are_listed_once) {
    static const char source[] = "t = x + `unit price`; x = t*x; sum(x) + pi + y";
    name_list list = {.n_left = SIZE_MAX};
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(evex_names(source, strlen(source), NULL, add_name, &list, &error), EVEX_OK);
    ck_assert_str_eq(list.text, "x unit price pi y ");
    list = (name_list){.n_left = 1};
    ck_assert_int_eq(evex_names(source, strlen(source), NULL, add_name, &list, &error),
                     EVEX_CANCELLED);
    ck_assert_int_eq(evex_names("x +", 3, NULL, add_name, &list, &error), EVEX_SYNTAX);
    ck_assert_uint_eq(error.offset, 3);
    ck_assert_int_eq(evex_names("x", 1, NULL, NULL, NULL, &error), EVEX_INVALID_ARGUMENT);
    ck_assert_int_eq(evex_names(NULL, 1, NULL, add_name, &list, NULL), EVEX_INVALID_ARGUMENT);
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, fails_at_the_place, 0, COUNT(failures));
    tcase_add_test(tests, errors_are_overwritten_or_left_alone);
    tcase_add_test(tests, bad_arguments_are_refused);
    tcase_add_test(tests, inputs_and_outputs_are_listed);
    tcase_add_test(tests, limits_hold_exactly);
    tcase_add_test(tests, registers_are_limited);
    tcase_add_test(tests, bombs_are_harmless);
    tcase_add_test(tests, long_sums_and_lists_compile);
    tcase_add_loop_test(tests, allocations_may_fail_anywhere, 0, 2 * COUNT(scenarios));
    tcase_add_loop_test(tests, memory_may_end_anywhere, 0, 8);
    tcase_add_test(tests, small_programs_allocate_once);
    tcase_add_test(tests, user_functions_are_called);
    tcase_add_test(tests, free_names_are_listed_once);
}

int main(void) {
    return run_suite("compile", add);
}
