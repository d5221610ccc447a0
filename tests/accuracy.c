/* SPDX-License-Identifier: MIT */
/*
 * The error of every function of core/scalar.h against MPFR, by range of arguments: prints the
 * greatest error in ULP and where, and fails if one is above its bound (docs/NUMERICS.md). An ULP
 * is the distance of the type's values at the exact result, subnormal results included.
 *
 *   accuracy                the ordinary run, some 10^5 points a function
 *   accuracy --long N       N points a function and type; all 2^32 of the float32 unary functions
 *   accuracy --only NAME    that function alone
 *   accuracy --table        prints the Markdown table of docs/NUMERICS.md instead
 */
#include <math.h>
#include <mpfr.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/scalar.h"
#include "core/system.h"
#include "tests/accuracy_frame.h"
#include "tests/accuracy_single.h"

/* Bits of the reference: its own error is below 2^-40 ULP. For each float32 argument given to MPFR,
 * some are held against float64. */
enum { REFERENCE_BITS = 96, MAX_RANGES = 7, SCANNED_FOR_POINT = 40 };

/* ---- Arguments ------------------------------------------------------------------------------ */

typedef enum {
    UNUSED,
    UNIFORM,   /* of [a, b] */
    MAGNITUDE, /* +-10^u, u uniform of [a, b] */
    PATTERN,   /* any bit pattern of the type */
    NEAR,      /* a (1 + 2^-u v), u uniform of [1, 53], v of [-1, 1] */
    HALF_PI,   /* the value of the type nearest to k pi/2, k any integer up to 2^a */
    INTEGERS,  /* near an integer of [a, b], as NEAR */
    BESIDE     /* for a second argument: near the first one's magnitude */
} range_kind;

typedef struct {
    range_kind kind;
    double a, b;
} range;

static double half_pi_multiple(double most_bits, uint64_t *state) {
    mpfr_t x, k;
    mpfr_inits2(1200, x, k, (mpfr_ptr)0);
    mpfr_set_d(k, floor(exp2(random_unit(state) * most_bits)), MPFR_RNDN);
    mpfr_const_pi(x, MPFR_RNDN);
    mpfr_div_2ui(x, x, 1, MPFR_RNDN);
    mpfr_mul(x, x, k, MPFR_RNDN);
    double y = mpfr_get_d(x, MPFR_RNDN);
    mpfr_clears(x, k, (mpfr_ptr)0);
    return y;
}

static double beside(double centre, uint64_t *state) {
    double tiny = exp2(-1.0 - 52.0 * random_unit(state));
    return centre * (1.0 + tiny * (2.0 * random_unit(state) - 1.0));
}

static double random_pattern(bool single, uint64_t *state) {
    uint64_t bits = random_bits(state);
    double y;
    float f;
    memcpy(&y, &bits, sizeof y);
    memcpy(&f, &bits, sizeof f);
    return single ? (double)f : y;
}

/* float32 arguments are drawn as float64 ones and rounded. */
static double draw(const range *r, double first, bool single, uint64_t *state) {
    double u = random_unit(state), sign = random_bits(state) & 1 ? -1.0 : 1.0, x = 0.0;
    switch (r->kind) {
    case UNUSED:
        break;
    case UNIFORM:
        x = r->a + (r->b - r->a) * u;
        break;
    case MAGNITUDE:
        x = sign * pow(10.0, r->a + (r->b - r->a) * u);
        break;
    case PATTERN:
        x = random_pattern(single, state);
        break;
    case NEAR:
        x = beside(r->a, state);
        break;
    case HALF_PI:
        x = sign * half_pi_multiple(single && r->a > 120 ? 120 : r->a, state);
        break;
    case INTEGERS:
        x = beside(floor(r->a + (r->b - r->a) * u), state);
        break;
    case BESIDE:
        x = sign * beside(first, state);
        break;
    }
    return single ? (double)(float)x : x;
}

/* ---- The functions -------------------------------------------------------------------------- */

typedef void (*reference_function)(mpfr_t result, const mpfr_t x, const mpfr_t y);

#define REFER(name, mpfr_name)                                                                     \
    static void refer_##name(mpfr_t result, const mpfr_t x, const mpfr_t y) {                      \
        (void)y;                                                                                   \
        mpfr_name(result, x, MPFR_RNDN);                                                           \
    }
#define REFER2(name, mpfr_name)                                                                    \
    static void refer_##name(mpfr_t result, const mpfr_t x, const mpfr_t y) {                      \
        mpfr_name(result, x, y, MPFR_RNDN);                                                        \
    }

REFER(exp, mpfr_exp)
REFER(exp2, mpfr_exp2)
REFER(exp10, mpfr_exp10)
REFER(expm1, mpfr_expm1)
REFER(log, mpfr_log)
REFER(log2, mpfr_log2)
REFER(log10, mpfr_log10)
REFER(log1p, mpfr_log1p)
REFER(sin, mpfr_sin)
REFER(cos, mpfr_cos)
REFER(tan, mpfr_tan)
REFER(arcsin, mpfr_asin)
REFER(arccos, mpfr_acos)
REFER(arctan, mpfr_atan)
REFER(sinh, mpfr_sinh)
REFER(cosh, mpfr_cosh)
REFER(tanh, mpfr_tanh)
REFER(arcsinh, mpfr_asinh)
REFER(arccosh, mpfr_acosh)
REFER(arctanh, mpfr_atanh)
REFER(cbrt, mpfr_cbrt)
REFER(erf, mpfr_erf)
REFER(erfc, mpfr_erfc)
REFER(gamma, mpfr_gamma)
REFER2(arctan2, mpfr_atan2)
REFER2(pow, mpfr_pow)
REFER2(hypot, mpfr_hypot)
REFER2(fmod, mpfr_fmod)

static void refer_lgamma(mpfr_t result, const mpfr_t x, const mpfr_t y) {
    int sign;
    (void)y;
    mpfr_lgamma(result, &sign, x, MPFR_RNDN);
}

/* sin or cos of pi x, for an x of a float64: x mod 2 is exact, and its zeros are met exactly. */
static void refer_of_pi(mpfr_t result, const mpfr_t x, bool cosine) {
    double d = mpfr_get_d(x, MPFR_RNDN), f = d - 2.0 * rint(d * 0.5);
    double zero_at = cosine ? fabs(f) - 0.5 : f - rint(f);
    if (zero_at == 0.0) {
        mpfr_set_d(result, cosine ? 0.0 : copysign(0.0, d), MPFR_RNDN);
        return;
    }
    mpfr_t angle;
    mpfr_init2(angle, REFERENCE_BITS + 64);
    mpfr_const_pi(angle, MPFR_RNDN);
    mpfr_mul_d(angle, angle, f, MPFR_RNDN);
    if (isnan(f))
        mpfr_set_nan(result);
    else if (cosine)
        mpfr_cos(result, angle, MPFR_RNDN);
    else
        mpfr_sin(result, angle, MPFR_RNDN);
    mpfr_clear(angle);
}

static void refer_sinpi(mpfr_t result, const mpfr_t x, const mpfr_t y) {
    (void)y;
    refer_of_pi(result, x, false);
}

static void refer_cospi(mpfr_t result, const mpfr_t x, const mpfr_t y) {
    (void)y;
    refer_of_pi(result, x, true);
}

static void refer_logaddexp(mpfr_t result, const mpfr_t x, const mpfr_t y) {
    bool swapped = mpfr_cmp(x, y) < 0;
    mpfr_srcptr most = swapped ? y : x, least = swapped ? x : y;
    if (mpfr_number_p(x) && mpfr_number_p(y)) {
        mpfr_t wide;
        mpfr_init2(wide, 2200);
        mpfr_sub(wide, least, most, MPFR_RNDN);
        mpfr_set_prec(result, 400);
        mpfr_exp(result, wide, MPFR_RNDN);
        mpfr_clear(wide);
        mpfr_log1p(result, result, MPFR_RNDN);
        mpfr_add(result, result, most, MPFR_RNDN);
    } else if (mpfr_nan_p(x) || mpfr_nan_p(y) || mpfr_inf_p(most)) {
        mpfr_add(result, most, mpfr_nan_p(least) ? least : most, MPFR_RNDN);
    } else {
        mpfr_set(result, most, MPFR_RNDN);
    }
}

/* What an error is measured against where the result's own ULP is not the measure. */
typedef enum { OWN_ULP, ULP_OF_OPERANDS, ULP_OF_ONE_BELOW_MINUS_2 } measure;

typedef struct {
    range x, y;
} range_pair;

typedef struct {
    const char *name;
    double (*f64)(double);
    float (*f32)(float);
    double (*f64_2)(double, double);
    float (*f32_2)(float, float);
    reference_function refer;
    double bound;
    int cost; /* divides the number of points */
    measure measure;
    range_pair ranges[MAX_RANGES]; /* UNUSED ones at the end */
} function;

#define UNARY(name, bound, cost)                                                                   \
#name, evex_##name##_f64, evex_##name##_f32, NULL, NULL, refer_##name, bound, cost
#define BINARY(name, bound, cost)                                                                  \
#name, NULL, NULL, evex_##name##_f64, evex_##name##_f32, refer_##name, bound, cost

#define U(from, to) UNIFORM, from, to
#define M(from, to) MAGNITUDE, from, to
#define N(centre) NEAR, centre, 0
#define I(from, to) INTEGERS, from, to
#define H(bits) HALF_PI, bits, 0
#define P PATTERN, 0, 0
#define B BESIDE, 0, 0
#define X(range_of_x)                                                                              \
    {                                                                                              \
        .x = { range_of_x }                                                                        \
    }
#define XY(range_of_x, range_of_y)                                                                 \
    {                                                                                              \
        .x = {range_of_x}, .y = { range_of_y }                                                     \
    }

/* clang-format off */
static const function functions[] = {
    {UNARY(exp, 1, 1), OWN_ULP, {X(U(-10, 10)), X(U(-745.2, 709.8)), X(U(-104, 88.8)), X(N(1e-3)), X(M(-20, 0)), X(P)}},
    {UNARY(exp2, 1, 1), OWN_ULP, {X(U(-10, 10)), X(U(-1075, 1024)), X(U(-150, 128)), X(M(-20, 0)), X(P)}},
    {UNARY(exp10, 1, 1), OWN_ULP, {X(U(-10, 10)), X(U(-323.7, 308.3)), X(U(-45.2, 38.6)), X(M(-20, 0)), X(P)}},
    {UNARY(expm1, 1, 1), OWN_ULP, {X(U(-1, 1)), X(U(-40, 40)), X(U(-60, 709.8)), X(U(30, 90)), X(M(-20, 0)), X(P)}},
    {UNARY(log, 1, 1), OWN_ULP, {X(U(0.1, 10)), X(N(1)), X(U(0.9, 1.1)), X(M(-308, 308)), X(M(-324, -307)), X(P)}},
    {UNARY(log2, 1, 1), OWN_ULP, {X(U(0.1, 10)), X(N(1)), X(U(0.9, 1.1)), X(M(-308, 308)), X(M(-324, -307)), X(P)}},
    {UNARY(log10, 1, 1), OWN_ULP, {X(U(0.1, 10)), X(N(1)), X(U(0.9, 1.1)), X(M(-308, 308)), X(M(-324, -307)), X(P)}},
    {UNARY(log1p, 1, 1), OWN_ULP, {X(U(-0.9, 10)), X(N(-1)), X(U(-0.5, 0.5)), X(M(-20, 0)), X(M(-308, 308)), X(P)}},
    {UNARY(sin, 1, 1), OWN_ULP, {X(U(-3.15, 3.15)), X(U(-1e5, 1e5)), X(M(5, 15)), X(H(30)), X(H(1020)), X(M(-20, 0)), X(P)}},
    {UNARY(cos, 1, 1), OWN_ULP, {X(U(-3.15, 3.15)), X(U(-1e5, 1e5)), X(M(5, 15)), X(H(30)), X(H(1020)), X(M(-20, 0)), X(P)}},
    {UNARY(tan, 1, 1), OWN_ULP, {X(U(-3.15, 3.15)), X(U(-1e5, 1e5)), X(M(5, 15)), X(H(30)), X(H(1020)), X(M(-20, 0)), X(P)}},
    {UNARY(sinpi, 1, 1), OWN_ULP, {X(U(-1, 1)), X(U(-1e5, 1e5)), X(I(-100, 100)), X(M(-320, 0)), X(M(5, 17)), X(P)}},
    {UNARY(cospi, 1, 1), OWN_ULP, {X(U(-1, 1)), X(U(-1e5, 1e5)), X(N(0.5)), X(M(-20, 0)), X(M(5, 17)), X(P)}},
    {UNARY(arcsin, 1, 1), OWN_ULP, {X(U(-1, 1)), X(N(0.5)), X(N(1)), X(N(-1)), X(M(-20, 0)), X(P)}},
    {UNARY(arccos, 1, 1), OWN_ULP, {X(U(-1, 1)), X(N(0.5)), X(N(1)), X(N(-1)), X(N(-0.5)), X(M(-20, 0)), X(P)}},
    {UNARY(arctan, 1, 1), OWN_ULP, {X(U(-2, 2)), X(U(0.03, 1.1)), X(M(-20, 20)), X(N(1)), X(P)}},
    {UNARY(sinh, 1, 1), OWN_ULP, {X(U(-3, 3)), X(U(-710.5, 710.5)), X(U(-89.5, 89.5)), X(M(-20, 0)), X(P)}},
    {UNARY(cosh, 1, 1), OWN_ULP, {X(U(-3, 3)), X(U(-710.5, 710.5)), X(U(-89.5, 89.5)), X(M(-20, 0)), X(P)}},
    {UNARY(tanh, 1, 1), OWN_ULP, {X(U(-3, 3)), X(U(-30, 30)), X(M(-20, 1)), X(P)}},
    {UNARY(arcsinh, 1, 1), OWN_ULP, {X(U(-3, 3)), X(M(-20, 20)), X(N(0x1p28)), X(M(-1, 308)), X(P)}},
    {UNARY(arccosh, 1, 1), OWN_ULP, {X(U(1, 5)), X(N(1)), X(N(0x1p28)), X(M(0, 308)), X(P)}},
    {UNARY(arctanh, 1, 1), OWN_ULP, {X(U(-1, 1)), X(N(1)), X(N(-1)), X(M(-20, 0)), X(P)}},
    {UNARY(cbrt, 1, 1), OWN_ULP, {X(U(0.1, 10)), X(M(-308, 308)), X(M(-324, -307)), X(P)}},
    {UNARY(erf, 1, 4), OWN_ULP, {X(U(-3, 3)), X(U(-6.5, 6.5)), X(N(0.5)), X(M(-320, 0)), X(P)}},
    {UNARY(erfc, 1, 4), OWN_ULP, {X(U(-3, 3)), X(U(-6, 27.3)), X(U(0.4, 10.1)), X(N(0.5)), X(M(-20, 0)), X(P)}},
    {UNARY(gamma, 4, 8), OWN_ULP, {X(U(-5, 5)), X(U(0, 171.7)), X(U(-190, 0)), X(I(-30, -1)), X(N(8)), X(M(-320, 0)), X(P)}},
    {UNARY(lgamma, 4, 8), ULP_OF_ONE_BELOW_MINUS_2, {X(U(0, 5)), X(N(1)), X(N(2)), X(U(-30, 0)), X(M(-320, 2)), X(M(1, 305)), X(P)}},
    {BINARY(arctan2, 1, 2), OWN_ULP, {XY(U(-2, 2), U(-2, 2)), XY(M(-308, 308), B), XY(M(-300, 300), M(-320, 308)), XY(P, P)}},
    {BINARY(pow, 1, 2), OWN_ULP, {XY(U(0.1, 10), U(-5, 5)), XY(M(-20, 20), U(-16, 16)), XY(N(1), M(0, 18)), XY(M(-320, -300), U(-2, 2)),
                                  XY(U(-9, 9), I(-300, 300)), XY(U(1.9, 2.1), U(-1100, 1050)), XY(P, P)}},
    {BINARY(hypot, 1, 1), OWN_ULP, {XY(U(-10, 10), U(-10, 10)), XY(M(-308, 308), B), XY(M(-324, -290), M(-324, -290)), XY(P, P)}},
    {BINARY(logaddexp, 1, 4), ULP_OF_OPERANDS, {XY(U(-10, 10), U(-10, 10)), XY(U(-1, 1), U(-1, 1)), XY(M(-5, 3), B), XY(M(-20, 20), M(-20, 20)), XY(P, P)}},
    {BINARY(fmod, 0, 2), OWN_ULP, {XY(U(-10, 10), U(-1, 1)), XY(M(-20, 20), M(-20, 20)), XY(M(-308, 308), B), XY(P, P)}},
};
/* clang-format on */

static bool is_binary(const function *f) {
    return f->f64_2 != NULL;
}

/* ---- Measuring ------------------------------------------------------------------------------ */

typedef struct {
    double worst, x, y;
} record;

/* ULP of the type at a magnitude of 2^(exponent - 1) and more, as a power of two. */
static int ulp_exponent(long exponent, bool single) {
    int least = single ? -149 : -1074;
    long e = exponent - (single ? 24 : 53);
    return e < least ? least : (int)e;
}

static long exponent_of(double x) {
    int e;
    frexp(x, &e);
    return e;
}

static int measure_exponent(const function *f, const mpfr_t exact, double x, double y,
                            bool single) {
    long e = mpfr_zero_p(exact) ? -2000 : (long)mpfr_get_exp(exact);
    if (f->measure == ULP_OF_ONE_BELOW_MINUS_2 && x < -2.0 && e < 1)
        e = 1;
    if (f->measure == ULP_OF_OPERANDS) {
        e = e < exponent_of(x) ? exponent_of(x) : e;
        e = e < exponent_of(y) ? exponent_of(y) : e;
    }
    long most = single ? 128 : 1024;
    return ulp_exponent(e > most ? most : e, single);
}

/* The error of `result` in ULP; HUGE_VAL for a wrong NaN, infinity, or sign of zero. */
static double error_in_ulp(const function *f, double result, const mpfr_t exact, double x, double y,
                           bool single) {
    double limit = single ? 0x1p128 : 0x1p1023;
    if (mpfr_nan_p(exact) || isnan(result))
        return mpfr_nan_p(exact) && isnan(result) ? 0.0 : HUGE_VAL;
    if (mpfr_inf_p(exact))
        return result == (mpfr_sgn(exact) > 0 ? HUGE_VAL : -HUGE_VAL) ? 0.0 : HUGE_VAL;
    if (f->measure == OWN_ULP && (result == 0.0 || mpfr_zero_p(exact)) &&
        !signbit(result) != !mpfr_signbit(exact))
        return HUGE_VAL;
    mpfr_t difference;
    mpfr_init2(difference, REFERENCE_BITS);
    mpfr_set_d(difference, isinf(result) ? copysign(limit, result) : result, MPFR_RNDN);
    if (isinf(result) && !single)
        mpfr_mul_2ui(difference, difference, 1, MPFR_RNDN);
    bool beyond = isinf(result) && mpfr_cmpabs(exact, difference) >= 0 &&
                  mpfr_sgn(exact) == mpfr_sgn(difference);
    mpfr_sub(difference, difference, exact, MPFR_RNDN);
    mpfr_div_2si(difference, difference, measure_exponent(f, exact, x, y, single), MPFR_RNDN);
    double error = beyond ? 0.0 : fabs(mpfr_get_d(difference, MPFR_RNDN));
    mpfr_clear(difference);
    return error;
}

static double call(const function *f, double x, double y, bool single) {
    if (!is_binary(f))
        return single ? (double)f->f32((float)x) : f->f64(x);
    return single ? (double)f->f32_2((float)x, (float)y) : f->f64_2(x, y);
}

static void measure_point(const function *f, double x, double y, bool single, record *r) {
    mpfr_t mx, my, exact;
    mpfr_init2(mx, 53);
    mpfr_init2(my, 53);
    mpfr_init2(exact, REFERENCE_BITS);
    mpfr_set_d(mx, x, MPFR_RNDN);
    mpfr_set_d(my, y, MPFR_RNDN);
    f->refer(exact, mx, my);
    double error = error_in_ulp(f, call(f, x, y, single), exact, x, y, single);
    if (error > r->worst)
        *r = (record){error, x, y};
    mpfr_clears(mx, my, exact, (mpfr_ptr)0);
}

static record measure_range(const function *f, int i, bool single, uint64_t n) {
    record r = {0};
    uint64_t state = (uint64_t)i + 1;
    for (uint64_t k = 0; k < n; k++) {
        double x = draw(&f->ranges[i].x, 0.0, single, &state);
        double y = is_binary(f) ? draw(&f->ranges[i].y, x, single, &state) : 0.0;
        measure_point(f, x, y, single, &r);
    }
    return r;
}

static single_scan scan_of(const function *f) {
    const evex_function found = evex_find_function(f->name, strlen(f->name));
    const evex_kernel_table *table = evex_kernels_usable(EVEX_ISA_BEST);
    return (single_scan){
        .single = evex_kernel_find(table, (evex_op)found.id, EVEX_F32, EVEX_F32),
        .twice = evex_kernel_find(table, (evex_op)found.id, EVEX_F64, EVEX_F64),
        .n_threads = (int)evex_system_in_use()->usable_cpus(),
        .one_below_minus_2 = f->measure == ULP_OF_ONE_BELOW_MINUS_2,
    };
}

/* Every step-th float32. */
static record measure_patterns(const function *f, uint64_t step) {
    record r = {0};
    single_scan scan = scan_of(f);
    scan.step = step;
    single_error worst = single_scan_run(&scan);
    measure_point(f, (double)worst.x, 0.0, true, &r);
    return r;
}

/* As many float32 pairs, and more. */
static record measure_pairs(const function *f, int i, uint64_t n) {
    record r = {0};
    const single_scan scan = scan_of(f);
    uint64_t state = (uint64_t)i + 1;
    single_error worst = {0};
    for (uint64_t k = 0; k < n; k += SINGLE_BLOCK) {
        float x[SINGLE_BLOCK], y[SINGLE_BLOCK];
        for (int j = 0; j < SINGLE_BLOCK; j++) {
            x[j] = (float)draw(&f->ranges[i].x, 0.0, true, &state);
            y[j] = (float)draw(&f->ranges[i].y, (double)x[j], true, &state);
        }
        const single_error e = single_block_error(&scan, x, y);
        worst = e.worst > worst.worst ? e : worst;
    }
    measure_point(f, (double)worst.x, (double)worst.y, true, &r);
    return r;
}

static const char *describe(const function *f, int i, char *text, size_t size) {
    static const char *const kinds[] = {"",     "uniform",      "10^",      "patterns",
                                        "near", "k pi/2 to 2^", "integers", "beside"};
    const range *r[2] = {&f->ranges[i].x, &f->ranges[i].y};
    size_t used = 0;
    for (int k = 0; k < (is_binary(f) ? 2 : 1); k++)
        used += (size_t)snprintf(text + used, size - used, "%s%s [%g, %g]", k ? " x " : "",
                                 kinds[r[k]->kind], r[k]->a, r[k]->b);
    return text;
}

static record take_worse(record a, record b) {
    return b.worst > a.worst ? b : a;
}

static void print_record(const function *f, bool single, const char *where, record r) {
    printf("%-10s %-8s %8.4f ULP at %a", f->name, single ? "float32" : "float64", r.worst, r.x);
    if (is_binary(f))
        printf(", %a", r.y);
    printf("   (%s)\n", where);
}

static record measure_type(const function *f, bool single, const options *o) {
    record worst = {0};
    char text[160];
    int n_ranges = 0;
    while (n_ranges < MAX_RANGES && f->ranges[n_ranges].x.kind != UNUSED)
        n_ranges++;
    uint64_t n =
        o->points / (uint64_t)f->cost / (uint64_t)n_ranges / (single && !o->exhaustive ? 4 : 1);
    for (int i = 0; i < n_ranges; i++) {
        record r = measure_range(f, i, single, n + 1);
        if (single && is_binary(f) && f->measure == OWN_ULP)
            r = take_worse(r, measure_pairs(f, i, SCANNED_FOR_POINT * n));
        if (!o->table)
            print_record(f, single, describe(f, i, text, sizeof text), r);
        worst = take_worse(worst, r);
    }
    if (single && !is_binary(f)) {
        uint64_t step = (UINT64_C(1) << 32) / (SCANNED_FOR_POINT * o->points);
        record r = measure_patterns(f, o->exhaustive || step == 0 ? 1 : step);
        if (!o->table)
            print_record(f, single, "every step-th float32", r);
        worst = take_worse(worst, r);
    }
    return worst;
}

static void print_row(const function *f, const record *f64, const record *f32) {
    printf("| %s | %g | %.3f | `%a", f->name, f->bound, f64->worst, f64->x);
    if (is_binary(f))
        printf(", %a", f64->y);
    printf("` | %.3f |\n", f32->worst);
}

static bool run(const function *f, const options *o) {
    record f64 = measure_type(f, false, o), f32 = measure_type(f, true, o);
    if (o->table)
        print_row(f, &f64, &f32);
    bool good = f64.worst <= f->bound && f32.worst <= f->bound;
    if (!good)
        fprintf(stderr,
                "%s: %.4f ULP (float64 at %a, %a), %.4f ULP (float32 at %a, %a): above %g\n",
                f->name, f64.worst, f64.x, f64.y, f32.worst, f32.x, f32.y, f->bound);
    return good;
}

static const char *name_of(size_t i) {
    return functions[i].name;
}

static bool run_number(size_t i, const options *o) {
    return run(&functions[i], o);
}

int main(int argc, char **argv) {
    static const accuracy_program program = {.name = "accuracy",
                                             .wide = "float64",
                                             .narrow = "float32",
                                             .points = 100000,
                                             .has_parts = false,
                                             .n_functions = sizeof functions / sizeof *functions,
                                             .name_of = name_of,
                                             .run = run_number};
    const int status = accuracy_main(&program, argc, argv);
    mpfr_free_cache();
    return status;
}
