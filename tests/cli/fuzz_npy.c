/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a .npy file: a header that is accepted describes exactly the data that is there.
 */
#include "cli/npy.h"
#include "tests/cli/memory_file.h"
#include "tests/fuzz/fuzz.h"

static void check_header(const npy_header *header) {
    FUZZ_REQUIRE(header->ndim >= 0 && header->ndim <= EVEX_MAX_DIMS);
    FUZZ_REQUIRE(header->n_fields > 0);
    size_t n_elements = 1;
    for (int32_t i = 0; i < header->ndim; i++)
        n_elements *= (size_t)header->shape[i];
    FUZZ_REQUIRE(header->n_bytes == n_elements * header->element_bytes);
    for (size_t i = 0; i < header->n_fields; i++) {
        const npy_field *field = &header->fields[i];
        FUZZ_REQUIRE(field->item_bytes > 0);
        FUZZ_REQUIRE(field->offset + field->item_bytes <= header->element_bytes);
        FUZZ_REQUIRE(field->dtype == EVEX_STR ||
                     evex_dtype_size(field->dtype) == field->item_bytes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes) {
    char path[32];
    int fd = memory_file(path, data, n_bytes);
    FUZZ_REQUIRE(fd >= 0);
    failure failed = {0};
    source from;
    npy_header header = {0};
    void *elements = NULL;
    FUZZ_REQUIRE(source_open(&from, path, &failed));
    if (npy_read_header(&from, &header, &failed)) {
        elements = npy_read_data(&from, &header, &failed);
        if (elements != NULL)
            check_header(&header);
    }
    FUZZ_REQUIRE((elements == NULL) == (failed.code == EXIT_INPUT));
    free(elements);
    npy_free_header(&header);
    source_close(&from);
    close(fd);
    return 0;
}
