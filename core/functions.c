/* SPDX-License-Identifier: MIT */
/*
 * The list of user functions: evex_functions_create, _add and _free of evex.h, and look-up by name.
 * Everything lies in one arena that the list owns; a host adds a handful of functions, so look-up
 * is a plain search.
 */
#include "core/functions.h"

#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/op.h"

struct evex_functions {
    evex_allocator allocator; /* a copy: the arena points to it */
    evex_arena arena;         /* names, operand lists and the entries */
    evex_user_function *entries;
    size_t n_entries, capacity;
};

enum {
    MAX_NAME_BYTES = 256 /* the default limit on identifiers */
};

static const evex_place nowhere = {0, 0};

static evex_status create(evex_functions **functions, const evex_allocator *allocator,
                          evex_error *error) {
    if (functions == NULL)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere, "functions is NULL");
    *functions = NULL;
    if (allocator == NULL)
        allocator = &evex_system_allocator;
    evex_functions *made = evex_allocate(allocator, sizeof *made);
    if (made == NULL)
        return evex_fail_memory(error);
    *made = (evex_functions){.allocator = *allocator};
    evex_arena_init(&made->arena, &made->allocator, NULL, 0);
    *functions = made;
    return EVEX_OK;
}

evex_status evex_functions_create(evex_functions **functions, const evex_allocator *allocator,
                                  evex_error *error) {
    evex_error found = EVEX_ERROR_INIT;
    return evex_report(error, &found, create(functions, allocator, &found));
}

void evex_functions_free(evex_functions **functions) {
    if (functions == NULL || *functions == NULL)
        return;
    evex_functions *dead = *functions;
    *functions = NULL;
    evex_arena_free(&dead->arena);
    const evex_allocator allocator = dead->allocator;
    evex_free(&allocator, dead);
}

const evex_user_function *evex_functions_at(const evex_functions *functions, size_t i) {
    return functions != NULL && i < functions->n_entries ? &functions->entries[i] : NULL;
}

const evex_user_function *evex_functions_find(const evex_functions *functions, const char *name,
                                              size_t n_bytes) {
    const evex_user_function *entry;
    for (size_t i = 0; (entry = evex_functions_at(functions, i)) != NULL; i++)
        if (strlen(entry->name) == n_bytes && memcmp(entry->name, name, n_bytes) == 0)
            return entry;
    return NULL;
}

/* ---- Adding --------------------------------------------------------------------------------- */

/* ASCII letters, digits and '_', and the bytes of UTF-8 letters; not a digit in front. */
static int is_name(const char *name) {
    const size_t n = strlen(name);
    if (n == 0 || n > MAX_NAME_BYTES || (name[0] >= '0' && name[0] <= '9'))
        return 0;
    for (const char *p = name; *p != '\0'; p++) {
        const unsigned char c = (unsigned char)*p;
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c >= 0x80))
            return 0;
    }
    return 1;
}

/* The element types that this version's engine computes with. */
static int is_numeric(evex_dtype dtype) {
    return (unsigned)dtype < EVEX_N_DTYPES && dtype != EVEX_STR && dtype != EVEX_F16;
}

static evex_status check_signature(const char *name, evex_dtype result, const evex_dtype *operands,
                                   size_t n_operands, evex_error *error) {
    if (n_operands > EVEX_MAX_FUNCTION_OPERANDS)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere,
                         "function '%s' has more than %d operands", name,
                         EVEX_MAX_FUNCTION_OPERANDS);
    if (n_operands > 0 && operands == NULL)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere, "operands is NULL");
    if (!is_numeric(result))
        return evex_fail(error, EVEX_UNSUPPORTED, nowhere, "function '%s' cannot return %s", name,
                         evex_dtype_name(result));
    for (size_t i = 0; i < n_operands; i++)
        if (!is_numeric(operands[i]))
            return evex_fail(error, EVEX_UNSUPPORTED, nowhere,
                             "operand %zu of function '%s' cannot be %s", i, name,
                             evex_dtype_name(operands[i]));
    return EVEX_OK;
}

static evex_status check_name(const evex_functions *functions, const char *name,
                              evex_error *error) {
    if (!is_name(name))
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere, "'%s' cannot name a function",
                         name);
    if (evex_find_function(name, strlen(name)).class != EVEX_NO_FUNCTION)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere, "'%s' is a function of evex", name);
    if (evex_functions_find(functions, name, strlen(name)) != NULL)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere, "function '%s' was added before",
                         name);
    return EVEX_OK;
}

static void *copy_bytes(evex_arena *arena, const void *bytes, size_t n_bytes) {
    void *copy = evex_arena_push(arena, n_bytes);
    if (copy != NULL && n_bytes > 0)
        memcpy(copy, bytes, n_bytes);
    return copy;
}

/* Adds a copy of the entry, names and operands included; 0: out of memory. */
static int append(evex_functions *functions, evex_user_function entry) {
    void *entries = functions->entries;
    entry.name = copy_bytes(&functions->arena, entry.name, strlen(entry.name) + 1);
    entry.operands =
        copy_bytes(&functions->arena, entry.operands, entry.n_operands * sizeof *entry.operands);
    if (entry.name == NULL || entry.operands == NULL ||
        !evex_arena_grow(&functions->arena, &entries, &functions->capacity,
                         functions->n_entries + 1, sizeof *functions->entries))
        return 0;
    functions->entries = entries;
    functions->entries[functions->n_entries++] = entry;
    return 1;
}

evex_status evex_functions_add(evex_functions *functions, const char *name, evex_dtype result,
                               const evex_dtype *operands, size_t n_operands,
                               evex_function_kernel kernel, void *user, evex_error *error) {
    evex_error found = EVEX_ERROR_INIT;
    evex_status status = EVEX_OK;
    if (functions == NULL || name == NULL || kernel == NULL)
        status = evex_fail(&found, EVEX_INVALID_ARGUMENT, nowhere,
                           "functions, name and kernel must not be NULL");
    if (status == EVEX_OK)
        status = check_name(functions, name, &found);
    if (status == EVEX_OK)
        status = check_signature(name, result, operands, n_operands, &found);
    if (status == EVEX_OK &&
        !append(functions, (evex_user_function){name, result, operands, n_operands, kernel, user}))
        status = evex_fail_memory(&found);
    return evex_report(error, &found, status);
}
