/* SPDX-License-Identifier: MIT */
/**
 * Code that gives up nothing: constants, functions, tables and what is read from them go into slots
 * that held no variable.  What was reachable before it is reachable after it, so a collection
 * behind it finds no more than one before it (but for tables and functions that it made itself and
 * did not keep).  Much of what a module does while it loads is so.
 */
#ifndef FFISAN_VM_STRAIGHT_H
#define FFISAN_VM_STRAIGHT_H

#include "runtime/vm/object.h"

/**
 * Did code that ran from bytecode `from` up to (and without) `to` of one activation of `proto` give
 * up nothing?  False when it is not known: other instructions, jumps, variables that went out of
 * scope, much code, no debug information.  Functions that such an instruction calls by way of a
 * metatable are the caller's to notice.  The numbering of bytecode must have been verified
 * (ffisan_liveness_verify).  Reads bytecode and debug information only; any context.
 */
bool ffisan_straight_gives_up_nothing(const struct lj_proto *proto, uint32_t from, uint32_t to);

#endif
