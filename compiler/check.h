/* SPDX-License-Identifier: MIT */
/*
 * The checker: from resolved syntax to typed values. It walks the syntax nodes in order, children
 * first, and gives each a term: a literal that has no type of its own yet, or a value of the
 * intermediate form. NumPy 2's promotion with weak kinds (NEP 50) decides the types; casts are
 * inserted where they differ.
 *
 *   check.c     the walk, operators, names        types.c     common types, adapting, messages
 *   literals.c  arithmetic on literals            compare.c   comparisons and `in`
 *   power.c     ** with a literal exponent        calls.c     functions, casts, user functions
 *   forms.c     clip, round, isclose...           reduce.c    reductions and their keywords
 *   guards.c    checks on values, where used      overflow.c  which checks integers need
 *   complex.c   parts of complex numbers          matches.c   regular expressions
 *   times.h     points in time and spans
 *   nulls.c     validity, Kleene logic, ??, isna, NA
 */
#ifndef EVEX_COMPILER_CHECK_H
#define EVEX_COMPILER_CHECK_H

#include "compiler/ir.h"
#include "compiler/names.h"
#include "core/functions.h"
#include "parser/ast.h"

/*
 * The meaning of an expression. Weak terms adapt to the strong types around them: bool, int (I64,
 * or U64 for literals beyond it and variables declared so), float (F64) and complex (C128).
 * Literals are weak terms whose value is known and stands in `as`, not in the intermediate form;
 * arithmetic on literals gives literals.
 */
typedef enum {
    EVEX_TERM_NONE,    /* None, where an argument may be left open */
    EVEX_TERM_NA,      /* NA that has met no type so far */
    EVEX_TERM_LITERAL, /* weak, known; or a str */
    EVEX_TERM_WEAK,    /* a weak variable, or computed from such */
    EVEX_TERM_STRONG,
    EVEX_TERM_TUPLE /* literals only; its syntax node has them */
} evex_term_kind;

typedef struct {
    uint8_t kind; /* evex_term_kind */
    uint8_t dtype;
    uint8_t is_huge;           /* an int literal beyond 64 bits, with its value in as.number */
    uint8_t unit;              /* evex_unit of a point in time or a span, which are I64; else 0 */
    uint8_t is_validity_whole; /* validity has the value's shape, not one that broadcasts to it */
    evex_ir_id value;          /* of WEAK and STRONG */
    evex_ir_id validity;       /* bool: where it is not null; EVEX_IR_NONE: it never is */
    union {
        int64_t i64;   /* I64, and BOOL as 0 or 1 */
        uint64_t u64;  /* U64: above INT64_MAX */
        double number; /* F64 and huge ints */
        evex_c128 z;   /* C128 */
        struct {
            const char *bytes;
            size_t n_bytes;
        } text;
    } as;
} evex_term;

typedef struct {
    const char *source;
    const evex_ast *ast;
    const evex_names_found *names;
    const evex_functions *functions; /* the host's, or NULL */
    evex_overflow overflow;
    evex_ir *ir;
    evex_term *terms;     /* by syntax node */
    int has_own_validity; /* the rule has set its result's; else a null in gives a null out */
    evex_arena *arena;
    evex_error *error;
} evex_checker;

/* Checks the whole program into checker->ir, outputs included. */
evex_status evex_check(evex_checker *checker);

/* ---- Terms (types.c) ------------------------------------------------------------------------ */

static inline evex_term evex_term_strong(const evex_checker *c, evex_ir_id value) {
    return (evex_term){
        .kind = EVEX_TERM_STRONG, .dtype = (uint8_t)evex_ir_dtype(c->ir, value), .value = value};
}
static inline evex_term evex_term_weak(const evex_checker *c, evex_ir_id value) {
    evex_term term = evex_term_strong(c, value);
    term.kind = EVEX_TERM_WEAK;
    return term;
}
static inline evex_term evex_term_of_child(const evex_checker *c, const evex_ast_node *node,
                                           size_t i) {
    return c->terms[node->children[i]];
}
static inline int evex_term_is_literal(const evex_term *t) {
    return t->kind == EVEX_TERM_LITERAL && t->dtype != EVEX_STR;
}
static inline int evex_term_is_weak(const evex_term *t) {
    return evex_term_is_literal(t) || t->kind == EVEX_TERM_WEAK;
}
evex_term evex_term_int(int64_t value);
evex_term evex_term_float(double value);
evex_term evex_term_bool(int value);
evex_term evex_term_of_complex(evex_c128 value);
static inline int evex_term_is_complex(const evex_term *t) {
    return t->dtype == EVEX_C64 || t->dtype == EVEX_C128;
}

/* 'b', 'i' (signed, unsigned and huge), 'f', 'c' or 's': what sort of number a term is. */
char evex_term_sort(const evex_term *t);
/* A literal number as a double; of a complex one the real part. */
double evex_term_number(const evex_term *t);
/* A literal number as a complex one. */
evex_c128 evex_term_complex(const evex_term *t);
/* What messages call its type: "float32", or "int" for a weak one. */
const char *evex_term_type_name(const evex_term *t);

/* Whether an int literal is exact in an integer type. */
int evex_literal_fits(const evex_term *t, evex_dtype dtype);

/* NumPy's result type of n terms; EVEX_N_DTYPES when they have none. *is_strong: whether one of
 * them is strong (may be NULL). */
evex_dtype evex_common_dtype(const evex_term *terms, size_t n, int *is_strong);

/* The term as a value of exactly this type, by conversion: what a cast gives. Literals must fit. */
evex_ir_id evex_term_cast(evex_checker *c, const evex_term *t, evex_dtype dtype);
/*
 * The same for an operand: a weak int must be exact in an integer type that it takes. Literals are
 * looked at at once, variables when they are bound, by the input's must_fit, and what is computed
 * from them by a guard.
 */
evex_status evex_term_adapt(evex_checker *c, const evex_term *t, evex_dtype dtype, evex_place place,
                            evex_ir_id *value);
/* The error for an int literal beyond 64 bits, where it cannot stand as a value. */
evex_status evex_term_refuse_huge(const evex_checker *c, const evex_term *t, evex_place place);
/* Casts n terms to their place in an op on `dtype`, which weak ints must fit: so x / 300 is right
 * for an int8 x, as division is of floats, and x + 300 is not. Places are those of the arguments.
 */
evex_status evex_terms_adapt(evex_checker *c, const evex_term *terms, size_t n, evex_dtype dtype,
                             const evex_ast_node *node, size_t first_child, evex_ir_id *values);

/* EVEX_OK, or that memory ran out while the term was built. */
evex_status evex_check_memory(const evex_checker *c);
/* The error for operands that an operation cannot take: "'&' needs bool or integer operands, found
 * float64 and bool". */
evex_status evex_fail_operands(const evex_checker *c, const evex_ast_node *node, const char *name,
                               const char *needs, const evex_term *terms, size_t n);
/* The error unless a term is a value (no None, no tuple) of a type that this version computes. */
evex_status evex_require_value(const evex_checker *c, evex_ast_index index);
/* The error unless it is bool as well; what names the construct, "'and'". */
evex_status evex_require_bool(const evex_checker *c, const evex_ast_node *node, size_t child,
                              const char *what);

/* ---- Operations ----------------------------------------------------------------------------- */

/* `op` on the node's children from first_child, which are checked values. Functions give strong
 * results, operators between weak operands weak ones. */
evex_status evex_check_op(evex_checker *c, const evex_ast_node *node, evex_op op,
                          size_t first_child, int is_operator, evex_term *result);

/* literals.c: an operator between literals (b is ignored for NEG and INVERT). *is_known is 0 when
 * this pair has to go the ordinary way. */
evex_status evex_literal_op(const evex_checker *c, const evex_ast_node *node, evex_op op,
                            const evex_term *a, const evex_term *b, evex_term *result,
                            int *is_known);

/* compare.c */
/* The op with its operands exchanged: a < b is b > a. */
evex_op evex_mirrored(evex_op op);
evex_status evex_check_comparison(evex_checker *c, const evex_ast_node *node, evex_op op,
                                  size_t left, evex_term *result);
evex_status evex_check_in(evex_checker *c, const evex_ast_node *node, evex_term *result);
/* Sorts a list of n elements for IN and drops what is in it twice; returns how many are left. */
size_t evex_sort_members(evex_dtype dtype, char *list, size_t n);

/* power.c: base ** exponent for a literal exponent; *is_done is 0 when no shortcut exists. */
evex_status evex_check_literal_power(evex_checker *c, const evex_ast_node *node,
                                     const evex_term *base, const evex_term *exponent,
                                     evex_term *result, int *is_done);

/* ---- Guards (guards.c) ---------------------------------------------------------------------- */

/*
 * The program is to fail where `condition`, a bool value, is true in an element in which `guarded`
 * is used: in a result, in the branch of a choice that is taken, in a reduction's operand where the
 * mask is true. validity: a bool value that is false where an operand of the check is null, for
 * nothing is checked there; EVEX_IR_NONE: no operand can be null. The guard's place is c->ir->place
 * at this moment. The error's index counts in the shape to which the condition and those under
 * which the value is used broadcast: so that nothing is reported where an operation has an empty
 * result, the condition should be computed from all its operands. failure's texts are literals.
 *
 * May be called any time before evex_guards_resolve; a condition that is constantly false costs
 * nothing.
 */
void evex_note_guard(evex_checker *c, evex_ir_id guarded, evex_ir_id condition, evex_ir_id validity,
                     const evex_ir_failure *failure);

/* overflow.c: notes what can go wrong with an operation on integers, with base ** n for a literal
 * n however it is computed, and with a cast from x to the result's type. */
void evex_note_overflow(evex_checker *c, evex_op op, const evex_ir_id *operands, evex_ir_id result);
void evex_note_power(evex_checker *c, evex_ir_id base, int64_t n, evex_ir_id result);
void evex_note_cast(evex_checker *c, evex_ir_id x, evex_ir_id result);
/* The same for a reduction, which spec describes. */
void evex_note_total(evex_checker *c, const evex_reduction *spec, evex_ir_id source,
                     evex_ir_id mask, evex_ir_id result);
/* Whether overflow='float' has the op on operands of this type computed in float64. */
int evex_is_computed_in_float(const evex_checker *c, evex_op op, evex_dtype dtype);
int evex_is_summed_in_float(const evex_checker *c, evex_reduction_kind kind, evex_dtype dtype);

/* Makes guards of all notes, once all outputs are known. */
evex_status evex_guards_resolve(evex_checker *c);
/* complex.c: x.real and x.imag; real, imag, conj and angle as functions; complex(re, im). */
evex_status evex_check_attribute(evex_checker *c, const evex_ast_node *node, evex_term *result);
int evex_is_complex_op(evex_op op);
evex_status evex_check_complex_op(evex_checker *c, const evex_ast_node *node, evex_op op,
                                  evex_term *result);
/* What to do instead, for an op on numbers that complex ones do not have. */
void evex_hint_complex(const evex_checker *c, evex_op op);
/* matches.c */
evex_status evex_check_matches(evex_checker *c, const evex_ast_node *node, evex_term *result);

/* calls.c, forms.c, reduce.c */
evex_status evex_check_call(evex_checker *c, const evex_ast_node *node, evex_term *result);
evex_status evex_check_form(evex_checker *c, const evex_ast_node *node, evex_form form,
                            evex_term *result);
evex_status evex_check_reduction(evex_checker *c, const evex_ast_node *node,
                                 evex_reduction_kind kind, int ignores_nan, evex_term *result);

/* ---- Nulls (nulls.c) ------------------------------------------------------------------------ */

/*
 * A rule of an elementwise construct leaves validity alone: when it has run, its result takes that
 * of the node's children, keywords included. A rule with another law sets it by one of these.
 */
void evex_term_set_validity(evex_checker *c, evex_term *t, evex_ir_id validity, int is_whole);
/* A null in any child gives a null out. */
void evex_term_take_validity(evex_checker *c, const evex_ast_node *node, evex_term *t);
/* The same for the result of a rule that has set none, whose guards, noted from first_note on, then
 * look at elements only that are not null. */
void evex_nulls_pass_through(evex_checker *c, const evex_ast_node *node, size_t first_note,
                             evex_term *result);
/* Kleene's `and` or `or` of a and b, whose values as bool are left and right. */
void evex_validity_of_logic(evex_checker *c, evex_op op, const evex_term *a, evex_ir_id left,
                            const evex_term *b, evex_ir_id right, evex_term *result);
/* Of x where selector, a bool that is not null, holds, else of y. */
void evex_validity_of_choice(evex_checker *c, evex_ir_id selector, const evex_term *x,
                             const evex_term *y, evex_term *result);

/* Where both hold; EVEX_IR_NONE holds everywhere. */
evex_ir_id evex_validity_and(evex_checker *c, evex_ir_id a, evex_ir_id b);
evex_ir_id evex_validity_constant(evex_checker *c, int is_valid);
/* Where a bool term, whose value is truth, is neither false nor null: in the term's shape. */
evex_ir_id evex_validity_of_truth(evex_checker *c, const evex_term *t, evex_ir_id truth);
/* What is written of a validity: 0 or 1, whatever the bytes are that it comes from. Along axes each
 * result gets a reduction of its own, which writes it: one that several share would be copied, in a
 * stage of its own. */
evex_ir_id evex_validity_written(evex_checker *c, evex_ir_id validity);
/* A term's validity in the term's own shape. */
evex_ir_id evex_validity_whole(evex_checker *c, const evex_term *t);

/* Before a rule: gives NA among the children the type of those beside it, so that rules meet values
 * only. Returns 1 when there is none: the result is NA as well. */
int evex_nulls_adapt(evex_checker *c, const evex_ast_node *node);

evex_status evex_check_coalesce(evex_checker *c, const evex_ast_node *node, evex_term *result);
/* isna(x); is_negated: notna(x). */
evex_status evex_check_isna(evex_checker *c, const evex_term *x, int is_negated, evex_term *result);

/* The number of positional arguments: keywords come last. */
size_t evex_n_positional(const evex_checker *c, const evex_ast_node *call);
/* The error unless the call has n arguments and no keywords. */
evex_status evex_require_arguments(const evex_checker *c, const evex_ast_node *call, size_t n);

#endif
