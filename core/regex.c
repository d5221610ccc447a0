/* SPDX-License-Identifier: MIT */
/*
 * See regex.h. All memory goes through the caller's allocator but that for machine code and its
 * stacks, which PCRE2 maps itself; where the system refuses those, the interpreter matches.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "core/regex.h"

#include <pcre2.h>

enum {
    NESTING = 100,          /* parentheses; PCRE2 compiles them by recursion */
    STACK_BYTES = 32 << 10, /* of machine code, at first */
    MAX_STACK_BYTES = 1 << 20
};

struct evex_regex {
    evex_allocator allocator;
    pcre2_general_context *general;
    pcre2_code *code;
    int is_jit;
};

struct evex_matcher {
    evex_allocator allocator;
    pcre2_general_context *general;
    pcre2_match_context *limits;
    pcre2_match_data *data;
    pcre2_jit_stack *stack; /* NULL: machine code has 32 KiB of the thread's own */
    int lacked_memory;
};

static void *allocate(size_t n_bytes, void *allocator) {
    return evex_allocate(allocator, n_bytes);
}

static void release(void *memory, void *allocator) {
    evex_free(allocator, memory);
}

static pcre2_general_context *general_context(evex_allocator *allocator) {
    return pcre2_general_context_create(allocate, release, allocator);
}

/* ---- Patterns ------------------------------------------------------------------------------- */

/* Fixed, lest the way in which PCRE2 was built decide what a pattern means. */
static pcre2_compile_context *conventions(pcre2_general_context *general) {
    pcre2_compile_context *context = pcre2_compile_context_create(general);
    if (context == NULL)
        return NULL;
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_bsr(context, PCRE2_BSR_UNICODE);
    pcre2_set_parens_nest_limit(context, NESTING);
    return context;
}

static evex_status compile(evex_regex *regex, evex_str pattern, evex_regex_fault *fault) {
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_compile_context *context = conventions(regex->general);
    if (context == NULL)
        return EVEX_NO_MEMORY;
    const char *text = pattern.n_bytes > 0 ? pattern.text : "";
    regex->code =
        pcre2_compile((PCRE2_SPTR)text, pattern.n_bytes,
                      PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C,
                      &error, &offset, context);
    pcre2_compile_context_free(context);
    if (regex->code != NULL)
        return EVEX_OK;
    if (error == PCRE2_ERROR_HEAP_FAILED)
        return EVEX_NO_MEMORY;
    fault->offset = offset < pattern.n_bytes ? offset : pattern.n_bytes;
    pcre2_get_error_message(error, (PCRE2_UCHAR *)fault->message, sizeof fault->message);
    return EVEX_SYNTAX;
}

evex_status evex_regex_create(evex_regex **regex, evex_str pattern, int use_jit,
                              const evex_allocator *allocator, evex_regex_fault *fault) {
    *regex = NULL;
    evex_regex *made = evex_allocate(allocator, sizeof *made);
    if (made == NULL)
        return EVEX_NO_MEMORY;
    *made = (evex_regex){.allocator = *allocator};
    made->general = general_context(&made->allocator);
    const evex_status status =
        made->general != NULL ? compile(made, pattern, fault) : EVEX_NO_MEMORY;
    if (status != EVEX_OK) {
        evex_regex_free(made);
        return status;
    }
    made->is_jit = use_jit && pcre2_jit_compile(made->code, PCRE2_JIT_COMPLETE) == 0;
    *regex = made;
    return EVEX_OK;
}

void evex_regex_free(evex_regex *regex) {
    if (regex == NULL)
        return;
    pcre2_code_free(regex->code);
    pcre2_general_context_free(regex->general);
    const evex_allocator allocator = regex->allocator;
    evex_free(&allocator, regex);
}

/* ---- Matchers ------------------------------------------------------------------------------- */

static int prepare(evex_matcher *matcher) {
    matcher->general = general_context(&matcher->allocator);
    if (matcher->general == NULL)
        return 0;
    matcher->limits = pcre2_match_context_create(matcher->general);
    matcher->data = pcre2_match_data_create(1, matcher->general);
    if (matcher->limits == NULL || matcher->data == NULL)
        return 0;
    pcre2_set_match_limit(matcher->limits, EVEX_REGEX_STEPS);
    pcre2_set_depth_limit(matcher->limits, EVEX_REGEX_STEPS);
    pcre2_set_heap_limit(matcher->limits, EVEX_REGEX_MEMORY_KIB);
    matcher->stack = pcre2_jit_stack_create(STACK_BYTES, MAX_STACK_BYTES, matcher->general);
    pcre2_jit_stack_assign(matcher->limits, NULL, matcher->stack);
    return 1;
}

evex_matcher *evex_matcher_create(const evex_allocator *allocator) {
    evex_matcher *made = evex_allocate(allocator, sizeof *made);
    if (made == NULL)
        return NULL;
    *made = (evex_matcher){.allocator = *allocator};
    if (prepare(made))
        return made;
    evex_matcher_free(made);
    return NULL;
}

void evex_matcher_free(evex_matcher *matcher) {
    if (matcher == NULL)
        return;
    pcre2_jit_stack_free(matcher->stack);
    pcre2_match_data_free(matcher->data);
    pcre2_match_context_free(matcher->limits);
    pcre2_general_context_free(matcher->general);
    const evex_allocator allocator = matcher->allocator;
    evex_free(&allocator, matcher);
}

int evex_matcher_lacked_memory(evex_matcher *matcher) {
    const int lacked = matcher->lacked_memory;
    matcher->lacked_memory = 0;
    return lacked;
}

/* ---- Searching ------------------------------------------------------------------------------ */

/* Anything but an answer: limits, of steps, of memory, of the stack of machine code. */
static int is_given_up(int found) {
    return found < 0 && found != PCRE2_ERROR_NOMATCH;
}

unsigned evex_regex_search(const evex_regex *regex, evex_matcher *matcher, evex_str subject) {
    const PCRE2_SPTR text = (PCRE2_SPTR)(subject.n_bytes > 0 ? subject.text : "");
    int found = PCRE2_ERROR_JIT_BADOPTION;
    if (regex->is_jit)
        found = pcre2_jit_match(regex->code, text, subject.n_bytes, 0, 0, matcher->data,
                                matcher->limits);
    if (is_given_up(found))
        found = pcre2_match(regex->code, text, subject.n_bytes, 0, PCRE2_NO_JIT, matcher->data,
                            matcher->limits);
    matcher->lacked_memory |= found == PCRE2_ERROR_NOMEMORY;
    if (is_given_up(found))
        return EVEX_REGEX_EXCEEDS;
    return found == PCRE2_ERROR_NOMATCH ? 0 : EVEX_REGEX_MATCHES;
}
