/* SPDX-License-Identifier: MIT */
/*
 * Cancelling: one thread evaluates something long, another sets a flag, and the evaluation ends
 * within milliseconds with EVEX_CANCELLED. Its outputs are then unspecified; everything else is as
 * before, so the same expression can be evaluated again at once.
 */
#include <evex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS = 1 << 14, COLUMNS = 1 << 20 };

/* About 1.7e10 elements by broadcasting, of which no array is ever made: minutes of work. */
static const char source[] = "sum(sin(rows + columns) ** 2)";

typedef struct {
    const evex_expr *expr;
    const int *cancel;
    evex_status status;
    evex_error error;
} job;

/* rows is a column vector of ROWS elements, columns a row vector: their sum is ROWS x COLUMNS. */
static evex_status evaluate(const evex_expr *expr, int64_t n_rows, const int *cancel,
                            evex_error *error) {
    double result = 0, *memory = calloc(ROWS + COLUMNS, sizeof *memory);
    if (memory == NULL)
        return EVEX_NO_MEMORY;
    const int64_t row_shape[] = {n_rows, 1}, column_shape[] = {1, COLUMNS};
    const evex_array in[] = {evex_array_nd(EVEX_F64, memory, 2, row_shape),
                             evex_array_nd(EVEX_F64, memory + ROWS, 2, column_shape)};
    evex_array out = evex_array_0d(EVEX_F64, &result);
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.cancel = cancel;
    const evex_status status = evex_eval(expr, NULL, in, 2, &out, 1, &options, error);
    free(memory);
    return status;
}

static void *run(void *user) {
    job *j = user;
    j->status = evaluate(j->expr, ROWS, j->cancel, &j->error);
    return NULL;
}

int main(void) {
    const evex_var vars[] = {{"rows", EVEX_F64, EVEX_STRONG, 0, 0},
                             {"columns", EVEX_F64, EVEX_STRONG, 0, 0}};
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr = NULL;
    int cancel = 0;
    pthread_t thread;
    if (evex_compile(&expr, source, strlen(source), vars, 2, NULL, &error) != EVEX_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    job j = {expr, &cancel, EVEX_OK, EVEX_ERROR_INIT};
    if (pthread_create(&thread, NULL, run, &j) != 0)
        return 1;
    nanosleep(&(struct timespec){0, 50000000}, NULL);
    __atomic_store_n(&cancel, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    printf("the long one: %s\n", evex_status_text(j.status));
    const evex_status again = evaluate(expr, 2, NULL, &error);
    printf("a short one afterwards: %s\n", evex_status_text(again));
    evex_expr_free(&expr);
    return j.status != EVEX_CANCELLED || again != EVEX_OK;
}
