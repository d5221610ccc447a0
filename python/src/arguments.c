/* SPDX-License-Identifier: MIT */
/*
 * The keyword arguments that evaluate() and compiled expressions share. A name that the text uses
 * is its operand: in a call of such a text it is no option.
 */
#include "python/src/binding.h"

keyword evex_find_keyword(const module_state *state, PyObject *name) {
    for (int k = 0; k < N_ARGS; k++)
        if (PyTuple_GET_ITEM(state->keywords, k) == name) /* both are interned as a rule */
            return (keyword)k;
    for (int k = 0; k < N_ARGS; k++)
        if (PyUnicode_Compare(PyTuple_GET_ITEM(state->keywords, k), name) == 0)
            return (keyword)k;
    return N_ARGS;
}

/* None: all. */
static int set_threads(call_options *options, PyObject *value) {
    if (value == Py_None)
        return 0;
    const Py_ssize_t n = PyNumber_AsSsize_t(value, PyExc_ValueError);
    if (n < 1) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_ValueError, "threads must be at least 1, not %zd", n);
        return -1;
    }
    options->n_threads = (size_t)n;
    return 0;
}

static int set_pool(module_state *state, call_options *options, PyObject *value) {
    if (value == Py_None)
        return 0;
    if (Py_TYPE(value) != state->pool_type) {
        PyErr_Format(PyExc_TypeError, "pool must be an evex.Pool, not %R",
                     (PyObject *)Py_TYPE(value));
        return -1;
    }
    options->pool = evex_pool_of(value);
    return options->pool != NULL ? 0 : -1;
}

static int set_by(module_state *state, call_options *options, PyObject *value) {
    if (value == Py_None)
        return 0;
    PyObject *groups = PyObject_CallOneArg(state->make_groups, value);
    PyObject *codes = groups == NULL ? NULL : PyObject_GetAttrString(groups, "codes");
    PyObject *n = codes == NULL ? NULL : PyObject_GetAttrString(groups, "n_groups");
    const long long n_groups = n == NULL ? -1 : PyLong_AsLongLong(n);
    Py_XDECREF(n);
    Py_XDECREF(groups);
    if (PyErr_Occurred()) {
        Py_XDECREF(codes);
        return -1;
    }
    Py_XSETREF(options->groups, codes);
    options->n_groups = n_groups;
    return 0;
}

static const char *const overflow_names[] = {"wrap", "error", "float"};

PyObject *evex_overflow_name(int overflow) {
    return PyUnicode_FromString(overflow_names[overflow]);
}

int evex_overflow_of(PyObject *name) {
    for (int k = 0; PyUnicode_Check(name) && k < 3; k++)
        if (PyUnicode_CompareWithASCIIString(name, overflow_names[k]) == 0)
            return k;
    PyErr_Format(PyExc_ValueError, "overflow must be 'wrap', 'error' or 'float', not %R", name);
    return -1;
}

static int set_fast(PyObject *value) {
    if (value == Py_None)
        return 0;
    PyErr_Format(PyExc_ValueError, "fast must be None, not %R: results are exact in every mode",
                 value);
    return -1;
}

static int set_result(call_options *options, PyObject *value) {
    options->is_arrow = value != Py_None;
    if (value == Py_None ||
        (PyUnicode_Check(value) && PyUnicode_CompareWithASCIIString(value, "arrow") == 0))
        return 0;
    PyErr_Format(PyExc_ValueError, "result must be None or 'arrow', not %R", value);
    return -1;
}

void evex_options_free(call_options *options) {
    Py_CLEAR(options->groups);
}

int evex_options_init(module_state *state, call_options *options) {
    PyObject *threads = NULL;
    *options =
        (call_options){.order = NPY_KEEPORDER, .casting = NPY_SAME_KIND_CASTING, .overflow = -1};
    if (PyContextVar_Get(state->threads, NULL, &threads) < 0)
        return -1;
    const int status = threads == NULL ? 0 : set_threads(options, threads);
    Py_XDECREF(threads);
    return status;
}

int evex_option_set(module_state *state, call_options *options, keyword which, PyObject *value) {
    switch (which) {
    case ARG_OUT:
        options->out = value == Py_None ? NULL : value;
        return 0;
    case ARG_ORDER:
        return PyArray_OrderConverter(value, &options->order) == NPY_SUCCEED ? 0 : -1;
    case ARG_CASTING:
        return PyArray_CastingConverter(value, &options->casting) == NPY_SUCCEED ? 0 : -1;
    case ARG_THREADS:
        return set_threads(options, value);
    case ARG_POOL:
        return set_pool(state, options, value);
    case ARG_BY:
        return set_by(state, options, value);
    case ARG_OVERFLOW:
        return (options->overflow = evex_overflow_of(value)) < 0 ? -1 : 0;
    case ARG_FAST:
        return set_fast(value);
    case ARG_RESULT:
        return set_result(options, value);
    default:
        return 0;
    }
}
