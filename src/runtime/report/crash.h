/* SPDX-License-Identifier: MIT */
/**
 * The program is about to die of a fault that is not ours: a line on the log says so when the
 * address lies in a block that we know.
 * Context: signal handler on a stack of its own (fault/use.h).
 */
#ifndef FFISAN_REPORT_CRASH_H
#define FFISAN_REPORT_CRASH_H

#include <stdint.h>

void ffisan_crash_note(uintptr_t address);

#endif
