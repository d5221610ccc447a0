/* SPDX-License-Identifier: MIT */
/*
 * Operands: ndarrays are read in place, whatever their strides and byte order; NumPy's scalars keep
 * their type; Python's numbers are weak, as NEP 50 has them. Everything else goes through
 * evex/_adapt.py, which knows the ways to get an ndarray without a copy.
 */
#include "python/src/binding.h"

#include <numpy/arrayscalars.h>
#include <string.h>

/* ---- Types ---------------------------------------------------------------------------------- */

static const struct {
    int type_number;
    evex_dtype dtype;
} numpy_types[] = {
    {NPY_BOOL, EVEX_BOOL},     {NPY_INT8, EVEX_I8},         {NPY_INT16, EVEX_I16},
    {NPY_INT32, EVEX_I32},     {NPY_INT64, EVEX_I64},       {NPY_UINT8, EVEX_U8},
    {NPY_UINT16, EVEX_U16},    {NPY_UINT32, EVEX_U32},      {NPY_UINT64, EVEX_U64},
    {NPY_FLOAT32, EVEX_F32},   {NPY_FLOAT64, EVEX_F64},     {NPY_FLOAT16, EVEX_F16},
    {NPY_COMPLEX64, EVEX_C64}, {NPY_COMPLEX128, EVEX_C128}, {NPY_STRING, EVEX_STR},
    {NPY_UNICODE, EVEX_STR},   {NPY_LONGLONG, EVEX_I64},    {NPY_ULONGLONG, EVEX_U64},
    {NPY_DATETIME, EVEX_I64},  {NPY_TIMEDELTA, EVEX_I64},
};

enum { N_NUMPY_TYPES = sizeof numpy_types / sizeof *numpy_types };

/* EVEX_N_DTYPES: none. */
static evex_dtype dtype_of(int type_number) {
    for (size_t i = 0; i < N_NUMPY_TYPES; i++)
        if (numpy_types[i].type_number == type_number)
            return numpy_types[i].dtype;
    return EVEX_N_DTYPES;
}

int evex_type_number(evex_dtype dtype) {
    for (size_t i = 0; i < N_NUMPY_TYPES; i++)
        if (numpy_types[i].dtype == dtype)
            return numpy_types[i].type_number;
    return NPY_NOTYPE;
}

/* ---- Arrays --------------------------------------------------------------------------------- */

int evex_array_of(evex_array *to, PyArrayObject *array) {
    const PyArray_Descr *descr = PyArray_DESCR(array);
    const evex_dtype dtype = dtype_of(descr->type_num);
    if (dtype == EVEX_N_DTYPES)
        return -1;
    *to = (evex_array){.data = PyArray_DATA(array),
                       .dtype = dtype,
                       .ndim = PyArray_NDIM(array),
                       .shape = (const int64_t *)PyArray_DIMS(array),
                       .strides = (const int64_t *)PyArray_STRIDES(array),
                       .byte_swapped = PyArray_ISBYTESWAPPED(array) != 0,
                       .read_only = !PyArray_ISWRITEABLE(array)};
    if (dtype == EVEX_STR) {
        to->item_bytes = (size_t)PyArray_ITEMSIZE(array);
        to->str_form = descr->type_num == NPY_STRING ? EVEX_STR_BYTES : EVEX_STR_UCS4;
    }
    return 0;
}

static int refuse(PyObject *name, PyObject *object, const char *what) {
    PyErr_Format(PyExc_TypeError, "operand '%U' is %s: %R", name, what,
                 (PyObject *)Py_TYPE(object));
    return -1;
}

static int refuse_dtype(PyObject *name, PyArrayObject *array) {
    PyErr_Format(PyExc_TypeError, "operand '%U' has dtype %R, which evex does not compute with",
                 name, (PyObject *)PyArray_DESCR(array));
    return -1;
}

void evex_operand_set_mask(operand *to, PyArrayObject *mask) {
    to->array.validity = PyArray_DATA(mask);
    to->array.validity_strides = (const int64_t *)PyArray_STRIDES(mask);
    to->array.validity_form = EVEX_VALIDITY_MASK;
    to->mask = Py_NewRef((PyObject *)mask);
}

static int read_array(operand *to, PyArrayObject *array, PyObject *name) {
    const int unit = evex_unit_of(PyArray_DESCR(array));
    if (evex_array_of(&to->array, array) < 0 || unit < 0)
        return refuse_dtype(name, array);
    to->unit = (uint8_t)unit;
    if (to->array.ndim > EVEX_MAX_DIMS) {
        PyErr_Format(PyExc_ValueError, "operand '%U' has %d dimensions; evex takes up to %d", name,
                     (int)to->array.ndim, (int)EVEX_MAX_DIMS);
        return -1;
    }
    to->kind = EVEX_STRONG;
    to->owner = Py_NewRef((PyObject *)array);
    return 0;
}

/* ---- Scalars -------------------------------------------------------------------------------- */

static void set_scalar(operand *to, evex_dtype dtype, evex_kind kind) {
    to->array = evex_array_0d(dtype, &to->scalar);
    to->kind = kind;
    to->unit = EVEX_UNIT_NONE;
    to->owner = NULL;
}

static int read_int(operand *to, PyObject *object, PyObject *name) {
    int overflow;
    to->scalar.i = PyLong_AsLongLongAndOverflow(object, &overflow);
    set_scalar(to, EVEX_I64, EVEX_WEAK);
    if (overflow == 0)
        return to->scalar.i == -1 && PyErr_Occurred() ? -1 : 0;
    if (overflow > 0) {
        to->scalar.u = PyLong_AsUnsignedLongLong(object);
        to->array.dtype = EVEX_U64;
        if (!PyErr_Occurred())
            return 0;
        PyErr_Clear();
    }
    PyErr_Format(PyExc_OverflowError, "operand '%U' is an integer that 64 bits cannot hold", name);
    return -1;
}

static int read_complex(operand *to, PyObject *object) {
    const Py_complex value = PyComplex_AsCComplex(object);
    to->scalar.c[0] = value.real;
    to->scalar.c[1] = value.imag;
    set_scalar(to, EVEX_C128, EVEX_WEAK);
    return 0;
}

static int read_str(operand *to, PyObject *object) {
    Py_ssize_t n_bytes;
    to->scalar.s.text = PyUnicode_AsUTF8AndSize(object, &n_bytes);
    if (to->scalar.s.text == NULL)
        return -1;
    to->scalar.s.n_bytes = (size_t)n_bytes;
    set_scalar(to, EVEX_STR, EVEX_STRONG);
    to->owner = Py_NewRef(object);
    return 0;
}

/* As NumPy has bytes: NULs at the end do not count, so that there is always one to read. */
static int read_bytes(operand *to, PyObject *object) {
    set_scalar(to, EVEX_STR, EVEX_STRONG);
    to->array.data = PyBytes_AS_STRING(object);
    to->array.str_form = EVEX_STR_BYTES;
    to->array.item_bytes = (size_t)(PyBytes_GET_SIZE(object) > 0 ? PyBytes_GET_SIZE(object) : 1);
    to->owner = Py_NewRef(object);
    return 0;
}

static int read_numpy_scalar(operand *to, PyObject *object, PyObject *name) {
    PyArray_Descr *descr = PyArray_DescrFromScalar(object);
    if (descr == NULL)
        return -1;
    const evex_dtype dtype = dtype_of(descr->type_num);
    Py_DECREF(descr);
    if (PyArray_IsScalar(object, Datetime) || PyArray_IsScalar(object, Timedelta)) {
        PyObject *array = PyArray_FromScalar(object, NULL);
        if (array == NULL)
            return -1;
        const int status = read_array(to, (PyArrayObject *)array, name);
        Py_DECREF(array);
        return status;
    }
    if (dtype == EVEX_N_DTYPES)
        return refuse(name, object, "of a type that evex does not compute with");
    PyArray_ScalarAsCtype(object, &to->scalar);
    set_scalar(to, dtype, EVEX_STRONG);
    return 0;
}

/* 0: it is no number or string of Python's. Subclasses of float and complex that NumPy has are its
 * scalars. */
static int read_python_scalar(operand *to, PyObject *object, PyObject *name, int *status) {
    *status = 0;
    if (PyFloat_CheckExact(object)) {
        to->scalar.f = PyFloat_AS_DOUBLE(object);
        set_scalar(to, EVEX_F64, EVEX_WEAK);
    } else if (PyBool_Check(object)) {
        to->scalar.b = object == Py_True;
        set_scalar(to, EVEX_BOOL, EVEX_WEAK);
    } else if (PyLong_Check(object)) {
        *status = read_int(to, object, name);
    } else if (PyComplex_CheckExact(object)) {
        *status = read_complex(to, object);
    } else if (PyUnicode_Check(object)) {
        *status = read_str(to, object);
    } else if (PyBytes_Check(object)) {
        *status = read_bytes(to, object);
    } else {
        return 0;
    }
    return 1;
}

/* ---- The rest ------------------------------------------------------------------------------- */

/* An array and, of what is nullable, an array of bools. */
static int read_masked(operand *to, PyObject *pair, PyObject *name) {
    PyArrayObject *mask = (PyArrayObject *)PyTuple_GET_ITEM(pair, 1);
    if (read_array(to, (PyArrayObject *)PyTuple_GET_ITEM(pair, 0), name) < 0)
        return -1;
    evex_operand_set_mask(to, mask);
    return 0;
}

static int read_adapted(module_state *state, operand *to, PyObject *object, PyObject *name) {
    PyObject *array = PyObject_CallFunctionObjArgs(state->adapt, object, name, NULL);
    if (array == NULL)
        return -1;
    int status;
    if (PyArray_Check(array))
        status = read_array(to, (PyArrayObject *)array, name);
    else if (PyTuple_Check(array))
        status = read_masked(to, array, name);
    else if (!read_python_scalar(to, array, name, &status) &&
             !evex_operand_from_arrow(to, array, name, &status))
        status = refuse(name, object, "no array and no number");
    Py_DECREF(array);
    return status;
}

/* The units that the library knows are all that are read in place. */
static int is_plain(PyObject *object) {
    return PyArray_CheckExact(object) && evex_unit_of(PyArray_DESCR((PyArrayObject *)object)) >= 0;
}

int evex_operand_read(module_state *state, operand *to, PyObject *object, PyObject *name) {
    int status;
    if (is_plain(object))
        return read_array(to, (PyArrayObject *)object, name);
    if (read_python_scalar(to, object, name, &status))
        return status;
    if (PyArray_IsScalar(object, Generic))
        return read_numpy_scalar(to, object, name);
    return read_adapted(state, to, object, name);
}

operand *evex_operands_new(operand *room, Py_ssize_t n) {
    operand *operands = n <= N_STACK_OPERANDS ? room : PyMem_New(operand, (size_t)n);
    if (operands == NULL)
        return (operand *)PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < n; i++) {
        operands[i].array.ndim = -1;
        operands[i].owner = operands[i].mask = NULL;
    }
    return operands;
}

void evex_operands_free(operand *operands, const operand *room, Py_ssize_t n) {
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_XDECREF(operands[i].owner);
        Py_XDECREF(operands[i].mask);
    }
    if (operands != room)
        PyMem_Free(operands);
}
