/* SPDX-License-Identifier: MIT */
#include "wire/suggest.h"

#include <string.h>

/** Longer words than this are not compared, letters. */
#define WORD_MAX 31

static char fold(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c + 'a' - 'A');
    return c == '-' ? '_' : c;
}

bool ffisan_span_equal(struct ffisan_span span, const char *word)
{
    if (strlen(word) != span.length)
        return false;
    for (size_t i = 0; i < span.length; i++)
        if ((span.data[i] == '-' ? '_' : span.data[i]) != word[i])
            return false;
    return true;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/** Edit distance with swaps of neighbours; both lengths are at most WORD_MAX. */
static unsigned distance(struct ffisan_span a, const char *b, size_t b_length)
{
    unsigned rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a.length; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            bool same = fold(a.data[i - 1]) == b[j - 1];
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (same ? 0 : 1));
            if (i > 1 && j > 1 && fold(a.data[i - 1]) == b[j - 2] &&
                fold(a.data[i - 2]) == b[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a.length % 3][b_length];
}

static bool begins_with(const char *word, struct ffisan_span prefix)
{
    for (size_t i = 0; i < prefix.length; i++)
        if (word[i] == '\0' || fold(prefix.data[i]) != word[i])
            return false;
    return true;
}

static const char *only_completion(const char *const *words, size_t n_words,
                                   struct ffisan_span typed)
{
    const char *found = NULL;
    for (size_t i = 0; i < n_words; i++) {
        if (!begins_with(words[i], typed))
            continue;
        if (found != NULL)
            return NULL;
        found = words[i];
    }
    return found;
}

const char *ffisan_suggest(const char *const *words, size_t n_words, struct ffisan_span typed)
{
    if (typed.length == 0 || typed.length > WORD_MAX)
        return NULL;
    const char *nearest = NULL;
    unsigned nearest_distance = WORD_MAX + 1;
    for (size_t i = 0; i < n_words; i++) {
        size_t length = strlen(words[i]);
        if (length > WORD_MAX)
            continue;
        unsigned wrong = distance(typed, words[i], length);
        size_t allowed = length / 3 > 1 ? length / 3 : 1;
        if (wrong <= allowed && wrong < nearest_distance) {
            nearest = words[i];
            nearest_distance = wrong;
        }
    }
    return nearest != NULL ? nearest : only_completion(words, n_words, typed);
}
