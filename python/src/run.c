/* SPDX-License-Identifier: MIT */
/*
 * One evaluation: outputs are found or made, the library is called, errors become exceptions. The
 * interpreter lock is released for everything that takes longer than releasing it; the library
 * calls back into Python (for a result's memory, and to see whether Ctrl-C was pressed) through
 * functions that take it again.
 */
#include "python/src/binding.h"

#include <string.h>

/* Below this many elements an evaluation takes less than some microseconds. */
enum { RELEASE_ELEMENTS = 4096, N_STACK_OUTPUTS = 4 };

/* An evaluation under way. */
typedef struct {
    module_state *state;
    const expression *self;
    const program *p;
    const evex_array *inputs;
    evex_array *outputs;
    PyObject **results;      /* strong; one an output */
    PyObject **masks;        /* strong; of nullable outputs, else NULL */
    PyThreadState *released; /* NULL: the lock is held */
} run;

/* ---- Under the lock or not ------------------------------------------------------------------ */

static void release_lock(run *r) {
    r->released = PyEval_SaveThread();
}

static void take_lock(run *r) {
    PyEval_RestoreThread(r->released);
    r->released = NULL;
}

/* The library's question whether to stop. */
static int poll(void *user) {
    run *r = user;
    take_lock(r);
    const int stop = PyErr_CheckSignals() != 0;
    release_lock(r);
    return stop;
}

/* How long the operands are together along axis d from the last. */
static int64_t extent(const run *r, int32_t d) {
    int64_t longest = 1;
    for (size_t i = 0; i < r->p->n_inputs; i++) {
        const evex_array *input = &r->inputs[i];
        if (d < input->ndim && input->shape[input->ndim - 1 - d] != 1)
            longest = input->shape[input->ndim - 1 - d];
    }
    return longest;
}

/* What is computed counts, not what is read: small operands may broadcast to large results. */
static int is_worth_releasing(const run *r) {
    double n = 1;
    for (int32_t d = 0; d < EVEX_MAX_DIMS && n > 0; d++)
        n *= (double)extent(r, d);
    return n >= RELEASE_ELEMENTS;
}

/* ---- Errors --------------------------------------------------------------------------------- */

/* Which class of _errors.py; "" for the general one. */
static const char *kind_of(evex_status status) {
    switch (status) {
    case EVEX_UNKNOWN_NAME:
        return "name";
    case EVEX_BAD_TYPE:
        return "type";
    case EVEX_LIMIT_MEMORY:
        return "memory";
    default:
        return "";
    }
}

PyObject *evex_raise(module_state *state, const evex_error *error, PyObject *text,
                     PyObject *operand_name) {
    if (error->status == EVEX_NO_MEMORY)
        return PyErr_NoMemory();
    PyObject *nothing = PyObject_CallFunction(
        state->raise_error, "ssOnnsLO", kind_of(error->status), error->message, text,
        (Py_ssize_t)error->offset, (Py_ssize_t)error->length, error->hint, (long long)error->index,
        operand_name != NULL ? operand_name : Py_None);
    Py_XDECREF(nothing);
    return NULL;
}

static void raise_failure(const run *r, const evex_error *error) {
    if (PyErr_Occurred()) /* a callback's, or Ctrl-C */
        return;
    /* The index may be an output's: then the sentence is about it and says so. */
    static const char of_output[] = "output ";
    PyObject *name = NULL;
    if (error->operand >= 0 && (size_t)error->operand < r->p->n_inputs &&
        strncmp(error->message, of_output, sizeof of_output - 1) != 0)
        name = PyTuple_GET_ITEM(r->self->names, r->p->operand_of_input[error->operand]);
    evex_raise(r->state, error, r->self->text, name);
}

/* ---- Results -------------------------------------------------------------------------------- */

/* Makes result k of a shape that is known. */
static int make_result(run *r, size_t k, int ndim, const int64_t *shape, int is_fortran) {
    const evex_output *output = &r->p->outputs[k];
    r->results[k] = evex_new_array(r->state, evex_descr_of(output->dtype, output->unit), ndim,
                                   (const npy_intp *)shape, is_fortran);
    return r->results[k] != NULL ? 0 : -1;
}

/* Where a nullable output is told which of its elements are null; its array is set already. */
static int make_mask(run *r, size_t k) {
    evex_array *output = &r->outputs[k];
    PyArrayObject *mask =
        (PyArrayObject *)evex_new_array(r->state, PyArray_DescrFromType(NPY_BOOL), output->ndim,
                                        (const npy_intp *)output->shape, 0);
    if (mask == NULL)
        return -1;
    output->validity = PyArray_DATA(mask);
    output->validity_strides = (const int64_t *)PyArray_STRIDES(mask);
    output->validity_form = EVEX_VALIDITY_MASK;
    r->masks[k] = (PyObject *)mask;
    return 0;
}

/* The library's question for a result's memory. */
static void *allocate(void *user, size_t k, evex_dtype dtype, int32_t ndim, const int64_t *shape,
                      int f_order) {
    run *r = user;
    const int is_released = r->released != NULL;
    (void)dtype;
    if (is_released)
        take_lock(r);
    void *data = make_result(r, k, ndim, shape, f_order) == 0
                     ? PyArray_DATA((PyArrayObject *)r->results[k])
                     : NULL;
    if (is_released)
        release_lock(r);
    return data;
}

static int use_result(run *r, size_t k) {
    return evex_array_of(&r->outputs[k], (PyArrayObject *)r->results[k]);
}

static int is_in_c_order(const evex_array *array) {
    int64_t stride = (int64_t)evex_dtype_size(array->dtype);
    for (int32_t d = array->ndim - 1; d >= 0; d--) {
        if (array->shape[d] != 1 && array->strides[d] != stride)
            return 0;
        stride *= array->shape[d];
    }
    return 1;
}

/* One of the arrays whose shape, scalars aside, is that of all, and which lie in C order, so that
 * results do, too; NULL: they differ. */
static const evex_array *common_shape(const run *r) {
    const evex_array *common = NULL;
    for (size_t i = 0; i < r->p->n_inputs; i++) {
        const evex_array *input = &r->inputs[i];
        if (input->ndim == 0)
            continue;
        if (common != NULL &&
            (input->ndim != common->ndim ||
             memcmp(input->shape, common->shape, (size_t)input->ndim * sizeof *input->shape) != 0))
            return NULL;
        if (input->ndim > 1 && !is_in_c_order(input))
            return NULL;
        common = input;
    }
    return common;
}

/* Where shapes are known in advance, the library's short way for small arrays is open. */
static int make_known_results(run *r) {
    const evex_array *common = r->p->is_spanning ? common_shape(r) : NULL;
    if (common == NULL)
        return 0;
    for (size_t k = 0; k < r->p->n_outputs; k++)
        if (make_result(r, k, common->ndim, common->shape, 0) < 0 || use_result(r, k) < 0)
            return -1;
    return 0;
}

/* order='C' or 'F': the library would choose for itself. Masks: it allocates none. Results that are
 * there already stay. */
static int make_ordered_results(run *r, const call_options *options) {
    const int is_fortran = options->order == NPY_FORTRANORDER;
    evex_result *shapes = PyMem_New(evex_result, r->p->n_outputs);
    evex_error error = EVEX_ERROR_INIT;
    if (shapes == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    int status = 0;
    if (evex_result_shape(r->p->expr, r->inputs, r->p->n_inputs, shapes, NULL, &error) != EVEX_OK) {
        raise_failure(r, &error);
        status = -1;
    }
    for (size_t k = 0; k < r->p->n_outputs && status == 0; k++) {
        for (int32_t d = 0; d < shapes[k].ndim; d++)
            if (shapes[k].shape[d] < 0)
                shapes[k].shape[d] = options->n_groups;
        if (r->results[k] == NULL)
            status = make_result(r, k, shapes[k].ndim, shapes[k].shape, is_fortran);
        if (status == 0)
            status = use_result(r, k);
        if (status == 0 && r->p->outputs[k].nullable)
            status = make_mask(r, k);
    }
    PyMem_Free(shapes);
    return status;
}

/* ---- out= ----------------------------------------------------------------------------------- */

static int check_casting(const run *r, size_t k, PyArrayObject *out, NPY_CASTING casting) {
    PyArray_Descr *from = evex_descr_of(r->p->outputs[k].dtype, r->p->outputs[k].unit);
    if (from == NULL)
        return -1;
    const int can_cast = PyArray_CanCastTypeTo(from, PyArray_DESCR(out), casting);
    if (!can_cast)
        PyErr_Format(PyExc_TypeError, "out has dtype %R, to which the result's %R does not cast",
                     (PyObject *)PyArray_DESCR(out), (PyObject *)from);
    Py_DECREF(from);
    return can_cast ? 0 : -1;
}

/* The library writes neither with casts that lose, nor in another unit of time, nor where nulls
 * would have no mark: then the result is made apart and copied when all is done. */
static int is_copied(const run *r, size_t k, PyArrayObject *out, NPY_CASTING casting) {
    const evex_output *output = &r->p->outputs[k];
    return casting == NPY_UNSAFE_CASTING || output->nullable ||
           evex_unit_of(PyArray_DESCR(out)) != output->unit;
}

static int use_out(run *r, size_t k, PyObject *out, NPY_CASTING casting) {
    if (!PyArray_Check(out)) {
        PyErr_Format(PyExc_TypeError, "out must be an ndarray, not %R", (PyObject *)Py_TYPE(out));
        return -1;
    }
    PyArrayObject *array = (PyArrayObject *)out;
    if (PyArray_FailUnlessWriteable(array, "out") < 0 || check_casting(r, k, array, casting) < 0)
        return -1;
    if (r->p->outputs[k].nullable && PyArray_CheckExact(out)) {
        PyErr_SetString(PyExc_TypeError, "out must be a numpy.ma.MaskedArray, for elements of the "
                                         "result may be null");
        return -1;
    }
    if (is_copied(r, k, array, casting))
        return 0;
    r->results[k] = Py_NewRef(out);
    if (use_result(r, k) == 0)
        return 0;
    PyErr_Format(PyExc_TypeError, "out has dtype %R, which evex does not compute with",
                 (PyObject *)PyArray_DESCR(array));
    return -1;
}

/* Item k of out=, which is an array for one result, or a tuple of one a result; borrowed. */
static PyObject *out_of(const run *r, PyObject *out, size_t k) {
    if (r->p->n_outputs == 1 && PyArray_Check(out))
        return out;
    if (!PyTuple_Check(out) || (size_t)PyTuple_GET_SIZE(out) != r->p->n_outputs) {
        PyErr_Format(PyExc_TypeError, "out must be %s",
                     r->p->n_outputs == 1 ? "an ndarray" : "a tuple of one ndarray a result");
        return NULL;
    }
    return PyTuple_GET_ITEM(out, (Py_ssize_t)k);
}

static int use_outs(run *r, const call_options *options) {
    for (size_t k = 0; k < r->p->n_outputs; k++) {
        PyObject *out = out_of(r, options->out, k);
        if (out == NULL || use_out(r, k, out, options->casting) < 0)
            return -1;
    }
    return 0;
}

/* What nulls are marked in, for a masked array; 0: nothing is. */
static int set_mask(PyObject *to, PyObject *mask) {
    return mask == NULL && PyArray_CheckExact(to) ? 0
           : PyObject_HasAttrString(to, "mask")
               ? PyObject_SetAttrString(to, "mask", mask != NULL ? mask : Py_False)
               : 0;
}

/* The results that were made apart. */
static int copy_to_outs(run *r, PyObject *out) {
    for (size_t k = 0; k < r->p->n_outputs; k++) {
        PyObject *to = out_of(r, out, k);
        if (r->results[k] != to &&
            PyArray_CopyInto((PyArrayObject *)to, (PyArrayObject *)r->results[k]) < 0)
            return -1;
        if (set_mask(to, r->masks[k]) < 0)
            return -1;
        Py_CLEAR(r->masks[k]);
        Py_SETREF(r->results[k], Py_NewRef(to));
    }
    return 0;
}

/* Copying would broadcast; evaluating into out does not. */
static int check_shapes(const run *r, PyObject *out) {
    for (size_t k = 0; k < r->p->n_outputs; k++) {
        PyArrayObject *to = (PyArrayObject *)out_of(r, out, k);
        if (PyArray_SAMESHAPE(to, (PyArrayObject *)r->results[k]))
            continue;
        PyErr_Format(PyExc_ValueError, "out does not have the shape of result %zu", k);
        return -1;
    }
    return 0;
}

/* ---- The call ------------------------------------------------------------------------------- */

static int find_outputs(run *r, const call_options *options) {
    if (options->out != NULL && use_outs(r, options) < 0)
        return -1;
    if (r->p->is_nullable || (options->out == NULL &&
                              (options->order == NPY_CORDER || options->order == NPY_FORTRANORDER)))
        return make_ordered_results(r, options);
    return options->out != NULL ? 0 : make_known_results(r);
}

/* The codes of by=, one a row. */
static int set_groups(evex_array *codes, evex_eval_options *eval, const call_options *options) {
    if (options->groups == NULL)
        return 0;
    if (!PyArray_Check(options->groups) ||
        evex_array_of(codes, (PyArrayObject *)options->groups) < 0) {
        PyErr_SetString(PyExc_TypeError, "the codes of groups are no array of integers");
        return -1;
    }
    eval->groups = codes;
    eval->n_groups = options->n_groups;
    return 0;
}

static int evaluate(run *r, const call_options *options) {
    evex_eval_options eval = EVEX_EVAL_OPTIONS_INIT;
    evex_error error;
    error.status = EVEX_OK;
    eval.max_threads = options->n_threads;
    eval.alloc_output = allocate;
    eval.alloc_user = r;
    evex_array codes;
    if (set_groups(&codes, &eval, options) < 0)
        return -1;
    const int is_released = is_worth_releasing(r);
    if (is_released) {
        eval.poll = poll;
        eval.poll_user = r;
        release_lock(r);
    } else {
        eval.max_threads = 1;
    }
    const evex_status status = evex_eval(r->p->expr, options->pool, r->inputs, r->p->n_inputs,
                                         r->outputs, r->p->n_outputs, &eval, &error);
    if (is_released)
        take_lock(r);
    if (status != EVEX_OK)
        raise_failure(r, &error);
    return status == EVEX_OK ? 0 : -1;
}

/* Whether nulls come from the operands, and not only from groups without rows. */
static int has_nullable_input(const run *r) {
    for (size_t i = 0; i < r->p->n_inputs; i++)
        if (r->inputs[i].validity != NULL)
            return 1;
    return 0;
}

/* A result that was made here as the caller gets it; takes the reference that is in its place. */
static PyObject *dress_result(const run *r, size_t k, const call_options *options) {
    PyObject *result = r->results[k], *dressed;
    PyObject *mask = r->masks[k] != NULL ? r->masks[k] : Py_None;
    if (options->is_arrow)
        dressed = PyObject_CallFunctionObjArgs(r->state->export_arrow, result, mask, NULL);
    else if (r->masks[k] != NULL)
        dressed = PyObject_CallFunctionObjArgs(r->state->make_masked, result, mask,
                                               has_nullable_input(r) ? Py_True : Py_False, NULL);
    else
        return PyArray_Return((PyArrayObject *)result);
    Py_DECREF(result);
    return dressed;
}

/* One result as it is, several as a named tuple; 0-d results that were made here as scalars. */
static PyObject *give_results(run *r, const call_options *options) {
    for (size_t k = 0; k < r->p->n_outputs && options->out == NULL; k++) {
        r->results[k] = dress_result(r, k, options);
        if (r->results[k] == NULL)
            return NULL;
    }
    if (r->p->n_outputs == 1) {
        PyObject *result = r->results[0];
        r->results[0] = NULL;
        return result;
    }
    return PyObject_Vectorcall(atomic_load(&r->self->result_type), r->results, r->p->n_outputs,
                               NULL);
}

static PyObject *run_with(run *r, const call_options *options) {
    PyObject *result = NULL;
    for (size_t k = 0; k < r->p->n_outputs; k++) {
        r->results[k] = r->masks[k] = NULL;
        r->outputs[k] = (evex_array){.data = NULL, .dtype = r->p->outputs[k].dtype};
    }
    if (find_outputs(r, options) == 0 && evaluate(r, options) == 0 &&
        (options->out == NULL ||
         (check_shapes(r, options->out) == 0 && copy_to_outs(r, options->out) == 0)))
        result = give_results(r, options);
    for (size_t k = 0; k < r->p->n_outputs; k++) {
        Py_XDECREF(r->results[k]);
        Py_XDECREF(r->masks[k]);
    }
    return result;
}

/* A large number of operands or results is rare: then their lists are on the heap. */
static PyObject *run_on_heap(run *r, const call_options *options, const operand *operands) {
    const size_t n_in = r->p->n_inputs, n_out = r->p->n_outputs;
    evex_array *arrays = PyMem_New(evex_array, n_in + n_out);
    r->results = PyMem_New(PyObject *, 2 * n_out);
    PyObject *result = NULL;
    if (arrays == NULL || r->results == NULL) {
        PyErr_NoMemory();
    } else {
        for (size_t i = 0; i < n_in; i++)
            arrays[i] = operands[r->p->operand_of_input[i]].array;
        r->inputs = arrays;
        r->outputs = arrays + n_in;
        r->masks = r->results + n_out;
        result = run_with(r, options);
    }
    PyMem_Free(arrays);
    PyMem_Free(r->results);
    return result;
}

int evex_check_shapes(expression *self, program *p, const operand *operands) {
    evex_error error = EVEX_ERROR_INIT;
    evex_array *inputs = PyMem_New(evex_array, p->n_inputs + 1);
    evex_result *results = PyMem_New(evex_result, p->n_outputs + 1);
    run r = {.state = self->state, .self = self, .p = p, .inputs = inputs};
    if (inputs == NULL || results == NULL)
        PyErr_NoMemory();
    for (size_t i = 0; !PyErr_Occurred() && i < p->n_inputs; i++)
        inputs[i] = operands[p->operand_of_input[i]].array;
    if (!PyErr_Occurred() &&
        evex_result_shape(p->expr, inputs, p->n_inputs, results, NULL, &error) != EVEX_OK)
        raise_failure(&r, &error);
    PyMem_Free(inputs);
    PyMem_Free(results);
    return PyErr_Occurred() ? -1 : 0;
}

PyObject *evex_run(expression *self, operand *operands, const call_options *options) {
    run r = {.state = self->state, .self = self};
    if ((r.p = evex_expression_program(self, operands, options)) == NULL)
        return NULL;
    if (r.p->n_inputs > N_STACK_OPERANDS || r.p->n_outputs > N_STACK_OUTPUTS)
        return run_on_heap(&r, options, operands);
    evex_array inputs[N_STACK_OPERANDS], outputs[N_STACK_OUTPUTS];
    PyObject *results[N_STACK_OUTPUTS], *masks[N_STACK_OUTPUTS];
    for (size_t i = 0; i < r.p->n_inputs; i++)
        inputs[i] = operands[r.p->operand_of_input[i]].array;
    r.inputs = inputs;
    r.outputs = outputs;
    r.results = results;
    r.masks = masks;
    return run_with(&r, options);
}
