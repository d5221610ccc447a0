/* SPDX-License-Identifier: MIT */
/*
 * Golden files of the parser: tokens, syntax trees with their free names, and errors drawn as the
 * language's description shows them. Arguments: the directory tests/golden, and --update.
 */
#include <string.h>

#include "parser/ast.h"
#include "parser/lex.h"
#include "tests/golden.h"

static const evex_limits limits = EVEX_LIMITS_INIT;

static int write_to_file(void *file, const char *text, size_t n_bytes) {
    return fwrite(text, 1, n_bytes, file) != n_bytes;
}

/* ---- Errors ------------------------------------------------------------------------------ */

/* Characters, not bytes: what decides the columns. */
static size_t count_columns(const char *text, size_t n_bytes) {
    size_t n = 0;
    for (size_t i = 0; i < n_bytes; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

/* The line of the place, and carets under the place as far as it goes on that line. */
static void draw_place(FILE *out, const char *source, size_t length, const evex_error *error) {
    size_t begin = error->offset, end = error->offset;
    while (begin > 0 && source[begin - 1] != '\n')
        begin--;
    while (end < length && source[end] != '\n')
        end++;
    size_t n = error->offset + error->length <= end ? error->length : end - error->offset;
    fprintf(out, "  %.*s\n  %*s", (int)(end - begin), source + begin,
            (int)count_columns(source + begin, error->offset - begin), "");
    size_t n_carets = error->offset < end ? count_columns(source + error->offset, n) : 1;
    for (size_t i = 0; i < n_carets; i++)
        fputc('^', out);
    fprintf(out, "%s%s\n", *error->hint ? "  " : "", error->hint);
}

static void write_error(FILE *out, const char *source, size_t length, const evex_error *error) {
    fprintf(out, "%s at %zu+%zu: %s\n", evex_status_text(error->status), error->offset,
            error->length, error->message);
    if (error->length > 0)
        draw_place(out, source, length, error);
}

/* ---- Tokens ------------------------------------------------------------------------------ */

static void write_value(FILE *out, const evex_token *token) {
    switch (token->kind) {
    case EVEX_TOKEN_INT:
        if (!token->is_huge) {
            fprintf(out, " %llu", (unsigned long long)token->value.integer);
            break;
        }
        fprintf(out, " huge %a", token->value.number);
        break;
    case EVEX_TOKEN_FLOAT:
    case EVEX_TOKEN_IMAGINARY:
        fprintf(out, " %a", token->value.number);
        break;
    case EVEX_TOKEN_STRING:
        fputc(' ', out);
        for (size_t i = 0; i < token->value.text.n_bytes; i++) {
            unsigned char c = (unsigned char)token->value.text.bytes[i];
            fprintf(out, c < 0x20 || c == 0x7f ? "\\x%02x" : "%c", c);
        }
        break;
    case EVEX_TOKEN_NAME:
    case EVEX_TOKEN_BACKTICKS:
        fprintf(out, " %.*s", (int)token->value.text.n_bytes, token->value.text.bytes);
        break;
    default:
        break;
    }
}

static void write_tokens(FILE *out, const char *source, size_t length) {
    evex_error error = EVEX_ERROR_INIT;
    evex_arena arena;
    evex_arena_init(&arena, &evex_system_allocator, NULL, 0);
    evex_lexer lexer;
    evex_token token = {.kind = EVEX_TOKEN_NEWLINE};
    evex_status status = evex_lexer_init(&lexer, source, length, &limits, &arena, &error);
    while (status == EVEX_OK && token.kind != EVEX_TOKEN_END) {
        status = evex_lexer_next(&lexer, &token);
        if (status != EVEX_OK)
            break;
        fprintf(out, "%zu+%zu %s", token.place.offset, token.place.length,
                evex_token_id(token.kind));
        write_value(out, &token);
        fputc('\n', out);
    }
    if (status != EVEX_OK)
        write_error(out, source, length, &error);
    evex_arena_free(&arena);
}

/* ---- Trees ------------------------------------------------------------------------------- */

static void write_free_names(FILE *out, const evex_ast *ast, evex_arena *arena) {
    evex_ast_name *names;
    size_t n;
    if (evex_ast_free_names(ast, &limits, arena, &names, &n, NULL) != EVEX_OK)
        return;
    fprintf(out, "names:");
    for (size_t i = 0; i < n; i++)
        fprintf(out, " %.*s", (int)names[i].n_bytes, names[i].bytes);
    fputc('\n', out);
}

static void write_tree(FILE *out, const char *source, size_t length) {
    evex_error error = EVEX_ERROR_INIT;
    evex_arena arena;
    evex_arena_init(&arena, &evex_system_allocator, NULL, 0);
    evex_ast ast;
    if (evex_parse(&ast, source, length, &limits, &arena, &error) == EVEX_OK) {
        evex_text text = evex_text_to(write_to_file, out);
        evex_ast_dump(&ast, &arena, &text);
        write_free_names(out, &ast, &arena);
    } else {
        write_error(out, source, length, &error);
    }
    evex_arena_free(&arena);
}

int main(int n_arguments, char **arguments) {
    static const struct {
        const char *directory;
        golden_writer write;
    } sets[] = {{"tokens", write_tokens}, {"ast", write_tree}, {"errors", write_tree}};
    int update = n_arguments == 3 && strcmp(arguments[2], "--update") == 0, is_bad = 0;
    if (n_arguments != 2 && !update)
        return 2;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", arguments[1], sets[i].directory);
        is_bad |= golden_run(path, sets[i].write, update) != 0;
    }
    evex_lexer_shutdown();
    return is_bad;
}
