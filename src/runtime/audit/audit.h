/* SPDX-License-Identifier: MIT */
/**
 * The search at a cycle's end: raw addresses of the dead in memory that Lua does not trace.
 * Context: the thread of the state, inside its allocator or a finalizer.
 */
#ifndef FFISAN_AUDIT_AUDIT_H
#define FFISAN_AUDIT_AUDIT_H

struct ffisan_state;

/** Searches the payloads of live cdata and userdata, re-aims, reports damage, lets the dead go. */
void ffisan_audit_run(struct ffisan_state *state);

#endif
