/* SPDX-License-Identifier: MIT */
/* Stand-ins: made, found, opened, released, used again; when there are too many; without memory. */
#include "runtime/audit/standin.h"

#include "runtime/fault/door.h"
#include "runtime/fault/signals.h"
#include "runtime/state.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct ffisan_state *state, *other;
static uintptr_t door_low, door_high;
static bool signals_fail;
static int pipe_fds[2];

void ffisan_door_open(uintptr_t low, uintptr_t high)
{
    door_low = low;
    door_high = high;
}

bool ffisan_signals_start(void)
{
    return !signals_fail;
}

static unsigned n_degraded;

void ffisan_report_degraded(const char *what)
{
    (void)what;
    n_degraded++;
}

static bool accessible(uintptr_t address)
{
    char byte;
    return write(pipe_fds[1], (const void *)address, 1) == 1 && read(pipe_fds[0], &byte, 1) == 1;
}

static struct ffisan_slot_ref dead_block(struct ffisan_state *of, size_t size, int fill)
{
    struct ffisan_slot_ref ref;
    void *block = ffisan_heap_alloc(&of->heap, size, 4711, &ref);
    if (!block)
        abort();
    memset(block, fill, size);
    ffisan_heap_kill(&of->heap, block, size);
    return ref;
}

static void test_one(void)
{
    dead_block(state, 100, 'z'); /* ours is not the first of its page */
    struct ffisan_slot_ref ref = dead_block(state, 100, 'a');
    TAP_OK(!ffisan_standin_covers(ref.block) && !ffisan_standin_covers(0) &&
               !ffisan_standin_find(0) && !ffisan_standin_find(ref.block),
           "there are none at first");
    state->cycle = 7;
    state->cycle_stack = 8;
    ref.slot->type = 0x1a;
    struct ffisan_standin *standin = ffisan_standin_for(state, &ref);
    if (!TAP_OK(standin != NULL, "a dead block gets one"))
        exit(tap_done());
    TAP_OK(standin->block == ref.block && standin->size == 100 && standin->extent == 112 &&
               standin->state == state && standin->made == 4711 && standin->cycle == 7 &&
               standin->cycle_stack == 8 && standin->type == 0x1a && standin->n_holders == 0,
           "which knows the block");
    TAP_OK(ffisan_slot_state(&ref) == FFISAN_SLOT_HELD, "and holds it");
    TAP_OK(ref.block % 4096 != 0 && standin->base % 4096 == ref.block % 4096,
           "low bits of addresses stay");
    TAP_OK(door_low <= ffisan_standin_range.lo && door_high == ffisan_standin_range.hi &&
               standin->base >= door_low && standin->base + 112 <= door_high,
           "the doors know where");
    bool found = true, closed = true;
    for (size_t i = 0; i < standin->extent; i++) {
        found = found && ffisan_standin_covers(standin->base + i) &&
                ffisan_standin_find(standin->base + i) == standin;
        closed = closed && !accessible(standin->base + i);
    }
    TAP_OK(found, "every address leads to it");
    TAP_OK(closed, "and none can be used");
    TAP_OK(ffisan_standin_for(state, &ref) == standin, "a block has only one");
    TAP_OK(!ffisan_standin_find(ffisan_standin_range.hi - 1), "where none is, none is found");
    TAP_OK(ffisan_standin_open(standin) &&
               memcmp((void *)standin->base, (void *)ref.block, 112) == 0,
           "opened, it has the content");
    memset((void *)standin->base, 'b', 100);
    TAP_OK(ffisan_standin_open(standin) && *(char *)standin->base == 'b',
           "which stays when written");
    TAP_OK(*(char *)ref.block == 'a', "the block does, too");
    standin->seen = 5;
    ffisan_standins_release(state, 5);
    TAP_OK(!standin->is_released && ffisan_slot_state(&ref) == FFISAN_SLOT_HELD,
           "one that was seen is kept");
    ffisan_standins_release(other, 6);
    TAP_OK(!standin->is_released, "another state does not release it");
    ffisan_standins_release(state, 6);
    TAP_OK(standin->is_released && ffisan_slot_state(&ref) == FFISAN_SLOT_DEAD,
           "one that was not is released, and its block");
    TAP_OK(ffisan_standin_find(standin->base + 5) == standin, "and found as before");
    struct ffisan_standin *next = ffisan_standin_for(state, &ref);
    TAP_OK(next && next != standin && next->base != standin->base,
           "the next one of the block is another");
}

static void test_large(void)
{
    struct ffisan_slot_ref ref = dead_block(state, 300000, 'l');
    struct ffisan_standin *standin = ffisan_standin_for(state, &ref);
    struct ffisan_slot_ref small = dead_block(state, 10, 's');
    struct ffisan_standin *next = ffisan_standin_for(state, &small);
    bool found = true;
    for (size_t i = 0; i < standin->extent; i += 1000)
        found = found && ffisan_standin_find(standin->base + i) == standin;
    TAP_OK(found && ffisan_standin_find(standin->base + standin->extent - 1) == standin,
           "every address of a large one leads to it");
    TAP_OK(next->base >= standin->base + standin->extent && ffisan_standin_find(next->base) == next,
           "the next one lies behind");
    TAP_OK(ffisan_standin_open(standin) &&
               memcmp((void *)standin->base, (void *)ref.block, 300000) == 0,
           "it opens with all its content");
    TAP_OK(!accessible(next->base), "and alone");
}

/* Blocks that cross the end of a page. */
static void test_crossing(void)
{
    bool ok = true;
    for (unsigned i = 0; i < 300; i++) {
        struct ffisan_slot_ref ref = dead_block(state, 3000 + i * 7, (int)i);
        struct ffisan_standin *standin = ffisan_standin_for(state, &ref);
        uintptr_t end = standin->base + standin->extent - 1;
        ok = ok && ffisan_standin_find(end) == standin && !accessible(end) &&
             ffisan_standin_open(standin) && accessible(end) &&
             memcmp((void *)standin->base, (void *)standin->block, standin->extent) == 0;
    }
    TAP_OK(ok, "blocks that cross a page are covered to their end");
}

static void test_reuse(void)
{
    static struct ffisan_standin *made[12000];
    static uintptr_t bases[12000];
    unsigned n_reused = 0, n_early = 0, n_open = 0, n_lost = 0;
    ffisan_standins_release(state, 999);
    for (unsigned i = 0; i < 12000; i++) {
        struct ffisan_slot_ref ref = dead_block(state, 40, 'r');
        made[i] = ffisan_standin_for(state, &ref);
        bases[i] = made[i]->base;
        n_open += accessible(bases[i]);
        n_lost += ffisan_standin_find(bases[i]) != made[i];
        for (unsigned j = 0; j < i; j++)
            if (made[j] == made[i]) {
                n_reused++;
                n_early += i - j < 4096;
                break;
            }
        ffisan_standin_open(made[i]);
        ffisan_standins_release(state, 1000 + i);
    }
    TAP_OK(n_reused > 5000, "released ones are used again");
    TAP_OK(n_early == 0, "but not soon");
    TAP_OK(n_open == 0, "and are closed again");
    TAP_OK(n_lost == 0, "and are found where they are");
}

static void test_forget(void)
{
    struct ffisan_slot_ref ref = dead_block(other, 50, 'x'), mine = dead_block(state, 50, 'y');
    struct ffisan_standin *standin = ffisan_standin_for(other, &ref);
    struct ffisan_standin *kept = ffisan_standin_for(state, &mine);
    kept->seen = 1;
    ffisan_standins_forget(other);
    ffisan_heap_fini(&other->heap);
    TAP_OK(standin->state == NULL && standin->is_released, "a state that is closed is forgotten");
    TAP_OK(ffisan_standin_find(standin->base) == standin && ffisan_standin_open(standin),
           "its stand-ins stay");
    TAP_OK(accessible(standin->base), "and can be opened");
    TAP_OK(kept->state == state && !kept->is_released, "those of others are as they were");
}

static void test_many(void)
{
    unsigned n = 0, n_wrong = 0;
    struct ffisan_standin *last = NULL;
    struct ffisan_slot_ref ref;
    for (;; n++) {
        ref = dead_block(state, 24, 'm');
        struct ffisan_standin *standin = ffisan_standin_for(state, &ref);
        if (!standin || n == 1000000)
            break;
        n_wrong += ffisan_standin_find(standin->base) != standin || standin == last;
        last = standin;
    }
    TAP_OK(n > 100000 && n < 1000000, "there can be many");
    TAP_OK(n_wrong == 0, "each at its place");
    TAP_OK(ffisan_slot_state(&ref) == FFISAN_SLOT_DEAD, "beyond that, blocks are not held");
    ffisan_standins_release(state, 99999);
    TAP_OK(ffisan_standin_for(state, &ref) != NULL, "when some are released, it goes on");
}

/* What happens in a fresh child: its exit status. */
static int in_child(int (*scenario)(void), size_t more_mb)
{
    int status = -1;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        char line[64] = "";
        FILE *file = fopen("/proc/self/statm", "r");
        if (!file || !fgets(line, sizeof(line), file))
            _exit(99);
        rlim_t size = strtoull(line, NULL, 10) * 4096 + ((rlim_t)more_mb << 20);
        struct rlimit limit = {size, size};
        if (more_mb)
            setrlimit(RLIMIT_AS, &limit);
        _exit(scenario());
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -status;
}

static int some(void)
{
    struct ffisan_slot_ref ref = dead_block(state, 100, 'c');
    struct ffisan_standin *standin = ffisan_standin_for(state, &ref);
    if (!standin)
        return ffisan_slot_state(&ref) == FFISAN_SLOT_DEAD &&
                       ffisan_standin_for(state, &ref) == NULL
                   ? 1
                   : 2;
    return ffisan_standin_find(standin->base) == standin && !accessible(standin->base) ? 0 : 3;
}

static int no_signals(void)
{
    signals_fail = true;
    return some();
}

static void test_limits(void)
{
    TAP_OK(in_child(some, 0) == 0, "without limits there are some");
    TAP_OK(in_child(some, 200) == 0, "with little address space there are some");
    TAP_OK(in_child(some, 10) == 1, "with less there are none, and no block is held");
    TAP_OK(in_child(no_signals, 0) == 1, "without a handler for faults there are none");
}

int main(void)
{
    state = calloc(1, sizeof(*state));
    other = calloc(1, sizeof(*other));
    if (!state || !other || pipe(pipe_fds) != 0)
        return 1;
    ffisan_heap_init(&state->heap, SIZE_MAX);
    ffisan_heap_init(&other->heap, SIZE_MAX);
    ffisan_heap_prepare(&state->heap);
    test_limits();
    test_one();
    test_large();
    test_crossing();
    test_forget();
    test_reuse();
    test_many();
    ffisan_heap_fini(&state->heap);
    free(state);
    free(other);
    return tap_done();
}
