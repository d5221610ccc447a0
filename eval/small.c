/* SPDX-License-Identifier: MIT */
/*
 * The short way; see small.h. Arithmetic on a few elements takes tens of nanoseconds, finding out
 * about strides, passes and boxes some hundreds. Here the questions are reduced to those that a
 * plain vector answers with yes; whoever answers no is sent the general way (eval.c), which also
 * words all errors. The kernels are the same, so the bits are.
 *
 * All memory is on the stack, which bounds the programs that qualify.
 */
#include "eval/small.h"

#include "core/dtype.h"
#include "eval/bind.h"
#include "eval/fp_state.h"
#include "eval/splat.h"

enum {
    MAX_REGISTERS = 48,
    MAX_ARRAYS = 16, /* inputs; also outputs */
    MAX_TEMPS = 8,
    MAX_INSNS = 32,
    MAX_OPERANDS = 3,
    BLOCK = 128,
    ELEMENT_BYTES = 8,
    MAX_ELEMENTS = 2048,
    MAX_PS = 15 * 1000000 /* more is worth planning, perhaps threads */
};

/* By output: the inputs that it depends on, as bits. */
struct evex_small {
    uint32_t depends_on[MAX_ARRAYS];
    uint64_t element_ps;
};

/* ---- Which programs ------------------------------------------------------------------------- */

static int insns_qualify(const evex_expr *expr) {
    const evex_program *program = expr->program;
    for (uint32_t i = 0; i < program->n_insns; i++) {
        const evex_insn *insn = &evex_program_insns(program)[i];
        if (insn->n_operands > MAX_OPERANDS || insn->dst2 != EVEX_NO_REGISTER ||
            insn->op == EVEX_OP_CALL || expr->links[i].changes_size)
            return 0;
    }
    return 1;
}

static int arrays_qualify(const evex_program *program) {
    for (uint32_t i = 0; i < program->n_inputs; i++) {
        const evex_program_input *input = &evex_program_inputs(program)[i];
        if (input->must_fit != 0 || evex_dtype_size((evex_dtype)input->dtype) > ELEMENT_BYTES)
            return 0;
    }
    for (uint32_t i = 0; i < program->n_outputs; i++)
        if (evex_dtype_size((evex_dtype)evex_program_outputs(program)[i].dtype) > ELEMENT_BYTES)
            return 0;
    return 1;
}

static int program_qualifies(const evex_expr *expr) {
    const evex_program *program = expr->program;
    const evex_stage *stage = evex_program_stages(program);
    const uint32_t *first = program->first_register;
    return program->n_stages == 1 && stage->n_scalar_insns == 0 && stage->n_reductions == 0 &&
           stage->n_guards == 0 && program->n_insns <= MAX_INSNS &&
           evex_n_registers(program) <= MAX_REGISTERS && program->n_inputs <= MAX_ARRAYS &&
           program->n_outputs <= MAX_ARRAYS && expr->element_bytes <= ELEMENT_BYTES &&
           first[EVEX_CLASS_TEMP + 1] - first[EVEX_CLASS_TEMP] <= MAX_TEMPS &&
           insns_qualify(expr) && arrays_qualify(program);
}

static void find_dependencies(const evex_expr *expr, struct evex_small *small) {
    const evex_program *program = expr->program;
    uint32_t depends_on[MAX_REGISTERS] = {0};
    for (uint32_t i = 0; i < program->n_inputs; i++)
        depends_on[i] = 1u << i;
    for (uint32_t i = 0; i < program->n_insns; i++) {
        const evex_insn *insn = &evex_program_insns(program)[i];
        uint32_t inputs = 0;
        for (uint32_t k = 0; k < insn->n_operands; k++)
            inputs |= depends_on[evex_program_operands(program)[insn->first_operand + k]];
        depends_on[insn->dst] = inputs;
        small->element_ps += expr->links[i].cost;
    }
    for (uint32_t i = 0; i < program->n_outputs; i++)
        small->depends_on[i] = depends_on[evex_first_register(program, EVEX_CLASS_OUTPUT) + i];
}

int evex_small_link(evex_expr *expr) {
    if (!program_qualifies(expr))
        return 1;
    struct evex_small *small = evex_arena_push(&expr->arena, sizeof *small);
    if (small != NULL)
        find_dependencies(expr, small);
    expr->small = small;
    return small != NULL;
}

/* ---- Which arrays --------------------------------------------------------------------------- */

static int64_t length_of(const evex_array *array) {
    return array->shape != NULL ? array->shape[0] : array->length;
}

static int is_plain(const evex_array *array, evex_dtype dtype) {
    const size_t size = evex_dtype_size(dtype);
    return array->dtype == dtype && array->data != NULL && !array->byte_swapped &&
           ((uintptr_t)array->data & (size - 1)) == 0 &&
           (array->strides == NULL || array->ndim == 0 || array->strides[0] == (int64_t)size);
}

/* The vectors among the inputs as bits; *n is their common length. 0: some input does not qualify.
 */
static uint32_t check_inputs(const evex_expr *expr, const evex_array *inputs, int64_t *n) {
    uint32_t vectors = 0;
    for (uint32_t i = 0; i < expr->program->n_inputs; i++) {
        if (!is_plain(&inputs[i], expr->inputs[i].dtype))
            return 0;
        if (inputs[i].ndim == 0)
            continue;
        const int64_t length = length_of(&inputs[i]);
        if (inputs[i].ndim != 1 || (vectors != 0 && length != *n) ||
            expr->inputs[i].kind == EVEX_WEAK)
            return 0;
        *n = length;
        vectors |= 1u << i;
    }
    return *n >= 2 && *n <= MAX_ELEMENTS ? vectors : 0; /* one element is a scalar, too */
}

/* Whether the bytes of two plain arrays lie apart. In-place evaluation goes the general way, which
 * knows what is read after the output is written. */
static int are_apart(const evex_array *a, size_t a_bytes, const evex_array *b, size_t b_bytes) {
    const uintptr_t a_begin = (uintptr_t)a->data, b_begin = (uintptr_t)b->data;
    return a_begin + a_bytes <= b_begin || b_begin + b_bytes <= a_begin;
}

static int output_is_apart(const evex_expr *expr, const evex_array *inputs,
                           const evex_array *outputs, uint32_t i, size_t n) {
    const size_t n_bytes = n * evex_dtype_size(outputs[i].dtype);
    for (uint32_t k = 0; k < expr->program->n_inputs; k++) {
        const size_t length = inputs[k].ndim == 0 ? 1 : n;
        if (!are_apart(&outputs[i], n_bytes, &inputs[k], length * evex_dtype_size(inputs[k].dtype)))
            return 0;
    }
    for (uint32_t k = 0; k < i; k++)
        if (!are_apart(&outputs[i], n_bytes, &outputs[k], n * evex_dtype_size(outputs[k].dtype)))
            return 0;
    return 1;
}

static int check_outputs(const evex_expr *expr, const evex_array *inputs, const evex_array *outputs,
                         uint32_t vectors, int64_t n) {
    for (uint32_t i = 0; i < expr->program->n_outputs; i++)
        if (outputs[i].ndim != 1 || outputs[i].read_only ||
            !is_plain(&outputs[i], expr->outputs[i].dtype) || length_of(&outputs[i]) != n ||
            (expr->small->depends_on[i] & vectors) == 0 ||
            !output_is_apart(expr, inputs, outputs, i, (size_t)n))
            return 0;
    return 1;
}

/* ---- The run -------------------------------------------------------------------------------- */

typedef struct {
    evex_operand registers[MAX_REGISTERS];
    _Alignas(EVEX_SPLAT_BYTES) char splats[MAX_ARRAYS][EVEX_SPLAT_BYTES];
    _Alignas(EVEX_CACHE_LINE) char temps[MAX_TEMPS][BLOCK * ELEMENT_BYTES];
} small_memory;

static void place_constants(const evex_expr *expr, small_memory *memory, const evex_array *inputs) {
    const evex_program *program = expr->program;
    const uint32_t *first = program->first_register;
    for (uint32_t i = 0; i < program->n_inputs; i++) {
        if (inputs[i].ndim > 0)
            continue;
        evex_splat_fill(memory->splats[i], inputs[i].data, evex_dtype_size(inputs[i].dtype));
        memory->registers[i] = (evex_operand){memory->splats[i], 0};
    }
    for (uint32_t k = 0; k < program->n_constants; k++)
        memory->registers[first[EVEX_CLASS_CONSTANT] + k] = (evex_operand){expr->constants[k], 0};
    for (uint32_t k = first[EVEX_CLASS_TEMP]; k < first[EVEX_CLASS_TEMP + 1]; k++)
        memory->registers[k] = (evex_operand){memory->temps[k - first[EVEX_CLASS_TEMP]], 1};
}

static void place_vectors(const evex_expr *expr, small_memory *memory, const evex_array *inputs,
                          const evex_array *outputs, size_t begin) {
    for (uint32_t i = 0; i < expr->program->n_inputs; i++)
        if (inputs[i].ndim > 0)
            memory->registers[i] = (evex_operand){
                (const char *)inputs[i].data + begin * evex_dtype_size(inputs[i].dtype), 1};
    const uint32_t first = evex_first_register(expr->program, EVEX_CLASS_OUTPUT);
    for (uint32_t i = 0; i < expr->program->n_outputs; i++)
        memory->registers[first + i] =
            (evex_operand){(char *)outputs[i].data + begin * evex_dtype_size(outputs[i].dtype), 1};
}

static void run_block(const evex_expr *expr, const small_memory *memory, size_t n) {
    const evex_insn *insns = evex_program_insns(expr->program);
    for (uint32_t i = 0; i < expr->program->n_insns; i++) {
        const evex_register *operands =
            evex_program_operands(expr->program) + insns[i].first_operand;
        evex_operand src[MAX_OPERANDS];
        for (uint32_t k = 0; k < insns[i].n_operands; k++)
            src[k] = memory->registers[operands[k]];
        void *dst[2] = {(void *)(uintptr_t)memory->registers[insns[i].dst].data, NULL};
        expr->links[i].kernel(dst, src, n, NULL);
    }
}

int evex_small_eval(const evex_expr *expr, const evex_array *inputs, size_t n_inputs,
                    const evex_array *outputs, size_t n_outputs, const evex_eval_options *options) {
    int64_t n = 0;
    if (expr->small == NULL || n_inputs != expr->program->n_inputs ||
        n_outputs != expr->program->n_outputs || inputs == NULL || outputs == NULL ||
        options->cancel != NULL || options->poll != NULL || options->block_length != 0 ||
        options->force_threads)
        return 0;
    const uint32_t vectors = check_inputs(expr, inputs, &n);
    if (vectors == 0 || (uint64_t)n * expr->small->element_ps > MAX_PS ||
        !check_outputs(expr, inputs, outputs, vectors, n))
        return 0;
    small_memory memory;
    place_constants(expr, &memory, inputs);
    const evex_fp_state state = evex_fp_save();
    evex_fp_default();
    for (size_t begin = 0; begin < (size_t)n; begin += BLOCK) {
        place_vectors(expr, &memory, inputs, outputs, begin);
        run_block(expr, &memory, (size_t)n - begin < BLOCK ? (size_t)n - begin : BLOCK);
    }
    evex_fp_restore(state);
    return 1;
}
