/* SPDX-License-Identifier: MIT */
/* Regions of states lie in 4 GiB of their own, and what is given back is used again. */
#include "runtime/heap/window.h"

#include "runtime/heap/heap.h"
#include "tap.h"

#include <sys/mman.h>

enum { N = 64 };

static void test_all(void)
{
    char *pages[N];
    bool all = true, near = true, apart = true;
    for (unsigned i = 0; i < N; i++) {
        pages[i] = ffisan_window_map();
        all = all && pages[i];
        near = near && (uintptr_t)pages[i] >> 32 == (uintptr_t)pages[0] >> 32;
        for (unsigned k = 0; k < i; k++)
            apart = apart && pages[k] != pages[i];
        if (pages[i])
            pages[i][FFISAN_REGION_SIZE - 1] = 1;
    }
    TAP_OK(all && apart, "there is room for 64 regions");
    TAP_OK(near && (uintptr_t)&near >> 32 != (uintptr_t)pages[0] >> 32,
           "in 4 GiB where the stack is not");
    TAP_OK(!ffisan_window_map(), "and for no more");
    munmap(pages[5], FFISAN_REGION_SIZE);
    ffisan_window_give_back((uintptr_t)pages[5]);
    TAP_OK(ffisan_window_map() == pages[5], "what was given back is used again");
    ffisan_window_give_back((uintptr_t)&near);
    TAP_OK(!ffisan_window_map(), "what is none of it gives no room");
    for (unsigned i = 0; i < N; i++) {
        munmap(pages[i], FFISAN_REGION_SIZE);
        ffisan_window_give_back((uintptr_t)pages[i]);
    }
    void *taken = mmap(pages[0], 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    TAP_OK(ffisan_window_map() == pages[1], "what the program has mapped there is left alone");
    munmap(taken, 4096);
    TAP_OK(ffisan_window_map() == pages[0], "until that is gone");
    for (unsigned i = 0; i < 2; i++) {
        munmap(pages[i], FFISAN_REGION_SIZE);
        ffisan_window_give_back((uintptr_t)pages[i]);
    }
}

static void test_heaps(void)
{
    static struct ffisan_heap of_state, of_c;
    ffisan_heap_init(&of_state, 0);
    ffisan_heap_init(&of_c, 0);
    of_state.is_of_state = true;
    TAP_OK(ffisan_heap_prepare(&of_state) && ffisan_heap_prepare(&of_c), "two heaps");
    uintptr_t first = of_state.regions->base;
    TAP_OK(first >> 32 != of_c.regions->base >> 32, "only that of a state lies in the window");
    ffisan_heap_fini(&of_state);
    TAP_OK(ffisan_heap_prepare(&of_state) && of_state.regions->base == first,
           "its place is used again once it is gone");
    ffisan_heap_fini(&of_state);
    ffisan_heap_fini(&of_c);
}

int main(void)
{
    test_all();
    test_heaps();
    return tap_done();
}
