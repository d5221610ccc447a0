/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions for matches(): PCRE2 in UTF mode with Unicode classes, searching anywhere in
 * the subject. Bytes that are no UTF-8 match nothing, not even '.', and are looked past. Compiled
 * patterns are immutable and may be used by any number of threads, each with a matcher of its own.
 *
 * A match that takes too many steps or too much memory is given up. With PCRE2's just-in-time
 * compiler that may be some steps sooner or later than without, so it is the interpreter that has
 * the last word: a search that the compiled code gives up is begun anew by it.
 */
#ifndef EVEX_CORE_REGEX_H
#define EVEX_CORE_REGEX_H

#include "core/memory.h"
#include "include/evex.h"

typedef struct evex_regex evex_regex;
typedef struct evex_matcher evex_matcher;

enum {
    EVEX_REGEX_STEPS = 1000000,  /* backtracking points from one place in the subject */
    EVEX_REGEX_MEMORY_KIB = 8192 /* of the points that are open at once */
};

/* What is wrong with a pattern. */
typedef struct {
    size_t offset;     /* in the pattern, in bytes; its length when something is missing */
    char message[128]; /* PCRE2's */
} evex_regex_fault;

/* A compiled pattern, from the allocator, which must outlive it. EVEX_SYNTAX: *fault says why;
 * EVEX_NO_MEMORY. use_jit: to machine code, where the system allows that. */
evex_status evex_regex_create(evex_regex **regex, evex_str pattern, int use_jit,
                              const evex_allocator *allocator, evex_regex_fault *fault);
void evex_regex_free(evex_regex *regex); /* may be NULL */

/* What a thread needs for matching any pattern; NULL: out of memory. */
evex_matcher *evex_matcher_create(const evex_allocator *allocator);
void evex_matcher_free(evex_matcher *matcher); /* may be NULL */
/* Whether memory ran out in a match since this was last asked. */
int evex_matcher_lacked_memory(evex_matcher *matcher);

enum { EVEX_REGEX_MATCHES = 1, EVEX_REGEX_EXCEEDS = 2 };

/* Searches the subject: 0, MATCHES, or EXCEEDS when the search was given up. */
unsigned evex_regex_search(const evex_regex *regex, evex_matcher *matcher, evex_str subject);

#endif
