/* SPDX-License-Identifier: MIT */
/**
 * The page of machine code that C calls Lua callbacks through (lj_ccallback.c, x86-64 with GC64):
 *
 *     head    address of the VM's entry, 8 bytes
 *     slots   32 times "mov al, slot; jmp tail", 4 bytes each; the last falls through
 *     tail    push rbp; mov ah, slot >> 8; mov rbp, global_State; jmp [head]
 *
 * and again from "slots".  Which slot an address belongs to is arithmetic.
 */
#ifndef FFISAN_VM_CALLBACK_PAGE_H
#define FFISAN_VM_CALLBACK_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#define FFISAN_CALLBACK_PAGE_BYTES 4096u
#define FFISAN_CALLBACK_HEAD_BYTES 8u
#define FFISAN_CALLBACK_SLOT_BYTES 4u
#define FFISAN_CALLBACK_GROUP_SLOTS 32u
#define FFISAN_CALLBACK_GROUP_BYTES (32u * 4u + 17u)
/** Slots of a page, which is all that a state has. */
#define FFISAN_CALLBACK_SLOTS                                                                      \
    ((FFISAN_CALLBACK_PAGE_BYTES - FFISAN_CALLBACK_HEAD_BYTES) / FFISAN_CALLBACK_GROUP_BYTES *     \
     FFISAN_CALLBACK_GROUP_SLOTS)

/** Address of a slot. */
static inline uintptr_t ffisan_callback_address(uintptr_t page, uint32_t slot)
{
    return page + FFISAN_CALLBACK_HEAD_BYTES +
           slot / FFISAN_CALLBACK_GROUP_SLOTS * FFISAN_CALLBACK_GROUP_BYTES +
           slot % FFISAN_CALLBACK_GROUP_SLOTS * FFISAN_CALLBACK_SLOT_BYTES;
}

/** Slot of an address, or UINT32_MAX when it is that of none. */
static inline uint32_t ffisan_callback_slot(uintptr_t page, uintptr_t address)
{
    uintptr_t offset = address - page - FFISAN_CALLBACK_HEAD_BYTES;
    uint32_t slot = (uint32_t)(offset / FFISAN_CALLBACK_GROUP_BYTES * FFISAN_CALLBACK_GROUP_SLOTS +
                               offset % FFISAN_CALLBACK_GROUP_BYTES / FFISAN_CALLBACK_SLOT_BYTES);
    return offset < FFISAN_CALLBACK_PAGE_BYTES && slot < FFISAN_CALLBACK_SLOTS &&
                   ffisan_callback_address(page, slot) == address
               ? slot
               : UINT32_MAX;
}

/** Is the page what is said above, byte for byte?  It must be readable. */
bool ffisan_callback_page_is_known(uintptr_t page);

#endif
