/* SPDX-License-Identifier: MIT */
/*
 * The VM looks for a free slot from `topid` upwards, and freeing one lowers topid to it.  We put
 * topid back up: then the slot is not found again until we lower topid ourselves, which is when
 * the slots above it do not suffice for the conversion that is about to happen.  Nothing else of
 * the VM's is changed, so that what it says of freed slots ("bad callback") stays true.
 */
#include "runtime/ffi/callbacks.h"

#include "base/pages.h"
#include "runtime/fault/guard.h"
#include "runtime/ffi/callback_books.h"

#include <sys/mman.h>

/* Conversions that we do not see beforehand: results of callbacks, functions in nested tables. */
#define SPARE_SLOTS 16

bool ffisan_callback_words(const struct ffisan_state *state, struct ffisan_callback_words *ret)
{
    const struct ffisan_callback_layout *layout = &state->vm.layout.callbacks;
    uintptr_t types = ffisan_vm_word(&state->vm, state->vm.layout.ctype_state);
    if (!types || layout->mcode == FFISAN_NO_OFFSET)
        return false;
    ret->page = *(const uintptr_t *)(types + layout->mcode);
    ret->cbid = *(uint16_t *const *)(types + layout->cbid);
    ret->sizeid = (uint32_t *)(types + layout->sizeid);
    ret->topid = ret->sizeid + 1;
    return *ret->sizeid <= FFISAN_CALLBACK_SLOTS;
}

uint64_t *ffisan_callback_thread(const struct ffisan_state *state)
{
    const struct ffisan_callback_layout *layout = &state->vm.layout.callbacks;
    uintptr_t types = ffisan_vm_word(&state->vm, state->vm.layout.ctype_state);
    return types && layout->L != FFISAN_NO_OFFSET ? (uint64_t *)(types + layout->L) : NULL;
}

static bool make_books(struct ffisan_state *state)
{
    if (!state->callbacks)
        state->callbacks = ffisan_callback_books_new(state);
    ffisan_builtins_note_finalizers();
    return state->callbacks != NULL;
}

static uint32_t stack_here(struct ffisan_state *state)
{
    uint32_t visits;
    return state->stacks ? ffisan_stacks_here(state->stacks, &state->vm, 0, &visits) : 0;
}

/* ---- The entry ------------------------------------------------------------------------------- */

static const uint64_t *jit_base(const struct ffisan_state *state)
{
    static const uint64_t never;
    uint16_t offset = state->vm.layout.jit_base;
    return offset == FFISAN_NO_OFFSET ? &never : (const uint64_t *)(state->vm.g + offset);
}

static bool write_head(uintptr_t page, uint64_t head)
{
    struct ffisan_quiet quiet;
    ffisan_quiet_begin(&quiet);
    bool is_writable =
        mprotect((void *)page, FFISAN_CALLBACK_PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC) == 0;
    if (is_writable)
        __atomic_store_n((uint64_t *)page, head, __ATOMIC_RELEASE);
    mprotect((void *)page, FFISAN_CALLBACK_PAGE_BYTES, PROT_READ | PROT_EXEC);
    ffisan_quiet_end(&quiet);
    return is_writable;
}

/* All callbacks of the state go through our entry from now on. */
static bool link_door(struct ffisan_callbacks *callbacks, uintptr_t page)
{
    struct ffisan_callback_door *door = &callbacks->door;
    if (callbacks->is_linked || callbacks->is_refused)
        return callbacks->is_linked;
    callbacks->is_refused = true;
    if (!ffisan_callback_page_is_known(page))
        return false;
    door->g = callbacks->state->vm.g;
    door->vm_entry = *(const uint64_t *)page;
    door->compiled = jit_base(callbacks->state);
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    if (!callbacks->is_in_list) {
        door->next = ffisan_callback_doors;
        callbacks->is_in_list = true;
        __atomic_store_n(&ffisan_callback_doors, door, __ATOMIC_RELEASE);
    }
    if (locked)
        ffisan_lock_give(&ffisan_runtime.lock);
    callbacks->is_linked = write_head(page, (uint64_t)ffisan_callback_entry);
    callbacks->is_refused = !callbacks->is_linked;
    return callbacks->is_linked;
}

/* ---- Slots that are new ---------------------------------------------------------------------- */

static bool is_freed(const struct ffisan_callbacks *callbacks, uint32_t slot)
{
    return callbacks->door.freed[slot / 64] >> slot % 64 & 1;
}

static void set_freed(struct ffisan_callbacks *callbacks, uint32_t slot, bool freed)
{
    uint64_t bit = UINT64_C(1) << slot % 64;
    if (is_freed(callbacks, slot) == freed)
        return;
    callbacks->door.freed[slot / 64] ^= bit;
    callbacks->n_freed += freed ? 1 : UINT32_MAX;
}

/* Takes down what the VM has given out since we looked last: it goes upwards. */
static void look(struct ffisan_callbacks *callbacks, const struct ffisan_callback_words *vm)
{
    uint32_t made = 0;
    if (*vm->topid == callbacks->top)
        return;
    for (uint32_t i = callbacks->top; i < *vm->topid; i++) {
        struct ffisan_callback_slot *slot = &callbacks->slots[i];
        if (slot->is_used || vm->cbid[i] == 0)
            continue;
        if (made == 0)
            made = callbacks->entering ? callbacks->entering : stack_here(callbacks->state);
        *slot = (struct ffisan_callback_slot){
            .made = made,
            .type = vm->cbid[i],
            .is_used = true,
            .is_lost = callbacks->entering && callbacks->is_argument,
            .is_stored = callbacks->entering && (callbacks->is_argument || callbacks->is_assigned)};
        callbacks->n_used++;
        set_freed(callbacks, i, false);
    }
    callbacks->n_findable -= *vm->topid - callbacks->top;
    callbacks->top = *vm->topid;
    callbacks->page = vm->page;
    link_door(callbacks, vm->page);
}

/* ---- Before and after a conversion ----------------------------------------------------------- */

static uint32_t count_in_table(const struct lj_tab *tab)
{
    uint32_t n = 0;
    const uint64_t *array = (const uint64_t *)tab->array;
    const struct lj_node *node = (const struct lj_node *)tab->node;
    for (uint32_t i = 0; i < tab->asize; i++)
        n += lj_tv_type(array[i]) == LJ_GCT_FUNC;
    for (uint64_t i = 0; i <= tab->hmask; i++)
        n += lj_tv_type(node[i].val) == LJ_GCT_FUNC;
    return n;
}

/* Lua functions among the arguments; each may become a callback. */
static uint32_t count_functions(const struct ffisan_builtin_call *call, bool in_tables)
{
    const struct lj_thread *thread = (const struct lj_thread *)call->L;
    uint32_t n = 0;
    for (uint64_t at = thread->base; at < thread->top; at += 8) {
        uint64_t value = *(const uint64_t *)at;
        uint32_t type = lj_tv_type(value);
        if (type == LJ_GCT_FUNC)
            n++;
        else if (type == LJ_GCT_TAB && in_tables)
            n += count_in_table((const struct lj_tab *)lj_tv_object(value));
    }
    return n;
}

static int32_t count_findable(const struct ffisan_callback_words *vm)
{
    uint32_t n = FFISAN_CALLBACK_SLOTS - *vm->sizeid;
    for (uint32_t i = *vm->topid; i < *vm->sizeid; i++)
        n += vm->cbid[i] == 0;
    return (int32_t)n;
}

/* Sees to it that the VM finds so many free slots, if there are as many. */
static void make_room(struct ffisan_callbacks *callbacks, const struct ffisan_callback_words *vm,
                      int32_t n_wanted)
{
    if (callbacks->n_findable >= n_wanted)
        return;
    callbacks->n_findable = count_findable(vm);
    if (callbacks->n_findable >= n_wanted || callbacks->n_freed == 0)
        return;
    callbacks->top = *vm->topid = 0;
    callbacks->n_findable = count_findable(vm);
}

static void before_conversion(const struct ffisan_builtin_call *call)
{
    struct ffisan_callbacks *callbacks = call->state->callbacks;
    struct ffisan_callback_words vm;
    uint32_t n = count_functions(call, callbacks != NULL);
    if (n == 0 || !ffisan_callback_words(call->state, &vm) || !make_books(call->state))
        return;
    callbacks = call->state->callbacks;
    look(callbacks, &vm);
    make_room(callbacks, &vm, (int32_t)n + SPARE_SLOTS);
    if (callbacks->n_used + n > FFISAN_CALLBACK_SLOTS / 4 * 3)
        ffisan_callback_report_exhaustion(callbacks, n);
    callbacks->entering = stack_here(call->state);
    callbacks->is_argument = call->builtin == FFISAN_BUILTIN_CDATA_CALL;
    callbacks->is_assigned = call->builtin == FFISAN_BUILTIN_CDATA_NEWINDEX ||
                             call->builtin == FFISAN_BUILTIN_NAMESPACE_NEWINDEX;
}

static void after_conversion(const struct ffisan_builtin_call *call)
{
    struct ffisan_callbacks *callbacks = call->state->callbacks;
    struct ffisan_callback_words vm;
    if (!callbacks || !ffisan_callback_words(call->state, &vm))
        return;
    look(callbacks, &vm);
    callbacks->entering = 0;
}

/* ---- Freeing --------------------------------------------------------------------------------- */

/* The slot of the callback that a cdata leads to, or UINT32_MAX. */
static uint32_t slot_of_argument(const struct ffisan_builtin_call *call,
                                 const struct ffisan_callback_words *vm)
{
    uint16_t ctypeid;
    const void *payload = ffisan_builtin_cdata(call, 0, &ctypeid);
    uintptr_t address;
    if (!payload || !ffisan_ctype_is_pointer(&call->state->vm, ctypeid, NULL))
        return UINT32_MAX;
    memcpy(&address, payload, sizeof(address));
    return ffisan_callback_slot(vm->page, address);
}

static void before_free(const struct ffisan_builtin_call *call)
{
    struct ffisan_callback_words vm;
    if (!ffisan_callback_words(call->state, &vm) || !vm.page || !make_books(call->state))
        return;
    look(call->state->callbacks, &vm);
}

static void after_free(const struct ffisan_builtin_call *call)
{
    struct ffisan_callbacks *callbacks = call->state->callbacks;
    struct ffisan_callback_words vm;
    if (!callbacks || !ffisan_callback_words(call->state, &vm))
        return;
    uint32_t i = slot_of_argument(call, &vm);
    if (i == UINT32_MAX || !callbacks->slots[i].is_used || vm.cbid[i] != 0)
        return;
    callbacks->slots[i].is_used = false;
    callbacks->n_used--;
    if (!link_door(callbacks, vm.page)) {
        callbacks->top = *vm.topid;
        return;
    }
    callbacks->slots[i].freed = stack_here(call->state);
    callbacks->slots[i].is_told = false;
    set_freed(callbacks, i, true);
    *vm.topid = callbacks->top;
}

uint32_t ffisan_callbacks_made(const struct ffisan_state *state, uintptr_t address)
{
    const struct ffisan_callbacks *callbacks = state->callbacks;
    uint32_t slot =
        callbacks && callbacks->page ? ffisan_callback_slot(callbacks->page, address) : UINT32_MAX;
    return slot == UINT32_MAX ? 0 : callbacks->slots[slot].made;
}

/* ---- Start and end --------------------------------------------------------------------------- */

void ffisan_callbacks_watch(void)
{
    static const enum ffisan_builtin converting[] = {
        FFISAN_BUILTIN_NEW, FFISAN_BUILTIN_CAST, FFISAN_BUILTIN_CDATA_CALL,
        FFISAN_BUILTIN_CDATA_NEWINDEX, FFISAN_BUILTIN_NAMESPACE_NEWINDEX};
    for (unsigned i = 0; i < sizeof(converting) / sizeof(converting[0]); i++)
        ffisan_builtins_watch_functions(converting[i], before_conversion, after_conversion);
    ffisan_builtins_watch(FFISAN_BUILTIN_CALLBACK_FREE, before_free, after_free);
}

void ffisan_callbacks_forget_stacks(struct ffisan_state *state)
{
    struct ffisan_callbacks *callbacks = state->callbacks;
    for (uint32_t i = 0; callbacks && i < FFISAN_CALLBACK_SLOTS; i++)
        callbacks->slots[i].made = callbacks->slots[i].freed = 0;
    if (callbacks)
        callbacks->entering = 0;
}
