/* SPDX-License-Identifier: MIT */
/*
 * See source.h. Every call into the system that reads is here; short reads and interruptions end
 * here too.
 */
#include "cli/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool inspect(source *opened, failure *failed) {
    struct stat status;
    if (fstat(opened->fd, &status) != 0)
        return failure_set_errno(failed, EXIT_INPUT, opened->name, "cannot be read", errno);
    if (S_ISDIR(status.st_mode))
        return failure_set(failed, EXIT_INPUT, opened->name, "is a directory");
    opened->is_regular = S_ISREG(status.st_mode);
    if (!opened->is_regular)
        return true;
    off_t offset = opened->fd == STDIN_FILENO ? lseek(opened->fd, 0, SEEK_CUR) : 0;
    opened->start = opened->position = offset > 0 ? (uint64_t)offset : 0;
    uint64_t size = (uint64_t)status.st_size;
    opened->size = size > opened->start ? size - opened->start : 0;
    (void)posix_fadvise(opened->fd, offset, 0, POSIX_FADV_SEQUENTIAL);
    return true;
}

bool source_open(source *opened, const char *path, failure *failed) {
    bool is_stdin = strcmp(path, "-") == 0;
    *opened = (source){.name = is_stdin ? "stdin" : path, .fd = STDIN_FILENO, .spool_fd = -1};
    if (!is_stdin)
        opened->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (opened->fd < 0)
        return failure_set_errno(failed, EXIT_INPUT, path, "cannot be opened", errno);
    if (inspect(opened, failed))
        return true;
    source_close(opened);
    return false;
}

static ssize_t read_some(source *from, void *bytes, size_t n) {
    ssize_t got;
    do
        got = from->is_regular ? pread(from->fd, bytes, n, (off_t)from->position)
                               : read(from->fd, bytes, n);
    while (got < 0 && errno == EINTR);
    return got;
}

bool source_read(source *from, void *bytes, size_t n, size_t *n_read, failure *failed) {
    ssize_t got = read_some(from, bytes, n);
    if (got < 0)
        return failure_set_errno(failed, EXIT_INPUT, from->name, "cannot be read", errno);
    if (got == 0 && n > 0 && from->is_regular && from->position < from->start + from->size)
        return failure_set(failed, EXIT_INPUT, from->name, "became shorter while it was read");
    *n_read = (size_t)got;
    from->position += (uint64_t)got;
    if (from->is_regular || from->spool_fd < 0)
        return true;
    int error = source_write_all(from->spool_fd, bytes, (size_t)got);
    if (error == 0)
        return true;
    failure_set_errno(failed, EXIT_INPUT, from->name, "cannot be kept for a second pass", error);
    return failure_hint(failed, "TMPDIR names the folder to keep it in");
}

bool source_keep(source *from, failure *failed) {
    if (from->is_regular || from->spool_fd >= 0)
        return true;
    from->spool_fd = source_temporary(failed);
    return from->spool_fd >= 0;
}

bool source_rewind(source *from, failure *failed) {
    if (!from->is_regular && from->spool_fd < 0)
        return failure_set(failed, EXIT_INPUT, from->name, "cannot be read twice");
    if (!from->is_regular) {
        if (from->fd != STDIN_FILENO)
            close(from->fd);
        from->fd = from->spool_fd;
        from->spool_fd = -1;
        from->is_regular = true;
        from->start = 0;
        from->size = from->position;
    }
    from->position = from->start;
    return true;
}

void source_close(source *from) {
    if (from->fd > STDIN_FILENO)
        close(from->fd);
    if (from->spool_fd >= 0)
        close(from->spool_fd);
    from->fd = from->spool_fd = -1;
}

int source_temporary(failure *failed) {
    const char *folder = getenv("TMPDIR");
    if (folder == NULL || *folder == '\0')
        folder = "/tmp";
    char path[512];
    int length = snprintf(path, sizeof path, "%s/evex-XXXXXX", folder);
    int fd = -1, error = ENAMETOOLONG;
    if (length > 0 && (size_t)length < sizeof path) {
        fd = mkostemp(path, O_CLOEXEC);
        error = errno;
    }
    if (fd >= 0)
        unlink(path);
    else
        failure_set_errno(failed, EXIT_INPUT, folder, "cannot hold a temporary file", error);
    return fd;
}

int source_write_all(int fd, const void *bytes, size_t n) {
    const char *rest = bytes;
    while (n > 0) {
        ssize_t done = write(fd, rest, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno;
        rest += done;
        n -= (size_t)done;
    }
    return 0;
}
