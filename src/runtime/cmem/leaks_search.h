/* SPDX-License-Identifier: MIT */
/**
 * The search of leaks_mark.h: what memory leads to.  Part of the mark phase, under its guard; the C
 * heap is locked.
 */
#ifndef FFISAN_CMEM_LEAKS_SEARCH_H
#define FFISAN_CMEM_LEAKS_SEARCH_H

#include "runtime/cmem/leaks_mark.h"
#include "runtime/cmem/maps.h"
#include "runtime/heap/heap.h"

/** Of a block of C: struct ffisan_cnote, is_marked. */
enum ffisan_leaks_colour {
    FFISAN_LEAKS_UNMARKED,
    FFISAN_LEAKS_REACHABLE,
    FFISAN_LEAKS_LOST,
    FFISAN_LEAKS_LOST_WITH_ANOTHER, /**< a lost one leads to it */
};

/** Marks the block that an address leads into; what that leads to is to be followed. */
void ffisan_leaks_reach(struct ffisan_leaks_mark *mark, uintptr_t address, uint8_t how);

/** The same for a word of Lua's: a light userdata or a number that is an address. */
void ffisan_leaks_reach_value(struct ffisan_leaks_mark *mark, uint64_t word);

/** All words of the phase that lie completely in [low, high). */
void ffisan_leaks_search_words(struct ffisan_leaks_mark *mark, uintptr_t low, uintptr_t high,
                               uint8_t how);

/** A block of C; all phases, once any but 0 is being searched. */
void ffisan_leaks_search_block(struct ffisan_leaks_mark *mark, uintptr_t block, size_t size,
                               uint8_t how);

/** What the marked blocks lead to, until there is nothing new. */
void ffisan_leaks_follow(struct ffisan_leaks_mark *mark, uint8_t how);

/** A live object of Lua's.  `context`: the mark. */
void ffisan_leaks_search_object(void *context, const struct ffisan_slot_ref *ref);

/** A mapping without what is ours in it.  `context`: the mark. */
void ffisan_leaks_search_mapping(void *context, const struct ffisan_mapping *mapping);

/**
 * The same for words at even addresses that are an address in another form, and for aligned ones
 * that lead to what is just before a block.
 */
void ffisan_leaks_search_encoded(struct ffisan_leaks_mark *mark, uintptr_t low, uintptr_t high,
                                 uint8_t how);

/** Can the word keep a block?  Of a range of the process. */
bool ffisan_leaks_is_root(const struct ffisan_leaks_mark *mark, const uint64_t *word);

/** Is the block worth a word, if nothing leads to it? */
bool ffisan_leaks_may_be_listed(const struct ffisan_leaks_mark *mark,
                                const struct ffisan_slot_ref *ref);

/** Before anything is called lost: where addresses are seldom, and in forms that are seldom. */
void ffisan_leaks_search_unlikely(struct ffisan_leaks_mark *mark);

/** All private memory of the process that can be written, and the registers of this thread. */
void ffisan_leaks_search_process(struct ffisan_leaks_mark *mark);

#endif
