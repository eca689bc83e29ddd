/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/reach.h"

#include "runtime/fault/guard.h"
#include "runtime/vm/table.h"

#define FIRST_OBJECTS 8192u
#define MOST_OBJECTS 300000u

/* Between instructions of Lua the VM's books are as they should be. */
static bool stands_still(const struct ffisan_state *state)
{
    return state->vmstate && *state->vmstate == LJ_VMST_C &&
           ffisan_vm_word(&state->vm, state->vm.layout.jit_base) == 0;
}

/* Threads that run, and userdata with a finalizer. */
static void add_object(void *context, const struct ffisan_slot_ref *ref)
{
    struct ffisan_search *search = context;
    uint8_t type = ref->slot->type & FFISAN_SLOT_TYPE_MASK;
    if (ref->span->group == FFISAN_GROUP_INTERNAL)
        return;
    if (type == LJ_GCT_THREAD && ((const struct lj_thread *)ref->block)->cframe != 0)
        ffisan_search_edge(search, FFISAN_EDGE_RUNNING, 1, ref->block, LJ_GCT_THREAD);
    if (type != LJ_GCT_UDATA)
        return;
    const struct lj_udata *udata = (const struct lj_udata *)ref->block;
    if (lj_tv_type(lj_table_field(lj_table_at(udata->metatable), "__gc")) != LJ_IT_NIL)
        ffisan_search_edge(search, FFISAN_EDGE_FINALIZER, 0, ref->block, LJ_GCT_UDATA);
}

static void add_finalized(struct ffisan_search *search, const struct lj_tab *table)
{
    const struct lj_node *node = table ? (const void *)table->node : NULL;
    for (uint64_t i = 0; node && i <= table->hmask; i++)
        if (lj_tv_type(node[i].key) == LJ_GCT_CDATA && lj_tv_type(node[i].val) != LJ_IT_NIL)
            ffisan_search_value(search, FFISAN_EDGE_FINALIZER, 0, node[i].key);
}

static void run(void *argument)
{
    struct ffisan_reach *reach = argument;
    struct ffisan_search *search = &reach->search;
    ffisan_finalizers_init(&reach->finalizers, &reach->state->vm);
    *search = (struct ffisan_search){
        .vm = &reach->state->vm, .limit = MOST_OBJECTS, .finalizers = &reach->finalizers};
    if (!ffisan_search_begin(search, FIRST_OBJECTS))
        return;
    ffisan_search_roots(search);
    ffisan_search_ctype_roots(search);
    ffisan_heap_each_live(&reach->state->heap, add_object, search);
    add_finalized(search, reach->finalizers.table);
    ffisan_search_follow(search);
    reach->is_known = !search->is_failed;
}

void ffisan_reach_begin(struct ffisan_reach *reach, struct ffisan_state *state)
{
    *reach = (struct ffisan_reach){.state = state};
    if (!stands_still(state))
        return;
    ffisan_state_classify_pending(state);
    if (!ffisan_guard_run(run, reach))
        reach->is_known = false;
}

void ffisan_reach_end(struct ffisan_reach *reach)
{
    ffisan_search_fini(&reach->search);
    ffisan_finalizers_fini(&reach->finalizers);
    reach->is_known = false;
}

bool ffisan_reach_is_beyond(const struct ffisan_reach *reach, const struct ffisan_slot_ref *ref)
{
    uintptr_t likely = 8u * (ref->slot->type >> FFISAN_SLOT_HEADER_SHIFT);
    if (!reach || !reach->is_known || ref->region->heap != &reach->state->heap)
        return false;
    const struct lj_cdata *cdata = lj_find_cdata(ref->block, ffisan_slot_size(ref), likely);
    return cdata && !ffisan_search_has(&reach->search, (uintptr_t)cdata);
}
