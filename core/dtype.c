/* SPDX-License-Identifier: MIT */
/*
 * Facts about the element types, a row each, and NumPy 2's promotion computed from them rather than
 * stored as a table of pairs.
 */
#include "core/dtype.h"

typedef struct {
    const char *name, *short_name;
    uint8_t size_bytes;
    char kind;
    /* The bits of an integer's magnitude, or of the largest integers a float holds exactly. */
    uint8_t exact_bits;
} dtype_info;

static const dtype_info infos[EVEX_N_DTYPES] = {
    [EVEX_BOOL] = {"bool", "bool", 1, 'b', 1},
    [EVEX_I8] = {"int8", "i8", 1, 'i', 7},
    [EVEX_I16] = {"int16", "i16", 2, 'i', 15},
    [EVEX_I32] = {"int32", "i32", 4, 'i', 31},
    [EVEX_I64] = {"int64", "i64", 8, 'i', 63},
    [EVEX_U8] = {"uint8", "u8", 1, 'u', 8},
    [EVEX_U16] = {"uint16", "u16", 2, 'u', 16},
    [EVEX_U32] = {"uint32", "u32", 4, 'u', 32},
    [EVEX_U64] = {"uint64", "u64", 8, 'u', 64},
    [EVEX_F16] = {"float16", "f16", 2, 'f', 11},
    [EVEX_F32] = {"float32", "f32", 4, 'f', 24},
    [EVEX_F64] = {"float64", "f64", 8, 'f', 53},
    [EVEX_C64] = {"complex64", "c64", 8, 'c', 24},
    [EVEX_C128] = {"complex128", "c128", 16, 'c', 53},
    [EVEX_STR] = {"str", "str", sizeof(evex_str), 's', 0},
};

static int is_dtype(evex_dtype dtype) {
    return (unsigned)dtype < EVEX_N_DTYPES;
}

const char *evex_dtype_name(evex_dtype dtype) {
    return is_dtype(dtype) ? infos[dtype].name : "unknown type";
}

const char *evex_dtype_short_name(evex_dtype dtype) {
    return is_dtype(dtype) ? infos[dtype].short_name : "?";
}

size_t evex_dtype_size(evex_dtype dtype) {
    return is_dtype(dtype) ? infos[dtype].size_bytes : 0;
}

char evex_dtype_kind(evex_dtype dtype) {
    return is_dtype(dtype) ? infos[dtype].kind : '?';
}

evex_dtype evex_dtype_part(evex_dtype dtype) {
    return dtype == EVEX_C64 ? EVEX_F32 : dtype == EVEX_C128 ? EVEX_F64 : dtype;
}

evex_dtype evex_dtype_complex(evex_dtype dtype) {
    return dtype == EVEX_F32 ? EVEX_C64 : dtype == EVEX_F64 ? EVEX_C128 : dtype;
}

/* ---- Casting -------------------------------------------------------------------------------- */

static int kind_rank(char kind) {
    switch (kind) {
    case 'b':
        return 0;
    case 'u':
        return 1;
    case 'i':
        return 2;
    case 'f':
        return 3;
    case 'c':
        return 4;
    default:
        return -1;
    }
}

static int is_inexact(char kind) {
    return kind == 'f' || kind == 'c';
}

/* NumPy calls int64 and uint64 to float64 (and complex128) safe although not every value fits. */
static int integer_casts_safely_to_inexact(const dtype_info *from, const dtype_info *to) {
    return from->exact_bits <= to->exact_bits || to->exact_bits == 53;
}

int evex_casts_safely(evex_dtype from, evex_dtype to) {
    const dtype_info *f = &infos[from], *t = &infos[to];
    if (from == to || f->kind == 'b')
        return t->kind != 's' || from == to;
    if (kind_rank(f->kind) < 0 || kind_rank(f->kind) > kind_rank(t->kind))
        return 0;
    if (!is_inexact(f->kind) && is_inexact(t->kind))
        return integer_casts_safely_to_inexact(f, t);
    return f->exact_bits <= t->exact_bits;
}

int evex_casts_within_kind(evex_dtype from, evex_dtype to) {
    const int f = kind_rank(infos[from].kind), t = kind_rank(infos[to].kind);
    return from == to || evex_casts_safely(from, to) || (f >= 0 && f <= t);
}

/* ---- Promotion ------------------------------------------------------------------------------ */

/* The candidates in the order in which the smallest common type is looked for. */
static const evex_dtype by_size[] = {EVEX_BOOL, EVEX_U8,  EVEX_I8,  EVEX_U16, EVEX_I16,
                                     EVEX_F16,  EVEX_U32, EVEX_I32, EVEX_U64, EVEX_I64,
                                     EVEX_F32,  EVEX_F64, EVEX_C64, EVEX_C128};
enum { N_BY_SIZE = sizeof by_size / sizeof *by_size };

/* A common type has a kind of one of the operands, or is float when signed meets uint64. */
static int may_be_common(evex_dtype a, evex_dtype b, evex_dtype candidate) {
    if (!evex_casts_safely(a, candidate) || !evex_casts_safely(b, candidate))
        return 0;
    const char kind = infos[candidate].kind;
    const int mixed_signs = infos[a].kind != infos[b].kind;
    return kind == infos[a].kind || kind == infos[b].kind || (kind == 'f' && mixed_signs);
}

evex_dtype evex_promote(evex_dtype a, evex_dtype b) {
    if (a == b)
        return a;
    for (int i = 0; i < N_BY_SIZE; i++)
        if (may_be_common(a, b, by_size[i]))
            return by_size[i];
    return EVEX_N_DTYPES;
}

evex_dtype evex_promote_into(evex_dtype_set set, evex_promotion promotion, evex_dtype dtype) {
    if (set >> dtype & 1)
        return dtype;
    const char kind = infos[dtype].kind;
    if (promotion == EVEX_TO_F64 && (kind == 'b' || kind == 'i' || kind == 'u'))
        return EVEX_F64;
    if (kind == 'b' && (set >> EVEX_I8 & 1)) /* NumPy's bool counts as int8, not uint8 */
        return EVEX_I8;
    for (int i = 0; i < N_BY_SIZE; i++)
        if ((set >> by_size[i] & 1) && evex_casts_safely(dtype, by_size[i]))
            return by_size[i];
    return EVEX_N_DTYPES;
}
