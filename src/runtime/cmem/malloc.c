/* SPDX-License-Identifier: MIT */
/*
 * malloc and its relatives.  On a thread that runs Lua the C heap answers; everywhere else, and
 * for what it cannot give, the definition that the program would have called without us: libc's,
 * or that of an allocator that is loaded after us.
 */
#include "base/export.h"
#include "base/pages.h"
#include "base/real.h"
#include "runtime/cmem/cfree.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/malloc.h"
#include "runtime/cmem/thread.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#define PC ((uintptr_t)__builtin_return_address(0))
#define SP ((uintptr_t)__builtin_dwarf_cfa())
#define NATURAL 16u               /* what malloc aligns to */
#define LARGE ((size_t)128 << 10) /* from here on growing makes room for more */
#define DISCARDED ((size_t)1 << 20)

#define REAL(type, name, parameters)                                                               \
    ((type(*) parameters)({                                                                        \
        FFISAN_REAL_SLOT(slot, name);                                                              \
        ffisan_real_get(&slot);                                                                    \
    }))

static inline void *allocate(size_t size, size_t alignment, uintptr_t pc, uintptr_t sp)
{
    struct ffisan_state *state = ffisan_thread_state();
    return __builtin_expect(state != NULL, 0) ? ffisan_cheap_alloc(state, size, alignment, pc, sp)
                                              : NULL;
}

FFISAN_EXPORT void *malloc(size_t size)
{
    void *block = allocate(size, NATURAL, PC, SP);
    return block ? block : REAL(void *, malloc, (size_t))(size);
}

FFISAN_EXPORT void free(void *block)
{
    struct ffisan_region *region = ffisan_region_find((uintptr_t)block);
    if (__builtin_expect(region != NULL || ffisan_thread.state != NULL, 0) &&
        !ffisan_cfree_passes(FFISAN_CFREE_FREE, block, PC, SP))
        return;
    REAL(void, free, (void *))(block);
}

/* Fresh memory of the kernel is zero; large blocks are given back to it, and fetched anew. */
static void *clear(void *block, size_t size)
{
    if (size < DISCARDED)
        return memset(block, 0, size);
    return ffisan_cheap_clear(block, size);
}

FFISAN_EXPORT void *calloc(size_t n, size_t size)
{
    size_t bytes;
    void *block = NULL;
    if (ffisan_thread.state && !__builtin_mul_overflow(n, size, &bytes))
        block = allocate(bytes, NATURAL, PC, SP);
    return block ? clear(block, bytes) : REAL(void *, calloc, (size_t, size_t))(n, size);
}

/* A larger block: what grows once grows again, and room costs nothing until it is touched. */
static void *grow(struct ffisan_state *state, const struct ffisan_slot_ref *ref, size_t size,
                  uintptr_t pc, uintptr_t sp)
{
    struct ffisan_slot_ref new_ref;
    size_t old_size = ffisan_slot_size(ref);
    bool is_large = old_size >= LARGE && size > old_size && size < SIZE_MAX / 4;
    void *block = ffisan_cheap_alloc(state, is_large ? size * 2 : size, NATURAL, pc, sp);
    if (block && is_large && ffisan_cheap_find((uintptr_t)block, &new_ref))
        ffisan_cheap_resize(&new_ref, size);
    return block;
}

/* libc's asks the realloc that the program has, which may be its own. */
static void *next_reallocarray(void *block, size_t n, size_t size)
{
    return REAL(void *, reallocarray, (void *, size_t, size_t))(block, n, size);
}

static void *reallocate(enum ffisan_cfree_function function, void *old, size_t size, uintptr_t pc,
                        uintptr_t sp)
{
    struct ffisan_slot_ref ref;
    struct ffisan_state *state = ffisan_thread_state();
    bool is_ours = ffisan_cheap_find((uintptr_t)old, &ref) && ref.block == (uintptr_t)old &&
                   ffisan_slot_state(&ref) == FFISAN_SLOT_LIVE;
    if (!is_ours && !ffisan_cfree_passes(function, old, pc, sp))
        return NULL;
    if (!is_ours)
        return function == FFISAN_CFREE_REALLOCARRAY
                   ? next_reallocarray(old, 1, size)
                   : REAL(void *, realloc, (void *, size_t))(old, size);
    if (size == 0) {
        ffisan_cfree_passes(function, old, pc, sp);
        return NULL;
    }
    size_t old_size = ffisan_slot_size(&ref);
    if (!ffisan_cheap_is_paged(&ref) && ffisan_cheap_resize(&ref, size))
        return old;
    void *block = state ? grow(state, &ref, size, pc, sp) : NULL;
    if (!block)
        block = REAL(void *, malloc, (size_t))(size);
    if (!block)
        return NULL;
    memcpy(block, old, old_size < size ? old_size : size);
    ffisan_cfree_passes(function, old, pc, sp);
    return block;
}

FFISAN_EXPORT void *realloc(void *block, size_t size)
{
    if (!block) {
        void *fresh = allocate(size, NATURAL, PC, SP);
        return fresh ? fresh : REAL(void *, malloc, (size_t))(size);
    }
    if (__builtin_expect(ffisan_region_find((uintptr_t)block) || ffisan_thread.state, 0))
        return reallocate(FFISAN_CFREE_REALLOC, block, size, PC, SP);
    return REAL(void *, realloc, (void *, size_t))(block, size);
}

FFISAN_EXPORT void *reallocarray(void *block, size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    if (!block) {
        void *fresh = allocate(bytes, NATURAL, PC, SP);
        return fresh ? fresh : next_reallocarray(NULL, n, size);
    }
    if (__builtin_expect(ffisan_region_find((uintptr_t)block) || ffisan_thread.state, 0))
        return reallocate(FFISAN_CFREE_REALLOCARRAY, block, bytes, PC, SP);
    return next_reallocarray(block, n, size);
}

/* ---- Alignment ------------------------------------------------------------------------------ */

static bool is_power_of_two(size_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

FFISAN_EXPORT int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    void *block = NULL;
    if (is_power_of_two(alignment) && alignment % sizeof(void *) == 0)
        block = allocate(size, alignment, PC, SP);
    if (!block)
        return REAL(int, posix_memalign, (void **, size_t, size_t))(ret_block, alignment, size);
    *ret_block = block;
    return 0;
}

FFISAN_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    void *block = is_power_of_two(alignment) ? allocate(size, alignment, PC, SP) : NULL;
    return block ? block : REAL(void *, aligned_alloc, (size_t, size_t))(alignment, size);
}

FFISAN_EXPORT void *memalign(size_t alignment, size_t size)
{
    void *block = is_power_of_two(alignment) ? allocate(size, alignment, PC, SP) : NULL;
    return block ? block : REAL(void *, memalign, (size_t, size_t))(alignment, size);
}

FFISAN_EXPORT void *valloc(size_t size)
{
    void *block = allocate(size, FFISAN_PAGE_SIZE, PC, SP);
    return block ? block : REAL(void *, valloc, (size_t))(size);
}

FFISAN_EXPORT void *pvalloc(size_t size)
{
    void *block =
        size < PTRDIFF_MAX ? allocate(ffisan_pages_round(size), FFISAN_PAGE_SIZE, PC, SP) : NULL;
    return block ? block : REAL(void *, pvalloc, (size_t))(size);
}

/* ---- Questions ------------------------------------------------------------------------------ */

FFISAN_EXPORT size_t malloc_usable_size(void *block)
{
    struct ffisan_slot_ref ref;
    if (ffisan_cheap_find((uintptr_t)block, &ref))
        return ffisan_slot_size(&ref);
    return REAL(size_t, malloc_usable_size, (void *))(block);
}

/* ---- By name -------------------------------------------------------------------------------- */

/* What the program would get without us is found among the slots that the wrappers fill. */
static const struct entry {
    const char *name;
    void *own;
} entries[] = {
    {"malloc", malloc},
    {"free", free},
    {"calloc", calloc},
    {"realloc", realloc},
    {"reallocarray", reallocarray},
    {"posix_memalign", posix_memalign},
    {"aligned_alloc", aligned_alloc},
    {"memalign", memalign},
    {"valloc", valloc},
    {"pvalloc", pvalloc},
    {"malloc_usable_size", malloc_usable_size},
};

void *ffisan_malloc_own(const char *name)
{
    if (strchr("mfcrpav", name[0]) == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
        if (strcmp(entries[i].name, name) == 0)
            return entries[i].own;
    return NULL;
}

void *ffisan_malloc_next(const char *name)
{
    typedef void *dlsym_fn(void *handle, const char *name);
    return ((dlsym_fn *)ffisan_real_dlsym())(RTLD_NEXT, name);
}

/* A name of ours that nobody can replace: which definition of malloc does the program call? */
extern __typeof__(malloc) own_malloc
    __attribute__((alias("malloc"), visibility("hidden"), copy(malloc)));

bool ffisan_malloc_is_ours(void)
{
    static int answer; /* 0 = not asked yet */
    typedef void *dlsym_fn(void *handle, const char *name);
    if (answer == 0) {
        void *first = ((dlsym_fn *)ffisan_real_dlsym())(RTLD_DEFAULT, "malloc");
        answer = first == (void *)own_malloc ? 1 : -1;
    }
    return answer > 0;
}
