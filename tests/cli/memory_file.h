/* SPDX-License-Identifier: MIT */
/*
 * Bytes as a file with a path, without a disk: what the fuzzing harnesses of the readers need.
 */
#ifndef EVEX_TESTS_CLI_MEMORY_FILE_H
#define EVEX_TESTS_CLI_MEMORY_FILE_H

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/source.h"

/* Gives a descriptor to close and the path to open; -1 when there is no memory. */
static inline int memory_file(char path[32], const void *bytes, size_t n_bytes) {
    int fd = memfd_create("evex", MFD_CLOEXEC);
    if (fd >= 0 && source_write_all(fd, bytes, n_bytes) != 0) {
        close(fd);
        fd = -1;
    }
    snprintf(path, 32, "/proc/self/fd/%d", fd);
    return fd;
}

#endif
