/* SPDX-License-Identifier: MIT */
#include "runtime/audit/keeper.h"
#include "runtime/cmem/creport.h"
#include "runtime/fault/arch.h"
#include "runtime/fault/guard.h"
#include "runtime/ffi/callback_books.h"
#include "runtime/ffi/callbacks.h"
#include "runtime/report/describe.h"
#include "runtime/report/explain_ffi.h"
#include "runtime/report/here.h"
#include "runtime/report/stores.h"

#define N_STEPS 6

/* A finding in the making: each step runs under a guard, and a fault leaves the rest of it out. */
struct telling {
    struct ffisan_callbacks *callbacks;
    uint32_t slot;
    uint32_t n_from_there;        /* slots run out: taken by the place that took this one */
    uint32_t n_lost;              /* of them, that nothing leads to any more */
    enum ffisan_callback_end end; /* why it could not be called */
    ucontext_t *context;          /* of the signal, or NULL */
    struct ffisan_holder holder;  /* of the address; kind NONE: not looked for, or not found */
    struct ffisan_scratch *scratch;
    struct ffisan_here here;
    struct ffisan_finding finding;
    unsigned step;
};

static const char *type_name(struct telling *telling, uint16_t type)
{
    struct ffisan_text *text = &telling->scratch->text;
    const char *start = ffisan_scratch_string(telling->scratch);
    ffisan_ctype_function_name(&telling->callbacks->state->vm, type, text);
    ffisan_scratch_end_string(telling->scratch);
    return start;
}

static void describe_slot(struct telling *telling)
{
    const struct ffisan_callbacks *callbacks = telling->callbacks;
    const struct ffisan_callback_slot *slot = &callbacks->slots[telling->slot];
    struct ffisan_finding *finding = &telling->finding;
    if (!callbacks->state) {
        finding->block.made = callbacks->closed[telling->slot].made;
        finding->block.type = callbacks->closed[telling->slot].type;
        return;
    }
    finding->block.made = ffisan_stacks_get(callbacks->state->stacks, slot->made);
    finding->freed.function = slot->freed ? "free" : NULL;
    finding->freed.stack = ffisan_stacks_get(callbacks->state->stacks, slot->freed);
    finding->block.type = type_name(telling, slot->type);
}

static void fill_use(struct telling *telling)
{
    telling->finding.use.function = telling->here.function;
    telling->finding.use.source = telling->here.source;
    telling->finding.use.stack = ffisan_here_stack(&telling->here, telling->scratch);
}

/*
 * Where C, or a struct, got the address.  A pointer that Lua itself has tells nothing: the kernel
 * may have the other one.
 */
static void describe_store(struct telling *telling)
{
    const struct ffisan_callbacks *callbacks = telling->callbacks;
    const struct ffisan_holder *holder = &telling->holder;
    struct ffisan_state *state = callbacks->state;
    if (!state || telling->finding.kind != FFISAN_KIND_BAD_CALLBACK)
        return;
    const struct ffisan_stored what = {.block =
                                           ffisan_callback_address(callbacks->page, telling->slot),
                                       .made = callbacks->slots[telling->slot].made};
    bool is_bare = holder->kind == FFISAN_HOLDER_CDATA &&
                   ffisan_ctype_is_pointer(&state->vm, (uint16_t)holder->ctypeid, NULL);
    bool is_known = holder->kind != FFISAN_HOLDER_NONE && !is_bare;
    ffisan_stores_describe(state, &what, &holder, is_known, telling->scratch, &telling->finding);
    if (telling->finding.holder.stored.n_frames == 0 && callbacks->slots[telling->slot].is_stored)
        telling->finding.holder.stored = telling->finding.block.made;
}

static void gather(void *argument)
{
    struct telling *telling = argument;
    switch (telling->step++) {
    case 0:
        ffisan_here_add_c(&telling->here, telling->scratch, telling->context);
        break;
    case 1:
        if (telling->callbacks->state)
            ffisan_here_add_lua(&telling->here, telling->scratch, telling->callbacks->state);
        break;
    case 2:
        describe_slot(telling);
        break;
    case 3:
        if (telling->holder.kind != FFISAN_HOLDER_NONE)
            ffisan_describe_holder(telling->callbacks->state, &telling->holder, true,
                                   telling->scratch, &telling->finding);
        break;
    case 4:
        describe_store(telling);
        break;
    case 5:
        fill_use(telling);
        if (telling->n_lost)
            ffisan_explain_lost_slots(telling->scratch, &telling->finding, telling->n_lost);
        else if (telling->n_from_there)
            ffisan_explain_slots(telling->scratch, &telling->finding, telling->callbacks->n_used,
                                 telling->n_from_there);
        else
            ffisan_explain_callback(telling->scratch, &telling->finding, telling->end);
        break;
    }
}

/* Who keeps the address of a callback: a variable or block of C, else what Lua passed to C. */
static void find_holder(struct telling *telling)
{
    struct ffisan_callbacks *callbacks = telling->callbacks;
    uintptr_t address = ffisan_callback_address(callbacks->page, telling->slot);
    struct ffisan_wanted wanted = {.from = address, .to = address + 1, .address = address};
    struct ffisan_state *state = callbacks->state;
    if (state &&
        !ffisan_keeper_in_c((uintptr_t)state->api->lua_newuserdata, &wanted, &telling->holder))
        ffisan_keeper_in_lua(state, &wanted, &telling->holder);
}

static void tell(struct telling *telling)
{
    struct ffisan_finding *finding = &telling->finding;
    telling->scratch = ffisan_scratch_begin();
    finding->block.kind = FFISAN_BLOCK_CALLBACK;
    ffisan_creport_begin();
    if (finding->kind == FFISAN_KIND_BAD_CALLBACK)
        find_holder(telling);
    while (telling->step < N_STEPS)
        ffisan_guard_run(gather, telling);
    fill_use(telling);
    ffisan_report(finding);
}

/* ---- Called after free ----------------------------------------------------------------------- */

static bool is_in_use(const struct ffisan_callbacks *callbacks, uint32_t slot)
{
    struct ffisan_callback_words vm;
    return callbacks->state && ffisan_callback_words(callbacks->state, &vm) && slot < *vm.sizeid &&
           vm.cbid[slot] != 0;
}

void ffisan_callback_late(struct ffisan_callback_door *door, uint32_t slot)
{
    struct ffisan_callbacks *callbacks = (struct ffisan_callbacks *)door;
    struct ffisan_quiet quiet;
    bool is_free = !is_in_use(callbacks, slot);
    if (slot >= FFISAN_CALLBACK_SLOTS || (!is_free && *door->compiled == 0))
        return; /* another callback has it by now */
    ffisan_quiet_begin(&quiet);
    if (!callbacks->slots[slot].is_told && ffisan_lock_take(&ffisan_runtime.lock)) {
        callbacks->slots[slot].is_told = true;
        struct telling telling = {.callbacks = callbacks,
                                  .slot = slot,
                                  .end = is_free ? FFISAN_CALLBACK_FREED : FFISAN_CALLBACK_COMPILED,
                                  .finding = {.severity = FFISAN_SEVERITY_ERROR,
                                              .kind = FFISAN_KIND_BAD_CALLBACK,
                                              .use = {.access = FFISAN_ACCESS_CALL}}};
        tell(&telling);
        ffisan_lock_give(&ffisan_runtime.lock);
        ffisan_report_halt();
    }
    ffisan_quiet_end(&quiet);
}

/* ---- Called after the state was closed ------------------------------------------------------- */

bool ffisan_callbacks_fault(uintptr_t address, ucontext_t *context)
{
    struct ffisan_callbacks *callbacks = ffisan_callbacks_find_closed(address);
    uint32_t slot = callbacks ? ffisan_callback_slot(callbacks->page, address) : UINT32_MAX;
    if (slot == UINT32_MAX || !ffisan_arch_is_fetch(context))
        return false;
    greg_t pc = context->uc_mcontext.gregs[REG_RIP], sp = context->uc_mcontext.gregs[REG_RSP];
    struct telling telling = {.callbacks = callbacks,
                              .slot = slot,
                              .end = FFISAN_CALLBACK_CLOSED,
                              .context = context,
                              .finding = {.severity = FFISAN_SEVERITY_ERROR,
                                          .kind = FFISAN_KIND_BAD_CALLBACK,
                                          .use = {.access = FFISAN_ACCESS_CALL}}};
    ffisan_arch_leave_call(context);
    tell(&telling);
    context->uc_mcontext.gregs[REG_RIP] = pc;
    context->uc_mcontext.gregs[REG_RSP] = sp;
    return true;
}

/* ---- Slots run out --------------------------------------------------------------------------- */

uint32_t ffisan_callback_most_frequent(const struct ffisan_callbacks *callbacks, uint32_t *ret_n)
{
    uint32_t best = 0;
    *ret_n = 0;
    for (uint32_t i = 0; i < FFISAN_CALLBACK_SLOTS; i++) {
        uint32_t n = 0;
        for (uint32_t k = i; k < FFISAN_CALLBACK_SLOTS; k++)
            n +=
                callbacks->slots[k].is_used && callbacks->slots[k].made == callbacks->slots[i].made;
        if (callbacks->slots[i].is_used && n > *ret_n) {
            best = i;
            *ret_n = n;
        }
    }
    return best;
}

void ffisan_callback_report_exhaustion(struct ffisan_callbacks *callbacks, uint32_t n_wanted)
{
    uint32_t n;
    if (callbacks->is_exhaustion_told || !ffisan_runtime.options.leaks)
        return;
    uint32_t slot = ffisan_callback_most_frequent(callbacks, &n);
    bool is_full = callbacks->n_used + n_wanted > FFISAN_CALLBACK_SLOTS;
    bool is_hopeless = n >= FFISAN_CALLBACK_SLOTS / 2 && callbacks->slots[slot].is_lost;
    if ((!is_full && !is_hopeless) || !ffisan_lock_take(&ffisan_runtime.lock))
        return;
    callbacks->is_exhaustion_told = true;
    struct telling telling = {
        .callbacks = callbacks,
        .slot = slot,
        .n_from_there = n,
        .finding = {.severity = FFISAN_SEVERITY_LEAK, .kind = FFISAN_KIND_LEAK}};
    tell(&telling);
    ffisan_lock_give(&ffisan_runtime.lock);
}

void ffisan_callback_report_lost(struct ffisan_callbacks *callbacks, uint32_t slot, uint32_t n_lost)
{
    struct telling telling = {
        .callbacks = callbacks,
        .slot = slot,
        .n_lost = n_lost,
        .finding = {.severity = FFISAN_SEVERITY_LEAK, .kind = FFISAN_KIND_LEAK}};
    tell(&telling);
}
