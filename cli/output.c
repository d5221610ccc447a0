/* SPDX-License-Identifier: MIT */
/*
 * See output.h. A regular file is written under a temporary name in its own folder and renamed at
 * the end; devices and pipes are written to directly.
 */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/source.h"

/* The file that a signal must remove: one a process, as there is one output. */
static char *volatile file_to_remove;

static void die_of_signal(int number) {
    if (file_to_remove != NULL)
        unlink(file_to_remove);
    signal(number, SIG_DFL);
    raise(number);
}

void output_prepare_process(void) {
    /* A closed stdout becomes one that cannot be written to, rather than the next file opened. */
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR);
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signal(signals[i], die_of_signal) == SIG_IGN)
            signal(signals[i], SIG_IGN);
}

static bool fail(const output *to, const char *what, int error, failure *failed) {
    return failure_set_errno(failed, EXIT_OUTPUT, to->name, what, error);
}

/* ---- Opening ----------------------------------------------------------------------------- */

/* The mode that the new file shall have: the old one's, or what the umask leaves of 0666. */
static mode_t final_mode(const char *path) {
    struct stat status;
    if (stat(path, &status) == 0)
        return status.st_mode & 0777;
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static bool open_temporary(output *opened, failure *failed) {
    const char *slash = strrchr(opened->path, '/');
    int folder_bytes = slash != NULL ? (int)(slash + 1 - opened->path) : 0;
    if (asprintf(&opened->temporary, "%.*s.%s-XXXXXX", folder_bytes, opened->path,
                 opened->path + folder_bytes) < 0) {
        opened->temporary = NULL;
        return fail(opened, "cannot be written", ENOMEM, failed);
    }
    opened->fd = mkostemp(opened->temporary, O_CLOEXEC);
    if (opened->fd < 0)
        return fail(opened, "cannot be created", errno, failed);
    file_to_remove = opened->temporary;
    if (fchmod(opened->fd, final_mode(opened->path)) != 0)
        return fail(opened, "cannot be created", errno, failed);
    return true;
}

/* A link is followed, so that the file it points to is the one replaced. */
static bool open_path(output *opened, const char *path, failure *failed) {
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        opened->fd = open(path, O_WRONLY | O_CLOEXEC);
        return opened->fd >= 0 || fail(opened, "cannot be opened", errno, failed);
    }
    opened->path = realpath(path, NULL);
    if (opened->path == NULL)
        opened->path = strdup(path);
    if (opened->path == NULL)
        return fail(opened, "cannot be written", ENOMEM, failed);
    return open_temporary(opened, failed);
}

bool output_open(output *opened, const char *path, bool must_seek, failure *failed) {
    bool is_stdout = path == NULL || strcmp(path, "-") == 0;
    *opened = (output){.name = is_stdout ? "stdout" : path, .fd = STDOUT_FILENO};
    opened->buffer = malloc(OUTPUT_BUFFER_BYTES);
    if (opened->buffer == NULL)
        return fail(opened, "cannot be written", ENOMEM, failed);
    opened->is_terminal = is_stdout && isatty(STDOUT_FILENO);
    if (!is_stdout && !open_path(opened, path, failed))
        return false;
    if (must_seek && opened->path == NULL) {
        opened->target_fd = opened->fd;
        opened->fd = source_temporary(failed);
        opened->is_spool = true;
        return opened->fd >= 0;
    }
    return true;
}

/* ---- Writing ----------------------------------------------------------------------------- */

static bool write_out(output *to, int fd, const void *bytes, size_t n, failure *failed) {
    int error = source_write_all(fd, bytes, n);
    if (error == 0)
        return true;
    if (error == EPIPE) {
        /* The reader has gone, and whoever started this process had SIGPIPE ignored. */
        output_close(to);
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    return fail(to, "cannot be written", error, failed);
}

static bool flush(output *to, failure *failed) {
    size_t n = to->used;
    to->used = 0;
    return n == 0 || write_out(to, to->fd, to->buffer, n, failed);
}

bool output_write(output *to, const void *bytes, size_t n, failure *failed) {
    if (n > OUTPUT_BUFFER_BYTES - to->used && !flush(to, failed))
        return false;
    if (n > OUTPUT_BUFFER_BYTES)
        return write_out(to, to->fd, bytes, n, failed);
    memcpy(to->buffer + to->used, bytes, n);
    to->used += n;
    return true;
}

bool output_rewrite(output *to, const void *bytes, size_t n, failure *failed) {
    if (!flush(to, failed))
        return false;
    if (lseek(to->fd, 0, SEEK_SET) != 0)
        return fail(to, "cannot be written", errno, failed);
    bool ok = write_out(to, to->fd, bytes, n, failed);
    if (ok && lseek(to->fd, 0, SEEK_END) < 0)
        return fail(to, "cannot be written", errno, failed);
    return ok;
}

static bool copy_spool(output *to, failure *failed) {
    if (lseek(to->fd, 0, SEEK_SET) != 0)
        return fail(to, "cannot be written", errno, failed);
    for (;;) {
        ssize_t got = read(to->fd, to->buffer, OUTPUT_BUFFER_BYTES);
        if (got < 0 && errno != EINTR)
            return fail(to, "cannot be written", errno, failed);
        if (got == 0)
            return true;
        if (got > 0 && !write_out(to, to->target_fd, to->buffer, (size_t)got, failed))
            return false;
    }
}

bool output_finish(output *to, failure *failed) {
    if (!flush(to, failed) || (to->is_spool && !copy_spool(to, failed)))
        return false;
    if (to->path == NULL)
        return true;
    int fd = to->fd;
    to->fd = -1;
    if (close(fd) != 0)
        return fail(to, "cannot be written", errno, failed);
    if (rename(to->temporary, to->path) != 0)
        return fail(to, "cannot be renamed", errno, failed);
    file_to_remove = NULL;
    free(to->temporary);
    to->temporary = NULL;
    return true;
}

void output_close(output *to) {
    if (to->fd > STDOUT_FILENO)
        close(to->fd);
    if (to->is_spool && to->target_fd > STDOUT_FILENO)
        close(to->target_fd);
    to->fd = to->target_fd = -1;
    if (to->temporary != NULL) {
        file_to_remove = NULL;
        unlink(to->temporary);
    }
    free(to->temporary);
    free(to->path);
    free(to->buffer);
    to->temporary = to->path = to->buffer = NULL;
}
