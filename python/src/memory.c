/* SPDX-License-Identifier: MIT */
/*
 * Memory of results. NumPy allocates them, so that they own their data and tracemalloc sees them;
 * large ones through a data allocator of our own (NEP 49), which recycles.
 */
#include "python/src/binding.h"

PyObject *evex_new_array(module_state *state, int type_number, int ndim, const npy_intp *shape,
                         int is_fortran) {
    (void)state;
    return PyArray_New(&PyArray_Type, ndim, shape, type_number, NULL, NULL, 0,
                       is_fortran ? NPY_ARRAY_F_CONTIGUOUS : 0, NULL);
}
