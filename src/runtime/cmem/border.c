/* SPDX-License-Identifier: MIT */
#include "runtime/cmem/border.h"
#include "runtime/cmem/listed.h"

#include "base/real.h"
#include "runtime/cmem/cfree.h"
#include "runtime/cmem/ledger.h"
#include "runtime/cmem/malloc.h"
#include "runtime/cmem/thread.h"
#include "runtime/vm/modules.h"

#include <dlfcn.h>
#include <string.h>

#define PC ((uintptr_t)__builtin_return_address(0))
#define SP ((uintptr_t)__builtin_dwarf_cfa())
#define NATURAL 16u

/* What of theirs is there; what libc would do in their name is left alone. */
static struct {
    void *(*malloc)(size_t size);
    void (*free)(void *block);
    void *(*calloc)(size_t n, size_t size);
    void *(*realloc)(void *block, size_t size);
    int (*posix_memalign)(void **ret_block, size_t alignment, size_t size);
    void *(*aligned_alloc)(size_t alignment, size_t size);
    void *(*memalign)(size_t alignment, size_t size);
    size_t (*malloc_usable_size)(void *block);
} theirs;

static uint32_t place_of(size_t size, uintptr_t pc, uintptr_t sp)
{
    uint32_t place = 0;
    struct ffisan_state *state = ffisan_thread_state();
    if (state)
        ffisan_cheap_alloc(state, size, NATURAL, pc, sp, &place);
    return place;
}

/* A block of theirs, by a `call` that asks for `asked` bytes; listed when there is a place. */
#define LISTED(place, size, call)                                                                  \
    ({                                                                                             \
        size_t asked = (place) ? ffisan_ledger_room(size) : (size);                                \
        void *got = (call);                                                                        \
        if (!got && (place) && ffisan_listed_give_back())                                          \
            got = (call);                                                                          \
        if (got && (place))                                                                        \
            ffisan_listed_add(got, size, asked, place);                                            \
        got;                                                                                       \
    })

static void *own_malloc(size_t size)
{
    uint32_t place = place_of(size, PC, SP);
    return LISTED(place, size, theirs.malloc(asked));
}

static void own_free(void *block)
{
    if (ffisan_cfree_passes(FFISAN_CFREE_FREE, block, PC, SP))
        theirs.free(block);
}

static void *own_calloc(size_t n, size_t size)
{
    size_t bytes;
    uint32_t place = 0;
    if (!__builtin_mul_overflow(n, size, &bytes))
        place = place_of(bytes, PC, SP);
    return place ? LISTED(place, bytes, theirs.calloc(1, asked)) : theirs.calloc(n, size);
}

static void *own_realloc(void *block, size_t size)
{
    uint32_t place = size > 0 ? place_of(size, PC, SP) : 0;
    if (!block || ffisan_listed_strike(block))
        return LISTED(place, size, theirs.realloc(block, asked));
    if (!ffisan_cfree_passes(FFISAN_CFREE_REALLOC, block, PC, SP))
        return NULL;
    return theirs.realloc(block, size);
}

static void *their_posix_memalign(size_t alignment, size_t size, int *ret_error)
{
    void *block = NULL;
    *ret_error = theirs.posix_memalign(&block, alignment, size);
    return *ret_error ? NULL : block;
}

static int own_posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    int error;
    uint32_t place = place_of(size, PC, SP);
    void *block = LISTED(place, size, their_posix_memalign(alignment, asked, &error));
    if (!error)
        *ret_block = block;
    return error;
}

static void *own_aligned_alloc(size_t alignment, size_t size)
{
    uint32_t place = place_of(size, PC, SP);
    return LISTED(place, size, theirs.aligned_alloc(alignment, asked));
}

static void *own_memalign(size_t alignment, size_t size)
{
    uint32_t place = place_of(size, PC, SP);
    return LISTED(place, size, theirs.memalign(alignment, asked));
}

/* ---- By name -------------------------------------------------------------------------------- */

static const struct entry {
    const char *name;
    size_t offset; /* in `theirs` */
    void *own;     /* NULL: there is nothing to do */
} entries[] = {
#define ENTRY(name)                                                                                \
    {                                                                                              \
#name, offsetof(__typeof__(theirs), name), own_##name                                      \
    }
    ENTRY(malloc),
    ENTRY(free),
    ENTRY(calloc),
    ENTRY(realloc),
    ENTRY(posix_memalign),
    ENTRY(aligned_alloc),
    ENTRY(memalign),
#undef ENTRY
    {"malloc_usable_size", offsetof(__typeof__(theirs), malloc_usable_size), NULL},
};
#define N_ENTRIES (sizeof(entries) / sizeof(entries[0]))

static void *their(const struct entry *entry)
{
    void *address;
    memcpy(&address, (const char *)&theirs + entry->offset, sizeof(address));
    return address;
}

/* Functions of one module belong together: libc has the rest for its own blocks. */
static void find_theirs(void)
{
    typedef void *dlsym_fn(void *handle, const char *name);
    dlsym_fn *lookup = (dlsym_fn *)ffisan_real_dlsym();
    const struct link_map *module =
        ffisan_modules_find((uintptr_t)lookup(RTLD_DEFAULT, entries[0].name));
    for (size_t i = 0; i < N_ENTRIES; i++) {
        void *address = lookup(RTLD_DEFAULT, entries[i].name);
        if (address && ffisan_modules_find((uintptr_t)address) == module)
            memcpy((char *)&theirs + entries[i].offset, &address, sizeof(address));
    }
}

static void give(void *block)
{
    theirs.free(block);
}

const struct ffisan_ledger_source *ffisan_border_open(void)
{
    static struct ffisan_ledger_source source = {.give = give};
    if (!theirs.free)
        find_theirs();
    source.usable_size = theirs.malloc_usable_size;
    return theirs.malloc && theirs.free && theirs.realloc ? &source : NULL;
}

void *ffisan_border_own(const char *name, const void *found)
{
    for (size_t i = 0; i < N_ENTRIES; i++)
        if (strcmp(entries[i].name, name) == 0)
            return found && entries[i].own && found == their(&entries[i]) ? entries[i].own : NULL;
    return NULL;
}
