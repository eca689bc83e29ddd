/* SPDX-License-Identifier: MIT */
/*
 * A look that finds nothing near any finalizer costs as much as the finalizers are many; only one
 * that does walks the heap.  While the program runs, the table of finalizers grows by doubling, and
 * so often is looked: a program that loses such objects makes it grow.
 *
 * At the end it is known what the main function still had.  When the state is closed that is too
 * late: the finalizers run first.  A command such as `luajit`, whose lua_close cannot be replaced,
 * sets the action of SIGINT back when a chunk has ended, and so tells.
 */
#include "runtime/cmem/captured.h"

#include "base/pages.h"
#include "runtime/audit/keeper.h"
#include "runtime/cmem/captured_report.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/listed.h"
#include "runtime/cmem/mainframe.h"
#include "runtime/cmem/thread.h"
#include "runtime/fault/guard.h"
#include "runtime/fault/signals.h"
#include "runtime/state.h"
#include "runtime/vm/anchors_frames.h"
#include "runtime/vm/captured.h"
#include "runtime/vm/table.h"

#define MOST_OBJECTS 1000000u
#define MOST_WHILE_RUNNING 200000u
#define MAX_VALUES (1u << 18)
#define MAX_CANDIDATES 256u
#define MAX_GROUPS 64u

/* Memory of an object that is lost, unless somebody has an address in it. */
struct candidate {
    const struct ffisan_finalizer *one;
    uintptr_t from, to;
    bool is_own;  /* memory of the cdata itself, not what it leads to */
    bool is_used; /* something that is in reach has an address */
    bool is_followed;
};

struct look {
    struct ffisan_state *state;
    bool is_last;
    bool is_running; /* some Lua function is */
    struct ffisan_captured captured;
    uint64_t *values; /* MAX_VALUES of roots, and as many of userdata */
    bool is_found;    /* the search is complete */
    uint32_t n_candidates, n_groups;
    uintptr_t low, high; /* of all candidates */
    struct candidate candidates[MAX_CANDIDATES];
    struct ffisan_captured_group groups[MAX_GROUPS];
};

/* ---- Roots ----------------------------------------------------------------------------------- */

static bool add_value(struct ffisan_values *values, uint64_t value)
{
    if (values->n == MAX_VALUES)
        return false;
    values->all[values->n++] = value;
    return true;
}

static uint64_t tagged(uint64_t object, uint32_t type)
{
    return (uint64_t)(int64_t)(int32_t)~type << 47 | object;
}

static bool runs_lua(const struct ffisan_vm *vm, uintptr_t thread)
{
    struct ffisan_frame_walk walk;
    struct ffisan_stack_frame frame;
    ffisan_frame_walk_init(&walk, vm, (const struct lj_thread *)thread);
    while (ffisan_frame_walk_next(&walk, &frame))
        if (frame.kind == FFISAN_FRAME_LUA || frame.kind == FFISAN_FRAME_VARARGS)
            return true;
    return false;
}

/* Threads that run, or wait for one that does, and userdata with a finalizer. */
static void add_object(void *context, const struct ffisan_slot_ref *ref)
{
    struct look *look = context;
    uint8_t type = ref->slot->type & FFISAN_SLOT_TYPE_MASK;
    if (ref->span->group == FFISAN_GROUP_INTERNAL)
        return;
    if (type == LJ_GCT_THREAD && ((const struct lj_thread *)ref->block)->cframe != 0) {
        add_value(&look->captured.roots, tagged(ref->block, LJ_GCT_THREAD));
        look->is_running |= runs_lua(&look->state->vm, ref->block);
    }
    if (type != LJ_GCT_UDATA)
        return;
    const struct lj_udata *udata = (const struct lj_udata *)ref->block;
    if (lj_tv_type(lj_table_field(lj_table_at(udata->metatable), "__gc")) != LJ_IT_NIL)
        add_value(&look->captured.awaiting, tagged(ref->block, LJ_GCT_UDATA));
}

/* The main function's variables, as far as they have not been collected. */
static void add_main_frame(struct look *look)
{
    struct ffisan_slot_ref ref;
    const uint64_t *slots;
    size_t n = ffisan_main_frame((const struct lj_thread *)look->state->L, &slots);
    for (size_t i = 0; i < n; i++)
        if (lj_tv_is_object(slots[i]) &&
            (!ffisan_heap_find(&look->state->heap, lj_tv_object(slots[i]), &ref) ||
             ffisan_slot_state(&ref) == FFISAN_SLOT_LIVE))
            add_value(&look->captured.roots, slots[i]);
}

/*
 * A collection that C has asked for when no function runs comes too late: an error has ended the
 * main function, and what it had may be gone.
 */
static bool add_roots(struct look *look)
{
    struct ffisan_captured *captured = &look->captured;
    look->is_running = runs_lua(captured->vm, (uintptr_t)look->state->L);
    captured->roots.all = look->values;
    captured->awaiting.all = look->values + MAX_VALUES;
    ffisan_heap_each_live(&look->state->heap, add_object, look);
    if (look->is_last)
        add_main_frame(look);
    return (look->is_last || look->is_running) && captured->roots.n < MAX_VALUES &&
           captured->awaiting.n < MAX_VALUES;
}

/* ---- What is lost ---------------------------------------------------------------------------- */

/*
 * The memory that matters.  What a pointer leads to may be gone by now, freed by hand, or there may
 * be nothing: then little is lost but the cdata.
 */
static bool find_memory(struct look *look, struct candidate *candidate)
{
    char first;
    struct ffisan_slot_ref ref;
    const struct lj_cdata *cdata = (const struct lj_cdata *)candidate->one->cdata;
    const struct ffisan_vm *vm = &look->state->vm;
    uintptr_t payload = (uintptr_t)cdata->payload;
    candidate->is_own = !ffisan_ctype_is_pointer(vm, cdata->ctypeid, NULL);
    candidate->from = candidate->is_own ? payload : *(const uintptr_t *)payload;
    candidate->to = candidate->from + 1;
    if (candidate->is_own) {
        if (!ffisan_heap_find(&look->state->heap, payload, &ref))
            return false;
        candidate->to = ref.block + ffisan_slot_size(&ref);
    } else if (ffisan_cheap_find(candidate->from, &ref)) {
        if (ffisan_slot_state(&ref) != FFISAN_SLOT_LIVE)
            return false;
        candidate->from = ref.block;
        candidate->to = ref.block + ffisan_slot_size(&ref);
    } else if (!ffisan_runtime.options.malloc || !ffisan_listed_is_certain() ||
               !ffisan_guard_copy(&first, (const void *)candidate->from, sizeof(first))) {
        return false;
    }
    return true;
}

static void add_candidates(struct look *look)
{
    const struct ffisan_finalizers *finalizers = &look->captured.finalizers;
    look->low = UINTPTR_MAX;
    for (uint32_t i = 0; i < finalizers->n && look->n_candidates < MAX_CANDIDATES; i++) {
        struct candidate candidate = {.one = &finalizers->all[i]};
        if (!ffisan_captured_is_lost(&look->captured, candidate.one) ||
            !find_memory(look, &candidate))
            continue;
        look->low = candidate.from < look->low ? candidate.from : look->low;
        look->high = candidate.to > look->high ? candidate.to : look->high;
        look->candidates[look->n_candidates++] = candidate;
    }
}

static void note_use(struct look *look, uintptr_t word)
{
    for (uint32_t i = 0; i < look->n_candidates; i++)
        if (word - look->candidates[i].from < look->candidates[i].to - look->candidates[i].from)
            look->candidates[i].is_used = true;
}

/* An object that is in reach keeps no other by an address, but somebody may go by it. */
static void search_holder(void *context, const struct ffisan_slot_ref *ref)
{
    struct look *look = context;
    const uintptr_t *words = (const uintptr_t *)ref->block;
    size_t n = ffisan_slot_size(ref) / sizeof(*words);
    uintptr_t object = ref->block, likely = 8u * (ref->slot->type >> FFISAN_SLOT_HEADER_SHIFT);
    bool is_asked = false;
    if ((ref->slot->type & FFISAN_SLOT_TYPE_MASK) == LJ_GCT_CDATA)
        object = (uintptr_t)lj_find_cdata(ref->block, ffisan_slot_size(ref), likely);
    for (size_t i = 0; i < n; i++) {
        if (words[i] - look->low >= look->high - look->low)
            continue;
        if (!is_asked && !ffisan_search_has(&look->captured.reached, object))
            return;
        is_asked = true;
        note_use(look, words[i]);
    }
}

/* Of those that are used and were not followed yet; NULL = none. */
static struct candidate *next_used(struct look *look)
{
    for (uint32_t i = 0; i < look->n_candidates; i++)
        if (look->candidates[i].is_used && !look->candidates[i].is_followed)
            return &look->candidates[i];
    return NULL;
}

/* What is used has addresses of others, perhaps: nodes of a list. */
static void follow_used(struct look *look)
{
    struct candidate *used;
    while ((used = next_used(look)) != NULL) {
        used->is_followed = true;
        for (uintptr_t at = used->from; at + 8 <= used->to; at += 8)
            note_use(look, *(const uintptr_t *)at);
    }
}

/* Objects of one kind, made in one place. */
static void add_to_group(struct look *look, const struct candidate *candidate)
{
    struct ffisan_slot_ref ref;
    const struct lj_func *function = (const void *)lj_tv_object(candidate->one->value);
    uint64_t code = function->gct == LJ_GCT_FUNC ? function->pc : 0;
    uint32_t made = 0;
    if (ffisan_heap_find(&look->state->heap, candidate->one->cdata, &ref))
        made = ref.slot->stack;
    for (uint32_t i = 0; i < look->n_groups; i++)
        if (look->groups[i].code == code && look->groups[i].made == made) {
            look->groups[i].n++;
            return;
        }
    if (look->n_groups < MAX_GROUPS)
        look->groups[look->n_groups++] = (struct ffisan_captured_group){
            .one = candidate->one, .code = code, .made = made, .n = 1};
}

static void search(void *argument)
{
    struct look *look = argument;
    bool is_certain;
    bool is_likely = ffisan_captured_is_likely(&look->captured, &is_certain);
    if ((!is_likely && (is_certain || !look->is_last)) || !add_roots(look) ||
        !ffisan_captured_search(&look->captured))
        return;
    add_candidates(look);
    if (look->n_candidates > 0)
        ffisan_heap_each_holder(&look->state->heap, search_holder, look);
    follow_used(look);
    look->is_found = true;
}

/*
 * Does C have an address of the object?  What a pointer leads to is C's anyway, and what the object
 * leads to, such as a stream that writes to it, goes with it.
 */
static bool is_known_to_c(const struct look *look, const struct candidate *candidate)
{
    struct ffisan_holder holder;
    struct ffisan_wanted wanted = {candidate->from, candidate->to, candidate->to, candidate->from,
                                   candidate->to};
    return candidate->is_own &&
           ffisan_keeper_in_c((uintptr_t)look->state->api->lua_newuserdata, &wanted, &holder);
}

static void report(struct look *look)
{
    for (uint32_t i = 0; i < look->n_candidates; i++)
        if (!look->candidates[i].is_used && !is_known_to_c(look, &look->candidates[i]))
            add_to_group(look, &look->candidates[i]);
    for (uint32_t i = 0; i < look->n_groups; i++)
        ffisan_captured_report(look->state, &look->captured, &look->groups[i]);
}

/* ---- When ------------------------------------------------------------------------------------ */

static void look_through(struct look *look)
{
    struct ffisan_captured *captured = &look->captured;
    captured->vm = &look->state->vm;
    captured->limit = look->is_last ? MOST_OBJECTS : MOST_WHILE_RUNNING;
    look->values = ffisan_pages_map(2 * MAX_VALUES * sizeof(*look->values));
    if (look->values && ffisan_captured_begin(captured) && ffisan_guard_run(search, look) &&
        look->is_found)
        report(look);
    ffisan_captured_fini(captured);
    if (look->values)
        ffisan_pages_unmap(look->values, 2 * MAX_VALUES * sizeof(*look->values));
}

/* Between instructions of Lua the VM's books are as they should be. */
static bool stands_still(const struct ffisan_state *state)
{
    return state->vmstate && *state->vmstate == LJ_VMST_C &&
           ffisan_vm_word(&state->vm, state->vm.layout.jit_base) == 0;
}

static void look_now(struct ffisan_state *state, bool is_last)
{
    if (!ffisan_runtime.options.leaks || state->is_closing || ffisan_thread.is_busy ||
        !ffisan_finalizers_table(&state->vm) || !stands_still(state))
        return;
    struct look *look = ffisan_pages_map(sizeof(*look));
    if (look && ffisan_lock_take(&ffisan_runtime.lock)) {
        ffisan_thread.is_busy = true;
        ffisan_state_classify_pending(state);
        look->state = state;
        look->is_last = is_last;
        look_through(look);
        ffisan_thread.is_busy = false;
        ffisan_lock_give(&ffisan_runtime.lock);
    }
    if (look)
        ffisan_pages_unmap(look, sizeof(*look));
}

void ffisan_captured_after_cycle(struct ffisan_state *state)
{
    enum { FIRST_MASK = 1 }; /* of the table when it is made */
    const struct lj_tab *table = ffisan_finalizers_table(&state->vm);
    if (!table || state->is_ending || table->hmask <= FIRST_MASK ||
        table->hmask <= state->finalizers_seen)
        return;
    state->finalizers_seen = table->hmask;
    look_now(state, false);
}

void ffisan_captured_ending(struct ffisan_state *state)
{
    look_now(state, true);
}

static struct ffisan_state *state_here(void)
{
    struct ffisan_state *state = ffisan_thread_state();
    if (state || !ffisan_lock_take(&ffisan_runtime.lock))
        return state;
    for (state = ffisan_runtime.states; state; state = state->next)
        if (pthread_equal(state->thread, pthread_self()))
            break;
    ffisan_lock_give(&ffisan_runtime.lock);
    return state;
}

/* Does C code have control, with no Lua function below it? */
static bool is_between_chunks(const struct ffisan_state *state)
{
    const struct ffisan_vm *vm = &state->vm;
    return stands_still(state) && ffisan_vm_word(vm, vm->layout.cur_L) == (uintptr_t)state->L &&
           !runs_lua(vm, (uintptr_t)state->L);
}

static void signal_is_set(void)
{
    struct ffisan_state *state = ffisan_runtime.states ? state_here() : NULL;
    if (state && is_between_chunks(state))
        look_now(state, true);
}

void ffisan_captured_watch(void)
{
    ffisan_signals_told = signal_is_set;
}

/* A program that ends by exit does not close its states. */
__attribute__((destructor)) static void at_exit(void)
{
    struct ffisan_state *state = ffisan_runtime.states ? state_here() : NULL;
    if (state && !state->is_ending)
        look_now(state, true);
}
