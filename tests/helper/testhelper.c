/* SPDX-License-Identifier: MIT */
/*
 * A small C library for the test programs: C code of our own that reads, writes and orders memory
 * which Lua hands to it.  Built as build/tests/libtesthelper.so; programs say
 * ffi.load("testhelper").  Nothing here keeps a pointer after it has returned.
 */
#include <stddef.h>
#include <string.h>

struct testhelper_span {
    const unsigned char *data;
    size_t size_bytes;
};

int testhelper_compare_strings(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

unsigned testhelper_checksum(const struct testhelper_span *spans, size_t n)
{
    unsigned sum = 1;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < spans[i].size_bytes; k++)
            sum = sum * 31 + spans[i].data[k];
    return sum;
}

void testhelper_fill(unsigned char *data, size_t size_bytes, unsigned seed)
{
    for (size_t i = 0; i < size_bytes; i++)
        data[i] = (unsigned char)(seed + i);
}

/* A call for each level of a tree, which is as deep as it was made. */
struct testhelper_tree {
    struct testhelper_tree *left, *right;
    const char *label;
};

__attribute__((noinline, optimize("O0"))) unsigned
testhelper_tree_hash(const struct testhelper_tree *tree)
{
    if (!tree)
        return 0;
    unsigned left = testhelper_tree_hash(tree->left), right = testhelper_tree_hash(tree->right);
    return left * 31 + right * 17 + (unsigned)strlen(tree->label);
}
