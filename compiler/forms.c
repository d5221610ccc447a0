/* SPDX-License-Identifier: MIT */
/*
 * The functions of core/form.def, written in terms of operations: clip, round, degrees and radians,
 * isclose, nan_to_num, nansum and nanmean. They follow NumPy's own formulas, so that the bits
 * agree. See check.h.
 */
#include <float.h>
#include <string.h>

#include "compiler/check.h"
#include "compiler/times.h"
#include "core/scalar.h"

/* ---- Arguments ------------------------------------------------------------------------------ */

enum { MAX_PARAMETERS = 4 };

/* The parameters of a form by name, the first n_required of which must be given. */
typedef struct {
    const char *names[MAX_PARAMETERS];
    size_t n_required;
} parameter_list;

static const parameter_list parameters[EVEX_N_FORMS] = {
    [EVEX_FORM_CLIP] = {{"x", "lo", "hi"}, 3},
    [EVEX_FORM_ROUND] = {{"x", "decimals"}, 1},
    [EVEX_FORM_DEG2RAD] = {{"x"}, 1},
    [EVEX_FORM_RAD2DEG] = {{"x"}, 1},
    [EVEX_FORM_ISCLOSE] = {{"a", "b", "rtol", "atol"}, 2},
    [EVEX_FORM_NAN_TO_NUM] = {{"x", "nan"}, 1},
    [EVEX_FORM_ISNAT] = {{"x"}, 1},
    [EVEX_FORM_DATETIME64] = {{"x", "unit"}, 1},
    [EVEX_FORM_TIMEDELTA64] = {{"x", "unit"}, 1},
    [EVEX_FORM_ISNA] = {{"x"}, 1},
    [EVEX_FORM_NOTNA] = {{"x"}, 1},
};

/* Arguments in the order of the parameters; node is NULL where the default holds. */
typedef struct {
    const evex_ast_node *nodes[MAX_PARAMETERS];
    evex_term terms[MAX_PARAMETERS];
} arguments;

static size_t find_parameter(const parameter_list *list, const evex_ast_node *keyword) {
    size_t i = 0;
    while (i < MAX_PARAMETERS && list->names[i] != NULL &&
           (strlen(list->names[i]) != keyword->value.text.n_bytes ||
            memcmp(list->names[i], keyword->value.text.bytes, keyword->value.text.n_bytes) != 0))
        i++;
    return i < MAX_PARAMETERS && list->names[i] != NULL ? i : MAX_PARAMETERS;
}

static evex_status take_keyword(const evex_checker *c, const evex_ast_node *call,
                                const parameter_list *list, evex_ast_index index,
                                arguments *taken) {
    const evex_ast_node *keyword = &c->ast->nodes[index];
    const size_t i = find_parameter(list, keyword);
    if (i == MAX_PARAMETERS)
        return evex_fail(c->error, EVEX_BAD_CALL, keyword->token,
                         "'%.*s' takes no keyword argument '%.*s'", (int)call->value.text.n_bytes,
                         call->value.text.bytes, (int)keyword->value.text.n_bytes,
                         keyword->value.text.bytes);
    if (taken->nodes[i] != NULL)
        return evex_fail(c->error, EVEX_BAD_CALL, keyword->token, "'%s' is given twice",
                         list->names[i]);
    taken->nodes[i] = &c->ast->nodes[keyword->children[0]];
    taken->terms[i] = c->terms[keyword->children[0]];
    return EVEX_OK;
}

static evex_status take_arguments(const evex_checker *c, const evex_ast_node *call,
                                  const parameter_list *list, arguments *taken) {
    const size_t n = evex_n_positional(c, call);
    size_t n_parameters = 0;
    while (n_parameters < MAX_PARAMETERS && list->names[n_parameters] != NULL)
        n_parameters++;
    *taken = (arguments){0};
    if (n > n_parameters)
        return evex_fail(c->error, EVEX_BAD_CALL, call->token,
                         "'%.*s' takes at most %zu arguments, found %zu",
                         (int)call->value.text.n_bytes, call->value.text.bytes, n_parameters, n);
    for (size_t i = 0; i < n; i++) {
        taken->nodes[i] = &c->ast->nodes[call->children[i]];
        taken->terms[i] = c->terms[call->children[i]];
    }
    evex_status status = EVEX_OK;
    for (size_t i = n; i < call->n_children && status == EVEX_OK; i++)
        status = take_keyword(c, call, list, call->children[i], taken);
    for (size_t i = 0; i < list->n_required && status == EVEX_OK; i++)
        if (taken->nodes[i] == NULL)
            status =
                evex_fail(c->error, EVEX_BAD_CALL, call->token, "'%.*s' lacks its argument '%s'",
                          (int)call->value.text.n_bytes, call->value.text.bytes, list->names[i]);
    return status;
}

static evex_status require_number(const evex_checker *c, const evex_ast_node *call,
                                  const arguments *a, size_t i) {
    const evex_status status = evex_require_value(c, (evex_ast_index)(a->nodes[i] - c->ast->nodes));
    const int is_complex = evex_term_is_complex(&a->terms[i]);
    if (status != EVEX_OK || (a->terms[i].dtype != EVEX_STR && !is_complex))
        return status;
    return evex_fail(c->error, EVEX_BAD_TYPE, a->nodes[i]->place, "'%.*s' needs %s, found %s",
                     (int)call->value.text.n_bytes, call->value.text.bytes,
                     is_complex ? "real numbers" : "numbers", evex_term_type_name(&a->terms[i]));
}

/* The same where complex numbers are welcome. */
static evex_status require_numeric(const evex_checker *c, const evex_ast_node *call,
                                   const arguments *a, size_t i) {
    return evex_term_is_complex(&a->terms[i]) ? EVEX_OK : require_number(c, call, a, i);
}

/* Applies a rule for real numbers to a value, of a complex one to its parts. */
typedef evex_ir_id (*real_rule)(evex_ir *ir, evex_ir_id x, const void *context);

static evex_ir_id apply_to_parts(evex_ir *ir, evex_ir_id x, real_rule rule, const void *context) {
    if (evex_dtype_kind(evex_ir_dtype(ir, x)) != 'c')
        return rule(ir, x, context);
    const evex_ir_id re = rule(ir, evex_ir_unary(ir, EVEX_OP_REAL, x), context);
    const evex_ir_id im = rule(ir, evex_ir_unary(ir, EVEX_OP_IMAG, x), context);
    return evex_ir_binary(ir, EVEX_OP_COMPLEX, re, im);
}

/* ---- clip ----------------------------------------------------------------------------------- */

/* The bound in x's type; an int beyond the type's range becomes its end, as NumPy has it. */
static evex_ir_id saturate(evex_checker *c, const evex_term *bound, evex_dtype dtype) {
    evex_ir *ir = c->ir;
    const char kind = evex_dtype_kind(dtype);
    const unsigned bits = 8 * (unsigned)evex_dtype_size(dtype);
    if ((kind != 'i' && kind != 'u') || !evex_term_is_weak(bound) || evex_term_sort(bound) != 'i')
        return evex_term_cast(c, bound, dtype);
    const uint64_t most = UINT64_MAX >> (64 - bits + (kind == 'i'));
    const int64_t least = kind == 'u' ? 0 : -(int64_t)(most)-1;
    if (bound->kind == EVEX_TERM_LITERAL) {
        if (evex_literal_fits(bound, dtype))
            return evex_term_cast(c, bound, dtype);
        const int is_above =
            bound->is_huge ? bound->as.number > 0 : bound->dtype == EVEX_U64 || bound->as.i64 > 0;
        evex_term end = evex_term_int(is_above ? (int64_t)most : least);
        end.dtype = (uint8_t)(most > INT64_MAX && is_above ? EVEX_U64 : EVEX_I64);
        return evex_term_cast(c, &end, dtype);
    }
    evex_ir_id value = bound->value;
    if (bound->dtype == EVEX_I64)
        value = evex_ir_binary(ir, EVEX_OP_MAXIMUM, value, evex_ir_i64(ir, least));
    if (bound->dtype == EVEX_U64)
        value = evex_ir_binary(ir, EVEX_OP_MINIMUM, value, evex_ir_number(ir, EVEX_U64, &most));
    else if (most <= INT64_MAX)
        value = evex_ir_binary(ir, EVEX_OP_MINIMUM, value, evex_ir_i64(ir, (int64_t)most));
    return evex_ir_cast(ir, value, dtype);
}

static evex_status check_clip(evex_checker *c, const evex_ast_node *node, const arguments *a,
                              evex_term *result) {
    evex_term given[3] = {a->terms[0]};
    size_t n = 1;
    evex_status status = require_number(c, node, a, 0);
    for (size_t i = 1; i < 3 && status == EVEX_OK; i++)
        if (a->terms[i].kind != EVEX_TERM_NONE) {
            status = require_number(c, node, a, i);
            given[n++] = a->terms[i];
        }
    if (status == EVEX_OK)
        status = evex_term_refuse_huge(c, &given[0], a->nodes[0]->place);
    if (status != EVEX_OK)
        return status;
    const evex_dtype dtype = evex_common_dtype(given, n, NULL);
    evex_ir_id value = evex_term_cast(c, &a->terms[0], dtype);
    if (a->terms[1].kind != EVEX_TERM_NONE)
        value = evex_ir_binary(c->ir, EVEX_OP_MAXIMUM, value, saturate(c, &a->terms[1], dtype));
    if (a->terms[2].kind != EVEX_TERM_NONE)
        value = evex_ir_binary(c->ir, EVEX_OP_MINIMUM, value, saturate(c, &a->terms[2], dtype));
    *result = evex_term_strong(c, value);
    return evex_check_memory(c);
}

/* ---- round ---------------------------------------------------------------------------------- */

/* x scaled by 10^|decimals|, rounded and scaled back: upwards before rounding for positive ones. */
static evex_ir_id round_scaled(evex_ir *ir, evex_ir_id x, int decimals) {
    const double scale = evex_pow_f64(10, decimals < 0 ? -decimals : decimals);
    const evex_ir_id factor = evex_ir_float(ir, evex_ir_dtype(ir, x), scale);
    const evex_op before = decimals > 0 ? EVEX_OP_MUL : EVEX_OP_DIV;
    const evex_op after = decimals > 0 ? EVEX_OP_DIV : EVEX_OP_MUL;
    const evex_ir_id scaled = evex_ir_binary(ir, before, x, factor);
    return evex_ir_binary(ir, after, evex_ir_unary(ir, EVEX_OP_RINT, scaled), factor);
}

static evex_ir_id round_real(evex_ir *ir, evex_ir_id x, const void *decimals) {
    return *(const int *)decimals == 0 ? evex_ir_unary(ir, EVEX_OP_RINT, x)
                                       : round_scaled(ir, x, *(const int *)decimals);
}

static evex_status read_decimals(const evex_checker *c, const arguments *a, int *decimals) {
    const evex_term *t = &a->terms[1];
    *decimals = 0;
    if (a->nodes[1] == NULL)
        return EVEX_OK;
    if (!evex_term_is_literal(t) || evex_term_sort(t) != 'i')
        return evex_fail(c->error, EVEX_BAD_CALL, a->nodes[1]->place,
                         "decimals takes an int literal");
    if (t->is_huge || t->dtype == EVEX_U64 || t->as.i64 < -DBL_MAX_10_EXP ||
        t->as.i64 > DBL_MAX_10_EXP)
        return evex_fail(c->error, EVEX_OUT_OF_RANGE, a->nodes[1]->place,
                         "decimals is out of range");
    *decimals = (int)t->as.i64;
    return EVEX_OK;
}

static evex_status check_round(evex_checker *c, const evex_ast_node *node, const arguments *a,
                               evex_term *result) {
    int decimals;
    evex_status status = require_numeric(c, node, a, 0);
    if (status == EVEX_OK)
        status = evex_term_refuse_huge(c, &a->terms[0], a->nodes[0]->place);
    if (status == EVEX_OK)
        status = read_decimals(c, a, &decimals);
    if (status != EVEX_OK)
        return status;
    const evex_dtype dtype = (evex_dtype)a->terms[0].dtype;
    const int is_exact = evex_dtype_kind(dtype) != 'f' && evex_dtype_kind(dtype) != 'c';
    evex_ir_id value = evex_term_cast(c, &a->terms[0], dtype);
    if (decimals == 0 || !is_exact)
        value = apply_to_parts(c->ir, value, round_real, &decimals);
    else if (decimals < 0 && dtype != EVEX_BOOL) {
        const evex_ir_id wide = round_scaled(c->ir, evex_ir_cast(c->ir, value, EVEX_F64), decimals);
        value = evex_ir_cast(c->ir, wide, dtype);
        evex_note_cast(c, wide, value);
    }
    *result = evex_term_strong(c, value);
    return evex_check_memory(c);
}

/* ---- Angles --------------------------------------------------------------------------------- */

static evex_ir_id as_float(evex_checker *c, const evex_term *t) {
    const evex_dtype dtype =
        evex_promote_into(1u << EVEX_F32 | 1u << EVEX_F64, EVEX_TO_SMALLEST, (evex_dtype)t->dtype);
    return evex_term_cast(c, t, dtype);
}

static evex_status check_angle(evex_checker *c, const evex_ast_node *node, const arguments *a,
                               double factor, float narrow_factor, evex_term *result) {
    const evex_status status = require_number(c, node, a, 0);
    if (status != EVEX_OK)
        return status;
    evex_term x = a->terms[0];
    if (x.is_huge)
        x = evex_term_float(x.as.number);
    const evex_ir_id value = as_float(c, &x);
    const evex_dtype dtype = evex_ir_dtype(c->ir, value);
    const evex_ir_id scale =
        evex_ir_float(c->ir, dtype, dtype == EVEX_F32 ? (double)narrow_factor : factor);
    *result = evex_term_strong(c, evex_ir_binary(c->ir, EVEX_OP_MUL, value, scale));
    return evex_check_memory(c);
}

#define PI 3.14159265358979323846
#define PI_F 3.14159265358979323846f

static evex_status check_deg2rad(evex_checker *c, const evex_ast_node *node, const arguments *a,
                                 evex_term *result) {
    return check_angle(c, node, a, PI / 180.0, PI_F / 180.0f, result);
}

static evex_status check_rad2deg(evex_checker *c, const evex_ast_node *node, const arguments *a,
                                 evex_term *result) {
    return check_angle(c, node, a, 180.0 / PI, 180.0f / PI_F, result);
}

/* ---- isclose -------------------------------------------------------------------------------- */

/* abs(a - b) <= atol + rtol*abs(b) where b is finite, or a == b. */
static evex_ir_id is_close(evex_ir *ir, evex_ir_id x, evex_ir_id y, evex_ir_id rtol,
                           evex_ir_id atol) {
    const evex_op magnitude =
        evex_dtype_kind(evex_ir_dtype(ir, x)) == 'c' ? EVEX_OP_MAGNITUDE : EVEX_OP_ABS;
    const evex_ir_id difference =
        evex_ir_unary(ir, magnitude, evex_ir_binary(ir, EVEX_OP_SUB, x, y));
    const evex_ir_id relative =
        evex_ir_binary(ir, EVEX_OP_MUL, rtol, evex_ir_unary(ir, magnitude, y));
    const evex_ir_id tolerance = evex_ir_binary(ir, EVEX_OP_ADD, atol, relative);
    const evex_ir_id is_near = evex_ir_binary(ir, EVEX_OP_LE, difference, tolerance);
    const evex_ir_id is_finite = evex_ir_unary(ir, EVEX_OP_ISFINITE, y);
    const evex_ir_id is_equal = evex_ir_binary(ir, EVEX_OP_EQ, x, y);
    return evex_ir_binary(ir, EVEX_OP_OR, evex_ir_binary(ir, EVEX_OP_AND, is_near, is_finite),
                          is_equal);
}

static evex_status check_isclose(evex_checker *c, const evex_ast_node *node, const arguments *a,
                                 evex_term *result) {
    const double defaults[] = {0, 0, 1e-5, 1e-8};
    evex_term terms[4];
    evex_ir_id values[4];
    for (size_t i = 0; i < 4; i++) {
        terms[i] = a->nodes[i] != NULL ? a->terms[i] : evex_term_float(defaults[i]);
        evex_status status = EVEX_OK;
        if (a->nodes[i] != NULL)
            status = i < 2 ? require_numeric(c, node, a, i) : require_number(c, node, a, i);
        if (status != EVEX_OK)
            return status;
    }
    const evex_dtype common = evex_common_dtype(terms, 4, NULL);
    const evex_dtype dtype = evex_promote_into(
        1u << EVEX_F32 | 1u << EVEX_F64 | 1u << EVEX_C64 | 1u << EVEX_C128, EVEX_TO_F64, common);
    for (size_t i = 0; i < 4; i++)
        values[i] = evex_term_cast(c, &terms[i], i < 2 ? dtype : evex_dtype_part(dtype));
    *result = evex_term_strong(c, is_close(c->ir, values[0], values[1], values[2], values[3]));
    return evex_check_memory(c);
}

/* ---- nan_to_num ----------------------------------------------------------------------------- */

/* context: what stands in the place of nan. */
static evex_ir_id replace_nan(evex_ir *ir, evex_ir_id x, const void *context) {
    const evex_ir_id instead = *(const evex_ir_id *)context;
    const evex_dtype dtype = evex_ir_dtype(ir, x);
    const double greatest = dtype == EVEX_F32 ? (double)FLT_MAX : DBL_MAX;
    const evex_ir_id above =
        evex_ir_binary(ir, EVEX_OP_MAXIMUM, x, evex_ir_float(ir, dtype, -greatest));
    const evex_ir_id finite =
        evex_ir_binary(ir, EVEX_OP_MINIMUM, above, evex_ir_float(ir, dtype, greatest));
    const evex_ir_id is_nan = evex_ir_unary(ir, EVEX_OP_ISNAN, x);
    return evex_ir_ternary(ir, EVEX_OP_SELECT, is_nan, instead, finite);
}

static evex_status check_nan_to_num(evex_checker *c, const evex_ast_node *node, const arguments *a,
                                    evex_term *result) {
    evex_status status = require_numeric(c, node, a, 0);
    if (status == EVEX_OK && a->nodes[1] != NULL)
        status = require_number(c, node, a, 1);
    if (status == EVEX_OK)
        status = evex_term_refuse_huge(c, &a->terms[0], a->nodes[0]->place);
    if (status != EVEX_OK)
        return status;
    const evex_dtype dtype = (evex_dtype)a->terms[0].dtype;
    const evex_ir_id x = evex_term_cast(c, &a->terms[0], dtype);
    *result = evex_term_strong(c, x);
    if (evex_dtype_kind(dtype) != 'f' && evex_dtype_kind(dtype) != 'c')
        return evex_check_memory(c);
    const evex_term replacement = a->nodes[1] != NULL ? a->terms[1] : evex_term_float(0);
    const evex_ir_id instead = evex_term_cast(c, &replacement, evex_dtype_part(dtype));
    *result = evex_term_strong(c, apply_to_parts(c->ir, x, replace_nan, &instead));
    return evex_check_memory(c);
}

/* ---- isna ----------------------------------------------------------------------------------- */

static evex_status check_isna(evex_checker *c, const evex_ast_node *node, const arguments *a,
                              evex_term *result) {
    (void)node;
    const evex_status status = evex_require_value(c, (evex_ast_index)(a->nodes[0] - c->ast->nodes));
    return status == EVEX_OK ? evex_check_isna(c, &a->terms[0], 0, result) : status;
}

static evex_status check_notna(evex_checker *c, const evex_ast_node *node, const arguments *a,
                               evex_term *result) {
    (void)node;
    const evex_status status = evex_require_value(c, (evex_ast_index)(a->nodes[0] - c->ast->nodes));
    return status == EVEX_OK ? evex_check_isna(c, &a->terms[0], 1, result) : status;
}

/* ---- The table ------------------------------------------------------------------------------ */

typedef evex_status (*form_rule)(evex_checker *c, const evex_ast_node *node, const arguments *a,
                                 evex_term *result);

static const form_rule rules[EVEX_N_FORMS] = {
    [EVEX_FORM_CLIP] = check_clip,       [EVEX_FORM_ROUND] = check_round,
    [EVEX_FORM_DEG2RAD] = check_deg2rad, [EVEX_FORM_RAD2DEG] = check_rad2deg,
    [EVEX_FORM_ISCLOSE] = check_isclose, [EVEX_FORM_NAN_TO_NUM] = check_nan_to_num,
    [EVEX_FORM_ISNA] = check_isna,       [EVEX_FORM_NOTNA] = check_notna,
};

evex_status evex_check_form(evex_checker *c, const evex_ast_node *node, evex_form form,
                            evex_term *result) {
    if (form == EVEX_FORM_NANSUM)
        return evex_check_reduction(c, node, EVEX_RED_SUM, 1, result);
    if (form == EVEX_FORM_NANMEAN)
        return evex_check_reduction(c, node, EVEX_RED_MEAN, 1, result);
    arguments taken;
    const evex_status status = take_arguments(c, node, &parameters[form], &taken);
    if (status != EVEX_OK)
        return status;
    const int is_of_nulls = form == EVEX_FORM_ISNA || form == EVEX_FORM_NOTNA;
    if (rules[form] == NULL || (!is_of_nulls && evex_terms_have_time(taken.terms, MAX_PARAMETERS)))
        return evex_times_form(c, node, form, taken.nodes, taken.terms, result);
    return rules[form](c, node, &taken, result);
}
