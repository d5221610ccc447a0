/* SPDX-License-Identifier: MIT */
/*
 * Damaged programs: a text is compiled, bytes of the program are changed, and whatever the verifier
 * lets through is printed, linked and evaluated. The input is the text up to a line end, then
 * triples (see fuzz_mutate), so seeds stay good when the format changes.
 */
#include "compiler/compile.h"
#include "core/memory.h"
#include "core/program.h"
#include "eval/expr.h"
#include "tests/fuzz/fuzz.h"

static void dump(const evex_program *program) {
    size_t n_written = 0;
    evex_text text = evex_text_to(fuzz_discard, &n_written);
    evex_program_dump(program, &text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes) {
    const size_t line_bytes = fuzz_source_bytes(data, n_bytes);
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    size_t length = line_bytes;
    const char *source = fuzz_unmark((const char *)data, &length, &options);
    evex_error error = EVEX_ERROR_INIT;
    evex_program *program = NULL;
    if (evex_compile_program(&program, source, length, fuzz_vars, FUZZ_N_VARS, &options, &error) !=
        EVEX_OK)
        return 0;
    const size_t program_bytes = program->total_bytes;
    if (line_bytes < n_bytes)
        fuzz_mutate((uint8_t *)program, program_bytes, data + line_bytes + 1,
                    n_bytes - line_bytes - 1);
    if (evex_program_verify(program, program_bytes, &evex_system_allocator, &error) != EVEX_OK) {
        FUZZ_REQUIRE(error.message[0] != '\0');
        evex_free(&evex_system_allocator, program);
        return 0;
    }
    dump(program);
    evex_expr *expr = NULL;
    if (evex_expr_create(&expr, program, &options, &error) == EVEX_OK)
        fuzz_evaluate(expr, options.grouped, (uint8_t)n_bytes, &error);
    evex_expr_free(&expr);
    return 0;
}
