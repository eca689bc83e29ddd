/* SPDX-License-Identifier: MIT */
/*
 * A malloc of a program's own, for memory_host: blocks of powers of two from one large mapping, with
 * lists of free ones.  It gives up what is larger than its largest list, and notes how often it was
 * asked; the program's answers do not depend on it.
 */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { HEADER = 16, SMALLEST = 5, LARGEST = 30 };

struct block {
    size_t shift;
    struct block *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct block *lists[LARGEST + 1];
static char *fresh, *fresh_end;

static struct block *map_fresh(size_t size)
{
    if (!fresh || (size_t)(fresh_end - fresh) < size) {
        size_t chunk = size > (4u << 20) ? size : (4u << 20);
        char *mapped =
            mmap(NULL, chunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED)
            return NULL;
        fresh = mapped;
        fresh_end = mapped + chunk;
    }
    struct block *block = (struct block *)fresh;
    fresh += size;
    return block;
}

void *malloc(size_t size)
{
    size_t shift = SMALLEST;
    while (shift <= LARGEST && ((size_t)1 << shift) - HEADER < size)
        shift++;
    if (shift > LARGEST) {
        errno = ENOMEM;
        return NULL;
    }
    pthread_mutex_lock(&lock);
    struct block *block = lists[shift];
    if (block)
        lists[shift] = block->next;
    else
        block = map_fresh((size_t)1 << shift);
    pthread_mutex_unlock(&lock);
    if (!block) {
        errno = ENOMEM;
        return NULL;
    }
    block->shift = shift;
    return (char *)block + HEADER;
}

void free(void *memory)
{
    if (!memory)
        return;
    struct block *block = (struct block *)((char *)memory - HEADER);
    pthread_mutex_lock(&lock);
    block->next = lists[block->shift];
    lists[block->shift] = block;
    pthread_mutex_unlock(&lock);
}

void *calloc(size_t n, size_t size)
{
    size_t bytes;
    void *memory = __builtin_mul_overflow(n, size, &bytes) ? NULL : malloc(bytes);
    return memory ? memset(memory, 0, bytes) : NULL;
}

void *realloc(void *memory, size_t size)
{
    if (!memory)
        return malloc(size);
    size_t room = ((size_t)1 << ((struct block *)((char *)memory - HEADER))->shift) - HEADER;
    if (size <= room)
        return memory;
    void *larger = malloc(size);
    if (larger) {
        memcpy(larger, memory, room);
        free(memory);
    }
    return larger;
}

int posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
    (void)alignment; /* as long as nobody asks for more than 16 */
    *ret_memory = alignment <= HEADER ? malloc(size) : NULL;
    return *ret_memory ? 0 : ENOMEM;
}

size_t malloc_usable_size(void *memory)
{
    return memory ? ((size_t)1 << ((struct block *)((char *)memory - HEADER))->shift) - HEADER : 0;
}
