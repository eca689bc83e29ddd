/* SPDX-License-Identifier: MIT */
/*
 * stdio copies most of what it is given, which faults like any other access.  What does not: large
 * blocks of fread and fwrite, which go to the kernel directly, paths, and the buffer that the
 * program gave to setvbuf, which libc fills and empties by system calls of its own.
 */
#include "runtime/fault/door.h"

#include "runtime/fault/guard.h"
#include "runtime/fault/use.h"

#include <stdio.h>
#include <sys/types.h>

/* Where the buffer lies is public in <bits/types/struct_FILE.h>, for getc_unlocked. */
static inline void check_buffer(const FILE *stream, const char *function, unsigned argument)
{
    if (ffisan_door_is_open() && stream)
        ffisan_door_check(stream->_IO_buf_base,
                          (size_t)(stream->_IO_buf_end - stream->_IO_buf_base), function, argument,
                          true);
}

#define BUFFER(n, stream) check_buffer(stream, function, n)

/* The descriptor of a stream that is about to be closed, which may be gone itself. */
static void closing(const FILE *stream, const char *function)
{
    int descriptor;
    if (stream && ffisan_guard_copy(&descriptor, &stream->_fileno, sizeof(descriptor)))
        ffisan_door_closing(descriptor, descriptor, function);
}

#define CLOSING(stream) closing(stream, function)

/* The number of a stream that nobody has asked for is known to nobody. */
static void opened(const FILE *stream)
{
    if (!stream)
        return;
    ffisan_door_put(&ffisan_door_told, stream->_fileno, false);
    if (ffisan_door_has(&ffisan_door_gone, stream->_fileno))
        ffisan_use_opened(stream->_fileno, stream);
}

static void asked(const FILE *stream, int descriptor)
{
    ffisan_door_put(&ffisan_door_told, descriptor, true);
    if (ffisan_door_has(&ffisan_door_gone, descriptor))
        ffisan_use_asked(descriptor, stream);
}

/* All streams that are open: a name that libc exports for old programs, and has kept. */
extern FILE *_IO_list_all;

/* What is in a buffer and has not been written yet. */
static void check_output(void *function)
{
    for (const FILE *stream = _IO_list_all; stream; stream = stream->_chain)
        if (stream->_IO_write_ptr > stream->_IO_write_base)
            ffisan_door_check(stream->_IO_write_base,
                              (size_t)(stream->_IO_write_ptr - stream->_IO_write_base), function, 1,
                              false);
}

static void check_all(const char *function)
{
    if (ffisan_door_is_open())
        ffisan_guard_run(check_output, (void *)function);
}

/* After the last destructor libc empties all buffers, by system calls of its own. */
__attribute__((destructor)) static void at_exit(void)
{
    check_all("exit");
}

/* clang-format off */

#define DOOR_FREAD(name)                                                                          \
    FFISAN_DOOR(size_t, name, (void *data, size_t size, size_t n, FILE *stream),                  \
                (data, size, n, stream), OUT(1, data, size * n); BUFFER(4, stream))
DOOR_FREAD(fread)
DOOR_FREAD(fread_unlocked)

#define DOOR_FREAD_CHK(name)                                                                      \
    FFISAN_DOOR(size_t, name, (void *data, size_t room, size_t size, size_t n, FILE *stream),     \
                (data, room, size, n, stream), OUT(1, data, size * n); BUFFER(5, stream))
DOOR_FREAD_CHK(__fread_chk)
DOOR_FREAD_CHK(__fread_unlocked_chk)

#define DOOR_FWRITE(name)                                                                         \
    FFISAN_DOOR(size_t, name, (const void *data, size_t size, size_t n, FILE *stream),            \
                (data, size, n, stream), DATA(1, data, size * n); BUFFER(4, stream))
DOOR_FWRITE(fwrite)
DOOR_FWRITE(fwrite_unlocked)

#define DOOR_FOPEN(name)                                                                          \
    FFISAN_DOOR_OPEN(FILE *, name, (const char *path, const char *mode))                          \
    {                                                                                             \
        static const char function[] = #name;                                                     \
        TEXT(1, path);                                                                            \
        FILE *stream = FFISAN_DOOR_REAL(FILE *, name, (const char *, const char *))(path, mode);  \
        opened(stream);                                                                           \
        return stream;                                                                            \
    }
DOOR_FOPEN(fopen)
DOOR_FOPEN(fopen64)

#define DOOR_FREOPEN(name)                                                                        \
    FFISAN_DOOR(FILE *, name, (const char *path, const char *mode, FILE *stream),                 \
                (path, mode, stream), TEXT(1, path); BUFFER(3, stream); CLOSING(stream))
DOOR_FREOPEN(freopen)
DOOR_FREOPEN(freopen64)

#define DOOR_STREAM(name)                                                                         \
    FFISAN_DOOR(int, name, (FILE *stream), (stream), BUFFER(1, stream))
#define DOOR_CLOSE(name)                                                                          \
    FFISAN_DOOR(int, name, (FILE *stream), (stream), BUFFER(1, stream); CLOSING(stream))
FFISAN_DOOR(int, fflush, (FILE *stream), (stream),
            stream ? check_buffer(stream, function, 1) : check_all(function))
DOOR_CLOSE(fclose)
DOOR_CLOSE(pclose)
DOOR_STREAM(fgetc)
DOOR_STREAM(getc)

FFISAN_DOOR(char *, fgets, (char *data, int size, FILE *stream), (data, size, stream),
            BUFFER(3, stream))
FFISAN_DOOR(ssize_t, getdelim, (char **line, size_t *room, int end, FILE *stream),
            (line, room, end, stream), BUFFER(4, stream))
FFISAN_DOOR(ssize_t, getline, (char **line, size_t *room, FILE *stream), (line, room, stream),
            BUFFER(3, stream))
FFISAN_DOOR(int, fseek, (FILE *stream, long offset, int whence), (stream, offset, whence),
            BUFFER(1, stream))

#define DOOR_FILENO(name)                                                                         \
    FFISAN_DOOR_OPEN(int, name, (FILE *stream))                                                   \
    {                                                                                             \
        int descriptor = FFISAN_DOOR_REAL(int, name, (FILE *))(stream);                           \
        asked(stream, descriptor);                                                                \
        return descriptor;                                                                        \
    }
DOOR_FILENO(fileno)
DOOR_FILENO(fileno_unlocked)
