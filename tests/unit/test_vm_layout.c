/* SPDX-License-Identifier: MIT */
/*
 * The layout of a LuaJIT that was found by probing, against what the same words must hold in
 * another state of it, at moments when their values are known.
 */
#include "runtime/vm/layout.h"

#include "vm_state.h"

#include <errno.h>

static uint64_t word(uint16_t offset)
{
    return ffisan_vm_word(&vm, offset);
}

static uint32_t half(uint16_t offset)
{
    return (uint32_t)word(offset);
}

static void test_found(void)
{
    const struct ffisan_layout *layout = &vm.layout;
#define FOUND(field) TAP_OK(layout->field != FFISAN_NO_OFFSET, #field " is found")
    FOUND(allocf);
    FOUND(gc_total);
    FOUND(gc_threshold);
    FOUND(gc_state);
    FOUND(gc_root);
    FOUND(gc_stepmul);
    FOUND(vmstate);
    FOUND(mainthref);
    FOUND(registry);
    FOUND(cur_L);
    FOUND(jit_base);
    FOUND(ctype_state);
    FOUND(gcroot);
    FOUND(jit_tracestate);
    FOUND(jit_traces);
    TAP_OK(layout->bytecode_is_known, "the numbers of bytecodes are known");
}

static void test_probe_again(void)
{
    struct ffisan_layout again;
    errno = EXDEV;
    TAP_OK(ffisan_layout_probe(&api, &again) == NULL && errno == EXDEV, "it can be probed again");
    TAP_OK(memcmp(&again, &vm.layout, sizeof(again)) == 0, "with the same result");
}

static void test_allocator(void)
{
    void *ud = NULL;
    TAP_OK(word(vm.layout.allocf) == (uintptr_t)vm_state_alloc, "allocf is the allocator");
    api.lua_setallocf(main_thread, vm_state_alloc, &ud);
    TAP_OK(word(vm.layout.allocf + 8) == (uintptr_t)&ud, "its argument follows");
    api.lua_setallocf(main_thread, vm_state_alloc, NULL);
}

static void test_gc(void)
{
    lua_State *L = main_thread;
    uint64_t before = word(vm.layout.gc_total);
    uint64_t count =
        (uint64_t)api.lua_gc(L, LUA_GCCOUNT, 0) * 1024 + (uint64_t)api.lua_gc(L, LUA_GCCOUNTB, 0);
    TAP_OK(before == count, "gc_total is what lua_gc counts");
    api.lua_newuserdata(L, 100000);
    TAP_OK(word(vm.layout.gc_total) - before >= 100000 &&
               word(vm.layout.gc_total) - before < 110000,
           "and grows with an object");
    api.lua_settop(L, 0);
    api.lua_gc(L, LUA_GCSTOP, 0);
    uint64_t stopped = word(vm.layout.gc_threshold);
    TAP_OK(stopped > (uint64_t)1 << 40, "a collector that is stopped has no threshold");
    api.lua_gc(L, LUA_GCRESTART, 0);
    TAP_OK(word(vm.layout.gc_threshold) == word(vm.layout.gc_total),
           "one that starts again has it at once");
    api.lua_gc(L, LUA_GCSETSTEPMUL, 321);
    TAP_OK(half(vm.layout.gc_stepmul) == 321, "gc_stepmul is what was set");
    api.lua_gc(L, LUA_GCSETSTEPMUL, 200);
    TAP_OK(half(vm.layout.gc_stepmul) == 200, "and set again");
    api.lua_gc(L, LUA_GCCOLLECT, 0);
    TAP_OK((word(vm.layout.gc_state) & 0xff) == 0, "after a full cycle the collector pauses");
    api.lua_gc(L, LUA_GCSTEP, 0);
    TAP_OK((word(vm.layout.gc_state) & 0xff) != 0, "after a step it does not");
    void *data = api.lua_newuserdata(L, 10);
    const struct lj_header *newest = (const struct lj_header *)word(vm.layout.gc_root);
    TAP_OK(newest->gct == LJ_GCT_UDATA || newest->gct == LJ_GCT_THREAD ||
               (const char *)newest < (const char *)data,
           "gc_root is an object");
    api.lua_createtable(L, 0, 0);
    TAP_OK(word(vm.layout.gc_root) == (uintptr_t)api.lua_topointer(L, -1),
           "gc_root is the newest object");
    api.lua_settop(L, 0);
}

static void test_roots(void)
{
    lua_State *L = main_thread;
    TAP_OK(word(vm.layout.mainthref) == (uintptr_t)L, "mainthref is the main thread");
    TAP_OK(lj_tv_object(word(vm.layout.registry)) ==
               (uintptr_t)api.lua_topointer(L, LUA_REGISTRYINDEX),
           "registry is the registry");
    TAP_OK(vm.layout.n_gcroot > 20, "there are roots");
    const uint64_t *roots = (const uint64_t *)(vm.g + vm.layout.gcroot);
    bool found = false, objects = true;
    api.lua_pushstring(L, "__index");
    uint64_t name = (uintptr_t)api.lua_tolstring(L, -1, NULL) - offsetof(struct lj_str, data);
    for (unsigned i = 0; i < vm.layout.n_gcroot; i++) {
        found = found || roots[i] == name;
        if (roots[i]) {
            uint8_t gct = ((const struct lj_header *)roots[i])->gct;
            objects = objects && gct >= LJ_GCT_STR && gct <= LJ_GCT_UDATA;
        }
    }
    TAP_OK(found, "the name of a metamethod is one of them");
    TAP_OK(objects, "all are objects");
    api.lua_settop(L, 0);
}

static uint64_t running, at_vmstate, at_jit_base;

static int look(lua_State *L)
{
    running = word(vm.layout.cur_L) == (uintptr_t)L;
    at_vmstate = half(vm.layout.vmstate);
    at_jit_base = word(vm.layout.jit_base);
    return 0;
}

static unsigned n_compiled, n_bases, n_traces, n_wrong_traces, n_recording;

static void look_at_alloc(void *block, size_t size)
{
    (void)block, (void)size;
    int32_t vmstate = (int32_t)half(vm.layout.vmstate);
    if (half(vm.layout.jit_tracestate) & 0x10)
        n_recording++;
    if (vmstate <= 0)
        return;
    n_compiled++;
    n_bases += word(vm.layout.jit_base) != 0;
    const uint64_t *traces = (const uint64_t *)word(vm.layout.jit_traces);
    const struct lj_trace *trace = (const struct lj_trace *)traces[vmstate];
    if (trace && trace->gct == LJ_GCT_TRACE && trace->traceno == vmstate)
        n_traces++;
    else
        n_wrong_traces++;
}

static void test_running(void)
{
    vm_state_register("look", look);
    vm_state_run("jit.off() look()", "@app.lua");
    TAP_OK(running, "cur_L is the thread that runs");
    TAP_OK((int32_t)at_vmstate == LJ_VMST_C, "vmstate in a function of C");
    TAP_OK(at_jit_base == 0, "nothing compiled runs");
    running = 0;
    vm_state_run("coroutine.wrap(look)()", "@app.lua");
    TAP_OK(running, "cur_L follows into a coroutine");
    running = 0;
    vm_state_run("coroutine.wrap(function() end)() look()", "@app.lua");
    TAP_OK(running, "and back");
    vm_state_run("jit.on() jit.opt.start('hotloop=3')", "@switch.lua");
    on_alloc = look_at_alloc;
    vm_state_run("keep = {} for i = 1, 1000 do keep[1] = {i} end", "@app.lua");
    on_alloc = NULL;
    TAP_OK(n_compiled > 500, "vmstate says that compiled code runs");
    TAP_OK(n_bases == n_compiled, "where jit_base is its stack");
    TAP_OK(n_traces == n_compiled && n_wrong_traces == 0, "jit_traces has the trace of its number");
    TAP_OK(n_recording > 0, "jit_tracestate is active while a trace is recorded");
    TAP_OK((half(vm.layout.jit_tracestate) & 0x10) == 0, "and is not when all is done");
}

static void test_ctypes(void)
{
    TAP_OK(word(vm.layout.ctype_state) == 0, "there are no C types at first");
    vm_state_run("require('ffi').cdef 'struct layout_test { int x; };'", "@app.lua");
    const struct lj_ctype_state *types = (const struct lj_ctype_state *)word(vm.layout.ctype_state);
    if (!TAP_OK(types != NULL, "then there are"))
        return;
    const struct lj_ctype *all = (const struct lj_ctype *)types->tab;
    bool found = false;
    for (uint32_t id = types->top - 4; id < types->top; id++) {
        const struct lj_str *name = (const struct lj_str *)all[id].name;
        found = found || (name && strcmp(name->data, "layout_test") == 0);
    }
    TAP_OK(found, "the last are ours");
}

static void *refuse(void *ud, void *block, size_t old_size, size_t size)
{
    (void)ud, (void)block, (void)old_size, (void)size;
    return NULL;
}

static lua_State *no_state(lua_Alloc allocf, void *ud)
{
    (void)allocf, (void)ud;
    return NULL;
}

static void test_refusal(void)
{
    struct ffisan_api broken = api;
    struct ffisan_layout layout;
    broken.lua_newstate = no_state;
    const char *problem = ffisan_layout_probe(&broken, &layout);
    TAP_TEXT(problem, "it refuses a custom allocator (not a GC64 build)", "a refusal is explained");
    TAP_OK(layout.cur_L == FFISAN_NO_OFFSET && layout.n_gcroot == 0, "and nothing is known then");
    TAP_OK(api.lua_newstate(refuse, NULL) == NULL, "a state without memory is none");
}

int main(int argc, char **argv)
{
    if (!vm_state_open(argc, argv))
        return 77;
    test_found();
    test_probe_again();
    test_allocator();
    test_gc();
    test_roots();
    test_ctypes();
    test_running();
    test_refusal();
    api.lua_close(main_thread);
    return tap_done();
}
