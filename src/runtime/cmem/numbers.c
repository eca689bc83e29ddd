/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/numbers.h"

#include "base/hash.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/ctraces.h"
#include "runtime/state.h"

#define MAX_LINES 64u

/* Lines that allocate: in compiled code one has more places than one. */
static struct {
    uint32_t n;
    uint64_t lines[MAX_LINES]; /* hashes of file and number */
    bool is_hidden[MAX_LINES];
} numbers; /* what threads mix here is no answer to any question */

static uint64_t line_of(const struct ffisan_ctrace *trace)
{
    const struct ffisan_state *state = trace ? trace->state : NULL;
    if (!state || !state->stacks || !trace->lua_stack)
        return 0;
    struct ffisan_stack stack = ffisan_stacks_get(state->stacks, trace->lua_stack);
    return stack.n_frames > 0 ? ffisan_hash_mix(ffisan_hash_string(1, stack.frames[0].file),
                                                (uint64_t)stack.frames[0].line)
                              : 0;
}

static uint32_t find(uint64_t line)
{
    uint32_t i = 0;
    while (i < numbers.n && numbers.lines[i] != line)
        i++;
    return i;
}

static void note(uint32_t trace, bool is_hidden)
{
    uint64_t line = line_of(ffisan_ctraces_get(trace));
    uint32_t i = line ? find(line) : MAX_LINES;
    if (i == MAX_LINES)
        return;
    numbers.lines[i] = line;
    numbers.is_hidden[i] |= is_hidden;
    if (i == numbers.n)
        numbers.n++;
}

enum ffisan_numbers ffisan_numbers_of(const struct ffisan_ctrace *trace)
{
    uint32_t i = numbers.n > 0 ? find(line_of(trace)) : 0;
    if (i >= numbers.n)
        return FFISAN_NUMBERS_NONE;
    return numbers.is_hidden[i] ? FFISAN_NUMBERS_HIDDEN : FFISAN_NUMBERS_MADE;
}

void ffisan_numbers_from_pointer(uintptr_t address)
{
    struct ffisan_slot_ref ref;
    if (ffisan_cheap_may_have(address) && ffisan_cheap_find_live(address, &ref))
        note(ref.slot->stack, false);
}

void ffisan_numbers_to_pointer(uintptr_t address)
{
    struct ffisan_slot_ref ref;
    if (!ffisan_cheap_may_have(address) || !ffisan_cheap_find_live(address, &ref))
        return;
    const struct ffisan_cnote *of_block = ffisan_cheap_note(&ref);
    if (of_block && of_block->is_hidden)
        note(ref.slot->stack, true);
}
