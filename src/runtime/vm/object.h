/* SPDX-License-Identifier: MIT */
/**
 * LuaJIT's objects as they lie in memory, GC64, as far as we read them.  The layouts are the same
 * in every GC64 build from 2.1.0-beta3 to today's v2.1, in OpenResty's luajit2 and in Tarantool's
 * fork (checked against lj_obj.h, lj_jit.h, lj_ctype.h, lj_frame.h of each); what differs between
 * versions is not here but in layout.h, where it is found by probing.
 *
 * We only ever read through these, except where a comment says otherwise.
 */
#ifndef FFISAN_VM_OBJECT_H
#define FFISAN_VM_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** gct: ~itype (lj_obj.h "Garbage collector state"). */
enum {
    LJ_GCT_STR = 4,
    LJ_GCT_UPVAL = 5,
    LJ_GCT_THREAD = 6,
    LJ_GCT_PROTO = 7,
    LJ_GCT_FUNC = 8,
    LJ_GCT_TRACE = 9,
    LJ_GCT_CDATA = 10,
    LJ_GCT_TAB = 11,
    LJ_GCT_UDATA = 12,
};

/** ~itype of values that are no objects. */
enum { LJ_IT_NIL = 0, LJ_IT_FALSE = 1, LJ_IT_TRUE = 2, LJ_IT_LIGHTUD = 3, LJ_IT_NUMX = 13 };

struct lj_header {
    uint64_t nextgc;
    uint8_t marked;
    uint8_t gct;
};

struct lj_str {
    uint64_t nextgc;
    uint8_t marked, gct, reserved, hashalg;
    uint32_t sid;
    uint32_t hash;
    uint32_t len;
    char data[]; /**< @24, NUL-terminated */
};

/** Is a block of `size` bytes a string?  Their sizes are rounded up to 4, or not at all. */
static inline bool lj_is_string(uintptr_t block, size_t size)
{
    const struct lj_str *string = (const struct lj_str *)block;
    return size > sizeof(*string) && string->gct == LJ_GCT_STR &&
           size - sizeof(*string) - 1 - string->len < 4 && string->data[string->len] == 0;
}

struct lj_cdata {
    uint64_t nextgc;
    uint8_t marked; /**< LJ_CDATA_FIN, LJ_CDATA_VAR */
    uint8_t gct;
    uint16_t ctypeid;
    uint32_t padding;
    uint8_t payload[]; /**< @16 */
};
#define LJ_CDATA_FIN 0x10 /**< has a finalizer (LJ_GC_CDATA_FIN) */
#define LJ_CDATA_VAR 0x80 /**< a struct lj_cdata_var lies before the header */

struct lj_cdata_var {
    uint16_t offset; /**< of the header in the allocated block */
    uint16_t extra;
    uint32_t len; /**< of the payload */
};

struct lj_udata {
    uint64_t nextgc;
    uint8_t marked, gct, udtype, unused;
    uint32_t padding;
    uint64_t env;
    uint32_t len;
    uint32_t padding2;
    uint64_t metatable;
    uint32_t align1;
    uint32_t padding3;
    uint8_t payload[]; /**< @48 */
};
enum { LJ_UDTYPE_USERDATA, LJ_UDTYPE_IO_FILE, LJ_UDTYPE_FFI_CLIB, LJ_UDTYPE_BUFFER };

struct lj_tab {
    uint64_t nextgc;
    uint8_t marked, gct, nomm;
    int8_t colo;
    uint32_t padding;
    uint64_t array; /**< of TValue, keys 0 to asize-1 */
    uint64_t gclist;
    uint64_t metatable;
    uint64_t node;
    uint32_t asize;
    uint32_t hmask;
    uint64_t freetop;
};

struct lj_node {
    uint64_t val;
    uint64_t key;
    uint64_t next;
};

struct lj_func {
    uint64_t nextgc;
    uint8_t marked, gct;
    uint8_t ffid; /**< 0 = Lua function, 1 = C function, else a built-in */
    uint8_t nupvalues;
    uint32_t padding;
    uint64_t env;
    uint64_t gclist;
    uint64_t pc; /**< Lua function: first bytecode, right after its struct lj_proto */
    union {
        uint64_t uvptr[1]; /**< Lua function: struct lj_upval * */
        struct {
            uint64_t f;
            uint64_t upvalue[1];
        } c;
    } u;
};

struct lj_upval {
    uint64_t nextgc;
    uint8_t marked, gct, closed, immutable;
    uint32_t padding;
    uint64_t tv; /**< closed: the value; open: prev */
    uint64_t next;
    uint64_t v; /**< address of the value: a stack slot or &tv */
    uint32_t dhash;
};

struct lj_proto {
    uint64_t nextgc;
    uint8_t marked, gct, numparams, framesize;
    uint32_t sizebc;
    uint32_t unused;
    uint32_t padding;
    uint64_t gclist;
    uint64_t k;
    uint64_t uv;
    uint32_t sizekgc;
    uint32_t sizekn;
    uint32_t sizept;
    uint8_t sizeuv, flags;
    uint16_t trace;
    uint64_t chunkname; /**< struct lj_str * */
    int32_t firstline;
    int32_t numline;
    uint64_t lineinfo;
    uint64_t uvinfo;
    uint64_t varinfo;
    uint32_t bc[]; /**< @104 */
};

struct lj_thread {
    uint64_t nextgc;
    uint8_t marked, gct, dummy_ffid, status;
    uint32_t padding;
    uint64_t glref;
    uint64_t gclist;
    uint64_t base; /**< TValue * */
    uint64_t top;
    uint64_t maxstack;
    uint64_t stack;
    uint64_t openupval;
    uint64_t env;
    uint64_t cframe;
    uint32_t stacksize; /**< in slots */
};

/** Snapshot of compiled code (lj_jit.h; mcofs since 2021-03). */
struct lj_snap {
    uint32_t mapofs;
    uint16_t ref;
    uint16_t mcofs;
    uint8_t nslots, topslot, nent, count;
};

struct lj_trace {
    uint64_t nextgc;
    uint8_t marked, gct;
    uint16_t nsnap;
    uint32_t nins;
    uint32_t unused;
    uint32_t padding;
    uint64_t gclist;
    uint64_t ir;
    uint32_t nk;
    uint32_t nsnapmap;
    uint64_t snap;
    uint64_t snapmap;
    uint64_t startpt;
    uint64_t startpc;
    uint32_t startins;
    uint32_t szmcode;
    uint64_t mcode;
    uint32_t mcloop;
    uint16_t nchild, spadjust, traceno, link;
};

/** The constant objects of a trace, from `ref` on (at first trace->nk); NULL: no more. */
static inline const struct lj_header *lj_trace_object(const struct lj_trace *trace, uint32_t *ref)
{
    enum { KGC = 24, KPTR, KKPTR, KNUM = 28, KINT64, TRUE_REF = 0x8000 - 3 }; /* lj_ir.h */
    while (*ref < TRUE_REF) {
        const uint64_t *ir = (const uint64_t *)trace->ir + (*ref)++;
        uint8_t op = (uint8_t)(*ir >> 40);
        if (op == KGC || op == KPTR || op == KKPTR || op == KNUM || op == KINT64)
            ++*ref; /* the value is in the next slot */
        if (op == KGC)
            return (const struct lj_header *)ir[1];
    }
    return NULL;
}

/** One C type (lj_ctype.h). */
struct lj_ctype {
    uint32_t info;
    uint32_t size;
    uint16_t sib;
    uint16_t next;
    uint32_t padding;
    uint64_t name; /**< struct lj_str * or 0 */
};

struct lj_ctype_state {
    uint64_t tab; /**< struct lj_ctype * */
    uint32_t top; /**< number of types */
    uint32_t sizetab;
};

_Static_assert(sizeof(struct lj_node) == 24, "lj_obj.h Node");
_Static_assert(sizeof(struct lj_cdata) == 16, "lj_obj.h GCcdata");
_Static_assert(sizeof(struct lj_udata) == 48, "lj_obj.h GCudata");
_Static_assert(sizeof(struct lj_tab) == 64, "lj_obj.h GCtab");
_Static_assert(sizeof(struct lj_proto) == 104, "lj_obj.h GCproto");
_Static_assert(sizeof(struct lj_ctype) == 24, "lj_ctype.h CType");
_Static_assert(sizeof(struct lj_snap) == 12, "lj_jit.h SnapShot");

/** Type of a tagged value: LJ_GCT_*, LJ_IT_*; anything >= LJ_IT_NUMX is a number. */
static inline uint32_t lj_tv_type(uint64_t tv)
{
    return ~(uint32_t)((int64_t)tv >> 47);
}

static inline bool lj_tv_is_object(uint64_t tv)
{
    uint32_t type = lj_tv_type(tv);
    return type >= LJ_GCT_STR && type <= LJ_GCT_UDATA;
}

/** Address of the object of a tagged value. */
static inline uint64_t lj_tv_object(uint64_t tv)
{
    return tv & ((UINT64_C(1) << 47) - 1);
}

/** Is there the header of a cdata `offset` bytes into a block? */
static inline bool lj_is_cdata(uintptr_t block, uintptr_t offset)
{
    const struct lj_cdata *cdata = (const struct lj_cdata *)(block + offset);
    if (cdata->gct != LJ_GCT_CDATA)
        return false;
    return cdata->marked & LJ_CDATA_VAR
               ? offset >= 8 && ((const struct lj_cdata_var *)cdata)[-1].offset == offset
               : offset == 0;
}

/* Where the header of a cdata can lie depends on the alignment of its type. */
static __attribute__((noinline, unused)) struct lj_cdata *lj_search_cdata(uintptr_t block,
                                                                          size_t size)
{
    for (uintptr_t align = 8; align <= 32768; align *= 2) {
        uintptr_t offset = ((block + 24 + align - 1) & ~(align - 1)) - 16 - block;
        if (offset + sizeof(struct lj_cdata) <= size && lj_is_cdata(block, offset))
            return (struct lj_cdata *)(block + offset);
    }
    return lj_is_cdata(block, 0) ? (struct lj_cdata *)block : NULL;
}

/**
 * The header of the cdata in a block of `size` bytes, dead or alive; NULL when there is none.
 * `likely`: offset to look at first.
 */
static inline struct lj_cdata *lj_find_cdata(uintptr_t block, size_t size, uintptr_t likely)
{
    if (__builtin_expect(likely + sizeof(struct lj_cdata) <= size && lj_is_cdata(block, likely), 1))
        return (struct lj_cdata *)(block + likely);
    return lj_search_cdata(block, size);
}

#endif
