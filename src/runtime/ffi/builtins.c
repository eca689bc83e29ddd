/* SPDX-License-Identifier: MIT */
/*
 * All objects are found in raw memory.  Lua code could have hidden them behind other tables, but
 * not before the library was opened, and that is when we look.
 */
#include "runtime/ffi/builtins.h"

#include "runtime/cmem/finalizer.h"
#include "runtime/ffi/places.h"
#include "runtime/state.h"
#include "runtime/vm/ffiplaces.h"
#include "runtime/vm/luaframe.h"
#include "runtime/vm/table.h"

#define MAX_WATCHERS 4
#define MAX_METATABLES 48 /* entries of gcroot that are looked at */

enum where { IN_FFI, IN_CDATA, IN_NAMESPACE, IN_CALLBACK, IN_OS, IN_PRELOAD, N_PLACES };

static const struct place {
    enum where where;
    const char *name;
} places[FFISAN_N_BUILTINS] = {
#define FFISAN_BUILTIN(id, table, name) {IN_##table, name},
    FFISAN_BUILTIN_LIST
#undef FFISAN_BUILTIN
};

struct watchers {
    ffisan_builtin_fn before[MAX_WATCHERS], after[MAX_WATCHERS];
    unsigned n_before, n_after;
    bool wants_all; /* not only calls with functions or tables */
};
static struct watchers watchers[FFISAN_N_BUILTINS]; /* complete before the first state */
static struct watchers samplers[FFISAN_N_BUILTINS]; /* told of calls that are due */

/* Set for good by the first who asks, to the same by all. */
static struct {
    ffisan_builtin_note_fn note; /* NULL: nobody asks */
    ffisan_builtin_fn before, after;
    const struct ffisan_state *state; /* the only one, or NULL */
    bool is_always, wants_finalizers;
} asker;

/* Set for good by the first who chooses, to the same by all. */
static struct {
    bool (*chooses)(lua_State *L); /* NULL: nobody does */
    ffisan_builtin_fn before;
} chooser;

/*
 * As long as this word is small nobody is asked: the threshold of the only state's collector, which
 * is large while a finalizer runs.
 */
static const uint64_t never, always = UINT64_MAX;
static const uint64_t *asked = &never;

#define FIRST_CALLS 64u /* of a place: told of all */
#define SOME_CALLS 4096u
#define SAMPLE 32u       /* one in so many up to SOME_CALLS */
#define LATE_SAMPLE 128u /* and after those */
static void (*place_is_reached)(lua_State *L);
struct ffisan_place_count ffisan_place_counts[FFISAN_PLACES];

static const uint8_t uses[FFISAN_N_BUILTINS] = {
    [FFISAN_BUILTIN_CDATA_INDEX] = FFISAN_FFI_ACCESS,
    [FFISAN_BUILTIN_CDATA_NEWINDEX] = FFISAN_FFI_ACCESS,
    [FFISAN_BUILTIN_CDATA_CALL] = FFISAN_FFI_CALL,
    [FFISAN_BUILTIN_STRING] = FFISAN_FFI_BUILTIN,
    [FFISAN_BUILTIN_COPY] = FFISAN_FFI_BUILTIN,
    [FFISAN_BUILTIN_FILL] = FFISAN_FFI_BUILTIN,
};

/*
 * The original where no state is at hand.  A second LuaJIT in the process has others: then
 * `several` is set for good, and the state is looked up always.
 */
static lua_CFunction any_original[FFISAN_N_BUILTINS];
static bool several;

/* ---- A call ---------------------------------------------------------------------------------- */

static uint64_t base_of(const lua_State *L)
{
    return ((const struct lj_thread *)L)->base;
}

size_t ffisan_builtin_n_values(const struct ffisan_builtin_call *call)
{
    return (((const struct lj_thread *)call->L)->top - base_of(call->L)) / 8;
}

uint64_t ffisan_builtin_value(const struct ffisan_builtin_call *call, size_t position)
{
    if (position >= ffisan_builtin_n_values(call))
        return UINT64_MAX;
    return ((const uint64_t *)base_of(call->L))[position];
}

void *ffisan_builtin_cdata(const struct ffisan_builtin_call *call, size_t position,
                           uint16_t *ret_ctypeid)
{
    uint64_t value = ffisan_builtin_value(call, position);
    if (lj_tv_type(value) != LJ_GCT_CDATA)
        return NULL;
    struct lj_cdata *cdata = (struct lj_cdata *)lj_tv_object(value);
    *ret_ctypeid = cdata->ctypeid;
    return cdata->payload;
}

/* The function that runs lies in the heap of its state, but for what is older than our heap. */
static struct ffisan_state *state_of(lua_State *L)
{
    uint64_t function = ((const uint64_t *)base_of(L))[-2];
    struct ffisan_state *state = ffisan_state_owning(lj_tv_object(function));
    return state ? state : ffisan_state_find(L);
}

static bool has_function_or_table(const lua_State *L)
{
    const struct lj_thread *thread = (const struct lj_thread *)L;
    bool found = false;
    for (uint64_t at = thread->base; at < thread->top; at += 8) {
        uint32_t type = lj_tv_type(*(const uint64_t *)at);
        found |= type == LJ_GCT_FUNC || type == LJ_GCT_TAB;
    }
    return found;
}

static void tell(const ffisan_builtin_fn *told, unsigned n, const struct ffisan_builtin_call *call)
{
    for (unsigned i = 0; i < n; i++)
        told[i](call);
}

/* Who else is told of a call. */
struct told {
    bool is_due;    /* those who want samples */
    bool is_wanted; /* the asker */
    bool is_chosen; /* the chooser */
};

static int told_call(lua_State *L, enum ffisan_builtin builtin, struct told also)
{
    const struct watchers *told = &watchers[builtin], *sampling = &samplers[builtin];
    struct ffisan_builtin_kept kept;
    struct ffisan_builtin_call call = {
        .state = state_of(L), .L = L, .builtin = builtin, .kept = &kept};
    kept.n_blocks = 0;
    kept.n_initial = 0;
    kept.n_text = 0;
    kept.text_block = 0;
    kept.result = 0;
    kept.cast_from = FFISAN_CAST_OTHER;
    kept.has_text_last = false;
    kept.callee = 0;
    kept.question.function = 0;
    if (!call.state || !call.state->builtins.original[builtin])
        return any_original[builtin](L);
    ffisan_builtin_forget_ended(call.state, L, (uintptr_t)__builtin_frame_address(0));
    tell(told->before, told->n_before, &call);
    if (also.is_due)
        tell(sampling->before, sampling->n_before, &call);
    if (also.is_wanted)
        asker.before(&call);
    if (also.is_chosen)
        chooser.before(&call);
    lua_CFunction original = call.state->builtins.original[builtin];
    if (told->n_after + (also.is_due ? sampling->n_after : 0) + also.is_wanted == 0)
        return original(L);
    int n_results = original(L);
    if (also.is_wanted)
        asker.after(&call);
    tell(told->after, told->n_after, &call);
    if (also.is_due)
        tell(sampling->after, sampling->n_after, &call);
    return n_results;
}

/*
 * The instruction that the function returns to, as a number: of the caller's bytecode, or behind
 * the frame that a metamethod continues with (lj_frame.h, frame_contpc).
 */
static inline uint64_t place_of(const lua_State *L)
{
    const uint64_t *base = (const uint64_t *)base_of(L);
    return lj_base_type(base) == LJ_FRAME_CONT ? base[-3] : base[-1];
}

uint64_t ffisan_builtin_place(const struct ffisan_builtin_call *call)
{
    return place_of(call->L);
}

/* The C function that a cdata is, or leads to. */
static uintptr_t callee_of(const lua_State *L, enum ffisan_builtin builtin)
{
    const struct lj_thread *thread = (const struct lj_thread *)L;
    uint64_t value = thread->top > thread->base ? *(const uint64_t *)thread->base : UINT64_MAX;
    uintptr_t address;
    if (builtin != FFISAN_BUILTIN_CDATA_CALL || lj_tv_type(value) != LJ_GCT_CDATA)
        return 0;
    memcpy(&address, ((const struct lj_cdata *)lj_tv_object(value))->payload, sizeof(address));
    return address;
}

/* The first calls of each place, then one in so many: what was right so often will be again. */
static inline bool is_due(lua_State *L, enum ffisan_builtin builtin)
{
    uint64_t place = place_of(L);
    uint32_t count = ffisan_places_count(place);
    if (__builtin_expect(count <= FIRST_CALLS && uses[builtin] != 0, 0))
        ffisan_ffiplaces_note((enum ffisan_ffi_use)uses[builtin], place, callee_of(L, builtin));
    if (__builtin_expect(count == 1, 0) && place_is_reached)
        place_is_reached(L);
    return count <= FIRST_CALLS || count % (count <= SOME_CALLS ? SAMPLE : LATE_SAMPLE) == 0;
}

/* Not a C function that is a finalizer, unless these are wanted, too. */
static __attribute__((noinline)) bool is_wanted(lua_State *L, enum ffisan_builtin builtin)
{
    if (!asker.wants_finalizers && lj_base_is_protected((const uint64_t *)base_of(L)))
        return false;
    struct ffisan_state *state = state_of(L);
    return state && (asker.is_always || ffisan_finalizer_runs(state)) &&
           asker.note(state, L, builtin);
}

static inline int watched_call(lua_State *L, enum ffisan_builtin builtin)
{
    bool due = samplers[builtin].wants_all && is_due(L, builtin);
    bool wanted = uses[builtin] != 0 && *asked >= FFISAN_GC_STOPPED && is_wanted(L, builtin);
    bool chosen = builtin == FFISAN_BUILTIN_CDATA_NEWINDEX && chooser.chooses && chooser.chooses(L);
    if (!due && !wanted && !chosen && !watchers[builtin].wants_all && !several &&
        ffisan_builtin_n_running == 0 && !has_function_or_table(L))
        return any_original[builtin](L);
    return told_call(L, builtin, (struct told){due, wanted, chosen});
}

#define FFISAN_BUILTIN(id, table, name)                                                            \
    static int call_##id(lua_State *L)                                                             \
    {                                                                                              \
        return watched_call(L, FFISAN_BUILTIN_##id);                                               \
    }
FFISAN_BUILTIN_LIST
#undef FFISAN_BUILTIN

static const lua_CFunction replacements[FFISAN_N_BUILTINS] = {
#define FFISAN_BUILTIN(id, table, name) call_##id,
    FFISAN_BUILTIN_LIST
#undef FFISAN_BUILTIN
};

/* ---- Finding them ---------------------------------------------------------------------------- */

static const struct lj_tab *registry_table(const struct ffisan_state *state, const char *name)
{
    const struct ffisan_vm *vm = &state->vm;
    if (vm->layout.registry == FFISAN_NO_OFFSET)
        return NULL;
    return lj_table_of(lj_table_field(lj_table_of(ffisan_vm_word(vm, vm->layout.registry)), name));
}

/* A function of the VM's that is called through its address (ffid: C functions are 1). */
static struct lj_func *c_function(uint64_t value)
{
    struct lj_func *function = (struct lj_func *)lj_tv_object(value);
    return lj_tv_type(value) == LJ_GCT_FUNC && function->ffid >= 1 ? function : NULL;
}

/* Of the metatables of basic types, that of cdata. */
static const struct lj_tab *cdata_metatable(const struct ffisan_state *state)
{
    const struct ffisan_layout *layout = &state->vm.layout;
    if (layout->gcroot == FFISAN_NO_OFFSET)
        return NULL;
    const uint64_t *roots = (const uint64_t *)(state->vm.g + layout->gcroot);
    for (unsigned i = 0; i < layout->n_gcroot && i < MAX_METATABLES; i++) {
        const struct lj_tab *tab = lj_table_at(roots[i]);
        if (c_function(lj_table_field(tab, "__call")) &&
            c_function(lj_table_field(tab, "__newindex")) &&
            c_function(lj_table_field(tab, "__concat")))
            return tab;
    }
    return NULL;
}

static const struct lj_tab *namespace_metatable(const struct lj_tab *ffi)
{
    uint64_t value = lj_table_field(ffi, "C");
    if (lj_tv_type(value) != LJ_GCT_UDATA)
        return NULL;
    const struct lj_udata *udata = (const struct lj_udata *)lj_tv_object(value);
    return udata->udtype == LJ_UDTYPE_FFI_CLIB ? lj_table_at(udata->metatable) : NULL;
}

/* Methods of callbacks have a table of their own, under the key "" (luaopen_ffi). */
static const struct lj_tab *callback_methods(const struct ffisan_state *state)
{
    const struct ffisan_layout *layout = &state->vm.layout;
    uintptr_t types = ffisan_vm_word(&state->vm, layout->ctype_state);
    if (!types || layout->callbacks.miscmap == FFISAN_NO_OFFSET)
        return NULL;
    uint64_t miscmap;
    memcpy(&miscmap, (const void *)(types + layout->callbacks.miscmap), sizeof(miscmap));
    return lj_table_of(lj_table_field(lj_table_at(miscmap), ""));
}

static void replace(struct ffisan_state *state, const struct lj_tab *tab,
                    enum ffisan_builtin builtin)
{
    struct lj_func *function = c_function(lj_table_field(tab, places[builtin].name));
    if (!function || function->u.c.f == (uint64_t)replacements[builtin])
        return;
    state->builtins.original[builtin] = (lua_CFunction)function->u.c.f;
    if (any_original[builtin] && any_original[builtin] != state->builtins.original[builtin])
        several = true;
    else
        any_original[builtin] = state->builtins.original[builtin];
    function->u.c.f = (uint64_t)replacements[builtin];
}

static bool is_watched(enum ffisan_builtin builtin)
{
    return watchers[builtin].n_before + watchers[builtin].n_after > 0 ||
           samplers[builtin].wants_all;
}

static void replace_all(struct ffisan_state *state, const struct lj_tab *const tables[N_PLACES])
{
    if (!state->vm.layout.functions_are_known)
        return;
    for (unsigned i = 0; i < FFISAN_N_BUILTINS; i++)
        if (tables[places[i].where] && is_watched((enum ffisan_builtin)i))
            replace(state, tables[places[i].where], (enum ffisan_builtin)i);
}

static const struct lj_tab *loaded(const struct ffisan_state *state, const char *name)
{
    return lj_table_of(lj_table_field(registry_table(state, "_LOADED"), name));
}

static void find_in(struct ffisan_state *state, const struct lj_tab *ffi)
{
    const struct lj_tab *const tables[N_PLACES] = {
        [IN_FFI] = ffi,
        [IN_CDATA] = cdata_metatable(state),
        [IN_NAMESPACE] = namespace_metatable(ffi),
        [IN_CALLBACK] = callback_methods(state),
        [IN_OS] = loaded(state, "os"),
    };
    replace_all(state, tables);
    state->builtins.is_found = true;
}

/* luaopen_ffi returns the library, and has just made all of it. */
static void ffi_was_opened(const struct ffisan_builtin_call *call)
{
    size_t n = ffisan_builtin_n_values(call);
    const struct lj_tab *ffi = n ? lj_table_of(ffisan_builtin_value(call, n - 1)) : NULL;
    if (ffi)
        find_in(call->state, ffi);
}

static void add(struct watchers *told, ffisan_builtin_fn before, ffisan_builtin_fn after)
{
    if (watchers[FFISAN_BUILTIN_OPEN].n_after == 0)
        watchers[FFISAN_BUILTIN_OPEN] =
            (struct watchers){.after = {ffi_was_opened}, .n_after = 1, .wants_all = true};
    if (before && told->n_before < MAX_WATCHERS)
        told->before[told->n_before++] = before;
    if (after && told->n_after < MAX_WATCHERS)
        told->after[told->n_after++] = after;
}

void ffisan_builtins_watch(enum ffisan_builtin builtin, ffisan_builtin_fn before,
                           ffisan_builtin_fn after)
{
    watchers[builtin].wants_all = true;
    add(&watchers[builtin], before, after);
}

void ffisan_builtins_watch_functions(enum ffisan_builtin builtin, ffisan_builtin_fn before,
                                     ffisan_builtin_fn after)
{
    add(&watchers[builtin], before, after);
}

void ffisan_builtins_watch_samples(enum ffisan_builtin builtin, ffisan_builtin_fn before,
                                   ffisan_builtin_fn after)
{
    samplers[builtin].wants_all = true;
    add(&samplers[builtin], before, after);
}

void ffisan_builtins_watch_places(void (*reached)(lua_State *L))
{
    place_is_reached = reached;
}

void ffisan_builtins_note_finalizers(void)
{
    asker.wants_finalizers = true;
}

bool ffisan_builtin_is(const uint64_t *base, enum ffisan_builtin builtin)
{
    uint64_t value = lj_base_function(base);
    const struct lj_func *function = (const struct lj_func *)lj_tv_object(value);
    return lj_tv_type(value) == LJ_GCT_FUNC && function->ffid >= 1 &&
           function->u.c.f == (uint64_t)replacements[builtin];
}

void ffisan_builtins_note_always(void)
{
    asker.is_always = true;
    asked = &always;
}

void ffisan_builtins_note(const struct ffisan_state *state, ffisan_builtin_note_fn note,
                          ffisan_builtin_fn before, ffisan_builtin_fn after)
{
    asker.before = before;
    asker.after = after;
    asker.note = note;
    if (asked == &never) {
        asker.state = state;
        asked = (const uint64_t *)(state->vm.g + state->vm.layout.gc_threshold);
    } else if (asker.state != state) {
        asked = &always;
    }
}

void ffisan_builtins_choose(bool (*chooses)(lua_State *L), ffisan_builtin_fn before)
{
    chooser.before = before;
    __atomic_store_n(&chooser.chooses, chooses, __ATOMIC_RELEASE);
}

void ffisan_builtins_forget(const struct ffisan_state *state)
{
    if (asker.state == state && asked != &always)
        asked = &never;
}

void ffisan_builtins_opened(struct ffisan_state *state)
{
    const struct lj_tab *const preload[N_PLACES] = {[IN_PRELOAD] =
                                                        registry_table(state, "_PRELOAD")};
    replace_all(state, preload);
    ffisan_builtins_poll(state);
}

void ffisan_builtins_poll(struct ffisan_state *state)
{
    if (state->builtins.is_found || !ffisan_vm_word(&state->vm, state->vm.layout.ctype_state))
        return;
    const struct lj_tab *ffi = loaded(state, "ffi");
    if (ffi)
        find_in(state, ffi);
}
