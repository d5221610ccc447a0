/* SPDX-License-Identifier: MIT */
/*
 * A first evaluation: compile a text, hand over arrays, read the result. Build it with
 *     cc first.c $(pkg-config --cflags --libs evex)
 */
#include <evex.h>
#include <stdio.h>

int main(void) {
    const double a[] = {1, 2, 3, 4}, b[] = {10, 20, 30, 40};
    double r[4];
    const evex_var vars[] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
                             {"b", EVEX_F64, EVEX_STRONG, 0, 0}};
    const evex_array in[] = {evex_array_1d(EVEX_F64, a, 4), evex_array_1d(EVEX_F64, b, 4)};
    evex_array out[] = {evex_array_1d(EVEX_F64, r, 4)};
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr = NULL;
    if (evex_compile(&expr, "2*a + 3*b", 9, vars, 2, NULL, &error) != EVEX_OK ||
        evex_eval(expr, NULL, in, 2, out, 1, NULL, &error) != EVEX_OK)
        fprintf(stderr, "%s\n", error.message);
    else
        printf("%g %g %g %g\n", r[0], r[1], r[2], r[3]);
    evex_expr_free(&expr);
    return error.status != EVEX_OK;
}
