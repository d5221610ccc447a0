/* SPDX-License-Identifier: MIT */
/*
 * matches(): what patterns mean, with machine code and interpreted; searches that are given up, as
 * a guard with the element's index; bytes that are no UTF-8; memory that runs out at each step,
 * PCRE2's own included; small stacks; streams.
 */
#include "core/regex.h"

#include <pthread.h>

#include "tests/eval_fixture.h"
#include "tests/failing_allocator.h"
#include "tests/strings_fixture.h"
#include "tests/suite.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define STR(text)                                                                                  \
    { text, sizeof(text) - 1 }

/* Takes more steps than are allowed on many "a" without an end. */
#define HARD "^(a+)+$"
#define MANY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"

static const evex_var vars[2] = {{"s", EVEX_STR, EVEX_STRONG, 0, 0},
                                 {"t", EVEX_STR, EVEX_STRONG, 0, 0}};

/* ---- Meaning -------------------------------------------------------------------------------- */

static const struct {
    const char *pattern;
    evex_str subject;
    unsigned wanted;
} meanings[] = {{"", STR(""), 1},
                {"", STR("abc"), 1},
                {"b", STR("abc"), 1}, /* anywhere */
                {"^b", STR("abc"), 0},
                {"c$", STR("abc"), 1},
                {"c$", STR("abc\n"), 1},
                {"c\\z", STR("abc\n"), 0},
                {"^a.c$", STR("a\nc"), 0},
                {"(?s)^a.c$", STR("a\nc"), 1},
                {"^a.c$", STR("a\rc"), 1}, /* a line ends in LF alone */
                {"(?m)^c", STR("ab\nc"), 1},
                {"^.$", STR("\xc3\xa4"), 1}, /* a character is a code point */
                {"^..$", STR("\xf0\x9f\x99\x82z"), 1},
                {"(?i)^\xc3\x84$", STR("\xc3\xa4"), 1},
                {"^\\w+$", STR("a\xc3\xa4_1"), 1}, /* Unicode's letters and digits */
                {"^\\d$", STR("\xd9\xa3"), 1},
                {"^[0-9]$", STR("\xd9\xa3"), 0},
                {"\\bis\\b", STR("that is it"), 1},
                {"(.)\\1", STR("abba"), 1},
                {"(?<=a)b(?!c)", STR("abc ab"), 1},
                {"^(?:EU|US)-\\d{3,}$", STR("EU-1234"), 1},
                {"^(?:EU|US)-\\d{3,}$", STR("EU-12"), 0},
                {"a\\x{0}b", STR("a\0b"), 1},
                {"^.+$", STR("ab\xff"), 0}, /* what is no UTF-8 matches nothing */
                {"b",
                 STR("\xff\xfe"
                     "b\x80"),
                 1},
                {"^.$", STR("\xed\xa0\x80"), 0}, /* nor does a surrogate */
                {"(?C1)a", STR("a"), 1},
                {HARD, STR(MANY_A), EVEX_REGEX_EXCEEDS}};

START_TEST(patterns_mean_the_same_compiled_and_interpreted) {
    const evex_str pattern = {meanings[_i].pattern, strlen(meanings[_i].pattern)};
    evex_matcher *matcher = evex_matcher_create(&evex_system_allocator);
    for (int use_jit = 0; use_jit < 2; use_jit++) {
        evex_regex *regex;
        evex_regex_fault fault;
        ck_assert_int_eq(
            evex_regex_create(&regex, pattern, use_jit, &evex_system_allocator, &fault), EVEX_OK);
        const unsigned got = evex_regex_search(regex, matcher, meanings[_i].subject);
        ck_assert_msg(got == meanings[_i].wanted, "%s gives %u", pattern.text, got);
        evex_regex_free(regex);
    }
    evex_matcher_free(matcher);
}
END_TEST

START_TEST(faults_have_a_place) {
    static const struct {
        const char *pattern;
        size_t offset;
    } rows[] = {{"a(b", 3}, {"a[b", 3}, {"*", 0}, {"a\\C", 3}, {"(?<n>a)(?<n>b)", 12}};
    evex_regex *regex;
    evex_regex_fault fault;
    for (size_t k = 0; k < COUNT(rows); k++) {
        const evex_str pattern = {rows[k].pattern, strlen(rows[k].pattern)};
        ck_assert_int_eq(evex_regex_create(&regex, pattern, 1, &evex_system_allocator, &fault),
                         EVEX_SYNTAX);
        ck_assert_ptr_null(regex);
        ck_assert_uint_eq(fault.offset, rows[k].offset);
        ck_assert(fault.message[0] != '\0');
    }
    const evex_str wrong = STR("a\xff");
    ck_assert_int_eq(evex_regex_create(&regex, wrong, 1, &evex_system_allocator, &fault),
                     EVEX_SYNTAX);
}
END_TEST

/* ---- Expressions ---------------------------------------------------------------------------- */

static evex_status evaluate(const char *text, const evex_array *in, uint8_t *results, size_t n,
                            evex_error *error) {
    evex_expr *expr = expr_of(text, vars, 2, EVEX_ISA_BEST);
    const evex_eval_options options = caps_eval_options();
    evex_array out = evex_array_1d(EVEX_BOOL, results, n);
    *error = (evex_error)EVEX_ERROR_INIT;
    const evex_status status = evex_eval(expr, test_pool(), in, 1, &out, 1, &options, error);
    evex_expr_free(&expr);
    return status;
}

START_TEST(arrays_of_every_form_are_searched) {
    static const evex_str words[] = {STR("EU-123"), STR(""),
                                     STR("\xc3\xa4"
                                         "EU-9"),
                                     STR("US-1"),
                                     STR("\xf0\x9f\x99\x82"
                                         "EU-77")};
    static const struct {
        const char *text;
        uint8_t wanted[COUNT(words)];
    } rows[] = {{"matches(s, 'EU-\\d')", {1, 0, 1, 0, 1}},
                {"matches(s, '^.?EU-\\d\\d')", {1, 0, 0, 0, 1}},
                {"matches(s, '^$') or matches(s, '^U')", {0, 1, 0, 1, 0}},
                {"matches(s, 'EU') and not matches(s, '^EU')", {0, 0, 1, 0, 1}},
                {"matches('abc', 'b+') and s != ''", {1, 0, 1, 1, 1}}};
    string_array s;
    make_strings(&s, (string_form)_i, words, COUNT(words));
    for (size_t k = 0; k < COUNT(rows); k++) {
        uint8_t got[COUNT(words)];
        evex_error error;
        ck_assert_msg(evaluate(rows[k].text, &s.array, got, COUNT(words), &error) == EVEX_OK, "%s",
                      error.message);
        ck_assert_msg(memcmp(got, rows[k].wanted, sizeof got) == 0, "%s", rows[k].text);
    }
    free_strings(&s);
}
END_TEST

/* The first element that is too hard, however the work is shared out. */
START_TEST(limits_are_a_guard) {
    enum { N = 5000 };
    evex_str *subjects = malloc(N * sizeof *subjects);
    uint8_t *results = malloc(N);
    for (int i = 0; i < N; i++)
        subjects[i] = (evex_str)STR("aaa");
    subjects[3210] = subjects[4990] = (evex_str)STR(MANY_A);
    const evex_array in = evex_array_1d(EVEX_STR, subjects, N);
    char text[80];
    snprintf(text, sizeof text, "matches(s, '%s')", HARD);
    evex_expr *expr = expr_of(text, vars, 1, EVEX_ISA_BEST);
    for (size_t threads = 1; threads <= 4; threads += 3) {
        const evex_eval_options options = options_of((setting){EVEX_ISA_BEST, 0, threads, 0});
        evex_array out = evex_array_1d(EVEX_BOOL, results, N);
        evex_error error = EVEX_ERROR_INIT;
        ck_assert_int_eq(evex_eval(expr, test_pool(), &in, 1, &out, 1, &options, &error),
                         EVEX_GUARD);
        ck_assert_int_eq(error.index, 3210);
        ck_assert_uint_eq(error.offset, 0);
        ck_assert_uint_eq(error.length, 7);
    }
    evex_expr_free(&expr);
    free(results);
    free(subjects);
}
END_TEST

/* Many steps for the machine's stack, few enough for the limits. */
START_TEST(long_subjects_need_no_deep_stack) {
    enum { N = 100000 };
    char *text = malloc(N + 1);
    memset(text, 'a', N);
    text[N] = 'b';
    const evex_str subject = {text, N + 1};
    evex_matcher *matcher = evex_matcher_create(&evex_system_allocator);
    for (int use_jit = 0; use_jit < 2; use_jit++) {
        evex_regex *regex;
        evex_regex_fault fault;
        const evex_str pattern = STR("^(?:a|c)*b$");
        evex_regex_create(&regex, pattern, use_jit, &evex_system_allocator, &fault);
        ck_assert_ptr_nonnull(regex);
        const unsigned found = evex_regex_search(regex, matcher, subject);
        ck_assert_msg(found == EVEX_REGEX_MATCHES || found == EVEX_REGEX_EXCEEDS, "%u", found);
        ck_assert(!evex_matcher_lacked_memory(matcher));
        evex_regex_free(regex);
    }
    evex_matcher_free(matcher);
    free(text);
}
END_TEST

/* ---- Small stacks --------------------------------------------------------------------------- */

enum { STACK_BYTES = 128 << 10, DEPTH = 100 };

static void *nest(void *argument) {
    char text[3 * DEPTH + 64];
    size_t n = (size_t)sprintf(text, "matches(s, '");
    for (int k = 0; k < DEPTH; k++)
        text[n++] = '(';
    text[n++] = 'a';
    for (int k = 0; k < DEPTH; k++, n += 2)
        memcpy(text + n, ")+", 2);
    n += (size_t)sprintf(text + n, "')");
    evex_expr *expr;
    evex_error error = EVEX_ERROR_INIT;
    const evex_status status = evex_compile(&expr, text, n, vars, 1, NULL, &error);
    const evex_str subjects[2] = {STR("a"), STR("b")};
    uint8_t results[2] = {9, 9};
    const evex_array in = evex_array_1d(EVEX_STR, subjects, 2);
    evex_array out = evex_array_1d(EVEX_BOOL, results, 2);
    evex_eval_options options = EVEX_EVAL_OPTIONS_INIT;
    options.max_threads = 1;
    *(int *)argument = status == EVEX_OK &&
                       evex_eval(expr, NULL, &in, 1, &out, 1, &options, NULL) == EVEX_OK &&
                       results[0] == 1 && results[1] == 0;
    evex_expr_free(&expr);
    return NULL;
}

START_TEST(deep_patterns_fit_small_stacks) {
    pthread_attr_t attributes;
    pthread_t thread;
    int is_right = 0;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    ck_assert_int_eq(pthread_create(&thread, &attributes, nest, &is_right), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    ck_assert(is_right);
}
END_TEST

/* ---- Memory --------------------------------------------------------------------------------- */

static const evex_str tries[] = {STR("EU-1"), STR("x"), {MANY_A, 10}, STR("EU-EU-22")};

static evex_status try_once(const evex_allocator *allocator) {
    evex_compile_options options = caps_compile_options();
    options.allocator = allocator;
    const char *text = "matches(s, '^(?:EU-)+(\\d+)') or matches(s, '(a+)+b|[xy]')";
    evex_expr *expr;
    evex_error error = EVEX_ERROR_INIT;
    evex_status status = evex_compile(&expr, text, strlen(text), vars, 1, &options, &error);
    if (status != EVEX_OK)
        return status;
    uint8_t results[COUNT(tries)];
    const evex_array in = evex_array_1d(EVEX_STR, tries, COUNT(tries));
    evex_array out = evex_array_1d(EVEX_BOOL, results, COUNT(tries));
    const evex_eval_options eval = options_of((setting){EVEX_ISA_BEST, 1, 3, 0});
    status = evex_eval(expr, test_pool(), &in, 1, &out, 1, &eval, &error);
    ck_assert_int_eq(error.status, status);
    if (status == EVEX_OK)
        ck_assert_mem_eq(results, ((const uint8_t[]){1, 1, 0, 1}), sizeof results);
    evex_expr_free(&expr);
    return status;
}

/* Without memory for machine code the interpreter matches: so some failures do not show. */
START_TEST(running_out_is_an_error) {
    failing_allocator memory;
    for (long k = 1;; k++) {
        ck_assert_int_lt(k, 500);
        failing_allocator_init(&memory, k, _i);
        const evex_status status = try_once(&memory.allocator);
        ck_assert_msg(status == EVEX_OK || status == EVEX_NO_MEMORY, "%ld: %d", k, status);
        ck_assert_int_eq(atomic_load(&memory.n_outstanding), 0);
        if (atomic_load(&memory.n_calls) < k) {
            ck_assert_int_eq(status, EVEX_OK);
            return;
        }
    }
}
END_TEST

/* The interpreter wants more memory in the middle of a match. */
START_TEST(running_out_in_a_match_is_noticed) {
    enum { N = 5000 };
    char text[N];
    memset(text, 'a', N);
    const evex_str subject = {text, N}, pattern = STR("^(?:a|b)*c");
    failing_allocator memory;
    failing_allocator_init(&memory, 0, 1);
    evex_regex *regex;
    evex_regex_fault fault;
    evex_regex_create(&regex, pattern, 0, &memory.allocator, &fault);
    evex_matcher *matcher = evex_matcher_create(&memory.allocator);
    ck_assert(regex != NULL && matcher != NULL);
    memory.fail_at = atomic_load(&memory.n_calls) + 1;
    ck_assert_uint_eq(evex_regex_search(regex, matcher, subject), EVEX_REGEX_EXCEEDS);
    ck_assert(evex_matcher_lacked_memory(matcher));
    memory.fail_at = 0;
    ck_assert_uint_eq(evex_regex_search(regex, matcher, subject), 0);
    ck_assert(!evex_matcher_lacked_memory(matcher));
    evex_matcher_free(matcher);
    evex_regex_free(regex);
    ck_assert_int_eq(atomic_load(&memory.n_outstanding), 0);
}
END_TEST

START_TEST(steady_calls_keep_their_matchers) {
    failing_allocator memory;
    failing_allocator_init(&memory, 0, 0);
    evex_compile_options options = caps_compile_options();
    options.allocator = &memory.allocator;
    evex_expr *expr;
    evex_compile(&expr, "matches(s, 'a')", 15, vars, 1, &options, NULL);
    long n_calls[3] = {0};
    for (int round = 0; round < 3; round++) {
        const long before = atomic_load(&memory.n_calls);
        uint8_t results[COUNT(tries)];
        const evex_array in = evex_array_1d(EVEX_STR, tries, COUNT(tries));
        evex_array out = evex_array_1d(EVEX_BOOL, results, COUNT(tries));
        ck_assert_int_eq(evex_eval(expr, NULL, &in, 1, &out, 1, NULL, NULL), EVEX_OK);
        n_calls[round] = atomic_load(&memory.n_calls) - before;
    }
    ck_assert_int_gt(n_calls[0], n_calls[1]);
    ck_assert_int_eq(n_calls[1], n_calls[2]);
    evex_expr_free(&expr);
    ck_assert_int_eq(atomic_load(&memory.n_outstanding), 0);
}
END_TEST

/* ---- Streams -------------------------------------------------------------------------------- */

START_TEST(streams_search_and_guard) {
    for (int is_hard = 0; is_hard < 2; is_hard++) {
        char text[80];
        snprintf(text, sizeof text, "count_nonzero(matches(s, '%s'))", is_hard ? HARD : "a!?$");
        evex_expr *expr = expr_of(text, vars, 1, EVEX_ISA_BEST);
        evex_stream *stream;
        ck_assert_int_eq(evex_stream_create(&stream, expr, 0, NULL), EVEX_OK);
        int64_t n = 0;
        evex_array out = evex_array_0d(EVEX_I64, &n);
        evex_status status = EVEX_OK;
        evex_error error = EVEX_ERROR_INIT;
        for (int k = 0; k < 3 && status == EVEX_OK; k++) {
            const evex_str piece[2] = {STR("aaa"), {MANY_A, k == 1 ? sizeof MANY_A - 1 : 3}};
            const evex_array in = evex_array_1d(EVEX_STR, piece, 2);
            status = evex_stream_update(stream, NULL, &in, 1, &out, 1, NULL, &error);
        }
        if (status == EVEX_OK)
            status = evex_stream_finish(stream, &out, 1, NULL, &error);
        ck_assert_msg(status == (is_hard ? EVEX_GUARD : EVEX_OK), "%s", error.message);
        ck_assert_int_eq(is_hard ? error.index : n, is_hard ? 3 : 6);
        evex_stream_free(&stream);
        evex_expr_free(&expr);
    }
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_loop_test(tests, patterns_mean_the_same_compiled_and_interpreted, 0, COUNT(meanings));
    tcase_add_test(tests, faults_have_a_place);
    tcase_add_loop_test(tests, arrays_of_every_form_are_searched, 0, N_FORMS);
    tcase_add_test(tests, limits_are_a_guard);
    tcase_add_test(tests, long_subjects_need_no_deep_stack);
    tcase_add_test(tests, deep_patterns_fit_small_stacks);
    tcase_add_loop_test(tests, running_out_is_an_error, 0, 2);
    tcase_add_test(tests, running_out_in_a_match_is_noticed);
    tcase_add_test(tests, steady_calls_keep_their_matchers);
    tcase_add_test(tests, streams_search_and_guard);
}

int main(void) {
    return run_suite("regex", add_tests);
}
