/* SPDX-License-Identifier: MIT */
/*
 * A function of one's own: a C kernel over blocks, under a name that expressions can use. The
 * kernel runs on several threads at once; `user` is given to it as it was given to
 * evex_functions_add.
 */
#include <evex.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    double threshold, rate;
} tax_law;

/* tax(income): rate times what lies above the threshold. */
static void tax(void *out, const void *const *in, const size_t *step, size_t n, void *user) {
    const tax_law *law = user;
    const double *income = in[0];
    double *result = out;
    for (size_t i = 0; i < n; i++) {
        const double above = income[i * step[0]] - law->threshold;
        result[i] = above > 0 ? above * law->rate : 0;
    }
}

int main(void) {
    static const char source[] = "net = income - tax(income), sum(tax(income))";
    static const double income[] = {9000, 12000, 52000, 250000};
    tax_law law = {11000, 0.25};
    const evex_dtype operands[] = {EVEX_F64};
    const evex_var vars[] = {{"income", EVEX_F64, EVEX_STRONG, 0, 0}};
    double net[4], total = 0;
    const evex_array in = evex_array_1d(EVEX_F64, income, 4);
    evex_array out[] = {evex_array_1d(EVEX_F64, net, 4), evex_array_0d(EVEX_F64, &total)};
    evex_functions *functions = NULL;
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr = NULL;

    evex_status status = evex_functions_create(&functions, NULL, &error);
    if (status == EVEX_OK)
        status = evex_functions_add(functions, "tax", EVEX_F64, operands, 1, tax, &law, &error);
    options.functions = functions;
    if (status == EVEX_OK)
        status = evex_compile(&expr, source, strlen(source), vars, 1, &options, &error);
    if (status == EVEX_OK)
        status = evex_eval(expr, NULL, &in, 1, out, 2, NULL, &error);
    if (status == EVEX_OK)
        printf("net %g %g %g %g, tax %g\n", net[0], net[1], net[2], net[3], total);
    else
        fprintf(stderr, "%s\n", error.message);
    evex_expr_free(&expr);
    evex_functions_free(&functions);
    return status != EVEX_OK;
}
