/* SPDX-License-Identifier: MIT */
/*
 * evex: array expressions as text, compiled once and evaluated over arrays by SIMD kernels on
 * several threads.
 *
 *     evex_error error = EVEX_ERROR_INIT;
 *     const evex_var vars[] = {{"a", EVEX_F64, EVEX_STRONG, 0, 0},
 *                              {"b", EVEX_F64, EVEX_STRONG, 0, 0}};
 *     evex_expr *expr = NULL;
 *     if (evex_compile(&expr, "2*a + 3*b", 9, vars, 2, NULL, &error) == EVEX_OK) {
 *         const evex_array in[] = {evex_array_1d(EVEX_F64, a, n), evex_array_1d(EVEX_F64, b, n)};
 *         evex_array out[] = {evex_array_1d(EVEX_F64, r, n)};
 *         evex_eval(expr, NULL, in, 2, out, 1, NULL, &error);
 *     }
 *     evex_expr_free(&expr);
 *
 * Ownership: whatever a *_create or evex_compile call gives is yours until you hand its address
 * to the matching *_free, which accepts NULL and leaves NULL behind. Arrays, texts and option
 * structs stay yours throughout; the library keeps no pointer to them after the call returns,
 * except where a comment says so. On failure a call stores NULL in its result, fills *error (which
 * may be NULL) and has changed nothing else.
 *
 * Threads: an evex_expr is immutable, and any number of threads may evaluate it at once. A pool
 * may be used by any number of threads at once. A stream belongs to one thread at a time.
 */
#ifndef EVEX_H
#define EVEX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define EVEX_API __attribute__((visibility("default")))
#else
#define EVEX_API
#endif

#define EVEX_VERSION_MAJOR 0
#define EVEX_VERSION_MINOR 1
#define EVEX_VERSION_PATCH 0

/* ---- Status and errors ------------------------------------------------------------------- */

typedef enum {
    EVEX_OK = 0,
    EVEX_INVALID_ARGUMENT, /* a call that breaks this header's rules, e.g. a NULL array */
    EVEX_NO_MEMORY,
    EVEX_CANCELLED,    /* the cancel flag was set or poll() asked to stop */
    EVEX_SYNTAX,       /* the text is not a program of the language */
    EVEX_UNKNOWN_NAME, /* a name that is no variable, function or constant */
    EVEX_BAD_TYPE,     /* an operation has no meaning for its operands' types */
    EVEX_BAD_CALL,     /* wrong number of arguments or an unknown keyword argument */
    EVEX_OUT_OF_RANGE, /* a literal or weak value that its type cannot hold, a bad axis; a code
                          beyond the last group, whose row error.index has */
    EVEX_BAD_SHAPE,    /* shapes that do not broadcast, or an output of the wrong shape */
    EVEX_BAD_OUTPUT,   /* an output that is read-only, overlaps itself or another output */
    EVEX_EMPTY,        /* min, max, argmin or argmax over no element */
    EVEX_GUARD,        /* a check on values failed; error.index has the element */
    EVEX_UNSUPPORTED,  /* valid, but this version has no kernel for it */
    EVEX_BAD_STATE,    /* stream calls out of order, or bytes that are no saved stream */
    EVEX_LIMIT_SOURCE, /* source text longer than limits.source_bytes */
    EVEX_LIMIT_DEPTH,  /* nesting deeper than limits.depth */
    EVEX_LIMIT_NODES,  /* more syntax nodes than limits.nodes */
    EVEX_LIMIT_NAMES,  /* more distinct operands than limits.operands */
    EVEX_LIMIT_TOKEN,  /* an identifier, number or string literal that is too long */
    EVEX_LIMIT_DIMS,   /* more than EVEX_MAX_DIMS dimensions */
    EVEX_LIMIT_MEMORY, /* block scratch or eval memory beyond its limit */
    EVEX_N_STATUSES
} evex_status;

enum { EVEX_MAX_DIMS = 32 };

/*
 * What went wrong and where. Pass the address of one initialised with EVEX_ERROR_INIT; the
 * library overwrites it on failure and does not touch it on success. All texts are UTF-8 and NUL-
 * terminated, cut on a character border if they do not fit.
 */
typedef struct evex_error {
    evex_status status;
    int32_t operand;     /* index of the input or output at fault, or -1 */
    size_t offset;       /* place in the source, in bytes */
    size_t length;       /* bytes at that place; 0 when the error has no place */
    size_t outer_offset; /* the whole construct around the place, for underlining */
    size_t outer_length;
    int64_t index;     /* of a guard: the smallest offending element in C order, or -1 when it is
                          one value, as a sum is; of codes of groups likewise; else -1 */
    char message[256]; /* one sentence without a full stop */
    char hint[160];    /* what to do about it, or "" */
    char expected[64]; /* what would have been right, or "" */
    char found[64];    /* what was found instead, or "" */
} evex_error;

#define EVEX_ERROR_INIT                                                                            \
    {                                                                                              \
        EVEX_OK, -1, 0, 0, 0, 0, -1, {0}, {0}, {0}, {                                              \
            0                                                                                      \
        }                                                                                          \
    }

/* A constant English phrase for a status ("out of memory"); never NULL. */
EVEX_API const char *evex_status_text(evex_status status);

/* ---- Types and arrays -------------------------------------------------------------------- */

typedef enum {
    EVEX_BOOL = 0, /* one byte; 0 is false, anything else true; evex writes 0 and 1 */
    EVEX_I8,
    EVEX_I16,
    EVEX_I32,
    EVEX_I64,
    EVEX_U8,
    EVEX_U16,
    EVEX_U32,
    EVEX_U64,
    EVEX_F32,
    EVEX_F64,
    EVEX_F16,  /* storage only */
    EVEX_C64,  /* two float32 */
    EVEX_C128, /* two float64 */
    EVEX_STR,  /* evex_str views of UTF-8 */
    EVEX_N_DTYPES
} evex_dtype;

/* "int32", "float64"...; a constant text, never NULL. */
EVEX_API const char *evex_dtype_name(evex_dtype dtype);
/* Bytes of one element; 0 for a value that is no dtype. */
EVEX_API size_t evex_dtype_size(evex_dtype dtype);

/* A string element: n_bytes of UTF-8 at text, not NUL-terminated. */
typedef struct evex_str {
    const char *text;
    size_t n_bytes;
} evex_str;

/* How the elements of an EVEX_STR array lie in memory. */
typedef enum {
    EVEX_STR_VIEWS = 0, /* evex_str structs */
    EVEX_STR_BYTES,     /* fixed width, item_bytes each, trailing NULs not counted (NumPy S) */
    EVEX_STR_UCS4,      /* fixed width, item_bytes / 4 code points, trailing NULs not counted */
    EVEX_STR_OFFSETS32, /* element i is bytes [data[i], data[i + 1]) of text, int32 (Arrow utf8) */
    EVEX_STR_OFFSETS64  /* the same with int64 (Arrow large_utf8) */
} evex_str_form;

/*
 * Offsets stand in one contiguous row (ndim 1 or 0), one more than there are elements; text holds
 * the bytes from the first offset to the last. Of offsets that stray from that range or decrease,
 * what lies within it counts. The texts behind views and offsets must not be what outputs
 * overwrite.
 */

/* How an array says which of its elements are null. */
typedef enum {
    EVEX_VALIDITY_BYTES = 0, /* a byte an element: 0 is null */
    EVEX_VALIDITY_MASK,      /* a byte an element: 0 is not null (numpy.ma) */
    EVEX_VALIDITY_BITS       /* a bit an element, a byte's lowest first: 0 is null (Arrow) */
} evex_validity_form;

/*
 * What an int64 counts when it is a point in time since 1970-01-01T00:00 (datetime64) or a span
 * (timedelta64), in NumPy's units; INT64_MIN is no time (NaT). Spans are EVEX_SPAN + their unit.
 */
typedef enum {
    EVEX_UNIT_NONE = 0,
    EVEX_UNIT_YEAR,
    EVEX_UNIT_MONTH,
    EVEX_UNIT_WEEK,
    EVEX_UNIT_DAY,
    EVEX_UNIT_HOUR,
    EVEX_UNIT_MINUTE,
    EVEX_UNIT_SECOND,
    EVEX_UNIT_MS,
    EVEX_UNIT_US,
    EVEX_UNIT_NS,
    EVEX_UNIT_PS,
    EVEX_UNIT_FS,
    EVEX_UNIT_AS,
    EVEX_UNIT_GENERIC, /* of spans only: takes the unit of what it meets */
    EVEX_SPAN = 32
} evex_unit;

/*
 * An n-dimensional array in the caller's memory. strides are in bytes and may be negative, zero or
 * unaligned; NULL means C-contiguous. shape may be NULL when ndim is 0. The pointed-to shape and
 * strides must stay valid for the duration of the call.
 */
typedef struct evex_array {
    void *data; /* the element with all indexes 0; NULL for an output means: allocate */
    evex_dtype dtype;
    int32_t ndim;
    const int64_t *shape;
    const int64_t *strides;
    size_t item_bytes;    /* for the fixed-width string forms, else 0 */
    uint8_t byte_swapped; /* elements are in the other byte order */
    uint8_t read_only;    /* as an output: an error */
    uint8_t str_form;     /* evex_str_form */
    uint8_t unused;       /* 0 */
    int64_t length;       /* used as the shape when ndim is 1 and shape is NULL */
    const char *text;     /* of the offset forms: the bytes that the offsets count in */
    void *validity;       /* of what is nullable; NULL for an input: no element is null */
    const int64_t *validity_strides; /* in bytes; NULL: C-contiguous, as bitmaps always are */
    int64_t validity_offset;         /* of a bitmap: the bit of the first element */
    uint8_t validity_form;           /* evex_validity_form; bitmaps are for inputs only */
} evex_array;

#define EVEX_ARRAY_INIT                                                                            \
    { NULL, EVEX_BOOL, 0, NULL, NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, 0, 0 }

/* A C-contiguous array of ndim dimensions; shape must outlive the use of the result. */
static inline evex_array evex_array_nd(evex_dtype dtype, const void *data, int32_t ndim,
                                       const int64_t *shape) {
    evex_array array = EVEX_ARRAY_INIT;
    array.data = (void *)(uintptr_t)data;
    array.dtype = dtype;
    array.ndim = ndim;
    array.shape = shape;
    return array;
}

/* n contiguous elements at data. */
static inline evex_array evex_array_1d(evex_dtype dtype, const void *data, size_t n) {
    evex_array array = evex_array_nd(dtype, data, 1, NULL);
    array.length = (int64_t)n;
    return array;
}

/* One 0-d element at data. */
static inline evex_array evex_array_0d(evex_dtype dtype, const void *data) {
    return evex_array_nd(dtype, data, 0, NULL);
}

/* ---- Memory ------------------------------------------------------------------------------ */

/* Where the library takes its memory from. allocate and free must be callable from any thread;
 * allocate returns NULL on failure and otherwise memory aligned for any type (16 bytes). */
typedef struct evex_allocator {
    void *(*allocate)(void *user, size_t n_bytes);
    void (*free)(void *user, void *memory);
    void *user;
} evex_allocator;

/* ---- Compiling --------------------------------------------------------------------------- */

typedef enum {
    EVEX_STRONG = 0, /* takes part in promotion with its dtype (arrays, NumPy scalars) */
    EVEX_WEAK        /* a Python-like scalar: bool, int (EVEX_I64 or EVEX_U64), float (EVEX_F64) or
                        complex (EVEX_C128) that adapts to the arrays around it (NEP 50); or a
                        string, of which there is one type only, so that it becomes EVEX_STRONG */
} evex_kind;

/* A variable that the expression may name. */
typedef struct evex_var {
    const char *name; /* UTF-8, NUL-terminated */
    evex_dtype dtype;
    evex_kind kind;
    uint8_t nullable; /* 1: elements may be null; the array's validity tells which */
    uint8_t unit;     /* evex_unit, of EVEX_I64 only */
} evex_var;

/* What becomes of integer results that their type cannot hold. */
typedef enum {
    EVEX_OVERFLOW_WRAP = 0, /* they wrap, as NumPy's do */
    EVEX_OVERFLOW_ERROR,    /* EVEX_GUARD; so are division by zero, casts and shifts out of range */
    EVEX_OVERFLOW_FLOAT     /* + - * ** and sums of integers are computed in float64 */
} evex_overflow;

typedef struct evex_limits {
    size_t source_bytes;     /* 65,536 */
    size_t depth;            /* 200 */
    size_t nodes;            /* 10,000 */
    size_t operands;         /* 1,024 */
    size_t identifier_bytes; /* 256 */
    size_t number_bytes;     /* 1,024 */
    size_t string_bytes;     /* 65,536 */
    size_t scratch_bytes;    /* 64 MiB: block scratch of one evaluation */
} evex_limits;

typedef struct evex_functions evex_functions;

/* Instruction sets, for capping what a program may use; results have the same bits on each. */
typedef enum {
    EVEX_ISA_BEST = 0,
    EVEX_ISA_REF,
    EVEX_ISA_BASE,
    EVEX_ISA_AVX2,
    EVEX_ISA_AVX512
} evex_isa_cap;

typedef struct evex_compile_options {
    size_t struct_bytes;
    evex_limits limits;
    const evex_allocator *allocator; /* NULL: malloc and free; copied */
    const evex_functions *functions; /* user functions, or NULL; must outlive the expression */
    evex_isa_cap isa;
    uint8_t no_optimise; /* keep every instruction as written: for tests */
    uint8_t grouped;     /* 1: reductions have one result a group; see evex_eval_options.groups */
    uint8_t overflow;    /* evex_overflow */
} evex_compile_options;

#define EVEX_LIMITS_INIT                                                                           \
    { 65536, 200, 10000, 1024, 256, 1024, 65536, (size_t)64 << 20 }
#define EVEX_COMPILE_OPTIONS_INIT                                                                  \
    { sizeof(evex_compile_options), EVEX_LIMITS_INIT, NULL, NULL, EVEX_ISA_BEST, 0, 0, 0 }

typedef struct evex_expr evex_expr;

/*
 * Compiles source (length bytes of UTF-8) into *expr. vars lists every name that the text may
 * use; unused ones are allowed and are not inputs. options may be NULL for the defaults.
 */
EVEX_API evex_status evex_compile(evex_expr **expr, const char *source, size_t length,
                                  const evex_var *vars, size_t n_vars,
                                  const evex_compile_options *options, evex_error *error);
EVEX_API void evex_expr_free(evex_expr **expr);

/* The inputs in the order in which evex_eval wants them (first use in the text); the array and its
 * names belong to the expression. *n receives their number. */
EVEX_API const evex_var *evex_expr_inputs(const evex_expr *expr, size_t *n);

typedef struct evex_output {
    const char *name; /* "" for an unnamed result */
    evex_dtype dtype;
    uint8_t is_reduced;  /* one value, or one an axis, rather than one an element */
    uint8_t is_spanning; /* 1: has the shape that all inputs together broadcast to */
    uint8_t is_grouped;  /* 1: one element a group */
    uint8_t nullable;    /* 1: the array given for it needs validity, which evex_eval writes */
    uint8_t unit;        /* evex_unit */
} evex_output;

/* The results in order; owned by the expression. */
EVEX_API const evex_output *evex_expr_outputs(const evex_expr *expr, size_t *n);

/* Receives text in pieces; returns 0 to go on, anything else to stop. */
typedef int (*evex_write_fn)(void *user, const char *text, size_t n_bytes);

/* Writes the typed bytecode of the expression, one instruction a line. */
EVEX_API evex_status evex_expr_dump(const evex_expr *expr, evex_write_fn write, void *user);

/* Calls write once for each free name of the text, in order of first use, before any type is
 * known: what a caller must supply. Constants such as pi are among them, for a variable of that
 * name would hide them: supply the names you have and leave the rest to evex_compile. limits may be
 * NULL. */
EVEX_API evex_status evex_names(const char *source, size_t length, const evex_limits *limits,
                                evex_write_fn write, void *user, evex_error *error);

/* ---- User functions ---------------------------------------------------------------------- */

/*
 * Computes out[i] from in[k][i * step[k]] for i < n; step[k] is 0 for a scalar operand, else 1, in
 * elements. Called from several threads at once, on blocks of any length, in any order.
 */
typedef void (*evex_function_kernel)(void *out, const void *const *in, const size_t *step, size_t n,
                                     void *user);

EVEX_API evex_status evex_functions_create(evex_functions **functions,
                                           const evex_allocator *allocator, evex_error *error);
/* Adds `result name(operands...)`, of at most 64 operands. Arguments are cast to the declared types
 * as by same-kind casts; a name that is already an operation is an error. user is kept and given to
 * the kernel. */
EVEX_API evex_status evex_functions_add(evex_functions *functions, const char *name,
                                        evex_dtype result, const evex_dtype *operands,
                                        size_t n_operands, evex_function_kernel kernel, void *user,
                                        evex_error *error);
EVEX_API void evex_functions_free(evex_functions **functions);

/* ---- Pools ------------------------------------------------------------------------------- */

typedef struct evex_pool evex_pool;

/* n_threads counts the calling thread; 0 means as many as the process may use (affinity and cgroup
 * quota). Threads start at first need and a thread that cannot start is done without. */
EVEX_API evex_status evex_pool_create(evex_pool **pool, size_t n_threads,
                                      const evex_allocator *allocator, evex_error *error);
/* Must not be called while an evaluation uses the pool. */
EVEX_API void evex_pool_free(evex_pool **pool);
EVEX_API size_t evex_pool_size(const evex_pool *pool); /* NULL: of the default pool */
/* The process's own pool, made at first use; NULL if there is no memory for it. */
EVEX_API evex_pool *evex_default_pool(void);
/* Joins the default pool's threads and frees all process-wide memory. No other call may be under
 * way; later calls start anew. */
EVEX_API void evex_shutdown(void);

/* ---- Evaluating -------------------------------------------------------------------------- */

/*
 * Gives memory for an output whose data is NULL: C-contiguous, or Fortran order where f_order is
 * set. shape has ndim entries. For the validity of a nullable output k that has none either, output
 * is the number of outputs + k and dtype EVEX_BOOL. Returns NULL on failure. Called on the
 * evaluating thread before any output is written; the memory is the caller's whatever happens
 * afterwards.
 */
typedef void *(*evex_alloc_output_fn)(void *user, size_t output, evex_dtype dtype, int32_t ndim,
                                      const int64_t *shape, int f_order);

/* How outputs are written to memory. It changes how fast, never what. */
typedef enum {
    EVEX_STORE_BEST, /* past the caches where all that is read and written is too large for them */
    EVEX_STORE_CACHED,     /* whoever reads the outputs does so at once and piece by piece */
    EVEX_STORE_PAST_CACHES /* however small they are: for tests */
} evex_store;

typedef struct evex_eval_options {
    size_t struct_bytes;
    size_t max_threads;      /* 0: the pool's size */
    const int *cancel;       /* checked between chunks; non-zero (written atomically) cancels */
    int (*poll)(void *user); /* called on this thread between chunks; non-zero cancels */
    void *poll_user;
    uint32_t poll_interval_ms;
    evex_alloc_output_fn alloc_output;
    void *alloc_user;
    size_t max_memory;     /* bound on kept arrays, overlap copies, groups; 0: none */
    size_t block_length;   /* elements a block; 0: chosen by the library (tests force 1, 3, 16) */
    uint8_t force_threads; /* use max_threads workers however small the job: for tests */
    uint8_t store;         /* evex_store */
    const evex_array *groups; /* of grouped expressions: the group of each row, EVEX_I32 or EVEX_I64
                                 from 0 to n_groups - 1; below 0: the row is in no group. Broadcasts
                                 with the inputs */
    int64_t n_groups;
} evex_eval_options;

#define EVEX_EVAL_OPTIONS_INIT                                                                     \
    {                                                                                              \
        sizeof(evex_eval_options), 0, NULL, NULL, NULL, 50, NULL, NULL, 0, 0, 0, EVEX_STORE_BEST,  \
            NULL, 0                                                                                \
    }

/* What an evaluation will give. */
typedef struct evex_result {
    evex_dtype dtype;
    int32_t ndim;
    int64_t shape[EVEX_MAX_DIMS];
} evex_result;

/* Shapes and dtypes of all results for these inputs, whose data is not read; a length of -1 stands
 * for the number of groups. results has room for every output. *memory_bytes (may be NULL) receives
 * what evex_eval will keep between its passes over the data, but for what it keeps of groups, whose
 * number is not known here. Besides, it may take limits.scratch_bytes for blocks, and copies of
 * inputs that outputs overlap. */
EVEX_API evex_status evex_result_shape(const evex_expr *expr, const evex_array *inputs,
                                       size_t n_inputs, evex_result *results, size_t *memory_bytes,
                                       evex_error *error);

/*
 * Evaluates. inputs are in the order of evex_expr_inputs, outputs in that of evex_expr_outputs.
 * Inputs broadcast as in NumPy and must have their variable's dtype. Outputs must have exactly the
 * result's shape and a dtype that the result's dtype casts to within its kind or wider; they may
 * overlap inputs (the answer is as if inputs had been copied first) but not each other. An output
 * whose data is NULL is allocated by options->alloc_output, and its data, dtype are filled in.
 * The validity of a nullable output is written as bytes or as a mask, in the array given with it;
 * without one, EVEX_BAD_OUTPUT. Elements of an output that are null are unspecified.
 * pool NULL means the default pool. Everything that can be known is checked before the first byte
 * is written; after EVEX_CANCELLED or EVEX_GUARD the contents of outputs are unspecified.
 */
EVEX_API evex_status evex_eval(const evex_expr *expr, evex_pool *pool, const evex_array *inputs,
                               size_t n_inputs, evex_array *outputs, size_t n_outputs,
                               const evex_eval_options *options, evex_error *error);

/* ---- Memory for results ------------------------------------------------------------------ */

/*
 * Fresh memory for a large array takes the system several times as long as the arithmetic that
 * fills it. A recycler keeps blocks that were freed for the next arrays of about their size, and
 * takes huge pages where the system has them. It gives memory aligned to 64 bytes through the usual
 * allocator vector, or as alloc_output of evex_eval_options with the recycler as alloc_user. Any
 * thread may allocate and free at any time, also in the child of a fork.
 */
typedef struct evex_recycler evex_recycler;

/* most_idle_bytes bounds what is kept while nobody uses it; 0 means 512 MiB. */
EVEX_API evex_status evex_recycler_create(evex_recycler **recycler, size_t most_idle_bytes,
                                          const evex_allocator *allocator, evex_error *error);
/* What it gives may outlive the recycler, and is then still freed through a copy of this. */
EVEX_API evex_allocator evex_recycler_allocator(evex_recycler *recycler);
/* An evex_alloc_output_fn; free what it gives through the allocator. */
EVEX_API void *evex_recycler_output(void *recycler, size_t output, evex_dtype dtype, int32_t ndim,
                                    const int64_t *shape, int f_order);
/* Gives what is idle back to the system. */
EVEX_API void evex_recycler_trim(evex_recycler *recycler);
EVEX_API size_t evex_recycler_idle_bytes(const evex_recycler *recycler);
EVEX_API void evex_recycler_free(evex_recycler **recycler);

/* ---- Streams ----------------------------------------------------------------------------- */

/*
 * Evaluates over data that arrives in pieces, along axis 0, with the bits of one evaluation over
 * the whole. A program that needs p passes is fed all pieces p times, evex_stream_next_pass between
 * them; elementwise outputs, and reductions that keep axis 0, come piece by piece in the last pass,
 * all other reductions from evex_stream_finish.
 *
 * Inputs with as many dimensions as the one with the most come in pieces, all of the same length
 * along axis 0; inputs with fewer are the same for all pieces and given with each. Elements are
 * numbered in C order; pieces in Fortran order are EVEX_UNSUPPORTED. Where a call fails after part
 * of its piece has been taken in (EVEX_CANCELLED, EVEX_NO_MEMORY), later calls give EVEX_BAD_STATE
 * and the stream is only to be freed.
 *
 * A program that reduces by group gets the codes of each piece, in every pass, by the options'
 * groups, and the same n_groups with each (EVEX_INVALID_ARGUMENT); arrays with an element a group
 * come from evex_stream_finish. It keeps, for each reduction, some 40 bytes a group and level of
 * the tree (their number is the logarithm of the rows / 4,096), and goes through all groups every
 * 4,096 rows. max_memory bounds what it keeps for its groups: a piece that needs more is
 * EVEX_LIMIT_MEMORY, and the stream is as it was before.
 */
typedef struct evex_stream evex_stream;

/* first_index: the place along axis 0 of the first element in the whole; non-zero for a part to be
 * merged. The expression must outlive the stream. */
EVEX_API evex_status evex_stream_create(evex_stream **stream, const evex_expr *expr,
                                        uint64_t first_index, evex_error *error);
EVEX_API size_t evex_stream_passes(const evex_stream *stream);
/* outputs: one an output, written for elementwise ones in the last pass and ignored otherwise (may
 * be NULL before it). options as for evex_eval; by group their codes are read. */
EVEX_API evex_status evex_stream_update(evex_stream *stream, evex_pool *pool,
                                        const evex_array *inputs, size_t n_inputs,
                                        evex_array *outputs, size_t n_outputs,
                                        const evex_eval_options *options, evex_error *error);
EVEX_API evex_status evex_stream_next_pass(evex_stream *stream, evex_error *error);
/* left takes in right, whose first element must follow left's last; right is then empty and only
 * to be freed. Both must be in the same pass of the same program. */
EVEX_API evex_status evex_stream_merge(evex_stream *left, evex_stream *right, evex_error *error);
/* Ends the last pass and writes every reduced output; elementwise ones are ignored. */
EVEX_API evex_status evex_stream_finish(evex_stream *stream, evex_array *outputs, size_t n_outputs,
                                        const evex_eval_options *options, evex_error *error);
/* The state as bytes, through write; a saved state is read back only for the same program. */
EVEX_API evex_status evex_stream_save(const evex_stream *stream, evex_write_fn write, void *user,
                                      evex_error *error);
EVEX_API evex_status evex_stream_load(evex_stream **stream, const evex_expr *expr,
                                      const void *bytes, size_t n_bytes, evex_error *error);
EVEX_API void evex_stream_free(evex_stream **stream);

/* ---- About the library ------------------------------------------------------------------- */

/* "0.1.0" */
EVEX_API const char *evex_version(void);
/* The widest instruction set this machine can use: "base", "avx2" or "avx512". */
EVEX_API const char *evex_isa(void);

/* One operation or reduction of the language, for help texts and tools. */
typedef struct evex_op_doc {
    const char *name;      /* as written in an expression: "sqrt", "+" */
    const char *signature; /* "sqrt(x)", "x + y" */
    const char *types;     /* operand types: "float32 float64" */
    const char *summary;   /* one sentence */
    uint8_t is_reduction;
} evex_op_doc;

/* All operations, *n of them, in the order of the reference; static storage. */
EVEX_API const evex_op_doc *evex_ops(size_t *n);

#ifdef __cplusplus
}
#endif

#endif
