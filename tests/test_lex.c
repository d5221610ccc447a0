/* SPDX-License-Identifier: MIT */
/*
 * parser/lex.c and literal.c beyond the golden files: text that is refused before it is read, every
 * limit around its border, JIT and interpreter alike, threads, failing allocations, random bytes.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "parser/lex.h"
#include "tests/failing_allocator.h"
#include "tests/suite.h"

static const evex_limits default_limits = EVEX_LIMITS_INIT;

/* Reads all tokens of a text that may hold NULs; *n_tokens (END not counted) may be NULL. */
static evex_status lex_all(const char *source, size_t length, const evex_limits *limits,
                           evex_error *error, size_t *n_tokens) {
    evex_arena arena;
    evex_arena_init(&arena, &evex_system_allocator, NULL, 0);
    evex_lexer lexer;
    evex_token token = {.kind = EVEX_TOKEN_NEWLINE};
    size_t n = 0, end = 0;
    int is_good = 1;
    evex_status status = evex_lexer_init(&lexer, source, length, limits, &arena, error);
    while (status == EVEX_OK && token.kind != EVEX_TOKEN_END) {
        status = evex_lexer_next(&lexer, &token);
        if (status != EVEX_OK)
            break;
        is_good = is_good && token.place.offset >= end;
        end = token.place.offset + token.place.length;
        is_good =
            is_good && end <= length && (token.place.length > 0) == (token.kind != EVEX_TOKEN_END);
        n += token.kind != EVEX_TOKEN_END;
    }
    ck_assert(is_good); /* one assertion for all: each costs libcheck a system call */
    evex_arena_free(&arena);
    if (n_tokens)
        *n_tokens = n;
    return status;
}

static evex_status lex(const char *source, const evex_limits *limits, evex_error *error) {
    return lex_all(source, strlen(source), limits, error, NULL);
}

/* ---- Text that is refused ---------------------------------------------------------------- */

static const struct {
    const char *text;
    size_t length, offset;
} refused[] = {
    {"a\0b", 3, 1},
    {"\0", 1, 0},
    {"a + \x01", 5, 4},
    {"\x1b[0m", 4, 0},
    {"'a\x7f'", 4, 2},
    {"a\xc2\x80", 3, 1},
    {"a\xc2\x9f", 3, 1},
    {"\x80", 1, 0},
    {"a\xff", 2, 1},
    {"a\xc0\xaf", 3, 1},
    {"a\xc1\xbf", 3, 1},
    {"\xe0\x80\x80", 3, 0},
    {"ab\xed\xa0\x80", 5, 2},
    {"\xf0\x80\x80\x80", 4, 0},
    {"\xf4\x90\x80\x80", 4, 0},
    {"\xf5\x80\x80\x80", 4, 0},
    {"a\xc3", 2, 1},
    {"a\xe2\x82", 3, 1},
    {"a\xf0\x9f\x98", 4, 1},
    {"# \xff", 3, 2},
    {"'\xe2(\xa1'", 5, 1},
    {"a\fb", 3, 1},
    {"a\vb", 3, 1},
    {"\xc3\xa9\xc3", 3, 2},
};

START_TEST(malformed_text_has_a_place) {
    evex_error error = EVEX_ERROR_INIT;
    evex_status status =
        lex_all(refused[_i].text, refused[_i].length, &default_limits, &error, NULL);
    ck_assert_int_eq(status, EVEX_SYNTAX);
    ck_assert_int_eq(error.status, EVEX_SYNTAX);
    ck_assert_uint_eq(error.offset, refused[_i].offset);
    ck_assert_uint_eq(error.length, 1);
    ck_assert_str_ne(error.message, "");
}
END_TEST

START_TEST(the_edges_of_utf8_are_accepted) {
    static const char *const texts[] = {
        "'\xc2\xa0'",         "'\xdf\xbf'",         "'\xe0\xa0\x80'",
        "'\xed\x9f\xbf'",     "'\xee\x80\x80'",     "'\xef\xbf\xbf'",
        "'\xf0\x90\x80\x80'", "'\xf4\x8f\xbf\xbf'", "\t\r\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_int_eq(lex(texts[i], &default_limits, NULL), EVEX_OK);
}
END_TEST

/* The text's bytes end where length says, not at a NUL. */
START_TEST(nothing_behind_the_length_is_read) {
    size_t n;
    char *text = malloc(5);
    memcpy(text, "a + b", 5);
    ck_assert_int_eq(lex_all(text, 5, &default_limits, NULL, &n), EVEX_OK);
    ck_assert_uint_eq(n, 3);
    ck_assert_int_eq(lex_all(text, 3, &default_limits, NULL, &n), EVEX_OK);
    ck_assert_uint_eq(n, 2);
    free(text);
    ck_assert_int_eq(lex_all("", 0, &default_limits, NULL, &n), EVEX_OK);
    ck_assert_uint_eq(n, 0);
}
END_TEST

/* ---- Limits ------------------------------------------------------------------------------ */

/* A token of `size` bytes that count, made of the middle character, between the given ends. */
static const struct {
    const char *before;
    char middle;
    const char *after;
    size_t limit_offset; /* of the limit in evex_limits */
    int counts_ends;
} measured[] = {
    {"", 'a', "", offsetof(evex_limits, identifier_bytes), 0},
    {"`", ' ', "`", offsetof(evex_limits, identifier_bytes), 0},
    {"f(", 'x', ")", offsetof(evex_limits, identifier_bytes), 0},
    {"", '7', "", offsetof(evex_limits, number_bytes), 0},
    {"", '7', ".", offsetof(evex_limits, number_bytes), 1},
    {".", '7', "", offsetof(evex_limits, number_bytes), 1},
    {"0x", 'f', "", offsetof(evex_limits, number_bytes), 1},
    {"0b", '1', "", offsetof(evex_limits, number_bytes), 1},
    {"", '7', "j", offsetof(evex_limits, number_bytes), 1},
    {"'", 's', "'", offsetof(evex_limits, string_bytes), 0},
    {"\"\\n", 's', "\"", offsetof(evex_limits, string_bytes), 0},
};

static evex_status lex_measured(int i, size_t size, evex_error *error) {
    evex_limits limits = EVEX_LIMITS_INIT;
    memcpy((char *)&limits + measured[i].limit_offset, &(size_t){100}, sizeof(size_t));
    char text[300];
    size_t n_ends = strlen(measured[i].before) + strlen(measured[i].after);
    size_t n_escape = strchr(measured[i].before, '\\') ? 2 : 0;
    size_t n = size - (measured[i].counts_ends ? n_ends : n_escape);
    char middle[200] = {0};
    memset(middle, measured[i].middle, n);
    snprintf(text, sizeof text, "%s%s%s", measured[i].before, middle, measured[i].after);
    return lex(text, &limits, error);
}

START_TEST(each_token_has_its_limit) {
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(lex_measured(_i, 99, &error), EVEX_OK);
    ck_assert_int_eq(lex_measured(_i, 100, &error), EVEX_OK);
    ck_assert_int_eq(lex_measured(_i, 101, &error), EVEX_LIMIT_TOKEN);
    ck_assert_uint_gt(error.length, 0);
}
END_TEST

START_TEST(malformed_numbers_have_the_limit_too) {
    evex_limits limits = EVEX_LIMITS_INIT;
    limits.number_bytes = 4;
    ck_assert_int_eq(lex("123x", &limits, NULL), EVEX_SYNTAX);
    ck_assert_int_eq(lex("1234x", &limits, NULL), EVEX_LIMIT_TOKEN);
}
END_TEST

/* Too long a text is refused before any byte of it is read or any memory taken. */
START_TEST(the_source_has_its_limit) {
    evex_limits limits = EVEX_LIMITS_INIT;
    limits.source_bytes = 10;
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(lex("a + b + cd", &limits, &error), EVEX_OK);
    ck_assert_int_eq(lex("a + b + c", &limits, &error), EVEX_OK);
    failing_allocator memory;
    failing_allocator_init(&memory, 0, 0);
    evex_arena arena;
    evex_arena_init(&arena, &memory.allocator, NULL, 0);
    evex_lexer lexer;
    ck_assert_int_eq(evex_lexer_init(&lexer, NULL, 11, &limits, &arena, &error), EVEX_LIMIT_SOURCE);
    ck_assert_int_eq(memory.n_calls, 0);
    ck_assert_int_eq(error.status, EVEX_LIMIT_SOURCE);
}
END_TEST

/* With limits raised, a token of millions of escapes is still found in linear time. */
static void check_long_tokens(void) {
    evex_limits limits = EVEX_LIMITS_INIT;
    const size_t n = (size_t)2 << 20;
    limits.source_bytes = limits.string_bytes = limits.identifier_bytes = n;
    char *text = malloc(n);
    memset(text, '\\', n);
    text[0] = text[n - 1] = '"';
    ck_assert_int_eq(lex_all(text, n, &limits, NULL, NULL), EVEX_OK);
    memset(text, 'x', n);
    ck_assert_int_eq(lex_all(text, n, &limits, NULL, NULL), EVEX_OK);
    memset(text, '#', n);
    ck_assert_int_eq(lex_all(text, n, &limits, NULL, NULL), EVEX_OK);
    free(text);
}

START_TEST(long_tokens_are_read) {
    check_long_tokens();
}
END_TEST

/* ---- The pattern ------------------------------------------------------------------------- */

static const char sample[] = "r = 2*a + 3*`b c` - (x // 0xff)**1_0.5e-3j # end\n"
                             "s not in ('EU', \"\\u00e9\"), \xce\x94t <= 7 ?? True";

START_TEST(the_interpreter_finds_what_jit_finds) {
    size_t n_jit, n_interpreted;
    evex_lexer_shutdown();
    ck_assert_int_eq(lex_all(sample, strlen(sample), &default_limits, NULL, &n_jit), EVEX_OK);
    evex_lexer_shutdown();
    ck_assert_int_eq(evex_lexer_prepare(&evex_system_allocator, 0, NULL), EVEX_OK);
    ck_assert_int_eq(lex_all(sample, strlen(sample), &default_limits, NULL, &n_interpreted),
                     EVEX_OK);
    ck_assert_uint_eq(n_jit, n_interpreted);
    ck_assert_uint_eq(n_jit, 32);
    check_long_tokens();
    evex_lexer_shutdown();
    evex_lexer_shutdown();
}
END_TEST

/* Whatever allocation fails, the pattern is either there or not, and nothing leaks. */
START_TEST(preparing_survives_failing_allocations) {
    static failing_allocator memory;
    long k = 0;
    evex_lexer_shutdown();
    for (int is_done = 0; !is_done;) {
        evex_error error = EVEX_ERROR_INIT;
        failing_allocator_init(&memory, ++k, _i);
        evex_status status = evex_lexer_prepare(&memory.allocator, 1, &error);
        is_done = status == EVEX_OK && memory.n_calls < k;
        ck_assert_int_eq(error.status, status);
        ck_assert(status == EVEX_OK || status == EVEX_NO_MEMORY);
        ck_assert(status == EVEX_OK || memory.n_outstanding == 0);
        if (status == EVEX_OK)
            ck_assert_int_eq(lex(sample, &default_limits, NULL), EVEX_OK);
        evex_lexer_shutdown();
        ck_assert_int_eq(memory.n_outstanding, 0);
    }
    ck_assert_int_gt(k, 3);
}
END_TEST

START_TEST(lexing_survives_failing_allocations) {
    char long_text[9000];
    memset(long_text, 'a', sizeof long_text);
    memcpy(long_text, "'\\n", 3);
    memcpy(long_text + sizeof long_text - 7, "' 1_000", 7);
    for (long k = 1;; k++) {
        failing_allocator memory;
        failing_allocator_init(&memory, k, 0);
        evex_arena arena;
        evex_arena_init(&arena, &memory.allocator, NULL, 0);
        evex_lexer lexer;
        evex_token token = {.kind = EVEX_TOKEN_NEWLINE};
        evex_error error = EVEX_ERROR_INIT;
        evex_status status =
            evex_lexer_init(&lexer, long_text, sizeof long_text, &default_limits, &arena, &error);
        while (status == EVEX_OK && token.kind != EVEX_TOKEN_END) {
            arena.next = arena.end; /* no room is left: each push asks the allocator */
            status = evex_lexer_next(&lexer, &token);
        }
        ck_assert_int_eq(error.status, status);
        evex_arena_free(&arena);
        ck_assert_int_eq(memory.n_outstanding, 0);
        if (status == EVEX_OK) {
            ck_assert_int_gt(k, 3);
            break;
        }
        ck_assert_int_eq(status, EVEX_NO_MEMORY);
    }
}
END_TEST

static void *lex_often(void *failures) {
    for (int i = 0; i < 200; i++)
        if (lex(sample, &default_limits, NULL) != EVEX_OK)
            ++*(int *)failures;
    return NULL;
}

/* Threads that all find no pattern, compile it at once, and share one. */
START_TEST(threads_share_the_pattern) {
    enum { N_THREADS = 8 };
    pthread_t threads[N_THREADS];
    int failures[N_THREADS] = {0};
    evex_lexer_shutdown();
    for (int i = 0; i < N_THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, lex_often, &failures[i]), 0);
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(failures[i], 0);
    }
    evex_lexer_shutdown();
}
END_TEST

START_TEST(keywords_are_known) {
    ck_assert(evex_is_keyword("if", 2) && evex_is_keyword("None", 4) && evex_is_keyword("NA", 2));
    ck_assert(!evex_is_keyword("i", 1) && !evex_is_keyword("iff", 3) && !evex_is_keyword("x", 1));
    ck_assert(evex_token_is_keyword(EVEX_TOKEN_AS) && !evex_token_is_keyword(EVEX_TOKEN_NAME));
    ck_assert_str_eq(evex_token_text(EVEX_TOKEN_AS), "'as'");
    ck_assert_str_eq(evex_token_id(EVEX_TOKEN_LEFT), "LEFT");
}
END_TEST

/* ---- Any bytes --------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* lex_all checks the places; a sanitizer the rest. */
START_TEST(any_bytes_give_tokens_or_an_error) {
    static const char alphabet[] = "ab_9.0xXeEjJ+-*/%&|^~<>=!?()[]{},;:#'\"`\\\n\r\t @$"
                                   "\xc3\xa9\xe2\x82\xac";
    uint64_t state = (uint64_t)_i;
    for (int i = 0; i < 20000; i++) {
        char text[40];
        size_t n = next_random(&state) % sizeof text;
        for (size_t k = 0; k < n; k++)
            text[k] = i % 4 ? alphabet[next_random(&state) % (sizeof alphabet - 1)]
                            : (char)next_random(&state);
        char *exact = malloc(n ? n : 1);
        memcpy(exact, text, n);
        evex_error error = EVEX_ERROR_INIT;
        evex_status status = lex_all(exact, n, &default_limits, &error, NULL);
        ck_assert_int_eq(error.status, status);
        ck_assert(status == EVEX_OK || status == EVEX_SYNTAX);
        ck_assert_uint_le(error.offset + error.length, n);
        ck_assert(status == EVEX_OK || error.length > 0);
        free(exact);
    }
}
END_TEST

static void add(TCase *tests) {
    tcase_add_loop_test(tests, malformed_text_has_a_place, 0, sizeof refused / sizeof *refused);
    tcase_add_test(tests, the_edges_of_utf8_are_accepted);
    tcase_add_test(tests, nothing_behind_the_length_is_read);
    tcase_add_loop_test(tests, each_token_has_its_limit, 0, sizeof measured / sizeof *measured);
    tcase_add_test(tests, malformed_numbers_have_the_limit_too);
    tcase_add_test(tests, the_source_has_its_limit);
    tcase_add_test(tests, long_tokens_are_read);
    tcase_add_test(tests, the_interpreter_finds_what_jit_finds);
    tcase_add_loop_test(tests, preparing_survives_failing_allocations, 0, 2);
    tcase_add_test(tests, lexing_survives_failing_allocations);
    tcase_add_test(tests, threads_share_the_pattern);
    tcase_add_test(tests, keywords_are_known);
    tcase_add_loop_test(tests, any_bytes_give_tokens_or_an_error, 0, 4);
}

int main(void) {
    int status = run_suite("lex", add);
    evex_lexer_shutdown();
    return status;
}
