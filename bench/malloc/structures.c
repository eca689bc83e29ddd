/* SPDX-License-Identifier: MIT */
/* A library as many are: trees, lists and tables of malloc'ed structures, built and freed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct tree {
    struct tree *left, *right;
    char *name;
};

struct tree *bench_tree_new(int depth)
{
    struct tree *tree = malloc(sizeof(*tree));

    tree->name = strdup("a node of this tree");
    tree->left = depth ? bench_tree_new(depth - 1) : NULL;
    tree->right = depth ? bench_tree_new(depth - 1) : NULL;
    return tree;
}

size_t bench_tree_size(const struct tree *tree)
{
    return tree ? strlen(tree->name) + bench_tree_size(tree->left) + bench_tree_size(tree->right)
                : 0;
}

void bench_tree_free(struct tree *tree)
{
    if (!tree)
        return;
    bench_tree_free(tree->left);
    bench_tree_free(tree->right);
    free(tree->name);
    free(tree);
}

struct entry {
    struct entry *next;
    uint64_t key;
    size_t size;
    char value[];
};

struct table {
    size_t n_buckets;
    struct entry **buckets;
};

struct table *bench_table_new(size_t n_buckets)
{
    struct table *table = malloc(sizeof(*table));

    table->n_buckets = n_buckets;
    table->buckets = calloc(n_buckets, sizeof(*table->buckets));
    return table;
}

void bench_table_set(struct table *table, uint64_t key, const char *value, size_t size)
{
    struct entry **place = &table->buckets[key * 0x9e3779b97f4a7c15u % table->n_buckets];
    struct entry *entry;

    while (*place && (*place)->key != key)
        place = &(*place)->next;
    entry = *place;
    if (entry) {
        *place = entry->next;
        free(entry);
    }
    entry = malloc(sizeof(*entry) + size);
    entry->key = key;
    entry->size = size;
    memcpy(entry->value, value, size);
    entry->next = *place;
    *place = entry;
}

size_t bench_table_free(struct table *table)
{
    size_t bytes = 0;

    for (size_t i = 0; i < table->n_buckets; i++)
        while (table->buckets[i]) {
            struct entry *entry = table->buckets[i];
            table->buckets[i] = entry->next;
            bytes += entry->size;
            free(entry);
        }
    free(table->buckets);
    free(table);
    return bytes;
}
