/* SPDX-License-Identifier: MIT */
/*
 * Compiled expressions. The text is read once for its names; the program for a combination of
 * operand types is compiled when it is first wanted and kept. Programs are only ever added, so a
 * call may go on with one while others are made.
 */
#include "python/src/binding.h"

#include <stddef.h>
#include <string.h>
#include <structmember.h>

enum { MAX_CACHED = 1024 };

/* ---- Names ---------------------------------------------------------------------------------- */

static int append_name(void *list, const char *text, size_t n_bytes) {
    PyObject *name = PyUnicode_DecodeUTF8(text, (Py_ssize_t)n_bytes, "strict");
    if (name == NULL)
        return -1;
    PyUnicode_InternInPlace(&name);
    const int status = PyList_Append(list, name);
    Py_DECREF(name);
    return status;
}

/* A tuple of the text's free names. */
static PyObject *names_of(module_state *state, PyObject *text) {
    Py_ssize_t n_bytes;
    const char *source = PyUnicode_AsUTF8AndSize(text, &n_bytes);
    PyObject *list = source == NULL ? NULL : PyList_New(0);
    if (list == NULL)
        return NULL;
    evex_error error = EVEX_ERROR_INIT;
    PyObject *names = NULL;
    if (evex_names(source, (size_t)n_bytes, NULL, append_name, list, &error) == EVEX_OK)
        names = PyList_AsTuple(list);
    else if (!PyErr_Occurred())
        evex_raise(state, &error, text, NULL);
    Py_DECREF(list);
    return names;
}

/* ---- Programs ------------------------------------------------------------------------------- */

static uint32_t type_of(const operand *o) {
    return o->array.ndim < 0
               ? NO_OPERAND
               : (uint32_t)o->array.dtype | (uint32_t)o->kind << 8 |
                     (uint32_t)(o->array.validity != NULL) << 9 | (uint32_t)o->unit << 16;
}

/* The options that a program depends on. */
static int overflow_of(const expression *self, const call_options *options) {
    return options->overflow >= 0 ? options->overflow : self->overflow;
}

static int is_for(const program *p, const operand *operands, Py_ssize_t n, int overflow,
                  int is_grouped) {
    if (p->overflow != overflow || p->is_grouped != is_grouped)
        return 0;
    for (Py_ssize_t i = 0; i < n; i++)
        if (p->types[i] != type_of(&operands[i]))
            return 0;
    return 1;
}

/* The variables that a text may use: the names that have an operand. */
static size_t list_vars(const expression *self, const operand *operands, evex_var *vars) {
    size_t n_vars = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self->names); i++)
        if (operands[i].array.ndim >= 0)
            vars[n_vars++] = (evex_var){.name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(self->names, i)),
                                        .dtype = operands[i].array.dtype,
                                        .kind = operands[i].kind,
                                        .nullable = operands[i].array.validity != NULL,
                                        .unit = operands[i].unit};
    return n_vars;
}

static evex_expr *compile(expression *self, const operand *operands, const call_options *call) {
    Py_ssize_t n_bytes;
    const char *source = PyUnicode_AsUTF8AndSize(self->text, &n_bytes);
    const size_t n = (size_t)PyTuple_GET_SIZE(self->names);
    evex_var *vars = PyMem_New(evex_var, n + 1);
    if (vars == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    evex_compile_options options = EVEX_COMPILE_OPTIONS_INIT;
    options.functions = self->state->functions;
    options.overflow = (uint8_t)overflow_of(self, call);
    options.grouped = call->groups != NULL;
    evex_expr *expr;
    evex_error error = EVEX_ERROR_INIT;
    const size_t n_vars = list_vars(self, operands, vars);
    BEGIN_SECTION(self->state->cache); /* functions are added under it */
    evex_compile(&expr, source, (size_t)n_bytes, vars, n_vars, &options, &error);
    END_SECTION();
    if (expr == NULL)
        evex_raise(self->state, &error, self->text, NULL);
    PyMem_Free(vars);
    return expr;
}

/* Which name an input of the program is. */
static int find_operands(const expression *self, program *p) {
    const evex_var *inputs = evex_expr_inputs(p->expr, &p->n_inputs);
    p->operand_of_input = PyMem_New(uint32_t, p->n_inputs + 1);
    if (p->operand_of_input == NULL)
        return -1;
    for (size_t i = 0; i < p->n_inputs; i++)
        for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(self->names); k++)
            if (strcmp(PyUnicode_AsUTF8(PyTuple_GET_ITEM(self->names, k)), inputs[i].name) == 0)
                p->operand_of_input[i] = (uint32_t)k;
    return 0;
}

static void free_program(program *p) {
    evex_expr_free(&p->expr);
    PyMem_Free(p->operand_of_input);
    PyMem_Free(p);
}

static int describe(const expression *self, program *p, const operand *operands) {
    p->outputs = evex_expr_outputs(p->expr, &p->n_outputs);
    p->is_spanning = 1;
    for (size_t i = 0; i < p->n_outputs; i++) {
        p->is_spanning &= p->outputs[i].is_spanning;
        p->is_nullable |= p->outputs[i].nullable;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(self->names); i++)
        p->types[i] = type_of(&operands[i]);
    return find_operands(self, p);
}

/* A named tuple's type, from the first program: names do not depend on types. Another thread may
 * make one at the same time: the first one stays. */
static int make_result_type(expression *self, const program *p) {
    if (p->n_outputs < 2 || atomic_load(&self->result_type) != NULL)
        return 0;
    PyObject *made = NULL, *none = NULL;
    PyObject *names = PyTuple_New((Py_ssize_t)p->n_outputs);
    for (size_t i = 0; names != NULL && i < p->n_outputs; i++) {
        PyObject *name = PyUnicode_FromString(p->outputs[i].name);
        if (name == NULL)
            Py_CLEAR(names);
        else
            PyTuple_SET_ITEM(names, (Py_ssize_t)i, name);
    }
    if (names != NULL)
        made = PyObject_CallOneArg(self->state->make_results, names);
    Py_XDECREF(names);
    if (made != NULL && !atomic_compare_exchange_strong(&self->result_type, &none, made))
        Py_DECREF(made);
    return made != NULL ? 0 : -1;
}

/* NULL: not yet made. */
static program *find_program(const expression *self, const operand *operands,
                             const call_options *options) {
    const int overflow = overflow_of(self, options), is_grouped = options->groups != NULL;
    for (program *p = atomic_load(&self->programs); p != NULL; p = p->next)
        if (is_for(p, operands, PyTuple_GET_SIZE(self->names), overflow, is_grouped))
            return p;
    return NULL;
}

static program *add_program(expression *self, const operand *operands,
                            const call_options *options) {
    const size_t n = (size_t)PyTuple_GET_SIZE(self->names);
    evex_expr *expr = compile(self, operands, options);
    if (expr == NULL)
        return NULL;
    program *p = PyMem_Calloc(1, sizeof *p + n * sizeof p->types[0]);
    if (p == NULL) {
        evex_expr_free(&expr);
        PyErr_NoMemory();
        return NULL;
    }
    p->expr = expr;
    p->overflow = overflow_of(self, options);
    p->is_grouped = options->groups != NULL;
    if (describe(self, p, operands) < 0 || make_result_type(self, p) < 0) {
        free_program(p);
        if (!PyErr_Occurred())
            PyErr_NoMemory();
        return NULL;
    }
    program *other = find_program(self, operands, options); /* another thread's */
    if (other != NULL) {
        free_program(p);
        return other;
    }
    p->next = atomic_load(&self->programs);
    while (!atomic_compare_exchange_weak(&self->programs, &p->next, p))
        continue; /* a second program for the same types would do no harm */
    return p;
}

program *evex_expression_program(expression *self, const operand *operands,
                                 const call_options *options) {
    program *p = find_program(self, operands, options);
    return p != NULL ? p : add_program(self, operands, options);
}

/* ---- Calls ---------------------------------------------------------------------------------- */

Py_ssize_t evex_expression_find_name(const expression *self, PyObject *name) {
    const Py_ssize_t n = PyTuple_GET_SIZE(self->names);
    for (Py_ssize_t i = 0; i < n; i++)
        if (PyTuple_GET_ITEM(self->names, i) == name)
            return i;
    for (Py_ssize_t i = 0; i < n; i++)
        if (PyUnicode_Compare(PyTuple_GET_ITEM(self->names, i), name) == 0)
            return i;
    return -1;
}

static int take_keyword(expression *self, operand *operands, call_options *options, PyObject *name,
                        PyObject *value) {
    const Py_ssize_t i = evex_expression_find_name(self, name);
    if (i >= 0) {
        if (operands[i].array.ndim < 0)
            return evex_operand_read(self->state, &operands[i], value, name);
        PyErr_Format(PyExc_TypeError, "operand '%U' is given twice", name);
        return -1;
    }
    const keyword which = evex_find_keyword(self->state, name);
    if (which != N_ARGS)
        return evex_option_set(self->state, options, which, value);
    PyErr_Format(PyExc_TypeError, "'%U' is no operand of %R", name, self->text);
    return -1;
}

static int take_arguments(expression *self, operand *operands, call_options *options,
                          PyObject *const *args, Py_ssize_t n_args, PyObject *names) {
    if (n_args > PyTuple_GET_SIZE(self->names)) {
        PyErr_Format(PyExc_TypeError, "the expression has %zd operands, but %zd were given",
                     PyTuple_GET_SIZE(self->names), n_args);
        return -1;
    }
    for (Py_ssize_t i = 0; i < n_args; i++)
        if (evex_operand_read(self->state, &operands[i], args[i],
                              PyTuple_GET_ITEM(self->names, i)) < 0)
            return -1;
    for (Py_ssize_t k = 0; names != NULL && k < PyTuple_GET_SIZE(names); k++)
        if (take_keyword(self, operands, options, PyTuple_GET_ITEM(names, k), args[n_args + k]) < 0)
            return -1;
    return 0;
}

/* Operands of a name without a value stay absent: constants like pi, or an unknown name. */
static PyObject *call(PyObject *object, PyObject *const *args, size_t n_flagged, PyObject *names) {
    expression *self = (expression *)object;
    const Py_ssize_t n = PyTuple_GET_SIZE(self->names);
    operand room[N_STACK_OPERANDS], *operands = evex_operands_new(room, n);
    if (operands == NULL)
        return NULL;
    call_options options;
    PyObject *result = NULL;
    if (evex_options_init(self->state, &options) == 0 &&
        take_arguments(self, operands, &options, args, PyVectorcall_NARGS(n_flagged), names) == 0)
        result = evex_run(self, operands, &options);
    evex_options_free(&options);
    evex_operands_free(operands, room, n);
    return result;
}

/* _check(**operands): compiles for the operands' types and, unless one of them is a NumPy dtype,
 * which has no shape, checks their shapes. */
static int read_example(expression *self, operand *to, PyObject *value, PyObject *name,
                        int *has_shapes) {
    if (!PyArray_DescrCheck(value))
        return evex_operand_read(self->state, to, value, name);
    *has_shapes = 0;
    PyObject *array = PyArray_Zeros(0, NULL, (PyArray_Descr *)Py_NewRef(value), 0);
    const int status = array == NULL ? -1 : evex_operand_read(self->state, to, array, name);
    Py_XDECREF(array);
    return status;
}

static int check_examples(expression *self, operand *operands, PyObject *const *values,
                          PyObject *names) {
    int has_shapes = 1;
    for (Py_ssize_t k = 0; names != NULL && k < PyTuple_GET_SIZE(names); k++) {
        PyObject *name = PyTuple_GET_ITEM(names, k);
        const Py_ssize_t i = evex_expression_find_name(self, name);
        if (i < 0) {
            PyErr_Format(PyExc_TypeError, "'%U' is no operand of %R", name, self->text);
            return -1;
        }
        if (read_example(self, &operands[i], values[k], name, &has_shapes) < 0)
            return -1;
    }
    const call_options options = {.overflow = -1};
    program *p = evex_expression_program(self, operands, &options);
    return p == NULL ? -1 : has_shapes ? evex_check_shapes(self, p, operands) : 0;
}

static PyObject *check(PyObject *object, PyObject *const *args, Py_ssize_t n_args,
                       PyObject *names) {
    expression *self = (expression *)object;
    const Py_ssize_t n = PyTuple_GET_SIZE(self->names);
    operand room[N_STACK_OPERANDS], *operands = evex_operands_new(room, n);
    if (operands == NULL)
        return NULL;
    const int status = check_examples(self, operands, args + n_args, names);
    evex_operands_free(operands, room, n);
    return status == 0 ? Py_NewRef(Py_None) : NULL;
}

/* ---- Attributes ----------------------------------------------------------------------------- */

static int write_text(void *list, const char *text, size_t n_bytes) {
    PyObject *piece = PyUnicode_DecodeUTF8(text, (Py_ssize_t)n_bytes, "replace");
    if (piece == NULL)
        return -1;
    const int status = PyList_Append(list, piece);
    Py_DECREF(piece);
    return status;
}

/* The bytecode of the latest program. */
static PyObject *explain(PyObject *object, PyObject *none) {
    (void)none;
    const expression *self = (expression *)object;
    const program *latest = atomic_load(&self->programs);
    if (latest == NULL)
        return PyUnicode_FromString("not compiled yet: the types of the operands are not known\n");
    PyObject *pieces = PyList_New(0), *text = NULL;
    if (pieces == NULL)
        return NULL;
    evex_expr_dump(latest->expr, write_text, pieces);
    PyObject *empty = PyErr_Occurred() ? NULL : PyUnicode_FromString("");
    if (empty != NULL)
        text = PyUnicode_Join(empty, pieces);
    Py_XDECREF(empty);
    Py_DECREF(pieces);
    return text;
}

static PyObject *get_text(PyObject *self, void *closure) {
    (void)closure;
    return Py_NewRef(((expression *)self)->text);
}

static PyObject *get_names(PyObject *self, void *closure) {
    (void)closure;
    return Py_NewRef(((expression *)self)->names);
}

static PyObject *get_overflow(PyObject *self, void *closure) {
    (void)closure;
    return evex_overflow_name(((expression *)self)->overflow);
}

static PyObject *represent(PyObject *object) {
    const expression *self = (const expression *)object;
    if (self->overflow == EVEX_OVERFLOW_WRAP)
        return PyUnicode_FromFormat("evex.compile(%R)", self->text);
    PyObject *overflow = evex_overflow_name(self->overflow);
    PyObject *text = overflow == NULL ? NULL
                                      : PyUnicode_FromFormat("evex.compile(%R, overflow=%R)",
                                                             self->text, overflow);
    Py_XDECREF(overflow);
    return text;
}

static PyObject *reduce(PyObject *self, PyObject *none) {
    (void)none;
    return Py_BuildValue("O(ON)", (PyObject *)Py_TYPE(self), ((expression *)self)->text,
                         evex_overflow_name(((expression *)self)->overflow));
}

static Py_hash_t hash(PyObject *self) {
    return PyObject_Hash(((expression *)self)->text);
}

static PyObject *compare(PyObject *a, PyObject *b, int op) {
    if (Py_TYPE(a) != Py_TYPE(b) || (op != Py_EQ && op != Py_NE))
        Py_RETURN_NOTIMPLEMENTED;
    if (((expression *)a)->overflow != ((expression *)b)->overflow)
        return Py_NewRef(op == Py_NE ? Py_True : Py_False);
    return PyObject_RichCompare(((expression *)a)->text, ((expression *)b)->text, op);
}

/* ---- Life ----------------------------------------------------------------------------------- */

static expression *make(PyTypeObject *type, module_state *state, PyObject *text) {
    PyObject *names = names_of(state, text);
    expression *self = names == NULL ? NULL : (expression *)type->tp_alloc(type, 0);
    if (self == NULL) {
        Py_XDECREF(names);
        return NULL;
    }
    self->vectorcall = call;
    self->state = state;
    self->text = Py_NewRef(text);
    self->names = names;
    return self;
}

static PyObject *new (PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    static char *keywords[] = {"ex", "overflow", NULL};
    PyObject *text, *overflow = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "U|O:Expression", keywords, &text, &overflow))
        return NULL;
    const int number = overflow == NULL ? EVEX_OVERFLOW_WRAP : evex_overflow_of(overflow);
    expression *self = number < 0 ? NULL : make(type, evex_state_of(type), text);
    if (self != NULL)
        self->overflow = number;
    return (PyObject *)self;
}

expression *evex_expression_new(module_state *state, PyObject *text) {
    return make(state->expression_type, state, text);
}

static int drop_oldest(PyObject *cache) {
    PyObject *text = NULL, *value;
    Py_ssize_t position = 0;
    int status = 0;
    BEGIN_SECTION(cache);
    if (PyDict_Size(cache) >= MAX_CACHED && PyDict_Next(cache, &position, &text, &value)) {
        Py_INCREF(text);
        status = PyDict_DelItem(cache, text);
    } else {
        text = NULL;
    }
    END_SECTION();
    Py_XDECREF(text);
    return status;
}

expression *evex_expression_get(module_state *state, PyObject *text) {
    PyObject *found;
    if (evex_dict_get(state->cache, text, &found) != 0)
        return (expression *)found;
    expression *made = evex_expression_new(state, text);
    if (made == NULL)
        return NULL;
    if (drop_oldest(state->cache) < 0 || PyDict_SetItem(state->cache, text, (PyObject *)made) < 0)
        Py_CLEAR(made);
    return made;
}

static int traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(atomic_load(&((expression *)self)->result_type));
    return 0;
}

static void dealloc(PyObject *object) {
    expression *self = (expression *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    if (self->weak_references != NULL)
        PyObject_ClearWeakRefs(object);
    for (program *p = atomic_load(&self->programs), *next; p != NULL; p = next) {
        next = p->next;
        free_program(p);
    }
    Py_XDECREF(self->text);
    Py_XDECREF(self->names);
    Py_XDECREF(atomic_load(&self->result_type));
    type->tp_free(object);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"explain", explain, METH_NOARGS,
     "explain()\n--\n\nThe bytecode of the program that was compiled last, as text."},
    {"_check", (PyCFunction)(void (*)(void))check, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"__reduce__", reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef attributes[] = {
    {"text", get_text, NULL, "The source text.", NULL},
    {"overflow", get_overflow, NULL, "What becomes of integers that are too large.", NULL},
    {"names", get_names, NULL, "Names of the operands, in the order of positional arguments.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(expression, vectorcall), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(expression, weak_references), READONLY, NULL},
    {NULL, 0, 0, 0, NULL}};

PyDoc_STRVAR(doc,
             "Expression(ex, overflow='wrap')\n--\n\n"
             "A compiled expression; evex.compile() makes them.\n\n"
             "Calling it evaluates: operands by position, in the order of names, or by name,\n"
             "and the options of evex.evaluate(). It never changes and may be called from any\n"
             "number of threads. Expressions compare, hash and pickle by their text\n"
             "and overflow.\n");

static PyType_Slot slots[] = {{Py_tp_new, new},
                              {Py_tp_call, PyVectorcall_Call},
                              {Py_tp_dealloc, dealloc},
                              {Py_tp_traverse, traverse},
                              {Py_tp_repr, represent},
                              {Py_tp_hash, hash},
                              {Py_tp_richcompare, compare},
                              {Py_tp_methods, methods},
                              {Py_tp_getset, attributes},
                              {Py_tp_members, members},
                              {Py_tp_doc, (void *)doc},
                              {0, NULL}};

PyType_Spec evex_expression_spec = {.name = "evex.Expression",
                                    .basicsize = sizeof(expression),
                                    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC |
                                             Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_IMMUTABLETYPE,
                                    .slots = slots};
