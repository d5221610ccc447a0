/* SPDX-License-Identifier: MIT */
/*
 * Resolution of names: see names.h. All names of the text are interned into symbols first; then the
 * caller's variables are matched with the symbols, so that the cost is linear in both; then
 * one walk through the items in the order of the text decides what each use means. An assigned
 * name means the variable of that name until its own item has ended.
 */
#include "compiler/names.h"

#include <math.h>
#include <string.h>

#include "parser/name_set.h"

#define NONE UINT32_MAX

typedef struct {
    const char *bytes;
    size_t n_bytes;
    uint32_t var;      /* NONE: the caller has no such variable */
    uint32_t input;    /* its number among the inputs; NONE: not used so far */
    uint32_t item;     /* the item that assigned it; NONE: none so far */
    uint32_t constant; /* NONE: it names no constant */
} symbol;

typedef struct {
    evex_names_found *found;
    const evex_ast *ast;
    const evex_var *vars;
    size_t n_vars, max_inputs;
    evex_arena *arena;
    evex_error *error;
    symbol *symbols;
    size_t n_symbols;
    evex_name_set names; /* flags: 1 + the symbol's number; 0 for variables out of the text */
    uint8_t *is_read;    /* by item */
} resolver;

static const struct {
    const char *name;
    double value;
} constants[] = {{"pi", 3.14159265358979323846},
                 {"e", 2.71828182845904523536},
                 {"tau", 6.28318530717958647692},
                 {"inf", INFINITY},
                 {"nan", NAN}};

enum { N_CONSTANTS = sizeof constants / sizeof *constants };

double evex_named_constant(uint32_t index) {
    return constants[index].value;
}

static uint32_t find_constant(const char *bytes, size_t n_bytes) {
    for (uint32_t i = 0; i < N_CONSTANTS; i++)
        if (strlen(constants[i].name) == n_bytes && memcmp(constants[i].name, bytes, n_bytes) == 0)
            return i;
    return NONE;
}

/* ---- Symbols -------------------------------------------------------------------------------- */

/* The symbol of a name of the text. NULL: out of memory. */
static symbol *intern(resolver *r, const char *bytes, size_t n_bytes) {
    evex_name *name = evex_name_set_add(&r->names, bytes, n_bytes);
    if (name == NULL)
        return NULL;
    if (name->flags == 0) {
        r->symbols[r->n_symbols++] =
            (symbol){bytes, n_bytes, NONE, NONE, NONE, find_constant(bytes, n_bytes)};
        name->flags = (unsigned)r->n_symbols;
    }
    return &r->symbols[name->flags - 1];
}

static int make_room(resolver *r, size_t n_names) {
    r->symbols = evex_arena_push_array(r->arena, n_names, sizeof *r->symbols);
    r->is_read = evex_arena_push_array(r->arena, r->ast->n_items, sizeof *r->is_read);
    r->found->uses = evex_arena_push_array(r->arena, r->ast->n_nodes, sizeof *r->found->uses);
    r->found->inputs = evex_arena_push_array(r->arena, n_names, sizeof *r->found->inputs);
    r->found->results = evex_arena_push_array(r->arena, r->ast->n_items, sizeof *r->found->results);
    return r->symbols != NULL && r->is_read != NULL && r->found->uses != NULL &&
           r->found->inputs != NULL && r->found->results != NULL;
}

static int intern_all(resolver *r) {
    const evex_ast *ast = r->ast;
    size_t n_names = ast->n_items;
    for (size_t i = 0; i < ast->n_nodes; i++)
        n_names += ast->nodes[i].kind == EVEX_AST_NAME;
    if (!make_room(r, n_names))
        return 0;
    for (size_t i = 0; i < ast->n_nodes; i++) {
        if (ast->nodes[i].kind != EVEX_AST_NAME)
            continue;
        const symbol *s =
            intern(r, ast->nodes[i].value.text.bytes, ast->nodes[i].value.text.n_bytes);
        if (s == NULL)
            return 0;
        r->found->uses[i].index = (uint32_t)(s - r->symbols);
    }
    return 1;
}

static evex_status match_vars(resolver *r) {
    for (size_t i = 0; i < r->n_vars; i++) {
        if (r->vars[i].name == NULL)
            return evex_fail(r->error, EVEX_INVALID_ARGUMENT, (evex_place){0, 0},
                             "variable %zu has no name", i);
        const evex_name *name =
            evex_name_set_add(&r->names, r->vars[i].name, strlen(r->vars[i].name));
        if (name == NULL)
            return evex_fail_memory(r->error);
        if (name->flags == 0)
            continue;
        if (r->symbols[name->flags - 1].var != NONE)
            return evex_fail(r->error, EVEX_INVALID_ARGUMENT, (evex_place){0, 0},
                             "two variables are named '%s'", r->vars[i].name);
        r->symbols[name->flags - 1].var = (uint32_t)i;
    }
    return EVEX_OK;
}

/* ---- Unknown names -------------------------------------------------------------------------- */

static const char *copy_text(evex_arena *arena, const char *bytes, size_t n_bytes) {
    char *copy = evex_arena_push(arena, n_bytes + 1);
    if (copy != NULL)
        memcpy(copy, bytes, n_bytes);
    return copy;
}

/* Variables, names assigned so far and constants, NUL-terminated. NULL: out of memory. */
static const char **list_known(const resolver *r, size_t *n) {
    const char **known =
        evex_arena_push_array(r->arena, r->n_vars + r->n_symbols + N_CONSTANTS, sizeof *known);
    *n = 0;
    if (known == NULL)
        return NULL;
    for (size_t i = 0; i < r->n_vars; i++)
        known[(*n)++] = r->vars[i].name;
    for (size_t i = 0; i < r->n_symbols; i++)
        if (r->symbols[i].item != NONE) {
            known[*n] = copy_text(r->arena, r->symbols[i].bytes, r->symbols[i].n_bytes);
            if (known[(*n)++] == NULL)
                return NULL;
        }
    for (size_t i = 0; i < N_CONSTANTS; i++)
        known[(*n)++] = constants[i].name;
    return known;
}

static evex_status fail_unknown(const resolver *r, const evex_ast_node *node) {
    size_t n_known;
    const char *name = node->value.text.bytes;
    const size_t n_bytes = node->value.text.n_bytes;
    const char **known = list_known(r, &n_known);
    if (known == NULL)
        return evex_fail_memory(r->error);
    const char *nearest = evex_nearest(name, n_bytes, known, n_known);
    if (nearest != NULL)
        return evex_fail(r->error, EVEX_UNKNOWN_NAME, node->place,
                         "unknown name '%.*s'; did you mean '%s'?", (int)n_bytes, name, nearest);
    return evex_fail(r->error, EVEX_UNKNOWN_NAME, node->place, "unknown name '%.*s'", (int)n_bytes,
                     name);
}

/* ---- Uses ----------------------------------------------------------------------------------- */

static evex_status use_input(resolver *r, symbol *s, evex_place place) {
    if (s->input != NONE)
        return EVEX_OK;
    if (r->found->n_inputs >= r->max_inputs)
        return evex_fail(r->error, EVEX_LIMIT_NAMES, place, "more than %zu distinct operands",
                         r->max_inputs);
    s->input = (uint32_t)r->found->n_inputs;
    r->found->inputs[r->found->n_inputs++] = (evex_named_input){s->var, place};
    return EVEX_OK;
}

static evex_status resolve_name(resolver *r, evex_ast_index index) {
    const evex_ast_node *node = &r->ast->nodes[index];
    evex_name_use *use = &r->found->uses[index];
    symbol *s = &r->symbols[use->index];
    evex_status status = EVEX_OK;
    if (s->item != NONE) {
        r->is_read[s->item] = 1;
        *use = (evex_name_use){EVEX_NAME_ITEM, s->item};
    } else if (s->var != NONE) {
        status = use_input(r, s, node->place);
        *use = (evex_name_use){EVEX_NAME_INPUT, s->input};
    } else if (s->constant != NONE) {
        *use = (evex_name_use){EVEX_NAME_CONSTANT, s->constant};
    } else {
        status = fail_unknown(r, node);
    }
    return status;
}

/* From here on the item's name means the item. The parser has seen to it that no other item has the
 * name. */
static evex_status assign_name(resolver *r, uint32_t index) {
    const evex_ast_item *item = &r->ast->items[index];
    if (item->name == NULL)
        return EVEX_OK;
    symbol *s = intern(r, item->name, item->name_bytes);
    if (s == NULL)
        return evex_fail_memory(r->error);
    s->item = index;
    return EVEX_OK;
}

static evex_status resolve_item(resolver *r, uint32_t index) {
    const evex_ast_item *item = &r->ast->items[index];
    evex_status status = EVEX_OK;
    for (evex_ast_index i = item->first_node; i <= item->node && status == EVEX_OK; i++)
        if (r->ast->nodes[i].kind == EVEX_AST_NAME)
            status = resolve_name(r, i);
    return status == EVEX_OK ? assign_name(r, index) : status;
}

/* All items of the last statement; before them, those of earlier ones that nothing reads. */
static evex_status list_results(resolver *r) {
    const evex_ast *ast = r->ast;
    for (uint32_t i = 0; i < ast->n_items; i++) {
        const evex_ast_item *item = &ast->items[i];
        const int is_last = item->statement + 1 == ast->n_statements;
        if (!is_last && item->name == NULL) {
            evex_fail(r->error, EVEX_SYNTAX, ast->nodes[item->node].place,
                      "nothing uses the value of this statement");
            evex_hint(r->error, "name it (y = ...) or move it to the last statement");
            return EVEX_SYNTAX;
        }
        if (is_last || !r->is_read[i])
            r->found->results[r->found->n_results++] = i;
    }
    return EVEX_OK;
}

evex_status evex_names_resolve(evex_names_found *found, const evex_ast *ast, const evex_var *vars,
                               size_t n_vars, size_t max_inputs, evex_arena *arena,
                               evex_error *error) {
    resolver r = {.found = found,
                  .ast = ast,
                  .vars = vars,
                  .n_vars = n_vars,
                  .max_inputs = max_inputs,
                  .arena = arena,
                  .error = error,
                  .names = {.arena = arena}};
    *found = (evex_names_found){0};
    if (!intern_all(&r))
        return evex_fail_memory(error);
    evex_status status = match_vars(&r);
    for (uint32_t i = 0; i < ast->n_items && status == EVEX_OK; i++)
        status = resolve_item(&r, i);
    return status == EVEX_OK ? list_results(&r) : status;
}
