/* SPDX-License-Identifier: MIT */
/*
 * Types of terms: NumPy 2's promotion with weak kinds (NEP 50), conversion of terms to the types it
 * asks for, and the messages for operands that have no common type. See check.h.
 */
#include <string.h>

#include "compiler/check.h"
#include "compiler/fold.h"
#include "compiler/times.h"
#include "core/text.h"

evex_term evex_term_int(int64_t value) {
    return (evex_term){.kind = EVEX_TERM_LITERAL, .dtype = EVEX_I64, .as.i64 = value};
}

evex_term evex_term_float(double value) {
    return (evex_term){.kind = EVEX_TERM_LITERAL, .dtype = EVEX_F64, .as.number = value};
}

evex_term evex_term_bool(int value) {
    return (evex_term){.kind = EVEX_TERM_LITERAL, .dtype = EVEX_BOOL, .as.i64 = value != 0};
}

evex_term evex_term_of_complex(evex_c128 value) {
    return (evex_term){.kind = EVEX_TERM_LITERAL, .dtype = EVEX_C128, .as.z = value};
}

char evex_term_sort(const evex_term *t) {
    const char kind = evex_dtype_kind((evex_dtype)t->dtype);
    return t->is_huge || kind == 'u' ? 'i' : kind;
}

double evex_term_number(const evex_term *t) {
    if (t->is_huge || t->dtype == EVEX_F64)
        return t->as.number;
    if (t->dtype == EVEX_C128)
        return t->as.z.re;
    return t->dtype == EVEX_U64 ? (double)t->as.u64 : (double)t->as.i64;
}

evex_c128 evex_term_complex(const evex_term *t) {
    return t->dtype == EVEX_C128 ? t->as.z : (evex_c128){evex_term_number(t), 0};
}

const char *evex_term_type_name(const evex_term *t) {
    if (t->kind == EVEX_TERM_NONE)
        return "None";
    if (t->kind == EVEX_TERM_NA)
        return "NA";
    if (t->kind == EVEX_TERM_TUPLE)
        return "a tuple";
    if (evex_term_is_time(t))
        return evex_unit_type_name(t->unit);
    if (!evex_term_is_weak(t))
        return evex_dtype_name((evex_dtype)t->dtype);
    switch (evex_term_sort(t)) {
    case 'b':
        return "bool";
    case 'i':
        return "int";
    case 'c':
        return "complex";
    default:
        return "float";
    }
}

/* ---- Fitting -------------------------------------------------------------------------------- */

static int is_integer(evex_dtype dtype) {
    const char kind = evex_dtype_kind(dtype);
    return kind == 'i' || kind == 'u';
}

/* The least and greatest value of an integer type. */
static int64_t least(evex_dtype dtype) {
    return evex_dtype_kind(dtype) == 'u'
               ? 0
               : (int64_t)(-((uint64_t)1 << (8 * evex_dtype_size(dtype) - 1)));
}

static uint64_t greatest(evex_dtype dtype) {
    const unsigned bits = 8 * (unsigned)evex_dtype_size(dtype);
    return UINT64_MAX >> (64 - bits + (evex_dtype_kind(dtype) == 'i'));
}

int evex_literal_fits(const evex_term *t, evex_dtype dtype) {
    if (t->is_huge)
        return 0;
    if (t->dtype == EVEX_U64)
        return t->as.u64 <= greatest(dtype);
    return t->as.i64 < 0 ? t->as.i64 >= least(dtype) : (uint64_t)t->as.i64 <= greatest(dtype);
}

static evex_status fail_fit(const evex_checker *c, const evex_term *t, evex_dtype dtype,
                            evex_place place) {
    const char *name = evex_dtype_name(dtype);
    if (t->is_huge)
        evex_fail(c->error, EVEX_OUT_OF_RANGE, place, "the int literal does not fit %s", name);
    else if (t->dtype == EVEX_U64)
        evex_fail(c->error, EVEX_OUT_OF_RANGE, place, "the int %zu does not fit %s",
                  (size_t)t->as.u64, name);
    else
        evex_fail(c->error, EVEX_OUT_OF_RANGE, place, "the int %lld does not fit %s",
                  (long long)t->as.i64, name);
    evex_hint(c->error, "cast the other operand to a wider type");
    evex_expected(c->error, name, "int");
    return EVEX_OUT_OF_RANGE;
}

/* A bool value: whether a computed I64 or U64 lies outside the values of dtype. */
static evex_ir_id is_outside(evex_checker *c, const evex_term *t, evex_dtype dtype) {
    evex_ir *ir = c->ir;
    const uint64_t most = greatest(dtype);
    evex_ir_id outside = EVEX_IR_NONE;
    if (t->dtype == EVEX_U64)
        return evex_ir_binary(ir, EVEX_OP_GT, t->value, evex_ir_number(ir, EVEX_U64, &most));
    outside = evex_ir_binary(ir, EVEX_OP_LT, t->value, evex_ir_i64(ir, least(dtype)));
    if (most > INT64_MAX)
        return outside;
    return evex_ir_binary(ir, EVEX_OP_OR, outside,
                          evex_ir_binary(ir, EVEX_OP_GT, t->value, evex_ir_i64(ir, (int64_t)most)));
}

static const evex_ir_failure misfit = {EVEX_OUT_OF_RANGE,
                                       "the int does not fit the type of the array beside it",
                                       "cast the other operand to a wider type"};

/* Leaves the fit of a weak int that is no literal to the binding or, if it is computed, to a guard
 * where the adapted value is used. */
static void note_fit(evex_checker *c, const evex_term *t, evex_dtype dtype, evex_place place,
                     evex_ir_id adapted) {
    const evex_ir_value *value = &c->ir->values[t->value];
    const evex_insn_place operation = c->ir->place;
    if (t->dtype == dtype)
        return;
    if (value->kind == EVEX_IR_INPUT) {
        c->ir->inputs[value->index].must_fit |= (uint16_t)(1u << dtype);
        return;
    }
    c->ir->place = (evex_insn_place){(uint32_t)place.offset, (uint32_t)place.length};
    evex_note_guard(c, adapted, is_outside(c, t, dtype), t->validity, &misfit);
    c->ir->place = operation;
}

evex_status evex_term_adapt(evex_checker *c, const evex_term *t, evex_dtype dtype, evex_place place,
                            evex_ir_id *value) {
    const int must_fit = evex_term_is_weak(t) && evex_term_sort(t) == 'i' && is_integer(dtype);
    if (must_fit && t->kind == EVEX_TERM_LITERAL && !evex_literal_fits(t, dtype))
        return fail_fit(c, t, dtype, place);
    *value = evex_term_cast(c, t, dtype);
    if (must_fit && t->kind != EVEX_TERM_LITERAL)
        note_fit(c, t, dtype, place, *value);
    return evex_check_memory(c);
}

evex_status evex_term_refuse_huge(const evex_checker *c, const evex_term *t, evex_place place) {
    return t->is_huge ? fail_fit(c, t, EVEX_U64, place) : EVEX_OK;
}

/* ---- Common types --------------------------------------------------------------------------- */

/* What a strong type becomes beside weak operands of this sort: weak values never widen within a
 * kind, but an int beside bools and a float beside integers count with their default type, and a
 * complex number beside floats makes them complex of their own width. */
static evex_dtype beside_weak(evex_dtype strong, char sort) {
    const char kind = evex_dtype_kind(strong);
    if (kind == 's')
        return EVEX_N_DTYPES;
    if (sort == 'i' && kind == 'b')
        return EVEX_I64;
    if (sort == 'c' && kind != 'c')
        return strong == EVEX_F32 ? EVEX_C64 : EVEX_C128;
    return kind == 'c' ? strong : sort == 'f' && kind != 'f' ? EVEX_F64 : strong;
}

/* Weak operands among themselves: the widest sort; among ints uint64 if one needs it. */
static evex_dtype among_weak(char sort, int has_u64) {
    switch (sort) {
    case 'b':
        return EVEX_BOOL;
    case 'i':
        return has_u64 ? EVEX_U64 : EVEX_I64;
    case 'c':
        return EVEX_C128;
    default:
        return EVEX_F64;
    }
}

static char wider_sort(char a, char b) {
    static const char widening[] = {'b', 'i', 'f'};
    char wider = 'c';
    for (size_t i = sizeof widening; i-- > 0 && a != wider && b != wider;)
        wider = widening[i];
    return wider;
}

evex_dtype evex_common_dtype(const evex_term *terms, size_t n, int *is_strong) {
    evex_dtype strong = EVEX_N_DTYPES;
    char weak = 0;
    int has_strong = 0, has_u64 = 0;
    if (evex_terms_have_time(terms, n))
        return EVEX_N_DTYPES;
    for (size_t i = 0; i < n; i++) {
        if (evex_term_is_weak(&terms[i])) {
            weak = weak ? wider_sort(weak, evex_term_sort(&terms[i])) : evex_term_sort(&terms[i]);
            has_u64 |= terms[i].dtype == EVEX_U64;
        } else {
            strong = has_strong ? evex_promote(strong, (evex_dtype)terms[i].dtype)
                                : (evex_dtype)terms[i].dtype;
            has_strong = 1;
            if (strong == EVEX_N_DTYPES)
                return EVEX_N_DTYPES;
        }
    }
    if (is_strong != NULL)
        *is_strong = has_strong;
    if (!has_strong)
        return among_weak(weak, has_u64);
    return weak ? beside_weak(strong, weak) : strong;
}

/* ---- Conversion ----------------------------------------------------------------------------- */

static evex_ir_id literal_value(evex_checker *c, const evex_term *t, evex_dtype dtype) {
    if (t->dtype == EVEX_STR)
        return evex_ir_text(c->ir, t->as.text.bytes, t->as.text.n_bytes);
    uint64_t element[2] = {0};
    const evex_dtype from = t->is_huge ? EVEX_F64 : (evex_dtype)t->dtype;
    const uint8_t truth = t->as.i64 != 0;
    const void *bytes = from == EVEX_BOOL ? (const void *)&truth : &t->as;
    if (!evex_fold_element(EVEX_OP_CAST, dtype, from, &bytes, 1, element))
        return EVEX_IR_NONE;
    return evex_ir_number(c->ir, dtype, element);
}

evex_ir_id evex_term_cast(evex_checker *c, const evex_term *t, evex_dtype dtype) {
    return t->kind == EVEX_TERM_LITERAL ? literal_value(c, t, dtype)
                                        : evex_ir_cast(c->ir, t->value, dtype);
}

evex_status evex_terms_adapt(evex_checker *c, const evex_term *terms, size_t n, evex_dtype dtype,
                             const evex_ast_node *node, size_t first_child, evex_ir_id *values) {
    for (size_t i = 0; i < n; i++) {
        const evex_place place = c->ast->nodes[node->children[first_child + i]].place;
        const evex_status status = evex_term_adapt(c, &terms[i], dtype, place, &values[i]);
        if (status != EVEX_OK)
            return status;
    }
    return EVEX_OK;
}

/* ---- Errors --------------------------------------------------------------------------------- */

evex_status evex_check_memory(const evex_checker *c) {
    return c->ir->is_out_of_memory ? evex_fail_memory(c->error) : EVEX_OK;
}

evex_status evex_fail_operands(const evex_checker *c, const evex_ast_node *node, const char *name,
                               const char *needs, const evex_term *terms, size_t n) {
    char found[64];
    evex_text text = evex_text_in(found, sizeof found);
    evex_text_format(&text, "%s", evex_term_type_name(&terms[0]));
    if (n > 1)
        evex_text_format(&text, " and %s", evex_term_type_name(&terms[n - 1]));
    evex_fail(c->error, EVEX_BAD_TYPE, node->token, "'%s' needs %s, found %s", name, needs, found);
    evex_outer(c->error, node->place);
    evex_expected(c->error, needs, found);
    return EVEX_BAD_TYPE;
}

evex_status evex_require_value(const evex_checker *c, evex_ast_index index) {
    const evex_term *t = &c->terms[index];
    if (t->kind != EVEX_TERM_NONE && t->kind != EVEX_TERM_TUPLE && t->kind != EVEX_TERM_NA)
        return EVEX_OK;
    if (t->kind != EVEX_TERM_NA)
        return evex_fail(c->error, EVEX_BAD_CALL, c->ast->nodes[index].place,
                         "%s cannot stand here", evex_term_type_name(t));
    evex_fail(c->error, EVEX_BAD_TYPE, c->ast->nodes[index].place, "NA has no type here");
    evex_hint(c->error, "give it one: float64(NA), int64(NA)...");
    return EVEX_BAD_TYPE;
}

evex_status evex_require_bool(const evex_checker *c, const evex_ast_node *node, size_t child,
                              const char *what) {
    const evex_ast_index index = node->children[child];
    const evex_status status = evex_require_value(c, index);
    if (status != EVEX_OK || c->terms[index].dtype == EVEX_BOOL)
        return status;
    const char *found = evex_term_type_name(&c->terms[index]);
    evex_fail(c->error, EVEX_BAD_TYPE, c->ast->nodes[index].place, "%s needs bool, found %s", what,
              found);
    evex_hint(c->error, "compare it: ... != 0");
    evex_outer(c->error, node->place);
    evex_expected(c->error, "bool", found);
    return EVEX_BAD_TYPE;
}
