/* SPDX-License-Identifier: MIT */
/*
 * What the files of the extension module share: the module's state, and what each file offers to
 * the others. The module sees the library as everyone does, through evex.h, and NumPy through its C
 * API. Calls happen under the interpreter lock except where a comment says so.
 *
 *   module.c       the module, its functions and state
 *   operand.c      Python objects as inputs
 *   times.c        units of time, types of results
 *   expression.c   compiled expressions: one text, one program for each combination of types
 *   run.c          an evaluation: outputs, the interpreter lock, errors
 *   names.c        where evaluate() finds its operands
 *   arguments.c    keyword arguments that all callables take
 *   arrow.c        arrays of Arrow's C data interface as operands, and arrow_out.c as results
 *   functions.c    C functions of the user's
 *   pool.c         threads of one's own
 *   memory.c       NumPy's memory for large results, recycled
 */
#ifndef EVEX_PYTHON_BINDING_H
#define EVEX_PYTHON_BINDING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL evex_numpy_api
#ifndef EVEX_IMPORTS_NUMPY
#define NO_IMPORT_ARRAY
#endif
#include <numpy/arrayobject.h>

#include <stdatomic.h>

#include "include/evex.h"

/*
 * Free-threaded builds have no interpreter lock to keep threads apart. What is shared is then
 * guarded by the lock of an object, or published atomically and never changed; elsewhere the
 * sections are empty.
 */
#if PY_VERSION_HEX >= 0x030D0000
#define BEGIN_SECTION(object) Py_BEGIN_CRITICAL_SECTION(object)
#define END_SECTION() Py_END_CRITICAL_SECTION()
#else
#define BEGIN_SECTION(object) {
#define END_SECTION() }
#endif

/* PyDict_GetItemRef before there was one: -1 error, 0 absent, 1 found, and a strong reference. */
static inline int evex_dict_get(PyObject *dict, PyObject *key, PyObject **value) {
#if PY_VERSION_HEX >= 0x030D0000
    return PyDict_GetItemRef(dict, key, value);
#else
    *value = Py_XNewRef(PyDict_GetItemWithError(dict, key));
    return *value != NULL ? 1 : PyErr_Occurred() ? -1 : 0;
#endif
}

/* ---- State ---------------------------------------------------------------------------------- */

typedef struct {
    PyTypeObject *expression_type, *pool_type;
    PyObject *adapt;        /* _adapt.adapt: other objects as arrays */
    PyObject *raise_error;  /* _errors.raise_error */
    PyObject *make_results; /* _results.make_type: a named tuple's type */
    PyObject *make_masked;  /* _results.masked: a result and which of its elements are null */
    PyObject *make_groups;  /* _groups.as_groups: the Groups for by= */
    PyObject *export_arrow; /* _results.exported: a result for Arrow */
    PyObject *cache;        /* dict: text -> expression; the oldest entry first */
    PyObject *threads;      /* context variable: None or the number of threads */
    PyObject *keywords;     /* tuple of the interned names of options, in the order of `keyword` */
    PyObject *memory;       /* the data allocator for large results, a capsule of memory.c's */
    evex_functions *functions;
} module_state;

extern struct PyModuleDef evex_module;

module_state *evex_state_of(PyTypeObject *type);

/* ---- Operands ------------------------------------------------------------------------------- */

enum { N_STACK_OPERANDS = 16 };

/* An input: its array, and who keeps that alive. Scalars lie in the operand itself. */
typedef struct {
    evex_array array;
    evex_kind kind;
    uint8_t unit;    /* evex_unit */
    PyObject *owner; /* strong; NULL: none */
    PyObject *mask;  /* strong: who keeps the validity; NULL: nobody else */
    int64_t length;  /* the shape of what comes from Arrow */
    union {
        uint8_t b;
        int64_t i;
        uint64_t u;
        double f;
        double c[2];
        evex_str s;
        char bytes[16];
    } scalar;
} operand;

/* Reads a Python object as an input. name (a str) is for errors. -1: an exception is set. */
int evex_operand_read(module_state *state, operand *to, PyObject *object, PyObject *name);
/* An ndarray's memory as an evex_array; -1 and no exception: a type that evex does not have. */
int evex_array_of(evex_array *to, PyArrayObject *array);
/* An ndarray of bools says which elements are null; holds it. */
void evex_operand_set_mask(operand *to, PyArrayObject *mask);
/* NumPy's type number for a dtype. */
int evex_type_number(evex_dtype dtype);

/* times.c: the evex_unit of a dtype; -1: one that the library does not know. */
int evex_unit_of(PyArray_Descr *descr);
/* A new reference to the dtype of results. */
PyArray_Descr *evex_descr_of(evex_dtype dtype, int unit);

/* ---- Arguments ------------------------------------------------------------------------------ */

typedef enum {
    ARG_OUT,
    ARG_ORDER,
    ARG_CASTING,
    ARG_THREADS,
    ARG_POOL,
    ARG_BY,
    ARG_OVERFLOW,
    ARG_FAST,
    ARG_RESULT,
    N_ARGS
} keyword;

/* The options of one call; borrowed references but for groups. */
typedef struct {
    PyObject *out; /* NULL: none */
    NPY_ORDER order;
    NPY_CASTING casting;
    size_t n_threads; /* 0: all */
    evex_pool *pool;  /* NULL: the default one */
    int overflow;     /* evex_overflow; -1: the expression's own */
    int is_arrow;     /* results as objects with __arrow_c_array__ */
    PyObject *groups; /* strong: the codes; NULL: no groups */
    int64_t n_groups;
} call_options;

int evex_options_init(module_state *state, call_options *options);
/* Which option a keyword names, N_ARGS: none. name must be a str. */
keyword evex_find_keyword(const module_state *state, PyObject *name);
/* Takes one option in; -1: an exception is set. */
int evex_option_set(module_state *state, call_options *options, keyword which, PyObject *value);
void evex_options_free(call_options *options);
/* The evex_overflow that a str names, or -1 and an exception. */
int evex_overflow_of(PyObject *name);
PyObject *evex_overflow_name(int overflow);

/* ---- Expressions ---------------------------------------------------------------------------- */

enum { NO_OPERAND = 0x7fffffff };

/* The program of an expression for operands of certain types. Never changed once it is listed. */
typedef struct program {
    struct program *next;
    evex_expr *expr;
    const evex_output *outputs;
    size_t n_inputs, n_outputs;
    int overflow, is_grouped;   /* as it was compiled */
    int is_spanning;            /* all outputs have the shape that the inputs broadcast to */
    int is_nullable;            /* some output is */
    uint32_t *operand_of_input; /* number of the name */
    uint32_t types[];           /* one a name: what type_of() makes of an operand, or NO_OPERAND */
} program;

typedef struct {
    PyObject_HEAD vectorcallfunc vectorcall;
    module_state *state;             /* the type's module outlives its objects */
    PyObject *text;                  /* str */
    PyObject *names;                 /* tuple of interned str */
    int overflow;                    /* evex_overflow of calls that do not say */
    _Atomic(PyObject *) result_type; /* NULL until it is known */
    PyObject *weak_references;
    _Atomic(program *) programs; /* the latest first */
} expression;

extern PyType_Spec evex_expression_spec;

/* The expression of a text, from the cache or new; a strong reference. */
expression *evex_expression_get(module_state *state, PyObject *text);
/* One that is not in the cache. */
expression *evex_expression_new(module_state *state, PyObject *text);
/* The number of a name, or -1. */
Py_ssize_t evex_expression_find_name(const expression *self, PyObject *name);
/* n absent operands, in room for N_STACK_OPERANDS or on the heap; NULL: no memory. */
operand *evex_operands_new(operand *room, Py_ssize_t n);
void evex_operands_free(operand *operands, const operand *room, Py_ssize_t n);
/* The program for operands (array.ndim < 0: absent, left to the language's constants). */
program *evex_expression_program(expression *self, const operand *operands,
                                 const call_options *options);

/* ---- Runs ----------------------------------------------------------------------------------- */

/* Evaluates; a new reference to the result or the named tuple of results. */
PyObject *evex_run(expression *self, operand *operands, const call_options *options);
/* Sets an exception if the operands' shapes do not fit; reads no element. */
int evex_check_shapes(expression *self, program *p, const operand *operands);
/* Sets the exception for an error of the library; always NULL. */
PyObject *evex_raise(module_state *state, const evex_error *error, PyObject *text,
                     PyObject *operand_name);

/* ---- The rest ------------------------------------------------------------------------------- */

/* names.c: reads the operands that are still absent. local, global: dict-like, or NULL for the
 * caller's frame. What is found nowhere stays absent. */
int evex_names_read(expression *self, operand *operands, PyObject *local, PyObject *global);
/* _look_up(names, local, global, depth): a list of what interned names mean, in dicts or, for None,
 * to the function that is depth calls out of the calling one. */
PyObject *evex_names_look_up(PyObject *args);

/* functions.c: _register(name, address, result, operands, is_block); types as numbers of
 * evex_dtype. */
PyObject *evex_register_function(module_state *state, PyObject *args);

/* arrow.c: an object that has __arrow_c_array__ or __arrow_c_stream__ as an operand. 0: it has
 * neither. */
int evex_operand_from_arrow(operand *to, PyObject *exporter, PyObject *name, int *status);
/* _to_arrow(array, mask or None): two capsules, as __arrow_c_array__ gives them. */
PyObject *evex_to_arrow(PyObject *args);

/* pool.c: evex.Pool. */
extern PyType_Spec evex_pool_spec;
/* NULL, and an exception is set: the pool is closed. */
evex_pool *evex_pool_of(PyObject *pool);

/* memory.c: an array whose memory, if it is large, is recycled. Takes the reference to descr. */
PyObject *evex_new_array(module_state *state, PyArray_Descr *descr, int ndim, const npy_intp *shape,
                         int is_fortran);
/* A new data allocator, as NEP 49 wants it. */
PyObject *evex_memory_new(void);
/* Gives what is idle back to the system; how much it was. */
size_t evex_memory_trim(PyObject *memory);

#endif
