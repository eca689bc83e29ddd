/* SPDX-License-Identifier: MIT */
/*
 * The proof that dead slots are dead: programs run with a hook before every bytecode, which
 * overwrites all dead slots of all Lua frames on the stack (once with a value nobody can mistake,
 * once with nil and a full collection now and then), and must compute what they compute unwatched.
 * The same again with the JIT compiler on, from a function that the programs call.  Then the other
 * side: slots that a user expects to be dead are.
 */
#include "runtime/vm/api.h"
#include "runtime/vm/liveness.h"
#include "runtime/vm/liveness_ops.h"
#include "tap.h"
#include "vm_library.h"
#include "vm_liveness_larger.h"
#include "vm_liveness_programs.h"

#include <stdlib.h>

#define POISON ((~UINT64_C(3) << 47) | 0xdead)
#define NIL UINT64_MAX

enum { MAX_TRACKED = 16, MAX_BYTECODES = 4096, OUTPUT_SIZE = 1 << 18 };

static struct ffisan_api api;
static struct ffisan_vm vm;
static bool pass_vm, forget_scopes;
static uint64_t poison;
static unsigned collect_every, n_hooks;
static size_t n_cleared, n_frames, n_unknown;
static const struct lj_thread *tracked[MAX_TRACKED];
static unsigned n_tracked;
static char output[OUTPUT_SIZE];
static size_t output_length;

/* -- walking frames: a slot pair (function, link) lies before each base ---------------------- */

enum { FRAME_LUA, FRAME_C, FRAME_CONT, FRAME_VARG };

static uint32_t index_of(const struct lj_proto *proto, uint64_t next_bytecode)
{
    uint64_t at = next_bytecode - 4 - (uint64_t)(uintptr_t)proto->bc;
    return at / 4 < proto->sizebc ? (uint32_t)(at / 4) : 0;
}

/* Where the frame that called the frame at `next` (NULL: none) stands; 0 = unknown. */
static uint32_t frame_pc(const struct lj_thread *L, const struct lj_proto *proto,
                         const uint64_t *next)
{
    if (next == NULL) {
        uint64_t cframe = L->cframe & ~UINT64_C(3);
        return cframe != 0 ? index_of(proto, *(const uint64_t *)(cframe + 24)) : 0;
    }
    uint64_t link = next[-1];
    if ((link & 3) == FRAME_LUA)
        return index_of(proto, link);
    if ((link & 7) == FRAME_CONT)
        return index_of(proto, next[-3]);
    return 0;
}

static bool has_open_upvalue(const struct lj_thread *L, const uint64_t *slot)
{
    for (uint64_t at = L->openupval; at != 0; at = ((const struct lj_upval *)at)->nextgc) {
        if (((const struct lj_upval *)at)->v == (uint64_t)(uintptr_t)slot)
            return true;
    }
    return false;
}

/*
 * Without the names of variables nothing protects a slot but the dataflow, which must hold on its
 * own: no bytecode reads what it calls dead.
 */
static bool is_judged(struct lj_proto *proto, uint32_t pc, bool has_begun,
                      struct ffisan_live_slots *ret_live)
{
    const struct ffisan_liveness_point point = {proto, pc, has_begun};
    static const uint8_t no_variables = 0;
    static uint64_t scratch[MAX_BYTECODES * 4];
    uint64_t varinfo = proto->varinfo;
    if (forget_scopes && varinfo != 0)
        proto->varinfo = (uintptr_t)&no_variables;
    bool is_known =
        ffisan_liveness_at(pass_vm ? &vm : NULL, &point, scratch, sizeof(scratch), ret_live);
    proto->varinfo = varinfo;
    return is_known;
}

static void clear_frame(const struct lj_thread *L, uint64_t *base, const uint64_t *next)
{
    struct ffisan_live_slots live;
    const struct lj_func *func = (const void *)lj_tv_object(base[-2]);
    if (func->gct != LJ_GCT_FUNC || func->ffid != 0)
        return;
    struct lj_proto *proto = (struct lj_proto *)func->pc - 1;
    uint32_t pc = frame_pc(L, proto, next);
    n_frames++;
    if (pc == 0 || !is_judged(proto, pc, next != NULL, &live)) {
        n_unknown++;
        return;
    }
    for (uint32_t slot = 0; slot < proto->framesize; slot++) {
        if (ffisan_liveness_is_live(&live, slot) || has_open_upvalue(L, base + slot))
            continue;
        base[slot] = poison;
        n_cleared++;
    }
}

static void clear_thread(const struct lj_thread *L)
{
    uint64_t *base = (uint64_t *)L->base, *next = NULL, *stack = (uint64_t *)L->stack;
    while (base > stack + 2) {
        uint64_t link = base[-1];
        clear_frame(L, base, next);
        next = base;
        if ((link & 3) == FRAME_LUA) {
            base -= 2 + lj_bc_a(((const uint32_t *)link)[-1]);
            continue;
        }
        base -= (link & ~UINT64_C(7)) / 8;
        if ((link & 7) != FRAME_VARG)
            continue;
        next = base; /* the frame below a vararg frame is its caller's arguments */
        link = base[-1];
        base -= (link & 3) == FRAME_LUA ? 2 + lj_bc_a(((const uint32_t *)link)[-1])
                                        : (link & ~UINT64_C(7)) / 8;
    }
}

static void clear_everything(lua_State *L)
{
    const struct lj_thread *main_thread = (const void *)ffisan_vm_word(&vm, vm.layout.mainthref);
    if (poison == 0)
        return;
    clear_thread((const struct lj_thread *)L);
    if ((const void *)main_thread != (const void *)L)
        clear_thread(main_thread);
    for (unsigned i = 0; i < n_tracked; i++) {
        if ((const void *)tracked[i] != (const void *)L && tracked[i]->base > tracked[i]->stack)
            clear_thread(tracked[i]);
    }
}

/* -- what the programs call ------------------------------------------------------------------ */

static void append(const char *text, size_t size)
{
    if (output_length + size >= OUTPUT_SIZE)
        size = OUTPUT_SIZE - 1 - output_length;
    memcpy(output + output_length, text, size);
    output_length += size;
    output[output_length] = '\0';
}

static const char *describe(lua_State *L, int index)
{
    static const char *const kinds[] = {"nil",   "boolean",  "lightuserdata", "number", "string",
                                        "table", "function", "userdata",      "thread"};
    const uint64_t *values = (const void *)((const struct lj_thread *)L)->base;
    const char *text = api.lua_tolstring(L, index, NULL);
    int type = api.lua_type(L, index);
    if (text != NULL)
        return text;
    if (type == 1)
        return lj_tv_type(values[index - 1]) == LJ_IT_TRUE ? "true" : "false";
    return type >= 0 && type <= 8 ? kinds[type] : "cdata";
}

static int lua_emit(lua_State *L)
{
    for (int i = 1, n = api.lua_gettop(L); i <= n; i++) {
        const char *text = describe(L, i);
        append(text, strlen(text));
        append(" ", 1);
    }
    append("\n", 1);
    return 0;
}

static int lua_sweep(lua_State *L)
{
    clear_everything(L);
    if (poison == NIL)
        api.lua_gc(L, LUA_GCCOLLECT, 0);
    api.lua_pushstring(L, "s");
    return 1;
}

/* The registry keeps what is tracked: a tracked coroutine is never collected. */
static int lua_track(lua_State *L)
{
    const struct lj_thread *thread = api.lua_topointer(L, 1);
    if (n_tracked < MAX_TRACKED && thread->gct == LJ_GCT_THREAD) {
        char key[] = {'c', 'o', (char)('a' + n_tracked), '\0'};
        tracked[n_tracked++] = thread;
        api.lua_pushvalue(L, 1);
        api.lua_setfield(L, LUA_REGISTRYINDEX, key);
    }
    return 0;
}

static void on_bytecode(lua_State *L, struct lua_Debug *ar)
{
    (void)ar;
    clear_everything(L);
    if (collect_every != 0 && ++n_hooks % collect_every == 0)
        api.lua_gc(L, LUA_GCCOLLECT, 0);
}

static void set_function(lua_State *L, const char *name, lua_CFunction function)
{
    api.lua_pushcclosure(L, function, 0);
    api.lua_setfield(L, LUA_GLOBALSINDEX, name);
}

/* -- runs ------------------------------------------------------------------------------------ */

static lua_State *open_state(bool jit)
{
    lua_State *L = api.luaL_newstate();
    vm.g = ((const struct lj_thread *)L)->glref;
    api.luaL_openlibs(L);
    set_function(L, "emit", lua_emit);
    set_function(L, "sweep", lua_sweep);
    set_function(L, "track", lua_track);
    const char *start = jit ? "jit.opt.start('hotloop=3', 'hotexit=2')" : "jit.off()";
    api.luaL_loadbuffer(L, start, strlen(start), "=start");
    api.lua_pcall(L, 0, 0, 0);
    n_tracked = 0;
    output_length = 0;
    return L;
}

/* Runs a program; what it emitted is the caller's to free. */
static char *run(const struct lua_program *program, uint64_t value, bool hook, bool jit)
{
    lua_State *L = open_state(jit);
    poison = value;
    if (api.luaL_loadbuffer(L, program->code, strlen(program->code), "=program") != 0) {
        append("syntax error", 12);
    } else {
        if (hook)
            api.lua_sethook(L, on_bytecode, LUA_MASKCOUNT, 1);
        if (api.lua_pcall(L, 0, 0, 0) != 0)
            append(api.lua_tolstring(L, -1, NULL), strlen(api.lua_tolstring(L, -1, NULL)));
        api.lua_sethook(L, NULL, 0, 0);
    }
    poison = 0;
    api.lua_close(L);
    return strdup(output);
}

static void check_same(const struct lua_program *program, const char *want, const char *how,
                       uint64_t value, bool hook, bool jit)
{
    char what[128];
    char *got = run(program, value, hook, jit);
    snprintf(what, sizeof(what), "%s: %s", program->name, how);
    TAP_TEXT(got, want, what);
    free(got);
}

static void test_programs(const struct lua_program *programs, size_t n_programs)
{
    n_cleared = n_frames = n_unknown = 0;
    for (size_t i = 0; i < n_programs; i++) {
        char *want = run(&programs[i], 0, false, false);
        TAP_OK(strstr(want, "error") == NULL && want[0] != '\0', programs[i].name);
        check_same(&programs[i], want, "dead slots poisoned", POISON, true, false);
        collect_every = 5;
        check_same(&programs[i], want, "dead slots cleared", NIL, true, false);
        collect_every = 0;
        forget_scopes = true;
        check_same(&programs[i], want, "dead variables poisoned", POISON, true, false);
        forget_scopes = false;
        free(want);
    }
    printf("# %zu slots cleared in %zu frames, %zu unknown\n", n_cleared, n_frames, n_unknown);
    TAP_OK(n_cleared > n_frames / 2, "there were dead slots to clear");
    TAP_OK(n_unknown < n_frames / 100, "nearly every frame can be judged");
}

static void test_compiled(void)
{
    size_t n = sizeof(lua_hot_programs) / sizeof(lua_hot_programs[0]);
    for (size_t i = 0; i < 4 * n; i++) {
        const struct lua_program *program = &lua_hot_programs[i % n];
        char *want = run(program, 0, false, false);
        pass_vm = i >= 2 * n;
        forget_scopes = i / n % 2 != 0;
        check_same(program, want, "compiled, poisoned", POISON, false, true);
        check_same(program, want, "compiled, cleared", NIL, false, true);
        free(want);
    }
    pass_vm = forget_scopes = false;
}

/* -- slots that must be dead, and slots that must not ----------------------------------------- */

static const struct lj_proto *main_proto(lua_State *L)
{
    const struct lj_func *func = api.lua_topointer(L, -1);
    return func->gct == LJ_GCT_FUNC ? (const struct lj_proto *)func->pc - 1 : NULL;
}

static struct ffisan_live_slots live_at(const struct lj_proto *proto, uint32_t pc)
{
    static uint64_t scratch[MAX_BYTECODES * 4];
    struct ffisan_live_slots live;
    TAP_OK(ffisan_liveness(proto, pc, scratch, sizeof(scratch), &live), "a function can be judged");
    return live;
}

static uint32_t find_op(const struct lj_proto *proto, uint32_t from, enum lj_bc op)
{
    while (from < proto->sizebc && lj_bc_op(proto->bc[from]) != op)
        from++;
    return from;
}

static const struct lj_proto *compile(lua_State *L, const char *code)
{
    api.luaL_loadbuffer(L, code, strlen(code), "=code");
    return main_proto(L);
}

static void test_dead_slots(lua_State *L)
{
    const struct lj_proto *proto = compile(L, LUA(
        do local x = f() end
        local y = 1
        for i = 1, 2 do local z = i end
        g(y)));
    uint32_t call = find_op(proto, 1, LJ_BC_CALL), next = call + 1;
    struct ffisan_live_slots live = live_at(proto, next);
    TAP_OK(!ffisan_liveness_is_live(&live, 1), "a block's local is dead after the block");
    live = live_at(proto, find_op(proto, next, LJ_BC_FORL));
    TAP_OK(ffisan_liveness_is_live(&live, 0) && ffisan_liveness_is_live(&live, 1),
           "a local that is read later, and the loop's index, live in the loop");
    live = live_at(proto, find_op(proto, next, LJ_BC_GGET));
    TAP_OK(ffisan_liveness_is_live(&live, 0) && !ffisan_liveness_is_live(&live, 4),
           "after the loop its variables are dead");

    proto = compile(L, LUA(local a = f({1}, {2}); local b = 2; g(a, b)));
    call = find_op(proto, 1, LJ_BC_CALL);
    live = live_at(proto, call);
    TAP_OK(ffisan_liveness_is_live(&live, 0) && ffisan_liveness_is_live(&live, 1) &&
               ffisan_liveness_is_live(&live, 3),
           "at a call the callee's frame is kept");
    live = live_at(proto, call + 1);
    TAP_OK(ffisan_liveness_is_live(&live, 0) && !ffisan_liveness_is_live(&live, 2) &&
               !ffisan_liveness_is_live(&live, 3),
           "the arguments are dead after the call");
    TAP_OK(ffisan_liveness_is_live(&live, proto->framesize), "nothing is dead beyond the frame");

    proto = compile(L, LUA(local a = 1; local b = {}; f(); b = nil; f()));
    live = live_at(proto, find_op(proto, 1, LJ_BC_CALL));
    TAP_OK(ffisan_liveness_is_live(&live, 0), "a local in scope is live though nobody reads it");

    proto = compile(L, LUA(while x do local t = {}; f(t) end; return 1));
    live = live_at(proto, find_op(proto, 1, LJ_BC_LOOP));
    TAP_OK(!ffisan_liveness_is_live(&live, 0), "a variable of the loop's last turn is dead");
    proto = compile(L, LUA(local t = ...; return (function() return t end)));
    live = live_at(proto, find_op(proto, 1, LJ_BC_FNEW));
    TAP_OK(ffisan_liveness_is_live(&live, 0), "a captured variable is live");
}

static void test_refusals(lua_State *L)
{
    uint64_t scratch[64] = {0}, copy[64];
    struct ffisan_live_slots live;
    const struct lj_proto *proto = compile(L, "local a = 1");
    TAP_OK(!ffisan_liveness(proto, 0, scratch, sizeof(scratch), &live), "not at the header");
    TAP_OK(!ffisan_liveness(proto, proto->sizebc, scratch, sizeof(scratch), &live), "not behind");
    TAP_OK(!ffisan_liveness(proto, 1, scratch, 8, &live), "not without scratch memory");
    memcpy(copy, proto, sizeof(*proto) + proto->sizebc * 4);
    struct lj_proto *changed = (struct lj_proto *)copy;
    changed->varinfo = 0;
    TAP_OK(!ffisan_liveness(changed, 1, scratch, sizeof(scratch), &live), "not when stripped");
    changed->varinfo = proto->varinfo;
    changed->bc[1] = 0xee;
    TAP_OK(!ffisan_liveness(changed, 1, scratch, sizeof(scratch), &live), "not an unknown opcode");
    changed->bc[1] = LJ_BC_JMP | 0x90000000;
    TAP_OK(!ffisan_liveness(changed, 1, scratch, sizeof(scratch), &live), "not a wild jump");
}

static void test_verify(lua_State *L)
{
    const struct lj_proto *proto = compile(L, ffisan_liveness_probe);
    if (!TAP_OK(ffisan_liveness_verify(proto), "this LuaJIT numbers its bytecode as we believe"))
        return;
    size_t n_accepted = 0;
    uint32_t *bc = (uint32_t *)(uintptr_t)proto->bc;
    for (uint32_t pc = 1; pc < proto->sizebc; pc++) {
        bc[pc]++;
        n_accepted += ffisan_liveness_verify(proto);
        bc[pc]--;
    }
    TAP_OK(n_accepted == 0 && ffisan_liveness_verify(proto), "any other opcode is noticed");
    TAP_OK(!ffisan_liveness_verify(compile(L, "return 1")), "another function is no proof");
}

int main(int argc, char **argv)
{
    if (!vm_library_open(&api, argc, argv))
        return 0;
    const char *problem = ffisan_layout_probe(&api, &vm.layout);
    TAP_TEXT(problem, NULL, "the layout is known");
    lua_State *L = open_state(false);
    test_verify(L);
    test_dead_slots(L);
    test_refusals(L);
    api.lua_close(L);
    test_programs(lua_features, sizeof(lua_features) / sizeof(lua_features[0]));
    test_programs(lua_larger_programs,
                  sizeof(lua_larger_programs) / sizeof(lua_larger_programs[0]));
    test_compiled();
    return tap_done();
}
