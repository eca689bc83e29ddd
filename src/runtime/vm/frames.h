/* SPDX-License-Identifier: MIT */
/**
 * One step down a Lua stack of the interpreter, which is in order: from inside a function that the
 * VM has called.  (lj_frame.h, GC64.)  Context: the thread of the state.
 */
#ifndef FFISAN_VM_FRAMES_H
#define FFISAN_VM_FRAMES_H

#include "runtime/vm/object.h"

enum { LJ_FRAME_LUA, LJ_FRAME_C, LJ_FRAME_CONT, LJ_FRAME_VARG };

/** What lies below the base of a function: the link, and the function itself. */
static inline uint64_t lj_frame_link(const uint64_t *base)
{
    return base[-1];
}

static inline uint64_t lj_frame_function(const uint64_t *base)
{
    return base[-2];
}

/** LJ_FRAME_*: who called it.  Frames of pcall count as CONT, without a position. */
static inline uint32_t lj_frame_type(const uint64_t *base)
{
    return lj_frame_link(base) & 3;
}

/** Called by C code that catches errors: lua_pcall, or the collector. */
static inline bool lj_frame_is_protected(const uint64_t *base)
{
    return (lj_frame_link(base) & 7) == (4 | LJ_FRAME_C);
}

/** The base of the function below: who called, or was interrupted. */
static inline const uint64_t *lj_frame_below(const uint64_t *base)
{
    uint64_t link = lj_frame_link(base);
    if (lj_frame_type(base) == LJ_FRAME_LUA)
        return base - 2 - (*(const uint32_t *)(link - 4) >> 8 & 0xff);
    return base - (link >> 3);
}

/** Where a function that Lua code called returns to in that, also by way of a metamethod; or 0. */
static inline uint64_t lj_frame_return(const uint64_t *base)
{
    uint64_t link = lj_frame_link(base);
    if (lj_frame_type(base) == LJ_FRAME_LUA)
        return link;
    return (link & 7) == LJ_FRAME_CONT && base[-3] > UINT16_MAX ? base[-3] : 0;
}

/** A function of Lua that C code has called as a callback: where others return, it has a type. */
static inline bool lj_frame_is_callback(const uint64_t *base)
{
    return (lj_frame_link(base) & 7) == LJ_FRAME_CONT && base[-3] <= UINT16_MAX;
}

/** Is it that of the thread itself? */
static inline bool lj_frame_is_bottom(const struct lj_thread *thread, const uint64_t *base)
{
    return (uintptr_t)base <= thread->stack + 16;
}

#endif
