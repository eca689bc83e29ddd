/* SPDX-License-Identifier: MIT */
/**
 * A program that compiles code all day long (templates, configuration) fills the store of stacks
 * with those of functions that are gone.  Then a new store takes its place.
 */
#ifndef FFISAN_RUNTIME_RENEW_H
#define FFISAN_RUNTIME_RENEW_H

struct ffisan_state;

/**
 * Begins a new store of stacks: blocks and stand-ins of today lose theirs, those to come get them
 * again.  Without memory for a second store nothing changes.  Context: the end of an audit.
 */
void ffisan_renew_stacks(struct ffisan_state *state);

#endif
