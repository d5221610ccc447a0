/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a number: what is read agrees with libc, and any eight bytes as a double are written
 * and read back to the same value.
 */
#include <math.h>
#include <stdio.h>

#include "cli/number.h"
#include "tests/fuzz/fuzz.h"

/* libc reads more forms (hexadecimal, leading blanks, nan(...)): only what both take is compared.
 */
static void compare_with_libc(const char *text, size_t n_bytes) {
    double value;
    number_status status = number_read_f64(text, n_bytes, &value);
    if (status == NUMBER_MALFORMED)
        return;
    char *copy = malloc(n_bytes + 1), *end;
    FUZZ_REQUIRE(copy != NULL);
    memcpy(copy, text, n_bytes);
    copy[n_bytes] = '\0';
    double wanted = strtod(copy, &end);
    FUZZ_REQUIRE(*end == '\0' && end == copy + n_bytes);
    FUZZ_REQUIRE(isnan(wanted) ? isnan(value) : memcmp(&value, &wanted, sizeof value) == 0);
    free(copy);
}

static void round_trip(const uint8_t *data) {
    double value, back;
    memcpy(&value, data, sizeof value);
    char text[NUMBER_BYTES];
    size_t n = number_write_f64(text, value);
    FUZZ_REQUIRE(n <= sizeof text);
    FUZZ_REQUIRE(number_read_f64(text, n, &back) == NUMBER_OK);
    FUZZ_REQUIRE(isnan(value) ? isnan(back) : memcmp(&value, &back, sizeof value) == 0);
    for (int n_digits = 1; n_digits <= 17; n_digits++)
        FUZZ_REQUIRE(number_write_digits(text, value, n_digits) <= sizeof text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes) {
    int64_t i64;
    uint64_t u64;
    compare_with_libc((const char *)data, n_bytes);
    (void)number_read_i64((const char *)data, n_bytes, &i64);
    (void)number_read_u64((const char *)data, n_bytes, &u64);
    if (n_bytes >= sizeof(double))
        round_trip(data);
    return 0;
}
