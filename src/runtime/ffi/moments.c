/* SPDX-License-Identifier: MIT */
/*
 * What each call costs matters.  Until a finalizer writes to anything but its own object only what
 * finalizers do is looked at.  Then the program's own accesses leave nothing but the addresses that
 * they were given, in a small table.  When a finalizer is given one of them and writes there, the
 * buffer is shared; from then on whoever is given it is noted with all that a report needs.
 */
#include "runtime/ffi/moments.h"

#include "base/io.h"
#include "base/pages.h"
#include "runtime/cmem/finalizer.h"
#include "runtime/fault/signals.h"
#include "runtime/ffi/moments_books.h"
#include "runtime/ffi/reentry.h"
#include "runtime/state.h"
#include "runtime/vm/luaframe.h"

#include <string.h>

#define MOST_ARGUMENTS 8

static void (*tell_of_filling)(struct ffisan_state *state);

uint32_t ffisan_moment_stack(struct ffisan_state *state)
{
    uint32_t visits;
    return state->stacks ? ffisan_stacks_here(state->stacks, &state->vm, 0, &visits) : 0;
}

/* ---- Buffers that are shared ----------------------------------------------------------------- */

static inline uint32_t place_of(uintptr_t address)
{
    return (uint32_t)(address * UINT64_C(0x9e3779b97f4a7c15) >> 32) % FFISAN_TOUCHED;
}

static inline bool may_be_shared(const struct ffisan_moments *moments, uintptr_t address)
{
    uint32_t place = place_of(address);
    return moments->shared_places[place / 64] >> place % 64 & 1;
}

struct ffisan_shared_buffer *ffisan_moment_shared(struct ffisan_moments *moments, uintptr_t address)
{
    for (uint32_t i = 0; i < FFISAN_SHARED_BUFFERS; i++)
        if (moments->shared[i].at == address)
            return &moments->shared[i];
    return NULL;
}

void ffisan_moment_share(struct ffisan_moments *moments, uintptr_t address)
{
    if (!moments->is_watching) {
        moments->is_watching = true;
        ffisan_builtins_note_always();
        return;
    }
    if (ffisan_moment_shared(moments, address))
        return;
    moments->shared[moments->n_shared++ % FFISAN_SHARED_BUFFERS] =
        (struct ffisan_shared_buffer){.at = address};
    memset(moments->shared_places, 0, sizeof(moments->shared_places));
    for (uint32_t i = 0; i < FFISAN_SHARED_BUFFERS && moments->shared[i].at; i++) {
        uint32_t place = place_of(moments->shared[i].at);
        moments->shared_places[place / 64] |= UINT64_C(1) << place % 64;
    }
}

bool ffisan_moment_is_touched(const struct ffisan_moments *moments,
                              const struct ffisan_act_given *given)
{
    return !moments->is_watching || moments->touched[place_of(given->payload)] == given->payload ||
           moments->touched[place_of(given->word)] == given->word;
}

static bool is_due(uint32_t n, uint32_t first)
{
    return n <= first || (n & (n - 1)) == 0;
}

/*
 * A call of the program has filled shared buffers.  A collection now may run a finalizer between
 * this and what is read later.
 */
static void note_fillings(struct ffisan_state *state, const struct ffisan_act *act)
{
    enum { FIRST_OF_BUFFER = 16, FIRST_OF_ALL = 512 };
    struct ffisan_moments *moments = state->moments;
    bool due = false;
    for (uint32_t i = 0; i < FFISAN_SHARED_BUFFERS && moments->shared[i].at; i++) {
        struct ffisan_shared_buffer *shared = &moments->shared[i];
        if (!ffisan_act_does(&state->vm, act, FFISAN_ACT_WRITES, shared->at))
            continue;
        ffisan_moment_take_filling(state, shared);
        due |= is_due(++shared->n_fillings, FIRST_OF_BUFFER);
    }
    if (due && is_due(++moments->n_fillings, FIRST_OF_ALL) && tell_of_filling)
        tell_of_filling(state);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

static struct ffisan_moments *books_of(struct ffisan_state *state)
{
    if (!state->moments && !ffisan_io_is_confined && ffisan_signals_start())
        state->moments = ffisan_pages_map(sizeof(*state->moments));
    return state->moments;
}

static inline bool may_write(enum ffisan_builtin builtin)
{
    return builtin != FFISAN_BUILTIN_CDATA_INDEX && builtin != FFISAN_BUILTIN_STRING;
}

/* Has a call been given what others were given?  `touch`: what it is given is put down. */
static inline bool look_at_arguments(struct ffisan_moments *moments, const lua_State *L,
                                     enum ffisan_builtin builtin, bool touch)
{
    const struct lj_thread *thread = (const struct lj_thread *)L;
    const uint64_t *slot = (const uint64_t *)thread->base, *end = (const uint64_t *)thread->top;
    bool found = false;
    slot += builtin == FFISAN_BUILTIN_CDATA_CALL;
    for (unsigned i = 0; slot < end && i < MOST_ARGUMENTS; i++, slot++) {
        if (lj_tv_type(*slot) != LJ_GCT_CDATA)
            continue;
        uintptr_t payload = lj_tv_object(*slot) + sizeof(struct lj_cdata);
        uintptr_t word = *(const uintptr_t *)payload;
        uintptr_t *by_payload = &moments->touched[place_of(payload)];
        uintptr_t *by_word = &moments->touched[place_of(word)];
        if (!touch) {
            found |= *by_payload == payload || *by_word == word;
            continue;
        }
        *by_payload = payload;
        *by_word = word;
        found |= may_be_shared(moments, payload) || may_be_shared(moments, word);
    }
    return found;
}

/* The first writes of a place in a finalizer, then one in so many: most are to its own object. */
static bool is_new_place(struct ffisan_moments *moments, const lua_State *L)
{
    enum { FIRST = 32, SAMPLE = 256 };
    uint64_t link = lj_base_return((const uint64_t *)((const struct lj_thread *)L)->base);
    uint32_t n = ++moments->n_at_place[place_of(link)];
    return n <= FIRST || n % SAMPLE == 0;
}

static bool note_of_finalizer(struct ffisan_state *state, const lua_State *L,
                              enum ffisan_builtin builtin)
{
    const struct lj_thread *thread = (const struct lj_thread *)L;
    struct ffisan_moments *moments = state->moments;
    moments->is_reentry =
        builtin == FFISAN_BUILTIN_CDATA_CALL && state->callbacks && ffisan_reentry_is(state, L);
    moments->newest = NULL;
    if (lj_base_is_protected((const uint64_t *)thread->base))
        return moments->is_reentry; /* a C function that is the finalizer */
    if (moments->is_watching ? !look_at_arguments(moments, L, builtin, false)
                             : !is_new_place(moments, L))
        return moments->is_reentry;
    moments->newest = ffisan_acts_note(&moments->finalizer_acts, L, builtin);
    return may_write(builtin);
}

static bool note(struct ffisan_state *state, lua_State *L, enum ffisan_builtin builtin)
{
    struct ffisan_moments *moments = books_of(state);
    if (!moments || state->is_ending)
        return false;
    if (ffisan_finalizer_runs(state))
        return note_of_finalizer(state, L, builtin);
    bool is_open = moments->n_open > 0;
    if (!moments->is_watching || (builtin == FFISAN_BUILTIN_CDATA_INDEX && !is_open))
        return false;
    bool is_shared = look_at_arguments(moments, L, builtin, true);
    if (!is_shared && !is_open)
        return false;
    moments->newest = ffisan_acts_note(&moments->acts, L, builtin);
    moments->is_filling = is_shared && may_write(builtin);
    return is_open || moments->is_filling;
}

static void before(const struct ffisan_builtin_call *call)
{
    struct ffisan_moments *moments = call->state->moments;
    moments->watched.call = moments->filling = NULL;
    if (ffisan_finalizer_runs(call->state)) {
        if (moments->is_reentry)
            ffisan_reentry_before(call, &moments->reentry);
        if (moments->newest)
            ffisan_moment_before_write(call, moments->newest);
        return;
    }
    if (moments->is_filling) {
        moments->filling = call;
        moments->filler = *moments->newest;
    }
    for (unsigned i = 0; i < FFISAN_OVERWRITINGS; i++)
        if (moments->overwritings[i].is_open)
            ffisan_moment_check(call, moments->newest, &moments->overwritings[i]);
}

static void after(const struct ffisan_builtin_call *call)
{
    if (call->state->moments->filling == call)
        note_fillings(call->state, &call->state->moments->filler);
    ffisan_reentry_after(call, &call->state->moments->reentry);
    if (call->state->moments->watched.call == call)
        ffisan_moment_after_write(call);
}

void ffisan_moments_cycle_ended(struct ffisan_state *state)
{
    ffisan_builtins_note(state, note, before, after);
}

void ffisan_moments_tell_of_filling(void (*fill)(struct ffisan_state *state))
{
    tell_of_filling = fill;
}

void ffisan_moments_forget_stacks(struct ffisan_state *state)
{
    for (unsigned i = 0; state->moments && i < FFISAN_OVERWRITINGS; i++)
        ffisan_moment_close(state->moments, &state->moments->overwritings[i]);
}

void ffisan_moments_free(struct ffisan_state *state)
{
    ffisan_builtins_forget(state);
    if (state->moments)
        ffisan_pages_unmap(state->moments, sizeof(*state->moments));
    state->moments = NULL;
}
