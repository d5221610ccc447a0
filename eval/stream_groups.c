/* SPDX-License-Identifier: MIT */
/*
 * Streams of programs that reduce by group. A reduction by group is carried as one with a column a
 * group: its open leaf is a table of accumulators (eval/group_tables.h) and one of counts, which
 * become a row of nodes when the leaf is complete; everything else is stream_carry.c's. The codes
 * are an input like any other, but come with the options; see stream.h.
 */
#include <string.h>

#include "core/error.h"
#include "core/text.h"
#include "eval/group_bind.h"
#include "eval/group_tables.h"
#include "eval/run.h"
#include "eval/stream.h"

static const evex_place nowhere = {0, 0};

enum { SLOTS = 1024 }; /* rows that are added at a time */

/* ---- Leaves --------------------------------------------------------------------------------- */

static size_t entries_bytes(const evex_carry *carry) {
    return evex_align_up((carry->w + 1) * carry->sort->entry_bytes);
}

size_t evex_group_leaf_bytes(const evex_carry *carry) {
    return entries_bytes(carry) + (carry->w + 1) * sizeof(uint64_t);
}

size_t evex_group_leaf_nodes_bytes(const evex_carry *carry) {
    return carry->sort->close != NULL ? carry->w * carry->sort->node_bytes : 0;
}

static uint64_t *counts_of(const evex_carry *carry) {
    return (uint64_t *)(void *)((char *)carry->leaf + entries_bytes(carry));
}

void evex_group_leaf_begin(evex_carry *carry) {
    carry->sort->begin(carry->leaf, carry->w + 1);
    memset(counts_of(carry), 0, (carry->w + 1) * sizeof(uint64_t));
}

/* The slot of each row: the last for those that take no part. */
static void make_slots(uint32_t *slots, const int64_t *codes, evex_operand mask, size_t n,
                       uint64_t n_groups) {
    const uint8_t *holds = mask.data;
    for (size_t i = 0; i < n; i++) {
        const uint64_t code = (uint64_t)codes[i];
        const int takes_part = code < n_groups && (holds == NULL || holds[i * mask.step] != 0);
        slots[i] = (uint32_t)(takes_part ? code : n_groups);
    }
}

void evex_group_leaf_add(evex_carry *carry, const evex_stream_items *items, size_t n,
                         uint64_t index) {
    const size_t size = evex_carry_item_bytes(carry);
    uint32_t slots[SLOTS];
    for (size_t i = 0; i < n; i += SLOTS) {
        const size_t length = n - i < SLOTS ? n - i : SLOTS;
        const evex_stream_items here = evex_stream_skip(*items, i, i, size);
        make_slots(slots, here.codes, here.mask, length, carry->w);
        carry->sort->add(carry->leaf, slots, here.value, length, index + i);
        evex_group_counts.add(counts_of(carry), slots, here.value, length, index + i);
    }
}

void evex_group_leaf_end(evex_carry *carry, evex_node *nodes, void *room) {
    const uint64_t *counts = counts_of(carry);
    const void *from = carry->leaf;
    if (carry->sort->close != NULL) {
        carry->sort->close(room, carry->leaf, carry->w);
        from = room;
    }
    memset(nodes, 0, carry->w * sizeof *nodes);
    for (size_t g = 0; g < carry->w; g++) {
        carry->sort->read(carry->reducer->spec, from, g, &nodes[g]);
        nodes[g].count = counts[g];
    }
}

int evex_group_leaf_is_valid(const evex_carry *carry, uint64_t n) {
    uint64_t rest = n;
    for (size_t g = 0; g <= carry->w; g++) {
        if (counts_of(carry)[g] > rest)
            return 0;
        rest -= counts_of(carry)[g];
    }
    return rest == 0;
}

/* ---- What reads rows ------------------------------------------------------------------------ */

/* All do but those over an element a group, which guards have. */
static uint8_t goes_over_rows(const evex_reduction *reduction, const uint8_t *has_rows) {
    return reduction->is_grouped || reduction->source == EVEX_NO_REGISTER ||
           has_rows[reduction->source];
}

int evex_stream_find_rows(const evex_program *program, evex_arena *arena, uint8_t **reads) {
    uint8_t *has_rows = evex_arena_push_array(arena, evex_n_registers(program) + 1, 1);
    *reads = evex_arena_push_array(arena, (size_t)program->n_stages + 1, 1);
    if (has_rows == NULL || *reads == NULL)
        return 0;
    for (uint32_t i = 0; i < program->n_inputs; i++)
        has_rows[i] = evex_program_inputs(program)[i].kind != EVEX_WEAK;
    for (uint32_t s = 0; s < program->n_stages; s++) {
        const evex_stage *stage = &evex_program_stages(program)[s];
        for (uint32_t i = stage->first_insn; i < stage->first_insn + stage->n_insns; i++) {
            const evex_insn *insn = &evex_program_insns(program)[i];
            const evex_register *operands = evex_program_operands(program) + insn->first_operand;
            has_rows[insn->dst] = 0;
            uint8_t any = 0;
            for (uint32_t k = 0; k < insn->n_operands; k++)
                any |= has_rows[operands[k]];
            has_rows[insn->dst] = any;
            if (insn->dst2 != EVEX_NO_REGISTER)
                has_rows[insn->dst2] = any;
            (*reads)[s] |= any;
        }
        for (uint32_t r = 0; r < stage->n_reductions; r++)
            (*reads)[s] |= goes_over_rows(
                &evex_program_reductions(program)[stage->first_reduction + r], has_rows);
    }
    return 1;
}

/* ---- Codes ---------------------------------------------------------------------------------- */

static const int64_t *dims_of(const evex_array *array) {
    return array->shape != NULL ? array->shape : &array->length;
}

static evex_status check_options(const evex_stream *stream, const evex_eval_options *options,
                                 evex_error *error) {
    const evex_status status = evex_check_codes(options, error);
    if (status != EVEX_OK)
        return status;
    const evex_array *codes = options->groups;
    if (codes->ndim < 0 || codes->ndim > EVEX_MAX_DIMS || (codes->ndim > 1 && codes->shape == NULL))
        return evex_fail(error, EVEX_BAD_SHAPE, nowhere,
                         "the codes of the groups have an impossible shape");
    if (stream->is_shaped && options->n_groups != stream->n_groups)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere,
                         "the piece has another number of groups than those before");
    return EVEX_OK;
}

static int64_t read_code(const evex_array *codes, int64_t offset) {
    const size_t size = codes->dtype == EVEX_I32 ? 4 : 8;
    char bytes[8];
    const char *from = (const char *)codes->data + offset;
    for (size_t k = 0; k < size; k++)
        bytes[k] = from[codes->byte_swapped ? size - 1 - k : k];
    if (size == 8) {
        int64_t code;
        memcpy(&code, bytes, sizeof code);
        return code;
    }
    int32_t narrow;
    memcpy(&narrow, bytes, sizeof narrow);
    return narrow;
}

static evex_status fail_code(const evex_stream *stream, const evex_array *codes, int64_t place,
                             int64_t n_groups, evex_error *error) {
    int64_t inner = 1;
    for (int32_t d = 1; d < codes->ndim; d++)
        inner *= dims_of(codes)[d];
    const int64_t row = place + (int64_t)stream->next_row * inner;
    char text[24];
    evex_text number = evex_text_in(text, sizeof text);
    evex_text_format(&number, "%lld", (long long)row);
    evex_fail(error, EVEX_OUT_OF_RANGE, nowhere,
              "the code of row %s is beyond the last of %zu groups", text, (size_t)n_groups);
    if (error != NULL)
        error->index = row;
    return EVEX_OUT_OF_RANGE;
}

/* Copies n codes in C order; the place of the first that is beyond the last group, or n. */
static int64_t copy_codes(int64_t *to, const evex_array *codes, int64_t n, int64_t n_groups) {
    const int64_t *dims = dims_of(codes);
    int64_t index[EVEX_MAX_DIMS] = {0}, strides[EVEX_MAX_DIMS];
    int64_t stride = codes->dtype == EVEX_I32 ? 4 : 8, offset = 0;
    for (int32_t d = codes->ndim - 1; d >= 0; d--) {
        strides[d] = codes->strides != NULL ? codes->strides[d] : stride;
        stride *= dims[d];
    }
    for (int64_t i = 0; i < n; i++) {
        to[i] = read_code(codes, offset);
        if (to[i] >= n_groups)
            return i;
        for (int32_t d = codes->ndim - 1; d >= 0; d--) {
            offset += strides[d];
            if (++index[d] < dims[d])
                break;
            offset -= strides[d] * dims[d];
            index[d] = 0;
        }
    }
    return n;
}

evex_status evex_stream_codes(const evex_stream *stream, evex_arena *arena,
                              const evex_eval_options *options, evex_array *made,
                              evex_error *error) {
    const evex_status status = check_options(stream, options, error);
    if (status != EVEX_OK)
        return status;
    const evex_array *codes = options->groups;
    int64_t n = 1;
    for (int32_t d = 0; d < codes->ndim; d++)
        if (dims_of(codes)[d] < 0 || __builtin_mul_overflow(n, dims_of(codes)[d], &n))
            return evex_fail(error, EVEX_BAD_SHAPE, nowhere,
                             "the codes of the groups have an impossible shape");
    if (codes->data == NULL && n > 0)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere,
                         "the codes of the groups have no data");
    int64_t *copy = evex_arena_push_array(arena, (size_t)n + 1, sizeof *copy);
    if (copy == NULL)
        return evex_fail_memory(error);
    const int64_t bad = copy_codes(copy, codes, n, options->n_groups);
    if (bad < n)
        return fail_code(stream, codes, bad, options->n_groups, error);
    *made = evex_array_nd(EVEX_I64, copy, codes->ndim, dims_of(codes));
    return EVEX_OK;
}
