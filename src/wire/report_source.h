/* SPDX-License-Identifier: MIT */
/**
 * Which words of a Lua source line a report underlines.  Context: any, also a signal handler.
 */
#ifndef FFISAN_WIRE_REPORT_SOURCE_H
#define FFISAN_WIRE_REPORT_SOURCE_H

#include "wire/finding.h"

/** A range of bytes in the source line; empty when nothing is to be underlined. */
struct ffisan_source_range {
    size_t begin, end;
};

/**
 * Finds the expression in `finding->use.source` that leads to the memory: the field of the holder
 * ("buf.data"), else the variable that the holder's path ends in, else the C function that was
 * called.  Strings and comments do not count.
 */
struct ffisan_source_range ffisan_report_source_find(const struct ffisan_finding *finding);

#endif
