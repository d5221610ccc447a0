/* SPDX-License-Identifier: MIT */
/*
 * What the text of a literal means: numbers and strings with their escapes. The lexer has found
 * where a literal begins and ends; this part turns its text into a value.
 */
#ifndef EVEX_PARSER_LITERAL_H
#define EVEX_PARSER_LITERAL_H

#include "parser/lex.h"

/* Fill in the value of a token whose kind and place are known. */
evex_status evex_read_number(evex_lexer *lexer, evex_token *token);
evex_status evex_read_string(evex_lexer *lexer, evex_token *token);

/* The character or escape in a string literal of the source from which the byte at an index of its
 * value came; the closing quote for an index behind the last. */
evex_place evex_string_place(const char *source, evex_place literal, size_t index);

/* The error for text that begins like a number but is none. */
evex_status evex_fail_number(evex_error *error, const char *text, evex_place place,
                             const evex_limits *limits);

/* Bytes of the UTF-8 character at the head of n bytes (n > 0), or 0 if it is malformed. */
size_t evex_utf8_length(const unsigned char *bytes, size_t n);
/* Writes "U+" and the hexadecimal code of a well-formed character of n_bytes. */
void evex_write_code_point(const unsigned char *bytes, size_t n_bytes, char code[11]);

#endif
