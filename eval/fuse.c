/* SPDX-License-Identifier: MIT */
/*
 * Fusing pairs of instructions; see fuse.h. An instruction takes the one that makes its operand, or
 * the two alike that make both, into its own call when
 *
 * - eval/pairs.def has the pair and the instruction set a kernel for it;
 * - nothing else reads what the first one makes, so that it need not be stored;
 * - what the first one reads is still there when the second runs;
 * - no output is written between the two: an input may be the same memory.
 */
#include "eval/fuse.h"

#include "eval/expr.h"

/* How far apart two instructions may be: chains are adjacent, so more would find little. */
enum { REACH = 8 };

#define NOBODY UINT32_MAX

typedef struct {
    uint16_t first, second;
    uint8_t place;
} pair_row;

static const pair_row pairs[] = {
#define BOTH EVEX_PAIR_BOTH
#define PAIR(first, second, place, word) {EVEX_OP_##first, EVEX_OP_##second, place},
#include "eval/pairs.def"
};

typedef struct {
    evex_expr *expr;
    const evex_insn *insns;
    const evex_register *operands;
    uint32_t *writers; /* by register: the instruction of this body that wrote it last, or NOBODY */
    uint32_t *n_reads; /* by instruction: how often its result is read */
} fuser;

static int is_temp(const fuser *f, evex_register reg) {
    return evex_is_in_class(f->expr->program, reg, EVEX_CLASS_TEMP);
}

static void note_read(const fuser *f, evex_register reg) {
    if (reg != EVEX_NO_REGISTER && is_temp(f, reg) && f->writers[reg] != NOBODY)
        f->n_reads[f->writers[reg]]++;
}

static void note_write(const fuser *f, uint32_t number) {
    f->writers[f->insns[number].dst] = number;
    if (f->insns[number].dst2 != EVEX_NO_REGISTER)
        f->writers[f->insns[number].dst2] = number;
}

static void forget_writers(const fuser *f) {
    for (uint32_t r = 0; r < evex_n_registers(f->expr->program); r++)
        f->writers[r] = NOBODY;
}

static void count_reads(const fuser *f, const evex_stage *stage) {
    forget_writers(f);
    for (uint32_t i = stage->first_insn; i < stage->first_insn + stage->n_insns; i++) {
        for (uint32_t k = 0; k < f->insns[i].n_operands; k++)
            note_read(f, f->operands[f->insns[i].first_operand + k]);
        note_write(f, i);
    }
    const evex_reduction *reductions =
        evex_program_reductions(f->expr->program) + stage->first_reduction;
    for (uint32_t i = 0; i < stage->n_reductions; i++) {
        note_read(f, reductions[i].source);
        note_read(f, reductions[i].mask);
        if (reductions[i].is_grouped)
            note_read(f, reductions[i].group);
    }
}

int evex_insn_leaves(const evex_program *program, const evex_insn *insn,
                     const evex_register *registers, uint32_t n) {
    if (!evex_is_in_class(program, insn->dst, EVEX_CLASS_TEMP) ||
        (insn->dst2 != EVEX_NO_REGISTER && !evex_is_in_class(program, insn->dst2, EVEX_CLASS_TEMP)))
        return 0;
    for (uint32_t k = 0; k < n; k++)
        if (registers[k] == insn->dst || registers[k] == insn->dst2)
            return 0;
    return 1;
}

static int is_within_reach(const fuser *f, uint32_t first, uint32_t second) {
    if (second - first > REACH)
        return 0;
    const evex_insn *reader = &f->insns[first];
    for (uint32_t i = first + 1; i < second; i++)
        if (!evex_insn_leaves(f->expr->program, &f->insns[i], f->operands + reader->first_operand,
                              reader->n_operands))
            return 0;
    return 1;
}

static evex_kernel find_kernel(const fuser *f, const evex_insn *first, const evex_insn *second,
                               uint32_t place) {
    const evex_kernel_row *kernels = f->expr->kernels->pairs;
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++)
        if (pairs[p].first == first->op && pairs[p].second == second->op &&
            pairs[p].place == place && first->in_dtype == second->in_dtype)
            return kernels[p][first->in_dtype];
    return NULL;
}

/* The instruction that makes operand `place` of another and could be taken into its call, if there
 * were a kernel, or NOBODY. */
static uint32_t find_maker(const fuser *f, uint32_t second, uint32_t place) {
    const evex_register reg = f->operands[f->insns[second].first_operand + place];
    if (!is_temp(f, reg) || f->writers[reg] == NOBODY)
        return NOBODY;
    const uint32_t first = f->writers[reg];
    return f->n_reads[first] == 1 && f->expr->links[first].pair == NULL &&
                   is_within_reach(f, first, second)
               ? first
               : NOBODY;
}

/* The same with the kernel of the pair. */
static uint32_t find_first(const fuser *f, uint32_t second, uint32_t place, evex_kernel *kernel) {
    const uint32_t first = find_maker(f, second, place);
    if (first != NOBODY)
        *kernel = find_kernel(f, &f->insns[first], &f->insns[second], place);
    return first != NOBODY && *kernel != NULL ? first : NOBODY;
}

static void add_operands(const fuser *f, evex_pair *pair, const evex_insn *insn) {
    for (uint32_t k = 0; k < insn->n_operands; k++)
        pair->operands[pair->n_operands++] = f->operands[insn->first_operand + k];
}

static void set_operands(const fuser *f, evex_pair *pair, uint32_t second, uint32_t place) {
    const evex_insn *b = &f->insns[second];
    add_operands(f, pair, &f->insns[pair->first]);
    for (uint32_t k = 0; k < b->n_operands; k++)
        if (k != place)
            pair->operands[pair->n_operands++] = f->operands[b->first_operand + k];
}

/* Makes an instruction run as the call of a kernel that takes in `first`; NULL: out of memory. */
static evex_pair *new_pair(const fuser *f, uint32_t number, uint32_t first, evex_kernel kernel) {
    evex_pair *pair = evex_arena_push(&f->expr->arena, sizeof *pair);
    if (pair == NULL)
        return NULL;
    *pair = (evex_pair){.kernel = kernel, .first = first};
    f->expr->links[first].is_absorbed = 1;
    f->expr->links[number].pair = pair;
    return pair;
}

static int join(const fuser *f, uint32_t first, uint32_t second, uint32_t place,
                evex_kernel kernel) {
    evex_pair *pair = new_pair(f, second, first, kernel);
    if (pair != NULL)
        set_operands(f, pair, second, place);
    return pair != NULL;
}

/* The two instructions alike that make both operands of another and can be taken into its call; the
 * kernel of all three, or NULL. */
static evex_kernel find_both(const fuser *f, uint32_t number, uint32_t makers[2]) {
    if (f->insns[number].n_operands != 2)
        return NULL;
    for (uint32_t k = 0; k < 2; k++)
        if ((makers[k] = find_maker(f, number, k)) == NOBODY)
            return NULL;
    const evex_insn *a = &f->insns[makers[0]], *b = &f->insns[makers[1]];
    if (a->op != b->op || a->in_dtype != b->in_dtype)
        return NULL;
    return find_kernel(f, a, &f->insns[number], EVEX_PAIR_BOTH);
}

static int join_both(const fuser *f, uint32_t number, const uint32_t makers[2],
                     evex_kernel kernel) {
    evex_pair *pair = new_pair(f, number, makers[0], kernel);
    if (pair == NULL)
        return 0;
    pair->has_both = 1;
    for (uint32_t k = 0; k < 2; k++) {
        evex_link *link = &f->expr->links[makers[k]];
        add_operands(f, pair, &f->insns[makers[k]]);
        link->is_absorbed = link->is_unread = 1;
    }
    return 1;
}

/* Takes in both instructions that make operands, or the nearest that can be: along a chain, every
 * second one. */
static int fuse_insn(const fuser *f, uint32_t number) {
    uint32_t makers[2];
    const evex_kernel both = find_both(f, number, makers);
    if (both != NULL)
        return join_both(f, number, makers, both);
    uint32_t nearest = NOBODY, nearest_place = 0;
    evex_kernel nearest_kernel = NULL;
    for (uint32_t k = 0; k < f->insns[number].n_operands; k++) {
        evex_kernel kernel = NULL;
        const uint32_t first = find_first(f, number, k, &kernel);
        if (first == NOBODY || (nearest != NOBODY && first < nearest))
            continue;
        nearest = first;
        nearest_place = k;
        nearest_kernel = kernel;
    }
    return nearest == NOBODY || join(f, nearest, number, nearest_place, nearest_kernel);
}

int evex_fuse(evex_expr *expr) {
    const evex_program *program = expr->program;
    const fuser f = {
        expr, evex_program_insns(program), evex_program_operands(program),
        evex_arena_push_array(&expr->arena, evex_n_registers(program) + 1, sizeof *f.writers),
        evex_arena_push_array(&expr->arena, (size_t)program->n_insns + 1, sizeof *f.n_reads)};
    if (f.writers == NULL || f.n_reads == NULL)
        return 0;
    if (expr->kernels->pairs == NULL)
        return 1;
    for (uint32_t s = 0; s < program->n_stages; s++) {
        const evex_stage *stage = &evex_program_stages(program)[s];
        count_reads(&f, stage);
        forget_writers(&f);
        for (uint32_t i = stage->first_insn; i < stage->first_insn + stage->n_insns; i++) {
            if (!fuse_insn(&f, i))
                return 0;
            note_write(&f, i);
        }
    }
    return 1;
}
