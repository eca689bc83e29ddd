/* SPDX-License-Identifier: MIT */
#include "runtime/report/stores.h"

#include "base/pages.h"
#include "runtime/audit/standin.h"
#include "runtime/report/describe.h"
#include "runtime/state.h"
#include "runtime/vm/modules.h"
#include "runtime/vm/proto.h"
#include "runtime/vm/putaway.h"

#include <string.h>

#define N_ENTRIES 1024u /* by what and where: those that share one drive each other out */

struct ffisan_stores {
    uint32_t n; /* noted so far */
    struct entry {
        struct ffisan_store store; /* the last one of those that are alike */
        uint32_t stack;            /* 0: none */
        uint32_t number;
    } entries[N_ENTRIES];
};

static struct entry *entry_of(struct ffisan_stores *stores, const struct ffisan_store *store)
{
    uint64_t hash = (store->place ^ store->what.made << 1 ^ store->what.is_c);
    return &stores->entries[hash * UINT64_C(0x9e3779b97f4a7c15) >> 54];
}

void ffisan_stores_note(struct ffisan_state *state, const struct ffisan_store *store)
{
    uint32_t visits;
    if (!state->stores)
        state->stores = ffisan_pages_map(sizeof(*state->stores));
    if (!state->stores)
        return;
    struct entry *entry = entry_of(state->stores, store);
    if (entry->store.place != store->place || entry->store.what.made != store->what.made ||
        entry->stack == 0)
        entry->stack = ffisan_stacks_here(state->stacks, &state->vm, 0, &visits);
    entry->store = *store;
    entry->number = ++state->stores->n;
}

/* ---- Which one was it? ----------------------------------------------------------------------- */

static bool is_of_lua(const struct ffisan_holder *holder)
{
    return holder->kind == FFISAN_HOLDER_CDATA || holder->kind == FFISAN_HOLDER_USERDATA;
}

/* A pointer that Lua code has in a variable, and no memory. */
static bool is_bare(const struct ffisan_state *state, const struct ffisan_holder *holder)
{
    return holder->kind == FFISAN_HOLDER_CDATA &&
           ffisan_ctype_is_pointer(&state->vm, holder->ctypeid, NULL);
}

static const struct ffisan_frame *line_of(const struct ffisan_state *state, uint32_t made)
{
    struct ffisan_stack stack = ffisan_stacks_get(state->stacks, made);
    return stack.n_frames > 0 ? &stack.frames[0] : NULL;
}

/* Code that is compiled has other stacks than when it was interpreted. */
static bool is_same_line(const struct ffisan_state *state, uint32_t a, uint32_t b)
{
    const struct ffisan_frame *one = line_of(state, a), *other = line_of(state, b);
    return one && other && one->line == other->line && one->file && other->file &&
           strcmp(one->file, other->file) == 0;
}

/* 0: of another block. */
static unsigned likeness(const struct ffisan_state *state, const struct ffisan_stored *a,
                         const struct ffisan_stored *b)
{
    if (a->is_c != b->is_c)
        return 0;
    if (a->made == b->made)
        return a->block == b->block ? 3 : a->made != 0 ? 2 : 0;
    return !a->is_c && is_same_line(state, a->made, b->made) ? 1 : 0;
}

/*
 * Was it put into what the pointer was found in, or into something that was made where that was
 * made?  Not every time is noted.
 */
static bool leads_into(const struct ffisan_store *store, const struct ffisan_holder *holder)
{
    enum { VARIABLE_BYTES = 4096 }; /* that a struct in a variable may have before the word */
    uintptr_t start = holder->payload, size = holder->size;
    if (holder->kind == FFISAN_HOLDER_C_VARIABLE) {
        start -= VARIABLE_BYTES;
        size += VARIABLE_BYTES;
    }
    for (unsigned i = 0; i < FFISAN_STORE_INTO; i++) {
        const struct ffisan_store_into *into = &store->into[i];
        if (into->address != 0 &&
            (into->address - start < size ||
             (into->made != 0 && into->made == holder->made && into->is_c == !is_of_lua(holder))))
            return true;
    }
    return false;
}

/*
 * The word itself, or the same field of another struct of its kind: of an array the last one is
 * noted.
 */
static bool is_same_field(const struct ffisan_store *store, const struct ffisan_holder *holder)
{
    const struct ffisan_store_into *into = &store->into[0];
    bool is_in_it = into->address - holder->payload < holder->size;
    uintptr_t start = is_in_it || into->start == 0 ? holder->payload : into->start;
    uintptr_t offset = into->address - start, wanted = holder->offset;
    if (store->callee != 0 || into->stride == 0)
        return false;
    return (offset > wanted ? offset - wanted : wanted - offset) % into->stride == 0;
}

static bool is_in_module(uintptr_t callee, const struct ffisan_holder *holder)
{
    const struct link_map *module = ffisan_modules_find(callee);
    return module && module == ffisan_modules_find(holder->payload);
}

/*
 * How likely the store made the holder what it is; 0: hardly.  What only C functions got stays in
 * Lua's hands as a bare pointer, and they need not have kept anything.
 */
static unsigned fit(const struct ffisan_store *store, const struct ffisan_holder *holder)
{
    if (leads_into(store, holder))
        return is_same_field(store, holder) ? 17 : 16;
    if (is_of_lua(holder))
        return store->callee == 0 ? 4 : 0;
    if (store->callee == 0)
        return 2;
    return holder->kind == FFISAN_HOLDER_C_VARIABLE && is_in_module(store->callee, holder) ? 8 : 4;
}

static unsigned rate(const struct ffisan_state *state, const struct ffisan_store *store,
                     const struct ffisan_stored *what, const struct ffisan_holder *const *holders,
                     size_t n_holders)
{
    unsigned best = n_holders == 0 ? 4 + (store->into[0].address != 0) : 0,
             alike = likeness(state, &store->what, what);
    for (size_t i = 0; i < n_holders && alike > 0; i++) {
        unsigned fits = fit(store, holders[i]);
        if (is_bare(state, holders[i]) && n_holders > 1 && fits > 1)
            fits--;
        best = fits > best ? fits : best;
    }
    return alike == 0 || best == 0 ? 0 : best * 8 + alike * 2 + !store->is_const;
}

/* Where the function of a frame is when the use happens; 0: it does not run then. */
static int running_line(const struct ffisan_finding *finding, const struct ffisan_frame *frame)
{
    for (size_t i = 0; i < finding->use.stack.n_frames && frame->file && frame->function; i++) {
        const struct ffisan_frame *running = &finding->use.stack.frames[i];
        if (running->lang == FFISAN_LANG_LUA && running->file && running->function &&
            strcmp(running->file, frame->file) == 0 &&
            strcmp(running->function, frame->function) == 0)
            return running->line;
    }
    return 0;
}

/* Has the code come to that line?  It may still be on the way. */
static bool has_stored(const struct ffisan_finding *finding, const struct ffisan_frame *made,
                       int stored)
{
    int line = running_line(finding, made);
    return line == 0 || stored < line || stored == made->line;
}

/*
 * A pointer that Lua has: where the code that made it puts it, or that of the function which it is
 * returned to, if they have done so before the use.
 */
static void describe_putaway(const struct ffisan_state *state, const struct ffisan_holder *holder,
                             struct ffisan_finding *finding)
{
    static struct ffisan_frame frames[FFISAN_LUASTACK_MAX];
    struct ffisan_stack made = ffisan_stacks_get(state->stacks, holder->made);
    const uint64_t *pcs = NULL;
    size_t n = ffisan_stacks_pcs(state->stacks, holder->made, &pcs);
    for (size_t i = 0; i < n && i < made.n_frames && i < FFISAN_LUASTACK_MAX; i++) {
        const struct lj_proto *proto = state->vm.code_at(&state->vm, pcs[i] - 4);
        uint32_t pc = proto ? ffisan_proto_pc(proto, pcs[i] - 4) : UINT32_MAX, stored = 0;
        if (pc == UINT32_MAX || ffisan_proto_line(proto, pc) != made.frames[i].line)
            return;
        enum ffisan_putaway putaway = ffisan_putaway_find(&state->vm, proto, pc, &stored);
        int line = ffisan_proto_line(proto, stored);
        if (putaway == FFISAN_PUTAWAY_STORED && has_stored(finding, &made.frames[i], line)) {
            size_t n_frames = made.n_frames - i;
            n_frames = n_frames < FFISAN_LUASTACK_MAX ? n_frames : FFISAN_LUASTACK_MAX;
            memcpy(frames, &made.frames[i], n_frames * sizeof(*frames));
            frames[0].line = line;
            finding->holder.stored = (struct ffisan_stack){.n_frames = n_frames, .frames = frames};
        }
        if (putaway != FFISAN_PUTAWAY_RETURNED || running_line(finding, &made.frames[i]) != 0)
            return;
    }
}

void ffisan_stores_describe(const struct ffisan_state *state, const struct ffisan_stored *what,
                            const struct ffisan_holder *const *holders, size_t n_holders,
                            struct ffisan_scratch *scratch, struct ffisan_finding *finding)
{
    const struct entry *best = NULL;
    unsigned best_rate = 0;
    for (uint32_t i = 0; state->stores && i < N_ENTRIES; i++) {
        const struct entry *entry = &state->stores->entries[i];
        if (entry->stack == 0)
            continue;
        unsigned rated = rate(state, &entry->store, what, holders, n_holders);
        if (rated > best_rate ||
            (rated > 0 && rated == best_rate && entry->number > best->number)) {
            best = entry;
            best_rate = rated;
        }
    }
    if (!best) {
        if (n_holders > 0 && finding->use.stack.n_frames > 0 && is_bare(state, holders[0]))
            describe_putaway(state, holders[0], finding);
        return;
    }
    finding->holder.stored = ffisan_stacks_get(state->stacks, best->stack);
    finding->holder.stored_by = ffisan_describe_symbol(scratch, best->store.callee);
}

void ffisan_stores_forget(struct ffisan_state *state)
{
    if (state->stores)
        memset(state->stores, 0, sizeof(*state->stores));
}

void ffisan_stores_free(struct ffisan_state *state)
{
    if (state->stores)
        ffisan_pages_unmap(state->stores, sizeof(*state->stores));
    state->stores = NULL;
}
