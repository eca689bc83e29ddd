/* SPDX-License-Identifier: MIT */
/*
 * `auto`: a full cycle at the first visits of each allocation site, then at each doubling of the
 * number of visits.  A program of a few hundred sites is so checked at every one of them; a long
 * run pays for a number of cycles that grows with the logarithm of its length.  What the forced
 * cycles cost (bytes of heap they walk over) comes out of a credit that grows with the bytes that
 * the program allocates, so that a large heap cannot make a start-up endless.
 */
#include "runtime/cycle/schedule.h"

#include "runtime/cycle/deadslots.h"
#include "runtime/cycle/cycle.h"
#include "runtime/cycle/lines.h"
#include "runtime/ffi/moments.h"
#include "runtime/state.h"

#define FIRST_VISITS 3u
#define INITIAL_CREDIT ((int64_t)1 << 30)
#define CREDIT_PER_ALLOCATION 256
#define MAX_CHARGED ((int64_t)1 << 34) /* larger heaps are left to their natural cycles */
#define LARGE_HEAP_KIB 16384 /* a heap of this size costs twice what its bytes say: caches miss */

void ffisan_schedule_init(struct ffisan_schedule *schedule, enum ffisan_gc gc)
{
    schedule->gc = gc;
    schedule->credit_bytes = INITIAL_CREDIT;
}

static uint64_t *word(const struct ffisan_state *state, uint16_t offset)
{
    return (uint64_t *)(state->vm.g + offset);
}

static uint32_t *stepmul(const struct ffisan_state *state)
{
    return (uint32_t *)(state->vm.g + state->vm.layout.gc_stepmul);
}

static uint8_t gc_state(const struct ffisan_state *state)
{
    return *(const uint8_t *)(state->vm.g + state->vm.layout.gc_state);
}

static bool is_recording(const struct ffisan_state *state)
{
    uint16_t offset = state->vm.layout.jit_tracestate;
    return offset != FFISAN_NO_OFFSET && (*(const int32_t *)(state->vm.g + offset) & 0x10);
}

/* Not while a trace is recorded: a finaliser would abort the recording (lj_trace_abort). */
/*
 * A stack that cannot grow may have no room for our finaliser.  The error would come at a place
 * where the program has none, and LuaJIT does not survive it at the exit of a trace.
 */
static bool is_stack_full(const struct ffisan_state *state)
{
    enum { LARGEST = 65500 }; /* luaconf.h, LUAI_MAXSTACK, in slots */
    const struct ffisan_vm *vm = &state->vm;
    const struct lj_thread *running = (const struct lj_thread *)state->L;
    if (vm->layout.cur_L != FFISAN_NO_OFFSET)
        running = (const struct lj_thread *)ffisan_vm_word(vm, vm->layout.cur_L);
    return running && running->stacksize >= LARGEST;
}

static bool may_force(const struct ffisan_state *state)
{
    uint64_t threshold = *word(state, state->vm.layout.gc_threshold);
    return threshold < UINT64_C(1) << 40 /* LUA_GCSTOP, or inside a finaliser */
           && !is_recording(state) && !is_stack_full(state);
}

static void force(struct ffisan_state *state)
{
    struct ffisan_schedule *schedule = &state->schedule;
    if (!schedule->is_forcing) {
        schedule->is_forcing = true;
        schedule->old_stepmul = *stepmul(state);
        schedule->n_forced++;
        schedule->forced_in_line = schedule->gc == FFISAN_GC_AUTO ? ffisan_lines_count(state) : 0;
        schedule->again = gc_state(state) != 0;
    }
    ffisan_deadslots_clear(state, false);
    *stepmul(state) = 0; /* a step then runs to the end of the cycle (lj_gc_step: lim == 0) */
    *word(state, state->vm.layout.gc_threshold) = 0;
}

/* Takes what a walk over the heap costs out of the credit, if there is enough. */
static bool charge(struct ffisan_state *state)
{
    int64_t heap_bytes = (int64_t)*word(state, state->vm.layout.gc_total);
    if (heap_bytes > MAX_CHARGED)
        return state->schedule.gc != FFISAN_GC_AUTO;
    heap_bytes += heap_bytes / 1024 * heap_bytes / LARGE_HEAP_KIB;
    if (state->schedule.gc != FFISAN_GC_AUTO)
        return true;
    if (state->schedule.credit_bytes < heap_bytes)
        return false;
    state->schedule.credit_bytes -= heap_bytes;
    return true;
}

bool ffisan_schedule_may_collect(struct ffisan_state *state)
{
    return may_force(state) && charge(state);
}

static bool is_due(const struct ffisan_schedule *schedule, uint32_t visits)
{
    if (schedule->gc == FFISAN_GC_ALLOC)
        return true;
    return visits > 0 && (visits <= FIRST_VISITS || (visits & (visits - 1)) == 0);
}

/*
 * The program has given up nothing since the last collection.  A C function that allocates again
 * and again, as the one that compiles, has not given anything back to Lua code in between.
 */
static bool is_idle(const struct ffisan_state *state, uint32_t visits)
{
    if (state->schedule.gc != FFISAN_GC_AUTO || *state->vmstate > 0)
        return false;
    uint64_t line = visits > FIRST_VISITS ? ffisan_lines_count(state) : 0;
    return (line != 0 && line == state->schedule.forced_in_line) || ffisan_lines_is_quiet(state);
}

void ffisan_schedule_allocation(struct ffisan_state *state, uint32_t visits)
{
    struct ffisan_schedule *schedule = &state->schedule;
    schedule->credit_bytes += CREDIT_PER_ALLOCATION;
    bool again = schedule->again && !schedule->is_forcing;
    if (!again && !is_due(schedule, visits))
        return;
    ffisan_cycle_rearm(state);
    if (schedule->gc == FFISAN_GC_LINE || !may_force(state))
        return;
    if (visits == 1 && schedule->gc == FFISAN_GC_AUTO && *state->vmstate <= 0 &&
        ffisan_origin_is_new_code(state))
        ffisan_lines_open(state);
    if ((again || !is_idle(state, visits)) && charge(state))
        force(state);
}

/* A buffer that finalizers write to has just been filled: they run at the next allocation. */
static void buffer_is_filled(struct ffisan_state *state)
{
    if (state->schedule.gc == FFISAN_GC_AUTO && ffisan_schedule_may_collect(state))
        force(state);
}

void ffisan_schedule_watch(void)
{
    ffisan_moments_tell_of_filling(buffer_is_filled);
}

bool ffisan_schedule_hide_begin(struct ffisan_state *state)
{
    if (!state->schedule.is_forcing || *stepmul(state) != 0)
        return false;
    *stepmul(state) = state->schedule.old_stepmul;
    return true;
}

void ffisan_schedule_hide_end(struct ffisan_state *state)
{
    if (!state->schedule.is_forcing)
        return; /* the cycle has ended meanwhile */
    state->schedule.old_stepmul = *stepmul(state);
    *stepmul(state) = 0;
}

void ffisan_schedule_cycle_ended(struct ffisan_state *state)
{
    struct ffisan_schedule *schedule = &state->schedule;
    if (!schedule->is_forcing)
        return;
    schedule->is_forcing = false;
    if (*stepmul(state) == 0)
        *stepmul(state) = schedule->old_stepmul;
}
