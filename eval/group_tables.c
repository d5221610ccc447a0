/* SPDX-License-Identifier: MIT */
/*
 * Tables of accumulators by group: see group_tables.h. Sums of integers are 128 bits wide. What
 * looks for an extreme compares keys: int64 numbers in the order of the elements, from which the
 * least is taken; a nan has the least key of all, or the greatest where it is to be ignored.
 */
#include "eval/group_tables.h"

#include <string.h>

#include "core/definitions.h"
#include "core/dtype.h"
#include "eval/accumulators.h"
#include "eval/moments.h"

/* Element i of a kernel's operand. */
#define VALUE(C) (((const C *)value.data)[i * value.step])

#define ADD(name, entry)                                                                           \
    static void name(void *entries, const uint32_t *slots, evex_operand value, size_t n,           \
                     uint64_t index) {                                                             \
        entry *restrict at = entries;                                                              \
        (void)index, (void)value;                                                                  \
        for (size_t i = 0; i < n; i++)

#define MERGE(name, node)                                                                          \
    static void name(void *left, const void *right, size_t n) {                                    \
        node *restrict a = left;                                                                   \
        const node *restrict b = right;                                                            \
        for (size_t g = 0; g < n; g++)

#define BEGIN(name, node, initial)                                                                 \
    static void name(void *entries, size_t n) {                                                    \
        for (size_t g = 0; g < n; g++)                                                             \
            ((node *)entries)[g] = initial;                                                        \
    }

/* ---- Sums and products of floats ------------------------------------------------------------ */

BEGIN(begin_sum, double, -0.0)
BEGIN(begin_product, double, 1.0)

#define FLOAT_ADDS(s, ID, C, ...)                                                                  \
    ADD(add_sum_##s, double) at[slots[i]] += (double)VALUE(C);                                     \
    }                                                                                              \
    ADD(add_product_##s, double) at[slots[i]] *= (double)VALUE(C);                                 \
    }
EVEX_FOR_FLOATS(FLOAT_ADDS, )

MERGE(merge_sum, double) a[g] += b[g];
}
MERGE(merge_product, double) a[g] *= b[g];
}

static void read_double(const evex_reduction *spec, const void *nodes, size_t g, evex_node *node) {
    (void)spec;
    node->as.f64 = ((const double *)nodes)[g];
}

/* ---- Moments -------------------------------------------------------------------------------- */

/* Sums of x - shift and of its square, shift being the first element. */
typedef struct {
    double shift, s1, s2, count;
} sums;

static void begin_sums(void *entries, size_t n) {
    memset(entries, 0, n * sizeof(sums));
}

static void begin_moments(void *nodes, size_t n) {
    memset(nodes, 0, n * sizeof(evex_moments));
}

static inline void add_to_sums(sums *to, double x) {
    const double shift = to->count == 0 ? x : to->shift, distance = x - shift;
    to->shift = shift;
    to->s1 += distance;
    to->s2 += distance * distance;
    to->count += 1;
}

#define MOMENT_ADDS(s, ID, C, ...)                                                                 \
    ADD(add_moments_##s, sums) add_to_sums(&at[slots[i]], (double)VALUE(C));                       \
    }
EVEX_FOR_FLOATS(MOMENT_ADDS, )

static void close_sums(void *nodes, const void *entries, size_t n) {
    evex_moments *to = nodes;
    const sums *from = entries;
    const evex_moments nothing = {0, 0, 0};
    for (size_t g = 0; g < n; g++)
        to[g] = from[g].count == 0
                    ? nothing
                    : evex_moments_of_sums(from[g].shift, from[g].s1, from[g].s2, from[g].count);
}

MERGE(merge_moments, evex_moments) {
    if (b[g].count != 0)
        a[g] = evex_moments_merge(a[g], b[g]);
}
}

static void read_moments(const evex_reduction *spec, const void *nodes, size_t g, evex_node *node) {
    const evex_moments *moments = nodes;
    (void)spec;
    node->as.moments.mean = moments[g].mean;
    node->as.moments.m2 = moments[g].m2;
}

/* ---- Products of complex numbers ------------------------------------------------------------ */

/* No complex number leaves every other as it is (1 times an infinity with a nan may not), so
 * nothing has been multiplied yet where the count is 0. */
typedef struct {
    evex_c128 product;
    double count;
} pair;

static void begin_pair(void *entries, size_t n) {
    memset(entries, 0, n * sizeof(pair));
}

/* n elements, which are z together. */
static inline void add_pair(pair *to, evex_c128 z, double n) {
    if (n == 0)
        return;
    to->product = to->count == 0 ? z : mul_c128(to->product, z);
    to->count += n;
}

#define PAIR_ADDS(s, ID, C, ...)                                                                   \
    ADD(add_pair_##s, pair)                                                                        \
    add_pair(&at[slots[i]], (evex_c128){(double)VALUE(C).re, (double)VALUE(C).im}, 1);             \
    }
EVEX_FOR_COMPLEX(PAIR_ADDS, )

MERGE(merge_pair, pair) add_pair(&a[g], b[g].product, b[g].count);
}

static void read_pair(const evex_reduction *spec, const void *nodes, size_t g, evex_node *node) {
    const pair *found = (const pair *)nodes + g;
    (void)spec;
    node->as.z = found->count == 0 ? (evex_c128){1, 0} : found->product;
}

/* ---- A tree a group ------------------------------------------------------------------------- */

/* The nodes of the levels in `bits`, from the lowest on, take in what is to the right of them. */
#define CARRY(node, bits, right, merge_one)                                                        \
    for (uint32_t rest = (bits); rest != 0; rest &= rest - 1) {                                    \
        node left = own[__builtin_ctz(rest)];                                                      \
        merge_one(&left, &right);                                                                  \
        right = left;                                                                              \
    }

/*
 * The last leaf p and the new one q of a group have a highest bit d in which they differ:
 * everything on p's side of the 2^(d+1) leaves around both is complete, and becomes the node on
 * level d.
 */
#define CLOSE_LAST(entry, node, leaf_number, close_one, merge_one)                                 \
    node *own = (node *)nodes + (size_t)slot * levels, right;                                      \
    const unsigned d = 31 - (unsigned)__builtin_clz((tree->leaf - 1) ^ ((leaf_number)-1));         \
    const uint32_t below = tree->present & ((UINT32_C(1) << d) - 1);                               \
    close_one(&right, &at[slot]);                                                                  \
    CARRY(node, below, right, merge_one)                                                           \
    own[d] = right;                                                                                \
    tree->present = (tree->present ^ below) | UINT32_C(1) << d;

#define ADD_LEAVES(name, s, C, entry, node, begin_one, close_one, merge_one, add_one)              \
    static void leaves_##name##_##s(void *entries, void *nodes, unsigned levels,                   \
                                    evex_group_tree *trees, evex_group_keys keys,                  \
                                    const void *values, size_t n) {                                \
        entry *at = entries;                                                                       \
        const C *x = values;                                                                       \
        for (size_t i = 0; i < n; i++) {                                                           \
            const uint32_t slot = keys.keys[i] & ((UINT32_C(1) << keys.slot_bits) - 1);            \
            const uint32_t leaf = (keys.keys[i] >> keys.slot_bits) + 1;                            \
            evex_group_tree *tree = &trees[slot];                                                  \
            if (tree->leaf != leaf) {                                                              \
                if (tree->leaf != 0) {                                                             \
                    CLOSE_LAST(entry, node, leaf, close_one, merge_one)                            \
                }                                                                                  \
                begin_one(&at[slot]);                                                              \
                tree->leaf = leaf;                                                                 \
            }                                                                                      \
            add_one(&at[slot], x[i]);                                                              \
        }                                                                                          \
    }

#define TREES_OF_REALS(name, entry, node, begin_node, begin_one, close_one, merge_one, add_one)    \
    ADD_LEAVES(name, f32, float, entry, node, begin_one, close_one, merge_one, add_one)            \
    ADD_LEAVES(name, f64, double, entry, node, begin_one, close_one, merge_one, add_one)           \
    TOTAL(name, entry, node, begin_node, close_one, merge_one)

#define TOTAL(name, entry, node, begin_node, close_one, merge_one)                                 \
    static void total_##name(void *to, const void *entries, const void *nodes, unsigned levels,    \
                             const evex_group_tree *trees, size_t n) {                             \
        const entry *at = entries;                                                                 \
        for (size_t g = 0; g < n; g++) {                                                           \
            const node *own = (const node *)nodes + g * levels;                                    \
            node right;                                                                            \
            begin_node(&right);                                                                    \
            if (trees[g].leaf != 0) {                                                              \
                close_one(&right, &at[g]);                                                         \
                CARRY(node, trees[g].present, right, merge_one)                                    \
            }                                                                                      \
            ((node *)to)[g] = right;                                                               \
        }                                                                                          \
    }

#define COPY_ONE(to, from) (*(to) = *(from))
#define ADD_ONE(left, right) (*(left) += *(right))
#define MULTIPLY_ONE(left, right) (*(left) *= *(right))
#define BEGIN_SUM(to) (*(to) = -0.0)
#define BEGIN_PRODUCT(to) (*(to) = 1.0)
#define BEGIN_SUMS(to) begin_sums(to, 1)
#define BEGIN_PAIR(to) begin_pair(to, 1)
#define BEGIN_MOMENTS(to) begin_moments(to, 1)
#define CLOSE_SUMS(to, from) close_sums(to, from, 1)
#define MERGE_PAIR(left, right) merge_pair(left, right, 1)
#define MERGE_MOMENTS(left, right) merge_moments(left, right, 1)
#define ADD_VALUE(to, x) (*(to) += (double)(x))
#define MULTIPLY_VALUE(to, x) (*(to) *= (double)(x))
#define MULTIPLY_PAIR(to, z) add_pair(to, (evex_c128){(double)(z).re, (double)(z).im}, 1)

TREES_OF_REALS(sum, double, double, BEGIN_SUM, BEGIN_SUM, COPY_ONE, ADD_ONE, ADD_VALUE)
TREES_OF_REALS(product, double, double, BEGIN_PRODUCT, BEGIN_PRODUCT, COPY_ONE, MULTIPLY_ONE,
               MULTIPLY_VALUE)
TREES_OF_REALS(moments, sums, evex_moments, BEGIN_MOMENTS, BEGIN_SUMS, CLOSE_SUMS, MERGE_MOMENTS,
               add_to_sums)

ADD_LEAVES(pair, c64, evex_c64, pair, pair, BEGIN_PAIR, COPY_ONE, MERGE_PAIR, MULTIPLY_PAIR)
ADD_LEAVES(pair, c128, evex_c128, pair, pair, BEGIN_PAIR, COPY_ONE, MERGE_PAIR, MULTIPLY_PAIR)
TOTAL(pair, pair, pair, BEGIN_PAIR, COPY_ONE, MERGE_PAIR)

/* ---- Integers ------------------------------------------------------------------------------- */

__extension__ typedef __int128 wide;

static void begin_wide(void *entries, size_t n) {
    memset(entries, 0, n * sizeof(wide));
}

#define WIDE_ADDS(s, ID, C, ...)                                                                   \
    ADD(add_wide_##s, wide) at[slots[i]] += VALUE(C);                                              \
    }
EVEX_FOR_INTS(WIDE_ADDS, )
ADD(add_wide_bool, wide) at[slots[i]] += VALUE(uint8_t) != 0;
}

MERGE(merge_wide, wide) a[g] += b[g];
}

static void read_wide(const evex_reduction *spec, const void *nodes, size_t g, evex_node *node) {
    const wide sum = ((const wide *)nodes)[g];
    (void)spec;
    node->as.wide.low = (uint64_t)sum;
    node->as.wide.high = (int64_t)(sum >> 64);
}

BEGIN(begin_factor, uint64_t, 1)

#define FACTOR_ADDS(s, ID, C, ...)                                                                 \
    ADD(add_factor_##s, uint64_t) at[slots[i]] *= (uint64_t)VALUE(C);                              \
    }
EVEX_FOR_INTS(FACTOR_ADDS, )
ADD(add_factor_bool, uint64_t) at[slots[i]] *= VALUE(uint8_t) != 0;
}

MERGE(merge_factor, uint64_t) a[g] *= b[g];
}

static void read_word(const evex_reduction *spec, const void *nodes, size_t g, evex_node *node) {
    (void)spec;
    node->as.u64 = ((const uint64_t *)nodes)[g];
}

/* Whether a product is out of range: eval/accumulators.h. */
typedef struct {
    uint64_t size, facts;
} magnitude;

BEGIN(begin_magnitude, magnitude, ((magnitude){1, 0}))

#define MAGNITUDE_ADDS(s, ID, C, ...)                                                              \
    ADD(add_magnitude_##s, magnitude)                                                              \
    evex_magnitude_add(&at[slots[i]].size, &at[slots[i]].facts, evex_magnitude_of_##s(VALUE(C)),   \
                       VALUE(C) < 1 && VALUE(C) != 0);                                             \
    }
EVEX_FOR_INTS(MAGNITUDE_ADDS, )

MERGE(merge_magnitude, magnitude)
evex_magnitude_merge(&a[g].size, &a[g].facts, b[g].size, b[g].facts);
}

static void read_magnitude(const evex_reduction *spec, const void *nodes, size_t g,
                           evex_node *node) {
    (void)spec;
    node->as.product.size = ((const magnitude *)nodes)[g].size;
    node->as.product.facts = ((const magnitude *)nodes)[g].facts;
}

static void begin_count(void *entries, size_t n) {
    memset(entries, 0, n * sizeof(uint64_t));
}

ADD(add_count, uint64_t) at[slots[i]]++;
}

MERGE(merge_count, uint64_t) a[g] += b[g];
}

/* ---- Truth ---------------------------------------------------------------------------------- */

BEGIN(begin_any, uint8_t, 0)
BEGIN(begin_all, uint8_t, 1)

ADD(add_any, uint8_t) at[slots[i]] |= VALUE(uint8_t) != 0;
}
ADD(add_all, uint8_t) at[slots[i]] &= VALUE(uint8_t) != 0;
}
MERGE(merge_any, uint8_t) a[g] |= b[g];
}
MERGE(merge_all, uint8_t) a[g] &= b[g];
}

static void read_truth(const evex_reduction *spec, const void *nodes, size_t g, evex_node *node) {
    (void)spec;
    node->as.u64 = ((const uint8_t *)nodes)[g];
}

/* ---- Keys ----------------------------------------------------------------------------------- */

/* -0 comes before +0. The bits of a number below 0 fall as it grows, but for the sign. */
static inline int64_t key_of_double(double x) {
    const int64_t bits = (int64_t)bits_f64(x);
    return bits ^ (bits >> 63 & INT64_MAX);
}

static inline double double_of_key(int64_t key) {
    return from_bits_f64((uint64_t)(key ^ (key >> 63 & INT64_MAX)));
}

/* Keys whose least is the result: of the element, or turned round. */
static inline int64_t key_float(double x, int is_max, int64_t nan) {
    const int64_t key = key_of_double(x);
    return x != x ? nan : is_max ? ~key : key;
}

static inline int64_t key_signed(int64_t x, int is_max) {
    return is_max ? ~x : x;
}

static inline int64_t key_unsigned(uint64_t x, int is_max) {
    return key_signed((int64_t)(x ^ UINT64_C(1) << 63), is_max);
}

BEGIN(begin_key, int64_t, INT64_MAX)

static inline void add_key(int64_t *to, int64_t key) {
    *to = key < *to ? key : *to;
}

MERGE(merge_key, int64_t) add_key(&a[g], b[g]);
}

#define KEY_ADD(name, key)                                                                         \
    ADD(add_##name, int64_t) add_key(&at[slots[i]], key);                                          \
    }
#define FLOAT_KEY_ADDS(s, ID, C, ...)                                                              \
    KEY_ADD(min_##s, key_float((double)VALUE(C), 0, INT64_MIN))                                    \
    KEY_ADD(max_##s, key_float((double)VALUE(C), 1, INT64_MIN))                                    \
    KEY_ADD(nanmin_##s, key_float((double)VALUE(C), 0, INT64_MAX))                                 \
    KEY_ADD(nanmax_##s, key_float((double)VALUE(C), 1, INT64_MAX))
#define SIGNED_KEY_ADDS(s, ID, C, ...)                                                             \
    KEY_ADD(min_##s, key_signed(VALUE(C), 0))                                                      \
    KEY_ADD(max_##s, key_signed(VALUE(C), 1))
#define UNSIGNED_KEY_ADDS(s, ID, C, ...)                                                           \
    KEY_ADD(min_##s, key_unsigned(VALUE(C), 0))                                                    \
    KEY_ADD(max_##s, key_unsigned(VALUE(C), 1))
EVEX_FOR_FLOATS(FLOAT_KEY_ADDS, )
EVEX_FOR_SIGNED(SIGNED_KEY_ADDS, )
EVEX_FOR_UNSIGNED(UNSIGNED_KEY_ADDS, )
KEY_ADD(min_bool, key_unsigned(VALUE(uint8_t) != 0, 0))
KEY_ADD(max_bool, key_unsigned(VALUE(uint8_t) != 0, 1))

static int is_max_kind(uint8_t kind) {
    return kind == EVEX_RED_MAX || kind == EVEX_RED_NANMAX || kind == EVEX_RED_ARGMAX;
}

/* A nan's key is no number's, turned round or not. */
static void read_found(const evex_reduction *spec, int64_t found, evex_node *node) {
    const int64_t key = is_max_kind(spec->kind) ? ~found : found;
    switch (evex_dtype_kind((evex_dtype)spec->in_dtype)) {
    case 'f':
        node->as.best.value.f64 =
            found == INT64_MIN || found == INT64_MAX ? NAN : double_of_key(key);
        break;
    case 'i':
        node->as.best.value.i64 = key;
        break;
    default:
        node->as.best.value.u64 = (uint64_t)key ^ UINT64_C(1) << 63;
    }
}

static void read_key(const evex_reduction *spec, const void *nodes, size_t g, evex_node *node) {
    read_found(spec, ((const int64_t *)nodes)[g], node);
}

/* ---- Keys with places ----------------------------------------------------------------------- */

typedef struct {
    int64_t key;
    uint64_t index; /* EVEX_NO_INDEX: of no row */
} placed;

static void begin_placed(void *entries, size_t n) {
    for (size_t g = 0; g < n; g++)
        ((placed *)entries)[g] = (placed){INT64_MAX, EVEX_NO_INDEX};
}

/* Of equals the first; rows may come in any order. */
static inline void add_placed(placed *to, int64_t key, uint64_t index) {
    if (key < to->key || (key == to->key && index < to->index))
        *to = (placed){key, index};
}

MERGE(merge_placed, placed) add_placed(&a[g], b[g].key, b[g].index);
}

#define PLACED_ADD(name, key)                                                                      \
    ADD(add_##name, placed) add_placed(&at[slots[i]], key, index + i);                             \
    }
/* + 0.0: the two zeros are equal here. */
#define FLOAT_PLACED_ADDS(s, ID, C, ...)                                                           \
    PLACED_ADD(argmin_##s, key_float((double)VALUE(C) + 0.0, 0, INT64_MIN))                        \
    PLACED_ADD(argmax_##s, key_float((double)VALUE(C) + 0.0, 1, INT64_MIN))
#define SIGNED_PLACED_ADDS(s, ID, C, ...)                                                          \
    PLACED_ADD(argmin_##s, key_signed(VALUE(C), 0))                                                \
    PLACED_ADD(argmax_##s, key_signed(VALUE(C), 1))
#define UNSIGNED_PLACED_ADDS(s, ID, C, ...)                                                        \
    PLACED_ADD(argmin_##s, key_unsigned(VALUE(C), 0))                                              \
    PLACED_ADD(argmax_##s, key_unsigned(VALUE(C), 1))
EVEX_FOR_FLOATS(FLOAT_PLACED_ADDS, )
EVEX_FOR_SIGNED(SIGNED_PLACED_ADDS, )
EVEX_FOR_UNSIGNED(UNSIGNED_PLACED_ADDS, )
PLACED_ADD(argmin_bool, key_unsigned(VALUE(uint8_t) != 0, 0))
PLACED_ADD(argmax_bool, key_unsigned(VALUE(uint8_t) != 0, 1))

static void read_placed(const evex_reduction *spec, const void *nodes, size_t g, evex_node *node) {
    read_found(spec, ((const placed *)nodes)[g].key, node);
    node->as.best.index = ((const placed *)nodes)[g].index;
}

/* ---- The sorts ------------------------------------------------------------------------------ */

#define ORDERED(s, begin, begin_nodes, add, close, name, read, entry, node)                        \
    {                                                                                              \
        sizeof(entry), sizeof(node), 1, 0, begin, begin_nodes, add, close, merge_##name,           \
            leaves_##name##_##s, total_##name, read                                                \
    }
#define FREE(begin, add, merge, read, entry, is_placed)                                            \
    { sizeof(entry), sizeof(entry), 0, is_placed, begin, begin, add, NULL, merge, NULL, NULL, read }

const evex_group_sort evex_group_counts =
    FREE(begin_count, add_count, merge_count, read_word, uint64_t, 0);

#define SUM(s, ID, C, ...)                                                                         \
    [EVEX_##ID] =                                                                                  \
        ORDERED(s, begin_sum, begin_sum, add_sum_##s, NULL, sum, read_double, double, double),
#define PRODUCT(s, ID, C, ...)                                                                     \
    [EVEX_##ID] = ORDERED(s, begin_product, begin_product, add_product_##s, NULL, product,         \
                          read_double, double, double),
#define PAIRS(s, ID, C, ...)                                                                       \
    [EVEX_##ID] =                                                                                  \
        ORDERED(s, begin_pair, begin_pair, add_pair_##s, NULL, pair, read_pair, pair, pair),
#define MOMENTS(s, ID, C, ...)                                                                     \
    [EVEX_##ID] = ORDERED(s, begin_sums, begin_moments, add_moments_##s, close_sums, moments,      \
                          read_moments, sums, evex_moments),
#define WIDE(s, ID, C, ...)                                                                        \
    [EVEX_##ID] = FREE(begin_wide, add_wide_##s, merge_wide, read_wide, wide, 0),
#define FACTOR(s, ID, C, ...)                                                                      \
    [EVEX_##ID] = FREE(begin_factor, add_factor_##s, merge_factor, read_word, uint64_t, 0),
#define MAGNITUDE(s, ID, C, ...)                                                                   \
    [EVEX_##ID] =                                                                                  \
        FREE(begin_magnitude, add_magnitude_##s, merge_magnitude, read_magnitude, magnitude, 0),
#define KEY(s, ID, C, kind)                                                                        \
    [EVEX_##ID] = FREE(begin_key, add_##kind##_##s, merge_key, read_key, int64_t, 0),
#define PLACED(s, ID, C, kind)                                                                     \
    [EVEX_##ID] = FREE(begin_placed, add_##kind##_##s, merge_placed, read_placed, placed, 1),
#define TRUTH(s, ID, C, kind)                                                                      \
    [EVEX_##ID] = FREE(begin_##kind, add_##kind, merge_##kind, read_truth, uint8_t, 0),

static const evex_group_sort sorts[EVEX_N_REDUCTIONS][EVEX_N_DTYPES] = {
    [EVEX_RED_SUM] = {EVEX_FOR_FLOATS(SUM, ) EVEX_FOR_BITS(WIDE, )},
    [EVEX_RED_MEAN] = {EVEX_FOR_FLOATS(SUM, ) EVEX_FOR_BITS(WIDE, )},
    [EVEX_RED_COUNT_NONZERO] = {EVEX_FOR_BOOL(WIDE, )},
    [EVEX_RED_PROD] = {EVEX_FOR_FLOATS(PRODUCT, ) EVEX_FOR_COMPLEX(PAIRS, )
                           EVEX_FOR_BITS(FACTOR, )},
    [EVEX_RED_SUM_OVERFLOWS] = {EVEX_FOR_INTS(WIDE, )},
    [EVEX_RED_PROD_OVERFLOWS] = {EVEX_FOR_INTS(MAGNITUDE, )},
    [EVEX_RED_VAR] = {EVEX_FOR_FLOATS(MOMENTS, )},
    [EVEX_RED_STD] = {EVEX_FOR_FLOATS(MOMENTS, )},
    [EVEX_RED_MIN] = {EVEX_FOR_REALS(KEY, min)},
    [EVEX_RED_MAX] = {EVEX_FOR_REALS(KEY, max)},
    [EVEX_RED_NANMIN] = {EVEX_FOR_BITS(KEY, min) EVEX_FOR_FLOATS(KEY, nanmin)},
    [EVEX_RED_NANMAX] = {EVEX_FOR_BITS(KEY, max) EVEX_FOR_FLOATS(KEY, nanmax)},
    [EVEX_RED_ARGMIN] = {EVEX_FOR_REALS(PLACED, argmin)},
    [EVEX_RED_ARGMAX] = {EVEX_FOR_REALS(PLACED, argmax)},
    [EVEX_RED_ANY] = {EVEX_FOR_BOOL(TRUTH, any)},
    [EVEX_RED_ALL] = {EVEX_FOR_BOOL(TRUTH, all)},
};

const evex_group_sort *evex_group_sort_of(const evex_reduction *spec) {
    if (spec->kind == EVEX_RED_COUNT)
        return &evex_group_counts;
    const evex_group_sort *sort = &sorts[spec->kind][spec->in_dtype];
    return sort->add != NULL ? sort : NULL;
}

evex_status evex_group_check(const evex_reduction *spec, evex_error *error) {
    if (!spec->is_grouped || spec->kind >= EVEX_N_REDUCTIONS || spec->in_dtype >= EVEX_N_DTYPES ||
        evex_group_sort_of(spec) != NULL)
        return EVEX_OK;
    return evex_fail(error, EVEX_UNSUPPORTED, (evex_place){spec->place.offset, spec->place.length},
                     "%s of %s by group is not supported", evex_reduction_infos[spec->kind].name,
                     evex_dtype_name((evex_dtype)spec->in_dtype));
}
