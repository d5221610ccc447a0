/* SPDX-License-Identifier: MIT */
/*
 * Where evaluate() finds operands that are not given by keyword: local_dict, then global_dict;
 * where these are not given, the caller's own variables. The frame is only read, and only for the
 * names that the text uses.
 */
#include "python/src/binding.h"

/* PyFrame_GetVar came with 3.12; PyFrame_GetLocals would leave references in the frame. */
#if PY_VERSION_HEX < 0x030C0000
#define Py_BUILD_CORE 1
#include <internal/pycore_frame.h>
#endif

/* A strong reference; NULL without an exception: there is none. */
static PyObject *look_up(PyObject *mapping, PyObject *name) {
    PyObject *value;
    if (PyDict_CheckExact(mapping))
        return evex_dict_get(mapping, name, &value) > 0 ? value : NULL;
    value = PyObject_GetItem(mapping, name);
    if (value == NULL && PyErr_ExceptionMatches(PyExc_KeyError))
        PyErr_Clear();
    return value;
}

/* What names can mean; each is NULL where there is no such thing. */
typedef struct {
    PyObject *locals;         /* strong */
    PyFrameObject *variables; /* strong: of a function, asked name by name */
    PyObject *globals;        /* strong */
} scope;

static int has_variables(PyFrameObject *frame) {
    PyCodeObject *code = PyFrame_GetCode(frame);
    const int is_function = (code->co_flags & CO_OPTIMIZED) != 0;
    Py_DECREF(code);
    return is_function;
}

/* The frame that is so many calls out; NULL: called from no Python code. */
static PyFrameObject *find_frame(Py_ssize_t depth) {
    PyFrameObject *frame = PyEval_GetFrame();
    Py_XINCREF(frame);
    for (; depth > 0 && frame != NULL; depth--)
        Py_SETREF(frame, PyFrame_GetBack(frame));
    return frame;
}

static int open_scope(scope *s, PyObject *local, PyObject *global, Py_ssize_t depth) {
    PyFrameObject *frame = find_frame(depth);
    *s = (scope){Py_XNewRef(local), NULL, Py_XNewRef(global)};
    if (frame == NULL)
        return 0;
    if (global == NULL)
        s->globals = PyFrame_GetGlobals(frame);
    if (local == NULL && has_variables(frame)) {
        s->variables = frame;
        return 0;
    }
    if (local == NULL)
        s->locals = PyFrame_GetLocals(frame);
    Py_DECREF(frame);
    return local == NULL && s->locals == NULL ? -1 : 0;
}

static void close_scope(scope *s) {
    Py_CLEAR(s->variables);
    Py_CLEAR(s->locals);
    Py_CLEAR(s->globals);
}

#if PY_VERSION_HEX >= 0x030C0000
static PyObject *look_up_variable(PyFrameObject *frame, PyObject *name) {
    PyObject *value = PyFrame_GetVar(frame, name);
    if (value == NULL && PyErr_ExceptionMatches(PyExc_NameError))
        PyErr_Clear();
    return value;
}
#else
/* Variables of closures lie in cells. Names of variables are interned, as those of operands are. */
static PyObject *look_up_variable(PyFrameObject *frame, PyObject *name) {
    const _PyInterpreterFrame *inner = frame->f_frame;
    const PyCodeObject *code = inner->f_code;
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        if (PyTuple_GET_ITEM(code->co_localsplusnames, i) != name)
            continue;
        PyObject *value = inner->localsplus[i];
        return Py_XNewRef(value != NULL && PyCell_Check(value) ? PyCell_GET(value) : value);
    }
    return NULL;
}
#endif

static PyObject *find(const scope *s, PyObject *name) {
    PyObject *value = s->variables != NULL ? look_up_variable(s->variables, name)
                      : s->locals != NULL  ? look_up(s->locals, name)
                                           : NULL;
    if (value != NULL || PyErr_Occurred() || s->globals == NULL)
        return value;
    return look_up(s->globals, name);
}

static int read_name(expression *self, operand *to, const scope *s, PyObject *name) {
    PyObject *value = find(s, name);
    if (value == NULL)
        return PyErr_Occurred() ? -1 : 0; /* a constant, or else the compiler has a word to say */
    const int status = evex_operand_read(self->state, to, value, name);
    Py_DECREF(value);
    return status;
}

int evex_names_read(expression *self, operand *operands, PyObject *local, PyObject *global) {
    scope s;
    int status = 0, is_open = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self->names) && status == 0; i++) {
        if (operands[i].array.ndim >= 0)
            continue;
        if (!is_open) {
            status = open_scope(&s, local, global, 0);
            is_open = 1;
        }
        if (status == 0)
            status = read_name(self, &operands[i], &s, PyTuple_GET_ITEM(self->names, i));
    }
    if (is_open)
        close_scope(&s);
    return status;
}

/* A list of what the names mean; KeyError: one means nothing. */
static PyObject *find_all(const scope *s, PyObject *names) {
    PyObject *values = PyList_New(PyTuple_GET_SIZE(names));
    for (Py_ssize_t i = 0; values != NULL && i < PyTuple_GET_SIZE(names); i++) {
        PyObject *value = find(s, PyTuple_GET_ITEM(names, i));
        if (value != NULL) {
            PyList_SET_ITEM(values, i, value);
            continue;
        }
        if (!PyErr_Occurred())
            PyErr_SetObject(PyExc_KeyError, PyTuple_GET_ITEM(names, i));
        Py_CLEAR(values);
    }
    return values;
}

PyObject *evex_names_look_up(PyObject *args) {
    PyObject *names, *local, *global;
    Py_ssize_t depth;
    scope s;
    if (!PyArg_ParseTuple(args, "O!OOn:_look_up", &PyTuple_Type, &names, &local, &global, &depth))
        return NULL;
    const int is_open = open_scope(&s, local == Py_None ? NULL : local,
                                   global == Py_None ? NULL : global, depth) == 0;
    PyObject *values = is_open ? find_all(&s, names) : NULL;
    close_scope(&s);
    return values;
}
