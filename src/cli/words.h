/* SPDX-License-Identifier: MIT */
/** A growing list of strings, and the splitting of a string as a shell does it. */
#ifndef FFISAN_CLI_WORDS_H
#define FFISAN_CLI_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/** Start with {0}.  `items` ends with a NULL once something was added. */
struct ffisan_words {
    char **items; /**< owned */
    size_t n_items;
};

/** Adds a copy of `word`. */
void ffisan_words_add(struct ffisan_words *words, const char *word);

/** Adds `word` itself, which must be from malloc. */
void ffisan_words_take(struct ffisan_words *words, char *word);

/**
 * Adds the words of `text`: blanks separate, '...', "..." and \x quote as in a shell; nothing is
 * expanded.  False when a quote is not closed; then nothing is added.
 */
bool ffisan_words_split(struct ffisan_words *words, const char *text);

void ffisan_words_free(struct ffisan_words *words);

#endif
