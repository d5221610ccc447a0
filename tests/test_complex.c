/* SPDX-License-Identifier: MIT */
/*
 * What core/scalar.h's complex functions give at special values (the tables of C99 G.6, with the
 * corrections of C17), on both sides of branch cuts, where results must be exact, and of mirrored
 * arguments; powers as NumPy's. Accuracy is accuracy_complex.c's matter, equal bits on all targets
 * vecmath/digests.c's.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/scalar.h"
#include "tests/suite.h"

#define INF HUGE_VAL
#define NONE ((double)NAN)
#define PI 0x1.921fb54442d18p+1
#define HALF_PI 0x1.921fb54442d18p+0
#define QUARTER_PI 0x1.921fb54442d18p-1
#define THREE_QUARTERS_PI 0x1.2d97c7f3321d2p+1

/* Which signs of a result the standard leaves open. */
typedef enum { BOTH_SIGNS, RE_OPEN, IM_OPEN, BOTH_OPEN } open_signs;

typedef evex_c128 wide_function(evex_c128);
typedef evex_c64 narrow_function(evex_c64);

static bool same(double a, double b, bool is_open) {
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    return is_open ? fabs(a) == fabs(b) : a == b && !signbit(a) == !signbit(b);
}

static bool same_complex(evex_c128 a, evex_c128 b, open_signs open) {
    return same(a.re, b.re, (open & RE_OPEN) != 0) && same(a.im, b.im, (open & IM_OPEN) != 0);
}

static evex_c128 widened(evex_c64 z) {
    return (evex_c128){(double)z.re, (double)z.im};
}

/* volatile, as gcc 12 at -O2 leaves out a pair of roundings that is widened again. */
static evex_c64 narrowed(evex_c128 z) {
    volatile float re = (float)z.re, im = (float)z.im;
    return (evex_c64){re, im};
}

static evex_c128 conjugate(evex_c128 z) {
    return (evex_c128){z.re, -z.im};
}

/* ---- Special values ------------------------------------------------------------------------- */

typedef struct {
    const char *name;
    wide_function *wide;
    narrow_function *narrow;
    evex_c128 z, expected;
    open_signs open;
} special_case;

#define ROW(name, x, y, re, im, open)                                                              \
    { #name, evex_##name##_c128, evex_##name##_c64, {x, y }, {re, im }, open }
/* For -x, too: of a function with f(-z) = -f(z), or f(z). */
#define ODD(name, x, y, re, im, open)                                                              \
    ROW(name, x, y, re, im, open), ROW(name, -(x), y, -(re), im, open)
#define EVEN(name, x, y, re, im, open)                                                             \
    ROW(name, x, y, re, im, open), ROW(name, -(x), y, re, -(im), open)

/* Every row stands for the conjugate argument, too. Finite numbers are such as the signs of sine
 * and cosine are plain of: sin and cos of 1 are positive, of 2 only the sine is. */
/* clang-format off */
static const special_case special_cases[] = {
    ROW(sqrt, 0.0, 0.0, 0, 0, BOTH_SIGNS), ROW(sqrt, -0.0, 0.0, 0, 0, BOTH_SIGNS),
    ROW(sqrt, 1, INF, INF, INF, BOTH_SIGNS), ROW(sqrt, -1, INF, INF, INF, BOTH_SIGNS),
    ROW(sqrt, INF, INF, INF, INF, BOTH_SIGNS), ROW(sqrt, -INF, INF, INF, INF, BOTH_SIGNS),
    ROW(sqrt, NONE, INF, INF, INF, BOTH_SIGNS), ROW(sqrt, 0.0, INF, INF, INF, BOTH_SIGNS),
    ROW(sqrt, 1, NONE, NONE, NONE, BOTH_SIGNS), ROW(sqrt, -INF, 1, 0, INF, BOTH_SIGNS),
    ROW(sqrt, -INF, 0.0, 0, INF, BOTH_SIGNS), ROW(sqrt, INF, 1, INF, 0, BOTH_SIGNS),
    ROW(sqrt, INF, 0.0, INF, 0, BOTH_SIGNS), ROW(sqrt, -INF, NONE, NONE, INF, IM_OPEN),
    ROW(sqrt, INF, NONE, INF, NONE, BOTH_SIGNS), ROW(sqrt, NONE, 1, NONE, NONE, BOTH_SIGNS),
    ROW(sqrt, NONE, 0.0, NONE, NONE, BOTH_SIGNS), ROW(sqrt, NONE, NONE, NONE, NONE, BOTH_SIGNS),
    ROW(sqrt, 0.0, NONE, NONE, NONE, BOTH_SIGNS),

    ROW(exp, 0.0, 0.0, 1, 0, BOTH_SIGNS), ROW(exp, -0.0, 0.0, 1, 0, BOTH_SIGNS),
    ROW(exp, 1, INF, NONE, NONE, BOTH_SIGNS), ROW(exp, 1, NONE, NONE, NONE, BOTH_SIGNS),
    ROW(exp, INF, 0.0, INF, 0, BOTH_SIGNS), ROW(exp, -INF, 1, 0, 0, BOTH_SIGNS),
    ROW(exp, -INF, 2, -0.0, 0, BOTH_SIGNS), ROW(exp, -INF, 0.0, 0, 0, BOTH_SIGNS),
    ROW(exp, INF, 1, INF, INF, BOTH_SIGNS), ROW(exp, INF, 2, -INF, INF, BOTH_SIGNS),
    ROW(exp, -INF, INF, 0, 0, BOTH_OPEN), ROW(exp, INF, INF, INF, NONE, RE_OPEN),
    ROW(exp, -INF, NONE, 0, 0, BOTH_OPEN), ROW(exp, INF, NONE, INF, NONE, RE_OPEN),
    ROW(exp, NONE, 0.0, NONE, 0, BOTH_SIGNS), ROW(exp, NONE, 1, NONE, NONE, BOTH_SIGNS),
    ROW(exp, NONE, NONE, NONE, NONE, BOTH_SIGNS), ROW(exp, 1e4, 1, INF, INF, BOTH_SIGNS),
    ROW(exp, -1e4, 2, -0.0, 0, BOTH_SIGNS), ROW(exp, 1e4, 0.0, INF, 0, BOTH_SIGNS),

    ROW(expm1, 0.0, 0.0, 0, 0, BOTH_SIGNS), ROW(expm1, -0.0, 0.0, -0.0, 0, BOTH_SIGNS),
    ROW(expm1, -INF, 1, -1, 0, BOTH_SIGNS), ROW(expm1, INF, 0.0, INF, 0, BOTH_SIGNS),
    ROW(expm1, INF, 1, INF, INF, BOTH_SIGNS), ROW(expm1, 1, INF, NONE, NONE, BOTH_SIGNS),
    ROW(expm1, NONE, 0.0, NONE, 0, BOTH_SIGNS),

    ROW(exp2, 0.0, 0.0, 1, 0, BOTH_SIGNS), ROW(exp2, 10, 0.0, 1024, 0, BOTH_SIGNS),
    ROW(exp2, INF, 0.0, INF, 0, BOTH_SIGNS), ROW(exp2, -INF, 1, 0, 0, BOTH_SIGNS),
    ROW(exp2, INF, 1, INF, INF, BOTH_SIGNS), ROW(exp2, 1, INF, NONE, NONE, BOTH_SIGNS),
    ROW(exp2, NONE, 0.0, NONE, 0, BOTH_SIGNS),

    ROW(log, -0.0, 0.0, -INF, PI, BOTH_SIGNS), ROW(log, 0.0, 0.0, -INF, 0, BOTH_SIGNS),
    ROW(log, 1, INF, INF, HALF_PI, BOTH_SIGNS), ROW(log, -1, INF, INF, HALF_PI, BOTH_SIGNS),
    ROW(log, 1, NONE, NONE, NONE, BOTH_SIGNS), ROW(log, -INF, 1, INF, PI, BOTH_SIGNS),
    ROW(log, INF, 1, INF, 0, BOTH_SIGNS), ROW(log, INF, 0.0, INF, 0, BOTH_SIGNS),
    ROW(log, -INF, INF, INF, THREE_QUARTERS_PI, BOTH_SIGNS),
    ROW(log, INF, INF, INF, QUARTER_PI, BOTH_SIGNS), ROW(log, INF, NONE, INF, NONE, BOTH_SIGNS),
    ROW(log, -INF, NONE, INF, NONE, BOTH_SIGNS), ROW(log, NONE, 1, NONE, NONE, BOTH_SIGNS),
    ROW(log, NONE, INF, INF, NONE, BOTH_SIGNS), ROW(log, NONE, NONE, NONE, NONE, BOTH_SIGNS),
    ROW(log, 1, 0.0, 0, 0, BOTH_SIGNS), ROW(log, -1, 0.0, 0, PI, BOTH_SIGNS),
    ROW(log2, 0.0, 0.0, -INF, 0, BOTH_SIGNS), ROW(log2, 8, 0.0, 3, 0, BOTH_SIGNS),
    ROW(log2, INF, NONE, INF, NONE, BOTH_SIGNS), ROW(log2, INF, 1, INF, 0, BOTH_SIGNS),
    ROW(log10, 0.0, 0.0, -INF, 0, BOTH_SIGNS), ROW(log10, 1000, 0.0, 3, 0, BOTH_SIGNS),
    ROW(log10, INF, 1, INF, 0, BOTH_SIGNS), ROW(log10, NONE, INF, INF, NONE, BOTH_SIGNS),
    ROW(log1p, 0.0, 0.0, 0, 0, BOTH_SIGNS), ROW(log1p, -0.0, 0.0, -0.0, 0, BOTH_SIGNS),
    ROW(log1p, -1, 0.0, -INF, 0, BOTH_SIGNS), ROW(log1p, -2, 0.0, 0, PI, BOTH_SIGNS),
    ROW(log1p, INF, 1, INF, 0, BOTH_SIGNS), ROW(log1p, -INF, 1, INF, PI, BOTH_SIGNS),
    ROW(log1p, 1, INF, INF, HALF_PI, BOTH_SIGNS), ROW(log1p, NONE, 1, NONE, NONE, BOTH_SIGNS),

    ODD(sinh, 0.0, 0.0, 0.0, 0, BOTH_SIGNS), ODD(sinh, 0.0, INF, 0.0, NONE, RE_OPEN),
    ODD(sinh, 0.0, NONE, 0.0, NONE, RE_OPEN), ODD(sinh, 1, INF, NONE, NONE, BOTH_SIGNS),
    ODD(sinh, 1, NONE, NONE, NONE, BOTH_SIGNS), ODD(sinh, INF, 0.0, INF, 0, BOTH_SIGNS),
    ODD(sinh, INF, 1, INF, INF, BOTH_SIGNS), ODD(sinh, INF, 2, -INF, INF, BOTH_SIGNS),
    ODD(sinh, INF, INF, INF, NONE, RE_OPEN), ODD(sinh, INF, NONE, INF, NONE, RE_OPEN),
    ROW(sinh, NONE, 0.0, NONE, 0, BOTH_SIGNS), ROW(sinh, NONE, 1, NONE, NONE, BOTH_SIGNS),
    ROW(sinh, NONE, NONE, NONE, NONE, BOTH_SIGNS), ODD(sinh, 1e4, 1, INF, INF, BOTH_SIGNS),
    ODD(sinh, 1e4, 0.0, INF, 0, BOTH_SIGNS),

    EVEN(cosh, 0.0, 0.0, 1, 0.0, BOTH_SIGNS), EVEN(cosh, 0.0, INF, NONE, 0.0, IM_OPEN),
    EVEN(cosh, 0.0, NONE, NONE, 0.0, IM_OPEN), EVEN(cosh, 1, INF, NONE, NONE, BOTH_SIGNS),
    EVEN(cosh, 1, NONE, NONE, NONE, BOTH_SIGNS), EVEN(cosh, INF, 0.0, INF, 0.0, BOTH_SIGNS),
    EVEN(cosh, INF, 1, INF, INF, BOTH_SIGNS), EVEN(cosh, INF, 2, -INF, INF, BOTH_SIGNS),
    EVEN(cosh, INF, INF, INF, NONE, RE_OPEN), EVEN(cosh, INF, NONE, INF, NONE, BOTH_SIGNS),
    ROW(cosh, NONE, 0.0, NONE, 0, IM_OPEN), ROW(cosh, NONE, 1, NONE, NONE, BOTH_SIGNS),
    ROW(cosh, NONE, NONE, NONE, NONE, BOTH_SIGNS), EVEN(cosh, 1e4, 1, INF, INF, BOTH_SIGNS),

    ODD(tanh, 0.0, 0.0, 0.0, 0, BOTH_SIGNS), ODD(tanh, 0.0, INF, 0.0, NONE, BOTH_SIGNS),
    ODD(tanh, 0.0, NONE, 0.0, NONE, BOTH_SIGNS), ODD(tanh, 1, INF, NONE, NONE, BOTH_SIGNS),
    ODD(tanh, 1, NONE, NONE, NONE, BOTH_SIGNS), ODD(tanh, INF, 1, 1, 0, BOTH_SIGNS),
    ODD(tanh, INF, 2, 1, -0.0, BOTH_SIGNS), ODD(tanh, INF, 0.0, 1, 0, BOTH_SIGNS),
    ODD(tanh, INF, INF, 1, 0, IM_OPEN), ODD(tanh, INF, NONE, 1, 0, IM_OPEN),
    ROW(tanh, NONE, 0.0, NONE, 0, BOTH_SIGNS), ROW(tanh, NONE, 1, NONE, NONE, BOTH_SIGNS),
    ROW(tanh, NONE, NONE, NONE, NONE, BOTH_SIGNS), ODD(tanh, 1e4, 1, 1, 0, BOTH_SIGNS),

    /* As of sinh, cosh and tanh, a right angle further. */
    ROW(sin, 0.0, 0.0, 0.0, 0, BOTH_SIGNS), ROW(sin, INF, 0.0, NONE, 0, IM_OPEN),
    ROW(sin, 0.0, INF, 0, INF, BOTH_SIGNS), ROW(sin, 1, INF, INF, INF, BOTH_SIGNS),
    ROW(sin, 2, INF, INF, -INF, BOTH_SIGNS), ROW(sin, NONE, INF, NONE, INF, IM_OPEN),
    ROW(sin, 0.0, NONE, 0, NONE, BOTH_SIGNS), ROW(sin, NONE, 1, NONE, NONE, BOTH_SIGNS),
    ROW(cos, 0.0, 0.0, 1, -0.0, BOTH_SIGNS), ROW(cos, 0.0, INF, INF, -0.0, BOTH_SIGNS),
    ROW(cos, 1, INF, INF, -INF, BOTH_SIGNS), ROW(cos, INF, 1, NONE, NONE, BOTH_SIGNS),
    ROW(cos, INF, 0.0, NONE, 0, IM_OPEN), ROW(cos, NONE, INF, INF, NONE, BOTH_SIGNS),
    ROW(tan, 0.0, 0.0, 0.0, 0, BOTH_SIGNS), ROW(tan, 1, INF, 0, 1, BOTH_SIGNS),
    ROW(tan, 2, INF, -0.0, 1, BOTH_SIGNS), ROW(tan, INF, INF, 0, 1, RE_OPEN),
    ROW(tan, INF, 0.0, NONE, 0, BOTH_SIGNS), ROW(tan, 0.0, NONE, 0, NONE, BOTH_SIGNS),

    ROW(arccos, 0.0, 0.0, HALF_PI, -0.0, BOTH_SIGNS), ROW(arccos, -0.0, 0.0, HALF_PI, -0.0, BOTH_SIGNS),
    ROW(arccos, 0.0, NONE, HALF_PI, NONE, BOTH_SIGNS), ROW(arccos, -0.0, NONE, HALF_PI, NONE, BOTH_SIGNS),
    ROW(arccos, 1, INF, HALF_PI, -INF, BOTH_SIGNS), ROW(arccos, 1, NONE, NONE, NONE, BOTH_SIGNS),
    ROW(arccos, -INF, 1, PI, -INF, BOTH_SIGNS), ROW(arccos, INF, 1, 0, -INF, BOTH_SIGNS),
    ROW(arccos, -INF, INF, THREE_QUARTERS_PI, -INF, BOTH_SIGNS),
    ROW(arccos, INF, INF, QUARTER_PI, -INF, BOTH_SIGNS), ROW(arccos, INF, NONE, NONE, INF, IM_OPEN),
    ROW(arccos, -INF, NONE, NONE, INF, IM_OPEN), ROW(arccos, NONE, 1, NONE, NONE, BOTH_SIGNS),
    ROW(arccos, NONE, INF, NONE, -INF, BOTH_SIGNS), ROW(arccos, NONE, NONE, NONE, NONE, BOTH_SIGNS),
    ROW(arccos, 1, 0.0, 0, -0.0, BOTH_SIGNS), ROW(arccos, -1, 0.0, PI, -0.0, BOTH_SIGNS),

    ROW(arccosh, 0.0, 0.0, 0, HALF_PI, BOTH_SIGNS), ROW(arccosh, -0.0, 0.0, 0, HALF_PI, BOTH_SIGNS),
    ROW(arccosh, 1, INF, INF, HALF_PI, BOTH_SIGNS), ROW(arccosh, 0.0, NONE, NONE, HALF_PI, IM_OPEN),
    ROW(arccosh, 1, NONE, NONE, NONE, BOTH_SIGNS), ROW(arccosh, -INF, 1, INF, PI, BOTH_SIGNS),
    ROW(arccosh, INF, 1, INF, 0, BOTH_SIGNS), ROW(arccosh, -INF, INF, INF, THREE_QUARTERS_PI, BOTH_SIGNS),
    ROW(arccosh, INF, INF, INF, QUARTER_PI, BOTH_SIGNS), ROW(arccosh, INF, NONE, INF, NONE, BOTH_SIGNS),
    ROW(arccosh, -INF, NONE, INF, NONE, BOTH_SIGNS), ROW(arccosh, NONE, 1, NONE, NONE, BOTH_SIGNS),
    ROW(arccosh, NONE, INF, INF, NONE, BOTH_SIGNS), ROW(arccosh, NONE, NONE, NONE, NONE, BOTH_SIGNS),
    ROW(arccosh, 1, 0.0, 0, 0, BOTH_SIGNS), ROW(arccosh, -1, 0.0, 0, PI, BOTH_SIGNS),

    ODD(arcsinh, 0.0, 0.0, 0.0, 0, BOTH_SIGNS), ODD(arcsinh, 1, INF, INF, HALF_PI, BOTH_SIGNS),
    ODD(arcsinh, 1, NONE, NONE, NONE, BOTH_SIGNS), ODD(arcsinh, INF, 1, INF, 0, BOTH_SIGNS),
    ODD(arcsinh, INF, INF, INF, QUARTER_PI, BOTH_SIGNS), ODD(arcsinh, INF, NONE, INF, NONE, BOTH_SIGNS),
    ROW(arcsinh, NONE, 0.0, NONE, 0, BOTH_SIGNS), ROW(arcsinh, NONE, 1, NONE, NONE, BOTH_SIGNS),
    ROW(arcsinh, NONE, INF, INF, NONE, RE_OPEN), ROW(arcsinh, NONE, NONE, NONE, NONE, BOTH_SIGNS),

    ODD(arctanh, 0.0, 0.0, 0.0, 0, BOTH_SIGNS), ODD(arctanh, 0.0, NONE, 0.0, NONE, BOTH_SIGNS),
    ODD(arctanh, 1, 0.0, INF, 0, BOTH_SIGNS), ODD(arctanh, 2, INF, 0.0, HALF_PI, BOTH_SIGNS),
    ODD(arctanh, 2, NONE, NONE, NONE, BOTH_SIGNS), ODD(arctanh, INF, 1, 0.0, HALF_PI, BOTH_SIGNS),
    ODD(arctanh, INF, INF, 0.0, HALF_PI, BOTH_SIGNS), ODD(arctanh, INF, NONE, 0.0, NONE, BOTH_SIGNS),
    ROW(arctanh, NONE, 1, NONE, NONE, BOTH_SIGNS), ROW(arctanh, NONE, INF, 0, HALF_PI, RE_OPEN),
    ROW(arctanh, NONE, NONE, NONE, NONE, BOTH_SIGNS), ROW(arctanh, NONE, 1e30, NONE, NONE, BOTH_SIGNS),

    ROW(arcsin, 0.0, 0.0, 0.0, 0, BOTH_SIGNS), ROW(arcsin, INF, 1, HALF_PI, INF, BOTH_SIGNS),
    ROW(arcsin, 1, INF, 0, INF, BOTH_SIGNS), ROW(arcsin, INF, INF, QUARTER_PI, INF, BOTH_SIGNS),
    ROW(arcsin, 0.0, NONE, 0, NONE, BOTH_SIGNS), ROW(arcsin, NONE, INF, NONE, INF, BOTH_SIGNS),
    ROW(arcsin, INF, NONE, NONE, INF, IM_OPEN), ROW(arcsin, NONE, 1, NONE, NONE, BOTH_SIGNS),
    ROW(arctan, 0.0, 0.0, 0.0, 0, BOTH_SIGNS), ROW(arctan, 0.0, 1, 0, INF, BOTH_SIGNS),
    ROW(arctan, INF, 1, HALF_PI, 0, BOTH_SIGNS), ROW(arctan, 1, INF, HALF_PI, 0, BOTH_SIGNS),
    ROW(arctan, NONE, 0.0, NONE, 0, BOTH_SIGNS), ROW(arctan, NONE, INF, NONE, 0, BOTH_SIGNS),
};
/* clang-format on */

static void check_case(const special_case *c, evex_c128 z, evex_c128 expected) {
    const evex_c128 wide = c->wide(z), narrow = widened(c->narrow(narrowed(z)));
    const evex_c128 rounded = widened(narrowed(expected));
    ck_assert_msg(same_complex(wide, expected, c->open), "%s_c128(%a, %a) = (%a, %a), not (%a, %a)",
                  c->name, z.re, z.im, wide.re, wide.im, expected.re, expected.im);
    ck_assert_msg(same_complex(narrow, rounded, c->open), "%s_c64(%a, %a) = (%a, %a), not (%a, %a)",
                  c->name, z.re, z.im, narrow.re, narrow.im, rounded.re, rounded.im);
}

START_TEST(special_values) {
    for (size_t i = 0; i < sizeof special_cases / sizeof *special_cases; i++) {
        const special_case *c = &special_cases[i];
        check_case(c, c->z, c->expected);
        check_case(c, conjugate(c->z), conjugate(c->expected));
    }
}
END_TEST

/* ---- Branch cuts ---------------------------------------------------------------------------- */

/* On a cut a zero's sign says which side is meant; the other side's result has one part reversed.
 */
typedef struct {
    const char *name;
    wide_function *function;
    evex_c128 z;
    double sign_of_re, sign_of_im; /* of the result, z having positive zeros */
    bool re_flips;                 /* else the imaginary part does */
} cut_case;

#define CUT(name, x, y, re, im, re_flips)                                                          \
    { #name, evex_##name##_c128, {x, y }, re, im, re_flips }

static const cut_case cut_cases[] = {
    CUT(sqrt, -4, 0.0, 0, 1, false),     CUT(log, -4, 0.0, 1, 1, false),
    CUT(log1p, -4, 0.0, 1, 1, false),    CUT(log2, -4, 0.0, 1, 1, false),
    CUT(log10, -4, 0.0, 1, 1, false),    CUT(arcsin, 2, 0.0, 1, 1, false),
    CUT(arcsin, -2, 0.0, -1, 1, false),  CUT(arccos, 2, 0.0, 0, -1, false),
    CUT(arccos, -2, 0.0, 1, -1, false),  CUT(arccosh, 0.5, 0.0, 0, 1, false),
    CUT(arccosh, -2, 0.0, 1, 1, false),  CUT(arctanh, 2, 0.0, 1, 1, false),
    CUT(arctanh, -2, 0.0, -1, 1, false), CUT(arcsinh, 0.0, 2, 1, 1, true),
    CUT(arcsinh, 0.0, -2, 1, -1, true),  CUT(arctan, 0.0, 2, 1, 1, true),
    CUT(arctan, 0.0, -2, 1, -1, true),
};

static bool has_sign(double x, double sign) {
    return sign == 0 ? x == 0 : copysign(1.0, x) == sign && x != 0;
}

START_TEST(signed_zeros_choose_the_side_of_a_cut) {
    const cut_case *c = &cut_cases[_i];
    evex_c128 other = c->z, r = c->function(c->z);
    if (c->re_flips)
        other.re = -0.0;
    else
        other.im = -0.0;
    const evex_c128 beyond = c->function(other);
    ck_assert_msg(has_sign(r.re, c->sign_of_re) && has_sign(r.im, c->sign_of_im),
                  "%s(%g, %g) = (%a, %a)", c->name, c->z.re, c->z.im, r.re, r.im);
    ck_assert_msg(beyond.re == (c->re_flips ? -r.re : r.re) &&
                      beyond.im == (c->re_flips ? r.im : -r.im),
                  "%s(%g, %g) = (%a, %a)", c->name, other.re, other.im, beyond.re, beyond.im);
}
END_TEST

/* ---- Mirrors -------------------------------------------------------------------------------- */

static uint64_t random_bits(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 32) | (*state << 32);
}

/* Any bit pattern, or a small number of quarters. */
static double draw(uint64_t *state) {
    uint64_t bits = random_bits(state);
    double x;
    memcpy(&x, &bits, sizeof x);
    return bits & 64 ? (double)((int)(bits >> 57) - 64) * 0.25 : x;
}

static bool agree(evex_c128 a, evex_c128 b) {
    return same_complex(a, b, BOTH_SIGNS);
}

#define CHECK_CONJUGATE(name)                                                                      \
    ck_assert_msg(agree(evex_##name##_c128(conjugate(z)), conjugate(evex_##name##_c128(z))),       \
                  #name " of (%a, %a) and of its conjugate", z.re, z.im);

START_TEST(conjugates_give_conjugates) {
    uint64_t state = 3;
    for (int i = 0; i < 20000; i++) {
        const evex_c128 z = {draw(&state), draw(&state)};
        if (isfinite(z.re) && isfinite(z.im)) {
            EVEX_FOR_UNARY_COMPLEX(CHECK_CONJUGATE)
        }
    }
}
END_TEST

#define CHECK_ODD(name)                                                                            \
    do {                                                                                           \
        const evex_c128 r = evex_##name##_c128(z), mirrored = evex_##name##_c128(minus);           \
        ck_assert_msg(agree(mirrored, (evex_c128){-r.re, -r.im}), #name " of (%a, %a)", z.re,      \
                      z.im);                                                                       \
    } while (0)

START_TEST(odd_functions_are_odd) {
    uint64_t state = 4;
    for (int i = 0; i < 20000; i++) {
        const evex_c128 z = {draw(&state), draw(&state)}, minus = {-z.re, -z.im};
        if (isfinite(z.re) && isfinite(z.im)) {
            CHECK_ODD(sin);
            CHECK_ODD(tan);
            CHECK_ODD(sinh);
            CHECK_ODD(tanh);
            CHECK_ODD(arcsin);
            CHECK_ODD(arctan);
            CHECK_ODD(arcsinh);
            CHECK_ODD(arctanh);
        }
    }
}
END_TEST

/* ---- Exact results -------------------------------------------------------------------------- */

START_TEST(roots_of_squares_are_exact) {
    for (int x = 0; x < 60; x++)
        for (int y = -60; y < 60; y++) {
            const evex_c128 root = {x, x == 0 && y < 0 ? -y : y};
            const evex_c128 r =
                evex_sqrt_c128((evex_c128){root.re * root.re - root.im * root.im, 2 * x * root.im});
            ck_assert_msg(r.re == root.re && r.im == root.im, "sqrt((%d, %d)^2)", x, y);
        }
}
END_TEST

static evex_c128 power(double x, double y, double u, double v) {
    return evex_pow_c128((evex_c128){x, y}, (evex_c128){u, v});
}

START_TEST(integral_powers_are_exact) {
    for (int x = -9; x <= 9; x++)
        for (int y = -9; y <= 9; y++) {
            double re = 1, im = 0;
            for (int n = 0; n <= 12; n++) {
                const evex_c128 r = power(x, y, n, 0.0);
                ck_assert_msg(r.re == re && r.im == im, "(%d, %d)^%d", x, y, n);
                const double next = re * x - im * y;
                im = re * y + im * x;
                re = next;
            }
        }
}
END_TEST

static const struct {
    evex_c128 z, w, expected;
} power_cases[] = {
    {{0, 0}, {0, 0}, {1, 0}},
    {{-0.0, 0}, {0, -0.0}, {1, 0}},
    {{NAN, INFINITY}, {0, 0}, {1, 0}},
    {{0, 0}, {2, 0}, {0, 0}},
    {{0, 0}, {0.5, 3}, {0, 0}},
    {{0, 0}, {-1, 0}, {NAN, NAN}},
    {{0, 0}, {0, 1}, {NAN, NAN}},
    {{2, 0}, {10, 0}, {1024, 0}},
    {{2, 0}, {-2, 0}, {0.25, 0}},
    {{0, 2}, {-1, 0}, {0, -0.5}},
    {{0x1p-1074, 0}, {-1, 0}, {INFINITY, 0}},
    {{0x1p600, 0}, {2, 0}, {INFINITY, 0}},
    {{0x1p-600, 0x1p-600}, {2, 0}, {0, 0}},
    {{0x1p500, 0x1p500}, {2, 0}, {0, 0x1p1001}},
    {{0x1p-500, 0x1p-500}, {-2, 0}, {0, -0x1p999}},
    {{NAN, 0}, {2, 0}, {NAN, NAN}},
    {{INFINITY, 0}, {2, 0}, {INFINITY, 0}},
    {{INFINITY, 0}, {-2, 0}, {0, 0}},
    {{2, 0}, {INFINITY, 0}, {INFINITY, 0}},
    {{0.5, 0}, {INFINITY, 0}, {0, 0}},
};

START_TEST(special_powers) {
    const evex_c128 z = power_cases[_i].z, w = power_cases[_i].w, r = evex_pow_c128(z, w);
    const evex_c128 expected = power_cases[_i].expected;
    ck_assert_msg(same_complex(r, expected, BOTH_OPEN), "(%a, %a) ** (%a, %a) = (%a, %a)", z.re,
                  z.im, w.re, w.im, r.re, r.im);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_test(tests, special_values);
    tcase_add_loop_test(tests, signed_zeros_choose_the_side_of_a_cut, 0,
                        (int)(sizeof cut_cases / sizeof *cut_cases));
    tcase_add_loop_test(tests, special_powers, 0, (int)(sizeof power_cases / sizeof *power_cases));
    tcase_add_test(tests, conjugates_give_conjugates);
    tcase_add_test(tests, odd_functions_are_odd);
    tcase_add_test(tests, roots_of_squares_are_exact);
    tcase_add_test(tests, integral_powers_are_exact);
}

int main(void) {
    return run_suite("complex", add_tests);
}
