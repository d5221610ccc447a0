/* SPDX-License-Identifier: MIT */
/*
 * eval/reduce.h on every instruction set: every kind, type, length around the borders of lanes and
 * leaves, mask, number of columns and block length, against the oracle, bit for bit; the tree's two
 * edges under any bracketing; accuracy; sums that 64 bits cannot hold.
 */
#include <stdlib.h>

#include "eval/accumulators.h"
#include "eval/reduce.h"
#include "tests/caps.h"
#include "tests/reduce_oracle.h"
#include "tests/suite.h"

enum { LEAF = EVEX_LEAF, MAX_ELEMENTS = 4 * LEAF };

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

/* ---- Data --------------------------------------------------------------------------------- */

typedef enum { PLAIN, ZEROS, EDGES, ALL_NAN, INFINITE, FALLING, N_FLAVOURS } flavour;

static double random_float(flavour how, size_t i) {
    static const double edges[] = {NAN, INFINITY, -INFINITY, -0.0, 0.0, 1e-310, 3.5e38, -1.0};
    const double plain = (double)(int64_t)next_random() * 0x1p-58;
    switch (how) {
    case ZEROS:
        return next_random() % 64 == 0 ? 0.0 : next_random() % 2 ? 0.0 : -0.0;
    case EDGES:
        return next_random() % 512 == 0 ? edges[next_random() % 8] : plain;
    case ALL_NAN:
        return NAN;
    case INFINITE:
        return next_random() % 8 == 0 ? NAN : next_random() % 2 ? INFINITY : -INFINITY;
    case FALLING:
        return 1.0 - (double)i * 0x1p-20;
    default:
        return plain;
    }
}

static uint64_t random_integer(flavour how, size_t i) {
    switch (how) {
    case ZEROS:
        return next_random() % 700 == 0;
    case EDGES:
        return next_random() % 2 ? UINT64_MAX / 2 : ~(UINT64_MAX / 2);
    case ALL_NAN:
        return 0;
    case INFINITE:
        return UINT64_MAX;
    case FALLING:
        return ~(uint64_t)i;
    default:
        return next_random();
    }
}

static void fill_random(void *x, evex_dtype dtype, size_t n, flavour how) {
    const size_t size = evex_dtype_size(dtype);
    for (size_t i = 0; i < n; i++) {
        const double wide = random_float(how, i);
        const float narrow = (float)wide;
        const uint64_t integer = random_integer(how, i);
        const void *from = dtype == EVEX_F64   ? (const void *)&wide
                           : dtype == EVEX_F32 ? (const void *)&narrow
                                               : (const void *)&integer;
        memcpy((char *)x + i * size, from, size);
    }
}

typedef enum { NO_MASK, HALF, SPARSE, NOTHING, SCALAR_TRUE, SCALAR_FALSE, N_MASKS } mask_flavour;

static void fill_mask(uint8_t *mask, size_t n, mask_flavour how) {
    for (size_t i = 0; i < n; i++)
        mask[i] = how == NO_MASK || how == SCALAR_TRUE || (how == HALF && next_random() % 2) ||
                          (how == SPARSE && next_random() % 97 == 0)
                      ? (uint8_t)(1 + next_random() % 255)
                      : 0;
}

/* ---- Running the code under test ---------------------------------------------------------- */

typedef struct {
    const void *x;
    const uint8_t *mask;
    size_t rows, w, block; /* block 0: lengths at random */
    size_t size;           /* bytes of an element */
    mask_flavour how;
} job;

static size_t block_length(const job *j) {
    return j->block != 0 ? j->block : 1 + (size_t)(next_random() % (LEAF + 3));
}

#define SEVENS "\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7\7"
static const char scalar_true[EVEX_SPLAT_BYTES + 1] = SEVENS SEVENS SEVENS SEVENS;
static const char scalar_false[EVEX_SPLAT_BYTES];

static evex_operand mask_operand(const job *j, size_t at) {
    switch (j->how) {
    case NO_MASK:
        return (evex_operand){NULL, 0};
    case SCALAR_TRUE:
        return (evex_operand){scalar_true, 0};
    case SCALAR_FALSE:
        return (evex_operand){scalar_false, 0};
    default:
        return (evex_operand){j->mask + at, 1};
    }
}

/* Leaf number `leaf` into nodes[0..w). */
static void run_leaf(const evex_reducer *reducer, const job *j, size_t leaf, evex_node *nodes) {
    const size_t low = leaf * LEAF * j->w, all = j->rows * j->w;
    const size_t high = low + LEAF * j->w < all ? low + LEAF * j->w : all;
    void *memory = aligned_alloc(64, (evex_leaf_bytes(reducer, j->w) + 63) / 64 * 64);
    evex_leaf_begin(reducer, memory, j->w);
    for (size_t at = low, n; at < high; at += n) {
        n = block_length(j);
        n = n < high - at ? n : high - at;
        const evex_operand value = {(const char *)j->x + at * j->size, 1};
        evex_leaf_add(reducer, memory, j->w, at - low, value, mask_operand(j, at), n, leaf * LEAF);
    }
    evex_leaf_end(reducer, memory, j->w, nodes);
    free(memory);
}

static size_t n_leaves_of(const job *j) {
    return (j->rows + LEAF - 1) / LEAF;
}

/* Leaves [low, high) as a tree; free its nodes. */
static evex_tree run_leaves(const evex_reducer *reducer, const job *j, size_t low, size_t high) {
    evex_tree tree;
    evex_node *leaf = malloc(j->w * sizeof *leaf);
    const unsigned levels = evex_tree_levels(high);
    evex_tree_init(&tree, malloc(2 * levels * j->w * sizeof(evex_node)), levels, j->w, low);
    for (size_t i = low; i < high; i++) {
        run_leaf(reducer, j, i, leaf);
        evex_tree_push(reducer, &tree, leaf, 0);
    }
    free(leaf);
    return tree;
}

static void run_all(const evex_reducer *reducer, const job *j, evex_node *nodes) {
    const evex_tree tree = run_leaves(reducer, j, 0, n_leaves_of(j));
    evex_tree_total(reducer, &tree, nodes);
    free(tree.nodes);
}

/* ---- Comparing ---------------------------------------------------------------------------- */

static int is_same(evex_dtype dtype, const void *a, const void *b) {
    if (dtype == EVEX_F32 && isnan(*(const float *)a) && isnan(*(const float *)b))
        return 1;
    if (dtype == EVEX_F64 && isnan(*(const double *)a) && isnan(*(const double *)b))
        return 1;
    return memcmp(a, b, evex_dtype_size(dtype)) == 0;
}

static evex_reduction spec_of(evex_reduction_kind kind, evex_dtype dtype, int ddof) {
    return (evex_reduction){.kind = (uint8_t)kind,
                            .in_dtype = (uint8_t)dtype,
                            .out_dtype = (uint8_t)evex_reduction_dtype(kind, dtype),
                            .mask = EVEX_NO_REGISTER,
                            .all_axes = 1,
                            .ddof = ddof};
}

static void check_columns(const evex_reducer *reducer, const job *j, const evex_node *nodes,
                          const char *what) {
    const evex_reduction *spec = reducer->spec;
    for (size_t c = 0; c < j->w; c++) {
        const oracle_column column = {.kind = (evex_reduction_kind)spec->kind,
                                      .dtype = (evex_dtype)spec->in_dtype,
                                      .out_dtype = (evex_dtype)spec->out_dtype,
                                      .ddof = spec->ddof,
                                      .x = (const char *)j->x + c * j->size,
                                      .mask = j->mask + c,
                                      .w = j->w};
        uint64_t expected = 0, found = 0;
        const int has_answer = oracle_reduce(&column, (int64_t)j->rows, &expected);
        const evex_status status = evex_node_finish(reducer, &nodes[c], &found);
        ck_assert_msg(status == (has_answer ? EVEX_OK : EVEX_EMPTY) &&
                          (!has_answer || is_same(column.out_dtype, &expected, &found)),
                      "%s: %s of %s, %s, rows %zu, columns %zu (%zu), block %zu, mask %d: "
                      "status %d, %016llx for %016llx",
                      reducer->kernels->isa, evex_reduction_infos[spec->kind].id,
                      evex_dtype_name(column.dtype), what, j->rows, j->w, c, j->block, (int)j->how,
                      (int)status, (unsigned long long)found, (unsigned long long)expected);
    }
}

/* ---- Every kind, type, length, mask and block --------------------------------------------- */

static const size_t lengths[] = {0,    1,    2,        7,        31,           32,          33,
                                 63,   64,   65,       127,      500,          4095,        4096,
                                 4097, 8191, 2 * LEAF, 3 * LEAF, 3 * LEAF + 7, MAX_ELEMENTS};
static const size_t blocks[] = {0, 1, 3, 16, 64, 1000, LEAF};
static const size_t widths[] = {1, 2, 3, 7, 64, 100};
#define N_OF(array) (sizeof(array) / sizeof *(array))

static const evex_dtype reals[] = {
#define REAL(s, ID, T, unused) EVEX_##ID,
    EVEX_FOR_REALS(REAL, )};

typedef struct {
    char *x;
    uint8_t *mask;
    evex_node *nodes;
} memory;

static memory new_memory(void) {
    /* At an odd place for masks, so that nothing counts on alignment beyond an element's own. */
    return (memory){malloc(MAX_ELEMENTS * 8 + 8), malloc(MAX_ELEMENTS + 1),
                    malloc(128 * sizeof(evex_node))};
}

static void free_memory(memory m) {
    free(m.x);
    free(m.mask);
    free(m.nodes);
}

static void check_case(const evex_reducer *reducer, memory m, size_t rows, size_t w, size_t block,
                       flavour data, mask_flavour how) {
    const evex_dtype dtype = (evex_dtype)reducer->spec->in_dtype;
    const size_t size = evex_dtype_size(dtype);
    char *x = m.x + size % 8; /* aligned to the element only */
    fill_random(x, dtype, rows * w, data);
    fill_mask(m.mask + 1, rows * w, how);
    const job j = {x, m.mask + 1, rows, w, block, size, how};
    run_all(reducer, &j, m.nodes);
    check_columns(reducer, &j, m.nodes, "whole");
}

static void check_kind(const evex_kernel_table *kernels, const evex_reduction *spec, memory m) {
    evex_reducer reducer;
    const size_t stride = caps_is_reduced() ? 5 : 1;
    ck_assert_int_eq(evex_reducer_link(&reducer, spec, kernels, NULL), EVEX_OK);
    size_t round = 0;
    for (size_t l = 0; l < N_OF(lengths); l += stride)
        for (int how = 0; how < N_MASKS; how++)
            check_case(&reducer, m, lengths[l], 1, blocks[round++ % N_OF(blocks)],
                       (flavour)(next_random() % N_FLAVOURS), (mask_flavour)how);
    for (int data = 0; data < N_FLAVOURS; data++)
        for (int how = 0; how < N_MASKS; how++)
            check_case(&reducer, m, LEAF + 77, 1, blocks[round++ % N_OF(blocks)], (flavour)data,
                       (mask_flavour)how);
    for (size_t i = 0; i < N_OF(widths); i += stride)
        for (size_t l = 0; l < N_OF(lengths) && lengths[l] * widths[i] <= MAX_ELEMENTS; l++)
            check_case(&reducer, m, lengths[l], widths[i], blocks[round++ % N_OF(blocks)],
                       (flavour)(next_random() % N_FLAVOURS),
                       (mask_flavour)(next_random() % N_MASKS));
}

START_TEST(every_kind_equals_the_oracle) {
    size_t n_tables;
    const evex_kernel_table *const *tables = evex_kernels_all(&n_tables);
    const evex_reduction_kind kind = (evex_reduction_kind)_i;
    const memory m = new_memory();
    for (size_t t = 0; t < n_tables; t++)
        for (size_t d = 0; d < N_OF(reals); d++) {
            if (!(evex_reduction_infos[kind].types >> reals[d] & 1))
                continue;
            const evex_reduction spec = spec_of(kind, reals[d], (int)(next_random() % 3));
            check_kind(tables[t], &spec, m);
        }
    free_memory(m);
}
END_TEST

/* ---- Links -------------------------------------------------------------------------------- */

START_TEST(what_a_row_lacks_is_refused) {
    evex_reducer reducer;
    evex_error error = EVEX_ERROR_INIT;
    const evex_kernel_table *kernels = evex_kernels_usable(EVEX_ISA_BEST);
    evex_reduction spec = spec_of(EVEX_RED_SUM, EVEX_F64, 0);
    spec.in_dtype = EVEX_C64;
    spec.place = (evex_insn_place){3, 5};
    ck_assert_int_eq(evex_reducer_link(&reducer, &spec, kernels, &error), EVEX_UNSUPPORTED);
    ck_assert_uint_eq(error.offset, 3);
    ck_assert_uint_eq(error.length, 5);
    spec = spec_of(EVEX_RED_SUM, EVEX_I32, 0);
    spec.out_dtype = EVEX_I32;
    ck_assert_int_eq(evex_reducer_link(&reducer, &spec, kernels, NULL), EVEX_INVALID_ARGUMENT);
    spec.kind = EVEX_N_REDUCTIONS;
    ck_assert_int_eq(evex_reducer_link(&reducer, &spec, kernels, NULL), EVEX_INVALID_ARGUMENT);
    spec = spec_of(EVEX_RED_COUNT, EVEX_STR, 0);
    ck_assert_int_eq(evex_reducer_link(&reducer, &spec, kernels, NULL), EVEX_OK);
}
END_TEST

/* ---- Scalars and counts ------------------------------------------------------------------- */

START_TEST(a_scalar_is_taken_n_times) {
    static const double value[EVEX_SPLAT_BYTES / 8] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    enum { N = 1000 };
    double x[N], results[2];
    const evex_reduction spec = spec_of(EVEX_RED_SUM, EVEX_F64, 0);
    evex_reducer reducer;
    evex_reducer_link(&reducer, &spec, evex_kernels_usable(EVEX_ISA_BEST), NULL);
    for (size_t i = 0; i < N; i++)
        x[i] = 0.1;
    for (size_t way = 0; way < 2; way++) {
        _Alignas(64) char leaf[1024];
        evex_node node;
        ck_assert_uint_le(evex_leaf_bytes(&reducer, 1), sizeof leaf);
        evex_leaf_begin(&reducer, leaf, 1);
        evex_leaf_add(&reducer, leaf, 1, 0,
                      way == 0 ? (evex_operand){value, 0} : (evex_operand){x, 1},
                      (evex_operand){NULL, 0}, N, 0);
        evex_leaf_end(&reducer, leaf, 1, &node);
        ck_assert_uint_eq(node.count, N);
        evex_node_finish(&reducer, &node, &results[way]);
    }
    ck_assert_mem_eq(&results[0], &results[1], sizeof(double));
}
END_TEST

START_TEST(count_wants_no_operand) {
    const evex_reduction spec = spec_of(EVEX_RED_COUNT, EVEX_BOOL, 0);
    evex_reducer reducer;
    _Alignas(64) char leaf[512];
    evex_node nodes[2];
    evex_reducer_link(&reducer, &spec, evex_kernels_usable(EVEX_ISA_BEST), NULL);
    ck_assert_uint_le(evex_leaf_bytes(&reducer, 2), sizeof leaf);
    evex_leaf_begin(&reducer, leaf, 2);
    evex_leaf_add(&reducer, leaf, 2, 0, (evex_operand){NULL, 0}, (evex_operand){NULL, 0}, 5, 0);
    evex_leaf_add(&reducer, leaf, 2, 5, (evex_operand){NULL, 0}, (evex_operand){"\1\0\0\1\0", 1}, 5,
                  0);
    evex_leaf_end(&reducer, leaf, 2, nodes);
    ck_assert_uint_eq(nodes[0].count, 3 + 1); /* rows 0 to 2 and row 4 */
    ck_assert_uint_eq(nodes[1].count, 2 + 1); /* rows 0, 1 and 2 */
}
END_TEST

/* ---- Trees -------------------------------------------------------------------------------- */

/* Leaves [low, high) of the job, cut at random and appended in random order of bracketing. */
static evex_tree run_bracketed(const evex_reducer *reducer, const job *j, size_t low, size_t high) {
    if (high - low < 2 || next_random() % 4 == 0)
        return run_leaves(reducer, j, low, high);
    const size_t cut = low + (size_t)(next_random() % (high - low + 1));
    const evex_tree left = run_bracketed(reducer, j, low, cut);
    const evex_tree right = run_bracketed(reducer, j, cut, high);
    const unsigned levels = evex_tree_levels(high);
    evex_tree both;
    evex_tree_init(&both, malloc(2 * levels * j->w * sizeof(evex_node)), levels, j->w, low);
    evex_tree_append(reducer, &both, &left);
    evex_tree_append(reducer, &both, &right);
    ck_assert_uint_eq(both.next_leaf, high);
    free(left.nodes);
    free(right.nodes);
    return both;
}

START_TEST(any_bracketing_gives_the_same_bits) {
    static const evex_reduction_kind kinds[] = {EVEX_RED_SUM, EVEX_RED_VAR, EVEX_RED_PROD,
                                                EVEX_RED_ARGMAX, EVEX_RED_MEAN};
    enum { ROWS = 37 * LEAF + 5 };
    double *x = malloc(ROWS * sizeof *x);
    uint8_t *mask = malloc(ROWS);
    evex_node node;
    fill_random(x, EVEX_F64, ROWS, PLAIN);
    fill_mask(mask, ROWS, NO_MASK);
    for (size_t k = 0; k < N_OF(kinds); k++) {
        const evex_reduction spec = spec_of(kinds[k], EVEX_F64, 1);
        evex_reducer reducer;
        evex_reducer_link(&reducer, &spec, evex_kernels_usable(EVEX_ISA_BEST), NULL);
        for (int round = 0; round < 20; round++) {
            const job j = {x, mask,   ROWS - (size_t)(next_random() % (30 * LEAF)), 1, LEAF,
                           8, NO_MASK};
            const evex_tree tree = run_bracketed(&reducer, &j, 0, n_leaves_of(&j));
            evex_tree_total(&reducer, &tree, &node);
            free(tree.nodes);
            check_columns(&reducer, &j, &node, "bracketed");
        }
    }
    free(x);
    free(mask);
}
END_TEST

/* Nodes of several leaves pushed at once are what their leaves would have become. */
START_TEST(a_level_can_be_pushed_whole) {
    const evex_reduction spec = spec_of(EVEX_RED_SUM, EVEX_I64, 0);
    evex_reducer reducer;
    evex_node nodes[2 * 8], node = {.count = 1}, total;
    evex_tree tree;
    evex_reducer_link(&reducer, &spec, evex_kernels_usable(EVEX_ISA_BEST), NULL);
    evex_tree_init(&tree, nodes, 8, 1, 0);
    node.as.wide.low = 4;
    evex_tree_push(&reducer, &tree, &node, 2);
    node.as.wide.low = 1;
    evex_tree_push(&reducer, &tree, &node, 0);
    evex_tree_total(&reducer, &tree, &total);
    ck_assert_uint_eq(total.as.wide.low, 5);
    ck_assert_uint_eq(tree.next_leaf, 5);
    ck_assert_uint_eq(tree.present, 5);
    ck_assert_uint_eq(evex_tree_levels(0), 1);
    ck_assert_uint_eq(evex_tree_levels(1), 1);
    ck_assert_uint_eq(evex_tree_levels(2), 2);
    ck_assert_uint_eq(evex_tree_levels(UINT64_C(1) << 52), EVEX_TREE_LEVELS);
}
END_TEST

/* ---- Numbers ------------------------------------------------------------------------------ */

static double reduce_f64(evex_reduction_kind kind, const double *x, size_t n) {
    const evex_reduction spec = spec_of(kind, EVEX_F64, 0);
    evex_reducer reducer;
    evex_node node;
    double result;
    evex_reducer_link(&reducer, &spec, evex_kernels_usable(EVEX_ISA_BEST), NULL);
    run_all(&reducer, &(job){x, NULL, n, 1, 1000, 8, NO_MASK}, &node);
    ck_assert_int_eq(evex_node_finish(&reducer, &node, &result), EVEX_OK);
    return result;
}

/* The error of a sum is bounded by its depth, 7 + 5 + log2(leaves) additions in sequence at most
 * 128 + 12 deep, times the sum of magnitudes. */
START_TEST(sums_are_accurate) {
    enum { N = 1 << 20 };
    double *x = malloc(N * sizeof *x);
    long double exact = 0, magnitude = 0, squares = 0;
    for (size_t i = 0; i < N; i++) {
        x[i] = 1e9 + (double)(int64_t)next_random() * 0x1p-63;
        exact += x[i];
        magnitude += fabsl((long double)x[i]);
    }
    for (size_t i = 0; i < N; i++)
        squares += ((long double)x[i] - exact / N) * ((long double)x[i] - exact / N);
    ck_assert_ldouble_le(fabsl(reduce_f64(EVEX_RED_SUM, x, N) - exact), 16 * 0x1p-53L * magnitude);
    ck_assert_ldouble_le(fabsl(reduce_f64(EVEX_RED_VAR, x, N) - squares / N),
                         1e-6L * squares / N); /* two-pass in double gives no more at this offset */
    for (size_t i = 0; i < N; i++)
        x[i] = 0.1;
    ck_assert_double_eq(reduce_f64(EVEX_RED_VAR, x, N), 0.0);
    free(x);
}
END_TEST

static const struct {
    evex_dtype dtype;
    uint64_t elements[2]; /* by turns */
    double mean;          /* of an even number of them */
} wide_sums[] = {
    {EVEX_I64, {UINT64_C(1) << 62, UINT64_C(1) << 62}, 0x1p62},
    {EVEX_I64, {UINT64_C(1) << 63, UINT64_C(1) << 63}, -0x1p63},
    {EVEX_I64, {UINT64_MAX, UINT64_MAX}, -1.0},
    {EVEX_I64, {UINT64_MAX, 1}, 0.0},
    {EVEX_I64, {UINT64_MAX, 3}, 1.0},
    {EVEX_I64, {INT64_MAX, INT64_MAX}, 0x1p63},
    {EVEX_U64, {UINT64_MAX, UINT64_MAX}, 0x1p64},
    {EVEX_U64, {UINT64_C(1) << 63, 0}, 0x1p62},
};

START_TEST(integer_sums_do_not_wrap) {
    enum { N = 3 * LEAF + 6 };
    uint64_t *x = malloc(N * sizeof *x);
    const evex_dtype dtype = wide_sums[_i].dtype;
    evex_reducer reducer;
    evex_node node;
    double mean;
    uint64_t sum;
    for (size_t i = 0; i < N; i++)
        x[i] = wide_sums[_i].elements[i % 2];
    const job j = {x, NULL, N, 1, 1000, 8, NO_MASK};
    evex_reduction spec = spec_of(EVEX_RED_MEAN, dtype, 0);
    evex_reducer_link(&reducer, &spec, evex_kernels_usable(EVEX_ISA_BEST), NULL);
    run_all(&reducer, &j, &node);
    evex_node_finish(&reducer, &node, &mean);
    ck_assert_double_eq(mean, wide_sums[_i].mean);
    spec = spec_of(EVEX_RED_SUM, dtype, 0);
    evex_reducer_link(&reducer, &spec, evex_kernels_usable(EVEX_ISA_BEST), NULL);
    run_all(&reducer, &j, &node);
    evex_node_finish(&reducer, &node, &sum);
    ck_assert_uint_eq(sum, (wide_sums[_i].elements[0] + wide_sums[_i].elements[1]) * (N / 2));
    free(x);
}
END_TEST

/* The conversion of 128 bits to double against the compiler's, around all powers of two. */
START_TEST(wide_sums_round_to_nearest) {
    const evex_reduction spec = spec_of(EVEX_RED_MEAN, EVEX_I64, 0);
    evex_reducer reducer;
    evex_reducer_link(&reducer, &spec, evex_kernels_usable(EVEX_ISA_BEST), NULL);
    for (int bit = 0; bit < 126; bit++)
        for (int round = 0; round < 2000; round++) {
            oracle_int sum = (oracle_int)1 << bit;
            const int below = (int)(next_random() % 120);
            sum += ((oracle_int)(next_random() % 5) - 2) *
                   ((oracle_int)1 << (below < bit ? below : 0));
            if (bit > 54 && round % 2)
                sum += (oracle_int)1 << (bit - 53); /* half way between two doubles, or nearly */
            sum = round % 3 == 0 ? -sum : sum;
            evex_node node = {.count = 1};
            node.as.wide.low = (uint64_t)sum;
            node.as.wide.high = (int64_t)(sum >> 64);
            double mean;
            evex_node_finish(&reducer, &node, &mean);
            ck_assert_msg(mean == (double)sum, "bit %d: %a for %a", bit, mean, (double)sum);
        }
}
END_TEST

START_TEST(nothing_has_its_answers) {
    ck_assert_double_eq(reduce_f64(EVEX_RED_SUM, NULL, 0), 0.0);
    ck_assert(!signbit(reduce_f64(EVEX_RED_SUM, NULL, 0)));
    ck_assert_double_eq(reduce_f64(EVEX_RED_PROD, NULL, 0), 1.0);
    ck_assert(isnan(reduce_f64(EVEX_RED_MEAN, NULL, 0)));
    ck_assert(isnan(reduce_f64(EVEX_RED_VAR, NULL, 0)));
    ck_assert(signbit(reduce_f64(EVEX_RED_SUM, (const double[]){-0.0, -0.0}, 2)));
}
END_TEST

/* The squares of these deviations are less than any double. */
START_TEST(a_variance_is_never_negative) {
    static double x[LEAF]; /* 128 a lane */
    for (size_t i = 0; i < N_OF(x); i++)
        x[i] = i < 32 ? 0 : 1e-162;
    ck_assert(!signbit(reduce_f64(EVEX_RED_VAR, x, N_OF(x))));
    ck_assert_double_eq(reduce_f64(EVEX_RED_STD, x, N_OF(x)), 0.0);
}
END_TEST

/* A nan in a later leaf is before every number of an earlier one. */
START_TEST(the_first_nan_is_the_extreme) {
    enum { ROWS = 3 * LEAF };
    double *x = calloc(ROWS, sizeof *x);
    x[LEAF + 7] = x[2 * LEAF + 1] = NAN;
    const evex_reduction_kind kinds[] = {EVEX_RED_ARGMIN, EVEX_RED_ARGMAX};
    for (size_t k = 0; k < N_OF(kinds); k++) {
        const evex_reduction spec = spec_of(kinds[k], EVEX_F64, 0);
        evex_reducer reducer;
        evex_node node;
        int64_t index;
        evex_reducer_link(&reducer, &spec, evex_kernels_usable(EVEX_ISA_BEST), NULL);
        run_all(&reducer, &(job){x, NULL, ROWS, 1, 1000, 8, NO_MASK}, &node);
        ck_assert_int_eq(evex_node_finish(&reducer, &node, &index), EVEX_OK);
        ck_assert_int_eq(index, LEAF + 7);
    }
    free(x);
}
END_TEST

/* NumPy's: var of fewer elements than ddof divides by 0. */
START_TEST(too_few_elements_for_ddof) {
    const double x[] = {1.0, 2.0};
    for (int ddof = 2; ddof < 4; ddof++)
        for (size_t n = 1; n <= 2; n++) {
            const evex_reduction spec = spec_of(EVEX_RED_VAR, EVEX_F64, ddof);
            evex_reducer reducer;
            evex_node node;
            double result;
            evex_reducer_link(&reducer, &spec, evex_kernels_usable(EVEX_ISA_BEST), NULL);
            run_all(&reducer, &(job){x, NULL, n, 1, 1000, 8, NO_MASK}, &node);
            ck_assert_int_eq(evex_node_finish(&reducer, &node, &result), EVEX_OK);
            ck_assert(n == 1 ? isnan(result) : isinf(result));
        }
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, every_kind_equals_the_oracle, 0, EVEX_N_REDUCTIONS);
    tcase_add_test(tests, what_a_row_lacks_is_refused);
    tcase_add_test(tests, a_scalar_is_taken_n_times);
    tcase_add_test(tests, count_wants_no_operand);
    tcase_add_test(tests, any_bracketing_gives_the_same_bits);
    tcase_add_test(tests, a_level_can_be_pushed_whole);
    tcase_add_test(tests, sums_are_accurate);
    tcase_add_loop_test(tests, integer_sums_do_not_wrap, 0, (int)N_OF(wide_sums));
    tcase_add_test(tests, wide_sums_round_to_nearest);
    tcase_add_test(tests, nothing_has_its_answers);
    tcase_add_test(tests, a_variance_is_never_negative);
    tcase_add_test(tests, the_first_nan_is_the_extreme);
    tcase_add_test(tests, too_few_elements_for_ddof);
}

int main(void) {
    return run_suite("reduce", add);
}
