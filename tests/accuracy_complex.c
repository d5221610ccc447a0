/* SPDX-License-Identifier: MIT */
/*
 * The error of every complex function of core/scalar.h against MPC, by kind of arguments: prints
 * the greatest error and where, and fails if one is above its bound (docs/NUMERICS.md). The measure
 * is an ULP of |result|, the exact one: the distance of the type's values there.
 *
 *   accuracy_complex                the ordinary run, some 10^4 points a function
 *   accuracy_complex --long N       N points a function and type
 *   accuracy_complex --only NAME    that function alone
 *   accuracy_complex --table        prints the Markdown table of docs/NUMERICS.md instead
 *   accuracy_complex --parts        measures each part by its own ULP, for a look; fails never
 */
#include <math.h>
#include <mpc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/scalar.h"
#include "tests/accuracy_frame.h"

enum { REFERENCE_BITS = 120, MAX_KINDS = 12 };

/* ---- Arguments ------------------------------------------------------------------------------ */

static double uniform(double from, double to, uint64_t *state) {
    return from + (to - from) * random_unit(state);
}

static double random_sign(uint64_t *state) {
    return random_bits(state) & 1 ? -1.0 : 1.0;
}

/* +-10^u, u uniform. */
static double magnitude(double from, double to, uint64_t *state) {
    return random_sign(state) * pow(10.0, uniform(from, to, state));
}

/* x + 2^-u v, u up to 60, v of [-1, 1]; x itself now and then. */
static double beside(double x, uint64_t *state) {
    double v = uniform(-1.0, 1.0, state) * exp2(-60.0 * random_unit(state));
    return random_bits(state) % 8 == 0 ? x : x + v;
}

static double pattern(bool single, uint64_t *state) {
    uint64_t bits = random_bits(state);
    double y;
    float f;
    memcpy(&y, &bits, sizeof y);
    memcpy(&f, &bits, sizeof f);
    y = single ? (double)f : y;
    return isfinite(y) ? y : 1.0;
}

/* Near the float64 that is nearest to a multiple of pi/2. */
static double near_half_pi(uint64_t *state) {
    double k = floor(exp2(random_unit(state) * 20.0));
    double x = k * 0x1.921fb54442d18p+0;
    return random_bits(state) % 4 == 0 ? x : beside(x, state);
}

typedef enum {
    NONE,
    BOX,       /* both parts uniform of [-a, a] */
    SIZES,     /* both +-10^u, u of [a, b] */
    PATTERN,   /* any finite bit pattern */
    NEAR,      /* near a + b i */
    CIRCLE,    /* near the unit circle */
    REAL_AXIS, /* real part of [-a, a], the other +-10^u, u of [b, 0] */
    IMAG_AXIS, /* the same the other way round */
    POLES,     /* real part near a multiple of pi/2, the other small or of [-a, a] */
    TURNED,    /* POLES, turned by a right angle */
    TAIL,      /* real part of +-[a, b], the other of any kind */
    TAIL_TURNED,
    INTEGERS, /* a real integer of [-a, a] */
    N_KINDS
} kind;

static const char *const kind_names[N_KINDS] = {
    "",          "box",   "10^",           "patterns", "near",         "unit circle", "real axis",
    "imag axis", "poles", "poles of tanh", "tail",     "tail, turned", "integers"};

typedef struct {
    kind kind;
    double a, b;
} range;

typedef struct {
    double re, im;
} point;

static point swapped(point p) {
    return (point){p.im, p.re};
}

static point draw_pole(double size, uint64_t *state) {
    bool is_small = random_bits(state) & 1;
    double im = is_small ? magnitude(-20.0, 0.0, state) : uniform(-size, size, state);
    return (point){near_half_pi(state) * random_sign(state), im};
}

static point draw_circle(uint64_t *state) {
    double angle = uniform(-3.2, 3.2, state), away = 1.0 + exp2(-60.0 * random_unit(state));
    if (random_bits(state) & 1)
        angle = magnitude(-10.0, 0.0, state);
    return (point){cos(angle) * away, sin(angle)};
}

static point draw_wide(const range *r, bool single, uint64_t *state) {
    double a = r->a, b = r->b;
    switch (r->kind) {
    case BOX:
        return (point){uniform(-a, a, state), uniform(-a, a, state)};
    case SIZES:
        return (point){magnitude(a, b, state), magnitude(a, b, state)};
    case NEAR:
        return (point){beside(a, state), beside(b, state)};
    case CIRCLE:
        return draw_circle(state);
    case REAL_AXIS:
        return (point){uniform(-a, a, state), magnitude(b, 0, state)};
    case IMAG_AXIS:
        return (point){magnitude(b, 0, state), uniform(-a, a, state)};
    case POLES:
        return draw_pole(a, state);
    case TURNED:
        return swapped(draw_pole(a, state));
    case TAIL:
        return (point){random_sign(state) * uniform(a, b, state), pattern(single, state)};
    case TAIL_TURNED:
        return (point){pattern(single, state), random_sign(state) * uniform(a, b, state)};
    case INTEGERS:
        return (point){floor(uniform(-a, a + 1.0, state)), 0.0};
    case PATTERN:
    case NONE:
    case N_KINDS:
        break;
    }
    return (point){pattern(single, state), pattern(single, state)};
}

/* Within the finite values. volatile, as gcc 12 at -O2 leaves out a pair of such roundings. */
static double round_to_single(double x) {
    volatile float rounded = (float)fmax(-0x1p127, fmin(0x1p127, x));
    return (double)rounded;
}

static point draw(const range *r, bool single, uint64_t *state) {
    point p = draw_wide(r, single, state);
    return single ? (point){round_to_single(p.re), round_to_single(p.im)} : p;
}

/* ---- The functions -------------------------------------------------------------------------- */

typedef void (*reference_function)(mpc_t result, const mpc_t z, const mpc_t w);

#define REFER(name)                                                                                \
    static void refer_##name(mpc_t result, const mpc_t z, const mpc_t w) {                         \
        (void)w;                                                                                   \
        mpc_##name(result, z, MPC_RNDNN);                                                          \
    }
#define REFER_AS(name, other)                                                                      \
    static void refer_##name(mpc_t result, const mpc_t z, const mpc_t w) {                         \
        (void)w;                                                                                   \
        mpc_##other(result, z, MPC_RNDNN);                                                         \
    }

REFER(sqrt)
REFER(exp)
REFER(sin)
REFER(cos)
REFER(sinh)
REFER(cosh)
REFER_AS(arcsin, asin)
REFER_AS(arccos, acos)
REFER_AS(arctan, atan)
REFER_AS(arcsinh, asinh)
REFER_AS(arccosh, acosh)
REFER_AS(arctanh, atanh)

/* (sinh x cosh x + i sin y cos y) / (sinh(x)^2 + cos(y)^2); mpc_tan takes minutes where it is near
 * i. Beyond 10^5 the real part is 1 and the other one below the least number. */
static void refer_tanh_of(mpfr_t re, mpfr_t im, mpfr_srcptr x, mpfr_srcptr y) {
    mpfr_t size, s, c, sine, cosine;
    mpfr_inits2(300, size, s, c, sine, cosine, (mpfr_ptr)0);
    mpfr_set(size, x, MPFR_RNDN);
    if (mpfr_cmpabs_ui(x, 100000) > 0)
        mpfr_set_si(size, mpfr_sgn(x) * 100000, MPFR_RNDN);
    mpfr_sinh_cosh(s, c, size, MPFR_RNDN);
    mpfr_sin_cos(sine, cosine, y, MPFR_RNDN);
    mpfr_mul(c, c, s, MPFR_RNDN);
    mpfr_mul(sine, sine, cosine, MPFR_RNDN);
    mpfr_fmma(size, s, s, cosine, cosine, MPFR_RNDN);
    mpfr_div(re, c, size, MPFR_RNDN);
    mpfr_div(im, sine, size, MPFR_RNDN);
    mpfr_clears(size, s, c, sine, cosine, (mpfr_ptr)0);
}

static void refer_tanh(mpc_t result, const mpc_t z, const mpc_t w) {
    (void)w;
    refer_tanh_of(mpc_realref(result), mpc_imagref(result), mpc_realref(z), mpc_imagref(z));
}

static void refer_tan(mpc_t result, const mpc_t z, const mpc_t w) {
    (void)w;
    refer_tanh_of(mpc_imagref(result), mpc_realref(result), mpc_imagref(z), mpc_realref(z));
}

static void refer_pow(mpc_t result, const mpc_t z, const mpc_t w) {
    mpc_pow(result, z, w, MPC_RNDNN);
}

/* z log 2, with bits for its size. */
static void refer_exp2(mpc_t result, const mpc_t z, const mpc_t w) {
    mpc_t wide;
    mpfr_t log2;
    (void)w;
    mpc_init2(wide, 300);
    mpfr_init2(log2, 300);
    mpfr_const_log2(log2, MPFR_RNDN);
    mpc_mul_fr(wide, z, log2, MPC_RNDNN);
    mpc_exp(result, wide, MPC_RNDNN);
    mpc_clear(wide);
    mpfr_clear(log2);
}

/* (e^x - 1) cos y - 2 sin(y/2)^2 with bits for what cancels. */
static void refer_expm1(mpc_t result, const mpc_t z, const mpc_t w) {
    mpfr_t x, y, cosine;
    (void)w;
    mpfr_inits2(400, x, y, cosine, (mpfr_ptr)0);
    mpfr_expm1(x, mpc_realref(z), MPFR_RNDN);
    mpfr_cos(cosine, mpc_imagref(z), MPFR_RNDN);
    mpfr_div_2ui(y, mpc_imagref(z), 1, MPFR_RNDN);
    mpfr_sin(y, y, MPFR_RNDN);
    mpfr_mul(y, y, y, MPFR_RNDN);
    mpfr_mul_2ui(y, y, 1, MPFR_RNDN);
    mpfr_fms(x, x, cosine, y, MPFR_RNDN);
    mpc_exp(result, z, MPC_RNDNN);
    mpfr_set(mpc_realref(result), x, MPFR_RNDN);
    mpfr_clears(x, y, cosine, (mpfr_ptr)0);
}

/* The logarithm of z + added; mpc_log has but a few bits of a size near 1. */
static void refer_log_of_sum(mpc_t result, const mpc_t z, unsigned added) {
    mpfr_t x, y;
    mpfr_inits2(4600, x, y, (mpfr_ptr)0);
    mpfr_add_ui(x, mpc_realref(z), added, MPFR_RNDN);
    mpfr_atan2(mpc_imagref(result), mpc_imagref(z), x, MPFR_RNDN);
    mpfr_mul(x, x, x, MPFR_RNDN);
    mpfr_mul(y, mpc_imagref(z), mpc_imagref(z), MPFR_RNDN);
    mpfr_add(x, x, y, MPFR_RNDN);
    mpfr_sub_ui(x, x, 1, MPFR_RNDN);
    mpfr_prec_round(x, 2300, MPFR_RNDN);
    mpfr_log1p(mpc_realref(result), x, MPFR_RNDN);
    mpfr_div_2ui(mpc_realref(result), mpc_realref(result), 1, MPFR_RNDN);
    mpfr_clears(x, y, (mpfr_ptr)0);
}

static void refer_log(mpc_t result, const mpc_t z, const mpc_t w) {
    (void)w;
    refer_log_of_sum(result, z, 0);
}

static void refer_log1p(mpc_t result, const mpc_t z, const mpc_t w) {
    (void)w;
    refer_log_of_sum(result, z, 1);
}

static void refer_log10(mpc_t result, const mpc_t z, const mpc_t w) {
    mpfr_t ten;
    (void)w;
    mpfr_init2(ten, REFERENCE_BITS);
    mpfr_log_ui(ten, 10, MPFR_RNDN);
    refer_log_of_sum(result, z, 0);
    mpc_div_fr(result, result, ten, MPC_RNDNN);
    mpfr_clear(ten);
}

static void refer_log2(mpc_t result, const mpc_t z, const mpc_t w) {
    mpfr_t log2;
    (void)w;
    mpfr_init2(log2, REFERENCE_BITS);
    mpfr_const_log2(log2, MPFR_RNDN);
    refer_log_of_sum(result, z, 0);
    mpc_div_fr(result, result, log2, MPC_RNDNN);
    mpfr_clear(log2);
}

typedef struct {
    const char *name;
    evex_c128 (*wide)(evex_c128);
    evex_c64 (*narrow)(evex_c64);
    evex_c128 (*wide_2)(evex_c128, evex_c128);
    evex_c64 (*narrow_2)(evex_c64, evex_c64);
    reference_function refer;
    double bound;
    int cost; /* divides the number of points */
    range ranges[MAX_KINDS], exponents[MAX_KINDS];
} function;

#define UNARY(name, cost)                                                                          \
#name, evex_##name##_c128, evex_##name##_c64, NULL, NULL, refer_##name, 4, cost

/* clang-format off */
#define EVERYWHERE {BOX, 3, 0}, {SIZES, -320, 308}, {SIZES, -20, 3}, {PATTERN, 0, 0}
#define AXES {REAL_AXIS, 3, -320}, {IMAG_AXIS, 3, -320}
#define MODERATE {BOX, 3, 0}, {BOX, 20, 0}, {SIZES, -20, 2}, {SIZES, -320, -1}, {POLES, 20, 0}, {TURNED, 20, 0}
#define TAILS {TAIL, 600, 800}, {TAIL_TURNED, 600, 800}
#define TAILS_SINGLE {TAIL, 80, 130}, {TAIL_TURNED, 80, 130}
#define UNITS {NEAR, 1, 0}, {NEAR, -1, 0}, {NEAR, 0, 1}, {NEAR, 0, -1}

static const function functions[] = {
    {UNARY(sqrt, 1), {EVERYWHERE, AXES, UNITS}, {{0}}},
    {UNARY(exp, 1), {MODERATE, AXES, TAILS, TAILS_SINGLE}, {{0}}},
    {UNARY(exp2, 4), {MODERATE, AXES, {BOX, 1200, 0}, {SIZES, 0, 11}}, {{0}}},
    {UNARY(expm1, 4), {MODERATE, AXES, {TAIL, 600, 800}, {TAIL, 80, 130}}, {{0}}},
    {UNARY(log, 1), {EVERYWHERE, AXES, UNITS, {CIRCLE, 0, 0}}, {{0}}},
    {UNARY(log2, 1), {EVERYWHERE, AXES, UNITS, {CIRCLE, 0, 0}}, {{0}}},
    {UNARY(log10, 4), {EVERYWHERE, AXES, UNITS, {CIRCLE, 0, 0}}, {{0}}},
    {UNARY(log1p, 4), {EVERYWHERE, AXES, {NEAR, -1, 0}, {NEAR, -2, 0}, {NEAR, -1, 1}, {NEAR, 0.5, 0}, {NEAR, -0.5, 1}}, {{0}}},
    {UNARY(sin, 1), {MODERATE, AXES, TAILS, TAILS_SINGLE}, {{0}}},
    {UNARY(cos, 1), {MODERATE, AXES, TAILS, TAILS_SINGLE}, {{0}}},
    {UNARY(tan, 2), {MODERATE, AXES, {TAIL, 0, 1000}, {BOX, 400, 0}}, {{0}}},
    {UNARY(sinh, 1), {MODERATE, AXES, TAILS, TAILS_SINGLE}, {{0}}},
    {UNARY(cosh, 1), {MODERATE, AXES, TAILS, TAILS_SINGLE}, {{0}}},
    {UNARY(tanh, 2), {MODERATE, AXES, {TAIL_TURNED, 0, 1000}, {BOX, 400, 0}}, {{0}}},
    {UNARY(arcsin, 4), {EVERYWHERE, AXES, UNITS, {CIRCLE, 0, 0}}, {{0}}},
    {UNARY(arccos, 4), {EVERYWHERE, AXES, UNITS, {CIRCLE, 0, 0}}, {{0}}},
    {UNARY(arctan, 4), {EVERYWHERE, AXES, UNITS, {CIRCLE, 0, 0}}, {{0}}},
    {UNARY(arcsinh, 4), {EVERYWHERE, AXES, UNITS, {CIRCLE, 0, 0}}, {{0}}},
    {UNARY(arccosh, 4), {EVERYWHERE, AXES, UNITS, {CIRCLE, 0, 0}}, {{0}}},
    {UNARY(arctanh, 4), {EVERYWHERE, AXES, UNITS, {CIRCLE, 0, 0}}, {{0}}},
    {"pow", NULL, NULL, evex_pow_c128, evex_pow_c64, refer_pow, 16, 8,
     {{BOX, 3, 0}, {BOX, 100, 0}, {SIZES, -300, 300}, {CIRCLE, 0, 0}, {NEAR, 1, 0}, {NEAR, -1, 0}, {BOX, 9, 0}, {SIZES, -3, 3}, {BOX, 9, 0}, {SIZES, -300, 300}, {BOX, 2, 0}},
     {{BOX, 3, 0}, {BOX, 40, 0}, {BOX, 1, 0}, {BOX, 300, 0}, {BOX, 1000, 0}, {BOX, 300, 0}, {NEAR, 2.5, 0}, {NEAR, -1, 0}, {INTEGERS, 64, 0}, {INTEGERS, 70, 0}, {REAL_AXIS, 300, -400}}},
};
/* clang-format on */

static bool is_binary(const function *f) {
    return f->wide_2 != NULL;
}

/* ---- Measuring ------------------------------------------------------------------------------ */

typedef struct {
    double worst;
    point z, w;
} record;

static long limit_exponent(long e, bool single) {
    long least = single ? -125 : -1021, most = single ? 128 : 1024;
    return e < least ? least : e > most ? most : e;
}

/* The exponent of the ULP that errors are measured by. */
static long ulp_exponent(mpfr_srcptr size, bool single) {
    long e = mpfr_regular_p(size) ? (long)mpfr_get_exp(size) : mpfr_zero_p(size) ? -9999 : 9999;
    return limit_exponent(e, single) - (single ? 24 : 53);
}

/* An error in ULP, or HUGE_VAL for what is no number or infinite without reason. */
static double error_of(double result, mpfr_srcptr exact, long ulp, bool single) {
    double largest = single ? 0x1.fffffep127 : 0x1.fffffffffffffp1023;
    if (isnan(result) || mpfr_nan_p(exact))
        return HUGE_VAL;
    if (isinf(result)) {
        bool beyond = mpfr_cmpabs_ui(exact, 0) > 0 && (mpfr_sgn(exact) > 0) == (result > 0);
        mpfr_t limit;
        mpfr_init2(limit, REFERENCE_BITS);
        mpfr_set_d(limit, largest, MPFR_RNDN);
        beyond = beyond && mpfr_cmpabs(exact, limit) >= 0;
        mpfr_clear(limit);
        return beyond ? 0.0 : HUGE_VAL;
    }
    if (mpfr_inf_p(exact))
        return HUGE_VAL;
    mpfr_t difference;
    mpfr_init2(difference, REFERENCE_BITS);
    mpfr_sub_d(difference, exact, result, MPFR_RNDN);
    mpfr_div_2si(difference, difference, ulp, MPFR_RNDN);
    double error = fabs(mpfr_get_d(difference, MPFR_RNDN));
    mpfr_clear(difference);
    return error;
}

static point call(const function *f, point z, point w, bool single) {
    evex_c128 z2 = {z.re, z.im}, w2 = {w.re, w.im}, r2;
    evex_c64 z1 = {(float)z.re, (float)z.im}, w1 = {(float)w.re, (float)w.im}, r1;
    if (!single) {
        r2 = is_binary(f) ? f->wide_2(z2, w2) : f->wide(z2);
        return (point){r2.re, r2.im};
    }
    r1 = is_binary(f) ? f->narrow_2(z1, w1) : f->narrow(z1);
    return (point){(double)r1.re, (double)r1.im};
}

/* The error of a result in ULP of |exact|, or the greater one of its parts in their own ULP. */
static double error_at(const options *o, point got, mpc_srcptr exact, bool single) {
    mpfr_srcptr re = mpc_realref(exact), im = mpc_imagref(exact);
    mpfr_t size;
    mpfr_init2(size, REFERENCE_BITS);
    mpc_abs(size, exact, MPFR_RNDN);
    long ulp = ulp_exponent(size, single);
    mpfr_clear(size);
    if (o->parts)
        return fmax(error_of(got.re, re, ulp_exponent(re, single), single),
                    error_of(got.im, im, ulp_exponent(im, single), single));
    return hypot(error_of(got.re, re, ulp, single), error_of(got.im, im, ulp, single));
}

/* What the bound does not speak about: w log z beyond 1,024, exact results beyond any exponent. */
static bool is_measured(const function *f, point z, point w, mpc_srcptr exact) {
    if (mpfr_inf_p(mpc_realref(exact)) || mpfr_inf_p(mpc_imagref(exact)))
        return false;
    double size = hypot(log(hypot(z.re, z.im)), atan2(z.im, z.re)) * hypot(w.re, w.im);
    return !is_binary(f) || (size < 1024.0 && (z.re != 0.0 || z.im != 0.0));
}

static void measure_point(const function *f, const options *o, point z, point w, bool single,
                          record *r) {
    mpc_t mz, mw, exact;
    mpc_init2(mz, 53);
    mpc_init2(mw, 53);
    mpc_init2(exact, REFERENCE_BITS);
    mpc_set_d_d(mz, z.re, z.im, MPC_RNDNN);
    mpc_set_d_d(mw, w.re, w.im, MPC_RNDNN);
    f->refer(exact, mz, mw);
    if (is_measured(f, z, w, exact)) {
        double error = error_at(o, call(f, z, w, single), exact, single);
        if (error > r->worst)
            *r = (record){error, z, w};
    }
    mpc_clear(mz);
    mpc_clear(mw);
    mpc_clear(exact);
}

static void print_point(const function *f, const record *r) {
    printf("%a%+ai", r->z.re, r->z.im);
    if (is_binary(f))
        printf(", %a%+ai", r->w.re, r->w.im);
}

static record measure_type(const function *f, bool single, const options *o) {
    record worst = {0};
    for (int i = 0; i < MAX_KINDS && f->ranges[i].kind != NONE; i++) {
        record r = {0};
        uint64_t state = (uint64_t)i + 1;
        for (uint64_t n = o->points / 10 / (uint64_t)f->cost + 1; n > 0; n--) {
            point z = draw(&f->ranges[i], single, &state), w = {0};
            if (is_binary(f))
                w = draw(&f->exponents[i], single, &state);
            measure_point(f, o, z, w, single, &r);
        }
        if (!o->table) {
            printf("%-8s %-10s %8.4f ULP at ", f->name, single ? "complex64" : "complex128",
                   r.worst);
            print_point(f, &r);
            printf("   (%s %g %g)\n", kind_names[f->ranges[i].kind], f->ranges[i].a,
                   f->ranges[i].b);
        }
        worst = r.worst > worst.worst ? r : worst;
    }
    return worst;
}

static bool run(const function *f, const options *o) {
    record wide = measure_type(f, false, o), narrow = measure_type(f, true, o);
    if (o->table) {
        printf("| %s | %g | %.3f | `", f->name, f->bound, wide.worst);
        print_point(f, &wide);
        printf("` | %.3f |\n", narrow.worst);
    }
    bool good = wide.worst <= f->bound && narrow.worst <= f->bound;
    if (!good)
        fprintf(stderr, "%s: %.4f ULP in complex128, %.4f ULP in complex64: above %g\n", f->name,
                wide.worst, narrow.worst, f->bound);
    return good || o->parts;
}

static const char *name_of(size_t i) {
    return functions[i].name;
}

static bool run_number(size_t i, const options *o) {
    return run(&functions[i], o);
}

int main(int argc, char **argv) {
    static const accuracy_program program = {.name = "accuracy_complex",
                                             .wide = "complex128",
                                             .narrow = "complex64",
                                             .points = 6000,
                                             .has_parts = true,
                                             .n_functions = sizeof functions / sizeof *functions,
                                             .name_of = name_of,
                                             .run = run_number};
    const int status = accuracy_main(&program, argc, argv);
    mpfr_free_cache();
    return status;
}
