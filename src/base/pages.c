/* SPDX-License-Identifier: MIT */
#include "base/pages.h"

#include "base/real.h"

#include <errno.h>
#include <sys/mman.h>

/* What is mapped by us, so that who searches the program's memory can leave it out. */
#define MAX_RANGES 1024

static struct ffisan_pages_range ranges[MAX_RANGES]; /* low 0 = free */
static uint32_t n_ranges;

static void add_range(uintptr_t low, size_t size_bytes)
{
    for (uint32_t i = 0; i < MAX_RANGES; i++) {
        uintptr_t none = 0;
        if (!__atomic_compare_exchange_n(&ranges[i].low, &none, low, false, __ATOMIC_RELAXED,
                                         __ATOMIC_RELAXED))
            continue;
        __atomic_store_n(&ranges[i].high, low + size_bytes, __ATOMIC_RELEASE);
        uint32_t n = __atomic_load_n(&n_ranges, __ATOMIC_RELAXED);
        while (n <= i && !__atomic_compare_exchange_n(&n_ranges, &n, i + 1, false, __ATOMIC_RELAXED,
                                                      __ATOMIC_RELAXED))
            ;
        return;
    }
}

/* All of a range is unmapped, or its beginning or end. */
static void remove_range(uintptr_t low, size_t size_bytes)
{
    uint32_t n = __atomic_load_n(&n_ranges, __ATOMIC_RELAXED);
    for (uint32_t i = 0; i < n; i++) {
        struct ffisan_pages_range *range = &ranges[i];
        if (low < range->low || low >= range->high)
            continue;
        if (low == range->low && low + size_bytes == range->high) {
            range->high = 0;
            __atomic_store_n(&range->low, 0, __ATOMIC_RELEASE);
        } else if (low == range->low) {
            range->low += size_bytes;
        } else if (low + size_bytes == range->high) {
            range->high = low;
        }
        return;
    }
}

void ffisan_pages_declare_own(uintptr_t low, size_t size_bytes)
{
    add_range(low, size_bytes);
}

bool ffisan_pages_next_own(uintptr_t address, struct ffisan_pages_range *ret_range)
{
    uint32_t n = __atomic_load_n(&n_ranges, __ATOMIC_RELAXED);
    *ret_range = (struct ffisan_pages_range){UINTPTR_MAX, UINTPTR_MAX};
    for (uint32_t i = 0; i < n; i++)
        if (ranges[i].high > address && ranges[i].low != 0 && ranges[i].low < ret_range->low)
            *ret_range = ranges[i];
    return ret_range->low != UINTPTR_MAX;
}

/* What the library itself interposes is not asked: it would take what we do for the program's. */
static void *real_mmap(uintptr_t address, size_t size_bytes, int protection, int flags)
{
    typedef void *mmap_fn(void *address, size_t size, int protection, int flags, int fd, off_t at);
    FFISAN_REAL_SLOT(slot, mmap);
    flags |= MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    return ((mmap_fn *)ffisan_real_get(&slot))((void *)address, size_bytes, protection, flags, -1,
                                               0);
}

static void real_munmap(void *pages, size_t size_bytes)
{
    typedef int munmap_fn(void *address, size_t size);
    FFISAN_REAL_SLOT(slot, munmap);
    ((munmap_fn *)ffisan_real_get(&slot))(pages, size_bytes);
}

static void *map(size_t size_bytes, int protection)
{
    int saved_errno = errno;
    void *pages = real_mmap(0, size_bytes, protection, 0);
    errno = saved_errno;
    if (pages == MAP_FAILED)
        return NULL;
    add_range((uintptr_t)pages, size_bytes);
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

/* Kernels before 4.17 take the flag for a hint. */
static bool map_at(uintptr_t address, size_t size_bytes, int protection)
{
    int saved_errno = errno;
    void *pages = real_mmap(address, size_bytes, protection, MAP_FIXED_NOREPLACE);
    errno = saved_errno;
    if (pages != MAP_FAILED && pages != (void *)address)
        ffisan_pages_unmap(pages, size_bytes);
    return pages == (void *)address;
}

bool ffisan_pages_reserve_at(uintptr_t address, size_t size_bytes)
{
    return map_at(address, size_bytes, PROT_NONE);
}

void *ffisan_pages_map_at(uintptr_t address, size_t size_bytes)
{
    if (!map_at(address, size_bytes, PROT_READ | PROT_WRITE))
        return NULL;
    add_range(address, size_bytes);
    return (void *)address;
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
    remove_range((uintptr_t)pages, size_bytes);
    real_munmap(pages, size_bytes);
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

void ffisan_pages_expect_use(void *pages, size_t size_bytes)
{
    int saved_errno = errno;
    madvise(pages, size_bytes, MADV_HUGEPAGE);
    errno = saved_errno;
}
