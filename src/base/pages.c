/* SPDX-License-Identifier: MIT */
#include "base/pages.h"

#include <errno.h>
#include <sys/mman.h>

static void *map(size_t size_bytes, int protection)
{
    int saved_errno = errno;
    void *pages =
        mmap(NULL, size_bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    errno = saved_errno;
    if (pages == MAP_FAILED)
        return NULL;
    if ((uintptr_t)pages + size_bytes > UINT64_C(1) << 47) {
        ffisan_pages_unmap(pages, size_bytes);
        return NULL;
    }
    return pages;
}

void *ffisan_pages_map(size_t size_bytes)
{
    return map(size_bytes, PROT_READ | PROT_WRITE);
}

void *ffisan_pages_reserve(size_t size_bytes)
{
    return map(size_bytes, PROT_NONE);
}

void *ffisan_pages_map_aligned(size_t size_bytes, size_t alignment)
{
    char *pages = map(size_bytes + alignment, PROT_READ | PROT_WRITE);
    if (!pages)
        return NULL;
    size_t before = -(uintptr_t)pages & (alignment - 1);
    if (before > 0)
        ffisan_pages_unmap(pages, before);
    if (alignment - before > 0)
        ffisan_pages_unmap(pages + before + size_bytes, alignment - before);
    return pages + before;
}

void ffisan_pages_unmap(void *pages, size_t size_bytes)
{
    int saved_errno = errno;
    munmap(pages, size_bytes);
    errno = saved_errno;
}

static bool protect(uintptr_t address, size_t size_bytes, int protection)
{
    int saved_errno = errno;
    bool done = mprotect((void *)address, size_bytes, protection) == 0;
    errno = saved_errno;
    return done;
}

bool ffisan_pages_open(uintptr_t address, size_t size_bytes)
{
    return protect(address, size_bytes, PROT_READ | PROT_WRITE);
}

bool ffisan_pages_hide(uintptr_t address, size_t size_bytes)
{
    return protect(address, size_bytes, PROT_NONE);
}

bool ffisan_pages_close(uintptr_t address, size_t size_bytes)
{
    ffisan_pages_discard((void *)address, size_bytes);
    return protect(address, size_bytes, PROT_NONE);
}

void ffisan_pages_discard(void *pages, size_t size_bytes)
{
    int saved_errno = errno;
    madvise(pages, size_bytes, MADV_DONTNEED);
    errno = saved_errno;
}
