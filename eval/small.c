/* SPDX-License-Identifier: MIT */
/*
 * The short way; see small.h. Arithmetic on a few elements takes tens of nanoseconds, finding out
 * about strides, passes and boxes some hundreds. Here the questions are reduced to those that
 * contiguous arrays of one shape answer with yes; whoever answers no is sent the general way
 * (eval.c), which also words all errors. The kernels are the same, so the bits are.
 *
 * All memory is on the stack, which bounds the programs that qualify.
 */
#include "eval/small.h"

#include "core/dtype.h"
#include "eval/bind.h"
#include "eval/fp_state.h"
#include "eval/nulls.h"
#include "eval/splat.h"

enum {
    MAX_REGISTERS = 48,
    MAX_ARRAYS = 16, /* inputs; also outputs */
    MAX_TEMPS = 8,
    MAX_INSNS = 32,
    MAX_OPERANDS = EVEX_MAX_PAIR_OPERANDS,
    ELEMENT_BYTES = 8,
    TEMP_BYTES = 16 << 10, /* of all temporaries: half of a usual L1 at most */
    MAX_BLOCK = 1024,
    PORT_BYTE_PS = 8,
    /* More is worth planning: perhaps threads (eval/pool.c), certainly looks at the cancel flag. */
    MAX_PS = 6 * 1000000
};

/* An instruction or a pair of them. */
typedef struct {
    evex_kernel kernel;
    uint8_t n_operands, operands[MAX_OPERANDS], dst, dst2; /* registers; NO_DST: no second result */
} small_call;

enum { NO_DST = UINT8_MAX };

/* By output, as bits: the inputs that it depends on, and those that it must not lie on, since they
 * are read after it is written. */
struct evex_small {
    uint32_t depends_on[MAX_ARRAYS], is_read_after[MAX_ARRAYS];
    uint64_t element_ps;
    size_t block; /* elements */
    uint32_t n_calls;
    small_call calls[MAX_INSNS];
};

/* ---- Which programs ------------------------------------------------------------------------- */

static int insns_qualify(const evex_expr *expr) {
    const evex_program *program = expr->program;
    for (uint32_t i = 0; i < program->n_insns; i++) {
        const evex_insn *insn = &evex_program_insns(program)[i];
        if (insn->n_operands > MAX_OPERANDS || insn->op == EVEX_OP_CALL ||
            insn->op == EVEX_OP_TAKE || expr->links[i].changes_size)
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

static small_call call_of(const evex_expr *expr, uint32_t number) {
    const evex_insn *insn = &evex_program_insns(expr->program)[number];
    const evex_pair *pair = expr->links[number].pair;
    const evex_register *operands =
        pair != NULL ? pair->operands : evex_program_operands(expr->program) + insn->first_operand;
    small_call call = {.kernel = pair != NULL ? pair->kernel : expr->links[number].kernel,
                       .n_operands = pair != NULL ? pair->n_operands : insn->n_operands,
                       .dst = (uint8_t)insn->dst,
                       .dst2 = insn->dst2 != EVEX_NO_REGISTER ? (uint8_t)insn->dst2 : NO_DST};
    for (uint32_t k = 0; k < call.n_operands; k++)
        call.operands[k] = (uint8_t)operands[k];
    return call;
}

static void link_calls(const evex_expr *expr, struct evex_small *small) {
    const evex_program *program = expr->program;
    for (uint32_t i = 0; i < program->n_insns; i++) {
        if (!expr->links[i].is_absorbed)
            small->calls[small->n_calls++] = call_of(expr, i);
        small->element_ps += expr->links[i].cost;
    }
    for (uint32_t i = 0; i < program->n_inputs; i++)
        small->element_ps += PORT_BYTE_PS * evex_dtype_size(expr->inputs[i].dtype);
    for (uint32_t i = 0; i < program->n_outputs; i++)
        small->element_ps += PORT_BYTE_PS * evex_dtype_size(expr->outputs[i].dtype);
    const uint32_t *first = program->first_register;
    const size_t n_temps = first[EVEX_CLASS_TEMP + 1] - first[EVEX_CLASS_TEMP];
    small->block = n_temps * MAX_BLOCK * ELEMENT_BYTES <= TEMP_BYTES
                       ? MAX_BLOCK
                       : TEMP_BYTES / ELEMENT_BYTES / n_temps / 64 * 64;
}

/* The inputs among a call's operands as bits, themselves or as what others were made of. */
static uint32_t inputs_of(const small_call *call, const uint32_t *by_register) {
    uint32_t inputs = 0;
    for (uint32_t k = 0; k < call->n_operands; k++)
        inputs |= by_register[call->operands[k]];
    return inputs;
}

/* A kernel with two results may have written the first when it reads for the second. */
static void find_dependencies(const evex_program *program, struct evex_small *small) {
    const uint32_t first_output = evex_first_register(program, EVEX_CLASS_OUTPUT);
    uint32_t depends_on[MAX_REGISTERS] = {0}, is_input[MAX_REGISTERS] = {0};
    for (uint32_t i = 0; i < program->n_inputs; i++)
        depends_on[i] = is_input[i] = 1u << i;
    for (const small_call *call = small->calls; call < small->calls + small->n_calls; call++) {
        const uint32_t reads = inputs_of(call, is_input);
        for (uint32_t i = 0; i < program->n_outputs; i++)
            if (depends_on[first_output + i] != 0)
                small->is_read_after[i] |= reads;
        depends_on[call->dst] = inputs_of(call, depends_on);
        if (call->dst2 == NO_DST)
            continue;
        depends_on[call->dst2] = depends_on[call->dst];
        for (uint32_t i = 0; i < program->n_outputs; i++)
            if (first_output + i == call->dst || first_output + i == call->dst2)
                small->is_read_after[i] |= reads;
    }
    for (uint32_t i = 0; i < program->n_outputs; i++)
        small->depends_on[i] = depends_on[first_output + i];
}

int evex_small_link(evex_expr *expr) {
    if (!program_qualifies(expr))
        return 1;
    struct evex_small *small = evex_arena_push(&expr->arena, sizeof *small);
    if (small != NULL) {
        link_calls(expr, small);
        find_dependencies(expr->program, small);
    }
    expr->small = small;
    return small != NULL;
}

/* ---- Which arrays --------------------------------------------------------------------------- */

/* What all vectors have in common. */
typedef struct {
    int32_t ndim;
    const int64_t *dims;
    int64_t n;
    uint32_t vectors; /* inputs that are vectors, as bits */
} small_shape;

static const int64_t *dims_of(const evex_array *array) {
    return array->shape != NULL ? array->shape : &array->length;
}

/* The number of elements; -1: it does not qualify. */
static int64_t size_of(const evex_array *array) {
    if (array->ndim == 1)
        return dims_of(array)[0];
    int64_t n = 1;
    for (int32_t d = 0; d < array->ndim; d++) {
        if (array->shape[d] < 1 || n > INT32_MAX / array->shape[d])
            return -1;
        n *= array->shape[d];
    }
    return n;
}

/* For arrays whose shape qualifies. */
static int is_contiguous(const evex_array *array, size_t size) {
    int64_t stride = (int64_t)size;
    for (int32_t d = array->ndim - 1; array->strides != NULL && d >= 0; d--) {
        if (array->strides[d] != stride && dims_of(array)[d] > 1)
            return 0;
        stride *= dims_of(array)[d];
    }
    return 1;
}

/* Whether the elements are where and as a kernel wants them, but for their strides. */
static int is_plain(const evex_array *array, evex_dtype dtype) {
    const size_t size = evex_dtype_size(dtype);
    return array->dtype == dtype && array->data != NULL && !array->byte_swapped &&
           ((uintptr_t)array->data & (size - 1)) == 0;
}

static int has_shape(const evex_array *array, const small_shape *shape) {
    const int64_t *dims = dims_of(array);
    if (array->ndim != shape->ndim || (array->shape == NULL && array->ndim != 1))
        return 0;
    for (int32_t d = 0; dims != shape->dims && d < shape->ndim; d++)
        if (dims[d] != shape->dims[d])
            return 0;
    return 1;
}

/* Takes the shape of the first vector. */
static int take_shape(const evex_array *array, small_shape *shape) {
    if (array->ndim > EVEX_MAX_DIMS || (array->shape == NULL && array->ndim != 1))
        return 0;
    shape->ndim = array->ndim;
    shape->dims = dims_of(array);
    shape->n = size_of(array);
    return shape->n >= 2; /* one element is a scalar, too */
}

static int check_inputs(const evex_expr *expr, const evex_array *inputs, small_shape *shape) {
    for (uint32_t i = 0; i < expr->program->n_inputs; i++) {
        const evex_array *array = &inputs[i];
        if (!is_plain(array, expr->inputs[i].dtype) || array->ndim < 0 ||
            evex_validity_form_of(array) != EVEX_VALIDITY_BYTES)
            return 0;
        if (array->ndim == 0)
            continue;
        if (expr->inputs[i].kind == EVEX_WEAK ||
            !(shape->vectors == 0 ? take_shape(array, shape) : has_shape(array, shape)) ||
            !is_contiguous(array, evex_dtype_size(array->dtype)))
            return 0;
        shape->vectors |= 1u << i;
    }
    return shape->vectors != 0;
}

/* Whether the bytes of two plain arrays lie apart. */
static int are_apart(const evex_array *a, size_t a_bytes, const evex_array *b, size_t b_bytes) {
    const uintptr_t a_begin = (uintptr_t)a->data, b_begin = (uintptr_t)b->data;
    return a_begin + a_bytes <= b_begin || b_begin + b_bytes <= a_begin;
}

/* Apart from all others, but for vectors that it replaces element by element. */
static int output_is_apart(const evex_expr *expr, const evex_array *inputs,
                           const evex_array *outputs, uint32_t i, const small_shape *shape) {
    const size_t n = (size_t)shape->n, size = evex_dtype_size(outputs[i].dtype);
    const uint32_t may_be_same = shape->vectors & ~expr->small->is_read_after[i];
    for (uint32_t k = 0; k < expr->program->n_inputs; k++) {
        const size_t in_size = evex_dtype_size(inputs[k].dtype);
        if (!are_apart(&outputs[i], n * size, &inputs[k],
                       (inputs[k].ndim == 0 ? 1 : n) * in_size) &&
            !(may_be_same >> k & 1 && in_size == size && outputs[i].data == inputs[k].data))
            return 0;
    }
    for (uint32_t k = 0; k < i; k++)
        if (!are_apart(&outputs[i], n * size, &outputs[k], n * evex_dtype_size(outputs[k].dtype)))
            return 0;
    return 1;
}

static int check_outputs(const evex_expr *expr, const evex_array *inputs, const evex_array *outputs,
                         const small_shape *shape) {
    for (uint32_t i = 0; i < expr->program->n_outputs; i++)
        if (!is_plain(&outputs[i], expr->outputs[i].dtype) || outputs[i].read_only ||
            evex_validity_form_of(&outputs[i]) != EVEX_VALIDITY_BYTES ||
            !has_shape(&outputs[i], shape) ||
            !is_contiguous(&outputs[i], evex_dtype_size(outputs[i].dtype)) ||
            (expr->small->depends_on[i] & shape->vectors) == 0 ||
            !output_is_apart(expr, inputs, outputs, i, shape))
            return 0;
    return 1;
}

/* ---- The run -------------------------------------------------------------------------------- */

typedef struct {
    evex_operand registers[MAX_REGISTERS];
    _Alignas(EVEX_SPLAT_BYTES) char splats[MAX_ARRAYS][EVEX_SPLAT_BYTES];
    _Alignas(EVEX_CACHE_LINE) char temps[TEMP_BYTES];
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
        memory->registers[k] = (evex_operand){
            memory->temps + (k - first[EVEX_CLASS_TEMP]) * expr->small->block * ELEMENT_BYTES, 1};
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

static void *address_of(const small_memory *memory, uint8_t reg) {
    return reg == NO_DST ? NULL : (void *)(uintptr_t)memory->registers[reg].data;
}

static void run_block(const struct evex_small *small, const small_memory *memory, size_t n) {
    for (const small_call *call = small->calls; call < small->calls + small->n_calls; call++) {
        evex_operand src[MAX_OPERANDS];
        for (uint32_t k = 0; k < call->n_operands; k++)
            src[k] = memory->registers[call->operands[k]];
        call->kernel((void *[]){address_of(memory, call->dst), address_of(memory, call->dst2)}, src,
                     n, NULL);
    }
}

/* Separate, so that calls that do not qualify need no room for it on the stack. */
static __attribute__((noinline)) void run(const evex_expr *expr, const evex_array *inputs,
                                          const evex_array *outputs, size_t n) {
    small_memory memory;
    place_constants(expr, &memory, inputs);
    const evex_fp_state state = evex_fp_save();
    evex_fp_default();
    const size_t block = expr->small->block;
    for (size_t begin = 0; begin < n; begin += block) {
        place_vectors(expr, &memory, inputs, outputs, begin);
        run_block(expr->small, &memory, n - begin < block ? n - begin : block);
    }
    evex_fp_restore(state);
}

int evex_small_eval(const evex_expr *expr, const evex_array *inputs, size_t n_inputs,
                    const evex_array *outputs, size_t n_outputs, const evex_eval_options *options) {
    if (expr->small == NULL || n_inputs != expr->n_own_inputs || n_outputs != expr->n_own_outputs ||
        inputs == NULL || outputs == NULL || options->cancel != NULL || options->poll != NULL ||
        options->block_length != 0 || options->force_threads || options->store != EVEX_STORE_BEST)
        return 0;
    small_shape shape = {0};
    if (!check_inputs(expr, inputs, &shape) ||
        (uint64_t)shape.n > MAX_PS / expr->small->element_ps ||
        !check_outputs(expr, inputs, outputs, &shape))
        return 0;
    run(expr, inputs, outputs, (size_t)shape.n);
    return 1;
}
