/* SPDX-License-Identifier: MIT */
/*
 * A C library for the test programs whose objects own memory in the ways in which real libraries
 * do: parents with children, counted references, a pool, an arena, functions that take ownership,
 * an allocator with a header of its own, a list, a vector, threads that free.
 * Built as build/tests/libtestowners.so; programs say ffi.load("testowners").
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- A document owns its elements ----------------------------------------------------------- */

struct owners_element {
    int id;
    char *tag;
    struct owners_document *document;
};

struct owners_document {
    char *title;
    int n;
    struct owners_element **elements;
};

/* Elements are the words of a text. */
struct owners_document *owners_document_parse(const char *text)
{
    struct owners_document *document = calloc(1, sizeof(*document));
    char *copy = strdup(text), *rest = NULL;
    document->title = strdup(text);
    document->elements = calloc(32, sizeof(struct owners_element *));
    for (char *word = strtok_r(copy, " ", &rest); word && document->n < 32;
         word = strtok_r(NULL, " ", &rest)) {
        struct owners_element *element = malloc(sizeof(*element));
        *element = (struct owners_element){document->n, strdup(word), document};
        document->elements[document->n++] = element;
    }
    free(copy);
    return document;
}

struct owners_element *owners_document_element(struct owners_document *document, int index)
{
    return index < document->n ? document->elements[index] : NULL;
}

const char *owners_document_title(const struct owners_document *document)
{
    return document->title;
}

int owners_document_count(const struct owners_document *document)
{
    return document->n;
}

const char *owners_element_tag(const struct owners_element *element)
{
    return element->tag;
}

static void free_element(struct owners_element *element)
{
    free(element->tag);
    free(element);
}

void owners_document_remove(struct owners_document *document, int index)
{
    free_element(document->elements[index]);
    document->n--;
    for (int i = index; i < document->n; i++)
        document->elements[i] = document->elements[i + 1];
}

void owners_document_free(struct owners_document *document)
{
    if (!document)
        return;
    for (int i = 0; i < document->n; i++)
        free_element(document->elements[i]);
    free(document->elements);
    free(document->title);
    free(document);
}

/* ---- Counted references --------------------------------------------------------------------- */

struct owners_shared {
    int references, code;
    char text[40];
};

struct owners_shared *owners_shared_new(int code, const char *text)
{
    struct owners_shared *shared = malloc(sizeof(*shared));
    shared->references = 1;
    shared->code = code;
    snprintf(shared->text, sizeof(shared->text), "%s", text);
    return shared;
}

struct owners_shared *owners_shared_retain(struct owners_shared *shared)
{
    shared->references++;
    return shared;
}

void owners_shared_release(struct owners_shared *shared)
{
    if (--shared->references == 0)
        free(shared);
}

int owners_shared_code(const struct owners_shared *shared)
{
    return shared->code;
}

const char *owners_shared_text(const struct owners_shared *shared)
{
    return shared->text;
}

/* ---- A pool of cells with a free list in them, and an arena ------------------------------------ */

struct owners_pool {
    size_t cell_bytes, n;
    void *first_free;
    char *cells;
};

struct owners_pool *owners_pool_new(size_t cell_bytes, size_t n)
{
    struct owners_pool *pool = calloc(1, sizeof(*pool));
    pool->cell_bytes = cell_bytes < sizeof(void *) ? sizeof(void *) : cell_bytes;
    pool->n = n;
    pool->cells = malloc(pool->cell_bytes * n);
    for (size_t i = n; i-- > 0;) {
        void **cell = (void **)(pool->cells + i * pool->cell_bytes);
        *cell = pool->first_free;
        pool->first_free = cell;
    }
    return pool;
}

void *owners_pool_take(struct owners_pool *pool)
{
    void **cell = pool->first_free;
    if (cell)
        pool->first_free = *cell;
    return cell;
}

void owners_pool_give(struct owners_pool *pool, void *cell)
{
    *(void **)cell = pool->first_free;
    pool->first_free = cell;
}

void owners_pool_free(struct owners_pool *pool)
{
    free(pool->cells);
    free(pool);
}

struct owners_arena {
    size_t used, size;
    char memory[];
};

struct owners_arena *owners_arena_new(size_t size)
{
    struct owners_arena *arena = malloc(sizeof(*arena) + size);
    arena->used = 0;
    arena->size = size;
    return arena;
}

void *owners_arena_take(struct owners_arena *arena, size_t size)
{
    size_t start = arena->used;
    size = (size + 15) & ~(size_t)15;
    if (size > arena->size - start)
        return NULL;
    arena->used = start + size;
    return arena->memory + start;
}

void owners_arena_reset(struct owners_arena *arena)
{
    arena->used = 0;
}

void owners_arena_free(struct owners_arena *arena)
{
    free(arena);
}

/* ---- Functions that take ownership ------------------------------------------------------------ */

struct owners_queue {
    int n;
    char *texts[64];
};

struct owners_queue *owners_queue_new(void)
{
    return calloc(1, sizeof(struct owners_queue));
}

/* From here on the text is the queue's, as long as it has room: false = still the caller's. */
int owners_queue_push(struct owners_queue *queue, char *text)
{
    if (queue->n == 64)
        return 0;
    queue->texts[queue->n++] = text;
    return 1;
}

/* Sends what is queued, and frees it. */
size_t owners_queue_flush(struct owners_queue *queue)
{
    size_t sent = 0;
    for (int i = 0; i < queue->n; i++) {
        sent += strlen(queue->texts[i]);
        free(queue->texts[i]);
    }
    queue->n = 0;
    return sent;
}

void owners_queue_free(struct owners_queue *queue)
{
    owners_queue_flush(queue);
    free(queue);
}

/* ---- An allocator with a header ---------------------------------------------------------------- */

enum { HEADER = 16 };

void *owners_tagged_alloc(size_t size)
{
    size_t *block = malloc(size + HEADER);
    block[0] = size;
    return (char *)block + HEADER;
}

size_t owners_tagged_size(const void *memory)
{
    return *(const size_t *)((const char *)memory - HEADER);
}

void owners_tagged_free(void *memory)
{
    if (memory)
        free((char *)memory - HEADER);
}

char *owners_tagged_label(const char *name, int number)
{
    char *label = owners_tagged_alloc(48);
    snprintf(label, 48, "%s-%d", name, number);
    return label;
}

/* ---- A list, and a vector whose items move ------------------------------------------------------- */

struct owners_node {
    struct owners_node *next;
    int value;
};

struct owners_list {
    struct owners_node *first;
};

struct owners_list *owners_list_new(void)
{
    return calloc(1, sizeof(struct owners_list));
}

struct owners_node *owners_list_add(struct owners_list *list, int value)
{
    struct owners_node *node = malloc(sizeof(*node));
    node->next = list->first;
    node->value = value;
    list->first = node;
    return node;
}

struct owners_node *owners_list_first(const struct owners_list *list)
{
    return list->first;
}

void owners_list_remove(struct owners_list *list, struct owners_node *node)
{
    for (struct owners_node **link = &list->first; *link; link = &(*link)->next)
        if (*link == node) {
            *link = node->next;
            free(node);
            return;
        }
}

void owners_list_free(struct owners_list *list)
{
    while (list->first)
        owners_list_remove(list, list->first);
    free(list);
}

struct owners_item {
    int id, score;
};

struct owners_vector {
    struct owners_item *items;
    int n, room;
};

struct owners_vector *owners_vector_new(void)
{
    return calloc(1, sizeof(struct owners_vector));
}

struct owners_item *owners_vector_add(struct owners_vector *vector, int id)
{
    if (vector->n == vector->room) {
        vector->room = vector->room ? vector->room * 2 : 2;
        vector->items = realloc(vector->items, (size_t)vector->room * sizeof(*vector->items));
    }
    vector->items[vector->n] = (struct owners_item){id, 0};
    return &vector->items[vector->n++];
}

struct owners_item *owners_vector_at(struct owners_vector *vector, int index)
{
    return &vector->items[index];
}

void owners_vector_free(struct owners_vector *vector)
{
    free(vector->items);
    free(vector);
}

/* ---- Kept by the library alone ------------------------------------------------------------------- */

static void *registered[64];
static int n_registered;

void owners_register(void *memory)
{
    if (n_registered < 64)
        registered[n_registered++] = memory;
}

void *owners_registered(int index)
{
    return index < n_registered ? registered[index] : NULL;
}

/* ---- Threads ------------------------------------------------------------------------------------ */

static void *free_it(void *memory)
{
    size_t length = strlen(memory);
    free(memory);
    return (void *)length;
}

/* A thread measures the text and frees it. */
size_t owners_free_in_thread(char *text)
{
    pthread_t thread;
    void *length = NULL;
    if (pthread_create(&thread, NULL, free_it, text) == 0)
        pthread_join(thread, &length);
    return (size_t)length;
}

static void *churn(void *argument)
{
    enum { KEPT = 64 };
    unsigned char *kept[KEPT] = {0};
    uintptr_t seed = (uintptr_t)argument, sum = 0;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        unsigned at = (unsigned)(seed >> 40) % KEPT;
        size_t size = (seed >> 48) % 2000 + 1;
        if (kept[at])
            sum += kept[at][0];
        kept[at] = realloc(i % 3 ? (free(kept[at]), NULL) : kept[at], size);
        kept[at][0] = kept[at][size - 1] = (unsigned char)(seed >> 33);
    }
    for (int i = 0; i < KEPT; i++)
        free(kept[i]);
    return (void *)(sum & 0xffffff);
}

/* As many threads allocate and free at once; a sum of what they read. */
size_t owners_churn(int n_threads)
{
    pthread_t threads[32];
    void *part;
    size_t sum = 0;
    for (int i = 0; i < n_threads && i < 32; i++)
        pthread_create(&threads[i], NULL, churn, (void *)(uintptr_t)(i + 1));
    for (int i = 0; i < n_threads && i < 32; i++) {
        pthread_join(threads[i], &part);
        sum += (size_t)part;
    }
    return sum;
}
