/* SPDX-License-Identifier: MIT */
/*
 * User functions: addresses of C functions, as numba's @cfunc, cffi and ctypes give them. A scalar
 * function is called element by element through a loop of its type and arity; a block function has
 * the library's own signature (evex_function_kernel). Neither may touch Python: the interpreter
 * lock is not held when they run.
 */
#include "python/src/binding.h"

enum { MAX_SCALAR_OPERANDS = 4 };

/* What a scalar function's loop needs to know; lives as long as the process. */
typedef struct {
    uintptr_t address;
    size_t n_operands;
} scalar_function;

/* For type C: the loop over the function at user, of one to four operands. */
#define AT(k, C) (((const C *)in[k])[i * step[k]])
#define DEFINE_LOOP(name, C)                                                                       \
    static void name(void *result, const void *const *in, const size_t *step, size_t n,            \
                     void *user) {                                                                 \
        const scalar_function *function = user;                                                    \
        C *out = result;                                                                           \
        if (function->n_operands == 1)                                                             \
            for (size_t i = 0; i < n; i++)                                                         \
                out[i] = ((C(*)(C))function->address)(AT(0, C));                                   \
        else if (function->n_operands == 2)                                                        \
            for (size_t i = 0; i < n; i++)                                                         \
                out[i] = ((C(*)(C, C))function->address)(AT(0, C), AT(1, C));                      \
        else if (function->n_operands == 3)                                                        \
            for (size_t i = 0; i < n; i++)                                                         \
                out[i] = ((C(*)(C, C, C))function->address)(AT(0, C), AT(1, C), AT(2, C));         \
        else                                                                                       \
            for (size_t i = 0; i < n; i++)                                                         \
                out[i] =                                                                           \
                    ((C(*)(C, C, C, C))function->address)(AT(0, C), AT(1, C), AT(2, C), AT(3, C)); \
    }
DEFINE_LOOP(loop_f32, float)
DEFINE_LOOP(loop_f64, double)
DEFINE_LOOP(loop_i32, int32_t)
DEFINE_LOOP(loop_i64, int64_t)

static evex_function_kernel loop_of(evex_dtype dtype) {
    switch (dtype) {
    case EVEX_F32:
        return loop_f32;
    case EVEX_F64:
        return loop_f64;
    case EVEX_I32:
        return loop_i32;
    case EVEX_I64:
        return loop_i64;
    default:
        return NULL;
    }
}

/* The loop of a scalar function; NULL, and an exception is set, if there is none. */
static evex_function_kernel find_loop(evex_dtype result, const evex_dtype *operands, size_t n) {
    int is_uniform = n >= 1 && n <= MAX_SCALAR_OPERANDS;
    for (size_t k = 0; k < n; k++)
        is_uniform &= operands[k] == result;
    const evex_function_kernel loop = is_uniform ? loop_of(result) : NULL;
    if (loop == NULL)
        PyErr_SetString(PyExc_TypeError,
                        "a scalar function has one to four operands and a result, all of one type "
                        "of float64, float32, int64 and int32; others are to be block functions");
    return loop;
}

static int add(module_state *state, PyObject *name, evex_dtype result, const evex_dtype *operands,
               size_t n, uintptr_t address, int is_block) {
    evex_error error = EVEX_ERROR_INIT;
    scalar_function *function = NULL;
    evex_function_kernel kernel = (evex_function_kernel)address;
    if (!is_block) {
        if ((kernel = find_loop(result, operands, n)) == NULL)
            return -1;
        if ((function = PyMem_RawMalloc(sizeof *function)) == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        *function = (scalar_function){address, n};
    }
    evex_status status;
    BEGIN_SECTION(state->cache); /* nobody compiles meanwhile */
    status = evex_functions_add(state->functions, PyUnicode_AsUTF8(name), result, operands, n,
                                kernel, function, &error);
    END_SECTION();
    if (status == EVEX_OK)
        return 0;
    PyMem_RawFree(function);
    evex_raise(state, &error, name, NULL);
    return -1;
}

PyObject *evex_register_function(module_state *state, PyObject *args) {
    PyObject *name, *types, *address;
    int result, is_block;
    evex_dtype operands[64];
    if (!PyArg_ParseTuple(args, "UO!iO!p:_register", &name, &PyLong_Type, &address, &result,
                          &PyTuple_Type, &types, &is_block))
        return NULL;
    void *pointer = PyLong_AsVoidPtr(address);
    const Py_ssize_t n = PyTuple_GET_SIZE(types);
    if (PyErr_Occurred())
        return NULL;
    if (pointer == NULL || n > (Py_ssize_t)(sizeof operands / sizeof *operands)) {
        PyErr_SetString(PyExc_ValueError, pointer == NULL ? "the function's address is 0"
                                                          : "a function has at most 64 operands");
        return NULL;
    }
    for (Py_ssize_t k = 0; k < n; k++)
        operands[k] = (evex_dtype)PyLong_AsLong(PyTuple_GET_ITEM(types, k));
    if (PyErr_Occurred() ||
        add(state, name, (evex_dtype)result, operands, (size_t)n, (uintptr_t)pointer, is_block) < 0)
        return NULL;
    Py_RETURN_NONE;
}
