/* SPDX-License-Identifier: MIT */
/*
 * The allocation path.  What is done for each block: find a slot, note where it was asked for, and
 * look at what became of the block before it (the VM links every object into a list right after it
 * has allocated it, and only then the object has a type).  Most blocks come from a place whose
 * blocks always become the same; for these the last step is left out.
 */
#include "runtime/state.h"

#include "runtime/heap/fast.h"
#include "runtime/origin_fast.h"
#include "runtime/audit/audit.h"
#include "runtime/cycle/schedule.h"
#include "runtime/lender.h"

#include <string.h>

static uint8_t header_code(uintptr_t distance)
{
    return distance % 8 == 0 && distance / 8 < FFISAN_SLOT_HEADER_FAR ? (uint8_t)(distance / 8)
                                                                      : FFISAN_SLOT_HEADER_FAR;
}

static void set_type(const struct ffisan_slot_ref *ref, uint8_t type, bool is_holder)
{
    ref->slot->type = type;
    if (is_holder)
        ffisan_heap_mark_holder(ref);
}

/* A variable that closures share is in no list of objects as long as it lies on the stack. */
static bool is_open_upvalue(const struct ffisan_pending *pending)
{
    const struct lj_upval *upvalue = (const struct lj_upval *)pending->ref.block;
    return pending->size == sizeof(*upvalue) && upvalue->gct == LJ_GCT_UPVAL &&
           upvalue->closed == 0 && upvalue->v != 0 && upvalue->v >> 47 == 0;
}

/*
 * Strings are in a table of their own, so only bytes tell.  Those of a buffer can look the same: a
 * string is certain when the code that asked for it has made nothing else.
 */
static bool is_certain_string(struct ffisan_state *state, const struct ffisan_origin_memo *memo)
{
    if (!memo || memo->is_mixed || memo->caller <= FFISAN_ORIGIN_SOMEWHERE)
        return false;
    for (unsigned i = 0; i < FFISAN_STRING_MAKERS; i++) {
        uintptr_t *maker = &state->string_makers[i];
        if (*maker == 0 && ffisan_origin_is_trusted(memo))
            *maker = memo->caller;
        if (*maker == memo->caller)
            return true;
    }
    return false;
}

/* What the pending block is when no list of the VM's has it. */
static uint8_t type_outside_of_lists(const struct ffisan_pending *pending)
{
    if (is_open_upvalue(pending))
        return LJ_GCT_UPVAL;
    return lj_is_string(pending->ref.block, pending->size) ? LJ_GCT_STR : 0;
}

/* The pending block has become this object (0: none that the VM has in its lists). */
static void classify(struct ffisan_state *state, uintptr_t object)
{
    const struct ffisan_pending *pending = &state->pending;
    uint8_t gct = object ? ((const struct lj_header *)object)->gct : 0;
    uint8_t type = type_outside_of_lists(pending);
    if (object)
        type = (uint8_t)((gct & FFISAN_SLOT_TYPE_MASK) | header_code(object - pending->ref.block)
                                                             << FFISAN_SLOT_HEADER_SHIFT);
    ffisan_origin_learn(state, pending->memo, type);
    if (type == LJ_GCT_STR && !is_certain_string(state, pending->memo))
        type = 0;
    set_type(&pending->ref, type, gct == LJ_GCT_CDATA || gct == LJ_GCT_UDATA);
    if (gct != LJ_GCT_CDATA)
        return;
    ffisan_origin_learn_ctype(state, pending->memo, ((const struct lj_cdata *)object)->ctypeid);
    ffisan_builtins_poll(state); /* the parser opens the ffi library itself, for 1LL */
}

/* The head of the list of objects; variables are put before it when they leave the stack. */
static uintptr_t newest_object(const struct ffisan_state *state)
{
    const struct ffisan_pending *pending = &state->pending;
    uintptr_t object = *state->newest;
    for (unsigned n = 0; n < 64 && object - pending->ref.block >= pending->size; n++) {
        const struct lj_header *header = (const struct lj_header *)object;
        if (header->gct != LJ_GCT_UPVAL || !header->nextgc)
            break;
        object = header->nextgc;
    }
    return object;
}

/* Is it at the head of the list of userdata?  Those that were finalised since are put before it. */
static bool is_newest_userdata(const struct ffisan_state *state, uintptr_t block)
{
    enum { FINALIZED = 0x08 /* lj_gc.h, LJ_GC_FINALIZED */, MOST = 64 };
    uintptr_t object = ((const struct lj_header *)state->L)->nextgc;
    for (unsigned n = 0; n < MOST && object && object != block; n++) {
        const struct lj_header *header = (const struct lj_header *)object;
        if (!(header->marked & FINALIZED) && (const void *)header != (const void *)state->sentinel)
            return false;
        object = header->nextgc;
    }
    return object == block;
}

void ffisan_state_classify_pending(struct ffisan_state *state)
{
    const struct ffisan_pending *pending = &state->pending;
    if (!pending->ref.block || !state->L)
        return;
    uintptr_t newest = newest_object(state);
    if (newest - pending->ref.block < pending->size)
        classify(state, newest);
    else if (is_newest_userdata(state, pending->ref.block))
        classify(state, pending->ref.block);
    else
        classify(state, 0);
    state->pending.ref.block = 0;
}

/* The kernel has no memory for us: what the dead have comes first, then LuaJIT's own allocator. */
static void *allocate_at_need(struct ffisan_state *state, size_t size)
{
    enum { WORTH_AN_AUDIT = 1 << 20 };
    struct ffisan_slot_ref ref;
    const struct ffisan_heap_stats *stats = &state->heap.stats;
    for (unsigned i = 0; i < 2 && stats->dead_bytes + stats->old_bytes > WORTH_AN_AUDIT; i++) {
        ffisan_audit_run(state);
        void *block = ffisan_heap_alloc(&state->heap, size, 0, &ref);
        if (block)
            return block;
    }
    return ffisan_lender_alloc(state, size);
}

/*
 * What is taken as certain is looked at again when the slots at hand are used up: the code that
 * asked need not be the VM's, when the program has put an allocator of its own in front of ours.
 */
static __attribute__((noinline)) void *allocate(struct ffisan_state *state, size_t size,
                                                uintptr_t helper, uintptr_t cfa)
{
    struct ffisan_slot_ref ref;
    struct ffisan_bin *bin = NULL;
    void *block;
    if (state->pending.ref.block)
        ffisan_state_classify_pending(state);
    struct ffisan_origin origin = ffisan_origin_find(state, helper, cfa);
    if (ffisan_origin_is_trusted(origin.memo)) {
        bin = &origin.memo->bins[ffisan_sizes_find(size)];
        if (bin->bits == 0)
            ffisan_heap_refill(&state->heap, origin.memo->group, size);
    }
    if (bin && bin->bits) {
        struct ffisan_slot books = origin.memo->books;
        books.stack = origin.stack;
        block = ffisan_bin_alloc(bin, origin.memo->group, size, books);
    } else {
        block = ffisan_heap_alloc_fast(&state->heap, size, origin.stack, &ref);
        if (!block)
            return allocate_at_need(state, size);
        state->pending = (struct ffisan_pending){.ref = ref, .size = size, .memo = origin.memo};
    }
    if (state->schedule.gc != FFISAN_GC_NATURAL && state->L)
        ffisan_schedule_allocation(state, origin.visits);
    return block;
}

/* All is known but the stack. */
static __attribute__((noinline)) void *allocate_with_stack(struct ffisan_state *state,
                                                           struct ffisan_bin *bin,
                                                           const struct ffisan_origin_memo *memo,
                                                           size_t size)
{
    uint32_t visits;
    struct ffisan_slot books = memo->books;
    books.stack = ffisan_stacks_here(state->stacks, &state->vm, 0, &visits);
    return ffisan_bin_alloc(bin, memo->group, size, books);
}

/* All is known but the visits, and perhaps the stack. */
static __attribute__((noinline)) void *allocate_visiting(struct ffisan_state *state,
                                                         struct ffisan_bin *bin,
                                                         struct ffisan_origin_memo *memo,
                                                         size_t size)
{
    struct ffisan_origin origin = ffisan_origin_visit(state, memo);
    struct ffisan_slot books = memo->books;
    books.stack = origin.stack;
    void *block = ffisan_bin_alloc(bin, memo->group, size, books);
    ffisan_schedule_allocation(state, origin.visits);
    return block;
}

static inline void *allocate_known(struct ffisan_state *state, struct ffisan_bin *bin,
                                   struct ffisan_origin_memo *memo, size_t size)
{
    switch ((enum ffisan_origin_readiness)memo->readiness) {
    case FFISAN_ORIGIN_READY:
        return ffisan_bin_alloc(bin, memo->group, size, memo->books);
    case FFISAN_ORIGIN_STACK:
        return allocate_with_stack(state, bin, memo, size);
    default:
        return allocate_visiting(state, bin, memo, size);
    }
}

/* Code that dies leaves addresses behind in our tables. */
static void note_code_death(struct ffisan_state *state, const struct lj_header *block, size_t size)
{
    struct ffisan_slot_ref ref;
    const struct lj_trace *trace = (const struct lj_trace *)block;
    bool is_ours = ffisan_heap_find(&state->heap, (uintptr_t)block, &ref);
    uint8_t type = is_ours ? ref.slot->type & FFISAN_SLOT_TYPE_MASK : block->gct;
    if (type == LJ_GCT_PROTO) {
        state->code_died = true;
    } else if ((type == 0 || type == LJ_GCT_TRACE) && block->gct == LJ_GCT_TRACE &&
               size >= sizeof(*trace)) {
        state->code_died = true;
        ffisan_origin_forget_trace(state, trace->traceno);
    }
}

/* What a block of so many bytes was, by what it says itself; 0 = no object that C can refer to. */
static uint8_t type_by_bytes(const struct ffisan_state *state, uintptr_t block, size_t size)
{
    const struct lj_header *header = (const struct lj_header *)block;
    const struct lj_cdata *cdata = lj_find_cdata(block, size, 0);
    if (cdata)
        return (uint8_t)(LJ_GCT_CDATA | header_code((uintptr_t)cdata - block)
                                            << FFISAN_SLOT_HEADER_SHIFT);
    if (header->gct == LJ_GCT_UDATA && size >= sizeof(struct lj_udata) &&
        size - sizeof(struct lj_udata) == ((const struct lj_udata *)header)->len)
        return LJ_GCT_UDATA;
    if (header->gct == LJ_GCT_THREAD && size >= sizeof(struct lj_thread) &&
        ((const struct lj_thread *)header)->glref == state->vm.g)
        return LJ_GCT_THREAD;
    return 0;
}

/* The pending block dies: the VM has taken it out of its lists already, only its bytes tell. */
static void classify_dying(struct ffisan_state *state, size_t size)
{
    const struct ffisan_slot_ref *ref = &state->pending.ref;
    uint8_t type = type_by_bytes(state, ref->block, size);
    if (type)
        set_type(ref, type, false);
    ffisan_origin_learn(state, state->pending.memo,
                        type ? type : type_outside_of_lists(&state->pending));
    state->pending.ref.block = 0;
}

/* The last call that a closed state makes: the block of its main thread and global_State. */
static void release_last(struct ffisan_state *state, void *block, size_t size)
{
    if (state->old_allocf && !ffisan_region_find((uintptr_t)block))
        state->old_allocf(state->old_ud, block, size, 0);
    ffisan_state_free(state);
}

/*
 * The dead of a long sweep, and blocks that die outside of a cycle (buffers that grow), must not
 * pile up: when there are too many, an audit comes early.  It may: what is dead is dead.
 */
static __attribute__((noinline)) void *reconsider_dead(struct ffisan_state *state)
{
    uint64_t limit = state->heap.quarantine_budget + *state->total_bytes / 4;
    state->dead_limit = limit > FFISAN_DEAD_MIN_BYTES ? limit : FFISAN_DEAD_MIN_BYTES;
    if (state->heap.stats.dead_bytes > state->dead_limit)
        ffisan_audit_run(state);
    return NULL;
}

static __attribute__((noinline)) void *release_slowly(struct ffisan_state *state, void *block,
                                                      size_t size)
{
    if (block == (void *)state->L) {
        release_last(state, block, size);
        return NULL;
    }
    if (__builtin_expect(block == (void *)state->sentinel, 0))
        state->sentinel = NULL;
    if (state->pending.ref.block == (uintptr_t)block)
        classify_dying(state, size);
    else if (state->pending.ref.block)
        ffisan_state_classify_pending(state);
    uint8_t gct = ((const struct lj_header *)block)->gct;
    if (__builtin_expect(gct == LJ_GCT_PROTO || gct == LJ_GCT_TRACE, 0))
        note_code_death(state, block, size);
    if (ffisan_heap_kill(&state->heap, block, size)) {
        if (state->heap.stats.dead_bytes > state->dead_limit)
            reconsider_dead(state);
    } else if (state->old_allocf && !ffisan_region_find((uintptr_t)block)) {
        state->old_allocf(state->old_ud, block, size, 0);
    }
    return NULL;
}

/* Code, the main thread, and what may be the sentinel.  Blocks that are no objects say anything. */
static inline bool needs_a_look(const struct ffisan_state *state, const struct lj_header *block)
{
    const uint32_t special = 1u << LJ_GCT_PROTO | 1u << LJ_GCT_TRACE | 1u << LJ_GCT_UDATA;
    return special >> (block->gct & 31) & 1 || (const void *)block == (const void *)state->L;
}

static __attribute__((noinline)) void *release(struct ffisan_state *state, void *block, size_t size)
{
    if (__builtin_expect(state->pending.ref.block || needs_a_look(state, block), 0) ||
        __builtin_expect(!ffisan_heap_kill_fast(&state->heap, block, size), 0))
        return release_slowly(state, block, size);
    if (__builtin_expect(state->heap.stats.dead_bytes > state->dead_limit, 0))
        return reconsider_dead(state);
    return NULL;
}

/* A block that becomes smaller always finds room: the VM counts on that (lj_buf_shrink). */
static void *shrink(struct ffisan_state *state, void *block, size_t old_size, size_t new_size)
{
    if (ffisan_heap_shrink(&state->heap, block, new_size))
        return block;
    return state->old_allocf ? state->old_allocf(state->old_ud, block, old_size, new_size) : NULL;
}

/*
 * Where a block was given another size, if it had a stack before.  The interpreter's own are arrays
 * of tables, of which nobody asks; those of buffers grow in C functions and in compiled code.
 */
static uint32_t stack_of_resized(struct ffisan_state *state, const void *block, uintptr_t helper,
                                 uintptr_t cfa)
{
    struct ffisan_slot_ref old;
    if (!ffisan_heap_find(&state->heap, (uintptr_t)block, &old) || old.slot->stack == 0)
        return 0;
    uint32_t stack =
        *state->vmstate == LJ_VMST_INTERP ? 0 : ffisan_origin_find(state, helper, cfa).stack;
    return stack ? stack : old.slot->stack;
}

static __attribute__((noinline)) void *reallocate(struct ffisan_state *state, void *block,
                                                  size_t old_size, size_t new_size,
                                                  uintptr_t helper, uintptr_t cfa)
{
    struct ffisan_slot_ref ref;
    if (state->pending.ref.block)
        ffisan_state_classify_pending(state);
    uint32_t stack = stack_of_resized(state, block, helper, cfa);
    void *moved = ffisan_heap_alloc(&state->heap, new_size, stack, &ref);
    if (!moved && new_size <= old_size)
        return shrink(state, block, old_size, new_size);
    if (!moved)
        moved = allocate_at_need(state, new_size);
    if (!moved)
        return NULL;
    memcpy(moved, block, old_size < new_size ? old_size : new_size);
    release(state, block, old_size);
    return moved;
}

void *ffisan_state_serve(struct ffisan_state *state, void *block, size_t old_size, size_t new_size,
                         uintptr_t helper, uintptr_t cfa)
{
    if (new_size > 0)
        return block ? reallocate(state, block, old_size, new_size, helper, cfa)
                     : allocate(state, new_size, helper, cfa);
    return block ? release(state, block, old_size) : NULL;
}

void *ffisan_state_allocf(void *ud, void *block, size_t old_size, size_t new_size)
{
    struct ffisan_state *state = ud;
    uintptr_t helper = (uintptr_t)__builtin_return_address(0);
    uintptr_t cfa = (uintptr_t)__builtin_dwarf_cfa();
    if (block)
        return new_size == 0 ? release(state, block, old_size)
                             : reallocate(state, block, old_size, new_size, helper, cfa);
    if (new_size == 0)
        return NULL;
    struct ffisan_origin_memo *memo = ffisan_origin_ready(state, helper, cfa);
    if (__builtin_expect(memo && !state->pending.ref.block, 1)) {
        struct ffisan_bin *bin = &memo->bins[ffisan_sizes_find(new_size)];
        if (__builtin_expect(bin->bits != 0, 1))
            return allocate_known(state, bin, memo, new_size);
    }
    return allocate(state, new_size, helper, cfa);
}
