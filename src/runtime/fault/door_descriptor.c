/* SPDX-License-Identifier: MIT */
/* Descriptors: closing them, and functions that are given one and no memory. */
#include "runtime/fault/door.h"

#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/types.h>

static void closing(DIR *directory, const char *function)
{
    int descriptor = directory ? dirfd(directory) : -1;
    ffisan_door_closing(descriptor, descriptor, function);
}

/* clang-format off */

/* ---- Closing -------------------------------------------------------------------------------- */

FFISAN_DOOR(int, close, (int fd), (fd), ffisan_door_closing(fd, fd, function))
FFISAN_DOOR(int, closedir, (DIR *directory), (directory), closing(directory, function))

static int last_of(unsigned last)
{
    return last > INT_MAX ? INT_MAX : (int)last;
}

FFISAN_DOOR(int, close_range, (unsigned first, unsigned last, int flags), (first, last, flags),
            ffisan_door_closing(last_of(first), last_of(last), function))
FFISAN_DOOR_OPEN(void, closefrom, (int first))
{
    ffisan_door_closing(first, INT_MAX, "closefrom");
    FFISAN_DOOR_REAL(void, closefrom, (int))(first);
}

/* ---- Using ---------------------------------------------------------------------------------- */

#define DOOR_ONLY(name)                                                                           \
    FFISAN_DOOR_IO(int, name, (int fd), (fd), fd, NOTHING)
DOOR_ONLY(dup)
DOOR_ONLY(fsync)
DOOR_ONLY(fdatasync)
DOOR_ONLY(fchdir)

#define DOOR_INT(name)                                                                            \
    FFISAN_DOOR_IO(int, name, (int fd, int value), (fd, value), fd, NOTHING)
DOOR_INT(dup2)
DOOR_INT(flock)
DOOR_INT(fchmod)
DOOR_INT(listen)
DOOR_INT(shutdown)

FFISAN_DOOR_FD(int, dup3, (int fd, int target, int flags), (fd, target, flags), fd, NOTHING)
FFISAN_DOOR_FD(int, fchown, (int fd, uid_t user, gid_t group), (fd, user, group), fd, NOTHING)

#define DOOR_SEEK(name)                                                                           \
    FFISAN_DOOR_IO(off64_t, name, (int fd, off64_t at, int whence), (fd, at, whence), fd, NOTHING)
DOOR_SEEK(lseek)
DOOR_SEEK(lseek64)

#define DOOR_TRUNCATE(name)                                                                       \
    FFISAN_DOOR_IO(int, name, (int fd, off64_t size), (fd, size), fd, NOTHING)
DOOR_TRUNCATE(ftruncate)
DOOR_TRUNCATE(ftruncate64)

/* ---- Mappings ------------------------------------------------------------------------------- */

struct ffisan_door_mapper ffisan_door_mapper;

#define CALLER                                                                                     \
    (&(const struct ffisan_door_caller){(uintptr_t)__builtin_return_address(0),                    \
                                        (uintptr_t)__builtin_dwarf_cfa()})

static void is_unmapping(const void *address, size_t size)
{
    if (ffisan_door_mapper.unmapping)
        ffisan_door_mapper.unmapping((uintptr_t)address, size);
}

static bool is_plain(int protection, int flags)
{
    return protection & PROT_WRITE && flags & MAP_ANONYMOUS;
}

#define DOOR_MMAP(name)                                                                           \
    FFISAN_DOOR_OPEN(void *, name,                                                                \
                     (void *address, size_t size, int protection, int flags, int fd, off64_t at)) \
    {                                                                                             \
        ffisan_door_uses(fd, #name);                                                              \
        if (flags & MAP_FIXED)                                                                    \
            is_unmapping(address, size);                                                          \
        void *block = FFISAN_DOOR_REAL(void *, name, (void *, size_t, int, int, int, off64_t))(   \
            address, size, protection, flags, fd, at);                                            \
        ffisan_door_used(fd, block == MAP_FAILED, #name);                                         \
        if (ffisan_door_mapper.mapped && block != MAP_FAILED)                                     \
            ffisan_door_mapper.mapped((uintptr_t)block, size, is_plain(protection, flags),        \
                                      CALLER);                                                    \
        return block;                                                                             \
    }
DOOR_MMAP(mmap)
DOOR_MMAP(mmap64)

FFISAN_DOOR_OPEN(int, munmap, (void *address, size_t size))
{
    is_unmapping(address, size);
    int answer = FFISAN_DOOR_REAL(int, munmap, (void *, size_t))(address, size);
    if (ffisan_door_mapper.unmapped && answer == 0)
        ffisan_door_mapper.unmapped((uintptr_t)address, size, CALLER);
    return answer;
}

FFISAN_DOOR_OPEN(void *, mremap, (void *address, size_t size, size_t new_size, int flags, ...))
{
    va_list arguments;
    va_start(arguments, flags);
    void *new_address = flags & MREMAP_FIXED ? va_arg(arguments, void *) : NULL;
    va_end(arguments);
    is_unmapping(address, size);
    if (new_address)
        is_unmapping(new_address, new_size);
    return FFISAN_DOOR_REAL(void *, mremap, (void *, size_t, size_t, int, ...))(
        address, size, new_size, flags, new_address);
}

FFISAN_DOOR_OPEN(FILE *, fdopen, (int fd, const char *mode))
{
    FILE *stream = FFISAN_DOOR_REAL(FILE *, fdopen, (int, const char *))(fd, mode);
    ffisan_door_used(fd, stream == NULL, "fdopen");
    return stream;
}
