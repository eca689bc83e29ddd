/* SPDX-License-Identifier: MIT */
/*
 * malloc and its relatives.  On a thread that runs Lua the C heap answers; everywhere else, and
 * for what it cannot give, the definition that the program would have called without us: libc's,
 * or that of an allocator that is loaded after us.  With a ledger that one is asked for nearly all
 * blocks, for a little more than the program asks, and what it gives is listed.
 */
#include "base/export.h"
#include "base/pages.h"
#include "base/real.h"
#include "runtime/cmem/border.h"
#include "runtime/cmem/cfree.h"
#include "runtime/cmem/cheap.h"
#include "runtime/cmem/listed.h"
#include "runtime/cmem/ledger.h"
#include "runtime/cmem/malloc.h"
#include "runtime/cmem/thread.h"
#include "runtime/cmem/ways.h"
#include "runtime/report/report.h"
#include "runtime/vm/modules.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/auxv.h>

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

/* The program has a malloc of its own: by whatever way ours is called, we have nothing to say. */
static bool is_passed_by;

static inline void *allocate(size_t size, size_t alignment, uintptr_t pc, uintptr_t sp,
                             uint32_t *ret_place)
{
    struct ffisan_state *state = ffisan_thread_state();
    *ret_place = 0;
    return __builtin_expect(state != NULL, 0) && !is_passed_by
               ? ffisan_cheap_alloc(state, size, alignment, pc, sp, ret_place)
               : NULL;
}

static inline bool may_concern_us(const void *block)
{
    return __builtin_expect(ffisan_thread.state != NULL || ffisan_cheap_may_have((uintptr_t)block),
                            0) &&
           !is_passed_by;
}

/*
 * A block that is to be listed: `call` asks the next definition for `asked` bytes.  NULL when it is
 * not to be (place 0), or when there is no memory, which may be for what we ask more.
 */
#define LISTED(place, size, call)                                                                  \
    ({                                                                                             \
        size_t asked = (place) ? ffisan_ledger_room(size) : 0;                                     \
        void *got = __builtin_expect(asked != 0, 0) ? (call) : NULL;                               \
        if (asked && !got && ffisan_listed_give_back())                                            \
            got = (call);                                                                          \
        if (got)                                                                                   \
            ffisan_listed_add(got, size, asked, place);                                            \
        got;                                                                                       \
    })

FFISAN_EXPORT void *malloc(size_t size)
{
    uint32_t place;
    void *block = allocate(size, NATURAL, PC, SP, &place);
    if (!block)
        block = LISTED(place, size, REAL(void *, malloc, (size_t))(asked));
    return block ? block : REAL(void *, malloc, (size_t))(size);
}

FFISAN_EXPORT void free(void *block)
{
    if (may_concern_us(block) && !ffisan_cfree_passes(FFISAN_CFREE_FREE, block, PC, SP))
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
    uint32_t place = 0;
    void *block = NULL;
    if (ffisan_thread.state && !__builtin_mul_overflow(n, size, &bytes))
        block = allocate(bytes, NATURAL, PC, SP, &place);
    if (block)
        return clear(block, bytes);
    block = place ? LISTED(place, bytes, REAL(void *, calloc, (size_t, size_t))(1, asked)) : NULL;
    return block ? block : REAL(void *, calloc, (size_t, size_t))(n, size);
}

/* A larger block: what grows once grows again, and room costs nothing until it is touched. */
static void *grow(struct ffisan_state *state, const struct ffisan_slot_ref *ref, size_t size,
                  uintptr_t pc, uintptr_t sp)
{
    struct ffisan_slot_ref new_ref;
    size_t old_size = ffisan_slot_size(ref);
    bool is_large = old_size >= LARGE && size > old_size && size < SIZE_MAX / 4;
    size_t room = is_large ? size * 2 : size;
    uint32_t place;
    void *block = ffisan_cheap_alloc(state, room, NATURAL, pc, sp, &place);
    if (!block)
        block = LISTED(place, room, REAL(void *, malloc, (size_t))(asked));
    if (block && is_large && ffisan_cheap_find((uintptr_t)block, &new_ref))
        ffisan_cheap_resize(&new_ref, size);
    return block;
}

/* A listed block of which nothing is certain any more: its allocator knows it best. */
static void *reallocate_struck(struct ffisan_state *state, void *old, size_t size, uintptr_t pc,
                               uintptr_t sp)
{
    uint32_t place = 0;
    if (state && size > 0)
        ffisan_cheap_alloc(state, size, NATURAL, pc, sp, &place);
    void *block = LISTED(place, size, REAL(void *, realloc, (void *, size_t))(old, asked));
    return block ? block : REAL(void *, realloc, (void *, size_t))(old, size);
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
    if (!is_ours && ffisan_listed_strike(old))
        return reallocate_struck(state, old, size, pc, sp);
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
        uint32_t place;
        void *fresh = allocate(size, NATURAL, PC, SP, &place);
        if (!fresh)
            fresh = LISTED(place, size, REAL(void *, malloc, (size_t))(asked));
        return fresh ? fresh : REAL(void *, malloc, (size_t))(size);
    }
    if (may_concern_us(block))
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
        uint32_t place;
        void *fresh = allocate(bytes, NATURAL, PC, SP, &place);
        if (!fresh)
            fresh = LISTED(place, bytes, REAL(void *, malloc, (size_t))(asked));
        return fresh ? fresh : next_reallocarray(NULL, n, size);
    }
    if (may_concern_us(block))
        return reallocate(FFISAN_CFREE_REALLOCARRAY, block, bytes, PC, SP);
    return next_reallocarray(block, n, size);
}

/* ---- Alignment ------------------------------------------------------------------------------ */

static bool is_power_of_two(size_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

static void *next_posix_memalign(size_t alignment, size_t size)
{
    void *block;
    int error = REAL(int, posix_memalign, (void **, size_t, size_t))(&block, alignment, size);
    return error ? NULL : block;
}

FFISAN_EXPORT int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    uint32_t place = 0;
    void *block = NULL;
    if (is_power_of_two(alignment) && alignment % sizeof(void *) == 0)
        block = allocate(size, alignment, PC, SP, &place);
    if (!block)
        block = LISTED(place, size, next_posix_memalign(alignment, asked));
    if (!block)
        return REAL(int, posix_memalign, (void **, size_t, size_t))(ret_block, alignment, size);
    *ret_block = block;
    return 0;
}

FFISAN_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    uint32_t place = 0;
    void *block = is_power_of_two(alignment) ? allocate(size, alignment, PC, SP, &place) : NULL;
    if (!block)
        block =
            LISTED(place, size, REAL(void *, aligned_alloc, (size_t, size_t))(alignment, asked));
    return block ? block : REAL(void *, aligned_alloc, (size_t, size_t))(alignment, size);
}

FFISAN_EXPORT void *memalign(size_t alignment, size_t size)
{
    uint32_t place = 0;
    void *block = is_power_of_two(alignment) ? allocate(size, alignment, PC, SP, &place) : NULL;
    if (!block)
        block = LISTED(place, size, REAL(void *, memalign, (size_t, size_t))(alignment, asked));
    return block ? block : REAL(void *, memalign, (size_t, size_t))(alignment, size);
}

FFISAN_EXPORT void *valloc(size_t size)
{
    uint32_t place;
    void *block = allocate(size, FFISAN_PAGE_SIZE, PC, SP, &place);
    if (!block)
        block = LISTED(place, size, REAL(void *, valloc, (size_t))(asked));
    return block ? block : REAL(void *, valloc, (size_t))(size);
}

FFISAN_EXPORT void *pvalloc(size_t size)
{
    uint32_t place = 0;
    size_t bytes = size < PTRDIFF_MAX ? ffisan_pages_round(size) : SIZE_MAX;
    void *block = allocate(bytes, FFISAN_PAGE_SIZE, PC, SP, &place);
    if (!block)
        block = LISTED(place, bytes, REAL(void *, pvalloc, (size_t))(asked));
    return block ? block : REAL(void *, pvalloc, (size_t))(size);
}

/* ---- Questions ------------------------------------------------------------------------------ */

FFISAN_EXPORT size_t malloc_usable_size(void *block)
{
    struct ffisan_slot_ref ref;
    if (!is_passed_by && ffisan_cheap_find((uintptr_t)block, &ref))
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

/* ---- The allocator that is listed ------------------------------------------------------------ */

static void give(void *block)
{
    REAL(void, free, (void *))(block);
}

static size_t usable_size(void *block)
{
    return REAL(size_t, malloc_usable_size, (void *))(block);
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

/* ---- Who is to hand out --------------------------------------------------------------------- */

/* A function of the allocator whose blocks are not ours, unless that is libc's. */
static uintptr_t allocator;

static void find_allocator(void)
{
    typedef void *dlsym_fn(void *handle, const char *name);
    void *handle = ffisan_malloc_is_ours() ? RTLD_NEXT : RTLD_DEFAULT;
    uintptr_t found = (uintptr_t)((dlsym_fn *)ffisan_real_dlsym())(handle, "malloc");
    if (ffisan_modules_find(found) != ffisan_modules_find((uintptr_t)getauxval))
        __atomic_store_n(&allocator, found, __ATOMIC_RELAXED);
}

enum ffisan_malloc ffisan_malloc_watch(enum ffisan_malloc how)
{
    static const struct ffisan_ledger_source next = {.give = give, .usable_size = usable_size};
    const struct ffisan_ledger_source *source = how == FFISAN_MALLOC_LEDGER ? &next : NULL;
    if (how == FFISAN_MALLOC_NONE)
        return how;
    find_allocator();
    if (!ffisan_malloc_is_ours()) {
        source = ffisan_border_open();
        if (!source || is_passed_by)
            return source ? how : FFISAN_MALLOC_NONE;
        is_passed_by = true;
        ffisan_ledger_doubt();
        ffisan_report_degraded(
            "the program has a malloc of its own: of memory of C, only what Lua "
            "code itself allocates and frees is watched");
    } else if (!source && allocator && ffisan_ways_any_imported()) {
        source = &next; /* what it gives back by other functions than free has to be its own */
    }
    ffisan_cheap_start(source);
    ffisan_listed_is_certain();
    return source ? FFISAN_MALLOC_LEDGER : how;
}

bool ffisan_malloc_is_of_allocator(uintptr_t address)
{
    uintptr_t function = __atomic_load_n(&allocator, __ATOMIC_RELAXED);
    const struct link_map *module = function ? ffisan_modules_find(function) : NULL;
    return module && module == ffisan_modules_find(address);
}
