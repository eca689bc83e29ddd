/* SPDX-License-Identifier: MIT */
/*
 * Breadth first, one level of the heap at a time.  Strings and cdata refer to nothing, so they are
 * compared with the target and not remembered: what is remembered is tables, functions, threads,
 * userdata and code only.  When a second way of the same length leads to an object, the two ways
 * are compared from the root down; their common part is found by climbing until the parents meet.
 *
 * Temporary values and the functions that run come last, when nothing else leads to the target: it
 * is no answer to "why is it alive" that the very call which is reported has it in its hands.
 */
#include "runtime/vm/anchors.h"

#include "base/hash.h"
#include "base/pages.h"
#include "runtime/vm/anchors_search.h"

enum {
    FIRST_NODES = 8192,
    INDEX_BITS = 20, /* of a node in a word of the visited set */
    MAX_CLIMB = 64,
};

#define MAX_OBJECTS ((UINT32_C(1) << INDEX_BITS) - 1)
#define DEFAULT_OBJECTS 1000000u

static void *grow(void *old, size_t old_bytes, size_t new_bytes)
{
    void *pages = ffisan_pages_map(new_bytes);
    if (pages != NULL && old != NULL)
        memcpy(pages, old, old_bytes);
    if (pages != NULL && old != NULL)
        ffisan_pages_unmap(old, old_bytes);
    return pages;
}

/* Returns the new node's index, or 0. */
static uint32_t add_node(struct ffisan_search *search, const struct ffisan_anchor_node *node)
{
    if (search->n_nodes == search->max_nodes) {
        size_t bytes = search->max_nodes * sizeof(*node);
        bool is_allowed = search->n_nodes < search->limit;
        void *pages = is_allowed ? grow(search->nodes, bytes, 2 * bytes) : NULL;
        if (pages == NULL) {
            search->is_failed = true;
            return 0;
        }
        search->nodes = pages;
        search->max_nodes *= 2;
    }
    if (search->n_nodes >= search->limit)
        search->is_failed = true;
    else
        search->nodes[search->n_nodes++] = *node;
    return search->is_failed ? 0 : search->n_nodes - 1;
}

/* The object's word in the visited set, or the empty word where it belongs. */
static uint64_t *visited_word(uint64_t *visited, uint32_t max_visited, uint64_t object)
{
    uint32_t mask = max_visited - 1;
    uint32_t at = (uint32_t)(ffisan_hash_mix(0, object >> 3) >> 20) & mask;
    while (visited[at] != 0 && visited[at] >> INDEX_BITS != object >> 3)
        at = (at + 1) & mask;
    return &visited[at];
}

static bool grow_visited(struct ffisan_search *search)
{
    uint32_t max = search->max_visited * 2;
    uint64_t *visited = ffisan_pages_map(max * sizeof(*visited));
    if (visited == NULL)
        return false;
    for (uint32_t i = 0; i < search->max_visited; i++) {
        uint64_t word = search->visited[i];
        if (word != 0)
            *visited_word(visited, max, word >> INDEX_BITS << 3) = word;
    }
    ffisan_pages_unmap(search->visited, search->max_visited * sizeof(*visited));
    search->visited = visited;
    search->max_visited = max;
    return true;
}

/* Strings first, by their bytes, then numbers; other keys have no order of their own. */
static int compare_keys(uint64_t a, uint64_t b)
{
    bool a_is_string = lj_tv_type(a) == LJ_GCT_STR, b_is_string = lj_tv_type(b) == LJ_GCT_STR;
    if (a_is_string != b_is_string)
        return a_is_string ? -1 : 1;
    if (a_is_string) {
        const struct lj_str *x = (const void *)lj_tv_object(a), *y = (const void *)lj_tv_object(b);
        int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
        return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
    }
    bool a_is_number = lj_tv_type(a) >= LJ_IT_NUMX, b_is_number = lj_tv_type(b) >= LJ_IT_NUMX;
    if (a_is_number != b_is_number)
        return a_is_number ? -1 : 1;
    if (!a_is_number)
        return 0;
    double x = lj_tv_to_number(a), y = lj_tv_to_number(b);
    return (x > y) - (x < y);
}

static int compare_edges(const struct ffisan_anchor_node *a, const struct ffisan_anchor_node *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->kind == FFISAN_EDGE_FIELD)
        return compare_keys(a->key, b->key);
    return (a->key > b->key) - (a->key < b->key);
}

/* Both on the same level. */
static int compare_ways(const struct ffisan_search *search, const struct ffisan_anchor_node *a,
                        const struct ffisan_anchor_node *b)
{
    for (unsigned n = 0; a->parent != b->parent; n++) {
        if (n == MAX_CLIMB)
            return 0;
        a = &search->nodes[a->parent];
        b = &search->nodes[b->parent];
    }
    return compare_edges(a, b);
}

static void consider_answer(struct ffisan_search *search, const struct ffisan_anchor_node *node)
{
    if (!search->has_answer || compare_ways(search, node, &search->answer) < 0)
        search->answer = *node;
    search->has_answer = true;
}

static void remember(struct ffisan_search *search, const struct ffisan_anchor_node *node)
{
    if (search->n_visited * 2 >= search->max_visited && !grow_visited(search)) {
        search->is_failed = true;
        return;
    }
    uint64_t *word = visited_word(search->visited, search->max_visited, node->object);
    if (*word == 0) {
        uint32_t index = add_node(search, node);
        *word = index != 0 ? node->object >> 3 << INDEX_BITS | index : 0;
        search->n_visited += index != 0;
        return;
    }
    struct ffisan_anchor_node *known = &search->nodes[*word & MAX_OBJECTS];
    if (known >= search->nodes + search->level_end && compare_ways(search, node, known) < 0)
        *known = *node;
}

bool ffisan_search_has(const struct ffisan_search *search, uint64_t object)
{
    return search->visited != NULL &&
           *visited_word(search->visited, search->max_visited, object) != 0;
}

static bool is_left_out(const struct ffisan_search *search, uint64_t object, uint32_t type)
{
    if (type == LJ_GCT_STR || (type == LJ_GCT_CDATA && search->finalizers == NULL))
        return true;
    return search->outside != NULL && ffisan_search_has(search->outside, object);
}

void ffisan_search_edge(struct ffisan_search *search, enum ffisan_edge_kind kind, uint64_t key,
                        uint64_t object, uint32_t type)
{
    struct ffisan_anchor_node node = {object, search->parent, (uint8_t)kind, (uint8_t)type, key};
    if (object == 0 || object % 8 != 0 || object >> 47 != 0)
        return;
    if (object == search->target)
        consider_answer(search, &node);
    if (search->is_failed || is_left_out(search, object, type))
        return;
    if (((const struct lj_header *)object)->gct == type)
        remember(search, &node);
}

static void add_vm_itself(struct ffisan_search *search)
{
    struct ffisan_anchor_node vm_itself = {0};
    add_node(search, &vm_itself);
    search->level_end = search->n_nodes;
    search->parent = 0;
}

bool ffisan_search_begin(struct ffisan_search *search, uint32_t n_objects)
{
    search->nodes = ffisan_pages_map(n_objects * sizeof(struct ffisan_anchor_node));
    search->max_nodes = n_objects;
    search->visited = ffisan_pages_map(2 * n_objects * sizeof(uint64_t));
    search->max_visited = 2 * n_objects;
    if (search->nodes == NULL || search->visited == NULL)
        return false;
    add_vm_itself(search);
    return true;
}

void ffisan_search_empty(struct ffisan_search *search)
{
    memset(search->visited, 0, search->max_visited * sizeof(*search->visited));
    search->n_visited = search->n_nodes = 0;
    search->is_failed = search->has_answer = false;
    add_vm_itself(search);
}

/* From node `next` on, until a level has led to the target or there are no more. */
static uint32_t search_levels(struct ffisan_search *search, uint32_t next)
{
    while (!search->has_answer && !search->is_failed && next < search->n_nodes) {
        search->level_end = search->n_nodes;
        for (; next < search->level_end && !search->is_failed; next++) {
            struct ffisan_anchor_node node = search->nodes[next]; /* the array may move */
            search->parent = next;
            ffisan_search_visit(search, &node);
        }
    }
    return next;
}

void ffisan_search_follow(struct ffisan_search *search)
{
    search_levels(search, 1);
}

/* Starts another level: what only the calls and expressions under way keep alive. */
static void add_stacks(struct ffisan_search *search, enum ffisan_edge_kind kind)
{
    uint32_t n_nodes = search->n_nodes;
    search->level_end = n_nodes;
    for (uint32_t i = 1; i < n_nodes; i++) {
        search->parent = i;
        if (search->nodes[i].type == LJ_GCT_THREAD)
            ffisan_search_visit_stack(search, (const void *)search->nodes[i].object, kind);
    }
}

bool ffisan_search_run(struct ffisan_search *search, const struct ffisan_vm *vm, uint64_t target,
                       uint32_t limit)
{
    *search = (struct ffisan_search){.vm = vm, .target = target, .limit = limit};
    if (!ffisan_search_begin(search, FIRST_NODES))
        return false;
    ffisan_search_roots(search);
    uint32_t next = search_levels(search, 1);
    if (!search->has_answer)
        add_stacks(search, FFISAN_EDGE_TEMPORARY);
    next = search_levels(search, next);
    if (!search->has_answer)
        add_stacks(search, FFISAN_EDGE_FUNCTION);
    search_levels(search, next);
    return search->has_answer;
}

void ffisan_search_fini(struct ffisan_search *search)
{
    if (search->nodes != NULL)
        ffisan_pages_unmap(search->nodes, search->max_nodes * sizeof(*search->nodes));
    if (search->visited != NULL)
        ffisan_pages_unmap(search->visited, search->max_visited * sizeof(*search->visited));
}

bool ffisan_anchors_path(const struct ffisan_vm *vm, uintptr_t object, size_t max_objects,
                         struct ffisan_text *out)
{
    struct ffisan_search search;
    uint32_t limit = max_objects == 0            ? DEFAULT_OBJECTS
                     : max_objects < MAX_OBJECTS ? (uint32_t)max_objects
                                                 : MAX_OBJECTS;
    bool is_found = ffisan_search_run(&search, vm, object, limit);
    if (is_found)
        ffisan_search_add_path(&search, out);
    ffisan_search_fini(&search);
    return is_found;
}
