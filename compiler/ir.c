/* SPDX-License-Identifier: MIT */
/*
 * Building the intermediate form: see ir.h. Hash-consing keeps one table of all values; a value's
 * key is everything but its place, so the first place in the text stands for all equal ones.
 */
#include "compiler/ir.h"

#include <string.h>

#include "compiler/fold.h"

enum { MIN_SLOTS = 64 };

static evex_ir_id fail(evex_ir *ir) {
    ir->is_out_of_memory = 1;
    return EVEX_IR_NONE;
}

int evex_ir_init(evex_ir *ir, evex_arena *arena, int is_optimised, size_t n_expected,
                 size_t n_inputs, size_t n_outputs) {
    *ir = (evex_ir){.arena = arena, .is_optimised = is_optimised, .n_values = 1};
    ir->n_slots = MIN_SLOTS;
    while (ir->n_slots < 2 * n_expected)
        ir->n_slots *= 2;
    ir->values_capacity = n_expected + 8;
    ir->operands_capacity = 2 * n_expected + 8;
    ir->values = evex_arena_push_array(arena, ir->values_capacity, sizeof *ir->values);
    ir->operands = evex_arena_push_array(arena, ir->operands_capacity, sizeof *ir->operands);
    ir->table = evex_arena_push_array(arena, ir->n_slots, sizeof *ir->table);
    ir->inputs = evex_arena_push_array(arena, 2 * n_inputs + 1, sizeof *ir->inputs);
    ir->outputs = evex_arena_push_array(arena, 2 * n_outputs, sizeof *ir->outputs);
    return ir->values != NULL && ir->operands != NULL && ir->table != NULL && ir->inputs != NULL &&
           ir->outputs != NULL;
}

/* GROW(ir, things, n) makes room for n elements of ir->things; 0: out of memory. */
#define GROW(ir, list, needed)                                                                     \
    ((ir)->list = grow((ir), (ir)->list, &(ir)->list##_capacity, (needed), sizeof *(ir)->list),    \
     !(ir)->is_out_of_memory)

static void *grow(evex_ir *ir, void *array, size_t *capacity, size_t n_needed, size_t size_bytes) {
    if (n_needed > *capacity && !evex_arena_grow(ir->arena, &array, capacity, n_needed, size_bytes))
        ir->is_out_of_memory = 1;
    return array;
}

/* ---- Hash-consing --------------------------------------------------------------------------- */

/* FNV's prime for 64 bits; the final shift brings the high bits, where it mixes best, down. */
static uint64_t mix(uint64_t hash, uint64_t word) {
    return (hash ^ word) * 0x100000001b3u;
}

static size_t slot_of(uint64_t hash, size_t n_slots) {
    return (size_t)(hash ^ hash >> 32) & (n_slots - 1);
}

static uint64_t mix_bytes(uint64_t hash, const void *bytes, size_t n_bytes) {
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n_bytes; i++)
        hash = mix(hash, p[i]);
    return hash;
}

static uint64_t hash_constant(const evex_ir_constant *c) {
    uint64_t words[2];
    memcpy(words, c->constant.payload.bytes, sizeof words);
    const uint64_t hash = mix(mix(words[0] * 31 + words[1], c->constant.dtype), c->constant.kind);
    if (c->data == NULL)
        return hash;
    return c->constant.kind != EVEX_CONSTANT_SET ? mix_bytes(hash, c->data, c->n)
                                                 : mix(hash, (uintptr_t)c->data);
}

static int equal_constants(const evex_ir_constant *a, const evex_ir_constant *b) {
    if (a->constant.dtype != b->constant.dtype || a->constant.kind != b->constant.kind ||
        a->n != b->n ||
        memcmp(a->constant.payload.bytes, b->constant.payload.bytes,
               sizeof a->constant.payload.bytes) != 0)
        return 0;
    if (a->data == b->data)
        return 1;
    return a->constant.kind != EVEX_CONSTANT_SET && a->data != NULL && b->data != NULL &&
           memcmp(a->data, b->data, a->n) == 0;
}

static uint64_t hash_reduction(const evex_ir_reduction *r) {
    uint64_t hash = mix(mix(r->spec.kind, r->source), r->mask);
    for (int i = 0; i < r->spec.n_axes; i++)
        hash = mix(hash, (uint8_t)r->spec.axes[i]);
    return mix(hash, (uint64_t)r->spec.keepdims + 2u * r->spec.all_axes +
                         4u * r->spec.allows_empty + 8u * (uint64_t)r->group);
}

static int equal_reductions(const evex_ir_reduction *a, const evex_ir_reduction *b) {
    const evex_reduction *r = &a->spec, *s = &b->spec;
    return a->source == b->source && a->mask == b->mask && a->group == b->group &&
           r->kind == s->kind && r->out_dtype == s->out_dtype && r->in_dtype == s->in_dtype &&
           r->keepdims == s->keepdims && r->all_axes == s->all_axes &&
           r->allows_empty == s->allows_empty && r->n_axes == s->n_axes && r->ddof == s->ddof &&
           memcmp(r->axes, s->axes, r->n_axes) == 0;
}

static uint64_t hash_value(const evex_ir *ir, const evex_ir_value *v) {
    if (v->kind == EVEX_IR_CONSTANT)
        return hash_constant(&ir->constants[v->index]);
    if (v->kind == EVEX_IR_REDUCTION)
        return hash_reduction(&ir->reductions[v->index]);
    uint64_t hash = mix(v->kind + 8u * v->op, v->dtype + 256u * v->in_dtype);
    hash = mix(hash, v->index);
    for (size_t i = 0; i < v->n_operands; i++)
        hash = mix(hash, ir->operands[v->first_operand + i]);
    return hash;
}

static int equal_values(const evex_ir *ir, const evex_ir_value *a, const evex_ir_value *b) {
    if (a->kind != b->kind)
        return 0;
    if (a->kind == EVEX_IR_CONSTANT)
        return equal_constants(&ir->constants[a->index], &ir->constants[b->index]);
    if (a->kind == EVEX_IR_REDUCTION)
        return equal_reductions(&ir->reductions[a->index], &ir->reductions[b->index]);
    return a->op == b->op && a->dtype == b->dtype && a->in_dtype == b->in_dtype &&
           a->index == b->index && a->n_operands == b->n_operands &&
           memcmp(&ir->operands[a->first_operand], &ir->operands[b->first_operand],
                  a->n_operands * sizeof *ir->operands) == 0;
}

/* The slot that holds a value equal to v, or the empty one where it belongs. */
static evex_ir_id *find_slot(const evex_ir *ir, const evex_ir_value *v) {
    size_t i = slot_of(hash_value(ir, v), ir->n_slots);
    while (ir->table[i] != EVEX_IR_NONE && !equal_values(ir, &ir->values[ir->table[i]], v))
        i = (i + 1) & (ir->n_slots - 1);
    return &ir->table[i];
}

static int grow_table(evex_ir *ir) {
    evex_ir_id *old = ir->table;
    const size_t n_old = ir->n_slots;
    evex_ir_id *table = evex_arena_push_array(ir->arena, 2 * n_old, sizeof *table);
    if (table == NULL)
        return 0;
    ir->table = table;
    ir->n_slots = 2 * n_old;
    for (size_t i = 0; i < n_old; i++)
        if (old[i] != EVEX_IR_NONE)
            *find_slot(ir, &ir->values[old[i]]) = old[i];
    return 1;
}

static evex_ir_id append(evex_ir *ir, const evex_ir_value *value) {
    if (!GROW(ir, values, ir->n_values + 1) || ir->n_values > INT32_MAX)
        return fail(ir);
    ir->values[ir->n_values] = *value;
    ir->values[ir->n_values].place = ir->place;
    return (evex_ir_id)ir->n_values++;
}

/* The value equal to this one, which is new if there was none. *is_new tells which. */
static evex_ir_id intern(evex_ir *ir, const evex_ir_value *value, int *is_new) {
    *is_new = 0;
    if (2 * ir->n_values >= ir->n_slots && !grow_table(ir))
        return fail(ir);
    evex_ir_id *slot = find_slot(ir, value);
    if (*slot != EVEX_IR_NONE)
        return *slot;
    *is_new = 1;
    return *slot = append(ir, value);
}

/* ---- Leaves --------------------------------------------------------------------------------- */

const char *evex_ir_name_validity(evex_arena *arena, const char *name, size_t *n_bytes) {
    static const char suffix[] = ".valid";
    char *made = evex_arena_push(arena, *n_bytes + sizeof suffix);
    if (made == NULL)
        return NULL;
    if (*n_bytes > 0)
        memcpy(made, name, *n_bytes);
    memcpy(made + *n_bytes, suffix, sizeof suffix);
    *n_bytes += sizeof suffix - 1;
    return made;
}

int evex_ir_add_validities(evex_ir *ir) {
    for (size_t i = 0, n = ir->n_inputs; i < n; i++) {
        if (!ir->inputs[i].var->nullable)
            continue;
        ir->inputs[i].validity = (uint32_t)ir->n_inputs;
        evex_ir_input *validity = &ir->inputs[ir->n_inputs++];
        *validity = ir->inputs[i];
        validity->is_validity = 1;
        validity->validity = EVEX_IR_NO_INPUT;
        validity->name = evex_ir_name_validity(ir->arena, validity->name, &validity->name_bytes);
        if (validity->name == NULL)
            return 0;
    }
    return 1;
}

evex_ir_id evex_ir_input_value(evex_ir *ir, uint32_t index) {
    const evex_ir_input *input = &ir->inputs[index];
    const evex_ir_value value = {.kind = EVEX_IR_INPUT,
                                 .dtype = (uint8_t)evex_ir_input_dtype(input),
                                 .is_scalar = (uint8_t)evex_ir_is_weak(input->var),
                                 .index = index};
    int is_new;
    return intern(ir, &value, &is_new);
}

static evex_ir_id add_constant(evex_ir *ir, const evex_ir_constant *constant) {
    if (!GROW(ir, constants, ir->n_constants + 1))
        return EVEX_IR_NONE;
    ir->constants[ir->n_constants] = *constant;
    const evex_ir_value value = {.kind = EVEX_IR_CONSTANT,
                                 .dtype = constant->constant.dtype,
                                 .is_scalar = 1,
                                 .index = (uint32_t)ir->n_constants};
    int is_new;
    const evex_ir_id id = intern(ir, &value, &is_new);
    ir->n_constants += (size_t)is_new;
    return id;
}

evex_ir_id evex_ir_number(evex_ir *ir, evex_dtype dtype, const void *element) {
    evex_ir_constant constant = {{.dtype = (uint8_t)dtype, .kind = EVEX_CONSTANT_VALUE}, NULL, 0};
    memcpy(constant.constant.payload.bytes, element, evex_dtype_size(dtype));
    return add_constant(ir, &constant);
}

evex_ir_id evex_ir_i64(evex_ir *ir, int64_t value) {
    return evex_ir_number(ir, EVEX_I64, &value);
}

evex_ir_id evex_ir_float(evex_ir *ir, evex_dtype dtype, double value) {
    const float narrow = (float)value;
    return dtype == EVEX_F32 ? evex_ir_number(ir, EVEX_F32, &narrow)
                             : evex_ir_number(ir, EVEX_F64, &value);
}

static evex_ir_id add_data(evex_ir *ir, evex_dtype dtype, evex_constant_kind kind, const void *data,
                           size_t n) {
    const evex_ir_constant constant = {{.dtype = (uint8_t)dtype, .kind = (uint8_t)kind}, data, n};
    return add_constant(ir, &constant);
}

evex_ir_id evex_ir_text(evex_ir *ir, const char *bytes, size_t n_bytes) {
    return add_data(ir, EVEX_STR, EVEX_CONSTANT_VALUE, n_bytes > 0 ? bytes : "", n_bytes);
}

evex_ir_id evex_ir_set(evex_ir *ir, evex_dtype dtype, const void *elements, size_t n) {
    return add_data(ir, dtype, EVEX_CONSTANT_SET, elements, n);
}

evex_ir_id evex_ir_function(evex_ir *ir, const char *name, size_t n_bytes) {
    return add_data(ir, EVEX_STR, EVEX_CONSTANT_FUNCTION, name, n_bytes);
}

evex_ir_id evex_ir_pattern(evex_ir *ir, const char *bytes, size_t n_bytes) {
    return add_data(ir, EVEX_STR, EVEX_CONSTANT_PATTERN, n_bytes > 0 ? bytes : "", n_bytes);
}

const void *evex_ir_constant_bytes(const evex_ir *ir, evex_ir_id id) {
    const evex_ir_value *value = &ir->values[id];
    if (value->kind != EVEX_IR_CONSTANT)
        return NULL;
    const evex_constant *constant = &ir->constants[value->index].constant;
    return constant->kind == EVEX_CONSTANT_VALUE && constant->dtype != EVEX_STR
               ? constant->payload.bytes
               : NULL;
}

/* ---- Instructions --------------------------------------------------------------------------- */

static int is_commutative(evex_op op) {
    switch (op) {
    case EVEX_OP_ADD:
    case EVEX_OP_MUL:
    case EVEX_OP_AND:
    case EVEX_OP_OR:
    case EVEX_OP_XOR:
    case EVEX_OP_EQ:
    case EVEX_OP_NE:
    case EVEX_OP_MAXIMUM:
    case EVEX_OP_MINIMUM:
        return 1;
    default:
        return 0;
    }
}

static int all_scalar(const evex_ir *ir, const evex_ir_id *operands, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!ir->values[operands[i]].is_scalar)
            return 0;
    return 1;
}

static int is_any_grouped(const evex_ir *ir, const evex_ir_id *operands, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (ir->values[operands[i]].is_grouped)
            return 1;
    return 0;
}

static evex_ir_id add_insn(evex_ir *ir, evex_op op, evex_dtype dtype, evex_dtype in_dtype,
                           const evex_ir_id *operands, size_t n) {
    if (!GROW(ir, operands, ir->n_operands + n))
        return EVEX_IR_NONE;
    evex_ir_id *list = ir->operands + ir->n_operands;
    memcpy(list, operands, n * sizeof *operands);
    if (ir->is_optimised && n == 2 && is_commutative(op) && list[0] > list[1]) {
        list[0] = operands[1];
        list[1] = operands[0];
    }
    const evex_ir_value value = {.kind = EVEX_IR_INSN,
                                 .dtype = (uint8_t)dtype,
                                 .in_dtype = (uint8_t)in_dtype,
                                 .is_scalar = (uint8_t)all_scalar(ir, operands, n),
                                 .is_grouped =
                                     op != EVEX_OP_TAKE && is_any_grouped(ir, operands, n),
                                 .op = (uint16_t)op,
                                 .n_operands = (uint16_t)n,
                                 .first_operand = (uint32_t)ir->n_operands};
    int is_new = 1;
    const evex_ir_id id = ir->is_optimised ? intern(ir, &value, &is_new) : append(ir, &value);
    if (is_new)
        ir->n_operands += n;
    return id;
}

evex_ir_id evex_ir_make(evex_ir *ir, evex_op op, evex_dtype dtype, evex_dtype in_dtype,
                        const evex_ir_id *operands, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (operands[i] == EVEX_IR_NONE)
            return EVEX_IR_NONE;
    if (ir->is_optimised && op != EVEX_OP_TAKE) {
        const evex_ir_id known = evex_fold(ir, op, dtype, in_dtype, operands, n);
        if (known != EVEX_IR_NONE || ir->is_out_of_memory)
            return known;
    }
    return add_insn(ir, op, dtype, in_dtype, operands, n);
}

/* The same, of operands that may differ in level. */
static evex_ir_id make(evex_ir *ir, evex_op op, evex_dtype dtype, evex_dtype in_dtype,
                       const evex_ir_id *operands, size_t n) {
    evex_ir_id few[3], *list = few;
    if (!ir->is_grouped)
        return evex_ir_make(ir, op, dtype, in_dtype, operands, n);
    if (n > 3 && (list = evex_arena_push_array(ir->arena, n, sizeof *list)) == NULL)
        return fail(ir);
    return evex_ir_make(ir, op, dtype, in_dtype, evex_ir_level(ir, operands, n, list), n);
}

evex_ir_id evex_ir_unary(evex_ir *ir, evex_op op, evex_ir_id a) {
    const evex_dtype in = evex_ir_dtype(ir, a);
    return make(ir, op, evex_op_dtype(op, in), in, &a, 1);
}

evex_ir_id evex_ir_binary(evex_ir *ir, evex_op op, evex_ir_id a, evex_ir_id b) {
    const evex_ir_id operands[] = {a, b};
    const evex_dtype in = evex_ir_dtype(ir, a);
    return make(ir, op, evex_op_dtype(op, in), in, operands, 2);
}

evex_ir_id evex_ir_ternary(evex_ir *ir, evex_op op, evex_ir_id a, evex_ir_id b, evex_ir_id c) {
    const evex_ir_id operands[] = {a, b, c};
    const evex_dtype in = evex_ir_dtype(ir, b);
    return make(ir, op, evex_op_dtype(op, in), in, operands, 3);
}

evex_ir_id evex_ir_cast(evex_ir *ir, evex_ir_id a, evex_dtype dtype) {
    const evex_dtype in = evex_ir_dtype(ir, a);
    return a == EVEX_IR_NONE || in == dtype ? a : make(ir, EVEX_OP_CAST, dtype, in, &a, 1);
}

evex_ir_id evex_ir_call(evex_ir *ir, evex_dtype result, const evex_ir_id *operands, size_t n) {
    return make(ir, EVEX_OP_CALL, result, result, operands, n);
}

/* ---- Reductions and guards ------------------------------------------------------------------ */

evex_ir_id evex_ir_repeat_reduction(evex_ir *ir, evex_ir_id reduction) {
    if (!GROW(ir, reductions, ir->n_reductions + 1))
        return EVEX_IR_NONE;
    evex_ir_value value = ir->values[reduction];
    ir->reductions[ir->n_reductions] = ir->reductions[value.index];
    value.index = (uint32_t)ir->n_reductions++;
    return append(ir, &value);
}

evex_ir_id evex_ir_reduce(evex_ir *ir, const evex_reduction *spec, evex_ir_id source,
                          evex_ir_id mask) {
    evex_ir_id group = EVEX_IR_NONE;
    if (spec->is_grouped) {
        source = evex_ir_take(ir, source);
        mask = evex_ir_take(ir, mask);
        group = evex_ir_codes(ir);
    }
    if (ir->is_out_of_memory || !GROW(ir, reductions, ir->n_reductions + 1))
        return EVEX_IR_NONE;
    ir->reductions[ir->n_reductions] = (evex_ir_reduction){*spec, source, mask, group};
    ir->reductions[ir->n_reductions].spec.place = ir->place;
    const evex_ir_value value = {.kind = EVEX_IR_REDUCTION,
                                 .dtype = spec->out_dtype,
                                 .in_dtype = spec->in_dtype,
                                 .is_scalar =
                                     spec->all_axes && !spec->keepdims && !spec->is_grouped,
                                 .is_grouped = spec->is_grouped,
                                 .index = (uint32_t)ir->n_reductions};
    int is_new = 1;
    const evex_ir_id id = ir->is_optimised ? intern(ir, &value, &is_new) : append(ir, &value);
    ir->n_reductions += (size_t)is_new;
    return id;
}

void evex_ir_add_note(evex_ir *ir, const evex_ir_note *note) {
    if (!GROW(ir, notes, ir->n_notes + 1))
        return;
    ir->notes[ir->n_notes] = *note;
    ir->notes[ir->n_notes++].place = ir->place;
}

/* The first element in which a bool value is true, or -1. What is one value takes no pass. */
static evex_ir_id index_of(evex_ir *ir, evex_ir_id condition) {
    const evex_reduction spec = {
        .kind = EVEX_RED_FIRST_TRUE, .out_dtype = EVEX_I64, .in_dtype = EVEX_BOOL, .all_axes = 1};
    if (condition == EVEX_IR_NONE || !ir->values[condition].is_scalar)
        return evex_ir_reduce(ir, &spec, condition, EVEX_IR_NONE);
    const evex_ir_id first = evex_ir_i64(ir, 0), none = evex_ir_i64(ir, -1);
    return evex_ir_ternary(ir, EVEX_OP_SELECT, condition, first, none);
}

void evex_ir_add_guard(evex_ir *ir, evex_ir_id condition, const evex_ir_note *note) {
    const int is_index = evex_ir_dtype(ir, condition) == EVEX_I64;
    const evex_guard_kind kind = is_index                          ? EVEX_GUARD_OF_TOTAL
                                 : ir->values[condition].is_scalar ? EVEX_GUARD_OF_SCALAR
                                                                   : EVEX_GUARD_OF_ELEMENTS;
    const evex_ir_id index = is_index ? condition : index_of(ir, condition);
    if (index == EVEX_IR_NONE || !GROW(ir, guards, ir->n_guards + 1))
        return;
    ir->guards[ir->n_guards++] = (evex_ir_guard){index, (uint8_t)kind, note->failure, note->place};
}
