/* SPDX-License-Identifier: MIT */
/* Files by name, and what is known of them. */
#include "runtime/fault/door.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/types.h>
#include <utime.h>

/* clang-format off */

/* ---- Opening -------------------------------------------------------------------------------- */

static mode_t mode_argument(int flags, va_list arguments)
{
    return (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(arguments, mode_t) : 0;
}

#define DOOR_OPEN_FILE(name)                                                                      \
    FFISAN_DOOR_OPEN(int, name, (const char *path, int flags, ...))                               \
    {                                                                                             \
        static const char function[] = #name;                                                     \
        va_list arguments;                                                                        \
        va_start(arguments, flags);                                                               \
        mode_t mode = mode_argument(flags, arguments);                                            \
        va_end(arguments);                                                                        \
        TEXT(1, path);                                                                            \
        return FFISAN_DOOR_REAL(int, name, (const char *, int, ...))(path, flags, mode);          \
    }
DOOR_OPEN_FILE(open)
DOOR_OPEN_FILE(open64)

#define DOOR_OPEN_AT(name)                                                                        \
    FFISAN_DOOR_OPEN(int, name, (int dir, const char *path, int flags, ...))                      \
    {                                                                                             \
        static const char function[] = #name;                                                     \
        va_list arguments;                                                                        \
        va_start(arguments, flags);                                                               \
        mode_t mode = mode_argument(flags, arguments);                                            \
        va_end(arguments);                                                                        \
        TEXT(2, path);                                                                            \
        return FFISAN_DOOR_REAL(int, name, (int, const char *, int, ...))(dir, path, flags, mode); \
    }
DOOR_OPEN_AT(openat)
DOOR_OPEN_AT(openat64)

FFISAN_DOOR(int, __open_2, (const char *path, int flags), (path, flags), TEXT(1, path))
FFISAN_DOOR(int, __open64_2, (const char *path, int flags), (path, flags), TEXT(1, path))
FFISAN_DOOR(int, __openat_2, (int dir, const char *path, int flags), (dir, path, flags),
            TEXT(2, path))
FFISAN_DOOR(int, __openat64_2, (int dir, const char *path, int flags), (dir, path, flags),
            TEXT(2, path))
FFISAN_DOOR(int, creat, (const char *path, mode_t mode), (path, mode), TEXT(1, path))
FFISAN_DOOR(int, creat64, (const char *path, mode_t mode), (path, mode), TEXT(1, path))
FFISAN_DOOR(DIR *, opendir, (const char *path), (path), TEXT(1, path))

#define DOOR_SCANDIR(name)                                                                        \
    FFISAN_DOOR(int, name, (const char *path, void *list, void *filter, void *compare),           \
                (path, list, filter, compare), TEXT(1, path))
DOOR_SCANDIR(scandir)
DOOR_SCANDIR(scandir64)

/* ---- Names ---------------------------------------------------------------------------------- */

#define DOOR_PATH(name)                                                                           \
    FFISAN_DOOR(int, name, (const char *path), (path), TEXT(1, path))
DOOR_PATH(unlink)
DOOR_PATH(rmdir)
DOOR_PATH(remove)
DOOR_PATH(chdir)
DOOR_PATH(chroot)

#define DOOR_PATH_INT(name)                                                                       \
    FFISAN_DOOR(int, name, (const char *path, int value), (path, value), TEXT(1, path))
DOOR_PATH_INT(access)
DOOR_PATH_INT(euidaccess)
DOOR_PATH_INT(eaccess)
DOOR_PATH_INT(mkdir)
DOOR_PATH_INT(mkfifo)
DOOR_PATH_INT(chmod)
DOOR_PATH_INT(lchmod)

#define DOOR_AT_PATH_INT(name)                                                                    \
    FFISAN_DOOR(int, name, (int dir, const char *path, int value), (dir, path, value),            \
                TEXT(2, path))
DOOR_AT_PATH_INT(unlinkat)
DOOR_AT_PATH_INT(mkdirat)
DOOR_AT_PATH_INT(mkfifoat)

FFISAN_DOOR(int, faccessat, (int dir, const char *path, int mode, int flags),
            (dir, path, mode, flags), TEXT(2, path))
FFISAN_DOOR(int, fchmodat, (int dir, const char *path, mode_t mode, int flags),
            (dir, path, mode, flags), TEXT(2, path))
FFISAN_DOOR(int, chown, (const char *path, uid_t uid, gid_t gid), (path, uid, gid), TEXT(1, path))
FFISAN_DOOR(int, lchown, (const char *path, uid_t uid, gid_t gid), (path, uid, gid), TEXT(1, path))
FFISAN_DOOR(int, fchownat, (int dir, const char *path, uid_t uid, gid_t gid, int flags),
            (dir, path, uid, gid, flags), TEXT(2, path))
FFISAN_DOOR(int, mknod, (const char *path, mode_t mode, dev_t device), (path, mode, device),
            TEXT(1, path))
FFISAN_DOOR(int, mknodat, (int dir, const char *path, mode_t mode, dev_t device),
            (dir, path, mode, device), TEXT(2, path))
FFISAN_DOOR(int, truncate, (const char *path, off64_t size), (path, size), TEXT(1, path))
FFISAN_DOOR(int, truncate64, (const char *path, off64_t size), (path, size), TEXT(1, path))
FFISAN_DOOR_FD(int, inotify_add_watch, (int fd, const char *path, uint32_t mask),
               (fd, path, mask), fd,
               TEXT(2, path))

#define DOOR_TWO_PATHS(name)                                                                      \
    FFISAN_DOOR(int, name, (const char *from, const char *to), (from, to),                        \
                TEXT(1, from); TEXT(2, to))
DOOR_TWO_PATHS(rename)
DOOR_TWO_PATHS(link)
DOOR_TWO_PATHS(symlink)

FFISAN_DOOR(int, renameat, (int from_dir, const char *from, int to_dir, const char *to),
            (from_dir, from, to_dir, to), TEXT(2, from); TEXT(4, to))
FFISAN_DOOR(int, renameat2,
            (int from_dir, const char *from, int to_dir, const char *to, unsigned flags),
            (from_dir, from, to_dir, to, flags), TEXT(2, from); TEXT(4, to))
FFISAN_DOOR(int, linkat,
            (int from_dir, const char *from, int to_dir, const char *to, int flags),
            (from_dir, from, to_dir, to, flags), TEXT(2, from); TEXT(4, to))
FFISAN_DOOR(int, symlinkat, (const char *target, int dir, const char *path), (target, dir, path),
            TEXT(1, target); TEXT(3, path))

FFISAN_DOOR(ssize_t, readlink, (const char *path, char *data, size_t size), (path, data, size),
            TEXT(1, path); OUT(2, data, size))
FFISAN_DOOR(ssize_t, __readlink_chk, (const char *path, char *data, size_t size, size_t room),
            (path, data, size, room), TEXT(1, path); OUT(2, data, size))
FFISAN_DOOR(ssize_t, readlinkat, (int dir, const char *path, char *data, size_t size),
            (dir, path, data, size), TEXT(2, path); OUT(3, data, size))
FFISAN_DOOR(ssize_t, __readlinkat_chk,
            (int dir, const char *path, char *data, size_t size, size_t room),
            (dir, path, data, size, room), TEXT(2, path); OUT(3, data, size))
FFISAN_DOOR(char *, getcwd, (char *data, size_t size), (data, size), OUT(1, data, size))
FFISAN_DOOR(char *, __getcwd_chk, (char *data, size_t size, size_t room), (data, size, room),
            OUT(1, data, size))

/* ---- Status --------------------------------------------------------------------------------- */

#define DOOR_STAT(name)                                                                           \
    FFISAN_DOOR(int, name, (const char *path, struct stat *status), (path, status),               \
                TEXT(1, path); OUT(2, status, sizeof(*status)))
DOOR_STAT(stat)
DOOR_STAT(stat64)
DOOR_STAT(lstat)
DOOR_STAT(lstat64)

#define DOOR_FSTAT(name)                                                                          \
    FFISAN_DOOR_FD(int, name, (int fd, struct stat *status), (fd, status), fd,                    \
                   OUT(2, status, sizeof(*status)))
DOOR_FSTAT(fstat)
DOOR_FSTAT(fstat64)

#define DOOR_FSTATAT(name)                                                                        \
    FFISAN_DOOR(int, name, (int dir, const char *path, struct stat *status, int flags),           \
                (dir, path, status, flags), TEXT(2, path); OUT(3, status, sizeof(*status)))
DOOR_FSTATAT(fstatat)
DOOR_FSTATAT(fstatat64)

/* Programs built before glibc 2.33. */
#define DOOR_XSTAT(name)                                                                          \
    FFISAN_DOOR(int, name, (int version, const char *path, struct stat *status),                  \
                (version, path, status), TEXT(2, path); OUT(3, status, sizeof(*status)))
DOOR_XSTAT(__xstat)
DOOR_XSTAT(__xstat64)
DOOR_XSTAT(__lxstat)
DOOR_XSTAT(__lxstat64)

#define DOOR_FXSTAT(name)                                                                         \
    FFISAN_DOOR(int, name, (int version, int fd, struct stat *status), (version, fd, status),     \
                OUT(3, status, sizeof(*status)))
DOOR_FXSTAT(__fxstat)
DOOR_FXSTAT(__fxstat64)

#define DOOR_FXSTATAT(name)                                                                       \
    FFISAN_DOOR(int, name,                                                                        \
                (int version, int dir, const char *path, struct stat *status, int flags),         \
                (version, dir, path, status, flags),                                              \
                TEXT(3, path); OUT(4, status, sizeof(*status)))
DOOR_FXSTATAT(__fxstatat)
DOOR_FXSTATAT(__fxstatat64)

FFISAN_DOOR(int, statx, (int dir, const char *path, int flags, unsigned mask, struct statx *status),
            (dir, path, flags, mask, status), TEXT(2, path); OUT(5, status, sizeof(*status)))

#define DOOR_STATFS(name)                                                                         \
    FFISAN_DOOR(int, name, (const char *path, struct statfs *status), (path, status),             \
                TEXT(1, path); OUT(2, status, sizeof(*status)))
DOOR_STATFS(statfs)
DOOR_STATFS(statfs64)

#define DOOR_FSTATFS(name)                                                                        \
    FFISAN_DOOR_FD(int, name, (int fd, struct statfs *status), (fd, status), fd,                  \
                   OUT(2, status, sizeof(*status)))
DOOR_FSTATFS(fstatfs)
DOOR_FSTATFS(fstatfs64)

#define DOOR_STATVFS(name)                                                                        \
    FFISAN_DOOR(int, name, (const char *path, void *status), (path, status), TEXT(1, path))
DOOR_STATVFS(statvfs)
DOOR_STATVFS(statvfs64)

/* ---- Times ---------------------------------------------------------------------------------- */

FFISAN_DOOR(int, utime, (const char *path, const struct utimbuf *times), (path, times),
            TEXT(1, path); IN(2, times, sizeof(*times)))

#define DOOR_UTIMES(name)                                                                         \
    FFISAN_DOOR(int, name, (const char *path, const struct timeval *times), (path, times),        \
                TEXT(1, path); IN(2, times, 2 * sizeof(*times)))
DOOR_UTIMES(utimes)
DOOR_UTIMES(lutimes)

FFISAN_DOOR(int, futimesat, (int dir, const char *path, const struct timeval *times),
            (dir, path, times), TEXT(2, path); IN(3, times, 2 * sizeof(*times)))
FFISAN_DOOR(int, utimensat, (int dir, const char *path, const struct timespec *times, int flags),
            (dir, path, times, flags), TEXT(2, path); IN(3, times, 2 * sizeof(*times)))
FFISAN_DOOR_FD(int, futimens, (int fd, const struct timespec *times), (fd, times), fd,
               IN(2, times, 2 * sizeof(*times)))

/* ---- Extended attributes -------------------------------------------------------------------- */

#define DOOR_GETXATTR(name)                                                                       \
    FFISAN_DOOR(ssize_t, name, (const char *path, const char *key, void *value, size_t size),     \
                (path, key, value, size), TEXT(1, path); TEXT(2, key); OUT(3, value, size))
DOOR_GETXATTR(getxattr)
DOOR_GETXATTR(lgetxattr)

#define DOOR_SETXATTR(name)                                                                       \
    FFISAN_DOOR(int, name,                                                                        \
                (const char *path, const char *key, const void *value, size_t size, int flags),   \
                (path, key, value, size, flags),                                                  \
                TEXT(1, path); TEXT(2, key); IN(3, value, size))
DOOR_SETXATTR(setxattr)
DOOR_SETXATTR(lsetxattr)

FFISAN_DOOR_FD(ssize_t, fgetxattr, (int fd, const char *key, void *value, size_t size),
               (fd, key, value, size), fd, TEXT(2, key); OUT(3, value, size))
FFISAN_DOOR_FD(int, fsetxattr, (int fd, const char *key, const void *value, size_t size, int flags),
               (fd, key, value, size, flags), fd, TEXT(2, key); IN(3, value, size))
