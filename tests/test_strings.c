/* SPDX-License-Identifier: MIT */
/*
 * Strings through the public API: operands of every form against every other, in every function and
 * comparison, against plain definitions written here; as scalars, as pieces of a stream, and with
 * memory that they share with outputs.
 */
#include "tests/eval_fixture.h"
#include "tests/strings_fixture.h"
#include "tests/suite.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define STR(text)                                                                                  \
    { text, sizeof(text) - 1 }

static const evex_str words[] = {
    STR(""),
    STR("a"),
    STR("b"),
    STR("ab"),
    STR("abc"),
    STR("bc"),
    STR("c"),
    STR("aab"),
    STR("a\0b"),
    STR("\xc3\xa4"),
    STR("a\xc3\xa4"),
    STR("\xf0\x9f\x99\x82z"),
    STR("\xf0\x9f\x99\x82"),
    STR("\xef\xbf\xbf"),
    STR("aaaaaaaaaaaaaaab"),
    STR("aaaaaaaaaaaaaaaab"),
    STR("seventeen bytes!!"),
    STR("n bytes!"),
    STR("seventeen "),
    STR("a text that is longer than any vector register is, with an end of its own: abc"),
    STR("an end of its own: abc")};
enum { N_WORDS = COUNT(words), N_PAIRS = N_WORDS * N_WORDS };

/* ---- Definitions ---------------------------------------------------------------------------- */

static int order_of(evex_str a, evex_str b) {
    for (size_t i = 0; i < a.n_bytes && i < b.n_bytes; i++)
        if (a.text[i] != b.text[i])
            return (unsigned char)a.text[i] < (unsigned char)b.text[i] ? -1 : 1;
    return (a.n_bytes > b.n_bytes) - (a.n_bytes < b.n_bytes);
}

static int is_at(evex_str a, size_t place, evex_str b) {
    for (size_t i = 0; i < b.n_bytes; i++)
        if (place + i >= a.n_bytes || a.text[place + i] != b.text[i])
            return 0;
    return 1;
}

static int contains(evex_str a, evex_str b) {
    for (size_t place = 0; place <= a.n_bytes; place++)
        if (is_at(a, place, b))
            return 1;
    return 0;
}

static int64_t length_of(evex_str a) {
    int64_t n = 0;
    for (const char *p = a.text; p < a.text + a.n_bytes; n++)
        next_code_point(&p);
    return n;
}

static int is_equal(evex_str a, evex_str b) {
    return order_of(a, b) == 0;
}
static int is_other(evex_str a, evex_str b) {
    return order_of(a, b) != 0;
}
static int is_less(evex_str a, evex_str b) {
    return order_of(a, b) < 0;
}
static int is_at_most(evex_str a, evex_str b) {
    return order_of(a, b) <= 0;
}
static int is_greater(evex_str a, evex_str b) {
    return order_of(a, b) > 0;
}
static int is_at_least(evex_str a, evex_str b) {
    return order_of(a, b) >= 0;
}
static int begins(evex_str a, evex_str b) {
    return is_at(a, 0, b);
}
static int ends(evex_str a, evex_str b) {
    return b.n_bytes <= a.n_bytes && is_at(a, a.n_bytes - b.n_bytes, b);
}
static int is_listed(evex_str a, evex_str b) {
    (void)b;
    static const evex_str list[] = {STR("a\xc3\xa4"), STR("b"), STR(""), STR("aaaaaaaaaaaaaaaab")};
    for (size_t i = 0; i < COUNT(list); i++)
        if (order_of(a, list[i]) == 0)
            return 1;
    return 0;
}

static const struct {
    const char *text;
    int (*holds)(evex_str a, evex_str b);
} functions[] = {{"s == t", is_equal},
                 {"s != t", is_other},
                 {"s < t", is_less},
                 {"s <= t", is_at_most},
                 {"s > t", is_greater},
                 {"s >= t", is_at_least},
                 {"contains(s, t)", contains},
                 {"startswith(s, t)", begins},
                 {"endswith(s, t)", ends},
                 {"len(s) >= 0 and t == t", NULL},
                 {"s in ('a\xc3\xa4', 'b', '', 'aaaaaaaaaaaaaaaab') and t == t", is_listed}};

/* ---- All forms ------------------------------------------------------------------------------ */

static const evex_var vars[2] = {{"s", EVEX_STR, EVEX_STRONG, 0, 0},
                                 {"t", EVEX_STR, EVEX_STRONG, 0, 0}};

/* n: elements of the result; 0: it has no dimensions. */
static void evaluate(const char *text, const evex_array *inputs, size_t n_inputs, evex_dtype dtype,
                     void *results, size_t n) {
    evex_expr *expr = expr_of(text, vars, 2, EVEX_ISA_BEST);
    const evex_eval_options options = caps_eval_options();
    evex_error error = EVEX_ERROR_INIT;
    evex_array out = n > 0 ? evex_array_1d(dtype, results, n) : evex_array_0d(dtype, results);
    const evex_status status =
        evex_eval(expr, test_pool(), inputs, n_inputs, &out, 1, &options, &error);
    ck_assert_msg(status == EVEX_OK, "%s: %s", text, error.message);
    evex_expr_free(&expr);
}

static void check_pair(size_t f, const evex_array *s, const evex_array *t, const evex_str *a,
                       size_t a_step, const evex_str *b, size_t b_step) {
    uint8_t got[N_PAIRS];
    evaluate(functions[f].text, (const evex_array[]){*s, *t}, 2, EVEX_BOOL, got, N_PAIRS);
    for (size_t i = 0; i < N_PAIRS; i++) {
        const evex_str x = a[i * a_step], y = b[i * b_step];
        const int wanted = functions[f].holds == NULL || functions[f].holds(x, y);
        ck_assert_msg(got[i] == wanted, "%s: '%.*s', '%.*s' in forms %d, %d", functions[f].text,
                      (int)x.n_bytes, x.text, (int)y.n_bytes, y.text, s->str_form, t->str_form);
    }
}

/* All pairs of words, the one in the form that the test's number gives, the other in every form. */
START_TEST(forms_against_forms) {
    evex_str a[N_PAIRS], b[N_PAIRS];
    for (size_t i = 0; i < N_PAIRS; i++) {
        a[i] = words[i / N_WORDS];
        b[i] = words[i % N_WORDS];
    }
    string_array s, t;
    make_strings(&s, (string_form)_i, a, N_PAIRS);
    for (int form = 0; form < N_FORMS; form++) {
        make_strings(&t, (string_form)form, b, N_PAIRS);
        for (size_t f = 0; f < COUNT(functions); f++)
            check_pair(f, &s.array, &t.array, a, 1, b, 1);
        free_strings(&t);
    }
    free_strings(&s);
}
END_TEST

/* One string on the right, then on the left: as an array of no dimensions and of one element. */
START_TEST(forms_against_scalars) {
    evex_str a[N_PAIRS];
    for (size_t i = 0; i < N_PAIRS; i++)
        a[i] = words[i % N_WORDS];
    string_array s, t;
    make_strings(&s, (string_form)_i, a, N_PAIRS);
    for (size_t w = 0; w < N_WORDS; w++) {
        make_strings(&t, (string_form)((size_t)_i + w) % N_FORMS, &words[w], 1);
        t.array.ndim = (int32_t)(w % 2);
        for (size_t f = 0; f < COUNT(functions); f++) {
            check_pair(f, &s.array, &t.array, a, 1, &words[w], 0);
            check_pair(f, &t.array, &s.array, &words[w], 0, a, 1);
        }
        free_strings(&t);
    }
    free_strings(&s);
}
END_TEST

START_TEST(lengths_count_code_points) {
    string_array s;
    int64_t got[N_WORDS];
    make_strings(&s, (string_form)_i, words, N_WORDS);
    evaluate("len(s)", &s.array, 1, EVEX_I64, got, N_WORDS);
    for (size_t i = 0; i < N_WORDS; i++)
        ck_assert_int_eq(got[i], length_of(words[i]));
    free_strings(&s);
}
END_TEST

/* A surrogate is a character of three bytes, as Python's surrogatepass has it; numbers beyond
 * Unicode are U+FFFD. */
START_TEST(odd_code_points_have_a_meaning) {
    static const uint32_t odd[4][3] = {{0xd800, 'a'}, {0x110000, 'a'}, {0xdfff}, {0xffffffff}};
    evex_array in = evex_array_1d(EVEX_STR, odd, 4);
    in.str_form = EVEX_STR_UCS4;
    in.item_bytes = sizeof odd[0];
    int64_t lengths[4];
    evaluate("len(s)", &in, 1, EVEX_I64, lengths, 4);
    ck_assert_mem_eq(lengths, ((const int64_t[4]){2, 2, 1, 1}), sizeof lengths);
    uint8_t got[4];
    evaluate("contains(s, '\xef\xbf\xbd')", &in, 1, EVEX_BOOL, got, 4);
    ck_assert_mem_eq(got, ((const uint8_t[4]){0, 1, 0, 1}), 4);
    evaluate("s < '\xee\x80\x80'", &in, 1, EVEX_BOOL, got, 4);
    ck_assert_mem_eq(got, ((const uint8_t[4]){1, 0, 1, 0}), 4);
}
END_TEST

/* ---- Scalars, counts, constants ------------------------------------------------------------- */

START_TEST(strings_count_and_select) {
    string_array s;
    make_strings(&s, FORM_UCS4, words, N_WORDS);
    static const struct {
        const char *text;
        int64_t wanted;
    } rows[] = {{"count(s)", N_WORDS},
                {"count(s, where=contains(s, 'abc'))", 3},
                {"sum(where(startswith(s, 'a'), len(s), 0))", 0},
                {"count_nonzero('abc' == 'abc' and s < 'b')", 0},
                {"len('\xc3\xa4z') + count(s)", N_WORDS + 2}};
    for (size_t k = 0; k < COUNT(rows); k++) {
        int64_t wanted = rows[k].wanted, got;
        for (size_t i = 0; i < N_WORDS; i++) {
            if (k == 2 && begins(words[i], words[1]))
                wanted += length_of(words[i]);
            if (k == 3)
                wanted += order_of(words[i], words[2]) < 0;
        }
        evaluate(rows[k].text, &s.array, 1, EVEX_I64, &got, 0);
        ck_assert_msg(got == wanted, "%s gives %ld", rows[k].text, (long)got);
    }
    free_strings(&s);
}
END_TEST

/* A weak string is one of no dimensions. */
START_TEST(scalars_may_be_declared_weak) {
    const evex_var weak[2] = {{"s", EVEX_STR, EVEX_STRONG, 0, 0}, {"t", EVEX_STR, EVEX_WEAK, 0, 0}};
    evex_expr *expr = expr_of("contains(s, t), t == 'ab'", weak, 2, EVEX_ISA_BEST);
    evex_array in[2] = {evex_array_1d(EVEX_STR, words, N_WORDS),
                        evex_array_0d(EVEX_STR, &words[3])};
    uint8_t got[N_WORDS], second = 0;
    evex_array out[2] = {evex_array_1d(EVEX_BOOL, got, N_WORDS), evex_array_0d(EVEX_BOOL, &second)};
    ck_assert_int_eq(evex_eval(expr, NULL, in, 2, out, 2, NULL, NULL), EVEX_OK);
    for (size_t i = 0; i < N_WORDS; i++)
        ck_assert_int_eq(got[i], contains(words[i], words[3]));
    ck_assert_int_eq(second, 1);
    evex_expr_free(&expr);
}
END_TEST

/* ---- Odd arrays ----------------------------------------------------------------------------- */

static evex_status status_of(const evex_array *in, evex_error *error) {
    evex_expr *expr = expr_of("s == ''", vars, 1, EVEX_ISA_BEST);
    uint8_t got[4];
    evex_array out = evex_array_1d(EVEX_BOOL, got, 2);
    *error = (evex_error)EVEX_ERROR_INIT;
    const evex_status status = evex_eval(expr, NULL, in, 1, &out, 1, NULL, error);
    evex_expr_free(&expr);
    return status;
}

START_TEST(odd_offsets_are_refused) {
    static const int64_t good[] = {0, 1, 3}, decreasing[] = {2, 1, 1}, negative[] = {-1, 0, 1};
    static const int64_t strides[] = {16, -8}, shape[] = {2, 1};
    evex_error error;
    evex_array in = evex_array_1d(EVEX_STR, good, 2);
    in.str_form = EVEX_STR_OFFSETS64;
    in.text = "abc";
    ck_assert_int_eq(status_of(&in, &error), EVEX_OK);
    for (int k = 0; k < 2; k++) {
        evex_array odd = in;
        odd.strides = &strides[k];
        ck_assert_int_eq(status_of(&odd, &error), EVEX_INVALID_ARGUMENT);
        ck_assert(strstr(error.message, "contiguous") != NULL);
        odd = in;
        odd.data = (void *)(uintptr_t)(k == 0 ? decreasing : negative);
        ck_assert_int_eq(status_of(&odd, &error), EVEX_INVALID_ARGUMENT);
        ck_assert(strstr(error.message, "decrease") != NULL);
    }
    evex_array odd = in;
    odd.text = NULL;
    ck_assert_int_eq(status_of(&odd, &error), EVEX_INVALID_ARGUMENT);
    odd = in;
    odd.byte_swapped = 1;
    ck_assert_int_eq(status_of(&odd, &error), EVEX_INVALID_ARGUMENT);
    odd = in;
    odd.ndim = 2;
    odd.shape = shape;
    ck_assert_int_eq(status_of(&odd, &error), EVEX_INVALID_ARGUMENT);
}
END_TEST

/* len(s) over the very offsets that tell where s lies. */
START_TEST(outputs_may_replace_offsets) {
    enum { N = 50000 };
    int64_t *offsets = string_memory((N + 1) * sizeof *offsets);
    char *text = string_memory(3 * N);
    memset(text, 'x', 3 * N);
    for (int64_t i = 0; i < N; i++)
        offsets[i + 1] = offsets[i] + i % 4;
    evex_expr *expr = expr_of("len(s)", vars, 1, EVEX_ISA_BEST);
    evex_array in = evex_array_1d(EVEX_STR, offsets, N), out = evex_array_1d(EVEX_I64, offsets, N);
    in.str_form = EVEX_STR_OFFSETS64;
    in.text = text;
    evex_eval_options options = caps_eval_options();
    options.max_threads = 4;
    options.force_threads = 1;
    ck_assert_int_eq(evex_eval(expr, test_pool(), &in, 1, &out, 1, &options, NULL), EVEX_OK);
    for (int64_t i = 0; i < N; i++)
        ck_assert_int_eq(offsets[i], i % 4);
    evex_expr_free(&expr);
    free(offsets);
    free(text);
}
END_TEST

/* ---- Streams -------------------------------------------------------------------------------- */

/* All words in pieces of a few, each a part of the whole array, and the count of some at the end.
 */
START_TEST(streams_take_pieces_of_every_form) {
    string_array s;
    make_strings(&s, (string_form)_i, words, N_WORDS);
    for (int64_t length = 1; length <= N_WORDS; length += 4) {
        evex_expr *expr =
            expr_of("len(s), count(s), count_nonzero(contains(s, 'ab'))", vars, 1, EVEX_ISA_BEST);
        evex_stream *stream;
        ck_assert_int_eq(evex_stream_create(&stream, expr, 0, NULL), EVEX_OK);
        int64_t lengths[N_WORDS], counts[2];
        evex_array out[3] = {evex_array_1d(EVEX_I64, lengths, 0), evex_array_0d(EVEX_I64, counts),
                             evex_array_0d(EVEX_I64, counts + 1)};
        for (int64_t begin = 0; begin < N_WORDS; begin += length) {
            const int64_t n = N_WORDS - begin < length ? N_WORDS - begin : length;
            evex_array piece = s.array;
            piece.data = (char *)piece.data + begin * s.strides[0];
            piece.shape = &n;
            out[0] = evex_array_1d(EVEX_I64, lengths + begin, (size_t)n);
            ck_assert_int_eq(evex_stream_update(stream, NULL, &piece, 1, out, 3, NULL, NULL),
                             EVEX_OK);
        }
        ck_assert_int_eq(evex_stream_finish(stream, out, 3, NULL, NULL), EVEX_OK);
        int64_t n_found = 0;
        for (size_t i = 0; i < N_WORDS; i++) {
            ck_assert_int_eq(lengths[i], length_of(words[i]));
            n_found += contains(words[i], words[3]);
        }
        ck_assert_int_eq(counts[0], N_WORDS);
        ck_assert_int_eq(counts[1], n_found);
        evex_stream_free(&stream);
        evex_expr_free(&expr);
    }
    free_strings(&s);
}
END_TEST

static void add_tests(TCase *tests) {
    tcase_add_loop_test(tests, forms_against_forms, 0, N_FORMS);
    tcase_add_loop_test(tests, forms_against_scalars, 0, N_FORMS);
    tcase_add_loop_test(tests, lengths_count_code_points, 0, N_FORMS);
    tcase_add_test(tests, odd_code_points_have_a_meaning);
    tcase_add_test(tests, strings_count_and_select);
    tcase_add_test(tests, scalars_may_be_declared_weak);
    tcase_add_test(tests, odd_offsets_are_refused);
    tcase_add_test(tests, outputs_may_replace_offsets);
    tcase_add_loop_test(tests, streams_take_pieces_of_every_form, 0, N_FORMS);
}

int main(void) {
    return run_suite("strings", add_tests);
}
