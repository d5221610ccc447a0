/* SPDX-License-Identifier: MIT */
/*
 * Golden files of the compiler: programs as the disassembler writes them, and errors drawn as the
 * language's description shows them. A case's first line lists its variables ("x f64, k weak i64"),
 * behind "grouped: " where reductions are by group; the rest is the text. Arguments: the directory
 * tests/golden, and --update.
 */
#include "parser/lex.h"
#include "tests/compiled.h"
#include "tests/golden.h"

enum { MAX_VARS_BYTES = 512 };

/* Splits a case into its variables and its text; returns the text. */
static const char *split(const char *input, size_t length, char *vars, size_t *n_source) {
    const char *end = memchr(input, '\n', length);
    const size_t n = end != NULL ? (size_t)(end - input) : length;
    snprintf(vars, MAX_VARS_BYTES, "%.*s", (int)n, input);
    *n_source = end != NULL ? length - n - 1 : 0;
    return input + length - *n_source;
}

static int is_in(size_t i, size_t offset, size_t length) {
    return i >= offset && i < offset + length;
}

/* The line of the place with '^' under the place and '~' under the rest of its construct. */
static void draw_place(FILE *out, const char *source, size_t length, const evex_error *error) {
    size_t begin = error->offset, end = error->offset;
    while (begin > 0 && source[begin - 1] != '\n')
        begin--;
    while (end < length && source[end] != '\n')
        end++;
    fprintf(out, "  %.*s\n  ", (int)(end - begin), source + begin);
    size_t last = error->offset + error->length;
    if (last < error->outer_offset + error->outer_length)
        last = error->outer_offset + error->outer_length;
    for (size_t i = begin; i < last && (i < end || i == error->offset); i++)
        if (((unsigned char)source[i] & 0xc0) != 0x80)
            fputc(is_in(i, error->offset, error->length)               ? '^'
                  : is_in(i, error->outer_offset, error->outer_length) ? '~'
                                                                       : ' ',
                  out);
    fprintf(out, "%s%s\n", error->hint[0] != '\0' ? "  " : "", error->hint);
}

static void write_error(FILE *out, const char *source, size_t length, const evex_error *error) {
    fprintf(out, "%s: %s\n", evex_status_text(error->status), error->message);
    if (error->length > 0)
        draw_place(out, source, length, error);
    if (error->expected[0] != '\0' || error->found[0] != '\0')
        fprintf(out, "  expected: %s; found: %s\n", error->expected, error->found);
}

static void write_result(FILE *out, const char *input, size_t length) {
    char vars[MAX_VARS_BYTES];
    test_vars v;
    size_t n;
    evex_error error = EVEX_ERROR_INIT;
    evex_program *program;
    static const char mark[] = "grouped: ";
    const char *source = split(input, length, vars, &n);
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    options.grouped = strncmp(vars, mark, strlen(mark)) == 0;
    const char *list = vars + (options.grouped ? strlen(mark) : 0);
    read_vars(&v, strcmp(list, "none") == 0 ? "" : list);
    evex_compile_program(&program, source, n, v.vars, v.n, &options, &error);
    if (program == NULL) {
        write_error(out, source, n, &error);
        return;
    }
    evex_text text = evex_text_to(write_to_stream, out);
    evex_program_dump(program, &text);
    if (evex_program_verify(program, program->total_bytes, &evex_system_allocator, &error) !=
        EVEX_OK)
        fprintf(out, "verifier: %s\n", error.message);
    free_program(program);
}

int main(int n_arguments, char **arguments) {
    static const char *const directories[] = {"program", "compile_errors"};
    const int update = n_arguments == 3 && strcmp(arguments[2], "--update") == 0;
    int is_bad = 0;
    if (n_arguments != 2 && !update)
        return 2;
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", arguments[1], directories[i]);
        is_bad |= golden_run(path, write_result, update) != 0;
    }
    evex_lexer_shutdown();
    return is_bad;
}
