/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/creport.h"
#include "runtime/cmem/listed.h"

#include "runtime/cmem/cfree.h"
#include "runtime/cmem/cholder.h"
#include "runtime/cmem/ctraces.h"
#include "runtime/cmem/finalizer.h"
#include "runtime/cmem/finalizer_places.h"
#include "runtime/cmem/mappings.h"
#include "runtime/cmem/position.h"
#include "runtime/cmem/thread.h"
#include "runtime/fault/arch.h"
#include "runtime/fault/guard.h"
#include "runtime/heap/redzone.h"
#include "runtime/report/stores.h"
#include "runtime/report/describe.h"
#include "runtime/report/explain_memory.h"
#include "runtime/report/here.h"
#include "runtime/state.h"
#include "runtime/vm/cstack.h"
#include "runtime/vm/luacall.h"
#include "runtime/vm/luastack.h"

#include <signal.h>
#include <string.h>

#define N_STACKS 4
#define MAX_FRAMES 24
#define N_STAGES 5

/* Frames of stacks other than that of the use; guarded by ffisan_runtime.lock. */
static struct ffisan_frame frames[N_STACKS][MAX_FRAMES];
static unsigned n_stacks;

struct gathering {
    struct ffisan_state *state;
    const struct ffisan_cevent *event;
    struct ffisan_scratch *scratch;
    struct ffisan_finding finding;
    struct ffisan_here here;
    unsigned stage;
    bool is_of_finalized; /* the object whose finalizer runs leads to the block */
};

void ffisan_creport_begin(void)
{
    n_stacks = 0;
}

bool ffisan_creport_open(struct ffisan_quiet *ret_quiet)
{
    ffisan_quiet_begin(ret_quiet);
    if (ffisan_lock_take(&ffisan_runtime.lock)) {
        ffisan_creport_begin();
        return true;
    }
    ffisan_quiet_end(ret_quiet);
    return false;
}

void ffisan_creport_close(struct ffisan_quiet *quiet, struct ffisan_finding *finding)
{
    ffisan_report(finding);
    ffisan_lock_give(&ffisan_runtime.lock);
    ffisan_report_halt();
    ffisan_quiet_end(quiet);
}

/* ---- Stacks --------------------------------------------------------------------------------- */

static size_t add_c_frames(const struct ffisan_ctrace *trace, struct ffisan_frame *out, size_t n,
                           const char **ret_function)
{
    for (uint32_t i = 0; i < trace->n_pcs && n < MAX_FRAMES; i++) {
        struct ffisan_cframe cframe;
        if (!ffisan_cstack_symbol(trace->pcs[i], &cframe) || cframe.is_vm)
            break;
        if (cframe.is_own)
            continue;
        out[n++] = (struct ffisan_frame){.lang = FFISAN_LANG_C,
                                         .function = cframe.function,
                                         .module = cframe.module,
                                         .path = cframe.path,
                                         .build = {cframe.build, cframe.build_size},
                                         .offset = cframe.offset};
        if (cframe.function)
            *ret_function = cframe.function;
    }
    return n;
}

struct ffisan_stack ffisan_creport_stack(uint32_t number, const char *innermost,
                                         const char **ret_function)
{
    const struct ffisan_ctrace *trace = ffisan_ctraces_get(number);
    const char *function = innermost;
    size_t n = 0;
    if (!trace || n_stacks == N_STACKS)
        return (struct ffisan_stack){0};
    struct ffisan_frame *out = frames[n_stacks++];
    if (innermost)
        out[n++] = (struct ffisan_frame){.lang = FFISAN_LANG_C, .function = innermost};
    n = add_c_frames(trace, out, n, &function);
    if (ret_function)
        *ret_function = function;
    const struct ffisan_state *state = trace->state;
    if (state && trace->lua_stack) {
        struct ffisan_stack lua = ffisan_stacks_get(state->stacks, trace->lua_stack);
        for (size_t i = 0; i < lua.n_frames && n < MAX_FRAMES; i++)
            out[n++] = lua.frames[i];
    }
    return (struct ffisan_stack){.n_frames = n, .frames = out};
}

/* ---- The block ------------------------------------------------------------------------------ */

static void describe_block(struct gathering *gathering)
{
    const struct ffisan_cevent *event = gathering->event;
    struct ffisan_finding *finding = &gathering->finding;
    if (event->lua_block && gathering->state) {
        ffisan_describe_block(gathering->state, event->lua_block, event->lua_offset,
                              gathering->scratch, finding);
        return;
    }
    finding->block.kind = FFISAN_BLOCK_MALLOC;
    if (event->mapped) {
        finding->block.size_bytes = event->mapped->size;
        finding->block.offset = (int64_t)(event->address - event->mapped->low);
        finding->block.made = ffisan_creport_stack(event->mapped->made, "mmap", NULL);
        return;
    }
    if (!event->ref) {
        finding->block.type = event->what;
        return;
    }
    finding->block.size_bytes = ffisan_slot_size(event->ref);
    finding->block.offset = (int64_t)(event->address - event->ref->block);
    finding->block.made = ffisan_creport_stack(event->ref->slot->stack, NULL, NULL);
}

static bool is_in_finalizer(const struct ffisan_state *state)
{
    struct ffisan_cnote now = {0};
    if (ffisan_finalizer_runs(state))
        ffisan_finalizer_note(state, &now);
    return now.finalizer_ctype != 0 && now.finalizer_ctype != FFISAN_FINALIZER_OF_USERDATA;
}

/* The cdata that carried the finalizer, by its type; or a userdata; NULL: there was none. */
static const char *describe_finalizer(struct gathering *gathering, const struct ffisan_cnote *note,
                                      struct ffisan_stack *ret_made, struct ffisan_stack *ret_set)
{
    struct ffisan_state *state = gathering->state;
    if (!note->finalizer_ctype || !state)
        return NULL;
    const char *start = ffisan_scratch_string(gathering->scratch);
    if (note->finalizer_ctype == FFISAN_FINALIZER_OF_USERDATA)
        ffisan_text_add(&gathering->scratch->text, "userdata");
    else
        ffisan_ctype_object_name(&state->vm, note->finalizer_ctype, 8, &gathering->scratch->text);
    ffisan_scratch_end_string(gathering->scratch);
    *ret_made = ffisan_stacks_get(state->stacks, note->finalizer_made);
    *ret_set =
        ffisan_stacks_get(state->stacks, ffisan_finalizer_places_find(state, note->finalizer_made));
    return start;
}

static void describe_finalizer_of_use(struct gathering *gathering)
{
    struct ffisan_finding *finding = &gathering->finding;
    struct ffisan_cnote now = {0};
    if (ffisan_finalizer_runs(gathering->state))
        ffisan_finalizer_note(gathering->state, &now);
    finding->use.finalizer = describe_finalizer(gathering, &now, &finding->use.finalizer_made,
                                                &finding->use.finalizer_set);
}

static void describe_free(struct gathering *gathering)
{
    const struct ffisan_slot_ref *ref = gathering->event->ref;
    const struct ffisan_cnote *note = ref ? ffisan_cheap_note(ref) : NULL;
    struct ffisan_finding *finding = &gathering->finding;
    if (gathering->event->mapped && gathering->event->kind == FFISAN_KIND_USE_AFTER_FREE)
        finding->freed.stack = ffisan_creport_stack(gathering->event->mapped->freed, "munmap",
                                                    &finding->freed.function);
    if (!note || !note->freed || gathering->event->kind == FFISAN_KIND_INVALID_FREE)
        return;
    finding->freed.stack = ffisan_creport_stack(
        note->freed, ffisan_cfree_name((enum ffisan_cfree_function)note->function),
        &finding->freed.function);
    finding->freed.finalizer = describe_finalizer(gathering, note, &finding->freed.finalizer_made,
                                                  &finding->freed.finalizer_set);
}

/* What C was given is still its own, unless a finalizer has freed it. */
static void describe_store(struct gathering *gathering, const struct ffisan_holder *holder)
{
    const struct ffisan_slot_ref *ref = gathering->event->ref;
    if (!gathering->state || !ref || gathering->event->kind != FFISAN_KIND_USE_AFTER_FREE ||
        (!holder && !gathering->finding.freed.finalizer))
        return;
    const struct ffisan_stored what = {.block = ref->block, .made = ref->slot->stack, .is_c = true};
    gathering->finding.use.stack = ffisan_here_stack(&gathering->here, gathering->scratch);
    ffisan_stores_describe(gathering->state, &what, &holder, holder != NULL, gathering->scratch,
                           &gathering->finding);
}

/* The cdata through which the address came, and with it the type of the block. */
static void describe_holder(struct gathering *gathering)
{
    const struct ffisan_cevent *event = gathering->event;
    struct ffisan_holder holder;
    struct ffisan_state *state = gathering->state;
    struct ffisan_cholder_aim aim = {.start = event->address,
                                     .size = 1,
                                     .address = event->address,
                                     .finalized = (uintptr_t)ffisan_finalizer_object(state)};
    if (event->ref) {
        aim.start = event->ref->block;
        aim.size = ffisan_slot_size(event->ref) ?: 1;
    } else if (event->mapped) {
        aim.start = event->mapped->low;
        aim.size = event->mapped->size;
    }
    for (size_t i = 0; i < gathering->here.n_frames && !aim.use; i++)
        if (gathering->scratch->frames[i].lang == FFISAN_LANG_LUA)
            aim.use = &gathering->scratch->frames[i];
    if (!state || !ffisan_cholder_find(state, &aim, &holder)) {
        describe_store(gathering, NULL);
        return;
    }
    gathering->is_of_finalized = holder.header == aim.finalized;
    ffisan_describe_holder(state, &holder, true, gathering->scratch, &gathering->finding);
    describe_store(gathering, &holder);
    uint64_t word = *(const uint64_t *)(holder.payload + holder.offset);
    if (word == aim.start && !gathering->finding.holder.field && !gathering->finding.block.type)
        gathering->finding.block.type =
            ffisan_cholder_target(gathering->scratch, gathering->finding.holder.type);
}

/* That of an object which leads there, or any after another one had freed it. */
static bool is_used_by_finalizer(const struct gathering *gathering)
{
    const struct ffisan_finding *finding = &gathering->finding;
    return gathering->is_of_finalized ||
           (finding->freed.finalizer && finding->holder.type &&
            strcmp(finding->freed.finalizer, finding->holder.type) != 0 &&
            ffisan_finalizer_runs(gathering->state));
}

static void gather(void *argument)
{
    struct gathering *gathering = argument;
    const struct ffisan_cevent *event = gathering->event;
    switch (gathering->stage++) {
    case 0:
        if (event->is_late)
            gathering->stage = 2;
        else if (event->function && event->access == FFISAN_ACCESS_FREE)
            gathering->scratch->frames[gathering->here.n_frames++] =
                (struct ffisan_frame){.lang = FFISAN_LANG_C, .function = event->function};
        ffisan_here_add_c(&gathering->here, gathering->scratch, event->context);
        break;
    case 1:
        if (gathering->state)
            ffisan_here_add_lua(&gathering->here, gathering->scratch, gathering->state);
        break;
    case 2:
        describe_block(gathering);
        describe_free(gathering);
        if (!event->is_late)
            describe_finalizer_of_use(gathering);
        break;
    case 3:
        describe_holder(gathering);
        break;
    case 4: {
        struct ffisan_finding *finding = &gathering->finding;
        finding->use.stack = ffisan_here_stack(&gathering->here, gathering->scratch);
        finding->use.source = gathering->here.source;
        finding->use.function = event->access == FFISAN_ACCESS_SYSCALL ? event->function : NULL;
        if (!finding->use.function)
            finding->use.function = gathering->here.function ?: event->function;
        if (event->overrun)
            ffisan_overrun_explain(event->overrun, gathering->scratch, finding);
        else
            ffisan_explain_memory(gathering->scratch, finding,
                                  finding->kind == FFISAN_KIND_USE_AFTER_FREE
                                      ? is_used_by_finalizer(gathering)
                                      : is_in_finalizer(gathering->state));
        break;
    }
    }
}

void ffisan_creport(struct ffisan_state *state, const struct ffisan_cevent *event)
{
    struct ffisan_quiet quiet;
    static struct gathering gathering; /* large; guarded by the lock */
    ffisan_quiet_begin(&quiet);
    bool was_busy = ffisan_thread.is_busy;
    ffisan_thread.is_busy = true;
    if (ffisan_lock_take(&ffisan_runtime.lock)) {
        memset(&gathering, 0, sizeof(gathering));
        ffisan_creport_begin();
        gathering.state = state;
        gathering.event = event;
        gathering.scratch = ffisan_scratch_begin();
        gathering.finding.severity = FFISAN_SEVERITY_ERROR;
        gathering.finding.kind = event->kind;
        gathering.finding.use.access = event->access;
        gathering.finding.use.size_bytes = event->size;
        while (gathering.stage < N_STAGES)
            ffisan_guard_run(gather, &gathering);
        ffisan_report(&gathering.finding);
        ffisan_lock_give(&ffisan_runtime.lock);
        ffisan_report_halt();
    }
    ffisan_thread.is_busy = was_busy;
    ffisan_quiet_end(&quiet);
}

/*
 * When a load becomes an operand of another instruction, LuaJIT moves it there, also past a call in
 * between (noconflict in lj_asm_x86.h): what the program has read before it freed is read after.
 * Neither is the program's fault; and a program that does read late has done so in the interpreter
 * before, or this would not be compiled.
 */
static bool is_moved_load(const struct ffisan_cnote *note, enum ffisan_access access,
                          const ucontext_t *context)
{
    const struct ffisan_state *state = ffisan_thread_state();
    if (!note || !note->machine_trace || access != FFISAN_ACCESS_READ || !context || !state ||
        ffisan_position_machine_trace(ffisan_position_vmstate(state)) != note->machine_trace)
        return false;
    const struct lj_trace *trace = ffisan_luastack_trace(&state->vm, note->machine_trace);
    return trace && ffisan_arch_pc(context) - trace->mcode < trace->szmcode;
}

/* The use that was reported last: in which call, and by which line the block had been freed. */
static struct {
    struct ffisan_luacall call;
    uintptr_t block;
    uint32_t freed; /* Lua stack */
} told;             /* what threads mix here is no answer to any question */

static uint32_t line_that_freed(const struct ffisan_cnote *note)
{
    const struct ffisan_ctrace *trace = note ? ffisan_ctraces_get(note->freed) : NULL;
    return trace ? trace->lua_stack : 0;
}

static void note_told(const struct ffisan_slot_ref *ref)
{
    const struct ffisan_state *state = ffisan_thread_state();
    told.block = ref->block;
    told.freed = 0;
    if (state && ffisan_luacall_find(&state->vm, &told.call))
        told.freed = line_that_freed(ffisan_cheap_note(ref));
}

bool ffisan_creport_is_told(const struct ffisan_slot_ref *freed_twice)
{
    struct ffisan_luacall now;
    const struct ffisan_state *state = ffisan_thread_state();
    return told.freed != 0 && freed_twice->block != told.block && state &&
           line_that_freed(ffisan_cheap_note(freed_twice)) == told.freed &&
           ffisan_luacall_find(&state->vm, &now) && memcmp(&now, &told.call, sizeof(now)) == 0;
}

static bool reopen(const struct ffisan_slot_ref *ref)
{
    struct ffisan_cnote *note = ffisan_cheap_note(ref);
    bool is_open = ffisan_cheap_reopen(ref);
    if (note)
        note->is_open = is_open;
    return is_open;
}

void ffisan_creport_let_pass(uintptr_t address)
{
    struct ffisan_slot_ref ref;
    if (ffisan_cheap_find(address, &ref) && ffisan_cheap_is_paged(&ref) &&
        ffisan_slot_state(&ref) == FFISAN_SLOT_DEAD)
        reopen(&ref);
}

/* A live block whose bytes behind it were overwritten, which nobody knows yet. */
static bool was_just_overrun(uintptr_t address, struct ffisan_slot_ref *ref)
{
    if (!ffisan_cheap_find_live(address, ref) || ref->slot->is_damaged)
        return false;
    ref->slot->is_damaged =
        !ffisan_redzone_is_intact(ref->block + ffisan_slot_size(ref), ffisan_redzone_slack(ref));
    return ref->slot->is_damaged;
}

/*
 * What goes beyond a live block lands on the pages of its neighbours.  Before it: nearer to it than
 * to the end of the dead one.  Behind it: the bytes between were overwritten.
 */
static bool find_neighbour_meant(const struct ffisan_cevent *event,
                                 struct ffisan_slot_ref *ret_neighbour)
{
    enum { AT_ONCE = 64 }; /* bytes that one instruction writes */
    const struct ffisan_slot_ref *ref = event->ref;
    uintptr_t end = ref->block + ffisan_slot_size(ref);
    uintptr_t next = ref->block + ffisan_slot_extent(ref);
    if (event->address >= end)
        return next - event->address < event->address - end &&
               ffisan_cheap_find_live(next, ret_neighbour);
    return event->access == FFISAN_ACCESS_WRITE && event->address - ref->block < AT_ONCE &&
           was_just_overrun(ref->block - 1, ret_neighbour);
}

static void report_neighbour(const struct ffisan_cevent *fault,
                             const struct ffisan_slot_ref *neighbour)
{
    struct ffisan_overrun overrun = {.address = fault->address,
                                     .size = fault->size,
                                     .end = neighbour->block + ffisan_slot_size(neighbour),
                                     .access = fault->access,
                                     .is_fault = true};
    struct ffisan_cevent event = *fault;
    event.kind = FFISAN_KIND_OUT_OF_BOUNDS;
    event.ref = neighbour;
    event.overrun = &overrun;
    if (event.address > overrun.end)
        event.address = overrun.end; /* where it began */
    ffisan_creport(ffisan_thread_state(), &event);
}

bool ffisan_creport_use(uintptr_t address, enum ffisan_access access, const char *function,
                        size_t size, const ucontext_t *context)
{
    struct ffisan_slot_ref ref, neighbour;
    if (!ffisan_cheap_find(address, &ref) || !ffisan_cheap_is_paged(&ref))
        return false;
    struct ffisan_cnote *note = ffisan_cheap_note(&ref);
    struct ffisan_cevent event = {.kind = FFISAN_KIND_USE_AFTER_FREE,
                                  .access = access,
                                  .function = function,
                                  .address = address,
                                  .size = size,
                                  .context = context,
                                  .ref = &ref};
    if (ffisan_slot_state(&ref) != FFISAN_SLOT_DEAD)
        return false;
    if (find_neighbour_meant(&event, &neighbour))
        report_neighbour(&event, &neighbour);
    else if ((!note || !note->is_reported) && !is_moved_load(note, access, context)) {
        ffisan_creport(ffisan_thread_state(), &event);
        note_told(&ref);
        if (note)
            note->is_reported = 1;
    }
    return reopen(&ref);
}

void ffisan_creport_written(struct ffisan_state *state)
{
    struct ffisan_slot_ref ref;
    while (ffisan_listed_take_written(&ref)) {
        struct ffisan_cnote *note = ffisan_cheap_note(&ref);
        struct ffisan_cevent event = {.kind = FFISAN_KIND_USE_AFTER_FREE,
                                      .access = FFISAN_ACCESS_WRITE,
                                      .address = ref.block,
                                      .ref = &ref,
                                      .is_late = true};
        if (note->is_reported)
            continue; /* seen when it happened */
        ffisan_creport(state, &event);
        note->is_reported = 1;
    }
}

void ffisan_creport_unmapped(uintptr_t address, enum ffisan_access access,
                             const ucontext_t *context)
{
    struct ffisan_mapped mapped;
    struct sigaction action;
    if (sigaction(SIGSEGV, NULL, &action) != 0 || action.sa_handler != SIG_DFL ||
        !ffisan_mappings_find_gone(address, &mapped))
        return; /* a program that handles faults may provoke them */
    struct ffisan_cevent event = {.kind = FFISAN_KIND_USE_AFTER_FREE,
                                  .access = access,
                                  .address = address,
                                  .context = context,
                                  .mapped = &mapped};
    ffisan_creport(ffisan_thread_state(), &event);
}
