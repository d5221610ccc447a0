/* SPDX-License-Identifier: MIT */
/*
 * A set of names in an arena. It is a crit-bit tree (D. J. Bernstein, cr.yp.to/critbit.html) rather
 * than a hash table: looking up all names of a text takes time linear in the text whatever the
 * names are, so that nobody can choose names that make it slow.
 */
#ifndef EVEX_PARSER_NAME_SET_H
#define EVEX_PARSER_NAME_SET_H

#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"

/* A member. flags is the user's, 0 at first. */
typedef struct {
    const char *bytes;
    size_t n_bytes;
    unsigned flags;
} evex_name;

typedef struct {
    evex_arena *arena;
    struct name_node *root; /* NULL: empty */
} evex_name_set;

/* The member with these bytes (no NUL among them), added if it is new. The bytes are not copied.
 * NULL: no memory. */
evex_name *evex_name_set_add(evex_name_set *set, const char *bytes, size_t n_bytes);

#endif
