/* SPDX-License-Identifier: MIT */
/*
 * The program: what the compiler gives and eval/ runs, and the only thing that passes between them.
 *
 * One immutable, position-independent block: a header, then sections found by byte offsets from the
 * block's start. It holds no pointer, no kernel, no block length and no shape, so it can be
 * compared, hashed and copied by its bytes and shared by any number of threads.
 *
 *   +--------+-------+--------+----------+-----------+--------+---------+
 *   | header | insns | places | operands | constants | inputs | outputs |
 *   +--------+-------+--------+----------+-----------+--------+---------+
 *   | reductions | stages | guards | text |
 *   +------------+--------+--------+------+
 *
 * Instructions are 16 bytes:
 *
 *     0        2     3     4           6           8           10       12           16
 *   +--------+-----+-----+-----------+-----------+-----------+--------+-------------+
 *   |   op   | out | in  | n_operands|   dst     |   dst2    | unused | first       |
 *   +--------+-----+-----+-----------+-----------+-----------+--------+-------------+
 *
 *   R[dst] = op.in(R[operands[first]], ..., R[operands[first + n_operands - 1]])
 *
 * with elements of dtype `out` in R[dst] and of dtype `in` in the operands, save where the op's
 * signature says bool (op.h); `out` is `in` unless the signature says otherwise. In register
 * notation, by signature:
 *
 *   T_T     R[d] = op(R[a])                    T_BTT  R[d] = R[a] ? R[b] : R[c]
 *   T_TT    R[d] = op(R[a], R[b])              B_TS   R[d] = R[a] is one of the set K[b]
 *   T_TTT   R[d] = op(R[a], R[b], R[c])        T_X    R[d] = (out) R[a]
 *   R_T     R[d] = op(R[a])                    C_TT   R[d] = op(R[a], R[b])
 *   B_T     R[d] = op(R[a]) as bool            T_F    R[d] = user function K[a](R[b], ...)
 *   B_TT    R[d] = op(R[a], R[b]) as bool      I_T    R[d] = op(R[a]) as int64
 *   B_TP    R[d] = op(R[a], pattern K[b]) as bool
 *   T_GI    R[d] = R[a][R[b]], R[a] whole: by group and KEPT, or an INPUT
 *   B_TTT   R[d] = op(R[a], R[b], R[c]) as bool
 *
 * Registers are numbered through the classes, in this order:
 *
 *   INPUT     the caller's arrays, in the order of the inputs, then the nullable ones' validity;
 *             then, in grouped programs, the group of each row (int64, unnamed; negative: none)
 *   CONSTANT  the constants, in order
 *   SCALAR    one value a program run: reductions to one value, arithmetic on such and on scalars
 *   KEPT      results of axis= and grouped reductions that a later stage reads as arrays
 *   TEMP      one block; a number is used again after its value's last use, by any dtype
 *   OUTPUT    the results, in order, then the nullable ones' validity; each is written exactly once
 *             and never read
 *
 * Stages run in order. A stage has a scalar section, run once before any of its data is touched; a
 * body, run block by block; and its reductions, which consume registers of the body. Straight-line
 * code in both: every register is defined before use, TEMP only within one body.
 */
#ifndef EVEX_CORE_PROGRAM_H
#define EVEX_CORE_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/op.h"
#include "core/text.h"

enum {
    EVEX_PROGRAM_MAGIC = 0x50585645, /* "EVXP" */
    EVEX_PROGRAM_VERSION = 1,
    EVEX_LEAF = 4096,   /* elements a leaf of the summation tree */
    EVEX_LANES_64 = 32, /* virtual lanes of a leaf: operands of 64 bits and all integers */
    EVEX_LANES_32 = 64, /* operands of float32 */
    EVEX_NO_REGISTER = 0xffff,
    EVEX_MAX_REGISTERS = 0xffff
};

typedef uint16_t evex_register;

typedef enum {
    EVEX_CLASS_INPUT,
    EVEX_CLASS_CONSTANT,
    EVEX_CLASS_SCALAR,
    EVEX_CLASS_KEPT,
    EVEX_CLASS_TEMP,
    EVEX_CLASS_OUTPUT,
    EVEX_N_CLASSES
} evex_register_class;

typedef struct {
    uint16_t op;
    uint8_t out_dtype, in_dtype;
    uint16_t n_operands;
    evex_register dst, dst2; /* dst2: of ops with two results, else EVEX_NO_REGISTER */
    uint16_t unused;         /* 0 */
    uint32_t first_operand;
} evex_insn;

/* A byte range of the source text, for errors that arise when arrays are known. */
typedef struct {
    uint32_t offset, length;
} evex_insn_place;

/* text: offset into the text section. */
typedef struct {
    uint32_t name, name_bytes;
    uint8_t dtype, kind; /* evex_dtype, evex_kind */
    uint8_t is_nullable;
    uint8_t unit;      /* of datetime64 and timedelta64, which are int64 here; 0: none */
    uint16_t must_fit; /* evex_dtype_set: a weak integer must be exact in each, else OUT_OF_RANGE */
    evex_register validity; /* of a nullable one: INPUT register of its validity */
    evex_insn_place place;  /* first use */
} evex_program_input;

/* The validity of a nullable input or output is a bool input or output of its own. These stand
 * behind all others, in the order of their owners. */

typedef enum {
    EVEX_CONSTANT_VALUE,    /* one element of dtype in payload (str: offset and length of text) */
    EVEX_CONSTANT_SET,      /* payload.list: n elements at an offset of the text section, aligned
                               to 8; str elements are {uint32 offset, uint32 length} pairs */
    EVEX_CONSTANT_FUNCTION, /* payload.list: a user function's name: offset and n bytes of text */
    EVEX_CONSTANT_PATTERN   /* the same of a regular expression; the dtype is str */
} evex_constant_kind;

typedef struct {
    uint8_t dtype, kind;
    uint8_t unused[6];
    union {
        uint8_t bytes[16]; /* the element, at the start, zero-filled */
        struct {
            uint32_t offset, n;
        } list;
    } payload;
} evex_constant;

typedef struct {
    uint32_t name, name_bytes; /* name_bytes 0: unnamed */
    uint8_t dtype;
    uint8_t is_reduced; /* written by a reduction or by a scalar section */
    uint8_t is_nullable;
    uint8_t unit;           /* as an input's */
    evex_register validity; /* OUTPUT register of its validity, or EVEX_NO_REGISTER */
    uint16_t is_grouped;    /* one element a group */
} evex_program_output;

/* R[dst] = kind over the elements of R[source] for which R[mask] is true. */
typedef struct {
    uint8_t kind; /* evex_reduction_kind */
    uint8_t out_dtype, in_dtype;
    uint8_t keepdims;
    evex_register dst;    /* SCALAR, KEPT or OUTPUT */
    evex_register source; /* EVEX_NO_REGISTER: count() over the broadcast of all inputs */
    evex_register mask;   /* a bool register, or EVEX_NO_REGISTER */
    uint8_t all_axes;     /* axis=None: one value. Otherwise the listed axes */
    uint8_t n_axes;
    int32_t ddof;
    int8_t axes[EVEX_MAX_DIMS]; /* as written: negative ones count from the end */
    evex_insn_place place;
    evex_register group;  /* int64 codes, one result a code; only when is_grouped */
    uint8_t is_grouped;   /* dst is then KEPT, read by each row through its code, or OUTPUT */
    uint8_t allows_empty; /* over no element the result is unspecified instead of EVEX_EMPTY */
} evex_reduction;

typedef struct {
    uint32_t first_scalar_insn, n_scalar_insns;
    uint32_t first_insn, n_insns; /* the body */
    uint32_t first_reduction, n_reductions;
    uint32_t first_guard, n_guards; /* checked when the stage has run */
} evex_stage;

/* What a guard is about. Of all but elements the index says no more than whether it fails. */
typedef enum {
    EVEX_GUARD_OF_ELEMENTS,
    EVEX_GUARD_OF_TOTAL, /* the result of one of the stage's reductions */
    EVEX_GUARD_OF_SCALAR /* one value, known before the stage touches data */
} evex_guard_kind;

/*
 * Fails with `status` when R[index] (a SCALAR int64 or a constant one) is not negative: as a rule
 * the FIRST_TRUE of what fails. Of a stage's guards those of scalars are reported first, then the
 * one of elements that has the smallest index, then those of totals; of equal ones the first.
 */
typedef struct {
    evex_register index;
    uint8_t status; /* evex_status, EVEX_GUARD as a rule */
    uint8_t kind;   /* evex_guard_kind */
    evex_insn_place place;
    uint32_t message, message_bytes; /* text */
    uint32_t hint, hint_bytes;       /* text */
} evex_guard;

typedef struct {
    uint32_t magic;
    uint16_t version, flags;
    uint32_t total_bytes;
    uint32_t first_register[EVEX_N_CLASSES + 1]; /* class c is [first[c], first[c + 1]) */
    uint32_t n_insns, n_operands, n_constants, n_inputs, n_outputs, n_reductions, n_stages,
        n_guards;
    uint32_t insns, places, operands, constants, inputs, outputs, reductions, stages, guards, text;
    uint32_t text_bytes;
} evex_program;

/* The sections. */
static inline const void *evex_program_at(const evex_program *program, uint32_t offset) {
    return (const char *)program + offset;
}
static inline const evex_insn *evex_program_insns(const evex_program *p) {
    return evex_program_at(p, p->insns);
}
static inline const evex_insn_place *evex_program_places(const evex_program *p) {
    return evex_program_at(p, p->places); /* parallel to the instructions */
}
static inline const evex_register *evex_program_operands(const evex_program *p) {
    return evex_program_at(p, p->operands);
}
static inline const evex_constant *evex_program_constants(const evex_program *p) {
    return evex_program_at(p, p->constants);
}
static inline const evex_program_input *evex_program_inputs(const evex_program *p) {
    return evex_program_at(p, p->inputs);
}
static inline const evex_program_output *evex_program_outputs(const evex_program *p) {
    return evex_program_at(p, p->outputs);
}
static inline const evex_reduction *evex_program_reductions(const evex_program *p) {
    return evex_program_at(p, p->reductions);
}
static inline const evex_stage *evex_program_stages(const evex_program *p) {
    return evex_program_at(p, p->stages);
}
static inline const evex_guard *evex_program_guards(const evex_program *p) {
    return evex_program_at(p, p->guards);
}
static inline const char *evex_program_text(const evex_program *p) {
    return evex_program_at(p, p->text);
}

/* How many inputs and outputs there are before the first validity. */
uint32_t evex_program_own_inputs(const evex_program *program);
uint32_t evex_program_own_outputs(const evex_program *program);

/* The class of a register; EVEX_N_CLASSES when it is beyond the last. */
evex_register_class evex_program_class(const evex_program *program, evex_register reg);

/*
 * The parts that a program is made of, as the compiler (or a test, by hand) gathers them; offsets
 * named text point into `text`.
 */
typedef struct {
    uint32_t class_sizes[EVEX_N_CLASSES];
    const evex_insn *insns;
    const evex_insn_place *places;
    const evex_register *operands;
    const evex_constant *constants;
    const evex_program_input *inputs;
    const evex_program_output *outputs;
    const evex_reduction *reductions;
    const evex_stage *stages;
    const evex_guard *guards;
    const char *text;
    size_t n_insns, n_operands, n_constants, n_inputs, n_outputs, n_reductions, n_stages, n_guards,
        text_bytes;
} evex_program_parts;

/* Lays the parts out as one block from the allocator; freed by evex_free. NULL: out of memory, or
 * more than 2^31 bytes. */
evex_program *evex_program_build(const evex_program_parts *parts, const evex_allocator *allocator);

/*
 * Checks that n_bytes at program are a program that eval/ can run without reading or writing out of
 * bounds: sections inside the block, register classes and dtypes that agree with op.h's
 * signatures, every register defined before use, outputs written once. Whether a kernel exists for
 * an op and dtype is the linker's to say. On failure *error names the first fault
 * (EVEX_INVALID_ARGUMENT, no place). The allocator gives a byte a register, for the call only.
 */
evex_status evex_program_verify(const void *program, size_t n_bytes,
                                const evex_allocator *allocator, evex_error *error);

/* Writes the program, an instruction a line, with names and constants. For a verified program. */
void evex_program_dump(const evex_program *program, evex_text *text);

#endif
