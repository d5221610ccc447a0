/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an expression: compiles them, and evaluates what compiles. An error must have a
 * status, a message and a place inside the text; nothing may leak, also when an allocation fails.
 * The first byte says which allocation that is and how to evaluate; the rest is the text, behind
 * "grouped:" where it reduces by group.
 */
#include "tests/fuzz/fuzz.h"

/* A place may be the end of the text, which counts as one byte. */
static int is_inside(size_t offset, size_t n_bytes, size_t length) {
    return offset <= length && n_bytes <= length + 1 - offset;
}

static void require_good_error(const evex_error *error, evex_status status, size_t length) {
    FUZZ_REQUIRE(error->status == status && error->message[0] != '\0');
    FUZZ_REQUIRE(is_inside(error->offset, error->length, length));
    FUZZ_REQUIRE(is_inside(error->outer_offset, error->outer_length, length));
}

static void compile(const char *source, size_t length, uint8_t how,
                    const evex_allocator *allocator) {
    evex_error error = EVEX_ERROR_INIT;
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    options.allocator = allocator;
    options.limits.source_bytes = 4096;
    options.no_optimise = how >> 5 & 1;
    source = fuzz_unmark(source, &length, &options);
    options.isa = how >> 4 & 1 ? EVEX_ISA_REF : EVEX_ISA_BEST;
    evex_expr *expr = NULL;
    size_t n_written = 0;
    const evex_status status =
        evex_compile(&expr, source, length, fuzz_vars, FUZZ_N_VARS, &options, &error);
    FUZZ_REQUIRE((status == EVEX_OK) == (expr != NULL));
    if (status != EVEX_OK) {
        require_good_error(&error, status, length);
        return;
    }
    evex_expr_dump(expr, fuzz_discard, &n_written);
    const evex_status evaluated = fuzz_evaluate(expr, options.grouped, how, &error);
    if (evaluated != EVEX_OK)
        require_good_error(&error, evaluated, length);
    evex_expr_free(&expr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes) {
    if (n_bytes == 0)
        return 0;
    const char *source = (const char *)data + 1;
    size_t n_written = 0;
    failing_allocator allocator;
    failing_allocator_init(&allocator, 0, 0);
    compile(source, n_bytes - 1, data[0], &allocator.allocator);
    FUZZ_REQUIRE(atomic_load(&allocator.n_outstanding) == 0);
    failing_allocator_init(&allocator, 1 + data[0] % 16, data[0] >> 7);
    compile(source, n_bytes - 1, data[0], &allocator.allocator);
    FUZZ_REQUIRE(atomic_load(&allocator.n_outstanding) == 0);
    evex_names(source, n_bytes - 1, NULL, fuzz_discard, &n_written, NULL);
    return 0;
}
