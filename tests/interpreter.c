/* SPDX-License-Identifier: MIT */
/*
 * The tests' interpreter of programs; see interpreter.h. Reductions are taken in plain index order,
 * so floating sums may differ from the engine's in the last bits.
 */
#include "tests/interpreter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const evex_program *program;
    interpreter_cell *cells; /* by register */
    evex_set *sets;          /* by constant */
    evex_str *texts;         /* elements of str sets */
    size_t n;
} machine;

static double number_at(const interpreter_cell *cell, size_t i) {
    const evex_dtype dtype = (evex_dtype)cell->dtype;
    const void *element = cell->bytes + (cell->n > 1 ? i : 0) * evex_dtype_size(dtype);
    double number = 0;
    void *dst = &number;
    const evex_operand src = {element, 1};
    if (dtype != EVEX_STR)
        evex_definition(EVEX_OP_CAST, dtype, EVEX_F64)(&dst, &src, 1, NULL);
    return number;
}

/* ---- Leaves --------------------------------------------------------------------------------- */

static void load_set(machine *m, uint32_t k, const evex_constant *constant) {
    const char *data = evex_program_text(m->program) + constant->payload.list.offset;
    m->sets[k] = (evex_set){constant->payload.list.n, data};
    if (constant->dtype != EVEX_STR)
        return;
    m->sets[k].values = m->texts;
    for (uint32_t i = 0; i < constant->payload.list.n; i++) {
        uint32_t range[2];
        memcpy(range, data + 8 * i, sizeof range);
        *m->texts++ = (evex_str){evex_program_text(m->program) + range[0], range[1]};
    }
}

static void load_constants(machine *m) {
    const evex_program *p = m->program;
    for (uint32_t k = 0; k < p->n_constants; k++) {
        const evex_constant *constant = &evex_program_constants(p)[k];
        interpreter_cell *cell = &m->cells[p->first_register[EVEX_CLASS_CONSTANT] + k];
        *cell = (interpreter_cell){.n = 1, .dtype = constant->dtype};
        if (constant->kind == EVEX_CONSTANT_SET) {
            load_set(m, k, constant);
        } else if (constant->dtype == EVEX_STR) {
            const evex_str text = {evex_program_text(p) + constant->payload.list.offset,
                                   constant->payload.list.n};
            memcpy(cell->bytes, &text, sizeof text);
        } else {
            memcpy(cell->bytes, constant->payload.bytes, 16);
        }
    }
}

/* Whether a weak int is exact in each type of the set: it comes back unchanged. */
static int fits(const interpreter_cell *cell, unsigned set) {
    for (int dtype = 0; dtype < EVEX_N_DTYPES; dtype++) {
        unsigned char there[16], back[16];
        void *dst[] = {there, back};
        const evex_operand from = {cell->bytes, 1}, narrow = {there, 1};
        if ((set >> dtype & 1) == 0)
            continue;
        evex_definition(EVEX_OP_CAST, cell->dtype, dtype)(&dst[0], &from, 1, NULL);
        evex_definition(EVEX_OP_CAST, dtype, cell->dtype)(&dst[1], &narrow, 1, NULL);
        int64_t value;
        memcpy(&value, cell->bytes, sizeof value);
        /* Between int64 and uint64 every bit comes back, so the sign decides. */
        if (memcmp(back, cell->bytes, 8) != 0 ||
            (evex_dtype_size(dtype) == 8 && cell->dtype != dtype && value < 0))
            return 0;
    }
    return 1;
}

static evex_status load_inputs(machine *m, const void *const *inputs) {
    const evex_program_input *list = evex_program_inputs(m->program);
    for (uint32_t i = 0; i < m->program->n_inputs; i++) {
        interpreter_cell *cell = &m->cells[i];
        *cell =
            (interpreter_cell){.n = list[i].kind == EVEX_WEAK ? 1 : m->n, .dtype = list[i].dtype};
        memcpy(cell->bytes, inputs[i], cell->n * evex_dtype_size(list[i].dtype));
        if (!fits(cell, list[i].must_fit))
            return EVEX_OUT_OF_RANGE;
    }
    return EVEX_OK;
}

/* ---- Code ----------------------------------------------------------------------------------- */

static evex_status run_insn(machine *m, const evex_insn *insn) {
    const evex_program *p = m->program;
    const evex_register *operands = evex_program_operands(p) + insn->first_operand;
    const evex_kernel kernel = insn->op == EVEX_OP_CALL
                                   ? NULL
                                   : evex_definition(insn->op, insn->in_dtype, insn->out_dtype);
    interpreter_cell result = {.n = 1, .dtype = insn->out_dtype}, second = result;
    evex_operand src[3];
    if (kernel == NULL)
        return EVEX_UNSUPPORTED;
    for (int k = 0; k < insn->n_operands; k++) {
        const interpreter_cell *cell = &m->cells[operands[k]];
        src[k] = (evex_operand){cell->bytes, cell->n > 1};
        if (k == 1 && insn->op == EVEX_OP_IN)
            src[k].data = &m->sets[operands[k] - p->first_register[EVEX_CLASS_CONSTANT]];
        else if (cell->n > result.n)
            result.n = cell->n;
    }
    kernel((void *[]){result.bytes, second.bytes}, src, result.n, NULL);
    m->cells[insn->dst] = result;
    if (insn->dst2 != EVEX_NO_REGISTER) {
        second.n = result.n;
        m->cells[insn->dst2] = second;
    }
    return EVEX_OK;
}

static evex_status run_insns(machine *m, uint32_t first, uint32_t n) {
    evex_status status = EVEX_OK;
    for (uint32_t i = first; i < first + n && status == EVEX_OK; i++)
        status = run_insn(m, &evex_program_insns(m->program)[i]);
    return status;
}

/* ---- Reductions ----------------------------------------------------------------------------- */

typedef struct {
    double sum, product, least, greatest, square;
    long count, true_count, first_true, least_at, greatest_at;
    int has_nan;
} summary;

static summary summarise(const machine *m, const evex_reduction *r) {
    static const interpreter_cell one = {.bytes = {1}, .n = 1, .dtype = EVEX_BOOL};
    const interpreter_cell *source = r->source == EVEX_NO_REGISTER ? &one : &m->cells[r->source];
    const interpreter_cell *mask = r->mask == EVEX_NO_REGISTER ? &one : &m->cells[r->mask];
    const size_t n = r->source == EVEX_NO_REGISTER ? m->n
                     : source->n > mask->n         ? source->n
                                                   : mask->n;
    summary s = {.product = 1, .least = INFINITY, .greatest = -INFINITY, .first_true = -1};
    for (size_t i = 0; i < n; i++) {
        const double x = number_at(source, i);
        if (number_at(mask, i) == 0)
            continue;
        s.count++;
        s.sum += x;
        s.product *= x;
        s.has_nan |= x != x;
        if (x < s.least)
            s.least = x, s.least_at = (long)i;
        if (x > s.greatest)
            s.greatest = x, s.greatest_at = (long)i;
        if (x != 0 && s.true_count++ == 0)
            s.first_true = (long)i;
    }
    for (size_t i = 0; i < n; i++) {
        const double d = number_at(source, i) - s.sum / (double)s.count;
        s.square += number_at(mask, i) == 0 ? 0 : d * d;
    }
    return s;
}

static double finish(const evex_reduction *r, const summary *s) {
    const int ignores_nan = r->kind == EVEX_RED_NANMIN || r->kind == EVEX_RED_NANMAX;
    const double nan_or = s->has_nan && !ignores_nan ? NAN : 0;
    const double variance = s->square / (double)(s->count - r->ddof);
    switch ((evex_reduction_kind)r->kind) {
    case EVEX_RED_SUM:
        return s->sum;
    case EVEX_RED_PROD:
        return s->product;
    case EVEX_RED_MIN:
    case EVEX_RED_NANMIN:
        return s->least + nan_or;
    case EVEX_RED_MAX:
    case EVEX_RED_NANMAX:
        return s->greatest + nan_or;
    case EVEX_RED_MEAN:
        return s->sum / (double)s->count;
    case EVEX_RED_VAR:
        return variance;
    case EVEX_RED_STD:
        return sqrt(variance);
    case EVEX_RED_ANY:
        return s->true_count > 0;
    case EVEX_RED_ALL:
        return s->true_count == s->count;
    case EVEX_RED_COUNT:
        return (double)s->count;
    case EVEX_RED_COUNT_NONZERO:
        return (double)s->true_count;
    case EVEX_RED_ARGMIN:
        return (double)s->least_at;
    case EVEX_RED_ARGMAX:
        return (double)s->greatest_at;
    default:
        return (double)s->first_true;
    }
}

static void run_reduction(machine *m, const evex_reduction *r) {
    const summary s = summarise(m, r);
    const double number = finish(r, &s);
    interpreter_cell result = {.n = 1, .dtype = r->out_dtype};
    void *dst = result.bytes;
    const evex_operand src = {&number, 1};
    evex_definition(EVEX_OP_CAST, EVEX_F64, r->out_dtype)(&dst, &src, 1, NULL);
    m->cells[r->dst] = result;
}

static evex_status run_stage(machine *m, const evex_stage *stage) {
    evex_status status = run_insns(m, stage->first_scalar_insn, stage->n_scalar_insns);
    if (status == EVEX_OK)
        status = run_insns(m, stage->first_insn, stage->n_insns);
    for (uint32_t i = 0; i < stage->n_reductions && status == EVEX_OK; i++)
        run_reduction(m, &evex_program_reductions(m->program)[stage->first_reduction + i]);
    for (uint32_t i = 0; i < stage->n_guards && status == EVEX_OK; i++) {
        const evex_guard *guard = &evex_program_guards(m->program)[stage->first_guard + i];
        if (number_at(&m->cells[guard->index], 0) >= 0)
            status = guard->status;
    }
    return status;
}

evex_status interpret(const evex_program *program, const void *const *inputs, size_t n,
                      interpreter_cell *outputs) {
    const uint32_t first_output = program->first_register[EVEX_CLASS_OUTPUT];
    const size_t n_registers = program->first_register[EVEX_N_CLASSES];
    machine m = {.program = program, .n = n};
    m.cells = calloc(n_registers + 1, sizeof *m.cells);
    m.sets = calloc(program->n_constants + 1, sizeof *m.sets);
    evex_str *texts = m.texts = calloc(program->text_bytes / 8 + 1, sizeof *m.texts);
    load_constants(&m);
    evex_status status = load_inputs(&m, inputs);
    for (uint32_t i = 0; i < program->n_stages && status == EVEX_OK; i++)
        status = run_stage(&m, &evex_program_stages(program)[i]);
    for (uint32_t i = 0; i < program->n_outputs && status == EVEX_OK; i++)
        outputs[i] = m.cells[first_output + i];
    free(m.cells);
    free(m.sets);
    free(texts);
    return status;
}
