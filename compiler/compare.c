/* SPDX-License-Identifier: MIT */
/*
 * Comparisons and membership. Integers are compared by value whatever their types are, literals
 * that an operand's type cannot hold included; floats and mixtures with floats as NumPy does, in
 * the common type. x in (a, b) means x == a or x == b, so the members of the list are adapted to x
 * as the right side of == would be. See check.h.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/check.h"
#include "compiler/fold.h"
#include "compiler/times.h"

/* ---- By value ------------------------------------------------------------------------------- */

static int is_integral(const evex_term *t) {
    const char sort = evex_term_sort(t);
    return sort == 'b' || sort == 'i';
}

evex_op evex_mirrored(evex_op op) {
    switch (op) {
    case EVEX_OP_LT:
        return EVEX_OP_GT;
    case EVEX_OP_LE:
        return EVEX_OP_GE;
    case EVEX_OP_GT:
        return EVEX_OP_LT;
    case EVEX_OP_GE:
        return EVEX_OP_LE;
    default:
        return op;
    }
}

/* Whether `small op great` holds when the one is below the other. */
static int holds_below(evex_op op) {
    return op == EVEX_OP_LT || op == EVEX_OP_LE || op == EVEX_OP_NE;
}

/* True or False for each element of x: x == x or x != x of integers, which keeps x's shape. */
static evex_ir_id everywhere(evex_checker *c, evex_ir_id x, int truth) {
    return evex_ir_binary(c->ir, truth ? EVEX_OP_EQ : EVEX_OP_NE, x, x);
}

/* a of int64 against b of uint64: where a is negative it is below every b, elsewhere both are
 * uint64. */
static evex_ir_id compare_mixed(evex_checker *c, evex_op op, evex_ir_id a, evex_ir_id b) {
    evex_ir *ir = c->ir;
    const evex_ir_id zero = evex_ir_i64(ir, 0);
    const evex_ir_id same = evex_ir_binary(ir, op, evex_ir_cast(ir, a, EVEX_U64), b);
    if (holds_below(op))
        return evex_ir_binary(ir, EVEX_OP_OR, evex_ir_binary(ir, EVEX_OP_LT, a, zero), same);
    return evex_ir_binary(ir, EVEX_OP_AND, evex_ir_binary(ir, EVEX_OP_GE, a, zero), same);
}

/* The type in which an integral value is compared with values of another type: of uint64 and
 * int64, each keeps its own. */
static evex_ir_id compare_integers(evex_checker *c, evex_op op, evex_ir_id a, evex_ir_id b) {
    evex_ir *ir = c->ir;
    const evex_dtype p = evex_ir_dtype(ir, a), q = evex_ir_dtype(ir, b);
    const evex_dtype common = evex_promote(p, q);
    if (evex_dtype_kind(common) != 'f') {
        const evex_ir_id left = evex_ir_cast(ir, a, common), right = evex_ir_cast(ir, b, common);
        return evex_ir_binary(ir, op, left, right);
    }
    if (q == EVEX_U64)
        return compare_mixed(c, op, evex_ir_cast(ir, a, EVEX_I64), b);
    return compare_mixed(c, evex_mirrored(op), evex_ir_cast(ir, b, EVEX_I64), a);
}

/* x against an int literal: in x's type if it fits, else in int64, else the answer is known. */
static evex_ir_id compare_literal(evex_checker *c, evex_op op, evex_ir_id x, const evex_term *t) {
    evex_ir *ir = c->ir;
    const evex_dtype dtype = evex_ir_dtype(ir, x);
    if (dtype != EVEX_BOOL && evex_literal_fits(t, dtype))
        return evex_ir_binary(ir, op, x, evex_term_cast(c, t, dtype));
    if (dtype != EVEX_U64 && evex_literal_fits(t, EVEX_I64)) {
        const evex_ir_id wide = evex_ir_cast(ir, x, EVEX_I64);
        return evex_ir_binary(ir, op, wide, evex_term_cast(c, t, EVEX_I64));
    }
    const int is_above = t->is_huge ? t->as.number > 0 : t->dtype == EVEX_U64 || t->as.i64 > 0;
    return everywhere(c, x, holds_below(is_above ? op : evex_mirrored(op)));
}

static evex_ir_id compare_by_value(evex_checker *c, evex_op op, const evex_term *a,
                                   const evex_term *b) {
    const int a_literal = evex_term_is_literal(a) && evex_term_sort(a) == 'i';
    const int b_literal = evex_term_is_literal(b) && evex_term_sort(b) == 'i';
    const evex_ir_id x = a_literal ? EVEX_IR_NONE : evex_term_cast(c, a, (evex_dtype)a->dtype);
    const evex_ir_id y = b_literal ? EVEX_IR_NONE : evex_term_cast(c, b, (evex_dtype)b->dtype);
    if (b_literal)
        return compare_literal(c, op, x, b);
    if (a_literal)
        return compare_literal(c, evex_mirrored(op), y, a);
    return compare_integers(c, op, x, y);
}

/* ---- Literals ------------------------------------------------------------------------------- */

/* -1, 0 or 1 for two integral literals. */
static int order_of_ints(const evex_term *a, const evex_term *b) {
    if (a->is_huge || b->is_huge || (a->dtype != EVEX_U64 && b->dtype != EVEX_U64)) {
        if (a->is_huge || b->is_huge) {
            const double x = evex_term_number(a), y = evex_term_number(b);
            return (x > y) - (x < y);
        }
        return (a->as.i64 > b->as.i64) - (a->as.i64 < b->as.i64);
    }
    if (a->dtype != b->dtype)
        return a->dtype == EVEX_U64 ? 1 : -1;
    return (a->as.u64 > b->as.u64) - (a->as.u64 < b->as.u64);
}

static int holds_for_literals(evex_op op, const evex_term *a, const evex_term *b) {
    double x = evex_term_number(a), y = evex_term_number(b);
    uint8_t truth = 0;
    if (evex_term_is_complex(a) || evex_term_is_complex(b)) {
        const evex_c128 z = evex_term_complex(a), w = evex_term_complex(b);
        const void *numbers[] = {&z, &w};
        evex_fold_element(op, EVEX_BOOL, EVEX_C128, numbers, 2, &truth);
        return truth;
    }
    if (is_integral(a) && is_integral(b)) {
        x = order_of_ints(a, b);
        y = 0;
    }
    const void *operands[] = {&x, &y};
    evex_fold_element(op, EVEX_BOOL, EVEX_F64, operands, 2, &truth);
    return truth;
}

/* ---- Comparisons ---------------------------------------------------------------------------- */

static evex_status compare_in_common(evex_checker *c, const evex_ast_node *node, evex_op op,
                                     const evex_term *terms, evex_ir_id *value) {
    const evex_dtype common = evex_common_dtype(terms, 2, NULL);
    if (common == EVEX_N_DTYPES) {
        evex_fail_operands(c, node, evex_op_infos[op].name, "operands of one kind", terms, 2);
        const int is_literal = evex_term_is_literal(&terms[0]) || evex_term_is_literal(&terms[1]);
        evex_hint(c->error, is_literal ? "write a number in quotes to compare it as text"
                                       : "a str compares with a str only");
        return EVEX_BAD_TYPE;
    }
    const evex_ir_id left = evex_term_cast(c, &terms[0], common);
    const evex_ir_id right = evex_term_cast(c, &terms[1], common);
    *value = evex_ir_binary(c->ir, op, left, right);
    return evex_check_memory(c);
}

static evex_status refuse_order(const evex_checker *c, const evex_ast_node *node, evex_op op,
                                const evex_term *terms) {
    const int is_complex = evex_term_is_complex(&terms[0]) || evex_term_is_complex(&terms[1]);
    if (!is_complex || op == EVEX_OP_EQ || op == EVEX_OP_NE || terms[0].dtype == EVEX_STR ||
        terms[1].dtype == EVEX_STR)
        return EVEX_OK;
    evex_fail(c->error, EVEX_BAD_TYPE, node->token,
              "'%s' has no meaning for complex numbers, which have no order",
              evex_op_infos[op].name);
    evex_outer(c->error, node->place);
    evex_expected(c->error, "real numbers", "complex");
    evex_hint_complex(c, op);
    return EVEX_BAD_TYPE;
}

evex_status evex_check_comparison(evex_checker *c, const evex_ast_node *node, evex_op op,
                                  size_t left, evex_term *result) {
    const evex_term terms[] = {evex_term_of_child(c, node, left),
                               evex_term_of_child(c, node, left + 1)};
    evex_ir_id value = EVEX_IR_NONE;
    evex_status status = evex_require_value(c, node->children[left]);
    if (status == EVEX_OK)
        status = evex_require_value(c, node->children[left + 1]);
    if (status == EVEX_OK)
        status = refuse_order(c, node, op, terms);
    if (status != EVEX_OK)
        return status;
    if (evex_terms_have_time(terms, 2))
        return evex_times_comparison(c, node, op, left, result);
    if (evex_term_is_literal(&terms[0]) && evex_term_is_literal(&terms[1])) {
        *result = evex_term_bool(holds_for_literals(op, &terms[0], &terms[1]));
        return EVEX_OK;
    }
    if (is_integral(&terms[0]) && is_integral(&terms[1]))
        value = compare_by_value(c, op, &terms[0], &terms[1]);
    else
        status = compare_in_common(c, node, op, terms, &value);
    if (status != EVEX_OK)
        return status;
    *result = evex_term_strong(c, value);
    if (evex_term_is_weak(&terms[0]) && evex_term_is_weak(&terms[1]))
        result->kind = EVEX_TERM_WEAK;
    return evex_check_memory(c);
}

/* ---- Membership ----------------------------------------------------------------------------- */

enum { ELEMENT_BYTES = sizeof(evex_str) };

static int is_less(evex_dtype dtype, const void *a, const void *b) {
    const void *operands[] = {a, b};
    uint8_t truth = 0;
    evex_fold_element(EVEX_OP_LT, EVEX_BOOL, dtype, operands, 2, &truth);
    return truth;
}

/* Whether element a goes before b: by the definition of < for the type, and complex numbers by
 * their real and then by their imaginary parts. */
static int is_before(evex_dtype dtype, const void *a, const void *b) {
    const evex_dtype part = evex_dtype_part(dtype);
    const size_t half = evex_dtype_size(part);
    if (part == dtype)
        return is_less(dtype, a, b);
    return is_less(part, a, b) ||
           (!is_less(part, b, a) && is_less(part, (const char *)a + half, (const char *)b + half));
}

static void swap_elements(char *a, char *b, size_t size) {
    char kept[ELEMENT_BYTES];
    memcpy(kept, a, size);
    memcpy(a, b, size);
    memcpy(b, kept, size);
}

/* Lets the element at `root` sink in a heap of n elements, the greatest on top. */
static void sink(evex_dtype dtype, char *list, size_t size, size_t root, size_t n) {
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && is_before(dtype, list + child * size, list + (child + 1) * size))
            child++;
        if (!is_before(dtype, list + root * size, list + child * size))
            return;
        swap_elements(list + root * size, list + child * size, size);
    }
}

/* Heapsort: in place and never quadratic, whatever list the text brings. */
static void sort_elements(evex_dtype dtype, char *list, size_t size, size_t n) {
    for (size_t i = n / 2; i-- > 0;)
        sink(dtype, list, size, i, n);
    for (size_t end = n; end-- > 1;) {
        swap_elements(list, list + end * size, size);
        sink(dtype, list, size, 0, end);
    }
}

static size_t drop_duplicates(evex_dtype dtype, char *list, size_t size, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || is_before(dtype, list + (kept - 1) * size, list + i * size))
            memmove(list + kept++ * size, list + i * size, size);
    return kept;
}

size_t evex_sort_members(evex_dtype dtype, char *list, size_t n) {
    const size_t size = evex_dtype_size(dtype);
    sort_elements(dtype, list, size, n);
    return drop_duplicates(dtype, list, size, n);
}

/* Writes the literal as an element that x == literal would compare with; 0 when no x can be equal
 * to it. */
static int member_element(const evex_term *t, evex_dtype dtype, void *element) {
    const char kind = evex_dtype_kind(dtype);
    double number = evex_term_number(t);
    if (kind == 's') {
        const evex_str text = {t->as.text.bytes, t->as.text.n_bytes};
        memcpy(element, &text, sizeof text);
        return 1;
    }
    if (kind == 'c') {
        const evex_c128 z = evex_term_complex(t);
        const void *from = &z;
        evex_fold_element(EVEX_OP_CAST, dtype, EVEX_C128, &from, 1, element);
        return z.re == z.re && z.im == z.im;
    }
    if (evex_term_is_complex(t) && t->as.z.im != 0) /* nan included */
        return 0;
    if (kind == 'f') {
        const void *from = &number;
        evex_fold_element(EVEX_OP_CAST, dtype, EVEX_F64, &from, 1, element);
        return number == number;
    }
    evex_term integer = *t;
    if (evex_term_sort(t) == 'f' || evex_term_is_complex(t)) {
        if (!(number >= -0x1p63 && number < 0x1p64) || number != __builtin_trunc(number))
            return 0;
        integer = number < 0x1p63 ? evex_term_int((int64_t)number) : evex_term_int(0);
        if (number >= 0x1p63) {
            integer.dtype = EVEX_U64;
            integer.as.u64 = (uint64_t)number;
        }
    }
    if (kind == 'b' ? integer.is_huge || integer.dtype == EVEX_U64 || integer.as.i64 >> 1 != 0
                    : !evex_literal_fits(&integer, dtype))
        return 0;
    const void *from = &integer.as;
    const evex_dtype source = integer.dtype == EVEX_U64 ? EVEX_U64 : EVEX_I64;
    return evex_fold_element(EVEX_OP_CAST, dtype, source, &from, 1, element);
}

static evex_status list_members(evex_checker *c, const evex_ast_node *tuple, evex_dtype dtype,
                                char **list, size_t *n) {
    const size_t size = evex_dtype_size(dtype);
    *n = 0;
    *list = evex_arena_push_array(c->arena, tuple->n_children + 1, size);
    if (*list == NULL)
        return evex_fail_memory(c->error);
    for (size_t i = 0; i < tuple->n_children; i++) {
        const evex_term *t = &c->terms[tuple->children[i]];
        const evex_place place = c->ast->nodes[tuple->children[i]].place;
        if (t->kind != EVEX_TERM_LITERAL)
            return evex_fail(c->error, EVEX_BAD_TYPE, place, "the list of 'in' takes literals");
        if ((t->dtype == EVEX_STR) != (dtype == EVEX_STR))
            return evex_fail(c->error, EVEX_BAD_TYPE, place, "'in' compares %s with %s",
                             evex_dtype_name(dtype), evex_term_type_name(t));
        *n += (size_t)member_element(t, dtype, *list + *n * size);
    }
    *n = evex_sort_members(dtype, *list, *n);
    return EVEX_OK;
}

evex_status evex_check_in(evex_checker *c, const evex_ast_node *node, evex_term *result) {
    const evex_term x = evex_term_of_child(c, node, 0);
    const evex_ast_node *tuple = &c->ast->nodes[node->children[1]];
    char *list;
    size_t n;
    evex_status status = evex_require_value(c, node->children[0]);
    if (status == EVEX_OK)
        status = evex_term_refuse_huge(c, &x, c->ast->nodes[node->children[0]].place);
    if (status != EVEX_OK)
        return status;
    if (evex_term_is_time(&x))
        return evex_times_in(c, node, result);
    const evex_dtype dtype = (evex_dtype)x.dtype;
    if ((status = list_members(c, tuple, dtype, &list, &n)) != EVEX_OK)
        return status;
    const evex_ir_id operand = evex_term_cast(c, &x, dtype);
    evex_ir_id value =
        evex_ir_binary(c->ir, EVEX_OP_IN, operand, evex_ir_set(c->ir, dtype, list, n));
    if (node->is_negated)
        value = evex_ir_unary(c->ir, EVEX_OP_INVERT, value);
    *result = evex_term_strong(c, value);
    return evex_check_memory(c);
}
