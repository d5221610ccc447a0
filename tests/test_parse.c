/* SPDX-License-Identifier: MIT */
/*
 * parser/parse.c and ast.c beyond the golden files: the limits around their borders, depth bombs of
 * every production on a small stack, very wide programs, failing allocations, random programs. The
 * invariants that ast.h promises are checked on every tree.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "parser/ast.h"
#include "parser/lex.h"
#include "tests/failing_allocator.h"
#include "tests/suite.h"

static const evex_limits default_limits = EVEX_LIMITS_INIT;

/* ---- Parsing with all checks ------------------------------------------------------------- */

static int encloses(evex_place outer, evex_place inner) {
    return inner.offset >= outer.offset &&
           inner.offset + inner.length <= outer.offset + outer.length;
}

static int is_good_node(const evex_ast *ast, size_t i, size_t length) {
    const evex_ast_node *node = &ast->nodes[i];
    int is_good = node->kind < EVEX_N_AST_KINDS && node->place.length > 0 &&
                  encloses((evex_place){0, length}, node->place) &&
                  encloses(node->place, node->token);
    for (uint32_t k = 0; k < node->n_children; k++)
        is_good = is_good && node->children[k] < i &&
                  encloses(node->place, ast->nodes[node->children[k]].place);
    return is_good;
}

/* One assertion for all: each costs libcheck a system call. */
static void check_tree(const evex_ast *ast, size_t length) {
    size_t n_nodes = 0;
    int is_good = 1;
    for (size_t i = 0; i < ast->n_nodes; i++)
        is_good = is_good && is_good_node(ast, i, length);
    for (size_t i = 0; i < ast->n_items; i++) {
        const evex_ast_item *item = &ast->items[i];
        is_good = is_good && item->first_node == n_nodes && item->node >= n_nodes &&
                  item->statement < ast->n_statements;
        n_nodes = (size_t)item->node + 1;
    }
    ck_assert(is_good && n_nodes == ast->n_nodes);
}

static int discard(void *count, const char *text, size_t n_bytes) {
    (void)text;
    *(size_t *)count += n_bytes;
    return 0;
}

/* Parses, dumps and collects names in one arena. */
static evex_status read_program(const char *source, size_t length, const evex_limits *limits,
                                const evex_allocator *allocator, evex_error *error) {
    evex_arena arena;
    evex_arena_init(&arena, allocator, NULL, 0);
    evex_ast ast;
    evex_status status = evex_parse(&ast, source, length, limits, &arena, error);
    if (status == EVEX_OK) {
        check_tree(&ast, length);
        size_t n_written = 0, n_names;
        evex_text text = evex_text_to(discard, &n_written);
        evex_ast_name *names;
        status = evex_ast_dump(&ast, &arena, &text);
        if (status != EVEX_OK)
            evex_fail_memory(error);
        else
            status = evex_ast_free_names(&ast, limits, &arena, &names, &n_names, error);
        ck_assert(status != EVEX_OK || n_written > 0);
    }
    evex_arena_free(&arena);
    return status;
}

static evex_status read_text(const char *source, const evex_limits *limits, evex_error *error) {
    return read_program(source, strlen(source), limits, &evex_system_allocator, error);
}

/* before n times, then middle, then after n times; on the heap. */
static char *repeat(const char *before, const char *middle, const char *after, size_t n) {
    size_t n_bytes = n * (strlen(before) + strlen(after)) + strlen(middle) + 1;
    char *text = malloc(n_bytes), *end = text;
    for (size_t i = 0; i < n; i++)
        end = stpcpy(end, before);
    end = stpcpy(end, middle);
    for (size_t i = 0; i < n; i++)
        end = stpcpy(end, after);
    return text;
}

/* ---- Depth ------------------------------------------------------------------------------- */

/* n repeats open n constructs and `more` others, those of the operators among them included. */
static const struct {
    const char *before, *middle, *after;
    size_t per_repeat, more;
} nestings[] = {
    {"(", "x", ")", 1, 0},
    {"-", "x", "", 1, 0},
    {"+", "x", "", 1, 0},
    {"~", "x", "", 1, 0},
    {"not ", "x", "", 1, 0},
    {"x**", "x", "", 1, 0},
    {"2**-", "x", "", 2, 0},
    {"f(", "x", ")", 1, 0},
    {"f(x, ", "x", ")", 1, 0},
    {"f(k=", "x", ")", 1, 0},
    {"f(x, k=", "(1, 2)", ")", 1, 1},
    {"x if x else ", "x", "", 1, 0},
    {"x if (", "x", ") else x", 2, 0},
    {"(x if x else ", "x", ")", 2, 0},
    {"x + (", "x", ")", 2, 0},
    {"x < (", "x", ")", 2, 0},
    {"not (x and ", "x", ")", 3, 0},
    {"x or x and x < x ?\? x | x ^ x & x << x + x * (", "x", ")", 11, 0},
    {"(", "x in (1, 2)", ")", 1, 0},
};

static evex_status read_nested(size_t i, size_t n, const evex_limits *limits, evex_error *error) {
    char *text = repeat(nestings[i].before, nestings[i].middle, nestings[i].after, n);
    evex_status status = read_text(text, limits, error);
    free(text);
    return status;
}

/* The largest stack that a depth of 200 may need. Sanitizers and missing optimisation grow frames.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
enum { STACK_BYTES = 1 << 20 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
enum { STACK_BYTES = 1 << 20 };
#else
enum { STACK_BYTES = 128 << 10 };
#endif
#else
enum { STACK_BYTES = 128 << 10 };
#endif

/* Runs body on a thread of STACK_BYTES; the process dies if that is not enough. */
static void on_small_stack(void *(*body)(void *), void *argument) {
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    ck_assert_int_eq(pthread_attr_setstacksize(&attributes, STACK_BYTES), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, body, argument), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
}

static void *check_nesting(void *index) {
    const size_t i = *(size_t *)index;
    const size_t n = (default_limits.depth - nestings[i].more) / nestings[i].per_repeat;
    evex_limits limits = default_limits;
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(read_nested(i, n - 1, &limits, &error), EVEX_OK);
    ck_assert_int_eq(read_nested(i, n, &limits, &error), EVEX_OK);
    ck_assert_int_eq(read_nested(i, n + 1, &limits, &error), EVEX_LIMIT_DEPTH);
    ck_assert_uint_gt(error.length, 0);
    limits.depth = n * nestings[i].per_repeat + nestings[i].more - 1;
    ck_assert_int_eq(read_nested(i, n, &limits, NULL), EVEX_LIMIT_DEPTH);
    return NULL;
}

START_TEST(every_nesting_is_limited) {
    size_t i = (size_t)_i;
    on_small_stack(check_nesting, &i);
}
END_TEST

static void *check_bomb(void *index) {
    const size_t i = *(size_t *)index;
    evex_limits limits = default_limits;
    limits.source_bytes = (size_t)64 << 20;
    ck_assert_int_eq(read_nested(i, 1000000, &limits, NULL), EVEX_LIMIT_DEPTH);
    return NULL;
}

START_TEST(depth_bombs_do_no_harm) {
    size_t i = (size_t)_i;
    on_small_stack(check_bomb, &i);
}
END_TEST

/* ---- Width ------------------------------------------------------------------------------- */

/* Trees of any depth that need no recursion to parse, dump and read. */
static const struct {
    const char *before, *middle, *after;
} wide[] = {
    {"", "x", " + x"},      {"", "x", " or x"},     {"", "x", " and x"},    {"", "x", "*x - x"},
    {"", "x", " < x"},      {"", "x", " ?\? x"},    {"", "x", ".real"},     {"x; ", "x", ""},
    {"x, ", "x", ""},       {"", "f(x", ", x"},     {"", "x in (1", ", 1"}, {"\n", "x", "\n"},
    {"", "x", " << x & x"}, {"", "x", " # note\n"},
};

static const char *closing(size_t i) {
    return strchr(wide[i].middle, '(') ? ")" : "";
}

static void *check_width(void *index) {
    const size_t i = *(size_t *)index;
    evex_limits limits = default_limits;
    limits.source_bytes = (size_t)64 << 20;
    limits.nodes = (size_t)1 << 30;
    const size_t n = i == 0 ? 1000000 : 100000;
    char *text = repeat(wide[i].before, wide[i].middle, wide[i].after, n);
    char *whole = repeat(text, closing(i), "", 1);
    ck_assert_int_eq(read_text(whole, &limits, NULL), EVEX_OK);
    free(whole);
    free(text);
    return NULL;
}

START_TEST(wide_programs_need_no_stack) {
    size_t i = (size_t)_i;
    on_small_stack(check_width, &i);
}
END_TEST

/* As many different names, chosen to share long prefixes, as a text can hold. */
START_TEST(many_names_take_linear_time) {
    evex_limits limits = default_limits;
    limits.source_bytes = (size_t)64 << 20;
    limits.nodes = limits.operands = (size_t)1 << 30;
    enum { N_NAMES = 100000, NAME_BYTES = 120 };
    char *text = malloc((size_t)N_NAMES * NAME_BYTES), *end = text;
    for (int i = 0; i < N_NAMES; i++)
        end +=
            sprintf(end, "prefix_prefix_prefix_%06d = another_prefix_%06d\n", i, i * 7 % N_NAMES);
    ck_assert_int_eq(
        read_program(text, (size_t)(end - text), &limits, &evex_system_allocator, NULL), EVEX_OK);
    free(text);
}
END_TEST

/* ---- Other limits ------------------------------------------------------------------------ */

/* Texts of exactly n nodes. */
static const struct {
    const char *text;
    size_t n;
} counted[] = {
    {"x", 1},
    {"x + y", 3},
    {"a < b < c", 4},
    {"f(x, k=y)", 4},
    {"-x.real", 3},
    {"x if y else z", 4},
    {"x in (1, -2, 3, 4)", 3},
    {"f((1, -2, 3, 4))", 2},
    {"f(())", 2},
    {"f(None)", 2},
    {"x = 1, y as z", 2},
    {"a; b; c", 3},
    {"x in (1, -2) and y in ('a', 'b')", 7},
};

START_TEST(nodes_are_limited) {
    evex_limits limits = default_limits;
    evex_error error = EVEX_ERROR_INIT;
    limits.nodes = counted[_i].n + 1;
    ck_assert_int_eq(read_text(counted[_i].text, &limits, &error), EVEX_OK);
    limits.nodes = counted[_i].n;
    ck_assert_int_eq(read_text(counted[_i].text, &limits, &error), EVEX_OK);
    limits.nodes = counted[_i].n - 1;
    ck_assert_int_eq(read_text(counted[_i].text, &limits, &error), EVEX_LIMIT_NODES);
    ck_assert_uint_gt(error.length, 0);
}
END_TEST

/* 5,000 terms are 9,999 nodes; the limit is 10,000. */
START_TEST(the_default_limit_of_nodes) {
    char *fits = repeat("", "x", "+x", 4999), *exceeds = repeat("", "x", "+x", 5000);
    ck_assert_int_eq(read_text(fits, &default_limits, NULL), EVEX_OK);
    ck_assert_int_eq(read_text(exceeds, &default_limits, NULL), EVEX_LIMIT_NODES);
    free(fits);
    free(exceeds);
}
END_TEST

START_TEST(names_are_limited) {
    evex_limits limits = default_limits;
    evex_error error = EVEX_ERROR_INIT;
    const char *text = "r = a + b*a; s = r + c; f(s)";
    limits.operands = 4;
    ck_assert_int_eq(read_text(text, &limits, &error), EVEX_OK);
    limits.operands = 3;
    ck_assert_int_eq(read_text(text, &limits, &error), EVEX_OK);
    limits.operands = 2;
    ck_assert_int_eq(read_text(text, &limits, &error), EVEX_LIMIT_NAMES);
    ck_assert_uint_eq(error.offset, 21);
    ck_assert_uint_eq(error.length, 1);
}
END_TEST

START_TEST(errors_of_the_lexer_come_through) {
    evex_limits limits = default_limits;
    limits.identifier_bytes = 3;
    limits.source_bytes = 12;
    evex_error error = EVEX_ERROR_INIT;
    ck_assert_int_eq(read_text("a + abcd", &limits, &error), EVEX_LIMIT_TOKEN);
    ck_assert_uint_eq(error.offset, 4);
    ck_assert_int_eq(read_text("aaaaaaaaaaaaaaaaaa", &limits, NULL), EVEX_LIMIT_SOURCE);
    ck_assert_int_eq(read_text("a + \x01", &limits, NULL), EVEX_SYNTAX);
}
END_TEST

/* ---- Failing allocations ----------------------------------------------------------------- */

static const char *const programs[] = {
    "2*a + 3*b - a*b",
    "r = sum(x, axis=(0, -1), where=y in (1_0, 'a\\n')) if 0 < x < 1 else -x.real ?\? 1.5\nr as s",
    "a < b < c < d < e < f < g < h < i < j < k < l < m < n < o < p < q < r < s < t",
};

START_TEST(parsing_survives_failing_allocations) {
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        char *text = repeat(programs[i], "", "; -x", 100 * (i == 2));
        const char *source = i == 2 ? text + 99 * strlen(programs[i]) : programs[i];
        evex_status status = EVEX_NO_MEMORY;
        for (long k = 1; status != EVEX_OK; k++) {
            failing_allocator memory;
            failing_allocator_init(&memory, k, _i);
            evex_error error = EVEX_ERROR_INIT;
            status =
                read_program(source, strlen(source), &default_limits, &memory.allocator, &error);
            ck_assert(status == EVEX_OK || status == EVEX_NO_MEMORY);
            ck_assert_int_eq(error.status, status);
            ck_assert_int_eq(memory.n_outstanding, 0);
        }
        free(text);
    }
}
END_TEST

/* The k-th request that the arena cannot meet itself: every push of every size fails once. */
typedef struct {
    long n_left;
} countdown;

static void *allocate_until(void *user, size_t n_bytes) {
    countdown *c = user;
    return c->n_left-- > 0 ? malloc(n_bytes) : NULL;
}

static void release(void *user, void *memory) {
    (void)user;
    free(memory);
}

/* The same with a buffer of every size in front, so that each push is once the one that fails. */
START_TEST(every_push_may_be_the_one_that_fails) {
    static _Alignas(16) char buffer[32 << 10];
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        int n_good = 0;
        for (size_t n = 0; n <= sizeof buffer; n += 16) {
            countdown none = {0};
            evex_allocator allocator = {allocate_until, release, &none};
            evex_arena arena;
            evex_arena_init(&arena, &allocator, buffer, n);
            evex_ast ast;
            evex_error error = EVEX_ERROR_INIT;
            evex_status status =
                evex_parse(&ast, programs[i], strlen(programs[i]), &default_limits, &arena, &error);
            size_t n_written = 0, n_names;
            evex_ast_name *names;
            evex_text text = evex_text_to(discard, &n_written);
            if (status == EVEX_OK)
                status =
                    evex_ast_free_names(&ast, &default_limits, &arena, &names, &n_names, &error);
            ck_assert_int_eq(error.status, status);
            if (status == EVEX_OK)
                status = evex_ast_dump(&ast, &arena, &text);
            ck_assert(status == EVEX_OK || status == EVEX_NO_MEMORY);
            n_good += status == EVEX_OK;
            evex_arena_free(&arena);
        }
        ck_assert_int_gt(n_good, 0);
    }
}
END_TEST

/* ---- Random programs --------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Soup of tokens: mostly errors with a place, sometimes trees, never anything else. */
START_TEST(any_tokens_give_a_tree_or_an_error) {
    static const char *const pieces[] = {
        "a",
        "b",
        "f(",
        "(",
        ")",
        ",",
        "+",
        "-",
        "*",
        "**",
        "/",
        "not ",
        " in ",
        "(1,",
        " if ",
        " else ",
        " and ",
        " or ",
        "<",
        "==",
        "=",
        "1",
        "2.5",
        "'s'",
        "None",
        "True",
        ";",
        "\n",
        " as ",
        ".real",
        "~",
        "?\?",
        "k=",
        "`q r`",
        "x",
        "<<",
        "&",
        "NA",
        "#c\n",
        "3j",
        "99999999999999999999",
    };
    uint64_t state = (uint64_t)_i;
    int n_good = 0;
    for (int i = 0; i < 60000; i++) {
        char text[400] = "";
        for (uint64_t n = 1 + next_random(&state) % 9; n > 0; n--)
            strcat(text, pieces[next_random(&state) % (sizeof pieces / sizeof *pieces)]);
        evex_error error = EVEX_ERROR_INIT;
        evex_status status = read_text(text, &default_limits, &error);
        ck_assert_int_eq(error.status, status);
        ck_assert(status == EVEX_OK || status == EVEX_SYNTAX || status == EVEX_BAD_CALL);
        ck_assert_msg(status == EVEX_OK || error.length > 0, "no place: %s", text);
        ck_assert_uint_le(error.offset + error.length, strlen(text) + 1);
        n_good += status == EVEX_OK;
    }
    ck_assert_int_gt(n_good, 500);
}
END_TEST

static void add(TCase *tests) {
    const int n_nestings = sizeof nestings / sizeof *nestings;
    tcase_add_loop_test(tests, every_nesting_is_limited, 0, n_nestings);
    tcase_add_loop_test(tests, depth_bombs_do_no_harm, 0, n_nestings);
    tcase_add_loop_test(tests, wide_programs_need_no_stack, 0, sizeof wide / sizeof *wide);
    tcase_add_test(tests, many_names_take_linear_time);
    tcase_add_loop_test(tests, nodes_are_limited, 0, sizeof counted / sizeof *counted);
    tcase_add_test(tests, the_default_limit_of_nodes);
    tcase_add_test(tests, names_are_limited);
    tcase_add_test(tests, errors_of_the_lexer_come_through);
    tcase_add_loop_test(tests, parsing_survives_failing_allocations, 0, 2);
    tcase_add_test(tests, every_push_may_be_the_one_that_fails);
    tcase_add_loop_test(tests, any_tokens_give_a_tree_or_an_error, 0, 4);
}

int main(void) {
    int status = run_suite("parse", add);
    evex_lexer_shutdown();
    return status;
}
