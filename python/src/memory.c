/* SPDX-License-Identifier: MIT */
/*
 * Memory of results. NumPy allocates them, so that they own their data and tracemalloc sees them;
 * large ones through a data allocator (NumPy's NEP 49) over the library's recycler, which saves
 * repeated calls the page faults. A block begins with its size, which NumPy's resizing needs.
 */
#include "python/src/binding.h"

#include <string.h>

/* From so many elements on page faults show, and two changes of NumPy's allocator do not. */
enum { LARGE = 1 << 17, HEAD_BYTES = 64 };

static const char capsule_name[] = "mem_handler"; /* as NumPy wants it */

/* What the capsule holds; lives as long as an array whose memory it gave. */
typedef struct {
    PyDataMem_Handler handler; /* first, for NumPy */
    evex_recycler *recycler;
    evex_allocator allocator;
} data_allocator;

static void *allocate(void *context, size_t n_bytes) {
    const data_allocator *a = context;
    char *block = n_bytes > SIZE_MAX - HEAD_BYTES
                      ? NULL
                      : a->allocator.allocate(a->allocator.user, n_bytes + HEAD_BYTES);
    if (block == NULL)
        return NULL;
    memcpy(block, &n_bytes, sizeof n_bytes);
    return block + HEAD_BYTES;
}

static void release(void *context, void *data, size_t n_bytes) {
    const data_allocator *a = context;
    (void)n_bytes;
    if (data != NULL)
        a->allocator.free(a->allocator.user, (char *)data - HEAD_BYTES);
}

static void *allocate_zeros(void *context, size_t n, size_t item_bytes) {
    size_t n_bytes;
    if (__builtin_mul_overflow(n, item_bytes, &n_bytes))
        return NULL;
    void *data = allocate(context, n_bytes);
    return data == NULL ? NULL : memset(data, 0, n_bytes);
}

static void *reallocate(void *context, void *data, size_t n_bytes) {
    void *moved = allocate(context, n_bytes);
    if (moved == NULL || data == NULL)
        return moved;
    size_t old_bytes;
    memcpy(&old_bytes, (char *)data - HEAD_BYTES, sizeof old_bytes);
    memcpy(moved, data, old_bytes < n_bytes ? old_bytes : n_bytes);
    release(context, data, old_bytes);
    return moved;
}

static data_allocator *allocator_of(PyObject *memory) {
    return PyCapsule_GetPointer(memory, capsule_name);
}

static void destroy(PyObject *memory) {
    data_allocator *a = allocator_of(memory);
    evex_recycler_free(&a->recycler);
    PyMem_RawFree(a);
}

PyObject *evex_memory_new(void) {
    data_allocator *a = PyMem_RawMalloc(sizeof *a);
    if (a == NULL)
        return PyErr_NoMemory();
    *a = (data_allocator){
        .handler = {"evex", 1, {a, allocate, allocate_zeros, reallocate, release}}};
    if (evex_recycler_create(&a->recycler, 0, NULL, NULL) != EVEX_OK) {
        PyMem_RawFree(a);
        return PyErr_NoMemory();
    }
    a->allocator = evex_recycler_allocator(a->recycler);
    PyObject *memory = PyCapsule_New(a, capsule_name, destroy);
    if (memory == NULL) {
        evex_recycler_free(&a->recycler);
        PyMem_RawFree(a);
    }
    return memory;
}

size_t evex_memory_trim(PyObject *memory) {
    evex_recycler *recycler = allocator_of(memory)->recycler;
    const size_t n_bytes = evex_recycler_idle_bytes(recycler);
    evex_recycler_trim(recycler);
    return n_bytes;
}

static PyObject *new_array(PyArray_Descr *descr, int ndim, const npy_intp *shape, int is_fortran) {
    return PyArray_NewFromDescr(&PyArray_Type, descr, ndim, shape, NULL, NULL,
                                is_fortran ? NPY_ARRAY_F_CONTIGUOUS : 0, NULL);
}

/* Also for shapes whose product overflows: NumPy refuses those. */
static int is_large(int ndim, const npy_intp *shape) {
    double n = 1;
    for (int d = 0; d < ndim; d++)
        n *= (double)shape[d];
    return n >= LARGE;
}

PyObject *evex_new_array(module_state *state, PyArray_Descr *descr, int ndim, const npy_intp *shape,
                         int is_fortran) {
    if (descr == NULL || !is_large(ndim, shape))
        return descr == NULL ? NULL : new_array(descr, ndim, shape, is_fortran);
    PyObject *usual = PyDataMem_SetHandler(state->memory);
    if (usual == NULL) {
        Py_DECREF(descr);
        return NULL;
    }
    PyObject *array = new_array(descr, ndim, shape, is_fortran);
    PyObject *own = PyDataMem_SetHandler(usual);
    Py_DECREF(usual);
    if (own == NULL)
        Py_CLEAR(array);
    Py_XDECREF(own);
    return array;
}
