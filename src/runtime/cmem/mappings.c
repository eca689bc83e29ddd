/* SPDX-License-Identifier: MIT */
/*
 * Two rings: the newest mappings that are there, and the newest that are gone.  A place that is
 * mapped anew is forgotten among the gone.
 */
#include "runtime/cmem/mappings.h"

#include "base/lock.h"
#include "base/pages.h"
#include "runtime/cmem/ctraces_fast.h"
#include "runtime/cmem/malloc.h"
#include "runtime/cmem/thread.h"
#include "runtime/fault/door.h"
#include "runtime/state.h"
#include "runtime/vm/cstack.h"
#include "runtime/vm/luacall.h"
#include "runtime/vm/modules.h"

#include <errno.h>
#include <sys/mman.h>

#define N_LIVE 256u
#define N_GONE 64u

static struct {
    struct ffisan_lock lock;
    struct ffisan_mapped live[N_LIVE], gone[N_GONE]; /* size 0 = none */
    uint32_t next_live, next_gone;
} mappings;

/*
 * The state whose doing it is; NULL: nothing is noted.  What an allocator maps is nobody's doing,
 * and libgcc may have asked it while it holds its lock: then a stack is not to be had.
 */
static struct ffisan_state *noting_state(uintptr_t pc)
{
    bool is_noted = ffisan_thread.state && !ffisan_thread.is_busy && ffisan_ctraces_end() > 0 &&
                    !ffisan_malloc_is_of_allocator(pc) &&
                    ffisan_modules_find(pc) != ffisan_modules_find((uintptr_t)noting_state);
    return is_noted ? ffisan_thread_state() : NULL;
}

static void forget(struct ffisan_mapped *list, uint32_t n, uintptr_t low, size_t size)
{
    for (uint32_t i = 0; i < n; i++)
        if (list[i].size > 0 && list[i].low < low + size && low < list[i].low + list[i].size)
            list[i].size = 0;
}

/* C that was called through the ffi, or compiled code: not the VM, which maps code of its own. */
static bool is_in_call(const struct ffisan_state *state)
{
    struct ffisan_luacall call;
    if (*state->vmstate != LJ_VMST_C)
        return *state->vmstate > 0;
    return ffisan_luacall_find(&state->vm, &call) && lj_tv_type(call.arguments[0]) == LJ_GCT_CDATA;
}

static void note_mapped(uintptr_t low, size_t size, bool is_plain,
                        const struct ffisan_door_caller *caller)
{
    struct ffisan_state *state = noting_state(caller->pc);
    if (!state)
        return;
    uint32_t made = ffisan_ctraces_here(state, caller->pc, caller->sp);
    size = ffisan_pages_round(size);
    if (!ffisan_lock_take(&mappings.lock))
        return;
    forget(mappings.gone, N_GONE, low, size);
    forget(mappings.live, N_LIVE, low, size);
    mappings.live[mappings.next_live++ % N_LIVE] = (struct ffisan_mapped){
        .low = low, .size = size, .made = made, .is_plain = is_plain && is_in_call(state)};
    ffisan_lock_give(&mappings.lock);
}

/* Whoever does it: in a moment anything may lie there. */
static void note_unmapping(uintptr_t low, size_t size)
{
    bool locked = ffisan_lock_take(&mappings.lock);
    for (uint32_t i = 0; i < N_LIVE; i++)
        if (mappings.live[i].low < low + size && low < mappings.live[i].low + mappings.live[i].size)
            mappings.live[i].is_plain = false;
    if (locked)
        ffisan_lock_give(&mappings.lock);
}

/* Of a mapping that was there, if it is known, all or a part. */
static void note_unmapped(uintptr_t low, size_t size, const struct ffisan_door_caller *caller)
{
    struct ffisan_state *state = noting_state(caller->pc);
    if (!state)
        return;
    size = ffisan_pages_round(size);
    struct ffisan_mapped gone = {
        .low = low, .size = size, .freed = ffisan_ctraces_here(state, caller->pc, caller->sp)};
    if (!ffisan_lock_take(&mappings.lock))
        return;
    for (uint32_t i = 0; i < N_LIVE; i++)
        if (low - mappings.live[i].low < mappings.live[i].size)
            gone.made = mappings.live[i].made;
    forget(mappings.gone, N_GONE, low, size);
    mappings.gone[mappings.next_gone++ % N_GONE] = gone;
    ffisan_lock_give(&mappings.lock);
}

bool ffisan_mappings_lock(void)
{
    return ffisan_lock_take(&mappings.lock);
}

void ffisan_mappings_unlock(void)
{
    ffisan_lock_give(&mappings.lock);
}

void ffisan_mappings_watch(void)
{
    ffisan_door_mapper.mapped = note_mapped;
    ffisan_door_mapper.unmapping = note_unmapping;
    ffisan_door_mapper.unmapped = note_unmapped;
}

/* Did Lua code call, or C that it had called? */
static bool was_called_by_lua(uint32_t made)
{
    const struct ffisan_ctrace *trace = ffisan_ctraces_get(made);
    struct ffisan_cframe frame;
    return trace && trace->lua_stack && trace->n_pcs > 0 &&
           (!ffisan_cstack_symbol(trace->pcs[0], &frame) || frame.is_vm);
}

static bool find_in(const struct ffisan_mapped *list, uint32_t n, uintptr_t address,
                    struct ffisan_mapped *ret_mapped)
{
    bool found = false;
    if (!ffisan_lock_take(&mappings.lock))
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (address - list[i].low < list[i].size) {
            *ret_mapped = list[i];
            found = true;
        }
    ffisan_lock_give(&mappings.lock);
    return found;
}

bool ffisan_mappings_find_own(uintptr_t address, struct ffisan_mapped *ret_mapped)
{
    return find_in(mappings.live, N_LIVE, address, ret_mapped) &&
           was_called_by_lua(ret_mapped->made);
}

bool ffisan_mappings_find_plain(uintptr_t address, struct ffisan_mapped *ret_mapped)
{
    return find_in(mappings.live, N_LIVE, address, ret_mapped) && ret_mapped->is_plain;
}

void ffisan_mappings_each_plain(void (*visit)(void *context, const struct ffisan_mapped *mapped),
                                void *context)
{
    if (!ffisan_lock_take(&mappings.lock))
        return;
    for (uint32_t i = 0; i < N_LIVE; i++)
        if (mappings.live[i].size > 0 && mappings.live[i].is_plain)
            visit(context, &mappings.live[i]);
    ffisan_lock_give(&mappings.lock);
}

/* Somebody may have mapped something there since, in a way that we do not see. */
static bool is_mapped(uintptr_t address)
{
    unsigned char resident;
    int saved_errno = errno;
    void *page = (void *)(address & ~(uintptr_t)(FFISAN_PAGE_SIZE - 1));
    bool answer = mincore(page, FFISAN_PAGE_SIZE, &resident) == 0 || errno != ENOMEM;
    errno = saved_errno;
    return answer;
}

bool ffisan_mappings_find_gone(uintptr_t address, struct ffisan_mapped *ret_mapped)
{
    return find_in(mappings.gone, N_GONE, address, ret_mapped) && !is_mapped(address);
}
