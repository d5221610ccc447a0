/* SPDX-License-Identifier: MIT */
/*
 * The grammar: a table of precedences and one function for each production, which stands above it.
 * Tokens come from lex.c, nodes go to the tree through builder.c. Every function returns the index
 * of the node it made, or FAILED once the error is recorded. What the names and types mean is
 * compiler/'s to check.
 */
#include "parser/builder.h"

#include <string.h>

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
    node_index node = prefix ? prefix(p, minimum) : evex_parser_fail_operand(p, "an expression");
    while (node != FAILED && rules[p->token.kind].precedence >= minimum && is_operand(p, node))
        node = rules[p->token.kind].infix(p, node);
    p->depth--;
    return node;
}

/* ---- Operands ---------------------------------------------------------------------------- */

/* literal := number | string | "True" | "False" | "NA" */
static node_index parse_literal(parser *p, precedence minimum) {
    (void)minimum;
    const evex_token literal = p->token;
    return evex_parser_advance(p) ? evex_parser_add_leaf(p, &literal) : FAILED;
}

static node_index parse_none(parser *p, precedence minimum) {
    if (p->token.place.offset != p->argument_offset)
        return evex_parser_fail(p, p->token.place, "None stands only as an argument of a function",
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
    const int is_signed = at(p, EVEX_TOKEN_MINUS) || at(p, EVEX_TOKEN_PLUS);
    const evex_op op = at(p, EVEX_TOKEN_MINUS) ? EVEX_OP_NEG : EVEX_OP_COPY;
    const construct sign = begin(p, EVEX_AST_UNARY, op, p->token.place.offset);
    if (is_signed && !evex_parser_advance(p))
        return FAILED;
    int is_number = at(p, EVEX_TOKEN_INT) || at(p, EVEX_TOKEN_FLOAT) || at(p, EVEX_TOKEN_IMAGINARY);
    int is_other = at(p, EVEX_TOKEN_STRING) || at(p, EVEX_TOKEN_TRUE) || at(p, EVEX_TOKEN_FALSE);
    if (at(p, EVEX_TOKEN_NA) || at(p, EVEX_TOKEN_NONE))
        return evex_parser_fail(p, p->token.place, "a null cannot stand in a tuple",
                                "ask for it beside the tuple: x in (1, 2) or isna(x)");
    if (!is_number && !(is_other && !is_signed))
        return evex_parser_fail_operand(p, is_signed ? "a number" : "a literal");
    node_index literal = parse_literal(p, UNARY);
    return !is_signed || literal == FAILED ? literal
                                           : evex_parser_add_parent(p, &sign, &literal, 1);
}

/*
 * elements := [ element { "," element } [ "," ] ] ")"
 * Makes a tuple of them and of what was pushed above n_base; open is the place of its "(".
 */
static node_index parse_elements(parser *p, evex_place open, size_t n_base) {
    const construct tuple = {EVEX_AST_TUPLE, 0, open.offset, open};
    p->is_in_tuple = 1;
    while (!at(p, EVEX_TOKEN_RIGHT)) {
        node_index element =
            at(p, EVEX_TOKEN_END) ? evex_parser_fail_unclosed(p, open) : parse_element(p);
        if (element == FAILED || !evex_parser_push(p, (uint32_t)element))
            return FAILED;
        if (at(p, EVEX_TOKEN_RIGHT) && p->n_stack == n_base + 1)
            return evex_parser_fail(p, p->token.place, "a tuple of one element needs a comma",
                                    "write it as in: x in (1,)");
        if (!at(p, EVEX_TOKEN_RIGHT) && !evex_parser_expect(p, EVEX_TOKEN_COMMA, "',' or ')'"))
            return FAILED;
    }
    p->is_in_tuple = 0;
    return evex_parser_advance(p) ? evex_parser_add_parent_of_stack(p, &tuple, n_base) : FAILED;
}

/* The rest of a tuple whose first element was parsed as an expression. */
static node_index parse_tuple(parser *p, evex_place open, node_index first, size_t n_counted) {
    size_t n_base = p->n_stack;
    if (open.offset != p->argument_offset)
        return evex_parser_fail(p, p->token.place,
                                "a tuple stands only as an argument or on the right of 'in'", NULL);
    if (!is_literal(p, first))
        return evex_parser_fail(p, node_at(p, first)->place, "a tuple holds literals only", NULL);
    p->n_counted = n_counted;
    if (!evex_parser_push(p, (uint32_t)first) || !evex_parser_advance(p))
        return FAILED;
    return parse_elements(p, open, n_base);
}

/* parentheses := "(" expr ")" | tuple
   tuple       := "(" ")" | "(" element "," elements */
static node_index parse_parentheses(parser *p, precedence minimum) {
    (void)minimum;
    const evex_place open = p->token.place;
    const size_t n_counted = p->n_counted;
    if (!evex_parser_advance(p))
        return FAILED;
    if (at(p, EVEX_TOKEN_RIGHT) && open.offset == p->argument_offset)
        return parse_elements(p, open, p->n_stack);
    node_index node = parse_expression(p, TERNARY);
    if (node == FAILED)
        return FAILED;
    if (at(p, EVEX_TOKEN_COMMA))
        return parse_tuple(p, open, node, n_counted);
    if (!evex_parser_expect_right(p, open, "an operator or ')'"))
        return FAILED;
    node_at(p, node)->place = place_from(p, open.offset);
    return node;
}

/* Fails when the call whose arguments were pushed above n_base has this keyword already. */
static int check_keyword(parser *p, size_t n_base, const evex_token *name) {
    for (size_t i = n_base; i < p->n_stack; i++) {
        const evex_ast_node *node = node_at(p, p->stack[i]);
        if (node->kind == EVEX_AST_KEYWORD &&
            node->value.text.n_bytes == name->value.text.n_bytes &&
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
    if (!check_keyword(p, n_base, &name) || !evex_parser_advance(p) || !evex_parser_advance(p))
        return FAILED;
    const construct keyword = {EVEX_AST_KEYWORD, 0, name.place.offset, name.place};
    node_index value = parse_value(p);
    return value == FAILED
               ? FAILED
               : evex_parser_set_text(p, evex_parser_add_parent(p, &keyword, &value, 1), &name);
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
    if (!evex_parser_advance(p))
        return FAILED;
    for (int is_first = 1; is_first ? !at(p, EVEX_TOKEN_RIGHT) : at(p, EVEX_TOKEN_COMMA);
         is_first = 0) {
        if (!is_first && !evex_parser_advance(p))
            return FAILED;
        node_index argument =
            at(p, EVEX_TOKEN_END) ? evex_parser_fail_unclosed(p, open) : parse_argument(p, n_base);
        if (argument == FAILED || !evex_parser_push(p, (uint32_t)argument))
            return FAILED;
    }
    if (!evex_parser_expect_right(p, open, "an operator, ',' or ')'"))
        return FAILED;
    const construct call = {EVEX_AST_CALL, 0, name->place.offset, name->place};
    return evex_parser_set_text(p, evex_parser_add_parent_of_stack(p, &call, n_base), name);
}

/* variable := name | call */
static node_index parse_name(parser *p, precedence minimum) {
    (void)minimum;
    const evex_token name = p->token;
    if (!evex_parser_advance(p))
        return FAILED;
    if (at(p, EVEX_TOKEN_LEFT))
        return parse_call(p, &name);
    return evex_parser_add_leaf(p, &name);
}

/* ---- Operators --------------------------------------------------------------------------- */

/* unary := ( "-" | "+" | "~" ) expr[unary] */
static node_index parse_unary(parser *p, precedence minimum) {
    (void)minimum;
    const evex_op op = at(p, EVEX_TOKEN_MINUS)  ? EVEX_OP_NEG
                       : at(p, EVEX_TOKEN_PLUS) ? EVEX_OP_COPY
                                                : EVEX_OP_INVERT;
    const construct unary = begin(p, EVEX_AST_UNARY, op, p->token.place.offset);
    node_index operand = evex_parser_advance(p) ? parse_expression(p, UNARY) : FAILED;
    return operand == FAILED ? FAILED : evex_parser_add_parent(p, &unary, &operand, 1);
}

/* not := "not" expr[not] */
static node_index parse_not(parser *p, precedence minimum) {
    const construct negation = begin(p, EVEX_AST_NOT, 0, p->token.place.offset);
    if (minimum > NOT)
        return evex_parser_fail(p, p->token.place, "'not' binds looser than the operator before it",
                                "put it in parentheses: (not x)");
    node_index operand = evex_parser_advance(p) ? parse_expression(p, NOT) : FAILED;
    return operand == FAILED ? FAILED : evex_parser_add_parent(p, &negation, &operand, 1);
}

static size_t begin_of(const parser *p, node_index node) {
    return node_at(p, node)->place.offset;
}

/* Parses the right operand of the current operator and joins it with left. */
static node_index join(parser *p, node_index left, evex_ast_kind kind, precedence of_right) {
    const construct c = begin(p, kind, rules[p->token.kind].op, begin_of(p, left));
    node_index right = evex_parser_advance(p) ? parse_expression(p, of_right) : FAILED;
    if (right == FAILED)
        return FAILED;
    return evex_parser_add_parent(p, &c, (node_index[]){left, right}, 2);
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
    return evex_parser_fail(p, p->token.place, "'in' cannot be part of a chain of comparisons",
                            "put it in parentheses");
}

/* Splits the chain above n_base, operand, operator, operand..., into its node's two lists. */
static node_index add_chain(parser *p, const construct *chain, size_t n_base) {
    size_t n_ops = (p->n_stack - n_base) / 2;
    uint8_t *ops = evex_arena_push(p->arena, n_ops);
    if (!ops)
        return evex_parser_fail_memory(p);
    for (size_t i = 0; i < n_ops; i++) {
        ops[i] = (uint8_t)p->stack[n_base + 2 * i + 1];
        p->stack[n_base + i + 1] = p->stack[n_base + 2 * i + 2];
    }
    p->n_stack = n_base + n_ops + 1;
    node_index node = evex_parser_add_parent_of_stack(p, chain, n_base);
    if (node != FAILED)
        node_at(p, node)->value.ops = ops;
    return node;
}

/* comparison := expr { ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) expr } */
static node_index parse_comparison(parser *p, node_index left) {
    const construct chain = begin(p, EVEX_AST_COMPARE, 0, begin_of(p, left));
    const size_t n_base = p->n_stack;
    if (!evex_parser_push(p, (uint32_t)left))
        return FAILED;
    while (at_chain_operator(p)) {
        uint32_t op = rules[p->token.kind].op;
        node_index right = evex_parser_advance(p) ? parse_expression(p, COMPARISON + 1) : FAILED;
        if (right == FAILED || !evex_parser_push(p, op) || !evex_parser_push(p, (uint32_t)right))
            return FAILED;
    }
    return at_comparison(p) ? fail_chain(p) : add_chain(p, &chain, n_base);
}

/* in := expr [ "not" ] "in" "(" elements */
static node_index parse_in(parser *p, node_index left) {
    construct in = begin(p, EVEX_AST_IN, 0, begin_of(p, left));
    const uint8_t is_negated = at(p, EVEX_TOKEN_NOT);
    if (is_negated && !evex_parser_advance(p))
        return FAILED;
    if (!evex_parser_expect(p, EVEX_TOKEN_IN, "'in' after 'not'"))
        return FAILED;
    in.token = place_from(p, in.token.offset);
    const evex_place open = p->token.place;
    if (!at(p, EVEX_TOKEN_LEFT))
        return evex_parser_fail(p, place_of(&p->token),
                                "'in' needs a tuple of literals on its right",
                                "write it as in: x in (1, 2, 3)");
    node_index tuple = evex_parser_advance(p) ? parse_elements(p, open, p->n_stack) : FAILED;
    if (tuple == FAILED)
        return FAILED;
    if (at_comparison(p))
        return fail_chain(p);
    node_index node = evex_parser_add_parent(p, &in, (node_index[]){left, tuple}, 2);
    if (node != FAILED)
        node_at(p, node)->is_negated = is_negated;
    return node;
}

/* ternary := expr "if" expr "else" expr, right associative */
static node_index parse_ternary(parser *p, node_index left) {
    const construct ternary = begin(p, EVEX_AST_IF, 0, begin_of(p, left));
    node_index condition = evex_parser_advance(p) ? parse_expression(p, TERNARY + 1) : FAILED;
    if (condition == FAILED)
        return FAILED;
    if (!at(p, EVEX_TOKEN_ELSE))
        return evex_parser_fail(p, ternary.token, "'if' without 'else'",
                                "write x if condition else y");
    node_index other = evex_parser_advance(p) ? parse_expression(p, TERNARY) : FAILED;
    if (other == FAILED)
        return FAILED;
    return evex_parser_add_parent(p, &ternary, (node_index[]){condition, left, other}, 3);
}

/* attribute := expr "." ( "real" | "imag" ) */
static node_index parse_attribute(parser *p, node_index left) {
    if (!evex_parser_advance(p))
        return FAILED;
    const evex_token name = p->token;
    const construct attribute = begin(p, EVEX_AST_ATTRIBUTE, 0, begin_of(p, left));
    int is_known = at(p, EVEX_TOKEN_NAME) && name.place.length == 4 &&
                   (memcmp(name.value.text.bytes, "real", 4) == 0 ||
                    memcmp(name.value.text.bytes, "imag", 4) == 0);
    if (!is_known)
        return evex_parser_fail(p, place_of(&p->token), "only .real and .imag may follow a value",
                                "a function is written before its argument: f(x)");
    return evex_parser_advance(p)
               ? evex_parser_set_text(p, evex_parser_add_parent(p, &attribute, &left, 1), &name)
               : FAILED;
}

/* A "(" behind an operand that is no name. */
static node_index fail_call(parser *p, node_index left) {
    (void)left;
    return evex_parser_fail(p, p->token.place, "only the name of a function can be called",
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
        evex_parser_fail_operand(p, "a name");
        return 0;
    }
    item->name = p->token.value.text.bytes;
    item->name_bytes = p->token.value.text.n_bytes;
    item->name_place = p->token.place;
    evex_name *name = evex_name_set_add(&p->names, item->name, item->name_bytes);
    if (!name) {
        evex_parser_fail_memory(p);
        return 0;
    }
    if (name->flags++) {
        p->status =
            evex_fail(p->error, EVEX_SYNTAX, item->name_place,
                      "the name '%.*s' is given to two results", (int)item->name_bytes, item->name);
        return 0;
    }
    return evex_parser_advance(p);
}

/* item := name "=" expr | expr [ "as" name ] */
static int parse_item(parser *p, uint32_t statement) {
    evex_ast_item item = {.statement = statement, .first_node = (evex_ast_index)p->ast->n_nodes};
    item.is_assignment = at_name(p) && p->next.kind == EVEX_TOKEN_ASSIGN;
    if (item.is_assignment && !(take_name(p, &item) && evex_parser_advance(p)))
        return 0;
    node_index node = parse_expression(p, TERNARY);
    if (node == FAILED)
        return 0;
    item.node = (evex_ast_index)node;
    if (!item.is_assignment && at(p, EVEX_TOKEN_AS) &&
        !(evex_parser_advance(p) && take_name(p, &item)))
        return 0;
    if (!evex_parser_grow(p, &p->ast->items, &p->item_capacity, p->ast->n_items, sizeof item))
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
        is_good = evex_parser_advance(p) && parse_item(p, statement);
    if (is_good && !at_separator(p) && !at(p, EVEX_TOKEN_END))
        is_good =
            evex_parser_fail_unexpected(p, "an operator or the end of the statement") != FAILED;
    return is_good;
}

/* program := statement { ( ";" | newline ) statement }, with empty statements between */
static int parse_program(parser *p) {
    for (;;) {
        while (at_separator(p))
            if (!evex_parser_advance(p))
                return 0;
        if (at(p, EVEX_TOKEN_END))
            break;
        if (!parse_statement(p))
            return 0;
    }
    return p->ast->n_items > 0 ||
           evex_parser_fail(p, place_of(&p->token), "the program is empty", NULL) != FAILED;
}

evex_status evex_parse(evex_ast *ast, const char *source, size_t length, const evex_limits *limits,
                       evex_arena *arena, evex_error *error) {
    parser p = {.ast = ast, .limits = limits, .arena = arena, .error = error};
    *ast = (evex_ast){0};
    p.argument_offset = SIZE_MAX;
    p.names.arena = arena;
    p.token.kind = p.next.kind = EVEX_TOKEN_NEWLINE; /* before the text there is no operator */
    p.status = evex_lexer_init(&p.lexer, source, length, limits, arena, error);
    if (p.status == EVEX_OK && evex_parser_advance(&p) && evex_parser_advance(&p))
        parse_program(&p);
    return p.status;
}
