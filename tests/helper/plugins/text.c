/* SPDX-License-Identifier: MIT */
/* A plugin with strings, a table of functions, and memory that it owns. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text_codec {
    const char *name;
    size_t (*encode)(char *target, const char *source);
};

static size_t upper(char *target, const char *source)
{
    size_t n = 0;
    for (; source[n]; n++)
        target[n] = (char)toupper((unsigned char)source[n]);
    target[n] = '\0';
    return n;
}

static size_t reversed(char *target, const char *source)
{
    size_t n = strlen(source);
    for (size_t i = 0; i < n; i++)
        target[i] = source[n - 1 - i];
    target[n] = '\0';
    return n;
}

static const struct text_codec codecs[] = {{"upper", upper}, {"reversed", reversed}};

const char *text_version(void)
{
    return "text/2.4.1 (plain)";
}

const struct text_codec *text_codec_find(const char *name)
{
    for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
        if (strcmp(codecs[i].name, name) == 0)
            return &codecs[i];
    return NULL;
}

int text_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct text_buffer {
    size_t n;
    char data[240];
};

static int n_buffers;

struct text_buffer *text_buffer_new(const char *content)
{
    struct text_buffer *buffer = malloc(sizeof(*buffer));
    buffer->n = (size_t)snprintf(buffer->data, sizeof(buffer->data), "%s", content);
    n_buffers++;
    return buffer;
}

const char *text_buffer_data(const struct text_buffer *buffer)
{
    return buffer->data;
}

void text_buffer_free(struct text_buffer *buffer)
{
    n_buffers--;
    free(buffer);
}

int text_buffers(void)
{
    return n_buffers;
}

/* A list of all words that were seen, which is never freed. */
struct word {
    struct word *next;
    char text[24];
};
static struct word *words;

int text_remember(const char *text)
{
    int n = 1;
    for (struct word *word = words; word; word = word->next, n++)
        if (strcmp(word->text, text) == 0)
            return -n;
    struct word *word = calloc(1, sizeof(*word));
    if (!word)
        return 0;
    snprintf(word->text, sizeof(word->text), "%s", text);
    word->next = words;
    words = word;
    return n;
}
