/* SPDX-License-Identifier: MIT */
/*
 * evex.Pool: a pool of threads of one's own, to be given to calls as pool=. Its threads start when
 * they are first wanted and end with the object.
 */
#include "python/src/binding.h"

typedef struct {
    PyObject_HEAD _Atomic(evex_pool *) pool;
} pool_object;

static int init(PyObject *self, PyObject *args, PyObject *kwargs) {
    static char *keywords[] = {"n_threads", NULL};
    pool_object *object = (pool_object *)self;
    Py_ssize_t n = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|n:Pool", keywords, &n))
        return -1;
    if (n < 0) {
        PyErr_Format(PyExc_ValueError, "a pool of %zd threads cannot be", n);
        return -1;
    }
    evex_pool *made = NULL, *none = NULL;
    evex_error error = EVEX_ERROR_INIT;
    if (evex_pool_create(&made, (size_t)n, NULL, &error) != EVEX_OK) {
        PyErr_SetString(PyExc_MemoryError, error.message);
        return -1;
    }
    if (!atomic_compare_exchange_strong(&object->pool, &none, made)) {
        evex_pool_free(&made);
        PyErr_SetString(PyExc_RuntimeError, "a Pool is made once");
        return -1;
    }
    return 0;
}

static void dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    evex_pool *pool = atomic_load(&((pool_object *)self)->pool);
    Py_BEGIN_ALLOW_THREADS /* its threads may be waiting for the lock */
        evex_pool_free(&pool);
    Py_END_ALLOW_THREADS type->tp_free(self);
    Py_DECREF(type);
}

evex_pool *evex_pool_of(PyObject *pool) {
    evex_pool *made = atomic_load(&((pool_object *)pool)->pool);
    if (made == NULL)
        PyErr_SetString(PyExc_RuntimeError, "the Pool was not initialised");
    return made;
}

static PyObject *n_threads(PyObject *self, void *closure) {
    (void)closure;
    evex_pool *pool = evex_pool_of(self);
    return pool == NULL ? NULL : PyLong_FromSize_t(evex_pool_size(pool));
}

static PyGetSetDef members[] = {
    {"n_threads", n_threads, NULL, "Threads of the pool, the calling one among them.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

PyDoc_STRVAR(doc, "Pool(n_threads=0)\n--\n\n"
                  "A pool of threads of one's own.\n\n"
                  "Parameters\n----------\n"
                  "n_threads : int\n"
                  "    Threads, the calling one among them; 0: as many as the process may use.\n");

static PyType_Slot slots[] = {{Py_tp_init, init},
                              {Py_tp_dealloc, dealloc},
                              {Py_tp_getset, members},
                              {Py_tp_doc, (void *)doc},
                              {0, NULL}};

PyType_Spec evex_pool_spec = {.name = "evex.Pool",
                              .basicsize = sizeof(pool_object),
                              .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
                              .slots = slots};
