/* SPDX-License-Identifier: MIT */
/*
 * Laying a program out as one block; see program.h for the layout. Reading is in program.h's inline
 * functions, checking in verify.c, printing in disassemble.c.
 */
#include "core/program.h"

#include <string.h>

evex_register_class evex_program_class(const evex_program *program, evex_register reg) {
    int class = 0;
    while (class < EVEX_N_CLASSES && reg >= program->first_register[class + 1])
        class ++;
    return (evex_register_class) class;
}

uint32_t evex_program_own_inputs(const evex_program *program) {
    const evex_program_input *inputs = evex_program_inputs(program);
    for (uint32_t i = 0; i < program->n_inputs; i++)
        if (inputs[i].is_nullable)
            return inputs[i].validity;
    return program->n_inputs;
}

uint32_t evex_program_own_outputs(const evex_program *program) {
    uint32_t n_nullable = 0;
    for (uint32_t i = 0; i < program->n_outputs; i++)
        n_nullable += evex_program_outputs(program)[i].is_nullable != 0;
    return program->n_outputs - n_nullable;
}

/* Sections begin on multiples of 16, so that constants can be read in place. */
enum { SECTION_ALIGNMENT = 16 };

typedef struct {
    const void *data;
    size_t count, size_bytes;
    uint32_t *offset; /* where the header notes it */
} section;

enum { N_SECTIONS = 10 };

static void list_sections(const evex_program_parts *parts, evex_program *header,
                          section sections[N_SECTIONS]) {
    const section all[N_SECTIONS] = {
        {parts->insns, parts->n_insns, sizeof *parts->insns, &header->insns},
        {parts->places, parts->n_insns, sizeof *parts->places, &header->places},
        {parts->operands, parts->n_operands, sizeof *parts->operands, &header->operands},
        {parts->constants, parts->n_constants, sizeof *parts->constants, &header->constants},
        {parts->inputs, parts->n_inputs, sizeof *parts->inputs, &header->inputs},
        {parts->outputs, parts->n_outputs, sizeof *parts->outputs, &header->outputs},
        {parts->reductions, parts->n_reductions, sizeof *parts->reductions, &header->reductions},
        {parts->stages, parts->n_stages, sizeof *parts->stages, &header->stages},
        {parts->guards, parts->n_guards, sizeof *parts->guards, &header->guards},
        {parts->text, parts->text_bytes, 1, &header->text},
    };
    memcpy(sections, all, sizeof all);
}

static void fill_counts(evex_program *header, const evex_program_parts *parts) {
    header->magic = EVEX_PROGRAM_MAGIC;
    header->version = EVEX_PROGRAM_VERSION;
    for (int class = 0; class < EVEX_N_CLASSES; class ++)
        header->first_register[class + 1] =
            header->first_register[class] + parts->class_sizes[class];
    header->n_insns = (uint32_t)parts->n_insns;
    header->n_operands = (uint32_t)parts->n_operands;
    header->n_constants = (uint32_t)parts->n_constants;
    header->n_inputs = (uint32_t)parts->n_inputs;
    header->n_outputs = (uint32_t)parts->n_outputs;
    header->n_reductions = (uint32_t)parts->n_reductions;
    header->n_stages = (uint32_t)parts->n_stages;
    header->n_guards = (uint32_t)parts->n_guards;
    header->text_bytes = (uint32_t)parts->text_bytes;
}

/* Gives every section its offset; the sum is the block's size, 0 when it passes 2^31. */
static uint32_t place_sections(section sections[N_SECTIONS]) {
    uint64_t end = (sizeof(evex_program) + SECTION_ALIGNMENT - 1) & ~(SECTION_ALIGNMENT - 1ULL);
    for (int i = 0; i < N_SECTIONS; i++) {
        if (sections[i].count > INT32_MAX)
            return 0;
        *sections[i].offset = (uint32_t)end;
        end += sections[i].count * sections[i].size_bytes;
        end = (end + SECTION_ALIGNMENT - 1) & ~(SECTION_ALIGNMENT - 1ULL);
        if (end > INT32_MAX)
            return 0;
    }
    return (uint32_t)end;
}

evex_program *evex_program_build(const evex_program_parts *parts, const evex_allocator *allocator) {
    evex_program header = {0};
    section sections[N_SECTIONS];
    list_sections(parts, &header, sections);
    header.total_bytes = place_sections(sections);
    if (header.total_bytes == 0)
        return NULL;
    fill_counts(&header, parts);
    char *block = evex_allocate(allocator, header.total_bytes);
    if (block == NULL)
        return NULL;
    memset(block, 0, header.total_bytes);
    memcpy(block, &header, sizeof header);
    for (int i = 0; i < N_SECTIONS; i++)
        if (sections[i].count > 0)
            memcpy(block + *sections[i].offset, sections[i].data,
                   sections[i].count * sections[i].size_bytes);
    return (evex_program *)(void *)block;
}
