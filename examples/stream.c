/* SPDX-License-Identifier: MIT */
/*
 * A stream: data that arrives in pieces of any size gives the bits of one evaluation over the
 * whole. Here two halves are read by two streams, as if on two machines; the state of the second
 * travels as bytes and is merged into the first.
 */
#include <evex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOTAL = 1000000, HALF = 437500, PIECE = 10007 };

static const char source[] = "mean(x), std(x), max(x)";

static int fail(const evex_error *error) {
    fprintf(stderr, "%s\n", error->message);
    return 1;
}

/* The data "on file": element i. */
static double element(size_t i) {
    return (double)(i * 7919 % 10007) / 8;
}

/* Feeds elements [begin, end) a piece at a time. */
static evex_status feed(evex_stream *stream, size_t begin, size_t end, evex_error *error) {
    static double piece[PIECE];
    evex_status status = EVEX_OK;
    for (size_t n; status == EVEX_OK && begin < end; begin += n) {
        n = end - begin < PIECE ? end - begin : PIECE;
        for (size_t i = 0; i < n; i++)
            piece[i] = element(begin + i);
        const evex_array in = evex_array_1d(EVEX_F64, piece, n);
        status = evex_stream_update(stream, NULL, &in, 1, NULL, 0, NULL, error);
    }
    return status;
}

typedef struct {
    char *bytes;
    size_t n_bytes;
} saved_state;

/* evex hands out the state in pieces. */
static int append(void *user, const char *text, size_t n_bytes) {
    saved_state *state = user;
    char *grown = realloc(state->bytes, state->n_bytes + n_bytes);
    if (grown == NULL)
        return 1;
    memcpy(grown + state->n_bytes, text, n_bytes);
    state->bytes = grown;
    state->n_bytes += n_bytes;
    return 0;
}

/* What a second process would do: its part of the data, then its state as bytes. */
static evex_status save_second_half(const evex_expr *expr, saved_state *state, evex_error *error) {
    evex_stream *stream = NULL;
    evex_status status = evex_stream_create(&stream, expr, HALF, error);
    if (status == EVEX_OK)
        status = feed(stream, HALF, TOTAL, error);
    if (status == EVEX_OK)
        status = evex_stream_save(stream, append, state, error);
    evex_stream_free(&stream);
    return status;
}

/* The first half, then the saved second one, into results[3]. */
static evex_status merge_halves(const evex_expr *expr, const saved_state *state, double *results,
                                evex_error *error) {
    evex_stream *left = NULL, *right = NULL;
    evex_array out[3];
    for (size_t i = 0; i < 3; i++)
        out[i] = evex_array_0d(EVEX_F64, &results[i]);
    evex_status status = evex_stream_create(&left, expr, 0, error);
    if (status == EVEX_OK)
        status = feed(left, 0, HALF, error);
    if (status == EVEX_OK)
        status = evex_stream_load(&right, expr, state->bytes, state->n_bytes, error);
    if (status == EVEX_OK)
        status = evex_stream_merge(left, right, error);
    if (status == EVEX_OK)
        status = evex_stream_finish(left, out, 3, NULL, error);
    evex_stream_free(&right);
    evex_stream_free(&left);
    return status;
}

/* The same program over all of the data at once. */
static evex_status evaluate_whole(const evex_expr *expr, double *results, evex_error *error) {
    double *x = malloc(TOTAL * sizeof *x);
    if (x == NULL)
        return EVEX_NO_MEMORY;
    for (size_t i = 0; i < TOTAL; i++)
        x[i] = element(i);
    evex_array out[3];
    for (size_t i = 0; i < 3; i++)
        out[i] = evex_array_0d(EVEX_F64, &results[i]);
    const evex_array in = evex_array_1d(EVEX_F64, x, TOTAL);
    const evex_status status = evex_eval(expr, NULL, &in, 1, out, 3, NULL, error);
    free(x);
    return status;
}

int main(void) {
    const evex_var vars[] = {{"x", EVEX_F64, EVEX_STRONG, 0, 0}};
    evex_error error = EVEX_ERROR_INIT;
    evex_expr *expr = NULL;
    saved_state state = {NULL, 0};
    double whole[3], merged[3];
    if (evex_compile(&expr, source, strlen(source), vars, 1, NULL, &error) != EVEX_OK)
        return fail(&error);
    const int is_done = save_second_half(expr, &state, &error) == EVEX_OK &&
                        merge_halves(expr, &state, merged, &error) == EVEX_OK &&
                        evaluate_whole(expr, whole, &error) == EVEX_OK;
    evex_expr_free(&expr);
    free(state.bytes);
    if (!is_done)
        return fail(&error);
    printf("mean %.6f, std %.6f, max %g\n", merged[0], merged[1], merged[2]);
    printf("the same bits as in one piece: %s\n",
           memcmp(whole, merged, sizeof whole) == 0 ? "yes" : "no");
    return 0;
}
