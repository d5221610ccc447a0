/* SPDX-License-Identifier: MIT */
/*
 * The crit-bit tree behind evex_name_set. Inner nodes hold the first bit in which their two halves
 * differ; a name is looked up by walking those bits and comparing once at the end. Behind its last
 * byte a name counts as followed by zeros, which no name contains.
 */
#include "parser/name_set.h"

#include <string.h>

struct name_node {
    struct name_node *child[2]; /* both NULL in a leaf */
    size_t byte;                /* inner: where the halves first differ */
    unsigned char mask;         /* inner: the bit in that byte */
    evex_name name;             /* leaf */
};

static int bit_of(const struct name_node *inner, const char *bytes, size_t n_bytes) {
    return inner->byte < n_bytes && ((unsigned char)bytes[inner->byte] & inner->mask) != 0;
}

static struct name_node *new_leaf(evex_name_set *set, const char *bytes, size_t n_bytes) {
    struct name_node *leaf = evex_arena_push(set->arena, sizeof *leaf);
    if (leaf)
        leaf->name = (evex_name){bytes, n_bytes, 0};
    return leaf;
}

static unsigned char byte_at(const char *bytes, size_t n_bytes, size_t i) {
    return i < n_bytes ? (unsigned char)bytes[i] : 0;
}

/* The highest bit that is set in bits. */
static unsigned char highest_bit(unsigned char bits) {
    unsigned char mask = 0x80;
    while (!(bits & mask))
        mask >>= 1;
    return mask;
}

/* Links a new leaf beside the part of the tree that agrees with it up to the node's bit. */
static evex_name *insert(evex_name_set *set, struct name_node *inner, const char *bytes,
                         size_t n_bytes) {
    struct name_node *leaf = new_leaf(set, bytes, n_bytes), **link = &set->root;
    if (!leaf)
        return NULL;
    for (struct name_node *at = *link; at->child[0]; at = *link) {
        if (at->byte > inner->byte || (at->byte == inner->byte && at->mask < inner->mask))
            break;
        link = &at->child[bit_of(at, bytes, n_bytes)];
    }
    int side = bit_of(inner, bytes, n_bytes);
    inner->child[side] = leaf;
    inner->child[!side] = *link;
    *link = inner;
    return &leaf->name;
}

evex_name *evex_name_set_add(evex_name_set *set, const char *bytes, size_t n_bytes) {
    if (!set->root) {
        set->root = new_leaf(set, bytes, n_bytes);
        return set->root ? &set->root->name : NULL;
    }
    struct name_node *nearest = set->root;
    while (nearest->child[0])
        nearest = nearest->child[bit_of(nearest, bytes, n_bytes)];
    evex_name *name = &nearest->name;
    if (name->n_bytes == n_bytes && memcmp(name->bytes, bytes, n_bytes) == 0)
        return name;
    size_t i = 0;
    while (byte_at(bytes, n_bytes, i) == byte_at(name->bytes, name->n_bytes, i))
        i++;
    unsigned char difference = byte_at(bytes, n_bytes, i) ^ byte_at(name->bytes, name->n_bytes, i);
    struct name_node *inner = evex_arena_push(set->arena, sizeof *inner);
    if (!inner)
        return NULL;
    inner->byte = i;
    inner->mask = highest_bit(difference);
    return insert(set, inner, bytes, n_bytes);
}
