/* SPDX-License-Identifier: MIT */
/**
 * Where finalizers were set: which line called ffi.gc, for objects that were made in one place.
 * Context: any thread that runs a state; what two of them mix is no answer to any question.
 */
#ifndef FFISAN_CMEM_FINALIZER_PLACES_H
#define FFISAN_CMEM_FINALIZER_PLACES_H

#include <stdint.h>

struct ffisan_state;

/** An object whose stack is `made` got a finalizer at `set`; both are numbers of the state's. */
void ffisan_finalizer_places_note(const struct ffisan_state *state, uint32_t made, uint32_t set);

/** Where objects that were made there got theirs; 0 = not known, or in several places. */
uint32_t ffisan_finalizer_places_find(const struct ffisan_state *state, uint32_t made);

/** The state ends, or its numbers mean nothing any more. */
void ffisan_finalizer_places_forget(const struct ffisan_state *state);

#endif
