/* SPDX-License-Identifier: MIT */
/*
 * A kernel that has no memory left for ffisan: preloaded behind it, this library lets calls of mmap
 * or mprotect fail that come from libffisan.so, and no others.
 *
 *   FAIL_MMAP=N       only the Nth call fails
 *   FAIL_MMAP=N-      the Nth fails, and all after it
 *   FAIL_MPROTECT     the same for mprotect
 *   FAIL_COUNT=FILE   writes how many calls there were
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_ulong n_mmap, n_mprotect;

/* environ itself: getenv is interposed. */
static const char *setting(const char *name)
{
    size_t length = strlen(name);

    for (char **entry = environ; entry && *entry; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

static int is_ours(const void *caller)
{
    Dl_info info;

    return dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, "libffisan.so");
}

static int fails(const char *name, atomic_ulong *n_calls)
{
    const char *text = setting(name);
    unsigned long number = atomic_fetch_add(n_calls, 1) + 1, wanted;
    char *end;

    if (!text)
        return 0;
    wanted = strtoul(text, &end, 10);
    return wanted > 0 && (*end == '-' ? number >= wanted : number == wanted);
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (is_ours(__builtin_return_address(0)) && fails("FAIL_MMAP", &n_mmap)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}

int mprotect(void *address, size_t size, int protection)
{
    if (is_ours(__builtin_return_address(0)) && fails("FAIL_MPROTECT", &n_mprotect)) {
        errno = ENOMEM;
        return -1;
    }
    return (int)syscall(SYS_mprotect, address, size, protection);
}

__attribute__((destructor)) static void write_count(void)
{
    const char *path = setting("FAIL_COUNT");
    char text[64];
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0666) : -1;

    if (fd < 0)
        return;
    int length =
        snprintf(text, sizeof(text), "%lu %lu\n", (unsigned long)n_mmap, (unsigned long)n_mprotect);
    (void)!write(fd, text, (size_t)length);
    close(fd);
}
