/* SPDX-License-Identifier: MIT */
/*
 * Finds the next token with one anchored PCRE2 match. The pattern is an alternation of token.def's
 * rows, each ending in a mark that names its row; it is compiled once a process and shared by all
 * threads. JIT makes it fast but is never needed. What a literal's text means is in literal.c.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdatomic.h>
#include <string.h>

#include "parser/lex.h"
#include "parser/literal.h"

/* ---- The pattern ------------------------------------------------------------------------- */

/*
 * The fragments that token.def uses. Repeats are possessive, so that no text can make the match
 * backtrack: every token is found in time linear in its length. The ASCII classes come first
 * because they need no table of Unicode properties.
 */
#define NAME_START "(?:[A-Za-z_]|\\p{L})"
#define NAME_MORE "[A-Za-z0-9_]*+(?:[\\p{L}\\p{M}\\p{Nd}][A-Za-z0-9_]*+)*+"
#define NAME_END "(?![A-Za-z0-9_\\p{L}\\p{M}\\p{Nd}])"
#define DIGITS "[0-9]++(?:_[0-9]++)*+"
#define EXPONENT "[eE][-+]?" DIGITS
#define FLOAT                                                                                      \
    "(?:(?:" DIGITS "\\.(?:" DIGITS ")?+|\\." DIGITS ")(?:" EXPONENT ")?+|" DIGITS EXPONENT ")"
#define NUMBER_END "(?![A-Za-z0-9_.\\x{80}-\\x{10ffff}])"
#define QUOTED(quote)                                                                              \
    quote "[^" quote "\\\\\\r\\n]*+(?:\\\\(?:\\r\\n|.)[^" quote "\\\\\\r\\n]*+)*+" quote

/* Blanks and a comment, which are no part of the token: \K begins the match behind them. */
#define BLANKS "[ \\t]*+(?:#[^\\r\\n]*+)?+\\K"

static const struct {
    const char *id, *fragment, *text;
    int is_keyword;
} rows[EVEX_N_TOKENS] = {
#define TOKEN(id, fragment, text) {#id, fragment, text, 0},
#define KEYWORD(id, word) {#id, word NAME_END, "'" word "'", 1},
#define MALFORMED(id, fragment) {#id, fragment, "malformed text", 0},
#include "parser/token.def"
#undef TOKEN
#undef KEYWORD
#undef MALFORMED
};

/* Room for the pattern: the fragments with "(*:c)|" behind each, and what stands around them. */
enum {
    PATTERN_BYTES = sizeof BLANKS + 8
#define TOKEN(id, fragment, text) +sizeof(fragment) + 8
#define KEYWORD(id, word) +sizeof(word NAME_END) + 8
#define MALFORMED(id, fragment) +sizeof(fragment) + 8
#include "parser/token.def"
#undef TOKEN
#undef KEYWORD
#undef MALFORMED
};

/* A row's mark is one character, from '0' on: none of them ends a (*MARK). */
enum { FIRST_MARK = '0' };

static char *append(char *end, const char *text) {
    size_t n_bytes = strlen(text);
    memcpy(end, text, n_bytes);
    return end + n_bytes;
}

/* Writes the pattern to buffer and returns its length. */
static size_t write_pattern(char buffer[PATTERN_BYTES]) {
    char *end = append(append(buffer, BLANKS), "(?:");
    for (int kind = 0; kind < EVEX_N_TOKENS; kind++) {
        const char mark[] = {(char)(FIRST_MARK + kind), '\0'};
        end = append(end, kind ? "|" : "");
        end = append(append(append(append(end, rows[kind].fragment), "(*:"), mark), ")");
    }
    return (size_t)(append(end, ")") - buffer);
}

static void *allocate_for_pattern(PCRE2_SIZE n_bytes, void *allocator) {
    return evex_allocate(allocator, n_bytes);
}

static void free_of_pattern(void *memory, void *allocator) {
    evex_free(allocator, memory);
}

/* NULL when memory runs out, the only way in which a constant pattern can fail. */
static pcre2_code *compile_pattern(const evex_allocator *allocator, int use_jit) {
    char text[PATTERN_BYTES];
    size_t n_bytes = write_pattern(text);
    pcre2_general_context *general = pcre2_general_context_create(
        allocate_for_pattern, free_of_pattern, (void *)(uintptr_t)allocator);
    pcre2_compile_context *context = general ? pcre2_compile_context_create(general) : NULL;
    pcre2_code *code = NULL;
    if (context) {
        int error;
        PCRE2_SIZE offset;
        code = pcre2_compile((PCRE2_SPTR)text, n_bytes,
                             PCRE2_ANCHORED | PCRE2_UTF | PCRE2_DOTALL | PCRE2_NO_START_OPTIMIZE,
                             &error, &offset, context);
    }
    if (code && use_jit)
        (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* without it, matching interprets */
    pcre2_compile_context_free(context);
    pcre2_general_context_free(general);
    return code;
}

/* One of the process-wide states that docs/ARCHITECTURE.md lists: written once, then only read. */
static _Atomic(pcre2_code *) shared_pattern;

evex_status evex_lexer_prepare(const evex_allocator *allocator, int use_jit, evex_error *error) {
    if (atomic_load_explicit(&shared_pattern, memory_order_acquire))
        return EVEX_OK;
    pcre2_code *code = compile_pattern(allocator, use_jit), *none = NULL;
    if (!code)
        return evex_fail_memory(error);
    if (!atomic_compare_exchange_strong_explicit(&shared_pattern, &none, code, memory_order_acq_rel,
                                                 memory_order_acquire))
        pcre2_code_free(code); /* another thread was first */
    return EVEX_OK;
}

void evex_lexer_shutdown(void) {
    pcre2_code_free(atomic_exchange(&shared_pattern, NULL));
}

/* ---- Checks of the whole text ------------------------------------------------------------ */

static evex_status fail_at_byte(evex_error *error, size_t offset, const char *message) {
    return evex_fail(error, EVEX_SYNTAX, (evex_place){offset, 1}, "%s", message);
}

/* A control character other than tab and the ends of lines; bytes has the whole character. */
static int is_control(const unsigned char *bytes) {
    if (bytes[0] < 0x20)
        return bytes[0] != '\t' && bytes[0] != '\n' && bytes[0] != '\r';
    return bytes[0] == 0x7f || (bytes[0] == 0xc2 && bytes[1] < 0xa0);
}

/* The pattern is matched without PCRE2's own check, so nothing malformed may pass here. */
static evex_status check_text(const char *source, size_t length, evex_error *error) {
    const unsigned char *bytes = (const unsigned char *)source;
    for (size_t i = 0, n; i < length; i += n) {
        n = bytes[i] < 0x80 ? 1 : evex_utf8_length(bytes + i, length - i);
        if (n == 0)
            return fail_at_byte(error, i, "the text is not valid UTF-8 here");
        if (bytes[i] == '\0')
            return fail_at_byte(error, i, "a NUL byte in the text");
        if (is_control(bytes + i)) {
            evex_status status = fail_at_byte(error, i, "a control character in the text");
            evex_hint(error, "in a string it is written with an escape such as '\\x1b'");
            return status;
        }
    }
    return EVEX_OK;
}

static void *allocate_in_arena(PCRE2_SIZE n_bytes, void *arena) {
    return evex_arena_push(arena, n_bytes);
}

static void free_in_arena(void *memory, void *arena) {
    (void)memory; /* freed with the arena */
    (void)arena;
}

evex_status evex_lexer_init(evex_lexer *lexer, const char *source, size_t length,
                            const evex_limits *limits, evex_arena *arena, evex_error *error) {
    if (length > limits->source_bytes)
        return evex_fail(error, EVEX_LIMIT_SOURCE, (evex_place){limits->source_bytes, 0},
                         "the text has %zu bytes, more than the limit of %zu", length,
                         limits->source_bytes);
    evex_status status = check_text(source, length, error);
    if (status == EVEX_OK)
        status = evex_lexer_prepare(&evex_system_allocator, 1, error);
    if (status != EVEX_OK)
        return status;
    pcre2_general_context *general =
        pcre2_general_context_create(allocate_in_arena, free_in_arena, arena);
    pcre2_match_data *match = general ? pcre2_match_data_create(1, general) : NULL;
    pcre2_match_context *context = general ? pcre2_match_context_create(general) : NULL;
    if (!match || !context)
        return evex_fail_memory(error);
    /* The pattern is linear in the text, whose length is limited already. */
    pcre2_set_match_limit(context, UINT32_MAX);
    *lexer = (evex_lexer){.source = source, .length = length, .limits = limits, .arena = arena};
    lexer->error = error;
    lexer->pattern = atomic_load_explicit(&shared_pattern, memory_order_acquire);
    lexer->match = match;
    lexer->context = context;
    return EVEX_OK;
}

/* ---- Tokens ------------------------------------------------------------------------------ */

/* What to write in place of what is usual elsewhere. */
static const struct {
    const char *text, *advice;
} foreign[] = {
    {"&&", "write 'and', or '&' between bits"},
    {"||", "write 'or', or '|' between bits"},
    {"!", "write 'not', or '~' for bits"},
    {"<>", "write '!='"},
    {"!==", "write '!='"},
    {"~=", "write '!='"},
    {"===", "write '=='"},
    {"=<", "write '<='"},
    {"=>", "write '>='"},
    {":=", "write '=' to give a result its name"},
    {"[", "arrays are not indexed in an expression; pass the part that is meant"},
    {"]", "arrays are not indexed in an expression; pass the part that is meant"},
    {"{", "parentheses are round: '('"},
    {"}", "parentheses are round: ')'"},
    {"?", "write 'x if condition else y' or where(condition, x, y)"},
    {":", "write 'x if condition else y' or where(condition, x, y)"},
    {"@", "there is no matrix product; '*' multiplies element by element"},
};

static evex_status fail_foreign(evex_error *error, const char *text, evex_place place) {
    evex_status status =
        evex_fail(error, EVEX_SYNTAX, place, "'%.*s' is not an operator of the language",
                  (int)place.length, text);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (strlen(foreign[i].text) == place.length &&
            memcmp(foreign[i].text, text, place.length) == 0) {
            evex_hint(error, "%s", foreign[i].advice);
            return status;
        }
    evex_hint(error, "write the operation and the assignment apart: x = x %.*s ...",
              (int)place.length - 1, text);
    return status;
}

static evex_status fail_stranger(evex_error *error, const char *text, evex_place place) {
    if (place.length == 1)
        return evex_fail(error, EVEX_SYNTAX, place, "unexpected character '%c'", text[0]);
    char code[] = "U+00000000";
    evex_write_code_point((const unsigned char *)text, place.length, code);
    evex_status status = evex_fail(error, EVEX_SYNTAX, place, "unexpected character '%.*s' (%s)",
                                   (int)place.length, text, code);
    evex_hint(error, "in names, letters and digits of any script may stand; other names need "
                     "backticks");
    return status;
}

static evex_status fail_backticks(evex_error *error, const char *text, evex_place place) {
    if (place.length == 2 && text[1] == '`')
        return evex_fail(error, EVEX_SYNTAX, place, "the name between the backticks is empty");
    return evex_fail(error, EVEX_SYNTAX, (evex_place){place.offset, 1},
                     "the backtick is not closed on its line");
}

/* An error for a row that matches malformed text, with advice where there is some. */
static evex_status fail_malformed(const evex_lexer *lexer, int kind, evex_place place) {
    const char *text = lexer->source + place.offset;
    switch (kind) {
    case EVEX_TOKEN_FOREIGN:
        return fail_foreign(lexer->error, text, place);
    case EVEX_TOKEN_BAD_NUMBER:
        return evex_fail_number(lexer->error, text, place, lexer->limits);
    case EVEX_TOKEN_BAD_STRING:
        return evex_fail(lexer->error, EVEX_SYNTAX, (evex_place){place.offset, 1},
                         "the string is not closed on its line");
    case EVEX_TOKEN_BAD_BACKTICKS:
        return fail_backticks(lexer->error, text, place);
    default:
        return fail_stranger(lexer->error, text, place);
    }
}

static evex_status read_name(const evex_lexer *lexer, evex_token *token, size_t n_quotes) {
    token->value.text.bytes = lexer->source + token->place.offset + n_quotes;
    token->value.text.n_bytes = token->place.length - 2 * n_quotes;
    if (token->value.text.n_bytes > lexer->limits->identifier_bytes)
        return evex_fail(lexer->error, EVEX_LIMIT_TOKEN, token->place,
                         "a name of %zu bytes, more than the limit of %zu",
                         token->value.text.n_bytes, lexer->limits->identifier_bytes);
    return EVEX_OK;
}

/* Fills in the value of a token whose kind and place are known. */
static evex_status read_token(evex_lexer *lexer, evex_token *token) {
    switch (token->kind) {
    case EVEX_TOKEN_NAME:
        return read_name(lexer, token, 0);
    case EVEX_TOKEN_BACKTICKS:
        return read_name(lexer, token, 1);
    case EVEX_TOKEN_INT:
    case EVEX_TOKEN_FLOAT:
    case EVEX_TOKEN_IMAGINARY:
        return evex_read_number(lexer, token);
    case EVEX_TOKEN_STRING:
        return evex_read_string(lexer, token);
    case EVEX_TOKEN_LEFT:
        lexer->n_open++;
        return EVEX_OK;
    case EVEX_TOKEN_RIGHT:
        lexer->n_open -= lexer->n_open > 0;
        return EVEX_OK;
    case EVEX_TOKEN_FOREIGN:
    case EVEX_TOKEN_BAD_NUMBER:
    case EVEX_TOKEN_BAD_STRING:
    case EVEX_TOKEN_BAD_BACKTICKS:
    case EVEX_TOKEN_STRANGER:
        return fail_malformed(lexer, token->kind, token->place);
    default:
        return EVEX_OK;
    }
}

/* Matches at lexer->offset. JIT code can run out of its stack; the interpreter then answers. */
static int match(const evex_lexer *lexer, uint32_t options) {
    return pcre2_match(lexer->pattern, (PCRE2_SPTR)lexer->source, lexer->length, lexer->offset,
                       options | PCRE2_NO_UTF_CHECK, lexer->match, lexer->context);
}

/* Finds the kind and the place of the next token, newlines included. */
static evex_status find_token(evex_lexer *lexer, evex_token *token) {
    int n = match(lexer, 0);
    if (n == PCRE2_ERROR_JIT_STACKLIMIT)
        n = match(lexer, PCRE2_NO_JIT);
    if (n < 0) /* the last row matches anything: only memory can be short */
        return evex_fail_memory(lexer->error);
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(lexer->match);
    token->kind = (uint8_t)(pcre2_get_mark(lexer->match)[0] - FIRST_MARK);
    token->place = (evex_place){ends[0], ends[1] - ends[0]};
    lexer->offset = ends[1];
    return EVEX_OK;
}

evex_status evex_lexer_next(evex_lexer *lexer, evex_token *token) {
    *token = (evex_token){0};
    do {
        evex_status status = find_token(lexer, token);
        if (status != EVEX_OK)
            return status;
    } while (token->kind == EVEX_TOKEN_NEWLINE && lexer->n_open > 0);
    return read_token(lexer, token);
}

const char *evex_token_text(evex_token_kind kind) {
    return rows[kind].text;
}

const char *evex_token_id(evex_token_kind kind) {
    return rows[kind].id;
}

int evex_token_is_keyword(evex_token_kind kind) {
    return rows[kind].is_keyword;
}

int evex_is_keyword(const char *bytes, size_t n_bytes) {
#define TOKEN(id, ...)
#define MALFORMED(id, ...)
#define KEYWORD(id, word)                                                                          \
    if (n_bytes == sizeof(word) - 1 && memcmp(bytes, word, sizeof(word) - 1) == 0)                 \
        return 1;
#include "parser/token.def"
#undef TOKEN
#undef KEYWORD
#undef MALFORMED
    return 0;
}
