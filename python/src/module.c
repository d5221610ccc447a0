/* SPDX-License-Identifier: MIT */
/*
 * The module evex._evex: its state, evaluate(), and what evex/__init__.py builds the rest from. See
 * binding.h for the other files.
 */
#define EVEX_IMPORTS_NUMPY
#include "python/src/binding.h"

static module_state *state_of(PyObject *module) {
    return PyModule_GetState(module);
}

module_state *evex_state_of(PyTypeObject *type) {
    return PyType_GetModuleState(type);
}

/* ---- evaluate() ----------------------------------------------------------------------------- */

/* Positional parameters behind the text. */
enum { LOCAL_DICT, GLOBAL_DICT, OUT, ORDER, CASTING, N_POSITIONAL };

/* The dicts of a call: None is the same as not given. */
typedef struct {
    PyObject *local, *global;
} dicts;

static void set_dict(PyObject **dict, PyObject *value) {
    *dict = value == Py_None ? NULL : value;
}

static int take_positional(module_state *state, call_options *options, dicts *d, Py_ssize_t which,
                           PyObject *value) {
    switch (which) {
    case LOCAL_DICT:
        set_dict(&d->local, value);
        return 0;
    case GLOBAL_DICT:
        set_dict(&d->global, value);
        return 0;
    case OUT:
        return evex_option_set(state, options, ARG_OUT, value);
    case ORDER:
        return evex_option_set(state, options, ARG_ORDER, value);
    default:
        return evex_option_set(state, options, ARG_CASTING, value);
    }
}

static int is_named(PyObject *name, const char *text) {
    return PyUnicode_CompareWithASCIIString(name, text) == 0;
}

/* An operand of the text comes first, so that every name can be one. */
static int take_keyword(expression *self, operand *operands, call_options *options, dicts *d,
                        PyObject *name, PyObject *value) {
    const Py_ssize_t i = evex_expression_find_name(self, name);
    if (i >= 0)
        return evex_operand_read(self->state, &operands[i], value, name);
    const keyword which = evex_find_keyword(self->state, name);
    if (which != N_ARGS)
        return evex_option_set(self->state, options, which, value);
    if (is_named(name, "local_dict"))
        set_dict(&d->local, value);
    else if (is_named(name, "global_dict"))
        set_dict(&d->global, value);
    else {
        PyErr_Format(PyExc_TypeError, "'%U' is neither an operand of %R nor an option", name,
                     self->text);
        return -1;
    }
    return 0;
}

static int take_arguments(expression *self, operand *operands, call_options *options, dicts *d,
                          PyObject *const *args, Py_ssize_t n_args, PyObject *names) {
    if (n_args > 1 + N_POSITIONAL) {
        PyErr_Format(PyExc_TypeError, "evaluate() takes at most %d positional arguments",
                     1 + N_POSITIONAL);
        return -1;
    }
    for (Py_ssize_t i = 1; i < n_args; i++)
        if (take_positional(self->state, options, d, i - 1, args[i]) < 0)
            return -1;
    for (Py_ssize_t k = 0; names != NULL && k < PyTuple_GET_SIZE(names); k++)
        if (take_keyword(self, operands, options, d, PyTuple_GET_ITEM(names, k), args[n_args + k]) <
            0)
            return -1;
    return 0;
}

static PyObject *evaluate_expression(expression *self, PyObject *const *args, Py_ssize_t n_args,
                                     PyObject *names) {
    const Py_ssize_t n = PyTuple_GET_SIZE(self->names);
    operand room[N_STACK_OPERANDS], *operands = evex_operands_new(room, n);
    if (operands == NULL)
        return NULL;
    call_options options;
    dicts d = {NULL, NULL};
    PyObject *result = NULL;
    if (evex_options_init(self->state, &options) == 0 &&
        take_arguments(self, operands, &options, &d, args, n_args, names) == 0 &&
        evex_names_read(self, operands, d.local, d.global) == 0)
        result = evex_run(self, operands, &options);
    evex_options_free(&options);
    evex_operands_free(operands, room, n);
    return result;
}

static PyObject *evaluate(PyObject *module, PyObject *const *args, Py_ssize_t n_args,
                          PyObject *names) {
    module_state *state = state_of(module);
    expression *self = NULL;
    if (n_args < 1 || (!PyUnicode_Check(args[0]) && Py_TYPE(args[0]) != state->expression_type)) {
        PyErr_SetString(PyExc_TypeError,
                        "evaluate() takes an expression first: a str or an evex.Expression");
        return NULL;
    }
    self = PyUnicode_Check(args[0]) ? evex_expression_get(state, args[0])
                                    : (expression *)Py_NewRef(args[0]);
    if (self == NULL)
        return NULL;
    PyObject *result = evaluate_expression(self, args, n_args, names);
    Py_DECREF(self);
    return result;
}

/* ---- The rest ------------------------------------------------------------------------------- */

static PyObject *isa(PyObject *module, PyObject *none) {
    (void)module, (void)none;
    return PyUnicode_FromString(evex_isa());
}

static PyObject *library_version(PyObject *module, PyObject *none) {
    (void)module, (void)none;
    return PyUnicode_FromString(evex_version());
}

static PyObject *n_threads(PyObject *module, PyObject *none) {
    (void)module, (void)none;
    return PyLong_FromSize_t(evex_pool_size(NULL));
}

static PyObject *register_function(PyObject *module, PyObject *args) {
    return evex_register_function(state_of(module), args);
}

static PyObject *to_arrow(PyObject *module, PyObject *args) {
    (void)module;
    return evex_to_arrow(args);
}

static PyObject *look_up(PyObject *module, PyObject *args) {
    (void)module;
    return evex_names_look_up(args);
}

/* The names of dtypes, by their number. */
static PyObject *dtypes(PyObject *module, PyObject *none) {
    (void)module, (void)none;
    PyObject *names = PyTuple_New(EVEX_N_DTYPES);
    for (int k = 0; names != NULL && k < EVEX_N_DTYPES; k++) {
        PyObject *name = PyUnicode_FromString(evex_dtype_name((evex_dtype)k));
        if (name == NULL)
            Py_CLEAR(names);
        else
            PyTuple_SET_ITEM(names, k, name);
    }
    return names;
}

static PyObject *cached(PyObject *module, PyObject *none) {
    (void)none;
    return PyLong_FromSsize_t(PyDict_GET_SIZE(state_of(module)->cache));
}

static PyObject *clear_cache(PyObject *module, PyObject *none) {
    (void)none;
    PyDict_Clear(state_of(module)->cache);
    return PyLong_FromSize_t(evex_memory_trim(state_of(module)->memory));
}

PyDoc_STRVAR(
    evaluate_doc,
    "evaluate(ex, local_dict=None, global_dict=None, out=None, order='K', casting='same_kind', *, "
    "threads=None, pool=None, by=None, overflow='wrap', fast=None, result=None, "
    "**operands)\n--\n\n"
    "Evaluate an expression.\n\n"
    "Parameters\n----------\n"
    "ex : str or Expression\n"
    "    The text, e.g. ``'2*a + 3*b'``. Texts are compiled once and cached.\n"
    "local_dict, global_dict : mapping, optional\n"
    "    Where operands are looked up. Default: the caller's local and global variables.\n"
    "out : ndarray or tuple of ndarrays, optional\n"
    "    Where the results go. May overlap operands.\n"
    "order : {'K', 'A', 'C', 'F'}\n"
    "    Memory order of new results.\n"
    "casting : {'no', 'equiv', 'safe', 'same_kind', 'unsafe'}\n"
    "    What may happen to the results on their way to `out`.\n"
    "threads : int, optional\n"
    "    At most so many threads. Default: what set_num_threads() or threads() set, else all.\n"
    "pool : Pool, optional\n"
    "    Whose threads. Default: one pool for the process.\n"
    "by : Groups, array or tuple of arrays, optional\n"
    "    The groups of the rows, or keys as group() takes them: reductions are then by group.\n"
    "overflow : {'wrap', 'error', 'float'}\n"
    "    What integers that are too large for their type become: wrapped, an EvexError with the\n"
    "    index of the first, or floats from the start.\n"
    "fast : None\n"
    "    There are no inexact modes.\n"
    "result : {None, 'arrow'}\n"
    "    'arrow': results are objects with ``__arrow_c_array__``.\n"
    "**operands\n"
    "    Operands by name; they come before those of the dicts.\n\n"
    "Returns\n-------\n"
    "ndarray, NumPy scalar or named tuple\n"
    "    One result, or one for each of several. Where elements may be null, a masked array.\n\n"
    "Raises\n------\n"
    "EvexError\n"
    "    The text is no expression, or its operands do not fit it.\n\n"
    "Examples\n--------\n"
    ">>> a = np.arange(4.0)\n"
    ">>> evex.evaluate('2*a + 1')\n"
    "array([1., 3., 5., 7.])\n");

static PyMethodDef methods[] = {{"evaluate", (PyCFunction)(void (*)(void))evaluate,
                                 METH_FASTCALL | METH_KEYWORDS, evaluate_doc},
                                {"_isa", isa, METH_NOARGS, NULL},
                                {"_version", library_version, METH_NOARGS, NULL},
                                {"_n_threads", n_threads, METH_NOARGS, NULL},
                                {"_register", register_function, METH_VARARGS, NULL},
                                {"_to_arrow", to_arrow, METH_VARARGS, NULL},
                                {"_look_up", look_up, METH_VARARGS, NULL},
                                {"_dtypes", dtypes, METH_NOARGS, NULL},
                                {"_cached", cached, METH_NOARGS, NULL},
                                {"_clear_cache", clear_cache, METH_NOARGS, NULL},
                                {NULL, NULL, 0, NULL}};

/* ---- Life ----------------------------------------------------------------------------------- */

static int add_type(PyObject *module, PyTypeObject **type, PyType_Spec *spec, const char *name) {
    *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *type == NULL ? -1 : PyModule_AddObjectRef(module, name, (PyObject *)*type);
}

static PyObject *import_name(const char *module, const char *name) {
    PyObject *imported = PyImport_ImportModule(module);
    PyObject *found = imported == NULL ? NULL : PyObject_GetAttrString(imported, name);
    Py_XDECREF(imported);
    return found;
}

static PyObject *intern_keywords(void) {
    static const char *const names[N_ARGS] = {"out", "order",    "casting", "threads", "pool",
                                              "by",  "overflow", "fast",    "result"};
    PyObject *keywords = PyTuple_New(N_ARGS);
    for (int k = 0; keywords != NULL && k < N_ARGS; k++) {
        PyObject *name = PyUnicode_InternFromString(names[k]);
        if (name == NULL)
            Py_CLEAR(keywords);
        else
            PyTuple_SET_ITEM(keywords, k, name);
    }
    return keywords;
}

static int execute(PyObject *module) {
    module_state *state = state_of(module);
    if (PyArray_ImportNumPyAPI() < 0 ||
        add_type(module, &state->expression_type, &evex_expression_spec, "Expression") < 0 ||
        add_type(module, &state->pool_type, &evex_pool_spec, "Pool") < 0)
        return -1;
    state->adapt = import_name("evex._adapt", "adapt");
    state->raise_error = import_name("evex._errors", "raise_error");
    state->make_results = import_name("evex._results", "make_type");
    state->make_masked = import_name("evex._results", "masked");
    state->export_arrow = import_name("evex._results", "exported");
    state->make_groups = import_name("evex._groups", "as_groups");
    state->cache = PyDict_New();
    if (evex_functions_create(&state->functions, NULL, NULL) != EVEX_OK)
        PyErr_NoMemory();
    state->keywords = intern_keywords();
    state->memory = PyErr_Occurred() ? NULL : evex_memory_new();
    state->threads = PyContextVar_New("evex.threads", Py_None);
    if (state->adapt == NULL || state->raise_error == NULL || state->make_results == NULL ||
        state->make_masked == NULL || state->export_arrow == NULL || state->make_groups == NULL ||
        state->cache == NULL || state->keywords == NULL || state->threads == NULL ||
        state->memory == NULL || state->functions == NULL)
        return -1;
    return PyModule_AddObjectRef(module, "_threads", state->threads);
}

static int traverse(PyObject *module, visitproc visit, void *arg) {
    module_state *state = state_of(module);
    Py_VISIT(state->expression_type);
    Py_VISIT(state->pool_type);
    Py_VISIT(state->adapt);
    Py_VISIT(state->raise_error);
    Py_VISIT(state->make_results);
    Py_VISIT(state->make_masked);
    Py_VISIT(state->export_arrow);
    Py_VISIT(state->make_groups);
    Py_VISIT(state->cache);
    Py_VISIT(state->memory);
    Py_VISIT(state->threads);
    return 0;
}

static int clear(PyObject *module) {
    module_state *state = state_of(module);
    Py_CLEAR(state->expression_type);
    Py_CLEAR(state->pool_type);
    Py_CLEAR(state->adapt);
    Py_CLEAR(state->raise_error);
    Py_CLEAR(state->make_results);
    Py_CLEAR(state->make_masked);
    Py_CLEAR(state->export_arrow);
    Py_CLEAR(state->make_groups);
    Py_CLEAR(state->cache);
    Py_CLEAR(state->keywords);
    Py_CLEAR(state->memory);
    Py_CLEAR(state->threads);
    return 0;
}

static void free_module(void *module) {
    clear(module);
    evex_functions_free(&state_of(module)->functions);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL}};

struct PyModuleDef evex_module = {.m_base = PyModuleDef_HEAD_INIT,
                                  .m_name = "evex._evex",
                                  .m_doc = "The compiled part of evex; import evex.",
                                  .m_size = sizeof(module_state),
                                  .m_methods = methods,
                                  .m_slots = slots,
                                  .m_traverse = traverse,
                                  .m_clear = clear,
                                  .m_free = free_module};

PyMODINIT_FUNC PyInit__evex(void);

PyMODINIT_FUNC PyInit__evex(void) {
    return PyModuleDef_Init(&evex_module);
}
