/* SPDX-License-Identifier: MIT */
/* Programs that know their allocator: they ask it, bring blocks from before, and load others. */
#include "malloc_host.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>

static bool is_zero(const char *block, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (block[i] != 0)
            return false;
    return true;
}

/* All of what malloc_usable_size says may be used. */
static bool is_usable(size_t size)
{
    char *block = malloc(size);
    size_t usable = malloc_usable_size(block);

    memset(block, 7, usable);
    block = realloc(block, usable + 100);
    bool is_kept = usable == 0 || (block[0] == 7 && block[usable - 1] == 7);
    free(block);
    return usable >= size && is_kept;
}

static bool is_cleared(size_t size)
{
    char *dirty = malloc(size);

    memset(dirty, 9, size);
    free(dirty);
    char *clear = calloc(size, 1);
    bool answer = is_zero(clear, size);
    free(clear);
    return answer;
}

static bool is_aligned(size_t alignment)
{
    void *blocks[4] = {memalign(alignment, 100), aligned_alloc(alignment, alignment * 2), NULL,
                       NULL};
    bool answer = posix_memalign(&blocks[2], alignment, 1) == 0;

    blocks[3] = realloc(blocks[2], 3 * alignment);
    for (int i = 0; i < 2; i++)
        answer &= (uintptr_t)blocks[i] % alignment == 0;
    for (int i = 0; i < 4; i++)
        if (i != 2)
            free(blocks[i]);
    return answer;
}

int allocator_questions(void)
{
    lua_State *L = open_state();
    void *block = (void *)1;
    volatile size_t too_much = SIZE_MAX - 4;
    unsigned n_good = 0;

    printf("%ld\n", run(L, work));
    for (size_t size = 0; size < 3000; size += 7)
        n_good += is_usable(size) + is_cleared(size);
    for (size_t alignment = 16; alignment <= 65536; alignment *= 2)
        n_good += is_aligned(alignment);
    printf("%u %d\n", n_good, is_cleared((size_t)1 << 22));
    printf("%d %d\n", posix_memalign(&block, 24, 10) == EINVAL, block == (void *)1);
    errno = 0;
    printf("%d", malloc(too_much) == NULL && errno == ENOMEM);
    errno = 0;
    printf(" %d", calloc(too_much / 2, 4) == NULL && errno == ENOMEM);
    errno = 0;
    printf(" %d\n", reallocarray(NULL, too_much / 2, 4) == NULL && errno == ENOMEM);
    errno = EAGAIN;
    free(NULL);
    free(malloc(10));
    free(malloc(1000000));
    printf("%d\n", errno == EAGAIN);
    malloc_trim(0);
    struct mallinfo2 info = mallinfo2();
    printf("%d %ld\n", info.uordblks <= info.arena + info.hblkhd, run(L, work));
    return close_state(L);
}

#define N_BLOCKS 200

/* Blocks that were there before anybody could watch are grown, shrunk and freed while Lua runs. */
int blocks_from_before(void)
{
    static char *blocks[N_BLOCKS];
    long sum = 0;

    for (int i = 0; i < N_BLOCKS; i++) {
        size_t size = (size_t)1 << i % 20;
        blocks[i] = malloc(size);
        memset(blocks[i], i, size);
    }
    lua_State *L = open_state();
    printf("%ld\n", run(L, work));
    for (int i = 0; i < N_BLOCKS; i++) {
        size_t size = (size_t)1 << (i + 3) % 20;
        blocks[i] = i % 3 == 0 ? reallocarray(blocks[i], size, 3) : realloc(blocks[i], size);
        sum += (unsigned char)blocks[i][0];
    }
    printf("%ld %ld\n", sum, run(L, work));
    for (int i = 0; i < N_BLOCKS; i++)
        free(blocks[i]);
    printf("%ld\n", run(L, work));
    return close_state(L);
}

/* A library with functions called malloc and free, which are asked by hand; the library goes. */
int allocators_that_go(void)
{
    lua_State *L = open_state();
    long sum = 0;

    for (int round = 0; round < 10; round++) {
        void *library = dlopen(getenv("MALLOC_LIBRARY"), RTLD_NOW | RTLD_LOCAL);
        if (!library) {
            printf("%s\n", dlerror());
            return 1;
        }
        void *(*make)(size_t) = (void *(*)(size_t))dlsym(library, "malloc");
        void (*drop)(void *) = (void (*)(void *))dlsym(library, "free");
        for (int i = 1; i < 100; i++) {
            char *theirs = make((size_t)i * 10), *ours = malloc((size_t)i * 10);
            memset(theirs, i, (size_t)i * 10);
            sum += theirs[i];
            drop(theirs);
            free(ours);
        }
        dlclose(library);
        sum += run(L, work);
    }
    printf("%ld\n", sum);
    return close_state(L);
}

/* ---- Addresses of a state that has ended ---------------------------------------------------- */

enum { N_CELLS = 3000, CELL_SIZE = 48 };

static char *cells[N_CELLS];

/* A cell begins with two bytes; what is behind them stays as malloc has left it. */
static void label_cells(int round)
{
    for (int i = 0; i < N_CELLS; i++) {
        cells[i] = malloc(CELL_SIZE);
        cells[i][0] = (char)(i % 100 * 2);
        cells[i][1] = (char)round;
    }
}

static int count_labelled(int round)
{
    int n = 0;
    for (int i = 0; i < N_CELLS; i++) {
        n += cells[i][0] == (char)(i % 100 * 2) && cells[i][1] == (char)round;
        free(cells[i]);
    }
    return n;
}

/* Cells that are full of addresses of strings, and are freed before their state is closed. */
static void lead_cells_to(lua_State *L)
{
    for (int i = 0; i < N_CELLS; i++) {
        const char *text = lua_pushfstring(L, "cell %d", i);
        cells[i] = malloc(CELL_SIZE);
        for (size_t at = 0; at < CELL_SIZE; at += sizeof(text))
            memcpy(cells[i] + at, &text, sizeof(text));
        lua_pop(L, 1);
    }
    for (int i = 0; i < N_CELLS; i++)
        free(cells[i]);
    for (int i = 0; i < 60000; i++) /* so that those do not rest any more */
        free(memset(malloc(i % 2 ? 200 : 120), 0, 100));
}

int states_after_each_other(void)
{
    lua_State *first = open_state();
    const char *code =
        "local kept = {}\n"
        "for round = 1, 40 do\n"
        "  for i = 1, 3000 do kept[i % 700] = { 'text' .. i, tostring(round) } end\n"
        "  collectgarbage()\n"
        "end\n"
        "return #kept\n";

    label_cells(0);
    for (int round = 0; round < 8; round++) {
        lua_State *L = open_state();
        long n = run(L, code);
        printf("%ld %d\n", n, count_labelled(round));
        lead_cells_to(L);
        lua_close(L);
        run(first, work);
        label_cells(round + 1);
    }
    count_labelled(8);
    return close_state(first);
}
