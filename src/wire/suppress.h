/* SPDX-License-Identifier: MIT */
/**
 * Lines of a suppression file: which findings are not to be reported.
 *
 *   # a comment
 *   kind=leak module=libcrypto.so.* function=CRYPTO_*
 *   id=879f08a2
 *
 * A line names conditions, separated by blanks, which must all hold; a pattern may have * for any
 * text and ? for any character.  No malloc, no stdio.  Context: any.
 */
#ifndef FFISAN_WIRE_SUPPRESS_H
#define FFISAN_WIRE_SUPPRESS_H

#include "wire/finding.h"

#include <stdbool.h>
#include <stddef.h>

#define FFISAN_SUPPRESS_KEYS "id, kind, severity, type, file, function or module"

/** Does the line hold a rule?  False for an empty one and a comment. */
bool ffisan_suppress_is_rule(const char *line);

/** Is it well-formed?  `ret_error` says why not, always NUL-terminated. */
bool ffisan_suppress_check(const char *line, char *ret_error, size_t error_size);

/**
 * Does a well-formed rule apply to the finding?  `type` is that of the holder or of the block;
 * `file`, `function` and `module` are those of any frame of its stacks, one frame for all three.
 * A file without '/' is compared with the last part of the path.
 */
bool ffisan_suppress_matches(const char *line, const struct ffisan_finding *finding);

#endif
