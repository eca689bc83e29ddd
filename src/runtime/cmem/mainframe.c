/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/mainframe.h"

#include "runtime/state.h"
#include "runtime/vm/proto.h"

/* Variables that are in scope where the function ends; without names, all slots. */
static size_t n_locals(const struct lj_proto *proto)
{
    size_t n = 0;
    while (n < proto->framesize &&
           ffisan_proto_local(proto, proto->sizebc - 1, (uint32_t)n) != NULL)
        n++;
    return n > 0 || proto->sizebc == 0 ? n : proto->varinfo ? 0 : proto->framesize;
}

size_t ffisan_main_frame(const struct lj_thread *thread, const uint64_t **ret_slots)
{
    const uint64_t *slots = (const uint64_t *)thread->stack;
    size_t n =
        thread->stacksize < FFISAN_MAIN_FRAME_SLOTS ? thread->stacksize : FFISAN_MAIN_FRAME_SLOTS;
    size_t first = SIZE_MAX, last = 0;
    *ret_slots = slots;
    for (size_t i = 0; i < n; i++) {
        const struct lj_func *function = (const struct lj_func *)lj_tv_object(slots[i]);
        struct ffisan_slot_ref ref;
        if (lj_tv_type(slots[i]) != LJ_GCT_FUNC || (first != SIZE_MAX && slots[i] != slots[first]))
            continue;
        struct ffisan_state *state = ffisan_state_owning((uintptr_t)function);
        if (!state || !ffisan_heap_find(&state->heap, (uintptr_t)function, &ref) ||
            function->gct != LJ_GCT_FUNC || function->ffid != 0)
            continue;
        first = first == SIZE_MAX ? i : first;
        last = i; /* a function with varargs has its frame above them, and itself once more */
    }
    if (first == SIZE_MAX)
        return 0;
    const struct lj_func *function = (const struct lj_func *)lj_tv_object(slots[last]);
    const struct lj_proto *proto = (const struct lj_proto *)function->pc - 1;
    *ret_slots = &slots[first];
    size_t size = last - first + 2 + n_locals(proto);
    return size < thread->stacksize - first ? size : thread->stacksize - first;
}
