/* SPDX-License-Identifier: MIT */
#include "cli/library.h"

#include "cli/fs.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY "libffisan.so"

static char *own_directory(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (n <= 0)
        return ffisan_fs_format(".");
    path[n] = '\0';
    *strrchr(path, '/') = '\0';
    return ffisan_fs_format("%s", path);
}

static char *find_installed(const char *directory)
{
    static const char *const places[] = {"", "../lib/ffisan/", "../lib/"};
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        char *path = ffisan_fs_format("%s/%s" LIBRARY, directory, places[i]);
        char *real = access(path, R_OK) == 0 ? realpath(path, NULL) : NULL;
        free(path);
        if (real)
            return real;
    }
    return NULL;
}

char *ffisan_library_find(struct ffisan_failure *failure)
{
    const char *wanted = getenv("FFISAN_LIBRARY");
    if (wanted && *wanted) {
        if (access(wanted, R_OK) == 0)
            return ffisan_fs_absolute(wanted);
        ffisan_failure_set(failure, FFISAN_EXIT_OWN, "cannot read FFISAN_LIBRARY=%s: %s", wanted,
                           strerror(errno));
        return NULL;
    }
    char *directory = own_directory();
    char *library = find_installed(directory);
    if (!library)
        ffisan_failure_set(failure, FFISAN_EXIT_OWN,
                           LIBRARY
                           " was found neither in %s nor in ../lib/ffisan or ../lib from "
                           "there; set FFISAN_LIBRARY to its path",
                           directory);
    free(directory);
    return library;
}
