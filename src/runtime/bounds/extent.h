/* SPDX-License-Identifier: MIT */
/**
 * Where arguments lead, and how far the memory there goes.
 * Context: the thread of the state; reads raw memory of the VM, never calls into it.
 */
#ifndef FFISAN_BOUNDS_EXTENT_H
#define FFISAN_BOUNDS_EXTENT_H

#include "runtime/ffi/builtins.h"
#include "runtime/heap/heap.h"
#include "runtime/report/overrun.h"

/**
 * The address that C gets for an argument (position from 0): a pointer's or function's, or that of
 * the content of a string, array, struct or userdata.  0 for anything else.
 */
uintptr_t ffisan_extent_address(const struct ffisan_builtin_call *call, size_t position);

/** The content of a live block, in the heap of a state or in that of C. */
struct ffisan_extent {
    struct ffisan_slot_ref ref;
    uintptr_t start, end;
    bool is_c;
};

/**
 * The block that an address leads to: into its content, or into the bytes behind that which belong
 * to nobody.  False for memory that is not known, and for objects that have no content for C.
 */
bool ffisan_extent_find(struct ffisan_state *state, uintptr_t address,
                        struct ffisan_extent *ret_extent);

/** The cdata in whose header an address lies, which belongs to the VM. */
bool ffisan_extent_find_header(struct ffisan_state *state, uintptr_t address,
                               struct ffisan_extent *ret_extent);

/**
 * May the access from a pointer into the block happen?  Not if it begins there and leaves it; one
 * that begins in another block of the program is wrong, but not certainly.
 */
bool ffisan_extent_allows(struct ffisan_state *state, const struct ffisan_extent *extent,
                          const struct ffisan_overrun *access);

/** The call writes to the block, or may do so. */
void ffisan_extent_note_writer(const struct ffisan_builtin_call *call,
                               const struct ffisan_extent *extent);

/** Reports an access that leaves the extent. */
void ffisan_extent_report(struct ffisan_state *state, const struct ffisan_extent *extent,
                          const struct ffisan_overrun *overrun);

#endif
