/* SPDX-License-Identifier: MIT */
/** The Lua line that a stack stands for, in a sentence.  Context: any. */
#ifndef FFISAN_REPORT_PLACE_H
#define FFISAN_REPORT_PLACE_H

#include "base/text.h"
#include "wire/finding.h"

#include <stdbool.h>

/** Appends `before` and "mod.lua:9", the innermost Lua frame; nothing, and false, without one. */
bool ffisan_place_add(struct ffisan_text *text, const char *before,
                      const struct ffisan_stack *stack);

#endif
