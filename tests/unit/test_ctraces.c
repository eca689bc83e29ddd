/* SPDX-License-Identifier: MIT */
/*
 * Places that allocate, and their numbers.  The C frames, Lua stacks and modules that the real ones
 * would find are set by the tests: addresses from LUAJIT on are LuaJIT's, from LIBRARY on a
 * library's, others compiled code.
 */
#include "runtime/cmem/ctraces_fast.h"

#include "runtime/cmem/paged.h"
#include "runtime/cmem/thread.h"
#include "runtime/fault/guard.h"
#include "runtime/state.h"
#include "runtime/vm/cstack.h"
#include "runtime/vm/modules.h"
#include "tap.h"

#include <link.h>
#include <string.h>

enum { LUAJIT = 0x10000, LIBRARY = 0x20000, COMPILED = 0x40000, MODULE = 0x10000 };

__thread struct ffisan_position ffisan_position;
__thread struct ffisan_thread ffisan_thread;

static struct ffisan_state state;
static struct ffisan_api api;
static int32_t vmstate;
static uint64_t where;
static uint32_t lua_stack;
static unsigned n_captures;

/* Stacks 1 and 2 are the same lines; 3 is another, 4 has another caller. */
static const struct ffisan_frame frames[][2] = {
    {{.file = "a.lua", .line = 10}, {.file = "main.lua", .line = 1}},
    {{.file = "a.lua", .line = 10}, {.file = "main.lua", .line = 1}},
    {{.file = "a.lua", .line = 11}, {.file = "main.lua", .line = 1}},
    {{.file = "a.lua", .line = 10}, {.file = "main.lua", .line = 2}},
};

struct ffisan_stack ffisan_stacks_get(const struct ffisan_stacks *unused, uint32_t number)
{
    (void)unused;
    return number ? (struct ffisan_stack){2, frames[number - 1]} : (struct ffisan_stack){0};
}

uint32_t ffisan_stacks_in_c(struct ffisan_stacks *unused, const struct ffisan_vm *vm,
                            uintptr_t caller)
{
    (void)unused;
    (void)vm;
    (void)caller;
    return lua_stack;
}

const struct link_map *ffisan_modules_find(uintptr_t address)
{
    static struct link_map luajit, library;
    if (address - LUAJIT < MODULE)
        return &luajit;
    return address - LIBRARY < MODULE ? &library : NULL;
}

/* None but the return address: the place's own. */
size_t ffisan_cstack_capture(uintptr_t *pcs, size_t max, const ucontext_t *unused)
{
    (void)pcs;
    (void)max;
    (void)unused;
    n_captures++;
    return 0;
}

bool ffisan_guard_try(void (*run)(void *argument), void *argument)
{
    run(argument);
    return true;
}

const struct lj_trace *ffisan_luastack_trace(const struct ffisan_vm *unused, uint32_t number)
{
    (void)unused;
    (void)number;
    return NULL;
}

uint64_t ffisan_position_find(const struct ffisan_state *unused)
{
    (void)unused;
    return where;
}

static uint32_t number_of(uintptr_t pc, uintptr_t sp, uint64_t position, uint32_t stack)
{
    where = position;
    lua_stack = stack;
    return ffisan_ctraces_here(&state, pc, sp);
}

static void visit(uint32_t number, unsigned n)
{
    while (n-- > 0)
        ffisan_ctraces_visit(number);
}

static void test_numbers(void)
{
    uint32_t first = number_of(LIBRARY + 16, 4096, 1, 1);
    unsigned before = n_captures;
    TAP_OK(first != 0 && number_of(LIBRARY + 16, 4096, 1, 1) == first && n_captures == before,
           "a place that is met again is found without looking at its stack");
    TAP_OK(number_of(LIBRARY + 16, 4096, 2, 1) == first && n_captures == before + 1,
           "what looks the same has the same number");
    TAP_OK(number_of(LIBRARY + 16, 4096, 3, 3) != first, "another line of Lua has another");
    TAP_OK(ffisan_ctraces_get(first)->pcs[0] == LIBRARY + 15 &&
               ffisan_ctraces_get(first)->lua_stack == 1,
           "the number leads to both stacks");
    ffisan_ctraces_forget_code();
    before = n_captures;
    TAP_OK(number_of(LIBRARY + 16, 4096, 1, 1) == first && n_captures == before + 1,
           "after code has died its stack is looked at again");
}

static void test_visits(void)
{
    enum { ALL = FFISAN_PAGED_VISITS };
    uint32_t first = number_of(LIBRARY + 32, 4096, 4, 1);
    TAP_OK(ffisan_cvisits[first] == 0, "a new place begins with no visits");
    visit(first, 3);
    uint32_t again = number_of(LIBRARY + 32, 4096, 5, 2);
    TAP_OK(again != first && ffisan_cvisits[again] == 3,
           "the same line in other code goes on where that was");
    visit(first, 10 * ALL);
    uint32_t compiled = number_of(LIBRARY + 32, 8192, 6, 2);
    TAP_OK(compiled == again, "as long as it looks the same it is no new place");
    uint32_t other_line = number_of(LIBRARY + 32, 4096, 7, 3),
             other_caller = number_of(LIBRARY + 32, 4096, 8, 4),
             other_c = number_of(LIBRARY + 48, 4096, 9, 2);
    TAP_OK(ffisan_cvisits[other_line] == 0, "another line begins anew");
    TAP_OK(ffisan_cvisits[other_caller] == 0, "so does one with another caller");
    TAP_OK(ffisan_cvisits[other_c] == 0, "and another function of C");
}

static void test_direct(void)
{
    enum { ALL = FFISAN_PAGED_VISITS };
    uint32_t interpreted = number_of(LUAJIT + 16, 4096, 10, 1);
    visit(interpreted, 10 * ALL);
    uint32_t compiled = number_of(COMPILED + 16, 4096, 11, 2);
    TAP_OK(compiled != interpreted && ffisan_cvisits[compiled] > ALL / 2 &&
               ffisan_cvisits[compiled] < ALL,
           "compiled code that calls malloc itself has some pages more");
    visit(compiled, ALL);
    uint32_t once_more = number_of(COMPILED + 64, 4096, 12, 1);
    TAP_OK(once_more != compiled && ffisan_cvisits[once_more] > ALL / 2 &&
               ffisan_cvisits[once_more] < ALL,
           "and so has the next piece of it");
    TAP_OK(ffisan_cvisits[number_of(COMPILED + 80, 4096, 13, 3)] == 0, "but not for other lines");
}

static void test_recursion(void)
{
    uint32_t numbers[100], n_same = 0;
    unsigned before = n_captures;
    for (uint32_t i = 0; i < 100; i++)
        numbers[i] = number_of(LIBRARY + 96, 4096 + 64 * (uintptr_t)i, 14, 1);
    for (uint32_t i = 0; i < 100; i++)
        n_same += numbers[i] == numbers[99];
    TAP_OK(n_captures - before < 50, "where C recurses deeply its stack is left out");
    TAP_OK(n_same == 100, "and the place stays one");
}

int main(void)
{
    api.lua_newuserdata = (typeof(api.lua_newuserdata))(uintptr_t)(LUAJIT + 8);
    state.api = &api;
    state.vmstate = &vmstate;
    state.vm.layout.cur_L = FFISAN_NO_OFFSET;
    vmstate = LJ_VMST_C;
    if (!TAP_OK(ffisan_ctraces_start(), "there is memory"))
        return tap_done();
    test_numbers();
    test_visits();
    test_direct();
    test_recursion();
    return tap_done();
}
