/* SPDX-License-Identifier: MIT */
/*
 * See program.h.
 */
#include "cli/program.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Tokens ------------------------------------------------------------------------------ */

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '.' || (unsigned char)c >= 0x80;
}

/* The end of the string or backtick that opens at text[at]; the end of the text if none closes. */
static size_t pass_quoted(const char *text, size_t n, size_t at) {
    char quote = text[at++];
    while (at < n && text[at] != quote)
        at += text[at] == '\\' && quote != '`' && at + 1 < n ? 2 : 1;
    return at < n ? at + 1 : n;
}

static size_t pass_word(const char *text, size_t n, size_t at) {
    while (at < n && is_word(text[at]))
        at++;
    return at;
}

/* $3 and $-1 */
static bool is_position(const char *text, size_t n, size_t at) {
    at += 1 + (at + 1 < n && text[at + 1] == '-');
    return at < n && isdigit((unsigned char)text[at]);
}

static program_token read_token(const char *text, size_t n, size_t at) {
    char c = text[at];
    if (is_word(c))
        return (program_token){TOKEN_WORD, at, pass_word(text, n, at) - at, 0, false};
    if (c == '$' && is_position(text, n, at)) {
        size_t end = at + 2;
        while (end < n && isdigit((unsigned char)text[end]))
            end++;
        return (program_token){TOKEN_POSITION, at, end - at, 0, false};
    }
    if (c == '`' || c == '\'' || c == '"')
        return (program_token){c == '`' ? TOKEN_BACKTICK : TOKEN_STRING, at,
                               pass_quoted(text, n, at) - at, 0, false};
    return (program_token){TOKEN_SYMBOL, at, 1, 0, false};
}

/* Whether what is at `at` separates nothing: white space inside a statement, or a comment, whose
 * end is stored. */
static bool pass_space(const char *text, size_t n, size_t *at, size_t depth) {
    if (text[*at] == '#') {
        while (*at < n && text[*at] != '\n')
            ++*at;
        return true;
    }
    bool is_space = isspace((unsigned char)text[*at]) && (text[*at] != '\n' || depth > 0);
    *at += is_space;
    return is_space;
}

static void read_tokens(program *scanned) {
    size_t depth = 0;
    for (size_t at = 0; at < scanned->n_bytes;) {
        if (pass_space(scanned->text, scanned->n_bytes, &at, depth))
            continue;
        program_token token = read_token(scanned->text, scanned->n_bytes, at);
        char c = token.kind == TOKEN_SYMBOL ? scanned->text[at] : ' ';
        if ((c == ')' || c == ']' || c == '}') && depth > 0)
            depth--;
        token.depth = depth;
        depth += c == '(' || c == '[' || c == '{';
        scanned->tokens[scanned->n_tokens++] = token;
        at += token.length;
    }
}

bool program_token_is(const program *scanned, size_t token, const char *text) {
    if (token >= scanned->n_tokens)
        return false;
    const program_token *t = &scanned->tokens[token];
    return t->length == strlen(text) && memcmp(scanned->text + t->offset, text, t->length) == 0;
}

bool program_is_assignment(const program *scanned, size_t token) {
    return token > 0 && program_token_is(scanned, token, "=") &&
           scanned->tokens[token].depth == 0 && scanned->tokens[token - 1].kind != TOKEN_SYMBOL &&
           !program_token_is(scanned, token + 1, "=");
}

const char *program_token_name(const program *scanned, size_t token, size_t *n_bytes) {
    const program_token *t = &scanned->tokens[token];
    const char *text = scanned->text + t->offset;
    bool is_quoted = t->kind == TOKEN_BACKTICK;
    bool is_name = (t->kind == TOKEN_WORD && !isdigit((unsigned char)*text) && *text != '.') ||
                   t->kind == TOKEN_POSITION || (is_quoted && t->length >= 2);
    *n_bytes = t->length - (is_quoted ? 2 : 0);
    return is_name ? text + is_quoted : NULL;
}

size_t program_find_name(const program *scanned, const char *name, size_t n_bytes) {
    for (size_t i = 0; i < scanned->n_tokens; i++) {
        size_t n;
        const char *found = program_token_name(scanned, i, &n);
        if (found != NULL && n == n_bytes && memcmp(found, name, n) == 0 &&
            !program_token_is(scanned, i + 1, "("))
            return i;
    }
    return scanned->n_tokens;
}

/* ---- Items ------------------------------------------------------------------------------- */

static bool ends_statement(const program *scanned, size_t token) {
    return scanned->tokens[token].depth == 0 &&
           (program_token_is(scanned, token, ";") || program_token_is(scanned, token, "\n"));
}

/* The tokens [first, end) of the last statement that is not empty. */
static void find_last_statement(const program *scanned, size_t *first, size_t *end) {
    *end = scanned->n_tokens;
    while (*end > 0 && ends_statement(scanned, *end - 1))
        --*end;
    *first = *end;
    while (*first > 0 && !ends_statement(scanned, *first - 1))
        --*first;
}

/* Takes "name =" off an item's beginning, or "as name" off its end. */
static void split_name(const program *scanned, program_item *item) {
    size_t n_tokens = item->end - item->first, name;
    if (n_tokens >= 3 && program_is_assignment(scanned, item->first + 1)) {
        name = item->first;
        item->first += 2;
    } else if (n_tokens >= 3 && program_token_is(scanned, item->end - 2, "as")) {
        name = item->end - 1;
        item->end -= 2;
    } else {
        return;
    }
    item->name = program_token_name(scanned, name, &item->name_bytes);
}

static void add_item(program *scanned, size_t first, size_t end) {
    if (first == end) {
        scanned->has_empty_item = true;
        return;
    }
    program_item item = {.first = first, .end = end};
    split_name(scanned, &item);
    const program_token *last = &scanned->tokens[item.end - 1];
    item.offset = scanned->tokens[item.first].offset;
    item.length = last->offset + last->length - item.offset;
    scanned->items[scanned->n_items++] = item;
}

static void read_items(program *scanned) {
    size_t first, end;
    find_last_statement(scanned, &first, &end);
    for (size_t i = first; i < end; i++)
        if (scanned->tokens[i].depth == 0 && program_token_is(scanned, i, ",")) {
            add_item(scanned, first, i);
            first = i + 1;
        }
    add_item(scanned, first, end);
}

static bool fail_memory(failure *failed) {
    return failure_set(failed, EXIT_INPUT, "", "out of memory");
}

bool program_scan(program *scanned, const char *text, size_t n_bytes, failure *failed) {
    *scanned = (program){.text = text, .n_bytes = n_bytes};
    /* A token takes a byte at least, an item a token, an edit a token. */
    scanned->tokens = calloc(n_bytes + 1, sizeof *scanned->tokens);
    scanned->items = calloc(n_bytes + 1, sizeof *scanned->items);
    scanned->edits = calloc(n_bytes + 1, sizeof *scanned->edits);
    if (scanned->tokens == NULL || scanned->items == NULL || scanned->edits == NULL)
        return fail_memory(failed);
    read_tokens(scanned);
    for (size_t i = 0; i < scanned->n_tokens; i++)
        scanned->has_assignment |= program_is_assignment(scanned, i);
    read_items(scanned);
    return true;
}

void program_free(program *scanned) {
    for (size_t i = 0; i < scanned->n_edits; i++)
        free(scanned->edits[i].replacement);
    free(scanned->edits);
    free(scanned->tokens);
    free(scanned->items);
    free(scanned->engine_text);
    *scanned = (program){0};
}

/* ---- Rewriting --------------------------------------------------------------------------- */

static bool add_edit(program *scanned, size_t offset, size_t length, char *replacement,
                     failure *failed) {
    if (replacement == NULL)
        return fail_memory(failed);
    scanned->edits[scanned->n_edits++] = (program_edit){offset, length, replacement};
    return true;
}

bool program_name_token(program *scanned, size_t token, const char *replacement, size_t n_bytes,
                        failure *failed) {
    char *quoted = malloc(n_bytes + 3);
    if (quoted != NULL) {
        quoted[0] = quoted[n_bytes + 1] = '`';
        memcpy(quoted + 1, replacement, n_bytes);
        quoted[n_bytes + 2] = '\0';
    }
    const program_token *t = &scanned->tokens[token];
    return add_edit(scanned, t->offset, t->length, quoted, failed);
}

bool program_insert(program *scanned, size_t token, const char *text, failure *failed) {
    return add_edit(scanned, scanned->tokens[token].offset, 0, strdup(text), failed);
}

static void blank(char *text, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        if (text[i] != '\n')
            text[i] = ' ';
}

/* Blanks the taken items of a copy of the text, and the commas that would then separate nothing: a
 * comma stays between a kept item and any kept one before it. */
static void blank_taken(const program *scanned, char *text) {
    bool has_kept = false;
    for (size_t i = 0; i < scanned->n_items; i++) {
        const program_item *item = &scanned->items[i];
        if (item->is_taken)
            blank(text, item->offset, item->offset + item->length);
        if (i > 0 && (item->is_taken || !has_kept)) {
            /* The comma is the token before the item's first, name included. */
            size_t token = item->first;
            while (scanned->tokens[token - 1].depth != 0 ||
                   !program_token_is(scanned, token - 1, ","))
                token--;
            size_t comma = scanned->tokens[token - 1].offset;
            blank(text, comma, comma + 1);
        }
        has_kept |= !item->is_taken;
    }
}

bool program_rewrite(program *scanned, failure *failed) {
    size_t size = scanned->n_bytes + 1;
    for (size_t i = 0; i < scanned->n_edits; i++)
        size += strlen(scanned->edits[i].replacement);
    char *copy = malloc(scanned->n_bytes + 1), *out = malloc(size);
    free(scanned->engine_text);
    scanned->engine_text = out;
    if (copy == NULL || out == NULL) {
        free(copy);
        return fail_memory(failed);
    }
    memcpy(copy, scanned->text, scanned->n_bytes);
    blank_taken(scanned, copy);
    size_t from = 0;
    for (size_t i = 0; i <= scanned->n_edits; i++) {
        const program_edit *edit = i < scanned->n_edits ? &scanned->edits[i] : NULL;
        size_t to = edit != NULL ? edit->offset : scanned->n_bytes;
        memcpy(out, copy + from, to - from);
        out += to - from;
        if (edit == NULL)
            break;
        out = stpcpy(out, edit->replacement);
        from = to + edit->length;
    }
    *out = '\0';
    scanned->engine_bytes = (size_t)(out - scanned->engine_text);
    free(copy);
    return true;
}

size_t program_map(const program *scanned, size_t engine_offset) {
    size_t from = 0, engine_from = 0;
    for (size_t i = 0; i < scanned->n_edits; i++) {
        const program_edit *edit = &scanned->edits[i];
        size_t engine_to = engine_from + edit->offset - from;
        if (engine_offset < engine_to)
            break;
        size_t n_new = strlen(edit->replacement);
        if (engine_offset < engine_to + n_new)
            return edit->offset;
        from = edit->offset + edit->length;
        engine_from = engine_to + n_new;
    }
    size_t offset = from + engine_offset - engine_from;
    return offset < scanned->n_bytes ? offset : scanned->n_bytes;
}

/* ---- Failures ---------------------------------------------------------------------------- */

bool program_fail(const program *scanned, size_t offset, size_t length, size_t outer,
                  size_t outer_length, const char *what, failure *failed) {
    size_t line = 1, begin = 0, end = offset;
    for (size_t i = 0; i < offset && i < scanned->n_bytes; i++)
        if (scanned->text[i] == '\n') {
            line++;
            begin = i + 1;
        }
    while (end < scanned->n_bytes && scanned->text[end] != '\n')
        end++;
    char place[64];
    snprintf(place, sizeof place, "program:%zu:%zu", line, offset - begin + 1);
    failure_set(failed, EXIT_PROGRAM, place, "%s", what);
    size_t outer_end = outer + outer_length;
    outer = outer > begin ? outer : begin;
    return failure_show(failed, scanned->text + begin, end - begin, offset - begin, length,
                        outer - begin, outer_end > outer ? outer_end - outer : 0);
}
