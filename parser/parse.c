/* SPDX-License-Identifier: MIT */
/*
 * The grammar: a table of precedences and one function for each production, which stands above it.
 * Tokens come from lex.c one ahead of the current one. Every function returns the index of the node
 * it made, or FAILED once the error is recorded. What the names and types mean is compiler/'s to
 * check.
 */
#include <string.h>

#include "parser/ast.h"
#include "parser/lex.h"
#include "parser/name_set.h"

enum { FAILED = -1 };

typedef struct {
    evex_lexer lexer;
    evex_token token, next;
    uint8_t last_kind; /* of the token before: what an operand is missing behind */
    size_t last_end;   /* where that token ended */
    evex_ast *ast;
    const evex_limits *limits;
    evex_arena *arena;
    evex_error *error;
    evex_status status;
    size_t depth;           /* constructs open */
    size_t n_counted;       /* nodes towards the limit */
    int is_in_tuple;        /* nodes made now do not count */
    size_t argument_offset; /* a tuple or None may stand here only */
    size_t node_capacity, item_capacity;
    uint32_t *stack; /* children, and operators of chains, of the nodes under construction */
    size_t n_stack, stack_capacity;
    evex_name_set names; /* of assignments and results */
} parser;

typedef int64_t node_index; /* an evex_ast_index or FAILED */

/* ---- Precedence -------------------------------------------------------------------------- */

/* Lowest first; an operator's operands bind tighter than itself, but for the right one of `**`. */
typedef enum {
    NO_OPERATOR,
    TERNARY,
    OR,
    AND,
    NOT,
    COMPARISON,
    COALESCE,
    BIT_OR,
    BIT_XOR,
    BIT_AND,
    SHIFT,
    SUM,
    PRODUCT,
    UNARY,
    POWER,
    POSTFIX
} precedence;

/* Parses what begins with the current token, as the operand of an operator below minimum. */
typedef node_index (*prefix_production)(parser *p, precedence minimum);
/* Parses what continues left with the current token. */
typedef node_index (*infix_production)(parser *p, node_index left);

typedef struct {
    prefix_production prefix;
    infix_production infix;
    uint8_t precedence; /* of infix */
    uint8_t op;         /* evex_op */
} rule;

static const rule rules[EVEX_N_TOKENS];

static int begins_operand(evex_token_kind kind) {
    return rules[kind].prefix && !rules[kind].infix;
}

/* ---- Errors ------------------------------------------------------------------------------ */

/* The end of the text is drawn as one column behind it. */
static evex_place place_of(const evex_token *token) {
    return (evex_place){token->place.offset, token->place.length ? token->place.length : 1};
}

/* Quoted text of the token, or a phrase where it has none worth showing. */
static void describe(const parser *p, const evex_token *token, char buffer[64]) {
    evex_text text = evex_text_in(buffer, 64);
    int has_quotes = token->kind == EVEX_TOKEN_STRING || token->kind == EVEX_TOKEN_BACKTICKS;
    const char *quote = has_quotes ? "" : "'";
    if (token->kind == EVEX_TOKEN_NEWLINE || token->kind == EVEX_TOKEN_END)
        evex_text_format(&text, "%s", evex_token_text(token->kind));
    else
        evex_text_format(&text, "%s%.*s%s", quote,
                         (int)(token->place.length < 48 ? token->place.length : 48),
                         p->lexer.source + token->place.offset, quote);
}

/* Records a plain syntax error; hint may be NULL. */
static node_index fail(parser *p, evex_place place, const char *message, const char *hint) {
    p->status = evex_fail(p->error, EVEX_SYNTAX, place, "%s", message);
    if (hint)
        evex_hint(p->error, "%s", hint);
    return FAILED;
}

static node_index fail_memory(parser *p) {
    p->status = evex_fail_memory(p->error);
    return FAILED;
}

static void hint_at_token(parser *p) {
    if (p->token.kind == EVEX_TOKEN_ASSIGN)
        evex_hint(p->error, "'=' gives a result its name; to compare write '=='");
    else if (p->token.kind == EVEX_TOKEN_RIGHT && p->lexer.n_open == 0)
        evex_hint(p->error, "this ')' has no '('");
    else if (begins_operand(p->token.kind))
        evex_hint(p->error, "an operator is missing, such as '*'");
}

/* The current token cannot stand here. */
static node_index fail_unexpected(parser *p, const char *expected) {
    char found[64];
    describe(p, &p->token, found);
    p->status = evex_fail(p->error, EVEX_SYNTAX, place_of(&p->token), "expected %s, found %s",
                          expected, found);
    evex_expected(p->error, expected, found);
    hint_at_token(p);
    return FAILED;
}

/* No operand begins with the current token. */
static node_index fail_operand(parser *p, const char *operand) {
    char found[64];
    describe(p, &p->token, found);
    if (p->last_kind == EVEX_TOKEN_NEWLINE)
        p->status = evex_fail(p->error, EVEX_SYNTAX, place_of(&p->token), "expected %s, found %s",
                              operand, found);
    else
        p->status = evex_fail(p->error, EVEX_SYNTAX, place_of(&p->token),
                              "expected %s after %s, found %s", operand,
                              evex_token_text(p->last_kind), found);
    evex_expected(p->error, operand, found);
    if (evex_token_is_keyword(p->token.kind) && !rules[p->token.kind].prefix)
        evex_hint(p->error, "a name that is a keyword needs backticks: `%.*s`",
                  (int)p->token.place.length, p->lexer.source + p->token.place.offset);
    else if (p->token.kind == EVEX_TOKEN_ASSIGN)
        hint_at_token(p);
    return FAILED;
}

/* ---- Tokens and nodes -------------------------------------------------------------------- */

/* Goes to the next token; 0 on failure, which is recorded. */
static int advance(parser *p) {
    p->last_kind = p->token.kind;
    p->last_end = p->token.place.offset + p->token.place.length;
    p->token = p->next;
    if (p->token.kind != EVEX_TOKEN_END)
        p->status = evex_lexer_next(&p->lexer, &p->next);
    return p->status == EVEX_OK;
}

static int at(const parser *p, evex_token_kind kind) {
    return p->token.kind == kind;
}

static int at_name(const parser *p) {
    return at(p, EVEX_TOKEN_NAME) || at(p, EVEX_TOKEN_BACKTICKS);
}

/* Steps over a token of this kind, or fails. */
static int expect(parser *p, evex_token_kind kind, const char *expected) {
    if (at(p, kind))
        return advance(p);
    fail_unexpected(p, expected);
    return 0;
}

static node_index fail_unclosed(parser *p, evex_place open) {
    return fail(p, open, "'(' is never closed", NULL);
}

/* Steps over the ')' of the '(' at open, or fails and says which of the two is missing. */
static int expect_right(parser *p, evex_place open, const char *expected) {
    if (at(p, EVEX_TOKEN_END) || at(p, EVEX_TOKEN_SEMICOLON)) {
        fail_unclosed(p, open);
        return 0;
    }
    return expect(p, EVEX_TOKEN_RIGHT, expected);
}

/* From offset to the end of the last token read. */
static evex_place place_from(const parser *p, size_t offset) {
    return (evex_place){offset, p->last_end - offset};
}

/* Grows an array in the arena; 0 on failure, which is recorded. */
static int grow(parser *p, void *array, size_t *capacity, size_t n, size_t size_bytes) {
    void *memory;
    memcpy(&memory, array, sizeof memory);
    if (n < *capacity)
        return 1;
    if (!evex_arena_grow(p->arena, &memory, capacity, n + 16, size_bytes)) {
        fail_memory(p);
        return 0;
    }
    memcpy(array, &memory, sizeof memory);
    return 1;
}

static node_index add_node(parser *p, evex_ast_node node) {
    p->n_counted += !p->is_in_tuple;
    if (p->n_counted > p->limits->nodes) {
        p->status = evex_fail(p->error, EVEX_LIMIT_NODES, node.token,
                              "more syntax nodes than the limit of %zu", p->limits->nodes);
        return FAILED;
    }
    if (!grow(p, &p->ast->nodes, &p->node_capacity, p->ast->n_nodes, sizeof node))
        return FAILED;
    p->ast->nodes[p->ast->n_nodes] = node;
    return (node_index)p->ast->n_nodes++;
}

static evex_ast_node *node_at(const parser *p, node_index index) {
    return &p->ast->nodes[index];
}

/* Adds a node over n given children; its place begins at offset and ends with the last token. */
static node_index add_parent(parser *p, evex_ast_node node, size_t offset,
                             const node_index *children, uint32_t n) {
    evex_ast_index *copy = evex_arena_push_array(p->arena, n, sizeof *copy);
    if (!copy)
        return fail_memory(p);
    for (uint32_t i = 0; i < n; i++)
        copy[i] = (evex_ast_index)children[i];
    node.children = copy;
    node.n_children = n;
    node.place = place_from(p, offset);
    return add_node(p, node);
}

static int push(parser *p, uint32_t entry) {
    if (!grow(p, &p->stack, &p->stack_capacity, p->n_stack, sizeof entry))
        return 0;
    p->stack[p->n_stack++] = entry;
    return 1;
}

/* Adds a node over the children that were pushed since the stack had n_base entries. */
static node_index add_parent_of_stack(parser *p, evex_ast_node node, size_t offset, size_t n_base) {
    size_t n = p->n_stack - n_base;
    evex_ast_index *copy = evex_arena_push_array(p->arena, n, sizeof *copy);
    if (!copy)
        return fail_memory(p);
    if (n > 0)
        memcpy(copy, p->stack + n_base, n * sizeof *copy);
    p->n_stack = n_base;
    node.children = copy;
    node.n_children = (uint32_t)n;
    node.place = place_from(p, offset);
    return add_node(p, node);
}

/* ---- Expressions ------------------------------------------------------------------------- */

static int enter(parser *p) {
    if (p->depth++ <= p->limits->depth)
        return 1;
    p->status = evex_fail(p->error, EVEX_LIMIT_DEPTH, place_of(&p->token),
                          "nested deeper than the limit of %zu", p->limits->depth);
    return 0;
}

/* None and tuples are no operands: only an argument can be one. */
static int is_operand(const parser *p, node_index node) {
    return node_at(p, node)->kind != EVEX_AST_TUPLE && node_at(p, node)->kind != EVEX_AST_NONE;
}

/* expr := prefix { infix }, as far as operators bind at least as tight as minimum */
static node_index parse_expression(parser *p, precedence minimum) {
    if (!enter(p))
        return FAILED;
    prefix_production prefix = rules[p->token.kind].prefix;
    node_index node = prefix ? prefix(p, minimum) : fail_operand(p, "an expression");
    while (node != FAILED && rules[p->token.kind].precedence >= minimum && is_operand(p, node))
        node = rules[p->token.kind].infix(p, node);
    p->depth--;
    return node;
}

/* ---- Operands ---------------------------------------------------------------------------- */

static evex_ast_node node_of_token(const evex_token *token) {
    evex_ast_node node = {.place = token->place, .token = token->place};
    switch (token->kind) {
    case EVEX_TOKEN_INT:
    case EVEX_TOKEN_FLOAT:
    case EVEX_TOKEN_IMAGINARY:
        node.kind = token->kind == EVEX_TOKEN_INT     ? EVEX_AST_INT
                    : token->kind == EVEX_TOKEN_FLOAT ? EVEX_AST_FLOAT
                                                      : EVEX_AST_IMAGINARY;
        node.is_huge = token->is_huge;
        if (token->kind == EVEX_TOKEN_INT && !token->is_huge)
            node.value.integer = token->value.integer;
        else
            node.value.number = token->value.number;
        return node;
    case EVEX_TOKEN_TRUE:
    case EVEX_TOKEN_FALSE:
        node.kind = EVEX_AST_BOOL;
        node.value.integer = token->kind == EVEX_TOKEN_TRUE;
        return node;
    default:
        node.kind = token->kind == EVEX_TOKEN_STRING ? EVEX_AST_STR
                    : token->kind == EVEX_TOKEN_NONE ? EVEX_AST_NONE
                    : token->kind == EVEX_TOKEN_NA   ? EVEX_AST_NA
                                                     : EVEX_AST_NAME;
        node.value.text.bytes = token->value.text.bytes;
        node.value.text.n_bytes = token->value.text.n_bytes;
        return node;
    }
}

/* literal := number | string | "True" | "False" | "NA" */
static node_index parse_literal(parser *p, precedence minimum) {
    (void)minimum;
    evex_ast_node node = node_of_token(&p->token);
    return advance(p) ? add_node(p, node) : FAILED;
}

static node_index parse_none(parser *p, precedence minimum) {
    if (p->token.place.offset != p->argument_offset)
        return fail(p, p->token.place, "None stands only as an argument of a function",
                    "a missing value is NA");
    return parse_literal(p, minimum);
}

static int is_literal(const parser *p, node_index index) {
    const evex_ast_node *node = node_at(p, index);
    if (node->kind == EVEX_AST_UNARY && node->op != EVEX_OP_INVERT)
        return node_at(p, node->children[0])->kind <= EVEX_AST_IMAGINARY;
    return node->kind <= EVEX_AST_STR;
}

/* element := [ "+" | "-" ] number | string | "True" | "False" */
static node_index parse_element(parser *p) {
    evex_place sign = p->token.place;
    const int is_signed = at(p, EVEX_TOKEN_MINUS) || at(p, EVEX_TOKEN_PLUS);
    const evex_op op = at(p, EVEX_TOKEN_MINUS) ? EVEX_OP_NEG : EVEX_OP_COPY;
    if (is_signed && !advance(p))
        return FAILED;
    int is_number = at(p, EVEX_TOKEN_INT) || at(p, EVEX_TOKEN_FLOAT) || at(p, EVEX_TOKEN_IMAGINARY);
    int is_other = at(p, EVEX_TOKEN_STRING) || at(p, EVEX_TOKEN_TRUE) || at(p, EVEX_TOKEN_FALSE);
    if (!is_number && !(is_other && !is_signed))
        return fail_operand(p, is_signed ? "a number" : "a literal");
    node_index literal = parse_literal(p, UNARY);
    if (!is_signed || literal == FAILED)
        return literal;
    evex_ast_node node = {.kind = EVEX_AST_UNARY, .op = (uint8_t)op, .token = sign};
    return add_parent(p, node, sign.offset, &literal, 1);
}

/*
 * elements := [ element { "," element } [ "," ] ] ")"
 * Makes a tuple of them and of what was pushed above n_base; open is the place of its "(".
 */
static node_index parse_elements(parser *p, evex_place open, size_t n_base) {
    evex_ast_node tuple = {.kind = EVEX_AST_TUPLE, .token = open};
    p->is_in_tuple = 1;
    while (!at(p, EVEX_TOKEN_RIGHT)) {
        node_index element = at(p, EVEX_TOKEN_END) ? fail_unclosed(p, open) : parse_element(p);
        if (element == FAILED || !push(p, (uint32_t)element))
            return FAILED;
        if (at(p, EVEX_TOKEN_RIGHT) && p->n_stack == n_base + 1)
            return fail(p, p->token.place, "a tuple of one element needs a comma",
                        "write it as in: x in (1,)");
        if (!at(p, EVEX_TOKEN_RIGHT) && !expect(p, EVEX_TOKEN_COMMA, "',' or ')'"))
            return FAILED;
    }
    p->is_in_tuple = 0;
    return advance(p) ? add_parent_of_stack(p, tuple, open.offset, n_base) : FAILED;
}

/* The rest of a tuple whose first element was parsed as an expression. */
static node_index parse_tuple(parser *p, evex_place open, node_index first, size_t n_counted) {
    size_t n_base = p->n_stack;
    if (open.offset != p->argument_offset)
        return fail(p, p->token.place, "a tuple stands only as an argument or on the right of 'in'",
                    NULL);
    if (!is_literal(p, first))
        return fail(p, node_at(p, first)->place, "a tuple holds literals only", NULL);
    p->n_counted = n_counted;
    if (!push(p, (uint32_t)first) || !advance(p))
        return FAILED;
    return parse_elements(p, open, n_base);
}

/* parentheses := "(" expr ")" | tuple
   tuple       := "(" ")" | "(" element "," elements */
static node_index parse_parentheses(parser *p, precedence minimum) {
    (void)minimum;
    const evex_place open = p->token.place;
    const size_t n_counted = p->n_counted;
    if (!advance(p))
        return FAILED;
    if (at(p, EVEX_TOKEN_RIGHT) && open.offset == p->argument_offset)
        return parse_elements(p, open, p->n_stack);
    node_index node = parse_expression(p, TERNARY);
    if (node == FAILED)
        return FAILED;
    if (at(p, EVEX_TOKEN_COMMA))
        return parse_tuple(p, open, node, n_counted);
    if (!expect_right(p, open, "an operator or ')'"))
        return FAILED;
    node_at(p, node)->place = place_from(p, open.offset);
    return node;
}

/* Fails when the call whose arguments were pushed above n_base has this keyword already. */
static int check_keyword(parser *p, size_t n_base, const evex_token *name) {
    for (size_t i = n_base; i < p->n_stack; i++) {
        const evex_ast_node *node = node_at(p, p->stack[i]);
        if (node->kind == EVEX_AST_KEYWORD && node->value.text.n_bytes == name->value.text.n_bytes &&
            memcmp(node->value.text.bytes, name->value.text.bytes, name->value.text.n_bytes) == 0) {
            p->status = evex_fail(p->error, EVEX_BAD_CALL, name->place, "'%.*s' is given twice",
                                  (int)name->place.length, name->value.text.bytes);
            return 0;
        }
    }
    return 1;
}

/* value := expr | tuple | "None" */
static node_index parse_value(parser *p) {
    p->argument_offset = p->token.place.offset;
    return parse_expression(p, TERNARY);
}

/* keyword := name "=" value */
static node_index parse_keyword(parser *p, size_t n_base) {
    const evex_token name = p->token;
    if (!check_keyword(p, n_base, &name) || !advance(p) || !advance(p))
        return FAILED;
    node_index value = parse_value(p);
    return value == FAILED ? FAILED : add_named(p, EVEX_AST_KEYWORD, &name, &value, 1);
}

/* argument := keyword | value, with keywords last */
static node_index parse_argument(parser *p, size_t n_base) {
    if (at(p, EVEX_TOKEN_NAME) && p->next.kind == EVEX_TOKEN_ASSIGN)
        return parse_keyword(p, n_base);
    if (p->n_stack > n_base && node_at(p, p->stack[p->n_stack - 1])->kind == EVEX_AST_KEYWORD) {
        p->status = evex_fail(p->error, EVEX_BAD_CALL, place_of(&p->token),
                              "an argument without a keyword after one with a keyword");
        return FAILED;
    }
    return parse_value(p);
}

/* call := name "(" [ argument { "," argument } ] ")" */
static node_index parse_call(parser *p, const evex_token *name) {
    const evex_place open = p->token.place;
    const size_t n_base = p->n_stack;
    if (!advance(p))
        return FAILED;
    for (int is_first = 1; is_first ? !at(p, EVEX_TOKEN_RIGHT) : at(p, EVEX_TOKEN_COMMA);
         is_first = 0) {
        if (!is_first && !advance(p))
            return FAILED;
        node_index argument =
            at(p, EVEX_TOKEN_END) ? fail_unclosed(p, open) : parse_argument(p, n_base);
        if (argument == FAILED || !push(p, (uint32_t)argument))
            return FAILED;
    }
    if (!expect_right(p, open, "an operator, ',' or ')'"))
        return FAILED;
    evex_ast_node node = node_of_token(name);
    node.kind = EVEX_AST_CALL;
    return add_parent_of_stack(p, node, name->place.offset, n_base);
}

/* variable := name | call */
static node_index parse_name(parser *p, precedence minimum) {
    (void)minimum;
    const evex_token name = p->token;
    if (!advance(p))
        return FAILED;
    return at(p, EVEX_TOKEN_LEFT) ? parse_call(p, &name) : add_node(p, node_of_token(&name));
}

/* ---- Operators --------------------------------------------------------------------------- */

/* unary := ( "-" | "+" | "~" ) expr[unary] */
static node_index parse_unary(parser *p, precedence minimum) {
    (void)minimum;
    evex_ast_node node = {.kind = EVEX_AST_UNARY, .token = p->token.place};
    node.op = at(p, EVEX_TOKEN_MINUS)  ? EVEX_OP_NEG
              : at(p, EVEX_TOKEN_PLUS) ? EVEX_OP_COPY
                                       : EVEX_OP_INVERT;
    node_index operand = advance(p) ? parse_expression(p, UNARY) : FAILED;
    return operand == FAILED ? FAILED : add_parent(p, node, node.token.offset, &operand, 1);
}

/* not := "not" expr[not] */
static node_index parse_not(parser *p, precedence minimum) {
    evex_ast_node node = {.kind = EVEX_AST_NOT, .token = p->token.place};
    if (minimum > NOT)
        return fail(p, p->token.place, "'not' binds looser than the operator before it",
                    "put it in parentheses: (not x)");
    node_index operand = advance(p) ? parse_expression(p, NOT) : FAILED;
    return operand == FAILED ? FAILED : add_parent(p, node, node.token.offset, &operand, 1);
}

/* Parses the right operand of the current operator and joins it with left. */
static node_index join(parser *p, node_index left, evex_ast_kind kind, precedence of_right) {
    evex_ast_node node = {.kind = (uint8_t)kind, .token = p->token.place};
    node.op = rules[p->token.kind].op;
    size_t offset = node_at(p, left)->place.offset;
    node_index right = advance(p) ? parse_expression(p, of_right) : FAILED;
    if (right == FAILED)
        return FAILED;
    return add_parent(p, node, offset, (node_index[]){left, right}, 2);
}

/* binary := expr operator expr, left associative; power := expr "**" expr[unary] */
static node_index parse_binary(parser *p, node_index left) {
    return join(p, left, EVEX_AST_BINARY, rules[p->token.kind].precedence + 1);
}

static node_index parse_power(parser *p, node_index left) {
    return join(p, left, EVEX_AST_BINARY, UNARY);
}

/* or := expr "or" expr; and := expr "and" expr; coalesce := expr "??" expr */
static node_index parse_or(parser *p, node_index left) {
    return join(p, left, EVEX_AST_OR, OR + 1);
}

static node_index parse_and(parser *p, node_index left) {
    return join(p, left, EVEX_AST_AND, AND + 1);
}

static node_index parse_coalesce(parser *p, node_index left) {
    return join(p, left, EVEX_AST_COALESCE, COALESCE + 1);
}

static int at_comparison(const parser *p) {
    return rules[p->token.kind].precedence == COMPARISON;
}

static int at_chain_operator(const parser *p) {
    return at_comparison(p) && !at(p, EVEX_TOKEN_IN) && !at(p, EVEX_TOKEN_NOT);
}

static node_index fail_chain(parser *p) {
    return fail(p, p->token.place, "'in' cannot be part of a chain of comparisons",
                "put it in parentheses");
}

/* Splits the chain above n_base, operand, operator, operand..., into its node's two lists. */
static node_index add_chain(parser *p, evex_ast_node node, size_t offset, size_t n_base) {
    size_t n_ops = (p->n_stack - n_base) / 2;
    uint8_t *ops = evex_arena_push(p->arena, n_ops);
    if (!ops)
        return fail_memory(p);
    for (size_t i = 0; i < n_ops; i++) {
        ops[i] = (uint8_t)p->stack[n_base + 2 * i + 1];
        p->stack[n_base + i + 1] = p->stack[n_base + 2 * i + 2];
    }
    p->n_stack = n_base + n_ops + 1;
    node.value.ops = ops;
    return add_parent_of_stack(p, node, offset, n_base);
}

/* comparison := expr { ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) expr } */
static node_index parse_comparison(parser *p, node_index left) {
    const evex_ast_node node = {.kind = EVEX_AST_COMPARE, .token = p->token.place};
    const size_t n_base = p->n_stack, offset = node_at(p, left)->place.offset;
    if (!push(p, (uint32_t)left))
        return FAILED;
    while (at_chain_operator(p)) {
        uint32_t op = rules[p->token.kind].op;
        node_index right = advance(p) ? parse_expression(p, COMPARISON + 1) : FAILED;
        if (right == FAILED || !push(p, op) || !push(p, (uint32_t)right))
            return FAILED;
    }
    return at_comparison(p) ? fail_chain(p) : add_chain(p, node, offset, n_base);
}

/* in := expr [ "not" ] "in" "(" elements */
static node_index parse_in(parser *p, node_index left) {
    evex_ast_node node = {.kind = EVEX_AST_IN, .token = p->token.place};
    const size_t offset = node_at(p, left)->place.offset;
    node.is_negated = at(p, EVEX_TOKEN_NOT);
    if (node.is_negated && !advance(p))
        return FAILED;
    if (!expect(p, EVEX_TOKEN_IN, "'in' after 'not'"))
        return FAILED;
    node.token = place_from(p, node.token.offset);
    const evex_place open = p->token.place;
    if (!at(p, EVEX_TOKEN_LEFT))
        return fail(p, place_of(&p->token), "'in' needs a tuple of literals on its right",
                    "write it as in: x in (1, 2, 3)");
    node_index tuple = advance(p) ? parse_elements(p, open, p->n_stack) : FAILED;
    if (tuple == FAILED)
        return FAILED;
    if (at_comparison(p))
        return fail_chain(p);
    return add_parent(p, node, offset, (node_index[]){left, tuple}, 2);
}

/* ternary := expr "if" expr "else" expr, right associative */
static node_index parse_ternary(parser *p, node_index left) {
    const evex_ast_node node = {.kind = EVEX_AST_IF, .token = p->token.place};
    const size_t offset = node_at(p, left)->place.offset;
    node_index condition = advance(p) ? parse_expression(p, TERNARY + 1) : FAILED;
    if (condition == FAILED)
        return FAILED;
    if (!at(p, EVEX_TOKEN_ELSE))
        return fail(p, node.token, "'if' without 'else'", "write x if condition else y");
    node_index other = advance(p) ? parse_expression(p, TERNARY) : FAILED;
    if (other == FAILED)
        return FAILED;
    return add_parent(p, node, offset, (node_index[]){condition, left, other}, 3);
}

/* attribute := expr "." ( "real" | "imag" ) */
static node_index parse_attribute(parser *p, node_index left) {
    if (!advance(p))
        return FAILED;
    evex_ast_node node = node_of_token(&p->token);
    node.kind = EVEX_AST_ATTRIBUTE;
    int is_known = at(p, EVEX_TOKEN_NAME) && p->token.place.length == 4 &&
                   (memcmp(node.value.text.bytes, "real", 4) == 0 ||
                    memcmp(node.value.text.bytes, "imag", 4) == 0);
    if (!is_known)
        return fail(p, place_of(&p->token), "only .real and .imag may follow a value",
                    "a function is written before its argument: f(x)");
    size_t offset = node_at(p, left)->place.offset;
    return advance(p) ? add_parent(p, node, offset, &left, 1) : FAILED;
}

/* A "(" behind an operand that is no name. */
static node_index fail_call(parser *p, node_index left) {
    (void)left;
    return fail(p, p->token.place, "only the name of a function can be called",
                "a product is written with '*'");
}

static const rule rules[EVEX_N_TOKENS] = {
    [EVEX_TOKEN_INT] = {.prefix = parse_literal},
    [EVEX_TOKEN_FLOAT] = {.prefix = parse_literal},
    [EVEX_TOKEN_IMAGINARY] = {.prefix = parse_literal},
    [EVEX_TOKEN_STRING] = {.prefix = parse_literal},
    [EVEX_TOKEN_TRUE] = {.prefix = parse_literal},
    [EVEX_TOKEN_FALSE] = {.prefix = parse_literal},
    [EVEX_TOKEN_NA] = {.prefix = parse_literal},
    [EVEX_TOKEN_NONE] = {.prefix = parse_none},
    [EVEX_TOKEN_NAME] = {.prefix = parse_name},
    [EVEX_TOKEN_BACKTICKS] = {.prefix = parse_name},
    [EVEX_TOKEN_LEFT] = {parse_parentheses, fail_call, POSTFIX, 0},
    [EVEX_TOKEN_DOT] = {NULL, parse_attribute, POSTFIX, 0},
    [EVEX_TOKEN_POWER] = {NULL, parse_power, POWER, EVEX_OP_POW},
    [EVEX_TOKEN_TILDE] = {.prefix = parse_unary},
    [EVEX_TOKEN_PLUS] = {parse_unary, parse_binary, SUM, EVEX_OP_ADD},
    [EVEX_TOKEN_MINUS] = {parse_unary, parse_binary, SUM, EVEX_OP_SUB},
    [EVEX_TOKEN_STAR] = {NULL, parse_binary, PRODUCT, EVEX_OP_MUL},
    [EVEX_TOKEN_SLASH] = {NULL, parse_binary, PRODUCT, EVEX_OP_DIV},
    [EVEX_TOKEN_SLASHES] = {NULL, parse_binary, PRODUCT, EVEX_OP_FLOORDIV},
    [EVEX_TOKEN_PERCENT] = {NULL, parse_binary, PRODUCT, EVEX_OP_MOD},
    [EVEX_TOKEN_SHL] = {NULL, parse_binary, SHIFT, EVEX_OP_SHL},
    [EVEX_TOKEN_SHR] = {NULL, parse_binary, SHIFT, EVEX_OP_SHR},
    [EVEX_TOKEN_AMPERSAND] = {NULL, parse_binary, BIT_AND, EVEX_OP_AND},
    [EVEX_TOKEN_CARET] = {NULL, parse_binary, BIT_XOR, EVEX_OP_XOR},
    [EVEX_TOKEN_BAR] = {NULL, parse_binary, BIT_OR, EVEX_OP_OR},
    [EVEX_TOKEN_COALESCE] = {NULL, parse_coalesce, COALESCE, 0},
    [EVEX_TOKEN_EQ] = {NULL, parse_comparison, COMPARISON, EVEX_OP_EQ},
    [EVEX_TOKEN_NE] = {NULL, parse_comparison, COMPARISON, EVEX_OP_NE},
    [EVEX_TOKEN_LT] = {NULL, parse_comparison, COMPARISON, EVEX_OP_LT},
    [EVEX_TOKEN_LE] = {NULL, parse_comparison, COMPARISON, EVEX_OP_LE},
    [EVEX_TOKEN_GT] = {NULL, parse_comparison, COMPARISON, EVEX_OP_GT},
    [EVEX_TOKEN_GE] = {NULL, parse_comparison, COMPARISON, EVEX_OP_GE},
    [EVEX_TOKEN_IN] = {NULL, parse_in, COMPARISON, 0},
    [EVEX_TOKEN_NOT] = {parse_not, parse_in, COMPARISON, 0},
    [EVEX_TOKEN_AND] = {NULL, parse_and, AND, 0},
    [EVEX_TOKEN_OR] = {NULL, parse_or, OR, 0},
    [EVEX_TOKEN_IF] = {NULL, parse_ternary, TERNARY, 0},
};

/* ---- Programs ---------------------------------------------------------------------------- */

/* Steps over the current token, a name, and notes it as the item's; a name is given only once. */
static int take_name(parser *p, evex_ast_item *item) {
    if (!at_name(p)) {
        fail_operand(p, "a name");
        return 0;
    }
    item->name = p->token.value.text.bytes;
    item->name_bytes = p->token.value.text.n_bytes;
    item->name_place = p->token.place;
    evex_name *name = evex_name_set_add(&p->names, item->name, item->name_bytes);
    if (!name) {
        fail_memory(p);
        return 0;
    }
    if (name->flags++) {
        p->status = evex_fail(p->error, EVEX_SYNTAX, item->name_place,
                              "the name '%.*s' is given to two results", (int)item->name_bytes,
                              item->name);
        return 0;
    }
    return advance(p);
}

/* item := name "=" expr | expr [ "as" name ] */
static int parse_item(parser *p, uint32_t statement) {
    evex_ast_item item = {.statement = statement, .first_node = (evex_ast_index)p->ast->n_nodes};
    item.is_assignment = at_name(p) && p->next.kind == EVEX_TOKEN_ASSIGN;
    if (item.is_assignment && !(take_name(p, &item) && advance(p)))
        return 0;
    node_index node = parse_expression(p, TERNARY);
    if (node == FAILED)
        return 0;
    item.node = (evex_ast_index)node;
    if (!item.is_assignment && at(p, EVEX_TOKEN_AS) && !(advance(p) && take_name(p, &item)))
        return 0;
    if (!grow(p, &p->ast->items, &p->item_capacity, p->ast->n_items, sizeof item))
        return 0;
    p->ast->items[p->ast->n_items++] = item;
    return 1;
}

static int at_separator(const parser *p) {
    return at(p, EVEX_TOKEN_NEWLINE) || at(p, EVEX_TOKEN_SEMICOLON);
}

/* statement := item { "," item } */
static int parse_statement(parser *p) {
    uint32_t statement = p->ast->n_statements++;
    int is_good = parse_item(p, statement);
    while (is_good && at(p, EVEX_TOKEN_COMMA))
        is_good = advance(p) && parse_item(p, statement);
    if (is_good && !at_separator(p) && !at(p, EVEX_TOKEN_END))
        is_good = fail_unexpected(p, "an operator or the end of the statement") != FAILED;
    return is_good;
}

/* program := statement { ( ";" | newline ) statement }, with empty statements between */
static int parse_program(parser *p) {
    for (;;) {
        while (at_separator(p))
            if (!advance(p))
                return 0;
        if (at(p, EVEX_TOKEN_END))
            break;
        if (!parse_statement(p))
            return 0;
    }
    return p->ast->n_items > 0 || fail(p, place_of(&p->token), "the program is empty", NULL) != FAILED;
}

evex_status evex_parse(evex_ast *ast, const char *source, size_t length, const evex_limits *limits,
                       evex_arena *arena, evex_error *error) {
    parser p = {.ast = ast, .limits = limits, .arena = arena, .error = error};
    *ast = (evex_ast){0};
    p.argument_offset = SIZE_MAX;
    p.names.arena = arena;
    p.token.kind = p.next.kind = EVEX_TOKEN_NEWLINE; /* before the text there is no operator */
    p.status = evex_lexer_init(&p.lexer, source, length, limits, arena, error);
    if (p.status == EVEX_OK && advance(&p) && advance(&p))
        parse_program(&p);
    return p.status;
}
