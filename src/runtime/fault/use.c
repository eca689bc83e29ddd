/* SPDX-License-Identifier: MIT */
/*
 * Somebody used a re-aimed pointer: the proof.  Everything that the report says is gathered here,
 * at the moment of the use, with the program standing still; then the old content is put where the
 * pointer leads, and the program goes on.
 */
#include "runtime/fault/use.h"

#include "runtime/audit/standin.h"
#include "runtime/cmem/creport.h"
#include "runtime/cmem/descriptors.h"
#include "runtime/cmem/finalizer.h"
#include "runtime/cmem/overread.h"
#include "runtime/cmem/thread.h"
#include "runtime/fault/arch.h"
#include "runtime/fault/guard.h"
#include "runtime/ffi/callbacks.h"
#include "runtime/ffi/libraries.h"
#include "runtime/report/crash.h"
#include "runtime/report/damage.h"
#include "runtime/report/describe.h"
#include "runtime/report/explain_ffi.h"
#include "runtime/report/here.h"
#include "runtime/report/stores.h"
#include "runtime/state.h"

#include <string.h>

#define N_STAGES 5

struct use {
    uintptr_t address;
    enum ffisan_access access;
    const ucontext_t *context; /* NULL at a system call */
    const char *function;      /* system call */
    size_t size;
    struct ffisan_standin *standin;
    struct ffisan_scratch *scratch;
    struct ffisan_finding finding;
    struct ffisan_here here;
    unsigned stage; /* what has been gathered: a fault on the way leaves the rest out */
};

static bool is_of_lua(const struct ffisan_holder *holder)
{
    return holder->kind == FFISAN_HOLDER_CDATA || holder->kind == FFISAN_HOLDER_USERDATA;
}

/* The state of a holder of Lua: it can be another one than that of the block. */
static struct ffisan_state *state_of(const struct ffisan_standin *standin,
                                     const struct ffisan_holder *holder)
{
    struct ffisan_state *owner = is_of_lua(holder) ? ffisan_state_owning(holder->block) : NULL;
    return owner ? owner : standin->state;
}

/* Where in the stand-in the holder leads to now; SIZE_MAX: not into it any more. */
static size_t leads_to(const struct ffisan_standin *standin, const struct ffisan_holder *holder)
{
    struct ffisan_slot_ref ref;
    uint64_t word;
    if (is_of_lua(holder) &&
        (!ffisan_heap_find(&state_of(standin, holder)->heap, holder->block, &ref) ||
         ffisan_slot_state(&ref) != FFISAN_SLOT_LIVE))
        return SIZE_MAX;
    const void *place = (const void *)(holder->payload + holder->offset);
    if (!ffisan_guard_copy(&word, place, sizeof(word)) || word - standin->base >= standin->extent)
        return SIZE_MAX;
    return word - standin->base;
}

static bool is_bare_pointer(const struct ffisan_standin *standin,
                            const struct ffisan_holder *holder)
{
    return holder->kind == FFISAN_HOLDER_CDATA &&
           ffisan_ctype_is_pointer(&state_of(standin, holder)->vm, holder->ctypeid, NULL);
}

/* How far behind the pointer the use is; a use before it is hardly one of it. */
static size_t distance(const struct use *use, const struct ffisan_holder *holder)
{
    return use->address - use->standin->base - leads_to(use->standin, holder);
}

static bool is_likelier(const struct use *use, const struct ffisan_holder *holder,
                        const struct ffisan_holder *best)
{
    bool is_bare = is_bare_pointer(use->standin, holder);
    if (is_bare != is_bare_pointer(use->standin, best))
        return !is_bare;
    return distance(use, holder) < distance(use, best);
}

/*
 * Of the holders of one side, Lua or C, that still lead here: rather one that is no bare pointer,
 * which may have been read from a field a moment ago; else the closest.
 */
static const struct ffisan_holder *pick_of(const struct use *use, bool of_lua)
{
    const struct ffisan_standin *standin = use->standin;
    const struct ffisan_holder *best = NULL;
    for (uint32_t i = 0; i < standin->n_holders && i < FFISAN_STANDIN_HOLDERS; i++) {
        const struct ffisan_holder *holder = &standin->holders[i];
        if (is_of_lua(holder) == of_lua && leads_to(standin, holder) != SIZE_MAX &&
            (!best || is_likelier(use, holder, best)))
            best = holder;
    }
    return best;
}

/*
 * Of the places that the pointer was found in, the one that it was probably taken from: strtok's
 * variable and the result of strtok lead to different words of the same text.
 */
static const struct ffisan_holder *pick_holder(const struct use *use)
{
    const struct ffisan_standin *standin = use->standin;
    const struct ffisan_holder *of_lua = pick_of(use, true), *of_c = pick_of(use, false);
    if (!of_lua && !of_c)
        return standin->n_holders > 0 ? &standin->holders[0] : NULL;
    if (!of_lua || !of_c)
        return of_lua ? of_lua : of_c;
    size_t lua_distance = distance(use, of_lua), c_distance = distance(use, of_c);
    bool was_copied = is_bare_pointer(standin, of_lua) || of_c->kind == FFISAN_HOLDER_KERNEL;
    bool is_c = c_distance < lua_distance || (c_distance == lua_distance && was_copied);
    return is_c ? of_c : of_lua;
}

static void describe_store(struct use *use, const struct ffisan_holder *named)
{
    const struct ffisan_standin *standin = use->standin;
    const struct ffisan_stored what = {.block = standin->block, .made = standin->made};
    const struct ffisan_holder *holders[FFISAN_STANDIN_HOLDERS + 1];
    size_t n = 0;
    if (named)
        holders[n++] = named;
    for (uint32_t i = 0; i < standin->n_holders && i < FFISAN_STANDIN_HOLDERS; i++)
        if (&standin->holders[i] != named && !is_of_lua(&standin->holders[i]))
            holders[n++] = &standin->holders[i];
    use->finding.use.stack = ffisan_here_stack(&use->here, use->scratch);
    ffisan_stores_describe(standin->state, &what, holders, n, use->scratch, &use->finding);
}

/* LuaJIT's note of the thread that callbacks run on: it was a coroutine that is gone. */
static bool is_callback_thread(const struct ffisan_standin *standin)
{
    const uint64_t *word = standin->state ? ffisan_callback_thread(standin->state) : NULL;
    return word && *word == standin->base;
}

static void describe_callback_thread(struct ffisan_finding *finding)
{
    finding->holder.kind = FFISAN_HOLDER_C_VARIABLE;
    finding->holder.type = "lua_State *";
    finding->holder.field = "CTState.L of LuaJIT";
}

static void fill_use(struct use *use)
{
    struct ffisan_finding *finding = &use->finding;
    finding->use.stack = ffisan_here_stack(&use->here, use->scratch);
    finding->use.source = use->here.source;
    finding->use.function = use->function ? use->function : use->here.function;
}

static void explain(struct use *use)
{
    struct ffisan_scratch *scratch = use->scratch;
    ffisan_explain(scratch, &use->finding);
    if (!ffisan_finalizer_runs(use->standin->state))
        return;
    const char *why = ffisan_scratch_string(scratch);
    ffisan_text_add(&scratch->text, use->finding.why);
    ffisan_text_add(&scratch->text,
                    " It is used in a finalizer, which runs when what has died in the same cycle "
                    "is gone already.");
    ffisan_scratch_end_string(scratch);
    use->finding.why = why;
}

/* Of the states of this thread, the one whose Lua code was entered last. */
static struct ffisan_state *running_state(struct ffisan_state *owner)
{
    struct ffisan_state *running = owner;
    uintptr_t innermost = UINTPTR_MAX;
    for (struct ffisan_state *state = ffisan_runtime.states; state; state = state->next) {
        const struct lj_thread *thread =
            (const struct lj_thread *)ffisan_vm_word(&state->vm, state->vm.layout.cur_L);
        uintptr_t frame = thread && state->thread == owner->thread ? thread->cframe & ~3ul : 0;
        if (frame == 0 || frame >= innermost)
            continue;
        innermost = frame;
        running = state;
    }
    return running;
}

static void gather(void *argument)
{
    struct use *use = argument;
    struct ffisan_state *state = use->standin->state;
    const struct ffisan_standin *standin = use->standin;
    switch (use->stage++) {
    case 0:
        ffisan_here_add_c(&use->here, use->scratch, use->context);
        break;
    case 1:
        if (state)
            ffisan_here_add_lua(&use->here, use->scratch, running_state(state));
        break;
    case 2:
        if (state) {
            uintptr_t head = (uintptr_t)standin->head;
            struct ffisan_described_block block = {.content =
                                                       standin->is_released ? head : standin->block,
                                                   .size = standin->size,
                                                   .type = standin->type,
                                                   .made = standin->made};
            ffisan_describe_block(state, &block, (int64_t)(use->address - standin->base),
                                  use->scratch, &use->finding);
        }
        break;
    case 3: {
        const struct ffisan_holder *holder = state ? pick_holder(use) : NULL;
        if (state)
            describe_store(use, holder);
        if (holder)
            ffisan_describe_holder(state_of(standin, holder), holder,
                                   leads_to(standin, holder) != SIZE_MAX, use->scratch,
                                   &use->finding);
        else if (is_callback_thread(standin))
            describe_callback_thread(&use->finding);
        break;
    }
    case 4:
        fill_use(use);
        if (is_callback_thread(use->standin))
            ffisan_explain_dead_thread(use->scratch, &use->finding);
        else
            explain(use);
        break;
    }
}

static void report_use(struct use *use)
{
    const struct ffisan_standin *standin = use->standin;
    struct ffisan_finding *finding = &use->finding;
    ffisan_creport_begin();
    use->scratch = ffisan_scratch_begin();
    finding->severity = FFISAN_SEVERITY_ERROR;
    finding->kind = FFISAN_KIND_USE_AFTER_COLLECT;
    finding->use.access = use->access;
    finding->use.size_bytes = use->size;
    while (use->stage < N_STAGES)
        ffisan_guard_run(gather, use);
    fill_use(use);
    finding->collected.cycle = standin->cycle;
    if (standin->state)
        finding->collected.stack = ffisan_stacks_get(standin->state->stacks, standin->cycle_stack);
    ffisan_report(finding);
}

/* The kernel does not open the stand-in: the instruction is led to the block, which is there. */
static bool lead_to_block(const struct use *use)
{
    const struct ffisan_standin *standin = use->standin;
    if (!use->context || !standin->state || standin->is_released)
        return false;
    return ffisan_arch_redirect((ucontext_t *)use->context, standin->base, standin->extent,
                                standin->block);
}

/*
 * A callback is entered on a coroutine that is gone, and its stack with it.  It is led to the
 * thread that runs, which is where it belongs.
 */
static bool lead_to_running_thread(const struct use *use)
{
    const struct ffisan_standin *standin = use->standin;
    uint64_t running = 0;
    if (!use->context || !is_callback_thread(standin))
        return false;
    running = ffisan_vm_word(&standin->state->vm, standin->state->vm.layout.cur_L);
    if (!running ||
        !ffisan_arch_redirect((ucontext_t *)use->context, standin->base, standin->extent, running))
        return false;
    *ffisan_callback_thread(standin->state) = running;
    return true;
}

static bool handle(struct use *use)
{
    bool locked = ffisan_lock_take(&ffisan_runtime.lock);
    use->standin = ffisan_standin_find(use->address);
    if (!use->standin) {
        if (locked)
            ffisan_lock_give(&ffisan_runtime.lock);
        return false;
    }
    if (!use->standin->is_open && locked)
        report_use(use);
    bool open =
        lead_to_running_thread(use) || ffisan_standin_open(use->standin) || lead_to_block(use);
    if (locked)
        ffisan_lock_give(&ffisan_runtime.lock);
    ffisan_report_halt();
    return open;
}

/* Code that is gone.  Where it cannot be put back, the program ends as it would have. */
static bool handle_lost_code(uintptr_t address, enum ffisan_access access, ucontext_t *context)
{
    if (!ffisan_lock_take(&ffisan_runtime.lock))
        return false;
    enum ffisan_library_answer answer = ffisan_libraries_fault(address, access, context);
    bool is_told = answer != FFISAN_LIBRARY_NOT_OURS || ffisan_callbacks_fault(address, context);
    ffisan_lock_give(&ffisan_runtime.lock);
    if (is_told)
        ffisan_report_halt();
    return answer == FFISAN_LIBRARY_GOES_ON;
}

static void check_holder(void *context, const struct ffisan_slot_ref *ref)
{
    ffisan_heap_check_redzone(context, ref);
}

static void check_holders(void *argument)
{
    struct ffisan_state *state = argument;
    ffisan_heap_each_holder(&state->heap, check_holder, &state->heap);
}

/* A fault that is not ours, the first one: perhaps something was overwritten before. */
static void look_for_damage(void)
{
    static bool has_looked;
    struct ffisan_culprit culprit = {.is_crash = true};
    struct ffisan_state *state = ffisan_thread_state();
    if (!state || has_looked)
        return;
    has_looked = true;
    ffisan_guard_run(check_holders, state);
    ffisan_damage_report(state, &culprit);
}

bool ffisan_use_fault(uintptr_t address, enum ffisan_access access, void *ucontext)
{
    if (!ffisan_standin_covers(address)) {
        if (ffisan_creport_use(address, access, NULL, 0, ucontext) ||
            handle_lost_code(address, access, ucontext))
            return true;
        look_for_damage();
        ffisan_overread_crash(ffisan_thread_state(), ucontext);
        ffisan_creport_unmapped(address, access, ucontext);
        return false;
    }
    struct use use = {.address = address, .access = access, .context = ucontext};
    return handle(&use);
}

void ffisan_use_crash(uintptr_t address)
{
    ffisan_crash_note(address);
}

bool ffisan_use_is_gone(uintptr_t address)
{
    struct ffisan_slot_ref ref;
    return ffisan_standin_covers(address) || !ffisan_cheap_find_live(address, &ref);
}

void ffisan_use_door(uintptr_t address, size_t size, const char *function, unsigned argument,
                     bool is_write)
{
    struct use use = {
        .address = address, .access = FFISAN_ACCESS_SYSCALL, .function = function, .size = size};
    (void)argument;
    (void)is_write;
    if (ffisan_standin_covers(address))
        handle(&use);
    else
        ffisan_creport_use(address, FFISAN_ACCESS_SYSCALL, function, size, NULL);
}

void ffisan_use_closing(int first, int last, const char *function)
{
    if (first == last)
        ffisan_descriptors_closing(ffisan_thread_state(), first, function);
    else
        ffisan_descriptors_closed(first, last);
}

void ffisan_use_descriptor(int descriptor, const char *function)
{
    ffisan_descriptors_used(ffisan_thread_state(), descriptor, function);
}

void ffisan_use_opened(int descriptor, const void *stream)
{
    ffisan_descriptors_opened(ffisan_thread_state(), descriptor, stream);
}

void ffisan_use_asked(int descriptor, const void *stream)
{
    ffisan_descriptors_asked(descriptor, stream);
}

void ffisan_use_reopened(int descriptor, const char *function)
{
    ffisan_descriptors_reopened(ffisan_thread_state(), descriptor, function);
}
