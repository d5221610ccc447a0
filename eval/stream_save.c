/* SPDX-License-Identifier: MIT */
/*
 * A stream's state as bytes, and back. Numbers are in the machine's own byte order, which the magic
 * number tells; lengths follow from what has been read before, so that bytes that lie about them
 * are found out before anything is allocated:
 *
 *     u32 magic, u32 version, u64 hash of the program
 *     u32 pass, u32 is_planned, u32 is_shaped, u64 first_row, next_row, n_rows
 *     u64 number of groups
 *     if planned, for each input: i32 ndim, i64 dims[ndim], u32 weak dtype, 16 bytes weak value
 *     if planned, for each carry: u32 is_shaped and, if shaped, its state: see write_carry
 *     u64 hash of all before
 */
#include <string.h>

#include "core/error.h"
#include "eval/group_bind.h"
#include "eval/stream.h"

enum { MAGIC = 0x53585645 /* "EVXS" */, VERSION = 2 };

static const evex_place nowhere = {0, 0};

/* FNV-1a, 64 bits. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n_bytes) {
    const unsigned char *next = bytes;
    for (size_t i = 0; i < n_bytes; i++)
        hash = (hash ^ next[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static const uint64_t hash_start = UINT64_C(0xcbf29ce484222325);

static uint64_t program_hash(const evex_stream *stream) {
    const evex_program *program = stream->expr->program;
    return hash_bytes(hash_start, program, program->total_bytes);
}

/* ---- What a carry holds ------------------------------------------------------------------- */

/* Goes through the nodes that a tree of leaves [first, next) has, in their order: the largest
 * aligned powers of two. */
typedef struct {
    uint64_t start;
    unsigned level;
} node_place;

static int next_place(node_place *place, uint64_t next) {
    if (place->start >= next)
        return 0;
    place->level = 0;
    while (place->level + 1 < EVEX_TREE_LEVELS &&
           (place->start & ((UINT64_C(2) << place->level) - 1)) == 0 &&
           next - place->start >= UINT64_C(2) << place->level)
        place->level++;
    return 1;
}

/* A node with an odd number whose sibling was never seen is on the left edge. */
static evex_node *nodes_at(evex_tree *tree, node_place place, uint64_t **present) {
    const int is_left = (place.start >> place.level & 1) != 0;
    *present = is_left ? &tree->left_present : &tree->present;
    return tree->nodes + (place.level + (is_left ? tree->levels : 0)) * tree->w;
}

static uint64_t n_leaves_behind(const evex_carry *carry) {
    const uint64_t end = carry->next / EVEX_LEAF;
    return end > carry->tree.first_leaf ? end : carry->tree.first_leaf;
}

static int has_open_leaf(const evex_carry *carry) {
    return carry->w > 0 && carry->next % EVEX_LEAF != 0 &&
           carry->next - carry->first > carry->n_head;
}

/* ---- Writing ------------------------------------------------------------------------------ */

typedef struct {
    evex_write_fn write;
    void *user;
    uint64_t hash;
    int stopped;
} writer;

static void put(writer *to, const void *bytes, size_t n_bytes) {
    to->hash = hash_bytes(to->hash, bytes, n_bytes);
    if (!to->stopped && n_bytes > 0)
        to->stopped = to->write(to->user, bytes, n_bytes) != 0;
}

static void put_u32(writer *to, uint32_t value) {
    put(to, &value, sizeof value);
}

static void put_u64(writer *to, uint64_t value) {
    put(to, &value, sizeof value);
}

static void write_tree(writer *to, const evex_carry *carry) {
    evex_tree tree = carry->tree;
    node_place place = {tree.first_leaf, 0};
    for (; next_place(&place, n_leaves_behind(carry)); place.start += UINT64_C(1) << place.level) {
        uint64_t *present;
        put(to, nodes_at(&tree, place, &present), carry->w * sizeof(evex_node));
    }
}

static void write_head(writer *to, const evex_carry *carry) {
    const size_t n_rows = (size_t)evex_carry_head_rows(carry);
    const size_t n_items = n_rows * evex_carry_columns(carry);
    const evex_stream_items head = evex_carry_head(carry);
    if (n_items == 0)
        return;
    if (head.codes != NULL)
        put(to, head.codes, n_rows * sizeof *head.codes);
    put(to, head.value.data, n_items * evex_carry_item_bytes(carry));
    if (head.mask.data != NULL)
        put(to, head.mask.data, n_items);
}

/*
 *     i32 ndim, i64 dims[ndim] (of the result), u64 n_inner, w, first, next, u32 has_value
 *     the value's elements, or: the head's codes (by group), elements and masks, the tree's nodes
 * in order, the accumulators of an open leaf
 */
static void write_carry(writer *to, const evex_carry *carry) {
    put_u32(to, carry->is_shaped);
    if (!carry->is_shaped)
        return;
    put_u32(to, (uint32_t)carry->result.ndim);
    put(to, carry->result.shape, (size_t)carry->result.ndim * sizeof *carry->result.shape);
    put_u64(to, carry->n_inner);
    put_u64(to, carry->w);
    put_u64(to, carry->first);
    put_u64(to, carry->next);
    put_u32(to, carry->value != NULL);
    if (carry->value != NULL) {
        put(to, carry->value, evex_carry_value_bytes(carry));
        return;
    }
    if (carry->w > 0) {
        write_head(to, carry);
        write_tree(to, carry);
    }
    if (has_open_leaf(carry))
        put(to, carry->leaf, evex_carry_leaf_bytes(carry));
}

static void write_inputs(writer *to, const evex_stream *stream) {
    for (uint32_t i = 0; i < stream->expr->program->n_inputs; i++) {
        put_u32(to, (uint32_t)stream->ndims[i]);
        put(to, stream->inner[i], (size_t)stream->ndims[i] * sizeof *stream->inner[i]);
        put_u32(to, stream->weak_dtypes[i]);
        put(to, stream->weak[i], sizeof stream->weak[i]);
    }
}

static evex_status save(const evex_stream *stream, evex_write_fn write, void *user,
                        evex_error *error) {
    if (stream == NULL || write == NULL)
        return evex_fail(error, EVEX_INVALID_ARGUMENT, nowhere, "stream or write is NULL");
    if (stream->is_broken || stream->is_closed)
        return evex_fail(error, EVEX_BAD_STATE, nowhere,
                         "a stream that failed, was finished or was merged cannot be saved");
    writer to = {write, user, hash_start, 0};
    put_u32(&to, MAGIC);
    put_u32(&to, VERSION);
    put_u64(&to, program_hash(stream));
    put_u32(&to, stream->pass);
    put_u32(&to, stream->is_planned);
    put_u32(&to, stream->is_shaped);
    put_u64(&to, stream->first_row);
    put_u64(&to, stream->next_row);
    put_u64(&to, stream->n_rows);
    put_u64(&to, (uint64_t)stream->n_groups);
    if (stream->is_planned)
        write_inputs(&to, stream);
    for (uint32_t c = 0; c < stream->n_carries; c++)
        write_carry(&to, &stream->carries[c]);
    put_u64(&to, to.hash);
    return to.stopped ? evex_fail(error, EVEX_CANCELLED, nowhere, "write() asked to stop")
                      : EVEX_OK;
}

evex_status evex_stream_save(const evex_stream *stream, evex_write_fn write, void *user,
                             evex_error *error) {
    evex_error fresh = EVEX_ERROR_INIT;
    const evex_status status = save(stream, write, user, &fresh);
    if (status != EVEX_OK && error != NULL)
        *error = fresh;
    return status;
}

/* ---- Reading ------------------------------------------------------------------------------ */

typedef struct {
    const char *next;
    size_t n_left;
    int is_bad;
} reader;

/* n_bytes from the input, or zeros when there are not so many. */
static void get(reader *from, void *bytes, size_t n_bytes) {
    from->is_bad |= n_bytes > from->n_left;
    if (from->is_bad) {
        memset(bytes, 0, n_bytes);
        return;
    }
    if (n_bytes > 0)
        memcpy(bytes, from->next, n_bytes);
    from->next += n_bytes;
    from->n_left -= n_bytes;
}

static uint32_t get_u32(reader *from) {
    uint32_t value;
    get(from, &value, sizeof value);
    return value;
}

static uint64_t get_u64(reader *from) {
    uint64_t value;
    get(from, &value, sizeof value);
    return value;
}

static int get_flag(reader *from) {
    const uint32_t flag = get_u32(from);
    from->is_bad |= flag > 1;
    return flag == 1;
}

/* Whether count * size more bytes are there. */
static int has_bytes(reader *from, uint64_t count, uint64_t size) {
    uint64_t n_bytes;
    from->is_bad |= __builtin_mul_overflow(count, size, &n_bytes) || n_bytes > from->n_left;
    return !from->is_bad;
}

static void read_dims(reader *from, int64_t *dims, int32_t ndim) {
    from->is_bad |= ndim < 0 || ndim > EVEX_MAX_DIMS;
    if (from->is_bad)
        return;
    get(from, dims, (size_t)ndim * sizeof *dims);
    for (int32_t d = 0; d < ndim; d++)
        from->is_bad |= dims[d] < 0;
}

static void read_inputs(reader *from, evex_stream *stream) {
    for (uint32_t i = 0; i < stream->expr->program->n_inputs && !from->is_bad; i++) {
        stream->ndims[i] = (int32_t)get_u32(from);
        read_dims(from, stream->inner[i], stream->ndims[i]);
        const uint32_t dtype = get_u32(from);
        from->is_bad |= dtype >= EVEX_N_DTYPES;
        stream->weak_dtypes[i] = (uint8_t)dtype;
        get(from, stream->weak[i], sizeof stream->weak[i]);
    }
}

static evex_status read_tree(reader *from, const evex_stream *stream, evex_carry *carry,
                             evex_error *error) {
    const uint64_t end = n_leaves_behind(carry);
    node_place place = {carry->tree.first_leaf, 0};
    uint64_t n_nodes = 0;
    for (; next_place(&place, end); place.start += UINT64_C(1) << place.level)
        n_nodes++;
    if (n_nodes == 0 || !has_bytes(from, n_nodes * sizeof(evex_node), carry->w))
        return EVEX_OK;
    const evex_status status = evex_carry_reserve(stream, carry, end, error);
    if (status != EVEX_OK)
        return status;
    for (place.start = carry->tree.first_leaf; next_place(&place, end);
         place.start += UINT64_C(1) << place.level) {
        uint64_t *present;
        get(from, nodes_at(&carry->tree, place, &present), carry->w * sizeof(evex_node));
        *present |= UINT64_C(1) << place.level;
    }
    carry->tree.next_leaf = end;
    return EVEX_OK;
}

static evex_status read_head(reader *from, const evex_stream *stream, evex_carry *carry,
                             evex_error *error) {
    const uint64_t n_rows = evex_carry_head_rows(carry);
    if (n_rows == 0 || carry->w == 0 || !has_bytes(from, evex_carry_columns(carry), 1) ||
        !has_bytes(from, n_rows, evex_carry_head_bytes(carry)))
        return EVEX_OK;
    const evex_status status = evex_carry_reserve_head(stream, carry, error);
    if (status != EVEX_OK)
        return status;
    const size_t n_items = (size_t)n_rows * evex_carry_columns(carry);
    const evex_stream_items head = evex_carry_head(carry);
    if (head.codes != NULL)
        get(from, (int64_t *)(uintptr_t)head.codes, (size_t)n_rows * sizeof *head.codes);
    get(from, (char *)(uintptr_t)head.value.data, n_items * evex_carry_item_bytes(carry));
    if (head.mask.data != NULL)
        get(from, (char *)(uintptr_t)head.mask.data, n_items);
    return EVEX_OK;
}

static evex_status read_leaf(reader *from, const evex_stream *stream, evex_carry *carry,
                             evex_error *error) {
    if (!has_open_leaf(carry) || !has_bytes(from, carry->w, sizeof(uint64_t)))
        return EVEX_OK;
    const size_t n_bytes = evex_carry_leaf_bytes(carry);
    if (!has_bytes(from, n_bytes, 1))
        return EVEX_OK;
    const evex_status status = evex_carry_reserve_leaf(stream, carry, error);
    if (status != EVEX_OK)
        return status;
    get(from, carry->leaf, n_bytes);
    const uint64_t n_rows = carry->next % EVEX_LEAF;
    from->is_bad |= carry->sort != NULL ? !evex_group_leaf_is_valid(carry, n_rows)
                                        : !evex_leaf_is_valid(carry->reducer, carry->leaf, carry->w,
                                                              n_rows * carry->w);
    return EVEX_OK;
}

static evex_status read_value(reader *from, const evex_stream *stream, evex_carry *carry,
                              evex_error *error) {
    if (!has_bytes(from, carry->w, evex_dtype_size(carry->result.dtype)))
        return EVEX_OK;
    carry->value = evex_allocate(&stream->allocator, evex_carry_value_bytes(carry));
    if (carry->value == NULL)
        return evex_fail_memory(error);
    get(from, carry->value, evex_carry_value_bytes(carry));
    return EVEX_OK;
}

/* The numbers of a carry against each other and the stream's. */
static int is_consistent(const evex_stream *stream, const evex_carry *carry, uint64_t first,
                         int has_value) {
    const evex_reduction *spec = carry->reducer->spec;
    const int32_t n_lost = spec->keepdims ? 0 : __builtin_popcount(carry->axes);
    const int32_t ndim = carry->sort != NULL ? 1 : carry->ndim - n_lost;
    uint64_t w = 1, expected;
    for (int32_t d = 0; d < carry->result.ndim; d++)
        if (__builtin_mul_overflow(w, (uint64_t)carry->result.shape[d], &w))
            return 0;
    if ((carry->sort != NULL && w != (uint64_t)stream->n_groups) || carry->result.ndim != ndim ||
        w != carry->w || carry->next < first || has_value != (carry->pass < stream->pass) ||
        carry->pass > stream->pass)
        return 0;
    const uint64_t first_row = carry->is_constant || has_value ? 0 : stream->first_row;
    if (__builtin_mul_overflow(first_row, carry->n_inner, &expected) || expected != first)
        return 0;
    const uint64_t next_row = carry->is_constant ? 1
                              : has_value        ? stream->n_rows
                                                 : stream->next_row;
    return !__builtin_mul_overflow(next_row, carry->n_inner, &expected) && expected == carry->next;
}

static evex_status read_carry(reader *from, const evex_stream *stream, evex_carry *carry,
                              evex_error *error) {
    if (!get_flag(from)) {
        from->is_bad |= carry->pass < stream->pass;
        return EVEX_OK;
    }
    carry->result.dtype = (evex_dtype)carry->reducer->spec->out_dtype;
    carry->result.ndim = (int32_t)get_u32(from);
    read_dims(from, carry->result.shape, carry->result.ndim);
    carry->n_inner = get_u64(from);
    carry->w = (size_t)get_u64(from);
    const uint64_t first = get_u64(from), next = get_u64(from);
    carry->next = next;
    const int has_value = get_flag(from);
    if (from->is_bad || !is_consistent(stream, carry, first, has_value)) {
        from->is_bad = 1;
        return EVEX_OK;
    }
    evex_carry_begin(carry, first);
    carry->next = next;
    carry->is_shaped = 1;
    if (has_value)
        return read_value(from, stream, carry, error);
    evex_status status = read_head(from, stream, carry, error);
    if (status == EVEX_OK && carry->w > 0 && !from->is_bad)
        status = read_tree(from, stream, carry, error);
    return status == EVEX_OK && !from->is_bad ? read_leaf(from, stream, carry, error) : status;
}

static evex_status read_state(reader *from, evex_stream *stream, evex_error *error) {
    stream->pass = get_u32(from);
    const int is_planned = get_flag(from);
    stream->is_shaped = (uint8_t)get_flag(from);
    stream->first_row = get_u64(from);
    stream->next_row = get_u64(from);
    stream->n_rows = get_u64(from);
    const uint64_t n_groups = get_u64(from);
    stream->n_groups = (int64_t)n_groups;
    from->is_bad |= n_groups > (uint64_t)EVEX_MAX_GROUPS || stream->pass >= stream->n_passes ||
                    stream->next_row < stream->first_row ||
                    (stream->pass > 0 &&
                     (stream->first_row > 0 || !is_planned || stream->next_row > stream->n_rows)) ||
                    (stream->is_shaped && !is_planned);
    if (from->is_bad || !is_planned)
        return EVEX_OK;
    read_inputs(from, stream);
    evex_status status = from->is_bad ? EVEX_OK : evex_stream_plan(stream, error);
    for (uint32_t c = 0; c < stream->n_carries && status == EVEX_OK && !from->is_bad; c++)
        status = read_carry(from, stream, &stream->carries[c], error);
    return status;
}

static evex_status fail_bytes(evex_error *error, const char *what) {
    return evex_fail(error, EVEX_BAD_STATE, nowhere, "%s", what);
}

static evex_status load(evex_stream *stream, const void *bytes, size_t n_bytes, evex_error *error) {
    reader from = {bytes, n_bytes, 0};
    const uint32_t magic = get_u32(&from), version = get_u32(&from);
    const uint64_t program = get_u64(&from);
    uint64_t hash;
    if (from.is_bad || magic != MAGIC || from.n_left < sizeof hash)
        return fail_bytes(error, "the bytes are no saved stream");
    if (version != VERSION)
        return fail_bytes(error, "the stream was saved by another version");
    if (program != program_hash(stream))
        return fail_bytes(error, "the stream was saved for another program");
    memcpy(&hash, (const char *)bytes + n_bytes - sizeof hash, sizeof hash);
    if (hash != hash_bytes(hash_start, bytes, n_bytes - sizeof hash))
        return fail_bytes(error, "the saved stream is damaged");
    from.n_left -= sizeof hash;
    const evex_status status = read_state(&from, stream, error);
    if (status == EVEX_OK && (from.is_bad || from.n_left > 0))
        return fail_bytes(error, "the saved stream contradicts itself");
    return status == EVEX_NO_MEMORY || status == EVEX_OK
               ? status
               : fail_bytes(error, "the saved stream contradicts its program");
}

evex_status evex_stream_load(evex_stream **stream, const evex_expr *expr, const void *bytes,
                             size_t n_bytes, evex_error *error) {
    evex_error fresh = EVEX_ERROR_INIT;
    evex_stream *made = NULL;
    evex_status status = evex_stream_create(&made, expr, 0, &fresh);
    if (status == EVEX_OK && (stream == NULL || bytes == NULL))
        status = evex_fail(&fresh, EVEX_INVALID_ARGUMENT, nowhere, "stream or bytes is NULL");
    if (status == EVEX_OK)
        status = load(made, bytes, n_bytes, &fresh);
    if (status != EVEX_OK) {
        evex_stream_free(&made);
        if (error != NULL)
            *error = fresh;
    }
    if (stream != NULL)
        *stream = made;
    return status;
}
