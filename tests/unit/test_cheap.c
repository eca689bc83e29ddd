/* SPDX-License-Identifier: MIT */
/*
 * The C heap without a LuaJIT: blocks, what free is told, pages of their own, the quarantine,
 * alignment, growing in place.  Places that allocate are numbers here (trace of a pc).
 */
#include "runtime/cmem/cheap.h"

#include "base/pages.h"
#include "runtime/audit/standin.h"
#include "runtime/cmem/ctraces_fast.h"
#include "runtime/cmem/finalizer.h"
#include "runtime/cmem/paged.h"
#include "runtime/cmem/segments.h"
#include "runtime/cmem/thread.h"
#include "runtime/cmem/ways.h"
#include "runtime/fault/guard.h"
#include "runtime/state.h"
#include "runtime/vm/unwinder.h"
#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct ffisan_runtime ffisan_runtime;
struct ffisan_unwinder ffisan_unwinder;
__thread struct ffisan_thread ffisan_thread;

static struct ffisan_ctrace traces[100];
static struct ffisan_state *state;
static int pipe_fds[2];
static uint32_t listed_at; /* not without a ledger */

struct ffisan_crecent ffisan_crecent[FFISAN_N_CRECENT];
uint32_t ffisan_cvisits[FFISAN_MAX_CTRACES];
__thread struct ffisan_position ffisan_position;

uint32_t ffisan_ctraces_find(struct ffisan_state *unused, uintptr_t pc, uintptr_t sp,
                             uint64_t where, uint64_t key)
{
    (void)unused;
    (void)sp;
    (void)where;
    (void)key;
    return (uint32_t)pc;
}

uint64_t ffisan_position_find(const struct ffisan_state *unused)
{
    (void)unused;
    return 0;
}

const struct ffisan_ctrace *ffisan_ctraces_get(uint32_t number)
{
    return number ? &traces[number] : NULL;
}

bool ffisan_ctraces_start(void)
{
    return true;
}

bool ffisan_finalizers_are_closing(const struct ffisan_vm *unused)
{
    (void)unused;
    return false;
}

void ffisan_finalizer_note(const struct ffisan_state *unused, struct ffisan_cnote *note)
{
    (void)unused;
    note->finalizer_ctype = 77;
}

struct ffisan_standin_range ffisan_standin_range;

void ffisan_segments_declare_own(void)
{
}

uintptr_t ffisan_standins_beside(void)
{
    return (uintptr_t)ffisan_pages_map_aligned(FFISAN_REGION_SIZE, FFISAN_REGION_SIZE);
}

bool ffisan_ways_any_imported(void)
{
    return false;
}

bool ffisan_guard_try(void (*run)(void *argument), void *argument)
{
    run(argument);
    return true;
}

void ffisan_report_degraded(const char *what)
{
    (void)what;
}

static bool is_readable(const void *address)
{
    bool readable = write(pipe_fds[1], address, 1) == 1;
    char byte;
    if (readable)
        readable = read(pipe_fds[0], &byte, 1) == 1;
    errno = 0;
    return readable;
}

static void *alloc(size_t size, uintptr_t place)
{
    return ffisan_cheap_alloc(state, size, 16, place, 0, &listed_at);
}

static enum ffisan_cheap_answer give(void *block, struct ffisan_slot_ref *ret_ref)
{
    return ffisan_cheap_free(NULL, block, FFISAN_CFREE_FREE, 90, 0, ret_ref);
}

/* The first blocks of a place have pages of their own; this one is past them. */
static uintptr_t make_usual(uintptr_t place)
{
    ffisan_cvisits[place] = 1000;
    return place;
}

static void test_paged(void)
{
    struct ffisan_slot_ref ref;
    char *block = alloc(24, 1);
    TAP_OK(block && ffisan_cheap_find((uintptr_t)block + 5, &ref) && ffisan_cheap_is_paged(&ref) &&
               ffisan_slot_size(&ref) == 24 && ref.slot->stack == 1,
           "the first block of a place has pages of its own, and knows size and place");
    memcpy(block, "some text", 10);
    TAP_OK(give(block, &ref) == FFISAN_CHEAP_DONE && !is_readable(block),
           "when it is freed they are inaccessible");
    TAP_OK(!ffisan_cheap_find_live((uintptr_t)block, &ref), "and it is not live");
    TAP_OK(give(block, &ref) == FFISAN_CHEAP_DEAD && ref.block == (uintptr_t)block,
           "a second free is told");
    TAP_OK(ffisan_cheap_note(&ref)->freed == 90 && ffisan_cheap_note(&ref)->finalizer_ctype == 0,
           "with the first one's place");
    TAP_OK(ffisan_cheap_reopen(&ref) && strcmp(block, "some text") == 0,
           "opened again it is as it was");
    char *large = alloc(3000000, 2);
    TAP_OK(ffisan_cheap_find((uintptr_t)large, &ref) && !ffisan_cheap_is_paged(&ref),
           "large blocks have none");
    TAP_OK(give(large, &ref) == FFISAN_CHEAP_DONE, "and are freed");
}

static void test_paged_turnover(void)
{
    struct ffisan_slot_ref ref;
    bool all = true, closed = true;
    char *first = NULL;
    for (unsigned i = 0; i < 9000; i++) {
        ffisan_cvisits[3] = 0;
        char *block = alloc(100, 3);
        first = first ? first : block;
        all &= ffisan_cheap_find((uintptr_t)block, &ref) && ffisan_cheap_is_paged(&ref);
        memset(block, 1, 100);
        give(block, &ref);
        closed &= !is_readable(block);
    }
    TAP_OK(all && closed, "pages of the oldest dead serve again");
    unsigned n_paged = 0;
    for (unsigned i = 0; i < 9000; i++) {
        ffisan_cvisits[3] = 0;
        char *block = alloc(100, 3);
        n_paged += ffisan_cheap_find((uintptr_t)block, &ref) && ffisan_cheap_is_paged(&ref);
    }
    TAP_OK(n_paged > 500 && n_paged < 9000, "live ones beyond the limit have none");
}

static bool is_paged(char *block)
{
    struct ffisan_slot_ref ref;
    return ffisan_cheap_find((uintptr_t)block, &ref) && ffisan_cheap_is_paged(&ref);
}

/* A place that has had many blocks, before the test of the limit uses up the room. */
static void test_spare(void)
{
    enum { PLACE = 50, OF_C = 51, SEEN_OFTEN = 1000 };
    traces[PLACE].lua_stack = 1;
    ffisan_cvisits[PLACE] = ffisan_cvisits[OF_C] = SEEN_OFTEN;
    ffisan_paged_spare = 2;
    TAP_OK(!is_paged(alloc(40, OF_C)), "what Lua has nothing to do with is not worth it");
    TAP_OK(is_paged(alloc(40, PLACE)) && is_paged(alloc(40, PLACE)), "spare pages are used");
    TAP_OK(!is_paged(alloc(40, PLACE)), "up");
}

static void test_dense(void)
{
    struct ffisan_slot_ref ref;
    uintptr_t place = make_usual(10);
    char *block = alloc(40, place), *other = alloc(40, make_usual(10));
    TAP_OK(ffisan_cheap_find((uintptr_t)block, &ref) && !ffisan_cheap_is_paged(&ref),
           "later blocks of a place are dense");
    TAP_OK(block != other && ((uintptr_t)block | (uintptr_t)other) % 16 == 0, "and aligned");
    TAP_OK(give(block + 1, &ref) == FFISAN_CHEAP_INTERIOR && ref.block == (uintptr_t)block,
           "the middle of a block is told");
    memcpy(block, "kept", 5);
    TAP_OK(give(block, &ref) == FFISAN_CHEAP_DONE && strcmp(block, "kept") == 0,
           "freed, its content stays");
    TAP_OK(give(block, &ref) == FFISAN_CHEAP_DEAD, "a second free is told");
    uint64_t n = ffisan_cheap_n_allocs();
    bool reused = false;
    for (unsigned i = 0; i < 200000 && !reused; i++) {
        char *next = alloc(40, make_usual(10));
        reused = next == block;
        if (!reused)
            give(next, &ref);
    }
    TAP_OK(reused && ffisan_cheap_n_allocs() - n > 1000, "its slot is used again, but not soon");
    TAP_OK(ffisan_cheap_note(&ref)->is_reported == 0, "with a note that is new");
    give(block, &ref);
    give(other, &ref);
    int local;
    TAP_OK(give(&local, &ref) == FFISAN_CHEAP_FOREIGN, "others' memory is foreign");
    TAP_OK(give(other + 65536 * 16, &ref) != FFISAN_CHEAP_DONE,
           "a slot that nobody was given cannot be freed");
}

/* Words of every block of a size are set to `word`; then, what do new ones begin with? */
static bool is_forgotten(size_t size, uintptr_t place, uint64_t word)
{
    struct ffisan_slot_ref ref;
    bool is_gone = true, is_kept = true;
    for (unsigned i = 0; i < 40000; i++) {
        uint64_t *block = alloc(size, place);
        is_gone &= block[size / 8 - 1] != word;
        is_kept &= block[0] == 0 || block[0] == 5;
        block[0] = 5;
        block[size / 8 - 1] = word;
        give(block, &ref);
    }
    return is_gone && is_kept;
}

static void test_forgetting(void)
{
    struct ffisan_slot_ref ref;
    struct ffisan_heap lua = {.is_of_state = false};
    ffisan_heap_init(&lua, 0);
    lua.is_of_state = true;
    uint64_t address = (uint64_t)ffisan_heap_alloc(&lua, 40, 1, &ref) + 8;
    TAP_OK(is_forgotten(72, make_usual(17), address), "addresses of objects are forgotten");
    TAP_OK(is_forgotten(700, make_usual(17), address), "in larger blocks");
    TAP_OK(is_forgotten(9000, make_usual(18), address), "in blocks of several pages as well");
    TAP_OK(is_forgotten(100000, make_usual(19), address), "and in large ones");
    TAP_OK(!is_forgotten(72, make_usual(20), 12345678), "other words are left as they were");
    TAP_OK(!is_forgotten(72, make_usual(20), (uint64_t)alloc(40, make_usual(16)) + 8),
           "addresses of C memory as well");
}

static void test_alignment(void)
{
    bool aligned = true, sized = true;
    struct ffisan_slot_ref ref;
    for (size_t alignment = 16; alignment <= 65536; alignment *= 2) {
        for (size_t size = 0; size < 3000; size = size * 2 + 1) {
            void *block = ffisan_cheap_alloc(state, size, alignment, make_usual(11), 0, &listed_at);
            aligned &= block && (uintptr_t)block % alignment == 0;
            sized &= ffisan_cheap_find((uintptr_t)block, &ref) && ffisan_slot_size(&ref) == size;
            memset(block, 0xaa, size);
            sized &= give(block, &ref) == FFISAN_CHEAP_DONE;
        }
    }
    TAP_OK(aligned, "every alignment up to 64 KiB");
    TAP_OK(sized, "with the size that was asked for");
    TAP_OK(!ffisan_cheap_alloc(state, 10, 131072, make_usual(11), 0, &listed_at),
           "beyond that somebody else");
    TAP_OK(!ffisan_cheap_alloc(state, SIZE_MAX - 100, 16, make_usual(11), 0, &listed_at),
           "and for sizes that cannot be");
}

static void test_growing(void)
{
    struct ffisan_slot_ref ref;
    char *block = alloc(1000000, make_usual(12));
    TAP_OK(ffisan_cheap_find((uintptr_t)block, &ref) && ffisan_cheap_resize(&ref, 500000) &&
               ffisan_slot_size(&ref) == 500000,
           "a large block shrinks where it is");
    TAP_OK(ffisan_cheap_resize(&ref, 900000) && ffisan_slot_size(&ref) == 900000,
           "and grows as far as there is room");
    TAP_OK(!ffisan_cheap_resize(&ref, 3000000), "but no further");
    memset(block, 1, 900000);
    ffisan_cheap_clear(block, 900000);
    bool zero = true;
    for (size_t i = 0; i < 900000; i++)
        zero &= block[i] == 0;
    TAP_OK(zero, "cleared, all of it is zero");
    give(block, &ref);
}

struct count {
    unsigned n;
    const char *wanted;
    bool found;
};

static void visit(void *context, const struct ffisan_slot_ref *ref)
{
    struct count *count = context;
    count->n++;
    count->found |= ref->block == (uintptr_t)count->wanted;
}

static void test_each_live(void)
{
    struct ffisan_slot_ref ref;
    struct count before = {0}, after = {0};
    ffisan_cheap_each_live(visit, &before);
    char *blocks[300];
    for (unsigned i = 0; i < 300; i++)
        blocks[i] = alloc(i, make_usual(13));
    for (unsigned i = 0; i < 300; i += 2)
        give(blocks[i], &ref);
    after.wanted = blocks[151];
    ffisan_cheap_each_live(visit, &after);
    TAP_OK(after.n == before.n + 150 && after.found, "live blocks are visited, all and no others");
    after = (struct count){.wanted = blocks[150]};
    ffisan_cheap_each_live(visit, &after);
    TAP_OK(!after.found, "dead ones are not");
    for (unsigned i = 1; i < 300; i += 2)
        give(blocks[i], &ref);
    uintptr_t low, high;
    ffisan_cheap_bounds(&low, &high);
    TAP_OK((uintptr_t)blocks[0] >= low && (uintptr_t)blocks[299] < high, "bounds cover them");
}

static void mark(void *context, const struct ffisan_slot_ref *ref)
{
    (void)context;
    ffisan_cheap_note(ref)->is_marked = 1;
}

/* Slots of 12 KiB leave a rest at the end of their span, which is no block. */
static void test_same_live(void)
{
    enum { AROUND = 1 << 20, STEP = 512 };
    struct ffisan_slot_ref ref;
    uintptr_t paged = (uintptr_t)alloc(9000, 27), dense = (uintptr_t)alloc(40, make_usual(28));
    unsigned n_found = 0, n_unknown = 0;
    ffisan_cheap_each_live(mark, NULL);
    for (uintptr_t delta = 0; delta < 2 * AROUND; delta += STEP)
        for (unsigned i = 0; i < 2; i++)
            if (ffisan_cheap_find_live((i ? paged : dense) - AROUND + delta, &ref)) {
                n_found++;
                n_unknown += !ffisan_cheap_note(&ref)->is_marked;
            }
    TAP_OK(n_found > 1, "blocks are found by their address");
    TAP_OK(n_unknown == 0, "and none that is not visited");
    give((void *)paged, &ref);
    give((void *)dense, &ref);
}

static void test_reentry(void)
{
    struct ffisan_slot_ref ref;
    char *block = alloc(10, make_usual(14));
    TAP_OK(ffisan_cheap_lock(), "locked");
    TAP_OK(!alloc(10, 14) && give(block, &ref) == FFISAN_CHEAP_BUSY,
           "who comes from inside is sent elsewhere");
    ffisan_cheap_unlock();
    ffisan_thread.is_busy = true;
    TAP_OK(!alloc(10, 14), "also while our own code runs");
    ffisan_thread.is_busy = false;
    ffisan_unwinder.low = 14;
    ffisan_unwinder.size = 1;
    TAP_OK(!alloc(10, 14), "and the unwinder, which would wait for itself");
    ffisan_unwinder.size = 0;
    TAP_OK(give(block, &ref) == FFISAN_CHEAP_DONE, "then it is freed");
}

int main(void)
{
    if (pipe(pipe_fds) != 0)
        return 2;
    state = calloc(1, sizeof(*state));
    ffisan_runtime.options.quarantine = 4 << 20;
    TAP_OK(!alloc(10, 1), "nothing is served before the start");
    ffisan_cheap_start(NULL);
    test_paged();
    test_spare();
    test_paged_turnover();
    test_dense();
    test_forgetting();
    test_alignment();
    test_growing();
    test_each_live();
    test_same_live();
    test_reentry();
    return tap_done();
}
