/* SPDX-License-Identifier: MIT */
/** Files without stdio.  errno is kept.  Context: any, also a signal handler. */
#ifndef FFISAN_BASE_IO_H
#define FFISAN_BASE_IO_H

#include <stdbool.h>
#include <stddef.h>

/**
 * The program has given up rights for good (seccomp): a call that it does not make could be its
 * end.  Files are left alone then, and signals are not held back.
 */
extern bool ffisan_io_is_confined __attribute__((visibility("hidden")));

/** Writes all of it; goes on after EINTR and short writes.  Raises neither SIGPIPE nor SIGXFSZ. */
bool ffisan_io_write(int fd, const char *data, size_t size);

/** Appends to a file that is made (mode 0666 less the umask) when missing. */
bool ffisan_io_append(const char *path, const char *data, size_t size);

/** Reads up to `size` bytes at `offset` of a file; returns how many, 0 on failure. */
size_t ffisan_io_read_file(const char *path, size_t offset, char *data, size_t size);

/**
 * Calls `visit` for each line of a file, which ends with a NUL in place of the line feed; longer
 * ones than `size` - 1 bytes are cut.  In one go: files in /proc are made anew for each offset.
 * Returns false when nothing could be read.  `data`: `size` bytes for its own use.
 */
bool ffisan_io_each_line(const char *path, char *data, size_t size,
                         void (*visit)(void *context, const char *line), void *context);

#endif
