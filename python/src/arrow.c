/* SPDX-License-Identifier: MIT */
/*
 * Arrow arrays as ndarrays, through the C data interface
 * (https://arrow.apache.org/docs/format/CDataInterface.html), whose two structs stand here. Numbers
 * stay where they are: the ndarray keeps the exporter's capsule. Booleans, a bit each in Arrow, are
 * spread to bytes.
 */
#include "python/src/binding.h"

#include <string.h>

/* The layout of both is the interface's. */
struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

/* Buffers of an array without children: a bit for each valid element (may be absent), the values.
 */
enum { VALIDITY, VALUES, N_BUFFERS };

static const struct {
    const char *format;
    int type_number;
} formats[] = {
    {"c", NPY_INT8},    {"C", NPY_UINT8},   {"s", NPY_INT16},   {"S", NPY_UINT16},
    {"i", NPY_INT32},   {"I", NPY_UINT32},  {"l", NPY_INT64},   {"L", NPY_UINT64},
    {"e", NPY_FLOAT16}, {"f", NPY_FLOAT32}, {"g", NPY_FLOAT64}, {"b", NPY_BOOL},
};

/* NPY_NOTYPE: none of them. */
static int type_number_of(const char *format) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].format, format) == 0)
            return formats[i].type_number;
    return NPY_NOTYPE;
}

static int bit_at(const void *bits, int64_t i) {
    return ((const uint8_t *)bits)[i / 8] >> (i % 8) & 1;
}

/* The exporter may leave the count to us (-1). */
static int has_nulls(const struct ArrowArray *array) {
    if (array->null_count >= 0 || array->buffers[VALIDITY] == NULL)
        return array->null_count > 0;
    for (int64_t i = 0; i < array->length; i++)
        if (!bit_at(array->buffers[VALIDITY], array->offset + i))
            return 1;
    return 0;
}

static PyObject *spread_bits(const struct ArrowArray *array) {
    const npy_intp length = array->length;
    PyObject *result = PyArray_SimpleNew(1, &length, NPY_BOOL);
    npy_bool *to = result == NULL ? NULL : PyArray_DATA((PyArrayObject *)result);
    for (int64_t i = 0; to != NULL && i < array->length; i++)
        to[i] = (npy_bool)bit_at(array->buffers[VALUES], array->offset + i);
    return result;
}

/* A view that keeps the capsule, and with it the memory; read-only, as Arrow's arrays are. */
static PyObject *view_values(const struct ArrowArray *array, int type_number, PyObject *capsule) {
    const npy_intp length = array->length;
    PyArray_Descr *descr = PyArray_DescrFromType(type_number);
    if (descr == NULL)
        return NULL;
    char *data = (char *)(uintptr_t)array->buffers[VALUES];
    if (data != NULL)
        data += array->offset * PyDataType_ELSIZE(descr);
    PyObject *view = PyArray_NewFromDescr(&PyArray_Type, descr, 1, &length, NULL, data, 0, NULL);
    if (view != NULL && data != NULL &&
        PyArray_SetBaseObject((PyArrayObject *)view, Py_NewRef(capsule)) < 0)
        Py_CLEAR(view);
    return view;
}

static PyObject *import_array(PyObject *schema_capsule, PyObject *array_capsule) {
    const struct ArrowSchema *schema = PyCapsule_GetPointer(schema_capsule, "arrow_schema");
    const struct ArrowArray *array = PyCapsule_GetPointer(array_capsule, "arrow_array");
    if (schema == NULL || array == NULL)
        return NULL;
    if (schema->release == NULL || array->release == NULL)
        return PyErr_Format(PyExc_TypeError, "an Arrow array that was released");
    const int type_number = type_number_of(schema->format);
    if (type_number == NPY_NOTYPE || schema->dictionary != NULL || array->n_buffers != N_BUFFERS)
        return PyErr_Format(PyExc_TypeError,
                            "an Arrow array of format '%s', which evex does not compute with",
                            schema->format);
    if (has_nulls(array))
        return PyErr_Format(PyExc_TypeError,
                            "an Arrow array with nulls, which evex cannot compute with");
    return type_number == NPY_BOOL ? spread_bits(array)
                                   : view_values(array, type_number, array_capsule);
}

PyObject *evex_from_arrow(PyObject *exporter) {
    PyObject *capsules = PyObject_CallMethod(exporter, "__arrow_c_array__", NULL);
    if (capsules == NULL)
        return NULL;
    PyObject *result = NULL;
    if (PyTuple_Check(capsules) && PyTuple_GET_SIZE(capsules) == 2)
        result = import_array(PyTuple_GET_ITEM(capsules, 0), PyTuple_GET_ITEM(capsules, 1));
    else
        PyErr_SetString(PyExc_TypeError, "__arrow_c_array__ gives two capsules");
    Py_DECREF(capsules);
    return result;
}
