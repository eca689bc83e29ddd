/* SPDX-License-Identifier: MIT */
/**
 * Frames of a Lua stack as lj_frame.h lays them out (GC64), and the C frames of the interpreter
 * that belong to them.  Context: the thread of the state, or a stack that stands still.
 *
 * A frame is two slots below its base: the function, and a link.  The link of a function that Lua
 * code called is the return address in the caller's bytecode; all others hold the distance to the
 * previous frame.  Where a Lua function is interrupted by C (hook, finalizer), its position is in
 * the C frame of the interpreter (SAVE_PC).
 */
#ifndef FFISAN_VM_LUAFRAME_H
#define FFISAN_VM_LUAFRAME_H

#include "runtime/vm/object.h"
#include "runtime/vm/layout.h"

#include <stdbool.h>
#include <stdint.h>

#define LJ_FRAMES_MAX 200  /**< no walk goes farther */
#define LJ_THREAD_ERRERR 5 /**< LUA_ERRERR: an error handler runs */

enum {
    LJ_FRAME_LUA = 0,
    LJ_FRAME_C = 1,
    LJ_FRAME_CONT = 2,
    LJ_FRAME_VARG = 3,
    LJ_FRAME_TYPE = 3,
    LJ_FRAME_TYPEP = 7,
    LJ_FRAME_CP = 5, /**< C code that catches errors called: lua_pcall, or the collector */
    LJ_FRAME_PCALL = 6,
    LJ_FRAME_PCALLH = 7
};

/** The C frame of the interpreter on x86-64: CFRAME_OFS_* */
enum { LJ_CFRAME_NRES = 8, LJ_CFRAME_L = 16, LJ_CFRAME_PC = 24, LJ_CFRAME_PREV = 32 };

static inline uint64_t lj_word(uintptr_t address)
{
    return *(const uint64_t *)address;
}

static inline uint64_t lj_frame_link(uintptr_t frame)
{
    return lj_word(frame);
}

static inline bool lj_link_is_lua(uint64_t link)
{
    return (link & LJ_FRAME_TYPE) == LJ_FRAME_LUA;
}

/** A built-in function may have begun to write its results where its link was. */
static inline bool lj_link_is_sane(uint64_t link)
{
    return link > 7 && !(link >> 47);
}

static inline uintptr_t lj_previous_frame(uintptr_t frame)
{
    uint64_t link = lj_frame_link(frame);
    if (lj_link_is_lua(link)) {
        uint32_t call = *(const uint32_t *)(link - 4);
        return frame - 8 * (2 + ((call >> 8) & 0xff));
    }
    return frame - (link & ~(uint64_t)LJ_FRAME_TYPEP);
}

static inline uintptr_t lj_raw_cframe(uint64_t cframe)
{
    return cframe & ~(uint64_t)3;
}

static inline int32_t lj_cframe_nres(uintptr_t cframe)
{
    return *(const int32_t *)(cframe + LJ_CFRAME_NRES);
}

/** NULL for dummy frames, and where a built-in function has begun to write its results. */
static inline const struct lj_header *lj_frame_function(uintptr_t frame)
{
    uint64_t value = lj_word(frame - 8);
    uint32_t type = lj_tv_type(value);
    if (type != LJ_GCT_FUNC)
        return NULL;
    return (const struct lj_header *)lj_tv_object(value);
}

static inline bool lj_is_lua_function(const struct lj_header *object)
{
    return object->gct == LJ_GCT_FUNC && ((const struct lj_func *)object)->ffid == 0;
}

/** Yielded, or dead of an error, it is not the one that runs; an error handler runs with ERRERR. */
static inline bool lj_is_running(const struct lj_thread *thread)
{
    return thread->status == 0 ||
           (thread->status == LJ_THREAD_ERRERR && lj_raw_cframe(thread->cframe) != 0);
}

/** The thread that runs in the interpreter, if it is in order. */
static inline const struct lj_thread *ffisan_running_thread(const struct ffisan_vm *vm)
{
    const struct lj_thread *thread =
        (const struct lj_thread *)*(const uint64_t *)(vm->g + vm->layout.cur_L);
    return thread && lj_is_running(thread) ? thread : NULL;
}

/* ---- The same by the base of a function, on a stack that is in order ------------------------ */

/** What lies below the base of a function: the link, and the function itself. */
static inline uint64_t lj_base_link(const uint64_t *base)
{
    return base[-1];
}

static inline uint64_t lj_base_function(const uint64_t *base)
{
    return base[-2];
}

/** LJ_FRAME_*: who called it.  Frames of pcall count as CONT, without a position. */
static inline uint32_t lj_base_type(const uint64_t *base)
{
    return lj_base_link(base) & LJ_FRAME_TYPE;
}

/** Called by C code that catches errors: lua_pcall, or the collector. */
static inline bool lj_base_is_protected(const uint64_t *base)
{
    return (lj_base_link(base) & LJ_FRAME_TYPEP) == LJ_FRAME_CP;
}

/** The base of the function below: who called, or was interrupted. */
static inline const uint64_t *lj_base_below(const uint64_t *base)
{
    uint64_t link = lj_base_link(base);
    if (lj_base_type(base) == LJ_FRAME_LUA)
        return base - 2 - (*(const uint32_t *)(link - 4) >> 8 & 0xff);
    return base - (link >> 3);
}

/** Where a function that Lua code called returns to in that, also by way of a metamethod; or 0. */
static inline uint64_t lj_base_return(const uint64_t *base)
{
    uint64_t link = lj_base_link(base);
    if (lj_base_type(base) == LJ_FRAME_LUA)
        return link;
    return (link & LJ_FRAME_TYPEP) == LJ_FRAME_CONT && base[-3] > UINT16_MAX ? base[-3] : 0;
}

/** A function of Lua that C code has called as a callback: where others return, it has a type. */
static inline bool lj_base_is_callback(const uint64_t *base)
{
    return (lj_base_link(base) & LJ_FRAME_TYPEP) == LJ_FRAME_CONT && base[-3] <= UINT16_MAX;
}

/** Is it that of the thread itself? */
static inline bool lj_base_is_bottom(const struct lj_thread *thread, const uint64_t *base)
{
    return (uintptr_t)base <= thread->stack + 16;
}

#endif
