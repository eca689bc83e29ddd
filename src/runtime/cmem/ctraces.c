/* SPDX-License-Identifier: MIT */
/*
 * Memos lead from (return address, stack pointer, Lua position) to a number.  They are compared by
 * a hash of 64 bits: of the 16,384 that there can be, no two are ever the same.  In compiled code
 * the position is the return address into machine code, which lies at a place of the stack that was
 * found by unwinding once.
 */
#include "runtime/cmem/ctraces.h"

#include "base/lock.h"
#include "base/pages.h"
#include "runtime/cmem/ctraces_fast.h"
#include "runtime/cmem/paged.h"
#include "runtime/cmem/thread.h"
#include "runtime/fault/guard.h"
#include "runtime/state.h"
#include "runtime/vm/cstack.h"
#include "runtime/vm/modules.h"

#include <string.h>

#define N_MEMOS 16384u
#define N_PROBES 8u
#define MAX_TRACES FFISAN_MAX_CTRACES
#define MANY_STACK_POINTERS 32u /* of one return address: then they are left out */

struct memo {
    uint64_t key;
    uint32_t number;
    uint32_t anchor; /* bytes above sp - 8 where the return address into compiled code lies, + 1 */
    uintptr_t anchored;
};

static struct {
    struct ffisan_lock lock; /* of additions */
    struct memo *memos;
    struct ffisan_ctrace *traces;
    uint32_t n_traces; /* [0] is "unknown" */
    struct {
        uintptr_t pc;
        uint32_t n;
    } depths[1024]; /* new stack pointers seen for a return address */
} ctraces;

uint32_t ffisan_cvisits[FFISAN_MAX_CTRACES];

bool ffisan_ctraces_start(void)
{
    if (ctraces.traces)
        return true;
    struct memo *memos = ffisan_pages_map(N_MEMOS * sizeof(*memos));
    struct ffisan_ctrace *traces = ffisan_pages_map(MAX_TRACES * sizeof(*traces));
    if (!memos || !traces) {
        if (memos)
            ffisan_pages_unmap(memos, N_MEMOS * sizeof(*memos));
        if (traces)
            ffisan_pages_unmap(traces, MAX_TRACES * sizeof(*traces));
        return false;
    }
    ctraces.memos = memos;
    ctraces.traces = traces;
    ctraces.n_traces = 1;
    return true;
}

static inline struct memo *memo_of(uint64_t key, uint32_t probe)
{
    return &ctraces.memos[(key + probe) % N_MEMOS];
}

/* In the memos; `recent_key`: as what it is to be found from now on. */
static uint32_t find(const struct ffisan_cplace *place, uint64_t recent_key)
{
    uint64_t key = ffisan_cplace_key(place);
    for (uint32_t i = 0; i < N_PROBES; i++) {
        const struct memo *memo = memo_of(key, i);
        uint32_t number = __atomic_load_n(&memo->number, __ATOMIC_ACQUIRE);
        if (number == 0)
            return 0;
        if (memo->key == key && ffisan_cplace_is_anchored(place, memo->anchor, memo->anchored)) {
            ffisan_crecent_put(recent_key, number, memo->anchor, memo->anchored);
            return number;
        }
    }
    return 0;
}

/* Counts stack pointers of a return address; true when there are so many that they tell little. */
static bool is_deep(uintptr_t pc)
{
    size_t slot = (pc >> 2) % (sizeof(ctraces.depths) / sizeof(ctraces.depths[0]));
    if (ctraces.depths[slot].pc != pc) {
        ctraces.depths[slot].pc = pc;
        ctraces.depths[slot].n = 0;
    }
    return ++ctraces.depths[slot].n > MANY_STACK_POINTERS;
}

/* The C frame of the interpreter that compiled code was entered from: the search ends there. */
static uintptr_t end_of_search(const struct ffisan_state *state, uintptr_t sp)
{
    enum { REACH = 4096 };
    const struct ffisan_vm *vm = &state->vm;
    const struct lj_thread *thread = (const struct lj_thread *)ffisan_vm_word(vm, vm->layout.cur_L);
    uintptr_t cframe = thread ? thread->cframe & ~(uintptr_t)3 : 0;
    return cframe - sp < REACH ? cframe : cframe > sp ? sp + REACH : sp;
}

/* The return address into compiled code, which ends the C frames: how far above sp it lies. */
static uint32_t find_anchor(const struct ffisan_state *state, uintptr_t sp, uintptr_t *ret_pc)
{
    const struct lj_trace *trace = ffisan_luastack_trace(&state->vm, (uint32_t)*state->vmstate);
    uintptr_t end = end_of_search(state, sp);
    for (uintptr_t place = sp - 8; trace && place + 8 <= end; place += 8) {
        uintptr_t word = *(const uintptr_t *)place;
        if (word - trace->mcode < trace->szmcode) {
            *ret_pc = word;
            return (uint32_t)(place - (sp - 8)) + 1;
        }
    }
    *ret_pc = 0;
    return 0;
}

struct capture {
    uintptr_t pcs[FFISAN_CTRACE_PCS + 4];
    size_t n;
};

static void capture_guarded(void *argument)
{
    struct capture *capture = argument;
    capture->n = ffisan_cstack_capture(capture->pcs, FFISAN_CTRACE_PCS + 4, NULL);
}

/*
 * While a trace is left, the VM's own frames lead to nowhere: the unwinder reads the code at the
 * address that it takes for the next.
 */
static void capture_c(struct ffisan_ctrace *trace, uintptr_t pc, bool is_shallow)
{
    struct capture capture = {.n = 0};
    uintptr_t *pcs = capture.pcs;
    if (!is_shallow && !ffisan_guard_try(capture_guarded, &capture))
        while (capture.n < FFISAN_CTRACE_PCS && pcs[capture.n])
            capture.n++;
    size_t n = capture.n, first = 0;
    while (first < n && pcs[first] != pc - 1)
        first++; /* our own frames, when they are not told apart */
    if (first >= n) {
        pcs[0] = pc - 1;
        n = 1;
        first = 0;
    }
    for (; first < n && trace->n_pcs < FFISAN_CTRACE_PCS; first++)
        trace->pcs[trace->n_pcs++] = pcs[first];
}

static void remember(uint64_t key, uint32_t number, uint32_t anchor, uintptr_t anchored)
{
    for (uint32_t i = 0; i < N_PROBES; i++) {
        struct memo *memo = memo_of(key, i);
        if (memo->number)
            continue;
        memo->key = key;
        memo->anchor = anchor;
        memo->anchored = anchored;
        __atomic_store_n(&memo->number, number, __ATOMIC_RELEASE);
        return;
    }
}

static uint32_t same_trace(const struct ffisan_ctrace *trace)
{
    enum { NEWEST = 64 };
    uint32_t end = ctraces.n_traces, start = end > NEWEST ? end - NEWEST : 1;
    for (uint32_t i = start; i < end; i++) {
        const struct ffisan_ctrace *other = &ctraces.traces[i];
        if (other->n_pcs == trace->n_pcs && other->lua_stack == trace->lua_stack &&
            other->state == trace->state && memcmp(other->pcs, trace->pcs, sizeof(trace->pcs)) == 0)
            return i;
    }
    return 0;
}

/* Compiled code or LuaJIT itself: Lua code has called the function that allocates. */
static bool is_of_lua(const struct ffisan_state *state, uintptr_t pc)
{
    const struct link_map *module = ffisan_modules_find(pc);
    return !module || module == ffisan_modules_find((uintptr_t)state->api->lua_newuserdata);
}

/* For the same C code in the same line of Lua, with the same callers? */
static bool is_same_line(const struct ffisan_state *state, const struct ffisan_ctrace *a,
                         const struct ffisan_ctrace *b)
{
    enum { CALLERS = 2 };
    if (a->state != b->state ||
        (a->pcs[0] != b->pcs[0] && (!is_of_lua(state, a->pcs[0]) || !is_of_lua(state, b->pcs[0]))))
        return false;
    struct ffisan_stack left = ffisan_stacks_get(state->stacks, a->lua_stack),
                        right = ffisan_stacks_get(state->stacks, b->lua_stack);
    bool is_same = left.n_frames == right.n_frames;
    for (size_t i = 0; is_same && i < left.n_frames && i <= CALLERS; i++)
        is_same = left.frames[i].line == right.frames[i].line &&
                  strcmp(left.frames[i].file, right.frames[i].file) == 0;
    return is_same;
}

/*
 * The interpreter and each piece of compiled code that a loop gets are places of their own.  Only
 * the first of them has all the pages that a place has (paged.h).
 */
static void inherit_visits(const struct ffisan_state *state, uint32_t number)
{
    enum { NEWEST = 64, PAGES_AGAIN = 8, MOST = FFISAN_PAGED_VISITS - PAGES_AGAIN };
    const struct ffisan_ctrace *trace = &ctraces.traces[number];
    for (uint32_t i = number > NEWEST ? number - NEWEST : 1; trace->lua_stack && i < number; i++) {
        uint32_t visits = ffisan_cvisits[i] < MOST ? ffisan_cvisits[i] : MOST;
        if (visits > ffisan_cvisits[number] && is_same_line(state, trace, &ctraces.traces[i]))
            ffisan_cvisits[number] = visits;
    }
}

static uint32_t add(struct ffisan_state *state, const struct ffisan_cplace *place)
{
    bool is_shallow = place->sp == 0;
    uintptr_t machine_pc = 0;
    uint32_t anchor = 0;
    struct ffisan_ctrace trace = {0};
    capture_c(&trace, place->pc, is_shallow);
    if (place->where && *state->vmstate > 0 && !is_shallow)
        anchor = find_anchor(state, place->sp, &machine_pc);
    if (place->where)
        trace.lua_stack = ffisan_stacks_in_c(state->stacks, &state->vm, machine_pc);
    trace.state = trace.lua_stack ? state : NULL;
    uint32_t number = same_trace(&trace);
    if (!number && ctraces.n_traces < MAX_TRACES) {
        ctraces.traces[ctraces.n_traces] = trace;
        number = ctraces.n_traces;
        inherit_visits(state, number);
        __atomic_store_n(&ctraces.n_traces, ctraces.n_traces + 1, __ATOMIC_RELEASE);
    }
    if (number)
        remember(ffisan_cplace_key(place), number, anchor, machine_pc);
    return number;
}

/* Where C recurses, the stack pointer may have been left out; else the place is new. */
uint32_t ffisan_ctraces_find(struct ffisan_state *state, uintptr_t pc, uintptr_t sp, uint64_t where,
                             uint64_t key)
{
    struct ffisan_cplace place = {.pc = pc, .sp = sp, .where = where};
    uint32_t number = find(&place, key);
    if (number != 0)
        return number;
    place.sp = 0;
    number = find(&place, key);
    if (number != 0)
        return number;
    if (!ffisan_lock_take(&ctraces.lock))
        return 0; /* a signal handler inside of it */
    if (!is_deep(place.pc) && state)
        place.sp = sp;
    bool was_busy = ffisan_thread.is_busy;
    ffisan_thread.is_busy = true; /* the loader and the unwinder may allocate */
    number = add(state, &place);
    ffisan_thread.is_busy = was_busy;
    ffisan_lock_give(&ctraces.lock);
    return number;
}

const struct ffisan_ctrace *ffisan_ctraces_get(uint32_t number)
{
    uint32_t n = __atomic_load_n(&ctraces.n_traces, __ATOMIC_ACQUIRE);
    return number > 0 && number < n ? &ctraces.traces[number] : NULL;
}

void ffisan_ctraces_add_lost(uint32_t number, size_t size)
{
    ctraces.traces[number].n_lost++;
    ctraces.traces[number].lost_bytes += size;
}

void ffisan_ctraces_listed(uint32_t number)
{
    ctraces.traces[number].n_listed = ctraces.traces[number].n_lost;
}

uint32_t ffisan_ctraces_end(void)
{
    return __atomic_load_n(&ctraces.n_traces, __ATOMIC_ACQUIRE);
}

void ffisan_ctraces_forget_code(void)
{
    if (ctraces.memos && ffisan_lock_take(&ctraces.lock)) {
        memset(ctraces.memos, 0, N_MEMOS * sizeof(*ctraces.memos));
        memset(ffisan_crecent, 0, sizeof(ffisan_crecent));
        ffisan_lock_give(&ctraces.lock);
    }
}

void ffisan_ctraces_forget_stacks(const struct ffisan_state *state)
{
    ffisan_ctraces_forget_code();
    for (uint32_t i = 1; i < ctraces.n_traces; i++)
        if (ctraces.traces[i].state == state) {
            ctraces.traces[i].state = NULL;
            ctraces.traces[i].lua_stack = 0;
        }
}

bool ffisan_ctraces_lock(void)
{
    return ffisan_lock_take(&ctraces.lock);
}

void ffisan_ctraces_unlock(void)
{
    ffisan_lock_give(&ctraces.lock);
}
