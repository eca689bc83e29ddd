/* SPDX-License-Identifier: MIT */
/**
 * Interned strings never change.  They are sealed (heap/seal.h): when they are handed to C, and
 * when they have lived for some cycles.  A string that is made and dies between two audits, without
 * the interpreter having handed it to C, costs nothing and is not looked at.
 * Context: the thread of the state.
 */
#ifndef FFISAN_AUDIT_STRINGS_H
#define FFISAN_AUDIT_STRINGS_H

#include "runtime/heap/seal.h"
#include "runtime/vm/object.h"

struct ffisan_state;

/** What is not sealed: the object's header. */
#define FFISAN_STRINGS_SKIP sizeof(struct lj_str)

/**
 * A block that a pointer leads into: compares it when it is sealed, seals it when it is a
 * string for certain.  True when it is a string, and intact.
 */
bool ffisan_strings_look_at(struct ffisan_heap *heap, const struct ffisan_slot_ref *ref);

/** At an audit: the strings that died, and a part of the live ones; at the last all of them. */
void ffisan_strings_audit(struct ffisan_state *state);

#endif
