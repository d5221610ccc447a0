/* SPDX-License-Identifier: MIT */
/*
 * See value.h.
 */
#include "cli/value.h"

#include <string.h>

#include "cli/date.h"
#include "cli/number.h"

static size_t copy_text(char *text, const char *from) {
    size_t n = strlen(from);
    memcpy(text, from, n);
    return n;
}

static size_t write_float(char *text, double value, int precision) {
    return precision > 0 ? number_write_digits(text, value, precision)
                         : number_write_f64(text, value);
}

#define WRITE_INTEGER(id, type, form)                                                              \
    case id: {                                                                                     \
        type number;                                                                               \
        memcpy(&number, value, sizeof number);                                                     \
        return number_write_##form(text, number);                                                  \
    }

/* As the language writes it: 1-2j. */
static size_t write_complex(char text[VALUE_BYTES], evex_dtype part, const void *value,
                            int precision) {
    const char *imaginary = (const char *)value + evex_dtype_size(part);
    size_t n = value_write(text, part, value, precision);
    text[n] = '+';
    size_t n_imaginary = value_write(text + n + 1, part, imaginary, precision);
    if (text[n + 1] == '-')
        memmove(text + n, text + n + 1, n_imaginary--);
    n += 1 + n_imaginary;
    text[n] = 'j';
    return n + 1;
}

size_t value_write(char text[VALUE_BYTES], evex_dtype dtype, const void *value, int precision) {
    double f64;
    float f32;
    switch (dtype) {
        WRITE_INTEGER(EVEX_I8, int8_t, i64)
        WRITE_INTEGER(EVEX_I16, int16_t, i64)
        WRITE_INTEGER(EVEX_I32, int32_t, i64)
        WRITE_INTEGER(EVEX_I64, int64_t, i64)
        WRITE_INTEGER(EVEX_U8, uint8_t, u64)
        WRITE_INTEGER(EVEX_U16, uint16_t, u64)
        WRITE_INTEGER(EVEX_U32, uint32_t, u64)
        WRITE_INTEGER(EVEX_U64, uint64_t, u64)
    case EVEX_BOOL:
        return copy_text(text, *(const uint8_t *)value ? "true" : "false");
    case EVEX_F32:
        memcpy(&f32, value, sizeof f32);
        return precision > 0 ? write_float(text, f32, precision) : number_write_f32(text, f32);
    case EVEX_F64:
        memcpy(&f64, value, sizeof f64);
        return write_float(text, f64, precision);
    case EVEX_C64:
        return write_complex(text, EVEX_F32, value, precision);
    case EVEX_C128:
        return write_complex(text, EVEX_F64, value, precision);
    default:
        return copy_text(text, "?");
    }
}

size_t value_write_unit(char text[VALUE_BYTES], evex_dtype dtype, uint8_t unit, const void *value,
                        int precision) {
    int64_t ticks;
    if (unit == EVEX_UNIT_NONE || unit >= EVEX_SPAN)
        return value_write(text, dtype, value, precision);
    memcpy(&ticks, value, sizeof ticks);
    return date_write(text, unit, ticks);
}
