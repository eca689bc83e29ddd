/* SPDX-License-Identifier: MIT */
/**
 * "Did you mean": spans of text, and the known word that is nearest to a mistyped one.
 * Context: any, also a signal handler.
 */
#ifndef FFISAN_WIRE_SUGGEST_H
#define FFISAN_WIRE_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

/** A piece of somebody else's text; not NUL-terminated. */
struct ffisan_span {
    const char *data;
    size_t length;
};

/** True when the span spells `word`; '-' and '_' are the same letter. */
bool ffisan_span_equal(struct ffisan_span span, const char *word);

/**
 * The word that `typed` most likely means: the nearest by insertions, deletions, substitutions and
 * swaps of neighbours, if no more than a third of its letters is wrong, or the only one that begins
 * with it.  NULL when none is near.
 */
const char *ffisan_suggest(const char *const *words, size_t n_words, struct ffisan_span typed);

#endif
