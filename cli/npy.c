/* SPDX-License-Identifier: MIT */
/*
 * See npy.h. Headers are hostile: the literal is parsed strictly and without recursion, every size
 * is checked for overflow, and nothing is allocated for data that a file does not have.
 */
#include "cli/npy.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"

enum {
    MAGIC_BYTES = 8,             /* \x93NUMPY and two bytes of version */
    MOST_HEADER_BYTES = 1 << 20, /* NumPy's own limit is 10,000 unless told otherwise */
    MOST_FIELDS = 4096,
    LONGEST_ITEM = 1 << 20 /* bytes of an element or a field */
};

/* The header's literal and the place in it. */
typedef struct {
    const char *at, *end;
    const char *file;
    failure *failed;
} literal;

static bool fail(const literal *in, const char *what) {
    return failure_set(in->failed, EXIT_INPUT, in->file, "%s", what);
}

static bool fail_header(const literal *in) {
    return fail(in, "the .npy header is not what NumPy writes");
}

/* ---- Literals ---------------------------------------------------------------------------- */

static void skip_space(literal *in) {
    while (in->at < in->end && (*in->at == ' ' || *in->at == '\n' || *in->at == '\t'))
        in->at++;
}

/* Passes c if it comes next. */
static bool accept(literal *in, char c) {
    skip_space(in);
    if (in->at == in->end || *in->at != c)
        return false;
    in->at++;
    return true;
}

static bool expect(literal *in, char c) {
    return accept(in, c) || fail_header(in);
}

static bool accept_word(literal *in, const char *word) {
    size_t n = strlen(word);
    skip_space(in);
    if ((size_t)(in->end - in->at) < n || memcmp(in->at, word, n) != 0)
        return false;
    in->at += n;
    return true;
}

static bool read_bool(literal *in, bool *value) {
    if (accept_word(in, "True"))
        return *value = true;
    *value = false;
    return accept_word(in, "False") || fail_header(in);
}

/* Digits and an optional L of Python 2, up to 2**63 - 1. */
static bool read_int(literal *in, int64_t *value) {
    skip_space(in);
    if (in->at == in->end || !isdigit((unsigned char)*in->at))
        return fail_header(in);
    *value = 0;
    for (; in->at < in->end && isdigit((unsigned char)*in->at); in->at++)
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, *in->at - '0', value))
            return fail(in, "a size in the .npy header is beyond 64 bits");
    accept(in, 'L');
    return true;
}

/* One escape of a Python string, its backslash passed: \\ \' \" \n \t \xHH. */
static bool read_escape(literal *in, char *byte) {
    static const char from[] = "\\'\"nt", to[] = "\\'\"\n\t";
    char c = in->at < in->end ? *in->at++ : '\0';
    const char *known = c != '\0' ? strchr(from, c) : NULL;
    if (known != NULL) {
        *byte = to[known - from];
        return true;
    }
    int digits[2];
    for (int i = 0; c == 'x' && i < 2; i++, in->at++) {
        if (in->at == in->end || !isxdigit((unsigned char)*in->at))
            return fail_header(in);
        digits[i] = *in->at <= '9' ? *in->at - '0' : (*in->at | 0x20) - 'a' + 10;
    }
    if (c != 'x')
        return fail_header(in);
    *byte = (char)(digits[0] * 16 + digits[1]);
    return true;
}

/* A string in quotes; the caller frees it. NULL on failure. */
static char *read_string(literal *in) {
    skip_space(in);
    char quote = in->at < in->end ? *in->at : '\0';
    if (quote != '\'' && quote != '"') {
        fail_header(in);
        return NULL;
    }
    in->at++;
    char *text = malloc((size_t)(in->end - in->at) + 1);
    size_t n = 0;
    bool ok = text != NULL;
    while (ok && in->at < in->end && *in->at != quote) {
        char byte = *in->at++;
        ok = byte != '\0' && (byte != '\\' || read_escape(in, &byte));
        text[n++] = byte;
    }
    if (ok && in->at < in->end) {
        in->at++;
        text[n] = '\0';
        return text;
    }
    free(text);
    fail_header(in);
    return NULL;
}

/* ---- Dtypes ------------------------------------------------------------------------------ */

static bool is_big_endian_host(void) {
    const uint16_t one = 1;
    return *(const uint8_t *)&one == 0;
}

static bool fail_dtype(const literal *in, const char *descr, const char *why) {
    char quoted[80];
    return failure_set(in->failed, EXIT_INPUT, in->file, "dtype '%s' %s",
                       text_quote(quoted, sizeof quoted, descr, strlen(descr)), why);
}

static bool find_number(char kind, int64_t size, evex_dtype *dtype) {
    static const struct {
        char kind;
        int8_t size;
        evex_dtype dtype;
    } numbers[] = {
        {'b', 1, EVEX_BOOL}, {'i', 1, EVEX_I8},    {'i', 2, EVEX_I16}, {'i', 4, EVEX_I32},
        {'i', 8, EVEX_I64},  {'u', 1, EVEX_U8},    {'u', 2, EVEX_U16}, {'u', 4, EVEX_U32},
        {'u', 8, EVEX_U64},  {'f', 2, EVEX_F16},   {'f', 4, EVEX_F32}, {'f', 8, EVEX_F64},
        {'c', 8, EVEX_C64},  {'c', 16, EVEX_C128}, {'M', 8, EVEX_I64}, {'m', 8, EVEX_I64}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].kind == kind && numbers[i].size == size) {
            *dtype = numbers[i].dtype;
            return true;
        }
    return false;
}

/* Units of time, as evex_unit numbers them. */
static const char *const units[] = {"Y",  "M",  "W",  "D",  "h",  "m", "s",
                                    "ms", "us", "ns", "ps", "fs", "as"};
enum { N_UNITS = sizeof units / sizeof *units };

/* Reads what stands behind "M8" or "m8": "[us]", or nothing for a span of no unit. */
static bool read_unit(const literal *in, const char *descr, const char *text, char kind,
                      npy_field *field) {
    size_t n = strlen(text);
    uint8_t mark = kind == 'm' ? EVEX_SPAN : 0;
    if (n == 0 && kind == 'm')
        field->unit = EVEX_SPAN | EVEX_UNIT_GENERIC;
    for (size_t u = 0; u < N_UNITS && n > 2 && text[0] == '[' && text[n - 1] == ']'; u++)
        if (strlen(units[u]) == n - 2 && strncmp(units[u], text + 1, n - 2) == 0)
            field->unit = (uint8_t)(mark | (u + 1));
    return field->unit != EVEX_UNIT_NONE || fail_dtype(in, descr, "is not in this version");
}

/* Reads a descr such as "<f8" into a field; V, which pads structures, gives EVEX_N_DTYPES. */
static bool read_descr(literal *in, const char *descr, npy_field *field) {
    const char *text = descr;
    char order = strchr("<>=|", *text) != NULL && *text != '\0' ? *text++ : '=';
    char kind = *text != '\0' ? *text++ : '\0';
    literal digits = {text, text + strlen(text), in->file, in->failed};
    int64_t size = 0;
    if (kind == 'O')
        return fail_dtype(in, descr, "holds Python objects, which are never loaded");
    bool is_time = kind == 'M' || kind == 'm';
    if (kind == '\0' ||
        (*text != '\0' && (!isdigit((unsigned char)*text) || !read_int(&digits, &size) ||
                           (digits.at != digits.end && !is_time))))
        return fail_dtype(in, descr, "is unknown");
    if (is_time && !read_unit(in, descr, digits.at, kind, field))
        return false;
    if ((kind == 'c' && size != 8 && size != 16) ||
        (kind == 'f' && size != 2 && size != 4 && size != 8))
        return fail_dtype(in, descr, "is not in this version");
    if (size <= 0 || size > LONGEST_ITEM)
        return fail_dtype(in, descr, "has no size that can be");
    field->item_bytes = (size_t)size * (kind == 'U' ? 4 : 1);
    field->dtype = kind == 'V' ? EVEX_N_DTYPES : EVEX_STR;
    field->str_form = kind == 'U' ? EVEX_STR_UCS4 : EVEX_STR_BYTES;
    bool has_order = kind == 'U' || (strchr("iufcmM", kind) != NULL && size > 1);
    field->is_swapped = has_order && order == (is_big_endian_host() ? '<' : '>');
    if (strchr("SaUV", kind) != NULL || find_number(kind, size, &field->dtype))
        return true;
    return fail_dtype(in, descr, "is unknown");
}

static bool add_field(literal *in, npy_header *header, char *name, const char *descr) {
    npy_field field = {.name = name, .offset = header->element_bytes};
    bool ok = header->n_fields < MOST_FIELDS || fail(in, "has too many fields");
    ok = ok && read_descr(in, descr, &field);
    header->element_bytes += field.item_bytes;
    if (ok && header->element_bytes > LONGEST_ITEM)
        ok = fail(in, "has elements of more than 1 MiB");
    if (!ok || field.dtype == EVEX_N_DTYPES) {
        free(name);
        return ok;
    }
    header->fields[header->n_fields++] = field;
    return true;
}

/* ('name', '<f8') */
static bool read_field(literal *in, npy_header *header) {
    if (!expect(in, '('))
        return false;
    char *name = read_string(in);
    if (name == NULL)
        return false;
    char *descr = NULL;
    bool ok = expect(in, ',');
    if (ok && (accept(in, '[') || accept(in, '(')))
        ok = fail(in, "nested structured dtypes are not in this version");
    ok = ok && (descr = read_string(in)) != NULL;
    if (ok && accept(in, ','))
        ok = accept(in, ')') || fail(in, "fields that are arrays are not in this version");
    else
        ok = ok && expect(in, ')');
    ok = ok ? add_field(in, header, name, descr) : (free(name), false);
    free(descr);
    return ok;
}

static bool read_dtype(literal *in, npy_header *header) {
    header->fields = calloc(MOST_FIELDS, sizeof *header->fields);
    if (header->fields == NULL)
        return fail(in, "out of memory");
    header->is_structured = accept(in, '[');
    if (!header->is_structured) {
        char *descr = read_string(in);
        char *name = calloc(1, 1);
        bool ok = descr != NULL && name != NULL ? add_field(in, header, name, descr)
                                                : (free(name), false);
        free(descr);
        return ok && (header->n_fields == 1 || fail(in, "raw bytes (V) are not in this version"));
    }
    while (!accept(in, ']'))
        if (!read_field(in, header) ||
            (!accept(in, ',') && !(skip_space(in), in->at < in->end && *in->at == ']')))
            return fail_header(in);
    return header->n_fields > 0 || fail(in, "has no field");
}

static bool read_shape(literal *in, npy_header *header) {
    if (!expect(in, '('))
        return false;
    header->ndim = 0;
    while (!accept(in, ')')) {
        if (header->ndim == EVEX_MAX_DIMS)
            return fail(in, "has more than 32 dimensions");
        if (!read_int(in, &header->shape[header->ndim++]))
            return false;
        if (!accept(in, ','))
            return header->ndim > 1 ? expect(in, ')') : fail_header(in);
    }
    return true;
}

/* ---- The header -------------------------------------------------------------------------- */

enum { KEY_DESCR = 1, KEY_ORDER = 2, KEY_SHAPE = 4 };

static bool read_entry(literal *in, npy_header *header, unsigned *keys) {
    char *key = read_string(in);
    if (key == NULL)
        return false;
    unsigned id = strcmp(key, "descr") == 0           ? KEY_DESCR
                  : strcmp(key, "fortran_order") == 0 ? KEY_ORDER
                  : strcmp(key, "shape") == 0         ? KEY_SHAPE
                                                      : 0;
    free(key);
    if (id == 0 || (*keys & id) || !expect(in, ':'))
        return fail_header(in);
    *keys |= id;
    return id == KEY_DESCR   ? read_dtype(in, header)
           : id == KEY_ORDER ? read_bool(in, &header->is_fortran)
                             : read_shape(in, header);
}

static bool read_dict(literal *in, npy_header *header) {
    unsigned keys = 0;
    if (!expect(in, '{'))
        return false;
    while (!accept(in, '}'))
        if (!read_entry(in, header, &keys) ||
            (!accept(in, ',') && !(skip_space(in), in->at < in->end && *in->at == '}')))
            return fail_header(in);
    skip_space(in);
    return (in->at == in->end && keys == (KEY_DESCR | KEY_ORDER | KEY_SHAPE)) || fail_header(in);
}

/* Strides and the number of bytes, which must fit in the address space. */
static bool measure(literal *in, npy_header *header) {
    int64_t stride = (int64_t)header->element_bytes;
    bool is_empty = false, overflows = false;
    for (int32_t i = 0; i < header->ndim; i++)
        is_empty |= header->shape[i] == 0;
    for (int32_t i = 0; i < header->ndim; i++) {
        int32_t axis = header->is_fortran ? i : header->ndim - 1 - i;
        header->strides[axis] = stride;
        if (!is_empty)
            overflows |= __builtin_mul_overflow(stride, header->shape[axis], &stride);
    }
    header->n_bytes = is_empty ? 0 : (size_t)stride;
    return !overflows || fail(in, "promises more elements than memory could hold");
}

/* Reads exactly n bytes. */
static bool read_exactly(source *from, void *bytes, size_t n, const char *what, failure *failed) {
    for (size_t done = 0, got; done < n; done += got) {
        if (!source_read(from, (char *)bytes + done, n - done, &got, failed))
            return false;
        if (got == 0)
            return failure_set(failed, EXIT_INPUT, from->name, "ends in the middle of %s", what);
    }
    return true;
}

/* The length of the literal: 2 bytes in version 1, 4 since. */
static bool read_prefix(source *from, size_t *n_bytes, failure *failed) {
    uint8_t magic[MAGIC_BYTES], length[4] = {0};
    const char *what = "the .npy header";
    if (!read_exactly(from, magic, sizeof magic, what, failed))
        return false;
    if (memcmp(magic, "\x93NUMPY", 6) != 0)
        return failure_set(failed, EXIT_INPUT, from->name, "is no .npy file");
    if (magic[6] < 1 || magic[6] > 3 || magic[7] != 0)
        return failure_set(failed, EXIT_INPUT, from->name, ".npy version %d.%d is unknown",
                           magic[6], magic[7]);
    if (!read_exactly(from, length, magic[6] == 1 ? 2 : 4, what, failed))
        return false;
    *n_bytes =
        length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
    return *n_bytes <= MOST_HEADER_BYTES ||
           failure_set(failed, EXIT_INPUT, from->name, "has a .npy header of more than 1 MiB");
}

bool npy_read_header(source *from, npy_header *header, failure *failed) {
    *header = (npy_header){0};
    size_t n_bytes = 0;
    if (!read_prefix(from, &n_bytes, failed))
        return false;
    char *text = malloc(n_bytes + 1);
    bool ok = text != NULL || failure_set(failed, EXIT_INPUT, from->name, "out of memory");
    ok = ok && read_exactly(from, text, n_bytes, "the .npy header", failed);
    literal in = {text, text + n_bytes, from->name, failed};
    ok = ok && read_dict(&in, header) && measure(&in, header);
    free(text);
    return ok;
}

void npy_free_header(npy_header *header) {
    for (size_t i = 0; i < header->n_fields; i++)
        free(header->fields[i].name);
    free(header->fields);
    *header = (npy_header){0};
}

/* ---- The elements ------------------------------------------------------------------------ */

bool npy_check_size(const source *from, const npy_header *header, failure *failed) {
    uint64_t rest = from->start + from->size - from->position;
    if (rest == header->n_bytes)
        return true;
    return failure_set(failed, EXIT_INPUT, from->name,
                       "its header promises %zu bytes of data, and it has %" PRIu64,
                       header->n_bytes, rest);
}

bool npy_read_piece(source *from, void *bytes, size_t n, failure *failed) {
    return read_exactly(from, bytes, n, "the data", failed);
}

/* Makes the buffer larger as data comes, so that a pipe's header cannot ask for memory. */
static void *read_pipe(source *from, size_t n_bytes, failure *failed) {
    size_t capacity = n_bytes < 1 << 20 ? n_bytes : 1 << 20, done = 0;
    char *data = malloc(capacity + 1);
    while (data != NULL) {
        if (!read_exactly(from, data + done, capacity - done, "the data", failed))
            break;
        done = capacity;
        if (done == n_bytes)
            return data;
        capacity = n_bytes - done < capacity ? n_bytes : 2 * capacity;
        char *larger = realloc(data, capacity + 1);
        if (larger == NULL)
            break;
        data = larger;
    }
    failure_set(failed, EXIT_INPUT, from->name, "out of memory");
    free(data);
    return NULL;
}

void *npy_read_data(source *from, const npy_header *header, failure *failed) {
    if (!from->is_regular)
        return read_pipe(from, header->n_bytes, failed);
    if (!npy_check_size(from, header, failed))
        return NULL;
    /* Vectors load best from memory aligned for them. */
    void *data = NULL;
    if (posix_memalign(&data, 64, header->n_bytes + 1) != 0) {
        failure_set(failed, EXIT_INPUT, from->name, "out of memory for %zu bytes", header->n_bytes);
        return NULL;
    }
    if (read_exactly(from, data, header->n_bytes, "the data", failed))
        return data;
    free(data);
    return NULL;
}

/* ---- Writing ----------------------------------------------------------------------------- */

/* NULL when .npy has no such type. */
static const char *number_descr(evex_dtype dtype) {
    static const char *const big[] = {"|b1", "|i1", ">i2", ">i4", ">i8", "|u1", ">u2",
                                      ">u4", ">u8", ">f4", ">f8", ">f2", ">c8", ">c16"};
    static const char *const little[] = {"|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2",
                                         "<u4", "<u8", "<f4", "<f8", "<f2", "<c8", "<c16"};
    if (dtype > EVEX_C128)
        return NULL;
    return is_big_endian_host() ? big[dtype] : little[dtype];
}

static void write_descr(FILE *to, const data_column *column) {
    uint8_t base = column->unit & ~EVEX_SPAN;
    if (column->unit == EVEX_UNIT_NONE)
        fprintf(to, "'%s'", number_descr(column->dtype));
    else
        fprintf(to, "'%c%c8%s%s%s'", is_big_endian_host() ? '>' : '<',
                column->unit >= EVEX_SPAN ? 'm' : 'M', base <= N_UNITS ? "[" : "",
                base <= N_UNITS ? units[base - 1] : "", base <= N_UNITS ? "]" : "");
}

/* Writes a name as a Python string; its bytes stay UTF-8, which is version 3. */
static void write_name(FILE *to, const char *name) {
    fputc('\'', to);
    for (; *name != '\0'; name++) {
        if (*name == '\'' || *name == '\\')
            fputc('\\', to);
        if (*name == '\n')
            fputs("\\n", to);
        else
            fputc(*name, to);
    }
    fputc('\'', to);
}

static void write_dict(FILE *to, const data_column *columns, size_t n_columns, int32_t ndim,
                       const int64_t *shape, bool is_fortran) {
    fputs("{'descr': ", to);
    if (n_columns == 1)
        write_descr(to, &columns[0]);
    for (size_t i = 0; i < n_columns && n_columns > 1; i++) {
        fputs(i == 0 ? "[(" : ", (", to);
        write_name(to, columns[i].name);
        fputs(", ", to);
        write_descr(to, &columns[i]);
        fputs(i + 1 == n_columns ? ")]" : ")", to);
    }
    fprintf(to, ", 'fortran_order': %s, 'shape': (", is_fortran ? "True" : "False");
    for (int32_t i = 0; i < ndim; i++)
        fprintf(to, "%s%" PRId64 "%s", i > 0 ? " " : "", shape[i],
                i + 1 < ndim || ndim == 1 ? "," : "");
    fputs("), }", to);
}

static bool check_columns(const data_column *columns, size_t n_columns, failure *failed) {
    char quoted[120];
    for (size_t i = 0; i < n_columns; i++) {
        const char *name =
            text_quote(quoted, sizeof quoted, columns[i].name, strlen(columns[i].name));
        if (number_descr(columns[i].dtype) == NULL)
            return failure_set(failed, EXIT_PROGRAM, "",
                               "'%s' is %s, which cannot be written to .npy", name,
                               evex_dtype_name(columns[i].dtype));
        for (size_t k = 0; k < i; k++)
            if (strcmp(columns[i].name, columns[k].name) == 0)
                return failure_set(failed, EXIT_PROGRAM, "", "two results are called '%s'", name);
    }
    return true;
}

char *npy_format_header(const data_column *columns, size_t n_columns, int32_t ndim,
                        const int64_t *shape, bool is_fortran, size_t least_bytes, size_t *n_bytes,
                        failure *failed) {
    char *dict = NULL;
    size_t dict_bytes = 0;
    if (!check_columns(columns, n_columns, failed))
        return NULL;
    FILE *memory = open_memstream(&dict, &dict_bytes);
    if (memory != NULL) {
        write_dict(memory, columns, n_columns, ndim, shape, is_fortran);
        if (fclose(memory) != 0)
            dict_bytes = SIZE_MAX;
    }
    bool is_ascii = true;
    for (size_t i = 0; memory != NULL && i < dict_bytes && dict_bytes != SIZE_MAX; i++)
        is_ascii &= (unsigned char)dict[i] < 0x80;
    /* Version 1 where it will do: any reader knows it. Elements begin at a multiple of 64. */
    int version = !is_ascii ? 3 : dict_bytes > 60000 ? 2 : 1;
    size_t prefix = MAGIC_BYTES + (version == 1 ? 2 : 4);
    size_t total = (prefix + dict_bytes + 1 + 63) / 64 * 64;
    total = total > least_bytes ? total : least_bytes;
    char *header = memory != NULL && dict_bytes != SIZE_MAX ? malloc(total) : NULL;
    if (header == NULL) {
        free(dict);
        failure_set(failed, EXIT_OUTPUT, "", "out of memory");
        return NULL;
    }
    memcpy(header, "\x93NUMPY", 6);
    header[6] = (char)version;
    header[7] = 0;
    for (size_t i = 0; i < prefix - MAGIC_BYTES; i++)
        header[MAGIC_BYTES + i] = (char)((total - prefix) >> 8 * i & 0xff);
    memset(header + prefix, ' ', total - prefix);
    memcpy(header + prefix, dict, dict_bytes);
    header[total - 1] = '\n';
    free(dict);
    *n_bytes = total;
    return header;
}
