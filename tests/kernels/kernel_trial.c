/* SPDX-License-Identifier: MIT */
/*
 * See kernel_trial.h. Expected values come from evex_definition over the longest length; kernels
 * are elementwise, so every shorter length must give a prefix of them.
 */
#include "tests/kernels/kernel_trial.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/regex.h"
#include "eval/text_index.h"
#include "tests/caps.h"

enum {
    MAX_ARITY = 3,
    MAX_RESULTS = 2,
    REGION_BYTES = 1 << 20,
    CANARY_BYTES = 64,
    CANARY = 0xa5,
    VECTOR_BYTES = 64, /* of the widest instruction set */
    PLACES = 3,
    MOST_COMBINATIONS = 40000,
    MOST_SCALARS = 64,
    NO_ALIAS = MAX_ARITY
};

/* Memory between two pages that must not be touched. */
typedef struct {
    unsigned char *begin, *end;
} region;

typedef struct {
    const evex_kernel_table *table;
    evex_op op;
    evex_dtype dtype, result;
    evex_kernel kernel, definition;
    int arity, n_results;
    evex_dtype operand[MAX_ARITY];
    size_t operand_bytes[MAX_ARITY], result_bytes;
    evex_text_set set;
    const evex_regex *regex;
    evex_matcher *matcher;
    kernel_failure *failure;
} trial;

static struct {
    region operand[MAX_ARITY], dst[MAX_RESULTS];
    unsigned char *values[MAX_ARITY], *expected[MAX_RESULTS], *splat[MAX_ARITY];
} memory;

static region map_region(void) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *p = mmap(NULL, REGION_BYTES + 2 * page, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || mprotect(p, page, PROT_NONE) != 0 ||
        mprotect(p + page + REGION_BYTES, page, PROT_NONE) != 0) {
        perror("kernel_trial: no guarded memory");
        exit(2);
    }
    return (region){p + page, p + page + REGION_BYTES};
}

static void prepare_memory(void) {
    if (memory.expected[0] != NULL)
        return;
    for (int r = 0; r < MAX_RESULTS; r++) {
        memory.dst[r] = map_region();
        memory.expected[r] = map_region().begin;
    }
    for (int k = 0; k < MAX_ARITY; k++) {
        memory.operand[k] = map_region();
        memory.values[k] = map_region().begin;
        memory.splat[k] = map_region().begin;
    }
}

/* The evex_dtype_size of types that kernels take. */
static size_t size_of(evex_dtype dtype) {
#define SIZE(s, ID, C, ...)                                                                        \
    case EVEX_##ID:                                                                                \
        return sizeof(C);
    switch (dtype) {
        EVEX_FOR_ANY(SIZE, )
        SIZE(f16, F16, uint16_t, )
    default:
        return 0;
    }
}

static int fail(const trial *t, const char *format, ...) {
    static const char *const names[] = {
#define NAME(s, ID, C, ...) [EVEX_##ID] = #s,
        EVEX_FOR_ANY(NAME, ) NAME(f16, F16, uint16_t, )};
    char what[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    snprintf(t->failure->text, sizeof t->failure->text, "%s: %s %s -> %s: %s", t->table->isa,
             evex_op_infos[t->op].id, names[t->dtype], names[t->result], what);
    return 0;
}

static size_t at_most(size_t n, size_t most) {
    return n < most ? n : most;
}

/* ---- Values --------------------------------------------------------------------------------- */

static uint64_t random_bits(void) {
    static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * UINT64_C(0x2545f4914f6cdd1d);
}

/* An edge value, a few bits, or any bits; for floats also a number of moderate size. Complex
 * numbers have edges of their own, and otherwise parts that are drawn one by one. */
static void draw(evex_dtype dtype, unsigned char *to) {
    if (evex_dtype_kind(dtype) == 'c' && random_bits() % 4 >= 2) {
        draw(evex_dtype_part(dtype), to);
        draw(evex_dtype_part(dtype), to + size_of(dtype) / 2);
        return;
    }
    size_t n_edges;
    const size_t bytes = size_of(dtype);
    const unsigned char *edges = kernel_edges(dtype, &n_edges);
    const uint64_t any = random_bits(), how = random_bits() % 4;
    const double moderate = ((double)(any >> 11) * 0x1p-53 - 0.5) * 40;
    const float moderate_f32 = (float)moderate;
    const int is_float = dtype == EVEX_F32 || dtype == EVEX_F64;
    if (how < 2 || dtype == EVEX_STR || dtype == EVEX_BOOL || evex_dtype_kind(dtype) == 'c')
        memcpy(to, edges + any % n_edges * bytes, bytes);
    else if (how == 2)
        memcpy(to, &any, bytes);
    else if (is_float)
        memcpy(to, dtype == EVEX_F64 ? (const void *)&moderate : &moderate_f32, bytes);
    else
        memcpy(to, &(uint64_t){any % 16}, bytes);
}

static void draw_values(const trial *t, size_t n) {
    for (int k = 0; k < t->arity; k++)
        for (size_t i = 0; i < n; i++)
            draw(t->operand[k], memory.values[k] + i * t->operand_bytes[k]);
}

/* All combinations of edge values, or as many, drawn from them, as suffice; returns how many. */
static size_t combine_edges(const trial *t) {
    size_t total = 1;
    for (int k = 0; k < t->arity; k++) {
        size_t n_edges;
        kernel_edges(t->operand[k], &n_edges);
        total *= n_edges;
    }
    const size_t n = at_most(total, caps_is_reduced() ? MOST_COMBINATIONS / 10 : MOST_COMBINATIONS);
    for (size_t i = 0; i < n; i++) {
        size_t rest = total <= n ? i : (size_t)(random_bits() % total);
        for (int k = 0; k < t->arity; k++) {
            size_t n_edges;
            const size_t bytes = t->operand_bytes[k];
            const unsigned char *edges = kernel_edges(t->operand[k], &n_edges);
            memcpy(memory.values[k] + i * bytes, edges + rest % n_edges * bytes, bytes);
            rest /= n_edges;
        }
    }
    return n;
}

/* All pairs of 8-bit operands, or all values of one 8- or 16-bit operand; 0 if there are too many.
 */
static size_t enumerate_values(const trial *t) {
    size_t bits = 0;
    for (int k = 0; k < t->arity; k++)
        bits += 8 * t->operand_bytes[k];
    if (bits > 16)
        return 0;
    for (size_t i = 0; i < (size_t)1 << bits; i++) {
        uint64_t rest = i;
        for (int k = 0; k < t->arity; k++) {
            memcpy(memory.values[k] + i * t->operand_bytes[k], &rest, t->operand_bytes[k]);
            rest >>= 8 * t->operand_bytes[k];
        }
    }
    return (size_t)1 << bits;
}

/* ---- One call ------------------------------------------------------------------------------- */

static int is_nan(evex_dtype dtype, const unsigned char *p) {
    double x = 0;
    float y = 0;
    memcpy(dtype == EVEX_F64 ? (void *)&x : &y, p,
           dtype == EVEX_F64   ? 8
           : dtype == EVEX_F32 ? 4
                               : 0);
    return isnan(x) || isnan(y);
}

/* The first element that differs, a nan in a part being equal to any; n if none does. */
static size_t find_difference(const trial *t, const unsigned char *got,
                              const unsigned char *expected, size_t n) {
    const evex_dtype part = evex_dtype_part(t->result);
    const size_t bytes = size_of(part), n_parts = t->result_bytes / bytes;
    if (memcmp(got, expected, n * t->result_bytes) == 0)
        return n;
    for (size_t i = 0; i < n * n_parts; i++) {
        const unsigned char *a = got + i * bytes, *b = expected + i * bytes;
        if (memcmp(a, b, bytes) != 0 && !(is_nan(part, a) && is_nan(part, b)))
            return i / n_parts;
    }
    return n;
}

/* Up against the upper guard, the lower guard, or an element off it. */
static unsigned char *place(region r, int where, size_t n, size_t bytes) {
    return where == 0 ? r.end - n * bytes : where == 1 ? r.begin : r.begin + bytes;
}

static uint64_t value_bits(const unsigned char *p, size_t bytes) {
    uint64_t bits = 0;
    memcpy(&bits, p, bytes < 8 ? bytes : 8);
    return bits;
}

/* got, expected: the result that differs. */
static int fail_at(const trial *t, const unsigned char *got, const unsigned char *expected,
                   size_t n, size_t i, int scalars, int alias) {
    const unsigned char *x[MAX_ARITY];
    for (int k = 0; k < MAX_ARITY; k++)
        x[k] = memory.values[k] + (scalars >> k & 1 ? 0 : i * t->operand_bytes[k]);
    return fail(t,
                "element %zu of %zu, scalars %d, over operand %d: of %#llx %#llx %#llx got %#llx, "
                "want %#llx",
                i, n, scalars, alias, (unsigned long long)value_bits(x[0], t->operand_bytes[0]),
                (unsigned long long)value_bits(x[1], t->operand_bytes[1]),
                (unsigned long long)value_bits(x[2], t->operand_bytes[2]),
                (unsigned long long)value_bits(got + i * t->result_bytes, t->result_bytes),
                (unsigned long long)value_bits(expected + i * t->result_bytes, t->result_bytes));
}

static int is_search(evex_op op) {
    return op == EVEX_OP_MATCHES || op == EVEX_OP_EXCEEDS || op == EVEX_OP_SEARCH;
}

/* Whether operand k is a constant that kernels find behind a pointer. */
static int is_list(const trial *t, int k) {
    return k == 1 && (t->op == EVEX_OP_IN || is_search(t->op));
}

/* Makes operand k ready for a call: a splat, a list, or a copy of its values at `to`. */
static evex_operand make_operand(const trial *t, int k, int is_scalar, unsigned char *to,
                                 size_t n) {
    const size_t bytes = t->operand_bytes[k];
    if (is_list(t, k))
        return (evex_operand){t->op == EVEX_OP_IN ? (const void *)&t->set : t->regex, 0};
    if (is_scalar) {
        for (size_t at = 0; at < EVEX_SPLAT_BYTES; at += bytes)
            memcpy(memory.splat[k] + at, memory.values[k], bytes);
        return (evex_operand){memory.splat[k], 0};
    }
    memcpy(to, memory.values[k], n * bytes);
    return (evex_operand){to, 1};
}

static void compute_expected(const trial *t, size_t n, int scalars) {
    evex_operand src[MAX_ARITY];
    for (int k = 0; k < t->arity; k++)
        src[k] = make_operand(t, k, scalars >> k & 1, memory.operand[k].begin, n);
    t->definition((void *[]){memory.expected[0], memory.expected[1]}, src, n, t->matcher);
}

/* The room for result r: n elements, and canaries before and behind as far as the guards. */
static unsigned char *prepare_result(const trial *t, int r, size_t n, int where) {
    const region room = memory.dst[r];
    unsigned char *dst = place(room, where, n, t->result_bytes), *end = dst + n * t->result_bytes;
    const size_t low = at_most((size_t)(dst - room.begin), CANARY_BYTES);
    memset(dst - low, CANARY, low);
    memset(dst, CANARY, (size_t)(end - dst) + at_most((size_t)(room.end - end), CANARY_BYTES));
    return dst;
}

static int check_result(const trial *t, int r, const unsigned char *dst, size_t n, int scalars,
                        int alias) {
    const region room = memory.dst[r];
    const unsigned char *end = dst + n * t->result_bytes;
    const size_t i = find_difference(t, dst, memory.expected[r], n);
    if (i < n)
        return fail_at(t, dst, memory.expected[r], n, i, scalars, alias);
    for (size_t k = 1; k <= at_most((size_t)(dst - room.begin), CANARY_BYTES); k++)
        if (dst[-(ptrdiff_t)k] != CANARY)
            return fail(t, "wrote %zu bytes before the first of %zu elements", k, n);
    for (size_t k = 0; k < at_most((size_t)(room.end - end), CANARY_BYTES); k++)
        if (end[k] != CANARY)
            return fail(t, "wrote %zu bytes behind the last of %zu elements", k, n);
    return 1;
}

/* alias: the operand in whose place a result goes (of two, the first or the second by the place);
 * NO_ALIAS: none. */
static int call(const trial *t, size_t n, int scalars, int where, int alias) {
    unsigned char *dst[MAX_RESULTS] = {NULL};
    for (int r = 0; r < t->n_results; r++)
        dst[r] = prepare_result(t, r, n, (where + r) % PLACES);
    evex_operand src[MAX_ARITY];
    for (int k = 0; k < t->arity; k++) {
        unsigned char *at = place(memory.operand[k], (where + k) % PLACES, n, t->operand_bytes[k]);
        src[k] =
            make_operand(t, k, scalars >> k & 1, alias == k ? dst[where % t->n_results] : at, n);
    }
    t->kernel((void *[]){dst[0], dst[1]}, src, n, t->matcher);
    for (int r = 0; r < t->n_results; r++)
        if (!check_result(t, r, dst[r], n, scalars, alias))
            return 0;
    return 1;
}

/* ---- All calls ------------------------------------------------------------------------------ */

static int may_alias(const trial *t, int k, int scalars) {
    return k == NO_ALIAS || (k < t->arity && (scalars >> k & 1) == 0 && !is_list(t, k) &&
                             t->operand_bytes[k] == t->result_bytes);
}

/* The reduced matrix has every length in one place only. */
static int try_lengths(const trial *t, size_t max_n, int scalars) {
    const int is_reduced = caps_is_reduced();
    for (size_t n = 0; n <= max_n; n++)
        for (int where = is_reduced ? (int)(n % PLACES) : 0; where < PLACES;
             where += is_reduced ? PLACES : 1)
            for (int alias = 0; alias <= NO_ALIAS; alias++)
                if (may_alias(t, alias, scalars) && !call(t, n, scalars, where, alias))
                    return 0;
    return 1;
}

/* The scalar's value changes from round to round, and with it the set of IN. */
static int try_scalars(trial *t) {
    const size_t max_n = 4 * VECTOR_BYTES / size_of(t->dtype) + 7;
    for (int scalars = 0; scalars < 1 << t->arity; scalars++) {
        draw_values(t, max_n);
        compute_expected(t, max_n, scalars);
        if (!try_lengths(t, max_n, scalars))
            return 0;
    }
    return 1;
}

static int try_values(const trial *t, size_t n) {
    compute_expected(t, n, 0);
    return call(t, n, 0, 0, NO_ALIAS);
}

/* Every edge value as the scalar in every place, or as many as suffice of the very many that
 * complex numbers have, beside random values. */
static int try_scalar_edges(const trial *t) {
    const size_t n = 67;
    for (int k = 0; k < t->arity; k++) {
        size_t n_edges;
        const unsigned char *edges = kernel_edges(t->operand[k], &n_edges);
        for (size_t i = 0; i < at_most(n_edges, MOST_SCALARS); i++) {
            const size_t edge = n_edges <= MOST_SCALARS ? i : (size_t)(random_bits() % n_edges);
            const int scalars = 1 << k;
            draw_values(t, n);
            memcpy(memory.values[k], edges + edge * t->operand_bytes[k], t->operand_bytes[k]);
            compute_expected(t, n, scalars);
            if (!call(t, n, scalars, 0, NO_ALIAS))
                return 0;
        }
    }
    return 1;
}

static int try_all(trial *t) {
    const size_t n_all = enumerate_values(t);
    if (n_all != 0 && !try_values(t, n_all))
        return 0;
    return try_values(t, combine_edges(t)) && try_scalar_edges(t) && try_scalars(t);
}

static int holds(evex_op op, evex_dtype dtype, const unsigned char *a, const unsigned char *b) {
    uint8_t truth;
    const evex_operand src[] = {{a, 1}, {b, 1}};
    evex_definition(op, dtype, EVEX_BOOL)((void *[]){&truth}, src, 1, NULL);
    return truth;
}

/* The order of lists: that of complex numbers is by real and then by imaginary parts. */
static int is_less(const trial *t, const unsigned char *a, const unsigned char *b) {
    const evex_dtype part = evex_dtype_part(t->dtype);
    if (part == t->dtype)
        return holds(EVEX_OP_LT, part, a, b);
    const size_t bytes = size_of(part);
    return holds(EVEX_OP_LT, part, a, b) ||
           (holds(EVEX_OP_EQ, part, a, b) && holds(EVEX_OP_LT, part, a + bytes, b + bytes));
}

static int has_nan(evex_dtype dtype, const unsigned char *p) {
    const evex_dtype part = evex_dtype_part(dtype);
    return is_nan(part, p) || (part != dtype && is_nan(part, p + size_of(part)));
}

/* Fills values with different ones, ascending and without nan; as many as wanted, if the type has
 * so many. Returns how many. */
static size_t make_list(const trial *t, unsigned char *values, size_t wanted) {
    const size_t bytes = size_of(t->dtype);
    size_t n = 0;
    for (size_t tries = 0; n < wanted && tries < 20 * wanted; tries++) {
        _Alignas(16) unsigned char next[sizeof(evex_str)];
        unsigned char *at = values, *end = values + n * bytes;
        draw(t->dtype, next);
        while (at < end && is_less(t, at, next))
            at += bytes;
        if (has_nan(t->dtype, next) || (at < end && !is_less(t, next, at)))
            continue;
        memmove(at + bytes, at, (size_t)(end - at));
        memcpy(at, next, bytes);
        n++;
    }
    return n;
}

/* IN with lists of several lengths: its kernels treat short and long ones differently. */
static int try_sets(trial *t) {
    static const size_t lengths[] = {0, 1, 2, 3, 8, 18, 50};
    _Alignas(16) unsigned char values[50 * sizeof(evex_str)];
    evex_arena arena;
    int is_right = 1;
    evex_arena_init(&arena, &evex_system_allocator, NULL, 0);
    for (size_t l = 0; is_right && l < sizeof lengths / sizeof lengths[0]; l++) {
        t->set.set = (evex_set){make_list(t, values, lengths[l]), values};
        if (t->dtype == EVEX_STR && !evex_text_index_make(&t->set, &arena))
            return fail(t, "no memory for a list");
        is_right = try_all(t);
    }
    evex_arena_free(&arena);
    return is_right;
}

static int try_pattern(trial *t, evex_str pattern) {
    evex_regex *regex;
    evex_regex_fault fault;
    if (evex_regex_create(&regex, pattern, 1, &evex_system_allocator, &fault) != EVEX_OK)
        return fail(t, "pattern %.*s", (int)pattern.n_bytes, pattern.text);
    t->regex = regex;
    const int is_right = try_all(t);
    evex_regex_free(regex);
    return is_right;
}

static int try_patterns(trial *t) {
    static const evex_str patterns[] = {{"", 0}, {"^a", 2}, {"b|\xc3\xa9", 4}};
    t->matcher = evex_matcher_create(&evex_system_allocator);
    int is_right = t->matcher != NULL;
    for (size_t k = 0; is_right && k < sizeof patterns / sizeof *patterns; k++)
        is_right = try_pattern(t, patterns[k]);
    evex_matcher_free(t->matcher);
    return is_right;
}

int kernel_trial(const evex_kernel_table *table, evex_op op, evex_dtype dtype, evex_dtype result,
                 kernel_failure *failure) {
    const evex_op_info *info = &evex_op_infos[op];
    trial t = {.table = table, .op = op, .dtype = dtype, .arity = info->arity, .failure = failure};
    t.result = op == EVEX_OP_CAST ? result : evex_op_dtype(op, dtype);
    t.kernel = evex_kernel_find(table, op, dtype, result);
    t.definition = evex_definition(op, dtype, result);
    t.result_bytes = size_of(t.result);
    t.n_results = 1 + evex_op_has_two_results(op);
    for (int k = 0; k < t.arity; k++) {
        t.operand[k] = info->takes_bool && k == 0 ? EVEX_BOOL : dtype;
        t.operand_bytes[k] = size_of(t.operand[k]);
    }
    failure->text[0] = '\0';
    if ((t.kernel == NULL) != (t.definition == NULL))
        return fail(&t, "kernel and definition must both exist or both not");
    if (t.kernel == NULL)
        return 1;
    prepare_memory();
    if (is_search(op))
        return try_patterns(&t);
    return op == EVEX_OP_IN ? try_sets(&t) : try_all(&t);
}
