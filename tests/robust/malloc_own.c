/* SPDX-License-Identifier: MIT */
/*
 * A program's own malloc, linked into it: as some servers have, and as malloc(3) allows it.  Only
 * what must be replaced is: libc makes the rest of these.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define HEADER 16
#define CLASSES 48

struct block {
    uint32_t class, offset; /* how far the caller's block is behind the start of ours */
    struct block *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct block *spare[CLASSES];

static void take_lock(void)
{
    pthread_mutex_lock(&lock);
}

static void give_lock(void)
{
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void survive_forks(void)
{
    pthread_atfork(take_lock, give_lock, give_lock);
}

static void *make(size_t size, size_t offset)
{
    uint32_t class = 5;
    struct block *block;

    while (class < CLASSES && ((size_t)1 << class) < size + offset)
        class ++;
    if (class == CLASSES) {
        errno = ENOMEM;
        return NULL;
    }
    pthread_mutex_lock(&lock);
    block = spare[class];
    if (block)
        spare[class] = block->next;
    pthread_mutex_unlock(&lock);
    if (!block) {
        block = mmap(NULL, (size_t)1 << class, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (block == MAP_FAILED)
            return NULL;
    }
    block = (struct block *)((char *)block + offset - HEADER);
    block->class = class;
    block->offset = (uint32_t)offset;
    return (char *)block + HEADER;
}

void *malloc(size_t size)
{
    return make(size, HEADER);
}

/* Blocks of ours lie at pages. */
int posix_memalign(void **ret_pointer, size_t alignment, size_t size)
{
    void *pointer = make(size, alignment < HEADER ? HEADER : alignment);

    if (pointer)
        *ret_pointer = pointer;
    return pointer ? 0 : ENOMEM;
}

void free(void *pointer)
{
    struct block *block = (struct block *)((char *)pointer - HEADER);

    if (!pointer)
        return;
    if (block->class >= CLASSES)
        __builtin_trap(); /* none of ours */
    struct block *start = (struct block *)((char *)pointer - block->offset);
    uint32_t class = block->class;
    pthread_mutex_lock(&lock);
    start->next = spare[class];
    spare[class] = start;
    pthread_mutex_unlock(&lock);
}

void *calloc(size_t n, size_t size)
{
    size_t bytes;
    void *block;

    if (__builtin_mul_overflow(n, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    block = malloc(bytes);
    return block ? memset(block, 0, bytes) : NULL;
}

void *realloc(void *pointer, size_t size)
{
    struct block *block = (struct block *)((char *)pointer - HEADER);
    void *moved;

    if (!pointer)
        return malloc(size);
    if (block->class >= CLASSES)
        __builtin_trap();
    if (size + block->offset <= (size_t)1 << block->class)
        return pointer;
    moved = malloc(size);
    if (!moved)
        return NULL;
    memcpy(moved, pointer, ((size_t)1 << block->class) - block->offset);
    free(pointer);
    return moved;
}
