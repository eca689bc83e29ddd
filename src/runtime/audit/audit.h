/* SPDX-License-Identifier: MIT */
/**
 * The search at a cycle's end: raw addresses of the dead in memory that Lua does not trace.
 * Context: the thread of the state, inside its allocator or a finalizer.
 */
#ifndef FFISAN_AUDIT_AUDIT_H
#define FFISAN_AUDIT_AUDIT_H

#include <stdbool.h>

struct ffisan_state;

/**
 * A cycle has ended that nobody asked for: is it time to look again?  Searching many pointers
 * costs more than the few allocations of a short cycle; then one audit serves several cycles, and
 * the dead of all of them stay until it comes.  Forced cycles are always followed by one.
 */
bool ffisan_audit_is_due(const struct ffisan_state *state);

/** Searches the payloads of live cdata and userdata, re-aims, reports damage, lets the dead go. */
void ffisan_audit_run(struct ffisan_state *state);

#endif
