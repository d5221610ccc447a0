/* SPDX-License-Identifier: MIT */
/*
 * All kernel trials without a test framework: for targets that have none, such as aarch64 under
 * qemu. Prints the failures and one line a table.
 */
#include <stdio.h>

#include "tests/kernels/kernel_trial.h"

static int try_table(const evex_kernel_table *table) {
    kernel_failure failure;
    int n_failed = 0, n_tried = 0;
    for (int op = 0; op < EVEX_N_OPS; op++)
        for (int in = 0; in < EVEX_N_DTYPES; in++)
            for (int out = 0; out < (op == EVEX_OP_CAST ? EVEX_N_DTYPES : 1); out++) {
                n_tried += evex_kernel_find(table, op, in, out) != NULL;
                if (!kernel_trial(table, op, in, out, &failure)) {
                    n_failed++;
                    printf("%s\n", failure.text);
                }
            }
    printf("%s: %d kernels, %d failed\n", table->isa, n_tried, n_failed);
    return n_failed;
}

int main(void) {
    size_t n_tables;
    const evex_kernel_table *const *tables = evex_kernels_all(&n_tables);
    int n_failed = 0;
    for (size_t i = 0; i < n_tables; i++)
        n_failed += try_table(tables[i]);
    return n_failed != 0;
}
