/* SPDX-License-Identifier: MIT */
/*
 * Each word is found by making it change or by knowing its value: the allocator that we set, the
 * state that runs, the threshold that LUA_GCSTOP lifts, the trace state while a loop is recorded.
 * All of it happens in a scratch state, so the program's own state notices nothing.
 *
 * The order of neighbours inside GCState (total, threshold, ... root, ... stepmul) has not changed
 * since 2.1.0-beta3 (lj_obj.h); it is used as a first guess and checked all the same.
 */
#include "runtime/vm/layout.h"

#include "base/pages.h"
#include "runtime/vm/api.h"
#include "runtime/vm/layout_ffi.h"
#include "runtime/vm/liveness.h"

#include <errno.h>

#define G_BYTES 800    /* global_State is 496 to 760 bytes long */
#define GG_BYTES 2400  /* what is searched for words of jit_State behind it */
#define MAX_SAMPLES 16 /* candidates kept of one kind */
#define ARENA_BYTES (8u << 20)

struct probe {
    const struct ffisan_api *api;
    lua_State *L;
    uintptr_t g;
    struct ffisan_layout *layout;
    char *arena; /* everything that the scratch state allocates, so that pointers can be checked */
    size_t arena_used;
    lua_State *coroutine;
    uint16_t vmstate_candidates[MAX_SAMPLES];
    unsigned n_vmstate;
    /* while a loop runs: int32 words that were seen in "recording" */
    uint8_t recording_seen[GG_BYTES / 4];
    uint8_t recording_wrong[GG_BYTES / 4];
    bool jit_base_seen;
    uint16_t jit_base;
};

static struct probe *the_probe; /* guarded by the caller of ffisan_layout_probe */

static uint64_t word_at(const struct probe *probe, size_t offset)
{
    uint64_t word;
    memcpy(&word, (const void *)(probe->g + offset), sizeof(word));
    return word;
}

static int32_t int_at(const struct probe *probe, size_t offset)
{
    int32_t word;
    memcpy(&word, (const void *)(probe->g + offset), sizeof(word));
    return word;
}

/* Offset of the first word with this value, or FFISAN_NO_OFFSET. */
static uint16_t find_word(const struct probe *probe, uint64_t value, size_t from)
{
    for (size_t offset = from; offset < G_BYTES; offset += 8)
        if (word_at(probe, offset) == value)
            return (uint16_t)offset;
    return FFISAN_NO_OFFSET;
}

/* Never frees: the arena is unmapped as a whole. */
static void *arena_alloc(void *ud, void *p, size_t osize, size_t nsize)
{
    struct probe *probe = ud;
    size_t need = (nsize + 15) & ~(size_t)15;
    if (nsize == 0 || need > ARENA_BYTES - probe->arena_used)
        return NULL;
    char *block = probe->arena + probe->arena_used;
    probe->arena_used += need;
    if (p)
        memcpy(block, p, osize < nsize ? osize : nsize);
    return block;
}

/* May `size` bytes at an address be read as an object? */
static bool in_arena(const struct probe *probe, uint64_t address, size_t size)
{
    uint64_t offset = address - (uint64_t)probe->arena;
    return address % 8 == 0 && offset < probe->arena_used && size <= probe->arena_used - offset;
}

static bool find_allocator(struct probe *probe)
{
    for (size_t offset = 0; offset < 64; offset += 8)
        if (word_at(probe, offset) == (uint64_t)arena_alloc &&
            word_at(probe, offset + 8) == (uint64_t)probe) {
            probe->layout->allocf = (uint16_t)offset;
            return true;
        }
    return false;
}

static bool find_gc(struct probe *probe)
{
    const struct ffisan_api *api = probe->api;
    struct ffisan_layout *layout = probe->layout;
    uint16_t total = (uint16_t)(layout->allocf + 16);
    uint64_t bytes = ((uint64_t)api->lua_gc(probe->L, LUA_GCCOUNT, 0) << 10) +
                     (uint64_t)api->lua_gc(probe->L, LUA_GCCOUNTB, 0);
    if (word_at(probe, total) != bytes)
        return false;
    api->lua_gc(probe->L, LUA_GCSTOP, 0);
    uint64_t stopped = word_at(probe, total + 8);
    api->lua_gc(probe->L, LUA_GCRESTART, 0);
    if (stopped < UINT64_C(1) << 40 || word_at(probe, total + 8) != bytes)
        return false;
    layout->gc_total = total;
    layout->gc_threshold = (uint16_t)(total + 8);
    layout->gc_state = (uint16_t)(total + 17);
    layout->gc_root = (uint16_t)(total + 24);
    api->lua_createtable(probe->L, 0, 0);
    bool root_ok = word_at(probe, layout->gc_root) == (uint64_t)api->lua_topointer(probe->L, -1);
    api->lua_settop(probe->L, -2);
    int old = api->lua_gc(probe->L, LUA_GCSETSTEPMUL, 0x5a5a5);
    layout->gc_stepmul = FFISAN_NO_OFFSET;
    for (uint16_t offset = total; offset < total + 128; offset += 4)
        if (int_at(probe, offset) == 0x5a5a5)
            layout->gc_stepmul = offset;
    api->lua_gc(probe->L, LUA_GCSETSTEPMUL, old);
    return root_ok && layout->gc_stepmul != FFISAN_NO_OFFSET;
}

/* Runs in a coroutine: cur_L is that coroutine, vmstate is ~LJ_VMST_C. */
static int look_from_coroutine(lua_State *L)
{
    struct probe *probe = the_probe;
    probe->coroutine = L;
    probe->layout->cur_L = find_word(probe, (uint64_t)L, 0);
    for (size_t offset = 0; offset < G_BYTES && probe->n_vmstate < MAX_SAMPLES; offset += 4)
        if (int_at(probe, offset) == LJ_VMST_C)
            probe->vmstate_candidates[probe->n_vmstate++] = (uint16_t)offset;
    return 0;
}

/* Of the candidates, the one that says "interpreter" while Lua code allocates. */
static void *keep_interpreter_words(void *ud, void *p, size_t osize, size_t nsize)
{
    struct probe *probe = ud;
    unsigned kept = 0;
    for (unsigned i = 0; i < probe->n_vmstate; i++)
        if (int_at(probe, probe->vmstate_candidates[i]) == LJ_VMST_INTERP)
            probe->vmstate_candidates[kept++] = probe->vmstate_candidates[i];
    if (kept > 0)
        probe->n_vmstate = kept;
    return arena_alloc(ud, p, osize, nsize);
}

static bool run(struct probe *probe, const char *code)
{
    const struct ffisan_api *api = probe->api;
    if (api->luaL_loadbuffer(probe->L, code, strlen(code), "=ffisan") != 0)
        return false;
    return api->lua_pcall(probe->L, 0, 0, 0) == 0;
}

static void find_running(struct probe *probe)
{
    const struct ffisan_api *api = probe->api;
    struct ffisan_layout *layout = probe->layout;
    lua_State *coroutine = api->lua_newthread(probe->L);
    api->lua_pushcclosure(coroutine, look_from_coroutine, 0);
    api->lua_resume(coroutine, 0);
    api->lua_settop(probe->L, 0);
    if (probe->coroutine != coroutine)
        layout->cur_L = FFISAN_NO_OFFSET;
    api->lua_setallocf(probe->L, keep_interpreter_words, probe);
    run(probe, "local t = {} t[1] = {}");
    api->lua_setallocf(probe->L, arena_alloc, probe);
    layout->vmstate = probe->n_vmstate == 1 ? probe->vmstate_candidates[0] : FFISAN_NO_OFFSET;
}

static void find_roots(struct probe *probe)
{
    const struct ffisan_api *api = probe->api;
    struct ffisan_layout *layout = probe->layout;
    layout->mainthref = find_word(probe, (uint64_t)probe->L, layout->gc_total + 96u);
    api->lua_pushvalue(probe->L, LUA_REGISTRYINDEX);
    uint64_t registry = (uint64_t)api->lua_topointer(probe->L, -1);
    api->lua_settop(probe->L, 0);
    uint64_t tagged = ((uint64_t)(int64_t)~LJ_GCT_TAB << 47) | registry;
    layout->registry = find_word(probe, tagged, 0);
}

static bool is_string(const struct probe *probe, uint64_t object, const char *text)
{
    const struct lj_str *string = (const struct lj_str *)object;
    return in_arena(probe, object, sizeof(*string)) && string->gct == LJ_GCT_STR &&
           string->len == strlen(text) && memcmp(string->data, text, string->len) == 0;
}

/* Metamethod names come first in gcroot, then 14 base metatables and the two default files. */
static void find_gcroot(struct probe *probe)
{
    struct ffisan_layout *layout = probe->layout;
    probe->api->lua_pushstring(probe->L, "__index");
    probe->api->lua_pushstring(probe->L, "__newindex");
    size_t size;
    uint64_t index = (uint64_t)probe->api->lua_tolstring(probe->L, -2, &size) - 24;
    uint64_t newindex = (uint64_t)probe->api->lua_tolstring(probe->L, -1, &size) - 24;
    probe->api->lua_settop(probe->L, 0);
    layout->gcroot = FFISAN_NO_OFFSET;
    for (size_t offset = 0; offset + 8 < GG_BYTES; offset += 8)
        if (word_at(probe, offset) == index && word_at(probe, offset + 8) == newindex) {
            layout->gcroot = (uint16_t)offset;
            break;
        }
    if (layout->gcroot == FFISAN_NO_OFFSET)
        return;
    uint16_t n = 0;
    while (n < 32) {
        uint64_t name = word_at(probe, layout->gcroot + 8u * n);
        if (!in_arena(probe, name, sizeof(struct lj_str)) ||
            ((const struct lj_str *)name)->gct != LJ_GCT_STR)
            break;
        n++;
    }
    layout->n_gcroot = (uint16_t)(n + 14 + 2);
}

/* Called for each allocation of a loop that gets hot: recorded, then compiled. */
static void *watch_loop(void *ud, void *p, size_t osize, size_t nsize)
{
    struct probe *probe = ud;
    const struct ffisan_layout *layout = probe->layout;
    int32_t vmstate = int_at(probe, layout->vmstate);
    if (vmstate == LJ_VMST_INTERP || vmstate == LJ_VMST_C)
        for (unsigned i = layout->cur_L / 4u; i < GG_BYTES / 4; i++) {
            int32_t value = int_at(probe, 4u * i);
            if (value != 0 && (value < 0x10 || value > 0x1f))
                probe->recording_wrong[i] = 1;
            else if (value != 0)
                probe->recording_seen[i] = 1;
        }
    if (vmstate > 0 && !probe->jit_base_seen) {
        const struct lj_thread *thread = (const struct lj_thread *)probe->L;
        for (unsigned offset = layout->cur_L + 8u; offset < layout->cur_L + 64u; offset += 8) {
            uint64_t value = word_at(probe, offset);
            if (value > thread->stack && value < thread->maxstack && !probe->jit_base_seen) {
                probe->jit_base = (uint16_t)offset;
                probe->jit_base_seen = true;
            }
        }
    }
    return arena_alloc(ud, p, osize, nsize);
}

/* Two loops, so that "recording" is seen twice; both make tables that cannot be sunk. */
static const char hot_loops[] =
    "local jit = jit if not jit or not jit.status() then return end "
    "local keep = {} "
    "for i = 1, 200 do keep[i % 8] = { i } end "
    "for i = 1, 200 do keep[i % 8] = { i, i } end ";

static void find_jit(struct probe *probe)
{
    const struct ffisan_api *api = probe->api;
    struct ffisan_layout *layout = probe->layout;
    layout->jit_base = layout->jit_tracestate = layout->jit_traces = FFISAN_NO_OFFSET;
    if (layout->vmstate == FFISAN_NO_OFFSET || layout->cur_L == FFISAN_NO_OFFSET)
        return;
    api->lua_setallocf(probe->L, watch_loop, probe);
    run(probe, hot_loops);
    api->lua_setallocf(probe->L, arena_alloc, probe);
    if (probe->jit_base_seen && word_at(probe, probe->jit_base) == 0)
        layout->jit_base = probe->jit_base;
    unsigned n_found = 0;
    for (unsigned i = layout->cur_L / 4u; i < GG_BYTES / 4; i++)
        if (probe->recording_seen[i] && !probe->recording_wrong[i] && int_at(probe, 4u * i) == 0) {
            layout->jit_tracestate = (uint16_t)(4u * i);
            n_found++;
        }
    if (n_found != 1)
        layout->jit_tracestate = FFISAN_NO_OFFSET;
}

/* The array of traces: entry 1 is a trace that says that it is number 1. */
static void find_traces(struct probe *probe)
{
    struct ffisan_layout *layout = probe->layout;
    unsigned from = layout->jit_tracestate;
    if (from == FFISAN_NO_OFFSET)
        return;
    for (unsigned offset = (from + 7) & ~7u; offset < GG_BYTES; offset += 8) {
        uint64_t array = word_at(probe, offset);
        if (!in_arena(probe, array, 16))
            continue;
        uint64_t first;
        memcpy(&first, (const void *)(array + 8), sizeof(first));
        const struct lj_trace *trace = (const struct lj_trace *)first;
        if (in_arena(probe, first, sizeof(*trace)) && trace->gct == LJ_GCT_TRACE &&
            trace->traceno == 1) {
            layout->jit_traces = (uint16_t)offset;
            return;
        }
    }
}

static bool is_type_table(const struct probe *probe, uint64_t address)
{
    const struct lj_ctype_state *types = (const struct lj_ctype_state *)address;
    if (!in_arena(probe, address, sizeof(*types)) || types->top < 64 ||
        types->top > types->sizetab ||
        !in_arena(probe, types->tab, types->sizetab * sizeof(struct lj_ctype)))
        return false;
    const struct lj_ctype *all = (const struct lj_ctype *)types->tab;
    for (uint32_t id = types->top; id-- > types->top - 8;)
        if (is_string(probe, all[id].name, "ffisan_probe_s"))
            return true;
    return false;
}

/* Right behind jit_base, or behind Tarantool's mem_L. Null before the ffi library is loaded. */
static void find_ctypes(struct probe *probe)
{
    struct ffisan_layout *layout = probe->layout;
    layout->ctype_state = FFISAN_NO_OFFSET;
    if (layout->cur_L == FFISAN_NO_OFFSET)
        return;
    bool was_null[8];
    for (unsigned i = 0; i < 8; i++)
        was_null[i] = word_at(probe, layout->cur_L + 8 * (i + 1)) == 0;
    if (!run(probe, "require('ffi').cdef 'struct ffisan_probe_s { int x; };'"))
        return;
    for (unsigned i = 0; i < 8; i++) {
        unsigned offset = layout->cur_L + 8 * (i + 1);
        if (was_null[i] && is_type_table(probe, word_at(probe, offset))) {
            layout->ctype_state = (uint16_t)offset;
            return;
        }
    }
}

/* Is it a table in which the cdata has the function? */
static bool is_finalizer_table(const struct probe *probe, uint64_t address, uint64_t cdata,
                               uint64_t function)
{
    const struct lj_tab *tab = (const struct lj_tab *)address;
    if (!in_arena(probe, address, sizeof(*tab)) || tab->gct != LJ_GCT_TAB ||
        !in_arena(probe, tab->node, (tab->hmask + UINT64_C(1)) * sizeof(struct lj_node)))
        return false;
    const struct lj_node *node = (const struct lj_node *)tab->node;
    for (uint64_t i = 0; i <= tab->hmask; i++)
        if (lj_tv_type(node[i].key) == LJ_GCT_CDATA && lj_tv_object(node[i].key) == cdata &&
            lj_tv_type(node[i].val) == LJ_GCT_FUNC && lj_tv_object(node[i].val) == function)
            return true;
    return false;
}

/* A cdata gets a finalizer. The table lies in CTState, or, since 2023, in gcroot. */
static void find_finalizers(struct probe *probe)
{
    enum { TYPES_FIRST = 16, TYPES_LAST = 320, MORE_ROOTS = 4 };
    static const char set_one[] =
        "local p = require('ffi').new('int[1]') "
        "local f = function() end require('ffi').gc(p, f) return p, f";
    const struct ffisan_api *api = probe->api;
    struct ffisan_layout *layout = probe->layout;
    if (layout->ctype_state == FFISAN_NO_OFFSET || layout->gcroot == FFISAN_NO_OFFSET ||
        api->luaL_loadbuffer(probe->L, set_one, strlen(set_one), "=ffisan") != 0 ||
        api->lua_pcall(probe->L, 0, 2, 0) != 0)
        return;
    uint64_t cdata = (uint64_t)api->lua_topointer(probe->L, -2) - sizeof(struct lj_cdata);
    uint64_t function = (uint64_t)api->lua_topointer(probe->L, -1);
    uint16_t end = (uint16_t)(layout->gcroot + 8 * (layout->n_gcroot + MORE_ROOTS));
    for (uint16_t offset = layout->gcroot; offset < end; offset += 8)
        if (is_finalizer_table(probe, word_at(probe, offset), cdata, function))
            layout->finalizers = offset;
    uint64_t types = word_at(probe, layout->ctype_state);
    for (uint16_t offset = TYPES_FIRST; offset < TYPES_LAST; offset += 8) {
        uint64_t word;
        memcpy(&word, (const void *)(types + offset), sizeof(word));
        if (is_finalizer_table(probe, word, cdata, function))
            layout->ctype_finalizers = offset;
    }
    api->lua_settop(probe->L, 0);
}

static void check_bytecode(struct probe *probe)
{
    const struct ffisan_api *api = probe->api;
    const char *code = ffisan_liveness_probe;
    probe->layout->bytecode_is_known = false;
    if (api->luaL_loadbuffer(probe->L, code, strlen(code), "=ffisan") == 0) {
        const struct lj_func *function = (const struct lj_func *)api->lua_topointer(probe->L, -1);
        probe->layout->bytecode_is_known = ffisan_liveness_verify(
            (const struct lj_proto *)(function->pc - sizeof(struct lj_proto)));
    }
    api->lua_settop(probe->L, 0);
}

static const char *probe_all(struct probe *probe)
{
    if (!find_allocator(probe))
        return "its state has an unknown layout (not a GC64 build?)";
    if (!find_gc(probe))
        return "the counters of its garbage collector were not found";
    find_roots(probe);
    if (probe->layout->mainthref == FFISAN_NO_OFFSET)
        return "its main thread was not found";
    find_running(probe);
    find_gcroot(probe);
    probe->api->luaL_openlibs(probe->L);
    find_ctypes(probe);
    find_finalizers(probe);
    find_jit(probe);
    find_traces(probe);
    check_bytecode(probe);
    probe->layout->functions_are_known = ffisan_layout_probe_functions(probe->api, probe->L);
    probe->layout->ffid_string = ffisan_layout_probe_string(probe->api, probe->L);
    ffisan_layout_probe_callbacks(probe->api, probe->L,
                                  probe->layout->ctype_state == FFISAN_NO_OFFSET
                                      ? 0
                                      : word_at(probe, probe->layout->ctype_state),
                                  &probe->layout->callbacks);
    return NULL;
}

/*
 * Without GC64, lua_newstate prints a line and fails: better not to ask it.  The word that leads to
 * global_State, right behind the lua_State (lj_state.c, GG_State), is the stack's there.
 */
static bool is_gc64(const struct ffisan_api *api)
{
    lua_State *L = api->luaL_newstate();
    if (!L)
        return true; /* no memory, perhaps */
    uint64_t word = *(const uint64_t *)((uintptr_t)L + 16);
    api->lua_close(L);
    return word - (uint64_t)L < 4096;
}

static const char *probe_scratch_state(struct probe *probe)
{
    lua_State *L = is_gc64(probe->api) ? probe->api->lua_newstate(arena_alloc, probe) : NULL;
    if (!L)
        return "it refuses a custom allocator (not a GC64 build)";
    probe->L = L;
    probe->g = *(uintptr_t *)((uintptr_t)L + 16);
    if (probe->g - (uintptr_t)L > 4096)
        return "its state has an unknown layout (not a GC64 build?)";
    the_probe = probe;
    const char *problem = probe_all(probe);
    the_probe = NULL;
    probe->api->lua_close(L);
    return problem;
}

const char *ffisan_layout_probe(const struct ffisan_api *api, struct ffisan_layout *ret_layout)
{
    int saved_errno = errno;
    memset(ret_layout, 0xff, sizeof(*ret_layout));
    ret_layout->n_gcroot = 0;
    ret_layout->functions_are_known = false;
    ret_layout->ffid_string = 0;
    struct probe *probe = ffisan_pages_map(sizeof(*probe));
    char *arena = ffisan_pages_map(ARENA_BYTES);
    const char *problem = "there is no memory for a scratch state";
    if (probe && arena) {
        probe->api = api;
        probe->layout = ret_layout;
        probe->arena = arena;
        problem = probe_scratch_state(probe);
    }
    if (arena)
        ffisan_pages_unmap(arena, ARENA_BYTES);
    if (probe)
        ffisan_pages_unmap(probe, sizeof(*probe));
    errno = saved_errno;
    return problem;
}
