/* SPDX-License-Identifier: MIT */
/*
 * Results for Arrow: an ndarray and its mask as the two capsules of __arrow_c_array__. The numbers
 * stay where they are, held until the consumer releases the array; what Arrow has as bits, booleans
 * and which elements are valid, is packed.
 */
#include "python/src/arrow.h"

#include <string.h>

/* What an exported array holds; release() gives it back. */
typedef struct {
    const void *buffers[2];
    PyObject *values;   /* strong; NULL: packed */
    uint8_t *packed[2]; /* or NULL */
} held;

/* The consumer may be in any thread, with or without the lock. */
static void release_array(struct ArrowArray *array) {
    held *h = array->private_data;
    const PyGILState_STATE lock = PyGILState_Ensure();
    Py_XDECREF(h->values);
    PyMem_Free(h->packed[0]);
    PyMem_Free(h->packed[1]);
    PyMem_Free(h);
    PyGILState_Release(lock);
    array->release = NULL;
}

static void release_schema(struct ArrowSchema *schema) {
    schema->release = NULL;
}

static void destroy_array(PyObject *capsule) {
    struct ArrowArray *array = PyCapsule_GetPointer(capsule, "arrow_array");
    if (array->release != NULL)
        array->release(array);
    PyMem_Free(array);
}

static void destroy_schema(PyObject *capsule) {
    struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema->release != NULL)
        schema->release(schema);
    PyMem_Free(schema);
}

/* n bytes that are 0 or 1 as bits, those that equal one being set; counts the others in *n_unset.
 */
static uint8_t *pack(PyArrayObject *bytes, npy_bool one, int64_t *n_unset) {
    const int64_t n = PyArray_SIZE(bytes);
    uint8_t *bits = PyMem_Calloc((size_t)(n + 7) / 8 + 1, 1);
    const npy_bool *from = PyArray_DATA(bytes);
    *n_unset = 0;
    for (int64_t i = 0; bits != NULL && i < n; i++) {
        bits[i / 8] = (uint8_t)(bits[i / 8] | (from[i] == one) << (i % 8));
        *n_unset += from[i] != one;
    }
    if (bits == NULL)
        PyErr_NoMemory();
    return bits;
}

static int fill(struct ArrowArray *array, held *h, PyArrayObject *values, PyObject *mask) {
    int64_t n_false;
    *array = (struct ArrowArray){.length = PyArray_SIZE(values),
                                 .n_buffers = 2,
                                 .buffers = h->buffers,
                                 .release = release_array,
                                 .private_data = h};
    if (mask != Py_None) {
        h->packed[0] = pack((PyArrayObject *)mask, 0, &array->null_count);
        h->buffers[0] = h->packed[0];
    }
    if (PyArray_TYPE(values) == NPY_BOOL) {
        h->packed[1] = pack(values, 1, &n_false);
        h->buffers[1] = h->packed[1];
    } else {
        h->values = Py_NewRef((PyObject *)values);
        h->buffers[1] = PyArray_DATA(values);
    }
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *array_capsule(PyArrayObject *values, PyObject *mask) {
    struct ArrowArray *array = PyMem_Calloc(1, sizeof *array);
    held *h = PyMem_Calloc(1, sizeof *h);
    if (array == NULL || h == NULL) {
        PyMem_Free(array);
        PyMem_Free(h);
        return PyErr_NoMemory();
    }
    const int status = fill(array, h, values, mask);
    PyObject *capsule = status < 0 ? NULL : PyCapsule_New(array, "arrow_array", destroy_array);
    if (capsule == NULL) {
        array->release(array);
        PyMem_Free(array);
    }
    return capsule;
}

static PyObject *schema_capsule(PyArrayObject *values) {
    const int unit = evex_unit_of(PyArray_DESCR(values));
    evex_array array;
    const char *format =
        evex_array_of(&array, values) < 0 ? NULL : evex_arrow_format_of(array.dtype, unit);
    if (format == NULL)
        return PyErr_Format(PyExc_TypeError, "Arrow has no arrays of %R",
                            (PyObject *)PyArray_DESCR(values));
    struct ArrowSchema *schema = PyMem_Calloc(1, sizeof *schema);
    if (schema == NULL)
        return PyErr_NoMemory();
    *schema = (struct ArrowSchema){
        .format = format, .name = "", .flags = ARROW_IS_NULLABLE, .release = release_schema};
    PyObject *capsule = PyCapsule_New(schema, "arrow_schema", destroy_schema);
    if (capsule == NULL)
        PyMem_Free(schema);
    return capsule;
}

PyObject *evex_to_arrow(PyObject *args) {
    PyArrayObject *values;
    PyObject *mask;
    if (!PyArg_ParseTuple(args, "O!O:_to_arrow", &PyArray_Type, &values, &mask))
        return NULL;
    PyObject *schema = schema_capsule(values);
    PyObject *array = schema == NULL ? NULL : array_capsule(values, mask);
    if (array == NULL) {
        Py_XDECREF(schema);
        return NULL;
    }
    return Py_BuildValue("NN", schema, array);
}
