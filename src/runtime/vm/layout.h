/* SPDX-License-Identifier: MIT */
/**
 * What differs between versions of LuaJIT: where the words we need lie in global_State and
 * jit_State.  Found by probing a scratch state of the same library (layout.c); a word that could
 * not be proven has offset FFISAN_NO_OFFSET and its users do with less detail.
 */
#ifndef FFISAN_VM_LAYOUT_H
#define FFISAN_VM_LAYOUT_H

#include "runtime/vm/object.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FFISAN_NO_OFFSET UINT16_MAX

/** Offsets in the type table (CTState) that callbacks are managed by; all or none are known. */
struct ffisan_callback_layout {
    uint16_t L;       /**< the thread that a callback will run on */
    uint16_t miscmap; /**< table: the function of each slot */
    uint16_t mcode;   /**< page of machine code (callback_page.h), 0 before the first callback */
    uint16_t cbid;    /**< uint16_t *: type of each slot, 0 = free */
    uint16_t sizeid;  /**< uint32_t: length of that array; behind it topid: no slot below is free */
};

/** Offsets from g = *(L+16), in bytes. */
struct ffisan_layout {
    uint16_t allocf;       /**< lua_Alloc; allocd follows; gc.total +16, gc.threshold +24 */
    uint16_t gc_total;     /**< 8 bytes */
    uint16_t gc_threshold; /**< 8 bytes; LJ_MAX_MEM while collection is stopped */
    uint16_t gc_state;     /**< 1 byte: 0 pause ... */
    uint16_t gc_root;      /**< newest object */
    uint16_t gc_stepmul;   /**< 4 bytes */
    uint16_t vmstate;      /**< int32: >= 0 = number of the running trace, else ~LJ_VMST_x */
    uint16_t mainthref;    /**< main lua_State */
    uint16_t registry;     /**< tagged value */
    uint16_t cur_L;        /**< running lua_State */
    uint16_t jit_base;     /**< TValue * while compiled code runs, or 0 */
    uint16_t ctype_state;  /**< struct lj_ctype_state *, 0 before `require "ffi"` */
    uint16_t gcroot;       /**< array of objects: metamethod names, base metatables ... */
    uint16_t n_gcroot;
    uint16_t jit_tracestate;   /**< int32 in jit_State: bit 4 is set while recording or compiling */
    bool bytecode_is_known;    /**< numbered as vm/liveness.h believes */
    uint16_t jit_traces;       /**< struct lj_trace ** indexed by number */
    bool functions_are_known;  /**< library functions are called through their object */
    uint8_t ffid_string;       /**< number of the built-in function ffi.string, or 0 */
    uint16_t finalizers;       /**< table: cdata and their finalizers (vm/finalizers.h); or it is */
    uint16_t ctype_finalizers; /**< in the type table, at this offset: one of the two is known */
    struct ffisan_callback_layout callbacks;
};

struct ffisan_api;

/**
 * Finds the layout of one LuaJIT library by watching a scratch state of it, which is closed again.
 * Context: any thread, no lock held; takes about a millisecond.
 * Returns NULL when the state can be watched, else a sentence that says why not (not GC64 ...).
 * Words that could not be proven, but are not needed to watch, are FFISAN_NO_OFFSET.
 */
const char *ffisan_layout_probe(const struct ffisan_api *api, struct ffisan_layout *ret_layout);

/** ~LJ_VMST_x of lj_obj.h. */
enum {
    LJ_VMST_INTERP = ~0,
    LJ_VMST_C = ~1,
    LJ_VMST_GC = ~2,
    LJ_VMST_EXIT = ~3,
    LJ_VMST_RECORD = ~4,
    LJ_VMST_OPT = ~5,
    LJ_VMST_ASM = ~6
};

/** Does the interpreter run, or what it has called?  A trace is recorded beside it. */
static inline bool lj_vmstate_is_interpreter(int32_t vmstate)
{
    return vmstate == LJ_VMST_INTERP || vmstate == LJ_VMST_C || vmstate == LJ_VMST_RECORD;
}

/** One LuaJIT state as the readers of this folder see it. */
struct ffisan_vm {
    uintptr_t g; /**< global_State */
    struct ffisan_layout layout;
    /** The function whose bytecode lies there, as long as it exists; or NULL.  May be NULL. */
    const struct lj_proto *(*code_at)(const struct ffisan_vm *vm, uintptr_t bytecode);
};

static inline uint64_t ffisan_vm_word(const struct ffisan_vm *vm, uint16_t offset)
{
    uint64_t word = 0;
    if (offset != FFISAN_NO_OFFSET)
        memcpy(&word, (const void *)(vm->g + offset), sizeof(word));
    return word;
}

#endif
