/* SPDX-License-Identifier: MIT */
/**
 * From an address to the number of the block that begins there, or closest before it.  Blocks lie
 * anywhere, each takes at least FFISAN_LEDGER_GRAIN bytes, and none lies in another.
 * Context: changing it needs the lock of the C heap; asking, any.
 */
#ifndef FFISAN_CMEM_LEDGER_INDEX_H
#define FFISAN_CMEM_LEDGER_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FFISAN_LEDGER_GRAIN 32u
#define FFISAN_LEDGER_SHIFT 26 /**< of the addresses that are looked up in one table */

/** What is there of the addresses of one table; tables are made when they are needed. */
struct ffisan_ledger_part {
    struct ffisan_ledger_table *table; /**< of the blocks that begin there; NULL = none did */
    uint32_t reaching; /**< number of the block that begins before them and reaches in; 0 = none */
};
extern struct ffisan_ledger_part *ffisan_ledger_parts __attribute__((visibility("hidden")));

/** Takes the memory that is needed to begin with; false without it. */
bool ffisan_ledger_index_start(void);

/** Could it lead into a block that the index has?  Quick, for what mostly does not. */
static inline bool ffisan_ledger_index_may_have(uintptr_t address)
{
    const struct ffisan_ledger_part *parts = ffisan_ledger_parts;
    if (__builtin_expect(parts == 0, 1) || address >> 47 != 0)
        return false;
    const struct ffisan_ledger_part *part = &parts[address >> FFISAN_LEDGER_SHIFT];
    return part->table != 0 || part->reaching != 0;
}

/** Adds a block; false without memory.  No other one begins in the same grain. */
bool ffisan_ledger_index_add(uintptr_t block, size_t size, uint32_t number);

/** Removes what was added so. */
void ffisan_ledger_index_remove(uintptr_t block, size_t size, uint32_t number);

/** The number in the grain of the address; 0 = none. */
uint32_t ffisan_ledger_index_at(uintptr_t address);

/** The number in the grain of the address, or the closest before that has one; 0 = none. */
uint32_t ffisan_ledger_index_find(uintptr_t address);

#endif
