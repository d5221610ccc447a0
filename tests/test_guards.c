/* SPDX-License-Identifier: MIT */
/*
 * Guards end to end: which element an evaluation fails at and where in the text, and which elements
 * are not looked at because their values are not used. Every case is run with several block
 * lengths, thread counts, without optimisation and as a stream of pieces.
 */
#include <math.h>
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
static const int8_t b[] = {100, -128, 5, 127, 0};
static const uint8_t u[] = {200, 3, 0, 255, 1};
static const int64_t w[] = {1, INT64_MIN, 3, INT64_MAX, -1};
static const uint64_t z[] = {0, UINT64_MAX, 1, UINT64_C(1) << 63, 2};
static const double f[] = {1.5, 127.9, -129.0, NAN, 1e30};
static const float g[] = {1.5f, 2147483648.0f, -2147483648.0f, 0, -0.5f};
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
    {{"b", EVEX_I8, EVEX_STRONG, 0, 0}, b, 1, {N, 0}},
    {{"u", EVEX_U8, EVEX_STRONG, 0, 0}, u, 1, {N, 0}},
    {{"w", EVEX_I64, EVEX_STRONG, 0, 0}, w, 1, {N, 0}},
    {{"z", EVEX_U64, EVEX_STRONG, 0, 0}, z, 1, {N, 0}},
    {{"f", EVEX_F64, EVEX_STRONG, 0, 0}, f, 1, {N, 0}},
    {{"g", EVEX_F32, EVEX_STRONG, 0, 0}, g, 1, {N, 0}},
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
    static unsigned char validity[MAX_OUTPUTS][OUTPUT_BYTES];
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
    const evex_output *made = evex_expr_outputs(expr, &n_outputs);
    ck_assert_uint_le(n_outputs, MAX_OUTPUTS);
    evex_status status = evex_result_shape(expr, inputs, n_inputs, results, NULL, error);
    for (size_t i = 0; i < n_outputs; i++) {
        for (int32_t d = 0; d < results[i].ndim; d++)
            if (results[i].shape[d] < 0)
                results[i].shape[d] = options->n_groups;
        outputs[i] = evex_array_nd(results[i].dtype, bytes[i], results[i].ndim, results[i].shape);
        outputs[i].validity = made[i].nullable ? validity[i] : NULL;
    }
    if (status == EVEX_OK)
        status = evex_eval(expr, NULL, inputs, n_inputs, outputs, n_outputs, options, error);
    evex_expr_free(&expr);
    return status;
}

/* ---- Cases ------------------------------------------------------------------------------------
 */

/* Instead of an index: no guard fires; one fires that is about a single value. */
enum { NONE = -1, TOTAL = -2 };

/* In the text a $ stands before the place of the error. */
typedef struct {
    const char *source;
    int64_t index;
    size_t length;
    evex_status status; /* EVEX_OK stands for EVEX_GUARD */
} guard_case;

static const guard_case cases[] = {
    {"c $** n", 1, 2, 0},
    {"c ** abs(n)", NONE, 0, 0},
    /* Choices. */
    {"where(n >= 0, c ** n, 0)", NONE, 0, 0},
    {"where(n < 0, 0, c ** n)", NONE, 0, 0},
    {"c ** n if p else c", NONE, 0, 0},
    {"c if p else c $** n", 1, 2, 0},
    {"c $** n if q else c", 3, 2, 0},
    {"where(p, where(q, c ** n, 1), 2)", NONE, 0, 0},
    {"where(p, 1, where(q, c $** n, 2))", 3, 2, 0},
    {"where(c $** n > 0, 1, 2)", 1, 2, 0},
    {"where(True, 1, c ** n)", NONE, 0, 0},
    {"where(False, 1, c $** n)", 1, 2, 0},
    {"where(k > 2, 1, c ** n)", NONE, 0, 0},
    {"where(k > 3, 1, c $** n)", 1, 2, 0},
    /* Both branches use it, or two choices do. */
    {"t = c $** n; where(p, t, t + 1)", 1, 2, 0},
    {"t = c $** n; where(p, t, 0) + where(q, 0, t)", 1, 2, 0},
    {"t = c $** n; where(p, t, 0) + where(q, t, 0)", 3, 2, 0},
    {"t = c $** n; where(p, t, 0), where(q, t, 0)", 3, 2, 0},
    {"t = c ** n; where(p, t, 0), where(p, 0, c)", NONE, 0, 0},
    {"t = c $** n; where(p, t, 0), t", 1, 2, 0},
    /* What is not used at all. */
    {"t = c $** n; u = t * 0; c", 1, 2, 0},
    /* and, or: both sides are always looked at. */
    {"p and c $** n > 0", 1, 2, 0},
    /* Reductions. */
    {"sum(c $** n)", 1, 2, 0},
    {"sum(c ** n, where=p)", NONE, 0, 0},
    {"sum(c $** n, where=q)", 3, 2, 0},
    {"sum(c ** n, where=n > 0) + sum(c)", NONE, 0, 0},
    {"sum(where(q, c ** n, 0), where=p)", NONE, 0, 0},
    {"sum(c ** n) if k < 3 else 0", NONE, 0, 0},
    {"sum(c $** n) if k < 4 else 0", 1, 2, 0},
    {"count(c, where=c $** n > 0)", 1, 2, 0},
    /* A choice by element spares nothing of what a reduction reads, one by a single value all. */
    {"where(c > 99, sum(c $** n), 0)", 1, 2, 0},
    {"where(k > 2, where(c > 99, sum(c $** n), 0), 0)", 1, 2, 0},
    {"where(k > 3, where(c > 99, sum(c ** n), 0), 0)", NONE, 0, 0},
    {"where(sum(c) > 99, c, where(c > 99, sum(c $** n), 0))", 1, 2, 0},
    {"where(sum(c) > 99, where(p, 0, sum(c ** n)), c)", NONE, 0, 0},
    {"c ** (n - min(n))", NONE, 0, 0},
    {"c $** (n - max(n))", 0, 2, 0},
    /* The smallest element, and of one element the first place. */
    {"c $** -n + c ** n", 0, 2, 0},
    {"c ** n + c $** -n", 0, 2, 0},
    {"c $** n + n ** n", 1, 2, 0},
    /* Shapes. */
    {"m $** m", 4, 2, 0},
    {"sum(m $** m, axis=0)", 4, 2, 0},
    {"where(rows, m ** m, 0)", NONE, 0, 0},
    {"where(rows, 0, m $** m)", 4, 2, 0},
    {"one $** one", 0, 2, 0},
    {"none ** one", NONE, 0, 0},
    {"one ** none", NONE, 0, 0},
    {"m $** one", 0, 2, 0},
    {"c $** int32(-1)", 0, 2, 0},
    /* Results whose shapes do not broadcast with one another. */
    {"t = one ** one; where(c > 99, t, 0), where(m > 99, t, 0)", NONE, 0, 0},
    {"t = one $** one; where(c > 99, t, 0), where(m == -1, t, 0)", 4, 2, 0},
    /* Weak ints that are computed. */
    {"c + (k + 1)", NONE, 0, 0},
    {"c + $k*1000000000", TOTAL, 12, EVEX_OUT_OF_RANGE},
    {"where(k > 3, c + k*1000000000, c)", NONE, 0, 0},
    {"where(p, c, c + $k*1000000000)", 1, 12, EVEX_OUT_OF_RANGE},
};

/* Under overflow='error'. */
static const guard_case checked[] = {
    {"b $+ b", 0, 1, 0},
    {"b - u", NONE, 0, 0},
    {"b $* 2", 0, 1, 0},
    {"where(b < 50, b $* 2, 0)", 1, 1, 0},
    {"where(abs(int16(b)) < 50, b * 2, 0)", NONE, 0, 0},
    {"$-b", 1, 1, 0},
    {"$-u", 0, 1, 0},
    {"-int16(b)", NONE, 0, 0},
    {"$abs(b)", 1, 3, 0},
    {"abs(u)", NONE, 0, 0},
    {"u $- 1", 2, 1, 0},
    {"u $+ 1", 3, 1, 0},
    {"u $* u", 0, 1, 0},
    {"w $+ 1", 3, 1, 0},
    {"w $- 1", 1, 1, 0},
    {"w $* w", 1, 1, 0},
    {"w * 1 + 0", NONE, 0, 0},
    {"z $* 2", 1, 1, 0},
    {"w $// -1", 1, 2, 0},
    {"w // n", NONE, 0, 0},
    {"w % n", NONE, 0, 0},
    {"c $// (n - 1)", 0, 2, 0},
    {"c $% c", 3, 1, 0},
    {"$fmod(c, c)", 3, 4, 0},
    {"where(c != 0, 7 // c, 0)", NONE, 0, 0},
    {"$reciprocal(c)", 3, 10, 0},
    {"c $<< n", 1, 2, 0},
    {"c $>> n", 1, 2, 0},
    {"c $<< 32", 0, 2, 0},
    {"c << 31", NONE, 0, 0},
    {"u << uint8(n > 0)", NONE, 0, 0},
    {"b $** 2", 0, 2, 0},
    {"b $** 3", 0, 2, 0},
    {"where(b < 6 and b > -6, b ** 3, 0)", NONE, 0, 0},
    {"where(b < 7 and b > -6, b ** 3, 0) + c", NONE, 0, 0},
    {"$square(b)", 0, 6, 0},
    {"b $** 100", 0, 2, 0},
    {"n $** c", 2, 2, 0},
    {"n ** abs(c)", NONE, 0, 0},
    {"c $** 31", 0, 2, 0},
    {"c $** u", 0, 2, 0},
    {"p ** 70", NONE, 0, 0},
    {"int8(c)", NONE, 0, 0},
    {"$int8(w)", 1, 4, 0},
    {"$uint8(n)", 1, 5, 0},
    {"$int64(z)", 1, 5, 0},
    {"$uint64(n)", 1, 6, 0},
    {"int8(p)", NONE, 0, 0},
    {"$int8(f)", 2, 4, 0},
    {"$uint8(f)", 2, 5, 0},
    {"where(f > 0, $int8(f), 0)", 4, 4, 0},
    {"where(abs(f) < 128, int8(f), 0)", NONE, 0, 0},
    {"$int64(f)", 3, 5, 0},
    {"$uint64(f)", 2, 6, 0},
    {"$int32(g)", 1, 5, 0},
    {"where(g < 1, int32(g), 0)", NONE, 0, 0},
    {"$uint32(g)", 2, 6, 0},
    {"where(g > -1, uint32(g), 0)", NONE, 0, 0},
    {"$round(b, -1)", 1, 5, 0},
    /* Constants. */
    {"int8(100) $* int8(2)", TOTAL, 1, 0},
    {"c + int64(2)**62 $* 2", TOTAL, 1, 0},
    {"where(p, int8(100) $+ int8(100), b)", 0, 1, 0},
    {"where(c > 100, int8(100) + int8(100), b)", NONE, 0, 0},
    {"where(False, int8(100) + int8(100), b)", NONE, 0, 0},
    {"where(w > -5, -(-w), 0) + n", NONE, 0, 0},
    {"-($-w)", 1, 1, 0},
    /* Of one element, what is evaluated first. */
    {"-(b $* 2)", 0, 1, 0},
    {"int8(int16($int32(w)))", 1, 5, 0},
    {"c $* 2147483647 + c * 2147483647", 0, 1, 0},
    /* Sums count when they are complete. */
    {"sum(w)", NONE, 0, 0},
    {"$sum(w, where=w > 0)", TOTAL, 3, 0},
    {"$sum(z)", TOTAL, 3, 0},
    {"mean(z) + mean(w)", NONE, 0, 0},
    {"$prod(w)", TOTAL, 4, 0},
    {"prod(c) + prod(n) + sum(b)", NONE, 0, 0},
    {"prod(z)", NONE, 0, 0},
    {"$prod(z, where=z > 0)", TOTAL, 4, 0},
    {"sum(w, where=w > 0) + max(w $+ 1)", 3, 1, 0},
    {"sum(w, where=w > 0) if k < 3 else 0", NONE, 0, 0},
    {"$sum(w, where=w > 0) if k > 2 else 0", TOTAL, 3, 0},
    {"where(q, 0, $sum(w, where=w > 0))", 1, 3, 0},
    {"where(c > 99, sum(w, where=w > 0), 0)", NONE, 0, 0},
    {"sum(c) $* 9223372036854775807", TOTAL, 1, 0},
    {"sum(c) * 3 + k", NONE, 0, 0},
    {"c + sum(c) * 3", NONE, 0, 0},
    {"$sum(int64(m) * 9223372036854775807, axis=0)", 0, 3, 0},
    {"$sum(int64(m) * 9223372036854775807, axis=1)", 0, 3, 0},
    {"sum(int64(m) * 3074457345618258602, axis=1)", NONE, 0, 0},
    {"k $* 4611686018427387904", TOTAL, 1, 0},
    {"none * none + none // none", NONE, 0, 0},
};

/* The text without its mark, and where that stood. */
static size_t read_mark(const char *source, char *text) {
    const char *mark = strchr(source, '$');
    const size_t offset = mark != NULL ? (size_t)(mark - source) : strlen(source);
    strcpy(text, source);
    if (mark != NULL)
        strcpy(text + offset, mark + 1);
    return offset;
}

enum { TEXT_BYTES = 128 };

static void compare(const guard_case *wanted, const char *how, evex_status status,
                    const evex_error *error) {
    char text[TEXT_BYTES];
    const size_t offset = read_mark(wanted->source, text);
    const int64_t index = wanted->index == TOTAL ? -1 : wanted->index;
    if (wanted->index == NONE) {
        ck_assert_msg(status == EVEX_OK, "%s: '%s': %s at %lld", how, text, error->message,
                      (long long)error->index);
        return;
    }
    ck_assert_msg(status == (wanted->status != EVEX_OK ? wanted->status : EVEX_GUARD),
                  "%s: '%s': status '%s' (%s)", how, text, evex_status_text(status),
                  error->message);
    ck_assert_msg(error->index == index && error->offset == offset &&
                      error->length == wanted->length,
                  "%s: '%s': element %lld at %zu+%zu", how, text, (long long)error->index,
                  error->offset, error->length);
    ck_assert(error->message[0] != '\0' && error->hint[0] != '\0');
}

static void check_case(const guard_case *wanted, const evex_compile_options *compile_options,
                       const evex_eval_options *options) {
    char text[TEXT_BYTES];
    evex_error error = EVEX_ERROR_INIT;
    read_mark(wanted->source, text);
    const evex_status status = evaluate(text, compile_options, options, &error);
    compare(wanted, "at once", status, &error);
}

/* ---- Streams ----------------------------------------------------------------------------------
 */

/* Rows [first, first + n_rows) of an operand, all of it if it is a scalar. */
static evex_array piece_of(const char *name, int64_t first, int64_t n_rows) {
    evex_array array = array_of(name);
    if (array.ndim == 0)
        return array;
    return evex_array_1d(array.dtype,
                         (const char *)array.data + (size_t)first * evex_dtype_size(array.dtype),
                         (size_t)n_rows);
}

/* Whether all operands of an expression have N rows, or one. */
static int can_stream(const evex_expr *expr) {
    size_t count;
    const evex_var *used = evex_expr_inputs(expr, &count);
    int n_cut = 0;
    for (size_t i = 0; i < count; i++) {
        const evex_array array = array_of(used[i].name);
        if (array.ndim > 1 || (array.ndim == 1 && array.shape[0] != N))
            return 0;
        n_cut += array.ndim;
    }
    return n_cut > 0;
}

static evex_status run_pass(evex_stream *stream, const evex_expr *expr, int64_t step,
                            evex_array *outputs, size_t n_outputs, evex_error *error) {
    size_t n_inputs;
    const evex_var *used = evex_expr_inputs(expr, &n_inputs);
    evex_array inputs[COUNT(operands)];
    evex_status status = EVEX_OK;
    for (int64_t row = 0; row < N && status == EVEX_OK; row += step) {
        const int64_t n_rows = N - row < step ? N - row : step;
        for (size_t i = 0; i < n_inputs; i++)
            inputs[i] = piece_of(used[i].name, row, n_rows);
        for (size_t i = 0; i < n_outputs; i++)
            outputs[i].length = n_rows;
        status =
            evex_stream_update(stream, NULL, inputs, n_inputs, outputs, n_outputs, NULL, error);
    }
    return status;
}

static evex_status run_stream(const evex_expr *expr, int64_t step, evex_error *error) {
    static _Alignas(16) unsigned char bytes[MAX_OUTPUTS][OUTPUT_BYTES];
    evex_array pieces[MAX_OUTPUTS], results[MAX_OUTPUTS];
    evex_stream *stream;
    size_t count;
    const evex_output *outputs = evex_expr_outputs(expr, &count);
    for (size_t i = 0; i < count; i++) {
        pieces[i] = evex_array_1d(outputs[i].dtype, bytes[i], 0);
        results[i] = evex_array_0d(outputs[i].dtype, bytes[i]);
    }
    evex_status status = evex_stream_create(&stream, expr, 0, error);
    for (size_t pass = 0; pass < evex_stream_passes(stream) && status == EVEX_OK; pass++) {
        if (pass > 0)
            status = evex_stream_next_pass(stream, error);
        if (status == EVEX_OK)
            status = run_pass(stream, expr, step, pieces, count, error);
    }
    if (status == EVEX_OK)
        status = evex_stream_finish(stream, results, count, NULL, error);
    evex_stream_free(&stream);
    return status;
}

static void check_streams(const guard_case *wanted, const evex_compile_options *options) {
    char text[TEXT_BYTES];
    evex_var vars[COUNT(operands)];
    evex_expr *expr;
    for (size_t i = 0; i < COUNT(operands); i++)
        vars[i] = operands[i].var;
    read_mark(wanted->source, text);
    ck_assert_int_eq(evex_compile(&expr, text, strlen(text), vars, COUNT(vars), options, NULL),
                     EVEX_OK);
    for (int64_t step = 1; step <= N && can_stream(expr); step++) {
        evex_error error = EVEX_ERROR_INIT;
        const evex_status status = run_stream(expr, step, &error);
        compare(wanted, "as a stream", status, &error);
    }
    evex_expr_free(&expr);
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
        if (options.block_length == 0)
            check_streams(wanted, &compile_options);
    }
}

START_TEST(guards_look_at_what_is_used) {
    check_everywhere(&cases[_i], EVEX_OVERFLOW_WRAP);
}
END_TEST

START_TEST(integers_that_overflow_are_found) {
    check_everywhere(&checked[_i], EVEX_OVERFLOW_ERROR);
}
END_TEST

/* Without the option the same programs have no guard, but for negative powers. */
START_TEST(wrapping_needs_no_guard) {
    guard_case unchecked = checked[_i];
    if (strcmp(unchecked.source, "n $** c") != 0)
        unchecked.index = NONE;
    check_everywhere(&unchecked, EVEX_OVERFLOW_WRAP);
}
END_TEST

/* ---- Groups -----------------------------------------------------------------------------------
 */

static const int32_t codes[] = {0, 1, 0, 1, -1};

/* The index is of a group where the operation has an element a group. */
static const guard_case grouped[] = {
    {"sum(w)", NONE, 0, 0},
    {"$sum(z)", 1, 3, 0},
    {"$prod(z)", 1, 4, 0},
    {"prod(w, where=w > 0)", NONE, 0, 0},
    {"w + sum(n) $* 9223372036854775807", 0, 1, 0},
    {"sum(n) $* 9223372036854775807", 0, 1, 0},
    {"c + sum(c $* 2147483647)", 0, 1, 0},
    {"where(p, c, $sum(z))", 1, 3, 0},
    {"where(c == 3, z, $sum(z))", 3, 3, 0},
    {"where(c != 2 and c != -1, z, sum(z))", NONE, 0, 0},
    {"1 $// (n - 2)", 4, 2, 0},
    {"sum(1 // (n - 2))", NONE, 0, 0},
    {"sum(1 $// (n + 1))", 3, 2, 0},
};

START_TEST(groups_are_guarded) {
    const evex_array groups = evex_array_1d(EVEX_I32, codes, N);
    evex_compile_options compile_options = EVEX_COMPILE_OPTIONS_INIT;
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    compile_options.overflow = EVEX_OVERFLOW_ERROR;
    compile_options.grouped = 1;
    options.groups = &groups;
    options.n_groups = 2;
    for (int way = 0; way < 4; way++) {
        compile_options.no_optimise = (uint8_t)(way & 1);
        options.block_length = (size_t)(way & 2);
        check_case(&grouped[_i], &compile_options, &options);
    }
}
END_TEST

/* ---- overflow='float' -------------------------------------------------------------------------
 */

static const struct {
    const char *source;
    evex_dtype dtype;
} floats[] = {
    {"c + 1", EVEX_F64},   {"c - n", EVEX_F64},         {"c * c", EVEX_F64},
    {"-c", EVEX_F64},      {"c ** n", EVEX_F64},        {"c ** 2", EVEX_F64},
    {"c ** -1", EVEX_F64}, {"square(c)", EVEX_F64},     {"power(u, 2)", EVEX_F64},
    {"sum(c)", EVEX_F64},  {"prod(z)", EVEX_F64},       {"sum(c, axis=0)", EVEX_F64},
    {"k + 1", EVEX_F64},   {"b + 300", EVEX_F64},       {"u + k", EVEX_F64},
    {"c + 1.5", EVEX_F64}, {"g * 2", EVEX_F32},         {"g * (k + 1)", EVEX_F32},
    {"abs(c)", EVEX_I32},  {"c // 2", EVEX_I32},        {"c % n", EVEX_I32},
    {"c << 1", EVEX_I32},  {"c & n", EVEX_I32},         {"max(c)", EVEX_I32},
    {"p * q", EVEX_BOOL},  {"sum(p)", EVEX_I64},        {"count(c)", EVEX_I64},
    {"int8(c)", EVEX_I8},  {"maximum(c, n)", EVEX_I32}, {"mean(c)", EVEX_F64},
};

START_TEST(integer_arithmetic_in_float64) {
    evex_var vars[COUNT(operands)];
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr;
    size_t count;
    options.overflow = EVEX_OVERFLOW_FLOAT;
    for (size_t i = 0; i < COUNT(operands); i++)
        vars[i] = operands[i].var;
    evex_compile(&expr, floats[_i].source, strlen(floats[_i].source), vars, COUNT(vars), &options,
                 &error);
    ck_assert_msg(expr != NULL, "'%s': %s", floats[_i].source, error.message);
    const evex_dtype dtype = evex_expr_outputs(expr, &count)[0].dtype;
    ck_assert_msg(dtype == floats[_i].dtype, "'%s' is %s", floats[_i].source,
                  evex_dtype_name(dtype));
    evex_expr_free(&expr);
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, integers_that_overflow_are_found, 0, COUNT(checked));
    tcase_add_loop_test(tests, wrapping_needs_no_guard, 0, COUNT(checked));
    tcase_add_loop_test(tests, groups_are_guarded, 0, COUNT(grouped));
    tcase_add_loop_test(tests, integer_arithmetic_in_float64, 0, COUNT(floats));
    tcase_add_loop_test(tests, guards_look_at_what_is_used, 0, COUNT(cases));
}

int main(void) {
    return run_suite("guards", add);
}
