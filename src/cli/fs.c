/* SPDX-License-Identifier: MIT */
#include "cli/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void die_without_memory(void)
{
    static const char message[] = "ffisan: out of memory\n";
    ssize_t written = write(STDERR_FILENO, message, sizeof(message) - 1);
    (void)written;
    _exit(125);
}

char *ffisan_fs_format(const char *format, ...)
{
    char *result;
    va_list args;
    va_start(args, format);
    if (vasprintf(&result, format, args) < 0)
        die_without_memory();
    va_end(args);
    return result;
}

char *ffisan_fs_absolute(const char *path)
{
    char cwd[PATH_MAX];
    if (path[0] == '/' || !getcwd(cwd, sizeof(cwd)))
        return ffisan_fs_format("%s", path);
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    return ffisan_fs_format("%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, path);
}

/* Asks the system, since no look at permissions knows of root, quotas and read-only mounts. */
static bool try_to_open(const char *path, int flags)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | flags, 0666);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

bool ffisan_fs_is_appendable(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        bool created = errno == ENOENT && try_to_open(path, O_CREAT | O_EXCL);
        if (created)
            unlink(path);
        return created;
    }
    if (S_ISREG(st.st_mode))
        return try_to_open(path, 0);
    if (!S_ISDIR(st.st_mode))
        return access(path, W_OK) == 0;
    errno = EISDIR;
    return false;
}

/* May every user pass through `path` and all that is above it? */
static bool is_open_to_all(const char *path)
{
    char *part = ffisan_fs_format("%s", path);
    bool open_to_all = true;
    for (char *end = part + strlen(part); open_to_all && end > part; end = strrchr(part, '/')) {
        *end = '\0';
        struct stat st;
        open_to_all = !*part || (stat(part, &st) == 0 && (st.st_mode & S_IXOTH));
        if (!*part)
            break;
    }
    free(part);
    return open_to_all;
}

static char *make_temp_dir_in(const char *place, const char *prefix, unsigned mode)
{
    char *path = ffisan_fs_format("%s/%s-XXXXXX", place, prefix);
    if (mkdtemp(path)) {
        if (chmod(path, mode) == 0)
            return path;
        rmdir(path);
    }
    free(path);
    return NULL;
}

char *ffisan_fs_make_temp_dir(const char *prefix, unsigned mode)
{
    const char *places[] = {getenv("TMPDIR"), "/tmp", "/var/tmp"};
    char *path = NULL;
    for (size_t i = 0; !path && i < sizeof(places) / sizeof(*places); i++) {
        /* Only absolute: the program may change its directory. */
        bool is_usable = places[i] && places[i][0] == '/';
        if (is_usable && (!(mode & S_IXOTH) || is_open_to_all(places[i])))
            path = make_temp_dir_in(places[i], prefix, mode);
    }
    if (!path && places[0] && places[0][0] == '/')
        path = make_temp_dir_in(places[0], prefix, mode);
    return path;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    remove(path);
    return 0;
}

void ffisan_fs_remove_tree(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

bool ffisan_fs_write_file(const char *path, const char *data, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return false;
    while (length > 0) {
        ssize_t n = write(fd, data, length);
        if (n < 0 && errno != EINTR) {
            int error = errno;
            close(fd);
            errno = error;
            return false;
        }
        if (n > 0) {
            data += n;
            length -= (size_t)n;
        }
    }
    return close(fd) == 0;
}

char *ffisan_fs_read_file(const char *path, size_t limit, size_t *ret_length)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    char *data = malloc(limit + 1);
    if (!data)
        die_without_memory();
    size_t length = 0;
    ssize_t n = 1;
    while (length < limit && n != 0) {
        n = read(fd, data + length, limit - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        length += (size_t)n;
    }
    int error = errno;
    close(fd);
    if (n < 0) {
        free(data);
        errno = error;
        return NULL;
    }
    data[length] = '\0';
    if (ret_length)
        *ret_length = length;
    return data;
}
