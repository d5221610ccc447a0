/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary of core/vecmath/ for two vectors of 256 bits in lock step; core/vecmath/width1.h
 * says what the words mean.
 */
#ifndef EVEX_EVAL_SIMD_MATH256_H
#define EVEX_EVAL_SIMD_MATH256_H

#include "core/vecmath/quads.h"
#include "eval/simd/v256.h"

#include "eval/simd/math_words.h"

typedef __m256i v_i64;

V_WORD(v_i64 v_bits(v_f64 a), _mm256_castpd_si256(a))
V_WORD(v_f64 v_from_bits(v_i64 a), _mm256_castsi256_pd(a))

V_WORD(v_f64 v_fms(v_f64 a, v_f64 b, v_f64 c), _mm256_fmsub_pd(a, b, c))
V_WORD(v_f64 v_fnma(v_f64 a, v_f64 b, v_f64 c), _mm256_fnmadd_pd(a, b, c))
V_WORD(v_f64 v_min(v_f64 a, v_f64 b), _mm256_min_pd(a, b))
V_WORD(v_f64 v_max(v_f64 a, v_f64 b), _mm256_max_pd(a, b))
V_WORD(v_f64 v_round_f32(v_f64 a), _mm256_cvtps_pd(_mm256_cvtpd_ps(a)))
V_WORD(v_f64 v_load_single(const float *p), _mm256_cvtps_pd(_mm_loadu_ps(p)))
V_ACTION(v_store_single(float *p, v_f64 a), _mm_storeu_ps(p, _mm256_cvtpd_ps(a)))

V_WORD(v_mask v_le(v_f64 a, v_f64 b), _mm256_cmp_pd(a, b, _CMP_LE_OQ))
V_WORD(v_mask v_eq(v_f64 a, v_f64 b), _mm256_cmp_pd(a, b, _CMP_EQ_OQ))
V_WORD(v_mask v_ne(v_f64 a, v_f64 b), _mm256_cmp_pd(a, b, _CMP_NEQ_UQ))
V_WORD(v_mask v_eq_i64(v_i64 a, v_i64 b), v_from_bits(_mm256_cmpeq_epi64(a, b)))
V_WORD(v_mask v_lt_i64(v_i64 a, v_i64 b), v_from_bits(_mm256_cmpgt_epi64(b, a)))
V_WORD(v_mask v_and(v_mask a, v_mask b), _mm256_and_pd(a, b))
V_WORD(v_mask v_or(v_mask a, v_mask b), _mm256_or_pd(a, b))
V_WORD(v_mask v_not(v_mask a), _mm256_xor_pd(a, v_from_bits(_mm256_set1_epi64x(-1))))
V_WORD(int v_any(v_mask a), _mm256_movemask_pd(a))
V_WORD(int v_all(v_mask a), _mm256_movemask_pd(a) == 15)

V_WORD(v_i64 v_set_i64(int64_t c), _mm256_set1_epi64x(c))
V_WORD(v_i64 v_select_i64(v_mask m, v_i64 a, v_i64 b), _mm256_blendv_epi8(b, a, v_bits(m)))
V_WORD(v_i64 v_add_i64(v_i64 a, v_i64 b), _mm256_add_epi64(a, b))
V_WORD(v_i64 v_sub_i64(v_i64 a, v_i64 b), _mm256_sub_epi64(a, b))
V_WORD(v_i64 v_and_i64(v_i64 a, v_i64 b), _mm256_and_si256(a, b))
V_WORD(v_i64 v_or_i64(v_i64 a, v_i64 b), _mm256_or_si256(a, b))
V_WORD(v_i64 v_xor_i64(v_i64 a, v_i64 b), _mm256_xor_si256(a, b))
V_WORD(v_i64 v_shl_by(v_i64 a, v_i64 n), _mm256_sllv_epi64(a, n))
V_WORD(v_i64 v_shr_by(v_i64 a, v_i64 n), _mm256_srlv_epi64(a, n))
V_WORD(v_i64 v_shl(v_i64 a, unsigned n), _mm256_sll_epi64(a, _mm_cvtsi32_si128((int)n)))
V_WORD(v_i64 v_shr(v_i64 a, unsigned n), _mm256_srl_epi64(a, _mm_cvtsi32_si128((int)n)))
V_WORD(v_i64 v_mul_u32(v_i64 a, v_i64 b), _mm256_mul_epu32(a, b))

/* An integer added to the bits of 1.5 2^52 is added to its value. */
V_WORD(v_f64 v_from_i64(v_i64 a),
       v_sub(v_from_bits(v_add_i64(a, v_bits(v_set(0x1.8p52)))), v_set(0x1.8p52)))

/* y * 2^floor(n) in two steps, so that both factors exist; the first product is exact. */
static inline v_f64 v_scale(v_f64 y, v_f64 n) {
    v_i64 rounder = v_bits(v_set(0x1.8p52)), bias = v_set_i64(1023);
    v_i64 whole = v_sub_i64(v_bits(v_add(v_floor(n), v_set(0x1.8p52))), rounder);
    v_i64 half = _mm256_srai_epi32(whole, 1), rest = v_sub_i64(whole, half);
    y = v_mul(y, v_from_bits(v_shl(v_add_i64(half, bias), 52)));
    return v_mul(y, v_from_bits(v_shl(v_add_i64(rest, bias), 52)));
}

/*
 * A lane's entries are loaded one behind the other, which takes less than half of a gather's time,
 * and rows brought into columns. An offset is that of a row, in bytes.
 */
typedef struct {
    int64_t of[4];
} v_offsets;

static inline v_offsets v_offsets_of(v_i64 i, unsigned log2_row_bytes) {
    i = v_and_i64(v_shl(i, log2_row_bytes), v_set_i64(15 << log2_row_bytes));
    __m128i low = _mm256_castsi256_si128(i), high = _mm256_extracti128_si256(i, 1);
    return (v_offsets){{_mm_cvtsi128_si64(low), _mm_extract_epi64(low, 1), _mm_cvtsi128_si64(high),
                        _mm_extract_epi64(high, 1)}};
}

static inline const double *v_row(const void *rows, int64_t offset) {
    return (const double *)((const char *)rows + offset);
}

static inline v_f64 v_lookup16(const double *table, v_i64 i) {
    v_offsets at = v_offsets_of(i, 3);
    __m128d ab = _mm_load_sd(v_row(table, at.of[0])), cd = _mm_load_sd(v_row(table, at.of[2]));
    ab = _mm_loadh_pd(ab, v_row(table, at.of[1]));
    cd = _mm_loadh_pd(cd, v_row(table, at.of[3]));
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(ab), cd, 1);
}
static inline v_f64 v_two_rows(const double *low, const double *high) {
    return _mm256_insertf128_pd(_mm256_castpd128_pd256(_mm_load_pd(low)), _mm_load_pd(high), 1);
}
static inline v_pair v_lookup16x2(const v_pairs *table, v_i64 i) {
    v_offsets at = v_offsets_of(i, 4);
    v_f64 ac = v_two_rows(v_row(table->row, at.of[0]), v_row(table->row, at.of[2]));
    v_f64 bd = v_two_rows(v_row(table->row, at.of[1]), v_row(table->row, at.of[3]));
    return (v_pair){_mm256_unpacklo_pd(ac, bd), _mm256_unpackhi_pd(ac, bd)};
}
/* A row for each lane, transposed. */
static inline v_quad v_transpose(v_f64 a, v_f64 b, v_f64 c, v_f64 d) {
    v_f64 ab02 = _mm256_unpacklo_pd(a, b), ab13 = _mm256_unpackhi_pd(a, b);
    v_f64 cd02 = _mm256_unpacklo_pd(c, d), cd13 = _mm256_unpackhi_pd(c, d);
    return (v_quad){
        _mm256_permute2f128_pd(ab02, cd02, 0x20), _mm256_permute2f128_pd(ab13, cd13, 0x20),
        _mm256_permute2f128_pd(ab02, cd02, 0x31), _mm256_permute2f128_pd(ab13, cd13, 0x31)};
}
static inline v_quad v_lookup16x4(const v_quads *table, v_i64 i) {
    v_offsets at = v_offsets_of(i, 5);
    const double(*rows)[4] = table->row;
    return v_transpose(
        _mm256_loadu_pd(v_row(rows, at.of[0])), _mm256_loadu_pd(v_row(rows, at.of[1])),
        _mm256_loadu_pd(v_row(rows, at.of[2])), _mm256_loadu_pd(v_row(rows, at.of[3])));
}
/* A lane's four sums in one vector, by rows of the tables. */
static inline v_f64 v_horner_row(const v_quads *table, int n, int64_t row, v_f64 x) {
    v_f64 sum = _mm256_loadu_pd(table[n - 1].row[row]);
    for (int k = n - 2; k >= 0; k--)
        sum = v_fma(sum, x, _mm256_loadu_pd(table[k].row[row]));
    return sum;
}
static inline v_quad v_horner16x4(const v_quads *table, int n, v_i64 i, v_f64 x) {
    int64_t k[4];
    _mm256_storeu_si256((__m256i *)k, v_and_i64(i, v_set_i64(15)));
    return v_transpose(v_horner_row(table, n, k[0], _mm256_permute4x64_pd(x, 0x00)),
                       v_horner_row(table, n, k[1], _mm256_permute4x64_pd(x, 0x55)),
                       v_horner_row(table, n, k[2], _mm256_permute4x64_pd(x, 0xaa)),
                       v_horner_row(table, n, k[3], _mm256_permute4x64_pd(x, 0xff)));
}
V_WORD(v_i64 v_lookup_i64(const int64_t *table, v_i64 i),
       _mm256_i64gather_epi64((const long long *)table, i, 8))

#include "eval/simd/math_pairs.h"

#endif
