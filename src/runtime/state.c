/* SPDX-License-Identifier: MIT */
#include "runtime/state.h"

#include "base/pages.h"
#include "runtime/report/stats.h"
#include "runtime/audit/standin.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/ctraces.h"
#include "runtime/cmem/descriptors.h"
#include "runtime/cmem/finalizer_places.h"
#include "runtime/cmem/malloc.h"
#include "runtime/cmem/thread.h"
#include "runtime/cycle/cycle.h"
#include "runtime/cycle/schedule.h"
#include "runtime/ffi/callbacks.h"
#include "runtime/ffi/libraries.h"
#include "runtime/ffi/moments.h"
#include "runtime/ffi/results.h"
#include "runtime/lender.h"
#include "runtime/report/report.h"
#include "runtime/report/stores.h"
#include "runtime/report/writers.h"
#include "runtime/vm/proto.h"

struct ffisan_runtime ffisan_runtime;

/* Stands for a vmstate that could not be found: none that a VM has. */
static const int32_t unknown_vmstate = INT32_MIN;

static const char no_memory[] = "no memory for our books: a LuaJIT state is not watched";

static bool find_live(const struct ffisan_vm *vm, uintptr_t address,
                      struct ffisan_slot_ref *ret_ref)
{
    struct ffisan_state *state =
        (struct ffisan_state *)((uintptr_t)vm - offsetof(struct ffisan_state, vm));
    return ffisan_heap_find(&state->heap, address, ret_ref) &&
           ffisan_slot_state(ret_ref) == FFISAN_SLOT_LIVE;
}

static const struct lj_proto *code_at(const struct ffisan_vm *vm, uintptr_t bytecode)
{
    struct ffisan_slot_ref ref;
    if (!find_live(vm, bytecode, &ref))
        return NULL;
    const struct lj_proto *proto = (const struct lj_proto *)ref.block;
    bool is_proto = proto->gct == LJ_GCT_PROTO && ffisan_slot_size(&ref) >= sizeof(*proto);
    return is_proto && ffisan_proto_pc(proto, bytecode) != UINT32_MAX ? proto : NULL;
}

struct ffisan_state *ffisan_state_new(const struct ffisan_api *api,
                                      const struct ffisan_layout *layout)
{
    struct ffisan_state *state = ffisan_pages_map(sizeof(*state));
    if (!state) {
        ffisan_report_degraded(no_memory);
        return NULL;
    }
    ffisan_heap_init(&state->heap, ffisan_runtime.options.quarantine);
    state->heap.note_size = sizeof(void *); /* for mirror.h */
    state->heap.is_of_state = true;
    state->vmstate = &unknown_vmstate;
    state->dead_limit = FFISAN_DEAD_MIN_BYTES;
    state->api = api;
    state->vm.layout = *layout;
    state->vm.code_at = code_at;
    state->stacks = ffisan_stacks_new(ffisan_runtime.options.frames);
    state->maps = ffisan_pages_map(FFISAN_MAX_CTYPES * sizeof(*state->maps));
    state->maps_known = ffisan_pages_map(FFISAN_MAX_CTYPES);
    state->scratch = ffisan_pages_map(FFISAN_SCRATCH_BYTES);
    if (!state->stacks || !state->maps || !state->maps_known ||
        !ffisan_heap_prepare(&state->heap)) {
        ffisan_state_free(state);
        ffisan_report_degraded(no_memory);
        return NULL;
    }
    return state;
}

void ffisan_state_attach(struct ffisan_state *state, lua_State *L)
{
    state->L = L;
    state->thread = pthread_self();
    state->vm.g = *(const uintptr_t *)((uintptr_t)L + 16);
    state->total_bytes = (const uint64_t *)(state->vm.g + state->vm.layout.gc_total);
    state->newest = (const uint64_t *)(state->vm.g + state->vm.layout.gc_root);
    if (state->stacks && state->vm.layout.vmstate != FFISAN_NO_OFFSET)
        state->vmstate = (const int32_t *)(state->vm.g + state->vm.layout.vmstate);
    ffisan_schedule_init(&state->schedule, ffisan_runtime.options.gc);
    ffisan_lock_take(&ffisan_runtime.lock);
    state->next = ffisan_runtime.states;
    ffisan_runtime.states = state;
    ffisan_lock_give(&ffisan_runtime.lock);
    ffisan_runtime.options.malloc = ffisan_malloc_watch(ffisan_runtime.options.malloc);
    if (ffisan_runtime.options.malloc)
        ffisan_thread_runs(state);
    ffisan_cycle_start(state);
    if (ffisan_runtime.options.gc == FFISAN_GC_LINE)
        ffisan_lines_start(state);
}

void ffisan_state_free(struct ffisan_state *state)
{
    ffisan_lock_take(&ffisan_runtime.lock);
    for (struct ffisan_state **link = &ffisan_runtime.states; *link; link = &(*link)->next)
        if (*link == state) {
            *link = state->next;
            break;
        }
    ffisan_standins_forget(state);
    ffisan_ctraces_forget_stacks(state);
    ffisan_thread_state_gone(state);
    ffisan_callbacks_close(state);
    ffisan_libraries_forget(state);
    ffisan_results_free(state);
    ffisan_moments_free(state);
    ffisan_descriptors_forget(state);
    ffisan_finalizer_places_forget(state);
    ffisan_stats_add(state);
    ffisan_lock_give(&ffisan_runtime.lock);
    ffisan_lender_close(state);
    ffisan_heap_fini(&state->heap);
    ffisan_stacks_free(state->stacks);
    if (state->maps)
        ffisan_pages_unmap(state->maps, FFISAN_MAX_CTYPES * sizeof(*state->maps));
    ffisan_writers_free(state);
    ffisan_stores_free(state);
    if (state->maps_known)
        ffisan_pages_unmap(state->maps_known, FFISAN_MAX_CTYPES);
    if (state->scratch)
        ffisan_pages_unmap(state->scratch, FFISAN_SCRATCH_BYTES);
    ffisan_pages_unmap(state, sizeof(*state));
}

struct ffisan_state *ffisan_state_find(const lua_State *L)
{
    uintptr_t g = *(const uintptr_t *)((uintptr_t)L + 16);
    ffisan_lock_take(&ffisan_runtime.lock);
    struct ffisan_state *state = ffisan_runtime.states;
    while (state && state->vm.g != g)
        state = state->next;
    ffisan_lock_give(&ffisan_runtime.lock);
    return state;
}

struct ffisan_state *ffisan_state_owning(uintptr_t address)
{
    struct ffisan_region *region = ffisan_region_find(address);
    if (!region || !region->heap->is_of_state)
        return NULL;
    return (struct ffisan_state *)((char *)region->heap - offsetof(struct ffisan_state, heap));
}
