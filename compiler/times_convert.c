/* SPDX-License-Identifier: MIT */
/*
 * Terms as operands in time, the unit in which they meet, and conversion between units; see
 * times.h. Conversion to a finer unit wraps where int64 is too small, as NumPy's does.
 */
#include "compiler/times.h"

/* ---- Operands ------------------------------------------------------------------------------- */

int evex_terms_have_time(const evex_term *terms, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (evex_term_is_time(&terms[i]))
            return 1;
    return 0;
}

evex_term evex_time_term(const evex_checker *c, evex_ir_id value, uint8_t unit) {
    evex_term term = evex_term_strong(c, value);
    term.unit = unit;
    return term;
}

evex_status evex_time_instant(const evex_checker *c, const evex_term *t, evex_place place,
                              evex_instant *instant) {
    const char *fault = evex_instant_read(instant, t->as.text.bytes, t->as.text.n_bytes);
    if (fault == NULL)
        return EVEX_OK;
    evex_fail(c->error, EVEX_BAD_TYPE, place, "'%.*s' is no date: %s", (int)t->as.text.n_bytes,
              t->as.text.bytes, fault);
    evex_hint(c->error, "write it like '2024-01-31' or '2024-01-31T12:30:00.5'");
    return EVEX_BAD_TYPE;
}

/* A literal in the unit that its last part has. */
static evex_status take_date(evex_checker *c, const evex_term *t, evex_time *time) {
    evex_instant instant;
    int is_exact;
    const evex_status status = evex_time_instant(c, t, time->place, &instant);
    if (status != EVEX_OK)
        return status;
    time->sort = 'D';
    time->may_be_nat = instant.is_nat;
    time->unit = instant.is_nat ? EVEX_UNIT_YEAR : instant.unit;
    const evex_wide ticks = instant.is_nat ? (evex_wide)INT64_MIN
                                           : evex_instant_ticks(&instant, instant.unit, &is_exact);
    if (!instant.is_nat && (ticks > INT64_MAX || ticks <= INT64_MIN))
        return evex_fail(c->error, EVEX_OUT_OF_RANGE, time->place, "the date does not fit %s",
                         evex_unit_type_name(time->unit));
    time->value = evex_ir_i64(c->ir, (int64_t)ticks);
    return EVEX_OK;
}

static evex_status take_integer(evex_checker *c, const evex_term *t, evex_time *time) {
    const int is_wide = evex_dtype_size((evex_dtype)t->dtype) == 8;
    time->sort = t->dtype == EVEX_U64 && !evex_term_is_weak(t) ? 'U' : 'I';
    time->unit = EVEX_SPAN | EVEX_UNIT_GENERIC;
    time->may_be_nat = is_wide && t->kind != EVEX_TERM_LITERAL;
    return evex_term_adapt(c, t, EVEX_I64, time->place, &time->value);
}

evex_status evex_time_of(evex_checker *c, const evex_term *t, evex_place place, int is_date_meant,
                         evex_time *time) {
    *time = (evex_time){.place = place};
    if (evex_term_is_time(t)) {
        time->sort = evex_unit_is_span(t->unit) ? 'S' : 'D';
        time->unit = t->unit;
        time->may_be_nat = 1;
        time->value = t->value;
        return EVEX_OK;
    }
    switch (evex_term_sort(t)) {
    case 's':
        return t->kind == EVEX_TERM_LITERAL && is_date_meant ? take_date(c, t, time) : EVEX_OK;
    case 'b':
    case 'i':
        return take_integer(c, t, time);
    case 'f':
        time->sort = 'F';
        time->value = evex_term_cast(c, t, EVEX_F64);
        return EVEX_OK;
    default:
        return EVEX_OK;
    }
}

evex_status evex_times_of(evex_checker *c, const evex_term *terms, const evex_place *places,
                          size_t n, evex_time *times) {
    int is_date_meant = 0;
    evex_status status = EVEX_OK;
    for (size_t i = 0; i < n; i++)
        is_date_meant |= evex_term_is_time(&terms[i]) && !evex_unit_is_span(terms[i].unit);
    for (size_t i = 0; i < n && status == EVEX_OK; i++)
        status = evex_time_of(c, &terms[i], places[i], is_date_meant, &times[i]);
    return status == EVEX_OK ? evex_check_memory(c) : status;
}

evex_status evex_times_check_var(const evex_checker *c, const evex_var *var, evex_place place) {
    if (var->unit == EVEX_UNIT_NONE ||
        (evex_unit_is_valid(var->unit) && var->dtype == EVEX_I64 && var->kind == EVEX_STRONG))
        return EVEX_OK;
    return evex_fail(c->error, EVEX_INVALID_ARGUMENT, place, "variable '%s' has no valid unit",
                     var->name);
}

/* ---- The common unit ------------------------------------------------------------------------ */

static int is_of_calendar(uint8_t base) {
    return base == EVEX_UNIT_YEAR || base == EVEX_UNIT_MONTH;
}

/* How many ticks of the unit are one of the unit before it. */
static const uint16_t ticks_of_coarser[] = {
    [EVEX_UNIT_MONTH] = 12,  [EVEX_UNIT_WEEK] = 1,    [EVEX_UNIT_DAY] = 7,   [EVEX_UNIT_HOUR] = 24,
    [EVEX_UNIT_MINUTE] = 60, [EVEX_UNIT_SECOND] = 60, [EVEX_UNIT_MS] = 1000, [EVEX_UNIT_US] = 1000,
    [EVEX_UNIT_NS] = 1000,   [EVEX_UNIT_PS] = 1000,   [EVEX_UNIT_FS] = 1000, [EVEX_UNIT_AS] = 1000,
};

/* Ticks of `fine` in one of `coarse`; 0 from 2^56 on, where NumPy refuses. */
static int64_t factor_of(uint8_t coarse, uint8_t fine) {
    uint64_t factor = 1;
    for (int unit = coarse + 1; unit <= fine; unit++)
        if ((factor *= ticks_of_coarser[unit]) >> 56 != 0)
            return 0;
    return (int64_t)factor;
}

/* Years and months are brought to days, of which everything finer is made. */
static int is_within_reach(uint8_t coarse, uint8_t fine) {
    const int is_over_days = is_of_calendar(coarse) && !is_of_calendar(fine);
    return factor_of(is_over_days ? EVEX_UNIT_WEEK : coarse, fine) != 0;
}

static evex_status fail_units(const evex_checker *c, const evex_ast_node *node,
                              const evex_time *times, size_t n, int is_length, const char *hint) {
    const char *a = evex_unit_type_name(times[0].unit);
    const char *b = evex_unit_type_name(times[n - 1].unit);
    evex_fail(c->error, EVEX_BAD_TYPE, node->token,
              is_length ? "%s and %s have no common unit" : "%s and %s are too far apart for int64",
              a, b);
    evex_outer(c->error, node->place);
    evex_hint(c->error, "%s", hint);
    return EVEX_BAD_TYPE;
}

evex_status evex_times_unit(const evex_checker *c, const evex_ast_node *node,
                            const evex_time *times, size_t n, uint8_t *unit) {
    uint8_t finest = EVEX_UNIT_NONE;
    for (size_t i = 0; i < n; i++) {
        const uint8_t base = evex_unit_base(times[i].unit);
        if (base != EVEX_UNIT_GENERIC && base > finest)
            finest = base;
    }
    *unit = finest != EVEX_UNIT_NONE ? finest : EVEX_UNIT_GENERIC;
    for (size_t i = 0; i < n && *unit != EVEX_UNIT_GENERIC; i++) {
        const uint8_t base = evex_unit_base(times[i].unit);
        if (base == EVEX_UNIT_GENERIC)
            continue;
        if (is_of_calendar(base) && !is_of_calendar(*unit) && evex_unit_is_span(times[i].unit))
            return fail_units(c, node, times, n, 1, "years and months have no fixed length");
        if (!is_within_reach(base, *unit))
            return fail_units(c, node, times, n, 0,
                              "bring one nearer with datetime64(x, 'ns') or timedelta64(x, 'ns')");
    }
    return EVEX_OK;
}

/* ---- NaT ------------------------------------------------------------------------------------ */

static evex_ir_id nat(evex_checker *c) {
    return evex_ir_i64(c->ir, INT64_MIN);
}

evex_ir_id evex_time_is_nat(evex_checker *c, const evex_time *time) {
    if (!time->may_be_nat)
        return EVEX_IR_NONE;
    const evex_ir_id never = nat(c);
    return evex_ir_binary(c->ir, EVEX_OP_EQ, time->value, never);
}

evex_ir_id evex_time_either(evex_checker *c, evex_ir_id a, evex_ir_id b) {
    if (a == EVEX_IR_NONE || b == EVEX_IR_NONE)
        return a == EVEX_IR_NONE ? b : a;
    return evex_ir_binary(c->ir, EVEX_OP_OR, a, b);
}

evex_ir_id evex_time_unless(evex_checker *c, evex_ir_id is_nat, evex_ir_id value) {
    if (is_nat == EVEX_IR_NONE)
        return value;
    const evex_ir_id never = nat(c);
    return evex_ir_ternary(c->ir, EVEX_OP_SELECT, is_nat, never, value);
}

evex_ir_id evex_time_shift(evex_checker *c, evex_ir_id x, int64_t by) {
    const evex_ir_id step = evex_ir_i64(c->ir, by);
    return evex_ir_binary(c->ir, EVEX_OP_ADD, x, step);
}

evex_ir_id evex_time_quotient(evex_checker *c, evex_ir_id a, evex_ir_id b) {
    const evex_ir_id rest = evex_ir_binary(c->ir, EVEX_OP_FMOD, a, b);
    const evex_ir_id whole = evex_ir_binary(c->ir, EVEX_OP_SUB, a, rest);
    return evex_ir_binary(c->ir, EVEX_OP_FLOORDIV, whole, b);
}

/* NaT is below all times: that is right for the minimum, and for a maximum that ignores it. */
evex_ir_id evex_time_extreme(evex_checker *c, evex_op op, evex_ir_id a, evex_ir_id b) {
    if (op == EVEX_OP_MINIMUM || op == EVEX_OP_FMAX)
        return evex_ir_binary(c->ir, op == EVEX_OP_FMAX ? EVEX_OP_MAXIMUM : op, a, b);
    const evex_ir_id x = evex_time_shift(c, a, -1), y = evex_time_shift(c, b, -1);
    const evex_op plain = op == EVEX_OP_FMIN ? EVEX_OP_MINIMUM : EVEX_OP_MAXIMUM;
    return evex_time_shift(c, evex_ir_binary(c->ir, plain, x, y), 1);
}

/* ---- Conversion ----------------------------------------------------------------------------- */

static evex_ir_id with(evex_checker *c, evex_op op, evex_ir_id x, int64_t number) {
    const evex_ir_id constant = evex_ir_i64(c->ir, number);
    return evex_ir_binary(c->ir, op, x, constant);
}

static evex_ir_id scale(evex_checker *c, evex_ir_id x, int64_t factor) {
    return factor == 1 ? x : with(c, EVEX_OP_MUL, x, factor);
}

static evex_ir_id divide(evex_checker *c, evex_ir_id x, int64_t factor) {
    return factor == 1 ? x : with(c, EVEX_OP_FLOORDIV, x, factor);
}

/*
 * x / d for 0 <= x <= most, by a product and a shift, which vectors have: with the m next above
 * 2^k / d, x * m / 2^k is too large by at most x / 2^k < 1 / d, which does not reach the next
 * integer.
 */
static evex_ir_id divide_small(evex_checker *c, evex_ir_id x, int64_t d, int64_t most) {
    int k = 0;
    while ((int64_t)1 << k <= most * d)
        k++;
    const evex_ir_id product = with(c, EVEX_OP_MUL, x, ((int64_t)1 << k) / d + 1);
    return with(c, EVEX_OP_SHR, product, k);
}

/* Howard Hinnant's days_from_civil and civil_from_days ("chrono-compatible low-level date
 * algorithms"): years begin in March and are counted from 0, so that leap days come last. */
enum {
    MONTHS_TO_1970 = 12 * 1969 + 10,
    DAYS_TO_1970 = 719468,
    DAYS_OF_ERA = 146097, /* 400 years */
    LAST_DAY = DAYS_OF_ERA - 1
};

/* Days from 1970 to the first of a month counted from there. */
static evex_ir_id days_of_months(evex_checker *c, evex_ir_id month) {
    evex_ir *ir = c->ir;
    const evex_ir_id since_0 = with(c, EVEX_OP_ADD, month, MONTHS_TO_1970);
    const evex_ir_id year = divide(c, since_0, 12);
    const evex_ir_id in_year = evex_ir_binary(ir, EVEX_OP_SUB, since_0, scale(c, year, 12));
    const evex_ir_id before =
        divide_small(c, with(c, EVEX_OP_ADD, scale(c, in_year, 153), 2), 5, 153 * 11 + 2);
    const evex_ir_id centuries = divide(c, year, 100);
    evex_ir_id days = scale(c, year, 365);
    days = evex_ir_binary(ir, EVEX_OP_ADD, days, with(c, EVEX_OP_SHR, year, 2));
    days = evex_ir_binary(ir, EVEX_OP_SUB, days, centuries);
    days = evex_ir_binary(ir, EVEX_OP_ADD, days, with(c, EVEX_OP_SHR, centuries, 2));
    days = evex_ir_binary(ir, EVEX_OP_ADD, days, before);
    return with(c, EVEX_OP_SUB, days, DAYS_TO_1970);
}

/* The year of an era that one of its days lies in. */
static evex_ir_id year_of_day(evex_checker *c, evex_ir_id day) {
    evex_ir *ir = c->ir;
    evex_ir_id plain = divide_small(c, day, 1460, LAST_DAY);
    plain = evex_ir_binary(ir, EVEX_OP_SUB, day, plain);
    plain = evex_ir_binary(ir, EVEX_OP_ADD, plain, divide_small(c, day, 36524, LAST_DAY));
    plain = evex_ir_binary(ir, EVEX_OP_SUB, plain, divide_small(c, day, LAST_DAY, LAST_DAY));
    return divide_small(c, plain, 365, LAST_DAY);
}

/* The month, counted from January 1970, that a day lies in. */
static evex_ir_id months_of_days(evex_checker *c, evex_ir_id day) {
    evex_ir *ir = c->ir;
    const evex_ir_id since_0 = with(c, EVEX_OP_ADD, day, DAYS_TO_1970);
    const evex_ir_id era = divide(c, since_0, DAYS_OF_ERA);
    const evex_ir_id of_era = evex_ir_binary(ir, EVEX_OP_SUB, since_0, scale(c, era, DAYS_OF_ERA));
    const evex_ir_id year = year_of_day(c, of_era);
    evex_ir_id of_year = evex_ir_binary(ir, EVEX_OP_SUB, of_era, scale(c, year, 365));
    of_year = evex_ir_binary(ir, EVEX_OP_SUB, of_year, with(c, EVEX_OP_SHR, year, 2));
    of_year = evex_ir_binary(ir, EVEX_OP_ADD, of_year, divide_small(c, year, 100, 399));
    const evex_ir_id in_year =
        divide_small(c, with(c, EVEX_OP_ADD, scale(c, of_year, 5), 2), 153, 5 * 366 + 2);
    const evex_ir_id years = evex_ir_binary(ir, EVEX_OP_ADD, scale(c, era, 400), year);
    const evex_ir_id months = evex_ir_binary(ir, EVEX_OP_ADD, scale(c, years, 12), in_year);
    return with(c, EVEX_OP_SUB, months, MONTHS_TO_1970);
}

/* Between units of fixed length, or between years and months. */
static evex_ir_id rescale(evex_checker *c, evex_ir_id value, uint8_t from, uint8_t to) {
    return from <= to ? scale(c, value, factor_of(from, to))
                      : divide(c, value, factor_of(to, from));
}

evex_ir_id evex_time_raw(evex_checker *c, const evex_time *time, uint8_t unit) {
    const uint8_t from = evex_unit_base(time->unit);
    evex_ir_id value = time->value;
    if (from == unit || from == EVEX_UNIT_GENERIC || unit == EVEX_UNIT_GENERIC)
        return value;
    if (is_of_calendar(from) == is_of_calendar(unit))
        return rescale(c, value, from, unit);
    if (is_of_calendar(from)) {
        value = days_of_months(c, rescale(c, value, from, EVEX_UNIT_MONTH));
        return rescale(c, value, EVEX_UNIT_DAY, unit);
    }
    value = months_of_days(c, rescale(c, value, from, EVEX_UNIT_DAY));
    return rescale(c, value, EVEX_UNIT_MONTH, unit);
}

evex_ir_id evex_time_in(evex_checker *c, const evex_time *time, uint8_t unit) {
    const evex_ir_id value = evex_time_raw(c, time, unit);
    return value == time->value ? value : evex_time_unless(c, evex_time_is_nat(c, time), value);
}
