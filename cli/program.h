/* SPDX-License-Identifier: MIT */
/*
 * The text of a program as the shell sees it: a list of tokens, its statements' items, and what the
 * shell adds to the language, rewritten into what the engine understands. It judges nothing: text
 * that is no program passes through, for the engine's parser to say what is wrong with it.
 */
#ifndef EVEX_CLI_PROGRAM_H
#define EVEX_CLI_PROGRAM_H

#include "cli/failure.h"

typedef enum {
    TOKEN_WORD,     /* a name, keyword or number; NAME.column is one word */
    TOKEN_POSITION, /* $3, $-1 */
    TOKEN_BACKTICK,
    TOKEN_STRING,
    TOKEN_SYMBOL /* one character; a newline or ';' outside brackets ends a statement */
} token_kind;

typedef struct {
    token_kind kind;
    size_t offset, length;
    size_t depth;  /* of brackets around it */
    bool is_taken; /* the one token of a taken item */
} program_token;

/* An item of the last statement. */
typedef struct {
    size_t first, end; /* its tokens, without name and "=" or "as" */
    size_t offset, length;
    const char *name; /* not NUL-terminated; NULL: none */
    size_t name_bytes;
    bool is_taken; /* an input column or all (*): not for the engine */
} program_item;

/* A stretch of the text that the engine sees in another form. */
typedef struct {
    size_t offset, length;
    char *replacement;
} program_edit;

typedef struct {
    const char *text; /* as given; the caller's */
    size_t n_bytes;
    program_token *tokens;
    size_t n_tokens;
    program_item *items;
    size_t n_items;
    bool has_assignment;
    bool has_empty_item; /* as after a comma that ends the statement: a syntax error */
    program_edit *edits; /* in ascending order */
    size_t n_edits;
    char *engine_text; /* what the engine compiles; program_rewrite makes it */
    size_t engine_bytes;
} program;

bool program_scan(program *scanned, const char *text, size_t n_bytes, failure *failed);
void program_free(program *scanned);

/* Whether the token is this text. */
bool program_token_is(const program *scanned, size_t token, const char *text);
/* Whether the token is the "=" of an assignment. */
bool program_is_assignment(const program *scanned, size_t token);
/* The name that a token spells, without backticks; NULL when it is no name. */
const char *program_token_name(const program *scanned, size_t token, size_t *n_bytes);
/* The first token that spells a name and is not called; n_tokens when there is none. */
size_t program_find_name(const program *scanned, const char *name, size_t n_bytes);

/* Adds an edit behind all others: the token will read as `replacement`, in backticks. */
bool program_name_token(program *scanned, size_t token, const char *replacement, size_t n_bytes,
                        failure *failed);
/* Adds an edit behind all others: text inserted before a token. */
bool program_insert(program *scanned, size_t token, const char *text, failure *failed);
/* Makes engine_text: the edits done, the taken items blanked. */
bool program_rewrite(program *scanned, failure *failed);
/* The place in the text of a place in engine_text. */
size_t program_map(const program *scanned, size_t engine_offset);

/* A failure in the program: PLACE is program:LINE:COLUMN, its line shown. Offsets are the text's.
 */
bool program_fail(const program *scanned, size_t offset, size_t length, size_t outer,
                  size_t outer_length, const char *what, failure *failed);

#endif
