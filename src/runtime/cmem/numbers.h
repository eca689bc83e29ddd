/* SPDX-License-Identifier: MIT */
/**
 * Addresses of C memory that the program makes integers of, and pointers again: it may keep them in
 * a form that no search recognises, and they are not lost then.
 * Context: the thread that runs a state.
 */
#ifndef FFISAN_CMEM_NUMBERS_H
#define FFISAN_CMEM_NUMBERS_H

#include <stdint.h>

struct ffisan_ctrace;

enum ffisan_numbers {
    FFISAN_NUMBERS_NONE,
    FFISAN_NUMBERS_MADE,  /**< integers were made of addresses of blocks from there */
    FFISAN_NUMBERS_HIDDEN /**< and one led back to a block that nothing else led to */
};

/** What became of addresses of blocks that the same line of Lua code has allocated. */
enum ffisan_numbers ffisan_numbers_of(const struct ffisan_ctrace *trace);

/** A pointer was made an integer. */
void ffisan_numbers_from_pointer(uintptr_t address);

/** An integer was made a pointer. */
void ffisan_numbers_to_pointer(uintptr_t address);

#endif
