/* SPDX-License-Identifier: MIT */
/*
 * core/program.c, verify.c and disassemble.c: hand-written programs, one for each part of the
 * language that the format must hold, are verified and compared with golden dumps (the folder is
 * the program's argument; EVEX_UPDATE_GOLDEN=1 rewrites them); damaged ones are rejected or
 * harmless.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/program.h"
#include "tests/failing_allocator.h"
#include "tests/suite.h"

/* ---- Hand-written programs ------------------------------------------------------------------ */

enum { NONE = EVEX_NO_REGISTER };
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define INSN(name, in, out, n, d, first)                                                           \
    { EVEX_OP_##name, EVEX_##out, EVEX_##in, n, d, NONE, 0, first }

typedef struct {
    const char *name;
    evex_program_parts parts;
} example;

static const evex_insn_place no_places[16];

/* a*b + (1+2j): registers i0 i1 k0 t0 o0 */
static const example complex_example = {
    "complex",
    {{2, 1, 0, 0, 1, 1},
     (const evex_insn[]){INSN(MUL, C128, C128, 2, 3, 0), INSN(ADD, C128, C128, 2, 4, 2)},
     no_places,
     (const evex_register[]){0, 1, 3, 2},
     (const evex_constant[]){{EVEX_C128,
                              EVEX_CONSTANT_VALUE,
                              {0},
                              {{0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0x40}}}},
     (const evex_program_input[]){{0, 1, EVEX_C128, 0, 0, 0, 0, 0, {0, 1}},
                                  {1, 1, EVEX_C128, 0, 0, 0, 0, 0, {2, 1}}},
     (const evex_program_output[]){{0, 0, EVEX_C128, 0, 0, 0, NONE, 0}},
     NULL,
     (const evex_stage[]){{0, 0, 0, 2, 0, 0, 0, 0}},
     NULL,
     "ab",
     2,
     4,
     1,
     2,
     1,
     0,
     1,
     0,
     2}};

/* sqrt(h), read and written as float16: i0 t0 t1 o0 */
static const example float16_example = {
    "float16",
    {{1, 0, 0, 0, 2, 1},
     (const evex_insn[]){INSN(CAST, F16, F32, 1, 1, 0), INSN(SQRT, F32, F32, 1, 2, 1),
                         INSN(CAST, F32, F16, 1, 3, 2)},
     no_places,
     (const evex_register[]){0, 1, 2},
     NULL,
     (const evex_program_input[]){{0, 1, EVEX_F16, 0, 0, 0, 0, 0, {0, 1}}},
     (const evex_program_output[]){{0, 0, EVEX_F16, 0, 0, 0, NONE, 0}},
     NULL,
     (const evex_stage[]){{0, 0, 0, 3, 0, 0, 0, 0}},
     NULL,
     "h",
     3,
     3,
     0,
     1,
     1,
     0,
     1,
     0,
     1}};

/* region == "EU" or region in ("UK", "US"): i0 k0 k1 t0 t1 o0. Text: name, two ranges, UK US EU */
static const char str_text[] = "region--"
                               "\x18\0\0\0\x02\0\0\0"
                               "\x1a\0\0\0\x02\0\0\0"
                               "UKUSEU";
static const example str_example = {
    "str",
    {{1, 2, 0, 0, 2, 1},
     (const evex_insn[]){INSN(EQ, STR, BOOL, 2, 3, 0), INSN(IN, STR, BOOL, 2, 4, 2),
                         INSN(OR, BOOL, BOOL, 2, 5, 4)},
     no_places,
     (const evex_register[]){0, 1, 0, 2, 3, 4},
     (const evex_constant[]){{EVEX_STR, EVEX_CONSTANT_VALUE, {0}, {.list = {28, 2}}},
                             {EVEX_STR, EVEX_CONSTANT_SET, {0}, {.list = {8, 2}}}},
     (const evex_program_input[]){{0, 6, EVEX_STR, 0, 0, 0, 0, 0, {0, 6}}},
     (const evex_program_output[]){{0, 0, EVEX_BOOL, 0, 0, 0, NONE, 0}},
     NULL,
     (const evex_stage[]){{0, 0, 0, 3, 0, 0, 0, 0}},
     NULL,
     str_text,
     3,
     6,
     2,
     1,
     1,
     0,
     1,
     0,
     sizeof str_text}};

/* s = sum(a*b) where both are valid, p = a*b with its validity: i0..i3 s t0 t1 o0 o1 o2 */
static const example nulls_example = {
    "nulls",
    {{4, 0, 0, 0, 2, 3},
     (const evex_insn[]){INSN(MUL, F64, F64, 2, 4, 0), INSN(AND, BOOL, BOOL, 2, 5, 2),
                         INSN(COPY, F64, F64, 1, 7, 4), INSN(COPY, BOOL, BOOL, 1, 8, 5)},
     no_places,
     (const evex_register[]){0, 1, 2, 3, 4, 5},
     NULL,
     (const evex_program_input[]){{0, 1, EVEX_F64, 0, 1, 0, 0, 2, {0, 1}},
                                  {1, 1, EVEX_F64, 0, 1, 0, 0, 3, {2, 1}},
                                  {2, 7, EVEX_BOOL, 0, 0, 0, 0, 0, {0, 1}},
                                  {9, 7, EVEX_BOOL, 0, 0, 0, 0, 0, {2, 1}}},
     (const evex_program_output[]){{16, 1, EVEX_F64, 1, 0, 0, NONE, 0},
                                   {17, 1, EVEX_F64, 0, 1, 0, 8, 0},
                                   {18, 7, EVEX_BOOL, 0, 0, 0, NONE, 0}},
     (const evex_reduction[]){
         {EVEX_RED_SUM, EVEX_F64, EVEX_F64, 0, 6, 4, 5, 1, 0, 0, {0}, {4, 8}, 0, 0, 0}},
     (const evex_stage[]){{0, 0, 0, 4, 0, 1, 0, 0}},
     NULL,
     "aba.valid"
     "b.valid"
     "spp.valid",
     4,
     6,
     0,
     4,
     3,
     1,
     1,
     0,
     25}};

/* a ** n with a guard on n < 0: i0 i1 k0 s0 t0 o0 */
static const example guard_example = {
    "guard",
    {{2, 1, 1, 0, 1, 1},
     (const evex_insn[]){INSN(LT, I64, BOOL, 2, 4, 0), INSN(POW, I64, I64, 2, 5, 2)},
     no_places,
     (const evex_register[]){1, 2, 0, 1},
     (const evex_constant[]){{EVEX_I64, EVEX_CONSTANT_VALUE, {0}, {{0}}}},
     (const evex_program_input[]){{0, 1, EVEX_I64, 0, 0, 0, 0, 0, {0, 1}},
                                  {1, 1, EVEX_I64, 0, 0, 0, 0, 0, {5, 1}}},
     (const evex_program_output[]){{0, 0, EVEX_I64, 0, 0, 0, NONE, 0}},
     (const evex_reduction[]){
         {EVEX_RED_FIRST_TRUE, EVEX_I64, EVEX_BOOL, 0, 3, 4, NONE, 1, 0, 0, {0}, {2, 2}, 0, 0, 0}},
     (const evex_stage[]){{0, 0, 0, 2, 0, 1, 0, 1}},
     (const evex_guard[]){{3, EVEX_GUARD, 0, {2, 2}, 2, 42, 0, 0}},
     "an"
     "integer to the power of a negative integer",
     2,
     4,
     1,
     2,
     1,
     1,
     1,
     1,
     45}};

/* x - mean(x) within groups: i0 x, i1 code, a0 means by code, t0 the row's, o0 */
static const example groups_example = {
    "groups",
    {{2, 0, 0, 1, 1, 1},
     (const evex_insn[]){INSN(TAKE, F64, F64, 2, 3, 0), INSN(SUB, F64, F64, 2, 4, 2)},
     no_places,
     (const evex_register[]){2, 1, 0, 3},
     NULL,
     (const evex_program_input[]){{0, 1, EVEX_F64, 0, 0, 0, 0, 0, {0, 1}},
                                  {1, 0, EVEX_I64, 0, 0, 0, 0, 0, {0, 0}}},
     (const evex_program_output[]){{0, 0, EVEX_F64, 0, 0, 0, NONE, 0}},
     (const evex_reduction[]){
         {EVEX_RED_MEAN, EVEX_F64, EVEX_F64, 0, 2, 0, NONE, 1, 0, 0, {0}, {4, 7}, 1, 1, 0}},
     (const evex_stage[]){{0, 0, 0, 0, 0, 1, 0, 0}, {0, 0, 0, 2, 1, 0, 0, 0}},
     NULL,
     "xcode",
     2,
     4,
     0,
     2,
     1,
     1,
     2,
     0,
     5}};

/* end - start of datetime64 with NaT: i0 i1 k0 t0 t1 t2 o0 */
static const example datetime_example = {
    "datetime",
    {{2, 1, 0, 0, 3, 1},
     (const evex_insn[]){INSN(EQ, I64, BOOL, 2, 3, 0), INSN(EQ, I64, BOOL, 2, 4, 2),
                         INSN(OR, BOOL, BOOL, 2, 3, 4), INSN(SUB, I64, I64, 2, 5, 6),
                         INSN(SELECT, I64, I64, 3, 6, 8)},
     no_places,
     (const evex_register[]){0, 2, 1, 2, 3, 4, 0, 1, 3, 2, 5},
     (const evex_constant[]){{EVEX_I64, EVEX_CONSTANT_VALUE, {0}, {{0, 0, 0, 0, 0, 0, 0, 0x80}}}},
     (const evex_program_input[]){{0, 3, EVEX_I64, 0, 0, 9, 0, 0, {0, 3}},
                                  {3, 5, EVEX_I64, 0, 0, 9, 0, 0, {6, 5}}},
     (const evex_program_output[]){{0, 0, EVEX_I64, 0, 0, 41, NONE, 0}},
     NULL,
     (const evex_stage[]){{0, 0, 0, 5, 0, 0, 0, 0}},
     NULL,
     "endstart",
     5,
     11,
     1,
     2,
     1,
     0,
     1,
     0,
     8}};

static const example *const examples[] = {&complex_example, &float16_example, &str_example,
                                          &nulls_example,   &guard_example,   &groups_example,
                                          &datetime_example};

/* ---- Golden dumps --------------------------------------------------------------------------- */

static const char *golden_folder;

static int append(void *user, const char *bytes, size_t n) {
    fwrite(bytes, 1, n, user);
    return 0;
}

static char *dump(const evex_program *program) {
    char *bytes = NULL;
    size_t n;
    FILE *memory = open_memstream(&bytes, &n);
    evex_text text = evex_text_to(append, memory);
    evex_program_dump(program, &text);
    fclose(memory);
    return bytes;
}

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return strdup("");
    char *bytes = calloc(1, 1 << 16);
    const size_t n = fread(bytes, 1, (1 << 16) - 1, file);
    bytes[n] = '\0';
    fclose(file);
    return bytes;
}

static void compare_with_golden(const char *name, const char *text) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.txt", golden_folder, name);
    if (getenv("EVEX_UPDATE_GOLDEN") != NULL) {
        FILE *file = fopen(path, "wb");
        ck_assert_ptr_nonnull(file);
        fputs(text, file);
        fclose(file);
    }
    char *golden = read_file(path);
    ck_assert_msg(strcmp(golden, text) == 0, "%s differs:\n%s", path, text);
    free(golden);
}

static evex_program *build(const example *e) {
    evex_program *program = evex_program_build(&e->parts, &evex_system_allocator);
    ck_assert_ptr_nonnull(program);
    return program;
}

START_TEST(the_format_holds) {
    const example *e = examples[_i];
    evex_program *program = build(e);
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_msg(evex_program_verify(program, program->total_bytes, &evex_system_allocator,
                                      &error) == EVEX_OK,
                  "%s: %s", e->name, error.message);
    char *text = dump(program);
    compare_with_golden(e->name, text);
    free(text);
    evex_free(&evex_system_allocator, program);
}
END_TEST

START_TEST(equal_parts_give_equal_bytes) {
    evex_program *a = build(examples[_i]), *b = build(examples[_i]);
    ck_assert_uint_eq(a->total_bytes, b->total_bytes);
    ck_assert_int_eq(memcmp(a, b, a->total_bytes), 0);
    evex_free(&evex_system_allocator, a);
    evex_free(&evex_system_allocator, b);
}
END_TEST

/* ---- Damage --------------------------------------------------------------------------------- */

/* Whatever one byte becomes, the verifier does not read outside, and what it passes can be dumped.
 */
START_TEST(any_changed_byte_is_rejected_or_harmless) {
    evex_program *program = build(examples[_i]);
    const size_t n = program->total_bytes;
    unsigned char *bytes = (unsigned char *)program;
    size_t n_rejected = 0;
    for (size_t i = 0; i < n; i++) {
        static const unsigned char flips[] = {0x01, 0x80, 0xff};
        for (size_t k = 0; k < COUNT(flips); k++) {
            bytes[i] ^= flips[k];
            if (evex_program_verify(program, n, &evex_system_allocator, NULL) == EVEX_OK)
                free(dump(program));
            else
                n_rejected++;
            bytes[i] ^= flips[k];
        }
    }
    ck_assert_uint_gt(n_rejected, n / 4);
    evex_free(&evex_system_allocator, program);
}
END_TEST

START_TEST(any_truncation_is_rejected) {
    evex_program *program = build(examples[_i]);
    for (size_t n = 0; n < program->total_bytes; n++)
        ck_assert_int_eq(evex_program_verify(program, n, &evex_system_allocator, NULL),
                         EVEX_INVALID_ARGUMENT);
    evex_free(&evex_system_allocator, program);
}
END_TEST

/* Each row breaks one rule of program.h in one of the examples. */
START_TEST(broken_rules_are_named) {
    example broken = datetime_example;
    evex_insn insns[5];
    memcpy(insns, datetime_example.parts.insns, sizeof insns);
    broken.parts.insns = insns;
    const struct {
        evex_insn *insn;
        evex_insn becomes;
        const char *message;
    } cases[] = {
        {&insns[0], INSN(EQ, I64, BOOL, 2, 6, 0),
         "bad program: destination of instruction (0)"}, /* o0 is int64 */
        {&insns[0], INSN(EQ, I64, I64, 2, 3, 0), "bad program: operands of instruction (0)"},
        {&insns[0], INSN(EQ, F64, BOOL, 2, 3, 0), "bad program: operands of instruction (0)"},
        {&insns[0], INSN(EQ, I64, BOOL, 1, 3, 0), "bad program: operands of instruction (0)"},
        {&insns[0], INSN(EQ, I64, BOOL, 2, 0, 0),
         "bad program: destination of instruction (0)"}, /* an input */
        {&insns[0], INSN(EQ, I64, BOOL, 2, 3, 10), "bad program: operand list of instruction (0)"},
        {&insns[2], INSN(AND, BOOL, BOOL, 2, 3, 3),
         "bad program: operands of instruction (2)"}, /* i1 is no bool */
        {&insns[4], INSN(SELECT, I64, I64, 3, 5, 8), "bad program: output never written (0)"},
        {&insns[3], INSN(SUB, I64, I64, 2, 6, 6),
         "bad program: operands of instruction (4)"}, /* t2 undefined */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const evex_insn before = *cases[i].insn;
        *cases[i].insn = cases[i].becomes;
        evex_program *program = build(&broken);
        evex_error error = EVEX_ERROR_INIT;
        ck_assert_int_eq(
            evex_program_verify(program, program->total_bytes, &evex_system_allocator, &error),
            EVEX_INVALID_ARGUMENT);
        ck_assert_msg(strcmp(error.message, cases[i].message) == 0, "case %zu: %s", i,
                      error.message);
        evex_free(&evex_system_allocator, program);
        *cases[i].insn = before;
    }
}
END_TEST

START_TEST(failing_memory_gives_null) {
    failing_allocator memory;
    failing_allocator_init(&memory, 1, 1);
    ck_assert_ptr_null(evex_program_build(&complex_example.parts, &memory.allocator));
    example huge = complex_example;
    huge.parts.text_bytes = (size_t)1 << 31;
    ck_assert_ptr_null(evex_program_build(&huge.parts, &evex_system_allocator));
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, the_format_holds, 0, COUNT(examples));
    tcase_add_loop_test(tests, equal_parts_give_equal_bytes, 0, COUNT(examples));
    tcase_add_loop_test(tests, any_changed_byte_is_rejected_or_harmless, 0, COUNT(examples));
    tcase_add_loop_test(tests, any_truncation_is_rejected, 0, COUNT(examples));
    tcase_add_test(tests, broken_rules_are_named);
    tcase_add_test(tests, failing_memory_gives_null);
}

int main(int argc, char **argv) {
    golden_folder = argc > 1 ? argv[1] : "tests/golden/format";
    return run_suite("program", add);
}
