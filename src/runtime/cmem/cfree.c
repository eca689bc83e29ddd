/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/cfree.h"
#include "runtime/cmem/listed.h"

#include "runtime/audit/standin.h"
#include "runtime/cmem/creport.h"
#include "runtime/cmem/malloc.h"
#include "runtime/cmem/mappings.h"
#include "runtime/fault/guard.h"
#include "runtime/state.h"
#include "runtime/vm/modules.h"

#include <errno.h>
#include <sys/auxv.h>

const char *ffisan_cfree_name(enum ffisan_cfree_function function)
{
    static const char *const names[] = {[FFISAN_CFREE_FREE] = "free",
                                        [FFISAN_CFREE_REALLOC] = "realloc",
                                        [FFISAN_CFREE_REALLOCARRAY] = "reallocarray"};
    return names[function];
}

static void report(struct ffisan_state *state, enum ffisan_cfree_function function,
                   const void *block, enum ffisan_kind kind, const struct ffisan_slot_ref *ref)
{
    struct ffisan_cevent event = {.kind = kind,
                                  .access = FFISAN_ACCESS_FREE,
                                  .function = ffisan_cfree_name(function),
                                  .address = (uintptr_t)block,
                                  .ref = ref};
    ffisan_creport(state, &event);
}

/* A block of the Lua heap, or what stands for a dead one. */
static bool find_lua_block(uintptr_t address, struct ffisan_described_block *ret_block,
                           int64_t *ret_offset)
{
    struct ffisan_slot_ref ref;
    const struct ffisan_standin *standin = ffisan_standin_find(address);
    struct ffisan_state *state = standin ? standin->state : ffisan_state_owning(address);
    uintptr_t block = standin ? standin->block : address;
    if (!state || !ffisan_heap_find(&state->heap, block, &ref))
        return false;
    *ret_block = (struct ffisan_described_block){.content = ref.block,
                                                 .size = ffisan_slot_size(&ref),
                                                 .type = ref.slot->type,
                                                 .made = standin ? standin->made : ref.slot->stack};
    *ret_offset = (int64_t)(address - (standin ? standin->base : ref.block));
    return true;
}

/* The stack of the main thread ends with what the kernel has put there: arguments, environment and
   the program's name.  Other stacks lie elsewhere. */
#define MAIN_STACK ((uintptr_t)256 << 20)

/* Memory that no allocator can have handed out; NULL = who knows. */
static const char *foreign_memory(const void *block)
{
    uintptr_t address = (uintptr_t)block, here = (uintptr_t)&address, top = getauxval(AT_EXECFN);
    if (ffisan_malloc_is_of_allocator(address))
        return NULL; /* which may hand out variables */
    if (ffisan_modules_find(address))
        return "of a variable or constant";
    if (address > here && address < top && top - here < MAIN_STACK)
        return "of the stack";
    char first;
    bool is_there = address >> 47 == 0 && ffisan_guard_copy(&first, block, sizeof(first));
    return is_there ? NULL : "that is not there"; /* a number, or a pointer that was never set */
}

static bool is_foreign_error(struct ffisan_state *state, enum ffisan_cfree_function function,
                             const void *block)
{
    struct ffisan_described_block lua_block;
    struct ffisan_cevent event = {.kind = FFISAN_KIND_INVALID_FREE,
                                  .access = FFISAN_ACCESS_FREE,
                                  .function = ffisan_cfree_name(function),
                                  .address = (uintptr_t)block};
    struct ffisan_mapped mapped;
    if (find_lua_block(event.address, &lua_block, &event.lua_offset))
        event.lua_block = &lua_block;
    else if (state && ffisan_mappings_find_own(event.address, &mapped))
        event.mapped = &mapped;
    else if (state)
        event.what = foreign_memory(block);
    if (!event.lua_block && !event.mapped && !event.what)
        return false;
    ffisan_creport(state, &event);
    return true;
}

bool ffisan_cfree_judge(struct ffisan_state *state, enum ffisan_cheap_answer answer,
                        enum ffisan_cfree_function function, void *block,
                        const struct ffisan_slot_ref *ref)
{
    if (!block)
        return true;
    switch (answer) {
    case FFISAN_CHEAP_DONE:
    case FFISAN_CHEAP_BUSY:
        return false;
    case FFISAN_CHEAP_DEAD:
        if (ffisan_creport_is_told(ref))
            return false;
        report(state, function, block, FFISAN_KIND_DOUBLE_FREE, ref);
        return false;
    case FFISAN_CHEAP_INTERIOR: {
        if (ref->region->listed && !ffisan_listed_is_certain())
            return true;
        struct ffisan_cnote *note = ffisan_cheap_note(ref);
        report(state, function, block, FFISAN_KIND_INVALID_FREE, ref);
        if (note)
            note->is_reported = 1; /* what cannot be freed so will be lost as well */
        return false;
    }
    default:
        return !is_foreign_error(state, function, block);
    }
}
