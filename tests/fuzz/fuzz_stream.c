/* SPDX-License-Identifier: MIT */
/*
 * Damaged stream states: a stream is fed and saved, bytes of the state are changed or cut off, and
 * what loads is fed, merged and finished. The input is the text up to a line end, one byte for how
 * much to keep of the state, then triples (see fuzz_mutate).
 */
#include "tests/fuzz/fuzz.h"

enum { STATE_BYTES = 1 << 16 };

typedef struct {
    uint8_t bytes[STATE_BYTES];
    size_t n_bytes;
} saved_state;

static int append(void *user, const char *text, size_t n_bytes) {
    saved_state *state = user;
    if (n_bytes > sizeof state->bytes - state->n_bytes)
        return 1;
    memcpy(state->bytes + state->n_bytes, text, n_bytes);
    state->n_bytes += n_bytes;
    return 0;
}

/* One update with the operands; elementwise results go to memory of their own. */
static evex_status feed(evex_stream *stream, const evex_expr *expr, int is_grouped) {
    static uint8_t validity[FUZZ_MAX_RESULTS][FUZZ_ROWS * FUZZ_COLUMNS];
    static char memory[FUZZ_MAX_RESULTS][FUZZ_ROWS * FUZZ_COLUMNS * 16];
    static const int64_t shape[] = {FUZZ_ROWS, FUZZ_COLUMNS};
    evex_array in[FUZZ_N_VARS], out[FUZZ_MAX_RESULTS];
    size_t n_inputs, n_outputs;
    const evex_var *inputs = evex_expr_inputs(expr, &n_inputs);
    const evex_output *outputs = evex_expr_outputs(expr, &n_outputs);
    if (n_outputs > FUZZ_MAX_RESULTS)
        return EVEX_UNSUPPORTED;
    for (size_t i = 0; i < n_inputs; i++)
        in[i] = fuzz_operand(&inputs[i]);
    for (size_t i = 0; i < n_outputs; i++) {
        out[i] = evex_array_nd(outputs[i].dtype, memory[i], 2, shape);
        out[i].validity = outputs[i].nullable ? validity[i] : NULL;
    }
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    fuzz_give_groups(is_grouped, &options);
    return evex_stream_update(stream, NULL, in, n_inputs, out, n_outputs, &options, NULL);
}

/* Results of one element, along a row, or one a group. */
static void finish(evex_stream *stream, const evex_expr *expr, int is_grouped) {
    static uint8_t validity[FUZZ_MAX_RESULTS][FUZZ_COLUMNS];
    static _Alignas(16) char memory[FUZZ_MAX_RESULTS][FUZZ_COLUMNS * 16];
    const int64_t shape[] = {is_grouped ? FUZZ_GROUPS : FUZZ_COLUMNS};
    size_t n;
    const evex_output *outputs = evex_expr_outputs(expr, &n);
    evex_array out[FUZZ_MAX_RESULTS];
    if (n > FUZZ_MAX_RESULTS)
        return;
    for (size_t i = 0; i < n; i++) {
        out[i] = evex_array_0d(outputs[i].dtype, memory[i]);
        out[i].validity = outputs[i].nullable ? validity[i] : NULL;
    }
    if (evex_stream_finish(stream, out, n, NULL, NULL) == EVEX_OK)
        return;
    for (size_t i = 0; i < n; i++) {
        out[i] = evex_array_nd(outputs[i].dtype, memory[i], 1, shape);
        out[i].validity = outputs[i].nullable ? validity[i] : NULL;
    }
    evex_stream_finish(stream, out, n, NULL, NULL);
}

static void use_state(const evex_expr *expr, int is_grouped, evex_stream *stream,
                      const saved_state *state) {
    evex_stream *loaded = NULL;
    evex_error error = EVEX_ERROR_INIT;
    const evex_status status =
        evex_stream_load(&loaded, expr, state->bytes, state->n_bytes, &error);
    FUZZ_REQUIRE((status == EVEX_OK) == (loaded != NULL));
    if (status != EVEX_OK) {
        FUZZ_REQUIRE(error.message[0] != '\0');
        return;
    }
    feed(loaded, expr, is_grouped);
    evex_stream_merge(stream, loaded, NULL);
    while (evex_stream_next_pass(loaded, NULL) == EVEX_OK &&
           feed(loaded, expr, is_grouped) == EVEX_OK) {
    }
    finish(loaded, expr, is_grouped);
    evex_stream_free(&loaded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes) {
    static saved_state state;
    const size_t line_bytes = fuzz_source_bytes(data, n_bytes);
    const uint8_t *rest = data + line_bytes + 1;
    const size_t n_rest = line_bytes < n_bytes ? n_bytes - line_bytes - 1 : 0;
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    size_t length = line_bytes;
    const char *source = fuzz_unmark((const char *)data, &length, &options);
    evex_expr *expr = NULL;
    evex_stream *stream = NULL;
    if (evex_compile(&expr, source, length, fuzz_vars, FUZZ_N_VARS, &options, NULL) != EVEX_OK)
        return 0;
    state.n_bytes = 0;
    if (evex_stream_create(&stream, expr, 0, NULL) == EVEX_OK &&
        feed(stream, expr, options.grouped) == EVEX_OK &&
        evex_stream_save(stream, append, &state, NULL) == EVEX_OK) {
        if (n_rest != 0 && rest[0] != 0)
            state.n_bytes = state.n_bytes * rest[0] / 256;
        if (n_rest > 1)
            fuzz_mutate(state.bytes, state.n_bytes, rest + 1, n_rest - 1);
        use_state(expr, options.grouped, stream, &state);
    }
    evex_stream_free(&stream);
    evex_expr_free(&expr);
    return 0;
}
