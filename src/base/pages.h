/* SPDX-License-Identifier: MIT */
/**
 * Memory from the kernel.  Every function keeps errno and returns NULL or false when the kernel
 * refuses.  Addresses are below 2^47.  Context: any, also a signal handler.
 */
#ifndef FFISAN_BASE_PAGES_H
#define FFISAN_BASE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FFISAN_PAGE_SIZE 4096u

/** Addresses [low, high) that were mapped here. */
struct ffisan_pages_range {
    uintptr_t low, high;
};

/** So are the variables of this library: who loads it says where they are. */
void ffisan_pages_declare_own(uintptr_t low, size_t size_bytes);

/** The first of them that ends behind an address; false when there is none. */
bool ffisan_pages_next_own(uintptr_t address, struct ffisan_pages_range *ret_range);

/** Zeroed, readable, writable, private memory; committed when touched. */
void *ffisan_pages_map(size_t size_bytes);

/** Address space without access. */
void *ffisan_pages_reserve(size_t size_bytes);

/** The same at an address where nothing is mapped; false when something is. */
bool ffisan_pages_reserve_at(uintptr_t address, size_t size_bytes);

/** Like ffisan_pages_map, aligned to a power of two of at least a page. */
void *ffisan_pages_map_aligned(size_t size_bytes, size_t alignment);

/** Like ffisan_pages_map, at an address where nothing is mapped; NULL when something is. */
void *ffisan_pages_map_at(uintptr_t address, size_t size_bytes);

void ffisan_pages_unmap(void *pages, size_t size_bytes);

/** Makes reserved pages readable and writable. */
bool ffisan_pages_open(uintptr_t address, size_t size_bytes);

/** Makes pages inaccessible and gives their memory back. */
bool ffisan_pages_close(uintptr_t address, size_t size_bytes);

/** Makes pages inaccessible; their content stays for when they are opened again. */
bool ffisan_pages_hide(uintptr_t address, size_t size_bytes);

/** Gives the memory back; the pages read as zero afterwards. */
void ffisan_pages_discard(void *pages, size_t size_bytes);

/** These will be used, all of them: let the kernel give many with one fault. */
void ffisan_pages_expect_use(void *pages, size_t size_bytes);

/** Rounds up to whole pages. */
static inline size_t ffisan_pages_round(size_t size_bytes)
{
    return (size_bytes + FFISAN_PAGE_SIZE - 1) & ~(size_t)(FFISAN_PAGE_SIZE - 1);
}

#endif
