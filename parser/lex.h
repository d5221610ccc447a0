/* SPDX-License-Identifier: MIT */
/*
 * The lexer: UTF-8 text to tokens, one at a time, by one PCRE2 pattern made from token.def. It
 * decodes literals, skips blanks and comments, drops newlines inside parentheses, and checks the
 * limits on the text and on each token. parse.c is its only user besides the tests.
 */
#ifndef EVEX_PARSER_LEX_H
#define EVEX_PARSER_LEX_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"

typedef enum {
#define TOKEN(id, ...) EVEX_TOKEN_##id,
#define KEYWORD(id, ...) EVEX_TOKEN_##id,
#define MALFORMED(id, ...) EVEX_TOKEN_##id,
#include "parser/token.def"
#undef TOKEN
#undef KEYWORD
#undef MALFORMED
    EVEX_N_TOKENS
} evex_token_kind;

typedef struct {
    uint8_t kind;    /* evex_token_kind */
    uint8_t is_huge; /* INT beyond uint64: value.number is the nearest double */
    evex_place place;
    union {
        uint64_t integer; /* INT */
        double number;    /* FLOAT, IMAGINARY, huge INT */
        struct {
            const char *bytes; /* NAME, BACKTICKS, STRING: in the source or in the arena */
            size_t n_bytes;
        } text;
    } value;
} evex_token;

typedef struct {
    const char *source;
    size_t length;
    size_t offset; /* where the next token is looked for */
    size_t n_open; /* parentheses open there */
    const evex_limits *limits;
    evex_arena *arena;
    evex_error *error;
    const struct pcre2_real_code_8 *pattern;
    struct pcre2_real_match_data_8 *match;
    struct pcre2_real_match_context_8 *context;
} evex_lexer;

/*
 * Prepares to read source, which must outlive the tokens. Fails on text that is too long, is not
 * UTF-8 or has control characters. All memory comes from the arena, but for the pattern.
 */
evex_status evex_lexer_init(evex_lexer *lexer, const char *source, size_t length,
                            const evex_limits *limits, evex_arena *arena, evex_error *error);

/* Reads the next token; after the last one, END again and again. */
evex_status evex_lexer_next(evex_lexer *lexer, evex_token *token);

/* "a name", "'('": what a token of this kind is called in messages. */
const char *evex_token_text(evex_token_kind kind);
/* "NAME", "LEFT": its row in token.def. */
const char *evex_token_id(evex_token_kind kind);
int evex_token_is_keyword(evex_token_kind kind);
/* Whether these bytes are a reserved word, which as a name needs backticks. */
int evex_is_keyword(const char *bytes, size_t n_bytes);

/*
 * Compiles the process's pattern if no thread has done so yet. The lexer does this at need; tests
 * call it to choose the allocator (which must live until the shutdown) and to go without JIT.
 */
evex_status evex_lexer_prepare(const evex_allocator *allocator, int use_jit, evex_error *error);
/* Frees the pattern; no lexer may be in use. The next one compiles it anew. */
void evex_lexer_shutdown(void);

#endif
