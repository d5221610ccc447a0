/* SPDX-License-Identifier: MIT */
/*
 * Fusing reductions; see fuse_reduce.h. A reduction takes in the instruction that makes its
 * elements or its mask when
 *
 * - eval/fused_sums.def has the two and the instruction set a kernel for them;
 * - nothing else reads what the instruction makes, so that it need not be stored;
 * - what it reads is still there behind the last instruction, where reductions run;
 * - no output is written in between: an input may be the same memory.
 */
#include "eval/fuse_reduce.h"

#include "eval/expr.h"

/* How far from the end of the code the instruction may be. */
enum { REACH = 64 };

#define NOBODY UINT32_MAX

enum { ROLE_SOURCE, ROLE_MASK };
enum { NO_OP = EVEX_N_OPS };
#define EVEX_OP_NONE NO_OP

typedef struct {
    uint16_t role, first, op;
} fused_row;

static const fused_row rows[] = {
#define FUSED_SUM(role, first, op, word) {ROLE_##role, EVEX_OP_##first, EVEX_OP_##op},
#include "eval/fused_sums.def"
};

typedef struct {
    evex_expr *expr;
    const evex_stage *stage;
    const evex_insn *insns;
    const evex_register *operands;
} fuser;

static int is_sum(const evex_reduction *reduction) {
    return (reduction->kind == EVEX_RED_SUM || reduction->kind == EVEX_RED_MEAN) &&
           (reduction->in_dtype == EVEX_F32 || reduction->in_dtype == EVEX_F64) &&
           !reduction->is_grouped;
}

static int is_temp(const fuser *f, evex_register reg) {
    return evex_is_in_class(f->expr->program, reg, EVEX_CLASS_TEMP);
}

/* The instruction whose result a register holds at the end of the stage, or NOBODY near it. */
static uint32_t find_writer(const fuser *f, evex_register reg) {
    const uint32_t first = f->stage->first_insn, end = first + f->stage->n_insns;
    for (uint32_t i = end; i > first && end - i < REACH; i--)
        if (f->insns[i - 1].dst == reg || f->insns[i - 1].dst2 == reg)
            return i - 1;
    return NOBODY;
}

/* How often a register is read behind an instruction. */
static unsigned count_reads(const fuser *f, evex_register reg, uint32_t number) {
    unsigned n = 0;
    for (uint32_t i = number + 1; i < f->stage->first_insn + f->stage->n_insns; i++)
        for (uint32_t k = 0; k < f->insns[i].n_operands; k++)
            n += f->operands[f->insns[i].first_operand + k] == reg;
    const evex_reduction *reductions =
        evex_program_reductions(f->expr->program) + f->stage->first_reduction;
    for (uint32_t r = 0; r < f->stage->n_reductions; r++) {
        n += reductions[r].source == reg;
        n += reductions[r].mask == reg;
        n += reductions[r].is_grouped && reductions[r].group == reg;
    }
    return n;
}

/* Whether the instructions behind one leave alone what it reads, and all outputs. */
static int is_kept(const fuser *f, const evex_fused_sum *fused) {
    for (uint32_t i = fused->insn + 1; i < f->stage->first_insn + f->stage->n_insns; i++)
        if (!evex_insn_leaves(f->expr->program, &f->insns[i], fused->operands, fused->n_operands))
            return 0;
    return 1;
}

/* Finds the kernels for the instruction, if there are any. */
static void find_kernels(const fuser *f, evex_fused_sum *fused, int role, evex_dtype dtype) {
    const evex_kernel_table *kernels = f->expr->kernels;
    const evex_insn *insn = &f->insns[fused->insn];
    const evex_pair *pair = f->expr->links[fused->insn].pair;
    const uint16_t first = pair == NULL ? NO_OP : f->insns[pair->first].op;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        if (rows[r].role == role && rows[r].first == first && rows[r].op == insn->op &&
            insn->in_dtype == dtype) {
            fused->kernel = kernels->fused_sums[r][dtype];
            fused->panels = &kernels->fused_panels[r][dtype];
        }
    if (fused->panels != NULL && fused->panels->panel == NULL)
        fused->panels = NULL;
}

static void add_operands(const fuser *f, evex_fused_sum *fused) {
    const evex_insn *insn = &f->insns[fused->insn];
    const evex_pair *pair = f->expr->links[fused->insn].pair;
    const evex_register *operands =
        pair == NULL ? f->operands + insn->first_operand : pair->operands;
    const uint32_t n = pair == NULL ? insn->n_operands : pair->n_operands;
    for (uint32_t k = 0; k < n; k++)
        fused->operands[fused->n_operands++] = operands[k];
}

/* Takes in what makes `reg`, the reduction's source or mask, if that can be. */
static void fuse_reduction(const fuser *f, const evex_reduction *reduction, int role,
                           evex_fused_sum *result) {
    const evex_register reg = role == ROLE_MASK ? reduction->mask : reduction->source;
    evex_fused_sum fused = {.insn = find_writer(f, reg)};
    if (fused.insn == NOBODY || !is_temp(f, reg) || f->expr->links[fused.insn].is_absorbed ||
        count_reads(f, reg, fused.insn) != 1)
        return;
    find_kernels(f, &fused, role, (evex_dtype)reduction->in_dtype);
    if (fused.kernel == NULL)
        return;
    if (role == ROLE_MASK)
        fused.operands[fused.n_operands++] = reduction->source;
    add_operands(f, &fused);
    if (!is_kept(f, &fused))
        return;
    f->expr->links[fused.insn].is_absorbed = 1;
    *result = fused;
}

static void fuse_stage(const fuser *f) {
    for (uint32_t r = 0; r < f->stage->n_reductions; r++) {
        const uint32_t number = f->stage->first_reduction + r;
        const evex_reduction *reduction = &evex_program_reductions(f->expr->program)[number];
        if (!is_sum(reduction) || reduction->source == EVEX_NO_REGISTER || reduction->is_grouped)
            continue;
        const int role = reduction->mask == EVEX_NO_REGISTER ? ROLE_SOURCE : ROLE_MASK;
        fuse_reduction(f, reduction, role, &f->expr->fused_sums[number]);
    }
}

void evex_fuse_reductions(evex_expr *expr) {
    const evex_program *program = expr->program;
    for (uint32_t s = 0; s < program->n_stages; s++) {
        const fuser f = {expr, &evex_program_stages(program)[s], evex_program_insns(program),
                         evex_program_operands(program)};
        if (expr->kernels->fused_sums != NULL)
            fuse_stage(&f);
    }
}
