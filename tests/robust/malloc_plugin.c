/* SPDX-License-Identifier: MIT */
/* A library that makes blocks for others, and frees those of others. */
#include <stdio.h>
#include <stdlib.h>

void *plugin_make(size_t size)
{
    char *block = malloc(size);

    if (block)
        snprintf(block, size, "%zu", size);
    return block;
}

void plugin_drop(void *block)
{
    free(realloc(block, 2000));
}
