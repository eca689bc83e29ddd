/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/finalizer_places.h"

#include <stdbool.h>
#include <stddef.h>

#define N_PLACES 1024u

static struct {
    const struct ffisan_state *state;
    uint32_t made, set;
    bool is_several;
} places[N_PLACES];

static size_t index_of(const struct ffisan_state *state, uint32_t made)
{
    return ((uintptr_t)state / 64 + made * UINT32_C(0x9e3779b1)) % N_PLACES;
}

void ffisan_finalizer_places_note(const struct ffisan_state *state, uint32_t made, uint32_t set)
{
    size_t i = index_of(state, made);
    if (made == 0 || set == 0)
        return;
    bool is_known = places[i].state == state && places[i].made == made;
    places[i].is_several = is_known && (places[i].is_several || places[i].set != set);
    places[i].set = set;
    places[i].made = made;
    places[i].state = state;
}

uint32_t ffisan_finalizer_places_find(const struct ffisan_state *state, uint32_t made)
{
    size_t i = index_of(state, made);
    bool is_known = made != 0 && places[i].state == state && places[i].made == made;
    return is_known && !places[i].is_several ? places[i].set : 0;
}

void ffisan_finalizer_places_forget(const struct ffisan_state *state)
{
    for (size_t i = 0; i < N_PLACES; i++)
        if (places[i].state == state)
            places[i].state = NULL;
}
