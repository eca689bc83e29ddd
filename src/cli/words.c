/* SPDX-License-Identifier: MIT */
#include "cli/words.h"

#include "cli/fs.h"

#include <stdlib.h>
#include <string.h>

void ffisan_words_take(struct ffisan_words *words, char *word)
{
    char **items = realloc(words->items, (words->n_items + 2) * sizeof(*items));
    if (!items)
        abort();
    words->items = items;
    items[words->n_items++] = word;
    items[words->n_items] = NULL;
}

void ffisan_words_add(struct ffisan_words *words, const char *word)
{
    ffisan_words_take(words, ffisan_fs_format("%s", word));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Copies a quoted part to `out` and returns what follows the quote; NULL when it is not closed. */
static const char *copy_quoted(const char *text, char **out)
{
    char quote = *text++;
    for (; *text && *text != quote; text++) {
        if (quote == '"' && *text == '\\' && (text[1] == '"' || text[1] == '\\'))
            text++;
        *(*out)++ = *text;
    }
    return *text ? text + 1 : NULL;
}

/* Cuts one word off `text`, which starts at no blank; NULL when a quote is not closed. */
static char *cut_word(const char **text)
{
    char *word = ffisan_fs_format("%s", *text), *out = word;
    const char *at = *text;
    while (at && *at && !is_blank(*at)) {
        if (*at == '\'' || *at == '"') {
            at = copy_quoted(at, &out);
            continue;
        }
        if (*at == '\\' && at[1])
            at++;
        *out++ = *at++;
    }
    *out = '\0';
    *text = at;
    if (at)
        return word;
    free(word);
    return NULL;
}

bool ffisan_words_split(struct ffisan_words *words, const char *text)
{
    struct ffisan_words found = {0};
    for (;;) {
        while (is_blank(*text))
            text++;
        if (!*text)
            break;
        char *word = cut_word(&text);
        if (!word) {
            ffisan_words_free(&found);
            return false;
        }
        ffisan_words_take(&found, word);
    }
    for (size_t i = 0; i < found.n_items; i++)
        ffisan_words_take(words, found.items[i]);
    free(found.items);
    return true;
}

void ffisan_words_free(struct ffisan_words *words)
{
    for (size_t i = 0; i < words->n_items; i++)
        free(words->items[i]);
    free(words->items);
    *words = (struct ffisan_words){0};
}
