/* SPDX-License-Identifier: MIT */
/*
 * See plan.h. The steps: what the shell adds to the language is rewritten, names are looked up,
 * types are chosen (plan_types.c), and the outputs are laid out in the order of the program's
 * items.
 */
#include "cli/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/number.h"
#include "cli/text.h"

static bool fail_memory(failure *failed) {
    return failure_set(failed, EXIT_INPUT, "", "out of memory");
}

/* Names the row or element that a check on values found, counted from 1. */
static void name_element(const plan *made, const evex_error *error, failure *failed) {
    size_t used = strlen(failed->what);
    if (error->index >= 0 && made->n_columns > 0)
        snprintf(failed->what + used, sizeof failed->what - used, ", in %s %lld",
                 made->n_table > 0 ? "row" : "element", (long long)error->index + 1);
}

/* The engine's hint, with an option as the shell spells it. */
static bool give_hint(const char *hint, failure *failed) {
    static const char option[] = "overflow='float'";
    const char *at = strstr(hint, option);
    if (at == NULL)
        return failure_hint(failed, "%s", hint);
    return failure_hint(failed, "%.*s--overflow float%s", (int)(at - hint), hint,
                        at + strlen(option));
}

bool plan_fail(const plan *made, const evex_error *error, exit_code code, failure *failed) {
    if (error->length == 0 && error->outer_length == 0 && error->offset == 0)
        failure_set(failed, code, error->status == EVEX_NO_MEMORY ? "" : "program", "%s",
                    error->message[0] != '\0' ? error->message : evex_status_text(error->status));
    else {
        size_t from = program_map(&made->text, error->offset);
        size_t outer = program_map(&made->text, error->outer_offset);
        size_t to = program_map(&made->text, error->offset + error->length);
        size_t outer_to = program_map(&made->text, error->outer_offset + error->outer_length);
        program_fail(&made->text, from, to - from, outer, outer_to - outer, error->message, failed);
        failed->code = code;
    }
    name_element(made, error, failed);
    return give_hint(error->hint, failed);
}

/* ---- Columns ----------------------------------------------------------------------------- */

bool plan_add_column(plan *made, const char *name, size_t n_bytes, evex_dtype dtype, bool is_text,
                     failure *failed) {
    if ((made->n_columns & (made->n_columns - 1)) == 0) {
        size_t capacity = made->n_columns == 0 ? 1 : 2 * made->n_columns;
        plan_column *larger = realloc(made->columns, capacity * sizeof *larger);
        if (larger == NULL)
            return fail_memory(failed);
        made->columns = larger;
    }
    char *copy = strndup(name, n_bytes), *variable = strndup(name, n_bytes);
    if (copy == NULL || variable == NULL) {
        free(copy);
        free(variable);
        return fail_memory(failed);
    }
    made->columns[made->n_columns++] = (plan_column){
        copy, variable, n_bytes, n_bytes, dtype, is_text, false, false, EVEX_UNIT_NONE};
    return true;
}

/* The first column whose name, or variable, is this one; n_columns if there is none. */
static size_t find_named(const plan *made, bool is_variable, const char *name, size_t n_bytes,
                         size_t *n_found) {
    size_t found = made->n_columns;
    *n_found = 0;
    for (size_t i = 0; i < made->n_columns; i++) {
        const plan_column *column = &made->columns[i];
        const char *own = is_variable ? column->variable : column->name;
        size_t own_bytes = is_variable ? column->variable_bytes : column->name_bytes;
        if (own_bytes == n_bytes && memcmp(own, name, n_bytes) == 0) {
            found = *n_found == 0 ? i : found;
            ++*n_found;
        }
    }
    return found;
}

size_t plan_find_column(const plan *made, const char *name, size_t n_bytes, size_t *n_found) {
    return find_named(made, false, name, n_bytes, n_found);
}

size_t plan_find_variable(const plan *made, const char *name, size_t n_bytes, size_t *n_found) {
    return find_named(made, true, name, n_bytes, n_found);
}

/* The column of $3 or $-1, or n_columns. */
static size_t find_position(const plan *made, const program_token *token) {
    int64_t position, n = (int64_t)made->n_table;
    number_status status =
        number_read_i64(made->text.text + token->offset + 1, token->length - 1, &position);
    if (status != NUMBER_OK || position == 0 || position > n || position < -n)
        return made->n_columns;
    return (size_t)(position > 0 ? position - 1 : n + position);
}

size_t plan_find_token(const plan *made, size_t token, size_t *n_found) {
    size_t n_bytes;
    const char *name = program_token_name(&made->text, token, &n_bytes);
    *n_found = 0;
    if (name == NULL)
        return made->n_columns;
    if (made->text.tokens[token].kind != TOKEN_POSITION)
        return plan_find_column(made, name, n_bytes, n_found);
    size_t column = find_position(made, &made->text.tokens[token]);
    *n_found = column < made->n_columns;
    return column;
}

/* ---- What the shell adds ----------------------------------------------------------------- */

/* Whether backticks around the name make it one of the language, and of this column alone. */
static bool can_be_spelled(const plan *made, const char *name, size_t n_bytes) {
    enum { LONGEST_NAME = 256 }; /* the language's limit */
    size_t n_found;
    plan_find_column(made, name, n_bytes, &n_found);
    for (size_t i = 0, length; i < n_bytes; i += length) {
        length = text_character(name + i, n_bytes - i);
        if (length == 0 || name[i] == '`')
            return false;
    }
    return n_found == 1 && n_bytes > 0 && n_bytes <= LONGEST_NAME;
}

/* Calls a column $n whose own name will not do. */
static bool make_nameable(plan *made, size_t index, failure *failed) {
    plan_column *column = &made->columns[index];
    if (can_be_spelled(made, column->name, column->name_bytes))
        return true;
    free(column->variable);
    int n = asprintf(&column->variable, "$%zu", index + 1);
    column->variable_bytes = n > 0 ? (size_t)n : 0;
    if (n < 0)
        column->variable = NULL;
    return n > 0 || fail_memory(failed);
}

static bool fail_position(const plan *made, const program_token *token, failure *failed) {
    char what[80];
    snprintf(what, sizeof what, "there are %zu columns", made->n_table);
    return program_fail(&made->text, token->offset, token->length, 0, 0, what, failed);
}

/* Gives $n and NAME.column, which are no names of the language, backticks. */
static bool rewrite_names(plan *made, failure *failed) {
    for (size_t i = 0; i < made->text.n_tokens; i++) {
        const program_token *token = &made->text.tokens[i];
        const char *text = made->text.text + token->offset;
        bool is_position = token->kind == TOKEN_POSITION;
        bool has_dot = token->kind == TOKEN_WORD && memchr(text, '.', token->length) != NULL;
        if (!is_position && !has_dot)
            continue;
        size_t n_found, column = plan_find_token(made, i, &n_found);
        if (is_position && n_found == 0)
            return fail_position(made, token, failed);
        if (n_found == 0 || token->is_taken)
            continue;
        if (is_position && !make_nameable(made, column, failed))
            return false;
        const plan_column *named = &made->columns[column];
        if (!program_name_token(&made->text, i, named->variable, named->variable_bytes, failed))
            return false;
    }
    return true;
}

/* Whether the program assigns to the name, which is then not the column any more. */
static bool is_assigned(const program *text, const char *name, size_t n_bytes) {
    for (size_t i = 0; text->has_assignment && i + 1 < text->n_tokens; i++) {
        size_t n;
        const char *assigned = program_token_name(text, i, &n);
        if (assigned != NULL && n == n_bytes && memcmp(assigned, name, n) == 0 &&
            program_is_assignment(text, i + 1))
            return true;
    }
    return false;
}

/* Whether the item is * or a column as it is. */
static bool is_column_item(const plan *made, const program_item *item) {
    const program *text = &made->text;
    size_t n_bytes, n_found;
    if (item->end - item->first != 1 || item->name != NULL)
        return false;
    if (program_token_is(text, item->first, "*") ||
        text->tokens[item->first].kind == TOKEN_POSITION)
        return true;
    const char *name = program_token_name(text, item->first, &n_bytes);
    size_t column = plan_find_token(made, item->first, &n_found);
    return n_found == 1 && column < made->n_table && !is_assigned(text, name, n_bytes);
}

/* Marks the items that need no computing. */
static void take_columns(plan *made) {
    program *text = &made->text;
    for (size_t i = 0; made->n_table > 0 && !text->has_empty_item && i < text->n_items; i++) {
        program_item *item = &text->items[i];
        item->is_taken = is_column_item(made, item);
        text->tokens[item->first].is_taken = item->is_taken;
        made->keeps_columns |= item->is_taken;
    }
}

/* Gives count() something to count in a program that names no column. */
static bool rewrite_count(plan *made, failure *failed) {
    program *text = &made->text;
    bool has_count = false;
    for (size_t i = 0; i + 2 < text->n_tokens; i++)
        if (program_token_is(text, i, "count") && program_token_is(text, i + 1, "(") &&
            program_token_is(text, i + 2, ")")) {
            has_count = true;
            if (!program_insert(text, i + 2, "`" PLAN_ROWS "`", failed))
                return false;
        }
    if (!has_count)
        return true;
    size_t rows = made->n_columns;
    if (!plan_add_column(made, PLAN_ROWS, strlen(PLAN_ROWS), EVEX_BOOL, false, failed))
        return false;
    made->columns[rows].is_used = true;
    return program_rewrite(text, failed);
}

/* ---- Names ------------------------------------------------------------------------------- */

typedef struct {
    plan *made;
    bool any_names;
    size_t n_used;
    failure *failed;
} name_walk;

static bool is_constant(const char *name, size_t n) {
    static const char *const constants[] = {"pi", "e", "tau", "inf", "nan"};
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (strlen(constants[i]) == n && memcmp(constants[i], name, n) == 0)
            return true;
    return false;
}

static bool fail_name(const plan *made, const char *name, size_t n, const char *problem,
                      failure *failed) {
    size_t token = program_find_name(&made->text, name, n);
    char quoted[120], what[240];
    text_quote(quoted, sizeof quoted, name, n);
    snprintf(what, sizeof what, "%s %s '%s'", problem, made->n_table > 0 ? "column" : "name",
             quoted);
    if (token == made->text.n_tokens)
        return failure_set(failed, EXIT_PROGRAM, "program", "%s", what);
    const program_token *t = &made->text.tokens[token];
    return program_fail(&made->text, t->offset, t->length, 0, 0, what, failed);
}

/* The failure of a name that nothing offers, with the nearest that something does. */
static bool fail_unknown(const plan *made, const char *name, size_t n, failure *failed) {
    text_search search = text_search_for(name, n);
    for (size_t i = 0; i < made->n_columns; i++)
        text_search_offer(&search, made->columns[i].name, strlen(made->columns[i].name));
    if (search.best == NULL) {
        fail_name(made, name, n, "unknown", failed);
        if (made->n_columns == 0)
            failure_hint(failed, "there is no input; - is stdin");
        return false;
    }
    char near[120];
    text_quote(near, sizeof near, search.best, search.best_bytes);
    fail_name(made, name, n, "unknown", failed);
    size_t used = strlen(failed->what);
    snprintf(failed->what + used, sizeof failed->what - used, "; did you mean '%s'?", near);
    return false;
}

/* Called for each free name of the program; non-zero stops. */
static int use_name(void *user, const char *name, size_t n) {
    name_walk *walk = user;
    size_t n_found;
    size_t column = plan_find_variable(walk->made, name, n, &n_found);
    if (n_found == 0 && is_constant(name, n))
        return 0;
    if (n_found == 0 && walk->any_names) {
        if (!plan_add_column(walk->made, name, n, EVEX_F64, true, walk->failed))
            return 1;
        n_found = 1;
    }
    if (n_found == 0)
        return !fail_unknown(walk->made, name, n, walk->failed);
    if (n_found > 1)
        return !fail_name(walk->made, name, n, "more than one", walk->failed);
    walk->made->columns[column].is_used = true;
    walk->n_used++;
    return 0;
}

static bool find_names(plan *made, bool any_names, size_t *n_used, failure *failed) {
    name_walk walk = {made, any_names, 0, failed};
    evex_error error = EVEX_ERROR_INIT;
    evex_status status =
        evex_names(made->text.engine_text, made->text.engine_bytes, NULL, use_name, &walk, &error);
    *n_used = walk.n_used;
    if (failed->code != EXIT_DONE)
        return false;
    return status == EVEX_OK || plan_fail(made, &error, EXIT_PROGRAM, failed);
}

/* ---- Outputs ----------------------------------------------------------------------------- */

/* The expression as a header: white space made single blanks, cut where it is long. */
static char *item_title(const program *text, const program_item *item) {
    enum { LONGEST_TITLE = 60 };
    char *title = malloc(LONGEST_TITLE + 8);
    size_t n = 0;
    for (size_t i = item->offset; title != NULL && i < item->offset + item->length; i++) {
        char c = text->text[i];
        bool is_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (is_space && (n == 0 || title[n - 1] == ' '))
            continue;
        if (n >= LONGEST_TITLE - 3 && ((unsigned char)c & 0xc0) != 0x80) {
            memcpy(title + n, "...", 3);
            n += 3;
            break;
        }
        title[n++] = is_space ? ' ' : c;
    }
    if (title != NULL)
        title[n] = '\0';
    return title;
}

static bool add_output(plan *made, bool is_result, size_t index, char *name, failure *failed) {
    if (name == NULL)
        return fail_memory(failed);
    made->outputs[made->n_outputs++] = (plan_output){is_result, index, name};
    return true;
}

static bool add_input_columns(plan *made, failure *failed) {
    for (size_t i = 0; i < made->n_table; i++)
        if (!add_output(made, false, i, strdup(made->columns[i].name), failed))
            return false;
    return true;
}

/* Adds a result; one with the name of an input column takes that column's place. */
static bool add_result(plan *made, size_t index, char *name, failure *failed) {
    for (size_t i = 0; i < made->n_outputs && name != NULL; i++) {
        plan_output *other = &made->outputs[i];
        if (!other->is_result && strcmp(other->name, name) == 0 &&
            made->results[index].name[0] != '\0') {
            other->is_result = true;
            other->index = index;
            free(name);
            return true;
        }
    }
    return add_output(made, true, index, name, failed);
}

/* The result of an item: the one of its name, or the next that has none. */
static size_t find_result(const plan *made, const program_item *item, size_t *next_unnamed) {
    for (size_t i = item->name != NULL ? 0 : *next_unnamed; i < made->n_results; i++) {
        const char *name = made->results[i].name;
        if (item->name == NULL && *name == '\0') {
            *next_unnamed = i + 1;
            return i;
        }
        if (item->name != NULL && strlen(name) == item->name_bytes &&
            memcmp(name, item->name, item->name_bytes) == 0)
            return i;
    }
    return made->n_results;
}

/* Names beginning with _ are not written. */
static bool is_hidden(const char *name) {
    return name[0] == '_';
}

static bool add_item(plan *made, const program_item *item, bool *is_placed, size_t *next_unnamed,
                     failure *failed) {
    if (item->is_taken && program_token_is(&made->text, item->first, "*"))
        return add_input_columns(made, failed);
    if (item->is_taken) {
        size_t n_found, column = plan_find_token(made, item->first, &n_found);
        return add_output(made, false, column, strdup(made->columns[column].name), failed);
    }
    size_t result = find_result(made, item, next_unnamed);
    if (result == made->n_results || is_placed[result])
        return true;
    is_placed[result] = true;
    const char *name = made->results[result].name;
    if (is_hidden(name))
        return true;
    char *title = *name != '\0' ? strdup(name) : item_title(&made->text, item);
    return add_result(made, result, title, failed);
}

/* Which results belong to items of the last statement: those of earlier ones come before them. */
static void mark_items(const plan *made, bool *is_of_item) {
    size_t next_unnamed = 0;
    for (size_t i = 0; i < made->text.n_items; i++) {
        size_t result = made->text.items[i].is_taken
                            ? made->n_results
                            : find_result(made, &made->text.items[i], &next_unnamed);
        if (result < made->n_results)
            is_of_item[result] = true;
    }
}

static bool lay_out(plan *made, bool append, failure *failed) {
    enum { MOST_OUTPUTS = 1 << 22 };
    size_t most = made->n_results + (made->text.n_items + 1) * (made->n_table + 1);
    if (most > MOST_OUTPUTS)
        return failure_set(failed, EXIT_PROGRAM, "program", "it would write too many columns");
    made->outputs = calloc(most, sizeof *made->outputs);
    bool *is_placed = calloc(2 * made->n_results + 1, sizeof *is_placed);
    bool *is_of_item = is_placed + made->n_results;
    bool ok = made->outputs != NULL && is_placed != NULL ? true : fail_memory(failed);
    size_t next_unnamed = 0;
    if (ok)
        mark_items(made, is_of_item);
    if (ok && append) {
        made->keeps_columns = true;
        ok = add_input_columns(made, failed);
    }
    for (size_t i = 0; i < made->n_results && ok; i++)
        if (!is_of_item[i] && !is_hidden(made->results[i].name))
            ok = add_result(made, i, strdup(made->results[i].name), failed);
    for (size_t i = 0; i < made->text.n_items && ok; i++)
        ok = add_item(made, &made->text.items[i], is_placed, &next_unnamed, failed);
    free(is_placed);
    if (ok && made->n_outputs == 0)
        return failure_set(failed, EXIT_PROGRAM, "program", "it has no result that is written");
    return ok;
}

/* ---- The whole --------------------------------------------------------------------------- */

static bool note_interface(plan *made, failure *failed) {
    made->inputs = evex_expr_inputs(made->expr, &made->n_inputs);
    made->results = evex_expr_outputs(made->expr, &made->n_results);
    made->input_columns = calloc(made->n_inputs + 1, sizeof *made->input_columns);
    if (made->input_columns == NULL)
        return fail_memory(failed);
    for (size_t i = 0; i < made->n_inputs; i++) {
        size_t n_found;
        const char *name = made->inputs[i].name;
        made->input_columns[i] = plan_find_variable(made, name, strlen(name), &n_found);
    }
    return true;
}

static bool has_computed_item(const program *text) {
    bool is_all_taken = text->n_items > 0;
    for (size_t i = 0; i < text->n_items; i++)
        is_all_taken &= text->items[i].is_taken;
    /* Statements before the last may compute something all the same. */
    return !is_all_taken || text->has_assignment;
}

bool plan_make(plan *made, const options *given, bool any_names, failure *failed) {
    enum { MOST_PROGRAM_BYTES = 65536 }; /* the language's limit */
    size_t n_used;
    if (given->program_bytes > MOST_PROGRAM_BYTES)
        return failure_set(failed, EXIT_PROGRAM, "program", "it is longer than %d bytes",
                           MOST_PROGRAM_BYTES);
    if (!program_scan(&made->text, given->program, given->program_bytes, failed) ||
        !plan_force_types(made, given->types, failed))
        return false;
    take_columns(made);
    if (!rewrite_names(made, failed) || !program_rewrite(&made->text, failed))
        return false;
    if (has_computed_item(&made->text)) {
        evex_compile_options compile = EVEX_COMPILE_OPTIONS_INIT;
        compile.isa = given->isa;
        compile.no_optimise = given->no_optimise;
        compile.overflow = (uint8_t)given->overflow;
        if (!find_names(made, any_names, &n_used, failed) ||
            (n_used == 0 && made->n_columns > 0 && !rewrite_count(made, failed)) ||
            !plan_compile(made, &compile, failed) || !note_interface(made, failed))
            return false;
    }
    return lay_out(made, given->append, failed);
}

void plan_free(plan *made) {
    for (size_t i = 0; i < made->n_columns; i++) {
        free(made->columns[i].name);
        free(made->columns[i].variable);
    }
    for (size_t i = 0; i < made->n_outputs; i++)
        free(made->outputs[i].name);
    free(made->columns);
    free(made->outputs);
    free(made->input_columns);
    evex_expr_free(&made->expr);
    program_free(&made->text);
    *made = (plan){0};
}
