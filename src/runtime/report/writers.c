/* SPDX-License-Identifier: MIT */
#include "runtime/report/writers.h"

#include "base/pages.h"
#include "runtime/state.h"

#include <string.h>

#define N_ENTRIES 1024u /* by number: those that share one drive each other out */

struct ffisan_writers {
    struct {
        struct ffisan_written written;
        bool has_several;
        uint32_t stack;
        uint64_t place;
    } entries[N_ENTRIES];
};

static bool is_same(struct ffisan_written a, struct ffisan_written b)
{
    return a.made == b.made && a.is_c == b.is_c;
}

void ffisan_writers_note(struct ffisan_state *state, struct ffisan_written written, uint64_t place)
{
    uint32_t visits;
    if (written.made == 0)
        return;
    if (!state->writers)
        state->writers = ffisan_pages_map(sizeof(*state->writers));
    if (!state->writers)
        return;
    typeof(state->writers->entries[0]) *entry = &state->writers->entries[written.made % N_ENTRIES];
    if (is_same(entry->written, written)) {
        entry->has_several |= entry->place != place;
        return;
    }
    entry->written = written;
    entry->has_several = false;
    entry->place = place;
    entry->stack = ffisan_stacks_here(state->stacks, &state->vm, 0, &visits);
}

uint32_t ffisan_writers_find(const struct ffisan_state *state, struct ffisan_written written)
{
    if (!state->writers || written.made == 0)
        return 0;
    const typeof(state->writers->entries[0]) *entry =
        &state->writers->entries[written.made % N_ENTRIES];
    return is_same(entry->written, written) && !entry->has_several ? entry->stack : 0;
}

void ffisan_writers_forget(struct ffisan_state *state)
{
    if (state->writers)
        memset(state->writers, 0, sizeof(*state->writers));
}

void ffisan_writers_free(struct ffisan_state *state)
{
    if (state->writers)
        ffisan_pages_unmap(state->writers, sizeof(*state->writers));
    state->writers = NULL;
}
