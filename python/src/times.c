/* SPDX-License-Identifier: MIT */
/*
 * NumPy's datetime64 and timedelta64, which are int64 with a unit in the type for both, and the
 * types of results in general. Multiples of a unit, as in datetime64[25s], the library does not
 * know.
 */
#include "python/src/binding.h"

/* NumPy's units, by ours. */
static const NPY_DATETIMEUNIT units[] = {
    [EVEX_UNIT_YEAR] = NPY_FR_Y,   [EVEX_UNIT_MONTH] = NPY_FR_M,
    [EVEX_UNIT_WEEK] = NPY_FR_W,   [EVEX_UNIT_DAY] = NPY_FR_D,
    [EVEX_UNIT_HOUR] = NPY_FR_h,   [EVEX_UNIT_MINUTE] = NPY_FR_m,
    [EVEX_UNIT_SECOND] = NPY_FR_s, [EVEX_UNIT_MS] = NPY_FR_ms,
    [EVEX_UNIT_US] = NPY_FR_us,    [EVEX_UNIT_NS] = NPY_FR_ns,
    [EVEX_UNIT_PS] = NPY_FR_ps,    [EVEX_UNIT_FS] = NPY_FR_fs,
    [EVEX_UNIT_AS] = NPY_FR_as,    [EVEX_UNIT_GENERIC] = NPY_FR_GENERIC,
};

enum { N_UNITS = sizeof units / sizeof *units };

static PyArray_DatetimeMetaData *meta_of(PyArray_Descr *descr) {
    return &((PyArray_DatetimeDTypeMetaData *)PyDataType_C_METADATA(descr))->meta;
}

int evex_unit_of(PyArray_Descr *descr) {
    const int is_span = descr->type_num == NPY_TIMEDELTA;
    if (!is_span && descr->type_num != NPY_DATETIME)
        return EVEX_UNIT_NONE;
    const PyArray_DatetimeMetaData *meta = meta_of(descr);
    for (int unit = EVEX_UNIT_YEAR; meta->num == 1 && unit < N_UNITS; unit++)
        if (units[unit] == meta->base && (is_span || unit != EVEX_UNIT_GENERIC))
            return unit + (is_span ? EVEX_SPAN : 0);
    return -1;
}

PyArray_Descr *evex_descr_of(evex_dtype dtype, int unit) {
    if (unit == EVEX_UNIT_NONE)
        return PyArray_DescrFromType(evex_type_number(dtype));
    PyArray_Descr *descr =
        PyArray_DescrNewFromType(unit >= EVEX_SPAN ? NPY_TIMEDELTA : NPY_DATETIME);
    if (descr != NULL)
        *meta_of(descr) = (PyArray_DatetimeMetaData){units[unit % EVEX_SPAN], 1};
    return descr;
}
