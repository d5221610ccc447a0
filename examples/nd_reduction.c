/* SPDX-License-Identifier: MIT */
/*
 * N-dimensional arrays and reductions along an axis: standardises the columns of a table, and lets
 * the library say what shape the results have. Strides are in bytes, so a transposed or sliced view
 * of existing memory is an operand like any other.
 */
#include <evex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 4, COLUMNS = 3 };

static const char source[] = "z = (x - mean(x, axis=0)) / std(x, axis=0), "
                             "low = min(x, axis=0), total = sum(x)";

/* evex asks for the memory of an output whose data is NULL, says its type and shape, and whether it
 * will be written in Fortran order, as the operand here lies: that is kept in an array at user. */
static void *allocate_output(void *user, size_t output, evex_dtype dtype, int32_t ndim,
                             const int64_t *shape, int f_order) {
    int *f_orders = user;
    f_orders[output] = f_order;
    size_t n = 1;
    for (int32_t d = 0; d < ndim; d++)
        n *= (size_t)shape[d];
    return malloc(n * evex_dtype_size(dtype));
}

static void print_result(const char *name, const evex_result *result, const double *values,
                         int f_order) {
    const size_t columns = result->ndim > 0 ? (size_t)result->shape[result->ndim - 1] : 1;
    const size_t rows = result->ndim == 2 ? (size_t)result->shape[0] : 1;
    for (size_t i = 0; i < rows; i++) {
        printf("%-6s", i == 0 ? name : "");
        for (size_t j = 0; j < columns; j++)
            printf(" %8.4f", values[f_order ? j * rows + i : i * columns + j]);
        printf("\n");
    }
}

static evex_status standardise(const evex_expr *expr, const evex_array *x, evex_error *error) {
    evex_result results[3];
    evex_array out[3];
    int f_orders[3];
    size_t n;
    const evex_output *outputs = evex_expr_outputs(expr, &n);
    memset(out, 0, sizeof out);
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.alloc_output = allocate_output;
    options.alloc_user = f_orders;
    evex_status status = evex_result_shape(expr, x, 1, results, NULL, error);
    for (size_t i = 0; status == EVEX_OK && i < n; i++) {
        out[i].ndim = results[i].ndim;
        out[i].shape = results[i].shape;
    }
    if (status == EVEX_OK)
        status = evex_eval(expr, NULL, x, 1, out, n, &options, error);
    for (size_t i = 0; i < n; i++) {
        if (status == EVEX_OK)
            print_result(outputs[i].name, &results[i], out[i].data, f_orders[i]);
        free(out[i].data);
    }
    return status;
}

int main(void) {
    /* In memory the table is transposed: a column after the other. */
    static const double memory[COLUMNS][ROWS] = {{1, 2, 3, 4}, {10, 10, 30, 30}, {-1, 0, 0, 1}};
    const int64_t shape[] = {ROWS, COLUMNS};
    const int64_t strides[] = {sizeof(double), ROWS * sizeof(double)};
    evex_array x = evex_array_nd(EVEX_F64, memory, 2, shape);
    x.strides = strides;
    const evex_var vars[] = {{"x", EVEX_F64, EVEX_STRONG, 0, 0}};
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr = NULL;
    if (evex_compile(&expr, source, strlen(source), vars, 1, NULL, &error) == EVEX_OK)
        standardise(expr, &x, &error);
    evex_expr_free(&expr);
    if (error.status != EVEX_OK)
        fprintf(stderr, "%s\n", error.message);
    return error.status != EVEX_OK;
}
