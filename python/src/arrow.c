/* SPDX-License-Identifier: MIT */
/*
 * Arrow arrays as operands, without a copy but for booleans, which are a bit each in Arrow and are
 * spread to bytes, for dates of 32 bits, and for views of strings, whose texts stay where they are.
 * The operand keeps the exporter's capsule, or what came out of its stream, until the call is over.
 * arrow_out.c goes the other way.
 */
#include "python/src/arrow.h"

#include <string.h>

/* ---- Formats -------------------------------------------------------------------------------- */

static const arrow_format formats[] = {
    {"c", EVEX_I8, 0, 0},
    {"C", EVEX_U8, 0, 0},
    {"s", EVEX_I16, 0, 0},
    {"S", EVEX_U16, 0, 0},
    {"i", EVEX_I32, 0, 0},
    {"I", EVEX_U32, 0, 0},
    {"l", EVEX_I64, 0, 0},
    {"L", EVEX_U64, 0, 0},
    {"e", EVEX_F16, 0, 0},
    {"f", EVEX_F32, 0, 0},
    {"g", EVEX_F64, 0, 0},
    {"b", EVEX_BOOL, 0, 0},
    {"u", EVEX_STR, 0, EVEX_STR_OFFSETS32},
    {"U", EVEX_STR, 0, EVEX_STR_OFFSETS64},
    {"vu", EVEX_STR, 0, EVEX_STR_VIEWS},
    {"tdD", EVEX_I32, EVEX_UNIT_DAY, 0},
    {"tdm", EVEX_I64, EVEX_UNIT_MS, 0},
    {"tss:", EVEX_I64, EVEX_UNIT_SECOND, 0},
    {"tsm:", EVEX_I64, EVEX_UNIT_MS, 0},
    {"tsu:", EVEX_I64, EVEX_UNIT_US, 0},
    {"tsn:", EVEX_I64, EVEX_UNIT_NS, 0},
    {"tDs", EVEX_I64, EVEX_SPAN + EVEX_UNIT_SECOND, 0},
    {"tDm", EVEX_I64, EVEX_SPAN + EVEX_UNIT_MS, 0},
    {"tDu", EVEX_I64, EVEX_SPAN + EVEX_UNIT_US, 0},
    {"tDn", EVEX_I64, EVEX_SPAN + EVEX_UNIT_NS, 0},
};

enum { N_FORMATS = sizeof formats / sizeof *formats };

/* A point in time names its zone behind the colon; what it counts is of no zone. */
const arrow_format *evex_arrow_find_format(const char *format) {
    for (size_t i = 0; i < N_FORMATS; i++) {
        const size_t length = strlen(formats[i].format);
        if (formats[i].format[length - 1] == ':' ? strncmp(formats[i].format, format, length) == 0
                                                 : strcmp(formats[i].format, format) == 0)
            return &formats[i];
    }
    return NULL;
}

const char *evex_arrow_format_of(evex_dtype dtype, int unit) {
    for (size_t i = 0; i < N_FORMATS; i++)
        if (formats[i].dtype == dtype && formats[i].unit == unit && dtype != EVEX_STR)
            return formats[i].format;
    return NULL;
}

/* ---- Validity ------------------------------------------------------------------------------- */

static int bit_at(const void *bits, int64_t i) {
    return ((const uint8_t *)bits)[i / 8] >> (i % 8) & 1;
}

/* The exporter may leave the count to us (-1). */
static int has_nulls(const struct ArrowArray *array) {
    if (array->null_count >= 0 || array->buffers[ARROW_VALIDITY] == NULL)
        return array->null_count > 0;
    for (int64_t i = 0; i < array->length; i++)
        if (!bit_at(array->buffers[ARROW_VALIDITY], array->offset + i))
            return 1;
    return 0;
}

/* Without a null the operand is a plain one, so that results are plain, too. */
static void set_validity(operand *to, const struct ArrowArray *array) {
    if (!has_nulls(array))
        return;
    to->array.validity = (void *)(uintptr_t)array->buffers[ARROW_VALIDITY];
    to->array.validity_form = EVEX_VALIDITY_BITS;
    to->array.validity_offset = array->offset;
}

/* ---- Values --------------------------------------------------------------------------------- */

/* A new array that the operand then owns, instead of the exporter's memory. */
static void *own_values(operand *to, evex_dtype dtype, int64_t n, PyObject *keeper) {
    const npy_intp length = n;
    PyObject *owned = PyArray_SimpleNew(1, &length, evex_type_number(dtype));
    if (owned == NULL)
        return NULL;
    to->mask = Py_NewRef(keeper); /* the validity is the exporter's still */
    to->owner = owned;
    to->array.dtype = dtype;
    return to->array.data = PyArray_DATA((PyArrayObject *)owned);
}

static int spread_bits(operand *to, const struct ArrowArray *array, PyObject *keeper) {
    npy_bool *values = own_values(to, EVEX_BOOL, array->length, keeper);
    for (int64_t i = 0; values != NULL && i < array->length; i++)
        values[i] = (npy_bool)bit_at(array->buffers[ARROW_VALUES], array->offset + i);
    return values != NULL ? 0 : -1;
}

/* A view of Arrow's: the length, then either the text, if that is short, or its first bytes, the
 * number of a buffer behind the views, and the place in it. */
typedef struct {
    int32_t length;
    union {
        char text[12];
        struct {
            char prefix[4];
            int32_t buffer, offset;
        } far;
    } at;
} arrow_view;

static int find_views(operand *to, const struct ArrowArray *array, PyObject *keeper) {
    const arrow_view *views = (const arrow_view *)array->buffers[ARROW_VALUES] + array->offset;
    _Static_assert(sizeof(evex_str) <= sizeof(arrow_view), "room of a complex128 a view");
    evex_str *found = own_values(to, EVEX_C128, array->length, keeper);
    to->array.dtype = EVEX_STR;
    for (int64_t i = 0; found != NULL && i < array->length; i++) {
        const arrow_view *view = &views[i];
        const int is_near = (size_t)view->length <= sizeof view->at.text;
        const char *const *buffers = (const char *const *)&array->buffers[ARROW_TEXT];
        found[i] =
            (evex_str){is_near ? view->at.text : buffers[view->at.far.buffer] + view->at.far.offset,
                       (size_t)view->length};
    }
    return found != NULL ? 0 : -1;
}

static int widen_dates(operand *to, const struct ArrowArray *array, PyObject *keeper) {
    const int32_t *days = (const int32_t *)array->buffers[ARROW_VALUES] + array->offset;
    int64_t *values = own_values(to, EVEX_I64, array->length, keeper);
    for (int64_t i = 0; values != NULL && i < array->length; i++)
        values[i] = days[i];
    return values != NULL ? 0 : -1;
}

static void view_values(operand *to, const struct ArrowArray *array, const arrow_format *format,
                        PyObject *keeper) {
    size_t item_bytes = evex_dtype_size(format->dtype);
    if (format->dtype == EVEX_STR) {
        item_bytes = format->str_form == EVEX_STR_OFFSETS32 ? 4 : 8;
        to->array.str_form = format->str_form;
        to->array.text = array->buffers[ARROW_TEXT];
    }
    to->array.data = (char *)(uintptr_t)array->buffers[ARROW_VALUES];
    if (to->array.data != NULL)
        to->array.data = (char *)to->array.data + array->offset * (int64_t)item_bytes;
    to->owner = Py_NewRef(keeper);
}

/* Those of views are of any number. */
static int has_buffers(const struct ArrowArray *array, const arrow_format *format) {
    if (format->dtype != EVEX_STR)
        return array->n_buffers == 2;
    return format->str_form == EVEX_STR_VIEWS ? array->n_buffers >= 2 : array->n_buffers == 3;
}

/* keeper: who holds the memory of array. */
static int read_array(operand *to, const struct ArrowSchema *schema, const struct ArrowArray *array,
                      PyObject *keeper, PyObject *name) {
    if (schema->release == NULL || array->release == NULL) {
        PyErr_Format(PyExc_TypeError, "operand '%U' is an Arrow array that was released", name);
        return -1;
    }
    const arrow_format *format = evex_arrow_find_format(schema->format);
    if (format == NULL || schema->dictionary != NULL || !has_buffers(array, format)) {
        PyErr_Format(PyExc_TypeError,
                     "operand '%U' is an Arrow array of format '%s', which evex does not compute "
                     "with",
                     name, schema->format);
        return -1;
    }
    to->length = array->length;
    to->array = evex_array_nd(format->dtype, NULL, 1, &to->length);
    to->array.read_only = 1;
    to->kind = EVEX_STRONG;
    to->unit = format->unit;
    set_validity(to, array);
    if (format->dtype == EVEX_STR && format->str_form == EVEX_STR_VIEWS)
        return find_views(to, array, keeper);
    if (format->dtype == EVEX_BOOL)
        return spread_bits(to, array, keeper);
    if (format->dtype == EVEX_I32 && format->unit != EVEX_UNIT_NONE)
        return widen_dates(to, array, keeper);
    view_values(to, array, format, keeper);
    return 0;
}

/* ---- Capsules ------------------------------------------------------------------------------- */

static int read_capsules(operand *to, PyObject *exporter, PyObject *name) {
    PyObject *capsules = PyObject_CallMethod(exporter, "__arrow_c_array__", NULL);
    int status = -1;
    if (capsules == NULL)
        return -1;
    if (PyTuple_Check(capsules) && PyTuple_GET_SIZE(capsules) == 2) {
        PyObject *keeper = PyTuple_GET_ITEM(capsules, 1);
        const struct ArrowSchema *schema =
            PyCapsule_GetPointer(PyTuple_GET_ITEM(capsules, 0), "arrow_schema");
        const struct ArrowArray *array = PyCapsule_GetPointer(keeper, "arrow_array");
        if (schema != NULL && array != NULL)
            status = read_array(to, schema, array, keeper, name);
    } else {
        PyErr_SetString(PyExc_TypeError, "__arrow_c_array__ gives two capsules");
    }
    Py_DECREF(capsules);
    return status;
}

static const char chunk_name[] = "evex.arrow_chunk";

/* The exporter's release may be Python code, which must not see the exception that ends us. */
static void release_chunk(PyObject *capsule) {
    PyObject *type, *value, *traceback;
    struct ArrowArray *chunk = PyCapsule_GetPointer(capsule, chunk_name);
    PyErr_Fetch(&type, &value, &traceback);
    if (chunk->release != NULL)
        chunk->release(chunk);
    PyErr_Restore(type, value, traceback);
    PyMem_Free(chunk);
}

/* The next chunk as a capsule; one whose release is NULL ends the stream. */
static PyObject *next_chunk(struct ArrowArrayStream *stream, PyObject *name) {
    struct ArrowArray *chunk = PyMem_Calloc(1, sizeof *chunk);
    if (chunk == NULL)
        return PyErr_NoMemory();
    if (stream->get_next(stream, chunk) != 0) {
        PyMem_Free(chunk);
        return PyErr_Format(PyExc_TypeError, "operand '%U': its Arrow stream fails", name);
    }
    PyObject *capsule = PyCapsule_New(chunk, chunk_name, release_chunk);
    if (capsule == NULL)
        PyMem_Free(chunk);
    return capsule;
}

static int is_end(PyObject *capsule) {
    return ((struct ArrowArray *)PyCapsule_GetPointer(capsule, chunk_name))->release == NULL;
}

/* An operand is one piece of memory. */
static int read_only_chunk(operand *to, struct ArrowArrayStream *stream,
                           const struct ArrowSchema *schema, PyObject *name) {
    PyObject *first = next_chunk(stream, name), *second = NULL;
    int status = -1;
    if (first != NULL && !is_end(first))
        second = next_chunk(stream, name);
    if (first != NULL && !PyErr_Occurred() && (second == NULL || !is_end(second)))
        PyErr_Format(PyExc_TypeError,
                     "operand '%U' is %s; its chunks are to be combined first (rechunk(), "
                     "combine_chunks())",
                     name,
                     second == NULL ? "an Arrow stream without a chunk"
                                    : "an Arrow stream of several chunks");
    if (!PyErr_Occurred())
        status = read_array(to, schema, PyCapsule_GetPointer(first, chunk_name), first, name);
    Py_XDECREF(first);
    Py_XDECREF(second);
    return status;
}

static void release_schema(struct ArrowSchema *schema) {
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (schema->release != NULL)
        schema->release(schema);
    PyErr_Restore(type, value, traceback);
}

static int read_stream(operand *to, PyObject *exporter, PyObject *name) {
    PyObject *capsule = PyObject_CallMethod(exporter, "__arrow_c_stream__", NULL);
    struct ArrowArrayStream *stream =
        capsule == NULL ? NULL : PyCapsule_GetPointer(capsule, "arrow_array_stream");
    struct ArrowSchema schema = {.release = NULL};
    int status = -1;
    if (stream != NULL && stream->release != NULL && stream->get_schema(stream, &schema) == 0)
        status = read_only_chunk(to, stream, &schema, name);
    else if (!PyErr_Occurred())
        PyErr_Format(PyExc_TypeError, "operand '%U': its Arrow stream fails", name);
    release_schema(&schema);
    Py_XDECREF(capsule);
    return status;
}

int evex_operand_from_arrow(operand *to, PyObject *exporter, PyObject *name, int *status) {
    PyObject *type = (PyObject *)Py_TYPE(exporter);
    if (PyObject_HasAttrString(type, "__arrow_c_array__"))
        *status = read_capsules(to, exporter, name);
    else if (PyObject_HasAttrString(type, "__arrow_c_stream__"))
        *status = read_stream(to, exporter, name);
    else
        return 0;
    return 1;
}
