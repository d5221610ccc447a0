/* SPDX-License-Identifier: MIT */
/*
 * Reading a finished tree: its text form for tests and docs, and the names that it wants from
 * outside. Both are loops; the walk keeps its path in the arena, so depth costs no stack.
 */
#include "parser/ast.h"

#include <string.h>

#include "parser/lex.h"
#include "parser/name_set.h"

/* ---- Leaves ------------------------------------------------------------------------------ */

static void dump_integer(evex_text *text, uint64_t value) {
    char digits[20];
    size_t n = 0;
    do
        digits[sizeof digits - ++n] = (char)('0' + value % 10);
    while (value /= 10);
    evex_text_bytes(text, digits + sizeof digits - n, n);
}

/* A float shows as one: with a point, an exponent, or as inf. */
static void dump_float(evex_text *text, double value) {
    char buffer[64];
    evex_text number = evex_text_in(buffer, sizeof buffer);
    evex_text_f64(&number, value);
    evex_text_bytes(text, buffer, number.length);
    if (!strpbrk(buffer, ".en"))
        evex_text_bytes(text, ".0", 2);
}

static void dump_string(evex_text *text, const char *bytes, size_t n_bytes) {
    static const char hex[] = "0123456789abcdef";
    evex_text_bytes(text, "\"", 1);
    for (size_t i = 0; i < n_bytes; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte < 0x20 || byte == 0x7f)
            evex_text_format(text, "\\x%c%c", hex[byte >> 4], hex[byte & 15]);
        else
            evex_text_format(text, byte == '"' || byte == '\\' ? "\\%c" : "%c", byte);
    }
    evex_text_bytes(text, "\"", 1);
}

static int is_plain(const char *bytes, size_t n_bytes) {
    for (size_t i = 0; i < n_bytes; i++) {
        char c = bytes[i];
        int is_letter = (unsigned char)c >= 0x80 || c == '_' || (c >= 'a' && c <= 'z') ||
                        (c >= 'A' && c <= 'Z');
        if (!is_letter && !(i > 0 && c >= '0' && c <= '9'))
            return 0;
    }
    return !evex_is_keyword(bytes, n_bytes);
}

static void dump_name(evex_text *text, const char *bytes, size_t n_bytes) {
    const char *quote = is_plain(bytes, n_bytes) ? "" : "`";
    evex_text_format(text, "%s%.*s%s", quote, (int)n_bytes, bytes, quote);
}

static void dump_leaf(const evex_ast_node *node, evex_text *text) {
    switch (node->kind) {
    case EVEX_AST_INT:
        if (node->is_huge)
            evex_text_bytes(text, "huge:", 5);
        else
            dump_integer(text, node->value.integer);
        if (node->is_huge)
            dump_float(text, node->value.number);
        break;
    case EVEX_AST_FLOAT:
    case EVEX_AST_IMAGINARY:
        dump_float(text, node->value.number);
        evex_text_bytes(text, "j", node->kind == EVEX_AST_IMAGINARY);
        break;
    case EVEX_AST_BOOL:
        evex_text_format(text, "%s", node->value.integer ? "True" : "False");
        break;
    case EVEX_AST_STR:
        dump_string(text, node->value.text.bytes, node->value.text.n_bytes);
        break;
    case EVEX_AST_NAME:
        dump_name(text, node->value.text.bytes, node->value.text.n_bytes);
        break;
    default:
        evex_text_format(text, "%s", node->kind == EVEX_AST_NA ? "NA" : "None");
    }
}

/* ---- Constructs -------------------------------------------------------------------------- */

static int is_leaf(const evex_ast_node *node) {
    return node->kind <= EVEX_AST_NAME;
}

static const char *unary_sign(uint8_t op) {
    return op == EVEX_OP_NEG ? "-" : op == EVEX_OP_COPY ? "+" : "~";
}

/* What stands in front of the first child of a construct. */
static void dump_head(const evex_ast_node *node, evex_text *text) {
    static const char *const words[EVEX_N_AST_KINDS] = {[EVEX_AST_AND] = "and",
                                                        [EVEX_AST_OR] = "or",
                                                        [EVEX_AST_NOT] = "not",
                                                        [EVEX_AST_COALESCE] = "?"
                                                                              "?",
                                                        [EVEX_AST_IF] = "if",
                                                        [EVEX_AST_TUPLE] = "tuple",
                                                        [EVEX_AST_COMPARE] = "compare"};
    if (node->kind == EVEX_AST_UNARY)
        evex_text_format(text, "(%s", unary_sign(node->op));
    else if (node->kind == EVEX_AST_BINARY)
        evex_text_format(text, "(%s", evex_op_infos[node->op].name);
    else if (node->kind == EVEX_AST_IN)
        evex_text_format(text, "(%s", node->is_negated ? "not-in" : "in");
    else if (words[node->kind])
        evex_text_format(text, "(%s", words[node->kind]);
    else {
        evex_text_format(text, "(%s", node->kind == EVEX_AST_ATTRIBUTE ? "." : "");
        dump_name(text, node->value.text.bytes, node->value.text.n_bytes);
    }
    if (node->kind == EVEX_AST_KEYWORD)
        evex_text_bytes(text, "=", 1);
}

/* What stands in front of child i. */
static void dump_joint(const evex_ast_node *node, uint32_t i, evex_text *text) {
    evex_text_bytes(text, " ", 1);
    if (node->kind == EVEX_AST_COMPARE && i > 0)
        evex_text_format(text, "%s ", evex_op_infos[node->value.ops[i - 1]].name);
}

/* A construct on the path from the root, and which of its children comes next. */
typedef struct {
    const evex_ast_node *node;
    uint32_t next;
} step;

typedef struct {
    step *steps;
    size_t n, capacity;
} walk;

/* Writes a leaf, or the head of a construct, which joins the path; 0 when out of memory. */
static int dump_begin(walk *path, const evex_ast_node *node, evex_arena *arena, evex_text *text) {
    if (is_leaf(node)) {
        dump_leaf(node, text);
        return 1;
    }
    void *steps = path->steps;
    if (path->n == path->capacity &&
        !evex_arena_grow(arena, &steps, &path->capacity, path->n + 16, sizeof *path->steps))
        return 0;
    path->steps = steps;
    path->steps[path->n++] = (step){node, 0};
    dump_head(node, text);
    return 1;
}

static int dump_tree(const evex_ast *ast, evex_ast_index root, evex_arena *arena, evex_text *text) {
    walk path = {NULL, 0, 0};
    int is_good = dump_begin(&path, &ast->nodes[root], arena, text);
    while (is_good && path.n > 0) {
        step *last = &path.steps[path.n - 1];
        const uint32_t i = last->next++;
        if (i == last->node->n_children) {
            evex_text_bytes(text, ")", 1);
            path.n--;
            continue;
        }
        dump_joint(last->node, i, text);
        is_good = dump_begin(&path, &ast->nodes[last->node->children[i]], arena, text);
    }
    return is_good;
}

static int dump_item(const evex_ast *ast, const evex_ast_item *item, evex_arena *arena,
                     evex_text *text) {
    if (!item->name)
        return dump_tree(ast, item->node, arena, text);
    evex_text_format(text, "(%s ", item->is_assignment ? "=" : "as");
    dump_name(text, item->name, item->name_bytes);
    evex_text_bytes(text, " ", 1);
    int is_good = dump_tree(ast, item->node, arena, text);
    evex_text_bytes(text, ")", 1);
    return is_good;
}

evex_status evex_ast_dump(const evex_ast *ast, evex_arena *arena, evex_text *text) {
    for (size_t i = 0; i < ast->n_items; i++) {
        const evex_ast_item *item = &ast->items[i];
        if (!dump_item(ast, item, arena, text))
            return EVEX_NO_MEMORY;
        if (i + 1 < ast->n_items)
            evex_text_bytes(text, item[1].statement == item->statement ? "," : ";", 1);
        evex_text_bytes(text, "\n", 1);
    }
    return EVEX_OK;
}

/* ---- Free names -------------------------------------------------------------------------- */

enum { IS_KNOWN = 1 }; /* flag of a name that was listed or given to an item */

typedef struct {
    evex_name_set seen;
    evex_ast_name *names;
    size_t n, capacity;
    const evex_limits *limits;
    evex_arena *arena;
    evex_error *error;
} collector;

/* Adds the name of a node to the list, unless it is known already. */
static evex_status collect(collector *c, const evex_ast_node *node) {
    const char *bytes = node->value.text.bytes;
    size_t n_bytes = node->value.text.n_bytes;
    evex_name *name = evex_name_set_add(&c->seen, bytes, n_bytes);
    if (!name)
        return evex_fail_memory(c->error);
    if (name->flags & IS_KNOWN)
        return EVEX_OK;
    name->flags |= IS_KNOWN;
    if (c->n == c->limits->operands)
        return evex_fail(c->error, EVEX_LIMIT_NAMES, node->place,
                         "more different names than the limit of %zu", c->limits->operands);
    void *names = c->names;
    if (c->n == c->capacity &&
        !evex_arena_grow(c->arena, &names, &c->capacity, c->n + 16, sizeof *c->names))
        return evex_fail_memory(c->error);
    c->names = names;
    c->names[c->n++] = (evex_ast_name){bytes, n_bytes, node->token};
    return EVEX_OK;
}

/* The names in an item's expression, then the one it is given. A node's number is less than its
 * parent's, and leaves are numbered as they stand in the text. */
static evex_status collect_item(collector *c, const evex_ast *ast, const evex_ast_item *item) {
    for (evex_ast_index i = item->first_node; i <= item->node; i++) {
        if (ast->nodes[i].kind != EVEX_AST_NAME)
            continue;
        evex_status status = collect(c, &ast->nodes[i]);
        if (status != EVEX_OK)
            return status;
    }
    if (!item->name)
        return EVEX_OK;
    evex_name *name = evex_name_set_add(&c->seen, item->name, item->name_bytes);
    if (!name)
        return evex_fail_memory(c->error);
    name->flags |= IS_KNOWN;
    return EVEX_OK;
}

evex_status evex_ast_free_names(const evex_ast *ast, const evex_limits *limits, evex_arena *arena,
                                evex_ast_name **names, size_t *n, evex_error *error) {
    collector c = {.seen = {arena, NULL}, .limits = limits, .arena = arena, .error = error};
    for (size_t i = 0; i < ast->n_items; i++) {
        evex_status status = collect_item(&c, ast, &ast->items[i]);
        if (status != EVEX_OK)
            return status;
    }
    *names = c.names;
    *n = c.n;
    return EVEX_OK;
}
