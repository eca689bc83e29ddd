/* SPDX-License-Identifier: MIT */
/** A line of a report file, decoded back into the finding that was written. */
#ifndef FFISAN_CLI_MODEL_H
#define FFISAN_CLI_MODEL_H

#include "wire/finding.h"

/** A decoded record; all its strings live as long as it does. */
struct ffisan_model;

/**
 * Decodes one line (`length` bytes, newline or not).  NULL with the reason in `ret_error`.
 * As docs/REPORT-FORMAT.md has it: unknown members and values are ignored, and all but the format
 * version and the id may be missing.  A member of the wrong type and another version are errors.
 */
struct ffisan_model *ffisan_model_decode(const char *line, size_t length, char *ret_error,
                                         size_t error_size);

const struct ffisan_finding *ffisan_model_finding(const struct ffisan_model *model);

/** Calls `visit` for each frame of each stack. */
void ffisan_model_each_frame(struct ffisan_model *model,
                             void (*visit)(struct ffisan_frame *frame, void *context),
                             void *context);

void ffisan_model_free(struct ffisan_model *model);

#endif
