/* SPDX-License-Identifier: MIT */
/** Small things with files.  Strings returned are the caller's to free. */
#ifndef FFISAN_CLI_FS_H
#define FFISAN_CLI_FS_H

#include <stdbool.h>
#include <stddef.h>

/** printf into new memory; never NULL (the command ends when it has no memory). */
char *ffisan_fs_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** `path` from the root on; nothing is resolved, the file need not exist. */
char *ffisan_fs_absolute(const char *path);

/** Can `path` be opened for appending?  False with errno set.  Leaves nothing behind. */
bool ffisan_fs_is_appendable(const char *path);

/**
 * Makes a fresh directory below $TMPDIR or /tmp; NULL with errno set.  When `mode` lets everybody
 * in, a $TMPDIR that does not comes last.
 */
char *ffisan_fs_make_temp_dir(const char *prefix, unsigned mode);

/** Removes a directory with all that is in it; what cannot be removed stays. */
void ffisan_fs_remove_tree(const char *path);

/** Writes a whole new file; false with errno set. */
bool ffisan_fs_write_file(const char *path, const char *data, size_t length);

/**
 * The first `limit` bytes of a file, NUL-terminated; NULL with errno set.
 * `ret_length` may be NULL.
 */
char *ffisan_fs_read_file(const char *path, size_t limit, size_t *ret_length);

#endif
