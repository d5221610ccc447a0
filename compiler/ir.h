/* SPDX-License-Identifier: MIT */
/*
 * The compiler's intermediate form: values in static single assignment, each behind its operands,
 * in one array. check.c and its neighbours build it through the functions below; schedule.c cuts it
 * into stages. Equal instructions become one value (hash-consing) and instructions on constants are
 * computed at once (fold.c), unless the options forbid it.
 *
 * Callers build operands in separate statements: C leaves the order in which arguments are
 * evaluated open, and a program must not depend on the compiler that built evex.
 *
 * Running out of memory is sticky: from then on every builder gives EVEX_IR_NONE and takes it, so
 * that callers need to ask evex_ir.is_out_of_memory only once in a while.
 */
#ifndef EVEX_COMPILER_IR_H
#define EVEX_COMPILER_IR_H

#include "core/memory.h"
#include "core/program.h"

/* A value's place in evex_ir.values. */
typedef uint32_t evex_ir_id;

enum { EVEX_IR_NONE = 0 };

typedef enum { EVEX_IR_INPUT = 1, EVEX_IR_CONSTANT, EVEX_IR_INSN, EVEX_IR_REDUCTION } evex_ir_kind;

typedef struct {
    uint8_t kind; /* evex_ir_kind */
    uint8_t dtype, in_dtype;
    uint8_t is_scalar;  /* known to be one value when compiling: it takes no block */
    uint8_t is_grouped; /* one value a group; what is neither has one a row */
    uint16_t op;
    uint16_t n_operands;
    uint32_t first_operand; /* in evex_ir.operands */
    uint32_t index;         /* of an input, constant or reduction in its list */
    evex_insn_place place;
} evex_ir_value;

/* payload.bytes is used for numbers only; texts and lists lie at data until emit.c places them. */
typedef struct {
    evex_constant constant;
    const void *data; /* the text's bytes, or the list's elements (evex_str for str) */
    size_t n;         /* bytes or elements */
} evex_ir_constant;

typedef struct {
    evex_reduction spec; /* dst, source, mask and group are emit.c's */
    evex_ir_id source, mask, group;
} evex_ir_reduction;

#define EVEX_IR_NO_INPUT UINT32_MAX
#define EVEX_IR_NO_OUTPUT UINT32_MAX

/* The validity of a nullable one is an input of its own, a bool, behind all the caller's. */
typedef struct {
    const evex_var *var; /* of a validity: its owner's */
    const char *name;
    size_t name_bytes;
    uint8_t is_validity;
    uint16_t must_fit; /* as in evex_program_input */
    uint32_t validity; /* of a nullable one: the number of its validity, else EVEX_IR_NO_INPUT */
    evex_insn_place place;
} evex_ir_input;

/* The validity of a nullable one is an output of its own, a bool, behind all the caller's. */
typedef struct {
    evex_ir_id value;
    const char *name; /* NULL: unnamed */
    size_t name_bytes;
    uint32_t validity; /* of a nullable one: the number of its validity, else EVEX_IR_NO_OUTPUT */
    uint32_t owner;    /* of a validity: the number of what it belongs to, else EVEX_IR_NO_OUTPUT */
    evex_insn_place place;
    uint8_t unit; /* as in evex_program_output */
} evex_ir_output;

/* What a guard that fires reports. */
typedef struct {
    evex_status status;
    const char *message, *hint; /* literals; hint NULL: none */
} evex_ir_failure;

/* A check on values that is to become guards: see evex_note_guard in check.h. */
typedef struct {
    evex_ir_id guarded;
    evex_ir_id condition; /* bool; or int64: an index, one value, that is not negative on failure */
    evex_ir_id validity;
    evex_ir_failure failure;
    evex_insn_place place;
} evex_ir_note;

typedef struct {
    evex_ir_id index; /* a SCALAR int64: the first element that fails, or negative */
    uint8_t kind;     /* evex_guard_kind */
    evex_ir_failure failure;
    evex_insn_place place;
} evex_ir_guard;

typedef struct {
    evex_arena *arena;
    int is_optimised;
    int is_checked; /* integers that overflow are errors, so that -(-x) is not x */
    int is_grouped; /* reductions have one result a group */
    int is_out_of_memory;
    evex_insn_place place; /* what new values get: set by the caller for each construct */

    evex_ir_value *values; /* values[0] is EVEX_IR_NONE */
    evex_ir_id *operands;
    evex_ir_constant *constants;
    evex_ir_reduction *reductions;
    evex_ir_input *inputs;
    evex_ir_output *outputs;
    evex_ir_note *notes;
    evex_ir_guard *guards;
    size_t n_values, n_operands, n_constants, n_reductions, n_inputs, n_outputs, n_notes, n_guards;
    size_t values_capacity, operands_capacity, constants_capacity, reductions_capacity,
        notes_capacity, guards_capacity;

    evex_ir_id *table; /* open addressing; n_slots is a power of two */
    size_t n_slots;

    /* groups.c's */
    evex_ir_id codes; /* EVEX_IR_NONE until something needs them */
    evex_ir_id
        *taken; /* by value with an element a group: that of each row's group, if it exists */
    evex_ir_id *waiting;
    size_t taken_capacity, waiting_capacity;
} evex_ir;

/* Whether a variable adapts to what is beside it; there is but one type of strings. */
static inline uint8_t evex_ir_is_weak(const evex_var *var) {
    return var->kind == EVEX_WEAK && var->dtype != EVEX_STR;
}

/* n_expected: about how many values there will be; inputs and outputs have exactly this room, as
 * much again for their validities, and room for the codes of groups.
 * Returns 0 when out of memory. */
int evex_ir_init(evex_ir *ir, evex_arena *arena, int is_optimised, size_t n_expected,
                 size_t n_inputs, size_t n_outputs);

/* Adds the validities of the nullable inputs behind them. 0: no memory. */
int evex_ir_add_validities(evex_ir *ir);
/* "x.valid" for x, NUL-terminated; *n_bytes is x's length before and the name's after. NULL: no
 * memory. */
const char *evex_ir_name_validity(evex_arena *arena, const char *name, size_t *n_bytes);

/* Input number `index`, which ir->inputs describes. */
evex_ir_id evex_ir_input_value(evex_ir *ir, uint32_t index);

evex_ir_id evex_ir_number(evex_ir *ir, evex_dtype dtype, const void *element);
evex_ir_id evex_ir_i64(evex_ir *ir, int64_t value);
evex_ir_id evex_ir_float(evex_ir *ir, evex_dtype dtype, double value); /* F32 (rounded) or F64 */
evex_ir_id evex_ir_text(evex_ir *ir, const char *bytes, size_t n_bytes);
/* A regular expression, which has been found to be one. */
evex_ir_id evex_ir_pattern(evex_ir *ir, const char *bytes, size_t n_bytes);
/* A sorted list for IN; a user function's name for CALL. These two are no operands of other ops.
 * The memory is kept, not copied. */
evex_ir_id evex_ir_set(evex_ir *ir, evex_dtype dtype, const void *elements, size_t n);
evex_ir_id evex_ir_function(evex_ir *ir, const char *name, size_t n_bytes);

/* Instructions. Operands must have the types that the op's signature asks for; the result's type
 * follows from them. */
evex_ir_id evex_ir_unary(evex_ir *ir, evex_op op, evex_ir_id a);
evex_ir_id evex_ir_binary(evex_ir *ir, evex_op op, evex_ir_id a, evex_ir_id b);
evex_ir_id evex_ir_ternary(evex_ir *ir, evex_op op, evex_ir_id a, evex_ir_id b, evex_ir_id c);
evex_ir_id evex_ir_cast(evex_ir *ir, evex_ir_id a, evex_dtype dtype);
/* operands[0] is evex_ir_function's. */
evex_ir_id evex_ir_call(evex_ir *ir, evex_dtype result, const evex_ir_id *operands, size_t n);

/*
 * groups.c: the values of a grouped program have an element a row, an element a group or one for
 * all. An instruction on some of each reads, for each row, what the row's group has.
 */
/* Gives n operands of mixed levels one; list has room for them. Returns operands or list. */
const evex_ir_id *evex_ir_level(evex_ir *ir, const evex_ir_id *operands, size_t n,
                                evex_ir_id *list);
/* What each row reads of a value: the value itself unless it has an element a group. */
evex_ir_id evex_ir_take(evex_ir *ir, evex_ir_id value);
/* A value as it stands beside another one: taken, where that has an element a row. */
evex_ir_id evex_ir_beside(evex_ir *ir, evex_ir_id value, evex_ir_id other);
/* Whether rows read what is computed from a value's operands in its place. */
int evex_ir_is_taken(const evex_ir *ir, evex_ir_id value);
/* The group of each row: the program's last input, int64; and whether there is one, a bool. */
evex_ir_id evex_ir_codes(evex_ir *ir);
evex_ir_id evex_ir_in_group(evex_ir *ir);

/* An instruction as it stands, folded if it can be; the builders below are for everybody else. */
evex_ir_id evex_ir_make(evex_ir *ir, evex_op op, evex_dtype dtype, evex_dtype in_dtype,
                        const evex_ir_id *operands, size_t n);

/* Another value of an equal reduction, so that two results can each be written by their own. */
evex_ir_id evex_ir_repeat_reduction(evex_ir *ir, evex_ir_id reduction);
/* spec without registers; source may be EVEX_IR_NONE for count(), mask for no mask. Where
 * spec->is_grouped, rows are taken in by their codes. */
evex_ir_id evex_ir_reduce(evex_ir *ir, const evex_reduction *spec, evex_ir_id source,
                          evex_ir_id mask);

/* Keeps a note, with ir->place as its place, for evex_guards_resolve. */
void evex_ir_add_note(evex_ir *ir, const evex_ir_note *note);
/* The program fails, at the note's place, where a bool value is true or, of int64, if the one value
 * is not negative. */
void evex_ir_add_guard(evex_ir *ir, evex_ir_id condition, const evex_ir_note *note);

static inline evex_dtype evex_ir_input_dtype(const evex_ir_input *input) {
    return input->is_validity ? EVEX_BOOL : input->var->dtype;
}
static inline evex_dtype evex_ir_dtype(const evex_ir *ir, evex_ir_id id) {
    return (evex_dtype)ir->values[id].dtype;
}

/* The element of a constant number; NULL when the value is none. */
const void *evex_ir_constant_bytes(const evex_ir *ir, evex_ir_id id);

#endif
