/* SPDX-License-Identifier: MIT */
/* Prints the reference of all operations as Markdown, from evex_ops(). */
#include <evex.h>
#include <stdio.h>
#include <string.h>

static void print_cell(const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '|')
            putchar('\\');
        putchar(*text);
    }
}

static void print_row(const evex_op_doc *op) {
    printf("| `");
    print_cell(op->signature);
    printf("` | ");
    print_cell(op->summary);
    printf(" | %s |\n", op->types);
}

static void print_table(const char *title, int is_reduction) {
    size_t n;
    const evex_op_doc *ops = evex_ops(&n);
    printf("\n## %s\n\n| written | gives | operand types |\n| --- | --- | --- |\n", title);
    for (size_t i = 0; i < n; i++)
        if (ops[i].is_reduction == is_reduction)
            print_row(&ops[i]);
}

int main(void) {
    printf("# Operations of evex %s\n", evex_version());
    print_table("Elementwise", 0);
    print_table("Reductions", 1);
    return 0;
}
