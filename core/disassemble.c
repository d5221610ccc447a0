/* SPDX-License-Identifier: MIT */
/*
 * A program as text, for people and golden tests: tables first, then each stage's code in register
 * notation. Registers are written by class: i input, k constant, s scalar, a kept array, t temp, o
 * output.
 */
#include <string.h>

#include "core/program.h"
#include "core/unit.h"

static void write_register(const evex_program *p, evex_register reg, evex_text *text) {
    static const char letters[EVEX_N_CLASSES + 1] = {'i', 'k', 's', 'a', 't', 'o', '?'};
    const evex_register_class class = evex_program_class(p, reg);
    evex_text_format(text, "%c%d", letters[class],
                     class == EVEX_N_CLASSES ? reg : (int)(reg - p->first_register[class]));
}

static const char *short_name(uint8_t dtype) {
    return evex_dtype_short_name((evex_dtype)dtype);
}

/* ---- Constants ------------------------------------------------------------------------------ */

#define WRITE_SIGNED(s, ID, T, ...)                                                                \
    case EVEX_##ID: {                                                                              \
        T value;                                                                                   \
        memcpy(&value, bytes, sizeof value);                                                       \
        evex_text_format(text, "%lld", (long long)value);                                          \
        return;                                                                                    \
    }
#define WRITE_UNSIGNED(s, ID, T, ...)                                                              \
    case EVEX_##ID: {                                                                              \
        T value;                                                                                   \
        memcpy(&value, bytes, sizeof value);                                                       \
        evex_text_format(text, "%zu", (size_t)value);                                              \
        return;                                                                                    \
    }

static void write_f32(const void *bytes, evex_text *text) {
    float value;
    memcpy(&value, bytes, sizeof value);
    evex_text_f32(text, value);
}

static void write_f64(const void *bytes, evex_text *text) {
    double value;
    memcpy(&value, bytes, sizeof value);
    evex_text_f64(text, value);
}

static void write_complex(const char *bytes, size_t half_bytes,
                          void (*write)(const void *, evex_text *), evex_text *text) {
    evex_text_bytes(text, "(", 1);
    write(bytes, text);
    evex_text_bytes(text, ", ", 2);
    write(bytes + half_bytes, text);
    evex_text_bytes(text, ")", 1);
}

static void write_element(evex_dtype dtype, const void *bytes, evex_text *text) {
    switch (dtype) {
        EVEX_FOR_BOOL(WRITE_UNSIGNED, )
        EVEX_FOR_SIGNED(WRITE_SIGNED, )
        EVEX_FOR_UNSIGNED(WRITE_UNSIGNED, )
    case EVEX_F32:
        write_f32(bytes, text);
        return;
    case EVEX_F64:
        write_f64(bytes, text);
        return;
    case EVEX_C64:
        write_complex(bytes, 4, write_f32, text);
        return;
    case EVEX_C128:
        write_complex(bytes, 8, write_f64, text);
        return;
    default:
        evex_text_format(text, "?");
    }
}

/* Text in double quotes; control characters, quotes and backslashes as \xHH. */
static void write_quoted(const char *bytes, size_t n, evex_text *text) {
    static const char hex[] = "0123456789abcdef";
    evex_text_bytes(text, "\"", 1);
    for (size_t i = 0; i < n; i++) {
        const unsigned char byte = (unsigned char)bytes[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f)
            evex_text_bytes(text, bytes + i, 1);
        else
            evex_text_format(text, "\\x%c%c", hex[byte >> 4], hex[byte & 15]);
    }
    evex_text_bytes(text, "\"", 1);
}

static void write_set(const evex_program *p, const evex_constant *constant, evex_text *text) {
    const char *elements = evex_program_text(p) + constant->payload.list.offset;
    for (uint32_t i = 0; i < constant->payload.list.n; i++) {
        evex_text_format(text, "%s", i > 0 ? ", " : "{");
        if (constant->dtype == EVEX_STR) {
            uint32_t range[2];
            memcpy(range, elements + 8 * (size_t)i, sizeof range);
            write_quoted(evex_program_text(p) + range[0], range[1], text);
        } else {
            const evex_dtype dtype = (evex_dtype)constant->dtype;
            write_element(dtype, elements + i * evex_dtype_size(dtype), text);
        }
    }
    evex_text_format(text, "%s", constant->payload.list.n == 0 ? "{}" : "}");
}

static void write_constant(const evex_program *p, const evex_constant *constant, evex_text *text) {
    const char *listed = evex_program_text(p) + constant->payload.list.offset;
    if (constant->kind == EVEX_CONSTANT_SET)
        write_set(p, constant, text);
    else if (constant->kind == EVEX_CONSTANT_FUNCTION)
        evex_text_format(text, "function %.*s", (int)constant->payload.list.n, listed);
    else if (constant->kind == EVEX_CONSTANT_PATTERN) {
        evex_text_bytes(text, "pattern ", 8);
        write_quoted(listed, constant->payload.list.n, text);
    } else if (constant->dtype == EVEX_STR)
        write_quoted(listed, constant->payload.list.n, text);
    else
        write_element((evex_dtype)constant->dtype, constant->payload.bytes, text);
}

/* ---- Tables --------------------------------------------------------------------------------- */

static void write_unit(uint8_t unit, evex_text *text) {
    if (unit != 0)
        evex_text_format(text, "[%s%s]", evex_unit_is_span(unit) ? "span " : "",
                         evex_unit_symbol(unit));
}

static void write_inputs(const evex_program *p, evex_text *text) {
    for (uint32_t i = 0; i < p->n_inputs; i++) {
        const evex_program_input *input = &evex_program_inputs(p)[i];
        evex_text_format(text, "input  i%d %s%s%s", (int)i, input->kind == EVEX_WEAK ? "weak " : "",
                         short_name(input->dtype), input->is_nullable ? "?" : "");
        write_unit(input->unit, text);
        if (input->is_nullable)
            evex_text_format(text, " valid i%d", (int)input->validity);
        if (input->name_bytes == 0)
            evex_text_format(text, " codes of groups\n");
        else
            evex_text_format(text, " %.*s\n", (int)input->name_bytes,
                             evex_program_text(p) + input->name);
    }
}

static void write_constants(const evex_program *p, evex_text *text) {
    for (uint32_t i = 0; i < p->n_constants; i++) {
        const evex_constant *constant = &evex_program_constants(p)[i];
        evex_text_format(text, "const  k%d %s = ", (int)i, short_name(constant->dtype));
        write_constant(p, constant, text);
        evex_text_bytes(text, "\n", 1);
    }
}

static void write_outputs(const evex_program *p, evex_text *text) {
    for (uint32_t i = 0; i < p->n_outputs; i++) {
        const evex_program_output *output = &evex_program_outputs(p)[i];
        evex_text_format(text, "output o%d %s%s", (int)i, short_name(output->dtype),
                         output->is_nullable ? "?" : "");
        write_unit(output->unit, text);
        evex_text_format(text, " %s",
                         output->is_grouped   ? "grouped"
                         : output->is_reduced ? "reduced"
                                              : "elementwise");
        if (output->is_nullable && output->validity != EVEX_NO_REGISTER) {
            evex_text_bytes(text, " valid ", 7);
            write_register(p, output->validity, text);
        }
        if (output->name_bytes > 0)
            evex_text_format(text, " %.*s", (int)output->name_bytes,
                             evex_program_text(p) + output->name);
        evex_text_bytes(text, "\n", 1);
    }
}

/* ---- Code ----------------------------------------------------------------------------------- */

/* "ADD.f64"; with the operand type too where the result's differs: "LT.f64", "CAST.i32.f64". */
static void write_op(const evex_insn *insn, evex_text *text) {
    const evex_op_info *info = &evex_op_infos[insn->op];
    evex_text_format(text, "%s.%s", info->id, short_name(insn->in_dtype));
    if (info->signature == EVEX_SIG_T_X)
        evex_text_format(text, ".%s", short_name(insn->out_dtype));
}

static void write_insn(const evex_program *p, uint32_t number, evex_text *text) {
    const evex_insn *insn = &evex_program_insns(p)[number];
    const evex_register *operands = evex_program_operands(p) + insn->first_operand;
    evex_text_format(text, "  %d  ", (int)number);
    write_register(p, insn->dst, text);
    if (insn->dst2 != EVEX_NO_REGISTER) {
        evex_text_bytes(text, ", ", 2);
        write_register(p, insn->dst2, text);
    }
    evex_text_bytes(text, " = ", 3);
    write_op(insn, text);
    for (int k = 0; k < insn->n_operands; k++) {
        evex_text_format(text, "%s", k == 0 ? " " : ", ");
        write_register(p, operands[k], text);
    }
    evex_text_bytes(text, "\n", 1);
}

static void write_axes(const evex_reduction *r, evex_text *text) {
    if (!r->all_axes) {
        evex_text_bytes(text, " axis=(", 7);
        for (int i = 0; i < r->n_axes; i++)
            evex_text_format(text, i > 0 ? ", %d" : "%d", r->axes[i]);
        evex_text_bytes(text, ")", 1);
    }
    if (r->keepdims)
        evex_text_bytes(text, " keepdims", 9);
    if (r->ddof != 0)
        evex_text_format(text, " ddof=%d", (int)r->ddof);
}

static void write_reduction(const evex_program *p, const evex_reduction *r, evex_text *text) {
    evex_text_bytes(text, "  reduce ", 9);
    write_register(p, r->dst, text);
    evex_text_format(text, " %s = %s.%s ", short_name(r->out_dtype),
                     evex_reduction_infos[r->kind].id, short_name(r->in_dtype));
    if (r->source == EVEX_NO_REGISTER)
        evex_text_bytes(text, "*", 1);
    else
        write_register(p, r->source, text);
    if (r->mask != EVEX_NO_REGISTER) {
        evex_text_bytes(text, " where ", 7);
        write_register(p, r->mask, text);
    }
    if (r->is_grouped) {
        evex_text_bytes(text, " by ", 4);
        write_register(p, r->group, text);
    }
    write_axes(r, text);
    evex_text_bytes(text, "\n", 1);
}

static void write_guard(const evex_program *p, const evex_guard *guard, evex_text *text) {
    evex_text_bytes(text, "  guard ", 8);
    write_register(p, guard->index, text);
    evex_text_format(text, " < 0 else %.*s\n", (int)guard->message_bytes,
                     evex_program_text(p) + guard->message);
}

static void write_stage(const evex_program *p, uint32_t number, evex_text *text) {
    const evex_stage *stage = &evex_program_stages(p)[number];
    evex_text_format(text, "stage %d\n", (int)number);
    if (stage->n_scalar_insns > 0)
        evex_text_format(text, " once\n");
    for (uint32_t i = 0; i < stage->n_scalar_insns; i++)
        write_insn(p, stage->first_scalar_insn + i, text);
    if (stage->n_insns > 0)
        evex_text_format(text, " each block\n");
    for (uint32_t i = 0; i < stage->n_insns; i++)
        write_insn(p, stage->first_insn + i, text);
    for (uint32_t i = 0; i < stage->n_reductions; i++)
        write_reduction(p, &evex_program_reductions(p)[stage->first_reduction + i], text);
    for (uint32_t i = 0; i < stage->n_guards; i++)
        write_guard(p, &evex_program_guards(p)[stage->first_guard + i], text);
}

void evex_program_dump(const evex_program *program, evex_text *text) {
    write_inputs(program, text);
    write_constants(program, text);
    write_outputs(program, text);
    for (uint32_t i = 0; i < program->n_stages; i++)
        write_stage(program, i, text);
}
